//! Replies of the open channel, pushed to a listener and signed.

use ring::hmac;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::guest::live;
use crate::test_sandbox::{PATIENCE, TestSandbox};

struct Listener(TcpListener);

impl Listener {
    async fn start() -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        (Self(listener), url)
    }

    /// The next push: its head in small letters, and its body.
    async fn next(&self, status: &str) -> (String, String) {
        let (mut stream, _) = tokio::time::timeout(PATIENCE, self.0.accept()).await.expect("a push").unwrap();
        let mut text = String::new();
        loop {
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let head = head.to_lowercase();
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
                if body.len() == length.parse::<usize>().unwrap() {
                    stream
                        .write_all(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n").as_bytes())
                        .await
                        .unwrap();
                    return (head, body.to_owned());
                }
            }
            let mut piece = [0; 4096];
            let n = tokio::time::timeout(PATIENCE, stream.read(&mut piece)).await.expect("a push").unwrap();
            text.push_str(std::str::from_utf8(&piece[..n]).unwrap());
        }
    }
}

async fn say(sandbox: &TestSandbox, text: &str) -> Value {
    let token = sandbox.guest_token().await;
    let integration = sandbox.server.announcement()["integration_id"].as_str().unwrap().to_owned();
    let path = format!("/api/v2/conversations/messages/{integration}/inbound/open/message?prefetchConversationId=true");
    let from = json!({"id": "guest-42", "idType": "Opaque"});
    let body = json!({"channel": {"from": from, "time": "2026-11-23T04:00:00.000Z"}, "text": text});
    sandbox.post(&token, &path, &body).await.json()
}

#[tokio::test]
async fn typing_and_replies_are_pushed_in_order_and_signed_over_the_raw_body() {
    let (listener, url) = Listener::start().await;
    let sandbox = TestSandbox::with(&live("billing", &format!("[webhook]\nurl = \"{url}\"\nsecret = \"DEADBEEF\"\n")));
    let sent = say(&sandbox, "hi").await;
    let (_, typing) = listener.next("200 OK").await;
    let typing: Value = serde_json::from_str(&typing).unwrap();
    assert_eq!((&typing["type"], &typing["events"][0]["eventType"]), (&json!("Event"), &json!("Typing")));
    let (head, raw) = listener.next("200 OK").await;
    let signature = head.lines().find_map(|line| line.strip_prefix("x-hub-signature-256: sha256=")).unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"DEADBEEF");
    let expected = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, hmac::sign(&key, raw.as_bytes()));
    assert_eq!(signature, expected.to_lowercase(), "base64, not hex");
    let pushed: Value = serde_json::from_str(&raw).unwrap();
    let integration = sandbox.server.announcement()["integration_id"].clone();
    assert_eq!(
        (&pushed["type"], &pushed["direction"], &pushed["originatingEntity"]),
        (&json!("Structured"), &json!("Outbound"), &json!("Bot"))
    );
    assert_eq!(pushed["conversationId"], sent["conversationId"]);
    let channel = &pushed["channel"];
    assert_eq!(
        (&channel["id"], &channel["platform"], &channel["messageId"]),
        (&integration, &json!("Open"), &pushed["id"])
    );
    assert_eq!(channel["to"], json!({"id": "guest-42", "idType": "Opaque"}));
    assert_eq!(pushed["content"][0]["quickReply"]["text"], "Open invoices");
}

#[tokio::test]
async fn what_a_listener_refuses_is_counted_and_an_address_elsewhere_is_none() {
    let (listener, url) = Listener::start().await;
    let sandbox = TestSandbox::with(&live("echo", ""));
    let set = async |body: Value| {
        let request = sandbox.request("POST", "/_sandbox/webhook").body(body.to_string());
        sandbox.answer(request).await
    };
    assert_eq!(set(json!({"url": url, "secret": "s"})).await.json(), json!({"webhook": url}));
    say(&sandbox, "hi").await;
    listener.next("200 OK").await;
    listener.next("500 No").await;
    say(&sandbox, "hi").await;
    listener.next("200 OK").await;
    let open = sandbox.server.state()["open"].clone();
    assert_eq!((&open["pushed"], &open["push_failures"], &open["webhook"]), (&json!(1), &json!(1), &json!(url)));
    let elsewhere = set(json!({"url": "http://example.com:80/", "secret": "s"})).await;
    assert_eq!(elsewhere.status, 400);
    assert!(elsewhere.json()["error"].as_str().unwrap().contains("not an address of this machine"));
    assert_eq!(set(json!({"url": url})).await.status, 400);
    assert_eq!(sandbox.answer(sandbox.request("DELETE", "/_sandbox/webhook")).await.json(), json!({"webhook": null}));
}
