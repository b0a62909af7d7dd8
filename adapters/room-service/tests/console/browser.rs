//! A headless Chromium, driven by its `DevTools` protocol.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

/// Longer than anything here takes.
const FAILED: Duration = Duration::from_secs(60);
/// How often is looked whether something is the case.
const PAUSE: Duration = Duration::from_millis(50);

/// A browser with one page. It ends with this.
pub(crate) struct Browser {
    process: Child,
    socket: WebSocketStream<TcpStream>,
    session: String,
    last: u64,
    /// What the page's scripts complained of.
    pub(crate) complaints: Vec<String>,
    _profile: TempDir,
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Browser {
    pub(crate) async fn start() -> Self {
        let profile = tempfile::tempdir().unwrap();
        let process = Command::new("chromium")
            .args([
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
            ])
            .args([
                "--disable-dev-shm-usage",
                "--window-size=1280,800",
                "--lang=en-GB",
            ])
            .args([
                "--remote-debugging-port=0",
                "--no-proxy-server",
                "about:blank",
            ])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let file = profile.path().join("DevToolsActivePort");
        let found = timeout(FAILED, async {
            loop {
                let text = std::fs::read_to_string(&file).unwrap_or_default();
                if let Some((port, path)) = text.trim().split_once('\n') {
                    return (port.parse::<u16>().unwrap(), path.to_owned());
                }
                sleep(PAUSE).await;
            }
        });
        let (port, path) = found.await.expect("Chromium says where it listens");
        let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        // A screenshot is one message.
        let config = WebSocketConfig::default()
            .max_message_size(Some(64 << 20))
            .max_frame_size(Some(64 << 20));
        let url = format!("ws://127.0.0.1:{port}{path}");
        let (socket, _) = client_async_with_config(url, stream, Some(config))
            .await
            .unwrap();
        let mut browser = Self {
            process,
            socket,
            session: String::new(),
            last: 0,
            complaints: Vec::new(),
            _profile: profile,
        };
        let target = browser
            .call("Target.createTarget", json!({"url": "about:blank"}))
            .await;
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let attached = browser.call("Target.attachToTarget", attach).await;
        browser.session = attached["sessionId"].as_str().unwrap().to_owned();
        for domain in ["Page.enable", "Runtime.enable", "Log.enable"] {
            browser.call(domain, json!({})).await;
        }
        browser
    }

    async fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.last += 1;
        let id = self.last;
        let mut said = json!({"id": id, "method": method, "params": parameters});
        if !self.session.is_empty() {
            said["sessionId"] = self.session.as_str().into();
        }
        self.socket
            .send(Message::text(said.to_string()))
            .await
            .unwrap();
        loop {
            let heard = timeout(FAILED, self.socket.next())
                .await
                .expect("an answer");
            let heard: Value =
                serde_json::from_str(heard.unwrap().unwrap().to_text().unwrap()).unwrap();
            let method = heard["method"].as_str().unwrap_or_default();
            let level = heard["params"]["entry"]["level"]
                .as_str()
                .unwrap_or_default();
            if method == "Runtime.exceptionThrown" || level == "error" || level == "warning" {
                self.complaints.push(heard["params"].to_string());
            }
            if heard["id"] == id {
                assert!(heard["error"].is_null(), "{method}: {heard}");
                return heard["result"].clone();
            }
        }
    }

    pub(crate) async fn go(&mut self, url: &str) {
        self.call("Page.navigate", json!({ "url": url })).await;
    }

    /// What a script answers.
    pub(crate) async fn says(&mut self, script: &str) -> Value {
        let asked = json!({"expression": script, "returnByValue": true, "awaitPromise": true});
        let answer = self.call("Runtime.evaluate", asked).await;
        assert!(answer["exceptionDetails"].is_null(), "{script}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Waits until a script answers `true`.
    pub(crate) async fn until(&mut self, script: &str) {
        let waited = timeout(FAILED, async {
            // A page that is being loaded has no elements yet.
            let script =
                format!("(() => {{ try {{ return {script} }} catch {{ return false }} }})()");
            while self.says(&script).await != true {
                sleep(PAUSE).await;
            }
        });
        if waited.await.is_err() {
            let seen = self.says("document.body.innerText").await;
            panic!(
                "{script} never happens; the page shows: {seen}\n{:?}",
                self.complaints
            );
        }
    }

    /// Types a text, and a key that is named afterwards.
    pub(crate) async fn types(&mut self, text: &str) {
        self.call("Input.insertText", json!({ "text": text })).await;
    }

    /// Presses a key, for instance `Enter` or `Tab`.
    pub(crate) async fn presses(&mut self, key: &str) {
        let (code, text) = match key {
            "Enter" => (13, "\r"),
            "Tab" => (9, ""),
            "Escape" => (27, ""),
            other => panic!("{other} is not on this keyboard"),
        };
        for kind in ["keyDown", "keyUp"] {
            let mut pressed = json!({
                "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code,
            });
            if kind == "keyDown" && !text.is_empty() {
                pressed["text"] = text.into();
            }
            self.call("Input.dispatchKeyEvent", pressed).await;
        }
    }

    pub(crate) async fn is_of_size(&mut self, width: u32, height: u32) {
        let metrics =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.call("Emulation.setDeviceMetricsOverride", metrics)
            .await;
    }

    /// Presses a key again and again, until a script answers `true`.
    pub(crate) async fn presses_until(&mut self, key: &str, script: &str) {
        for _ in 0..50 {
            if self.says(script).await == true {
                return;
            }
            self.presses(key).await;
        }
        panic!("{key} does not lead to {script}");
    }

    pub(crate) async fn prefers(&mut self, scheme: &str) {
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.call(
            "Emulation.setEmulatedMedia",
            json!({ "features": features }),
        )
        .await;
    }

    /// Leaves a picture of the page among the build's files.
    pub(crate) async fn picture(&mut self, name: &str) {
        let answer = self
            .call("Page.captureScreenshot", json!({"format": "png"}))
            .await;
        let picture = STANDARD.decode(answer["data"].as_str().unwrap()).unwrap();
        let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("console");
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join(format!("{name}.png"));
        std::fs::write(&path, picture).unwrap();
        println!("picture: {}", path.display());
    }
}
