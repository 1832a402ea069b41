//! CA files, and the sentences for what is wrong with a certificate.
#![expect(clippy::unwrap_used, reason = "tests")]

use crate::engine::client::tls::*;
use crate::model::{Party, Phase, TlsFault};
use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, Error};
use std::path::Path;
use std::sync::Arc;

fn pem() -> String {
    rcgen::generate_simple_self_signed(["a.example".to_owned()]).unwrap().cert.pem()
}

fn checked(content: &[u8]) -> Result<Vec<String>, String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), content).unwrap();
    check_ca_file(file.path())
}

#[test]
fn ca_files_are_taken_skipped_in_part_or_refused_with_the_reason() {
    let good = pem();
    let broken = "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n";
    let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert_eq!(checked(good.as_bytes()), Ok(Vec::new()));
    for bad in [broken, garbage] {
        for both in [format!("{good}{bad}"), format!("{bad}{good}")] {
            assert_eq!(checked(both.as_bytes()).unwrap().len(), 1, "{both}");
        }
        assert!(checked(bad.as_bytes()).unwrap_err().contains("none of its certificates"));
    }
    let der = rcgen::generate_simple_self_signed(["a.example".to_owned()]).unwrap().cert.der().to_vec();
    assert!(checked(&der).unwrap_err().contains("DER"));
    assert!(checked(b"").unwrap_err().contains("no certificate"));
    assert!(check_ca_file(Path::new("/nonexistent/ca.pem")).unwrap_err().contains("cannot be read"));
    let failure = trust(&["/nonexistent/ca.pem".into()]).unwrap_err();
    assert_eq!(
        (failure.party, failure.phase),
        (Party::CaFile { ca_file: "/nonexistent/ca.pem".to_owned() }, Phase::Tls)
    );
}

#[test]
fn errors_in_plain_sentences() {
    let at = |seconds| UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
    let certificate = Error::InvalidCertificate;
    let expired = CertificateError::ExpiredContext { time: at(1_900_000_000), not_after: at(1_700_000_000) };
    let early = CertificateError::NotValidYetContext { time: at(0), not_before: at(1_900_000_000) };
    let authority = CertificateError::Other(rustls::OtherError(Arc::new(webpki::Error::CaUsedAsEndEntity)));
    let rows = [
        (certificate(CertificateError::UnknownIssuer), TlsFault::UnknownIssuer, "ca_files"),
        (certificate(expired), TlsFault::Expired, "expired on 2023-11-14"),
        (certificate(early), TlsFault::NotYetValid, "not valid before 2030-03-17"),
        (certificate(CertificateError::NotValidForName), TlsFault::WrongName, "another name"),
        (certificate(authority), TlsFault::SelfSigned, "vouches for itself"),
        (Error::AlertReceived(AlertDescription::CertificateRequired), TlsFault::ClientCertificate, "of the client"),
        (Error::AlertReceived(AlertDescription::HandshakeFailure), TlsFault::Other, "broke off"),
        (Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType), TlsFault::Other, "does not speak TLS"),
    ];
    for (error, fault, part) in rows {
        let (found, words) = of_rustls(&error, "api.example");
        assert_eq!(found, fault, "{words}");
        assert!(words.contains(part) && words.contains("api.example") && !words.contains("http"), "{words}");
    }
}
