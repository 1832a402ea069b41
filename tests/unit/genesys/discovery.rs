//! Tests of `genesys::discovery`.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;

#[test]
fn the_query_is_to_the_letter() {
    let call = request("http://h", 2, "2026-11-23T00:00:00Z".parse().unwrap(), &"t".into()).unwrap();
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
    let (found, more) = read(body, 1).unwrap();
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
    assert_eq!(read(br#"{"totalHits":27}"#, 2), Some((vec![], false)));
    assert_eq!(read(b"[]", 1), None);
}
