//! What to do about it: the fix of the cause's page with the case's own names in it.

use super::case::Facts;
use super::evidence::answer::request_ids;
use super::pages::{names, page};
use crate::model::{Advice, Cause, Diagnosis, Ending, ExchangeKind, Phase, Probe, Remedy};

/// What to do for `diagnosis`, in order. What would settle an open question comes first.
pub(super) fn actions(diagnosis: &Diagnosis, facts: &Facts<'_>) -> Vec<Advice> {
    let names = names(facts);
    let mut actions = Vec::new();
    if let Some(settles) = diagnosis.settles.first().filter(|_| diagnosis.is_undecided()) {
        let causes: Vec<&str> = settles.causes.iter().map(|c| c.words()).collect();
        let words = format!("Check first: {} shows which it is: {}.", settles.probe.words(), causes.join(" or "));
        let remedy = (settles.probe == Probe::Conversation).then_some(Remedy::Read);
        actions.push(Advice { words, remedy });
    }
    match diagnosis.suspects.first() {
        None => actions.extend(unexplained(facts)),
        Some(_) if diagnosis.is_undecided() => {}
        Some(first) => match broken_off(first.cause, facts) {
            Some(lines) => actions.extend(lines),
            None => actions
                .extend(page(fix_of(first.cause)).fix.into_iter().filter_map(|fix| fix.filled(&names, facts.channel))),
        },
    }
    actions
}

/// The cause whose page has the fix of `cause` where the request never left: a timeout then is one of connecting.
const fn fix_of(cause: Cause) -> Cause {
    if matches!(cause, Cause::NetworkTimeout) { Cause::NetworkConnect } else { cause }
}

/// What to do about a connection that stood, and broke or fell silent later. Its port is open, so that the question is
/// whether the request was received. `None` where the request never left, and for every other cause.
fn broken_off(cause: Cause, facts: &Facts<'_>) -> Option<Vec<Advice>> {
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
    let phase = phase.word();
    let first = if wrote && facts.attempt.is_some() && facts.exchange.kind == ExchangeKind::Send {
        let why = format!("{what} while {phase}, and the message may have been received");
        let words = format!("Read the conversation before you send again: {why}.");
        Advice { words, remedy: Some(Remedy::Read) }
    } else {
        Advice { words: format!("Try again: {what} while {phase}."), remedy: None }
    };
    Some(vec![first, Advice { words: next.to_owned(), remedy: None }])
}

/// What to do where no cause fits. The page has other lines for the case that no request id was received.
fn unexplained(facts: &Facts<'_>) -> Vec<Advice> {
    if facts.attempt.is_none() {
        let words = "Correct what is named above, then send the message again.".to_owned();
        return vec![Advice { words, remedy: Some(Remedy::Resend) }];
    }
    let no_id = request_ids(facts.exchange).is_empty();
    let fix = if no_id { super::pages::fix_without_an_answer() } else { page(Cause::Unknown).fix };
    let names = names(facts);
    fix.into_iter().filter_map(|fix| fix.filled(&names, facts.channel)).collect()
}

/// Those of a diagnosis' actions that are the administrator's to carry out; whoever sent the message sends it again.
pub(super) fn for_administrator(diagnosis: &Diagnosis) -> Vec<String> {
    let own = diagnosis.actions.iter().filter(|advice| advice.remedy == Some(Remedy::Administrator));
    let own: Vec<_> = own.map(|advice| advice.words.clone()).collect();
    if own.is_empty() {
        return vec!["Look the request up in the organisation's audit view, by the time and the ids below.".to_owned()];
    }
    own
}
