//! A request before it is written. It may carry secrets, so it prints only its method and path.

use std::fmt;

use http::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};

/// Why a request could not be built: one sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadCall(pub String);

/// A request, complete but for what the connection adds (`Host`).
#[derive(Clone)]
pub struct Call {
    pub method: Method,
    pub url: String,        // absolute
    pub headers: HeaderMap, // in the order in which they are written. Secrets are marked sensitive
    pub body: Vec<u8>,
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.url.split(['?', '#']).next().unwrap_or_default())
    }
}

impl Call {
    /// A request without a body. `base` has no trailing slash; `path` begins with one.
    pub fn get(base: &str, path: &str) -> Result<Self, BadCall> {
        Self::new(Method::GET, format!("{base}{path}"), None)
    }

    pub fn post(base: &str, path: &str, mime: &'static str, body: Vec<u8>) -> Result<Self, BadCall> {
        Self::new(Method::POST, format!("{base}{path}"), Some((mime, body)))
    }

    fn new(method: Method, url: String, body: Option<(&'static str, Vec<u8>)>) -> Result<Self, BadCall> {
        let parsed: Uri = url.parse().map_err(|e| {
            BadCall(format!("the URL {url:?} cannot be used ({e}); check the hosts and guest_api.path of the profile"))
        })?;
        if parsed.scheme().is_none() || parsed.host().is_none_or(str::is_empty) {
            return Err(BadCall(format!("the URL {url:?} has no scheme or host; check the hosts of the profile")));
        }
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        // What is shown must be what came: nothing is asked to be compressed.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        headers.insert(http::header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
        if let Some((mime, body)) = &body {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(mime));
            headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
        }
        Ok(Self { method, url, headers, body: body.unwrap_or_default().1 })
    }

    /// Takes `Authorization` off again: for a negative test.
    #[must_use]
    pub fn without_authorization(mut self) -> Self {
        self.headers.remove(AUTHORIZATION);
        self
    }

    #[must_use]
    pub fn with_body(&self, body: Vec<u8>) -> Self {
        let mut headers = self.headers.clone();
        headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
        Self { method: self.method.clone(), url: self.url.clone(), headers, body }
    }

    pub fn bearer(self, token: &SecretString) -> Result<Self, BadCall> {
        let bad = || "the token has characters that cannot stand in a header; sign in again or paste it anew";
        self.with_header(AUTHORIZATION, &format!("Bearer {}", token.expose_secret()), bad)
    }

    /// This request with one more header, or what is `bad` where it cannot have it. `Authorization` is marked sensitive.
    pub fn with_header<S: Into<String>>(
        mut self,
        name: HeaderName,
        value: &str,
        bad: impl FnOnce() -> S,
    ) -> Result<Self, BadCall> {
        let mut value = HeaderValue::try_from(value).map_err(|_| BadCall(bad().into()))?;
        value.set_sensitive(name == AUTHORIZATION);
        self.headers.insert(name, value);
        Ok(self)
    }
}

pub const USER_AGENT: &str = concat!("guestwire/", env!("CARGO_PKG_VERSION"));

/// What stays as it is in a path segment: RFC 3986's unreserved characters.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Percent-encodes `text` so that it stays one path segment whatever it contains (malformed ids are sent on purpose).
pub fn path_segment(text: &str) -> String {
    match text {
        // URL normalisation would eat these.
        "." | ".." => text.replace('.', "%2E"),
        text => utf8_percent_encode(text, SEGMENT).to_string(),
    }
}

/// `application/x-www-form-urlencoded` text of one name or value.
pub fn form_part(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[cfg(test)]
#[path = "../../tests/unit/genesys/call.rs"]
mod tests;
