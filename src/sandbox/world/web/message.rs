//! `onMessage`: texts, choices, files, typing, presence.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::request::{Content, Done, FrameRefusal, Request, failed, trouble};
use super::{ConnectionId, Outgoing, frames};
use crate::model::channel::{ATTRIBUTES_MAX_BYTES, GUEST_TEXT_MAX_BYTES, attributes_bytes};
use crate::model::fault::{FaultKind, FaultTarget};
use crate::sandbox::world::content::{GuestContent, TakenChoice};
use crate::sandbox::world::{FaultSubject, ParticipantPurpose, SimulatedMessage, World, script};

const UNEXPECTED: &str = "Unexpected error";

impl World {
    pub(super) fn on_message(&mut self, from: ConnectionId, request: Request) -> Done {
        match request.message.as_ref().map(|message| message.form.as_str()) {
            Some("Text" | "Structured") => self.receive_message(from, request).map(|()| None),
            Some("Event") => self.events(from, &request).map(|()| None),
            _ => Err(failed()),
        }
    }

    /// A text, a choice, a file: through the faults, then the checks, then into the conversation.
    fn receive_message(&mut self, from: ConnectionId, request: Request) -> Result<(), FrameRefusal> {
        let faults = self.meet(FaultTarget::Frame, FaultSubject::Session(&request.token));
        match faults.spoil() {
            Some(FaultKind::RateLimited { retry_after, .. }) => return Err(FrameRefusal::TooMany(*retry_after)),
            Some(FaultKind::ServiceFailure { received: false, .. }) => return Err(trouble(5000, UNEXPECTED)),
            Some(FaultKind::ResetBefore) => {
                self.end_connection(from, Outgoing::Reset);
                return Ok(());
            }
            Some(FaultKind::SocketClosed { received: false, code }) => {
                self.close_by_fault(from, *code);
                return Ok(());
            }
            // A fault may have ended the session just now.
            _ => self.check_session(from, &request.token).and_then(|()| self.check_open(from))?,
        }
        if self.too_fast(&request.token) {
            return Err(FrameRefusal::TooMany(1));
        }
        let token: Arc<str> = request.token.as_str().into();
        let tracing = request.tracing_id.clone();
        let (mut said, heard, attributes) = self.read(request)?;
        let n = self.web_conversation(&token).ok_or_else(failed)?;
        if let Some(session) = self.web.sessions.get_mut(&token) {
            // The session lives its full time from now on.
            session.expires = self.now.after(Duration::from_secs(self.scenario.deployment.session_seconds));
        }
        let conversation = &mut self.conversations[n];
        conversation.attributes.extend(attributes);
        said.at = conversation.stamp(said.at);
        let echo =
            frames::message("StructuredMessage", frames::structured(conversation, &said, false), tracing.as_deref());
        conversation.say(said);
        match faults.spoil() {
            Some(FaultKind::ResetAfter | FaultKind::ResetDuring) => self.end_connection(from, Outgoing::Reset),
            Some(FaultKind::SocketClosed { code, .. }) => self.close_by_fault(from, *code),
            Some(FaultKind::ServiceFailure { .. }) => self.refuse(from, &trouble(5000, UNEXPECTED), tracing.as_deref()),
            _ => {
                // As if it had been heard so much later.
                let now = self.now;
                self.now = now.after(faults.headers_late());
                self.emit_all(&token, FaultTarget::Echo, &echo);
                self.now = now;
            }
        }
        self.provoke(n, &heard);
        Ok(())
    }

    /// A message that may be received; what the counterpart hears (the text, or the payload of a choice); its attributes.
    fn read(&mut self, request: Request) -> Result<(SimulatedMessage, String, BTreeMap<String, String>), FrameRefusal> {
        let Request { message, channel, tracing_id, token, .. } = request;
        if !channel.metadata.custom_attributes.is_empty() {
            self.tally.web.attributes_ignored += 1;
            tracing::warn!("customAttributes beside `message` are ignored: write them into `message.channel.metadata`");
        }
        let message = message.ok_or_else(failed)?;
        let text = message.text.unwrap_or_default();
        if text.len() > GUEST_TEXT_MAX_BYTES {
            return Err(trouble(4011, format!("Message length {} is larger than {GUEST_TEXT_MAX_BYTES}", text.len())));
        }
        if message.form == "Structured" && message.content.is_empty() {
            return Err(failed());
        }
        let attributes = message.channel.metadata.custom_attributes;
        if attributes_bytes(&attributes) > ATTRIBUTES_MAX_BYTES {
            let what = format!("Custom Attributes in channel metadata is larger than {ATTRIBUTES_MAX_BYTES} bytes");
            return Err(trouble(4013, what));
        }
        let id = self.dice.messages.hex();
        let mut said = SimulatedMessage::words(id, ParticipantPurpose::Customer, text.as_str(), self.now.wall);
        said.own_id = Some(message.channel.message_id.unwrap_or_else(|| self.dice.messages.uuid()).into());
        said.metadata = message.metadata;
        said.request = Some(tracing_id.unwrap_or_else(|| "-".to_owned()).into());
        let mut heard = text;
        for content in message.content {
            let piece = self.piece(&token, content, said.metadata.get("parentMessageId").map(String::as_str))?;
            if let GuestContent::Choice(choice) = &piece {
                heard.clone_from(&choice.payload);
            }
            said.pieces.push(piece);
        }
        if heard.trim().is_empty() && said.pieces.is_empty() {
            return Err(failed());
        }
        Ok((said, heard, attributes))
    }

    /// An element of `content`: an answer to an offer, or a file. Guests can say nothing else. [inferred: what the service
    /// does not know is refused]
    fn piece(&self, token: &str, content: Content, parent: Option<&str>) -> Result<GuestContent, FrameRefusal> {
        match (content.kind.as_str(), content.button_response, content.attachment) {
            ("ButtonResponse", Some(button), _) => {
                let named = button.originating_message_id.as_deref().or(parent);
                let offered = self.offered(token, &button, named);
                let fits = match button.kind.as_str() {
                    "QuickReply" | "Button" => offered.is_some() || named.is_none(),
                    // A date and an item mean nothing without the message that offered them.
                    "DatePicker" | "ListPicker" => offered.is_some() && named.is_some(),
                    _ => false,
                };
                let choice = TakenChoice { originating_message_id: offered, ..button };
                if fits { Ok(GuestContent::Choice(choice)) } else { Err(failed()) }
            }
            ("Attachment", _, Some(attachment)) => {
                self.attached(token, attachment["id"].as_str().unwrap_or_default()).map(GuestContent::File)
            }
            _ => Err(failed()),
        }
    }

    /// The message that offered a choice: the one that is named, else the newest.
    fn offered(&self, token: &str, taken: &TakenChoice, named: Option<&str>) -> Option<String> {
        let conversations = self.web.sessions.get(token)?.conversations.iter().rev();
        let mut said = conversations
            .flat_map(|n| self.conversations[*n].thread.iter().rev())
            .filter(|said| !said.is_guests() && named.is_none_or(|id| id == said.id));
        let is_taken = |(kind, payload): &(&str, String)| *kind == taken.kind && *payload == taken.payload;
        let offers = |said: &&SimulatedMessage| said.offer.answers(said.at).iter().any(is_taken);
        said.find(offers).map(|said| said.id.clone())
    }

    /// Whether the session has had its messages of this second; otherwise this one is counted.
    fn too_fast(&mut self, token: &str) -> bool {
        let Some(session) = self.web.sessions.get_mut(token) else { return false };
        session.second.retain(|at| self.now.since(*at) < Duration::from_secs(1));
        let too_fast = session.second.len() >= self.scenario.limits.messages_per_second as usize;
        if !too_fast {
            session.second.push(self.now);
        }
        too_fast
    }

    fn close_by_fault(&mut self, from: ConnectionId, code: u16) {
        self.end_connection(from, Outgoing::Close { code, reason: "closed by a fault of the sandbox" });
    }

    fn events(&mut self, from: ConnectionId, request: &Request) -> Result<(), FrameRefusal> {
        self.check_open(from)?;
        let events = request.message.as_ref().map(|message| &message.events).filter(|events| !events.is_empty());
        for event in events.ok_or_else(failed)? {
            match (event.event_type.as_str(), event.presence["type"].as_str()) {
                // The other side sees it; nothing comes back.
                ("Typing", _) => {}
                ("Presence", Some("Join")) => self.join(request),
                ("Presence", Some("Clear")) => self.clear(request)?,
                ("Presence", Some(_)) => return Err(trouble(403, "Presence events are not supported")),
                _ => return Err(failed()),
            }
        }
        Ok(())
    }

    fn echo_presence(&mut self, what: &str, request: &Request) {
        let body = frames::event(&self.dice.messages.hex(), true, self.now.wall, frames::presence(what));
        let frame = frames::message("StructuredMessage", body, request.tracing_id.as_deref());
        self.emit_all(&request.token, FaultTarget::Echo, &frame);
    }

    /// Presence `Join`: the conversation begins without a message, and the bot greets.
    fn join(&mut self, request: &Request) {
        let token: Arc<str> = request.token.as_str().into();
        self.echo_presence("Join", request);
        let fresh = self.web.sessions.get_mut(&token).is_some_and(|session| {
            session.joined = true;
            session.conversations.is_empty()
        });
        let Some(n) = self.web_conversation(&token).filter(|_| fresh) else { return };
        if let Some(greeting) = script::greeting(self.conversations[n].script) {
            self.plan_happenings(n, vec![greeting]);
        }
    }

    /// Presence `Clear`: the conversation is ended and erased, where the deployment allows it.
    fn clear(&mut self, request: &Request) -> Result<(), FrameRefusal> {
        if !self.scenario.deployment.clear {
            return Err(trouble(403, "Presence events Conversation Clear are not supported"));
        }
        self.echo_presence("Clear", request);
        self.over(&request.token, "SessionClearedEvent");
        let connections = self.web.connections_of(&request.token);
        self.web.sessions.remove(request.token.as_str());
        for connection in connections {
            self.dismiss(connection, "conversationCleared");
        }
        Ok(())
    }
}
