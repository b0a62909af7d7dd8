//! A request as it came: who sent it, which action it names, with which parameters.

use axum::http::request::Parts;

use super::VERSION;
use super::action::Action;
use super::error::{ApiError, ErrorCode};
use super::parameters::Parameters;
use crate::clock::unix_seconds;
use crate::config::Config;
use crate::query_signature;
use crate::tc3::{ReceivedRequest, verify};

/// What every call with the older signature has among its parameters.
const COMMON: [&str; 11] = [
    "Action",
    "Version",
    "Region",
    "Timestamp",
    "Nonce",
    "SecretId",
    "Signature",
    "SignatureMethod",
    "Token",
    "Language",
    "RequestClient",
];

/// A request whose signature is good.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) action: Action,
    pub(super) parameters: Parameters,
}

impl Asked {
    /// Checks the signature first, so that a stranger learns nothing else.
    pub(super) async fn read(config: &Config, head: &Parts, body: &[u8]) -> Result<Self, ApiError> {
        let query = head.uri.query().unwrap_or_default();
        let is_get = match head.method.as_str() {
            "GET" => true,
            "POST" => false,
            other => {
                let message = format!("only GET and POST are supported, not {other}");
                return Err(ApiError::new(ErrorCode::UnsupportedProtocol, message));
            }
        };
        let content_type = header(head, "content-type").unwrap_or_default();
        let kind = content_type.split(';').next().unwrap_or_default().trim();
        let is_form = kind.eq_ignore_ascii_case("application/x-www-form-urlencoded");
        if header(head, "authorization").is_none() && (is_get || is_form) {
            let encoded = if is_get { query.as_bytes() } else { body };
            let pairs = Parameters::pairs(encoded)?;
            if pairs.iter().any(|(name, _)| name == "Signature") {
                return Self::signed_in_the_query(config, head, &pairs);
            }
        }
        authorize(config, head, body)?;
        let common = |header_name, name| {
            let found = header(head, header_name);
            found.ok_or_else(|| {
                let message = format!("{name} is missing");
                ApiError::new(ErrorCode::MissingParameter, message)
            })
        };
        let action = Action::named(common("x-tc-action", "X-TC-Action")?)?;
        check_version(common("x-tc-version", "X-TC-Version")?)?;
        let parameters = if is_get {
            Parameters::from_pairs(Parameters::pairs(query.as_bytes())?)?
        } else if kind.eq_ignore_ascii_case("multipart/form-data") {
            Parameters::from_multipart(content_type, body).await?
        } else if is_form {
            let message = "a form is signed with HmacSHA1 or HmacSHA256, JSON with TC3-HMAC-SHA256";
            return Err(ApiError::new(ErrorCode::InvalidRequest, message));
        } else {
            Parameters::from_json(body)?
        };
        Ok(Self { action, parameters })
    }

    fn signed_in_the_query(
        config: &Config,
        head: &Parts,
        pairs: &[(String, String)],
    ) -> Result<Self, ApiError> {
        let parameters = Parameters::from_pairs(pairs.to_vec())?;
        query_signature::verify(
            &config.secret_id,
            config.secret_key.expose(),
            now(),
            head.method.as_str(),
            header(head, "host").unwrap_or_default(),
            pairs,
        )?;
        let common = |name: &'static str| {
            let found = parameters.text(name).ok().flatten();
            found.ok_or_else(|| {
                ApiError::new(ErrorCode::MissingParameter, format!("{name} is missing"))
            })
        };
        let action = Action::named(common("Action")?)?;
        check_version(common("Version")?)?;
        let parameters = parameters.without(&COMMON);
        Ok(Self { action, parameters })
    }
}

fn check_version(version: &str) -> Result<(), ApiError> {
    if version == VERSION {
        return Ok(());
    }
    let message = format!("the version must be {VERSION}");
    Err(ApiError::new(ErrorCode::NoSuchVersion, message))
}

fn authorize(config: &Config, head: &Parts, body: &[u8]) -> Result<(), ApiError> {
    let received = ReceivedRequest {
        method: head.method.as_str(),
        query: head.uri.query().unwrap_or_default(),
        header: |name: &str| header(head, name),
        body,
    };
    Ok(verify(
        &config.secret_id,
        config.secret_key.expose(),
        now(),
        &received,
    )?)
}

fn now() -> i64 {
    i64::try_from(unix_seconds()).unwrap_or(i64::MAX)
}

fn header<'a>(head: &'a Parts, name: &str) -> Option<&'a str> {
    head.headers.get(name)?.to_str().ok()
}
