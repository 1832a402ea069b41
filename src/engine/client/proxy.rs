//! The proxies that the environment names, by the variables that curl and most others read: `https_proxy`, `http_proxy`,
//! `all_proxy`, `no_proxy`, each in small or capital letters, the small ones first. Only for what is outside this machine.
//! Where none of them is set, the system's own settings count (those of macOS and Windows).

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use base64::Engine as _;
use http::HeaderValue;
use http::uri::Authority;
use hyper_util::client::proxy::matcher::Matcher;

use crate::model::ProxyName;

type Lookup = dyn Fn(&str) -> Option<String> + Send + Sync;

/// Where variables are looked up.
#[derive(Clone)]
pub struct Environment {
    lookup: Arc<Lookup>,
    /// Whether it is the process's own, beside which the system's settings count.
    own: bool,
}

impl Default for Environment {
    /// The process's own.
    fn default() -> Self {
        Self { lookup: Arc::new(|name| std::env::var(name).ok()), own: true }
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values may hold passwords.
        f.write_str("Environment")
    }
}

/// A proxy, and how to be let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    /// Its address, and who names it.
    pub name: ProxyName,
    /// TLS is spoken with it.
    pub secure: bool,
    /// Its host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The value of `Proxy-Authorization`, where user and password are given.
    pub credentials: Option<HeaderValue>,
}

impl Environment {
    /// An environment in which `lookup` finds the variables.
    pub fn of(lookup: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self { lookup: Arc::new(lookup), own: false }
    }

    fn get(&self, name: &str) -> Option<(String, String)> {
        variable(&*self.lookup, name)
    }

    /// The proxy that leads to a host. The error is one sentence with the variable and without its value, which often
    /// has a password.
    pub fn proxy_for(&self, host: &str, port: u16, secure: bool) -> Result<Option<Proxy>, String> {
        let exempt = |(_, list): (String, String)| exemptions(&list).any(|e| e.is_ok_and(|e| e.covers(host, port)));
        if self.get("no_proxy").is_some_and(exempt) {
            return Ok(None);
        }
        let named = self.get(if secure { "https_proxy" } else { "http_proxy" }).or_else(|| self.get("all_proxy"));
        match named {
            Some((spelling, value)) => Proxy::read(&value, Some(spelling)).map(Some),
            None if self.own => Ok(system_proxy(host, port, secure)),
            None => Ok(None),
        }
    }
}

/// The variable `name`, if it is set to something, and the spelling under which it was found.
fn variable(lookup: &dyn Fn(&str) -> Option<String>, name: &str) -> Option<(String, String)> {
    [name.to_owned(), name.to_ascii_uppercase()].into_iter().find_map(|spelling| {
        let value = lookup(&spelling)?;
        (!value.trim().is_empty()).then_some((spelling, value))
    })
}

/// What is wrong with the variables that `lookup` finds: those that name no proxy, and what is not understood in
/// `no_proxy`. One sentence each.
pub fn proxy_problems(lookup: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
    let named = ["https_proxy", "http_proxy", "all_proxy"].into_iter().filter_map(|name| variable(lookup, name));
    let mut problems: Vec<_> =
        named.filter_map(|(spelling, value)| Proxy::read(&value, Some(spelling)).err()).collect();
    if let Some((spelling, list)) = variable(lookup, "no_proxy") {
        let how = "write HOST, .DOMAIN, HOST:PORT, an IP address or NET/BITS";
        let ignored = exemptions(&list).filter_map(Result::err);
        problems.extend(ignored.map(|entry| format!("the variable {spelling}: {entry:?} is not understood; {how}")));
    }
    problems
}

/// What macOS and Windows are set to.
fn system_proxy(host: &str, port: u16, secure: bool) -> Option<Proxy> {
    let scheme = if secure { "https" } else { "http" };
    let found = Matcher::from_system().intercept(&format!("{scheme}://{host}:{port}").parse().ok()?)?;
    let proxy = Proxy::read(&found.uri().to_string(), None).ok()?;
    Some(Proxy { credentials: found.basic_auth().cloned(), ..proxy })
}

impl Proxy {
    /// Reads a proxy's URL. The error is one sentence that names the variable.
    fn read(value: &str, variable: Option<String>) -> Result<Self, String> {
        let spelling = variable.clone().unwrap_or_default();
        let wrong = |why: &str| Err(format!("the variable {spelling} {why}"));
        let no_url = "does not hold the URL of a proxy; write it as http://HOST:PORT, or unset it";
        let text = value.trim();
        if text.starts_with(['"', '\'']) {
            return wrong("holds quotes; set it to the URL alone: http://HOST:PORT");
        }
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            other if !other.is_empty() && other.bytes().all(|b| b.is_ascii_alphanumeric()) => {
                return wrong(&format!("names a proxy of the kind {other}, which is not spoken; use an http proxy"));
            }
            _ => return wrong(no_url),
        };
        if rest.contains('\\') {
            return wrong("holds a backslash; write the one between domain and user as %5C");
        }
        let (user, place) = match rest.rsplit_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, rest),
        };
        let place = place.split(['/', '?', '#']).next().unwrap_or_default();
        let Ok(authority) = place.parse::<Authority>() else { return wrong(no_url) };
        let has_port = place.len() > authority.host().len();
        if authority.host().is_empty() || has_port && authority.port_u16().is_none() {
            return wrong(no_url);
        }
        let port = authority.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let (host, kind) = (authority.host().to_owned(), if secure { "https" } else { "http" });
        let name = ProxyName { address: format!("{kind}://{host}:{port}"), variable };
        Ok(Self { name, secure, host, port, credentials: user.and_then(basic) })
    }
}

/// The header's value for `user:password` as it stands in a URL.
fn basic(user_info: &str) -> Option<HeaderValue> {
    let (user, password) = user_info.split_once(':').unwrap_or((user_info, ""));
    let decoded = |text| percent_encoding::percent_decode_str(text).collect::<Vec<u8>>();
    let both = [decoded(user), decoded(password)].join(&b':');
    let encoded = base64::engine::general_purpose::STANDARD.encode(both);
    let mut value = HeaderValue::try_from(format!("Basic {encoded}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// What needs no proxy.
#[derive(Debug, PartialEq, Eq)]
enum Exemption {
    All,
    /// Addresses that share so many leading bits.
    Net(IpAddr, u32),
    /// A host and all below it, at any port or at one.
    Domain(String, Option<u16>),
}

/// The entries of `no_proxy`: between commas or blanks. An entry that is not understood is given as it is.
fn exemptions(list: &str) -> impl Iterator<Item = Result<Exemption, String>> {
    let entries = list.split(|c: char| c == ',' || c.is_whitespace()).filter(|entry| !entry.is_empty());
    entries.map(|entry| Exemption::read(entry).ok_or_else(|| entry.to_owned()))
}

impl Exemption {
    fn read(entry: &str) -> Option<Self> {
        if entry == "*" {
            return Some(Self::All);
        }
        let unbracketed = |text: &str| text.strip_prefix('[')?.strip_suffix(']')?.parse::<IpAddr>().ok();
        if let Some(ip) = entry.parse().ok().or_else(|| unbracketed(entry)) {
            return Some(Self::Net(ip, 128));
        }
        if let Some((net, bits)) = entry.split_once('/') {
            let net: IpAddr = net.parse().ok()?;
            return bits
                .parse()
                .ok()
                .filter(|bits| *bits <= if net.is_ipv4() { 32 } else { 128 })
                .map(|b| Self::Net(net, b));
        }
        let (host, port) = match entry.rsplit_once(':') {
            Some((host, port)) => (host, Some(port.parse().ok()?)),
            None => (entry, None),
        };
        let host = host.strip_prefix('*').unwrap_or(host).trim_start_matches('.').trim_end_matches('.');
        let plain = !host.is_empty() && host.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_'));
        plain.then(|| Self::Domain(host.to_ascii_lowercase(), port))
    }

    fn covers(&self, host: &str, at: u16) -> bool {
        let host = host.trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
        match self {
            Self::All => true,
            Self::Net(net, bits) => host.parse().is_ok_and(|ip| shares(*net, ip, *bits)),
            Self::Domain(name, port) => {
                let below = || host.strip_suffix(name.as_str()).is_some_and(|rest| rest.ends_with('.'));
                port.is_none_or(|port| port == at) && (host == *name || below())
            }
        }
    }
}

fn shares(net: IpAddr, ip: IpAddr, bits: u32) -> bool {
    let differ = match (net, ip) {
        (IpAddr::V4(net), IpAddr::V4(ip)) => u128::from(net.to_bits() ^ ip.to_bits()) << 96,
        (IpAddr::V6(net), IpAddr::V6(ip)) => net.to_bits() ^ ip.to_bits(),
        _ => return false,
    };
    differ.leading_zeros() >= bits
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn urls_of_proxies_are_read_or_refused_with_the_reason() {
        type Row = (&'static str, Result<(&'static str, bool), &'static str>);
        let rows: [Row; 15] = [
            ("http://proxy.example:3128", Ok(("http://proxy.example:3128", false))),
            ("proxy.example:3128", Ok(("http://proxy.example:3128", false))),
            (" http://proxy.example ", Ok(("http://proxy.example:80", false))),
            ("https://proxy.example/", Ok(("https://proxy.example:443", false))),
            ("HTTP://me:p%40ss@proxy.example:8080/x", Ok(("http://proxy.example:8080", true))),
            ("http://me:p@ss/word@proxy.example:8080", Ok(("http://proxy.example:8080", true))),
            ("http://CORP%5Cme:hush@proxy.example:8080", Ok(("http://proxy.example:8080", true))),
            ("http://[::1]:3128", Ok(("http://[::1]:3128", false))),
            (r"http://CORP\me:hush@proxy.example:8080", Err("%5C")),
            ("\"http://proxy.example:3128\"", Err("quotes")),
            ("'http://proxy.example:3128'", Err("quotes")),
            ("ftp://proxy.example", Err("kind ftp")),
            ("socks5://proxy.example:1080", Err("kind socks5")),
            ("http://me:hush@ not a host", Err("does not hold the URL")),
            ("http://proxy.example:port", Err("does not hold the URL")),
        ];
        for (value, wanted) in rows {
            let read = Proxy::read(value, Some("HTTPS_PROXY".to_owned()));
            match (read, wanted) {
                (Ok(proxy), Ok((address, credentials))) => {
                    assert_eq!(
                        (proxy.name.address.as_str(), proxy.credentials.is_some()),
                        (address, credentials),
                        "{value}"
                    );
                }
                (Err(why), Err(part)) => {
                    assert!(
                        why.contains(part) && why.contains("HTTPS_PROXY") && !why.contains("hush"),
                        "{value}: {why}"
                    );
                }
                (read, _) => panic!("{value}: {read:?}"),
            }
        }
        let proxy = Proxy::read("http://CORP%5Cme:p%40ss@h:1", None).unwrap();
        assert_eq!(proxy.credentials.unwrap(), "Basic Q09SUFxtZTpwQHNz", r"CORP\me:p@ss");
    }

    #[test]
    fn hosts_that_need_no_proxy() {
        let covers = |list: &str, host: &str, port| exemptions(list).any(|e| e.is_ok_and(|e| e.covers(host, port)));
        for (list, host, port, wanted) in [
            ("*", "api.example", 443, true),
            ("example", "api.example", 443, true),
            (".example", "api.example", 443, true),
            ("*.example", "api.example", 443, true),
            ("*.api.example", "api.example", 443, true),
            ("api.example.", "api.example", 443, true),
            ("api.example", "api.example.", 443, true),
            ("API.Example", "api.example", 443, true),
            ("pi.example", "api.example", 443, false),
            ("api.example:443", "api.example", 443, true),
            ("api.example:8443", "api.example", 443, false),
            ("a.example b.example", "b.example", 443, true),
            (" a.example , b.example ", "b.example", 443, true),
            ("10.0.0.0/8", "10.1.2.3", 443, true),
            ("10.0.0.0/8", "11.1.2.3", 443, false),
            ("10.1.2.3", "10.1.2.3", 443, true),
            ("fd00::/8", "[fd12::1]", 443, true),
            ("[fd12::1]", "[fd12::1]", 443, true),
            ("0.0.0.0/0", "10.1.2.3", 443, true),
            ("", "api.example", 443, false),
        ] {
            assert_eq!(covers(list, host, port), wanted, "{list} {host}:{port}");
        }
    }

    #[test]
    fn variables_that_are_not_understood_are_warned_of() {
        let set = |name: &'static str, value: &'static str| {
            proxy_problems(&|asked| (asked == name).then(|| value.to_owned()))
        };
        assert_eq!(set("NO_PROXY", "a.example,10.0.0.0/8, *.b"), Vec::<String>::new());
        for (name, value, part) in [
            ("NO_PROXY", "api*.example", "api*.example"),
            ("no_proxy", "10.0.0.0/33", "10.0.0.0/33"),
            ("no_proxy", "https://api.example", "https://api.example"),
            ("ALL_PROXY", "ftp://x", "ALL_PROXY"),
        ] {
            let [problem] = set(name, value).try_into().unwrap();
            assert!(problem.contains(part) && problem.contains(name), "{problem}");
        }
    }
}
