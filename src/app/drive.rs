//! The thin rim around the folds of `send` and `token`: it feeds reports, signals and time in, and carries out what
//! comes out. What to do is decided in the folds alone.
//!
//! ```text
//! reports ──┐                     ┌─► Say    ─► stdout, stderr
//! Ctrl-C ───┼─► Fold::on(input) ──┼─► Ask    ─► engine
//! due ──────┘                     └─► Finish ─► shut the engine down, exit code
//! ```

use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep_until, timeout};

use crate::clock::Clock;
use crate::engine::{Command, EngineHandle, Report};
use crate::journal::job::not_on_disk;
use crate::model::Moment;

use super::exit::{Exit, Failed};
use super::journal::Kept;
use super::logging;
use super::output::{self, Line, Output};

/// How long the engine may take to stop.
pub const STOPPING: Duration = Duration::from_secs(5);

/// What happens to a fold.
#[derive(Clone, Debug)]
pub enum Input {
    /// The first of all.
    Begin,
    /// The engine says something.
    Report(Box<Report>),
    /// Ctrl-C, or SIGTERM.
    Interrupt,
    /// The moment that [`Fold::due`] named has come.
    Due,
    /// The engine is gone.
    Ended,
}

/// What a fold wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Ask the engine.
    Ask(Command),
    /// Say something.
    Say(Line),
    /// It is over.
    Finish(Exit),
}

/// A pure account of what was reported.
pub trait Fold {
    /// Takes one input.
    fn on(&mut self, now: Moment, input: Input) -> Vec<Act>;
    /// When it wants [`Input::Due`].
    fn due(&self) -> Option<Moment>;
}

/// Runs a fold to its end.
pub async fn drive(
    fold: &mut dyn Fold,
    clock: Clock,
    engine: &EngineHandle,
    mut reports: UnboundedReceiver<Report>,
    kept: Option<&Kept>,
    output: &mut Output,
    json: bool,
) -> Result<Exit, Failed> {
    let mut interrupts = interrupts();
    let mut input = Input::Begin;
    let exit = 'run: loop {
        if let Input::Report(report) = &input {
            logging::report(report);
            if let Some(kept) = kept {
                keep(kept, report);
            }
        }
        for act in fold.on(clock.now(), input) {
            match act {
                Act::Ask(command) => engine.ask(command),
                Act::Say(line) => output.say(&line, json)?,
                Act::Finish(exit) => break 'run exit,
            }
        }
        let due = fold.due().map(|moment| Instant::from_std(clock.instant(moment)));
        input = tokio::select! {
            biased;
            Some(()) = interrupts.recv() => Input::Interrupt,
            report = reports.recv() => match report {
                Some(Report::Stopped) | None => Input::Ended,
                Some(report) => Input::Report(Box::new(report)),
            },
            () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => Input::Due,
        };
    };
    engine.ask(Command::Shutdown);
    let stopped = async { while !matches!(reports.recv().await, Some(Report::Stopped) | None) {} };
    // The outcome is known and said; an engine that does not stop in time changes nothing about it.
    let _ = timeout(STOPPING, stopped).await;
    output.end()?;
    Ok(exit)
}

/// Keeps what is over, and what was said: both sides of a conversation belong into its transcript.
fn keep(kept: &Kept, report: &Report) {
    match report {
        Report::Exchange(exchange) if exchange.outcome.is_settled() => kept.exchange(exchange),
        Report::Conversation { key, messages, .. } | Report::MessagesArrived { key, messages } => {
            kept.heard(*key, messages.clone());
        }
        Report::NotOnDisk { why, .. } => output::warn(&not_on_disk(why)),
        _ => {}
    }
}

/// One message for each Ctrl-C or SIGTERM.
pub fn interrupts() -> tokio::sync::mpsc::Receiver<()> {
    let (tell, told) = tokio::sync::mpsc::channel(4);
    tokio::spawn(async move {
        #[cfg(unix)]
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).ok();
        loop {
            #[cfg(unix)]
            let term = async {
                match &mut terminate {
                    Some(signal) => signal.recv().await,
                    None => std::future::pending().await,
                }
            };
            #[cfg(not(unix))]
            let term = std::future::pending::<Option<()>>();
            tokio::select! {
                caught = tokio::signal::ctrl_c() => if caught.is_err() { return },
                _ = term => {}
            }
            if tell.send(()).await.is_err() {
                return;
            }
        }
    });
    told
}
