//! What the engine adds to a send: sequential sends through it, and the same requests in a bare reqwest loop, against
//! one server in this process. `cargo bench --bench engine`
#![expect(clippy::unwrap_used, reason = "benches")]

use std::sync::Arc;
use std::time::Duration;

use divan::Bencher;
use guestwire::clock::Clock;
use guestwire::config::{
    ClientAuth, ConversationEntry, Credentials, GuestApi, Hosts, OAuthClient, Profile, Region, SecretSource, TokenHost,
};
use guestwire::engine::{Command, Engine, Report, SendRequest, Tuning};
use guestwire::model::{Address, Conversation, ConversationKey, Life, MessageId};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// Sends in one measured run.
const SENDS: u64 = 200;
const CONVERSATION: &str = "5f0c91ce-0000-4000-8000-000000000001";

fn main() {
    divan::main();
}

/// Where a client's tasks run: all on one thread, which shows the engine's own cost; or on a worker beside the thread that
/// takes the reports, as in the console, which shows the price of waking that thread too.
const SHAPES: [&str; 2] = ["one_thread", "two_threads"];

/// The server's runtime and the client's.
struct Stage {
    _server: Runtime,
    ours: Runtime,
    url: String,
}

impl Stage {
    fn new(shape: &str) -> Self {
        let threads = || tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let server = threads();
        let ours = match shape {
            "one_thread" => tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap(),
            _ => threads(),
        };
        let listener = server.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        server.spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                stream.set_nodelay(true).unwrap();
                tokio::spawn(async move {
                    let mut buffer = vec![0; 16 * 1024];
                    loop {
                        // Requests are small and come one by one: one read is one request.
                        let Ok(n @ 1..) = stream.read(&mut buffer).await else { return };
                        let token = buffer[..n].starts_with(b"POST /oauth");
                        let body = if token {
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
        Self { _server: server, ours, url }
    }
}

/// The floor: reqwest alone, the answer's body read as text.
#[divan::bench(sample_count = 60, args = SHAPES)]
fn bare_reqwest(bencher: Bencher, shape: &str) {
    let stage = Stage::new(shape);
    let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let client = reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy().build().unwrap();
    let url = format!("{}/api/v2/conversations/messaging/{CONVERSATION}/messages", stage.url);
    bencher.counter(SENDS).bench_local(|| {
        stage.ours.block_on(async {
            for _ in 0..SENDS {
                let answer = client
                    .post(&url)
                    .bearer_auth("bench-token-0001")
                    .header("content-type", "application/json")
                    .body(r#"{"text":"Hello from the bench","type":"text"}"#)
                    .send()
                    .await
                    .unwrap();
                assert!(answer.status().is_success());
                divan::black_box(answer.text().await.unwrap());
            }
        });
    });
}

/// The same through the engine: token check, queue, capture, redaction, reports.
#[divan::bench(sample_count = 60, args = SHAPES)]
fn through_the_engine(bencher: Bencher, shape: &str) {
    let stage = Stage::new(shape);
    let (engine, mut reports) = stage.ours.block_on(async {
        let tuning = Tuning { seed: 1, read_pauses: Vec::new(), ..Tuning::default() };
        Engine::start_with(Arc::new(profile(&stage.url)), Clock::start(), tuning)
    });
    let mut next = 0;
    bencher.counter(SENDS).bench_local(|| {
        stage.ours.block_on(async {
            for _ in 0..SENDS {
                next += 1;
                let text = "Hello from the bench".to_owned();
                let request = SendRequest {
                    message: MessageId(next),
                    conversation: ConversationKey(0),
                    text,
                    resend_of: None,
                    sent_as: None,
                };
                engine.ask(Command::Send(request));
                loop {
                    match reports.recv().await.unwrap() {
                        Report::Message { life: Life::Accepted, .. } => break,
                        Report::Message { life, .. } if life.is_settled() => unreachable!("{life:?}"),
                        report => divan::black_box_drop(report),
                    }
                }
            }
        });
    });
}

fn profile(url: &str) -> Profile {
    let conversation = Conversation {
        key: ConversationKey(0),
        name: "bench".into(),
        address: Address::GuestApi { conversation_id: CONVERSATION.into(), participant_id: None, external_id: None },
    };
    Profile {
        name: "bench".into(),
        region: Region { domain: "bench".into(), aws: None },
        production: false,
        sandbox: false,
        hosts: Hosts { login: url.into(), api: url.into(), webmessaging: "ws://127.0.0.1:1".into() },
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
        conversations: vec![ConversationEntry { conversation, guest_token: None }],
        redact: Vec::new(),
        ca_files: Vec::new(),
        connect_timeout: Duration::from_secs(5),
        request_timeout: Duration::from_secs(10),
        parallel: 4,
    }
}
