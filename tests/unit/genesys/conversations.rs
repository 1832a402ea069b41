#![expect(clippy::unwrap_used, reason = "tests")]

use crate::genesys::conversations::*;
use crate::model::{Author, RemoteState};
use jiff::Timestamp;

#[test]
fn both_shapes_of_a_conversation() {
    let flat = br#"{"participants":[
        {"purpose":"customer","state":"connected","connectedTime":"2026-11-23T10:00:00.000Z",
         "messages":[{"messageId":"m1","messageTime":"2026-11-23T10:00:01Z"},{"messageId":"m1"}]},
        {"purpose":"agent","state":"disconnected","messages":[{"messageId":"m2"},{"no":"id"}]}]}"#;
    let out = read(flat).unwrap();
    assert_eq!(out.state, RemoteState::Connected);
    assert_eq!(out.since, Some("2026-11-23T10:00:00Z".parse().unwrap()));
    assert_eq!(
        out.messages,
        [
            ListedMessage { id: "m1".into(), purpose: "customer".into() },
            ListedMessage { id: "m2".into(), purpose: "agent".into() }
        ]
    );
    let nested = br#"{"participants":[{"purpose":"customer","messages":[
        {"id":"comm","state":"disconnected","messages":[{"messageId":"m1"},{"messageId":"m3"}]}]}]}"#;
    let out = read(nested).unwrap();
    assert_eq!(out.state, RemoteState::Ended);
    assert_eq!(out.messages.len(), 2);
}

#[test]
fn a_guest_that_came_back_is_there_since_then() {
    let twice = br#"{"participants":[
        {"id":"g1","purpose":"customer","state":"disconnected","connectedTime":"2026-11-23T10:00:00Z"},
        {"id":"g2","purpose":"customer","state":"connected","connectedTime":"2026-11-23T11:00:00Z"}]}"#;
    let out = read(twice).unwrap();
    assert_eq!(out.guest.unwrap().id, "g2");
    assert_eq!(out.since, Some("2026-11-23T11:00:00Z".parse().unwrap()));
}

#[test]
fn missing_fields_are_borne() {
    assert_eq!(read(br#"{"id":"c"}"#), None, "nothing is said of who is in it, nor of its messages");
    assert_eq!(read(br#"{"participants":[]}"#), Some(ConversationRead::default()));
    assert_eq!(read(br#"{"error":"sign in first"}"#), None, "an object of something else");
    assert_eq!(read(br#"{"participants":[{},null,{"purpose":7,"messages":"x"}]}"#), Some(ConversationRead::default()));
    assert_eq!(read(b"nope"), None);
    let now = Timestamp::UNIX_EPOCH;
    assert_eq!(read_bulk(br#"{"entities":[{},{"id":"a"}]}"#, &[], now).unwrap().len(), 1);
    assert_eq!(read_bulk(b"{}", &[], now), None);
}

#[test]
fn authors_and_texts() {
    let body = br#"{"entities":[
        {"id":"1","timestamp":"2026-11-23T10:00:01Z","direction":"inbound","textBody":"hi"},
        {"id":"2","direction":"outbound","normalizedMessage":{"text":"yo","originatingEntity":"Bot"},"textBody":"x"},
        {"id":"3","direction":"outbound","normalizedMessage":{"text":"hello","originatingEntity":"Human"}},
        {"id":"4","direction":"outbound","textBody":"from agent"},
        {"id":"5","direction":"outbound","normalizedMessage":{"content":[{"contentType":"QuickReply"}]}},
        {"id":"6","textBody":"no direction"},
        {"id":"7","direction":"outbound","normalizedMessage":{"type":"Text","text":"nobody is named"}},
        {"id":"8","direction":"outbound","normalizedMessage":{"type":"Event","originatingEntity":"Bot",
         "events":[{"eventType":"Presence","presence":{"type":"Disconnect"}}]}}]}"#;
    let listed = [
        ListedMessage { id: "4".into(), purpose: "agent".into() },
        ListedMessage { id: "6".into(), purpose: "customer".into() },
    ];
    let out = read_bulk(body, &listed, Timestamp::UNIX_EPOCH).unwrap();
    let told: Vec<_> = out.iter().map(|m| (m.author, m.text.as_str())).collect();
    assert_eq!(
        told,
        [
            (Author::Guest, "hi"),
            (Author::Bot, "yo"),
            (Author::Agent, "hello"),
            (Author::Agent, "from agent"),
            (Author::Somebody, "[QuickReply]"),
            (Author::Guest, "no direction"),
            (Author::Somebody, "nobody is named"),
            (Author::System, "[Presence]"),
        ]
    );
    assert_eq!(out[0].at, "2026-11-23T10:00:01Z".parse().unwrap());
    assert_eq!(out[1].at, Timestamp::UNIX_EPOCH);
}

#[test]
fn choices_and_files_come_with_the_message() {
    let body = br#"{"entities":[
        {"id":"1","direction":"outbound","timestamp":"2026-11-23T10:00:01Z","normalizedMessage":{"type":"Structured",
         "text":"Pick","originatingEntity":"Bot","content":[
          {"contentType":"QuickReply","quickReply":{"text":"Yes","payload":"yes","action":"Message"}},
          {"contentType":"QuickReply","quickReply":{"text":"No","payload":"no","action":"Message"}}]}},
        {"id":"2","direction":"outbound","normalizedMessage":{"type":"Text","content":[
          {"contentType":"Attachment","attachment":{"mediaType":"Image","url":"https://x.example/a.png","mime":"image/png","filename":"a.png"}}]}},
        {"id":"3","direction":"inbound","normalizedMessage":{"type":"Structured","content":[
          {"contentType":"ButtonResponse","buttonResponse":{"type":"QuickReply","text":"Yes","payload":"yes"}}]}}]}"#;
    let out = read_bulk(body, &[], Timestamp::UNIX_EPOCH).unwrap();
    let labels: Vec<_> = out[0].choices.iter().map(|c| (c.label.as_str(), c.payload.as_str())).collect();
    assert_eq!((out[0].text.as_str(), labels), ("Pick", vec![("Yes", "yes"), ("No", "no")]));
    assert_eq!(out[1].attachments[0].name.as_deref(), Some("a.png"));
    assert!(!out[1].text.is_empty(), "what it is, where it says nothing");
    assert_eq!((out[2].author, out[2].text.as_str()), (Author::Guest, "Yes"));
    assert_eq!(out.iter().map(|m| m.untimed).collect::<Vec<_>>(), [false, true, true], "two tell no time");
}

#[test]
fn requests() {
    let call = request("http://h", "a/b", &["1".into(), "2".into()], &"t".into()).unwrap();
    assert_eq!(call.url, "http://h/api/v2/conversations/messages/a%2Fb/messages/bulk?useNormalizedMessage=true");
    assert_eq!(call.body, br#"["1","2"]"#);
    assert_eq!(request("http://h", "c", &[], &"t".into()).unwrap().url, "http://h/api/v2/conversations/messages/c");
}
