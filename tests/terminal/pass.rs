//! A pass by keys in the real program: killed in the middle of a step, started again, gone on with at that very step, and
//! reported in four forms, without the secret and the phone number that a person put into it.

use std::path::Path;

use crate::support::pty::{Session, guestwire as program};
use guestwire::sandbox::{self, Sandbox, Scenario};
use rustix::process::Signal;
use serde_json::Value;

const SCENARIO: &str = r#"
seed = 7
latency_ms = [0, 0]
reply_ms = [0, 0]
[[conversations]]
name = "quiet"
script = "silent"
"#;

const PASS: &str = r#"
name = "Night round"
[[cases]]
name = "First"
[[cases.steps]]
id = "hello"
name = "It is accepted"
send = "hello {{seq}}"
expect = { outcome = "accepted", tries = 1 }
[[cases.steps]]
id = "wait"
name = "Nobody answers for long"
send = "call me at +49 151 2345678"
expect = { reply = { contains = "never", within = "5m" } }
[[cases]]
name = "Second"
[[cases.steps]]
id = "look"
name = "The desktop"
judge = "The desktop shows it once."
"#;

const PHONE: &str = "2345678";

fn prepare(home: &Path, sandbox: &Sandbox) -> String {
    let said = sandbox.announcement();
    let url = sandbox.url();
    let conversation = &said["conversations"][0];
    let text = format!(
        "profile = \"night\"\n[redact]\nphones = true\n[profiles.night]\nregion = \"mypurecloud.de\"\n\
         hosts = {{ login = \"{url}\", api = \"{url}\" }}\n[profiles.night.oauth]\nclient_id = {}\n\
         client_secret = {{ env = \"NIGHT_SECRET\" }}\nscopes = [\"guest:messages:send\", \"conversations\"]\n\
         [[profiles.night.conversations]]\nname = \"quiet\"\nchannel = \"guest-api\"\nconversation_id = {}\n\
         participant_id = {}\n",
        said["client_id"], conversation["id"], conversation["participant_id"]
    );
    std::fs::write(home.join("config.toml"), text).unwrap();
    std::fs::write(home.join("night.toml"), PASS).unwrap();
    said["client_secret"].as_str().unwrap().to_owned()
}

fn start(home: &Path, secret: &str, columns: u16, rows: u16) -> Session {
    let mut command = program(home);
    command.env("NIGHT_SECRET", secret);
    command.args(["--config", "config.toml"]);
    Session::start(command, columns, rows)
}

fn received(sandbox: &Sandbox) -> Vec<String> {
    fn texts(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("text").and_then(Value::as_str).map(str::to_owned));
                fields.values().for_each(|v| texts(v, found));
            }
            Value::Array(items) => items.iter().for_each(|v| texts(v, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    texts(&sandbox.state(), &mut found);
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pass_by_keys_survives_being_killed_and_ends_with_four_reports() {
    let home = tempfile::tempdir().unwrap();
    let scenario = Scenario::parse(SCENARIO, Path::new("pass.toml")).expect("the scenario is read");
    let sandbox = sandbox::start(0, scenario, guestwire::clock::Clock::start()).expect("a sandbox");
    let secret = prepare(home.path(), &sandbox);
    let dir = home.path().to_owned();
    let (secret_there, dir_there) = (secret.clone(), dir.clone());
    let screens = tokio::task::spawn_blocking(move || by_keys(&dir_there, &secret_there)).await.unwrap();

    let received = received(&sandbox);
    let count = |text: &str| received.iter().filter(|t| t.as_str() == text).count();
    assert_eq!((count("hello 1"), count("call me at +49 151 2345678")), (1, 1), "{received:?}");

    let mut reports = Vec::new();
    files(&dir.join("guestwire/reports"), &mut reports);
    assert_eq!(reports.len(), 4, "{:?}", reports.iter().map(|(name, _)| name).collect::<Vec<_>>());
    for (name, text) in &reports {
        for id in ["first/hello", "first/wait", "second/look"] {
            assert!(text.contains(id), "{name} has no {id}");
        }
        assert!(text.contains("seen at the desk"), "{name} has no note");
        assert!(!text.contains(PHONE), "{name} has the phone number");
    }
    let mut all = Vec::new();
    files(&dir, &mut all);
    let all = all.iter().map(|(n, t)| (n.as_str(), t.as_str()));
    for (name, text) in all.chain([("the screen", screens.as_str())]) {
        assert!(!text.contains(&secret), "{name} has the secret");
    }
    assert!(!screens.contains(PHONE), "the screen had the phone number");
}

/// Everything that the terminal was sent before the secret was typed: what one types one sees.
fn by_keys(home: &Path, secret: &str) -> String {
    let mut session = start(home, secret, 120, 36);
    session.see("token ok");
    session.press("\x1bT");
    session.see("Night round  night.toml");
    session.press("\r");
    session.see("4 Test run  Night round  LIVE");
    session.see("Enter runs the step.");
    session.press("\r");
    session.see("suggested: pass");
    session.press("\r");
    session.see("next         Nobody answers");
    session.press("\r");
    session.until("it is accepted and waits", |screen| {
        screen.contains("ok       accepted") && screen.contains("waiting 2")
    });
    session.signal(Signal::KILL);
    session.end();
    let mut seen = String::from_utf8_lossy(&session.raw).into_owned();

    let mut session = start(home, secret, 80, 24);
    session.see("“Night round” stopped at step 2 of 3");
    session.press("\x1bT");
    session.see("continue Night round: step 2 of 3");
    session.press("\r");
    session.see("PAUSED");
    let screen = session.see("The step did not finish");
    assert!(screen.contains("passed       It is accepted"), "{screen}");
    session.press("\r");
    session.see("Run this step again?");
    session.press("\x1b");
    session.until("the question is gone", |screen| !screen.contains("Run this step again?"));
    session.press("b");
    session.see("why it is blocked (optional)");
    session.press("\r");
    session.see("blocked      Nobody answers");
    session.press("\r");
    session.see("Only you can decide");
    seen.push_str(&String::from_utf8_lossy(&session.raw));
    session.press(";");
    session.see("note on this step:");
    session.press(&format!("seen at the desk, {secret}, +49 151 2345678\r"));
    session.see("note seen at the desk");
    session.press("p");
    session.see("The test run is finished");
    session.press("E");
    session.see("reports into:");
    session.press("\r");
    session.see("The reports are in");
    session.press("q");
    session.see("2 Log");
    session.press("q");
    assert_eq!(session.end(), 0);
    session.assert_restored();
    seen
}

fn files(dir: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(dir).expect("the directory").flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else {
            let bytes = std::fs::read(&path).unwrap_or_default();
            found.push((path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
}
