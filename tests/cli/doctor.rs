//! `guestwire doctor` and `guestwire ids` as scripts use them: lines, verdicts, exit codes.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

fn run(home: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_guestwire"));
    command.args(arguments).env_clear().env("HOME", home).env("SECRET", "hush-hush-secret");
    let output = command.current_dir(home).stdin(Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn lines(stdout: &str) -> Vec<Value> {
    stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn all_is_well_in_the_sandbox() {
    let home = tempfile::tempdir().unwrap();
    let (code, stdout, _) = run(home.path(), &["--sandbox", "doctor", "--json"]);
    let lines = lines(&stdout);
    assert_eq!(code, 0, "{stdout}");
    let (last, probes) = lines.split_last().unwrap();
    assert_eq!([&last["event"], &last["cause"], &last["v"]], [&Value::from("verdict"), &"none".into(), &1.into()]);
    assert!(probes.len() >= 8);
    for probe in probes {
        assert_eq!(probe["event"], "probe");
        assert!(matches!(probe["result"].as_str().unwrap(), "pass" | "skip"), "{probe}");
        assert!(probe["name"].is_string() && probe["detail"].is_string() && probe["at"].is_string());
        assert!(probe.as_object().unwrap().contains_key("request_id"));
    }
    let (code, stdout, _) = run(home.path(), &["--sandbox", "doctor"]);
    assert_eq!(code, 0);
    assert!(stdout.contains("verdict: all is well"), "{stdout}");
}

#[test]
fn a_stripped_scope_ends_with_1() {
    let home = tempfile::tempdir().unwrap();
    let (code, stdout, _) = run(home.path(), &["--sandbox", "--scenario", "stripped-scope", "doctor", "--json"]);
    let last = lines(&stdout).pop().unwrap();
    assert_eq!((code, last["cause"].as_str(), last["confidence"].as_str()), (1, Some("scope-stripped"), Some("sure")));
}

/// Where roles decide, no scope is named: that it is missing is only likely until a message is accepted.
#[test]
fn an_accepted_test_message_takes_back_a_likely_cause() {
    let home = tempfile::tempdir().unwrap();
    for (flag, wanted) in
        [("--ephemeral", (1, Some("scope-stripped"), Some("likely"))), ("--send-test", (0, Some("none"), Some("sure")))]
    {
        let (code, stdout, _) = run(home.path(), &["--sandbox", "--scenario", "published", "doctor", "--json", flag]);
        let last = lines(&stdout).pop().unwrap();
        assert_eq!((code, last["cause"].as_str(), last["confidence"].as_str()), wanted, "{stdout}");
    }
}

#[test]
fn a_host_that_is_not_there_ends_with_4_and_a_missing_secret_with_3() {
    let home = tempfile::tempdir().unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let config = |secret: &str, api: &str| {
        format!(
            "profile = \"a\"\n[profiles.a]\nregion = \"mypurecloud.de\"\n[profiles.a.hosts]\nlogin = \"{api}\"\napi = \"{api}\"\n\
             [profiles.a.oauth]\nclient_id = \"c\"\nclient_secret = {{ env = \"{secret}\" }}\n"
        )
    };
    std::fs::write(home.path().join("c.toml"), config("SECRET", &format!("http://127.0.0.1:{port}"))).unwrap();
    let (code, stdout, stderr) = run(home.path(), &["--config", "c.toml", "doctor", "--json"]);
    let last = lines(&stdout).pop().unwrap();
    assert_eq!((code, last["cause"].as_str()), (4, Some("network-connect")), "{stdout}");
    assert!(!stdout.contains("hush-hush") && !stderr.contains("hush-hush"));

    // Something answers, so that the series gets as far as the token.
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let api = format!("http://{}", server.local_addr().unwrap());
    std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        for stream in server.incoming().flatten() {
            let mut stream = stream;
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 404 X\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}");
        }
    });
    std::fs::write(home.path().join("c.toml"), config("NOT_SET", &api)).unwrap();
    let (code, stdout, _) = run(home.path(), &["--config", "c.toml", "doctor", "--json"]);
    let token = lines(&stdout).into_iter().find(|l| l["name"] == "token").unwrap();
    assert_eq!((code, token["result"].as_str()), (3, Some("fail")), "{stdout}");
    assert!(token["detail"].as_str().unwrap().contains("NOT_SET"), "{token}");
}

#[test]
fn a_conversation_that_is_not_there_is_wrong_usage() {
    let home = tempfile::tempdir().unwrap();
    let (code, stdout, stderr) = run(home.path(), &["--sandbox", "doctor", "--to", "Biling bot"]);
    assert_eq!((code, stdout.as_str()), (2, ""));
    assert!(stderr.contains("did you mean"), "{stderr}");
}

#[test]
fn ids_are_sorted_out_with_and_without_a_look_up() {
    const C: &str = "5f0c91ce-0000-4000-8000-00000000000a";
    let home = tempfile::tempdir().unwrap();
    let url = format!("https://api.x/api/v2/conversations/messaging/{C}/messages");
    let (code, stdout, _) = run(home.path(), &["ids", "--json", &url]);
    let one = &lines(&stdout)[0];
    assert_eq!((code, one["event"].as_str(), one["is"].as_str()), (0, Some("id"), Some("conversation")));
    assert_eq!(one["id"], C);
    let (code, _, stderr) = run(home.path(), &["ids", "no id here"]);
    assert_eq!(code, 1);
    assert!(stderr.contains("there is no id"), "{stderr}");
    // Nobody there knows it, and looking says so.
    let (code, stdout, _) = run(home.path(), &["--sandbox", "ids", "--lookup", C]);
    assert_eq!(code, 0, "{stdout}");
    let absent = "the organisation has no conversation, deployment or integration with this id";
    assert!(stdout.starts_with("unknown") && stdout.contains(absent), "{stdout}");
}

/// Answers each request by its path, until the test ends; gives the address.
fn serve(answer: fn(&str) -> String) -> String {
    use std::io::{Read as _, Write as _};
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", server.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in server.incoming().flatten() {
            let mut head = vec![0; 16 * 1024];
            let read = stream.read(&mut head).unwrap_or(0);
            let head = String::from_utf8_lossy(&head[..read]).into_owned();
            let _ = stream.write_all(answer(head.split(' ').nth(1).unwrap_or_default()).as_bytes());
        }
    });
    address
}

fn whole(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

/// A profile with one conversation, at `api`, that signs in with `oauth`.
fn profile(home: &Path, api: &str, oauth: &str) {
    let text = format!(
        "profile = \"a\"\n[profiles.a]\nregion = \"mypurecloud.de\"\n[profiles.a.hosts]\nlogin = \"{api}\"\napi = \"{api}\"\n\
         [profiles.a.oauth]\n{oauth}\n[[profiles.a.conversations]]\nname = \"B\"\nchannel = \"guest-api\"\n\
         conversation_id = \"5f0c91ce-0000-4000-8000-000000000001\"\n"
    );
    std::fs::write(home.join("c.toml"), text).unwrap();
}

const TOKEN_COMMANDS: [&[&str]; 3] = [
    &["--config", "c.toml", "token", "--json"],
    &["--config", "c.toml", "send", "--to", "B", "--json", "hi"],
    &["--config", "c.toml", "doctor", "--json"],
];

#[test]
fn a_pasted_token_that_the_service_does_not_take_ends_every_command_with_3() {
    let home = tempfile::tempdir().unwrap();
    let api = serve(|path| match path {
        "/api/v2/tokens/me" => whole("401 X", r#"{"code":"bad.credentials","message":"Invalid login credentials."}"#),
        _ => whole("404 X", "{}"),
    });
    profile(home.path(), &api, "access_token = { env = \"SECRET\" }");
    for command in TOKEN_COMMANDS {
        let (code, stdout, stderr) = run(home.path(), command);
        assert_eq!(code, 3, "{command:?}: {stdout}{stderr}");
        assert!(stdout.contains("401 X; bad.credentials"), "{command:?}: {stdout}{stderr}");
        assert!(!stdout.contains("\"state\":\"valid\""), "{command:?}: {stdout}");
    }
}

#[test]
fn a_token_endpoint_that_asks_to_wait_a_day_is_not_waited_for() {
    let home = tempfile::tempdir().unwrap();
    let api = serve(|_| {
        "HTTP/1.1 429 X\r\nretry-after: 86400\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}".to_owned()
    });
    profile(home.path(), &api, "client_id = \"c\"\nclient_secret = { env = \"SECRET\" }");
    for command in TOKEN_COMMANDS {
        let (code, stdout, stderr) = run(home.path(), command);
        assert_eq!(code, 3, "{command:?}: {stdout}{stderr}");
        assert!(stdout.contains("429"), "{command:?}: {stdout}{stderr}");
    }
}

#[test]
fn a_page_in_place_of_a_token_is_said_and_has_a_cause() {
    let home = tempfile::tempdir().unwrap();
    let api = serve(|_| whole("200 OK\r\ncontent-type: text/html", "<html><title>Sign in</title></html>"));
    profile(home.path(), &api, "client_id = \"c\"\nclient_secret = { env = \"SECRET\" }");
    for command in TOKEN_COMMANDS {
        let (code, stdout, stderr) = run(home.path(), command);
        let last = lines(&stdout).pop().unwrap();
        assert_ne!(code, 0, "{command:?}: {stdout}{stderr}");
        let caused = command.contains(&"token") || last["cause"] == "proxy-answered";
        assert!(
            caused && stdout.contains("an HTML page (\\\"Sign in\\\") instead of a token"),
            "{command:?}: {stdout}{stderr}"
        );
    }
}

#[test]
fn a_check_of_the_config_says_what_is_odd_about_a_secret() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("secret");
    for (text, said) in [("\u{feff}hush\r\n", ""), ("hush \n", "ends with a blank"), ("\"hush\"", "in quotation marks")]
    {
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        profile(home.path(), "http://127.0.0.1:1", "client_id = \"c\"\nclient_secret = { file = \"secret\" }");
        let (code, _, stderr) = run(home.path(), &["--config", "c.toml", "config", "check"]);
        assert!(code == 0 && stderr.contains(said) && !stderr.contains("hush"), "{text:?}: {code} {stderr}");
        assert_eq!(stderr.is_empty(), said.is_empty(), "{stderr}");
    }
    std::fs::write(&file, "hush hush").unwrap();
    profile(home.path(), "http://127.0.0.1:1", "access_token = { file = \"secret\" }");
    let (code, _, stderr) = run(home.path(), &["--config", "c.toml", "config", "check"]);
    assert!(code == 2 && stderr.contains("contains a blank") && !stderr.contains("hush"), "{code} {stderr}");
}
