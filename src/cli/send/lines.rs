//! What `guestwire send` says on the way to its outcome.

use serde_json::{Value, json};

use crate::app::output::OutputLine;
use crate::model::{Attempt, Choice, Diagnosis, Ending, Moment, Probe, Reason, RemoteMessage};

pub fn reply_line(now: Moment, reply: &RemoteMessage) -> OutputLine {
    let (author, said) = (reply.author.name(), reply.at.to_string());
    let mut fields = json!({ "author": author, "text": reply.text, "id": reply.id, "said_at": said });
    let mut text = format!("{author}: {}", reply.text);
    if !reply.choices.is_empty() {
        fields["choices"] = reply.choices.iter().map(|c| json!({ "label": c.label, "payload": c.payload })).collect();
        text.push_str(&format!(" [{}]", numbered(&reply.choices)));
    }
    OutputLine::new("reply", now.wall, fields).says(text)
}

/// Choices by their numbers: `1 Yes | 2 No`.
pub fn numbered(choices: &[Choice]) -> String {
    let labels: Vec<String> = (1..).zip(choices).map(|(n, choice)| format!("{n} {}", choice.label)).collect();
    labels.join(" | ")
}

pub fn waiting_line(now: Moment, until: Moment, why: &Reason) -> OutputLine {
    let fields = json!({ "until": until.wall.to_string(), "why": why.to_string() });
    let seconds = until.left(now).as_secs_f64().ceil();
    OutputLine::new("waiting", now.wall, fields).warns(format!("waiting {seconds} s: {why}"))
}

pub fn reading_line(now: Moment, why: &str) -> OutputLine {
    OutputLine::new("probe", now.wall, json!({ "name": Probe::Conversation.name() })).warns(why)
}

pub fn diagnosis_line(now: Moment, diagnosis: &Diagnosis) -> OutputLine {
    let open: Vec<Value> =
        diagnosis.suspects.iter().skip(1).map(|s| json!({ "cause": s.cause.name(), "because": s.because })).collect();
    let excluded: Vec<&str> = diagnosis.excluded.iter().map(|cause| cause.name()).collect();
    let settles: Vec<&str> = diagnosis.deciding.iter().map(|s| s.probe.name()).collect();
    let cause = diagnosis.cause();
    let fields = json!({
        "cause": cause.name(),
        "confidence": diagnosis.confidence().name(),
        "because": diagnosis.sentence(),
        "open": open,
        "excluded": excluded,
        "settled_by": settles,
    });
    let words = diagnosis.confidence().name();
    let text = if diagnosis.suspects.is_empty() {
        format!("no known cause fits: {}", diagnosis.said)
    } else if diagnosis.is_undecided() {
        let names: Vec<&str> = diagnosis.suspects.iter().map(|s| s.cause.name()).collect();
        let how = "run `guestwire doctor` for the same conversation to find out";
        format!("cause: {}; possible: {}; {how}", diagnosis.sentence(), names.join(", "))
    } else {
        format!("cause: {cause} ({words}): {}; run `guestwire explain {cause}` for more", diagnosis.sentence())
    };
    OutputLine::new("diagnosis", now.wall, fields).warns(text)
}

pub fn attempt_line(now: Moment, attempt: &Attempt) -> OutputLine {
    let failure = if let Some(Ending::Failed(failure)) = &attempt.ending { Some(failure) } else { None };
    let id = attempt.response().and_then(|response| response.request_ids().into_iter().next());
    let fields = json!({
        "number": attempt.number,
        "status": attempt.status(),
        "error": failure.map(|failure| &failure.detail),
        "phase": failure.map(|failure| failure.phase.name()),
        "generation": attempt.generation.map(|g| g.0),
        "request_id": id.map(|(_, id)| id),
        "duration_ms": attempt.timing.total.map(|d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX)),
    });
    OutputLine::new("attempt", now.wall, fields)
}
