//! What a diagnosis is made from: the request as it was written, the answer as it came, and what earlier exchanges showed.

pub mod answer;
pub mod deployments;
pub mod history;
pub mod request;

use std::collections::BTreeMap;

use crate::model::{ExchangeId, Moment};

/// When something was seen, and in which exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// When the try that shows it began.
    pub at: Moment,
    /// The exchange.
    pub exchange: ExchangeId,
}

/// The later of two sightings.
pub fn newer(old: Option<Sighting>, seen: Sighting) -> Sighting {
    old.filter(|s| s.at > seen.at).unwrap_or(seen)
}

/// The book of that id, where no more than `most` are kept.
fn book<B: Default>(books: &mut BTreeMap<String, B>, id: String, most: usize) -> &mut B {
    if books.len() >= most && !books.contains_key(&id) {
        books.pop_first();
    }
    books.entry(id).or_default()
}

/// The newest sightings of one thing, of two exchanges: no exchange is evidence in its own case, so that the one before
/// counts there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sightings {
    newest: Option<Sighting>,
    before: Option<Sighting>,
}

impl Sightings {
    /// Takes in a sighting. Returns whether it is the newest.
    pub fn add(&mut self, seen: Sighting) -> bool {
        match self.newest {
            Some(newest) if newest.exchange == seen.exchange => self.newest = Some(newer(Some(newest), seen)),
            Some(newest) if newest.at > seen.at => {
                self.before = Some(newer(self.before, seen));
                return false;
            }
            newest => (self.newest, self.before) = (Some(seen), newest.or(self.before)),
        }
        self.newest == Some(seen)
    }

    /// The newest.
    pub const fn newest(&self) -> Option<Sighting> {
        self.newest
    }

    /// The newest of another exchange than `own`.
    pub fn besides(&self, own: ExchangeId) -> Option<Sighting> {
        [self.newest, self.before].into_iter().flatten().find(|seen| seen.exchange != own)
    }
}
