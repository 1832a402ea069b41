//! Ids in JSON, by the fields that lead to them; JSON in JSON (a HAR's bodies) and JSON in a log line too.

use serde_json::Value;

use super::context::{IdKind, IdOccurrence, IdRole, is_hex, scan};
use crate::model::ids::is_uuid;

/// JSON inside of JSON, at most so deep.
const DEPTH: usize = 6;

/// Adds the ids of a text that may be, or hold, JSON.
pub fn outer(text: &str, out: &mut Vec<IdOccurrence>) {
    text_in(text, None, None, 0, out);
}

fn text_in(text: &str, field: Option<&str>, inside: Option<&String>, depth: usize, out: &mut Vec<IdOccurrence>) {
    let mut rest = text;
    // What looks like JSON and is none is read in vain: no more than a few times the text's own length.
    let mut left = text.len().saturating_mul(4).saturating_add(1 << 16);
    while depth < DEPTH && left > 0 {
        let Some(at) = rest.find(['{', '[']) else { break };
        let tail = rest.get(at..).unwrap_or_default();
        let mut stream = serde_json::Deserializer::from_str(tail).into_iter::<Value>();
        let next = stream.next();
        if let Some(Err(error)) = &next {
            let lines = tail.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
            left = left.saturating_sub(lines + error.column() + 1);
        }
        if let Some(Ok(value @ (Value::Object(_) | Value::Array(_)))) = next {
            scan(rest.get(..at).unwrap_or_default(), field, inside, out);
            walk(&value, &mut Vec::new(), inside, depth, out);
            rest = tail.get(stream.byte_offset()..).unwrap_or_default();
        } else {
            let next = at + 1;
            scan(rest.get(..next).unwrap_or_default(), field, inside, out);
            rest = rest.get(next..).unwrap_or_default();
        }
    }
    scan(rest, field, inside, out);
}

fn walk<'v>(
    value: &'v Value,
    path: &mut Vec<&'v str>,
    inside: Option<&String>,
    depth: usize,
    out: &mut Vec<IdOccurrence>,
) {
    match value {
        Value::Object(map) => {
            // An object with participants is a conversation, and all inside belongs to it.
            let own = map.get("id").and_then(Value::as_str);
            let conversation =
                map.get("participants").and(own).or_else(|| map.get("conversationId").and_then(Value::as_str));
            let here = conversation.filter(|id| is_uuid(id)).map(str::to_ascii_lowercase);
            let inside = here.as_ref().or(inside);
            // Name and value stand apart in HAR headers and query parameters.
            if let (Some(name), Some(Value::String(text))) = (map.get("name").and_then(Value::as_str), map.get("value"))
            {
                return text_in(text, Some(name), inside, depth + 1, out);
            }
            for (key, value) in map {
                if key == "id"
                    && let Value::String(id) = value
                    && (is_uuid(id) || is_hex(id))
                {
                    out.push(IdOccurrence { id: id.clone(), role: own_id(map, path, id), inside: inside.cloned() });
                    continue;
                }
                path.push(key);
                walk(value, path, inside, depth, out);
                path.pop();
            }
        }
        Value::Array(items) => items.iter().for_each(|item| walk(item, path, inside, depth, out)),
        Value::String(text) => text_in(text, path.last().copied(), inside, depth + 1, out),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What the `id` of an object names.
fn own_id(map: &serde_json::Map<String, Value>, path: &[&str], id: &str) -> IdRole {
    let has = |name: &str| map.contains_key(name);
    let role = |what, because: String| IdRole { what, because };
    let parent = path.last().copied().unwrap_or_default();
    if has("participants") {
        return role(IdKind::Conversation, "it has participants".to_owned());
    }
    match parent {
        "participants" | "participant" => {
            let purpose = map.get("purpose").and_then(Value::as_str).unwrap_or("of the conversation");
            role(IdKind::Participant, format!("it is in participants ({purpose})"))
        }
        "to" if has("externalId") => role(IdKind::Participant, "the field to.id of a message".to_owned()),
        "messages" if has("state") => {
            role(IdKind::Communication, "messages of a participant belong to a communication".to_owned())
        }
        "conversations" | "conversation" => role(IdKind::Conversation, format!("it is in {parent}")),
        "OAuthClient" | "oAuthClient" | "client" => role(IdKind::Client, format!("it is in {parent}")),
        "organization" | "homeOrganization" => role(IdKind::Organization, format!("it is in {parent}")),
        "deployment" | "deployments" => role(IdKind::Deployment, format!("it is in {parent}")),
        "integration" | "integrations" => role(IdKind::Integration, format!("it is in {parent}")),
        _ if has("normalizedMessage") || has("textBody") || has("text") || has("direction") || is_hex(id) => {
            role(IdKind::Message, "it is the id of a message".to_owned())
        }
        _ => role(IdKind::Unknown, String::new()),
    }
}
