//! `guestwire forget`: removes what was kept for a profile. Asks first.

use clap::Args;
use std::io;

use crate::config::Settings;
use crate::journal::files;

use crate::app::exit::{Exit, Failed};
use crate::app::{journal, output};

/// `guestwire forget`
#[derive(Debug, Args)]
pub struct ForgetArgs {
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
}

/// Asks, and removes.
pub fn run(args: &ForgetArgs, settings: &Settings) -> Result<Exit, Failed> {
    let dir = journal::dir(settings);
    let name = settings.profile.name();
    if !dir.exists() {
        output::warn(&format!("nothing is kept for the profile `{name}`"));
        return Ok(Exit::Done);
    }
    if !args.yes {
        if !output::can_ask() {
            return Err(Failed::usage(
                "this removes everything that is kept for the profile; add --yes to do it without a question",
            ));
        }
        let question = format!("Remove {} with all messages, drafts and the log of `{name}`? [y/N] ", dir.display());
        if !matches!(output::ask(&question, &mut io::stdin().lock())?.as_str(), "y" | "Y" | "yes") {
            output::warn("nothing was removed");
            return Ok(Exit::Refused);
        }
    }
    files::forget(&dir).map_err(Failed::here)?;
    output::warn(&format!("removed {}", dir.display()));
    Ok(Exit::Done)
}
