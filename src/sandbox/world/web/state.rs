//! What the guest WebSocket knows: connections, sessions and their files.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use bytes::Bytes;

use crate::model::Moment;
use crate::sandbox::rng::Rng;
use crate::sandbox::world::tally::Window;

/// A connection of the sandbox, in the order in which they were opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ConnectionId(pub(crate) u64);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outgoing {
    Text(Arc<str>),
    Close { code: u16, reason: &'static str },
    Reset,
}

#[derive(Debug)]
pub(in crate::sandbox::world) struct Connection {
    pub(super) origin: String,
    pub(super) session: Option<Arc<str>>,
    pub(super) frames: Window,
    pub(super) health: Window,
    /// When the newest frame goes out: no later one before it.
    pub(super) last: Moment,
    /// A frame that waits to be overtaken by the next.
    pub(super) held: Option<Arc<str>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GuestStanding {
    Open,
    /// Its conversation has ended: messages are refused with 409.
    ReadOnly,
    Closed,
    /// Its time is over, or it was erased: 4006, 4007.
    Expired,
}

/// What a guest token stands for.
#[derive(Debug)]
pub(in crate::sandbox::world) struct Session {
    /// What stands in its JWTs in place of the token.
    pub(super) id: String,
    pub(in crate::sandbox::world) origin: String,
    pub(super) standing: GuestStanding,
    pub(super) expires: Moment,
    /// The conversations that it had, the present one last.
    pub(in crate::sandbox::world) conversations: Vec<usize>,
    pub(super) joined: bool,
    pub(super) connections: Vec<ConnectionId>,
    /// Arrival times of the messages of the last second, for the rate limit.
    pub(super) second: Vec<Moment>,
    pub(super) configures: Window,
    pub(super) histories: Window,
    pub(super) uploads: BTreeMap<String, Upload>,
}

pub(crate) struct Web {
    pub(in crate::sandbox::world) connections: HashMap<ConnectionId, Connection>,
    pub(in crate::sandbox::world) sessions: BTreeMap<Arc<str>, Session>,
    pub(super) key: ring::hmac::Key,
    pub(super) dice: Rng,
    /// Where the sandbox is, for addresses of uploads: `http://127.0.0.1:PORT`.
    pub(crate) base: String,
    pub(crate) outbox: Vec<(ConnectionId, Outgoing)>,
}

#[derive(Debug)]
pub(super) struct Upload {
    pub(super) name: String,
    pub(super) mime: String,
    pub(super) size: u64,
    /// Makes the address unguessable, and is the value of the header that has to come with it.
    pub(super) signature: String,
    pub(super) until: Moment,
    pub(super) bytes: Option<Bytes>,
}

impl Web {
    pub(crate) fn new(seed: u64) -> Self {
        let mut dice = Rng::new(seed, "web sessions");
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, dice.opaque(43).as_bytes());
        let (connections, sessions, outbox) = (HashMap::new(), BTreeMap::new(), Vec::new());
        Self { connections, sessions, key, dice, base: String::new(), outbox }
    }

    pub(super) fn session_of(&mut self, id: ConnectionId) -> Option<(Arc<str>, &mut Session)> {
        let token = self.connections.get(&id)?.session.clone()?;
        Some((token.clone(), self.sessions.get_mut(&token)?))
    }

    pub(super) fn detach(&mut self, id: ConnectionId) {
        let token = self.connections.get_mut(&id).and_then(|connection| connection.session.take());
        if let Some(session) = token.and_then(|token| self.sessions.get_mut(&token)) {
            session.connections.retain(|c| *c != id);
        }
    }

    pub(super) fn connections_of(&self, token: &str) -> Vec<ConnectionId> {
        self.sessions.get(token).map(|session| session.connections.clone()).unwrap_or_default()
    }
}
