//! What an id can name, and what the path or the name in front of it in plain text says of that.

use crate::model::ids::is_uuid;
use crate::model::words::words;

words! {
    /// What an id names.
    #[derive(Default)]
    pub enum IdKind: word, of_one {
        /// A conversation.
        Conversation = "conversation", "a conversation's id";
        /// A participant of one.
        Participant = "participant", "a participant's id";
        /// A participant's communication inside a conversation.
        Communication = "communication", "a communication's id";
        /// A message.
        Message = "message", "a message's id";
        /// An open-messaging integration.
        Integration = "integration", "an integration's id";
        /// A web deployment.
        Deployment = "deployment", "a deployment's id";
        /// An OAuth client.
        Client = "client", "an OAuth client's id";
        /// An organisation.
        Organization = "organization", "an organisation's id";
        /// A request, for support to look up.
        Request = "request", "a request's id";
        /// A guest's own token: a secret, never shown.
        GuestToken = "guest-token", "a guest's token";
        /// Nothing around it says.
        #[default]
        Unknown = "unknown", "an unknown id";
    }
}

/// A place where an id stood, and what that says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdRole {
    /// What it names there.
    pub what: IdKind,
    /// Why: `the path …/participants/ID`, `the field to.id`.
    pub because: String,
}

/// One place where an id stood.
pub struct IdOccurrence {
    pub id: String,
    pub role: IdRole,
    /// The conversation that it was found inside of.
    pub inside: Option<String>,
}

/// Why an id is a message's of which nothing else is known.
pub const FORM: &str = "its form: 32 hexadecimal digits";

/// Characters before an id that are looked at.
const BEFORE: usize = 96;

/// Adds the ids of `text`. `field` names the JSON field whose value the text is.
pub fn scan(text: &str, field: Option<&str>, inside: Option<&String>, out: &mut Vec<IdOccurrence>) {
    let mut at = 0;
    for token in text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')) {
        // `token` is a slice of `text`: where it begins follows from the lengths.
        let start = at;
        at = start
            + token.len()
            + text.get(start + token.len()..).and_then(|r| r.chars().next()).map_or(0, char::len_utf8);
        if !is_uuid(token) && !is_hex(token) {
            continue;
        }
        let before = tail(text.get(..start).unwrap_or_default(), BEFORE);
        let after = text.get(start + token.len()..).unwrap_or_default();
        if !is_uuid(token) && name_before(before).or(field.map(str::to_owned)).is_some_and(|n| is_digest(&n)) {
            continue;
        }
        let role = role(before, after, field, is_uuid(token));
        out.push(IdOccurrence { id: token.to_owned(), role, inside: inside.cloned() });
    }
}

/// 32 hexadecimal digits: the form of a message id, and of a UUID without its hyphens. [message ids: real: seen in SDK
/// source]
pub fn is_hex(token: &str) -> bool {
    token.len() == 32 && token.bytes().all(|b| b.is_ascii_hexdigit()) && token.bytes().any(|b| b.is_ascii_digit())
}

/// The name of something that has the same form and is no id.
fn is_digest(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["md5", "hash", "digest", "etag", "checksum", "sha"].iter().any(|word| name.contains(word))
}

fn tail(text: &str, most: usize) -> &str {
    let from = text.char_indices().rev().take(most).last().map_or(0, |(at, _)| at);
    text.get(from..).unwrap_or_default()
}

fn role(before: &str, after: &str, field: Option<&str>, uuid: bool) -> IdRole {
    let of = |what, because: &str| IdRole { what, because: because.to_owned() };
    let lower = before.to_ascii_lowercase();
    // Paths, the longest first. [real: documented paths; the first is the Guest API's description]
    let paths: [(&str, IdKind); 13] = [
        ("/conversations/messaging/", IdKind::Conversation),
        ("/communications/", IdKind::Communication),
        ("/participants/", IdKind::Participant),
        ("/interactions/", IdKind::Conversation),
        ("/conversations/details/", IdKind::Conversation),
        ("/conversations/messages/", IdKind::Conversation),
        ("/conversations/", IdKind::Conversation),
        ("/integrations/open/", IdKind::Integration),
        ("/webdeployments/deployments/", IdKind::Deployment),
        ("/deployments/", IdKind::Deployment),
        ("/oauth/clients/", IdKind::Client),
        ("/organizations/", IdKind::Organization),
        ("/messages/", IdKind::Message),
    ];
    if lower.ends_with("/conversations/messages/") {
        if after.starts_with("/inbound/open") {
            return of(IdKind::Integration, "the path …/messages/ID/inbound/open");
        }
        if after.starts_with("/details") {
            return of(IdKind::Message, "the path …/messages/ID/details");
        }
    }
    if let Some((path, what)) = paths.iter().find(|(path, _)| lower.ends_with(path)) {
        return of(*what, &format!("the path …{path}ID"));
    }
    if let Some(name) = name_before(before)
        && let Some(what) = named(&name)
    {
        return of(what, &format!("the name {name}"));
    }
    if let Some(field) = field
        && let Some(what) = named(field)
        && before.trim().is_empty()
    {
        return of(what, &format!("the field {field}"));
    }
    if !uuid {
        return of(IdKind::Message, FORM);
    }
    of(IdKind::Unknown, "")
}

/// The name in `name=`, `name: `, `"name":"`, `name ` before a value.
fn name_before(before: &str) -> Option<String> {
    let before = before.trim_end_matches(['"', '\'', ' ', '\\', '«', '“', '(', '[', '<']);
    let before = before.strip_suffix(['=', ':']).map_or(before, |b| b.trim_end_matches(['"', '\'', ' ', '\\']));
    let name: String = {
        let reversed: String =
            before.chars().rev().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')).collect();
        reversed.chars().rev().collect()
    };
    (!name.is_empty()).then_some(name)
}

/// What a field, parameter or header of that name holds.
pub fn named(name: &str) -> Option<IdKind> {
    let last = name.rsplit('.').next().unwrap_or(name);
    let plain: String = last.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    Some(match plain.as_str() {
        "conversationid" | "conversation" | "conv" => IdKind::Conversation,
        "participantid" | "participant" | "guestid" => IdKind::Participant,
        "communicationid" | "communication" => IdKind::Communication,
        "messageid" | "message" | "msgid" => IdKind::Message,
        "integrationid" | "integration" => IdKind::Integration,
        "deploymentid" | "deployment" => IdKind::Deployment,
        "clientid" | "oauthclient" => IdKind::Client,
        "organizationid" | "organization" | "orgid" | "homeorganization" => IdKind::Organization,
        "contextid"
        | "correlationid"
        | "inincorrelationid"
        | "genesyscorrelationid"
        | "xrequestid"
        | "requestid"
        | "tracingid"
        | "traceid" => IdKind::Request,
        "token" | "guesttoken" => IdKind::GuestToken,
        _ => return None,
    })
}
