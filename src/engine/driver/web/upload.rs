//! Files of a message: each is put where the session says, before the message that carries them is written.
//!
//! ```text
//! launch ─► read the file ─► limits ─► onAttachment ─► PresignedUrlResponse ─► PUT ─► UploadSuccessEvent ─► the next
//!                                                                                          └─ the last ─► launch
//! ```
//! What fails on the way has a reason, and nothing of the message was written. Files that arrived and go with no
//! message are deleted again (`deleteAttachment`).

use std::collections::VecDeque;
use std::path::PathBuf;

use crate::engine::driver::tasks::{CapturedTry, FileRead, TaskPurpose};
use crate::engine::exchange_builder::ExchangeBuilder;
use crate::genesys::web_messaging::{Media, Ours, media};
use crate::model::{
    Attachment, ConversationKey, DeliveryStatus, ExchangeKind, FailureKind, MessageId, Moment, Outcome, Place, Reason,
};

use super::Driver;

/// A file that is to be uploaded.
struct File {
    path: PathBuf,
    name: String,
    mime: String,
}

/// What a session knows of files.
#[derive(Default)]
pub struct Files {
    /// Those of the message that is first in its queue.
    pub uploading: Option<Uploading>,
    /// Attachment ids of files that the server has and no message will carry.
    pub unwanted: VecDeque<String>,
    /// What the deployment takes.
    pub media: Media,
}

/// The files of the message that is first in its queue.
pub struct Uploading {
    message: MessageId,
    left: VecDeque<File>,
    /// The attachment id of the file under way, and its bytes until they are put.
    current: Option<(String, Vec<u8>)>,
    done: Vec<(String, String)>,
    /// The server says when a file has arrived; no later than this.
    until: Option<Moment>,
}

impl Files {
    /// Another session: files belong to the one that they were uploaded in.
    pub fn forget(&mut self) {
        self.unwanted.clear();
    }
}

impl Uploading {
    /// When it is given up.
    pub const fn due(&self) -> Option<Moment> {
        self.until
    }

    /// All of them have arrived: what becomes of the message is no matter of theirs any more.
    fn is_done(&self) -> bool {
        self.left.is_empty()
    }

    fn name(&self) -> String {
        self.left.front().map(|f| f.name.clone()).unwrap_or_default()
    }
}

impl Driver {
    /// The attachment ids of a message's files. Nothing where they are being uploaded: the message is launched again
    /// then.
    pub(super) fn uploaded(&mut self, message: MessageId) -> Option<Vec<(String, String)>> {
        let request = &self.sends.get(message)?.request;
        let key = request.conversation;
        let local = |a: &Attachment| match &a.place {
            Place::File(path) => {
                let own = || path.file_name().map(|n| n.to_string_lossy().into_owned());
                let name = a.name.clone().or_else(own).unwrap_or_default();
                Some(File { path: path.clone(), name, mime: a.mime.clone() })
            }
            Place::Url(_) => None,
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
        now: Moment,
    ) {
        let Some(web) = self.webs.all.get_mut(&key) else { return };
        let Some(uploading) = web.files.uploading.as_mut().filter(|u| u.message == message) else { return };
        let Some(file) = uploading.left.front() else { return };
        let FileRead { bytes, size, md5 } = match read {
            Ok(read) => read,
            Err(why) => return self.upload_failed(key, Reason::File(self.cx.mask(&why)), now),
        };
        if let Some(why) = web.files.media.objection(&file.name, &file.mime, size) {
            return self.upload_failed(key, Reason::File(self.cx.mask(&why)), now);
        }
        let id = uuid::Uuid::new_v4().to_string();
        let ours =
            Ours::Upload { attachment_id: id.clone(), name: file.name.clone(), mime: file.mime.clone(), size, md5 };
        uploading.current = Some((id, bytes));
        if !self.write_frame(key, &ours, now) {
            self.uploads_lost(key, "the socket was lost while a file was uploaded", now);
        }
    }

    /// Where a file may go.
    pub(super) fn upload_place(
        &mut self,
        key: ConversationKey,
        id: &str,
        url: &str,
        headers: &[(String, String)],
        now: Moment,
    ) {
        let until = now.after(self.cx.profile.request_timeout);
        let Some(uploading) = self.webs.all.get_mut(&key).and_then(|web| web.files.uploading.as_mut()) else { return };
        let Some((_, bytes)) = uploading.current.as_mut().filter(|(current, _)| current == id) else { return };
        let bytes = std::mem::take(bytes);
        uploading.until = Some(until);
        let name = uploading.name();
        let call = match media::put(url, headers, bytes) {
            Ok(call) => call,
            Err(bad) => {
                let why = Box::new(Reason::NotBuilt(self.cx.mask(&bad.0)));
                return self.upload_failed(key, Reason::NotUploaded(self.cx.mask(&name), why), now);
            }
        };
        let record = self.cx.record(ExchangeKind::Event, &format!("upload {name}"), Some(key), now);
        self.cx.request(TaskPurpose::Upload(key, id.to_owned()), record, call, None, now);
    }

    /// The file was put, or was refused.
    pub(in crate::engine::driver) fn file_put(
        &mut self,
        key: ConversationKey,
        id: &str,
        mut record: ExchangeBuilder,
        shown: CapturedTry,
        now: Moment,
    ) {
        let elsewhere = shown.answer.as_ref().is_some_and(|answer| answer.answerer.is_other());
        let arrived = (200..=299).contains(&shown.status()) && !elsewhere;
        let why = shown.why();
        let outcome = shown.outcome(arrived);
        self.cx.settle_try(&mut record, shown, outcome, now);
        let uploading = self.webs.all.get(&key).and_then(|web| web.files.uploading.as_ref());
        let waiting = uploading.filter(|u| u.current.as_ref().is_some_and(|(current, _)| current == id));
        // The server's own word decides that it has arrived; it may have come before the answer.
        if let Some(name) = waiting.filter(|_| !arrived).map(Uploading::name) {
            self.upload_failed(key, Reason::NotUploaded(self.cx.mask(&name), Box::new(why)), now);
        }
    }

    /// The server has a file.
    pub(super) fn upload_arrived(&mut self, key: ConversationKey, id: &str, now: Moment) {
        let Some(uploading) = self.webs.all.get_mut(&key).and_then(|web| web.files.uploading.as_mut()) else { return };
        if uploading.current.as_ref().is_none_or(|(current, _)| current != id) {
            return;
        }
        uploading.current = None;
        uploading.until = None;
        if let Some(file) = uploading.left.pop_front() {
            uploading.done.push((id.to_owned(), file.mime));
        }
        if uploading.is_done() {
            let message = uploading.message;
            self.launch_frame(message, now);
        } else {
            self.read_file(key);
        }
    }

    /// The server, or we, did not take a file: the message is not sent.
    pub(super) fn upload_refused(
        &mut self,
        key: ConversationKey,
        id: Option<&str>,
        code: u16,
        said: &str,
        now: Moment,
    ) {
        let Some(uploading) = self.webs.all.get(&key).and_then(|web| web.files.uploading.as_ref()) else { return };
        let about = |(current, _): &(String, Vec<u8>)| id.is_none_or(|id| current == id);
        if uploading.current.as_ref().is_some_and(about) {
            let why = Reason::FileRefused(self.cx.mask(&uploading.name()), code, said.to_owned());
            self.upload_failed(key, why, now);
        }
    }

    fn upload_failed(&mut self, key: ConversationKey, why: Reason, now: Moment) {
        if let Some(Uploading { message, done, .. }) = self.end_upload(key) {
            self.conclude(message, Outcome::Refused(why), now);
            self.delete_files(key, done.into_iter().map(|(id, _)| id), now);
        }
    }

    /// The socket is gone: the files are uploaded again with the next one.
    pub(in crate::engine::driver) fn uploads_lost(&mut self, key: ConversationKey, why: &str, now: Moment) {
        if let Some(Uploading { message, .. }) = self.end_upload(key) {
            self.message_lost(message, false, FailureKind::Reset, why, now);
        }
    }

    /// A message is taken back while its files are uploaded. True: it was, and nothing of it was written.
    pub(super) fn take_upload_back(&mut self, key: ConversationKey, message: MessageId, now: Moment) -> bool {
        let is_it =
            |web: &super::Web| web.files.uploading.as_ref().is_some_and(|u| u.message == message && !u.is_done());
        if !self.webs.all.get(&key).is_some_and(is_it) {
            return false;
        }
        self.conclude(message, Outcome::Cancelled, now);
        self.end_upload(key);
        true
    }

    /// A message was taken back before it was written: what the server has of its files, or is about to get, goes.
    pub(in crate::engine::driver) fn delete_files_of(&mut self, key: ConversationKey, message: MessageId, now: Moment) {
        let uploading =
            self.webs.all.get_mut(&key).and_then(|web| web.files.uploading.take_if(|u| u.message == message));
        let Some(Uploading { current, done, .. }) = uploading else { return };
        let current = current.map(|(id, _)| id);
        self.delete_files(key, done.into_iter().map(|(id, _)| id).chain(current), now);
    }

    fn delete_files(&mut self, key: ConversationKey, ids: impl Iterator<Item = String>, now: Moment) {
        if let Some(web) = self.webs.all.get_mut(&key) {
            web.files.unwanted.extend(ids);
        }
        self.delete_unwanted(key, now);
    }

    /// Asks for files to be deleted, as soon as the socket and its pace allow.
    pub(super) fn delete_unwanted(&mut self, key: ConversationKey, now: Moment) {
        while self.not_open(key, now).is_none()
            && let Some(attachment_id) = self.webs.all.get_mut(&key).and_then(|web| web.files.unwanted.pop_front())
        {
            self.write_frame(key, &Ours::Delete { attachment_id }, now);
        }
    }

    /// The upload that is not done is over.
    fn end_upload(&mut self, key: ConversationKey) -> Option<Uploading> {
        let uploading = self.webs.all.get_mut(&key)?.files.uploading.take()?;
        (!uploading.is_done()).then_some(uploading)
    }

    /// A file of which nothing was heard in time.
    pub(super) fn late_upload(&mut self, key: ConversationKey, now: Moment) {
        let Some(uploading) = self.webs.all.get(&key).and_then(|web| web.files.uploading.as_ref()) else { return };
        if uploading.until.is_some_and(|until| now.mono >= until.mono) {
            let why = Reason::NotArrived(self.cx.mask(&uploading.name()));
            self.upload_failed(key, why, now);
        }
    }
}
