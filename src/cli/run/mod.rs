//! `guestwire run`: the automatic part of a pass without a screen.
//!
//! ```text
//! PASS.toml ─► Pass ─► plan (cases, rounds, lanes) ─► RunFold ─► lines, exit code
//!                                                       │  ▲
//!                                        engine, sandbox◄┘  └─ reports, answers, time
//! ```

mod fold;
mod plan;
mod progress;
mod read;

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep_until, timeout};

use super::args::RunArgs;
use crate::app::drive::{STOPPING, interrupts};
use crate::app::exit::{Exit, Failed};
use crate::app::files;
use crate::app::journal;
use crate::app::journal::Kept;
use crate::app::logging;
use crate::app::open::Opened;
use crate::app::output::{Output, destination};
use crate::clock::Clock;
use crate::config::{Profile, Settings, Terminal};
use crate::diagnosis::ProfileFacts;
use crate::engine::{Command, Engine, EngineHandle, Report, Tuning};
use crate::model::RepliesReadable;
use crate::pass::report::masked;
use crate::pass::runner::{Begin, Cast, Player};
use crate::pass::{Pass, Run, builtin};

use fold::{Act, Input, RunFold};
use progress::Progress;

/// Plays a pass, and says what came of it.
pub async fn run(args: &RunArgs, settings: &Settings) -> Result<Exit, Failed> {
    let (file, source) = read::source(args.pass.as_deref())?;
    let pass = Pass::parse(&PathBuf::from(&file), &source)?;
    let cases = plan::chosen(&pass, &args.only)?;
    // Said before the pass is played, not after.
    let on_stdout = args.report.iter().filter(|(_, path)| files::is_standard_stream(path)).count();
    if on_stdout > 1 || on_stdout > 0 && args.json {
        let how = "give all but one of them a file";
        return Err(Failed::usage(format!(
            "only one report, or the lines of --json, can go to standard output; {how}"
        )));
    }
    let mut files = args.report.iter().filter(|(_, path)| !files::is_standard_stream(path));
    if let Some((_, path)) = files.find(|(_, path)| !args.force && path.symlink_metadata().is_ok()) {
        let shown = path.display();
        return Err(Failed::usage(format!("the report {shown} exists; name a new file, or add --force")));
    }
    let opened = Opened::open(settings)?;
    let result = async {
        let cast = cast(&opened, args)?;
        plan::judge(&file, &pass, &cases, &cast)?;
        let clock = Clock::start();
        let journal = journal::writer_of_many(settings, &opened.profile).await;
        let tuning =
            Tuning { metrics: settings.metrics.clone(), terminal: Terminal::Free, ..journal::tuning(journal.as_ref()) };
        let (engine, reports) = Engine::start_with(opened.profile.clone(), clock, tuning);
        let begin = Begin {
            id: uuid::Uuid::new_v4(),
            file,
            source,
            profile: opened.profile.name.clone(),
            region: opened.profile.region.domain.clone(),
            sandbox: opened.profile.sandbox,
            at: clock.now(),
            plan: plan::rounds(&cases, args.repeat),
        };
        let waves = plan::waves(&pass, &begin.plan, &cast, args.parallel);
        let first = uuid::Uuid::new_v4().as_u64_pair().0 >> 2;
        let facts = ProfileFacts::of(&opened.profile);
        let mut fold = RunFold::new(Arc::new(pass), begin, cast, waves, args.fail_fast, facts, first);
        let mut rim = Rim {
            opened: &opened,
            clock,
            engine,
            reports,
            journal: journal.as_ref(),
            json: args.json,
            beside_report: on_stdout > 0,
        };
        let exit = rim.drive(&mut fold).await;
        let written = write_reports(args, fold.run(), &|text| rim.engine.mask(text));
        journal::close(journal);
        written.and(exit)
    }
    .await;
    opened.close().await;
    result
}

/// Writes the reports that were asked for; over those of an earlier run only with `--force`.
fn write_reports(args: &RunArgs, run: &Run, mask: &dyn Fn(&str) -> String) -> Result<(), Failed> {
    if args.report.is_empty() {
        return Ok(());
    }
    let run = masked(run, mask);
    for (form, path) in &args.report {
        destination(path, args.force)
            .and_then(|mut file| file.write_all(form.write(&run).as_bytes()))
            .map_err(|e| Failed::here(format!("the report {} cannot be written ({})", path.display(), e.kind())))?;
    }
    Ok(())
}

/// Prints the format's JSON Schema.
pub fn schema() -> Result<Exit, Failed> {
    Output::default().raw(builtin::SCHEMA)?;
    Ok(Exit::Done)
}

/// The conversations of the profile, and the one for steps that name none.
fn cast(opened: &Opened, args: &RunArgs) -> Result<Cast, Failed> {
    let profile: &Profile = &opened.profile;
    let players: Vec<Player> = profile
        .conversations
        .iter()
        .map(|e| &e.conversation)
        .map(|c| Player {
            name: c.name.clone(),
            key: c.key,
            channel: c.channel(),
            readable: RepliesReadable::NotYetKnown,
        })
        .collect();
    let usual = match &args.to {
        Some(name) => Some(super::send::find(profile, name)?),
        None => players.first().map(|p| p.key),
    };
    Ok(Cast { players, usual, sandbox: opened.has_sandbox() })
}

/// Everything around the fold.
struct Rim<'r> {
    opened: &'r Opened,
    clock: Clock,
    engine: EngineHandle,
    reports: UnboundedReceiver<Report>,
    journal: Option<&'r Kept>,
    json: bool,
    /// A report goes to stdout.
    beside_report: bool,
}

impl Rim<'_> {
    /// Runs the fold to its end.
    async fn drive(&mut self, fold: &mut RunFold) -> Result<Exit, Failed> {
        let mut output = Output::speaking_to(&self.opened.profile).beside_report(self.beside_report);
        let mut progress = Progress::new(self.json);
        let mut interrupts = interrupts();
        let mut inputs = std::collections::VecDeque::from([Input::Begin]);
        let exit = 'run: loop {
            while let Some(input) = inputs.pop_front() {
                self.keep(&input);
                for act in fold.on(self.clock.now(), input) {
                    match act {
                        Act::Ask(command) => self.engine.ask(command),
                        Act::Sandbox(lane, ask) => inputs.push_back(Input::Sandbox(lane, self.opened.arrange(&ask))),
                        Act::Say(line) => {
                            let mask = |text: &str| self.engine.mask(text);
                            if self.json {
                                output.line(&mask(&output.json(&line)))?;
                            } else {
                                progress.say(&line, &mask, &mut output)?;
                            }
                        }
                        Act::Finish(exit) => break 'run exit,
                    }
                }
            }
            progress.show(&fold.standing());
            let due = fold.due().map(|moment| Instant::from_std(self.clock.instant(moment)));
            inputs.push_back(tokio::select! {
                biased;
                Some(()) = interrupts.recv() => Input::Interrupt,
                report = self.reports.recv() => match report {
                    Some(Report::Stopped) | None => Input::Ended,
                    Some(report) => Input::Report(Box::new(report)),
                },
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => Input::Due,
            });
        };
        progress.clear();
        self.engine.ask(Command::Shutdown);
        let stopped = async { while !matches!(self.reports.recv().await, Some(Report::Stopped) | None) {} };
        // What came of the pass is known; an engine that does not stop in time changes nothing about it.
        let _ = timeout(STOPPING, stopped).await;
        output.end()?;
        Ok(exit)
    }

    fn keep(&self, input: &Input) {
        let Input::Report(report) = input else { return };
        logging::report(report);
        if let (Report::Exchange(exchange), Some(kept)) = (&**report, self.journal)
            && exchange.outcome.is_settled()
        {
            kept.exchange(exchange);
        }
    }
}
