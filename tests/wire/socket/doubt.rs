//! Messages of an earlier session of which nobody knows: they are looked for in the history, however far back they lie.

use std::fmt::Write as _;
use std::path::Path;

use guestwire::engine::{Command, Report};
use guestwire::model::{ConversationKey, DeliveryStatus, ExchangeKind, Extras, MessageId, Outcome};
use guestwire::sandbox::{Sandbox, Scenario, start};

use crate::support::engine::{TestEngine, unknown_message};

/// Lines of the history, one a minute, the newest two minutes old.
const LINES: i64 = 150;

fn both() -> (Sandbox, TestEngine) {
    let mut text = format!(
        "seed = 42\nlatency_ms = [0, 0]\n[[conversations]]\nname = \"Anna, web\"\nchannel = \"web-messaging\"\n\
         guest = \"Anna\"\nscript = \"silent\"\nstarted_minutes_ago = {}\n",
        LINES + 2
    );
    for line in 1..=LINES {
        write!(text, "[[conversations.history]]\nby = \"guest\"\ntext = \"line {line}\"\n").unwrap();
    }
    let scenario = Scenario::parse(&text, Path::new("doubt.toml")).unwrap();
    let sandbox = start(0, scenario, guestwire::clock::Clock::start()).unwrap();
    let profile = sandbox.profile();
    (sandbox, TestEngine::start(profile))
}

/// An earlier session was killed while it said this, in the minute of that line.
fn recall(engine: &TestEngine, id: u64, text: &str, line: i64) -> MessageId {
    let ago = jiff::SignedDuration::from_mins(LINES + 2 - line);
    let begun = jiff::Timestamp::now().checked_sub(ago).unwrap();
    let extras = Extras { idempotency_key: Some(uuid::Uuid::new_v4().to_string()), ..Extras::default() };
    engine.handle.ask(Command::Recall(vec![unknown_message(id, text, begun, extras)]));
    MessageId(id)
}

/// The pages that were read, in order.
fn pages(engine: &TestEngine) -> Vec<String> {
    let read = engine.exchanges(ExchangeKind::Read);
    assert!(read.iter().all(|e| e.outcome == Outcome::Accepted), "{read:#?}");
    read.iter().map(|e| e.what.rsplit(' ').next().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_message_is_found_however_much_was_said_since() {
    let (_sandbox, mut engine) = both();
    let message = recall(&engine, 7, "line 41", 41);
    engine.until(
        |r| matches!(r, Report::Message { id, delivery: DeliveryStatus::Received, remote_id: Some(_), .. } if *id == message),
    )
    .await;
    assert_eq!(pages(&engine), ["1", "2", "3", "4", "5"], "as far as it took");
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_never_came_is_looked_for_until_the_pages_are_older_and_again_with_the_next() {
    let (_sandbox, mut engine) = both();
    let lost = recall(&engine, 7, "never received", 100);
    let read = |n: &'static str| move |r: &Report| matches!(r, Report::Exchange(e) if e.what.ends_with(n) && e.outcome == Outcome::Accepted);
    engine.until(read("page 3")).await;
    // A person wants it looked for: from the newest on, as it may have come late. Asked twice, it is looked for once.
    for _ in 0..2 {
        engine.handle.ask(Command::Read(ConversationKey(0)));
    }
    engine.until(read("page 3")).await;
    // The next one to be looked for is older: its look begins anew, so the first had come to rest.
    let found = recall(&engine, 8, "line 70", 70);
    engine.until(|r| matches!(r, Report::Message { id, delivery: DeliveryStatus::Received, .. } if *id == found)).await;
    assert_eq!(pages(&engine), ["1", "2", "3", "1", "2", "3", "1", "2", "3", "4"]);
    assert_eq!(engine.delivery(lost), None, "nothing was found out about it");
    engine.stop().await;
}
