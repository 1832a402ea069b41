//! A diagnosis in words: the card's parts, a text for a ticket, a note to the administrator. All of it is made from what
//! was redacted at capture, so it holds no secret.

use std::fmt::Write as _;
use std::time::Duration;

use jiff::tz::TimeZone;

use super::case::ProfileFacts;
use super::evidence::answer::request_ids;
use crate::model::{Advice, Cause, CheckAnswer, Confidence, Diagnosis, Exchange, Probe};
use crate::text::{capitalised, one_line};

/// What a part of the card holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartKind {
    /// The first cause, and how sure it is.
    Cause,
    /// What to do, in order.
    Actions,
    /// What was looked at.
    Evidence,
    /// Causes that the evidence leaves.
    NotRuledOut,
    /// Causes that the evidence rules out.
    RuledOut,
    /// The server's words, or why nothing was sent.
    Said,
    /// Request ids, time and region.
    Ids,
}

/// One part of the card: its heading and its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it holds.
    pub kind: PartKind,
    /// `CAUSE`, `MOST LIKELY`, `SERVER SAID`, …
    pub heading: &'static str,
    /// What stands beside and under it.
    pub lines: Vec<String>,
}

/// `42 s`, `41 m`, `3 h 20 m`.
pub fn span(length: Duration) -> String {
    match length.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3600 => format!("{} min", seconds / 60),
        seconds => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

/// The parts of the card, always in this order, none left out: cause, what to do, evidence, not ruled out, ruled out,
/// the server's words, ids. `number` gives an exchange's number in the log, `check` how a person runs the checks.
pub fn card(
    diagnosis: &Diagnosis,
    exchange: &Exchange,
    advice: &[Advice],
    profile: &ProfileFacts,
    number: &dyn Fn(crate::model::ExchangeId) -> Option<u64>,
    check: &str,
) -> Vec<Part> {
    let left = exchange.last_attempt().is_some();
    let part = |kind, heading, lines: Vec<String>| {
        let lines = if lines.is_empty() { vec!["(nothing)".to_owned()] } else { lines };
        Part { kind, heading, lines }
    };
    // What does not hold comes first: that is where the cause is.
    let order = |check: &&crate::model::Check| match check.holds {
        CheckAnswer::No => 0,
        CheckAnswer::Yes => 1,
        CheckAnswer::Unknown => 2,
    };
    let mut checked: Vec<_> = diagnosis.checked.iter().collect();
    checked.sort_by_key(order);
    let evidence = checked.into_iter().map(|check| {
        let shown = check.shown_by.and_then(number).map_or_else(String::new, |n| format!(" (see #{n})"));
        format!("{:<3}  {}{shown}", check.holds.word(), check.what)
    });
    let excluded: Vec<&str> = diagnosis.excluded.iter().map(|e| e.cause.words()).collect();
    let excluded = if excluded.is_empty() { Vec::new() } else { vec![excluded.join(", ")] };
    let open = diagnosis.suspects.iter().skip(usize::from(!diagnosis.is_undecided())).map(|suspect| {
        let settles = match suspect.probe {
            None => String::new(),
            Some(Probe::Audit) => " (only the organisation's audit log can tell)".to_owned(),
            Some(_) => format!(" ({check})"),
        };
        format!("{}: {}{settles}", suspect.cause.words(), suspect.because)
    });
    let cause = match (diagnosis.suspects.first(), diagnosis.confidence()) {
        (None, _) => "NO CAUSE FOUND",
        (Some(_), Confidence::Sure) => "CAUSE",
        (Some(_), Confidence::Likely) => "MOST LIKELY",
        (Some(_), Confidence::Possible) => "POSSIBLE",
    };
    let actions = (1..).zip(advice).map(|(n, action)| format!("{n}  {}", action.words));
    let said = if left {
        part(PartKind::Said, "SERVER SAID", vec![diagnosis.said.clone()])
    } else {
        part(PartKind::Said, "NOT SENT", vec![diagnosis.said.clone()])
    };
    vec![
        part(PartKind::Cause, cause, most_likely(diagnosis, left)),
        part(PartKind::Actions, "DO THIS", actions.collect()),
        part(PartKind::Evidence, "EVIDENCE", evidence.collect()),
        part(PartKind::NotRuledOut, "NOT RULED OUT", open.collect()),
        part(PartKind::RuledOut, "RULED OUT", excluded),
        said,
        part(PartKind::Ids, "IDS", quote(exchange, profile)),
    ]
}

fn most_likely(diagnosis: &Diagnosis, left: bool) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(variation) = diagnosis.sent_as {
        lines.push(format!("This was sent on purpose as {variation} ({}).", variation.about()));
    }
    match diagnosis.suspects.first() {
        None if !left => lines.push("Nothing was sent: see “Not sent”.".to_owned()),
        None => lines.push("No cause fits: here is what the server said.".to_owned()),
        Some(_) if diagnosis.is_undecided() => {
            let said = diagnosis.sentence();
            lines.push(format!("{}.", capitalised(&said)));
        }
        Some(first) => {
            lines.push(format!("{}.", capitalised(&first.because)));
            lines.push(format!("{}.", capitalised(first.cause.sentence())));
        }
    }
    if diagnosis.healed {
        lines.push("The message was then accepted with a newer token.".to_owned());
    }
    lines
}

/// Request ids in full, the moment in UTC, the region: what support asks for.
pub fn quote(exchange: &Exchange, profile: &ProfileFacts) -> Vec<String> {
    let at = exchange.last_attempt().map_or(exchange.started, |a| a.started).wall;
    let time = at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string();
    let ids = request_ids(exchange);
    let mut lines: Vec<String> = ids.into_iter().map(|(name, id)| format!("{name} {id}")).collect();
    if lines.is_empty() {
        let left = exchange.last_attempt().is_some();
        lines.push(if left { "no request id was received" } else { "no request id: nothing was sent" }.to_owned());
    }
    lines.push(format!("{time}   {}", profile.region));
    lines
}

/// A text for a ticket: what happened, what was found, what to quote. Plain text, no secret.
pub fn ticket(
    diagnosis: &Diagnosis,
    exchange: &Exchange,
    profile: &ProfileFacts,
    conversation: Option<&str>,
    zone: &TimeZone,
) -> String {
    let mut out = String::new();
    let attempt = exchange.last_attempt();
    let target = attempt.map_or_else(String::new, |a| format!("{} {}", a.request.method, a.request.url));
    let status = exchange.status().map_or_else(|| "no status".to_owned(), |s| s.to_string());
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{}", headline(diagnosis, exchange, profile, conversation));
    let _ = writeln!(out);
    for (name, value) in circumstances(exchange, zone) {
        let _ = writeln!(out, "{:<14} {value}", format!("{name}:"));
    }
    if !target.is_empty() {
        let _ = writeln!(out, "Request:       {target}");
    }
    let _ = match attempt {
        Some(_) => writeln!(out, "Answer:        {status}, {}", diagnosis.said),
        None => writeln!(out, "Not sent:      {}", diagnosis.said),
    };
    if exchange.attempts().count() > 1 {
        let statuses: Vec<String> =
            exchange.attempts().map(|a| a.status().map_or_else(|| "no answer".to_owned(), |s| s.to_string())).collect();
        let _ = writeln!(out, "Tries:         {}", statuses.join(", then "));
    }
    let _ = writeln!(out, "Cause:         {} ({})", diagnosis.cause(), certainty(diagnosis));
    let _ = writeln!(out, "Because:       {}", one_line(&diagnosis.sentence()));
    for check in diagnosis.checked.iter().filter(|c| c.holds != CheckAnswer::Unknown) {
        let _ = writeln!(out, "Checked:       {:<3} {}", check.holds.word(), one_line(&check.what));
    }
    if !diagnosis.excluded.is_empty() {
        let words: Vec<&str> = diagnosis.excluded.iter().map(|e| e.cause.words()).collect();
        let _ = writeln!(out, "Ruled out:     {}", words.join(", "));
    }
    for suspect in diagnosis.suspects.iter().skip(1) {
        let _ = writeln!(out, "Not ruled out: {} ({})", suspect.cause, one_line(&suspect.because));
    }
    if let Some(id) = &profile.client_id {
        let _ = writeln!(out, "Client:        {id}");
    }
    for line in quote(exchange, profile) {
        let _ = writeln!(out, "Ids:           {line}");
    }
    out.trim_end().to_owned()
}

/// A note to the administrator: what to change, in their words, and why.
pub fn note(
    diagnosis: &Diagnosis,
    exchange: &Exchange,
    profile: &ProfileFacts,
    conversation: Option<&str>,
    zone: &TimeZone,
) -> String {
    let mut out = String::from("Hello,\n\n");
    let _ = writeln!(out, "{}", headline(diagnosis, exchange, profile, conversation));
    let certain = match diagnosis.confidence() {
        Confidence::Sure => "The cause",
        Confidence::Likely => "The most likely cause",
        Confidence::Possible => "A possible cause",
    };
    match diagnosis.cause() {
        Cause::Unknown if exchange.last_attempt().is_none() => {
            let _ = writeln!(out, "Nothing was sent: {}.", diagnosis.said);
        }
        Cause::Unknown => {
            let _ = writeln!(out, "No known cause fits; the server said: {}.", diagnosis.said);
        }
        cause => {
            let _ = writeln!(out, "{certain}: {} ({cause}): {}.", cause.sentence(), one_line(&diagnosis.sentence()));
        }
    }
    let actions = super::advice::for_administrator(diagnosis);
    if !actions.is_empty() {
        let _ = writeln!(out, "\nPlease:");
        for (number, action) in (1..).zip(&actions) {
            let _ = writeln!(out, "{number}. {action}");
        }
    }
    let _ = writeln!(out, "\nTo look it up:");
    for (name, value) in circumstances(exchange, zone) {
        let _ = writeln!(out, "- {name}: {value}");
    }
    if let Some(id) = &profile.client_id {
        let _ = writeln!(out, "- OAuth client {id}");
    }
    for line in quote(exchange, profile) {
        let _ = writeln!(out, "- {line}");
    }
    out.trim_end().to_owned()
}

/// What was to be sent, and when by the clock of the zone.
fn circumstances(exchange: &Exchange, zone: &TimeZone) -> impl Iterator<Item = (&'static str, String)> {
    let at = exchange.last_attempt().map_or(exchange.started, |a| a.started).wall;
    let local = at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S %:z").to_string();
    let text = (exchange.kind == crate::model::ExchangeKind::Send).then(|| format!("“{}”", one_line(&exchange.what)));
    text.map(|text| ("Text", text)).into_iter().chain([("Local time", local)])
}

/// `Guest message refused with HTTP 401: profile staging, region mypurecloud.de, conversation “Billing bot”.`
fn headline(diagnosis: &Diagnosis, exchange: &Exchange, profile: &ProfileFacts, conversation: Option<&str>) -> String {
    let what = match exchange.kind {
        crate::model::ExchangeKind::Send => "Guest message",
        crate::model::ExchangeKind::Token => "Token request",
        _ => "Request",
    };
    let unknown = matches!(exchange.outcome, crate::model::Outcome::Unknown(_));
    let how = match (diagnosis.healed, exchange.status()) {
        (true, _) => "first refused with HTTP 401 and then accepted".to_owned(),
        (false, None) if exchange.last_attempt().is_none() => "not sent".to_owned(),
        (false, Some(status)) if unknown => format!("answered with HTTP {status}, outcome unknown"),
        (false, Some(status)) => format!("refused with HTTP {status}"),
        (false, None) => "without an answer, outcome unknown".to_owned(),
    };
    let purpose = diagnosis.sent_as.map_or_else(String::new, |v| format!(" (a negative test: {v})"));
    let of = conversation.map_or_else(String::new, |name| format!(", conversation “{name}”"));
    format!("{what}{purpose} {how}: profile {}, region {}{of}.", profile.name, profile.region)
}

/// How sure the cause is, in a word or two.
pub fn certainty(diagnosis: &Diagnosis) -> &'static str {
    if diagnosis.suspects.is_empty() { "no cause fits" } else { diagnosis.confidence().word() }
}
