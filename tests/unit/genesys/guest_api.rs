//! Tests of `genesys::guest_api`.
#![expect(clippy::unwrap_used, reason = "tests")]

use crate::genesys::guest_api;
use crate::genesys::guest_api::*;

fn body(participant: Option<&str>, external: Option<&str>) -> String {
    let call = request("http://h", PATH, "c", &"t".into()).unwrap();
    let call = call.with_body(guest_api::body(participant, external, "Hello"));
    assert_eq!(call.headers["content-length"], call.body.len().to_string().as_str());
    String::from_utf8(call.body).unwrap()
}

#[test]
fn both_bodies_are_to_the_letter() {
    assert_eq!(body(None, None), r#"{"text":"Hello","type":"text"}"#);
    assert_eq!(body(Some("p"), None), r#"{"to":{"id":"p","externalId":null},"text":"Hello"}"#);
    assert_eq!(body(None, Some("e")), r#"{"to":{"id":null,"externalId":"e"},"text":"Hello"}"#);
}

#[test]
fn a_malformed_id_stays_in_its_place() {
    let call = request("http://h", PATH, "../x?y", &"t".into()).unwrap();
    assert_eq!(call.url, "http://h/api/v2/conversations/messaging/..%2Fx%3Fy/messages");
}

#[test]
fn the_remote_id_is_taken_where_given() {
    assert_eq!(remote_id(r#"{"id":"m1"}"#).as_deref(), Some("m1"));
    assert_eq!(remote_id(r#"{"messageId":"m2"}"#).as_deref(), Some("m2"));
    assert_eq!(remote_id(r#"{"id":7}"#), None);
    assert_eq!(remote_id("accepted"), None);
}
