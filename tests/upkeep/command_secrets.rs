//! No secret that the other side says reaches anything that `send` and `run` print, write or keep: through requests, reads
//! and live frames, in all three channels, with the program's own log at its loudest.

use std::path::Path;

use guestwire::sandbox::{Sandbox, Scenario, start};

use super::secrets::{JWT, TOLD_NUMBER, client, files, token_of};

const SECRET: &str = "a-secret-that-a-bot-knows-5150";

/// In each channel somebody who says it all, before and as the answer to every message.
fn scenario(told: &str) -> Scenario {
    let mut text = format!("[client]\nsecret = \"{SECRET}\"\n");
    for (name, channel) in [("Guest", "guest-api"), ("Open", "open-messaging"), ("Web", "web-messaging")] {
        text.push_str(&format!(
            "[[conversations]]\nname = \"{name}\"\nchannel = \"{channel}\"\nscript = \"repeat\"\n\
             history = [{{ by = \"bot\", text = \"{name} tells: {told}\" }}]\n"
        ));
    }
    Scenario::parse(&text, Path::new("canary.toml")).unwrap()
}

fn sandbox(told: &str) -> Sandbox {
    start(0, scenario(told), guestwire::clock::Clock::start()).unwrap()
}

fn config(sandbox: &Sandbox) -> String {
    let told = sandbox.announcement();
    let (url, addr) = (sandbox.url(), sandbox.addr());
    let (open, web) = (&told["open_messaging"][0], &told["web_messaging"][0]);
    format!(
        "[redact]\nphones = true\n[profiles.a]\nregion = \"sandbox\"\n[profiles.a.hosts]\nlogin = \"{url}\"\n\
         api = \"{url}\"\nwebmessaging = \"ws://{addr}\"\n[profiles.a.oauth]\nclient_id = {}\n\
         client_secret = {{ env = \"SECRET\" }}\nscopes = [\"guest:messages:send\", \"conversations\"]\n\
         [[profiles.a.conversations]]\nname = \"Guest\"\nchannel = \"guest-api\"\nconversation_id = {}\n\
         [[profiles.a.conversations]]\nname = \"Open\"\nchannel = \"open-messaging\"\nintegration_id = {}\n\
         guest = {{ id = {}, id_type = \"Opaque\" }}\n\
         [[profiles.a.conversations]]\nname = \"Web\"\nchannel = \"web-messaging\"\ndeployment_id = {}\n\
         origin = {}\nguest_token = {{ env = \"GUEST\" }}\n",
        told["client_id"],
        told["conversations"][0]["id"],
        open["integration_id"],
        open["guest"]["id"],
        web["deployment_id"],
        web["origin"],
    )
}

/// A pass that speaks in each channel and waits for the answer.
const PASS: &str = "name = \"Canary\"\n\
    [[cases]]\nname = \"Guest\"\nconversation = \"Guest\"\nsteps = [{ send = \"hi\", expect = { outcome = \"accepted\", reply = { contains = \"tells\", within = \"20s\" } } }]\n\
    [[cases]]\nname = \"Open\"\nconversation = \"Open\"\nsteps = [{ send = \"hi\", expect = { outcome = \"accepted\", reply = { contains = \"tells\", within = \"20s\" } } }]\n\
    [[cases]]\nname = \"Web\"\nconversation = \"Web\"\nsteps = [{ send = \"hi\", expect = { outcome = \"accepted\", reply = { contains = \"tells\", within = \"20s\" } } }]\n";

const REPORTS: [&str; 8] =
    ["--report", "junit=out.xml", "--report", "ctrf=out.json", "--report", "md=out.md", "--report", "html=out.html"];

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_that_is_said_is_kept_by_send_or_run() {
    // A sandbox of the same seed gives out the same tokens.
    let first = token_of(&sandbox("nothing")).await;
    let all = format!("{first} {SECRET} {JWT} {TOLD_NUMBER}");
    // The guest socket needs no client, so that this process knows neither its secret nor a token.
    let guests = format!("{JWT} {TOLD_NUMBER}");
    for (told, command) in [
        (&all, vec!["send", "--json", "--to", "Guest", "--reply-within", "20s", "hi"]),
        (&all, vec!["send", "--to", "Open", "--reply-within", "20s", "hi"]),
        (&guests, vec!["send", "--json", "--to", "Web", "--reply-within", "20s", "hi"]),
        (&all, [&["run", "canary.toml", "--json"][..], &REPORTS].concat()),
    ] {
        let sandbox = sandbox(told);
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("c.toml"), config(&sandbox)).unwrap();
        std::fs::write(home.path().join("canary.toml"), PASS).unwrap();
        let guest = sandbox.announcement()["web_messaging"][0]["guest_token"].as_str().unwrap().to_owned();
        let mut run = tokio::process::Command::new(env!("CARGO_BIN_EXE_guestwire"));
        run.args(["--config", "c.toml", "--data-dir", "data", "--log-file", "own.log"]).args(&command).env_clear();
        run.env("HOME", home.path()).env("GUESTWIRE_LOG", "trace").env("SECRET", SECRET).env("GUEST", &guest);
        let output = run.current_dir(home.path()).stdin(std::process::Stdio::null()).output().await.unwrap();
        let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{command:?}: {stdout}\n{stderr}");
        let mut kept = vec![("standard output".to_owned(), stdout.into_owned())];
        kept.push(("standard error".to_owned(), stderr.into_owned()));
        files(home.path(), &mut kept);
        for name in ["own.log", "journal.db"] {
            assert!(kept.iter().any(|(n, text)| n.contains(name) && !text.is_empty()), "{command:?}: no {name}");
        }
        assert!(kept.iter().any(|(_, text)| text.contains("tells: «") && text.contains("«phone»")), "{command:?}");
        let (_, basic) = client(&sandbox);
        let basic: String = basic.chars().skip(basic.len() / 2).collect();
        for (place, text) in kept {
            for secret in [first.as_str(), SECRET, JWT, TOLD_NUMBER, &basic] {
                assert!(!text.contains(secret), "{command:?}: {secret} in {place}");
            }
        }
        sandbox.stop().await;
    }
}
