//! An answer as it came, and how much of one is taken.

use std::error::Error;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use http::response::Parts;
use http::{HeaderMap, Request, Version};
use http_body::Body as _;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::ext::ReasonPhrase;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;

use crate::model::{Failure, FailureKind, Phase, Timing};
use crate::text::one_line;

use super::wire::CapturedWire;

/// Most bytes of an answer's header, about what browsers take.
pub const HEAD_MAX: usize = 384 * 1024;
/// Most fields of an answer's header.
pub const HEAD_FIELDS_MAX: usize = 1_000;
/// How much of a body is kept. The rest is counted.
pub const BODY_MAX: usize = 1 << 20;
/// Most bytes of a body that are read, most of them only to be counted.
const BODY_READ_MAX: u64 = 32 << 20;
/// Most pieces in which a body may come; one of [`BODY_READ_MAX`] that fills its packets has fewer.
const BODY_PIECES_MAX: u32 = 32_768;
/// How long the rest of a refusal's body is waited for.
const REFUSAL_BOUND: Duration = Duration::from_secs(2);

/// What came of a try, with secrets still in it: never kept, only read and captured.
pub struct Tried {
    pub result: Result<ClientAnswer, NoAnswer>,
    pub timing: Timing,
}

/// Why no whole answer came.
#[derive(Clone, Debug)]
pub struct NoAnswer {
    pub failure: Failure,
    /// What came of an answer; with [`FailureKind::Proxy`] it is the proxy's, and whole.
    pub partial: Option<Box<ClientAnswer>>,
}

impl NoAnswer {
    /// The answer of the host itself, as far as it came.
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
    /// The words behind the status, where they are not the usual ones.
    pub phrase: Option<String>,
    pub version: Version,
    pub headers: HeaderMap,
    pub remote: Option<SocketAddr>,
    /// The first [`BODY_MAX`] bytes of the body.
    pub bytes: Vec<u8>,
    pub total: u64,
}

impl ClientAnswer {
    /// An answer of `remote` whose body has not come.
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

    /// Reads the body to its end, or to its bounds.
    pub async fn read(&mut self, mut body: Incoming) -> Result<(), Failure> {
        let mut pieces = 0;
        while let Some(frame) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
            let Ok(bytes) = frame.map_err(|e| in_body(&e))?.into_data() else { continue };
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

/// Sorts an error that came while the body was read.
fn in_body(error: &hyper::Error) -> Failure {
    let kind = if error.is_parse() { FailureKind::Protocol } else { FailureKind::Reset };
    Failure::written(kind, Phase::Body, innermost(error))
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

/// Asks that a connection be handed over: to a WebSocket, or by a proxy to the host behind it. `is_yes` knows the answer
/// that grants it; of a refusal the body is read for a short time.
pub async fn hand_over(
    wire: CapturedWire,
    request: Request<String>,
    is_yes: impl FnOnce(&Parts) -> bool,
) -> hyper::Result<(ClientAnswer, Option<OnUpgrade>)> {
    let peer = wire.peer();
    let mut http = http1::Builder::new();
    http.title_case_headers(true).max_buf_size(HEAD_MAX).max_headers(HEAD_FIELDS_MAX);
    let (mut sender, connection) = http.handshake(TokioIo::new(wire)).await?;
    tokio::spawn(connection.with_upgrades());
    let mut response = sender.send_request(request).await?;
    let handed_over = hyper::upgrade::on(&mut response);
    let (head, body) = response.into_parts();
    let yes = is_yes(&head);
    let mut answer = ClientAnswer::of(head, Some(peer));
    if !yes {
        let _ = tokio::time::timeout(REFUSAL_BOUND, answer.read(body)).await;
    }
    Ok((answer, yes.then_some(handed_over)))
}
