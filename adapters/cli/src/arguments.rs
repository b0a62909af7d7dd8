//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use exeunt_port::{RoomId, UserId};

use crate::device_choice::DeviceChoice;

/// Getting out of a room: exactly once, in bounded time, with the others told and the devices off.
#[derive(Debug, Parser)]
#[command(name = "exeunt", version, propagate_version = true)]
pub(crate) struct Arguments {
    /// Print one JSON object a line instead of text.
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// A TOML file with any of: service, sdk_app_id, user_sig_key, secret_id, secret_key.
    #[arg(long, global = true, value_name = "FILE", env = "EXEUNT_CONFIG")]
    pub(crate) config: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) keys: Keys,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Where the room service is, and the keys to it. Flags beat the environment, which beats the
/// config file, which beats the development default.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Keys {
    /// The room service, for instance ws://127.0.0.1:7450.
    #[arg(long, global = true, value_name = "URL", env = "EXEUNT_SERVICE")]
    pub(crate) service: Option<String>,
    /// The application's number.
    #[arg(long, global = true, value_name = "NUMBER", env = "EXEUNT_SDK_APP_ID")]
    pub(crate) sdk_app_id: Option<u32>,
    /// The key that users' signatures are made with.
    #[arg(
        long,
        global = true,
        value_name = "KEY",
        env = "EXEUNT_USER_SIG_KEY",
        hide_env_values = true
    )]
    pub(crate) user_sig_key: Option<String>,
    /// The operator's secret id, for the server API.
    #[arg(long, global = true, value_name = "ID", env = "EXEUNT_SECRET_ID")]
    pub(crate) secret_id: Option<String>,
    /// The operator's secret key, for the server API.
    #[arg(
        long,
        global = true,
        value_name = "KEY",
        env = "EXEUNT_SECRET_KEY",
        hide_env_values = true
    )]
    pub(crate) secret_key: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Three people enter a room and leave it: one goes, one is kicked, the room is dismissed.
    Demo(Demo),
    /// Run the room service.
    Serve(Serve),
    /// Enter a room; q and Enter, or Ctrl-C, leaves it.
    Join(Join),
    /// Remove users from a room (TRTC's RemoveUser).
    Kick(Kick),
    /// Dismiss a room (TRTC's DismissRoom).
    Dismiss(Dismiss),
    /// List the rooms and who is in them.
    Rooms,
    /// List microphones, speakers and cameras, and which are free.
    Devices,
    /// Feed a recorded transcript to the core and say whether it answers the same.
    Replay(Replay),
}

#[derive(Args, Clone, Debug)]
pub(crate) struct Demo {
    /// Over which transport the call goes.
    #[arg(long, value_enum, default_value_t = TransportName::Websocket)]
    pub(crate) transport: TransportName,
    /// Which devices: the machine's own where there are any, else files; or insist.
    #[arg(long, value_enum, default_value_t = DemoDevices::Auto)]
    pub(crate) devices: DemoDevices,
    /// Where the picture of the run is written.
    #[arg(long, value_name = "FILE", default_value = "exeunt-demo.svg")]
    pub(crate) picture: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TransportName {
    /// The room service on loopback, three processes.
    Websocket,
    /// Everything inside one process, without a socket.
    Loopback,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DemoDevices {
    /// The machine's own where there are any, else files.
    Auto,
    /// The machine's own; fail where there are none.
    Real,
    /// Sound and pictures from files that the demo makes.
    Files,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct Serve {
    /// Where to listen; port 0 takes a free one.
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:7450",
        env = "EXEUNT_LISTEN"
    )]
    pub(crate) listen: std::net::SocketAddr,
    /// How long a silent client stays in its room, in milliseconds.
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 8000, value_parser = clap::value_parser!(u64).range(200..=600_000))]
    pub(crate) lease: u64,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct Join {
    /// The room: 123 is a numeric room, standup or '"123"' a string room.
    #[arg(long)]
    pub(crate) room: RoomId,
    /// Who enters.
    #[arg(long)]
    pub(crate) user: UserId,
    /// A `UserSig` made elsewhere; without it one is made with the key.
    #[arg(
        long,
        value_name = "SIG",
        env = "EXEUNT_USER_SIG",
        hide_env_values = true
    )]
    pub(crate) user_sig: Option<String>,
    #[command(flatten)]
    pub(crate) devices: Devices,
    /// Record the session to this file, for `exeunt replay`.
    #[arg(long, value_name = "FILE")]
    pub(crate) transcript: Option<PathBuf>,
    /// Leave when standard input ends; for programs that start this one.
    #[arg(long)]
    pub(crate) leave_at_end_of_input: bool,
}

/// Which devices somebody takes into the room.
#[derive(Args, Clone, Debug)]
pub(crate) struct Devices {
    /// auto, none, default, tone, file:PATH.wav, or part of a microphone's name.
    #[arg(long, default_value = "auto", value_name = "DEVICE")]
    pub(crate) microphone: DeviceChoice,
    /// auto, none, default, silent, file:PATH.wav (written), or part of a speaker's name.
    #[arg(long, default_value = "auto", value_name = "DEVICE")]
    pub(crate) speaker: DeviceChoice,
    /// auto, none, default, picture, file:PATH.y4m, or part of a camera's name.
    #[arg(long, default_value = "auto", value_name = "DEVICE")]
    pub(crate) camera: DeviceChoice,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct Kick {
    /// The room.
    #[arg(long)]
    pub(crate) room: RoomId,
    /// Whom; at most 10 at a time.
    #[arg(required = true, value_name = "USER")]
    pub(crate) users: Vec<UserId>,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct Dismiss {
    /// The room.
    #[arg(long)]
    pub(crate) room: RoomId,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct Replay {
    /// What `exeunt join --transcript` wrote.
    pub(crate) transcript: PathBuf,
}
