//! How values lie in the columns of the tables.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{Address, Conversation, ConversationKey, DeliveryStatus, Extras, MessageId, OpenGuest, Reason};

/// A status's name on disk, and its reason.
pub fn status_words(life: &DeliveryStatus) -> (&'static str, Option<String>) {
    let name = match life {
        DeliveryStatus::Waiting { .. } => DeliveryStatus::Queued.word(),
        life => life.word(),
    };
    (name, life.reason().map(Reason::kept))
}

/// The status of a name on disk.
pub fn status_of(name: &str, why: Option<String>) -> DeliveryStatus {
    let why = Reason::of_kept(why.unwrap_or_default());
    match name {
        "queued" => DeliveryStatus::Queued,
        "sending" => DeliveryStatus::Sending { attempt: 1 },
        "accepted" => DeliveryStatus::Accepted,
        "answered" => DeliveryStatus::Answered,
        "refused" => DeliveryStatus::Refused(why),
        "cancelled" => DeliveryStatus::Cancelled,
        "landed" => DeliveryStatus::Landed,
        "lost" => DeliveryStatus::Lost,
        _ => DeliveryStatus::Unknown(why),
    }
}

/// What a message carries beside its text, as JSON. Nothing where there is nothing: most messages are text alone.
pub fn extras_json(extras: &Extras) -> Option<String> {
    (*extras != Extras::default()).then(|| serde_json::to_string(extras).ok()).flatten()
}

/// A message's id as SQLite has it.
pub fn row_id(message: MessageId) -> i64 {
    // Ids are given from a random number of 62 bits on, or from 1.
    i64::try_from(message.0).unwrap_or(i64::MAX)
}

/// A point in time from microseconds.
pub fn time(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[derive(Serialize, Deserialize)]
struct AddedConversation {
    name: String,
    channel: String,
    ids: Vec<Option<String>>,
}

/// An added conversation as it is kept.
pub fn added_json(conversation: &Conversation) -> String {
    let ids = match &conversation.address {
        Address::GuestApi { conversation_id, participant_id, external_id } => {
            vec![Some(conversation_id.clone()), participant_id.clone(), external_id.clone()]
        }
        Address::OpenMessaging { integration_id, guest } => vec![
            Some(integration_id.clone()),
            Some(guest.id.clone()),
            Some(guest.id_type.clone()),
            guest.nickname.clone(),
        ],
        Address::WebMessaging { deployment_id, origin } => vec![Some(deployment_id.clone()), Some(origin.clone())],
    };
    let channel = conversation.channel().as_str().to_owned();
    serde_json::to_string(&AddedConversation { name: conversation.name.clone(), channel, ids }).unwrap_or_default()
}

/// The conversation that was kept so, under its present key.
pub fn added_from_json(json: &str, key: ConversationKey) -> Option<Conversation> {
    let kept: AddedConversation = serde_json::from_str(json).ok()?;
    let mut ids = kept.ids.into_iter();
    let mut next = move || ids.next().flatten();
    let address = match kept.channel.as_str() {
        "guest-api" => Address::GuestApi { conversation_id: next()?, participant_id: next(), external_id: next() },
        "open-messaging" => Address::OpenMessaging {
            integration_id: next()?,
            guest: OpenGuest { id: next()?, id_type: next()?, nickname: next() },
        },
        "web-messaging" => Address::WebMessaging { deployment_id: next()?, origin: next()? },
        _ => return None,
    };
    Some(Conversation { key, name: kept.name, address })
}
