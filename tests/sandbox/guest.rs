//! A guest on the WebSocket: a client of its own, that hides nothing.

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::test_sandbox::{PATIENCE, TestSandbox};

pub const TOKEN: &str = "11111111-2222-4333-8444-555555555555";
pub const ORIGIN: &str = "https://shop.example";

/// No latency, answers at once; one guest of each channel.
pub const LIVE: &str = r#"
seed = 42
[client]
id = "the-client"
secret = "the-secret"
scopes = ["guest:messages:send", "conversations", "analytics"]
[[conversations]]
name = "Echo"
id = "5f0c91ce-8f0f-4b6e-9d6c-0a4a4f0f9a01"
[[conversations]]
name = "Anna, open"
channel = "open-messaging"
guest = "Anna"
guest_id = "guest-42"
[[conversations]]
name = "Anna, web"
channel = "web-messaging"
guest = "Anna"
"#;

/// [`LIVE`] with another script in both, and further tables at its end.
pub fn live(script: &str, more: &str) -> String {
    let text = LIVE.replace("guest = \"Anna\"", &format!("guest = \"Anna\"\nscript = \"{script}\""));
    format!("{text}\n{more}")
}

/// What came: a frame, or the end.
#[derive(Debug)]
#[expect(dead_code, reason = "how it broke is shown where a test fails")]
pub enum Came {
    Frame(Value),
    Text(String),
    Closed(u16),
    Broken(String),
}

pub struct Guest {
    socket: WebSocketStream<TcpStream>,
    pub token: String,
    pub deployment: String,
    traced: u32,
}

impl TestSandbox {
    pub fn deployment(&self) -> String {
        self.server.announcement()["deployment_id"].as_str().unwrap().to_owned()
    }

    /// A socket; the error is the status of the refusal, with its body.
    pub async fn socket(&self, deployment: &str, origin: Option<&str>) -> Result<Guest, (u16, String)> {
        let url = format!("ws://{}/v1?deploymentId={deployment}&application=tests", self.server.addr());
        let mut request = url.into_client_request().unwrap();
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse().unwrap());
        }
        let stream = self.connect().await;
        match tokio_tungstenite::client_async(request, stream).await {
            Ok((socket, answer)) => {
                assert_eq!(answer.status(), 101);
                Ok(Guest { socket, token: TOKEN.to_owned(), deployment: deployment.to_owned(), traced: 0 })
            }
            Err(Error::Http(answer)) => {
                let body = answer.body().clone().unwrap_or_default();
                Err((answer.status().as_u16(), String::from_utf8(body).unwrap()))
            }
            Err(other) => panic!("{other}"),
        }
    }

    /// A socket that may be opened, without a session.
    pub async fn visitor(&self) -> Guest {
        self.socket(&self.deployment(), Some(ORIGIN)).await.unwrap()
    }

    /// A socket with a session, and the answer that gave it.
    pub async fn guest(&self) -> (Guest, Value) {
        let mut guest = self.visitor().await;
        let session = guest.configure(false).await;
        (guest, session)
    }

    /// Until so many frames have come to the sandbox.
    pub async fn heard(&self, frames: u64) {
        let heard = async {
            while self.server.state()["web"]["frames_in"].as_u64() < Some(frames) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, heard).await.expect("the frames come");
    }

    /// What the web conversation has received, in order.
    pub fn web_received(&self) -> Vec<String> {
        let state = self.server.state();
        let conversations = state["conversations"].as_array().unwrap();
        let web = conversations.iter().filter(|c| c["channel"] == "web-messaging");
        let said = web.flat_map(|c| c["messages"].as_array().unwrap());
        said.map(|m| m["text"].as_str().unwrap().to_owned()).collect()
    }
}

impl Guest {
    pub async fn send(&mut self, frame: &Value) {
        self.socket.send(Message::text(frame.to_string())).await.unwrap();
    }

    pub async fn send_raw(&mut self, message: Message) {
        self.socket.send(message).await.unwrap();
    }

    pub async fn next(&mut self) -> Came {
        let came = tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("something comes");
        match came {
            Some(Ok(Message::Text(text))) => match serde_json::from_str(&text) {
                Ok(frame) => Came::Frame(frame),
                Err(_) => Came::Text(text.to_string()),
            },
            Some(Ok(Message::Close(Some(close)))) => Came::Closed(close.code.into()),
            Some(Ok(other)) => panic!("{other:?}"),
            Some(Err(error)) => Came::Broken(error.to_string()),
            None => Came::Broken("the end".to_owned()),
        }
    }

    pub async fn frame(&mut self) -> Value {
        match self.next().await {
            Came::Frame(frame) => frame,
            other => panic!("{other:?}"),
        }
    }

    /// The next frame of a class, and what came before it is not wanted.
    pub async fn class(&mut self, class: &str) -> Value {
        loop {
            let frame = self.frame().await;
            if frame["class"] == class {
                return frame;
            }
        }
    }

    /// The next message of the other side.
    pub async fn reply(&mut self) -> Value {
        loop {
            let frame = self.class("StructuredMessage").await;
            if frame["body"]["direction"] == "Outbound" && frame["body"]["type"] != "Event" {
                return frame;
            }
        }
    }

    /// A request with the guest's token, and a tracing id of its own, which is given back.
    pub async fn ask(&mut self, action: &str, fields: Value) -> String {
        self.traced += 1;
        let tracing = format!("trace-{}", self.traced);
        let mut frame = json!({"action": action, "token": self.token, "tracingId": tracing});
        frame.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        self.send(&frame).await;
        tracing
    }

    /// A request, and the next frame.
    pub async fn asked(&mut self, action: &str, fields: Value) -> Value {
        let tracing = self.ask(action, fields).await;
        let frame = self.frame().await;
        assert_eq!(frame["tracingId"], tracing, "{frame}");
        frame
    }

    pub async fn configure(&mut self, start_new: bool) -> Value {
        let deployment = self.deployment.clone();
        self.asked("configureSession", json!({"deploymentId": deployment, "startNew": start_new})).await
    }

    /// A text, and the next frame: its echo, or the refusal.
    pub async fn say(&mut self, text: &str) -> Value {
        self.asked("onMessage", json!({"message": {"type": "Text", "text": text}})).await
    }
}
