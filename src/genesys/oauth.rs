//! Asking for a token: the client-credentials grant, and what comes back.
//!
//! [real: seen in SDK source: JS `ApiClient.js`, PY `api_client.py`; the error shapes 3p: GCX `client_test.go`]

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::{AUTHORIZATION, LOCATION};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use zeroize::Zeroizing;

use super::answerer::{Answerer, CallKind, who_answered};
use super::errors::{ApiError, element};
use super::lookups::scopes;
use super::{Call, form_part, text};
use crate::config::{ClientAuth, Hosts, OAuthClient, TokenHost};
use crate::model::{ServerRefusal, Sign};
use crate::text::{counted, json, one_line};

pub const TOKEN_PATH: &str = "/oauth/token";

/// The request for a token. Scopes are sent as asked, joined by spaces, and left out where there are none.
pub fn request(hosts: &Hosts, client: &OAuthClient, secret: &SecretString) -> Result<Call, String> {
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
        let basic = Zeroizing::new(format!("Basic {}", &*basic_credentials(&client.id, secret)));
        let bad = "the client id or secret cannot be put into a header";
        call = call.with_header(AUTHORIZATION, &basic, bad)?;
    }
    Ok(call)
}

/// What stands behind `Basic`: base64 of `id:secret`, as the SDKs build it (no form-encoding first).
pub fn basic_credentials(id: &str, secret: &SecretString) -> Zeroizing<String> {
    let plain = Zeroizing::new(format!("{id}:{}", secret.expose_secret()));
    Zeroizing::new(STANDARD.encode(plain.as_bytes()))
}

pub fn summary(client: &OAuthClient) -> String {
    match client.scopes.len() {
        0 => "client credentials, no scope".to_owned(),
        n => format!("client credentials, {}", counted(n, "scope")),
    }
}

#[derive(Clone, Debug)]
pub struct Grant {
    pub token: SecretString,
    pub lifetime: Option<Duration>, // at most [`LIFETIME_MAX`]; `None` where `expires_in` is missing or no number
    pub scopes: Option<Vec<String>>, // `scope`, split; `None` where the answer names none (as the real service does)
    pub odd: Option<String>, // what is odd about `expires_in` and how it is taken, in a sentence without a full stop
}

pub const LIFETIME_MAX: Duration = Duration::from_secs(48 * 3600); // [real: documented, PY: 5 min to 48 h]

#[derive(Clone, Debug)]
pub enum TokenAnswer {
    Granted(Grant),
    Denied(Denial, String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    BadClient, // `invalid_client`: the server does not take the client with this secret
    Refused,   // another error of OAuth: asking again does not heal it by itself
    Limited,   // 429
    Failed,    // the service failed, or whatever answered is no token endpoint: worth asking again
}

#[derive(Clone, Copy, Debug)]
pub struct TokenOutcome<'a> {
    pub status: u16,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],          // the body, decoded
    pub unread: Option<&'a str>, // why the body is not whole or not decoded, in a few words
}

/// OAuth's errors that say that the same request will be refused again. [RFC 6749, 5.2 and 4.1.2.1]
const REFUSALS: &str = "invalid_client unauthorized_client invalid_grant invalid_scope invalid_request \
    unsupported_grant_type access_denied unsupported_response_type";

impl TokenOutcome<'_> {
    /// Reads what was answered at the token endpoint's address. Only an error of OAuth is the endpoint's own word; all
    /// else may come from a proxy, a filter, or a service that is not well. `why` lines are one line and hold no part of
    /// the body but what an error says (code, message, details) and the title of a page.
    pub fn read(&self) -> TokenAnswer {
        let failed = |why| TokenAnswer::Denied(Denial::Failed, why);
        match (self.status, granted(self.body)) {
            (200..300, Some(Ok(grant))) => TokenAnswer::Granted(grant),
            (200..300, Some(Err(why))) => failed(why),
            (200..300, None) => self.refusal().unwrap_or_else(|| failed(self.no_token())),
            (429, _) => TokenAnswer::Denied(Denial::Limited, self.error().to_string()),
            // "client not found" and "authentication failed" both come as invalid_client; 400 and 401 are treated alike
            // since which of them the service uses is not established.
            (400..500, _) => self.refusal().unwrap_or_else(|| failed(self.no_refusal())),
            _ => failed(self.no_refusal()),
        }
    }

    fn error(&self) -> ServerRefusal {
        ApiError::read(self.status, self.headers, self.body).refusal
    }

    fn refusal(&self) -> Option<TokenAnswer> {
        let error = text(&json::read(self.body)?, "error").filter(|error| REFUSALS.split(' ').any(|e| e == error))?;
        let denial = if error == "invalid_client" { Denial::BadClient } else { Denial::Refused };
        Some(TokenAnswer::Denied(denial, self.error().to_string()))
    }

    fn no_token(&self) -> String {
        let what = match (self.unread, self.other(), json::read(self.body)) {
            (Some(why), ..) => format!("a body that cannot be read ({why})"),
            (None, Some(other), _) => other,
            (None, None, Some(value)) => match value["error"].as_str() {
                Some(error) => format!("the error \"{}\"", short(error)),
                None => "JSON without an access_token".to_owned(),
            },
            (None, None, None) if self.body.is_empty() => "an empty body".to_owned(),
            (None, None, None) => "text that is not JSON".to_owned(),
        };
        format!("the token endpoint answered {} with {what} instead of a token", self.status)
    }

    fn no_refusal(&self) -> String {
        let refusal = self.error();
        let Some(other) = self.other() else { return refusal.to_string() };
        let why = ServerRefusal { more: Vec::new(), location: None, ..refusal };
        format!("{why}, with {other}: not the token endpoint answered")
    }

    fn other(&self) -> Option<String> {
        let answerer = who_answered(CallKind::Token, self.status, self.headers, self.body);
        let Answerer::Other(sign) = answerer else { return None };
        Some(match sign {
            Sign::Html | Sign::Via(_) => match element(self.body, "title") {
                Some(title) => format!("an HTML page (\"{title}\")"),
                None => "an HTML page".to_owned(),
            },
            Sign::Redirect => {
                let to = self.headers.get(LOCATION).map(|v| String::from_utf8_lossy(v.as_bytes()));
                format!("a redirection to {}", short(&to.unwrap_or_default()))
            }
            Sign::Header(line) => format!("the header \"{}\"", short(&line)),
            Sign::ProxyLogin => "a proxy's demand for a user and a password".to_owned(),
            Sign::NetworkLogin => "a network's demand to sign in".to_owned(),
            Sign::Gateway => "an API gateway's refusal".to_owned(),
        })
    }
}

fn short(text: &str) -> String {
    one_line(text).chars().filter(|c| !c.is_control()).take(80).collect()
}

/// A 2xx's token; `None` where there is none, an error where it cannot be used.
fn granted(body: &[u8]) -> Option<Result<Grant, String>> {
    let value = json::read(body)?;
    let token = text(&value, "access_token")?;
    if !token.bytes().all(|b| b.is_ascii_graphic()) {
        let why = "an access_token with a blank, a control character or a letter beyond ASCII in it";
        return Some(Err(format!("the token endpoint gave {why}: no header can carry it")));
    }
    Some(lifetime(value.get("expires_in")).map(|(lifetime, odd)| Grant {
        token: SecretString::from(token),
        lifetime,
        scopes: scopes(value.get("scope")),
        odd,
    }))
}

/// `expires_in`: whole seconds (some servers send them as text, or with a fraction, which is cut off), and what is odd
/// about it. An error where the token would have ended when it came.
fn lifetime(value: Option<&Value>) -> Result<(Option<Duration>, Option<String>), String> {
    let seconds = match value {
        None | Some(Value::Null) => return Ok((None, None)),
        Some(Value::Number(n)) => n.as_f64(),
        Some(Value::String(s)) => s.trim().parse().ok(),
        Some(_) => None,
    };
    let shown = short(&value.map(ToString::to_string).unwrap_or_default());
    match seconds.filter(|s: &f64| s.is_finite()) {
        None => Ok((None, Some(format!("expires_in {shown} is no number of seconds: the token is used until a 401")))),
        Some(seconds) if seconds < 1.0 => {
            Err(format!("the token endpoint gave a token that has ended already (expires_in {shown})"))
        }
        Some(seconds) if seconds > LIFETIME_MAX.as_secs_f64() => {
            let hours = LIFETIME_MAX.as_secs() / 3600;
            let odd = format!("expires_in {shown} is longer than any token lives: it counts as {hours} hours");
            Ok((Some(LIFETIME_MAX), Some(odd)))
        }
        Some(seconds) => Ok((Some(Duration::from_secs(seconds as u64)), None)),
    }
}
