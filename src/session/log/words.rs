//! How times, durations, endings and bodies are said in a few words.

use std::time::Duration;

use jiff::tz::TimeZone;

use super::row::Tone;
use crate::model::{
    Attempt, Body, BodyForm, Ending, Exchange, ExchangeStep, FailureKind, Generation, Moment, Outcome, Response,
};
use crate::text::{json, screen};

pub(super) const fn outcome_tone(outcome: &Outcome) -> Tone {
    match outcome {
        Outcome::Open => Tone::Info,
        Outcome::Waiting | Outcome::Unknown(_) => Tone::Warning,
        Outcome::Accepted | Outcome::Cancelled => Tone::Dim,
        Outcome::Refused(_) | Outcome::Failed(_) => Tone::Error,
    }
}

/// `HH:MM:SS.mmm` in `zone`.
pub(super) fn clock_exact(at: Moment, zone: &TimeZone) -> String {
    zone.to_datetime(at.wall).strftime("%H:%M:%S%.3f").to_string()
}

/// A duration in at most seven cells: milliseconds, then seconds.
pub(super) fn short_span(duration: Duration) -> String {
    match duration.as_millis() {
        ms @ 0..=999 => format!("{ms} ms"),
        1_000..=99_949 => format!("{:.1} s", duration.as_secs_f64()),
        ms => format!("{} s", (ms / 1_000).min(99_999)),
    }
}

/// A size in at most seven cells.
pub(super) fn size(bytes: u64) -> String {
    if bytes < 1_000 {
        return format!("{bytes} B");
    }
    let (mut value, mut units) = (bytes as f64 / 1024.0, ["KiB", "MiB", "GiB", "TiB"].into_iter());
    let mut unit = units.next().unwrap_or_default();
    while value >= 999.5
        && let Some(next) = units.next()
    {
        (value, unit) = (value / 1024.0, next);
    }
    if value < 9.95 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") }
}

pub(super) fn waiting_until(exchange: &Exchange) -> Option<Moment> {
    match (&exchange.outcome, exchange.steps.last()) {
        (Outcome::Waiting, Some(ExchangeStep::Wait { until, .. })) => Some(*until),
        _ => None,
    }
}

/// Which token, behind the word itself: `#3, 59:58 old`.
pub(super) fn token_number(generation: Generation, age: Option<Duration>) -> String {
    match age {
        Some(age) => format!("#{generation}, {} old", minutes(age)),
        None => format!("#{generation}"),
    }
}

pub(super) fn minutes(duration: Duration) -> String {
    let secs = duration.as_secs();
    if secs < 3_600 {
        format!("{}:{:02}", secs / 60, secs % 60)
    } else {
        format!("{}:{:02}:{:02}", secs / 3_600, secs / 60 % 60, secs % 60)
    }
}

/// A duration for a person: `71 ms`, `12.3 s`, `2:05`.
pub(super) fn span(duration: Duration) -> String {
    match duration.as_millis() {
        ms @ 0..=9_999 if ms % 1_000 != 0 || ms == 0 => format!("{ms} ms"),
        ms @ 0..=119_999 if ms % 1_000 == 0 => format!("{} s", ms / 1_000),
        0..=119_999 => format!("{:.1} s", duration.as_secs_f64()),
        _ => minutes(duration),
    }
}

pub(super) fn exact(duration: Duration) -> String {
    let micros = duration.as_micros();
    format!("{}.{:03} ms", micros / 1_000, micros % 1_000)
}

pub(super) fn ended(attempt: &Attempt) -> String {
    match &attempt.ending {
        None => "under way".to_owned(),
        Some(Ending::Answered(response)) => match code(&response.body).or_else(|| response.phrase.clone()) {
            Some(code) => format!("{} {code}", response.status),
            None => response.status.to_string(),
        },
        Some(Ending::Failed(failure)) => {
            let status = failure.partial.as_ref().map_or_else(String::new, |r| format!("{} then ", r.status));
            format!("{status}{}, {}", failure_word(failure.kind), failure.stage())
        }
    }
}

/// The tone of a try: that of the outcome where it is the last. One that another followed decided nothing.
pub(super) fn try_tone(attempt: &Attempt, exchange: &Exchange) -> Tone {
    let last = exchange.last_attempt().is_some_and(|last| last.number == attempt.number);
    match &exchange.outcome {
        _ if !last => Tone::Warning,
        Outcome::Accepted => Tone::Text,
        outcome => outcome_tone(outcome),
    }
}

/// The refusal's code: `code` of an ErrorBody, `error` of the token endpoint. [real: documented]
pub(super) fn code(body: &Body) -> Option<String> {
    if body.form != BodyForm::Json {
        return None;
    }
    let json = json::read(body.text.as_bytes())?;
    Some(json.get("code").or_else(|| json.get("error"))?.as_str()?.to_owned())
}

pub(super) const fn failure_word(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Dns => "no such host",
        FailureKind::Connect => "no connection",
        FailureKind::Tls(_) => "TLS refused",
        FailureKind::Proxy => "proxy refused",
        FailureKind::Timeout => "timeout",
        FailureKind::Reset => "connection closed",
        FailureKind::SessionEnded => "session ended",
        FailureKind::Unprocessed => "not processed",
        FailureKind::Protocol => "broken answer",
        FailureKind::TooLarge => "answer too large",
        FailureKind::Cancelled => "cancelled",
        FailureKind::Invalid => "request could not be built",
        FailureKind::Unrecorded => "could not be recorded",
    }
}

pub(super) fn status_line(response: &Response) -> String {
    let phrase = response.phrase.as_ref().map_or_else(String::new, |phrase| format!(" {}", screen::visible(phrase)));
    format!("{} {}{phrase}", screen::visible(&response.version), response.status)
}

pub(super) fn body_facts(body: &Body, dot: &str) -> String {
    if body.form == BodyForm::Empty && body.total == 0 {
        return "none".to_owned();
    }
    let mime = body.mime.as_deref().filter(|mime| body.form != BodyForm::Json || *mime != "application/json");
    let cut = (body.truncated && body.form != BodyForm::Binary).then_some("cut short");
    let more = mime.into_iter().chain(body.encoding.as_deref()).map(screen::visible).chain(cut.map(Into::into));
    more.fold(format!("{} {}", size(body.total), body.form), |out, part| out + dot + &part)
}

/// The durations of a try on one line; what was not measured is left out.
pub(super) fn timing(attempt: &Attempt, dot: &str) -> String {
    let timing = &attempt.timing;
    let mut parts = Vec::new();
    if timing.reused {
        parts.push("reused connection".to_owned());
    }
    parts.extend(timing.parts().map(|(name, took)| format!("{name} {}", span(took))));
    if parts.is_empty() { "not measured yet".to_owned() } else { parts.join(dot) }
}
