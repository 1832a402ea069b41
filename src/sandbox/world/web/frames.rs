//! What the server says: `{"type","class","code","body","tracingId"?}`.
//! [shapes: real: WMJ's schema and MTSDK's fixtures; which optional fields are filled is a choice]

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::genesys::time_text;
use crate::sandbox::rng::Rng;
use crate::sandbox::world::content::OfferedContent;
use crate::sandbox::world::{ParticipantPurpose, SimulatedConversation, SimulatedMessage};
use crate::text::json::dense;

pub(super) fn frame(kind: &str, class: &str, code: u16, body: Value, tracing: Option<&str>) -> Value {
    dense(json!({"type": kind, "class": class, "code": code, "body": body, "tracingId": tracing}))
}

pub(crate) fn message(class: &str, body: Value, tracing: Option<&str>) -> Value {
    frame("message", class, 200, body, tracing)
}

pub(crate) fn too_many(retry_after: u64, tracing: Option<&str>) -> Value {
    let text = "Message rate too high for this session";
    let body = json!({"name": "TooManyRequestsError", "message": text, "retryAfter": retry_after, "errorCode": 4029,
        "errorMessage": text});
    frame("response", "TooManyRequestsErrorMessage", 429, body, tracing)
}

/// The body of a `StructuredMessage`, and an entity of the history; there, the guest's own messages have other ids than
/// in their echoes, and `channel.messageId` is what both share. [TESTER, 3p]
pub(crate) fn structured(c: &SimulatedConversation, said: &SimulatedMessage, history: bool) -> Value {
    let guest = said.is_guests();
    let channel = if guest {
        json!({"time": time_text(said.at), "messageId": said.own_id.as_deref()})
    } else {
        json!({"time": time_text(said.at), "type": (!history).then_some("Private"),
            "from": {"nickname": c.participant(said.by).map(|p| p.name.as_str())}})
    };
    let turned = guest && history && said.own_id.is_some();
    let id = if turned { said.id.chars().rev().collect() } else { said.id.clone() };
    let mut metadata = said.metadata.clone();
    metadata.insert("correlationId".to_owned(), Rng::new(0, &said.id).uuid());
    let who = match said.by {
        ParticipantPurpose::Customer => None,
        ParticipantPurpose::Workflow => Some("Bot"),
        ParticipantPurpose::Agent => Some("Human"),
    };
    dense(json!({
        "text": (!said.text.is_empty() || said.offer == OfferedContent::Nothing).then_some(&*said.text),
        "type": said.form(),
        "direction": if guest { "Inbound" } else { "Outbound" },
        "id": id,
        "channel": dense(channel),
        "content": said.content(),
        "originatingEntity": who,
        "metadata": metadata,
    }))
}

pub(crate) fn event(id: &str, inbound: bool, at: Timestamp, event: Value) -> Value {
    json!({
        "type": "Event",
        "direction": if inbound { "Inbound" } else { "Outbound" },
        "id": id,
        "channel": {"time": time_text(at)},
        "events": [event],
    })
}

pub(crate) fn typing() -> Value {
    json!({"eventType": "Typing", "typing": {"type": "On", "duration": 5000}})
}

pub(crate) fn presence(what: &str) -> Value {
    json!({"eventType": "Presence", "presence": {"type": what}})
}

pub(crate) fn allowed_media() -> Value {
    json!({"inbound": {"fileTypes": [{"type": "*/*"}], "maxFileSizeKB": 10_240}})
}
