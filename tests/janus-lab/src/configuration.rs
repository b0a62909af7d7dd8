//! The files that a Janus reads.

use std::fmt::Write as _;
use std::net::Ipv4Addr;
use std::path::Path;

use crate::Settings;

/// Where a Janus listens. Each has a network of its own, so these are always free.
pub(crate) const SIGNALLING: u16 = 8188;
pub(crate) const ADMIN: u16 = 7188;
pub(crate) const ADMIN_HTTP: u16 = 7088;

/// Every plugin but the video room, every transport but WebSocket and HTTP.
const PLUGINS: &str = "libjanus_audiobridge.so,libjanus_duktape.so,libjanus_echotest.so,libjanus_lua.so,\
    libjanus_nosip.so,libjanus_recordplay.so,libjanus_sip.so,libjanus_streaming.so,libjanus_textroom.so,\
    libjanus_videocall.so,libjanus_voicemail.so";
const TRANSPORTS: &str =
    "libjanus_mqtt.so,libjanus_nanomsg.so,libjanus_pfunix.so,libjanus_rabbitmq.so";

/// Writes them into this folder, which is to be given to Janus by `-F` as well: by `-C` alone it would
/// read those of its transports and plugins from the system's folder.
pub(crate) fn write(folder: &Path, settings: &Settings, address: Ipv4Addr) -> std::io::Result<()> {
    let file = |name: &str, text: String| std::fs::write(folder.join(name), text);
    file("janus.jcfg", main(settings, address))?;
    file("janus.transport.websockets.jcfg", websockets(settings))?;
    file("janus.transport.http.jcfg", http())?;
    file("janus.plugin.videoroom.jcfg", video_room(settings))
}

fn main(settings: &Settings, address: Ipv4Addr) -> String {
    let mut general = String::new();
    for (name, value) in [
        ("admin_secret", Some(&settings.admin_secret)),
        ("api_secret", settings.api_secret.as_ref()),
    ] {
        if let Some(value) = value {
            let _ = write!(general, "{name} = {}; ", text(value));
        }
    }
    format!(
        "general: {{ debug_level = 4; debug_timestamps = true; debug_colors = false; server_name = \"lab\"; \
         interface = \"{address}\"; session_timeout = {}; reclaim_session_timeout = {}; token_auth = {}; \
         {general}}}
certificates: {{ dtls_timeout = 500 }}
media: {{ ipv6 = false; rtp_port_range = \"20000-20999\"; no_media_timer = 1 }}
nat: {{ ice_tcp = false; ice_enforce_list = \"{address}\" }}
plugins: {{ disable = \"{PLUGINS}\" }}
transports: {{ disable = \"{TRANSPORTS}\" }}
loggers: {{ disable = \"libjanus_jsonlog.so\" }}
events: {{ broadcast = false }}
",
        settings.session_timeout,
        settings.reclaim_session_timeout,
        !settings.tokens.is_empty(),
    )
}

fn websockets(settings: &Settings) -> String {
    let pings = settings
        .pingpong_trigger
        .map_or_else(String::new, |seconds| {
            format!("pingpong_trigger = {seconds}; pingpong_timeout = {seconds}; ")
        });
    format!(
        "general: {{ json = \"compact\"; ws = true; ws_port = {SIGNALLING}; wss = false; {pings}}}
admin: {{ admin_ws = true; admin_ws_port = {ADMIN}; admin_wss = false }}
"
    )
}

fn http() -> String {
    format!(
        "general: {{ json = \"compact\"; http = false; https = false }}
admin: {{ admin_base_path = \"/admin\"; admin_http = true; admin_port = {ADMIN_HTTP}; admin_https = false }}
"
    )
}

fn video_room(settings: &Settings) -> String {
    let key = settings
        .admin_key
        .as_ref()
        .map_or_else(String::new, |key| format!("admin_key = {}; ", text(key)));
    format!("general: {{ {key}string_ids = {} }}\n", settings.string_ids)
}

/// A text as libconfig reads it.
fn text(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}
