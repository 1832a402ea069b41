//! Showing it to others with the built program in a pseudo-terminal: `--record`, `--demo`, `--rehearse`, and the
//! transcripts that `guestwire export` writes.

use std::num::NonZeroU16;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::pty::{Session, guestwire, taken};
use guestwire::sandbox;
use guestwire::sandbox::{Sandbox, Scenario};
use serde_json::Value;

const PHONE: &str = "2345678";

fn private(path: &Path) -> bool {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777 == 0o600
}

fn screen(width: u16, height: u16) -> vt100::Parser {
    vt100::Parser::new(NonZeroU16::new(height).unwrap(), NonZeroU16::new(width).unwrap(), 0)
}

#[test]
fn a_recording_from_the_command_line_ends_with_what_was_seen_last_and_is_never_written_over() {
    let home = tempfile::tempdir().unwrap();
    let record = || {
        let mut command = guestwire(home.path());
        command.args(["--record", "show.cast"]);
        Session::start(command, 100, 30)
    };
    let mut session = record();
    session.until("it is recorded", |s| s.contains("token ok") && s.contains("REC"));
    session.press("on the record\r");
    session.until("an accepted message", |s| taken(s, "on the record", &["accepted", "answered"]));
    session.press("\x03");
    session.see("again to leave");
    session.press("\x03");
    assert_eq!(session.end(), 0);
    session.assert_restored();

    let path = home.path().join("show.cast");
    assert!(private(&path));
    let cast = std::fs::read_to_string(&path).unwrap();
    let mut lines = cast.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let head = lines.next().unwrap();
    assert_eq!((&head["version"], &head["width"], &head["height"]), (&2.into(), &100.into(), &30.into()));
    let (mut played, mut markers) = (screen(100, 30), Vec::new());
    // The rules of asciicast v2: three values an event, times that never go back, no control character in the file.
    assert!(head["timestamp"].is_u64() && head["title"].is_string() && head["env"].is_object(), "{head}");
    assert!(cast.ends_with('\n') && !cast.chars().any(|c| c.is_control() && c != '\n'));
    let mut last = 0.0;
    for event in lines {
        assert_eq!(event.as_array().unwrap().len(), 3, "{event}");
        let at = event[0].as_f64().unwrap();
        assert!(at >= last, "{event} after {last}");
        last = at;
        let data = event[2].as_str().unwrap();
        match event[1].as_str().unwrap() {
            "o" => played.process(data.as_bytes()),
            kind => markers.push(format!("{kind} {data}")),
        }
    }
    assert_eq!(markers, ["m message to Billing bot"]);
    assert!(!played.screen().hide_cursor(), "a terminal that plays it has its cursor again");
    // What stood on the terminal when the program gave it back.
    let left = session.raw.windows(8).rposition(|bytes| bytes == b"\x1b[?1049l").unwrap();
    let mut seen = screen(100, 30);
    seen.process(&session.raw[..left]);
    let (played, seen) = (played.screen().contents(), seen.screen().contents());
    assert!(seen.contains("again to leave"), "{seen}");
    assert_eq!(played, seen);

    let mut again = record();
    assert_eq!(again.end(), 2);
    assert!(again.screen().contains("never overwrites a recording"), "{}", again.screen());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), cast);
}

#[test]
fn a_demo_plays_one_message_and_names_nobody() {
    let home = tempfile::tempdir().unwrap();
    let mut command = guestwire(home.path());
    command.args(["--demo", "smoke", "--record", "demo.cast"]);
    let mut session = Session::start(command, 100, 30);
    let before = session.until("signed in, and what was said before", |s| {
        s.contains("has signed in") && s.contains("I found your account")
    });
    assert!(before.starts_with(" SANDBOX ") && before.contains("0 of 5") && before.contains("The guest is heard"));
    session.press(" ");
    session
        .until("the first message is answered", |s| s.contains("guest A: delivered, answered") && s.contains("1 of 5"));
    let after = session.see("The bot answers.");
    assert!(after.contains("Hello, this is test"), "{after}");
    assert!(!before.contains("Billing") && !after.contains("Billing"), "{before}\n{after}");
    session.press(".");
    let blank = session.until("nothing but where one is", |s| !s.contains("Hello"));
    assert_eq!(blank.split_whitespace().next(), Some("SANDBOX"), "{blank}");
    session.signal(rustix::process::Signal::TERM);
    session.end();
    session.assert_restored();
    let cast = std::fs::read_to_string(home.path().join("demo.cast")).unwrap();
    assert!(cast.contains("message to conversation 1") && !cast.contains("Billing"), "a marker names nobody either");
}

/// A sandbox that counts, and a config file for it.
fn prepare(home: &Path) -> (Sandbox, String) {
    let sandbox = sandbox::start(0, Scenario::builtin(), guestwire::clock::Clock::start()).unwrap();
    let (said, url) = (sandbox.announcement(), sandbox.url());
    let conversation = &said["conversations"][0];
    let text = format!(
        "profile = \"show\"\n[redact]\nphones = true\n[profiles.show]\nregion = \"mypurecloud.de\"\n\
         hosts = {{ login = \"{url}\", api = \"{url}\" }}\n[profiles.show.oauth]\nclient_id = {}\n\
         client_secret = {{ env = \"SHOW_SECRET\" }}\nscopes = [\"guest:messages:send\", \"conversations\"]\n\
         [[profiles.show.conversations]]\nname = \"Billing\"\nchannel = \"guest-api\"\nconversation_id = {}\n\
         participant_id = {}\n",
        said["client_id"], conversation["id"], conversation["participant_id"]
    );
    std::fs::write(home.join("config.toml"), text).unwrap();
    (sandbox, said["client_secret"].as_str().unwrap().to_owned())
}

fn run(home: &Path, secret: &str, arguments: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_guestwire"));
    command.args(["--config", "config.toml", "--data-dir", "data"]).args(arguments).env_clear().env("HOME", home);
    let output = command.env("SHOW_SECRET", secret).current_dir(home).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_said_is_exported_without_secrets_and_rehearsed_without_sending() {
    let home = tempfile::tempdir().unwrap();
    let (sandbox, secret) = prepare(home.path());
    let dir = home.path().to_owned();
    let text = format!("call +49 151 {PHONE} and say {secret}");
    let (said, key) = (text.clone(), secret.clone());
    tokio::task::spawn_blocking(move || {
        run(&dir, &key, &["send", "--to", "Billing", &said]);
        for form in ["text", "md", "html"] {
            run(&dir, &key, &["export", "transcript", "--format", form, "--out", &format!("said.{form}")]);
        }
        run(&dir, &key, &["export", "session", "--out", "said.json"]);
        run(&dir, &key, &["export", "har", "--out", "said.har"]);
    })
    .await
    .unwrap();
    for name in ["said.text", "said.md", "said.html", "said.json", "said.har"] {
        let path = home.path().join(name);
        let written = std::fs::read_to_string(&path).unwrap();
        assert!(private(&path), "{name} is for nobody else");
        assert!(written.contains("«phone»") && written.contains(" and say "), "{name}: {written}");
        assert!(!written.contains(PHONE) && !written.contains(&secret), "{name}: {written}");
    }

    let before = sandbox.state();
    assert!(before.to_string().contains(PHONE), "the wire had it: {before}");
    let (dir, key) = (home.path().to_owned(), secret.clone());
    let raw = tokio::task::spawn_blocking(move || rehearsed(&dir, &key)).await.unwrap();
    assert!(!raw.contains(PHONE) && !raw.contains(&secret), "{raw}");
    let after = sandbox.state();
    for counted in ["tokens", "conversations"] {
        assert!(before[counted].is_object() || before[counted].is_array(), "{before}");
        assert_eq!(before[counted], after[counted], "a rehearsal asks nobody");
    }
}

/// Shows the exported session to its end, and tries to send; what the terminal was sent.
fn rehearsed(home: &Path, secret: &str) -> String {
    let mut command = guestwire(home);
    command.args(["--config", "config.toml", "--data-dir", "data", "--rehearse", "said.json"]);
    command.env("SHOW_SECRET", secret);
    let mut session = Session::start(command, 80, 24);
    let screen = session.see("nothing is sent");
    assert!(screen.starts_with(" REHEARSAL ") && screen.contains("0 of "), "{screen}");
    session.press("3");
    session.see("This is a rehearsal: nothing can be sent.");
    // Enough for all of it: Space ends the typing, and goes on.
    let end = "End of the rehearsal.";
    for _ in 0..40 {
        session.press(" ");
    }
    let screen = session.see(end);
    assert!(screen.contains("REHEARSAL") && screen.contains("and say"), "{screen}");
    session.press("\x1b");
    assert_eq!(session.end(), 0);
    session.assert_restored();
    String::from_utf8_lossy(&session.raw).into_owned()
}
