//! The admin API, over HTTP.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::LabError;

/// What a server holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Sessions.
    pub sessions: usize,
    /// Handles of all sessions.
    pub handles: usize,
}

/// Somebody who knows the admin's secret. He blocks, and may do so on a thread of his own.
#[derive(Clone, Debug)]
pub struct Admin(Arc<Access>);

#[derive(Debug)]
struct Access {
    agent: ureq::Agent,
    url: String,
    secret: String,
}

impl Admin {
    /// How long he waits for an answer.
    const PATIENCE: Duration = Duration::from_secs(10);

    pub(crate) fn new(url: String, secret: String) -> Self {
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(Self::PATIENCE))
            .proxy(None)
            .build()
            .into();
        Self(Arc::new(Access { agent, url, secret }))
    }

    /// The server's sessions.
    pub fn sessions(&self) -> Result<Vec<u64>, LabError> {
        self.list("", &json!({"janus": "list_sessions"}), "sessions")
    }

    /// How many sessions and handles the server has at this moment.
    pub fn load(&self) -> Result<Load, LabError> {
        let sessions = self.sessions()?;
        let mut load = Load {
            sessions: sessions.len(),
            handles: 0,
        };
        for session in sessions {
            match self.handles(session) {
                Ok(handles) => load.handles += handles.len(),
                // It ended meanwhile: 458, no such session.
                Err(LabError::Refused { answer, .. }) if answer.contains("458") => {
                    load.sessions -= 1;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(load)
    }

    /// The handles of a session.
    pub fn handles(&self, session: u64) -> Result<Vec<u64>, LabError> {
        self.list(
            &format!("/{session}"),
            &json!({"janus": "list_handles"}),
            "handles",
        )
    }

    /// Ends a session, whose client is not told.
    pub fn destroy_session(&self, session: u64) -> Result<(), LabError> {
        let request = json!({"janus": "destroy_session"});
        self.ask(&format!("/{session}"), request).map(drop)
    }

    /// Closes a handle's peer connection, if it has one.
    pub fn hang_up(&self, session: u64, handle: u64) -> Result<(), LabError> {
        let request = json!({"janus": "hangup_webrtc"});
        self.ask(&format!("/{session}/{handle}"), request).map(drop)
    }

    /// Lets everybody in who knows this token.
    pub fn add_token(&self, token: &str) -> Result<(), LabError> {
        self.ask("", json!({"janus": "add_token", "token": token}))
            .map(drop)
    }

    /// A synchronous request of the video room, from nobody in particular: `create`, `destroy`, `list`,
    /// `listparticipants`. An error of the plugin's is an answer.
    pub fn video_room(&self, request: &Value) -> Result<Value, LabError> {
        let asked = json!({
            "janus": "message_plugin", "plugin": "janus.plugin.videoroom", "request": request,
        });
        let mut answer = self.ask("", asked)?;
        Ok(answer["response"].take())
    }

    fn list(&self, path: &str, request: &Value, name: &str) -> Result<Vec<u64>, LabError> {
        let answer = self.ask(path, request.clone())?;
        let list = answer[name].as_array();
        let numbers = list.and_then(|list| list.iter().map(Value::as_u64).collect());
        numbers.ok_or_else(|| LabError::Refused {
            request: request.to_string(),
            answer: answer.to_string(),
        })
    }

    fn ask(&self, path: &str, mut request: Value) -> Result<Value, LabError> {
        let shown = request.to_string();
        request["transaction"] = "lab".into();
        request["admin_secret"] = self.0.secret.as_str().into();
        let url = format!("{}{path}", self.0.url);
        let answer: Value = self
            .0
            .agent
            .post(url)
            .send_json(request)
            .and_then(|mut answer| answer.body_mut().read_json())
            .map_err(Box::new)?;
        if answer["janus"] == "success" {
            return Ok(answer);
        }
        Err(LabError::Refused {
            request: shown,
            answer: answer.to_string(),
        })
    }
}
