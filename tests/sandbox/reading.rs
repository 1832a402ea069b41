//! The reading side, and the counterpart that it shows.

use serde_json::{Value, json};

use crate::test_sandbox::{CONVERSATION, ENDED, GUEST, PLAIN, TestSandbox, UNKNOWN};

async fn thread(sandbox: &TestSandbox, token: &str, conversation: &str) -> Vec<Value> {
    let read = sandbox.get(token, &format!("/api/v2/conversations/messages/{conversation}")).await.json();
    let participants = read["participants"].as_array().unwrap();
    let said = participants.iter().flat_map(|p| p["messages"].as_array().unwrap());
    let ids: Vec<Value> = said.map(|m| m["messageId"].clone()).collect();
    let path = format!("/api/v2/conversations/messages/{conversation}/messages/bulk?useNormalizedMessage=true");
    let bulk = sandbox.post(token, &path, &Value::Array(ids)).await;
    assert_eq!(bulk.status, 200, "{}", bulk.text);
    bulk.json()["entities"].as_array().unwrap().clone()
}

fn lines(entities: &[Value]) -> Vec<(String, String)> {
    let one = |e: &Value| {
        let said = &e["normalizedMessage"];
        (said["originatingEntity"].as_str().unwrap().to_owned(), said["text"].as_str().unwrap().to_owned())
    };
    entities.iter().map(one).collect()
}

#[tokio::test]
async fn a_conversation_is_read_with_participants_and_messages() {
    let sandbox = TestSandbox::plain();
    let token = sandbox.guest_token().await;
    let sent = sandbox.say(&token, "hello").await.json();
    let read = sandbox.get(&token, &format!("/api/v2/conversations/messages/{CONVERSATION}")).await.json();
    assert_eq!(read["id"], CONVERSATION);
    assert_eq!(read.get("endTime"), None);
    let guest = &read["participants"][0];
    assert_eq!((guest["id"].as_str(), guest["purpose"].as_str()), (Some(GUEST), Some("customer")));
    assert_eq!((guest["state"].as_str(), guest["name"].as_str()), (Some("connected"), Some("Anna")));
    assert_eq!(guest["messages"].as_array().unwrap().len(), 2);
    assert_eq!(guest["messages"][1]["messageId"], sent["id"]);
    assert_eq!(read["participants"][1]["purpose"], "workflow");
    let whole = sandbox.get(&token, &format!("/api/v2/conversations/{CONVERSATION}")).await.json();
    let communication = &whole["participants"][0]["messages"][0];
    assert_eq!(
        (communication["state"].as_str(), communication["type"].as_str()),
        (Some("connected"), Some("webmessaging"))
    );
    assert_eq!(communication["messages"][1]["messageId"], sent["id"]);
}

#[tokio::test]
async fn the_transcript_has_both_sides_in_order() {
    let sandbox = TestSandbox::plain();
    let token = sandbox.guest_token().await;
    let sent = sandbox.say(&token, "hello").await.json();
    let entities = thread(&sandbox, &token, CONVERSATION).await;
    let expected = [("Human", "before"), ("Bot", "You said: before"), ("Human", "hello"), ("Bot", "You said: hello")];
    assert_eq!(lines(&entities), expected.map(|(who, what)| (who.to_owned(), what.to_owned())));
    let ours = &entities[2];
    assert_eq!(ours["id"], sent["id"]);
    assert_eq!((ours["direction"].as_str(), ours["conversationId"].as_str()), (Some("inbound"), Some(CONVERSATION)));
    assert_eq!(ours["normalizedMessage"]["direction"], "Inbound");
    assert_eq!(ours.get("textBody"), None);
    assert_eq!(entities[3]["direction"], "outbound");
    let times: Vec<&str> = entities.iter().map(|e| e["timestamp"].as_str().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
    let id = sent["id"].as_str().unwrap();
    let details = sandbox.get(&token, &format!("/api/v2/conversations/messages/{id}/details")).await.json();
    assert_eq!((details["conversationId"].as_str(), details["textBody"].as_str()), (Some(CONVERSATION), Some("hello")));
    let one = sandbox.get(&token, &format!("/api/v2/conversations/messages/{CONVERSATION}/messages/{id}")).await.json();
    assert_eq!(one, details);
}

#[tokio::test]
async fn reading_needs_a_token_a_scope_and_a_conversation() {
    let sandbox = TestSandbox::plain();
    let path = format!("/api/v2/conversations/messages/{CONVERSATION}");
    assert_eq!(sandbox.answer(sandbox.request("GET", &path)).await.status, 401);
    let narrow = sandbox.token("guest:messages:send").await;
    for path in [&path, &format!("/api/v2/conversations/{CONVERSATION}")] {
        let answer = sandbox.get(&narrow, path).await;
        assert_eq!((answer.status, answer.json()["code"].as_str()), (403, Some("missing.permissions")));
    }
    let token = sandbox.guest_token().await;
    for path in [
        format!("/api/v2/conversations/messages/{UNKNOWN}"),
        format!("/api/v2/conversations/{UNKNOWN}"),
        format!("/api/v2/conversations/messages/{CONVERSATION}/messages/none"),
        "/api/v2/conversations/messages/none/details".to_owned(),
    ] {
        let answer = sandbox.get(&token, &path).await;
        assert_eq!((answer.status, answer.json()["code"].as_str()), (404, Some("not.found")), "{path}");
    }
    let answer = sandbox.get(&token, "/api/v2/conversations/messages/not-a-uuid").await;
    assert_eq!((answer.status, answer.json()["code"].as_str()), (400, Some("invalid.value")));
}

#[tokio::test]
async fn an_ended_conversation_says_so() {
    let sandbox = TestSandbox::plain();
    let token = sandbox.guest_token().await;
    let read = sandbox.get(&token, &format!("/api/v2/conversations/messages/{ENDED}")).await.json();
    assert_eq!(read["participants"][0]["state"], "disconnected");
    assert!(read["endTime"].as_str().unwrap() > read["startTime"].as_str().unwrap());
}

#[tokio::test]
async fn bye_ends_the_conversation_after_the_last_word() {
    let sandbox = TestSandbox::plain();
    let token = sandbox.guest_token().await;
    assert_eq!(sandbox.say(&token, "bye").await.status, 200);
    let entities = thread(&sandbox, &token, CONVERSATION).await;
    assert_eq!(lines(&entities).last().unwrap().1, "Goodbye!");
    assert_eq!(sandbox.say(&token, "one more").await.status, 409);
}

#[tokio::test]
async fn the_counterpart_answers_when_its_time_has_come() {
    let sandbox = TestSandbox::with(&PLAIN.replace("seed = 42", "seed = 42\nreply_ms = [20000, 30000]"));
    let token = sandbox.guest_token().await;
    sandbox.say(&token, "hello").await;
    assert_eq!(thread(&sandbox, &token, CONVERSATION).await.len(), 3);
    sandbox.server.advance(19);
    assert_eq!(thread(&sandbox, &token, CONVERSATION).await.len(), 3);
    sandbox.server.advance(11);
    assert_eq!(thread(&sandbox, &token, CONVERSATION).await.len(), 4);
}

#[tokio::test]
async fn a_menu_has_quick_replies_and_a_handover_brings_an_agent() {
    let sandbox = TestSandbox::plain();
    let token = sandbox.guest_token().await;
    let id = |n: usize| sandbox.server.state()["conversations"][n]["id"].as_str().unwrap().to_owned();
    let (billing, handover) = (id(2), id(3));
    sandbox.send(&token, &billing, "{\"text\":\"hi\"}").await;
    let menu = thread(&sandbox, &token, &billing).await.pop().unwrap();
    assert_eq!(menu["normalizedMessage"]["type"], "Structured");
    let reply = &menu["normalizedMessage"]["content"][0];
    assert_eq!(reply["contentType"], "QuickReply");
    assert_eq!(reply["quickReply"], json!({"text": "Open invoices", "payload": "Open invoices", "action": "Message"}));
    sandbox.send(&token, &handover, "{\"text\":\"one\"}").await;
    sandbox.send(&token, &handover, "{\"text\":\"two\"}").await;
    let read = sandbox.get(&token, &format!("/api/v2/conversations/messages/{handover}")).await.json();
    assert_eq!(read["participants"][2]["purpose"], "agent");
    assert_eq!(
        lines(&thread(&sandbox, &token, &handover).await).last().unwrap().1,
        "Hello, this is Robin. How can I help?"
    );
}

#[tokio::test]
async fn the_active_conversations_are_listed_by_analytics() {
    let sandbox = TestSandbox::plain();
    let token = sandbox.token("analytics").await;
    let path = "/api/v2/analytics/conversations/details/query";
    let query = |filters: Value, page: Value| {
        json!({"interval": "2020-01-01T00:00:00.000Z/2100-01-01T00:00:00.000Z", "order": "desc",
            "orderBy": "conversationStart", "paging": page, "conversationFilters": filters,
            "segmentFilters": [{"type": "and", "predicates": [
                {"type": "dimension", "dimension": "mediaType", "operator": "matches", "value": "message"},
                {"type": "dimension", "dimension": "purpose", "operator": "matches", "value": "customer"}]}]})
    };
    let active = json!([{"type": "and", "predicates": [
        {"type": "dimension", "dimension": "conversationEnd", "operator": "notExists"}]}]);
    let all = sandbox.post(&token, path, &query(json!([]), json!({"pageSize": 25, "pageNumber": 1}))).await.json();
    assert_eq!(all["totalHits"], 4);
    let found =
        sandbox.post(&token, path, &query(active.clone(), json!({"pageSize": 25, "pageNumber": 1}))).await.json();
    assert_eq!(found["totalHits"], 3);
    let ids: Vec<&Value> = found["conversations"].as_array().unwrap().iter().map(|c| &c["conversationId"]).collect();
    assert!(ids.contains(&&json!(CONVERSATION)) && !ids.contains(&&json!(ENDED)), "{ids:?}");
    let second = sandbox.post(&token, path, &query(active, json!({"pageSize": 2, "pageNumber": 2}))).await.json();
    assert_eq!(second["conversations"].as_array().unwrap().len(), 1);
    let past = json!({"interval": "2020-01-01T00:00:00Z/2020-01-02T00:00:00Z"});
    assert_eq!(sandbox.post(&token, path, &past).await.json()["totalHits"], 0);
    let ignored = json!({"interval": "2020-01-01T00:00:00Z/2020-01-02T00:00:00Z", "orderBy": "segmentEnd"});
    assert_eq!(sandbox.post(&token, path, &ignored).await.status, 400, "what would be ignored is refused");
    let ignored = json!({"interval": "2020-01-01T00:00:00Z/2020-01-02T00:00:00Z", "evaluationFilters": []});
    assert_eq!(sandbox.post(&token, path, &ignored).await.status, 400, "what would be ignored is refused");
    let answer = sandbox.post(&token, path, &json!({"interval": "yesterday"})).await;
    assert_eq!((answer.status, answer.json()["code"].as_str()), (400, Some("invalid.value")));
    let odd = json!([{"predicates": [{"dimension": "queueId", "value": "x"}]}]);
    let answer = sandbox.post(&token, path, &query(odd, json!({}))).await;
    assert_eq!((answer.status, answer.json()["code"].as_str()), (400, Some("invalid.value")));
}
