//! Lines: a heading a conversation, a line a message.

use std::fmt::Write as _;

use jiff::tz::TimeZone;

use crate::text::screen::{visible, visible_lines};

use super::content::Transcript;

pub(super) fn text(transcript: &Transcript) -> String {
    let mut out = format!("# Transcript: {}\n\nTimes are UTC.\n", visible(&transcript.profile));
    for talk in &transcript.conversations {
        let _ = writeln!(out, "\n## {}", visible_lines(&talk.name).collect::<Vec<_>>().join(" "));
        for (day, line) in talk.by_day(&TimeZone::UTC) {
            if let Some(day) = day {
                let _ = writeln!(out, "\n### {day}\n");
            }
            let text = visible_lines(&line.text).collect::<Vec<_>>().join("\n  ");
            let facts: Vec<String> = line.facts().into_iter().map(|(fact, _)| fact).collect();
            let facts = if facts.is_empty() { String::new() } else { format!(" ({})", visible(&facts.join("; "))) };
            let _ = writeln!(out, "- {} **{}**: {text}{facts}", line.at.strftime("%F %T"), visible(line.author.word()));
        }
    }
    out
}
