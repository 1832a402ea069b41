//! The page of each cause, from `assets/causes`: what it means, the evidence that it needs, the fix in the
//! administrator's words, and what looks the same but is not. Offline, in the binary. What to do in a case is the fix with
//! the case's own names in it.

use super::attempt::request_ids;
use super::facts::CaseFacts;
use crate::genesys::guest_api::SCOPE;
use crate::model::{Advice, Cause, Channel, Diagnosis, Ending, ExchangeKind, Phase, Probe, Remedy};

/// Marks at the end of a fix's line: its remedy, and whether the line is only for channels with sessions (`true`) or without.
const MARKS: [(&str, Option<Remedy>, Option<bool>); 8] = [
    ("<!-- admin -->", Some(Remedy::Administrator), None),
    ("<!-- compare -->", Some(Remedy::Compare), None),
    ("<!-- new session -->", Some(Remedy::NewSession), None),
    ("<!-- new token -->", Some(Remedy::NewToken), None),
    ("<!-- read -->", Some(Remedy::Read), None),
    ("<!-- resend -->", Some(Remedy::Resend), None),
    ("<!-- with sessions -->", None, Some(true)),
    ("<!-- without sessions -->", None, Some(false)),
];

#[derive(Debug)]
struct Fix {
    /// With placeholders for the case's own names.
    words: &'static str,
    remedy: Option<Remedy>,
    sessions: Option<bool>,
}

impl Fix {
    fn read(line: &'static str) -> Self {
        let mut fix = Self { words: line, remedy: None, sessions: None };
        let marked = |line: &'static str| MARKS.iter().find_map(|mark| Some((line.strip_suffix(mark.0)?, mark)));
        while let Some((words, (_, remedy, sessions))) = marked(fix.words) {
            let (remedy, sessions) = (remedy.or(fix.remedy), sessions.or(fix.sessions));
            fix = Self { words: words.trim_end(), remedy, sessions };
        }
        fix
    }
}

fn section(cause: Cause, heading: &str) -> &'static str {
    let mut parts = cause.page().split("\n## ");
    parts.find_map(|part| part.strip_prefix(heading)?.strip_prefix('\n')).unwrap_or_default().trim()
}

fn fixes(cause: Cause, heading: &str) -> Vec<Fix> {
    let lines = section(cause, heading).lines().map(str::trim).filter_map(|line| {
        line.strip_prefix("- ").or_else(|| {
            let (number, rest) = line.split_once(". ")?;
            number.parse::<u8>().is_ok().then_some(rest)
        })
    });
    lines.map(Fix::read).collect()
}

/// The page as plain text for a terminal, with the scope that guestwire expects in the place of `{scope}`.
pub fn text(cause: Cause) -> String {
    let mut out = format!("{cause}: {}\n\n{}\n", cause.sentence(), section(cause, "Meaning"));
    for heading in ["Evidence needed", "Fix", "Looks the same, but is not"] {
        out.push_str(&format!("\n{heading}\n"));
        for (number, line) in (1..).zip(fixes(cause, heading)) {
            let mark = if heading == "Fix" { format!("{number}.") } else { "-".to_owned() };
            out.push_str(&format!("  {mark} {}\n", line.words));
        }
    }
    let general = ["in use", SCOPE, "that the server named", "<region>", "api.<region>"];
    fill(&out, &general.map(str::to_owned))
}

pub fn list() -> String {
    let widest = Cause::ALL.iter().map(|c| c.name().len()).max().unwrap_or(0);
    Cause::ALL.map(|c| format!("{:<widest$}  {}", c.name(), c.sentence())).join("\n") + "\n"
}

/// The cause that was most likely meant by `name`: exact, or the nearest.
pub fn nearest(name: &str) -> Option<Cause> {
    Cause::named(crate::text::nearest(name, Cause::ALL.iter().map(|cause| cause.name()))?)
}

const PLACEHOLDERS: [&str; 5] = ["{client}", "{scope}", "{permission}", "{region}", "{api}"];

fn fill(text: &str, names: &[String; PLACEHOLDERS.len()]) -> String {
    PLACEHOLDERS.iter().zip(names).fold(text.to_owned(), |text, (place, name)| text.replace(place, name))
}

/// What to do for `diagnosis`, in order. What would settle an open question comes first.
pub(super) fn actions(diagnosis: &Diagnosis, facts: &CaseFacts<'_>) -> Vec<Advice> {
    let fixes = match diagnosis.suspects.first().map(|first| first.cause) {
        None if facts.attempt.is_none() => {
            let words = "Correct what is named above, then send the message again.".to_owned();
            return vec![Advice { words, remedy: Some(Remedy::Resend) }];
        }
        None if request_ids(facts.exchange).is_empty() => fixes(Cause::Unknown, "Fix without an answer"),
        None => fixes(Cause::Unknown, "Fix"),
        Some(_) if diagnosis.is_undecided() => Vec::new(),
        Some(cause) => match broken_off(cause, facts) {
            Some(lines) => return lines,
            // The request never left: a timeout then is one of connecting.
            None if cause == Cause::NetworkTimeout => fixes(Cause::NetworkConnect, "Fix"),
            None => fixes(cause, "Fix"),
        },
    };
    let check = diagnosis.deciding.first().filter(|_| diagnosis.is_undecided()).map(|deciding| {
        let causes: Vec<&str> = deciding.causes.iter().map(|c| c.words()).collect();
        let words = format!("Check first: {} shows which it is: {}.", deciding.probe.words(), causes.join(" or "));
        Advice { words, remedy: (deciding.probe == Probe::Conversation).then_some(Remedy::Read) }
    });
    let CaseFacts { profile, history, answer, .. } = facts;
    let named = history.newest_facts().and_then(|t| Some(format!("“{}”", t.client_name.as_ref()?)));
    let client = named.or_else(|| profile.client_id.clone()).unwrap_or_else(|| "in use".to_owned());
    let scope = if profile.required.is_empty() { SCOPE.to_owned() } else { profile.required.join(" ") };
    let permission = match answer.error.missing_permissions.as_slice() {
        [] => "that the server names as missing".to_owned(),
        named => named.join(" or "),
    };
    let names = [client, scope, permission, profile.region.clone(), profile.api.clone()];
    let sessions = facts.channel.map(Channel::has_sessions);
    let fitting = fixes.iter().filter(|fix| fix.sessions.zip(sessions).is_none_or(|(wanted, there)| wanted == there));
    let filled = fitting.map(|fix| Advice { words: fill(fix.words, &names), remedy: fix.remedy });
    check.into_iter().chain(filled).collect()
}

/// What to do where a connection broke or fell silent, by whether the request may have been received. `None` where it never
/// left, and for every other cause.
fn broken_off(cause: Cause, facts: &CaseFacts<'_>) -> Option<Vec<Advice>> {
    let attempt = facts.attempt.or_else(|| facts.held_back_by())?;
    let (wrote, phase) = match attempt.ending.as_ref()? {
        // The server had waited too long for the request; any other answer came while ours was waited for.
        Ending::Answered(response) if response.status == 408 => (true, Phase::Write),
        Ending::Answered(_) => (true, Phase::Answer),
        Ending::Failed(failure) => (failure.wrote, failure.phase),
    };
    let (what, next) = match cause {
        _ if !wrote && phase < Phase::Write => return None,
        Cause::NetworkConnect => (
            "the connection broke",
            "If it happens often, something on the way cuts connections: give its operator the UTC time.",
        ),
        Cause::NetworkTimeout => (
            "the time limit passed",
            "If it happens often, raise request_timeout of the profile and look at the timings of the exchanges.",
        ),
        _ => return None,
    };
    let phase = phase.during();
    let first = if wrote && facts.attempt.is_some() && facts.exchange.kind == ExchangeKind::Send {
        let why = format!("{what} {phase}, and the message may have been received");
        let words = format!("Read the conversation before you send again: {why}.");
        Advice { words, remedy: Some(Remedy::Read) }
    } else {
        Advice { words: format!("Try again: {what} {phase}."), remedy: None }
    };
    Some(vec![first, Advice { words: next.to_owned(), remedy: None }])
}

#[cfg(test)]
#[path = "../../tests/unit/diagnosis/pages.rs"]
mod tests;
