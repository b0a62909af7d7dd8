//! A headless Chromium, driven by its `DevTools` protocol.

use std::path::Path;
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

use crate::BrowserError;

/// Longer than anything here takes.
const FAILED: Duration = Duration::from_secs(60);
/// How often is looked whether something is the case.
const PAUSE: Duration = Duration::from_millis(20);

/// A browser with one page, a camera and a microphone of its own making. It ends with this.
#[derive(Debug)]
pub struct Browser {
    process: Child,
    socket: WebSocketStream<TcpStream>,
    session: String,
    last: u64,
    /// What the page's scripts complained of: what they threw, errors and warnings.
    pub complaints: Vec<String>,
    _profile: TempDir,
}

/// A key that can be pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "they are labelled")]
pub enum Key {
    Enter,
    Tab,
    Escape,
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Browser {
    /// Starts one, with an empty page.
    pub async fn start() -> Result<Self, BrowserError> {
        let system = |what| move |error| BrowserError::System { what, error };
        let profile = tempfile::tempdir().map_err(system("a temporary folder"))?;
        let process = Command::new("chromium")
            .args([
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
            ])
            .args([
                "--disable-dev-shm-usage",
                "--window-size=1280,900",
                "--lang=en-GB",
            ])
            .args([
                "--use-fake-device-for-media-stream",
                "--use-fake-ui-for-media-stream",
            ])
            .args([
                "--autoplay-policy=no-user-gesture-required",
                "--disable-background-networking",
            ])
            // Names that only mDNS resolves say nothing to a server that has none.
            .arg("--disable-features=WebRtcHideLocalIpsWithMdns")
            .args([
                "--remote-debugging-port=0",
                "--no-proxy-server",
                "about:blank",
            ])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            // It leaves folders behind when it is killed.
            .env("TMPDIR", profile.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(system("chromium"))?;
        let (port, path) = port_of(profile.path()).await?;
        let stream = TcpStream::connect(("127.0.0.1", port))
            .await
            .map_err(system("the browser's port"))?;
        // A screenshot is one message.
        let config = WebSocketConfig::default()
            .max_message_size(Some(64 << 20))
            .max_frame_size(Some(64 << 20));
        let url = format!("ws://127.0.0.1:{port}{path}");
        let connected = client_async_with_config(url, stream, Some(config)).await;
        let (socket, _) = connected.map_err(Box::new)?;
        let mut browser = Self {
            process,
            socket,
            session: String::new(),
            last: 0,
            complaints: Vec::new(),
            _profile: profile,
        };
        let blank = json!({"url": "about:blank"});
        let target = browser.call("Target.createTarget", blank).await?;
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let attached = browser.call("Target.attachToTarget", attach).await?;
        attached["sessionId"]
            .as_str()
            .unwrap_or_default()
            .clone_into(&mut browser.session);
        for domain in ["Page.enable", "Runtime.enable", "Log.enable"] {
            browser.call(domain, json!({})).await?;
        }
        Ok(browser)
    }

    async fn call(&mut self, method: &str, parameters: Value) -> Result<Value, BrowserError> {
        self.last += 1;
        let id = self.last;
        let mut said = json!({"id": id, "method": method, "params": parameters});
        if !self.session.is_empty() {
            said["sessionId"] = self.session.as_str().into();
        }
        let message = Message::text(said.to_string());
        self.socket.send(message).await.map_err(Box::new)?;
        let silent = || BrowserError::Silent {
            what: method.to_owned(),
        };
        loop {
            let heard = timeout(FAILED, self.socket.next()).await;
            let heard = heard.ok().flatten().ok_or_else(silent)?.map_err(Box::new)?;
            let heard: Value =
                serde_json::from_str(heard.to_text().unwrap_or_default()).unwrap_or_default();
            let told = heard["method"].as_str().unwrap_or_default();
            let level = heard["params"]["entry"]["level"]
                .as_str()
                .unwrap_or_default();
            if told == "Runtime.exceptionThrown" || level == "error" || level == "warning" {
                self.complaints.push(heard["params"].to_string());
            }
            if heard["id"] == id {
                if heard["error"].is_null() {
                    return Ok(heard["result"].clone());
                }
                return Err(BrowserError::Refused {
                    what: method.to_owned(),
                    answer: heard["error"].to_string(),
                });
            }
        }
    }

    /// Goes to a page, and waits until a script answers `true` there.
    pub async fn go(&mut self, url: &str, is_there: &str) -> Result<(), BrowserError> {
        self.call("Page.navigate", json!({ "url": url })).await?;
        self.until(is_there).await
    }

    /// What a script answers, or what it promised if it promises something.
    pub async fn says(&mut self, script: &str) -> Result<Value, BrowserError> {
        let asked = json!({"expression": script, "returnByValue": true, "awaitPromise": true});
        let answer = self.call("Runtime.evaluate", asked).await?;
        if answer["exceptionDetails"].is_null() {
            return Ok(answer["result"]["value"].clone());
        }
        Err(BrowserError::Refused {
            what: script.to_owned(),
            answer: answer["exceptionDetails"].to_string(),
        })
    }

    /// Waits until a script answers `true`.
    pub async fn until(&mut self, script: &str) -> Result<(), BrowserError> {
        let guarded =
            format!("(async () => {{ try {{ return {script} }} catch {{ return false }} }})()");
        let waited = timeout(FAILED, async {
            while self.says(&guarded).await? != true {
                sleep(PAUSE).await;
            }
            Ok(())
        });
        if let Ok(waited) = waited.await {
            return waited;
        }
        Err(self.never(script).await)
    }

    /// Types a text into whatever has the focus.
    pub async fn types(&mut self, text: &str) -> Result<(), BrowserError> {
        let typed = json!({ "text": text });
        self.call("Input.insertText", typed).await.map(drop)
    }

    /// Presses a key.
    pub async fn presses(&mut self, key: Key) -> Result<(), BrowserError> {
        let (name, code, text) = match key {
            Key::Enter => ("Enter", 13, "\r"),
            Key::Tab => ("Tab", 9, ""),
            Key::Escape => ("Escape", 27, ""),
        };
        for kind in ["keyDown", "keyUp"] {
            let mut pressed = json!({
                "type": kind, "key": name, "code": name, "windowsVirtualKeyCode": code,
            });
            if kind == "keyDown" && !text.is_empty() {
                pressed["text"] = text.into();
            }
            self.call("Input.dispatchKeyEvent", pressed).await?;
        }
        Ok(())
    }

    /// Presses a key again and again, 50 times at most, until a script answers `true`.
    pub async fn presses_until(&mut self, key: Key, script: &str) -> Result<(), BrowserError> {
        for _ in 0..50 {
            if self.says(script).await? == true {
                return Ok(());
            }
            self.presses(key).await?;
        }
        Err(self.never(&format!("by {key:?}, {script}")).await)
    }

    /// Makes the window this large, in pixels.
    pub async fn is_of_size(&mut self, width: u32, height: u32) -> Result<(), BrowserError> {
        let metrics =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        let set = self.call("Emulation.setDeviceMetricsOverride", metrics);
        set.await.map(drop)
    }

    /// Prefers a colour scheme: `light` or `dark`.
    pub async fn prefers(&mut self, scheme: &str) -> Result<(), BrowserError> {
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        let set = self.call(
            "Emulation.setEmulatedMedia",
            json!({ "features": features }),
        );
        set.await.map(drop)
    }

    /// Leaves a picture of the page in this file, makes its folder where there is none, and prints the path.
    pub async fn picture(&mut self, file: &Path) -> Result<(), BrowserError> {
        let asked = json!({"format": "png"});
        let answer = self.call("Page.captureScreenshot", asked).await?;
        let picture = STANDARD.decode(answer["data"].as_str().unwrap_or_default());
        let picture = picture.map_err(|error| BrowserError::Refused {
            what: "show a picture".to_owned(),
            answer: error.to_string(),
        })?;
        let folder = file.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(file, picture))
            .map_err(|error| BrowserError::System {
                what: "the picture",
                error,
            })?;
        println!("picture: {}", file.display());
        Ok(())
    }

    async fn never(&mut self, what: &str) -> BrowserError {
        let page = self.says("document.body.innerText").await;
        BrowserError::Never {
            what: what.to_owned(),
            page: page
                .unwrap_or_default()
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            complaints: self.complaints.clone(),
        }
    }
}

/// Where the browser says that it listens.
async fn port_of(profile: &Path) -> Result<(u16, String), BrowserError> {
    let file = profile.join("DevToolsActivePort");
    let found = timeout(FAILED, async {
        loop {
            let text = std::fs::read_to_string(&file).unwrap_or_default();
            let said = text.trim().split_once('\n');
            if let Some((port, path)) =
                said.and_then(|(port, path)| Some((port.parse().ok()?, path)))
            {
                return (port, path.to_owned());
            }
            sleep(PAUSE).await;
        }
    });
    found.await.map_err(|_| BrowserError::Silent {
        what: "its start".to_owned(),
    })
}
