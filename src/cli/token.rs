//! `guestwire token`: signs in and prints facts about the token, never the token.

use crate::clock::Clock;
use crate::config::{Settings, Terminal};
use crate::engine::{Engine, Tuning};

use super::args::TokenArgs;
use super::token_fold::TokenFold;
use crate::app::drive::drive;
use crate::app::exit::{Exit, Failed};
use crate::app::open::Opened;
use crate::app::output::Output;

/// Signs in.
pub async fn run(args: &TokenArgs, settings: &Settings) -> Result<Exit, Failed> {
    let opened = Opened::open(settings)?;
    let mut output = Output::speaking_to(&opened.profile);
    let clock = Clock::start();
    let tuning = Tuning { metrics: settings.metrics.clone(), terminal: Terminal::Free, ..Tuning::default() };
    let (engine, reports) = Engine::start_with(opened.profile.clone(), clock, tuning);
    let result = drive(&mut TokenFold::default(), clock, &engine, reports, None, &mut output, args.json).await;
    opened.close().await;
    result
}
