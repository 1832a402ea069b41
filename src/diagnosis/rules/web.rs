//! The guest socket: its opening, the frames that refuse, and what its deployment tells in public.
//! [403 on the opening, and the codes: real: seen in SDK source, MTSDK `PlatformSocket.kt`, `ErrorCode.kt`; texts: its
//! fixtures]

use crate::diagnosis::case::Facts;
use crate::diagnosis::evidence::Sighting;
use crate::diagnosis::hypothesis::{Hypothesis, Support};
use crate::diagnosis::rules::ids::misnamed;
use crate::genesys::answerer::Answerer;
use crate::genesys::deployments;
use crate::model::frame_codes::{self, Means};
use crate::model::{Cause, Probe, Reason, SessionEnd, Sign};

/// Whether the answer is for these rules.
pub fn fits(facts: &Facts<'_>) -> bool {
    let frame = facts.request.is_frame() || facts.answer.frame.is_some();
    // The guest sockets of the platform may stand behind a gateway that refuses in its own words.
    let foreign = facts.answer.by.is_other() && facts.answer.by != Answerer::Other(Sign::Gateway);
    frame || facts.request.opening && !foreign
}

/// What a refusal of the guest socket says.
pub fn of(facts: &Facts<'_>) -> Vec<Hypothesis> {
    if !facts.request.opening {
        return frame(facts);
    }
    match facts.answer.status {
        Some(403) => {
            let mut found = vec![origin(facts), deployment(facts, "a missing deployment gets the same answer")];
            // With both ruled out, only the platform's allow-list of addresses is left.
            if found.iter().all(|h| h.standing == Support::Excluded) {
                let why = "an address that is not allowed gets the same answer";
                found.push(Hypothesis::open(Cause::AddressRefused, why, Some(Probe::Audit)));
            }
            found
        }
        Some(400 | 404) => {
            let mut found = deployment(facts, "the socket was refused as if there were no such deployment");
            if found.standing == Support::Open {
                found.standing = Support::Supported;
            }
            let origin = Hypothesis::excluded(Cause::OriginRefused, "an origin that is not allowed gets a 403");
            vec![found, origin]
        }
        Some(429) => vec![Hypothesis::named(Cause::RateLimited, "too many connections to this deployment")],
        Some(status @ 200..=399) => {
            let why = format!("the request for the socket was answered with {status}, which the service never does");
            vec![Hypothesis::supported(Cause::ProxyAnswered, why, None)]
        }
        Some(status @ 500..=599) => {
            vec![Hypothesis::named(Cause::ServiceFailure, format!("the service answered {status} to the opening"))]
        }
        _ => Vec::new(),
    }
}

/// What a refusal to tell about a deployment in public says. `None` where it is no such question.
pub fn public(facts: &Facts<'_>) -> Option<Vec<Hypothesis>> {
    let url = &facts.attempt?.request.url;
    deployments::asked(crate::diagnosis::evidence::request::path(url))?;
    let cause = Cause::DeploymentUnknown;
    match facts.answer.status? {
        _ if facts.answer.by.is_other() => None,
        404 => Some(vec![Hypothesis::named(cause, "this region has no public configuration of the deployment")]),
        // Storage behind a CDN answers so for what is not there.
        403 => Some(vec![Hypothesis::supported(
            cause,
            "the public configuration of the deployment cannot be read (403)",
            None,
        )]),
        _ => None,
    }
}

/// The messages of before were not given out: whether the guest's JWT has expired or was revoked is not told.
pub fn jwt_refused() -> Vec<Hypothesis> {
    let why = "the API did not accept the guest's JWT for earlier messages";
    let elsewhere = "the API host may belong to another region or organisation than the guest's socket";
    vec![
        Hypothesis::supported(Cause::GuestJwtExpired, why, None),
        Hypothesis::open(Cause::RegionMismatch, elsewhere, None),
    ]
}

/// Why a message never was written: the session takes none any more.
pub fn session_over(why: &Reason) -> Option<Cause> {
    match why {
        Reason::Session(SessionEnd::ConnectionClosed(_)) => Some(Cause::NetworkConnect),
        Reason::Session(_) => Some(Cause::ConversationEnded),
        Reason::SignInRequired(..) => Some(Cause::GuestAuthRequired),
        Reason::Frame(code, _) => match frame_codes::means(*code) {
            Means::SessionOver | Means::ReadOnly => Some(Cause::ConversationEnded),
            _ => None,
        },
        _ => None,
    }
}

/// How the deployment stands; `open` says why it is in question where nothing was looked at.
fn deployment(facts: &Facts<'_>, open: &str) -> Hypothesis {
    let cause = Cause::DeploymentUnknown;
    let Some(id) = facts.request.deployment.as_deref() else { return Hypothesis::open(cause, open, None) };
    if let Some(why) = misnamed(facts, "deployment", id) {
        return Hypothesis::proven(cause, why);
    }
    let Some(book) = facts.history.deployments.deployment(id) else {
        return Hypothesis::open(cause, open, Some(Probe::Deployment));
    };
    let after = |missing: &Sighting| book.config.as_ref().is_none_or(|(seen, _)| seen.at < missing.at);
    match (&book.missing, &book.config) {
        (Some(missing), _) if after(missing) => {
            Hypothesis::proven(cause, "this region has no public configuration of the deployment")
        }
        (_, Some((_, config))) if !config.is_active() => {
            let status = config.status.as_deref().unwrap_or_default();
            Hypothesis::proven(cause, format!("the deployment's public configuration says that it is {status}"))
        }
        (_, Some(_)) => Hypothesis::excluded(cause, "the deployment is active by its public configuration"),
        _ if book.opened.is_some() => {
            Hypothesis::excluded(cause, "the deployment's guest socket has been opened in this session")
        }
        _ => Hypothesis::open(cause, open, Some(Probe::Deployment)),
    }
}

/// How the origin stands.
fn origin(facts: &Facts<'_>) -> Hypothesis {
    let cause = Cause::OriginRefused;
    let origin = facts.request.origin.as_deref().unwrap_or("(no origin)");
    let book = facts.request.deployment.as_deref().and_then(|id| facts.history.deployments.deployment(id));
    if book.is_some_and(|b| b.missing.is_some() && b.config.is_none()) {
        return Hypothesis::excluded(cause, "without a deployment no origin is accepted");
    }
    match book.and_then(|b| b.domains.as_ref()) {
        Some((_, domains)) if !domains.allow(origin) => {
            let listed = if domains.listed.is_empty() { "no domain".to_owned() } else { domains.listed.join(", ") };
            Hypothesis::proven(cause, format!("the deployment allows {listed}, and not {origin}"))
        }
        Some(_) => Hypothesis::excluded(cause, "the deployment's public list allows this origin"),
        None => {
            let why = format!("the socket with the origin {origin} was refused with 403");
            Hypothesis::open(cause, why, Some(Probe::Deployment))
        }
    }
}

/// A frame that refuses, by its code or its class.
fn frame(facts: &Facts<'_>) -> Vec<Hypothesis> {
    let said = &facts.answer;
    let code: u64 = said.code().and_then(|c| c.parse().ok()).unwrap_or(0);
    let class = said.frame.as_deref().unwrap_or_default();
    let named = |cause, why: &str| vec![Hypothesis::named(cause, format!("the socket says {code}: {why}"))];
    let event = |cause, why: &str| vec![Hypothesis::named(cause, format!("the socket sent {class}: {why}"))];
    match (class, code) {
        ("SessionExpiredEvent", _) => event(Cause::ConversationEnded, "the guest's session has expired"),
        ("SessionClearedEvent", _) => event(Cause::ConversationEnded, "the conversation was cleared"),
        ("LogoutEvent", _) => event(Cause::ConversationEnded, "the guest was logged out"),
        ("ConnectionClosedEvent", _) => event(Cause::NetworkConnect, "the platform closed this connection"),
        (_, 4006) => named(Cause::ConversationEnded, "the guest's session has expired"),
        (_, 4007) => named(Cause::ConversationEnded, "there is no session of this guest token, or no longer"),
        (_, 409) => named(Cause::ConversationEnded, "the session is read-only, the conversation was ended"),
        (_, 4011 | 413) => named(Cause::TextTooLong, "the message is too long"),
        (_, 4013) => named(Cause::TextTooLong, "the custom attributes are larger than 2048 bytes"),
        (_, 4029 | 429) => {
            let wait = said.retry_after.map_or_else(String::new, |s| format!("; it asks to wait {s} s"));
            named(Cause::RateLimited, &format!("frames come too fast{wait}"))
        }
        (_, 4020) => named(Cause::BodyMalformed, "a parameter is missing"),
        (_, 400) => malformed(facts),
        (_, 4001..=4005 | 4008..=4010 | 4102) => named(Cause::AttachmentRefused, "the file was refused"),
        (_, 4000) => named(Cause::FeatureOff, "the feature is not available"),
        (_, 5000 | 500..=599) => named(Cause::ServiceFailure, "an unexpected failure"),
        (_, 401 | 403) if facts.request.configures() && sign_in_is_required(facts) => {
            named(Cause::GuestAuthRequired, "this deployment accepts only guests who are signed in")
        }
        (_, 401) if facts.request.configures() => vec![
            Hypothesis::supported(
                Cause::GuestAuthRequired,
                "the session was refused with 401, and guestwire cannot sign guests in",
                Some(Probe::Deployment),
            ),
            Hypothesis::open(Cause::ConversationEnded, "the guest may have been logged out elsewhere", None),
        ],
        (_, 401) => identity("the guest is not accepted any more"),
        (_, 403) if said.mentions("domain") || said.mentions("origin") => {
            named(Cause::OriginRefused, "the origin is not allowed")
        }
        (_, 403) if said.mentions("authenticat") => identity("the guest has to authenticate again"),
        (_, 403) if ["support", "feature", "configuration"].iter().any(|w| said.mentions(w)) => {
            named(Cause::FeatureOff, "the deployment's configuration does not allow it")
        }
        _ => Vec::new(),
    }
}

/// Whether a session was refused because its guest is not signed in: by the refusal's text, or by what the deployment
/// tells in public. [MTSDK: the two texts; guestwire cannot sign guests in, so that no sign-in can have ended]
fn sign_in_is_required(facts: &Facts<'_>) -> bool {
    let book = facts.request.deployment.as_deref().and_then(|id| facts.history.deployments.deployment(id));
    let told = book.and_then(|book| book.config.as_ref()).is_some_and(|(_, config)| config.sign_in);
    told || facts.answer.mentions("session authentication failed") || facts.answer.mentions("try to authenticate again")
}

/// "Request failed." says nothing of what is wrong with it.
fn malformed(facts: &Facts<'_>) -> Vec<Hypothesis> {
    let empty = facts.request.text.as_deref().is_some_and(|t| t.trim().is_empty());
    let why = if empty { "a frame without a text gets a 400" } else { "a frame that is not understood gets a 400" };
    vec![Hypothesis::supported(Cause::BodyMalformed, why, None)]
}

/// The guest's own token, with which the OAuth token has nothing to do: whether it has expired or was revoked is not told.
fn identity(why: &str) -> Vec<Hypothesis> {
    vec![
        Hypothesis::supported(
            Cause::GuestJwtExpired,
            format!("{why}: this does not depend on the guest's own token"),
            None,
        ),
        Hypothesis::open(Cause::ConversationEnded, "the guest may have been logged out elsewhere", None),
    ]
}
