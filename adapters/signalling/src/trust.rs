//! Whom to believe when a server says who it is, and TLS over a stream of bytes.

use std::fmt;
use std::io;
use std::sync::Arc;

use exeunt_port::EnterError;
use thiserror::Error;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::address::Address;
use crate::stream::ByteStream;

/// The authorities whose word counts when a server behind `wss://` says who it is.
///
/// ```no_run
/// use exeunt_signalling::{Destination, Trust};
///
/// # fn trusting(server: Destination) -> Result<Destination, Box<dyn std::error::Error>> {
/// let trust = Trust::system().and(&std::fs::read("our-authority.pem")?)?;
/// let server = server.trusting(&trust)?;
/// # Ok(server)
/// # }
/// ```
#[derive(Clone)]
pub struct Trust {
    authorities: Vec<CertificateDer<'static>>,
}

/// Certificates that are none.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TrustError {
    /// Not PEM, or no certificate in it.
    #[error("no certificate in PEM form (-----BEGIN CERTIFICATE-----) was found: {detail}")]
    Pem {
        /// What was found instead.
        detail: String,
    },
    /// A certificate that cannot be an authority's.
    #[error("the certificate cannot be an authority's: {detail}")]
    Certificate {
        /// What is wrong with it.
        detail: String,
    },
}

impl Trust {
    /// The authorities that this machine's system believes. Those that cannot be read are passed over.
    #[must_use]
    pub fn system() -> Self {
        let found = rustls_native_certs::load_native_certs();
        for error in &found.errors {
            tracing::warn!(%error, "some of the system's authorities cannot be read");
        }
        Self {
            authorities: found.certs,
        }
    }

    /// Nobody yet.
    #[must_use]
    pub fn nobody() -> Self {
        Self {
            authorities: Vec::new(),
        }
    }

    /// These as well: one or more certificates in PEM form, an authority's or the server's own.
    pub fn and(mut self, pem: &[u8]) -> Result<Self, TrustError> {
        let mut found = 0;
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|error| TrustError::Pem {
                detail: error.to_string(),
            })?;
            RootCertStore::empty()
                .add(certificate.clone())
                .map_err(|error| TrustError::Certificate {
                    detail: error.to_string(),
                })?;
            self.authorities.push(certificate);
            found += 1;
        }
        if found == 0 {
            let detail = format!("{} bytes without one", pem.len());
            return Err(TrustError::Pem { detail });
        }
        Ok(self)
    }

    /// Their certificates in DER form, for other clients of the same server.
    pub fn certificates(&self) -> impl Iterator<Item = &[u8]> {
        self.authorities.iter().map(AsRef::as_ref)
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        // A system's store may hold some that TLS has no use for.
        roots.add_parsable_certificates(self.authorities.iter().cloned());
        roots
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Trust")
            .field("authorities", &self.authorities.len())
            .finish()
    }
}

/// TLS to one server.
#[derive(Clone)]
pub(crate) struct Encryption {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl Encryption {
    pub(crate) fn of(address: &Address, trust: &Trust) -> Result<Self, EnterError> {
        let (host, _) = address.host_and_port();
        let senseless = |expected: String| EnterError::Address {
            address: address.to_string(),
            expected,
        };
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| senseless("a host that a certificate can name".to_owned()))?;
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| senseless(format!("TLS that works: {error}")))?
            .with_root_certificates(trust.roots())
            .with_no_client_auth();
        Ok(Self {
            connector: TlsConnector::from(Arc::new(config)),
            name,
        })
    }

    /// Shakes hands. Bounded only by the caller; dropping the future closes the stream.
    pub(crate) async fn over(
        &self,
        stream: Box<dyn ByteStream>,
    ) -> io::Result<Box<dyn ByteStream>> {
        let encrypted = self.connector.connect(self.name.clone(), stream).await?;
        Ok(Box::new(encrypted))
    }
}
