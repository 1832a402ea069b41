//! Judges addresses of the config file: base URLs, origins, the Guest API's path, the metrics agent. Encrypted unless
//! the host is this machine. Sentences name the host at most, never the whole URL, which may hold a password.

use std::net::SocketAddr;
use std::path::PathBuf;

use url::Url;

use super::settings::Agent;
use crate::model::is_loopback;

/// The base URL without its trailing slash, or what is wrong. It is `secure` (`https`, `wss`), or plain on loopback.
pub fn base_url(name: &str, text: &str, secure: &str) -> Result<String, String> {
    let plain = if secure == "wss" { "ws" } else { "http" };
    let wrong = |what: String| Err(format!("`{name}` {what}"));
    let Ok(url) = Url::parse(text.trim()) else { return wrong(format!("is not a URL; write {secure}://HOST")) };
    if !url.username().is_empty() || url.password().is_some() {
        return wrong(format!("must not contain a user name or a password; write {secure}://HOST"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return wrong("must be a base URL, without ? and #".to_owned());
    }
    let host = url.host_str().unwrap_or_default();
    match url.scheme() {
        scheme if scheme == secure => {}
        scheme if scheme == plain && is_loopback(host) => {}
        scheme if scheme == plain => {
            let why = format!("plain {plain} is only for this machine (localhost, 127.0.0.1, [::1])");
            return wrong(format!("would send secrets to {host} unencrypted: write {secure}://; {why}"));
        }
        _ => return wrong(format!("must begin with {secure}://")),
    }
    if host.is_empty() {
        return wrong(format!("has no host; write {secure}://HOST"));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// An `Origin` header's value: scheme and host, with a port where it is not the usual one.
pub fn origin(text: &str) -> Result<String, String> {
    let wrong = || "`origin` must be a site as a browser names it, like \"https://shop.example\"".to_owned();
    let url = Url::parse(text.trim()).map_err(|_| wrong())?;
    let plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let anonymous = url.username().is_empty() && url.password().is_none();
    if !plain || !anonymous || !matches!(url.scheme(), "https" | "http") {
        return Err(wrong());
    }
    Ok(url.origin().ascii_serialization())
}

/// Where webhooks are taken: an address and port of this machine, since whoever reaches it can talk to guestwire.
pub fn listen_address(text: &str) -> Result<SocketAddr, String> {
    let address = text.trim().replacen("localhost:", "127.0.0.1:", 1);
    match address.parse::<SocketAddr>() {
        Ok(address) if address.ip().is_loopback() => Ok(address),
        Ok(address) => Err(format!(
            "`listen` must be on this machine (127.0.0.1 or [::1]), not {}; a tunnel of your own brings webhooks there",
            address.ip()
        )),
        Err(_) => Err("`listen` must be an address and a port of this machine, like \"127.0.0.1:9099\"".to_owned()),
    }
}

pub fn guest_path(text: &str) -> Result<String, String> {
    if !text.starts_with('/') {
        return Err("`path` must begin with /".to_owned());
    }
    if text.matches("{conversationId}").count() != 1 {
        return Err("`path` must contain {conversationId} once: guestwire puts the conversation id there".to_owned());
    }
    if text.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '?' | '#' | '\\')) {
        return Err("`path` must be only a path, without blanks, ? and #".to_owned());
    }
    Ok(text.to_owned())
}

pub fn agent(text: &str) -> Result<Agent, String> {
    let wrong = || "`dogstatsd` must be \"udp://HOST:PORT\" or \"unix:///PATH\"".to_owned();
    if let Some(path) = text.strip_prefix("unix://") {
        return if path.starts_with('/') { Ok(Agent::Unix(PathBuf::from(path))) } else { Err(wrong()) };
    }
    let place = text.strip_prefix("udp://").ok_or_else(wrong)?;
    let (host, port) = place.rsplit_once(':').ok_or_else(wrong)?;
    let port: u16 = port.parse().map_err(|_| wrong())?;
    let clean = !host.is_empty() && !host.chars().any(|c| c.is_whitespace() || c.is_control() || "/@?#".contains(c));
    if clean && port > 0 { Ok(Agent::Udp(format!("{host}:{port}"))) } else { Err(wrong()) }
}
