//! The built program in lines, over a pipe, against the embedded sandbox: what scripts rely on.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

const HOST: &str = "latency_ms = [0, 5]\nreply_ms = [0, 5]\n[[conversations]]\nname = \"Echo\"\nscript = \"echo\"\n\
                    [[conversations]]\nname = \"Stranger\"\naddressed = \"stranger\"\n";

/// Runs the program with `lines` on its standard input; exit code, and the lines that it said.
fn run(scenario: &str, lines: &str, environment: &[(&str, &str)], arguments: &[&str]) -> (i32, Vec<String>) {
    let home = tempfile::tempdir().unwrap();
    let (code, stdout, stderr) = run_in(home.path(), scenario, lines.as_bytes(), environment, arguments);
    assert_eq!(stderr, "");
    (code, stdout.lines().map(str::to_owned).collect())
}

/// The sandbox opens although the environment names an organisation; a person is told how to get there.
#[test]
fn the_way_to_the_organisation_of_the_environment_is_told() {
    let home = tempfile::tempdir().unwrap();
    let (code, stdout, stderr) = run_in(home.path(), HOST, b"", &[("GENESYSCLOUD_REGION", "eu-west-1")], &["--plain"]);
    assert_eq!(code, 0, "{stderr}");
    assert!(
        stdout.starts_with("This is a sandbox; nothing leaves") && stderr.contains("guestwire --profile env"),
        "{stdout}{stderr}"
    );
}

fn run_in(
    home: &Path,
    scenario: &str,
    lines: &[u8],
    environment: &[(&str, &str)],
    arguments: &[&str],
) -> (i32, String, String) {
    std::fs::write(home.join("s.toml"), scenario).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_guestwire"))
        .args(["--scenario", "s.toml", "--sandbox"])
        .args(arguments)
        .env_clear()
        .envs([("HOME", home.as_os_str()), ("TZ", "UTC".as_ref())])
        .envs(environment.iter().copied())
        .current_dir(home)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // A script that is stopped reads no further.
    let _ = stdin.write_all(lines);
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn at(said: &[String], part: &str) -> usize {
    said.iter().position(|line| line.contains(part)).unwrap_or_else(|| panic!("no line has {part:?}: {said:#?}"))
}

#[test]
fn sends_hears_the_reply_and_tells_ids() {
    let (code, said) = run(HOST, "Hello\n.wait 20s\n.ids\n.log\n", &[], &["--plain"]);
    assert_eq!(code, 0, "{said:#?}");
    let accepted = at(&said, "accepted with 200 in");
    assert!(said[accepted].contains(", id ends "), "{}", said[accepted]);
    assert!(at(&said, "Bot says: ") > accepted);
    let id = said.iter().find_map(|line| line.strip_prefix("inin-correlation-id: ")).unwrap();
    assert!(guestwire::model::is_uuid(id), "{id}");
    let end: Vec<String> = id.chars().rev().take(4).map(String::from).collect();
    let end = end.into_iter().rev().collect::<Vec<_>>().join(" ");
    assert!(said[accepted].contains(&format!("ends {end}.")), "the id in full is the one whose end was told");
    assert!(said[at(&said, "send, Echo, answered with 200")].ends_with(": Hello"));
    assert!(said.iter().all(|line| !line.contains('\u{1b}')));
}

#[test]
fn the_last_outcome_is_the_exit_code() {
    let (code, said) = run(HOST, ".open Stranger\nHello\n", &[], &["--plain"]);
    assert_eq!(code, 1, "{said:#?}");
    let refused = &said[at(&said, " refused: 401")];
    assert!(refused.contains(".resend") && refused.contains(".headers"), "{refused}");
    let (code, said) = run(HOST, ".open 2\nHello\n.open 1\nHello again", &[], &["--plain"]);
    assert_eq!(code, 0, "{said:#?}");
    assert!(at(&said, "accepted with 200") > at(&said, " refused: 401"));
}

#[test]
fn a_lost_answer_is_five_and_is_not_sent_again() {
    let scenario = format!("{HOST}script = \"silent\"\n[[faults]]\nfault = \"reset-after\"\n");
    let (code, said) = run(&scenario, "Hello\n", &[], &["--plain"]);
    assert_eq!(code, 5, "{said:#?}");
    assert_eq!(said.iter().filter(|line| line.contains("not known whether it was received")).count(), 1);
}

#[test]
fn without_a_token_nothing_waits_forever() {
    let scenario = format!("{HOST}[[faults]]\nfault = \"client-rejected\"\n");
    let (code, said) = run(&scenario, "Hello\nAgain\n", &[], &["--plain"]);
    assert_eq!(code, 3, "{said:#?}");
    assert_eq!(said.iter().filter(|line| line.contains("not sent, not signed in")).count(), 2, "{said:#?}");
}

#[test]
fn a_slip_stops_a_script_before_the_next_text() {
    let (code, said) = run(HOST, ".opn 2\nmeant for another\n", &[], &["--plain"]);
    assert_eq!(code, 2);
    at(&said, "Did you mean .open?");
    assert!(!said.iter().any(|line| line.contains("accepted")), "{said:#?}");
}

#[test]
fn the_environment_chooses_lines_too() {
    for (environment, plain) in [
        (("GUESTWIRE_PLAIN", "1"), true),
        (("ACCESSIBLE", "1"), true),
        (("TERM", "dumb"), true),
        (("ACCESSIBLE", "0"), false),
    ] {
        let home = tempfile::tempdir().unwrap();
        let (code, stdout, stderr) = run_in(home.path(), HOST, b"", &[environment], &[]);
        assert_eq!(code == 0, plain, "{environment:?}: {stderr}");
        assert_eq!(stdout.contains("Conversation 1, Echo, is open."), plain);
        assert_eq!(stderr.contains("needs a terminal"), !plain, "{stderr}");
    }
}

/// Whoever reads the first lines knows how to go on.
#[test]
fn the_first_lines_say_how_to_get_help() {
    let (code, said) = run(HOST, ".help\n", &[], &["--plain"]);
    assert_eq!(code, 0, "{said:#?}");
    assert!(at(&said, "Type .help to list the commands.") < at(&said, "Conversation 1, Echo, is open."));
    at(&said, ".help: lists the commands.");
}

#[test]
fn texts_of_several_lines_and_hostile_ones_come_through_visible() {
    let lines = ".begin\nfirst\n..end\n.end\n.wait 20s\n\u{1b}[2J\u{7} \u{202e}x\r\n.wait 20s\n.thread\n";
    let (code, said) = run(HOST, lines, &[], &["--plain"]);
    assert_eq!(code, 0, "{said:#?}");
    at(&said, "You went on: .end");
    at(&said, "␛[2J␇ <RLO>x");
    assert!(said.iter().all(|line| !line.chars().any(char::is_control)), "{said:#?}");
}

#[test]
fn a_line_that_is_no_text_is_not_sent() {
    let home = tempfile::tempdir().unwrap();
    let (code, stdout, _) = run_in(home.path(), HOST, b"\xff\xfe\nHello\n", &[], &["--plain"]);
    assert_eq!(code, 2);
    assert!(stdout.contains("Not sent: the line is not UTF-8 text."), "{stdout}");
    assert!(!stdout.contains("accepted"), "{stdout}");
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("s.toml"), HOST).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_guestwire"))
        .args(["--plain", "--sandbox", "--scenario", "s.toml"])
        .env_clear()
        .env("HOME", home.path())
        .current_dir(home.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    // The input stays open: only the lost reader can end it.
    let stdin = child.stdin.take();
    let output = child.wait_with_output().unwrap();
    drop(stdin);
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap().as_str()), (Some(0), ""));
}

#[test]
fn what_was_said_is_kept_and_numbers_go_on() {
    let home = tempfile::tempdir().unwrap();
    let (code, said, _) = run_in(home.path(), HOST, b"Hello\n.wait 20s\n", &[], &["--plain", "--data-dir", "data"]);
    assert_eq!(code, 0, "{said}");
    let (code, said, _) = run_in(home.path(), HOST, b".thread\n.log 1\n", &[], &["--plain", "--data-dir", "data"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("Hello"), "the thread has what was said before:\n{said}");
    assert_eq!(said.matches("Bot says: You said: Hello").count(), 1, "and what was answered:\n{said}");
    // Nothing was sent again.
    assert!(!said.lines().any(|line| line.starts_with("Message ")), "{said}");
    let (code, said, _) =
        run_in(home.path(), HOST, b".thread\n", &[], &["--plain", "--data-dir", "data2", "--ephemeral"]);
    assert_eq!(code, 0, "{said}");
    assert!(!home.path().join("data2").exists(), "--ephemeral writes nothing");
}

/// A pass by lines: listed, played with a fault of the sandbox in it, and reported.
#[test]
fn a_pass_is_played_by_lines() {
    let home = tempfile::tempdir().unwrap();
    let pass = "name = \"Short\"\n[[cases]]\nname = \"First\"\n[[cases.steps]]\nname = \"The bot answers\"\n\
                send = \"hello\"\nexpect = { outcome = \"accepted\", reply = { contains = \"hello\", within = \"20s\" } }\n\
                [[cases.steps]]\nname = \"Refused\"\nfault = { fault = \"feature-off\" }\n\
                send = \"again\"\nexpect = { outcome = \"refused\" }\n\
                [[cases.steps]]\nname = \"Judged\"\njudge = \"The desktop shows it.\"\n";
    std::fs::write(home.path().join("short.toml"), pass).unwrap();
    let lines = b".pass\n.pass open 1\n.pass go\n.pass go\n.pass go\n.pass go\n.pass skip\n.pass reports out\n";
    let (code, said, stderr) = run_in(home.path(), HOST, lines, &[], &["--plain"]);
    assert_eq!((code, stderr.as_str()), (0, ""), "{said}");
    for part in [
        "1, Short, short.toml.",
        "Suggested: passed.",
        "The test run is finished: 2 passed, 0 failed, 0 blocked, 1 skipped.",
        "The reports are in out.",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(home.path().join("out/report.html").exists());
}

/// The console names a key for it; here there are none.
#[test]
fn what_would_decide_is_named_as_a_command() {
    let lines = ".open 1\n.fault scope-stripped\n.renew\nHello there\n.why\n";
    let (_, said) = run(HOST, lines, &[], &["--plain"]);
    assert!(said.iter().any(|line| line.contains("(type .probe ")), "{said:#?}");
    assert!(!said.iter().any(|line| line.contains("(press ")), "{said:#?}");
}

#[test]
fn a_refusal_is_explained_passed_on_marked_and_found() {
    let lines = ".open 1\nHello\n.open Stranger\nHello there\n.why\n.ticket\n.note\n.find is:error\n.rename Mine\n";
    let (code, said) = run(HOST, lines, &[], &["--plain"]);
    assert_eq!(code, 1, "telling asks nothing of the server: {said:?}");
    let refused = &said[at(&said, " refused: ")];
    assert!(refused.contains(" Type .why "), "{refused}");
    for part in [
        "Do this:",
        "Server said:",
        "Ids:",
        "The text about entry",
        "Please:",
        "1 entry matches.",
        ": Conversation 2, Mine.",
    ] {
        assert!(said.iter().any(|line| line.contains(part)), "{part} in {said:#?}");
    }
    // The first entry is there whatever was read meanwhile.
    let lines = ".open Stranger\nHello there\n.mark 1\n.comment 1 asked the administrator\n.compare 1 1\n.log\n";
    let (_, said) = run(HOST, lines, &[], &["--plain"]);
    for part in ["is marked.", "has the comment", "do not differ."] {
        assert!(said.iter().any(|line| line.contains(part)), "{part} in {said:#?}");
    }
}

/// What the console's keys do beside sending has a command each, and the exit code is that of the probes.
#[test]
fn faults_probes_exports_and_the_search_of_what_is_kept_work_by_lines() {
    let home = tempfile::tempdir().unwrap();
    let lines = b"Hello\n.wait 20s\n.export transcript talk.md\n.export pass talk.toml\n.export har talk.har\n\
                  .sendas no-token\nwrong\n.fault feature-off\nagain\n.probe\n.search Hello\n";
    let (code, said, _) = run_in(home.path(), HOST, lines, &[], &["--plain", "--data-dir", "data"]);
    assert_eq!(code, 1, "{said}");
    for part in
        ["Saved to talk.md.", "Fault on: feature off.", "wrongly on purpose: no-token", "Cause scope-stripped, "]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
    let found = said.split_once("\nFound ").unwrap().1;
    assert!(found.contains(", send, Echo, accepted with 200") || found.contains(": Hello"), "{found}");
    let file = |name: &str| std::fs::read_to_string(home.path().join(name)).unwrap();
    assert!(file("talk.md").contains("Hello") && file("talk.har").contains("\"version\": \"1.2\""));
    let (code, said) = (run_in(home.path(), HOST, b".pass open talk.toml\n", &[], &["--plain", "--ephemeral"]).0, said);
    assert_eq!(code, 0, "what was written is a pass file: {said}");
}

#[test]
fn a_missing_scope_is_told_once() {
    let (_, said) = run(&format!("{HOST}[[faults]]\nfault = \"scope-stripped\"\n"), "Hello\n", &[], &["--plain"]);
    let told = |line: &&String| line.starts_with("Warning: ") || line.starts_with("Notice: ");
    assert_eq!(said.iter().filter(told).count(), 1, "{said:#?}");
}

/// A file that is not there is refused at once: no message goes without it.
#[test]
fn a_file_that_is_not_there_is_not_attached() {
    const WEB: &str = "latency_ms = [0, 5]\n[[conversations]]\nname = \"Anna, web\"\nchannel = \"web-messaging\"\n";
    let (code, said) = run(WEB, ".attach /nowhere/bill.pdf\nsee file\n", &[], &["--plain"]);
    assert_eq!(code, 2, "{said:#?}");
    assert!(said.iter().any(|line| line == "Not attached, there is no such file: “/nowhere/bill.pdf”."), "{said:#?}");
    assert!(!said.iter().any(|line| line.contains("accepted")), "{said:#?}");
}

/// `~` is home also when the file is read, which is later than when it is attached.
#[test]
fn a_file_below_home_is_attached_and_sent() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("bill.txt"), "48.20 EUR").unwrap();
    let scenario = "latency_ms = [0, 5]\n[[conversations]]\nname = \"Web\"\nchannel = \"web-messaging\"\n";
    let (code, said, _) = run_in(home.path(), scenario, b".attach ~/bill.txt\nHello\n", &[], &["--plain"]);
    assert_eq!(code, 0, "{said}");
}

#[cfg(unix)]
#[test]
fn a_signal_ends_it_with_the_exit_code_of_that_signal() {
    use std::io::BufRead as _;

    use rustix::process::{Pid, Signal, kill_process};

    for signal in [Signal::TERM, Signal::HUP] {
        let home = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_guestwire"));
        command.args(["--plain", "--sandbox"]).env_clear().env("HOME", home.path()).current_dir(home.path());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut first = String::new();
        // Held until the end: without a reader of its lines the program ends by itself.
        let mut lines = std::io::BufReader::new(child.stdout.take().unwrap());
        lines.read_line(&mut first).unwrap();
        kill_process(Pid::from_child(&child), signal).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(128 + signal.as_raw()), "{signal:?}");
    }
}
