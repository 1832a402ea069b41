//! The built program against servers that mean no good, over real sockets: what it says of the message must be so, and it
//! must end within its bounds of time and memory.

mod answers;
#[cfg(target_os = "linux")]
mod floods;
mod server;

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use answers::{Expected, MESSAGE_ROWS, Row, TOKEN_ROWS};
use server::{Reply, Server};

/// The most memory that a command may ever have had, in KiB. At rest it takes some 25 MiB in a test build.
const MEMORY: u64 = 160 << 10;

/// How long a try may take. Many programs run side by side here, so that one is late only after several times as much.
const REQUEST_TIMEOUT_MS: u64 = 3_000;

/// What a run of the program said.
struct Ran {
    code: i32,
    /// The last line of `--json`.
    last: Value,
    all: String,
    /// The most memory that it had, in KiB, as far as it could be asked.
    peak: u64,
}

/// The most memory that a process ever had, in KiB, as far as it can be asked.
fn peak_of(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or(0)
}

fn run(home: &Path, server: &Server, arguments: &[&str]) -> Ran {
    let url = server.url();
    let config = format!(
        "[profiles.p]\nregion = \"mypurecloud.de\"\nrequest_timeout = \"{REQUEST_TIMEOUT_MS}ms\"\nconnect_timeout = \"1s\"\n[profiles.p.hosts]\n\
         login = \"{url}\"\napi = \"{url}\"\n[profiles.p.oauth]\nclient_id = \"c\"\nclient_secret = {{ env = \"SECRET\" }}\n\
         scopes = [\"guest:messages:send\"]\n[[profiles.p.conversations]]\nname = \"C\"\nchannel = \"guest-api\"\n\
         conversation_id = \"5f0c91ce-3a0b-4f47-9d55-6d3f0e1bd8a2\"\n"
    );
    std::fs::write(home.join("c.toml"), config).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_guestwire"))
        .args(["--config", "c.toml", "--ephemeral"])
        .args(arguments)
        .env_clear()
        .env("HOME", home)
        .env("SECRET", "hunter2")
        .current_dir(home)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let id = child.id();
    let (mut all, mut peak, mut last) = (String::new(), 0, Value::Null);
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        peak = peak.max(peak_of(id));
        last = serde_json::from_str(&line).unwrap_or(last);
        all.push_str(&line);
        all.push('\n');
    }
    let output = child.wait_with_output().unwrap();
    all.push_str(&String::from_utf8_lossy(&output.stderr));
    Ran { code: output.status.code().unwrap_or(-1), last, all, peak }
}

/// What is wrong with a run, if anything is.
fn judge(row: &Row, ran: &Ran) -> Option<String> {
    let outcome = ran.last["outcome"].as_str().unwrap_or("none");
    let fits = match row.expected {
        Expected::Accepted => outcome == "accepted" && ran.code == 0,
        Expected::Refused => outcome == "refused" && ran.code == 1,
        Expected::Unknown => outcome == "unknown" && ran.code == 5,
        Expected::NotAccepted => matches!(outcome, "refused" | "unknown") && matches!(ran.code, 1 | 4 | 5),
        Expected::NotSignedIn => ran.code == 3,
        Expected::SignedIn => ran.code == 0,
    };
    let whole = !ran.all.contains("panicked") && ran.peak <= MEMORY;
    let events = ran.all.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let bounded = events.filter_map(|event| event["duration_ms"].as_u64()).all(|took| took < 5 * REQUEST_TIMEOUT_MS);
    (!fits || !whole || !bounded).then(|| {
        format!(
            "{}: wanted {:?}, got {outcome}, exit {}, {} KiB\n{}",
            row.name, row.expected, ran.code, ran.peak, ran.all
        )
    })
}

/// Runs all rows, many at a time, for most of them wait for a bound of time to end; says everything that is wrong.
fn all(rows: &[Row], arguments: &[&str], server: impl Fn(&Row) -> Server + Sync) {
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..24 {
            scope.spawn(|| {
                while let Some(row) = rows.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let home = tempfile::tempdir().unwrap();
                    let server = server(row);
                    let ran = run(home.path(), &server, arguments);
                    wrong.lock().unwrap().extend(judge(row, &ran));
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} of {} rows:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

#[test]
fn whatever_answers_a_message_is_told_as_it_is() {
    assert!(MESSAGE_ROWS.len() >= 50);
    all(MESSAGE_ROWS, &["send", "--json", "--to", "C", "hello"], |row| Server::start(Reply::token(), (row.reply)()));
}

#[test]
fn whatever_answers_a_token_request_ends_in_a_sentence() {
    assert!(TOKEN_ROWS.len() >= 20);
    all(TOKEN_ROWS, &["token", "--json"], |row| Server::start((row.reply)(), Reply::message()));
}

/// A redirect is followed by nobody, least of all with credentials.
#[test]
fn no_credential_follows_a_redirect() {
    let elsewhere = Server::start(Reply::token(), Reply::message());
    let location = format!("location: {}/stolen\r\n", elsewhere.url());
    std::thread::scope(|scope| {
        for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] {
            let reply = || Reply::with(status, &location, b"");
            let (sending, signing_in) =
                (Server::start(Reply::token(), reply()), Server::start(reply(), Reply::message()));
            scope.spawn(move || {
                let home = tempfile::tempdir().unwrap();
                run(home.path(), &sending, &["send", "--json", "--to", "C", "hello"]);
                run(home.path(), &signing_in, &["token", "--json"]);
                assert_eq!(sending.requests().len(), 2, "{status}");
            });
        }
    });
    assert_eq!(elsewhere.requests(), Vec::<String>::new());
}

/// What stands in a connection before a request was written is nobody's answer.
#[test]
fn an_answer_that_nobody_asked_for_is_given_to_no_request() {
    let home = tempfile::tempdir().unwrap();
    let extra = b"HTTP/1.1 200 OK\r\ncontent-length: 13\r\ninin-correlation-id: stolen\r\n\r\n{\"id\":\"fake\"}";
    let token = Reply::Bytes([Reply::token().bytes(), extra.to_vec()].concat());
    let server =
        Server::start(token, Reply::with("403 Forbidden", "inin-correlation-id: real\r\n", b"{\"code\":\"x\"}"));
    let ran = run(home.path(), &server, &["send", "--json", "--to", "C", "hello"]);
    assert!(!ran.all.contains("stolen"), "{}", ran.all);
    assert_eq!(ran.last["outcome"], "refused", "{}", ran.all);
}
