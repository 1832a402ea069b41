//! What a journal is opened with, and by which text it knows each conversation.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::model::{Conversation, ConversationKey};

/// What a journal is opened with.
#[derive(Clone, Debug)]
pub struct JournalOptions {
    /// The profile's directory: see [`super::files::profile_dir`].
    pub dir: PathBuf,
    /// The profile's conversations, keys in order from 0.
    pub conversations: Vec<Conversation>,
    /// How long anything is kept.
    pub keep: Duration,
    /// How large it may grow, in bytes.
    pub max_bytes: u64,
    /// Where another guestwire writes: keep messages beside it, without entries of the log, instead of only reading.
    pub beside: bool,
    /// As if the disk ended after so many pages of 4 KiB. For tests.
    pub page_limit: Option<u32>,
}

impl JournalOptions {
    /// With the defaults: thirty days, 512 MB.
    pub fn new(dir: PathBuf, conversations: Vec<Conversation>) -> Self {
        Self {
            dir,
            conversations,
            keep: Duration::from_secs(30 * 86_400),
            max_bytes: 512 << 20,
            beside: false,
            page_limit: None,
        }
    }
}

/// Which text a conversation is known by on disk, by key.
#[derive(Debug, Default)]
pub(super) struct Keys(Mutex<Vec<String>>);

impl Keys {
    fn list(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a conversation in. The same address twice in a profile gets a number behind it.
    pub(super) fn know(&self, conversation: &Conversation) -> String {
        if let Some(known) = self.ident(conversation.key) {
            return known;
        }
        let (mut keys, at) = (self.list(), conversation.key.0 as usize);
        let base = conversation.address.ident();
        let mut ident = base.clone();
        let mut again = 1;
        while keys.contains(&ident) {
            again += 1;
            ident = format!("{base} #{again}");
        }
        if keys.len() <= at {
            keys.resize(at + 1, String::new());
        }
        if let Some(place) = keys.get_mut(at) {
            place.clone_from(&ident);
        }
        ident
    }

    pub(super) fn ident(&self, key: ConversationKey) -> Option<String> {
        self.list().get(key.0 as usize).filter(|k| !k.is_empty()).cloned()
    }

    pub(super) fn all(&self) -> Vec<String> {
        self.list().iter().filter(|k| !k.is_empty()).cloned().collect()
    }

    pub(super) fn key(&self, ident: &str) -> Option<ConversationKey> {
        let at = self.list().iter().position(|k| k == ident)?;
        Some(ConversationKey(u32::try_from(at).ok()?))
    }
}
