//! Frames and their entries in the log. One of ours is an exchange whose answer is the frame that answers it; one of
//! theirs that came by itself is an exchange with an empty request.

use crate::engine::client::capture;
use crate::engine::driver::sends::InFlightSend;
use crate::engine::exchange_builder::ExchangeBuilder;
use crate::engine::redact::Redactor;
use crate::engine::socket::flight::Waiting;
use crate::engine::socket::session::SocketEvent;
use crate::genesys::web_messaging::{Configure, GuestSocketMessage, HEALTH_TRACING, Ours, Theirs, declined};
use crate::model::frame_codes::{self, Means};
use crate::model::{
    Body, ConversationKey, Ending, ExchangeKind, Failure, FailureKind, Moment, Outcome, Phase, Reason, Request,
    Response, Timing,
};
use crate::text::one_line;

use super::{Driver, Of, Underway, awaits};

/// The method of a frame of ours, where a request has `GET`.
const OURS: &str = "FRAME";
/// The method of one of theirs that came by itself.
const THEIRS: &str = "RECV";
/// The version of what stands where a response would.
const VERSION: &str = "WebSocket";

/// A frame of theirs, masked where it came in.
#[derive(Debug)]
pub struct Frame {
    /// What it says; `None`: nothing that is known.
    theirs: Option<Theirs>,
    /// How it stands in the log.
    body: Body,
}

impl Frame {
    /// Masks a frame and reads it; takes as long as a megabyte wants, so this is not for the driver's loop.
    pub fn new(text: &str, redactor: &Redactor) -> Self {
        let body = capture::frame(text, redactor);
        let theirs = Theirs::read(&body.text).and_then(|theirs| match theirs.said {
            // These are for the session itself, and for nobody to see.
            GuestSocketMessage::Jwt { .. } | GuestSocketMessage::Presigned { .. } => Theirs::read(text),
            _ => Some(theirs),
        });
        Self { theirs, body }
    }
}

impl Driver {
    /// How a frame stands in the log.
    pub(super) fn shown_frame(&self, key: ConversationKey, frame: Option<&str>) -> Request {
        Request {
            method: if frame.is_some() { OURS } else { THEIRS }.to_owned(),
            url: self.webs.all.get(&key).map(|web| web.opening.shown_url.clone()).unwrap_or_default(),
            headers: Vec::new(),
            body: frame.map_or_else(Body::default, |frame| capture::frame(frame, &self.cx.redactor)),
        }
    }

    /// Writes a frame of the session's own. False: there is no socket.
    pub(super) fn write_frame(&mut self, key: ConversationKey, ours: &Ours, now: Moment) -> bool {
        let tracing = match ours {
            Ours::Health => HEALTH_TRACING.to_owned(),
            _ => uuid::Uuid::new_v4().to_string(),
        };
        let Some(web) = self.webs.all.get(&key) else { return false };
        let (Some(token), true) = (&web.guest.token, web.link.is_some()) else { return false };
        let text = ours.write(token, &tracing, now.wall);
        let mut record = self.cx.record(ExchangeKind::Frame, &ours.words(), Some(key), now);
        record.begin(self.shown_frame(key, Some(&text)), None, now);
        if !ours.wants_answer() {
            record.settle(Outcome::Accepted, now);
        }
        self.cx.report(record.report());
        self.hand_over(key, ours, tracing, text, Of::Session(Box::new(record)), now);
        true
    }

    /// Gives a frame to the socket, and remembers what answers it.
    pub(super) fn hand_over(
        &mut self,
        key: ConversationKey,
        ours: &Ours,
        tracing: String,
        text: String,
        of: Of,
        now: Moment,
    ) {
        let until = now.after(self.cx.profile.request_timeout);
        let Some(web) = self.webs.all.get_mut(&key) else { return };
        let Some(link) = &web.link else { return };
        let gate = link.write(text);
        web.pace.frames.spend(now);
        if ours.wants_answer() {
            web.flight.put(Waiting { tracing, awaits: awaits(ours), until, of: Underway { of, gate } });
        }
    }

    pub(super) fn configure(&mut self, key: ConversationKey, how: Configure, now: Moment) {
        let Some((deployment, _)) = self.cx.web_address(key) else { return };
        let ours = Ours::Configure { deployment_id: deployment.to_owned(), how };
        self.write_frame(key, &ours, now);
        if let Some(web) = self.webs.all.get_mut(&key) {
            web.guest.fresh = false;
            if how != Configure::Resume {
                web.files.forget();
            }
            if how == Configure::New {
                web.history.begins();
            }
        }
        if how == Configure::StartNew {
            self.reads.begin_anew(key);
        }
    }

    /// A text frame came.
    pub(super) fn frame_came(&mut self, key: ConversationKey, frame: Frame, now: Moment) {
        let Frame { theirs, body } = frame;
        let Some(theirs) = theirs else {
            return self.record_odd(key, "a frame that is no JSON object", body, now);
        };
        let Some(web) = self.webs.all.get_mut(&key) else { return };
        match web.flight.answered(&theirs) {
            Some(Waiting { of: Underway { of: Of::Message(message), .. }, .. }) => {
                let own_token = self.sends.get(message).is_none_or(InFlightSend::carries_own_token);
                self.message_answered(key, message, &theirs, body, now);
                // What another token, or none, is answered says nothing of this session.
                if own_token {
                    self.hear_frame(key, theirs, now);
                }
            }
            Some(Waiting { of: Underway { of: Of::Session(mut record), .. }, .. }) => {
                let refusal = match &theirs.said {
                    GuestSocketMessage::Error { code, message, .. } if record.is_called("configureSession") => {
                        Some(declined(*code, message))
                    }
                    _ => refusal(&theirs),
                };
                record.end(shown_answer(theirs.code, body), took(record.began(), now));
                self.cx.settle(&mut record, Self::frame_outcome(refusal), now);
                self.ours_answered(key, &record, theirs, now);
            }
            None => {
                self.record_came(key, &theirs, body, now);
                self.hear_frame(key, theirs, now);
            }
        }
    }

    fn frame_outcome(refusal: Option<Reason>) -> Outcome {
        refusal.map_or(Outcome::Accepted, Outcome::Refused)
    }

    /// A frame that came by itself.
    fn record_came(&mut self, key: ConversationKey, theirs: &Theirs, body: Body, now: Moment) {
        let outcome = Self::frame_outcome(refusal(theirs));
        self.record_theirs(key, &one_line(&theirs.words()), (theirs.code, body), outcome, now);
    }

    /// A frame that is none of this service's.
    pub(super) fn record_odd(&mut self, key: ConversationKey, what: &str, body: Body, now: Moment) {
        self.record_theirs(key, what, (0, body), Outcome::Accepted, now);
    }

    fn record_theirs(&mut self, key: ConversationKey, what: &str, came: (u16, Body), outcome: Outcome, now: Moment) {
        let mut record = self.cx.record(ExchangeKind::Frame, what, Some(key), now);
        record.begin(self.shown_frame(key, None), None, now);
        record.end(shown_answer(came.0, came.1), Timing::default());
        self.cx.settle(&mut record, outcome, now);
    }

    /// A frame of the session's own was answered: what follows.
    fn ours_answered(&mut self, key: ConversationKey, record: &ExchangeBuilder, theirs: Theirs, now: Moment) {
        if record.is_called("closeSession") {
            return self.web_event(key, SocketEvent::Closed, now);
        }
        let GuestSocketMessage::Error { code, message, retry_after } = &theirs.said else {
            return self.hear_frame(key, theirs, now);
        };
        if record.is_called("configureSession") {
            let why = declined(*code, message);
            let wait = retry_after.map(std::time::Duration::from_secs);
            return self.web_event(key, SocketEvent::Declined { code: *code, why, wait }, now);
        }
        let why = Reason::Frame(*code, message.clone()).to_string();
        if record.is_called("getJwt") {
            self.history_failed(key, &why, now);
        } else if record.is_called("onAttachment") {
            self.upload_refused(key, None, *code, message, now);
        } else if frame_codes::means(*code) == Means::Refused {
            self.cx.notice(&format!("{} was refused: {why}", record.what()), now);
        }
        self.hear_frame(key, theirs, now);
    }

    /// What did not come in time.
    pub(super) fn unanswered(&mut self, key: ConversationKey, now: Moment) {
        let Some(web) = self.webs.all.get_mut(&key) else { return };
        let seconds = self.cx.profile.request_timeout.as_secs();
        for waiting in web.flight.late(now) {
            let why = format!("nothing came within {seconds} s");
            self.never_answered(key, waiting, FailureKind::Timeout, &why, now);
        }
    }

    /// A frame whose answer will not come.
    pub(super) fn never_answered(
        &mut self,
        key: ConversationKey,
        waiting: Waiting<Underway>,
        kind: FailureKind,
        why: &str,
        now: Moment,
    ) {
        let Underway { of, gate } = waiting.of;
        let wrote = !gate.bar();
        match of {
            Of::Message(message) => self.message_lost(message, wrote, kind, why, now),
            Of::Session(mut record) => {
                record.end(lost(kind, why, wrote), took(record.began(), now));
                self.cx.settle(&mut record, Outcome::Failed(Reason::NotAnswered(why.to_owned())), now);
                if record.is_called("getJwt") {
                    self.history_failed(key, why, now);
                } else if record.is_called("onAttachment") {
                    self.uploads_lost(key, why, now);
                }
            }
        }
    }
}

/// A frame of theirs, as it stands in the log.
pub(super) fn shown_answer(code: u16, body: Body) -> Ending {
    let version = VERSION.to_owned();
    Ending::Answered(Response { status: code, version, headers: Vec::new(), body, remote: None, phrase: None })
}

/// How a frame ended to which nothing came.
pub(super) fn lost(kind: FailureKind, why: &str, wrote: bool) -> Ending {
    let phase = if wrote { Phase::Answer } else { Phase::Write };
    Ending::Failed(Failure { wrote, ..Failure::new(kind, phase, why) })
}

/// How long an answer took to a try that began then.
pub(super) fn took(began: Option<Moment>, now: Moment) -> Timing {
    let total = began.map(|began| now.since(began));
    Timing { first_byte: total, total, reused: true, ..Timing::default() }
}

/// Why a frame of theirs is no success.
pub(super) fn refusal(theirs: &Theirs) -> Option<Reason> {
    match &theirs.said {
        GuestSocketMessage::Error { code, message, .. } | GuestSocketMessage::UploadFailed { code, message, .. } => {
            Some(Reason::Frame(*code, message.clone()))
        }
        _ if theirs.code >= 400 => Some(Reason::Frame(theirs.code, String::new())),
        _ => None,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use base64::Engine as _;
    use jiff::Timestamp;
    use serde_json::{Value, json};

    use super::*;
    use crate::genesys::{conversations, webhook};
    use crate::model::{Generation, Masks};

    const TOKEN: &str = "tok-3f9aK2c_81x0";
    const SECRET: &str = "hU8+sh/Sek/ret42";
    const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";
    const PHONE: &str = "+49 170 4711222";

    /// The same message as each channel brings it: a frame of the socket, a page of a read, a webhook.
    fn said(canary: &str) -> [Value; 3] {
        let message = json!({
            "id": "m-1", "type": "Structured", "text": format!("see {canary} there"),
            "direction": "Outbound", "originatingEntity": "Bot",
            "channel": { "time": "2026-11-23T10:00:00Z", "messageId": "c-1", "from": { "nickname": canary } },
            "content": [
                { "contentType": "QuickReply", "quickReply": { "text": canary, "payload": canary } },
                { "contentType": "Card", "card": { "title": canary, "description": canary } },
                { "contentType": "Attachment", "attachment": {
                    "url": format!("https://files.example/f?name={canary}&X-Amz-Signature=a1b2c3"),
                    "mime": "text/plain", "filename": canary,
                } },
            ],
        });
        let entity = json!({ "id": "m-1", "direction": "outbound", "normalizedMessage": message });
        [
            json!({ "type": "message", "class": "StructuredMessage", "code": 200, "body": message }),
            json!({ "entities": [entity] }),
            message,
        ]
    }

    /// All that leaves the place where a message enters.
    fn kept(canary: &str, redactor: &Redactor) -> String {
        let [frame, page, hook] = said(canary).map(|said| said.to_string());
        let body =
            |text: &str| capture::body(text.as_bytes(), text.len() as u64, &http::HeaderMap::new(), redactor, false);
        let (page, hook) = (body(&page), body(&hook));
        let at = Timestamp::UNIX_EPOCH;
        let frame = Frame::new(&frame, redactor);
        let read = conversations::read_bulk(page.text.as_bytes(), &[], at).unwrap();
        let outbound = webhook::read(hook.text.as_bytes(), at).unwrap();
        // Each of them is a message still.
        assert!(
            matches!(&frame.theirs.as_ref().unwrap().said, GuestSocketMessage::Message(m) if m.text.starts_with("see "))
        );
        assert!(read.len() == 1 && read[0].text.starts_with("see ") && read[0].attachments.len() == 1);
        format!("{frame:?} {page:?} {read:?} {hook:?} {outbound:?}")
    }

    #[test]
    fn what_the_other_side_says_has_no_secret_in_any_field_or_encoding() {
        let blind = Redactor::new(&[]);
        let knows = blind
            .with_secret(&SECRET.into(), "client secret")
            .with_token(&TOKEN.into(), Generation(1))
            .with_masks(Masks::new(&[], true));
        let base64 = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
        let percent = SECRET.bytes().fold(String::new(), |all, b| all + &format!("%{b:02x}"));
        let hex = TOKEN.bytes().fold(String::new(), |all, b| all + &format!("{b:02x}"));
        for canary in [
            TOKEN.to_owned(),
            SECRET.to_owned(),
            JWT.to_owned(),
            PHONE.to_owned(),
            percent,
            hex,
            base64(SECRET).trim_end_matches('=').to_owned(),
            base64(&format!("id:{SECRET}")).trim_end_matches('=').to_owned(),
            SECRET.replace('+', "&#43;"),
        ] {
            assert!(!kept(&canary, &knows).contains(&canary), "{canary} is kept");
            assert!(canary == JWT || kept(&canary, &blind).contains(&canary), "{canary} would be found");
        }
        assert!(!kept("x", &knows).contains("a1b2c3"), "the signature of a file's address is kept");
    }

    #[test]
    fn what_the_session_needs_is_read_unmasked() {
        let jwt = json!({ "class": "JwtResponse", "code": 200, "body": { "jwt": JWT } }).to_string();
        let frame = Frame::new(&jwt, &Redactor::new(&[]));
        assert!(matches!(&frame.theirs.unwrap().said, GuestSocketMessage::Jwt { jwt, .. } if jwt == JWT));
        assert!(!frame.body.text.contains(JWT));
    }
}
