//! Files of a message: each is put where the session says, before the message that carries them is written.
//!
//! ```text
//! launch ─► read the file ─► limits ─► onAttachment ─► PresignedUrlResponse ─► PUT ─► UploadSuccessEvent ─► the next
//!                                                                                          └─ the last ─► launch
//! ```
//! What fails on the way has a reason, and nothing of the message was written. Files that arrived and go with no
//! message are deleted again (`deleteAttachment`).

use std::collections::VecDeque;

use crate::engine::driver::task_output::{CapturedTry, FileRead, TaskPurpose};
use crate::engine::exchange_builder::ExchangeBuilder;
use crate::genesys::answerer::Answerer;
use crate::genesys::web_messaging::{Ours, put_file};
use crate::model::{
    Attachment, ConversationKey, DeliveryStatus, ExchangeKind, FailureKind, FileSource, MessageId, Outcome, Reason,
};

use super::Driver;
use super::state::{UploadFile, Uploading};

impl Driver {
    /// The attachment ids of a message's files. Nothing where they are being uploaded: the message is launched again
    /// then.
    pub(super) fn uploaded(&mut self, message: MessageId) -> Option<Vec<(String, String)>> {
        let request = &self.sends.get(message)?.request;
        let key = request.conversation;
        let local = |a: &Attachment| match &a.place {
            FileSource::File(path) => {
                let own = || path.file_name().map(|n| n.to_string_lossy().into_owned());
                let name = a.name.clone().or_else(own).unwrap_or_default();
                Some(UploadFile { path: path.clone(), name, mime: a.mime.clone() })
            }
            FileSource::Url(_) => None,
        };
        let left: VecDeque<_> = request.extras.attachments.iter().filter_map(local).collect();
        if left.is_empty() {
            return Some(Vec::new());
        }
        let files = &mut self.webs.all.get_mut(&key)?.files;
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
        let Some(web) = self.webs.all.get(&key) else { return };
        let Some(uploading) = &web.files.uploading else { return };
        let Some(file) = uploading.left.front() else { return };
        let (path, max) = (file.path.clone(), web.files.media.max_bytes());
        self.cx.spawn_file(key, uploading.message, path, max);
    }

    /// A file was read, or cannot be.
    pub(in crate::engine::driver) fn file_read(
        &mut self,
        key: ConversationKey,
        message: MessageId,
        read: Result<FileRead, String>,
    ) {
        let Some(web) = self.webs.all.get_mut(&key) else { return };
        let Some(uploading) = web.files.uploading.as_mut().filter(|u| u.message == message) else { return };
        let Some(file) = uploading.left.front() else { return };
        let FileRead { bytes, size, md5 } = match read {
            Ok(read) => read,
            Err(why) => return self.upload_failed(key, Reason::File(self.cx.mask(&why))),
        };
        if let Some(why) = web.files.media.objection(&file.name, &file.mime, size) {
            return self.upload_failed(key, Reason::File(self.cx.mask(&why)));
        }
        let id = uuid::Uuid::new_v4().to_string();
        let ours =
            Ours::Upload { attachment_id: id.clone(), name: file.name.clone(), mime: file.mime.clone(), size, md5 };
        uploading.current = Some((id, bytes));
        uploading.until = Some(self.cx.now.after(self.cx.profile.request_timeout));
        if !self.write_frame(key, ours) {
            self.uploads_lost(key, "the socket was lost while a file was uploaded");
        }
    }

    pub(super) fn upload_place(&mut self, key: ConversationKey, id: &str, url: &str, headers: &[(String, String)]) {
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

    /// The file was put, or was refused.
    pub(in crate::engine::driver) fn file_put(
        &mut self,
        key: ConversationKey,
        id: &str,
        mut record: ExchangeBuilder,
        shown: CapturedTry,
    ) {
        let why = match shown.evidence().map(|answer| &answer.answerer) {
            Some(Answerer::Other(sign)) => Reason::Elsewhere(shown.status(), sign.clone()),
            _ => shown.why(),
        };
        let arrived = (200..=299).contains(&shown.status()) && !matches!(why, Reason::Elsewhere(..));
        self.cx.settle_question(&mut record, shown, arrived);
        // The server's own word decides that it has arrived; it may have come before the answer.
        if let Some(name) = self.webs.upload(key).filter(|u| !arrived && u.is_at(id)).map(|u| u.name()) {
            self.upload_failed(key, Reason::NotUploaded(self.cx.mask(&name), Box::new(why)));
        }
    }

    pub(super) fn upload_arrived(&mut self, key: ConversationKey, id: &str) {
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

    /// The server, or we, did not take a file: the message is not sent.
    pub(super) fn upload_refused(&mut self, key: ConversationKey, id: Option<&str>, code: u16, said: &str) {
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
    pub(in crate::engine::driver) fn uploads_lost(&mut self, key: ConversationKey, why: &str) {
        if let Some(Uploading { message, .. }) = self.end_upload(key) {
            self.message_lost(message, false, FailureKind::Reset, why);
        }
    }

    /// A message is taken back while its files are uploaded. True: the message was, before a byte of it was written.
    pub(super) fn take_upload_back(&mut self, key: ConversationKey, message: MessageId) -> bool {
        if self.webs.upload(key).is_none_or(|u| u.message != message || u.is_done()) {
            return false;
        }
        self.conclude(message, Outcome::Cancelled);
        self.end_upload(key);
        true
    }

    /// A message was taken back before it was written: what the server has of its files, or is about to get, goes.
    pub(in crate::engine::driver) fn delete_files_of(&mut self, key: ConversationKey, message: MessageId) {
        let Some(web) = self.webs.all.get_mut(&key) else { return };
        let Some(Uploading { current, done, .. }) = web.files.uploading.take_if(|u| u.message == message) else {
            return;
        };
        let current = current.map(|(id, _)| id);
        self.delete_files(key, done.into_iter().map(|(id, _)| id).chain(current));
    }

    fn delete_files(&mut self, key: ConversationKey, ids: impl Iterator<Item = String>) {
        if let Some(web) = self.webs.all.get_mut(&key) {
            web.files.unwanted.extend(ids);
        }
        self.delete_unwanted(key);
    }

    /// Asks for files to be deleted, as soon as the socket and its pace allow.
    pub(super) fn delete_unwanted(&mut self, key: ConversationKey) {
        while self.not_open(key).is_none()
            && let Some(attachment_id) = self.webs.all.get_mut(&key).and_then(|web| web.files.unwanted.pop_front())
        {
            self.write_frame(key, Ours::Delete { attachment_id });
        }
    }

    /// The upload that is not done is over.
    fn end_upload(&mut self, key: ConversationKey) -> Option<Uploading> {
        let uploading = self.webs.all.get_mut(&key)?.files.uploading.take()?;
        (!uploading.is_done()).then_some(uploading)
    }

    /// A file of which nothing was heard in time.
    pub(super) fn late_upload(&mut self, key: ConversationKey) {
        let Some(uploading) = self.webs.upload(key) else { return };
        if uploading.until.is_some_and(|until| self.cx.now.mono >= until.mono) {
            let name = uploading.name();
            self.upload_failed(key, Reason::NotArrived(self.cx.mask(&name)));
        }
    }
}
