//! The variables that the vendor's tools read, and the files in which they keep their profiles. A file may be TOML,
//! JSON, or lines of `name = value` and `name: value` under `[profile]`.
//! [real: seen in SDK source: the platform CLI's `config.go`; the others: documented]

use serde_json::{Map, Value};

pub const REGION: &str = "GENESYSCLOUD_REGION";
pub const CLIENT_ID: &str = "GENESYSCLOUD_OAUTHCLIENT_ID";
pub const CLIENT_SECRET: &str = "GENESYSCLOUD_OAUTHCLIENT_SECRET";
pub const ACCESS_TOKEN: &str = "GENESYSCLOUD_ACCESS_TOKEN";

pub const PLATFORM_CLI: &str = "~/.gc/config.toml";

/// The fields of a profile that those files have too, with the tools' names for each: without case, `_` and `-`.
const FIELDS: [(&str, &[&str]); 4] = [
    ("region", &["region", "environment", "location", "host", "apihost", "baseurl", "basepath"]),
    ("client_id", &["clientcredentials", "clientid", "oauthclientid"]),
    ("client_secret", &["clientsecret", "oauthclientsecret"]),
    ("access_token", &["accesstoken"]),
];

pub fn keeps(field: &str) -> bool {
    FIELDS.iter().any(|(own, _)| *own == field)
}

/// A profile in such a file. The one without a name, outside of any section, is the only one, or the default.
#[derive(Debug)]
pub struct VendorProfile {
    pub name: String,
    /// Each name without case, `_` and `-`, with its value.
    fields: Vec<(String, String)>,
}

impl VendorProfile {
    pub fn get(&self, field: &str) -> Option<&str> {
        let (_, theirs) = FIELDS.iter().find(|(own, _)| *own == field)?;
        let said = |name: &str| self.fields.iter().find(|(known, value)| known == name && !value.is_empty());
        theirs.iter().find_map(|name| said(name)).map(|(_, value)| value.as_str())
    }

    pub fn reference(&self) -> &str {
        if self.name.is_empty() { "default" } else { &self.name }
    }
}

/// A field of the profile of this name, in any case.
pub fn value(text: &str, profile: &str, field: &str) -> Option<String> {
    let profiles = read(text);
    let mut named = profiles.iter().filter(|known| known.reference().eq_ignore_ascii_case(profile));
    named.find_map(|known| known.get(field)).map(str::to_owned)
}

pub fn read(text: &str) -> Vec<VendorProfile> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let table = toml::from_str::<toml::Table>(text).ok().and_then(|table| serde_json::to_value(table).ok());
    let mut profiles = match table.or_else(|| serde_json::from_str(text).ok()) {
        Some(Value::Object(object)) => of_object(&object),
        _ => of_lines(text),
    };
    profiles.retain(|profile| !profile.fields.is_empty());
    profiles
}

fn normalized(name: &str) -> String {
    name.to_lowercase().chars().filter(|c| !matches!(c, '_' | '-')).collect()
}

fn of_object(object: &Map<String, Value>) -> Vec<VendorProfile> {
    let scalars = |object: &Map<String, Value>| {
        object.iter().filter_map(|(name, value)| Some((normalized(name), value.as_str()?.to_owned()))).collect()
    };
    let nested = object.iter().filter_map(|(name, value)| Some((name.clone(), value.as_object()?)));
    std::iter::once((String::new(), object))
        .chain(nested)
        .map(|(name, object)| VendorProfile { name, fields: scalars(object) })
        .collect()
}

fn of_lines(text: &str) -> Vec<VendorProfile> {
    let mut profiles = vec![VendorProfile { name: String::new(), fields: Vec::new() }];
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';'])) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            let name = name.strip_prefix("profile ").unwrap_or(name).trim().to_owned();
            profiles.push(VendorProfile { name, fields: Vec::new() });
        } else if let Some((name, value)) = line.split_once(['=', ':'])
            && let Some(profile) = profiles.last_mut()
        {
            let value = value.trim().trim_matches(['"', '\'']);
            profile.fields.push((normalized(name.trim()), value.to_owned()));
        }
    }
    profiles
}
