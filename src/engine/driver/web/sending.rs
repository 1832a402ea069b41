//! Messages as frames: recorded, written, echoed.
//!
//! ```text
//! head of its queue ─► its files ─► intent recorded ─► frame ─┬─ echo ───► accepted ─► (a reply) ─► answered
//!                                                             ├─ error ──► refused, or again (too fast)
//!                                                             └─ nothing came ─┬─ not written: head of its queue again
//!                                                                              └─ written: unknown ─► (echo, history)
//! ```

use secrecy::SecretString;

use super::Driver;
use super::conversation::ReadyMessage;
use super::frames::{lost, shown_answer, took};
use crate::engine::driver::sends::InFlightSend;
use crate::engine::frames_in_flight::FrameOwner;
use crate::engine::outcome::RetryDecision;
use crate::engine::{Unrecorded, channel, outcome};
use crate::genesys::web_messaging::{GuestFrame, ServerFrame, ServerFrameContent};
use crate::model::{
    Body, ConversationKey, DeliveryStatus, FailureKind, MessageId, Outcome, Reason, Timing, Variation, WebSession,
};

impl Driver {
    pub fn launch_frame(&mut self, message: MessageId) {
        let Some(attachments) = self.upload_first(message) else { return };
        let Some(request) = self.sends.get(message).map(|send| &send.request) else { return };
        let key = request.conversation;
        let Some(entry) = self.cx.entry(key) else { return };
        let Some(token) = self.webs.all.get(&key).and_then(|web| web.connection.token()) else { return };
        let frame = channel::frame(entry, request, attachments);
        // Our own id of the message: so its echo and its entry in the history are known again, also after a restart.
        let tracing = frame.id.clone();
        let ours = GuestFrame::Message(frame);
        // A guest that has no session: as good as one whose session is over.
        let nobody = SecretString::from(uuid::Uuid::new_v4().to_string());
        let token = match request.sent_as {
            Some(Variation::NoToken) => None,
            Some(Variation::ExpiredToken) => Some(&nobody),
            _ => Some(token),
        };
        let text = ours.write(token, &tracing, self.cx.now.wall);
        let shown = self.shown_frame(key, Some(&text));
        let Some(intent) = self.sends.begin_try(message, shown, None, &mut self.cx) else { return };
        self.webs.of(key).make_ready(ReadyMessage { message, ours, tracing, text });
        self.cx.spawn_recording(intent);
    }

    pub fn intent_recorded(&mut self, message: MessageId, recorded: Result<(), Unrecorded>) {
        let Some(send) = self.sends.get(message) else { return };
        let (key, given_up) = (send.request.conversation, send.given_up.is_some());
        if let Err(why) = recorded {
            return self.unrecorded(message, why);
        }
        if given_up {
            return self.conclude(message, Outcome::Cancelled);
        }
        if !self.webs.is_writable(key) {
            let why = "the socket was lost before it was written";
            return self.message_lost(message, false, FailureKind::Reset, why);
        }
        match self.webs.of(key).take_ready(message) {
            Some(ReadyMessage { ours, tracing, text, .. }) => {
                self.hand_over(key, ours, tracing, text, FrameOwner::Message(message));
            }
            // The guest became another one meanwhile.
            None => self.message_lost(message, false, FailureKind::Reset, "the guest is another now"),
        }
    }

    pub fn message_answered(&mut self, key: ConversationKey, message: MessageId, theirs: &ServerFrame, body: Body) {
        let Some(send) = self.sends.get(message) else { return };
        let (began, given_up) = (send.try_began(), send.given_up.is_some());
        self.sends.end_try(message, (shown_answer(theirs.code, body), took(began, self.cx.now)));
        match self.sends.follow(message, outcome::of_frame(theirs), &self.cx) {
            Some(RetryDecision::Again(pause, why)) if !given_up => {
                let until = self.cx.now.after(pause);
                self.webs.of(key).pace.silence(Some(until));
                self.sends.again(message, until, why, &self.cx);
            }
            Some(verdict) => {
                let (id, at) = match &theirs.content {
                    ServerFrameContent::Message(echo) => (echo.key.clone(), Some(echo.at.unwrap_or(self.cx.now.wall))),
                    _ => (None, None),
                };
                self.conclude_as(message, verdict.into_outcome(), id, at);
            }
            None => {}
        }
    }

    /// No answer will come to a message. Not written: it waits to be written. Written: nobody knows.
    pub fn message_lost(&mut self, message: MessageId, wrote: bool, kind: FailureKind, why: &str) {
        let Some(send) = self.sends.get(message) else { return };
        let (key, given_up) = (send.request.conversation, send.given_up.is_some());
        let timing = if wrote { took(send.try_began(), self.cx.now) } else { Timing::default() };
        self.sends.end_try(message, (lost(kind, why, wrote), timing));
        match (wrote, given_up) {
            (false, true) => self.conclude(message, Outcome::Cancelled),
            (false, false) => {
                self.sends.again(message, self.cx.now, Reason::SocketLost(why.to_owned()), &self.cx);
                match self.webs.session(key) {
                    // A session that is over lets no message wait.
                    Some(WebSession::Closed | WebSession::Ended(_)) => self.give_up_web(key),
                    Some(WebSession::Unreachable(_)) => self.restate_first(key, DeliveryStatus::Queued),
                    _ => {}
                }
            }
            (true, _) => self.conclude(message, Outcome::Unknown(Reason::NotEchoed(why.to_owned()))),
        }
    }

    /// A person takes a message back (or guestwire leaves) that goes through a socket.
    pub fn take_frame_back(&mut self, message: MessageId) {
        let Some(key) = self.sends.get(message).map(|send| send.request.conversation) else { return };
        if !self.webs.all.contains_key(&key) || self.take_upload_back(key, message) {
            return;
        }
        // Else its intent is being recorded: it is not written after that.
        if let Some(waiting) = self.webs.of(key).in_flight.take_message(message) {
            self.never_answered(key, waiting, FailureKind::Cancelled, "taken back");
        }
    }

    pub fn restate_first(&mut self, key: ConversationKey, delivery: DeliveryStatus) {
        let first = self.waiting_in(key).next();
        if let Some(message) = first {
            self.sends.restate(message, delivery, &self.cx);
        }
    }

    pub fn waiting_in(&self, key: ConversationKey) -> impl Iterator<Item = MessageId> {
        let of_it = move |send: &&InFlightSend| send.request.conversation == key;
        self.sends.waiting().filter(of_it).map(|send| send.message)
    }
}
