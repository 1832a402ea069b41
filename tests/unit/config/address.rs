//! Tests of `config::address`.

use crate::config::address::*;
use crate::config::settings::Agent;

#[test]
fn base_urls_are_encrypted_or_local() {
    let http = |text| base_url("api", text, "https");
    assert_eq!(http("https://api.mypurecloud.de/"), Ok("https://api.mypurecloud.de".to_owned()));
    assert_eq!(http("https://gateway.example/genesys/"), Ok("https://gateway.example/genesys".to_owned()));
    for local in ["http://127.0.0.1:8080", "http://localhost:1", "http://[::1]:9", "http://127.9.9.9:2"] {
        assert_eq!(http(local), Ok(local.to_owned()));
    }
    for bad in [
        "http://api.mypurecloud.de",
        "http://127.0.0.1.example",
        "http://localhost.example",
        "http://127.0.0.1@example.com",
        "http://10.0.0.1",
        "ftp://api.mypurecloud.de",
        "wss://api.mypurecloud.de",
        "api.mypurecloud.de",
        "https://api.mypurecloud.de/?a=b",
        "https://",
    ] {
        assert!(http(bad).is_err(), "{bad}");
    }
    assert!(base_url("webmessaging", "ws://example.com", "wss").is_err());
    assert!(base_url("webmessaging", "wss://example.com", "wss").is_ok());
}

#[test]
fn a_password_in_a_url_is_not_repeated() {
    let sentence = base_url("api", "http://me:hunter2@example.com", "https");
    assert!(sentence.as_ref().is_err_and(|s| !s.contains("hunter2")), "{sentence:?}");
}

#[test]
fn origins_paths_and_agents() {
    assert_eq!(origin("https://shop.example/"), Ok("https://shop.example".to_owned()));
    assert_eq!(origin("http://localhost:3000"), Ok("http://localhost:3000".to_owned()));
    assert!(origin("https://shop.example/cart").is_err());
    assert!(origin("shop.example").is_err());
    assert!(guest_path("/api/{conversationId}/messages").is_ok());
    for bad in ["api/{conversationId}", "/api/messages", "/{conversationId}/{conversationId}", "/{conversationId}?x"] {
        assert!(guest_path(bad).is_err(), "{bad}");
    }
    assert_eq!(agent("udp://127.0.0.1:8125"), Ok(Agent::Udp("127.0.0.1:8125".to_owned())));
    assert_eq!(agent("unix:///run/dsd.socket"), Ok(Agent::Unix("/run/dsd.socket".into())));
    for bad in ["127.0.0.1:8125", "udp://:8125", "udp://h:0", "udp://h", "unix://dsd.socket"] {
        assert!(agent(bad).is_err(), "{bad}");
    }
}
