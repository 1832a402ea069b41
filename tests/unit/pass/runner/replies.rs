//! Tests of `pass::runner::replies`.

use super::*;

fn message(id: &str, author: Author, text: &str) -> RemoteMessage {
    RemoteMessage::new(id, author, text, jiff::Timestamp::UNIX_EPOCH)
}

fn fresh(replies: &ReplyTracker) -> Vec<&str> {
    replies.fresh.iter().map(|m| m.id.as_str()).collect()
}

#[test]
fn only_what_was_said_after_ours_is_an_answer() {
    let mut replies = ReplyTracker::default();
    replies.said("hello", Timestamp::UNIX_EPOCH);
    replies.add_read(&[message("1", Author::Guest, "hello"), message("2", Author::Bot, "welcome")]);
    assert_eq!(fresh(&replies), ["2"], "the first read finds ours by its text");
    replies.add_read(&[message("2b", Author::Bot, "how are you")]);
    assert_eq!(fresh(&replies), ["2", "2b"]);
    replies.said("hello", Timestamp::UNIX_EPOCH);
    replies.add_read(&[message("x", Author::Bot, "said before ours was there")]);
    assert!(fresh(&replies).is_empty());
    replies.add_read(&[message("3", Author::Guest, "hello"), message("4", Author::Bot, "welcome back")]);
    replies.add_read(&[]);
    assert_eq!(fresh(&replies), ["4"]);
}

#[test]
fn the_remote_id_counts_more_than_the_text() {
    let mut replies = ReplyTracker::default();
    replies.said("typed", Timestamp::UNIX_EPOCH);
    replies.ours_moved(Some("7"), false);
    let all = [
        message("6", Author::Bot, "before"),
        message("7", Author::Guest, "shown otherwise"),
        message("8", Author::Agent, "after"),
    ];
    replies.add_read(&all);
    assert_eq!(fresh(&replies), ["8"]);
}

#[test]
fn what_is_heard_answers_only_if_it_was_said_after_ours() {
    let at = |second: i64| Timestamp::from_second(second).unwrap_or_default();
    let bot = |id: &str, second| RemoteMessage::new(id, Author::Bot, "words", at(second));
    let mut replies = ReplyTracker::default();
    replies.said("hello", at(100));
    replies.add_pushed(&[bot("page", 40)]);
    assert!(fresh(&replies).is_empty(), "a page of earlier messages");
    replies.add_pushed(&[bot("quick", 101)]);
    replies.ours_moved(None, true);
    replies.add_pushed(&[bot("by a slow clock", 90)]);
    assert_eq!(fresh(&replies), ["quick", "by a slow clock"]);
    replies.said("again", at(200));
    replies.add_pushed(&[
        RemoteMessage::new("ours", Author::Guest, "again", at(150)),
        bot("after", 151),
        bot("late", 149),
    ]);
    assert_eq!(fresh(&replies), ["after"], "once ours was heard, the remote side's clock decides");
}

/// What is pushed was said just now: a clock of the other side that is behind, or ahead, changes nothing.
#[test]
fn what_is_pushed_answers_whatever_the_clocks_say() {
    let at = |second: i64| Timestamp::from_second(second).unwrap_or_default();
    let pushed = |id: &str, second, late| RemoteMessage {
        pushed: true,
        late,
        ..RemoteMessage::new(id, Author::Bot, "words", at(second))
    };
    let mut replies = ReplyTracker::default();
    replies.said("hello", at(100));
    replies.add_pushed(&[pushed("behind", 90, false), pushed("before one that was heard", 80, true)]);
    assert_eq!(fresh(&replies), ["behind"]);
    let mut replies = ReplyTracker::default();
    replies.listen_from(at(100));
    replies.add_pushed(&[RemoteMessage::new("page", Author::Bot, "words", at(90)), pushed("live", 95, false)]);
    assert_eq!(fresh(&replies), ["live"]);
}

#[test]
fn what_is_said_within_a_step_is_remembered_to_a_bound() {
    let mut replies = ReplyTracker::default();
    replies.said("hello", Timestamp::UNIX_EPOCH);
    replies.ours_moved(None, true);
    let long = "x".repeat(64 << 10);
    for n in 0..200 {
        replies.add_pushed(&[message(&n.to_string(), Author::Bot, &long)]);
    }
    let kept = fresh(&replies);
    assert!((40..64).contains(&kept.len()) && kept.last() == Some(&"199"), "{}", kept.len());
    replies.add_pushed(&[message("huge", Author::Bot, &"y".repeat(FRESH_MAX))]);
    assert_eq!(fresh(&replies), ["huge"]);
    replies.said("again", Timestamp::UNIX_EPOCH);
    assert_eq!(fresh(&replies), [""; 0]);
}

#[test]
fn without_a_message_of_ours_the_first_read_is_old() {
    let mut replies = ReplyTracker::default();
    replies.add_read(&[message("1", Author::Bot, "yesterday")]);
    assert!(replies.fresh.is_empty());
    replies.add_read(&[message("2", Author::Agent, "now")]);
    assert_eq!(fresh(&replies), ["2"]);
    replies.add_pushed(&[message("3", Author::Guest, "an echo"), message("4", Author::Bot, "live")]);
    assert_eq!(fresh(&replies), ["2", "4"]);
}
