//! Where ids stand in a text, and what each can name there: by the fields that lead to it in JSON (JSON in JSON, like a HAR's
//! bodies, and JSON in a log line too), by the path or the name in front of it in plain text.

use std::sync::LazyLock;

use serde_json::Value;

use crate::model::ids::is_uuid;
use crate::model::words;

words! {
    #[derive(Default)]
    pub enum IdKind: name, of_one {
        Conversation = "conversation", "a conversation's id";
        Participant = "participant", "a participant's id";
        Communication = "communication", "a communication's id";
        Message = "message", "a message's id";
        Integration = "integration", "an integration's id";
        Deployment = "deployment", "a deployment's id";
        Client = "client", "an OAuth client's id";
        Organization = "organization", "an organisation's id";
        Request = "request", "a request's id";
        /// A guest's own token: a secret, never shown.
        GuestToken = "guest-token", "a guest's token";
        /// Nothing around it says.
        #[default]
        Unknown = "unknown", "an unknown id";
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdRole {
    pub what: IdKind,
    /// Why: `the path …/participants/ID`, `the field to.id`.
    pub because: String,
}

pub struct IdOccurrence {
    pub id: String,
    pub role: IdRole,
    pub inside: Option<String>,
}

pub const FORM: &str = "its form: 32 hexadecimal digits";

const BEFORE: usize = 96;

fn scan(text: &str, around: Around<'_>, out: &mut Vec<IdOccurrence>) {
    let mut at = 0;
    for token in text.split_inclusive(|c: char| !(c.is_ascii_alphanumeric() || c == '-')) {
        let start = at;
        at += token.len();
        let token = token.trim_end_matches(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
        if !is_uuid(token) && !is_hex(token) {
            continue;
        }
        let before = text.get(..start).unwrap_or_default();
        let from = before.char_indices().rev().take(BEFORE).last().map_or(0, |(at, _)| at);
        let before = before.get(from..).unwrap_or_default();
        let after = text.get(start + token.len()..).unwrap_or_default();
        let name = name_before(before).or(around.field.map(str::to_owned)).unwrap_or_default().to_ascii_lowercase();
        let digest = ["md5", "hash", "digest", "etag", "checksum", "sha"].iter().any(|word| name.contains(word));
        if digest && !is_uuid(token) {
            continue;
        }
        let role = role(before, after, around.field, is_uuid(token));
        out.push(IdOccurrence { id: token.to_owned(), role, inside: around.inside.map(str::to_owned) });
    }
}

/// The form of a message id, and of a UUID without its hyphens. [message ids: real: seen in SDK source]
pub fn is_hex(token: &str) -> bool {
    token.len() == 32 && token.bytes().all(|b| b.is_ascii_hexdigit()) && token.bytes().any(|b| b.is_ascii_digit())
}

fn role(before: &str, after: &str, field: Option<&str>, uuid: bool) -> IdRole {
    let of = |what, because: &str| IdRole { what, because: because.to_owned() };
    let lower = before.to_ascii_lowercase();
    let messages = lower.ends_with("/conversations/messages/");
    if messages && after.starts_with("/inbound/open") {
        return of(IdKind::Integration, "the path …/messages/ID/inbound/open");
    }
    if messages && after.starts_with("/details") {
        return of(IdKind::Message, "the path …/messages/ID/details");
    }
    if let Some((what, path)) = NAMES.iter().find(|(_, name)| name.starts_with('/') && lower.ends_with(name)) {
        return of(*what, &format!("the path …{path}ID"));
    }
    if let Some((what, name)) = name_before(before).and_then(|name| Some((named(&name)?, name))) {
        return of(what, &format!("the name {name}"));
    }
    let field = field.filter(|_| before.trim().is_empty());
    match field.and_then(|field| Some((named(field)?, field))) {
        Some((what, field)) => of(what, &format!("the field {field}")),
        None if uuid => of(IdKind::Unknown, ""),
        None => of(IdKind::Message, FORM),
    }
}

/// The name in `name=`, `name: `, `"name":"`, `name ` before a value.
fn name_before(before: &str) -> Option<String> {
    let before = before.trim_end_matches(['"', '\'', ' ', '\\', '«', '“', '(', '[', '<']);
    let before = before.strip_suffix(['=', ':']).map_or(before, |b| b.trim_end_matches(['"', '\'', ' ', '\\']));
    let rest = before.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
    before.strip_prefix(rest).filter(|name| !name.is_empty()).map(str::to_owned)
}

fn named(name: &str) -> Option<IdKind> {
    let last = name.rsplit('.').next().unwrap_or(name);
    let plain: String = last.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    NAMES.iter().find(|(_, known)| *known == plain).map(|(kind, _)| *kind)
}

/// Names in front of an id, each with the kind of thing that it names.
static NAMES: LazyLock<Vec<(IdKind, &str)>> = LazyLock::new(|| {
    let rows = include_str!("../../../assets/id-names.txt").lines().filter_map(|line| line.split_once(' '));
    rows.filter_map(|(kind, name)| Some((IdKind::named(kind)?, name))).collect()
});

const DEPTH: usize = 6;

#[derive(Clone, Copy, Default)]
struct Around<'a> {
    field: Option<&'a str>,
    inside: Option<&'a str>,
    depth: usize,
}

pub fn of(text: &str) -> Vec<IdOccurrence> {
    let mut out = Vec::new();
    text_in(text, Around::default(), &mut out);
    out
}

fn text_in(text: &str, around: Around<'_>, out: &mut Vec<IdOccurrence>) {
    let mut rest = text;
    // What looks like JSON and is none is read in vain: no more than a few times the text's own length.
    let mut left = text.len().saturating_mul(4).saturating_add(1 << 16);
    while around.depth < DEPTH && left > 0 {
        let Some(at) = rest.find(['{', '[']) else { break };
        let (before, tail) = rest.split_at(at);
        let mut stream = serde_json::Deserializer::from_str(tail).into_iter::<Value>();
        let next = stream.next();
        if let Some(Err(error)) = &next {
            let lines = tail.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
            left = left.saturating_sub(lines + error.column() + 1);
        }
        if let Some(Ok(value @ (Value::Object(_) | Value::Array(_)))) = next {
            scan(before, around, out);
            walk(&value, &mut Vec::new(), around, out);
            rest = tail.get(stream.byte_offset()..).unwrap_or_default();
        } else {
            let (before, after) = rest.split_at(at + 1);
            scan(before, around, out);
            rest = after;
        }
    }
    scan(rest, around, out);
}

fn walk<'v>(value: &'v Value, path: &mut Vec<&'v str>, around: Around<'_>, out: &mut Vec<IdOccurrence>) {
    match value {
        Value::Object(map) => {
            // An object with participants is a conversation, and all inside belongs to it.
            let text = |name: &str| map.get(name).and_then(Value::as_str);
            let conversation = map.get("participants").and(text("id")).or_else(|| text("conversationId"));
            let here = conversation.filter(|id| is_uuid(id)).map(str::to_ascii_lowercase);
            let inside = here.as_deref().or(around.inside);
            let around = Around { inside, ..around };
            // Name and value stand apart in HAR headers and query parameters.
            if let (Some(name), Some(value)) = (text("name"), text("value")) {
                return text_in(value, Around { field: Some(name), inside, depth: around.depth + 1 }, out);
            }
            for (key, value) in map {
                if key == "id"
                    && let Value::String(id) = value
                    && (is_uuid(id) || is_hex(id))
                {
                    let (role, inside) = (own_id(map, path, id), inside.map(str::to_owned));
                    out.push(IdOccurrence { id: id.clone(), role, inside });
                    continue;
                }
                path.push(key);
                walk(value, path, around, out);
                path.pop();
            }
        }
        Value::Array(items) => items.iter().for_each(|item| walk(item, path, around, out)),
        Value::String(text) => {
            text_in(text, Around { field: path.last().copied(), depth: around.depth + 1, ..around }, out);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn own_id(map: &serde_json::Map<String, Value>, path: &[&str], id: &str) -> IdRole {
    let has = |name: &str| map.contains_key(name);
    let parent = path.last().copied().unwrap_or_default();
    let (what, because) = match parent {
        _ if has("participants") => (IdKind::Conversation, "it has participants".to_owned()),
        "participants" | "participant" => {
            let purpose = map.get("purpose").and_then(Value::as_str).unwrap_or("of the conversation");
            (IdKind::Participant, format!("it is in participants ({purpose})"))
        }
        "to" if has("externalId") => (IdKind::Participant, "the field to.id of a message".to_owned()),
        "messages" if has("state") => {
            (IdKind::Communication, "messages of a participant belong to a communication".to_owned())
        }
        "conversations" | "conversation" => (IdKind::Conversation, format!("it is in {parent}")),
        "OAuthClient" | "oAuthClient" | "client" => (IdKind::Client, format!("it is in {parent}")),
        "organization" | "homeOrganization" => (IdKind::Organization, format!("it is in {parent}")),
        "deployment" | "deployments" => (IdKind::Deployment, format!("it is in {parent}")),
        "integration" | "integrations" => (IdKind::Integration, format!("it is in {parent}")),
        _ if ["normalizedMessage", "textBody", "text", "direction"].into_iter().any(has) || is_hex(id) => {
            (IdKind::Message, "it is the id of a message".to_owned())
        }
        _ => (IdKind::Unknown, String::new()),
    };
    IdRole { what, because }
}
