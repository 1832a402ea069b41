//! Requests.
#![expect(clippy::unwrap_used, reason = "tests")]

use crate::genesys::*;

#[test]
fn a_segment_stays_one_segment() {
    assert_eq!(path_segment("5f0c-91CE_~."), "5f0c-91CE_~.");
    assert_eq!(path_segment("a/../b?c#d e%2F"), "a%2F..%2Fb%3Fc%23d%20e%252F");
    assert_eq!(path_segment(".."), "%2E%2E");
    assert_eq!(path_segment("é"), "%C3%A9");
}

#[test]
fn debug_output_holds_no_secret() {
    let call = Call::get("http://127.0.0.1:1", "/x").unwrap().bearer(&"very-secret".into()).unwrap();
    let shown = format!("{:?}", call.headers);
    assert!(!shown.contains("very-secret"), "{shown}");
}

#[test]
fn an_unusable_url_is_named() {
    let Err(why) = Call::get("not a url", "/x") else { panic!("built") };
    assert!(why.contains("not a url"), "{why}");
    assert!(Call::get("", "/x").is_err());
}

#[test]
fn a_token_that_cannot_be_a_header_is_refused_without_showing_it() {
    let Err(why) = Call::get("http://h", "/").unwrap().bearer(&"abc\ndef".into()) else { panic!("built") };
    assert!(!why.contains("abc"));
}
