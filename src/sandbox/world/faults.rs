//! What the faults do to the world, and whom they mean.

use serde_json::Value;

use super::conversation::GuestAccess;
use super::entry::GuestOf;
use super::{SimulatedConversation, World, open};
use crate::model::Moment;
use crate::model::fault::{Fault, FaultKind, FaultTarget};
use crate::sandbox::fault::Plan;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FaultSubject<'r> {
    Nobody,
    /// The conversation with this id.
    Conversation(&'r str),
    /// The integration's guest of this id.
    Guest(&'r str),
    /// The session of this guest token.
    Session(&'r str),
    /// A socket that is asked for from this origin.
    Origin(&'r str),
}

impl World {
    /// A request arrived: what the faults make of it. Everything that was due before it has taken place.
    pub(crate) fn arrive(&mut self, target: FaultTarget, whom: FaultSubject<'_>, now: Moment) -> Plan {
        self.settle(now);
        self.met(target, whom, now)
    }

    /// A frame comes or goes: what the faults make of it.
    pub(super) fn meet(&mut self, target: FaultTarget, session: Option<&str>, now: Moment) -> Plan {
        if self.armed.is_empty() {
            return Plan::default();
        }
        self.met(target, session.map_or(FaultSubject::Nobody, FaultSubject::Session), now)
    }

    fn met(&mut self, target: FaultTarget, whom: FaultSubject<'_>, now: Moment) -> Plan {
        // The faults are taken out meanwhile: whom they mean is the world's to say.
        let mut armed = std::mem::take(&mut self.armed);
        let (plan, acts) = armed.meet(target, |name| self.is_about(whom, name));
        self.armed = armed;
        for act in acts {
            self.act(&act, now);
        }
        plan
    }

    /// Whether the conversation called `name` (or with that id) is the one that `whom` is about.
    fn is_about(&self, whom: FaultSubject<'_>, name: &str) -> bool {
        let way = || self.entries.iter().find(|entry| entry.name == name).map(|entry| &entry.way);
        match whom {
            FaultSubject::Nobody => false,
            FaultSubject::Conversation(id) => {
                id == name
                    || self
                        .index
                        .conversations
                        .get(id)
                        .and_then(|n| self.conversations.get(*n))
                        .is_some_and(|c| c.is(name))
            }
            FaultSubject::Guest(id) => {
                matches!(way(), Some(GuestOf::Open { guest_id }) if guest_id == id)
                    || self.conversations.iter().any(|c| open::is_of(c, id) && c.id == name)
            }
            FaultSubject::Session(token) => self.session_is(token, name),
            FaultSubject::Origin(from) => matches!(way(), Some(GuestOf::Web { origin, .. }) if origin == from),
        }
    }

    /// Whether the session of `token` is that of the entry or the conversation called `name`.
    pub(super) fn session_is(&self, token: &str, name: &str) -> bool {
        let of = |c: &&SimulatedConversation| matches!(&c.via, GuestAccess::Web { token: own } if &**own == token);
        self.conversations.iter().filter(of).any(|c| c.is(name))
            || self.entry_of(token).is_some_and(|entry| entry.name == name)
    }

    pub(crate) fn set_fault(&mut self, fault: Fault, now: Moment) {
        if let Some(act) = self.armed.arm(fault) {
            self.act(&act, now);
        }
    }

    /// The faults that are set, with what is left of their counts.
    pub(crate) fn faults(&self) -> Value {
        self.armed.to_json()
    }

    /// The same in words.
    pub(crate) fn fault_words(&self) -> Vec<String> {
        self.armed.words()
    }

    /// Refuses a fault for a conversation that is not here, neither in the scenario nor begun since.
    pub(crate) fn check_fault(&self, fault: Fault) -> Result<Fault, String> {
        match &fault.conversation {
            Some(name) if self.conversations.iter().any(|c| c.is(name)) => Ok(fault),
            _ => self.scenario.check_fault(fault),
        }
    }

    /// Lifts all faults: conversations that one ended go on, guests have their own participant ids again. Tokens that
    /// were expired or revoked stay so, and so do sessions that are over.
    pub(crate) fn clear_faults(&mut self) {
        self.armed.clear();
        for conversation in &mut self.conversations {
            // A web session was told of its end, and that cannot be taken back.
            if !matches!(conversation.via, GuestAccess::Web { .. }) {
                conversation.ended = conversation.ended.filter(|end| !end.by_fault);
            }
            if let (Some(id), Some(guest)) = (conversation.true_guest.take(), conversation.participants.first_mut()) {
                guest.id = id;
            }
        }
    }

    fn act(&mut self, act: &Fault, now: Moment) {
        let wanted = act.conversation.as_deref();
        match act.kind {
            FaultKind::TokenExpired => self.tokens.expire_all(now),
            FaultKind::TokenRevoked => self.tokens.revoke_all(now),
            FaultKind::ConversationEnded => {
                for n in 0..self.conversations.len() {
                    if self.conversations.get(n).is_some_and(|c| wanted.is_none_or(|name| c.is(name))) {
                        self.end(n, now, true);
                    }
                }
                self.settle(now);
            }
            FaultKind::ParticipantMismatch => {
                let meant = |c: &&mut SimulatedConversation| wanted.is_none_or(|name| c.is(name));
                for conversation in self.conversations.iter_mut().filter(meant) {
                    if let Some(guest) = conversation.participants.first_mut() {
                        let true_id = std::mem::replace(&mut guest.id, self.dice.messages.uuid());
                        conversation.true_guest.get_or_insert(true_id);
                    }
                }
            }
            FaultKind::SessionReadOnly
            | FaultKind::SessionExpired
            | FaultKind::SessionCleared
            | FaultKind::LoggedOut => {
                self.end_sessions(&act.kind, wanted, now);
            }
            _ => {}
        }
    }
}
