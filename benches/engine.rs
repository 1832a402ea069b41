//! What the engine adds to a send: sequential sends through it (token check, queue, capture, redaction, reports), and
//! the same requests in a bare loop of the HTTP library's, against one server in this process. `cargo bench --bench engine`
//!
//! The two take turns, round by round, so that whatever else the machine does meets both alike; what is compared is the
//! median round of each. Rows: a minimal raw server, which shows the most that the engine can cost, and the sandbox; each
//! through the Guest API and through open messaging (its pacing of 5 messages a second switched off).
//! Client tasks run all on one thread, which shows the engine's own cost; or on a worker beside the thread that takes
//! the reports, as in the console, which shows the price of waking that thread too.
#![expect(clippy::unwrap_used, reason = "benches")]
#![expect(clippy::print_stdout, reason = "what a bench is for")]

#[path = "../tests/support/http_client.rs"]
mod http_client;

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use guestwire::clock::Clock;
use guestwire::config::{
    ClientAuth, ConversationEntry, Credentials, GuestApi, Hosts, OAuthClient, Profile, Region, SecretSource, TokenHost,
};
use guestwire::engine::{Command, Engine, EngineHandle, Report, SendRequest, Tuning};
use guestwire::model::{Address, Channel, Conversation, ConversationKey, DeliveryStatus, MessageId, OpenGuest};
use guestwire::sandbox::{Options, Sandbox, Scenario};
use http_client::Client;
use secrecy::ExposeSecret as _;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::UnboundedReceiver;

/// Sends in one measured run.
const SENDS: u32 = 200;
/// Measured runs of each; the first few warm up and are not counted.
const ROUNDS: usize = 150;
const WARM_UP: usize = 10;
/// The conversations of the profile.
const GUEST_API: ConversationKey = ConversationKey(0);
const OPEN: ConversationKey = ConversationKey(1);
const CONVERSATION: &str = "5f0c91ce-0000-4000-8000-000000000001";

fn main() {
    // Without `--bench` (as in `cargo test --benches`) one round shows that it works.
    let rounds = if std::env::args().any(|a| a == "--bench") { ROUNDS + WARM_UP } else { WARM_UP + 1 };
    println!("median of {} rounds of {SENDS} sequential sends each, taking turns", rounds - WARM_UP);
    println!("{:<9}{:<16}{:<13}{:>12}{:>12}{:>10}", "server", "channel", "client", "bare", "engine", "rate");
    for server in [Server::Raw, Server::Sandbox] {
        let shapes = [Shape::OneThread, Shape::TwoThreads];
        for (conversation, shape) in [GUEST_API, OPEN].into_iter().flat_map(|c| shapes.map(|s| (c, s))) {
            let mut stage = Stage::new(server, shape, conversation);
            let (mut bare, mut engine) = (Vec::new(), Vec::new());
            for _ in 0..rounds {
                bare.push(stage.bare());
                engine.push(stage.through_the_engine());
            }
            let (bare, engine) = (median(bare), median(engine));
            let rate = 100.0 * bare.as_secs_f64() / engine.as_secs_f64();
            let (server, shape) = (format!("{server:?}"), format!("{shape:?}"));
            let channel = if conversation == OPEN { Channel::OpenMessaging } else { Channel::GuestApi }.as_str();
            println!("{server:<9}{channel:<16}{shape:<13}{:>12}{:>12}{rate:>8.1} %", micros(bare), micros(engine));
        }
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

#[derive(Clone, Copy, Debug)]
enum Server {
    Raw,
    Sandbox,
}

#[derive(Clone, Copy, Debug)]
enum Shape {
    OneThread,
    TwoThreads,
}

/// The server's runtime and the client's, and both clients.
struct Stage {
    ours: Runtime,
    bare: Bare,
    engine: EngineHandle,
    reports: UnboundedReceiver<Report>,
    next: u64,
    conversation: ConversationKey,
    _sandbox: Option<Sandbox>,
    _server: Runtime,
}

impl Stage {
    fn new(server: Server, shape: Shape, conversation: ConversationKey) -> Self {
        let threads = || Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let theirs = threads();
        let ours = match shape {
            Shape::OneThread => Builder::new_current_thread().enable_all().build().unwrap(),
            Shape::TwoThreads => threads(),
        };
        let (profile, sandbox) = match server {
            Server::Raw => (profile(&raw_server(&theirs)), None),
            Server::Sandbox => {
                let _inside = theirs.enter();
                let scenario = Scenario::parse(SCENARIO, Path::new("bench.toml")).unwrap();
                let sandbox = guestwire::sandbox::start(Options { port: 0, scenario }).unwrap();
                (sandbox.profile(), Some(sandbox))
            }
        };
        let bare = ours.block_on(Bare::new(&profile, conversation));
        let (engine, reports) = ours.block_on(async {
            let messages_per_second = Some(u32::MAX);
            let tuning = Tuning { seed: 1, read_pauses: Vec::new(), messages_per_second, ..Tuning::default() };
            Engine::start_with(Arc::new(profile), Clock::start(), tuning)
        });
        Self { ours, bare, engine, reports, next: 0, conversation, _sandbox: sandbox, _server: theirs }
    }

    /// The floor: the HTTP library alone, the answer's body read as text.
    fn bare(&self) -> Duration {
        self.ours.block_on(async {
            let began = Instant::now();
            for _ in 0..SENDS {
                self.bare.send().await;
            }
            began.elapsed()
        })
    }

    fn through_the_engine(&mut self) -> Duration {
        let Self { ours, engine, reports, next, conversation, .. } = self;
        ours.block_on(async {
            let began = Instant::now();
            for _ in 0..SENDS {
                *next += 1;
                let text = "Hello from the bench".to_owned();
                let request = SendRequest {
                    message: MessageId(*next),
                    conversation: *conversation,
                    text,
                    resend_of: None,
                    sent_as: None,
                    extras: guestwire::model::Extras::default(),
                };
                engine.ask(Command::Send(request));
                loop {
                    match reports.recv().await.unwrap() {
                        Report::Message { life: DeliveryStatus::Accepted, .. } => break,
                        Report::Message { life, .. } if life.is_settled() => unreachable!("{life:?}"),
                        report => drop(black_box(report)),
                    }
                }
            }
            began.elapsed()
        })
    }
}

struct Bare {
    client: Client,
    url: String,
    body: &'static str,
    token: String,
}

impl Bare {
    async fn new(profile: &Profile, conversation: ConversationKey) -> Self {
        let client = Client::new();
        let Credentials::Client(oauth) = &profile.credentials else { unreachable!() };
        let answer = client
            .request("POST", &format!("{}/oauth/token", profile.hosts.login))
            .basic_auth(&oauth.id, Some(oauth.secret.read(guestwire::config::Terminal::Free).unwrap().expose_secret()))
            .form(&[("grant_type", "client_credentials"), ("scope", "guest:messages:send")])
            .send()
            .await;
        let token = answer.json()["access_token"].as_str().unwrap().to_owned();
        let (path, body) = match &profile.conversations[conversation.0 as usize].conversation.address {
            Address::GuestApi { conversation_id, .. } => (
                profile.guest_api.path.replace("{conversationId}", conversation_id),
                r#"{"text":"Hello from the bench","type":"text"}"#,
            ),
            Address::OpenMessaging { integration_id, .. } => (
                format!(
                    "/api/v2/conversations/messages/{integration_id}/inbound/open/message?prefetchConversationId=true"
                ),
                r#"{"channel":{"from":{"id":"bare","idType":"Opaque"},"time":"2026-11-23T09:00:00.000Z"},"text":"Hello from the bench"}"#,
            ),
            Address::WebMessaging { .. } => unreachable!(),
        };
        Self { client, url: format!("{}{path}", profile.hosts.api), body, token }
    }

    async fn send(&self) {
        let answer = self
            .client
            .request("POST", &self.url)
            .bearer_auth(&self.token)
            .header("content-type", "application/json")
            .body(self.body)
            .send()
            .await;
        assert!((200..300).contains(&answer.status));
        black_box(answer.text);
    }
}

/// Nobody answers, nothing is slow, and no limit is near.
const SCENARIO: &str = r#"
seed = 7
[token]
lifetime_seconds = 86400
[limits]
requests_per_minute = 100000000
[[conversations]]
name = "bench"
script = "silent"
addressed = "no"
[[conversations]]
name = "open"
channel = "open-messaging"
guest = "Anna"
guest_id = "guest-42"
script = "silent"
"#;

/// A server that does as little as one can. Gives its URL.
fn raw_server(runtime: &Runtime) -> String {
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    runtime.spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            stream.set_nodelay(true).unwrap();
            tokio::spawn(async move {
                let mut buffer = vec![0; 16 * 1024];
                loop {
                    // Requests are small and come one by one: one read is one request.
                    let Ok(n @ 1..) = stream.read(&mut buffer).await else { return };
                    let body = if buffer[..n].starts_with(b"POST /oauth") {
                        r#"{"access_token":"bench-token-0001","expires_in":86400,"scope":"guest:messages:send"}"#
                    } else {
                        r#"{"id":"0f1e2d3c4b5a69788796a5b4c3d2e1f0","conversationId":"5f0c91ce-0000-4000-8000-000000000001","status":"queued"}"#
                    };
                    let answer = format!(
                        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nDate: Mon, 23 Nov 2026 09:00:00 GMT\r\n\
                         ININ-Correlation-Id: 6f1c7a52-8a44-4f0e-9a40-1d0a3f1f2b11\r\ninin-ratelimit-count: 1\r\ninin-ratelimit-allowed: 300000\r\n\
                         inin-ratelimit-reset: 60\r\nCache-Control: no-cache, no-store, must-revalidate\r\n\r\n{body}",
                        body.len()
                    );
                    if stream.write_all(answer.as_bytes()).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    url
}

fn profile(url: &str) -> Profile {
    let addresses = [
        Address::GuestApi { conversation_id: CONVERSATION.into(), participant_id: None, external_id: None },
        Address::OpenMessaging {
            integration_id: CONVERSATION.into(),
            guest: OpenGuest { id: "guest-42".into(), id_type: "Opaque".into(), nickname: None },
        },
    ];
    let entry = |(key, address)| ConversationEntry {
        conversation: Conversation { key, name: format!("bench {key}"), address },
        guest_token: None,
        attributes: std::collections::BTreeMap::new(),
    };
    Profile {
        name: "bench".into(),
        region: Region { domain: "bench".into(), aws: None },
        production: false,
        sandbox: false,
        hosts: Hosts { login: url.into(), api: url.into(), webmessaging: "ws://127.0.0.1:1".into(), cdn: url.into() },
        credentials: Credentials::Client(OAuthClient {
            id: "bench".into(),
            secret: SecretSource::Literal("bench-secret-value".into()),
            token_host: TokenHost::Login,
            client_auth: ClientAuth::Basic,
            scopes: vec!["guest:messages:send".into()],
        }),
        guest_api: GuestApi {
            path: "/api/v2/conversations/messaging/{conversationId}/messages".into(),
            required_scopes: vec!["guest:messages:send".into()],
        },
        open_messaging: guestwire::config::OpenMessaging::default(),
        conversations: [GUEST_API, OPEN].into_iter().zip(addresses).map(entry).collect(),
        redact: Vec::new(),
        masks: guestwire::model::Masks::default(),
        proxy: None,
        ca_files: Vec::new(),
        connect_timeout: Duration::from_secs(5),
        request_timeout: Duration::from_secs(10),
        parallel: 4,
    }
}
