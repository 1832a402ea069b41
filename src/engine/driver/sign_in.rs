//! Signing in: carries out what the token machine asks for.

use std::collections::BTreeMap;
use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};

use crate::config::{Credentials, Profile};
use crate::engine::client::capture;
use crate::engine::exchange_builder::ExchangeBuilder;
use crate::engine::jitter::Jitter;
use crate::engine::token::{Ask, Denied, ENDED_BEFORE, Mark, Tokens, Verified};
use crate::genesys::answerer::{Asked, who_answered};
use crate::genesys::{Call, oauth, tokens_me};
use crate::model::{Channel, Ending, Generation, Kind, Moment, Outcome, Response, TokenStatus};

use super::Driver;
use super::tasks::{CapturedTry, FactsDone, ResponseMeta, TokenDone};

/// Why what came from `tokens/me` tells nothing.
const NO_FACTS: &str = "the answer does not describe a token";

/// A token that is asked for.
pub struct Renewal {
    pub record: ExchangeBuilder,
    /// When the newest request for it left.
    asked: Moment,
    /// Whether the secret was read for it, and not kept from an earlier one.
    fresh: bool,
    /// The kept secret was refused: the secret is read once more before the refusal counts.
    refused: Option<(Denied, Outcome)>,
}

/// The session's token, and how it is had.
pub struct SignIn {
    pub tokens: Tokens,
    pub token: Option<SecretString>,
    pub secret: Option<SecretString>,
    /// The token request under way.
    pub renewal: Option<Renewal>,
    /// Questions about what a token may do, under way.
    pub facts: BTreeMap<Generation, ExchangeBuilder>,
    /// What was told last.
    pub status: TokenStatus,
    pub mark: Option<Mark>,
    missing_told: Vec<String>,
}

impl SignIn {
    /// Not signed in to `profile`.
    pub fn new(profile: &Profile, seed: u64) -> Self {
        let requested = match &profile.credentials {
            Credentials::Client(client) => client.scopes.clone(),
            Credentials::Pasted(_) | Credentials::Missing(_) => Vec::new(),
        };
        let entries = &profile.conversations;
        let guest_api = entries.is_empty() || entries.iter().any(|c| c.conversation.channel() == Channel::GuestApi);
        let required = if guest_api { profile.guest_api.required_scopes.clone() } else { Vec::new() };
        let pasted = matches!(profile.credentials, Credentials::Pasted(_));
        Self {
            tokens: Tokens::new(pasted, requested, required, Jitter::new(seed.rotate_left(17))),
            token: None,
            secret: None,
            renewal: None,
            facts: BTreeMap::new(),
            status: TokenStatus::SignedOut,
            mark: None,
            missing_told: Vec::new(),
        }
    }
}

impl Driver {
    pub(super) fn sign_in(&mut self, now: Moment) {
        // A secret that was refused may have been mended since.
        if self.sign_in.tokens.status(now).facts().is_none() && self.sign_in.renewal.is_none() {
            self.sign_in.secret = None;
        }
        self.sign_in.tokens.sign_in(now);
    }

    pub(super) fn renew(&mut self) {
        if self.sign_in.renewal.is_none() {
            self.sign_in.secret = None;
        }
        self.sign_in.tokens.renew();
    }

    pub(super) fn pump_tokens(&mut self, now: Moment) {
        while let Some(ask) = self.sign_in.tokens.due(now) {
            match ask {
                Ask::Token => self.ask_token(now),
                Ask::Facts(generation) => self.ask_facts(generation, now),
            }
        }
    }

    fn ask_token(&mut self, now: Moment) {
        let profile = Arc::clone(&self.context.profile);
        let what = match &profile.credentials {
            Credentials::Client(client) => oauth::summary(client),
            Credentials::Pasted(_) => "pasted token".to_owned(),
            Credentials::Missing(_) => "no credentials".to_owned(),
        };
        let kind = if self.probes.wants_token { Kind::Probe } else { Kind::Token };
        let record = ExchangeBuilder::new(self.context.next_exchange(), kind, what, now);
        self.sign_in.renewal =
            Some(Renewal { record, asked: now, fresh: self.sign_in.secret.is_none(), refused: None });
        match &profile.credentials {
            Credentials::Missing(why) => self.no_secret(why, now),
            Credentials::Client(_) if self.sign_in.secret.is_some() => self.request_token(now),
            credentials => self.context.spawn_secret(credentials),
        }
        self.tell_renewal_steps(now);
    }

    /// Sends that wait for the renewal name it; those that began to wait before it began learn its number now.
    fn tell_renewal_steps(&mut self, now: Moment) {
        let Some(id) = self.sign_in.renewal.as_ref().map(|renewal| renewal.record.id()) else { return };
        for send in self.sends.all.values_mut().filter(|s| s.wants_renewal) {
            send.wants_renewal = false;
            if let Some(record) = &mut send.record {
                record.renewal(id, now);
                let report = record.report();
                self.context.reports.send(report);
            }
        }
    }

    pub(super) fn secret_read(&mut self, secret: Result<secrecy::SecretString, String>, now: Moment) {
        let refused = self.sign_in.renewal.as_mut().and_then(|renewal| renewal.refused.take());
        let secret = match (secret, refused) {
            (Ok(secret), Some((denied, outcome))) => {
                let same =
                    self.sign_in.secret.as_ref().is_some_and(|kept| kept.expose_secret() == secret.expose_secret());
                if same {
                    return self.denied(denied, outcome, now);
                }
                secret
            }
            (Ok(secret), None) => secret,
            (Err(_), Some((denied, outcome))) => return self.denied(denied, outcome, now),
            (Err(why), None) => return self.no_secret(&why, now),
        };
        match &self.context.profile.credentials {
            Credentials::Client(client) => {
                let basic = oauth::basic_credentials(&client.id, &secret);
                let redactor = self
                    .context
                    .redactor
                    .with_secret(&secret, "client secret")
                    .with_secret(&secrecy::SecretString::from(basic.as_str()), "client secret");
                self.context.redactor = Arc::new(redactor);
                self.sign_in.secret = Some(secret);
                self.request_token(now);
            }
            Credentials::Pasted(_) => {
                let generation = Generation(self.sign_in.tokens.facts().map_or(0, |f| f.generation.0) + 1);
                self.context.redactor = Arc::new(self.context.redactor.with_token(&secret, generation));
                self.sign_in.token = Some(secret);
                self.sign_in.tokens.granted(None, None, now, now);
                self.end_renewal(Outcome::Accepted, now);
                self.new_token();
            }
            Credentials::Missing(_) => {}
        }
    }

    fn no_secret(&mut self, why: &str, now: Moment) {
        let why = self.context.redactor.text(why).into_owned();
        self.sign_in.tokens.failed(Denied::NoSecret(why.clone()), now);
        self.end_renewal(Outcome::Refused(why), now);
    }

    fn request_token(&mut self, now: Moment) {
        let Credentials::Client(client) = &self.context.profile.credentials else { return };
        let Some(secret) = &self.sign_in.secret else { return };
        let call = match oauth::request(&self.context.profile.hosts, client, secret) {
            Ok(call) => call,
            Err(bad) => {
                self.sign_in.tokens.failed(Denied::NoSecret(bad.0.clone()), now);
                return self.end_renewal(Outcome::Refused(bad.0), now);
            }
        };
        let request = capture::request(&call, &self.context.redactor);
        if let Some(renewal) = &mut self.sign_in.renewal {
            renewal.asked = now;
            renewal.record.begin(request, None, now);
            let report = renewal.record.report();
            self.context.tell(report);
        }
        let next = Generation(self.sign_in.tokens.facts().map_or(0, |f| f.generation.0) + 1);
        self.context.spawn_token(call, next);
    }

    pub(super) fn token_answered(&mut self, done: TokenDone, now: Moment) {
        // The token host's limits are not those of the token.
        self.context.overhear(&ResponseMeta { limit: None, ..done.shown.heard }, 0);
        let asked = self.sign_in.renewal.as_ref().map_or(now, |renewal| renewal.asked);
        let why = done.shown.why();
        let status = done.shown.status();
        let wait = done.shown.wait();
        if let Some(renewal) = &mut self.sign_in.renewal {
            renewal.record.end(done.shown.ending, done.shown.timing);
        }
        let replaced = self.sign_in.tokens.facts().map(|f| (f.generation, f.issued, f.expires));
        let denied = match done.grant {
            Some(Ok(grant)) => match self.sign_in.tokens.granted(grant.lifetime, grant.scopes, asked, now) {
                Some(generation) => {
                    self.context.redactor = Arc::new(self.context.redactor.with_token(&grant.token, generation));
                    self.retire_token(replaced);
                    self.sign_in.token = Some(grant.token);
                    self.end_renewal(Outcome::Accepted, now);
                    self.new_token();
                    if let Some(odd) = grant.odd {
                        self.context.notice(&self.clean(&format!("token #{generation}: {odd}")), now);
                    }
                    return self.tell_missing(now);
                }
                None => return self.end_renewal(Outcome::Refused(ENDED_BEFORE.to_owned()), now),
            },
            Some(Err(oauth::Answer::BadClient(why))) => Denied::BadClient(self.clean(&why)),
            Some(Err(oauth::Answer::Refused(why))) => Denied::Refused { status, why: self.clean(&why) },
            Some(Err(oauth::Answer::Limited(why))) => Denied::Limited(self.clean(&why), wait),
            Some(Err(oauth::Answer::Failed(why))) => Denied::Failed(self.clean(&why)),
            Some(Err(oauth::Answer::Granted(_))) | None => Denied::Failed(why.clone()),
        };
        let outcome = match &denied {
            Denied::BadClient(why) | Denied::Refused { why, .. } | Denied::Limited(why, _) | Denied::NoSecret(why) => {
                Outcome::Refused(why.clone())
            }
            Denied::Failed(why) if status == 0 => Outcome::Failed(why.clone()),
            Denied::Failed(why) => Outcome::Refused(why.clone()),
        };
        if let Some(renewal) = self.sign_in.renewal.as_mut().filter(|renewal| denied.is_final() && !renewal.fresh) {
            // The secret may have been replaced since it was read.
            renewal.fresh = true;
            renewal.refused = Some((denied, outcome));
            let profile = Arc::clone(&self.context.profile);
            return self.context.spawn_secret(&profile.credentials);
        }
        self.denied(denied, outcome, now);
    }

    fn denied(&mut self, denied: Denied, outcome: Outcome, now: Moment) {
        self.sign_in.tokens.failed(denied, now);
        self.end_renewal(outcome, now);
    }

    fn clean(&self, why: &str) -> String {
        self.context.redactor.text(why).into_owned()
    }

    /// The renewal's exchange is over: it is told, and the sends that waited for it learn what it brought.
    pub(super) fn end_renewal(&mut self, outcome: Outcome, now: Moment) {
        let brought =
            (outcome == Outcome::Accepted).then(|| self.sign_in.tokens.facts().map(|f| f.generation)).flatten();
        if let Some(Renewal { mut record, .. }) = self.sign_in.renewal.take() {
            record.settle(outcome, now);
            self.context.tell(record.report());
            self.token_probed(record.id(), brought, now);
        }
        let waits = |s: &super::sends::Sending| s.record.as_ref().is_some_and(ExchangeBuilder::waits_for_renewal);
        let sharing = u32::try_from(self.sends.all.values().filter(|s| waits(s)).count()).unwrap_or(u32::MAX);
        for send in self.sends.all.values_mut() {
            // Those that began to wait and were not told of this renewal go on with the next, or with its token.
            if let Some(record) = &mut send.record
                && record.renewed(brought, sharing, now)
            {
                // A renewal that failed is followed by another, if there is one.
                send.wants_renewal = brought.is_none();
                self.context.reports.send(record.report());
            }
        }
    }

    fn new_token(&mut self) {
        for send in self.sends.all.values_mut() {
            send.wants_renewal = false;
        }
        self.reads.readers.values_mut().for_each(crate::engine::reading::Reader::new_token);
        self.side_requests.new_token();
    }

    fn ask_facts(&mut self, generation: Generation, now: Moment) {
        let Some(token) = &self.sign_in.token else { return };
        let call: Call = match tokens_me::request(&self.context.profile.hosts.api, token) {
            Ok(call) => call,
            Err(bad) => return self.sign_in.tokens.verified(generation, Verified::Unclear(bad.0)),
        };
        let age = self.sign_in.tokens.facts().map_or_else(Default::default, |f| now.since(f.issued));
        let id = self.context.next_exchange();
        let kind = if self.probes.brought == Some(generation) { Kind::Probe } else { Kind::Token };
        let mut record = ExchangeBuilder::new(id, kind, "what may this token do".to_owned(), now);
        record.begin(capture::request(&call, &self.context.redactor), Some((generation, age)), now);
        self.context.tell(record.report());
        self.sign_in.facts.insert(generation, record);
        self.context.pace.spend();
        self.context.spawn_facts(call, generation);
    }

    pub(super) fn facts_answered(&mut self, done: FactsDone, now: Moment) {
        self.context.overhear(&done.shown.heard, self.sends.queue.flying());
        let why = done.shown.why();
        let outcome = match (&done.info, done.shown.status()) {
            (Some(_), _) => Outcome::Accepted,
            (None, 200..=299) => Outcome::Refused(NO_FACTS.to_owned()),
            (None, 1..) => Outcome::Refused(why),
            (None, 0) => Outcome::Failed(why),
        };
        let verified = done.shown.verified(done.info);
        let record = self.sign_in.facts.remove(&done.generation).map(|mut record| {
            record.end(done.shown.ending, done.shown.timing);
            record.settle(outcome, now);
            self.context.tell(record.report());
            record.id()
        });
        self.sign_in.tokens.verified(done.generation, verified);
        self.tell_missing(now);
        self.facts_probed(done.generation, record, now);
    }

    /// A scope that is needed and not granted is announced before a message meets a 401, once.
    pub(super) fn tell_missing(&mut self, now: Moment) {
        let Some(facts) = self.sign_in.tokens.facts() else { return };
        if facts.missing == self.sign_in.missing_told {
            return;
        }
        let missing = facts.missing.clone();
        if !missing.is_empty() {
            let asked = if missing.iter().all(|s| facts.requested.contains(s)) { "asked for but " } else { "" };
            let text = format!(
                "token #{} was {asked}not granted {}; sends through the Guest API will probably be refused, and can be \
                 tried all the same",
                facts.generation,
                missing.join(", "),
            );
            self.tell_status(now);
            self.context.notice(&text, now);
        }
        self.sign_in.missing_told = missing;
    }

    pub(super) fn token_job_died(&mut self, now: Moment) {
        let why = "guestwire failed inside while asking for a token".to_owned();
        self.sign_in.tokens.failed(Denied::Failed(why.clone()), now);
        self.end_renewal(Outcome::Failed(why), now);
    }

    pub(super) fn facts_job_died(&mut self, generation: Generation, now: Moment) {
        self.sign_in.tokens.verified(generation, Verified::Unclear("guestwire failed inside".to_owned()));
        if let Some(mut record) = self.sign_in.facts.remove(&generation) {
            record.settle(Outcome::Failed("guestwire failed inside".to_owned()), now);
            self.context.tell(record.report());
            self.facts_probed(generation, Some(record.id()), now);
        }
    }
}

impl CapturedTry {
    /// What an answer of `tokens/me` shows about the token. `info`: what a success told.
    pub fn verified(&self, info: Option<tokens_me::Info>) -> Verified {
        let Ending::Answered(response) = &self.ending else { return Verified::Unclear(self.why()) };
        let Response { status, headers, body, .. } = response;
        let by = who_answered(Asked::TokenFacts, *status, headers.as_slice(), body.text.as_bytes());
        match (info, status) {
            (Some(info), _) if by.is_service() => Verified::Taken(info),
            (None, 401) if by.is_service() => Verified::NotTaken(format!("tokens/me answered {}", self.why())),
            (Some(_), _) => Verified::Unclear(format!("{status} without a sign that the service answered")),
            (None, 200..=299) => Verified::Unclear(format!("{status}, and {NO_FACTS}")),
            (None, _) => Verified::Unclear(self.why()),
        }
    }
}
