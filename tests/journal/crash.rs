//! The real program, killed at random points while it sends in several conversations: nothing that was typed is lost,
//! nothing is sent twice, and every message of unknown outcome says why. The sandbox's counts are the truth.
//!
//! `cargo test` kills it a few times. The long form: `GUESTWIRE_CRASHES=300 cargo test --release --test journal crash`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::support::pty::{Session, guestwire as program, taken};
use guestwire::journal::{Journal, JournalOptions, JournalReader, JournalReport, profile_dir};
use guestwire::model::{Address, Author, Conversation, DeliveryStatus};
use guestwire::sandbox::{self, Sandbox, Scenario};
use rustix::process::Signal;

/// Conversations that are written to, by all three channels; one more holds a draft.
const CONVERSATIONS: usize = 5;
/// What was typed longer ago must be found: half a second, and what a busy machine takes to hand keys over; how busy it
/// is shows in how long a start takes, of which this is so many times as much.
const SURELY_TYPED: Duration = Duration::from_millis(1_500);
const BUSY: u32 = 4;
/// Messages of a page of a web history, and how often one may be read.
const PAGE_SIZE: u32 = 25;
const PAGE_EVERY: Duration = Duration::from_secs(6);

const SCENARIO: &str = r#"
seed = 7
latency_ms = [0, 30]
reply_ms = [1, 2]
[limits]
requests_per_minute = 1000000
messages_per_second = 1000000
frames_per_minute = 1000000
configures_per_minute = 1000000
histories_per_minute = 1000000
[[conversations]]
name = "one"
script = "silent"
[[conversations]]
name = "two"
script = "silent"
[[conversations]]
name = "three"
script = "silent"
[[conversations]]
name = "Anna, open"
channel = "open-messaging"
guest = "Anna"
guest_id = "guest-42"
script = "silent"
[[conversations]]
name = "Anna, web"
channel = "web-messaging"
guest = "Anna"
script = "silent"
[[conversations]]
name = "drafts"
script = "silent"
"#;

/// Numbers that look random, the same in each run but for what the machine makes of them.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

fn config(sandbox: &Sandbox, home: &Path) -> Vec<Conversation> {
    let profile = sandbox.profile();
    let said = sandbox.announcement();
    let (id, secret) = (said["client_id"].as_str().unwrap(), said["client_secret"].as_str().unwrap());
    let url = sandbox.url();
    let mut text = format!(
        "profile = \"crash\"\n[profiles.crash]\nregion = \"mypurecloud.de\"\n[profiles.crash.hosts]\nlogin = \"{url}\"\n\
         api = \"{url}\"\nwebmessaging = \"ws://{}\"\n[profiles.crash.oauth]\nclient_id = \"{id}\"\n\
         client_secret = \"{secret}\"\nscopes = [\"guest:messages:send\", \"conversations\"]\n",
        sandbox.addr()
    );
    for entry in &profile.conversations {
        let conversation = &entry.conversation;
        let where_to = match &conversation.address {
            Address::GuestApi { conversation_id, participant_id, .. } => {
                let participant = participant_id.iter().map(|id| format!("participant_id = \"{id}\"\n"));
                format!("conversation_id = \"{conversation_id}\"\n{}", participant.collect::<String>())
            }
            Address::OpenMessaging { integration_id, guest } => {
                format!(
                    "integration_id = \"{integration_id}\"\nguest = {{ id = \"{}\", id_type = \"{}\" }}\n",
                    guest.id, guest.id_type
                )
            }
            Address::WebMessaging { deployment_id, origin } => {
                format!("deployment_id = \"{deployment_id}\"\norigin = \"{origin}\"\n")
            }
        };
        text += &format!(
            "[[profiles.crash.conversations]]\nname = \"{}\"\nchannel = \"{}\"\n{where_to}",
            conversation.name,
            conversation.channel().name()
        );
    }
    let path = home.join("config.toml");
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    profile.conversations.iter().map(|e| e.conversation.clone()).collect()
}

/// A sandbox, and a home with a config for it: its conversations, and where their journal will be. Inside of a runtime.
fn stage() -> (Sandbox, tempfile::TempDir, Vec<Conversation>, PathBuf) {
    let scenario = Scenario::parse(SCENARIO, Path::new("crash.toml")).unwrap();
    let sandbox = sandbox::start(0, scenario, guestwire::clock::Clock::start()).unwrap();
    let home = tempfile::tempdir().unwrap();
    let conversations = config(&sandbox, home.path());
    let dir = profile_dir(&home.path().join("data"), "crash");
    (sandbox, home, conversations, dir)
}

fn start(home: &Path) -> Session {
    let mut command = program(home);
    command.arg("--config");
    command.arg(home.join("config.toml"));
    command.arg("--data-dir");
    command.arg(home.join("data"));
    Session::start(command, 120, 36)
}

/// Every text that the sandbox received, and how often.
fn received(sandbox: &Sandbox) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for conversation in sandbox.state()["conversations"].as_array().unwrap() {
        for message in conversation["messages"].as_array().unwrap() {
            *counts.entry(message["text"].as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    counts
}

/// How many messages each conversation received.
fn received_by_conversation(sandbox: &Sandbox) -> BTreeMap<String, u64> {
    let state = sandbox.state();
    let of = |c: &serde_json::Value| (c["name"].as_str().unwrap().to_owned(), c["received"].as_u64().unwrap());
    let mut counts: BTreeMap<String, u64> = state["conversations"].as_array().unwrap().iter().map(of).collect();
    for entry in sandbox.profile().conversations {
        counts.entry(entry.conversation.name).or_default();
    }
    counts
}

/// Our messages as the journal has them.
fn kept(dir: &Path, conversations: &[Conversation]) -> BTreeMap<String, DeliveryStatus> {
    let Ok(reader) = JournalReader::open(dir, conversations) else { return BTreeMap::new() };
    let mut all = BTreeMap::new();
    for (_, line) in reader.transcript().unwrap() {
        if let (Author::Guest, Some(delivery)) = (line.author, line.delivery) {
            assert!(all.insert(line.text.clone(), delivery).is_none(), "kept twice: {}", line.text);
        }
    }
    all
}

/// The drafts, as the next start will find them.
fn drafts(dir: &Path, conversations: &[Conversation]) -> Vec<String> {
    let (journal, mut pages) = Journal::open(JournalOptions::new(dir.to_owned(), conversations.to_vec()));
    let drafts = loop {
        match pages.blocking_recv().expect("it opens") {
            JournalReport::Restored(restored) => break restored.drafts.into_iter().map(|(_, text, _)| text).collect(),
            JournalReport::Trouble(trouble) => panic!("{trouble:?}"),
            _ => {}
        }
    };
    assert!(journal.close(Duration::from_secs(10)));
    drafts
}

/// Writes messages into the conversations and a draft, and kills. What was surely typed.
fn round(home: &Path, round: u64, dice: &mut Dice) -> (Vec<String>, Option<String>) {
    let began = Instant::now();
    let mut session = start(home);
    session.see("Conversations");
    let surely = SURELY_TYPED + began.elapsed() * BUSY;
    let mut typed = Vec::new();
    let mut draft = None;
    for number in 0..4 + dice.below(8) {
        let text = format!("r{round}m{number}.");
        let down = "j".repeat(usize::try_from(dice.below(CONVERSATIONS as u64)).unwrap());
        session.press("\x1b");
        session.press(&format!("1g{down}\r"));
        session.press(&text);
        session.press("\r");
        typed.push((text, Instant::now()));
        if dice.below(3) == 0 {
            // Some die while much is under way, some while little is.
            let _ = session.is_silent(Duration::from_millis(dice.below(60)));
        }
    }
    if round.is_multiple_of(3) {
        session.press("\x1b");
        session.press("1G\r");
        let text = format!("draft{round}");
        session.press(&text);
        session.see(&text);
        draft = Some((text, Instant::now()));
        let _ = session.is_silent(surely);
    }
    let wait = dice.below([400, 2_000, 40, 100, 20][usize::try_from(round % 5).unwrap()]);
    let end = Instant::now() + Duration::from_millis(wait);
    while Instant::now() < end {
        let _ = session.is_silent(end.saturating_duration_since(Instant::now()));
    }
    let killed = Instant::now();
    session.signal(Signal::KILL);
    session.end();
    let sure = |(text, at): (String, Instant)| (killed - at >= surely).then_some(text);
    (typed.into_iter().filter_map(sure).collect(), draft.and_then(sure))
}

#[test]
fn killed_at_any_point_nothing_is_lost_and_nothing_sent_twice() {
    let rounds: u64 = std::env::var("GUESTWIRE_CRASHES").ok().and_then(|n| n.parse().ok()).unwrap_or(4);
    let seed: u64 = std::env::var("GUESTWIRE_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(0x9e37_79b9);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let _in_runtime = runtime.enter();
    let (sandbox, home, conversations, dir) = stage();
    let mut dice = Dice(seed);
    let mut must: BTreeSet<String> = BTreeSet::new();
    let (mut unknown_seen, mut in_doubt) = (0_usize, BTreeSet::new());
    for n in 1..=rounds {
        let (typed, draft) = round(home.path(), n, &mut dice);
        let found_drafts = drafts(&dir, &conversations);
        let kept = kept(&dir, &conversations);
        if let Some(text) = draft {
            assert!(
                found_drafts.iter().any(|d| d.ends_with(&text)),
                "round {n}: the draft {text} is gone: {found_drafts:?}"
            );
        }
        // What was typed surely, what reached the other side, and what was there before, is there.
        must.extend(typed);
        must.extend(kept.keys().cloned());
        must.extend(received(&sandbox).into_keys());
        for text in &must {
            let draft = found_drafts.iter().any(|d| d.contains(text.as_str()));
            assert!(kept.contains_key(text) || draft, "round {n}: {text} is lost");
        }
        for (text, delivery) in &kept {
            if let DeliveryStatus::Unknown(why) = delivery {
                assert!(!why.to_string().is_empty(), "round {n}: {text} is unknown without a word");
                unknown_seen += usize::from(in_doubt.insert(text.clone()));
            }
        }
        for (text, count) in received(&sandbox) {
            assert!(count <= 1, "round {n}: {text} was received {count} times");
        }
    }
    // One last start: what is queued goes, what is unknown is looked up. A web conversation takes a frame a second, and of
    // its history ten pages may be read in a minute, so that the time this may take grows with what was said.
    let mut session = start(home.path());
    let signed_in = |screen: &str| screen.contains("token ok") || screen.contains("session 71 h");
    session.until("the open conversation's token or session", signed_in);
    let pages = u32::try_from(received(&sandbox).len()).unwrap() / PAGE_SIZE;
    let queued =
        kept(&dir, &conversations).into_values().filter(|delivery| *delivery == DeliveryStatus::Queued).count();
    let frames = Duration::from_secs(queued as u64);
    let end = Instant::now() + Duration::from_secs(60) + PAGE_EVERY * pages + frames;
    let settled = loop {
        let _ = session.is_silent(Duration::from_millis(200));
        let now = kept(&dir, &conversations);
        let counts = received(&sandbox);
        let open = |(text, delivery): &(&String, &DeliveryStatus)| match delivery {
            DeliveryStatus::Unknown(_) => counts.contains_key(*text),
            delivery => !delivery.is_finished(),
        };
        if !now.iter().any(|kept| open(&kept)) {
            break now;
        }
        assert!(
            Instant::now() < end,
            "never settled: {:?} of {:?}",
            now.iter().filter(open).collect::<Vec<_>>(),
            received_by_conversation(&sandbox)
        );
    };
    session.signal(Signal::TERM);
    session.end();
    let counts = received(&sandbox);
    let by_conversation = received_by_conversation(&sandbox);
    // In a short run, all that was typed for one of them may have died with the terminal.
    if rounds >= 50 {
        let idle = by_conversation.iter().find(|(name, count)| **count == 0 && *name != "drafts");
        assert_eq!(idle, None, "a conversation was not put to the test");
    }
    let mut tally: BTreeMap<&str, usize> = BTreeMap::new();
    for (text, delivery) in &settled {
        *tally.entry(delivery.word()).or_default() += 1;
        let came = counts.get(text).copied().unwrap_or(0);
        match delivery {
            DeliveryStatus::Accepted | DeliveryStatus::Answered | DeliveryStatus::Received => {
                assert_eq!(came, 1, "{text} is {delivery:?}");
            }
            DeliveryStatus::Unknown(_) => assert_eq!(came, 0, "{text} was received, and the look-up did not find it"),
            _ => assert_eq!(came, 0, "{text} is {delivery:?}"),
        }
    }
    for text in counts.keys() {
        assert!(settled.contains_key(text), "{text} was received and is not kept");
    }
    eprintln!(
        "{rounds} kills, {} messages kept, {} received, 0 lost, 0 twice; {unknown_seen} were on the wire; at the end: {tally:?}; \
         received in {by_conversation:?}",
        settled.len(),
        counts.len()
    );
}

/// The provider's message id is on the disk before the first byte leaves, so that the next session has it too.
#[test]
fn an_open_message_sent_again_after_a_kill_has_its_message_id_and_is_received_once() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let _in_runtime = runtime.enter();
    let (sandbox, home, conversations, dir) = stage();
    let text = "did it land?";
    let wait = |session: &mut Session, what: &str, done: &dyn Fn() -> bool| {
        let end = Instant::now() + Duration::from_secs(30);
        while !done() {
            let _ = session.is_silent(Duration::from_millis(20));
            assert!(Instant::now() < end, "never {what}:\n{}", session.screen());
        }
    };

    // It is received, and the answer does not come before the end.
    sandbox.set_fault(r#"{"fault": "slow-headers", "conversation": "Anna, open", "delay_ms": 600000}"#).unwrap();
    let mut session = start(home.path());
    session.see("token ok");
    session.press("\x1b");
    session.press("1gjjj\r");
    session.see("3 To Anna, open");
    session.press(text);
    session.press("\r");
    wait(&mut session, "received", &|| received(&sandbox).contains_key(text));
    session.signal(Signal::KILL);
    session.end();
    sandbox.clear_faults();

    // Its conversation was never told, so nothing but a person can go on.
    let mut session = start(home.path());
    session.see("of the last session has an unknown outcome");
    session.see("token ok");
    session.press("\x1b");
    session.press("1gjjj\r");
    session.see("3 To Anna, open");
    session.press("\x1b");
    session.until("the log in focus", |s| s.trim_end().ends_with(" log"));
    session.press("u");
    session.see("What became of this message?");
    session.press("4\r");
    session.see("Send it again although it may have been received?");
    session.press("again\r");
    wait(&mut session, "sent again", &|| sandbox.state()["open"]["duplicates"] == 1);
    session.until("an accepted message", |s| taken(s, text, &["accepted  sent again"]));
    session.signal(Signal::TERM);
    session.end();
    assert_eq!(received(&sandbox), BTreeMap::from([(text.to_owned(), 1)]));
    let said = JournalReader::open(&dir, &conversations).unwrap().transcript().unwrap();
    let lives: Vec<_> = said.into_iter().filter_map(|(_, line)| Some((line.again, line.delivery?))).collect();
    assert_eq!(lives, [(false, DeliveryStatus::Received), (true, DeliveryStatus::Accepted)]);
}
