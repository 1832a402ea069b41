//! Attachments, the history, and where a web session's conversation is learned.

use serde_json::{Value, json};

use crate::guest::{Guest, LIVE, live};
use crate::test_sandbox::{Answer, TestSandbox};

/// The path of an address on the sandbox.
fn path(sandbox: &TestSandbox, url: &Value) -> String {
    url.as_str().unwrap().strip_prefix(sandbox.server.url()).expect("an address on the sandbox").to_owned()
}

async fn put(sandbox: &TestSandbox, presigned: &Value, bytes: &'static [u8]) -> Answer {
    let tagging = presigned["body"]["headers"]["x-amz-tagging"].as_str().unwrap();
    let request = sandbox.request("PUT", &path(sandbox, &presigned["body"]["url"])).header("x-amz-tagging", tagging);
    sandbox.answer(request.body(bytes)).await
}

async fn presign(guest: &mut Guest, size: u64) -> Value {
    let literal = json!({"attachmentId": "5f0c91ce-8f0f-4b6e-9d6c-0a4a4f0faaaa", "fileName": "a.png",
        "fileType": "image/png", "fileSize": size, "fileMd5": "…", "errorsAsJson": true});
    guest.asked("onAttachment", literal).await
}

#[tokio::test]
async fn a_file_is_announced_put_confirmed_sent_and_read_back() {
    let sandbox = TestSandbox::with(LIVE);
    let (mut guest, _) = sandbox.guest().await;
    let presigned = presign(&mut guest, 3).await;
    assert_eq!((&presigned["class"], &presigned["code"]), (&json!("PresignedUrlResponse"), &json!(200)));
    let id = presigned["body"]["attachmentId"].clone();
    assert_eq!((&presigned["body"]["fileName"], &presigned["body"]["fileSize"]), (&json!("a.png"), &json!(3)));
    let attached = json!({"message": {"type": "Text", "text": "see file",
        "content": [{"contentType": "Attachment", "attachment": {"id": id}}]}});
    assert_eq!(guest.asked("onMessage", attached.clone()).await["code"], 4010, "not uploaded yet");
    assert_eq!(put(&sandbox, &presigned, b"png").await.status, 200);
    let success = guest.frame().await;
    assert_eq!((&success["type"], &success["class"]), (&json!("message"), &json!("UploadSuccessEvent")));
    assert_eq!(success["body"]["attachmentId"], id);
    let echo = guest.asked("onMessage", attached).await;
    let sent = &echo["body"]["content"][0]["attachment"];
    assert_eq!(
        (&sent["mediaType"], &sent["mime"], &sent["filename"]),
        (&json!("Image"), &json!("image/png"), &json!("a.png"))
    );
    for url in [&success["body"]["downloadUrl"], &sent["url"]] {
        let file = sandbox.answer(sandbox.request("GET", &path(&sandbox, url))).await;
        assert_eq!((file.status, file.text.as_str(), file.header("content-type")), (200, "png", "image/png"));
    }
    guest.reply().await;
    let again = guest.asked("getAttachment", json!({"attachmentId": id})).await;
    assert_eq!(again["body"]["url"], sent["url"]);
    let deleted = guest.asked("deleteAttachment", json!({"attachmentId": id})).await;
    assert_eq!(
        (&deleted["class"], &deleted["body"]),
        (&json!("AttachmentDeletedResponse"), &json!({"attachmentId": id}))
    );
    assert_eq!(guest.asked("getAttachment", json!({"attachmentId": id})).await["code"], 4009);
    assert_eq!(sandbox.answer(sandbox.request("GET", &path(&sandbox, &sent["url"]))).await.status, 404);
}

#[tokio::test]
async fn files_that_cannot_be_are_refused_before_or_after_the_upload() {
    let sandbox = TestSandbox::with(LIVE);
    let (mut guest, _) = sandbox.guest().await;
    let cases = [
        (json!({"fileName": "a.exe", "fileType": "x/y", "fileSize": 1}), 4001),
        (json!({"fileName": "a.png", "fileType": "x/y", "fileSize": 10_485_761}), 4002),
        (json!({"fileName": "a/b.png", "fileType": "x/y", "fileSize": 1}), 4004),
        (json!({"fileName": "a".repeat(1024), "fileType": "x/y", "fileSize": 1}), 4005),
        (json!({"fileName": "a.png", "fileType": "x/y"}), 4020),
        (json!({"fileName": "a.png", "fileType": "x/y", "fileSize": 0}), 4102),
    ];
    for (mut request, code) in cases {
        let refused = guest.asked("onAttachment", request.clone()).await;
        assert_eq!((&refused["class"], &refused["code"]), (&json!("string"), &json!(code)));
        request["errorsAsJson"] = json!(true);
        let refused = guest.asked("onAttachment", request).await;
        assert_eq!((&refused["class"], &refused["body"]["errorCode"]), (&json!("GenerateUrlError"), &json!(code)));
    }
    let presigned = presign(&mut guest, 3).await;
    let bare = sandbox.request("PUT", &path(&sandbox, &presigned["body"]["url"])).body("png");
    assert_eq!(sandbox.answer(bare).await.status, 403, "the header is part of the address");
    assert_eq!(put(&sandbox, &presigned, b"too long").await.status, 200);
    let failure = guest.frame().await;
    assert_eq!((&failure["class"], &failure["body"]["errorCode"]), (&json!("UploadFailureEvent"), &json!(4003)));
    sandbox.server.advance(601);
    assert_eq!(put(&sandbox, &presigned, b"png").await.status, 403, "the address is old");
}

async fn history(sandbox: &TestSandbox, jwt: &str, query: &str) -> Answer {
    sandbox.get(jwt, &format!("/api/v2/webmessaging/messages{query}")).await
}

async fn jwt(guest: &mut Guest) -> (String, i64) {
    let answer = guest.asked("getJwt", json!({})).await;
    assert_eq!(answer["class"], "JwtResponse");
    (answer["body"]["jwt"].as_str().unwrap().to_owned(), answer["body"]["exp"].as_i64().unwrap())
}

#[tokio::test]
async fn the_history_comes_in_pages_newest_first_over_reconnects() {
    let sandbox = TestSandbox::with(LIVE);
    let (mut guest, _) = sandbox.guest().await;
    let echo = guest.say("one").await;
    guest.reply().await;
    drop(guest);
    let (mut guest, _) = sandbox.guest().await;
    guest.say("two").await;
    guest.reply().await;
    let (jwt, exp) = jwt(&mut guest).await;
    let page = history(&sandbox, &jwt, "?pageSize=3&pageNumber=1").await.json();
    let texts = |page: &Value| -> Vec<Value> {
        page["entities"].as_array().unwrap().iter().map(|e| e["text"].clone()).collect()
    };
    assert_eq!(texts(&page), ["You said: two", "two", "You said: one"]);
    assert_eq!(
        (&page["pageSize"], &page["pageNumber"], &page["total"], &page["pageCount"]),
        (&json!(3), &json!(1), &json!(4), &json!(2))
    );
    let last = history(&sandbox, &jwt, "?pageSize=3&pageNumber=2").await.json();
    assert_eq!(texts(&last), ["one"]);
    let kept = &last["entities"][0];
    assert_ne!(kept["id"], echo["body"]["id"], "history and live disagree on ids");
    assert_eq!(kept["channel"]["messageId"], echo["body"]["channel"]["messageId"]);
    assert_eq!(history(&sandbox, &jwt, "?pageSize=0").await.status, 400);
    let open = sandbox.answer(sandbox.request("GET", "/api/v2/webmessaging/messages")).await;
    assert_eq!((open.status, open.json()["code"].as_str()), (401, Some("authentication.required")));
    let forged = format!("{}x", &jwt);
    assert_eq!(history(&sandbox, &forged, "").await.json()["code"], "bad.credentials");
    let now: jiff::Timestamp = sandbox.server.state()["clock"]["now"].as_str().unwrap().parse().unwrap();
    sandbox.server.advance(u64::try_from(exp - now.as_second()).unwrap());
    assert_eq!(history(&sandbox, &jwt, "").await.status, 401, "its time is over");
}

#[tokio::test]
async fn the_history_has_a_rate_of_its_own() {
    let sandbox = TestSandbox::with(LIVE);
    let (mut guest, _) = sandbox.guest().await;
    let (jwt, _) = jwt(&mut guest).await;
    for _ in 0..10 {
        assert_eq!(history(&sandbox, &jwt, "").await.status, 200);
    }
    let refused = history(&sandbox, &jwt, "").await;
    assert_eq!((refused.status, refused.json()["limit"]["key"].as_str()), (429, Some("get.history.rate.per.minute")));
    assert!((1..=60).contains(&refused.header("retry-after").parse::<u32>().unwrap()));
}

#[tokio::test]
async fn a_message_of_the_session_leads_to_its_conversation() {
    let sandbox = TestSandbox::with(&live("billing", ""));
    let token = sandbox.guest_token().await;
    let (mut guest, _) = sandbox.guest().await;
    let echo = guest.say("hi").await;
    let id = echo["body"]["id"].as_str().unwrap();
    let details = sandbox.get(&token, &format!("/api/v2/conversations/messages/{id}/details")).await.json();
    let conversation = details["conversationId"].as_str().unwrap();
    assert_eq!((&details["messengerType"], &details["direction"]), (&json!("webmessaging"), &json!("inbound")));
    assert_eq!(details["normalizedMessage"]["channel"]["platform"], "WebMessaging");
    let read = sandbox.get(&token, &format!("/api/v2/conversations/{conversation}")).await.json();
    assert_eq!(read["participants"][0]["messages"][0]["type"], "webmessaging");
    let query = json!({"interval": "2000-01-01T00:00:00Z/2100-01-01T00:00:00Z", "order": "desc",
        "conversationFilters": [{"type": "and", "predicates": [
            {"type": "dimension", "dimension": "conversationEnd", "operator": "notExists"}]}]});
    let listed = sandbox.post(&token, "/api/v2/analytics/conversations/details/query", &query).await.json();
    assert_eq!(listed["conversations"][0]["conversationId"], conversation);
    let path = format!("/api/v2/conversations/messages/{conversation}");
    let ending = sandbox.request("PATCH", &path).bearer_auth(&token).header("content-type", "application/json");
    guest.reply().await;
    assert_eq!(sandbox.answer(ending.body("{\"state\":\"disconnected\"}")).await.status, 200);
    assert_eq!(guest.frame().await["body"]["events"][0]["presence"]["type"], "Disconnect");
    assert_eq!(guest.say("x").await["code"], 409);
}
