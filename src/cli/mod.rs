//! The command line: reads the arguments ([`args`]) and runs the subcommand that they name. Printing is done by
//! [`crate::app::output`].

mod args;
mod config;
mod doctor;
mod export;
mod ids;
mod init;
mod log;
mod run;
pub(crate) mod send;
mod standalone;
pub(crate) mod token;

use std::io;
use std::process::ExitCode;

use args::{Cli, Sub};
use clap::FromArgMatches as _;
use clap::error::ErrorKind;

use crate::app::exit::{Exit, Failed};
use crate::app::logging;
use crate::app::output::{printed, warn};
use crate::app::runtime::{Console, FrontEnds, block_on};
use crate::config::{Flags, load};
use crate::files;
use crate::pass::builtin;

/// The whole program. Everything that goes wrong ends as a sentence on stderr and an exit code.
pub fn main(front_ends: &FrontEnds) -> ExitCode {
    crate::app::runtime::end_the_program(front_ends.leave_terminal);
    let parsed = args::definition().try_get_matches();
    let exit = match parsed.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => run(cli, front_ends).unwrap_or_else(|failed| {
            failed.message.lines().for_each(warn);
            failed.exit
        }),
        Err(error) => match (error.print(), error.kind()) {
            // A reader that went away while help was printed is not an error.
            (Err(why), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion)
                if why.kind() != io::ErrorKind::BrokenPipe =>
            {
                Exit::Unwritten
            }
            (_, ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => Exit::Done,
            _ => Exit::Usage,
        },
    };
    ExitCode::from(exit.code())
}

fn run(cli: Cli, front_ends: &FrontEnds) -> Result<Exit, Failed> {
    let env = |name: &str| std::env::var_os(name);
    let Cli { flags, console: start, command } = cli;
    let no_screen = command.is_some() || flags.plain;
    // Said before the screen opens: there would be no recording.
    if let Some(path) = &start.record {
        if no_screen {
            return Err(Failed::usage("--record needs the console's screen, and there is no screen here"));
        }
        if files::is_standard_stream(path) {
            return Err(Failed::usage("--record needs a file: the screen is on standard output"));
        }
        if path.exists() {
            return Err(Failed::usage(format!(
                "{} exists, and guestwire never overwrites a recording",
                path.display()
            )));
        }
    }
    if no_screen && (start.demo.is_some() || start.rehearse.is_some()) {
        return Err(Failed::usage("--demo and --rehearse need the console's screen, and there is no screen here"));
    }
    let console = (front_ends.console)(start)?;
    // These need no settings, and must work while the config file does not.
    match command {
        Some(Sub::Completions { shell }) => printed(&standalone::completions(args::for_completions(), shell)),
        Some(Sub::Man { of }) => printed(&standalone::page(args::definition(), of.as_deref())?),
        Some(Sub::Explain { cause }) => standalone::explain(cause.as_deref()),
        Some(Sub::Init(args)) => init::run(&args, &flags, &env),
        Some(Sub::Config { command }) => config::run(command, &flags, &env, front_ends),
        Some(Sub::Run(args)) if args.schema => printed(builtin::SCHEMA.as_bytes()),
        Some(Sub::Sandbox { port, seed }) => {
            let _log = flags.log_file.as_deref().map(|path| logging::start(path, &env)).transpose()?;
            block_on(standalone::sandbox(port, flags.scenario.as_deref(), seed))
        }
        command => with_settings(command, flags, front_ends, console),
    }
}

/// Runs what needs settings: the console, or a command that speaks to somebody or reads what is kept.
fn with_settings(
    command: Option<Sub>,
    mut flags: Flags,
    front_ends: &FrontEnds,
    console: Console,
) -> Result<Exit, Failed> {
    let env = |name: &str| std::env::var_os(name);
    flags.named_target = match &command {
        Some(Sub::Send(_) | Sub::Run(_) | Sub::Token { .. } | Sub::Doctor(_)) => true,
        Some(Sub::Ids(args)) => args.lookup,
        _ => false,
    };
    let described = flags.target.names_conversation();
    let settings = match (load(&flags, &env), &command) {
        (Ok(settings), _) => settings,
        // Finding ids in a text needs no configuration; one that works helps.
        (Err(_), Some(Sub::Ids(args))) if !args.lookup => return ids::offline(args, None),
        (Err(problems), _) => return Err(problems.into()),
    };
    let _log = settings.paths.log_file.as_deref().map(|path| logging::start(path, &env)).transpose()?;
    match command {
        Some(Sub::Send(args)) => block_on(send::run(args, described, &settings)),
        Some(Sub::Ids(args)) if args.lookup => block_on(ids::looked_up(&args, &settings)),
        Some(Sub::Ids(args)) => ids::offline(&args, Some(&settings)),
        Some(Sub::Run(args)) => block_on(run::run(&args, &settings)),
        Some(Sub::Doctor(args)) => block_on(doctor::run(&args, &settings)),
        Some(Sub::Log(args)) => block_on(log::run(args, &settings)),
        Some(Sub::Export(args)) => block_on(export::run(args, &settings)),
        Some(Sub::Forget { yes }) => log::forget(yes, &settings),
        Some(Sub::Token { json }) => block_on(token::run(json, &settings)),
        _ if settings.ui.plain => (front_ends.lines)(&settings),
        _ => {
            // A setting that the screen cannot use is one of the configuration, before there is a screen.
            (front_ends.check)(&settings)?;
            console(&settings)
        }
    }
}

#[cfg(test)]
#[path = "../../tests/unit/cli/mod.rs"]
mod tests;
