//! A guest socket's server: what it says to each frame is up to the test; it keeps all that it received.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use futures_util::{SinkExt as _, StreamExt as _};
use guestwire::config::{ConversationEntry, Credentials, Profile};
use guestwire::engine::Report;
use guestwire::model::{Address, Conversation, ConversationKey, Exchange, ExchangeKind, WebSession};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};

use crate::support::engine::{TestEngine, profile};

/// A frame of the guest.
#[derive(Clone, Debug)]
pub struct Frame {
    /// On which connection, from 0.
    pub connection: usize,
    pub json: Value,
}

impl Frame {
    pub fn action(&self) -> &str {
        self.json["action"].as_str().unwrap_or_default()
    }

    pub fn text(&self) -> &str {
        self.json["message"]["text"].as_str().unwrap_or_default()
    }

    pub fn token(&self) -> &str {
        self.json["token"].as_str().unwrap()
    }

    /// A frame that answers this one.
    pub fn answer(&self, class: &str, code: u16, body: Value) -> Act {
        say(
            json!({"type": "response", "class": class, "code": code, "body": body, "tracingId": self.json["tracingId"]}),
        )
    }

    /// An error of the plain kind.
    pub fn refuse(&self, code: u16, text: &str) -> Act {
        self.answer("string", code, json!(text))
    }

    /// The echo of a message, as said at this second.
    pub fn echo(&self, second: u32) -> Act {
        let id = format!("{second:032x}");
        self.answer(
            "StructuredMessage",
            200,
            json!({"text": self.text(), "type": "Text", "direction": "Inbound", "id": id,
                "channel": {"time": time(second), "messageId": format!("m-{second}")},
                "metadata": {"id": self.json["message"]["metadata"]["id"]}}),
        )
    }
}

/// What the server does.
#[derive(Clone, Debug)]
pub enum Act {
    Say(String),
    /// Closes properly.
    Close,
    /// Closes the TCP connection without a word.
    Break,
}

pub fn say(frame: Value) -> Act {
    Act::Say(frame.to_string())
}

pub fn time(second: u32) -> String {
    format!("2026-11-23T10:{:02}:{:02}.000Z", second / 60, second % 60)
}

/// A message of the other side.
pub fn bot(id: &str, second: u32, text: &str) -> Act {
    say(json!({"type": "message", "class": "StructuredMessage", "code": 200, "body": {"text": text, "type": "Text",
        "direction": "Outbound", "id": id, "channel": {"time": time(second), "type": "Private"},
        "originatingEntity": "Bot"}}))
}

/// An event of the other side.
pub fn event(event: Value, read_only: bool) -> Act {
    say(json!({"type": "message", "class": "StructuredMessage", "code": 200, "body": {"type": "Event",
        "direction": "Outbound", "id": "e", "channel": {"time": time(0)}, "events": [event],
        "metadata": {"readOnly": read_only.to_string()}, "originatingEntity": "Bot"}}))
}

pub fn by_itself(class: &str, body: Value) -> Act {
    say(json!({"type": "message", "class": class, "code": 200, "body": body}))
}

/// What a server does that has nothing against anything: the second of an echo is its place among all frames.
pub fn usual(frame: &Frame, place: usize) -> Vec<Act> {
    let second = u32::try_from(place).unwrap();
    match frame.action() {
        "configureSession" => vec![session(frame, second <= 1 || frame.json["startNew"] == true, false)],
        "onMessage" if frame.json["message"]["type"] == "Event" => vec![],
        "onMessage" => vec![frame.echo(second)],
        "echo" => vec![frame.answer(
            "StructuredMessage",
            200,
            json!({"text": "ping", "type": "Text", "direction": "Inbound", "id": "h",
                "metadata": {"expirationDate": "1791139139"}}),
        )],
        "getJwt" => vec![frame.answer("JwtResponse", 200, json!({"jwt": JWT, "exp": 4_000_000_000_u64}))],
        "closeSession" => vec![frame.answer("SessionResponse", 200, json!({"connected": false, "readOnly": true}))],
        _ => vec![],
    }
}

/// The token for reading histories; it must never be reported.
pub const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJndWVzdCI6InNlY3JldCJ9.c2lnbmF0dXJlLW9mLXRoZS1qd3Q";

pub fn session(frame: &Frame, new: bool, read_only: bool) -> Act {
    frame.answer(
        "SessionResponse",
        200,
        json!({"connected": !read_only, "newSession": new, "readOnly": read_only, "maxCustomDataBytes": 2048,
            "allowedMedia": {"inbound": {"fileTypes": [{"type": "image/*"}], "maxFileSizeKB": 1}},
            "blockedExtensions": [".exe"], "durationSeconds": 259_200, "expirationDate": 1_791_139_139}),
    )
}

/// What is said to the frame that is the nth of all, from 1.
type Script = Arc<dyn Fn(&Frame, usize) -> Vec<Act> + Send + Sync>;

/// The headers of an upgrade, its path as `:path`.
type Upgrade = Vec<(String, String)>;

/// See the module.
pub struct Guests {
    pub addr: SocketAddr,
    frames: Arc<Mutex<Vec<Frame>>>,
    upgrades: Arc<Mutex<Vec<Upgrade>>>,
    /// Says something by itself, on the newest connection.
    tell: tokio::sync::broadcast::Sender<Act>,
}

impl Guests {
    pub async fn start(script: impl Fn(&Frame, usize) -> Vec<Act> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let (frames, upgrades) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
        let (tell, _) = tokio::sync::broadcast::channel(64);
        let (all, asked, told) = (Arc::clone(&frames), Arc::clone(&upgrades), tell.clone());
        let script: Script = Arc::new(script);
        tokio::spawn(async move {
            for connection in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                let (script, all, asked, inbox) =
                    (Arc::clone(&script), Arc::clone(&all), Arc::clone(&asked), told.subscribe());
                tokio::spawn(serve(stream, connection, script, all, asked, inbox));
            }
        });
        Self { addr, frames, upgrades, tell }
    }

    /// All frames that came, in order.
    pub fn frames(&self) -> Vec<Frame> {
        self.frames.lock().unwrap().clone()
    }

    /// The texts of all messages that came, in order.
    pub fn texts(&self) -> Vec<String> {
        let said = |f: &&Frame| f.action() == "onMessage" && f.json["message"]["type"] != "Event";
        self.frames().iter().filter(said).map(|f| f.text().to_owned()).collect()
    }

    /// The headers of each upgrade that was accepted, and `:path`.
    pub fn upgrades(&self) -> Vec<Vec<(String, String)>> {
        self.upgrades.lock().unwrap().clone()
    }

    pub fn tell(&self, act: Act) {
        self.tell.send(act).unwrap();
    }

    /// A profile of this many web conversations at this server, without credentials; HTTP goes to `api`.
    pub fn profile(&self, conversations: u32, api: &str) -> Profile {
        let entry = |key: u32| ConversationEntry {
            conversation: Conversation {
                key: ConversationKey(key),
                name: format!("web {key}"),
                address: Address::WebMessaging {
                    deployment_id: format!("d-{key}"),
                    origin: "https://shop.example".into(),
                },
            },
            guest_token: None,
            attributes: std::collections::BTreeMap::new(),
        };
        let mut profile = profile(api, 0);
        profile.hosts.webmessaging = format!("ws://{}", self.addr);
        profile.credentials = Credentials::Missing("no credentials in this test".into());
        profile.conversations = (0..conversations).map(entry).collect();
        profile
    }
}

async fn serve(
    stream: tokio::net::TcpStream,
    connection: usize,
    script: Script,
    all: Arc<Mutex<Vec<Frame>>>,
    asked: Arc<Mutex<Vec<Upgrade>>>,
    mut inbox: tokio::sync::broadcast::Receiver<Act>,
) {
    #[expect(clippy::result_large_err, reason = "the library's own type")]
    let note = |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
        let mut headers = vec![(":path".to_owned(), request.uri().to_string())];
        headers.extend(request.headers().iter().map(|(n, v)| (n.to_string(), v.to_str().unwrap().to_owned())));
        asked.lock().unwrap().push(headers);
        let mut response = response;
        response.headers_mut().insert("x-served-by", "the test".parse().unwrap());
        Ok(response)
    };
    let Ok(mut socket) = tokio_tungstenite::accept_hdr_async(stream, note).await else { return };
    loop {
        let acts = tokio::select! {
            came = socket.next() => match came {
                Some(Ok(Message::Text(text))) => {
                    let frame = Frame { connection, json: serde_json::from_str(text.as_str()).unwrap() };
                    let place = {
                        let mut all = all.lock().unwrap();
                        all.push(frame.clone());
                        all.len()
                    };
                    script(&frame, place)
                }
                Some(Ok(_)) => continue,
                _ => return,
            },
            Ok(act) = inbox.recv() => vec![act],
        };
        for act in acts {
            match act {
                Act::Say(text) => socket.send(Message::text(text)).await.unwrap(),
                Act::Close => {
                    let _ = socket.close(None).await;
                    while let Some(Ok(_)) = socket.next().await {}
                    return;
                }
                Act::Break => return,
            }
        }
    }
}

/// An engine on a fresh clock.
pub fn start_engine(profile: Profile) -> TestEngine {
    TestEngine::start(profile)
}

impl TestEngine {
    /// Until the session of a conversation stands so.
    pub async fn session(&mut self, conversation: u32, word: &str) -> WebSession {
        let key = ConversationKey(conversation);
        let report =
            self.until(|r| matches!(r, Report::Session(k, session) if *k == key && session.word() == word)).await;
        let Report::Session(_, session) = report else { unreachable!() };
        session
    }

    /// What was heard so far: texts in the order in which they were told, late ones marked with `*`.
    pub fn heard(&self) -> Vec<String> {
        let mut out = Vec::new();
        for report in &self.seen {
            if let Report::MessagesArrived(_, messages) = report {
                let marked =
                    |m: &guestwire::model::RemoteMessage| format!("{}{}", m.text, if m.late { "*" } else { "" });
                out.extend(messages.iter().map(marked));
            }
        }
        out
    }

    /// Until something of this text was heard.
    pub async fn hears(&mut self, text: &str) {
        let said =
            |r: &Report| matches!(r, Report::MessagesArrived(_, messages) if messages.iter().any(|m| m.text == text));
        if !self.seen.iter().any(said) {
            self.until(said).await;
        }
    }

    /// The newest state of the frame entries, in order: what each is about.
    pub fn frames(&self) -> Vec<Arc<Exchange>> {
        self.exchanges(ExchangeKind::Frame)
    }

    pub fn whats(&self) -> Vec<String> {
        self.frames().iter().map(|e| e.what.clone()).collect()
    }
}
