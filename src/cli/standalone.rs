//! The commands that need no settings: the pages of causes, completion scripts, the manual, the sandbox as a server.

use std::io::{self, IsTerminal as _};
use std::path::Path;

use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;

use crate::app::exit::{Exit, Failed};
use crate::app::output::{Output, printed};
use crate::app::{open, signals};
use crate::diagnosis::pages;
use crate::model::Cause;
use crate::text::screen::hanging;
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

#[cfg(test)]
#[path = "../../tests/unit/cli/standalone.rs"]
mod tests;
