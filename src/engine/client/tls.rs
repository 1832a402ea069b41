//! TLS set-up, all of it: rustls with ring, the system's certificates (Mozilla's where the system has none), and the
//! profile's own CA files. Checking certificates cannot be switched off.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::client::{
    ClientSessionMemoryCache, ClientSessionStore, Resumption, Tls12ClientSessionValue, Tls13ClientSessionValue,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, NamedGroup, RootCertStore};

use super::trace::Trace;

/// A configuration that trusts nobody: for clients that only ever speak plain HTTP to loopback, so that starting costs
/// nothing.
pub fn none() -> Result<ClientConfig, String> {
    config(RootCertStore::empty())
}

/// The real configuration. Reads files: not for the runtime's own threads. The error is one sentence.
pub fn full(ca_files: &[PathBuf]) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    let native = rustls_native_certs::load_native_certs();
    let (added, _) = roots.add_parsable_certificates(native.certs);
    if added == 0 {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    for file in ca_files {
        let shown = file.display();
        let certificates = CertificateDer::pem_file_iter(file)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|e| format!("the CA file {shown} cannot be read ({e}); check ca_files of the profile"))?;
        if certificates.is_empty() {
            return Err(format!("the CA file {shown} holds no certificate; ca_files wants PEM files"));
        }
        for certificate in certificates {
            roots.add(certificate).map_err(|e| format!("a certificate in the CA file {shown} cannot be used ({e})"))?;
        }
    }
    config(roots)
}

fn config(roots: RootCertStore) -> Result<ClientConfig, String> {
    let mut config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|e| format!("TLS cannot be set up ({e})"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    // A preconfigured rustls gets no ALPN from reqwest.
    config.resumption = Resumption::store(Arc::new(Greeting(ClientSessionMemoryCache::new(SESSIONS))));
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// How many sessions are kept for resumption; rustls' own number.
const SESSIONS: usize = 256;

/// The sessions of rustls, kept as always; and a mark when it asks for one: that is the first thing that it does in a
/// handshake, so the time before it is TCP's and the time after it TLS's.
#[derive(Debug)]
struct Greeting(ClientSessionMemoryCache);

impl ClientSessionStore for Greeting {
    fn set_kx_hint(&self, server: ServerName<'static>, group: NamedGroup) {
        self.0.set_kx_hint(server, group);
    }

    fn kx_hint(&self, server: &ServerName<'_>) -> Option<NamedGroup> {
        Trace::greet();
        self.0.kx_hint(server)
    }

    fn set_tls12_session(&self, server: ServerName<'static>, value: Tls12ClientSessionValue) {
        self.0.set_tls12_session(server, value);
    }

    fn tls12_session(&self, server: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        self.0.tls12_session(server)
    }

    fn remove_tls12_session(&self, server: &ServerName<'static>) {
        self.0.remove_tls12_session(server);
    }

    fn insert_tls13_ticket(&self, server: ServerName<'static>, value: Tls13ClientSessionValue) {
        self.0.insert_tls13_ticket(server, value);
    }

    fn take_tls13_ticket(&self, server: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        self.0.take_tls13_ticket(server)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn bad_ca_files_are_named() {
        let missing = full(&["/nonexistent/ca.pem".into()]).unwrap_err();
        assert!(missing.contains("/nonexistent/ca.pem"), "{missing}");
        let empty = tempfile::NamedTempFile::new().unwrap();
        let empty = full(&[empty.path().to_owned()]).unwrap_err();
        assert!(empty.contains("no certificate"), "{empty}");
    }

    #[test]
    fn http2_is_offered() {
        assert_eq!(none().unwrap().alpn_protocols[0], b"h2");
    }
}
