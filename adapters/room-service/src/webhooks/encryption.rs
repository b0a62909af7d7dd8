//! TLS to a receiver.

use std::fmt;
use std::io;
use std::sync::Arc;

use exeunt_websocket::{ByteStream, Trust};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::target::Webhook;

/// TLS to one receiver, who has to show a certificate for the name in its address.
#[derive(Clone)]
pub(super) struct Encryption {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl Encryption {
    /// What this webhook's address asks for; `None` without TLS. Reads the system's authorities, unless
    /// others are to be believed.
    pub(super) fn to(webhook: &Webhook) -> Option<Self> {
        let name = webhook.certified()?;
        let trust = webhook.trust.clone().unwrap_or_else(Trust::system);
        let mut roots = RootCertStore::empty();
        // A system's store may hold some that TLS has no use for.
        roots.add_parsable_certificates(trust.certificates().map(CertificateDer::from_slice));
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("this provider knows the default versions of TLS")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connector = TlsConnector::from(Arc::new(config));
        Some(Self { connector, name })
    }

    /// Shakes hands. Bounded only by the caller; dropping the future closes the stream.
    pub(super) async fn over(&self, stream: TcpStream) -> io::Result<Box<dyn ByteStream>> {
        let encrypted = self.connector.connect(self.name.clone(), stream).await?;
        Ok(Box::new(encrypted))
    }
}

impl fmt::Debug for Encryption {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "(TLS with {})", self.name.to_str())
    }
}
