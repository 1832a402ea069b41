//! The Guest API: both bodies, every refusal, headers, rate limit; both worlds.

use serde_json::{Value, json};

use crate::test_sandbox::{CONVERSATION, ENDED, GUEST, PLAIN, TestSandbox, UNKNOWN, unauthorized};

fn is_uuid(text: &str) -> bool {
    guestwire::model::is_uuid(text)
}

#[tokio::test]
async fn both_bodies_are_received_once_and_answered_with_an_id() {
    let sandbox = TestSandbox::plain();
    let token = sandbox.guest_token().await;
    let first = sandbox.say(&token, "Test message from backend").await;
    assert_eq!(first.status, 200);
    let sent = first.json();
    assert_eq!(sent["text"], "Test message from backend");
    assert_eq!((sent["type"].as_str(), sent["direction"].as_str()), (Some("Text"), Some("Inbound")));
    assert_eq!(sent["conversationId"], CONVERSATION);
    let addressed = json!({"to": {"id": GUEST, "externalId": null}, "text": "Hello from backend"});
    let second = sandbox.send(&token, CONVERSATION, &addressed.to_string()).await;
    assert_eq!(second.status, 200);
    let external = json!({"to": {"externalId": "crm-7"}, "text": "by external id"});
    assert_eq!(sandbox.send(&token, CONVERSATION, &external.to_string()).await.status, 200);

    let state = sandbox.server.state();
    let conversation = &state["conversations"][0];
    assert_eq!(conversation["received"], 3);
    assert_eq!(conversation["messages"][0]["id"], sent["id"]);
    assert_eq!(conversation["messages"][0]["request_id"], first.header("x-request-id"));
    assert_eq!(conversation["messages"][1]["id"], second.json()["id"]);
    assert_eq!(sandbox.received(), ["Test message from backend", "Hello from backend", "by external id"]);
    assert_eq!(state["requests"]["by_route"]["POST /api/v2/conversations/messaging/{conversationId}/messages"], 3);
}

#[tokio::test]
async fn every_answer_has_the_headers_of_the_platform() {
    let sandbox = TestSandbox::plain();
    let token = sandbox.guest_token().await;
    for (n, answer) in [(1, sandbox.say(&token, "one").await), (2, sandbox.send(&token, UNKNOWN, "{}").await)] {
        assert!(is_uuid(answer.header("x-request-id")));
        assert!(is_uuid(answer.header("inin-correlation-id")));
        assert_ne!(answer.header("x-request-id"), answer.header("inin-correlation-id"));
        assert_eq!(answer.header("inin-ratelimit-count"), n.to_string());
        assert_eq!(answer.header("inin-ratelimit-allowed"), "300");
        assert!((1..=60).contains(&answer.header("inin-ratelimit-reset").parse::<u32>().unwrap()));
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("cache-control"), "no-cache, no-store, must-revalidate");
        assert!(answer.header("date").ends_with(" GMT"));
    }
}

#[tokio::test]
async fn token_and_scope_refusals_are_the_described_ones() {
    let sandbox = TestSandbox::plain();
    let path = format!("/api/v2/conversations/messaging/{CONVERSATION}/messages");
    let bare = sandbox.request("POST", &path).header("content-type", "application/json").body("{\"text\":\"x\"}");
    let answer = sandbox.answer(bare).await;
    assert_eq!((answer.status, answer.json()), (401, unauthorized()));
    let general = sandbox.token("conversations analytics").await;
    let wrong = sandbox.token("messaging:guest").await;
    for token in ["never-given-out", &general, &wrong] {
        let answer = sandbox.say(token, "x").await;
        assert_eq!((answer.status, answer.json()), (401, unauthorized()));
    }
    let forbidden = sandbox.token("messaging:send").await;
    let answer = sandbox.say(&forbidden, "x").await;
    assert_eq!((answer.status, answer.json()["code"].as_str()), (403, Some("not.authorized")));
    let both = sandbox.token("messaging:send guest:messages:send").await;
    assert_eq!(sandbox.say(&both, "x").await.status, 200);
    sandbox.server.advance(3600);
    assert_eq!(sandbox.say(&both, "too late").await.json(), unauthorized());
    let expected =
        json!({"scope-missing": 1, "scope-wrong": 2, "token-absent": 1, "token-expired": 1, "token-unknown": 1});
    assert_eq!(sandbox.server.state()["refused"], expected);
    assert_eq!(sandbox.received(), ["x"]);
}

#[tokio::test]
async fn wrong_ids_hide_behind_the_same_401() {
    let sandbox = TestSandbox::plain();
    let token = sandbox.guest_token().await;
    let to = |id: &str| json!({"to": {"id": id}, "text": "x"}).to_string();
    let text = json!({"text": "x"}).to_string();
    for (conversation, body) in [
        ("not-a-uuid", text.clone()),
        (UNKNOWN, text),
        (CONVERSATION, to("not-a-uuid")),
        (CONVERSATION, to(UNKNOWN)),
        (CONVERSATION, json!({"to": {"id": GUEST, "externalId": "crm-8"}, "text": "x"}).to_string()),
    ] {
        let answer = sandbox.send(&token, conversation, &body).await;
        assert_eq!((answer.status, answer.json()), (401, unauthorized()), "{conversation} {body}");
    }
    let refused = sandbox.server.state()["refused"].clone();
    let expected = json!({"conversation-malformed": 1, "conversation-unknown": 1, "participant-malformed": 1,
        "participant-mismatch": 2});
    assert_eq!(refused, expected);
}

#[tokio::test]
async fn bad_bodies_and_texts_are_refused_by_what_is_wrong_with_them() {
    let sandbox = TestSandbox::plain();
    let token = sandbox.guest_token().await;
    let malformed = "The request could not be understood by the server due to malformed syntax.";
    for body in ["", "{\"text\":", "[]", "{}", "{\"text\":7}", "{\"text\":\"  \"}", "{\"to\":{},\"text\":\"x\"}"] {
        let answer = sandbox.send(&token, CONVERSATION, body).await;
        let json = answer.json();
        assert_eq!((answer.status, json["code"].as_str()), (400, Some("bad.request")), "{body}");
        assert_eq!(json["message"], malformed);
        assert_eq!(json["contextId"], answer.header("inin-correlation-id"));
        assert_eq!((&json["status"], &json["details"], &json["errors"]), (&json!(400), &json!([]), &json!([])));
    }
    let answer = sandbox.send(&token, CONVERSATION, "{\"text\":\"x\",\"type\":\"image\"}").await;
    let message = "Value [image] is not valid for field type [type]. Allowable values are: text";
    assert_eq!((answer.status, answer.json()["message"].as_str()), (400, Some(message)));
    assert_eq!(answer.json()["code"], "invalid.value");

    // 4096 bytes are the limit, counted in UTF-8.
    assert_eq!(sandbox.say(&token, &"ä".repeat(2048)).await.status, 200);
    let answer = sandbox.say(&token, &format!("{}x", "ä".repeat(2048))).await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.json()["message"], "Message length 4097 is larger than 4096");
    let answer = sandbox.say(&token, &"x".repeat(600_000)).await;
    assert_eq!((answer.status, answer.json()["code"].as_str()), (413, Some("request.entity.too.large")));
    assert_eq!(answer.json()["message"], "The request is over the size limit. Maximum bytes: 512000");

    let answer = sandbox.say(&token, &"x".repeat(5_000_000)).await;
    assert_eq!(answer.status, 413, "far over the limit too");

    let path = format!("/api/v2/conversations/messaging/{CONVERSATION}/messages");
    let text = sandbox.request("POST", &path).bearer_auth(&token).header("content-type", "text/plain").body("{}");
    let answer = sandbox.answer(text).await;
    assert_eq!((answer.status, answer.json()["code"].as_str()), (415, Some("unsupported.media.type")));
    let answer = sandbox.send(&token, ENDED, "{\"text\":\"x\"}").await;
    assert_eq!((answer.status, answer.json()["code"].as_str()), (409, Some("general.conflict")));
    assert_eq!(answer.json()["message"], "Session is read-only, no new messages allowed");
}

#[tokio::test]
async fn the_rate_limit_counts_each_token_in_a_minute_of_the_sandbox() {
    let sandbox = TestSandbox::with(&format!("{PLAIN}\n[limits]\nrequests_per_minute = 3\n"));
    let token = sandbox.guest_token().await;
    for n in 1..=3 {
        assert_eq!(sandbox.say(&token, "x").await.header("inin-ratelimit-count"), n.to_string());
    }
    let answer = sandbox.say(&token, "too much").await;
    assert_eq!(answer.status, 429);
    let seconds = answer.header("retry-after").to_owned();
    assert_eq!(seconds, answer.header("inin-ratelimit-reset"));
    let json = answer.json();
    assert_eq!(json["code"], "too.many.requests.retry.after");
    assert_eq!(json["message"], format!("Rate limit exceeded the maximum. Retry the request in [{seconds}] seconds"));
    let limit = json!({"key": "client.credentials.token.rate.per.minute", "namespace": "platform.api", "value": 3});
    assert_eq!(json["limit"], limit);
    let other = sandbox.guest_token().await;
    assert_eq!(sandbox.say(&other, "x").await.status, 200, "another token has a window of its own");
    sandbox.server.advance(60);
    assert_eq!(sandbox.say(&token, "x").await.header("inin-ratelimit-count"), "1");
    assert_eq!(sandbox.received().len(), 5);
}

async fn code(sandbox: &TestSandbox, token: &str, conversation: &str, body: &Value) -> String {
    let answer = sandbox.send(token, conversation, &body.to_string()).await;
    format!("{} {}", answer.status, answer.json()["code"].as_str().unwrap_or("-"))
}

#[tokio::test]
async fn the_published_world_knows_roles_and_names_what_is_wrong() {
    let sandbox = TestSandbox::plain_but("world = \"published\"");
    let answer = sandbox.token_answer("guest:messages:send").await;
    assert_eq!(answer.json().get("scope"), None, "a scope has no effect");
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    let text = json!({"text": "x", "type": "Text"});
    assert_eq!(code(&sandbox, &token, CONVERSATION, &text).await, "200 -");
    assert_eq!(code(&sandbox, &token, "not-a-uuid", &text).await, "400 invalid.value");
    assert_eq!(code(&sandbox, &token, UNKNOWN, &text).await, "404 not.found");
    let stranger = json!({"to": {"id": UNKNOWN}, "text": "x"});
    assert_eq!(code(&sandbox, &token, CONVERSATION, &stranger).await, "404 not.found");
    assert_eq!(code(&sandbox, "never-given-out", CONVERSATION, &text).await, "401 bad.credentials");
    let path = format!("/api/v2/conversations/messaging/{CONVERSATION}/messages");
    let answer = sandbox.answer(sandbox.request("POST", &path)).await;
    assert_eq!(answer.json()["code"], "authentication.required");
    assert_eq!(answer.json()["message"], "No authentication bearer token specified in authorization header.");
    sandbox.fault(&json!({"fault": "permission-missing"}));
    let answer = sandbox.send(&token, CONVERSATION, &text.to_string()).await;
    let json = answer.json();
    assert_eq!((answer.status, json["code"].as_str()), (403, Some("missing.permissions")));
    assert_eq!(
        json["message"],
        "Unable to perform the requested action. You are missing the following permission(s): \
         [conversation:message:receive]"
    );
    assert_eq!(json["messageParams"], json!({"permissions": "[conversation:message:receive]"}));
    sandbox.server.advance(3600);
    assert_eq!(code(&sandbox, &token, CONVERSATION, &text).await, "401 bad.credentials");
}

#[tokio::test]
async fn paths_and_methods_that_are_not_there() {
    let sandbox = TestSandbox::plain();
    let token = sandbox.guest_token().await;
    let answer = sandbox.get(&token, "/api/v2/nowhere").await;
    assert_eq!((answer.status, answer.json()["code"].as_str()), (404, Some("not.found")));
    let answer = sandbox.get(&token, &format!("/api/v2/conversations/messaging/{CONVERSATION}/messages")).await;
    assert_eq!((answer.status, answer.header("allow")), (405, "POST"));
}
