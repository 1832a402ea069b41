//! The page of each cause, from `assets/causes`: what it means, the evidence that it needs, the fix in the
//! administrator's words, and what looks the same but is not. Offline, in the binary.

use std::fmt::Write as _;

use super::case::Facts;
use crate::genesys::guest_api::SCOPE;
use crate::model::{Advice, Cause, Channel, Remedy};

/// What a mark says of the line that it ends.
#[derive(Clone, Copy)]
enum Mark {
    /// What the line comes down to.
    Remedy(Remedy),
    /// The line is only for channels that have sessions, or only for the others.
    Sessions(bool),
}

/// The marks at the end of a line of a fix, as comments that no reader of Markdown shows.
const MARKS: [(&str, Mark); 8] = [
    ("<!-- admin -->", Mark::Remedy(Remedy::Administrator)),
    ("<!-- compare -->", Mark::Remedy(Remedy::Compare)),
    ("<!-- new session -->", Mark::Remedy(Remedy::NewSession)),
    ("<!-- new token -->", Mark::Remedy(Remedy::NewToken)),
    ("<!-- read -->", Mark::Remedy(Remedy::Read)),
    ("<!-- resend -->", Mark::Remedy(Remedy::Resend)),
    ("<!-- with sessions -->", Mark::Sessions(true)),
    ("<!-- without sessions -->", Mark::Sessions(false)),
];

/// A line of a fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fix {
    /// `{client}`, `{scope}`, `{permission}`, `{region}` and `{api}` stand for the case's own.
    pub words: &'static str,
    /// What it comes down to.
    pub remedy: Option<Remedy>,
    /// It is only for channels that have sessions, or only for the others.
    pub sessions: Option<bool>,
}

impl Fix {
    fn read(line: &'static str) -> Self {
        let mut fix = Self { words: line, remedy: None, sessions: None };
        let marked = |line: &'static str| {
            MARKS.iter().find_map(|(mark, means)| Some((line.strip_suffix(mark)?.trim_end(), *means)))
        };
        while let Some((words, mark)) = marked(fix.words) {
            fix.words = words;
            match mark {
                Mark::Remedy(remedy) => fix.remedy = Some(remedy),
                Mark::Sessions(sessions) => fix.sessions = Some(sessions),
            }
        }
        fix
    }

    /// The same with the names of a case in it, unless it is for other channels.
    pub(super) fn filled(self, names: &Names, channel: Option<Channel>) -> Option<Advice> {
        let fits =
            self.sessions.is_none_or(|sessions| channel.is_none_or(|channel| channel.has_sessions() == sessions));
        fits.then(|| Advice { words: fill(self.words, names), remedy: self.remedy })
    }
}

/// The page of a cause, as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CausePage {
    /// What it means, one paragraph.
    pub meaning: &'static str,
    /// The evidence that it needs, one line each.
    pub evidence: Vec<&'static str>,
    /// What to do, in order.
    pub fix: Vec<Fix>,
    /// What looks the same but is not.
    pub alike: Vec<&'static str>,
}

/// What to do where no cause fits and no request id was received.
pub(super) fn fix_without_an_answer() -> Vec<Fix> {
    lines(Cause::Unknown.page(), "Fix without an answer").into_iter().map(Fix::read).collect()
}

fn lines(text: &'static str, heading: &str) -> Vec<&'static str> {
    section(text, heading).lines().filter_map(item).collect()
}

/// The page of `cause`, taken apart.
pub fn page(cause: Cause) -> CausePage {
    let text = cause.page();
    let lines = |heading: &str| lines(text, heading);
    CausePage {
        meaning: section(text, "Meaning"),
        evidence: lines("Evidence needed"),
        fix: lines("Fix").into_iter().map(Fix::read).collect(),
        alike: lines("Looks the same, but is not"),
    }
}

/// The page as plain text for a terminal, with the scope that guestwire expects in the place of `{scope}`.
pub fn text(cause: Cause) -> String {
    let page = page(cause);
    let mut out = format!("{cause}: {}\n\n{}\n", cause.sentence(), page.meaning);
    for (heading, lines, numbered) in [
        ("Evidence needed", page.evidence, false),
        ("Fix", page.fix.iter().map(|fix| fix.words).collect(), true),
        ("Looks the same, but is not", page.alike, false),
    ] {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "\n{heading}");
        for (number, line) in (1..).zip(lines) {
            let mark = if numbered { format!("{number}.") } else { "-".to_owned() };
            let _ = writeln!(out, "  {mark} {line}");
        }
    }
    general(&out)
}

/// All causes, one line each: name and what it says.
pub fn list() -> String {
    let widest = Cause::ALL.iter().map(|c| c.as_str().len()).max().unwrap_or(0);
    Cause::ALL.iter().fold(String::new(), |mut out, c| {
        let _ = writeln!(out, "{:<widest$}  {}", c.as_str(), c.sentence());
        out
    })
}

/// The cause that was most likely meant by `name`: exact, or the nearest.
pub fn nearest(name: &str) -> Option<Cause> {
    Cause::named(crate::text::suggest::nearest(name, Cause::ALL.iter().map(|cause| cause.as_str()))?)
}

/// Placeholders of a fix, and what stands in their places.
pub(super) type Names = [(&'static str, String); 5];

/// Those of a case.
pub(super) fn names(facts: &Facts<'_>) -> Names {
    let scopes = &facts.profile.required;
    let permission = match facts.answer.permissions.as_slice() {
        [] => "that the server names as missing".to_owned(),
        named => named.join(" or "),
    };
    [
        ("{client}", client(facts)),
        ("{scope}", if scopes.is_empty() { SCOPE.to_owned() } else { scopes.join(" ") }),
        ("{permission}", permission),
        ("{region}", facts.profile.region.clone()),
        ("{api}", facts.profile.api.clone()),
    ]
}

/// `text` with words in place of the names that only a case knows.
fn general(text: &str) -> String {
    let names = [
        ("{client}", "in use"),
        ("{scope}", SCOPE),
        ("{permission}", "that the server named"),
        ("{region}", "<region>"),
        ("{api}", "api.<region>"),
    ];
    fill(text, &names.map(|(name, words)| (name, words.to_owned())))
}

fn client(facts: &Facts<'_>) -> String {
    let named = facts.history.newest_facts().and_then(|t| t.client_name.clone());
    match (named, &facts.profile.client_id) {
        (Some(name), _) => format!("“{name}”"),
        (None, Some(id)) => id.clone(),
        (None, None) => "in use".to_owned(),
    }
}

/// `text` with the names of a case in their places.
fn fill(text: &str, names: &Names) -> String {
    names.iter().fold(text.to_owned(), |text, (name, words)| text.replace(name, words))
}

fn section(text: &'static str, heading: &str) -> &'static str {
    let mut parts = text.split("\n## ");
    let found = parts.find_map(|part| part.strip_prefix(heading)?.strip_prefix('\n'));
    found.unwrap_or_default().trim()
}

fn item(line: &'static str) -> Option<&'static str> {
    let line = line.trim();
    if let Some(rest) = line.strip_prefix("- ") {
        return Some(rest);
    }
    let (number, rest) = line.split_once(". ")?;
    number.parse::<u8>().ok().map(|_| rest)
}

#[cfg(test)]
#[path = "../../tests/unit/diagnosis/pages.rs"]
mod tests;
