//! Which id is what: finds ids in any pasted text (a URL, JSON, a log line, a HAR) and tells conversations, participants,
//! messages, integrations and deployments apart, by what stands around them. Pure.
//!
//! ```text
//! text ─► JSON inside it (walked by its keys) ─┐
//!     └─► the rest (paths, `name=value`) ──────┴─► roles of each id ─► one role, or a swap
//! ```
//! A UUID alone says nothing of what it names: then it is called unknown, and looking it up decides.

mod context;
mod json;

use crate::model::Address;
use crate::model::ids::is_uuid;

/// Longest text that is read; the rest of a huge paste is left.
const TEXT_MAX: usize = 8 << 20;
/// Most ids that are told.
const FOUND_MAX: usize = 500;

/// What an id names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum What {
    /// A conversation.
    Conversation,
    /// A participant of one.
    Participant,
    /// A participant's communication inside a conversation.
    Communication,
    /// A message.
    Message,
    /// An open-messaging integration.
    Integration,
    /// A web deployment.
    Deployment,
    /// An OAuth client.
    Client,
    /// An organisation.
    Organization,
    /// A request, for support to look up.
    Request,
    /// A guest's own token: a secret, never shown.
    GuestToken,
    /// Nothing around it says.
    Unknown,
}

impl What {
    /// The word on screen and in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Conversation => "conversation",
            Self::Participant => "participant",
            Self::Communication => "communication",
            Self::Message => "message",
            Self::Integration => "integration",
            Self::Deployment => "deployment",
            Self::Client => "client",
            Self::Organization => "organization",
            Self::Request => "request",
            Self::GuestToken => "guest-token",
            Self::Unknown => "unknown",
        }
    }
}

/// A place where an id stood, and what that says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// What it names there.
    pub what: What,
    /// Why: `the path …/participants/ID`, `the field to.id`.
    pub because: String,
}

/// An id of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// As it stood there, lower case. Empty for a guest token.
    pub id: String,
    /// What it names: the role that is its own.
    pub what: What,
    /// All roles in which it stood, each once, what is its own first.
    pub roles: Vec<Role>,
    /// The conversation that belongs where this participant's id stands as a conversation's.
    pub swap: Option<String>,
}

impl Found {
    /// Why it is called what it is called.
    pub fn because(&self) -> &str {
        self.roles.first().map_or("nothing around it says what it names", |r| r.because.as_str())
    }
}

/// What is known beside the text: participants and other ids of the profile, and what was read.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// `(id, what, conversation that a participant belongs to)`.
    pub ids: Vec<(String, What, Option<String>)>,
}

impl Known {
    /// The ids that conversations name.
    pub fn of<'a>(addresses: impl Iterator<Item = &'a Address>) -> Self {
        let mut ids = Vec::new();
        for address in addresses {
            match address {
                Address::GuestApi { conversation_id, participant_id, .. } => {
                    ids.push((conversation_id.clone(), What::Conversation, None));
                    let home = || Some(conversation_id.clone());
                    ids.extend(participant_id.iter().map(|p| (p.clone(), What::Participant, home())));
                }
                Address::OpenMessaging { integration_id, .. } => {
                    ids.push((integration_id.clone(), What::Integration, None));
                }
                Address::WebMessaging { deployment_id, .. } => {
                    ids.push((deployment_id.clone(), What::Deployment, None));
                }
            }
        }
        Self { ids }
    }
}

/// One occurrence.
struct Seen {
    id: String,
    role: Role,
    /// The conversation that it was found inside of.
    inside: Option<String>,
}

/// Finds the ids of `text`, in the order in which they stand there.
pub fn find(text: &str, known: &Known) -> Vec<Found> {
    let mut end = text.len().min(TEXT_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = text.get(..end).unwrap_or_default();
    let mut seen = Vec::new();
    json::outer(text, &mut seen);
    gather(seen, known)
}

fn gather(seen: Vec<Seen>, known: &Known) -> Vec<Found> {
    let mut found: Vec<(Found, Option<String>)> = Vec::new();
    for Seen { id, role, inside } in seen {
        let id = id.to_ascii_lowercase();
        let at = found.iter().position(|(f, _)| f.id == id);
        let at = match at {
            Some(at) => at,
            None if found.len() >= FOUND_MAX => continue,
            None => {
                let mut roles = Vec::new();
                let mut home = None;
                for (_, what, conversation) in known.ids.iter().filter(|(k, ..)| k.eq_ignore_ascii_case(&id)) {
                    if !roles.iter().any(|r: &Role| r.what == *what) {
                        roles.push(Role { what: *what, because: "it is known to this profile".to_owned() });
                    }
                    home = home.or_else(|| conversation.clone());
                }
                found.push((Found { id: id.clone(), what: What::Unknown, roles, swap: None }, home));
                found.len() - 1
            }
        };
        let Some((entry, home)) = found.get_mut(at) else { continue };
        if role.what != What::Unknown && !entry.roles.iter().any(|r| r.what == role.what) {
            entry.roles.push(role);
        }
        if home.is_none() {
            *home = inside;
        }
    }
    let conversations: Vec<String> = found
        .iter()
        .filter(|(f, _)| f.roles.iter().all(|r| r.what == What::Conversation) && !f.roles.is_empty())
        .map(|(f, _)| f.id.clone())
        .collect();
    found
        .into_iter()
        .map(|(mut entry, home)| {
            // An id is a participant's wherever a body says so: then a path that takes it for a conversation is wrong.
            entry.roles.sort_by_key(|r| (r.what == What::Conversation, r.what == What::Message));
            entry.what = entry.roles.first().map_or(What::Unknown, |r| r.what);
            let misplaced = entry.roles.iter().any(|r| r.what == What::Conversation);
            if entry.what == What::Participant && misplaced {
                entry.swap = home.or_else(|| conversations.first().cloned().filter(|_| conversations.len() == 1));
            }
            if entry.what == What::GuestToken {
                entry.id = String::new();
            }
            entry
        })
        .collect()
}

/// What a conversation can be added with, from a pasted text: its id, and the participant that the text names beside it.
pub fn address(found: &[Found]) -> Option<(String, Option<String>, Option<String>)> {
    let of = |what| found.iter().find(|f| f.what == what);
    let swapped = found.iter().find(|f| f.swap.is_some());
    let participant = || of(What::Participant).map(|f| f.id.clone());
    if let Some(swapped) = swapped {
        let why = format!("{} is a participant's id; the conversation's stands in its place", short(&swapped.id));
        return Some((swapped.swap.clone()?, Some(swapped.id.clone()), Some(why)));
    }
    if let Some(conversation) = of(What::Conversation) {
        return Some((conversation.id.clone(), participant(), None));
    }
    let unknown = found.iter().find(|f| f.what == What::Unknown && is_uuid(&f.id))?;
    Some((unknown.id.clone(), None, None))
}

fn short(id: &str) -> String {
    let head: String = id.chars().take(8).collect();
    format!("{head}…")
}

#[cfg(test)]
mod tests;
