//! Tests of `diagnosis::attempt`.

use crate::diagnosis::attempt::*;
use crate::genesys::web_messaging::HISTORY;
use crate::model::{Body, ExchangeKind, Header, Request};

const TEMPLATE: &str = "/api/v2/conversations/messaging/{conversationId}/messages";

#[test]
fn a_send_is_read_back() {
    let request = Request {
        method: "POST".to_owned(),
        url: "http://h:1/api/v2/conversations/messaging/a%2Fb/messages".to_owned(),
        headers: vec![Header::new("authorization", "Bearer «token #1»")],
        body: Body { text: r#"{"to":{"id":"p","externalId":null},"text":"hi"}"#.to_owned(), ..Body::default() },
    };
    let wire = SentRequest::of(&request, TEMPLATE);
    assert_eq!(wire.conversation.as_deref(), Some("a/b"));
    assert_eq!((wire.participant.as_deref(), wire.external), (Some("p"), None));
    assert!(wire.bearer);
}

#[test]
fn integrations_and_deployments_are_read_back() {
    let open = "https://api.x/api/v2/conversations/messages/i%20d/inbound/open/message?prefetchConversationId=true";
    let request = |method: &str, url: &str, headers, text: &str| Request {
        method: method.to_owned(),
        url: url.to_owned(),
        headers,
        body: Body { text: text.to_owned(), ..Body::default() },
    };
    let wire = SentRequest::of(&request("POST", open, Vec::new(), r#"{"text":"hi"}"#), TEMPLATE);
    assert_eq!((wire.integration.as_deref(), wire.conversation), (Some("i d"), None));
    let socket = "wss://w.x/v1?application=a&deploymentId=d1";
    let origin = vec![Header::new("Origin", "https://s"), Header::new("Upgrade", "websocket")];
    let wire = SentRequest::of(&request("GET", socket, origin, ""), TEMPLATE);
    assert_eq!((wire.deployment.as_deref(), wire.origin.as_deref()), (Some("d1"), Some("https://s")));
    assert!(wire.opening && !wire.is_frame());
    let frame = r#"{"action":"onMessage","message":{"type":"Text","text":"hi"}}"#;
    let wire = SentRequest::of(&request("FRAME", socket, Vec::new(), frame), TEMPLATE);
    assert_eq!((wire.text.as_deref(), wire.is_frame()), (Some("hi"), true));
}

/// As the engine judges it: also where the profile names a path of its own, and for lists.
#[test]
fn an_answer_is_that_of_the_call() {
    let answered = |kind, method: &str, path: &str, text: &str| {
        let request = crate::fixtures::request(method, format!("https://api.x{path}"), Vec::new(), "");
        let response = crate::fixtures::response(200, Vec::new(), text);
        let ending = Some(crate::model::Ending::Answered(response));
        ServerAnswer::of(&crate::fixtures::attempt(crate::fixtures::at_second(1), request, ending), kind).by
    };
    let list = r#"{"entities":[]}"#;
    for (kind, method, path, text) in [
        (ExchangeKind::Send, "POST", "/own/path", r#"{"id":"m"}"#),
        (ExchangeKind::Read, "POST", "/api/v2/conversations/messages/c/messages/bulk", list),
        (ExchangeKind::Read, "GET", HISTORY, list),
    ] {
        assert!(answered(kind, method, path, text).is_service(), "{path}");
    }
}

#[test]
fn reading_urls_name_their_conversation() {
    let read = |path: &str| read_from(&format!("https://api.x{path}"));
    assert_eq!(read("/api/v2/conversations/messages/c1").as_deref(), Some("c1"));
    assert_eq!(read("/api/v2/conversations/c1?x=1").as_deref(), Some("c1"));
    assert_eq!(read("/api/v2/conversations/messages/c1/messages/bulk"), None);
    assert_eq!(read("/api/v2/tokens/me"), None);
    assert_eq!(authority("https://h:8/x"), "h:8");
}
