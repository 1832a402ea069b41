//! A 401 that names nothing. In the Guest API's description one and the same answer stands for tokens, scopes and ids,
//! "because the permission check runs first": the token's own life, what it may do, where it is used and whom the message
//! addresses are weighed side by side. Other answers ask for a part of that.

use super::ids;
use crate::config::regions;
use crate::diagnosis::attempt::authority;
use crate::diagnosis::facts::{CaseFacts, SKEW, listed, skew};
use crate::diagnosis::hypothesis::{Hypothesis, Support, excluded, named, none_of, open, proven, supported};
use crate::model::{Attempt, Cause, ExchangeKind, Probe};

pub fn of(facts: &CaseFacts<'_>) -> Vec<Hypothesis> {
    if !facts.request.bearer {
        return vec![proven(Cause::TokenAbsent, "the request had no Authorization header")];
    }
    let mut found = Vec::new();
    if facts.is_guest_send() {
        found.extend(scopes(facts, &facts.profile.required));
        found.extend(ids::of(facts));
        // Neither scope nor ids matter where the token is refused elsewhere too.
        if refused_elsewhere(facts) && !works_now(facts) {
            for hypothesis in found.iter_mut().filter(|h| h.standing < Support::Proven) {
                *hypothesis = excluded(hypothesis.cause);
            }
        }
    }
    found.extend(token(facts));
    found.extend(place(facts, facts.answer.is_published()));
    found.push(clock(facts));
    found.push(excluded(Cause::RateLimited));
    if facts.generation().is_some() && !facts.profile.pasted {
        found.push(excluded(Cause::ClientRejected));
    }
    found
}

fn clock(facts: &CaseFacts<'_>) -> Hypothesis {
    let skew = facts.attempt.and_then(|attempt| skew(attempt, &facts.answer)).or(facts.history.skew).unwrap_or(0);
    // A bearer token does not depend on this machine's clock, so a difference alone refuses nothing.
    if skew.saturating_abs() <= SKEW || facts.is_fresh() {
        return excluded(Cause::ClockSkew);
    }
    let why = format!("the server's clock differs by {skew} s: by that clock the token may have expired");
    open(Cause::ClockSkew, why).by(Probe::Clock)
}

pub fn token(facts: &CaseFacts<'_>) -> Vec<Hypothesis> {
    if let Some(expired) = ended(facts) {
        return vec![expired];
    }
    let causes = [Cause::TokenExpired, Cause::TokenRevoked, Cause::TokenRotation];
    if works_now(facts) {
        return none_of(causes);
    }
    let worked = worked_before(facts);
    if facts.is_fresh() {
        let mut found = none_of(causes);
        // Nobody revokes two tokens in a row; but one token that had worked may have been revoked.
        if let Some(worked) = worked.filter(|_| !facts.is_refused_alike()) {
            found.retain(|h| h.cause != Cause::TokenRevoked);
            found.push(revoked(facts, format!("{worked}, and is refused now")));
        }
        return found;
    }
    if let Some((used, newer)) = facts.newer_token() {
        let why = format!("token #{used} was used although the newer #{newer} existed and works");
        return vec![proven(Cause::TokenRotation, why), excluded(Cause::TokenExpired)];
    }
    let known_end = facts.token_facts().is_some_and(|f| f.expires.is_some());
    let revoked = match worked {
        Some(worked) if known_end => revoked(facts, format!("{worked}, is refused now, and has not expired")),
        _ => open(Cause::TokenRevoked, "a revoked token looks the same").by(Probe::Scopes),
    };
    // No newer token existed.
    let rotation = excluded(Cause::TokenRotation);
    let expired = |why| open(Cause::TokenExpired, why).by(Probe::Scopes);
    if known_end {
        let why = "by this machine's clock it has not expired; the server may have ended it early";
        return vec![revoked, expired(why), rotation];
    }
    vec![expired("it is not known when the token expires"), revoked, rotation]
}

/// A token that worked and is refused: supported where neither scopes nor ids can be why it is.
fn revoked(facts: &CaseFacts<'_>, why: String) -> Hypothesis {
    let elsewhere = facts.token().is_some_and(|b| b.refused.besides(facts.exchange.id).is_some());
    let alone = elsewhere || facts.exchange.kind != ExchangeKind::Send || facts.answer.is_published();
    let stands = if alone { supported } else { open };
    stands(Cause::TokenRevoked, why).by(Probe::Scopes)
}

pub fn healed(facts: &CaseFacts<'_>) -> Vec<Hypothesis> {
    let Some(earlier) = facts.healed() else { return Vec::new() };
    let at = facts.at(earlier);
    let mut found = none_of([
        Cause::ScopeStripped,
        Cause::ScopeNotRequested,
        Cause::ParticipantMismatch,
        Cause::ConversationUnknown,
        Cause::RegionMismatch,
    ]);
    let number = |a: &Attempt| a.generation.map_or_else(|| "?".to_owned(), |g| g.to_string());
    let newer = facts.attempt.map_or_else(|| "?".to_owned(), number);
    let used = number(earlier);
    if at.answer.is("credentials.expired") {
        found.push(named(Cause::TokenExpired, "the server says that the credentials have expired"));
    } else if let Some(expired) = ended(&at) {
        found.push(expired);
    } else if at.newer_token().is_some() {
        let why = format!("token #{used} was used although #{newer} had been granted and works");
        found.push(proven(Cause::TokenRotation, why));
    } else {
        let refused = format!("was refused before it expired; the new token #{newer} works");
        let revoked = match worked_before(&at) {
            Some(worked) => supported(Cause::TokenRevoked, format!("{worked} and {refused}")),
            None => open(Cause::TokenRevoked, format!("token #{used} {refused}")),
        };
        let expired = open(Cause::TokenExpired, format!("the server may have ended #{used} early"));
        found.extend([revoked.by(Probe::Audit), expired.by(Probe::Audit)]);
        found.push(excluded(Cause::TokenRotation));
    }
    found
}

/// The token's time was over when it was used: by our clock, or by the server's own.
fn ended(facts: &CaseFacts<'_>) -> Option<Hypothesis> {
    let book = facts.token()?;
    let token = book.facts.as_ref()?;
    let now = facts.attempt?.ended();
    let number = token.generation;
    if let Some(over) = token.expires.filter(|e| now.mono >= e.mono || now.wall >= e.wall) {
        // While a machine sleeps, one of the two clocks may stand still.
        let ago = now.since(over).as_secs().max(now.wall.duration_since(over.wall).as_secs().try_into().unwrap_or(0));
        return Some(proven(Cause::TokenExpired, format!("token #{number} had expired {ago} s before")));
    }
    let over = book.granted_at?.saturating_add(token.lifetime?).ok()?;
    let why = format!("token #{number} had expired by the server's own clock (its Date header says so)");
    (facts.answer.date? >= over).then(|| proven(Cause::TokenExpired, why))
}

/// That the API had let the same token in before this try, as another exchange shows.
fn worked_before(facts: &CaseFacts<'_>) -> Option<String> {
    let attempt = facts.attempt?;
    let seen = facts.token()?.accepted.besides(facts.exchange.id).filter(|seen| seen.at < attempt.started)?;
    Some(format!("token #{} worked {} s before", attempt.generation?, attempt.started.since(seen.at).as_secs()))
}

fn works_now(facts: &CaseFacts<'_>) -> bool {
    let seen = facts.token().and_then(|book| book.accepted.besides(facts.exchange.id));
    seen.zip(facts.attempt).is_some_and(|(seen, attempt)| seen.at >= attempt.started)
}

/// How the three scope causes stand for the token that was used, where `required` are the scopes that are needed.
pub fn scopes(facts: &CaseFacts<'_>, required: &[String]) -> Vec<Hypothesis> {
    if required.is_empty() {
        return Vec::new();
    }
    let token = facts.token_facts();
    let requested = token.map_or(&facts.profile.requested, |t| &t.requested);
    let (needed, asked) = (required.join(" "), listed(requested));
    let unknown = "it is not known which scopes were granted";
    let granted_unknown = |cause| open(cause, unknown).by(Probe::Scopes);
    match token.and_then(|t| t.granted.as_ref()) {
        Some(granted) => {
            let causes = [Cause::ScopeStripped, Cause::ScopeNotRequested, Cause::ScopeWrong];
            let Some(lacks) = MissingScopes::of(required, requested, granted) else {
                let mut found = none_of(causes);
                if !facts.is_fresh() {
                    found.retain(|h| h.cause != Cause::ScopeStripped);
                    let why = format!("the token was granted {needed}; the Guest API may have been switched off since");
                    found.push(open(Cause::ScopeStripped, why).by(Probe::Token));
                }
                return found;
            };
            let why = match lacks.cause {
                Cause::ScopeWrong => format!("the token has {} and not {needed}", listed(granted)),
                Cause::ScopeStripped => format!("the token was granted without {needed}"),
                _ => format!("{needed} was never asked for (asked: {asked})"),
            };
            let mut found = none_of(causes.into_iter().filter(|c| *c != lacks.cause));
            found.push(proven(lacks.cause, why));
            found
        }
        _ if facts.profile.pasted => {
            let why = "it is not known which scopes were asked for with the pasted token";
            let asked = open(Cause::ScopeNotRequested, why).by(Probe::Scopes);
            vec![asked, granted_unknown(Cause::ScopeStripped), granted_unknown(Cause::ScopeWrong)]
        }
        _ if required.iter().all(|scope| requested.contains(scope)) => vec![
            granted_unknown(Cause::ScopeStripped),
            excluded(Cause::ScopeNotRequested),
            granted_unknown(Cause::ScopeWrong),
        ],
        _ => {
            let why = format!("{needed} was not asked for (asked: {asked}), and {unknown}");
            vec![supported(Cause::ScopeNotRequested, why).by(Probe::Scopes), excluded(Cause::ScopeStripped)]
        }
    }
}

/// What a token lacks.
pub struct MissingScopes<'s> {
    pub scopes: Vec<&'s str>,
    /// All of them were asked for.
    pub asked: bool,
    pub cause: Cause,
}

impl<'s> MissingScopes<'s> {
    /// `None` where all that are required were granted.
    pub fn of(required: &'s [String], requested: &[String], granted: &[String]) -> Option<Self> {
        let lacking = || required.iter().filter(|scope| !granted.contains(scope));
        let asked = lacking().all(|scope| requested.contains(scope));
        let other = |scope: &&String| is_messaging(scope) && !required.contains(scope);
        let wrong = granted.iter().chain(requested.iter().filter(|_| !asked)).any(|scope| other(&scope));
        let cause = match (wrong, asked) {
            (true, _) => Cause::ScopeWrong,
            (false, true) => Cause::ScopeStripped,
            (false, false) => Cause::ScopeNotRequested,
        };
        let scopes: Vec<&str> = lacking().map(String::as_str).collect();
        (!scopes.is_empty()).then_some(Self { scopes, asked, cause })
    }
}

/// A scope that speaks of messaging. [`messaging:guest` and `messaging:send`: the Guest API's description]
pub fn is_messaging(scope: &str) -> bool {
    scope.starts_with("messaging") || scope.starts_with("guest:")
}

/// How region and address stand. `named` says that the server would have named a refused address.
pub fn place(facts: &CaseFacts<'_>, named: bool) -> Vec<Hypothesis> {
    // This API host has accepted a token of this session.
    if facts.history.works.is_some() {
        return none_of([Cause::RegionMismatch, Cause::AddressRefused]);
    }
    let address = if named {
        excluded(Cause::AddressRefused)
    } else {
        open(Cause::AddressRefused, "no request from this address has been accepted yet").by(Probe::Scopes)
    };
    vec![region(facts), address]
}

fn region(facts: &CaseFacts<'_>) -> Hypothesis {
    let cause = Cause::RegionMismatch;
    let (token, api) = (authority(&facts.profile.token_host), authority(&facts.profile.api));
    // `login.mypurecloud.de` is of the region `mypurecloud.de`.
    let region = |host: &str| regions::find(host.split_once('.')?.1).map(|region| &region.domain);
    let regions = region(token).zip(region(api)).filter(|_| token != api);
    let fresh = facts.is_fresh();
    match regions {
        Some((token, api)) if token != api && fresh => {
            proven(cause, format!("the token is from {token} and was refused at {api}, although it was new"))
        }
        Some((token, api)) if token != api => {
            supported(cause, format!("the token is from {token} and was used at {api}")).by(Probe::Scopes)
        }
        None if token != api && fresh && refused_elsewhere(facts) => {
            proven(cause, format!("{api} refuses every token that {token} has just granted, whatever the request"))
        }
        None if token != api => open(cause, "the token comes from another host than the API's").by(Probe::Scopes),
        _ if facts.profile.pasted => open(cause, "it is not known where the pasted token comes from").by(Probe::Scopes),
        _ => excluded(cause),
    }
}

/// The API refuses the same token where neither scope nor ids of a message matter.
fn refused_elsewhere(facts: &CaseFacts<'_>) -> bool {
    let own = facts.exchange.id;
    if facts.exchange.kind != ExchangeKind::Send && facts.answer.status == Some(401) {
        return true;
    }
    let refused = facts.token().and_then(|b| Some((b.refused.besides(own)?, b.accepted.besides(own))));
    refused.is_some_and(|(refused, accepted)| accepted.is_none_or(|a| refused.at >= a.at))
        // Nothing was ever let in, and another exchange shows that no scope and no id is why.
        || (facts.history.works.is_none() && facts.history.tokens.values().any(|b| b.refused.besides(own).is_some()))
}
