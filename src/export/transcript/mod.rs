//! What was said, for people: as lines, as Markdown, or as one HTML page. Pure; the texts must be masked already.
//!
//! ```text
//! journal, or what the console holds ─► Transcript ─┬─► text   lines, for reading and grep
//!                                                   ├─► md     for tickets and wikis
//!                                                   └─► html   one page that needs nothing else, also on paper
//! ```

use std::fmt::Write as _;
use std::path::Path;

use clap::ValueEnum;
use jiff::tz::TimeZone;

use crate::export::escape::{self, markup, page};
use crate::model::Author;
use crate::text::counted;
use crate::text::screen::{visible, visible_lines};

mod content;

pub use content::{ConversationText, Transcript, TranscriptExchange, TranscriptLine};

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

impl Transcript {
    /// The transcript in that form.
    pub fn write(&self, form: TranscriptForm) -> String {
        match form {
            TranscriptForm::Text => text(self),
            TranscriptForm::Markdown => markdown(self),
            TranscriptForm::Html => html(self),
        }
    }
}

/// Lines of plain text: a conversation below its name, a line a message, further lines of it indented.
fn text(transcript: &Transcript) -> String {
    let mut out = format!("Transcript: {}\nTimes are UTC.\n", visible(&transcript.profile));
    for talk in &transcript.conversations {
        let _ = writeln!(out, "\n{}", visible_lines(&talk.name).collect::<Vec<_>>().join(" "));
        for (day, line) in talk.by_day(&TimeZone::UTC) {
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
fn markdown(transcript: &Transcript) -> String {
    let mut out = format!("# Transcript: {}\n", escape::markdown(&transcript.profile));
    for talk in &transcript.conversations {
        let _ = write!(out, "\n## {}\n", escape::markdown(&talk.name));
        for (day, line) in talk.by_day(&transcript.zone) {
            if let Some(day) = day {
                let _ = write!(out, "\n### {day}\n");
            }
            quotation(&mut out, transcript, line);
        }
    }
    out.push_str("\nSecrets are masked.\n");
    out
}

fn quotation(out: &mut String, transcript: &Transcript, line: &TranscriptLine) {
    let mark = if line.carried.as_ref().is_some_and(|c| c.marked) { " · marked" } else { "" };
    let mut facts = String::new();
    for (fact, _) in line.facts() {
        let _ = write!(facts, " · {}", escape::markdown(&fact));
    }
    let _ = write!(
        out,
        "\n**{}** {}{facts}{mark}\n\n{}\n",
        line.author.word(),
        transcript.time(line.at),
        escape::markdown_quote(&line.said())
    );
    if let Some(carried) = &line.carried {
        let _ = write!(out, "\n{}\n", escape::markdown(&carried.words()));
        if let Some(comment) = &carried.comment {
            let _ = write!(out, "\nComment: {}\n", escape::markdown(comment));
        }
    }
}

/// One HTML page: bubbles, with what carried each under it.
fn html(transcript: &Transcript) -> String {
    let messages: usize = transcript.conversations.iter().map(|talk| talk.lines.len()).sum();
    let mut body = format!(
        "<header>\n<h1>Transcript <span class=\"dim\">{}</span></h1>\n<p class=\"dim small\">{} in {}</p>\n</header>\n",
        markup(&transcript.profile),
        counted(messages, "message"),
        counted(transcript.conversations.len(), "conversation"),
    );
    for talk in &transcript.conversations {
        let _ = write!(body, "<section>\n<h2>{}</h2>\n<div class=\"said\">\n", markup(&talk.name));
        for (day, line) in talk.by_day(&transcript.zone) {
            if let Some(day) = day {
                let _ = writeln!(body, "<h3 class=\"dim\">{day}</h3>");
            }
            bubble(&mut body, transcript, line);
        }
        body.push_str("</div>\n</section>\n");
    }
    let _ = writeln!(body, "<footer>guestwire {}. Secrets are masked.</footer>", env!("CARGO_PKG_VERSION"));
    page(&format!("Transcript: {}", transcript.profile), &body, "")
}

fn bubble(out: &mut String, transcript: &Transcript, line: &TranscriptLine) {
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
    let _ = writeln!(
        out,
        "<div class=\"bubble {class}\"><div class=\"meta\"><b>{}</b> <time datetime=\"{}\">{}</time>{facts}</div>\
         <div class=\"text\">{}</div>",
        line.author.word(),
        line.at,
        markup(&transcript.time(line.at)),
        markup(&line.said()),
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

#[cfg(test)]
#[path = "../../../tests/unit/export/transcript.rs"]
mod tests;
