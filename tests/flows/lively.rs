//! What stays in memory of a session in which somebody speaks without end.

use std::sync::Arc;
use std::time::Duration;

use guestwire::engine::Report;
use guestwire::model::{Author, ConversationKey, Exchange, ExchangeId, Moment, RemoteMessage};
use guestwire::session::Changes;
use guestwire::session::Conversations;
use guestwire::session::{Log, LogOptions};
use guestwire::session::{ProfileInfo, Session};

use crate::support::engine::profile;
use crate::support::log::{accepted, at};

/// Reports of `count` frames that each say something, from the `first` on.
fn said(session: &mut Session, first: u64, count: u64) {
    const KEY: ConversationKey = ConversationKey(0);
    let pattern = accepted(0, 0, &"x".repeat(200));
    for burst in (first..first + count).collect::<Vec<_>>().chunks(100) {
        let now: Moment = at(burst[0] * 10);
        for id in burst {
            let exchange =
                Exchange { id: ExchangeId(*id), message: None, conversation: Some(KEY), ..(*pattern).clone() };
            apply(session, Report::Exchange(Arc::new(exchange)), now);
        }
        let message = |id: &u64| {
            let wall = now.after(Duration::from_millis(*id)).wall;
            RemoteMessage::new(format!("message-{id}"), Author::Bot, format!("{id} {}", "x".repeat(200)), wall)
        };
        apply(session, Report::MessagesArrived(KEY, burst.iter().map(message).collect()), now);
    }
}

fn apply(session: &mut Session, report: Report, now: Moment) {
    let _: Changes = session.apply(report, now);
}

#[test]
fn memory_stops_growing_where_log_and_thread_are_full() {
    let profile = profile("http://127.0.0.1:1", 1);
    let conversations = profile.conversations.iter().map(|entry| entry.conversation.clone()).collect();
    let log = Log::new(LogOptions { max_entries: 500, ..LogOptions::default() });
    let mut session =
        Session::new(ProfileInfo::of(&profile, "/tmp".into(), None), Conversations::new(conversations), log);
    let filled = allocation_counter::measure(|| said(&mut session, 0, 2_500)).bytes_current;
    let more = allocation_counter::measure(|| said(&mut session, 2_500, 5_000)).bytes_current;
    assert!(filled > 1 << 20, "{filled}");
    // Tables grow and rows that were laid out go now and then; each message kept would be a kilobyte.
    assert!(more < filled / 8, "{more} bytes more after twice as many messages again, of {filled}");
}
