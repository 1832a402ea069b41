//! After each event: how the expectations stand now, and whether they are decided.

use super::expectation::{Expectation, Observed, Status, StepProgress, captured};
use super::{Mode, Runner, RunnerContext, RunnerEffect, StepStage};
use crate::model::{Cause, DeliveryStatus, Diagnosis, Generation, Moment, Probe};
use crate::pass::file::{Capture, CaptureSource};
use crate::pass::result::{ExpectationState, Verdict};

impl Runner {
    pub(super) fn seen<'s>(&'s self, watch: &'s StepProgress, diagnosis: Option<&'s Diagnosis>) -> Observed<'s> {
        let number = |g: Option<Generation>| g.map_or(0, |g| g.0);
        Observed {
            now: self.now,
            watch,
            diagnosis,
            renewals: number(self.sign_in.generation).saturating_sub(number(watch.generation)),
            replies: self.open_player().ok().and_then(|p| self.trackers.get(&p.key)),
            trouble: self.no_token(),
        }
    }

    /// How one expectation of the open step stands, for the screen.
    pub(super) fn look_at(&self, expectation: usize) -> Option<Status> {
        let watch = self.watch.as_ref().filter(|_| self.stage == StepStage::Watching)?;
        // Without a diagnosis: the moment until which is waited is the same.
        Some(watch.wanted.get(expectation)?.look(&self.seen(watch, None)))
    }

    /// Looks at everything again; decides what can be decided, and in a run alone goes on by itself.
    pub(super) fn settle(&mut self, known: &RunnerContext<'_>, effects: &mut Vec<RunnerEffect>) {
        self.look_again(known, effects);
        while let Mode::Alone { fail_fast } = self.mode {
            match &self.stage {
                StepStage::Ready => self.go_alone(fail_fast, effects),
                StepStage::Judging => self.judge_alone(effects),
                StepStage::Preparing(_) | StepStage::Over => return,
                StepStage::Watching => {
                    self.look_again(known, effects);
                    if self.stage == StepStage::Watching {
                        return;
                    }
                }
            }
        }
    }

    fn look_again(&mut self, known: &RunnerContext<'_>, effects: &mut Vec<RunnerEffect>) {
        if self.stage != StepStage::Watching {
            return;
        }
        self.give_up(effects);
        let Some(watch) = self.watch.take() else { return };
        let diagnosis = watch.exchange.as_ref().and_then(|x| self.why(x, known));
        let seen = self.seen(&watch, diagnosis.as_ref());
        let looks: Vec<Status> = watch.wanted.iter().map(|w| w.look(&seen)).collect();
        let wants_why = watch.wanted.iter().any(|w| matches!(w, Expectation::Cause(..)));
        let undecided = diagnosis
            .as_ref()
            .is_some_and(|d| d.is_undecided() && d.settles.iter().any(|s| s.probe == Probe::Conversation));
        let captures: Vec<(String, String)> = watch
            .wanted
            .iter()
            .zip(&looks)
            .filter_map(|(wanted, look)| match (wanted, look) {
                (Expectation::Capture(capture), Status::Yes(_)) => {
                    Some((capture.name.clone(), captured(capture, &seen)?))
                }
                _ => None,
            })
            .collect();
        let mut watch = watch;
        if wants_why && undecided && watch.settled.is_some() && !watch.asked_why {
            watch.asked_why = true;
            effects.extend(self.open_player().ok().map(|p| RunnerEffect::Read(p.key)));
        }
        let over = looks.iter().all(|l| matches!(l, Status::Yes(_) | Status::No(_) | Status::Blocked(_)));
        let lost = looks.iter().any(|l| matches!(l, Status::No(_)));
        let blocked = looks.iter().find_map(|l| match l {
            Status::Blocked(why) => Some(why.sentence()),
            _ => None,
        });
        self.watch = Some(watch);
        self.run.captures.extend(captures);
        self.write_down(&looks);
        if over {
            self.decided(lost, blocked, effects);
        }
    }

    /// Why the open step has no token, and none to wait for. A guest that has a session of its own needs none.
    fn no_token(&self) -> Option<&str> {
        let needs_one = self.open_player().is_ok_and(|player| !player.channel.has_sessions());
        let tried = self.watch.as_ref().and_then(|watch| watch.exchange.as_deref()?.last_attempt()).is_some();
        let [none, no_other] = &self.sign_in.trouble;
        if tried { no_other } else { none }.as_deref().filter(|_| needs_one)
    }

    /// Without a token and without a prospect of one, a message that is not on the wire is taken back.
    fn give_up(&mut self, effects: &mut Vec<RunnerEffect>) {
        let Some(why) = self.no_token().map(str::to_owned) else { return };
        let waits = self
            .watch
            .as_ref()
            .is_some_and(|w| matches!(w.delivery, Some(DeliveryStatus::Queued | DeliveryStatus::Waiting { .. })));
        if waits {
            self.sign_in.blocked = true;
            self.take_back(effects);
            self.decide(Verdict::Blocked, why);
        }
    }

    fn write_down(&mut self, looks: &[Status]) {
        let now = self.now;
        let wall = |until: Moment| now.after(until.left(now)).wall;
        let Some(result) = self.open_mut() else { return };
        for (expectation, look) in result.expectations.iter_mut().zip(looks) {
            match look {
                Status::Open => expectation.met = ExpectationState::Open,
                // The moment is told once: it does not move while it is waited for.
                Status::Waiting(_) if matches!(expectation.met, ExpectationState::Waiting { .. }) => {}
                Status::Waiting(until) => expectation.met = ExpectationState::Waiting { until: wall(*until) },
                Status::Yes(detail) => (expectation.met, expectation.detail) = (ExpectationState::Yes, detail.clone()),
                Status::No(why) => (expectation.met, expectation.detail) = (ExpectationState::No, Some(why.clone())),
                Status::Blocked(why) => {
                    (expectation.met, expectation.detail) = (ExpectationState::Blocked, Some(why.sentence()));
                }
            }
        }
    }

    fn decided(&mut self, lost: bool, blocked: Option<String>, effects: &mut Vec<RunnerEffect>) {
        self.cancel_unsettled(effects);
        self.stage = StepStage::Judging;
        self.take_replies();
        let Some(result) = self.open_mut() else { return };
        result.suggested = match (lost, &blocked) {
            (true, _) => Some(Verdict::Fail),
            (false, Some(_)) => Some(Verdict::Blocked),
            // Only a person can say.
            (false, None) if result.expectations.is_empty() => None,
            (false, None) => Some(Verdict::Pass),
        };
        if blocked.is_some() && !lost {
            (result.why, result.cause) = (blocked, Some(Cause::RepliesUnreadable.as_str().to_owned()));
        }
    }

    /// Replies that met an expectation are no answer to the next.
    fn take_replies(&mut self) {
        let Ok(key) = self.open_player().map(|p| p.key) else { return };
        let (Some(watch), Some(replies)) = (&self.watch, self.trackers.get_mut(&key)) else { return };
        let meets = |wanted: &Expectation, message: &crate::model::RemoteMessage| match wanted {
            Expectation::Reply(reply) => super::expectation::fits(reply, message),
            Expectation::Capture(Capture { source: CaptureSource::Reply(pattern, _), .. }) => {
                pattern.0.is_match(&message.text)
            }
            _ => false,
        };
        let met = |wanted: &Expectation| {
            replies.fresh.iter().enumerate().skip(replies.taken).find(|(_, m)| meets(wanted, m)).map(|(at, _)| at + 1)
        };
        if let Some(taken) = watch.wanted.iter().filter_map(met).max() {
            replies.taken = taken;
        }
    }

    /// When something of the open step is due.
    pub fn due(&self) -> Option<Moment> {
        if let Some(until) = self.renewing.map(|renewing| renewing.until).or(self.opening()) {
            return Some(until);
        }
        let watch = self.watch.as_ref().filter(|_| self.stage == StepStage::Watching)?;
        let seen = self.seen(watch, None);
        let looks = watch.wanted.iter().filter_map(|wanted| match wanted.look(&seen) {
            Status::Waiting(until) => Some(until),
            _ => None,
        });
        looks.chain(watch.read.map(|(at, _)| at)).min()
    }
}
