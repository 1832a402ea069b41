//! Open messaging: what a provider sends in for its guest.
//!
//! ```text
//! message, structured response ─► the guest's conversation (begun where none goes on) ─► answered by the script
//! event (typing), receipt ──────► noted; they begin no conversation
//! ```
//! A message whose `channel.messageId` has come before from the same guest is not received again: the answer is that of
//! the first time, and it is counted. [inferred: "unique provider ID of the message"]

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::content::{AttachedFile, GuestContent, TakenChoice};
use super::conversation::GuestAccess;
use super::{Bearer, ParticipantPurpose, ServiceRefusal, SimulatedConversation, SimulatedMessage, World, entry};
use crate::genesys::guest_api::SCOPE;
use crate::genesys::open_messaging::Endpoint;
use crate::model::Moment;
use crate::model::ids::is_uuid;
use crate::model::limits::GUEST_TEXT_MAX_BYTES;
use crate::sandbox::fault::Plan;
use crate::sandbox::scenario::ScenarioScript;

/// The bodies of all four in one; which fields have to be there is checked per kind.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Inbound {
    pub(crate) channel: OpenChannel,
    pub(crate) text: Option<String>,
    #[serde(default)]
    pub(crate) content: Vec<Content>,
    #[serde(default)]
    pub(crate) metadata: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) events: Vec<OpenEvent>,
    pub(crate) id: Option<String>,
    pub(crate) status: Option<String>,
    #[serde(default)]
    pub(crate) reasons: Vec<OpenReason>,
    pub(crate) is_final_receipt: Option<bool>,
    pub(crate) button_response: Option<TakenChoice>,
    pub(crate) originating_message_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OpenChannel {
    pub(crate) from: Option<Map<String, Value>>,
    pub(crate) to: Option<Map<String, Value>>,
    pub(crate) time: String,
    pub(crate) message_id: Option<String>,
    #[serde(default)]
    pub(crate) metadata: ChannelMetadata,
}

/// `channel.metadata`. [customAttributes: 3p and used in practice; the SDK's model has only `subType`]
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ChannelMetadata {
    pub(crate) custom_attributes: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Content {
    pub(crate) content_type: Option<String>,
    pub(crate) attachment: Option<AttachedFile>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OpenEvent {
    pub(crate) event_type: String,
}

/// Why a message could not be delivered.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct OpenReason {
    pub(crate) code: Option<String>,
    pub(crate) message: String,
}

/// Which message came of it; `None` for events and receipts.
pub(crate) type Heard = Option<(usize, String)>;

const MEDIA: [&str; 5] = ["Image", "Video", "Audio", "File", "Link"];
const STATUSES: [&str; 5] = ["Sent", "Delivered", "Failed", "Published", "Removed"];
/// [PY `ContentButtonResponse`]
const BUTTONS: [&str; 3] = ["QuickReply", "Button", "DatePicker"];

fn one_of(value: &str, known: &[&str], field: &'static str, allowed: &'static str) -> Result<(), ServiceRefusal> {
    if known.contains(&value) {
        return Ok(());
    }
    Err(ServiceRefusal::Value { value: value.to_owned(), field, allowed })
}

impl OpenChannel {
    /// The guest's id of `from` (or, in receipts, of `to`).
    fn guest(&self, kind: Endpoint) -> Result<&str, ServiceRefusal> {
        let party = if kind == Endpoint::Receipt { &self.to } else { &self.from };
        let id = party.as_ref().and_then(|party| party.get("id")).and_then(Value::as_str);
        let id = id.filter(|id| !id.is_empty()).ok_or(ServiceRefusal::BodyMalformed)?;
        let id_type = party.as_ref().and_then(|party| party.get("idType")).and_then(Value::as_str);
        match id_type {
            Some(word) => one_of(word, &["Email", "Phone", "Opaque"], "idType", "Email, Phone, Opaque")?,
            None if kind == Endpoint::Receipt => {}
            None => return Err(ServiceRefusal::BodyMalformed),
        }
        Ok(id)
    }
}

impl Inbound {
    /// Whether all that `kind` needs is there and could be.
    fn check(&self, kind: Endpoint) -> Result<(), ServiceRefusal> {
        if self.channel.time.parse::<Timestamp>().is_err() {
            return Err(ServiceRefusal::Date);
        }
        match kind {
            Endpoint::Message => {
                let text = self.text.as_deref().unwrap_or_default();
                if text.trim().is_empty() && self.content.is_empty() {
                    return Err(ServiceRefusal::BodyMalformed);
                }
                if text.len() > GUEST_TEXT_MAX_BYTES {
                    return Err(ServiceRefusal::TextTooLong(text.len()));
                }
                for content in &self.content {
                    let kind = content.content_type.as_deref().unwrap_or("Attachment");
                    one_of(kind, &["Attachment"], "contentType", "Attachment")?;
                    let attachment = content.attachment.as_ref().ok_or(ServiceRefusal::BodyMalformed)?;
                    one_of(&attachment.media_type, &MEDIA, "mediaType", "Image, Video, Audio, File, Link")?;
                }
            }
            Endpoint::Event => {
                if self.events.is_empty() {
                    return Err(ServiceRefusal::BodyMalformed);
                }
                for event in &self.events {
                    one_of(&event.event_type, &["Typing"], "eventType", "Typing")?;
                }
            }
            Endpoint::Receipt => {
                let status = self.status.as_deref().ok_or(ServiceRefusal::BodyMalformed)?;
                one_of(status, &STATUSES, "status", "Sent, Delivered, Failed, Published, Removed")?;
                self.id.as_ref().ok_or(ServiceRefusal::BodyMalformed)?;
            }
            Endpoint::Response => {
                let button = self.button_response.as_ref().ok_or(ServiceRefusal::BodyMalformed)?;
                one_of(&button.kind, &BUTTONS, "buttonResponse.type", "QuickReply, Button, DatePicker")?;
                self.originating_message_id.as_ref().ok_or(ServiceRefusal::BodyMalformed)?;
            }
        }
        Ok(())
    }
}

/// A request of the open channel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OpenRequest<'r> {
    pub(crate) kind: Endpoint,
    /// Of the path, or of `channel.to` where the path has none.
    pub(crate) integration: &'r str,
    /// The `x-request-id` that the answer will have.
    pub(crate) request_id: &'r str,
}

impl World {
    /// Receives what a provider sends in, or says why not.
    pub(crate) fn open(
        &mut self,
        asked: OpenRequest<'_>,
        inbound: &Inbound,
        now: Moment,
    ) -> Result<Heard, ServiceRefusal> {
        self.is_integration(asked.integration)?;
        inbound.check(asked.kind)?;
        let guest = inbound.channel.guest(asked.kind)?.to_owned();
        match asked.kind {
            Endpoint::Event => {
                self.tally.open.events += 1;
                Ok(None)
            }
            Endpoint::Receipt => {
                let id = inbound.id.as_deref().unwrap_or_default();
                let (conversation, said) = self.message(id)?;
                if !is_of(conversation, &guest) || said.by == ParticipantPurpose::Customer {
                    return Err(ServiceRefusal::MessageUnknown);
                }
                self.tally.open.receipts += 1;
                Ok(None)
            }
            Endpoint::Message | Endpoint::Response => self.open_said(asked, inbound, &guest, now).map(Some),
        }
    }

    /// The id of an event, which is in no conversation.
    pub(crate) fn event_id(&mut self) -> String {
        self.dice.messages.hex()
    }

    /// Whether a bearer may send in.
    pub(crate) fn may_open(&self, bearer: &Bearer, plan: &Plan) -> Result<(), ServiceRefusal> {
        // The Guest API's description is silent about this endpoint: in its world, what may speak or read may do this.
        let scopes = &["messaging", "conversations", SCOPE];
        self.may_read(bearer, plan, scopes, &["conversation:message:receive"])
    }

    /// Whether `id` is that of the integration.
    pub(crate) fn is_integration(&self, id: &str) -> Result<(), ServiceRefusal> {
        if id == self.integration_id {
            return Ok(());
        }
        if is_uuid(id) {
            return Err(ServiceRefusal::NoRoute);
        }
        Err(ServiceRefusal::Value { value: id.to_owned(), field: "integrationId", allowed: "a UUID" })
    }

    fn open_said(
        &mut self,
        asked: OpenRequest<'_>,
        inbound: &Inbound,
        guest: &str,
        now: Moment,
    ) -> Result<(usize, String), ServiceRefusal> {
        let own_id: Option<Arc<str>> = inbound.channel.message_id.as_deref().map(Arc::from);
        if let Some(before) = own_id.as_deref().and_then(|id| self.index.own_ids.get(&own_key(guest, id))).cloned() {
            self.tally.open.duplicates += 1;
            return Ok(before);
        }
        let from = Value::Object(inbound.channel.from.clone().unwrap_or_default());
        let going_on = self.conversations.iter().rposition(|c| is_of(c, guest) && c.ended.is_none());
        let mut heard = inbound.text.clone().unwrap_or_default();
        let id = self.dice.messages.hex();
        let mut said = SimulatedMessage::words(id, ParticipantPurpose::Customer, heard.as_str(), now.wall);
        let n = match (asked.kind, going_on) {
            (Endpoint::Response, None) => return Err(ServiceRefusal::ConversationUnknown),
            (Endpoint::Response, Some(n)) => {
                let offered = inbound.originating_message_id.as_deref().unwrap_or_default();
                let theirs = |said: &&SimulatedMessage| said.by != ParticipantPurpose::Customer;
                let conversation = self.conversations.get(n);
                conversation.and_then(|c| c.said(offered)).filter(theirs).ok_or(ServiceRefusal::MessageUnknown)?;
                let button = inbound.button_response.clone().ok_or(ServiceRefusal::BodyMalformed)?;
                heard = button.payload.clone();
                said.text = button.text.as_str().into();
                let originating_message_id = Some(offered.to_owned());
                said.pieces.push(GuestContent::Choice(TakenChoice { originating_message_id, ..button }));
                n
            }
            (_, Some(n)) => n,
            (_, None) => self.begin_open(guest, from.clone(), now),
        };
        let files = inbound.content.iter().filter_map(|c| c.attachment.clone());
        said.pieces.extend(files.map(GuestContent::File));
        said.metadata = inbound.metadata.clone();
        said.request = Some(asked.request_id.into());
        said.own_id = own_id;
        let id = said.id.clone();
        if let Some(own_id) = &said.own_id {
            self.index.own_ids.insert(own_key(guest, own_id), (n, id.clone()));
        }
        if let Some(conversation) = self.conversations.get_mut(n) {
            conversation.via = GuestAccess::Open { from };
            conversation.attributes.extend(inbound.channel.metadata.custom_attributes.clone());
            said.at = conversation.stamp(said.at);
        }
        self.keep(n, said);
        self.provoke(n, &heard, now);
        Ok((n, id))
    }

    fn begin_open(&mut self, guest: &str, from: Value, now: Moment) -> usize {
        let named = from.get("nickname").and_then(Value::as_str).unwrap_or(guest).to_owned();
        let (name, script) = match entry::open(&self.entries, guest) {
            Some(entry) => (entry.name.clone(), entry.script),
            None => (named.clone(), ScenarioScript::default()),
        };
        self.begin(&name, &named, script, GuestAccess::Open { from }, now)
    }
}

/// Whether a conversation is of the integration's guest `id`.
pub(super) fn is_of(conversation: &SimulatedConversation, id: &str) -> bool {
    matches!(&conversation.via, GuestAccess::Open { from } if from.get("id").and_then(Value::as_str) == Some(id))
}

/// Under which a message's own id is remembered.
pub(super) fn own_key(guest: &str, own_id: &str) -> (Box<str>, Box<str>) {
    (guest.into(), own_id.into())
}
