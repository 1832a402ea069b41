//! Frames and their entries in the log. A frame of ours is an exchange, answered by a frame of theirs; a frame of theirs
//! that came by itself is an exchange with an empty request.

use std::time::Duration;

use super::Driver;
use crate::engine::Report;
use crate::engine::client::capture;
use crate::engine::driver::sends::InFlightSend;
use crate::engine::frames_in_flight::{FrameInFlight, FrameOwner};
use crate::engine::guest_socket::Frame;
use crate::engine::web_session::SocketEvent;
use crate::genesys::web_messaging::{
    Configure, GuestFrame, HEALTH_TRACING, Presence, ServerFrame, ServerFrameContent, declined,
};
use crate::model::frame_codes::{self, FrameCodeClass};
use crate::model::{
    Body, ConversationKey, Ending, ExchangeKind, Failure, FailureKind, Moment, Outcome, Phase, Reason, Request,
    Response, Timing, WebSession,
};
use crate::text::one_line;

impl Driver {
    /// How a frame stands in the log: one of ours as `FRAME`, where a request has `GET`; one that came by itself as `RECV`.
    pub fn shown_frame(&self, key: ConversationKey, frame: Option<&str>) -> Request {
        Request {
            method: if frame.is_some() { "FRAME" } else { "RECV" }.to_owned(),
            url: self.webs.all.get(&key).map(|web| web.connection.shown_url().to_owned()).unwrap_or_default(),
            headers: Vec::new(),
            body: frame.map_or_else(Body::default, |frame| capture::frame(frame, self.cx.redactor())),
        }
    }

    /// Writes a frame of the session's own. False: there is no socket.
    pub fn write_frame(&mut self, key: ConversationKey, ours: GuestFrame) -> bool {
        let tracing = match ours {
            GuestFrame::Health => HEALTH_TRACING.to_owned(),
            _ => uuid::Uuid::new_v4().to_string(),
        };
        let connection = &self.webs.of(key).connection;
        let (Some(token), Some(_)) = (connection.token(), connection.link()) else { return false };
        let text = ours.write(Some(token), &tracing, self.cx.now.wall);
        let mut record = self.cx.record(ExchangeKind::Frame, &ours.words(), Some(key));
        record.begin(self.shown_frame(key, Some(&text)), None, self.cx.now);
        if !ours.wants_answer() {
            record.finish(Outcome::Accepted, self.cx.now);
        }
        self.cx.report_exchange(&record);
        self.hand_over(key, ours, tracing, text, FrameOwner::Session(Box::new(record)));
        true
    }

    pub fn hand_over(&mut self, key: ConversationKey, ours: GuestFrame, tracing: String, text: String, of: FrameOwner) {
        let until = self.cx.now.after(self.cx.profile.request_timeout);
        let web = self.webs.of(key);
        let Some(link) = web.connection.link() else { return };
        let gate = link.write(text);
        web.pace.frames.spend(self.cx.now);
        if ours.wants_answer() {
            web.in_flight.push(FrameInFlight { tracing, ours, until, owner: of, gate });
        }
    }

    pub fn configure(&mut self, key: ConversationKey, how: Configure) {
        let Some((deployment, _)) = self.cx.web_address(key) else { return };
        let ours = GuestFrame::Configure { deployment_id: deployment.to_owned(), how };
        self.write_frame(key, ours);
        let web = self.webs.of(key);
        web.connection.configured();
        if how != Configure::Resume {
            web.uploads.forget_unwanted();
        }
        if how == Configure::New {
            web.history.stop();
        }
        if how == Configure::StartNew {
            self.reads.begin_anew(key, &mut self.cx);
        }
    }

    pub fn take_frame(&mut self, key: ConversationKey, Frame { theirs, body }: Frame) {
        let Some(theirs) = theirs else {
            return self.record_theirs(key, "a frame that is no JSON object", (0, body), Outcome::Accepted);
        };
        match self.webs.of(key).in_flight.take_answered(&theirs) {
            Some(FrameInFlight { owner: FrameOwner::Message(message), .. }) => {
                let own_token = self.sends.get(message).is_none_or(InFlightSend::carries_own_token);
                self.message_answered(key, message, &theirs, body);
                // What another token, or none, is answered says nothing of this session.
                if own_token {
                    self.on_frame(key, theirs);
                }
            }
            Some(FrameInFlight { owner: FrameOwner::Session(mut record), ours, .. }) => {
                let outcome = match (&theirs.content, &ours) {
                    (ServerFrameContent::Error { code, message, .. }, GuestFrame::Configure { .. }) => {
                        Outcome::Refused(declined(*code, message))
                    }
                    _ => outcome(&theirs),
                };
                record.end((shown_answer(theirs.code, body), took(record.began(), self.cx.now)));
                self.cx.finish(&mut record, outcome);
                self.ours_answered(key, &ours, theirs);
            }
            None => {
                let outcome = outcome(&theirs);
                self.record_theirs(key, &one_line(&theirs.words()), (theirs.code, body), outcome);
                self.on_frame(key, theirs);
            }
        }
    }

    pub fn record_theirs(&mut self, key: ConversationKey, what: &str, (code, body): (u16, Body), outcome: Outcome) {
        let mut record = self.cx.record(ExchangeKind::Frame, what, Some(key));
        record.begin(self.shown_frame(key, None), None, self.cx.now);
        record.end((shown_answer(code, body), Timing::default()));
        self.cx.finish(&mut record, outcome);
    }

    fn ours_answered(&mut self, key: ConversationKey, ours: &GuestFrame, theirs: ServerFrame) {
        if *ours == GuestFrame::Close {
            return self.web_event(key, SocketEvent::Closed);
        }
        if let ServerFrameContent::Error { code, message, retry_after } = &theirs.content {
            let why = Reason::Frame(*code, message.clone()).to_string();
            match ours {
                GuestFrame::Configure { .. } => {
                    let why = declined(*code, message);
                    let wait = retry_after.map(Duration::from_secs);
                    return self.web_event(key, SocketEvent::Declined { code: *code, why, wait });
                }
                GuestFrame::Jwt => self.history_failed(key, &why),
                GuestFrame::Upload { .. } => self.upload_refused(key, None, *code, message),
                _ if frame_codes::classify(*code) == FrameCodeClass::Refused => {
                    self.cx.notice_of(key, &format!("{} was refused: {why}", ours.words()));
                }
                _ => {}
            }
            self.tell_unmoved(key, ours);
        }
        self.on_frame(key, theirs);
    }

    /// Reports the session again if clearing it was refused: the front end waits for a report after Clear.
    fn tell_unmoved(&self, key: ConversationKey, ours: &GuestFrame) {
        let session = self.webs.session(key).filter(|_| *ours == GuestFrame::Presence(Presence::Clear));
        if let Some(session) = session {
            self.cx.report(Report::Session(key, session));
        }
    }

    pub fn unanswered(&mut self, key: ConversationKey) {
        let web = self.webs.of(key);
        let seconds = self.cx.profile.request_timeout.as_secs();
        let read_only = matches!(web.machine.session(), WebSession::ReadOnly(_));
        for waiting in web.in_flight.take_late(self.cx.now) {
            let (kind, why) = match waiting.owner {
                // The conversation's end is why no echo came; the socket itself is open.
                FrameOwner::Message(_) if read_only => (FailureKind::SessionEnded, "the session is read-only, and "),
                _ => (FailureKind::Timeout, ""),
            };
            self.never_answered(key, waiting, kind, &format!("{why}nothing came within {seconds} s"));
        }
    }

    pub fn never_answered(&mut self, key: ConversationKey, waiting: FrameInFlight, kind: FailureKind, why: &str) {
        let wrote = !waiting.gate.close();
        match waiting.owner {
            FrameOwner::Message(message) => self.message_lost(message, wrote, kind, why),
            FrameOwner::Session(mut record) => {
                record.end((lost(kind, why, wrote), took(record.began(), self.cx.now)));
                self.cx.finish(&mut record, Outcome::Failed(Reason::NotAnswered(why.to_owned())));
                match waiting.ours {
                    GuestFrame::Jwt => self.history_failed(key, why),
                    // A socket that is open and silent is asked no second time: the file's own bound ends it.
                    GuestFrame::Upload { .. } if kind == FailureKind::Timeout => self.late_upload(key),
                    GuestFrame::Upload { .. } => self.uploads_lost(key, why),
                    _ => self.tell_unmoved(key, &waiting.ours),
                }
            }
        }
    }
}

pub fn shown_answer(code: u16, body: Body) -> Ending {
    let version = "WebSocket".to_owned();
    Ending::Answered(Response { status: code, version, headers: Vec::new(), body, remote: None, phrase: None })
}

pub fn lost(kind: FailureKind, why: &str, wrote: bool) -> Ending {
    let phase = if wrote { Phase::Answer } else { Phase::Write };
    Ending::Failed(Failure { wrote, ..Failure::new(kind, phase, why) })
}

pub fn took(began: Option<Moment>, now: Moment) -> Timing {
    let total = began.map(|began| now.since(began));
    Timing { first_byte: total, total, reused: true, ..Timing::default() }
}

fn outcome(theirs: &ServerFrame) -> Outcome {
    match &theirs.content {
        ServerFrameContent::Error { code, message, .. } | ServerFrameContent::UploadFailed { code, message, .. } => {
            Outcome::Refused(Reason::Frame(*code, message.clone()))
        }
        _ if theirs.code >= 400 => Outcome::Refused(Reason::Frame(theirs.code, String::new())),
        _ => Outcome::Accepted,
    }
}
