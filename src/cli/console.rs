//! `guestwire` alone: the console. This is where the command line hands over to the shell.

use std::process::ExitCode;

use crate::config::Settings;

/// What the console starts with.
#[derive(Debug)]
pub struct ConsoleOptions {
    /// Everything that config, environment and flags decided.
    pub settings: Settings,
}

/// Runs the console until it is left.
#[expect(clippy::needless_pass_by_value, reason = "the shell takes it over")]
pub fn run(options: ConsoleOptions) -> anyhow::Result<ExitCode> {
    let _ = options;
    anyhow::bail!("the console is not wired yet")
}
