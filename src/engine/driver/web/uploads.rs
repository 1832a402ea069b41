//! The files of the message that is first in its queue, on their way to where the session says. Pure.
//!
//! ```text
//! begin ─► next_file ─► (read) ─► offer ─► take_bytes ─► (put) ─► arrive ─► next_file, until all have arrived
//! ```

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use crate::engine::driver::task_output::FileRead;
use crate::genesys::web_messaging::{GuestFrame, Media};
use crate::model::{Attachment, FileSource, MessageId, Moment};

#[derive(Default)]
pub struct Uploads {
    current: Option<Uploading>,
    unwanted: VecDeque<String>, // attachment ids of files that the server has and no message will carry
    media: Media,               // what the deployment takes
}

struct Uploading {
    message: MessageId,
    left: VecDeque<Attachment>, // files of this machine that have not arrived yet, the next one first
    offered: Option<(String, Vec<u8>)>, // attachment id of the file under way, its bytes until put
    done: Vec<(String, String)>, // attachment id and type of each that has arrived
    until: Option<Moment>,      // the server says by then where a file may go, or that it has arrived
}

impl Uploading {
    fn file(&self) -> Option<(&Path, String)> {
        let file = self.left.front()?;
        let FileSource::File(path) = &file.place else { return None };
        let own = || path.file_name().map(|n| n.to_string_lossy().into_owned());
        Some((path, file.name.clone().or_else(own).unwrap_or_default()))
    }

    fn name(&self) -> String {
        self.file().map(|(_, name)| name).unwrap_or_default()
    }

    fn is_offered(&self, id: Option<&str>) -> bool {
        self.offered.as_ref().is_some_and(|(offered, _)| id.is_none_or(|id| offered == id))
    }
}

impl Uploads {
    pub fn set_media(&mut self, media: Media) {
        self.media = media;
    }

    /// The attachment ids and types of a message's files, once all have arrived. They stay known, for the case that the
    /// message has to be written again.
    pub fn arrived(&self, message: MessageId) -> Option<Vec<(String, String)>> {
        self.current.as_ref().filter(|u| u.message == message && u.left.is_empty()).map(|u| u.done.clone())
    }

    pub fn is_under_way(&self, message: MessageId) -> bool {
        self.current.as_ref().is_some_and(|u| u.message == message && !u.left.is_empty())
    }

    pub fn due(&self) -> Option<Moment> {
        self.current.as_ref()?.until
    }

    /// The name of the file that the server did not say anything about in time.
    pub fn late(&self, now: Moment) -> Option<String> {
        self.current.as_ref().filter(|u| u.until.is_some_and(|until| now.mono >= until.mono)).map(Uploading::name)
    }

    /// The name of the file under way, where it has this attachment id or none is told.
    pub fn name(&self, id: Option<&str>) -> Option<String> {
        self.current.as_ref().filter(|u| u.is_offered(id)).map(Uploading::name)
    }

    pub fn begin(&mut self, message: MessageId, left: VecDeque<Attachment>) {
        self.current = Some(Uploading { message, left, offered: None, done: Vec::new(), until: None });
    }

    /// The file that is to be read next, and how many bytes it may have.
    pub fn next_file(&self) -> Option<(MessageId, PathBuf, u64)> {
        let uploading = self.current.as_ref()?;
        Some((uploading.message, uploading.file()?.0.to_owned(), self.media.max_bytes()))
    }

    /// The frame that offers a file that was read. The error: why the file is not sent.
    pub fn offer(&mut self, message: MessageId, read: FileRead, until: Moment) -> Option<Result<GuestFrame, String>> {
        let uploading = self.current.as_mut().filter(|u| u.message == message)?;
        let (mime, name) = (uploading.left.front()?.mime.clone(), uploading.name());
        let FileRead { bytes, size, md5 } = read;
        if let Some(why) = self.media.objection(&name, &mime, size) {
            return Some(Err(why));
        }
        let id = uuid::Uuid::new_v4().to_string();
        (uploading.offered, uploading.until) = (Some((id.clone(), bytes)), Some(until));
        Some(Ok(GuestFrame::Upload { attachment_id: id, name, mime, size, md5 }))
    }

    /// The name and the bytes of the file under way, which are put now.
    pub fn take_bytes(&mut self, id: &str, until: Moment) -> Option<(String, Vec<u8>)> {
        let uploading = self.current.as_mut().filter(|u| u.is_offered(Some(id)))?;
        uploading.until = Some(until);
        let name = uploading.name();
        Some((name, uploading.offered.as_mut().map(|(_, bytes)| std::mem::take(bytes))?))
    }

    /// A file has arrived; gives the message that it belongs to.
    pub fn arrive(&mut self, id: &str) -> Option<MessageId> {
        let uploading = self.current.as_mut().filter(|u| u.is_offered(Some(id)))?;
        (uploading.offered, uploading.until) = (None, None);
        uploading.done.extend(uploading.left.pop_front().map(|file| (id.to_owned(), file.mime)));
        Some(uploading.message)
    }

    /// The files go no further; gives their message, unless all had arrived.
    pub fn end(&mut self) -> Option<MessageId> {
        Some(self.current.take().filter(|u| !u.left.is_empty())?.message)
    }

    /// The same, and what has arrived belongs to no message any more.
    pub fn fail(&mut self) -> Option<MessageId> {
        let under_way = self.current.iter().filter(|u| !u.left.is_empty());
        self.unwanted.extend(under_way.flat_map(|u| &u.done).map(|(id, _)| id.clone()));
        self.end()
    }

    /// What the server has of a message's files, or is about to get, belongs to no message any more.
    pub fn abandon(&mut self, message: MessageId) {
        let Some(Uploading { offered, done, .. }) = self.current.take_if(|u| u.message == message) else { return };
        self.unwanted.extend(done.into_iter().map(|(id, _)| id).chain(offered.map(|(id, _)| id)));
    }

    pub fn take_unwanted(&mut self) -> Option<String> {
        self.unwanted.pop_front()
    }

    /// A session that is new knows of no file.
    pub fn forget_unwanted(&mut self) {
        self.unwanted.clear();
    }

    pub fn has_unwanted(&self) -> bool {
        !self.unwanted.is_empty()
    }
}
