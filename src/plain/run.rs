//! `guestwire --plain`: the thin rim around [`crate::plain`], which decides everything. Lines in from standard input,
//! lines out on standard output.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::sync::mpsc::{Receiver, UnboundedReceiver, channel, unbounded_channel};
use tokio::time::{Instant, sleep_until, timeout};

use crate::app::pass_files;
use crate::clock::Clock;
use crate::config::settings::Times;
use crate::config::{Profile, Settings};
use crate::diagnosis::ProfileFacts;
use crate::engine::{Command, Engine, EngineHandle, Report, Tuning};
use crate::journal::{Job, Journal, Page};
use crate::pass::{Run, report};
use crate::plain::{Act, Input, Plain, Setup};
use crate::session::log::{Log, LogOptions};
use crate::text::typed;
use crate::tui::effect::SandboxAsk;
use crate::tui::start::{first_message_id, journal_options};
use crate::tui::terminal::platform::private_file;

use crate::app::exit::Failed;
use crate::app::logging;
use crate::app::open::Opened;
use crate::app::output;
use crate::app::output::Output;

/// How long the engine may take to stop.
const STOPPING: Duration = Duration::from_secs(5);
/// More than any channel takes, in bytes; a line that never ends is not read forever.
const MAX_LINE: u64 = 1 << 20;
/// What a shell says of a program that SIGTERM ended.
const TERMINATED: u8 = 143;

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Signal {
    Interrupt,
    Terminate,
}

/// Runs until the input or a person ends it.
pub async fn run(settings: &Settings) -> Result<ExitCode, Failed> {
    let opened = Opened::open(settings)?;
    let clock = Clock::start();
    let mut plain = Plain::new(setup(settings, &opened.profile, clock));
    let (journal, pages) = if settings.journal.ephemeral {
        (None, unbounded_channel().1)
    } else {
        let (journal, pages) = Journal::open(journal_options(settings, &opened.profile));
        plain.keep(first_message_id());
        (Some(journal), pages)
    };
    let mut tuning = Tuning::default();
    if let Some(journal) = &journal {
        tuning.send_log = Arc::new(journal.clone());
    }
    let (engine, reports) = Engine::start_with(opened.profile.clone(), clock, tuning);
    let mut rim = Rim { clock, engine, journal, opened, output: Output::default() };
    let result = rim.run(&mut plain, reports, pages).await;
    rim.opened.close().await;
    if rim.journal.is_some_and(|journal| !journal.close(STOPPING)) {
        output::warn("the journal did not finish in time: the last entries may not be kept");
    }
    result
}

fn setup(settings: &Settings, profile: &Profile, clock: Clock) -> Setup {
    let zone = if settings.ui.times == Times::Utc { TimeZone::UTC } else { TimeZone::system() };
    let log = Log::new(LogOptions {
        zone: zone.clone(),
        ascii: settings.ui.ascii,
        max_entries: settings.log.max_entries,
        max_bytes: usize::try_from(settings.log.max_bytes).unwrap_or(usize::MAX),
    });
    Setup {
        now: clock.now(),
        interactive: io::stdin().is_terminal(),
        profile: profile.name.clone(),
        region: profile.region.domain.clone(),
        sandbox: profile.sandbox,
        production: profile.production,
        conversations: profile.conversations.iter().map(|entry| entry.conversation.clone()).collect(),
        zone,
        facts: ProfileFacts::of(profile),
        data_dir: settings.paths.data_dir.clone(),
        seed: uuid::Uuid::new_v4().as_u128(),
        log,
    }
}

struct Rim {
    clock: Clock,
    engine: EngineHandle,
    journal: Option<Journal>,
    opened: Opened,
    output: Output,
}

impl Rim {
    async fn run(
        &mut self,
        plain: &mut Plain,
        mut reports: UnboundedReceiver<Report>,
        mut pages: UnboundedReceiver<Page>,
    ) -> Result<ExitCode, Failed> {
        let mut signals = signals();
        let mut lines = lines();
        let mut input = Input::Begin;
        let mut terminated = false;
        while !self.carry_out(plain, input)? {
            let due = plain.due().map(|moment| Instant::from_std(self.clock.instant(moment)));
            input = tokio::select! {
                biased;
                Some(signal) = signals.recv() => match signal {
                    Signal::Interrupt => Input::Interrupt,
                    Signal::Terminate => {
                        terminated = true;
                        break;
                    }
                },
                Some(page) = pages.recv() => Input::Journal(Box::new(page)),
                report = reports.recv() => Input::Report(Box::new(report.unwrap_or(Report::Stopped))),
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => Input::Due,
                line = lines.recv(), if plain.wants_line() => line.unwrap_or(Input::NoMoreLines),
            };
        }
        self.engine.ask(Command::Shutdown);
        let rest = async {
            while let Some(report) = reports.recv().await {
                let stopped = report == Report::Stopped;
                self.carry_out(plain, Input::Report(Box::new(report)))?;
                if stopped {
                    break;
                }
            }
            Ok::<(), Failed>(())
        };
        // An engine that does not stop in time changes nothing about what was said.
        timeout(STOPPING, rest).await.unwrap_or(Ok(()))?;
        Ok(if terminated { ExitCode::from(TERMINATED) } else { plain.exit().into() })
    }

    /// True where it is over.
    fn carry_out(&mut self, plain: &mut Plain, input: Input) -> Result<bool, Failed> {
        if let Input::Report(report) = &input {
            logging::report(report);
        }
        let mut over = false;
        let mut answers = Vec::new();
        for act in plain.on(self.clock.now(), input) {
            match act {
                Act::Say(line) => self.output.line(&line)?,
                Act::Ask(command) => self.engine.ask(command),
                Act::Keep(job) => self.keep(*job),
                Act::FindPasses => answers.push(Input::Passes(pass_files::here())),
                Act::ReadPass(path) => {
                    let text = pass_files::read(&path);
                    answers.push(Input::PassRead(path, text));
                }
                Act::Arrange(ask) => answers.push(Input::Arranged(self.opened.arrange(&ask))),
                // Without a sandbox there is no fault to lift.
                Act::Tidy => drop(self.opened.arrange(&SandboxAsk::Fault(None))),
                Act::Reports { run, dir } => answers.push(Input::Reported(self.reports(&run, &dir))),
                Act::Leave => over = true,
            }
        }
        // What an answer leads to is never the same question again, so this ends.
        for answer in answers {
            over |= self.carry_out(plain, answer)?;
        }
        // Nobody hears what comes of it: no further line is taken.
        if self.output.is_closed() && !over {
            over = plain.on(self.clock.now(), Input::NoMoreLines).contains(&Act::Leave);
        }
        Ok(over)
    }
}

impl Rim {
    fn keep(&self, job: Job) {
        let Some(journal) = &self.journal else { return };
        journal.tell(match job {
            Job::Pass(run) => Job::Pass(Arc::new(report::without_secrets(&run, &|text| self.engine.mask(text)))),
            job => job,
        });
    }

    /// Writes each form of a run's report, masked, into new files.
    fn reports(&self, run: &Run, dir: &Path) -> Result<String, String> {
        for (name, text) in report::all(run, &|text| self.engine.mask(text)) {
            let path = dir.join(name);
            let written = private_file(&path, true).and_then(|mut file| file.write_all(text.as_bytes()));
            written.map_err(|e| format!("Could not write {}: {e}.", path.display()))?;
        }
        Ok(format!("Four reports are in {}.", dir.display()))
    }
}

/// The lines of standard input, read ahead by one. The thread that reads them is left behind when the program ends.
fn lines() -> Receiver<Input> {
    let (tell, told) = channel(1);
    std::thread::spawn(move || {
        let mut stdin = io::stdin().lock();
        loop {
            let mut bytes = Vec::new();
            let line = match stdin.by_ref().take(MAX_LINE + 1).read_until(b'\n', &mut bytes) {
                Ok(0) => return,
                Ok(_) if bytes.len() as u64 > MAX_LINE => {
                    // What follows would be the rest of it.
                    let _ = tell.blocking_send(Input::BadLine("is longer than 1 MiB"));
                    return;
                }
                Ok(_) => String::from_utf8(bytes)
                    .map_or(Input::BadLine("is not UTF-8 text"), |line| Input::Line(typed::cleaned(&line))),
                Err(_) => {
                    let _ = tell.blocking_send(Input::BadLine("cannot be read"));
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

/// Ctrl-C, and what ends a program: SIGTERM and SIGHUP.
fn signals() -> Receiver<Signal> {
    use tokio::signal::unix::{SignalKind, signal};

    let (tell, told) = channel(4);
    for (kind, asks) in [
        (SignalKind::interrupt(), Signal::Interrupt),
        (SignalKind::terminate(), Signal::Terminate),
        (SignalKind::hangup(), Signal::Terminate),
    ] {
        // A signal that cannot be listened to ends the program as it always would.
        let Ok(mut stream) = signal(kind) else { continue };
        let tell = tell.clone();
        tokio::spawn(async move { while stream.recv().await.is_some() && tell.send(asks).await.is_ok() {} });
    }
    told
}
