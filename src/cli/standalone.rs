//! The commands that need no settings: the pages of causes, completion scripts, the manual, the sandbox as a server.

use std::io::{self, IsTerminal as _};
use std::path::Path;

use clap::Args;
use clap_complete::Shell;
use clap_mangen::Man;

use super::args::definition;
use crate::app::exit::{Exit, Failed};
use crate::app::output::{self, Output};
use crate::app::{open, signals};
use crate::diagnosis::pages;
use crate::model::Cause;
use crate::text::screen::hanging;

/// Longer lines are hard to read, however wide the terminal is.
const WIDEST: usize = 100;

/// `guestwire explain`
#[derive(Debug, Args)]
#[command(after_help = "Example: guestwire explain scope-stripped")]
pub struct ExplainArgs {
    /// The cause, like scope-stripped; without it, all causes are listed
    #[arg(value_name = "CAUSE")]
    pub cause: Option<String>,
}

/// Prints the page of a cause, or the list of all.
pub fn explain(name: Option<&str>) -> Result<Exit, Failed> {
    let text = match name {
        None => pages::list(),
        Some(name) => pages::text(find(name)?),
    };
    // A program that reads the lines gets them whole.
    let columns = io::stdout().is_terminal().then(|| crossterm::terminal::size().map_or(80, |(columns, _)| columns));
    let text = columns.map_or_else(|| text.clone(), |columns| broken(&text, usize::from(columns).min(WIDEST)));
    Output::default().raw(&text)?;
    Ok(Exit::Done)
}

/// The text with lines that fit, broken between words.
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

/// `guestwire completions`
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// For which shell
    pub shell: Shell,
}

/// `guestwire man`
#[derive(Debug, Args)]
pub struct ManArgs {
    /// The page of this command; without it, the page of guestwire
    #[arg(value_name = "COMMAND")]
    pub of: Option<String>,
}

fn script(shell: Shell) -> Vec<u8> {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut definition(), "guestwire", &mut bytes);
    bytes
}

fn page(of: Option<&str>) -> Result<Vec<u8>, Failed> {
    let program = definition();
    let command = match of {
        None => program,
        Some(name) => {
            let known: Vec<&str> = program.get_subcommands().map(clap::Command::get_name).collect();
            let near = crate::text::suggest::suggestion(name, known.iter().copied());
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

/// Prints a shell's completion script.
pub fn completions(shell: Shell) -> Result<Exit, Failed> {
    Output::default().bytes(&script(shell))?;
    Ok(Exit::Done)
}

/// Prints a manual page.
pub fn man(of: Option<&str>) -> Result<Exit, Failed> {
    Output::default().bytes(&page(of)?)?;
    Ok(Exit::Done)
}

/// `guestwire sandbox`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  guestwire sandbox --port 8080\n  guestwire sandbox --scenario storm.toml --seed 7"
)]
pub struct SandboxArgs {
    /// Listen on this port of the loopback address; 0 lets the system choose
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// Seed for ids and the client's secret: the same at each start, but for the ids of messages
    #[arg(long)]
    pub seed: Option<u64>,
}

/// Serves until Ctrl-C or SIGTERM. Prints one JSON line once it listens.
pub async fn sandbox(args: &SandboxArgs, scenario: Option<&Path>) -> Result<Exit, Failed> {
    let mut stop = signals::of_programs_without_a_screen();
    let sandbox = open::serve(args.port, scenario, args.seed)?;
    output::Output::default().line(&sandbox.announcement().to_string())?;
    let _ = stop.recv().await;
    sandbox.stop().await;
    Ok(Exit::Done)
}

#[cfg(test)]
#[path = "../../tests/unit/cli/completions.rs"]
mod completions_tests;
#[cfg(test)]
#[path = "../../tests/unit/cli/explain.rs"]
mod tests;
