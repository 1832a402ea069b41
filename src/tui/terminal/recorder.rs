//! Records the screen as an asciinema cast (see [`crate::export::cast`]): the frames that the view draws, so that
//! nothing stands in a recording that did not stand on the screen.
//!
//! ```text
//! view(&State) ─┬─► the terminal
//!               └─► a buffer here ─► what changed since the last frame ─► one line of the file
//! ```
//! Nothing is written while nothing is drawn, and nothing is drawn twice while nothing is recorded.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::queue;
use crossterm::style::{Attribute, ResetColor, SetAttribute};
use crossterm::terminal::{Clear, ClearType};
use ratatui::backend::{Backend as _, CrosstermBackend};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect, Size};

use crate::export::cast;
use crate::files;
use crate::model::Moment;
use crate::tui::state::State;

#[derive(Debug)]
pub struct Recorder {
    file: File,
    began: Moment,
    /// When something was written last, counted from the beginning.
    last: Duration,
    shown: Buffer,
    cursor: Option<Position>,
    /// Nothing of the present size was drawn yet.
    fresh: bool,
}

impl Recorder {
    /// Begins a new file, mode 0600; one that exists is never written over.
    pub fn begin(path: &Path, size: Size, now: Moment) -> io::Result<Self> {
        let mut file = files::private_with_directory(path, false)?;
        file.write_all(cast::header(size.width, size.height, now.wall, "guestwire").as_bytes())?;
        let shown = Buffer::empty(Rect::new(0, 0, size.width, size.height));
        Ok(Self { file, began: now, last: Duration::ZERO, shown, cursor: None, fresh: true })
    }

    pub fn frame(&mut self, state: &State, now: Moment) -> io::Result<()> {
        let area = Rect::new(0, 0, state.arrangement.size.width, state.arrangement.size.height);
        let at = now.since(self.began);
        if area != self.shown.area {
            self.file.write_all(cast::event(at, "r", &format!("{}x{}", area.width, area.height)).as_bytes())?;
            self.shown = Buffer::empty(area);
            self.fresh = true;
        }
        let mut next = Buffer::empty(area);
        let cursor = crate::tui::view::draw(state, &mut next);
        let mut bytes = Vec::new();
        if self.fresh {
            queue!(bytes, Hide, Clear(ClearType::All), MoveTo(0, 0))?;
        }
        let changed = self.shown.diff(&next);
        if changed.is_empty() && cursor == self.cursor && !self.fresh {
            return Ok(());
        }
        CrosstermBackend::new(&mut bytes).draw(changed.into_iter())?;
        match cursor {
            Some(Position { x, y }) => queue!(bytes, MoveTo(x, y), Show)?,
            None => queue!(bytes, Hide)?,
        }
        (self.shown, self.cursor, self.fresh, self.last) = (next, cursor, false, at);
        // The backend writes whole characters only.
        self.file.write_all(cast::event(at, "o", &String::from_utf8_lossy(&bytes)).as_bytes())
    }

    pub fn marker(&mut self, label: &str, now: Moment) -> io::Result<()> {
        self.last = now.since(self.began);
        self.file.write_all(cast::event(self.last, "m", label).as_bytes())
    }
}

impl Drop for Recorder {
    /// A terminal in which the recording is played is left as it was: with its cursor, and without colours.
    fn drop(&mut self) {
        let mut bytes = Vec::new();
        let bottom = self.shown.area.height.saturating_sub(1);
        // Nothing is left to be done about a file that can no longer be written.
        let _ = queue!(bytes, ResetColor, SetAttribute(Attribute::Reset), MoveTo(0, bottom), Show);
        let _ = self.file.write_all(cast::event(self.last, "o", &String::from_utf8_lossy(&bytes)).as_bytes());
    }
}
