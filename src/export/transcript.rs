//! What was said, for people: as lines, as Markdown, or as one HTML page. Pure; what is secret is masked in
//! [`Transcript::of`].
//!
//! ```text
//! journal, or what the console holds ─► Transcript ─┬─► text   lines, for reading and grep
//!                                                   ├─► md     for tickets and wikis
//!                                                   ├─► html   one page that needs nothing else, also on paper
//!                                                   └─► JSON   for programs
//! ```

use std::fmt::Write as _;
use std::path::Path;

use clap::ValueEnum;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::export::escape::{self, markup, page};
use crate::model::{Author, DeliveryStatus};
use crate::text::counted;
use crate::text::screen::{visible, visible_lines};

/// How a transcript is written.
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

    /// How its files usually end.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Text => "txt",
            Self::Markdown => "md",
            Self::Html => "html",
        }
    }
}

/// What was said in some conversations.
#[derive(Clone, Debug)]
pub struct Transcript {
    pub profile: String,
    /// The zone of the second time of each message.
    pub zone: TimeZone,
    /// The conversations in order, each with its messages, oldest first.
    pub conversations: Vec<(String, Vec<TranscriptLine>)>,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TranscriptLine {
    pub at: Timestamp,
    pub author: Author,
    pub text: String,
    /// Where it stands, if it is ours.
    pub delivery: Option<DeliveryStatus>,
    /// It was sent wrongly on purpose, in this way.
    pub sent_as: Option<String>,
    /// It sends an earlier one again.
    pub again: bool,
    pub choices: Vec<String>,
    /// The exchange that carried it, if it is ours and known.
    pub carried: Option<TranscriptExchange>,
}

/// What is known of the exchange that carried a message.
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
    /// What was said in a profile, each message with the name of its conversation, those of one conversation beside each
    /// other, and `mask` over every text.
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

    /// The transcript in that form.
    pub fn write(&self, form: TranscriptForm) -> String {
        match form {
            TranscriptForm::Text => self.text(),
            TranscriptForm::Markdown => self.markdown(),
            TranscriptForm::Html => self.html(),
        }
    }

    /// The profile and all messages, as JSON.
    pub fn to_json(&self) -> Value {
        let message = |name: &str, line: &TranscriptLine| {
            json!({
                "conversation": name,
                "at": line.at.to_string(),
                "author": line.author.word(),
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

    /// Lines of plain text: a conversation below its name, a line a message, further lines of it indented.
    fn text(&self) -> String {
        let mut out = format!("Transcript: {}\nTimes are UTC.\n", visible(&self.profile));
        for (name, lines) in &self.conversations {
            let _ = writeln!(out, "\n{}", visible_lines(name).collect::<Vec<_>>().join(" "));
            for (day, line) in by_day(lines, &TimeZone::UTC) {
                if let Some(day) = day {
                    let _ = writeln!(out, "\n{day}");
                }
                let text = visible_lines(&line.said()).collect::<Vec<_>>().join("\n  ");
                let facts: Vec<String> = line.facts().into_iter().map(|(fact, _)| fact).collect();
                let facts = if facts.is_empty() { String::new() } else { format!(" ({})", visible(&facts.join("; "))) };
                let _ = writeln!(out, "{} {}: {text}{facts}", line.at.strftime("%F %T"), visible(line.author.word()));
            }
        }
        out
    }

    /// Markdown: a heading a conversation, a quotation a message.
    fn markdown(&self) -> String {
        let mut out = format!("# Transcript: {}\n", escape::markdown(&self.profile));
        for (name, lines) in &self.conversations {
            let _ = write!(out, "\n## {}\n", escape::markdown(name));
            for (day, line) in by_day(lines, &self.zone) {
                if let Some(day) = day {
                    let _ = write!(out, "\n### {day}\n");
                }
                let mut facts = String::new();
                for (fact, _) in line.facts() {
                    let _ = write!(facts, " · {}", escape::markdown(&fact));
                }
                let mark = if line.carried.as_ref().is_some_and(|c| c.marked) { " · marked" } else { "" };
                let (author, time, said) =
                    (line.author.word(), self.time(line.at), escape::markdown_quote(&line.said()));
                let _ = write!(out, "\n**{author}** {time}{facts}{mark}\n\n{said}\n");
                if let Some(carried) = &line.carried {
                    let _ = write!(out, "\n{}\n", escape::markdown(&carried.words()));
                    if let Some(comment) = &carried.comment {
                        let _ = write!(out, "\nComment: {}\n", escape::markdown(comment));
                    }
                }
            }
        }
        out.push_str("\nSecrets are masked.\n");
        out
    }

    /// One HTML page: bubbles, with what carried each under it.
    fn html(&self) -> String {
        let messages: usize = self.conversations.iter().map(|(_, lines)| lines.len()).sum();
        let mut body = format!(
            "<header>\n<h1>Transcript <span class=\"dim\">{}</span></h1>\n\
             <p class=\"dim small\">{} in {}</p>\n</header>\n",
            markup(&self.profile),
            counted(messages, "message"),
            counted(self.conversations.len(), "conversation"),
        );
        for (name, lines) in &self.conversations {
            let _ = write!(body, "<section>\n<h2>{}</h2>\n<div class=\"said\">\n", markup(name));
            for (day, line) in by_day(lines, &self.zone) {
                if let Some(day) = day {
                    let _ = writeln!(body, "<h3 class=\"dim\">{day}</h3>");
                }
                self.bubble(&mut body, line);
            }
            body.push_str("</div>\n</section>\n");
        }
        let _ = writeln!(body, "<footer>guestwire {}. Secrets are masked.</footer>", env!("CARGO_PKG_VERSION"));
        page(&format!("Transcript: {}", self.profile), &body, "")
    }

    fn bubble(&self, out: &mut String, line: &TranscriptLine) {
        let class = match line.author {
            Author::Guest => "guest",
            Author::System => "system",
            Author::Bot | Author::Agent | Author::Somebody => "other-side",
        };
        let mut facts = String::new();
        for (fact, warns) in line.facts() {
            let class = if warns { " class=\"warn\"" } else { "" };
            let _ = write!(facts, " · <span{class}>{}</span>", markup(&fact));
        }
        let (author, at, time, said) = (line.author.word(), line.at, markup(&self.time(line.at)), markup(&line.said()));
        let _ = writeln!(
            out,
            "<div class=\"bubble {class}\"><div class=\"meta\"><b>{author}</b> <time datetime=\"{at}\">{time}</time>{facts}\
             </div><div class=\"text\">{said}</div>",
        );
        if let Some(carried) = &line.carried {
            let marked = if carried.marked { " · <b>marked</b>" } else { "" };
            let _ = writeln!(out, "<div class=\"meta\">{}{marked}</div>", markup(&carried.words()));
            if let Some(comment) = &carried.comment {
                let _ = writeln!(out, "<div class=\"meta\">Comment: {}</div>", markup(comment));
            }
        }
        out.push_str("</div>\n");
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

/// The lines, each with the day in words where that is another than of the line before.
fn by_day<'l>(
    lines: &'l [TranscriptLine],
    zone: &TimeZone,
) -> impl Iterator<Item = (Option<String>, &'l TranscriptLine)> {
    let mut before = None;
    lines.iter().map(move |line| {
        let day = line.at.to_zoned(zone.clone()).date();
        let heading = (before.replace(day) != Some(day)).then(|| day.strftime("%a %-d %b %Y").to_string());
        (heading, line)
    })
}

impl TranscriptLine {
    /// What it says, and below that what it offers to answer with: `[1 Yes | 2 No]`.
    fn said(&self) -> String {
        let offered: Vec<String> = (1..).zip(&self.choices).map(|(n, choice)| format!("{n} {choice}")).collect();
        let offered = (!offered.is_empty()).then(|| format!("[{}]", offered.join(" | ")));
        let text = Some(self.text.clone()).filter(|text| !text.is_empty());
        text.into_iter().chain(offered).collect::<Vec<_>>().join("\n")
    }

    /// Why it was refused, or is not known.
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

#[cfg(test)]
#[path = "../../tests/unit/export/transcript.rs"]
mod tests;
