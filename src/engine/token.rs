//! The token: who renews it, when, and the meaning of a refusal. Pure: moments come in, decisions go out.
//!
//! ```text
//!              sign in              granted                  margin reached, asked for, or refused by a 401
//!  Resting ───────────► Asking ────────────────► Resting ──────────────────────────────► Asking ─► …
//!  (no token)             │  ▲                   (token)
//!         network, 5xx, 429  │ due
//!                         ▼  │
//!                       Pausing      an error of OAuth, no secret, a pasted token not taken ─► Dead ── sign in ─► Asking
//! ```
//! One stage means one renewal at a time, however many sends wait. Of a token only generation and facts are here.

use std::time::Duration;

use fastrand::Rng;

use super::queue::{backoff, up_to};
use crate::genesys::lookups::TokenInfo;
use crate::model::{Generation, Moment, TokenAcceptance, TokenFacts, TokenStatus};

const MARGIN_MAX: Duration = Duration::from_secs(300); // the longest margin before the end at which a token is renewed
const PAUSE_FIRST: Duration = Duration::from_secs(1);
pub const PAUSE_MAX: Duration = Duration::from_secs(60);
const PAUSE_LIMITED: Duration = Duration::from_secs(30); // pause after a 429 that names none
/// A token younger than this that was minted because of a 401, and that nothing has accepted yet, is not minted again
/// for the next 401: it is not the token that is refused.
const FRESH: Duration = Duration::from_secs(10);
pub const ENDED_BEFORE: &str = "the token had ended before it arrived (expires_in is too short)";
/// How long the first sends of a session wait to be told the token's scopes, and a pasted token to be called signed in.
const VERIFY_MAX: Duration = Duration::from_secs(5);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenRequest {
    Token, // ask for a token; the answer comes back as [`TokenMachine::granted`] or [`TokenMachine::failed`]
    /// Ask `tokens/me` about this generation; the answer comes back as [`TokenMachine::verified`].
    Facts(Generation),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenDenied {
    /// Asking again with the same secret is of no use: this status is reported until a person signs in again.
    Final(Box<TokenStatus>),
    Limited(String, Option<Duration>), // 429, with the wait that was named
    Failed(String),                    // network, 5xx, or an answer that is neither a token nor an error of OAuth
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verification {
    Taken(TokenInfo), // the API took it, and told what it may do
    NotTaken(String), // the API itself answered 401: what it said, one line
    /// Nothing is known: the API does not say, or something else answered. One line.
    Unclear(String),
}

/// What a 401 for a generation means. `Retry`: there is another token, or will be (a `renewal` mints it): send once more
/// when [`TokenMachine::availability`] is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After401 {
    Retry { renewal: bool },
    Final,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Availability {
    Ready(Generation), // with the token of this generation
    Waiting,           // a token is on its way, or will be asked for by itself
    Never,             // not unless a person does something
}

#[derive(Clone, Debug)]
struct Current {
    facts: TokenFacts,
    /// When its successor is asked for; `None` where it cannot be, or where its end is not known.
    renew_at: Option<Moment>,
    refused: bool,          // a 401 was met with it
    replaces_refused: bool, // it was minted because of a 401
    proven: bool,           // something was accepted with it
    verify: VerifyStage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum VerifyStage {
    Wanted,
    Asked,
    Done,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Resting,
    Wanted, // to be asked for at the next [`TokenMachine::due`]
    Asking,
    Pausing {
        retry: Moment,
        why: String,
        limited: bool,
    },
    Dead(Box<TokenStatus>),
}

#[derive(Clone, Debug, Default)]
pub struct TokenMachine {
    pasted: bool,           // it cannot be renewed
    requested: Vec<String>, // the scopes that are asked for, and those that the configured channels need
    required: Vec<String>,
    current: Option<Current>,
    stage: Stage,
    /// A person asked for a new token: what is sent from then on waits for it while it is asked for.
    awaited: bool,
    /// A person asked for it while another request was under way, whose token may be of before what the person changed.
    again: bool,
    generation: Generation,
    failures: u32,
    rng: Rng,
    reported: TokenStatus, // what was told last of where it stands, and of the scopes that are missing
    missing_told: Vec<String>,
}

impl TokenMachine {
    pub fn new(pasted: bool, requested: Vec<String>, required: Vec<String>, rng: Rng) -> Self {
        Self { pasted, requested, required, rng, ..Self::default() }
    }

    /// A person (or the start) wants to be signed in: asks if there is no usable token, also after a refusal.
    pub fn sign_in(&mut self, now: Moment) {
        let usable = self.valid(now).is_some() && !matches!(self.stage, Stage::Dead(_));
        if !usable && self.stage != Stage::Asking {
            (self.stage, self.failures) = (Stage::Wanted, 0);
        }
    }

    pub fn renew(&mut self) {
        self.awaited = true;
        self.again = self.stage == Stage::Asking;
        if !self.again {
            self.stage = Stage::Wanted;
        }
    }

    /// What is to be done now. To be asked after every event and when [`TokenMachine::next_due`] comes, until it says nothing.
    pub fn due(&mut self, now: Moment) -> Option<TokenRequest> {
        if self.next_step(now).is_some_and(|at| reached(now, at)) {
            self.stage = Stage::Asking;
            return Some(TokenRequest::Token);
        }
        let current = self.current.as_mut().filter(|c| c.verify == VerifyStage::Wanted)?;
        current.verify = VerifyStage::Asked;
        Some(TokenRequest::Facts(current.facts.generation))
    }

    /// When [`TokenMachine::due`] or [`TokenMachine::status`] will say something new by themselves.
    pub fn next_due(&self, now: Moment) -> Option<Moment> {
        let current = self.current.as_ref();
        let end = current.and_then(|c| c.facts.expires).filter(|e| !reached(now, *e));
        let hold = current.filter(|c| holds(c, now)).map(|c| c.facts.issued.after(VERIFY_MAX));
        [self.next_step(now), end, hold].into_iter().flatten().min()
    }

    fn next_step(&self, now: Moment) -> Option<Moment> {
        match &self.stage {
            Stage::Wanted => Some(now),
            Stage::Pausing { retry, .. } => Some(*retry),
            Stage::Resting => self.current.as_ref()?.renew_at,
            Stage::Asking | Stage::Dead(_) => None,
        }
    }

    /// A token came. `asked` is when the request left: its lifetime is counted from there, since the server's count may
    /// have begun then. Gives its generation, or nothing where it had ended before it arrived.
    pub fn granted(
        &mut self,
        lifetime: Option<Duration>,
        granted: Option<Vec<String>>,
        asked: Moment,
        now: Moment,
    ) -> Option<Generation> {
        let expires = lifetime.map(|l| asked.after(l));
        if expires.is_some_and(|e| reached(now, e)) {
            self.failed(TokenDenied::Failed(ENDED_BEFORE.to_owned()), now);
            return None;
        }
        self.generation = self.next_generation();
        self.failures = 0;
        self.awaited = self.again;
        let renew_at = lifetime.filter(|_| !self.pasted).map(|l| {
            let margin = MARGIN_MAX.min(l / 5);
            // Jitter eats into the margin instead of adding to it: no more renewals than the margin asks for.
            asked.after(l.saturating_sub(margin).saturating_add(up_to(&mut self.rng, margin / 4)))
        });
        let before = self.current.take();
        let verify = match granted {
            None if before.is_none() || !self.required.is_empty() => VerifyStage::Wanted,
            _ => VerifyStage::Done,
        };
        let replaces_refused = before.as_ref().is_some_and(|c| c.refused);
        let (organization, client_name) =
            before.map(|c| (c.facts.organization, c.facts.client_name)).unwrap_or_default();
        self.current = Some(Current {
            facts: TokenFacts {
                generation: self.generation,
                issued: now,
                expires,
                lifetime,
                requested: self.requested.clone(),
                missing: missing(&self.required, granted.as_deref()),
                granted,
                organization,
                client_name,
                pasted: self.pasted,
                acceptance: TokenAcceptance::NotAsked,
            },
            renew_at,
            refused: false,
            replaces_refused,
            proven: false,
            verify,
        });
        self.stage = if std::mem::take(&mut self.again) { Stage::Wanted } else { Stage::Resting };
        Some(self.generation)
    }

    pub fn failed(&mut self, denied: TokenDenied, now: Moment) {
        self.again = false;
        self.stage = match denied {
            TokenDenied::Limited(why, wait) => {
                let retry = now.after(wait.unwrap_or(PAUSE_LIMITED).max(PAUSE_FIRST));
                Stage::Pausing { retry, why, limited: true }
            }
            TokenDenied::Failed(why) => {
                let pause = backoff(&mut self.rng, PAUSE_FIRST, PAUSE_MAX, self.failures);
                self.failures = self.failures.saturating_add(1);
                Stage::Pausing { retry: now.after(pause), why, limited: false }
            }
            TokenDenied::Final(status) => Stage::Dead(status),
        };
    }

    /// `tokens/me` was asked about this generation. A pasted token that the API does not take is no sign-in; of one that
    /// was granted a moment ago the first message finds out more.
    pub fn verified(&mut self, generation: Generation, verified: Verification) {
        let Some(Current { facts, verify, .. }) = self.current.as_mut().filter(|c| c.facts.generation == generation)
        else {
            return;
        };
        *verify = VerifyStage::Done;
        match verified {
            Verification::Taken(TokenInfo { scopes, organization, client }) => {
                facts.acceptance = TokenAcceptance::Taken;
                facts.granted = scopes.or(facts.granted.take());
                facts.organization = organization.or(facts.organization.take());
                facts.client_name = client.or(facts.client_name.take());
                facts.missing = missing(&self.required, facts.granted.as_deref());
            }
            Verification::NotTaken(why) if self.pasted => {
                self.current = None;
                self.stage = Stage::Dead(Box::new(TokenStatus::Refused(401, why)));
            }
            Verification::NotTaken(_) | Verification::Unclear(_) if facts.acceptance == TokenAcceptance::Taken => {}
            Verification::NotTaken(why) => facts.acceptance = TokenAcceptance::Refused(why),
            Verification::Unclear(why) => facts.acceptance = TokenAcceptance::Unclear(why),
        }
    }

    pub fn proven(&mut self, generation: Generation) {
        if let Some(current) = self.current.as_mut().filter(|c| c.facts.generation == generation) {
            current.proven = true;
        }
    }

    /// A send was answered 401 with this generation. Each send may retry once for it; who counts that is the send.
    pub fn on_unauthorized(&mut self, generation: Generation, now: Moment) -> After401 {
        let Some(current) = self.current.as_mut() else { return After401::Final };
        if current.facts.generation > generation {
            return After401::Retry { renewal: current.refused && self.stage == Stage::Asking };
        }
        let in_vain = current.replaces_refused && !current.proven && now.since(current.facts.issued) < FRESH;
        if self.pasted || in_vain || matches!(self.stage, Stage::Dead(_)) {
            return After401::Final;
        }
        current.refused = true;
        if self.stage == Stage::Resting {
            self.stage = Stage::Wanted;
        }
        After401::Retry { renewal: true }
    }

    /// Whether a request may go out now. `refused`: for one that has met a 401 with this generation; it wants a newer one.
    pub fn availability(&self, now: Moment, refused: Option<Generation>) -> Availability {
        let under_way = matches!(self.stage, Stage::Asking | Stage::Wanted | Stage::Pausing { .. });
        let comes = |comes: bool| if comes { Availability::Waiting } else { Availability::Never };
        let Some(current) = self.valid(now) else {
            return comes(under_way || (self.current.is_some() && self.stage == Stage::Resting && !self.pasted));
        };
        if refused.is_some_and(|g| g >= current.facts.generation) {
            return comes(under_way);
        }
        // While a renewal failed, others go on with the refused token: the 401 may not have been about it.
        let replaced = current.refused || self.awaited;
        let renewing = replaced && matches!(self.stage, Stage::Asking | Stage::Wanted);
        if renewing || holds(current, now) {
            return Availability::Waiting;
        }
        Availability::Ready(current.facts.generation)
    }

    pub fn status(&self, now: Moment) -> TokenStatus {
        let current = self.valid(now);
        let facts = current.map(|c| c.facts.clone());
        match (&self.stage, facts) {
            // "Signed in" is said once the API took it.
            (Stage::Resting, Some(_)) if self.pasted && current.is_some_and(|c| holds(c, now)) => TokenStatus::Getting,
            (Stage::Dead(status), _) => (**status).clone(),
            (Stage::Pausing { retry, limited: true, .. }, facts) => TokenStatus::Limited(*retry, facts),
            (Stage::Pausing { retry, why, .. }, Some(facts)) => TokenStatus::RenewFailed(facts, *retry, why.clone()),
            (Stage::Pausing { retry, why, .. }, None) => TokenStatus::Expired(Some(*retry), why.clone()),
            (Stage::Asking | Stage::Wanted, Some(facts)) => TokenStatus::Renewing(facts),
            (Stage::Asking | Stage::Wanted, None) => TokenStatus::Getting,
            (Stage::Resting, Some(facts)) => TokenStatus::Valid(facts),
            (Stage::Resting, None) if self.current.is_some() => {
                TokenStatus::Expired(None, "the token has ended".to_owned())
            }
            (Stage::Resting, None) => TokenStatus::SignedOut,
        }
    }

    pub fn status_news(&mut self, now: Moment) -> Option<TokenStatus> {
        let status = self.status(now);
        (status != self.reported).then(|| {
            self.reported = status.clone();
            status
        })
    }

    /// What is to be said of scopes that are needed and not granted, where that is another than was told last.
    pub fn missing_news(&mut self) -> Option<String> {
        let facts = &self.current.as_ref().filter(|c| c.facts.missing != self.missing_told)?.facts;
        self.missing_told.clone_from(&facts.missing);
        let asked =
            if facts.missing.iter().all(|s| facts.requested.contains(s)) { ", which was asked for" } else { "" };
        let (generation, missing) = (facts.generation, facts.missing.join(", "));
        let then = "messages through the Guest API will probably be refused";
        (!missing.is_empty()).then(|| format!("token #{generation} was granted without {missing}{asked}: {then}"))
    }

    pub const fn next_generation(&self) -> Generation {
        Generation(self.generation.0.saturating_add(1))
    }

    pub fn is_asked_about(&self, generation: Generation) -> bool {
        self.current.as_ref().is_some_and(|c| c.facts.generation == generation && c.verify == VerifyStage::Asked)
    }

    pub fn facts(&self) -> Option<&TokenFacts> {
        self.current.as_ref().map(|c| &c.facts)
    }

    fn valid(&self, now: Moment) -> Option<&Current> {
        self.current.as_ref().filter(|c| !c.facts.expires.is_some_and(|e| reached(now, e)))
    }
}

fn missing(required: &[String], granted: Option<&[String]>) -> Vec<String> {
    required.iter().filter(|scope| granted.is_some_and(|granted| !granted.contains(scope))).cloned().collect()
}

/// The first token of a session is not used before its scopes are known, for a while: a scope that was silently
/// stripped is announced before the first message meets a 401. Later ones go at once; the old one was known.
fn holds(current: &Current, now: Moment) -> bool {
    (current.facts.generation == Generation(1) || current.facts.pasted)
        && current.verify != VerifyStage::Done
        && !reached(now, current.facts.issued.after(VERIFY_MAX))
}

/// By either clock: the monotonic one does not see a suspended laptop.
fn reached(now: Moment, at: Moment) -> bool {
    now.mono >= at.mono || now.wall >= at.wall
}
