//! What is asked beside the channels: what a token may do, which conversations are active, and whether an id is a
//! message's or an integration's. Each only reads.
//!
//! [real: documented, PY and JS docs; that a client-credentials token has no user is measured, 3p]

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::call::{BadCall, Call, path_segment};
use super::conversations::is_guest;
use super::{list, text, texts, time, time_text};
use crate::model::DiscoveredConversation;
use crate::text::json;

/// The path of [`token_info`]. It needs no permission.
pub const TOKEN_INFO: &str = "/api/v2/tokens/me";
/// What a client needs for [`active`]; either is enough.
pub const ACTIVE_PERMISSIONS: &str = "analytics:conversationDetail:view or analytics:agentConversationDetail:view";
const BACK: SignedDuration = SignedDuration::from_hours(24);
const PAGE: u64 = 25;
const OPEN: &str = "/api/v2/conversations/messaging/integrations/open/";

pub fn token_info(api: &str, token: &SecretString) -> Result<Call, BadCall> {
    Call::get(api, TOKEN_INFO)?.bearer(token)
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenInfo {
    pub scopes: Option<Vec<String>>, // `authorizedScope`, else the client's own `scope`; `None` where neither came
    pub organization: Option<String>,
    pub client: Option<String>,
}

impl TokenInfo {
    /// Reads a 200 answer; `None` where it is not a JSON object.
    pub fn read(body: &[u8]) -> Option<Self> {
        let value = json::read(body)?;
        let object = value.as_object()?;
        let client = object.get("OAuthClient").or_else(|| object.get("oAuthClient"));
        let name = |of: Option<&Value>| text(of?, "name");
        Some(Self {
            scopes: scopes(object.get("authorizedScope")).or_else(|| scopes(client?.get("scope"))),
            organization: name(object.get("organization")).or_else(|| name(object.get("homeOrganization"))),
            client: name(client),
        })
    }
}

/// Scopes as a list, or as OAuth writes them: a text with blanks between.
pub(super) fn scopes(value: Option<&Value>) -> Option<Vec<String>> {
    match value? {
        Value::Array(items) => Some(texts(items)),
        Value::String(text) => Some(text.split_whitespace().map(str::to_owned).collect()),
        _ => None,
    }
}

/// The request for a page, from 1, of the message conversations that were going on in the day before `now`, the newest
/// first. It asks analytics, because the lists of conversations are for a user who is logged in.
pub fn active(api: &str, page: u32, now: Timestamp, token: &SecretString) -> Result<Call, BadCall> {
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
pub fn read_active(body: &[u8], page: u32) -> Option<(Vec<DiscoveredConversation>, bool)> {
    let value = json::read(body)?;
    value.as_object()?;
    let listed = list(&value, "conversations");
    let more = match value["totalHits"].as_u64() {
        Some(total) => u64::from(page.max(1)) * PAGE < total,
        None => listed.len() as u64 >= PAGE,
    };
    let discovered = |conversation| {
        let guest = list(conversation, "participants")
            .iter()
            .find(|p| text(p, "purpose").is_some_and(|purpose| is_guest(&purpose)));
        let mut sessions = guest.into_iter().flat_map(|guest| list(guest, "sessions"));
        Some(DiscoveredConversation {
            conversation_id: text(conversation, "conversationId")?,
            participant_id: guest.and_then(|g| text(g, "participantId")),
            began: time(conversation, "conversationStart"),
            via: sessions.find_map(|s| text(s, "messageType")).map(|t| t.to_lowercase()),
        })
    };
    Some((listed.iter().filter_map(discovered).collect(), more))
}

/// The request for an open-messaging integration. [permission: `messaging:integration:view`]
pub fn integration(api: &str, id: &str, token: &SecretString) -> Result<Call, BadCall> {
    Call::get(api, &format!("{OPEN}{}", path_segment(id)))?.bearer(token)
}

/// The request for a message's details, which name its conversation; the guest's socket does not name it.
/// [permission: `conversation:message:view` or `conversation:webmessaging:view`]
pub fn message(api: &str, id: &str, token: &SecretString) -> Result<Call, BadCall> {
    Call::get(api, &format!("/api/v2/conversations/messages/{}/details", path_segment(id)))?.bearer(token)
}

pub fn integration_asked(path: &str) -> Option<&str> {
    path.split_once(OPEN).map(|(_, id)| id).filter(|id| !id.is_empty() && !id.contains('/'))
}

/// Whether a 200 answer describes the thing of that id.
pub fn describes(body: &[u8], id: &str) -> bool {
    json::read(body).and_then(|value| text(&value, "id")).is_some_and(|own| own.eq_ignore_ascii_case(id))
}

pub fn conversation_of(body: &[u8]) -> Option<String> {
    text(&json::read(body)?, "conversationId")
}

#[cfg(test)]
#[path = "../../tests/unit/genesys/lookups.rs"]
mod tests;
