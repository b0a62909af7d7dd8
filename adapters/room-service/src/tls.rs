//! Who the service is to those who reach it over TLS.

use std::fmt;
use std::sync::Arc;

use thiserror::Error;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{Error as PemError, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// A certificate and its private key. The key is shown in no log and no `Debug` output.
#[derive(Clone)]
pub struct TlsIdentity {
    acceptor: TlsAcceptor,
}

/// Why a certificate and a key are no identity.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TlsIdentityError {
    /// No certificate was found.
    #[error(
        "no certificate was found; expected PEM (-----BEGIN CERTIFICATE-----), the server's own first{}", after(.detail)
    )]
    Certificate {
        /// What was found instead, if that can be said.
        detail: String,
    },
    /// No private key was found. Nothing of what was found is repeated.
    #[error(
        "no private key was found; expected PEM (-----BEGIN PRIVATE KEY-----, RSA or EC), without a password"
    )]
    Key,
    /// They do not go together, or are of a kind that TLS does not take.
    #[error("certificate and private key cannot be used: {detail}")]
    Unfit {
        /// Why.
        detail: String,
    },
}

fn after(detail: &str) -> String {
    if detail.is_empty() {
        String::new()
    } else {
        format!(": {detail}")
    }
}

impl TlsIdentity {
    /// From PEM: the certificate with those that lead to an authority, the server's own first, and its
    /// private key (PKCS #8, RSA or EC).
    pub fn from_pem(certificates: &[u8], key: &[u8]) -> Result<Self, TlsIdentityError> {
        let chain: Vec<_> = CertificateDer::pem_slice_iter(certificates)
            .collect::<Result<_, PemError>>()
            .map_err(|error| TlsIdentityError::Certificate {
                detail: error.to_string(),
            })?;
        if chain.is_empty() {
            let detail = String::new();
            return Err(TlsIdentityError::Certificate { detail });
        }
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| TlsIdentityError::Key)?;
        let unfit = |error: tokio_rustls::rustls::Error| TlsIdentityError::Unfit {
            detail: error.to_string(),
        };
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(unfit)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(unfit)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Ok(Self { acceptor })
    }

    pub(crate) fn acceptor(&self) -> &TlsAcceptor {
        &self.acceptor
    }
}

impl fmt::Debug for TlsIdentity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("(certificate and private key)")
    }
}
