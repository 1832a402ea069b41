//! Answers whose status and code say what is wrong. [codes: real: documented, JS2018, unless noted]

use super::{address, ids, scope, token};
use crate::diagnosis::case::Facts;
use crate::diagnosis::hypothesis::{Hypothesis, Support};
use crate::model::limits::GUEST_TEXT_MAX_BYTES;
use crate::model::{Cause, ExchangeKind, Granted, Probe};

/// What the answer names; `None` where it names nothing.
pub fn of(facts: &Facts<'_>) -> Option<Vec<Hypothesis>> {
    let said = &facts.answer;
    let code = said.code().unwrap_or_default();
    let named = |cause, why: String| Some(vec![Hypothesis::named(cause, why)]);
    let quoted = || said.refusal.message.clone().unwrap_or_else(|| code.to_owned());
    match (said.status?, code) {
        (401, "authentication.required") => {
            let why = if facts.request.bearer {
                "the server saw no bearer token although one was sent: a proxy on the way may have removed it"
            } else {
                "no bearer token was sent"
            };
            named(Cause::TokenAbsent, why.to_owned())
        }
        (401, "credentials.expired") => {
            named(Cause::TokenExpired, "the server says that the credentials have expired".to_owned())
        }
        (401 | 403, "ip.not.authorized") => {
            named(Cause::AddressRefused, "the server says that this address is not allowed".to_owned())
        }
        (401 | 403, _) if said.challenges_with("insufficient_scope") => Some(insufficient_scope(facts)),
        // The token itself is not accepted here: unknown, ended, or of another region.
        (401, _) if code == "bad.credentials" || said.challenges_with("invalid_token") => {
            let mut found = token::of(facts);
            found.extend(address::of(facts, true));
            let others = [Cause::ScopeStripped, Cause::ParticipantMismatch, Cause::ConversationUnknown];
            found.extend(Hypothesis::none_of(others, "the server says that the token itself is not valid"));
            Some(found)
        }
        (403, "missing.permissions" | "missing.any.permissions") => {
            let list = said.permissions.join(", ");
            if said.mentions("division") {
                return named(
                    Cause::DivisionMismatch,
                    format!("the server names a permission and a division: {}", quoted()),
                );
            }
            let any = if code == "missing.any.permissions" { "one of " } else { "" };
            named(Cause::PermissionMissing, format!("the server names {any}{list} as missing"))
        }
        (403, _) if said.mentions("division") => {
            named(Cause::DivisionMismatch, format!("the server names a division: {}", quoted()))
        }
        (403, _) => Some(forbidden(facts)),
        (404, "conversation.error.conversation.not.found") => {
            named(Cause::ConversationUnknown, "the server says that the conversation does not exist".to_owned())
        }
        (404, _) => Some(not_found(facts)),
        (409, _) if said.mentions("read-only") || said.mentions("read only") => {
            named(Cause::ConversationEnded, "the server says that the session is read-only".to_owned())
        }
        // The id of the message is taken: by what, and when, is not told.
        (409, _) if said.mentions("already exist") || said.mentions("duplicate") => Some(vec![Hypothesis::excluded(
            Cause::ConversationEnded,
            format!("the conflict is with something that exists: {}", quoted()),
        )]),
        // An open message begins a conversation where none is open: the end of an earlier one refuses nothing.
        (409, _) if facts.request.integration.is_some() => Some(Vec::new()),
        (409, _) => Some(vec![Hypothesis::supported(
            Cause::ConversationEnded,
            "an ended conversation answers with a conflict (409)",
            Some(Probe::Conversation),
        )]),
        (413, _) => named(Cause::TextTooLong, format!("the server says that the request is too large: {}", quoted())),
        (415, _) => named(Cause::BodyMalformed, "the server does not accept this content type".to_owned()),
        (400 | 422, _) => Some(bad_request(facts)),
        (429, _) => named(Cause::RateLimited, "the server says that too many requests were made".to_owned()),
        (408, _) => named(Cause::NetworkTimeout, "the server waited too long for the request".to_owned()),
        (500..=599, _) => named(Cause::ServiceFailure, format!("the service itself answered {}", said.status?)),
        _ => None,
    }
}

/// `insufficient_scope`: the server knows the token, and finds that its scopes do not reach. [RFC 6750, 3.1]
fn insufficient_scope(facts: &Facts<'_>) -> Vec<Hypothesis> {
    let named = &facts.answer.bearer.scopes;
    let needed = if named.is_empty() { &facts.profile.required } else { named };
    let mut found: Vec<_> = scope::of(facts, needed).into_iter().filter(|h| h.standing != Support::Excluded).collect();
    if found.is_empty() {
        let why = format!("the server says that the token lacks a scope: {}", needed.join(" "));
        found.push(Hypothesis::supported(Cause::ScopeWrong, why, Some(Probe::Scopes)));
    }
    let others = [Cause::TokenExpired, Cause::TokenRevoked, Cause::RegionMismatch, Cause::ConversationUnknown];
    found.extend(Hypothesis::none_of(others, "the server says that the token lacks a scope"));
    found
}

/// 403 that names no permission. `messaging:send` is the one scope with which the Guest API answers so. [its description]
fn forbidden(facts: &Facts<'_>) -> Vec<Hypothesis> {
    let mut found = Vec::new();
    let granted = facts.token().and_then(|b| b.facts.as_ref()).map(|t| &t.granted);
    if facts.is_guest_send() {
        match granted {
            Some(Granted::Named(scopes)) => {
                let fits = |h: &Hypothesis| h.cause == Cause::ScopeWrong && h.standing == Support::Proven;
                let as_described = scopes.iter().any(|s| s == "messaging:send");
                found.extend(scope::of(facts, &facts.profile.required).into_iter().filter(|h| fits(h) && as_described));
            }
            _ if facts.profile.requested.iter().any(|s| scope::is_messaging(s)) => found.push(Hypothesis::open(
                Cause::ScopeWrong,
                "a token with messaging:send gets the same answer",
                Some(Probe::Scopes),
            )),
            _ => {}
        }
    }
    if found.is_empty() {
        let why = "a 403 is about the client's roles; this one names no permission";
        found.push(Hypothesis::open(Cause::PermissionMissing, why, Some(Probe::Audit)));
    } else {
        found
            .push(Hypothesis::excluded(Cause::PermissionMissing, "the service names the permissions that are missing"));
    }
    let why = "a role that does not cover the division gets the same answer";
    found.push(Hypothesis::open(Cause::DivisionMismatch, why, Some(Probe::Audit)));
    let others = [Cause::TokenExpired, Cause::TokenRevoked, Cause::RegionMismatch];
    found.extend(Hypothesis::none_of(others, "a 403 means that the API accepted the token"));
    found
}

/// 404: the published service says it for a conversation as for a participant.
fn not_found(facts: &Facts<'_>) -> Vec<Hypothesis> {
    let tokens = Hypothesis::none_of([Cause::TokenExpired, Cause::RegionMismatch], "the API accepted the token");
    if facts.request.integration.is_some() {
        let mut found = vec![ids::integration(facts)];
        found.extend(tokens);
        return found;
    }
    if facts.exchange.kind != ExchangeKind::Send {
        let mut found =
            vec![Hypothesis::named(Cause::ConversationUnknown, "the server says that there is no such conversation")];
        found.extend(tokens);
        if facts.request.conversation.is_none() {
            found.clear();
        }
        return found;
    }
    let mut found = ids::of(facts);
    found.extend(tokens);
    found
}

/// 400: which field, where it says so; the length, where it says so.
fn bad_request(facts: &Facts<'_>) -> Vec<Hypothesis> {
    let said = &facts.answer;
    let holds = |id: &Option<String>| {
        id.as_deref().is_some_and(|id| id.len() > 3 && said.refusal.message.as_deref().is_some_and(|m| m.contains(id)))
    };
    if said.mentions("integrationid")
        || facts.request.integration.is_some() && said.is("invalid.path.parameter")
        || holds(&facts.request.integration)
    {
        return vec![Hypothesis::named(Cause::IntegrationUnknown, "the server names the integration id as not valid")];
    }
    if said.mentions("conversationid") || said.is("invalid.path.parameter") || holds(&facts.request.conversation) {
        return vec![Hypothesis::named(
            Cause::ConversationMalformed,
            "the server names the conversation id as not valid",
        )];
    }
    if said.mentions("participantid") || holds(&facts.request.participant) {
        return vec![Hypothesis::named(Cause::ParticipantMismatch, "the server names the participant id as not valid")];
    }
    if said.mentions("is larger than") || said.mentions("too long") || said.mentions("too large") {
        return vec![Hypothesis::named(Cause::TextTooLong, "the server names the length of the message")];
    }
    let bytes = facts.request.text.as_deref().map_or(0, str::len);
    let mut found = Vec::new();
    // Of open messaging no limit is published.
    if bytes > GUEST_TEXT_MAX_BYTES && facts.request.integration.is_none() {
        let why = format!("the text has {bytes} bytes; a guest message has at most {GUEST_TEXT_MAX_BYTES}");
        found.push(Hypothesis::proven(Cause::TextTooLong, why));
    }
    let malformed = said.is("bad.request") || said.is("invalid.value") || said.is("invalid.date");
    if malformed && found.is_empty() {
        found.push(Hypothesis::named(Cause::BodyMalformed, "the server does not understand the request"));
    } else {
        found.push(Hypothesis::open(Cause::BodyMalformed, "a 400 is about the form of the request", None));
    }
    found
}
