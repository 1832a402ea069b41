//! The one loop of the front ends without a screen (line mode and subcommands): opens what one needs, feeds it what
//! happens, and carries out what it wants. What to do is decided in the [`FrontEnd`] alone.
//!
//! ```text
//! signals ───────┐                         ┌─► Say, Line, Progress ─► stdout, stderr
//! journal ───────┤                         ├─► Ask    ─► engine
//! engine ────────┼─► event ─► FrontEnd::on ┼─► Keep   ─► journal
//! due ───────────┤       ▲                 ├─► Local  ─► this machine, embedded sandbox ─┐
//! lines ─────────┘       └── its answer ───┼─────────────────────────────────────────────┘
//!                                          └─► Finish ─► shut the engine down, take its last reports, exit code
//! ```

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{Receiver, UnboundedReceiver, channel, unbounded_channel};
use tokio::time::{Instant, sleep_until, timeout};

use super::exit::{Exit, Failed};
use super::journal::{self, ConversationMessages};
use super::open::OpenProfile;
use super::output::{self, Output, OutputLine};
use super::{local, logging, signals};
use crate::clock::Clock;
use crate::config::settings::Paths;
use crate::config::{Settings, Tty};
use crate::engine::{Command, EngineHandle, EngineOptions, Report};
use crate::journal::job::{LogSource, not_on_disk};
use crate::journal::{Job, Journal, JournalReport};
use crate::model::fault::SandboxRequest;
use crate::model::{Moment, Signal};
use crate::session::local::{LocalAnswer, LocalRequest};
use crate::session::{Change, Notice, Session};

#[derive(Clone, Debug)]
pub enum FrontEndEvent {
    Begin,
    Signal(Signal),
    Journal(Box<JournalReport>),
    Report(Box<Report>),
    /// The engine has stopped.
    Ended,
    /// The moment has come that [`FrontEnd::due`] named.
    Due,
    Line(InputLine),
    Local(LocalAnswer),
}

/// A line of standard input, without its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputLine {
    Text(String),
    /// It cannot be taken; why, as the end of a sentence.
    Bad(&'static str),
    End,
}

#[derive(Clone, Debug, PartialEq)]
pub enum FrontEndEffect {
    Ask(Command),
    Keep(Box<Job>),
    /// Ask this machine; answered with [`FrontEndEvent::Local`].
    Local(LocalRequest),
    /// Lift the embedded sandbox's faults. Not answered.
    ClearFaults,
    Say(OutputLine),
    /// Say one line, which is safe for a terminal.
    Line(String),
    Progress(String),
    Finish(Exit),
}

impl FrontEndEffect {
    /// What a change of the session asks of others; a notice is for the front end to `say`.
    pub fn of(change: Change, say: impl FnOnce(Notice)) -> Option<Self> {
        Some(match change {
            Change::Engine(command) => Self::Ask(command),
            Change::Journal(job) => Self::Keep(Box::new(job)),
            Change::Sandbox(request) => Self::Local(LocalRequest::SetUpSandbox(request)),
            Change::ClearFaults => Self::ClearFaults,
            Change::Notice(notice) => {
                say(notice);
                return None;
            }
        })
    }
}

/// The decisions of a front end, without input, output or clock.
pub trait FrontEnd {
    fn on(&mut self, now: Moment, event: FrontEndEvent) -> Vec<FrontEndEffect>;

    /// When it wants [`FrontEndEvent::Due`]. `None`: each question ends by itself, since the engine bounds each try.
    fn due(&self) -> Option<Moment> {
        None
    }

    /// Whether it takes a line now. `None`: it never reads lines. One that reads lines is also told when nobody reads
    /// its output any more, and what the engine reports while it stops.
    fn wants_line(&self) -> Option<bool> {
        None
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Needs {
    /// It keeps its messages and those of the remote side in the journal.
    pub keeps: bool,
    pub sign_in: bool,
    /// A report goes to stdout, so everything else goes to stderr.
    pub report_on_stdout: bool,
}

pub struct FinishedCommand<F> {
    pub front: F,
    pub exit: Result<Exit, Failed>,
    pub output: Output,
    pub engine: EngineHandle,
}

/// Opens journal and engine, runs the subcommand that `begin` makes to its end, and closes everything.
pub async fn run_front_end<F: FrontEnd>(
    opened: OpenProfile,
    settings: &Settings,
    json: bool,
    needs: Needs,
    begin: impl FnOnce(Session, Clock, &[ConversationMessages]) -> F,
) -> FinishedCommand<F> {
    let clock = Clock::start();
    let kept = if needs.keeps { journal::writer(settings, &opened.profile).await } else { None };
    let (kept, earlier) = kept.unzip();
    let options = EngineOptions {
        metrics: settings.metrics.clone(),
        terminal: Tty::Allowed,
        sign_in: needs.sign_in,
        ..journal::options(kept.as_ref())
    };
    let mut session = Session::of(&opened.profile);
    // In the journal, no other message has the number of one of these.
    session.number_messages_from(uuid::Uuid::new_v4().as_u64_pair().0 >> 2);
    let front = begin(session, clock, &earlier.unwrap_or_default());
    let (engine, reports) = EngineHandle::start(Arc::clone(&opened.profile), clock, options);
    let output = Output::of(&opened.profile, needs.report_on_stdout);
    let paths = &settings.paths;
    let mut runner = FrontEndLoop { front, engine, opened, paths, journal: None, kept, output, json };
    let exit = runner.run(clock, reports, unbounded_channel().1, channel(1).1).await;
    let FrontEndLoop { front, mut output, engine, opened, kept, .. } = runner;
    let exit = exit.and_then(|exit| output.end().map(|()| exit));
    journal::close(kept.as_ref());
    opened.close().await;
    FinishedCommand { front, exit, output, engine }
}

pub struct FrontEndLoop<'r, F> {
    pub front: F,
    pub engine: EngineHandle,
    pub opened: OpenProfile,
    pub paths: &'r Paths,
    /// The journal of a front end that keeps a session; what a subcommand says and hears is `kept` in one of its own.
    pub journal: Option<Journal>,
    pub kept: Option<Journal>,
    pub output: Output,
    pub json: bool,
}

impl<F: FrontEnd> FrontEndLoop<'_, F> {
    pub async fn run(
        &mut self,
        clock: Clock,
        mut reports: Receiver<Report>,
        mut journal_reports: UnboundedReceiver<JournalReport>,
        mut lines: Receiver<InputLine>,
    ) -> Result<Exit, Failed> {
        let mut signals = signals::of_programs_without_a_screen();
        let mut event = FrontEndEvent::Begin;
        let exit = loop {
            if let Some(exit) = self.take(clock.now(), event)? {
                break exit;
            }
            let due = self.front.due().map(|moment| Instant::from_std(clock.instant(moment)));
            event = tokio::select! {
                biased;
                Some(signal) = signals.recv() => FrontEndEvent::Signal(signal),
                Some(report) = journal_reports.recv() => FrontEndEvent::Journal(Box::new(report)),
                report = reports.recv() => self.reported(report.unwrap_or(Report::Stopped)),
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => FrontEndEvent::Due,
                line = lines.recv(), if self.front.wants_line() == Some(true) => FrontEndEvent::Line(line.unwrap_or(InputLine::End)),
            };
        };
        self.engine.ask(Command::Shutdown);
        let rest = async {
            while let Some(report) = reports.recv().await {
                let event = self.reported(report);
                let stopped = matches!(event, FrontEndEvent::Ended);
                if self.front.wants_line().is_some() {
                    self.take(clock.now(), event)?;
                }
                if stopped {
                    break;
                }
            }
            Ok::<(), Failed>(())
        };
        // The end is known and said; an engine that does not stop in time changes nothing about it.
        timeout(Duration::from_secs(5), rest).await.unwrap_or(Ok(()))?;
        Ok(exit)
    }

    /// Notes what the engine says; a subcommand keeps what is over, and what was said: both sides of a conversation
    /// belong into its transcript.
    fn reported(&self, report: Report) -> FrontEndEvent {
        logging::report(&report);
        if let Some(kept) = &self.kept {
            match &report {
                // The entry's number is the journal's to give.
                Report::Exchange(exchange) if exchange.outcome.is_finished() => {
                    kept.submit(Job::Entry(0, LogSource::Exchange(Arc::clone(exchange))));
                }
                Report::Conversation { key, messages, .. } | Report::MessagesArrived(key, messages)
                    if !messages.is_empty() =>
                {
                    kept.submit(Job::RemoteMessages(*key, messages.clone()));
                }
                Report::NotOnDisk(_, why) => output::warn(&not_on_disk(why)),
                _ => {}
            }
        }
        if report == Report::Stopped { FrontEndEvent::Ended } else { FrontEndEvent::Report(Box::new(report)) }
    }

    /// Hands an event to the front end, and carries out what it wants, also of the answers. How it ends, where it does.
    fn take(&mut self, now: Moment, event: FrontEndEvent) -> Result<Option<Exit>, Failed> {
        let (mut end, mut closed) = (None, false);
        let mut events = VecDeque::from([event]);
        // Ends: an answer never leads to the same question again.
        while let Some(event) = events.pop_front() {
            for effect in self.front.on(now, event) {
                let mask = |text: &str| self.engine.mask(text);
                match effect {
                    FrontEndEffect::Ask(command) => self.engine.ask(command),
                    FrontEndEffect::Keep(job) => journal::submit(self.journal.as_ref(), *job, &mask),
                    FrontEndEffect::Local(request) => {
                        let clear = " Type .fault off to clear all faults.";
                        let answer = local::carry_out(request, &self.opened, self.paths, &mask, clear);
                        events.push_back(FrontEndEvent::Local(answer));
                    }
                    // Without a sandbox there is no fault to lift.
                    FrontEndEffect::ClearFaults => drop(self.opened.set_up(&SandboxRequest::Fault(None), "")),
                    FrontEndEffect::Say(line) => self.output.say(&line, self.json, &mask)?,
                    FrontEndEffect::Line(line) => self.output.line(&line)?,
                    FrontEndEffect::Progress(line) if !self.json => self.output.progress(line),
                    FrontEndEffect::Progress(_) => {}
                    FrontEndEffect::Finish(exit) => end = end.or(Some(exit)),
                }
            }
            // Nobody hears what comes of it: no further line is taken.
            if self.output.is_closed() && self.front.wants_line().is_some() && !std::mem::replace(&mut closed, true) {
                events.push_back(FrontEndEvent::Line(InputLine::End));
            }
        }
        Ok(end)
    }
}
