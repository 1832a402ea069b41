//! The rules: from facts to hypotheses. Each file has one kind of answer; the first that the answer belongs to decides.
//!
//! ```text
//! no try at all ─► local      no whole answer, a page ─► no_answer     guest socket, deployment ─► web
//! token endpoint, a code of the published API ─► named
//! 401 that names nothing ─► unauthorized (token, scope, place, ids side by side)
//! ```

mod ids;
mod known_codes;
mod no_answer;
mod unauthorized;
mod web;

use super::attempt::path;
use super::facts::CaseFacts;
use super::hypothesis::{self, Hypothesis, excluded, proven, supported};
use crate::genesys::{oauth, web_messaging};
use crate::model::diagnosis::Family;
use crate::model::frame_codes::{self, FrameCodeClass};
use crate::model::{Cause, Ending, Failure, FailureKind, Objection, Outcome, Reason, Variation};

pub use ids::not_the_guest;
pub use unauthorized::{MissingScopes, healed};

pub fn all(facts: &CaseFacts<'_>) -> Vec<Hypothesis> {
    let mut found = first_that_fits(facts);
    if let Some(variation) = facts.exchange.sent_as {
        on_purpose(variation, facts, &mut found);
    }
    found
}

fn first_that_fits(facts: &CaseFacts<'_>) -> Vec<Hypothesis> {
    let Some(attempt) = facts.attempt else { return local(facts) };
    if let Some(Ending::Failed(failure)) = &attempt.ending {
        // The session's end is why nothing was written, not the socket that closed after it.
        let over = facts.exchange.outcome.reason().and_then(web::session_over).filter(|_| !failure.wrote);
        let own = over.is_some() || failure.kind == FailureKind::Unrecorded;
        return if own { local(facts) } else { no_answer::broken(facts, failure) };
    }
    if let Some(found) = web::public(facts) {
        return found;
    }
    if web::fits(facts) {
        return web::of(facts);
    }
    if facts.answer.is_foreign() {
        return no_answer::foreign(facts);
    }
    let unauthorized = facts.answer.status == Some(401);
    let found = match path(&attempt.request.url) {
        oauth::TOKEN_PATH => known_codes::by_token_endpoint(facts),
        web_messaging::HISTORY if unauthorized => {
            // The messages of before were not given out: whether the guest's JWT has expired or was revoked is not told.
            let elsewhere = "the API host may belong to another region or organisation than the guest's socket";
            let refused = "the API did not accept the guest's JWT for earlier messages";
            vec![supported(Cause::GuestJwtExpired, refused), hypothesis::open(Cause::RegionMismatch, elsewhere)]
        }
        _ => known_codes::of(facts).unwrap_or_else(|| if unauthorized { unauthorized::of(facts) } else { Vec::new() }),
    };
    if facts.answer.by.is_service() { found } else { no_answer::unproven(facts, found) }
}

/// No byte of the request was written: its own reason says why, else the opening of the socket that failed.
fn local(facts: &CaseFacts<'_>) -> Vec<Hypothesis> {
    let (Outcome::Refused(why) | Outcome::Failed(why)) = &facts.exchange.outcome else { return Vec::new() };
    if let Reason::NotUploaded(_, why) = why
        && let Reason::Broken(kind, phase, party, detail) = &**why
    {
        return no_answer::broken(facts, &Failure::new(*kind, *phase, detail.clone()).with(party.clone()));
    }
    let cause = held_back(why);
    if let Some(opening) = facts.held_back_by().filter(|_| cause.is_none()) {
        return first_that_fits(&facts.at(opening));
    }
    let named = |cause| hypothesis::named(cause, format!("guestwire did not send it: {why}"));
    cause.or_else(|| web::session_over(why)).map(named).into_iter().collect()
}

/// What kept a message from being written, where its own reason says that.
fn held_back(why: &Reason) -> Option<Cause> {
    Some(match why {
        Reason::Held(Objection::TextTooLong(_) | Objection::AttributesTooLarge(_)) => Cause::TextTooLong,
        Reason::Held(Objection::Empty) => Cause::BodyMalformed,
        Reason::Held(_) | Reason::File(_) | Reason::NotBuilt(_) | Reason::Unrecorded { .. } => Cause::HeldBack,
        Reason::FileRefused(_, code, _) => match frame_codes::classify(*code) {
            FrameCodeClass::Slower => Cause::RateLimited,
            FrameCodeClass::Failed => Cause::ServiceFailure,
            _ if *code == 4000 => Cause::FeatureOff,
            _ => Cause::AttachmentRefused,
        },
        Reason::NotArrived(_) => Cause::NetworkTimeout,
        Reason::NotUploaded(_, why) => match &**why {
            Reason::Elsewhere(..) => Cause::ProxyAnswered,
            Reason::Answer(refusal) if refusal.status >= 500 => Cause::ServiceFailure,
            Reason::Answer(_) => Cause::AttachmentRefused,
            why => held_back(why)?,
        },
        _ => return None,
    })
}

/// What was done on purpose comes first where the refusal fits it. It need not be the only thing wrong: the rest stays.
fn on_purpose(variation: Variation, facts: &CaseFacts<'_>, found: &mut Vec<Hypothesis>) {
    let frame = facts.request.is_frame();
    // What else a frame is refused for is not about its token.
    let unnamed = matches!((facts.answer.status, frame), (Some(401), _) | (Some(403 | 4007), true));
    let done = |cause, how: &str| proven(cause, format!("sent on purpose as {variation}: {how}"));
    let hypothesis = match variation {
        Variation::NoToken if unnamed && frame => done(Cause::TokenAbsent, "the frame had no token"),
        Variation::NoToken if unnamed => done(Cause::TokenAbsent, "the request had no Authorization header"),
        Variation::ExpiredToken if unnamed => {
            let cause = if frame { Cause::GuestJwtExpired } else { Cause::TokenExpired };
            supported(cause, "sent on purpose with a token that is not valid any more")
        }
        Variation::WrongScope if unnamed || facts.answer.status == Some(403) => {
            done(Cause::ScopeWrong, "the token was asked for with another messaging scope")
        }
        // The ids of the request itself show the others.
        _ => return,
    };
    if matches!(variation, Variation::ExpiredToken | Variation::WrongScope) {
        // It went out with another token than the session's: what is known of that one proves nothing here.
        let own = |h: &Hypothesis| matches!(h.cause.family(), Family::Token | Family::Scope | Family::Place);
        for other in found.iter_mut().filter(|h| own(h) && h.cause != Cause::AddressRefused) {
            *other = excluded(other.cause);
        }
    }
    if found.iter().any(|h| h.cause == hypothesis.cause && h.standing >= hypothesis.standing) {
        return;
    }
    found.retain(|h| h.cause != hypothesis.cause);
    found.insert(0, hypothesis);
}
