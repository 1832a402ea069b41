//! What a web deployment tells in public, and the opening of the guest socket. Nothing here carries a secret.
//!
//! [real: documented: `https://api-cdn.<domain>/webdeployments/v1/deployments/<id>/{config,domains}.json`; the fields
//! `status`, `allowAllDomains` and `allowedDomains` are those of the platform's WebDeployment]

use http::header::{CONNECTION, ORIGIN, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE};
use serde_json::Value;

use super::call::{BadCall, Call, path_segment};
use super::{json, texts, truth, web_messaging};
use crate::model::words;

const FOLDER: &str = "/webdeployments/v1/deployments/";

words! {
    /// What is public of a deployment, each in its file.
    pub enum Public: file {
        Config = "config.json";
        Domains = "domains.json";
    }
}

pub fn request(cdn: &str, deployment: &str, public: Public) -> Result<Call, BadCall> {
    Call::get(cdn, &format!("{FOLDER}{}/{public}", path_segment(deployment)))
}

/// The deployment that `path` asks about, where it is one of the public paths.
pub fn asked(path: &str) -> Option<(&str, Public)> {
    let (id, file) = path.split_once(FOLDER)?.1.split_once('/').filter(|(id, _)| !id.is_empty())?;
    Some((id, Public::named(file)?))
}

/// The request that opens the guest socket. `key` is the handshake's: any 16 bytes in base64. [RFC 6455, 4.1]
pub fn opening(webmessaging: &str, deployment: &str, origin: &str, key: &str) -> Result<Call, BadCall> {
    // The handshake is HTTP: `wss` is spoken over what `https` is.
    let url = web_messaging::socket_url(webmessaging, deployment).replacen("ws", "http", 1);
    let headers = [
        (CONNECTION, "Upgrade"),
        (UPGRADE, "websocket"),
        (SEC_WEBSOCKET_VERSION, "13"),
        (SEC_WEBSOCKET_KEY, key),
        (ORIGIN, origin),
    ];
    headers.into_iter().try_fold(Call::get(&url, "")?, |call, (name, value)| {
        let bad = || format!("{name} has characters that cannot stand in a header");
        call.with_header(name.clone(), value, bad)
    })
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    pub status: Option<String>, // `Active`, `Inactive`, `Pending`, …, where told
    pub sign_in: bool,          // `auth.enabled`: nobody may speak who is not signed in; not so where it is not told
}

impl Config {
    /// Whether guests may speak; a configuration that does not tell counts as active: it is served.
    pub fn is_active(&self) -> bool {
        self.status.as_ref().is_none_or(|s| s.eq_ignore_ascii_case("active"))
    }
}

/// Reads a 200 answer; `None` where it is not a JSON object.
pub fn read_config(body: &[u8]) -> Option<Config> {
    let value = json::read(body)?;
    value.as_object()?;
    Some(Config { status: value["status"].as_str().map(str::to_owned), sign_in: truth(&value["auth"]["enabled"]) })
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Domains {
    pub all: bool,
    pub listed: Vec<String>, // else from these
}

/// Reads a 200 answer; `None` where it names no domains.
pub fn read_domains(body: &[u8]) -> Option<Domains> {
    let value = json::read(body)?;
    // Of the file itself only its purpose is published: the fields' names elsewhere, and the plain one, are both taken.
    let field = |name: &str| value.get(name).and_then(Value::as_array);
    let list = value.as_array().or_else(|| field("allowedDomains")).or_else(|| field("domains"));
    let all = value["allowAllDomains"].as_bool();
    if list.is_none() && all.is_none() {
        return None;
    }
    Some(Domains { all: all.unwrap_or(false), listed: list.map(|list| texts(list)).unwrap_or_default() })
}

impl Domains {
    /// Whether `origin` is among them: its host, or a domain above it.
    pub fn allow(&self, origin: &str) -> bool {
        let host = host(origin).to_ascii_lowercase();
        self.all
            || self.listed.iter().any(|domain| {
                let domain = self::host(domain).to_ascii_lowercase();
                let domain = domain.strip_prefix("*.").unwrap_or(&domain);
                host == domain || host.strip_suffix(domain).is_some_and(|above| above.ends_with('.'))
            })
    }
}

/// `shop.example` of `https://shop.example:8443/x` as of itself.
fn host(place: &str) -> &str {
    let rest = place.split_once("://").map_or(place, |(_, rest)| rest);
    let rest = rest.split('/').next().unwrap_or_default();
    rest.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit())).map_or(rest, |(host, _)| host)
}

#[cfg(test)]
#[path = "../../tests/unit/genesys/deployments.rs"]
mod tests;
