//! The one loop of the front ends without a screen (line mode and subcommands).
//!
//! ```text
//! signals ───────┐
//! journal pages ─┤
//! reports ───────┼─► Event ─► FrontEnd::on ─► Some(end): shut the engine down, take its last reports
//! due ───────────┤
//! lines ─────────┘
//! ```

use std::time::Duration;

use tokio::sync::mpsc::{Receiver, UnboundedReceiver, channel, unbounded_channel};
use tokio::time::{Instant, sleep_until, timeout};

use super::exit::Failed;
use super::logging;
use super::signals::{self, Signal};
use crate::clock::Clock;
use crate::engine::{Command, EngineHandle, Report};
use crate::journal::JournalPage;
use crate::model::Moment;

/// How long the engine may take to stop.
const STOPPING: Duration = Duration::from_secs(5);

/// What happens to a front end without a screen.
#[derive(Debug)]
pub enum FrontEndEvent {
    /// The first of all.
    Begin,
    /// A signal that ends programs.
    Signal(Signal),
    /// The journal says something.
    Page(Box<JournalPage>),
    /// The engine says something; [`Report::Stopped`] also where it is gone without a word.
    Report(Box<Report>),
    /// The moment that [`FrontEnd::due`] named has come.
    Due,
    /// A line of standard input.
    Line(InputLine),
}

/// A line of standard input, without its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputLine {
    /// Its text.
    Text(String),
    /// It cannot be taken; why, as the end of a sentence.
    Bad(&'static str),
    /// No further line comes.
    End,
}

/// Decides, and carries out what follows.
pub trait FrontEnd {
    /// What its end says.
    type End;

    /// Takes an event. `Some` ends the loop.
    fn on(&mut self, now: Moment, event: FrontEndEvent) -> Result<Option<Self::End>, Failed>;

    /// Takes a report that came after the end, while the engine stops.
    fn last_report(&mut self, now: Moment, report: Report) -> Result<(), Failed>;

    /// When it wants [`FrontEndEvent::Due`].
    fn due(&self) -> Option<Moment>;

    /// Whether it takes a line now.
    fn wants_line(&self) -> bool;
}

/// Where events come from.
pub struct Sources {
    /// The clock.
    pub clock: Clock,
    /// The engine. It is shut down at the end.
    pub engine: EngineHandle,
    /// What the engine says.
    pub reports: Receiver<Report>,
    /// What the journal says.
    pub pages: UnboundedReceiver<JournalPage>,
    /// The lines of standard input.
    pub lines: Receiver<InputLine>,
}

impl Sources {
    /// The engine and the clock alone.
    pub fn of_engine(clock: Clock, engine: EngineHandle, reports: Receiver<Report>) -> Self {
        Self { clock, engine, reports, pages: unbounded_channel().1, lines: channel(1).1 }
    }
}

/// Runs a front end to its end.
pub async fn run<F: FrontEnd>(front: &mut F, sources: &mut Sources) -> Result<F::End, Failed> {
    let Sources { clock, engine, reports, pages, lines } = sources;
    let mut signals = signals::of_programs_without_a_screen();
    let mut event = FrontEndEvent::Begin;
    let end = loop {
        if let FrontEndEvent::Report(report) = &event {
            logging::report(report);
        }
        if let Some(end) = front.on(clock.now(), event)? {
            break end;
        }
        let due = front.due().map(|moment| Instant::from_std(clock.instant(moment)));
        event = tokio::select! {
            biased;
            Some(signal) = signals.recv() => FrontEndEvent::Signal(signal),
            Some(page) = pages.recv() => FrontEndEvent::Page(Box::new(page)),
            report = reports.recv() => FrontEndEvent::Report(Box::new(report.unwrap_or(Report::Stopped))),
            () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => FrontEndEvent::Due,
            line = lines.recv(), if front.wants_line() => FrontEndEvent::Line(line.unwrap_or(InputLine::End)),
        };
    };
    engine.ask(Command::Shutdown);
    let rest = async {
        while let Some(report) = reports.recv().await {
            logging::report(&report);
            let stopped = report == Report::Stopped;
            front.last_report(clock.now(), report)?;
            if stopped {
                break;
            }
        }
        Ok::<(), Failed>(())
    };
    // The end is known and said; an engine that does not stop in time changes nothing about it.
    timeout(STOPPING, rest).await.unwrap_or(Ok(()))?;
    Ok(end)
}
