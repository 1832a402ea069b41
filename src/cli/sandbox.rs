//! `guestwire sandbox`: the sandbox alone, for any client of Genesys Cloud.

use std::path::Path;

use super::args::SandboxArgs;
use crate::app::exit::{Exit, Failed};

/// Serves until Ctrl-C or SIGTERM. Prints one JSON line once it listens.
#[cfg(feature = "sandbox")]
pub async fn run(args: &SandboxArgs, scenario: Option<&Path>) -> Result<Exit, Failed> {
    use crate::app::{open, output, signals};

    let mut stop = signals::of_programs_without_a_screen();
    let sandbox = open::serve(args.port, scenario, args.seed)?;
    output::Output::default().line(&sandbox.announcement().to_string())?;
    let _ = stop.recv().await;
    sandbox.stop().await;
    Ok(Exit::Done)
}

/// Says that there is none.
#[cfg(not(feature = "sandbox"))]
#[expect(clippy::unused_async, reason = "the same shape as with the sandbox")]
pub async fn run(_: &SandboxArgs, _: Option<&Path>) -> Result<Exit, Failed> {
    Err(Failed::usage("this guestwire was built without the sandbox"))
}
