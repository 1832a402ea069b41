//! From a connection to a WebSocket: the upgrade, with all that was said in it. A refusal is kept whole, body included.

use std::time::{Duration, Instant};

use http::header::{HOST, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY};
use http::response::Parts;
use http::{HeaderMap, HeaderValue, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use crate::genesys::Call;
use crate::model::{Failure, FailureKind, Phase, Timing};

use super::answer::{ClientAnswer, NoAnswer, Tried, hand_over};
use super::dial::{Progress, Speaks, TIMED_OUT};
use super::wire::Stream;
use super::{Cancel, CapturedWire, Client, classify, ended};

/// The largest message that is taken.
const MESSAGE_MAX: usize = 1 << 20;
/// Most bytes that wait to be written: frames of ours, and pongs for a peer that does not read them.
const UNWRITTEN_MAX: usize = 2 * MESSAGE_MAX;
pub const GOODBYE_BOUND: Duration = Duration::from_millis(300);

pub type Socket = WebSocketStream<Box<dyn Stream>>;

/// The answer to an upgrade, and the socket where it was a 101.
type Opened = Result<(ClientAnswer, Option<Socket>), NoAnswer>;

/// Opens a socket, within the bound on opening a connection and as much again for the answer. Ends sooner when it is
/// stopped.
pub async fn open(client: &Client, call: Call, stop: &mut Cancel) -> (Tried, Option<Socket>) {
    let began = Instant::now();
    let progress = Progress::default();
    let opened = tokio::select! {
        biased;
        done = dial(client, call, &progress) => done,
        why = stop.stopped() => Err(ended(why, progress.phase()).into()),
    };
    let total = Some(began.elapsed());
    let (result, socket) = match opened {
        Ok((answer, socket)) => (Ok(answer), socket),
        Err(none) => (Err(none), None),
    };
    let first_byte = total.filter(|_| !matches!(&result, Err(NoAnswer { partial: None, .. })));
    (Tried { result, timing: Timing { first_byte, total, ..progress.timing() } }, socket)
}

/// Leaves an open socket. Whoever has gone first needs no goodbye.
pub async fn leave(mut socket: Socket) {
    let _ = tokio::time::timeout(GOODBYE_BOUND, socket.close(None)).await;
}

async fn dial(client: &Client, call: Call, progress: &Progress) -> Opened {
    let invalid = |e| Failure::new(FailureKind::Invalid, Phase::Resolve, format!("the URL cannot be used ({e})"));
    let uri: Uri = call.url.parse().map_err(invalid)?;
    let wire = client.dialer().dial(&uri, Speaks::WebSocket, progress).await?;
    progress.enter(Phase::Answer);
    let late = |_| Failure::written(FailureKind::Timeout, Phase::Answer, TIMED_OUT);
    tokio::time::timeout(client.dialer().bound(), upgrade(wire, &uri, call.headers)).await.map_err(late)?
}

async fn upgrade(wire: CapturedWire, uri: &Uri, headers: HeaderMap) -> Opened {
    let broken = |e: hyper::Error| classify::before_answer(&e, uri.host().unwrap_or_default(), true);
    let key = headers.get(SEC_WEBSOCKET_KEY).map(|key| derive_accept_key(key.as_bytes())).unwrap_or_default();
    let mut request = http::Request::new(String::new());
    *request.headers_mut() = headers;
    if let Some(host) = uri.authority().and_then(|host| HeaderValue::try_from(host.as_str()).ok()) {
        request.headers_mut().insert(HOST, host);
    }
    *request.uri_mut() = uri.path_and_query().cloned().map(Uri::from).unwrap_or_default();
    let is_upgrade = |head: &Parts| head.status == StatusCode::SWITCHING_PROTOCOLS;
    let (answer, upgraded) = hand_over(wire, request, is_upgrade).await.map_err(broken)?;
    let Some(upgraded) = upgraded else { return Ok((answer, None)) };
    if answer.headers.get(SEC_WEBSOCKET_ACCEPT).is_none_or(|accept| accept.as_bytes() != key.as_bytes()) {
        let why = "the server switches to another protocol than the WebSocket that was asked for";
        return Err(Failure::written(FailureKind::Protocol, Phase::Answer, why).into());
    }
    let config = WebSocketConfig::default()
        .read_buffer_size(16 * 1024)
        .max_write_buffer_size(UNWRITTEN_MAX)
        .max_message_size(Some(MESSAGE_MAX))
        .max_frame_size(Some(MESSAGE_MAX));
    let stream: Box<dyn Stream> = Box::new(TokioIo::new(upgraded.await.map_err(broken)?));
    let socket = WebSocketStream::from_raw_socket(stream, Role::Client, Some(config)).await;
    Ok((answer, Some(socket)))
}
