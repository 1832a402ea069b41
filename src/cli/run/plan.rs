//! Which cases are played, how often, and which of them side by side. Pure.

use std::collections::BTreeSet;
use std::path::Path;

use super::Failed;
use crate::config::{Problem, Problems, Spot};
use crate::model::variables::{NAMES, next_name};
use crate::pass::Pass;
use crate::pass::file::PassCase;
use crate::pass::runner::{Cast, missing_conversation};

/// A case of the file and its round.
pub type Planned = (usize, u32);

/// The cases that `--only` names, in the order of the file; all where it names none.
pub fn chosen(pass: &Pass, only: &[String]) -> Result<Vec<usize>, Failed> {
    let mut wanted = BTreeSet::new();
    for name in only {
        let Some(at) = pass.case(name) else {
            let known = pass.cases.iter().map(|c| c.id.as_str());
            let near = crate::text::suggest::suggestion(name, known);
            return Err(Failed::usage(format!("--only: the pass has no case `{name}`{near}")));
        };
        wanted.insert(at);
    }
    Ok((0..pass.cases.len()).filter(|at| only.is_empty() || wanted.contains(at)).collect())
}

/// Each round after the other.
pub fn rounds(cases: &[usize], rounds: u32) -> Vec<Planned> {
    (1..=rounds.max(1)).flat_map(|round| cases.iter().map(move |at| (*at, round))).collect()
}

/// Says, with its place, which conversation the profile has not.
pub fn check_conversations(file: &str, pass: &Pass, cases: &[usize], cast: &Cast) -> Result<(), Failed> {
    let mut problems = Vec::new();
    let mut nameless = false;
    for case in cases.iter().filter_map(|at| pass.cases.get(*at)) {
        for spot in names(case) {
            match spot {
                Some(spot) if cast.players.iter().all(|p| p.name != spot.value) => {
                    problems.push(Problem::at(Path::new(file), spot.at, missing_conversation(cast, &spot.value)));
                }
                Some(_) => {}
                None => nameless = true,
            }
        }
    }
    problems.sort_by_key(|p| p.at);
    problems.dedup();
    if nameless && cast.usual.is_none() {
        let why =
            "names no conversation, and the profile has no conversation: add --to NAME, or configure a conversation";
        problems.push(Problem::file(Path::new(file), why));
    }
    if problems.is_empty() { Ok(()) } else { Err(Problems(problems).into()) }
}

/// The conversation of each step, where one is named.
fn names(case: &PassCase) -> impl Iterator<Item = Option<&Spot<String>>> {
    case.steps.iter().map(|step| step.conversation.as_ref().or(case.conversation.as_ref()))
}

/// What is played one after the other; the lists of a wave are played side by side.
pub fn waves(pass: &Pass, plan: &[Planned], cast: &Cast, parallel: bool) -> Vec<Vec<Vec<Planned>>> {
    if !parallel {
        return vec![vec![plan.to_vec()]];
    }
    let mut lanes: Vec<(Option<String>, Vec<Planned>)> = Vec::new();
    let mut apart = Vec::new();
    for &(at, round) in plan {
        let Some(case) = pass.cases.get(at) else { continue };
        match lane_of(case, cast) {
            None => apart.push((at, round)),
            Some(name) => match lanes.iter_mut().find(|(known, _)| *known == name) {
                Some((_, lane)) => lane.push((at, round)),
                None => lanes.push((name, vec![(at, round)])),
            },
        }
    }
    let side_by_side: Vec<Vec<Planned>> = lanes.into_iter().map(|(_, lane)| lane).collect();
    [side_by_side, vec![apart]].into_iter().filter(|wave| wave.iter().any(|lane| !lane.is_empty())).collect()
}

/// The one conversation that a case speaks in; the outer `None`: it must be played by itself, because it changes what
/// others meet (the sandbox, the token), speaks in several, or uses what another case captures.
#[expect(clippy::option_option, reason = "whether it shares, and with whom")]
fn lane_of(case: &PassCase, cast: &Cast) -> Option<Option<String>> {
    let usual = cast.usual.and_then(|key| cast.players.iter().find(|p| p.key == key)).map(|p| p.name.clone());
    let of: BTreeSet<Option<String>> =
        names(case).map(|n| n.map(|s| s.value.clone()).or_else(|| usual.clone())).collect();
    let own: BTreeSet<&str> = case.steps.iter().flat_map(|s| &s.captures).map(|c| c.name.as_str()).collect();
    let texts = case.steps.iter().filter_map(|s| s.send.as_ref());
    let mut texts = texts.flat_map(|send| std::iter::once(&send.text).chain(send.attributes.values()));
    let foreign = texts.any(|text| uses_foreign(text, &own));
    let moves =
        case.steps.iter().any(|s| s.needs_sandbox() || s.clear_faults || s.renew || s.expect.renewals.is_some());
    if foreign || moves || of.len() != 1 { None } else { of.into_iter().next() }
}

fn uses_foreign(text: &str, own: &BTreeSet<&str>) -> bool {
    let mut rest = text;
    while let Some((_, name, after)) = next_name(rest) {
        if !own.contains(name) && NAMES.iter().all(|(known, _)| *known != name) {
            return true;
        }
        rest = after;
    }
    false
}

#[cfg(test)]
#[path = "../../../tests/unit/cli/run/plan.rs"]
mod tests;
