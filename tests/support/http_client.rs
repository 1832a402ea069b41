//! A client that hides nothing: it follows no redirect, repeats nothing and asks no proxy.
#![allow(
    dead_code,
    clippy::allow_attributes,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests, and benches that use a part of it"
)]

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use url::form_urlencoded::Serializer;

/// Long enough for any machine; a request that should have been answered and was not fails its test after it.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A body that is sent in one piece.
#[derive(Debug)]
pub struct Whole(Option<Bytes>);

impl Body for Whole {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

/// Sends requests over plain HTTP, and keeps connections.
#[derive(Clone, Debug)]
pub struct Client(legacy::Client<HttpConnector, Whole>);

impl Client {
    pub fn new() -> Self {
        Self(legacy::Client::builder(TokioExecutor::new()).retry_canceled_requests(false).build_http())
    }

    pub fn request(&self, method: &str, url: &str) -> Request {
        Request { client: self.clone(), head: http::Request::builder().method(method).uri(url), body: None }
    }
}

/// A request that is being put together.
#[derive(Debug)]
pub struct Request {
    client: Client,
    head: http::request::Builder,
    body: Option<Bytes>,
}

impl Request {
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.head = self.head.header(name, value);
        self
    }

    pub fn bearer_auth(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub fn basic_auth(self, id: &str, secret: Option<&str>) -> Self {
        let both = STANDARD.encode(format!("{id}:{}", secret.unwrap_or_default()));
        self.header("authorization", &format!("Basic {both}"))
    }

    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        let body = Serializer::new(String::new()).extend_pairs(fields).finish();
        self.header("content-type", "application/x-www-form-urlencoded").body(body)
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into().into());
        self
    }

    pub async fn send(self) -> Answer {
        let request = self.head.body(Whole(self.body)).unwrap();
        let whole = async {
            let (head, mut body) = self.client.0.request(request).await.unwrap().into_parts();
            let mut bytes = Vec::new();
            while let Some(frame) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
                bytes.extend(frame.unwrap().into_data().unwrap_or_default());
            }
            Answer { status: head.status.as_u16(), headers: head.headers, text: String::from_utf8_lossy(&bytes).into() }
        };
        tokio::time::timeout(PATIENCE, whole).await.expect("an answer")
    }
}

/// An answer, whole.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {}", self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name} in {:?}", self.headers)).to_str().unwrap()
    }
}
