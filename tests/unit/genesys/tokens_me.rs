//! Tests of `genesys::tokens_me`.

use super::*;

#[test]
fn full_sparse_and_garbage_answers() {
    let full = br#"{"organization":{"id":"1","name":"Acme"},"authorizedScope":["guest:messages:send"],
            "OAuthClient":{"id":"c","name":"qa-guest","scope":["other"]},"authenticatedUser":null}"#;
    assert_eq!(
        read(full),
        Some(Info {
            scopes: Some(vec!["guest:messages:send".into()]),
            organization: Some("Acme".into()),
            client: Some("qa-guest".into()),
        })
    );
    assert_eq!(
        read(br#"{"OAuthClient":{"scope":["a"]},"authorizedScope":null}"#),
        Some(Info { scopes: Some(vec!["a".into()]), ..Info::default() })
    );
    assert_eq!(read(b"{}"), Some(Info::default()));
    // An empty list is an answer: nothing is granted.
    assert_eq!(read(br#"{"authorizedScope":[]}"#).and_then(|i| i.scopes), Some(vec![]));
    assert_eq!(read(b"<html>"), None);
    assert_eq!(read(b"[1]"), None);
}
