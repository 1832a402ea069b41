//! Probes: questions that find something out and change nothing. What to ask, and what follows, is decided elsewhere
//! (`diagnosis::doctor`); here each is asked and told as an exchange like all others.
//!
//! ```text
//! Command::Probe ─┬─ token: the renewal's own way (or one under way)  ─┐
//!                 ├─ scopes: tokens/me (or one under way)              ├─► Report::Exchange, Report::Probe
//!                 └─ all others: a request of its own                  ─┘
//! ```
//! What is public (hosts, a deployment, the opening of the guest socket) is asked without a token and without signing in.

use std::collections::HashMap;

use uuid::Uuid;

use crate::config::{Credentials, TokenHost};
use crate::engine::Report;
use crate::engine::client::capture;
use crate::engine::exchange_builder::ExchangeBuilder;
use crate::genesys::call::BadCall;
use crate::genesys::{Call, conversations, deployments, lookups, tokens_me};
use crate::model::{
    Address, Asked, ConversationKey, ExchangeId, Generation, Host, Kind, Moment, Outcome, Probed, Thing,
};

use super::Driver;
use super::tasks::ProbeDone;

/// Probes under way.
#[derive(Default)]
pub struct Probes {
    flying: HashMap<ExchangeId, (Asked, ExchangeBuilder)>,
    /// The next token answer is that of a probe.
    pub wants_token: bool,
    /// The token that a probe brought: asking about it belongs to the same series.
    pub brought: Option<Generation>,
    /// Waits for what is asked about this token already.
    wants_facts: Option<Generation>,
    /// A message that the conversation asked about last lists.
    listed: Option<(ConversationKey, String)>,
}

impl Driver {
    /// Asks.
    pub(super) fn probe(&mut self, asked: Asked, now: Moment) {
        let begun = match asked {
            Asked::Token => self.probe_token(now),
            Asked::Scopes => self.probe_scopes(now),
            _ => self.probe_plainly(asked, now),
        };
        if let Err(why) = begun {
            self.context.tell(Report::Probe { asked, came: Probed::NotAsked(why) });
        }
    }

    fn probe_token(&mut self, now: Moment) -> Result<(), String> {
        match &self.context.profile.credentials {
            Credentials::Missing(why) => return Err(why.clone()),
            Credentials::Pasted(_) if self.sign_in.token.is_some() => {
                return Err("the token was pasted: there is nobody to ask for another".to_owned());
            }
            Credentials::Pasted(_) => self.sign_in(now),
            // One that is under way answers the question too.
            Credentials::Client(_) if self.sign_in.renewal.is_some() => {}
            Credentials::Client(_) => self.renew(),
        }
        self.probes.wants_token = true;
        Ok(())
    }

    /// A token request is over.
    pub(super) fn token_probed(&mut self, exchange: ExchangeId, brought: Option<Generation>, now: Moment) {
        if std::mem::take(&mut self.probes.wants_token) {
            self.probes.brought = brought.or(self.probes.brought);
            self.tell_probe(Asked::Token, exchange, now);
        }
    }

    /// A request of its own: what it is about, and whether it carries the token.
    fn probe_plainly(&mut self, asked: Asked, now: Moment) -> Result<(), String> {
        let with_token = needs_token(asked);
        let generation = if with_token { Some(self.ready(now)?) } else { None };
        let (what, call) = self.probe_call(asked).map_err(|BadCall(why)| why)?;
        let mut record = ExchangeBuilder::new(self.context.next_exchange(), Kind::Probe, what, now);
        if let Asked::Conversation(key)
        | Asked::Messages(key)
        | Asked::Integration(key)
        | Asked::Deployment(key)
        | Asked::Domains(key)
        | Asked::Origin(key) = asked
        {
            record = record.of(key, None);
        }
        let exchange = record.id();
        self.launch_probe(asked, record, &call, generation, now);
        self.context.spawn_probe(call, exchange);
        Ok(())
    }

    fn probe_call(&self, asked: Asked) -> Result<(String, Call), BadCall> {
        let hosts = &self.context.profile.hosts;
        let no_token = || BadCall("there is no valid token".to_owned());
        let token = || self.sign_in.token.as_ref().ok_or_else(no_token);
        Ok(match asked {
            Asked::Reach(host) => {
                let base = match (host, &self.context.profile.credentials) {
                    (Host::Api, _) => &hosts.api,
                    (Host::Token, Credentials::Client(client)) if client.token_host == TokenHost::Api => &hosts.api,
                    (Host::Token, _) => &hosts.login,
                };
                let name = capture::authority(base).unwrap_or(base);
                (format!("does {name} answer"), Call::get(base, "/")?)
            }
            Asked::Token | Asked::Scopes => {
                ("what may this token do".to_owned(), tokens_me::request(&hosts.api, token()?)?)
            }
            Asked::Conversation(key) => ("conversation and its guest".to_owned(), self.read_call(key, &[])?),
            Asked::Messages(key) => {
                let invented = Uuid::new_v4();
                let call = match self.conversation_id(key) {
                    Some(_) => {
                        let listed = self.probes.listed.as_ref().filter(|(of, _)| *of == key).map(|(_, id)| id.clone());
                        self.read_call(key, &[listed.unwrap_or_else(|| invented.simple().to_string())])?
                    }
                    None => conversations::request(&hosts.api, &invented.to_string(), token()?)?,
                };
                ("may messages be read".to_owned(), call)
            }
            Asked::Integration(key) => match self.address(key)? {
                Address::OpenMessaging { integration_id, .. } => {
                    let call = lookups::integration(&hosts.api, integration_id, token()?)?;
                    ("is there this integration".to_owned(), call)
                }
                _ => return Err(BadCall("the conversation has no integration".to_owned())),
            },
            Asked::Deployment(key) => {
                let (deployment, _) = self.web_address(key)?;
                ("configuration of the deployment".to_owned(), deployments::config(&hosts.cdn, deployment)?)
            }
            Asked::Domains(key) => {
                let (deployment, _) = self.web_address(key)?;
                ("domains that the deployment allows".to_owned(), deployments::domains(&hosts.cdn, deployment)?)
            }
            Asked::Origin(key) => {
                let (deployment, origin) = self.web_address(key)?;
                let call = deployments::opening(&hosts.webmessaging, deployment, origin, HANDSHAKE)?;
                (format!("may {origin} open the guest socket"), call)
            }
            Asked::Id(thing, id) => {
                let id = if thing == Thing::Message { id.simple().to_string() } else { id.to_string() };
                match thing {
                    Thing::Conversation => {
                        (format!("is {id} a conversation"), conversations::request(&hosts.api, &id, token()?)?)
                    }
                    Thing::Message => (format!("is {id} a message"), lookups::message(&hosts.api, &id, token()?)?),
                    Thing::Integration => {
                        (format!("is {id} an integration"), lookups::integration(&hosts.api, &id, token()?)?)
                    }
                    Thing::Deployment => (format!("is {id} a deployment"), deployments::config(&hosts.cdn, &id)?),
                }
            }
        })
    }

    fn address(&self, key: ConversationKey) -> Result<&Address, BadCall> {
        let entry = self.context.profile.conversations.get(key.0 as usize);
        entry.map(|e| &e.conversation.address).ok_or_else(|| BadCall("there is no such conversation".to_owned()))
    }

    fn web_address(&self, key: ConversationKey) -> Result<(&str, &str), BadCall> {
        match self.address(key)? {
            Address::WebMessaging { deployment_id, origin } => Ok((deployment_id, origin)),
            _ => Err(BadCall("the conversation has no deployment".to_owned())),
        }
    }

    fn probe_scopes(&mut self, now: Moment) -> Result<(), String> {
        let generation = self.ready(now)?;
        if self.sign_in.facts.contains_key(&generation) {
            self.probes.wants_facts = Some(generation);
            return Ok(());
        }
        let token = self.sign_in.token.as_ref().ok_or("there is no token")?;
        let call = tokens_me::request(&self.context.profile.hosts.api, token).map_err(|bad| bad.0)?;
        let record =
            ExchangeBuilder::new(self.context.next_exchange(), Kind::Probe, "what may this token do".to_owned(), now);
        let exchange = record.id();
        self.launch_probe(Asked::Scopes, record, &call, Some(generation), now);
        self.context.spawn_probe(call, exchange);
        Ok(())
    }

    /// What `tokens/me` was asked about a token is answered.
    pub(super) fn facts_probed(&mut self, generation: Generation, exchange: Option<ExchangeId>, now: Moment) {
        if let Some(exchange) = exchange.filter(|_| self.probes.wants_facts == Some(generation)) {
            self.probes.wants_facts = None;
            self.tell_probe(Asked::Scopes, exchange, now);
        }
    }

    /// The token that may be used now. Unlike a send a probe does not wait until the token's scopes are known.
    fn ready(&self, now: Moment) -> Result<Generation, String> {
        let facts = self.sign_in.tokens.facts().filter(|f| f.expires.is_none_or(|end| now.mono < end.mono));
        let generation = facts.ok_or("there is no valid token")?.generation;
        match self.context.pace.may(now, 0) {
            Ok(()) => Ok(generation),
            Err(until) => {
                let seconds = until.left(now).as_secs() + 1;
                Err(format!("the rate limit is used up; it starts anew in {seconds} s"))
            }
        }
    }

    fn launch_probe(
        &mut self,
        asked: Asked,
        mut record: ExchangeBuilder,
        call: &Call,
        generation: Option<Generation>,
        now: Moment,
    ) {
        let token = generation.map(|generation| {
            self.context.pace.spend();
            (generation, self.sign_in.tokens.facts().map_or_else(Default::default, |f| now.since(f.issued)))
        });
        record.begin(capture::request(call, &self.context.redactor), token, now);
        self.context.tell(record.report());
        self.probes.flying.insert(record.id(), (asked, record));
    }

    pub(super) fn probe_answered(&mut self, done: ProbeDone, now: Moment) {
        let Some((asked, mut record)) = self.probes.flying.remove(&done.exchange) else { return };
        let with_token = needs_token(asked);
        let mut heard = done.shown.heard;
        if !with_token {
            // Whose limit an answer to nobody tells is not known.
            heard.limit = None;
        }
        self.context.overhear(&heard, self.sends.queue.flying());
        let why = done.shown.why();
        let body = done.body.as_deref().unwrap_or_default();
        if let Asked::Conversation(key) = asked {
            let read = conversations::read(body).and_then(|read| read.messages.into_iter().next_back());
            self.probes.listed = read.map(|listed| (key, listed.id));
        }
        let outcome = match (asked, done.shown.answer.as_ref().map(|a| a.status)) {
            (_, None) => Outcome::Failed(why),
            (Asked::Reach(_), Some(_)) | (Asked::Origin(_), Some(101)) => Outcome::Accepted,
            (_, Some(200..=299)) if self.is_answered(asked, body) => Outcome::Accepted,
            // "There is no such thing" answers the question.
            (Asked::Id(..) | Asked::Messages(_), Some(404)) => Outcome::Accepted,
            (_, Some(200..=299)) => Outcome::Refused("the answer is not what was asked for".to_owned()),
            (_, Some(_)) => Outcome::Refused(why),
        };
        let verified = (asked == Asked::Scopes).then(|| done.shown.verified(tokens_me::read(body)));
        record.end(done.shown.ending, done.shown.timing);
        let used = record.generation();
        record.settle(outcome, now);
        self.context.tell(record.report());
        if let (Some(verified), Some(generation)) = (verified, used) {
            self.sign_in.tokens.verified(generation, verified);
            self.tell_missing(now);
        }
        self.tell_probe(asked, done.exchange, now);
    }

    /// Whether the body of a 2xx is what was asked for.
    fn is_answered(&self, asked: Asked, body: &[u8]) -> bool {
        match asked {
            Asked::Reach(_) | Asked::Origin(_) => false,
            Asked::Token | Asked::Scopes => tokens_me::read(body).is_some(),
            Asked::Conversation(_) | Asked::Id(Thing::Conversation, _) => conversations::read(body).is_some(),
            Asked::Messages(key) => match self.conversation_id(key) {
                Some(_) => conversations::read_bulk(body, &[], self.context.clock.now().wall).is_some(),
                None => conversations::read(body).is_some(),
            },
            Asked::Integration(key) => match self.address(key) {
                Ok(Address::OpenMessaging { integration_id, .. }) => lookups::describes(body, integration_id),
                _ => false,
            },
            Asked::Deployment(_) | Asked::Id(Thing::Deployment, _) => deployments::read_config(body).is_some(),
            Asked::Domains(_) => deployments::read_domains(body).is_some(),
            Asked::Id(Thing::Message, _) => lookups::conversation_of(body).is_some(),
            Asked::Id(Thing::Integration, id) => lookups::describes(body, &id.to_string()),
        }
    }

    /// What the token status says now comes first: it is evidence too.
    fn tell_probe(&mut self, asked: Asked, exchange: ExchangeId, now: Moment) {
        self.sign_in.mark = None;
        self.tell_status(now);
        self.context.tell(Report::Probe { asked, came: Probed::Asked(exchange) });
    }

    pub(super) fn probe_job_died(&mut self, exchange: ExchangeId, now: Moment) {
        if let Some((asked, mut record)) = self.probes.flying.remove(&exchange) {
            record.settle(Outcome::Failed("guestwire failed inside".to_owned()), now);
            self.context.tell(record.report());
            self.tell_probe(asked, exchange, now);
        }
    }
}

/// The handshake's key: what it is made of does not matter where nothing is read from the socket. [RFC 6455, 4.1]
const HANDSHAKE: &str = "Z3Vlc3R3aXJlIHByb2JlIQ==";

/// Whether a question carries the session's token.
const fn needs_token(asked: Asked) -> bool {
    match asked {
        Asked::Reach(_) | Asked::Deployment(_) | Asked::Domains(_) | Asked::Origin(_) => false,
        Asked::Id(thing, _) => !matches!(thing, Thing::Deployment),
        Asked::Token | Asked::Scopes | Asked::Conversation(_) | Asked::Messages(_) | Asked::Integration(_) => true,
    }
}
