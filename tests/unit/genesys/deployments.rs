//! Tests of `genesys::lookups`.
#![expect(clippy::unwrap_used, reason = "tests")]

use crate::genesys::lookups::*;
use http::header::{ORIGIN, UPGRADE};

#[test]
fn public_paths_lead_there_and_back() {
    let call = deployment("https://api-cdn.x", "5f0c", Public::Config).unwrap();
    assert_eq!(call.url, "https://api-cdn.x/webdeployments/v1/deployments/5f0c/config.json");
    assert!(call.headers.get(http::header::AUTHORIZATION).is_none());
    assert_eq!(deployment_asked("/webdeployments/v1/deployments/5f0c/config.json"), Some(("5f0c", Public::Config)));
    assert_eq!(deployment_asked("/webdeployments/v1/deployments/5f0c/domains.json"), Some(("5f0c", Public::Domains)));
    assert_eq!(deployment_asked("/webdeployments/v1/deployments/a/b/domains.json"), None);
    assert_eq!(deployment_asked("/api/v2/tokens/me"), None);
}

#[test]
fn the_opening_is_a_handshake_with_the_origin() {
    let call = opening("wss://webmessaging.x", "5f0c", "https://shop.example", "AAAAAAAAAAAAAAAAAAAAAA==").unwrap();
    assert_eq!(call.url, "https://webmessaging.x/v1?deploymentId=5f0c&application=guestwire");
    assert_eq!(call.headers.get(ORIGIN).unwrap(), "https://shop.example");
    assert_eq!(call.headers.get(UPGRADE).unwrap(), "websocket");
    assert_eq!(opening("ws://127.0.0.1:1", "d", "https://s", "k").unwrap().url.split('/').next(), Some("http:"));
    assert!(opening("wss://x", "d", "https://s\n", "k").is_err());
}

#[test]
fn an_origin_is_allowed_by_its_host_or_a_domain_above() {
    let of = |text: &str| read_domains(text.as_bytes()).unwrap();
    let some = of(r#"{"allowAllDomains":false,"allowedDomains":["shop.example","*.test.example"]}"#);
    for (origin, allowed) in [
        ("https://shop.example", true),
        ("https://SHOP.example:8443", true),
        ("https://www.shop.example", true),
        ("https://a.test.example", true),
        ("https://myshop.example", false),
        ("https://example", false),
    ] {
        assert_eq!(some.allow(origin), allowed, "{origin}");
    }
    assert!(of(r#"{"allowAllDomains":true,"allowedDomains":[]}"#).allow("https://any.example"));
    assert!(!of("[]").allow("https://any.example"));
    assert!(of(r#"["shop.example"]"#).allow("https://shop.example"));
    assert_eq!(read_domains(b"{}"), None);
    assert_eq!(read_domains(b"<html>"), None);
}

#[test]
fn a_configuration_is_active_unless_it_says_otherwise() {
    let active = |text: &str| read_config(text.as_bytes()).map(|c| c.is_active());
    assert_eq!(active(r#"{"status":"Active"}"#), Some(true));
    assert_eq!(active(r#"{"status":"Inactive"}"#), Some(false));
    assert_eq!(active("{}"), Some(true));
    assert_eq!(active("<Error/>"), None);
}
