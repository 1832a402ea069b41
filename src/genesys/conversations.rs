//! Reading a conversation: `GET /api/v2/conversations/messages/{id}`, then its messages in bulk.
//!
//! [real: documented, PY and JS docs; the agent's and guest's `purpose` values: JS docs]

use std::collections::HashSet;

use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::Value;

use super::normalized::{self, Structured};
use super::{Call, list, path_segment, text, time};
use crate::model::{Author, RemoteMessage, RemoteState};
use crate::text::json;

pub const BULK_MAX: usize = 100;

/// Asks for a conversation, or for these of its messages.
pub fn request(api: &str, conversation_id: &str, ids: &[String], token: &SecretString) -> Result<Call, String> {
    let path = format!("/api/v2/conversations/messages/{}", path_segment(conversation_id));
    if ids.is_empty() {
        return Call::get(api, &path)?.bearer(token);
    }
    let body = Value::from(ids.to_vec()).to_string().into_bytes();
    let bulk = format!("{path}/messages/bulk?useNormalizedMessage=true");
    Call::post(api, &bulk, "application/json", body)?.bearer(token)
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedMessage {
    pub id: String,
    pub purpose: String, // of the participant it stands under, lower case
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub id: String,
    pub external: Option<String>,
    pub purpose: String, // lower case
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConversationRead {
    pub state: RemoteState,
    pub since: Option<Timestamp>,     // when the guest connected last
    pub guest: Option<Person>,        // the guest who is there now
    pub others: Vec<Person>,          // all others, earlier stays of the guest included
    pub messages: Vec<ListedMessage>, // its messages, in the server's order, each once
}

impl ConversationRead {
    pub fn people(&self) -> impl Iterator<Item = &Person> {
        self.guest.iter().chain(&self.others)
    }
}

/// Reads the conversation; `None` unless it is a JSON object with `participants`. Messages may stand directly under
/// participants or under their communications (both shapes are documented).
pub fn read(body: &[u8]) -> Option<ConversationRead> {
    let value = json::read(body)?;
    value["participants"].as_array()?;
    let mut out = ConversationRead::default();
    let mut seen = HashSet::new();
    let mut newest_stay = None;
    for participant in list(&value, "participants") {
        let purpose = text(participant, "purpose").unwrap_or_default().to_ascii_lowercase();
        let messages = list(participant, "messages");
        let external = text(participant, "externalId");
        let person = text(participant, "id").map(|id| Person { id, external, purpose: purpose.clone() });
        if is_guest(&purpose) {
            let state = text(participant, "state").or_else(|| messages.iter().rev().find_map(|m| text(m, "state")));
            // A guest that left and came back stands twice; connected once is connected.
            match state.map(|s| guest_state(&s)) {
                Some(RemoteState::Connected) => out.state = RemoteState::Connected,
                Some(RemoteState::Ended) if out.state == RemoteState::Unknown => out.state = RemoteState::Ended,
                _ => {}
            }
            let since = time(participant, "connectedTime")
                .or_else(|| messages.iter().find_map(|m| time(m, "connectedTime")))
                .or_else(|| time(participant, "startTime"));
            out.since = out.since.max(since);
            // The later of two stays is the one that counts.
            if out.guest.is_some() && newest_stay > since {
                out.others.extend(person);
            } else if person.is_some() {
                out.others.extend(std::mem::replace(&mut out.guest, person));
                newest_stay = since;
            }
        } else {
            out.others.extend(person);
        }
        for message in messages {
            let inner = message["messages"].as_array();
            for details in inner.map_or(std::slice::from_ref(message), Vec::as_slice) {
                if let Some(id) = text(details, "messageId")
                    && seen.insert(id.clone())
                {
                    out.messages.push(ListedMessage { id, purpose: purpose.clone() });
                }
            }
        }
    }
    Some(out)
}

/// Reads a bulk answer; `None` where it is not a JSON object with `entities`. `listed` tells whose message an id is
/// where the entity itself does not. Entities without an id are left out; without a time they get `fallback`.
pub fn read_bulk(body: &[u8], listed: &[ListedMessage], fallback: Timestamp) -> Option<Vec<RemoteMessage>> {
    let value = json::read(body)?;
    Some(value["entities"].as_array()?.iter().filter_map(|e| message(e, listed, fallback)).collect())
}

fn message(entity: &Value, listed: &[ListedMessage], fallback: Timestamp) -> Option<RemoteMessage> {
    let id = text(entity, "id").or_else(|| text(entity, "messageId"))?;
    let normalized = entity.get("normalizedMessage");
    let purpose = listed.iter().find(|l| l.id == id).map(|l| l.purpose.as_str()).unwrap_or_default();
    let author = author(
        text(entity, "direction").or_else(|| text(normalized?, "direction")).as_deref(),
        normalized.and_then(|n| text(n, "originatingEntity")).or_else(|| text(entity, "originatingEntity")).as_deref(),
        purpose,
    );
    let structured = normalized.and_then(Structured::read);
    let is_event = structured.as_ref().is_some_and(|structured| !structured.is_said());
    // Nobody said it: it must not count as a reply.
    let author = if is_event && author != Author::Guest { Author::System } else { author };
    let said = normalized
        .and_then(|n| text(n, "text"))
        .or_else(|| text(entity, "textBody"))
        .or_else(|| text(entity, "text"))
        .or_else(|| structured.as_ref().map(|s| s.text.clone()).filter(|t| !t.is_empty()))
        .or_else(|| normalized.and_then(without_text))
        .unwrap_or_default();
    let at = time(entity, "timestamp").or_else(|| time(entity, "time")).or_else(|| time(entity, "messageTime"));
    let at = at.or_else(|| structured.as_ref()?.at);
    let mut message = RemoteMessage::new(id, author, said, at.unwrap_or(fallback));
    message.untimed = at.is_none();
    if let Some(structured) = structured {
        message.choices = structured.choices;
        message.attachments = structured.attachments;
    }
    Some(message)
}

/// A message without text is named by what it is, so that it does not look like an empty line.
fn without_text(normalized: &Value) -> Option<String> {
    let first = |of: &str, kind: &str| text(list(normalized, of).first()?, kind);
    let kind = first("content", "contentType").or_else(|| first("events", "eventType"))?;
    Some(format!("[{kind}]"))
}

/// Inbound is the guest; outbound is told apart by `originatingEntity`, then by the participant's purpose.
fn author(direction: Option<&str>, entity: Option<&str>, purpose: &str) -> Author {
    let by_guest = direction.map_or_else(|| is_guest(purpose), |direction| direction.eq_ignore_ascii_case("inbound"));
    match (normalized::author(by_guest, entity), purpose) {
        (Author::Somebody, "agent" | "user") => Author::Agent,
        // Flows, bots and queues speak by themselves; so does an outbound message under the guest's own participant.
        (Author::Somebody, "workflow" | "bot" | "botflow" | "ivr" | "acd" | "customer" | "external") => Author::Bot,
        (author, _) => author,
    }
}

/// Whether a participant of that `purpose` (lower case) is the guest.
pub fn is_guest(purpose: &str) -> bool {
    matches!(purpose, "customer" | "external" | "guest")
}

fn guest_state(state: &str) -> RemoteState {
    match state.to_ascii_lowercase().as_str() {
        "disconnected" | "terminated" => RemoteState::Ended,
        "" => RemoteState::Unknown,
        _ => RemoteState::Connected,
    }
}
