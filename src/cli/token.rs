//! `guestwire token`: signs in and prints facts about the token, never the token.

use crate::config::Settings;

use super::args::TokenArgs;
use super::token_fold::TokenFold;
use crate::app::drive::{Keeps, Needs, play};
use crate::app::exit::{Exit, Failed};
use crate::app::open::Opened;

/// Signs in.
pub async fn run(args: &TokenArgs, settings: &Settings) -> Result<Exit, Failed> {
    let needs = Needs { json: args.json, keeps: Keeps::Nothing, sign_in: true, report_on_stdout: false };
    play(Opened::announced(settings)?, settings, needs, |_, _, _| TokenFold::default()).await.exit
}
