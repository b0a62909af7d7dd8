//! A Janus of the demo's own: on free ports, configured in a temporary folder, ended with the demo.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

use crate::failure::Failure;

/// A running Janus. Dropping it kills it.
pub(super) struct OwnJanus {
    process: Child,
    /// Ends Janus when this process goes, however it goes: at the end of its input.
    watchdog: Child,
    folder: TempDir,
    port: u16,
    media: IpAddr,
}

impl OwnJanus {
    /// What this Janus wants to hear from whoever makes a room.
    pub(super) const ADMIN_KEY: &str = "exeunt-demo-admin";
    /// The secret of the room.
    pub(super) const ROOM_SECRET: &str = "exeunt-demo-room";
    /// How long it may take to come up; it takes about 0.2 s.
    const COMING_UP: Duration = Duration::from_secs(20);
    /// How long it may take to end when it is asked to; then it is killed.
    const ENDING: Duration = Duration::from_secs(3);

    /// Starts `janus` and waits until somebody can connect.
    pub(super) async fn start() -> Result<Self, Failure> {
        let media = media_address()?;
        let failure = |error: std::io::Error| Failure::File {
            path: std::env::temp_dir(),
            detail: error.to_string(),
        };
        let folder = TempDir::with_prefix("exeunt-janus-").map_err(failure)?;
        let port = free_port().map_err(failure)?;
        configure(folder.path(), port, media).map_err(failure)?;
        let log = File::create(folder.path().join("janus.log")).map_err(failure)?;
        let errors = log.try_clone().map_err(failure)?;
        let mut command = Command::new("janus");
        command
            // Without -F it would read the system's configuration of plugins and transports.
            .arg("-F")
            .arg(folder.path())
            .arg("-C")
            .arg(folder.path().join("janus.jcfg"))
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .kill_on_drop(true);
        // Ctrl-C in the terminal is for the demo, which needs Janus until everybody has left.
        #[cfg(unix)]
        command.process_group(0);
        let process = command.spawn().map_err(|error| {
            if error.kind() == ErrorKind::NotFound {
                Failure::NoJanus
            } else {
                janus_failed(error.to_string())
            }
        })?;
        let watchdog = watch(&process).map_err(|error| janus_failed(error.to_string()))?;
        let mut janus = Self {
            process,
            watchdog,
            folder,
            port,
            media,
        };
        janus.come_up().await?;
        Ok(janus)
    }

    /// Where it is entered.
    pub(super) fn url(&self) -> String {
        format!("ws://{}:{}", Ipv4Addr::LOCALHOST, self.port)
    }

    /// Where its media come and go.
    pub(super) fn media(&self) -> IpAddr {
        self.media
    }

    async fn come_up(&mut self) -> Result<(), Failure> {
        let deadline = Instant::now() + Self::COMING_UP;
        loop {
            if TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))
                .await
                .is_ok()
            {
                return Ok(());
            }
            let ended = self.process.try_wait().ok().flatten();
            if ended.is_some() || Instant::now() >= deadline {
                let log = std::fs::read(self.folder.path().join("janus.log")).unwrap_or_default();
                return Err(janus_failed(last_words(&String::from_utf8_lossy(&log))));
            }
            // Nobody tells when it listens.
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Asks it to end, and waits for that.
    pub(super) async fn end(mut self) {
        drop(self.watchdog.stdin.take());
        if timeout(Self::ENDING, self.process.wait()).await.is_err() {
            // Whoever does not want to is killed; that it is gone already is no failure.
            let _ = self.process.kill().await;
        }
        let _ = self.watchdog.wait().await;
    }
}

/// A process that ends another one at the end of its input, which is that of this process.
fn watch(process: &Child) -> std::io::Result<Child> {
    let number = process.id().unwrap_or_default().to_string();
    let mut command = Command::new("sh");
    command
        .args(["-c", "read -r end; kill \"$0\" 2>/dev/null", &number])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .kill_on_drop(true);
    #[cfg(unix)]
    command.process_group(0);
    command.spawn()
}

fn janus_failed(detail: String) -> Failure {
    Failure::OwnJanus { detail }
}

/// What it said last, without the empty lines.
fn last_words(log: &str) -> String {
    const LINES: usize = 3;
    let lines: Vec<_> = log.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(LINES)..].join(" | ")
}

/// An address of this machine that others could reach: Janus never offers one of loopback for media.
fn media_address() -> Result<IpAddr, Failure> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let mut addresses = interfaces
        .iter()
        .filter(|interface| interface.is_oper_up())
        .map(if_addrs::Interface::ip)
        .filter(|address| address.is_ipv4() && !address.is_loopback());
    addresses.next().ok_or(Failure::NoMediaAddress)
}

/// A port that nobody listens at. Somebody else may take it before Janus does; then Janus says so.
fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port())
}

/// Every plugin but the video room, every transport but the WebSocket.
const NOT_NEEDED: &str = r#"
plugins: { disable = "libjanus_audiobridge.so,libjanus_duktape.so,libjanus_echotest.so,libjanus_lua.so,libjanus_nosip.so,libjanus_recordplay.so,libjanus_sip.so,libjanus_streaming.so,libjanus_textroom.so,libjanus_videocall.so,libjanus_voicemail.so" }
transports: { disable = "libjanus_http.so,libjanus_mqtt.so,libjanus_nanomsg.so,libjanus_pfunix.so,libjanus_rabbitmq.so" }
loggers: { disable = "libjanus_jsonlog.so" }
events: { broadcast = false }
"#;

/// Signalling on loopback alone, media on an address that Janus takes.
fn configure(folder: &Path, port: u16, media: IpAddr) -> std::io::Result<()> {
    let file =
        |name: &str, text: String| File::create(folder.join(name))?.write_all(text.as_bytes());
    file(
        "janus.jcfg",
        format!(
            "general: {{ debug_level = 4; debug_colors = false; server_name = \"exeunt demo\"; \
             interface = \"{media}\"; session_timeout = 60 }}\n\
             certificates: {{ dtls_timeout = 500 }}\n\
             media: {{ ipv6 = false; no_media_timer = 1 }}\n\
             nat: {{ ice_tcp = false; ice_enforce_list = \"{media}\" }}{NOT_NEEDED}"
        ),
    )?;
    file(
        "janus.transport.websockets.jcfg",
        format!(
            "general: {{ json = \"compact\"; ws = true; ws_port = {port}; ws_ip = \"{}\"; wss = false }}\n\
             admin: {{ admin_ws = false; admin_wss = false }}\n",
            Ipv4Addr::LOCALHOST
        ),
    )?;
    file(
        "janus.plugin.videoroom.jcfg",
        format!(
            "general: {{ admin_key = \"{}\"; string_ids = false }}\n",
            OwnJanus::ADMIN_KEY
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::last_words;

    #[test]
    fn of_a_log_the_last_three_lines_are_said() {
        assert_eq!(last_words("1\n\n2\n3\n4\n\n"), "2 | 3 | 4");
        assert_eq!(last_words(""), "");
    }
}
