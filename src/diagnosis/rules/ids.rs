//! Whom a message is addressed to: the conversation and its guest.

use crate::diagnosis::case::Facts;
use crate::diagnosis::evidence::history::Read;
use crate::diagnosis::hypothesis::Hypothesis;
use crate::genesys::conversations::is_guest;
use crate::model::ids::is_uuid;
use crate::model::{Cause, Probe};

/// How the conversation and the participant stand.
pub fn of(facts: &Facts<'_>) -> Vec<Hypothesis> {
    let mut found = conversation(facts);
    found.push(participant(facts));
    found
}

/// How the conversation id stands: its form, and whether there is such a conversation.
pub fn conversation(facts: &Facts<'_>) -> Vec<Hypothesis> {
    let Some(id) = facts.request.conversation.as_deref() else { return Vec::new() };
    if !is_uuid(id) {
        return vec![
            Hypothesis::proven(Cause::ConversationMalformed, "the conversation id is not a UUID"),
            Hypothesis::excluded(Cause::ConversationUnknown, "it is not a UUID"),
        ];
    }
    if let Some(home) = facts.history.home_of(id).filter(|home| !home.eq_ignore_ascii_case(id)) {
        let why = format!("the id in the path is a participant's; the conversation is {home}");
        return vec![
            Hypothesis::proven(Cause::ConversationUnknown, why),
            Hypothesis::excluded(Cause::ConversationMalformed, "the conversation id is well formed"),
        ];
    }
    let well_formed = Hypothesis::excluded(Cause::ConversationMalformed, "the conversation id is well formed");
    let book = facts.history.of_conversation(id);
    let exists = book.and_then(|b| b.read.as_ref().map(|r| r.seen).or(b.accepted));
    let missing = book.and_then(|b| b.missing).filter(|m| exists.is_none_or(|e| e.at < m.at));
    let unknown = match (missing, exists) {
        (Some(_), _) => {
            let why = "a read says that there is no conversation with this id";
            Hypothesis::proven(Cause::ConversationUnknown, why)
        }
        (None, Some(_)) => Hypothesis::excluded(Cause::ConversationUnknown, "the conversation has been read"),
        (None, None) => {
            let why = "it has not been checked whether the conversation exists";
            Hypothesis::open(Cause::ConversationUnknown, why, Some(Probe::Conversation))
        }
    };
    vec![well_formed, unknown]
}

/// What is wrong with an id by itself: it has not the form of one, or is known as that of something else.
pub fn misnamed(facts: &Facts<'_>, thing: &str, id: &str) -> Option<String> {
    let is = if is_uuid(id) { facts.history.named_otherwise(id)? } else { "not a UUID".to_owned() };
    Some(format!("the {thing} id is {is}"))
}

/// How the integration of an open message stands. A 404 is about it, because the path names nothing else.
pub fn integration(facts: &Facts<'_>) -> Hypothesis {
    let cause = Cause::IntegrationUnknown;
    let probe = Some(Probe::Integration);
    let Some(id) = facts.request.integration.as_deref() else {
        return Hypothesis::excluded(cause, "the request addresses no integration");
    };
    if let Some(why) = misnamed(facts, "integration", id) {
        return Hypothesis::proven(cause, why);
    }
    let book = facts.history.deployments.integration(id);
    let known = book.and_then(|b| b.known);
    match book.and_then(|b| b.missing).filter(|m| known.is_none_or(|k| k.at < m.at)) {
        Some(_) => Hypothesis::proven(cause, "a look-up says that there is no integration with this id"),
        None if known.is_some() => Hypothesis::open(cause, "the integration was there before", probe),
        None if facts.answer.status == Some(404) && facts.answer.by.is_service() => {
            Hypothesis::proven(cause, "the server found nothing with this id, and the path names only the integration")
        }
        None => Hypothesis::open(cause, "it has not been checked whether the integration exists", probe),
    }
}

/// How the addressed participant stands.
pub fn participant(facts: &Facts<'_>) -> Hypothesis {
    let cause = Cause::ParticipantMismatch;
    let probe = Some(Probe::Conversation);
    let wire = &facts.request;
    let (id, external) = (wire.participant.as_deref(), wire.external.as_deref());
    if id.is_none() && external.is_none() {
        return Hypothesis::excluded(cause, "the message addresses no participant");
    }
    if id.is_some_and(|id| !is_uuid(id)) {
        return Hypothesis::proven(cause, "the participant id is not a UUID");
    }
    let book = wire.conversation.as_deref().and_then(|c| facts.history.of_conversation(c));
    let Some(read) = book.and_then(|b| b.read.as_ref()) else {
        return Hypothesis::open(cause, "it has not been checked who the guest is", probe);
    };
    let Some(guest) = &read.guest else {
        return Hypothesis::open(cause, "the conversation showed no guest when it was read", probe);
    };
    if let Some(id) = id
        && guest.id != id
    {
        return Hypothesis::proven(cause, stranger(read, id));
    }
    if let (Some(external), Some(known)) = (external, &guest.external)
        && external != known
    {
        return Hypothesis::proven(cause, format!("the guest's external id is {known}, not {external}"));
    }
    if external.is_some() && guest.external.is_none() {
        return Hypothesis::open(cause, "reading the conversation does not tell the guest's external id", None);
    }
    let began = facts.attempt.map(|a| a.started);
    if began.is_some_and(|began| read.seen.at >= began) {
        return Hypothesis::excluded(cause, "the participant is the guest, read after the refusal");
    }
    let before = began.map_or(0, |began| began.since(read.seen.at).as_secs());
    let before = if before < 2 { "just before".to_owned() } else { format!("{before} s before") };
    Hypothesis::open(cause, format!("the participant was the guest {before}; it may have changed"), probe)
}

/// The owner of an id that is not the guest's.
pub fn stranger(read: &Read, id: &str) -> String {
    match read.others.iter().find(|p| p.id == id) {
        Some(other) if is_guest(&other.purpose) => {
            "the participant id is an earlier one of the guest; the guest has another one now".to_owned()
        }
        Some(other) => format!("the participant id belongs to the {}, not to the guest", other.purpose),
        None => "no participant of this conversation has this id".to_owned(),
    }
}
