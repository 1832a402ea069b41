//! The regions of Genesys Cloud, from `assets/regions.toml`, and every name by which people know one.
//! [real: seen in SDK source: `PureCloudRegionHosts.js`, `purecloud_region_hosts.py`, the platform CLI's `config.go`;
//! environments: deployment snippets and the Archy configuration]

use std::sync::LazyLock;

use serde::Deserialize;

use super::{Hosts, Region};

/// The name that stands for a sandbox on this machine instead of a region.
pub const SANDBOX: &str = "sandbox";

/// A row of the table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownRegion {
    /// `mypurecloud.de`
    pub domain: String,
    /// `eu-central-1`
    pub aws: String,
    /// Genesys' abbreviation: `euc1`.
    pub short: String,
    /// The environment in a Messenger's deployment snippet: `prod-euc1`.
    pub environment: String,
    /// `Frankfurt`
    pub place: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    region: Vec<KnownRegion>,
}

/// All regions. The embedded table always parses; a test holds that.
pub fn all() -> &'static [KnownRegion] {
    static ALL: LazyLock<Vec<KnownRegion>> = LazyLock::new(|| {
        toml::from_str::<Table>(include_str!("../../assets/regions.toml")).map(|t| t.region).unwrap_or_default()
    });
    &ALL
}

/// The region that `name` is a name of: its domain, its AWS name, Genesys' abbreviation (`euw1`, `euw1.pure.cloud`), the
/// environment of a deployment snippet (`prod-euw1`) or of Archy (`prod_eu_west_1`), or a URL or name of one of its hosts
/// (`https://apps.mypurecloud.ie/…`). Case, blanks, quotes around it, underscores for dashes and a final dot or slash do
/// not matter.
pub fn find(name: &str) -> Option<&'static KnownRegion> {
    let name = plain(name);
    domains(&name).find_map(|name| all().iter().find(|region| region.names().iter().any(|known| known == name)))
}

/// A name of the region that a mistyped `name` was meant to be. Only where one region alone is that near, and its digits
/// are the same: the neighbour of a name is another country.
pub fn suggest(name: &str) -> Option<String> {
    let name = plain(name);
    let near = |region: &KnownRegion| {
        let distance = |known: &str| domains(&name).filter_map(|name| distance(name, known)).min();
        region.names().into_iter().filter_map(|known| Some((distance(&known)?, known))).min_by_key(|(n, _)| *n)
    };
    let mut nearest: Vec<_> = all().iter().filter_map(near).collect();
    nearest.sort_by_key(|(distance, _)| *distance);
    let tie = matches!(nearest.as_slice(), [(first, _), (second, _), ..] if first == second);
    nearest.into_iter().next().filter(|_| !tie).map(|(_, known)| known)
}

/// The name, and the domains above it: a host below a region's domain is the region's (`realtime.mypurecloud.de`).
fn domains(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(name), |name| name.split_once('.').map(|(_, domain)| domain))
}

/// `name` in the form of the table: a URL becomes its host, underscores become dashes.
fn plain(name: &str) -> String {
    let quotes = |c: char| c.is_whitespace() || matches!(c, '"' | '\'');
    let name = name.trim_matches(quotes).to_lowercase().replace('_', "-");
    let rest = name.split_once("//").map_or(name.as_str(), |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default().split(':').next().unwrap_or_default();
    host.trim_end_matches('.').to_owned()
}

/// How many characters differ, where that are few enough for a slip of the finger.
fn distance(name: &str, known: &str) -> Option<usize> {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    if digits(name) != digits(known) {
        return None;
    }
    let edits = strsim::damerau_levenshtein;
    let (edits, most) = match (name.split_once('.'), known.split_once('.')) {
        (Some((head, tail)), Some((known_head, known_tail))) if tail == known_tail => {
            (edits(head, known_head), if known_head.len() < 8 { 1 } else { 2 })
        }
        // Two letters at the end are a country's own; one that Genesys has no domain in is not a slip.
        (Some((head, tail)), Some((known_head, known_tail))) if head == known_head && tail.len() != 2 => {
            (edits(tail, known_tail), 1)
        }
        (Some(_), _) | (_, Some(_)) => return None,
        (None, None) => (edits(name, known), 1),
    };
    (edits <= most).then_some(edits)
}

impl KnownRegion {
    /// All its names, in the form of [`plain`].
    fn names(&self) -> Vec<String> {
        let Self { domain, aws, short, environment, .. } = self;
        let mut names = vec![domain.clone(), aws.clone(), short.clone(), environment.clone()];
        // The regions for governments and the sovereign cloud are no part of `pure.cloud` and have environments of their own.
        if environment.starts_with("prod") {
            names.extend([format!("{short}.pure.cloud"), format!("prod-{short}"), format!("prod-{aws}")]);
        }
        names
    }

    /// As a profile holds it.
    pub fn region(&self) -> Region {
        Region { domain: self.domain.clone(), aws: Some(self.aws.clone()) }
    }

    /// The hosts that the domain stands for.
    pub fn hosts(&self) -> Hosts {
        let domain = &self.domain;
        Hosts {
            login: format!("https://login.{domain}"),
            api: format!("https://api.{domain}"),
            webmessaging: format!("wss://webmessaging.{domain}"),
            cdn: format!("https://api-cdn.{domain}"),
        }
    }
}

#[cfg(test)]
#[path = "../../tests/unit/config/regions.rs"]
mod tests;
