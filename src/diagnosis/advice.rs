//! What to do about it: the fix of the cause's page with the case's own names in it.

use super::case::Facts;
use crate::model::{Cause, Diagnosis};

/// The scope that the Guest API's description names.
const SCOPE: &str = "guest:messages:send";

/// Names that stand in a fix.
struct Names {
    client: String,
    scope: String,
    permission: String,
    region: String,
    api: String,
}

/// What to do for `diagnosis`, in order. What would settle an open question comes first.
pub(super) fn actions(diagnosis: &Diagnosis, facts: &Facts<'_>) -> Vec<String> {
    let names = Names {
        client: client(facts),
        scope: if facts.profile.required.is_empty() { SCOPE.to_owned() } else { facts.profile.required.join(" ") },
        permission: match facts.said.permissions.as_slice() {
            [] => "that the server misses".to_owned(),
            named => named.join(" or "),
        },
        region: facts.profile.region.clone(),
        api: facts.profile.api.clone(),
    };
    let mut actions = Vec::new();
    if let Some(settles) = diagnosis.settles.first().filter(|_| diagnosis.is_undecided()) {
        let causes: Vec<&str> = settles.causes.iter().map(|c| c.words()).collect();
        actions.push(format!("Settle it first: {} tells about {}.", settles.probe.words(), causes.join(", ")));
    }
    match diagnosis.suspects.first() {
        None => actions.extend(unexplained(facts).into_iter().map(str::to_owned)),
        Some(_) if diagnosis.is_undecided() => {}
        Some(first) => actions.extend(super::pages::page(first.cause).fix.into_iter().map(|line| fill(line, &names))),
    }
    actions
}

/// What to do where no cause fits. The page speaks of an answer with its ids: where there is none, what is left of it.
fn unexplained(facts: &Facts<'_>) -> Vec<&'static str> {
    let mut fix = super::pages::page(Cause::Unknown).fix;
    if facts.attempt.is_none() {
        return vec!["Put right what is said above, then send the message again."];
    }
    if super::tell::ids(facts.exchange).is_empty() {
        fix.retain(|line| !line.contains("request id"));
        fix.push("Quote the UTC time in a ticket: no request id came back.");
    }
    fix
}

/// `text` with words in place of the names that only a case knows.
pub(super) fn general(text: &str) -> String {
    let names = Names {
        client: "in use".to_owned(),
        scope: SCOPE.to_owned(),
        permission: "that the server named".to_owned(),
        region: "<region>".to_owned(),
        api: "api.<region>".to_owned(),
    };
    fill(text, &names)
}

fn client(facts: &Facts<'_>) -> String {
    let named = facts.history.newest_facts().and_then(|t| t.client_name.clone());
    match (named, &facts.profile.client_id) {
        (Some(name), _) => format!("“{name}”"),
        (None, Some(id)) => id.clone(),
        (None, None) => "in use".to_owned(),
    }
}

fn fill(text: &str, names: &Names) -> String {
    text.replace("{client}", &names.client)
        .replace("{scope}", &names.scope)
        .replace("{permission}", &names.permission)
        .replace("{region}", &names.region)
        .replace("{api}", &names.api)
}
