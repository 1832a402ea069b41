//! Why exchanges were refused: diagnosed when they are finished, and again when something new is known. Those that were
//! kept are taken in order, so that each is judged by what was known until then, as it was on the screen. Probes find out more.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::log::{Log, LogEntry};
use super::refusals::Refusal;
use super::state::ProbeSeries;
use super::{Changes, Notice, Session};
use crate::config::Profile;
use crate::diagnosis::doctor::{Doctor, DoctorEvidence, DoctorStep, DoctorVerdict};
use crate::diagnosis::{PastExchanges, ProfileFacts, diagnose};
use crate::engine::Command;
use crate::journal::job::{KeptEntry, LogSource};
use crate::model::{
    Channel, Confidence, Conversation, ConversationKey, Diagnosis, Exchange, ExchangeId, ExchangeKind, Moment,
    OutgoingMessage, ProbeQuestion, Probed,
};

const TEST: &str = "guestwire doctor: test message";
/// Entries diagnosed again when something new is known: the newest that are not decided.
const AGAIN: usize = 24;

impl Session {
    /// Why an exchange was refused, by what is known now. `None` where there is nothing to explain.
    pub fn diagnose(&self, exchange: &Exchange) -> Option<Diagnosis> {
        let found = diagnose(exchange, self.channel_of(exchange), &self.profile.facts, &self.diagnoses.evidence);
        found.filter(|diagnosis| !self.profile.muted.contains(&diagnosis.cause()))
    }

    fn channel_of(&self, exchange: &Exchange) -> Option<Channel> {
        self.conversations.channel(exchange.conversation?)
    }

    pub(super) fn diagnose_exchange(&mut self, exchange: &Exchange) {
        let news = self.diagnoses.evidence.exchange(exchange);
        if exchange.outcome.is_finished() {
            self.record_diagnosis(exchange);
        }
        if news {
            self.diagnose_again(Some(exchange.id));
        }
    }

    fn record_diagnosis(&mut self, exchange: &Exchange) {
        let found = self.diagnose(exchange);
        if let Some(diagnosis) = &found
            && exchange.sent_as.is_none()
            && exchange.kind != ExchangeKind::Probe
        {
            let refusal = Refusal {
                exchange: exchange.id,
                at: exchange.ended().unwrap_or(exchange.started),
                conversation: exchange.conversation,
                channel: self.channel_of(exchange),
                cause: diagnosis.cause(),
                healed: diagnosis.healed,
            };
            self.diagnoses.refusals.note(refusal);
        }
        self.log.set_diagnosis(exchange.id, found.map(Arc::new));
    }

    /// New evidence came: diagnoses again what was not decided, except an exchange that the caller diagnosed just now.
    pub(super) fn diagnose_again(&mut self, except: Option<ExchangeId>) {
        let open = |entry: &&LogEntry| entry.diagnosis().is_some_and(|d| d.confidence() != Confidence::Sure);
        let open = self.log.entries().rev().filter(open).filter_map(LogEntry::exchange);
        let undecided: Vec<_> = open.filter(|exchange| Some(exchange.id) != except).take(AGAIN).cloned().collect();
        for exchange in undecided {
            self.record_diagnosis(&exchange);
        }
    }

    /// A log of kept entries that says why each was refused: as this session knows, else by what these entries show.
    pub fn log_of_kept(&self, entries: &[KeptEntry]) -> Log {
        let mut log = self.log.of_history(entries);
        let conversations = self.conversations.items().map(|item| &item.conversation);
        let mut kept = KeptDiagnoser::new(self.profile.facts.clone(), conversations);
        for entry in entries {
            let LogSource::Exchange(exchange) = &entry.source else { continue };
            let by_these = kept.next(exchange);
            let why = self.log.why_of(exchange.id).cloned().or(by_these);
            let shown = why.filter(|why| !self.profile.muted.contains(&why.cause()));
            log.set_diagnosis(exchange.id, shown.map(Arc::new));
        }
        log
    }
}

/// Diagnoses exchanges that were kept, oldest first, each by what those before it show.
#[derive(Debug)]
pub struct KeptDiagnoser {
    facts: ProfileFacts,
    channels: BTreeMap<ConversationKey, Channel>,
    past: PastExchanges,
    /// The upper half of its exchanges' ids.
    session: u64,
}

impl KeptDiagnoser {
    pub fn of(profile: &Profile) -> Self {
        Self::new(ProfileFacts::of(profile), profile.conversations.iter().map(|entry| &entry.conversation))
    }

    fn new<'c>(facts: ProfileFacts, conversations: impl Iterator<Item = &'c Conversation>) -> Self {
        let channels = conversations.map(|conversation| (conversation.key, conversation.channel())).collect();
        Self { facts, channels, past: PastExchanges::default(), session: 0 }
    }

    /// The next exchange, oldest first: why it was refused, where it was.
    pub fn next(&mut self, exchange: &Exchange) -> Option<Diagnosis> {
        let session = exchange.id.0 >> 32;
        if session != self.session {
            self.session = session;
            // Token generations begin anew with each session.
            self.past = PastExchanges::default();
        }
        self.past.exchange(exchange);
        let channel = exchange.conversation.and_then(|key| self.channels.get(&key).copied());
        diagnose(exchange, channel, &self.facts, &self.past)
    }
}

/// The checks that a person asks for: [`Doctor`] says what to ask, the engine asks it, and each finding becomes a notice.
impl Session {
    pub(crate) fn is_probing(&self) -> bool {
        self.probes.as_ref().is_some_and(|probes| !probes.over)
    }

    /// Begins a series that changes nothing, about the refusal that is entry `number`, else the open conversation.
    pub fn probe(&mut self, number: Option<u64>, now: Moment, changes: &mut Changes) {
        let refusal = number.and_then(|n| self.log.entry(n)).filter(|e| e.diagnosis().is_some_and(|d| !d.healed));
        let refusal = refusal.and_then(|entry| entry.exchange().cloned());
        let key = refusal.as_ref().and_then(|x| x.conversation).or(self.conversations.active());
        let target = key.and_then(|key| self.conversations.get(key)).map(|item| item.conversation.clone());
        let mut doctor = Doctor::new(&self.profile.facts, target, false);
        if let Some(exchange) = &refusal {
            doctor = doctor.because_of((**exchange).clone(), self.channel_of(exchange));
        }
        self.begin_probes(doctor, number.filter(|_| refusal.is_some()), now, changes);
    }

    pub(crate) fn begin_probes(&mut self, doctor: Doctor, number: Option<u64>, now: Moment, changes: &mut Changes) {
        self.probes = Some(ProbeSeries { doctor, number, sending: None, over: false });
        self.with_probes(now, changes, |_, _| ());
    }

    pub(super) fn probe_answered(&mut self, asked: ProbeQuestion, result: &Probed, now: Moment, changes: &mut Changes) {
        let exchange = self.log.probed(result).cloned();
        self.with_probes(now, changes, |doctor, evidence| {
            doctor.answered(asked, result, exchange.as_deref(), evidence);
        });
    }

    pub(super) fn probe_sent(&mut self, exchange: &Exchange, now: Moment, changes: &mut Changes) {
        let probes = self.probes.as_mut().filter(|_| exchange.message.is_some() && exchange.outcome.is_finished());
        if probes.and_then(|probes| probes.sending.take_if(|id| exchange.message == Some(*id))).is_some() {
            self.with_probes(now, changes, |doctor, evidence| doctor.sent(exchange, evidence));
        }
    }

    fn with_probes(&mut self, now: Moment, changes: &mut Changes, find: impl FnOnce(&mut Doctor, &DoctorEvidence<'_>)) {
        let Some(probes) = self.probes.as_mut().filter(|probes| !probes.over) else { return };
        let evidence = DoctorEvidence {
            profile: &self.profile.facts,
            history: &self.diagnoses.evidence,
            token: self.sign_in.status.facts(),
            proxied: matches!(self.profile.proxy, Some(Ok(_))),
        };
        let reported = probes.doctor.findings.len();
        find(&mut probes.doctor, &evidence);
        let next = probes.doctor.next(&evidence);
        probes.over = matches!(next, DoctorStep::Over(_));
        for finding in probes.doctor.findings.iter().skip(reported) {
            changes.notice(Notice::Probed(finding.clone()));
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

    pub(crate) fn stop_probes(&mut self, why: &str) -> Option<DoctorVerdict> {
        let probes = self.probes.as_mut().filter(|probes| !probes.over)?;
        probes.over = true;
        Some(DoctorVerdict::undecided(why, probes.sending.is_some()))
    }
}
