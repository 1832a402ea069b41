//! Where the token is used: another region's host, or an address that is not allowed.

use crate::config::regions;
use crate::diagnosis::case::Facts;
use crate::diagnosis::evidence::request::authority;
use crate::diagnosis::hypothesis::Hypothesis;
use crate::model::{Cause, Probe};

/// How the token's host and the API's host stand to each other.
#[derive(Debug, PartialEq, Eq)]
enum Hosts {
    /// One host, or two of one region.
    One,
    /// Of two known regions.
    Two(String, String),
    /// Different hosts whose regions are not known.
    Unknown,
}

fn hosts(facts: &Facts<'_>) -> Hosts {
    let (token, api) = (authority(&facts.profile.token_host), authority(&facts.profile.api));
    if token == api {
        return Hosts::One;
    }
    // `login.mypurecloud.de` is of the region `mypurecloud.de`.
    let region = |host: &str| {
        let (_, domain) = host.split_once('.')?;
        regions::find(domain).map(|r| r.domain.clone())
    };
    match (region(token), region(api)) {
        (Some(a), Some(b)) if a == b => Hosts::One,
        (Some(a), Some(b)) => Hosts::Two(a, b),
        _ => Hosts::Unknown,
    }
}

/// How region and address stand. `named` says that the server would have named a refused address.
pub fn of(facts: &Facts<'_>, named: bool) -> Vec<Hypothesis> {
    let causes = [Cause::RegionMismatch, Cause::AddressRefused];
    if facts.history.works.is_some() {
        return Hypothesis::none_of(causes, "this API host has accepted a token of this session");
    }
    let probe = Some(Probe::Scopes);
    let address = if named {
        Hypothesis::excluded(Cause::AddressRefused, "the server names a refused address (ip.not.authorized)")
    } else {
        Hypothesis::open(Cause::AddressRefused, "no request from this address has been accepted yet", probe)
    };
    vec![region(facts, probe), address]
}

fn region(facts: &Facts<'_>, probe: Option<Probe>) -> Hypothesis {
    let fresh = facts.fresh();
    let elsewhere = refused_elsewhere(facts);
    let cause = Cause::RegionMismatch;
    match (hosts(facts), fresh) {
        (Hosts::Two(token, api), Some(_)) => Hypothesis::proven(
            cause,
            format!("the token is from {token} and was refused at {api}, although it was new"),
        ),
        (Hosts::Two(token, api), None) => {
            Hypothesis::supported(cause, format!("the token is from {token} and was used at {api}"), probe)
        }
        (Hosts::Unknown, Some(_)) if elsewhere => {
            let (token, api) = (authority(&facts.profile.token_host), authority(&facts.profile.api));
            let why = format!("{api} refuses every token that {token} has just granted, whatever the request");
            Hypothesis::proven(cause, why)
        }
        (Hosts::Unknown, _) => Hypothesis::open(cause, "the token comes from another host than the API's", probe),
        (Hosts::One, _) if facts.profile.pasted => {
            Hypothesis::open(cause, "it is not known where the pasted token comes from", probe)
        }
        (Hosts::One, _) => Hypothesis::excluded(cause, "the token comes from the API's own region"),
    }
}

/// The API refuses the same token where neither scope nor ids of a message matter: here, if this is no message, or
/// elsewhere.
pub fn refused_elsewhere(facts: &Facts<'_>) -> bool {
    let own = facts.exchange.id;
    if facts.exchange.kind != crate::model::ExchangeKind::Send && facts.answer.status == Some(401) {
        return true;
    }
    let refused = facts.token().and_then(|b| Some((b.refused.besides(own)?, b.accepted.besides(own))));
    refused.is_some_and(|(refused, accepted)| accepted.is_none_or(|a| refused.at >= a.at))
        || facts.history.never_let_in(own)
}
