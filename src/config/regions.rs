//! The regions of Genesys Cloud, from `assets/regions.toml`, and every name by which people know one.
//! [real: seen in SDK source: `PureCloudRegionHosts.js`, `purecloud_region_hosts.py`, the platform CLI's `config.go`;
//! environments: deployment snippets and the Archy configuration]

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// The name that stands for a sandbox on this machine instead of a region.
pub const SANDBOX: &str = "sandbox";

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
    /// What else the place is called, and the country where no other region is meant by it.
    #[serde(default)]
    pub also: Vec<String>,
}

/// All regions. The embedded table always parses; a test holds that.
pub fn all() -> &'static [KnownRegion] {
    static ALL: LazyLock<Vec<KnownRegion>> = LazyLock::new(|| {
        let mut tables: HashMap<String, _> =
            toml::from_str(include_str!("../../assets/regions.toml")).unwrap_or_default();
        tables.remove("region").unwrap_or_default()
    });
    &ALL
}

/// The region that `name` is a name of: its domain, its AWS name, Genesys' abbreviation (`euw1`, `euw1.pure.cloud`),
/// the environment of a deployment snippet (`prod-euw1`) or of Archy (`prod_eu_west_1`), or a URL or name of one of its
/// hosts (`https://apps.mypurecloud.ie/…`). Case, blanks, quotes around it, underscores for dashes and a final dot or
/// slash do not matter.
pub fn find(name: &str) -> Option<&'static KnownRegion> {
    let name = normalized(name);
    domains(&name).find_map(|name| all().iter().find(|region| region.names().iter().any(|known| known == name)))
}

/// The region that `name` was most likely meant to be, though it is none of its names: the name to write, and the
/// region's place, so that a person sees a wrong guess. Only where one region alone is that near, and its digits are
/// the same: the neighbour of a name is another country.
pub fn suggest(name: &str) -> Option<(String, &'static str)> {
    in_place(name).or_else(|| mistyped(name))
}

/// The one region in the place that `name` names: `Frankfurt`, `Frankfurt, Germany`, `Europe (Frankfurt)`.
fn in_place(name: &str) -> Option<(String, &'static str)> {
    let parts: Vec<String> = name.split([',', '(', ')', '/']).map(normalized).collect();
    let named = |region: &&KnownRegion| region.places().any(|place| parts.contains(&normalized(place)));
    let mut found = all().iter().filter(named);
    let (region, other) = (found.next()?, found.next());
    other.is_none().then(|| (region.domain.clone(), region.place.as_str()))
}

fn mistyped(name: &str) -> Option<(String, &'static str)> {
    let name = normalized(name);
    let near = |region: &'static KnownRegion| {
        let distance = |known: &str| domains(&name).filter_map(|name| distance(name, known)).min();
        let names = region.names().into_iter().filter_map(|known| Some((distance(&known)?, known)));
        let (distance, name) = names.min_by_key(|(n, _)| *n)?;
        Some((distance, (name, region.place.as_str())))
    };
    let mut nearest: Vec<_> = all().iter().filter_map(near).collect();
    nearest.sort_by_key(|(distance, _)| *distance);
    let tie = matches!(nearest.as_slice(), [(first, _), (second, _), ..] if first == second);
    nearest.into_iter().next().filter(|_| !tie).map(|(_, suggested)| suggested)
}

/// The name, and the domains above it: a host below a region's domain is the region's (`realtime.mypurecloud.de`).
fn domains(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(name), |name| name.split_once('.').map(|(_, domain)| domain))
}

/// `name` in the form of the table: a URL becomes its host, underscores become dashes.
pub(super) fn normalized(name: &str) -> String {
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
    let sorted = |text: &str| {
        let mut letters: Vec<char> = text.chars().collect();
        letters.sort_unstable();
        letters
    };
    // Another letter in an abbreviation is another place (`af-south-1` is not `ap-south-1`); one too many, too few or
    // in the wrong order is a slip.
    let other_letter = |name: &str, known: &str| name.len() == known.len() && sorted(name) != sorted(known);
    let (edits, most) = match (name.split_once('.'), known.split_once('.')) {
        (Some((head, tail)), Some((known_head, known_tail))) if tail == known_tail && known_head.len() < 8 => {
            if other_letter(head, known_head) {
                return None;
            }
            (edits(head, known_head), 1)
        }
        (Some((head, tail)), Some((known_head, known_tail))) if tail == known_tail => (edits(head, known_head), 2),
        // Two letters at the end are a country's own; one that Genesys has no domain in is not a slip.
        (Some((head, tail)), Some((known_head, known_tail))) if head == known_head && tail.len() != 2 => {
            (edits(tail, known_tail), 1)
        }
        (Some(_), _) | (_, Some(_)) => return None,
        (None, None) if other_letter(name, known) => return None,
        (None, None) => (edits(name, known), 1),
    };
    (edits <= most).then_some(edits)
}

impl KnownRegion {
    /// All its names, in the form of [`normalized`].
    pub(super) fn names(&self) -> Vec<String> {
        let Self { domain, aws, short, environment, .. } = self;
        let mut names = vec![domain.clone(), aws.clone(), short.clone(), environment.clone()];
        // Governments' regions and the sovereign cloud are no part of `pure.cloud`; their environments are their own.
        if environment.starts_with("prod") {
            names.extend([format!("{short}.pure.cloud"), format!("prod-{short}"), format!("prod-{aws}")]);
        }
        names
    }

    pub(super) fn places(&self) -> impl Iterator<Item = &str> {
        self.place.split(", ").chain(self.also.iter().map(String::as_str))
    }

    /// Its hosts, in the order of [`Hosts`](super::Hosts).
    pub fn hosts(&self) -> [String; 4] {
        ["https://login.", "https://api.", "wss://webmessaging.", "https://api-cdn."]
            .map(|host| format!("{host}{}", self.domain))
    }
}

/// What is said by the snippet by which a site shows the Messenger: an administrator copies it out of the web
/// deployment's page, and it names the deployment and its region. [real: documented: the deployment's snippet,
/// `environment` and `deploymentId`]
#[derive(Clone, Debug)]
pub struct MessengerSnippet {
    pub deployment_id: String,
    /// The region in which it is; where the snippet's words name none, these words.
    pub region: Result<&'static KnownRegion, String>,
}

impl MessengerSnippet {
    /// Reads a snippet, or as much of one as names a deployment. `None` where the text names none.
    pub fn read(text: &str) -> Option<Self> {
        // Quotes as a page's source, a mail or a chat writes them.
        let text = text.replace(['“', '”'], "\"").replace(['‘', '’', '`'], "'");
        let text = &text.replace("&quot;", "\"").replace("&#39;", "'").replace("&apos;", "'");
        let deployment_id = value_of(text, "deploymentId")?.to_owned();
        let environment = value_of(text, "environment").unwrap_or_default();
        // The place from which the Messenger's program is loaded names the region too.
        let loaded_from = text.split(['\'', '"']).find(|part| part.contains("genesys-bootstrap"));
        let region = find(environment).or_else(|| find(loaded_from?));
        Some(Self { deployment_id, region: region.ok_or_else(|| environment.to_owned()) })
    }

    /// Why its deployment cannot be spoken to in a profile of the region with this domain, and what can be done.
    pub fn foreign_to(&self, domain: &str) -> Option<String> {
        let region = self.region.as_ref().ok().filter(|region| region.domain != domain)?;
        let id = &self.deployment_id;
        let how = format!("guestwire --region {} --deployment {id} --origin URL speaks to it", region.domain);
        Some(format!("The snippet's deployment is in {}, and this profile in {domain}: {how}.", region.domain))
    }
}

/// The text in quotes after `name:` or `name=`, the name in quotes or not.
fn value_of<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    text.match_indices(name).find_map(|(at, _)| {
        let rest = text.get(at + name.len()..)?.trim_start_matches(['\'', '"', '\\']).trim_start();
        let rest = rest.strip_prefix([':', '='])?.trim_start().trim_start_matches('\\');
        let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
        let value = rest.get(1..)?.split([quote, '\\']).next()?.trim();
        (!value.is_empty()).then_some(value)
    })
}
