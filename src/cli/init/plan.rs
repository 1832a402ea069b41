//! What `guestwire init` writes, decided without I/O: from what was found to the text of a config file. Secrets are
//! never part of it, only the names of the places where they are.

use std::fmt::Write as _;

use toml::de::{DeTable, DeValue};

use crate::config::regions::{self, KnownRegion};

/// The variables of Genesys' own tools. [real: seen in SDK source: the platform CLI's `config.go`]
pub const REGION: &str = "GENESYSCLOUD_REGION";
/// See [`REGION`].
pub const CLIENT_ID: &str = "GENESYSCLOUD_OAUTHCLIENT_ID";
/// See [`REGION`].
pub const CLIENT_SECRET: &str = "GENESYSCLOUD_OAUTHCLIENT_SECRET";

/// A client's id, by where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientId {
    /// Not known.
    Unknown,
    /// In an environment variable, and stays there.
    Env(&'static str),
    /// Itself.
    Literal(String),
}

/// A profile to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Its name, fit for a TOML key.
    pub name: String,
    /// Where it came from, for the comment above it.
    pub whence: String,
    /// Its region, if a known one was found.
    pub region: Option<&'static str>,
    /// Its client's id.
    pub client_id: ClientId,
    /// The variable that holds, or will hold, its client's secret.
    pub secret_env: String,
    /// What a person has to do about the secret, if anything.
    pub secret_note: Option<String>,
}

impl Draft {
    /// A profile of which nothing is known yet.
    pub fn empty() -> Self {
        Self {
            name: "main".to_owned(),
            whence: "with nothing found on this machine".to_owned(),
            region: None,
            client_id: ClientId::Unknown,
            secret_env: "GUESTWIRE_CLIENT_SECRET".to_owned(),
            secret_note: Some("export GUESTWIRE_CLIENT_SECRET before starting guestwire".to_owned()),
        }
    }

    /// Whether it can be used as it is.
    pub fn is_complete(&self) -> bool {
        self.region.is_some() && self.client_id != ClientId::Unknown
    }
}

/// The profile that the environment describes, if any of the three variables is set.
pub fn from_environment(env: impl Fn(&str) -> Option<String>) -> Option<Draft> {
    let (region, id, secret) = (env(REGION), env(CLIENT_ID), env(CLIENT_SECRET));
    if region.is_none() && id.is_none() && secret.is_none() {
        return None;
    }
    let set = [(REGION, &region), (CLIENT_ID, &id), (CLIENT_SECRET, &secret)];
    let names: Vec<&str> = set.iter().filter(|(_, value)| value.is_some()).map(|(name, _)| *name).collect();
    let note = format!("export {CLIENT_SECRET} before starting guestwire");
    Some(Draft {
        name: "main".to_owned(),
        whence: format!("from the environment ({})", names.join(", ")),
        region: region.as_deref().and_then(regions::find).map(domain),
        client_id: if id.is_some() { ClientId::Env(CLIENT_ID) } else { ClientId::Unknown },
        secret_env: CLIENT_SECRET.to_owned(),
        secret_note: secret.is_none().then_some(note),
    })
}

fn domain(region: &'static KnownRegion) -> &'static str {
    &region.domain
}

/// The profiles of Genesys' platform CLI (`~/.gc/config.toml`). Its secrets are looked past.
/// [real: seen in SDK source: `environment`, `client_credentials`, `client_secret` per profile]
pub fn from_platform_cli(text: &str) -> Vec<Draft> {
    let Ok(root) = DeTable::parse(text) else { return Vec::new() };
    let mut drafts: Vec<Draft> = Vec::new();
    for (name, value) in root.get_ref() {
        let DeValue::Table(fields) = value.get_ref() else { continue };
        let field = |name: &str| fields.get(name).and_then(|v| v.get_ref().as_str()).filter(|v| !v.is_empty());
        let Some(id) = field("client_credentials") else { continue };
        let slug = slug(name.get_ref());
        let taken = drafts.iter().filter(|d| d.name == slug || d.name.starts_with(&format!("{slug}-"))).count();
        let slug = if taken == 0 { slug } else { format!("{slug}-{}", taken + 1) };
        let secret_env = format!("GUESTWIRE_{}_SECRET", slug.to_uppercase().replace('-', "_"));
        let note =
            format!("the secret stays in ~/.gc/config.toml; export it as {secret_env}, or name a file or command");
        drafts.push(Draft {
            whence: format!("from the profile {} of ~/.gc/config.toml", quoted(name.get_ref())),
            region: field("environment").and_then(regions::find).map(domain),
            client_id: ClientId::Literal(id.to_owned()),
            secret_note: Some(note),
            secret_env,
            name: slug,
        });
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

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// The text of the config file. A profile that is not complete is written as a comment, so that the file is valid.
pub fn render(drafts: &[Draft]) -> String {
    let mut text = String::from(
        "# guestwire's configuration. `guestwire config check` judges it, `guestwire config show` explains it.\n\
         # Without a profile, the built-in sandbox opens: no account and no network are needed.\n\n",
    );
    match drafts.iter().find(|d| d.is_complete()) {
        Some(first) => line(&mut text, &format!("profile = {}", quoted(&first.name))),
        None => line(&mut text, "# profile = \"main\""),
    }
    for draft in drafts {
        text.push('\n');
        text.push_str(&profile(draft));
    }
    text
}

fn line(text: &mut String, line: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{line}");
}

fn profile(draft: &Draft) -> String {
    let name = &draft.name;
    let mut text = String::new();
    line(&mut text, &format!("[profiles.{name}]"));
    let region = draft.region.unwrap_or("mypurecloud.de");
    line(&mut text, &format!("region = {}                # or the AWS name, like \"eu-central-1\"", quoted(region)));
    line(&mut text, "production = false                       # true: PROD at the top, and each send is asked about");
    text.push('\n');
    line(&mut text, &format!("[profiles.{name}.oauth]"));
    match &draft.client_id {
        ClientId::Env(variable) => line(&mut text, &format!("client_id = {{ env = {} }}", quoted(variable))),
        ClientId::Literal(id) => line(&mut text, &format!("client_id = {}", quoted(id))),
        ClientId::Unknown => line(&mut text, "client_id = \"the OAuth client's id\""),
    }
    if let Some(note) = &draft.secret_note {
        line(&mut text, &format!("# {note}"));
    }
    line(&mut text, &format!("client_secret = {{ env = {} }}", quoted(&draft.secret_env)));
    line(&mut text, "# scopes = [\"guest:messages:send\"]       # sent as asked; none by default");
    text.push('\n');
    line(&mut text, "# The conversations of the picker. Take the comments away and fill in the ids.");
    line(&mut text, &format!("# [[profiles.{name}.conversations]]"));
    line(&mut text, "# name = \"Billing bot\"");
    line(&mut text, "# channel = \"guest-api\"                  # or \"open-messaging\", \"web-messaging\"");
    line(&mut text, "# conversation_id = \"00000000-0000-4000-8000-000000000000\"");
    let text = if draft.is_complete() { text } else { commented(&text) };
    format!("# {}\n{text}", draft.whence)
}

fn commented(text: &str) -> String {
    text.lines()
        .map(|l| if l.is_empty() || l.starts_with('#') { format!("{l}\n") } else { format!("# {l}\n") })
        .collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::resolve::{Input, Source, resolve};
    use crate::config::settings::Paths;
    use crate::config::{Flags, ProfileChoice, Settings};

    fn load(text: &str) -> Settings {
        let paths = Paths {
            config_file: "config.toml".into(),
            config_exists: true,
            config_explicit: false,
            data_dir: "data".into(),
            log_file: None,
        };
        let env = |name: &str| (name == CLIENT_ID).then(|| "client-1".into());
        let source = Some(Source { text, private: false });
        let home = Some(Path::new("/home/anna"));
        let input = Input { paths, path_rows: Vec::new(), home, source, flags: &Flags::default(), env: &env };
        match resolve(input) {
            Ok(settings) => settings,
            Err(problems) => panic!("{problems}\n{text}"),
        }
    }

    #[test]
    fn the_environment_becomes_references() {
        let env = |name: &str| match name {
            REGION => Some("eu_central_1".to_owned()),
            CLIENT_ID => Some("client-1".to_owned()),
            CLIENT_SECRET => Some("hunter2".to_owned()),
            _ => None,
        };
        let text = render(&[from_environment(env).unwrap()]);
        assert!(!text.contains("hunter2"), "{text}");
        let settings = load(&text);
        let ProfileChoice::Named(profile) = settings.profile else { panic!("{text}") };
        assert_eq!((profile.name.as_str(), profile.region.domain.as_str()), ("main", "mypurecloud.de"));
        assert_eq!(settings.secrets.first().unwrap().source.to_string(), format!("{{ env = \"{CLIENT_SECRET}\" }}"));
        assert_eq!(from_environment(|_| None), None);
    }

    #[test]
    fn profiles_of_the_platform_cli_are_taken_without_their_secrets() {
        let found = from_platform_cli(
            "[DEFAULT]\nenvironment = \"mypurecloud.ie\"\nclient_credentials = \"id-\\\"1\"\nclient_secret = \"hunter2\"\n\
             [\"Sandbox\"]\nenvironment = \"us-east-1\"\nclient_credentials = \"id-2\"\nclient_secret = \"hunter2\"\n\
             [half]\nenvironment = \"moon\"\nclient_credentials = \"id-3\"\n[other]\nx = 1\n",
        );
        let text = render(&found);
        assert!(!text.contains("hunter2"), "{text}");
        let names: Vec<&str> = found.iter().map(|d| d.name.as_str()).collect();
        assert_eq!(names, ["default", "genesys", "half"]);
        assert!(text.contains("# [profiles.half]") && text.contains("GUESTWIRE_DEFAULT_SECRET"), "{text}");
        let settings = load(&text);
        assert_eq!(settings.profile.name(), "default");
        assert!(from_platform_cli("not = [toml").is_empty());
    }

    #[test]
    fn with_nothing_known_the_file_is_valid_and_opens_the_sandbox() {
        let text = render(&[Draft::empty()]);
        assert!(matches!(load(&text).profile, ProfileChoice::Sandbox));
        let uncommented: String = text
            .lines()
            .map(|l| l.strip_prefix("# ").filter(|l| l.contains(" = ") || l.starts_with('[')).unwrap_or(l))
            .fold(String::new(), |all, l| all + l + "\n");
        assert!(matches!(load(&uncommented).profile, ProfileChoice::Named(_)), "{uncommented}");
    }
}
