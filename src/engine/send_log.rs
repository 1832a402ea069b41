//! What an engine is given beside its profile: options, and the log that has on disk first a message before its first
//! byte is sent, and each status before it is told as final.

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use secrecy::SecretString;

use crate::config::Terminal;
use crate::config::settings::MetricsSettings;
use crate::model::{ConversationKey, DeliveryStatus, Extras, MessageId};

use super::client::Environment;

/// Settings of an engine that are no part of a profile.
#[derive(Clone)]
pub struct EngineOptions {
    /// Seed of all jitter.
    pub seed: u64,
    /// Pauses before each reading of a conversation after a send into it.
    pub read_pauses: Vec<Duration>,
    /// How long a stop waits for what is on the wire.
    pub grace: Duration,
    /// Messages a second of a session, instead of the documented limit.
    pub messages_per_second: Option<u32>,
    /// Frames a minute of a socket, instead of the documented limit.
    pub frames_per_minute: Option<u32>,
    /// First pause before a broken socket is opened again, instead of a second.
    pub reopen_after: Option<Duration>,
    /// Whether it signs in by itself at the start.
    pub sign_in: bool,
    /// Where metrics go, if anywhere.
    pub metrics: Option<MetricsSettings>,
    /// Whether a command that prints a secret may ask a person on the terminal.
    pub terminal: Terminal,
    /// Where intents and outcomes are recorded.
    pub send_log: Arc<dyn SendLog>,
    /// Where the proxies' variables are looked up.
    pub environment: Environment,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            seed: uuid::Uuid::new_v4().as_u64_pair().0,
            read_pauses: [400, 1000, 2000, 4000, 8000, 15_000].map(Duration::from_millis).to_vec(),
            grace: Duration::from_secs(2),
            messages_per_second: None,
            frames_per_minute: None,
            reopen_after: None,
            sign_in: true,
            metrics: None,
            terminal: Terminal::Taken,
            send_log: Arc::new(NoLog),
            environment: Environment::default(),
        }
    }
}

/// A message that is about to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// Which.
    pub message: MessageId,
    /// Into which conversation.
    pub conversation: ConversationKey,
    /// What it says.
    pub text: String,
    /// What it says with secrets masked, as the log shows it.
    pub shown: String,
    /// Choice, attributes and files of the message, and its name.
    pub extras: Extras,
    /// Which try, from 1.
    pub attempt: u32,
}

/// Why something could not be recorded, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unrecorded {
    /// It may be possible later: a message waits; a status is recorded as soon as that is possible.
    NotNow(String),
    /// It never will be: a message is refused.
    Never(String),
}

impl Unrecorded {
    /// Why, in words.
    pub fn why(self) -> String {
        let (Self::NotNow(why) | Self::Never(why)) = self;
        why
    }
}

/// Recording is under way.
pub type Recording = BoxFuture<'static, Result<(), Unrecorded>>;

/// A guest token: a secret, and the guest's identity.
#[derive(Clone, Debug)]
pub struct GuestToken {
    /// The token.
    pub token: SecretString,
    /// It was made just now: nobody knows it yet.
    pub fresh: bool,
    /// Why it is not kept, in words.
    pub kept: Result<(), String>,
}

/// A guest token is looked up, or made and kept. The error says why no guest session may be opened.
pub type GuestTokenAnswer = BoxFuture<'static, Result<GuestToken, String>>;

/// Where intents and statuses are recorded.
pub trait SendLog: Send + Sync + 'static {
    /// Records that `intent` is about to be written. No byte is written before this is done; where it fails, the
    /// message is not sent.
    fn intent(&self, intent: Intent) -> Recording;

    /// Records a message's status, and the id that the remote side gave it, where known. A message that goes back into
    /// the queue (a refusal that waiting heals) is recorded as queued or waiting. The work is asked for at the call;
    /// the answer tells when the row is on the disk, or why it is not yet.
    fn outcome(&self, message: MessageId, delivery: &DeliveryStatus, remote_id: Option<&str>) -> Recording;

    /// Whether another guestwire speaks for this profile: then nothing at all goes out, typing and receipts neither.
    fn read_only(&self) -> bool;

    /// The guest token of a web conversation: `configured` where the profile names one; else the one that is kept,
    /// unless `renew`; else a new one, which is kept from now on. Where nothing is kept it lives as long as the engine.
    fn guest_token(
        &self,
        conversation: ConversationKey,
        configured: Option<SecretString>,
        renew: bool,
    ) -> GuestTokenAnswer;
}

impl GuestToken {
    /// A guest token of the profile, or a new one that nobody keeps.
    pub fn configured_or_new(configured: Option<SecretString>) -> Self {
        let fresh = configured.is_none();
        let token = configured.unwrap_or_else(|| SecretString::from(uuid::Uuid::new_v4().to_string()));
        Self { token, fresh, kept: Ok(()) }
    }
}

/// Records nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoLog;

impl SendLog for NoLog {
    fn intent(&self, _: Intent) -> Recording {
        Box::pin(ready(Ok(())))
    }

    fn outcome(&self, _: MessageId, _: &DeliveryStatus, _: Option<&str>) -> Recording {
        Box::pin(ready(Ok(())))
    }

    fn read_only(&self) -> bool {
        false
    }

    fn guest_token(&self, _: ConversationKey, configured: Option<SecretString>, _: bool) -> GuestTokenAnswer {
        Box::pin(ready(Ok(GuestToken::configured_or_new(configured))))
    }
}
