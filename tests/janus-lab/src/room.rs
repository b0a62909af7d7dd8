//! A room to be made.

use serde_json::{Value, json};

/// A room to be made, which nobody needs a key to enter.
#[derive(Clone, Debug, PartialEq)]
pub struct VideoRoom {
    /// Its number, or its text with [string ids](crate::Settings::string_ids).
    pub id: Value,
    /// Whoever enters has to know it.
    pub pin: Option<String>,
    /// Whoever kicks or destroys has to know it.
    pub secret: Option<String>,
    /// How many may publish.
    pub publishers: u32,
    /// Everybody is told of whoever comes, also before he publishes.
    pub notify_joining: bool,
}

impl VideoRoom {
    /// A room without pin and secret, with six publishers, whose entries are announced.
    #[must_use]
    pub fn new(id: impl Into<Value>) -> Self {
        Self {
            id: id.into(),
            pin: None,
            secret: None,
            publishers: 6,
            notify_joining: true,
        }
    }

    pub(crate) fn request(&self, admin_key: Option<&str>) -> Value {
        let mut request = json!({
            "request": "create",
            "room": self.id,
            "publishers": self.publishers,
            "notify_joining": self.notify_joining,
            "audiocodec": "opus",
            "videocodec": "h264",
        });
        for (name, value) in [
            ("pin", self.pin.as_deref()),
            ("secret", self.secret.as_deref()),
            ("admin_key", admin_key),
        ] {
            if let Some(value) = value {
                request[name] = value.into();
            }
        }
        request
    }
}
