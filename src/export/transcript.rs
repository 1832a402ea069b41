//! What was said, for people: as lines, as Markdown, or as one HTML page. Pure; what is secret is masked in
//! [`Transcript::of`].
//!
//! ```text
//! journal, or what the console holds ─► Transcript ─┬─► text   lines, for reading and grep
//!                                                   ├─► md     for tickets and wikis
//!                                                   ├─► html   one page that needs nothing else, also on paper
//!                                                   └─► JSON   for programs
//! ```

use std::path::Path;

use clap::ValueEnum;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::export::escape::{fill, page};
use crate::model::{Author, DeliveryStatus};
use crate::text::counted;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TranscriptForm {
    /// One line for each message
    Text,
    /// Markdown, with request ids, marks and comments
    #[value(name = "md")]
    Markdown,
    /// One self-contained HTML page
    Html,
}

impl TranscriptForm {
    /// The form that a file's name asks for: its ending; lines where that says nothing.
    pub fn of(path: &Path) -> Self {
        let is = |form: &Self| path.extension().is_some_and(|end| end.eq_ignore_ascii_case(form.extension()));
        [Self::Markdown, Self::Html].into_iter().find(is).unwrap_or(Self::Text)
    }

    pub const fn extension(self) -> &'static str {
        match self {
            Self::Text => "txt",
            Self::Markdown => "md",
            Self::Html => "html",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Transcript {
    pub profile: String,
    /// The zone of the second time of each message.
    pub zone: TimeZone,
    /// The conversations in order, each with its messages, oldest first.
    pub conversations: Vec<(String, Vec<TranscriptLine>)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TranscriptLine {
    pub at: Timestamp,
    pub author: Author,
    pub text: String,
    /// Where it stands, if it is ours.
    pub delivery: Option<DeliveryStatus>,
    pub sent_as: Option<String>,
    /// It sends an earlier one again.
    pub again: bool,
    pub choices: Vec<String>,
    /// The exchange that carried it, if it is ours and known.
    pub carried: Option<TranscriptExchange>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TranscriptExchange {
    /// Its number in the log.
    pub number: u64,
    pub status: Option<u16>,
    pub took_ms: Option<u64>,
    pub request_id: Option<String>,
    pub marked: bool,
    pub comment: Option<String>,
}

impl Transcript {
    /// What was said in a profile, each message with the name of its conversation, those of one conversation beside
    /// each other, and `mask` over every text.
    pub fn of(
        profile: &str,
        zone: TimeZone,
        said: impl IntoIterator<Item = (String, TranscriptLine)>,
        mask: &dyn Fn(&str) -> String,
    ) -> Self {
        let mut conversations: Vec<(String, Vec<TranscriptLine>)> = Vec::new();
        let mut before = None;
        for (name, mut line) in said {
            line.text = mask(&line.text);
            line.choices.iter_mut().for_each(|choice| *choice = mask(choice));
            if let Some(DeliveryStatus::Refused(why) | DeliveryStatus::Unknown(why)) = &mut line.delivery {
                *why = mask(&why.to_string()).into();
            }
            if let Some(comment) = line.carried.as_mut().and_then(|c| c.comment.as_mut()) {
                *comment = mask(comment);
            }
            match conversations.last_mut().filter(|_| before.as_ref() == Some(&name)) {
                Some((_, lines)) => lines.push(line),
                None => conversations.push((mask(&name), vec![line])),
            }
            before = Some(name);
        }
        Self { profile: mask(profile), zone, conversations }
    }

    /// The transcript in that form: lines of plain text, Markdown, or a page (`assets/report/transcript.*`).
    pub fn write(&self, form: TranscriptForm) -> Result<String, String> {
        let zone = if form == TranscriptForm::Text { &TimeZone::UTC } else { &self.zone };
        let line = |day: Option<String>, line: &TranscriptLine| {
            let carried = line.carried.as_ref();
            json!({
                // In words, where it is another than of the line before.
                "day": day,
                "at": line.at,
                "seconds": line.at.strftime("%F %T").to_string(),
                "time": self.time(line.at),
                "author": line.author.name(),
                "class": match line.author {
                    Author::Guest => "guest",
                    Author::System => "system",
                    Author::Bot | Author::Agent | Author::Somebody => "other-side",
                },
                "said": line.said(),
                "facts": line.facts(),
                "carried": carried.map(TranscriptExchange::words),
                "marked": carried.is_some_and(|carried| carried.marked),
                "comment": carried.and_then(|carried| carried.comment.as_ref()),
            })
        };
        let conversation = |(name, lines): &(String, Vec<TranscriptLine>)| {
            let mut before = None;
            let with_day = |one: &TranscriptLine| {
                let day = one.at.to_zoned(zone.clone()).date();
                line((before.replace(day) != Some(day)).then(|| day.strftime("%a %-d %b %Y").to_string()), one)
            };
            json!({"name": name, "lines": lines.iter().map(with_day).collect::<Vec<_>>()})
        };
        let values = json!({
            "profile": self.profile,
            "messages": counted(self.conversations.iter().map(|(_, lines)| lines.len()).sum(), "message"),
            "count": counted(self.conversations.len(), "conversation"),
            "conversations": self.conversations.iter().map(conversation).collect::<Vec<_>>(),
            "version": env!("CARGO_PKG_VERSION"),
        });
        let filled = fill(&format!("transcript.{}", form.extension()), &values)?;
        if form != TranscriptForm::Html {
            return Ok(filled);
        }
        page(&format!("Transcript: {}", self.profile), &filled, "")
    }

    pub fn to_json(&self) -> Value {
        let message = |name: &str, line: &TranscriptLine| {
            json!({
                "conversation": name,
                "at": line.at.to_string(),
                "author": line.author.name(),
                "text": line.text,
                "life": line.delivery.as_ref().map(DeliveryStatus::word),
                "why": line.why(),
                "choices": line.choices,
                "sent_as": line.sent_as,
                "request_id": line.carried.as_ref().and_then(|c| c.request_id.as_ref()),
            })
        };
        let lines = self.conversations.iter().flat_map(|(name, lines)| lines.iter().map(|line| message(name, line)));
        json!({"guestwire": env!("CARGO_PKG_VERSION"), "profile": self.profile, "messages": lines.collect::<Vec<_>>()})
    }

    /// `2026-11-23 14:03:20 UTC (15:03:20 +01)`.
    fn time(&self, at: Timestamp) -> String {
        let utc = at.strftime("%F %T UTC");
        let local = at.to_zoned(self.zone.clone());
        if local.offset().is_zero() {
            return utc.to_string();
        }
        let day = if local.strftime("%F").to_string() == at.strftime("%F").to_string() { "" } else { "%F " };
        format!("{utc} ({})", local.strftime(&format!("{day}%T %Z")))
    }
}

impl TranscriptLine {
    /// What it says, and below that what it offers to answer with: `[1 Yes | 2 No]`.
    fn said(&self) -> String {
        let offered: Vec<String> = (1..).zip(&self.choices).map(|(n, choice)| format!("{n} {choice}")).collect();
        let offered = (!offered.is_empty()).then(|| format!("[{}]", offered.join(" | ")));
        let text = Some(self.text.clone()).filter(|text| !text.is_empty());
        text.into_iter().chain(offered).collect::<Vec<_>>().join("\n")
    }

    fn why(&self) -> Option<String> {
        self.delivery.as_ref()?.reason().map(ToString::to_string).filter(|why| !why.is_empty())
    }

    /// The facts beside author and text: delivery status with its reason, purpose. True: the fact is a warning.
    fn facts(&self) -> Vec<(String, bool)> {
        let delivery = self.delivery.as_ref().map(|delivery| {
            let warns = matches!(delivery, DeliveryStatus::Refused(_) | DeliveryStatus::Unknown(_));
            let why = self.why().map(|why| format!(": {why}")).unwrap_or_default();
            (format!("{}{why}", delivery.word()), warns)
        });
        let again = self.again.then(|| ("sent again".to_owned(), false));
        let wrongly = self.sent_as.as_ref().map(|how| (format!("wrongly on purpose: {how}"), true));
        delivery.into_iter().chain(again).chain(wrongly).collect()
    }
}

impl TranscriptExchange {
    /// `#42 · 200 · 182 ms · request id e42c…`.
    fn words(&self) -> String {
        let mut parts = vec![format!("#{}", self.number)];
        parts.extend(self.status.map(|s| s.to_string()));
        parts.extend(self.took_ms.map(|ms| format!("{ms} ms")));
        parts.extend(self.request_id.as_ref().map(|id| format!("request id {id}")));
        parts.join(" · ")
    }
}
