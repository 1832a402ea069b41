//! The proxies that the environment names, by the variables that curl and most others read: `https_proxy`, `http_proxy`,
//! `all_proxy`, `no_proxy`, each in small or capital letters, the small ones first. Only for what is outside this machine.

use std::fmt;
use std::sync::Arc;

use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use reqwest::{ClientBuilder, NoProxy, Proxy};

type Lookup = dyn Fn(&str) -> Option<String> + Send + Sync;

/// Makes a proxy of one kind of URL from the proxy's own.
type MakeProxy = fn(&str) -> reqwest::Result<Proxy>;

/// Where variables are looked up.
#[derive(Clone)]
pub struct Environment(Arc<Lookup>);

impl Default for Environment {
    /// The process's own.
    fn default() -> Self {
        Self::of(|name| std::env::var(name).ok())
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values may hold passwords.
        f.write_str("Environment")
    }
}

impl Environment {
    /// An environment in which `lookup` finds the variables.
    pub fn of(lookup: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(lookup))
    }

    /// The variable `name`, if it is set to something, and the spelling under which it was found.
    fn get(&self, name: &str) -> Option<(String, String)> {
        [name.to_owned(), name.to_ascii_uppercase()].into_iter().find_map(|spelling| {
            let value = (self.0)(&spelling)?;
            (!value.trim().is_empty()).then_some((spelling, value))
        })
    }

    /// Has a client go through the proxies that are named. Where none is, the system's own settings (those of macOS and
    /// Windows) count. The error is one sentence without the value: a proxy's URL often has a password.
    pub fn apply(&self, mut builder: ClientBuilder) -> Result<ClientBuilder, String> {
        let except = self.get("no_proxy").and_then(|(_, hosts)| NoProxy::from_string(&hosts));
        let kinds: [(&str, MakeProxy); 3] = [
            ("https_proxy", |url| Proxy::https(url)),
            ("http_proxy", |url| Proxy::http(url)),
            ("all_proxy", |url| Proxy::all(url)),
        ];
        for (name, make) in kinds {
            let Some((spelling, url)) = self.get(name) else { continue };
            let proxy = make(url.trim()).map_err(|_| not_a_proxy(&spelling))?;
            builder = builder.proxy(proxy.no_proxy(except.clone()));
        }
        Ok(builder)
    }

    /// The proxy that leads to a host, for what is no request of the HTTP client. The same variables, read by the same
    /// rules (hyper-util's, which reqwest uses too); the system's own settings are not looked up.
    pub fn proxy_for(&self, host: &str, port: u16, secure: bool) -> Result<Option<Intercept>, String> {
        let mut matcher = Matcher::builder();
        for (name, only) in [("https_proxy", Some(true)), ("http_proxy", Some(false)), ("all_proxy", None)] {
            let Some((spelling, url)) = self.get(name).filter(|_| only.is_none_or(|s| s == secure)) else { continue };
            Proxy::all(url.trim()).map_err(|_| not_a_proxy(&spelling))?;
            matcher = match name {
                "https_proxy" => matcher.https(url.trim()),
                "http_proxy" => matcher.http(url.trim()),
                _ => matcher.all(url.trim()),
            };
        }
        if let Some((_, hosts)) = self.get("no_proxy") {
            matcher = matcher.no(hosts);
        }
        let scheme = if secure { "https" } else { "http" };
        let target = format!("{scheme}://{host}:{port}").parse().map_err(|_| format!("{host} is no host name"))?;
        Ok(matcher.build().intercept(&target))
    }
}

fn not_a_proxy(spelling: &str) -> String {
    format!("the variable {spelling} does not hold the URL of a proxy; write it as http://host:port, or unset it")
}
