//! What other tools of the vendor left on this machine: variables of the environment, and files in the home directory.
//! Pure: texts in, drafts out. Secrets are looked past.
//!
//! | place | what is in it |
//! |---|---|
//! | `GENESYSCLOUD_*`, `GENESYS_REGION` | region, client, token [real: seen in SDK source: the platform CLI's `config.go`] |
//! | `~/.gc/config.toml` | profiles of the platform CLI: `environment`, `client_credentials`, `client_secret`, `access_token` [real: seen in SDK source] |
//! | `~/.genesyscloud/credentials`, `~/.genesyscloud/config` | profiles, as INI |
//! | `~/.genesyscloud*/config` | settings of the SDKs, INI or JSON: `host` names the region [real: documented] |
//! | `~/.archy_config` | YAML: `clientId`, `location` |

use super::plan::{Draft, FoundRegion, FoundValue, SignsIn};
use crate::config::edit::free_name;
use crate::config::regions;
use crate::config::vendor_files::{self, ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET, REGION, VendorProfile};

/// A variable that further tools of the vendor read.
pub const OTHER_REGION: &str = "GENESYS_REGION";

/// The profile that the environment describes, if any of the variables is set. `region` is the flag's.
pub fn from_environment(env: impl Fn(&str) -> Option<String>, region: Option<&str>) -> Option<Draft> {
    let names = [REGION, OTHER_REGION, CLIENT_ID, CLIENT_SECRET, ACCESS_TOKEN];
    let set: Vec<&str> = names.into_iter().filter(|name| env(name).is_some()).collect();
    if set.is_empty() && region.is_none() {
        return None;
    }
    let has = |name: &str| set.contains(&name);
    let said = region.map(|text| ("--region", text.to_owned()));
    let said = said.or_else(|| [REGION, OTHER_REGION].into_iter().find_map(|name| Some((name, env(name)?))));
    // A client renews, a token does not: with both the client is taken, as the vendor's tools do.
    let token_alone = has(ACCESS_TOKEN) && !(has(CLIENT_ID) && has(CLIENT_SECRET));
    let mut notes = Vec::new();
    let signs_in = if token_alone {
        SignsIn::Token(FoundValue::Env(ACCESS_TOKEN.to_owned()))
    } else if has(CLIENT_ID) || has(CLIENT_SECRET) {
        if !has(CLIENT_SECRET) {
            notes.push(format!("export {CLIENT_SECRET} before starting guestwire"));
        }
        let id = has(CLIENT_ID).then(|| FoundValue::Env(CLIENT_ID.to_owned()));
        SignsIn::Client { id, secret: FoundValue::Env(CLIENT_SECRET.to_owned()) }
    } else {
        notes.push("export GUESTWIRE_CLIENT_SECRET before starting guestwire".to_owned());
        SignsIn::unknown()
    };
    let whence = match (set.is_empty(), region) {
        (true, _) => "from --region".to_owned(),
        (false, None) => format!("from the environment ({})", set.join(", ")),
        (false, Some(_)) => format!("from --region and the environment ({})", set.join(", ")),
    };
    let region = said.map_or(FoundRegion::Missing, |(by, text)| FoundRegion::of(&text, by));
    Some(Draft { name: "main".to_owned(), whence, region, signs_in, notes, web: None })
}

/// The profiles of a file of the vendor's tools, or of several that have the same profiles: each with its place. Ids,
/// secrets and tokens stay there, and are read from there.
pub fn from_files(files: &[(String, String)]) -> Vec<Draft> {
    let all: Vec<(&str, VendorProfile)> = files
        .iter()
        .flat_map(|(place, text)| vendor_files::read(text).into_iter().map(move |profile| (place.as_str(), profile)))
        .collect();
    let mut found: Vec<Draft> = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for (_, profile) in &all {
        let called = profile.reference();
        if seen.contains(&called) {
            continue;
        }
        seen.push(called);
        let get = |field: &str| {
            let mut same = all.iter().filter(|(_, other)| other.reference() == called);
            same.find_map(|(place, other)| Some((*place, other.get(field)?)))
        };
        let stays = |field: &str| {
            get(field).map(|(file, _)| FoundValue::Vendor { profile: called.to_owned(), file: file.to_owned() })
        };
        let (region, id) = (get("region"), get("client_id"));
        let signs_in = match (id, stays("client_secret"), stays("access_token")) {
            (Some((_, id)), Some(secret), _) => {
                SignsIn::Client { id: Some(FoundValue::Literal(id.to_owned())), secret }
            }
            (_, _, Some(token)) => SignsIn::Token(token),
            (Some((_, id)), None, None) => {
                let SignsIn::Client { secret, .. } = SignsIn::unknown() else { continue };
                SignsIn::Client { id: Some(FoundValue::Literal(id.to_owned())), secret }
            }
            (None, _, None) if region.is_none() => continue,
            (None, _, None) => SignsIn::unknown(),
        };
        let whence =
            if profile.name.is_empty() { "the settings".to_owned() } else { format!("the profile {called:?}") };
        let place = id.or(region).map_or("", |(place, _)| place);
        let lacks_secret = matches!(&signs_in, SignsIn::Client { secret: FoundValue::Env(_), .. });
        found.push(Draft {
            name: slug(called),
            whence: format!("from {whence} of {place}"),
            region: region.map_or(FoundRegion::Missing, |(place, text)| FoundRegion::of(text, place)),
            signs_in,
            notes: lacks_secret
                .then(|| "export GUESTWIRE_CLIENT_SECRET before starting guestwire".to_owned())
                .into_iter()
                .collect(),
            web: None,
        });
    }
    found
}

/// Gives the drafts that name no region the one that alone is named where no client is; such drafts go where others are.
pub fn join(mut drafts: Vec<Draft>) -> Vec<Draft> {
    let region = drafts.iter().find(|d| d.signs_in.is_unknown()).map(|d| d.region.clone());
    let with_client = drafts.iter().any(|d| !d.signs_in.is_unknown());
    if with_client {
        drafts.retain(|d| !d.signs_in.is_unknown());
    } else {
        drafts.truncate(1);
    }
    for draft in &mut drafts {
        if draft.region == FoundRegion::Missing {
            draft.region = region.clone().unwrap_or(FoundRegion::Missing);
        }
    }
    let mut taken: Vec<String> = Vec::new();
    for draft in &mut drafts {
        draft.name = free_name(&draft.name, "-", |name| taken.iter().any(|taken| taken == name));
        taken.push(draft.name.clone());
    }
    drafts
}

/// A name fit for a TOML key and for typing.
fn slug(name: &str) -> String {
    let clean: String =
        name.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' }).collect();
    match clean.trim_matches('-') {
        "" | regions::SANDBOX => "genesys".to_owned(),
        clean => clean.to_owned(),
    }
}

#[cfg(test)]
#[path = "../../../tests/unit/cli/init/found.rs"]
mod tests;
