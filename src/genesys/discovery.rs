//! Which conversations are active: the analytics details query, because the lists of conversations are for a user who is
//! logged in, and client credentials are none.
//!
//! `POST /api/v2/analytics/conversations/details/query`, permission `analytics:conversationDetail:view` or
//! `analytics:agentConversationDetail:view`. [real: documented, PY and JS docs]

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::model::DiscoveredConversation;
use crate::text::json;

use super::call::{BadCall, Call};
use super::conversations::is_guest;
use super::fields::{list, text, time};
use super::time_text;

/// What a client needs for it; either is enough.
pub const PERMISSIONS: &str = "analytics:conversationDetail:view or analytics:agentConversationDetail:view";
/// How far back it is looked.
const BACK: SignedDuration = SignedDuration::from_hours(24);
/// Conversations on a page.
const PAGE: u64 = 25;

/// The request for a page, from 1, of the message conversations that were going on in the day before `now`, the newest
/// first.
pub fn request(api: &str, page: u32, now: Timestamp, token: &SecretString) -> Result<Call, BadCall> {
    let from = now.saturating_sub(BACK).unwrap_or(Timestamp::MIN);
    let is = |dimension: &str, value: &str| json!({ "type": "dimension", "dimension": dimension, "operator": "matches", "value": value });
    let body = json!({
        "interval": format!("{}/{}", time_text(from), time_text(now)),
        "order": "desc",
        "orderBy": "conversationStart",
        "paging": { "pageSize": PAGE, "pageNumber": page.max(1) },
        "conversationFilters": [{ "type": "and", "predicates": [
            { "type": "dimension", "dimension": "conversationEnd", "operator": "notExists" },
        ] }],
        "segmentFilters": [{ "type": "and", "predicates": [is("mediaType", "message"), is("purpose", "customer")] }],
    });
    let path = "/api/v2/analytics/conversations/details/query";
    Call::post(api, path, "application/json", body.to_string().into_bytes())?.bearer(token)
}

/// Reads a page: what is on it, and whether there are more. `None` where it is not a JSON object. A page beyond the last
/// one has no `conversations`.
pub fn read(body: &[u8], page: u32) -> Option<(Vec<DiscoveredConversation>, bool)> {
    let value = json::read(body)?;
    value.as_object()?;
    let listed = list(&value, "conversations");
    let found = listed.iter().filter_map(active).collect();
    let more = match value.get("totalHits").and_then(Value::as_u64) {
        Some(total) => u64::from(page.max(1)) * PAGE < total,
        None => listed.len() as u64 >= PAGE,
    };
    Some((found, more))
}

fn active(conversation: &Value) -> Option<DiscoveredConversation> {
    let mut participants = list(conversation, "participants").iter();
    let guest = participants.find(|p| text(p, "purpose").is_some_and(|purpose| is_guest(&purpose)));
    let sessions = guest.map_or(&[][..], |guest| list(guest, "sessions"));
    Some(DiscoveredConversation {
        conversation_id: text(conversation, "conversationId")?,
        participant_id: guest.and_then(|g| text(g, "participantId")),
        began: time(conversation, "conversationStart"),
        via: sessions.iter().find_map(|s| text(s, "messageType")).map(|t| t.to_lowercase()),
    })
}

#[cfg(test)]
#[path = "../../tests/unit/genesys/discovery.rs"]
mod tests;
