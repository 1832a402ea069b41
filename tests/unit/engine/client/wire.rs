//! Who comes first at the gate, and what a body behind it gives; and how much a connection reads in one turn.

use crate::engine::client::wire::*;
use bytes::Bytes;
use http_body::Body;
use std::net::Ipv4Addr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use tokio::io::{AsyncRead, ReadBuf};

#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_server_that_never_stops_talking_is_read_once_a_turn() {
    let endless = tokio::io::join(tokio::io::repeat(b'x'), tokio::io::sink());
    let mut wire = CapturedWire::new(endless, (Ipv4Addr::LOCALHOST, 1).into(), false);
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    let mut turn = || {
        let mut room = [0; 16];
        let read = Pin::new(&mut wire).poll_read(&mut Context::from_waker(&waker), &mut ReadBuf::new(&mut room));
        (read.is_ready(), woken.0.load(Ordering::Relaxed))
    };
    assert_eq!([turn(), turn(), turn(), turn()], [(true, 0), (false, 1), (true, 1), (false, 2)]);
}

#[test]
fn who_comes_first_decides() {
    let gate = Gate::default();
    assert!(!gate.is_open());
    assert!(gate.close() && gate.close(), "closing twice is still closed");
    assert!(!gate.open() && !gate.is_open());

    let gate = Gate::default();
    assert!(gate.open() && gate.open());
    assert!(gate.is_open() && !gate.close(), "too late");
}

#[test]
fn asking_for_the_end_opens_and_a_body_behind_a_closed_gate_gives_nothing() {
    let gate = Arc::new(Gate::default());
    let body = GatedBody::new(Bytes::from_static(b"x"), Arc::clone(&gate));
    assert_eq!(body.size_hint().exact(), Some(1));
    assert!(!gate.is_open(), "a size is asked for long before writing");
    assert!(!body.is_end_stream());
    assert!(gate.is_open());

    let gate = Arc::new(Gate::default());
    assert!(gate.close());
    let mut body = GatedBody::new(Bytes::from_static(b"x"), gate);
    let mut cx = Context::from_waker(std::task::Waker::noop());
    assert!(matches!(Pin::new(&mut body).poll_frame(&mut cx), Poll::Ready(Some(Err(_)))));
}
