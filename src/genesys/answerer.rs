//! Who answered a request: the service, somebody on the way (a proxy, a sign-in page, a filter, a gateway), or nobody can
//! tell. An answer is evidence about a message or a token only where the service itself gave it.
//!
//! ```text
//! 407, 511 · a header that only a proxy's own answer has ─► Other
//! a page made for a browser ─► Other; with a header of the platform ─► Unproven
//! a correlation id or rate limit of the platform · the body that this call is answered with · an error body ─► Service
//! x-request-id, which the service and many proxies put on their answers ─► Service, where nothing speaks against it
//! a gateway's error body · a challenge that is not Bearer · a `Server` that stands between · a redirect · text with a
//! `Via`; nothing of the above ─► Other
//! everything else ─► Unproven
//! ```

use serde_json::Value;

use super::errors::other_scheme;
use super::{Headers, text};
use crate::model::Sign;

/// What the request asked for: each call is answered with a JSON body of its own shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
    Token,
    TokenFacts,
    GuestMessage,
    OpenMessage,
    Conversation,
    List,
    Anything, // something else: only headers and error bodies are evidence
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Answerer {
    Service,
    Other(Sign),
    #[default]
    Unproven,
}

impl Answerer {
    pub const fn is_service(&self) -> bool {
        matches!(self, Self::Service)
    }

    pub const fn is_other(&self) -> bool {
        matches!(self, Self::Other(_))
    }
}

/// Headers that only the platform puts on an answer. [GENESYS: real: documented, BLOG]
const OF_SERVICE: &str = "inin-correlation-id genesys-correlation-id inin-ratelimit-allowed inin-ratelimit-count \
    inin-ratelimit-reset";

/// Headers that intermediaries put on answers of their own, never on those that they pass on.
const OF_OTHERS: &str = "proxy-authenticate x-squid-error x-zscaler-error x-bluecoat-error x-amzn-waf-action \
    cf-mitigated x-deny-reason";

pub fn who_answered(asked: CallKind, status: u16, headers: &(impl Headers + ?Sized), body: &[u8]) -> Answerer {
    match status {
        407 => return Answerer::Other(Sign::ProxyLogin),
        511 => return Answerer::Other(Sign::NetworkLogin),
        _ => {}
    }
    let others = |name| Some(format!("{name}: {}", headers.values(name).first()?));
    if let Some(line) = OF_OTHERS.split(' ').find_map(others) {
        return Answerer::Other(Sign::Header(line));
    }
    let json = json_of(body);
    let marked = OF_SERVICE.split(' ').any(|name| !headers.values(name).is_empty());
    let product = || headers.values("server").into_iter().find(|value| is_intermediary(value));
    let product = || product().map(|name| Answerer::Other(Sign::Header(format!("server: {name}"))));
    if json.is_none() && is_html(headers, body) {
        return match via(headers) {
            // A page in the place of an answer of the service: neither can be believed.
            _ if marked => Answerer::Unproven,
            Some(line) => Answerer::Other(Sign::Via(line)),
            None => product().unwrap_or(Answerer::Other(Sign::Html)),
        };
    }
    if marked {
        return Answerer::Service;
    }
    let json = json.unwrap_or(Value::Null);
    if is_gateway_refusal(&json, headers) {
        return Answerer::Other(Sign::Gateway);
    }
    // The service asks for a bearer token; only its token endpoint asks for a client's name and secret.
    if let Some(scheme) = other_scheme(headers).filter(|_| asked != CallKind::Token) {
        return Answerer::Other(Sign::Header(format!("www-authenticate: {scheme}")));
    }
    if is_error_body(asked, &json) || ((200..300).contains(&status) && has_shape(asked, &json)) {
        return Answerer::Service;
    }
    if let Some(other) = product() {
        return other;
    }
    if (300..400).contains(&status) && !headers.values("location").is_empty() {
        return Answerer::Other(Sign::Redirect);
    }
    let text = !body.is_empty() && json.is_null();
    match via(headers) {
        // Text where JSON is due, from a machine that says that it stands between.
        Some(line) if text => Answerer::Other(Sign::Via(line)),
        _ if headers.values("x-request-id").is_empty() => Answerer::Unproven,
        _ => Answerer::Service,
    }
}

/// Whether a `Server` names a product that stands between, and in front of which the platform does not stand.
fn is_intermediary(server: &str) -> bool {
    const PRODUCTS: &str =
        "cloudflare, squid, zscaler, bluecoat, blue coat, fortinet, fortigate, mcafee, netskope, sophos";
    let server = server.to_ascii_lowercase();
    PRODUCTS.split(", ").any(|product| server.contains(product))
}

/// The `Via` of an intermediary. The platform itself stands behind CloudFront, which says so there: then the page may be
/// the platform's edge's, whoever else passed it on.
fn via(headers: &(impl Headers + ?Sized)) -> Option<String> {
    let values = headers.values("via");
    let edge = values.iter().any(|v| v.to_ascii_lowercase().contains("cloudfront"));
    let hop = values.iter().flat_map(|v| v.split(',')).next().filter(|_| !edge)?;
    Some(format!("via: {}", hop.trim()))
}

fn json_of(body: &[u8]) -> Option<Value> {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    crate::text::json::read(body).filter(|json| json.is_object() || json.is_array())
}

/// Whether the body, which is no JSON, is a page for a browser: as its media type says, or as it begins.
fn is_html(headers: &(impl Headers + ?Sized), body: &[u8]) -> bool {
    const BEGINS: [&str; 7] = ["<head", "<body", "<title", "<meta", "<script", "<!--", "<!doctype"];
    if body.is_empty() {
        return false;
    }
    let typed = headers.values("content-type").iter().any(|v| {
        let mime = v.split(';').next().unwrap_or_default().trim();
        mime.eq_ignore_ascii_case("text/html") || mime.eq_ignore_ascii_case("application/xhtml+xml")
    });
    // UTF-16 of Latin letters is those letters with zeros between; byte order marks are no ASCII.
    let head = body.iter().filter(|b| b.is_ascii() && **b != 0).take(1024).map(|b| char::from(b.to_ascii_lowercase()));
    let head: String = head.collect();
    let head = head.trim_start();
    typed || BEGINS.iter().any(|mark| head.starts_with(mark)) || head.contains("<html")
}

/// The refusals of common API gateways, which the platform does not use.
fn is_gateway_refusal(json: &Value, headers: &(impl Headers + ?Sized)) -> bool {
    const AWS: [&str; 7] = [
        "Forbidden",
        "Unauthorized",
        "Missing Authentication Token",
        "Internal server error",
        "Endpoint request timed out",
        "Limit Exceeded",
        "Too Many Requests",
    ];
    let Some(fields) = json.as_object() else { return false };
    let message = fields.get("message").or_else(|| fields.get("Message")).and_then(Value::as_str);
    let only_message = fields.len() == 1 && message.is_some();
    let problem = headers.values("content-type").iter().any(|v| v.trim_start().starts_with("application/problem+json"));
    fields.get("fault").is_some_and(Value::is_object)
        || (only_message && (message.is_some_and(|m| AWS.contains(&m)) || headers.any_begins("x-amzn-")))
        || (problem && fields.contains_key("title"))
}

/// The platform's `ErrorBody`, or at the token endpoint OAuth's error. [GENESYS: real: documented; OAuth's 3p, RFC 6749 5.2]
fn is_error_body(asked: CallKind, json: &Value) -> bool {
    let says = |name| text(json, name).is_some();
    says("code") || says("contextId") || (asked == CallKind::Token && says("error"))
}

/// Whether the body of an answer, whatever its status, is an error and not what the call is answered with.
pub fn tells_error(asked: CallKind, body: &[u8]) -> bool {
    json_of(body).is_some_and(|json| {
        let says = |name: &str| match json.get(name) {
            Some(Value::String(text)) => !text.is_empty(),
            Some(Value::Array(entries)) => !entries.is_empty(),
            Some(Value::Object(fields)) => !fields.is_empty(),
            _ => false,
        };
        ["code", "error", "errors", "fault"].into_iter().any(says) && !has_shape(asked, &json)
    })
}

/// Whether the body of a success is that of the call: its fewest fields.
fn has_shape(asked: CallKind, json: &Value) -> bool {
    let says = |name| text(json, name).is_some();
    match asked {
        CallKind::Token => says("access_token"),
        CallKind::TokenFacts => ["organization", "homeOrganization", "OAuthClient", "authorizedScope"]
            .iter()
            .any(|name| json.get(name).is_some_and(|v| !v.is_null())),
        CallKind::GuestMessage => says("id") || says("messageId"),
        CallKind::OpenMessage => says("id") || says("conversationId"),
        CallKind::Conversation => says("id") && json.get("participants").is_some_and(Value::is_array),
        CallKind::List => json.get("entities").is_some_and(Value::is_array),
        CallKind::Anything => false,
    }
}
