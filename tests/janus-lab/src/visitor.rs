//! A foreign participant: a browser with Janus's own library.

use std::path::Path;

use exeunt_browser::{Browser, BrowserError};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::page::{Library, Page};

/// A foreign participant of a video room: a headless Chromium with Janus's own JavaScript library,
/// unmodified, which publishes its fake camera and microphone and subscribes to whoever publishes.
#[derive(Debug)]
pub struct Visitor {
    browser: Browser,
    _page: Page,
}

/// What a visitor gets of somebody at one moment.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Received {
    /// RTP packets of sound since the beginning.
    pub audio_packets: u64,
    /// The energy of the sound since the beginning, as `getStats` defines it: seconds at full scale.
    /// Silence adds nothing.
    pub audio_energy: f64,
    /// RTP packets of the picture since the beginning.
    pub video_packets: u64,
    /// Pictures decoded since the beginning.
    pub frames: u64,
    /// The picture's width in pixels, 0 before the first.
    pub width: u32,
    /// The picture's height in pixels.
    pub height: u32,
    /// Red, green and blue in the middle of the picture's upper quarter, 0 to 255.
    pub colour: Option<[u8; 3]>,
    /// The media types that were negotiated: `audio/opus`, `video/H264`.
    pub codecs: Vec<String>,
}

/// What a visitor sends at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Sent {
    /// RTP packets of sound since the beginning.
    pub audio_packets: u64,
    /// RTP packets of the picture since the beginning.
    pub video_packets: u64,
    /// Pictures encoded since the beginning.
    pub frames: u64,
    /// The media types that were negotiated.
    pub codecs: Vec<String>,
}

impl Visitor {
    /// What of a visitor's needs is missing on this machine, for [`trial`](crate::trial): Chromium, and the
    /// library beside cargo's temporary folder, which is `env!("CARGO_TARGET_TMPDIR")` in a test.
    #[must_use]
    pub fn needs(temporary: &Path) -> Vec<&'static str> {
        let mut needs = vec!["chromium"];
        if !Library::beside(temporary).is_there() {
            needs.push(Library::NAME);
        }
        needs
    }

    /// Starts a browser and opens the page.
    pub async fn start(temporary: &Path) -> Result<Self, BrowserError> {
        let page = Page::serve(&Library::beside(temporary)).await;
        let page = page.map_err(|error| BrowserError::System {
            what: "the visitor's page",
            error,
        })?;
        let mut browser = Browser::start().await?;
        browser
            .go(page.url(), "typeof window.visitor === 'object'")
            .await?;
        Ok(Self {
            browser,
            _page: page,
        })
    }

    /// Enters a room, whose pin may be null, and publishes camera and microphone.
    pub async fn enters(
        &mut self,
        url: &str,
        room: &Value,
        id: &Value,
        pin: &Value,
    ) -> Result<(), BrowserError> {
        let entering =
            json!({"server": url, "room": room, "id": id, "pin": pin, "publishes": true});
        self.browser
            .says(&format!("visitor.enter({entering})"))
            .await?;
        // Only what Janus has got of it can be got by anybody else.
        self.is_told("said => said.media === 'video' && said.receiving")
            .await
    }

    /// Leaves the room, and waits until the server has confirmed that.
    pub async fn leaves(&mut self) -> Result<(), BrowserError> {
        self.browser.says("visitor.leave()").await.map(drop)
    }

    /// Kicks somebody, by the room's secret, which may be null.
    pub async fn kicks(&mut self, id: &Value, secret: &Value) -> Result<(), BrowserError> {
        self.browser
            .says(&format!("visitor.kick({id}, {secret})"))
            .await
            .map(drop)
    }

    /// Destroys the room, by its secret, which may be null.
    pub async fn destroys(&mut self, secret: &Value) -> Result<(), BrowserError> {
        self.browser
            .says(&format!("visitor.destroy({secret})"))
            .await
            .map(drop)
    }

    /// Waits until it is told of somebody's coming.
    pub async fn sees_come(&mut self, id: &Value) -> Result<(), BrowserError> {
        self.is_told(&format!("said => said.joining?.id === {id}"))
            .await
    }

    /// Waits until it is told of somebody's leaving.
    pub async fn sees_leave(&mut self, id: &Value) -> Result<(), BrowserError> {
        self.is_told(&format!("said => said.leaving === {id}"))
            .await
    }

    /// Waits until it is told of something; `is_it` is a function of JavaScript's.
    pub async fn is_told(&mut self, is_it: &str) -> Result<(), BrowserError> {
        self.browser
            .until(&format!("visitor.told().some({is_it})"))
            .await
    }

    /// Everything that it was told, in order.
    pub async fn told(&mut self) -> Result<Vec<Value>, BrowserError> {
        let told = self.browser.says("visitor.told()").await?;
        Ok(told.as_array().cloned().unwrap_or_default())
    }

    /// Waits until what it gets of somebody `is_it`: a condition of JavaScript's over `got`, whose fields
    /// are those of [`Received`]. Answers what it got then.
    pub async fn receives(&mut self, id: &Value, is_it: &str) -> Result<Received, BrowserError> {
        let condition = format!("(got => got !== null && ({is_it}))(await visitor.receives({id}))");
        let waited = self.browser.until(&condition).await;
        let got = self
            .browser
            .says(&format!("visitor.receives({id})"))
            .await?;
        match waited {
            Ok(()) => Ok(serde_json::from_value(got).unwrap_or_default()),
            Err(BrowserError::Never {
                what,
                page,
                complaints,
            }) => Err(BrowserError::Never {
                what: format!("{what} (received is {got})"),
                page,
                complaints,
            }),
            Err(error) => Err(error),
        }
    }

    /// What it sends.
    pub async fn sends(&mut self) -> Result<Sent, BrowserError> {
        let sent = self.browser.says("visitor.sends()").await?;
        Ok(serde_json::from_value(sent).unwrap_or_default())
    }

    /// Leaves a picture of the page in this file.
    pub async fn picture(&mut self, file: &Path) -> Result<(), BrowserError> {
        self.browser.picture(file).await
    }
}
