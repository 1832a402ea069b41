//! A 401 that names nothing. In the Guest API's description one and the same answer stands for tokens, scopes and ids,
//! "because the permission check runs first": all of them are weighed side by side.

use super::{address, ids, scope, token};
use crate::diagnosis::case::Facts;
use crate::diagnosis::hypothesis::{Hypothesis, Support};
use crate::model::{Cause, Probe};

/// A clock that differs by more is worth a word.
const SKEW: i64 = 60;

/// All that it can mean.
pub fn of(facts: &Facts<'_>) -> Vec<Hypothesis> {
    if !facts.request.bearer {
        return vec![Hypothesis::proven(Cause::TokenAbsent, "the request had no Authorization header")];
    }
    let mut found = Vec::new();
    if facts.is_guest_send() {
        let mut scopes = scope::of(facts, &facts.profile.required);
        let mut addressed = ids::of(facts);
        if address::refused_elsewhere(facts) && token::works_now(facts).is_none() {
            let why = "the token is refused also where neither scope nor ids matter";
            let proven = |h: &Hypothesis| h.standing >= Support::Proven;
            for hypothesis in scopes.iter_mut().chain(&mut addressed).filter(|h| !proven(h)) {
                *hypothesis = Hypothesis::excluded(hypothesis.cause, why);
            }
        }
        found.append(&mut scopes);
        found.append(&mut addressed);
    }
    found.extend(token::of(facts));
    found.extend(address::of(facts, facts.answer.is_published()));
    found.push(clock(facts));
    found.push(Hypothesis::excluded(Cause::RateLimited, "a rate limit answers 429"));
    if facts.generation().is_some() && !facts.profile.pasted {
        found.push(Hypothesis::excluded(Cause::ClientRejected, "the token endpoint gave a token to this client"));
    }
    found
}

fn clock(facts: &Facts<'_>) -> Hypothesis {
    let ended = facts.ended().map(|m| m.wall);
    let skew = facts
        .answer
        .date
        .zip(ended)
        .map(|(date, ours)| date.duration_since(ours).as_secs())
        .or(facts.history.skew)
        .unwrap_or(0);
    if skew.saturating_abs() <= SKEW {
        return Hypothesis::excluded(Cause::ClockSkew, "the clocks agree within a minute");
    }
    // A bearer token does not depend on this machine's clock, so a difference alone refuses nothing.
    if facts.fresh().is_some() {
        return Hypothesis::excluded(
            Cause::ClockSkew,
            format!("the clocks differ by {skew} s, but the token is fresh"),
        );
    }
    let why = format!("the server's clock differs by {skew} s: by that clock the token may have expired");
    Hypothesis::open(Cause::ClockSkew, why, Some(Probe::Clock))
}
