//! What earlier exchanges showed, kept as facts with the exchange that shows each: which tokens worked, who the guest of
//! a conversation is, what was accepted. Bounded; fed with every exchange, whoever made it.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;

use super::answer::ServerAnswer;
use super::deployments::Deployments;
use super::request;
use super::{Sighting, Sightings, newer};
use crate::genesys::conversations::{self, ConversationRead, Person};
use crate::model::Granted;
use crate::model::{Attempt, Exchange, ExchangeId, ExchangeKind, Generation, Moment, Outcome, RemoteState, TokenFacts};

/// Tokens, grants and conversations remembered.
const TOKENS: usize = 64;
const CONVERSATIONS: usize = 512;

/// A conversation as its newest read showed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::diagnosis) struct Read {
    pub seen: Sighting,
    pub state: RemoteState,
    /// The guest who is there now.
    pub guest: Option<Person>,
    /// All others, earlier stays of the guest included.
    pub others: Vec<Person>,
}

/// What is known of a conversation id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::diagnosis) struct ConversationBook {
    pub read: Option<Read>,
    pub missing: Option<Sighting>,
    /// A message was accepted into it.
    pub accepted: Option<Sighting>,
}

/// What is known of a token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::diagnosis) struct TokenBook {
    pub facts: Option<TokenFacts>,
    /// The server's clock when it was granted.
    pub granted_at: Option<Timestamp>,
    /// The API let it in.
    pub accepted: Sightings,
    /// The API refused it where neither a scope nor an id of a message matters.
    pub refused: Sightings,
}

/// What earlier exchanges showed. Bounded; fed with every exchange and token of a session.
#[derive(Clone, Debug, Default)]
pub struct PastExchanges {
    tokens: BTreeMap<Generation, TokenBook>,
    conversations: BTreeMap<String, ConversationBook>,
    pub(in crate::diagnosis) deployments: Deployments,
    /// When token answers came, by our clock, and what the server's clock said.
    grants: VecDeque<(Duration, Timestamp)>,
    /// The newest exchange in which the API let a token of this session in.
    pub(in crate::diagnosis) works: Option<Sighting>,
    /// How many seconds the server's clock is ahead, where that was told.
    pub(in crate::diagnosis) skew: Option<i64>,
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

    /// The server's clock is `seconds` ahead.
    pub const fn skew_told(&mut self, seconds: i64) {
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
            news |= self.attempt(exchange, attempt);
            news |= self.deployments.opening(exchange, attempt);
        }
        news
    }

    fn attempt(&mut self, exchange: &Exchange, attempt: &Attempt) -> bool {
        let said = ServerAnswer::of(attempt);
        let seen = Sighting { at: attempt.started, exchange: exchange.id };
        let mut news = self.deployments.attempt(exchange, attempt, &said, seen);
        let Some(generation) = attempt.generation else {
            if let (ExchangeKind::Token | ExchangeKind::Probe, Outcome::Accepted, Some(date), Some(ended)) =
                (exchange.kind, &exchange.outcome, said.date, exchange.ended())
            {
                self.grants.push_back((ended.mono, date));
                if self.grants.len() > TOKENS {
                    self.grants.pop_front();
                }
            }
            return news;
        };
        let book = self.tokens.entry(generation).or_default();
        if lets_in(&said) {
            news |= book.accepted.add(seen);
            self.works = Some(newer(self.works, seen));
        } else if said.status == Some(401) && said.by.is_service() && exchange.kind != ExchangeKind::Send {
            news |= book.refused.add(seen);
        }
        news | self.conversation(exchange, attempt, &said, seen)
    }

    fn conversation(&mut self, exchange: &Exchange, attempt: &Attempt, said: &ServerAnswer, seen: Sighting) -> bool {
        let url = &attempt.request.url;
        if exchange.kind == ExchangeKind::Send {
            if exchange.outcome == Outcome::Accepted
                && said.by.is_service()
                && request::integration(request::path(url)).is_none()
                && let Some(id) = sent_into(url)
            {
                let book = self.book(id);
                book.accepted = Some(newer(book.accepted, seen));
                return true;
            }
            return false;
        }
        let Some(id) = request::read_from(url) else { return false };
        match said.status {
            Some(_) if said.is_success() => {
                let read = attempt.response().and_then(|r| conversations::read(r.body.text.as_bytes()));
                let Some(ConversationRead { state, guest, others, .. }) = read else { return false };
                let book = self.book(id);
                let news = book.read.as_ref().is_none_or(|old| old.seen.at < seen.at);
                if news {
                    book.read = Some(Read { seen, state, guest, others });
                }
                news
            }
            Some(404) if said.by.is_service() => {
                let book = self.book(id);
                let news = book.missing.is_none_or(|old| old.at < seen.at);
                book.missing = Some(newer(book.missing, seen));
                news
            }
            _ => false,
        }
    }

    fn book(&mut self, id: String) -> &mut ConversationBook {
        super::book(&mut self.conversations, id, CONVERSATIONS)
    }

    /// The scopes that a token was granted, where they were told.
    pub fn granted(&self, generation: Generation) -> Option<String> {
        match &self.token_book(generation)?.facts.as_ref()?.granted {
            Granted::Named(scopes) => Some(scopes.join(" ")),
            Granted::Unknown => None,
        }
    }

    pub(in crate::diagnosis) fn token_book(&self, generation: Generation) -> Option<&TokenBook> {
        self.tokens.get(&generation)
    }

    /// A token newer than `generation` that existed at `then` already, and that the API has let in.
    pub(in crate::diagnosis) fn newer_working(&self, generation: Generation, then: Moment) -> Option<Generation> {
        let existed = |book: &TokenBook| match &book.facts {
            Some(facts) => facts.issued <= then,
            None => book.accepted.newest().is_some_and(|seen| seen.at <= then),
        };
        let works = |book: &TokenBook| book.accepted.newest().is_some() && existed(book);
        self.tokens.iter().rev().find(|(g, book)| **g > generation && works(book)).map(|(g, _)| *g)
    }

    pub(in crate::diagnosis) fn newest_facts(&self) -> Option<&TokenFacts> {
        self.tokens.values().rev().find_map(|book| book.facts.as_ref())
    }

    pub(in crate::diagnosis) fn of_conversation(&self, id: &str) -> Option<&ConversationBook> {
        self.conversations.get(id)
    }

    /// The conversation in which someone of this id was seen.
    pub(in crate::diagnosis) fn home_of(&self, participant: &str) -> Option<&str> {
        let is = |person: &Person| person.id.eq_ignore_ascii_case(participant);
        let home = |book: &ConversationBook| {
            book.read.as_ref().is_some_and(|read| read.guest.iter().chain(&read.others).any(is))
        };
        self.conversations.iter().find(|(_, book)| home(book)).map(|(id, _)| id.as_str())
    }

    /// The conversations that were read, with who was seen in each, and whether that is the guest.
    pub(in crate::diagnosis) fn people(&self) -> impl Iterator<Item = (&str, impl Iterator<Item = (&str, bool)>)> {
        self.conversations.iter().filter_map(|(id, book)| {
            let read = book.read.as_ref()?;
            let others = read.others.iter().map(|p| (p.id.as_str(), false));
            Some((id.as_str(), others.chain(read.guest.iter().map(|p| (p.id.as_str(), true)))))
        })
    }

    /// What else an id is known to be, where it is no conversation's own place.
    pub(in crate::diagnosis) fn named_otherwise(&self, id: &str) -> Option<String> {
        if let Some(home) = self.home_of(id) {
            return Some(format!("a participant's, of the conversation {home}"));
        }
        let read = self.of_conversation(id).is_some_and(|book| book.read.is_some());
        read.then(|| "a conversation's".to_owned())
    }

    /// Nothing has ever been let in, and some token was refused where neither a scope nor an id matters, by another
    /// exchange than `own`.
    pub(in crate::diagnosis) fn never_let_in(&self, own: ExchangeId) -> bool {
        self.works.is_none() && self.tokens.values().any(|book| book.refused.besides(own).is_some())
    }
}

/// Whether the API let the token in: it accepted the request, or refused it for a reason that is checked after the token.
fn lets_in(said: &ServerAnswer) -> bool {
    match said.status {
        Some(_) if said.is_success() => true,
        Some(403) => said.is("missing.permissions") || said.is("missing.any.permissions"),
        Some(404 | 409) => said.by.is_service() && said.code().is_some(),
        _ => false,
    }
}

/// The conversation id of a sending URL, whatever the path of the channel: the last segment but one that is an id.
fn sent_into(url: &str) -> Option<String> {
    request::path(url).rsplit('/').find(|part| crate::model::ids::is_uuid(part)).map(str::to_owned)
}
