//! `guestwire run`: the automatic part of a pass without a screen.
//!
//! ```text
//! PASS.toml ─► Pass ─► plan (cases, rounds, lanes) ─► RunFrontEnd ─► lines, exit code
//!                                                       │  ▲
//!                                        engine, sandbox◄┘  └─ reports, answers, time
//! ```

pub mod front_end;

use std::collections::BTreeSet;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use front_end::RunFrontEnd;

use super::send::find;
use crate::app::drive::{Needs, run_front_end};
use crate::app::exit::{Exit, Failed};
use crate::app::open::OpenProfile;
use crate::app::output::{self, destination, standard_input};
use crate::clock::Clock;
use crate::config::flags::path;
use crate::config::{Located, Problem, Problems, Settings};
use crate::files;
use crate::model::variables::{NAMES, next_name};
use crate::pass::file::{Expectation, MAX_BYTES, PassCase, PassStep};
use crate::pass::report::{ReportFormat, masked};
use crate::pass::runner::{RunSetup, RunStart, missing_conversation};
use crate::pass::{Pass, PassRun, builtin};
use crate::session::Session;
use crate::session::conversations::Conversations;
use crate::text::suggestion;

/// `guestwire run`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  guestwire run --sandbox smoke
  guestwire run night.toml --report junit=night.xml --report html=night.html

Steps that only a person can judge are skipped and reported as skipped. Exit codes: 0 all that was run passed, \
                        1 something failed or was blocked, 2 the pass or the command line is wrong, 3 not signed in.")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct RunArgs {
    /// The pass file
    #[arg(value_parser = path(), value_name = "PASS", required_unless_present = "schema")]
    #[arg(help = format!("The pass file: a TOML file, a built-in name ({}), or `-` for standard input", builtin::names().join(", ")))]
    pub pass: Option<PathBuf>,
    /// Print the JSON Schema of pass files, and do nothing else
    #[arg(long)]
    pub schema: bool,
    /// The conversation for steps that name none; without it the first conversation of the profile
    #[arg(long, value_name = "NAME")]
    pub to: Option<String>,
    /// Only this case, by id or name; may be given several times
    #[arg(long, value_name = "CASE")]
    pub only: Vec<String>,
    /// Stop after the first failure
    #[arg(long)]
    pub fail_fast: bool,
    /// Write a report at the end
    #[arg(long, value_name = "FORM=FILE", value_parser = report)]
    #[arg(help = format!(
        "Write a report at the end ({}); may be given several times; one may go to `-`, standard output, and the progress to standard error",
        ReportFormat::WORDS.join(", ")
    ))]
    pub report: Vec<(ReportFormat, PathBuf)>,
    /// Replace the reports of an earlier run
    #[arg(long, requires = "report")]
    pub force: bool,
    /// Run the pass file this many times, one after the other
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub repeat: u32,
    /// Run cases of different conversations side by side; cases that change the sandbox or the token run last
    #[arg(long)]
    pub parallel: bool,
    /// Print one JSON object per line instead of text
    #[arg(long)]
    pub json: bool,
}

fn report(text: &str) -> Result<(ReportFormat, PathBuf), String> {
    let names = ReportFormat::WORDS;
    let (form, file) = text.split_once('=').ok_or_else(|| format!("write FORM=FILE; forms: {}", names.join(", ")))?;
    let unknown = || format!("`{form}` is not a report format{}", suggestion(form, names));
    let form = ReportFormat::named(form).ok_or_else(unknown)?;
    if file.is_empty() {
        return Err("there is no file after the =; `-` is standard output".to_owned());
    }
    Ok((form, files::expand_home(Path::new(file))))
}

pub async fn run(args: &RunArgs, settings: &Settings) -> Result<Exit, Failed> {
    // A pass is missing only with `--schema`, which was answered before this.
    let (file, source) = source(&args.pass.clone().unwrap_or_default())?;
    let pass = Pass::parse(&PathBuf::from(&file), &source)?;
    let cases = chosen(&pass, &args.only)?;
    // Said before the pass is played, not after.
    let on_stdout = args.report.iter().filter(|(_, path)| files::is_standard_stream(path)).count();
    if on_stdout > 1 || on_stdout > 0 && args.json {
        let one = "only one report, or the lines of --json, can go to standard output";
        return Err(Failed::usage(format!("{one}; give each of the others a file")));
    }
    let files = || args.report.iter().filter(|(_, path)| !files::is_standard_stream(path) && !files::is_device(path));
    if let Some((_, path)) = files().find(|(_, path)| !args.force && path.symlink_metadata().is_ok()) {
        let shown = path.display();
        return Err(Failed::usage(format!("the report {shown} exists; name a new file, or add --force")));
    }
    for (at, (_, path)) in files().enumerate() {
        let shown = path.display();
        if files().take(at).any(|(_, other)| other == path) {
            return Err(Failed::usage(format!("two reports go to {shown}; give each a file of its own")));
        }
        let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let tried = tempfile::tempfile_in(dir).map_err(files::explain_missing_directory);
        tried.map_err(|e| Failed { exit: Exit::Usage, ..unwritten(path, &e) })?;
    }
    let opened = OpenProfile::announced(settings)?;
    let conversations = Conversations::of(&opened.profile).for_pass();
    let default_conversation = match &args.to {
        Some(name) => Some(find(&opened.profile, name)?),
        None => conversations.first().map(|p| p.key),
    };
    let setup = RunSetup { conversations, default_conversation, sandbox: opened.has_sandbox() };
    check_conversations(&file, &pass, &cases, &setup)?;
    let needs = Needs { keeps: true, sign_in: true, report_on_stdout: on_stdout > 0 };
    let begin = |session: Session, clock: Clock, _: &_| {
        let run = session.new_run(uuid::Uuid::new_v4(), file, source);
        let begin = RunStart { run, at: clock.now(), plan: rounds(&cases, args.repeat) };
        let waves = waves(&pass, &begin.plan, &setup, args.parallel);
        RunFrontEnd::new(Arc::new(pass), begin, setup, waves, args.fail_fast, session)
    };
    let finished = run_front_end(opened, settings, args.json, needs, begin).await;
    let written = write_reports(args, &finished.front.whole, &|text| finished.engine.mask(text));
    let exit = finished.exit?;
    // A report that is missing is no failed expectation, and does not hide one.
    let unwritten = if exit == Exit::Done { Exit::Unwritten } else { exit };
    written.map_err(|failed| Failed { exit: unwritten, ..failed })?;
    Ok(exit)
}

fn write_reports(args: &RunArgs, run: &PassRun, mask: &dyn Fn(&str) -> String) -> Result<(), Failed> {
    if args.report.is_empty() {
        return Ok(());
    }
    let run = masked(run, mask);
    let write = |(form, path): &(ReportFormat, PathBuf)| {
        let report = form.write(&run).map_err(Failed::here)?;
        destination(path, args.force)
            .and_then(|mut file| file.write_all(report.as_bytes()).and_then(|()| file.flush()))
            .map_err(|e| unwritten(path, &e))
    };
    // Each is tried, and the first that could not be written is said.
    args.report.iter().map(write).fold(Ok(()), Result::and)
}

fn unwritten(path: &Path, why: &io::Error) -> Failed {
    output::unwritten(&format!("the report {}", path.display()), path, why)
}

fn source(path: &Path) -> Result<(String, String), Failed> {
    let shown = path.display();
    let failed = |why: String| Failed::usage(format!("{shown}: {why}"));
    if files::is_standard_stream(path) {
        let text = String::from_utf8(standard_input(MAX_BYTES)?);
        let text = text.map_err(|_| failed("is not UTF-8 text; save it as UTF-8".to_owned()))?;
        return Ok(("standard input".to_owned(), text));
    }
    let why = match files::read_text(path, MAX_BYTES) {
        Ok(text) => return Ok((shown.to_string(), text)),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let near = suggestion(&shown.to_string(), builtin::names());
            format!("there is no such file, and no built-in pass has that name{near}")
        }
        Err(error) => format!("cannot be read ({})", files::error_text(&error)),
    };
    let built_in = path.to_str().and_then(|name| Some((name, builtin::named(name)?))).filter(|_| !path.is_file());
    let (name, text) = built_in.ok_or_else(|| failed(why))?;
    let name = name.strip_prefix(builtin::PREFIX).unwrap_or(name);
    Ok((format!("{}{name}", builtin::PREFIX), text.to_owned()))
}

/// The cases that `--only` names, in the order of the file; all where it names none.
pub fn chosen(pass: &Pass, only: &[String]) -> Result<Vec<usize>, Failed> {
    let known = || pass.cases.iter().map(|c| c.id.as_str());
    let unknown = |name| format!("--only: the pass has no case `{name}`{}", suggestion(name, known()));
    let wanted = only.iter().map(|name| pass.case(name).ok_or_else(|| Failed::usage(unknown(name))));
    let wanted = wanted.collect::<Result<BTreeSet<usize>, _>>()?;
    Ok((0..pass.cases.len()).filter(|at| only.is_empty() || wanted.contains(at)).collect())
}

pub fn rounds(cases: &[usize], rounds: u32) -> Vec<(usize, u32)> {
    (1..=rounds.max(1)).flat_map(|round| cases.iter().map(move |at| (*at, round))).collect()
}

/// Says, with its place, which conversation the profile has not.
pub fn check_conversations(file: &str, pass: &Pass, cases: &[usize], setup: &RunSetup) -> Result<(), Failed> {
    let names: Vec<_> = cases.iter().filter_map(|at| pass.cases.get(*at)).flat_map(names).collect();
    let unknown = names.iter().flatten().filter(|spot| setup.conversations.iter().all(|p| p.name != spot.value));
    let mut problems: Vec<Problem> =
        unknown.map(|spot| Problem::at(Path::new(file), spot.at, missing_conversation(setup, &spot.value))).collect();
    problems.sort_by_key(|p| p.at);
    problems.dedup();
    if names.contains(&None) && setup.default_conversation.is_none() {
        let why =
            "names no conversation, and the profile has no conversation: add --to NAME, or configure a conversation";
        problems.push(Problem::file(Path::new(file), why));
    }
    if problems.is_empty() { Ok(()) } else { Err(Problems(problems).into()) }
}

fn names(case: &PassCase) -> impl Iterator<Item = Option<&Located<String>>> {
    case.steps.iter().map(|step| step.conversation.as_ref().or(case.conversation.as_ref()))
}

pub fn waves(pass: &Pass, plan: &[(usize, u32)], setup: &RunSetup, parallel: bool) -> Vec<Vec<Vec<(usize, u32)>>> {
    if !parallel {
        return vec![vec![plan.to_vec()]];
    }
    let mut lanes: Vec<(_, Vec<_>)> = Vec::new();
    let mut apart = Vec::new();
    for &(at, round) in plan {
        let Some(case) = pass.cases.get(at) else { continue };
        match lane_of(case, setup) {
            None => apart.push((at, round)),
            Some(name) => match lanes.iter_mut().find(|(known, _)| *known == name) {
                Some((_, lane)) => lane.push((at, round)),
                None => lanes.push((name, vec![(at, round)])),
            },
        }
    }
    let side_by_side: Vec<Vec<(usize, u32)>> = lanes.into_iter().map(|(_, lane)| lane).collect();
    [side_by_side, vec![apart]].into_iter().filter(|wave| wave.iter().any(|lane| !lane.is_empty())).collect()
}

/// The one conversation that a case speaks in; the outer `None`: it must be played by itself, because it changes what
/// others meet (the sandbox, the token), speaks in several, or uses what another case captures.
#[expect(clippy::option_option, reason = "whether it shares, and with whom")]
fn lane_of<'c>(case: &'c PassCase, setup: &'c RunSetup) -> Option<Option<&'c str>> {
    let default = setup.default_conversation().map(|p| p.name.as_str());
    let of: BTreeSet<_> = names(case).map(|spot| spot.map_or(default, |name| Some(name.value.as_str()))).collect();
    let own: BTreeSet<&str> = case.steps.iter().flat_map(|s| s.captures()).map(|c| c.name.as_str()).collect();
    let texts = case.steps.iter().filter_map(|s| s.send.as_ref());
    let texts = texts.flat_map(|send| std::iter::once(&send.text).chain(send.attributes.values()));
    let mut named = texts.flat_map(|text| std::iter::successors(next_name(text), |(.., after)| next_name(after)));
    let is_known = |name: &str| own.contains(name) || NAMES.iter().any(|(known, _)| *known == name);
    let foreign = named.any(|(_, name, _)| !is_known(name));
    let counts_tokens = |s: &PassStep| s.expect.iter().any(|one| matches!(one, Expectation::Renewals(_)));
    let moves = case.steps.iter().any(|s| s.needs_sandbox() || s.clear_faults || s.renew || counts_tokens(s));
    if foreign || moves || of.len() != 1 { None } else { of.into_iter().next() }
}
