//! Who waits in the picker: the scenario's conversations, also those that begin only with their first message.

use std::sync::Arc;

use crate::model::Channel;
use crate::sandbox::rng::Rng;
use crate::sandbox::scenario;
use crate::sandbox::scenario::{Deployment, ScenarioScript};

/// How an entry's guest is told from others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum GuestOf {
    /// The conversation with this index.
    GuestApi(usize),
    /// The integration's guest of this id.
    Open { guest_id: String },
    /// Whoever opens a socket from this origin; the token is given where the session has a history already.
    Web { origin: String, token: Option<Arc<str>> },
}

#[derive(Clone, Debug)]
pub(crate) struct WorldEntry {
    pub(crate) name: String,
    /// The guest's name.
    pub(crate) guest: String,
    pub(crate) script: ScenarioScript,
    pub(crate) way: GuestOf,
}

impl WorldEntry {
    /// The entry of a conversation of the scenario, which is the `index`-th that exists from the start.
    pub(crate) fn new(
        entry: &scenario::ScenarioConversation,
        index: usize,
        deployment: &Deployment,
        seed: u64,
    ) -> Self {
        let way = match entry.channel {
            Channel::GuestApi => GuestOf::GuestApi(index),
            Channel::OpenMessaging => {
                let by_name = || entry.guest.to_lowercase().split_whitespace().collect::<Vec<_>>().join("-");
                GuestOf::Open { guest_id: entry.guest_id.clone().unwrap_or_else(by_name) }
            }
            Channel::WebMessaging => {
                let first = || deployment.origins.first().cloned().unwrap_or_else(|| "https://shop.example".to_owned());
                let token = || Arc::from(Rng::new(seed, &format!("guest token {}", entry.name)).uuid());
                GuestOf::Web {
                    origin: entry.origin.clone().unwrap_or_else(first),
                    token: (!entry.history.is_empty()).then(token),
                }
            }
        };
        Self { name: entry.name.clone(), guest: entry.guest.clone(), script: entry.script, way }
    }
}

/// The entry of the integration's guest `id`.
pub(crate) fn open<'e>(entries: &'e [WorldEntry], id: &str) -> Option<&'e WorldEntry> {
    entries.iter().find(|entry| matches!(&entry.way, GuestOf::Open { guest_id } if guest_id == id))
}

/// The entry of a web session: by its token, or the first without one that has its origin.
pub(crate) fn web<'e>(entries: &'e [WorldEntry], session_token: &str, from: &str) -> Option<&'e WorldEntry> {
    let rank = |entry: &WorldEntry| match &entry.way {
        GuestOf::Web { token: Some(token), .. } if &**token == session_token => Some(0),
        GuestOf::Web { token, origin } if origin == from => Some(if token.is_none() { 1 } else { 2 }),
        _ => None,
    };
    entries.iter().filter_map(|entry| Some((rank(entry)?, entry))).min_by_key(|(rank, _)| *rank).map(|(_, entry)| entry)
}
