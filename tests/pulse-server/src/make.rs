//! Which program is the server, and how it is started.

use std::path::Path;

/// Which server it is. Both speak PulseAudio's protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Make {
    /// `pulseaudio`.
    PulseAudio,
    /// `pipewire` with `wireplumber`, and `pipewire-pulse` before it.
    PipeWire,
}

impl Make {
    /// Both.
    pub const ALL: [Self; 2] = [Self::PulseAudio, Self::PipeWire];

    /// The programs that it takes to run it, [feed](crate::PulseServer::feed) it, [listen](crate::PulseServer::listen)
    /// to it and ask it.
    #[must_use]
    pub fn programs(self) -> &'static [&'static str] {
        match self {
            Self::PulseAudio => &["sh", "pulseaudio", "pactl", "paplay", "parec"],
            Self::PipeWire => &[
                "sh",
                "dbus-daemon",
                "pipewire",
                "wireplumber",
                "pipewire-pulse",
                "pactl",
                "paplay",
                "parec",
            ],
        }
    }

    /// The speaker, and what feeds the microphone. `PulseAudio`'s take sound in small pieces only
    /// when told: without `norewinds` such a sink works in pieces of two seconds.
    pub(crate) fn devices(self) -> [Vec<String>; 3] {
        let sink = |name, description| self.sink(name, description);
        [
            sink("speaker", "Speaker"),
            sink("micfeed", "MicFeed"),
            Self::source("mic", "Mic"),
        ]
    }

    /// A module that is a speaker.
    pub(crate) fn sink(self, name: &str, description: &str) -> Vec<String> {
        let mut module = vec![
            "module-null-sink".to_owned(),
            format!("sink_name={name}"),
            "rate=48000".to_owned(),
            format!("sink_properties=device.description={description}"),
        ];
        match self {
            Self::PulseAudio => module.push("norewinds=1".to_owned()),
            Self::PipeWire => {}
        }
        module
    }

    /// A module that is a microphone, at which is heard what is fed.
    pub(crate) fn source(name: &str, description: &str) -> Vec<String> {
        vec![
            "module-remap-source".to_owned(),
            format!("source_name={name}"),
            "master=micfeed.monitor".to_owned(),
            format!("source_properties=device.description={description}"),
        ]
    }

    /// What `pulseaudio` is to do when it starts. PipeWire's modules are loaded when it runs.
    pub(crate) fn configuration(self, socket: &Path) -> String {
        let mut lines: Vec<String> = self
            .devices()
            .iter()
            .map(|module| format!("load-module {}\n", module.join(" ")))
            .collect();
        lines.push(format!(
            "load-module module-native-protocol-unix auth-anonymous=1 socket={}\n",
            socket.display()
        ));
        lines.push("set-default-sink speaker\nset-default-source mic\n".to_owned());
        lines.concat()
    }

    /// Starts the server under a shell that says which processes it is, and kills it when its own
    /// input ends: so it ends with this process, however that ends. The folder is `$0`.
    pub(crate) fn keeper(self) -> &'static str {
        match self {
            Self::PulseAudio => {
                "\
trap 'kill -KILL $server' EXIT
pulseaudio -n -F \"$0/default.pa\" --daemonize=no --exit-idle-time=-1 --use-pid-file=no \
  --high-priority=no --realtime=no >\"$0/log\" 2>&1 </dev/null &
server=$!
echo $server
read -r nothing"
            }
            // Who comes after a socket waits for it, as long as somebody lives who makes it. WirePlumber is
            // to do without Bluetooth: for that it asks logind whose turn it is, and ends where there is none.
            Self::PipeWire => {
                "\
exec 3>&1 >\"$0/log\" 2>&1
trap 'kill -KILL $bus $core $policy $pulse' EXIT
until_there() { while ! [ -S \"$1\" ]; do kill -0 \"$2\" || exit; sleep 0.01; done; }
dbus-daemon --session --nofork --nopidfile --address=\"$DBUS_SESSION_BUS_ADDRESS\" </dev/null 3>&- &
bus=$!
until_there \"$0/run/bus\" $bus
pipewire </dev/null 3>&- &
core=$!
until_there \"$0/run/pipewire-0\" $core
bluetooth=\"$XDG_CONFIG_HOME/wireplumber/bluetooth.lua.d\"
mkdir -p \"$bluetooth\"
echo 'bluez_monitor.enabled = false' >\"$bluetooth/80-off.lua\"
wireplumber </dev/null 3>&- &
policy=$!
pipewire-pulse </dev/null 3>&- &
pulse=$!
echo $pulse $core $policy >&3
read -r nothing"
            }
        }
    }
}

impl std::fmt::Display for Make {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::PulseAudio => "PulseAudio",
            Self::PipeWire => "PipeWire",
        })
    }
}
