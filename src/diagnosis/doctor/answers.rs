//! What an answer to a probe means.

use super::{
    Doctor, DoctorEvidence, DoctorStage, DoctorStep, DoctorVerdict, Finding, ProbeResult, diagnose, reason, skew_words,
};
use crate::diagnosis::attempt::{ServerAnswer, authority, deployment as deployment_of};
use crate::diagnosis::facts::{SKEW, listed, listed_or, skew};
use crate::diagnosis::rules::{MissingScopes, not_the_guest};
use crate::genesys::{lookups, rate_limit};
use crate::model::ids::is_uuid;
use crate::model::{
    Address, Attempt, Cause, Confidence, Conversation, Diagnosis, Ending, Exchange, FailureKind, Moment, Outcome,
    Phase, ProbeQuestion, RateLimit, RemoteState, Unreadable,
};
use crate::text::duration;

impl Doctor {
    pub(super) fn read_answer(&mut self, asked: ProbeQuestion, exchange: &Exchange, evidence: &DoctorEvidence<'_>) {
        let mut answer = ProbeAnswer { doctor: self, exchange, evidence };
        match asked {
            ProbeQuestion::Reach(_) => answer.reached(),
            ProbeQuestion::Token => answer.token(),
            ProbeQuestion::Scopes => answer.scopes(),
            ProbeQuestion::Conversation(_) => answer.conversation(),
            ProbeQuestion::Messages(_) => answer.replies(),
            ProbeQuestion::Integration(_) => answer.integration(),
            ProbeQuestion::Deployment(_) => answer.deployment(),
            ProbeQuestion::Domains(_) => answer.domains(),
            ProbeQuestion::Origin(_) => answer.origin(),
            // No series asks it: it sorts pasted ids.
            ProbeQuestion::Id(..) => {}
        }
        if matches!(asked, ProbeQuestion::Scopes | ProbeQuestion::Deployment(_)) {
            answer.clock();
        }
        answer.limits(asked);
    }
}

struct ProbeAnswer<'a> {
    doctor: &'a mut Doctor,
    exchange: &'a Exchange,
    evidence: &'a DoctorEvidence<'a>,
}

impl ProbeAnswer<'_> {
    fn find(&mut self, name: &'static str, result: ProbeResult, detail: impl Into<String>) {
        self.doctor.findings.push(Finding::shown(self.exchange, name, result, detail));
    }

    fn pass(&mut self, name: &'static str, detail: impl Into<String>) {
        self.find(name, ProbeResult::Pass, detail);
    }

    fn fail(&mut self, name: &'static str, detail: impl Into<String>) {
        self.find(name, ProbeResult::Fail, detail);
    }

    fn skip(&mut self, name: &'static str, detail: impl Into<String>) {
        self.find(name, ProbeResult::Skip, detail);
    }

    fn proven(&mut self, name: &'static str, cause: Cause, why: &str, detail: impl Into<String>) {
        self.doctor.proven(cause, why);
        self.fail(name, detail);
    }

    fn is_accepted(&self) -> bool {
        self.exchange.outcome == Outcome::Accepted
    }

    fn has_failed(&self) -> bool {
        self.exchange.last_attempt().is_some_and(|a| matches!(a.ending, Some(Ending::Failed(_))))
    }

    fn diagnosis(&self) -> Option<Diagnosis> {
        diagnose(self.exchange, None, self.evidence)
    }

    /// Decides by what the rules say of a failed probe. Without a rule that fits it is still not all well.
    fn decide(&mut self, diagnosis: Option<&Diagnosis>, else_why: &str, stage: DoctorStage) {
        let because = match diagnosis {
            // The diagnosis would name this very question as the way to decide: it was just asked.
            Some(d) if d.is_undecided() => d.suspects.first().map_or(&d.said, |s| &s.because).clone(),
            Some(d) => d.sentence(),
            None => else_why.to_owned(),
        };
        let (cause, confidence) =
            diagnosis.map_or((Cause::Unknown, Confidence::Possible), |d| (d.cause(), d.confidence()));
        self.doctor.blame(cause, confidence, because, stage);
    }

    fn named(&mut self, attempt: &Attempt) {
        let host = authority(&attempt.request.url);
        if self.evidence.proxied {
            return self.skip("names", format!("{host}: the proxy looks up its name"));
        }
        let reused = attempt.timing.reused.then(|| " (by an open connection)".to_owned());
        let how = reused.unwrap_or_else(|| within(attempt.timing.resolve));
        self.pass("names", format!("{host}{how}"));
    }

    /// The host has an address, its certificate is good, and it answers.
    fn connected(&mut self) {
        let Some(attempt) = self.exchange.last_attempt() else { return };
        let host = authority(&attempt.request.url);
        let status = attempt.status().unwrap_or(0);
        self.named(attempt);
        if attempt.request.url.starts_with("https:") {
            let how = within(attempt.timing.connect);
            self.pass("tls", format!("{host}: the certificate is accepted, connected{how}; it answers {status}"));
        } else {
            self.skip("tls", format!("{host} is plain http on this machine; it answers {status}"));
        }
    }

    fn reached(&mut self) {
        let Some(attempt) = self.exchange.last_attempt() else { return self.skip("names", "no request was made") };
        let host = authority(&attempt.request.url);
        let diagnosis = self.diagnosis();
        let (why, unnamed) = match (&attempt.ending, &diagnosis) {
            (Some(Ending::Failed(failure)), _) => {
                let unnamed = failure.kind == FailureKind::Dns || failure.phase == Phase::Resolve;
                (format!("{host}: {}", failure.line()), unnamed)
            }
            (_, Some(diagnosis)) => (format!("{host}: {}", diagnosis.sentence()), false),
            _ => return self.connected(),
        };
        self.decide(diagnosis.as_ref(), &why, DoctorStage::Hosts);
        if unnamed {
            return self.fail("names", why);
        }
        self.named(attempt);
        self.fail("tls", why);
    }

    fn token(&mut self) {
        if self.is_accepted() {
            if self.evidence.profile.pasted {
                return self.skip("token", "pasted: the check of its scopes shows whether the service accepts it");
            }
            let Some(facts) = self.evidence.token else { return self.pass("token", "given") };
            let unknown = || "its expiry is not known".to_owned();
            let valid = facts.lifetime.map_or_else(unknown, |l| format!("valid for {}", duration(l)));
            let asked = listed_or("no scope", " ", &facts.requested);
            return self.pass("token", format!("token #{}, {valid}, asked with {asked}", facts.generation));
        }
        let why = reason(self.exchange, "no token was received");
        // Nothing was written: the secret is missing, and no server has said anything.
        self.decide(self.exchange.last_attempt().and_then(|_| self.diagnosis()).as_ref(), &why, DoctorStage::Token);
        self.fail("token", why);
    }

    fn scopes(&mut self) {
        let profile = self.evidence.profile;
        let status = self.exchange.status();
        if self.is_accepted() {
            self.granted();
            let (api, token) = (authority(&profile.api), authority(&profile.token_host));
            let which = if profile.pasted { "pasted token".to_owned() } else { format!("token that {token} granted") };
            return self.pass("region", format!("{api} accepts the {which}"));
        }
        let why = reason(self.exchange, "no answer");
        let diagnosis = self.diagnosis();
        let sure = diagnosis.as_ref().is_some_and(|d| d.confidence() == Confidence::Sure);
        if matches!(status, Some(403..=405)) && !sure {
            return self.skip("scopes", format!("the API does not tell the scopes: {why}"));
        }
        // A pasted token that the service does not take is no sign-in.
        let stage = if profile.pasted && status == Some(401) { DoctorStage::Token } else { DoctorStage::Beyond };
        self.decide(diagnosis.as_ref(), &why, stage);
        self.fail("scopes", why);
        if status == Some(401) {
            let suspects = diagnosis.into_iter().flat_map(|d| d.suspects);
            match suspects.into_iter().find(|s| s.cause == Cause::RegionMismatch) {
                Some(suspect) => self.fail("region", suspect.because),
                None => self.skip("region", "the token itself is refused, which says nothing of the region"),
            }
            // With a token that is not let in nothing further can be asked.
            self.doctor.plan.clear();
        }
    }

    /// What the token may do, against what the channel needs.
    fn granted(&mut self) {
        let Some(facts) = self.evidence.token else {
            return self.skip("scopes", "meanwhile the session has another token");
        };
        let Some(granted) = &facts.granted else {
            return self.skip("scopes", "the API does not name the scopes of this token");
        };
        let list = listed(granted);
        let guest_api = self.doctor.target.as_ref().is_none_or(|t| t.channel().capabilities().scopes_decide);
        let lacks = MissingScopes::of(&self.evidence.profile.required, &facts.requested, granted);
        let Some(MissingScopes { scopes, asked, cause }) = lacks.filter(|_| guest_api) else {
            return self.pass("scopes", format!("granted: {list}"));
        };
        let how = if asked { " although it was asked for" } else { "" };
        let without = format!("without {}{how}", scopes.join(" "));
        // What a pasted token was asked with is not known. A service that names no scope at all may decide by roles alone.
        let unproven = facts.pasted && cause == Cause::ScopeNotRequested || granted.is_empty();
        let confidence = if unproven { Confidence::Likely } else { Confidence::Sure };
        let why = format!("the token was granted {without} (granted: {list})");
        self.doctor.blame(cause, confidence, why, DoctorStage::Beyond);
        self.fail("scopes", format!("granted: {list}; {without}"));
    }

    fn clock(&mut self) {
        let Some(attempt) = self.exchange.last_attempt().filter(|_| !self.doctor.has_said("clock")) else {
            return;
        };
        match skew(attempt, &ServerAnswer::of(attempt, self.exchange.kind)) {
            None if attempt.response().is_none() => {}
            None => self.skip("clock", "the answer had no Date header"),
            Some(skew) if skew.abs() > SKEW => {
                self.doctor.skew = Some(skew);
                self.fail("clock", skew_words(skew));
            }
            Some(skew) if skew.abs() > 2 => self.pass("clock", format!("the clocks agree (they differ by {skew} s)")),
            Some(_) => self.pass("clock", "the clocks agree"),
        }
    }

    fn conversation(&mut self) {
        let Some(Conversation { name, address, .. }) = self.doctor.target.clone() else { return };
        let Address::GuestApi { conversation_id, participant_id, external_id } = address else { return };
        let book = self.evidence.history.conversations.get(&conversation_id);
        let read = book.and_then(|b| b.read.as_ref()).filter(|(seen, _)| seen.exchange == self.exchange.id);
        let (true, Some((_, read))) = (self.is_accepted(), read) else {
            let why = reason(self.exchange, "the answer is not a conversation");
            match self.exchange.status() {
                Some(404) => {
                    let unknown = "a read says that there is no conversation with this id";
                    self.doctor.proven(Cause::ConversationUnknown, unknown);
                }
                Some(401 | 403) => {
                    let right = "sending may need another right";
                    self.skip("conversation", format!("“{name}” cannot be read with this token ({why}); {right}"));
                    return self.replies();
                }
                _ => self.decide(self.diagnosis().as_ref(), &why, DoctorStage::Beyond),
            }
            return self.fail("conversation", format!("“{name}”: {why}"));
        };
        if read.state == RemoteState::Ended {
            let detail = format!("“{name}” exists and has ended");
            return self.proven("conversation", Cause::ConversationEnded, "the conversation has ended", detail);
        }
        self.pass("conversation", format!("“{name}” exists, {}", read.state.name()));
        let external = external_id.as_deref();
        let known = read.guest.as_ref().and_then(|guest| guest.external.as_deref());
        let wrong = match (participant_id.as_deref(), &read.guest) {
            (None, _) if external.is_none() => {
                return self.skip("participant", "messages address no participant");
            }
            (Some(id), _) if !is_uuid(id) => Some("the participant id is not a UUID".to_owned()),
            (Some(id), guest) if guest.as_ref().is_none_or(|g| g.id != id) => Some(not_the_guest(read, id)),
            _ if external.zip(known).is_some_and(|(wanted, known)| wanted != known) => {
                Some("the guest has another external id".to_owned())
            }
            (None, _) if known.is_none() => {
                return self.skip("participant", "reading the conversation does not tell the guest's external id");
            }
            _ => None,
        };
        match wrong {
            Some(why) => self.proven("participant", Cause::ParticipantMismatch, &why, why.as_str()),
            None => self.pass("participant", "it is the guest of this conversation"),
        }
    }

    fn replies(&mut self) {
        if self.is_accepted() {
            return self.pass("replies", "messages can be read");
        }
        let said = self.exchange.last_attempt().map(|a| ServerAnswer::of(a, self.exchange.kind)).unwrap_or_default();
        let why = reason(self.exchange, "nothing was received");
        let unreadable = match said.status {
            _ if self.has_failed() => Unreadable::NoAnswer(why),
            // The service looked at the ids that were asked for, and does not say whether others may be read.
            Some(400) => return self.skip("replies", format!("reading messages could not be tried: {why}")),
            status => {
                let missing = (!said.is_foreign()).then_some(said.error.missing_permissions);
                Unreadable::of(status.unwrap_or(0), missing, &why)
            }
        };
        // The series goes on: messages may be accepted all the same.
        let why = unreadable.sentence();
        self.doctor.suspect(DoctorVerdict::new(Some(Cause::RepliesUnreadable), Confidence::Sure, why.as_str()));
        self.fail("replies", why);
    }

    /// The last question before a test message tells what is left of the rate limit.
    fn limits(&mut self, asked: ProbeQuestion) {
        let last = match asked {
            ProbeQuestion::Scopes => !self.doctor.plan.iter().any(|s| matches!(s, DoctorStep::Ask(_))),
            _ => matches!(asked, ProbeQuestion::Conversation(_) | ProbeQuestion::Integration(_)),
        };
        if !last || self.doctor.verdict.is_some() || self.doctor.has_said("limits") {
            return;
        }
        let headers = self.exchange.last_attempt().and_then(|attempt| attempt.response()).map(|r| r.headers.as_slice());
        let limit = headers.and_then(|headers| rate_limit(headers, Moment::ZERO));
        let Some(RateLimit { count, allowed, resets }) = limit else {
            return self.skip("limits", "the answer had no rate-limit headers");
        };
        let reset = resets.since(Moment::ZERO).as_secs();
        let left = allowed.saturating_sub(count);
        let detail = format!("{left} of {allowed} requests left, reset in {reset} s");
        if left > 0 {
            return self.pass("limits", detail);
        }
        let why = format!("{count} of {allowed} requests are used; reset in {reset} s");
        self.proven("limits", Cause::RateLimited, &why, detail);
    }

    fn integration(&mut self) {
        let name = self.doctor.target.as_ref().map(|t| t.name.clone()).unwrap_or_default();
        if self.is_accepted() {
            return self.pass("integration", format!("the integration of “{name}” exists"));
        }
        let why = reason(self.exchange, "no answer");
        if matches!(self.exchange.status(), Some(401 | 403)) {
            // To send, the client needs another right than to look the integration up.
            return self
                .skip("integration", format!("this client may not look up the integration of “{name}” ({why})"));
        }
        self.decide(self.diagnosis().as_ref(), &why, DoctorStage::Beyond);
        self.fail("integration", format!("“{name}”: {why}"));
    }

    fn went_astray(&self) -> bool {
        self.has_failed() || self.diagnosis().is_some_and(|d| d.cause() == Cause::ProxyAnswered)
    }

    fn deployment(&mut self) {
        let why = reason(self.exchange, "no answer");
        // Messages do not go through the host that tells of deployments: whether guests get in, the socket says.
        if self.went_astray() {
            return self.skip("deployment", format!("its public configuration could not be read: {why}"));
        }
        self.connected();
        let body = self.exchange.last_attempt().and_then(|a| a.response()).map_or("", |r| r.body.text.as_str());
        let Some(config) = lookups::read_config(body.as_bytes()).filter(|_| self.is_accepted()) else {
            self.decide(self.diagnosis().as_ref(), &why, DoctorStage::Beyond);
            return self.fail("deployment", format!("its public configuration: {why}"));
        };
        if !config.is_active() {
            let why = format!("its public configuration says that it is {}", config.status.unwrap_or_default());
            return self.proven("deployment", Cause::DeploymentUnknown, &why, why.as_str());
        }
        if config.sign_in {
            let why = "its public configuration says auth.enabled: only guests who are signed in are accepted";
            return self.proven("deployment", Cause::GuestAuthRequired, why, why);
        }
        let status = config.status.map_or_else(String::new, |s| format!(", {s}"));
        self.pass("deployment", format!("its public configuration exists{status}"));
    }

    fn domains(&mut self) {
        let target = self.doctor.target.as_ref().map(|t| &t.address);
        let origin =
            if let Some(Address::WebMessaging { origin, .. }) = target { origin.clone() } else { String::new() };
        let asked = self.exchange.last_attempt().and_then(|a| deployment_of(&a.request.url));
        let book = asked.and_then(|id| self.evidence.history.deployment(&id));
        let told = book.and_then(|b| b.domains.as_ref()).filter(|(seen, _)| seen.exchange == self.exchange.id);
        let Some((_, domains)) = told else {
            let why = reason(self.exchange, "no answer");
            return self.skip("domains", format!("the allowed domains are not known: {why}"));
        };
        if domains.all {
            return self.pass("domains", "every domain is allowed");
        }
        let listed = listed_or("none", ", ", &domains.listed);
        if domains.allow(&origin) {
            return self.pass("domains", format!("{origin} is among the allowed domains: {listed}"));
        }
        // Whether the list is held to is for the socket to say.
        let why = format!("the deployment allows {listed}, not {origin}");
        self.doctor.blame(Cause::OriginRefused, Confidence::Likely, why.as_str(), DoctorStage::Beyond);
        self.fail("domains", why);
    }

    fn origin(&mut self) {
        // Names and TLS of the host that was asked; what is wrong there ends the series.
        if self.went_astray() {
            self.reached();
        } else {
            self.connected();
        }
        if self.doctor.verdict.is_some() {
            return;
        }
        if self.is_accepted() {
            // The socket is what counts, whatever the public list said.
            self.doctor.suspicion = None;
            return self.pass("origin", "the guest socket opened with this origin, and was closed at once");
        }
        let why = reason(self.exchange, "no answer");
        let channel = self.doctor.target.as_ref().map(Conversation::channel);
        self.decide(diagnose(self.exchange, channel, self.evidence).as_ref(), &why, DoctorStage::Beyond);
        self.fail("origin", format!("the guest socket was not opened: {why}"));
    }
}

fn within(took: Option<std::time::Duration>) -> String {
    took.map_or_else(String::new, |d| format!(" in {} ms", d.as_millis()))
}
