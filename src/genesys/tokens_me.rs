//! `GET /api/v2/tokens/me`: what a token may do, and whose it is. Needs no permission.
//!
//! [real: documented; that a client-credentials token has no user is measured, 3p]

use secrecy::SecretString;
use serde_json::Value;

use super::call::{BadCall, Call};
use super::fields::{text, texts};
use crate::text::json;

/// The path.
pub const PATH: &str = "/api/v2/tokens/me";

/// The request.
pub fn request(api: &str, token: &SecretString) -> Result<Call, BadCall> {
    Call::get(api, PATH)?.bearer(token)
}

/// What the answer says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Info {
    /// `authorizedScope`, else the client's own `scope` list; `None` where neither came.
    pub scopes: Option<Vec<String>>,
    /// The organisation's name.
    pub organization: Option<String>,
    /// The OAuth client's name.
    pub client: Option<String>,
}

/// Reads a 200 answer; `None` where it is not a JSON object.
pub fn read(body: &[u8]) -> Option<Info> {
    let value = json::read(body)?;
    let object = value.as_object()?;
    let client = object.get("OAuthClient").or_else(|| object.get("oAuthClient"));
    let name = |of: Option<&Value>| text(of?, "name");
    Some(Info {
        scopes: scopes(object.get("authorizedScope")).or_else(|| scopes(client?.get("scope"))),
        organization: name(object.get("organization")).or_else(|| name(object.get("homeOrganization"))),
        client: name(client),
    })
}

/// Scopes as a list, or as OAuth writes them: a text with blanks between.
pub(super) fn scopes(value: Option<&Value>) -> Option<Vec<String>> {
    match value? {
        Value::Array(items) => Some(texts(items)),
        Value::String(text) => Some(text.split_whitespace().map(str::to_owned).collect()),
        _ => None,
    }
}

#[cfg(test)]
#[path = "../../tests/unit/genesys/tokens_me.rs"]
mod tests;
