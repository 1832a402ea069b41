//! An answer as it came, and how much of one is taken.

use std::net::SocketAddr;

use http::response::Parts;
use http::{HeaderMap, Version};
use hyper::ext::ReasonPhrase;

use crate::model::{Failure, Timing};
use crate::text::one_line;

/// Most bytes of an answer's header, about what browsers take.
pub const HEAD_MAX: usize = 384 * 1024;
/// Most fields of an answer's header.
pub const HEAD_FIELDS_MAX: usize = 1_000;
/// How much of a body is kept. The rest is counted.
pub const BODY_MAX: usize = 1 << 20;

/// What came of a try, with secrets still in it: never kept, only read and captured.
pub struct Tried {
    /// Where a status line came; with [`FailureKind::Proxy`] it is the proxy's answer.
    pub answer: Option<ClientAnswer>,
    /// Where no whole answer came.
    pub fault: Option<Failure>,
    /// What was measured.
    pub timing: Timing,
}

/// An answer as it came.
#[derive(Clone, Debug)]
pub struct ClientAnswer {
    /// HTTP status.
    pub status: u16,
    /// The words behind the status, where they are not the usual ones.
    pub phrase: Option<String>,
    /// HTTP version.
    pub version: Version,
    /// In order.
    pub headers: HeaderMap,
    /// The peer.
    pub remote: Option<SocketAddr>,
    /// The first [`BODY_MAX`] bytes of the body.
    pub bytes: Vec<u8>,
    /// How many bytes came.
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
}

impl Tried {
    /// A try that was answered whole.
    pub fn answered(answer: ClientAnswer) -> Self {
        Self { answer: Some(answer), fault: None, timing: Timing::default() }
    }

    /// A try that brought no answer.
    pub fn failed(failure: Failure) -> Self {
        Self { answer: None, fault: Some(failure), timing: Timing::default() }
    }
}
