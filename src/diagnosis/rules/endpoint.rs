//! The token endpoint. [real: seen in SDK source; the two descriptions of `invalid_client` 3p]

use crate::diagnosis::case::Facts;
use crate::diagnosis::hypothesis::Hypothesis;
use crate::model::{Cause, Probe};

/// Why no token came.
pub fn of(facts: &Facts<'_>) -> Vec<Hypothesis> {
    let said = &facts.answer;
    let code = said.code().unwrap_or_default();
    let disabled = said.mentions("disabled") || said.mentions("inactive");
    let named = |cause, why: &str| vec![Hypothesis::named(cause, why)];
    let audit = Some(Probe::Audit);
    match (said.status, code) {
        (_, "ip.not.authorized") => named(Cause::AddressRefused, "the server says that this address is not allowed"),
        (Some(429), _) => named(Cause::RateLimited, "the token endpoint says that it was asked too often"),
        (Some(status @ 500..=599), _) => {
            named(Cause::ServiceFailure, &format!("the token endpoint itself answered {status}"))
        }
        (_, _) if disabled => named(Cause::ClientDisabled, "the server says that the client is disabled"),
        (_, "unauthorized_client" | "unsupported_grant_type") => {
            let why = "this client may not use the client-credentials grant";
            vec![Hypothesis::supported(Cause::ClientDisabled, why, audit)]
        }
        (_, "invalid_client") => invalid_client(facts),
        (_, "invalid_scope") => named(Cause::ScopeWrong, "the server knows no scope of that name"),
        (Some(401 | 403), _) => {
            let usual = "a refused token request is usually about the id or the secret";
            let address = "an address that is not allowed gets the same answer";
            vec![
                Hypothesis::open(Cause::ClientRejected, usual, None),
                Hypothesis::open(Cause::ClientDisabled, "a disabled client gets the same answer", audit),
                Hypothesis::open(Cause::AddressRefused, address, audit),
            ]
        }
        (Some(200..=299), _) if said.by.is_service() => {
            vec![Hypothesis::supported(Cause::ServiceFailure, "the answer has no token that can be used", None)]
        }
        (Some(200..=299), _) => {
            vec![Hypothesis::supported(Cause::ProxyAnswered, "the answer has no token", Some(Probe::Tls))]
        }
        (Some(400), "invalid_request") => {
            named(Cause::BodyMalformed, "the server does not understand the token request")
        }
        _ => Vec::new(),
    }
}

/// `invalid_client`, with whatever description: the server refuses this id with this secret, sent in this way, at
/// this place. No wording of the answer proves which of them is wrong. [RFC 6749, 5.2]
fn invalid_client(facts: &Facts<'_>) -> Vec<Hypothesis> {
    let profile = facts.profile;
    let audit = Some(Probe::Audit);
    let said = facts.answer.refusal.message.as_ref().map_or_else(String::new, |m| format!(" (“{m}”)"));
    let known = facts.history.newest_facts().is_some_and(|t| !t.pasted);
    let why = if known {
        format!("this client was given a token before, and is refused now{said}: its secret may have been changed")
    } else {
        format!("the server refuses this id with this secret{said}")
    };
    let mut found = vec![Hypothesis::supported(Cause::ClientRejected, why, audit)];
    if known {
        let why = "this client was given a token here before";
        found.extend(Hypothesis::none_of([Cause::RegionMismatch, Cause::BodyMalformed], why));
    } else {
        let why = format!("a client of another region than {} is not known here", profile.region);
        found.push(Hypothesis::open(Cause::RegionMismatch, why, audit));
        let (now, other) = if profile.auth_in_body { ("body", "basic") } else { ("basic", "body") };
        let why = format!("id and secret were sent with client_auth = \"{now}\"; the server may want \"{other}\"");
        found.push(Hypothesis::open(Cause::BodyMalformed, why, Some(Probe::Token)));
    }
    found.push(Hypothesis::open(Cause::ClientDisabled, "a disabled client gets the same answer", audit));
    found
}
