//! What a start brings back: the conversation that was open last.

use guestwire::engine::{Command, Report};
use guestwire::journal::Restored;
use guestwire::journal::{Job, JournalReport};
use guestwire::model::{Author, ConversationKey, RemoteMessage};
use guestwire::tui::state::Pane;
use guestwire::tui::{Effect, Event};
use jiff::Timestamp;

use crate::support::console::{BILLING, Desk, RETURNS, commands, conversation, valid};

fn starting() -> Desk {
    let mut desk = Desk::default();
    desk.state.session.journal.open();
    desk
}

fn restore(desk: &mut Desk, restored: Restored) -> Vec<Effect> {
    desk.event(Event::Journal(JournalReport::Restored(Box::new(restored))))
}

fn opened(effects: &[Effect]) -> Vec<ConversationKey> {
    effects.iter().filter_map(|e| if let Effect::Journal(Job::Opened(key)) = e { Some(*key) } else { None }).collect()
}

#[test]
fn the_conversation_that_was_open_last_is_open_again() {
    let mut desk = starting();
    let drafts = vec![(RETURNS, "half a sentence".to_owned(), 4)];
    let effects = restore(&mut desk, Restored { open: Some(RETURNS), drafts, ..Restored::default() });
    assert_eq!(
        (desk.state.session.conversations.active(), desk.state.composer.text()),
        (Some(RETURNS), "half a sentence")
    );
    assert_eq!((commands(&effects), opened(&effects)), (vec![], vec![]), "no token yet, and nothing new to keep");
    let effects = desk.report(Report::Token(valid()));
    assert_eq!(commands(&effects), [&Command::Watch(Some(RETURNS)), &Command::Read(RETURNS)]);
}

#[test]
fn where_the_token_came_first_it_is_looked_at_at_once() {
    let mut desk = starting();
    desk.report(Report::Token(valid()));
    let effects = restore(&mut desk, Restored { open: Some(RETURNS), ..Restored::default() });
    assert_eq!(commands(&effects), [&Command::Watch(Some(RETURNS)), &Command::Read(RETURNS)]);
}

#[test]
fn the_engine_knows_what_was_heard_before_it_reads_anything() {
    let mut desk = starting();
    desk.report(Report::Token(valid()));
    let messages = vec![RemoteMessage::new("h", Author::Bot, "Good morning!", Timestamp::UNIX_EPOCH)];
    let heard = vec![(RETURNS, messages.clone())];
    let effects = restore(&mut desk, Restored { open: Some(RETURNS), remote_messages: heard, ..Restored::default() });
    let wanted = [Command::RecallRemote(RETURNS, messages), Command::Watch(Some(RETURNS)), Command::Read(RETURNS)];
    assert_eq!(commands(&effects), wanted.iter().collect::<Vec<_>>());
}

#[test]
fn what_was_begun_before_the_journal_was_open_stays_where_it_was_begun() {
    for keys in ["h i", "h i enter", "esc 1", "esc 1 G enter", "esc :"] {
        let mut desk = starting();
        desk.keys(keys);
        let active = desk.state.session.conversations.active();
        let effects = restore(&mut desk, Restored { open: Some(RETURNS), ..Restored::default() });
        assert_eq!(desk.state.session.conversations.active(), active, "{keys}");
        assert_eq!(opened(&effects), Vec::from_iter(active), "it is the open one now: {keys}");
    }
}

/// A crash must not lose a draft: only the message that was the draft takes it out of the journal.
#[test]
fn a_message_that_was_not_the_draft_leaves_it_in_the_journal() {
    let mut desk = starting();
    let job = |effects: &[Effect]| -> String {
        let mut jobs = effects.iter().filter_map(|e| if let Effect::Journal(job) = e { Some(job) } else { None });
        jobs.find_map(|job| format!("{job:?}").split_once('(').map(|(name, _)| name.to_owned())).unwrap_or_default()
    };
    desk.type_text("before it is open");
    assert_eq!(job(&desk.keys("enter")), "QueueBeside", "what is kept is not known yet");
    restore(&mut desk, Restored::default());
    desk.type_text("first");
    assert_eq!(job(&desk.keys("enter")), "Queue");
    desk.type_text("half a thought");
    assert_eq!(job(&desk.keys("up enter")), "QueueBeside", "a text of the history goes, and the draft stays");
    assert_eq!(desk.state.composer.text(), "half a thought");
    assert_eq!(job(&desk.keys("enter")), "Queue");
}

#[test]
fn which_is_open_is_kept_once_where_it_changes() {
    let mut desk = starting();
    assert_eq!(opened(&restore(&mut desk, Restored::default())), [], "the first is open anyhow");
    assert_eq!(opened(&desk.keys("esc 1 j enter")), [RETURNS]);
    assert_eq!(opened(&desk.keys("h i esc 1 enter")), []);
    assert_eq!(opened(&desk.keys("esc 1 k enter")), [BILLING]);
}

#[test]
fn conversations_added_by_hand_come_back_without_moving_where_one_stands() {
    let mut desk = starting();
    let added = vec![conversation(3, "added later", "aaaa"), conversation(4, "added last", "bbbb")];
    restore(&mut desk, Restored { added, ..Restored::default() });
    assert_eq!(
        (desk.state.session.conversations.active(), desk.state.session.conversations.selected()),
        (Some(BILLING), Some(BILLING))
    );
    // Where there are no others, nothing is open before.
    let mut desk = Desk::with(120, 36, |setup| {
        setup.session.conversations = guestwire::session::Conversations::new(vec![]);
    });
    desk.state.session.journal.open();
    let added = vec![conversation(0, "by hand", "aaaa"), conversation(1, "by hand too", "bbbb")];
    restore(&mut desk, Restored { added, open: Some(ConversationKey(0)), ..Restored::default() });
    assert_eq!(desk.state.session.conversations.active(), Some(ConversationKey(0)));
    assert_eq!(desk.state.arrangement.focus, Pane::Composer);
}
