//! What the control API asks of the world, and its answers: the faults, whom they mean and what they do, and the state.

use serde_json::{Value, json};

use super::content::GuestContent;
use super::conversation::GuestAccess;
use super::{SimulatedConversation, World};
use crate::model::fault::{Fault, FaultKind, FaultTarget};
use crate::sandbox::fault::Faults;
use crate::text::json::{dense, with};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FaultSubject<'r> {
    Nobody,
    Conversation(&'r str),
    Guest(&'r str),
    Session(&'r str),
    Origin(&'r str),
}

impl World {
    /// A request arrived, or a frame comes or goes: what the faults make of it.
    pub(crate) fn meet(&mut self, target: FaultTarget, whom: FaultSubject<'_>) -> Faults {
        // The faults are taken out meanwhile: whom they mean is the world's to say.
        let mut armed = std::mem::take(&mut self.armed);
        let (faults, acts) = armed.meet(target, |name| self.is_about(whom, name));
        self.armed = armed;
        for act in acts {
            self.act(&act);
        }
        faults
    }

    /// Whether the conversation called `name` (or with that id) is the one that `whom` is about.
    fn is_about(&self, whom: FaultSubject<'_>, name: &str) -> bool {
        let entry = self.scenario.conversations.iter().find(|entry| entry.name == name);
        match whom {
            FaultSubject::Nobody => false,
            FaultSubject::Conversation(id) => id == name || self.conversations.iter().any(|c| c.id == id && c.is(name)),
            FaultSubject::Guest(id) => {
                entry.is_some_and(|entry| entry.guest_id.as_deref() == Some(id))
                    || self.conversations.iter().any(|c| c.is_of_open_guest(id) && c.id == name)
            }
            FaultSubject::Session(token) => self.session_is(token, name),
            FaultSubject::Origin(from) => entry.is_some_and(|entry| entry.origin.as_deref() == Some(from)),
        }
    }

    /// Whether the session of `token` is that of the entry or the conversation called `name`.
    pub(super) fn session_is(&self, token: &str, name: &str) -> bool {
        let of = |c: &&SimulatedConversation| matches!(&c.via, GuestAccess::Web(own) if &**own == token);
        self.conversations.iter().filter(of).any(|c| c.is(name))
            || self.web_entry(token).is_some_and(|entry| entry.name == name)
    }

    pub(crate) fn set_fault(&mut self, fault: Fault) {
        if fault.at_once {
            self.act(&fault);
        } else {
            self.armed.arm(fault);
        }
    }

    pub(crate) fn check_fault(&self, fault: Fault) -> Result<Fault, String> {
        match &fault.conversation {
            Some(name) if self.conversations.iter().any(|c| c.is(name)) => Ok(fault),
            Some(name)
                if fault.at_once
                    && matches!(fault.kind, FaultKind::ConversationEnded | FaultKind::ParticipantMismatch) =>
            {
                let not_begun = format!("`{name}` has not begun yet, and this fault acts at once");
                self.scenario.check_fault(fault).and(Err(not_begun))
            }
            _ => self.scenario.check_fault(fault),
        }
    }

    /// Lifts all faults: conversations that one ended go on, guests have their own participant ids again. Tokens that
    /// were expired or revoked stay so, and so do sessions that are over.
    pub(crate) fn clear_faults(&mut self) {
        self.armed.clear();
        for conversation in &mut self.conversations {
            // A web session was told of its end, and that cannot be taken back.
            if !matches!(conversation.via, GuestAccess::Web(_)) {
                conversation.ended = conversation.ended.filter(|end| !end.by_fault);
            }
            if let Some(id) = conversation.true_guest.take() {
                conversation.participants[0].id = id;
            }
        }
    }

    fn act(&mut self, act: &Fault) {
        let wanted = act.conversation.as_deref();
        let meant: Vec<usize> = (0..self.conversations.len())
            .filter(|n| wanted.is_none_or(|name| self.conversations[*n].is(name)))
            .collect();
        match act.kind {
            FaultKind::TokenExpired => self.tokens.expire_all(self.now),
            FaultKind::TokenRevoked => self.tokens.revoke(|_| true, self.now),
            FaultKind::ConversationEnded => {
                for n in meant {
                    self.end(n, true);
                }
                self.run_due();
            }
            FaultKind::ParticipantMismatch => {
                for n in meant {
                    let conversation = &mut self.conversations[n];
                    let true_id = std::mem::replace(&mut conversation.participants[0].id, self.dice.messages.uuid());
                    conversation.true_guest.get_or_insert(true_id);
                }
            }
            FaultKind::SessionReadOnly
            | FaultKind::SessionExpired
            | FaultKind::SessionCleared
            | FaultKind::LoggedOut => self.end_sessions(&act.kind, wanted),
            _ => {}
        }
    }

    pub(crate) fn clock(&self) -> Value {
        json!({"now": self.now.wall, "advanced_seconds": self.advanced_seconds})
    }

    pub(crate) fn state(&mut self) -> Value {
        self.run_due();
        let conversation = |c: &SimulatedConversation| {
            let received = c.thread.iter().filter_map(|said| {
                let content: Vec<Value> = said.pieces.iter().map(GuestContent::json).collect();
                Some(dense(json!({
                    "id": said.id,
                    "text": &*said.text,
                    "at": said.at,
                    "request_id": said.request.as_deref()?,
                    "message_id": said.own_id.as_deref(),
                    "content": (!content.is_empty()).then_some(content),
                })))
            });
            json!({
                "id": c.id,
                "name": c.name,
                "channel": c.channel().name(),
                "participant_id": c.guest().id,
                "ended": c.ended.is_some(),
                "attributes": c.attributes,
                "received": c.received,
                "messages": received.collect::<Vec<_>>(),
            })
        };
        let webhook = self.scenario.webhook.as_ref().map(|webhook| webhook.url.as_str());
        let (connections, sessions) = (self.web.connections.len(), self.web.sessions.len());
        json!({
            "scenario": self.scenario.name,
            "seed": self.scenario.seed,
            "world": self.scenario.world,
            "clock": self.clock(),
            "tokens": {
                "issued": self.tokens.issued,
                "renewals": self.tokens.issued.saturating_sub(1),
                "valid": self.tokens.valid(self.now),
                "revoked": self.tokens.revoked,
            },
            "requests": self.tally.requests,
            "refused": self.tally.refused,
            "received": self.conversations.iter().map(|c| c.received).sum::<u64>(),
            "conversations": self.conversations.iter().map(conversation).collect::<Vec<_>>(),
            "open": with(json!(self.tally.open), json!({ "webhook": webhook })),
            "web": with(json!(self.tally.web), json!({"connections": connections, "sessions": sessions})),
            "faults": self.armed.to_json(),
        })
    }
}
