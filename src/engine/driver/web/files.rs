//! The files of a message. Before the message goes, they are put where the session says.
//!
//! ```text
//! a file: read ─► limits ─► onAttachment ─► PresignedUrlResponse ─► PUT ─► UploadSuccessEvent ─► the next, or launched
//! ```
//! What fails on the way wrote nothing of the message. Files that then go with none are deleted (`deleteAttachment`).

use std::collections::VecDeque;

use super::Driver;
use super::uploads::Uploads;
use crate::engine::driver::task_output::{AnsweredTry, FileRead, TaskPurpose};
use crate::engine::outcome::{RetryDecision, TryResult};
use crate::genesys::answerer::Answerer;
use crate::genesys::web_messaging::{GuestFrame, put_file};
use crate::model::{
    Attachment, ConversationKey, DeliveryStatus, ExchangeKind, FailureKind, FileSource, MessageId, Outcome, Reason,
};

impl Driver {
    fn uploads(&mut self, key: ConversationKey) -> &mut Uploads {
        &mut self.webs.of(key).uploads
    }

    /// The attachment ids of a message's files. `None`: they are being uploaded, and it is launched again
    /// then; or nothing is known of the message or its session any more.
    pub fn upload_first(&mut self, message: MessageId) -> Option<Vec<(String, String)>> {
        let request = &self.sends.get(message)?.request;
        let key = request.conversation;
        let local = |a: &&Attachment| matches!(a.place, FileSource::File(_));
        let files: VecDeque<_> = request.extras.attachments.iter().filter(local).cloned().collect();
        if files.is_empty() {
            return Some(Vec::new());
        }
        let arrived = self.uploads(key).arrived(message);
        if arrived.is_none() {
            self.uploads(key).begin(message, files);
            self.sends.restate(message, DeliveryStatus::Sending { attempt: 1 }, &self.cx);
            self.read_file(key);
        }
        arrived
    }

    /// False: there is no file left.
    fn read_file(&mut self, key: ConversationKey) -> bool {
        let Some((message, path, max)) = self.uploads(key).next_file() else { return false };
        self.cx.spawn_file(key, message, path, max);
        true
    }

    pub fn file_read(&mut self, key: ConversationKey, message: MessageId, read: Result<FileRead, String>) {
        let until = self.cx.now.after(self.cx.profile.request_timeout);
        let uploads = self.uploads(key);
        let offered = match read {
            Ok(file) => uploads.offer(message, file, until),
            Err(why) => uploads.is_under_way(message).then_some(Err(why)),
        };
        match offered {
            Some(Ok(ours)) => {
                if !self.write_frame(key, ours) {
                    self.uploads_lost(key, "the socket was lost while a file was uploaded");
                }
            }
            Some(Err(why)) => self.upload_failed(key, Reason::File(self.cx.mask(&why))),
            None => {}
        }
    }

    pub fn upload_place(&mut self, key: ConversationKey, id: &str, url: &str, headers: &[(String, String)]) {
        let until = self.cx.now.after(self.cx.profile.request_timeout);
        let Some((name, bytes)) = self.uploads(key).take_bytes(id, until) else { return };
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
        self.cx.finish_question(&mut record, shown, arrived);
        // The server's own word decides that it has arrived; it may have come before the answer.
        if !arrived && let Some(name) = self.uploads(key).name(Some(id)) {
            let why = Reason::NotUploaded(self.cx.mask(&name), Box::new(why));
            match limited {
                Some(wait) => self.upload_limited(key, TryResult::Limited(429, why, wait)),
                None => self.upload_failed(key, why),
            }
        }
    }

    /// The storage asks to wait: the message waits at the head of its queue, and all of its files are uploaded again then.
    fn upload_limited(&mut self, key: ConversationKey, limited: TryResult) {
        let Some(message) = self.uploads(key).fail() else { return };
        match self.sends.follow(message, limited, &self.cx) {
            Some(RetryDecision::Again(pause, why)) => {
                self.sends.again(message, self.cx.now.after(pause), why, &self.cx);
            }
            Some(verdict) => self.conclude(message, verdict.into_outcome()),
            None => {}
        }
        self.delete_unwanted(key);
    }

    pub fn upload_arrived(&mut self, key: ConversationKey, id: &str) {
        if let Some(message) = self.uploads(key).arrive(id)
            && !self.read_file(key)
        {
            self.launch_frame(message);
        }
    }

    pub fn upload_refused(&mut self, key: ConversationKey, id: Option<&str>, code: u16, said: &str) {
        if let Some(name) = self.uploads(key).name(id) {
            self.upload_failed(key, Reason::FileRefused(self.cx.mask(&name), code, said.to_owned()));
        }
    }

    fn upload_failed(&mut self, key: ConversationKey, why: Reason) {
        if let Some(message) = self.uploads(key).fail() {
            self.conclude(message, Outcome::Refused(why));
            self.delete_unwanted(key);
        }
    }

    /// The socket is gone: the files are uploaded again with the next one.
    pub fn uploads_lost(&mut self, key: ConversationKey, why: &str) {
        if let Some(message) = self.uploads(key).end() {
            self.message_lost(message, false, FailureKind::Reset, why);
        }
    }

    /// A message is taken back while its files are uploaded. True: the message was, before a byte of it was written.
    pub fn take_upload_back(&mut self, key: ConversationKey, message: MessageId) -> bool {
        let under_way = self.uploads(key).is_under_way(message);
        if under_way {
            self.conclude(message, Outcome::Cancelled);
            self.uploads(key).end();
        }
        under_way
    }

    /// A message was taken back before it was written: its files go too.
    pub fn delete_files_of(&mut self, key: ConversationKey, message: MessageId) {
        if let Some(web) = self.webs.all.get_mut(&key) {
            web.uploads.abandon(message);
            self.delete_unwanted(key);
        }
    }

    pub fn delete_unwanted(&mut self, key: ConversationKey) {
        while self.not_open(key).is_none()
            && let Some(file) = self.uploads(key).take_unwanted()
        {
            self.write_frame(key, GuestFrame::Delete(file));
        }
    }

    pub fn late_upload(&mut self, key: ConversationKey) {
        let now = self.cx.now;
        if let Some(name) = self.uploads(key).late(now) {
            self.upload_failed(key, Reason::NotArrived(self.cx.mask(&name)));
        }
    }
}
