//! What `guestwire init` writes, decided without I/O: from what was found to the text of a config file. Secrets are
//! never part of it, only the names of the places where they are.

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
            Some(near) => format!("did you mean {} ({})?", near.name, near.place),
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
        let notes = notes.iter().fold(String::new(), |all, note| format!("{all}# {note}\n"));
        match self {
            Self::Client { id, secret } => {
                let id = id.as_ref().map_or_else(|| quoted("the OAuth client's id"), FoundValue::written);
                // Without the scope a send of the channel guest-api is refused where scopes count.
                let scopes = "scopes = [\"guest:messages:send\"]";
                format!("client_id = {id}\n{notes}client_secret = {}\n{scopes}\n", secret.written())
            }
            Self::Token(token) => {
                let why = "# A token cannot be renewed: it is used until it expires.";
                format!("{notes}{why}\naccess_token = {}\n", token.written())
            }
        }
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
            whence: "a template (no settings were found on this machine)".to_owned(),
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

    /// What nobody named.
    pub fn lacks(&self) -> Vec<&'static str> {
        let region = (self.region == FoundRegion::Missing).then_some("the region");
        let origin = self.web.as_ref().is_some_and(|web| web.origin.is_none());
        let origin = origin.then_some("the origin, a site that the deployment allows");
        let id = self.web.is_none() && matches!(self.signs_in, SignsIn::Client { id: None, .. });
        [region, origin, id.then_some("the OAuth client's id")].into_iter().flatten().collect()
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
    let opens = drafts.iter().find(|d| d.is_complete());
    let opens = opens.map_or_else(|| "# profile = \"main\"".to_owned(), |d| format!("profile = {}", quoted(&d.name)));
    let head = format!(
        "# guestwire's configuration. `guestwire config check` checks it, `guestwire config show` explains it.\n\
         # Without a profile, the built-in sandbox opens: no account and no network are needed.\n\n{opens}\n"
    );
    drafts.iter().fold(head, |text, draft| format!("{text}\n{}", profile(draft)))
}

/// One profile's tables, with what is to be filled in as comments.
pub fn profile(draft: &Draft) -> String {
    let name = &draft.name;
    let region = match &draft.region {
        FoundRegion::Known(domain) => {
            let region = format!("region = {}", quoted(domain));
            format!("{region:<40} # or the AWS name, like \"eu-central-1\"")
        }
        wrong => {
            let why = wrong.problem().unwrap_or_else(|| "the domain or the AWS name, like \"eu-central-1\"".to_owned());
            format!("region = \"mypurecloud.?\"  # {why}")
        }
    };
    let production =
        "production = false                       # true: PROD at the top, and guestwire asks before each send";
    let oauth = if draft.is_web_alone() {
        String::new()
    } else {
        format!("\n[profiles.{name}.oauth]\n{}", draft.signs_in.lines(&draft.notes))
    };
    let conversations = match &draft.web {
        Some(web) => {
            let origin = web.origin.as_deref().unwrap_or("https://a site that the deployment allows");
            format!(
                "[[profiles.{name}.conversations]]\nname = \"Web guest\"\nchannel = \"web-messaging\"\n\
                 deployment_id = {}\norigin = {}\n",
                quoted(&web.deployment_id),
                quoted(origin)
            )
        }
        None => format!(
            "# The conversations of the list. Remove the # and fill in the ids.\n# [[profiles.{name}.conversations]]\n\
             # name = \"Billing bot\"\n# channel = \"guest-api\"                  # or \"open-messaging\", \"web-messaging\"\n\
             # conversation_id = \"00000000-0000-4000-8000-000000000000\"\n"
        ),
    };
    let text = format!("[profiles.{name}]\n{region}\n{production}\n{oauth}\n{conversations}");
    let text = if draft.is_complete() { text } else { commented(&text) };
    format!("# {}\n{text}", draft.whence)
}

fn commented(text: &str) -> String {
    text.lines()
        .map(|l| if l.is_empty() || l.starts_with('#') { format!("{l}\n") } else { format!("# {l}\n") })
        .collect()
}

#[cfg(test)]
#[path = "../../../tests/unit/cli/init/plan.rs"]
mod tests;
