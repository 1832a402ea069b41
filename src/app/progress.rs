//! How far a long command is: a bar under the lines on a terminal, the lines alone elsewhere. On stderr, results apart.

use std::io::{self, IsTerminal as _, Write as _};

use crate::text::screen::{fit, visible};

/// Columns of the bar.
const COLUMNS: usize = 20;

/// Where a run stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunProgress {
    /// Steps that are over.
    pub done: usize,
    /// All steps.
    pub all: usize,
    /// The ids of the open steps.
    pub open: Vec<String>,
}

impl RunProgress {
    /// The bar and what is open, in one line.
    pub fn line(&self) -> String {
        let filled = (self.done * COLUMNS).checked_div(self.all).unwrap_or(COLUMNS);
        let bar: String = (0..COLUMNS).map(|at| if at < filled { '#' } else { '-' }).collect();
        format!("[{bar}] {} of {}  {}", self.done, self.all, self.open.join(", "))
    }
}

/// A bar that is drawn only where a person looks at stderr.
#[derive(Debug, Default)]
pub struct Bar {
    shown: Option<RunProgress>,
}

impl Bar {
    fn is_looked_at() -> bool {
        let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb" || term.is_empty());
        !dumb && io::stderr().is_terminal()
    }

    /// Shows where it stands.
    pub fn show(&mut self, standing: &RunProgress) {
        if self.shown.as_ref() == Some(standing) || !Self::is_looked_at() {
            return;
        }
        let columns = crossterm::terminal::size().map_or(80, |(columns, _)| usize::from(columns));
        let line = standing.line();
        let line = fit(&visible(&line), columns.saturating_sub(1), true).into_owned();
        // There is nowhere to report that stderr is gone.
        let _ = write!(io::stderr().lock(), "\r\x1b[2K{line}").and_then(|()| io::stderr().lock().flush());
        self.shown = Some(standing.clone());
    }

    /// Takes the bar away.
    pub fn clear(&mut self) {
        if self.shown.take().is_some() {
            let _ = write!(io::stderr().lock(), "\r\x1b[2K");
        }
    }
}

#[cfg(test)]
#[path = "../../tests/unit/app/progress.rs"]
mod tests;
