//! `guestwire token`: signs in and prints facts about the token, never the token.

use crate::clock::Clock;
use crate::config::Settings;
use crate::engine::Engine;

use super::args::TokenArgs;
use super::drive::drive;
use super::exit::{Exit, Failed};
use super::open::Opened;
use super::token_fold::TokenFold;

/// Signs in.
pub async fn run(args: &TokenArgs, settings: &Settings) -> Result<Exit, Failed> {
    let opened = Opened::open(settings)?;
    let clock = Clock::start();
    let (engine, reports) = Engine::start(opened.profile.clone(), clock);
    let result = drive(&mut TokenFold::default(), clock, &engine, reports, None, args.json).await;
    opened.close().await;
    result
}
