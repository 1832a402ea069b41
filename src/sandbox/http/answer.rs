//! An answer and its headers, and how it is spoilt on its way out.

use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures_util::{StreamExt as _, stream};
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, DATE, RETRY_AFTER, SERVER, VIA};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use serde_json::{Value, json};

use super::connection::HttpPeer;
use crate::model::fault::RetryForm;
use crate::sandbox::world::Gauge;

const JSON: &str = "application/json";

/// An answer before it is written: whole, so that faults can still spoil it.
#[derive(Debug)]
pub(crate) struct HttpAnswer(Response<Bytes>);

/// An HTTP date. [RFC 9110, IMF-fixdate]
fn http_date(at: Timestamp) -> String {
    // Only years beyond 9999 have no such form.
    DateTimePrinter::new().timestamp_to_rfc9110_string(&at).unwrap_or_default()
}

impl HttpAnswer {
    pub(crate) fn new(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        let mut answer = Self(Response::new(body.into()));
        *answer.0.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if !content_type.is_empty() {
            answer.set(CONTENT_TYPE, content_type);
        }
        answer
    }

    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::new(status, JSON, body.to_string())
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self::new(status, "", "")
    }

    /// The page of a proxy in between: none of the platform's headers.
    pub(crate) fn proxy(status: u16) -> Self {
        let reason = StatusCode::from_u16(status).ok().and_then(|s| s.canonical_reason()).unwrap_or("Answer");
        let body = format!(
            "<!DOCTYPE html>\n<html><head><title>{status} {reason}</title></head>\n<body><h1>{reason}</h1>\n\
             <p>The gateway proxy.corp.example could not complete your request.</p>\n</body></html>\n"
        );
        let mut answer = Self::new(status, "text/html; charset=utf-8", body);
        answer.set(VIA, "1.1 proxy.corp.example");
        answer.set(SERVER, "corp-gateway");
        answer
    }

    /// A failure of the service. [codes: real: documented, JS2018; a 502 comes from a load balancer, inferred]
    pub(crate) fn failure(status: u16, retry_after: Option<u64>, context: &str) -> Self {
        let (code, message) = match status {
            503 => ("service.unavailable", "Service Unavailable - The server is currently unavailable."),
            504 => ("request.timeout", "The request timed out."),
            _ => ("internal.server.error", "The server encountered an unexpected condition."),
        };
        let body = json!({"message": message, "code": code, "status": status, "contextId": context,
            "details": [], "errors": []});
        let mut answer = match status {
            502 => Self::new(status, "text/html", "<html><body><h1>502 Bad Gateway</h1></body></html>\n"),
            _ => Self::json(status, &body),
        };
        if let Some(seconds) = retry_after {
            answer.set(RETRY_AFTER, seconds);
        }
        answer
    }

    pub(crate) fn status(&self) -> u16 {
        self.0.status().as_u16()
    }

    /// Sets a header. Values are ids, numbers and dates of our own; what would not fit a header is left out.
    pub(crate) fn set(&mut self, name: HeaderName, value: impl ToString) {
        if let Ok(value) = HeaderValue::try_from(value.to_string()) {
            self.0.headers_mut().insert(name, value);
        }
    }

    pub(crate) fn retry_after(&mut self, seconds: u64, form: RetryForm, server_time: Timestamp) {
        match form {
            RetryForm::Seconds => self.set(RETRY_AFTER, seconds),
            RetryForm::Date => {
                let at = server_time.saturating_add(Duration::from_secs(seconds)).unwrap_or(server_time);
                self.set(RETRY_AFTER, http_date(at));
            }
            RetryForm::Body => {
                if let Ok(mut body @ Value::Object(_)) = serde_json::from_slice(self.0.body()) {
                    body["retryAfter"] = json!(seconds);
                    *self.0.body_mut() = body.to_string().into();
                }
            }
            RetryForm::None => {}
        }
    }

    /// The headers that every answer of the platform has.
    /// [`x-request-id`: the Guest API's description; the others real: documented, BLOG]
    pub(crate) fn stamp(&mut self, request_id: &str, correlation_id: &str, server_time: Timestamp) {
        self.set(DATE, http_date(server_time));
        self.set(HeaderName::from_static("x-request-id"), request_id);
        self.set(HeaderName::from_static("inin-correlation-id"), correlation_id);
        self.set(CACHE_CONTROL, "no-cache, no-store, must-revalidate");
    }

    pub(crate) fn gauge(&mut self, gauge: Gauge) {
        self.set(HeaderName::from_static("inin-ratelimit-count"), gauge.count);
        self.set(HeaderName::from_static("inin-ratelimit-allowed"), gauge.allowed);
        self.set(HeaderName::from_static("inin-ratelimit-reset"), gauge.reset);
    }

    pub(crate) fn malform(&mut self) {
        *self.0.body_mut() = Bytes::from_static(b"{\"id\": \"9f1c, \"text\": <<oops");
        self.set(CONTENT_TYPE, JSON);
    }

    pub(crate) fn into_response(self) -> Response<Body> {
        self.0.map(Body::from)
    }

    /// The answer, cut in the middle of its body: with a reset through `peer`, or with an orderly end.
    pub(crate) fn into_cut_response(self, peer: Option<HttpPeer>) -> Response<Body> {
        self.into_halves(async move {
            // The first half is flushed while this waits its turn.
            tokio::task::yield_now().await;
            if let Some(peer) = peer {
                peer.reset();
            }
            Err(io::Error::other("cut short by a fault of the sandbox"))
        })
    }

    /// The answer under its full length: the first half of the body, then, `between` permitting, the rest.
    pub(crate) fn into_halves(
        mut self,
        between: impl Future<Output = io::Result<()>> + Send + 'static,
    ) -> Response<Body> {
        self.set(CONTENT_LENGTH, self.0.body().len());
        self.0.map(|mut first| {
            let rest = first.split_off(first.len() / 2);
            let rest = async move { between.await.map(|()| rest) };
            Body::from_stream(stream::once(async { Ok(first) }).chain(stream::once(rest)))
        })
    }
}
