//! No secret of a whole session reaches anything that is seen, copied or kept: every frame, every copy, every page,
//! every file of the data directory, the engine's own log, and what `Debug` says of the state.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

use crate::support::shell::{Hands, run_kept};
use base64::Engine as _;
use guestwire::config::{Agent, MetricsSettings};
use guestwire::journal::HistoryRange;
use guestwire::journal::JournalReader;
use guestwire::journal::profile_dir;
use guestwire::model::Masks;
use guestwire::sandbox::{Sandbox, Scenario};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tracing_subscriber::fmt::MakeWriter;

/// A log that is kept in memory.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl io::Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Kept {
    type Writer = Self;
    fn make_writer(&self) -> Self {
        self.clone()
    }
}

pub fn files(dir: &Path, out: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, out);
        } else {
            out.push((
                path.display().to_string(),
                String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned(),
            ));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_of_a_session_is_seen_copied_or_kept() {
    let log = Kept::default();
    let subscriber =
        tracing_subscriber::fmt().json().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).finish();
    // One test in this binary: the whole process may log here.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let data = tempfile::tempdir().unwrap();
    let agent = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let metrics = MetricsSettings { agent: Agent::Udp(agent.local_addr().unwrap().to_string()), tags: Vec::new() };
    let scenario = telling(&first_token().await);
    let seen = Arc::new(Mutex::new((Vec::new(), Vec::new(), Vec::new(), Vec::new())));
    let out = Arc::clone(&seen);
    let dir = data.path().to_owned();
    let (_, state) = run_kept(
        (160, 50),
        scenario,
        |mut profile| {
            profile.redaction.masks = Masks::new(&["0170 4711222".to_owned()], true);
            profile
        },
        data.path(),
        Some(metrics),
        |mut hands: Hands| async move {
            hands.see("token ok").await;
            hands.until("the conversation was read", |f| f.contains("connected")).await;
            // All of it is recorded.
            hands.keys("ctrl-p");
            hands.type_text("rec");
            hands.keys("enter");
            hands.see("Recording into").await;
            // What the other side says is on the screen, masked, in both channels; a choice that was masked is not sent.
            for (keys, who, name) in [
                ("esc 1 G k enter", "Web tells: «token #", "Anna, web"),
                ("esc 1 g enter", "Bot tells: «token #", "Billing bot"),
            ] {
                hands.keys(keys);
                hands.until("what is told", |f| f.contains(who) && f.contains("«phone»") && f.contains("«jwt»")).await;
                for (number, masked) in [("1", "Take «token #1»"), ("4", "Take «phone»")] {
                    hands.keys("esc o");
                    let menu = format!("Answer {name} with");
                    hands.until("the choices", |f| f.contains(&menu) && f.contains(masked)).await;
                    hands.keys(number);
                    hands.until("no answer", |f| !f.contains(&menu) && f.contains("not sent: guestwire masked")).await;
                }
            }
            hands.keys("i");
            hands.paste(
                "hello, call 0170-4711222 or +49 30 5550 199 and ask for a rather long wait at the other end of it",
            );
            hands.keys("enter");
            hands.until("answered", |f| f.contains("answered")).await;
            // A pass, judged by a person who notes what nobody is to read, and its four reports.
            hands.keys("esc T");
            hands.see("built-in smoke").await;
            hands.keys("enter");
            hands.see("Enter runs the step.").await;
            hands.keys("enter");
            hands.see("suggested: pass").await;
            hands.keys("; c a l l space 0 1 7 0 - 4 7 1 1 2 2 2 enter p p p p p p");
            hands.see("The test run is finished").await;
            hands.keys("E");
            hands.see("reports into:").await;
            hands.keys("enter");
            hands.see("The reports are in").await;
            hands.keys("q");
            hands.see("2 Log").await;
            // Each way in which a token and a secret travel: a revoked token, a renewal by hand, a refused secret.
            hands.sandbox.set_fault(r#"{"fault":"token-revoked"}"#).unwrap();
            hands.type_text("again");
            hands.keys("enter");
            hands.until("healed", |f| f.contains(", 1 fixed")).await;
            hands.sandbox.set_fault(r#"{"fault":"client-rejected"}"#).unwrap();
            hands.keys("esc R");
            hands.until("refused", |f| f.contains("renewal failed") || f.contains("client refused")).await;
            // Everything that can be opened, copied and saved, on each entry.
            hands.keys("2 g");
            for _ in 0..12 {
                hands.keys("enter enter y i y c y h y b y y y t y a j");
            }
            hands.keys("! esc ? esc E");
            hands.see("Saved to").await;
            // What was said, in each form, and the demo.
            for down in ["", "down", "down down"] {
                hands.keys("ctrl-p");
                hands.type_text("transcript");
                hands.keys("enter");
                hands.keys(down);
                hands.keys("enter");
            }
            hands.keys("P l");
            hands.see("what happened").await;
            hands.keys("esc");
            hands.see("3 To ").await;
            let received = hands.received();
            assert!(
                received.iter().any(|t| t.contains("0170-4711222 or +49 30 5550 199")),
                "the wire has it: {received:?}"
            );
            assert!(!received.iter().any(|t| t.contains('«')), "no mask was sent: {received:?}");
            let copies = hands.copies.borrow().clone();
            let secrets = secrets(&hands).await;
            // While the journal is open, what is new in it stands in its log of writes.
            let mut open = Vec::new();
            files(&dir, &mut open);
            *out.lock().unwrap() = (hands.all_frames(), copies, secrets, open);
            hands.keys("q");
            hands.keys("enter");
        },
    )
    .await;
    let (frames, copies, secrets, mut kept) = Arc::try_unwrap(seen).unwrap().into_inner().unwrap();
    assert!(kept.iter().any(|(name, text)| name.ends_with("journal.db-wal") && text.contains("tells: «")), "a WAL");
    export(data.path()).await;
    files(data.path(), &mut kept);
    kept.push(("the journal's exchanges, unpacked".to_owned(), unpacked(data.path())));
    for (name, who) in [
        ("journal.db", "Web tells: «"),
        ("journal.db", "Bot tells: «"),
        (".md", "Bot tells: «"),
        ("unpacked", "Web tells: «"),
        ("out.har", "Web tells: «"),
        ("out.session", "Web tells: «"),
        ("out.text", "Web tells: «"),
        ("out.md", "Bot tells: «"),
        ("out.html", "Bot tells: «"),
        ("out.log", "Bot tells: «"),
    ] {
        assert!(kept.iter().any(|(n, text)| n.contains(name) && text.contains(who)), "{who} in {name}");
    }
    let mut datagrams = String::new();
    let mut buffer = [0; 2048];
    while let Ok(length) = agent.try_recv(&mut buffer) {
        datagrams.push_str(std::str::from_utf8(&buffer[..length]).unwrap());
    }
    assert!(datagrams.contains("genesys.guest.message.send.count"), "metrics were sent: {datagrams}");
    assert!(kept.iter().any(|(name, text)| name.contains(".har") && text.contains("/oauth/token")), "a HAR was saved");
    assert!(frames.len() > 20 && copies.len() > 20, "{} frames, {} copies", frames.len(), copies.len());
    assert!(kept.iter().any(|(name, text)| name.contains(".cast") && text.contains("*******")), "it was recorded");
    for extension in ["xml", "json", "md", "html"] {
        let report = kept.iter().find(|(name, _)| name.ends_with(&format!("/report.{extension}")));
        let (_, text) = report.unwrap_or_else(|| panic!("no report as {extension}"));
        assert!(text.contains("call «phone»"), "the note is in the report as {extension}: {text}");
    }
    for (extension, part) in [(".html", "&#39;"), (".md", "> hello"), (".txt", " guest: hello")] {
        let masked = |text: &str| text.contains("«phone»") && (text.contains(part) || extension == ".html");
        assert!(
            kept.iter().any(|(name, text)| name.ends_with(extension) && masked(text)),
            "a transcript as {extension}"
        );
    }
    assert!(secrets.len() >= 3, "the client's secret, its Basic form, and tokens: {}", secrets.len());
    let log = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    let everything = frames
        .iter()
        .map(|f| ("a frame", f.as_str()))
        .chain(copies.iter().map(|c| ("a copy", c.as_str())))
        .chain(kept.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    let debug = format!("{state:?}");
    let more = [("the log", log.as_str()), ("Debug of the state", debug.as_str()), ("a datagram", &datagrams)];
    for (place, text) in everything.chain(more) {
        // What the other side said is masked where it is read, so that nothing has it, not even the journal.
        for told in [JWT, TOLD_NUMBER] {
            assert!(!text.contains(told), "{told} in {place}");
        }
        // A secret that is cut by the edge of a pane is a secret still.
        for secret in &secrets {
            let start: String = secret.chars().take(12).collect();
            assert!(!text.contains(&start), "a secret in {place}");
        }
        // What the journal and the state have to know is kept; nothing of it is ever shown, copied or exported.
        let inside = place == "Debug of the state" || place.contains("journal");
        for number in ["4711222", "5550 199"].iter().filter(|_| !inside) {
            assert!(!text.contains(number), "a phone number in {place}");
        }
    }
}

/// What the other side says, besides a token of the session and the client's secret.
pub const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm5hIn0.dGhlLXNpZ25hdHVyZQ";
pub const TOLD_NUMBER: &str = "+49 89 7770 411";

const KNOWN_SECRET: &str = "a-secret-that-a-bot-knows-5150";

/// The built-in scenario with a client's secret that is known.
fn scenario() -> Scenario {
    let mut scenario = Scenario::builtin();
    scenario.client.secret = Some(KNOWN_SECRET.into());
    scenario
}

/// The same, where the other side of a conversation of the Guest API and of one of web messaging knows what it should
/// not, and says and offers it.
fn telling(token: &str) -> Scenario {
    let mut scenario = scenario();
    for (name, who) in [("Billing bot", "Bot"), ("Anna, web", "Web")] {
        let conversation = scenario.conversations.iter_mut().find(|c| c.name == name).unwrap();
        let mut line = conversation.history.last().unwrap().clone();
        line.text = format!("{who} tells: {token} {KNOWN_SECRET} {JWT} {TOLD_NUMBER}");
        line.choices = [token, KNOWN_SECRET, JWT, TOLD_NUMBER].map(|told| format!("Take {told}")).to_vec();
        conversation.history.push(line);
    }
    scenario
}

/// The first token that a sandbox of [`scenario`] gives out.
async fn first_token() -> String {
    let twin = guestwire::sandbox::start(0, scenario(), guestwire::clock::Clock::start()).unwrap();
    token_of(&twin).await
}

/// Everything that must not be seen: the client's secret, its Basic form, and the tokens that were given out. A second
/// sandbox of the same seed gives out the same ones.
async fn secrets(hands: &Hands) -> Vec<String> {
    let twin = guestwire::sandbox::start(0, scenario(), guestwire::clock::Clock::start()).unwrap();
    let (secret, basic) = client(&twin);
    assert_eq!(secret, client(&hands.sandbox).0, "both have the same client");
    let mut all = vec![secret];
    let mut works = 0;
    for _ in 0..hands.sandbox.state()["tokens"]["issued"].as_u64().unwrap() {
        let token = token_of(&twin).await;
        let me = format!(
            "GET /api/v2/tokens/me HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nauthorization: Bearer {token}\r\n\r\n"
        );
        works += u32::from(ask(hands.sandbox.addr(), &me).await.starts_with("HTTP/1.1 200"));
        all.push(token);
    }
    assert!(works > 0, "these are the tokens that the session used: one of them is valid still");
    // What comes before the id differs from what the whole begins with, so the part that holds the secret is looked for.
    all.push(basic.chars().skip(basic.len() / 2).collect());
    all
}

/// The client's secret, and how it stands behind `Basic`.
pub fn client(sandbox: &Sandbox) -> (String, String) {
    let line = sandbox.announcement();
    let of = |name: &str| line[name].as_str().unwrap().to_owned();
    let (id, secret) = (of("client_id"), of("client_secret"));
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("{id}:{secret}"));
    (secret, basic)
}

/// What the commands that write of what was kept make of it: each into a file of the data directory. The program knows
/// neither the client's secret nor the tokens of the session.
async fn export(data: &Path) {
    let config = "[redact]\nphones = true\nvalues = [\"0170 4711222\"]\n";
    std::fs::write(data.join("config.toml"), config).unwrap();
    for (arguments, out) in [
        ("export har --out", "out.har"),
        ("export session --out", "out.session"),
        ("export transcript --format text --out", "out.text"),
        ("export transcript --format md --out", "out.md"),
        ("export transcript --format html --out", "out.html"),
        ("log --json --limit 0", "out.log"),
    ] {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_guestwire"));
        command.args(["--config", "config.toml", "--data-dir", ".", "--sandbox"]).args(arguments.split(' '));
        command.env_clear().env("HOME", data).current_dir(data).stdin(std::process::Stdio::null());
        let is_file = arguments.ends_with("--out");
        let output = command.args(is_file.then_some(out)).output().await.unwrap();
        assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
        if !is_file {
            std::fs::write(data.join(out), output.stdout).unwrap();
        }
    }
    // It names what is masked.
    std::fs::remove_file(data.join("config.toml")).unwrap();
}

/// Every exchange of the journal: in its file they are packed.
fn unpacked(data: &Path) -> String {
    let reader = JournalReader::open(&profile_dir(data, "sandbox"), &[]).unwrap();
    let (mut text, mut last) = (String::new(), 0);
    loop {
        let (entries, more) = reader.page(&HistoryRange::After(last), 1000).unwrap();
        text.push_str(&format!("{entries:?}"));
        let Some(newest) = entries.last().filter(|_| more) else { return text };
        last = newest.number;
    }
}

/// The next token that a sandbox gives out.
pub async fn token_of(sandbox: &Sandbox) -> String {
    let (_, basic) = client(sandbox);
    let body = "grant_type=client_credentials";
    let answer = ask(
        sandbox.addr(),
        &format!(
            "POST /oauth/token HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nauthorization: Basic {basic}\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        ),
    )
    .await;
    let (_, token) = answer.split_once("\"access_token\":\"").unwrap_or_else(|| panic!("no token: {answer}"));
    token.split('"').next().unwrap().to_owned()
}

async fn ask(at: std::net::SocketAddr, request: &str) -> String {
    let mut stream = tokio::net::TcpStream::connect(at).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}
