//! What came of a try: an answer, as it came and as much of one as is taken; or an error of the HTTP library, sorted by
//! kind, phase and party, with the cause in words.

use std::error::Error;
use std::net::SocketAddr;
use std::pin::Pin;

use h2::Reason;
use http::response::Parts;
use http::{HeaderMap, Version};
use http_body::Body as _;
use hyper::body::Incoming;
use hyper::ext::ReasonPhrase;

use crate::model::{Failure, FailureKind, Phase, Timing, TlsFault};
use crate::text::one_line;

use super::tls;

pub const HEAD_MAX: usize = 384 * 1024; // most bytes of an answer's header, about what browsers take
pub const HEAD_FIELDS_MAX: usize = 1_000; // most fields of an answer's header
pub const BODY_MAX: usize = 1 << 20; // how much of a body is kept. The rest is counted
const BODY_READ_MAX: u64 = 32 << 20; // most bytes of a body that are read, most of them only to be counted
/// Most pieces in which a body may come; one of [`BODY_READ_MAX`] that fills its packets has fewer.
const BODY_PIECES_MAX: u32 = 32_768;

/// What came of a try, with secrets still in it: never kept, only read and captured.
pub struct Tried {
    pub result: Result<ClientAnswer, NoAnswer>,
    pub timing: Timing,
}

#[derive(Clone, Debug)]
pub struct NoAnswer {
    pub failure: Failure,
    pub partial: Option<Box<ClientAnswer>>, // what came of one; with `FailureKind::Proxy` the proxy's, and whole
}

impl NoAnswer {
    pub fn by_host(&self) -> Option<&ClientAnswer> {
        self.partial.as_deref().filter(|_| self.failure.kind != FailureKind::Proxy)
    }
}

impl std::fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.failure.line())
    }
}

impl Error for NoAnswer {}

impl From<Failure> for NoAnswer {
    fn from(failure: Failure) -> Self {
        Self { failure, partial: None }
    }
}

#[derive(Clone, Debug)]
pub struct ClientAnswer {
    pub status: u16,
    pub phrase: Option<String>, // the words behind the status, where they are not the usual ones
    pub version: Version,
    pub headers: HeaderMap,
    pub remote: Option<SocketAddr>,
    pub bytes: Vec<u8>, // the first [`BODY_MAX`] bytes of the body
    pub total: u64,
}

impl ClientAnswer {
    pub fn of(head: Parts, remote: Option<SocketAddr>) -> Self {
        let phrase = head.extensions.get().map(|p: &ReasonPhrase| one_line(&String::from_utf8_lossy(p.as_bytes())));
        Self {
            status: head.status.as_u16(),
            phrase: phrase.filter(|phrase| !phrase.is_empty()),
            version: head.version,
            headers: head.headers,
            remote,
            bytes: Vec::new(),
            total: 0,
        }
    }

    pub async fn read(&mut self, mut body: Incoming) -> Result<(), Failure> {
        let mut pieces = 0;
        let broken = |e: hyper::Error| {
            let kind = if e.is_parse() { FailureKind::Protocol } else { FailureKind::Reset };
            Failure::written(kind, Phase::Body, innermost(&e))
        };
        while let Some(frame) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
            let Ok(bytes) = frame.map_err(broken)?.into_data() else { continue };
            self.total += bytes.len() as u64;
            pieces += 1;
            let room = BODY_MAX.saturating_sub(self.bytes.len());
            self.bytes.extend_from_slice(bytes.get(..room).unwrap_or(&bytes));
            let too_large = |why| Err(Failure::written(FailureKind::TooLarge, Phase::Body, why));
            if self.total > BODY_READ_MAX {
                return too_large(format!("the body has more than {} MiB", BODY_READ_MAX >> 20));
            }
            if pieces > BODY_PIECES_MAX {
                return too_large(format!("the body comes in more than {BODY_PIECES_MAX} pieces"));
            }
        }
        Ok(())
    }
}

/// The words of the innermost error, one line, without the number that the system has for it.
pub fn innermost(error: &dyn Error) -> String {
    let mut inner = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    let words = inner.to_string();
    one_line(words.split(" (os error ").next().unwrap_or(&words))
}

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
