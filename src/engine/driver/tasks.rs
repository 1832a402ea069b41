//! Work that runs beside the loop: a try of a request, or something that blocks. A task sees secrets; what it brings back
//! is captured already, but for tokens.
//!
//! ```text
//! Context::request(purpose, record, call) ─► task: try, capture ─► TaskOutput::Answered(Finished) ─► the purpose's area
//! ```

use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use futures_util::FutureExt as _;

use crate::clock::Clock;
use crate::config::SecretSource;
use crate::engine::client::upgrade::{self, Opening, Socket};
use crate::engine::client::{Cancel, Client, ClientAnswer, capture};
use crate::engine::exchange_builder::ExchangeBuilder;
use crate::engine::redact::Redactor;
use crate::engine::send_log::{Intent, Recording, Unrecorded};
use crate::engine::{Report, channel};
use crate::files;
use crate::genesys::call::BadCall;
use crate::genesys::oauth::{TokenAnswer, TokenOutcome, read};
use crate::genesys::{Asked, Call};
use crate::model::{Channel, ConversationKey, Generation, MessageId, Outcome, Reason};

use super::context::Context;
use super::task_output::{
    CapturedTry, DIED, FileRead, Finished, TakeBack, TaskOutput, TaskPurpose, TokenDone, decoded_body,
};

/// What a task needs to try a request.
struct Tools {
    client: Client,
    redactor: Arc<Redactor>,
    clock: Clock,
    cancel: Cancel,
}

impl Tools {
    /// Tries a request. The socket that it asks for stays where it is for `keeps`.
    async fn try_request(&mut self, call: Call, asked: Asked, keeps: bool) -> (CapturedTry, Option<Socket>) {
        let (tried, socket) = if call.headers.contains_key(http::header::UPGRADE) {
            let Opening { tried, socket } = upgrade::open(&self.client, call, &mut self.cancel).await;
            match socket {
                Some(socket) if !keeps => {
                    upgrade::leave(socket).await;
                    (tried, None)
                }
                socket => (tried, socket),
            }
        } else {
            (self.client.run(call, &mut self.cancel).await, None)
        };
        (CapturedTry::of(&tried, asked, &self.redactor, self.clock), socket)
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
        let (reports, clock) = (self.reporter.listener().clone(), self.clock);
        self.tasks.spawn(async move {
            let Ok(came) = work.await else {
                tracing::error!("a task of the engine panicked");
                let _ = reports.send(Report::Notice { at: clock.now(), text: DIED.to_owned() }).await;
                return done(died());
            };
            done(came)
        });
    }

    /// Runs what blocks; `died` says what failed where it panics.
    fn spawn_blocking<T: Send + 'static>(
        &mut self,
        work: impl FnOnce() -> Result<T, String> + Send + 'static,
        died: &'static str,
        done: impl FnOnce(Result<T, String>) -> TaskOutput + Send + 'static,
    ) {
        let work = tokio::task::spawn_blocking(work);
        self.tasks.spawn(async move { done(work.await.unwrap_or_else(|_| Err(died.to_owned()))) });
    }

    /// For a try that ends by itself when its time is over, and sooner when it is taken back.
    fn tools(&self) -> (TakeBack, Tools) {
        let (take_back, cancel) = Cancel::within(self.profile.request_timeout);
        let (client, redactor) = (self.client.clone(), Arc::clone(&self.redactor));
        (take_back, Tools { client, redactor, clock: self.clock, cancel })
    }

    /// Begins a request and reports it; one that cannot be written is refused, and that is all of it. `token`: the
    /// session's, where the call carries it, and its age.
    pub fn request(
        &mut self,
        purpose: TaskPurpose,
        mut record: ExchangeBuilder,
        call: Result<Call, BadCall>,
        token: Option<(Generation, Duration)>,
    ) -> Result<TakeBack, String> {
        let call = match call {
            Ok(call) => call,
            Err(BadCall(why)) => {
                let why = self.mask(&why);
                self.settle(&mut record, Outcome::Refused(Reason::NotBuilt(why.clone())));
                return Err(why);
            }
        };
        record.begin(capture::request(&call, &self.redactor), token, self.now);
        self.report(record.report());
        if token.is_some() {
            self.pace.spend();
        }
        let (asked, keeps) = (purpose.asked(&call), matches!(purpose, TaskPurpose::Open(..)));
        let (take_back, mut tools) = self.tools();
        let work = async move { tools.try_request(call, asked, keeps).await };
        let done = move |(shown, socket)| TaskOutput::Answered(Box::new(Finished { purpose, record, shown, socket }));
        self.spawn(work, || (CapturedTry::died(), None), done);
        Ok(take_back)
    }

    pub fn spawn_secret(&mut self) {
        let (credentials, terminal) = (self.profile.credentials.clone(), self.options.terminal);
        self.spawn_blocking(move || credentials.read(terminal), "reading the secret failed", TaskOutput::Secret);
    }

    /// Asks for a token: for the session's of generation `next`, or for one that is none of the session's.
    pub fn spawn_token(&mut self, call: Call, next: Option<Generation>) {
        let (_, mut tools) = self.tools();
        let work = async move {
            let tried = tools.client.run(call, &mut tools.cancel).await;
            let grant = tried.answer.as_ref().filter(|_| tried.fault.is_none()).map(|a| {
                let (body, unread) = (decoded_body(a), capture::unread(a));
                let ClientAnswer { status, headers, .. } = a;
                read(TokenOutcome { status: *status, headers, body: &body, unread: unread.as_deref() })
            });
            // The answer itself is captured with its own token known, wherever in it that may be echoed.
            let redactor = match &grant {
                Some(TokenAnswer::Granted(grant)) => {
                    Arc::new(tools.redactor.with_token(&grant.token, next.unwrap_or_default()))
                }
                _ => tools.redactor,
            };
            TokenDone { shown: CapturedTry::of(&tried, Asked::Token, &redactor, tools.clock), grant }
        };
        let died = || TokenDone { shown: CapturedTry::died(), grant: None };
        let done = if next.is_some() { TaskOutput::Token } else { TaskOutput::Spare };
        self.spawn(work, died, move |token| done(Box::new(token)));
    }

    /// Sends a message once its intent is recorded.
    pub fn spawn_send(&mut self, call: Call, channel: Channel, intent: Intent) -> TakeBack {
        let message = intent.message;
        let recording = self.options.send_log.intent(intent);
        let (take_back, mut tools) = self.tools();
        let work = async move {
            recording.await?;
            Ok(tools.try_request(call, channel::asked(channel), false).await.0)
        };
        let done = move |shown: Result<CapturedTry, Unrecorded>| match shown {
            Ok(shown) => TaskOutput::Sent(message, Box::new(shown)),
            Err(why) => TaskOutput::Recorded(message, Err(why)),
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
        let (send_log, terminal) = (Arc::clone(&self.options.send_log), self.options.terminal);
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
        self.spawn(work, died, move |read| TaskOutput::GuestToken(key, serial, read));
    }

    /// Waits until an intent is recorded.
    pub fn spawn_recording(&mut self, message: MessageId, recording: Recording) {
        let died = || Err(Unrecorded::NotNow(DIED.to_owned()));
        self.spawn(recording, died, move |recorded| TaskOutput::Recorded(message, recorded));
    }

    /// Reads a file, unless it has more than `max` bytes. Its digest is made here too: of a large file it takes long.
    pub fn spawn_file(&mut self, key: ConversationKey, message: MessageId, path: PathBuf, max: u64) {
        let work = move || {
            let read = || -> std::io::Result<FileRead> {
                let size = files::open(&path)?.metadata()?.len();
                let bytes = if size > max { Vec::new() } else { files::read(&path, max)? };
                let md5 = base64::engine::general_purpose::STANDARD.encode(md5::compute(&bytes).0);
                Ok(FileRead { bytes, size, md5 })
            };
            read().map_err(|e| format!("{} cannot be read ({})", path.display(), files::why(&e)))
        };
        self.spawn_blocking(work, "reading the file failed", move |read| TaskOutput::File(key, message, read));
    }
}
