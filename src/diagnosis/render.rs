//! A diagnosis in words: the card's parts, a text for a ticket, a note to the administrator. All of it is made from what
//! was redacted at capture, so it holds no secret.

use std::fmt::Write as _;
use std::time::Duration;

use super::case::ProfileFacts;
use crate::genesys::errors::one_line;
use crate::model::exchange::header;
use crate::model::{Cause, Confidence, Diagnosis, Exchange, Holds};
use crate::text::json;

/// One part of the card: its heading and its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// `SERVER SAID`, `MOST LIKELY`, …
    pub heading: &'static str,
    /// What stands beside and under it.
    pub lines: Vec<String>,
}

/// `42 s`, `41 m`, `3 h 20 m`.
pub fn span(length: Duration) -> String {
    match length.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3600 => format!("{} m", seconds / 60),
        seconds => format!("{} h {} m", seconds / 3600, seconds / 60 % 60),
    }
}

/// The parts of the card, always in this order, none left out: server said, most likely, checked, not this, still open,
/// do this, quote. `number` gives an exchange's number in the log.
pub fn card(
    diagnosis: &Diagnosis,
    exchange: &Exchange,
    profile: &ProfileFacts,
    number: &dyn Fn(crate::model::ExchangeId) -> Option<u64>,
) -> Vec<Part> {
    let left = exchange.last_attempt().is_some();
    let none = || vec!["(nothing)".to_owned()];
    let or_none = |lines: Vec<String>| if lines.is_empty() { none() } else { lines };
    let checked = diagnosis.checked.iter().map(|check| {
        let shown = check.shown_by.and_then(number).map_or_else(String::new, |n| format!("   #{n}"));
        format!("{:<3}  {}{shown}", check.holds.word(), check.what)
    });
    let excluded: Vec<&str> = diagnosis.excluded.iter().map(|e| e.cause.words()).collect();
    let open = diagnosis.suspects.iter().skip(usize::from(!diagnosis.is_undecided())).map(|suspect| {
        let probe = suspect.probe.map_or_else(String::new, |p| format!(" ({} settles it)", p.name()));
        format!("{}: {}{probe}", suspect.cause.words(), suspect.because)
    });
    let actions = (1..).zip(&diagnosis.actions).map(|(n, action)| format!("{n}  {action}"));
    vec![
        if left {
            Part { heading: "SERVER SAID", lines: vec![diagnosis.said.clone()] }
        } else {
            Part { heading: "NOT SENT", lines: vec![reason(diagnosis).to_owned()] }
        },
        Part { heading: "MOST LIKELY", lines: most_likely(diagnosis, left) },
        Part { heading: "CHECKED", lines: or_none(checked.collect()) },
        Part { heading: "NOT THIS", lines: if excluded.is_empty() { none() } else { vec![excluded.join(" · ")] } },
        Part { heading: "STILL OPEN", lines: or_none(open.collect()) },
        Part { heading: "DO THIS", lines: or_none(actions.collect()) },
        Part { heading: "QUOTE", lines: quote(exchange, profile) },
    ]
}

/// Why nothing was sent, for where a heading says already that it was not.
fn reason(diagnosis: &Diagnosis) -> &str {
    diagnosis.said.strip_prefix("not sent: ").unwrap_or(&diagnosis.said)
}

fn most_likely(diagnosis: &Diagnosis, left: bool) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(variation) = diagnosis.sent_as {
        lines.push(format!("This was sent on purpose as {variation} ({}).", variation.about()));
    }
    match diagnosis.suspects.first() {
        None if !left => lines.push("Nothing left this machine: the line above says why.".to_owned()),
        None => lines.push("No cause fits: here is what the server said.".to_owned()),
        Some(_) if diagnosis.is_undecided() => {
            let said = diagnosis.sentence();
            lines.push(format!("{}.  possible", upper(&said)));
        }
        Some(first) => {
            lines.push(format!("{}.  {}", upper(&first.because), first.confidence.word()));
            lines.push(format!("{}.", upper(first.cause.sentence())));
        }
    }
    if diagnosis.healed {
        lines.push("It was healed: the message was accepted with a newer token.".to_owned());
    }
    lines
}

/// Request ids in full, the moment in UTC, the region: what support asks for.
pub fn quote(exchange: &Exchange, profile: &ProfileFacts) -> Vec<String> {
    let at = exchange.last_attempt().map_or(exchange.started, |a| a.started).wall;
    let time = at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string();
    let ids = ids(exchange);
    let mut lines: Vec<String> = ids.into_iter().map(|(name, id)| format!("{name} {id}")).collect();
    if lines.is_empty() {
        let left = exchange.last_attempt().is_some();
        lines.push(if left { "no request id came back" } else { "no request id: nothing was sent" }.to_owned());
    }
    lines.push(format!("{time}   {}", profile.region));
    lines
}

/// The ids that came back, each with the name under which it did.
pub(super) fn ids(exchange: &Exchange) -> Vec<(&'static str, String)> {
    let Some(response) = exchange.last_attempt().and_then(|a| a.response()) else { return Vec::new() };
    let mut ids: Vec<(&'static str, String)> = ["x-request-id", "inin-correlation-id", "genesys-correlation-id"]
        .into_iter()
        .filter_map(|name| Some((name, header(&response.headers, name)?.to_owned())))
        .collect();
    let context = || {
        let json = json::read(response.body.text.as_bytes())?;
        Some(json.get("contextId")?.as_str()?.to_owned())
    };
    ids.extend(context().map(|id| ("contextId", id)));
    ids
}

/// A text for a ticket: what happened, what was found, what to quote. Plain text, no secret.
pub fn ticket(diagnosis: &Diagnosis, exchange: &Exchange, profile: &ProfileFacts) -> String {
    let mut out = String::new();
    let attempt = exchange.last_attempt();
    let target = attempt.map_or_else(String::new, |a| format!("{} {}", a.request.method, a.request.url));
    let status = exchange.status().map_or_else(|| "no status".to_owned(), |s| s.to_string());
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{}", headline(diagnosis, exchange));
    let _ = writeln!(out);
    if !target.is_empty() {
        let _ = writeln!(out, "Request:     {target}");
    }
    let _ = match attempt {
        Some(_) => writeln!(out, "Answer:      {status}, {}", diagnosis.said),
        None => writeln!(out, "Not sent:    {}", reason(diagnosis)),
    };
    if exchange.attempts().count() > 1 {
        let statuses: Vec<String> =
            exchange.attempts().map(|a| a.status().map_or_else(|| "no answer".to_owned(), |s| s.to_string())).collect();
        let _ = writeln!(out, "Tries:       {}", statuses.join(", then "));
    }
    let _ = writeln!(out, "Cause:       {} ({})", diagnosis.cause(), confidence(diagnosis));
    let _ = writeln!(out, "Because:     {}", one_line(&diagnosis.sentence()));
    for check in diagnosis.checked.iter().filter(|c| c.holds != Holds::Unknown) {
        let _ = writeln!(out, "Checked:     {:<3} {}", check.holds.word(), one_line(&check.what));
    }
    if !diagnosis.excluded.is_empty() {
        let words: Vec<&str> = diagnosis.excluded.iter().map(|e| e.cause.words()).collect();
        let _ = writeln!(out, "Ruled out:   {}", words.join(", "));
    }
    for suspect in diagnosis.suspects.iter().skip(1) {
        let _ = writeln!(out, "Still open:  {} ({})", suspect.cause, one_line(&suspect.because));
    }
    if let Some(id) = &profile.client_id {
        let _ = writeln!(out, "Client:      {id}");
    }
    for line in quote(exchange, profile) {
        let _ = writeln!(out, "Quote:       {line}");
    }
    out.trim_end().to_owned()
}

/// A note to the administrator: what to change, in their words, and why.
pub fn note(diagnosis: &Diagnosis, exchange: &Exchange, profile: &ProfileFacts) -> String {
    let mut out = String::from("Hello,\n\n");
    let _ = writeln!(out, "{}", headline(diagnosis, exchange));
    let certain = match diagnosis.confidence() {
        Confidence::Sure => "The cause",
        Confidence::Likely => "The most likely cause",
        Confidence::Possible => "A possible cause",
    };
    match diagnosis.cause() {
        Cause::Unknown if exchange.last_attempt().is_none() => {
            let _ = writeln!(out, "Nothing left this machine: {}.", reason(diagnosis));
        }
        Cause::Unknown => {
            let _ = writeln!(out, "No known cause fits; the server said: {}.", diagnosis.said);
        }
        cause => {
            let _ = writeln!(out, "{certain}: {} ({cause}): {}.", cause.sentence(), one_line(&diagnosis.sentence()));
        }
    }
    if !diagnosis.actions.is_empty() {
        let _ = writeln!(out, "\nPlease:");
        for (number, action) in (1..).zip(&diagnosis.actions) {
            let _ = writeln!(out, "{number}. {action}");
        }
    }
    let _ = writeln!(out, "\nTo look it up:");
    if let Some(id) = &profile.client_id {
        let _ = writeln!(out, "- OAuth client {id}");
    }
    for line in quote(exchange, profile) {
        let _ = writeln!(out, "- {line}");
    }
    out.trim_end().to_owned()
}

fn headline(diagnosis: &Diagnosis, exchange: &Exchange) -> String {
    let what = match exchange.kind {
        crate::model::Kind::Send => "a guest message",
        crate::model::Kind::Token => "a token request",
        _ => "a request",
    };
    let how = match (&diagnosis.healed, exchange.status(), exchange.outcome.word()) {
        (true, ..) => "was first refused with 401 and then accepted".to_owned(),
        (false, None, _) if exchange.last_attempt().is_none() => "was not sent".to_owned(),
        (false, Some(status), word) => format!("ended as {word} with status {status}"),
        (false, None, word) => format!("ended as {word} without an answer"),
    };
    let purpose = diagnosis.sent_as.map_or_else(String::new, |v| format!(" (a negative test: {v})"));
    format!("In the profile's organisation {what}{purpose} {how}.")
}

fn confidence(diagnosis: &Diagnosis) -> &'static str {
    if diagnosis.suspects.is_empty() { "no cause fits" } else { diagnosis.confidence().word() }
}

fn upper(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
