//! `guestwire` alone: the console. This is where the command line hands over to the shell.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::config::Settings;
#[cfg(feature = "sandbox")]
use crate::console::effect::SandboxAsk;
use crate::shell::run::{Embedded, Start};

/// What the console starts with.
#[derive(Debug)]
pub struct ConsoleOptions {
    /// Everything that config, environment and flags decided.
    pub settings: Settings,
    /// Made-up log entries to begin with, for measuring.
    pub fill_log: u32,
    /// Record the screen into this file.
    pub record: Option<PathBuf>,
}

/// Runs the console until it is left.
pub fn run(options: &ConsoleOptions) -> anyhow::Result<ExitCode> {
    let start = Start { fill_log: options.fill_log, record: options.record.clone() };
    let exit = crate::shell::run::console(&options.settings, start, || embedded(&options.settings))?;
    Ok(match exit {
        crate::shell::Exit::Quit => ExitCode::SUCCESS,
        crate::shell::Exit::Terminated => ExitCode::from(143),
        crate::shell::Exit::Lost => ExitCode::FAILURE,
    })
}

/// Starts the sandbox in this process, faults at hand.
#[cfg(feature = "sandbox")]
fn embedded(settings: &Settings) -> anyhow::Result<Embedded> {
    let sandbox = super::open::serve(0, settings.scenario.as_deref(), None).map_err(|e| anyhow::anyhow!(e.message))?;
    let mut profile = sandbox.profile();
    profile.redact.extend(settings.redact.iter().cloned());
    profile.masks.extend(&settings.masks);
    let arrange = move |ask: &SandboxAsk| match ask {
        SandboxAsk::Fault(Some(json)) => {
            sandbox.set_fault(json).map(|()| "The sandbox does it from now on; B and the first line end it.".to_owned())
        }
        SandboxAsk::Fault(None) => {
            sandbox.clear_faults();
            Ok("No faults.".to_owned())
        }
        SandboxAsk::Advance(by) => {
            sandbox.advance(by.as_secs());
            Ok(format!("The sandbox's clock stands {} s later.", by.as_secs()))
        }
    };
    Ok(Embedded { profile, arrange: Box::new(arrange) })
}

/// Says that there is none.
#[cfg(not(feature = "sandbox"))]
fn embedded(_: &Settings) -> anyhow::Result<Embedded> {
    anyhow::bail!("this guestwire was built without the sandbox; configure a profile (`guestwire init` begins a file)")
}
