//! What came of a try: an answer, as it came and as much of one as is taken; or an error of the HTTP library, sorted by
//! kind, phase and party. And bodies and messages as they may be kept: bounded, decoded, told apart, redacted.

use std::borrow::Cow;
use std::error::Error;
use std::io::Read as _;
use std::iter::successors;
use std::net::SocketAddr;
use std::pin::Pin;

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use h2::Reason;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::response::Parts;
use http::{HeaderMap, Version};
use http_body::Body as _;
use hyper::body::Incoming;
use hyper::ext::ReasonPhrase;

use super::tls;
use crate::engine::redact::Redactor;
use crate::genesys::Call;
use crate::model::{Body, BodyForm, Failure, FailureKind, Header, Phase, Request, Response, Timing, TlsFault};
use crate::text::{json, one_line};

pub const HEAD_MAX: usize = 384 * 1024; // most bytes of an answer's header, about what browsers take
pub const HEAD_FIELDS_MAX: usize = 1_000; // most fields of an answer's header
pub const BODY_MAX: usize = 1 << 20; // how much of a body is kept. The rest is counted
const BODY_READ_MAX: u64 = 32 << 20; // most bytes of a body that are read, most of them only to be counted
const BODY_PIECES_MAX: u32 = 32_768; // one of [`BODY_READ_MAX`] that fills its packets has fewer

/// What came of a try, with secrets still in it: never kept, only read and captured.
pub struct Tried {
    pub result: Result<ClientAnswer, NoAnswer>,
    pub timing: Timing,
}

#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", .failure.line())]
pub struct NoAnswer {
    pub failure: Failure,
    /// What came of an answer before it broke off; with [`FailureKind::Proxy`] the whole refusal of the proxy.
    pub partial: Option<Box<ClientAnswer>>,
}

impl NoAnswer {
    pub fn by_host(&self) -> Option<&ClientAnswer> {
        self.partial.as_deref().filter(|_| self.failure.kind != FailureKind::Proxy)
    }
}

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
    let words = successors(Some(error), |error| (*error).source()).last().unwrap_or(error).to_string();
    one_line(words.split(" (os error ").next().unwrap_or(&words))
}

/// Sorts an error that came before a status line. `wrote`: a byte of the request may have left.
pub fn before_answer(error: &(dyn Error + 'static), host: &str, wrote: bool) -> NoAnswer {
    for cause in successors(Some(error), |error| (*error).source()) {
        if let Some(none) = cause.downcast_ref::<NoAnswer>() {
            return none.clone();
        }
        if let Some(error) = cause.downcast_ref::<h2::Error>() {
            if is_unprocessed(error) {
                let why = "the server ended the stream, and promises that it did not process the request";
                return Failure::new(FailureKind::Unprocessed, Phase::Answer, why).into();
            }
            // The library resets the stream of an answer whose header is beyond its bound.
            if error.is_library() && error.is_reset() && error.reason() == Some(Reason::PROTOCOL_ERROR) {
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
        if let Some(error) = cause.downcast_ref().and_then(tls::rustls_error) {
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

/// Refused, or above the last of a GOAWAY (only those are given the GOAWAY as their error). [RFC 9113 6.8, 8.7]
fn is_unprocessed(error: &h2::Error) -> bool {
    error.is_remote() && (error.is_go_away() || error.is_reset() && error.reason() == Some(Reason::REFUSED_STREAM))
}

const ENCODINGS_MAX: usize = 3;

/// The request as it is, or would be, written. `Host` is what the connection adds (`:authority` in HTTP/2).
pub fn request(call: &Call, redactor: &Redactor) -> Request {
    let mut headers = Vec::with_capacity(call.headers.len() + 1);
    if let Some(authority) = authority(&call.url) {
        headers.push(Header::new("host", authority));
    }
    headers.extend(redactor.headers(&call.headers));
    Request {
        method: call.method.to_string(),
        url: redactor.text(&call.url).into_owned(),
        headers,
        body: body(&call.body, call.body.len() as u64, &call.headers, redactor, false),
    }
}

pub fn frame(text: &str, redactor: &Redactor) -> Body {
    body(text.as_bytes(), text.len() as u64, &HeaderMap::new(), redactor, false)
}

pub fn failure(none: &NoAnswer, redactor: &Redactor) -> Failure {
    let NoAnswer { failure, partial } = none;
    // A proxy's answer is whole.
    let broken = failure.kind != FailureKind::Proxy;
    Failure {
        detail: redactor.text(&failure.detail).into_owned(),
        partial: partial.as_ref().map(|answer| Box::new(response(answer, redactor, broken))),
        ..failure.clone()
    }
}

pub fn response(answer: &ClientAnswer, redactor: &Redactor, broken: bool) -> Response {
    Response {
        status: answer.status,
        phrase: answer.phrase.as_ref().map(|phrase| redactor.text(phrase).into_owned()),
        version: format!("{:?}", answer.version),
        headers: redactor.headers(&answer.headers),
        body: body(&answer.bytes, answer.total, &answer.headers, redactor, broken),
        remote: answer.remote.map(|r| r.to_string()),
    }
}

/// Host and port of a URL, without user and password.
pub fn authority(url: &str) -> Option<&str> {
    let rest = url.split_once("://")?.1;
    let authority = rest.split(['/', '?', '#']).next()?;
    authority.rsplit('@').next().filter(|a| !a.is_empty())
}

/// What is kept of `bytes`, the first of `total`.
pub fn body(bytes: &[u8], total: u64, headers: &HeaderMap, redactor: &Redactor, broken: bool) -> Body {
    if bytes.is_empty() {
        return Body { total, ..Body::default() };
    }
    // A file, or a frame, may be larger than what is kept.
    let bytes = bytes.get(..BODY_MAX).unwrap_or(bytes);
    let value = |name| headers.get(name).and_then(|v| v.to_str().ok()).map(str::trim);
    let mime = value(CONTENT_TYPE)
        .map(|v| v.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
        .filter(|m| !m.is_empty());
    let cut = total > bytes.len() as u64;
    let Decoded { bytes: plain, total, truncated, note } = match encoding(headers) {
        Some(encoding) => decode(bytes, &encoding, cut || broken),
        None => Decoded { bytes: bytes.into(), total, truncated: cut, note: None },
    };
    let mut out = Body { form: BodyForm::Binary, text: String::new(), total, truncated, mime, encoding: note };
    let Some(text) = as_text(&plain, headers, truncated || broken) else { return out };
    let text = text.as_ref();
    out.form = match out.mime.as_deref() {
        Some("application/x-www-form-urlencoded") => BodyForm::Form,
        // JSON that was cut does not parse, and counts as text.
        _ if json::is(text) => BodyForm::Json,
        _ => BodyForm::Text,
    };
    out.text = if out.form == BodyForm::Form { redactor.form(text) } else { redactor.text(text).into_owned() };
    if truncated || broken {
        out.text = redactor.cut(out.text);
    }
    out
}

/// A body with its encoding undone where possible, as UTF-8 where it is text, with its secrets: read, never kept.
pub fn decoded(answer: &ClientAnswer) -> Cow<'_, [u8]> {
    let bytes = match encoding(&answer.headers) {
        Some(encoding) => decode(&answer.bytes, &encoding, false).bytes,
        None => answer.bytes.as_slice().into(),
    };
    match as_text(&bytes, &answer.headers, false) {
        Some(Cow::Owned(text)) => text.into_bytes().into(),
        Some(Cow::Borrowed(_)) | None => bytes,
    }
}

/// Why an answer's body cannot be read whole, in a few words: it is too large, or in an encoding that is not undone.
pub fn unread(answer: &ClientAnswer) -> Option<String> {
    if answer.total > answer.bytes.len() as u64 {
        return Some(format!("{} bytes, more than the {BODY_MAX} that are read", answer.total));
    }
    let decoded = decode(&answer.bytes, &encoding(&answer.headers)?, false);
    let undone = matches!(decoded.bytes, Cow::Owned(_)) && !decoded.truncated;
    decoded.note.filter(|_| !undone)
}

/// The encodings of a body, in the order in which they were laid on, `gzip, gzip` for instance.
fn encoding(headers: &HeaderMap) -> Option<String> {
    let lines = headers.get_all(CONTENT_ENCODING).iter().filter_map(|line| line.to_str().ok());
    let names = lines.flat_map(|line| line.split(',')).map(str::trim);
    let names: Vec<_> = names.filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case("identity")).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// `bytes` as text, if they are: in the charset that the type names, else UTF-8 (but for a character cut at the very
/// end), else, where the type is text, what browsers take it for; never with NUL.
fn as_text<'b>(bytes: &'b [u8], headers: &HeaderMap, cut: bool) -> Option<Cow<'b, str>> {
    let kind = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default().to_ascii_lowercase();
    let charset = kind.split_once("charset=").map(|(_, rest)| rest.split(';').next().unwrap_or_default());
    let charset = charset.map(|name| name.trim_matches([' ', '"', '\'']));
    let text = match std::str::from_utf8(bytes) {
        Err(e) if cut && charset.is_none() && e.error_len().is_none() => {
            json::text(bytes.get(..e.valid_up_to())?, None)
        }
        Err(_) if charset.is_none() && kind.starts_with("text/") => json::text(bytes, Some("windows-1252")),
        Err(_) if charset.is_none() && !kind.contains("json") && json::read(bytes).is_none() => return None,
        _ => json::text(bytes, charset),
    };
    (!text.contains('\0')).then_some(text)
}

struct Decoded<'b> {
    bytes: Cow<'b, [u8]>,
    total: u64,
    truncated: bool,
    note: Option<String>,
}

/// Undoes `Content-Encoding`, never beyond [`BODY_MAX`] of memory whatever a few bytes claim to unfold to.
fn decode<'b>(bytes: &'b [u8], encoding: &str, cut: bool) -> Decoded<'b> {
    let as_it_is =
        |note: String| Decoded { bytes: bytes.into(), total: bytes.len() as u64, truncated: cut, note: Some(note) };
    if encoding.matches(", ").count() >= ENCODINGS_MAX {
        return as_it_is(format!("more than {ENCODINGS_MAX} encodings, not decoded"));
    }
    if let Some((inner, outer)) = encoding.rsplit_once(", ") {
        let once = decode(bytes, outer, cut);
        let Cow::Owned(unfolded) = once.bytes else { return once };
        let Decoded { bytes, total, truncated, note } = decode(&unfolded, inner, once.truncated);
        let note = note.map(|note| format!("{note}, {outer}"));
        return Decoded { bytes: bytes.into_owned().into(), total, truncated, note };
    }
    let unfolded = match encoding.to_ascii_lowercase().as_str() {
        "gzip" | "x-gzip" => bounded(MultiGzDecoder::new(bytes)),
        // "deflate" means zlib, and some servers send it bare.
        "deflate" => match bounded(ZlibDecoder::new(bytes)) {
            (out, Some(_)) if out.is_empty() => bounded(DeflateDecoder::new(bytes)),
            zlib => zlib,
        },
        _ => return as_it_is(format!("{encoding}, not decoded")),
    };
    match unfolded {
        (out, Some(_)) if out.is_empty() => as_it_is(format!("{encoding}, could not be decoded")),
        (mut out, error) => {
            let more = out.len() > BODY_MAX;
            out.truncate(BODY_MAX);
            let total = out.len() as u64 + u64::from(more);
            let note = if error.is_some() { format!("{encoding}, decoded in part") } else { encoding.to_owned() };
            Decoded { bytes: out.into(), total, truncated: more || cut || error.is_some(), note: Some(note) }
        }
    }
}

/// Reads to the bound and one byte beyond, so that "more" is known.
fn bounded(reader: impl std::io::Read) -> (Vec<u8>, Option<std::io::Error>) {
    let mut out = Vec::new();
    let error = reader.take(BODY_MAX as u64 + 1).read_to_end(&mut out).err();
    (out, error)
}
