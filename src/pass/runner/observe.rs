//! What the engine's reports change (the message's delivery status, exchanges as evidence, remote messages, the token),
//! and how the expectations stand after each event.

use std::sync::Arc;
use std::time::Duration;

use super::expectation::{Observed, Status, StepProgress, captured, fits, listening_until};
use super::replies::ReplyTracker;
use super::{EXCHANGES_KEPT, Mode, Runner, RunnerContext, RunnerEffect, StepStage};
use crate::diagnosis::diagnose;
use crate::engine::{Command, Report};
use crate::model::{
    Author, Cause, ConversationKey, DeliveryStatus, Diagnosis, Exchange, ExchangeKind, Generation, MessageId, Moment,
    Probe, RemoteMessage,
};
use crate::pass::file::{Capture, CaptureSource, Expectation};
use crate::pass::result::{ExchangeEvidence, ExpectationState, SaidMessage, Verdict};

/// Milliseconds before a conversation is read again: growing pauses; the last one for all that follow.
const READ_PAUSES: [u64; 5] = [300, 600, 1_000, 1_500, 2_500];

impl Runner {
    pub(super) fn report(&mut self, report: &Report, known: &RunnerContext<'_>) {
        match report {
            Report::Token(status) => {
                let Some(facts) = status.facts() else { return };
                self.sign_in.generation = Some(facts.generation);
                // The first token of a session is no renewal.
                if let Some(watch) = &mut self.watch {
                    watch.generation.get_or_insert(facts.generation);
                }
            }
            Report::Exchange(exchange) => self.exchange(exchange, known),
            Report::Message { id, delivery, remote_id, .. } => self.message(*id, delivery, remote_id.as_deref()),
            Report::Conversation { key, messages, .. } => {
                self.trackers.entry(*key).or_default().add_read(messages);
                let reads = self.watch.as_ref().and_then(|watch| watch.read);
                if let Some((_, reads)) = reads.filter(|_| self.speaks_in(*key)) {
                    self.schedule_read(reads + 1);
                }
                self.note_replies(*key);
            }
            Report::RepliesReadable(key, readable, as_of) => {
                self.trackers.entry(*key).or_default().set_readable(readable, *as_of);
            }
            Report::MessagesArrived(key, messages) => {
                self.trackers.entry(*key).or_default().add_pushed(messages);
                self.note_replies(*key);
            }
            _ => {}
        }
    }

    fn speaks_in(&self, key: ConversationKey) -> bool {
        matches!(self.stage, StepStage::Watching | StepStage::Judging)
            && self.watch.is_some()
            && self.open_conversation().is_ok_and(|p| p.key == key)
    }

    /// An exchange went on: evidence, where it belongs to the open step.
    fn exchange(&mut self, exchange: &Arc<Exchange>, known: &RunnerContext<'_>) {
        let Some(watch) = &mut self.watch else { return };
        let ours = exchange.message.is_some() && exchange.message == watch.message;
        if ours {
            watch.exchange = Some(Arc::clone(exchange));
        }
        let since = exchange.message.is_none() && exchange.started.mono >= watch.began.mono;
        let shared = matches!(exchange.kind, ExchangeKind::Token | ExchangeKind::Probe);
        let place = exchange.conversation;
        let here = self.open_conversation().is_ok_and(|p| Some(p.key) == place);
        if !(ours || since && (shared || here)) {
            return;
        }
        let name = place.and_then(|key| self.setup.conversation(key)).map(|p| p.name.clone());
        let diagnosis = self.why(exchange, known);
        let record = ExchangeEvidence::of(exchange, name, diagnosis.as_ref());
        let Some(evidence) = self.open_mut().map(|result| &mut result.evidence) else { return };
        if let Some(known) = evidence.exchanges.iter_mut().find(|x| x.exchange.id == exchange.id) {
            *known = record;
        } else if evidence.exchanges.len() < EXCHANGES_KEPT {
            evidence.exchanges.push(record);
        }
    }

    pub(super) fn why(&self, exchange: &Exchange, known: &RunnerContext<'_>) -> Option<Diagnosis> {
        let channel = exchange.conversation.and_then(|key| self.setup.conversation(key)).map(|c| c.channel);
        diagnose(exchange, channel, known.facts, known.past)
    }

    fn message(&mut self, id: MessageId, delivery: &DeliveryStatus, remote_id: Option<&str>) {
        let now = self.now;
        let place = self.open_conversation().ok().map(|p| (p.key, p.channel.has_sessions()));
        let Some(watch) = self.watch.as_mut().filter(|w| w.message == Some(id)) else { return };
        let finished = delivery.is_finished();
        // What is over does not begin again.
        if watch.delivery.as_ref().is_some_and(DeliveryStatus::is_finished) && !finished {
            return;
        }
        watch.delivery = Some(delivery.clone());
        if finished && watch.finished_at.is_none() {
            watch.finished_at = Some(now);
            let listens = watch.wanted.iter().any(Expectation::listens);
            if listens && place.is_some_and(|(_, sessions)| !sessions) {
                self.schedule_read(0);
            }
        }
        if let Some((key, _)) = place {
            self.trackers.entry(key).or_default().ours_moved(remote_id, finished);
        }
        let said = self.open_mut().map(|result| &mut result.evidence.said);
        if let Some(said) = said.and_then(|said| said.iter_mut().find(|s| s.author == Author::Guest.name())) {
            said.delivery = Some(delivery.word().to_owned());
            said.remote_id = remote_id.map(str::to_owned).or(said.remote_id.take());
        }
        if let Some((key, true)) = place.filter(|_| finished) {
            // What came by itself while it was under way is an answer already.
            self.note_replies(key);
        }
    }

    fn note_replies(&mut self, key: ConversationKey) {
        let fresh = self.trackers.get(&key).filter(|_| self.speaks_in(key)).into_iter().flat_map(ReplyTracker::fresh);
        let fresh: Vec<SaidMessage> = fresh.map(SaidMessage::from_remote).collect();
        let Some(result) = self.open_mut() else { return };
        for message in fresh {
            if !result.evidence.said.iter().any(|said| said.remote_id == message.remote_id) {
                result.evidence.said.push(message);
            }
        }
    }

    pub(super) fn read_when_due(&mut self) {
        let reads = self.open_conversation().ok().filter(|c| !c.channel.has_sessions()).map(|c| c.key);
        let due = self.watched().and_then(|watch| watch.read);
        if let (Some(key), Some((at, reads))) = (reads, due)
            && at.left(self.now).is_zero()
        {
            self.schedule_read(reads + 1);
            self.effects.push(RunnerEffect::Ask(Command::Read(key)));
        }
    }

    /// The next read comes after a pause that grows with the `reads` so far, and no later than the end of what is
    /// listened for: only a read that begins then shows all that was said until then.
    fn schedule_read(&mut self, reads: usize) {
        let now = self.now;
        let Some(watch) = &self.watch else { return };
        let seen = self.seen(watch, None);
        let ends = listening_until(&watch.wanted, &seen).filter(|end| end.mono > now.mono);
        let pause = READ_PAUSES.get(reads).or(READ_PAUSES.last()).copied().unwrap_or_default();
        let next = ends.chain([now.after(Duration::from_millis(pause))]).min_by_key(|at| at.mono);
        if let Some(watch) = &mut self.watch {
            watch.read = next.map(|next| (next, reads));
        }
    }

    pub(super) fn seen<'s>(&'s self, watch: &'s StepProgress, diagnosis: Option<&'s Diagnosis>) -> Observed<'s> {
        let number = |g: Option<Generation>| g.map_or(0, |g| g.0);
        Observed {
            now: self.now,
            watch,
            diagnosis,
            renewals: number(self.sign_in.generation).saturating_sub(number(watch.generation)),
            replies: self.open_conversation().ok().and_then(|p| self.trackers.get(&p.key)),
            trouble: self.no_token(),
        }
    }

    pub fn waits_until(&self, expectation: usize) -> Option<Moment> {
        let watch = self.watched()?;
        // Without a diagnosis: the moment until which is waited is the same.
        watch.wanted.get(expectation)?.look(&self.seen(watch, None)).until()
    }

    fn watched(&self) -> Option<&StepProgress> {
        self.watch.as_ref().filter(|_| self.stage == StepStage::Watching)
    }

    /// Looks at everything again; decides what can be decided, and in a run alone goes on by itself.
    pub(super) fn advance(&mut self, known: &RunnerContext<'_>) {
        loop {
            self.look_again(known);
            match (self.mode, &self.stage) {
                (Mode::Alone { fail_fast }, StepStage::Ready) => self.go_alone(fail_fast),
                (Mode::Alone { .. }, StepStage::Judging) => self.judge_alone(),
                _ => return,
            }
        }
    }

    fn look_again(&mut self, known: &RunnerContext<'_>) {
        if self.stage != StepStage::Watching {
            return;
        }
        self.give_up();
        let Some(mut watch) = self.watch.take() else { return };
        let diagnosis = watch.exchange.as_ref().and_then(|x| self.why(x, known));
        let seen = self.seen(&watch, diagnosis.as_ref());
        let looks: Vec<Status> = watch.wanted.iter().map(|w| w.look(&seen)).collect();
        let taken = watch.wanted.iter().zip(&looks).filter_map(|(wanted, look)| match (wanted, look) {
            (Expectation::Capture(capture), Status::Yes(_)) => Some((capture.name.clone(), captured(capture, &seen)?)),
            _ => None,
        });
        let captures: Vec<(String, String)> = taken.collect();
        let wants_why = watch.wanted.iter().any(|w| matches!(w, Expectation::Cause(..)));
        let tells = |d: Diagnosis| d.is_undecided() && d.deciding.iter().any(|s| s.probe == Probe::Conversation);
        let read_tells = diagnosis.is_some_and(tells);
        if wants_why && read_tells && watch.finished_at.is_some() && !watch.asked_why {
            watch.asked_why = true;
            self.effects.extend(self.open_conversation().ok().map(|p| RunnerEffect::Ask(Command::Read(p.key))));
        }
        let over = looks.iter().all(|l| !matches!(l, Status::Open | Status::Waiting(_)));
        let lost = looks.iter().any(|l| matches!(l, Status::No(_)));
        let blocked = looks.iter().find_map(|l| match l {
            Status::Blocked(why) => Some(why.sentence()),
            _ => None,
        });
        self.watch = Some(watch);
        self.run.captures.extend(captures);
        self.write_down(&looks);
        if over {
            self.decided(lost, blocked);
        }
    }

    /// Why the open step has no token, and none to wait for. A guest that has a session of its own needs none.
    fn no_token(&self) -> Option<&str> {
        let needs_one = self.open_conversation().is_ok_and(|c| !c.channel.has_sessions());
        let tried = self.watch.as_ref().and_then(|watch| watch.exchange.as_deref()?.last_attempt()).is_some();
        let [none, no_other] = &self.sign_in.trouble;
        if tried { no_other } else { none }.as_deref().filter(|_| needs_one)
    }

    /// Without a token and without a prospect of one, a message that is not on the wire is taken back.
    fn give_up(&mut self) {
        let Some(why) = self.no_token().map(str::to_owned) else { return };
        let delivery = self.watch.as_ref().and_then(|watch| watch.delivery.as_ref());
        if matches!(delivery, Some(DeliveryStatus::Queued | DeliveryStatus::Waiting { .. })) {
            self.sign_in.blocked = true;
            self.take_back();
            self.decide(Verdict::Blocked, why);
        }
    }

    fn write_down(&mut self, looks: &[Status]) {
        let now = self.now;
        let wall = |until: Moment| now.after(until.left(now)).wall;
        let Some(result) = self.open_mut() else { return };
        for (expectation, look) in result.expectations.iter_mut().zip(looks) {
            let (met, detail) = match look {
                // The moment is told once: it does not move while it is waited for.
                Status::Waiting(_) if matches!(expectation.met, ExpectationState::Waiting { .. }) => continue,
                Status::Open => (ExpectationState::Open, expectation.detail.take()),
                Status::Waiting(until) => {
                    (ExpectationState::Waiting { until: wall(*until) }, expectation.detail.take())
                }
                Status::Yes(detail) => (ExpectationState::Yes, detail.clone()),
                Status::No(why) => (ExpectationState::No, Some(why.clone())),
                Status::Blocked(why) => (ExpectationState::Blocked, Some(why.sentence())),
            };
            (expectation.met, expectation.detail) = (met, detail);
        }
    }

    fn decided(&mut self, lost: bool, blocked: Option<String>) {
        self.cancel_unfinished();
        self.stage = StepStage::Judging;
        self.take_replies();
        let Some(result) = self.open_mut() else { return };
        let verdict = if blocked.is_some() { Verdict::Blocked } else { Verdict::Pass };
        // Where nothing is expected, only a person can say.
        result.suggested = (!result.expectations.is_empty()).then_some(if lost { Verdict::Fail } else { verdict });
        if blocked.is_some() && !lost {
            (result.why, result.cause) = (blocked, Some(Cause::RepliesUnreadable.name().to_owned()));
        }
    }

    /// Replies that met an expectation are no answer to the next.
    fn take_replies(&mut self) {
        let Ok(key) = self.open_conversation().map(|p| p.key) else { return };
        let (Some(watch), Some(replies)) = (&self.watch, self.trackers.get_mut(&key)) else { return };
        let meets = |wanted: &Expectation, message: &RemoteMessage| match wanted {
            Expectation::Reply(reply) => fits(reply, message),
            Expectation::Capture(Capture { source: CaptureSource::Reply(pattern, _), .. }) => {
                pattern.is_match(&message.text)
            }
            _ => false,
        };
        let met = |wanted: &Expectation| replies.fresh().iter().position(|message| meets(wanted, message));
        if let Some(last) = watch.wanted.iter().filter_map(met).max() {
            replies.drop_oldest(last + 1);
        }
    }

    pub fn due(&self) -> Option<Moment> {
        if let Some(until) = self.renewing.map(|(_, until)| until).or(self.opening()) {
            return Some(until);
        }
        let watch = self.watched()?;
        let seen = self.seen(watch, None);
        watch.wanted.iter().filter_map(|wanted| wanted.look(&seen).until()).chain(watch.read.map(|(at, _)| at)).min()
    }
}
