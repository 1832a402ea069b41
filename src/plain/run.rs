//! `guestwire --plain`: the thin rim around [`crate::plain`], which decides everything. Lines in from standard input,
//! lines out on standard output.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _};
use std::process::ExitCode;

use tokio::sync::mpsc::{Receiver, channel};

use crate::app::event_loop::{self, FrontEnd, FrontEndEvent, InputLine, Sources};
use crate::app::exit::Failed;
use crate::app::open::{self, OpenProfile};
use crate::app::output::{self, Output};
use crate::app::signals::Signal;
use crate::app::{journal, local};
use crate::clock::Clock;
use crate::config::Settings;
use crate::config::settings::Paths;
use crate::engine::{EngineHandle, Report};
use crate::journal::Journal;
use crate::model::Moment;
use crate::model::fault::SandboxRequest;
use crate::plain::{Plain, PlainEffect, PlainInput, PlainSetup};
use crate::text::cleaned;

/// More than any channel takes, in bytes; a line that never ends is not read forever.
const MAX_LINE: u64 = 1 << 20;

/// Runs until the input or a person ends it.
pub async fn run(settings: &Settings) -> Result<ExitCode, Failed> {
    let opened = OpenProfile::open(settings)?;
    if let Some(way) = settings.way_to_env().filter(|_| opened.profile.sandbox) {
        output::warn(way);
    }
    let clock = Clock::start();
    let zone = settings.ui.times.zone();
    let mut session = open::session(settings, &opened.profile, zone.clone(), settings.ui.ascii);
    let (journal, pages) = journal::open(settings, &opened.profile, &mut session, !settings.journal.ephemeral);
    let plain = Plain::new(PlainSetup {
        now: clock.now(),
        interactive: io::stdin().is_terminal(),
        session,
        zone,
        seed: uuid::Uuid::new_v4().as_u128(),
    });
    let options = journal::options(journal.as_ref());
    let (engine, reports) = EngineHandle::start(opened.profile.clone(), clock, options);
    let mut sources = Sources { clock, engine: engine.clone(), reports, pages, lines: lines() };
    let mut runner =
        Runner { plain, engine, journal, opened, paths: settings.paths.clone(), output: Output::default() };
    let result = event_loop::run(&mut runner, &mut sources).await;
    runner.opened.close().await;
    journal::close(runner.journal.as_ref());
    result
}

/// Carries out what plain mode wants.
struct Runner {
    plain: Plain,
    engine: EngineHandle,
    journal: Option<Journal>,
    opened: OpenProfile,
    paths: Paths,
    output: Output,
}

impl FrontEnd for Runner {
    type End = ExitCode;

    fn on(&mut self, now: Moment, event: FrontEndEvent) -> Result<Option<ExitCode>, Failed> {
        let input = match event {
            FrontEndEvent::Begin => PlainInput::Begin,
            FrontEndEvent::Signal(Signal::Interrupt) => PlainInput::Interrupt,
            FrontEndEvent::Signal(Signal::Terminate(number)) => {
                return Ok(Some(ExitCode::from(Signal::exit_code(number))));
            }
            FrontEndEvent::Signal(_) => return Ok(None),
            FrontEndEvent::Page(page) => PlainInput::Journal(page),
            FrontEndEvent::Report(report) => PlainInput::Report(report),
            FrontEndEvent::Due => PlainInput::Due,
            FrontEndEvent::Line(InputLine::Text(line)) => PlainInput::Line(line),
            FrontEndEvent::Line(InputLine::Bad(why)) => PlainInput::BadLine(why),
            FrontEndEvent::Line(InputLine::End) => PlainInput::NoMoreLines,
        };
        Ok(self.carry_out(now, input)?.then(|| self.plain.exit().into()))
    }

    fn last_report(&mut self, now: Moment, report: Report) -> Result<(), Failed> {
        self.carry_out(now, PlainInput::Report(Box::new(report))).map(drop)
    }

    fn due(&self) -> Option<Moment> {
        self.plain.due()
    }

    fn wants_line(&self) -> bool {
        self.plain.wants_line()
    }
}

impl Runner {
    /// True where it is over.
    fn carry_out(&mut self, now: Moment, input: PlainInput) -> Result<bool, Failed> {
        let (mut over, mut answers) = (false, Vec::new());
        let mask = |text: &str| self.engine.mask(text);
        for act in self.plain.on(now, input) {
            match act {
                PlainEffect::Say(line) => self.output.line(&line)?,
                PlainEffect::Ask(command) => self.engine.ask(command),
                PlainEffect::Keep(job) => journal::submit(self.journal.as_ref(), *job, &mask),
                PlainEffect::Local(request) => {
                    let clear = " Type .fault off to clear all faults.";
                    let answer = local::carry_out(request, &self.opened, &self.paths, &mask, clear);
                    answers.push(PlainInput::Local(answer));
                }
                // Without a sandbox there is no fault to lift.
                PlainEffect::ClearFaults => drop(self.opened.set_up(&SandboxRequest::Fault(None), "")),
                PlainEffect::Leave => over = true,
            }
        }
        // What an answer leads to is never the same question again, so this ends.
        for answer in answers {
            over |= self.carry_out(now, answer)?;
        }
        // Nobody hears what comes of it: no further line is taken.
        if self.output.is_closed() && !over {
            over = self.plain.on(now, PlainInput::NoMoreLines).contains(&PlainEffect::Leave);
        }
        Ok(over)
    }
}

/// The lines of standard input, read ahead by one. The thread that reads them is left behind when the program ends.
fn lines() -> Receiver<InputLine> {
    let (tell, told) = channel(1);
    std::thread::spawn(move || {
        let mut stdin = io::stdin().lock();
        loop {
            let mut bytes = Vec::new();
            let line = match stdin.by_ref().take(MAX_LINE + 1).read_until(b'\n', &mut bytes) {
                Ok(0) => return,
                Ok(_) if bytes.len() as u64 > MAX_LINE => {
                    // What follows would be the rest of it.
                    let _ = tell.blocking_send(InputLine::Bad("is longer than 1 MiB"));
                    return;
                }
                Ok(_) => String::from_utf8(bytes)
                    .map_or(InputLine::Bad("is not UTF-8 text"), |line| InputLine::Text(cleaned(&line))),
                Err(_) => {
                    let _ = tell.blocking_send(InputLine::Bad("cannot be read"));
                    return;
                }
            };
            if tell.blocking_send(line).is_err() {
                return;
            }
        }
    });
    told
}
