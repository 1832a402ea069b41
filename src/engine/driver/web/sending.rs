//! Messages as frames: recorded, written, echoed.
//!
//! ```text
//! head of its lane ─► intent recorded ─► frame ─┬─ echo ────────────────► accepted ─► (a reply) ─► answered
//!                                               ├─ error ───────────────► refused, or again (too fast)
//!                                               └─ nothing came ─┬─ not written: head of its lane again
//!                                                                └─ written: unknown ─► (echo, history) ─► landed
//! ```

use futures_util::FutureExt as _;
use secrecy::SecretString;

use crate::engine::channel;
use crate::engine::outcome;
use crate::engine::reading::When;
use crate::engine::retry::{Verdict, what_follows};
use crate::engine::send_log::{Intent, Recording, Unrecorded};
use crate::genesys::web_messaging::{Ours, Outgoing, Said, Theirs};
use crate::model::{
    Body, ConversationKey, DeliveryStatus, FailureKind, MessageId, Moment, Outcome, Timing, Variation, WebSession,
};

use super::frames::{lost, shown_answer, took};
use super::{Driver, Of, Ready};

impl Driver {
    /// A message is first in its lane, and its socket takes messages.
    pub(in crate::engine::driver) fn launch_frame(&mut self, message: MessageId, now: Moment) {
        let Some(attachments) = self.uploaded(message) else { return };
        let Some((key, ours, tracing)) = self.frame_of(message, attachments) else { return };
        let Some(token) = self.webs.all.get(&key).and_then(|web| web.token.as_ref()) else { return };
        let sent_as = self.sends.all.get(&message).and_then(|send| send.request.sent_as);
        let text = match sent_as {
            Some(Variation::NoToken) => ours.write_without_token(&tracing, now.wall),
            // A guest that has no session: as good as one whose session is over.
            Some(Variation::ExpiredToken) => {
                let nobody = SecretString::from(uuid::Uuid::new_v4().to_string());
                ours.write(&nobody, &tracing, now.wall)
            }
            _ => ours.write(token, &tracing, now.wall),
        };
        let shown = self.shown_frame(key, Some(&text));
        let Some(intent) = self.begin_try(message, shown, None, now) else { return };
        if let Some(web) = self.webs.all.get_mut(&key) {
            web.ready = Some(Ready { message, ours, tracing, text });
        }
        // Where nothing is kept there is nothing to wait for, and a turn of the loop is saved.
        let mut recording = self.context.tuning.send_log.intent(intent.clone());
        match (&mut recording).now_or_never() {
            Some(recorded) => self.intent_recorded(message, recorded, now),
            None => self.spawn_recording(intent, recording),
        }
    }

    /// The frame that says a message, and its tracing id: our own id of the message, so that its echo and its entry in
    /// the history are known again, also after a restart.
    fn frame_of(
        &self,
        message: MessageId,
        attachments: Vec<(String, String)>,
    ) -> Option<(ConversationKey, Ours, String)> {
        let request = &self.sends.all.get(&message)?.request;
        let key = request.conversation;
        let entry = self.context.profile.conversations.get(key.0 as usize)?;
        let extras = &request.extras;
        let id = extras.key.clone().unwrap_or_default();
        let said = Outgoing {
            text: channel::words(request).to_owned(),
            id: id.clone(),
            attributes: channel::attributes(entry, extras),
            choice: extras.choice.clone(),
            answers: extras.answers.clone(),
            attachments,
        };
        Some((key, Ours::Message(said), id))
    }

    /// The intent is on the disk, or cannot be.
    pub(in crate::engine::driver) fn intent_recorded(
        &mut self,
        message: MessageId,
        recorded: Result<(), Unrecorded>,
        now: Moment,
    ) {
        let Some(send) = self.sends.all.get_mut(&message) else { return };
        if let Err(why) = recorded {
            return self.unrecorded(message, why, now);
        }
        let key = send.request.conversation;
        if send.taken_back || send.let_go {
            return self.conclude(message, Outcome::Cancelled, None, now);
        }
        if !self.webs.is_writable(key) {
            return self.message_lost(
                message,
                false,
                FailureKind::Reset,
                "the socket was lost before it was written",
                now,
            );
        }
        let ready = self.webs.all.get_mut(&key).and_then(|web| web.ready.take()).filter(|r| r.message == message);
        match ready {
            Some(Ready { ours, tracing, text, .. }) => {
                self.hand_over(key, &ours, tracing, text, Of::Message(message), now);
            }
            // The guest became another one meanwhile.
            None => self.message_lost(message, false, FailureKind::Reset, "the guest is another now", now),
        }
    }

    /// A frame answered a message: its echo, or an error.
    pub(super) fn message_answered(
        &mut self,
        key: ConversationKey,
        message: MessageId,
        theirs: &Theirs,
        body: Body,
        now: Moment,
    ) {
        let ending = shown_answer(theirs.code, body);
        if let Some(rate) = self.sends.rates.get_mut(&key) {
            rate.arrived(now);
        }
        let Some(send) = self.sends.all.get_mut(&message) else { return };
        if let Some(record) = &mut send.record {
            let timing = took(record, now);
            record.end(ending, timing);
        }
        if let Said::Message(echo) = &theirs.said {
            let id = echo.key.clone();
            let at = echo.at.unwrap_or(now.wall);
            let reader = self.reads.readers.entry(key).or_default();
            reader.sent(message, &self.context.redactor.text(&send.request.text), When::Accepted(at), id.clone());
            return self.conclude(message, Outcome::Accepted, id, now);
        }
        match what_follows(outcome::of_frame(theirs), false, &mut send.tries, &mut self.context.jitter) {
            Verdict::Again(pause, why) if !(send.taken_back || send.let_go) => {
                let until = now.after(pause);
                if let Some(web) = self.webs.all.get_mut(&key) {
                    web.silent = Some(until);
                }
                self.again(message, until, why, false, now);
            }
            verdict => {
                let outcome = verdict.into_outcome().with_reason(|why| self.context.redactor.text(why).into_owned());
                self.end_unechoed(message, outcome, now);
            }
        }
    }

    /// No answer will come to a message. Not written: it waits to be written. Written: nobody knows.
    pub(super) fn message_lost(&mut self, message: MessageId, wrote: bool, kind: FailureKind, why: &str, now: Moment) {
        let Some(send) = self.sends.all.get_mut(&message) else { return };
        let given_up = send.taken_back || send.let_go;
        if let Some(record) = &mut send.record {
            let timing = took(record, now);
            record.end(lost(kind, why, wrote), if wrote { timing } else { Timing::default() });
        }
        match (wrote, given_up) {
            (false, true) => self.conclude(message, Outcome::Cancelled, None, now),
            (false, false) => {
                let key = send.request.conversation;
                self.again(message, now, why.to_owned(), false, now);
                match self.webs.all.get(&key).map(|web| web.machine.session()) {
                    // It is over, so nothing may wait for it.
                    Some(WebSession::Closed | WebSession::Ended { .. }) => self.give_up_web(key, now),
                    Some(WebSession::Unreachable { .. }) => self.tell_first(key, DeliveryStatus::Queued),
                    _ => {}
                }
            }
            (true, _) => {
                let why = format!("written, and not echoed: {why}; it may have been received");
                self.end_unechoed(message, Outcome::Unknown(why), now);
            }
        }
    }

    /// A message ends without its echo. An unknown one is looked for in what comes.
    fn end_unechoed(&mut self, message: MessageId, outcome: Outcome, now: Moment) {
        let unknown = matches!(outcome, Outcome::Unknown(_));
        let Some(send) = self.sends.all.get(&message).filter(|_| unknown) else {
            return self.conclude(message, outcome, None, now);
        };
        let (key, began) = (send.request.conversation, send.began.wall);
        let when = self.doubt(began, now.wall);
        let reader = self.reads.readers.entry(key).or_default();
        reader.sent(message, &self.context.redactor.text(&send.request.text), when, None);
        self.conclude(message, outcome, None, now);
        if self.webs.is_writable(key) {
            self.catch_up(key, now);
        }
    }

    /// A person takes a message back (or guestwire leaves) whose frame was handed over.
    pub(in crate::engine::driver) fn take_frame_back(&mut self, key: ConversationKey, message: MessageId, now: Moment) {
        if self.take_upload_back(key, message, now) {
            return;
        }
        let Some(web) = self.webs.all.get_mut(&key) else { return };
        let taken = web.flight.take(|of| matches!(of.of, Of::Message(m) if m == message));
        // Else its intent is being recorded: it is not written after that.
        if let Some(waiting) = taken {
            self.never_answered(key, waiting, FailureKind::Cancelled, "taken back while waiting for the echo", now);
        }
    }

    fn spawn_recording(&mut self, intent: Intent, recording: Recording) {
        let message = intent.message;
        self.context.spawn_record(message, recording);
    }
}
