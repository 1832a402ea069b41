//! An answer and its headers, and how it is spoilt on its way out.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures_util::{StreamExt as _, stream};
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, DATE, RETRY_AFTER, SERVER, VIA};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use serde_json::{Value, json};

use super::wire::HttpPeer;
use crate::model::fault::RetryForm;
use crate::sandbox::world::Gauge;

const JSON: &str = "application/json";

/// An answer before it is written.
#[derive(Debug)]
pub(crate) struct HttpAnswer {
    status: u16,
    headers: Vec<(HeaderName, String)>,
    content_type: &'static str,
    body: String,
    /// In place of `body`: a guest's file.
    file: Option<Bytes>,
}

/// An HTTP date. [RFC 9110, IMF-fixdate]
pub(crate) fn http_date(at: Timestamp) -> String {
    // Only years beyond 9999 have no such form.
    DateTimePrinter::new().timestamp_to_rfc9110_string(&at).unwrap_or_default()
}

impl HttpAnswer {
    /// A JSON answer without headers of its own.
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self { status, headers: Vec::new(), content_type: JSON, body: body.to_string(), file: None }
    }

    pub(crate) const fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), content_type: "", body: String::new(), file: None }
    }

    pub(crate) fn file(bytes: Bytes, mime: &str) -> Self {
        let mut answer = Self::empty(200);
        answer.set(CONTENT_TYPE, mime.to_owned());
        answer.file = Some(bytes);
        answer
    }

    /// The page of a proxy in between: none of the platform's headers.
    pub(crate) fn proxy(status: u16) -> Self {
        let reason = StatusCode::from_u16(status).ok().and_then(|s| s.canonical_reason()).unwrap_or("Answer");
        let body = format!(
            "<!DOCTYPE html>\n<html><head><title>{status} {reason}</title></head>\n<body><h1>{reason}</h1>\n\
             <p>The gateway proxy.corp.example could not complete your request.</p>\n</body></html>\n"
        );
        let headers = vec![(VIA, "1.1 proxy.corp.example".to_owned()), (SERVER, "corp-gateway".to_owned())];
        Self { status, headers, content_type: "text/html; charset=utf-8", body, file: None }
    }

    /// A failure of the service. [codes: real: documented, JS2018; a 502 comes from a load balancer, inferred]
    pub(crate) fn failure(status: u16, retry_after: Option<u64>, context: &str) -> Self {
        let (code, message) = match status {
            503 => ("service.unavailable", "Service Unavailable - The server is currently unavailable."),
            504 => ("request.timeout", "The request timed out."),
            _ => ("internal.server.error", "The server encountered an unexpected condition."),
        };
        let mut answer = if status == 502 {
            let body = "<html><body><h1>502 Bad Gateway</h1></body></html>\n".to_owned();
            Self { status, headers: Vec::new(), content_type: "text/html", body, file: None }
        } else {
            let body = json!({"message": message, "code": code, "status": status, "contextId": context,
                "details": [], "errors": []});
            Self::json(status, &body)
        };
        if let Some(seconds) = retry_after {
            answer.set(RETRY_AFTER, seconds.to_string());
        }
        answer
    }

    pub(crate) const fn status(&self) -> u16 {
        self.status
    }

    pub(crate) fn set(&mut self, name: HeaderName, value: String) {
        self.headers.push((name, value));
    }

    /// Says when to come back, in one of the forms.
    pub(crate) fn retry_after(&mut self, seconds: u64, form: RetryForm, server_time: Timestamp) {
        match form {
            RetryForm::Seconds => self.set(RETRY_AFTER, seconds.to_string()),
            RetryForm::Date => {
                let at = server_time.saturating_add(Duration::from_secs(seconds)).unwrap_or(server_time);
                self.set(RETRY_AFTER, http_date(at));
            }
            RetryForm::Body => {
                if let Ok(mut body @ Value::Object(_)) = serde_json::from_str(&self.body) {
                    body["retryAfter"] = json!(seconds);
                    self.body = body.to_string();
                }
            }
            RetryForm::None => {}
        }
    }

    /// The headers that every answer of the platform has.
    /// [`x-request-id`: the Guest API's description; the others real: documented, BLOG]
    pub(crate) fn stamp(&mut self, request_id: &str, correlation_id: &str, server_time: Timestamp) {
        self.set(DATE, http_date(server_time));
        self.set(HeaderName::from_static("x-request-id"), request_id.to_owned());
        self.set(HeaderName::from_static("inin-correlation-id"), correlation_id.to_owned());
        self.set(CACHE_CONTROL, "no-cache, no-store, must-revalidate".to_owned());
    }

    pub(crate) fn gauge(&mut self, gauge: Gauge) {
        self.set(HeaderName::from_static("inin-ratelimit-count"), gauge.count.to_string());
        self.set(HeaderName::from_static("inin-ratelimit-allowed"), gauge.allowed.to_string());
        self.set(HeaderName::from_static("inin-ratelimit-reset"), gauge.reset.to_string());
    }

    /// The body is still called JSON and is not.
    pub(crate) fn malform(&mut self) {
        "{\"id\": \"9f1c, \"text\": <<oops".clone_into(&mut self.body);
        self.content_type = JSON;
    }

    /// The body is JSON and is called something else.
    pub(crate) const fn misname(&mut self) {
        self.content_type = "text/plain; charset=utf-8";
    }

    pub(crate) fn into_response(self) -> Response<Body> {
        match self.file.clone() {
            Some(bytes) => self.with_body(|_| Body::from(bytes)),
            None => self.with_body(Body::from),
        }
    }

    /// The answer, with its second half `late`.
    pub(crate) fn into_slow_response(self, late: impl Future<Output = ()> + Send + 'static) -> Response<Body> {
        self.with_body(|text| {
            let (first, rest) = halves(text);
            let rest = stream::once(async move {
                late.await;
                Ok::<_, Infallible>(rest)
            });
            Body::from_stream(stream::once(async { Ok(first) }).chain(rest))
        })
    }

    /// The answer, cut in the middle of its body: with a reset through `peer`, or with an orderly end.
    pub(crate) fn into_cut_response(self, peer: Option<HttpPeer>) -> Response<Body> {
        self.with_body(|text| {
            let (first, _) = halves(text);
            let cut = stream::once(async move {
                // The first half is flushed while this waits its turn.
                tokio::task::yield_now().await;
                if let Some(peer) = peer {
                    peer.reset();
                }
                Err::<Bytes, _>(io::Error::other("cut short by a fault of the sandbox"))
            });
            Body::from_stream(stream::once(async { Ok(first) }).chain(cut))
        })
    }

    fn with_body(self, body: impl FnOnce(String) -> Body) -> Response<Body> {
        let length = self.file.as_ref().map_or(self.body.len(), Bytes::len);
        let mut response = Response::new(body(self.body));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.reserve(self.headers.len() + 2);
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        if !self.content_type.is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        }
        for (name, value) in self.headers {
            // Values are ids, numbers and dates of our own; what would not fit a header is left out.
            if let Ok(value) = HeaderValue::from_maybe_shared(Bytes::from(value)) {
                headers.insert(name, value);
            }
        }
        response
    }
}

fn halves(text: String) -> (Bytes, Bytes) {
    let mut first = Bytes::from(text);
    let rest = first.split_off(first.len() / 2);
    (first, rest)
}
