//! Somebody else than the service answered, or nothing shows that the service did.

use crate::diagnosis::case::Facts;
use crate::diagnosis::hypothesis::{Hypothesis, Support};
use crate::genesys::answerer::Answerer;
use crate::model::{Cause, Probe, Sign};

/// Whose answer it is.
pub fn of(facts: &Facts<'_>) -> Vec<Hypothesis> {
    let status = facts.answer.status.unwrap_or(0);
    let cause = Cause::ProxyAnswered;
    let why = match &facts.answer.by {
        Answerer::Other(Sign::ProxyLogin) => {
            return vec![Hypothesis::named(cause, "a proxy asks for credentials of its own (407)")];
        }
        Answerer::Other(Sign::NetworkLogin) => {
            return vec![Hypothesis::named(cause, "the network asks for a sign-in first (511)")];
        }
        Answerer::Other(Sign::Header(line)) => {
            return vec![Hypothesis::named(cause, format!("the answer is a proxy's own: “{line}”, status {status}"))];
        }
        Answerer::Other(Sign::Via(line)) if status < 500 => {
            return vec![Hypothesis::named(cause, format!("a page that came through “{line}”, status {status}"))];
        }
        Answerer::Other(Sign::Via(line)) => {
            let why = format!("a page that came through “{line}”, status {status}");
            let passed_on = "the proxy may have passed on a page of the service's load balancer";
            return vec![
                Hypothesis::supported(cause, why, Some(Probe::Tls)),
                Hypothesis::open(Cause::ServiceFailure, passed_on, Some(Probe::Scopes)),
            ];
        }
        Answerer::Other(Sign::Redirect) => {
            let location = facts.answer.refusal.location.as_deref().unwrap_or("another address");
            format!("the answer {status} leads to {location}; the service never redirects")
        }
        Answerer::Other(Sign::Gateway) => {
            format!("status {status} with the words of an API gateway, which the service does not use")
        }
        Answerer::Other(Sign::Html) => format!("the answer is a page for a browser, status {status}"),
        Answerer::Service | Answerer::Unproven => {
            format!("the answer is a text, and the service sends JSON; status {status}")
        }
    };
    let probe = Some(Probe::Tls);
    match status {
        500..=599 => vec![
            Hypothesis::open(Cause::ServiceFailure, "the service's load balancer sends the same", Some(Probe::Scopes)),
            Hypothesis::open(cause, why, probe),
        ],
        _ => vec![Hypothesis::supported(cause, why, probe)],
    }
}

/// `found` by an answer that nothing shows to be the service's: it names nothing for sure, and anybody may have given it.
pub fn unproven(facts: &Facts<'_>, mut found: Vec<Hypothesis>) -> Vec<Hypothesis> {
    // Anybody on the way who refuses answers with one of these.
    let common = matches!(facts.answer.status, Some(401 | 403 | 404));
    for hypothesis in found.iter_mut().filter(|h| h.standing == Support::Named) {
        hypothesis.standing = if common { Support::Open } else { Support::Supported };
    }
    for failure in found.iter_mut().filter(|h| h.cause == Cause::ServiceFailure) {
        failure.probe = failure.probe.or(Some(Probe::Scopes));
    }
    if let Some(phrase) = facts.answer.refusal.phrase.as_ref().filter(|_| common) {
        let why = format!("the status line says “{phrase}”, as filters and proxies do");
        found.insert(0, Hypothesis::supported(Cause::ProxyAnswered, why, Some(Probe::Tls)));
    } else if found.iter().all(|h| h.cause != Cause::ProxyAnswered) {
        let why = "nothing in the answer shows that it comes from the service";
        found.push(Hypothesis::open(Cause::ProxyAnswered, why, Some(Probe::Tls)));
    }
    found
}
