//! The messages of before: `GET /api/v2/webmessaging/messages`, with the JWT that the socket gives.
//!
//! [real: seen in SDK source: MTSDK `WebMessagingApi.kt`; newest first: SAFRI]

use http::HeaderValue;
use http::header::ORIGIN;
use secrecy::SecretString;
use serde_json::Value;

use crate::genesys::call::{BadCall, Call};
use crate::text::json;

use crate::genesys::normalized::Structured;

/// The path of a guest's messages. [MTSDK `WebMessagingApi.kt`]
const PATH: &str = "/api/v2/webmessaging/messages";

/// How many messages a page has.
pub const PAGE_SIZE: u32 = 25;

/// The request for one page, from 1.
pub fn request(api: &str, origin: &str, jwt: &SecretString, page: u32) -> Result<Call, BadCall> {
    let path = format!("{PATH}?pageSize={PAGE_SIZE}&pageNumber={page}");
    let mut call = Call::get(api, &path)?.bearer(jwt)?;
    let origin = HeaderValue::try_from(origin).map_err(|_| {
        BadCall("the origin has characters that cannot stand in a header; check it in the profile".to_owned())
    })?;
    call.headers.insert(ORIGIN, origin);
    Ok(call)
}

/// Whether `path` (without query) is that of a guest's messages.
pub fn is_asked(path: &str) -> bool {
    path == PATH
}

/// A page of the history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryOfSession {
    /// As the server orders them: newest first.
    pub messages: Vec<Structured>,
    /// How many pages there are, where told.
    pub pages: Option<u32>,
}

/// Reads a page; `None` where it is not a JSON object with `entities`.
pub fn read(body: &[u8]) -> Option<HistoryOfSession> {
    let value = json::read(body)?;
    let messages = value.get("entities")?.as_array()?.iter().filter_map(Structured::read).collect();
    let number = |name: &str| value.get(name).and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok());
    let counted = || Some(number("total")?.div_ceil(number("pageSize").filter(|s| *s > 0)?));
    Some(HistoryOfSession { messages, pages: number("pageCount").or_else(counted) })
}

#[cfg(test)]
#[path = "../../../tests/unit/genesys/web_messaging/history.rs"]
mod tests;
