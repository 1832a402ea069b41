//! A run as version 0.1.0 kept it first, to the letter.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::time::Duration;

use crate::model::{Ending, ExchangeKind, Outcome, Variation};
use crate::pass::result::kept_run as read;

pub const KEPT: &str = r#"{"id":"0b9a3c1e-94c9-4a0d-9d6e-0f4b1c2d3e4f","name":"Smoke","about":null,"file":"smoke.toml","source":"s",
  "profile":"staging","region":"mypurecloud.de","sandbox":true,"version":"0.1.0","began":"2026-11-23T14:03:20Z","ended":null,
  "cases":[{"id":"c","name":"C","about":null,"round":1,"conversation":"Bot","steps":[{"id":"c/s","name":"S","instruction":"i",
    "judge":null,"expectations":[{"what":"accepted","met":{"waiting":{"until":"2026-11-23T14:03:50Z"}},"detail":null}],
    "suggested":"fail","why":null,"verdict":null,"note":null,"began":"2026-11-23T14:03:20Z","ended":null,
    "open":{"secs":1,"nanos":5},"runs":1,"evidence":{"exchanges":[
      {"id":7,"kind":"SEND","what":"hello","conversation":"Bot","sent_as":"no-token","at":"2026-11-23T14:03:21.5Z",
       "took_ms":182,"status":401,"outcome":"ERR","reason":"401 unauthorized","request_id":["x-request-id","e42c"],
       "cause":{"cause":"token-absent","confidence":"sure","because":"b"},"renewals":1,"tries":[
        {"number":1,"at":"2026-11-23T14:03:21.5Z","generation":2,"method":"POST","url":"https://x/","request_headers":[["a","b"]],
         "request_body":{"text":"{}","total":2,"mime":"application/json","cut":false},"status":401,
         "response_headers":[["X-Request-Id","e42c"]],"response_body":{"text":"no","total":9,"mime":null,"cut":true},
         "failure":null,"timing":{"resolve_us":1,"connect_us":2,"tls_us":null,"first_byte_us":4,"total_us":5,"reused":true}}]},
      {"id":8,"kind":"READ","what":"read","conversation":null,"sent_as":null,"at":"2026-11-23T14:03:22Z","took_ms":null,
       "status":null,"outcome":"sending","reason":null,"request_id":null,"cause":null,"renewals":0,"tries":[
        {"number":1,"at":"2026-11-23T14:03:22Z","generation":null,"method":"GET","url":"https://x/","request_headers":[],
         "request_body":{"text":"","total":0,"mime":null,"cut":false},"status":null,"response_headers":[],
         "response_body":{"text":"","total":0,"mime":null,"cut":false},"failure":"connecting: refused",
         "timing":{"resolve_us":null,"connect_us":null,"tls_us":null,"first_byte_us":null,"total_us":null,"reused":false}}]}],
      "said":[],"screen":null}}]}],
  "captures":{"k":"v"},"sent":1,"at":[0,0]}"#;

#[test]
fn a_run_of_an_earlier_version_keeps_its_exchanges() {
    let run = read(KEPT).unwrap();
    assert_eq!((run.captures["k"].as_str(), run.at, run.cases[0].steps[0].runs), ("v", (0, 0), 1));
    let exchanges = &run.cases[0].steps[0].evidence.exchanges;
    let (send, one) = (&exchanges[0].exchange, &exchanges[0]);
    assert_eq!((send.kind, send.what.as_str(), send.sent_as), (ExchangeKind::Send, "hello", Some(Variation::NoToken)));
    assert_eq!(send.started.wall, "2026-11-23T14:03:21.5Z".parse().unwrap());
    assert_eq!(
        (send.took, &send.outcome),
        (Some(Duration::from_millis(182)), &Outcome::Refused("401 unauthorized".into()))
    );
    assert_eq!((send.status(), send.request_id()), (Some(401), Some(("x-request-id", "e42c".to_owned()))));
    assert_eq!(
        (one.conversation.as_deref(), one.cause.as_ref().map(|c| c.cause.as_str())),
        (Some("Bot"), Some("token-absent"))
    );
    assert_eq!((send.steps.len(), send.attempts().count()), (2, 1), "the renewal and the try");
    let attempt = send.last_attempt().unwrap();
    assert_eq!((attempt.request.url.as_str(), attempt.request.body.text.as_str()), ("https://x/", "{}"));
    assert_eq!(attempt.generation.map(|generation| generation.0), Some(2));
    assert_eq!((attempt.timing.connect, attempt.timing.reused), (Some(Duration::from_micros(2)), true));
    let answer = &attempt.response().unwrap().body;
    assert_eq!((answer.text.as_str(), answer.total, answer.truncated), ("no", 9, true));
    let broken = exchanges[1].exchange.last_attempt().unwrap();
    let Some(Ending::Failed(failure)) = &broken.ending else { panic!("{broken:?}") };
    assert!(failure.detail == "connecting: refused" && failure.partial.is_none());
    assert_eq!((&exchanges[1].exchange.outcome, exchanges[1].exchange.took), (&Outcome::Open, None));
    // What is kept now is read as it is.
    assert_eq!(read(&serde_json::to_string(&run).unwrap()).unwrap(), run);
    assert_eq!(read("{}"), None);
}
