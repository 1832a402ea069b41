//! The profiles that `guestwire init` writes: from what other tools of the vendor left on this machine to the text of a
//! config file. Pure: texts in, text out. Secrets are looked past, and only the places where they are get written.
//!
//! | place | what is in it |
//! |---|---|
//! | `GENESYSCLOUD_*`, `GENESYS_REGION` | region, client, token [real: seen in SDK source: the platform CLI's `config.go`] |
//! | `~/.gc/config.toml` | profiles of the platform CLI: `environment`, `client_credentials`, `client_secret`, `access_token` [real: seen in SDK source] |
//! | `~/.genesyscloud/credentials`, `~/.genesyscloud/config` | profiles, as INI |
//! | `~/.genesyscloud*/config` | settings of the SDKs, INI or JSON: `host` names the region [real: documented] |
//! | `~/.archy_config` | YAML: `clientId`, `location` |

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::json;

use crate::config::edit::free_name;
use crate::config::regions;
use crate::config::vendor_files::{self, ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET, PLATFORM_CLI, REGION, VendorProfile};
use crate::export::escape::fill;

const OTHER_REGION: &str = "GENESYS_REGION";
/// The variable of a secret that no tool has.
const OUR_SECRET: &str = "GUESTWIRE_CLIENT_SECRET";

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FoundRegion {
    Known(&'static str),
    /// A text that names none, and where it stands.
    Wrong(String, String),
    Missing,
}

impl FoundRegion {
    pub fn of(text: &str, place: &str) -> Self {
        match regions::find(text) {
            Some(region) => Self::Known(&region.domain),
            None => Self::Wrong(text.to_owned(), place.to_owned()),
        }
    }

    pub fn problem(&self) -> Option<String> {
        let Self::Wrong(text, place) = self else { return None };
        let how = match regions::suggest(text) {
            Some((name, place)) => format!("did you mean {name} ({place})?"),
            None => "write its domain (mypurecloud.de) or its AWS name (eu-central-1)".to_owned(),
        };
        Some(format!("{place}: {text:?} is not a region of Genesys Cloud; {how}"))
    }
}

/// What a profile signs in with: values as TOML writes them, by the place where they stay or themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignsIn {
    /// A client, of which the id may not be known yet.
    Client {
        id: Option<String>,
        secret: String,
    },
    Token(String),
}

impl SignsIn {
    pub fn unknown() -> Self {
        Self::Client { id: None, secret: in_variable(OUR_SECRET) }
    }

    /// With what was found, and what is to be done then. A client renews, a token does not: with both the client is
    /// taken, as the vendor's tools do. A secret that nobody has is looked for in `variable`.
    fn with(id: Option<String>, secret: Option<String>, token: Option<String>, variable: &str) -> (Self, Vec<String>) {
        match (id, secret, token) {
            (id, Some(secret), token) if id.is_some() || token.is_none() => (Self::Client { id, secret }, Vec::new()),
            (_, _, Some(token)) => (Self::Token(token), Vec::new()),
            (id, _, None) => (Self::Client { id, secret: in_variable(variable) }, vec![export(variable)]),
        }
    }

    pub fn is_unknown(&self) -> bool {
        *self == Self::unknown()
    }

    /// The lines of `[profiles.NAME.oauth]`, after `assets/init/oauth.toml`.
    pub fn lines(&self, notes: &[String]) -> Result<String, String> {
        let (id, secret, token) = match self {
            Self::Client { id, secret } => (id.as_ref(), Some(secret), None),
            Self::Token(token) => (None, None, Some(token)),
        };
        fill("oauth.toml", &json!({ "id": id, "secret": secret, "token": token, "notes": notes }))
    }
}

fn export(variable: &str) -> String {
    format!("export {variable} before starting guestwire")
}

pub fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn in_variable(name: &str) -> String {
    format!("{{ env = {} }}", quoted(name))
}

/// What stays in the profile of this name in a file of the vendor's tools.
fn in_vendor_file(profile: &str, file: &str) -> String {
    let file = if file == PLATFORM_CLI { String::new() } else { format!(", file = {}", quoted(file)) };
    format!("{{ gc = {}{file} }}", quoted(profile))
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WebGuest {
    pub deployment_id: String,
    pub origin: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Its name, fit for a TOML key.
    pub name: String,
    pub source: String,
    pub region: FoundRegion,
    pub signs_in: SignsIn,
    pub notes: Vec<String>,
    /// The conversation of a Messenger's snippet. It needs no client.
    pub web: Option<WebGuest>,
}

impl Draft {
    pub fn empty() -> Self {
        Self {
            name: "main".to_owned(),
            source: "a template (no settings were found on this machine)".to_owned(),
            region: FoundRegion::Missing,
            signs_in: SignsIn::unknown(),
            notes: vec![export(OUR_SECRET)],
            web: None,
        }
    }

    pub const fn lacks_client(&self) -> bool {
        matches!(self.signs_in, SignsIn::Client { id: None, .. })
    }

    pub fn is_complete(&self) -> bool {
        let web = self.web.as_ref().is_some_and(|web| web.origin.is_some());
        matches!(self.region, FoundRegion::Known(_)) && (web || !self.lacks_client())
    }

    /// Its conversation needs no client, and none is known.
    pub const fn is_web_alone(&self) -> bool {
        self.web.is_some() && self.lacks_client()
    }

    pub fn lacks(&self) -> Vec<&'static str> {
        let origin = self.web.as_ref().is_some_and(|web| web.origin.is_none());
        let id = self.web.is_none() && self.lacks_client();
        let all = [
            (self.region == FoundRegion::Missing, "the region"),
            (origin, "the origin, a site that the deployment allows"),
            (id, "the OAuth client's id"),
        ];
        all.into_iter().filter_map(|(lacks, what)| lacks.then_some(what)).collect()
    }

    /// One profile's tables, after `assets/init/profile.toml`. One that is not complete is a comment as a whole, so
    /// that the file is valid.
    pub fn written(&self) -> Result<String, String> {
        let domain = if let FoundRegion::Known(domain) = self.region { Some(domain) } else { None };
        let Self { name, source, region, web, .. } = self;
        let oauth = (!self.is_web_alone()).then(|| self.signs_in.lines(&self.notes)).transpose()?;
        let values = json!({ "name": name, "source": source, "domain": domain, "problem": region.problem(), "oauth": oauth,
                             "web": web });
        let text = fill("profile.toml", &values)?;
        if self.is_complete() {
            return Ok(text);
        }
        let mark = |line: &str| if line.is_empty() || line.starts_with('#') { "" } else { "# " };
        Ok(text.lines().flat_map(|line| [mark(line), line, "\n"]).collect())
    }
}

pub fn render(drafts: &[Draft]) -> Result<String, String> {
    let opens = drafts.iter().find(|draft| draft.is_complete()).map(|draft| &draft.name);
    let profiles = drafts.iter().map(Draft::written).collect::<Result<Vec<_>, _>>()?;
    fill("config.toml", &json!({ "opens": opens, "profiles": profiles }))
}

/// The profile that the environment describes, if any of the variables is set. `region` is the flag's.
pub fn from_environment(env: impl Fn(&str) -> Option<String>, region: Option<&str>) -> Option<Draft> {
    let names = [REGION, OTHER_REGION, CLIENT_ID, CLIENT_SECRET, ACCESS_TOKEN];
    let set: Vec<&str> = names.into_iter().filter(|name| env(name).is_some()).collect();
    let source = match (set.is_empty(), region) {
        (true, None) => return None,
        (true, Some(_)) => "from --region".to_owned(),
        (false, None) => format!("from the environment ({})", set.join(", ")),
        (false, Some(_)) => format!("from --region and the environment ({})", set.join(", ")),
    };
    let value = |name: &str| set.contains(&name).then(|| in_variable(name));
    let variable = if set.contains(&CLIENT_ID) { CLIENT_SECRET } else { OUR_SECRET };
    let (signs_in, notes) = SignsIn::with(value(CLIENT_ID), value(CLIENT_SECRET), value(ACCESS_TOKEN), variable);
    let said = region.map(|text| ("--region", text.to_owned()));
    let said = said.or_else(|| [REGION, OTHER_REGION].into_iter().find_map(|name| Some((name, env(name)?))));
    let region = said.map_or(FoundRegion::Missing, |(by, text)| FoundRegion::of(&text, by));
    Some(Draft { source, region, signs_in, notes, ..Draft::empty() })
}

/// The profiles of a file of the vendor's tools, or of several that have the same profiles: each with its place. Ids,
/// secrets and tokens stay there, and are read from there.
pub fn from_files(files: &[(String, String)]) -> Vec<Draft> {
    let all: Vec<(&str, VendorProfile)> = files
        .iter()
        .flat_map(|(place, text)| vendor_files::read(text).into_iter().map(move |profile| (place.as_str(), profile)))
        .collect();
    let mut seen = BTreeSet::new();
    let each = all.iter().map(|(_, profile)| profile).filter(|profile| seen.insert(profile.reference()));
    let draft = |profile: &VendorProfile| {
        let called = profile.reference();
        let get = |field: &str| {
            let mut same = all.iter().filter(|(_, other)| other.reference() == called);
            same.find_map(|(place, other)| Some((*place, other.get(field)?)))
        };
        let stays = |field: &str| get(field).map(|(file, _)| in_vendor_file(called, file));
        let (region, id, token) = (get("region"), get("client_id"), stays("access_token"));
        if region.is_none() && id.is_none() && token.is_none() {
            return None;
        }
        let secret = stays("client_secret").filter(|_| id.is_some());
        let (signs_in, notes) = SignsIn::with(id.map(|(_, id)| quoted(id)), secret, token, OUR_SECRET);
        let whose = if profile.name.is_empty() { "settings".to_owned() } else { format!("profile {called:?}") };
        let source = format!("from the {whose} of {}", id.or(region).map_or("", |(place, _)| place));
        let region = region.map_or(FoundRegion::Missing, |(place, text)| FoundRegion::of(text, place));
        Some(Draft { name: slug(called), source, region, signs_in, notes, web: None })
    };
    each.filter_map(draft).collect()
}

/// Gives the drafts without a region the one that is named where no client is. A draft of a region alone goes.
pub fn join(drafts: Vec<Draft>) -> Vec<Draft> {
    let (unknown, mut drafts): (Vec<_>, Vec<_>) = drafts.into_iter().partition(|d| d.signs_in.is_unknown());
    let region = unknown.first().map_or(FoundRegion::Missing, |d| d.region.clone());
    if drafts.is_empty() {
        drafts.extend(unknown.into_iter().next());
    }
    let mut taken: Vec<String> = Vec::new();
    for draft in &mut drafts {
        if draft.region == FoundRegion::Missing {
            draft.region.clone_from(&region);
        }
        draft.name = free_name(&draft.name, "-", |name| taken.iter().any(|taken| taken == name));
        taken.push(draft.name.clone());
    }
    drafts
}

fn slug(name: &str) -> String {
    let clean: String =
        name.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' }).collect();
    match clean.trim_matches('-') {
        "" | regions::SANDBOX => "genesys".to_owned(),
        clean => clean.to_owned(),
    }
}

#[cfg(test)]
#[path = "../../../tests/unit/cli/init/draft.rs"]
mod tests;
