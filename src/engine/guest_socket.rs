//! A guest's socket: from a connection to a WebSocket, with all that was said in the upgrade (a refusal with its body);
//! then its own task, which writes frames in the order in which they were handed over, and hands on those that come.
//!
//! A frame is written behind a [`Gate`], which tells for certain whether a byte of it may have left. At rest it pings now
//! and then: a connection that died silently is noticed, and an idle one is not taken down by something in between.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use http::header::{HOST, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY};
use http::response::Parts;
use http::{HeaderMap, HeaderValue, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::client::capture::before_answer;
use super::client::dial::{Progress, Protocol, TIMED_OUT};
use super::client::wire::{CapturedWire, Stream, hand_over};
use super::client::{Client, ClientAnswer, Gate, NoAnswer, StopWhen, Tried, capture};
use super::redact::Redactor;
use crate::genesys::Call;
use crate::genesys::web_messaging::{ServerFrame, ServerFrameContent};
use crate::model::{Body, ConversationKey, Failure, FailureKind, Phase, Timing};
use crate::text::one_line;

const MESSAGE_MAX: usize = 1 << 20; // the largest message that is taken
const UNWRITTEN_MAX: usize = 2 * MESSAGE_MAX; // most bytes that wait to be written: frames and pongs of ours
pub const GOODBYE_BOUND: Duration = Duration::from_millis(300);

pub type Socket = WebSocketStream<Box<dyn Stream>>;

type Opened = Result<(ClientAnswer, Option<Socket>), NoAnswer>;

pub async fn open(client: &Client, call: Call, stop: &mut StopWhen) -> (Tried, Option<Socket>) {
    let began = Instant::now();
    let progress = Progress::default();
    let opened = tokio::select! {
        biased;
        done = dial(client, call, &progress) => done,
        (kind, why) = stop.stopped() => Err(Failure::new(kind, progress.phase(), why).into()),
    };
    let total = Some(began.elapsed());
    let (result, socket) = opened.map_or_else(|none| (Err(none), None), |(answer, socket)| (Ok(answer), socket));
    let first_byte = total.filter(|_| !matches!(&result, Err(NoAnswer { partial: None, .. })));
    (Tried { result, timing: Timing { first_byte, total, ..progress.timing() } }, socket)
}

pub async fn leave(mut socket: Socket) {
    let _ = tokio::time::timeout(GOODBYE_BOUND, socket.close(None)).await;
}

async fn dial(client: &Client, call: Call, progress: &Progress) -> Opened {
    let invalid = |e| Failure::new(FailureKind::Invalid, Phase::Resolve, format!("the URL cannot be used ({e})"));
    let uri: Uri = call.url.parse().map_err(invalid)?;
    let wire = client.dialer.dial(&uri, Protocol::WebSocket, progress).await?;
    progress.enter(Phase::Answer);
    let late = |_| Failure::written(FailureKind::Timeout, Phase::Answer, TIMED_OUT);
    tokio::time::timeout(client.dialer.bound, upgrade(wire, &uri, call.headers)).await.map_err(late)?
}

async fn upgrade(wire: CapturedWire, uri: &Uri, headers: HeaderMap) -> Opened {
    let broken = |e: hyper::Error| before_answer(&e, uri.host().unwrap_or_default(), true);
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

/// Between pings; a connection on which nothing comes for twice as long is dead. [15 s: real: seen in SDK source: MTSDK]
pub const PING_EVERY: Duration = Duration::from_secs(15);
const WRITE_BOUND: Duration = Duration::from_secs(10); // bound on writing one frame
pub const AHEAD: usize = 64; // frames that wait to be taken in before reading stops

const PONGS_MAX: usize = 64 << 10; // most bytes of pongs that wait for a peer which sends pings and takes nothing
const PONG_HEAD: usize = 6;

/// Limits how fast frames are read: each costs 2 ms plus its bytes at 2 MiB/s, and credit for 5 s may be used at once. A
/// conversation stays far below; a flood is read slowly, so that it waits with its sender.
pub const FRAME_COST: Duration = Duration::from_millis(2);
const BYTES_PER_SECOND: usize = 2 << 20;
pub const BURST: Duration = Duration::from_secs(5);

pub struct ReadBudget(pub Instant);

impl ReadBudget {
    /// Counts a frame of `bytes` that came at `now`. Returns when the next may be read, if that is not now.
    pub fn take(&mut self, bytes: usize, now: Instant) -> Option<Instant> {
        let cost = FRAME_COST + Duration::from_secs_f64(bytes as f64 / BYTES_PER_SECOND as f64);
        self.0 = self.0.max(now) + cost;
        let next = self.0.checked_sub(BURST)?;
        (next > now).then_some(next)
    }
}

/// A frame of theirs, masked where it came in: what it says, where that is known, and how it stands in the log.
#[derive(Debug)]
pub struct Frame {
    pub theirs: Option<ServerFrame>,
    pub body: Body,
}

impl Frame {
    pub fn new(text: &str, redactor: &Redactor) -> Self {
        let body = capture::frame(text, redactor);
        let theirs = ServerFrame::read(&body.text).and_then(|theirs| match theirs.content {
            // These are for the session itself, and for nobody to see.
            ServerFrameContent::Jwt(..) | ServerFrameContent::Presigned { .. } => ServerFrame::read(text),
            _ => Some(theirs),
        });
        Self { theirs, body }
    }
}

enum SocketCommand {
    Write(String, Arc<Gate>),
    Close,
}

/// What a socket told, with what was said masked; and which opening of the socket it belongs to.
#[derive(Debug)]
pub struct SocketTaskReport {
    pub key: ConversationKey,
    pub serial: u64,
    pub said: SocketTaskEvent,
}

#[derive(Debug)]
pub enum SocketTaskEvent {
    Frame(Box<Frame>),
    Binary(usize),             // a frame of so many bytes: nothing that this service sends
    Gone(FailureKind, String), // how, in one line; nothing follows
}

/// A handle to the task. Dropped, it closes the socket.
#[derive(Debug)]
pub struct SocketTask {
    commands: mpsc::UnboundedSender<SocketCommand>,
    task: tokio::task::JoinHandle<()>,
}

impl SocketTask {
    pub fn start(
        socket: Socket,
        of: (ConversationKey, u64),
        events: mpsc::Sender<SocketTaskReport>,
        redactor: watch::Receiver<Arc<Redactor>>,
    ) -> Self {
        let (commands, inbox) = mpsc::unbounded_channel();
        let task = tokio::spawn(run(socket, inbox, events, of, redactor));
        Self { commands, task }
    }

    /// Hands a frame over. The gate tells later whether it was written.
    pub fn write(&self, frame: String) -> Arc<Gate> {
        let gate = Arc::new(Gate::default());
        // A task that has ended leaves the gate closed.
        let _ = self.commands.send(SocketCommand::Write(frame, Arc::clone(&gate)));
        gate
    }

    /// Closes the socket; resolves when that is done, soon.
    pub async fn close_and_wait(self) {
        self.close();
        let _ = timeout(2 * GOODBYE_BOUND, self.task).await;
    }

    pub fn close(&self) {
        let _ = self.commands.send(SocketCommand::Close);
    }
}

async fn run(
    mut socket: Socket,
    mut commands: mpsc::UnboundedReceiver<SocketCommand>,
    events: mpsc::Sender<SocketTaskReport>,
    (key, serial): (ConversationKey, u64),
    redactor: watch::Receiver<Arc<Redactor>>,
) {
    let mut ping = Instant::now() + PING_EVERY;
    let mut heard = Instant::now();
    let mut budget = ReadBudget(heard);
    let mut slowed: Option<Instant> = None;
    let mut pongs = 0;
    let (kind, gone) = loop {
        tokio::select! {
            () = sleep_until(slowed.unwrap_or(heard)), if slowed.is_some() => slowed = None,
            message = socket.next(), if slowed.is_none() => {
                heard = Instant::now();
                slowed = budget.take(message.as_ref().map_or(0, |c| c.as_ref().map_or(0, Message::len)), heard);
                let said = match message {
                    Some(Ok(Message::Text(text))) => {
                        let redactor = Arc::clone(&redactor.borrow());
                        SocketTaskEvent::Frame(Box::new(Frame::new(text.as_str(), &redactor)))
                    }
                    Some(Ok(Message::Binary(bytes))) => SocketTaskEvent::Binary(bytes.len()),
                    Some(Ok(Message::Close(close))) => break closed(close),
                    // The library has made the pong: it is written as far as the peer takes it.
                    Some(Ok(Message::Ping(ping))) => {
                        pongs = match socket.flush().now_or_never() {
                            Some(Ok(())) => 0,
                            Some(Err(e)) => break broken(&e),
                            None => pongs + PONG_HEAD + ping.len(),
                        };
                        if pongs > PONGS_MAX {
                            break reset("the server sends pings and does not take the answers");
                        }
                        continue;
                    }
                    Some(Ok(Message::Pong(_) | Message::Frame(_))) => continue,
                    Some(Err(e)) => break broken(&e),
                    None => break reset("the connection was closed"),
                };
                if events.send(SocketTaskReport { key, serial, said }).await.is_err() {
                    return;
                }
            }
            order = commands.recv() => match order {
                Some(SocketCommand::Write(frame, gate)) => {
                    if gate.open()
                        && let Err(why) = write(&mut socket, Message::text(frame)).await
                    {
                        break why;
                    }
                }
                Some(SocketCommand::Close) | None => return leave(socket).await,
            },
            () = sleep_until(ping) => {
                if heard.elapsed() >= 2 * PING_EVERY {
                    break reset(format!("nothing came for {} s", heard.elapsed().as_secs()));
                }
                ping = Instant::now() + PING_EVERY;
                if let Err(why) = write(&mut socket, Message::Ping(Bytes::new())).await {
                    break why;
                }
            }
        }
    };
    let said = SocketTaskEvent::Gone(kind, redactor.borrow().text(&gone).into_owned());
    let _ = events.send(SocketTaskReport { key, serial, said }).await;
}

async fn write(socket: &mut Socket, message: Message) -> Result<(), (FailureKind, String)> {
    match timeout(WRITE_BOUND, socket.send(message)).await {
        Ok(sent) => sent.map_err(|e| broken(&e)),
        Err(_) => Err(reset(format!("a frame could not be written within {} s", WRITE_BOUND.as_secs()))),
    }
}

fn reset(why: impl Into<String>) -> (FailureKind, String) {
    (FailureKind::Reset, why.into())
}

fn closed(close: Option<CloseFrame>) -> (FailureKind, String) {
    let Some(close) = close else { return reset("the server closed the connection") };
    let code = u16::from(close.code);
    let reason = one_line(&close.reason);
    let reason = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    reset(format!("the server closed the connection ({code}{reason})"))
}

fn broken(error: &Error) -> (FailureKind, String) {
    match error {
        Error::ConnectionClosed | Error::AlreadyClosed => reset("the connection was closed"),
        Error::Io(e) => reset(format!("the connection broke: {e}")),
        Error::Utf8(_) => (FailureKind::Protocol, "the other side sent text that is not UTF-8".to_owned()),
        other => reset(one_line(&other.to_string())),
    }
}
