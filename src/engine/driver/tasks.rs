//! Work that runs beside the loop: a try of a request, or something that blocks. A task sees secrets; what it brings back
//! is captured already, but for tokens.
//!
//! ```text
//! Context::request(Purpose, record, call) ─► task: try, capture ─► TaskOutput::Answered(Finished) ─► the purpose's area
//! ```

use std::borrow::Cow;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use futures_util::FutureExt as _;
use jiff::Timestamp;
use secrecy::SecretString;
use tokio::sync::oneshot;

use crate::clock::Clock;
use crate::config::{Credentials, SecretSource};
use crate::engine::client::{Cancel, Client, ClientAnswer, Tried, capture};
use crate::engine::exchange_builder::ExchangeBuilder;
use crate::engine::outcome::AnswerEvidence;
use crate::engine::redact::Redactor;
use crate::engine::send_log::{GuestToken, Intent, Recording, Unrecorded};
use crate::engine::socket::upgrade::{self, Opening, Socket};
use crate::engine::{Report, channel};
use crate::files;
use crate::genesys::errors::ApiError;
use crate::genesys::oauth::{self, Grant};
use crate::genesys::open_messaging::OpenAccepted;
use crate::genesys::{Answerer, Asked, Call, limits, who_answered};
use crate::model::{
    Channel, ConversationKey, Ending, Failure, FailureKind, Generation, MessageId, Moment, Outcome, Phase,
    ProbeQuestion as Question, RateLimit, Reason, ServerRefusal, Sign, Timing,
};

use super::context::Context;
use super::side_requests::SideRequest;

/// What is said of work that panicked.
pub const DIED: &str = "guestwire failed inside; please report it";

/// What a request is made for that carries no message and asks for no token.
#[derive(Clone, Debug)]
pub enum TaskPurpose {
    /// What may the token of this generation do?
    Facts(Generation),
    /// A probe.
    Probe(Question),
    /// A conversation or its messages.
    Read(ConversationKey),
    /// A page of a web conversation's history.
    History(ConversationKey),
    /// A small request beside the messages.
    Side(SideRequest),
    /// A file is put where the session says, under this attachment id.
    Upload(ConversationKey, String),
}

impl TaskPurpose {
    /// By what an answer of the service is known.
    const fn asked(&self, call: &Call) -> Asked {
        match self {
            Self::Facts(_) => Asked::TokenFacts,
            Self::Read(_) if call.body.is_empty() => Asked::Conversation,
            Self::Read(_) | Self::History(_) => Asked::List,
            Self::Side(SideRequest::Typing(_) | SideRequest::Receipt { .. }) => Asked::OpenMessage,
            Self::Probe(_) | Self::Side(_) | Self::Upload(..) => Asked::Anything,
        }
    }
}

/// A request that is over.
pub struct Finished {
    pub purpose: TaskPurpose,
    pub record: ExchangeBuilder,
    pub shown: CapturedTry,
}

/// Ends a try early, once, when it is sent to.
pub type TakeBack = oneshot::Sender<()>;

/// What a task brings back.
pub enum TaskOutput {
    Answered(Box<Finished>),
    Secret(Result<SecretString, String>),
    Token(Box<TokenDone>),
    /// A token of another scope, for negative tests.
    Spare(Box<TokenDone>),
    Send(Box<SendDone>),
    GuestToken(Box<TokenRead>),
    Opened(Box<OpenDone>),
    /// Whether a message's intent was recorded; its frame follows.
    Recorded(MessageId, Result<(), Unrecorded>),
    /// A file of a message was read.
    File(ConversationKey, MessageId, Result<FileRead, String>),
}

/// A try as it may be shown, and what was said beside its own matter.
pub struct CapturedTry {
    pub ending: Ending,
    pub timing: Timing,
    pub meta: ResponseMeta,
    /// Where a whole answer came.
    pub answer: Option<AnswerEvidence>,
}

/// What every answer says beside its own matter.
#[derive(Clone, Copy, Debug, Default)]
pub struct ResponseMeta {
    pub limit: Option<RateLimit>,
    /// Seconds that the server's clock is ahead.
    pub skew: Option<i64>,
    /// The server's clock.
    pub date: Option<Timestamp>,
}

pub struct TokenDone {
    pub shown: CapturedTry,
    /// Where a whole answer came.
    pub grant: Option<Result<Grant, oauth::TokenAnswer>>,
}

pub struct SendDone {
    pub message: MessageId,
    pub generation: Generation,
    /// The error: nothing was tried, for the intent could not be recorded.
    pub shown: Result<CapturedTry, Unrecorded>,
    /// What an accepting answer says of the message.
    pub taken: OpenAccepted,
}

/// A guest token was read or made.
pub struct TokenRead {
    pub key: ConversationKey,
    /// Which opening of the socket it is for.
    pub serial: u64,
    pub read: Result<GuestToken, String>,
}

/// A socket was opened, or was not.
pub struct OpenDone {
    pub key: ConversationKey,
    pub serial: u64,
    pub record: ExchangeBuilder,
    pub shown: CapturedTry,
    pub socket: Option<Socket>,
}

/// A file was read.
pub struct FileRead {
    /// None where it is too large.
    pub bytes: Vec<u8>,
    /// How many it has.
    pub size: u64,
    /// Of `bytes`, base64, as S3 wants it.
    pub md5: String,
}

/// What a task needs to try a request.
struct Tools {
    client: Client,
    redactor: Arc<Redactor>,
    clock: Clock,
    cancel: Cancel,
}

impl Tools {
    async fn try_request(&mut self, call: Call, asked: Asked) -> CapturedTry {
        let tried = if call.headers.contains_key(http::header::UPGRADE) {
            upgrade::ask(&self.client, call, &mut self.cancel).await
        } else {
            self.client.run(call, &mut self.cancel).await
        };
        CapturedTry::of(&tried, asked, &self.redactor, self.clock)
    }
}

impl Context {
    /// Runs `work` beside the loop; `died` stands for the result of work that panics.
    fn spawn<T>(
        &mut self,
        work: impl Future<Output = T> + Send + 'static,
        died: impl FnOnce() -> T + Send + 'static,
        done: impl FnOnce(T) -> TaskOutput + Send + 'static,
    ) {
        let work = AssertUnwindSafe(work).catch_unwind();
        let (reports, clock) = (self.reports.clone(), self.clock);
        self.tasks.spawn(async move {
            done(work.await.unwrap_or_else(|_| {
                tracing::error!("a task of the engine panicked");
                let _ = reports.send(Report::Notice { at: clock.now(), text: DIED.to_owned() });
                died()
            }))
        });
    }

    /// For a try that ends by itself when its time is over, and sooner when it is taken back.
    fn tools(&self) -> (TakeBack, Tools) {
        let (take_back, cancel) = Cancel::within(self.profile.request_timeout);
        let (client, redactor) = (self.client.clone(), Arc::clone(&self.redactor));
        (take_back, Tools { client, redactor, clock: self.clock, cancel })
    }

    /// Begins a request and reports it. `token`: the session's, where the call carries it, and its age.
    pub fn request(
        &mut self,
        purpose: TaskPurpose,
        mut record: ExchangeBuilder,
        call: Call,
        token: Option<(Generation, Duration)>,
        now: Moment,
    ) {
        record.begin(capture::request(&call, &self.redactor), token, now);
        self.report(record.report());
        if token.is_some() {
            self.pace.spend();
        }
        let asked = purpose.asked(&call);
        let (_, mut tools) = self.tools();
        let work = async move { tools.try_request(call, asked).await };
        let done = |shown| TaskOutput::Answered(Box::new(Finished { purpose, record, shown }));
        self.spawn(work, CapturedTry::died, done);
    }

    pub fn spawn_secret(&mut self, credentials: &Credentials) {
        let (credentials, terminal) = (credentials.clone(), self.tuning.terminal);
        let read = tokio::task::spawn_blocking(move || credentials.read(terminal));
        self.tasks.spawn(async move {
            TaskOutput::Secret(read.await.unwrap_or_else(|_| Err("reading the secret failed".to_owned())))
        });
    }

    /// Asks for a token: for the session's of generation `next`, or for one that is none of the session's.
    pub fn spawn_token(&mut self, call: Call, next: Option<Generation>) {
        let (_, mut tools) = self.tools();
        let work = async move {
            let tried = tools.client.run(call, &mut tools.cancel).await;
            let read = tried.answer.as_ref().filter(|_| tried.fault.is_none()).map(|a| {
                let (body, unread) = (decoded_body(a), capture::unread(a));
                let ClientAnswer { status, headers, .. } = a;
                oauth::read(oauth::TokenOutcome { status: *status, headers, body: &body, unread: unread.as_deref() })
            });
            let (grant, redactor) = match read {
                // The answer itself is captured with its own token known, wherever in it that may be echoed.
                Some(oauth::TokenAnswer::Granted(grant)) => {
                    let redactor = tools.redactor.with_token(&grant.token, next.unwrap_or_default());
                    (Some(Ok(grant)), Arc::new(redactor))
                }
                Some(other) => (Some(Err(other)), tools.redactor),
                None => (None, tools.redactor),
            };
            TokenDone { shown: CapturedTry::of(&tried, Asked::Token, &redactor, tools.clock), grant }
        };
        let died = || TokenDone { shown: CapturedTry::died(), grant: None };
        let done = if next.is_some() { TaskOutput::Token } else { TaskOutput::Spare };
        self.spawn(work, died, move |token| done(Box::new(token)));
    }

    pub fn spawn_send(&mut self, call: Call, channel: Channel, generation: Generation, intent: Intent) -> TakeBack {
        let message = intent.message;
        let recording = self.tuning.send_log.intent(intent);
        let (take_back, mut tools) = self.tools();
        let work = async move {
            recording.await?;
            Ok(tools.try_request(call, channel::asked(channel)).await)
        };
        let done = move |shown: Result<CapturedTry, Unrecorded>| {
            let body = shown.as_ref().ok().and_then(CapturedTry::body);
            let taken = body.map(|body| channel::taken(channel, body)).unwrap_or_default();
            TaskOutput::Send(Box::new(SendDone { message, generation, shown, taken }))
        };
        self.spawn(work, || Ok(CapturedTry::died()), done);
        take_back
    }

    /// The guest token: `configured` where the profile names one, else the one that is kept, or a new one.
    pub fn spawn_guest_token(
        &mut self,
        key: ConversationKey,
        serial: u64,
        configured: Option<SecretSource>,
        renew: bool,
    ) {
        let (send_log, terminal) = (Arc::clone(&self.tuning.send_log), self.tuning.terminal);
        let work = async move {
            let configured = match configured {
                Some(source) => {
                    let read = tokio::task::spawn_blocking(move || source.read(terminal).map_err(|e| e.to_string()));
                    Some(read.await.unwrap_or_else(|_| Err("reading the guest token failed".to_owned()))?)
                }
                None => None,
            };
            send_log.guest_token(key, configured, renew).await
        };
        let died = || Err(DIED.to_owned());
        self.spawn(work, died, move |read| TaskOutput::GuestToken(Box::new(TokenRead { key, serial, read })));
    }

    pub fn spawn_open(&mut self, call: Call, key: ConversationKey, serial: u64, record: ExchangeBuilder) -> TakeBack {
        let (take_back, mut tools) = self.tools();
        let work = async move {
            let Opening { tried, socket } = upgrade::open(&tools.client, call, &mut tools.cancel).await;
            (CapturedTry::of(&tried, Asked::Anything, &tools.redactor, tools.clock), socket)
        };
        let done = move |(shown, socket)| TaskOutput::Opened(Box::new(OpenDone { key, serial, record, shown, socket }));
        self.spawn(work, || (CapturedTry::died(), None), done);
        take_back
    }

    pub fn spawn_recording(&mut self, message: MessageId, recording: Recording) {
        let died = || Err(Unrecorded::NotNow(DIED.to_owned()));
        self.spawn(recording, died, move |recorded| TaskOutput::Recorded(message, recorded));
    }

    /// Reads a file, unless it has more than `max` bytes. Its digest is made here too: of a large file it takes long.
    pub fn spawn_file(&mut self, key: ConversationKey, message: MessageId, path: PathBuf, max: u64) {
        let read = tokio::task::spawn_blocking(move || {
            let read = || -> std::io::Result<FileRead> {
                let size = files::open(&path)?.metadata()?.len();
                let bytes = if size > max { Vec::new() } else { files::read(&path, max)? };
                let md5 = base64::engine::general_purpose::STANDARD.encode(md5::compute(&bytes).0);
                Ok(FileRead { bytes, size, md5 })
            };
            read().map_err(|e| format!("{} cannot be read ({})", path.display(), files::why(&e)))
        });
        self.tasks.spawn(async move {
            let read = read.await.unwrap_or_else(|_| Err("reading the file failed".to_owned()));
            TaskOutput::File(key, message, read)
        });
    }
}

/// The body with its encoding undone and its secrets in it: to be read, never kept.
fn decoded_body(answer: &ClientAnswer) -> Cow<'_, [u8]> {
    capture::plain(&answer.bytes, &answer.headers)
}

impl CapturedTry {
    fn died() -> Self {
        let failure = Failure::written(FailureKind::Protocol, Phase::Answer, DIED);
        let (timing, meta) = (Timing::default(), ResponseMeta::default());
        Self { ending: Ending::Failed(failure), timing, meta, answer: None }
    }

    fn of(tried: &Tried, asked: Asked, redactor: &Redactor, clock: Clock) -> Self {
        let now = clock.now();
        // A proxy that did not lead to the host says nothing of the host's clock and limits.
        let by_proxy = tried.fault.as_ref().is_some_and(|fault| fault.kind == FailureKind::Proxy);
        let meta = tried.answer.as_ref().filter(|_| !by_proxy).map_or_else(ResponseMeta::default, |a| {
            let date = limits::date(&a.headers);
            ResponseMeta {
                limit: limits::rate_limit(&a.headers, now),
                skew: date.map(|d| d.duration_since(now.wall).as_secs()),
                date,
            }
        });
        let mut shown = Self { ending: capture::ending(tried, redactor), timing: tried.timing, meta, answer: None };
        shown.answer = tried.answer.as_ref().filter(|_| tried.fault.is_none()).map(|a| {
            let answerer = match who_answered(asked, a.status, &a.headers, &decoded_body(a)) {
                Answerer::Other(Sign::Header(line)) => Answerer::Other(Sign::Header(redactor.text(&line).into_owned())),
                Answerer::Other(Sign::Via(line)) => Answerer::Other(Sign::Via(redactor.text(&line).into_owned())),
                other => other,
            };
            let error = shown.error().unwrap_or_default();
            let wait = limits::retry_after(&a.headers, now.wall).or(error.retry_after);
            // A 429 without a wait of its own: the window's end is one.
            let wait = wait.or_else(|| meta.limit.filter(|_| a.status == 429).map(|l| l.resets.left(now)));
            let refusal =
                ServerRefusal { status: a.status, ..error.refusal.map(|text| redactor.text(text).into_owned()) };
            AnswerEvidence { answerer, wait, refusal }
        });
        shown
    }

    /// The body of an answer as it may be kept: masked. Whatever is said, is read from it.
    fn text(&self) -> &str {
        match &self.ending {
            Ending::Answered(response) => &response.body.text,
            Ending::Failed(_) => "",
        }
    }

    /// The same of a success.
    pub fn body(&self) -> Option<&[u8]> {
        (200..300).contains(&self.status()).then(|| self.text().as_bytes())
    }

    /// The permissions that a refusal of the service names.
    pub fn missing_permissions(&self) -> Option<Vec<String>> {
        self.error()
            .filter(|_| self.answer.as_ref().is_some_and(|a| !a.answerer.is_other()))
            .map(|e| e.missing_permissions)
    }

    /// What an answer that is no success says, as far as it may be kept.
    fn error(&self) -> Option<ApiError> {
        let Ending::Answered(response) = &self.ending else { return None };
        let refused = !(200..300).contains(&response.status);
        refused.then(|| ApiError::of(response))
    }

    /// Why an exchange was no success.
    pub fn why(&self) -> Reason {
        match (&self.answer, &self.ending) {
            (Some(answer), _) => Reason::Answer(Box::new(answer.refusal.clone())),
            (None, Ending::Failed(failure)) => failure.reason(),
            (None, Ending::Answered(response)) => Reason::Meaningless(response.status),
        }
    }

    /// How a question ended. `understood`: its answer is what was asked for.
    pub fn outcome(&self, understood: bool) -> Outcome {
        match self.status() {
            _ if understood => Outcome::Accepted,
            0 => Outcome::Failed(self.why()),
            200..=299 => Outcome::Refused(Reason::OtherAnswer),
            _ => Outcome::Refused(self.why()),
        }
    }

    /// The status of the whole answer; 0 where none came.
    pub fn status(&self) -> u16 {
        self.answer.as_ref().map_or(0, |answer| answer.refusal.status)
    }

    /// The wait that the answer names.
    pub fn wait(&self) -> Option<Duration> {
        self.answer.as_ref().and_then(|answer| answer.wait)
    }
}
