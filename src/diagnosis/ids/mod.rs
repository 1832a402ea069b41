//! Which id is what: finds ids in any pasted text (a URL, JSON, a log line, a HAR) and tells conversations, participants,
//! messages, integrations and deployments apart, by what stands around them. Pure.
//!
//! ```text
//! text ─► JSON inside it (walked by its keys) ─┐
//!     ├─► the rest (paths, `name=value`) ──────┼─► roles of each id ─► one role, or a wrong place and a swap
//!     └─► what is known: profile, session ─────┘                        └─► IdLookUp asks about what is open
//! ```
//! A UUID alone says nothing of what it names: then it is called unknown, and looking it up decides.

mod known;
mod occurrences;

use std::collections::HashMap;

use crate::model::ids::is_uuid;
use crate::text::screen::head;
use known::normalized;
use occurrences::{FORM, IdOccurrence, is_hex};

pub use known::{IdLookUp, KnownId, KnownIds};
pub use occurrences::{IdKind, IdRole};

const TEXT_MAX: usize = 8 << 20;
const FOUND_MAX: usize = 500;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundId {
    /// Lower case, and a UUID with its hyphens, however it was written. Empty for a guest token.
    pub id: String,
    pub what: IdKind,
    /// All roles in which it stood, each once, what is its own first.
    pub roles: Vec<IdRole>,
    /// The conversation that it belongs to, where it is a participant's or a message's.
    pub home: Option<String>,
    pub misplaced: Option<IdKind>,
    pub swap: Option<String>,
    /// The service itself said what it names.
    pub from_service: bool,
}

impl FoundId {
    pub fn because(&self) -> &str {
        self.roles.first().map_or("the text does not say what this id is", |r| r.because.as_str())
    }

    pub fn needs_look(&self) -> bool {
        let can = matches!(
            self.what,
            IdKind::Unknown | IdKind::Conversation | IdKind::Message | IdKind::Integration | IdKind::Deployment
        );
        !self.from_service
            && (can || self.what == IdKind::Participant && self.misplaced.is_some() && self.swap.is_none())
    }
}

impl IdLookUp {
    pub fn at(found: &[FoundId], known: KnownIds) -> Self {
        Self::of(found.iter().filter(|f| f.needs_look()).map(|f| (f.id.as_str(), f.what)), known)
    }
}

pub fn find(text: &str, known: &KnownIds) -> Vec<FoundId> {
    let mut found: Vec<FoundId> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for IdOccurrence { id, role, inside } in occurrences::of(head(text, TEXT_MAX)) {
        let key = normalized(&id);
        let at = match places.get(&key) {
            Some(at) => *at,
            None if found.len() >= FOUND_MAX => continue,
            None => {
                found.push(new_entry(&id, known));
                places.insert(key, found.len() - 1);
                found.len() - 1
            }
        };
        let Some(entry) = found.get_mut(at) else { continue };
        // What only its form says gives way to everything that says more.
        let by_form = |r: &IdRole| r.because == FORM;
        if role.what != IdKind::Unknown
            && !entry.roles.iter().any(|r| r.what == role.what)
            && (entry.roles.is_empty() || !by_form(&role))
        {
            entry.roles.retain(|r| !by_form(r));
            entry.roles.push(role);
        }
        entry.home = entry.home.take().or(inside);
        // Once written with hyphens, always: they belong to it.
        if is_uuid(&id) {
            entry.id = id.to_ascii_lowercase();
        }
    }
    let mut found: Vec<FoundId> = found.into_iter().map(with_one_meaning).collect();
    let all = found.clone();
    for entry in &mut found {
        entry.swap = entry.misplaced.and_then(|place| right_one(place, entry, &all, known));
        if entry.what == IdKind::GuestToken {
            entry.id = String::new();
        }
    }
    found
}

fn new_entry(id: &str, known: &KnownIds) -> FoundId {
    let mut entry = FoundId { id: id.to_ascii_lowercase(), ..FoundId::default() };
    for of in known.about(id) {
        if !entry.roles.iter().any(|r| r.what == of.what) {
            let because = if of.from_service { "the service says so" } else { "the profile uses it so" };
            entry.roles.push(IdRole { what: of.what, because: because.to_owned() });
        }
        entry.home = entry.home.or_else(|| of.home.clone());
        entry.from_service |= of.from_service;
    }
    entry
}

/// Decides what an id names: the service's own word, else a body that calls it a participant, comes before a path.
fn with_one_meaning(mut entry: FoundId) -> FoundId {
    let own = entry.roles.first().map(|r| r.what).filter(|_| entry.from_service);
    entry.roles.sort_by_key(|r| (Some(r.what) != own, r.what == IdKind::Conversation, r.what == IdKind::Message));
    entry.what = entry.roles.first().map_or(IdKind::Unknown, |r| r.what);
    let place =
        |what| matches!(what, IdKind::Conversation | IdKind::Integration | IdKind::Deployment | IdKind::Participant);
    // A participant is inside of a conversation everywhere; that is not a wrong place for it.
    let wrong = entry.roles.iter().map(|r| r.what).find(|w| *w != entry.what && place(*w));
    entry.misplaced =
        wrong.filter(|_| place(entry.what) || matches!(entry.what, IdKind::Message | IdKind::Communication));
    if is_hex(&entry.id)
        && !matches!(entry.what, IdKind::Message | IdKind::Unknown | IdKind::Request)
        && let Ok(uuid) = uuid::Uuid::try_parse(&entry.id)
    {
        entry.id = uuid.to_string();
        if let Some(role) = entry.roles.first_mut() {
            role.because.push_str("; written without its hyphens");
        }
    }
    entry
}

fn right_one(place: IdKind, entry: &FoundId, all: &[FoundId], known: &KnownIds) -> Option<String> {
    if place == IdKind::Conversation
        && let Some(home) = &entry.home
    {
        return Some(home.clone()).filter(|home| normalized(home) != normalized(&entry.id));
    }
    let mut fitting = all.iter().filter(|f| f.what == place && f.misplaced.is_none());
    match (fitting.next(), fitting.next()) {
        (Some(one), None) => Some(one.id.clone()),
        (Some(_), Some(_)) => None,
        (None, _) => {
            let home = (place == IdKind::Participant).then_some(entry.id.as_str());
            known.only(place, home).map(str::to_owned)
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub conversation: String,
    pub participant: Option<String>,
    /// What was put right, where something was: one sentence without a full stop.
    pub swapped: Option<String>,
}

/// The conversations that a text leads to, the likeliest first.
pub fn candidates(found: &[FoundId]) -> Vec<Candidate> {
    let mut out: Vec<Candidate> = Vec::new();
    let mut add = |conversation: &str, participant: Option<&FoundId>, swapped: Option<String>| {
        if !out.iter().any(|c| normalized(&c.conversation) == normalized(conversation)) {
            let participant = participant.filter(|f| f.what == IdKind::Participant).map(|f| f.id.clone());
            out.push(Candidate { conversation: conversation.to_owned(), participant, swapped });
        }
    };
    for wrong in found.iter().filter(|f| f.misplaced == Some(IdKind::Conversation)) {
        if let Some(right) = &wrong.swap {
            let why = "but stands where a conversation's id belongs";
            add(right, Some(wrong), Some(format!("{}… is {} {why}", head(&wrong.id, 8), wrong.what.of_one())));
        }
    }
    for conversation in found.iter().filter(|f| f.what == IdKind::Conversation) {
        let own = |f: &&FoundId| f.home.as_ref().is_none_or(|home| normalized(home) == normalized(&conversation.id));
        let participant = found.iter().filter(|f| f.what == IdKind::Participant).find(own);
        add(&conversation.id, participant, None);
    }
    for inside in found.iter().filter(|f| matches!(f.what, IdKind::Message | IdKind::Participant)) {
        if let Some(home) = &inside.home {
            let why = format!("{}… is {}, of this conversation", head(&inside.id, 8), inside.what.of_one());
            add(home, Some(inside), Some(why));
        }
    }
    let unknown = found.iter().find(|f| f.what == IdKind::Unknown && is_uuid(&f.id));
    if let Some(unknown) = unknown.filter(|_| out.is_empty()) {
        out.push(Candidate { conversation: unknown.id.clone(), participant: None, swapped: None });
    }
    out
}

#[cfg(test)]
#[path = "../../../tests/unit/diagnosis/ids.rs"]
mod tests;
