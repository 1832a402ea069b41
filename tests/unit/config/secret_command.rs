//! Commands that print a secret, print too much, fail, hang or ask.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;

fn shell(script: &str, terminal: Terminal) -> Result<String, SecretError> {
    let words = ["sh", "-c", script].map(str::to_owned);
    run(&words, terminal, Duration::from_secs(20)).map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())
}

#[test]
fn what_it_prints_is_bounded_and_read_to_the_end() {
    for terminal in [Terminal::Free, Terminal::Taken] {
        assert_eq!(shell("printf hunter2", terminal).unwrap(), "hunter2");
        let much = shell("echo hunter2; seq 1 100000", terminal).unwrap();
        assert!(much.starts_with("hunter2\n") && much.len() == MAX_BYTES, "{}", much.len());
        // A program that it leaves behind keeps the pipe open, and is not waited for.
        assert_eq!(shell("sleep 60 & echo hunter2", terminal).unwrap(), "hunter2\n");
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
        let error = shell(script, Terminal::Free).unwrap_err();
        let SecretError::Failed { complaint: said, .. } = &error else { panic!("{error}") };
        assert_eq!(said.as_deref(), complaint, "{script}");
        assert!(error.to_string().contains("exit status: 3") && !error.to_string().contains("hunter2"), "{error}");
    }
}

#[test]
fn a_command_that_hangs_is_ended_with_what_it_started() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let script = format!("sleep 600 & echo $! >{}; wait", file.path().display());
    let words = ["sh".to_owned(), "-c".to_owned(), script];
    let error = run(&words, Terminal::Taken, Duration::from_millis(500)).unwrap_err();
    assert!(matches!(error, SecretError::TooLong { .. }), "{error}");
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
    assert_eq!(shell(script, Terminal::Taken).unwrap(), "none\n\n");
    let id = "ps -o sid= -p $$ | tr -d ' '; echo $$";
    let session = |terminal| {
        let said = shell(id, terminal).unwrap();
        let (session, process) = said.trim().split_once('\n').unwrap();
        session == process
    };
    assert_eq!((session(Terminal::Taken), session(Terminal::Free)), (true, false));
}

#[test]
fn a_missing_program_is_named() {
    let missing = run(&["guestwire-no-such-program".to_owned()], Terminal::Free, TIME);
    assert!(matches!(missing, Err(SecretError::CannotStart { why, .. }) if why == "no such file"));
    assert!(matches!(run(&[], Terminal::Free, TIME), Err(SecretError::CannotStart { .. })));
}
