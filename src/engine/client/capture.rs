//! Bodies and messages as they may be kept: bounded, decoded, told apart, redacted.

use std::borrow::Cow;
use std::io::Read as _;

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};

use crate::engine::redact::Redactor;
use crate::genesys::Call;
use crate::model::{Body, BodyForm, Failure, FailureKind, Header, Request, Response};
use crate::text::json;

use super::answer::{BODY_MAX, ClientAnswer, NoAnswer};

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

/// An answer, of which the end may be `broken` off.
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

/// A body with its encoding undone where that is possible, as UTF-8 where it is text, and with its secrets in it: to be
/// read, never kept.
pub fn plain(answer: &ClientAnswer) -> Cow<'_, [u8]> {
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

#[cfg(test)]
#[path = "../../../tests/unit/engine/client/capture.rs"]
mod tests;
