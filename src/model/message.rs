//! A message, its delivery status, and what it carries beside its text.
//!
//! ```text
//!  queued ─► sending ─┬─► accepted ─► answered
//!    │ ▲        ▲     ├─► refused
//!    ▼ │        │     ├─► unknown ─┬─► landed  (a look-up or a person says that it was received)
//!  waiting ─────┘◄────┘            └─► lost    (a person says that it was not)
//!    └─► cancelled, or refused before a byte was written; so does queued
//! ```

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::channel::{ATTRIBUTES_MAX_BYTES, GUEST_TEXT_MAX_BYTES, attributes_bytes};
use super::{Attachments, Channel, ConversationKey, ExchangeId, MessageId, Moment, Objection, Reason, Variation};

words! {
    /// Who said it.
    #[derive(Default)]
    pub enum Author: name {
        /// We, speaking as the guest.
        Guest = "guest";
        /// A bot, or another automatic counterpart.
        Bot = "bot";
        /// A person at the other end.
        Agent = "agent";
        /// Somebody of the other side: the platform does not say who.
        Somebody = "somebody";
        #[default]
        System = "system";
    }
}

impl Author {
    /// Whether the platform says that somebody of the other side said it.
    pub(crate) const fn is_named(self) -> bool {
        matches!(self, Self::Bot | Self::Agent)
    }

    /// Whether what it says can be a reply.
    pub(crate) const fn replies(self) -> bool {
        matches!(self, Self::Bot | Self::Agent | Self::Somebody)
    }
}

/// Where a message stands. See the module's drawing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryStatus {
    /// In line behind others of its conversation, or until there is a token.
    Queued,
    /// Held until `until`.
    Waiting {
        /// When it goes on by itself.
        until: Moment,
        /// Why.
        why: Reason,
    },
    /// A try is under way.
    Sending {
        /// Which try, from 1.
        attempt: u32,
    },
    /// The server said yes.
    Accepted,
    /// Accepted, and a later message of the other side has been read.
    Answered,
    /// The server (or we, before sending) said no.
    Refused(Reason),
    /// Something was written, and no answer came back whole: it may have been received.
    Unknown(Reason),
    /// Taken back before its first byte was written.
    Cancelled,
    /// It was unknown, and a look-up or a person settled it as received.
    Received,
    /// It was unknown, and a person settled it as not received.
    NotReceived,
}

/// How far apart our time and the remote side's may be for one text to be one message, after the known skew.
pub const SAME_WITHIN: jiff::SignedDuration = jiff::SignedDuration::from_mins(5);

/// Finds our message that a guest's message, read back from the service, is: of `ours`, the one with the same text that is
/// nearest to `at` (by our clock). A read-back message without a time may be very old, so that it only matches a message
/// that was received for sure. `ours`: key, text, time and status of each message without a known remote id.
pub fn read_back<'m, K>(
    text: &str,
    at: Option<Timestamp>,
    ours: impl Iterator<Item = (K, &'m str, Timestamp, &'m DeliveryStatus)>,
) -> Option<K> {
    let apart = |said: Timestamp| at.map_or(SAME_WITHIN, |at| said.duration_since(at).abs());
    let received = |delivery: &DeliveryStatus| {
        matches!(delivery, DeliveryStatus::Accepted | DeliveryStatus::Answered | DeliveryStatus::Received)
    };
    let fits = |delivery: &DeliveryStatus| if at.is_some() { delivery.may_have_arrived() } else { received(delivery) };
    ours.filter(|(_, own, said, delivery)| *own == text && fits(delivery) && apart(*said) <= SAME_WITHIN)
        .min_by_key(|(_, _, said, _)| apart(*said))
        .map(|(key, ..)| key)
}

impl DeliveryStatus {
    /// Whether such a message can stand in the conversation.
    pub(crate) const fn may_have_arrived(&self) -> bool {
        match self {
            Self::Sending { .. }
            | Self::Accepted
            | Self::Answered
            | Self::Unknown(_)
            | Self::Received
            | Self::NotReceived => true,
            Self::Queued | Self::Waiting { .. } | Self::Refused(_) | Self::Cancelled => false,
        }
    }

    /// The word on screen.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Waiting { .. } => "waiting",
            Self::Sending { .. } => "sending",
            Self::Accepted => "accepted",
            Self::Answered => "answered",
            Self::Refused(_) => "refused",
            Self::Unknown(_) => "unknown",
            Self::Cancelled => "cancelled",
            Self::Received => "landed",
            Self::NotReceived => "lost",
        }
    }

    pub(crate) const fn reason(&self) -> Option<&Reason> {
        match self {
            Self::Refused(why) | Self::Unknown(why) => Some(why),
            _ => None,
        }
    }

    /// Whether nothing more happens by itself.
    pub const fn is_finished(&self) -> bool {
        !matches!(self, Self::Queued | Self::Waiting { .. } | Self::Sending { .. })
    }
}

/// A message of ours, or one that a read brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Our own id for it.
    pub id: MessageId,
    /// The conversation that it belongs to.
    pub conversation: ConversationKey,
    /// Who said it.
    pub author: Author,
    /// What it says, as it was typed or received (not made safe for a terminal).
    pub text: String,
    /// When it was asked for, or when the remote side says it was said.
    pub at: Moment,
    /// Where it stands.
    pub delivery: DeliveryStatus,
    /// The exchange that carried it, once one began.
    pub exchange: Option<ExchangeId>,
    /// The id that the remote side gave it.
    pub remote_id: Option<String>,
    /// The message that this one sends again.
    pub resend_of: Option<MessageId>,
    /// It was sent wrongly on purpose, in this way.
    pub sent_as: Option<Variation>,
    /// What it carries beside its text.
    pub extras: Extras,
}

/// A message as a read of the conversation showed it. Its form in the journal is what it has beside its words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RemoteMessage {
    /// The remote side's id.
    #[serde(skip)]
    pub id: String,
    /// Who said it.
    #[serde(skip)]
    pub author: Author,
    /// What it says.
    #[serde(skip)]
    pub text: String,
    /// When, by the remote side's clock.
    #[serde(skip)]
    pub at: jiff::Timestamp,
    /// The history that it was read from tells no time of it: `at` is when it was read.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub untimed: bool,
    /// What it offers to answer with, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
    /// Files that came with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// A message that was said later came before this one.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub late: bool,
    /// It came by itself, not with a page of what was said before.
    #[serde(skip)]
    pub pushed: bool,
}

impl RemoteMessage {
    /// A message that is only text.
    pub fn new(id: impl Into<String>, author: Author, text: impl Into<String>, at: jiff::Timestamp) -> Self {
        Self { id: id.into(), author, text: text.into(), at, ..Self::default() }
    }
}

/// A message that is to be sent, before it has an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutgoingMessage {
    /// The conversation that it goes into.
    pub conversation: ConversationKey,
    /// What it says; of one that is sent wrongly on purpose, what is sent already.
    pub text: String,
    /// The message that it sends again.
    pub resend_of: Option<MessageId>,
    /// Wrongly on purpose, in this way.
    pub sent_as: Option<Variation>,
    /// What it carries beside its text.
    pub extras: Extras,
}

impl OutgoingMessage {
    /// A plain text.
    pub fn text(conversation: ConversationKey, text: impl Into<String>) -> Self {
        Self { conversation, text: text.into(), resend_of: None, sent_as: None, extras: Extras::default() }
    }

    /// The same, sent wrongly on purpose if `how` says so.
    #[must_use]
    pub fn varied(self, how: Option<Variation>) -> Self {
        let text = how.map(|how| how.text(&self.text));
        Self { sent_as: how, text: text.unwrap_or(self.text), ..self }
    }

    /// What was asked for with a message of ours.
    pub fn of(message: &Message) -> Self {
        let Message { conversation, text, resend_of, sent_as, extras, .. } = message.clone();
        Self { conversation, text, resend_of, sent_as, extras }
    }

    /// A message once more: a new one, linked to the old.
    pub(crate) fn again(message: &Message) -> Self {
        // The name is the engine's to give.
        let extras = Extras { idempotency_key: None, ..message.extras.clone() };
        Self { resend_of: Some(message.id), extras, ..Self::text(message.conversation, message.text.clone()) }
    }

    pub(crate) fn answer(conversation: ConversationKey, choice: Choice, answers: impl Into<String>) -> Self {
        let text = choice.words_or_payload().to_owned();
        let extras = Extras { choice: Some(choice), offer_id: Some(answers.into()), ..Extras::default() };
        Self { extras, ..Self::text(conversation, text) }
    }
}

words! {
    /// What offers a choice, and so the `type` of the answer that takes it.
    /// [real: seen in SDK source: `ButtonResponseType` of WMJ's schema of the guest frames; `Form` is not answered here]
    #[derive(Default, Serialize, Deserialize)]
    pub enum ChoiceKind: name {
        #[default]
        QuickReply = "QuickReply";
        Button = "Button";
        DatePicker = "DatePicker";
        ListPicker = "ListPicker";
    }
}

/// Something that the other side offers to answer with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// What stands on it.
    pub label: String,
    /// What is sent when it is taken; often the same.
    pub payload: String,
    /// What offers it. Rows that were written before kinds were kept are quick replies.
    #[serde(default)]
    pub kind: ChoiceKind,
    /// The words that the offer itself gives to whoever takes it (a list picker's `replyMessage`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
}

impl Choice {
    pub(crate) fn words_or_payload(&self) -> &str {
        if self.label.trim().is_empty() { &self.payload } else { &self.label }
    }

    /// A quick reply.
    pub fn new(label: impl Into<String>, payload: impl Into<String>) -> Self {
        Self { label: label.into(), payload: payload.into(), ..Self::default() }
    }

    #[must_use]
    pub(crate) fn of(self, kind: ChoiceKind) -> Self {
        Self { kind, ..self }
    }
}

/// Where a file is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileSource {
    /// At an address that the platform can fetch.
    Url(String),
    /// On this machine, to be uploaded.
    File(PathBuf),
}

/// A file that comes with a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Where it is.
    pub place: FileSource,
    /// Its media type, `image/png`.
    pub mime: String,
    /// What it is called.
    pub name: Option<String>,
}

/// What a message of ours carries beside its text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Extras {
    /// It answers with this choice.
    pub choice: Option<Choice>,
    /// The remote side's id of the message that offered the choice.
    #[serde(rename = "answers")]
    pub offer_id: Option<String>,
    /// Participant data for Architect, beside the conversation's own (these win).
    pub attributes: BTreeMap<String, String>,
    /// Files.
    pub attachments: Vec<Attachment>,
    /// The name by which a channel with idempotency knows the message again, given when it is first sent and kept with
    /// it. A resend of a message of which nobody knows whether it was received bears the same.
    #[serde(rename = "key", skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

impl Extras {
    /// Whether there is nothing beside the text that a person would see.
    pub(crate) fn is_empty(&self) -> bool {
        self.choice.is_none() && self.offer_id.is_none() && self.attributes.is_empty() && self.attachments.is_empty()
    }

    /// Why a text does not go with them on any channel: nothing is said, or too much.
    pub(crate) fn objection(&self, text: &str, sent_as: Option<Variation>) -> Option<Objection> {
        let attributes = attributes_bytes(&self.attributes);
        if text.trim().is_empty() && self.choice.is_none() && self.attachments.is_empty() {
            Some(Objection::Empty)
        } else if text.len() > GUEST_TEXT_MAX_BYTES && sent_as != Some(Variation::Oversize) {
            Some(Objection::TextTooLong(text.len()))
        } else {
            (attributes > ATTRIBUTES_MAX_BYTES).then_some(Objection::AttributesTooLarge(attributes))
        }
    }
}

impl Attachment {
    pub(crate) fn label(&self) -> std::borrow::Cow<'_, str> {
        match (&self.name, &self.place) {
            (Some(name), _) => name.into(),
            (None, FileSource::Url(url)) => url.into(),
            (None, FileSource::File(path)) => path.to_string_lossy(),
        }
    }

    /// Why a channel does not take it.
    pub(crate) fn objection(&self, channel: Channel) -> Option<Objection> {
        match (channel.capabilities().attachments, &self.place) {
            (Attachments::None, _) => Some(Objection::TextAlone("attachments".to_owned())),
            (Attachments::Addresses, FileSource::File(path)) => Some(Objection::LocalFile(path.display().to_string())),
            (Attachments::Files, FileSource::Url(url)) => Some(Objection::RemoteFile(url.clone())),
            _ => None,
        }
    }
}
