//! What was looked at: the EVIDENCE lines of the card. Facts only, each with the exchange that shows it. A line states what
//! should hold, beside the yes or no, and in brackets what was found: "no  conversation exists", never "no  conversation
//! does not exist".

use super::facts::{CaseFacts, SKEW, listed, skew};
use super::history::{Sighting, missing_since};
use crate::model::ids::is_uuid;
use crate::model::{Attempt, Check, CheckAnswer, RemoteState};
use crate::text::duration;

struct Checks(Vec<Check>);

impl Checks {
    fn add(&mut self, holds: impl Into<CheckAnswer>, what: impl Into<String>) {
        self.0.push(Check { holds: holds.into(), what: what.into(), shown_by: None });
    }

    fn shown(&mut self, seen: Sighting, holds: bool, what: impl Into<String>) {
        self.0.push(Check { holds: holds.into(), what: what.into(), shown_by: Some(seen.exchange) });
    }

    fn unknown(&mut self, what: &str, why: &str) {
        self.add(CheckAnswer::Unknown, format!("{what} ({why})"));
    }
}

pub fn of(facts: &CaseFacts<'_>) -> Vec<Check> {
    let mut checks = Checks(Vec::new());
    if facts.attempt.is_none() {
        return Vec::new();
    }
    if facts.generation().is_some() {
        token(facts, &mut checks);
        if facts.is_guest_send() {
            scopes(facts, &mut checks);
        }
    }
    if let Some(id) = &facts.request.conversation {
        match (is_uuid(id), facts.request.participant.as_ref().map(|id| is_uuid(id))) {
            (true, Some(true)) => checks.add(true, "conversation id and participant id well formed"),
            (conversation, participant) => {
                checks.add(conversation, "conversation id well formed");
                if let Some(well) = participant {
                    checks.add(well, "participant id well formed");
                }
            }
        }
        conversation(facts, id, &mut checks);
    }
    places(facts, &mut checks);
    if let Some(skew) = facts.attempt.and_then(|attempt| skew(attempt, &facts.answer)) {
        let differ = skew.saturating_abs();
        let by = if differ <= 2 { String::new() } else { format!(" (they differ by {skew} s)") };
        checks.add(differ <= SKEW, format!("clocks agree{by}"));
    }
    checks.0
}

fn places(facts: &CaseFacts<'_>, checks: &mut Checks) {
    if let Some(id) = &facts.request.integration {
        checks.add(is_uuid(id), "integration id well formed");
        let (known, missing) = facts.history.integration(id).map(|b| (b.known, b.missing)).unwrap_or_default();
        let exists = "integration exists";
        match (missing_since(missing, known), known) {
            (Some(missing), _) => checks.shown(missing, false, exists),
            (None, Some(known)) => checks.shown(known, true, exists),
            (None, None) => checks.unknown(exists, "not checked"),
        }
    }
    let Some(id) = facts.request.deployment.as_ref().filter(|_| facts.request.opening) else { return };
    checks.add(is_uuid(id), "deployment id well formed");
    let book = facts.deployment();
    let active = "deployment exists and is active";
    match book.map(|b| (&b.config, b.missing, &b.opened)) {
        Some((Some((seen, config)), ..)) if config.is_active() => checks.shown(*seen, true, active),
        Some((Some((seen, _)), ..)) => checks.shown(*seen, false, format!("{active} (it is not active)")),
        Some((None, Some(missing), _)) => checks.shown(missing, false, format!("{active} (it does not exist)")),
        // An opening before this one shows it too.
        Some((None, None, Some((seen, with)))) => {
            let with = with.as_ref().map_or_else(String::new, |origin| format!(" with {origin}"));
            checks.shown(*seen, true, format!("{active} (opened{with})"));
        }
        Some((None, None, None)) | None => checks.unknown(active, "not checked"),
    }
    let Some(origin) = &facts.request.origin else { return };
    let among = format!("{origin} is among the allowed domains");
    match book.and_then(|b| b.domains.as_ref()) {
        Some((seen, domains)) => checks.shown(*seen, domains.allow(origin), among),
        None => checks.unknown(&among, "not checked"),
    }
}

fn token(facts: &CaseFacts<'_>, checks: &mut Checks) {
    let name = facts.generation().map_or_else(String::new, |g| format!("token #{g} "));
    let unexpired = format!("{name}not expired");
    match facts.token_facts().and_then(|f| f.expires).zip(facts.attempt.map(Attempt::ended)) {
        Some((end, now)) if now.mono < end.mono => {
            checks.add(true, format!("{unexpired} ({} left)", duration(end.left(now))));
        }
        Some(_) => checks.add(false, format!("{unexpired} (it has expired)")),
        None => checks.unknown(&unexpired, "its expiry is not known"),
    }
    let own = facts.exchange.id;
    let works = format!("{name}works for other API calls");
    match facts.token().map_or((None, None), |b| (b.accepted.besides(own), b.refused.besides(own))) {
        (Some(seen), refused) if refused.is_none_or(|r| seen.at >= r.at) => {
            // What worked before this was refused need not work now.
            let before = seen.at < facts.exchange.started;
            let worked = format!("{name}worked for other API calls before");
            checks.shown(seen, true, if before { worked } else { works });
        }
        (_, Some(refused)) => checks.shown(refused, false, works),
        _ => checks.unknown(&works, "not checked"),
    }
}

fn scopes(facts: &CaseFacts<'_>, checks: &mut Checks) {
    let required = &facts.profile.required;
    if required.join(" ").is_empty() || facts.answer.is_published() {
        return;
    }
    let has = format!("token has the scope {}", required.join(" "));
    match facts.token_facts().and_then(|f| f.granted.as_ref()) {
        Some(granted) if required.iter().all(|scope| granted.contains(scope)) => checks.add(true, has),
        Some(granted) => checks.add(false, format!("{has} (granted: {})", listed(granted))),
        _ => checks.unknown(&has, "not known"),
    }
}

fn conversation(facts: &CaseFacts<'_>, id: &str, checks: &mut Checks) {
    let exists = "conversation exists";
    let Some(book) = facts.history.conversations.get(id) else { return checks.unknown(exists, "not checked") };
    if let Some(missing) = missing_since(book.missing, book.read.as_ref().map(|(seen, _)| *seen)) {
        return checks.shown(missing, false, exists);
    }
    let Some((seen, read)) = &book.read else {
        if let Some(seen) = book.accepted {
            checks.shown(seen, true, format!("{exists} (a message was accepted)"));
        }
        return;
    };
    let state = if read.state == RemoteState::Unknown { String::new() } else { format!(", {}", read.state.name()) };
    checks.shown(*seen, true, format!("{exists}{state}"));
    if let Some(guest) = &read.guest {
        let id_is = facts.request.participant.as_ref().map(|p| *p == guest.id);
        let external_is = facts.request.external.as_ref().zip(guest.external.as_ref()).map(|(a, b)| a == b);
        if let Some(same) = id_is.or(external_is) {
            checks.shown(*seen, same, "participant is the guest");
        }
    }
}
