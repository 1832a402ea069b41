//! `guestwire explain`: the page of a cause, or the list of all. Offline, without settings.

use std::io::{self, IsTerminal as _};

use clap::Args;

use crate::diagnosis::pages;
use crate::model::Cause;

use crate::app::exit::{Exit, Failed};
use crate::app::output::Output;
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

/// Prints a page, or the list.
pub fn run(name: Option<&str>) -> Result<Exit, Failed> {
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

#[cfg(test)]
#[path = "../../tests/unit/cli/explain.rs"]
mod tests;
