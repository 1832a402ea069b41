//! The real binary in a real (pseudo-)terminal: the whole path by keys, and the terminal as it was on every way out.

#![cfg(unix)]
#![expect(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "tests")]

mod pty;

use std::time::Duration;

use portable_pty::CommandBuilder;
use pty::{Session, environment, guestwire};
use rustix::process::Signal;

fn home() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn picks_sends_sees_reply_and_headers_and_quits() {
    let home = home();
    let mut session = Session::start(guestwire(home.path()), 120, 36);
    session.see("TOKEN ok");
    session.press("\x1b");
    session.until("the log in focus", |s| s.contains("» 2 Log"));
    session.press("1");
    session.until("the picker in focus", |s| s.contains("» 1 Conversations"));
    session.press("j\r");
    session.until("the composer in focus", |s| s.contains("» 3 Compose"));
    session.press("Hello, is anyone there?");
    session.see("Hello, is anyone there?");
    session.press("\r");
    session.see("\"Hello, is anyone there?\"");
    session.until("an answered message", |s| s.contains("200 ans"));
    session.press("\x1b");
    session.until("the log in focus", |s| s.contains("» 2 Log"));
    session.press("/kind:send\r");
    session.see("filter: kind:send");
    session.press("G\r\r");
    let screen = session.see("Response headers");
    assert!(screen.contains("HTTP/1.1 200"), "{screen}");
    session.press("\x1bq");
    assert_eq!(session.end(), 0);
    session.assert_restored();
}

#[test]
fn signals_restore_the_terminal() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let home = home();
        let mut session = Session::start(guestwire(home.path()), 80, 24);
        session.see("TOKEN ok");
        session.signal(signal);
        session.end();
        session.assert_restored();
    }
}

#[test]
fn ctrl_c_twice_leaves() {
    let home = home();
    let mut session = Session::start(guestwire(home.path()), 80, 24);
    session.see("TOKEN ok");
    session.press("\x03");
    session.see("again to leave");
    session.press("\x03");
    assert_eq!(session.end(), 0);
    session.assert_restored();
}

#[test]
fn ctrl_z_gives_the_terminal_back_and_fg_returns() {
    let home = home();
    let mut shell = CommandBuilder::new("bash");
    shell.args(["-m", "-c", &format!("{}; echo SHELL HAS IT; fg; echo DONE", env!("CARGO_BIN_EXE_guestwire"))]);
    environment(&mut shell, home.path());
    let mut session = Session::start(shell, 80, 24);
    session.see("TOKEN ok");
    session.press("a draft");
    session.see("a draft");
    session.press("\x1a");
    // The shell's words come while the program is stopped; then fg brings the screen back, draft and all.
    session.until_raw("SHELL HAS IT");
    session.until("the console again", |s| s.contains("a draft") && s.contains("TOKEN ok"));
    session.press("\x03\x03\x03");
    session.see("DONE");
    session.end();
    session.assert_restored();
}

#[test]
fn a_paste_never_sends() {
    let home = home();
    let mut session = Session::start(guestwire(home.path()), 100, 30);
    session.see("TOKEN ok");
    session.press("\x1b[200~first line\rsecond line\r\x1b[201~");
    session.see("second line");
    let screen = session.screen();
    assert!(!screen.contains("SEND"), "{screen}");
    session.press("\x03\x03\x03");
    assert_eq!(session.end(), 0);
    session.assert_restored();
}

#[test]
fn nothing_is_written_at_rest() {
    let home = home();
    let mut session = Session::start(guestwire(home.path()), 120, 36);
    session.see("TOKEN ok");
    // Start-up reads the open conversation; after that nothing moves.
    session.until("the first read", |s| s.contains("READ"));
    while !session.is_silent(Duration::from_millis(700)) {}
    let before = session.raw.len();
    let silent = session.is_silent(Duration::from_secs(2));
    assert!(silent, "drawn at rest: {:?}", String::from_utf8_lossy(&session.raw[before..]));
    session.press("\x03\x03");
    session.end();
}

#[test]
fn small_terminals_say_what_they_need_and_nothing_is_lost() {
    let home = home();
    let mut session = Session::start(guestwire(home.path()), 39, 11);
    session.see("40x12");
    session.press("\x03\x03");
    assert_eq!(session.end(), 0);
    session.assert_restored();
}

/// Not a test of its own: the child of the one below, which runs this binary again in a terminal.
#[test]
fn child_that_panics() {
    if std::env::var_os("GUESTWIRE_CHILD").is_none() {
        return;
    }
    guestwire::shell::terminal::install_panic_hook();
    let _screen = guestwire::shell::terminal::enter().unwrap();
    let _ = std::thread::spawn(|| panic!("on purpose")).join();
    unreachable!("the hook ends the process");
}

#[test]
fn a_panic_in_any_thread_restores_the_terminal_and_ends_with_101() {
    let home = home();
    let mut child = CommandBuilder::new(std::env::current_exe().unwrap());
    child.args(["--exact", "child_that_panics", "--nocapture", "--test-threads=1"]);
    environment(&mut child, home.path());
    child.env("GUESTWIRE_CHILD", "1");
    let mut session = Session::start(child, 80, 24);
    assert_eq!(session.end(), 101);
    session.assert_restored();
    assert!(session.screen().contains("on purpose"), "{}", session.screen());
}
