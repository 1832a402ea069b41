//! Reading conversations: when the reader wants it, a token is there, and the rate limit leaves room.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::engine::exchange_builder::ExchangeBuilder;
use crate::engine::heard::Arrival;
use crate::engine::reading::{ReplyReader, Settled, When};
use crate::engine::token::{Outlook, Refuted};
use crate::engine::{Recalled, Report, SendRequest};
use crate::genesys::Call;
use crate::genesys::call::BadCall;
use crate::genesys::conversations::{self, BULK_MAX, Listed};
use crate::model::{
    AsOf, ConversationKey, ExchangeKind, MessageId, Moment, Outcome, Reason, RemoteMessage, RemoteState,
    RepliesReadable, Unreadable,
};

use super::context::Context;
use super::sign_in::SignInArea;
use super::tasks::{CapturedTry, TaskPurpose};

/// Requests of the rate limit's window that reads leave to sends.
pub const RESERVE: u32 = 10;

/// What a read brought: messages that are new, and what they settle.
pub type ReadMessages = (Vec<RemoteMessage>, Vec<Settled>);

/// Conversations as far as they are read.
#[derive(Default)]
pub struct Reads {
    readers: BTreeMap<ConversationKey, ReplyReader>,
    under_way: BTreeMap<ConversationKey, Reading>,
    /// A 429 asked not to read before then.
    held: Option<Moment>,
    /// The one that a person looks at.
    watched: Option<ConversationKey>,
    /// Ids on the remote side of conversations whose address does not name it.
    ids: BTreeMap<ConversationKey, String>,
}

/// A read under way.
struct Reading {
    /// A person asked for it.
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

impl Reads {
    /// A person looks at this conversation.
    pub const fn watch(&mut self, key: Option<ConversationKey>) {
        self.watched = key;
    }

    /// A person wants a conversation read, now.
    pub fn ask(&mut self, key: ConversationKey, cx: &Context, sign_in: &SignInArea, now: Moment) {
        let Some(entry) = cx.entry(key) else { return };
        let unreadable = if self.conversation_id(key, cx).is_none() {
            let name = &entry.conversation.name;
            let why = "its conversation id becomes known with the first message that is accepted";
            cx.notice(&format!("{name} cannot be read yet: {why}"), now);
            Unreadable::NoConversationId
        } else {
            self.readers.entry(key).or_default().ask();
            if sign_in.tokens().outlook(now, None) == Outlook::Never {
                Unreadable::NoToken
            } else if self.held(now).is_some() {
                Unreadable::Failing { status: 429 }
            } else {
                return;
            }
        };
        report_readable(key, RepliesReadable::No(unreadable), now, cx);
    }

    /// The remote side's id of a conversation: its address names it, or it was learned.
    pub fn conversation_id<'a>(&'a self, key: ConversationKey, cx: &'a Context) -> Option<&'a str> {
        cx.address(key)?.conversation_id().or_else(|| self.ids.get(&key).map(String::as_str))
    }

    /// The remote side's id of a conversation became known. Another id than before is another conversation: what was
    /// read of the old one is kept.
    pub fn learn(&mut self, key: ConversationKey, conversation_id: String, cx: &Context) {
        if self.conversation_id(key, cx) == Some(conversation_id.as_str()) {
            return;
        }
        self.ids.insert(key, conversation_id.clone());
        if !cx.is_web(key) {
            report_readable(key, RepliesReadable::NotYetKnown, cx.clock.now(), cx);
        }
        cx.report(Report::ConversationIdKnown { key, conversation_id });
    }

    /// Another conversation begins where this one was: what is said in it answers, and shows, nothing of before.
    pub fn begin_anew(&mut self, key: ConversationKey) {
        self.ids.remove(&key);
        if let Some(reader) = self.readers.get_mut(&key) {
            reader.begin_anew();
        }
    }

    /// A message may be there: an answer is looked for, and the message itself, where nobody knows.
    pub fn sent(&mut self, request: &SendRequest, when: When, id: Option<String>, cx: &Context, now: Moment) {
        let key = request.conversation;
        let reader = self.readers.entry(key).or_default();
        reader.sent(request.message, &cx.redactor.text(&request.text), when, id);
        if cx.is_web(key) {
            return;
        }
        reader.look(now, &cx.tuning.read_pauses);
        if self.conversation_id(key, cx).is_none() {
            report_readable(key, RepliesReadable::No(Unreadable::NoConversationId), now, cx);
        }
    }

    /// A message of an earlier session. Also of one that was accepted the reader must know: else a look-up might take it
    /// for an unknown one of the same text.
    pub fn recall(&mut self, one: Recalled, cx: &Context, now: Moment) {
        let reader = self.readers.entry(one.conversation).or_default();
        if let Some(id) = one.remote_id.as_ref().filter(|_| !one.unknown) {
            return reader.known(id);
        }
        let when = if one.unknown {
            // Its newest try began then, ended no later than a try may take, and could have been worked on as long again.
            let latest = one.at.saturating_add(2 * cx.profile.request_timeout).unwrap_or(Timestamp::MAX);
            When::Unknown(one.at, latest)
        } else {
            When::Accepted(cx.server_time(one.at))
        };
        reader.sent(one.message, &cx.redactor.text(&one.text), when, one.remote_id);
        if one.unknown && !cx.is_web(one.conversation) {
            reader.look_soon(now, &cx.tuning.read_pauses);
        }
    }

    /// The message of that remote id is one of ours.
    pub fn known(&mut self, key: ConversationKey, remote_id: &str) {
        self.readers.entry(key).or_default().known(remote_id);
    }

    /// A message is not looked for any more.
    pub fn settled(&mut self, key: ConversationKey, message: MessageId) {
        if let Some(reader) = self.readers.get_mut(&key) {
            reader.settled(message);
        }
    }

    /// Since when, by the server's clock, an unknown message may be there.
    pub fn doubt_since(&self, key: ConversationKey, cx: &Context) -> Option<Timestamp> {
        self.readers.get(&key)?.doubt_since(cx.skew())
    }

    /// Whether anything was heard in a conversation.
    pub fn has_heard(&self, key: ConversationKey) -> bool {
        self.readers.get(&key).is_some_and(ReplyReader::has_heard)
    }

    /// Messages came through a socket or webhook, or were read in a history.
    pub fn hear(&mut self, key: ConversationKey, came: Vec<RemoteMessage>, how: Arrival, cx: &Context) -> ReadMessages {
        self.readers.entry(key).or_default().hear(came, how, cx.skew())
    }

    /// A new token: what the old one was refused may be tried again.
    pub fn new_token(&mut self) {
        self.readers.values_mut().for_each(ReplyReader::new_token);
    }

    /// Begins the reads that are due.
    pub fn pump(&mut self, cx: &mut Context, sign_in: &SignInArea, now: Moment) {
        if !sign_in.is_ready(now) || self.held(now).is_some() {
            return;
        }
        let idle = self.readers.iter().filter(|(key, reader)| {
            let known = self.conversation_id(**key, cx).is_some();
            known && reader.wants(now) && !self.under_way.contains_key(*key)
        });
        for key in idle.map(|(key, _)| *key).collect::<Vec<_>>() {
            if cx.pace.may(now, RESERVE).is_err() {
                return;
            }
            let Some(reader) = self.readers.get_mut(&key) else { continue };
            let reading = Reading { asked: reader.begin(), began: now, bulk: None };
            let record = cx.record(ExchangeKind::Read, "conversation", Some(key), now);
            self.request(key, reading, record, &[], cx, sign_in, now);
        }
    }

    /// When a reader wants to be read by itself, or may be again.
    pub fn due(&self, cx: &Context, now: Moment) -> Option<Moment> {
        let idle = self.readers.iter().filter(|(key, _)| !self.under_way.contains_key(key));
        let paced = cx.pace.may(now, RESERVE).err().filter(|_| !self.readers.is_empty());
        let dues = idle.filter_map(|(_, reader)| reader.next_due()).chain(self.held(now)).chain(paced);
        dues.filter(|at| at.mono > now.mono).min_by_key(|at| at.mono)
    }

    /// Until when the server asked not to be read.
    pub fn held(&self, now: Moment) -> Option<Moment> {
        self.held.filter(|until| now.mono < until.mono)
    }

    /// A read, or another request beside the messages, was answered with 429: reads wait as told, and messages no longer
    /// than the rate limit's window.
    pub fn hold(&mut self, wait: Duration, cx: &mut Context, now: Moment) {
        self.held = Some(now.after(wait));
        cx.pace.silence_for_window(wait, now);
    }

    /// The request that reads a conversation, or these of its messages.
    pub fn call(
        &self,
        key: ConversationKey,
        ids: &[String],
        cx: &Context,
        sign_in: &SignInArea,
    ) -> Result<Call, BadCall> {
        let (Some(token), Some(id)) = (sign_in.token(), self.conversation_id(key, cx)) else {
            return Err(BadCall("there is no token or no such conversation".to_owned()));
        };
        let api = &cx.profile.hosts.api;
        if ids.is_empty() {
            conversations::request(api, id, token)
        } else {
            conversations::bulk_request(api, id, ids, token)
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a read with all that it needs of other areas")]
    fn request(
        &mut self,
        key: ConversationKey,
        reading: Reading,
        mut record: ExchangeBuilder,
        ids: &[String],
        cx: &mut Context,
        sign_in: &SignInArea,
        now: Moment,
    ) {
        match self.call(key, ids, cx, sign_in) {
            Ok(call) => {
                self.under_way.insert(key, reading);
                cx.request(TaskPurpose::Read(key), record, call, sign_in.carried(now), now);
            }
            Err(BadCall(why)) => {
                cx.settle(&mut record, Outcome::Refused(Reason::NotBuilt(why.clone())), now);
                report_readable(key, RepliesReadable::No(Unreadable::NoAnswer(why)), reading.began, cx);
                if let Some(reader) = self.readers.get_mut(&key) {
                    reader.refused();
                }
            }
        }
    }

    /// A read was answered. Gives what it brought, once all of it is there.
    pub fn answered(
        &mut self,
        key: ConversationKey,
        mut record: ExchangeBuilder,
        shown: CapturedTry,
        cx: &mut Context,
        sign_in: &mut SignInArea,
        now: Moment,
    ) -> Option<ReadMessages> {
        let mut reading = self.under_way.remove(&key)?;
        let (generation, was_bulk) = (record.generation(), reading.bulk.is_some());
        let understood = shown.body().is_some_and(|body| self.understand(&mut reading, &mut record, body, key, now));
        let (status, wait, why, missing) = (shown.status(), shown.wait(), shown.why(), shown.missing_permissions());
        let outcome = shown.outcome(understood);
        cx.settle_try(&mut record, shown, outcome, now);
        if understood {
            if let Some(generation) = generation {
                sign_in.proven(generation);
            }
            return self.read_on(key, reading, cx, sign_in, now);
        }
        let reader = self.readers.get_mut(&key)?;
        // A token that has ended or was withdrawn is renewed, and the conversation read again, once.
        if status == 401
            && let Some(generation) = generation
            && reader.may_renew()
            && matches!(sign_in.refuted(generation, now), Refuted::Retry { .. })
        {
            reader.again(now, reading.asked);
            return None;
        }
        let unreadable = Unreadable::of(status, missing, &why.to_string());
        report_readable(key, RepliesReadable::No(unreadable), reading.began, cx);
        if matches!(status, 0 | 408 | 429 | 500..=599) {
            let tuning = &cx.tuning;
            reader.failed(now, &tuning.read_pauses, tuning.read_repeats, self.watched == Some(key), wait);
        } else {
            reader.refused();
        }
        if let Some(wait) = wait.filter(|_| status == 429) {
            self.hold(wait, cx, now);
        }
        // What is known of the conversation, without what could not be read.
        let (state, since) = match &reading.bulk {
            Some(bulk) if was_bulk => (bulk.state, bulk.since),
            _ if status == 404 => (RemoteState::Missing, None),
            _ => (RemoteState::Unknown, None),
        };
        if was_bulk || status == 404 || reading.asked {
            self.report_conversation(key, state, since, reading.asked, &[], cx);
        }
        None
    }

    /// Reads the body into `reading`; false where it is not what was asked for.
    fn understand(
        &self,
        reading: &mut Reading,
        record: &mut ExchangeBuilder,
        body: &[u8],
        key: ConversationKey,
        now: Moment,
    ) -> bool {
        if let Some(bulk) = &mut reading.bulk {
            let Some(found) = conversations::read_bulk(body, &bulk.listed, now.wall) else { return false };
            // The row says what was said, so that nobody has to open the entry to follow a conversation.
            if let Some(newest) = found.iter().max_by_key(|m| m.at) {
                let (text, author) = (&newest.text, newest.author.word());
                let count = if found.len() == 1 { String::new() } else { format!("{} messages, ", found.len()) };
                record.call_it(format!("{count}{author}: {text}"));
            }
            bulk.found.extend(found);
            return true;
        }
        let Some(read) = conversations::read(body) else { return false };
        let ids = read.messages.iter().map(|l| l.id.as_str());
        let left = self.readers.get(&key).map(|r| r.unknown_ids(ids)).unwrap_or_default();
        let (state, since, listed) = (read.state, read.since, read.messages);
        reading.bulk = Some(Bulk { state, since, listed, left, found: Vec::new() });
        true
    }

    /// Fetches what is left, or reports what was found.
    fn read_on(
        &mut self,
        key: ConversationKey,
        mut reading: Reading,
        cx: &mut Context,
        sign_in: &SignInArea,
        now: Moment,
    ) -> Option<ReadMessages> {
        let bulk = reading.bulk.as_mut()?;
        if !bulk.left.is_empty() && sign_in.is_ready(now) {
            let rest = bulk.left.split_off(bulk.left.len().min(BULK_MAX));
            let ids = std::mem::replace(&mut bulk.left, rest);
            let what = if ids.len() == 1 { "1 message".to_owned() } else { format!("{} messages", ids.len()) };
            let record = cx.record(ExchangeKind::Read, &what, Some(key), now);
            self.request(key, reading, record, &ids, cx, sign_in, now);
            return None;
        }
        let Bulk { state, since, found, .. } = reading.bulk?;
        let pauses = (&*cx.tuning.read_pauses, cx.tuning.read_repeats, self.watched == Some(key));
        let (fresh, settled) = self.readers.get_mut(&key)?.read(found, cx.skew(), now, pauses);
        self.report_conversation(key, state, since, reading.asked, &fresh, cx);
        report_readable(key, RepliesReadable::Yes, reading.began, cx);
        Some((fresh, settled))
    }

    /// Reports what a read showed, where it is news, or where a person asked.
    fn report_conversation(
        &mut self,
        key: ConversationKey,
        state: RemoteState,
        since: Option<Timestamp>,
        asked: bool,
        messages: &[RemoteMessage],
        cx: &Context,
    ) {
        let Some(reader) = self.readers.get_mut(&key) else { return };
        if reader.is_news(state, since, !messages.is_empty()) || asked {
            cx.report(Report::Conversation { key, state, since, messages: messages.to_vec() });
        }
    }
}

/// Whether replies can be read, as of a read that began at `began`.
fn report_readable(key: ConversationKey, readable: RepliesReadable, began: Moment, cx: &Context) {
    cx.report(Report::RepliesReadable { key, readable, as_of: AsOf::ReadAt(began) });
}
