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

use serde_json::Value as Json;

use super::plan::{Draft, FoundRegion, FoundValue, SignsIn};
use crate::config::ad_hoc::{ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET, REGION};
use crate::config::edit::free_name;
use crate::config::regions;

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

/// The profiles of the platform CLI. Secrets and tokens stay there, and are read from there.
pub fn from_platform_cli(text: &str) -> Vec<Draft> {
    let place = "~/.gc/config.toml";
    drafts(place, &sections(text), |name, field| {
        (FoundValue::PlatformCli(name.to_owned()), field_note(place, field, None))
    })
}

/// The profiles of another file. Where their secrets have to be, is said in a note.
pub fn from_file(place: &str, text: &str) -> Vec<Draft> {
    drafts(place, &sections(text), |name, field| {
        let variable = format!("GUESTWIRE_{}_SECRET", slug(name).to_uppercase().replace('-', "_"));
        let note = field_note(place, field, Some(&variable));
        (FoundValue::Env(variable), note)
    })
}

fn field_note(place: &str, field: &str, variable: Option<&str>) -> Option<String> {
    variable.map(|name| format!("the {field} stays in {place}; export it as {name}, or name a file or command"))
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

/// A part of a file under a name, with the fields in it: without case, `_` and `-` in their names.
type Section = (String, Vec<(String, String)>);

/// A draft for each section that names a client, a token or at least a region.
fn drafts(
    place: &str,
    sections: &[Section],
    secret_of: impl Fn(&str, &str) -> (FoundValue, Option<String>),
) -> Vec<Draft> {
    let mut found = Vec::new();
    for (name, fields) in sections {
        let field = |names: &[&str]| {
            let known = |field: &&(String, String)| names.contains(&field.0.as_str()) && !field.1.is_empty();
            fields.iter().find(known).map(|(_, value)| value.clone())
        };
        let region = field(&["region", "environment", "location", "host", "apihost", "baseurl", "basepath"]);
        let id = field(&["clientcredentials", "clientid", "oauthclientid"]);
        let token = field(&["accesstoken"]);
        if region.is_none() && id.is_none() && token.is_none() {
            continue;
        }
        let called = if name.is_empty() { "default" } else { name };
        let mut notes = Vec::new();
        let mut secret = |field: &str| {
            let (value, note) = secret_of(called, field);
            notes.extend(note);
            value
        };
        let signs_in = match (id, token) {
            (Some(id), _) => SignsIn::Client { id: Some(FoundValue::Literal(id)), secret: secret("secret") },
            (None, Some(_)) => SignsIn::Token(secret("token")),
            (None, None) => SignsIn::unknown(),
        };
        found.push(Draft {
            name: slug(called),
            whence: format!(
                "from {} of {place}",
                if name.is_empty() { "the settings".to_owned() } else { format!("the profile {name:?}") }
            ),
            region: region.map_or(FoundRegion::Missing, |text| FoundRegion::of(&text, place)),
            signs_in,
            notes,
            web: None,
        });
    }
    found
}

/// A file's sections, whatever it is written in: TOML, JSON, or lines of `name = value` and `name: value` under
/// `[section]`.
fn sections(text: &str) -> Vec<Section> {
    let table = toml::from_str::<toml::Table>(text).ok().and_then(|table| serde_json::to_value(table).ok());
    match table.or_else(|| serde_json::from_str(text).ok()) {
        Some(Json::Object(object)) => of_object(&object),
        _ => of_lines(text),
    }
}

fn plain(name: &str) -> String {
    name.to_lowercase().chars().filter(|c| !matches!(c, '_' | '-')).collect()
}

fn of_object(object: &serde_json::Map<String, Json>) -> Vec<Section> {
    let scalars = |object: &serde_json::Map<String, Json>| {
        object.iter().filter_map(|(name, value)| Some((plain(name), value.as_str()?.to_owned()))).collect()
    };
    let nested = object.iter().filter_map(|(name, value)| Some((name.clone(), scalars(value.as_object()?))));
    std::iter::once((String::new(), scalars(object))).chain(nested).collect()
}

fn of_lines(text: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = vec![(String::new(), Vec::new())];
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';'])) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            let name = name.strip_prefix("profile ").unwrap_or(name).trim();
            // Two files with the same profiles were put together: what is said of one goes on.
            let at = sections.iter().position(|(known, _)| known == name);
            let section = at.map_or_else(|| (name.to_owned(), Vec::new()), |at| sections.remove(at));
            sections.push(section);
        } else if let Some((name, value)) = line.split_once(['=', ':'])
            && let Some((_, fields)) = sections.last_mut()
        {
            let value = value.trim().trim_matches(['"', '\'']);
            fields.push((plain(name.trim()), value.to_owned()));
        }
    }
    sections
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
        // Two files of the same profiles, one behind the other.
        let both =
            "[default]\nclient_id = id-1\n[qa]\nclient_id = id-2\n\n[default]\nregion = euw1\n[qa]\nregion = euw2\n";
        let found = from_file("~/.genesyscloud/credentials", both);
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
