//! `guestwire run` as scripts and CI use it: the shipped passes against the sandbox over real HTTP, lines, exit codes, and
//! expectations that are not met.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

/// The usual organisation without its pauses.
fn quick(home: &Path) {
    let usual = include_str!("../../assets/scenarios/default.toml");
    let quick: String = usual
        .lines()
        .map(|line| match line.split(' ').next() {
            Some("latency_ms") => "latency_ms = [0, 0]\n".to_owned(),
            Some("reply_ms") => "reply_ms = [0, 0]\n".to_owned(),
            _ => format!("{line}\n"),
        })
        .collect();
    assert_ne!(usual, quick);
    std::fs::write(home.join("quick.toml"), quick).unwrap();
}

fn run(home: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_guestwire"));
    command.args(arguments).env_clear().env("HOME", home).env("SECRET", "hush-hush-secret");
    let output = command.current_dir(home).stdin(Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn play(home: &Path, arguments: &[&str]) -> (i32, String, String) {
    let sandbox = ["--sandbox", "--scenario", "quick.toml", "run"];
    run(home, &[&sandbox[..], arguments].concat())
}

fn lines(stdout: &str) -> Vec<Value> {
    stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn verdicts(lines: &[Value]) -> Vec<(String, String)> {
    let steps = lines.iter().filter(|l| l["event"] == "step");
    steps.map(|l| (l["id"].as_str().unwrap().to_owned(), l["verdict"].as_str().unwrap().to_owned())).collect()
}

#[test]
fn the_shipped_passes_pass() {
    for (name, steps, skipped) in [("smoke", 6, 1), ("refusals", 9, 0), ("renewal", 7, 0)] {
        let home = tempfile::tempdir().unwrap();
        quick(home.path());
        let (code, stdout, stderr) = play(home.path(), &[name, "--json"]);
        let lines = lines(&stdout);
        let verdicts = verdicts(&lines);
        assert_eq!(code, 0, "{name}: {stdout}\n{stderr}");
        assert_eq!(verdicts.len(), steps);
        assert_eq!(verdicts.iter().filter(|(_, v)| v == "skipped").count(), skipped, "{verdicts:?}");
        assert_eq!(verdicts.iter().filter(|(_, v)| v == "passed").count(), steps - skipped, "{verdicts:?}");
        assert_eq!(lines[0]["event"], "begin");
        let last = lines.last().unwrap();
        assert_eq!((&last["event"], &last["verdict"], &last["v"]), (&"end".into(), &"passed".into(), &1.into()));
        assert!(lines.iter().all(|l| l["at"].is_string()));
    }
}

#[test]
fn people_read_progress_on_stderr_and_the_sum_on_stdout() {
    let home = tempfile::tempdir().unwrap();
    quick(home.path());
    let (code, stdout, stderr) = play(home.path(), &["smoke", "--only", "heard", "--only", "desktop"]);
    assert_eq!(code, 0);
    assert!(stdout.starts_with("Smoke: 2 passed, 0 failed, 1 skipped in "), "{stdout}");
    assert!(stderr.contains("passed   heard/a-message-is-accepted  A message is accepted"), "{stderr}");
    assert!(stderr.contains("a person must judge: The agent desktop"), "{stderr}");
    assert!(!stderr.contains('\u{1b}') && !stderr.contains('\r'), "a pipe is no terminal: {stderr:?}");
}

const WRONG: &str = r#"
name = "Wrong"
[[cases]]
name = "Each expectation can fail"
id = "each"
[[cases.steps]]
id = "outcome"
send = "a"
expect = { outcome = "refused" }
[[cases]]
name = "Status"
id = "status"
[[cases.steps]]
id = "all"
send = { text = "b", as = "no-token" }
expect = { outcome = "unknown", cause = "scope-stripped", status = 403, tries = 2, renewals = 1, headers = { x-nowhere = true, content-type = "text/plain" }, body = { "/code" = "forbidden", "/none" = 1 } }
capture = { lost = { body = "/nothing" } }
[[cases.steps]]
id = "after"
send = "never"
[[cases]]
name = "Reply"
id = "reply"
conversation = "Echo"
[[cases.steps]]
id = "other"
send = "c"
expect = { reply = { contains = "something else", within = "700ms" } }
[[cases]]
name = "Silence"
id = "silence"
conversation = "Echo"
[[cases.steps]]
id = "broken"
send = "d"
expect = { silence = "5s" }
[[cases]]
name = "Choice"
id = "choice"
conversation = "Echo"
[[cases.steps]]
id = "none"
send = { choice = "Yes" }
"#;

#[test]
fn what_is_not_met_is_told_and_ends_with_1() {
    let home = tempfile::tempdir().unwrap();
    quick(home.path());
    std::fs::write(home.path().join("wrong.toml"), WRONG).unwrap();
    let (code, stdout, stderr) = play(home.path(), &["wrong.toml", "--json"]);
    assert_eq!(code, 1, "{stderr}");
    let lines = lines(&stdout);
    let found = verdicts(&lines);
    let found: Vec<(&str, &str)> = found.iter().map(|(id, v)| (id.as_str(), v.as_str())).collect();
    let expected = [
        ("each/outcome", "failed"),
        ("status/all", "failed"),
        ("status/after", "blocked"),
        ("reply/other", "failed"),
        ("silence/broken", "failed"),
        ("choice/none", "blocked"),
    ];
    assert_eq!(found, expected, "{stdout}");
    let step = |id: &str| lines.iter().find(|l| l["id"] == id).unwrap();
    let details: Vec<&str> = step("status/all")["expectations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| {
            assert_eq!(e["met"], "wrong", "{e}");
            e["detail"].as_str().unwrap()
        })
        .collect();
    assert!(details[0].starts_with("it was refused"), "{details:?}");
    assert!(details[1].starts_with("it is token-absent"), "{details:?}");
    assert_eq!(details[2], "it is 401");
    assert_eq!(details[3], "it is not there");
    assert!(details[5].contains("unauthorized"), "{details:?}");
    assert_eq!(&details[6..], ["it is not there", "there was 1", "there were 0", "it is not in the answer"]);
    assert!(step("status/all")["request_id"].is_string() && step("status/all")["status"] == 401);
    let reply = step("reply/other")["expectations"][1]["detail"].as_str().unwrap();
    assert_eq!(reply, "no reply fits; bot said “You said: c”");
    assert!(step("choice/none")["why"].as_str().unwrap().contains("no choice was offered"));

    let (code, stdout, _) = play(home.path(), &["wrong.toml", "--json", "--fail-fast"]);
    let found = verdicts(&self::lines(&stdout));
    assert_eq!((code, found.iter().filter(|(_, v)| v == "skipped").count()), (1, 5), "{found:?}");
}

#[test]
fn rounds_and_lanes() {
    const PASS: &str = r#"
name = "Lanes"
[[cases]]
name = "One"
conversation = "Echo"
[[cases.steps]]
id = "s"
send = "one {{seq}}"
expect = { reply = "You said: one" }
[[cases]]
name = "Two"
conversation = "Billing bot"
[[cases.steps]]
id = "s"
send = "two {{seq}}"
[[cases]]
name = "Apart"
[[cases.steps]]
id = "s"
fault = { fault = "token-expired" }
send = "three"
expect = { tries = 2 }
"#;
    let home = tempfile::tempdir().unwrap();
    quick(home.path());
    std::fs::write(home.path().join("lanes.toml"), PASS).unwrap();
    let (code, stdout, _) = play(home.path(), &["lanes.toml", "--json", "--repeat", "2", "--parallel"]);
    let mut ids: Vec<String> = verdicts(&lines(&stdout))
        .into_iter()
        .map(|(id, verdict)| {
            assert_eq!(verdict, "passed", "{stdout}");
            id
        })
        .collect();
    assert_eq!(code, 0);
    assert_eq!(ids.len(), 6);
    assert_eq!(ids.split_off(4), ["apart/s", "apart/s#2"], "what disturbs others comes last");
    ids.sort();
    assert_eq!(ids, ["one/s", "one/s#2", "two/s", "two/s#2"]);
}

#[test]
fn wrong_use_ends_with_2_and_says_where() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("bad.toml"), "name = \"p\"\n[[cases]]\nname = \"c\"\nsteps = [{ sned = \"x\" }]\n")
        .unwrap();
    std::fs::write(
        home.path().join("stranger.toml"),
        "name = \"p\"\nconversation = \"Biling bot\"\n[[cases]]\nname = \"c\"\nsteps = [{ send = \"x\" }]\n",
    )
    .unwrap();
    let cases: [(&[&str], &str); 8] = [
        (&["run", "bad.toml"], "bad.toml:4:12: unknown field `sned`"),
        (
            &["run", "stranger.toml"],
            "stranger.toml:2:16: the profile has no conversation “Biling bot”; did you mean “Billing bot”?",
        ),
        (
            &["run", "nowhere.toml"],
            "no built-in pass has that name; known here: `smoke`, `refusals`, `renewal`, `demo`",
        ),
        (&["run", "smokee"], "no built-in pass has that name; did you mean `smoke`?"),
        (&["run", "smoke", "--scenario", "stormyy"], "no built-in scenario has that name; did you mean `stormy`?"),
        (&["run", "smoke", "--only", "herd"], "--only: the pass has no case `herd`; did you mean `heard`?"),
        (&["run", "smoke", "--to", "Nobody"], "has no conversation \"Nobody\""),
        (&["run"], "PASS"),
    ];
    for (arguments, sentence) in cases {
        let (code, stdout, stderr) = run(home.path(), &[&["--sandbox"][..], arguments].concat());
        assert_eq!(code, 2, "{arguments:?}: {stderr}");
        assert!(stdout.is_empty() && stderr.contains(sentence), "{arguments:?}: {stderr}");
    }
    let (code, stdout, _) = run(home.path(), &["run", "--schema"]);
    assert_eq!(code, 0);
    assert_eq!(stdout, guestwire::pass::builtin::SCHEMA);
}

#[test]
fn without_a_token_it_ends_with_3_and_faults_are_skipped_outside_the_sandbox() {
    let home = tempfile::tempdir().unwrap();
    let mut sandbox = Command::new(env!("CARGO_BIN_EXE_guestwire"));
    sandbox.args(["sandbox"]).env_clear().env("HOME", home.path()).current_dir(home.path());
    let mut sandbox = sandbox.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(sandbox.stdout.take().unwrap()), &mut first).unwrap();
    let told: Value = serde_json::from_str(&first).unwrap();
    let config = |secret: &str| {
        format!(
            "profile = \"far\"\n[profiles.far]\nregion = \"mypurecloud.de\"\nhosts = {{ login = {url}, api = {url} }}\n\
             oauth = {{ client_id = {id}, client_secret = {{ env = \"SECRET\" }}, scopes = [\"guest:messages:send\"] }}\n\
             conversations = [{{ name = \"Far\", channel = \"guest-api\", conversation_id = {conversation} }}]\n# {secret}\n",
            url = told["url"],
            id = told["client_id"],
            conversation = told["conversations"][1]["id"],
        )
    };
    std::fs::write(home.path().join("c.toml"), config("")).unwrap();
    let far = |secret: &str, arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_guestwire"));
        command.args(["--config", "c.toml", "run"]).args(arguments);
        command.env_clear().env("HOME", home.path()).env("SECRET", secret).current_dir(home.path());
        let output = command.stdin(Stdio::null()).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, stdout) = far(told["client_secret"].as_str().unwrap(), &["renewal", "--json"]);
    let found = verdicts(&lines(&stdout));
    let skipped: Vec<&str> = found.iter().filter(|(_, v)| v == "skipped").map(|(id, _)| id.as_str()).collect();
    assert_eq!(skipped, ["expired/the-message-after-it", "revoked/the-message-after-it", "time/two-hours-later"]);
    assert_eq!(code, 0, "{stdout}");
    let (code, stdout) = far("a wrong secret", &["smoke", "--json"]);
    assert_eq!(code, 3, "{stdout}");
    let first = lines(&stdout).into_iter().find(|l| l["event"] == "step").unwrap();
    assert!(first["why"].as_str().unwrap().starts_with("not signed in"), "{first}");
    sandbox.kill().unwrap();
    sandbox.wait().unwrap();
    // Nobody listens there any more: the network failed, as `send` says, too.
    let (code, stdout) = far("any secret", &["smoke", "--json"]);
    assert_eq!(code, 4, "{stdout}");
}

#[test]
fn reports_have_the_same_ids_and_neither_secret_nor_phone_number() {
    const PASS: &str = r#"
name = "Reported"
[[cases]]
name = "One"
conversation = "Echo"
[[cases.steps]]
id = "said"
send = "call +49 151 2345678 or send Bearer abcdefghijklm0123456789"
expect = { reply = "You said: call" }
[[cases.steps]]
id = "wrong"
send = { text = "token=abcdefghijklm0123456789", as = "no-token" }
[[cases.steps]]
id = "eye"
judge = "It looks right."
"#;
    let home = tempfile::tempdir().unwrap();
    quick(home.path());
    std::fs::write(home.path().join("r.toml"), PASS).unwrap();
    std::fs::write(home.path().join("c.toml"), "[redact]\nphones = true\n").unwrap();
    let forms = ["junit=r.xml", "ctrf=r.json", "md=r.md", "html=r.html"];
    let mut arguments =
        vec!["--config", "c.toml", "--log-file", "own.log", "--sandbox", "--scenario", "quick.toml", "run", "r.toml"];
    for form in forms {
        arguments.extend(["--report", form]);
    }
    let (code, stdout, stderr) = run(home.path(), &arguments);
    assert_eq!(code, 1, "{stderr}");
    let (code, _, stderr) = run(home.path(), &arguments);
    assert!(code == 2 && stderr.contains("the report r.xml exists; name a new file, or add --force"), "{stderr}");
    arguments.extend(["--force", "--json"]);
    let (_, lines, more) = run(home.path(), &arguments);
    let read = |name: &str| std::fs::read_to_string(home.path().join(name)).unwrap();
    for name in ["r.xml", "r.json", "r.md", "r.html"] {
        let text = read(name);
        for id in ["one/said", "one/wrong", "one/eye"] {
            assert!(text.contains(id), "{name} has no {id}");
        }
    }
    let artefacts = ["r.xml", "r.json", "r.md", "r.html", "own.log"].map(|name| (name, read(name)));
    let said = [("stdout", stdout), ("stderr", stderr), ("the lines", lines), ("stderr", more)];
    for (name, text) in artefacts.iter().chain(&said) {
        for secret in ["2345678", "abcdefghijklm"] {
            assert!(!text.contains(secret), "{name} has {secret}: {text}");
        }
    }
    let (code, _, stderr) = play(home.path(), &["smoke", "--report", "junti=x.xml"]);
    assert!(code == 2 && stderr.contains("did you mean `junit`?"), "{stderr}");
    let (code, stdout, stderr) = play(home.path(), &["smoke", "--only", "heard", "--report", "md=no/such/dir.md"]);
    assert!(code == 2 && stderr.contains("no/such/dir.md cannot be written"), "{stderr}");
    assert_eq!(stdout, "", "said before the pass is played");
    let twice = ["smoke", "--only", "heard", "--report", "md=one", "--report", "junit=one"];
    let (code, stdout, stderr) = play(home.path(), &twice);
    assert!(code == 2 && stdout.is_empty() && stderr.contains("two reports go to one; give each"), "{stderr}");
}

/// What was played counts, and the other reports are written.
#[cfg(target_os = "linux")]
#[test]
fn a_report_that_cannot_be_written_is_no_failed_expectation() {
    let home = tempfile::tempdir().unwrap();
    quick(home.path());
    for (case, expected) in [("heard", 6), ("scope", 1)] {
        let pass = if case == "heard" { "smoke" } else { "wrong.toml" };
        std::fs::write(
            home.path().join("wrong.toml"),
            "name = \"w\"\n[[cases]]\nname = \"scope\"\nsteps = [{ send = \"x\", expect = { outcome = \"refused\" } }]\n",
        )
        .unwrap();
        let other = format!("junit={case}.xml");
        let arguments = [pass, "--only", case, "--report", "md=/dev/full", "--report", &other];
        let (code, _, stderr) = play(home.path(), &arguments);
        assert!(code == expected && stderr.contains("the report /dev/full cannot be written"), "{code} {stderr}");
        assert!(home.path().join(format!("{case}.xml")).exists());
    }
}

/// No report of it is green.
#[cfg(unix)]
#[test]
fn an_interrupted_run_is_blocked_where_it_was() {
    use std::io::{BufRead as _, BufReader};

    let home = tempfile::tempdir().unwrap();
    quick(home.path());
    std::fs::write(
        home.path().join("long.toml"),
        "name = \"l\"\n[[cases]]\nname = \"c\"\nconversation = \"Echo\"\nsteps = [{ send = \"x\", expect = { reply = { contains = \"never\", within = \"60s\" } } }, { send = \"y\" }]\n",
    )
    .unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_guestwire"));
    command.args(["--sandbox", "--scenario", "quick.toml", "run", "long.toml", "--json", "--report", "junit=l.xml"]);
    command.env_clear().env("HOME", home.path()).current_dir(home.path());
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(out.next().unwrap().unwrap().contains("\"begin\""));
    let id = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
    let rest: Vec<Value> = out.map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert_eq!(rest[0]["why"], "the run was interrupted", "{rest:?}");
    assert_eq!((&rest[1]["blocked"], &rest[1]["not_run"]), (&1.into(), &1.into()), "{rest:?}");
    let report = std::fs::read_to_string(home.path().join("l.xml")).unwrap();
    assert!(report.contains("failures=\"0\" errors=\"1\" skipped=\"1\""), "{report}");
}

#[test]
fn the_published_channels_are_played_too_with_choices_and_attributes() {
    const PASS: &str = r#"
name = "Live"
[[cases]]
name = "Web"
conversation = "Anna, web"
[[cases.steps]]
id = "hello"
send = "Hello there"
expect = { outcome = "accepted", reply = { contains = "help", choices = ["Open invoices"] } }
[[cases.steps]]
id = "choice"
send = { choice = "Open invoices" }
expect = { outcome = "accepted", reply = { contains = "invoice", from = "bot" } }
[[cases]]
name = "Open"
conversation = "Anna, open"
[[cases.steps]]
id = "hello"
send = { text = "Hello", attributes = { tier = "gold" } }
expect = { outcome = "accepted", reply = { choices = ["Pay an invoice"] } }
[[cases.steps]]
id = "choice"
send = { choice = "Pay an invoice" }
expect = { outcome = "accepted", reply = { from = "bot" } }
"#;
    let home = tempfile::tempdir().unwrap();
    quick(home.path());
    std::fs::write(home.path().join("live.toml"), PASS).unwrap();
    let (code, stdout, stderr) = play(home.path(), &["live.toml", "--json", "--parallel"]);
    let found = verdicts(&lines(&stdout));
    assert_eq!(code, 0, "{stdout}\n{stderr}");
    assert_eq!(found.len(), 4);
    assert!(found.iter().all(|(_, v)| v == "passed"), "{found:?}");
}

#[test]
fn a_web_step_that_only_listens_hears_a_silence() {
    const PASS: &str = r#"
name = "Live"
[[cases]]
name = "Web"
conversation = "Anna, web"
[[cases.steps]]
expect = { silence = "300ms" }
"#;
    let home = tempfile::tempdir().unwrap();
    quick(home.path());
    std::fs::write(home.path().join("live.toml"), PASS).unwrap();
    let (code, stdout, stderr) = play(home.path(), &["live.toml", "--json"]);
    assert_eq!(code, 0, "{stdout}\n{stderr}");
    assert_eq!(verdicts(&lines(&stdout)).len(), 1);
}
