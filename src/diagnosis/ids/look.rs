//! Looking up what nothing says of: each id is asked about, one question after the other, and each question is an
//! exchange of the log. Pure: who asks is the engine.
//!
//! ```text
//! found ids ─► Look ─► next: Asked ─► (engine) ─► answered ─► known ─► the text is sorted again
//! ```

use std::collections::{HashMap, VecDeque};

use uuid::Uuid;

use super::context::is_hex;
use super::{FoundId, IdKind, KnownIds};
use crate::genesys::conversations::{self, is_guest};
use crate::genesys::lookups;
use crate::model::ids::is_uuid;
use crate::model::{Exchange, IdTarget, Outcome, ProbeQuestion, Probed};

/// Questions about one text at most.
const MOST: usize = 40;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct IdLookUp {
    left: VecDeque<ProbeQuestion>,
    known: KnownIds,
    troubles: Vec<String>,
    /// The ids that were asked about, and whether each question was answered with “there is no such thing”.
    absent: HashMap<Uuid, bool>,
}

impl IdLookUp {
    /// A look at the ids of a text of which nothing is known for sure.
    pub fn at(found: &[FoundId], known: KnownIds) -> Self {
        let open = found.iter().filter(|f| f.needs_look());
        let left = open.flat_map(|f| questions(&f.id, f.what)).take(MOST).collect();
        Self { left, known, ..Self::default() }
    }

    /// Leaves only the questions that need no token.
    pub fn without_token(&mut self) {
        self.left.retain(|asked| matches!(asked, ProbeQuestion::Id(IdTarget::Deployment, _)));
    }

    /// Adds the questions about an id that is used as `what`.
    pub fn also(&mut self, id: &str, what: IdKind) {
        self.left.extend(questions(id, what));
    }

    /// Whether there is anything to ask.
    pub fn is_idle(&self) -> bool {
        self.left.is_empty()
    }

    /// The next question.
    pub fn next(&self) -> Option<ProbeQuestion> {
        self.left.front().copied()
    }

    /// Takes an answer in. False where another question was under way.
    pub fn answered(&mut self, asked: ProbeQuestion, result: &Probed, exchange: Option<&Exchange>) -> bool {
        let (ProbeQuestion::Id(thing, uuid), true) = (asked, self.left.front() == Some(&asked)) else { return false };
        self.left.pop_front();
        let is_it = exchange.is_some_and(|x| x.outcome == Outcome::Accepted && x.status() != Some(404));
        let trouble = match (result, exchange.map(|x| &x.outcome)) {
            (Probed::NotAsked(why), _) => Some(why.clone()),
            (_, Some(outcome)) => outcome.words(),
            (_, None) => Some("no answer".to_owned()),
        };
        *self.absent.entry(uuid).or_insert(true) &= !is_it && trouble.is_none();
        if let Some(exchange) = exchange.filter(|_| is_it) {
            self.learn(thing, uuid, exchange);
            // It cannot be anything else.
            self.left.retain(|left| !matches!(left, ProbeQuestion::Id(_, other) if *other == uuid));
            return true;
        }
        if let Some(why) = trouble {
            let id = written(thing, uuid);
            self.troubles.push(format!("whether {id} is {} could not be looked up: {why}", words(thing)));
        }
        true
    }

    /// What is known now.
    pub const fn known(&self) -> &KnownIds {
        &self.known
    }

    /// What could not be looked up, one sentence each.
    pub fn troubles(&self) -> &[String] {
        &self.troubles
    }

    /// Whether an id was looked up and is none of what can be looked up. It may still be a participant's.
    pub fn is_absent(&self, id: &str) -> bool {
        Uuid::try_parse(id).is_ok_and(|uuid| self.absent.get(&uuid) == Some(&true))
    }

    fn learn(&mut self, thing: IdTarget, uuid: Uuid, exchange: &Exchange) {
        let body = exchange.last_attempt().and_then(|a| a.response()).map_or("", |r| r.body.text.as_str());
        let id = written(thing, uuid);
        match thing {
            IdTarget::Conversation => {
                self.known.learn(&id, IdKind::Conversation, None);
                let read = conversations::read(body.as_bytes()).unwrap_or_default();
                for person in read.others.iter().chain(&read.guest) {
                    self.known.learn_person(&person.id, &id, is_guest(&person.purpose));
                }
            }
            IdTarget::Message => {
                let home = lookups::conversation_of(body.as_bytes());
                self.known.learn(&id, IdKind::Message, home.as_deref());
                if let Some(home) = home {
                    self.known.learn(&home, IdKind::Conversation, None);
                }
            }
            IdTarget::Integration => self.known.learn(&id, IdKind::Integration, None),
            IdTarget::Deployment => self.known.learn(&id, IdKind::Deployment, None),
        }
    }
}

/// The questions about an id that is taken for `what`: whether it is, then whether it is something else.
fn questions(id: &str, what: IdKind) -> Vec<ProbeQuestion> {
    let Ok(uuid) = Uuid::try_parse(id) else { return Vec::new() };
    let mut things = match what {
        IdKind::Integration => vec![IdTarget::Integration, IdTarget::Conversation, IdTarget::Deployment],
        IdKind::Deployment => vec![IdTarget::Deployment, IdTarget::Conversation, IdTarget::Integration],
        _ => vec![IdTarget::Conversation, IdTarget::Deployment, IdTarget::Integration],
    };
    // Message ids are written without hyphens, and so is many a conversation's in a log.
    if is_hex(id) {
        things.insert(0, IdTarget::Message);
    } else if !is_uuid(id) {
        return Vec::new();
    }
    things.into_iter().map(|thing| ProbeQuestion::Id(thing, uuid)).collect()
}

fn written(thing: IdTarget, uuid: Uuid) -> String {
    if thing == IdTarget::Message { uuid.simple().to_string() } else { uuid.to_string() }
}

const fn words(thing: IdTarget) -> &'static str {
    match thing {
        IdTarget::Conversation => "a conversation",
        IdTarget::Message => "a message",
        IdTarget::Integration => "an integration",
        IdTarget::Deployment => "a deployment",
    }
}
