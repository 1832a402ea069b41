//! From the queue to the wire: a message is accepted or refused, waits, is started, and may be taken back.
//!
//! ```text
//! accept ─► objection? ─► queue ─► start ─┬─ a request ─► launched here: intent recorded ─► wire ─► `answer`
//!                                         └─ a frame ───► launched by `web::sending`
//! ```

use std::time::Duration;

use http::header::AUTHORIZATION;

use super::untried;
use crate::engine::client::capture;
use crate::engine::driver::Driver;
use crate::engine::queue::TakenFrom;
use crate::engine::web_session::{Opener, SocketEvent};
use crate::engine::{Unrecorded, channel};
use crate::genesys::Call;
use crate::model::{
    DeliveryStatus, Ending, Failure, FailureKind, Generation, MessageId, Objection, Outcome, OutgoingMessage, Phase,
    Reason, Request, Timing, Transport, Variation,
};

/// How long a message waits for another try to record it, where it could not be recorded before it was sent.
const RECORD_AGAIN: Duration = Duration::from_secs(5);

type WrittenRequest = (Call, Request, Option<(Generation, Duration)>);

impl Driver {
    pub fn accept(&mut self, message: MessageId, mut request: OutgoingMessage) {
        if self.sends.knows(message) {
            let text = format!("message {message} is known already and was not queued again");
            return self.cx.notice_of(request.conversation, &text);
        }
        let Some(entry) = self.cx.entry(request.conversation) else {
            return self.refuse_untried(message, &request, Objection::NoConversation(request.conversation));
        };
        let channel = entry.conversation.channel();
        if let Some(why) = channel::objection(entry, &self.cx.profile.credentials, &request) {
            return self.refuse_untried(message, &request, why);
        }
        let transport = channel.capabilities().transport;
        if transport == Transport::Frame {
            // Its tracing id, and `metadata.id`: a resend is another message.
            request.extras.idempotency_key = Some(uuid::Uuid::new_v4().to_string());
        } else if channel.capabilities().idempotent && request.extras.idempotency_key.is_none() {
            let first = request.resend_of.and_then(|first| self.sends.unknown.get(&first)?.key.clone());
            request.extras.idempotency_key = Some(first.unwrap_or_else(|| channel::new_key(self.cx.now.wall)));
        }
        let key = request.conversation;
        self.sends.push(message, request, channel, &self.cx);
        if transport == Transport::Frame {
            self.web_event(key, SocketEvent::Want(Opener::Message));
        }
    }

    fn refuse_untried(&mut self, message: MessageId, request: &OutgoingMessage, why: Objection) {
        let why = Reason::Held(why);
        let mut record = untried(message, request, &mut self.cx);
        record.finish(Outcome::Refused(why.clone()), self.cx.now);
        self.cx.record_status((message, DeliveryStatus::Refused(why)), None, Some(&record), None);
    }

    pub fn start_sends(&mut self) {
        for (message, why) in self.sends.without_token(&self.cx) {
            self.refuse_waiting(message, Outcome::Refused(why));
        }
        if self.sends.all().any(|send| send.request.sent_as == Some(Variation::WrongScope)) {
            let asked = self.sign_in.ask_spare(&mut self.cx);
            self.refuse_wrong_scope(asked);
        }
        while let Some(message) = self.sends.start(&self.cx, &self.webs) {
            match self.sends.get(message).map(|send| send.channel.capabilities().transport) {
                Some(Transport::Request) => self.launch_request(message),
                Some(Transport::Frame) => self.launch_frame(message),
                None => {}
            }
        }
        self.sends.report_paced(&self.cx, &self.webs);
    }

    pub fn refuse_waiting(&mut self, message: MessageId, outcome: Outcome) {
        if self.sends.take_waiting(message) {
            self.conclude(message, outcome);
        }
    }

    /// Without a token of another scope, no message goes that wants one.
    pub fn refuse_wrong_scope(&mut self, asked: Result<(), Reason>) {
        let Err(why) = asked else { return };
        let wanting = self.sends.waiting().filter(|send| send.request.sent_as == Some(Variation::WrongScope));
        for message in wanting.map(|send| send.message).collect::<Vec<_>>() {
            let why = Reason::NoOtherToken(Box::new(why.clone()));
            self.refuse_waiting(message, Outcome::Refused(why));
        }
    }

    fn launch_request(&mut self, message: MessageId) {
        let Some(send) = self.sends.get(message) else { return };
        let channel = send.channel;
        let (call, shown, token) = match self.write(&send.request) {
            Ok(written) => written,
            Err(why) => return self.conclude(message, Outcome::Refused(Reason::NotBuilt(why))),
        };
        let Some(intent) = self.sends.begin_try(message, shown, token, &mut self.cx) else { return };
        self.cx.pace.spend();
        let take_back = self.cx.spawn_send(call, channel, intent);
        self.sends.handed_over(message, take_back);
    }

    fn write(&self, request: &OutgoingMessage) -> Result<WrittenRequest, String> {
        let none = "there is no token or no such conversation";
        let entry = self.cx.entry(request.conversation).ok_or(none)?;
        let mut address = entry.conversation.address.clone();
        let (mut token, mut carried) = (self.cx.token.clone().ok_or(none)?, self.cx.carried());
        if let Some(sent_as) = request.sent_as {
            address = channel::address_with_fault(&address, sent_as);
            (token, carried) = self.cx.token_with_fault(sent_as).unwrap_or((token, carried));
        }
        let mut call = channel::call(&self.cx.profile, entry, &address, request, &token, self.cx.now.wall)?;
        if request.sent_as == Some(Variation::NoToken) {
            call.headers.remove(AUTHORIZATION);
        }
        let shown = capture::request(&call, self.cx.redactor());
        Ok((call, shown, carried))
    }

    pub fn unrecorded(&mut self, message: MessageId, why: Unrecorded) {
        let given_up = self.sends.get(message).is_some_and(|send| send.given_up.is_some());
        match why {
            Unrecorded::NotNow(_) if given_up => self.conclude(message, Outcome::Cancelled),
            Unrecorded::NotNow(why) => {
                let why = Reason::Unrecorded { why, for_good: false };
                let ending = Ending::Failed(Failure::new(FailureKind::Unrecorded, Phase::Write, why.to_string()));
                self.sends.end_try(message, (ending, Timing::default()));
                self.sends.again(message, self.cx.now.after(RECORD_AGAIN), why, &self.cx);
            }
            Unrecorded::Never(why) => {
                self.conclude(message, Outcome::Refused(Reason::Unrecorded { why, for_good: true }));
            }
        }
    }

    pub fn cancel(&mut self, message: MessageId) {
        match self.sends.take_back(message) {
            TakenFrom::Waiting => self.conclude(message, Outcome::Cancelled),
            TakenFrom::InFlight => self.take_frame_back(message),
            TakenFrom::Nowhere => {}
        }
    }

    pub fn leave_queued(&mut self, messages: Vec<MessageId>) {
        for message in messages {
            self.sends.leave_queued(message);
            self.cancel(message);
        }
    }
}
