//! A short series of safe questions that ends with one verdict. Pure: which question comes next, what an answer means,
//! and when the verdict is proven; who asks is the engine, who listens is the console or the command line.
//!
//! ```text
//! Doctor::new ─► next ─► Ask(question) ─► (engine) ─► came ─► findings ─┐
//!                 ▲                                                     │
//!                 ├──────────── nothing is proven yet ◄─────────────────┤
//!                 └─► Over(verdict) ◄── proven, or nothing left to ask ─┘
//! ```
//! The order goes from the ground up: hosts (names, TLS), token, what the token may do and where (scopes, region), the
//! clocks, the conversation, its guest, the rate limit, and, only if asked, a test message. Whoever begins from a refusal
//! gets a series that ends as soon as that refusal's own diagnosis is sure.
//!
//! | channel | what is asked after the hosts |
//! |---|---|
//! | guest-api | token · what it may do · the conversation · its messages |
//! | open-messaging | token · what it may do · the integration · whether messages may be read |
//! | web-messaging | the deployment's public configuration · its domains · opening its socket: no token anywhere |

mod answers;
mod deployments;
mod finding;

use std::collections::VecDeque;

use super::case::ProfileFacts;
use super::evidence::request;
use crate::model::{
    Cause, Channel, Confidence, Conversation, ConversationKey, Diagnosis, Exchange, Host, ProbeQuestion, Probed,
    Unreadable,
};
use finding::{diagnose, fail, plain, skew_words};

pub use finding::{DoctorEvidence, DoctorStage, DoctorStep, DoctorVerdict, Finding, ProbeResult};

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Doctor {
    target: Option<Conversation>,
    subject: Option<(Box<Exchange>, Option<Channel>)>,
    plan: VecDeque<Step>,
    said: Vec<&'static str>,
    /// Checks that could not be made.
    skipped: Vec<&'static str>,
    suspicion: Option<DoctorVerdict>,
    verdict: Option<DoctorVerdict>,
    skew: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Ask(ProbeQuestion),
    Send(ConversationKey),
}

impl Doctor {
    /// A series that has not begun. `target` is the conversation that is looked at; `send_test` sends one message into it.
    pub fn new(profile: &ProfileFacts, target: Option<Conversation>, send_test: bool) -> Self {
        let mut plan = VecDeque::new();
        let key = target.as_ref().map(|t| t.key);
        let channel = target.as_ref().map(Conversation::channel);
        // Where the guest's own token is the identity, no client is needed, so none is asked for.
        if channel.is_none_or(|channel| !channel.has_sessions()) {
            Self::sign_in(profile, &mut plan);
        }
        let probes = channel.map_or(&[][..], |channel| channel.capabilities().probes);
        plan.extend(key.into_iter().flat_map(|key| probes.iter().map(move |probe| Step::Ask(probe(key)))));
        plan.extend(key.filter(|_| send_test).map(Step::Send));
        Self { target, plan, ..Self::default() }
    }

    fn sign_in(profile: &ProfileFacts, plan: &mut VecDeque<Step>) {
        if !profile.pasted && request::authority(&profile.token_host) != request::authority(&profile.api) {
            plan.push_back(Step::Ask(ProbeQuestion::Reach(Host::Token)));
        }
        plan.extend([ProbeQuestion::Reach(Host::Api), ProbeQuestion::Token, ProbeQuestion::Scopes].map(Step::Ask));
    }

    /// … that is to say why `exchange` was refused.
    #[must_use]
    pub fn because_of(mut self, exchange: Exchange, channel: Option<Channel>) -> Self {
        self.subject = Some((Box::new(exchange), channel));
        self
    }

    /// What to do next. To be asked at the beginning and after each answer.
    pub fn next(&mut self, evidence: &DoctorEvidence<'_>) -> (Vec<Finding>, DoctorStep) {
        let mut findings = Vec::new();
        self.look_at_subject(evidence);
        while self.verdict.is_none() {
            match self.plan.pop_front() {
                Some(Step::Ask(
                    ProbeQuestion::Conversation(_) | ProbeQuestion::Integration(_) | ProbeQuestion::Deployment(_),
                )) if self.malformed().is_some() => {
                    findings.extend(self.form());
                }
                Some(Step::Ask(ProbeQuestion::Messages(_))) if self.said.contains(&"replies") => {}
                Some(Step::Ask(asked)) => return (findings, DoctorStep::Ask(asked)),
                Some(Step::Send(key)) => return (findings, DoctorStep::Send(key)),
                None => {
                    // What was not reached needs no line; what cannot be looked at here says so.
                    findings.extend(self.not_looked_at());
                    self.count_skipped(&findings);
                    break;
                }
            }
        }
        let verdict = self.verdict.take().unwrap_or_else(|| self.conclude(evidence));
        self.plan.clear();
        self.verdict = Some(verdict.clone());
        (findings, DoctorStep::Over(verdict))
    }

    /// An answer came: what it shows. `exchange` is there where the question was asked.
    pub fn answered(
        &mut self,
        asked: ProbeQuestion,
        result: &Probed,
        exchange: Option<&Exchange>,
        evidence: &DoctorEvidence<'_>,
    ) -> Vec<Finding> {
        let findings = match (result, exchange) {
            (Probed::NotAsked(why), _) => self.not_asked(asked, why, evidence),
            (Probed::Asked(_), None) => self.not_asked(asked, "its exchange is not known", evidence),
            (Probed::Asked(_), Some(exchange)) => self.findings(asked, exchange, evidence),
        };
        self.said.extend(findings.iter().map(|f| f.name));
        self.count_skipped(&findings);
        self.look_at_subject(evidence);
        findings
    }

    /// The test message is settled.
    pub fn sent(&mut self, exchange: &Exchange, evidence: &DoctorEvidence<'_>) -> Vec<Finding> {
        let finding = finding::test_message(exchange);
        if finding.result == ProbeResult::Pass {
            // What was only likely to be in its way was not: a service that decides by roles names no scope, for example.
            self.suspicion.take_if(|suspicion| suspicion.confidence < Confidence::Sure);
        }
        if finding.result == ProbeResult::Fail {
            // It is what is to be explained from now on; what looks at it again after the refusal decides most.
            let channel = self.target.as_ref().map(Conversation::channel);
            self.subject = Some((Box::new(exchange.clone()), channel));
            self.look_at_subject(evidence);
            if let Some(target) = self.target.as_ref().filter(|_| self.verdict.is_none()) {
                let key = target.key;
                let channel = target.channel();
                let scopes = (!channel.has_sessions()).then_some(ProbeQuestion::Scopes);
                let place = channel.capabilities().probes.first().map(|probe| probe(key));
                self.plan.extend(scopes.into_iter().chain(place).map(Step::Ask));
            }
        }
        vec![finding]
    }

    /// What the target is addressed by, where it does not have the form of an id: which finding, which cause.
    fn malformed(&self) -> Option<(&'static str, Cause)> {
        let address = &self.target.as_ref()?.address;
        let channel = address.channel().capabilities();
        let id = address.id();
        let (name, cause) = (channel.addressed_by, channel.malformed);
        (!crate::model::ids::is_uuid(id)).then_some((name, cause))
    }

    /// A malformed id needs no question.
    fn form(&mut self) -> Option<Finding> {
        let (name, cause) = self.malformed()?;
        let why = format!("the {name} id is not a UUID");
        self.proven(cause, why.clone());
        Some(plain(name, ProbeResult::Fail, why))
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
        let send_unknown =
            self.subject.as_ref().is_some_and(|(x, _)| matches!(x.outcome, crate::model::Outcome::Unknown(_)));
        let verdict = DoctorVerdict::new(Some(diagnosis.cause()), diagnosis.confidence(), diagnosis.sentence());
        DoctorVerdict { send_unknown, ..verdict }
    }

    /// Something is wrong. Where the series has a refusal to explain it goes on: that refusal may have another cause.
    fn found(&mut self, cause: Cause, confidence: Confidence, because: impl Into<String>, stage: DoctorStage) {
        let verdict = DoctorVerdict { stage, ..DoctorVerdict::new(Some(cause), confidence, because) };
        let stops = self.subject.is_none() || stage != DoctorStage::Beyond;
        if stops && confidence == Confidence::Sure || stage != DoctorStage::Beyond {
            self.verdict.get_or_insert(verdict);
        } else if self.suspicion.as_ref().is_none_or(|s| s.confidence < verdict.confidence) {
            self.suspicion = Some(verdict);
        }
    }

    /// Something is wrong for sure.
    fn proven(&mut self, cause: Cause, because: impl Into<String>) {
        self.found(cause, Confidence::Sure, because, DoctorStage::Beyond);
    }

    /// Replies cannot be read. The series goes on: messages may be accepted all the same.
    fn unreadable(&mut self, why: &Unreadable, exchange: &Exchange) -> Finding {
        if self.suspicion.as_ref().is_none_or(|s| s.confidence < Confidence::Sure) {
            self.suspicion = Some(DoctorVerdict::new(Some(Cause::RepliesUnreadable), Confidence::Sure, why.sentence()));
        }
        fail("replies", why.sentence(), exchange)
    }

    fn conclude(&self, evidence: &DoctorEvidence<'_>) -> DoctorVerdict {
        if let Some(found) = self.subject_diagnosis(evidence) {
            return self.verdict_of(&found);
        }
        if let Some(suspicion) = &self.suspicion {
            return suspicion.clone();
        }
        if let Some(skew) = self.skew {
            return DoctorVerdict::new(Some(Cause::ClockSkew), Confidence::Sure, skew_words(skew));
        }
        let why = if self.skipped.is_empty() {
            "every check passed".to_owned()
        } else {
            format!("every check that could be made passed; not known: {}", self.skipped.join(", "))
        };
        DoctorVerdict::new(None, Confidence::Sure, why)
    }

    /// What could not be checked is named in the verdict. That there is no proxy, or that it looks up the names, no TLS on
    /// this machine and no gauge of the rate limit leave nothing unknown.
    fn count_skipped(&mut self, findings: &[Finding]) {
        for finding in findings.iter().filter(|f| f.result == ProbeResult::Skip) {
            if !matches!(finding.name, "proxy" | "names" | "tls" | "limits") && !self.skipped.contains(&finding.name) {
                self.skipped.push(finding.name);
            }
        }
    }

    fn not_asked(&mut self, asked: ProbeQuestion, why: &str, evidence: &DoctorEvidence<'_>) -> Vec<Finding> {
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
        // A pasted token cannot be asked for anew. In every other profile a token that is not there is the finding.
        let none = match asked {
            ProbeQuestion::Token => !evidence.profile.pasted,
            ProbeQuestion::Scopes => evidence.token.is_none(),
            _ => false,
        };
        if none {
            self.found(Cause::Unknown, Confidence::Possible, why, DoctorStage::Token);
            return vec![plain(name, ProbeResult::Fail, why)];
        }
        vec![plain(name, ProbeResult::Skip, why)]
    }

    fn not_looked_at(&self) -> Option<Finding> {
        let why = "the profile has no conversation to check";
        self.target.is_none().then(|| plain("conversation", ProbeResult::Skip, why))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
#[path = "../../../tests/unit/diagnosis/doctor/mod.rs"]
mod tests;
