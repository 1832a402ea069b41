//! What the engine adds to a message over the guest socket: sequential messages through it (queue, session, log entries,
//! redaction, reports), each waiting for its echo, and the same frames in a bare tokio-tungstenite loop, against one
//! server in this process. `cargo bench --bench socket`
//!
//! The two take turns, round by round, so that whatever else the machine does meets both alike; what is compared is the
//! median round of each. The documented limits are lifted: five messages a second would be all that is measured.
#![expect(clippy::unwrap_used, reason = "benches")]
#![expect(clippy::print_stdout, reason = "what a bench is for")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{SinkExt as _, StreamExt as _};
use guestwire::clock::Clock;
use guestwire::config::{ConversationEntry, Credentials, GuestApi, Hosts, OpenMessaging, Profile};
use guestwire::engine::{Command, EngineHandle, EngineOptions, Report};
use guestwire::model::OutgoingMessage;
use guestwire::model::{Address, Conversation, ConversationKey, DeliveryStatus, Extras, MessageId};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::Receiver;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, accept_async, client_async};

/// Messages in one measured run.
const SENDS: u32 = 200;
/// Measured runs of each; the first few warm up and are not counted.
const ROUNDS: usize = 100;
const WARM_UP: usize = 10;

fn main() {
    // Without `--bench` (as in `cargo test --benches`) one round shows that it works.
    let rounds = if std::env::args().any(|a| a == "--bench") { ROUNDS + WARM_UP } else { WARM_UP + 1 };
    println!("median of {} rounds of {SENDS} messages and their echoes each, taking turns", rounds - WARM_UP);
    println!("{:<13}{:>12}{:>12}{:>10}", "client", "bare", "engine", "rate");
    for (shape, threads) in [("OneThread", false), ("TwoThreads", true)] {
        let mut stage = Stage::new(threads);
        let (mut bare, mut engine) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            bare.push(stage.bare());
            engine.push(stage.through_the_engine());
        }
        let (bare, engine) = (median(bare), median(engine));
        let rate = 100.0 * bare.as_secs_f64() / engine.as_secs_f64();
        println!("{shape:<13}{:>12}{:>12}{rate:>8.1} %", micros(bare), micros(engine));
    }
}

fn median(mut rounds: Vec<Duration>) -> Duration {
    rounds.drain(..WARM_UP);
    rounds.sort_unstable();
    rounds[rounds.len() / 2] / SENDS
}

fn micros(time: Duration) -> String {
    format!("{:.1} µs", time.as_secs_f64() * 1e6)
}

/// The server's runtime and the client's, and both clients.
struct Stage {
    ours: Runtime,
    socket: WebSocketStream<TcpStream>,
    engine: EngineHandle,
    reports: Receiver<Report>,
    next: u64,
    _server: Runtime,
}

impl Stage {
    fn new(threads: bool) -> Self {
        let worker = || Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let theirs = worker();
        let ours = if threads { worker() } else { Builder::new_current_thread().enable_all().build().unwrap() };
        let addr = server(&theirs);
        let socket = ours.block_on(async {
            let stream = TcpStream::connect(addr).await.unwrap();
            stream.set_nodelay(true).unwrap();
            client_async(format!("ws://{addr}/v1"), stream).await.unwrap().0
        });
        let (engine, reports) = ours.block_on(async {
            let most = Some(u32::MAX);
            let options = EngineOptions {
                seed: 1,
                messages_per_second: most,
                frames_per_minute: most,
                ..EngineOptions::default()
            };
            EngineHandle::start(Arc::new(profile(&format!("ws://{addr}"))), Clock::start(), options)
        });
        Self { ours, socket, engine, reports, next: 0, _server: theirs }
    }

    /// The floor: the same frame, and its echo read as JSON.
    fn bare(&mut self) -> Duration {
        let Self { ours, socket, next, .. } = self;
        ours.block_on(async {
            let began = Instant::now();
            for _ in 0..SENDS {
                *next += 1;
                let id = format!("00000000-0000-4000-8000-{next:012}");
                let frame = json!({"action": "onMessage", "token": "the-token", "tracingId": id, "time": "2026-11-23T10:00:00.000Z",
                    "message": {"type": "Text", "text": "Hello from the bench", "metadata": {"id": id}}});
                socket.send(Message::text(frame.to_string())).await.unwrap();
                let echo = socket.next().await.unwrap().unwrap();
                let echo: Value = serde_json::from_str(echo.to_text().unwrap()).unwrap();
                assert_eq!(echo["tracingId"], id);
                black_box(echo);
            }
            began.elapsed()
        })
    }

    fn through_the_engine(&mut self) -> Duration {
        let Self { ours, engine, reports, next, .. } = self;
        ours.block_on(async {
            let began = Instant::now();
            for _ in 0..SENDS {
                *next += 1;
                engine.ask(Command::Send(
                    MessageId(*next),
                    OutgoingMessage {
                        conversation: ConversationKey(0),
                        text: "Hello from the bench".to_owned(),
                        resend_of: None,
                        sent_as: None,
                        extras: Extras::default(),
                    },
                ));
                loop {
                    match reports.recv().await.unwrap() {
                        Report::Message { delivery: DeliveryStatus::Accepted, .. } => break,
                        Report::Message { delivery, .. } if delivery.is_finished() => unreachable!("{delivery:?}"),
                        report => drop(black_box(report)),
                    }
                }
            }
            began.elapsed()
        })
    }
}

/// Configures, and echoes: as little as one can.
fn server(runtime: &Runtime) -> std::net::SocketAddr {
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let addr = listener.local_addr().unwrap();
    runtime.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            stream.set_nodelay(true).unwrap();
            tokio::spawn(async move {
                let mut socket = accept_async(stream).await.unwrap();
                let mut count = 0_i64;
                while let Some(Ok(message)) = socket.next().await {
                    // Pings are answered by the library.
                    let Message::Text(frame) = message else { continue };
                    let frame: Value = serde_json::from_str(frame.as_str()).unwrap();
                    count += 1;
                    // Each at a time of its own: the same words at the same time would be taken for a double.
                    let time = jiff::Timestamp::from_millisecond(1_700_000_000_000 + count).unwrap().to_string();
                    let body = if frame["action"] == "configureSession" {
                        json!({"connected": true, "newSession": true, "readOnly": false})
                    } else {
                        json!({"text": frame["message"]["text"], "type": "Text", "direction": "Inbound", "id": format!("{count:032x}"),
                            "channel": {"time": time, "messageId": frame["tracingId"]}, "metadata": frame["message"]["metadata"]})
                    };
                    let class = if frame["action"] == "configureSession" { "SessionResponse" } else { "StructuredMessage" };
                    let echo = json!({"type": "message", "class": class, "code": 200, "body": body, "tracingId": frame["tracingId"]});
                    if socket.send(Message::text(echo.to_string())).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    addr
}

fn profile(socket: &str) -> Profile {
    let conversation = Conversation {
        key: ConversationKey(0),
        name: "bench".into(),
        address: Address::WebMessaging { deployment_id: "d".into(), origin: "https://shop.example".into() },
    };
    let nowhere = "http://127.0.0.1:1".to_owned();
    Profile {
        name: "bench".into(),
        region: "bench".into(),
        production: false,
        sandbox: false,
        hosts: Hosts { login: nowhere.clone(), api: nowhere.clone(), webmessaging: socket.into(), cdn: nowhere },
        credentials: Credentials::Missing("none in a bench".into()),
        guest_api: GuestApi { path: String::new(), required_scopes: Vec::new() },
        open_messaging: OpenMessaging::default(),
        conversations: vec![ConversationEntry {
            conversation,
            guest_token: None,
            attributes: std::collections::BTreeMap::new(),
        }],
        redaction: guestwire::config::Redaction::default(),
        proxy: None,
        ca_files: Vec::new(),
        connect_timeout: Duration::from_secs(5),
        request_timeout: Duration::from_secs(10),
        parallel: 4,
    }
}
