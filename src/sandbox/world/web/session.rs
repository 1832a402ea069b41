//! Sessions: configured, resumed, begun anew, closed, over.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::request::{Done, FrameRefusal, Request, SIGN_IN, limited, trouble};
use super::state::{GuestStanding, Session};
use super::{ConnectionId, frames};
use crate::model::channel::ATTRIBUTES_MAX_BYTES;
use crate::model::fault::{FaultKind, FaultTarget};
use crate::sandbox::scenario::{BLOCKED_EXTENSIONS, ScenarioScript};
use crate::sandbox::world::conversation::GuestAccess;
use crate::sandbox::world::refusal::READ_ONLY;
use crate::sandbox::world::tally::Window;
use crate::sandbox::world::{ConversationEnd, DueEvent, World};

/// The texts of errors. [MTSDK fixtures: real wording may differ]
const EXPIRED: &str = "session expired error message";
const NOT_FOUND: &str = "session not found error message";

impl World {
    /// `configureSession`: begins the guest's session or resumes it.
    pub(super) fn configure(&mut self, from: ConnectionId, request: &Request) -> Done {
        let missing = |what: &str| trouble(4020, format!("Missing parameter: {what}"));
        if request.token.trim().is_empty() {
            return Err(missing("token"));
        }
        if *request.deployment_id.as_ref().ok_or_else(|| missing("deploymentId"))? != self.deployment_id {
            return Err(trouble(400, "Deployment not found"));
        }
        if self.scenario.deployment.sign_in {
            return Err(trouble(401, SIGN_IN));
        }
        let token: Arc<str> = request.token.as_str().into();
        let standing = self.web.sessions.get(&token).map(|session| session.standing);
        if standing == Some(GuestStanding::Expired) && !request.start_new {
            return Err(trouble(4006, EXPIRED));
        }
        // What is refused changes nothing, and a new session of the same guest counts on.
        let mut configures = self.web.sessions.get(&token).map_or_else(|| Window::new(self.now), |s| s.configures);
        limited(configures.count(self.scenario.limits.configures_per_minute, self.now))?;
        let cleared = standing.is_some() && request.start_new;
        if cleared {
            self.finish_session(&token, from);
        }
        let new = cleared || standing.is_none();
        if new {
            let origin = self.web.connections.get(&from).map(|c| c.origin.clone()).unwrap_or_default();
            self.begin_session(&token, &origin);
        }
        let Some(session) = self.web.sessions.get_mut(&token) else { return Ok(None) };
        session.configures = configures;
        let body = json!({
            "connected": session.standing != GuestStanding::Closed,
            "newSession": new,
            "readOnly": session.standing != GuestStanding::Open,
            "maxCustomDataBytes": ATTRIBUTES_MAX_BYTES,
            "allowedMedia": frames::allowed_media(),
            "blockedExtensions": BLOCKED_EXTENSIONS,
            "clearedExistingSession": cleared,
            "durationSeconds": self.scenario.deployment.session_seconds,
            "expirationDate": session.expires.wall.as_second(),
            "autoStarted": session.joined,
        });
        self.attach(from, &token);
        Ok(Some(("SessionResponse", body)))
    }

    pub(in crate::sandbox::world) fn begin_session(&mut self, token: &Arc<str>, origin: &str) -> &mut Session {
        let expires = self.now.after(Duration::from_secs(self.scenario.deployment.session_seconds));
        self.due(expires, DueEvent::Expires(token.clone()));
        let session = Session {
            id: self.web.dice.uuid(),
            origin: origin.to_owned(),
            standing: GuestStanding::Open,
            expires,
            conversations: Vec::new(),
            joined: false,
            connections: Vec::new(),
            second: Vec::new(),
            configures: Window::new(self.now),
            histories: Window::new(self.now),
            uploads: BTreeMap::new(),
        };
        self.web.sessions.remove(token);
        self.web.sessions.entry(token.clone()).or_insert(session)
    }

    /// Makes `from` a connection of the session; the oldest has to go where there would be too many.
    fn attach(&mut self, from: ConnectionId, token: &Arc<str>) {
        self.web.detach(from);
        if let Some(connection) = self.web.connections.get_mut(&from) {
            connection.session = Some(token.clone());
        }
        let Some(session) = self.web.sessions.get_mut(token) else { return };
        session.connections.push(from);
        if session.connections.len() > self.scenario.limits.session_connections as usize {
            let oldest = session.connections[0];
            self.dismiss(oldest, "sessionLimitReached");
        }
    }

    /// Ends what a session has: its conversation, and its connections but for `keep`.
    fn finish_session(&mut self, token: &str, keep: ConnectionId) {
        self.end_session(token, GuestStanding::Closed);
        for other in self.web.connections_of(token).into_iter().filter(|c| *c != keep) {
            self.dismiss(other, "sessionClosed");
        }
    }

    fn end_session(&mut self, token: &str, standing: GuestStanding) {
        let Some(session) = self.web.sessions.get_mut(token) else { return };
        session.standing = standing;
        if let Some(n) = session.conversations.last() {
            self.conversations[*n].ended.get_or_insert(ConversationEnd { at: self.now.wall, by_fault: false });
        }
    }

    /// Whether the connection has the session of `token`, and its time is not over.
    pub(super) fn check_session(&mut self, from: ConnectionId, token: &str) -> Result<(), FrameRefusal> {
        match self.web.session_of(from) {
            // A connection without a session: never configured, or the session was erased.
            None => Err(trouble(4007, NOT_FOUND)),
            Some((own, _)) if &*own != token => Err(trouble(401, "User is unauthorized")),
            Some((_, session)) if session.standing == GuestStanding::Expired || session.expires <= self.now => {
                Err(trouble(4006, EXPIRED))
            }
            Some(_) => Ok(()),
        }
    }

    pub(super) fn check_open(&mut self, from: ConnectionId) -> Result<(), FrameRefusal> {
        match self.web.session_of(from).map(|(_, session)| session.standing) {
            Some(GuestStanding::Open) => Ok(()),
            _ => Err(trouble(409, READ_ONLY)),
        }
    }

    pub(super) fn close_session(&mut self, from: ConnectionId, request: &Request) -> Value {
        if request.close_all_connections {
            self.finish_session(&request.token, from);
        } else {
            self.end_session(&request.token, GuestStanding::Closed);
        }
        json!({"connected": false, "newSession": false, "readOnly": true})
    }

    /// The conversation in which a session's messages are; begun where none goes on.
    pub(super) fn web_conversation(&mut self, token: &Arc<str>) -> Option<usize> {
        let present = self.web.sessions.get(token)?.conversations.last().copied();
        if let Some(n) = present.filter(|n| self.conversations[*n].ended.is_none()) {
            return Some(n);
        }
        let (name, guest_name, script) = match self.web_entry(token) {
            Some(entry) => (entry.name.clone(), entry.guest.clone(), entry.script),
            None => ("Web guest".to_owned(), "Guest".to_owned(), ScenarioScript::default()),
        };
        let n = self.begin((&name, &guest_name), script, GuestAccess::Web(token.clone()));
        self.web.sessions.get_mut(token)?.conversations.push(n);
        Some(n)
    }

    pub(in crate::sandbox::world) fn expire_session(&mut self, token: &Arc<str>) {
        let session = self.web.sessions.get(token).filter(|session| session.standing != GuestStanding::Expired);
        let Some(session) = session else { return };
        if session.expires > self.now {
            return self.due(session.expires, DueEvent::Expires(token.clone()));
        }
        self.over(token, "SessionExpiredEvent");
    }

    pub(super) fn over(&mut self, token: &str, class: &str) {
        self.end_session(token, GuestStanding::Expired);
        self.tell(token, FaultTarget::Answer, class, json!({}));
    }

    /// The session-wide faults: what becomes of the sessions that are meant.
    pub(in crate::sandbox::world) fn end_sessions(&mut self, how: &FaultKind, wanted: Option<&str>) {
        let open = self.web.sessions.iter().filter(|(_, session)| session.standing == GuestStanding::Open);
        let open = open.map(|(token, _)| Arc::clone(token));
        let meant: Vec<_> = open.filter(|token| wanted.is_none_or(|name| self.session_is(token, name))).collect();
        for token in meant {
            match how {
                FaultKind::SessionReadOnly => {
                    if let Some(session) = self.web.sessions.get_mut(&token) {
                        session.standing = GuestStanding::ReadOnly;
                    }
                }
                FaultKind::SessionExpired => self.over(&token, "SessionExpiredEvent"),
                FaultKind::LoggedOut => self.over(&token, "LogoutEvent"),
                // `SessionCleared`: the others were named.
                _ => {
                    self.over(&token, "SessionClearedEvent");
                    self.web.sessions.remove(&token);
                }
            }
        }
    }

    pub(in crate::sandbox::world) fn announce_end(&mut self, n: usize) {
        let conversation = &mut self.conversations[n];
        let GuestAccess::Web(token) = &conversation.via else { return };
        let token = token.clone();
        let at = conversation.stamp(self.now.wall);
        let read_only = self.scenario.deployment.read_only_at_end;
        let mut body = frames::event(&self.dice.messages.hex(), false, at, frames::presence("Disconnect"));
        body["metadata"] = json!({"readOnly": read_only.to_string()});
        body["originatingEntity"] = json!("Bot");
        self.tell(&token, FaultTarget::Answer, "StructuredMessage", body);
        if let (true, Some(session)) = (read_only, self.web.sessions.get_mut(&token)) {
            session.standing = GuestStanding::ReadOnly;
        }
    }
}
