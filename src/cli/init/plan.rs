//! What `guestwire init` writes, decided without I/O: from what was found to the text of a config file. Secrets are
//! never part of it, only the names of the places where they are.

use std::fmt::Write as _;

use crate::config::{regions, vendor_files};

/// A value by where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FoundValue {
    /// In an environment variable, and stays there.
    Env(String),
    /// In the profile of this name in a file of the vendor's tools, and stays there.
    Vendor {
        /// The profile's name there.
        profile: String,
        /// The file.
        file: String,
    },
    /// Itself.
    Literal(String),
}

impl FoundValue {
    fn written(&self) -> String {
        match self {
            Self::Env(name) => format!("{{ env = {} }}", quoted(name)),
            Self::Vendor { profile, file } if file == vendor_files::PLATFORM_CLI => {
                format!("{{ gc = {} }}", quoted(profile))
            }
            Self::Vendor { profile, file } => format!("{{ gc = {}, file = {} }}", quoted(profile), quoted(file)),
            Self::Literal(text) => quoted(text),
        }
    }
}

/// A region as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FoundRegion {
    /// Its domain.
    Known(&'static str),
    /// A text that names none, and where it stands.
    Wrong(String, String),
    /// Nobody named one.
    Missing,
}

impl FoundRegion {
    /// The region that a text of `place` names.
    pub fn of(text: &str, place: &str) -> Self {
        match regions::find(text) {
            Some(region) => Self::Known(&region.domain),
            None => Self::Wrong(text.to_owned(), place.to_owned()),
        }
    }

    /// What is wrong with it, and what to write instead.
    pub fn problem(&self) -> Option<String> {
        let Self::Wrong(text, place) = self else { return None };
        let how = match regions::suggest(text) {
            Some(near) => format!("did you mean {near}?"),
            None => "write its domain (mypurecloud.de) or its AWS name (eu-central-1)".to_owned(),
        };
        Some(format!("{place}: {text:?} is not a region of Genesys Cloud; {how}"))
    }
}

/// What a profile signs in with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignsIn {
    /// A client, of which the id may not be known yet.
    Client {
        /// Its id.
        id: Option<FoundValue>,
        /// Its secret.
        secret: FoundValue,
    },
    /// A token that cannot be renewed.
    Token(FoundValue),
}

impl SignsIn {
    /// Nothing is known yet.
    pub fn unknown() -> Self {
        Self::Client { id: None, secret: FoundValue::Env("GUESTWIRE_CLIENT_SECRET".to_owned()) }
    }

    /// Whether that is so.
    pub fn is_unknown(&self) -> bool {
        *self == Self::unknown()
    }

    /// The lines of `[profiles.NAME.oauth]`.
    pub fn lines(&self, notes: &[String]) -> String {
        let mut text = String::new();
        let notes = notes.iter().fold(String::new(), |all, note| format!("{all}# {note}\n"));
        match self {
            Self::Client { id, secret } => {
                let id = id.as_ref().map_or_else(|| quoted("the OAuth client's id"), FoundValue::written);
                line(&mut text, &format!("client_id = {id}"));
                text.push_str(&notes);
                line(&mut text, &format!("client_secret = {}", secret.written()));
                // Without it a send of the channel guest-api is refused where scopes count.
                line(&mut text, "scopes = [\"guest:messages:send\"]");
            }
            Self::Token(token) => {
                text.push_str(&notes);
                line(&mut text, "# A token cannot be renewed: it is used until it expires.");
                line(&mut text, &format!("access_token = {}", token.written()));
            }
        }
        text
    }
}

/// A web conversation to be written: the deployment, and the site, where it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebGuest {
    /// The deployment's id.
    pub deployment_id: String,
    /// A site that it allows.
    pub origin: Option<String>,
}

/// A profile to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Its name, fit for a TOML key.
    pub name: String,
    /// Where it came from, for the comment above it.
    pub whence: String,
    /// Its region.
    pub region: FoundRegion,
    /// What it signs in with.
    pub signs_in: SignsIn,
    /// What a person has to do, if anything.
    pub notes: Vec<String>,
    /// The conversation of a Messenger's snippet. It needs no client.
    pub web: Option<WebGuest>,
}

impl Draft {
    /// A profile of which nothing is known yet.
    pub fn empty() -> Self {
        Self {
            name: "main".to_owned(),
            whence: "without any findings on this machine".to_owned(),
            region: FoundRegion::Missing,
            signs_in: SignsIn::unknown(),
            notes: vec!["export GUESTWIRE_CLIENT_SECRET before starting guestwire".to_owned()],
            web: None,
        }
    }

    /// Whether it can be used as it is.
    pub fn is_complete(&self) -> bool {
        let signs_in = !matches!(self.signs_in, SignsIn::Client { id: None, .. });
        let web = self.web.as_ref().is_some_and(|web| web.origin.is_some());
        matches!(self.region, FoundRegion::Known(_)) && (signs_in || web)
    }

    /// Its conversation needs no client, and none is known.
    pub fn is_web_alone(&self) -> bool {
        self.web.is_some() && matches!(self.signs_in, SignsIn::Client { id: None, .. })
    }
}

/// A text as TOML writes it.
pub fn quoted(text: &str) -> String {
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

/// One profile's tables, with what is to be filled in as comments.
pub fn profile(draft: &Draft) -> String {
    let name = &draft.name;
    let mut text = String::new();
    line(&mut text, &format!("[profiles.{name}]"));
    match &draft.region {
        FoundRegion::Known(domain) => {
            let region = format!("region = {}", quoted(domain));
            line(&mut text, &format!("{region:<40} # or the AWS name, like \"eu-central-1\""));
        }
        wrong => {
            let why = wrong.problem().unwrap_or_else(|| "the domain or the AWS name, like \"eu-central-1\"".to_owned());
            line(&mut text, &format!("region = \"mypurecloud.?\"  # {why}"));
        }
    }
    line(
        &mut text,
        "production = false                       # true: PROD at the top, and guestwire asks before each send",
    );
    if !draft.is_web_alone() {
        text.push('\n');
        line(&mut text, &format!("[profiles.{name}.oauth]"));
        text.push_str(&draft.signs_in.lines(&draft.notes));
    }
    text.push('\n');
    match &draft.web {
        Some(web) => {
            line(&mut text, &format!("[[profiles.{name}.conversations]]"));
            line(&mut text, &format!("name = {}", quoted("Web guest")));
            line(&mut text, "channel = \"web-messaging\"");
            line(&mut text, &format!("deployment_id = {}", quoted(&web.deployment_id)));
            let origin = web.origin.as_deref().unwrap_or("https://a site that the deployment allows");
            line(&mut text, &format!("origin = {}", quoted(origin)));
        }
        None => {
            line(&mut text, "# The conversations of the list. Remove the # and fill in the ids.");
            line(&mut text, &format!("# [[profiles.{name}.conversations]]"));
            line(&mut text, "# name = \"Billing bot\"");
            line(&mut text, "# channel = \"guest-api\"                  # or \"open-messaging\", \"web-messaging\"");
            line(&mut text, "# conversation_id = \"00000000-0000-4000-8000-000000000000\"");
        }
    }
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
    use super::super::found::{from_environment, from_files, join};
    use super::*;
    use crate::config::resolve::{ConfigInput, resolve};
    use crate::config::vendor_files::{ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET, REGION};
    use crate::config::{Flags, ProfileChoice, Settings};

    fn load(text: &str) -> Settings {
        let env = |name: &str| (name == CLIENT_ID).then(|| "client-1".into());
        let flags = Flags::default();
        let input = ConfigInput::of_text(text, &flags, &env);
        match resolve(input) {
            Ok(settings) => settings,
            Err(problems) => panic!("{problems}\n{text}"),
        }
    }

    #[test]
    fn the_environment_becomes_references() {
        let env = |name: &str| match name {
            REGION => Some("https://apps.euc1.pure.cloud".to_owned()),
            CLIENT_ID => Some("client-1".to_owned()),
            CLIENT_SECRET => Some("hunter2".to_owned()),
            _ => None,
        };
        let text = render(&[from_environment(env, None).unwrap()]);
        assert!(!text.contains("hunter2"), "{text}");
        let settings = load(&text);
        let ProfileChoice::Named(profile) = settings.profile else { panic!("{text}") };
        assert_eq!((profile.name.as_str(), profile.region.domain.as_str()), ("main", "mypurecloud.de"));
        assert_eq!(
            settings.findings.secrets.first().unwrap().source.to_string(),
            format!("{{ env = \"{CLIENT_SECRET}\" }}")
        );
        assert!(text.contains("\nscopes = [\"guest:messages:send\"]"), "{text}");
        assert_eq!(from_environment(|_| None, None), None);
        let token = |name: &str| (name == ACCESS_TOKEN || name == "GENESYS_REGION").then(|| "euw1".to_owned());
        let text = render(&[from_environment(token, None).unwrap()]);
        assert!(text.contains(&format!("access_token = {{ env = \"{ACCESS_TOKEN}\" }}")), "{text}");
        load(&text);
    }

    #[test]
    fn profiles_of_the_platform_cli_are_taken_without_their_secrets() {
        let theirs = |text| from_files(&[(vendor_files::PLATFORM_CLI.to_owned(), text)]);
        let found = join(theirs(
            "[DEFAULT]\nenvironment = \"mypurecloud.ie\"\nclient_credentials = \"id-\\\"1\"\nclient_secret = \"hunter2\"\n\
             [\"Sandbox\"]\nenvironment = \"us-east-1\"\nclient_credentials = \"id-2\"\nclient_secret = \"hunter2\"\n\
             [token]\nenvironment = \"euw2\"\naccess_token = \"hunter2\"\n\
             [half]\nenvironment = \"moon\"\nclient_credentials = \"id-3\"\n[other]\nx = 1\n".to_owned(),
        ));
        let text = render(&found);
        assert!(!text.contains("hunter2"), "{text}");
        let names: Vec<&str> = found.iter().map(|d| d.name.as_str()).collect();
        assert_eq!(names, ["default", "genesys", "half", "token"]);
        assert!(text.contains("# [profiles.half]") && text.contains("\"moon\" is not a region"), "{text}");
        assert!(text.contains("client_secret = { gc = \"DEFAULT\" }"), "{text}");
        assert!(text.contains("access_token = { gc = \"token\" }"), "{text}");
        let settings = load(&text);
        assert_eq!(settings.profile.name(), "default");
        assert!(theirs("not = [toml".to_owned()).is_empty());
    }

    #[test]
    fn a_snippet_needs_no_client() {
        let web = WebGuest { deployment_id: "d".to_owned(), origin: Some("https://shop.example".to_owned()) };
        let mut draft = Draft { region: FoundRegion::Known("mypurecloud.de"), web: Some(web), ..Draft::empty() };
        let text = render(&[draft.clone()]);
        let settings = load(&text);
        let ProfileChoice::Named(profile) = settings.profile else { panic!("{text}") };
        assert_eq!(profile.conversations.len(), 1);
        assert!(settings.findings.missing.is_none() && !text.contains("oauth"), "{text}");
        draft.web = Some(WebGuest { deployment_id: "d".to_owned(), origin: None });
        let text = render(&[draft]);
        assert!(text.contains("# deployment_id = \"d\""), "{text}");
        load(&text);
    }

    #[test]
    fn with_nothing_known_the_file_is_valid_and_opens_the_sandbox() {
        let text = render(&[Draft::empty()]);
        assert!(matches!(load(&text).profile, ProfileChoice::Sandbox));
        let uncommented: String = text
            .lines()
            .map(|l| l.strip_prefix("# ").filter(|l| l.contains(" = ") || l.starts_with('[')).unwrap_or(l))
            .fold(String::new(), |all, l| all + l + "\n")
            .replace("mypurecloud.?", "mypurecloud.de");
        assert!(matches!(load(&uncommented).profile, ProfileChoice::Named(_)), "{uncommented}");
    }
}
