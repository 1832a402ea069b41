//! Asking for a token: the client-credentials grant, and what comes back.
//!
//! [real: seen in SDK source: JS `ApiClient.js`, PY `api_client.py`; the error shapes 3p: GCX `client_test.go`]

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use http::header::AUTHORIZATION;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::config::{ClientAuth, Hosts, OAuthClient, TokenHost};
use crate::text::json;

use super::call::{BadCall, Call, form_part};
use super::errors::ApiError;

/// The path on either host.
pub const TOKEN_PATH: &str = "/oauth/token";

/// The request for a token. Scopes are sent as asked, joined by spaces, and left out where there are none.
pub fn request(hosts: &Hosts, client: &OAuthClient, secret: &SecretString) -> Result<Call, BadCall> {
    let base = match client.token_host {
        TokenHost::Login => &hosts.login,
        TokenHost::Api => &hosts.api,
    };
    let mut form = Zeroizing::new(String::from("grant_type=client_credentials"));
    if !client.scopes.is_empty() {
        form.push_str("&scope=");
        // A colon needs no escaping in a form, and the endpoint's description writes it plainly.
        form.push_str(&form_part(&client.scopes.join(" ")).replace("%3A", ":"));
    }
    if client.client_auth == ClientAuth::Body {
        form.push_str("&client_id=");
        form.push_str(&form_part(&client.id));
        form.push_str("&client_secret=");
        form.push_str(&Zeroizing::new(form_part(secret.expose_secret())));
    }
    let mut call = Call::post(base, TOKEN_PATH, "application/x-www-form-urlencoded", form.as_bytes().to_vec())?;
    if client.client_auth == ClientAuth::Basic {
        let mut value = HeaderValue::try_from(format!("Basic {}", &*basic_credentials(&client.id, secret)))
            .map_err(|_| BadCall("the client id or secret cannot be put into a header".to_owned()))?;
        value.set_sensitive(true);
        call.headers.insert(AUTHORIZATION, value);
    }
    Ok(call)
}

/// What stands behind `Basic`: base64 of `id:secret`, as the SDKs build it (no form-encoding first).
pub fn basic_credentials(id: &str, secret: &SecretString) -> Zeroizing<String> {
    let plain = Zeroizing::new(format!("{id}:{}", secret.expose_secret()));
    Zeroizing::new(STANDARD.encode(plain.as_bytes()))
}

/// One line for the log: what was asked for.
pub fn summary(client: &OAuthClient) -> String {
    match client.scopes.len() {
        0 => "client credentials, no scope".to_owned(),
        1 => "client credentials, 1 scope".to_owned(),
        n => format!("client credentials, {n} scopes"),
    }
}

/// A token as it was granted.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The token.
    pub token: SecretString,
    /// `expires_in`; `None` where the answer names none.
    pub lifetime: Option<Duration>,
    /// `scope`, split; `None` where the answer names none (as the real service does).
    pub scopes: Option<Vec<String>>,
}

/// What the token endpoint's answer means.
#[derive(Clone, Debug)]
pub enum Answer {
    /// A token.
    Granted(Grant),
    /// `invalid_client`: id or secret are wrong. Trying again cannot heal it.
    BadClient(String),
    /// Another refusal of the request as such: trying again does not heal it by itself.
    Refused(String),
    /// 429.
    Limited(String),
    /// The service failed, or answered something that is no token: worth trying again.
    Failed(String),
}

/// Reads the answer of the token endpoint. `why` lines are one line and hold no part of the body but the server's own
/// code and message.
pub fn read(status: u16, body: &[u8]) -> Answer {
    if (200..300).contains(&status) {
        return match granted(body) {
            Some(grant) => Answer::Granted(grant),
            None => Answer::Failed(format!("the token endpoint answered {status} without an access_token")),
        };
    }
    let error = ApiError::read(status, body);
    let why = error.reason();
    match status {
        // "client not found" and "authentication failed" both come as invalid_client; 400 and 401 are treated alike
        // since which of them the service uses is not established.
        400 | 401 | 403 if error.code.as_deref() == Some("invalid_client") => Answer::BadClient(why),
        429 => Answer::Limited(why),
        408 | 500..=599 => Answer::Failed(why),
        _ => Answer::Refused(why),
    }
}

fn granted(body: &[u8]) -> Option<Grant> {
    let value = json::read(body)?;
    let token = value.get("access_token")?.as_str().filter(|t| !t.is_empty())?;
    // Seconds; some servers send the number as text, and a fraction would be cut off.
    let lifetime = value.get("expires_in").and_then(|v| match v {
        Value::Number(n) => n.as_u64().or_else(|| n.as_f64().filter(|f| *f >= 0.0).map(|f| f as u64)),
        Value::String(s) => s.trim().parse().ok(),
        _ => None,
    });
    let scopes = value.get("scope").and_then(|v| match v {
        Value::String(s) => Some(s.split_whitespace().map(str::to_owned).collect()),
        Value::Array(list) => Some(list.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
        _ => None,
    });
    Some(Grant { token: SecretString::from(token), lifetime: lifetime.map(Duration::from_secs), scopes })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::config::SecretSource;

    fn hosts() -> Hosts {
        Hosts {
            login: "https://login.x".into(),
            api: "https://api.x".into(),
            webmessaging: "wss://w.x".into(),
            cdn: "https://cdn.x".into(),
        }
    }

    fn client(auth: ClientAuth, host: TokenHost, scopes: &[&str]) -> OAuthClient {
        OAuthClient {
            id: "the id".into(),
            secret: SecretSource::Literal("s&cret".into()),
            token_host: host,
            client_auth: auth,
            scopes: scopes.iter().map(|s| (*s).to_owned()).collect(),
        }
    }

    #[test]
    fn basic_at_the_login_host_sends_no_scope() {
        let call = request(&hosts(), &client(ClientAuth::Basic, TokenHost::Login, &[]), &"s&cret".into()).unwrap();
        assert_eq!(call.url, "https://login.x/oauth/token");
        assert_eq!(call.body, b"grant_type=client_credentials");
        assert_eq!(call.headers[AUTHORIZATION], "Basic dGhlIGlkOnMmY3JldA==");
        assert!(call.headers[AUTHORIZATION].is_sensitive());
    }

    #[test]
    fn body_at_the_api_host_sends_everything_in_the_form() {
        let client = client(ClientAuth::Body, TokenHost::Api, &["guest:messages:send", "b"]);
        let call = request(&hosts(), &client, &"s&cret".into()).unwrap();
        assert_eq!(call.url, "https://api.x/oauth/token");
        let body = String::from_utf8(call.body).unwrap();
        assert_eq!(
            body,
            "grant_type=client_credentials&scope=guest:messages:send+b&client_id=the+id&client_secret=s%26cret"
        );
        assert!(!call.headers.contains_key(AUTHORIZATION));
    }

    #[test]
    fn answers_are_told_apart() {
        let Answer::Granted(g) = read(200, br#"{"access_token":"t","expires_in":86399,"scope":"a  b"}"#) else {
            panic!("not granted")
        };
        assert_eq!(g.lifetime, Some(Duration::from_secs(86399)));
        assert_eq!(g.scopes, Some(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(g.token.expose_secret(), "t");

        let Answer::Granted(g) = read(200, br#"{"access_token":"t","expires_in":"60"}"#) else { panic!("not granted") };
        assert_eq!((g.lifetime, g.scopes), (Some(Duration::from_secs(60)), None));

        let oauth =
            br#"{"error":"invalid_client","description":"client not found","error_description":"client not found"}"#;
        assert!(matches!(read(400, oauth), Answer::BadClient(w) if w.contains("client not found")));
        assert!(matches!(read(401, oauth), Answer::BadClient(_)));
        assert!(
            matches!(read(400, br#"{"error":"invalid_scope"}"#), Answer::Refused(w) if w.contains("invalid_scope"))
        );
        assert!(matches!(read(403, b"{}"), Answer::Refused(_)));
        assert!(matches!(read(404, b"<html>"), Answer::Refused(w) if w.contains("404")));
        assert!(matches!(read(429, b""), Answer::Limited(_)));
        assert!(matches!(read(503, b""), Answer::Failed(_)));
        for garbage in [&b""[..], b"[]", b"{}", b"{\"access_token\":\"\"}", b"{\"access_token\":7}", b"\xff\xfe"] {
            assert!(matches!(read(200, garbage), Answer::Failed(w) if w.contains("without an access_token")));
        }
    }
}
