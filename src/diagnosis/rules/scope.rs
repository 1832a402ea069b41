//! What the token may do, in the world where scopes decide. [the Guest API's description]

use crate::diagnosis::case::Facts;
use crate::diagnosis::hypothesis::Hypothesis;
use crate::model::{Cause, Granted, Probe};

/// How the three scope causes stand for the token that was used, where `required` are the scopes that are needed.
pub fn of(facts: &Facts<'_>, required: &[String]) -> Vec<Hypothesis> {
    if required.is_empty() {
        return Vec::new();
    }
    let token = facts.token().and_then(|b| b.facts.as_ref());
    let requested = token.map_or(&facts.profile.requested, |t| &t.requested);
    let needed = required.join(" ");
    let all_asked = required.iter().all(|s| requested.contains(s));
    let asked_line = if requested.is_empty() { "none".to_owned() } else { requested.join(" ") };
    let causes = [Cause::ScopeStripped, Cause::ScopeNotRequested, Cause::ScopeWrong];
    let probe = Some(Probe::Scopes);
    match token.map(|t| &t.granted) {
        Some(Granted::Named(granted)) if required.iter().all(|s| granted.contains(s)) => {
            let why = format!("the token was granted {needed}");
            if facts.fresh().is_some() {
                return Hypothesis::none_of(causes, &why);
            }
            let since = format!("{why}; the Guest API may have been switched off since");
            vec![
                Hypothesis::open(Cause::ScopeStripped, since, Some(Probe::Token)),
                Hypothesis::excluded(Cause::ScopeNotRequested, why.clone()),
                Hypothesis::excluded(Cause::ScopeWrong, why),
            ]
        }
        Some(Granted::Named(granted)) => {
            let granted_line = if granted.is_empty() { "none".to_owned() } else { granted.join(" ") };
            let other = granted.iter().chain(requested).find(|s| is_messaging(s) && !required.contains(s));
            let cause = match (all_asked, other) {
                (true, Some(other)) if granted.contains(other) => Cause::ScopeWrong,
                (true, _) => Cause::ScopeStripped,
                (false, Some(_)) => Cause::ScopeWrong,
                (false, None) => Cause::ScopeNotRequested,
            };
            let why = match cause {
                Cause::ScopeWrong => format!("the token has {granted_line} and not {needed}"),
                Cause::ScopeStripped => format!("the token was granted without {needed}"),
                _ => format!("{needed} was never asked for (asked: {asked_line})"),
            };
            let others = causes.into_iter().filter(|c| *c != cause);
            let out = format!("asked: {asked_line}; granted: {granted_line}");
            let mut found: Vec<_> = others.map(|c| Hypothesis::excluded(c, out.clone())).collect();
            found.insert(0, Hypothesis::proven(cause, why));
            found
        }
        _ if facts.profile.pasted => vec![
            Hypothesis::open(
                Cause::ScopeNotRequested,
                "it is not known which scopes were asked for with the pasted token",
                probe,
            ),
            Hypothesis::open(Cause::ScopeStripped, "it is not known which scopes were granted", probe),
            Hypothesis::open(Cause::ScopeWrong, "it is not known which scopes were granted", probe),
        ],
        _ if all_asked => vec![
            Hypothesis::open(Cause::ScopeStripped, "it is not known which scopes were granted", probe),
            Hypothesis::excluded(Cause::ScopeNotRequested, format!("{needed} was asked for")),
            Hypothesis::open(Cause::ScopeWrong, "it is not known which scopes were granted", probe),
        ],
        _ => {
            let why = format!(
                "{needed} was not asked for (asked: {asked_line}), and it is not known which scopes were granted"
            );
            vec![
                Hypothesis::supported(Cause::ScopeNotRequested, why, probe),
                Hypothesis::excluded(Cause::ScopeStripped, "a scope that was not asked for cannot be stripped"),
            ]
        }
    }
}

/// A scope that speaks of messaging. [`messaging:guest` and `messaging:send`: the Guest API's description]
pub fn is_messaging(scope: &str) -> bool {
    scope.starts_with("messaging") || scope.starts_with("guest:")
}
