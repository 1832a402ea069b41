//! Markdown: a heading a conversation, a quotation a message.

use std::fmt::Write as _;

use crate::export::escape::{markdown as text, markdown_quote};

use super::content::{Transcript, TranscriptLine};

pub(super) fn markdown(transcript: &Transcript) -> String {
    let mut out = format!("# Transcript: {}\n", text(&transcript.profile));
    for talk in &transcript.conversations {
        let _ = write!(out, "\n## {}\n", text(&talk.name));
        for (day, line) in talk.by_day(&transcript.zone) {
            if let Some(day) = day {
                let _ = write!(out, "\n### {day}\n");
            }
            one(&mut out, transcript, line);
        }
    }
    out.push_str("\nSecrets are masked.\n");
    out
}

fn one(out: &mut String, transcript: &Transcript, line: &TranscriptLine) {
    let mark = if line.carried.as_ref().is_some_and(|c| c.marked) { " · marked" } else { "" };
    let mut facts = String::new();
    for (fact, _) in line.facts() {
        let _ = write!(facts, " · {}", text(&fact));
    }
    let _ = write!(
        out,
        "\n**{}** {}{facts}{mark}\n\n{}\n",
        line.author.word(),
        transcript.time(line.at),
        markdown_quote(&line.text)
    );
    if let Some(carried) = &line.carried {
        let _ = write!(out, "\n{}\n", text(&carried.words()));
        if let Some(comment) = &carried.comment {
            let _ = write!(out, "\nComment: {}\n", text(comment));
        }
    }
}
