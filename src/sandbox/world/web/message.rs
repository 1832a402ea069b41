//! `onMessage`: texts, choices, files, typing, presence.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use super::frames;
use super::request::{Content, Event, Request, Trouble, failed};
use super::state::GuestStanding;
use crate::model::Moment;
use crate::model::fault::{FaultKind, FaultTarget};
use crate::model::limits::{ATTRIBUTES_MAX_BYTES, GUEST_TEXT_MAX_BYTES};
use crate::sandbox::fault::Plan;
use crate::sandbox::world::content::{GuestContent, TakenChoice};
use crate::sandbox::world::outgoing::{ConnectionId, Outgoing};
use crate::sandbox::world::{ParticipantPurpose, SimulatedMessage, World, script};

/// A message that may be received.
struct GuestLetter {
    said: SimulatedMessage,
    /// What the counterpart hears: the text, or the payload of a choice.
    heard: String,
    attributes: BTreeMap<String, String>,
}

impl World {
    pub(super) fn on_message(&mut self, from: ConnectionId, request: Request, now: Moment) -> Result<(), Trouble> {
        match request.message.as_ref().map(|message| message.form.as_str()) {
            Some("Text" | "Structured") => self.letter(from, request, now),
            Some("Event") => self.events(from, &request, now),
            _ => Err(failed()),
        }
    }

    /// A text, a choice, a file: through the faults, then the checks, then into the conversation.
    fn letter(&mut self, from: ConnectionId, request: Request, now: Moment) -> Result<(), Trouble> {
        let plan = self.meet(FaultTarget::Frame, Some(&request.token), now);
        match plan.spoil() {
            Some(FaultKind::RateLimited { retry_after, .. }) => {
                self.too_many(from, *retry_after, request.tracing_id.as_deref(), now);
                return Ok(());
            }
            Some(FaultKind::ServiceFailure { received: false, .. }) => {
                return Err((5000, "Unexpected error".to_owned()));
            }
            Some(FaultKind::ResetBefore) => {
                self.end_connection(from, Outgoing::Reset, now);
                return Ok(());
            }
            Some(FaultKind::SocketClosed { received: false, code }) => {
                self.close_by_fault(from, *code, now);
                return Ok(());
            }
            _ => {}
        }
        // A fault may have ended the session just now.
        self.check_session(from, &request.token, now)?;
        self.check_open(from)?;
        if let Some(retry_after) = self.too_fast(&request.token, now) {
            self.too_many(from, retry_after, request.tracing_id.as_deref(), now);
            return Ok(());
        }
        let token: Arc<str> = request.token.as_str().into();
        let tracing = request.tracing_id.clone();
        let letter = self.read(request, now)?;
        self.receive(from, &token, tracing.as_deref(), letter, &plan, now)
    }

    /// The message of a request, if it is one that can be received.
    fn read(&mut self, request: Request, now: Moment) -> Result<GuestLetter, Trouble> {
        let Request { message, channel, tracing_id, token, .. } = request;
        if !channel.metadata.custom_attributes.is_empty() {
            self.tally.web.attributes_ignored += 1;
            tracing::warn!("customAttributes beside `message` are ignored: write them into `message.channel.metadata`");
        }
        let message = message.ok_or_else(failed)?;
        let text = message.text.unwrap_or_default();
        if text.len() > GUEST_TEXT_MAX_BYTES {
            return Err((4011, format!("Message length {} is larger than {GUEST_TEXT_MAX_BYTES}", text.len())));
        }
        if message.form == "Structured" && message.content.is_empty() {
            return Err(failed());
        }
        let attributes = attributes(&message.channel.metadata.custom_attributes)?;
        let mut said =
            SimulatedMessage::words(self.dice.messages.hex(), ParticipantPurpose::Customer, text.as_str(), now.wall);
        let own_id = message.channel.message_id.unwrap_or_else(|| self.dice.messages.uuid());
        said.own_id = Some(own_id.into());
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
        Ok(GuestLetter { said, heard, attributes })
    }

    /// An element of `content`: an answer to an offer, or a file. Guests can say nothing else. [inferred: what the service
    /// does not know is refused]
    fn piece(&self, token: &str, content: Content, parent: Option<&str>) -> Result<GuestContent, Trouble> {
        match (content.kind.as_str(), content.button_response, content.attachment) {
            ("ButtonResponse", Some(button), _) => {
                let named = button.originating_message_id.as_deref().or(parent);
                let offered = self.offered(token, &button, named);
                match button.kind.as_str() {
                    "QuickReply" | "Button" if offered.is_some() || named.is_none() => {}
                    // A date and an item mean nothing without the message that offered them.
                    "DatePicker" | "ListPicker" if offered.is_some() && named.is_some() => {}
                    _ => return Err(failed()),
                }
                Ok(GuestContent::Choice(TakenChoice { originating_message_id: offered, ..button }))
            }
            ("Attachment", _, Some(attachment)) => {
                self.attached(token, &attachment.id.unwrap_or_default()).map(GuestContent::File)
            }
            _ => Err(failed()),
        }
    }

    /// The message that offered a choice: the one that is named, else the newest.
    fn offered(&self, token: &str, taken: &TakenChoice, named: Option<&str>) -> Option<String> {
        let session = self.web.sessions.get(token)?;
        let conversations = session.conversations.iter().rev().filter_map(|n| self.conversations.get(*n));
        let mut said = conversations
            .flat_map(|c| c.thread.iter().rev())
            .filter(|said| said.by != ParticipantPurpose::Customer && named.is_none_or(|id| id == said.id));
        let is_taken = |(kind, payload): &(&str, String)| *kind == taken.kind && *payload == taken.payload;
        let offers = |said: &&SimulatedMessage| said.offer.answers(said.at).iter().any(is_taken);
        said.find(offers).map(|said| said.id.clone())
    }

    /// Seconds to wait, where the session has had its messages of this second; otherwise this one is counted.
    fn too_fast(&mut self, token: &str, now: Moment) -> Option<u64> {
        let allowed = self.web.limits.messages_per_second as usize;
        let second = &mut self.web.sessions.get_mut(token)?.second;
        while second.front().is_some_and(|at| now.since(*at) >= Duration::from_secs(1)) {
            second.pop_front();
        }
        if second.len() >= allowed {
            return Some(1);
        }
        second.push_back(now);
        None
    }

    fn receive(
        &mut self,
        from: ConnectionId,
        token: &Arc<str>,
        tracing: Option<&str>,
        letter: GuestLetter,
        plan: &Plan,
        now: Moment,
    ) -> Result<(), Trouble> {
        let GuestLetter { mut said, heard, attributes } = letter;
        let n = self.web_conversation(token, now).ok_or_else(failed)?;
        self.prolong(token, now);
        if let Some(conversation) = self.conversations.get_mut(n) {
            conversation.attributes.extend(attributes);
            said.at = conversation.stamp(said.at);
        }
        let echo = self.conversations.get(n).map(|c| frames::structured(c, &said, false)).unwrap_or_default();
        self.keep(n, said);
        match plan.spoil() {
            Some(FaultKind::ResetAfter | FaultKind::ResetDuring) => self.end_connection(from, Outgoing::Reset, now),
            Some(FaultKind::SocketClosed { code, .. }) => self.close_by_fault(from, *code, now),
            Some(FaultKind::ServiceFailure { .. }) => {
                self.refuse(from, &(5000, "Unexpected error".to_owned()), tracing, now);
            }
            _ => {
                let echo = frames::message("StructuredMessage", echo, tracing);
                self.emit_all(token, FaultTarget::Echo, &echo, now.after(plan.headers_late()));
            }
        }
        self.provoke(n, &heard, now);
        Ok(())
    }

    fn close_by_fault(&mut self, from: ConnectionId, code: u16, now: Moment) {
        self.end_connection(from, Outgoing::Close { code, reason: "closed by a fault of the sandbox" }, now);
    }

    fn events(&mut self, from: ConnectionId, request: &Request, now: Moment) -> Result<(), Trouble> {
        self.check_open(from)?;
        let events: &[Event] = request.message.as_ref().map(|message| message.events.as_slice()).unwrap_or_default();
        if events.is_empty() {
            return Err(failed());
        }
        for event in events {
            let presence = event.presence.as_ref().map(|presence| presence.kind.as_str());
            match (event.event_type.as_str(), presence) {
                // The other side sees it; nothing comes back.
                ("Typing", _) => {}
                ("Presence", Some("Join")) => self.join(request, now),
                ("Presence", Some("Clear")) => self.clear(request, now)?,
                ("Presence", Some(_)) => return Err((403, "Presence events are not supported".to_owned())),
                _ => return Err(failed()),
            }
        }
        Ok(())
    }

    fn echo_presence(&mut self, what: &str, request: &Request, now: Moment) {
        let id = self.dice.messages.hex();
        let body = frames::event(&id, true, now.wall, frames::presence(what));
        let frame = frames::message("StructuredMessage", body, request.tracing_id.as_deref());
        self.emit_all(&request.token, FaultTarget::Echo, &frame, now);
    }

    /// Presence `Join`: the conversation begins without a message, and the bot greets.
    fn join(&mut self, request: &Request, now: Moment) {
        let token: Arc<str> = request.token.as_str().into();
        self.echo_presence("Join", request, now);
        let fresh = self.web.sessions.get_mut(&token).is_some_and(|session| {
            session.joined = true;
            session.conversations.is_empty()
        });
        let Some(n) = self.web_conversation(&token, now).filter(|_| fresh) else { return };
        let script = self.conversations.get(n).map(|conversation| conversation.script);
        if let Some(greeting) = script.and_then(script::greeting) {
            self.plan_happenings(n, vec![greeting], now);
        }
    }

    /// Presence `Clear`: the conversation is ended and erased, where the deployment allows it.
    fn clear(&mut self, request: &Request, now: Moment) -> Result<(), Trouble> {
        if !self.web.deployment.clear {
            return Err((403, "Presence events Conversation Clear are not supported".to_owned()));
        }
        self.echo_presence("Clear", request, now);
        self.over(&request.token, "SessionClearedEvent", now);
        let connections = self.web.sessions.remove(request.token.as_str()).map(|session| session.connections);
        for connection in connections.unwrap_or_default() {
            self.dismiss(connection, "conversationCleared", now);
        }
        Ok(())
    }

    /// The session-wide faults: what becomes of the sessions that are meant.
    pub(in crate::sandbox::world) fn end_sessions(&mut self, how: &FaultKind, wanted: Option<&str>, now: Moment) {
        let tokens: Vec<Arc<str>> = self.web.sessions.keys().cloned().collect();
        for token in tokens {
            let meant = wanted.is_none_or(|name| self.session_is(&token, name));
            let live = self.web.sessions.get(&token).is_some_and(|s| s.standing == GuestStanding::Open);
            if !meant || !live {
                continue;
            }
            match how {
                FaultKind::SessionReadOnly => {
                    if let Some(session) = self.web.sessions.get_mut(&token) {
                        session.standing = GuestStanding::ReadOnly;
                    }
                }
                FaultKind::SessionExpired => self.over(&token, "SessionExpiredEvent", now),
                FaultKind::LoggedOut => self.over(&token, "LogoutEvent", now),
                // `SessionCleared`: the others were named.
                _ => {
                    self.over(&token, "SessionClearedEvent", now);
                    self.web.sessions.remove(&token);
                }
            }
        }
    }
}

/// Custom attributes: texts, and not too many.
fn attributes(map: &Map<String, Value>) -> Result<BTreeMap<String, String>, Trouble> {
    let bytes = Value::Object(map.clone()).to_string().len();
    if bytes > ATTRIBUTES_MAX_BYTES {
        let what = format!("Custom Attributes in channel metadata is larger than {ATTRIBUTES_MAX_BYTES} bytes");
        return Err((4013, what));
    }
    let text = |(name, value): (&String, &Value)| Some((name.clone(), value.as_str()?.to_owned()));
    let texts: BTreeMap<String, String> = map.iter().filter_map(text).collect();
    if texts.len() == map.len() { Ok(texts) } else { Err(failed()) }
}
