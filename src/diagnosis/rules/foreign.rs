//! A page where the service's JSON is due: something on the way answered, or the service's own edge did.

use crate::diagnosis::case::Facts;
use crate::diagnosis::hypothesis::Hypothesis;
use crate::model::{Cause, Outcome, Probe};

/// Whose page it is.
pub fn of(facts: &Facts<'_>) -> Vec<Hypothesis> {
    let said = &facts.answer;
    let status = said.status.unwrap_or(0);
    if status == 407 {
        return vec![Hypothesis::named(Cause::ProxyAnswered, "a proxy asks for credentials of its own (407)")];
    }
    if let Some(line) = &said.by_the_way {
        let accepted = if facts.exchange.outcome == Outcome::Accepted { "; the message was NOT received" } else { "" };
        let why = format!("a page with “{line}” and none of the service's headers{accepted}");
        return vec![Hypothesis::named(Cause::ProxyAnswered, why)];
    }
    let page = "a page without any of the service's headers";
    let proxy = |standing: fn(Cause, String, Option<Probe>) -> Hypothesis| {
        standing(Cause::ProxyAnswered, format!("{page}, status {status}"), Some(Probe::Tls))
    };
    match status {
        500..=599 => vec![
            Hypothesis::open(Cause::ServiceFailure, "the service's load balancer answers so too", Some(Probe::Scopes)),
            proxy(Hypothesis::open),
        ],
        _ => vec![proxy(Hypothesis::supported)],
    }
}
