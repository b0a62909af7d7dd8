//! How the rooms of `exeunt serve` live, and who is told what happens in them.

use std::time::Duration;

use clap::{Args, ValueEnum};
use exeunt_room_service::rooms::{RoomLife, Scene};
use exeunt_room_service::{Secret, Webhook, WebhookReach};

use crate::failure::Failure;

/// The longest time that can be asked for, in seconds: a year.
const YEAR: u64 = 31_536_000;

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Rooms")]
pub(crate) struct RoomChoices {
    /// What the rooms are for.
    #[arg(long, value_enum, default_value_t = SceneName::Call, env = "EXEUNT_SCENE")]
    scene: SceneName,
    /// End a stay that has lasted so long [default: never].
    #[arg(long, value_name = "SECONDS", env = "EXEUNT_LONGEST_STAY",
        value_parser = clap::value_parser!(u64).range(1..=YEAR))]
    longest_stay: Option<u64>,
    /// How long a room stays open that nobody is in any more [default: 0, and 600 after the audience of a
    /// live room].
    #[arg(long, value_name = "SECONDS", env = "EXEUNT_EMPTY_ROOM",
        value_parser = clap::value_parser!(u64).range(0..=YEAR))]
    empty_room: Option<u64>,
    /// Tell what happens in the rooms to this http address, as TRTC's event callbacks do; may be given
    /// several times.
    #[arg(
        long,
        value_name = "URL",
        env = "EXEUNT_WEBHOOKS",
        value_delimiter = ',',
        requires = "webhook_key"
    )]
    webhook: Vec<String>,
    /// The key that webhooks are signed with: 1 to 32 letters and digits.
    #[arg(
        long,
        value_name = "KEY",
        env = "EXEUNT_WEBHOOK_KEY",
        hide_env_values = true
    )]
    webhook_key: Option<String>,
    /// Which addresses webhooks may be sent to.
    #[arg(long, value_enum, default_value_t = ReachName::Public, env = "EXEUNT_WEBHOOK_REACH")]
    webhook_reach: ReachName,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum SceneName {
    /// Everybody is seen, heard and announced.
    Call,
    /// The audience is announced to nobody and sends nothing.
    Live,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ReachName {
    /// Public addresses only.
    Public,
    /// This machine and private networks as well.
    Private,
    /// All, those where clouds keep their metadata among them.
    Anywhere,
}

impl RoomChoices {
    pub(crate) fn life(&self) -> RoomLife {
        let default = RoomLife::default();
        let empty_room = self.empty_room.map(Duration::from_secs);
        RoomLife {
            scene: match self.scene {
                SceneName::Call => Scene::Call,
                SceneName::Live => Scene::Live,
            },
            empty_after_anchor: empty_room.unwrap_or(default.empty_after_anchor),
            empty_after_audience: empty_room.unwrap_or(default.empty_after_audience),
            longest_stay: self.longest_stay.map(Duration::from_secs),
        }
    }

    pub(crate) fn webhooks(&self) -> Result<Vec<Webhook>, Failure> {
        let key = self.webhook_key.as_deref().unwrap_or_default();
        let reach = match self.webhook_reach {
            ReachName::Public => WebhookReach::Public,
            ReachName::Private => WebhookReach::Private,
            ReachName::Anywhere => WebhookReach::Anywhere,
        };
        let webhook = |url: &String| {
            Webhook::new(url, Secret::new(key), reach)
                .map_err(|error| Failure::Mistyped(format!("--webhook: {error}")))
        };
        self.webhook.iter().map(webhook).collect()
    }
}
