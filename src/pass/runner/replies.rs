//! Which messages of a conversation came after ours: the first read brings what was said before, and that is no answer.
//! Each message is reported once.

use std::collections::VecDeque;

use jiff::Timestamp;

use crate::model::{AsOf, Author, Choice, Moment, RemoteMessage, RepliesReadable, Unreadable};

/// Most bytes of replies that are kept since our message. The oldest are dropped: they did not meet the expectation.
const FRESH_MAX: usize = 4 << 20;

#[derive(Clone, Debug, Default)]
pub struct ReplyTracker {
    pub readable: RepliesReadable,
    as_of: Option<AsOf>,
    /// Messages of the conversation were read or pushed.
    begun: bool,
    /// Our newest message, as long as it was not found among those.
    ours: Option<SentMessage>,
    /// When ours was said, by the remote side's clock, once it was found; where we only listen, since when, by ours.
    said: Option<Timestamp>,
    /// What the other side has said since ours, but for what an expectation has taken.
    fresh: VecDeque<RemoteMessage>,
    /// How much these are together.
    bytes: usize,
    /// The newest offer: the message's id and its choices.
    pub offer: Option<(String, Vec<Choice>)>,
}

/// A message of ours, looked for in each read: messages before it are no replies to it.
#[derive(Clone, Debug)]
struct SentMessage {
    text: String,
    remote_id: Option<String>,
    /// When it was sent, by our clock.
    since: Timestamp,
    /// It has come to an end: whatever comes from here on was said after it.
    finished: bool,
}

impl SentMessage {
    fn is(&self, message: &RemoteMessage) -> bool {
        self.remote_id.as_ref() == Some(&message.id) || message.author == Author::Guest && message.text == self.text
    }
}

impl ReplyTracker {
    /// Replies come through a socket, which is open at `since`.
    pub fn live_since(since: Moment) -> Self {
        Self { readable: RepliesReadable::Yes, as_of: Some(AsOf::SocketSince(since)), ..Self::default() }
    }

    pub fn set_readable(&mut self, readable: &RepliesReadable, as_of: AsOf) {
        self.readable = readable.clone();
        self.as_of = Some(as_of);
    }

    /// Whether whatever was said between `from` and `until`, which is over, is known, or why not. `None`: a read that
    /// began after its end may still come.
    pub fn watched(&self, from: Moment, until: Moment) -> Option<Result<(), Unreadable>> {
        match (&self.readable, self.as_of?) {
            (_, AsOf::ReadAt(began)) if began.mono < until.mono => None,
            (RepliesReadable::Yes, AsOf::ReadAt(_)) => Some(Ok(())),
            (RepliesReadable::Yes, AsOf::SocketSince(since)) if since.mono <= from.mono => Some(Ok(())),
            (RepliesReadable::No(why), _) => Some(Err(why.clone())),
            (_, AsOf::SocketSince(_)) => Some(Err(Unreadable::SocketClosed(String::new()))),
            _ => None,
        }
    }

    /// We say something: what came before is old.
    pub fn said(&mut self, text: &str, since: Timestamp) {
        self.fresh.clear();
        self.bytes = 0;
        self.said = None;
        self.ours = Some(SentMessage { text: text.to_owned(), remote_id: None, since, finished: false });
    }

    /// We listen from here on, having said nothing: what a history shows of before is no answer.
    pub fn listen_from(&mut self, since: Timestamp) {
        if self.ours.is_none() {
            self.said.get_or_insert(since);
        }
    }

    /// The remote side may have given our message an id, and it may have come to an end.
    pub fn ours_moved(&mut self, remote_id: Option<&str>, finished: bool) {
        if let Some(ours) = &mut self.ours {
            ours.remote_id = remote_id.map(str::to_owned).or(ours.remote_id.take());
            ours.finished |= finished;
        }
    }

    /// A read brought new messages, oldest first. How many of them answer ours.
    pub fn add_read(&mut self, messages: &[RemoteMessage]) -> usize {
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
        let Some(from) = from else { return 0 };
        if self.ours.take().is_some() {
            self.said = messages.get(from - 1).map(|ours| ours.at);
        }
        self.take_in(messages.iter().skip(from))
    }

    /// New messages came by themselves, ours perhaps among them: what the other side says after ours is an answer. A
    /// page of earlier messages may come while ours is on its way: until it is finished, only what was said since then
    /// may answer it. What is pushed was said just now, whatever the two clocks say. Returns how many answer.
    pub fn add_pushed(&mut self, messages: &[RemoteMessage]) -> usize {
        self.begun = true;
        self.offered(messages);
        let mut answers = 0;
        for message in messages {
            let after = match &self.ours {
                Some(ours) if ours.is(message) => {
                    (self.said, self.ours) = (Some(message.at), None);
                    continue;
                }
                _ if message.pushed && !message.late => true,
                Some(ours) => ours.finished || message.at >= ours.since,
                None => self.said.is_none_or(|said| message.at >= said),
            };
            if after {
                answers += self.take_in([message].into_iter());
            }
        }
        answers
    }

    fn offered(&mut self, messages: &[RemoteMessage]) {
        if let Some(offer) = messages.iter().rev().find(|m| !m.choices.is_empty()) {
            self.offer = Some((offer.id.clone(), offer.choices.clone()));
        }
    }

    fn take_in<'m>(&mut self, messages: impl Iterator<Item = &'m RemoteMessage>) -> usize {
        let mut answers = 0;
        for message in messages.filter(|m| m.author.replies()) {
            self.fresh.push_back(message.clone());
            self.bytes += bytes_of(message);
            answers += 1;
        }
        while self.fresh.len() > 1 && self.bytes > FRESH_MAX {
            self.drop_oldest(1);
        }
        answers
    }

    pub const fn fresh(&self) -> &VecDeque<RemoteMessage> {
        &self.fresh
    }

    /// So many are too much, or an expectation has taken them.
    pub fn drop_oldest(&mut self, count: usize) {
        self.bytes -= self.fresh.drain(..count).map(|message| bytes_of(&message)).sum::<usize>();
    }
}

fn bytes_of(message: &RemoteMessage) -> usize {
    let choices: usize = message.choices.iter().map(|choice| 256 + choice.label.len() + choice.payload.len()).sum();
    256 + message.text.len() + choices + 512 * message.attachments.len()
}

#[cfg(test)]
#[path = "../../../tests/unit/pass/runner/replies.rs"]
mod tests;
