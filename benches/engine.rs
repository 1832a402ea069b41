//! What a send costs beside the network and the disk: sends through the engine and its journal, one after the other, less
//! the same requests by the HTTP library alone with one fsync each, against one server in this process.
//! `cargo bench --bench engine`
//!
//! The kinds take turns, so that whatever else the machine does meets all alike; what is compared is the median send of
//! each. The last line is the figure: the overhead of a send.
#![expect(clippy::unwrap_used, reason = "benches")]
#![expect(clippy::print_stdout, reason = "what a bench is for")]

#[path = "../tests/support/http_client.rs"]
mod http_client;

use std::hint::black_box;
use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use guestwire::clock::Clock;
use guestwire::config::{
    ClientAuth, ConversationEntry, Credentials, GuestApi, Hosts, OAuthClient, Profile, SecretSource, TokenHost,
};
use guestwire::engine::{Command, EngineHandle, EngineOptions, Report};
use guestwire::engine::{NoLog, SendLog};
use guestwire::journal::{self, Journal};
use guestwire::model::OutgoingMessage;
use guestwire::model::{Address, Conversation, ConversationKey, DeliveryStatus, MessageId};
use http_client::Client;
use secrecy::ExposeSecret as _;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::Receiver;

/// Sends of each kind; the first few warm up and are not counted.
const SENDS: usize = 2_000;
const WARM_UP: usize = 200;
const CONVERSATION: &str = "5f0c91ce-0000-4000-8000-000000000001";

fn main() {
    // Without `--bench` (as in `cargo test --benches`) a few show that it works.
    let sends = if std::env::args().any(|a| a == "--bench") { SENDS + WARM_UP } else { WARM_UP + 1 };
    let server = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let profile = profile(&raw_server(&server));
    let home = tempfile::tempdir().unwrap();
    let (journal, _pages) = Journal::open(journal::JournalOptions::new(home.path().join("p"), conversations(&profile)));
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let [mut bare, mut synced, mut engine, mut kept] = [const { Vec::new() }; 4];
    runtime.block_on(async {
        let library = Bare::new(&profile).await;
        let mut file = std::fs::File::create(home.path().join("beside")).unwrap();
        let mut without = Sender::start(&profile, Arc::new(NoLog));
        let mut with = Sender::start(&profile, Arc::new(journal.clone()));
        for _ in 0..sends {
            bare.push(timed(library.send()).await);
            synced.push(timed(async { sync(&mut file) }).await);
            engine.push(timed(without.send()).await);
            kept.push(timed(with.send()).await);
        }
    });
    journal.close(Duration::from_secs(10));
    let [bare, synced, engine, kept] = [bare, synced, engine, kept].map(median);
    println!("median of {} sends of each kind, taking turns", sends - WARM_UP);
    for (what, time) in [("HTTP library", bare), ("fsync", synced), ("engine", engine), ("engine, journal", kept)] {
        println!("{what:<18}{:>12}", micros(time));
    }
    println!("{:<18}{:>12}", "overhead of a send", micros(kept.saturating_sub(bare + synced)));
}

async fn timed(work: impl Future<Output = ()>) -> Duration {
    let began = Instant::now();
    work.await;
    began.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.drain(..WARM_UP);
    times.sort_unstable();
    times[times.len() / 2]
}

fn micros(time: Duration) -> String {
    format!("{:.1} µs", time.as_secs_f64() * 1e6)
}

/// As much as an intent is, and on the disk.
fn sync(file: &mut std::fs::File) {
    file.write_all(&[b'x'; 512]).unwrap();
    file.sync_data().unwrap();
}

/// An engine, and who takes its reports.
struct Sender {
    engine: EngineHandle,
    reports: Receiver<Report>,
    next: u64,
}

impl Sender {
    fn start(profile: &Profile, send_log: Arc<dyn SendLog>) -> Self {
        let options = EngineOptions { seed: 1, read_pauses: Vec::new(), send_log, ..EngineOptions::default() };
        let (engine, reports) = EngineHandle::start(Arc::new(profile.clone()), Clock::start(), options);
        Self { engine, reports, next: 0 }
    }

    async fn send(&mut self) {
        self.next += 1;
        self.engine.ask(Command::Send(
            MessageId(self.next),
            OutgoingMessage {
                conversation: ConversationKey(0),
                text: "Hello from the bench".to_owned(),
                resend_of: None,
                sent_as: None,
                extras: guestwire::model::Extras::default(),
            },
        ));
        loop {
            match self.reports.recv().await.unwrap() {
                Report::Message { delivery: DeliveryStatus::Accepted, .. } => break,
                Report::Message { delivery, .. } if delivery.is_finished() => unreachable!("{delivery:?}"),
                report => drop(black_box(report)),
            }
        }
    }
}

fn conversations(profile: &Profile) -> Vec<Conversation> {
    profile.conversations.iter().map(|entry| entry.conversation.clone()).collect()
}

struct Bare {
    client: Client,
    url: String,
    body: &'static str,
    token: String,
}

impl Bare {
    async fn new(profile: &Profile) -> Self {
        let client = Client::new();
        let Credentials::Client(oauth) = &profile.credentials else { unreachable!() };
        let answer = client
            .request("POST", &format!("{}/oauth/token", profile.hosts.login))
            .basic_auth(&oauth.id, Some(oauth.secret.read(guestwire::config::Tty::Allowed).unwrap().expose_secret()))
            .form(&[("grant_type", "client_credentials"), ("scope", "guest:messages:send")])
            .send()
            .await;
        let token = answer.json()["access_token"].as_str().unwrap().to_owned();
        let path = profile.guest_api.path.replace("{conversationId}", CONVERSATION);
        let body = r#"{"text":"Hello from the bench","type":"text"}"#;
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
    let address = Address::GuestApi { conversation_id: CONVERSATION.into(), participant_id: None, external_id: None };
    let entry = ConversationEntry {
        conversation: Conversation { key: ConversationKey(0), name: "bench".into(), address },
        guest_token: None,
        attributes: std::collections::BTreeMap::new(),
    };
    Profile {
        name: "bench".into(),
        region: "bench".into(),
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
        conversations: vec![entry],
        redaction: guestwire::config::Redaction::default(),
        proxy: None,
        ca_files: Vec::new(),
        connect_timeout: Duration::from_secs(5),
        request_timeout: Duration::from_secs(10),
        parallel: 4,
    }
}
