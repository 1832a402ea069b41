//! What is known of the profile that a session speaks for. It does not change while the session lasts.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::diagnosis::ProfileFacts;
use crate::model::{Cause, Masks};

/// What is known of the profile.
#[derive(Clone, Debug, Default)]
pub struct ProfileInfo {
    /// The profile's name.
    pub profile: String,
    /// The region's domain.
    pub region: String,
    /// The API's base URL, for the status page.
    pub api: String,
    /// The login base URL, for the status page.
    pub login: String,
    /// The scopes that are asked for.
    pub scopes: Vec<String>,
    /// The embedded sandbox.
    pub sandbox: bool,
    /// Real customers: ask before each send.
    pub production: bool,
    /// Where exports go.
    pub data_dir: PathBuf,
    /// The config file, if there is one.
    pub config_file: Option<PathBuf>,
    /// What a diagnosis needs to know of the profile.
    pub facts: ProfileFacts,
    /// Causes that are not shown.
    pub muted: BTreeSet<Cause>,
    /// Texts and numbers that are masked on screen.
    pub masks: Masks,
}
