//! Work beside the loop: a try, or what blocks. A task sees secrets; what it brings back is captured, but for tokens.
//!
//! ```text
//! EngineState::request(purpose, record, call) ─► task: try, capture ─► TaskOutput::Answered(Finished) ─► the purpose's area
//! ```

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;

use super::state::EngineState;
use super::task_output::{CapturedTry, FileRead, Finished, TakeBack, TaskOutput, TaskPurpose};
use crate::clock::Clock;
use crate::config::SecretSource;
use crate::engine::client::{Client, ClientAnswer, StopWhen, capture};
use crate::engine::guest_socket::{self, Socket};
use crate::engine::redact::Redactor;
use crate::engine::{Intent, channel};
use crate::files;
use crate::genesys::oauth::{TokenAnswer, TokenOutcome};
use crate::genesys::{Call, CallKind};
use crate::model::{Channel, ConversationKey, Exchange, Generation, MessageId, Outcome, Reason};

struct RequestTask {
    client: Client,
    redactor: Arc<Redactor>,
    clock: Clock,
    stop: StopWhen,
}

impl RequestTask {
    /// Tries a request. The socket that it asks for stays where it is for `keeps`.
    async fn try_request(&mut self, call: Call, asked: CallKind, keeps: bool) -> (CapturedTry, Option<Socket>) {
        let (tried, socket) = if call.headers.contains_key(http::header::UPGRADE) {
            let (tried, socket) = guest_socket::open(&self.client, call, &mut self.stop).await;
            match socket {
                Some(socket) if !keeps => {
                    guest_socket::leave(socket).await;
                    (tried, None)
                }
                socket => (tried, socket),
            }
        } else {
            (self.client.run(call, &mut self.stop).await, None)
        };
        (CapturedTry::of(&tried, asked, &self.redactor, self.clock), socket)
    }
}

impl EngineState {
    /// For a try that ends by itself when its time is over, and sooner when it is taken back.
    fn tools(&self) -> (TakeBack, RequestTask) {
        let (take_back, stop) = StopWhen::within(self.profile.request_timeout);
        let (client, redactor) = (self.client.clone(), Arc::clone(self.redactor()));
        (take_back, RequestTask { client, redactor, clock: self.clock, stop })
    }

    /// Begins and reports a request; what cannot be built is refused. `token`: the session's that it carries, its age.
    pub fn request(
        &mut self,
        purpose: TaskPurpose,
        mut record: Exchange,
        call: Result<Call, String>,
        token: Option<(Generation, Duration)>,
    ) -> Result<TakeBack, String> {
        let call = match call {
            Ok(call) => call,
            Err(why) => {
                let why = self.mask(&why);
                self.finish(&mut record, Outcome::Refused(Reason::NotBuilt(why.clone())));
                return Err(why);
            }
        };
        record.begin(capture::request(&call, self.redactor()), token, self.now);
        self.report_exchange(&record);
        if token.is_some() {
            self.pace.spend();
        }
        let (asked, keeps) = (purpose.asked(&call), matches!(purpose, TaskPurpose::Open(..)));
        let (take_back, mut tools) = self.tools();
        self.tasks.spawn(async move {
            let (shown, socket) = tools.try_request(call, asked, keeps).await;
            TaskOutput::Answered(Box::new(Finished { purpose, record, shown, socket }))
        });
        Ok(take_back)
    }

    pub fn spawn_secret(&mut self) {
        let (credentials, terminal) = (self.profile.credentials.clone(), self.options.terminal);
        self.tasks.spawn(async move { TaskOutput::Secret(blocking(move || credentials.read(terminal)).await) });
    }

    /// Asks for a token: for the session's of generation `next`, or for one that is none of the session's.
    pub fn spawn_token(&mut self, call: Call, next: Option<Generation>) {
        let (_, mut tools) = self.tools();
        self.tasks.spawn(async move {
            let tried = tools.client.run(call, &mut tools.stop).await;
            let grant = tried.result.as_ref().ok().map(|a| {
                let (body, unread) = (capture::decoded(a), capture::unread(a));
                let ClientAnswer { status, headers, .. } = a;
                TokenOutcome { status: *status, headers, body: &body, unread: unread.as_deref() }.read()
            });
            // The answer itself is captured with its own token known, wherever in it that may be echoed.
            let redactor = match &grant {
                Some(TokenAnswer::Granted(grant)) => {
                    Arc::new(tools.redactor.with_token(&grant.token, next.unwrap_or_default()))
                }
                _ => tools.redactor,
            };
            let shown = CapturedTry::of(&tried, CallKind::Token, &redactor, tools.clock);
            let done = if next.is_some() { TaskOutput::Token } else { TaskOutput::Spare };
            done(Box::new((shown, grant)))
        });
    }

    pub fn spawn_send(&mut self, call: Call, channel: Channel, intent: Intent) -> TakeBack {
        let message = intent.message;
        let recording = self.options.send_log.intent(intent);
        let (take_back, mut tools) = self.tools();
        self.tasks.spawn(async move {
            if let Err(why) = recording.await {
                return TaskOutput::Recorded(message, Err(why));
            }
            let (shown, _) = tools.try_request(call, channel::asked(channel), false).await;
            TaskOutput::Sent(message, Box::new(shown))
        });
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
                Some(source) => Some(blocking(move || source.read(terminal)).await?),
                None => None,
            };
            send_log.guest_token(key, configured, renew).await
        };
        self.tasks.spawn(async move { TaskOutput::GuestToken(key, serial, work.await) });
    }

    pub fn spawn_recording(&mut self, intent: Intent) {
        let message = intent.message;
        let recording = self.options.send_log.intent(intent);
        self.tasks.spawn(async move { TaskOutput::Recorded(message, recording.await) });
    }

    /// Reads a file, unless it has more than `max` bytes. Its digest is made here too: of a large file it takes long.
    pub fn spawn_file(&mut self, key: ConversationKey, message: MessageId, path: PathBuf, max: u64) {
        let work = move || {
            let read = || -> std::io::Result<FileRead> {
                let path = files::expand_home(&path);
                let size = files::open(&path)?.metadata()?.len();
                let bytes = if size > max { Vec::new() } else { files::read(&path, max)? };
                let md5 = base64::engine::general_purpose::STANDARD.encode(md5::compute(&bytes).0);
                Ok(FileRead { bytes, size, md5 })
            };
            read().map_err(|e| format!("{} cannot be read ({})", path.display(), files::error_text(&e)))
        };
        self.tasks.spawn(async move { TaskOutput::File(key, message, blocking(work).await) });
    }
}

/// Does what blocks on a thread of its own. The error: the runtime is being shut down.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|_| Err("guestwire is leaving".to_owned()))
}
