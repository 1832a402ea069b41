//! What was looked at: the EVIDENCE lines of the card. Facts only, each with the exchange that shows it. A line says what
//! was found: where something does not hold, that it does not.

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
        let well = is_uuid(id);
        let participant = match &facts.request.participant {
            None => String::new(),
            Some(id) if is_uuid(id) => " · participant id well formed".to_owned(),
            Some(_) => " · participant id malformed".to_owned(),
        };
        let (holds, formed) = form(well);
        add(holds, format!("conversation id {formed}{participant}"), None);
        conversation(facts, id, &mut add);
    }
    places(facts, &mut add);
    let ended = attempt.started.after(attempt.timing.total.unwrap_or_default());
    if let Some(date) = facts.answer.date {
        let skew = date.duration_since(ended.wall).as_secs();
        let (holds, what) = match skew.saturating_abs() {
            0..=2 => (CheckAnswer::Yes, "clocks agree".to_owned()),
            3..=60 => (CheckAnswer::Yes, format!("clocks agree (they differ by {skew} s)")),
            _ => (CheckAnswer::No, format!("clocks differ by {skew} s")),
        };
        add(holds, what, None);
    }
    checks
}

/// Whether an id has the form of one, and the words for that.
const fn form(well: bool) -> (CheckAnswer, &'static str) {
    if well { (CheckAnswer::Yes, "well formed") } else { (CheckAnswer::No, "malformed") }
}

/// Integration, deployment and origin: their form, and what is known of them.
fn places(facts: &Facts<'_>, add: &mut impl FnMut(CheckAnswer, String, Option<ExchangeId>)) {
    if let Some(id) = &facts.request.integration {
        let (holds, formed) = form(is_uuid(id));
        add(holds, format!("integration id {formed}"), None);
        let book = facts.history.of_integration(id);
        match (book.and_then(|b| b.known), book.and_then(|b| b.missing)) {
            (Some(known), missing) if missing.is_none_or(|m| m.at <= known.at) => {
                add(CheckAnswer::Yes, "integration exists".to_owned(), Some(known.exchange));
            }
            (_, Some(missing)) => add(CheckAnswer::No, "integration does not exist".to_owned(), Some(missing.exchange)),
            _ => add(CheckAnswer::Unknown, "integration exists (not checked)".to_owned(), None),
        }
    }
    let Some(id) = facts.request.deployment.as_ref().filter(|_| facts.request.opening) else { return };
    let (holds, formed) = form(is_uuid(id));
    add(holds, format!("deployment id {formed}"), None);
    let book = facts.history.of_deployment(id);
    match book.map(|b| (&b.config, &b.missing)) {
        Some((Some((seen, config)), _)) => {
            let (holds, what) = if config.is_active() {
                (CheckAnswer::Yes, "deployment exists and is active")
            } else {
                (CheckAnswer::No, "deployment not active")
            };
            add(holds, what.to_owned(), Some(seen.exchange));
        }
        Some((None, Some(missing))) => {
            add(CheckAnswer::No, "deployment does not exist".to_owned(), Some(missing.exchange));
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
            let (holds, is) =
                if domains.allow(origin) { (CheckAnswer::Yes, "is") } else { (CheckAnswer::No, "is not") };
            add(holds, format!("{origin} {is} among the allowed domains"), Some(seen.exchange));
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
        (Some(_), Some(_)) => add(CheckAnswer::No, format!("{name}expired"), None),
        _ => add(CheckAnswer::Unknown, format!("{name}not expired (its expiry is not known)"), None),
    }
    let own = facts.exchange.id;
    let works = format!("{name}works for other API calls");
    match book.map_or((None, None), |b| (b.accepted.besides(own), b.refused.besides(own))) {
        (Some(seen), refused) if refused.is_none_or(|r| seen.at >= r.at) => {
            add(CheckAnswer::Yes, works, Some(seen.exchange));
        }
        (_, Some(refused)) => {
            add(CheckAnswer::No, format!("{name}refused for other API calls too"), Some(refused.exchange));
        }
        _ => add(CheckAnswer::Unknown, format!("{works} (not checked)"), None),
    }
}

fn scopes(facts: &Facts<'_>, add: &mut impl FnMut(CheckAnswer, String, Option<ExchangeId>)) {
    let needed = facts.profile.required.join(" ");
    if needed.is_empty() || facts.answer.is_published() {
        return;
    }
    match facts.token().and_then(|b| b.facts.as_ref()).map(|f| &f.granted) {
        Some(Granted::Named(granted)) => {
            let list = if granted.is_empty() { "(none)".to_owned() } else { granted.join(" ") };
            let missing: Vec<&str> =
                facts.profile.required.iter().filter(|s| !granted.contains(s)).map(String::as_str).collect();
            if missing.is_empty() {
                add(CheckAnswer::Yes, format!("granted scopes contain {needed}"), None);
            } else {
                add(CheckAnswer::No, format!("missing scope {}; granted: {list}", missing.join(" ")), None);
            }
        }
        _ => add(CheckAnswer::Unknown, format!("granted scopes contain {needed} (not known)"), None),
    }
}

fn conversation(facts: &Facts<'_>, id: &str, add: &mut impl FnMut(CheckAnswer, String, Option<ExchangeId>)) {
    let Some(book) = facts.history.of_conversation(id) else {
        add(CheckAnswer::Unknown, "conversation exists (not checked)".to_owned(), None);
        return;
    };
    if let Some(missing) = book.missing.filter(|m| book.read.as_ref().is_none_or(|r| r.seen.at < m.at)) {
        add(CheckAnswer::No, "conversation does not exist".to_owned(), Some(missing.exchange));
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
            let (holds, is) = if same { (CheckAnswer::Yes, "is") } else { (CheckAnswer::No, "is not") };
            add(holds, format!("participant {is} the guest"), Some(read.seen.exchange));
        }
    }
}
