//! No whole answer came: by the phase in which it broke.

use crate::diagnosis::case::Facts;
use crate::diagnosis::hypothesis::Hypothesis;
use crate::model::{Cause, Failure, FailureKind, Phase, Probe};

/// Why no whole answer came.
pub fn of(facts: &Facts<'_>, failure: &Failure) -> Vec<Hypothesis> {
    let where_ = failure.phase.word();
    let detail = &failure.detail;
    match failure.kind {
        FailureKind::Dns => vec![Hypothesis::named(Cause::NetworkDns, format!("the name has no address: {detail}"))],
        FailureKind::Connect => vec![Hypothesis::named(Cause::NetworkConnect, format!("no connection: {detail}"))],
        FailureKind::Tls => tls(facts, detail),
        FailureKind::Timeout => {
            vec![Hypothesis::named(Cause::NetworkTimeout, format!("nothing came in time while {where_}"))]
        }
        // The platform says that the session is over, and then closes its socket.
        FailureKind::Reset if facts.wire.frame && detail.contains("session ended") => {
            let why = "the session ended while the message waited for its echo";
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
        FailureKind::Protocol if facts.said.status.is_some() || failure.phase == Phase::Body => {
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
                    format!("what came is not HTTP: {detail}"),
                    Some(Probe::Tls),
                ),
                Hypothesis::open(Cause::ServiceFailure, "the service may have answered so", None),
            ]
        }
        FailureKind::Invalid | FailureKind::Cancelled => Vec::new(),
    }
}

fn tls(facts: &Facts<'_>, detail: &str) -> Vec<Hypothesis> {
    let lower = detail.to_ascii_lowercase();
    let mut found = Vec::new();
    // A certificate whose time has not come, or is over, is mostly a clock that is wrong.
    let time = ["notvalidyet", "not valid yet", "expired"].iter().any(|w| lower.contains(w));
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
