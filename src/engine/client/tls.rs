//! TLS set-up, all of it: rustls with ring, the system's certificates (Mozilla's where the system has none), and the
//! profile's own CA files; and what its errors mean to a person. Checking certificates cannot be switched off.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::{AlertDescription, CertificateError, ClientConfig, Error, RootCertStore};

use crate::files;
use crate::model::{Failure, FailureKind, Party, Phase, TlsFault};
use crate::text::one_line;

/// Whom connections trust. Reads files: not for the runtime's own threads.
pub fn trust(ca_files: &[PathBuf]) -> Result<ClientConfig, Failure> {
    let mut roots = RootCertStore::empty();
    let native = rustls_native_certs::load_native_certs();
    let (added, _) = roots.add_parsable_certificates(native.certs);
    if added == 0 {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    for file in ca_files {
        let shown = file.display().to_string();
        let invalid =
            |why| Failure::new(FailureKind::Invalid, Phase::Tls, why).with(Party::CaFile { ca_file: shown.clone() });
        let skipped = add(&mut roots, file).map_err(invalid)?;
        for why in skipped {
            tracing::warn!("the CA file {shown}: {why}");
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|e| Failure::new(FailureKind::Invalid, Phase::Tls, format!("TLS cannot be set up ({e})")))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

/// What is wrong with a CA file: that it cannot be used at all (the error), or which of its blocks are skipped.
pub fn check_ca_file(file: &Path) -> Result<Vec<String>, String> {
    add(&mut RootCertStore::empty(), file)
}

/// Adds the certificates of a file. Gives a sentence for each block that is skipped; the error is one for the file.
fn add(roots: &mut RootCertStore, file: &Path) -> Result<Vec<String>, String> {
    const MORE: u64 = 16 << 20;
    let bytes = files::read(file, MORE)
        .map_err(|e| format!("it cannot be read ({}); check ca_files of the profile", files::error_text(&e)))?;
    // A certificate in DER is a SEQUENCE of more than 127 bytes.
    if bytes.starts_with(&[0x30, 0x82]) {
        let how = "openssl x509 -inform der -in FILE -out FILE.pem";
        return Err(format!("it is DER, and ca_files wants PEM; convert it: {how}"));
    }
    let (mut added, mut skipped) = (0, Vec::new());
    for (at, block) in CertificateDer::pem_slice_iter(&bytes).enumerate() {
        let taken = block.map_err(|e| e.to_string()).and_then(|c| roots.add(c).map_err(|e| e.to_string()));
        match taken {
            Ok(()) => added += 1,
            Err(why) => skipped.push(format!("certificate {} is skipped: {}", at + 1, one_line(&why))),
        }
    }
    match (added, skipped.is_empty()) {
        (0, true) => Err("it holds no certificate; ca_files wants PEM files".to_owned()),
        (0, false) => Err(format!("none of its certificates can be used ({})", skipped.join("; "))),
        _ => Ok(skipped),
    }
}

/// rustls's error stands inside one of the system's, which skips it when asked for its source.
pub fn rustls_error(error: &std::io::Error) -> Option<&Error> {
    error.get_ref()?.downcast_ref()
}

pub fn words(error: &std::io::Error, host: &str) -> (TlsFault, String) {
    match rustls_error(error) {
        Some(error) => of_rustls(error, host),
        None if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            (TlsFault::Other, format!("{host} closed the connection in the handshake"))
        }
        None => (TlsFault::Other, one_line(&error.to_string())),
    }
}

pub fn of_rustls(error: &Error, host: &str) -> (TlsFault, String) {
    let words = match error {
        Error::InvalidCertificate(why) => return of_certificate(why, host),
        Error::AlertReceived(AlertDescription::CertificateRequired) => {
            let why = "wants a certificate of the client, and guestwire has none";
            return (TlsFault::ClientCertificate, format!("{host} {why}; ask who runs it for another way in"));
        }
        Error::AlertReceived(alert) => format!("{host} broke off the handshake ({alert:?})"),
        Error::InvalidMessage(_) => format!("what answers at {host} does not speak TLS; check the host and its port"),
        Error::PeerIncompatible(_) => format!("{host} speaks no version or cipher of TLS that guestwire does"),
        other => one_line(&other.to_string()),
    };
    (TlsFault::Other, words)
}

fn of_certificate(error: &CertificateError, host: &str) -> (TlsFault, String) {
    let of = format!("the certificate of {host}");
    let expired = |when: &str| {
        let how = "it must be renewed there, unless this machine's clock is wrong";
        (TlsFault::Expired, format!("{of} expired{when}; {how}"))
    };
    let early = |when| (TlsFault::NotYetValid, format!("{of} is not valid {when}; check this machine's clock"));
    let is_for = |names| {
        (TlsFault::WrongName, format!("{of} is for {names}; check the host in the profile, and what answers there"))
    };
    match error {
        CertificateError::UnknownIssuer => {
            let how = "if the authority is your own (a company's proxy, a test server), name its PEM file in ca_files of the profile";
            (TlsFault::UnknownIssuer, format!("no authority that is trusted vouches for {of}; {how}"))
        }
        CertificateError::Expired => expired(""),
        CertificateError::ExpiredContext { not_after, .. } => expired(&format!(" on {}", date(*not_after))),
        CertificateError::NotValidYet => early("yet"),
        CertificateError::NotValidYetContext { not_before, .. } => early(&format!("before {}", date(*not_before))),
        CertificateError::NotValidForName => is_for("another name"),
        CertificateError::NotValidForNameContext { presented, .. } if presented.is_empty() => is_for("no name at all"),
        CertificateError::NotValidForNameContext { presented, .. } => {
            // rustls gives names as it prints them: `DnsName("x.example")`.
            let names = presented.iter().map(|name| name.split('"').nth(1).unwrap_or(name));
            is_for(&names.collect::<Vec<_>>().join(", "))
        }
        CertificateError::Other(other) if matches!(other.0.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity)) => {
            let how = "have an authority sign one for that host, and name the authority's PEM file in ca_files";
            (TlsFault::SelfSigned, format!("{of} is that of an authority, which vouches for itself; {how}"))
        }
        CertificateError::Revoked => (TlsFault::Other, format!("{of} was revoked")),
        CertificateError::BadEncoding => (TlsFault::Other, format!("{of} cannot be read")),
        CertificateError::BadSignature => {
            let how = "check ca_files, which may hold an older key of it";
            let why = "is not signed by the authority that is trusted by that name";
            (TlsFault::UnknownIssuer, format!("{of} {why}; {how}"))
        }
        other => (TlsFault::Other, one_line(&format!("{of} cannot be used: {other}"))),
    }
}

fn date(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).map_or_else(|_| "an unknown day".to_owned(), |t| t.strftime("%Y-%m-%d").to_string())
}
