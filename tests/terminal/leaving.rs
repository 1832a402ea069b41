//! The real binary in a real (pseudo-)terminal: the whole path by keys, and the terminal as it was on every way out.

use std::time::Duration;

use crate::support::pty::{Session, environment, guestwire, taken};
use portable_pty::CommandBuilder;
use rustix::process::Signal;

fn home() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn picks_sends_sees_reply_and_headers_and_quits() {
    let home = home();
    let mut session = Session::start(guestwire(home.path()), 120, 36);
    session.see("token ok");
    session.press("\x1b");
    session.until("the log in focus", |s| s.trim_end().ends_with(" log"));
    session.press("1");
    session.until("the picker in focus", |s| s.trim_end().ends_with(" conversations"));
    session.press("j\r");
    session.until("the composer in focus", |s| s.trim_end().ends_with(" typing"));
    session.press("Hello, is anyone there?");
    session.see("Hello, is anyone there?");
    session.press("\r");
    session.see("SEND  Hello, is anyone there?");
    session.until("an answered message", |s| taken(s, "Hello, is anyone there?", &["answered"]));
    session.press("\x1b");
    session.until("the log in focus", |s| s.trim_end().ends_with(" log"));
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
    let from_a_person = [Signal::TERM, Signal::HUP, Signal::INT, Signal::QUIT, Signal::USR1, Signal::USR2];
    let of_the_system = [Signal::ALARM, Signal::VTALARM, Signal::PROF, Signal::XCPU, Signal::IO, Signal::SYS];
    for signal in from_a_person.into_iter().chain(of_the_system) {
        let home = home();
        let mut session = Session::start(guestwire(home.path()), 80, 24);
        session.see("token ok");
        session.signal(signal);
        assert_eq!(session.end(), 128 + u32::try_from(signal.as_raw()).unwrap(), "{signal:?}");
        session.assert_restored();
    }
}

#[test]
fn ctrl_c_twice_leaves() {
    let home = home();
    let mut session = Session::start(guestwire(home.path()), 80, 24);
    session.see("token ok");
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
    session.see("token ok");
    session.press("a draft");
    session.see("a draft");
    session.press("\x1a");
    // The shell's words come while the program is stopped; then fg brings the screen back, draft and all.
    session.until_raw("SHELL HAS IT");
    session.until("the console again", |s| s.contains("a draft") && s.contains("token ok"));
    session.press("\x03\x03\x03");
    session.see("DONE");
    session.end();
    session.assert_restored();
}

#[test]
fn a_paste_never_sends() {
    let home = home();
    let mut session = Session::start(guestwire(home.path()), 100, 30);
    session.see("token ok");
    session.press("\x1b[200~first line\rsecond line\r\x1b[201~");
    session.see("second line");
    let screen = session.screen();
    assert!(!screen.contains("SEND"), "{screen}");
    session.press("\x03\x03\x03");
    assert_eq!(session.end(), 0);
    session.assert_restored();
}

#[test]
fn a_paste_that_is_not_marked_never_sends_and_is_never_a_command() {
    let home = home();
    let mut command = guestwire(home.path());
    command.env("TERM", "screen");
    let mut session = Session::start(command, 100, 30);
    session.see("token ok");
    session.press("first line\rsecond line\r");
    session.see("second line");
    session.press("\x03");
    session.until("an empty composer", |s| !s.contains("second line"));
    session.press("\x1b");
    session.until("the log in focus", |s| s.trim_end().ends_with(" log"));
    // Each of these letters is a command there, and two q would leave.
    session.press("qqquit\r");
    session.until("the text in the composer", |s| s.contains("qqquit") && s.trim_end().ends_with(" typing"));
    assert!(!session.screen().contains("SEND"), "{}", session.screen());
    session.press("\x03");
    session.until("an empty composer", |s| !s.contains("qqquit"));
    session.press("\x03");
    session.see("again to leave");
    session.press("\x03");
    assert_eq!(session.end(), 0);
    session.assert_restored();
}

#[test]
fn what_the_terminal_answers_is_never_typed_and_alt_with_an_arrow_moves() {
    let home = home();
    let mut session = Session::start(guestwire(home.path()), 100, 30);
    session.see("token ok");
    session.press("one two");
    session.see("one two");
    session.press("\x1b]11;rgb:1e1e/1e1e/1e1e\x07\x1b[?62;4c\x1bP1$r0m\x1b\\\x1b[?2026;2$y");
    session.press("\x1b\x1b[D");
    session.press("X");
    session.see("one Xtwo");
    // Shift-Enter, from a terminal that can tell.
    session.press("\x1b[13;2uY");
    session.until("a second line", |s| s.contains("one X") && s.contains("Ytwo") && !s.contains("SEND"));
    session.press("\x03\x03\x03");
    assert_eq!(session.end(), 0);
    session.assert_restored();
}

#[test]
fn a_window_that_changed_while_the_editor_had_it_is_drawn_whole() {
    let home = home();
    let (begun, go) = (home.path().join("begun"), home.path().join("go"));
    let editor = home.path().join("editor");
    let script = format!(
        "#!/bin/sh\ntouch {}\nwhile [ ! -e {} ]; do read -r -t 1 x </dev/tty; done 2>/dev/null\necho edited > \"$1\"\n",
        begun.display(),
        go.display()
    );
    std::fs::write(&editor, script).unwrap();
    let mut command = guestwire(home.path());
    command.env("EDITOR", format!("bash {}", editor.display()));
    let mut session = Session::start(command, 120, 36);
    session.see("token ok");
    session.press("draft\x07");
    session.until("the screen given away", |s| !s.contains("token ok"));
    session.resize(70, 20);
    std::fs::write(&go, "").unwrap();
    let screen = session.until("the console again", |s| s.contains("edited") && s.contains("token ok"));
    assert!(screen.lines().all(|line| line.chars().count() <= 70), "{screen}");
    // Each later change is followed too.
    session.resize(100, 30);
    session.until("all of a larger screen", |s| s.lines().any(|line| line.chars().count() > 90));
    session.press("\x03\x03\x03");
    assert_eq!(session.end(), 0);
    session.assert_restored();
}

/// A program that prints the secret cannot ask on the terminal, and one that changes its modes leaves no deaf console.
#[test]
fn a_command_for_a_secret_neither_asks_nor_leaves_the_console_deaf() {
    let home = home();
    // Where the console takes its modes back before stty has looked at what it set, stty says that it failed.
    let script = "printf 'Passphrase: ' >/dev/tty; for n in 1 2 3 4 5 6 7 8; do \
                  stty sane </proc/$PPID/fd/0 2>>failed && touch changed && break; done; \
                  echo 'no terminal to ask on' >&2; exit 7";
    let config = format!(
        "profile = 'a'\n[profiles.a]\nregion = 'mypurecloud.de'\n[profiles.a.hosts]\nlogin = 'http://127.0.0.1:1'\n\
         api = 'http://127.0.0.1:1'\n[profiles.a.oauth]\nclient_id = 'c'\n\
         client_secret = {{ command = ['sh', '-c', \"{script}\"] }}\n\
         [[profiles.a.conversations]]\nname = 'Billing'\nchannel = 'guest-api'\n\
         conversation_id = '5f0c91ce-0000-4000-8000-000000000001'\n"
    );
    std::fs::write(home.path().join("c.toml"), config).unwrap();
    let mut command = guestwire(home.path());
    command.args(["--config", "c.toml"]);
    let mut session = Session::start(command, 140, 36);
    let screen = session.see("no terminal to ask on");
    let failed = std::fs::read_to_string(home.path().join("failed")).unwrap_or_default();
    assert!(home.path().join("changed").exists(), "the modes were never changed: {failed}");
    assert!(!screen.contains("Passphrase"), "{screen}");
    session.press("hello");
    session.until("what was typed", |s| s.contains("› hello "));
    session.signal(Signal::TERM);
    assert_eq!(session.end(), 143);
    session.assert_restored();
}

#[test]
fn a_terminal_without_a_size_is_taken_for_the_usual_one() {
    for (columns, rows, width) in [(None, None, 80), (Some("100"), Some("30"), 100)] {
        let home = home();
        let mut command = guestwire(home.path());
        for (name, value) in [("COLUMNS", columns), ("LINES", rows)] {
            if let Some(value) = value {
                command.env(name, value);
            }
        }
        let mut session = Session::start_blind(command, 120, 36);
        let screen = session.see("token ok");
        let widest = screen.lines().map(|line| line.trim_end().chars().count()).max();
        assert!(widest.is_some_and(|w| w <= width && w + 3 > width), "{widest:?} of {width}\n{screen}");
        session.press("\x03\x03");
        assert_eq!(session.end(), 0);
        session.assert_restored();
    }
}

#[test]
fn a_terminal_that_goes_away_ends_the_program() {
    let home = home();
    let mut command = guestwire(home.path());
    command.args(["--log-file", &home.path().join("log").display().to_string()]);
    let mut session = Session::start(command, 80, 24);
    session.see("token ok");
    let mut child = session.hang_up();
    child.wait().unwrap();
}

#[test]
fn a_pager_that_is_missing_or_only_prints_is_said_or_waited_for() {
    for (pager, seen) in
        [("no-such-pager", "There is no pager called no-such-pager"), ("cat", "Press Enter to go back")]
    {
        let home = home();
        let mut command = guestwire(home.path());
        command.env("PAGER", pager);
        let mut session = Session::start(command, 120, 36);
        session.see("token ok");
        session.until("a first entry", |s| s.contains("TOKEN client credentials"));
        session.press("\x1b");
        session.until("the log in focus", |s| s.trim_end().ends_with(" log"));
        session.press("v");
        if pager == "cat" {
            session.until_raw(seen);
            session.press("\r");
        } else {
            session.see(seen);
        }
        session.see("token ok");
        session.press("\x03\x03");
        assert_eq!(session.end(), 0, "{pager}");
        session.assert_restored();
    }
}

#[test]
fn nothing_is_written_at_rest() {
    let home = home();
    let mut session = Session::start(guestwire(home.path()), 120, 36);
    session.see("token ok");
    // Start-up reads the open conversation; after that nothing moves.
    session.until("the first read", |s| s.contains("polling read"));
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
    guestwire::app::runtime::end_the_program(guestwire::tui::terminal::screen::leave);
    let _screen = guestwire::tui::terminal::screen::enter().unwrap();
    let _ = std::thread::spawn(|| panic!("on purpose")).join();
    unreachable!("the hook ends the process");
}

#[test]
fn a_panic_in_any_thread_restores_the_terminal_and_ends_with_101() {
    let home = home();
    let mut child = CommandBuilder::new(std::env::current_exe().unwrap());
    child.args(["--exact", "leaving::child_that_panics", "--nocapture", "--test-threads=1"]);
    environment(&mut child, home.path());
    child.env("GUESTWIRE_CHILD", "1");
    let mut session = Session::start(child, 80, 24);
    assert_eq!(session.end(), 101);
    session.assert_restored();
    assert!(session.screen().contains("on purpose"), "{}", session.screen());
}

/// A clipboard helper stays to serve what was copied (xclip does), or hangs: leaving does not wait for it.
#[cfg(unix)]
#[test]
fn a_helper_that_stays_keeps_nobody() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = home();
    let bin = home.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    let helper = bin.join("xclip");
    std::fs::write(&helper, "#!/bin/sh\ncat >/dev/null\nsleep 60 &\necho $! >\"$0.pid\"\n").unwrap();
    std::fs::set_permissions(&helper, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = guestwire(home.path());
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{}:{path}", bin.display()));
    command.env("DISPLAY", ":0");
    let mut session = Session::start(command, 80, 24);
    session.see("token ok");
    session.press("\x1b");
    session.until("the log in focus", |s| s.trim_end().ends_with(" log"));
    session.press("yy");
    session.see("xclip");
    session.press("q");
    assert_eq!(session.end(), 0);
    session.assert_restored();
    let stays = std::fs::read_to_string(helper.with_extension("pid")).unwrap().trim().parse().unwrap();
    let stays = rustix::process::Pid::from_raw(stays).unwrap();
    rustix::process::kill_process(stays, Signal::KILL).expect("the helper is still there");
}
