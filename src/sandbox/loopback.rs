//! What is this machine: the names under which the sandbox answers, and the addresses to which it pushes.

use std::net::{IpAddr, Ipv6Addr};

use http::Uri;
use http::uri::Authority;

/// Whether `authority` (`localhost:8080`, `[::1]`) is a loopback name or address, whole.
pub(super) fn is_loopback(authority: &str) -> bool {
    let Ok(parsed) = authority.parse::<Authority>() else { return false };
    let host = parsed.host();
    let v6 = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let address = match v6 {
        Some(v6) => v6.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        None => host.parse().ok(),
    };
    let whole = parsed.as_str() == host || parsed.port_u16().is_some_and(|port| *authority == format!("{host}:{port}"));
    whole && (host.eq_ignore_ascii_case("localhost") || address.is_some_and(|ip| ip.is_loopback()))
}

/// Whether a page of `origin` is served by this machine.
pub(super) fn is_loopback_origin(origin: &str) -> bool {
    let host = ["http://", "https://"].into_iter().find_map(|scheme| origin.strip_prefix(scheme));
    host.is_some_and(is_loopback)
}

/// Refuses what is no `http://127.0.0.1:PORT/PATH` to push replies of the open channel to. The error is a sentence.
pub(super) fn check_webhook(url: &str) -> Result<(), String> {
    let here = |url: &Uri| {
        let authority = url.authority().filter(|authority| authority.port_u16().is_some());
        url.scheme_str() == Some("http") && authority.is_some_and(|authority| is_loopback(authority.as_str()))
    };
    if url.parse().is_ok_and(|url| here(&url)) {
        return Ok(());
    }
    Err(format!("the webhook {url:?} is not an address of this machine: write http://127.0.0.1:PORT/PATH"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_under_its_own_name_is_at_home() {
        for host in ["127.0.0.1:8080", "localhost", "LOCALHOST:1", "[::1]:99", "[::1]", "127.0.0.53"] {
            assert!(is_loopback(host), "{host}");
            assert!(is_loopback_origin(&format!("http://{host}")), "{host}");
        }
        for host in [
            "evil.example:8080",
            "localhost.evil.example",
            "10.0.0.1",
            "",
            "[::2]:1",
            "127.0.0.1.evil.example",
            "[::1].evil",
            "[::1].evil:80",
            "[::1]evil",
            "::1",
            "127.0.0.1:80@evil.example",
            "user@127.0.0.1",
            "localhost:80:80",
            "localhost:",
            "localhost/evil",
            "127.0.0.1 evil",
        ] {
            assert!(!is_loopback(host), "{host}");
            assert!(!is_loopback_origin(&format!("https://{host}")), "{host}");
        }
        for origin in ["null", "127.0.0.1", "file://127.0.0.1", "http:127.0.0.1"] {
            assert!(!is_loopback_origin(origin), "{origin}");
        }
    }

    #[test]
    fn only_addresses_of_this_machine_are_webhooks() {
        for url in ["http://127.0.0.1:8080/hook", "http://localhost:1", "http://[::1]:99/a/b?c=d"] {
            assert!(check_webhook(url).is_ok(), "{url}");
        }
        let wrong = [
            "https://127.0.0.1:1/",
            "http://10.0.0.1:80/",
            "http://127.0.0.1/",
            "http://evil.example:80/",
            "http://127.0.0.1:80@evil.example/",
            "http://[::1].evil:80/",
            "http://127.0.0.1:1/a b",
            "http://127.0.0.1:1/\r\nx: y",
        ];
        for url in wrong {
            assert!(check_webhook(url).is_err(), "{url}");
        }
    }
}
