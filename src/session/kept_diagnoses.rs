//! Diagnoses of exchanges that were kept: those of a session are taken in order, so that each is judged by what was
//! known until then, as it was on the screen.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::Profile;
use crate::diagnosis::{Case, PastExchanges, ProfileFacts, diagnose};
use crate::journal::job::{KeptEntry, KeptSource};
use crate::model::{Channel, Conversation, ConversationKey, Diagnosis, Exchange};

use super::Session;
use super::log::Log;

/// See the module.
#[derive(Debug)]
pub struct KeptWhy {
    facts: ProfileFacts,
    channels: BTreeMap<ConversationKey, Channel>,
    /// What the exchanges of the present session showed so far.
    past: PastExchanges,
    /// The upper half of its exchanges' ids.
    session: u64,
}

impl KeptWhy {
    /// For a profile.
    pub fn of(profile: &Profile) -> Self {
        Self::new(ProfileFacts::of(profile), profile.conversations.iter().map(|entry| &entry.conversation))
    }

    fn new<'c>(facts: ProfileFacts, conversations: impl Iterator<Item = &'c Conversation>) -> Self {
        let channels = conversations.map(|conversation| (conversation.key, conversation.channel())).collect();
        Self { facts, channels, past: PastExchanges::default(), session: 0 }
    }

    /// The next exchange, oldest first: why it was refused, where it was.
    pub fn next(&mut self, exchange: &Exchange) -> Option<Diagnosis> {
        let session = exchange.id.0 >> 32;
        if session != self.session {
            self.session = session;
            // Token generations begin anew with each session.
            self.past = PastExchanges::default();
        }
        self.past.exchange(exchange);
        let channel = exchange.conversation.and_then(|key| self.channels.get(&key).copied());
        diagnose(&Case { exchange, channel, profile: &self.facts, history: &self.past })
    }
}

impl Session {
    /// A log of kept entries that says why each was refused: as this session knows, else by what these entries show.
    pub fn log_of_kept(&self, entries: &[KeptEntry]) -> Log {
        let mut log = self.log.of_history(entries.iter());
        let conversations = self.conversations.items().map(|item| &item.conversation);
        let mut kept = KeptWhy::new(self.profile.facts.clone(), conversations);
        for entry in entries {
            let KeptSource::Exchange(exchange) = &entry.source else { continue };
            let why = kept.next(exchange);
            let why = self.log.why_of(exchange.id).cloned().or(why);
            let shown = why.filter(|why| !self.profile.muted.contains(&why.cause()));
            log.set_diagnosis(exchange.id, shown.map(Arc::new));
        }
        log
    }
}
