//! Answers whose status and code say what is wrong: of the API, and of the token endpoint. [codes: real: documented, JS2018,
//! unless noted]

use super::{ids, unauthorized};
use crate::diagnosis::facts::CaseFacts;
use crate::diagnosis::hypothesis::{Hypothesis, Support, excluded, named, none_of, open, proven, supported};
use crate::model::channel::GUEST_TEXT_MAX_BYTES;
use crate::model::{Cause, ExchangeKind, Probe};

/// What the API's answer names; `None` where it names nothing.
pub fn of(facts: &CaseFacts<'_>) -> Option<Vec<Hypothesis>> {
    let said = &facts.answer;
    let (status, code) = (said.status?, said.code().unwrap_or_default());
    let quoted = said.error.refusal.message.as_deref().unwrap_or(code);
    let challenge = said.error.bearer.error.as_deref();
    let missing = matches!(code, "missing.permissions" | "missing.any.permissions");
    let found = match (status, code) {
        (401, "authentication.required") if facts.request.bearer => {
            let why = "the server saw no bearer token although one was sent: a proxy on the way may have removed it";
            named(Cause::TokenAbsent, why)
        }
        (401, "authentication.required") => named(Cause::TokenAbsent, "no bearer token was sent"),
        (401, "credentials.expired") => named(Cause::TokenExpired, "the server says that the credentials have expired"),
        (401 | 403, "ip.not.authorized") => {
            named(Cause::AddressRefused, "the server says that this address is not allowed")
        }
        (401 | 403, _) if challenge == Some("insufficient_scope") => return Some(insufficient_scope(facts)),
        // The token itself is not accepted here: unknown, ended, or of another region.
        (401, _) if code == "bad.credentials" || challenge == Some("invalid_token") => {
            let mut found = unauthorized::token(facts);
            found.extend(unauthorized::place(facts, true));
            found.extend(none_of([Cause::ScopeStripped, Cause::ParticipantMismatch, Cause::ConversationUnknown]));
            return Some(found);
        }
        (403, _) if said.mentions("division") => {
            let what = if missing { "a permission and a division" } else { "a division" };
            named(Cause::DivisionMismatch, format!("the server names {what}: {quoted}"))
        }
        (403, _) if missing => {
            let any = if code == "missing.any.permissions" { "one of " } else { "" };
            let list = said.error.missing_permissions.join(", ");
            named(Cause::PermissionMissing, format!("the server names {any}{list} as missing"))
        }
        (403, _) => return Some(forbidden(facts)),
        (404, "conversation.error.conversation.not.found") => {
            named(Cause::ConversationUnknown, "the server says that the conversation does not exist")
        }
        (404, _) => return Some(not_found(facts)),
        (409, _) if said.mentions("read-only") || said.mentions("read only") => {
            named(Cause::ConversationEnded, "the server says that the session is read-only")
        }
        // The id of the message is taken: by what, and when, is not told.
        (409, _) if said.mentions("already exist") || said.mentions("duplicate") => excluded(Cause::ConversationEnded),
        // An open message begins a conversation where none is open: the end of an earlier one refuses nothing.
        (409, _) if facts.request.integration.is_some() => return Some(Vec::new()),
        (409, _) => {
            let why = "an ended conversation answers with a conflict (409)";
            supported(Cause::ConversationEnded, why).by(Probe::Conversation)
        }
        (413, _) => named(Cause::TextTooLong, format!("the server says that the request is too large: {quoted}")),
        (415, _) => named(Cause::BodyMalformed, "the server does not accept this content type"),
        (400 | 422, _) => return Some(bad_request(facts)),
        (429, _) => named(Cause::RateLimited, "the server says that too many requests were made"),
        (408, _) => named(Cause::NetworkTimeout, "the server waited too long for the request"),
        (500..=599, _) => named(Cause::ServiceFailure, format!("the service itself answered {status}")),
        _ => return None,
    };
    Some(vec![found])
}

/// `insufficient_scope`: the server knows the token, and finds that its scopes do not reach. [RFC 6750, 3.1]
fn insufficient_scope(facts: &CaseFacts<'_>) -> Vec<Hypothesis> {
    let named = &facts.answer.error.bearer.scopes;
    let needed = if named.is_empty() { &facts.profile.required } else { named };
    let mut found = unauthorized::scopes(facts, needed);
    found.retain(|h| h.standing != Support::Excluded);
    if found.is_empty() {
        let why = format!("the server says that the token lacks a scope: {}", needed.join(" "));
        found.push(supported(Cause::ScopeWrong, why).by(Probe::Scopes));
    }
    found.extend(none_of([
        Cause::TokenExpired,
        Cause::TokenRevoked,
        Cause::RegionMismatch,
        Cause::ConversationUnknown,
    ]));
    found
}

/// 403 that names no permission. `messaging:send` is the one scope with which the Guest API answers so. [its description]
fn forbidden(facts: &CaseFacts<'_>) -> Vec<Hypothesis> {
    let mut found = Vec::new();
    match facts.token_facts().and_then(|t| t.granted.as_ref()).filter(|_| facts.is_guest_send()) {
        Some(scopes) if scopes.iter().any(|s| s == "messaging:send") => {
            found = unauthorized::scopes(facts, &facts.profile.required);
            found.retain(|h| h.cause == Cause::ScopeWrong && h.standing == Support::Proven);
        }
        Some(_) => {}
        _ if facts.is_guest_send() && facts.profile.requested.iter().any(|s| unauthorized::is_messaging(s)) => {
            let why = "a token with messaging:send gets the same answer";
            found.push(open(Cause::ScopeWrong, why).by(Probe::Scopes));
        }
        _ => {}
    }
    found.push(if found.is_empty() {
        let why = "a 403 is about the client's roles; this one names no permission";
        open(Cause::PermissionMissing, why).by(Probe::Audit)
    } else {
        excluded(Cause::PermissionMissing)
    });
    let why = "a role that does not cover the division gets the same answer";
    found.push(open(Cause::DivisionMismatch, why).by(Probe::Audit));
    // A 403 means that the API accepted the token.
    found.extend(none_of([Cause::TokenExpired, Cause::TokenRevoked, Cause::RegionMismatch]));
    found
}

/// 404: the published service says it for a conversation as for a participant.
fn not_found(facts: &CaseFacts<'_>) -> Vec<Hypothesis> {
    let mut found = if facts.request.integration.is_some() {
        vec![ids::integration(facts)]
    } else if facts.exchange.kind == ExchangeKind::Send {
        ids::of(facts)
    } else if facts.request.conversation.is_some() {
        vec![named(Cause::ConversationUnknown, "the server says that there is no such conversation")]
    } else {
        return Vec::new();
    };
    found.extend(none_of([Cause::TokenExpired, Cause::RegionMismatch]));
    found
}

/// 400: which field, where it says so; the length, where it says so.
fn bad_request(facts: &CaseFacts<'_>) -> Vec<Hypothesis> {
    let (said, request) = (&facts.answer, &facts.request);
    let message = said.error.refusal.message.as_deref().unwrap_or_default();
    let holds = |id: &Option<String>| id.as_deref().is_some_and(|id| id.len() > 3 && message.contains(id));
    let path = said.is("invalid.path.parameter");
    let about_integration = said.mentions("integrationid") || request.integration.is_some() && path;
    if about_integration || holds(&request.integration) {
        return vec![named(Cause::IntegrationUnknown, "the server names the integration id as not valid")];
    }
    if said.mentions("conversationid") || path || holds(&request.conversation) {
        return vec![named(Cause::ConversationMalformed, "the server names the conversation id as not valid")];
    }
    if said.mentions("participantid") || holds(&request.participant) {
        return vec![named(Cause::ParticipantMismatch, "the server names the participant id as not valid")];
    }
    if ["is larger than", "too long", "too large"].iter().any(|words| said.mentions(words)) {
        return vec![named(Cause::TextTooLong, "the server names the length of the message")];
    }
    let bytes = request.text.as_deref().map_or(0, str::len);
    let body = open(Cause::BodyMalformed, "a 400 is about the form of the request");
    // Of open messaging no limit is published.
    if bytes > GUEST_TEXT_MAX_BYTES && request.integration.is_none() {
        let why = format!("the text has {bytes} bytes; a guest message has at most {GUEST_TEXT_MAX_BYTES}");
        return vec![proven(Cause::TextTooLong, why), body];
    }
    if ["bad.request", "invalid.value", "invalid.date"].iter().any(|code| said.is(code)) {
        return vec![named(Cause::BodyMalformed, "the server does not understand the request")];
    }
    vec![body]
}

/// Why the token endpoint gave no token. [real: seen in SDK source; the two descriptions of `invalid_client` 3p]
pub fn by_token_endpoint(facts: &CaseFacts<'_>) -> Vec<Hypothesis> {
    let said = &facts.answer;
    let disabled = || open(Cause::ClientDisabled, "a disabled client gets the same answer").by(Probe::Audit);
    let found = match (said.status, said.code().unwrap_or_default()) {
        (_, "ip.not.authorized") => named(Cause::AddressRefused, "the server says that this address is not allowed"),
        (Some(429), _) => named(Cause::RateLimited, "the token endpoint says that it was asked too often"),
        (Some(status @ 500..=599), _) => {
            named(Cause::ServiceFailure, format!("the token endpoint itself answered {status}"))
        }
        _ if said.mentions("disabled") || said.mentions("inactive") => {
            named(Cause::ClientDisabled, "the server says that the client is disabled")
        }
        (_, "unauthorized_client" | "unsupported_grant_type") => {
            supported(Cause::ClientDisabled, "this client may not use the client-credentials grant").by(Probe::Audit)
        }
        (_, "invalid_client") => {
            let mut found = invalid_client(facts);
            found.push(disabled());
            return found;
        }
        (_, "invalid_scope") => named(Cause::ScopeWrong, "the server knows no scope of that name"),
        (Some(401 | 403), _) => {
            let address = open(Cause::AddressRefused, "an address that is not allowed gets the same answer");
            let usual = "a refused token request is usually about the id or the secret";
            return vec![open(Cause::ClientRejected, usual), disabled(), address.by(Probe::Audit)];
        }
        (Some(200..=299), _) if said.by.is_service() => {
            supported(Cause::ServiceFailure, "the answer has no token that can be used")
        }
        (Some(200..=299), _) => supported(Cause::ProxyAnswered, "the answer has no token").by(Probe::Tls),
        (Some(400), "invalid_request") => {
            named(Cause::BodyMalformed, "the server does not understand the token request")
        }
        _ => return Vec::new(),
    };
    vec![found]
}

/// No description of `invalid_client` proves which of id, secret, place and way of sending is wrong. [RFC 6749, 5.2]
fn invalid_client(facts: &CaseFacts<'_>) -> Vec<Hypothesis> {
    let said = facts.answer.error.refusal.message.as_ref().map_or_else(String::new, |m| format!(" (“{m}”)"));
    let rejected = |why: String| supported(Cause::ClientRejected, why).by(Probe::Audit);
    if facts.history.newest_facts().is_some_and(|t| !t.pasted) {
        let since = "its secret may have been changed";
        let mut found = none_of([Cause::RegionMismatch, Cause::BodyMalformed]);
        found.push(rejected(format!("this client was given a token before, and is refused now{said}: {since}")));
        return found;
    }
    let place = format!("a client of another region than {} is not known here", facts.profile.region);
    let (now, other) = if facts.profile.auth_in_body { ("body", "basic") } else { ("basic", "body") };
    let how = format!("id and secret were sent with client_auth = \"{now}\"; the server may want \"{other}\"");
    vec![
        rejected(format!("the server refuses this id with this secret{said}")),
        open(Cause::RegionMismatch, place).by(Probe::Audit),
        open(Cause::BodyMalformed, how).by(Probe::Token),
    ]
}
