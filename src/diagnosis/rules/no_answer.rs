//! The service's answer did not come: the network broke, by the phase in which it did, or somebody else answered, or
//! nothing shows that the service did.

use crate::diagnosis::facts::{CaseFacts, SKEW};
use crate::diagnosis::hypothesis::{Hypothesis, Support, named, open, supported};
use crate::genesys::answerer::Answerer;
use crate::model::{Cause, Failure, FailureKind, Party, Phase, Probe, Sign, TlsFault};

pub fn broken(facts: &CaseFacts<'_>, failure: &Failure) -> Vec<Hypothesis> {
    let (phase, detail) = (failure.phase.during(), &failure.detail);
    let service = |why| open(Cause::ServiceFailure, why);
    let found = match (&failure.party, failure.kind) {
        (Party::Proxy { proxy }, FailureKind::Connect | FailureKind::Dns) => {
            named(Cause::NetworkConnect, format!("no connection to {proxy}: {detail}"))
        }
        (Party::CaFile { ca_file: path }, _) => {
            named(Cause::NetworkTls, format!("the CA file {path} cannot be used: {detail}"))
        }
        (_, FailureKind::Dns) => named(Cause::NetworkDns, format!("the name has no address: {detail}")),
        (_, FailureKind::Connect) => named(Cause::NetworkConnect, format!("no connection: {detail}")),
        (_, FailureKind::Tls(fault)) => return tls(facts, fault, detail),
        (_, FailureKind::Proxy) => {
            named(Cause::ProxyAnswered, format!("nothing reached the service: {}", failure.line()))
        }
        (party, FailureKind::Timeout) => {
            let of = if let Party::Proxy { proxy } = party { format!(" of {proxy}") } else { String::new() };
            named(Cause::NetworkTimeout, format!("nothing was received{of} in time {phase}"))
        }
        // The platform says that the session is over, and then closes its socket.
        (_, FailureKind::SessionEnded) => {
            named(Cause::ConversationEnded, "the session ended before the echo of the message was received")
        }
        (_, FailureKind::Reset) => {
            let how = if failure.partial.is_some() { "broke" } else { "was closed" };
            named(Cause::NetworkConnect, format!("the connection {how} {phase}: {detail}"))
        }
        (_, FailureKind::Unprocessed) => {
            named(Cause::ServiceFailure, format!("the server accepted no more requests: {detail}"))
        }
        (_, FailureKind::TooLarge) => {
            let foreign = supported(Cause::ProxyAnswered, format!("the answer is too large: {detail}"));
            return vec![foreign.by(Probe::Tls), service("the service may have sent it")];
        }
        (_, FailureKind::Protocol) if facts.answer.status.is_some() || failure.phase == Phase::Body => {
            let cut = supported(Cause::NetworkConnect, format!("the answer is cut short: {detail}"));
            let foreign = open(Cause::ProxyAnswered, "something on the way may have cut it");
            return vec![cut.by(Probe::Tls), foreign.by(Probe::Tls), service("the service may have cut it")];
        }
        (_, FailureKind::Protocol) if facts.request.is_frame() => {
            let theirs = supported(Cause::ServiceFailure, format!("the guest socket broke: {detail}"));
            let changed = open(Cause::ProxyAnswered, "something on the way may have changed it");
            return vec![theirs.by(Probe::Tls), changed.by(Probe::Tls)];
        }
        (_, FailureKind::Protocol) => {
            let foreign = supported(Cause::ProxyAnswered, format!("the answer is not HTTP: {detail}"));
            return vec![foreign.by(Probe::Tls), service("the service may have sent it")];
        }
        // The variable that should name a proxy.
        (_, FailureKind::Invalid) if failure.phase == Phase::Connect => named(Cause::NetworkConnect, detail),
        (_, FailureKind::Invalid | FailureKind::Unrecorded | FailureKind::Cancelled) => return Vec::new(),
    };
    vec![found]
}

fn tls(facts: &CaseFacts<'_>, fault: TlsFault, detail: &str) -> Vec<Hypothesis> {
    let refused = format!("TLS was not accepted: {detail}");
    // A certificate whose time has not come, or is over, is mostly a clock that is wrong.
    let time = matches!(fault, TlsFault::NotYetValid | TlsFault::Expired);
    let skew = facts.history.skew.unwrap_or(0);
    if !time || skew.saturating_abs() <= SKEW {
        return vec![named(Cause::NetworkTls, refused)];
    }
    let why = format!("the certificate's time does not fit this machine's clock, which differs by {skew} s");
    vec![supported(Cause::ClockSkew, why).by(Probe::Clock), supported(Cause::NetworkTls, refused).by(Probe::Tls)]
}

pub fn foreign(facts: &CaseFacts<'_>) -> Vec<Hypothesis> {
    let status = facts.answer.status.unwrap_or(0);
    let cause = Cause::ProxyAnswered;
    let service = |why| open(Cause::ServiceFailure, why).by(Probe::Scopes);
    let why = match &facts.answer.by {
        Answerer::Other(Sign::ProxyLogin) => {
            return vec![named(cause, "a proxy asks for credentials of its own (407)")];
        }
        Answerer::Other(Sign::NetworkLogin) => {
            return vec![named(cause, "the network asks for a sign-in first (511)")];
        }
        Answerer::Other(Sign::Header(line)) => {
            return vec![named(cause, format!("the answer is a proxy's own: “{line}”, status {status}"))];
        }
        Answerer::Other(Sign::Via(line)) => {
            let why = format!("a page that came through “{line}”, status {status}");
            if status < 500 {
                return vec![named(cause, why)];
            }
            let passed_on = "the proxy may have passed on a page of the service's load balancer";
            return vec![supported(cause, why).by(Probe::Tls), service(passed_on)];
        }
        Answerer::Other(Sign::Redirect) => {
            let location = facts.answer.error.refusal.location.as_deref().unwrap_or("another address");
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
    if matches!(status, 500..=599) {
        return vec![service("the service's load balancer sends the same"), open(cause, why).by(Probe::Tls)];
    }
    vec![supported(cause, why).by(Probe::Tls)]
}

/// `found` by an answer that nothing shows to be the service's: it names nothing for sure, and anybody may have given it.
pub fn unproven(facts: &CaseFacts<'_>, mut found: Vec<Hypothesis>) -> Vec<Hypothesis> {
    // Anybody on the way who refuses answers with one of these.
    let common = matches!(facts.answer.status, Some(401 | 403 | 404));
    for hypothesis in found.iter_mut().filter(|h| h.standing == Support::Named) {
        hypothesis.standing = if common { Support::Open } else { Support::Supported };
    }
    for failure in found.iter_mut().filter(|h| h.cause == Cause::ServiceFailure) {
        failure.probe = failure.probe.or(Some(Probe::Scopes));
    }
    if let Some(phrase) = facts.answer.error.refusal.phrase.as_ref().filter(|_| common) {
        let why = format!("the status line says “{phrase}”, as filters and proxies do");
        found.insert(0, supported(Cause::ProxyAnswered, why).by(Probe::Tls));
    } else if found.iter().all(|h| h.cause != Cause::ProxyAnswered) {
        let why = "nothing in the answer shows that it comes from the service";
        found.push(open(Cause::ProxyAnswered, why).by(Probe::Tls));
    }
    found
}
