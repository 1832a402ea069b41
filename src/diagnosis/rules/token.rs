//! The token's own life: expired, withdrawn, half-rotated.

use crate::diagnosis::case::Facts;
use crate::diagnosis::hypothesis::Hypothesis;
use crate::model::{Attempt, Cause, Moment, Probe, Step};

/// How the three stand for the token that was used.
pub fn of(facts: &Facts<'_>) -> Vec<Hypothesis> {
    if let Some(expired) = ended(facts) {
        return vec![expired];
    }
    let causes = [Cause::TokenExpired, Cause::TokenRevoked, Cause::TokenRotation];
    if let Some(why) = works_now(facts).or_else(|| facts.fresh()) {
        return causes.map(|cause| Hypothesis::excluded(cause, why.clone())).into();
    }
    let probe = Some(Probe::Scopes);
    let mut found = Vec::new();
    if let Some((newer, _)) = facts.generation().and_then(|g| facts.history.newer_accepted(g)) {
        let used = facts.generation().map_or_else(|| "?".to_owned(), |g| g.to_string());
        return vec![
            Hypothesis::proven(Cause::TokenRotation, format!("token #{used} was used while the newer #{newer} works")),
            Hypothesis::excluded(Cause::TokenExpired, "its time is not over"),
        ];
    }
    let book = facts.token();
    let worked = book.and_then(|b| b.accepted);
    let refused = book.and_then(|b| b.refused);
    let known_end = book.and_then(|b| b.facts.as_ref()).is_some_and(|f| f.expires.is_some());
    match (worked, refused) {
        (Some(_), Some(_)) if known_end => {
            let why = "the token worked earlier in this session, is refused now, and its time is not over";
            found.push(Hypothesis::supported(Cause::TokenRevoked, why, probe));
        }
        _ => found.push(Hypothesis::open(Cause::TokenRevoked, "a withdrawn token looks like this", probe)),
    }
    if known_end {
        let why = "its time is not over by this machine's clock; the server may have ended it";
        found.push(Hypothesis::open(Cause::TokenExpired, why, probe));
    } else {
        found.insert(0, Hypothesis::open(Cause::TokenExpired, "when the token ends is not known", probe));
    }
    if facts.profile.pasted {
        found.push(Hypothesis::excluded(Cause::TokenRotation, "a pasted token is the only one of this session"));
    } else {
        found.push(Hypothesis::open(Cause::TokenRotation, "no newer token has been tried", Some(Probe::Token)));
    }
    found
}

/// The hypotheses for a 401 that a newer token healed.
pub fn healed(facts: &Facts<'_>) -> Vec<Hypothesis> {
    let Some(earlier) = facts.healed() else { return Vec::new() };
    let at = facts.at(earlier);
    let not_it = "the same message was accepted with a newer token";
    let mut found: Vec<Hypothesis> = [
        Cause::ScopeStripped,
        Cause::ScopeNotRequested,
        Cause::ParticipantMismatch,
        Cause::ConversationUnknown,
        Cause::RegionMismatch,
    ]
    .map(|cause| Hypothesis::excluded(cause, not_it))
    .into();
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
    let renewed = facts.exchange.steps.iter().any(|s| matches!(s, Step::Renewal { .. }));
    if !renewed {
        let why = format!("token #{used} was refused while #{newer} had been given out already and works");
        found.insert(0, Hypothesis::proven(Cause::TokenRotation, why));
        return found;
    }
    let probe = Some(Probe::Audit);
    let why = format!("token #{used} was refused before its end; a renewal brought #{newer}, which works");
    found.insert(0, Hypothesis::supported(Cause::TokenRotation, why, None));
    let why = format!("someone or something may have withdrawn #{used}");
    found.insert(1, Hypothesis::open(Cause::TokenRevoked, why, probe));
    let why = format!("the server may have ended #{used} before the time that it had named");
    found.insert(2, Hypothesis::open(Cause::TokenExpired, why, probe));
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
        return Some(Hypothesis::proven(Cause::TokenExpired, format!("token #{number} had ended {ago} s before")));
    }
    let (granted, lifetime, date) = (book.granted_at?, token.lifetime?, facts.answer.date?);
    let over = granted.saturating_add(lifetime).ok()?;
    if date < over {
        return None;
    }
    let why = format!("token #{number} had ended by the server's own clock (its Date header says so)");
    Some(Hypothesis::proven(Cause::TokenExpired, why))
}

/// The API let the same token in after it had refused this.
pub fn works_now(facts: &Facts<'_>) -> Option<String> {
    let attempt = facts.attempt?;
    let seen = facts.token()?.accepted.filter(|s| s.at >= attempt.started && s.exchange != facts.exchange.id)?;
    let later = seen.at.since(attempt.started).as_secs();
    Some(format!("the API let the same token in {later} s later"))
}
