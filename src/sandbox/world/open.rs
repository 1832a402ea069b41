//! Open messaging: what a provider sends in for its guest, and what it is answered.
//!
//! ```text
//! message, structured response ─► the guest's conversation (begun where none goes on) ─► answered by the script
//! event (typing), receipt ──────► noted; they begin no conversation
//! ```
//! A message whose `channel.messageId` has come before from the same guest is not received again: the answer is that of
//! the first time, and it is counted. [inferred: "unique provider ID of the message"; shapes: real: documented, JS and PY]

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::content::{AttachedFile, ChannelMetadata, GuestContent, TakenChoice};
use super::conversation::GuestAccess;
use super::{ParticipantPurpose, Served, ServiceRefusal, SimulatedMessage, World};
use crate::genesys::open_messaging::Endpoint;
use crate::genesys::time_text;
use crate::model::ids::is_uuid;
use crate::sandbox::scenario::ScenarioScript;
use crate::text::json::{dense, with};

/// The bodies of all four in one; which fields have to be there is checked per kind.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Inbound {
    channel: OpenChannel,
    text: Option<String>,
    #[serde(default)]
    content: Vec<Content>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
    #[serde(default)]
    events: Vec<OpenEvent>,
    id: Option<String>,
    status: Option<String>,
    #[serde(default)]
    reasons: Vec<OpenReason>,
    is_final_receipt: Option<bool>,
    button_response: Option<TakenChoice>,
    originating_message_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OpenChannel {
    from: Option<Map<String, Value>>,
    to: Option<Map<String, Value>>,
    time: String,
    message_id: Option<String>,
    #[serde(default)]
    metadata: ChannelMetadata,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Content {
    content_type: Option<String>,
    attachment: Option<AttachedFile>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OpenEvent {
    event_type: String,
}

#[derive(Debug, Deserialize, Serialize)]
struct OpenReason {
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    message: String,
}

fn one_of(value: &str, field: &str, allowed: &str) -> Served<()> {
    let known = allowed.split(", ").find(|known| *known == value);
    known.map(|_| ()).ok_or_else(|| ServiceRefusal::value(value, field, allowed))
}

fn given<T>(field: Option<&T>) -> Served<&T> {
    field.ok_or(ServiceRefusal::BODY_MALFORMED)
}

impl Inbound {
    /// The guest's id of `from` (or, in receipts, of `to`).
    fn guest(&self, kind: Endpoint) -> Served<&str> {
        let party = if kind == Endpoint::Receipt { &self.channel.to } else { &self.channel.from };
        let field = |name: &str| party.as_ref().and_then(|party| party.get(name)).and_then(Value::as_str);
        let id = field("id").filter(|id| !id.is_empty()).ok_or(ServiceRefusal::BODY_MALFORMED)?;
        match field("idType") {
            Some(word) => one_of(word, "idType", "Email, Phone, Opaque")?,
            None if kind == Endpoint::Receipt => {}
            None => return Err(ServiceRefusal::BODY_MALFORMED),
        }
        Ok(id)
    }

    fn check(&self, kind: Endpoint) -> Served<()> {
        if self.channel.time.parse::<Timestamp>().is_err() {
            return Err(ServiceRefusal::DATE);
        }
        match kind {
            Endpoint::Message => {
                let text = self.text.as_deref().unwrap_or_default();
                if text.trim().is_empty() && self.content.is_empty() {
                    return Err(ServiceRefusal::BODY_MALFORMED);
                }
                ServiceRefusal::check_length(text)?;
                for content in &self.content {
                    one_of(content.content_type.as_deref().unwrap_or("Attachment"), "contentType", "Attachment")?;
                    let attachment = given(content.attachment.as_ref())?;
                    one_of(&attachment.media_type, "mediaType", "Image, Video, Audio, File, Link")?;
                }
            }
            Endpoint::Event => {
                given(self.events.first())?;
                for event in &self.events {
                    one_of(&event.event_type, "eventType", "Typing")?;
                }
            }
            Endpoint::Receipt => {
                one_of(given(self.status.as_ref())?, "status", "Sent, Delivered, Failed, Published, Removed")?;
                given(self.id.as_ref())?;
            }
            Endpoint::Response => {
                let button = given(self.button_response.as_ref())?;
                // [PY `ContentButtonResponse`]
                one_of(&button.kind, "buttonResponse.type", "QuickReply, Button, DatePicker")?;
                given(self.originating_message_id.as_ref())?;
            }
        }
        Ok(())
    }

    /// What all four answers begin with: `channel` and `metadata`.
    fn answer(&self, integration: &str, form: &str) -> Value {
        let channel = &self.channel;
        let (from, to) = match (&channel.from, &channel.to) {
            (Some(from), _) => (json!(from), json!({"id": integration})),
            (None, to) => (json!({"id": integration, "idType": "Opaque"}), json!(to)),
        };
        let parsed = channel.time.parse().map_or_else(|_| channel.time.clone(), time_text);
        let channel = json!({"id": integration, "platform": "Open", "type": "Private", "messageId": channel.message_id,
            "to": to, "from": from, "time": parsed});
        let metadata = (!self.metadata.is_empty()).then_some(&self.metadata);
        dense(json!({"channel": dense(channel), "metadata": metadata, "type": form}))
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct OpenRequest<'r> {
    pub(crate) kind: Endpoint,
    /// Of the path; `channel.to` says it where the path has none.
    pub(crate) integration: Option<&'r str>,
    /// The `x-request-id` that the answer will have.
    pub(crate) request_id: &'r str,
    pub(crate) prefetch: bool,
}

impl World {
    pub(crate) fn open(&mut self, asked: OpenRequest<'_>, inbound: &Inbound) -> Served<Value> {
        let to = || inbound.channel.to.as_ref()?.get("id")?.as_str();
        let integration = asked.integration.or_else(to).ok_or(ServiceRefusal::BODY_MALFORMED)?;
        self.check_integration(integration)?;
        inbound.check(asked.kind)?;
        let guest = inbound.guest(asked.kind)?;
        match asked.kind {
            Endpoint::Event => {
                self.tally.open.events += 1;
                let typing = json!([{"eventType": "Typing", "typing": {"type": "On"}}]);
                let more = json!({"id": self.dice.messages.hex(), "events": typing});
                Ok(with(inbound.answer(integration, "Event"), more))
            }
            Endpoint::Receipt => {
                let (conversation, said) = self.message(inbound.id.as_deref().unwrap_or_default())?;
                if !conversation.is_of_open_guest(guest) || said.is_guests() {
                    return Err(ServiceRefusal::MESSAGE_UNKNOWN);
                }
                self.tally.open.receipts += 1;
                let more = dense(json!({
                    "id": inbound.id,
                    "status": inbound.status,
                    "reasons": (!inbound.reasons.is_empty()).then_some(&inbound.reasons),
                    "isFinalReceipt": inbound.is_final_receipt.unwrap_or(true),
                    "direction": "Inbound",
                }));
                Ok(with(inbound.answer(integration, "Receipt"), more))
            }
            Endpoint::Message | Endpoint::Response => {
                let (n, id) = self.open_said(asked, inbound, guest)?;
                let conversation = &self.conversations[n];
                let said = conversation.said(&id).ok_or(ServiceRefusal::MESSAGE_UNKNOWN)?;
                let message = asked.kind == Endpoint::Message;
                let more = dense(json!({
                    "id": id,
                    "text": message.then_some(&*said.text),
                    "direction": (!message).then_some("Inbound"),
                    "content": said.content(),
                    // [real: documented: only where it is asked for, and only for messages]
                    "conversationId": (message && asked.prefetch).then_some(&conversation.id),
                }));
                Ok(with(inbound.answer(integration, if message { "Text" } else { "Structured" }), more))
            }
        }
    }

    pub(crate) fn check_integration(&self, id: &str) -> Served<()> {
        match id {
            id if id == self.integration_id => Ok(()),
            id if is_uuid(id) => Err(ServiceRefusal::NO_ROUTE),
            _ => Err(ServiceRefusal::value(id, "integrationId", "a UUID")),
        }
    }

    fn open_said(&mut self, asked: OpenRequest<'_>, inbound: &Inbound, guest: &str) -> Served<(usize, String)> {
        let own_id: Option<Arc<str>> = inbound.channel.message_id.as_deref().map(Arc::from);
        let of_guest = self.conversations.iter().enumerate().filter(|(_, c)| c.is_of_open_guest(guest));
        let mut of_guest = of_guest.flat_map(|(n, c)| c.thread.iter().map(move |said| (n, said)));
        if let Some((n, before)) = of_guest.find(|(_, said)| own_id.is_some() && said.own_id == own_id) {
            self.tally.open.duplicates += 1;
            return Ok((n, before.id.clone()));
        }
        let from = Value::Object(inbound.channel.from.clone().unwrap_or_default());
        let going_on = self.conversations.iter().rposition(|c| c.is_of_open_guest(guest) && c.ended.is_none());
        let mut heard = inbound.text.clone().unwrap_or_default();
        let id = self.dice.messages.hex();
        let mut said = SimulatedMessage::words(id.clone(), ParticipantPurpose::Customer, heard.as_str(), self.now.wall);
        let n = match (asked.kind, going_on) {
            (Endpoint::Response, None) => return Err(ServiceRefusal::CONVERSATION_UNKNOWN),
            (Endpoint::Response, Some(n)) => {
                let offered = given(inbound.originating_message_id.as_ref())?;
                let theirs = self.conversations[n].said(offered).filter(|said| !said.is_guests());
                theirs.ok_or(ServiceRefusal::MESSAGE_UNKNOWN)?;
                let button = given(inbound.button_response.as_ref())?.clone();
                heard = button.payload.clone();
                said.text = button.text.as_str().into();
                let originating_message_id = Some(offered.clone());
                said.pieces.push(GuestContent::Choice(TakenChoice { originating_message_id, ..button }));
                n
            }
            (_, Some(n)) => n,
            (_, None) => self.begin_open(guest, from.clone()),
        };
        said.pieces.extend(inbound.content.iter().filter_map(|c| c.attachment.clone()).map(GuestContent::File));
        said.metadata = inbound.metadata.clone();
        said.request = Some(asked.request_id.into());
        said.own_id = own_id;
        let conversation = &mut self.conversations[n];
        conversation.via = GuestAccess::Open(from);
        conversation.attributes.extend(inbound.channel.metadata.custom_attributes.clone());
        said.at = conversation.stamp(said.at);
        conversation.say(said);
        self.provoke(n, &heard);
        Ok((n, id))
    }

    fn begin_open(&mut self, guest: &str, from: Value) -> usize {
        let named = from.get("nickname").and_then(Value::as_str).unwrap_or(guest).to_owned();
        let mut waiting = self.scenario.conversations.iter();
        let (name, script) = match waiting.find(|entry| entry.guest_id.as_deref() == Some(guest)) {
            Some(entry) => (entry.name.clone(), entry.script),
            None => (named.clone(), ScenarioScript::default()),
        };
        self.begin((&name, &named), script, GuestAccess::Open(from))
    }
}
