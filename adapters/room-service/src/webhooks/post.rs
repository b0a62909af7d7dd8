//! One attempt: looks the name up, checks where it leads, posts, reads the answer.

use std::io;
use std::net::IpAddr;

use axum::body::Body;
use axum::http::{Request, Uri, header};
use exeunt_websocket::ByteStream;
use futures_util::StreamExt;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use thiserror::Error;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::rustls;

use super::address::WebhookReach;
use super::encryption::Encryption;
use super::schedule::TIME_TO_ANSWER;

/// The longest answer that counts, in bytes.
const MAX_ANSWER: usize = 2000;

/// Why an attempt failed.
#[derive(Debug, Error)]
pub(super) enum PostError {
    #[error("no answer within {TIME_TO_ANSWER:?}")]
    TooSlow,
    #[error("{host} leads nowhere: {source}")]
    Name { host: String, source: io::Error },
    #[error("{address} may not be reached by webhooks; the configuration can allow it")]
    Forbidden { address: IpAddr },
    #[error("cannot connect: {0}")]
    Connect(io::Error),
    #[error("the request broke: {0}")]
    Broken(String),
    #[error("the certificate of {host} is not taken: {detail}")]
    Certificate { host: String, detail: String },
    #[error("no TLS with {host}: {source}")]
    Encryption { host: String, source: io::Error },
    #[error("HTTP status {0}: a redirect, which webhooks do not follow")]
    Redirect(u16),
    #[error("HTTP status {0}")]
    Status(u16),
    #[error("the answer is longer than {MAX_ANSWER} bytes")]
    TooLong,
    #[error("the answer is not {{\"code\":0}} but {0:?}")]
    Refused(String),
}

#[derive(Deserialize)]
struct Answer {
    code: i64,
}

/// What is posted where.
#[derive(Debug)]
pub(super) struct Post<'a> {
    pub(super) url: &'a Uri,
    pub(super) encryption: Option<&'a Encryption>,
    pub(super) reach: WebhookReach,
    pub(super) sdk_app_id: u32,
    pub(super) sign: String,
    pub(super) body: String,
}

impl Post<'_> {
    /// Posts, and answers within five seconds.
    pub(super) async fn send(self) -> Result<(), PostError> {
        timeout(TIME_TO_ANSWER, self.exchange())
            .await
            .unwrap_or(Err(PostError::TooSlow))
    }

    async fn exchange(self) -> Result<(), PostError> {
        let stream = self.connect().await?;
        let broken = |error: &dyn std::error::Error| PostError::Broken(error.to_string());
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| broken(&error))?;
        let authority = self
            .url
            .authority()
            .map_or("", |authority| authority.as_str());
        let path = self.url.path_and_query().map_or("/", |path| path.as_str());
        let request = Request::post(path)
            .header(header::HOST, authority)
            .header(header::CONTENT_TYPE, "application/json")
            .header("Sign", self.sign)
            .header("SdkAppId", self.sdk_app_id)
            .body(Body::from(self.body))
            .map_err(|error| broken(&error))?;
        let exchange = async {
            let answer = sender.send_request(request).await;
            let answer = answer.map_err(|error| broken(&error))?;
            let status = answer.status().as_u16();
            let mut pieces = Body::new(answer.into_body()).into_data_stream();
            let mut whole = Vec::new();
            while let Some(piece) = pieces.next().await {
                let piece = piece.map_err(|error| broken(&error))?;
                if whole.len() + piece.len() > MAX_ANSWER {
                    return Err(PostError::TooLong);
                }
                whole.extend(piece);
            }
            match status {
                200 => {}
                // It would lead past the check of the address.
                300..400 => return Err(PostError::Redirect(status)),
                other => return Err(PostError::Status(other)),
            }
            if let Ok(Answer { code: 0 }) = serde_json::from_slice(&whole) {
                return Ok(());
            }
            let said = String::from_utf8_lossy(&whole);
            Err(PostError::Refused(said.chars().take(100).collect()))
        };
        let mut exchange = std::pin::pin!(exchange);
        tokio::select! {
            biased;
            answer = &mut exchange => answer,
            ended = connection => {
                // The answer may have come with the end of the connection.
                let _ = ended;
                exchange.await
            }
        }
    }

    async fn connect(&self) -> Result<Box<dyn ByteStream>, PostError> {
        let stream = self.reach().await?;
        let Some(encryption) = self.encryption else {
            return Ok(Box::new(stream));
        };
        let host = || self.url.host().unwrap_or_default().to_owned();
        encryption.over(stream).await.map_err(|source| {
            let reason = source.get_ref();
            let reason = reason.and_then(|reason| reason.downcast_ref::<rustls::Error>());
            match reason {
                Some(rustls::Error::InvalidCertificate(detail)) => PostError::Certificate {
                    host: host(),
                    detail: detail.to_string(),
                },
                Some(_) | None => PostError::Encryption {
                    host: host(),
                    source,
                },
            }
        })
    }

    /// Connects to an address that was checked: a name that leads elsewhere the next time it is looked up
    /// gains nothing.
    async fn reach(&self) -> Result<TcpStream, PostError> {
        let host = self.url.host().unwrap_or_default();
        let usual_port = if self.encryption.is_some() { 443 } else { 80 };
        let port = self.url.port_u16().unwrap_or(usual_port);
        let name = host.trim_matches(['[', ']']);
        let found = lookup_host((name, port)).await;
        let found = found.map_err(|source| PostError::Name {
            host: host.to_owned(),
            source,
        })?;
        let mut last = PostError::Connect(io::ErrorKind::NotFound.into());
        for address in found {
            if !self.reach.allows(address.ip()) {
                last = PostError::Forbidden {
                    address: address.ip(),
                };
                continue;
            }
            match TcpStream::connect(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = PostError::Connect(error),
            }
        }
        Err(last)
    }
}
