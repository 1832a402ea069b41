//! Probes: questions that find something out and change nothing. What to ask, and what follows, is decided elsewhere
//! (`diagnosis::doctor`); here each is asked and reported as an exchange like all others.
//!
//! ```text
//! Command::Probe ─┬─ token: the renewal's own way (or one under way)  ─┐
//!                 ├─ scopes: tokens/me (or one under way)              ├─► Report::Exchange, Report::Probe
//!                 └─ all others: a request of its own                  ─┘
//! ```
//! What is public (hosts, a deployment, the opening of the guest socket) is asked without a token and without signing in.

use std::time::Duration;

use http::header::AUTHORIZATION;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use uuid::Uuid;

use super::sign_in::SignInArea;
use super::state::EngineState;
use super::task_output::{AnsweredTry, TaskPurpose};
use crate::config::{Credentials, TokenHost};
use crate::engine::Report;
use crate::engine::client::capture;
use crate::genesys::lookups::Public;
use crate::genesys::{Call, conversations, lookups};
use crate::model::{ConversationKey, ExchangeId, ExchangeKind, Generation, Host, IdTarget, ProbeQuestion, Probed};

#[derive(Default)]
pub struct Probes {
    wants_token: bool,                         // the next token answer is that of a probe
    brought: Option<Generation>, // the token that a probe brought: asking about it belongs to the same series
    wants_facts: Option<Generation>, // waits for what is asked about this token already
    refused: Option<ExchangeId>, // the service refused the pasted token in this exchange
    listed: Option<(ConversationKey, String)>, // a message that the conversation asked about last lists
}

impl Probes {
    pub fn ask(&mut self, asked: ProbeQuestion, cx: &mut EngineState, sign_in: &mut SignInArea) {
        let token = asked == ProbeQuestion::Token;
        let begun = if token { self.ask_token(cx, sign_in) } else { self.ask_plainly(asked, cx) };
        if let Err(why) = begun {
            cx.report(Report::Probe(asked, Probed::NotAsked(why)));
        }
    }

    fn ask_token(&mut self, cx: &mut EngineState, sign_in: &mut SignInArea) -> Result<(), String> {
        match &cx.profile.credentials {
            Credentials::Missing(why) => return Err(why.clone()),
            Credentials::Pasted(_) if cx.token.is_some() => {
                return Err("the token was pasted: there is nobody to ask for another".to_owned());
            }
            Credentials::Pasted(_) => sign_in.sign_in(cx),
            // One that is under way answers the question too.
            Credentials::Client(_) if sign_in.renewal().is_some() => {}
            Credentials::Client(_) => sign_in.renew(cx),
        }
        self.wants_token = true;
        Ok(())
    }

    pub const fn token_kind(&self) -> ExchangeKind {
        if self.wants_token { ExchangeKind::Probe } else { ExchangeKind::Token }
    }

    pub fn facts_kind(&self, generation: Generation) -> ExchangeKind {
        if self.brought == Some(generation) { ExchangeKind::Probe } else { ExchangeKind::Token }
    }

    pub fn token_answered(&mut self, exchange: ExchangeId, brought: Option<Generation>, cx: &mut EngineState) {
        if std::mem::take(&mut self.wants_token) {
            self.brought = brought.or(self.brought);
            report_probe(ProbeQuestion::Token, exchange, cx);
        }
    }

    pub fn facts_answered(&mut self, generation: Generation, exchange: ExchangeId, cx: &mut EngineState) {
        self.refused = cx.tokens.facts().is_none().then_some(exchange);
        if self.wants_facts.take_if(|wanted| *wanted == generation).is_some() {
            report_probe(ProbeQuestion::Scopes, exchange, cx);
        }
    }

    /// A request of its own, unless one under way answers the question too.
    fn ask_plainly(&mut self, asked: ProbeQuestion, cx: &mut EngineState) -> Result<(), String> {
        if let Some(refusal) = self.refused.filter(|_| asked == ProbeQuestion::Scopes && cx.tokens.facts().is_none()) {
            // The service has refused this token already: that exchange is the answer.
            report_probe(asked, refusal, cx);
            return Ok(());
        }
        let (what, call) = self.call(asked, cx)?;
        let token = if call.headers.contains_key(AUTHORIZATION) { Some(ready(cx)?) } else { None };
        if let Some((generation, _)) = token
            && asked == ProbeQuestion::Scopes
            && cx.tokens.is_asked_about(generation)
        {
            self.wants_facts = Some(generation);
            return Ok(());
        }
        let record = cx.record(ExchangeKind::Probe, &what, asked.conversation());
        cx.request(TaskPurpose::Probe(asked), record, Ok(call), token).map(drop)
    }

    fn call(&self, asked: ProbeQuestion, cx: &EngineState) -> Result<(String, Call), String> {
        let hosts = &cx.profile.hosts;
        let (api, token) = (&hosts.api, || cx.usable_token());
        let web = |key| cx.web_address(key).ok_or("the conversation has no deployment");
        let (what, call) = match asked {
            ProbeQuestion::Reach(host) => {
                let base = match (host, &cx.profile.credentials) {
                    (Host::Api, _) => api,
                    (Host::Token, Credentials::Client(client)) if client.token_host == TokenHost::Api => api,
                    (Host::Token, _) => &hosts.login,
                };
                let name = capture::authority(base).unwrap_or(base);
                return Ok((format!("does {name} answer"), Call::get(base, "/")?));
            }
            ProbeQuestion::Token | ProbeQuestion::Scopes => {
                ("what may this token do", lookups::token_info(api, token()?)?)
            }
            ProbeQuestion::Conversation(key) => ("conversation and its guest", cx.read_call(key, &[])?),
            ProbeQuestion::Messages(key) => {
                let invented = Uuid::new_v4();
                let listed = self.listed.as_ref().filter(|(of, _)| *of == key).map(|(_, id)| id.clone());
                let call = match cx.conversation_id(key) {
                    Some(_) => cx.read_call(key, &[listed.unwrap_or_else(|| invented.simple().to_string())])?,
                    None => conversations::request(api, &invented.to_string(), &[], token()?)?,
                };
                ("may messages be read", call)
            }
            ProbeQuestion::Integration(key) => {
                let (integration, _) = cx.open_guest(key).ok_or("the conversation has no integration")?;
                ("is there this integration", lookups::integration(api, integration, token()?)?)
            }
            ProbeQuestion::Deployment(key) => {
                ("configuration of the deployment", lookups::deployment(&hosts.cdn, web(key)?.0, Public::Config)?)
            }
            ProbeQuestion::Domains(key) => {
                ("domains that the deployment allows", lookups::deployment(&hosts.cdn, web(key)?.0, Public::Domains)?)
            }
            ProbeQuestion::Origin(key) => {
                let (deployment, origin) = web(key)?;
                let call = lookups::opening(&hosts.webmessaging, deployment, origin, &generate_key())?;
                return Ok((format!("may {origin} open the guest socket"), call));
            }
            ProbeQuestion::Id(thing, id) => {
                let id = if thing == IdTarget::Message { id.simple().to_string() } else { id.to_string() };
                let (named, call) = match thing {
                    IdTarget::Conversation => ("a conversation", conversations::request(api, &id, &[], token()?)?),
                    IdTarget::Message => ("a message", lookups::message(api, &id, token()?)?),
                    IdTarget::Integration => ("an integration", lookups::integration(api, &id, token()?)?),
                    IdTarget::Deployment => ("a deployment", lookups::deployment(&hosts.cdn, &id, Public::Config)?),
                };
                return Ok((format!("is {id} {named}"), call));
            }
        };
        Ok((what.to_owned(), call))
    }

    pub fn answered(&mut self, asked: ProbeQuestion, (mut record, shown): AnsweredTry, cx: &mut EngineState) {
        let body = shown.body().unwrap_or_default();
        if let ProbeQuestion::Conversation(key) = asked {
            let read = conversations::read(body).and_then(|read| read.messages.into_iter().next_back());
            self.listed = read.map(|listed| (key, listed.id));
        }
        let answers = match (asked, shown.status()) {
            (_, 0) => false,
            (ProbeQuestion::Reach(_), _) | (ProbeQuestion::Origin(_), 101) => true,
            // "There is no such thing" answers the question.
            (ProbeQuestion::Id(..), 404) => true,
            (ProbeQuestion::Messages(key), 404) => self.listed.as_ref().is_none_or(|(of, _)| *of != key),
            (_, 200..=299) => is_answered(asked, body, cx),
            _ => false,
        };
        let verified = (asked == ProbeQuestion::Scopes).then(|| shown.verified(lookups::TokenInfo::read(body)));
        let used = record.generation();
        cx.finish_question(&mut record, shown, answers);
        if let (Some(verified), Some(generation)) = (verified, used) {
            cx.verified(generation, verified);
        }
        report_probe(asked, record.id, cx);
    }
}

/// The token that may be used now, and its age. Unlike a send a probe does not wait until the token's scopes are known.
fn ready(cx: &EngineState) -> Result<(Generation, Duration), String> {
    let facts = cx.tokens.facts().filter(|f| f.expires.is_none_or(|end| cx.now.mono < end.mono));
    let token = facts.and(cx.carried()).ok_or("there is no valid token")?;
    match cx.pace.held(cx.now, 0).map(|until| until.left(cx.now).as_secs() + 1) {
        Some(seconds) => Err(format!("the rate limit is used up; it starts anew in {seconds} s")),
        None => Ok(token),
    }
}

fn is_answered(asked: ProbeQuestion, body: &[u8], cx: &EngineState) -> bool {
    match asked {
        ProbeQuestion::Reach(_) | ProbeQuestion::Origin(_) => false,
        ProbeQuestion::Token | ProbeQuestion::Scopes => lookups::TokenInfo::read(body).is_some(),
        ProbeQuestion::Messages(key) if cx.conversation_id(key).is_some() => {
            conversations::read_bulk(body, &[], cx.now.wall).is_some()
        }
        ProbeQuestion::Messages(_) | ProbeQuestion::Conversation(_) | ProbeQuestion::Id(IdTarget::Conversation, _) => {
            conversations::read(body).is_some()
        }
        ProbeQuestion::Integration(key) => cx.open_guest(key).is_some_and(|(id, _)| lookups::describes(body, id)),
        ProbeQuestion::Deployment(_) | ProbeQuestion::Id(IdTarget::Deployment, _) => {
            lookups::read_config(body).is_some()
        }
        ProbeQuestion::Domains(_) => lookups::read_domains(body).is_some(),
        ProbeQuestion::Id(IdTarget::Message, _) => lookups::conversation_of(body).is_some(),
        ProbeQuestion::Id(IdTarget::Integration, id) => lookups::describes(body, &id.to_string()),
    }
}

/// What the token status says now comes first: it is evidence too.
fn report_probe(asked: ProbeQuestion, exchange: ExchangeId, cx: &mut EngineState) {
    cx.report_token();
    cx.report(Report::Probe(asked, Probed::Asked(exchange)));
}
