//! The token endpoint. [real: seen in SDK source; the two descriptions of `invalid_client` 3p]

use crate::diagnosis::case::Facts;
use crate::diagnosis::hypothesis::Hypothesis;
use crate::model::{Cause, Probe};

/// Why no token came.
pub fn of(facts: &Facts<'_>) -> Vec<Hypothesis> {
    let said = &facts.answer;
    let code = said.code.as_deref().unwrap_or_default();
    let disabled = said.mentions("disabled") || said.mentions("inactive");
    match (said.status, code) {
        (_, "ip.not.authorized") => {
            vec![Hypothesis::named(Cause::AddressRefused, "the server says that this address is not allowed")]
        }
        (Some(429), _) => {
            vec![Hypothesis::named(Cause::RateLimited, "the token endpoint says that it was asked too often")]
        }
        (Some(status @ 500..=599), _) => {
            vec![Hypothesis::named(Cause::ServiceFailure, format!("the token endpoint itself answered {status}"))]
        }
        (_, _) if disabled => {
            vec![Hypothesis::named(Cause::ClientDisabled, "the server says that the client is disabled")]
        }
        (_, "unauthorized_client" | "unsupported_grant_type") => {
            let why = "this client may not use the client-credentials grant";
            vec![Hypothesis::supported(Cause::ClientDisabled, why, Some(Probe::Audit))]
        }
        (_, "invalid_client") if said.mentions("not found") => {
            // It does not exist here: mistyped, or of another region. Either way the id is wrong for this place.
            vec![
                Hypothesis::named(Cause::ClientRejected, "the server knows no client of this id in this region"),
                Hypothesis::open(Cause::RegionMismatch, "a client of another region is not found here", None),
            ]
        }
        (_, "invalid_client") => {
            vec![Hypothesis::named(
                Cause::ClientRejected,
                "the server knows the client, and its secret is not this one",
            )]
        }
        (_, "invalid_scope") => vec![Hypothesis::named(Cause::ScopeWrong, "the server knows no scope of that name")],
        (Some(401 | 403), _) => {
            vec![
                Hypothesis::open(Cause::ClientRejected, "a refused token request is mostly about id or secret", None),
                Hypothesis::open(Cause::ClientDisabled, "a disabled client may be answered so", Some(Probe::Audit)),
                Hypothesis::open(
                    Cause::AddressRefused,
                    "an address that is not allowed may be answered so",
                    Some(Probe::Audit),
                ),
            ]
        }
        (Some(200..=299), _) => {
            vec![Hypothesis::supported(Cause::ProxyAnswered, "the answer holds no token", Some(Probe::Tls))]
        }
        (Some(400), "invalid_request") => {
            vec![Hypothesis::named(Cause::BodyMalformed, "the server does not understand the token request")]
        }
        _ => Vec::new(),
    }
}
