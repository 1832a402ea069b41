//! A short series of safe questions that ends with one verdict. Pure: which question comes next, what an answer means,
//! and when the verdict is proven; who asks is the engine, who listens is the console or the command line.
//!
//! ```text
//! Doctor::new ─► next ─► Ask(question) ─► (engine) ─► answered ─► Findings ─┐
//!                 ▲                                                         │
//!                 ├──────────── nothing is proven yet ◄─────────────────────┤
//!                 └─► Over(verdict) ◄── proven, or nothing left to ask ─────┘
//! ```
//! The order goes from the ground up: names and TLS of the hosts, then by channel. Whoever begins from a refusal gets a
//! series that ends as soon as that refusal's own diagnosis is sure.
//!
//! | channel | what is asked after the hosts |
//! |---|---|
//! | guest-api | token · what it may do · the conversation · its messages |
//! | open-messaging | token · what it may do · the integration · its messages |
//! | web-messaging | the deployment's public configuration · its domains · opening its socket: no token anywhere |

mod answers;

use std::collections::VecDeque;

use super::attempt::authority;
use super::facts::ProfileFacts;
use super::history::PastExchanges;
use crate::model::ids::is_uuid;
use crate::model::{
    Cause, Channel, Confidence, Conversation, ConversationKey, Diagnosis, Exchange, ExchangeId, Host, Outcome,
    ProbeQuestion, Probed, TokenFacts, words,
};
use crate::text::one_line;

words! {
    pub enum ProbeResult: name {
        Pass = "pass";
        Fail = "fail";
        Skip = "skip";
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its name: `names tls token scopes region clock conversation participant replies integration deployment domains
    /// origin limits send`, and `proxy` of the command line, which asks nobody.
    pub name: &'static str,
    pub result: ProbeResult,
    pub detail: String,
    pub exchange: Option<ExchangeId>,
    pub request_id: Option<String>,
}

impl Finding {
    fn new(name: &'static str, result: ProbeResult, detail: impl Into<String>) -> Self {
        Self { name, result, detail: detail.into(), exchange: None, request_id: None }
    }

    fn shown(exchange: &Exchange, name: &'static str, result: ProbeResult, detail: impl Into<String>) -> Self {
        let request_id = exchange.request_id().map(|(_, id)| id);
        Self { exchange: Some(exchange.id), request_id, ..Self::new(name, result, detail) }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DoctorStage {
    Hosts,
    Token,
    Beyond,
}

/// What the series ends with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoctorVerdict {
    /// `None`: all is well.
    pub cause: Option<Cause>,
    /// How sure that is.
    pub confidence: Confidence,
    /// Why, one sentence without a full stop.
    pub because: String,
    /// How far the series got.
    pub stage: DoctorStage,
    /// The test message may or may not have been received.
    pub send_unknown: bool,
}

impl DoctorVerdict {
    fn new(cause: Option<Cause>, confidence: Confidence, because: impl Into<String>) -> Self {
        Self { cause, confidence, because: because.into(), stage: DoctorStage::Beyond, send_unknown: false }
    }

    /// Of a series that was stopped before anything was decided.
    pub fn undecided(why: &str, send_unknown: bool) -> Self {
        Self { send_unknown, ..Self::new(Some(Cause::Unknown), Confidence::Possible, why) }
    }
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DoctorStep {
    /// Ask the engine.
    Ask(ProbeQuestion),
    /// Send a test message into this conversation.
    Send(ConversationKey),
    /// There is nothing left to do.
    Over(DoctorVerdict),
}

/// What answers are judged with.
#[derive(Clone, Copy, Debug)]
pub struct DoctorEvidence<'e> {
    /// The profile.
    pub profile: &'e ProfileFacts,
    /// What exchanges showed, that of the answer included.
    pub history: &'e PastExchanges,
    /// The token in use.
    pub token: Option<&'e TokenFacts>,
    /// A proxy leads to the organisation's hosts.
    pub proxied: bool,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Doctor {
    /// What was found so far, in order.
    pub findings: Vec<Finding>,
    target: Option<Conversation>,
    subject: Option<(Box<Exchange>, Option<Channel>)>,
    plan: VecDeque<DoctorStep>,
    suspicion: Option<DoctorVerdict>,
    verdict: Option<DoctorVerdict>,
    skew: Option<i64>,
}

impl Doctor {
    /// A series that has not begun. `target` is the conversation that is looked at; `send_test` sends one message into it.
    pub fn new(profile: &ProfileFacts, target: Option<Conversation>, send_test: bool) -> Self {
        let mut plan = VecDeque::new();
        let key = target.as_ref().map(|t| t.key);
        let channel = target.as_ref().map(Conversation::channel);
        // Where the guest's own token is the identity, no client is needed, so none is asked for.
        if channel.is_none_or(|channel| !channel.has_sessions()) {
            if !profile.pasted && authority(&profile.token_host) != authority(&profile.api) {
                plan.push_back(DoctorStep::Ask(ProbeQuestion::Reach(Host::Token)));
            }
            let asked = [ProbeQuestion::Reach(Host::Api), ProbeQuestion::Token, ProbeQuestion::Scopes];
            plan.extend(asked.map(DoctorStep::Ask));
        }
        let probes = channel.map_or(&[][..], |channel| channel.capabilities().probes);
        plan.extend(key.into_iter().flat_map(|key| probes.iter().map(move |probe| DoctorStep::Ask(probe(key)))));
        plan.extend(key.filter(|_| send_test).map(DoctorStep::Send));
        Self { target, plan, ..Self::default() }
    }

    /// … that is to say why `exchange` was refused.
    #[must_use]
    pub fn because_of(mut self, exchange: Exchange, channel: Option<Channel>) -> Self {
        self.subject = Some((Box::new(exchange), channel));
        self
    }

    /// What to do next. To be asked at the beginning and after each answer.
    pub fn next(&mut self, evidence: &DoctorEvidence<'_>) -> DoctorStep {
        self.look_at_subject(evidence);
        while self.verdict.is_none() {
            let Some(step) = self.plan.pop_front() else {
                // What was not reached needs no line; what cannot be looked at here says so.
                if self.target.is_none() {
                    let why = "the profile has no conversation to check";
                    self.findings.push(Finding::new("conversation", ProbeResult::Skip, why));
                }
                break;
            };
            match step {
                DoctorStep::Ask(ProbeQuestion::Messages(_)) if self.has_said("replies") => {}
                DoctorStep::Ask(
                    ProbeQuestion::Conversation(_) | ProbeQuestion::Integration(_) | ProbeQuestion::Deployment(_),
                ) => match self.malformed() {
                    Some(malformed) => self.findings.push(malformed),
                    None => return step,
                },
                _ => return step,
            }
        }
        let verdict = self.verdict.take().unwrap_or_else(|| self.conclude(evidence));
        self.plan.clear();
        self.verdict = Some(verdict.clone());
        DoctorStep::Over(verdict)
    }

    /// An answer came: what it shows is found. `exchange` is there where the question was asked.
    pub fn answered(
        &mut self,
        asked: ProbeQuestion,
        result: &Probed,
        exchange: Option<&Exchange>,
        evidence: &DoctorEvidence<'_>,
    ) {
        match (result, exchange) {
            (Probed::NotAsked(why), _) => self.not_asked(asked, why, evidence),
            (Probed::Asked(_), None) => self.not_asked(asked, "its exchange is not known", evidence),
            (Probed::Asked(_), Some(exchange)) => self.read_answer(asked, exchange, evidence),
        }
        self.look_at_subject(evidence);
    }

    /// The test message is finished.
    pub fn sent(&mut self, exchange: &Exchange, evidence: &DoctorEvidence<'_>) {
        let (result, detail) = match &exchange.outcome {
            Outcome::Accepted => (ProbeResult::Pass, "the test message was accepted".to_owned()),
            Outcome::Cancelled => (ProbeResult::Skip, "the test message was cancelled".to_owned()),
            _ => (ProbeResult::Fail, reason(exchange, "no outcome")),
        };
        self.findings.push(Finding::shown(exchange, "send", result, detail));
        if result == ProbeResult::Pass {
            // What was only likely to be in its way was not: a service that decides by roles may name no scope.
            self.suspicion.take_if(|suspicion| suspicion.confidence < Confidence::Sure);
        }
        if result != ProbeResult::Fail {
            return;
        }
        // It is what is to be explained from now on; what looks at it again after the refusal decides most.
        let channel = self.target.as_ref().map(Conversation::channel);
        self.subject = Some((Box::new(exchange.clone()), channel));
        self.look_at_subject(evidence);
        if let (Some(target), Some(channel), None) = (&self.target, channel, &self.verdict) {
            let scopes = (!channel.has_sessions()).then_some(ProbeQuestion::Scopes);
            let place = channel.capabilities().probes.first().map(|probe| probe(target.key));
            self.plan.extend(scopes.into_iter().chain(place).map(DoctorStep::Ask));
        }
    }

    /// What the target is addressed by needs no question where it does not have the form of an id.
    fn malformed(&mut self) -> Option<Finding> {
        let address = self.target.as_ref().map(|target| &target.address).filter(|address| !is_uuid(address.id()))?;
        let channel = address.channel().capabilities();
        let why = format!("the {} id is not a UUID", channel.addressed_by);
        self.proven(channel.malformed, why.as_str());
        Some(Finding::new(channel.addressed_by, ProbeResult::Fail, why))
    }

    fn look_at_subject(&mut self, evidence: &DoctorEvidence<'_>) {
        if self.verdict.is_none()
            && let Some(found) = self.subject_diagnosis(evidence)
            && found.confidence() == Confidence::Sure
        {
            self.verdict = Some(self.verdict_of(&found));
        }
    }

    fn subject_diagnosis(&self, evidence: &DoctorEvidence<'_>) -> Option<Diagnosis> {
        let (exchange, channel) = self.subject.as_ref()?;
        diagnose(exchange, *channel, evidence)
    }

    fn verdict_of(&self, diagnosis: &Diagnosis) -> DoctorVerdict {
        let send_unknown = self.subject.as_ref().is_some_and(|(x, _)| matches!(x.outcome, Outcome::Unknown(_)));
        let verdict = DoctorVerdict::new(Some(diagnosis.cause()), diagnosis.confidence(), diagnosis.sentence());
        DoctorVerdict { send_unknown, ..verdict }
    }

    /// Something is wrong. Where the series has a refusal to explain it goes on: that refusal may have another cause.
    fn blame(&mut self, cause: Cause, confidence: Confidence, because: impl Into<String>, stage: DoctorStage) {
        let verdict = DoctorVerdict { stage, ..DoctorVerdict::new(Some(cause), confidence, because) };
        if stage != DoctorStage::Beyond || self.subject.is_none() && confidence == Confidence::Sure {
            self.verdict.get_or_insert(verdict);
        } else {
            self.suspect(verdict);
        }
    }

    fn suspect(&mut self, verdict: DoctorVerdict) {
        if self.suspicion.as_ref().is_none_or(|s| s.confidence < verdict.confidence) {
            self.suspicion = Some(verdict);
        }
    }

    fn proven(&mut self, cause: Cause, because: impl Into<String>) {
        self.blame(cause, Confidence::Sure, because, DoctorStage::Beyond);
    }

    fn conclude(&self, evidence: &DoctorEvidence<'_>) -> DoctorVerdict {
        if let Some(found) = self.subject_diagnosis(evidence) {
            return self.verdict_of(&found);
        }
        // Names that a proxy looks up, no TLS on this machine and no gauge of the rate limit leave nothing unknown.
        let unknown =
            |f: &&Finding| f.result == ProbeResult::Skip && !matches!(f.name, "names" | "tls" | "limits" | "send");
        let mut skipped: Vec<&str> = Vec::new();
        for finding in self.findings.iter().filter(unknown) {
            if !skipped.contains(&finding.name) {
                skipped.push(finding.name);
            }
        }
        let (cause, why) = match (&self.suspicion, self.skew, skipped.as_slice()) {
            (Some(suspicion), ..) => return suspicion.clone(),
            (_, Some(skew), _) => (Some(Cause::ClockSkew), skew_words(skew)),
            (_, _, []) => (None, "every check passed".to_owned()),
            (_, _, skipped) => {
                (None, format!("every check that could be made passed; not known: {}", skipped.join(", ")))
            }
        };
        DoctorVerdict::new(cause, Confidence::Sure, why)
    }

    fn has_said(&self, name: &str) -> bool {
        self.findings.iter().any(|finding| finding.name == name)
    }

    fn not_asked(&mut self, asked: ProbeQuestion, why: &str, evidence: &DoctorEvidence<'_>) {
        let name = match asked {
            ProbeQuestion::Reach(_) => "names",
            ProbeQuestion::Token => "token",
            ProbeQuestion::Scopes => "scopes",
            ProbeQuestion::Conversation(_) | ProbeQuestion::Id(..) => "conversation",
            ProbeQuestion::Messages(_) => "replies",
            ProbeQuestion::Integration(_) => "integration",
            ProbeQuestion::Deployment(_) => "deployment",
            ProbeQuestion::Domains(_) => "domains",
            ProbeQuestion::Origin(_) => "origin",
        };
        // A pasted token cannot be requested again: the probe is skipped. In every other profile it fails, as a finding.
        let none = match asked {
            ProbeQuestion::Token => !evidence.profile.pasted,
            ProbeQuestion::Scopes => evidence.token.is_none(),
            _ => false,
        };
        if none {
            self.blame(Cause::Unknown, Confidence::Possible, why, DoctorStage::Token);
        }
        self.findings.push(Finding::new(name, if none { ProbeResult::Fail } else { ProbeResult::Skip }, why));
    }
}

fn reason(exchange: &Exchange, unknown: &str) -> String {
    one_line(&exchange.outcome.words().unwrap_or_else(|| unknown.to_owned()))
}

fn skew_words(seconds: i64) -> String {
    let side = if seconds > 0 { "ahead of" } else { "behind" };
    format!("the server's clock is {} s {side} this machine's", seconds.abs())
}

fn diagnose(exchange: &Exchange, channel: Option<Channel>, evidence: &DoctorEvidence<'_>) -> Option<Diagnosis> {
    super::diagnose(exchange, channel, evidence.profile, evidence.history)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
#[path = "../../../tests/unit/diagnosis/doctor/mod.rs"]
mod tests;
