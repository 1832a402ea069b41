//! What a person can run `guestwire` as besides a command: lines or a screen. The command line is handed them by the
//! program, and knows of neither what it is made of.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::exit::Failed;
use crate::config::flags::path;
use crate::config::{Problems, Settings};

/// What the console begins with besides its settings.
#[derive(Debug, Args)]
pub struct ConsoleStart {
    /// Record the console's screen into this new file, as an asciinema cast
    #[arg(value_parser = path(), long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Open the console in demo mode and play this pass file: a file, or demo (the default), smoke, refusals or renewal
    #[arg(value_parser = path(), long, value_name = "PASS", conflicts_with = "rehearse")]
    #[arg(num_args = 0..=1, default_missing_value = "demo")]
    pub demo: Option<PathBuf>,
    /// Show a session that `guestwire export session` wrote, in demo mode; nothing is sent
    #[arg(value_parser = path(), long, value_name = "FILE")]
    pub rehearse: Option<PathBuf>,
}

/// A console that can be opened.
pub type Console = Box<dyn FnOnce(&Settings) -> Result<ExitCode, Failed>>;

/// The front ends. What cannot be done fails before anything is started.
#[derive(Clone, Copy, Debug)]
pub struct FrontEnds {
    /// Finds what is wrong with the settings that only the screen can check.
    pub check: fn(&Settings) -> Result<(), Problems>,
    /// Reads what is to be shown, before there are settings.
    pub console: fn(ConsoleStart) -> Result<Console, Failed>,
    /// Runs in lines until it is left.
    pub lines: fn(&Settings) -> Result<ExitCode, Failed>,
    /// Puts the terminal back as it was, where the screen has it; then `true`.
    pub leave_terminal: fn() -> bool,
}
