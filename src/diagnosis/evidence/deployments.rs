//! What exchanges showed of the places that are spoken to beside conversations: web deployments and open-messaging
//! integrations. Kept with [`super::history::PastExchanges`], fed by the same door.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::answer::ServerAnswer;
use super::request::{self, SentRequest};
use super::{Sighting, newer};
use crate::genesys::deployments::{self, Config, Domains, Public};
use crate::genesys::lookups;
use crate::model::{Attempt, ConversationKey, Exchange, ExchangeKind, Outcome};

/// Deployments remembered of each kind.
const MOST: usize = 128;

/// What is known of a web deployment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::diagnosis) struct DeploymentBook {
    /// Its public configuration.
    pub config: Option<(Sighting, Config)>,
    /// There is no public configuration of that id.
    pub missing: Option<Sighting>,
    /// From where guests may speak.
    pub domains: Option<(Sighting, Domains)>,
    /// The guest socket was opened, with this origin.
    pub opened: Option<(Sighting, Option<String>)>,
}

/// What is known of an integration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::diagnosis) struct IntegrationBook {
    /// It was looked up, or took a message.
    pub known: Option<Sighting>,
    /// Looking it up says that there is none.
    pub missing: Option<Sighting>,
}

/// What is known of web deployments and open-messaging integrations, by their ids in lower case.
#[derive(Clone, Debug, Default)]
pub(in crate::diagnosis) struct Deployments {
    web: BTreeMap<String, DeploymentBook>,
    integrations: BTreeMap<String, IntegrationBook>,
    /// The newest opening of each conversation's socket, or configuration of its session, where that failed.
    failed: BTreeMap<ConversationKey, Arc<Attempt>>,
}

impl Deployments {
    /// Takes in a try that has ended. Returns whether something is known now that was not before.
    pub fn attempt(&mut self, exchange: &Exchange, attempt: &Attempt, said: &ServerAnswer, seen: Sighting) -> bool {
        let path = request::path(&attempt.request.url);
        if let Some((id, public)) = deployments::asked(path) {
            return self.public(id, public, attempt, said, seen);
        }
        if let Some(id) = lookups::integration_asked(path) {
            return self.looked_up(id, exchange, said, seen);
        }
        if exchange.kind == ExchangeKind::Send
            && exchange.outcome == Outcome::Accepted
            && let Some(id) = request::integration(path)
        {
            let book = book(&mut self.integrations, id);
            let news = book.known.is_none();
            book.known = Some(newer(book.known, seen));
            return news;
        }
        if said.status == Some(101)
            && let Some(id) = request::deployment(&attempt.request.url)
        {
            let book = book(&mut self.web, &id);
            let news = book.opened.is_none();
            book.opened = Some((seen, SentRequest::of(&attempt.request, "").origin));
            return news;
        }
        false
    }

    /// Takes in a try that may be the opening of a conversation's socket, or the configuration of its session.
    pub fn opening(&mut self, exchange: &Exchange, attempt: &Arc<Attempt>) -> bool {
        let sent = SentRequest::of(&attempt.request, "");
        let Some(key) = exchange.conversation.filter(|_| sent.opening || sent.configures()) else { return false };
        if matches!(attempt.status(), Some(101 | 200)) {
            return self.failed.remove(&key).is_some();
        }
        self.failed.insert(key, Arc::clone(attempt)).is_none()
    }

    /// The newest opening of a conversation's socket, or configuration of its session, where that failed.
    pub fn failed_opening(&self, key: ConversationKey) -> Option<&Attempt> {
        self.failed.get(&key).map(AsRef::as_ref)
    }

    fn public(&mut self, id: &str, public: Public, attempt: &Attempt, said: &ServerAnswer, seen: Sighting) -> bool {
        let body = attempt.response().map_or("", |r| r.body.text.as_str()).as_bytes();
        let book = book(&mut self.web, id);
        match said.status {
            Some(200) => match public {
                Public::Config => {
                    let Some(config) = deployments::read_config(body) else { return false };
                    book.config = Some((seen, config));
                }
                Public::Domains => {
                    let Some(domains) = deployments::read_domains(body) else { return false };
                    book.domains = Some((seen, domains));
                }
            },
            Some(404) if !said.is_foreign() => book.missing = Some(seen),
            _ => return false,
        }
        true
    }

    fn looked_up(&mut self, id: &str, exchange: &Exchange, said: &ServerAnswer, seen: Sighting) -> bool {
        let book = book(&mut self.integrations, id);
        match said.status {
            Some(200) if exchange.outcome == Outcome::Accepted => book.known = Some(newer(book.known, seen)),
            Some(404) if said.by.is_service() => book.missing = Some(newer(book.missing, seen)),
            _ => return false,
        }
        true
    }

    pub fn deployment(&self, id: &str) -> Option<&DeploymentBook> {
        self.web.get(&id.to_ascii_lowercase())
    }

    pub fn integration(&self, id: &str) -> Option<&IntegrationBook> {
        self.integrations.get(&id.to_ascii_lowercase())
    }

    /// The deployments that are there.
    pub fn known_deployments(&self) -> impl Iterator<Item = &str> {
        let known = |book: &DeploymentBook| book.config.is_some() || book.opened.is_some();
        self.web.iter().filter(move |(_, book)| known(book)).map(|(id, _)| id.as_str())
    }

    /// The integrations that are there.
    pub fn known_integrations(&self) -> impl Iterator<Item = &str> {
        self.integrations.iter().filter(|(_, book)| book.known.is_some()).map(|(id, _)| id.as_str())
    }
}

fn book<'b, B: Default>(books: &'b mut BTreeMap<String, B>, id: &str) -> &'b mut B {
    super::book(books, id.to_ascii_lowercase(), MOST)
}
