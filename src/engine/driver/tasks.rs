//! Work that runs beside the loop: one HTTP try, or reading a secret. A job sees secrets; what it brings back is
//! captured already, but for the token itself.

use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use futures_util::FutureExt as _;
use jiff::Timestamp;
use secrecy::SecretString;
use tokio::sync::oneshot;

use crate::app::files;
use crate::clock::Clock;
use crate::config::{Credentials, SecretSource};
use crate::engine::channel;
use crate::engine::client::{Answer, Cancel, Client, Tried, capture};
use crate::engine::outcome::Answered;
use crate::engine::redact::Redactor;
use crate::engine::send_log::{GuestToken, Intent, Recording, SendLog, Unrecorded};
use crate::engine::socket::upgrade::{self, Opening, Socket};
use crate::genesys::errors::ApiError;
use crate::genesys::oauth::Grant;
use crate::genesys::open_messaging::Taken;
use crate::genesys::{Answerer, Asked, Call, Sign, conversations, limits, oauth, tokens_me, who_answered};
use crate::model::{Channel, ConversationKey, Ending, ExchangeId, Generation, MessageId, RateLimit, Timing};

use super::context::Context;

/// What a job works for.
#[derive(Clone, Copy, Debug)]
pub enum Job {
    Secret,
    Token,
    /// A token of another scope, for negative tests.
    Spare,
    Facts(Generation),
    Send(MessageId),
    Read(ConversationKey),
    Probe(ExchangeId),
    /// What a web conversation needs to be open.
    Web(ConversationKey),
    /// A message's intent is being recorded; its frame follows.
    Record(MessageId),
    History(ConversationKey),
    /// A file of a message.
    File(ConversationKey),
    SideRequest(ExchangeId),
}

impl Job {
    /// For a sentence: "… while …".
    pub const fn words(self) -> &'static str {
        match self {
            Self::Secret => "reading a secret",
            Self::Token | Self::Spare => "asking for a token",
            Self::Facts(_) => "asking what the token may do",
            Self::Web(_) => "opening a socket",
            Self::History(_) => "reading a history",
            Self::File(_) => "uploading a file",
            Self::Send(_) | Self::Record(_) => "sending a message",
            Self::Read(_) => "reading a conversation",
            Self::Probe(_) => "probing",
            Self::SideRequest(_) => "asking for something beside the messages",
        }
    }
}

/// Ends a try early, once, when it is sent to.
pub type TakeBack = oneshot::Sender<()>;

/// What a job brings back.
pub enum TaskOutput {
    /// Nothing: guestwire failed inside while it worked for this.
    Died(Job),
    Secret(Result<SecretString, String>),
    Token(Box<TokenDone>),
    Spare(Box<TokenDone>),
    Facts(Box<FactsDone>),
    Send(Box<SendDone>),
    Read(Box<ReadDone>),
    Probe(Box<ProbeDone>),
    GuestToken(Box<TokenRead>),
    Opened(Box<OpenDone>),
    Recorded(MessageId, Result<(), Unrecorded>),
    History(Box<HistoryDone>),
    File(ConversationKey, MessageId, Result<FileRead, String>),
    Put(Box<PutDone>),
    SideRequest(Box<ProbeDone>),
}

/// A try as it may be shown, and what was heard beside its own matter.
pub struct CapturedTry {
    pub ending: Ending,
    pub timing: Timing,
    pub heard: ResponseMeta,
    /// Where a whole answer came.
    pub answer: Option<Answered>,
}

/// What every answer tells beside its own matter.
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
    pub grant: Option<Result<Grant, oauth::Answer>>,
}

pub struct FactsDone {
    pub generation: Generation,
    pub shown: CapturedTry,
    pub info: Option<tokens_me::Info>,
}

pub struct SendDone {
    pub message: MessageId,
    pub generation: Generation,
    /// Why nothing was tried: the intent could not be recorded.
    pub shown: Result<CapturedTry, Unrecorded>,
    /// What an accepting answer told.
    pub taken: Taken,
}

pub struct ReadDone {
    pub key: ConversationKey,
    pub shown: CapturedTry,
    /// The raw body of a 200: read against what is listed by the loop.
    pub body: Option<Vec<u8>>,
    /// What a refusal says, unless somebody else than the service answered.
    pub refusal: Option<ApiError>,
}

pub struct ProbeDone {
    pub exchange: ExchangeId,
    pub shown: CapturedTry,
    /// The raw body of a 2xx.
    pub body: Option<Vec<u8>>,
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
    pub shown: CapturedTry,
    pub socket: Option<Socket>,
}

/// A page of a web conversation's history was read.
pub struct HistoryDone {
    pub key: ConversationKey,
    pub shown: CapturedTry,
    /// The raw body of a 2xx.
    pub body: Option<Vec<u8>>,
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

/// A file was put where it may go.
pub struct PutDone {
    pub key: ConversationKey,
    /// Which.
    pub id: String,
    pub shown: CapturedTry,
}

impl Context {
    /// Starts a try of a request, which ends by itself when its time is over.
    fn spawn<W>(&mut self, job: Job, work: impl FnOnce(Cancel) -> W) -> TakeBack
    where
        W: Future<Output = TaskOutput> + Send + 'static,
    {
        let (take_back, cancel) = Cancel::within(self.profile.request_timeout);
        self.spawn_plain(job, work(cancel));
        take_back
    }

    /// Starts work that is no request. One that panics brings back what it worked for.
    fn spawn_plain(&mut self, job: Job, work: impl Future<Output = TaskOutput> + Send + 'static) {
        let work = AssertUnwindSafe(work).catch_unwind();
        self.tasks.spawn(async move { work.await.unwrap_or(TaskOutput::Died(job)) });
    }

    pub(super) fn spawn_secret(&mut self, credentials: &Credentials) {
        let terminal = self.tuning.terminal;
        let credentials = credentials.clone();
        let work = async move {
            let read = tokio::task::spawn_blocking(move || credentials.read(terminal));
            TaskOutput::Secret(read.await.unwrap_or_else(|_| Err("reading the secret failed".to_owned())))
        };
        self.spawn_plain(Job::Secret, work);
    }

    pub(super) fn spawn_token(&mut self, call: Call, next: Generation) {
        self.spawn_grant(Job::Token, call, next, |done| TaskOutput::Token(Box::new(done)));
    }

    /// The same for a token that is no generation of the session's.
    pub(super) fn spawn_spare(&mut self, call: Call) {
        self.spawn_grant(Job::Spare, call, Generation(0), |done| TaskOutput::Spare(Box::new(done)));
    }

    fn spawn_grant(&mut self, job: Job, call: Call, next: Generation, done: fn(TokenDone) -> TaskOutput) {
        let (client, redactor, clock) = self.tools();
        self.spawn(job, |mut stopped| async move {
            let tried = client.run(call, &mut stopped).await;
            let read = tried.answer.as_ref().filter(|_| tried.fault.is_none()).map(|a| {
                let (body, unread) = (plain(a), capture::unread(a));
                let Answer { status, headers, .. } = a;
                oauth::read(oauth::Answered { status: *status, headers, body: &body, unread: unread.as_deref() })
            });
            let (grant, redactor) = match read {
                // The answer itself is captured with its own token known, wherever in it that may be echoed.
                Some(oauth::Answer::Granted(grant)) => {
                    let redactor = redactor.with_token(&grant.token, next);
                    (Some(Ok(grant)), Arc::new(redactor))
                }
                Some(other) => (Some(Err(other)), redactor),
                None => (None, redactor),
            };
            done(TokenDone { shown: show(&tried, Asked::Token, &redactor, clock), grant })
        });
    }

    pub(super) fn spawn_facts(&mut self, call: Call, generation: Generation) {
        let (client, redactor, clock) = self.tools();
        self.spawn(Job::Facts(generation), |mut stopped| async move {
            let tried = client.run(call, &mut stopped).await;
            let shown = show(&tried, Asked::TokenFacts, &redactor, clock);
            let info = shown.body().and_then(tokens_me::read);
            TaskOutput::Facts(Box::new(FactsDone { generation, shown, info }))
        });
    }

    pub(super) fn spawn_send(
        &mut self,
        call: Call,
        channel: Channel,
        generation: Generation,
        intent: Intent,
    ) -> TakeBack {
        let (client, redactor, clock) = self.tools();
        let message = intent.message;
        let recording = self.tuning.send_log.intent(intent);
        self.spawn(Job::Send(message), |mut stopped| async move {
            let (shown, taken) = match recording.await {
                Ok(()) => {
                    let tried = client.run(call, &mut stopped).await;
                    let shown = show(&tried, channel::asked(channel), &redactor, clock);
                    let taken = shown.body().map(|body| channel::taken(channel, body)).unwrap_or_default();
                    (Ok(shown), taken)
                }
                Err(why) => (Err(why), Taken::default()),
            };
            TaskOutput::Send(Box::new(SendDone { message, generation, shown, taken }))
        })
    }

    pub(super) fn spawn_read(&mut self, call: Call, key: ConversationKey) {
        let (client, redactor, clock) = self.tools();
        let asked = if call.body.is_empty() { Asked::Conversation } else { Asked::List };
        self.spawn(Job::Read(key), move |mut stopped| async move {
            let tried = client.run(call, &mut stopped).await;
            let shown = show(&tried, asked, &redactor, clock);
            let body = shown.body().map(<[u8]>::to_vec);
            let refusal = tried.answer.as_ref().filter(|_| body.is_none());
            let refusal = refusal.filter(|_| shown.answer.as_ref().is_none_or(|answer| !answer.answerer.is_other()));
            let refusal = refusal.map(|a| ApiError::read(a.status, &a.headers, shown.text().as_bytes()));
            TaskOutput::Read(Box::new(ReadDone { key, shown, body, refusal }))
        });
    }

    pub(super) fn spawn_probe(&mut self, call: Call, exchange: ExchangeId) {
        self.spawn_question(Job::Probe(exchange), call, Asked::Anything, exchange, |done| {
            TaskOutput::Probe(Box::new(done))
        });
    }

    pub(super) fn spawn_side_request(&mut self, call: Call, asked: Asked, exchange: ExchangeId) {
        self.spawn_question(Job::SideRequest(exchange), call, asked, exchange, |done| {
            TaskOutput::SideRequest(Box::new(done))
        });
    }

    fn spawn_question(
        &mut self,
        job: Job,
        call: Call,
        asked: Asked,
        exchange: ExchangeId,
        done: fn(ProbeDone) -> TaskOutput,
    ) {
        let (client, redactor, clock) = self.tools();
        self.spawn(job, move |mut stopped| async move {
            let opens_socket = call.headers.contains_key(http::header::UPGRADE);
            let tried = if opens_socket {
                upgrade::ask(&client, call, &mut stopped).await
            } else {
                client.run(call, &mut stopped).await
            };
            let shown = show(&tried, asked, &redactor, clock);
            let body = shown.body().map(<[u8]>::to_vec);
            done(ProbeDone { exchange, shown, body })
        });
    }

    /// The guest token: `configured` where the profile names one, else the one that is kept, or a new one.
    pub(super) fn spawn_guest_token(
        &mut self,
        key: ConversationKey,
        serial: u64,
        configured: Option<SecretSource>,
        renew: bool,
    ) {
        let send_log: Arc<dyn SendLog> = Arc::clone(&self.tuning.send_log);
        let terminal = self.tuning.terminal;
        let work = async move {
            let configured = match configured {
                Some(source) => {
                    let read = tokio::task::spawn_blocking(move || source.read(terminal).map_err(|e| e.to_string()));
                    read.await.unwrap_or_else(|_| Err("reading the guest token failed".to_owned())).map(Some)
                }
                None => Ok(None),
            };
            let read = match configured {
                Ok(configured) => send_log.guest_token(key, configured, renew).await,
                Err(why) => Err(why),
            };
            TaskOutput::GuestToken(Box::new(TokenRead { key, serial, read }))
        };
        self.spawn_plain(Job::Web(key), work);
    }

    pub(super) fn spawn_open(&mut self, call: Call, key: ConversationKey, serial: u64) -> TakeBack {
        let (client, redactor, clock) = self.tools();
        self.spawn(Job::Web(key), |mut stopped| async move {
            let Opening { tried, socket } = upgrade::open(&client, call, &mut stopped).await;
            let shown = show(&tried, Asked::Anything, &redactor, clock);
            TaskOutput::Opened(Box::new(OpenDone { key, serial, shown, socket }))
        })
    }

    pub(super) fn spawn_record(&mut self, message: MessageId, recording: Recording) {
        self.spawn_plain(Job::Record(message), async move { TaskOutput::Recorded(message, recording.await) });
    }

    pub(super) fn spawn_history(&mut self, call: Call, key: ConversationKey) {
        let (client, redactor, clock) = self.tools();
        self.spawn(Job::History(key), |mut stopped| async move {
            let tried = client.run(call, &mut stopped).await;
            let shown = show(&tried, Asked::List, &redactor, clock);
            let body = shown.body().map(<[u8]>::to_vec);
            TaskOutput::History(Box::new(HistoryDone { key, shown, body }))
        });
    }

    /// Reads a file, unless it has more than `max` bytes. Its digest is made here too: of a large file it takes long.
    pub(super) fn spawn_file(&mut self, key: ConversationKey, message: MessageId, path: PathBuf, max: u64) {
        let read = move || {
            let shown = path.display().to_string();
            let read = || -> std::io::Result<FileRead> {
                let size = files::open(&path)?.metadata()?.len();
                let bytes = if size > max { Vec::new() } else { files::read(&path, max)? };
                let md5 = base64::engine::general_purpose::STANDARD.encode(md5::compute(&bytes).0);
                Ok(FileRead { bytes, size, md5 })
            };
            read().map_err(|e| format!("{shown} cannot be read ({})", files::why(&e)))
        };
        let work = async move {
            let read = tokio::task::spawn_blocking(read).await;
            TaskOutput::File(key, message, read.unwrap_or_else(|_| Err("reading the file failed".to_owned())))
        };
        self.spawn_plain(Job::File(key), work);
    }

    pub(super) fn spawn_put(&mut self, call: Call, key: ConversationKey, id: String) {
        let (client, redactor, clock) = self.tools();
        self.spawn(Job::File(key), |mut stopped| async move {
            let tried = client.run(call, &mut stopped).await;
            TaskOutput::Put(Box::new(PutDone { key, id, shown: show(&tried, Asked::Anything, &redactor, clock) }))
        });
    }

    fn tools(&self) -> (Client, Arc<Redactor>, Clock) {
        (self.client.clone(), Arc::clone(&self.redactor), self.clock)
    }
}

/// The body with its encoding undone and its secrets in it: to be read, never kept.
fn plain(answer: &Answer) -> std::borrow::Cow<'_, [u8]> {
    capture::plain(&answer.bytes, &answer.headers)
}

fn show(tried: &Tried, asked: Asked, redactor: &Redactor, clock: Clock) -> CapturedTry {
    let now = clock.now();
    let heard = tried.answer.as_ref().map_or_else(ResponseMeta::default, |a| {
        let date = limits::date(&a.headers);
        ResponseMeta {
            limit: limits::rate_limit(&a.headers, now),
            skew: date.map(|d| d.duration_since(now.wall).as_secs()),
            date,
        }
    });
    let mut shown = CapturedTry { ending: capture::ending(tried, redactor), timing: tried.timing, heard, answer: None };
    shown.answer = tried.answer.as_ref().filter(|_| tried.fault.is_none()).map(|a| {
        let answerer = match who_answered(asked, a.status, &a.headers, &plain(a)) {
            Answerer::Other(Sign::Header(line)) => Answerer::Other(Sign::Header(redactor.text(&line).into_owned())),
            Answerer::Other(Sign::Via(line)) => Answerer::Other(Sign::Via(redactor.text(&line).into_owned())),
            other => other,
        };
        let mut answered = Answered { status: a.status, answerer, wait: None, code: None, reason: String::new() };
        if !(200..300).contains(&a.status) {
            let error = ApiError::read(a.status, &a.headers, shown.text().as_bytes());
            let wait = limits::retry_after(&a.headers, now.wall).or(error.retry_after);
            // A 429 without a wait of its own: the window's end is one.
            answered.wait = wait.or_else(|| heard.limit.filter(|_| a.status == 429).map(|l| l.resets.left(now)));
            answered.reason = redactor.text(&error.reason()).into_owned();
            answered.code = error.code;
        }
        answered
    });
    shown
}

impl CapturedTry {
    /// The body of an answer as it may be kept: masked. Whatever is said, is read from it.
    fn text(&self) -> &str {
        match &self.ending {
            Ending::Answered(response) => &response.body.text,
            Ending::Failed(_) => "",
        }
    }

    /// The same of a success.
    fn body(&self) -> Option<&[u8]> {
        (200..300).contains(&self.status()).then(|| self.text().as_bytes())
    }

    /// One line for an exchange that was no success.
    pub fn why(&self) -> String {
        match (&self.answer, &self.ending) {
            (Some(answer), _) => answer.reason.clone(),
            (None, Ending::Failed(failure)) => failure.line(),
            (None, Ending::Answered(response)) => response.status.to_string(),
        }
    }

    /// The status of the whole answer; 0 where none came.
    pub fn status(&self) -> u16 {
        self.answer.as_ref().map_or(0, |answer| answer.status)
    }

    /// The wait that the answer names.
    pub fn wait(&self) -> Option<Duration> {
        self.answer.as_ref().and_then(|answer| answer.wait)
    }
}

/// The most ids of one bulk read.
pub const BULK: usize = conversations::BULK_MAX;
