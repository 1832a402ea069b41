//! What is known of the profile that a session speaks for. It does not change while the session lasts.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::config::Profile;
use crate::diagnosis::ProfileFacts;
use crate::model::{Cause, Masks, ProxyName};

use super::conversations::Conversations;

impl Conversations {
    /// The picker of a profile.
    pub fn of(profile: &Profile) -> Self {
        Self::new(profile.conversations.iter().map(|entry| entry.conversation.clone()).collect())
    }
}

/// What is known of the profile.
#[derive(Clone, Debug, Default)]
pub struct ProfileInfo {
    /// Its name, addresses and scopes.
    pub facts: ProfileFacts,
    /// The proxy through which the API is reached, or which variable names none that can be used. Whoever opens the profile
    /// finds it out.
    pub proxy: Option<Result<ProxyName, String>>,
    /// The embedded sandbox.
    pub sandbox: bool,
    /// Real customers: ask before each send.
    pub production: bool,
    /// Where exports go.
    pub data_dir: PathBuf,
    /// The config file, if there is one.
    pub config_file: Option<PathBuf>,
    /// Causes that are not shown.
    pub muted: BTreeSet<Cause>,
    /// Texts and numbers that are masked on screen.
    pub masks: Masks,
}

impl ProfileInfo {
    /// What a profile says of itself; nothing is muted.
    pub fn of(profile: &Profile, data_dir: PathBuf, config_file: Option<PathBuf>) -> Self {
        Self {
            facts: ProfileFacts::of(profile),
            proxy: None,
            sandbox: profile.sandbox,
            production: profile.production,
            data_dir,
            config_file,
            muted: BTreeSet::new(),
            masks: profile.redaction.masks.clone(),
        }
    }

    /// Which way the requests go.
    pub fn way(&self) -> String {
        match &self.proxy {
            None => "directly, without a proxy".to_owned(),
            Some(Ok(proxy)) => format!("through {proxy}"),
            Some(Err(why)) => why.clone(),
        }
    }
}

#[cfg(test)]
#[path = "../../tests/unit/session/profile_info.rs"]
mod tests;
