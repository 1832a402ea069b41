//! Open messaging: the literal bodies of the protocol, what comes of them, and what is refused.

use serde_json::{Value, json};

use crate::guest::{LIVE, live};
use crate::test_sandbox::{Answer, TestSandbox, UNKNOWN};

/// The published body of an inbound message.
fn literal() -> Value {
    json!({
        "channel": {
            "messageId": "tui-7f1c",
            "from": {"id": "guest-42", "idType": "Opaque", "nickname": "Anna", "firstName": "Anna",
                "lastName": "Tester", "image": "https://cdn.example/a.png", "email": "anna@example.com"},
            "time": "2026-11-23T04:00:00.000Z",
            "metadata": {"customAttributes": {"testRun": "42"}}
        },
        "text": "Hello",
        "content": [{"attachment": {"mediaType": "Image", "url": "https://cdn.example/a.png", "mime": "image/png",
            "filename": "a.png"}}],
        "metadata": {"k": "v"}
    })
}

fn message(id: Option<&str>, guest: &str, text: &str) -> Value {
    let from = json!({"id": guest, "idType": "Opaque"});
    json!({"channel": {"messageId": id, "from": from, "time": "2026-11-23T04:00:00.000Z"}, "text": text})
}

struct Provider {
    sandbox: TestSandbox,
    token: String,
    integration: String,
}

impl Provider {
    async fn with(text: &str) -> Self {
        let sandbox = TestSandbox::with(text);
        let token = sandbox.guest_token().await;
        let integration = sandbox.server.announcement()["integration_id"].as_str().unwrap().to_owned();
        Self { sandbox, token, integration }
    }

    async fn post(&self, what: &str, body: &Value) -> Answer {
        let path = format!("/api/v2/conversations/messages/{}/inbound/open/{what}", self.integration);
        self.sandbox.post(&self.token, &path, body).await
    }

    async fn say(&self, text: &str) -> Answer {
        self.post("message?prefetchConversationId=true", &message(None, "guest-42", text)).await
    }

    /// The open conversations of the state.
    fn conversations(&self) -> Vec<Value> {
        let state = self.sandbox.server.state();
        let all = state["conversations"].as_array().unwrap();
        all.iter().filter(|c| c["channel"] == "open-messaging").cloned().collect()
    }

    /// What was said in a conversation, by its transcript.
    async fn transcript(&self, conversation: &str) -> Vec<Value> {
        let read =
            self.sandbox.get(&self.token, &format!("/api/v2/conversations/messages/{conversation}")).await.json();
        let said = read["participants"].as_array().unwrap().iter().flat_map(|p| p["messages"].as_array().unwrap());
        let ids: Vec<Value> = said.map(|m| m["messageId"].clone()).collect();
        let path = format!("/api/v2/conversations/messages/{conversation}/messages/bulk?useNormalizedMessage=true");
        self.sandbox.post(&self.token, &path, &Value::Array(ids)).await.json()["entities"].as_array().unwrap().clone()
    }
}

#[tokio::test]
async fn the_published_body_is_received_and_answered_in_the_published_shape() {
    let provider = Provider::with(LIVE).await;
    let answer = provider.post("message", &literal()).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let mut body = answer.json();
    let id = body["id"].take();
    assert_eq!(id.as_str().unwrap().len(), 32);
    let expected = json!({
        "id": null,
        "channel": {"id": provider.integration, "platform": "Open", "type": "Private", "messageId": "tui-7f1c",
            "to": {"id": provider.integration}, "from": literal()["channel"]["from"], "time": "2026-11-23T04:00:00.000Z"},
        "metadata": {"k": "v"},
        "type": "Text",
        "text": "Hello",
        "content": [{"contentType": "Attachment", "attachment": {"mediaType": "Image",
            "url": "https://cdn.example/a.png", "mime": "image/png", "filename": "a.png"}}],
    });
    assert_eq!(body, expected, "no conversationId unless it is asked for");
    let conversation = &provider.conversations()[0];
    assert_eq!((&conversation["name"], &conversation["received"]), (&json!("Anna, open"), &json!(1)));
    assert_eq!(conversation["attributes"], json!({"testRun": "42"}));
    let received = &conversation["messages"][0];
    assert_eq!(
        (&received["id"], &received["text"], &received["message_id"]),
        (&id, &json!("Hello"), &json!("tui-7f1c"))
    );
    assert_eq!(received["request_id"], answer.header("x-request-id"));
}

#[tokio::test]
async fn one_message_id_is_received_once_however_often_it_comes() {
    let provider = Provider::with(LIVE).await;
    let body = message(Some("m-1"), "guest-42", "once");
    let first = provider.post("message?prefetchConversationId=true", &body).await.json();
    let again = provider.post("message?prefetchConversationId=true", &body).await.json();
    assert_eq!((&first["id"], &first["conversationId"]), (&again["id"], &again["conversationId"]));
    let other = provider.post("message", &message(Some("m-1"), "guest-43", "another guest's")).await.json();
    assert_ne!(first["id"], other["id"]);
    let state = provider.sandbox.server.state();
    assert_eq!((&state["received"], &state["open"]["duplicates"]), (&json!(2), &json!(1)));
    assert_eq!(provider.conversations().len(), 2);
}

#[tokio::test]
async fn a_guest_stays_in_one_conversation_until_it_ends() {
    let provider = Provider::with(LIVE).await;
    let first = provider.say("one").await.json()["conversationId"].clone();
    assert_eq!(provider.say("two").await.json()["conversationId"], first);
    let path = format!("/api/v2/conversations/messages/{}", first.as_str().unwrap());
    let ending = provider.sandbox.request("PATCH", &path).bearer_auth(&provider.token);
    let ending = ending.header("content-type", "application/json").body("{\"state\":\"disconnected\"}");
    let ended = provider.sandbox.answer(ending).await;
    assert_eq!((ended.status, &ended.json()["participants"][0]["messages"][0]["state"]), (200, &json!("disconnected")));
    let second = provider.say("three").await.json()["conversationId"].clone();
    assert_ne!(second, first);
    let texts: Vec<Value> = provider.conversations().iter().map(|c| c["received"].clone()).collect();
    assert_eq!(texts, [2, 1]);
}

#[tokio::test]
async fn the_transcript_shows_choices_and_the_structured_response_takes_one() {
    let provider = Provider::with(&live("billing", "")).await;
    let conversation = provider.say("hi").await.json()["conversationId"].as_str().unwrap().to_owned();
    let menu = provider.transcript(&conversation).await.pop().unwrap();
    assert_eq!((&menu["messengerType"], &menu["direction"]), (&json!("open"), &json!("outbound")));
    let normalized = &menu["normalizedMessage"];
    assert_eq!(normalized["content"][1]["quickReply"]["payload"], "Pay an invoice");
    assert_eq!(normalized["channel"]["to"], json!({"id": "guest-42"}));
    let mut response = message(None, "guest-42", "");
    response.as_object_mut().unwrap().remove("text");
    response["buttonResponse"] = json!({"type": "QuickReply", "text": "Pay an invoice", "payload": "Pay an invoice"});
    response["originatingMessageId"] = menu["id"].clone();
    let answer = provider.post("structured/response", &response).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!((&answer.json()["type"], &answer.json()["direction"]), (&json!("Structured"), &json!("Inbound")));
    let transcript = provider.transcript(&conversation).await;
    let taken = &transcript[2]["normalizedMessage"]["content"][0]["buttonResponse"];
    assert_eq!((&taken["text"], &taken["originatingMessageId"]), (&json!("Pay an invoice"), &menu["id"]));
    assert!(transcript[3]["normalizedMessage"]["text"].as_str().unwrap().contains("2026-118"));
    for kind in ["ListPicker", "Form", "Hologram"] {
        response["buttonResponse"]["type"] = json!(kind);
        let refused = provider.post("structured/response", &response).await;
        assert_eq!((refused.status, &refused.json()["code"]), (400, &json!("invalid.value")), "{kind}");
    }
    response["buttonResponse"]["type"] = json!("QuickReply");
    let mut strange = message(None, "guest-42", "x");
    strange["content"] = json!([{"contentType": "Hologram"}]);
    assert_eq!(provider.post("message", &strange).await.json()["code"], "invalid.value");
    response["originatingMessageId"] = json!("none");
    assert_eq!(provider.post("structured/response", &response).await.status, 404);
    response["channel"]["from"]["id"] = json!("nobody");
    assert_eq!(provider.post("structured/response", &response).await.status, 404, "no conversation goes on");
}

#[tokio::test]
async fn events_and_receipts_are_noted_and_begin_nothing() {
    let provider = Provider::with(LIVE).await;
    let event = json!({"channel": {"from": {"id": "guest-42", "idType": "Opaque"}, "time": "2026-11-23T04:00:00Z"},
        "events": [{"eventType": "Typing"}]});
    let answer = provider.post("event", &event).await.json();
    assert_eq!(
        (&answer["type"], &answer["events"]),
        (&json!("Event"), &json!([{"eventType": "Typing", "typing": {"type": "On"}}]))
    );
    assert_eq!(answer["channel"]["time"], "2026-11-23T04:00:00.000Z");
    assert!(provider.conversations().is_empty());
    let conversation = provider.say("hi").await.json()["conversationId"].as_str().unwrap().to_owned();
    let transcript = provider.transcript(&conversation).await;
    let receipt = |id: &Value| {
        json!({"id": id, "channel": {"to": {"id": "guest-42"}, "time": "2026-11-23T04:00:00.000Z"},
        "status": "Failed", "reasons": [{"code": "RateLimited", "message": "slow"}], "isFinalReceipt": true})
    };
    let answer = provider.post("receipt", &receipt(&transcript[1]["id"])).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let body = answer.json();
    assert_eq!(
        (&body["type"], &body["status"], &body["direction"]),
        (&json!("Receipt"), &json!("Failed"), &json!("Inbound"))
    );
    assert_eq!(body["reasons"], json!([{"code": "RateLimited", "message": "slow"}]));
    assert_eq!(provider.post("receipt", &receipt(&transcript[0]["id"])).await.status, 404, "our own message");
    let state = provider.sandbox.server.state();
    assert_eq!((&state["open"]["events"], &state["open"]["receipts"]), (&json!(1), &json!(1)));
    assert_eq!(state["received"], 1);
}

#[tokio::test]
async fn what_is_wrong_is_refused_with_the_published_codes() {
    let provider = Provider::with(LIVE).await;
    let code = async |what: &str, body: &Value| {
        let answer = provider.post(what, body).await;
        format!("{} {}", answer.status, answer.json()["code"].as_str().unwrap())
    };
    let broken = |change: fn(&mut Value)| {
        let mut body = literal();
        change(&mut body);
        body
    };
    let cases: [(&str, Value, &str); 10] = [
        ("message", json!({}), "400 bad.request"),
        ("message", broken(|b| b["channel"]["from"] = json!({"idType": "Opaque"})), "400 bad.request"),
        ("message", broken(|b| b["channel"]["from"]["idType"] = json!("Cookie")), "400 invalid.value"),
        ("message", broken(|b| b["channel"]["time"] = json!("yesterday")), "400 invalid.date"),
        ("message", broken(|b| b["content"][0]["attachment"]["mediaType"] = json!("Hologram")), "400 invalid.value"),
        (
            "message",
            broken(|b| {
                b["text"] = json!(" ");
                b["content"] = json!([]);
            }),
            "400 bad.request",
        ),
        ("message", broken(|b| b["text"] = json!("x".repeat(4097))), "400 bad.request"),
        ("message", broken(|b| b["metadata"]["k"] = json!(7)), "400 bad.request"),
        ("event", broken(|b| b["events"] = json!([{"eventType": "Dancing"}])), "400 invalid.value"),
        ("receipt", literal(), "400 bad.request"),
    ];
    for (what, body, expected) in cases {
        assert_eq!(code(what, &body).await, expected, "{body}");
    }
    for (integration, expected) in [(UNKNOWN, 404), ("not-a-uuid", 400)] {
        let path = format!("/api/v2/conversations/messages/{integration}/inbound/open/message");
        assert_eq!(provider.sandbox.post(&provider.token, &path, &literal()).await.status, expected);
    }
    assert!(provider.conversations().is_empty());
}

#[tokio::test]
async fn the_older_path_names_the_integration_in_the_body() {
    let provider = Provider::with(LIVE).await;
    let mut body = literal();
    body["channel"]["to"] = json!({"id": provider.integration});
    body["direction"] = json!("Inbound");
    let path = "/api/v2/conversations/messages/inbound/open";
    assert_eq!(provider.sandbox.post(&provider.token, path, &body).await.status, 200);
    assert_eq!(provider.sandbox.post(&provider.token, path, &literal()).await.status, 400);
}

#[tokio::test]
async fn in_the_published_world_the_permission_decides_and_is_named() {
    let provider = Provider::with(&format!("world = \"published\"\n{LIVE}")).await;
    assert_eq!(provider.say("hi").await.status, 200);
    provider.sandbox.fault(&json!({"fault": "permission-missing"}));
    let answer = provider.say("hi").await;
    assert_eq!(answer.status, 403);
    assert_eq!(answer.json()["code"], "missing.permissions");
    assert_eq!(answer.json()["messageParams"]["permissions"], "[conversation:message:receive]");
    let narrow = TestSandbox::with(LIVE);
    let token = narrow.token("analytics").await;
    let integration = narrow.server.announcement()["integration_id"].as_str().unwrap().to_owned();
    let path = format!("/api/v2/conversations/messages/{integration}/inbound/open/message");
    assert_eq!(narrow.post(&token, &path, &literal()).await.status, 403);
}

#[tokio::test]
async fn faults_can_be_meant_for_one_guest() {
    let provider = Provider::with(LIVE).await;
    provider.sandbox.fault(&json!({"fault": "rate-limited", "conversation": "Anna, open", "retry_after": 3}));
    assert_eq!(provider.post("message", &message(None, "another", "x")).await.status, 200);
    let refused = provider.say("x").await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "3"));
    assert_eq!(provider.say("x").await.status, 200);
    let unknown = provider.sandbox.server.set_fault(r#"{"fault":"reset-after","conversation":"Ana, open"}"#);
    assert_eq!(unknown.unwrap_err(), "no conversation is called `Ana, open`; did you mean `Anna, open`?");
    let sandbox = TestSandbox::with(LIVE);
    let at_once = sandbox.server.set_fault(r#"{"fault":"conversation-ended","conversation":"Anna, open"}"#);
    assert_eq!(at_once.unwrap_err(), "`Anna, open` has not begun yet, and this fault acts at once");
}
