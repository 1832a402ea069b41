//! `guestwire token`: signs in and prints facts about the token, never the token.

use clap::Args;

use crate::config::Settings;

use super::token_fold::TokenFold;
use crate::app::drive::{Keeps, Needs, play};
use crate::app::exit::{Exit, Failed};
use crate::app::open::Opened;

/// `guestwire token`
#[derive(Debug, Args)]
pub struct TokenArgs {
    /// Print one JSON object per line instead of text
    #[arg(long)]
    pub json: bool,
}

/// Signs in.
pub async fn run(args: &TokenArgs, settings: &Settings) -> Result<Exit, Failed> {
    let needs = Needs { json: args.json, keeps: Keeps::Nothing, sign_in: true, report_on_stdout: false };
    play(Opened::announced(settings)?, settings, needs, |_, _, _| TokenFold::default()).await.exit
}
