//! `guestwire sandbox`: the sandbox alone, for any client of Genesys Cloud.

use clap::Args;
use std::path::Path;

use crate::app::exit::{Exit, Failed};
use crate::app::{open, output, signals};

/// `guestwire sandbox`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  guestwire sandbox --port 8080\n  guestwire sandbox --scenario storm.toml --seed 7"
)]
pub struct SandboxArgs {
    /// Listen on this port of the loopback address; 0 lets the system choose
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// Seed for ids and the client's secret: the same at each start, but for the ids of messages
    #[arg(long)]
    pub seed: Option<u64>,
}

/// Serves until Ctrl-C or SIGTERM. Prints one JSON line once it listens.
pub async fn run(args: &SandboxArgs, scenario: Option<&Path>) -> Result<Exit, Failed> {
    let mut stop = signals::of_programs_without_a_screen();
    let sandbox = open::serve(args.port, scenario, args.seed)?;
    output::Output::default().line(&sandbox.announcement().to_string())?;
    let _ = stop.recv().await;
    sandbox.stop().await;
    Ok(Exit::Done)
}
