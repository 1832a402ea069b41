//! A conversation as the platform keeps it: participants and what they said.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::content::{GuestContent, OfferedContent};
use super::script::ScriptStage;
use crate::model::{Channel, Moment};
use crate::sandbox::rng::Rng;
use crate::sandbox::scenario::{Addressed, ParticipantPurpose, ScenarioConversation, ScenarioScript};

/// How much of a conversation is kept. What is older is forgotten; it stays counted.
const KEPT: usize = 20_000;

#[derive(Clone, Debug)]
pub(crate) struct Participant {
    pub(crate) id: String,
    pub(crate) purpose: ParticipantPurpose,
    pub(crate) name: String,
    /// The communication (session) through which they speak.
    pub(crate) communication: String,
    pub(crate) joined: Timestamp,
}

impl Participant {
    pub(crate) fn agent(dice: &mut Rng, joined: Timestamp) -> Self {
        Self::new(dice.uuid(), ParticipantPurpose::Agent, "Robin Vale", dice, joined)
    }

    fn new(id: String, purpose: ParticipantPurpose, name: &str, dice: &mut Rng, joined: Timestamp) -> Self {
        Self { id, purpose, name: name.to_owned(), communication: dice.uuid(), joined }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum GuestAccess {
    #[default]
    GuestApi,
    /// Through the integration, as this guest: `channel.from` of the newest message.
    Open(Value),
    Web(Arc<str>),
}

#[derive(Clone, Debug)]
pub(crate) struct SimulatedMessage {
    pub(crate) id: String,
    pub(crate) by: ParticipantPurpose,
    pub(crate) text: Arc<str>,
    pub(crate) offer: OfferedContent,
    pub(crate) pieces: Vec<GuestContent>,
    /// The sender's own id of the message (`channel.messageId`), where it gave one.
    pub(crate) own_id: Option<Arc<str>>,
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) at: Timestamp,
    /// The `x-request-id` of the answer to the request that brought it, or the tracing id of its frame; `None` for the
    /// history and for answers.
    pub(crate) request: Option<Arc<str>>,
}

impl SimulatedMessage {
    pub(crate) fn words(id: String, by: ParticipantPurpose, text: impl Into<Arc<str>>, at: Timestamp) -> Self {
        let (offer, pieces, metadata) = Default::default();
        Self { id, by, text: text.into(), offer, pieces, own_id: None, metadata, at, request: None }
    }

    pub(crate) fn is_guests(&self) -> bool {
        self.by == ParticipantPurpose::Customer
    }

    pub(crate) fn content(&self) -> Option<Vec<Value>> {
        let mut all = self.offer.content(self.at);
        all.extend(self.pieces.iter().map(GuestContent::json));
        (!all.is_empty()).then_some(all)
    }

    pub(crate) fn form(&self) -> &'static str {
        let chosen = self.pieces.iter().any(|piece| matches!(piece, GuestContent::Choice(_)));
        if self.offer == OfferedContent::Nothing && !chosen { "Text" } else { "Structured" }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ConversationEnd {
    pub(crate) at: Timestamp,
    /// By a fault: lifted with it.
    pub(crate) by_fault: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct SimulatedConversation {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) via: GuestAccess,
    /// Participant data: what came as custom attributes.
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) external_id: Option<String>,
    pub(crate) script: ScenarioScript,
    pub(crate) stage: ScriptStage,
    pub(crate) started: Timestamp,
    pub(crate) ended: Option<ConversationEnd>,
    /// The guest's first; then in the order in which they joined.
    pub(crate) participants: Vec<Participant>,
    /// The participant id and the external id that the profile's entry has.
    pub(crate) configured: (Option<String>, Option<String>),
    /// The guest's participant id before a fault changed it.
    pub(crate) true_guest: Option<String>,
    /// Oldest first, the newest [`KEPT`].
    pub(crate) thread: VecDeque<SimulatedMessage>,
    /// Guest messages received by requests, also those no longer kept.
    pub(crate) received: u64,
    newest: Option<Timestamp>,
}

impl SimulatedConversation {
    pub(crate) fn new(entry: &ScenarioConversation, via: GuestAccess, seed: u64, now: Moment) -> Self {
        let mut dice = Rng::new(seed, &format!("conversation {}", entry.name));
        let id = entry.id.clone().unwrap_or_else(|| dice.uuid());
        let guest = entry.participant_id.clone().unwrap_or_else(|| dice.uuid());
        let stranger = dice.uuid();
        let span = u64::from(entry.started_minutes_ago) * 60;
        let started = earlier(now.wall, span);
        let names = (entry.name.as_str(), entry.guest.as_str());
        let mut conversation = Self::begin(names, (id, guest.clone()), entry.script, via, &mut dice, started);
        if entry.history.iter().any(|line| line.by == ParticipantPurpose::Agent) {
            conversation.participants.push(Participant::agent(&mut dice, started));
            conversation.stage.person = true;
        }
        let lines = entry.history.len() as u64;
        for (n, line) in (1_u64..).zip(&entry.history) {
            let at = earlier(now.wall, span.saturating_sub(span * n / (lines + 2)));
            let mut said = SimulatedMessage::words(dice.hex(), line.by, line.text.as_str(), at);
            if !line.choices.is_empty() {
                said.offer = OfferedContent::QuickReplies(line.choices.clone());
            }
            conversation.thread.push_back(said);
        }
        if entry.ended {
            let last = conversation.thread.back().map_or(started, |said| said.at);
            let at = last.saturating_add(Duration::from_secs(60)).unwrap_or(last).min(now.wall);
            conversation.ended = Some(ConversationEnd { at, by_fault: false });
        }
        conversation.external_id = entry.external_id.clone();
        conversation.configured = match entry.addressed {
            Addressed::Guest => (Some(guest), None),
            Addressed::Stranger => (Some(stranger), None),
            Addressed::External => (None, entry.external_id.clone()),
            Addressed::No => (None, None),
        };
        conversation
    }

    /// A conversation in which nothing has been said yet: its name and the guest's, its id and the guest's.
    pub(crate) fn begin(
        (name, guest_name): (&str, &str),
        (id, guest): (String, String),
        script: ScenarioScript,
        via: GuestAccess,
        dice: &mut Rng,
        started: Timestamp,
    ) -> Self {
        let customer = Participant::new(guest, ParticipantPurpose::Customer, guest_name, dice, started);
        let bot = Participant::new(dice.uuid(), ParticipantPurpose::Workflow, "Assistant", dice, started);
        Self { name: name.to_owned(), id, via, script, started, participants: vec![customer, bot], ..Self::default() }
    }

    /// The time of what happens at `at`: no two in one millisecond, since clients have to order them by their times.
    pub(crate) fn stamp(&mut self, at: Timestamp) -> Timestamp {
        if self.via == GuestAccess::GuestApi {
            return at;
        }
        let next = self.newest.and_then(|newest| newest.saturating_add(Duration::from_millis(1)).ok());
        *self.newest.insert(next.map_or(at, |next| at.max(next)))
    }

    /// The type of its messages on the wire.
    pub(crate) const fn messenger(&self) -> &'static str {
        // The guests of the Guest API came by the web messenger.
        if matches!(self.via, GuestAccess::Open(_)) { "open" } else { "webmessaging" }
    }

    pub(crate) const fn channel(&self) -> Channel {
        match self.via {
            GuestAccess::GuestApi => Channel::GuestApi,
            GuestAccess::Open(_) => Channel::OpenMessaging,
            GuestAccess::Web(_) => Channel::WebMessaging,
        }
    }

    pub(crate) fn is(&self, name: &str) -> bool {
        self.id == name || self.name == name
    }

    pub(crate) fn is_of_open_guest(&self, id: &str) -> bool {
        matches!(&self.via, GuestAccess::Open(from) if from.get("id").and_then(Value::as_str) == Some(id))
    }

    pub(crate) fn guest(&self) -> &Participant {
        &self.participants[0]
    }

    /// The newest participant with that purpose.
    pub(crate) fn participant(&self, purpose: ParticipantPurpose) -> Option<&Participant> {
        self.participants.iter().rev().find(|p| p.purpose == purpose)
    }

    pub(crate) fn say(&mut self, said: SimulatedMessage) {
        self.received += u64::from(said.request.is_some());
        self.thread.push_back(said);
        if self.thread.len() > KEPT {
            self.thread.pop_front();
        }
    }

    pub(crate) fn said(&self, id: &str) -> Option<&SimulatedMessage> {
        self.thread.iter().rev().find(|said| said.id == id)
    }
}

fn earlier(at: Timestamp, seconds: u64) -> Timestamp {
    at.saturating_sub(Duration::from_secs(seconds)).unwrap_or(Timestamp::MIN)
}
