//! From Go to the message: the sandbox is set up, a token is got, the text is filled in, and the message is asked for.

use std::collections::VecDeque;
use std::time::Duration;

use super::expectation::StepProgress;
use super::{Runner, RunnerEffect, StepStage};
use crate::engine::Command;
use crate::model::fault::SandboxRequest;
use crate::model::variables::{Values, expand, uuid_from};
use crate::model::{
    Author, Choice, ConversationKey, DeliveryStatus, Extras, Moment, OutgoingMessage, RepliesReadable, SessionAsk,
    WebSession,
};
use crate::pass::file::{Expectation, StepMessage};
use crate::pass::result::{ExpectationState, SaidMessage, StepEvidence, Verdict};

/// How long a new token is waited for, and the opening of a session.
const RENEW_WITHIN: Duration = Duration::from_secs(30);
const OPEN_WITHIN: Duration = Duration::from_secs(30);

impl Runner {
    pub(super) fn go(&mut self) {
        if self.stage == StepStage::Over {
            return;
        }
        self.take_back();
        self.pause(false);
        let wall = self.now.wall;
        let Some(step) = self.open_step().cloned() else { return };
        let Some(result) = self.open_mut() else { return };
        result.began.get_or_insert(wall);
        result.runs += 1;
        result.suggested = None;
        (result.why, result.cause) = (None, None);
        result.evidence = StepEvidence::default();
        for expectation in &mut result.expectations {
            (expectation.met, expectation.detail) = (ExpectationState::Open, None);
        }
        self.watch = Some(StepProgress {
            wanted: step.expect.clone(),
            began: self.now,
            ready: self.now,
            until: self.now.after(step.within),
            generation: self.sign_in.generation,
            ..StepProgress::default()
        });
        let key = match self.open_conversation() {
            Ok(conversation) => conversation.key,
            Err(why) => return self.decide(Verdict::Blocked, why),
        };
        if step.needs_sandbox() && !self.setup.sandbox {
            return self.decide(Verdict::Skip, "it needs the built-in sandbox".to_owned());
        }
        let mut preps = VecDeque::new();
        if step.clear_faults && self.setup.sandbox {
            preps.push_back(RunnerEffect::Sandbox(SandboxRequest::Fault(None)));
        }
        if let Some(fault) = &step.fault {
            self.faulty = true;
            preps.push_back(RunnerEffect::Sandbox(SandboxRequest::Fault(Some(fault.to_json().to_string()))));
        }
        preps.extend(step.advance.map(|by| RunnerEffect::Sandbox(SandboxRequest::Advance(by))));
        preps.extend(step.renew.then_some(RunnerEffect::Ask(Command::Renew)));
        // A step that sends has it opened by its message.
        let opens = step.send.is_none() && step.expect.iter().any(Expectation::listens);
        preps.extend(opens.then_some(RunnerEffect::Ask(Command::Session(key, SessionAsk::Connect))));
        self.stage = StepStage::Preparing(preps);
        self.prepare();
    }

    /// Does what is to be done next; what the sandbox is asked for is answered first.
    fn prepare(&mut self) {
        while let StepStage::Preparing(preps) = &mut self.stage {
            let Some(next) = preps.pop_front() else { return self.send() };
            match next {
                RunnerEffect::Ask(Command::Renew) => {
                    self.renewing = Some((self.sign_in.generation, self.now.after(RENEW_WITHIN)));
                }
                RunnerEffect::Ask(Command::Session(..)) if self.is_open() => continue,
                RunnerEffect::Ask(Command::Session(key, _)) => {
                    self.set_session_deadline(Some(self.now.after(OPEN_WITHIN)));
                    self.trackers.entry(key).or_default().listen_from(self.now.wall);
                }
                _ => {}
            }
            return self.effects.push(next);
        }
    }

    fn is_open(&self) -> bool {
        self.open_conversation().ok().filter(|c| c.channel.has_sessions()).is_none_or(|conversation| {
            self.trackers.get(&conversation.key).is_some_and(|tracker| tracker.readable == RepliesReadable::Yes)
        })
    }

    /// A session opened, or will not: a step that waits for it goes on, or is blocked.
    pub(super) fn session_moved(&mut self, key: ConversationKey, session: &WebSession) {
        if self.opening().is_none() || self.open_conversation().map_or(true, |c| c.key != key) {
            return;
        }
        match session {
            WebSession::Open { .. } | WebSession::ReadOnly(_) => {
                self.set_session_deadline(None);
                self.prepare();
            }
            WebSession::Unreachable(why) | WebSession::Ended(why) => self.not_opened(&why.to_string()),
            WebSession::Closed | WebSession::Connecting | WebSession::Reconnecting(..) => {}
        }
    }

    pub(super) fn give_up_opening(&mut self) {
        if self.opening().is_some_and(|until| until.left(self.now).is_zero()) {
            self.not_opened(&format!("it did not open within {} s", OPEN_WITHIN.as_secs()));
        }
    }

    const fn set_session_deadline(&mut self, until: Option<Moment>) {
        if let Some(watch) = &mut self.watch {
            watch.opening = until;
        }
    }

    fn not_opened(&mut self, why: &str) {
        self.set_session_deadline(None);
        let name = self.open_conversation().map(|c| c.name.clone()).unwrap_or_default();
        self.decide(Verdict::Blocked, format!("the session of “{name}” is not open: {why}"));
    }

    /// A token came, or will not come: a step that asked for a new one goes on with it, and not with the old one.
    pub(super) fn renewed(&mut self) {
        let Some((before, until)) = self.renewing else { return };
        let late = until.left(self.now).is_zero();
        if self.sign_in.generation <= before && self.sign_in.trouble.iter().all(Option::is_none) && !late {
            return;
        }
        self.renewing = None;
        // Where none came, the step goes on all the same: what it meets is what is looked at.
        self.prepare();
    }

    pub(super) fn prepared(&mut self, done: Result<(), &str>) {
        match (done, &self.stage) {
            (Err(why), StepStage::Preparing(_)) => {
                self.decide(Verdict::Blocked, format!("the sandbox was not set up: {why}"));
            }
            _ => self.prepare(),
        }
    }

    fn send(&mut self) {
        let Some(step) = self.open_step().cloned() else { return };
        self.stage = StepStage::Watching;
        let Ok(conversation) = self.open_conversation().cloned() else { return };
        if let Some(watch) = &mut self.watch {
            (watch.ready, watch.until) = (self.now, self.now.after(step.within));
            let listens = watch.wanted.iter().any(Expectation::listens);
            // What came before is known before anything new is waited for.
            let reads = listens && !conversation.channel.has_sessions();
            watch.read = (reads && step.send.is_none()).then_some((self.now, 0));
        }
        let Some(outgoing) = step.send else { return };
        let (text, extras) = match self.filled(&outgoing, conversation.key) {
            Ok(filled) => filled,
            Err(why) => return self.decide(Verdict::Blocked, why),
        };
        let plain = OutgoingMessage { extras, ..OutgoingMessage::text(conversation.key, text) };
        let outgoing = plain.varied(outgoing.sent_as);
        self.trackers.entry(conversation.key).or_default().said(&outgoing.text, self.now.wall);
        let said = SaidMessage {
            author: Author::Guest.name().to_owned(),
            text: outgoing.text.clone(),
            at: self.now.wall,
            delivery: Some("queued".to_owned()),
            sent_as: outgoing.sent_as.map(|v| v.name().to_owned()),
            ..SaidMessage::default()
        };
        if let Some(result) = self.open_mut() {
            result.evidence.said.push(said);
        }
        if let Some(watch) = &mut self.watch {
            watch.delivery = Some(DeliveryStatus::Queued);
        }
        self.effects.push(RunnerEffect::Send(outgoing));
    }

    fn filled(&mut self, outgoing: &StepMessage, key: ConversationKey) -> Result<(String, Extras), String> {
        let seed = self.run.id.parse::<uuid::Uuid>().map_or(0, |id| id.as_u128());
        let runs = self.run.steps().map(|s| u64::from(s.runs)).sum();
        let values = Values {
            seq: self.run.sent + 1,
            uuid: uuid_from(seed, runs),
            now: self.now.wall,
            run: self.run.id.chars().take(8).collect(),
        };
        let captures = &self.run.captures;
        let mut counts = false;
        let mut fill = |text: &str| {
            let filled = expand(text, &values, captures);
            counts |= filled.used.contains(&"seq");
            let why = |name| format!("{{{{{name}}}}} was not captured: the step that captures it has not been run");
            filled.unknown.first().map_or(Ok(filled.text.clone()), |name| Err(why(name)))
        };
        let mut text = fill(&outgoing.text)?;
        let mut extras = Extras { attachments: outgoing.attachments.clone(), ..Extras::default() };
        for (name, value) in &outgoing.attributes {
            extras.attributes.insert(name.clone(), fill(value)?);
        }
        self.run.sent += u64::from(counts);
        if let Some(label) = &outgoing.choice {
            let (answers, choice) = self.choice(label, key)?;
            if text.is_empty() {
                text.clone_from(&choice.label);
            }
            (extras.offer_id, extras.choice) = (Some(answers), Some(choice));
        }
        Ok((text, extras))
    }

    fn choice(&self, label: &str, key: ConversationKey) -> Result<(String, Choice), String> {
        let Some((id, choices)) = self.trackers.get(&key).and_then(|replies| replies.offer.as_ref()) else {
            return Err(format!("“{label}” cannot be chosen: no choice was offered"));
        };
        let chosen = choices.iter().find(|c| c.label == label).map(|choice| (id.clone(), choice.clone()));
        chosen.ok_or_else(|| {
            let offered: Vec<String> = choices.iter().map(|c| format!("“{}”", c.label)).collect();
            format!("“{label}” cannot be chosen: the choices are {}", offered.join(", "))
        })
    }

    pub(super) fn take_back(&mut self) {
        self.cancel_unfinished();
        self.watch = None;
        self.renewing = None;
    }

    /// A message that is not finished shall not go out during another step.
    pub(super) fn cancel_unfinished(&mut self) {
        if let Some(StepProgress { message: Some(message), delivery: Some(delivery), .. }) = &self.watch
            && !delivery.is_finished()
        {
            self.effects.push(RunnerEffect::Cancel(*message));
        }
    }

    pub(super) fn decide(&mut self, verdict: Verdict, why: String) {
        self.stage = StepStage::Judging;
        if let Some(result) = self.open_mut() {
            (result.suggested, result.why) = (Some(verdict), Some(why));
        }
    }
}
