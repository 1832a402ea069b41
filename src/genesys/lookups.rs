//! What is asked beside the channels: what a token may do, which conversations are active, what a web deployment tells,
//! and whether an id is a message's or an integration's. Each only reads; and the opening of the guest socket.
//!
//! [real: documented, PY and JS docs; that a client-credentials token has no user is measured, 3p]

use http::header::{CONNECTION, ORIGIN, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::conversations::is_guest;
use super::{Call, list, path_segment, text, texts, time, time_text, truth, web_messaging};
use crate::model::{DiscoveredConversation, words};
use crate::text::json;

pub const TOKEN_INFO: &str = "/api/v2/tokens/me"; // it needs no permission
/// What a client needs for [`active`]; either is enough.
pub const ACTIVE_PERMISSIONS: &str = "analytics:conversationDetail:view or analytics:agentConversationDetail:view";
const BACK: SignedDuration = SignedDuration::from_hours(24);
const PAGE: u64 = 25;
const OPEN: &str = "/api/v2/conversations/messaging/integrations/open/";

pub fn token_info(api: &str, token: &SecretString) -> Result<Call, String> {
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

/// Asks for a page, from 1, of the last day's conversations: analytics, for a client has no list of conversations.
pub fn active(api: &str, page: u32, now: Timestamp, token: &SecretString) -> Result<Call, String> {
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

/// What is on a page (nothing beyond the last), and whether there are more. `None` where it is not a JSON object.
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
pub fn integration(api: &str, id: &str, token: &SecretString) -> Result<Call, String> {
    Call::get(api, &format!("{OPEN}{}", path_segment(id)))?.bearer(token)
}

/// The request for a message's details, which name its conversation; the guest's socket does not name it.
/// [permission: `conversation:message:view` or `conversation:webmessaging:view`]
pub fn message(api: &str, id: &str, token: &SecretString) -> Result<Call, String> {
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

const FOLDER: &str = "/webdeployments/v1/deployments/";

words! {
    /// What a web deployment tells in public. Nothing of it carries a secret. [real: documented:
    /// `https://api-cdn.<domain>/webdeployments/v1/deployments/<id>/{config,domains}.json`; the fields `status`,
    /// `allowAllDomains` and `allowedDomains` are those of the platform's WebDeployment]
    pub enum Public: file {
        Config = "config.json";
        Domains = "domains.json";
    }
}

pub fn deployment(cdn: &str, deployment: &str, public: Public) -> Result<Call, String> {
    Call::get(cdn, &format!("{FOLDER}{}/{public}", path_segment(deployment)))
}

pub fn deployment_asked(path: &str) -> Option<(&str, Public)> {
    let (id, file) = path.split_once(FOLDER)?.1.split_once('/').filter(|(id, _)| !id.is_empty())?;
    Some((id, Public::named(file)?))
}

/// The request that opens the guest socket. `key` is the handshake's: any 16 bytes in base64. [RFC 6455, 4.1]
pub fn opening(webmessaging: &str, deployment: &str, origin: &str, key: &str) -> Result<Call, String> {
    // The handshake is HTTP: `wss` is spoken over what `https` is.
    let url = web_messaging::socket_url(webmessaging, deployment).replacen("ws", "http", 1);
    let headers = [
        (CONNECTION, "Upgrade"),
        (UPGRADE, "websocket"),
        (SEC_WEBSOCKET_VERSION, "13"),
        (SEC_WEBSOCKET_KEY, key),
        (ORIGIN, origin),
    ];
    headers.into_iter().try_fold(Call::get(&url, "")?, |call, (name, value)| {
        let bad = format!("{name} has characters that cannot stand in a header");
        call.with_header(name, value, &bad)
    })
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    pub status: Option<String>, // `Active`, `Inactive`, `Pending`, …, where told
    pub sign_in: bool,          // `auth.enabled`: nobody may speak who is not signed in; not so where it is not told
}

impl Config {
    /// Whether guests may speak; a configuration that does not tell counts as active: it is served.
    pub fn is_active(&self) -> bool {
        self.status.as_ref().is_none_or(|s| s.eq_ignore_ascii_case("active"))
    }
}

/// Reads a 200 answer; `None` where it is not a JSON object.
pub fn read_config(body: &[u8]) -> Option<Config> {
    let value = json::read(body)?;
    value.as_object()?;
    Some(Config { status: value["status"].as_str().map(str::to_owned), sign_in: truth(&value["auth"]["enabled"]) })
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Domains {
    pub all: bool,
    pub listed: Vec<String>, // else from these
}

pub fn read_domains(body: &[u8]) -> Option<Domains> {
    let value = json::read(body)?;
    // Of the file itself only its purpose is published: the fields' names elsewhere, and the plain one, are both taken.
    let field = |name: &str| value.get(name).and_then(Value::as_array);
    let list = value.as_array().or_else(|| field("allowedDomains")).or_else(|| field("domains"));
    let all = value["allowAllDomains"].as_bool();
    let told = list.is_some() || all.is_some();
    told.then(|| Domains { all: all.unwrap_or(false), listed: list.map(|list| texts(list)).unwrap_or_default() })
}

impl Domains {
    /// Whether `origin` is among them: its host, or a domain above it.
    pub fn allow(&self, origin: &str) -> bool {
        let host = host(origin).to_ascii_lowercase();
        self.all
            || self.listed.iter().any(|domain| {
                let domain = self::host(domain).to_ascii_lowercase();
                let domain = domain.strip_prefix("*.").unwrap_or(&domain);
                host == domain || host.strip_suffix(domain).is_some_and(|above| above.ends_with('.'))
            })
    }
}

/// `shop.example` of `https://shop.example:8443/x` as of itself.
fn host(place: &str) -> &str {
    let rest = place.split_once("://").map_or(place, |(_, rest)| rest);
    let rest = rest.split('/').next().unwrap_or_default();
    rest.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit())).map_or(rest, |(host, _)| host)
}
