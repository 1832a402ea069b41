//! Curl commands that a shell takes as meant, and HAR that its readers take.

use std::process::Command;
use std::sync::Arc;

use guestwire::model::{Attempt, Body, BodyForm, Exchange, ExchangeStep, Header, Request};

use crate::support::log::*;

fn attempt_of(exchange: &Exchange) -> Attempt {
    exchange.last_attempt().unwrap().as_ref().clone()
}

fn curl(attempt: &Attempt) -> String {
    let steps = vec![ExchangeStep::Try(Arc::new(attempt.clone()))];
    let mut log = log(100, 10);
    log.exchange(Arc::new(Exchange { steps, ..(*accepted(1, 0, "x")).clone() }));
    log.selected().unwrap().copy_curl().unwrap()
}

/// The arguments that `curl` would get when the command is pasted into `sh`.
fn arguments(command: &str) -> Vec<String> {
    let script = format!("curl() {{ printf '%s\\0' \"$@\"; }}\n{command}\n");
    let out = Command::new("sh")
        .arg("-c")
        .arg(script)
        .env("GUESTWIRE_TOKEN", "the token's $value")
        .env("GUESTWIRE_CLIENT_ID", "id")
        .env("GUESTWIRE_CLIENT_SECRET", "se cret&\"")
        .env("GUESTWIRE_COOKIE", "a=b")
        .output()
        .unwrap();
    assert!(out.status.success(), "{command}: {}", String::from_utf8_lossy(&out.stderr));
    let text = String::from_utf8(out.stdout).unwrap();
    text.split_terminator('\0').map(str::to_owned).collect()
}

#[test]
fn a_send_goes_through_the_shell_as_it_was() {
    for text in [
        "hello",
        "it's \"quoted\" $HOME `id` \\n !x",
        "two\nlines\t",
        "日本語 👩‍👩‍👧",
        "$(touch /tmp/never)",
        "@file",
        "unseen \u{202e}",
    ] {
        let attempt = attempt_of(&accepted(1, 0, text));
        let command = curl(&attempt);
        assert!(command.contains("\"authorization: Bearer $GUESTWIRE_TOKEN\""), "{command}");
        let mut words = arguments(&command);
        let body = words.pop().unwrap();
        let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(json(&body), json(&attempt.request.body.text));
        assert!(!body.contains('\u{202e}'), "{body:?}");
        assert_eq!(
            words,
            [
                "-X",
                "POST",
                URL,
                "-H",
                "authorization: Bearer the token's $value",
                "-H",
                "content-type: application/json",
                "-H",
                "accept: application/json",
                "--data-raw",
            ]
        );
    }
}

#[test]
fn a_token_request_names_the_secret() {
    let attempt = attempt_of(&token(1, 0));
    let basic = arguments(&curl(&attempt));
    assert_eq!(basic[3..5], ["-u", "id:se cret&\""]);
    assert_eq!(basic.last().unwrap(), "grant_type=client_credentials&scope=guest%3Amessages%3Asend");
    let mut request = attempt.request.as_ref().clone();
    request.headers = vec![];
    request.body.text = "grant_type=client_credentials&client_id=me&client_secret=«client secret»&scope=x".into();
    let in_body = Attempt { request: Arc::new(request), ..attempt };
    assert_eq!(
        arguments(&curl(&in_body))[3..],
        [
            "--data-raw",
            "grant_type=client_credentials",
            "--data-raw",
            "client_id=me",
            "--data-urlencode",
            "client_secret=se cret&\"",
            "--data-raw",
            "scope=x",
        ]
    );
}

#[test]
fn odd_requests_stay_valid_commands() {
    let attempt = attempt_of(&accepted(1, 0, "x"));
    let request = Request {
        method: "GET".into(),
        url: "https://h/a?x=[1]&y='z'".into(),
        headers: vec![
            Header::new("cookie", "«cookie»"),
            Header::new("x-empty", ""),
            Header::new("host", "h"),
            Header::new("accept-encoding", "gzip"),
        ],
        body: Body::default(),
    };
    let get = Attempt { request: Arc::new(request), ..attempt.clone() };
    assert_eq!(
        arguments(&curl(&get)),
        ["--globoff", "https://h/a?x=[1]&y='z'", "--compressed", "-H", "cookie: a=b", "-H", "x-empty;"]
    );
    let mut request = attempt.request.as_ref().clone();
    request.body =
        Body { form: BodyForm::Text, text: "it's cut".into(), total: 99, truncated: true, ..Body::default() };
    let cut = curl(&Attempt { request: Arc::new(request), ..attempt });
    assert!(cut.starts_with(": 'guestwire kept 8 of 99 bytes of this body';\ncurl "), "{cut}");
    assert_eq!(arguments(&cut).last().unwrap(), "it's cut");
}

#[test]
fn har_has_an_entry_a_try_with_all_that_the_format_wants() {
    let mut log = log(100, 10);
    story(&mut log);
    let document = log.har();
    let log_part = &document["log"];
    assert_eq!(log_part["version"], "1.2");
    assert_eq!(log_part["creator"]["name"], "guestwire");
    let entries = log_part["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 10);
    for entry in entries {
        for field in ["startedDateTime", "time", "request", "response", "cache", "timings"] {
            assert!(!entry[field].is_null(), "{field}: {entry}");
        }
        for field in ["method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize", "bodySize"] {
            assert!(!entry["request"][field].is_null(), "{field}");
        }
        for field in [
            "status",
            "statusText",
            "httpVersion",
            "cookies",
            "headers",
            "content",
            "redirectURL",
            "headersSize",
            "bodySize",
        ] {
            assert!(!entry["response"][field].is_null(), "{field}");
        }
        let timings = &entry["timings"];
        for field in ["send", "wait", "receive"] {
            assert!(timings[field].as_f64().unwrap() >= 0.0, "{field}");
        }
        let sum: f64 = ["blocked", "dns", "connect", "send", "wait", "receive"]
            .iter()
            .map(|f| timings[*f].as_f64().unwrap())
            .filter(|ms| *ms > 0.0)
            .sum();
        assert!((entry["time"].as_f64().unwrap() - sum).abs() < 0.001);
        entry["startedDateTime"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    }
    let healed: Vec<_> = entries.iter().filter(|e| e["_number"] == 5).collect();
    assert_eq!(healed.len(), 2);
    assert_eq!(
        (&healed[0]["_attempt"], &healed[0]["_generation"], &healed[0]["response"]["status"]),
        (&1.into(), &3.into(), &401.into())
    );
    assert_eq!((&healed[1]["_attempt"], &healed[1]["_generation"]), (&2.into(), &4.into()));
    assert_eq!(healed[1]["_requestIds"]["x-request-id"], uuid(6));
    assert_eq!(healed[1]["serverIPAddress"], "127.0.0.1");
    assert_eq!(healed[0]["request"]["postData"]["mimeType"], "application/json");
    log.comment_on(5, "look here");
    let marked = log.har();
    let marked = marked["log"]["entries"].as_array().unwrap();
    assert_eq!((marked.len(), &marked[1]["comment"]), (2, &"look here".into()), "where some are marked, only those");
    let lost = entries.iter().find(|e| e["_outcome"] == "UNKN").unwrap();
    assert_eq!(lost["response"]["status"], 0);
    assert!(lost["_error"].as_str().unwrap().contains("reset by peer"));
    let mut alone = self::log(100, 10);
    alone.exchange(token(1, 0));
    let one = alone.har();
    assert_eq!(one["log"]["entries"][0]["timings"]["connect"], 43.0);
    assert_eq!(one["log"]["entries"][0]["timings"]["ssl"], 31.0);
}
