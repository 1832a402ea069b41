//! How things are said: sentences for the ear, without columns, marks or abbreviations.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use unicode_segmentation::UnicodeSegmentation as _;

use crate::model::{Attempt, Diagnosis, Ending, Exchange, ExchangeKind, Outcome};
use crate::session::log::LogEntry;
use crate::text::suggest::nearest;
use crate::text::{clause, counted, dates};

/// The end of an id, letter by letter: `ends 8 9 6 8`. A short one is said whole.
pub fn ending(id: &str) -> String {
    let clusters: Vec<&str> = id.graphemes(true).collect();
    let from = clusters.len().saturating_sub(4);
    let tail = clusters.get(from..).unwrap_or_default().join(" ");
    if from == 0 { format!("is {tail}") } else { format!("ends {tail}") }
}

/// A length of time: `190 milliseconds`, `1.5 seconds`, `3 minutes`.
pub fn span(length: Duration) -> String {
    let (millis, seconds) = (length.subsec_millis() as usize, length.as_secs() as usize);
    match seconds {
        0 => counted(millis, "millisecond"),
        1..10 if millis >= 100 => format!("{seconds}.{} seconds", millis / 100),
        1..120 => counted(seconds, "second"),
        120..7_200 => counted(seconds / 60, "minute"),
        _ if seconds % 3600 < 360 => counted(seconds / 3600, "hour"),
        _ => format!("{}.{} hours", seconds / 3600, seconds % 3600 / 360),
    }
}

/// ` Did you mean .open?`: the known word that is nearest, if one is near, with what is typed before it.
pub fn nearest_to<'n>(word: &str, before: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    nearest(word, known).map(|near| format!(" Did you mean {before}{near}?")).unwrap_or_default()
}

/// Only a message is accepted.
const fn outcome(exchange: &Exchange) -> &'static str {
    match exchange.outcome {
        Outcome::Open => "under way",
        Outcome::Waiting => "waiting",
        Outcome::Accepted if exchange.message.is_none() => "ok",
        Outcome::Accepted => "accepted",
        Outcome::Refused(_) => "refused",
        Outcome::Unknown(_) => "outcome unknown",
        Outcome::Failed(_) => "failed",
        Outcome::Cancelled => "cancelled",
    }
}

pub fn attempt(attempt: &Attempt) -> String {
    match &attempt.ending {
        Some(Ending::Answered(response)) => {
            let id = response.request_ids().into_iter().next();
            let id = id.map(|(_, id)| format!(", id {}", ending(&id))).unwrap_or_default();
            format!("was answered with {}{id}", response.status)
        }
        Some(Ending::Failed(failure)) => format!("failed while {}", failure.line()),
        None => "is under way".to_owned(),
    }
}

/// ` with 200`, where a status came.
pub fn with_status(exchange: &Exchange) -> String {
    exchange.status().map(|status| format!(" with {status}")).unwrap_or_default()
}

/// `, id ends 8 9 6 8`, where an id came.
pub fn with_id(exchange: &Exchange) -> String {
    exchange.request_id().map(|(_, id)| format!(", id {}", ending(&id))).unwrap_or_default()
}

/// A cause, where one is likely: `scope-stripped, likely: the token …`.
pub fn cause(diagnosis: Option<&Diagnosis>) -> Option<String> {
    let found = diagnosis.filter(|d| !d.suspects.is_empty() && !d.is_undecided())?;
    Some(format!("{}, {}: {}", found.cause(), found.confidence().word(), clause(&found.sentence())))
}

/// An entry of the log as one sentence. `delivery` is the status of its message, where it carries one; `to` the name of its
/// conversation.
pub fn entry(entry: &LogEntry, delivery: Option<&str>, to: Option<&str>, now: Timestamp, zone: &TimeZone) -> String {
    let (at, today) = (entry.at().wall.to_zoned(zone.clone()), now.to_zoned(zone.clone()).date());
    let day = if at.date() == today { String::new() } else { format!("{}, ", dates::day(at.date(), today)) };
    let kind = match entry.kind() {
        ExchangeKind::Hook => "webhook".to_owned(),
        ExchangeKind::Sys => "notice".to_owned(),
        kind => kind.word().to_lowercase(),
    };
    let mut said = format!("{}, {day}{}, {kind}", entry.number(), at.strftime("%H:%M:%S"));
    if let Some(exchange) = entry.exchange() {
        let word = delivery.unwrap_or_else(|| outcome(exchange));
        for part in [to, Some(word)].into_iter().flatten() {
            said.extend([", ", part]);
        }
        said.push_str(&with_status(exchange));
        said.extend(entry.duration().map(|d| format!(" in {}", span(d))));
        if entry.tries() > 1 {
            said.push_str(&format!(" after {} tries", entry.tries()));
        }
        said.push_str(&with_id(exchange));
    }
    said.push_str(if entry.kept.marked { ", marked: " } else { ": " });
    said.push_str(entry.what());
    let reason = entry.exchange().and_then(|x| x.outcome.reason()).map(clause);
    let comment = entry.comment().map(|text| format!("comment: {text}"));
    let cause = cause(entry.diagnosis()).map(|cause| format!("cause {cause}"));
    // What kept a message here is the cause.
    let reason = reason.filter(|why| cause.as_ref().is_none_or(|cause| !cause.contains(why)));
    said.extend([reason, cause, comment].into_iter().flatten().map(|part| format!("; {part}")));
    said
}

#[cfg(test)]
#[path = "../../tests/unit/plain/sentences.rs"]
mod tests;
