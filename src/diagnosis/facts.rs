//! What a diagnosis is made from.

use std::time::Duration;

use super::attempt::{SentRequest, ServerAnswer};
use super::history::{DeploymentBook, PastExchanges, TokenBook};
use crate::config::{ClientAuth, Credentials, Profile, TokenHost};
use crate::model::{Attempt, Channel, Ending, Exchange, ExchangeKind, Generation, Outcome, TokenFacts};

/// What the profile says that matters to a diagnosis. No secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileFacts {
    /// Its name.
    pub name: String,
    /// The region's domain.
    pub region: String,
    /// Base URL of the API.
    pub api: String,
    /// Base URL of the host that gives tokens.
    pub token_host: String,
    /// The OAuth client's id, where there is one.
    pub client_id: Option<String>,
    /// Id and secret go in the body of a token request, not in `Authorization: Basic`.
    pub auth_in_body: bool,
    /// A pasted token: it cannot be renewed.
    pub pasted: bool,
    /// Scopes that are asked for.
    pub requested: Vec<String>,
    /// Scopes that the Guest API needs.
    pub required: Vec<String>,
    /// The Guest API's path with `{conversationId}`.
    pub guest_path: String,
}

impl ProfileFacts {
    /// Those of a profile.
    pub fn of(profile: &Profile) -> Self {
        let client = if let Credentials::Client(client) = &profile.credentials { Some(client) } else { None };
        let token_host = match client.map(|c| c.token_host).unwrap_or_default() {
            TokenHost::Login => profile.hosts.login.clone(),
            TokenHost::Api => profile.hosts.api.clone(),
        };
        Self {
            name: profile.name.clone(),
            region: profile.region.clone(),
            api: profile.hosts.api.clone(),
            token_host,
            client_id: client.map(|c| c.id.clone()),
            auth_in_body: client.is_some_and(|c| c.client_auth == ClientAuth::Body),
            pasted: matches!(profile.credentials, Credentials::Pasted(_)),
            requested: client.map(|c| c.scopes.clone()).unwrap_or_default(),
            required: profile.guest_api.required_scopes.clone(),
            guest_path: profile.guest_api.path.clone(),
        }
    }
}

/// An exchange to diagnose, with the evidence, and what follows from it at once.
pub struct CaseFacts<'c> {
    pub exchange: &'c Exchange,
    pub channel: Option<Channel>,
    pub profile: &'c ProfileFacts,
    pub history: &'c PastExchanges,
    pub attempt: Option<&'c Attempt>,
    pub answer: ServerAnswer,
    pub request: SentRequest,
}

impl<'c> CaseFacts<'c> {
    pub fn at(&self, attempt: &'c Attempt) -> Self {
        Self {
            attempt: Some(attempt),
            answer: ServerAnswer::of(attempt, self.exchange.kind),
            request: SentRequest::of(&attempt.request, &self.profile.guest_path),
            ..*self
        }
    }

    /// The 401 that a newer token healed: that try.
    pub fn healed(&self) -> Option<&'c Attempt> {
        self.exchange.attempts().find(|attempt| self.exchange.has_healed(attempt)).map(AsRef::as_ref)
    }

    /// The opening of its guest socket that failed, where the message was held back by that.
    pub fn held_back_by(&self) -> Option<&'c Attempt> {
        let web = self.attempt.is_none() && self.channel.is_some_and(Channel::has_sessions);
        self.history.failed.get(&self.exchange.conversation.filter(|_| web)?).map(AsRef::as_ref)
    }

    pub fn generation(&self) -> Option<Generation> {
        self.attempt?.generation
    }

    pub fn token(&self) -> Option<&'c TokenBook> {
        self.history.tokens.get(&self.generation()?)
    }

    pub fn token_facts(&self) -> Option<&'c TokenFacts> {
        self.token()?.facts.as_ref()
    }

    /// The token that was used, and a newer one that existed then, and that the API has let in.
    pub fn newer_token(&self) -> Option<(Generation, Generation)> {
        let (used, then) = (self.generation()?, self.attempt?.started);
        let works = |book: &TokenBook| {
            let seen = book.accepted.newest;
            seen.is_some_and(|seen| book.facts.as_ref().map_or(seen.at, |facts| facts.issued) <= then)
        };
        let mut newer = self.history.tokens.iter().rev().filter(|(generation, _)| **generation > used);
        newer.find(|(_, book)| works(book)).map(|(newer, _)| (used, *newer))
    }

    pub fn deployment(&self) -> Option<&'c DeploymentBook> {
        self.history.deployment(self.request.deployment.as_deref()?)
    }

    /// An older token was refused by this exchange too.
    pub fn is_refused_alike(&self) -> bool {
        let last = self.attempt.map(|attempt| attempt.generation);
        last.is_some_and(|last| self.exchange.attempts().any(|a| a.generation < last && a.status() == Some(401)))
    }

    /// The token was refused right after it had been given out: its age is no reason. (A pasted one's is not known.)
    pub fn is_fresh(&self) -> bool {
        const FRESH: Duration = Duration::from_secs(30);
        let age = self.attempt.and_then(|attempt| attempt.token_age).filter(|_| !self.profile.pasted);
        self.generation().is_some() && (self.is_refused_alike() || age.is_some_and(|age| age <= FRESH))
    }

    pub fn is_guest_send(&self) -> bool {
        self.exchange.kind == ExchangeKind::Send
            && self.channel.is_none_or(|channel| channel.capabilities().scopes_decide)
    }

    /// The server's words in one line, or what happened instead.
    pub fn said_line(&self, healed: bool) -> String {
        let said =
            if healed { self.healed().map(|a| self.at(a).answer).unwrap_or_default() } else { self.answer.clone() };
        let failure = match self.attempt.and_then(|a| a.ending.as_ref()) {
            Some(Ending::Failed(failure)) => Some(format!("no complete answer was received: {}", failure.line())),
            _ => None,
        };
        let lines: Vec<String> = failure.into_iter().chain(said.words()).collect();
        match (&self.exchange.outcome, said.status) {
            _ if !lines.is_empty() => lines.join(" · "),
            (_, Some(status)) if said.text => format!("{status} with text that is not the service's JSON"),
            (_, Some(status)) => format!("{status} without a code or message"),
            (Outcome::Refused(why) | Outcome::Failed(why) | Outcome::Unknown(why), None) => why.to_string(),
            _ => "nothing".to_owned(),
        }
    }
}

/// By how many seconds the server's clock is ahead; `None` where the answer had no `Date`.
pub fn skew(attempt: &Attempt, said: &ServerAnswer) -> Option<i64> {
    Some(said.date?.duration_since(attempt.ended().wall).as_secs())
}

/// Clocks that differ by more seconds than this are said to differ.
pub const SKEW: i64 = 60;

pub fn listed(names: &[String]) -> String {
    listed_or("none", " ", names)
}

pub fn listed_or(none: &str, between: &str, names: &[String]) -> String {
    if names.is_empty() { none.to_owned() } else { names.join(between) }
}
