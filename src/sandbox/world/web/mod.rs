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
mod history;
mod message;
mod request;
mod session;
mod upload;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

pub(crate) use history::Page;
pub(crate) use upload::{Put, UPLOAD_MAX_BYTES};

use super::window::Window;
use super::{Due, What, World};
use crate::model::Moment;
use crate::model::fault::{FaultKind, FaultTarget};
use crate::sandbox::dice::Dice;
use crate::sandbox::fault::Plan;
use crate::sandbox::scenario::{Deployment, Limits};

/// A connection of the sandbox, in the order in which they were opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ConnectionId(pub(crate) u64);

/// Something that goes out on a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Out {
    /// A text frame.
    Text(Arc<str>),
    /// An orderly end.
    Close {
        /// The WebSocket's close code.
        code: u16,
        /// Its reason.
        reason: &'static str,
    },
    /// The connection is reset.
    Reset,
}

/// A socket that is open.
#[derive(Debug)]
struct Connection {
    origin: String,
    session: Option<Arc<str>>,
    frames: Window,
    health: Window,
    /// When the newest frame goes out: no later one before it.
    last: Moment,
    /// A frame that waits to be overtaken by the next.
    held: Option<Arc<str>>,
}

/// Where a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Messages are taken.
    Open,
    /// Its conversation has ended: messages are refused with 409.
    ReadOnly,
    /// The guest closed it.
    Closed,
    /// Its time is over, or it was erased: 4006, 4007.
    Expired,
}

/// What a guest token stands for.
#[derive(Debug)]
struct Session {
    /// What stands in its JWTs in place of the token.
    id: String,
    origin: String,
    standing: Standing,
    expires: Moment,
    /// The conversations that it had, the present one last.
    conversations: Vec<usize>,
    joined: bool,
    /// Oldest first.
    connections: Vec<ConnectionId>,
    /// When the messages of the last second came.
    second: VecDeque<Moment>,
    configures: Window,
    histories: Window,
    uploads: BTreeMap<String, upload::Upload>,
}

/// The state of the channel.
pub(crate) struct Web {
    pub(crate) deployment: Deployment,
    limits: Limits,
    connections: HashMap<ConnectionId, Connection>,
    sessions: BTreeMap<Arc<str>, Session>,
    opened: u64,
    key: ring::hmac::Key,
    dice: Dice,
    /// Where the sandbox is, for addresses of uploads: `http://127.0.0.1:PORT`.
    pub(crate) base: String,
    pub(crate) outbox: Vec<(ConnectionId, Out)>,
}

/// What is counted of the published channels.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub(crate) struct Counts {
    pub(crate) duplicates: u64,
    pub(crate) open_events: u64,
    pub(crate) open_receipts: u64,
    pub(crate) pushed: u64,
    pub(crate) push_failures: u64,
    /// Messages with custom attributes at a place where the service does not read them.
    pub(crate) attributes_ignored: u64,
    pub(crate) sockets_opened: u64,
    pub(crate) sockets_refused: u64,
    pub(crate) frames_in: u64,
    pub(crate) frames_out: u64,
    /// By action.
    pub(crate) actions: BTreeMap<&'static str, u64>,
    /// Error frames, by code.
    pub(crate) errors: BTreeMap<String, u64>,
}

/// Why a socket is not opened. All of them are a 403 on the wire, which does not say which. [MTSDK: access denied]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Denied {
    /// The deployment does not allow the origin.
    Origin,
    /// There is no such deployment.
    Deployment,
}

impl Denied {
    /// The word under which it is counted.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Origin => "origin-refused",
            Self::Deployment => "deployment-unknown",
        }
    }
}

impl Web {
    pub(crate) fn new(deployment: Deployment, limits: Limits, seed: u64) -> Self {
        let mut dice = Dice::new(seed, "web sessions");
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, dice.opaque(43).as_bytes());
        Self {
            deployment,
            limits,
            connections: HashMap::new(),
            sessions: BTreeMap::new(),
            opened: 0,
            key,
            dice,
            base: String::new(),
            outbox: Vec::new(),
        }
    }

    fn session_of(&mut self, id: ConnectionId) -> Option<(Arc<str>, &mut Session)> {
        let token = self.connections.get(&id)?.session.clone()?;
        Some((token.clone(), self.sessions.get_mut(&token)?))
    }

    /// The origin from which a session was begun.
    pub(super) fn origin_of(&self, token: &str) -> Option<&str> {
        self.sessions.get(token).map(|session| session.origin.as_str())
    }

    /// How many sockets are open, and how many sessions there are.
    pub(crate) fn size(&self) -> (usize, usize) {
        (self.connections.len(), self.sessions.len())
    }
}

impl World {
    /// A socket is asked for: opened, or refused.
    pub(crate) fn upgrade(
        &mut self,
        deployment: Option<&str>,
        origin: Option<&str>,
        plan: &Plan,
        now: Moment,
    ) -> Result<ConnectionId, Denied> {
        let denied = if plan.deployment_unknown || deployment != Some(&self.deployment_id) {
            Some(Denied::Deployment)
        } else if plan.origin_refused || !self.web.deployment.allows(origin) {
            Some(Denied::Origin)
        } else {
            None
        };
        if let Some(denied) = denied {
            self.tally.channels.sockets_refused += 1;
            self.tally.refused(denied.reason());
            return Err(denied);
        }
        self.tally.channels.sockets_opened += 1;
        self.web.opened += 1;
        let id = ConnectionId(self.web.opened);
        let connection = Connection {
            origin: origin.unwrap_or_default().to_owned(),
            session: None,
            frames: Window::new(now),
            health: Window::new(now),
            last: now,
            held: None,
        };
        self.web.connections.insert(id, connection);
        Ok(id)
    }

    /// A socket is gone. Its session lives on.
    pub(crate) fn hung_up(&mut self, id: ConnectionId) {
        if let Some((_, session)) = self.web.session_of(id) {
            session.connections.retain(|c| *c != id);
        }
        self.web.connections.remove(&id);
    }

    /// Sends a frame to a connection, through the faults that are set for its kind.
    fn emit(&mut self, to: ConnectionId, kind: FaultTarget, frame: &Value, now: Moment) {
        let Some(session) = self.web.connections.get(&to).map(|connection| connection.session.clone()) else { return };
        let plan = self.meet(kind, session.as_deref(), now);
        let text: Arc<str> = frame.to_string().into();
        match plan.spoil {
            Some(FaultKind::FrameLost) => {}
            Some(FaultKind::FrameDoubled) => {
                self.queue(to, text.clone(), plan.headers_late, now);
                self.queue(to, text, Duration::ZERO, now);
            }
            // It leaves later than its turn: what comes meanwhile overtakes it.
            Some(FaultKind::FrameLate { delay_ms }) => {
                self.due(now.after(Duration::from_millis(delay_ms)), What::Frame { to, out: Out::Text(text) });
            }
            Some(FaultKind::FrameReordered) => {
                if let Some(connection) = self.web.connections.get_mut(&to) {
                    connection.held = Some(text);
                }
                // Nothing may come that overtakes it.
                self.due(now.after(OVERTAKEN_WITHIN), What::Release(to));
            }
            Some(FaultKind::FrameMalformed) => {
                let broken: String = text.chars().take(text.chars().count() / 2).collect();
                self.queue(to, broken.into(), plan.headers_late, now);
            }
            Some(FaultKind::FrameUnknown) => {
                self.queue(to, frames::stranger().to_string().into(), plan.headers_late, now);
                self.queue(to, text, Duration::ZERO, now);
            }
            _ => self.queue(to, text, plan.headers_late, now),
        }
    }

    /// Puts a frame behind those that are on their way to a connection.
    fn queue(&mut self, to: ConnectionId, text: Arc<str>, late: Duration, now: Moment) {
        let latency = self.latency() + late;
        let Some(connection) = self.web.connections.get_mut(&to) else { return };
        let at = connection.last.max(now.after(latency));
        connection.last = at;
        let held = connection.held.take();
        self.due(at, What::Frame { to, out: Out::Text(text) });
        if let Some(text) = held {
            self.due(at, What::Frame { to, out: Out::Text(text) });
        }
    }

    /// Ends a connection after all frames that are on their way to it.
    fn end_connection(&mut self, to: ConnectionId, out: Out, now: Moment) {
        let Some(connection) = self.web.connections.get(&to) else { return };
        let at = connection.last.max(now);
        self.due(at, What::Frame { to, out });
    }

    /// Sends a frame to every connection of a session.
    pub(super) fn emit_all(&mut self, token: &str, kind: FaultTarget, frame: &Value, now: Moment) {
        let connections = self.web.sessions.get(token).map(|session| session.connections.clone());
        for to in connections.unwrap_or_default() {
            self.emit(to, kind, frame, now);
        }
    }

    /// A frame that was due goes out.
    pub(super) fn release(&mut self, to: ConnectionId, out: Out) {
        if self.web.connections.contains_key(&to) {
            self.tally.channels.frames_out += u64::from(matches!(out, Out::Text(_)));
            self.web.outbox.push((to, out));
        }
    }

    /// A frame that nothing overtook goes out after all.
    pub(super) fn release_held(&mut self, to: ConnectionId) {
        let held = self.web.connections.get_mut(&to).and_then(|connection| connection.held.take());
        if let Some(text) = held {
            self.release(to, Out::Text(text));
        }
    }

    /// Puts something on the list of what is due, behind everything that is due no later.
    pub(super) fn due(&mut self, at: Moment, what: What) {
        let place = self.due.partition_point(|due| due.at <= at);
        self.due.insert(place, Due { at, what });
    }
}

/// How long a frame waits to be overtaken.
const OVERTAKEN_WITHIN: Duration = Duration::from_secs(5);
