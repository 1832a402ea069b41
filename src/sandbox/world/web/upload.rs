//! Files of the guest: an address to put them to, then an event, then they can be sent.
//!
//! ```text
//! onAttachment ─► PresignedUrlResponse ─► PUT ─┬─► UploadSuccessEvent ─► onMessage with the id
//!                                              └─► UploadFailureEvent
//! ```

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use super::frames;
use super::request::{Request, Trouble};
use super::state::Upload;
use crate::genesys::time_text;
use crate::genesys::web_messaging::media_type;
use crate::model::Moment;
use crate::model::fault::FaultTarget;
use crate::sandbox::scenario::BLOCKED_EXTENSIONS;
use crate::sandbox::world::World;
use crate::sandbox::world::content::AttachedFile;
use crate::sandbox::world::outgoing::ConnectionId;
use crate::text::json::dense;

/// [real: documented, 10 MB]
pub(crate) const UPLOAD_MAX_BYTES: usize = 10 * 1024 * 1024;
/// [real: documented]
const NAME_MAX: usize = 1024;
/// How many files a session may have, so that none fills the memory.
const FILES_MAX: usize = 16;
/// How long an address is good.
const ADDRESS_LIVES: Duration = Duration::from_secs(600);
/// The header that a client has to repeat. [WMJ sample]
const TAGGING: &str = "x-amz-tagging";

/// A file that is put to its address.
#[derive(Clone, Debug)]
pub(crate) struct PutFile<'r> {
    pub(crate) attachment: &'r str,
    /// `signature` of the query.
    pub(crate) signature: &'r str,
    pub(crate) tagging: Option<&'r str>,
    pub(crate) bytes: Bytes,
}

impl World {
    fn file_address(&self, attachment: &str, signature: &str) -> String {
        format!("{}/attachments/{attachment}?signature={signature}", self.web.base)
    }

    pub(super) fn presign(&mut self, from: ConnectionId, request: &Request, now: Moment) -> Result<(), Trouble> {
        self.check_open(from)?;
        let id = request.attachment_id.clone().unwrap_or_else(|| self.dice.messages.uuid());
        let signature = self.web.dice.opaque(32);
        let trouble = self.objection(request);
        if let Some((code, text)) = trouble {
            if !request.errors_as_json {
                return Err((code, text));
            }
            *self.tally.web.errors.entry(code.to_string()).or_default() += 1;
            let body = json!({"name": "GenerateUrlError", "message": text, "errorCode": code, "errorMessage": text,
                "attachmentId": id, "timestamp": time_text(now.wall)});
            let frame = json!({"type": "response", "class": "GenerateUrlError", "code": code, "body": body,
                "tracingId": request.tracing_id});
            self.emit(from, FaultTarget::Answer, &dense(frame), now);
            return Ok(());
        }
        let name = request.file_name.clone().unwrap_or_default();
        let mime = request.file_type.clone().unwrap_or_default();
        let size = request.file_size.unwrap_or_default();
        let body = json!({"attachmentId": id, "headers": {TAGGING: signature}, "url": self.file_address(&id, &signature),
            "fileName": name, "fileSize": size, "fileType": mime});
        let until = now.after(ADDRESS_LIVES);
        if let Some((_, session)) = self.web.session_of(from) {
            session.uploads.insert(id, Upload { name, mime, size, signature, until, bytes: None });
        }
        self.answer(from, "PresignedUrlResponse", body, request, now);
        Ok(())
    }

    /// Why a file cannot be taken. [codes: MTSDK]
    fn objection(&self, request: &Request) -> Option<Trouble> {
        let (Some(name), Some(mime), Some(size)) = (&request.file_name, &request.file_type, request.file_size) else {
            return Some((4020, "Missing parameter: fileName, fileType and fileSize are needed".to_owned()));
        };
        let session = self.web.sessions.get(request.token.as_str())?;
        if BLOCKED_EXTENSIONS.iter().any(|ending| name.to_lowercase().ends_with(ending)) {
            return Some((4001, "File type is not allowed".to_owned()));
        }
        if name.is_empty() || name.contains(['/', '\\', '\0']) || mime.is_empty() {
            return Some((4004, "File name is not valid".to_owned()));
        }
        if name.len() >= NAME_MAX {
            return Some((4005, format!("File name is longer than {NAME_MAX}")));
        }
        if size == 0 {
            return Some((4102, "File is empty".to_owned()));
        }
        if size > UPLOAD_MAX_BYTES as u64 {
            return Some((4002, format!("File is larger than {UPLOAD_MAX_BYTES} bytes")));
        }
        (session.uploads.len() >= FILES_MAX)
            .then(|| (4000, format!("The sandbox keeps {FILES_MAX} files of a session")))
    }

    /// A file came to its address: the HTTP status of the answer. The session is told how it went.
    pub(crate) fn put(&mut self, put: PutFile<'_>, now: Moment) -> u16 {
        self.settle(now);
        let Some((token, upload)) = self.file(put.attachment) else { return 404 };
        if upload.signature != put.signature || put.tagging != Some(&upload.signature) || upload.until <= now {
            return 403;
        }
        let id = put.attachment.to_owned();
        let told = upload.size;
        if put.bytes.len() as u64 == told {
            upload.bytes = Some(put.bytes);
            let signature = upload.signature.clone();
            let body = json!({"attachmentId": id, "downloadUrl": self.file_address(&id, &signature),
                "timestamp": time_text(now.wall)});
            self.emit_all(&token, FaultTarget::Answer, &frames::message("UploadSuccessEvent", body, None), now);
        } else {
            let (code, what) = if put.bytes.is_empty() {
                (4102, "File is empty".to_owned())
            } else {
                (4003, format!("{} bytes came, {told} were announced", put.bytes.len()))
            };
            let body = json!({"attachmentId": id, "errorCode": code, "errorMessage": what,
                "timestamp": time_text(now.wall)});
            self.emit_all(&token, FaultTarget::Answer, &frames::message("UploadFailureEvent", body, None), now);
        }
        self.settle(now);
        200
    }

    /// A file that was put here before: its bytes and media type.
    pub(crate) fn get_file(&mut self, attachment: &str, signature: &str) -> Option<(Bytes, String)> {
        let (_, upload) = self.file(attachment)?;
        let known = upload.signature == signature;
        upload.bytes.clone().filter(|_| known).map(|bytes| (bytes, upload.mime.clone()))
    }

    fn file(&mut self, attachment: &str) -> Option<(Arc<str>, &mut Upload)> {
        let mut sessions = self.web.sessions.iter_mut();
        sessions.find_map(|(token, session)| Some((token.clone(), session.uploads.get_mut(attachment)?)))
    }

    /// A file of the session that is sent with a message.
    pub(super) fn attached(&self, token: &str, id: &str) -> Result<AttachedFile, Trouble> {
        let upload = self.web.sessions.get(token).and_then(|session| session.uploads.get(id));
        let Some(upload) = upload else { return Err((4009, "Attachment not found".to_owned())) };
        if upload.bytes.is_none() {
            return Err((4010, "Attachment has not been uploaded".to_owned()));
        }
        Ok(AttachedFile {
            id: Some(id.to_owned()),
            media_type: media_type(&upload.mime).to_owned(),
            url: self.file_address(id, &upload.signature),
            mime: upload.mime.clone(),
            filename: Some(upload.name.clone()),
            file_size: Some(upload.size),
        })
    }

    /// `getAttachment`: an address to read the file at.
    pub(super) fn download_address(
        &mut self,
        from: ConnectionId,
        request: &Request,
        now: Moment,
    ) -> Result<(), Trouble> {
        let id = request.attachment_id.as_deref().unwrap_or_default();
        let file = self.attached(&request.token, id)?;
        let body = json!({"attachmentId": id, "headers": {}, "url": file.url, "fileName": file.filename,
            "fileSize": file.file_size, "fileType": file.mime});
        self.answer(from, "PresignedUrlResponse", body, request, now);
        Ok(())
    }

    pub(super) fn delete_attachment(
        &mut self,
        from: ConnectionId,
        request: &Request,
        now: Moment,
    ) -> Result<(), Trouble> {
        let id = request.attachment_id.as_deref().unwrap_or_default();
        let uploads = self.web.sessions.get_mut(request.token.as_str()).map(|session| &mut session.uploads);
        uploads.and_then(|uploads| uploads.remove(id)).ok_or((4009, "Attachment not found".to_owned()))?;
        let body: Value = json!({ "attachmentId": id });
        let frame = frames::message("AttachmentDeletedResponse", body, request.tracing_id.as_deref());
        self.emit(from, FaultTarget::Answer, &frame, now);
        Ok(())
    }
}
