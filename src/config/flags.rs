//! What the command line says about settings. Secrets are never flags: other users of the machine can read them there.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PathBufValueParser, TypedValueParser};

use super::ad_hoc::AdHocTarget;
use super::settings::ColorChoice;
use crate::files;

const COMMON: &str = "Common options";

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
    /// A command without a screen speaks to somebody: the sandbox is only meant where it is named.
    #[arg(skip)]
    pub named_target: bool,
}

/// A path as people write it, also with `~`.
pub fn path() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().map(|path| files::typed(&path))
}
