//! What sets the channels apart when a message is written; what they can do tells [`Channel::capabilities`]. Pure.
//!
//! ```text
//! OutgoingMessage ─► objection? ─► transport ─┬─ Request: call ─► taken
//!                                             └─ Frame:   the conversation's own socket writes it
//! ```

use std::collections::BTreeMap;

use jiff::Timestamp;
use secrecy::SecretString;

use super::redact::holds_mask;
use crate::config::{ConversationEntry, Credentials, Profile};
use crate::genesys::open_messaging::{Endpoint, OpenAccepted, OpenMessage};
use crate::genesys::web_messaging::OutgoingFrame;
use crate::genesys::{Call, CallKind, guest_api, open_messaging};
use crate::model::variation::{MALFORMED_ID, OTHER_PARTICIPANT};
use crate::model::{Address, Channel, Choice, ChoiceKind, Extras, FileSource, Objection, OutgoingMessage, Variation};

/// Why a message is not sent at all. Malformed ids are no reason: they are sent on purpose.
pub fn objection(entry: &ConversationEntry, credentials: &Credentials, request: &OutgoingMessage) -> Option<Objection> {
    let channel = entry.conversation.channel();
    let extras = &request.extras;
    let whole = Extras { attributes: attributes(entry, extras), ..extras.clone() };
    if let Some(why) = whole.objection(&request.text, request.sent_as) {
        return Some(why);
    }
    if extras.choice.as_ref().is_some_and(is_masked) {
        return Some(Objection::MaskedChoice);
    }
    if let Some((variation, why)) = request.sent_as.and_then(|v| Some((v, v.senseless(channel)?))) {
        return Some(Objection::senseless(variation, channel, why));
    }
    if matches!(credentials, Credentials::Pasted(_)) && request.sent_as == Some(Variation::WrongScope) {
        return Some(Objection::PastedScope);
    }
    let picker = extras.choice.as_ref().is_some_and(|choice| choice.kind == ChoiceKind::ListPicker);
    match channel {
        Channel::GuestApi if !extras.attributes.is_empty() => Some(Objection::TextAlone("attributes".to_owned())),
        Channel::OpenMessaging if picker => Some(Objection::ListPicker),
        _ => extras.attachments.iter().find_map(|file| file.objection(channel)),
    }
}

/// Whether a part of what would be sent for the choice is not what the other side offered.
fn is_masked(choice: &Choice) -> bool {
    [Some(&choice.label), Some(&choice.payload), choice.words.as_ref()].into_iter().flatten().any(|t| holds_mask(t))
}

fn attributes(entry: &ConversationEntry, extras: &Extras) -> BTreeMap<String, String> {
    let mut all = entry.attributes.clone();
    all.extend(extras.attributes.iter().map(|(k, v)| (k.clone(), v.clone())));
    all
}

pub fn address_with_fault(address: &Address, sent_as: Variation) -> Address {
    let mut faulty = address.clone();
    match (&mut faulty, sent_as) {
        (Address::GuestApi { conversation_id, .. }, Variation::MalformedId) => MALFORMED_ID.clone_into(conversation_id),
        (Address::OpenMessaging { integration_id, .. }, Variation::MalformedId) => {
            MALFORMED_ID.clone_into(integration_id);
        }
        (Address::GuestApi { participant_id, external_id, .. }, Variation::OtherParticipant) => {
            *participant_id = Some(OTHER_PARTICIPANT.to_owned());
            *external_id = None;
        }
        _ => {}
    }
    faulty
}

/// When a message was said that bears this key: each try says the same.
fn said_at(key: &str) -> Option<Timestamp> {
    let (_, id) = key.rsplit_once(KEY_PREFIX)?;
    let (seconds, nanoseconds) = uuid::Uuid::try_parse(id).ok()?.get_timestamp()?.to_unix();
    Timestamp::new(i64::try_from(seconds).ok()?, i32::try_from(nanoseconds).ok()?).ok()
}

pub fn new_key(said: Timestamp) -> String {
    let seconds = u64::try_from(said.as_second()).unwrap_or_default();
    let said = uuid::Timestamp::from_unix(uuid::NoContext, seconds, said.subsec_nanosecond().unsigned_abs());
    format!("{KEY_PREFIX}{}", uuid::Uuid::new_v7(said))
}

const KEY_PREFIX: &str = "guestwire-"; // tells our messages apart from those of other providers

fn words(request: &OutgoingMessage) -> &str {
    match &request.extras.choice {
        Some(choice) if request.text.trim().is_empty() => &choice.label,
        _ => &request.text,
    }
}

pub fn call(
    profile: &Profile,
    entry: &ConversationEntry,
    address: &Address,
    request: &OutgoingMessage,
    token: &SecretString,
    now: Timestamp,
) -> Result<Call, String> {
    let (api, extras) = (&profile.hosts.api, &request.extras);
    match address {
        Address::GuestApi { conversation_id, participant_id, external_id, .. } => {
            let body = guest_api::body(participant_id.as_deref(), external_id.as_deref(), words(request));
            Ok(guest_api::request(api, &profile.guest_api.path, conversation_id, token)?.with_body(body))
        }
        Address::OpenMessaging { integration_id, guest } => {
            let files = extras.attachments.iter().filter_map(|a| match &a.place {
                FileSource::Url(url) => Some((url.as_str(), a.mime.as_str(), a.name.as_deref())),
                FileSource::File(_) => None,
            });
            let message_id = extras.idempotency_key.as_deref().unwrap_or_default();
            let said = OpenMessage {
                guest,
                message_id,
                time: said_at(message_id).unwrap_or(now),
                text: words(request),
                attributes: &attributes(entry, extras),
                files: files.collect(),
            };
            // There is an endpoint for answers to a message that offered choices.
            let (endpoint, body) = match (&extras.choice, &extras.offer_id) {
                (Some(choice), Some(answers)) => (Endpoint::Response, open_messaging::response(&said, choice, answers)),
                _ => (Endpoint::Message, open_messaging::message(&said)),
            };
            Ok(open_messaging::request(api, integration_id, endpoint, token)?.with_body(body))
        }
        Address::WebMessaging { .. } => {
            Err("messages of the channel web-messaging are frames, not requests".to_owned())
        }
    }
}

pub fn frame(
    entry: &ConversationEntry,
    request: &OutgoingMessage,
    attachments: Vec<(String, String)>,
) -> OutgoingFrame {
    let extras = &request.extras;
    OutgoingFrame {
        text: words(request).to_owned(),
        id: extras.idempotency_key.clone().unwrap_or_default(),
        attributes: attributes(entry, extras),
        choice: extras.choice.clone(),
        answers: extras.offer_id.clone(),
        attachments,
    }
}

pub const fn asked(channel: Channel) -> CallKind {
    match channel {
        Channel::GuestApi => CallKind::GuestMessage,
        Channel::OpenMessaging => CallKind::OpenMessage,
        Channel::WebMessaging => CallKind::Anything,
    }
}

pub fn taken(channel: Channel, body: &[u8]) -> OpenAccepted {
    match channel {
        Channel::OpenMessaging => open_messaging::taken(body),
        Channel::GuestApi | Channel::WebMessaging => {
            let id = std::str::from_utf8(body).ok().and_then(guest_api::remote_id);
            OpenAccepted { id, conversation_id: None }
        }
    }
}
