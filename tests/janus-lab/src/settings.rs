//! What of a Janus a test may choose.

/// What of a Janus a test may choose. All else is as `configuration` writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Rooms and participants have texts for numbers. Off unless chosen.
    pub string_ids: bool,
    /// Every request has to carry it as `apisecret`.
    pub api_secret: Option<String>,
    /// Every request has to carry one of these as `token`. None means that tokens are not asked for.
    pub tokens: Vec<String>,
    /// Whoever makes a room has to know it.
    pub admin_key: Option<String>,
    /// What the admin API asks for.
    pub admin_secret: String,
    /// After how many seconds without a request a session ends; Janus looks every two seconds. 60 unless
    /// chosen.
    pub session_timeout: u32,
    /// For how many seconds a session outlives its socket. 0 unless chosen: not at all.
    pub reclaim_session_timeout: u32,
    /// After how many seconds without anything a socket is pinged, and given up after as many more.
    /// Never unless chosen.
    pub pingpong_trigger: Option<u32>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            string_ids: false,
            api_secret: None,
            tokens: Vec::new(),
            admin_key: None,
            admin_secret: "the lab's admin".to_owned(),
            session_timeout: 60,
            reclaim_session_timeout: 0,
            pingpong_trigger: None,
        }
    }
}
