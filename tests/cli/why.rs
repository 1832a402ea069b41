//! The built program on its sandbox: why a message was refused, in JSON and in words, and the pages of the causes.

use std::process::{Command, Stdio};

use serde_json::Value;

struct Ran {
    code: i32,
    stdout: String,
    stderr: String,
}

fn run(arguments: &[&str]) -> Ran {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_guestwire"));
    command.args(arguments).env_clear().env("HOME", home.path()).current_dir(home.path()).stdin(Stdio::null());
    let output = command.output().unwrap();
    Ran {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The last line of `send --json`, and the diagnosis before it.
fn send(arguments: &[&str]) -> (i32, Value, Option<Value>) {
    let ran = run(&[&["send", "--json"], arguments].concat());
    let lines: Vec<Value> = ran.stdout.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let last = lines.last().unwrap_or(&Value::Null).clone();
    assert_eq!(last["event"], "outcome", "{}{}", ran.stdout, ran.stderr);
    let diagnosis = lines.into_iter().find(|l| l["event"] == "diagnosis");
    (ran.code, last, diagnosis)
}

#[test]
fn an_accepted_message_has_no_cause() {
    let (code, outcome, diagnosis) = send(&["--sandbox", "--to", "Echo", "hello"]);
    assert_eq!((code, &outcome["outcome"], &outcome["cause"]), (0, &"accepted".into(), &Value::Null));
    assert_eq!(diagnosis, None);
}

#[test]
fn a_stripped_scope_is_the_cause() {
    let (code, outcome, diagnosis) = send(&["--sandbox", "--scenario", "stripped-scope", "--to", "Echo", "hello"]);
    assert_eq!((code, &outcome["cause"]), (1, &"scope-stripped".into()));
    assert_eq!(diagnosis.unwrap()["confidence"], "likely");
}

#[test]
fn what_the_refusal_does_not_tell_is_read_and_then_told() {
    let (code, outcome, diagnosis) = send(&["--sandbox", "--to", "Wrong participant", "hello"]);
    assert_eq!((code, &outcome["cause"]), (1, &"participant-mismatch".into()));
    assert_eq!(diagnosis.unwrap()["confidence"], "sure");
}

#[test]
fn a_message_sent_wrongly_on_purpose_says_so() {
    for (how, cause) in [("no-token", "token-absent"), ("oversize", "text-too-long"), ("wrong-scope", "scope-wrong")] {
        let (code, outcome, _) = send(&["--sandbox", "--to", "Echo", "--as", how, "hello"]);
        assert_eq!((code, &outcome["cause"]), (1, &cause.into()), "{how}");
    }
    let (code, outcome, _) = send(&["--sandbox", "--to", "Echo", "--as", "emoji-bidi", "hello"]);
    assert_eq!((code, &outcome["outcome"]), (0, &"accepted".into()));
    let ran = run(&["send", "--sandbox", "--to", "Echo", "--as", "expired", "hello"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("expired-token"), "{}", ran.stderr);
}

#[test]
fn explain_needs_no_settings_and_names_the_nearest() {
    let page = run(&["explain", "scope-stripped"]);
    assert_eq!(page.code, 0);
    for part in ["Evidence needed", "Fix", "switch the Guest API on", "Looks the same, but is not"] {
        assert!(page.stdout.contains(part), "{}", page.stdout);
    }
    assert!(run(&["explain"]).stdout.lines().count() >= 29);
    let wrong = run(&["explain", "scope-striped"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.stderr.contains("did you mean `scope-stripped`?"), "{}", wrong.stderr);
}
