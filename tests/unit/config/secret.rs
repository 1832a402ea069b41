//! Where secrets are read from, what is refused, and that no sentence repeats one; commands that print a secret, print
//! too much, fail, hang or ask.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt as _;

use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret as _, SecretString};

use crate::config::secret::*;

fn shell(script: &str) -> SecretSource {
    SecretSource::Command(["sh", "-c", script].map(str::to_owned).to_vec())
}

fn read(source: &SecretSource) -> Result<SecretString, String> {
    source.read(Tty::Allowed)
}

fn file(contents: &[u8], mode: u32) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("secret");
    std::fs::write(&path, contents).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    (dir, path)
}

#[test]
fn a_variable_is_read_and_missed() {
    let env = |name: &str| (name == "THERE").then(|| OsString::from("hunter2\n"));
    let read = |name: &str| SecretSource::Env(name.to_owned()).read_with(&env, Tty::Allowed);
    assert_eq!(read("THERE").unwrap().expose_secret(), "hunter2");
    let missed = "the environment variable NOT is not set; export it before starting guestwire";
    assert_eq!(read("NOT").unwrap_err(), missed);
}

#[test]
fn a_private_file_gives_its_first_line() {
    for (contents, secret, odd) in [
        ("hunter2\r\nmore\n", "hunter2", None),
        ("\u{feff}hunter2\n", "hunter2", None),
        ("hunter2", "hunter2", None),
        ("hunter2 \n", "hunter2 ", Some("begins or ends with a blank, which is sent as part of the value")),
        ("\"hunter2\"\n", "\"hunter2\"", Some("is in quotation marks, which are sent as part of the value")),
        ("'hunter2'", "'hunter2'", Some("is in quotation marks, which are sent as part of the value")),
        ("hunter 2", "hunter 2", Some("contains a blank")),
        ("hunter\u{7}2", "hunter\u{7}2", Some("contains a control character")),
    ] {
        let (_dir, path) = file(contents.as_bytes(), 0o600);
        let read = read(&SecretSource::File(path)).unwrap();
        assert_eq!((read.expose_secret(), oddity(&read)), (secret, odd), "{contents:?}");
    }
}

#[test]
fn a_file_that_others_can_read_is_refused() {
    for mode in [0o640, 0o604, 0o620] {
        let (_dir, path) = file(b"hunter2", mode);
        let error = read(&SecretSource::File(path.clone())).unwrap_err();
        let shown = path.display();
        assert_eq!(error, format!("others can read the file {shown} (mode {mode:03o}); run: chmod 600 {shown}"));
    }
}

#[test]
fn files_that_cannot_hold_a_secret_are_named() {
    let (dir, path) = file(b"\nhunter2", 0o600);
    let (_other, bytes) = file(b"\xff\xfe", 0o600);
    for (path, why) in [
        (path, "is empty; the secret belongs there"),
        (bytes, "is not UTF-8 text"),
        (dir.path().join("nowhere"), "cannot be read (no such file)"),
        (dir.path().to_owned(), "is not a regular file"),
    ] {
        let error = read(&SecretSource::File(path)).unwrap_err();
        assert!(error.ends_with(why), "{error}");
    }
}

#[test]
fn a_profile_of_the_platform_cli_gives_its_fields() {
    let theirs =
        "\u{feff}[DEFAULT]\nclient_credentials = \"id\"\nclient_secret = \"hunter2\"\n[qa]\naccess_token = \"T\"\n";
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(".gc/config.toml");
    std::fs::create_dir(path.parent().unwrap()).unwrap();
    std::fs::write(&path, theirs).unwrap();
    let source = |profile: &str, field| SecretSource::VendorFile(path.clone(), profile.to_owned(), field);
    assert_eq!(read(&source("default", "client_secret")).unwrap().expose_secret(), "hunter2");
    assert_eq!(source("qa", "access_token").read_token(Tty::Allowed).unwrap().expose_secret(), "T");
    for (profile, field) in [("qa", "client_secret"), ("none", "access_token")] {
        let error = read(&source(profile, field)).unwrap_err();
        assert!(error.starts_with("there is no `") && !error.contains("hunter2"), "{error}");
    }
    assert_eq!(source("qa", "access_token").to_string(), "{ gc = \"qa\" }");
    let (_dir, path) = file(b"clientId: id\nclientSecret: hunter2\nlocation: prod_eu_west_1\n", 0o644);
    let shown = format!("{{ gc = \"default\", file = \"{}\" }}", path.display());
    let source = SecretSource::VendorFile(path, "default".to_owned(), "client_secret");
    assert_eq!((read(&source).unwrap().expose_secret(), source.to_string()), ("hunter2", shown));
}

#[test]
fn a_pipe_or_a_device_is_refused_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let pipe = dir.path().join("pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::from_raw_mode(0o600)).unwrap();
    for path in [pipe, PathBuf::from("/dev/zero")] {
        let source = SecretSource::File(path.clone());
        let refused = format!("{} is not a regular file", path.display());
        assert_eq!(read(&source).unwrap_err(), refused);
        assert_eq!(source.read_token(Tty::Allowed).unwrap_err(), refused);
    }
}

#[test]
fn a_command_gives_its_first_line_or_a_token() {
    assert_eq!(read(&shell("echo hunter2; seq 1 100000")).unwrap().expose_secret(), "hunter2");
    let empty = "the first line of what the command sh prints is empty; the secret belongs there";
    assert_eq!(read(&shell("echo")).unwrap_err(), empty);
    let answer = shell("printf '{\n\"access_token\": \"hunter2\"}'");
    assert_eq!(answer.read_token(Tty::Allowed).unwrap().expose_secret(), "hunter2");
    assert_eq!(shell("echo").read_token(Tty::Allowed).unwrap_err(), empty);
    let error = shell("echo hunter two").read_token(Tty::Allowed).unwrap_err();
    assert!(error.contains(" cannot be used as a token: ") && !error.contains("hunter"), "{error}");
}

#[test]
fn a_command_without_a_terminal_says_so() {
    let failed = |terminal| shell("exit 3").read(terminal).unwrap_err();
    assert!(failed(Tty::Denied).contains("so it cannot ask: run `guestwire token` first"));
    assert!(failed(Tty::Allowed).ends_with("run it by hand to see why"));
}

#[test]
fn a_source_shows_its_place_only() {
    let literal = SecretSource::Literal(SecretString::from("hunter2"));
    assert!(!format!("{literal} {literal:?}").contains("hunter2"));
    let command = SecretSource::Command(vec!["pass".to_owned(), "hunter2".to_owned()]);
    assert_eq!(command.to_string(), "{ command = [\"pass\", …] }");
}

fn printed(script: &str, terminal: Tty) -> Result<String, String> {
    let words = ["sh", "-c", script].map(str::to_owned);
    run_command(&words, terminal, Duration::from_secs(20)).map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())
}

#[test]
fn what_it_prints_is_bounded_and_read_to_the_end() {
    for terminal in [Tty::Allowed, Tty::Denied] {
        assert_eq!(printed("printf hunter2", terminal).unwrap(), "hunter2");
        let much = printed("echo hunter2; seq 1 100000", terminal).unwrap();
        assert!(much.starts_with("hunter2\n") && much.len() == MAX_BYTES, "{}", much.len());
        // A program that it leaves behind keeps the pipe open, and is not waited for.
        assert_eq!(printed("sleep 60 & echo hunter2", terminal).unwrap(), "hunter2\n");
    }
}

#[test]
fn a_complaint_is_repeated_and_a_secret_is_not() {
    for (script, complaint) in [
        ("echo 'the store is locked' >&2; exit 3", Some("the store is locked")),
        ("printf 'a\n\\033[31mlocked\n\n' >&2; exit 3", Some("[31mlocked")),
        ("echo hunter2; echo 'cannot keep hunter2' >&2; exit 3", None),
        ("exit 3", None),
    ] {
        let error = printed(script, Tty::Allowed).unwrap_err();
        let said = complaint.map_or_else(String::new, |said| format!(": {said}"));
        let how = "run it by hand to see why";
        assert_eq!(error, format!("the command sh failed (exit status: 3{said}); {how}"), "{script}");
    }
}

#[test]
fn a_command_that_hangs_is_ended_with_what_it_started() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let script = format!("sleep 600 & echo $! >{}; wait", file.path().display());
    let words = ["sh".to_owned(), "-c".to_owned(), script];
    let error = run_command(&words, Tty::Denied, Duration::from_millis(500)).unwrap_err();
    assert!(error.contains(" did not end within "), "{error}");
    let child = std::fs::read_to_string(file.path()).unwrap();
    let child = rustix::process::Pid::from_raw(child.trim().parse().unwrap()).unwrap();
    // A killed process that nobody has waited for yet is there still, as a zombie: init takes it in a moment.
    let gone = || match std::fs::read_to_string(format!("/proc/{}/stat", child.as_raw_nonzero())) {
        Ok(stat) => stat.contains(") Z"),
        Err(_) => rustix::process::test_kill_process(child).is_err(),
    };
    let end = Instant::now() + Duration::from_secs(10);
    while !gone() && Instant::now() < end {
        thread::yield_now();
    }
    assert!(gone());
}

#[test]
fn no_terminal_can_be_asked_while_a_screen_is_open() {
    let script = "(exec 3</dev/tty) 2>/dev/null && echo terminal || echo none; echo \"$GPG_TTY\"";
    assert_eq!(printed(script, Tty::Denied).unwrap(), "none\n\n");
    let id = "ps -o sid= -p $$ | tr -d ' '; echo $$";
    let session = |terminal| {
        let said = printed(id, terminal).unwrap();
        let (session, process) = said.trim().split_once('\n').unwrap();
        session == process
    };
    assert_eq!((session(Tty::Denied), session(Tty::Allowed)), (true, false));
}

#[test]
fn a_missing_program_is_named() {
    let missing = run_command(&["guestwire-no-such-program".to_owned()], Tty::Allowed, COMMAND_TIME);
    assert!(missing.unwrap_err().ends_with(" cannot be started (no such file)"));
    let nameless = run_command(&[], Tty::Allowed, COMMAND_TIME);
    assert!(nameless.unwrap_err().ends_with(" cannot be started (it has no name)"));
}
