//! Tests of `genesys::lookups`.
#![expect(clippy::unwrap_used, reason = "tests")]

use crate::genesys::Call;
use crate::genesys::lookups::*;
use crate::model::DiscoveredConversation;
use secrecy::SecretString;

#[test]
fn paths_lead_there_and_back() {
    let token = SecretString::from("t".to_owned());
    let path = |call: Result<Call, String>| call.map(|c| c.url.replace("https://a", "")).unwrap_or_default();
    let of = path(integration("https://a", "i-1", &token));
    assert_eq!(integration_asked(&of), Some("i-1"));
    assert_eq!(path(message("https://a", "a/b", &token)), "/api/v2/conversations/messages/a%2Fb/details");
    assert_eq!(integration_asked("/api/v2/conversations/messaging/integrations/open"), None);
}

#[test]
fn answers_name_what_was_asked_for() {
    assert!(describes(br#"{"id":"AB","name":"x"}"#, "ab"));
    assert!(!describes(b"{}", "ab") && !describes(b"<p>", "ab"));
    assert_eq!(conversation_of(br#"{"id":"m","status":"received","conversationId":"c"}"#).as_deref(), Some("c"));
    assert_eq!(conversation_of(br#"{"conversationId":""}"#), None);
}

#[test]
fn full_sparse_and_garbage_answers() {
    let full = br#"{"organization":{"id":"1","name":"Acme"},"authorizedScope":["guest:messages:send"],
            "OAuthClient":{"id":"c","name":"qa-guest","scope":["other"]},"authenticatedUser":null}"#;
    assert_eq!(
        TokenInfo::read(full),
        Some(TokenInfo {
            scopes: Some(vec!["guest:messages:send".into()]),
            organization: Some("Acme".into()),
            client: Some("qa-guest".into()),
        })
    );
    assert_eq!(
        TokenInfo::read(br#"{"OAuthClient":{"scope":["a"]},"authorizedScope":null}"#),
        Some(TokenInfo { scopes: Some(vec!["a".into()]), ..TokenInfo::default() })
    );
    assert_eq!(TokenInfo::read(b"{}"), Some(TokenInfo::default()));
    // An empty list is an answer: nothing is granted.
    assert_eq!(TokenInfo::read(br#"{"authorizedScope":[]}"#).and_then(|i| i.scopes), Some(vec![]));
    assert_eq!(TokenInfo::read(b"<html>"), None);
    assert_eq!(TokenInfo::read(b"[1]"), None);
}

#[test]
fn the_query_is_to_the_letter() {
    let call = active("http://h", 2, "2026-11-23T00:00:00Z".parse().unwrap(), &"t".into()).unwrap();
    assert_eq!(call.url, "http://h/api/v2/analytics/conversations/details/query");
    assert_eq!(
        String::from_utf8(call.body).unwrap(),
        concat!(
            r#"{"interval":"2026-11-22T00:00:00.000Z/2026-11-23T00:00:00.000Z","order":"desc","orderBy":"conversationStart","#,
            r#""paging":{"pageSize":25,"pageNumber":2},"conversationFilters":[{"type":"and","predicates":["#,
            r#"{"type":"dimension","dimension":"conversationEnd","operator":"notExists"}]}],"segmentFilters":[{"type":"and","predicates":["#,
            r#"{"type":"dimension","dimension":"mediaType","operator":"matches","value":"message"},"#,
            r#"{"type":"dimension","dimension":"purpose","operator":"matches","value":"customer"}]}]}"#
        )
    );
}

#[test]
fn a_page_and_what_it_leaves_out() {
    let body = br#"{"conversations":[
            {"conversationId":"c-1","conversationStart":"2026-11-23T09:00:00.000Z","participants":[
              {"participantId":"p-0","purpose":"acd"},
              {"participantId":"p-1","purpose":"customer","sessions":[{"mediaType":"message","messageType":"webmessaging"}]}]},
            {"conversationId":"c-2"},{"no":"id"}],"totalHits":27}"#;
    let (found, more) = read_active(body, 1).unwrap();
    assert_eq!(
        found,
        [
            DiscoveredConversation {
                conversation_id: "c-1".into(),
                participant_id: Some("p-1".into()),
                began: Some("2026-11-23T09:00:00Z".parse().unwrap()),
                via: Some("webmessaging".into()),
            },
            DiscoveredConversation { conversation_id: "c-2".into(), participant_id: None, began: None, via: None },
        ]
    );
    assert!(more);
    assert_eq!(read_active(br#"{"totalHits":27}"#, 2), Some((vec![], false)));
    assert_eq!(read_active(b"[]", 1), None);
}
