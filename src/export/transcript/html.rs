//! One HTML page: bubbles, with what carried each under it.

use std::fmt::Write as _;

use crate::export::escape::markup;
use crate::export::page::page;
use crate::model::Author;

use super::content::{Transcript, TranscriptLine};

pub(super) fn html(transcript: &Transcript) -> String {
    let messages: usize = transcript.conversations.iter().map(|talk| talk.lines.len()).sum();
    let mut body = format!(
        "<header>\n<h1>Transcript <span class=\"dim\">{}</span></h1>\n<p class=\"dim small\">{messages} message{} in {} conversation{}</p>\n</header>\n",
        markup(&transcript.profile),
        if messages == 1 { "" } else { "s" },
        transcript.conversations.len(),
        if transcript.conversations.len() == 1 { "" } else { "s" },
    );
    for talk in &transcript.conversations {
        let _ = write!(body, "<section>\n<h2>{}</h2>\n<div class=\"said\">\n", markup(&talk.name));
        for (day, line) in talk.by_day(&transcript.zone) {
            if let Some(day) = day {
                let _ = writeln!(body, "<h3 class=\"dim\">{day}</h3>");
            }
            one(&mut body, transcript, line);
        }
        body.push_str("</div>\n</section>\n");
    }
    let _ = writeln!(body, "<footer>guestwire {}. Secrets are masked.</footer>", env!("CARGO_PKG_VERSION"));
    page(&format!("Transcript: {}", transcript.profile), &body, "")
}

fn one(out: &mut String, transcript: &Transcript, line: &TranscriptLine) {
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
        markup(&line.text),
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
