//! What is known of ids beside a pasted text: from the profile, from what was read in this session, and by looking up what
//! nothing says of. Each id is asked about, one question after the other, and each question is an exchange of the log. Pure:
//! who asks is the engine.
//!
//! ```text
//! found ids ─► IdLookUp ─► next: a question ─► (engine) ─► answered ─► known ─► the text is sorted again
//! ```

use std::collections::{HashMap, VecDeque};

use uuid::Uuid;

use super::occurrences::{IdKind, is_hex};
use crate::diagnosis::PastExchanges;
use crate::genesys::conversations::{self, ConversationRead};
use crate::genesys::lookups;
use crate::model::ids::is_uuid;
use crate::model::{Address, Exchange, IdTarget, Outcome, ProbeQuestion, Probed};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownId {
    pub id: String,
    pub what: IdKind,
    pub home: Option<String>,
    pub guest: bool,
    /// The service told it; otherwise the profile only uses it so, which may be the mistake.
    pub from_service: bool,
}

/// What the service told comes first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownIds(pub(super) Vec<KnownId>);

impl KnownIds {
    pub fn of<'a>(addresses: impl Iterator<Item = &'a Address>) -> Self {
        let known = |id: &str, what, home: Option<&String>| {
            Some(KnownId { id: id.to_owned(), what, home: home.cloned(), guest: false, from_service: false })
        };
        let of_address = |address: &'a Address| match address {
            Address::GuestApi { conversation_id: home, participant_id, .. } => {
                let participant = participant_id.as_ref();
                let participant = participant.and_then(|id| known(id, IdKind::Participant, Some(home)));
                [known(home, IdKind::Conversation, None), participant]
            }
            Address::OpenMessaging { integration_id, .. } => [known(integration_id, IdKind::Integration, None), None],
            Address::WebMessaging { deployment_id, .. } => [known(deployment_id, IdKind::Deployment, None), None],
        };
        Self(addresses.flat_map(of_address).flatten().collect())
    }

    #[must_use]
    pub fn with(mut self, past: &PastExchanges) -> Self {
        past.reads().for_each(|(id, read)| self.learn_read(id, read));
        let deployments = past.deployments.iter().filter(|(_, book)| book.config.is_some() || book.opened.is_some());
        deployments.for_each(|(id, _)| self.learn(id, IdKind::Deployment, None));
        let integrations = past.integrations.iter().filter(|(_, book)| book.known.is_some());
        integrations.for_each(|(id, _)| self.learn(id, IdKind::Integration, None));
        self
    }

    pub fn learn(&mut self, id: &str, what: IdKind, home: Option<&str>) {
        self.put(KnownId { id: id.to_owned(), what, home: home.map(str::to_owned), guest: false, from_service: true });
    }

    pub(super) fn learn_read(&mut self, conversation: &str, read: &ConversationRead) {
        self.learn(conversation, IdKind::Conversation, None);
        for person in read.people() {
            let (id, home) = (person.id.clone(), Some(conversation.to_owned()));
            let guest = read.guest.as_ref() == Some(person);
            self.put(KnownId { id, what: IdKind::Participant, home, guest, from_service: true });
        }
    }

    fn put(&mut self, id: KnownId) {
        if !self.0.contains(&id) {
            self.0.insert(0, id);
        }
    }

    /// What is known of `id`, however it is written.
    pub fn about<'k>(&'k self, id: &str) -> impl Iterator<Item = &'k KnownId> {
        let normalized = normalized(id);
        self.0.iter().filter(move |known| self::normalized(&known.id) == normalized)
    }

    /// The only id of that kind that the service told; of participants: the guest of the conversation `home`.
    pub fn only(&self, what: IdKind, home: Option<&str>) -> Option<&str> {
        let at_home = |k: &KnownId| k.guest && home.is_some() && k.home.as_deref() == home;
        let fits = |k: &&KnownId| k.from_service && k.what == what && (what != IdKind::Participant || at_home(k));
        let mut found = self.0.iter().filter(fits);
        found.next().filter(|_| found.next().is_none()).map(|k| k.id.as_str())
    }
}

/// An id without case and hyphens: what it is the same by.
pub fn normalized(id: &str) -> String {
    id.chars().filter(|c| *c != '-').map(|c| c.to_ascii_lowercase()).collect()
}

const MOST: usize = 40;

#[derive(Clone, Debug, Default)]
pub struct IdLookUp {
    left: VecDeque<ProbeQuestion>,
    pub known: KnownIds,
    pub troubles: Vec<String>,
    /// The ids that were asked about, and whether each question was answered with “there is no such thing”.
    absent: HashMap<Uuid, bool>,
}

impl IdLookUp {
    /// A look at these ids, each taken for what stands beside it.
    pub(super) fn of<'a>(ids: impl Iterator<Item = (&'a str, IdKind)>, known: KnownIds) -> Self {
        Self { left: ids.flat_map(|(id, what)| questions(id, what)).take(MOST).collect(), known, ..Self::default() }
    }

    pub fn without_token(&mut self) {
        self.left.retain(|asked| matches!(asked, ProbeQuestion::Id(IdTarget::Deployment, _)));
    }

    pub fn also(&mut self, id: &str, what: IdKind) {
        self.left.extend(questions(id, what));
    }

    pub fn next(&self) -> Option<ProbeQuestion> {
        self.left.front().copied()
    }

    /// Takes an answer in. False where another question was under way.
    pub fn answered(&mut self, asked: ProbeQuestion, result: &Probed, exchange: Option<&Exchange>) -> bool {
        let (ProbeQuestion::Id(target, uuid), true) = (asked, self.left.front() == Some(&asked)) else { return false };
        self.left.pop_front();
        let is_it = exchange.is_some_and(|x| x.outcome == Outcome::Accepted && x.status() != Some(404));
        let trouble = match (result, exchange.map(|x| &x.outcome)) {
            (Probed::NotAsked(why), _) => Some(why.clone()),
            (_, Some(outcome)) => outcome.words(),
            (_, None) => Some("no answer".to_owned()),
        };
        *self.absent.entry(uuid).or_insert(true) &= !is_it && trouble.is_none();
        if let Some(exchange) = exchange.filter(|_| is_it) {
            self.learn(target, uuid, exchange);
            // It cannot be anything else.
            self.left.retain(|left| !matches!(left, ProbeQuestion::Id(_, other) if *other == uuid));
        } else if let Some(why) = trouble {
            let id = written(target, uuid);
            self.troubles.push(format!("whether {id} is {} could not be looked up: {why}", words(target)));
        }
        true
    }

    /// Whether an id was looked up and is none of what can be looked up. It may still be a participant's.
    pub fn is_absent(&self, id: &str) -> bool {
        Uuid::try_parse(id).is_ok_and(|uuid| self.absent.get(&uuid) == Some(&true))
    }

    fn learn(&mut self, target: IdTarget, uuid: Uuid, exchange: &Exchange) {
        let body = exchange.last_attempt().and_then(|a| a.response()).map_or("", |r| r.body.text.as_str());
        let id = written(target, uuid);
        match target {
            IdTarget::Conversation => {
                self.known.learn_read(&id, &conversations::read(body.as_bytes()).unwrap_or_default());
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
    let (Ok(uuid), true) = (Uuid::try_parse(id), is_hex(id) || is_uuid(id)) else { return Vec::new() };
    let likeliest = match what {
        IdKind::Integration => IdTarget::Integration,
        IdKind::Deployment => IdTarget::Deployment,
        _ => IdTarget::Conversation,
    };
    let others = [IdTarget::Conversation, IdTarget::Deployment, IdTarget::Integration];
    // Message ids are written without hyphens, and so is many a conversation's in a log.
    let targets = is_hex(id).then_some(IdTarget::Message).into_iter().chain([likeliest]);
    let targets = targets.chain(others.into_iter().filter(|other| *other != likeliest));
    targets.map(|target| ProbeQuestion::Id(target, uuid)).collect()
}

fn written(target: IdTarget, uuid: Uuid) -> String {
    if target == IdTarget::Message { uuid.simple().to_string() } else { uuid.to_string() }
}

const fn words(target: IdTarget) -> &'static str {
    match target {
        IdTarget::Conversation => "a conversation",
        IdTarget::Message => "a message",
        IdTarget::Integration => "an integration",
        IdTarget::Deployment => "a deployment",
    }
}
