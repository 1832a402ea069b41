//! Runs a subcommand: opens what it needs, feeds it reports, signals and time, and carries out what it wants. What to do
//! is decided in the subcommand's [`CommandLogic`] alone.
//!
//! ```text
//! reports ──┐                     ┌─► Say, Progress ─► stdout, stderr
//! Ctrl-C ───┼─► Fold::on(input) ──┼─► Ask, Sandbox  ─► engine, embedded sandbox
//! due ──────┘                     └─► Finish        ─► shut the engine down, exit code
//! ```

use std::collections::VecDeque;
use std::sync::Arc;

use crate::clock::Clock;
use crate::config::{Profile, Settings, Terminal};
use crate::engine::{Command, EngineHandle, EngineOptions, Report};
use crate::journal::job::not_on_disk;
use crate::model::Moment;
use crate::model::fault::SandboxRequest;

use super::event_loop;
use super::event_loop::{FrontEnd, FrontEndEvent, Sources};
use super::exit::{Exit, Failed};
use super::journal::{self, SubcommandJournal};
use super::open::OpenProfile;
use super::output;
use super::output::{Output, OutputLine};
use super::progress::RunProgress;

/// What happens to a subcommand.
#[derive(Clone, Debug)]
pub enum CommandInput {
    /// The first of all.
    Begin,
    /// The engine says something.
    Report(Box<Report>),
    /// The sandbox did what [`CommandEffect::Sandbox`] of this number asked for, or one sentence why not.
    Sandbox(usize, Result<(), String>),
    /// Ctrl-C, or SIGTERM.
    Interrupt,
    /// The moment that [`CommandLogic::due`] named has come.
    Due,
    /// The engine is gone.
    Ended,
}

/// What a subcommand wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum CommandEffect {
    /// Ask the engine.
    Ask(Command),
    /// Ask the embedded sandbox; answered with [`CommandInput::Sandbox`] of the same number.
    Sandbox(usize, SandboxRequest),
    /// Say something.
    Say(OutputLine),
    /// Show how far it is.
    Progress(RunProgress),
    /// It is over.
    Finish(Exit),
}

impl CommandEffect {
    /// A sentence for people, and for programs as an event of this name.
    pub fn message(event: &'static str, now: Moment, text: impl Into<String>) -> Self {
        Self::Say(OutputLine::message(event, now.wall, text.into()))
    }
}

/// The decisions of a subcommand, without input, output or clock.
pub trait CommandLogic {
    /// Takes one input.
    fn on(&mut self, now: Moment, input: CommandInput) -> Vec<CommandEffect>;
    /// When it wants [`CommandInput::Due`]; never where every question ends by itself, since the engine bounds each try.
    fn due(&self) -> Option<Moment> {
        None
    }
}

/// Of which messages a subcommand keeps something in the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessagesKept {
    /// Of none.
    Nothing,
    /// Of the one that it sends.
    OneMessage,
    /// Of many, whose numbers no other message has.
    ManyMessages,
}

/// What a subcommand needs around it.
#[derive(Clone, Copy, Debug)]
pub struct Needs {
    /// One JSON object a line instead of text.
    pub json: bool,
    /// What it keeps.
    pub keeps: MessagesKept,
    /// The engine signs in by itself.
    pub sign_in: bool,
    /// A report goes to stdout, so everything else goes to stderr.
    pub report_on_stdout: bool,
}

/// A subcommand that is over.
pub struct FinishedCommand<F> {
    /// The subcommand, with what it knows.
    pub fold: F,
    /// How it ended.
    pub exit: Result<Exit, Failed>,
    /// Where it wrote.
    pub output: Output,
    engine: EngineHandle,
}

impl<F> FinishedCommand<F> {
    /// Masks the secrets of the engine in a text.
    pub fn mask(&self, text: &str) -> String {
        self.engine.mask(text)
    }
}

/// Opens journal and engine, runs the subcommand that `begin` makes to its end, and closes everything.
pub async fn play<F: CommandLogic>(
    opened: OpenProfile,
    settings: &Settings,
    needs: Needs,
    begin: impl FnOnce(&Profile, Clock, Option<&SubcommandJournal>) -> F,
) -> FinishedCommand<F> {
    let clock = Clock::start();
    let kept = match needs.keeps {
        MessagesKept::Nothing => None,
        keeps => journal::writer(settings, &opened.profile, keeps == MessagesKept::OneMessage).await,
    };
    let options = EngineOptions {
        metrics: settings.metrics.clone(),
        terminal: Terminal::Free,
        sign_in: needs.sign_in,
        ..journal::options(kept.as_ref())
    };
    let output = Output::of(&opened.profile).beside_report(needs.report_on_stdout);
    let fold = begin(&opened.profile, clock, kept.as_ref());
    let (engine, reports) = EngineHandle::start(Arc::clone(&opened.profile), clock, options);
    let mut sources = Sources::of_engine(clock, engine.clone(), reports);
    let mut runner = Runner { fold, output, engine, opened: &opened, kept: kept.as_ref(), json: needs.json };
    let exit = event_loop::run(&mut runner, &mut sources).await;
    let Runner { fold, mut output, engine, .. } = runner;
    let exit = exit.and_then(|exit| output.end().map(|()| exit));
    journal::close(kept.as_ref().map(|kept| &kept.journal));
    opened.close().await;
    FinishedCommand { fold, exit, output, engine }
}

/// Carries out what a subcommand wants.
struct Runner<'r, F> {
    fold: F,
    output: Output,
    engine: EngineHandle,
    opened: &'r OpenProfile,
    kept: Option<&'r SubcommandJournal>,
    json: bool,
}

impl<F: CommandLogic> FrontEnd for Runner<'_, F> {
    type End = Exit;

    fn on(&mut self, now: Moment, event: FrontEndEvent) -> Result<Option<Exit>, Failed> {
        let input = match event {
            FrontEndEvent::Begin => CommandInput::Begin,
            FrontEndEvent::Signal(_) => CommandInput::Interrupt,
            FrontEndEvent::Report(report) if *report == Report::Stopped => CommandInput::Ended,
            FrontEndEvent::Report(report) => CommandInput::Report(report),
            FrontEndEvent::Due => CommandInput::Due,
            // A subcommand asks the journal for nothing, and reads no lines.
            FrontEndEvent::Page(_) | FrontEndEvent::Line(_) => return Ok(None),
        };
        if let (CommandInput::Report(report), Some(kept)) = (&input, self.kept) {
            keep(kept, report);
        }
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            for act in self.fold.on(now, input) {
                match act {
                    CommandEffect::Ask(command) => self.engine.ask(command),
                    CommandEffect::Sandbox(number, ask) => {
                        inputs.push_back(CommandInput::Sandbox(number, self.opened.set_up(&ask, "").map(drop)));
                    }
                    CommandEffect::Say(line) => {
                        self.output.say_masked(&line, self.json, &|text| self.engine.mask(text))?;
                    }
                    CommandEffect::Progress(standing) if !self.json => self.output.progress(&standing),
                    CommandEffect::Progress(_) => {}
                    CommandEffect::Finish(exit) => return Ok(Some(exit)),
                }
            }
        }
        Ok(None)
    }

    fn last_report(&mut self, _: Moment, report: Report) -> Result<(), Failed> {
        if let Some(kept) = self.kept {
            keep(kept, &report);
        }
        Ok(())
    }

    fn due(&self) -> Option<Moment> {
        self.fold.due()
    }

    fn wants_line(&self) -> bool {
        false
    }
}

/// Keeps what is over, and what was said: both sides of a conversation belong into its transcript.
fn keep(kept: &SubcommandJournal, report: &Report) {
    match report {
        Report::Exchange(exchange) if exchange.outcome.is_settled() => kept.exchange(exchange),
        Report::Conversation { key, messages, .. } | Report::MessagesArrived { key, messages } => {
            kept.heard(*key, messages.clone());
        }
        Report::NotOnDisk { why, .. } => output::warn(&not_on_disk(why)),
        _ => {}
    }
}
