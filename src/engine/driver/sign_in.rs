//! Signing in: carries out what the token machine asks for.

use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};

use crate::config::Credentials;
use crate::engine::client::capture;
use crate::engine::exchange_builder::ExchangeBuilder;
use crate::engine::token::{ENDED_BEFORE, TokenDenied, Verified};
use crate::genesys::answerer::{CallKind, who_answered};
use crate::genesys::call::BadCall;
use crate::genesys::lookups::{TokenInfo, token_info};
use crate::genesys::oauth::{TokenAnswer, basic_credentials, request, summary};
use crate::model::{ExchangeId, ExchangeKind, Generation, Moment, Outcome, Reason};

use super::context::Context;
use super::negative_tests::RetiredToken;
use super::task_output::{CapturedTry, TaskPurpose, TokenDone};

/// Why what came from `tokens/me` tells nothing.
const NO_FACTS: &str = "the answer does not describe a token";

struct Renewal {
    record: ExchangeBuilder,
    /// When the newest request for it left.
    asked: Moment,
    /// Whether the secret was read for it, and not kept from an earlier one.
    fresh: bool,
    /// The kept secret was refused: the secret is read once more before the refusal counts.
    refused: Option<(TokenDenied, Outcome)>,
}

pub struct RenewalEnd {
    pub exchange: ExchangeId,
    /// The generation of the token that it brought.
    pub brought: Option<Generation>,
    /// The token that was in use before.
    pub replaced: Option<RetiredToken>,
}

/// How the session's token is had.
#[derive(Default)]
pub struct SignInArea {
    /// The client's secret, once it was read.
    pub secret: Option<SecretString>,
    renewal: Option<Renewal>,
}

impl SignInArea {
    /// The exchange of the token request under way.
    pub fn renewal(&self) -> Option<ExchangeId> {
        self.renewal.as_ref().map(|renewal| renewal.record.id())
    }

    pub fn sign_in(&mut self, cx: &mut Context) {
        // The secret is read again: a person may have mended it since it was refused.
        if cx.tokens.status(cx.now).facts().is_none() && self.renewal.is_none() {
            self.secret = None;
        }
        cx.tokens.sign_in(cx.now);
    }

    pub fn renew(&mut self, cx: &mut Context) {
        if self.renewal.is_none() {
            self.secret = None;
        }
        cx.tokens.renew();
    }

    pub fn ask_token(&mut self, kind: ExchangeKind, cx: &mut Context) -> Option<RenewalEnd> {
        let what = match &cx.profile.credentials {
            Credentials::Client(client) => summary(client),
            Credentials::Pasted(_) => "pasted token".to_owned(),
            Credentials::Missing(_) => "no credentials".to_owned(),
        };
        let record = cx.record(kind, &what, None);
        self.renewal = Some(Renewal { record, asked: cx.now, fresh: self.secret.is_none(), refused: None });
        if self.secret.is_some() {
            return self.request_token(cx);
        }
        cx.spawn_secret();
        None
    }

    pub fn secret_read(&mut self, secret: Result<SecretString, String>, cx: &mut Context) -> Option<RenewalEnd> {
        let refused = self.renewal.as_mut().and_then(|renewal| renewal.refused.take());
        let kept = self.secret.as_ref().map(SecretString::expose_secret);
        let secret = match (secret, refused) {
            (Ok(secret), Some((denied, outcome))) if kept == Some(secret.expose_secret()) => {
                return self.denied(denied, outcome, cx);
            }
            (Ok(secret), _) => secret,
            (Err(_), Some((denied, outcome))) => return self.denied(denied, outcome, cx),
            (Err(why), None) => return self.no_secret(&why, cx),
        };
        match &cx.profile.credentials {
            Credentials::Client(client) => {
                let basic = basic_credentials(&client.id, &secret);
                cx.learn_secret(&secret, "client secret");
                cx.learn_secret(&SecretString::from(basic.as_str()), "client secret");
                self.secret = Some(secret);
                self.request_token(cx)
            }
            Credentials::Pasted(_) => {
                cx.redactor = Arc::new(cx.redactor.with_token(&secret, cx.tokens.next_generation()));
                cx.token = Some(secret);
                cx.tokens.granted(None, None, cx.now, cx.now);
                self.end_renewal(Outcome::Accepted, cx)
            }
            Credentials::Missing(_) => None,
        }
    }

    fn no_secret(&mut self, why: &str, cx: &mut Context) -> Option<RenewalEnd> {
        let why = cx.mask(why);
        self.denied(TokenDenied::NoSecret(why.clone()), Outcome::Refused(Reason::NoSecret(why)), cx)
    }

    fn request_token(&mut self, cx: &mut Context) -> Option<RenewalEnd> {
        let (Credentials::Client(client), Some(secret)) = (&cx.profile.credentials, &self.secret) else { return None };
        let call = match request(&cx.profile.hosts, client, secret) {
            Ok(call) => call,
            Err(BadCall(why)) => {
                let outcome = Outcome::Refused(Reason::NotBuilt(why.clone()));
                return self.denied(TokenDenied::NoSecret(why), outcome, cx);
            }
        };
        if let Some(renewal) = &mut self.renewal {
            renewal.asked = cx.now;
            renewal.record.begin(capture::request(&call, &cx.redactor), None, cx.now);
            cx.report(renewal.record.report());
        }
        cx.spawn_token(call, Some(cx.tokens.next_generation()));
        None
    }

    pub fn token_answered(&mut self, done: TokenDone, cx: &mut Context) -> Option<RenewalEnd> {
        let TokenDone { shown, grant } = done;
        let (why, status, wait) = (shown.why(), shown.status(), shown.wait());
        let asked = self.renewal.as_ref().map_or(cx.now, |renewal| renewal.asked);
        if let Some(renewal) = &mut self.renewal {
            let (ending, timing) = shown.ended();
            renewal.record.end(ending, timing);
        }
        let replaced = cx.tokens.facts().map(|f| (f.generation, f.issued, f.expires));
        let denied = match grant {
            Some(TokenAnswer::Granted(grant)) => {
                let Some(generation) = cx.tokens.granted(grant.lifetime, grant.scopes, asked, cx.now) else {
                    return self.end_renewal(Outcome::Refused(Reason::NoToken(ENDED_BEFORE.to_owned())), cx);
                };
                cx.redactor = Arc::new(cx.redactor.with_token(&grant.token, generation));
                let old = cx.token.replace(grant.token).zip(replaced);
                let mut end = self.end_renewal(Outcome::Accepted, cx);
                if let (Some(end), Some((token, (generation, issued, expires)))) = (&mut end, old) {
                    end.replaced = Some(RetiredToken { token, generation, issued, expires });
                }
                if let Some(odd) = grant.odd {
                    cx.notice(&format!("token #{generation}: {odd}"));
                }
                return end;
            }
            Some(TokenAnswer::BadClient(why)) => TokenDenied::BadClient(cx.mask(&why)),
            Some(TokenAnswer::Refused(why)) => TokenDenied::Refused { status, why: cx.mask(&why) },
            Some(TokenAnswer::Limited(why)) => TokenDenied::Limited(cx.mask(&why), wait),
            Some(TokenAnswer::Failed(why)) => TokenDenied::Failed(cx.mask(&why)),
            None => TokenDenied::Failed(why.to_string()),
        };
        let outcome = match status {
            0 => Outcome::Failed(why),
            _ => Outcome::Refused(Reason::NoToken(denied.why().to_owned())),
        };
        if let Some(renewal) = self.renewal.as_mut().filter(|renewal| denied.is_final() && !renewal.fresh) {
            // The secret may have been replaced since it was read.
            renewal.fresh = true;
            renewal.refused = Some((denied, outcome));
            cx.spawn_secret();
            return None;
        }
        self.denied(denied, outcome, cx)
    }

    fn denied(&mut self, denied: TokenDenied, outcome: Outcome, cx: &mut Context) -> Option<RenewalEnd> {
        cx.tokens.failed(denied, cx.now);
        self.end_renewal(outcome, cx)
    }

    fn end_renewal(&mut self, outcome: Outcome, cx: &Context) -> Option<RenewalEnd> {
        let brought = cx.tokens.facts().filter(|_| outcome == Outcome::Accepted).map(|f| f.generation);
        let Renewal { mut record, .. } = self.renewal.take()?;
        cx.settle(&mut record, outcome);
        Some(RenewalEnd { exchange: record.id(), brought, replaced: None })
    }
}

/// Asks `tokens/me` what the token of this generation may do.
pub fn ask_facts(generation: Generation, kind: ExchangeKind, cx: &mut Context) {
    let Some(token) = &cx.token else { return };
    let call = token_info(&cx.profile.hosts.api, token);
    let record = cx.record(kind, "what may this token do", None);
    if let Err(why) = cx.request(TaskPurpose::Facts(generation), record, call, cx.carried()) {
        cx.tokens.verified(generation, Verified::Unclear(why));
    }
}

pub fn facts_answered(generation: Generation, mut record: ExchangeBuilder, shown: CapturedTry, cx: &mut Context) {
    let info = shown.body().and_then(TokenInfo::read);
    let (understood, verified) = (info.is_some(), shown.verified(info));
    cx.settle_question(&mut record, shown, understood);
    cx.verified(generation, verified);
}

impl CapturedTry {
    /// What an answer of `tokens/me` shows about the token. `info`: what a success told.
    pub fn verified(&self, info: Option<TokenInfo>) -> Verified {
        let Ok((_, response)) = &self.result else { return Verified::Unclear(self.why().to_string()) };
        let status = response.status;
        let by = who_answered(CallKind::TokenFacts, status, response.headers.as_slice(), response.body.text.as_bytes());
        match (info, status) {
            (Some(info), _) if by.is_service() => Verified::Taken(info),
            (None, 401) if by.is_service() => Verified::NotTaken(format!("tokens/me answered {}", self.why())),
            (Some(_), _) => Verified::Unclear(format!("{status} without a sign that the service answered")),
            (None, 200..=299) => Verified::Unclear(format!("{status}, and {NO_FACTS}")),
            (None, _) => Verified::Unclear(self.why().to_string()),
        }
    }
}
