//! Tests of `genesys::lookups`.

use super::*;

#[test]
fn paths_lead_there_and_back() {
    let token = SecretString::from("t".to_owned());
    let path = |call: Result<Call, BadCall>| call.map(|c| c.url.replace("https://a", "")).unwrap_or_default();
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
