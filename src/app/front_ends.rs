//! What a person can run `guestwire` as besides a command: lines or a screen. The command line is handed them by the
//! program, and knows of neither what it is made of.

use std::path::PathBuf;
use std::process::ExitCode;

use super::exit::Failed;
use crate::config::{Problems, Settings};

/// What the console begins with besides its settings.
#[derive(Clone, Debug, Default)]
pub struct ConsoleStart {
    /// Made-up log entries to begin with, for measuring.
    pub fill_log: u32,
    /// Record the screen into this file.
    pub record: Option<PathBuf>,
    /// The pass that is played in demo mode.
    pub demo: Option<PathBuf>,
    /// The recorded conversation that is shown again.
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
