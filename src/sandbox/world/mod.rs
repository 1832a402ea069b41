//! The simulated organisation: its state and its rules. Pure: no clock, no sockets; time comes in with each call.
//!
//! ```text
//! request ─► arrive ─► Plan (faults) ─┬─► token / admit ─► send, read, introspect ─► Said, shapes or Refusal
//!                                     └─► spoilt: never looked at
//! counterpart: a message received ─► due happenings ─► take place when the time they are due has come (`settle`)
//! ```

mod conversation;
mod refusal;
mod script;
mod send;
mod tally;
#[cfg(test)]
mod tests;
mod token;
mod window;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

pub(crate) use conversation::{Conversation, End, Participant, Purpose, Said};
pub(crate) use refusal::{BODY_MAX_BYTES, Refusal};
pub(crate) use send::{Incoming, is_json};
pub(crate) use tally::Tally;
pub(crate) use token::{Asked, Bearer, Client, Grant, TokenRefusal, Tokens};
pub(crate) use window::Gauge;

use super::dice::Dice;
use super::fault::{Act, Armed, Fault, Kind, Plan, Target};
use super::scenario::{Rules, Scenario};
use crate::model::Moment;
use script::Happening;

/// An organisation's name and id.
#[derive(Clone, Debug)]
pub(crate) struct Organization {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// Something of the counterpart that is due.
#[derive(Clone, Debug)]
struct Due {
    at: Moment,
    conversation: usize,
    happening: Happening,
}

/// The whole state. No `Debug`: it holds the secret and the tokens.
pub(crate) struct World {
    pub(crate) scenario: String,
    pub(crate) seed: u64,
    pub(crate) rules: Rules,
    pub(crate) client: Client,
    pub(crate) organization: Organization,
    /// Ids of the channels whose wires come later; they are announced already.
    pub(crate) integration_id: String,
    pub(crate) deployment_id: String,
    pub(crate) tell_scope: bool,
    pub(crate) conversations: Vec<Conversation>,
    pub(crate) tally: Tally,
    tokens: Tokens,
    armed: Armed,
    lifetime: Duration,
    per_minute: u32,
    latency_ms: [u64; 2],
    reply_ms: [u64; 2],
    requests: Dice,
    messages: Dice,
    timing: Dice,
    by_id: HashMap<String, usize>,
    /// In which conversation a message is.
    by_message: HashMap<String, usize>,
    /// In the order in which they are due.
    due: std::collections::VecDeque<Due>,
}

impl World {
    /// The organisation of `scenario`, as it is at the start.
    pub(crate) fn new(scenario: &Scenario, now: Moment) -> Self {
        let seed = scenario.seed;
        let mut dice = Dice::new(seed, "organization");
        let client = Client {
            id: scenario.client.id.clone().unwrap_or_else(|| dice.uuid()),
            secret: scenario.client.secret.clone().unwrap_or_else(|| dice.opaque(43)),
            name: scenario.client.name.clone(),
            scopes: scenario.client.scopes.clone(),
            guest_api: scenario.client.guest_api,
            permissions: scenario.client.permissions.clone(),
        };
        let conversations: Vec<Conversation> =
            scenario.conversations.iter().map(|entry| Conversation::new(entry, seed, now)).collect();
        let numbered = || conversations.iter().enumerate();
        let by_id = numbered().map(|(n, c)| (c.id.clone(), n)).collect();
        let by_message = numbered().flat_map(|(n, c)| c.thread.iter().map(move |said| (said.id.clone(), n))).collect();
        let mut world = Self {
            scenario: scenario.name.clone(),
            seed,
            rules: scenario.world,
            client,
            organization: Organization { id: dice.uuid(), name: "Sandbox Energy".to_owned() },
            integration_id: dice.uuid(),
            deployment_id: dice.uuid(),
            tell_scope: scenario.token.tell_scope,
            by_id,
            by_message,
            conversations,
            tally: Tally::default(),
            tokens: Tokens::new(seed, now),
            armed: Armed::default(),
            lifetime: Duration::from_secs(scenario.token.lifetime_seconds),
            per_minute: scenario.limits.requests_per_minute,
            latency_ms: scenario.latency_ms,
            reply_ms: scenario.reply_ms,
            requests: Dice::new(seed, "requests"),
            messages: Dice::new(seed, "messages"),
            timing: Dice::new(seed, "timing"),
            due: std::collections::VecDeque::new(),
        };
        for fault in scenario.faults.iter().cloned() {
            world.set_fault(fault, now);
        }
        world
    }

    /// A request arrived: what the faults make of it. Everything that was due before it has taken place.
    pub(crate) fn arrive(&mut self, target: Target, conversation: Option<&str>, now: Moment) -> Plan {
        self.settle(now);
        let addressed = conversation.and_then(|id| self.by_id.get(id)).and_then(|&n| self.conversations.get(n));
        let (plan, acts) = self.armed.meet(target, |name| match addressed {
            Some(conversation) => conversation.is(name),
            None => conversation == Some(name),
        });
        for act in acts {
            self.act(&act, now);
        }
        plan
    }

    /// Ids for an answer: request id and correlation id.
    pub(crate) fn request_ids(&mut self) -> (String, String) {
        (self.requests.uuid(), self.requests.uuid())
    }

    /// How long an answer takes.
    pub(crate) fn latency(&mut self) -> Duration {
        let [low, high] = self.latency_ms;
        Duration::from_millis(if high == 0 { 0 } else { self.timing.between(low, high) })
    }

    /// Gives out a token, or says why not.
    pub(crate) fn token(&mut self, asked: &Asked, plan: &Plan, now: Moment) -> Result<Grant, TokenRefusal> {
        let scopes =
            token::judge(&self.client, self.rules, plan, asked).inspect_err(|r| self.tally.refused(r.error))?;
        Ok(self.tokens.issue(scopes, self.lifetime, now))
    }

    /// Counts a request of `bearer`, and lets it in where the token is valid.
    pub(crate) fn admit(&mut self, bearer: Option<&str>, now: Moment) -> (Gauge, Result<Bearer, Refusal>) {
        self.tokens.admit(bearer, self.per_minute, now)
    }

    /// The gauge of a request that a fault answers in place of the platform.
    pub(crate) fn gauge(&mut self, bearer: Option<&str>, now: Moment) -> Gauge {
        self.tokens.admit(bearer, self.per_minute, now).0
    }

    /// Withdraws the bearer's token.
    pub(crate) fn revoke(&mut self, bearer: &str) {
        self.tokens.revoke(bearer);
    }

    /// Whether a bearer may read. In the described world one of `scopes` is needed; in the published one a permission.
    pub(crate) fn may_read(
        &self,
        bearer: &Bearer,
        plan: &Plan,
        scopes: &[&str],
        any_of: &'static [&'static str],
    ) -> Result<(), Refusal> {
        let allowed = match self.rules {
            Rules::Described => bearer.has_any(scopes),
            Rules::Published => self.has_permission(plan, any_of),
        };
        if allowed { Ok(()) } else { Err(Refusal::PermissionMissing(any_of)) }
    }

    fn has_permission(&self, plan: &Plan, any_of: &[&str]) -> bool {
        let held = |p: &&&str| self.client.permissions.iter().any(|h| h == **p);
        any_of.iter().filter(held).any(|p| !plan.permissions_gone.iter().any(|gone| gone == p))
    }

    /// A conversation by its id.
    pub(crate) fn conversation(&self, id: &str) -> Result<&Conversation, Refusal> {
        if !crate::model::ids::is_uuid(id) {
            return Err(Refusal::ConversationMalformed(id.to_owned()));
        }
        let n = self.by_id.get(id).ok_or(Refusal::ConversationUnknown)?;
        self.conversations.get(*n).ok_or(Refusal::ConversationUnknown)
    }

    /// A message by its id, with its conversation.
    pub(crate) fn message(&self, id: &str) -> Result<(&Conversation, &Said), Refusal> {
        let n = self.by_message.get(id).ok_or(Refusal::MessageUnknown)?;
        let conversation = self.conversations.get(*n).ok_or(Refusal::MessageUnknown)?;
        Ok((conversation, conversation.said(id).ok_or(Refusal::MessageUnknown)?))
    }

    /// Sets a fault.
    pub(crate) fn set_fault(&mut self, fault: Fault, now: Moment) {
        if let Some(act) = self.armed.arm(fault) {
            self.act(&act, now);
        }
    }

    /// The faults that are set, with what is left of their counts.
    pub(crate) fn faults(&self) -> Value {
        self.armed.to_json()
    }

    /// Whether a fault names a conversation that is not here.
    pub(crate) fn check_fault(&self, fault: Fault) -> Result<Fault, String> {
        match &fault.conversation {
            Some(name) if !self.conversations.iter().any(|c| c.is(name)) => {
                let names: Vec<&str> = self.conversations.iter().map(|c| c.name.as_str()).collect();
                Err(format!("no conversation is called `{name}`; {}", super::nearest::hint(name, names)))
            }
            _ => Ok(fault),
        }
    }

    /// Lifts all faults: conversations that one ended go on, guests have their own participant ids again. Tokens that
    /// were expired or revoked stay so.
    pub(crate) fn clear_faults(&mut self) {
        self.armed.clear();
        for conversation in &mut self.conversations {
            conversation.ended = conversation.ended.filter(|end| !end.by_fault);
            if let (Some(id), Some(guest)) = (conversation.true_guest.take(), conversation.participants.first_mut()) {
                guest.id = id;
            }
        }
    }

    fn act(&mut self, act: &Act, now: Moment) {
        let meant = |c: &&mut Conversation| act.conversation.as_deref().is_none_or(|name| c.is(name));
        match act.kind {
            Kind::TokenExpired => self.tokens.expire_all(now),
            Kind::TokenRevoked => self.tokens.revoke_all(now),
            Kind::ConversationEnded => {
                for conversation in self.conversations.iter_mut().filter(meant) {
                    conversation.ended.get_or_insert(End { at: now.wall, by_fault: true });
                }
            }
            Kind::ParticipantMismatch => {
                for conversation in self.conversations.iter_mut().filter(meant) {
                    if let Some(guest) = conversation.participants.first_mut() {
                        let true_id = std::mem::replace(&mut guest.id, self.messages.uuid());
                        conversation.true_guest.get_or_insert(true_id);
                    }
                }
            }
            _ => {}
        }
    }

    /// Lets what is due take place.
    pub(crate) fn settle(&mut self, now: Moment) {
        while self.due.front().is_some_and(|due| due.at <= now) {
            let Some(due) = self.due.pop_front() else { return };
            self.happen(due);
        }
    }

    fn happen(&mut self, due: Due) {
        let Some(conversation) = self.conversations.get_mut(due.conversation) else { return };
        if conversation.ended.is_some() {
            return;
        }
        match due.happening {
            Happening::Says { text, choices } => {
                let person = conversation.participant(Purpose::Agent).is_some();
                let by = if person { Purpose::Agent } else { Purpose::Workflow };
                let (id, text) = (self.messages.hex(), Arc::from(text));
                self.keep(due.conversation, Said { id, by, text, choices, at: due.at.wall, request: None });
            }
            Happening::Joins => conversation.participants.push(Participant {
                id: self.messages.uuid(),
                purpose: Purpose::Agent,
                name: "Robin Vale".to_owned(),
                communication: self.messages.uuid(),
                joined: due.at.wall,
            }),
            Happening::Ends => conversation.ended = Some(End { at: due.at.wall, by_fault: false }),
        }
    }

    /// Adds to a thread and to the index of messages.
    fn keep(&mut self, n: usize, said: Said) {
        self.by_message.insert(said.id.clone(), n);
        if let Some(forgotten) = self.conversations.get_mut(n).and_then(|conversation| conversation.say(said)) {
            self.by_message.remove(&forgotten.id);
        }
    }

    /// Plans the counterpart's answer to `text`.
    fn provoke(&mut self, n: usize, text: &str, now: Moment) {
        let Some(conversation) = self.conversations.get_mut(n) else { return };
        let (happenings, stage) = script::answer(conversation.script, conversation.stage, text);
        conversation.stage = stage;
        let mut at = now;
        for happening in happenings {
            if matches!(happening, Happening::Says { .. }) {
                let [low, high] = self.reply_ms;
                at = at.after(Duration::from_millis(self.timing.between(low, high)));
            }
            // Behind everything that is due no later, so that equal times keep their order.
            let place = self.due.partition_point(|due| due.at <= at);
            self.due.insert(place, Due { at, conversation: n, happening });
        }
    }

    /// What the control API tells: see [`super::Sandbox::state`].
    pub(crate) fn state(&mut self, now: Moment, advanced: Duration) -> Value {
        self.settle(now);
        let conversation = |c: &Conversation| {
            let received = c.thread.iter().filter_map(|said| {
                let request_id = said.request.as_deref()?;
                Some(json!({"id": said.id, "text": &*said.text, "at": said.at, "request_id": request_id}))
            });
            json!({
                "id": c.id,
                "name": c.name,
                "participant_id": c.guest().map(|guest| guest.id.as_str()),
                "ended": c.ended.is_some(),
                "received": c.received,
                "messages": received.collect::<Vec<_>>(),
            })
        };
        let (requests, refused) = self.tally.to_json();
        json!({
            "scenario": self.scenario,
            "seed": self.seed,
            "world": if self.rules == Rules::Described { "described" } else { "published" },
            "clock": {"now": now.wall, "advanced_seconds": advanced.as_secs()},
            "tokens": {
                "issued": self.tokens.issued,
                "renewals": self.tokens.issued.saturating_sub(1),
                "valid": self.tokens.valid(now),
                "revoked": self.tokens.revoked,
            },
            "requests": requests,
            "refused": refused,
            "received": self.conversations.iter().map(|c| c.received).sum::<u64>(),
            "conversations": self.conversations.iter().map(conversation).collect::<Vec<_>>(),
            "faults": self.faults(),
        })
    }
}
