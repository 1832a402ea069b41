//! When a conversation is read, and what a read settles. Pure.
//!
//! ```text
//! send accepted or unknown ─► due after 0.4, 1, 2, 4, 8, 15 s ─► read ─┬─ an answer shows ─► one look more, then rest
//!                                                                     ├─ nothing new ─────► the next, longer pause
//!                                                                     └─ refused ─────────► rest
//! ```

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use jiff::Timestamp;

use crate::model::{Author, MessageId, Moment, RemoteMessage, RemoteState};

/// Between an answer and the last look: bots often say two things.
const LINGER: Duration = Duration::from_secs(2);
/// How far the remote side's clock and a `Date` of whole seconds may lie apart.
const TOLERANCE: Duration = Duration::from_secs(5);
/// Messages of ours that are remembered, beside unknown ones.
const OURS: usize = 64;

/// A message of ours that a read may say something about.
#[derive(Clone, Debug)]
struct Ours {
    message: MessageId,
    text: String,
    /// By the remote side's clock: when it was begun (unknown) or accepted.
    at: Timestamp,
    remote_id: Option<String>,
    unknown: bool,
    answered: bool,
}

/// What a read settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// The other side spoke after it was accepted.
    Answered(MessageId),
    /// It was unknown, and it is there.
    Landed(MessageId, String),
}

/// What is known of one conversation, and when it is read next.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    /// All messages that reads brought, oldest first.
    messages: Vec<RemoteMessage>,
    ids: HashSet<String>,
    /// Messages of ours that are not settled for good.
    ours: VecDeque<Ours>,
    /// Remote ids that are known to be one of ours.
    claimed: HashSet<String>,
    next: Option<Moment>,
    step: usize,
    /// The last look after an answer.
    last_look: bool,
    /// A person asked.
    asked: bool,
    /// Reading it was refused; only a person's asking tries again.
    refused: bool,
    /// What was last told.
    told: Option<(RemoteState, Option<Timestamp>, usize)>,
}

impl Reader {
    /// A send ended at `now` as accepted or unknown; `at` is that (or its beginning) by the remote side's clock.
    pub fn sent(&mut self, message: MessageId, text: &str, at: Timestamp, remote_id: Option<String>, unknown: bool) {
        if let Some(id) = &remote_id {
            self.claimed.insert(id.clone());
        }
        // A session of thousands of sends: what was accepted long ago will not be answered any more. What nobody knows
        // of is never let go.
        if self.ours.len() >= OURS
            && let Some(oldest) = self.ours.iter().position(|o| !o.unknown)
        {
            self.ours.remove(oldest);
        }
        self.ours.push_back(Ours { message, text: text.to_owned(), at, remote_id, unknown, answered: false });
    }

    /// Starts the growing pauses anew.
    pub fn look(&mut self, now: Moment, pauses: &[Duration]) {
        if !self.refused {
            self.step = 0;
            self.last_look = false;
            self.next = pauses.first().map(|p| now.after(*p));
        }
    }

    /// This one is a message of ours of which nothing is to be found out any more.
    pub fn known(&mut self, remote_id: &str) {
        self.claimed.insert(remote_id.to_owned());
    }

    /// The same, and the first look is now.
    pub fn look_soon(&mut self, now: Moment, pauses: &[Duration]) {
        self.look(now, pauses);
        if !self.refused {
            self.next = Some(now);
        }
    }

    /// A person asks for a read, now.
    pub fn ask(&mut self) {
        self.asked = true;
        self.refused = false;
    }

    /// A person settled it.
    pub fn settled(&mut self, message: MessageId) {
        self.ours.retain(|o| o.message != message);
    }

    /// A new token: what the old one was refused may be tried again.
    pub fn new_token(&mut self) {
        self.refused = false;
    }

    /// Whether it wants to be read at `now`.
    pub fn wants(&self, now: Moment) -> bool {
        self.asked || self.next.is_some_and(|n| now.mono >= n.mono)
    }

    /// When it will want to be read by itself.
    pub fn next_due(&self) -> Option<Moment> {
        self.next
    }

    /// A read begins.
    pub fn begin(&mut self) -> bool {
        self.next = None;
        std::mem::take(&mut self.asked)
    }

    /// The ids of `listed` whose messages are not known yet.
    pub fn unknown_ids<'i>(&self, listed: impl Iterator<Item = &'i str>) -> Vec<String> {
        listed.filter(|id| !self.ids.contains(*id)).map(str::to_owned).collect()
    }

    /// The read was refused, or brought nothing that can be read: no more by itself.
    pub fn refused(&mut self) {
        self.refused = true;
        self.next = None;
    }

    /// The read failed (network, 5xx, 429): go on with the pauses, no earlier than `wait`.
    pub fn failed(&mut self, now: Moment, pauses: &[Duration], repeats: u32, watched: bool, wait: Option<Duration>) {
        self.schedule(now, pauses, repeats, watched);
        if let (Some(next), Some(wait)) = (self.next, wait) {
            let earliest = now.after(wait);
            if next.mono < earliest.mono {
                self.next = Some(earliest);
            }
        }
    }

    /// The read brought `new` messages. Says what it settled, and schedules the next look.
    pub fn read(
        &mut self,
        new: Vec<RemoteMessage>,
        now: Moment,
        pauses: &[Duration],
        repeats: u32,
        watched: bool,
    ) -> Vec<Settled> {
        let (_, out) = self.heard(new);
        let answered = out.iter().any(|s| matches!(s, Settled::Answered(_)));
        if self.last_look && !answered {
            self.next = None;
        } else if answered && !self.ours.iter().any(|o| !o.answered) {
            self.last_look = true;
            self.next = Some(now.after(LINGER));
        } else if self.ours.is_empty() {
            // Somebody looked, and nothing of ours waits for an answer: nothing runs at rest.
            self.next = None;
        } else {
            self.schedule(now, pauses, repeats, watched);
        }
        out
    }

    /// Since when, by the remote side's clock, a message may be there of which nobody knows: the oldest of those.
    pub fn doubt_since(&self) -> Option<Timestamp> {
        let oldest = self.ours.iter().filter(|o| o.unknown).map(|o| o.at).min()?;
        Some(oldest.saturating_sub(TOLERANCE).unwrap_or(Timestamp::MIN))
    }

    /// Messages came, by a read or by themselves: says which of them are new, and what those settle.
    pub fn heard(&mut self, messages: Vec<RemoteMessage>) -> (Vec<RemoteMessage>, Vec<Settled>) {
        let fresh: Vec<_> = messages.into_iter().filter(|m| self.ids.insert(m.id.clone())).collect();
        for message in &fresh {
            // Nearly always the newest: a session of days is not sorted anew with each message.
            let place = self.messages.partition_point(|m| m.at <= message.at);
            self.messages.insert(place, message.clone());
        }
        let mut out = self.claim();
        let replies = fresh.iter().filter(|m| matches!(m.author, Author::Bot | Author::Agent));
        if let Some(reply) = replies.map(|m| m.at).max() {
            for ours in self.ours.iter_mut().filter(|o| !o.unknown && !o.answered && o.at <= reply) {
                ours.answered = true;
                out.push(Settled::Answered(ours.message));
            }
        }
        self.ours.retain(|o| !o.answered);
        (fresh, out)
    }

    /// The messages known, and whether that differs from what was last told (then it counts as told).
    pub fn tell(&mut self, state: RemoteState, since: Option<Timestamp>, always: bool) -> Option<Vec<RemoteMessage>> {
        let told = Some((state, since, self.messages.len()));
        if told == self.told && !always {
            return None;
        }
        self.told = told;
        Some(self.messages.clone())
    }

    fn schedule(&mut self, now: Moment, pauses: &[Duration], repeats: u32, watched: bool) {
        self.step += 1;
        let more = if watched { pauses.len() + repeats as usize } else { pauses.len() };
        let pause = pauses.get(self.step).or(pauses.last()).filter(|_| self.step < more && !self.refused);
        self.next = pause.map(|p| now.after(*p));
    }

    /// Matches our messages without a remote id to guest messages of the same text. An unknown one has landed only
    /// where there is one for each of ours with that text: else it may be the resend that is seen.
    fn claim(&mut self) -> Vec<Settled> {
        let mut out = Vec::new();
        for at in 0..self.ours.len() {
            let Some(ours) = self.ours.get(at) else { break };
            if ours.remote_id.is_some() {
                continue;
            }
            let earliest = ours.at.saturating_sub(TOLERANCE).unwrap_or(Timestamp::MIN);
            let text = ours.text.trim();
            let mut seen = self.messages.iter().filter(|m| {
                m.author == Author::Guest && m.at >= earliest && m.text.trim() == text && !self.claimed.contains(&m.id)
            });
            let waiting = self.ours.iter().filter(|o| o.remote_id.is_none() && o.text.trim() == text).count();
            let enough = seen.clone().count() >= waiting;
            let Some(id) = seen.next().map(|m| m.id.clone()).filter(|_| enough || !ours.unknown) else { continue };
            self.claimed.insert(id.clone());
            if let Some(ours) = self.ours.get_mut(at) {
                ours.remote_id = Some(id.clone());
                if std::mem::take(&mut ours.unknown) {
                    out.push(Settled::Landed(ours.message, id));
                }
            }
        }
        out
    }
}

#[cfg(test)]
#[path = "reading_tests.rs"]
mod tests;
