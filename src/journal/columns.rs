//! How values lie in the columns of the tables, how rows are read and written, and by which text a conversation is known.
//! An exchange is a version byte, then its JSON, deflated. (Its form: that of [`Exchange`].) Only what was captured goes in,
//! so it is redacted already. Times are the wall clock's, lengths of time are the monotonic one's.

use std::io::Read as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use jiff::Timestamp;
use rusqlite::{Connection, Params, Row};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::model::{
    Address, Channel, Conversation, ConversationKey, DeliveryStatus, Exchange, ExchangeId, ExchangeStep, Moment, Reason,
};

/// Runs a statement, and keeps it prepared for the next time. How many rows it changed.
pub fn run(db: &Connection, sql: &str, values: impl Params) -> rusqlite::Result<usize> {
    db.prepare_cached(sql)?.execute(values)
}

pub fn all<T>(
    db: &Connection,
    sql: &str,
    values: impl Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    db.prepare_cached(sql)?.query_map(values, read)?.collect()
}

/// Which text a conversation is known by on disk, by key.
#[derive(Debug, Default)]
pub(super) struct KeyTable(Mutex<Vec<String>>);

impl KeyTable {
    pub fn of(conversations: &[Conversation]) -> Arc<Self> {
        let keys = Self::default();
        for conversation in conversations {
            keys.remember(conversation);
        }
        Arc::new(keys)
    }

    fn list(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a conversation in. The same address twice in a profile gets a number behind it.
    pub fn remember(&self, conversation: &Conversation) -> String {
        if let Some(known) = self.ident(conversation.key) {
            return known;
        }
        let (mut keys, at) = (self.list(), conversation.key.0 as usize);
        let base = conversation.address.ident();
        let numbered = std::iter::once(base.clone()).chain((2..).map(|again| format!("{base} #{again}")));
        let ident = numbered.into_iter().find(|ident| !keys.contains(ident)).unwrap_or_default();
        if keys.len() <= at {
            keys.resize(at + 1, String::new());
        }
        keys.get_mut(at).into_iter().for_each(|place| place.clone_from(&ident));
        ident
    }

    pub fn ident(&self, key: ConversationKey) -> Option<String> {
        self.list().get(key.0 as usize).filter(|k| !k.is_empty()).cloned()
    }

    pub fn all(&self) -> Vec<String> {
        self.list().iter().filter(|k| !k.is_empty()).cloned().collect()
    }

    pub fn key(&self, ident: &str) -> Option<ConversationKey> {
        let at = self.list().iter().position(|k| k == ident)?;
        Some(ConversationKey(u32::try_from(at).ok()?))
    }
}

/// A status's name on disk, and its reason.
pub fn status_words(delivery: &DeliveryStatus) -> (&'static str, Option<String>) {
    let name = match delivery {
        DeliveryStatus::Waiting { .. } => DeliveryStatus::Queued.word(),
        delivery => delivery.word(),
    };
    (name, delivery.reason().map(Reason::kept))
}

pub fn status_of(name: &str, why: Option<String>) -> DeliveryStatus {
    use DeliveryStatus::{Accepted, Answered, Cancelled, NotReceived, Queued, Received, Refused, Sending, Unknown};
    let why = Reason::of_kept(why.unwrap_or_default());
    let known =
        [Queued, Sending { attempt: 1 }, Accepted, Answered, Refused(why.clone()), Cancelled, Received, NotReceived];
    known.into_iter().find(|status| status.word() == name).unwrap_or(Unknown(why))
}

/// A value as JSON; nothing where it says nothing, as most do.
pub fn json<T: Serialize + Default + PartialEq>(value: &T) -> Option<String> {
    serde_json::to_string(value).ok().filter(|json| json != "{}" && *value != T::default())
}

/// The value of a column of JSON; the default where there is none, or none that can be read.
pub fn of_json<T: DeserializeOwned + Default>(json: Option<String>) -> T {
    json.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default()
}

pub fn time(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A kept time as a moment. The monotonic clock of that session is gone: there it reads zero.
pub fn moment(micros: i64) -> Moment {
    Moment::new(Duration::ZERO, time(micros))
}

pub fn added_json(Conversation { name, address, .. }: &Conversation) -> String {
    json!({"name": name, "channel": address.channel().name(), "ids": address.ids()}).to_string()
}

pub fn added_from_json(json: &str, key: ConversationKey) -> Option<Conversation> {
    let kept: Value = serde_json::from_str(json).ok()?;
    let mut ids = kept["ids"].as_array()?.iter();
    let next = || ids.next()?.as_str().map(str::to_owned);
    let address = Address::of_ids(Channel::named(kept["channel"].as_str()?)?, next)?;
    Some(Conversation { key, name: kept["name"].as_str()?.to_owned(), address })
}

/// The only form so far. Earlier versions left out what stands in columns too: what the exchange was for, and its line.
pub(super) const FORM: u8 = 1;
/// No honest record unpacks to more, in bytes.
const MAX_UNPACKED: u64 = 64 << 20;

pub fn pack(exchange: &Exchange) -> Vec<u8> {
    let mut packer = DeflateEncoder::new(vec![FORM], Compression::fast());
    // Plain data becomes JSON without fail, and memory takes all that is written.
    let _ = serde_json::to_writer(&mut packer, exchange);
    packer.finish().unwrap_or_default()
}

/// An exchange of that session, without conversation and message, which columns know. `None` where it is damaged.
pub fn unpack(packed: &[u8], session: u32) -> Option<Exchange> {
    let (form, packed) = packed.split_first()?;
    if *form != FORM {
        return None;
    }
    let mut json = Vec::new();
    DeflateDecoder::new(packed).take(MAX_UNPACKED).read_to_end(&mut json).ok()?;
    let mut exchange: Exchange = serde_json::from_slice(&json).ok()?;
    // Ids are given anew in each session: the session makes them different from those of others.
    let of_session = |id: ExchangeId| ExchangeId(u64::from(session) << 32 | (id.0 & 0xffff_ffff));
    exchange.id = of_session(exchange.id);
    for step in &mut exchange.steps {
        if let ExchangeStep::Renewal { exchange, .. } = step {
            *exchange = of_session(*exchange);
        }
    }
    Some(exchange)
}
