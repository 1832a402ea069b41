//! Signing in: where it stands, and whether it is of any use to wait longer.

use std::time::Duration;

use crate::model::{Ending, Exchange, ExchangeKind, Moment, Outcome, TokenAcceptance, TokenFacts, TokenStatus};

pub const TRIES: u32 = 3;
/// How long a token endpoint that asks to wait is waited for in all.
const WAITS: Duration = Duration::from_secs(120);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInTrouble {
    /// The network failed, below HTTP; otherwise the token endpoint, or the profile, said no.
    pub network: bool,
    pub why: String,
}

#[derive(Clone, Debug, Default)]
pub struct SignIn {
    /// The token as the engine told it last.
    pub status: TokenStatus,
    /// The newest token exchange failed below HTTP.
    network: bool,
    /// … in a way in which it fails again at once.
    for_good: bool,
    failures: u32,
    /// When the token endpoint first asked to wait, since there last was a token.
    limited: Option<Moment>,
    trouble: Option<SignInTrouble>,
    /// Why it is no use to wait for another token than the one that there is.
    no_other: Option<SignInTrouble>,
}

impl SignIn {
    pub fn exchange(&mut self, exchange: &Exchange) {
        if exchange.kind == ExchangeKind::Token && exchange.outcome.is_finished() {
            self.network = matches!(exchange.outcome, Outcome::Failed(_) | Outcome::Unknown(_));
            let ending = exchange.last_attempt().and_then(|attempt| attempt.ending.as_ref());
            self.for_good = matches!(ending, Some(Ending::Failed(failure)) if failure.is_permanent());
        }
    }

    pub fn moved(&mut self, now: Moment, status: TokenStatus) -> TokenStatus {
        let trouble = |network: bool, why: String| Some(SignInTrouble { network, why });
        match &status {
            TokenStatus::Valid(_) => {
                (self.failures, self.limited) = (0, None);
                (self.trouble, self.no_other) = (None, None);
            }
            TokenStatus::Expired(None, why) => self.trouble = trouble(self.network, why.clone()),
            TokenStatus::Expired(Some(_), why) | TokenStatus::RenewFailed(_, _, why) => {
                self.failures += 1;
                let said = if self.for_good { why.clone() } else { format!("{why} ({} tries)", self.failures) };
                let vain = trouble(self.network, said).filter(|_| self.for_good || self.failures >= TRIES);
                let works = matches!(status, TokenStatus::RenewFailed(..));
                *(if works { &mut self.no_other } else { &mut self.trouble }) = vain;
            }
            TokenStatus::Refused(_, why) | TokenStatus::NoSecret(why) => {
                self.trouble = trouble(false, why.clone());
            }
            TokenStatus::BadClient(why) => {
                let how = "check the client's id, its secret, the region and client_auth";
                self.trouble = trouble(false, format!("{why}; {how}"));
            }
            TokenStatus::Limited(until, facts) => {
                let end = self.limited.get_or_insert(now).after(WAITS);
                if until.mono > end.mono {
                    let seconds = until.left(now).as_secs().try_into().unwrap_or(i64::MAX);
                    let why = format!(
                        "the token endpoint answered 429 and asks to wait {:#}, and guestwire waits {} s at most; \
                         try again after {}",
                        jiff::SignedDuration::from_secs(seconds),
                        WAITS.as_secs(),
                        until.wall.strftime("%FT%TZ"),
                    );
                    *(if facts.is_some() { &mut self.no_other } else { &mut self.trouble }) = trouble(false, why);
                }
            }
            TokenStatus::SignedOut | TokenStatus::Getting | TokenStatus::Renewing(_) => {}
        }
        std::mem::replace(&mut self.status, status)
    }

    /// Why it is no use to wait longer, if so.
    pub const fn trouble(&self) -> Option<&SignInTrouble> {
        self.trouble.as_ref()
    }

    /// Why waiting for a replacement is of no use to a request whose token was refused.
    pub fn no_other(&self) -> Option<&SignInTrouble> {
        self.trouble.as_ref().or(self.no_other.as_ref())
    }
}

pub fn facts_text(facts: &TokenFacts, now: Moment) -> String {
    let mut lines = vec![match (&facts.acceptance, facts.expires) {
        (TokenAcceptance::Refused(why), _) => refused_text(why),
        (acceptance, _) if facts.pasted && *acceptance != TokenAcceptance::Taken => {
            "there is a token; whether the service accepts it is not known".to_owned()
        }
        (_, Some(end)) => {
            let left = jiff::SignedDuration::from_secs(end.left(now).as_secs().try_into().unwrap_or(i64::MAX));
            format!("signed in: valid for {left:#}, until {}", end.wall.strftime("%FT%TZ"))
        }
        (_, None) => "signed in: it is not known when the token expires".to_owned(),
    }];
    let list = |scopes: &[String]| if scopes.is_empty() { "none".to_owned() } else { scopes.join(" ") };
    lines.push(format!("scopes asked for: {}", list(&facts.requested)));
    lines.push(match &facts.granted {
        None => "scopes granted: not known".to_owned(),
        Some(scopes) => format!("scopes granted: {}", list(scopes)),
    });
    lines.extend(facts.organization.iter().map(|name| format!("organisation: {name}")));
    lines.extend(facts.client_name.iter().map(|name| format!("client: {name}")));
    if facts.pasted {
        lines.push("a pasted token: it cannot be renewed".to_owned());
    }
    match &facts.acceptance {
        TokenAcceptance::NotAsked if facts.pasted => lines.push("not checked: tokens/me has not answered".to_owned()),
        TokenAcceptance::Unclear(why) => {
            lines.push(format!("not checked: asked what the token may do, the answer was {why}"));
        }
        TokenAcceptance::NotAsked | TokenAcceptance::Taken | TokenAcceptance::Refused(_) => {}
    }
    lines.join("\n")
}

/// The sentence about a token that the API refuses although it was granted a moment ago.
pub fn refused_text(why: &str) -> String {
    format!("the token endpoint gave a token, but the API refuses it: {why}")
}

pub fn missing_scopes(facts: &TokenFacts) -> Option<String> {
    (!facts.missing.is_empty()).then(|| {
        let scopes = facts.missing.join(" ");
        format!("the token was granted without {scopes}: messages through the Guest API will probably be refused")
    })
}
