//! Signing in: carries out what the token machine asks for.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};

use crate::config::{Credentials, Profile};
use crate::engine::Report;
use crate::engine::client::capture;
use crate::engine::exchange_builder::ExchangeBuilder;
use crate::engine::jitter::Jitter;
use crate::engine::token::{ENDED_BEFORE, Outlook, Refuted, TokenDenied, TokenMachine, TokenRequest, Verified};
use crate::genesys::answerer::{Asked, who_answered};
use crate::genesys::call::BadCall;
use crate::genesys::{oauth, tokens_me};
use crate::model::{Ending, ExchangeId, ExchangeKind, Generation, Moment, Outcome, Reason, Response, TokenStatus};

use super::context::Context;
use super::negative_tests::RetiredToken;
use super::tasks::{CapturedTry, TaskPurpose, TokenDone};

/// Why what came from `tokens/me` tells nothing.
const NO_FACTS: &str = "the answer does not describe a token";

/// A token that is asked for.
struct Renewal {
    record: ExchangeBuilder,
    /// When the newest request for it left.
    asked: Moment,
    /// Whether the secret was read for it, and not kept from an earlier one.
    fresh: bool,
    /// The kept secret was refused: the secret is read once more before the refusal counts.
    refused: Option<(TokenDenied, Outcome)>,
}

/// How asking for a token ended.
pub struct RenewalEnd {
    pub exchange: ExchangeId,
    /// The generation of the token that it brought.
    pub brought: Option<Generation>,
    /// The token that was in use before.
    pub replaced: Option<RetiredToken>,
}

/// The session's token, and how it is had.
pub struct SignInArea {
    tokens: TokenMachine,
    token: Option<SecretString>,
    secret: Option<SecretString>,
    /// The token request under way.
    renewal: Option<Renewal>,
    /// Generations about which `tokens/me` is being asked.
    asking: BTreeSet<Generation>,
    /// What was reported last.
    status: TokenStatus,
    missing_told: Vec<String>,
}

impl SignInArea {
    /// Not signed in to `profile`.
    pub fn new(profile: &Profile, seed: u64) -> Self {
        let requested = match &profile.credentials {
            Credentials::Client(client) => client.scopes.clone(),
            Credentials::Pasted(_) | Credentials::Missing(_) => Vec::new(),
        };
        let entries = &profile.conversations;
        let guest_api =
            entries.is_empty() || entries.iter().any(|c| c.conversation.channel().capabilities().scopes_decide);
        let required = if guest_api { profile.guest_api.required_scopes.clone() } else { Vec::new() };
        let pasted = matches!(profile.credentials, Credentials::Pasted(_));
        Self {
            tokens: TokenMachine::new(pasted, requested, required, Jitter::new(seed.rotate_left(17))),
            token: None,
            secret: None,
            renewal: None,
            asking: BTreeSet::new(),
            status: TokenStatus::SignedOut,
            missing_told: Vec::new(),
        }
    }

    pub const fn tokens(&self) -> &TokenMachine {
        &self.tokens
    }

    /// The session's token.
    pub const fn token(&self) -> Option<&SecretString> {
        self.token.as_ref()
    }

    /// The client's secret, once it was read.
    pub const fn secret(&self) -> Option<&SecretString> {
        self.secret.as_ref()
    }

    /// What a request carries that is written now: the token's generation, and its age.
    pub fn carried(&self, now: Moment) -> Option<(Generation, Duration)> {
        self.tokens.facts().map(|facts| (facts.generation, now.since(facts.issued)))
    }

    /// Whether a request may go out now.
    pub fn is_ready(&self, now: Moment) -> bool {
        matches!(self.tokens.outlook(now, None), Outlook::Ready(_))
    }

    /// The exchange of the token request under way.
    pub fn renewal(&self) -> Option<ExchangeId> {
        self.renewal.as_ref().map(|renewal| renewal.record.id())
    }

    /// Whether `tokens/me` is being asked about this generation.
    pub fn is_asked_about(&self, generation: Generation) -> bool {
        self.asking.contains(&generation)
    }

    /// When something is to be done, or reported, by itself.
    pub fn due(&self, now: Moment) -> Option<Moment> {
        self.tokens.next_due(now)
    }

    /// What is to be done now.
    pub fn next_ask(&mut self, now: Moment) -> Option<TokenRequest> {
        self.tokens.due(now)
    }

    /// A request was answered with 401.
    pub fn refuted(&mut self, generation: Generation, now: Moment) -> Refuted {
        self.tokens.refuted(generation, now)
    }

    /// Something was accepted with this generation.
    pub fn proven(&mut self, generation: Generation) {
        self.tokens.proven(generation);
    }

    pub fn sign_in(&mut self, now: Moment) {
        // The secret is read again: a person may have mended it since it was refused.
        if self.tokens.status(now).facts().is_none() && self.renewal.is_none() {
            self.secret = None;
        }
        self.tokens.sign_in(now);
    }

    pub fn renew(&mut self) {
        if self.renewal.is_none() {
            self.secret = None;
        }
        self.tokens.renew();
    }

    pub fn ask_token(&mut self, kind: ExchangeKind, cx: &mut Context, now: Moment) -> Option<RenewalEnd> {
        let profile = Arc::clone(&cx.profile);
        let what = match &profile.credentials {
            Credentials::Client(client) => oauth::summary(client),
            Credentials::Pasted(_) => "pasted token".to_owned(),
            Credentials::Missing(_) => "no credentials".to_owned(),
        };
        let record = cx.record(kind, &what, None, now);
        self.renewal = Some(Renewal { record, asked: now, fresh: self.secret.is_none(), refused: None });
        match &profile.credentials {
            Credentials::Missing(why) => self.no_secret(why, cx, now),
            Credentials::Client(_) if self.secret.is_some() => self.request_token(cx, now),
            credentials => {
                cx.spawn_secret(credentials);
                None
            }
        }
    }

    pub fn secret_read(
        &mut self,
        secret: Result<SecretString, String>,
        cx: &mut Context,
        now: Moment,
    ) -> Option<RenewalEnd> {
        let refused = self.renewal.as_mut().and_then(|renewal| renewal.refused.take());
        let kept = self.secret.as_ref().map(SecretString::expose_secret);
        let secret = match (secret, refused) {
            (Ok(secret), Some((denied, outcome))) if kept == Some(secret.expose_secret()) => {
                return self.denied(denied, outcome, cx, now);
            }
            (Ok(secret), _) => secret,
            (Err(_), Some((denied, outcome))) => return self.denied(denied, outcome, cx, now),
            (Err(why), None) => return self.no_secret(&why, cx, now),
        };
        match &cx.profile.credentials {
            Credentials::Client(client) => {
                let basic = oauth::basic_credentials(&client.id, &secret);
                cx.learn_secret(&secret, "client secret");
                cx.learn_secret(&SecretString::from(basic.as_str()), "client secret");
                self.secret = Some(secret);
                self.request_token(cx, now)
            }
            Credentials::Pasted(_) => {
                cx.redactor = Arc::new(cx.redactor.with_token(&secret, self.next_generation()));
                self.token = Some(secret);
                self.tokens.granted(None, None, now, now);
                self.end_renewal(Outcome::Accepted, cx, now)
            }
            Credentials::Missing(_) => None,
        }
    }

    fn next_generation(&self) -> Generation {
        Generation(self.tokens.facts().map_or(0, |f| f.generation.0) + 1)
    }

    fn no_secret(&mut self, why: &str, cx: &Context, now: Moment) -> Option<RenewalEnd> {
        let why = cx.mask(why);
        self.denied(TokenDenied::NoSecret(why.clone()), Outcome::Refused(Reason::NoSecret(why)), cx, now)
    }

    fn request_token(&mut self, cx: &mut Context, now: Moment) -> Option<RenewalEnd> {
        let (Credentials::Client(client), Some(secret)) = (&cx.profile.credentials, &self.secret) else { return None };
        let call = match oauth::request(&cx.profile.hosts, client, secret) {
            Ok(call) => call,
            Err(BadCall(why)) => {
                let outcome = Outcome::Refused(Reason::NotBuilt(why.clone()));
                return self.denied(TokenDenied::NoSecret(why), outcome, cx, now);
            }
        };
        if let Some(renewal) = &mut self.renewal {
            renewal.asked = now;
            renewal.record.begin(capture::request(&call, &cx.redactor), None, now);
            cx.report(renewal.record.report());
        }
        cx.spawn_token(call, Some(self.next_generation()));
        None
    }

    pub fn token_answered(&mut self, done: TokenDone, cx: &mut Context, now: Moment) -> Option<RenewalEnd> {
        let TokenDone { shown, grant } = done;
        let (why, status, wait) = (shown.why(), shown.status(), shown.wait());
        let asked = self.renewal.as_ref().map_or(now, |renewal| renewal.asked);
        if let Some(renewal) = &mut self.renewal {
            renewal.record.end(shown.ending, shown.timing);
        }
        let replaced = self.tokens.facts().map(|f| (f.generation, f.issued, f.expires));
        let denied = match grant {
            Some(Ok(grant)) => {
                let Some(generation) = self.tokens.granted(grant.lifetime, grant.scopes, asked, now) else {
                    let why = Reason::NoToken(ENDED_BEFORE.to_owned());
                    return self.end_renewal(Outcome::Refused(why), cx, now);
                };
                cx.redactor = Arc::new(cx.redactor.with_token(&grant.token, generation));
                let old = self.token.replace(grant.token).zip(replaced);
                let mut end = self.end_renewal(Outcome::Accepted, cx, now);
                if let (Some(end), Some((token, (generation, issued, expires)))) = (&mut end, old) {
                    end.replaced = Some(RetiredToken { token, generation, issued, expires });
                }
                if let Some(odd) = grant.odd {
                    cx.notice(&format!("token #{generation}: {odd}"), now);
                }
                return end;
            }
            Some(Err(oauth::TokenAnswer::BadClient(why))) => TokenDenied::BadClient(cx.mask(&why)),
            Some(Err(oauth::TokenAnswer::Refused(why))) => TokenDenied::Refused { status, why: cx.mask(&why) },
            Some(Err(oauth::TokenAnswer::Limited(why))) => TokenDenied::Limited(cx.mask(&why), wait),
            Some(Err(oauth::TokenAnswer::Failed(why))) => TokenDenied::Failed(cx.mask(&why)),
            Some(Err(oauth::TokenAnswer::Granted(_))) | None => TokenDenied::Failed(why.to_string()),
        };
        let outcome = match &denied {
            TokenDenied::Failed(_) if status == 0 => Outcome::Failed(why),
            TokenDenied::BadClient(why)
            | TokenDenied::Refused { why, .. }
            | TokenDenied::Limited(why, _)
            | TokenDenied::NoSecret(why)
            | TokenDenied::Failed(why) => Outcome::Refused(Reason::NoToken(why.clone())),
        };
        if let Some(renewal) = self.renewal.as_mut().filter(|renewal| denied.is_final() && !renewal.fresh) {
            // The secret may have been replaced since it was read.
            renewal.fresh = true;
            renewal.refused = Some((denied, outcome));
            let profile = Arc::clone(&cx.profile);
            cx.spawn_secret(&profile.credentials);
            return None;
        }
        self.denied(denied, outcome, cx, now)
    }

    fn denied(&mut self, denied: TokenDenied, outcome: Outcome, cx: &Context, now: Moment) -> Option<RenewalEnd> {
        self.tokens.failed(denied, now);
        self.end_renewal(outcome, cx, now)
    }

    fn end_renewal(&mut self, outcome: Outcome, cx: &Context, now: Moment) -> Option<RenewalEnd> {
        let brought = self.tokens.facts().filter(|_| outcome == Outcome::Accepted).map(|f| f.generation);
        let Renewal { mut record, .. } = self.renewal.take()?;
        cx.settle(&mut record, outcome, now);
        Some(RenewalEnd { exchange: record.id(), brought, replaced: None })
    }

    /// Asks `tokens/me` what the token of this generation may do.
    pub fn ask_facts(&mut self, generation: Generation, kind: ExchangeKind, cx: &mut Context, now: Moment) {
        let Some(token) = &self.token else { return };
        let call = match tokens_me::request(&cx.profile.hosts.api, token) {
            Ok(call) => call,
            Err(bad) => return self.tokens.verified(generation, Verified::Unclear(bad.0)),
        };
        let record = cx.record(kind, "what may this token do", None, now);
        self.asking.insert(generation);
        cx.request(TaskPurpose::Facts(generation), record, call, self.carried(now), now);
    }

    pub fn facts_answered(
        &mut self,
        generation: Generation,
        record: &mut ExchangeBuilder,
        shown: CapturedTry,
        cx: &Context,
        now: Moment,
    ) {
        let info = shown.body().and_then(tokens_me::read);
        let outcome = shown.outcome(info.is_some());
        let verified = shown.verified(info);
        cx.settle_try(record, shown, outcome, now);
        self.asking.remove(&generation);
        self.verified(generation, verified, cx, now);
    }

    /// `tokens/me` was asked about this generation.
    pub fn verified(&mut self, generation: Generation, verified: Verified, cx: &Context, now: Moment) {
        self.tokens.verified(generation, verified);
        self.report_missing(cx, now);
    }

    /// A scope that is needed and not granted is announced before a message meets a 401, once.
    pub fn report_missing(&mut self, cx: &Context, now: Moment) {
        let Some(facts) = self.tokens.facts().filter(|facts| facts.missing != self.missing_told) else { return };
        let missing = facts.missing.clone();
        if !missing.is_empty() {
            let asked = if missing.iter().all(|s| facts.requested.contains(s)) { "asked for but " } else { "" };
            let text = format!(
                "token #{} was {asked}not granted {}; sends through the Guest API will probably be refused, and can be \
                 tried all the same",
                facts.generation,
                missing.join(", "),
            );
            self.report_status(cx, now);
            cx.notice(&text, now);
        }
        self.missing_told = missing;
    }

    /// Reports where signing in stands, where that has changed.
    pub fn report_status(&mut self, cx: &Context, now: Moment) {
        let status = self.tokens.status(now);
        if status != self.status {
            self.status = status.clone();
            cx.report(Report::Token(status));
        }
    }
}

impl CapturedTry {
    /// What an answer of `tokens/me` shows about the token. `info`: what a success told.
    pub fn verified(&self, info: Option<tokens_me::Info>) -> Verified {
        let Ending::Answered(response) = &self.ending else { return Verified::Unclear(self.why().to_string()) };
        let Response { status, headers, body, .. } = response;
        let by = who_answered(Asked::TokenFacts, *status, headers.as_slice(), body.text.as_bytes());
        match (info, status) {
            (Some(info), _) if by.is_service() => Verified::Taken(info),
            (None, 401) if by.is_service() => Verified::NotTaken(format!("tokens/me answered {}", self.why())),
            (Some(_), _) => Verified::Unclear(format!("{status} without a sign that the service answered")),
            (None, 200..=299) => Verified::Unclear(format!("{status}, and {NO_FACTS}")),
            (None, _) => Verified::Unclear(self.why().to_string()),
        }
    }
}
