//! The built program: exit codes, sentences, and what it leaves on disk. Nothing here needs a network.

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// The program with an environment and a home of its own.
pub fn guestwire(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_guestwire"));
    command.args(arguments).env_clear().env("HOME", home).current_dir(home).stdin(Stdio::null());
    command
}

pub fn run(home: &Path, arguments: &[&str]) -> (i32, String, String) {
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

/// A home that is none, or that may not be read, keeps nobody from the sandbox. (Whoever is root may read everything.)
#[test]
#[cfg(unix)]
fn the_sandbox_needs_no_home() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = tempfile::tempdir().unwrap();
    let locked = home.path().join("locked");
    std::fs::create_dir(&locked).unwrap();
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o000)).unwrap();
    for place in [Path::new("/dev/null"), &locked] {
        let mut command = guestwire(home.path(), &["send", "--sandbox", "--to", "Echo", "Hello"]);
        let output = command.env("HOME", place).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{place:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// CA files and the variables that name proxies are checked before anything is sent.
#[test]
fn ca_files_and_proxies_are_checked() {
    let home = tempfile::tempdir().unwrap();
    let pem = rcgen::generate_simple_self_signed(["a.example".to_owned()]).unwrap().cert.pem();
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    std::fs::write(home.path().join("half.pem"), format!("{pem}{broken}")).unwrap();
    for (file, code, part) in
        [("half.pem", 0, "c.toml:3:12: warning: the CA file "), ("none.pem", 2, "c.toml:3:12: the CA file ")]
    {
        let config = CONFIG.replacen("[profiles.a.oauth]", &format!("ca_files = [\"{file}\"]\n[profiles.a.oauth]"), 1);
        std::fs::write(home.path().join("c.toml"), config).unwrap();
        let mut check = guestwire(home.path(), &["--config", "c.toml", "config", "check"]);
        check.env("GUESTWIRE_TEST_SECRET", "x").env("HTTPS_PROXY", "ftp://me:hush@proxy").env("no_proxy", "a*b");
        let output = check.output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{stderr}");
        assert!(stderr.contains(part) && stderr.contains(file), "{stderr}");
        assert!(stderr.contains("HTTPS_PROXY names a proxy of the kind ftp") && !stderr.contains("hush"), "{stderr}");
        assert!(stderr.contains("no_proxy: \"a*b\" is not understood"), "{stderr}");
    }
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
    let twice = ["--sandbox", "send", "--to", "Anna, web", "--attribute", "a=b", "--attribute", "a=c", "hi"];
    let (code, stdout, stderr) = run(home.path(), &twice);
    assert_eq!((code, stdout.as_str()), (2, ""));
    assert!(stderr.ends_with("--attribute a is given twice; nothing was sent\n"), "{stderr}");
}

/// What the console could not begin with is wrong with the configuration, and the check says the same.
#[test]
fn keys_and_theme_are_checked_as_the_console_checks_them() {
    let home = tempfile::tempdir().unwrap();
    for (lines, said) in [
        ("[keys.log]\nnext-eror = [\"x\"]", "c.toml:2:1: no action is named “next-eror”; did you mean “next-error”?"),
        ("[keys.log]\nnext-error = [\"hyper-x\"]", "c.toml:2:15: “hyper”"),
        ("[keys.log]\nnext-error = [\"m\"]", "c.toml:2:15: in log, the key m would be both “next-error” and “mark”"),
        ("[keys.picker]\nnext-error = [\"x\"]", "c.toml:2:1: “next-error” belongs into [keys.log]"),
        ("[ui]\ntheme = \"drak\"", "c.toml:2:9: there is no theme `drak`; did you mean `dark`?"),
    ] {
        std::fs::write(home.path().join("c.toml"), lines).unwrap();
        for command in [&["config", "check"][..], &["--sandbox"]] {
            let (code, _, stderr) = run(home.path(), &[&["--config", "c.toml"], command].concat());
            assert_eq!(code, 2, "{command:?}: {stderr}");
            assert!(stderr.contains(said), "{command:?}: {stderr}");
        }
    }
    std::fs::write(home.path().join("c.toml"), "").unwrap();
    let mut check = guestwire(home.path(), &["--config", "c.toml", "config", "check"]);
    let output = check.env("GUESTWIRE_THEME", "drak").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("did you mean `dark`? (env GUESTWIRE_THEME)"));
}

#[test]
fn an_unknown_conversation_gets_the_nearest_name() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("c.toml"), CONFIG).unwrap();
    let (code, _, stderr) = run(home.path(), &["--config", "c.toml", "send", "--to", "Ana", "hi"]);
    assert_eq!(code, 2);
    assert!(stderr.ends_with("has no conversation \"Ana\"; did you mean \"Anna\"?\n"), "{stderr}");
    // The first letter is a Cyrillic one.
    let (code, _, stderr) = run(home.path(), &["--config", "c.toml", "send", "--to", "\u{410}nna", "hi"]);
    let how = "it has \"Anna\": it looks the same, but character 1 is U+0410, not U+0041\n";
    assert_eq!((code, stderr.ends_with(how)), (2, true), "{stderr}");
}

/// No face says a thing twice: not that it was not sent, nor a status before the reason that begins with it.
#[test]
fn no_word_is_said_twice_about_a_message_that_was_not_taken() {
    let config = "[profiles.dead]\nregion = \"sandbox\"\nhosts = { api = \"http://127.0.0.1:9\" }\n\
                  oauth = { access_token = { command = [\"echo\", \"a-token\"] } }\n[[profiles.dead.conversations]]\n\
                  name = \"Anna\"\nchannel = \"guest-api\"\nconversation_id = \"00000000-0000-4000-8000-000000000002\"\n";
    let long = "x".repeat(5000);
    let cases: [(&[&str], &str); 6] = [
        (&["--config", "c.toml", "send", "--to", "Anna", "hi"], "not sent: connecting: "),
        // The only conversation need not be named.
        (&["--config", "c.toml", "send", "hi"], "not sent: connecting: "),
        (
            &["--sandbox", "send", "--to", "Anna, open", "--attach", "/etc/hosts", "hi"],
            "not sent: open-messaging takes",
        ),
        (&["--sandbox", "send", "--to", "Echo", &long], "not sent: the text has 5000 bytes, 904 more"),
        (&["--sandbox", "send", "--to", "Echo", "--as", "no-token", "hi"], "refused: 401 "),
        (&["--sandbox", "send", "--to", "Wrong origin, web", "hi"], "not sent: the socket was refused with 403"),
    ];
    let tried = |(arguments, part): (&[&str], &str)| {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("c.toml"), config).unwrap();
        let (_, _, stderr) = run(home.path(), arguments);
        assert!(stderr.contains(part), "{arguments:?}: {stderr}");
        for doubled in
            ["not sent: not sent", "not sent, not sent", "refused: not sent", "not sent: refused", "401: 401", "with 0"]
        {
            assert!(!stderr.contains(doubled), "{arguments:?}: {doubled}: {stderr}");
        }
    };
    // Most of them wait for a pause between tries to end.
    std::thread::scope(|scope| {
        for case in cases {
            scope.spawn(move || tried(case));
        }
    });
}

/// No file is to blame for what the environment lacks.
#[test]
fn a_client_without_its_secret_is_told_which_variables_to_set() {
    let home = tempfile::tempdir().unwrap();
    let mut command = guestwire(home.path(), &["token"]);
    command.envs([("GENESYSCLOUD_REGION", "eu-west-1"), ("GENESYSCLOUD_OAUTHCLIENT_ID", "client-1")]);
    let output = command.output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{stderr}");
    let how = "set GENESYSCLOUD_OAUTHCLIENT_ID and GENESYSCLOUD_OAUTHCLIENT_SECRET, or GENESYSCLOUD_ACCESS_TOKEN";
    assert!(stderr.ends_with(&format!("not signed in: the profile `env` cannot sign in: {how}\n")), "{stderr}");
}

/// Whom each command speaks to, by what is set: never the sandbox unless it is named, and never an organisation that
/// something else was meant to replace.
#[test]
fn a_command_without_a_screen_speaks_to_whom_it_was_told_to() {
    const ENV: [(&str, &str); 4] = [
        ("GENESYSCLOUD_REGION", "eu-west-1"),
        ("GENESYSCLOUD_OAUTHCLIENT_ID", "client-1"),
        ("GENESYSCLOUD_OAUTHCLIENT_SECRET", "hunter2"),
        // Nothing listens there: no test leaves this machine.
        ("HTTPS_PROXY", "http://127.0.0.1:9"),
    ];
    const CONFIG: &str = "[profiles.a]\nregion = \"mypurecloud.de\"\nconnect_timeout = \"1s\"\n[profiles.a.hosts]\n\
                          login = \"http://127.0.0.1:9\"\napi = \"http://127.0.0.1:9\"\n[profiles.a.oauth]\n\
                          client_id = \"c\"\nclient_secret = { command = [\"echo\", \"hunter2\"] }\n\
                          [[profiles.a.conversations]]\nname = \"Anna\"\nchannel = \"guest-api\"\n\
                          conversation_id = \"00000000-0000-4000-8000-000000000002\"\n";
    let conversation = "35c3fe01-8e46-4f73-a745-0f8d5c5a2f5d";
    let to: [&[&str]; 5] = [
        &["send", "--json", "--to", "Anna", "hi"],
        &["run", "--json", "smoke", "--only", "desktop"],
        &["token", "--json"],
        &["doctor", "--json"],
        &["ids", "--json", "--lookup", conversation],
    ];
    let tried = |arguments: &[&str]| {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("c.toml"), CONFIG).unwrap();
        std::fs::write(home.path().join("env.toml"), CONFIG.replace("profiles.a", "profiles.env")).unwrap();
        std::fs::write(home.path().join("none.toml"), "").unwrap();
        let said = |config: &str, env: bool, before: &[&str], arguments: &[&str]| {
            let mut command = guestwire(home.path(), &[&["--config", config], before, arguments].concat());
            if env {
                command.envs(ENV);
            }
            let Output { status, stdout, stderr } = command.output().unwrap();
            let stderr = String::from_utf8(stderr).unwrap();
            let first = stderr.lines().next().unwrap_or_default().to_owned();
            (status.code().unwrap(), String::from_utf8(stdout).unwrap(), first)
        };
        let (code, stdout, first) = said("none.toml", false, &[], arguments);
        assert_eq!((code, stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(first.contains("--sandbox") && first.contains("--profile"), "{arguments:?}: {first}");

        let (_, stdout, first) = said("c.toml", true, &[], arguments);
        assert_eq!(first, "guestwire: speaking to mypurecloud.de (profile a)", "{arguments:?}");
        assert!(!stdout.contains("\"sandbox\":true"), "{stdout}");

        let (_, stdout, first) = said("c.toml", true, &["--sandbox"], arguments);
        assert!(first.starts_with("guestwire: speaking to the sandbox: http://127.0.0.1:"), "{arguments:?}: {first}");
        assert!(stdout.lines().all(|line| line.contains("\"sandbox\":true")), "{stdout}");

        // The file alone: its profile, whatever the environment lacks.
        let (_, _, first) = said("c.toml", false, &[], arguments);
        assert_eq!(first, "guestwire: speaking to mypurecloud.de (profile a)", "{arguments:?}");

        // Nothing but the environment: its profile.
        let named = ["--conversation", conversation];
        let arguments: Vec<&str> = arguments.iter().copied().filter(|word| !matches!(*word, "--to" | "Anna")).collect();
        let (_, stdout, first) = said("none.toml", true, &named, &arguments);
        assert_eq!(first, "guestwire: speaking to mypurecloud.ie (profile env)", "{arguments:?}");
        assert!(
            stdout.lines().count() > 0 && stdout.lines().all(|line| line.contains("\"profile\":\"env\"")),
            "{arguments:?}: {stdout}"
        );
        // A region of the flags counts also where the file has a profile of the name that such a target gets.
        let region = [&["--region", "eu-west-1"], &named[..]].concat();
        let (_, _, first) = said("env.toml", true, &region, &arguments);
        assert_eq!(first, "guestwire: speaking to mypurecloud.ie (profile env)", "{arguments:?}");
    };
    // Most of the time is spent waiting for what does not answer.
    std::thread::scope(|scope| {
        for arguments in to {
            scope.spawn(move || tried(arguments));
        }
    });
}

#[test]
fn flags_describe_a_conversation_that_no_config_names() {
    let home = tempfile::tempdir().unwrap();
    for (arguments, sentence) in [
        (
            &["send", "--region", "eu-west-1", "--deployment", "d", "hi"][..],
            "--deployment and --origin need each other",
        ),
        (
            &["send", "--region", "eu-west-1", "--guest", "g", "--conversation", "c", "hi"],
            "--guest needs --integration",
        ),
        (&["send", "--integration", "i", "--conversation", "c", "hi"], "each name a target: give only one of them"),
        (&["send", "--conversation", "c", "hi"], "there is no target"),
        (&["send", "--sandbox", "--conversation", "c", "hi"], "the target is the sandbox"),
        (&["token", "--sandbox", "--region", "eu-west-1"], "--region is for a target without a profile"),
        (&["token", "--region", "atlantis"], "is not a region of Genesys Cloud"),
        (&["send", "hi"], "there is no target"),
        (&["send", "--sandbox", "hi"], "name one with --to; it has \"Billing bot\", \"Echo\", "),
    ] {
        let (code, _, stderr) = run(home.path(), arguments);
        assert_eq!((code, stderr.contains(sentence)), (2, true), "{arguments:?}: {stderr}");
    }
    let shown = ["config", "show", "--region", "eu-west-1", "--deployment", "00000000-0000-4000-8000-000000000005"];
    let (code, stdout, stderr) = run(home.path(), &[&shown[..], &["--origin", "https://shop.example"]].concat());
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.contains("mypurecloud.ie") && stdout.contains("web-messaging"), "{stdout}");
}

#[test]
fn empty_text_is_not_sent() {
    let home = tempfile::tempdir().unwrap();
    let (code, _, stderr) = run(home.path(), &["--sandbox", "send", "--to", "Anna", "-"]);
    assert_eq!((code, stderr.as_str()), (2, "guestwire: the text is empty; nothing was sent\n"));
}

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
    assert_eq!(run(home.path(), &["--sandbox", "export", "transcript", "--out", "said.html"]).0, 0);
    let page = std::fs::read_to_string(home.path().join("said.html")).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") || page.starts_with("<!doctype html>"), "{page}");
    let (_, entries, _) = run(home.path(), &["--sandbox", "log", "--json"]);
    for entry in entries.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()) {
        assert_eq!((&entry["profile"], &entry["sandbox"]), (&"sandbox".into(), &true.into()), "{entry}");
    }
    let (code, _, stderr) = run(home.path(), &export);
    assert_eq!((code, stderr.contains("guestwire never overwrites an export")), (1, true), "{stderr}");
    let (code, stdout, stderr) = run(home.path(), &["--sandbox", "log", "nobody-said-this"]);
    assert_eq!((code, stdout.as_str()), (0, ""));
    assert!(stderr.contains("nothing that is kept matches"), "{stderr}");
    let (code, _, stderr) = run(home.path(), &["--sandbox", "log", "kind:send"]);
    assert!(code == 2 && stderr.contains("kind:send is for the filter of the console's log pane"), "{stderr}");
}

#[test]
fn what_was_kept_is_told_and_exported_by_date() {
    let home = tempfile::tempdir().unwrap();
    let (code, _, stderr) = run(home.path(), &["--sandbox", "send", "--to", "Echo", "hello"]);
    assert_eq!(code, 0, "{stderr}");
    for (arguments, there) in [
        (&["log", "--since", "today"][..], true),
        (&["log", "--since=1h", "--until", "today"], true),
        (&["log", "--until", "yesterday"], false),
        (&["log", "--limit", "0", "--until", "2000-01-01"], false),
        (&["log", "hello", "since:yesterday"], true),
        (&["log", "hello", "on:2000-01-01"], false),
        (&["log", "since:1h"], true),
        (&["export", "transcript", "--out", "-", "--since", "yesterday"], true),
        (&["export", "transcript", "--out", "-", "--until", "2000-01-01"], false),
        (&["export", "har", "--out", "-", "--until", "2000-01-01"], false),
    ] {
        let (code, stdout, stderr) = run(home.path(), &[&["--sandbox"], arguments].concat());
        assert_eq!((code, stdout.contains("hello")), (0, there), "{arguments:?}: {stdout}{stderr}");
    }
    for wrong in
        [&["log", "--since", "whenever"][..], &["log", "on:whenever"], &["export", "har", "--out=-", "--until=x"]]
    {
        let (code, _, stderr) = run(home.path(), &[&["--sandbox"], wrong].concat());
        assert_eq!((code, stderr.contains("2026-11-27")), (2, true), "{wrong:?}: {stderr}");
    }
}

/// The help and the page for people say the same of exit codes.
#[test]
fn help_and_documentation_agree_on_exit_codes() {
    let home = tempfile::tempdir().unwrap();
    let mut help = guestwire(home.path(), &["--help"]);
    let help = String::from_utf8(help.env("COLUMNS", "200").output().unwrap().stdout).unwrap();
    let page = include_str!("../../docs/command-line.md");
    let section = page.split("## Exit codes").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows: Vec<(&str, &str)> = section
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "))
        .filter(|(code, _)| code.parse::<u8>().is_ok())
        .collect();
    let codes: Vec<&str> = rows.iter().map(|(code, _)| *code).collect();
    assert_eq!(codes, ["0", "1", "2", "3", "4", "5", "6", "101"]);
    for (code, meaning) in rows {
        let said = help.lines().find_map(|line| line.trim().strip_prefix(code)?.strip_prefix("  "));
        assert_eq!(said, Some(meaning), "{code}: {help}");
    }
}

/// A shell runs the program with fewer of something than it needs.
fn limited(home: &Path, limit: &str, arguments: &str) -> (i32, String, String) {
    let script = format!("ulimit {limit}; exec {} {arguments}", env!("CARGO_BIN_EXE_guestwire"));
    let mut command = Command::new("sh");
    command.args(["-c", &script]).env_clear().env("HOME", home).current_dir(home).stdin(Stdio::null());
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap_or(-1), text(stdout), text(stderr))
}

#[test]
fn a_system_that_gives_too_little_is_told_in_a_sentence() {
    let home = tempfile::tempdir().unwrap();
    let (code, _, stderr) = limited(home.path(), "-n 6", "--sandbox token");
    assert_eq!(code, 1, "{stderr}");
    assert!(stderr.contains("allows no more threads or files") && !stderr.contains("panicked"), "{stderr}");
    // A file that may not grow ends no program: the journal says that it keeps nothing.
    let (code, _, stderr) = limited(home.path(), "-f 1", "--sandbox send --to Echo hello");
    assert!(matches!(code, 0 | 1) && stderr.lines().count() > 1, "{code}: {stderr}");
}

#[test]
fn a_send_tells_of_a_missing_scope_once() {
    let home = tempfile::tempdir().unwrap();
    let scenario = "latency_ms = [0, 5]\n[[conversations]]\nname = \"Echo\"\nscript = \"echo\"\n\
                    [[faults]]\nfault = \"scope-stripped\"\n";
    std::fs::write(home.path().join("s.toml"), scenario).unwrap();
    let (code, _, stderr) = run(home.path(), &["--scenario", "s.toml", "--sandbox", "send", "--to", "Echo", "hi"]);
    assert_eq!((code, stderr.matches("messages through the Guest API").count()), (1, 1), "{stderr}");
    assert_eq!(stderr.matches("scope guest:messages:send").count(), 0, "{stderr}");
}
