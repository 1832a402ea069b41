//! `guestwire config check|show|path`, which also speaks of settings that do not work.

use clap::Subcommand;

use crate::app::exit::{Exit, Failed};
use crate::app::logging;
use crate::app::output::{Output, warn};
use crate::app::runtime::FrontEnds;
use crate::config::origin::Lookup;
use crate::config::secret::oddity;
use crate::config::{Flags, Problem, Problems, ProfileChoice, Settings, Tty, load, locate};
use crate::engine::{check_ca_file, proxy_problems};
use crate::text::counted;
use crate::text::screen::{visible, width};

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

pub fn run(what: ConfigSub, flags: &Flags, env: Lookup<'_>, front_ends: &FrontEnds) -> Result<Exit, Failed> {
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
        let field = secret.name.rsplit('.').next().unwrap_or(&secret.name);
        let read = if field == "access_token" { source.read_token(Tty::Allowed) } else { source.read(Tty::Allowed) };
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
