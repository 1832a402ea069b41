//! Sessions: configured, resumed, begun anew, closed, over.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::frames;
use super::request::{Request, SIGN_IN, Trouble};
use super::state::{GuestStanding, Session};
use crate::model::Moment;
use crate::model::fault::FaultTarget;
use crate::model::limits::ATTRIBUTES_MAX_BYTES;
use crate::sandbox::scenario::BLOCKED_EXTENSIONS;
use crate::sandbox::world::conversation::GuestAccess;
use crate::sandbox::world::outgoing::{ConnectionId, DueEvent};
use crate::sandbox::world::refusal::READ_ONLY;
use crate::sandbox::world::window::Window;
use crate::sandbox::world::{ConversationEnd, World, entry};

/// The texts of errors. [MTSDK fixtures: real wording may differ]
pub(super) const EXPIRED: &str = "session expired error message";
const NOT_FOUND: &str = "session not found error message";

impl World {
    /// `configureSession`: begins the guest's session or resumes it.
    pub(super) fn configure(&mut self, from: ConnectionId, request: &Request, now: Moment) -> Result<(), Trouble> {
        let missing = |what: &str| (4020, format!("Missing parameter: {what}"));
        if request.token.trim().is_empty() {
            return Err(missing("token"));
        }
        match request.deployment_id.as_deref() {
            None => return Err(missing("deploymentId")),
            Some(id) if id != self.deployment_id => return Err((400, "Deployment not found".to_owned())),
            Some(_) => {}
        }
        if self.web.deployment.sign_in {
            return Err((401, SIGN_IN.to_owned()));
        }
        let token: Arc<str> = request.token.as_str().into();
        let standing = self.web.sessions.get(&token).map(|session| session.standing);
        if standing == Some(GuestStanding::Expired) && !request.start_new {
            return Err((4006, EXPIRED.to_owned()));
        }
        let cleared = standing.is_some() && request.start_new;
        if cleared {
            self.finish_session(&token, from, now);
        }
        let new = cleared || standing.is_none();
        if new {
            let origin = self.web.connections.get(&from).map(|c| c.origin.clone()).unwrap_or_default();
            self.begin_session(&token, &origin, now);
        }
        let limit = self.web.limits.configures_per_minute;
        let gauge = self.web.sessions.get_mut(&token).map(|session| session.configures.count(limit, now));
        if let Some(gauge) = gauge.filter(|gauge| gauge.exceeded) {
            self.too_many(from, gauge.reset, request.tracing_id.as_deref(), now);
            return Ok(());
        }
        self.attach(from, &token, now);
        let Some(session) = self.web.sessions.get(&token) else { return Ok(()) };
        let body = json!({
            "connected": session.standing != GuestStanding::Closed,
            "newSession": new,
            "readOnly": session.standing != GuestStanding::Open,
            "maxCustomDataBytes": ATTRIBUTES_MAX_BYTES,
            "allowedMedia": frames::allowed_media(),
            "blockedExtensions": BLOCKED_EXTENSIONS,
            "clearedExistingSession": cleared,
            "durationSeconds": self.web.deployment.session_seconds,
            "expirationDate": session.expires.wall.as_second(),
            "autoStarted": session.joined,
        });
        self.answer(from, "SessionResponse", body, request, now);
        Ok(())
    }

    /// A session in which nothing was said yet.
    pub(in crate::sandbox::world) fn begin_session(&mut self, token: &Arc<str>, origin: &str, now: Moment) {
        let expires = now.after(Duration::from_secs(self.web.deployment.session_seconds));
        let session = Session {
            id: self.web.dice.uuid(),
            origin: origin.to_owned(),
            standing: GuestStanding::Open,
            expires,
            conversations: Vec::new(),
            joined: false,
            connections: Vec::new(),
            second: VecDeque::new(),
            configures: Window::new(now),
            histories: Window::new(now),
            uploads: BTreeMap::new(),
        };
        self.web.sessions.insert(token.clone(), session);
        self.due(expires, DueEvent::Expires(token.clone()));
    }

    /// Gives a session of the scenario the conversation that it has already.
    pub(in crate::sandbox::world) fn give_conversation(&mut self, token: &str, n: usize) {
        if let Some(session) = self.web.sessions.get_mut(token) {
            session.conversations.push(n);
        }
    }

    /// Makes `from` a connection of the session; the oldest has to go where there would be too many.
    fn attach(&mut self, from: ConnectionId, token: &Arc<str>, now: Moment) {
        if let Some((_, session)) = self.web.session_of(from) {
            session.connections.retain(|c| *c != from);
        }
        if let Some(connection) = self.web.connections.get_mut(&from) {
            connection.session = Some(token.clone());
        }
        let most = self.web.limits.session_connections as usize;
        let Some(session) = self.web.sessions.get_mut(token) else { return };
        session.connections.push(from);
        let too_many = session.connections.len() > most;
        if let (true, Some(oldest)) = (too_many, session.connections.first().copied()) {
            self.dismiss(oldest, "sessionLimitReached", now);
        }
    }

    /// Ends what a session has: its conversation, and its connections but for `keep`.
    fn finish_session(&mut self, token: &str, keep: ConnectionId, now: Moment) {
        self.end_session(token, GuestStanding::Closed, now);
        let connections = self.web.sessions.get(token).map(|session| session.connections.clone());
        for other in connections.unwrap_or_default().into_iter().filter(|c| *c != keep) {
            self.dismiss(other, "sessionClosed", now);
        }
    }

    /// Ends a session and its present conversation.
    fn end_session(&mut self, token: &str, standing: GuestStanding, now: Moment) {
        let Some(session) = self.web.sessions.get_mut(token) else { return };
        session.standing = standing;
        if let Some(conversation) = session.conversations.last().and_then(|n| self.conversations.get_mut(*n)) {
            conversation.ended.get_or_insert(ConversationEnd { at: now.wall, by_fault: false });
        }
    }

    /// Whether the connection has the session of `token`, and its time is not over.
    pub(super) fn check_session(&mut self, from: ConnectionId, token: &str, now: Moment) -> Result<(), Trouble> {
        match self.web.session_of(from) {
            // A connection without a session: never configured, or the session was erased.
            None => Err((4007, NOT_FOUND.to_owned())),
            Some((own, _)) if &*own != token => Err((401, "User is unauthorized".to_owned())),
            Some((_, session)) if session.standing == GuestStanding::Expired || session.expires <= now => {
                Err((4006, EXPIRED.to_owned()))
            }
            Some(_) => Ok(()),
        }
    }

    /// Whether the connection's session takes messages.
    pub(super) fn check_open(&mut self, from: ConnectionId) -> Result<(), Trouble> {
        match self.web.session_of(from).map(|(_, session)| session.standing) {
            Some(GuestStanding::Open) => Ok(()),
            _ => Err((409, READ_ONLY.to_owned())),
        }
    }

    pub(super) fn close_session(&mut self, from: ConnectionId, request: &Request, now: Moment) {
        let token = request.token.as_str();
        if request.close_all_connections {
            self.finish_session(token, from, now);
        } else {
            self.end_session(token, GuestStanding::Closed, now);
        }
        let body = json!({"connected": false, "newSession": false, "readOnly": true});
        self.answer(from, "SessionResponse", body, request, now);
    }

    /// The conversation in which a session's messages are; begun where none goes on.
    pub(super) fn web_conversation(&mut self, token: &Arc<str>, now: Moment) -> Option<usize> {
        let session = self.web.sessions.get(token)?;
        let present = session.conversations.last().copied();
        if let Some(n) = present.filter(|n| self.conversations.get(*n).is_some_and(|c| c.ended.is_none())) {
            return Some(n);
        }
        let known = entry::web(&self.entries, token, &session.origin);
        let (name, guest_name, script) = match known {
            Some(entry) => (entry.name.clone(), entry.guest.clone(), entry.script),
            None => ("Web guest".to_owned(), "Guest".to_owned(), crate::sandbox::scenario::ScenarioScript::default()),
        };
        let n = self.begin(&name, &guest_name, script, GuestAccess::Web { token: token.clone() }, now);
        self.web.sessions.get_mut(token)?.conversations.push(n);
        Some(n)
    }

    /// A message came: the session lives its full time from now on.
    pub(super) fn prolong(&mut self, token: &str, now: Moment) {
        let expires = now.after(Duration::from_secs(self.web.deployment.session_seconds));
        if let Some(session) = self.web.sessions.get_mut(token) {
            session.expires = expires;
        }
    }

    /// The time of a session may be over.
    pub(in crate::sandbox::world) fn expire_session(&mut self, token: &Arc<str>, now: Moment) {
        let Some(session) = self.web.sessions.get(token) else { return };
        if session.standing == GuestStanding::Expired {
            return;
        }
        if session.expires > now {
            let at = session.expires;
            return self.due(at, DueEvent::Expires(token.clone()));
        }
        self.over(token, "SessionExpiredEvent", now);
    }

    /// A session is over: expired, erased or logged out.
    pub(super) fn over(&mut self, token: &str, class: &str, now: Moment) {
        self.end_session(token, GuestStanding::Expired, now);
        self.emit_all(token, FaultTarget::Answer, &frames::message(class, json!({}), None), now);
    }

    /// A web conversation has ended on the other side: its guest is told.
    pub(in crate::sandbox::world) fn announce_end(&mut self, n: usize, now: Moment) {
        let Some(conversation) = self.conversations.get_mut(n) else { return };
        let GuestAccess::Web { token } = &conversation.via else { return };
        let token = token.clone();
        let at = conversation.stamp(now.wall);
        let read_only = self.web.deployment.read_only_at_end;
        let id = self.dice.messages.hex();
        let mut body = frames::event(&id, false, at, frames::presence("Disconnect"));
        body["metadata"] = json!({"readOnly": read_only.to_string()});
        body["originatingEntity"] = json!("Bot");
        self.emit_all(&token, FaultTarget::Answer, &frames::message("StructuredMessage", body, None), now);
        if let (true, Some(session)) = (read_only, self.web.sessions.get_mut(&token)) {
            session.standing = GuestStanding::ReadOnly;
        }
    }
}
