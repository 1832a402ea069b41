//! Probes: questions that find something out and change nothing. What to ask, and what follows, is decided elsewhere
//! (`diagnosis::doctor`); here each is asked and reported as an exchange like all others.
//!
//! ```text
//! Command::Probe ─┬─ token: the renewal's own way (or one under way)  ─┐
//!                 ├─ scopes: tokens/me (or one under way)              ├─► Report::Exchange, Report::Probe
//!                 └─ all others: a request of its own                  ─┘
//! ```
//! What is public (hosts, a deployment, the opening of the guest socket) is asked without a token and without signing in.

use uuid::Uuid;

use crate::config::{Credentials, TokenHost};
use crate::engine::Report;
use crate::engine::client::capture;
use crate::engine::exchange_builder::ExchangeBuilder;
use crate::genesys::call::BadCall;
use crate::genesys::{Call, conversations, deployments, lookups, tokens_me};
use crate::model::{
    Address, ConversationKey, ExchangeId, ExchangeKind, Generation, Host, Moment, ProbeQuestion, Probed, Thing,
};

use super::context::Context;
use super::reads::Reads;
use super::sign_in::SignInArea;
use super::tasks::{CapturedTry, TaskPurpose};

/// The handshake's key: what it is made of does not matter where nothing is read from the socket. [RFC 6455, 4.1]
const HANDSHAKE: &str = "Z3Vlc3R3aXJlIHByb2JlIQ==";

/// Probes that other requests answer.
#[derive(Default)]
pub struct Probes {
    /// The next token answer is that of a probe.
    wants_token: bool,
    /// The token that a probe brought: asking about it belongs to the same series.
    brought: Option<Generation>,
    /// Waits for what is asked about this token already.
    wants_facts: Option<Generation>,
    /// A message that the conversation asked about last lists.
    listed: Option<(ConversationKey, String)>,
}

impl Probes {
    /// Asks.
    pub fn ask(
        &mut self,
        asked: ProbeQuestion,
        cx: &mut Context,
        sign_in: &mut SignInArea,
        reads: &Reads,
        now: Moment,
    ) {
        let begun = match asked {
            ProbeQuestion::Token => self.ask_token(cx, sign_in, now),
            _ => self.ask_plainly(asked, cx, sign_in, reads, now),
        };
        if let Err(why) = begun {
            cx.report(Report::Probe { asked, came: Probed::NotAsked(why) });
        }
    }

    fn ask_token(&mut self, cx: &Context, sign_in: &mut SignInArea, now: Moment) -> Result<(), String> {
        match &cx.profile.credentials {
            Credentials::Missing(why) => return Err(why.clone()),
            Credentials::Pasted(_) if sign_in.token().is_some() => {
                return Err("the token was pasted: there is nobody to ask for another".to_owned());
            }
            Credentials::Pasted(_) => sign_in.sign_in(now),
            // One that is under way answers the question too.
            Credentials::Client(_) if sign_in.renewal().is_some() => {}
            Credentials::Client(_) => sign_in.renew(),
        }
        self.wants_token = true;
        Ok(())
    }

    /// What the next token request is.
    pub const fn token_kind(&self) -> ExchangeKind {
        if self.wants_token { ExchangeKind::Probe } else { ExchangeKind::Token }
    }

    /// What asking about this token is.
    pub fn facts_kind(&self, generation: Generation) -> ExchangeKind {
        if self.brought == Some(generation) { ExchangeKind::Probe } else { ExchangeKind::Token }
    }

    /// A token request is over.
    pub fn token_answered(
        &mut self,
        exchange: ExchangeId,
        brought: Option<Generation>,
        cx: &Context,
        sign_in: &mut SignInArea,
        now: Moment,
    ) {
        if std::mem::take(&mut self.wants_token) {
            self.brought = brought.or(self.brought);
            report(ProbeQuestion::Token, exchange, cx, sign_in, now);
        }
    }

    /// What `tokens/me` was asked about a token is answered.
    pub fn facts_answered(
        &mut self,
        generation: Generation,
        exchange: ExchangeId,
        cx: &Context,
        sign_in: &mut SignInArea,
        now: Moment,
    ) {
        if self.wants_facts.take_if(|wanted| *wanted == generation).is_some() {
            report(ProbeQuestion::Scopes, exchange, cx, sign_in, now);
        }
    }

    /// A request of its own: what it is about, and whether it carries the token.
    fn ask_plainly(
        &mut self,
        asked: ProbeQuestion,
        cx: &mut Context,
        sign_in: &SignInArea,
        reads: &Reads,
        now: Moment,
    ) -> Result<(), String> {
        let token = if needs_token(asked) { Some(ready(cx, sign_in, now)?) } else { None };
        if let Some((generation, _)) =
            token.filter(|(g, _)| asked == ProbeQuestion::Scopes && sign_in.is_asked_about(*g))
        {
            self.wants_facts = Some(generation);
            return Ok(());
        }
        let (what, call) = self.call(asked, cx, sign_in, reads).map_err(|BadCall(why)| why)?;
        let of = match asked {
            ProbeQuestion::Conversation(key)
            | ProbeQuestion::Messages(key)
            | ProbeQuestion::Integration(key)
            | ProbeQuestion::Deployment(key)
            | ProbeQuestion::Domains(key)
            | ProbeQuestion::Origin(key) => Some(key),
            ProbeQuestion::Reach(_) | ProbeQuestion::Token | ProbeQuestion::Scopes | ProbeQuestion::Id(..) => None,
        };
        let record = cx.record(ExchangeKind::Probe, &what, of, now);
        cx.request(TaskPurpose::Probe(asked), record, call, token, now);
        Ok(())
    }

    fn call(
        &self,
        asked: ProbeQuestion,
        cx: &Context,
        sign_in: &SignInArea,
        reads: &Reads,
    ) -> Result<(String, Call), BadCall> {
        let hosts = &cx.profile.hosts;
        let no_token = || BadCall("there is no valid token".to_owned());
        let token = || sign_in.token().ok_or_else(no_token);
        let web = |key| cx.web_address(key).ok_or_else(|| BadCall("the conversation has no deployment".to_owned()));
        let (what, call) = match asked {
            ProbeQuestion::Reach(host) => {
                let base = match (host, &cx.profile.credentials) {
                    (Host::Api, _) => &hosts.api,
                    (Host::Token, Credentials::Client(client)) if client.token_host == TokenHost::Api => &hosts.api,
                    (Host::Token, _) => &hosts.login,
                };
                let name = capture::authority(base).unwrap_or(base);
                return Ok((format!("does {name} answer"), Call::get(base, "/")?));
            }
            ProbeQuestion::Token | ProbeQuestion::Scopes => {
                ("what may this token do", tokens_me::request(&hosts.api, token()?)?)
            }
            ProbeQuestion::Conversation(key) => ("conversation and its guest", reads.call(key, &[], cx, sign_in)?),
            ProbeQuestion::Messages(key) => {
                let invented = Uuid::new_v4();
                let call = if reads.conversation_id(key, cx).is_some() {
                    let listed = self.listed.as_ref().filter(|(of, _)| *of == key).map(|(_, id)| id.clone());
                    reads.call(key, &[listed.unwrap_or_else(|| invented.simple().to_string())], cx, sign_in)?
                } else {
                    conversations::request(&hosts.api, &invented.to_string(), token()?)?
                };
                ("may messages be read", call)
            }
            ProbeQuestion::Integration(key) => match cx.address(key) {
                Some(Address::OpenMessaging { integration_id, .. }) => {
                    ("is there this integration", lookups::integration(&hosts.api, integration_id, token()?)?)
                }
                _ => return Err(BadCall("the conversation has no integration".to_owned())),
            },
            ProbeQuestion::Deployment(key) => {
                ("configuration of the deployment", deployments::config(&hosts.cdn, web(key)?.0)?)
            }
            ProbeQuestion::Domains(key) => {
                ("domains that the deployment allows", deployments::domains(&hosts.cdn, web(key)?.0)?)
            }
            ProbeQuestion::Origin(key) => {
                let (deployment, origin) = web(key)?;
                let call = deployments::opening(&hosts.webmessaging, deployment, origin, HANDSHAKE)?;
                return Ok((format!("may {origin} open the guest socket"), call));
            }
            ProbeQuestion::Id(thing, id) => {
                let id = if thing == Thing::Message { id.simple().to_string() } else { id.to_string() };
                let (named, call) = match thing {
                    Thing::Conversation => ("a conversation", conversations::request(&hosts.api, &id, token()?)?),
                    Thing::Message => ("a message", lookups::message(&hosts.api, &id, token()?)?),
                    Thing::Integration => ("an integration", lookups::integration(&hosts.api, &id, token()?)?),
                    Thing::Deployment => ("a deployment", deployments::config(&hosts.cdn, &id)?),
                };
                return Ok((format!("is {id} {named}"), call));
            }
        };
        Ok((what.to_owned(), call))
    }

    #[expect(clippy::too_many_arguments, reason = "an answer with all that it says something of")]
    pub fn answered(
        &mut self,
        asked: ProbeQuestion,
        mut record: ExchangeBuilder,
        shown: CapturedTry,
        cx: &mut Context,
        sign_in: &mut SignInArea,
        reads: &Reads,
        now: Moment,
    ) {
        let body = shown.body().unwrap_or_default();
        if let ProbeQuestion::Conversation(key) = asked {
            let read = conversations::read(body).and_then(|read| read.messages.into_iter().next_back());
            self.listed = read.map(|listed| (key, listed.id));
        }
        let answers = match (asked, shown.status()) {
            (_, 0) => false,
            (ProbeQuestion::Reach(_), _) | (ProbeQuestion::Origin(_), 101) => true,
            // "There is no such thing" answers the question.
            (ProbeQuestion::Id(..) | ProbeQuestion::Messages(_), 404) => true,
            (_, 200..=299) => is_answered(asked, body, cx, reads),
            _ => false,
        };
        let outcome = shown.outcome(answers);
        let verified = (asked == ProbeQuestion::Scopes).then(|| shown.verified(tokens_me::read(body)));
        let used = record.generation();
        cx.settle_try(&mut record, shown, outcome, now);
        if let (Some(verified), Some(generation)) = (verified, used) {
            sign_in.verified(generation, verified, cx, now);
        }
        report(asked, record.id(), cx, sign_in, now);
    }
}

/// The token that may be used now, and its age. Unlike a send a probe does not wait until the token's scopes are known.
fn ready(cx: &Context, sign_in: &SignInArea, now: Moment) -> Result<(Generation, std::time::Duration), String> {
    let facts = sign_in.tokens().facts().filter(|f| f.expires.is_none_or(|end| now.mono < end.mono));
    let token = facts.and(sign_in.carried(now)).ok_or("there is no valid token")?;
    cx.pace.may(now, 0).map_err(|until| {
        let seconds = until.left(now).as_secs() + 1;
        format!("the rate limit is used up; it starts anew in {seconds} s")
    })?;
    Ok(token)
}

/// Whether the body of a 2xx is what was asked for.
fn is_answered(asked: ProbeQuestion, body: &[u8], cx: &Context, reads: &Reads) -> bool {
    match asked {
        ProbeQuestion::Reach(_) | ProbeQuestion::Origin(_) => false,
        ProbeQuestion::Token | ProbeQuestion::Scopes => tokens_me::read(body).is_some(),
        ProbeQuestion::Conversation(_) | ProbeQuestion::Id(Thing::Conversation, _) => {
            conversations::read(body).is_some()
        }
        ProbeQuestion::Messages(key) if reads.conversation_id(key, cx).is_some() => {
            conversations::read_bulk(body, &[], cx.clock.now().wall).is_some()
        }
        ProbeQuestion::Messages(_) => conversations::read(body).is_some(),
        ProbeQuestion::Integration(key) => match cx.address(key) {
            Some(Address::OpenMessaging { integration_id, .. }) => lookups::describes(body, integration_id),
            _ => false,
        },
        ProbeQuestion::Deployment(_) | ProbeQuestion::Id(Thing::Deployment, _) => {
            deployments::read_config(body).is_some()
        }
        ProbeQuestion::Domains(_) => deployments::read_domains(body).is_some(),
        ProbeQuestion::Id(Thing::Message, _) => lookups::conversation_of(body).is_some(),
        ProbeQuestion::Id(Thing::Integration, id) => lookups::describes(body, &id.to_string()),
    }
}

/// What the token status says now comes first: it is evidence too.
fn report(asked: ProbeQuestion, exchange: ExchangeId, cx: &Context, sign_in: &mut SignInArea, now: Moment) {
    sign_in.report_status(cx, now);
    cx.report(Report::Probe { asked, came: Probed::Asked(exchange) });
}

/// Whether a question carries the session's token.
const fn needs_token(asked: ProbeQuestion) -> bool {
    match asked {
        ProbeQuestion::Reach(_)
        | ProbeQuestion::Deployment(_)
        | ProbeQuestion::Domains(_)
        | ProbeQuestion::Origin(_) => false,
        ProbeQuestion::Id(thing, _) => !matches!(thing, Thing::Deployment),
        ProbeQuestion::Token
        | ProbeQuestion::Scopes
        | ProbeQuestion::Conversation(_)
        | ProbeQuestion::Messages(_)
        | ProbeQuestion::Integration(_) => true,
    }
}
