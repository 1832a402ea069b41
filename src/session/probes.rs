//! A series of safe questions that finds out what is wrong. What to ask is decided by [`Doctor`]; each answer is an
//! entry of the log, and what it shows is news.

use crate::diagnosis::doctor::{Doctor, DoctorEvidence, DoctorStep, DoctorVerdict, Finding};
use crate::engine::Command;
use crate::model::{Conversation, Exchange, MessageId, Moment, ProbeQuestion, Probed};

use super::changes::{Changes, Notice};
use super::{OutgoingMessage, Session};

/// What the test message says.
const TEST: &str = "guestwire doctor: test message";

/// A series of probes.
#[derive(Clone, Debug)]
pub struct ProbeSeries {
    doctor: Doctor,
    /// The log's entry that it is about.
    pub number: Option<u64>,
    /// What was found so far.
    pub findings: Vec<Finding>,
    /// The test message, while its outcome is not known.
    pub sending: Option<MessageId>,
    /// It has ended.
    pub over: bool,
}

impl Session {
    /// Whether probes are under way.
    pub fn is_probing(&self) -> bool {
        self.probes.as_ref().is_some_and(|probes| !probes.over)
    }

    /// Begins a series that changes nothing: about the refusal that is the log's entry `number`, else about the open
    /// conversation.
    pub fn probe(&mut self, number: Option<u64>, now: Moment, changes: &mut Changes) {
        let refusal = number.and_then(|n| self.log.entry(n)).filter(|e| e.diagnosis().is_some_and(|d| !d.healed));
        let refusal = refusal.and_then(|entry| entry.exchange().cloned());
        let key = refusal.as_ref().and_then(|x| x.conversation).or(self.conversations.active());
        let target = key.and_then(|key| self.conversations.get(key)).map(|item| item.conversation.clone());
        let channel = target.as_ref().map(Conversation::channel);
        let mut doctor = Doctor::new(&self.profile.facts, target, false);
        if let Some(exchange) = &refusal {
            doctor = doctor.because_of((**exchange).clone(), channel.filter(|_| exchange.conversation.is_some()));
        }
        self.begin_probes(doctor, number.filter(|_| refusal.is_some()), now, changes);
    }

    /// Begins a series.
    pub fn begin_probes(&mut self, doctor: Doctor, number: Option<u64>, now: Moment, changes: &mut Changes) {
        self.probes = Some(ProbeSeries { doctor, number, findings: Vec::new(), sending: None, over: false });
        self.with_probes(now, changes, |_, _| Vec::new());
    }

    /// An answer came.
    pub(super) fn probe_answered(&mut self, asked: ProbeQuestion, came: &Probed, now: Moment, changes: &mut Changes) {
        let exchange = match came {
            Probed::Asked(id) => self.log.entry_of(*id).and_then(|entry| entry.exchange().cloned()),
            Probed::NotAsked(_) => None,
        };
        self.with_probes(now, changes, |probes, evidence| {
            probes.doctor.answered(asked, came, exchange.as_deref(), evidence)
        });
    }

    /// The test message may have come to its end.
    pub(super) fn probe_sent(&mut self, exchange: &Exchange, now: Moment, changes: &mut Changes) {
        let sending = self.probes.as_ref().and_then(|probes| probes.sending);
        if sending.is_some() && exchange.message == sending && exchange.outcome.is_settled() {
            self.with_probes(now, changes, |probes, evidence| {
                probes.sending = None;
                probes.doctor.sent(exchange, evidence)
            });
        }
    }

    /// Takes what is found, and goes on with the series.
    fn with_probes(
        &mut self,
        now: Moment,
        changes: &mut Changes,
        find: impl FnOnce(&mut ProbeSeries, &DoctorEvidence<'_>) -> Vec<Finding>,
    ) {
        let Some(mut probes) = self.probes.take_if(|probes| !probes.over) else { return };
        let evidence = DoctorEvidence {
            profile: &self.profile.facts,
            history: &self.diagnoses.evidence,
            token: self.sign_in.status.facts(),
        };
        let mut found = find(&mut probes, &evidence);
        let (more, next) = probes.doctor.next(&evidence);
        found.extend(more);
        for finding in &found {
            changes.notice(Notice::Probed(finding.clone()));
        }
        probes.findings.extend(found);
        match next {
            DoctorStep::Ask(asked) => changes.engine(Command::Probe(asked)),
            DoctorStep::Send(conversation) => {
                probes.sending = Some(self.submit(OutgoingMessage::text(conversation, TEST), now, changes));
            }
            DoctorStep::Over(verdict) => {
                probes.over = true;
                changes.notice(Notice::ProbesOver(verdict));
            }
        }
        self.probes = Some(probes);
    }

    /// Ends a series that cannot go on: its verdict.
    pub fn stop_probes(&mut self, why: &str) -> Option<DoctorVerdict> {
        let probes = self.probes.as_mut().filter(|probes| !probes.over)?;
        probes.over = true;
        Some(DoctorVerdict::undecided(why, probes.sending.is_some()))
    }
}
