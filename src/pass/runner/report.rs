//! What the engine's reports change: the message's delivery status, exchanges as evidence, what is heard, and the token.

use std::sync::Arc;

use super::expectation::{Expectation, listening_until};
use super::prepare::next_read;
use super::{EXCHANGES_KEPT, Runner, RunnerContext, RunnerEffect, StepStage};
use crate::diagnosis::{Case, diagnose};
use crate::engine::Report;
use crate::model::{ConversationKey, DeliveryStatus, Diagnosis, Exchange, ExchangeKind, MessageId, TokenStatus};
use crate::pass::evidence::{ExchangeEvidence, SaidMessage};

impl Runner {
    pub(super) fn report(&mut self, report: &Report, known: &RunnerContext<'_>) {
        match report {
            Report::Token(status) => self.token(status),
            Report::Exchange(exchange) => self.exchange(exchange, known),
            Report::Message { id, delivery, remote_id, .. } => self.message(*id, delivery, remote_id.as_deref()),
            Report::Conversation { key, messages, .. } => {
                self.trackers.entry(*key).or_default().read(messages);
                if self.speaks_in(*key) {
                    if let Some((_, reads)) = self.watch.as_ref().and_then(|w| w.read) {
                        self.schedule_read(reads + 1);
                    }
                    self.note_heard(*key);
                }
            }
            Report::RepliesReadable { key, readable, as_of } => {
                self.trackers.entry(*key).or_default().told_readable(readable, *as_of);
            }
            Report::MessagesArrived { key, messages } => {
                self.trackers.entry(*key).or_default().heard(messages);
                if self.speaks_in(*key) {
                    self.note_heard(*key);
                }
            }
            _ => {}
        }
    }

    fn speaks_in(&self, key: ConversationKey) -> bool {
        matches!(self.stage, StepStage::Watching | StepStage::Judging)
            && self.watch.is_some()
            && self.open_player().is_ok_and(|p| p.key == key)
    }

    fn token(&mut self, status: &TokenStatus) {
        if let Some(facts) = status.facts() {
            self.sign_in.generation = Some(facts.generation);
            // The first token of a session is no renewal.
            if let Some(watch) = &mut self.watch {
                watch.generation.get_or_insert(facts.generation);
            }
        }
    }

    /// An exchange went on: evidence, where it belongs to the open step.
    fn exchange(&mut self, exchange: &Arc<Exchange>, known: &RunnerContext<'_>) {
        let Some(watch) = &mut self.watch else { return };
        let ours = exchange.message.is_some() && exchange.message == watch.message;
        if ours {
            watch.exchange = Some(Arc::clone(exchange));
        }
        let since = exchange.started.mono >= watch.began.mono;
        let shared =
            exchange.message.is_none() && since && matches!(exchange.kind, ExchangeKind::Token | ExchangeKind::Probe);
        let began = exchange.conversation;
        let here = exchange.message.is_none() && since && self.open_player().is_ok_and(|p| Some(p.key) == began);
        if !(ours || shared || here) {
            return;
        }
        let name = began.and_then(|key| self.cast.player(key)).map(|p| p.name.clone());
        let diagnosis = self.why(exchange, known);
        let record = ExchangeEvidence::of(exchange, name, diagnosis.as_ref());
        let Some(evidence) = self.open_mut().map(|result| &mut result.evidence) else { return };
        if let Some(known) = evidence.exchanges.iter_mut().find(|x| x.exchange.id == exchange.id) {
            *known = record;
        } else if evidence.exchanges.len() < EXCHANGES_KEPT {
            evidence.exchanges.push(record);
        }
    }

    /// Why an exchange was refused.
    pub(super) fn why(&self, exchange: &Exchange, known: &RunnerContext<'_>) -> Option<Diagnosis> {
        let channel = exchange.conversation.and_then(|key| self.cast.player(key)).map(|player| player.channel);
        diagnose(&Case { exchange, channel, profile: known.facts, history: known.past })
    }

    fn message(&mut self, id: MessageId, delivery: &DeliveryStatus, remote_id: Option<&str>) {
        let now = self.now;
        let key = self.open_player().ok().map(|p| (p.key, p.channel));
        let Some(watch) = self.watch.as_mut().filter(|w| w.message == Some(id)) else { return };
        // What is over does not begin again.
        if watch.delivery.as_ref().is_some_and(DeliveryStatus::is_settled) && !delivery.is_settled() {
            return;
        }
        watch.delivery = Some(delivery.clone());
        let settled = delivery.is_settled();
        if delivery.is_settled() && watch.settled.is_none() {
            watch.settled = Some(now);
            let listens = watch.wanted.iter().any(Expectation::listens);
            let reads = key.is_some_and(|(_, channel)| !channel.has_sessions());
            if listens && reads {
                self.schedule_read(0);
            }
        }
        if let Some((key, _)) = key {
            let tracker = self.trackers.entry(key).or_default();
            if let Some(id) = remote_id {
                tracker.known_as(id);
            }
            if settled {
                tracker.settled();
            }
        }
        if let Some(said) = self.open_mut().and_then(|r| r.evidence.said.iter_mut().find(|s| s.is_ours())) {
            said.now(delivery);
            if let Some(id) = remote_id {
                said.remote_id = Some(id.to_owned());
            }
        }
        if delivery.is_settled()
            && let Some((key, _)) = key.filter(|(_, channel)| channel.has_sessions())
        {
            // What came by itself while it was under way is an answer already.
            self.note_heard(key);
        }
    }

    /// What the other side said goes with the step as evidence.
    fn note_heard(&mut self, key: ConversationKey) {
        let heard = self.trackers.get(&key).into_iter().flat_map(|replies| replies.fresh.iter().skip(replies.taken));
        let heard: Vec<SaidMessage> = heard.map(SaidMessage::heard).collect();
        let Some(result) = self.open_mut() else { return };
        for message in heard {
            if !result.evidence.said.iter().any(|said| said.remote_id == message.remote_id) {
                result.evidence.said.push(message);
            }
        }
    }

    /// Reads where it is time to.
    pub(super) fn read_when_due(&mut self, effects: &mut Vec<RunnerEffect>) {
        let now = self.now;
        let Ok(player) = self.open_player().cloned() else { return };
        let Some(watch) = self.watch.as_ref().filter(|_| self.stage == StepStage::Watching) else { return };
        if let Some((at, reads)) = watch.read
            && at.left(now).is_zero()
            && !player.channel.has_sessions()
        {
            self.schedule_read(reads + 1);
            effects.push(RunnerEffect::Read(player.key));
        }
    }

    /// The next read comes after a pause that grows with the `reads` so far, and no later than the end of what is listened
    /// for: only a read that begins then shows all that was said until then.
    fn schedule_read(&mut self, reads: usize) {
        let now = self.now;
        let Some(watch) = &self.watch else { return };
        let seen = self.seen(watch, None);
        let ends = listening_until(&watch.wanted, &seen).filter(|end| end.mono > now.mono);
        let next = ends.chain([next_read(now, reads)]).min_by_key(|at| at.mono);
        if let Some(watch) = &mut self.watch {
            watch.read = next.map(|next| (next, reads));
        }
    }
}
