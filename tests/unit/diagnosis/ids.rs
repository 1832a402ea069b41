#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use super::*;
use crate::genesys::conversations::{ConversationRead, Person};

const C: &str = "5f0c91ce-0000-4000-8000-00000000000a";
const P: &str = "77aa04b1-0000-4000-8000-00000000000b";
const X: &str = "0badcafe-0000-4000-8000-00000000000c";
const M: &str = "c327c2078ca056db130c55ce648d9fa2";

fn found(text: &str) -> Vec<(String, IdKind)> {
    find(text, &KnownIds::default()).into_iter().map(|f| (f.id, f.what)).collect()
}

fn one(text: &str) -> IdKind {
    let all = found(text);
    assert_eq!(all.len(), 1, "{text}: {all:?}");
    all[0].1
}

#[test]
fn paths_and_names_say_what_an_id_is() {
    let rows = [
        (format!("POST https://api.mypurecloud.de/api/v2/conversations/messaging/{C}/messages"), IdKind::Conversation),
        (format!("/api/v2/conversations/messages/{C}"), IdKind::Conversation),
        (
            format!("/api/v2/conversations/messages/{X}/inbound/open/message?prefetchConversationId=true"),
            IdKind::Integration,
        ),
        (format!("/api/v2/conversations/messages/{M}/details"), IdKind::Message),
        (format!("https://apps.mypurecloud.de/directory/#/engage/admin/interactions/{C}"), IdKind::Conversation),
        (format!("wss://webmessaging.mypurecloud.de/v1?deploymentId={X}&application=x"), IdKind::Deployment),
        (format!("https://api-cdn.x/webdeployments/v1/deployments/{X}/config.json"), IdKind::Deployment),
        (format!("2026-11-23 INFO send failed conversationId={C} status=401"), IdKind::Conversation),
        (format!("participant_id: \"{P}\""), IdKind::Participant),
        (format!("x-request-id: {X}"), IdKind::Request),
        (format!("client_id={X}&grant_type=client_credentials"), IdKind::Client),
        (format!("message {M}"), IdKind::Message),
        (format!("{{\"code\":\"unauthorized\",\"contextId\":\"{X}\"}}"), IdKind::Request),
        (X.to_owned(), IdKind::Unknown),
        (format!("WARN ({X})"), IdKind::Unknown),
    ];
    for (text, what) in rows {
        assert_eq!(one(&text), what, "{text}");
    }
    assert!(found("no id, only abcdef and 12345678-1234").is_empty());
}

#[test]
fn json_says_it_by_its_fields() {
    let conversation = format!(
        r#"{{"id":"{C}","participants":[{{"id":"{P}","purpose":"customer","messages":[{{"messageId":"{M}"}}]}}]}}"#
    );
    let all =
        [(C.to_owned(), IdKind::Conversation), (P.to_owned(), IdKind::Participant), (M.to_owned(), IdKind::Message)];
    assert_eq!(found(&conversation), all);
    assert_eq!(found(&format!("12:00 ERROR body={conversation} (end)")), all, "in a log line");
    let body = format!(r#"{{"to":{{"id":"{P}","externalId":null}},"text":"hi"}}"#);
    assert_eq!(found(&body), [(P.to_owned(), IdKind::Participant)]);
    let har = serde_json::json!({"log": {"entries": [{"request": {
        "url": format!("https://api.x/api/v2/conversations/messaging/{C}/messages"),
        "headers": [{"name": "x-request-id", "value": X}],
        "postData": {"text": body}}}]}});
    let har = found(&har.to_string());
    assert_eq!(
        har,
        [(C.to_owned(), IdKind::Conversation), (X.to_owned(), IdKind::Request), (P.to_owned(), IdKind::Participant)]
    );
}

#[test]
fn a_participant_in_the_place_of_a_conversation_is_swapped() {
    let text = format!(
        r#"POST /api/v2/conversations/messaging/{P}/messages 401 — the conversation is {{"id":"{C}","participants":[{{"id":"{P}","purpose":"customer"}}]}}"#
    );
    let all = find(&text, &KnownIds::default());
    let wrong = all.iter().find(|f| f.id == P);
    assert_eq!(wrong.map(|f| (f.what, f.swap.as_deref())), Some((IdKind::Participant, Some(C))));
    let first = &candidates(&all)[0];
    assert_eq!((first.conversation.as_str(), first.participant.as_deref()), (C, Some(P)));
    assert!(first.swapped.as_ref().is_some_and(|why| why.contains("a participant's id")));
    // What the profile knows counts as much as what the text says.
    let home = Some(C.to_owned());
    let known = KnownId { id: P.to_owned(), what: IdKind::Participant, home, guest: false, from_service: false };
    let known = KnownIds(vec![known]);
    let all = find(&format!("/api/v2/conversations/messaging/{P}/messages"), &known);
    assert_eq!(all.first().and_then(|f| f.swap.as_deref()), Some(C));
}

#[test]
fn a_guest_token_is_never_shown() {
    let text = format!(r#"{{"action":"configureSession","deploymentId":"{X}","token":"{P}"}}"#);
    let all = find(&text, &KnownIds::default());
    assert!(!format!("{all:?}").contains(P), "{all:?}");
    assert_eq!(all.iter().map(|f| f.what).collect::<Vec<_>>(), [IdKind::Deployment, IdKind::GuestToken]);
}

#[test]
fn hostile_texts_end() {
    for text in ["{".repeat(100_000), "[\"".repeat(50_000), "é".repeat(10_000), format!("é{X}é")] {
        let _ = find(&text, &KnownIds::default());
    }
    assert_eq!(one(&format!("é{X}é")), IdKind::Unknown);
    // Each bracket begins something that looks like JSON until the very end: read a few times, not thousands.
    let nearly = format!("{}x {C}", "[1, 2, [3], {\"a\": [".repeat(20_000));
    assert!(find(&nearly, &KnownIds::default()).iter().any(|f| f.id == C));
}

#[test]
fn a_uuid_without_hyphens_is_told_by_what_stands_around_it() {
    let bare = C.replace('-', "");
    assert_eq!(found(&format!("conversationId={bare}")), [(C.to_owned(), IdKind::Conversation)]);
    assert_eq!(found(&format!("/api/v2/conversations/messages/{bare}/details")), [(bare.clone(), IdKind::Message)]);
    assert_eq!(found(&format!("/api/v2/conversations/messages/{bare}")), [(C.to_owned(), IdKind::Conversation)]);
    assert_eq!(found(&bare), [(bare.clone(), IdKind::Message)], "its form alone");
    // The same id twice is one id, and what is written with hyphens has them.
    assert_eq!(found(&format!("conversation {C} and again {bare}")), [(C.to_owned(), IdKind::Conversation)]);
    let why = find(&format!("participant_id: {bare}"), &KnownIds::default());
    assert!(why[0].because().contains("without its hyphens"), "{why:?}");
    // The form of an id, and none.
    assert!(found(&format!("Content-MD5: {bare} sha256={bare} etag \"{bare}\"")).is_empty());
}

#[test]
fn whatever_stands_in_a_wrong_place_is_named_with_what_belongs_there() {
    let told = |id: &str, what, home: Option<&str>| {
        let mut known = KnownIds::default();
        known.learn(id, what, home);
        known
    };
    let path = |id: &str| format!("POST /api/v2/conversations/messaging/{id}/messages 401");
    let wrong = |text: &str, known: &KnownIds| {
        let all = find(text, known);
        let one = all.iter().find(|f| f.id == X).cloned().unwrap();
        (one.what, one.misplaced, one.swap)
    };
    for what in [IdKind::Integration, IdKind::Deployment] {
        let known = told(X, what, None);
        assert_eq!(wrong(&path(X), &known), (what, Some(IdKind::Conversation), None));
        let text = format!("{}; conversation={C}", path(X));
        assert_eq!(wrong(&text, &known), (what, Some(IdKind::Conversation), Some(C.to_owned())));
    }
    let open = format!("/api/v2/conversations/messages/{X}/inbound/open/message");
    let mut known = told(X, IdKind::Conversation, None);
    assert_eq!(wrong(&open, &known), (IdKind::Conversation, Some(IdKind::Integration), None));
    known.learn(P, IdKind::Integration, None);
    assert_eq!(wrong(&open, &known), (IdKind::Conversation, Some(IdKind::Integration), Some(P.to_owned())));
    let to = format!(r#"{{"to":{{"id":"{X}","externalId":null}},"text":"hi"}}"#);
    let mut known = told(X, IdKind::Conversation, None);
    // The guest has been there before, as somebody else.
    let person = |id: &str| Person { id: id.to_owned(), external: None, purpose: "customer".to_owned() };
    let (guest, others) = (Some(person(P)), vec![person(C)]);
    known.learn_read(X, &ConversationRead { guest, others, ..ConversationRead::default() });
    assert_eq!(wrong(&to, &known), (IdKind::Conversation, Some(IdKind::Participant), Some(P.to_owned())));
}

#[test]
fn a_message_leads_to_its_conversation_once_it_was_looked_up() {
    let mut known = KnownIds::default();
    known.learn(M, IdKind::Message, Some(C));
    let all = find(&format!("it failed for message {M}"), &known);
    let first = &candidates(&all)[0];
    assert_eq!((first.conversation.as_str(), first.participant.as_deref()), (C, None));
    assert!(first.swapped.as_ref().is_some_and(|why| why.contains("a message's id")));
    assert!(!all[0].needs_look());
    // A log with two conversations leads to both.
    let two = find(&format!("conversationId={C} conversationId={X}"), &KnownIds::default());
    assert_eq!(candidates(&two).len(), 2);
}
