//! What an error of the HTTP library means: kind, phase, party, and the cause in words.

use std::error::Error;

use h2::Reason;

use crate::model::{Failure, FailureKind, Phase, TlsFault};

use super::answer::{HEAD_FIELDS_MAX, HEAD_MAX, NoAnswer, innermost};
use super::tls;

/// Sorts an error that came before a status line. `wrote`: a byte of the request may have left.
pub fn before_answer(error: &(dyn Error + 'static), host: &str, wrote: bool) -> NoAnswer {
    for cause in chain(error) {
        if let Some(none) = cause.downcast_ref::<NoAnswer>() {
            return none.clone();
        }
        if let Some(error) = cause.downcast_ref::<h2::Error>() {
            if is_unprocessed(error) {
                let why = "the server ended the stream, and promises that it did not process the request";
                return Failure::new(FailureKind::Unprocessed, Phase::Answer, why).into();
            }
            if is_too_large(error) {
                return too_large().into();
            }
        }
        if let Some(error) = cause.downcast_ref::<hyper::Error>() {
            if error.is_parse_too_large() {
                return too_large().into();
            }
            if error.is_parse() {
                let failure = Failure::new(FailureKind::Protocol, Phase::Answer, innermost(error));
                return Failure { wrote, ..failure }.into();
            }
        }
        if let Some(error) = rustls_error(cause) {
            let (fault, words) = tls::of_rustls(error, host);
            // With TLS 1.3 the refusal for want of a certificate comes after the client is done; until then the server
            // reads nothing of what is sent. [RFC 8446 4.4.2.4]
            let wrote = wrote && fault != TlsFault::ClientCertificate;
            return Failure { wrote, ..Failure::new(FailureKind::Tls(fault), Phase::Tls, words) }.into();
        }
    }
    // Not written: the connection closed before it took the request.
    let phase = if wrote { Phase::Answer } else { Phase::Write };
    Failure { wrote, ..Failure::new(FailureKind::Reset, phase, innermost(error)) }.into()
}

fn too_large() -> Failure {
    let why = format!("the header of the answer has more than {} KiB or {HEAD_FIELDS_MAX} fields", HEAD_MAX >> 10);
    Failure::written(FailureKind::TooLarge, Phase::Answer, why)
}

/// The stream was refused, or lies above the last one of a GOAWAY (only those are given the GOAWAY as their error).
/// [RFC 9113 6.8, 8.7]
fn is_unprocessed(error: &h2::Error) -> bool {
    error.is_remote() && (error.is_go_away() || error.is_reset() && error.reason() == Some(Reason::REFUSED_STREAM))
}

/// The library resets the stream of an answer whose header is beyond its bound.
fn is_too_large(error: &h2::Error) -> bool {
    error.is_library() && error.is_reset() && error.reason() == Some(Reason::PROTOCOL_ERROR)
}

fn chain<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'e (dyn Error + 'static)| (*error).source())
}

/// rustls's error stands inside one of the system's, which skips it when asked for its source.
fn rustls_error<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e rustls::Error> {
    error.downcast_ref::<std::io::Error>()?.get_ref()?.downcast_ref()
}
