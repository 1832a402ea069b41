use super::*;

const C: &str = "5f0c91ce-0000-4000-8000-00000000000a";
const P: &str = "77aa04b1-0000-4000-8000-00000000000b";
const X: &str = "0badcafe-0000-4000-8000-00000000000c";
const M: &str = "c327c2078ca056db130c55ce648d9fa2";

fn found(text: &str) -> Vec<(String, What)> {
    find(text, &Known::default()).into_iter().map(|f| (f.id, f.what)).collect()
}

fn one(text: &str) -> What {
    let all = found(text);
    assert_eq!(all.len(), 1, "{text}: {all:?}");
    all[0].1
}

#[test]
fn paths_and_names_say_what_an_id_is() {
    let rows = [
        (format!("POST https://api.mypurecloud.de/api/v2/conversations/messaging/{C}/messages"), What::Conversation),
        (format!("/api/v2/conversations/messages/{C}"), What::Conversation),
        (
            format!("/api/v2/conversations/messages/{X}/inbound/open/message?prefetchConversationId=true"),
            What::Integration,
        ),
        (format!("/api/v2/conversations/messages/{M}/details"), What::Message),
        (format!("https://apps.mypurecloud.de/directory/#/engage/admin/interactions/{C}"), What::Conversation),
        (format!("wss://webmessaging.mypurecloud.de/v1?deploymentId={X}&application=x"), What::Deployment),
        (format!("https://api-cdn.x/webdeployments/v1/deployments/{X}/config.json"), What::Deployment),
        (format!("2026-11-23 INFO send failed conversationId={C} status=401"), What::Conversation),
        (format!("participant_id: \"{P}\""), What::Participant),
        (format!("x-request-id: {X}"), What::Request),
        (format!("client_id={X}&grant_type=client_credentials"), What::Client),
        (format!("message {M}"), What::Message),
        (format!("{{\"code\":\"unauthorized\",\"contextId\":\"{X}\"}}"), What::Request),
        (X.to_owned(), What::Unknown),
        (format!("WARN ({X})"), What::Unknown),
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
    let all = [(C.to_owned(), What::Conversation), (P.to_owned(), What::Participant), (M.to_owned(), What::Message)];
    assert_eq!(found(&conversation), all);
    assert_eq!(found(&format!("12:00 ERROR body={conversation} (end)")), all, "in a log line");
    let body = format!(r#"{{"to":{{"id":"{P}","externalId":null}},"text":"hi"}}"#);
    assert_eq!(found(&body), [(P.to_owned(), What::Participant)]);
    let har = serde_json::json!({"log": {"entries": [{"request": {
        "url": format!("https://api.x/api/v2/conversations/messaging/{C}/messages"),
        "headers": [{"name": "x-request-id", "value": X}],
        "postData": {"text": body}}}]}});
    let har = found(&har.to_string());
    assert_eq!(
        har,
        [(C.to_owned(), What::Conversation), (X.to_owned(), What::Request), (P.to_owned(), What::Participant)]
    );
}

#[test]
fn a_participant_in_the_place_of_a_conversation_is_swapped() {
    let text = format!(
        r#"POST /api/v2/conversations/messaging/{P}/messages 401 — the conversation is {{"id":"{C}","participants":[{{"id":"{P}","purpose":"customer"}}]}}"#
    );
    let all = find(&text, &Known::default());
    let wrong = all.iter().find(|f| f.id == P);
    assert_eq!(wrong.map(|f| (f.what, f.swap.as_deref())), Some((What::Participant, Some(C))));
    let (conversation, participant, why) = address(&all).unwrap_or_default();
    assert_eq!((conversation.as_str(), participant.as_deref()), (C, Some(P)));
    assert!(why.is_some());
    // What the profile knows counts as much as what the text says.
    let known = Known { ids: vec![(P.to_owned(), What::Participant, Some(C.to_owned()))] };
    let all = find(&format!("/api/v2/conversations/messaging/{P}/messages"), &known);
    assert_eq!(all.first().and_then(|f| f.swap.as_deref()), Some(C));
}

#[test]
fn a_guest_token_is_never_shown() {
    let text = format!(r#"{{"action":"configureSession","deploymentId":"{X}","token":"{P}"}}"#);
    let all = find(&text, &Known::default());
    assert!(!format!("{all:?}").contains(P), "{all:?}");
    assert_eq!(all.iter().map(|f| f.what).collect::<Vec<_>>(), [What::Deployment, What::GuestToken]);
}

#[test]
fn hostile_texts_end() {
    for text in ["{".repeat(100_000), "[\"".repeat(50_000), "é".repeat(10_000), format!("é{X}é")] {
        let _ = find(&text, &Known::default());
    }
    assert_eq!(one(&format!("é{X}é")), What::Unknown);
}
