//! An authority of a test's own, and what it signed.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use tempfile::NamedTempFile;
use tokio_rustls::TlsAcceptor;

/// See the module.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    file: NamedTempFile,
}

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        params.distinguished_name.push(DnType::CommonName, "an authority of the tests");
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(issuer.pem().as_bytes()).unwrap();
        Self { issuer, file }
    }

    /// For `ca_files` of a profile.
    pub fn files(&self) -> Vec<PathBuf> {
        vec![self.file.path().to_owned()]
    }

    /// A server under this name (or address) that speaks this protocol (`h2`, `http/1.1`).
    pub fn acceptor(&self, name: &str, alpn: &str) -> TlsAcceptor {
        let mut config = serving(&self.signed(CertificateParams::new(vec![name.to_owned()]).unwrap()), None);
        config.alpn_protocols = vec![alpn.as_bytes().to_vec()];
        TlsAcceptor::from(Arc::new(config))
    }

    /// A server that wants a certificate of the client.
    pub fn demanding(&self, name: &str) -> TlsAcceptor {
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        TlsAcceptor::from(Arc::new(serving(&self.signed(params), Some(self.issuer.der().clone()))))
    }

    /// A server whose certificate expired in February 2021.
    pub fn expired(&self, name: &str) -> TlsAcceptor {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(2020, 2, 3);
        params.not_after = rcgen::date_time_ymd(2021, 2, 3);
        TlsAcceptor::from(Arc::new(serving(&self.signed(params), None)))
    }

    /// A server that shows the certificate of an authority, which vouches for itself.
    pub fn itself(name: &str) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap().der().clone();
        TlsAcceptor::from(Arc::new(serving(&(certificate, key), None)))
    }

    fn signed(&self, params: CertificateParams) -> (CertificateDer<'static>, KeyPair) {
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.issuer).unwrap().der().clone(), key)
    }
}

/// `clients`: who must vouch for a client's certificate; none is wanted without.
fn serving(
    (certificate, key): &(CertificateDer<'static>, KeyPair),
    clients: Option<CertificateDer<'_>>,
) -> ServerConfig {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config =
        ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions().unwrap();
    let config = match clients {
        None => config.with_no_client_auth(),
        Some(authority) => {
            let mut roots = rustls::RootCertStore::empty();
            roots.add(authority.into_owned()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
            config.with_client_cert_verifier(verifier)
        }
    };
    config.with_single_cert(vec![certificate.clone()], key).unwrap()
}
