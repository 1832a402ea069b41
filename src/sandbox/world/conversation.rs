//! A conversation as the platform keeps it: participants and what they said.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::script::Stage;
use crate::model::Moment;
use crate::sandbox::dice::Dice;
use crate::sandbox::scenario::{self, Addressed, Script, Speaker};

/// How much of a conversation is kept. What is older is forgotten; it stays counted.
const KEPT: usize = 20_000;

/// What a participant is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The guest.
    Customer,
    /// The bot.
    Workflow,
    /// A person.
    Agent,
}

impl Purpose {
    /// The word on the wire.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Workflow => "workflow",
            Self::Agent => "agent",
        }
    }
}

/// Someone in a conversation.
#[derive(Clone, Debug)]
pub(crate) struct Participant {
    pub(crate) id: String,
    pub(crate) purpose: Purpose,
    pub(crate) name: String,
    /// The communication (session) through which they speak.
    pub(crate) communication: String,
    pub(crate) joined: Timestamp,
}

/// Something that was said.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) id: String,
    pub(crate) by: Purpose,
    pub(crate) text: Arc<str>,
    /// Labels of quick replies.
    pub(crate) choices: &'static [&'static str],
    pub(crate) at: Timestamp,
    /// The `x-request-id` of the answer to the request that brought it; `None` for the history and for answers.
    pub(crate) request: Option<Arc<str>>,
}

/// That and how a conversation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) at: Timestamp,
    /// By a fault: lifted with it.
    pub(crate) by_fault: bool,
}

/// A conversation.
#[derive(Clone, Debug)]
pub(crate) struct Conversation {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) external_id: Option<String>,
    pub(crate) script: Script,
    pub(crate) stage: Stage,
    pub(crate) started: Timestamp,
    pub(crate) ended: Option<End>,
    /// The guest's first; then in the order in which they joined.
    pub(crate) participants: Vec<Participant>,
    /// The participant id that the profile's entry has.
    pub(crate) configured: Option<String>,
    /// Whether the profile's entry has the external id.
    pub(crate) by_external_id: bool,
    /// The guest's participant id before a fault changed it.
    pub(crate) true_guest: Option<String>,
    /// Oldest first, the newest [`KEPT`].
    pub(crate) thread: VecDeque<Said>,
    /// Guest messages received by requests, also those no longer kept.
    pub(crate) received: u64,
}

impl Conversation {
    /// A conversation of the scenario, with its history.
    pub(crate) fn new(entry: &scenario::Conversation, seed: u64, now: Moment) -> Self {
        let mut dice = Dice::new(seed, &format!("conversation {}", entry.name));
        let id = entry.id.clone().unwrap_or_else(|| dice.uuid());
        let guest = entry.participant_id.clone().unwrap_or_else(|| dice.uuid());
        let stranger = dice.uuid();
        let started = earlier(now.wall, u64::from(entry.started_minutes_ago) * 60);
        let participant = |id: String, purpose, name: &str, communication| {
            let name = name.to_owned();
            Participant { id, purpose, name, communication, joined: started }
        };
        let mut participants = vec![
            participant(guest.clone(), Purpose::Customer, &entry.guest, dice.uuid()),
            participant(dice.uuid(), Purpose::Workflow, "Assistant", dice.uuid()),
        ];
        if entry.history.iter().any(|line| line.by == Speaker::Agent) {
            participants.push(participant(dice.uuid(), Purpose::Agent, "Robin Vale", dice.uuid()));
        }
        let mut thread = VecDeque::new();
        let lines = entry.history.len() as u64;
        let span = u64::from(entry.started_minutes_ago) * 60;
        for (n, line) in (1_u64..).zip(&entry.history) {
            let by = match line.by {
                Speaker::Guest => Purpose::Customer,
                Speaker::Bot => Purpose::Workflow,
                Speaker::Agent => Purpose::Agent,
            };
            let at = earlier(now.wall, span.saturating_sub(span * n / (lines + 2)));
            let (id, text) = (dice.hex(), Arc::from(line.text.as_str()));
            thread.push_back(Said { id, by, text, choices: &[], at, request: None });
        }
        let ended = entry.ended.then(|| {
            let last = thread.back().map_or(started, |said| said.at);
            let at = last.saturating_add(Duration::from_secs(60)).unwrap_or(last).min(now.wall);
            End { at, by_fault: false }
        });
        let stage = if participants.len() > 2 { Stage::Agent } else { Stage::Fresh };
        let configured = match entry.addressed {
            Addressed::Guest => Some(guest),
            Addressed::Stranger => Some(stranger),
            Addressed::No | Addressed::External => None,
        };
        Self {
            name: entry.name.clone(),
            id,
            external_id: entry.external_id.clone(),
            script: entry.script,
            stage,
            started,
            ended,
            participants,
            configured,
            by_external_id: entry.addressed == Addressed::External,
            true_guest: None,
            thread,
            received: 0,
        }
    }

    /// Whether `name` is its name or id.
    pub(crate) fn is(&self, name: &str) -> bool {
        self.id == name || self.name == name
    }

    /// The guest.
    pub(crate) fn guest(&self) -> Option<&Participant> {
        self.participant(Purpose::Customer)
    }

    /// The newest participant with that purpose.
    pub(crate) fn participant(&self, purpose: Purpose) -> Option<&Participant> {
        self.participants.iter().rev().find(|p| p.purpose == purpose)
    }

    /// Adds to the thread. What falls out at the other end is given back.
    pub(crate) fn say(&mut self, said: Said) -> Option<Said> {
        self.received += u64::from(said.request.is_some());
        self.thread.push_back(said);
        if self.thread.len() > KEPT { self.thread.pop_front() } else { None }
    }

    /// A message of the thread.
    pub(crate) fn said(&self, id: &str) -> Option<&Said> {
        self.thread.iter().rev().find(|said| said.id == id)
    }
}

fn earlier(at: Timestamp, seconds: u64) -> Timestamp {
    at.saturating_sub(Duration::from_secs(seconds)).unwrap_or(Timestamp::MIN)
}
