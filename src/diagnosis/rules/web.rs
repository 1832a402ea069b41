//! The guest socket: its opening, the frames that refuse, and what its deployment tells in public.
//! [403 on the opening, and the codes: real: seen in SDK source, MTSDK `PlatformSocket.kt`, `ErrorCode.kt`; texts: its
//! fixtures]

use super::ids::{deployment, origin};
use crate::diagnosis::attempt::path;
use crate::diagnosis::facts::CaseFacts;
use crate::diagnosis::hypothesis::{Hypothesis, Support, excluded, named, open, supported};
use crate::genesys::answerer::Answerer;
use crate::genesys::lookups;
use crate::model::frame_codes::{self, FrameCodeClass};
use crate::model::{Cause, Probe, Reason, SessionEnd, Sign};

pub fn fits(facts: &CaseFacts<'_>) -> bool {
    let frame = facts.request.is_frame() || facts.answer.frame.is_some();
    // The guest sockets of the platform may stand behind a gateway that refuses in its own words.
    let foreign = facts.answer.by.is_other() && facts.answer.by != Answerer::Other(Sign::Gateway);
    frame || facts.request.opening && !foreign
}

pub fn of(facts: &CaseFacts<'_>) -> Vec<Hypothesis> {
    if !facts.request.opening {
        return frame(facts);
    }
    match facts.answer.status {
        Some(403) => {
            let mut found = vec![origin(facts), deployment(facts, "a missing deployment gets the same answer")];
            // With both ruled out, only the platform's allow-list of addresses is left.
            if found.iter().all(|h| h.standing == Support::Excluded) {
                let why = "an address that is not allowed gets the same answer";
                found.push(open(Cause::AddressRefused, why).by(Probe::Audit));
            }
            found
        }
        Some(400 | 404) => {
            let mut found = deployment(facts, "the socket was refused as if there were no such deployment");
            if found.standing == Support::Open {
                found.standing = Support::Supported;
            }
            vec![found, excluded(Cause::OriginRefused)]
        }
        Some(429) => vec![named(Cause::RateLimited, "too many connections to this deployment")],
        Some(status @ 200..=399) => {
            let why = format!("the request for the socket was answered with {status}, which the service never does");
            vec![supported(Cause::ProxyAnswered, why)]
        }
        Some(status @ 500..=599) => {
            vec![named(Cause::ServiceFailure, format!("the service answered {status} to the opening"))]
        }
        _ => Vec::new(),
    }
}

/// What a refusal to tell about a deployment in public says. `None` where it is no such question.
pub fn public(facts: &CaseFacts<'_>) -> Option<Vec<Hypothesis>> {
    lookups::deployment_asked(path(&facts.attempt?.request.url))?;
    let cause = Cause::DeploymentUnknown;
    match facts.answer.status? {
        _ if facts.answer.by.is_other() => None,
        404 => Some(vec![named(cause, "this region has no public configuration of the deployment")]),
        // Storage behind a CDN answers so for what is not there.
        403 => Some(vec![supported(cause, "the public configuration of the deployment cannot be read (403)")]),
        _ => None,
    }
}

/// Why a message never was written: the session takes none any more.
pub fn session_over(why: &Reason) -> Option<Cause> {
    match why {
        Reason::Session(SessionEnd::ConnectionClosed(_)) => Some(Cause::NetworkConnect),
        Reason::Session(_) => Some(Cause::ConversationEnded),
        Reason::SignInRequired(..) => Some(Cause::GuestAuthRequired),
        Reason::Frame(code, _) => match frame_codes::classify(*code) {
            FrameCodeClass::SessionOver | FrameCodeClass::ReadOnly => Some(Cause::ConversationEnded),
            _ => None,
        },
        _ => None,
    }
}

fn frame(facts: &CaseFacts<'_>) -> Vec<Hypothesis> {
    let said = &facts.answer;
    let code: u64 = said.code().and_then(|c| c.parse().ok()).unwrap_or(0);
    let class = said.frame.as_deref().unwrap_or_default();
    let any = |words: &[&str]| words.iter().any(|w| said.mentions(w));
    // Because the text says so, or the deployment in public. [MTSDK: the two texts; guestwire cannot sign guests in, so that
    // no sign-in can have ended]
    let sign_in_is_required = any(&["session authentication failed", "try to authenticate again"])
        || facts.deployment().and_then(|book| book.config.as_ref()).is_some_and(|(_, config)| config.sign_in);
    let wait =
        said.error.retry_after.map_or_else(String::new, |wait| format!("; it asks to wait {} s", wait.as_secs()));
    let too_fast = format!("frames come too fast{wait}");
    let event = match class {
        "SessionExpiredEvent" => Some((Cause::ConversationEnded, "the guest's session has expired")),
        "SessionClearedEvent" => Some((Cause::ConversationEnded, "the conversation was cleared")),
        "LogoutEvent" => Some((Cause::ConversationEnded, "the guest was logged out")),
        "ConnectionClosedEvent" => Some((Cause::NetworkConnect, "the platform closed this connection")),
        _ => None,
    };
    if let Some((cause, why)) = event {
        return vec![named(cause, format!("the socket sent {class}: {why}"))];
    }
    let (cause, why) = match code {
        4006 => (Cause::ConversationEnded, "the guest's session has expired"),
        4007 => (Cause::ConversationEnded, "there is no session of this guest token, or no longer"),
        409 => (Cause::ConversationEnded, "the session is read-only, the conversation was ended"),
        4011 | 413 => (Cause::TextTooLong, "the message is too long"),
        4013 => (Cause::TextTooLong, "the custom attributes are larger than 2048 bytes"),
        4029 | 429 => (Cause::RateLimited, too_fast.as_str()),
        4020 => (Cause::BodyMalformed, "a parameter is missing"),
        // "Request failed." says nothing of what is wrong with it.
        400 => {
            let empty = facts.request.text.as_deref().is_some_and(|t| t.trim().is_empty());
            let what = if empty { "without a text" } else { "that is not understood" };
            return vec![supported(Cause::BodyMalformed, format!("a frame {what} gets a 400"))];
        }
        4001..=4005 | 4008..=4010 | 4102 => (Cause::AttachmentRefused, "the file was refused"),
        4000 => (Cause::FeatureOff, "the feature is not available"),
        5000 | 500..=599 => (Cause::ServiceFailure, "an unexpected failure"),
        401 | 403 if facts.request.configures() && sign_in_is_required => {
            (Cause::GuestAuthRequired, "this deployment accepts only guests who are signed in")
        }
        401 if facts.request.configures() => {
            let why = "the session was refused with 401, and guestwire cannot sign guests in";
            return vec![supported(Cause::GuestAuthRequired, why).by(Probe::Deployment), logged_out()];
        }
        401 => return identity("the guest is not accepted any more"),
        403 if any(&["domain", "origin"]) => (Cause::OriginRefused, "the origin is not allowed"),
        403 if any(&["authenticat"]) => return identity("the guest has to authenticate again"),
        403 if any(&["support", "feature", "configuration"]) => {
            (Cause::FeatureOff, "the deployment's configuration does not allow it")
        }
        _ => return Vec::new(),
    };
    vec![named(cause, format!("the socket says {code}: {why}"))]
}

fn logged_out() -> Hypothesis {
    open(Cause::ConversationEnded, "the guest may have been logged out elsewhere")
}

/// The guest's own token, with which the OAuth token has nothing to do: whether it has expired or was revoked is not told.
fn identity(why: &str) -> Vec<Hypothesis> {
    let why = format!("{why}: this is about the guest's own token, not the OAuth token");
    vec![supported(Cause::GuestJwtExpired, why), logged_out()]
}
