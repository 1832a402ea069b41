//! What a socket that never rests may cost while the front end is slow.

use guestwire::engine::{Command, Report};
use guestwire::model::{ConversationKey, ExchangeKind, SessionAsk};

use super::guest::*;

const PUSHED: usize = 2_000;

/// Nothing is lost either: what waits with the server comes later, in order.
#[tokio::test]
async fn a_flood_waits_with_its_sender_while_nobody_takes_the_reports() {
    let guests = Guests::start(|frame, place| {
        let mut said = usual(frame, place);
        if frame.action() == "configureSession" {
            said.extend((0..PUSHED).map(|n| bot(&format!("b{n}"), 1, &n.to_string())));
            said.push(by_itself("Last", serde_json::json!({})));
        }
        said
    })
    .await;
    let mut engine = start_engine(guests.profile(1, "http://127.0.0.1:1"));
    engine.handle.ask(Command::Session(ConversationKey(0), SessionAsk::Connect));
    engine.session(0, "open").await;
    // All of it fits into the buffers of the system, and all tasks run on this thread: each has had its turns by then.
    for _ in 0..20 * PUSHED {
        tokio::task::yield_now().await;
    }
    engine.handle.ask(Command::Session(ConversationKey(7), SessionAsk::Connect));
    engine.until(|r| matches!(r, Report::Notice(..))).await;
    let taken_in = engine.heard().len();
    assert!((100..PUSHED / 2).contains(&taken_in), "{taken_in} messages were taken in that nobody wanted yet");
    engine.hears(&(PUSHED - 1).to_string()).await;
    assert_eq!(engine.heard(), (0..PUSHED).map(|n| n.to_string()).collect::<Vec<_>>());
    assert_eq!(engine.exchanges(ExchangeKind::Frame).len(), PUSHED + 2);
}
