//! A sandbox to test against, and a client that hides nothing.

use std::path::Path;

use guestwire::sandbox::{Sandbox, Scenario, start};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

pub use crate::http_client::{Answer, PATIENCE};
use crate::http_client::{Client, Request};

pub const CONVERSATION: &str = "5f0c91ce-8f0f-4b6e-9d6c-0a4a4f0f9a01";
pub const GUEST: &str = "a1d3c2b4-1111-4222-8333-944455556666";
pub const ENDED: &str = "7c1e0000-0000-4000-8000-000000000d44";
pub const UNKNOWN: &str = "00000000-0000-4000-8000-000000000000";

/// No latency, and answers of the counterpart at once.
pub const PLAIN: &str = r#"
seed = 42
[client]
id = "the-client"
secret = "the-secret"
name = "Tests"
scopes = ["guest:messages:send", "messaging:guest", "messaging:send", "conversations", "analytics"]
[[conversations]]
name = "Echo"
id = "5f0c91ce-8f0f-4b6e-9d6c-0a4a4f0f9a01"
participant_id = "a1d3c2b4-1111-4222-8333-944455556666"
external_id = "crm-7"
guest = "Anna"
history = [{ by = "guest", text = "before" }, { by = "bot", text = "You said: before" }]
[[conversations]]
name = "Over"
id = "7c1e0000-0000-4000-8000-000000000d44"
ended = true
started_minutes_ago = 60
[[conversations]]
name = "Billing"
script = "billing"
[[conversations]]
name = "Handover"
script = "handover"
"#;

/// The one 401 of the Guest API's description.
pub fn unauthorized() -> Value {
    json!({
        "code": "unauthorized",
        "message": "The request could not be fulfilled because the requestor is not authorized to perform the action."
    })
}

pub struct TestSandbox {
    pub server: Sandbox,
    client: Client,
}

pub fn scenario(text: &str) -> Scenario {
    Scenario::parse(text, Path::new("test.toml")).unwrap()
}

impl TestSandbox {
    pub fn plain() -> Self {
        Self::with(PLAIN)
    }

    pub fn with(text: &str) -> Self {
        Self::of(scenario(text))
    }

    pub fn of(scenario: Scenario) -> Self {
        let server = start(0, scenario, guestwire::clock::Clock::start()).unwrap();
        Self { server, client: Client::new() }
    }

    /// [`PLAIN`] with further lines before its tables.
    pub fn plain_but(head: &str) -> Self {
        Self::with(&format!("{head}\n{PLAIN}"))
    }

    pub fn request(&self, method: &str, path: &str) -> Request {
        self.client.request(method, &format!("{}{path}", self.server.url()))
    }

    pub async fn answer(&self, request: Request) -> Answer {
        request.send().await
    }

    pub async fn token_answer(&self, scope: &str) -> Answer {
        let form = [("grant_type", "client_credentials"), ("scope", scope)];
        self.answer(self.request("POST", "/oauth/token").basic_auth("the-client", Some("the-secret")).form(&form)).await
    }

    pub async fn token(&self, scope: &str) -> String {
        let answer = self.token_answer(scope).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()["access_token"].as_str().unwrap().to_owned()
    }

    pub async fn guest_token(&self) -> String {
        self.token("guest:messages:send conversations").await
    }

    pub fn sending(&self, token: &str, conversation: &str, body: &str) -> Request {
        self.request("POST", &format!("/api/v2/conversations/messaging/{conversation}/messages"))
            .bearer_auth(token)
            .header("content-type", "application/json")
            .body(body.to_owned())
    }

    pub async fn send(&self, token: &str, conversation: &str, body: &str) -> Answer {
        self.answer(self.sending(token, conversation, body)).await
    }

    pub async fn say(&self, token: &str, text: &str) -> Answer {
        self.send(token, CONVERSATION, &json!({"text": text, "type": "text"}).to_string()).await
    }

    pub async fn get(&self, token: &str, path: &str) -> Answer {
        self.answer(self.request("GET", path).bearer_auth(token)).await
    }

    pub async fn post(&self, token: &str, path: &str, body: &Value) -> Answer {
        let request = self.request("POST", path).bearer_auth(token).header("content-type", "application/json");
        self.answer(request.body(body.to_string())).await
    }

    pub fn fault(&self, fault: &Value) {
        self.server.set_fault(&fault.to_string()).unwrap();
    }

    /// Texts that [`CONVERSATION`] received, in order.
    pub fn received(&self) -> Vec<String> {
        let state = self.server.state();
        let texts = state["conversations"][0]["messages"].as_array().unwrap();
        texts.iter().map(|m| m["text"].as_str().unwrap().to_owned()).collect()
    }

    /// A send as bytes, for connections of our own.
    pub fn raw_send(token: &str, text: &str) -> Vec<u8> {
        let body = json!({"text": text, "type": "text"}).to_string();
        format!(
            "POST /api/v2/conversations/messaging/{CONVERSATION}/messages HTTP/1.1\r\nhost: localhost\r\n\
             authorization: Bearer {token}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    }

    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.server.addr()).await.unwrap()
    }
}

/// Writes a request and reads until the connection ends; the error is how it ended, if not in order.
pub async fn exchange(stream: &mut TcpStream, request: &[u8]) -> (String, Option<std::io::ErrorKind>) {
    stream.write_all(request).await.unwrap();
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("the connection ends");
    let end = read.err().map(|e| e.kind());
    (String::from_utf8(bytes).unwrap(), end)
}

/// Writes a request and reads one answer with a content length, leaving the connection open.
pub async fn one_answer(stream: &mut TcpStream, request: &[u8]) -> String {
    stream.write_all(request).await.unwrap();
    let mut text = String::new();
    loop {
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|l| l.strip_prefix("content-length: ")).expect("a length");
            if body.len() >= length.parse::<usize>().unwrap() {
                return text;
            }
        }
        let mut piece = [0; 4096];
        let n = tokio::time::timeout(PATIENCE, stream.read(&mut piece)).await.expect("an answer").unwrap();
        assert!(n > 0, "ended early: {text}");
        text.push_str(std::str::from_utf8(&piece[..n]).unwrap());
    }
}
