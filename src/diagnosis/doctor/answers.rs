//! What an answer to a probe means.

use super::finding::{
    DoctorEvidence, DoctorStage, Finding, answered, diagnose, fail, named, pass, reason, skew_words, skip,
};
use super::{Doctor, Step};
use crate::diagnosis::evidence::answer::ServerAnswer;
use crate::diagnosis::evidence::request::authority;
use crate::diagnosis::render::span;
use crate::diagnosis::rules::stranger;
use crate::genesys::headers::rate_limit;
use crate::model::ids::is_uuid;
use crate::model::{
    Address, Cause, Channel, Confidence, Diagnosis, Ending, Exchange, FailureKind, Granted, Moment, Outcome, Phase,
    ProbeQuestion, RateLimit, RemoteState, Unreadable,
};

/// Clocks that differ by more are worth a word.
const SKEW: i64 = 60;

impl Doctor {
    pub(super) fn findings(
        &mut self,
        asked: ProbeQuestion,
        exchange: &Exchange,
        evidence: &DoctorEvidence<'_>,
    ) -> Vec<Finding> {
        let mut findings = match asked {
            ProbeQuestion::Reach(_) => self.reached(exchange, evidence),
            ProbeQuestion::Token => vec![self.token(exchange, evidence)],
            ProbeQuestion::Scopes => self.scopes(exchange, evidence),
            ProbeQuestion::Conversation(_) => self.conversation(exchange, evidence),
            ProbeQuestion::Messages(_) => vec![self.replies(exchange)],
            ProbeQuestion::Integration(_) => vec![self.integration(exchange, evidence)],
            ProbeQuestion::Deployment(_) => self.deployment(exchange, evidence),
            ProbeQuestion::Domains(_) => vec![self.domains(exchange, evidence)],
            ProbeQuestion::Origin(_) => self.origin(exchange, evidence),
            // No series asks it: it sorts pasted ids.
            ProbeQuestion::Id(..) => Vec::new(),
        };
        if matches!(asked, ProbeQuestion::Scopes | ProbeQuestion::Deployment(_)) && !self.said.contains(&"clock") {
            findings.extend(self.clock(exchange));
        }
        if let Some(limits) = self.limits(asked, exchange) {
            findings.push(limits);
        }
        findings
    }

    /// Decides by what the rules say of a failed probe. Without a rule that fits it is still not all well.
    pub(super) fn decide(&mut self, diagnosis: Option<&Diagnosis>, else_why: &str, stage: DoctorStage) {
        match diagnosis {
            Some(d) if d.is_undecided() => {
                // The diagnosis would name this very question as the way to decide: it was just asked.
                let because = d.suspects.first().map_or_else(|| d.said.clone(), |s| s.because.clone());
                self.found(d.cause(), d.confidence(), because, stage);
            }
            Some(d) => self.found(d.cause(), d.confidence(), d.sentence(), stage),
            None => self.found(Cause::Unknown, Confidence::Possible, else_why, stage),
        }
    }

    /// Decides by what the rules say of the exchange.
    pub(super) fn explain(
        &mut self,
        exchange: &Exchange,
        channel: Option<Channel>,
        evidence: &DoctorEvidence<'_>,
        why: &str,
        stage: DoctorStage,
    ) {
        self.decide(diagnose(exchange, channel, evidence).as_ref(), why, stage);
    }

    pub(super) fn reached(&mut self, exchange: &Exchange, evidence: &DoctorEvidence<'_>) -> Vec<Finding> {
        let Some(attempt) = exchange.last_attempt() else {
            return vec![skip("names", "no request was made", exchange)];
        };
        let host = authority(&attempt.request.url).to_owned();
        if let Some(Ending::Failed(failure)) = &attempt.ending {
            let why = format!("{host}: {}", failure.line());
            self.explain(exchange, None, evidence, &why, DoctorStage::Hosts);
            let unnamed = failure.kind == FailureKind::Dns || failure.phase == Phase::Resolve;
            if unnamed {
                return vec![fail("names", why, exchange)];
            }
            return vec![named(attempt, exchange, evidence), fail("tls", why, exchange)];
        }
        if let Some(d) = diagnose(exchange, None, evidence) {
            self.decide(Some(&d), "", DoctorStage::Hosts);
            let why = format!("{host}: {}", d.sentence());
            return vec![named(attempt, exchange, evidence), fail("tls", why, exchange)];
        }
        answered(exchange, evidence)
    }

    fn token(&mut self, exchange: &Exchange, evidence: &DoctorEvidence<'_>) -> Finding {
        if exchange.outcome == Outcome::Accepted && evidence.profile.pasted {
            return skip("token", "pasted: the check of its scopes shows whether the service accepts it", exchange);
        }
        if exchange.outcome == Outcome::Accepted {
            let Some(facts) = evidence.token else { return pass("token", "given", exchange) };
            let delivery = facts
                .lifetime
                .map_or_else(|| "its expiry is not known".to_owned(), |l| format!("valid for {}", span(l)));
            let asked = if facts.requested.is_empty() { "no scope".to_owned() } else { facts.requested.join(" ") };
            let detail = format!("token #{}, {delivery}, asked with {asked}", facts.generation);
            return pass("token", detail, exchange);
        }
        let why = reason(exchange, "no token was received");
        // Nothing was written: the secret is missing, and no server has said anything.
        let diagnosis = exchange.last_attempt().and_then(|_| diagnose(exchange, None, evidence));
        self.decide(diagnosis.as_ref(), &why, DoctorStage::Token);
        fail("token", why, exchange)
    }

    fn scopes(&mut self, exchange: &Exchange, evidence: &DoctorEvidence<'_>) -> Vec<Finding> {
        let (token, api) = (authority(&evidence.profile.token_host), authority(&evidence.profile.api));
        let status = exchange.status();
        if exchange.outcome == Outcome::Accepted {
            let region = if evidence.profile.pasted {
                format!("{api} accepts the pasted token")
            } else {
                format!("{api} accepts the token that {token} granted")
            };
            let region = pass("region", region, exchange);
            return vec![self.granted(exchange, evidence), region];
        }
        let why = reason(exchange, "no answer");
        let diagnosis = diagnose(exchange, None, evidence);
        let unserved =
            matches!(status, Some(403..=405)) && diagnosis.as_ref().is_none_or(|d| d.confidence() != Confidence::Sure);
        if unserved {
            return vec![skip("scopes", format!("the API does not tell the scopes: {why}"), exchange)];
        }
        // A pasted token that the service does not take is no sign-in.
        let stage =
            if evidence.profile.pasted && status == Some(401) { DoctorStage::Token } else { DoctorStage::Beyond };
        self.decide(diagnosis.as_ref(), &why, stage);
        let mut findings = vec![fail("scopes", why, exchange)];
        if status == Some(401) {
            let place = diagnosis.as_ref().and_then(|d| d.suspects.iter().find(|s| s.cause == Cause::RegionMismatch));
            findings.push(match place {
                Some(suspect) => fail("region", suspect.because.clone(), exchange),
                None => skip("region", "the token itself is refused, which says nothing of the region", exchange),
            });
            // With a token that is not let in nothing further can be asked.
            self.plan.clear();
        }
        findings
    }

    /// What the token may do, against what the channel needs.
    fn granted(&mut self, exchange: &Exchange, evidence: &DoctorEvidence<'_>) -> Finding {
        let required = &evidence.profile.required;
        let Some(facts) = evidence.token else {
            return skip("scopes", "meanwhile the session has another token", exchange);
        };
        let Granted::Named(granted) = &facts.granted else {
            return skip("scopes", "the API does not name the scopes of this token", exchange);
        };
        let list = if granted.is_empty() { "none".to_owned() } else { granted.join(" ") };
        let missing: Vec<&str> = required.iter().filter(|s| !granted.contains(s)).map(String::as_str).collect();
        let guest_api = self.target.as_ref().is_none_or(|t| t.channel().capabilities().scopes_decide);
        if missing.is_empty() || !guest_api {
            return pass("scopes", format!("granted: {list}"), exchange);
        }
        let needed = missing.join(" ");
        let asked = missing.iter().all(|s| facts.requested.iter().any(|r| r == s));
        let other = granted.iter().chain(&facts.requested).any(|s| {
            crate::diagnosis::rules::is_messaging(s) && !required.contains(s) && (!asked || granted.contains(s))
        });
        let cause = match (asked, other, facts.pasted) {
            (_, true, _) => Cause::ScopeWrong,
            (true, false, _) => Cause::ScopeStripped,
            (false, false, _) => Cause::ScopeNotRequested,
        };
        // What a pasted token was asked with is not known. A service that names no scope at all may decide by roles alone.
        let unproven = facts.pasted && cause == Cause::ScopeNotRequested || granted.is_empty();
        let confidence = if unproven { Confidence::Likely } else { Confidence::Sure };
        let how = if asked { " although it was asked for" } else { "" };
        let detail = format!("granted: {list}; without {needed}{how}");
        self.found(
            cause,
            confidence,
            format!("the token was granted without {needed}{how} (granted: {list})"),
            DoctorStage::Beyond,
        );
        fail("scopes", detail, exchange)
    }

    fn clock(&mut self, exchange: &Exchange) -> Option<Finding> {
        let attempt = exchange.last_attempt()?;
        let Some(date) = ServerAnswer::of(attempt).date else {
            return attempt.response().map(|_| skip("clock", "the answer had no Date header", exchange));
        };
        let ended = attempt.started.after(attempt.timing.total.unwrap_or_default());
        let skew = date.duration_since(ended.wall).as_secs();
        if skew.abs() <= SKEW {
            let by = if skew.abs() <= 2 { String::new() } else { format!(" (they differ by {skew} s)") };
            return Some(pass("clock", format!("the clocks agree{by}"), exchange));
        }
        self.skew = Some(skew);
        Some(fail("clock", skew_words(skew), exchange))
    }

    fn conversation(&mut self, exchange: &Exchange, evidence: &DoctorEvidence<'_>) -> Vec<Finding> {
        let Some((name, address)) = self.target.as_ref().map(|t| (t.name.clone(), t.address.clone())) else {
            return Vec::new();
        };
        let Address::GuestApi { conversation_id, participant_id, external_id } = address else { return Vec::new() };
        let book = evidence.history.of_conversation(&conversation_id);
        let read = book.and_then(|b| b.read.as_ref()).filter(|r| r.seen.exchange == exchange.id);
        let (Outcome::Accepted, Some(read)) = (&exchange.outcome, read) else {
            let why = reason(exchange, "the answer is not a conversation");
            if exchange.status() == Some(404) {
                let because = "a read says that there is no conversation with this id";
                self.proven(Cause::ConversationUnknown, because);
                return vec![fail("conversation", format!("“{name}”: {why}"), exchange)];
            }
            let no_right = matches!(exchange.status(), Some(401 | 403));
            if no_right {
                let detail = format!("“{name}” cannot be read with this token ({why}); sending may need another right");
                return vec![skip("conversation", detail, exchange), self.replies(exchange)];
            }
            self.explain(exchange, None, evidence, &why, DoctorStage::Beyond);
            return vec![fail("conversation", format!("“{name}”: {why}"), exchange)];
        };
        if read.state == RemoteState::Ended {
            let why = "the conversation has ended";
            self.proven(Cause::ConversationEnded, why);
            return vec![fail("conversation", format!("“{name}” exists and has ended"), exchange)];
        }
        let mut findings = vec![pass("conversation", format!("“{name}” exists, {}", read.state.word()), exchange)];
        let (id, external) = (participant_id.as_deref(), external_id.as_deref());
        let wrong = match (id, external, &read.guest) {
            (None, None, _) => {
                let detail = "messages address no participant";
                findings.push(skip("participant", detail, exchange));
                return findings;
            }
            (Some(id), ..) if !is_uuid(id) => Some("the participant id is not a UUID".to_owned()),
            (Some(id), _, guest) if guest.as_ref().is_none_or(|g| g.id != id) => Some(stranger(read, id)),
            (_, Some(external), Some(guest)) if guest.external.as_deref().is_some_and(|known| known != external) => {
                Some("the guest has another external id".to_owned())
            }
            (None, Some(_), guest) if guest.as_ref().is_none_or(|g| g.external.is_none()) => {
                let detail = "reading the conversation does not tell the guest's external id";
                findings.push(skip("participant", detail, exchange));
                return findings;
            }
            _ => None,
        };
        findings.push(match wrong {
            Some(why) => {
                self.proven(Cause::ParticipantMismatch, why.clone());
                fail("participant", why, exchange)
            }
            None => pass("participant", "it is the guest of this conversation", exchange),
        });
        findings
    }

    /// Whether messages may be read, by an answer to a read.
    fn replies(&mut self, exchange: &Exchange) -> Finding {
        if exchange.outcome == Outcome::Accepted {
            return pass("replies", "messages can be read", exchange);
        }
        let attempt = exchange.last_attempt();
        let said = attempt.map(|attempt| ServerAnswer::of(attempt)).unwrap_or_default();
        let why = reason(exchange, "nothing was received");
        if attempt.is_some_and(|attempt| matches!(attempt.ending, Some(Ending::Failed(_)))) {
            return self.unreadable(&Unreadable::NoAnswer(why), exchange);
        }
        if said.status == Some(400) {
            // The service looked at the ids that were asked for, and does not say whether others may be read.
            return skip("replies", format!("reading messages could not be tried: {why}"), exchange);
        }
        let missing = (!said.is_foreign()).then_some(said.permissions);
        let why = Unreadable::of(said.status.unwrap_or(0), missing, &why);
        self.unreadable(&why, exchange)
    }

    /// The last question before a test message tells what is left of the rate limit.
    fn limits(&mut self, asked: ProbeQuestion, exchange: &Exchange) -> Option<Finding> {
        let last = match asked {
            ProbeQuestion::Conversation(_) | ProbeQuestion::Integration(_) => true,
            ProbeQuestion::Scopes => !self.plan.iter().any(|s| matches!(s, Step::Ask(_))),
            _ => false,
        };
        if !last || self.verdict.is_some() || self.said.contains(&"limits") {
            return None;
        }
        let headers = exchange.last_attempt().and_then(|attempt| attempt.response()).map(|r| r.headers.as_slice());
        Some(match headers.and_then(|headers| rate_limit(headers, Moment::ZERO)) {
            Some(RateLimit { count, allowed, resets }) => {
                let reset = resets.since(Moment::ZERO).as_secs();
                let left = allowed.saturating_sub(count);
                let detail = format!("{left} of {allowed} requests left, reset in {reset} s");
                if left > 0 {
                    return Some(pass("limits", detail, exchange));
                }
                let why = format!("{count} of {allowed} requests are used; reset in {reset} s");
                self.proven(Cause::RateLimited, why);
                fail("limits", detail, exchange)
            }
            None => skip("limits", "the answer had no rate-limit headers", exchange),
        })
    }
}
