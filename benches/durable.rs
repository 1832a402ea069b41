//! What durability costs a send, with many conversations side by side: the same requests in bare reqwest loops, through
//! the engine alone, and through the engine with the journal on (each intent on the disk before its first byte, each
//! exchange kept), against one server in this process. `cargo bench --bench durable`; one server, or
//! some numbers of conversations: `cargo bench --bench durable -- sandbox 64 256`
//!
//! Servers: a minimal raw one that answers at once, which shows the most that durability can cost; the same after 10 ms,
//! what a service in the same building takes; and the sandbox.
//!
//! The three take turns, round by round, so that whatever else the machine does meets all alike; what is compared is the
//! median round of each. Beside the rates: the processor time that a send takes, and for sends through the journal, that
//! of each thread; and what the disk takes for one commit of a size, measured with nothing else going on.
//! The rate of one conversation is that of one fsync a message.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::io::{Seek as _, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use guestwire::clock::Clock;
use guestwire::config::{
    ClientAuth, ConversationEntry, Credentials, GuestApi, Hosts, OAuthClient, Profile, Region, SecretSource, TokenHost,
};
use guestwire::engine::{Command, Engine, EngineHandle, Report, SendRequest, Tuning};
use guestwire::journal::{Job, Journal, Options, Page};
use guestwire::model::{Address, Conversation, ConversationKey, Extras, Life, MessageId};
use guestwire::sandbox::{Sandbox, Scenario};
use secrecy::ExposeSecret as _;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::UnboundedReceiver;

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Conversations that send side by side.
const SIDE_BY_SIDE: [u32; 4] = [1, 8, 64, 256];
/// Who answers.
const SERVERS: [Server; 3] = [Server::Raw(Duration::ZERO), Server::Raw(Duration::from_millis(10)), Server::Sandbox];
/// Sends in one measured run with a server that answers at once, all conversations together.
const SENDS: u32 = 2_048;
/// Measured runs of each; the first few warm up and are not counted.
const ROUNDS: usize = 15;
const WARM_UP: usize = 3;

fn main() {
    // Without `--bench` (as in `cargo test --benches`) one round shows that it works.
    let rounds = if std::env::args().any(|a| a == "--bench") { ROUNDS + WARM_UP } else { WARM_UP + 1 };
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    println!("median of {} rounds, taking turns; sends a second, and their share of the bare loops'", rounds - WARM_UP);
    println!(
        "{:<11}{:<15}{:>8}{:>8}{:>7}{:>9}{:>7}{:>16}{:>17}  of j: server, engine, journal, reports",
        "server", "conversations", "bare", "engine", "", "journal", "", "until kept", "CPU b/e/j µs"
    );
    let asked: Vec<u32> = std::env::args().filter_map(|a| a.parse().ok()).collect();
    let side_by_side: Vec<u32> = if asked.is_empty() { SIDE_BY_SIDE.to_vec() } else { asked };
    let is_asked = |server: &Server| {
        let named = |name: &str| std::env::args().any(|a| a == name);
        !(named("raw") || named("sandbox")) || named(server.to_string().split(',').next().unwrap_or_default())
    };
    for (server, side_by_side) in
        SERVERS.iter().filter(|s| is_asked(s)).flat_map(|server| side_by_side.iter().map(|n| (*server, *n)))
    {
        // About a tenth of a second each.
        let sends = if server.is_quick() { SENDS } else { SENDS / 16 * side_by_side.min(16) }.max(side_by_side);
        let sends = if side_by_side == 1 { sends / 8 } else { sends };
        let mut stage = Stage::new(server, side_by_side, sends.div_ceil(side_by_side), &dir);
        let mut times: [Vec<Took>; 3] = Default::default();
        for _ in 0..rounds {
            for (way, times) in [Way::Bare, Way::Engine, Way::Journal].into_iter().zip(&mut times) {
                times.push(stage.run(way));
            }
        }
        let [bare, engine, journal] = times.map(median);
        let sends = f64::from(sends);
        let rate = |time: Duration| sends / time.as_secs_f64();
        let share = |time: Duration| format!("{:.0} %", 100.0 * rate(time) / rate(bare.wall));
        let cpu = |time: Duration| time.as_secs_f64() * 1e6 / sends;
        println!(
            "{:<11}{side_by_side:<15}{:>8.0}{:>8.0}{:>7}{:>9.0}{:>7}{:>9.0}{:>7}{:>17}  {}",
            server.to_string(),
            rate(bare.wall),
            rate(engine.wall),
            share(engine.wall),
            rate(journal.wall),
            share(journal.wall),
            rate(journal.kept),
            share(journal.kept),
            format!("{:.0}/{:.0}/{:.0}", cpu(bare.cpu), cpu(engine.cpu), cpu(journal.cpu)),
            journal.threads.map(|time| format!("{:.0}", cpu(time))).join(" "),
        );
    }
    for kib in [4, 16, 64, 256] {
        let (first, tenth) = sync(&dir, kib << 10);
        let micros = |time: Duration| time.as_secs_f64() * 1e6;
        println!("{kib:>3} KiB on the disk: {:.0} µs, one in ten over {:.0} µs", micros(first), micros(tenth));
    }
}

/// What a round took.
#[derive(Clone, Copy, Debug)]
struct Took {
    wall: Duration,
    /// Until what was left to be written when the last send was accepted was written too.
    kept: Duration,
    /// Processor time of the whole process.
    cpu: Duration,
    /// In it: the server's thread, the engine's, the journal's, and this one, which takes the reports.
    threads: [Duration; 4],
}

fn median(mut rounds: Vec<Took>) -> Took {
    rounds.drain(..WARM_UP);
    let middle = rounds.len() / 2;
    rounds.sort_unstable_by_key(|t| t.wall);
    rounds[middle]
}

/// Writing so much over what a file has, as a write-ahead log does, and having it on the disk: the median time, and that
/// of the slowest tenth.
fn sync(dir: &Path, bytes: usize) -> (Duration, Duration) {
    let mut file = tempfile::tempfile_in(dir).unwrap();
    let block = vec![7; bytes];
    let mut once = || {
        let began = Instant::now();
        file.rewind().unwrap();
        file.write_all(&block).unwrap();
        file.sync_data().unwrap();
        began.elapsed()
    };
    once();
    let mut times: Vec<_> = (0..200).map(|_| once()).collect();
    times.sort_unstable();
    (times[times.len() / 2], times[times.len() * 9 / 10])
}

/// Processor time of each thread of this process so far, by name, in nanoseconds.
fn threads() -> BTreeMap<String, u64> {
    let mut out = BTreeMap::new();
    for task in std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten() {
        let read = |name: &str| std::fs::read_to_string(task.path().join(name)).unwrap_or_default();
        let time = read("schedstat").split(' ').next().and_then(|t| t.parse::<u64>().ok()).unwrap_or(0);
        *out.entry(read("comm").trim().to_owned()).or_default() += time;
    }
    out
}

#[derive(Clone, Copy, Debug)]
enum Server {
    /// Does as little as one can, after a while.
    Raw(Duration),
    Sandbox,
}

impl Server {
    const fn is_quick(self) -> bool {
        !matches!(self, Self::Raw(after) if !after.is_zero())
    }
}

impl std::fmt::Display for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Raw(after) if after.is_zero() => f.write_str("raw"),
            Self::Raw(after) => write!(f, "raw, {after:.0?}"),
            Self::Sandbox => f.write_str("sandbox"),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Bare,
    Engine,
    Journal,
}

/// The server's runtime and ours, as in the real thing: one worker each, and this thread takes the reports.
struct Stage {
    ours: Runtime,
    client: reqwest::Client,
    /// Where each conversation's messages go.
    urls: Vec<String>,
    token: String,
    side_by_side: u32,
    each: u32,
    plain: Line,
    kept: Line,
    journal: Journal,
    number: u64,
    _dir: tempfile::TempDir,
    _sandbox: Option<Sandbox>,
    _server: Runtime,
}

struct Line {
    engine: EngineHandle,
    reports: UnboundedReceiver<Report>,
    next: u64,
}

impl Stage {
    fn new(server: Server, side_by_side: u32, each: u32, dir: &Path) -> Self {
        let runtime =
            |name| Builder::new_multi_thread().worker_threads(1).thread_name(name).enable_all().build().unwrap();
        let (theirs, ours) = (runtime("server"), runtime("engine"));
        let (profile, sandbox) = match server {
            Server::Raw(after) => (profile(&raw_server(&theirs, after), side_by_side), None),
            Server::Sandbox => {
                let _inside = theirs.enter();
                let conversation = |n| format!("[[conversations]]\nname = \"bench {n}\"\nscript = \"silent\"\n");
                let scenario = SCENARIO.to_owned() + &(0..side_by_side).map(conversation).collect::<String>();
                let scenario = Scenario::parse(&scenario, Path::new("bench.toml")).unwrap();
                let sandbox = guestwire::sandbox::start(guestwire::sandbox::Options { port: 0, scenario }).unwrap();
                (Profile { parallel: side_by_side as usize, ..sandbox.profile() }, Some(sandbox))
            }
        };
        let profile = Arc::new(profile);
        let dir = tempfile::tempdir_in(dir).unwrap();
        let conversations = profile.conversations.iter().map(|e| e.conversation.clone()).collect();
        let (journal, mut pages) = Journal::open(Options::new(dir.path().join("p"), conversations));
        while !matches!(pages.blocking_recv().unwrap(), Page::Restored(_)) {}
        let line = |tuning: Tuning| {
            let tuning = Tuning { seed: 1, read_pauses: Vec::new(), ..tuning };
            let (engine, reports) =
                ours.block_on(async { Engine::start_with(Arc::clone(&profile), Clock::start(), tuning) });
            Line { engine, reports, next: 0 }
        };
        let plain = line(Tuning::default());
        let kept = line(Tuning { durable: Arc::new(journal.clone()), ..Tuning::default() });
        let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth();
        let client = reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy().build().unwrap();
        let url = |entry: &ConversationEntry| {
            let Address::GuestApi { conversation_id, .. } = &entry.conversation.address else { unreachable!() };
            format!("{}{}", profile.hosts.api, profile.guest_api.path.replace("{conversationId}", conversation_id))
        };
        let urls = profile.conversations.iter().map(url).collect();
        let token = ours.block_on(token(&client, &profile));
        Self {
            ours,
            client,
            urls,
            token,
            side_by_side,
            each,
            plain,
            kept,
            journal,
            number: 0,
            _dir: dir,
            _sandbox: sandbox,
            _server: theirs,
        }
    }

    fn run(&mut self, way: Way) -> Took {
        let before = threads();
        let began = Instant::now();
        match way {
            Way::Bare => self.bare(),
            Way::Engine => self.through_the_engine(false),
            Way::Journal => self.through_the_engine(true),
        }
        let wall = began.elapsed();
        self.journal.written(false);
        let kept = began.elapsed();
        let after = threads();
        let spent = |name: &str| after.get(name).unwrap_or(&0) - before.get(name).unwrap_or(&0);
        let cpu = after.keys().map(|name| spent(name)).sum();
        let this = std::fs::read_to_string("/proc/self/comm").unwrap_or_default();
        let threads = ["server", "engine", "journal", this.trim()].map(|name| Duration::from_nanos(spent(name)));
        // The index is made when nothing else goes on.
        self.journal.written(true);
        Took { wall, kept, cpu: Duration::from_nanos(cpu), threads }
    }

    /// The floor: reqwest alone, as many loops side by side.
    fn bare(&self) {
        self.ours.block_on(async {
            let mut loops = tokio::task::JoinSet::new();
            for url in self.urls.clone() {
                let client = self.client.clone();
                let token = self.token.clone();
                let each = self.each;
                loops.spawn(async move {
                    for _ in 0..each {
                        let request = client
                            .post(&url)
                            .bearer_auth(&token)
                            .header("content-type", "application/json")
                            .body(r#"{"text":"Hello from the bench","type":"text"}"#);
                        let answer = request.send().await.unwrap().error_for_status().unwrap();
                        black_box(answer.text().await.unwrap());
                    }
                });
            }
            loops.join_all().await;
        });
    }

    fn through_the_engine(&mut self, keep: bool) {
        let Self { ours, plain, kept, journal, number, side_by_side, each, .. } = self;
        let Line { engine, reports, next } = if keep { kept } else { plain };
        ours.block_on(async {
            let mut open = 0;
            for _ in 0..*each {
                for key in 0..*side_by_side {
                    *next += 1;
                    open += 1;
                    engine.ask(Command::Send(SendRequest {
                        message: MessageId(*next),
                        conversation: ConversationKey(key),
                        text: "Hello from the bench".to_owned(),
                        resend_of: None,
                        sent_as: None,
                        extras: Extras::default(),
                    }));
                }
            }
            let mut batch = Vec::with_capacity(256);
            while open > 0 {
                // As the shell takes them.
                reports.recv_many(&mut batch, 256).await;
                for report in batch.drain(..) {
                    match report {
                        Report::Message { life: Life::Accepted, .. } => open -= 1,
                        Report::Message { life, .. } if life.is_settled() => unreachable!("{life:?}"),
                        Report::Exchange(exchange) if keep && exchange.outcome.is_settled() => {
                            *number += 1;
                            journal.tell(Job::Exchange { number: *number, exchange });
                        }
                        report => drop(black_box(report)),
                    }
                }
            }
        });
    }
}

/// Nobody answers, nothing is slow, and no limit is near.
const SCENARIO: &str = "seed = 7\n[token]\nlifetime_seconds = 86400\n[limits]\nrequests_per_minute = 100000000\n";

/// A token for the bare loops.
async fn token(client: &reqwest::Client, profile: &Profile) -> String {
    let Credentials::Client(oauth) = &profile.credentials else { unreachable!() };
    let request = client
        .post(format!("{}/oauth/token", profile.hosts.login))
        .basic_auth(&oauth.id, Some(oauth.secret.read().unwrap().expose_secret()))
        .form(&[("grant_type", "client_credentials"), ("scope", "guest:messages:send")]);
    let answer = request.send().await.unwrap().text().await.unwrap();
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    answer["access_token"].as_str().unwrap().to_owned()
}

/// A server that does as little as one can, after a while. Gives its URL.
fn raw_server(runtime: &Runtime, after: Duration) -> String {
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    runtime.spawn(async move {
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
                    if !after.is_zero() {
                        tokio::time::sleep(after).await;
                    }
                    if stream.write_all(answer.as_bytes()).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    url
}

fn id(key: u32) -> String {
    format!("5f0c91ce-0000-4000-8000-{key:012}")
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
