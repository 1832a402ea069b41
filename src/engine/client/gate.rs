//! Knows whether a byte of a request may have left, and can forbid that it ever does.
//!
//! ```text
//! Closed ── the connection takes the request for writing ──► Open   (a byte may have left)
//!    └───── we give up first (deadline, cancel) ───────────► Barred (the body never leaves)
//! ```
//! The proof rests on how hyper works. Its connection asks the body `is_end_stream` after it took the request out of its
//! queue and before it encodes the head (`proto/h1/dispatch.rs` `poll_write`, `proto/h2/client.rs` `ClientTask::poll`),
//! so a gate that is still closed means that nothing was written. hyper-util's pooled client resends a request by itself
//! only where hyper handed it back unstarted from that queue (`TrySendError::take_message`: "If an error occurs after the
//! message has been serialized onto the connection, it will not be available here"), that is, with the gate closed: a
//! request is never written twice. The HTTP library's own retries are off, and could not clone this body either.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

const CLOSED: u8 = 0;
const OPEN: u8 = 1;
const BARRED: u8 = 2;

#[derive(Debug, Default)]
pub struct Gate(AtomicU8);

impl Gate {
    /// Whether a byte may have left.
    pub fn is_open(&self) -> bool {
        self.0.load(Ordering::Acquire) == OPEN
    }

    /// Forbids writing, unless it has begun. True: nothing of the body was or will be written.
    pub fn bar(&self) -> bool {
        !matches!(self.0.compare_exchange(CLOSED, BARRED, Ordering::AcqRel, Ordering::Acquire), Err(OPEN))
    }

    /// The connection begins to write. False: it must not.
    pub fn pass(&self) -> bool {
        !matches!(self.0.compare_exchange(CLOSED, OPEN, Ordering::AcqRel, Ordering::Acquire), Err(BARRED))
    }
}

pub struct GatedBody {
    data: Option<Bytes>,
    gate: Arc<Gate>,
}

impl GatedBody {
    /// A body of these bytes, possibly none.
    pub fn new(data: Bytes, gate: Arc<Gate>) -> Self {
        Self { data: Some(data).filter(|d| !d.is_empty()), gate }
    }
}

impl Body for GatedBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if !self.gate.pass() {
            let why = "the request was given up before it was written";
            return Poll::Ready(Some(Err(io::Error::other(why))));
        }
        Poll::Ready(self.data.take().map(|data| Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        self.gate.pass();
        self.data.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.data.as_ref().map_or(0, |d| d.len() as u64))
    }
}

#[cfg(test)]
#[path = "../../../tests/unit/engine/client/gate.rs"]
mod tests;
