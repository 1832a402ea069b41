//! Who comes first at the gate, and what a body behind it gives.

use crate::engine::client::wire::*;
use bytes::Bytes;
use http_body::Body;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

#[test]
fn who_comes_first_decides() {
    let gate = Gate::default();
    assert!(!gate.is_open());
    assert!(gate.bar() && gate.bar(), "barring twice is still barred");
    assert!(!gate.pass() && !gate.is_open());

    let gate = Gate::default();
    assert!(gate.pass() && gate.pass());
    assert!(gate.is_open() && !gate.bar(), "too late");
}

#[test]
fn asking_for_the_end_opens_and_a_barred_body_gives_nothing() {
    let gate = Arc::new(Gate::default());
    let body = GatedBody::new(Bytes::from_static(b"x"), Arc::clone(&gate));
    assert_eq!(body.size_hint().exact(), Some(1));
    assert!(!gate.is_open(), "a size is asked for long before writing");
    assert!(!body.is_end_stream());
    assert!(gate.is_open());

    let gate = Arc::new(Gate::default());
    assert!(gate.bar());
    let mut body = GatedBody::new(Bytes::from_static(b"x"), gate);
    let mut cx = Context::from_waker(std::task::Waker::noop());
    assert!(matches!(Pin::new(&mut body).poll_frame(&mut cx), Poll::Ready(Some(Err(_)))));
}
