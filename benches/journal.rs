//! The journal with a million exchanges in it, the draining of a flood, and what durability costs a send.
//!
//! `cargo bench --bench journal`. The large journal is made once, under `target/` (some minutes); how many exchanges it
//! holds can be set with `GUESTWIRE_BENCH_ENTRIES`.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "benches")]

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use divan::Bencher;
use guestwire::clock::Clock;
use guestwire::config::{
    ClientAuth, ConversationEntry, Credentials, GuestApi, Hosts, OAuthClient, Profile, Region, SecretSource, TokenHost,
};
use guestwire::console::state::history::History;
use guestwire::console::state::log::{Log, LogOptions};
use guestwire::engine::{Command, Engine, Report, SendRequest, Tuning};
use guestwire::journal::job::Want;
use guestwire::journal::{Job, Journal, Options, Page, Reader, upkeep};
use guestwire::model::{Address, Conversation, ConversationKey, Exchange, Life, MessageId, Moment};
use guestwire::shell::fill::made_up;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::UnboundedReceiver;

/// Conversations that send side by side.
const SIDE_BY_SIDE: u32 = 8;
/// Many more of them: how far grouped commits go.
const MANY: u32 = 64;
/// Sends of a conversation in one measured run.
const SENDS: u64 = 50;
/// Stands in one exchange of the large journal.
const RARE: &str = "quokka";

fn main() {
    divan::main();
    for (name, options) in [("empty", empty()), ("large", large())] {
        let reader = Reader::open(&options.dir, &[]).unwrap();
        for _ in 0..50 {
            divan::black_box(reader.page(&Want::Before(u64::MAX), 200).unwrap());
        }
        let megabytes = std::fs::metadata(options.dir.join("journal.db")).unwrap().len() >> 20;
        eprintln!("{name}: {megabytes} MB on disk; peak memory of all benches so far {} MB", peak_memory());
    }
}

/// The most that this process has had in memory, in MB.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmHWM")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).unwrap_or(0) / 1024
}

fn restored(pages: &mut UnboundedReceiver<Page>) {
    loop {
        match pages.blocking_recv().unwrap() {
            Page::Restored(_) => return,
            Page::Trouble(trouble) => unreachable!("{}", trouble.sentence),
            other => divan::black_box_drop(other),
        }
    }
}

fn options(name: &str) -> Options {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/bench-journal").join(name);
    // The bound on size is not what is measured here.
    Options { max_bytes: u64::MAX, ..Options::new(dir, Vec::new()) }
}

fn empty() -> Options {
    let options = options("empty");
    let (journal, mut pages) = Journal::open(options.clone());
    restored(&mut pages);
    journal.close(Duration::from_secs(10));
    options
}

fn exchange(number: u64) -> Arc<Exchange> {
    let at = Moment::new(Duration::ZERO, jiff::Timestamp::now());
    let mut exchange = made_up(u32::try_from(number).unwrap(), at);
    if number == 4_321 {
        exchange.what = format!("a {RARE} was here");
    }
    Arc::new(exchange)
}

/// The large journal, made when it is not there yet.
fn large() -> Options {
    static MADE: OnceLock<()> = OnceLock::new();
    let count: u64 = std::env::var("GUESTWIRE_BENCH_ENTRIES").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    let options = options(&count.to_string());
    MADE.get_or_init(|| {
        if options.dir.join("made").exists() {
            return;
        }
        let began = Instant::now();
        let _ = std::fs::remove_dir_all(&options.dir);
        let mut next = 1;
        while next <= count {
            let (journal, mut pages) = Journal::open(options.clone());
            restored(&mut pages);
            for _ in 0..50_000.min(count + 1 - next) {
                journal.tell(Job::Exchange { number: next, exchange: exchange(next) });
                next += 1;
            }
            assert!(journal.close(Duration::from_secs(600)));
        }
        eprintln!("{count} exchanges written in {:.0?}", began.elapsed());
        upkeep(&options).unwrap();
        eprintln!("and made findable after {:.0?}", began.elapsed());
        std::fs::write(options.dir.join("made"), "").unwrap();
    });
    options
}

/// From asking to open until what was kept is there: what a start adds.
fn open(bencher: Bencher, options: &Options) {
    bencher.bench_local(|| {
        let (journal, mut pages) = Journal::open(options.clone());
        restored(&mut pages);
        journal.close(Duration::from_secs(10));
    });
}

#[divan::bench(sample_count = 30)]
fn open_empty(bencher: Bencher) {
    open(bencher, &empty());
}

#[divan::bench(sample_count = 30)]
fn open_large(bencher: Bencher) {
    open(bencher, &large());
}

#[divan::bench(sample_count = 30, args = [RARE, "made-up-00777777", "made up", "nothing-like-that"])]
fn find(bencher: Bencher, query: &str) {
    let reader = Reader::open(&large().dir, &[]).unwrap();
    bencher.bench_local(|| {
        let want = Want::Found { query: query.to_owned(), before: u64::MAX };
        reader.page(&want, 200).unwrap()
    });
}

#[divan::bench(sample_count = 100)]
fn page_back(bencher: Bencher) {
    let reader = Reader::open(&large().dir, &[]).unwrap();
    let mut before = u64::MAX;
    bencher.bench_local(|| {
        let (entries, _) = reader.page(&Want::Before(before), 200).unwrap();
        before = entries.first().map_or(u64::MAX, |e| e.number);
        entries
    });
}

/// A page of history put above what the pane holds: the pane's whole stretch is laid out anew.
#[divan::bench(sample_count = 50)]
fn page_into_the_pane(bencher: Bencher) {
    let reader = Reader::open(&large().dir, &[]).unwrap();
    let live = Log::new(LogOptions::default());
    let page = |before| reader.page(&Want::Before(before), 200).unwrap().0;
    bencher.with_inputs(|| (History::new(&live, page(50_000), None, true, false), page(49_800))).bench_local_values(
        |(mut history, more)| {
            history.prepend(&live, more, true);
            history
        },
    );
}

/// Ten thousand exchanges into a journal, until all are written.
#[divan::bench(sample_count = 5)]
fn drain_10_000(bencher: Bencher) {
    let exchanges: Vec<_> = (1..=10_000).map(exchange).collect();
    bencher.with_inputs(|| tempfile::tempdir().unwrap()).bench_local_refs(|dir| {
        let (journal, mut pages) = Journal::open(Options::new(dir.path().join("p"), Vec::new()));
        restored(&mut pages);
        for (number, exchange) in (1..).zip(&exchanges) {
            journal.tell(Job::Exchange { number, exchange: Arc::clone(exchange) });
        }
        assert!(journal.close(Duration::from_secs(60)));
    });
}

/// Two runtimes, as in the real thing: the server's and ours.
struct Stage {
    _server: Runtime,
    ours: Runtime,
    url: String,
}

impl Stage {
    fn new() -> Self {
        let runtime = || tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (server, ours) = (runtime(), runtime());
        let listener = server.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        server.spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                stream.set_nodelay(true).unwrap();
                tokio::spawn(async move {
                    let mut buffer = vec![0; 16 * 1024];
                    // Requests are small and come one by one: one read is one request.
                    while let Ok(n @ 1..) = stream.read(&mut buffer).await {
                        let body = if buffer[..n].starts_with(b"POST /oauth") {
                            r#"{"access_token":"bench-token-0001","expires_in":86400,"scope":"guest:messages:send"}"#
                        } else {
                            r#"{"id":"0f1e2d3c4b5a69788796a5b4c3d2e1f0","status":"queued"}"#
                        };
                        let answer = format!(
                            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
                             inin-ratelimit-count: 1\r\ninin-ratelimit-allowed: 300000\r\ninin-ratelimit-reset: 60\r\n\r\n{body}",
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

fn id(key: u32) -> String {
    format!("5f0c91ce-0000-4000-8000-{key:012}")
}

/// The floor: reqwest alone, as many loops side by side.
#[divan::bench(sample_count = 20, args = [1, SIDE_BY_SIDE, MANY])]
fn bare_reqwest(bencher: Bencher, side_by_side: u32) {
    let stage = Stage::new();
    let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let client = reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy().build().unwrap();
    bencher.counter(SENDS * u64::from(side_by_side)).bench_local(|| {
        stage.ours.block_on(async {
            let mut loops = tokio::task::JoinSet::new();
            for key in 0..side_by_side {
                let client = client.clone();
                let url = format!("{}/api/v2/conversations/messaging/{}/messages", stage.url, id(key));
                loops.spawn(async move {
                    for _ in 0..SENDS {
                        let request = client
                            .post(&url)
                            .bearer_auth("bench-token-0001")
                            .header("content-type", "application/json")
                            .body(r#"{"text":"Hello from the bench","type":"text"}"#);
                        divan::black_box(request.send().await.unwrap().text().await.unwrap());
                    }
                });
            }
            loops.join_all().await;
        });
    });
}

/// The same through the engine with the journal on: each intent on the disk before its first byte, each exchange kept.
#[divan::bench(sample_count = 20, args = [1, SIDE_BY_SIDE, MANY])]
fn with_journal(bencher: Bencher, side_by_side: u32) {
    let stage = Stage::new();
    let profile = profile(&stage.url, side_by_side);
    let dir = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR").to_owned() + "/target").unwrap();
    let conversations = profile.conversations.iter().map(|e| e.conversation.clone()).collect();
    let (journal, mut pages) = Journal::open(Options::new(dir.path().join("p"), conversations));
    restored(&mut pages);
    let durable = Arc::new(journal.clone());
    let (engine, mut reports) = stage.ours.block_on(async {
        let tuning = Tuning { seed: 1, read_pauses: Vec::new(), durable, ..Tuning::default() };
        Engine::start_with(Arc::new(profile), Clock::start(), tuning)
    });
    let (mut next, mut number) = (0, 0);
    bencher.counter(SENDS * u64::from(side_by_side)).bench_local(|| {
        stage.ours.block_on(async {
            let mut open = 0;
            for _ in 0..SENDS {
                for key in 0..side_by_side {
                    next += 1;
                    open += 1;
                    let (message, conversation) = (MessageId(next), ConversationKey(key));
                    let text = "Hello from the bench".to_owned();
                    engine.ask(Command::Send(SendRequest {
                        message,
                        conversation,
                        text,
                        resend_of: None,
                        sent_as: None,
                        extras: guestwire::model::Extras::default(),
                    }));
                }
            }
            while open > 0 {
                match reports.recv().await.unwrap() {
                    Report::Message { life: Life::Accepted, .. } => open -= 1,
                    Report::Message { life, .. } if life.is_settled() => unreachable!("{life:?}"),
                    Report::Exchange(exchange) if exchange.outcome.is_settled() => {
                        number += 1;
                        journal.tell(Job::Exchange { number, exchange });
                    }
                    report => divan::black_box_drop(report),
                }
            }
        });
    });
    journal.close(Duration::from_secs(10));
}

fn profile(url: &str, conversations: u32) -> Profile {
    let conversation = |key| Conversation {
        key: ConversationKey(key),
        name: format!("bench {key}"),
        address: Address::GuestApi { conversation_id: id(key), participant_id: None, external_id: None },
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
        conversations: (0..conversations)
            .map(|key| ConversationEntry {
                conversation: conversation(key),
                guest_token: None,
                attributes: std::collections::BTreeMap::new(),
            })
            .collect(),
        redact: Vec::new(),
        masks: guestwire::model::Masks::default(),
        ca_files: Vec::new(),
        connect_timeout: Duration::from_secs(5),
        request_timeout: Duration::from_secs(10),
        parallel: conversations as usize,
    }
}
