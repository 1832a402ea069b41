//! Webhooks: taken on this machine, for use behind a tester's own tunnel, only where the profile says so. Each genuine one
//! is a row of the log, and what is new goes to its conversation. What nobody signed is one row for each reason to refuse
//! it, with a count: no stranger fills the log.
//!
//! ```text
//! secret read ─► port bound ─► Listening │ Failed
//!                    └─► connection ─► POST, bounded, signed? ─┬─ yes ─► Delivery ─► driver (shown, routed) ─► answered
//!                                                              └─ no ──► answered, counted ─► Refused, once a second
//! ```
//! Whoever can reach the port can send anything: what is not signed is answered, counted, and changes nothing. A
//! connection with a slow head is dropped, and the oldest of too many: nobody keeps genuine deliveries out by holding some.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::header::{ALLOW, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use http_body::Body as _;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use secrecy::{ExposeSecret, SecretString};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

use super::reads::Reads;
use super::side_requests::SideRequests;
use super::state::EngineState;
use super::tasks::blocking;
use crate::clock::Clock;
use crate::config::{Tty, WebhookSettings};
use crate::engine::Report;
use crate::engine::client::capture;
use crate::engine::reading::{Arrival, FoundStatus, RecentSet};
use crate::engine::redact::Redactor;
use crate::genesys::open_messaging::{self, Outbound, Unsigned, WebhookContent, WebhookForm};
use crate::model::{
    ConversationKey, Ending, Exchange, ExchangeKind, Moment, Outcome, Reason, Request, Response, Timing, WebhookState,
};

const BODY_MAX: usize = 512_000; // largest body. [the platform's own `request.bytes.max`]
const UNSIGNED_KEPT: usize = 4 << 10; // how much is kept of a body that nobody signed
const HEAD_MAX: usize = 32 << 10;
const HEAD_PATIENCE: Duration = Duration::from_secs(5); // for the head of a request
const PATIENCE: Duration = Duration::from_secs(15); // for a connection as a whole
const CONNECTIONS: usize = 64; // connections at a time; one more ends the oldest
const REPORTED_EVERY: Duration = Duration::from_secs(1); // refused requests are told no more often than this
const WAITING: usize = 64; // deliveries not looked at; more wait for their answer
const REMEMBERED: usize = 1024; // how many deliveries are remembered, to know a repeated delivery
const TYPES_FOR: Duration = Duration::from_secs(10); // how long somebody types who does not say how long

#[derive(Default)]
pub struct Webhooks {
    events: Option<mpsc::Receiver<WebhookEvent>>, // where the profile wants one
    listener: JoinSet<()>,                        // ends with the driver
    seen: RecentSet<(String, String), REMEMBERED>,
    refused: Vec<(WebhookAnswer, Exchange, u64)>, // the row of each way to refuse strangers, and its count
}

impl Webhooks {
    pub fn listen(&mut self, cx: &EngineState) {
        let Some(hook) = cx.profile.open_messaging.webhook.clone() else { return };
        let (sender, events) = mpsc::channel(WAITING);
        self.listener.spawn(listen(hook, cx.options.terminal, cx.clock, cx.shared.subscribe(), sender));
        self.events = Some(events);
    }

    pub async fn next(&mut self) -> Option<WebhookEvent> {
        self.events.as_mut()?.recv().await
    }

    /// So many more requests that nobody signed, all answered as this one was, which is the first of them.
    fn count_refused(&mut self, first: &Delivery, count: u64, cx: &mut EngineState) {
        let late = format!("{} from {}", first.request.method, first.peer.ip());
        let what = format!("webhook {late}");
        let known = self.refused.iter().position(|(answer, ..)| *answer == first.answer);
        let (answer, mut record, before) = match known {
            Some(at) => self.refused.swap_remove(at),
            None => (first.answer, row(first, &what, None, cx), 0),
        };
        let total = before.saturating_add(count);
        if total > 1 {
            record.what = format!("{total} webhooks refused alike, lately {late}");
        }
        cx.report_exchange(&record);
        self.refused.push((answer, record, total));
    }

    /// Takes in what the listener told. Gives what it says of messages of ours.
    pub fn take(
        &mut self,
        event: WebhookEvent,
        cx: &mut EngineState,
        reads: &mut Reads,
        side_requests: &mut SideRequests,
    ) -> Vec<FoundStatus> {
        let state = match event {
            WebhookEvent::Listening(address, secret) => {
                cx.learn_secret(&secret, "webhook secret");
                WebhookState::Listening(address.to_string())
            }
            WebhookEvent::Failed(why) => WebhookState::Failed(cx.mask(&why)),
            WebhookEvent::Refused(delivery, count) => {
                self.count_refused(&delivery, count, cx);
                return Vec::new();
            }
            WebhookEvent::Delivery(mut delivery) => {
                let outbound = delivery.outbound.take();
                let key = outbound.as_ref().and_then(|outbound| addressed(outbound, cx));
                let new = outbound.as_ref().is_some_and(|o| self.seen.insert(o.unique.clone()));
                let what = words(&delivery, outbound.as_ref(), key, new);
                let record = row(&delivery, &what, key, cx);
                cx.report_exchange(&record);
                return match (outbound, key) {
                    (Some(outbound), Some(key)) if new => on_message(outbound, key, cx, reads, side_requests),
                    _ => Vec::new(),
                };
            }
        };
        cx.notice(&state.words());
        cx.report(Report::Webhook(state));
        Vec::new()
    }
}

fn row(delivery: &Delivery, what: &str, key: Option<ConversationKey>, cx: &mut EngineState) -> Exchange {
    let mut record = cx.record(ExchangeKind::Hook, what, key);
    record.started = delivery.at;
    record.begin(delivery.request.clone(), None, delivery.at);
    let (headers, (status, body, refusal)) = (delivery.answer.headers(), delivery.answer.said());
    let (status, body) = (status.as_u16(), body.as_bytes());
    let answered = Ending::Answered(Response {
        status,
        version: "HTTP/1.1".to_owned(),
        headers: cx.redactor().headers(&headers),
        body: capture::body(body, body.len() as u64, &headers, cx.redactor(), false),
        remote: Some(delivery.peer.to_string()),
        phrase: None,
    });
    record.end((answered, Timing { total: Some(delivery.took), ..Timing::default() }));
    let refused = refusal.map(|why| Outcome::Refused(Reason::HookRefused(status, why.to_owned())));
    record.finish(refused.unwrap_or(Outcome::Accepted), cx.now);
    record
}

/// The conversation that an outbound message belongs to: by integration and guest, else by the conversation's id.
fn addressed(outbound: &Outbound, cx: &EngineState) -> Option<ConversationKey> {
    let keys = || cx.profile.conversations.iter().map(|e| e.conversation.key);
    let by_guest = keys().find(|key| {
        cx.open_guest(*key).is_some_and(|(integration_id, guest)| {
            outbound.guest_id.as_ref() == Some(&guest.id)
                && outbound.integration_id.as_ref().is_none_or(|id| id == integration_id)
        })
    });
    by_guest.or_else(|| {
        let id = outbound.conversation_id.as_deref()?;
        keys().find(|key| cx.conversation_id(*key) == Some(id))
    })
}

fn on_message(
    outbound: Outbound,
    key: ConversationKey,
    cx: &mut EngineState,
    reads: &mut Reads,
    side_requests: &mut SideRequests,
) -> Vec<FoundStatus> {
    let author = outbound.author;
    match outbound.what {
        WebhookContent::Message(message) => {
            if let Some(id) = outbound.conversation_id {
                cx.learn(key, id);
            }
            cx.report(Report::Typing(key, author, None));
            let (fresh, found) = reads.of(key).arrived(vec![message], Arrival::Pushed, cx.skew());
            if !fresh.is_empty() {
                side_requests.acknowledge(key, &fresh, cx);
                cx.report(Report::MessagesArrived(key, fresh));
            }
            return found;
        }
        WebhookContent::Typing(on, duration) => {
            let until = on.then(|| cx.now.after(duration.unwrap_or(TYPES_FOR)));
            cx.report(Report::Typing(key, author, until));
        }
        WebhookContent::Receipt(receipt) if receipt.status.eq_ignore_ascii_case("Failed") => {
            let name = cx.entry(key).map(|entry| entry.conversation.name.clone()).unwrap_or_default();
            cx.notice(&format!(
                "the platform accepted a message in \u{201c}{name}\u{201d} and then did not deliver it: {}",
                receipt.words()
            ));
        }
        WebhookContent::Receipt(_) | WebhookContent::Other(_) => {}
    }
    Vec::new()
}

/// The row's words: what was said, so that nobody has to open the entry to follow a conversation.
fn words(delivery: &Delivery, outbound: Option<&Outbound>, key: Option<ConversationKey>, new: bool) -> String {
    let Some(outbound) = outbound else {
        return format!("webhook {} from {}", delivery.request.method, delivery.peer.ip());
    };
    let said = match &outbound.what {
        WebhookContent::Message(message) => format!("{}: {}", message.author.name(), message.text),
        WebhookContent::Typing(true, _) => format!("{} is typing", outbound.author.name()),
        WebhookContent::Typing(false, _) => format!("{} has stopped typing", outbound.author.name()),
        WebhookContent::Receipt(receipt) => format!("receipt: {}", receipt.words()),
        WebhookContent::Other(kind) => format!("[{kind}]"),
    };
    let in_hex = delivery.answer == WebhookAnswer::Taken(WebhookForm::Hex);
    let notes =
        [(!new, "delivered before"), (key.is_none(), "for no conversation of the profile"), (in_hex, "signed in hex")];
    let notes: Vec<_> = notes.into_iter().filter(|(holds, _)| *holds).map(|(_, note)| note).collect();
    if notes.is_empty() { said } else { format!("{said} ({})", notes.join(", ")) }
}

pub enum WebhookEvent {
    Listening(SocketAddr, SecretString), // it takes webhooks at this address, signed with this secret
    Failed(String),                      // it does not, and why
    Delivery(Box<Delivery>),             // something came, signed by the integration
    /// So many requests came that nobody signed and that were answered alike; the first of them.
    Refused(Box<Delivery>, u64),
}

pub struct Delivery {
    pub at: Moment,
    pub took: Duration,
    pub peer: SocketAddr,
    pub request: Request,           // as it may be kept: masked, and cut where nobody signed it
    pub outbound: Option<Outbound>, // the content of a delivery with a good signature
    pub answer: WebhookAnswer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookAnswer {
    Taken(WebhookForm),
    Unsigned(Unsigned), // it is not, and why
    NotUnderstood,      // it is signed, and not what a webhook brings
    NotAPost,
    TooLarge, // its body is larger than the platform's own limit
}

impl WebhookAnswer {
    /// Status and body, which tell a stranger nothing; and why it is a refusal, where it is one.
    pub const fn said(self) -> (StatusCode, &'static str, Option<&'static str>) {
        const STRANGER: &str = "not signed by the integration\n";
        const NO_MESSAGE: &str = "it is signed, and its body is not an outbound message";
        const LARGE: &str = "its body is larger than 512000 bytes";
        match self {
            Self::Taken(_) => (StatusCode::OK, "taken\n", None),
            Self::Unsigned(why @ Unsigned::Missing) => (StatusCode::UNAUTHORIZED, STRANGER, Some(why.words())),
            Self::Unsigned(why) => (StatusCode::FORBIDDEN, STRANGER, Some(why.words())),
            Self::NotUnderstood => (StatusCode::BAD_REQUEST, "not an outbound message\n", Some(NO_MESSAGE)),
            Self::NotAPost => (StatusCode::METHOD_NOT_ALLOWED, "POST only\n", Some("webhooks are sent by POST")),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too large\n", Some(LARGE)),
        }
    }

    pub fn headers(self) -> HeaderMap {
        let text = HeaderValue::from_static("text/plain; charset=utf-8");
        let length = HeaderValue::from(self.said().1.len());
        let all = [(CONTENT_TYPE, text), (CONTENT_LENGTH, length), (CONNECTION, HeaderValue::from_static("close"))];
        let allow = (self == Self::NotAPost).then(|| (ALLOW, HeaderValue::from_static("POST")));
        all.into_iter().chain(allow).collect()
    }
}

async fn listen(
    hook: WebhookSettings,
    terminal: Tty,
    clock: Clock,
    redactor: watch::Receiver<Arc<Redactor>>,
    events: mpsc::Sender<WebhookEvent>,
) {
    let (secret, listener) = match open(&hook, terminal).await {
        Ok(opened) => opened,
        // The driver may be going: then nobody wants to know any more.
        Err(why) => return drop(events.send(WebhookEvent::Failed(why)).await),
    };
    let address = listener.local_addr().unwrap_or(hook.listen);
    if events.send(WebhookEvent::Listening(address, secret.clone())).await.is_err() {
        return;
    }
    let (unsigned, mut came) = mpsc::channel(CONNECTIONS);
    let door = Arc::new(WebhookServer { secret, address, clock, redactor, events, unsigned });
    let mut connections = JoinSet::new();
    let mut oldest_first = VecDeque::new();
    // What nobody signed and the driver was not told yet: the first that was answered in each way, and their number.
    let mut refused: Vec<(Box<Delivery>, u64)> = Vec::new();
    let mut report_at = Instant::now();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    while connections.try_join_next().is_some() {}
                    oldest_first.retain(|connection: &AbortHandle| !connection.is_finished());
                    if oldest_first.len() >= CONNECTIONS && let Some(oldest) = oldest_first.pop_front() {
                        oldest.abort();
                    }
                    let door = Arc::clone(&door);
                    oldest_first.push_back(connections.spawn(async move {
                        let _ = tokio::time::timeout(PATIENCE, door.serve(stream, peer)).await;
                    }));
                }
                // Out of descriptors, or a connection that was gone already: neither is a reason to stop.
                Err(e) => {
                    tracing::warn!("a webhook's connection: {e}");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
            Some(delivery) = came.recv() => match refused.iter_mut().find(|(first, _)| first.answer == delivery.answer) {
                Some((_, count)) => *count += 1,
                None => refused.push((delivery, 1)),
            },
            () = tokio::time::sleep_until(report_at), if !refused.is_empty() => {
                for (delivery, count) in refused.drain(..) {
                    let _ = door.events.send(WebhookEvent::Refused(delivery, count)).await;
                }
                report_at = Instant::now() + REPORTED_EVERY;
            }
        }
    }
}

async fn open(hook: &WebhookSettings, terminal: Tty) -> Result<(SecretString, TcpListener), String> {
    let source = hook.secret.clone();
    let secret = blocking(move || source.read(terminal)).await;
    let secret = secret.map_err(|why| format!("the secret of the webhook: {why}"))?;
    let listener = TcpListener::bind(hook.listen).await;
    Ok((secret, listener.map_err(|e| format!("{} cannot be listened on: {e}", hook.listen))?))
}

struct WebhookServer {
    secret: SecretString,
    address: SocketAddr,
    clock: Clock,
    redactor: watch::Receiver<Arc<Redactor>>,
    events: mpsc::Sender<WebhookEvent>,
    unsigned: mpsc::Sender<Box<Delivery>>, // where what nobody signed goes
}

impl WebhookServer {
    async fn serve(&self, stream: TcpStream, peer: SocketAddr) {
        let service = service_fn(|request| async move { Ok::<_, Infallible>(self.take(request, peer).await) });
        // One request a connection: nothing is kept open at rest.
        let mut http = hyper::server::conn::http1::Builder::new();
        http.keep_alive(false).auto_date_header(false).max_buf_size(HEAD_MAX);
        http.timer(TokioTimer::new()).header_read_timeout(HEAD_PATIENCE);
        if let Err(e) = http.serve_connection(TokioIo::new(stream), service).await {
            tracing::debug!("a webhook's connection from {peer}: {e}");
        }
    }

    async fn take(&self, request: http::Request<Incoming>, peer: SocketAddr) -> http::Response<String> {
        let at = self.clock.now();
        let (parts, body) = request.into_parts();
        let (mut body, mut total) = if parts.method == Method::POST { collect(body).await } else { (Vec::new(), 0) };
        let answer = self.answer_to(&parts.method, &parts.headers, &body, total, at);
        let (status, said, _) = answer.said();
        let of_strangers =
            matches!(answer, WebhookAnswer::Unsigned(_) | WebhookAnswer::NotAPost | WebhookAnswer::TooLarge);
        if of_strangers {
            body.truncate(UNSIGNED_KEPT);
        }
        total = total.max(body.len() as u64);
        let url = format!("http://{}{}", self.address, parts.uri.path_and_query().map_or("/", |p| p.as_str()));
        let took = self.clock.now().since(at);
        let redactor = Arc::clone(&self.redactor.borrow());
        let request = Request {
            method: parts.method.to_string(),
            url: redactor.text(&url).into_owned(),
            headers: redactor.headers(&parts.headers),
            body: capture::body(&body, total, &parts.headers, &redactor, false),
        };
        let taken = matches!(answer, WebhookAnswer::Taken(_));
        let outbound = taken.then(|| open_messaging::outbound(request.body.text.as_bytes(), at.wall)).flatten();
        let delivery = Box::new(Delivery { at, took, peer, request, outbound, answer });
        let mut response = http::Response::new(said.to_owned());
        *response.status_mut() = status;
        *response.headers_mut() = answer.headers();
        if of_strangers {
            let _ = self.unsigned.send(delivery).await;
        } else if self.events.send(WebhookEvent::Delivery(delivery)).await.is_err() {
            // The driver is going: what was not shown is not taken either.
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        }
        response
    }

    fn answer_to(&self, method: &Method, headers: &HeaderMap, body: &[u8], total: u64, at: Moment) -> WebhookAnswer {
        if method != Method::POST {
            return WebhookAnswer::NotAPost;
        }
        if total > BODY_MAX as u64 {
            return WebhookAnswer::TooLarge;
        }
        let signature = headers.get(open_messaging::SIGNATURE).map(|s| s.to_str().unwrap_or_default());
        match open_messaging::verify(self.secret.expose_secret().as_bytes(), body, signature) {
            Err(why) => WebhookAnswer::Unsigned(why),
            Ok(_) if open_messaging::outbound(body, at.wall).is_none() => WebhookAnswer::NotUnderstood,
            Ok(form) => WebhookAnswer::Taken(form),
        }
    }
}

/// The body up to the bound, and how many bytes were seen. Of what breaks off, the signature will not fit.
async fn collect(mut body: Incoming) -> (Vec<u8>, u64) {
    let (mut out, mut total) = (Vec::new(), 0);
    while let Some(Ok(frame)) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let Ok(data) = frame.into_data() else { continue };
        total += data.len() as u64;
        if total > BODY_MAX as u64 {
            break;
        }
        out.extend_from_slice(&data);
    }
    (out, total)
}
