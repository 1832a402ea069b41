//! What rows are laid out with: the columns of a line, and what goes when it gets narrow; and how keys are called.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::needle::{Names, Needle};

/// Text columns below which another column goes.
const TEXT_WANTED: usize = 20;
/// Text columns below which the last columns begin to go.
const TEXT_LEAST: usize = 8;
pub(super) const WORD: usize = 4;
pub(super) const STATUS: usize = 3;
pub(super) const MS: usize = 7;

/// How keys that the log mentions are called; bindings may change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyNames {
    /// How one comes to send a message: `Press i and type a message`.
    pub compose: String,
    /// Clears the filter.
    pub clear: String,
    /// Shows quiet frames, or folds them away.
    pub quiet: String,
    /// Copies a body.
    pub copy_body: String,
    /// Says why something was refused.
    pub why: String,
    /// Shows more of an entry.
    pub open: String,
    /// Copies a text for a ticket.
    pub ticket: String,
    /// Runs read-only checks.
    pub probe: String,
    /// Shows all conversations, or only the open one.
    pub scope: String,
}

impl Default for KeyNames {
    fn default() -> Self {
        Self {
            compose: "Press i and type a message".to_owned(),
            clear: "Esc".to_owned(),
            quiet: "f".to_owned(),
            copy_body: "y b".to_owned(),
            why: "d".to_owned(),
            open: "Enter".to_owned(),
            ticket: "y t".to_owned(),
            probe: "D".to_owned(),
            scope: "a".to_owned(),
        }
    }
}

/// What rows are laid out with.
pub(super) struct LogPage<'l> {
    pub width: usize,
    pub ascii: bool,
    pub wrap: bool,
    pub zone: &'l TimeZone,
    pub today: Date,
    pub names: &'l Names,
    pub columns: Columns,
    pub search: Option<&'l Needle>,
    pub keys: &'l KeyNames,
}

/// Which columns there are at a width, and how wide the flexible one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Columns {
    pub number: usize,
    pub time: Time,
    pub kind: bool,
    pub text: usize,
    pub status: bool,
    pub ms: bool,
    pub id: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Time {
    Seconds,
    Minutes,
    None,
}

impl Columns {
    /// The columns for `width` cells (the selection's column not counted).
    pub fn new(width: usize, number: usize, ascii: bool) -> Self {
        let mut c = Self {
            number: number.max(3),
            time: Time::Seconds,
            kind: true,
            text: 0,
            status: true,
            ms: true,
            id: Some(if ascii { 10 } else { 9 }),
        };
        let text = |c: &Self| width.saturating_sub(c.fixed());
        if text(&c) < TEXT_WANTED {
            c.ms = false;
        }
        if text(&c) < TEXT_WANTED {
            c.time = Time::Minutes;
        }
        if text(&c) < TEXT_WANTED {
            c.kind = false;
        }
        if text(&c) < TEXT_LEAST {
            c.time = Time::None;
        }
        // Below the smallest supported width: what is left keeps its place, the id goes, then the status.
        if c.fixed() > width {
            c.id = None;
        }
        if c.fixed() > width {
            c.status = false;
        }
        c.text = text(&c);
        c
    }

    /// Cells before the kind: number, mark and time.
    pub const fn before_kind(&self) -> usize {
        let time = match self.time {
            Time::Seconds => 10,
            Time::Minutes => 7,
            Time::None => 1,
        };
        self.number + 1 + time
    }

    /// Cells before the time.
    pub const fn before_time(&self) -> usize {
        self.number + 2
    }

    /// Cells of everything but the text.
    fn fixed(&self) -> usize {
        let column = |there: bool, cells: usize| if there { cells } else { 0 };
        self.before_kind()
            + column(self.kind, 6)
            + (1 + WORD)
            + column(self.status, 1 + STATUS)
            + column(self.ms, 1 + MS)
            + self.id.map_or(0, |cells| 2 + cells)
    }
}

#[cfg(test)]
#[path = "../../../tests/unit/session/log/page.rs"]
mod tests;
