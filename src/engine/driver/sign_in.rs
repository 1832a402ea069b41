//! Signing in: carries out what the token machine asks for. And asks for the token of another scope that messages are
//! sent with which go out wrongly on purpose: none of that touches the session's own token.

use secrecy::{ExposeSecret as _, SecretString};

use super::state::EngineState;
use super::task_output::{AnsweredToken, AnsweredTry, CapturedTry, TaskPurpose};
use crate::config::Credentials;
use crate::engine::client::capture;
use crate::engine::token::{ENDED_BEFORE, TokenDenied, Verification};
use crate::genesys::answerer::{CallKind, who_answered};
use crate::genesys::lookups::{TokenInfo, token_info};
use crate::genesys::oauth::{Denial, TokenAnswer, basic_credentials, request, summary};
use crate::model::variation::OTHER_SCOPE;
use crate::model::{Exchange, ExchangeId, ExchangeKind, Generation, Moment, Outcome, Reason, TokenStatus, Variation};

struct Renewal {
    record: Exchange,
    asked: Moment, // when the newest request for it left
    fresh: bool,   // whether the secret was read for it, and not kept from an earlier one
    /// The kept secret was refused: the secret is read once more before the refusal counts.
    refused: Option<(TokenDenied, Outcome)>,
}

pub type RenewalEnd = (ExchangeId, Option<Generation>); // the exchange, and the token that it brought

#[derive(Default)]
pub struct SignInArea {
    secret: Option<SecretString>, // the client's secret, once it was read
    renewal: Option<Renewal>,
    asking_spare: Option<Exchange>, // the request for a token of another scope, while it is under way
}

impl SignInArea {
    pub fn renewal(&self) -> Option<ExchangeId> {
        self.renewal.as_ref().map(|renewal| renewal.record.id)
    }

    pub fn sign_in(&mut self, cx: &mut EngineState) {
        // The secret is read again: a person may have mended it since it was refused.
        if cx.tokens.status(cx.now).facts().is_none() && self.renewal.is_none() {
            self.secret = None;
        }
        cx.tokens.sign_in(cx.now);
    }

    pub fn renew(&mut self, cx: &mut EngineState) {
        if self.renewal.is_none() {
            self.secret = None;
        }
        cx.tokens.renew();
    }

    pub fn ask_token(&mut self, kind: ExchangeKind, cx: &mut EngineState) -> Option<RenewalEnd> {
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

    pub fn secret_read(&mut self, secret: Result<SecretString, String>, cx: &mut EngineState) -> Option<RenewalEnd> {
        let refused = self.renewal.as_mut().and_then(|renewal| renewal.refused.take());
        let kept = self.secret.as_ref().map(SecretString::expose_secret);
        let secret = match (secret, refused) {
            (Ok(secret), Some((denied, outcome))) if kept == Some(secret.expose_secret()) => {
                return self.denied(denied, outcome, cx);
            }
            (Ok(secret), _) => secret,
            (Err(_), Some((denied, outcome))) => return self.denied(denied, outcome, cx),
            (Err(why), None) => {
                let why = cx.mask(&why);
                let denied = TokenDenied::Final(Box::new(TokenStatus::NoSecret(why.clone())));
                return self.denied(denied, Outcome::Refused(Reason::NoSecret(why)), cx);
            }
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
                cx.set_token(secret, cx.tokens.next_generation(), None);
                cx.tokens.granted(None, None, cx.now, cx.now);
                self.end_renewal(Outcome::Accepted, cx)
            }
            Credentials::Missing(_) => None,
        }
    }

    fn request_token(&mut self, cx: &mut EngineState) -> Option<RenewalEnd> {
        let (Credentials::Client(client), Some(secret)) = (&cx.profile.credentials, &self.secret) else { return None };
        let call = match request(&cx.profile.hosts, client, secret) {
            Ok(call) => call,
            Err(why) => {
                let outcome = Outcome::Refused(Reason::NotBuilt(why.clone()));
                return self.denied(TokenDenied::Final(Box::new(TokenStatus::NoSecret(why))), outcome, cx);
            }
        };
        if let Some(renewal) = &mut self.renewal {
            renewal.asked = cx.now;
            renewal.record.begin(capture::request(&call, cx.redactor()), None, cx.now);
            cx.report_exchange(&renewal.record);
        }
        cx.spawn_token(call, Some(cx.tokens.next_generation()));
        None
    }

    pub fn token_answered(&mut self, answered: AnsweredToken, cx: &mut EngineState) -> Option<RenewalEnd> {
        let (shown, grant) = *answered;
        let (why, status, wait) = (shown.why(), shown.status(), shown.wait());
        let asked = self.renewal.as_ref().map_or(cx.now, |renewal| renewal.asked);
        if let Some(renewal) = &mut self.renewal {
            renewal.record.end(shown.ended());
        }
        let (denial, said) = match grant {
            Some(TokenAnswer::Granted(grant)) => {
                let before = cx.tokens.facts().cloned();
                let Some(generation) = cx.tokens.granted(grant.lifetime, grant.scopes, asked, cx.now) else {
                    return self.end_renewal(Outcome::Refused(Reason::NoToken(ENDED_BEFORE.to_owned())), cx);
                };
                cx.set_token(grant.token, generation, before);
                let end = self.end_renewal(Outcome::Accepted, cx);
                if let Some(odd) = grant.odd {
                    cx.notice(&format!("token #{generation}: {odd}"));
                }
                return end;
            }
            Some(TokenAnswer::Denied(denial, why)) => (denial, cx.mask(&why)),
            None => (Denial::Failed, why.to_string()),
        };
        let outcome = if status == 0 { Outcome::Failed(why) } else { Outcome::Refused(Reason::NoToken(said.clone())) };
        let denied = match denial {
            Denial::BadClient => TokenDenied::Final(Box::new(TokenStatus::BadClient(said))),
            Denial::Refused => TokenDenied::Final(Box::new(TokenStatus::Refused(status, said))),
            Denial::Limited => TokenDenied::Limited(said, wait),
            Denial::Failed => TokenDenied::Failed(said),
        };
        let is_final = matches!(denied, TokenDenied::Final(_));
        if let Some(renewal) = self.renewal.as_mut().filter(|renewal| is_final && !renewal.fresh) {
            // The secret may have been replaced since it was read.
            renewal.fresh = true;
            renewal.refused = Some((denied, outcome));
            cx.spawn_secret();
            return None;
        }
        self.denied(denied, outcome, cx)
    }

    fn denied(&mut self, denied: TokenDenied, outcome: Outcome, cx: &mut EngineState) -> Option<RenewalEnd> {
        cx.tokens.failed(denied, cx.now);
        self.end_renewal(outcome, cx)
    }

    fn end_renewal(&mut self, outcome: Outcome, cx: &EngineState) -> Option<RenewalEnd> {
        let brought = cx.tokens.facts().filter(|_| outcome == Outcome::Accepted).map(|f| f.generation);
        let Renewal { mut record, .. } = self.renewal.take()?;
        cx.finish(&mut record, outcome);
        Some((record.id, brought))
    }

    /// Asks for a token of another scope once the client's secret is there. The error says why there will be none.
    pub fn ask_spare(&mut self, cx: &mut EngineState) -> Result<(), Reason> {
        let (Credentials::Client(client), Some(secret)) = (&cx.profile.credentials, &self.secret) else {
            return Ok(());
        };
        if cx.spare_token().is_some() || self.asking_spare.is_some() {
            return Ok(());
        }
        let mut client = client.clone();
        client.scopes = vec![OTHER_SCOPE.to_owned()];
        let call = request(&cx.profile.hosts, &client, secret).map_err(Reason::NotBuilt)?;
        let what = format!("a token with {OTHER_SCOPE}, for a negative test");
        let mut record = cx.record(ExchangeKind::Token, &what, None);
        record.sent_as = Some(Variation::WrongScope);
        record.begin(capture::request(&call, cx.redactor()), None, cx.now);
        cx.report_exchange(&record);
        self.asking_spare = Some(record);
        cx.spawn_token(call, None);
        Ok(())
    }

    pub fn spare_answered(&mut self, answered: AnsweredToken, cx: &mut EngineState) -> Result<(), Reason> {
        let (shown, grant) = *answered;
        let why = shown.why();
        let (outcome, brought) = match grant {
            Some(TokenAnswer::Granted(grant)) => {
                let asked = self.asking_spare.as_ref().map_or(cx.now, |record| record.started);
                cx.set_spare_token(grant.token, grant.lifetime.map(|lifetime| asked.after(lifetime)));
                let over = cx.spare_token().is_none().then(|| Reason::NoToken(ENDED_BEFORE.to_owned()));
                over.map_or((Outcome::Accepted, Ok(())), |why| (Outcome::Refused(why.clone()), Err(why)))
            }
            Some(_) => (Outcome::Refused(why.clone()), Err(why)),
            None => (Outcome::Failed(why.clone()), Err(why)),
        };
        if let Some(mut record) = self.asking_spare.take() {
            cx.finish_try(&mut record, shown, outcome);
        }
        brought
    }
}

pub fn ask_facts(generation: Generation, kind: ExchangeKind, cx: &mut EngineState) {
    let Some(token) = &cx.token else { return };
    let call = token_info(&cx.profile.hosts.api, token);
    let record = cx.record(kind, "what may this token do", None);
    if let Err(why) = cx.request(TaskPurpose::Facts(generation), record, call, cx.carried()) {
        cx.tokens.verified(generation, Verification::Unclear(why));
    }
}

pub fn facts_answered(generation: Generation, (mut record, shown): AnsweredTry, cx: &mut EngineState) {
    let info = shown.body().and_then(TokenInfo::read);
    let (understood, verified) = (info.is_some(), shown.verified(info));
    cx.finish_question(&mut record, shown, understood);
    cx.verified(generation, verified);
}

impl CapturedTry {
    /// What an answer of `tokens/me` shows about the token. `info`: what a success told.
    pub fn verified(&self, info: Option<TokenInfo>) -> Verification {
        let Ok((_, response)) = &self.result else { return Verification::Unclear(self.why().to_string()) };
        let status = response.status;
        let by = who_answered(CallKind::TokenFacts, status, response.headers.as_slice(), response.body.text.as_bytes());
        match (info, status) {
            (Some(info), _) if by.is_service() => Verification::Taken(info),
            (None, 401) if by.is_service() => Verification::NotTaken(format!("tokens/me answered {}", self.why())),
            (Some(_), _) => Verification::Unclear(format!("{status} without a sign that the service answered")),
            (None, 200..=299) => Verification::Unclear(format!("{status}, and the answer does not describe a token")),
            (None, _) => Verification::Unclear(self.why().to_string()),
        }
    }
}
