//! No whole answer came: by the phase in which it broke.

use crate::diagnosis::case::Facts;
use crate::diagnosis::hypothesis::Hypothesis;
use crate::model::{Cause, Failure, FailureKind, Party, Phase, Probe, TlsFault};

/// Why no whole answer came.
pub fn of(facts: &Facts<'_>, failure: &Failure) -> Vec<Hypothesis> {
    let where_ = failure.phase.word();
    let detail = &failure.detail;
    if let (Party::Proxy(proxy), FailureKind::Connect | FailureKind::Dns) = (&failure.party, failure.kind) {
        return vec![Hypothesis::named(Cause::NetworkConnect, format!("no connection to {proxy}: {detail}"))];
    }
    if let Party::CaFile(path) = &failure.party {
        return vec![Hypothesis::named(Cause::NetworkTls, format!("the CA file {path} cannot be used: {detail}"))];
    }
    match failure.kind {
        FailureKind::Dns => vec![Hypothesis::named(Cause::NetworkDns, format!("the name has no address: {detail}"))],
        FailureKind::Connect => vec![Hypothesis::named(Cause::NetworkConnect, format!("no connection: {detail}"))],
        FailureKind::Tls(fault) => tls(facts, fault, detail),
        FailureKind::Proxy => {
            vec![Hypothesis::named(Cause::ProxyAnswered, format!("nothing reached the service: {}", failure.line()))]
        }
        FailureKind::Timeout => {
            let of = if let Party::Proxy(proxy) = &failure.party { format!(" of {proxy}") } else { String::new() };
            vec![Hypothesis::named(Cause::NetworkTimeout, format!("nothing was received{of} in time while {where_}"))]
        }
        // The platform says that the session is over, and then closes its socket.
        FailureKind::SessionEnded => {
            let why = "the session ended before the echo of the message was received";
            vec![Hypothesis::named(Cause::ConversationEnded, why)]
        }
        FailureKind::Reset if failure.partial.is_some() => {
            vec![Hypothesis::named(Cause::NetworkConnect, format!("the connection broke while {where_}: {detail}"))]
        }
        FailureKind::Reset => {
            vec![Hypothesis::named(
                Cause::NetworkConnect,
                format!("the connection was closed while {where_}: {detail}"),
            )]
        }
        FailureKind::Unprocessed => {
            vec![Hypothesis::named(Cause::ServiceFailure, format!("the server accepted no more requests: {detail}"))]
        }
        FailureKind::TooLarge => vec![
            Hypothesis::supported(Cause::ProxyAnswered, format!("the answer is too large: {detail}"), Some(Probe::Tls)),
            Hypothesis::open(Cause::ServiceFailure, "the service may have sent it", None),
        ],
        FailureKind::Protocol if facts.answer.status.is_some() || failure.phase == Phase::Body => {
            vec![
                Hypothesis::supported(
                    Cause::NetworkConnect,
                    format!("the answer is cut short: {detail}"),
                    Some(Probe::Tls),
                ),
                Hypothesis::open(Cause::ProxyAnswered, "something on the way may have cut it", Some(Probe::Tls)),
                Hypothesis::open(Cause::ServiceFailure, "the service may have cut it", None),
            ]
        }
        FailureKind::Protocol => {
            vec![
                Hypothesis::supported(
                    Cause::ProxyAnswered,
                    format!("the answer is not HTTP: {detail}"),
                    Some(Probe::Tls),
                ),
                Hypothesis::open(Cause::ServiceFailure, "the service may have sent it", None),
            ]
        }
        // The variable that should name a proxy.
        FailureKind::Invalid if failure.phase == Phase::Connect => {
            vec![Hypothesis::named(Cause::NetworkConnect, detail.clone())]
        }
        FailureKind::Invalid | FailureKind::Cancelled => Vec::new(),
    }
}

fn tls(facts: &Facts<'_>, fault: TlsFault, detail: &str) -> Vec<Hypothesis> {
    let mut found = Vec::new();
    // A certificate whose time has not come, or is over, is mostly a clock that is wrong.
    let time = matches!(fault, TlsFault::NotYetValid | TlsFault::Expired);
    let skew = facts.history.skew().unwrap_or(0);
    if time && skew.saturating_abs() > 60 {
        let why = format!("the certificate's time does not fit this machine's clock, which differs by {skew} s");
        found.push(Hypothesis::supported(Cause::ClockSkew, why, Some(Probe::Clock)));
        found.push(Hypothesis::supported(
            Cause::NetworkTls,
            format!("TLS was not accepted: {detail}"),
            Some(Probe::Tls),
        ));
        return found;
    }
    found.push(Hypothesis::named(Cause::NetworkTls, format!("TLS was not accepted: {detail}")));
    found
}
