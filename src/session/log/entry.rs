//! One entry of the log: an exchange or a note, how much of it is open, and what a person said about it.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::needle::{Names, Needle};
use super::rate::is_healed;
use super::row::{LogRow, Section};
use crate::model::{
    Advice, Attempt, Author, ConversationKey, DeliveryStatus, Diagnosis, Exchange, ExchangeKind, Moment, Outcome,
    Remedy, Response,
};

/// How much of an entry is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Density {
    /// Its line.
    #[default]
    Line,
    /// The reason, the tries, the ids.
    Summary,
    /// Everything that was sent and received.
    Full,
}

/// How far an entry is open.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct OpenState {
    pub(super) density: Density,
    /// Sections whose fold a person turned, one bit each.
    pub(super) folds: u64,
    /// A person chose the density: it does not open or close by itself any more.
    pub(super) touched: bool,
}

impl OpenState {
    const fn has(self, section: Section) -> bool {
        let default = matches!(section, Section::Response | Section::Body);
        default != (self.folds & bit(section) != 0)
    }

    /// Opens every section, whatever was folded.
    pub(super) const fn unfold_all(&mut self) {
        self.folds = !(bit(Section::Response) | bit(Section::Body));
    }

    pub(super) const fn turn(&mut self, section: Section) {
        self.folds ^= bit(section);
    }
}

/// What happened to a message after its exchange was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Later {
    /// A later message of the other side was read.
    Answered,
    /// It was unknown, and is settled as received.
    Landed,
    /// It was unknown, and is settled as not received.
    Lost,
}

impl Later {
    /// Other moves of a message show in its exchange.
    pub(super) const fn of(delivery: &DeliveryStatus) -> Option<Self> {
        match delivery {
            DeliveryStatus::Answered => Some(Self::Answered),
            DeliveryStatus::Landed => Some(Self::Landed),
            DeliveryStatus::Lost => Some(Self::Lost),
            _ => None,
        }
    }
}

/// What is folded away until somebody asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fold {
    /// Reads of conversations that went well.
    Polling,
    /// Frames that come often and say little.
    Quiet,
}

/// Whether an entry is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Visibility {
    Shown,
    /// The filter or the scope hides it.
    Hidden,
    /// It is folded away with others of its kind.
    Folded(Fold),
}

/// What a person said about an entry.
#[derive(Clone, Debug, Default)]
pub(super) struct Annotation {
    pub(super) marked: bool,
    pub(super) comment: Option<String>,
}

/// What the other side said to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Who.
    pub author: Author,
    /// What, not made safe for a terminal.
    pub text: String,
    /// How long it took by the remote side's clock, where that is known.
    pub took: Option<Duration>,
}

/// What an entry is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogSource {
    /// A request and what came of it.
    Exchange(Arc<Exchange>),
    /// A sentence of a person or of guestwire itself.
    Note {
        /// When it was said.
        at: Moment,
        /// [`ExchangeKind::Note`] or [`ExchangeKind::Sys`].
        kind: ExchangeKind,
        /// What it says.
        text: String,
        /// The conversation that it is about, where that is known.
        about: Option<ConversationKey>,
    },
}

/// One entry of the log.
#[derive(Clone, Debug)]
pub struct LogEntry {
    seq: u64,
    /// The number that people see.
    pub(super) label: u64,
    source: LogSource,
    pub(super) remark: Annotation,
    pub(super) later: Option<Later>,
    /// What the other side said to it first.
    pub(super) reply: Option<Reply>,
    /// Why it was refused.
    pub(super) diagnosis: Option<Arc<Diagnosis>>,
    /// The metrics that it caused.
    pub(super) datagrams: Vec<String>,
    pub(super) opened: OpenState,
    pub(super) visibility: Visibility,
    /// Tries that the 401 rate has counted.
    pub(super) counted: u32,
    /// The day on which it began, by the clock of the log's zone.
    pub(super) day: Date,
    /// The day of the next entry that is shown, where that is another.
    pub(super) day_after: Option<Date>,
    /// About how much memory it takes, in bytes.
    pub(super) bytes: usize,
    /// Its rows, laid out for the present width; kept while it is near the window.
    pub(super) rows: Option<Vec<LogRow>>,
}

impl LogEntry {
    pub(super) fn new(seq: u64, source: LogSource, zone: &TimeZone) -> Self {
        let bytes = bytes_of(&source);
        let mut entry = Self {
            seq,
            label: seq,
            source,
            remark: Annotation::default(),
            later: None,
            reply: None,
            diagnosis: None,
            datagrams: Vec::new(),
            opened: OpenState::default(),
            visibility: Visibility::Shown,
            counted: 0,
            day: Date::ZERO,
            day_after: None,
            bytes,
            rows: None,
        };
        entry.day = entry.at().wall.to_zoned(zone.clone()).date();
        entry
    }

    pub(super) fn replace(&mut self, exchange: Arc<Exchange>) {
        self.source = LogSource::Exchange(exchange);
        self.bytes = bytes_of(&self.source);
    }

    /// Its number in the log: given on arrival, never given again; where a journal is kept, also not in later sessions.
    pub const fn number(&self) -> u64 {
        self.label
    }

    /// Its place among the entries in memory.
    pub(super) const fn seq(&self) -> u64 {
        self.seq
    }

    /// What it is about.
    pub const fn source(&self) -> &LogSource {
        &self.source
    }

    /// Its exchange, unless it is a note.
    pub const fn exchange(&self) -> Option<&Arc<Exchange>> {
        match &self.source {
            LogSource::Exchange(exchange) => Some(exchange),
            LogSource::Note { .. } => None,
        }
    }

    /// The word of its kind column.
    pub fn kind(&self) -> ExchangeKind {
        match &self.source {
            LogSource::Exchange(exchange) => exchange.kind,
            LogSource::Note { kind, .. } => *kind,
        }
    }

    /// When it began.
    pub fn at(&self) -> Moment {
        match &self.source {
            LogSource::Exchange(exchange) => exchange.started,
            LogSource::Note { at, .. } => *at,
        }
    }

    /// What it says in one line, as it came (not made safe for a terminal).
    pub fn what(&self) -> &str {
        match &self.source {
            LogSource::Exchange(exchange) => &exchange.what,
            LogSource::Note { text, .. } => text,
        }
    }

    /// How much of it is shown.
    pub const fn density(&self) -> Density {
        self.opened.density
    }

    /// Whether a person marked it.
    pub const fn is_marked(&self) -> bool {
        self.remark.marked
    }

    pub(super) fn is_shown(&self) -> bool {
        self.visibility == Visibility::Shown
    }

    /// Why it was refused, or what it was healed of.
    pub fn diagnosis(&self) -> Option<&Diagnosis> {
        self.diagnosis.as_deref()
    }

    /// Whether its message was received, where that was unknown and is settled.
    pub fn settled(&self) -> Option<bool> {
        let unknown = matches!(self.exchange()?.outcome, Outcome::Unknown(_));
        match self.later? {
            Later::Landed | Later::Answered => unknown.then_some(true),
            Later::Lost => Some(false),
        }
    }

    /// What to do about it: where the outcome was unknown and is settled, not what the refusal alone asks for.
    pub fn advice(&self) -> Cow<'_, [Advice]> {
        let one = |words: &str, remedy| Cow::Owned(vec![Advice { words: words.to_owned(), remedy }]);
        match self.settled() {
            Some(true) => one("Nothing: the message was received.", None),
            Some(false) => one("Send the message again: it was not received.", Some(Remedy::Resend)),
            None => Cow::Borrowed(self.diagnosis.as_ref().map_or(&[], |diagnosis| diagnosis.actions.as_slice())),
        }
    }

    /// What a person said about it.
    pub fn comment(&self) -> Option<&str> {
        self.remark.comment.as_deref()
    }

    /// Whether it is an error to "next error".
    pub fn is_error(&self) -> bool {
        self.exchange().is_some_and(|x| x.outcome.is_error())
    }

    /// Which way a frame of a socket went: `sent` or `recv`. `None` for what is no frame.
    pub fn direction(&self) -> Option<&'static str> {
        let exchange = self.exchange().filter(|x| x.kind == ExchangeKind::Frame)?;
        match exchange.last_attempt()?.request.method.as_str() {
            "FRAME" => Some("sent"),
            "RECV" => Some("recv"),
            _ => None,
        }
    }

    /// Whether it is a frame that comes often and says little: somebody types, or a message was received or read.
    pub fn is_quiet(&self) -> bool {
        let typing = matches!(self.what(), "typing" | "typing on" | "typing off" | "receipt");
        typing && self.direction().is_some() && !self.is_error() && !self.remark.marked
    }

    /// Whether it is a read of a conversation that goes or went well: there are many, and what they brought stands in the
    /// thread. One that is under way counts too, so that its row does not come and go under the cursor.
    pub fn is_polling(&self) -> bool {
        let well = |x: &Exchange| match x.outcome {
            Outcome::Open => x.steps.len() <= 1,
            Outcome::Accepted => self.healed() == 0,
            _ => false,
        };
        let read = |x: &Arc<Exchange>| x.kind == ExchangeKind::Read && x.conversation.is_some() && well(x);
        self.exchange().is_some_and(read) && !self.remark.marked && self.remark.comment.is_none()
    }

    /// With what it is folded away.
    pub(super) fn folds_with(&self) -> Option<Fold> {
        if self.is_polling() { Some(Fold::Polling) } else { self.is_quiet().then_some(Fold::Quiet) }
    }

    /// The conversation that it belongs to, if to one.
    pub fn conversation(&self) -> Option<ConversationKey> {
        match &self.source {
            LogSource::Exchange(exchange) => exchange.conversation,
            LogSource::Note { about, .. } => *about,
        }
    }

    /// The HTTP status of the newest try.
    pub fn status(&self) -> Option<u16> {
        self.exchange()?.status()
    }

    /// How long it took, once it is over.
    pub fn duration(&self) -> Option<Duration> {
        self.exchange()?.took
    }

    /// How many tries it had.
    pub fn tries(&self) -> usize {
        self.exchange().map_or(0, |x| x.attempts().count())
    }

    /// How many of its tries were a 401 that a newer token healed.
    pub fn healed(&self) -> usize {
        self.exchange().map_or(0, |x| x.attempts().filter(|a| is_healed(a, x)).count())
    }

    /// Whether the person or the defaults have `section` open.
    pub(super) const fn is_open(&self, section: Section) -> bool {
        self.opened.has(section)
    }

    /// Whether any of what is searched contains `needle`: the text, the reason, ids, URLs and bodies of all tries, the
    /// conversation's name, the comment.
    pub(super) fn mentions(&self, needle: &Needle, names: &Names) -> bool {
        if needle.is_in(self.what()) || self.comment().is_some_and(|c| needle.is_in(c)) {
            return true;
        }
        let Some(exchange) = self.exchange() else { return false };
        let answered = |response: &Response| {
            needle.is_in(&response.body.text) || response.request_ids().iter().any(|(_, id)| needle.is_in(id))
        };
        let tried = |attempt: &Arc<Attempt>| {
            let request = &attempt.request;
            needle.is_in(&request.url) || needle.is_in(&request.body.text) || attempt.response().is_some_and(answered)
        };
        exchange.outcome.words().is_some_and(|why| needle.is_in(&why))
            || exchange.conversation.and_then(|key| names.get(&key)).is_some_and(|name| needle.is_in(name))
            || exchange.attempts().any(tried)
    }

    /// Whether a request id of any try, or the body's `contextId`, contains `part` (lower case). `e42c…8968` and
    /// `e42c..8968`, as the log shortens ids, are found by both ends.
    pub(super) fn has_id(&self, part: &str) -> bool {
        let Some(exchange) = self.exchange() else { return false };
        let ends = part.split_once('…').or_else(|| part.split_once("...")).or_else(|| part.split_once(".."));
        let fits = |id: &str| {
            let id = id.to_ascii_lowercase();
            match ends {
                Some((head, tail)) => id.starts_with(head) && id.ends_with(tail),
                None => id.contains(part),
            }
        };
        let mut ids = exchange.attempts().filter_map(|a| a.response()).flat_map(Response::request_ids);
        ids.any(|(_, id)| fits(&id))
    }
}

const fn bit(section: Section) -> u64 {
    1 << match section {
        Section::Response => 0,
        Section::Body => 1,
        Section::Request => 2,
        Section::Timing => 3,
        Section::Metrics => 4,
        Section::Try(n) => {
            let place = n as u32 + 5;
            if place > 63 { 63 } else { place }
        }
    }
}

/// About how many bytes of memory an entry takes: what holds its texts together is most of a small one.
fn bytes_of(source: &LogSource) -> usize {
    const ENTRY: usize = 1_024;
    const TRY: usize = 640;
    let exchange = match source {
        LogSource::Exchange(exchange) => exchange,
        LogSource::Note { text, .. } => return ENTRY + text.len(),
    };
    let mut bytes = ENTRY + exchange.what.len();
    let mut last_request = None;
    for attempt in exchange.attempts() {
        bytes += TRY;
        let request = &attempt.request;
        if last_request.is_none_or(|last| !Arc::ptr_eq(last, request)) {
            bytes += request.url.len() + request.body.text.len() + header_bytes(&request.headers);
        }
        last_request = Some(request);
        if let Some(response) = attempt.response() {
            bytes += response.body.text.len() + header_bytes(&response.headers);
        }
    }
    bytes
}

fn header_bytes(headers: &[crate::model::Header]) -> usize {
    const HEADER: usize = 64;
    headers.iter().map(|h| HEADER + h.name.len() + h.value.len()).sum()
}
