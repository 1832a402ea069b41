//! What a restart finds, a second guestwire on the same profile, and trouble with the disk: the real binary in a
//! pseudo-terminal, and what lies in its journal afterwards.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::support::pty::{Session, guestwire as program, taken};
use guestwire::engine::{Intent, SendLog as _};
use guestwire::journal::{HistoryRange, LogSource};
use guestwire::journal::{Job, Journal, JournalOptions, JournalReader, JournalReport, profile_dir};
use guestwire::model::{Author, Conversation, ConversationKey, DeliveryStatus, Message, MessageId, Moment};
use guestwire::sandbox::{self, Scenario};

/// What the thread says of a message that was taken; a quick answer may come before one looks.
const TAKEN: [&str; 2] = ["accepted", "answered"];

fn home() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn start(home: &Path, flags: &[&str]) -> Session {
    let mut command = program(home);
    command.args(["--data-dir", "data"]);
    command.args(flags);
    Session::start(command, 120, 36)
}

fn dir(home: &Path) -> PathBuf {
    profile_dir(&home.join("data"), "sandbox")
}

/// The built-in profile's conversations and its client secret.
fn builtin() -> (Vec<Conversation>, String) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let sandbox = sandbox::start(0, Scenario::builtin(), guestwire::clock::Clock::start()).unwrap();
        let conversations = sandbox.profile().conversations.into_iter().map(|e| e.conversation).collect();
        (conversations, sandbox.announcement()["client_secret"].as_str().unwrap().to_owned())
    })
}

fn open(home: &Path) -> Journal {
    let (journal, mut pages) = Journal::open(JournalOptions::new(dir(home), builtin().0));
    while !matches!(pages.blocking_recv().unwrap(), JournalReport::Restored(_)) {}
    journal
}

/// As if a session had queued this so long ago.
fn queued(journal: &Journal, id: u64, text: &str, minutes_ago: i64) {
    let at = jiff::Timestamp::now() - jiff::SignedDuration::from_mins(minutes_ago);
    journal.submit(Job::Queue(Box::new(Message {
        id: MessageId(id),
        conversation: ConversationKey(0),
        author: Author::Guest,
        text: text.to_owned(),
        at: Moment::new(Duration::ZERO, at),
        delivery: DeliveryStatus::Queued,
        exchange: None,
        remote_id: None,
        resend_of: None,
        sent_as: None,
        extras: guestwire::model::Extras::default(),
    })));
}

/// Whether a row of the log has the number 1, before its time.
fn first_entry(row: &str) -> bool {
    row.split_once("  1  ").is_some_and(|(_, rest)| rest.get(2..3) == Some(":") && rest.get(5..6) == Some(":"))
}

fn close(journal: &Journal) {
    assert!(journal.close(Duration::from_secs(10)));
}

fn leave(session: &mut Session) {
    session.press("\x1b");
    session.until("the log in focus", |s| s.trim_end().ends_with(" log"));
    session.press("q");
    if session.screen().contains("Leave guestwire?") || !session.is_silent(Duration::from_millis(100)) {
        session.press("\r");
    }
    assert_eq!(session.end(), 0);
}

#[test]
fn a_restart_goes_on_where_the_last_session_ended() {
    let home = home();
    let mut first = start(home.path(), &[]);
    first.see("token ok");
    first.press("a wombat passes by\r");
    first.until("an accepted message", |s| taken(s, "a wombat passes by", &TAKEN));
    first.press("\x1b");
    first.until("the log in focus", |s| s.trim_end().ends_with(" log"));
    first.press("1n");
    first.see("nickname:");
    first.press("\x15Anna's own\r");
    first.see("Anna's own");
    first.press("\r");
    first.press("half a sentence");
    first.see("half a sentence");
    let last = first.screen();
    assert!(last.lines().any(first_entry), "{last}");
    leave(&mut first);

    let mut second = start(home.path(), &[]);
    second.until("the draft", |s| s.contains("half a sentence") && s.contains("Anna's own"));
    second.see("token ok");
    assert!(!second.screen().lines().any(first_entry), "numbers go on:\n{}", second.screen());
    second.press("\x1b");
    second.until("the log in focus", |s| s.trim_end().ends_with(" log"));
    // Above the first entry of this session stand those of the last.
    second.press("gk");
    second.see("history #1 to #");
    second.see("SEND  a wombat passes by");
    second.press("G");
    second.see("following");
    second.press("S");
    second.see("search the journal");
    second.press("WOMBAT passes\r");
    second.see("found: WOMBAT passes");
    second.see("SEND  a wombat passes by");
    second.press("\x1b");
    second.see("following");
    second.press("qq");
    if !second.is_silent(Duration::from_millis(200)) {
        second.press("\r");
    }
    assert_eq!(second.end(), 0);

    // Nothing secret is in what was kept, packed or not.
    let (conversations, secret) = builtin();
    let reader = JournalReader::open(&dir(home.path()), &conversations).unwrap();
    let (entries, _) = reader.page(&HistoryRange::After(0), 1_000).unwrap();
    assert!(entries.iter().any(|e| matches!(&e.source, LogSource::Exchange(x) if x.what.contains("wombat"))));
    let everything = format!("{entries:?}");
    assert!(!everything.contains(&secret));
    assert!(everything.contains("uthorization"), "headers are kept");
    let raw = std::fs::read(dir(home.path()).join("journal.db")).unwrap();
    assert!(!raw.windows(secret.len()).any(|w| w == secret.as_bytes()));
}

#[test]
fn a_restart_opens_the_conversation_that_was_open_last() {
    let home = home();
    let mut first = start(home.path(), &[]);
    first.see("token ok");
    first.see("3 To Billing bot");
    first.press("\x1b");
    first.until("the log in focus", |s| s.trim_end().ends_with(" log"));
    first.press("1j\r");
    first.see("3 To Echo");
    leave(&mut first);
    let mut second = start(home.path(), &[]);
    second.see("token ok");
    second.see("3 To Echo");
    second.press("is anybody there\r");
    second.see("You said: is anybody there");
    leave(&mut second);
}

#[test]
fn an_old_queue_waits_for_a_key_and_a_young_one_does_not() {
    let home = home();
    let journal = open(home.path());
    queued(&journal, 1, "from long ago", 25);
    close(&journal);
    let mut session = start(home.path(), &[]);
    session.see("token ok");
    session.see("more than ten minutes old");
    session.until("the first read", |s| s.contains("polling read"));
    assert!(!session.screen().contains("SEND"), "it was sent by itself");
    session.press("\x1b");
    session.until("the log in focus", |s| s.trim_end().ends_with(" log"));
    session.press("Q");
    session.see("SEND  from long ago");
    session.until("an accepted message", |s| taken(s, "from long ago", &TAKEN));
    leave(&mut session);

    let journal = open(home.path());
    queued(&journal, 2, "from just now", 1);
    close(&journal);
    let mut session = start(home.path(), &[]);
    session.see("SEND  from just now");
    session.until("an accepted message", |s| taken(s, "from just now", &TAKEN));
    leave(&mut session);
}

#[test]
fn what_was_on_the_wire_is_unknown_and_a_person_settles_it() {
    let home = home();
    let journal = open(home.path());
    queued(&journal, 77, "did it land", 1);
    let intent = Intent {
        message: MessageId(77),
        conversation: ConversationKey(0),
        text: "did it land".to_owned(),
        shown: "did it land".to_owned(),
        extras: guestwire::model::Extras::default(),
        attempt: 1,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(journal.intent(intent)).unwrap();
    close(&journal);
    let mut session = start(home.path(), &[]);
    session.see("token ok");
    session.see("of the last session has an unknown outcome");
    session.until("the look-up", |s| s.contains("polling read"));
    assert!(!session.screen().contains("SEND"), "it was sent again:\n{}", session.screen());
    session.press("\x1b");
    session.until("the log in focus", |s| s.trim_end().ends_with(" log"));
    session.press("u");
    session.see("What became of this message?");
    session.see("guestwire stopped while this was on the wire");
    session.press("2\r");
    session.until("the dialog closed", |s| !s.contains("What became of this message?"));
    leave(&mut session);
    let reader = JournalReader::open(&dir(home.path()), &builtin().0).unwrap();
    let lives: Vec<_> = reader.transcript().unwrap().into_iter().filter_map(|(_, line)| line.delivery).collect();
    assert_eq!(lives, [DeliveryStatus::Received]);
}

#[test]
fn a_second_guestwire_says_so_only_reads_and_takes_over() {
    let home = home();
    let mut first = start(home.path(), &[]);
    first.see("token ok");
    first.press("the first one wrote this\r");
    first.until("an accepted message", |s| taken(s, "the first one wrote this", &TAKEN));
    // What happened is kept a moment after it was shown.
    let reader = JournalReader::open(&dir(home.path()), &builtin().0).unwrap();
    let found = HistoryRange::Found("first wrote".to_owned(), u64::MAX);
    let deadline = std::time::Instant::now() + Duration::from_secs(30);
    while reader.page(&found, 10).unwrap().0.is_empty() {
        assert!(std::time::Instant::now() < deadline, "never kept");
        std::thread::yield_now();
    }
    let mut second = start(home.path(), &[]);
    second.see("READ-ONLY");
    second.see("Another guestwire has this profile open");
    second.see("token ok");
    second.press("not from here\r");
    second.see("not from here");
    second.press("\x1b");
    second.until("the log in focus", |s| s.trim_end().ends_with(" log"));
    assert!(!second.screen().contains("SEND"), "{}", second.screen());
    second.press("S");
    second.see("search the journal");
    second.press("first wrote\r");
    second.see("SEND  the first one wrote this");
    second.press("\x1b");
    second.see("following");
    // One that is killed leaves no lock: the second goes on in its place.
    first.signal(rustix::process::Signal::KILL);
    first.end();
    second.see("The journal is free");
    second.until("no word of reading only", |s| !s.contains("READ-ONLY"));
    second.signal(rustix::process::Signal::TERM);
    second.end();
}

#[test]
fn ephemeral_writes_nothing() {
    let home = home();
    let mut session = start(home.path(), &["--ephemeral"]);
    session.see("token ok");
    session.press("leaves no trace\r");
    session.until("an accepted message", |s| taken(s, "leaves no trace", &TAKEN));
    leave(&mut session);
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0, "something was written");
}

#[test]
fn without_a_place_to_write_the_console_goes_on_and_says_what_is_not_kept() {
    let home = home();
    std::fs::create_dir(home.path().join("data")).unwrap();
    std::fs::write(home.path().join("data/profiles"), "in the way").unwrap();
    let mut session = start(home.path(), &[]);
    session.see("NOT KEPT");
    session.see("Nothing is being kept");
    session.see("token ok");
    session.press("goes all the same\r");
    session.until("an accepted message", |s| taken(s, "goes all the same", &TAKEN));
    leave(&mut session);
    assert_eq!(std::fs::read_to_string(home.path().join("data/profiles")).unwrap(), "in the way");
}
