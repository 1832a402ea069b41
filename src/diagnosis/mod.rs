//! Why something was refused: pure rules over what is known, never a guess dressed as a fact.
//!
//! ```text
//! Exchange (with all tries) ─┐
//! ProfileFacts (config) ─────┼─► rules ─► hypotheses ─► rank ─► Diagnosis ─► card, ticket, note to the administrator
//! History (tokens, reads, ───┘            named by the server · proven · supported · open · excluded
//!   accepted sends, probes)
//! ```
//! The confidence follows from how all hypotheses stand together: see `hypothesis::rank`.
//!
//! Probes are ordinary exchanges: what they show enters the [`PastExchanges`] by the same door as every read, so that
//! diagnosing again afterwards is all that is needed to settle an open question.

mod attempt;
mod checks;
pub(crate) mod doctor;
mod facts;
mod history;
mod hypothesis;
pub(crate) mod ids;
pub(crate) mod pages;
pub(crate) mod render;
mod rules;

pub use doctor::{Doctor, DoctorEvidence, DoctorStep, DoctorVerdict};
use facts::CaseFacts;
pub use facts::ProfileFacts;
pub use history::PastExchanges;

use crate::genesys::answerer::Answerer;
use crate::model::{Channel, Diagnosis, Exchange, ExchangeKind, Outcome, Sign};

/// Why an exchange was refused, failed or is unknown, or what 401 it was healed of. `channel`: of its conversation, where it
/// belongs to one. `None` where there is nothing to explain: it is under way, was accepted plainly, was cancelled, or is no
/// request of ours.
pub fn diagnose(
    exchange: &Exchange,
    channel: Option<Channel>,
    profile: &ProfileFacts,
    history: &PastExchanges,
) -> Option<Diagnosis> {
    if !exchange.outcome.is_finished()
        || matches!(exchange.kind, ExchangeKind::Hook | ExchangeKind::Note | ExchangeKind::Sys)
    {
        return None;
    }
    let (answer, request) = Default::default();
    let untried = CaseFacts { exchange, channel, profile, history, attempt: None, answer, request };
    let facts = if let Some(attempt) = exchange.last_attempt() { untried.at(attempt) } else { untried };
    let healed = matches!(exchange.outcome, Outcome::Accepted) && facts.healed().is_some();
    // A probe that only asks whether anything answers is content with a page, unless it is a proxy's.
    let reach =
        exchange.kind == ExchangeKind::Probe && facts.attempt.is_some_and(|a| attempt::path(&a.request.url) == "/");
    let page = matches!(facts.answer.by, Answerer::Unproven | Answerer::Other(Sign::Html | Sign::Redirect));
    let not_the_service =
        matches!(exchange.outcome, Outcome::Accepted) && facts.answer.is_foreign() && !(reach && page);
    if !(exchange.outcome.is_error() || healed || not_the_service) {
        return None;
    }
    let ranked = hypothesis::rank(if healed { rules::healed(&facts) } else { rules::all(&facts) });
    let mut diagnosis = Diagnosis {
        said: facts.said_line(healed),
        // Of a message that was held back what counts is the opening that failed.
        checked: facts.held_back_by().map_or_else(|| checks::of(&facts), |opening| checks::of(&facts.at(opening))),
        healed,
        sent_as: exchange.sent_as,
        ..ranked
    };
    diagnosis.actions = pages::actions(&diagnosis, &facts);
    Some(diagnosis)
}

#[cfg(test)]
#[path = "../../tests/unit/diagnosis/mod.rs"]
mod tests;
