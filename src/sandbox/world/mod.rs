//! The simulated organisation: its state and its rules. Pure: no clock, no sockets; time comes in with each call.
//!
//! ```text
//! request ─► arrive ─► Plan (faults) ─┬─► token / admit ─► send, open, read, introspect ─► Said, shapes or Refusal
//!                                     └─► spoilt: never looked at
//! frame ─► web: session, message ─► echo ─┐
//! counterpart: a message received ─► due ─┴─► takes place when its time has come (`settle`) ─► outbox, pushes
//! ```

mod content;
mod conversation;
mod counterpart;
mod entry;
mod faults;
pub(crate) mod open;
pub(crate) mod outgoing;
mod refusal;
mod script;
mod send;
mod state;
mod tally;
#[cfg(test)]
#[path = "../../../tests/unit/sandbox/world.rs"]
mod tests;
mod token;
pub(crate) mod web;
mod window;

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use conversation::SessionStart;
pub(crate) use conversation::{ConversationEnd, GuestAccess, Participant, SimulatedConversation, SimulatedMessage};
pub(crate) use entry::{GuestOf, WorldEntry};
pub(crate) use faults::FaultSubject;
pub(crate) use refusal::{BODY_MAX_BYTES, ServiceRefusal};
pub(crate) use send::{Incoming, json_of};
pub(crate) use tally::ReceivedCounts;
pub(crate) use token::{Bearer, GrantRequest, IssuedToken, IssuedTokens, TokenRefusal};
pub(crate) use window::Gauge;

pub(crate) use super::scenario::ParticipantPurpose;

use super::fault::{Armed, Plan};
use super::rng::Rng;
use super::scenario::{Scenario, ScenarioRules, ScenarioScript};
use crate::model::Moment;
use crate::model::fault::FaultKind;
use outgoing::{Due, WebhookPush};
use web::Web;

/// An organisation's name and id.
#[derive(Clone, Debug)]
pub(crate) struct Organization {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// The whole state. No `Debug`: it holds the secret and the tokens.
pub(crate) struct World {
    /// The scenario, with the id and the secret of the client filled in, and the webhook as it is now.
    pub(crate) scenario: Scenario,
    pub(crate) organization: Organization,
    pub(crate) integration_id: String,
    pub(crate) deployment_id: String,
    /// What is to be pushed to the webhook.
    pub(crate) pushes: Vec<WebhookPush>,
    pub(crate) web: Web,
    pub(crate) entries: Vec<WorldEntry>,
    /// Those of the scenario that have begun, in its order; then those that began since.
    pub(crate) conversations: Vec<SimulatedConversation>,
    pub(crate) tally: ReceivedCounts,
    pub(crate) tokens: IssuedTokens,
    armed: Armed,
    dice: Dice,
    index: Index,
    /// In the order in which they are due.
    due: VecDeque<Due>,
}

/// Where ids and times come from.
struct Dice {
    requests: Rng,
    messages: Rng,
    timing: Rng,
}

/// Where conversations and messages are, by their ids.
#[derive(Default)]
struct Index {
    conversations: HashMap<String, usize>,
    /// In which conversation a message is.
    messages: HashMap<String, usize>,
    /// Which message has this guest's own id: conversation and message.
    own_ids: HashMap<(Box<str>, Box<str>), (usize, String)>,
}

impl World {
    /// The organisation of `scenario`, as it is at the start.
    pub(crate) fn new(scenario: &Scenario, now: Moment) -> Self {
        let (seed, run) = (scenario.seed, scenario.run_seed());
        let mut dice = Rng::new(seed, "organization");
        let mut scenario = scenario.clone();
        scenario.client.id.get_or_insert_with(|| dice.uuid());
        scenario.client.secret.get_or_insert_with(|| {
            // The secret once came from this sequence. The draw stays, so that later draws give the ids that journals know.
            dice.opaque(43);
            // Of its own each start: whoever has seen one start cannot sign in at the next.
            Rng::new(run, "client secret").opaque(43)
        });
        let mut world = Self {
            organization: Organization { id: dice.uuid(), name: "Sandbox Energy".to_owned() },
            integration_id: dice.uuid(),
            deployment_id: dice.uuid(),
            pushes: Vec::new(),
            web: Web::new(scenario.deployment.clone(), scenario.limits, run),
            entries: Vec::new(),
            conversations: Vec::new(),
            tally: ReceivedCounts::default(),
            tokens: IssuedTokens::new(run, now),
            armed: Armed::default(),
            dice: Dice {
                requests: Rng::new(run, "requests"),
                messages: Rng::new(run, "messages"),
                timing: Rng::new(seed, "timing"),
            },
            index: Index::default(),
            due: VecDeque::new(),
            scenario: scenario.clone(),
        };
        world.populate(&scenario, now);
        for fault in scenario.faults {
            world.set_fault(fault, now);
        }
        world
    }

    /// The picker's entries, and the conversations that have begun: those of the Guest API, and those with a history.
    fn populate(&mut self, scenario: &Scenario, now: Moment) {
        for conversation in &scenario.conversations {
            let entry = WorldEntry::new(conversation, self.conversations.len(), &scenario.deployment, scenario.seed);
            let via = match &entry.way {
                GuestOf::GuestApi(_) => Some(GuestAccess::GuestApi),
                GuestOf::Open { .. } if conversation.history.is_empty() => None,
                GuestOf::Open { guest_id } => {
                    let from = serde_json::json!({"id": guest_id, "idType": "Opaque", "nickname": conversation.guest});
                    Some(GuestAccess::Open { from })
                }
                GuestOf::Web { token, .. } => token.clone().map(|token| GuestAccess::Web { token }),
            };
            if let Some(via) = via {
                if let (GuestAccess::Web { token }, GuestOf::Web { origin, .. }) = (&via, &entry.way) {
                    self.begin_session(token, origin, now);
                }
                let begun = SimulatedConversation::new(conversation, via.clone(), scenario.seed, now);
                let n = self.add(begun);
                if let GuestAccess::Web { token } = via {
                    self.give_conversation(&token, n);
                }
            }
            self.entries.push(entry);
        }
    }

    /// Begins a conversation in which nothing has been said yet.
    fn begin(&mut self, name: &str, guest_name: &str, script: ScenarioScript, via: GuestAccess, now: Moment) -> usize {
        let (id, guest) = (self.dice.messages.uuid(), self.dice.messages.uuid());
        let begun = SessionStart { name, id, guest, guest_name, script, via };
        let conversation = SimulatedConversation::begin(begun, &mut self.dice.messages, now.wall);
        self.add(conversation)
    }

    /// Takes a conversation in.
    fn add(&mut self, conversation: SimulatedConversation) -> usize {
        let n = self.conversations.len();
        self.index.conversations.insert(conversation.id.clone(), n);
        self.index.messages.extend(conversation.thread.iter().map(|said| (said.id.clone(), n)));
        self.conversations.push(conversation);
        n
    }

    /// The picker's entry of a web session.
    fn entry_of(&self, token: &str) -> Option<&WorldEntry> {
        entry::web(&self.entries, token, self.web.origin_of(token)?)
    }

    /// Which rules hold.
    pub(crate) const fn rules(&self) -> ScenarioRules {
        self.scenario.world
    }

    /// Ids for an answer: request id and correlation id.
    pub(crate) fn request_ids(&mut self) -> (String, String) {
        (self.dice.requests.uuid(), self.dice.requests.uuid())
    }

    pub(crate) fn latency(&mut self) -> Duration {
        let [low, high] = self.scenario.latency_ms;
        Duration::from_millis(if high == 0 { 0 } else { self.dice.timing.between(low, high) })
    }

    /// Gives out a token, or says why not.
    pub(crate) fn token(
        &mut self,
        asked: &GrantRequest,
        plan: &Plan,
        now: Moment,
    ) -> Result<IssuedToken, TokenRefusal> {
        let scopes = token::granted(&self.scenario, plan, asked).inspect_err(|r| self.tally.refused(r.error))?;
        Ok(self.tokens.issue(scopes, Duration::from_secs(self.scenario.token.lifetime_seconds), now))
    }

    /// Counts a request of `bearer`, and lets it in where the token is valid.
    pub(crate) fn admit(&mut self, bearer: Option<&str>, now: Moment) -> (Gauge, Result<Bearer, ServiceRefusal>) {
        self.tokens.admit(bearer, self.scenario.limits.requests_per_minute, now)
    }

    /// The gauge of a request that a fault answers in place of the platform.
    pub(crate) fn gauge(&mut self, bearer: Option<&str>, now: Moment) -> Gauge {
        self.admit(bearer, now).0
    }

    /// Whether a bearer may read. In the described world one of `scopes` is needed; in the published one a permission.
    pub(crate) fn may_read(
        &self,
        bearer: &Bearer,
        plan: &Plan,
        scopes: &[&str],
        any_of: &'static [&'static str],
    ) -> Result<(), ServiceRefusal> {
        let allowed = match self.rules() {
            ScenarioRules::Described => bearer.has_any(scopes),
            ScenarioRules::Published => self.has_permission(plan, any_of),
        };
        if allowed { Ok(()) } else { Err(ServiceRefusal::PermissionMissing(any_of)) }
    }

    fn has_permission(&self, plan: &Plan, any_of: &[&str]) -> bool {
        let held = |p: &&&str| self.scenario.client.permissions.iter().any(|h| h == **p);
        let gone = |p: &str| plan.has(&FaultKind::PermissionMissing { permission: p.to_owned() });
        any_of.iter().filter(held).any(|p| !gone(p))
    }

    pub(crate) fn conversation(&self, id: &str) -> Result<&SimulatedConversation, ServiceRefusal> {
        if !crate::model::ids::is_uuid(id) {
            return Err(ServiceRefusal::ConversationMalformed(id.to_owned()));
        }
        let n = self.index.conversations.get(id).ok_or(ServiceRefusal::ConversationUnknown)?;
        self.conversations.get(*n).ok_or(ServiceRefusal::ConversationUnknown)
    }

    pub(crate) fn message(&self, id: &str) -> Result<(&SimulatedConversation, &SimulatedMessage), ServiceRefusal> {
        let n = self.index.messages.get(id).ok_or(ServiceRefusal::MessageUnknown)?;
        let conversation = self.conversations.get(*n).ok_or(ServiceRefusal::MessageUnknown)?;
        Ok((conversation, conversation.said(id).ok_or(ServiceRefusal::MessageUnknown)?))
    }

    /// Ends a conversation by `PATCH …{"state":"disconnected"}`.
    pub(crate) fn disconnect(&mut self, id: &str, now: Moment) -> Result<&SimulatedConversation, ServiceRefusal> {
        self.conversation(id)?;
        if let Some(n) = self.index.conversations.get(id).copied() {
            self.end(n, now, false);
            self.settle(now);
        }
        self.conversation(id)
    }
}
