//! Reading conversations: when the reader wants it, a token is there, and the rate limit leaves room.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::state::EngineState;
use super::task_output::{AnsweredTry, TaskPurpose};
use crate::engine::Report;
use crate::engine::outcome::is_transient;
use crate::engine::reading::{FoundStatus, ReplyReader, When};
use crate::engine::token::{After401, Availability};
use crate::genesys::conversations;
use crate::genesys::conversations::{BULK_MAX, ListedMessage};
use crate::model::{
    ConversationKey, DeliveryStatus, Exchange, ExchangeKind, Message, MessageId, Moment, OutgoingMessage,
    RemoteMessage, RemoteState, RepliesReadable, Unreadable,
};
use crate::text::counted;

/// How often the last pause is repeated while a person looks at the conversation and no answer came.
const REPEATS: u32 = 20;

type ReadMessages = (Vec<RemoteMessage>, Vec<FoundStatus>);

#[derive(Default)]
pub struct Reads {
    readers: BTreeMap<ConversationKey, ReplyReader>,
    under_way: BTreeMap<ConversationKey, Reading>,
    watched: Option<ConversationKey>, // the one that a person looks at
}

struct Reading {
    asked: bool,             // a person asked for it
    began: Moment,           // when its first request began: what was said before then is known once it succeeded
    bulk: Option<BulkFetch>, // after the conversation was read: what it lists, and what is still to be fetched
}

struct BulkFetch {
    state: RemoteState,
    since: Option<Timestamp>,
    listed: Vec<ListedMessage>,
    left: Vec<String>,
    found: Vec<RemoteMessage>,
}

impl Reads {
    pub fn ask(&mut self, key: ConversationKey, cx: &EngineState) {
        let Some(entry) = cx.entry(key) else { return };
        let unreadable = if cx.conversation_id(key).is_none() {
            let name = &entry.conversation.name;
            let why = "its conversation id becomes known with the first message that is accepted";
            cx.notice_of(key, &format!("{name} cannot be read yet: {why}"));
            Unreadable::NoConversationId
        } else {
            self.of(key).ask();
            if cx.availability(None) == Availability::Never {
                Unreadable::NoToken
            } else if cx.pace.reads_held(cx.now).is_some() {
                Unreadable::Failing(429)
            } else {
                return;
            }
        };
        cx.report_readable(key, RepliesReadable::No(unreadable), cx.now);
    }

    /// A new conversation takes this one's place: its messages answer no earlier send, and settle none.
    pub fn begin_anew(&mut self, key: ConversationKey, cx: &mut EngineState) {
        cx.forget_id(key);
        self.of(key).begin_anew();
    }

    /// A message may be there: an answer is looked for, and the message itself, where nobody knows.
    pub fn sent(
        &mut self,
        message: MessageId,
        request: &OutgoingMessage,
        when: When,
        id: Option<String>,
        cx: &EngineState,
    ) {
        let key = request.conversation;
        let reader = self.of(key);
        reader.sent(message, &cx.mask(&request.text), when, id);
        if cx.is_web(key) {
            return;
        }
        reader.look(cx.now, &cx.options.read_pauses, false);
        if cx.conversation_id(key).is_none() {
            cx.report_readable(key, RepliesReadable::No(Unreadable::NoConversationId), cx.now);
        }
    }

    /// Also of an accepted one the reader must know: else a look-up might take it for an unknown one of the same text.
    pub fn recall(&mut self, message: Message, begun: Timestamp, cx: &EngineState) {
        let unknown = matches!(message.delivery, DeliveryStatus::Unknown(_));
        let reader = self.of(message.conversation);
        if let Some(id) = message.remote_id.as_ref().filter(|_| !unknown) {
            return reader.mark_known(id);
        }
        let when = if unknown {
            // The try ended no later than a try may take, and could have been worked on as long again.
            When::Unknown(begun, begun.saturating_add(2 * cx.profile.request_timeout).unwrap_or(Timestamp::MAX))
        } else {
            When::Accepted(cx.server_time(begun))
        };
        reader.sent(message.id, &cx.mask(&message.text), when, message.remote_id);
        if unknown && !cx.is_web(message.conversation) {
            reader.look(cx.now, &cx.options.read_pauses, true);
        }
    }

    pub const fn watch(&mut self, key: Option<ConversationKey>) {
        self.watched = key;
    }

    pub fn of(&mut self, key: ConversationKey) -> &mut ReplyReader {
        self.readers.entry(key).or_default()
    }

    pub fn new_token(&mut self) {
        self.readers.values_mut().for_each(ReplyReader::new_token);
    }

    pub fn begin_due(&mut self, cx: &mut EngineState) {
        let wanted = self.readers.iter().filter(|(key, reader)| {
            let known = cx.conversation_id(**key).is_some();
            known && reader.wants(cx.now) && !self.under_way.contains_key(*key)
        });
        for key in wanted.map(|(key, _)| *key).collect::<Vec<_>>() {
            if !cx.may_ask() {
                return;
            }
            let reading = Reading { asked: self.of(key).begin(), began: cx.now, bulk: None };
            self.request(key, reading, "conversation", &[], cx);
        }
    }

    pub fn due(&self, cx: &EngineState) -> Option<Moment> {
        let idle = self.readers.iter().filter(|(key, _)| !self.under_way.contains_key(key));
        let held = cx.pace.any_read_held(cx.now).filter(|_| !self.readers.is_empty());
        let dues = idle.filter_map(|(_, reader)| reader.next).chain(held);
        dues.filter(|at| at.mono > cx.now.mono).min()
    }

    fn request(&mut self, key: ConversationKey, reading: Reading, what: &str, ids: &[String], cx: &mut EngineState) {
        let record = cx.record(ExchangeKind::Read, what, Some(key));
        match cx.request(TaskPurpose::Read(key), record, cx.read_call(key, ids), cx.carried()) {
            Ok(_) => drop(self.under_way.insert(key, reading)),
            Err(why) => {
                cx.report_readable(key, RepliesReadable::No(Unreadable::NoAnswer(why)), reading.began);
                self.of(key).refused();
            }
        }
    }

    fn repeats(&self, key: ConversationKey) -> u32 {
        if self.watched == Some(key) { REPEATS } else { 0 }
    }

    /// A read was answered. Gives the messages, once all that the read lists are there.
    pub fn answered(
        &mut self,
        key: ConversationKey,
        (mut record, shown): AnsweredTry,
        cx: &mut EngineState,
    ) -> Option<ReadMessages> {
        let mut reading = self.under_way.remove(&key)?;
        let generation = record.generation();
        let understood = shown.body().is_some_and(|body| self.understand(key, &mut reading, &mut record, body, cx));
        let (status, wait, why, missing) = (shown.status(), shown.wait(), shown.why(), shown.missing_permissions());
        cx.finish_question(&mut record, shown, understood);
        if understood {
            if let Some(generation) = generation {
                cx.tokens.proven(generation);
            }
            return self.read_on(key, reading, cx);
        }
        let repeats = self.repeats(key);
        let reader = self.of(key);
        // A token that has expired or was revoked is renewed, and the conversation read again, once.
        if status == 401
            && let Some(generation) = generation
            && reader.may_renew()
            && matches!(cx.tokens.on_unauthorized(generation, cx.now), After401::Retry { .. })
        {
            reader.again(cx.now, reading.asked);
            return None;
        }
        let unreadable = Unreadable::of(status, missing, &why.to_string());
        cx.report_readable(key, RepliesReadable::No(unreadable), reading.began);
        if is_transient(status) {
            reader.failed(cx.now, (&cx.options.read_pauses, repeats), wait);
        } else {
            reader.refused();
        }
        // What is known of the conversation, without what could not be read.
        let (known, state, since) = match &reading.bulk {
            Some(bulk) => (true, bulk.state, bulk.since),
            None if status == 404 => (true, RemoteState::Missing, None),
            None => (false, RemoteState::Unknown, None),
        };
        let news = known && reader.is_news(state, since, false);
        if news || reading.asked {
            cx.report(Report::Conversation { key, state, since, messages: Vec::new() });
        }
        None
    }

    /// Reads the body into `reading`; false where the body is something else.
    fn understand(
        &mut self,
        key: ConversationKey,
        reading: &mut Reading,
        record: &mut Exchange,
        body: &[u8],
        cx: &EngineState,
    ) -> bool {
        if let Some(bulk) = &mut reading.bulk {
            let Some(found) = conversations::read_bulk(body, &bulk.listed, cx.now.wall) else { return false };
            // The row says what was said, so that nobody has to open the entry to follow a conversation.
            if let Some(newest) = found.iter().max_by_key(|m| m.at) {
                let (text, author) = (&newest.text, newest.author.name());
                let count = if found.len() == 1 { String::new() } else { format!("{} messages, ", found.len()) };
                record.what = format!("{count}{author}: {text}");
            }
            bulk.found.extend(found);
            return true;
        }
        let Some(read) = conversations::read(body) else { return false };
        let left = self.of(key).unknown_ids(&read.messages);
        let (state, since, listed) = (read.state, read.since, read.messages);
        reading.bulk = Some(BulkFetch { state, since, listed, left, found: Vec::new() });
        true
    }

    fn read_on(&mut self, key: ConversationKey, mut reading: Reading, cx: &mut EngineState) -> Option<ReadMessages> {
        let bulk = reading.bulk.as_mut()?;
        if !bulk.left.is_empty() && matches!(cx.availability(None), Availability::Ready(_)) {
            let rest = bulk.left.split_off(bulk.left.len().min(BULK_MAX));
            let ids = std::mem::replace(&mut bulk.left, rest);
            let what = counted(ids.len(), "message");
            self.request(key, reading, &what, &ids, cx);
            return None;
        }
        let BulkFetch { state, since, found, listed, .. } = reading.bulk?;
        let repeats = self.repeats(key);
        let reader = self.of(key);
        let (fresh, found) = reader.read(found, cx.skew(), cx.now, (&cx.options.read_pauses, repeats));
        if reader.is_news(state, since, !fresh.is_empty()) || reading.asked {
            cx.report(Report::Conversation { key, state, since, messages: fresh.clone() });
        }
        let readable = match reader.unknown_ids(&listed).len() {
            0 => RepliesReadable::Yes,
            absent => RepliesReadable::No(Unreadable::Incomplete(absent)),
        };
        cx.report_readable(key, readable, reading.began);
        Some((fresh, found))
    }
}
