//! What was looked at: the EVIDENCE lines of the card. Facts only, each with the exchange that shows it. A line states what
//! should hold, beside the yes or no, and in brackets what was found: "no  conversation exists", never "no  conversation
//! does not exist".

use super::case::Facts;
use super::render::span;
use crate::model::ids::is_uuid;
use crate::model::{Check, CheckAnswer, ExchangeId, Granted, RemoteState};

/// The lines for one case.
pub fn of(facts: &Facts<'_>) -> Vec<Check> {
    let mut checks = Vec::new();
    let mut add = |holds, what: String, shown_by: Option<ExchangeId>| checks.push(Check { holds, what, shown_by });
    let Some(attempt) = facts.attempt else { return checks };
    if facts.generation().is_some() {
        token(facts, &mut add);
        if facts.is_guest_send() {
            scopes(facts, &mut add);
        }
    }
    if let Some(id) = &facts.request.conversation {
        let participant = facts.request.participant.as_ref().map(|id| is_uuid(id));
        match (is_uuid(id), participant) {
            (true, Some(true)) => {
                add(CheckAnswer::Yes, "conversation id and participant id well formed".to_owned(), None);
            }
            (conversation, participant) => {
                add(form(conversation), "conversation id well formed".to_owned(), None);
                if let Some(well) = participant {
                    add(form(well), "participant id well formed".to_owned(), None);
                }
            }
        }
        conversation(facts, id, &mut add);
    }
    places(facts, &mut add);
    let ended = attempt.started.after(attempt.timing.total.unwrap_or_default());
    if let Some(date) = facts.answer.date {
        let skew = date.duration_since(ended.wall).as_secs();
        let differ = skew.saturating_abs();
        let by = if differ <= 2 { String::new() } else { format!(" (they differ by {skew} s)") };
        let holds = if differ <= 60 { CheckAnswer::Yes } else { CheckAnswer::No };
        add(holds, format!("clocks agree{by}"), None);
    }
    checks
}

/// Whether an id has the form of one.
const fn form(well: bool) -> CheckAnswer {
    if well { CheckAnswer::Yes } else { CheckAnswer::No }
}

/// Integration, deployment and origin: their form, and what is known of them.
fn places(facts: &Facts<'_>, add: &mut impl FnMut(CheckAnswer, String, Option<ExchangeId>)) {
    if let Some(id) = &facts.request.integration {
        add(form(is_uuid(id)), "integration id well formed".to_owned(), None);
        let book = facts.history.of_integration(id);
        match (book.and_then(|b| b.known), book.and_then(|b| b.missing)) {
            (Some(known), missing) if missing.is_none_or(|m| m.at <= known.at) => {
                add(CheckAnswer::Yes, "integration exists".to_owned(), Some(known.exchange));
            }
            (_, Some(missing)) => add(CheckAnswer::No, "integration exists".to_owned(), Some(missing.exchange)),
            _ => add(CheckAnswer::Unknown, "integration exists (not checked)".to_owned(), None),
        }
    }
    let Some(id) = facts.request.deployment.as_ref().filter(|_| facts.request.opening) else { return };
    add(form(is_uuid(id)), "deployment id well formed".to_owned(), None);
    let book = facts.history.of_deployment(id);
    match book.map(|b| (&b.config, &b.missing)) {
        Some((Some((seen, config)), _)) => {
            let (holds, what) = if config.is_active() {
                (CheckAnswer::Yes, "deployment exists and is active")
            } else {
                (CheckAnswer::No, "deployment exists and is active (it is not active)")
            };
            add(holds, what.to_owned(), Some(seen.exchange));
        }
        Some((None, Some(missing))) => {
            add(
                CheckAnswer::No,
                "deployment exists and is active (it does not exist)".to_owned(),
                Some(missing.exchange),
            );
        }
        // An opening before this one shows it too.
        _ => match book.and_then(|b| b.opened.as_ref()) {
            Some((seen, Some(with))) => {
                add(
                    CheckAnswer::Yes,
                    format!("deployment exists and is active (opened with {with})"),
                    Some(seen.exchange),
                );
            }
            Some((seen, None)) => {
                add(CheckAnswer::Yes, "deployment exists and is active (opened)".to_owned(), Some(seen.exchange));
            }
            None => add(CheckAnswer::Unknown, "deployment exists and is active (not checked)".to_owned(), None),
        },
    }
    let Some(origin) = &facts.request.origin else { return };
    match book.and_then(|b| b.domains.as_ref()) {
        Some((seen, domains)) => {
            let holds = if domains.allow(origin) { CheckAnswer::Yes } else { CheckAnswer::No };
            add(holds, format!("{origin} is among the allowed domains"), Some(seen.exchange));
        }
        None => add(CheckAnswer::Unknown, format!("{origin} is among the allowed domains (not checked)"), None),
    }
}

fn token(facts: &Facts<'_>, add: &mut impl FnMut(CheckAnswer, String, Option<ExchangeId>)) {
    let book = facts.token();
    let name = facts.generation().map_or_else(String::new, |g| format!("token #{g} "));
    let ended = facts.ended();
    let expires = book.and_then(|b| b.facts.as_ref()).and_then(|f| f.expires);
    match (expires, ended) {
        (Some(end), Some(now)) if now.mono < end.mono => {
            add(CheckAnswer::Yes, format!("{name}not expired ({} left)", span(end.left(now))), None);
        }
        (Some(_), Some(_)) => add(CheckAnswer::No, format!("{name}not expired (it has expired)"), None),
        _ => add(CheckAnswer::Unknown, format!("{name}not expired (its expiry is not known)"), None),
    }
    let own = facts.exchange.id;
    let works = format!("{name}works for other API calls");
    match book.map_or((None, None), |b| (b.accepted.besides(own), b.refused.besides(own))) {
        (Some(seen), refused) if refused.is_none_or(|r| seen.at >= r.at) => {
            add(CheckAnswer::Yes, works, Some(seen.exchange));
        }
        (_, Some(refused)) => add(CheckAnswer::No, works, Some(refused.exchange)),
        _ => add(CheckAnswer::Unknown, format!("{works} (not checked)"), None),
    }
}

fn scopes(facts: &Facts<'_>, add: &mut impl FnMut(CheckAnswer, String, Option<ExchangeId>)) {
    let needed = facts.profile.required.join(" ");
    if needed.is_empty() || facts.answer.is_published() {
        return;
    }
    match facts.token().and_then(|b| b.facts.as_ref()).map(|f| &f.granted) {
        Some(Granted::Named(granted)) if facts.profile.required.iter().all(|scope| granted.contains(scope)) => {
            add(CheckAnswer::Yes, format!("token has the scope {needed}"), None);
        }
        Some(Granted::Named(granted)) => {
            let list = if granted.is_empty() { "none".to_owned() } else { granted.join(" ") };
            add(CheckAnswer::No, format!("token has the scope {needed} (granted: {list})"), None);
        }
        _ => add(CheckAnswer::Unknown, format!("token has the scope {needed} (not known)"), None),
    }
}

fn conversation(facts: &Facts<'_>, id: &str, add: &mut impl FnMut(CheckAnswer, String, Option<ExchangeId>)) {
    let Some(book) = facts.history.of_conversation(id) else {
        add(CheckAnswer::Unknown, "conversation exists (not checked)".to_owned(), None);
        return;
    };
    if let Some(missing) = book.missing.filter(|m| book.read.as_ref().is_none_or(|r| r.seen.at < m.at)) {
        add(CheckAnswer::No, "conversation exists".to_owned(), Some(missing.exchange));
        return;
    }
    let Some(read) = &book.read else {
        if let Some(seen) = book.accepted {
            add(CheckAnswer::Yes, "conversation exists (a message was accepted)".to_owned(), Some(seen.exchange));
        }
        return;
    };
    let state = if read.state == RemoteState::Unknown { String::new() } else { format!(", {}", read.state.word()) };
    add(CheckAnswer::Yes, format!("conversation exists{state}"), Some(read.seen.exchange));
    if let Some(guest) = &read.guest {
        let id_is = facts.request.participant.as_ref().map(|p| *p == guest.id);
        let external_is = facts.request.external.as_ref().zip(guest.external.as_ref()).map(|(a, b)| a == b);
        if let Some(same) = id_is.or(external_is) {
            let holds = if same { CheckAnswer::Yes } else { CheckAnswer::No };
            add(holds, "participant is the guest".to_owned(), Some(read.seen.exchange));
        }
    }
}
