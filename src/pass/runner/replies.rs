//! Which messages of a conversation came after ours: the first read brings what was said before, and that is no answer.
//! Each message is told once.

use crate::model::{AsOf, Author, Choice, Moment, RemoteMessage, RepliesReadable, Unreadable};

/// What is heard in one conversation.
#[derive(Clone, Debug, Default)]
pub struct ReplyTracker {
    /// Whether replies can be read, and as of when.
    readable: RepliesReadable,
    as_of: Option<AsOf>,
    /// Whether anything was read or heard.
    begun: bool,
    /// Our newest message, as long as it was not found among what was read.
    ours: Option<Ours>,
    /// What the other side has said since, in order.
    pub fresh: Vec<RemoteMessage>,
    /// How many of those an expectation has taken.
    pub taken: usize,
    /// The newest offer: the message's id and its choices.
    pub offer: Option<(String, Vec<Choice>)>,
}

/// A message of ours that is looked for, so that what stands before it is no answer.
#[derive(Clone, Debug)]
struct Ours {
    text: String,
    remote_id: Option<String>,
}

/// Whether a span of time was observed whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Watched {
    /// Whatever was said in it is known.
    Whole,
    /// A read that began after its end may still come.
    NotYet,
    /// It was not, for this reason.
    Not(Unreadable),
}

impl ReplyTracker {
    /// What is heard through a socket that is open at `since`.
    pub fn live_since(since: Moment) -> Self {
        Self { readable: RepliesReadable::Yes, as_of: Some(AsOf::SocketSince(since)), ..Self::default() }
    }

    /// A read ended, or the socket opened or was lost.
    pub fn readable(&mut self, readable: &RepliesReadable, as_of: AsOf) {
        self.readable = readable.clone();
        self.as_of = Some(as_of);
    }

    /// Whether the time between `from` and `until`, which is over, was observed.
    pub fn watched(&self, from: Moment, until: Moment) -> Watched {
        match (&self.readable, self.as_of) {
            (RepliesReadable::Yes, Some(AsOf::SocketSince(since))) if since.mono <= from.mono => Watched::Whole,
            (RepliesReadable::No(why), Some(AsOf::SocketSince(_))) => Watched::Not(why.clone()),
            (_, Some(AsOf::SocketSince(_))) => Watched::Not(Unreadable::SocketClosed(String::new())),
            (RepliesReadable::Yes, Some(AsOf::ReadAt(began))) if began.mono >= until.mono => Watched::Whole,
            (RepliesReadable::No(why), Some(AsOf::ReadAt(began))) if began.mono >= until.mono => {
                Watched::Not(why.clone())
            }
            _ => Watched::NotYet,
        }
    }

    /// What stands in the way of reading, as far as the last read told.
    pub const fn unreadable(&self) -> Option<&Unreadable> {
        self.readable.unreadable()
    }

    /// We say something: what was heard before is old.
    pub fn said(&mut self, text: &str) {
        self.fresh.clear();
        self.taken = 0;
        self.ours = Some(Ours { text: text.to_owned(), remote_id: None });
    }

    /// The remote side has given our message an id.
    pub fn known_as(&mut self, remote_id: &str) {
        if let Some(ours) = &mut self.ours {
            ours.remote_id = Some(remote_id.to_owned());
        }
    }

    /// A read brought new messages, oldest first.
    pub fn read(&mut self, messages: &[RemoteMessage]) {
        let from = match &self.ours {
            Some(ours) => {
                let of_guest = |m: &RemoteMessage| m.author == Author::Guest;
                let by_id = ours.remote_id.as_ref().and_then(|id| messages.iter().rposition(|m| m.id == *id));
                let by_text = || messages.iter().rposition(|m| of_guest(m) && m.text == ours.text);
                // Some channels show our text otherwise than it was sent: then it is the newest.
                let by_news = || self.begun.then(|| messages.iter().rposition(of_guest)).flatten();
                // Where it is not there yet, nothing here can be an answer to it.
                by_id.or_else(by_text).or_else(by_news).map(|at| at + 1)
            }
            // Nothing of ours yet: what the first read brings was there before.
            None => self.begun.then_some(0),
        };
        self.begun = true;
        self.offered(messages);
        if let Some(from) = from {
            self.ours = None;
            self.take_in(messages.iter().skip(from));
        }
    }

    /// New messages came by themselves.
    pub fn heard(&mut self, messages: &[RemoteMessage]) {
        self.begun = true;
        self.offered(messages);
        self.take_in(messages.iter());
    }

    fn offered(&mut self, messages: &[RemoteMessage]) {
        if let Some(offer) = messages.iter().rev().find(|m| !m.choices.is_empty()) {
            self.offer = Some((offer.id.clone(), offer.choices.clone()));
        }
    }

    fn take_in<'m>(&mut self, messages: impl Iterator<Item = &'m RemoteMessage>) {
        self.fresh.extend(messages.filter(|m| matches!(m.author, Author::Bot | Author::Agent)).cloned());
    }
}

#[cfg(test)]
mod tests {
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
        replies.said("hello");
        replies.read(&[message("1", Author::Guest, "hello"), message("2", Author::Bot, "welcome")]);
        assert_eq!(fresh(&replies), ["2"], "the first read finds ours by its text");
        replies.read(&[message("2b", Author::Bot, "how are you")]);
        assert_eq!(fresh(&replies), ["2", "2b"]);
        replies.said("hello");
        replies.read(&[message("x", Author::Bot, "said before ours was there")]);
        assert!(fresh(&replies).is_empty());
        replies.read(&[message("3", Author::Guest, "hello"), message("4", Author::Bot, "welcome back")]);
        replies.read(&[]);
        assert_eq!(fresh(&replies), ["4"]);
    }

    #[test]
    fn the_remote_id_counts_more_than_the_text() {
        let mut replies = ReplyTracker::default();
        replies.said("typed");
        replies.known_as("7");
        let all = [
            message("6", Author::Bot, "before"),
            message("7", Author::Guest, "shown otherwise"),
            message("8", Author::Agent, "after"),
        ];
        replies.read(&all);
        assert_eq!(fresh(&replies), ["8"]);
    }

    #[test]
    fn without_a_message_of_ours_the_first_read_is_old() {
        let mut replies = ReplyTracker::default();
        replies.read(&[message("1", Author::Bot, "yesterday")]);
        assert!(replies.fresh.is_empty());
        replies.read(&[message("2", Author::Agent, "now")]);
        assert_eq!(fresh(&replies), ["2"]);
        replies.heard(&[message("3", Author::Guest, "an echo"), message("4", Author::Bot, "live")]);
        assert_eq!(fresh(&replies), ["2", "4"]);
    }
}
