//! TLS set-up, all of it: rustls with ring, the system's certificates (Mozilla's where the system has none), and the
//! profile's own CA files. Checking certificates cannot be switched off.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

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
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
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
