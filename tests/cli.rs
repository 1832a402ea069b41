//! The built program: exit codes, sentences, and what it leaves on disk. Nothing here needs a network.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// The program with an environment and a home of its own.
fn guestwire(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_guestwire"));
    command.args(arguments).env_clear().env("HOME", home).current_dir(home).stdin(Stdio::null());
    command
}

fn run(home: &Path, arguments: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } = guestwire(home, arguments).output().unwrap();
    (status.code().unwrap(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

const CONFIG: &str = "[profiles.a]\nregion = \"mypurecloud.de\"\n[profiles.a.oauth]\nclient_id = \"c\"\n\
                      client_secret = { env = \"GUESTWIRE_TEST_SECRET\" }\n\
                      [[profiles.a.conversations]]\nname = \"Anna\"\nchannel = \"guest-api\"\nconversation_id = \"x\"\n";

#[test]
fn a_missing_secret_fails_the_check_with_its_place() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("c.toml"), CONFIG).unwrap();
    let (code, stdout, stderr) = run(home.path(), &["--config", "c.toml", "config", "check"]);
    assert_eq!((code, stdout.as_str()), (2, ""));
    let expected = "guestwire: c.toml:5:17: `client_secret` cannot be read: \
                    the environment variable GUESTWIRE_TEST_SECRET is not set; export it before starting guestwire";
    assert!(stderr.lines().any(|line| line == expected), "{stderr}");

    let mut check = guestwire(home.path(), &["--config", "c.toml", "config", "check"]);
    let output = check.env("GUESTWIRE_TEST_SECRET", "hunter2").output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let mut show = guestwire(home.path(), &["--config", "c.toml", "config", "show"]);
    let shown = show.env("GUESTWIRE_TEST_SECRET", "hunter2").output().unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains("{ env = \"GUESTWIRE_TEST_SECRET\" }") && !shown.contains("hunter2"), "{shown}");
}

#[test]
fn a_broken_file_and_bad_usage_are_two() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("c.toml"), "[profiles.a]\nregion = \"mypurecloud.de\"\nregoin = \"hunter2\"\n")
        .unwrap();
    for arguments in [["token", "--json"], ["config", "check"], ["config", "show"]] {
        let (code, stdout, stderr) = run(home.path(), &[&["--config", "c.toml"], arguments.as_slice()].concat());
        assert_eq!((code, stdout.as_str()), (2, ""));
        assert_eq!(stderr, "guestwire: c.toml:3:1: unknown field `regoin` in [profiles.a]; did you mean `region`?\n");
    }
    for arguments in [["snd", "x"], ["send", "hi"], ["--config", "none.toml"], ["man", "snd"]] {
        assert_eq!(run(home.path(), &arguments).0, 2, "{arguments:?}");
    }
}

#[test]
fn an_unknown_conversation_gets_the_nearest_name() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("c.toml"), CONFIG).unwrap();
    let (code, _, stderr) = run(home.path(), &["--config", "c.toml", "send", "--to", "Ana", "hi"]);
    assert_eq!(code, 2);
    assert!(stderr.ends_with("has no conversation \"Ana\"; did you mean \"Anna\"?\n"), "{stderr}");
}

#[test]
fn empty_text_is_not_sent() {
    let home = tempfile::tempdir().unwrap();
    let (code, _, stderr) = run(home.path(), &["send", "--to", "Anna", "-"]);
    assert_eq!((code, stderr.as_str()), (2, "guestwire: the text is empty; nothing was sent\n"));
}

#[test]
fn init_writes_once_what_check_accepts() {
    let home = tempfile::tempdir().unwrap();
    let mut init = guestwire(home.path(), &["init"]);
    init.env("GENESYSCLOUD_REGION", "eu-central-1").env("GENESYSCLOUD_OAUTHCLIENT_ID", "client-1");
    let output = init.env("GENESYSCLOUD_OAUTHCLIENT_SECRET", "hunter2").output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let (_, path, _) = run(home.path(), &["config", "path"]);
    let text = std::fs::read_to_string(path.trim_end()).unwrap();
    assert!(!text.contains("hunter2"), "{text}");
    assert_eq!(init.output().unwrap().status.code(), Some(2));
    assert_eq!(std::fs::read_to_string(path.trim_end()).unwrap(), text);
    let mut check = guestwire(home.path(), &["config", "check"]);
    check.env("GENESYSCLOUD_OAUTHCLIENT_ID", "client-1").env("GENESYSCLOUD_OAUTHCLIENT_SECRET", "hunter2");
    assert_eq!(check.output().unwrap().status.code(), Some(0));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let home = tempfile::tempdir().unwrap();
    for arguments in [["completions", "zsh"], ["config", "show"], ["man", "send"]] {
        let mut child =
            guestwire(home.path(), &arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert!(output.stderr.is_empty());
    }
}

/// The journal knows what it heard by its id: the sandbox of a later start must not give an earlier reply's id out again.
#[test]
fn the_replies_of_every_start_of_the_sandbox_are_kept() {
    let home = tempfile::tempdir().unwrap();
    for text in ["first", "second"] {
        let send = ["--sandbox", "send", "--to", "Echo", "--reply-within", "30s", text];
        let (code, _, stderr) = run(home.path(), &send);
        assert_eq!(code, 0, "{stderr}");
    }
    let export = ["--sandbox", "export", "transcript", "--out", "said.txt"];
    assert_eq!(run(home.path(), &export).0, 0);
    let said = std::fs::read_to_string(home.path().join("said.txt")).unwrap();
    for text in ["You said: first", "You said: second"] {
        assert_eq!(said.matches(text).count(), 1, "{text}: {said}");
    }
}

/// Both sides of a conversation are kept, and what the commands about it find, or do not, is said.
#[test]
fn a_send_is_kept_with_its_reply_and_no_export_is_written_over() {
    let home = tempfile::tempdir().unwrap();
    let send = ["--sandbox", "send", "--to", "Echo", "--reply-within", "30s", "hello"];
    let (code, _, stderr) = run(home.path(), &send);
    assert_eq!(code, 0, "{stderr}");
    let export = ["--sandbox", "export", "transcript", "--out", "said.txt"];
    assert_eq!(run(home.path(), &export).0, 0);
    let said = std::fs::read_to_string(home.path().join("said.txt")).unwrap();
    assert!(said.contains("You said: hello"), "{said}");
    let (code, _, stderr) = run(home.path(), &export);
    assert_eq!((code, stderr.contains("there is such a file already")), (1, true), "{stderr}");
    let (code, stdout, stderr) = run(home.path(), &["--sandbox", "log", "nobody-said-this"]);
    assert_eq!((code, stdout.as_str()), (0, ""));
    assert!(stderr.contains("nothing that is kept matches"), "{stderr}");
}
