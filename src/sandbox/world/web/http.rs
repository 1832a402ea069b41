//! What goes over HTTP beside the socket: the history, newest first, and files of the guest.
//!
//! ```text
//! getJwt ─► JwtResponse ─► GET /api/v2/webmessaging/messages
//! onAttachment ─► PresignedUrlResponse ─► PUT ─┬─► UploadSuccessEvent ─► onMessage with the id
//!                                              └─► UploadFailureEvent
//! ```

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use ring::hmac;
use serde_json::{Value, json};

use super::request::{Done, FrameRefusal, Request, failed, trouble};
use super::state::Upload;
use super::{ConnectionId, Web, frames};
use crate::genesys::time_text;
use crate::genesys::web_messaging::media_type;
use crate::model::Moment;
use crate::model::fault::FaultTarget;
use crate::sandbox::scenario::BLOCKED_EXTENSIONS;
use crate::sandbox::world::content::AttachedFile;
use crate::sandbox::world::{RequestedPage, Served, ServiceRefusal, World};

/// How long a JWT lives. [MTSDK: a quarter of an hour]
const JWT_LIVES: Duration = Duration::from_secs(900);
/// [real: documented, 10 MB]
pub(crate) const UPLOAD_MAX_BYTES: usize = 10 * 1024 * 1024;
/// [real: documented]
const NAME_MAX: usize = 1024;
/// How many files a session may have, so that none fills the memory.
const FILES_MAX: usize = 16;
const ADDRESS_LIVES: Duration = Duration::from_secs(600);

impl Web {
    fn signed(&self, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let head = format!("{}.{}", part(&json!({"alg": "HS256", "typ": "JWT"})), part(claims));
        format!("{head}.{}", URL_SAFE_NO_PAD.encode(hmac::sign(&self.key, head.as_bytes())))
    }

    fn verified(&self, jwt: &str, now: Moment) -> Served<String> {
        let claims = || {
            let (head, signature) = jwt.rsplit_once('.')?;
            hmac::verify(&self.key, head.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).ok()?).ok()?;
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(head.split('.').nth(1)?).ok()?).ok()
        };
        let claims: Value = claims().ok_or(ServiceRefusal::TOKEN_UNKNOWN)?;
        if claims["exp"].as_i64().is_none_or(|exp| exp <= now.wall.as_second()) {
            return Err(ServiceRefusal::TOKEN_EXPIRED);
        }
        claims["sub"].as_str().map(str::to_owned).ok_or(ServiceRefusal::TOKEN_UNKNOWN)
    }

    fn file_address(&self, attachment: &str, signature: &str) -> String {
        format!("{}/attachments/{attachment}?signature={signature}", self.base)
    }

    fn file(&mut self, attachment: &str) -> Option<(Arc<str>, &mut Upload)> {
        let mut sessions = self.sessions.iter_mut();
        sessions.find_map(|(token, session)| Some((token.clone(), session.uploads.get_mut(attachment)?)))
    }

    /// Why a file cannot be taken. [codes: MTSDK]
    fn objection(&self, request: &Request) -> Option<(u16, String)> {
        let (Some(name), Some(mime), Some(size)) = (&request.file_name, &request.file_type, request.file_size) else {
            return Some((4020, "Missing parameter: fileName, fileType and fileSize are needed".to_owned()));
        };
        let session = self.sessions.get(request.token.as_str())?;
        let blocked = BLOCKED_EXTENSIONS.iter().any(|ending| name.to_lowercase().ends_with(ending));
        let unclear = name.is_empty() || name.contains(['/', '\\', '\0']) || mime.is_empty();
        let objections = [
            (blocked, 4001, "File type is not allowed".to_owned()),
            (unclear, 4004, "File name is not valid".to_owned()),
            (name.len() >= NAME_MAX, 4005, format!("File name is longer than {NAME_MAX}")),
            (size == 0, 4102, "File is empty".to_owned()),
            (size > UPLOAD_MAX_BYTES as u64, 4002, format!("File is larger than {UPLOAD_MAX_BYTES} bytes")),
            (session.uploads.len() >= FILES_MAX, 4000, format!("The sandbox keeps {FILES_MAX} files of a session")),
        ];
        objections.into_iter().find(|(objects, ..)| *objects).map(|(_, code, text)| (code, text))
    }
}

impl World {
    pub(super) fn give_jwt(&mut self, request: &Request) -> Done {
        let session = self.web.sessions.get(request.token.as_str()).ok_or_else(failed)?;
        let exp = self.now.after(JWT_LIVES).wall.as_second();
        let claims =
            json!({"iss": "guestwire sandbox", "sub": session.id, "iat": self.now.wall.as_second(), "exp": exp});
        Ok(Some(("JwtResponse", json!({"jwt": self.web.signed(&claims), "exp": exp}))))
    }

    /// A page of a session's messages. `jwt` is the bearer.
    pub(crate) fn history(&mut self, jwt: Option<&str>, page: RequestedPage) -> Served<Value> {
        let id = self.web.verified(jwt.ok_or(ServiceRefusal::NO_TOKEN)?, self.now)?;
        let limit = self.scenario.limits.histories_per_minute;
        let session = self.web.sessions.values_mut().find(|session| session.id == id);
        let session = session.ok_or(ServiceRefusal::TOKEN_UNKNOWN)?;
        let gauge = session.histories.count(limit, self.now);
        if gauge.exceeded {
            let key = "get.history.rate.per.minute";
            return Err(ServiceRefusal::rate_limited(gauge.reset, limit, "web.messaging", key));
        }
        page.check()?;
        let conversations = session.conversations.iter().rev().map(|n| &self.conversations[*n]);
        let all = conversations.flat_map(|c| c.thread.iter().rev().map(move |said| (c, said)));
        let total = all.clone().count();
        let entities: Vec<Value> = page.of(all).map(|(c, said)| frames::structured(c, said, true)).collect();
        Ok(json!({"entities": entities, "pageSize": page.page_size, "pageNumber": page.page_number, "total": total,
            "pageCount": total.div_ceil(page.page_size)}))
    }

    pub(super) fn presign(&mut self, from: ConnectionId, request: &Request) -> Done {
        self.check_open(from)?;
        let id = request.attachment_id.clone().unwrap_or_else(|| self.dice.messages.uuid());
        let signature = self.web.dice.opaque(32);
        if let Some((code, text)) = self.web.objection(request) {
            if !request.errors_as_json {
                return Err(trouble(code, text));
            }
            *self.tally.web.errors.entry(code.to_string()).or_default() += 1;
            let body = json!({"name": "GenerateUrlError", "message": text, "errorCode": code, "errorMessage": text,
                "attachmentId": id, "timestamp": time_text(self.now.wall)});
            let frame = frames::frame("response", "GenerateUrlError", code, body, request.tracing_id.as_deref());
            self.emit(from, FaultTarget::Answer, &frame);
            return Ok(None);
        }
        let name = request.file_name.clone().unwrap_or_default();
        let mime = request.file_type.clone().unwrap_or_default();
        let size = request.file_size.unwrap_or_default();
        let url = self.web.file_address(&id, &signature);
        // The header that a client has to repeat. [WMJ sample]
        let body = json!({"attachmentId": id, "headers": {"x-amz-tagging": signature}, "url": url,
            "fileName": name, "fileSize": size, "fileType": mime});
        let until = self.now.after(ADDRESS_LIVES);
        if let Some((_, session)) = self.web.session_of(from) {
            session.uploads.insert(id, Upload { name, mime, size, signature, until, bytes: None });
        }
        Ok(Some(("PresignedUrlResponse", body)))
    }

    /// A file came to its address, signed in the query and by a header: the HTTP status of the answer. The session is told
    /// how it went.
    pub(crate) fn put(&mut self, id: &str, signed: [Option<&str>; 2], bytes: Bytes) -> u16 {
        self.run_due();
        let came = bytes.len();
        let Some((token, upload)) = self.web.file(id) else { return 404 };
        if signed != [Some(upload.signature.as_str()); 2] || upload.until <= self.now {
            return 403;
        }
        let (told, timestamp) = (upload.size, time_text(self.now.wall));
        let (class, body) = if came as u64 == told {
            upload.bytes = Some(bytes);
            let signature = upload.signature.clone();
            let url = self.web.file_address(id, &signature);
            ("UploadSuccessEvent", json!({"attachmentId": id, "downloadUrl": url, "timestamp": timestamp}))
        } else {
            let (code, what) = match came {
                0 => (4102, "File is empty".to_owned()),
                _ => (4003, format!("{came} bytes came, {told} were announced")),
            };
            let body = json!({"attachmentId": id, "errorCode": code, "errorMessage": what, "timestamp": timestamp});
            ("UploadFailureEvent", body)
        };
        self.tell(&token, FaultTarget::Answer, class, body);
        self.run_due();
        200
    }

    pub(crate) fn get_file(&mut self, attachment: &str, signature: &str) -> Option<(Bytes, String)> {
        let (_, upload) = self.web.file(attachment).filter(|(_, upload)| upload.signature == signature)?;
        Some((upload.bytes.clone()?, upload.mime.clone()))
    }

    pub(super) fn attached(&self, token: &str, id: &str) -> Result<AttachedFile, FrameRefusal> {
        let upload = self.web.sessions.get(token).and_then(|session| session.uploads.get(id));
        let Some(upload) = upload else { return Err(trouble(4009, "Attachment not found")) };
        if upload.bytes.is_none() {
            return Err(trouble(4010, "Attachment has not been uploaded"));
        }
        Ok(AttachedFile {
            id: Some(id.to_owned()),
            media_type: media_type(&upload.mime).to_owned(),
            url: self.web.file_address(id, &upload.signature),
            mime: upload.mime.clone(),
            filename: Some(upload.name.clone()),
            file_size: Some(upload.size),
        })
    }

    pub(super) fn download_address(&self, request: &Request) -> Done {
        let id = request.attachment_id.as_deref().unwrap_or_default();
        let file = self.attached(&request.token, id)?;
        let body = json!({"attachmentId": id, "headers": {}, "url": file.url, "fileName": file.filename,
            "fileSize": file.file_size, "fileType": file.mime});
        Ok(Some(("PresignedUrlResponse", body)))
    }

    pub(super) fn delete_attachment(&mut self, from: ConnectionId, request: &Request) -> Done {
        let id = request.attachment_id.as_deref().unwrap_or_default();
        let session = self.web.sessions.get_mut(request.token.as_str());
        session.and_then(|session| session.uploads.remove(id)).ok_or_else(|| trouble(4009, "Attachment not found"))?;
        let body = json!({ "attachmentId": id });
        let frame = frames::message("AttachmentDeletedResponse", body, request.tracing_id.as_deref());
        self.emit(from, FaultTarget::Answer, &frame);
        Ok(None)
    }
}
