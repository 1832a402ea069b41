//! The commands that need no settings: the pages of causes, completion scripts, the manual, the sandbox as a server; and
//! `guestwire config`, which also speaks of settings that do not work.

use std::io::{self, IsTerminal as _};
use std::path::Path;

use clap::{Command, Subcommand};
use clap_complete::Shell;
use clap_mangen::Man;

use crate::app::exit::{Exit, Failed};
use crate::app::output::{Output, printed, warn};
use crate::app::runtime::FrontEnds;
use crate::app::{logging, open, signals};
use crate::config::origin::Lookup;
use crate::config::secret::oddity;
use crate::config::{Flags, Problem, Problems, ProfileChoice, Settings, Terminal, load, locate};
use crate::diagnosis::pages;
use crate::engine::{check_ca_file, proxy_problems};
use crate::model::Cause;
use crate::text::counted;
use crate::text::screen::{hanging, visible, width};
use crate::text::suggestion;

/// Longer lines are hard to read, however wide the terminal is.
const WIDEST: usize = 100;

pub fn explain(name: Option<&str>) -> Result<Exit, Failed> {
    let text = name.map(find).transpose()?.map_or_else(pages::list, pages::text);
    // A program that reads the lines gets them whole.
    let columns = || crossterm::terminal::size().map_or(80, |(columns, _)| usize::from(columns));
    let text = if io::stdout().is_terminal() { broken(&text, columns().min(WIDEST)) } else { text };
    printed(text.as_bytes())
}

fn broken(text: &str, columns: usize) -> String {
    text.lines().flat_map(|line| hanging(line, columns)).flat_map(|row| [row, "\n".to_owned()]).collect()
}

fn find(name: &str) -> Result<Cause, Failed> {
    Cause::named(name).ok_or_else(|| {
        let near = match pages::nearest(name) {
            Some(cause) => format!("did you mean `{cause}`?"),
            None => "`guestwire explain` lists them".to_owned(),
        };
        Failed::usage(format!("there is no cause `{name}`; {near}"))
    })
}

pub fn completions(mut program: Command, shell: Shell) -> Vec<u8> {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut program, "guestwire", &mut bytes);
    bytes
}

pub fn page(program: Command, of: Option<&str>) -> Result<Vec<u8>, Failed> {
    let command = match of {
        None => program,
        Some(name) => {
            let known: Vec<&str> = program.get_subcommands().map(Command::get_name).collect();
            let near = suggestion(name, known.iter().copied());
            let found = program.find_subcommand(name);
            found.cloned().ok_or_else(|| Failed::usage(format!("there is no command `{name}`{near}")))?
        }
    };
    let mut bytes = Vec::new();
    let source = concat!("guestwire ", env!("CARGO_PKG_VERSION"));
    Man::new(command)
        .source(source)
        .render(&mut bytes)
        .map_err(|e| Failed::here(format!("the page cannot be made ({e})")))?;
    Ok(bytes)
}

/// `guestwire sandbox`: serves until Ctrl-C or SIGTERM. Prints one JSON line once it listens.
pub async fn sandbox(port: u16, scenario: Option<&Path>, seed: Option<u64>) -> Result<Exit, Failed> {
    let mut stop = signals::of_programs_without_a_screen();
    let sandbox = open::serve(port, scenario, seed)?;
    Output::default().line(&sandbox.announcement().to_string())?;
    let _ = stop.recv().await;
    sandbox.stop().await;
    Ok(Exit::Done)
}

/// What to do with the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
pub enum ConfigSub {
    /// Check the configuration and its secrets
    Check,
    /// Print every value and where it comes from, never a secret
    Show,
    /// Print where the config file is, or would be
    Path,
}

pub fn config(what: ConfigSub, flags: &Flags, env: Lookup<'_>, front_ends: &FrontEnds) -> Result<Exit, Failed> {
    let mut output = Output::default();
    match what {
        ConfigSub::Path => {
            let (paths, _) = locate(flags, env)?;
            output.line(&visible(&paths.config_file.display().to_string()))?;
        }
        ConfigSub::Show => output.bytes(table(&load(flags, env)?).as_bytes())?,
        ConfigSub::Check => {
            let settings = load(flags, env)?;
            logging::level(env)?;
            settings.findings.warnings.iter().for_each(warn_of);
            let mut problems = secrets(&settings);
            for sentence in proxy_problems(&|name| env(name)?.into_string().ok()) {
                warn(&format!("warning: {sentence}"));
            }
            problems.extend(check_ca_files(&settings));
            problems.extend((front_ends.check)(&settings).err().into_iter().flat_map(|problems| problems.0));
            problems.sort_by_key(|problem| problem.at);
            if !problems.is_empty() {
                return Err(Problems(problems).into());
            }
            output.line(&verdict(&settings))?;
        }
    }
    Ok(Exit::Done)
}

/// What keeps the chosen profile from signing in; of what is odd about its secrets is warned. Reads every secret once.
fn secrets(settings: &Settings) -> Vec<Problem> {
    let mut problems: Vec<Problem> = settings.findings.missing.iter().cloned().collect();
    for secret in &settings.findings.secrets {
        let source = &secret.source;
        let read = if secret.is_token { source.read_token(Terminal::Free) } else { source.read(Terminal::Free) };
        let field = secret.name.rsplit('.').next().unwrap_or(&secret.name);
        match read.map(|text| oddity(&text)) {
            Ok(None) => {}
            Ok(Some(odd)) => warn_of(&settings.problem(secret.at, format!("the value of `{field}` {odd}"))),
            Err(error) => problems.push(settings.problem(secret.at, format!("`{field}` cannot be read: {error}"))),
        }
    }
    problems
}

fn warn_of(problem: &Problem) {
    let sentence = format!("warning: {}", problem.sentence);
    warn(&Problem { sentence, ..problem.clone() }.to_string());
}

/// What is wrong with the CA files of the chosen profile; certificates that are skipped are warned of.
fn check_ca_files(settings: &Settings) -> Vec<Problem> {
    let ProfileChoice::Named(profile) = &settings.profile else { return Vec::new() };
    let name = format!("profiles.{}.ca_files", profile.name);
    let mut problems = Vec::new();
    for file in &profile.ca_files {
        let problem = |why: &str| settings.problem_of(&name, &format!("the CA file {}: {why}", file.display()));
        match check_ca_file(file) {
            Ok(skipped) => skipped.iter().for_each(|why| warn_of(&problem(why))),
            Err(why) => problems.push(problem(&why)),
        }
    }
    problems
}

fn verdict(settings: &Settings) -> String {
    let file = settings.paths.config_file.display().to_string();
    let file = visible(&file);
    match &settings.profile {
        ProfileChoice::Sandbox if settings.paths.config_exists => {
            format!("{file} is in order; the built-in sandbox opens")
        }
        ProfileChoice::Sandbox => format!("there is no {file}; the built-in sandbox opens"),
        ProfileChoice::Named(profile) => {
            let (name, region) = (visible(&profile.name), &profile.region);
            let count = counted(profile.conversations.len(), "conversation");
            format!("{file} is in order; `{name}` opens, in {region}, with {count}")
        }
    }
}

fn table(settings: &Settings) -> String {
    let rows = settings.effective.iter();
    let cells: Vec<_> =
        rows.map(|row| (visible(&format!("{} = {}", row.name, row.value)).into_owned(), &row.origin)).collect();
    let widest = cells.iter().map(|(left, _)| width(left)).filter(|w| *w <= 72).max().unwrap_or(0);
    let pad = |left: &str| " ".repeat(widest.saturating_sub(width(left)));
    let lines: Vec<String> = cells.iter().map(|(left, origin)| format!("{left}{}  # {origin}\n", pad(left))).collect();
    lines.concat()
}

#[cfg(test)]
#[path = "../../tests/unit/cli/standalone.rs"]
mod tests;
