//! The regions of Genesys Cloud, from `assets/regions.toml`.
//! [real: seen in SDK source: `PureCloudRegionHosts.js`, `purecloud_region_hosts.py`, the platform CLI's `config.go`]

use std::sync::LazyLock;

use serde::Deserialize;

use super::problem::nearest;
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

/// The region with this domain or AWS name. Upper case and the underscores of the SDKs' names are accepted.
pub fn find(name: &str) -> Option<&'static KnownRegion> {
    let name = name.trim().to_lowercase();
    let dashed = name.replace('_', "-");
    all().iter().find(|r| r.domain == name || r.aws == dashed)
}

/// The known name nearest to a mistyped one.
pub fn suggest(name: &str) -> Option<&'static str> {
    nearest(name, all().iter().flat_map(|r| [r.domain.as_str(), r.aws.as_str()]))
}

impl KnownRegion {
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
mod tests {
    use super::*;

    #[test]
    fn the_table_has_every_region_once() {
        assert_eq!(all().len(), 18);
        for region in all() {
            assert_eq!(all().iter().filter(|r| r.domain == region.domain || r.aws == region.aws).count(), 1);
        }
    }

    #[test]
    fn both_names_find_a_region() {
        for name in ["mypurecloud.de", "eu-central-1", "EU_CENTRAL_1", " mypurecloud.de "] {
            assert_eq!(find(name).map(|r| r.place.as_str()), Some("Frankfurt"), "{name}");
        }
        assert!(find("mypurecloud.nl").is_none());
        assert_eq!(suggest("mypurecloud.dee"), Some("mypurecloud.de"));
        assert_eq!(suggest("eu-centrl-1"), Some("eu-central-1"));
    }

    #[test]
    fn hosts_are_derived() {
        let hosts = find("us-west-2").map(KnownRegion::hosts);
        assert_eq!(hosts.as_ref().map(|h| h.login.as_str()), Some("https://login.usw2.pure.cloud"));
        assert_eq!(hosts.as_ref().map(|h| h.webmessaging.as_str()), Some("wss://webmessaging.usw2.pure.cloud"));
        assert_eq!(hosts.as_ref().map(|h| h.cdn.as_str()), Some("https://api-cdn.usw2.pure.cloud"));
    }
}
