//! What a refusal says, whatever its shape. One reader for all of them:
//!
//! | shape | code | message |
//! |---|---|---|
//! | the platform's `ErrorBody` [real: documented] | `code` | `message`, else `messageWithParams` filled in |
//! | OAuth's error [RFC 6749, 5.2; `description`: 3p] | `error` | `error_description`, `description` |
//! | `{"error":{…}}` | its `code`, `status`, `type` | its `message` |
//! | a gateway's `{"fault":{…}}` | `detail.errorcode` | `faultstring` |
//! | the XML error of the file storage, `<Error>` | `<Code>` | `<Message>` |
//! | problem details [RFC 9457] | | `title`: `detail` |
//! | `WWW-Authenticate: Bearer` [RFC 6750] | `error` | `error_description` |
//! | a short text | | its first line |
//!
//! What else was said (`details`, `errors`, scopes, where a redirect leads, a page's title) stands in [`ServerRefusal::more`].

use std::time::Duration;

use serde_json::Value;

use super::{Headers, seconds_in_message};
use crate::model::{Response, ServerRefusal};
use crate::text::{json, one_line};

const ENTRIES_MAX: usize = 4;
pub const LINE_MAX: usize = 160; // characters of a text or title that is no JSON

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiError {
    pub refusal: ServerRefusal,
    pub bearer: BearerChallenge,
    pub context_id: Option<String>,
    /// How long to wait, from the body's `retryAfter` or the message's "Retry the request in [n] seconds".
    pub retry_after: Option<Duration>,
    pub missing_permissions: Vec<String>,
}

impl ApiError {
    pub fn of(response: &Response) -> Self {
        let mut error = Self::read(response.status, response.headers.as_slice(), response.body.text.as_bytes());
        error.refusal.phrase.clone_from(&response.phrase);
        error
    }

    /// Reads an answer that was not a success. Anything may come; what is not understood is left out.
    pub fn read(status: u16, headers: &(impl Headers + ?Sized), body: &[u8]) -> Self {
        let value = json::read(body).unwrap_or_default();
        let mut more = Vec::new();
        let (mut code, mut message) = words(&value, &mut more);
        let bearer = BearerChallenge::read(headers);
        for (known, new) in [(&mut code, &bearer.error), (&mut message, &bearer.description)] {
            match (&known, new) {
                (None, Some(new)) => *known = Some(one_line(new)),
                (Some(known), Some(new)) if !known.contains(new.as_str()) => more.push(one_line(new)),
                _ => {}
            }
        }
        if !bearer.scopes.is_empty() {
            more.push(format!("needs scope {}", bearer.scopes.join(" ")));
        }
        if value.is_null() {
            // The storage of uploaded files says a code and a message in XML. [S3: error responses]
            let stored = element(body, "error").and_then(|_| element(body, "code").zip(element(body, "message")));
            match (element(body, "title"), stored) {
                (Some(title), _) => more.push(format!("a page “{title}”")),
                (None, Some((storage_code, says))) => {
                    code = code.or(Some(storage_code));
                    message = message.or(Some(says));
                }
                (None, None) => message = message.or_else(|| first_line(body)),
            }
        }
        let locations = headers.values("location");
        let location = locations.first().filter(|_| (300..400).contains(&status)).map(|l| without_secrets(l));
        Self {
            context_id: line_of(&value, "contextId"),
            retry_after: wait_in_seconds(&value["retryAfter"])
                .or_else(|| message.as_deref().and_then(seconds_in_message)),
            missing_permissions: permissions(&value, message.as_deref()),
            refusal: ServerRefusal { status, phrase: None, code, message, more, location },
            bearer,
        }
    }
}

/// Code and message of a body, each on one line; what else it says goes to `more`.
fn words(value: &Value, more: &mut Vec<String>) -> (Option<String>, Option<String>) {
    let inner = ["error", "fault"].map(|name| &value[name]).into_iter().find(|inner| inner.is_object());
    let of = inner.unwrap_or(value);
    let code = ["code", "error", "status", "type"]
        .iter()
        .take(if inner.is_some() { 4 } else { 2 })
        .find_map(|name| line_of(of, name))
        .or_else(|| line_of(&of["detail"], "errorcode"));
    let filled = filled(of);
    let first = ["message", "Message", "faultstring", "error_description", "description"];
    let message = match first.iter().find_map(|name| line_of(of, name)) {
        Some(message) => {
            more.extend(filled.filter(|filled| !message.contains(filled)));
            Some(message)
        }
        None => filled,
    };
    let message = message.or_else(|| match (line_of(of, "title"), line_of(of, "detail")) {
        (Some(title), Some(detail)) => Some(format!("{title}: {detail}")),
        (title, detail) => title.or(detail),
    });
    if let Some(kind) = line_of(value, "type").filter(|t| message.is_some() && t.contains("://")) {
        more.push(kind);
    }
    let lists = ["details", "errors"].map(|name| of.get(name).and_then(Value::as_array));
    let entries: Vec<&Value> = lists.into_iter().flatten().flatten().collect();
    more.extend(entries.iter().take(ENTRIES_MAX).filter_map(|e| entry(e)));
    if entries.len() > ENTRIES_MAX {
        more.push(format!("and {} more", entries.len() - ENTRIES_MAX));
    }
    (code, message)
}

/// An entry of `details` (`errorCode`, `fieldName`, `entityId`, `entityName`) or of `errors` (a whole `ErrorBody`).
fn entry(value: &Value) -> Option<String> {
    if let Some(text) = value.as_str() {
        return Some(one_line(text)).filter(|t| !t.is_empty());
    }
    let named = |names: &[&str]| names.iter().find_map(|name| line_of(value, name));
    let join = |words: &[Option<String>]| words.iter().flatten().cloned().collect::<Vec<_>>().join(" ");
    let what = join(&[named(&["fieldName", "field"]), named(&["entityName"]), named(&["entityId"])]);
    let message = named(&["message", "description", "detail"]).or_else(|| filled(value));
    let says = join(&[named(&["errorCode", "code", "error"]), message]);
    let parts: Vec<String> = [what, says].into_iter().filter(|part| !part.is_empty()).collect();
    (!parts.is_empty()).then(|| parts.join(": "))
}

/// `messageWithParams` with its `{names}` filled from `messageParams`.
fn filled(value: &Value) -> Option<String> {
    let template = line_of(value, "messageWithParams")?;
    let parameters = value["messageParams"].as_object();
    Some(parameters.into_iter().flatten().fold(template, |line, (name, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), one_line);
        line.replace(&format!("{{{name}}}"), &value)
    }))
}

fn line_of(value: &Value, name: &str) -> Option<String> {
    value.get(name).and_then(Value::as_str).map(one_line).filter(|text| !text.is_empty())
}

pub fn element(body: &[u8], name: &str) -> Option<String> {
    let page = String::from_utf8_lossy(body.get(..8192).unwrap_or(body));
    // ASCII letters alone change case: places stay the same.
    let lower = page.to_ascii_lowercase();
    let begin = lower.find(&format!("<{name}"))?;
    let begin = begin + lower.get(begin..)?.find('>')? + 1;
    let end = begin + lower.get(begin..)?.find(&format!("</{name}"))?;
    cut(page.get(begin..end)?)
}

/// The first line of a text that is no page and no broken JSON.
fn first_line(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?.trim_start();
    if text.starts_with(['<', '{', '[', '"']) || text.contains('\0') {
        return None;
    }
    cut(text.lines().next()?)
}

/// `text` on one line, no longer than [`LINE_MAX`]; `None` where nothing is left.
fn cut(text: &str) -> Option<String> {
    let line = one_line(text);
    match line.char_indices().nth(LINE_MAX).and_then(|(at, _)| line.get(..at)) {
        Some(begin) => Some(format!("{begin}…")),
        None => (!line.is_empty()).then_some(line),
    }
}

/// An address without user, password, query and fragment.
fn without_secrets(address: &str) -> String {
    let address = address.split(['?', '#']).next().unwrap_or_default();
    match address.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
            let host = authority.rsplit('@').next().unwrap_or_default();
            one_line(&format!("{scheme}://{host}{path}"))
        }
        None => one_line(address),
    }
}

fn wait_in_seconds(value: &Value) -> Option<Duration> {
    match value {
        Value::Number(n) => Duration::try_from_secs_f64(n.as_f64()?).ok(),
        Value::String(s) => s.trim().parse().ok().map(Duration::from_secs),
        _ => None,
    }
}

/// From `messageParams.permissions`, else the bracketed list at the end of a permission message.
fn permissions(value: &Value, message: Option<&str>) -> Vec<String> {
    let listed = value["messageParams"]["permissions"].as_str().or_else(|| {
        let (_, rest) = message.filter(|m| m.contains("ermission"))?.split_once('[')?;
        rest.split_once(']').map(|(inside, _)| inside)
    });
    listed
        .unwrap_or_default()
        .split(|c: char| matches!(c, '[' | ']' | ',') || c.is_whitespace())
        .filter(|p| !p.is_empty())
        .map(str::to_owned)
        .collect()
}

/// What a refusal says of the bearer token that it does not take, in `WWW-Authenticate: Bearer …`.
/// [RFC 6750, 3 and 3.1; the header's form: RFC 9110, 11.6.1]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BearerChallenge {
    pub error: Option<String>, // `invalid_request`, `invalid_token` or `insufficient_scope`
    pub description: Option<String>,
    pub scopes: Vec<String>,
}

impl BearerChallenge {
    /// The challenge of an answer; empty where there is none, or it says nothing but its realm.
    pub fn read(headers: &(impl Headers + ?Sized)) -> Self {
        let mut found = Self::default();
        for value in headers.values("www-authenticate") {
            let mut bearer = false;
            for part in split_outside_quotes(value) {
                // `Bearer realm="x"` begins a challenge; `error="y"` belongs to the one before.
                let (scheme, parameter) = match part.split_once([' ', '\t']) {
                    Some((scheme, rest)) if !scheme.contains('=') => (Some(scheme), rest),
                    None if !part.contains('=') => (Some(part), ""),
                    _ => (None, part),
                };
                if let Some(scheme) = scheme {
                    bearer = scheme.eq_ignore_ascii_case("bearer");
                }
                let Some((name, value)) = parameter.split_once('=').filter(|_| bearer) else { continue };
                let value = unquoted(value.trim());
                match name.trim().to_ascii_lowercase().as_str() {
                    "error" => found.error = Some(value),
                    "error_description" => found.description = Some(value),
                    "scope" => found.scopes = value.split_whitespace().map(str::to_owned).collect(),
                    _ => {}
                }
            }
        }
        found
    }
}

/// The scheme by which an answer asks for credentials, where it takes no bearer token.
pub fn other_scheme(headers: &(impl Headers + ?Sized)) -> Option<&str> {
    const OTHERS: [&str; 5] = ["basic", "digest", "kerberos", "negotiate", "ntlm"];
    let values = headers.values("www-authenticate");
    let schemes = values.into_iter().flat_map(split_outside_quotes).filter_map(|part| part.split([' ', '\t']).next());
    let schemes: Vec<&str> = schemes.collect();
    if schemes.iter().any(|scheme| scheme.eq_ignore_ascii_case("bearer")) {
        return None;
    }
    schemes.into_iter().find(|scheme| OTHERS.iter().any(|other| scheme.eq_ignore_ascii_case(other)))
}

/// The parts of a list between its commas; those inside quotes separate nothing.
fn split_outside_quotes(list: &str) -> Vec<&str> {
    let (mut quoted, mut escaped) = (false, false);
    list.split(|c| {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => return c == ',' && !quoted,
        }
        false
    })
    .map(str::trim)
    .filter(|part| !part.is_empty())
    .collect()
}

/// A value without its quotes and backslashes.
fn unquoted(value: &str) -> String {
    let Some(inside) = value.strip_prefix('"') else { return value.to_owned() };
    let (mut out, mut chars) = (String::new(), inside.chars());
    while let Some(c) = chars.next().filter(|c| *c != '"') {
        out.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    out
}
