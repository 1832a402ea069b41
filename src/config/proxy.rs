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
pub const HOST: &str = "GENESYSCLOUD_PROXY_HOST";
const PORT: &str = "GENESYSCLOUD_PROXY_PORT";
const PROTOCOL: &str = "GENESYSCLOUD_PROXY_PROTOCOL";
const USER: &str = "GENESYSCLOUD_PROXY_AUTH_USERNAME";
const PASSWORD: &str = "GENESYSCLOUD_PROXY_AUTH_PASSWORD";

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
    /// Its host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// `user:password`, where they are given.
    pub user_info: Option<SecretString>,
    /// The user alone.
    user: String,
}

/// Why a text is not a proxy's address. It never repeats the text, which often holds a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAProxy {
    /// No URL, or one without a host.
    #[error("is not the URL of a proxy; write http://HOST:PORT")]
    NoUrl,
    /// Quotes of a shell or of another file.
    #[error("contains quotes; set it to only the URL: http://HOST:PORT")]
    Quotes,
    /// `ftp://`, `socks5://`.
    #[error("names a proxy of the kind {0}, which guestwire does not support; use an http proxy")]
    Kind(String),
    /// `DOMAIN\\user`, as Windows writes it.
    #[error("contains a backslash; write %5C between domain and user")]
    Backslash,
}

impl ProxyAddress {
    /// Reads a proxy's URL; without a scheme it is `http`.
    ///
    /// # Errors
    /// Why it is none.
    pub fn read(text: &str) -> Result<Self, NotAProxy> {
        let text = text.trim();
        if text.starts_with(['"', '\'']) {
            return Err(NotAProxy::Quotes);
        }
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            other if !other.is_empty() && other.bytes().all(|b| b.is_ascii_alphanumeric()) => {
                return Err(NotAProxy::Kind(other.to_owned()));
            }
            _ => return Err(NotAProxy::NoUrl),
        };
        if rest.contains('\\') {
            return Err(NotAProxy::Backslash);
        }
        let (user_info, place) = match rest.rsplit_once('@') {
            Some((user_info, place)) => (Some(user_info), place),
            None => (None, rest),
        };
        let place = place.split(['/', '?', '#']).next().unwrap_or_default();
        let authority: http::uri::Authority = place.parse().map_err(|_| NotAProxy::NoUrl)?;
        let has_port = place.len() > authority.host().len();
        if authority.host().is_empty() || has_port && authority.port_u16().is_none() {
            return Err(NotAProxy::NoUrl);
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
        let scheme = if self.secure { "https" } else { "http" };
        let user = if self.user_info.is_some() { format!("{}:•••@", self.user) } else { String::new() };
        write!(f, "{scheme}://{user}{}:{}", self.host, self.port)
    }
}

impl ProfileProxy {
    /// Reads what a profile says. `named_by` is said of it where it fails.
    ///
    /// # Errors
    /// Why it is no proxy.
    pub fn read(text: &str, named_by: impl Into<String>) -> Result<Self, NotAProxy> {
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

/// The proxy of the vendor's tools as a URL, where [`HOST`] is set.
pub fn from_variables(env: Lookup<'_>) -> Option<String> {
    let said = |name| env_text(env, name).map(|(text, _)| text);
    let host = said(HOST)?;
    let scheme = said(PROTOCOL).unwrap_or_else(|| "http".to_owned());
    let scheme = scheme.trim_end_matches("://").trim_end_matches(':');
    let host = host.split_once("://").map_or(host.as_str(), |(_, host)| host).trim_end_matches('/');
    let host = match Host::parse(host) {
        Ok(Host::Ipv6(ip)) => format!("[{ip}]"),
        _ => host.to_owned(),
    };
    let encoded = |text: String| utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string();
    let user = said(USER).map(encoded);
    let password = said(PASSWORD).map(encoded).map_or_else(String::new, |password| format!(":{password}"));
    let user = user.map_or_else(String::new, |user| format!("{user}{password}@"));
    let port = said(PORT).map_or_else(String::new, |port| format!(":{port}"));
    Some(format!("{scheme}://{user}{host}{port}"))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::ffi::OsString;

    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn urls_of_proxies_are_read_or_refused_with_the_reason() {
        type Row = (&'static str, Result<(&'static str, Option<&'static str>), &'static str>);
        let rows: [Row; 15] = [
            ("http://proxy.example:3128", Ok(("http://proxy.example:3128", None))),
            ("proxy.example:3128", Ok(("http://proxy.example:3128", None))),
            (" http://proxy.example ", Ok(("http://proxy.example:80", None))),
            ("https://proxy.example/", Ok(("https://proxy.example:443", None))),
            ("HTTP://me:p%40ss@proxy.example:8080/x", Ok(("http://proxy.example:8080", Some("me:p@ss")))),
            ("http://me:p@ss/word@proxy.example:8080", Ok(("http://proxy.example:8080", Some("me:p@ss/word")))),
            ("http://CORP%5Cme:hush@proxy.example:8080", Ok(("http://proxy.example:8080", Some("CORP\\me:hush")))),
            ("http://[::1]:3128", Ok(("http://[::1]:3128", None))),
            (r"http://CORP\me:hush@proxy.example:8080", Err("%5C")),
            ("\"http://proxy.example:3128\"", Err("quotes")),
            ("'http://proxy.example:3128'", Err("quotes")),
            ("ftp://proxy.example", Err("kind ftp")),
            ("socks5://proxy.example:1080", Err("kind socks5")),
            ("http://me:hush@ not a host", Err("is not the URL")),
            ("http://proxy.example:port", Err("is not the URL")),
        ];
        for (value, wanted) in rows {
            match (ProxyAddress::read(value), wanted) {
                (Ok(proxy), Ok((address, user_info))) => {
                    let read = proxy.user_info.as_ref().map(|info| info.expose_secret());
                    assert_eq!((proxy.address().as_str(), read), (address, user_info), "{value}");
                    assert!(!format!("{proxy} {proxy:?}").contains("hush"), "{value}");
                }
                (Err(why), Err(part)) => {
                    let why = why.to_string();
                    assert!(why.contains(part) && !why.contains("hush"), "{value}: {why}");
                }
                (read, _) => panic!("{value}: {read:?}"),
            }
        }
        assert_eq!(ProxyAddress::read("http://me:hush@h:1").unwrap().to_string(), "http://me:•••@h:1");
        assert!(matches!(ProfileProxy::read("none", "x"), Ok(ProfileProxy::Direct)));
    }

    #[test]
    fn the_variables_of_the_vendors_tools_make_a_url() {
        for (set, url) in [
            (&[][..], None),
            (&[(PORT, "8080")], None),
            (&[(HOST, "proxy.example")], Some("http://proxy.example")),
            (&[(HOST, "http://proxy.example/"), (PORT, "8080")], Some("http://proxy.example:8080")),
            (
                &[(HOST, "p"), (PORT, "1"), (PROTOCOL, "https"), (USER, "CORP\\me"), (PASSWORD, "a@b")],
                Some("https://CORP%5Cme:a%40b@p:1"),
            ),
        ] {
            let env = |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value));
            assert_eq!(from_variables(&env).as_deref(), url, "{set:?}");
        }
    }
}
