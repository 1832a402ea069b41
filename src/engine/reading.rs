//! When a conversation is read, what a read settles, and which of its messages are known already. Pure.
//!
//! ```text
//! send accepted or unknown ─► due after 0.4, 1, 2, 4, 8, 15 s ─► read ─┬─ an answer shows ─► one look more, then rest
//!                                                                     ├─ nothing new ─────► the next, longer pause
//!                                                                     └─ refused ─────────► rest
//! ```
//! The same message may come several times: pushed, read, or through a connection that was resumed. Its id tells. And since
//! what is pushed and what is read may differ in the id, so does the same text by the same author at the same millisecond,
//! where it came by the *other* way: two messages with two ids that came the same way are two, whatever they say.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::genesys::conversations::ListedMessage;
use crate::model::{Author, MessageId, Moment, RemoteMessage, RemoteState};

const LINGER: Duration = Duration::from_secs(2); // between an answer and the last look: bots often say two things
const TOLERANCE: Duration = Duration::from_secs(5); // of a clock and a `Date` of whole seconds
/// Messages of ours that are remembered, beside unknown ones; and of the guest's that are none of ours so far.
const OURS: usize = 64;
const GUESTS: usize = 256;
const CLAIMED: usize = 4_096; // remote ids of ours that are remembered

pub type ReadPauses<'a> = (&'a [Duration], u32); // between reads, and how often the last is repeated

/// When a message of ours was or may have been received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    Accepted(Timestamp),           // then, by the remote side's clock
    Unknown(Timestamp, Timestamp), // if at all, between these, by this machine's clock: first try, latest end of the last
}

impl When {
    const fn is_unknown(self) -> bool {
        matches!(self, Self::Unknown(..))
    }

    /// Between which times it was said, by the remote side's clock, which is ahead by `skew`.
    fn span(self, skew: SignedDuration) -> (Timestamp, Timestamp) {
        let (from, until) = match self {
            Self::Accepted(at) => (at, at),
            Self::Unknown(from, until) => {
                (from.saturating_add(skew).unwrap_or(from), until.saturating_add(skew).unwrap_or(until))
            }
        };
        let earliest = from.saturating_sub(TOLERANCE).unwrap_or(Timestamp::MIN);
        (earliest, until.saturating_add(TOLERANCE).unwrap_or(Timestamp::MAX))
    }
}

#[derive(Clone, Debug)]
struct OwnMessage {
    message: MessageId,
    text: String,
    when: When,
    remote_id: Option<String>,
}

#[derive(Clone, Debug)]
struct GuestMessage {
    id: String,
    text: String,
    at: Timestamp,
}

/// What a read found out of a message of ours: the other side spoke after the message was accepted; or the message was unknown, and is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FoundStatus {
    Answered(MessageId),
    Received(MessageId, String),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Access {
    #[default]
    Open,
    Renewed, // a 401 has had the token renewed, and nothing was read since: it is not renewed again for a read
    Refused, // only a person's asking, or a new token, tries again
}

#[derive(Clone, Debug, Default)]
pub struct ReplyReader {
    known: KnownMessages,
    guests: VecDeque<GuestMessage>,      // the newest of them, the oldest first
    ours: Vec<OwnMessage>,               // messages of ours of which something is still to be found out
    claimed: RecentSet<String, CLAIMED>, // remote ids that are known to be one of ours
    pub next: Option<Moment>,            // when it will want to be read by itself
    step: usize,
    last_look: bool, // the last look after an answer
    asked: bool,     // a person asked
    access: Access,
    reported: Option<(RemoteState, Option<Timestamp>)>, // what was last reported
}

impl ReplyReader {
    /// A new conversation takes this one's place: only the known messages are kept, so that none is reported twice.
    pub fn begin_anew(&mut self) {
        *self = Self { known: std::mem::take(&mut self.known), ..Self::default() };
    }

    pub const fn knows_messages(&self) -> bool {
        self.known.newest.is_some()
    }

    pub fn sent(&mut self, message: MessageId, text: &str, when: When, remote_id: Option<String>) {
        if let Some(id) = &remote_id {
            self.mark_known(id);
        }
        // What was accepted long ago will not be answered any more; what nobody knows of is never let go.
        if self.ours.len() >= OURS
            && let Some(oldest) = self.ours.iter().position(|o| !o.when.is_unknown())
        {
            self.ours.remove(oldest);
        }
        self.ours.push(OwnMessage { message, text: text.trim().to_owned(), when, remote_id });
    }

    /// Starts the growing pauses anew; `soon`: the first look is now.
    pub fn look(&mut self, now: Moment, pauses: &[Duration], soon: bool) {
        if self.access != Access::Refused {
            (self.step, self.last_look) = (0, false);
            self.next = if soon { Some(now) } else { pauses.first().map(|p| now.after(*p)) };
        }
    }

    pub fn mark_known(&mut self, remote_id: &str) {
        self.claimed.insert(remote_id.to_owned());
        self.guests.retain(|guest| guest.id != remote_id);
    }

    pub fn ask(&mut self) {
        self.asked = true;
        self.new_token();
    }

    pub fn forget(&mut self, message: MessageId) {
        self.ours.retain(|o| o.message != message);
    }

    /// The read was answered with 401. True, once until a read succeeds: a new token is worth another read.
    pub fn may_renew(&mut self) -> bool {
        std::mem::replace(&mut self.access, Access::Renewed) == Access::Open
    }

    /// Read again as soon as there is a token. `asked`: a person waits for it.
    pub const fn again(&mut self, now: Moment, asked: bool) {
        self.next = Some(now);
        self.asked |= asked;
    }

    pub fn new_token(&mut self) {
        if self.access == Access::Refused {
            self.access = Access::Renewed;
        }
    }

    pub fn wants(&self, now: Moment) -> bool {
        self.asked || self.next.is_some_and(|n| now.mono >= n.mono)
    }

    pub fn begin(&mut self) -> bool {
        self.next = None;
        std::mem::take(&mut self.asked)
    }

    pub fn unknown_ids(&self, listed: &[ListedMessage]) -> Vec<String> {
        listed.iter().filter(|l| !self.known.ids.contains(&hash(&l.id))).map(|l| l.id.clone()).collect()
    }

    /// The read was refused, or brought nothing that can be read: no more by itself.
    pub fn refused(&mut self) {
        self.access = Access::Refused;
        self.next = None;
    }

    /// The read failed (network, 5xx, 429): go on with the pauses, no earlier than `wait`.
    pub fn failed(&mut self, now: Moment, pauses: ReadPauses<'_>, wait: Option<Duration>) {
        self.schedule(now, pauses);
        let earliest = now.after(wait.unwrap_or_default());
        self.next = self.next.map(|next| if next.mono < earliest.mono { earliest } else { next });
    }

    /// The read brought messages. Says which of them are new and what they settled, and schedules the next look.
    pub fn read(
        &mut self,
        found: Vec<RemoteMessage>,
        skew: SignedDuration,
        now: Moment,
        pauses: ReadPauses<'_>,
    ) -> (Vec<RemoteMessage>, Vec<FoundStatus>) {
        self.access = Access::Open;
        let (fresh, found) = self.arrived(found, Arrival::Read, skew);
        let answered = found.iter().any(|s| matches!(s, FoundStatus::Answered(_)));
        if answered && self.ours.is_empty() {
            self.last_look = true;
            self.next = Some(now.after(LINGER));
        } else if (self.last_look && !answered) || self.ours.is_empty() {
            // Somebody looked, and nothing of ours waits for an answer: nothing runs at rest.
            self.next = None;
        } else {
            self.schedule(now, pauses);
        }
        (fresh, found)
    }

    /// Since when, by the remote side's clock, a message may be there of which nobody knows: the oldest of those.
    pub fn doubt_since(&self, skew: SignedDuration) -> Option<Timestamp> {
        self.ours.iter().filter(|o| o.when.is_unknown()).map(|o| o.when.span(skew).0).min()
    }

    /// Messages came: gives the new ones, and the sends that they settle. The remote side's clock is ahead by `skew`.
    pub fn arrived(
        &mut self,
        messages: Vec<RemoteMessage>,
        how: Arrival,
        skew: SignedDuration,
    ) -> (Vec<RemoteMessage>, Vec<FoundStatus>) {
        let fresh = self.known.add_new(messages, how);
        // Without a time nobody knows which of the same text it is, nor what it answers: it is told, and settles nothing.
        let of_guest = |m: &&RemoteMessage| m.author == Author::Guest && !m.untimed && !self.claimed.contains(&m.id);
        for message in fresh.iter().filter(of_guest) {
            let text = message.text.trim().to_owned();
            self.guests.push_back(GuestMessage { id: message.id.clone(), text, at: message.at });
        }
        let mut out = self.claim(skew);
        self.guests.drain(..self.guests.len().saturating_sub(GUESTS));
        let replies = fresh.iter().filter(|m| m.author.replies() && !m.untimed);
        if let Some(reply) = replies.map(|m| m.at).max() {
            let answered = self.ours.extract_if(.., |o| matches!(o.when, When::Accepted(at) if at <= reply));
            out.extend(answered.map(|ours| FoundStatus::Answered(ours.message)));
        }
        (fresh, out)
    }

    /// Whether this is to be reported: something is `new`, or it differs from what was reported last.
    pub fn is_news(&mut self, state: RemoteState, since: Option<Timestamp>, new: bool) -> bool {
        new | (self.reported.replace((state, since)) != Some((state, since)))
    }

    fn schedule(&mut self, now: Moment, (pauses, repeats): ReadPauses<'_>) {
        self.step += 1;
        let more = self.step < pauses.len() + repeats as usize && self.access != Access::Refused;
        self.next = pauses.get(self.step).or(pauses.last()).filter(|_| more).map(|pause| now.after(*pause));
    }

    /// Matches our messages without a remote id to guest messages of the same text. An unknown one has landed only
    /// where there is one for each of ours with that text: else it may be the resend that is seen.
    fn claim(&mut self, skew: SignedDuration) -> Vec<FoundStatus> {
        let mut out = Vec::new();
        for at in 0..self.ours.len() {
            let Some(ours) = self.ours.get(at).filter(|o| o.remote_id.is_none()) else { continue };
            let (earliest, latest) = ours.when.span(skew);
            let same = |guest: &GuestMessage| guest.text == ours.text && (earliest..=latest).contains(&guest.at);
            let seen = self.guests.iter().filter(|g| same(g)).count();
            let waiting = self.ours.iter().filter(|o| o.remote_id.is_none() && o.text == ours.text).count();
            if seen < waiting && ours.when.is_unknown() {
                continue;
            }
            let place = self.guests.iter().position(same);
            let Some(GuestMessage { id, at: said, .. }) = place.and_then(|place| self.guests.remove(place)) else {
                continue;
            };
            self.claimed.insert(id.clone());
            if let Some(ours) = self.ours.get_mut(at) {
                ours.remote_id = Some(id.clone());
                if std::mem::replace(&mut ours.when, When::Accepted(said)).is_unknown() {
                    out.push(FoundStatus::Received(ours.message, id));
                }
            }
        }
        out
    }
}

const REMEMBERED: usize = 16_384; // messages: more than an answer of 1 MiB can list

/// Messages came by themselves, through a socket or a webhook; or by a read of the conversation or of a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    Pushed,
    Read,
}

#[derive(Clone, Debug, Default)]
pub struct KnownMessages {
    ids: RecentSet<u64, REMEMBERED>,
    /// How often the same words came, pushed and read; by a hash of who said what when.
    words: RecentSet<u64, REMEMBERED, [u32; 2]>,
    newest: Option<Timestamp>,
}

impl KnownMessages {
    /// Takes messages in, and gives the new ones by their times. One that is pushed after a later one is late.
    pub fn add_new(&mut self, messages: Vec<RemoteMessage>, how: Arrival) -> Vec<RemoteMessage> {
        let mut fresh: Vec<_> = messages.into_iter().filter(|m| self.is_new(m, how)).collect();
        for message in &mut fresh {
            message.pushed = how == Arrival::Pushed;
            message.late = message.pushed && self.newest.is_some_and(|newest| message.at < newest);
            self.newest = self.newest.max(Some(message.at));
        }
        fresh.sort_by_key(|m| m.at);
        fresh
    }

    fn is_new(&mut self, message: &RemoteMessage, how: Arrival) -> bool {
        if !self.ids.insert(hash(&message.id)) {
            return false;
        }
        let [pushed, read] = self.words.value(hash(&(message.at, message.author, &message.text)));
        let (own, other) = if how == Arrival::Pushed { (pushed, *read) } else { (read, *pushed) };
        *own += 1;
        *own > other
    }
}

/// Remembers the newest `MAX`: of a session of days, no more than these. Each may have something said of it.
#[derive(Clone, Debug, Default)]
pub struct RecentSet<T, const MAX: usize, V = ()> {
    known: HashMap<T, V>,
    order: VecDeque<T>, // the oldest first
}

impl<T: Clone + Eq + Hash, const MAX: usize, V: Default> RecentSet<T, MAX, V> {
    pub fn insert(&mut self, one: T) -> bool {
        let new = !self.contains(&one);
        self.value(one);
        new
    }

    pub fn value(&mut self, one: T) -> &mut V {
        if !self.contains(&one) {
            self.order.push_back(one.clone());
            if self.order.len() > MAX
                && let Some(oldest) = self.order.pop_front()
            {
                self.known.remove(&oldest);
            }
        }
        self.known.entry(one).or_default()
    }

    pub fn contains(&self, one: &T) -> bool {
        self.known.contains_key(one)
    }
}

fn hash(of: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
#[path = "../../tests/unit/engine/reading.rs"]
mod tests;
