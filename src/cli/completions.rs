//! `guestwire completions` and `guestwire man`: made from the same definition as the command line itself.

use clap_complete::Shell;
use clap_mangen::Man;

use super::args::definition;
use crate::app::exit::{Exit, Failed};
use crate::app::output::Output;

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

#[cfg(test)]
#[path = "../../tests/unit/cli/completions.rs"]
mod tests;
