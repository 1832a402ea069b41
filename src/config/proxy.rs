//! The proxy that leads to an organisation: as its profile names it (`proxy = "http://HOST:PORT"`), or the variables of
//! the vendor's tools for the profile `env`. The first of these that says something decides:
//!
//! 1. `proxy` of the profile; for the profile `env` the variables `GENESYSCLOUD_PROXY_*`
//! 2. `https_proxy` (`http_proxy` for what is not encrypted), then `all_proxy`, each in small letters before capitals
//! 3. what macOS and Windows are set to
//!
//! A host that `no_proxy` names, and this machine, are reached without any.

use std::fmt;

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use secrecy::SecretString;
use url::Host;

use super::origin::{Lookup, env_text};

/// The value of `proxy` that means: without one, whatever the variables say.
const NONE: &str = "none";
/// The variable of the vendor's tools that switches their proxy on.
pub const PROXY_HOST: &str = "GENESYSCLOUD_PROXY_HOST";
pub(super) const PORT: &str = "GENESYSCLOUD_PROXY_PORT";
pub(super) const PROTOCOL: &str = "GENESYSCLOUD_PROXY_PROTOCOL";
pub(super) const USER: &str = "GENESYSCLOUD_PROXY_AUTH_USERNAME";
pub(super) const PASSWORD: &str = "GENESYSCLOUD_PROXY_AUTH_PASSWORD";

/// What a profile says of proxies.
#[derive(Clone, Debug)]
pub enum ProfileProxy {
    /// No proxy, whatever the variables say.
    Direct,
    /// This proxy, and who names it.
    Through(ProxyAddress, String),
}

/// Where a proxy is, and how to be let in. Displays without the password.
#[derive(Clone, Debug)]
pub struct ProxyAddress {
    /// TLS is spoken with it.
    pub secure: bool,
    pub host: String,
    pub port: u16,
    /// `user:password`, where they are given.
    pub user_info: Option<SecretString>,
    user: String,
}

/// Why a text is not a proxy's address. It never repeats the text, which often holds a password.
const NO_URL: &str = "is not the URL of a proxy; write http://HOST:PORT";

impl ProxyAddress {
    /// Reads a proxy's URL; without a scheme it is `http`.
    pub fn read(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.starts_with(['"', '\'']) {
            return Err("contains quotes; set it to only the URL: http://HOST:PORT".to_owned());
        }
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            other if !other.is_empty() && other.bytes().all(|b| b.is_ascii_alphanumeric()) => {
                let how = "which guestwire does not support; use an http proxy";
                return Err(format!("names a proxy of the kind {other}, {how}"));
            }
            _ => return Err(NO_URL.to_owned()),
        };
        if rest.contains('\\') {
            return Err("contains a backslash; write %5C between domain and user".to_owned());
        }
        let (user_info, place) = match rest.rsplit_once('@') {
            Some((user_info, place)) => (Some(user_info), place),
            None => (None, rest),
        };
        let place = place.split(['/', '?', '#']).next().unwrap_or_default();
        let authority: http::uri::Authority = place.parse().map_err(|_| NO_URL)?;
        let has_port = place.len() > authority.host().len();
        if authority.host().is_empty() || has_port && authority.port_u16().is_none() {
            return Err(NO_URL.to_owned());
        }
        let decoded = |part: &str| percent_decode_str(part).decode_utf8_lossy().into_owned();
        let (user, password) = user_info.map_or(("", ""), |info| info.split_once(':').unwrap_or((info, "")));
        let user = decoded(user);
        Ok(Self {
            secure,
            host: authority.host().to_owned(),
            port: authority.port_u16().unwrap_or(if secure { 443 } else { 80 }),
            user_info: user_info.map(|_| SecretString::from(format!("{user}:{}", decoded(password)))),
            user,
        })
    }

    /// Scheme, host and port, without user and password.
    pub fn address(&self) -> String {
        format!("{}://{}:{}", if self.secure { "https" } else { "http" }, self.host, self.port)
    }
}

impl fmt::Display for ProxyAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user = if self.user_info.is_some() { format!("{}:•••@", self.user) } else { String::new() };
        f.write_str(&self.address().replacen("://", &format!("://{user}"), 1))
    }
}

impl ProfileProxy {
    /// Reads what a profile says. `named_by` is said of it where it fails.
    pub fn read(text: &str, named_by: impl Into<String>) -> Result<Self, String> {
        if text.trim().eq_ignore_ascii_case(NONE) {
            return Ok(Self::Direct);
        }
        Ok(Self::Through(ProxyAddress::read(text)?, named_by.into()))
    }
}

impl fmt::Display for ProfileProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Direct => f.write_str(NONE),
            Self::Through(address, _) => address.fmt(f),
        }
    }
}

/// The proxy of the vendor's tools as a URL, where [`PROXY_HOST`] is set.
pub fn from_variables(env: Lookup<'_>) -> Option<String> {
    let said = |name| env_text(env, name).map(|(text, _)| text);
    let host = said(PROXY_HOST)?;
    let scheme = said(PROTOCOL).unwrap_or_else(|| "http".to_owned());
    let scheme = scheme.trim_end_matches("://").trim_end_matches(':');
    let host = host.split_once("://").map_or(host.as_str(), |(_, host)| host).trim_end_matches('/');
    let host = match Host::parse(host) {
        Ok(Host::Ipv6(ip)) => format!("[{ip}]"),
        _ => host.to_owned(),
    };
    let encoded = |text: String| utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string();
    let password = said(PASSWORD).map(encoded).map_or_else(String::new, |password| format!(":{password}"));
    let user = said(USER).map(encoded).map_or_else(String::new, |user| format!("{user}{password}@"));
    let port = said(PORT).map_or_else(String::new, |port| format!(":{port}"));
    Some(format!("{scheme}://{user}{host}{port}"))
}
