//! Which proxy leads to a host outside this machine: the profile's, or that of `https_proxy`, `http_proxy`, `all_proxy`,
//! `no_proxy`, as curl reads them, small letters before capitals. The order is that of [`crate::config::address`].

use std::net::IpAddr;
use std::sync::Arc;

use base64::Engine as _;
use http::HeaderValue;
use hyper_util::client::proxy::matcher::Matcher;
use secrecy::ExposeSecret as _;

use crate::config::{ProfileProxy, ProxyAddress};
use crate::model::ProxyName;

type Lookup = dyn Fn(&str) -> Option<String> + Send + Sync;

/// Where variables are looked up: by this; else in the process's own environment, and in the system's settings.
#[derive(Clone, Default)]
pub struct Environment(Option<Arc<Lookup>>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    pub name: ProxyName,
    pub secure: bool, // TLS is spoken with it
    pub host: String,
    pub port: u16,
    pub credentials: Option<HeaderValue>, // the value of `Proxy-Authorization`, where user and password are given
}

impl Environment {
    /// An environment in which `lookup` finds the variables.
    pub fn of(lookup: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(lookup)))
    }

    /// What the profile says counts before the variables that name a proxy; `no_proxy` keeps a host from either. The error
    /// names the variable, not its value with a password.
    pub fn proxy_for(
        &self,
        profile: Option<&ProfileProxy>,
        (host, port, secure): (&str, u16, bool),
    ) -> Result<Option<Proxy>, String> {
        let exempt = |(_, list): (String, String)| exemptions(&list).any(|e| e.is_ok_and(|e| e.covers(host, port)));
        let own = |name: &str| std::env::var(name).ok();
        let get = |name: &str| variable(self.0.as_deref().unwrap_or(&own), name);
        if get("no_proxy").is_some_and(exempt) {
            return Ok(None);
        }
        let named = get(if secure { "https_proxy" } else { "http_proxy" }).or_else(|| get("all_proxy"));
        match (profile, named) {
            (Some(ProfileProxy::Direct), _) => Ok(None),
            (Some(ProfileProxy::Through(address, by)), _) => Ok(Some(Proxy::at(address, Some(by.clone())))),
            (None, Some((spelling, value))) => Proxy::of_variable(spelling, &value).map(Some),
            (None, None) if self.0.is_none() => Ok(system_proxy(host, port, secure)),
            (None, None) => Ok(None),
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
        named.filter_map(|(spelling, value)| Proxy::of_variable(spelling, &value).err()).collect();
    if let Some((spelling, list)) = variable(lookup, "no_proxy") {
        let how = "write HOST, .DOMAIN, HOST:PORT, an IP address or NET/BITS";
        let ignored = exemptions(&list).filter_map(Result::err);
        problems.extend(ignored.map(|entry| format!("the variable {spelling}: {entry:?} is not understood; {how}")));
    }
    problems
}

fn system_proxy(host: &str, port: u16, secure: bool) -> Option<Proxy> {
    let scheme = if secure { "https" } else { "http" };
    let found = Matcher::from_system().intercept(&format!("{scheme}://{host}:{port}").parse().ok()?)?;
    let address = ProxyAddress::read(&found.uri().to_string()).ok()?;
    Some(Proxy { credentials: found.basic_auth().cloned(), ..Proxy::at(&address, None) })
}

impl Proxy {
    /// At an address that `named_by` names; nobody where the system's settings do.
    fn at(address: &ProxyAddress, named_by: Option<String>) -> Self {
        let name = ProxyName { address: address.address(), named_by };
        let credentials = address.user_info.as_ref().and_then(|info| basic(info.expose_secret()));
        Self { name, secure: address.secure, host: address.host.clone(), port: address.port, credentials }
    }

    fn of_variable(variable: String, value: &str) -> Result<Self, String> {
        let address = ProxyAddress::read(value).map_err(|why| format!("the variable {variable} {why}"))?;
        Ok(Self::at(&address, Some(variable)))
    }
}

fn basic(user_info: &str) -> Option<HeaderValue> {
    let encoded = base64::engine::general_purpose::STANDARD.encode(user_info);
    let mut value = HeaderValue::try_from(format!("Basic {encoded}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[derive(Debug, PartialEq, Eq)]
pub enum Exemption {
    All,
    Net(IpAddr, u32),            // addresses that share so many leading bits
    Domain(String, Option<u16>), // a host and all below it, at any port or at one
}

/// The entries of `no_proxy`: between commas or blanks. An entry that is not understood is the error.
pub fn exemptions(list: &str) -> impl Iterator<Item = Result<Exemption, String>> {
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
            let most = if net.is_ipv4() { 32 } else { 128 };
            return bits.parse().ok().filter(|bits| *bits <= most).map(|bits| Self::Net(net, bits));
        }
        let (host, port) = match entry.rsplit_once(':') {
            Some((host, port)) => (host, Some(port.parse().ok()?)),
            None => (entry, None),
        };
        let host = host.strip_prefix('*').unwrap_or(host).trim_start_matches('.').trim_end_matches('.');
        let plain = !host.is_empty() && host.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_'));
        plain.then(|| Self::Domain(host.to_ascii_lowercase(), port))
    }

    pub fn covers(&self, host: &str, at: u16) -> bool {
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
