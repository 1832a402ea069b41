//! One conversation's messages, ours and theirs, as one list in which each stands once.
//!
//! The engine reports each remote message once. What is decided here is which of them is a message of ours:
//! known by the remote side's id; where that is not known yet (the answer to the send is still out, or was lost), by
//! text and nearness in time.

use jiff::Timestamp;

use crate::model::message::{SAME_WITHIN, read_back};
use crate::model::{Attachment, Author, Choice, DeliveryStatus, ExchangeId, Message, MessageId, Moment, RemoteMessage};

/// A message's number in its thread, in the order in which the console came to know of it. Never used twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(pub u64);

#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "a thread is bounded, and a box each would cost more than it saves")]
pub enum MessageSource {
    /// Asked for in this session. `seen` is when it was said by the remote side's clock, once a read showed it.
    Ours { message: Message, seen: Option<Timestamp> },
    /// Known from reads only. (It may be the guest's: from an earlier session, or from another client.)
    Theirs(RemoteMessage),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadEntry {
    pub id: EntryId,
    pub source: MessageSource,
    /// Of the other side, and not looked at.
    pub unread: bool,
}

impl ThreadEntry {
    pub fn message(&self) -> Option<&Message> {
        self.either(Some, |_| None)
    }

    fn either<'e, T>(&'e self, ours: impl FnOnce(&'e Message) -> T, theirs: impl FnOnce(&'e RemoteMessage) -> T) -> T {
        match &self.source {
            MessageSource::Ours { message, .. } => ours(message),
            MessageSource::Theirs(remote) => theirs(remote),
        }
    }

    pub fn author(&self) -> Author {
        self.either(|ours| ours.author, |theirs| theirs.author)
    }

    /// What it says, not made safe for a terminal.
    pub fn text(&self) -> &str {
        self.either(|ours| &ours.text, |theirs| &theirs.text)
    }

    /// When it was asked for (ours) or said (theirs, by the remote side's clock).
    pub fn at(&self) -> Timestamp {
        self.either(|ours| ours.at.wall, |theirs| theirs.at)
    }

    pub fn attachments(&self) -> &[Attachment] {
        self.either(|ours| ours.extras.attachments.as_slice(), |theirs| &theirs.attachments)
    }

    pub fn remote_id(&self) -> Option<&str> {
        self.either(|ours| ours.remote_id.as_deref(), |theirs| Some(&theirs.id))
    }

    pub fn delivery(&self) -> Option<&DeliveryStatus> {
        self.message().map(|message| &message.delivery)
    }

    pub fn choices(&self) -> &[Choice] {
        if let MessageSource::Theirs(remote) = &self.source { &remote.choices } else { &[] }
    }

    /// Whether it came after one that was said later.
    pub const fn late(&self) -> bool {
        matches!(&self.source, MessageSource::Theirs(remote) if remote.late)
    }

    pub const fn seen(&self) -> bool {
        matches!(&self.source, MessageSource::Theirs(_) | MessageSource::Ours { seen: Some(_), .. })
    }

    /// Whether a person or machine of the other side said it (so that it answers, and counts as unread).
    pub fn of_other_side(&self) -> bool {
        self.author().replies()
    }
}

pub const MAX_MESSAGES: usize = 2_000;

#[derive(Clone, Debug, Default)]
pub struct Thread {
    entries: Vec<ThreadEntry>,
    next: u64,
    /// By how many seconds the server's clock is ahead of ours.
    skew: i64,
    /// Messages of ours up to here are of earlier sessions.
    earlier_until: Option<Timestamp>,
    /// Up to here, by the remote side's clock, everything was looked at in an earlier session.
    seen_until: Option<Timestamp>,
    pub was_read: bool,
}

impl Thread {
    fn push(&mut self, source: MessageSource, unread: bool) {
        let id = EntryId(self.next);
        self.next += 1;
        self.entries.push(ThreadEntry { id, source, unread });
    }

    pub fn entries(&self) -> &[ThreadEntry] {
        &self.entries
    }

    /// The remote side's clock is this many seconds ahead of ours.
    pub fn clock_skew(&mut self, seconds: i64) {
        self.skew = seconds;
        self.sort();
    }

    /// A session began here: messages of ours up to now are of earlier ones.
    pub const fn session_began(&mut self, now: Timestamp) {
        self.earlier_until = Some(now);
    }

    /// What was said until then was looked at in an earlier session.
    pub const fn was_seen(&mut self, until: Timestamp) {
        self.seen_until = Some(until);
    }

    pub fn mark_read(&mut self) {
        self.entries.iter_mut().for_each(|entry| entry.unread = false);
    }

    pub(super) fn sent(&mut self, message: Message) {
        self.push(MessageSource::Ours { message, seen: None }, false);
        self.sort();
    }

    /// A message of ours moved on. False where it is not known (any more).
    pub fn delivery(
        &mut self,
        id: MessageId,
        delivery: DeliveryStatus,
        exchange: Option<ExchangeId>,
        remote_id: Option<String>,
    ) -> bool {
        let mut ours = self.entries.iter_mut().enumerate().rev();
        let Some((at, ThreadEntry { source: MessageSource::Ours { message, .. }, .. })) =
            ours.find(|(_, entry)| entry.message().is_some_and(|message| message.id == id))
        else {
            return false;
        };
        // An answer that was read before the acceptance was reported stays an answer.
        if !(message.delivery == DeliveryStatus::Answered && delivery == DeliveryStatus::Accepted) {
            message.delivery = delivery;
        }
        message.exchange = exchange.or(message.exchange);
        if let Some(remote_id) = remote_id.filter(|id| message.remote_id.as_ref() != Some(id)) {
            self.link_remote_id(at, &remote_id);
        }
        self.mark_answered();
        true
    }

    /// Ties a remote id to a message of ours; what stood under that id until now is the same message.
    fn link_remote_id(&mut self, at: usize, remote_id: &str) {
        let (mut seen_there, mut double) = (None, None);
        let mut entries = self.entries.iter_mut().enumerate();
        match entries.find(|(other, e)| *other != at && e.remote_id() == Some(remote_id)) {
            Some((other, ThreadEntry { source: MessageSource::Theirs(remote), .. })) => {
                (seen_there, double) = (Some(remote.at), Some(other));
            }
            // Two equal texts had been taken for each other.
            Some((_, ThreadEntry { source: MessageSource::Ours { message, seen }, .. })) => {
                (message.remote_id, seen_there) = (None, seen.take());
            }
            None => {}
        }
        if let Some(ThreadEntry { source: MessageSource::Ours { message, seen }, .. }) = self.entries.get_mut(at) {
            message.remote_id = Some(remote_id.to_owned());
            *seen = seen_there.or(*seen);
        }
        double.map(|other| self.entries.remove(other));
        self.sort();
    }

    /// Merges all messages that a read showed. Returns how many of the other side's are unread.
    pub fn merge_read(&mut self, messages: Vec<RemoteMessage>) -> usize {
        // What stood there before this session is history, not news.
        let ours = self.entries.iter().filter_map(ThreadEntry::message).map(|m| m.at.wall);
        let first_of_ours = ours.filter(|at| self.earlier_until.is_none_or(|until| *at > until)).min();
        let news_from = if self.was_read { Some(Timestamp::MIN) } else { first_of_ours };
        self.was_read = true;
        self.merge(messages, news_from)
    }

    /// Merges messages that were pushed to us. Returns how many of the other side's are unread; a much older one is history.
    pub fn merge_pushed(&mut self, messages: Vec<RemoteMessage>, now: Moment) -> usize {
        self.merge(messages, Some(now.wall.saturating_sub(SAME_WITHIN).unwrap_or(now.wall)))
    }

    /// Merges messages of the remote side; those of the other side from `news_from` on, by our clock, are unread.
    fn merge(&mut self, messages: Vec<RemoteMessage>, news_from: Option<Timestamp>) -> usize {
        let mut news = 0;
        for remote in messages {
            if let Some(at) = self.place_of(&remote) {
                self.saw(at, remote);
                continue;
            }
            let other_side = remote.author.replies();
            let unread = other_side
                && match self.seen_until {
                    Some(seen) => remote.at > seen,
                    None => news_from.is_some_and(|from| self.by_our_clock(remote.at) >= from),
                };
            news += usize::from(unread);
            self.push(MessageSource::Theirs(remote), unread);
        }
        self.sort();
        self.mark_answered();
        news
    }

    /// The remote messages of earlier sessions, the newest `unread` of them not looked at. What a read brings is news if it is newer.
    pub fn recall(&mut self, earlier: Vec<RemoteMessage>, unread: u32) {
        let newest = earlier.iter().map(|m| m.at).max();
        for remote in earlier {
            match self.place_of(&remote) {
                Some(at) => self.saw(at, remote),
                None => self.push(MessageSource::Theirs(remote), false),
            }
        }
        self.sort();
        let theirs = self.entries.iter_mut().rev().filter(|e| e.of_other_side());
        theirs.take(unread as usize).for_each(|e| e.unread = true);
        self.seen_until = self.seen_until.max(newest);
    }

    fn place_of(&self, remote: &RemoteMessage) -> Option<usize> {
        let by_id = self.entries.iter().rposition(|e| e.remote_id() == Some(&remote.id));
        by_id.or_else(|| self.same_as_ours(remote).filter(|_| remote.author == Author::Guest))
    }

    /// A message stands on the remote side: one of ours has its time and id from there.
    fn saw(&mut self, at: usize, remote: RemoteMessage) {
        if let Some(MessageSource::Ours { message, seen }) = self.entries.get_mut(at).map(|entry| &mut entry.source) {
            *seen = Some(remote.at).filter(|_| !remote.untimed).or(*seen);
            message.remote_id = Some(remote.id);
        }
    }

    fn by_our_clock(&self, remote: Timestamp) -> Timestamp {
        remote.saturating_sub(jiff::SignedDuration::from_secs(self.skew)).unwrap_or(remote)
    }

    /// The message of ours that a read showed without our knowing its id yet.
    fn same_as_ours(&self, remote: &RemoteMessage) -> Option<usize> {
        let waiting = self.entries.iter().enumerate().filter_map(|(at, entry)| match &entry.source {
            MessageSource::Ours { message, seen: None } if message.remote_id.is_none() => {
                Some((at, message.text.as_str(), message.at.wall, &message.delivery))
            }
            _ => None,
        });
        read_back(&remote.text, (!remote.untimed).then(|| self.by_our_clock(remote.at)), waiting)
    }

    /// Sorts by our clock: ours by the remote side's time once it is known, among themselves as they were asked for.
    fn sort(&mut self) {
        let placed_at = |entry: &ThreadEntry| match &entry.source {
            MessageSource::Ours { message, seen } => seen.map_or(message.at.wall, |seen| self.by_our_clock(seen)),
            MessageSource::Theirs(remote) => self.by_our_clock(remote.at),
        };
        let mut keys: Vec<(Timestamp, EntryId)> = self.entries.iter().map(|e| (placed_at(e), e.id)).collect();
        let ours = self.entries.iter().enumerate().filter(|(_, entry)| entry.message().is_some());
        let mut ours: Vec<usize> = ours.map(|(at, _)| at).collect();
        ours.sort_by_key(|at| keys.get(*at).map(|key| key.1));
        let mut latest = Timestamp::MIN;
        for at in ours {
            if let Some(key) = keys.get_mut(at) {
                latest = latest.max(key.0);
                key.0 = latest;
            }
        }
        if !keys.is_sorted() {
            let mut keyed: Vec<_> = keys.into_iter().zip(self.entries.drain(..)).collect();
            keyed.sort_by_key(|(key, _)| *key);
            self.entries.extend(keyed.into_iter().map(|(_, entry)| entry));
        }
        let mut excess = self.entries.len().saturating_sub(MAX_MESSAGES);
        self.entries.retain(|entry| {
            // A message that is still on its way, or unknown, stays whatever its age.
            let over = |status: &DeliveryStatus| status.is_finished() && !matches!(status, DeliveryStatus::Unknown(_));
            let drop = excess > 0 && entry.delivery().is_none_or(over);
            excess -= usize::from(drop);
            !drop
        });
    }

    /// Accepted messages of ours after which the other side said something are answered. Where a read showed ours, the
    /// remote side's clock decides; else what came to be known later and stands below.
    fn mark_answered(&mut self) {
        let other_side = |e: &ThreadEntry| match &e.source {
            MessageSource::Theirs(remote) if e.of_other_side() => Some((remote.at, e.id)),
            _ => None,
        };
        let Some(newest) = self.entries.iter().filter_map(other_side).max() else { return };
        let mut below: Option<EntryId> = None;
        for entry in self.entries.iter_mut().rev() {
            below = below.max(other_side(entry).map(|(_, id)| id));
            if let MessageSource::Ours { message, seen } = &mut entry.source
                && message.delivery == DeliveryStatus::Accepted
                && seen.map_or(below > Some(entry.id), |seen| newest > (seen, entry.id))
            {
                message.delivery = DeliveryStatus::Answered;
            }
        }
    }
}
