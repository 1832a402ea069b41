//! The token's own life: expired, revoked, or an old one used.

use crate::diagnosis::case::Facts;
use crate::diagnosis::hypothesis::Hypothesis;
use crate::model::{Attempt, Cause, ExchangeKind, Moment, Probe};

/// How the three stand for the token that was used.
pub fn of(facts: &Facts<'_>) -> Vec<Hypothesis> {
    if let Some(expired) = ended(facts) {
        return vec![expired];
    }
    let causes = [Cause::TokenExpired, Cause::TokenRevoked, Cause::TokenRotation];
    if let Some(why) = works_now(facts) {
        return Hypothesis::none_of(causes, &why);
    }
    let probe = Some(Probe::Scopes);
    let worked = worked_before(facts);
    if let Some(why) = facts.fresh() {
        let mut found = Hypothesis::none_of(causes, &why);
        // Nobody revokes two tokens in a row; but one token that had worked may have been revoked.
        if let Some(worked) = worked.filter(|_| facts.refused_alike().is_none()) {
            found.retain(|h| h.cause != Cause::TokenRevoked);
            found.insert(0, revoked(facts, format!("{worked}, and is refused now"), probe));
        }
        return found;
    }
    let mut found = Vec::new();
    let used = facts.generation().zip(facts.attempt);
    if let Some((generation, newer)) =
        used.and_then(|(g, attempt)| Some((g, facts.history.newer_working(g, attempt.started)?)))
    {
        let why = format!("token #{generation} was used although the newer #{newer} existed and works");
        return vec![
            Hypothesis::proven(Cause::TokenRotation, why),
            Hypothesis::excluded(Cause::TokenExpired, "it has not expired"),
        ];
    }
    let book = facts.token();
    let known_end = book.and_then(|b| b.facts.as_ref()).is_some_and(|f| f.expires.is_some());
    match worked {
        Some(worked) if known_end => {
            let why = format!("{worked}, is refused now, and has not expired");
            found.push(revoked(facts, why, probe));
        }
        _ => found.push(Hypothesis::open(Cause::TokenRevoked, "a revoked token looks the same", probe)),
    }
    if known_end {
        let why = "by this machine's clock it has not expired; the server may have ended it early";
        found.push(Hypothesis::open(Cause::TokenExpired, why, probe));
    } else {
        found.insert(0, Hypothesis::open(Cause::TokenExpired, "it is not known when the token expires", probe));
    }
    let why = if facts.profile.pasted {
        "a pasted token is the only one of this session"
    } else {
        "no newer token existed when this one was used"
    };
    found.push(Hypothesis::excluded(Cause::TokenRotation, why));
    found
}

/// A token that worked and is refused: supported where neither scopes nor ids can be why it is.
fn revoked(facts: &Facts<'_>, why: String, probe: Option<Probe>) -> Hypothesis {
    let elsewhere = facts.token().is_some_and(|b| b.refused.besides(facts.exchange.id).is_some());
    if elsewhere || facts.exchange.kind != ExchangeKind::Send || facts.answer.is_published() {
        Hypothesis::supported(Cause::TokenRevoked, why, probe)
    } else {
        Hypothesis::open(Cause::TokenRevoked, why, probe)
    }
}

/// That the API had let the same token in before this try, as another exchange shows.
fn worked_before(facts: &Facts<'_>) -> Option<String> {
    let attempt = facts.attempt?;
    let generation = attempt.generation?;
    let seen = facts.token()?.accepted.besides(facts.exchange.id).filter(|seen| seen.at < attempt.started)?;
    let before = attempt.started.since(seen.at).as_secs();
    Some(format!("token #{generation} worked {before} s before"))
}

/// The hypotheses for a 401 that a newer token healed.
pub fn healed(facts: &Facts<'_>) -> Vec<Hypothesis> {
    let Some(earlier) = facts.healed() else { return Vec::new() };
    let at = facts.at(earlier);
    let not_it = "the same message was accepted with a newer token";
    let others = [
        Cause::ScopeStripped,
        Cause::ScopeNotRequested,
        Cause::ParticipantMismatch,
        Cause::ConversationUnknown,
        Cause::RegionMismatch,
    ];
    let mut found = Hypothesis::none_of(others, not_it);
    if at.answer.is("credentials.expired") {
        found.insert(0, Hypothesis::named(Cause::TokenExpired, "the server says that the credentials have expired"));
        return found;
    }
    if let Some(expired) = ended(&at) {
        found.insert(0, expired);
        return found;
    }
    let number = |a: &Attempt| a.generation.map_or_else(|| "?".to_owned(), |g| g.to_string());
    let newer = facts.attempt.map_or_else(|| "?".to_owned(), number);
    let used = number(earlier);
    let existed = earlier.generation.and_then(|g| facts.history.newer_working(g, earlier.started)).is_some();
    if existed {
        let why = format!("token #{used} was used although #{newer} had been granted and works");
        found.insert(0, Hypothesis::proven(Cause::TokenRotation, why));
        return found;
    }
    let probe = Some(Probe::Audit);
    let revoked = match worked_before(&at) {
        Some(worked) => {
            let why = format!("{worked} and was refused before it expired; the new token #{newer} works");
            Hypothesis::supported(Cause::TokenRevoked, why, probe)
        }
        None => {
            let why = format!("token #{used} was refused before it expired; the new token #{newer} works");
            Hypothesis::open(Cause::TokenRevoked, why, probe)
        }
    };
    found.insert(0, revoked);
    let why = format!("the server may have ended #{used} early");
    found.insert(1, Hypothesis::open(Cause::TokenExpired, why, probe));
    found.push(Hypothesis::excluded(Cause::TokenRotation, format!("#{newer} did not exist when #{used} was used")));
    found
}

/// The token's time was over when it was used: by our clock, or by the server's own.
fn ended(facts: &Facts<'_>) -> Option<Hypothesis> {
    let book = facts.token()?;
    let token = book.facts.as_ref()?;
    let now: Moment = facts.ended()?;
    let number = token.generation;
    if let Some(over) = token.expires.filter(|e| now.mono >= e.mono || now.wall >= e.wall) {
        let ago = now.since(over).as_secs();
        return Some(Hypothesis::proven(Cause::TokenExpired, format!("token #{number} had expired {ago} s before")));
    }
    let (granted, lifetime, date) = (book.granted_at?, token.lifetime?, facts.answer.date?);
    let over = granted.saturating_add(lifetime).ok()?;
    if date < over {
        return None;
    }
    let why = format!("token #{number} had expired by the server's own clock (its Date header says so)");
    Some(Hypothesis::proven(Cause::TokenExpired, why))
}

/// The API let the same token in after it had refused this.
pub fn works_now(facts: &Facts<'_>) -> Option<String> {
    let attempt = facts.attempt?;
    let seen = facts.token()?.accepted.besides(facts.exchange.id).filter(|seen| seen.at >= attempt.started)?;
    let later = seen.at.since(attempt.started).as_secs();
    Some(format!("the API accepted the same token {later} s later"))
}
