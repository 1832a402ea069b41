//! Tests of `sandbox::loopback`.

use crate::sandbox::loopback::{check_webhook, is_here, is_loopback_origin};

#[test]
fn only_this_machine_under_its_own_name_is_at_home() {
    for host in ["127.0.0.1:8080", "localhost", "LOCALHOST:1", "[::1]:99", "[::1]", "127.0.0.53"] {
        assert!(is_here(host), "{host}");
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
        assert!(!is_here(host), "{host}");
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
