//! Whom a message is addressed to: the conversation and its guest, the integration, the deployment and its origin.

use crate::diagnosis::facts::{CaseFacts, listed_or};
use crate::diagnosis::history::missing_since;
use crate::diagnosis::hypothesis::{Hypothesis, excluded, open, proven};
use crate::genesys::conversations::{ConversationRead, is_guest};
use crate::model::ids::is_uuid;
use crate::model::{Cause, Probe};

pub fn of(facts: &CaseFacts<'_>) -> Vec<Hypothesis> {
    let mut found = conversation(facts);
    found.push(participant(facts));
    found
}

fn conversation(facts: &CaseFacts<'_>) -> Vec<Hypothesis> {
    let Some(id) = facts.request.conversation.as_deref() else { return Vec::new() };
    let cause = Cause::ConversationUnknown;
    if !is_uuid(id) {
        return vec![proven(Cause::ConversationMalformed, "the conversation id is not a UUID"), excluded(cause)];
    }
    let book = facts.history.conversations.get(id);
    let exists = book.and_then(|b| b.read.as_ref().map(|(seen, _)| *seen).or(b.accepted));
    let home = facts.history.home_of(id).filter(|home| !home.eq_ignore_ascii_case(id));
    let unknown = match (home, book.and_then(|b| missing_since(b.missing, exists)), exists) {
        (Some(home), ..) => proven(cause, format!("the id in the path is a participant's; the conversation is {home}")),
        (_, Some(_), _) => proven(cause, "a read says that there is no conversation with this id"),
        (_, None, Some(_)) => excluded(cause),
        (_, None, None) => {
            open(cause, "it has not been checked whether the conversation exists").by(Probe::Conversation)
        }
    };
    vec![excluded(Cause::ConversationMalformed), unknown]
}

/// What is wrong with an id by itself: it has not the form of one, or is known as that of something else.
fn misnamed(facts: &CaseFacts<'_>, thing: &str, id: &str) -> Option<String> {
    let read = || facts.history.conversations.get(id).is_some_and(|book| book.read.is_some());
    let is = match facts.history.home_of(id) {
        _ if !is_uuid(id) => "not a UUID".to_owned(),
        Some(home) => format!("a participant's, of the conversation {home}"),
        None if read() => "a conversation's".to_owned(),
        None => return None,
    };
    Some(format!("the {thing} id is {is}"))
}

/// How the integration of an open message stands. A 404 is about it, because the path names nothing else.
pub fn integration(facts: &CaseFacts<'_>) -> Hypothesis {
    let cause = Cause::IntegrationUnknown;
    let Some(id) = facts.request.integration.as_deref() else { return excluded(cause) };
    if let Some(why) = misnamed(facts, "integration", id) {
        return proven(cause, why);
    }
    let book = facts.history.integration(id);
    let known = book.and_then(|b| b.known);
    let why = match book.and_then(|b| missing_since(b.missing, known)) {
        Some(_) => return proven(cause, "a look-up says that there is no integration with this id"),
        None if known.is_some() => "the integration was there before",
        None if facts.answer.status == Some(404) && facts.answer.by.is_service() => {
            return proven(cause, "the server found nothing with this id, and the path names only the integration");
        }
        None => "it has not been checked whether the integration exists",
    };
    open(cause, why).by(Probe::Integration)
}

fn participant(facts: &CaseFacts<'_>) -> Hypothesis {
    let cause = Cause::ParticipantMismatch;
    let (id, external) = (facts.request.participant.as_deref(), facts.request.external.as_deref());
    if id.is_none() && external.is_none() {
        return excluded(cause);
    }
    if id.is_some_and(|id| !is_uuid(id)) {
        return proven(cause, "the participant id is not a UUID");
    }
    let undecided = |why| open(cause, why).by(Probe::Conversation);
    let book = facts.request.conversation.as_deref().and_then(|c| facts.history.conversations.get(c));
    let Some((seen, read)) = book.and_then(|b| b.read.as_ref()) else {
        return undecided("it has not been checked who the guest is".to_owned());
    };
    let Some(guest) = &read.guest else {
        return undecided("the conversation showed no guest when it was read".to_owned());
    };
    if let Some(id) = id.filter(|id| guest.id != *id) {
        return proven(cause, not_the_guest(read, id));
    }
    match (external, &guest.external) {
        (Some(external), Some(known)) if external != known => {
            return proven(cause, format!("the guest's external id is {known}, not {external}"));
        }
        (Some(_), None) => return open(cause, "reading the conversation does not tell the guest's external id"),
        _ => {}
    }
    let began = facts.attempt.map(|a| a.started);
    if began.is_some_and(|began| seen.at >= began) {
        return excluded(cause);
    }
    let before = began.map_or(0, |began| began.since(seen.at).as_secs());
    let before = if before < 2 { "just before".to_owned() } else { format!("{before} s before") };
    undecided(format!("the participant was the guest {before}; it may have changed"))
}

pub fn not_the_guest(read: &ConversationRead, id: &str) -> String {
    match read.others.iter().find(|p| p.id == id) {
        Some(other) if is_guest(&other.purpose) => {
            "the participant id is an earlier one of the guest; the guest has another one now".to_owned()
        }
        Some(other) => format!("the participant id belongs to the {}, not to the guest", other.purpose),
        None => "no participant of this conversation has this id".to_owned(),
    }
}

/// How the deployment stands; `why` says why it is in question where nothing was looked at.
pub fn deployment(facts: &CaseFacts<'_>, why: &str) -> Hypothesis {
    let cause = Cause::DeploymentUnknown;
    let Some(id) = facts.request.deployment.as_deref() else { return open(cause, why) };
    if let Some(why) = misnamed(facts, "deployment", id) {
        return proven(cause, why);
    }
    let book = facts.deployment();
    let config = book.and_then(|b| b.config.as_ref());
    if book.is_some_and(|b| missing_since(b.missing, config.map(|(seen, _)| *seen)).is_some()) {
        return proven(cause, "this region has no public configuration of the deployment");
    }
    match config {
        Some((_, config)) if !config.is_active() => {
            let status = config.status.as_deref().unwrap_or_default();
            proven(cause, format!("the deployment's public configuration says that it is {status}"))
        }
        Some(_) => excluded(cause),
        None if book.is_some_and(|b| b.opened.is_some()) => excluded(cause),
        None => open(cause, why).by(Probe::Deployment),
    }
}

pub fn origin(facts: &CaseFacts<'_>) -> Hypothesis {
    let cause = Cause::OriginRefused;
    let origin = facts.request.origin.as_deref().unwrap_or("(no origin)");
    let book = facts.deployment();
    // Without a deployment no origin is accepted.
    if book.is_some_and(|b| b.missing.is_some() && b.config.is_none()) {
        return excluded(cause);
    }
    match book.and_then(|b| b.domains.as_ref()) {
        Some((_, domains)) if !domains.allow(origin) => {
            let listed = listed_or("no domain", ", ", &domains.listed);
            proven(cause, format!("the deployment allows {listed}, and not {origin}"))
        }
        Some(_) => excluded(cause),
        None => open(cause, format!("the socket with the origin {origin} was refused with 403")).by(Probe::Deployment),
    }
}
