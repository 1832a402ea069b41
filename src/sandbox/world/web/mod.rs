//! The guest WebSocket: connections, and the sessions of guests that they carry.
//!
//! ```text
//! upgrade ─► Connection ──configureSession──► Session (by guest token) ──first message, Join──► Conversation
//!    │                                          │ Open ─► ReadOnly ─► (startNew) ─► Open
//!    │ origin, deployment                       │  ├───► Closed      (closeSession)
//!    └─► 403                                    │  └───► Expired     (4006)
//!                                               └─ lives on when its connections are gone
//! ```
//! Frames go out through the world's list of what is due, so that latency keeps their order; faults that lose, double or
//! delay one meet it in [`World::emit`]. [shapes: real: seen in SDK source, WMJ and MTSDK]

pub(crate) mod frames;
mod http;
mod message;
mod request;
mod session;
mod state;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

pub(crate) use http::UPLOAD_MAX_BYTES;
pub(crate) use state::{ConnectionId, Outgoing, Web};

use super::tally::Window;
use super::{DueEvent, FaultSubject, World};
use crate::model::fault::{FaultKind, FaultTarget};
use crate::sandbox::fault::Faults;
use state::Connection;

impl World {
    /// A socket is asked for: opened, or refused. A refusal is a 403 on the wire, which does not say why. [MTSDK]
    pub(crate) fn upgrade(
        &mut self,
        deployment: Option<&str>,
        origin: Option<&str>,
        faults: &Faults,
    ) -> Option<ConnectionId> {
        let unknown = faults.has(&FaultKind::DeploymentUnknown) || deployment != Some(&self.deployment_id);
        if unknown || faults.has(&FaultKind::OriginRefused) || !self.scenario.deployment.allows(origin) {
            self.tally.web.refused += 1;
            self.tally.refused(if unknown { "deployment-unknown" } else { "origin-refused" });
            return None;
        }
        self.tally.web.opened += 1;
        let id = ConnectionId(self.tally.web.opened);
        let (origin, window) = (origin.unwrap_or_default().to_owned(), Window::new(self.now));
        let connection =
            Connection { origin, session: None, frames: window, health: window, last: self.now, held: None };
        self.web.connections.insert(id, connection);
        Some(id)
    }

    /// A socket is gone. Its session lives on.
    pub(crate) fn hung_up(&mut self, id: ConnectionId) {
        self.web.detach(id);
        self.web.connections.remove(&id);
    }

    /// Sends a frame to a connection, through the faults that are set for its kind.
    fn emit(&mut self, to: ConnectionId, kind: FaultTarget, frame: &Value) {
        let Some(session) = self.web.connections.get(&to).map(|connection| connection.session.clone()) else { return };
        let whom = session.as_deref().map_or(FaultSubject::Nobody, FaultSubject::Session);
        let faults = self.meet(kind, whom);
        let text: Arc<str> = frame.to_string().into();
        let late = faults.headers_late();
        match faults.spoil() {
            Some(FaultKind::FrameLost) => {}
            Some(FaultKind::FrameDoubled) => {
                self.queue(to, text.clone(), late);
                self.queue(to, text, Duration::ZERO);
            }
            // It leaves later than its turn: what comes meanwhile overtakes it.
            Some(FaultKind::FrameLate { delay_ms }) => {
                let at = self.now.after(Duration::from_millis(*delay_ms));
                self.due(at, DueEvent::Frame(to, Outgoing::Text(text)));
            }
            Some(FaultKind::FrameReordered) => {
                if let Some(connection) = self.web.connections.get_mut(&to) {
                    connection.held = Some(text);
                }
                // Nothing may come that overtakes it.
                self.due(self.now.after(OVERTAKEN_WITHIN), DueEvent::Release(to));
            }
            Some(FaultKind::FrameMalformed) => {
                let broken: String = text.chars().take(text.chars().count() / 2).collect();
                self.queue(to, broken.into(), late);
            }
            Some(FaultKind::FrameUnknown) => {
                let body = json!({"note": "a class that no client knows", "depth": {"n": 1}});
                let unknown = frames::message("GuestwireUnheardOfEvent", body, None);
                self.queue(to, unknown.to_string().into(), late);
                self.queue(to, text, Duration::ZERO);
            }
            _ => self.queue(to, text, late),
        }
    }

    /// Puts a frame behind those that are on their way to a connection.
    fn queue(&mut self, to: ConnectionId, text: Arc<str>, late: Duration) {
        let latency = self.latency() + late;
        let Some(connection) = self.web.connections.get_mut(&to) else { return };
        let at = connection.last.max(self.now.after(latency));
        connection.last = at;
        for text in [Some(text), connection.held.take()].into_iter().flatten() {
            self.due(at, DueEvent::Frame(to, Outgoing::Text(text)));
        }
    }

    /// Ends a connection after all frames that are on their way to it.
    fn end_connection(&mut self, to: ConnectionId, out: Outgoing) {
        if let Some(connection) = self.web.connections.get(&to) {
            self.due(connection.last.max(self.now), DueEvent::Frame(to, out));
        }
    }

    fn emit_all(&mut self, token: &str, kind: FaultTarget, frame: &Value) {
        for to in self.web.connections_of(token) {
            self.emit(to, kind, frame);
        }
    }

    /// Tells every connection of a session something that it did not ask for.
    pub(super) fn tell(&mut self, token: &str, kind: FaultTarget, class: &str, body: Value) {
        self.emit_all(token, kind, &frames::message(class, body, None));
    }

    pub(super) fn release(&mut self, to: ConnectionId, out: Outgoing) {
        if self.web.connections.contains_key(&to) {
            self.tally.web.frames_out += u64::from(matches!(out, Outgoing::Text(_)));
            self.web.outbox.push((to, out));
        }
    }

    pub(super) fn release_held(&mut self, to: ConnectionId) {
        if let Some(text) = self.web.connections.get_mut(&to).and_then(|connection| connection.held.take()) {
            self.release(to, Outgoing::Text(text));
        }
    }
}

const OVERTAKEN_WITHIN: Duration = Duration::from_secs(5);
