//! An exchange as it lies in the journal: a version byte, then deflated JSON. Only what was captured goes in, so it is
//! redacted already. Times are the wall clock's, lengths of time are the monotonic one's.

use std::cell::RefCell;
use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use flate2::read::DeflateDecoder;
use flate2::{Compress, Compression, FlushCompress, Status};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::Variation;
use crate::model::{
    Attempt, Body, BodyForm, ConversationKey, Ending, Exchange, ExchangeId, Failure, FailureKind, Generation, Header,
    Kind, MessageId, Moment, Outcome, Party, Phase, ProxyName, Request, Response, Step, Timing, TlsFault,
};

/// The only form so far.
const FORM: u8 = 1;
/// No honest record unpacks to more.
const MAX_UNPACKED: u64 = 64 << 20;

type Pair = (String, String);

#[derive(Serialize, Deserialize)]
struct StoredBody {
    form: u8,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    text: String,
    total: u64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    cut: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mime: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    encoding: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct StoredResponse {
    status: u16,
    version: String,
    headers: Vec<Pair>,
    body: StoredBody,
    remote: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct StoredFailure {
    kind: u8,
    phase: u8,
    detail: String,
    wrote: bool,
    partial: Option<StoredResponse>,
    /// Address and variable of the proxy with which it broke.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    proxy: Option<(String, Option<String>)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ca_file: Option<String>,
}

#[derive(Serialize, Deserialize)]
enum StoredEnding {
    #[serde(rename = "answered")]
    Answered(StoredResponse),
    #[serde(rename = "failed")]
    Failed(StoredFailure),
}

/// Microseconds: resolve, connect, tls, first byte, total; and whether the connection was used before.
#[derive(Serialize, Deserialize)]
struct StoredTiming([Option<u64>; 5], bool);

#[derive(Serialize, Deserialize)]
#[expect(clippy::large_enum_variant, reason = "nearly all of them are tries")]
enum StoredStep {
    #[serde(rename = "try")]
    Try {
        number: u32,
        at: i64,
        generation: Option<u32>,
        token_age: Option<u64>,
        method: String,
        url: String,
        headers: Vec<Pair>,
        body: StoredBody,
        ending: Option<StoredEnding>,
        timing: StoredTiming,
    },
    #[serde(rename = "wait")]
    Wait { at: i64, until: i64, why: String },
    #[serde(rename = "renewal")]
    Renewal { exchange: u64, at: i64, generation: Option<u32>, took: Option<u64>, waiting: u32 },
}

#[derive(Serialize, Deserialize)]
struct Stored {
    id: u64,
    began: i64,
    took: Option<u64>,
    outcome: (String, Option<String>),
    steps: Vec<StoredStep>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sent_as: Option<String>,
}

const FORMS: [BodyForm; 5] = [BodyForm::Empty, BodyForm::Json, BodyForm::Form, BodyForm::Text, BodyForm::Binary];
const PHASES: [Phase; 6] = [Phase::Resolve, Phase::Connect, Phase::Tls, Phase::Write, Phase::Answer, Phase::Body];
const KINDS_OF_FAILURE: [FailureKind; 17] = [
    FailureKind::Dns,
    FailureKind::Connect,
    FailureKind::Tls(TlsFault::Other),
    FailureKind::Timeout,
    FailureKind::Reset,
    FailureKind::Protocol,
    FailureKind::Cancelled,
    FailureKind::Invalid,
    FailureKind::Proxy,
    FailureKind::Unprocessed,
    FailureKind::TooLarge,
    FailureKind::Tls(TlsFault::UnknownIssuer),
    FailureKind::Tls(TlsFault::SelfSigned),
    FailureKind::Tls(TlsFault::Expired),
    FailureKind::Tls(TlsFault::NotYetValid),
    FailureKind::Tls(TlsFault::WrongName),
    FailureKind::Tls(TlsFault::ClientCertificate),
];
const KINDS: [Kind; 9] =
    [Kind::Token, Kind::Send, Kind::Read, Kind::Probe, Kind::Frame, Kind::Note, Kind::Sys, Kind::Hook, Kind::Event];

fn place<T: PartialEq>(list: &[T], item: &T) -> u8 {
    list.iter().position(|x| x == item).and_then(|at| u8::try_from(at).ok()).unwrap_or(0)
}

fn at<T: Copy>(list: &[T], place: u8, other: T) -> T {
    list.get(usize::from(place)).copied().unwrap_or(other)
}

/// A kind's word as it is kept.
pub const fn kind_word(kind: Kind) -> &'static str {
    kind.word()
}

/// The kind of a word.
pub fn kind_of(word: &str) -> Kind {
    KINDS.into_iter().find(|k| k.word() == word).unwrap_or(Kind::Sys)
}

/// An outcome's name as it is kept, and its reason.
pub fn outcome_words(outcome: &Outcome) -> (&'static str, Option<&str>) {
    let name = match outcome {
        Outcome::Open => "open",
        Outcome::Waiting => "waiting",
        Outcome::Accepted => "accepted",
        Outcome::Refused(_) => "refused",
        Outcome::Unknown(_) => "unknown",
        Outcome::Failed(_) => "failed",
        Outcome::Cancelled => "cancelled",
    };
    (name, outcome.reason())
}

fn outcome_of(name: &str, why: Option<String>) -> Outcome {
    let why = why.unwrap_or_default();
    match name {
        "accepted" => Outcome::Accepted,
        "refused" => Outcome::Refused(why),
        "failed" => Outcome::Failed(why),
        "cancelled" => Outcome::Cancelled,
        "open" => Outcome::Open,
        "waiting" => Outcome::Waiting,
        _ => Outcome::Unknown(why),
    }
}

/// A length of time in whole microseconds.
pub fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// A point in time from microseconds.
pub fn time(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// An exchange packed.
pub fn pack(exchange: &Exchange) -> Vec<u8> {
    let (name, why) = outcome_words(&exchange.outcome);
    let stored = Stored {
        id: exchange.id.0,
        began: exchange.started.wall.as_microsecond(),
        took: exchange.duration().map(micros),
        outcome: (name.to_owned(), why.map(str::to_owned)),
        steps: exchange.steps.iter().map(step).collect(),
        sent_as: exchange.sent_as.map(|v| v.as_str().to_owned()),
    };
    // Plain data becomes JSON without fail.
    let json = serde_json::to_vec(&stored).unwrap_or_default();
    PACKER.with_borrow_mut(|packer| deflate(packer, &json))
}

thread_local! {
    /// Working memory of the packer (some 300 KB), kept: making it anew costs more than packing a record.
    static PACKER: RefCell<Compress> = RefCell::new(Compress::new(Compression::new(1), false));
}

fn deflate(packer: &mut Compress, json: &[u8]) -> Vec<u8> {
    packer.reset();
    let mut out = Vec::with_capacity(json.len() / 2 + 64);
    out.push(FORM);
    loop {
        let read = usize::try_from(packer.total_in()).unwrap_or(usize::MAX);
        let left = json.get(read..).unwrap_or_default();
        match packer.compress_vec(left, &mut out, FlushCompress::Finish) {
            Ok(Status::Ok | Status::BufError) => out.reserve(out.capacity().max(64)),
            // An error would mean that the working memory is not sound; the record is then found damaged when read.
            Ok(Status::StreamEnd) | Err(_) => return out,
        }
    }
}

fn step(step: &Step) -> StoredStep {
    match step {
        Step::Try(attempt) => StoredStep::Try {
            number: attempt.number,
            at: attempt.started.wall.as_microsecond(),
            generation: attempt.generation.map(|g| g.0),
            token_age: attempt.token_age.map(micros),
            method: attempt.request.method.clone(),
            url: attempt.request.url.clone(),
            headers: pairs(&attempt.request.headers),
            body: body(&attempt.request.body),
            ending: attempt.ending.as_ref().map(ending),
            timing: {
                let t = &attempt.timing;
                let all = [t.resolve, t.connect, t.tls, t.first_byte, t.total];
                StoredTiming(all.map(|part| part.map(micros)), t.reused)
            },
        },
        Step::Wait { at, until, why } => {
            StoredStep::Wait { at: at.wall.as_microsecond(), until: until.wall.as_microsecond(), why: why.clone() }
        }
        Step::Renewal { exchange, at, generation, took, waiting } => StoredStep::Renewal {
            exchange: exchange.0,
            at: at.wall.as_microsecond(),
            generation: generation.map(|g| g.0),
            took: took.map(micros),
            waiting: *waiting,
        },
    }
}

fn pairs(headers: &[Header]) -> Vec<Pair> {
    headers.iter().map(|h| (h.name.clone(), h.value.clone())).collect()
}

fn body(body: &Body) -> StoredBody {
    StoredBody {
        form: place(&FORMS, &body.form),
        text: body.text.clone(),
        total: body.total,
        cut: body.truncated,
        mime: body.mime.clone(),
        encoding: body.encoding.clone(),
    }
}

fn response(response: &Response) -> StoredResponse {
    StoredResponse {
        status: response.status,
        version: response.version.clone(),
        headers: pairs(&response.headers),
        body: body(&response.body),
        remote: response.remote.clone(),
    }
}

fn ending(ending: &Ending) -> StoredEnding {
    match ending {
        Ending::Answered(r) => StoredEnding::Answered(response(r)),
        Ending::Failed(failure) => StoredEnding::Failed(StoredFailure {
            kind: place(&KINDS_OF_FAILURE, &failure.kind),
            phase: place(&PHASES, &failure.phase),
            detail: failure.detail.clone(),
            wrote: failure.wrote,
            partial: failure.partial.as_deref().map(response),
            proxy: match &failure.party {
                Party::Proxy(proxy) => Some((proxy.address.clone(), proxy.variable.clone())),
                Party::Host | Party::CaFile(_) => None,
            },
            ca_file: match &failure.party {
                Party::CaFile(path) => Some(path.clone()),
                Party::Host | Party::Proxy(_) => None,
            },
        }),
    }
}

/// What stands beside the packed part.
pub struct Columns {
    /// The session in which it was made.
    pub session: u32,
    /// What it was for.
    pub kind: Kind,
    /// One line.
    pub what: String,
    /// The conversation, where it is in the profile.
    pub conversation: Option<ConversationKey>,
    /// The message that it carried.
    pub message: Option<MessageId>,
}

/// An exchange unpacked; `None` where the record is damaged.
pub fn unpack(packed: &[u8], columns: Columns) -> Option<Exchange> {
    let (form, packed) = packed.split_first()?;
    if *form != FORM {
        return None;
    }
    let mut json = Vec::new();
    DeflateDecoder::new(packed).take(MAX_UNPACKED).read_to_end(&mut json).ok()?;
    let stored: Stored = serde_json::from_slice(&json).ok()?;
    let began = time(stored.began);
    // Lengths are told by the distance from a monotonic zero that is the exchange's own beginning.
    let moment = |wall: Timestamp| {
        let since = wall.duration_since(began);
        Moment::new(Duration::try_from(since).unwrap_or_default(), wall)
    };
    // Ids are given anew in each session: the session makes them different from those of others.
    let id = |id: u64| ExchangeId(u64::from(columns.session) << 32 | (id & 0xffff_ffff));
    let started = moment(began);
    Some(Exchange {
        id: id(stored.id),
        kind: columns.kind,
        what: columns.what,
        conversation: columns.conversation,
        message: columns.message,
        started,
        ended: stored.took.map(|took| started.after(Duration::from_micros(took))),
        outcome: outcome_of(&stored.outcome.0, stored.outcome.1),
        sent_as: stored.sent_as.as_deref().and_then(Variation::named),
        steps: stored
            .steps
            .into_iter()
            .map(|step| match step {
                StoredStep::Wait { at, until, why } => {
                    Step::Wait { at: moment(time(at)), until: moment(time(until)), why }
                }
                StoredStep::Renewal { exchange, at, generation, took, waiting } => Step::Renewal {
                    exchange: id(exchange),
                    at: moment(time(at)),
                    generation: generation.map(Generation),
                    took: took.map(Duration::from_micros),
                    waiting,
                },
                StoredStep::Try { number, at, generation, token_age, method, url, headers, body, ending, timing } => {
                    Step::Try(Arc::new(Attempt {
                        number,
                        started: moment(time(at)),
                        generation: generation.map(Generation),
                        token_age: token_age.map(Duration::from_micros),
                        request: Arc::new(Request { method, url, headers: headers_of(headers), body: body_of(body) }),
                        ending: ending.map(ending_of),
                        timing: timing_of(&timing),
                    }))
                }
            })
            .collect(),
    })
}

fn headers_of(pairs: Vec<Pair>) -> Vec<Header> {
    pairs.into_iter().map(|(name, value)| Header { name, value }).collect()
}

fn body_of(stored: StoredBody) -> Body {
    Body {
        form: at(&FORMS, stored.form, BodyForm::Text),
        text: stored.text,
        total: stored.total,
        truncated: stored.cut,
        mime: stored.mime,
        encoding: stored.encoding,
    }
}

fn response_of(stored: StoredResponse) -> Response {
    Response {
        status: stored.status,
        version: stored.version,
        headers: headers_of(stored.headers),
        body: body_of(stored.body),
        remote: stored.remote,
    }
}

fn ending_of(stored: StoredEnding) -> Ending {
    match stored {
        StoredEnding::Answered(response) => Ending::Answered(response_of(response)),
        StoredEnding::Failed(failure) => Ending::Failed(Failure {
            kind: at(&KINDS_OF_FAILURE, failure.kind, FailureKind::Protocol),
            phase: at(&PHASES, failure.phase, Phase::Answer),
            party: match (failure.proxy, failure.ca_file) {
                (Some((address, variable)), _) => Party::Proxy(ProxyName { address, variable }),
                (None, Some(path)) => Party::CaFile(path),
                (None, None) => Party::Host,
            },
            detail: failure.detail,
            wrote: failure.wrote,
            partial: failure.partial.map(|r| Box::new(response_of(r))),
        }),
    }
}

fn timing_of(StoredTiming(parts, reused): &StoredTiming) -> Timing {
    let [resolve, connect, tls, first_byte, total] = parts.map(|part| part.map(Duration::from_micros));
    Timing { resolve, connect, tls, first_byte, total, reused: *reused }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_back_whatever_its_size() {
        for size in [0, 1, 100, 5_000, 300_000] {
            let mut exchange = crate::journal::tests::exchange(7, "packed");
            // Hard to pack, so that the result outgrows the first guess.
            let text: String =
                (0..size).map(|n: u32| char::from(b'!' + (n.wrapping_mul(2_654_435_761) >> 25) as u8 % 90)).collect();
            exchange.outcome = Outcome::Failed(text);
            let columns = Columns {
                session: 0,
                kind: exchange.kind,
                what: exchange.what.clone(),
                conversation: exchange.conversation,
                message: exchange.message,
            };
            let back = unpack(&pack(&exchange), columns).unwrap();
            assert_eq!((&back.outcome, back.status()), (&exchange.outcome, exchange.status()), "{size}");
        }
    }
}
