//! Each message and where it stands, as reported; and what the sandbox received, to compare.

use std::collections::BTreeMap;

use guestwire::model::{DeliveryStatus, MessageId};
use serde_json::Value;

use super::storm::Harm;

/// A message of ours.
#[derive(Debug)]
pub struct Entry {
    pub talk: usize,
    pub text: String,
    pub delivery: DeliveryStatus,
    /// A person took it back.
    pub taken_back: bool,
    /// The newest token that was told when its newest try began.
    pub generation: u64,
}

/// All messages, in the order in which they were asked for.
#[derive(Debug, Default)]
pub struct Ledger {
    pub entries: BTreeMap<MessageId, Entry>,
}

impl Ledger {
    /// Takes a report. True: the message is settled by it, and was not before.
    pub fn told(&mut self, id: MessageId, delivery: DeliveryStatus) -> bool {
        let entry = self.entries.get_mut(&id).unwrap();
        let before = std::mem::replace(&mut entry.delivery, delivery);
        let fits = match (&before, &entry.delivery) {
            (DeliveryStatus::Accepted | DeliveryStatus::Received, DeliveryStatus::Answered)
            | (DeliveryStatus::Unknown(_), DeliveryStatus::Received) => true,
            (before, _) => !before.is_finished(),
        };
        assert!(fits, "{} was {before:?} and is {:?}", entry.text, entry.delivery);
        entry.delivery.is_finished() && !before.is_finished()
    }

    /// Unknown messages of a conversation that the sandbox has.
    pub fn unsettled<'l>(&'l self, talk: usize, received: &'l [String]) -> impl Iterator<Item = &'l str> {
        let unknown = move |e: &&Entry| e.talk == talk && matches!(e.delivery, DeliveryStatus::Unknown(_));
        self.entries.values().filter(unknown).map(|e| e.text.as_str()).filter(|t| received.iter().any(|r| r == t))
    }

    /// What must hold of a conversation: what stands there is what we take to stand there, once, in the order of sending.
    pub fn hold(&self, talk: usize, name: &str, received: &[String]) {
        let ours: Vec<&Entry> = self.entries.values().filter(|e| e.talk == talk).collect();
        for entry in &ours {
            let came = received.iter().filter(|text| **text == entry.text).count();
            let should = match entry.delivery {
                DeliveryStatus::Accepted | DeliveryStatus::Answered | DeliveryStatus::Received => 1,
                DeliveryStatus::Refused(_) | DeliveryStatus::Cancelled | DeliveryStatus::Unknown(_) => 0,
                _ => panic!("{name}: {entry:?} was never settled"),
            };
            assert_eq!(came, should, "{name}: {entry:?} stands {came} times");
        }
        let stands = |e: &&Entry| {
            matches!(e.delivery, DeliveryStatus::Accepted | DeliveryStatus::Answered | DeliveryStatus::Received)
        };
        let expected: Vec<&str> = ours.into_iter().filter(stands).map(|e| e.text.as_str()).collect();
        assert_eq!(received, expected, "{name}: the order of sending");
    }

    /// How many messages stand where.
    pub fn tally(&self) -> BTreeMap<&'static str, usize> {
        let mut tally = BTreeMap::new();
        for entry in self.entries.values() {
            *tally.entry(entry.delivery.word()).or_default() += 1;
        }
        tally
    }
}

/// Which harm explains how a message ended, and how many blows of it that takes. `None`: nothing happened to it, or a
/// person took it back. Panics where nothing could explain it.
pub fn explain(entry: &Entry) -> Option<(Harm, u64)> {
    match &entry.delivery {
        DeliveryStatus::Accepted | DeliveryStatus::Answered | DeliveryStatus::Received => None,
        DeliveryStatus::Cancelled if entry.taken_back => None,
        DeliveryStatus::Unknown(why) if entry.taken_back && why.to_string().contains("taken back") => None,
        DeliveryStatus::Unknown(why) if why.to_string().contains("nothing came within") => Some((Harm::Silence, 1)),
        DeliveryStatus::Unknown(_) => Some((Harm::Doubt, 1)),
        // Where so many answers in a row did not come, the session is given up, and what waits for it.
        DeliveryStatus::Refused(why) if why.to_string().contains("configureSession was not answered") => {
            Some((Harm::Silence, 8))
        }
        DeliveryStatus::Refused(why) if why.to_string().ends_with("tried 6 times") => Some((Harm::Wait, 6)),
        DeliveryStatus::Refused(why) if why.to_string().starts_with("403") => Some((Harm::Forbid, 1)),
        DeliveryStatus::Refused(why) if why.to_string().starts_with("401") => Some((Harm::Token, 2)),
        _ => panic!("nothing explains {entry:?}"),
    }
}

/// The texts that the sandbox received for a conversation, in its order. A name may have had several conversations.
pub fn received(state: &Value, name: &str) -> Vec<String> {
    let conversations = state["conversations"].as_array().unwrap().iter().filter(|c| c["name"] == name);
    let messages = conversations.flat_map(|c| c["messages"].as_array().unwrap());
    messages.map(|m| m["text"].as_str().unwrap().to_owned()).collect()
}
