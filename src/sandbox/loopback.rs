//! What is this machine: the names under which the sandbox answers, and the addresses to which it pushes.

use http::Uri;
use http::uri::Authority;

use crate::model::is_loopback;

/// Whether `authority` (`localhost:8080`, `[::1]`) is a loopback name or address, whole.
pub(super) fn is_here(authority: &str) -> bool {
    let Ok(parsed) = authority.parse::<Authority>() else { return false };
    let host = parsed.host();
    let whole = authority == host || parsed.port_u16().is_some_and(|port| *authority == format!("{host}:{port}"));
    whole && is_loopback(host)
}

pub(super) fn is_loopback_origin(origin: &str) -> bool {
    let host = ["http://", "https://"].into_iter().find_map(|scheme| origin.strip_prefix(scheme));
    host.is_some_and(is_here)
}

/// Refuses what is no `http://127.0.0.1:PORT/PATH` to push replies of the open channel to. The error is a sentence.
pub(super) fn check_webhook(url: &str) -> Result<(), String> {
    let here = |url: &Uri| {
        let authority = url.authority().filter(|authority| authority.port_u16().is_some());
        url.scheme_str() == Some("http") && authority.is_some_and(|authority| is_here(authority.as_str()))
    };
    if url.parse().is_ok_and(|url| here(&url)) {
        return Ok(());
    }
    Err(format!("the webhook {url:?} is not an address of this machine: write http://127.0.0.1:PORT/PATH"))
}
