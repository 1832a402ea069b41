//! No secret of a whole session reaches anything that is seen, copied or kept: every frame, every copy, every page,
//! every file of the data directory, the engine's own log, and what `Debug` says of the state.

#![expect(clippy::panic, clippy::unwrap_used, reason = "tests")]

mod flow;

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use flow::{Hands, run_in};
use guestwire::model::Masks;
use guestwire::sandbox::{Options, Scenario};
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

fn files(dir: &Path, out: &mut Vec<(String, String)>) {
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
    let seen = Arc::new(Mutex::new((Vec::new(), Vec::new(), Vec::new())));
    let out = Arc::clone(&seen);
    let (_, state) = run_in(
        (160, 50),
        Scenario::builtin(),
        |mut profile| {
            profile.masks = Masks::new(&["0170 4711222".to_owned()], true);
            profile
        },
        data.path(),
        |mut hands: Hands| async move {
            hands.see("TOKEN ok").await;
            hands.until("the conversation was read", |f| f.contains("connected")).await;
            // All of it is recorded.
            hands.keys("ctrl-p");
            hands.type_text("rec");
            hands.keys("enter");
            hands.see("Recording into").await;
            hands.paste(
                "hello, call 0170-4711222 or +49 30 5550 199 and ask for a rather long wait at the other end of it",
            );
            hands.keys("enter");
            hands.until("accepted", |f| f.contains("200 a")).await;
            // A pass, judged by a person who notes what nobody is to read, and its four reports.
            hands.keys("esc T");
            hands.see("built-in smoke").await;
            hands.keys("enter");
            hands.see("Enter runs it.").await;
            hands.keys("enter");
            hands.see("suggested: pass").await;
            hands.keys("; c a l l space 0 1 7 0 - 4 7 1 1 2 2 2 enter p p p p p p");
            hands.see("The pass is over").await;
            hands.keys("E");
            hands.see("reports into:").await;
            hands.keys("enter");
            hands.see("Four reports are in").await;
            hands.keys("q");
            hands.see("2 Log").await;
            // Each way in which a token and a secret travel: a revoked token, a renewal by hand, a refused secret.
            hands.sandbox.set_fault(r#"{"fault":"token-revoked"}"#).unwrap();
            hands.type_text("again");
            hands.keys("enter");
            hands.until("healed", |f| f.contains("1 healed")).await;
            hands.sandbox.set_fault(r#"{"fault":"client-rejected"}"#).unwrap();
            hands.keys("esc R");
            hands.until("refused", |f| f.contains("RENEW FAILED") || f.contains("BAD CLIENT")).await;
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
            hands.see("conversation 1").await;
            hands.keys("esc");
            hands.see("Compose").await;
            let received = hands.received();
            assert!(
                received.iter().any(|t| t.contains("0170-4711222 or +49 30 5550 199")),
                "the wire has it: {received:?}"
            );
            let copies = hands.copies.borrow().clone();
            let secrets = secrets(&hands).await;
            *out.lock().unwrap() = (hands.all_frames(), copies, secrets);
            hands.keys("q");
            hands.keys("enter");
        },
    )
    .await;
    let (frames, copies, secrets) = Arc::try_unwrap(seen).unwrap().into_inner().unwrap();
    let mut kept = Vec::new();
    files(data.path(), &mut kept);
    assert!(kept.iter().any(|(name, text)| name.contains(".har") && text.contains("/oauth/token")), "a HAR was saved");
    assert!(frames.len() > 20 && copies.len() > 20, "{} frames, {} copies", frames.len(), copies.len());
    assert!(kept.iter().any(|(name, text)| name.contains(".cast") && text.contains("*******")), "it was recorded");
    for extension in ["xml", "json", "md", "html"] {
        let report = kept.iter().find(|(name, _)| name.ends_with(&format!("/report.{extension}")));
        let (_, text) = report.unwrap_or_else(|| panic!("no report as {extension}"));
        assert!(text.contains("call «phone»"), "the note is in the report as {extension}: {text}");
    }
    for (extension, part) in [(".html", "&#39;"), (".md", "> hello"), (".txt", "**guest**: hello")] {
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
    for (place, text) in everything.chain([("the log", log.as_str()), ("Debug of the state", debug.as_str())]) {
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

/// Everything that must not be seen: the client's secret, its Basic form, and the tokens that were given out. A second
/// sandbox of the same seed gives out the same ones.
async fn secrets(hands: &Hands) -> Vec<String> {
    let twin = guestwire::sandbox::start(Options { port: 0, scenario: Scenario::builtin() }).unwrap();
    let line = twin.announcement();
    let of = |line: &serde_json::Value, name: &str| line[name].as_str().unwrap().to_owned();
    let (id, secret) = (of(&line, "client_id"), of(&line, "client_secret"));
    assert_eq!(secret, of(&hands.sandbox.announcement(), "client_secret"), "the seed gives the same again");
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("{id}:{secret}"));
    let mut all = vec![secret];
    let mut works = 0;
    for _ in 0..hands.sandbox.state()["tokens"]["issued"].as_u64().unwrap() {
        let body = "grant_type=client_credentials";
        let answer = ask(
            twin.addr(),
            &format!(
                "POST /oauth/token HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nauthorization: Basic {basic}\r\n\
                 content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            ),
        )
        .await;
        let (_, token) = answer.split_once("\"access_token\":\"").unwrap_or_else(|| panic!("no token: {answer}"));
        let token = token.split('"').next().unwrap().to_owned();
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

async fn ask(at: std::net::SocketAddr, request: &str) -> String {
    let mut stream = tokio::net::TcpStream::connect(at).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}
