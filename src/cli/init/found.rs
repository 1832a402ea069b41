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
use crate::config::vendor_files::{self, VendorProfile};
use crate::config::vendor_files::{ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET, REGION};

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
mod tests {
    use super::*;

    fn from_file(place: &str, text: &str) -> Vec<Draft> {
        from_files(&[(place.to_owned(), text.to_owned())])
    }

    fn one(drafts: &[Draft]) -> (String, String, String) {
        let [draft] = drafts else { panic!("{drafts:?}") };
        (draft.name.clone(), format!("{:?}", draft.region), format!("{:?}", draft.signs_in))
    }

    #[test]
    fn each_form_of_file_is_read_and_no_secret_is_taken() {
        for (text, name, region) in [
            ("[default]\nclient_id = id-1\nclient_secret = hunter2\nregion = eu-west-1\n", "default", "mypurecloud.ie"),
            (
                "[profile qa]\nclientId=\"id-1\"\nclientSecret='hunter2'\nhost=https://api.mypurecloud.de\n",
                "qa",
                "mypurecloud.de",
            ),
            ("clientId: id-1\nclientSecret: hunter2\nlocation: prod_eu_west_1\n", "default", "mypurecloud.ie"),
            (
                "{\"qa\":{\"client_id\":\"id-1\",\"client_secret\":\"hunter2\",\"environment\":\"euw2\"}}",
                "qa",
                "euw2.pure.cloud",
            ),
        ] {
            let found = from_file("~/.archy_config", text);
            let (called, at, signs_in) = one(&found);
            assert_eq!(called, name, "{text}");
            assert!(at.contains(region) && signs_in.contains("id-1"), "{text}: {found:?}");
            assert!(!format!("{found:?}").contains("hunter2"), "{found:?}");
        }
        // Two files of the same profiles.
        let found = from_files(&[
            (
                "~/.genesyscloud/credentials".to_owned(),
                "[default]\nclient_id = id-1\n[qa]\nclient_id = id-2\n".to_owned(),
            ),
            ("~/.genesyscloud/config".to_owned(), "[default]\nregion = euw1\n[profile qa]\nregion = euw2\n".to_owned()),
        ]);
        let regions: Vec<_> = found.iter().map(|draft| format!("{:?}", draft.region)).collect();
        assert!(found.len() == 2 && regions[0].contains("mypurecloud.ie") && regions[1].contains("euw2"), "{found:?}");
        // The settings of an SDK name the region alone.
        let sdk = from_file(
            "~/.genesyscloudpython/config",
            "[logging]\nlog_level = trace\n[general]\nhost = https://api.mypurecloud.jp\n",
        );
        let (_, at, signs_in) = one(&sdk);
        assert!(at.contains("mypurecloud.jp") && signs_in == format!("{:?}", SignsIn::unknown()), "{sdk:?}");
        assert!(from_file("x", "nothing here").is_empty());
    }

    #[test]
    fn a_region_that_alone_is_known_goes_where_a_client_lacks_one() {
        let env = |name: &str| (name == CLIENT_ID || name == CLIENT_SECRET).then(|| "x".to_owned());
        let mut found = vec![from_environment(env, None)].into_iter().flatten().collect::<Vec<_>>();
        found.extend(from_file("~/.genesyscloudgo/config", "[general]\nhost = api.mypurecloud.jp\n"));
        let (name, at, _) = one(&join(found));
        assert!(name == "main" && at.contains("mypurecloud.jp"), "{at}");
    }
}
