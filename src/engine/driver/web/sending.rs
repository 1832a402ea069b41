//! Messages as frames: recorded, written, echoed; and their files, which are put where the session says before that.
//!
//! ```text
//! head of its queue ─► its files ─► intent recorded ─► frame ─┬─ echo ───► accepted ─► (a reply) ─► answered
//!                                                             ├─ error ──► refused, or again (too fast)
//!                                                             └─ nothing came ─┬─ not written: head of its queue again
//!                                                                              └─ written: unknown ─► (echo, history)
//!
//! a file: read ─► limits ─► onAttachment ─► PresignedUrlResponse ─► PUT ─► UploadSuccessEvent ─► the next, or launched
//! ```
//! What fails on the way wrote nothing of the message. Files that then go with none are deleted (`deleteAttachment`).

use std::collections::VecDeque;

use secrecy::SecretString;

use crate::engine::Unrecorded;
use crate::engine::driver::sends::InFlightSend;
use crate::engine::driver::task_output::{AnsweredTry, FileRead, TaskPurpose};
use crate::engine::outcome::{RetryDecision, TryResult};
use crate::engine::web_session::FrameOwner;
use crate::engine::{channel, outcome};
use crate::genesys::answerer::Answerer;
use crate::genesys::web_messaging::{GuestFrame, ServerFrame, ServerFrameContent, put_file};
use crate::model::{
    Attachment, Body, ConversationKey, DeliveryStatus, ExchangeKind, FailureKind, FileSource, MessageId, Outcome,
    Reason, Timing, Variation, WebSession,
};

use super::Driver;
use super::frames::{lost, shown_answer, took};
use super::state::{Files, Ready, Uploading};

impl Driver {
    pub fn launch_frame(&mut self, message: MessageId) {
        let Some(attachments) = self.upload_first(message) else { return };
        let Some(request) = self.sends.get(message).map(|send| &send.request) else { return };
        let key = request.conversation;
        let Some(entry) = self.cx.entry(key) else { return };
        let Some(token) = self.webs.all.get(&key).and_then(|web| web.guest.token.as_ref()) else { return };
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
        self.webs.of(key).ready = Some(Ready { message, ours, tracing, text });
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
        match self.webs.of(key).ready.take().filter(|r| r.message == message) {
            Some(Ready { ours, tracing, text, .. }) => {
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
                self.webs.of(key).pace.silent = Some(until);
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
        if self.take_upload_back(key, message) {
            return;
        }
        let flight = &mut self.webs.of(key).in_flight;
        // Else its intent is being recorded: it is not written after that.
        if let Some(at) = flight.iter().position(|w| matches!(w.of, FrameOwner::Message(m) if m == message)) {
            let waiting = flight.remove(at);
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

    /// The attachment ids of a message's files. `None`: they are being uploaded, and it is launched again
    /// then; or nothing is known of the message or its session any more.
    pub fn upload_first(&mut self, message: MessageId) -> Option<Vec<(String, String)>> {
        let request = &self.sends.get(message)?.request;
        let key = request.conversation;
        let local = |a: &&Attachment| matches!(a.place, FileSource::File(_));
        let left: VecDeque<_> = request.extras.attachments.iter().filter(local).cloned().collect();
        if left.is_empty() {
            return Some(Vec::new());
        }
        let files = &mut self.webs.of(key).files;
        // They stay known, for the case that the message has to be written again.
        if let Some(done) = files.uploading.as_ref().filter(|u| u.message == message && u.is_done()) {
            return Some(done.done.clone());
        }
        files.uploading = Some(Uploading { message, left, current: None, done: Vec::new(), until: None });
        self.sends.restate(message, DeliveryStatus::Sending { attempt: 1 }, &self.cx);
        self.read_file(key);
        None
    }

    fn read_file(&mut self, key: ConversationKey) {
        let Files { uploading: Some(uploading), media, .. } = &self.webs.of(key).files else { return };
        let Some((path, _)) = uploading.file() else { return };
        self.cx.spawn_file(key, uploading.message, path.to_owned(), media.max_bytes());
    }

    pub fn file_read(&mut self, key: ConversationKey, message: MessageId, read: Result<FileRead, String>) {
        let Files { uploading, media, .. } = &mut self.webs.of(key).files;
        let Some(uploading) = uploading.as_mut().filter(|u| u.message == message) else { return };
        let (Some(file), name) = (uploading.left.front(), uploading.name()) else { return };
        let FileRead { bytes, size, md5 } = match read {
            Ok(read) => read,
            Err(why) => return self.upload_failed(key, Reason::File(self.cx.mask(&why))),
        };
        if let Some(why) = media.objection(&name, &file.mime, size) {
            return self.upload_failed(key, Reason::File(self.cx.mask(&why)));
        }
        let id = uuid::Uuid::new_v4().to_string();
        let ours = GuestFrame::Upload { attachment_id: id.clone(), name, mime: file.mime.clone(), size, md5 };
        uploading.current = Some((id, bytes));
        uploading.until = Some(self.cx.now.after(self.cx.profile.request_timeout));
        if !self.write_frame(key, ours) {
            self.uploads_lost(key, "the socket was lost while a file was uploaded");
        }
    }

    pub fn upload_place(&mut self, key: ConversationKey, id: &str, url: &str, headers: &[(String, String)]) {
        let until = self.cx.now.after(self.cx.profile.request_timeout);
        let Some(uploading) = self.webs.upload(key) else { return };
        let Some((_, bytes)) = uploading.current.as_mut().filter(|(current, _)| current == id) else { return };
        let bytes = std::mem::take(bytes);
        uploading.until = Some(until);
        let name = uploading.name();
        let record = self.cx.record(ExchangeKind::Event, &format!("upload {name}"), Some(key));
        let call = put_file(url, headers, bytes);
        if let Err(why) = self.cx.request(TaskPurpose::Upload(key, id.to_owned()), record, call, None) {
            let why = Box::new(Reason::NotBuilt(why));
            self.upload_failed(key, Reason::NotUploaded(self.cx.mask(&name), why));
        }
    }

    pub fn file_put(&mut self, key: ConversationKey, id: &str, (mut record, shown): AnsweredTry) {
        let why = match shown.evidence().map(|answer| &answer.answerer) {
            Some(Answerer::Other(sign)) => Reason::Elsewhere(shown.status(), sign.clone()),
            _ => shown.why(),
        };
        let limited = (shown.status() == 429).then(|| shown.wait());
        let arrived = (200..=299).contains(&shown.status()) && !matches!(why, Reason::Elsewhere(..));
        self.cx.settle_question(&mut record, shown, arrived);
        // The server's own word decides that it has arrived; it may have come before the answer.
        if let Some(name) = self.webs.upload(key).filter(|u| !arrived && u.is_at(id)).map(|u| u.name()) {
            let why = Reason::NotUploaded(self.cx.mask(&name), Box::new(why));
            match limited {
                Some(wait) => self.upload_limited(key, TryResult::Limited(429, why, wait)),
                None => self.upload_failed(key, why),
            }
        }
    }

    /// The storage asks to wait: the message waits at the head of its queue, and all of its files are uploaded again then.
    fn upload_limited(&mut self, key: ConversationKey, limited: TryResult) {
        let Some(Uploading { message, done, .. }) = self.end_upload(key) else { return };
        match self.sends.follow(message, limited, &self.cx) {
            Some(RetryDecision::Again(pause, why)) => {
                self.sends.again(message, self.cx.now.after(pause), why, &self.cx);
            }
            Some(verdict) => self.conclude(message, verdict.into_outcome()),
            None => {}
        }
        self.delete_files(key, done.into_iter().map(|(id, _)| id));
    }

    pub fn upload_arrived(&mut self, key: ConversationKey, id: &str) {
        let Some(uploading) = self.webs.upload(key) else { return };
        if !uploading.is_at(id) {
            return;
        }
        uploading.current = None;
        uploading.until = None;
        if let Some(file) = uploading.left.pop_front() {
            uploading.done.push((id.to_owned(), file.mime));
        }
        if uploading.is_done() {
            let message = uploading.message;
            self.launch_frame(message);
        } else {
            self.read_file(key);
        }
    }

    pub fn upload_refused(&mut self, key: ConversationKey, id: Option<&str>, code: u16, said: &str) {
        let Some(uploading) = self.webs.upload(key) else { return };
        if uploading.current.is_some() && id.is_none_or(|id| uploading.is_at(id)) {
            let name = uploading.name();
            self.upload_failed(key, Reason::FileRefused(self.cx.mask(&name), code, said.to_owned()));
        }
    }

    fn upload_failed(&mut self, key: ConversationKey, why: Reason) {
        if let Some(Uploading { message, done, .. }) = self.end_upload(key) {
            self.conclude(message, Outcome::Refused(why));
            self.delete_files(key, done.into_iter().map(|(id, _)| id));
        }
    }

    /// The socket is gone: the files are uploaded again with the next one.
    pub fn uploads_lost(&mut self, key: ConversationKey, why: &str) {
        if let Some(Uploading { message, .. }) = self.end_upload(key) {
            self.message_lost(message, false, FailureKind::Reset, why);
        }
    }

    /// A message is taken back while its files are uploaded. True: the message was, before a byte of it was written.
    pub fn take_upload_back(&mut self, key: ConversationKey, message: MessageId) -> bool {
        if self.webs.upload(key).is_none_or(|u| u.message != message || u.is_done()) {
            return false;
        }
        self.conclude(message, Outcome::Cancelled);
        self.end_upload(key);
        true
    }

    /// A message was taken back before it was written: what the server has of its files, or is about to get, goes.
    pub fn delete_files_of(&mut self, key: ConversationKey, message: MessageId) {
        let Some(web) = self.webs.all.get_mut(&key) else { return };
        let Some(Uploading { current, done, .. }) = web.files.uploading.take_if(|u| u.message == message) else {
            return;
        };
        let current = current.map(|(id, _)| id);
        self.delete_files(key, done.into_iter().map(|(id, _)| id).chain(current));
    }

    fn delete_files(&mut self, key: ConversationKey, ids: impl Iterator<Item = String>) {
        self.webs.of(key).files.unwanted.extend(ids);
        self.delete_unwanted(key);
    }

    pub fn delete_unwanted(&mut self, key: ConversationKey) {
        while self.not_open(key).is_none()
            && let Some(file) = self.webs.of(key).files.unwanted.pop_front()
        {
            self.write_frame(key, GuestFrame::Delete(file));
        }
    }

    fn end_upload(&mut self, key: ConversationKey) -> Option<Uploading> {
        self.webs.of(key).files.uploading.take().filter(|uploading| !uploading.is_done())
    }

    pub fn late_upload(&mut self, key: ConversationKey) {
        let Some(uploading) = self.webs.upload(key) else { return };
        if uploading.until.is_some_and(|until| self.cx.now.mono >= until.mono) {
            let name = uploading.name();
            self.upload_failed(key, Reason::NotArrived(self.cx.mask(&name)));
        }
    }
}
