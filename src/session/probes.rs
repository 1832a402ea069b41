//! A series of safe questions that finds out what is wrong. What to ask is decided by [`Doctor`]; each answer is an
//! entry of the log, and what it shows is news.

use crate::diagnosis::doctor::{Doctor, DoctorEvidence, DoctorStep, DoctorVerdict, Finding};
use crate::engine::Command;
use crate::model::{Conversation, Exchange, Moment, ProbeQuestion, Probed};

use super::changes::{Changes, Notice};
use super::probe_series::ProbeSeries;
use super::{OutgoingMessage, Session};

/// What the test message says.
const TEST: &str = "guestwire doctor: test message";

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
        self.probes = Some(ProbeSeries::new(doctor, number));
        self.with_probes(now, changes, |_, _| Vec::new());
    }

    /// An answer came.
    pub(super) fn probe_answered(&mut self, asked: ProbeQuestion, result: &Probed, now: Moment, changes: &mut Changes) {
        let exchange = match result {
            Probed::Asked(id) => self.log.entry_of(*id).and_then(|entry| entry.exchange().cloned()),
            Probed::NotAsked(_) => None,
        };
        self.with_probes(now, changes, |doctor, evidence| {
            doctor.answered(asked, result, exchange.as_deref(), evidence)
        });
    }

    /// The test message may have come to its end.
    pub(super) fn probe_sent(&mut self, exchange: &Exchange, now: Moment, changes: &mut Changes) {
        let probes = self.probes.as_mut().filter(|_| exchange.message.is_some() && exchange.outcome.is_settled());
        if probes.and_then(|probes| probes.sending.take_if(|id| exchange.message == Some(*id))).is_some() {
            self.with_probes(now, changes, |doctor, evidence| doctor.sent(exchange, evidence));
        }
    }

    /// Takes what is found, and goes on with the series.
    fn with_probes(
        &mut self,
        now: Moment,
        changes: &mut Changes,
        find: impl FnOnce(&mut Doctor, &DoctorEvidence<'_>) -> Vec<Finding>,
    ) {
        let Some(probes) = self.probes.as_mut().filter(|probes| !probes.over) else { return };
        let evidence = DoctorEvidence {
            profile: &self.profile.facts,
            history: &self.diagnoses.evidence,
            token: self.sign_in.status.facts(),
            proxied: matches!(self.profile.proxy, Some(Ok(_))),
        };
        let (found, next) = probes.go_on(&evidence, find);
        for finding in found {
            changes.notice(Notice::Probed(finding));
        }
        match next {
            DoctorStep::Ask(asked) => changes.engine(Command::Probe(asked)),
            DoctorStep::Send(conversation) => {
                let message = self.submit(OutgoingMessage::text(conversation, TEST), now, changes);
                self.probes.iter_mut().for_each(|probes| probes.sending = Some(message));
            }
            DoctorStep::Over(verdict) => changes.notice(Notice::ProbesOver(verdict)),
        }
    }

    /// Ends a series that cannot go on: its verdict.
    pub fn stop_probes(&mut self, why: &str) -> Option<DoctorVerdict> {
        let probes = self.probes.as_mut().filter(|probes| !probes.over)?;
        probes.over = true;
        Some(DoctorVerdict::undecided(why, probes.sending.is_some()))
    }
}
