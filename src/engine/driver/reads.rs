//! Reading conversations: when the reader wants it, a token is there, and the rate limit leaves room.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::engine::client::capture;
use crate::engine::exchange_builder::ExchangeBuilder;
use crate::engine::reading::{Reader, Settled, When};
use crate::engine::token::{Outlook, Refuted};
use crate::engine::{Recalled, Report};
use crate::genesys::call::BadCall;
use crate::genesys::conversations::Listed;
use crate::genesys::{Call, conversations};
use crate::model::{
    AsOf, ConversationKey, DeliveryStatus, Generation, Kind, MessageId, Moment, Outcome, RemoteMessage, RemoteState,
    RepliesReadable, SessionAsk, Unreadable,
};

use super::Driver;
use super::sends::Doubt;
use super::tasks::{BULK, Job, ReadDone, ResponseMeta};

/// Requests of the rate limit's window that reads leave to sends.
pub const RESERVE: u32 = 10;

/// Conversations as far as they are read.
#[derive(Default)]
pub struct Reads {
    pub readers: BTreeMap<ConversationKey, Reader>,
    under_way: BTreeMap<ConversationKey, Reading>,
    /// A 429 asked not to read before then.
    held: Option<Moment>,
    /// The one that a person looks at.
    pub watched: Option<ConversationKey>,
    /// Ids on the remote side of conversations whose address does not name it.
    places: BTreeMap<ConversationKey, String>,
}

/// A read under way.
pub struct Reading {
    record: ExchangeBuilder,
    asked: bool,
    /// When its first request began: what was said before then is known once it succeeded.
    began: Moment,
    /// After the conversation was read: what it lists, and what is still to be fetched.
    bulk: Option<Bulk>,
}

struct Bulk {
    state: RemoteState,
    since: Option<Timestamp>,
    listed: Vec<Listed>,
    left: Vec<String>,
    found: Vec<RemoteMessage>,
}

impl Driver {
    pub(super) fn read_asked(&mut self, key: ConversationKey) {
        let now = self.context.clock.now();
        let doubted = self.reads.readers.get(&key).is_some_and(|reader| reader.doubt_since(self.skew()).is_some());
        if doubted && self.is_web(key) {
            self.look_for_doubted(key, now);
        } else if self.is_web(key) {
            self.session_asked(key, SessionAsk::History, now);
        } else if self.conversation_id(key).is_some() {
            self.reads.readers.entry(key).or_default().ask();
            if self.sign_in.tokens.outlook(now, None) == Outlook::Never {
                self.tell_readable(key, RepliesReadable::No(Unreadable::NoToken), now);
            } else if self.reads_held(now).is_some() {
                self.tell_readable(key, RepliesReadable::No(Unreadable::Failing { status: 429 }), now);
            }
        } else if let Some(entry) = self.context.profile.conversations.get(key.0 as usize) {
            let text = format!(
                "{} cannot be read yet: its conversation id becomes known with the first message that is accepted",
                entry.conversation.name
            );
            self.context.notice(&text, now);
            self.tell_readable(key, RepliesReadable::No(Unreadable::NoConversationId), now);
        }
    }

    /// Whether replies can be read, as of a read that began at `began`.
    fn tell_readable(&self, key: ConversationKey, readable: RepliesReadable, began: Moment) {
        self.context.tell(Report::RepliesReadable { key, readable, as_of: AsOf::ReadAt(began) });
    }

    /// The remote side's id of a conversation: its address names it, or it was learned.
    pub(super) fn conversation_id(&self, key: ConversationKey) -> Option<&str> {
        let entry = self.context.profile.conversations.get(key.0 as usize)?;
        entry.conversation.address.conversation_id().or_else(|| self.reads.places.get(&key).map(String::as_str))
    }

    /// The remote side's id of a conversation became known. Another id than before is another conversation: what was
    /// read of the old one is kept.
    pub(super) fn learn(&mut self, key: ConversationKey, conversation_id: String) {
        if self.conversation_id(key) == Some(conversation_id.as_str()) {
            return;
        }
        self.reads.places.insert(key, conversation_id.clone());
        if !self.is_web(key) {
            self.tell_readable(key, RepliesReadable::NotYetKnown, self.context.clock.now());
        }
        self.context.tell(Report::ConversationIdKnown { key, conversation_id });
    }

    /// Another conversation begins where this one was: what is said in it answers, and shows, nothing of before.
    pub(super) fn forget_place(&mut self, key: ConversationKey) {
        self.reads.places.remove(&key);
        if let Some(reader) = self.reads.readers.get_mut(&key) {
            reader.begin_anew();
        }
    }

    /// A send is over: an answer is looked for, and an unknown message.
    pub(super) fn look_after(
        &mut self,
        message: MessageId,
        outcome: &Outcome,
        remote_id: Option<&str>,
        heard: &ResponseMeta,
        now: Moment,
    ) {
        let unknown = matches!(outcome, Outcome::Unknown(_));
        let Some(send) = self.sends.all.get(&message).filter(|_| unknown || *outcome == Outcome::Accepted) else {
            return;
        };
        let began = send.began.wall;
        let when = match heard.date {
            _ if unknown => self.doubt(began, now.wall),
            Some(date) => When::Accepted(date),
            None => When::Accepted(began.saturating_add(self.skew()).unwrap_or(began)),
        };
        let key = send.request.conversation;
        let reader = self.reads.readers.entry(key).or_default();
        reader.sent(message, &self.context.redactor.text(&send.request.text), when, remote_id.map(str::to_owned));
        reader.look(now, &self.context.tuning.read_pauses);
        if self.conversation_id(key).is_none() && !self.is_web(key) {
            self.tell_readable(key, RepliesReadable::No(Unreadable::NoConversationId), now);
        }
    }

    /// By how much the server's clock is ahead, as the newest answer told.
    pub(super) const fn skew(&self) -> SignedDuration {
        SignedDuration::from_secs(self.context.skew)
    }

    /// When a message may have been taken of which nobody knows: from its beginning until its last try, which ended at
    /// `ended`, could have been worked on for as long as a try is waited for.
    pub(super) fn doubt(&self, began: Timestamp, ended: Timestamp) -> When {
        When::Unknown(began, ended.saturating_add(self.context.profile.request_timeout).unwrap_or(Timestamp::MAX))
    }

    /// Messages of an earlier session. Those that were accepted are told to the reader too: else a look-up might take
    /// one of them for an unknown one of the same text.
    pub(super) fn recall(&mut self, recalled: Vec<Recalled>, now: Moment) {
        let mut doubted = BTreeSet::new();
        let (skew, timeout) = (self.skew(), self.context.profile.request_timeout);
        for one in recalled {
            if one.unknown {
                self.sends.unknown.insert(one.message, Doubt { conversation: one.conversation, key: one.key });
            }
            let web = self.is_web(one.conversation);
            let reader = self.reads.readers.entry(one.conversation).or_default();
            if let Some(id) = one.remote_id.as_ref().filter(|_| !one.unknown) {
                reader.known(id);
                continue;
            }
            // Its newest try began then, and ended no later than a try may take.
            let ended = one.at.saturating_add(timeout).unwrap_or(Timestamp::MAX);
            let when = if one.unknown {
                When::Unknown(one.at, ended.saturating_add(timeout).unwrap_or(Timestamp::MAX))
            } else {
                When::Accepted(one.at.saturating_add(skew).unwrap_or(one.at))
            };
            reader.sent(one.message, &self.context.redactor.text(&one.text), when, one.remote_id);
            if one.unknown && web {
                doubted.insert(one.conversation);
            } else if one.unknown {
                reader.look_soon(now, &self.context.tuning.read_pauses);
            }
        }
        for key in doubted {
            self.look_for_doubted(key, now);
        }
    }

    pub(super) fn pump_reads(&mut self, now: Moment) {
        let Outlook::Ready(generation) = self.sign_in.tokens.outlook(now, None) else { return };
        if self.reads_held(now).is_some() {
            return;
        }
        let wanting: Vec<_> = self
            .reads
            .readers
            .iter()
            .filter(|(key, reader)| {
                reader.wants(now) && !self.reads.under_way.contains_key(*key) && self.conversation_id(**key).is_some()
            })
            .map(|(key, _)| *key)
            .collect();
        for key in wanting {
            if self.stopping || self.context.pace.may(now, RESERVE).is_err() {
                return;
            }
            let Some(reader) = self.reads.readers.get_mut(&key) else { continue };
            let asked = reader.begin();
            let call = self.read_call(key, &[]);
            let id = self.context.next_exchange();
            let record = ExchangeBuilder::new(id, Kind::Read, "conversation".to_owned(), now).of(key, None);
            self.read_step(key, Reading { record, asked, began: now, bulk: None }, call, generation, now);
        }
    }

    /// When a reader wants to be read by itself.
    pub(super) fn reads_due(&self, now: Moment) -> Option<Moment> {
        self.reads
            .readers
            .iter()
            .filter(|(key, _)| !self.reads.under_way.contains_key(key))
            .filter_map(|(_, reader)| reader.next_due())
            .chain(self.reads_held(now))
            .filter(|at| at.mono > now.mono)
            .min_by_key(|at| at.mono)
    }

    /// Until when the server asked not to be read.
    pub(super) fn reads_held(&self, now: Moment) -> Option<Moment> {
        self.reads.held.filter(|until| now.mono < until.mono)
    }

    /// A read, or another request beside the messages, was answered with 429: reads wait as told, and messages no longer
    /// than the rate limit's window.
    pub(super) fn read_limited(&mut self, wait: Duration, now: Moment) {
        self.reads.held = Some(now.after(wait));
        self.context.pace.silence_for_window(wait, now);
    }

    pub(super) fn read_call(&self, key: ConversationKey, ids: &[String]) -> Result<Call, BadCall> {
        let (Some(token), Some(id)) = (&self.sign_in.token, self.conversation_id(key)) else {
            return Err(BadCall("there is no token or no such conversation".to_owned()));
        };
        let api = &self.context.profile.hosts.api;
        if ids.is_empty() {
            conversations::request(api, id, token)
        } else {
            conversations::bulk_request(api, id, ids, token)
        }
    }

    fn read_step(
        &mut self,
        key: ConversationKey,
        mut reading: Reading,
        call: Result<Call, BadCall>,
        generation: Generation,
        now: Moment,
    ) {
        let call = match call {
            Ok(call) => call,
            Err(bad) => {
                reading.record.settle(Outcome::Refused(bad.0.clone()), now);
                self.context.tell(reading.record.report());
                self.tell_readable(key, RepliesReadable::No(Unreadable::NoAnswer(bad.0)), reading.began);
                if let Some(reader) = self.reads.readers.get_mut(&key) {
                    reader.refused();
                }
                return;
            }
        };
        let age = self.sign_in.tokens.facts().map_or_else(Default::default, |f| now.since(f.issued));
        reading.record.begin(capture::request(&call, &self.context.redactor), Some((generation, age)), now);
        self.context.tell(reading.record.report());
        self.reads.under_way.insert(key, reading);
        self.context.pace.spend();
        self.context.spawn_read(call, key);
    }

    pub(super) fn read_answered(&mut self, done: ReadDone, now: Moment) {
        let key = done.key;
        self.context.overhear(&done.shown.heard, self.sends.queue.flying());
        let Some(mut reading) = self.reads.under_way.remove(&key) else { return };
        let why = done.shown.why();
        let (status, wait) = (done.shown.status(), done.shown.wait());
        reading.record.end(done.shown.ending, done.shown.timing);
        let was_bulk = reading.bulk.is_some();
        let generation = reading.record.generation();
        let understood = done.body.is_some_and(|body| self.understand(&mut reading, &body, key, now));
        let outcome = match status {
            _ if understood => Outcome::Accepted,
            0 => Outcome::Failed(why.clone()),
            200..=299 => Outcome::Refused("the answer does not describe a conversation".to_owned()),
            _ => Outcome::Refused(why.clone()),
        };
        reading.record.settle(outcome, now);
        self.context.tell(reading.record.report());
        if understood {
            if let Some(generation) = generation {
                self.sign_in.tokens.proven(generation);
            }
            return self.read_on(key, reading, now);
        }
        // A token that has ended or was withdrawn is renewed, and the conversation read again, once.
        if status == 401
            && let (Some(generation), Some(reader)) = (generation, self.reads.readers.get_mut(&key))
            && reader.may_renew()
            && matches!(self.sign_in.tokens.refuted(generation, now), Refuted::Retry { .. })
        {
            return reader.again(now, reading.asked);
        }
        let mut missing = done.refusal.as_ref().map(|refusal| refusal.missing_permissions.clone());
        missing.iter_mut().flatten().for_each(|name| *name = self.context.redactor.text(name).into_owned());
        self.tell_readable(key, RepliesReadable::No(Unreadable::of(status, missing, &why)), reading.began);
        let watched = self.reads.watched == Some(key);
        let (pauses, repeats) = (&self.context.tuning.read_pauses, self.context.tuning.read_repeats);
        let Some(reader) = self.reads.readers.get_mut(&key) else { return };
        if matches!(status, 0 | 408 | 429 | 500..=599) {
            reader.failed(now, pauses, repeats, watched, wait);
        } else {
            reader.refused();
        }
        if let Some(wait) = wait.filter(|_| status == 429) {
            self.read_limited(wait, now);
        }
        // What is known of the conversation, without what could not be read.
        let (state, since) = match &reading.bulk {
            Some(bulk) if was_bulk => (bulk.state, bulk.since),
            _ if status == 404 => (RemoteState::Missing, None),
            _ => (RemoteState::Unknown, None),
        };
        if was_bulk || status == 404 || reading.asked {
            self.tell_conversation(key, state, since, reading.asked, Vec::new());
        }
    }

    /// Reads the body into `reading`; false where it is not what was asked for.
    fn understand(&self, reading: &mut Reading, body: &[u8], key: ConversationKey, now: Moment) -> bool {
        if let Some(bulk) = &mut reading.bulk {
            let Some(found) = conversations::read_bulk(body, &bulk.listed, now.wall) else { return false };
            // The row says what was said, so that nobody has to open the entry to follow a conversation.
            if let Some(newest) = found.iter().max_by_key(|m| m.at) {
                let text = &newest.text;
                let author = newest.author.word();
                let count =
                    if found.len() == 1 { author.to_owned() } else { format!("{} messages, {author}", found.len()) };
                reading.record.call_it(format!("{count}: {text}"));
            }
            bulk.found.extend(found);
            return true;
        }
        let Some(read) = conversations::read(body) else { return false };
        let ids = read.messages.iter().map(|l| l.id.as_str());
        let left = self.reads.readers.get(&key).map(|r| r.unknown_ids(ids)).unwrap_or_default();
        reading.bulk =
            Some(Bulk { state: read.state, since: read.since, listed: read.messages, left, found: Vec::new() });
        true
    }

    /// Fetches what is left, or tells what was found.
    fn read_on(&mut self, key: ConversationKey, mut reading: Reading, now: Moment) {
        let Some(mut bulk) = reading.bulk.take() else { return };
        if !bulk.left.is_empty()
            && let Outlook::Ready(generation) = self.sign_in.tokens.outlook(now, None)
        {
            let rest = bulk.left.split_off(bulk.left.len().min(BULK));
            let ids = std::mem::replace(&mut bulk.left, rest);
            let call = self.read_call(key, &ids);
            let what = if ids.len() == 1 { "1 message".to_owned() } else { format!("{} messages", ids.len()) };
            let record = ExchangeBuilder::new(self.context.next_exchange(), Kind::Read, what, now).of(key, None);
            return self.read_step(key, Reading { record, bulk: Some(bulk), ..reading }, call, generation, now);
        }
        let watched = self.reads.watched == Some(key);
        let (pauses, repeats, skew) = (&self.context.tuning.read_pauses, self.context.tuning.read_repeats, self.skew());
        let Some(reader) = self.reads.readers.get_mut(&key) else { return };
        let (fresh, settled) = reader.read(bulk.found, skew, now, (pauses, repeats, watched));
        self.acknowledge(key, &fresh);
        self.tell_conversation(key, bulk.state, bulk.since, reading.asked, fresh);
        self.tell_settled(settled);
        self.tell_readable(key, RepliesReadable::Yes, reading.began);
    }

    /// What was seen in a conversation says something about messages of ours.
    pub(super) fn tell_settled(&mut self, settled: Vec<Settled>) {
        for settled in settled {
            let (message, life, remote_id) = match settled {
                Settled::Answered(message) => (message, DeliveryStatus::Answered, None),
                Settled::Landed(message, id) => (message, DeliveryStatus::Landed, Some(id)),
            };
            if life == DeliveryStatus::Landed && self.sends.unknown.remove(&message).is_none() {
                continue;
            }
            self.tell_recorded(None, message, life, None, remote_id);
        }
    }

    /// What a read showed: told where it is news, or where a person asked.
    fn tell_conversation(
        &mut self,
        key: ConversationKey,
        state: RemoteState,
        since: Option<Timestamp>,
        asked: bool,
        messages: Vec<RemoteMessage>,
    ) {
        let Some(reader) = self.reads.readers.get_mut(&key) else { return };
        if reader.is_news(state, since, !messages.is_empty()) || asked {
            self.context.tell(Report::Conversation { key, state, since, messages });
        }
    }

    /// What a job that died leaves behind.
    pub(super) fn job_died(&mut self, job: Job, now: Moment) {
        match job {
            Job::Secret | Job::Token => self.token_job_died(now),
            Job::Spare => self.spare_job_died(now),
            Job::Facts(generation) => self.facts_job_died(generation, now),
            Job::Send(message) => self.send_job_died(message, now),
            Job::Probe(exchange) => self.probe_job_died(exchange, now),
            Job::Web(key) => self.web_job_died(key, now),
            Job::Record(message) => self.send_job_died(message, now),
            Job::History(key) => self.history_job_died(key, now),
            Job::File(key) => self.uploads_lost(key, "guestwire failed inside", now),
            Job::SideRequest(exchange) => self.side_request_job_died(exchange, now),
            Job::Read(key) => {
                if let Some(mut reading) = self.reads.under_way.remove(&key) {
                    let why = "guestwire failed inside".to_owned();
                    reading.record.settle(Outcome::Failed(why.clone()), now);
                    self.context.tell(reading.record.report());
                    self.tell_readable(key, RepliesReadable::No(Unreadable::NoAnswer(why)), reading.began);
                }
                if let Some(reader) = self.reads.readers.get_mut(&key) {
                    reader.refused();
                }
            }
        }
    }
}
