//! The seam for durability: what is about to be sent is recorded before its first byte, what came of it after.

use std::future::Future;
use std::pin::Pin;

use secrecy::SecretString;

use crate::model::{ConversationKey, Extras, Life, MessageId};

/// A message that is about to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// Which.
    pub message: MessageId,
    /// Into which conversation.
    pub conversation: ConversationKey,
    /// What it says.
    pub text: String,
    /// What it carries beside its text, and the name that it bears.
    pub extras: Extras,
    /// Which try, from 1.
    pub attempt: u32,
}

/// Why an intent could not be recorded, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unrecorded {
    /// It may be possible later: the message waits.
    NotNow(String),
    /// It never will be: the message is refused.
    Never(String),
}

/// Recording is under way.
pub type Recording = Pin<Box<dyn Future<Output = Result<(), Unrecorded>> + Send>>;

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

/// A guest token is looked up, or made and kept.
pub type Keeping = Pin<Box<dyn Future<Output = GuestToken> + Send>>;

/// Where intents and outcomes are recorded.
pub trait Durable: Send + Sync + 'static {
    /// Records that `intent` is about to be written. No byte is written before this is done; where it fails, the
    /// message is not sent. What is told before the first of several is awaited may be recorded together.
    fn intent(&self, intent: Intent) -> Recording;

    /// The guest token of a web conversation: the one that is kept, unless `renew`; else `made`, which is kept from now
    /// on. Where nothing is kept it lives as long as the engine.
    fn guest_token(&self, conversation: ConversationKey, made: SecretString, renew: bool) -> Keeping {
        let _ = (conversation, renew);
        Box::pin(std::future::ready(GuestToken { token: made, fresh: true, kept: Ok(()) }))
    }

    /// Records what came of it, and the id that the remote side gave it, where known. Not waited for. A message that
    /// goes back into the queue (a refusal that waiting heals) is told as queued or waiting.
    fn outcome(&self, message: MessageId, life: &Life, remote_id: Option<&str>);
}

/// Records nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Forgetful;

impl Durable for Forgetful {
    fn intent(&self, _: Intent) -> Recording {
        Box::pin(std::future::ready(Ok(())))
    }

    fn outcome(&self, _: MessageId, _: &Life, _: Option<&str>) {}
}
