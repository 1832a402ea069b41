//! `guestwire --plain`: the thin rim around [`Plain`], which decides everything. Lines in from standard input, lines out on
//! standard output.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _};

use tokio::sync::mpsc::{Receiver, channel};

use super::Plain;
use crate::app::drive::{FrontEndLoop, InputLine};
use crate::app::exit::{Exit, Failed};
use crate::app::journal;
use crate::app::open::{self, OpenProfile};
use crate::app::output::{self, Output};
use crate::clock::Clock;
use crate::config::Settings;
use crate::engine::EngineHandle;
use crate::text::cleaned;

/// More than any channel takes, in bytes; a line that never ends is not read forever.
const MAX_LINE: u64 = 1 << 20;

/// Runs until the input or a person ends it.
pub async fn run(settings: &Settings) -> Result<Exit, Failed> {
    let opened = OpenProfile::open(settings)?;
    if let Some(way) = settings.way_to_env().filter(|_| opened.profile.sandbox) {
        output::warn(way);
    }
    let clock = Clock::start();
    let zone = settings.ui.times.zone();
    let mut session = open::session(settings, &opened.profile, zone.clone(), settings.ui.ascii);
    let (journal, pages) = journal::open(settings, &opened.profile, &mut session, !settings.journal.ephemeral);
    let front = Plain::new(session, io::stdin().is_terminal(), zone, uuid::Uuid::new_v4().as_u128());
    let options = journal::options(journal.as_ref());
    let (engine, reports) = EngineHandle::start(opened.profile.clone(), clock, options);
    let (paths, output) = (&settings.paths, Output::default());
    let mut runner = FrontEndLoop { front, engine, opened, paths, journal, kept: None, output, json: false };
    let result = runner.run(clock, reports, pages, lines()).await;
    runner.opened.close().await;
    journal::close(runner.journal.as_ref());
    result
}

/// The lines of standard input, read ahead by one. The thread that reads them is left behind when the program ends.
fn lines() -> Receiver<InputLine> {
    let (tell, told) = channel(1);
    std::thread::spawn(move || {
        let mut stdin = io::stdin().lock();
        loop {
            let mut bytes = Vec::new();
            let (line, goes_on) = match stdin.by_ref().take(MAX_LINE + 1).read_until(b'\n', &mut bytes) {
                Ok(0) => return,
                // What follows would be the rest of it.
                Ok(_) if bytes.len() as u64 > MAX_LINE => (InputLine::Bad("is longer than 1 MiB"), false),
                Ok(_) => match String::from_utf8(bytes) {
                    Ok(line) => (InputLine::Text(cleaned(&line)), true),
                    Err(_) => (InputLine::Bad("is not UTF-8 text"), true),
                },
                Err(_) => (InputLine::Bad("cannot be read"), false),
            };
            if tell.blocking_send(line).is_err() || !goes_on {
                return;
            }
        }
    });
    told
}
