//! One entry of the log: an exchange or a note, how much of it is open, and what a person said about it.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::row::Section;
use crate::journal::job::{KeptEntry, LogSource};
use crate::model::{
    Advice, Attempt, Author, ConversationKey, DeliveryStatus, Diagnosis, Exchange, ExchangeKind, Header, Moment,
    Outcome, Remedy,
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Visibility {
    Shown,
    /// The filter or the scope hides it.
    Hidden,
    Polling,
    Quiet,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub author: Author,
    /// What, not made safe for a terminal.
    pub text: String,
    /// How long it took by the remote side's clock, where that is known.
    pub took: Option<Duration>,
}

/// An exchange or a note, and what a person did with it.
#[derive(Clone, Debug)]
pub struct LogEntry {
    /// Its number, what it is about, what a person said about it, and what became of its message later.
    pub(crate) kept: KeptEntry,
    pub(super) reply: Option<Reply>,
    pub(super) diagnosis: Option<Arc<Diagnosis>>,
    pub(super) datagrams: Vec<String>,
    /// How much of it is shown.
    pub density: Density,
    /// Sections whose fold a person turned.
    pub(super) folds: BTreeSet<Section>,
    /// A person chose the density: it does not open or close by itself any more.
    pub(super) touched: bool,
    pub(super) visibility: Visibility,
    /// The day on which it began, by the clock of the log's zone.
    pub(super) day: Date,
    /// The day of the next entry that is shown, where that is another.
    pub(super) day_after: Option<Date>,
}

impl LogEntry {
    pub(super) fn new(kept: KeptEntry, zone: &TimeZone) -> Self {
        Self {
            day: kept.source.at().wall.to_zoned(zone.clone()).date(),
            kept,
            reply: None,
            diagnosis: None,
            datagrams: Vec::new(),
            density: Density::Line,
            folds: BTreeSet::new(),
            touched: false,
            visibility: Visibility::Shown,
            day_after: None,
        }
    }

    /// Given on arrival, never given again; where a journal is kept, also not in later sessions.
    pub const fn number(&self) -> u64 {
        self.kept.number
    }

    /// `None` for a note.
    pub const fn exchange(&self) -> Option<&Arc<Exchange>> {
        match &self.kept.source {
            LogSource::Exchange(exchange) => Some(exchange),
            LogSource::Note { .. } => None,
        }
    }

    pub(super) fn newest_try(&self) -> Option<&Attempt> {
        self.exchange()?.last_attempt().map(|attempt| &**attempt)
    }

    pub(crate) fn kind(&self) -> ExchangeKind {
        match &self.kept.source {
            LogSource::Exchange(exchange) => exchange.kind,
            LogSource::Note { kind, .. } => *kind,
        }
    }

    pub(crate) fn at(&self) -> Moment {
        self.kept.source.at()
    }

    /// What it says in one line, as it came (not made safe for a terminal).
    pub fn what(&self) -> &str {
        match &self.kept.source {
            LogSource::Exchange(exchange) => &exchange.what,
            LogSource::Note { text, .. } => text,
        }
    }

    pub(crate) fn conversation(&self) -> Option<ConversationKey> {
        match &self.kept.source {
            LogSource::Exchange(exchange) => exchange.conversation,
            LogSource::Note { about, .. } => *about,
        }
    }

    /// What a person said about it.
    pub fn comment(&self) -> Option<&str> {
        self.kept.comment.as_deref()
    }

    /// Whether neither filter nor scope nor a fold hides it.
    pub fn is_shown(&self) -> bool {
        self.visibility == Visibility::Shown
    }

    /// Why it was refused, or what it was healed of.
    pub fn diagnosis(&self) -> Option<&Diagnosis> {
        self.diagnosis.as_deref()
    }

    /// Whether its message was received, where that was unknown and is settled.
    pub fn settled(&self) -> Option<bool> {
        let unknown = matches!(self.exchange()?.outcome, Outcome::Unknown(_));
        match self.kept.delivery.as_ref()? {
            DeliveryStatus::Received | DeliveryStatus::Answered => unknown.then_some(true),
            DeliveryStatus::NotReceived => Some(false),
            _ => None,
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
    pub(super) fn is_quiet(&self) -> bool {
        let typing = matches!(self.what(), "typing" | "typing on" | "typing off" | "receipt");
        typing && self.direction().is_some() && !self.is_error() && !self.kept.marked
    }

    /// What it is while such entries are folded away.
    pub(super) fn folded(&self) -> Visibility {
        let well = |x: &Exchange| match x.outcome {
            // So that its row does not come and go under the cursor.
            Outcome::Open => x.steps.len() <= 1,
            Outcome::Accepted => self.healed() == 0,
            _ => false,
        };
        let read = |x: &Arc<Exchange>| x.kind == ExchangeKind::Read && x.conversation.is_some() && well(x);
        match self.exchange() {
            Some(x) if read(x) && !self.kept.marked && self.comment().is_none() => Visibility::Polling,
            _ if self.is_quiet() => Visibility::Quiet,
            _ => Visibility::Shown,
        }
    }

    pub(crate) fn status(&self) -> Option<u16> {
        self.exchange()?.status()
    }

    /// How long it took, once it is over.
    pub fn duration(&self) -> Option<Duration> {
        self.exchange()?.took
    }

    pub(crate) fn tries(&self) -> usize {
        self.exchange().map_or(0, |x| x.attempts().count())
    }

    /// How many of its tries were a 401 that a newer token healed.
    pub fn healed(&self) -> usize {
        self.exchange().map_or(0, |x| x.attempts().filter(|a| x.has_healed(a)).count())
    }

    /// Whether the person or the defaults have `section` open.
    pub(super) fn is_open(&self, section: Section) -> bool {
        matches!(section, Section::Response | Section::Body) != self.folds.contains(&section)
    }
}

/// About how many bytes of memory an entry takes: what holds its texts together is most of a small one.
pub(super) fn bytes_of(source: &LogSource) -> usize {
    const ENTRY: usize = 1_024;
    const TRY: usize = 640;
    const HEADER: usize = 64;
    let of_headers = |headers: &[Header]| headers.iter().map(|h| HEADER + h.name.len() + h.value.len()).sum::<usize>();
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
            bytes += request.url.len() + request.body.text.len() + of_headers(&request.headers);
        }
        last_request = Some(request);
        if let Some(response) = attempt.response() {
            bytes += response.body.text.len() + of_headers(&response.headers);
        }
    }
    bytes
}
