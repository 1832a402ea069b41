#![expect(clippy::unwrap_used, reason = "tests")]

use crate::config::SecretSource;
use crate::config::{ClientAuth, Hosts, OAuthClient, TokenHost};
use crate::genesys::oauth::*;
use http::HeaderMap;
use http::header::{AUTHORIZATION, LOCATION};
use secrecy::ExposeSecret;
use std::time::Duration;

fn hosts() -> Hosts {
    Hosts {
        login: "https://login.x".into(),
        api: "https://api.x".into(),
        webmessaging: "wss://w.x".into(),
        cdn: "https://cdn.x".into(),
    }
}

fn client(auth: ClientAuth, host: TokenHost, scopes: &[&str]) -> OAuthClient {
    OAuthClient {
        id: "the id".into(),
        secret: SecretSource::Literal("s&cret".into()),
        token_host: host,
        client_auth: auth,
        scopes: scopes.iter().map(|s| (*s).to_owned()).collect(),
    }
}

#[test]
fn basic_at_the_login_host_sends_no_scope() {
    let call = request(&hosts(), &client(ClientAuth::Basic, TokenHost::Login, &[]), &"s&cret".into()).unwrap();
    assert_eq!(call.url, "https://login.x/oauth/token");
    assert_eq!(call.body, b"grant_type=client_credentials");
    assert_eq!(call.headers[AUTHORIZATION], "Basic dGhlIGlkOnMmY3JldA==");
    assert!(call.headers[AUTHORIZATION].is_sensitive());
}

#[test]
fn body_at_the_api_host_sends_everything_in_the_form() {
    let client = client(ClientAuth::Body, TokenHost::Api, &["guest:messages:send", "b"]);
    let call = request(&hosts(), &client, &"s&cret".into()).unwrap();
    assert_eq!(call.url, "https://api.x/oauth/token");
    let body = String::from_utf8(call.body).unwrap();
    assert_eq!(
        body,
        "grant_type=client_credentials&scope=guest:messages:send+b&client_id=the+id&client_secret=s%26cret"
    );
    assert!(!call.headers.contains_key(AUTHORIZATION));
}

fn answer(status: u16, body: &str) -> TokenAnswer {
    TokenOutcome { status, headers: &HeaderMap::new(), body: body.as_bytes(), unread: None }.read()
}

#[test]
fn a_grant_is_read_whole() {
    let TokenAnswer::Granted(g) = answer(200, r#"{"access_token":"t","expires_in":86399,"scope":"a  b"}"#) else {
        panic!("not granted")
    };
    assert_eq!(g.lifetime, Some(Duration::from_secs(86399)));
    assert_eq!(g.scopes, Some(vec!["a".to_owned(), "b".to_owned()]));
    assert_eq!((g.token.expose_secret(), g.odd), ("t", None));
}

#[test]
fn every_expires_in_has_a_meaning() {
    for (expires_in, lifetime, odd) in [
        ("86399", Some(86_399), ""),
        ("\"3600\"", Some(3600), ""),
        ("\"3599.9\"", Some(3599), ""),
        ("3599.9", Some(3599), ""),
        ("172800", Some(172_800), ""),
        ("null", None, ""),
        ("172801", Some(172_800), "expires_in 172801 is longer than any token lives: it counts as 48 hours"),
        ("1e30", Some(172_800), "expires_in 1e+30 is longer than any token lives: it counts as 48 hours"),
        ("\"1e30\"", Some(172_800), "expires_in \"1e30\" is longer than any token lives: it counts as 48 hours"),
        ("\"soon\"", None, "expires_in \"soon\" is no number of seconds: the token is used until a 401"),
        ("\"inf\"", None, "expires_in \"inf\" is no number of seconds: the token is used until a 401"),
        ("[60]", None, "expires_in [60] is no number of seconds: the token is used until a 401"),
        ("true", None, "expires_in true is no number of seconds: the token is used until a 401"),
    ] {
        let TokenAnswer::Granted(grant) = answer(200, &format!(r#"{{"access_token":"t","expires_in":{expires_in}}}"#))
        else {
            panic!("not granted: {expires_in}")
        };
        let seconds = grant.lifetime.map(|l| l.as_secs());
        assert_eq!((seconds, grant.odd.as_deref().unwrap_or_default()), (lifetime, odd), "{expires_in}");
    }
    let TokenAnswer::Granted(grant) = answer(200, r#"{"access_token":"t"}"#) else { panic!("not granted") };
    assert_eq!((grant.lifetime, grant.odd), (None, None));
    for (expires_in, shown) in [("0", "0"), ("0.5", "0.5"), ("-60", "-60"), ("\"0\"", "\"0\""), ("-1e30", "-1e+30")] {
        let why = format!("the token endpoint gave a token that has ended already (expires_in {shown})");
        let answer = answer(200, &format!(r#"{{"access_token":"t","expires_in":{expires_in}}}"#));
        assert!(
            matches!(&answer, TokenAnswer::Denied(Denial::Failed, said) if *said == why),
            "{expires_in}: {answer:?}"
        );
    }
}

#[test]
fn only_an_error_of_oauth_is_a_refusal() {
    let both = r#"{"error":"invalid_client","description":"client not found","error_description":"client not found"}"#;
    for status in [200, 400, 401, 403] {
        let why = format!("{status} invalid_client: client not found");
        assert!(
            matches!(answer(status, both), TokenAnswer::Denied(Denial::BadClient, said) if said == why),
            "{status}"
        );
    }
    for error in ["unauthorized_client", "invalid_scope", "unsupported_grant_type", "access_denied"] {
        let body = format!(r#"{{"error":"{error}"}}"#);
        assert!(
            matches!(answer(400, &body), TokenAnswer::Denied(Denial::Refused, said) if said == format!("400 {error}"))
        );
    }
    assert!(matches!(answer(429, both), TokenAnswer::Denied(Denial::Limited, _)));
    let filter = "<html><head><title>Web\n filter</title></head></html>";
    let place = "not the token endpoint answered";
    for (status, body, why) in [
        (403, filter, format!("403 Forbidden, with an HTML page (\"Web filter\"): {place}")),
        (404, "<!DOCTYPE html><p>", format!("404 Not Found, with an HTML page: {place}")),
        (401, "{}", "401 Unauthorized".to_owned()),
        (403, r#"{"message":"Forbidden"}"#, format!("403: Forbidden, with an API gateway's refusal: {place}")),
        (
            407,
            "",
            format!("407 Proxy Authentication Required, with a proxy's demand for a user and a password: {place}"),
        ),
        // A gateway's own words are no word of OAuth's.
        (404, r#"{"status":404,"error":"Not Found","path":"/oauth/token"}"#, "404 Not Found".to_owned()),
        (400, r#"{"error":"temporarily_unavailable"}"#, "400 temporarily_unavailable".to_owned()),
        (401, r#"{"error":{"code":7}}"#, "401 Unauthorized".to_owned()),
        (503, both, "503 invalid_client: client not found".to_owned()),
        (599, "", "599".to_owned()),
    ] {
        let answer = answer(status, body);
        assert!(
            matches!(&answer, TokenAnswer::Denied(Denial::Failed, said) if *said == why),
            "{status}: {answer:?}, not {why}"
        );
    }
    let headers = HeaderMap::from_iter([(LOCATION, http::HeaderValue::from_static("https://sso.example/login"))]);
    let away = TokenOutcome { status: 302, headers: &headers, body: b"", unread: None }.read();
    let why = format!("302 Found, with a redirection to https://sso.example/login: {place}");
    assert!(matches!(&away, TokenAnswer::Denied(Denial::Failed, said) if *said == why), "{away:?}");
}

#[test]
fn a_success_without_a_token_says_what_came_instead() {
    for (body, what) in [
        ("<html><title>Sign in</title>", "an HTML page (\"Sign in\")"),
        ("  \n<HTML><BODY>", "an HTML page"),
        ("", "an empty body"),
        ("OK", "text that is not JSON"),
        ("[]", "JSON without an access_token"),
        ("{}", "JSON without an access_token"),
        (r#"{"access_token":""}"#, "JSON without an access_token"),
        (r#"{"access_token":7}"#, "JSON without an access_token"),
        (r#"{"error":"server_error"}"#, "the error \"server_error\""),
    ] {
        let answer = answer(200, body);
        let why = format!("the token endpoint answered 200 with {what} instead of a token");
        assert!(matches!(&answer, TokenAnswer::Denied(Denial::Failed, said) if *said == why), "{answer:?}, not {why}");
    }
    let headers = HeaderMap::new();
    let answer = TokenOutcome { status: 200, headers: &headers, body: b"\x1b", unread: Some("br, not decoded") }.read();
    let why = "the token endpoint answered 200 with a body that cannot be read (br, not decoded) instead of a token";
    assert!(matches!(&answer, TokenAnswer::Denied(Denial::Failed, said) if said == why), "{answer:?}");
}

#[test]
fn a_token_that_no_header_can_carry_is_no_token() {
    for token in ["a\\r\\nX: y", "a\\n", "a\\u0000b", "a b", "tök", " a"] {
        let answer = answer(200, &format!(r#"{{"access_token":"{token}","expires_in":60}}"#));
        let said =
            matches!(&answer, TokenAnswer::Denied(Denial::Failed, why) if why.ends_with("no header can carry it"));
        assert!(said, "{token}: {answer:?}");
    }
}
