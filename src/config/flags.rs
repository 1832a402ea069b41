//! What the command line says about settings, and what else they are made of. Secrets are never flags: other users of
//! the machine can read them there.

use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::{PathBufValueParser, TypedValueParser};

use super::origin::{Lookup, RowSetting};
use super::problem::Problem;
use super::settings::{ColorChoice, Paths};
use crate::files;
use crate::model::{Address, OpenGuest};

const COMMON: &str = "Common options";
const TARGET: &str = "A target without a config file";

/// Flags that every command understands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Flags {
    /// `--region`, `--deployment` and their siblings
    #[command(flatten)]
    pub target: AdHocTarget,
    /// Use this profile of the config file
    #[arg(long, global = true, value_name = "NAME", conflicts_with = "sandbox", help_heading = COMMON)]
    pub profile: Option<String>,
    /// Read this config file instead of the usual file
    #[arg(value_parser = path(), long, global = true, value_name = "FILE", help_heading = COMMON)]
    pub config: Option<PathBuf>,
    /// Keep data in this directory instead of the usual directory
    #[arg(value_parser = path(), long, global = true, value_name = "DIR", help_heading = COMMON)]
    pub data_dir: Option<PathBuf>,
    /// Use the built-in sandbox, whatever the config file says
    #[arg(long, global = true, help_heading = COMMON)]
    pub sandbox: bool,
    /// Use this scenario in the sandbox: a file, or a built-in name
    #[arg(value_parser = path(), long, global = true, value_name = "FILE", help_heading = COMMON)]
    pub scenario: Option<PathBuf>,
    /// Print lines instead of drawing a screen, for screen readers and pipes
    #[arg(long, global = true, help_heading = COMMON)]
    pub plain: bool,
    /// Draw borders and marks in ASCII only
    #[arg(long, global = true, help_heading = COMMON)]
    pub ascii: bool,
    /// When to use colour
    #[arg(long, global = true, value_name = "WHEN", help_heading = COMMON)]
    pub color: Option<ColorChoice>,
    /// No animation; redraw only when something happens
    #[arg(long, global = true, help_heading = COMMON)]
    pub calm: bool,
    /// Write guestwire's own log to this file, as JSON lines without secrets
    #[arg(value_parser = path(), long, global = true, value_name = "FILE", help_heading = COMMON)]
    pub log_file: Option<PathBuf>,
    /// Keep nothing: no drafts, no queue, no messages, no log on disk
    #[arg(long, global = true, help_heading = COMMON)]
    pub ephemeral: bool,
    /// Set by commands without a screen: they use the sandbox only where it is named, never as a default.
    #[arg(skip)]
    pub named_target: bool,
}

/// Everything that settings are made of. From here on only an OAuth client's id may be read from elsewhere.
pub struct ConfigInput<'a> {
    pub paths: Paths,
    /// The rows that say why they are there.
    pub path_rows: Vec<RowSetting>,
    pub home: Option<&'a Path>,
    /// What the config file says; nothing where there is none.
    pub text: &'a str,
    /// Only its owner may read that file.
    pub private: bool,
    pub flags: &'a Flags,
    pub env: Lookup<'a>,
}

/// A path as people write it, also with `~`.
pub fn path() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().map(|path| files::expand_home(&path))
}

/// A target that no config file names. Each command that speaks to somebody understands these flags.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub struct AdHocTarget {
    /// The region, instead of a profile's: a domain, an AWS name, or any name that the vendor's tools use
    #[arg(long, global = true, value_name = "REGION", help_heading = TARGET)]
    pub region: Option<String>,
    /// A web deployment's id; no OAuth is needed
    #[arg(long, global = true, value_name = "ID", help_heading = TARGET)]
    pub deployment: Option<String>,
    /// A site that the deployment allows, like https://shop.example
    #[arg(long, global = true, value_name = "URL", help_heading = TARGET)]
    pub origin: Option<String>,
    /// An open messaging integration's id
    #[arg(long, global = true, value_name = "ID", help_heading = TARGET)]
    pub integration: Option<String>,
    /// The guest's id, for an integration
    #[arg(long, global = true, value_name = "ID", help_heading = TARGET)]
    pub guest: Option<String>,
    /// A conversation's id, for the channel guest-api
    #[arg(long, global = true, value_name = "ID", help_heading = TARGET)]
    pub conversation: Option<String>,
    /// The guest's participant id in the conversation
    #[arg(long, global = true, value_name = "ID", help_heading = TARGET)]
    pub participant: Option<String>,
}

impl AdHocTarget {
    /// Whether the flags name a conversation, also where they do not say enough of it.
    pub const fn names_conversation(&self) -> bool {
        self.deployment.is_some() || self.integration.is_some() || self.conversation.is_some()
    }

    /// What is wrong with the flags: one that is empty, or without those that it needs.
    pub(super) fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut wrong = |sentence: &str| problems.push(Problem::new(sentence));
        for (name, value) in [
            ("--region", &self.region),
            ("--deployment", &self.deployment),
            ("--origin", &self.origin),
            ("--integration", &self.integration),
            ("--guest", &self.guest),
            ("--conversation", &self.conversation),
            ("--participant", &self.participant),
        ] {
            if value.as_ref().is_some_and(|value| value.trim().is_empty()) {
                wrong(&format!("{name} is empty: give it a value, or leave it out"));
            }
        }
        if self.deployment.is_some() != self.origin.is_some() {
            wrong("--deployment and --origin need each other: give the deployment's id, and a site that it allows");
        }
        if self.guest.is_some() && self.integration.is_none() {
            wrong("--guest needs --integration: give the integration's id, too");
        }
        if self.participant.is_some() && self.conversation.is_none() {
            wrong("--participant needs --conversation: give the conversation's id, too");
        }
        if [&self.deployment, &self.integration, &self.conversation].into_iter().flatten().count() > 1 {
            wrong("--deployment, --integration and --conversation each name a target: give only one of them");
        }
        problems
    }

    pub(super) fn conversation(&self) -> Option<(String, Address)> {
        if let (Some(deployment_id), Some(origin)) = (self.deployment.clone(), self.origin.clone()) {
            let name = format!("Web guest of {}", short(&deployment_id));
            return Some((name, Address::WebMessaging { deployment_id, origin }));
        }
        if let Some(integration_id) = self.integration.clone() {
            let id = self.guest.clone().unwrap_or_else(|| "guestwire".to_owned());
            let name = format!("Open guest {id}");
            let guest = OpenGuest { id, id_type: "Opaque".to_owned(), nickname: None };
            return Some((name, Address::OpenMessaging { integration_id, guest }));
        }
        let conversation_id = self.conversation.clone()?;
        let name = format!("Conversation {}", short(&conversation_id));
        Some((name, Address::GuestApi { conversation_id, participant_id: self.participant.clone(), external_id: None }))
    }
}

fn short(id: &str) -> String {
    id.chars().take(8).collect()
}
