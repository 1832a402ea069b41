//! What earlier exchanges showed, kept as facts with the exchange that shows each: which tokens worked, who the guest of
//! a conversation is, what was accepted, which deployments and integrations there are. Bounded; fed with every exchange,
//! whoever made it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::attempt::{SentRequest, ServerAnswer, deployment, integration, path, read_from};
use crate::genesys::conversations::{self, ConversationRead};
use crate::genesys::lookups::{self, Config, Domains, Public};
use crate::model::ids::is_uuid;
use crate::model::{
    Attempt, ConversationKey, Exchange, ExchangeId, ExchangeKind, Generation, Moment, Outcome, TokenFacts,
};

/// Tokens, grants, conversations, and deployments of each kind remembered.
const TOKENS: usize = 64;
const CONVERSATIONS: usize = 512;
const DEPLOYMENTS: usize = 128;

/// When something was seen (the beginning of the try that shows it), and in which exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sighting {
    pub at: Moment,
    pub exchange: ExchangeId,
}

fn keep(old: &mut Option<Sighting>, seen: Sighting) -> bool {
    let news = old.is_none_or(|old| old.at < seen.at);
    *old = Some(old.filter(|old| old.at > seen.at).unwrap_or(seen));
    news
}

/// That something was missing, unless it was there later.
pub fn missing_since(missing: Option<Sighting>, there: Option<Sighting>) -> Option<Sighting> {
    missing.filter(|missing| there.is_none_or(|there| there.at < missing.at))
}

/// The newest sightings of one thing, of two exchanges, because no exchange is evidence in its own case.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sightings {
    pub(super) newest: Option<Sighting>,
    before: Option<Sighting>,
}

impl Sightings {
    /// Takes in a sighting. Returns whether it is the newest.
    fn add(&mut self, seen: Sighting) -> bool {
        match self.newest {
            Some(newest) if newest.exchange == seen.exchange => _ = keep(&mut self.newest, seen),
            Some(newest) if newest.at > seen.at => _ = keep(&mut self.before, seen),
            newest => (self.newest, self.before) = (Some(seen), newest.or(self.before)),
        }
        self.newest == Some(seen)
    }

    pub fn besides(&self, own: ExchangeId) -> Option<Sighting> {
        [self.newest, self.before].into_iter().flatten().find(|seen| seen.exchange != own)
    }
}

#[derive(Clone, Debug, Default)]
pub struct ConversationBook {
    pub read: Option<(Sighting, ConversationRead)>,
    pub missing: Option<Sighting>,
    pub accepted: Option<Sighting>,
}

#[derive(Clone, Debug, Default)]
pub struct TokenBook {
    pub facts: Option<TokenFacts>,
    /// The server's clock when it was granted.
    pub granted_at: Option<Timestamp>,
    pub accepted: Sightings,
    /// The API refused it where neither a scope nor an id of a message matters.
    pub refused: Sightings,
}

#[derive(Clone, Debug, Default)]
pub struct DeploymentBook {
    pub config: Option<(Sighting, Config)>,
    pub missing: Option<Sighting>,
    pub domains: Option<(Sighting, Domains)>,
    /// The guest socket was opened, with this origin.
    pub opened: Option<(Sighting, Option<String>)>,
}

#[derive(Clone, Debug, Default)]
pub struct IntegrationBook {
    pub known: Option<Sighting>,
    pub missing: Option<Sighting>,
}

#[derive(Clone, Copy)]
struct Shown<'x> {
    exchange: &'x Exchange,
    attempt: &'x Arc<Attempt>,
    said: &'x ServerAnswer,
    seen: Sighting,
}

impl<'x> Shown<'x> {
    fn body(self) -> &'x [u8] {
        self.attempt.response().map_or(&[], |response| response.body.text.as_bytes())
    }

    fn is_accepted_send(self) -> bool {
        self.exchange.kind == ExchangeKind::Send && self.exchange.outcome == Outcome::Accepted
    }
}

/// What earlier exchanges showed. Bounded; fed with every exchange and token of a session.
#[derive(Clone, Debug, Default)]
pub struct PastExchanges {
    pub(super) tokens: BTreeMap<Generation, TokenBook>,
    pub(super) conversations: BTreeMap<String, ConversationBook>,
    /// By their ids in lower case, as the integrations.
    pub(super) deployments: BTreeMap<String, DeploymentBook>,
    pub(super) integrations: BTreeMap<String, IntegrationBook>,
    /// The newest opening of each conversation's socket, or configuration of its session, where that failed.
    pub(super) failed: BTreeMap<ConversationKey, Arc<Attempt>>,
    /// When token answers came, by our clock, and what the server's clock said.
    grants: VecDeque<(Duration, Timestamp)>,
    /// The newest exchange in which the API let a token of this session in.
    pub(super) works: Option<Sighting>,
    /// By how many seconds the server's clock is ahead of ours.
    pub skew: Option<i64>,
}

impl PastExchanges {
    /// Takes in a token's facts. Returns whether something is known now that was not before.
    pub fn token(&mut self, facts: &TokenFacts) -> bool {
        let granted_at = self.grants.iter().rev().find(|(at, _)| *at == facts.issued.mono).map(|(_, date)| *date);
        let book = self.tokens.entry(facts.generation).or_default();
        let news = book.facts.as_ref() != Some(facts);
        book.facts = Some(facts.clone());
        book.granted_at = book.granted_at.or(granted_at);
        while self.tokens.len() > TOKENS {
            self.tokens.pop_first();
        }
        news
    }

    /// The server's clock is this many seconds ahead.
    pub const fn clock_skew(&mut self, seconds: i64) {
        self.skew = Some(seconds);
    }

    /// Takes in an exchange as it stands. Returns whether something is known now that was not before.
    pub fn exchange(&mut self, exchange: &Exchange) -> bool {
        // What was sent wrongly on purpose says nothing about the session's own tokens, and nothing does what was asked
        // of us.
        if exchange.sent_as.is_some() || exchange.kind == ExchangeKind::Hook {
            return false;
        }
        let mut news = false;
        for attempt in exchange.attempts().filter(|a| a.ending.is_some()) {
            let said = &ServerAnswer::of(attempt, exchange.kind);
            let shown =
                Shown { exchange, attempt, said, seen: Sighting { at: attempt.started, exchange: exchange.id } };
            news |= self.place(shown);
            news |= self.opening(shown);
            match attempt.generation {
                Some(generation) => news |= self.used(shown, generation) | self.conversation(shown),
                None => {
                    let asked = matches!(exchange.kind, ExchangeKind::Token | ExchangeKind::Probe);
                    let granted =
                        exchange.ended().zip(said.date).filter(|_| asked && exchange.outcome == Outcome::Accepted);
                    self.grants.extend(granted.map(|(ended, date)| (ended.mono, date)));
                    if self.grants.len() > TOKENS {
                        self.grants.pop_front();
                    }
                }
            }
        }
        news
    }

    fn place(&mut self, shown: Shown<'_>) -> bool {
        let Shown { exchange, attempt, said, seen } = shown;
        let url = &attempt.request.url;
        if let Some((id, public)) = lookups::deployment_asked(path(url)) {
            let book = book(&mut self.deployments, id.to_ascii_lowercase(), DEPLOYMENTS);
            let body = shown.body();
            let read = match (said.status, public) {
                (Some(200), Public::Config) => lookups::read_config(body).map(|read| book.config = Some((seen, read))),
                (Some(200), Public::Domains) => {
                    lookups::read_domains(body).map(|read| book.domains = Some((seen, read)))
                }
                (Some(404), _) => (!said.is_foreign()).then(|| book.missing = Some(seen)),
                _ => None,
            };
            return read.is_some();
        }
        if let Some(id) = integration(path(url)) {
            let looked_up = lookups::integration_asked(path(url)).is_some();
            let book = book(&mut self.integrations, id.to_ascii_lowercase(), DEPLOYMENTS);
            let news = looked_up || book.known.is_none();
            match said.status {
                _ if !looked_up && shown.is_accepted_send() => keep(&mut book.known, seen),
                Some(200) if looked_up && exchange.outcome == Outcome::Accepted => keep(&mut book.known, seen),
                Some(404) if looked_up && said.by.is_service() => keep(&mut book.missing, seen),
                _ => return false,
            };
            return news;
        }
        let Some(id) = deployment(url).filter(|_| said.status == Some(101)) else { return false };
        let book = book(&mut self.deployments, id.to_ascii_lowercase(), DEPLOYMENTS);
        book.opened.replace((seen, SentRequest::of(&attempt.request, "").origin)).is_none()
    }

    /// Takes in a try that may be the opening of a conversation's socket, or the configuration of its session.
    fn opening(&mut self, shown: Shown<'_>) -> bool {
        let sent = SentRequest::of(&shown.attempt.request, "");
        let key = shown.exchange.conversation.filter(|_| sent.opening || sent.configures());
        let Some(key) = key else { return false };
        if matches!(shown.attempt.status(), Some(101 | 200)) {
            return self.failed.remove(&key).is_some();
        }
        self.failed.insert(key, Arc::clone(shown.attempt)).is_none()
    }

    fn used(&mut self, Shown { exchange, said, seen, .. }: Shown<'_>, generation: Generation) -> bool {
        let book = self.tokens.entry(generation).or_default();
        // The API let the token in: it accepted the request, or refused it for a reason that is checked after the token.
        let let_in = match said.status {
            Some(_) if said.is_success() => true,
            Some(403) => said.is("missing.permissions") || said.is("missing.any.permissions"),
            Some(404 | 409) => said.by.is_service() && said.code().is_some(),
            _ => false,
        };
        if let_in {
            keep(&mut self.works, seen);
            return book.accepted.add(seen);
        }
        let refused = said.status == Some(401) && said.by.is_service() && exchange.kind != ExchangeKind::Send;
        refused && book.refused.add(seen)
    }

    fn conversation(&mut self, shown: Shown<'_>) -> bool {
        let Shown { exchange, attempt, said, seen } = shown;
        let url = &attempt.request.url;
        if exchange.kind == ExchangeKind::Send {
            let guest = said.by.is_service() && integration(path(url)).is_none();
            // Whatever the path of the channel: the last segment that is an id.
            let id = path(url).rsplit('/').find(|part| is_uuid(part)).filter(|_| guest && shown.is_accepted_send());
            let Some(id) = id else { return false };
            keep(&mut book(&mut self.conversations, id.to_owned(), CONVERSATIONS).accepted, seen);
            return true;
        }
        let Some(id) = read_from(url) else { return false };
        if said.is_success() {
            let Some(read) = conversations::read(shown.body()) else { return false };
            let known = &mut book(&mut self.conversations, id, CONVERSATIONS).read;
            let news = known.as_ref().is_none_or(|(old, _)| old.at < seen.at);
            if news {
                *known = Some((seen, read));
            }
            return news;
        }
        let missing = said.status == Some(404) && said.by.is_service();
        missing && keep(&mut book(&mut self.conversations, id, CONVERSATIONS).missing, seen)
    }

    pub(crate) fn granted(&self, generation: Generation) -> Option<String> {
        Some(self.tokens.get(&generation)?.facts.as_ref()?.granted.as_ref()?.join(" "))
    }

    pub(super) fn newest_facts(&self) -> Option<&TokenFacts> {
        self.tokens.values().rev().find_map(|book| book.facts.as_ref())
    }

    pub(super) fn deployment(&self, id: &str) -> Option<&DeploymentBook> {
        self.deployments.get(&id.to_ascii_lowercase())
    }

    pub(super) fn integration(&self, id: &str) -> Option<&IntegrationBook> {
        self.integrations.get(&id.to_ascii_lowercase())
    }

    pub(super) fn reads(&self) -> impl Iterator<Item = (&str, &ConversationRead)> {
        self.conversations.iter().filter_map(|(id, book)| Some((id.as_str(), &book.read.as_ref()?.1)))
    }

    pub(super) fn home_of(&self, participant: &str) -> Option<&str> {
        let has = |read: &ConversationRead| read.people().any(|p| p.id.eq_ignore_ascii_case(participant));
        self.reads().find(|(_, read)| has(read)).map(|(id, _)| id)
    }
}

fn book<B: Default>(books: &mut BTreeMap<String, B>, id: String, most: usize) -> &mut B {
    if books.len() >= most && !books.contains_key(&id) {
        books.pop_first();
    }
    books.entry(id).or_default()
}
