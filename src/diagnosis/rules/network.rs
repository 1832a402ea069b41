//! No whole answer came: by the phase in which it broke.

use crate::diagnosis::case::Facts;
use crate::diagnosis::hypothesis::Hypothesis;
use crate::model::{Cause, Failure, FailureKind, Party, Phase, Probe, TlsFault};

/// Why no whole answer came.
pub fn of(facts: &Facts<'_>, failure: &Failure) -> Vec<Hypothesis> {
    let (phase, detail) = (failure.phase.word(), &failure.detail);
    let named = |cause, why: String| vec![Hypothesis::named(cause, why)];
    let service = |why| Hypothesis::open(Cause::ServiceFailure, why, None);
    let probe = Some(Probe::Tls);
    if let (Party::Proxy(proxy), FailureKind::Connect | FailureKind::Dns) = (&failure.party, failure.kind) {
        return named(Cause::NetworkConnect, format!("no connection to {proxy}: {detail}"));
    }
    if let Party::CaFile(path) = &failure.party {
        return named(Cause::NetworkTls, format!("the CA file {path} cannot be used: {detail}"));
    }
    match failure.kind {
        FailureKind::Dns => named(Cause::NetworkDns, format!("the name has no address: {detail}")),
        FailureKind::Connect => named(Cause::NetworkConnect, format!("no connection: {detail}")),
        FailureKind::Tls(fault) => tls(facts, fault, detail),
        FailureKind::Proxy => named(Cause::ProxyAnswered, format!("nothing reached the service: {}", failure.line())),
        FailureKind::Timeout => {
            let of = if let Party::Proxy(proxy) = &failure.party { format!(" of {proxy}") } else { String::new() };
            named(Cause::NetworkTimeout, format!("nothing was received{of} in time while {phase}"))
        }
        // The platform says that the session is over, and then closes its socket.
        FailureKind::SessionEnded => {
            let why = "the session ended before the echo of the message was received";
            named(Cause::ConversationEnded, why.to_owned())
        }
        FailureKind::Reset => {
            let how = if failure.partial.is_some() { "broke" } else { "was closed" };
            named(Cause::NetworkConnect, format!("the connection {how} while {phase}: {detail}"))
        }
        FailureKind::Unprocessed => {
            named(Cause::ServiceFailure, format!("the server accepted no more requests: {detail}"))
        }
        FailureKind::TooLarge => vec![
            Hypothesis::supported(Cause::ProxyAnswered, format!("the answer is too large: {detail}"), probe),
            service("the service may have sent it"),
        ],
        FailureKind::Protocol if facts.answer.status.is_some() || failure.phase == Phase::Body => vec![
            Hypothesis::supported(Cause::NetworkConnect, format!("the answer is cut short: {detail}"), probe),
            Hypothesis::open(Cause::ProxyAnswered, "something on the way may have cut it", probe),
            service("the service may have cut it"),
        ],
        FailureKind::Protocol => vec![
            Hypothesis::supported(Cause::ProxyAnswered, format!("the answer is not HTTP: {detail}"), probe),
            service("the service may have sent it"),
        ],
        // The variable that should name a proxy.
        FailureKind::Invalid if failure.phase == Phase::Connect => named(Cause::NetworkConnect, detail.clone()),
        FailureKind::Invalid | FailureKind::Cancelled => Vec::new(),
    }
}

fn tls(facts: &Facts<'_>, fault: TlsFault, detail: &str) -> Vec<Hypothesis> {
    let refused = format!("TLS was not accepted: {detail}");
    // A certificate whose time has not come, or is over, is mostly a clock that is wrong.
    let time = matches!(fault, TlsFault::NotYetValid | TlsFault::Expired);
    let skew = facts.history.skew.unwrap_or(0);
    if !time || skew.saturating_abs() <= 60 {
        return vec![Hypothesis::named(Cause::NetworkTls, refused)];
    }
    let why = format!("the certificate's time does not fit this machine's clock, which differs by {skew} s");
    vec![
        Hypothesis::supported(Cause::ClockSkew, why, Some(Probe::Clock)),
        Hypothesis::supported(Cause::NetworkTls, refused, Some(Probe::Tls)),
    ]
}
