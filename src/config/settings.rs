//! Everything that config, environment and flags decide, resolved. Nothing here is optional that has a default.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::ValueEnum;
use jiff::tz::TimeZone;

use super::origin::{Origin, RowSetting, ShownValue, quoted_word, shown_with};
use super::problem::{FilePosition, Located, Problem};
use super::profile::Redaction;
use super::{Profile, SecretSource};
use crate::model::{Cause, words};

#[derive(Clone, Debug)]
pub struct Settings {
    pub profile: ProfileChoice,
    /// The environment makes the profile [`super::target::ENV`].
    pub has_env_profile: bool,
    pub composer: ComposerSettings,
    pub log: LogLimits,
    pub journal: JournalLimits,
    pub ui: Ui,
    pub redaction: Redaction,
    pub muted: BTreeSet<Cause>,
    /// Rebound keys, as written. The keymap judges actions and chords, and says where with their places.
    pub keys: Vec<KeyBinding>,
    pub metrics: Option<MetricsSettings>,
    pub paths: Paths,
    /// A scenario for the embedded sandbox: a name or a file.
    pub scenario: Option<PathBuf>,
    /// Each value with where it came from, in the order of `config show`.
    pub effective: Vec<RowSetting>,
    pub findings: Findings,
}

/// What is known of the chosen profile beside its settings: for `config check`.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    pub secrets: Vec<NamedSecret>,
    /// Why it cannot sign in although it has to, where that is known without reading a secret.
    pub missing: Option<Problem>,
    pub warnings: Vec<Problem>,
}

#[derive(Clone, Debug)]
pub struct NamedSecret {
    /// `profiles.staging.oauth.client_secret`
    pub name: String,
    pub at: FilePosition,
    pub source: SecretSource,
}

impl Settings {
    pub fn problem(&self, at: FilePosition, sentence: impl Into<String>) -> Problem {
        Problem::at(&self.paths.config_file, at, sentence)
    }

    /// How to leave the sandbox for the organisation that the environment names, if it names one.
    pub fn env_profile_hint(&self) -> Option<&'static str> {
        let way = "`guestwire --profile env` speaks to the organisation that GENESYSCLOUD_REGION names.";
        self.has_env_profile.then_some(way)
    }

    /// A problem with the setting of this name, at the line of the file or with the variable or flag that it came from.
    pub fn problem_of(&self, setting: &str, sentence: &str) -> Problem {
        match self.effective.iter().find(|row| row.name == setting).map(|row| &row.origin) {
            Some(Origin::File(at)) => self.problem(*at, sentence),
            Some(origin @ (Origin::Env(_) | Origin::Flag(_))) => Problem::new(format!("{sentence} ({origin})")),
            Some(Origin::Default | Origin::Region) | None => Problem::new(sentence),
        }
    }
}

#[derive(Clone, Debug)]
pub enum ProfileChoice {
    /// The embedded sandbox, whose profile exists once it has been started.
    Sandbox,
    Named(Box<Profile>),
}

impl ProfileChoice {
    pub fn name(&self) -> &str {
        match self {
            Self::Sandbox => super::regions::SANDBOX,
            Self::Named(profile) => &profile.name,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum EnterKey {
    /// It sends; Alt-Enter breaks the line.
    #[default]
    Send,
    /// It breaks the line; Alt-Enter sends.
    Newline,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComposerSettings {
    pub enter: EnterKey,
    /// How many sent texts are kept for recall.
    pub history: usize,
    /// Whether the other side of a live conversation is told that the guest types.
    pub typing: bool,
    /// Texts to pick from, each with the name by which it is picked; what it says before variables are expanded.
    pub snippets: Vec<(String, String)>,
}

/// The `[log]` table: bounds of what stays in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogLimits {
    pub max_entries: usize,
    /// Bytes of memory that the kept entries may take, about.
    pub max_bytes: u64,
    /// Times of the log in UTC; follows [`Ui::times`] unless said otherwise.
    pub utc: bool,
}

/// The `[journal]` table: bounds of what stays on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalLimits {
    pub keep_days: u32,
    pub max_bytes: u64,
    pub ephemeral: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// Where the output is a terminal.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How copying reaches the clipboard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Clipboard {
    /// OSC 52, then a native helper where the terminal is local.
    #[default]
    Auto,
    Osc52,
    /// OSC 52 wrapped for tmux.
    TmuxPassthrough,
    Native,
    /// A file in the data directory only.
    File,
    Off,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ZoneChoice {
    #[default]
    Local,
    Utc,
}

impl ZoneChoice {
    pub fn zone(self) -> TimeZone {
        match self {
            Self::Local => TimeZone::system(),
            Self::Utc => TimeZone::UTC,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
pub struct Ui {
    pub theme: String,
    pub color: ColorChoice,
    /// Only ASCII in borders and marks.
    pub ascii: bool,
    /// No animation; redraw only on events.
    pub calm: bool,
    /// Append-only lines instead of a screen.
    pub plain: bool,
    pub demo: bool,
    pub clipboard: Clipboard,
    pub times: ZoneChoice,
}

words! {
    /// Where keys are resolved, with the heading in help. A pane's own context comes before [`KeyContext::Global`].
    pub enum KeyContext: name, heading {
        Global = "global", "Everywhere but in text fields";
        Picker = "picker", "Conversations";
        Log = "log", "Log";
        /// The message composer: what is not bound is text.
        Composer = "composer", "Composer";
        Pass = "pass", "Test run";
        Present = "present", "Demo";
        /// A dialog, prompt, menu or page on top.
        Dialog = "dialog", "Dialogs, prompts and pages";
    }
}

/// One line of `[keys.CONTEXT]`: an action and its chords, as written. No chord at all unbinds the action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyBinding {
    /// Where it holds.
    pub context: KeyContext,
    /// The action's name.
    pub action: Located<String>,
    /// Its chords.
    pub chords: Vec<Located<String>>,
}

/// Where metrics go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricsSettings {
    /// The agent's address.
    pub agent: Agent,
    /// Tags on every metric.
    pub tags: Vec<String>,
}

/// A DogStatsD agent's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Agent {
    /// `HOST:PORT`
    Udp(String),
    /// A socket's path.
    Unix(PathBuf),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// The config file, whether or not it exists.
    pub config_file: PathBuf,
    pub config_exists: bool,
    pub config_explicit: bool,
    /// Where data is kept (created when something is first kept).
    pub data_dir: PathBuf,
    pub log_file: Option<PathBuf>,
}

shown_with!(quoted_word: ColorChoice, Clipboard, ZoneChoice, EnterKey);
