//! What to do about it: the fix of the cause's page with the case's own names in it.

use super::case::Facts;
use super::pages::{Names, fill, page};
use crate::model::{Cause, Diagnosis};

/// What to do for `diagnosis`, in order. What would settle an open question comes first.
pub(super) fn actions(diagnosis: &Diagnosis, facts: &Facts<'_>) -> Vec<String> {
    let names = Names::of(facts);
    let mut actions = Vec::new();
    if let Some(settles) = diagnosis.settles.first().filter(|_| diagnosis.is_undecided()) {
        let causes: Vec<&str> = settles.causes.iter().map(|c| c.words()).collect();
        actions.push(format!("Settle it first: {} tells about {}.", settles.probe.words(), causes.join(", ")));
    }
    match diagnosis.suspects.first() {
        None => actions.extend(unexplained(facts).into_iter().map(str::to_owned)),
        Some(_) if diagnosis.is_undecided() => {}
        Some(first) => actions.extend(page(first.cause).fix.into_iter().map(|line| fill(line, &names))),
    }
    actions
}

/// What to do where no cause fits. The page speaks of an answer with its ids: where there is none, what is left of it.
fn unexplained(facts: &Facts<'_>) -> Vec<&'static str> {
    let mut fix = page(Cause::Unknown).fix;
    if facts.attempt.is_none() {
        return vec!["Put right what is said above, then send the message again."];
    }
    if super::render::ids(facts.exchange).is_empty() {
        fix.retain(|line| !line.contains("request id"));
        fix.push("Quote the UTC time in a ticket: no request id came back.");
    }
    fix
}

/// Those of a diagnosis' actions that are the administrator's to carry out; whoever sent the message sends it again.
pub(super) fn for_administrator(diagnosis: &Diagnosis) -> Vec<String> {
    let own: Vec<_> = diagnosis.actions.iter().filter(|line| line.contains(super::pages::ADMIN)).cloned().collect();
    if own.is_empty() {
        return vec!["Look the request up in the organisation's audit view, by the time and the ids below.".to_owned()];
    }
    own
}
