//! `guestwire send` of the built program against a sandbox that outlives it: web conversations that are refused, and choices
//! by number.

use std::path::Path;

use guestwire::sandbox::{Sandbox, Scenario, start};
use serde_json::Value;
use tokio::process::Command;

const HOST: &str = "[[conversations]]\nname = \"Billing\"\nscript = \"billing\"\n\
                    [[conversations]]\nname = \"Web\"\nscript = \"billing\"\nchannel = \"web-messaging\"\n";

struct Place {
    sandbox: Sandbox,
    home: tempfile::TempDir,
}

impl Place {
    /// A sandbox, and a config file with conversations of it, some of them wrong.
    fn new() -> Self {
        let scenario = Scenario::parse(HOST, Path::new("host.toml")).unwrap();
        let sandbox = start(0, scenario, guestwire::clock::Clock::start()).unwrap();
        let home = tempfile::tempdir().unwrap();
        let told = sandbox.announcement();
        let text = |name: &str| told[name].as_str().unwrap().to_owned();
        let (url, deployment, origin) = (sandbox.url(), text("deployment_id"), text("origin"));
        let mut config = format!(
            "[profiles.a]\nregion = \"sandbox\"\n[profiles.a.hosts]\nlogin = \"{url}\"\napi = \"{url}\"\n\
             webmessaging = \"ws://{}\"\n[profiles.a.oauth]\nclient_id = \"{}\"\n\
             client_secret = {{ env = \"SECRET\" }}\nscopes = [\"guest:messages:send\", \"conversations\"]\n\
             [[profiles.a.conversations]]\nname = \"Billing\"\nchannel = \"guest-api\"\nconversation_id = {}\n",
            sandbox.addr(),
            text("client_id"),
            told["conversations"][0]["id"]
        );
        let unknown = "6c1c7a3e-2f6d-4f38-9f5e-0c7a9d5b1e11";
        for (name, deployment, origin, more) in [
            ("Web", deployment.as_str(), origin.as_str(), ""),
            ("Other origin", &deployment, "https://elsewhere.example", ""),
            ("Other deployment", unknown, &origin, ""),
            ("No guest token", &deployment, &origin, "guest_token = { file = \"none\" }\n"),
        ] {
            config.push_str(&format!(
                "[[profiles.a.conversations]]\nname = \"{name}\"\nchannel = \"web-messaging\"\n\
                 deployment_id = \"{deployment}\"\norigin = \"{origin}\"\n{more}"
            ));
        }
        std::fs::write(home.path().join("c.toml"), config).unwrap();
        Self { sandbox, home }
    }

    /// Exit code, the lines of `--json`, and what stands on standard error.
    async fn send(&self, arguments: &[&str]) -> (i32, Vec<Value>, String) {
        let secret = self.sandbox.announcement()["client_secret"].as_str().unwrap().to_owned();
        let mut command = Command::new(env!("CARGO_BIN_EXE_guestwire"));
        command.args(["--config", "c.toml", "send", "--json"]).args(arguments).env_clear();
        command.env("HOME", self.home.path()).env("SECRET", secret).current_dir(self.home.path());
        let output = command.stdin(std::process::Stdio::null()).output().await.unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        let lines = stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        (output.status.code().unwrap(), lines, String::from_utf8(output.stderr).unwrap())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_that_is_refused_is_a_refusal() {
    let place = Place::new();
    let (code, _, stderr) = place.send(&["--to", "Web", "hello"]).await;
    assert_eq!(code, 0, "{stderr}");
    for (name, code, why) in [
        ("Other origin", 1, "refused with 403"),
        ("Other deployment", 1, "refused with 403"),
        ("No guest token", 3, "none"),
    ] {
        let (came, lines, stderr) = place.send(&["--to", name, "hello"]).await;
        let last = lines.last().unwrap();
        assert_eq!((came, &last["outcome"]), (code, &"refused".into()), "{name}: {last} {stderr}");
        assert!(last["message"].as_str().unwrap().contains(why), "{name}: {last}");
    }
    assert_eq!(place.sandbox.state()["received"], 1);
}

/// The number is that of what was offered last: as it was kept, or else as it is read.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_choice_is_taken_by_its_number() {
    let tried = ["Billing", "Web"].map(|name| async move {
        let place = Place::new();
        let (code, lines, stderr) = place.send(&["--to", name, "--reply-within", "30s", "menu"]).await;
        assert_eq!(code, 0, "{stderr}");
        let reply = lines.iter().find(|line| line["event"] == "reply").unwrap();
        let second = &reply["choices"][1]["label"];
        // Who kept nothing reads; who kept something means what was shown there, whatever was said elsewhere since.
        for more in [&["--ephemeral"][..], &[]] {
            if name == "Web" && !more.is_empty() {
                // A guest of which nothing is kept is another one.
                continue;
            }
            let words = [&["--to", name, "--reply-within", "30s", "--choice", "2"], more].concat();
            let (code, lines, stderr) = place.send(&words).await;
            assert_eq!(code, 0, "{name} {more:?}: {stderr}");
            let choice = lines.iter().find(|line| line["event"] == "choice").unwrap();
            assert_eq!((&choice["label"], &choice["answers"]), (second, &reply["id"]), "{name} {more:?}");
        }
        let (code, lines, _) = place.send(&["--to", name, "--answers", "nobody", "--choice", "1"]).await;
        assert_eq!((code, &lines.last().unwrap()["outcome"]), (1, &"refused".into()), "{name}");
    });
    futures_util::future::join_all(tried).await;
}

/// A body that cannot be read tells no id: the message that is read back afterwards is the same one all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_was_answered_without_an_id_stands_once_in_the_transcript() {
    let place = Place::new();
    place.sandbox.set_fault(r#"{"fault":"malformed-body"}"#).unwrap();
    let (code, lines, errors) = place.send(&["--to", "Billing", "--reply-within", "10s", "what is open"]).await;
    assert_eq!((code, lines.last().unwrap()["outcome"].as_str()), (0, Some("accepted")), "{lines:?} {errors}");
    let secret = place.sandbox.announcement()["client_secret"].as_str().unwrap().to_owned();
    let mut command = Command::new(env!("CARGO_BIN_EXE_guestwire"));
    command.args(["--config", "c.toml", "export", "transcript", "--format", "text", "--out", "said.txt"]).env_clear();
    command.env("HOME", place.home.path()).env("SECRET", secret).current_dir(place.home.path());
    let output = command.stdin(std::process::Stdio::null()).output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = std::fs::read_to_string(place.home.path().join("said.txt")).unwrap();
    assert_eq!(said.matches("what is open").count(), 1, "{said}");
    assert!(said.contains(" bot: "), "{said}");
}
