//! The simulated organisation: its state and its rules. Pure: no clock, no sockets; whoever asks sets its time first.
//!
//! ```text
//! request ─► meet ─► Faults ─┬─► token / admit ─► send, open, may_read ─► messages, shapes or refusal
//!                            └─► spoilt: never looked at
//! frame ─► web: session, message ─► echo ─┐
//! counterpart: a message received ─► due ─┴─► takes place when its time has come (`run_due`) ─► outbox, pushes
//! ```

mod content;
mod control;
mod conversation;
mod due_events;
pub(crate) mod open;
mod refusal;
mod script;
mod tally;
#[cfg(test)]
#[path = "../../../tests/unit/sandbox/world.rs"]
mod tests;
mod token;
pub(crate) mod web;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::json;

pub(crate) use control::FaultSubject;
pub(crate) use conversation::{ConversationEnd, GuestAccess, Participant, SimulatedConversation, SimulatedMessage};
pub(crate) use refusal::{BODY_MAX_BYTES, RequestedPage, Served, ServiceRefusal, json_of};
pub(crate) use tally::{Gauge, ReceivedCounts};
pub(crate) use token::{GrantRequest, IssuedTokens, TokenRefusal};

pub(crate) use super::scenario::ParticipantPurpose;

use super::fault::{ActiveFaults, Faults};
use super::rng::Rng;
use super::scenario::{Scenario, ScenarioConversation, ScenarioRules, ScenarioScript};
use crate::genesys::guest_api::SCOPE;
use crate::model::fault::FaultKind;
use crate::model::ids::is_uuid;
use crate::model::{Channel, Moment};
use script::ScriptedAct;
use web::{ConnectionId, Outgoing, Web};

/// The whole state. No `Debug`: it holds the secret and the tokens.
pub(crate) struct World {
    pub(crate) now: Moment,
    /// How far its time is ahead of the real one.
    pub(crate) advanced_seconds: u64,
    /// The scenario, with the ids, secrets and tokens that it does not give filled in, and the webhook as it is now.
    pub(crate) scenario: Scenario,
    pub(crate) organization_id: String,
    pub(crate) integration_id: String,
    pub(crate) deployment_id: String,
    pub(crate) pushes: Vec<WebhookPush>,
    pub(crate) web: Web,
    /// Those of the scenario that have begun, in its order; then those that began since.
    pub(crate) conversations: Vec<SimulatedConversation>,
    pub(crate) tally: ReceivedCounts,
    pub(crate) tokens: IssuedTokens,
    pub(crate) armed: ActiveFaults,
    dice: Dice,
    /// In the order in which they are due.
    due: VecDeque<(Moment, DueEvent)>,
}

struct Dice {
    requests: Rng,
    messages: Rng,
    timing: Rng,
}

#[derive(Clone, Debug)]
enum DueEvent {
    Counterpart(usize, ScriptedAct),
    Frame(ConnectionId, Outgoing),
    /// The frame that a connection holds back.
    Release(ConnectionId),
    /// The time of this guest token's session may be over.
    Expires(Arc<str>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WebhookPush {
    pub(crate) url: String,
    pub(crate) body: String,
    /// The value of `X-Hub-Signature-256`.
    pub(crate) signature: String,
}

/// `sha256=` and the base64 (not hex) of the HMAC over the raw body. [real: documented; SLACK, GCX]
fn signature(secret: &str, body: &[u8]) -> String {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
    format!("sha256={}", STANDARD.encode(ring::hmac::sign(&key, body).as_ref()))
}

/// Both bodies of the description in one: `{"text","type"}` and `{"to":{"id","externalId"},"text"}`.
#[derive(Deserialize)]
pub(crate) struct GuestText {
    text: String,
    #[serde(rename = "type")]
    form: Option<String>,
    to: Option<Recipient>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recipient {
    id: Option<String>,
    external_id: Option<String>,
}

impl World {
    pub(crate) fn new(mut scenario: Scenario, now: Moment) -> Self {
        // The ids of what happens come from both.
        let (seed, run) = (scenario.seed, scenario.seed ^ scenario.run);
        let mut dice = Rng::new(seed, "organization");
        scenario.client.id.get_or_insert_with(|| dice.uuid());
        scenario.client.secret.get_or_insert_with(|| {
            // The secret once came from this sequence. The draw stays, so that later draws give the ids that journals know.
            dice.opaque(43);
            // Of its own each start: whoever has seen one start cannot sign in at the next.
            Rng::new(run, "client secret").opaque(43).into()
        });
        let waiting = std::mem::take(&mut scenario.conversations);
        let of_run = |purpose| Rng::new(run, purpose);
        let mut world = Self {
            now,
            advanced_seconds: 0,
            organization_id: dice.uuid(),
            integration_id: dice.uuid(),
            deployment_id: dice.uuid(),
            pushes: Vec::new(),
            web: Web::new(run),
            conversations: Vec::new(),
            tally: ReceivedCounts::default(),
            tokens: IssuedTokens::new(run, scenario.limits.requests_per_minute, now),
            armed: ActiveFaults::default(),
            dice: Dice { requests: of_run("requests"), messages: of_run("messages"), timing: Rng::new(seed, "timing") },
            due: VecDeque::new(),
            scenario,
        };
        for entry in waiting {
            world.add_entry(entry);
        }
        for fault in world.scenario.faults.clone() {
            world.set_fault(fault);
        }
        world
    }

    /// Adds a conversation of the scenario. It has begun if it is one of the Guest API or has a history.
    fn add_entry(&mut self, mut entry: ScenarioConversation) {
        let (seed, begun) = (self.scenario.seed, !entry.history.is_empty());
        let via = match entry.channel {
            Channel::GuestApi => Some(GuestAccess::GuestApi),
            Channel::OpenMessaging => {
                let by_name = || entry.guest.to_lowercase().split_whitespace().collect::<Vec<_>>().join("-");
                let id = entry.guest_id.get_or_insert_with(by_name);
                let from = json!({"id": id, "idType": "Opaque", "nickname": entry.guest});
                begun.then_some(GuestAccess::Open(from))
            }
            Channel::WebMessaging => {
                let origin = entry.origin.get_or_insert_with(|| self.scenario.deployment.first_origin().to_owned());
                let token = || Arc::from(Rng::new(seed, &format!("guest token {}", entry.name)).uuid());
                entry.guest_token = begun.then(token);
                let n = self.conversations.len();
                entry.guest_token.clone().map(|token| {
                    self.begin_session(&token, origin).conversations.push(n);
                    GuestAccess::Web(token)
                })
            }
        };
        if let Some(via) = via {
            self.add(SimulatedConversation::new(&entry, via, seed, self.now));
        }
        self.scenario.conversations.push(entry);
    }

    fn begin(&mut self, names: (&str, &str), script: ScenarioScript, via: GuestAccess) -> usize {
        let dice = &mut self.dice.messages;
        let ids = (dice.uuid(), dice.uuid());
        let begun = SimulatedConversation::begin(names, ids, script, via, dice, self.now.wall);
        self.add(begun)
    }

    fn add(&mut self, conversation: SimulatedConversation) -> usize {
        self.conversations.push(conversation);
        self.conversations.len() - 1
    }

    /// Who waits in the picker for a web session: by its token, or the first without one that has its origin.
    fn web_entry(&self, session_token: &str) -> Option<&ScenarioConversation> {
        let from = self.web.sessions.get(session_token)?.origin.as_str();
        let rank = |entry: &&ScenarioConversation| match &entry.guest_token {
            Some(token) if &**token == session_token => Some(0),
            token if entry.origin.as_deref() == Some(from) => Some(if token.is_none() { 1 } else { 2 }),
            _ => None,
        };
        self.scenario.conversations.iter().filter(|entry| rank(entry).is_some()).min_by_key(rank)
    }

    /// Ids for an answer: request id and correlation id.
    pub(crate) fn request_ids(&mut self) -> (String, String) {
        (self.dice.requests.uuid(), self.dice.requests.uuid())
    }

    pub(crate) fn latency(&mut self) -> Duration {
        let [low, high] = self.scenario.latency_ms;
        Duration::from_millis(if high == 0 { 0 } else { self.dice.timing.between(low, high) })
    }

    pub(crate) fn token(
        &mut self,
        asked: &GrantRequest,
        faults: &Faults,
    ) -> Result<(String, Arc<[String]>), TokenRefusal> {
        let granted = token::granted(&self.scenario, faults, asked).inspect_err(|why| self.tally.refused(why.1))?;
        let (scopes, lifetime) = (Arc::from(granted), Duration::from_secs(self.scenario.token.lifetime_seconds));
        Ok((self.tokens.issue(Arc::clone(&scopes), lifetime, self.now), scopes))
    }

    /// In the described world, reading needs one of `scopes`; in the published one, a permission of `any_of`.
    pub(crate) fn may_read(&self, granted: &[String], faults: &Faults, scopes: &[&str], any_of: &[&str]) -> Served<()> {
        match self.scenario.world {
            ScenarioRules::Described if token::has_any(granted, scopes) => Ok(()),
            ScenarioRules::Described => Err(ServiceRefusal::permission_missing(any_of)),
            ScenarioRules::Published => self.check_permission(faults, any_of),
        }
    }

    fn check_permission(&self, faults: &Faults, any_of: &[&str]) -> Served<()> {
        let held = |p: &str| self.scenario.client.permissions.iter().any(|h| h == p);
        let gone = |p: &str| faults.has(&FaultKind::PermissionMissing { permission: p.to_owned() });
        let found = any_of.iter().any(|p| held(p) && !gone(p));
        if found { Ok(()) } else { Err(ServiceRefusal::permission_missing(any_of)) }
    }

    fn find(&self, id: &str) -> Served<usize> {
        if !is_uuid(id) {
            return Err(ServiceRefusal::malformed("conversation-malformed", id, "conversationId"));
        }
        self.conversations.iter().position(|c| c.id == id).ok_or(ServiceRefusal::CONVERSATION_UNKNOWN)
    }

    pub(crate) fn conversation(&self, id: &str) -> Served<&SimulatedConversation> {
        self.find(id).map(|n| &self.conversations[n])
    }

    pub(crate) fn message(&self, id: &str) -> Served<(&SimulatedConversation, &SimulatedMessage)> {
        self.conversations.iter().find_map(|c| Some((c, c.said(id)?))).ok_or(ServiceRefusal::MESSAGE_UNKNOWN)
    }

    /// Ends a conversation by `PATCH …{"state":"disconnected"}`.
    pub(crate) fn disconnect(&mut self, id: &str) -> Served<&SimulatedConversation> {
        let n = self.find(id)?;
        self.end(n, false);
        self.run_due();
        Ok(&self.conversations[n])
    }

    /// Receives a message of the Guest API, or says why not. The order of the checks is the description's: the permission
    /// check runs first (token, scope or role, the conversation's and the participant's id), then what is wrong with the
    /// body's form, then the text. What is received is in the conversation when this returns.
    /// `request_id` is the `x-request-id` that the answer will have.
    pub(crate) fn send(
        &mut self,
        granted: &[String],
        faults: &Faults,
        conversation: &str,
        body: impl FnOnce() -> Served<GuestText>,
        request_id: &str,
    ) -> Served<(&SimulatedConversation, &SimulatedMessage)> {
        self.may_send(granted, faults)?;
        let n = self.find(conversation)?;
        let conversation = &self.conversations[n];
        let body = body()?;
        if let Some(to) = &body.to {
            addressed(conversation, to)?;
        }
        if body.text.trim().is_empty() {
            return Err(ServiceRefusal::BODY_MALFORMED);
        }
        if let Some(form) = body.form.filter(|form| !form.eq_ignore_ascii_case("text")) {
            return Err(ServiceRefusal::value(&form, "type", "text"));
        }
        ServiceRefusal::check_length(&body.text)?;
        if conversation.ended.is_some() {
            return Err(ServiceRefusal::CONVERSATION_ENDED);
        }
        let text: Arc<str> = body.text.into();
        let id = self.dice.messages.hex();
        let mut said = SimulatedMessage::words(id, ParticipantPurpose::Customer, text.clone(), self.now.wall);
        said.request = Some(request_id.into());
        self.conversations[n].say(said);
        self.provoke(n, &text);
        let conversation = &self.conversations[n];
        Ok((conversation, conversation.thread.back().ok_or(ServiceRefusal::MESSAGE_UNKNOWN)?))
    }

    fn may_send(&self, granted: &[String], faults: &Faults) -> Served<()> {
        let has = |scope| token::has_any(granted, &[scope]);
        match self.scenario.world {
            ScenarioRules::Published => self.check_permission(faults, &["conversation:message:receive"]),
            ScenarioRules::Described if has(SCOPE) => {
                let on = self.scenario.client.guest_api && !faults.has(&FaultKind::FeatureOff);
                if on { Ok(()) } else { Err(ServiceRefusal::FEATURE_OFF) }
            }
            ScenarioRules::Described if has("messaging:send") => Err(ServiceRefusal::SCOPE_FORBIDDEN),
            ScenarioRules::Described if has("messaging:guest") => Err(ServiceRefusal::SCOPE_WRONG),
            ScenarioRules::Described => Err(ServiceRefusal::SCOPE_MISSING),
        }
    }
}

fn addressed(conversation: &SimulatedConversation, to: &Recipient) -> Served<()> {
    let (id, external_id) = (to.id.as_deref(), to.external_id.as_deref());
    if id.is_none() && external_id.is_none() {
        return Err(ServiceRefusal::BODY_MALFORMED);
    }
    if let Some(id) = id.filter(|id| !is_uuid(id)) {
        return Err(ServiceRefusal::malformed("participant-malformed", id, "participantId"));
    }
    let fits = id.is_none_or(|id| conversation.guest().id == id)
        && external_id.is_none_or(|id| conversation.external_id.as_deref() == Some(id));
    if fits { Ok(()) } else { Err(ServiceRefusal::PARTICIPANT_MISMATCH) }
}
