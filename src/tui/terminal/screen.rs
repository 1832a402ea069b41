//! The terminal's modes: entered once, left by one function from every way out (return, error, panic, signal,
//! suspend), every step attempted even if one fails; and the frames in between.
//!
//! Terminals measure some clusters differently: flags, families, conjuncts, accents on accents. Some draw a cluster of two
//! cells as two characters, and keep the second where only the first is written over. So a row that holds such a cluster,
//! or held one, is written in whole when it changes.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, BufWriter, Stdout, Write as _, stdout};
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, SetTitle,
    disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute, queue};
use ratatui::backend::CrosstermBackend;
use ratatui::buffer::{Buffer, Cell, CellDiffOption};
use ratatui::layout::{Position, Rect, Size};
use ratatui::{Terminal, TerminalOptions, Viewport};

use super::event_loop::Screen;
use crate::tui::state::State;

/// Whether the modes are set, so that leaving twice does nothing the second time.
static ENTERED: AtomicBool = AtomicBool::new(false);

/// XTWINOPS: push and pop the window title, so that leaving gives back the one that was there.
const PUSH_TITLE: &[u8] = b"\x1b[22;0t";
const POP_TITLE: &[u8] = b"\x1b[23;0t";

/// Alternate scroll turns the wheel into arrow keys, which would recall old messages. Leaving switches it on, as most
/// terminals have it: what it was before is not asked.
const WHEEL_IS_NO_KEY: &[u8] = b"\x1b[?1007l";
const WHEEL_AS_BEFORE: &[u8] = b"\x1b[?1007h";

/// The kitty keyboard protocol, asked for (on Unix) whenever the modes are set: its first flag tells keys apart that are one byte otherwise.
const ASK_KEYBOARD: &[u8] = b"\x1b[?u";
const PUSH_KEYBOARD: &[u8] = b"\x1b[>1u";
const POP_KEYBOARD: &[u8] = b"\x1b[<1u";

static KEYBOARD: AtomicBool = AtomicBool::new(false);

/// Raw mode, alternate screen, bracketed paste, hidden cursor. On failure everything is put back.
pub fn enter() -> io::Result<RealScreen> {
    set_modes().inspect_err(|_| _ = leave())?;
    // Fixed: the size of what is drawn is the size that the state knows, and nothing else.
    let options = TerminalOptions { viewport: Viewport::Fixed(Rect::from((Position::ORIGIN, size()))) };
    let backend = CrosstermBackend::new(BufWriter::with_capacity(64 * 1024, stdout()));
    let terminal = Terminal::with_options(backend, options).inspect_err(|_| _ = leave())?;
    Ok(RealScreen { terminal, rows: Rows::default(), _leave: LeaveAtEnd })
}

/// The terminal's size in cells. Where the terminal does not tell one, `COLUMNS` and `LINES` do, else it is 80 by 24.
pub(super) fn size() -> Size {
    let (columns, rows) = crossterm::terminal::size().unwrap_or_default();
    let told = |name: &str, usual: u16| {
        std::env::var(name).ok().and_then(|v| v.trim().parse().ok()).filter(|n| *n > 0).unwrap_or(usual)
    };
    Size {
        width: if columns > 0 { columns } else { told("COLUMNS", 80) },
        height: if rows > 0 { rows } else { told("LINES", 24) },
    }
}

/// Sets the modes, also again: after [`leave`], and where another program changed them. The screen must be drawn anew.
pub(super) fn set_modes() -> io::Result<()> {
    // Raw mode that is set already is set again only after it was taken back.
    let _ = disable_raw_mode();
    enable_raw_mode()?;
    let mut out = stdout();
    if !ENTERED.swap(true, Ordering::SeqCst) {
        out.write_all(PUSH_TITLE)?;
    }
    queue!(out, EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)?;
    out.write_all(WHEEL_IS_NO_KEY)?;
    // The Windows console tells distinct keys unasked, and would hand the answer on as keys.
    if cfg!(unix) {
        out.write_all(ASK_KEYBOARD)?;
    }
    out.flush()
}

/// The terminal answered that it knows the kitty keyboard protocol: Shift-Enter shall be told from Enter.
pub(super) fn ask_for_distinct_keys() {
    if ENTERED.load(Ordering::SeqCst) && !KEYBOARD.swap(true, Ordering::SeqCst) {
        let mut out = stdout();
        let _ = out.write_all(PUSH_KEYBOARD).and_then(|()| out.flush());
    }
}

/// Whether another program took raw mode back, as `stty sane` does: keys would be kept until Enter, and drawn.
#[cfg(unix)]
fn was_taken_from_us() -> bool {
    use rustix::termios::{LocalModes, tcgetattr};
    ENTERED.load(Ordering::SeqCst)
        && tcgetattr(io::stdin()).is_ok_and(|modes| modes.local_modes.intersects(LocalModes::ICANON | LocalModes::ECHO))
}

/// On Windows a program's modes of the console are put back by the program itself.
#[cfg(not(unix))]
fn was_taken_from_us() -> bool {
    false
}

/// Puts the terminal back, raw mode first: then even a broken screen can be typed at. `false` where it was not ours.
pub fn leave() -> bool {
    if !ENTERED.swap(false, Ordering::SeqCst) {
        return false;
    }
    let _ = disable_raw_mode();
    let mut out = stdout();
    let _ = queue!(out, EndSynchronizedUpdate);
    if KEYBOARD.swap(false, Ordering::SeqCst) {
        let _ = out.write_all(POP_KEYBOARD);
    }
    let _ = out.write_all(WHEEL_AS_BEFORE);
    let _ = queue!(out, DisableBracketedPaste);
    let _ = queue!(out, LeaveAlternateScreen);
    let _ = queue!(out, cursor::Show);
    let _ = out.write_all(POP_TITLE);
    let _ = out.flush();
    true
}

/// The real screen: one buffered write a frame. The terminal is left when it is dropped.
pub struct RealScreen {
    terminal: Terminal<CrosstermBackend<BufWriter<Stdout>>>,
    rows: Rows,
    /// The last field, so that the terminal is left after what the backend still holds was written.
    _leave: LeaveAtEnd,
}

struct LeaveAtEnd;

impl Drop for LeaveAtEnd {
    fn drop(&mut self) {
        let _ = leave();
    }
}

impl Screen for RealScreen {
    fn draw(&mut self, state: &State) -> io::Result<()> {
        if was_taken_from_us() {
            set_modes()?;
            self.forget()?;
        }
        let Self { terminal, rows, .. } = self;
        let area = Rect::from((Position::ORIGIN, state.arrangement.size));
        if terminal.get_frame().area() != area {
            terminal.resize(area)?;
        }
        // The end of the frame is told also after an error.
        queue!(terminal.backend_mut(), BeginSynchronizedUpdate)?;
        let drawn = terminal.draw(|frame| {
            crate::tui::view::view(state, frame);
            rows.refresh(frame.buffer_mut());
        });
        let drawn = drawn.map(|_| ());
        execute!(terminal.backend_mut(), EndSynchronizedUpdate)?;
        drawn
    }

    // Not `Terminal::clear`: it asks where the cursor is, and the reader of keys eats the answer (ratatui issue 2691).
    fn forget(&mut self) -> io::Result<()> {
        let area = self.terminal.get_frame().area();
        self.terminal.resize(area)
    }

    fn size(&self) -> Size {
        size()
    }

    fn title(&mut self, title: &str) -> io::Result<()> {
        execute!(stdout(), SetTitle(crate::text::screen::visible(title)))
    }
}

/// What stands in the rows of the last frame that hold such a cluster; 0 for all others.
#[derive(Debug, Default)]
struct Rows(Vec<u64>);

impl Rows {
    /// Marks the rows of the next frame that are to be written in whole.
    fn refresh(&mut self, next: &mut Buffer) {
        let width = usize::from(next.area.width).max(1);
        self.0.resize(usize::from(next.area.height), 0);
        for (row, before) in next.content.chunks_mut(width).zip(&mut self.0) {
            let is_doubtful = row.iter().any(|cell| cell.symbol().len() > 1 && cell.symbol().chars().nth(1).is_some());
            let now = if is_doubtful { digest(row) } else { 0 };
            if std::mem::replace(before, now) != now {
                for cell in row {
                    cell.set_diff_option(CellDiffOption::AlwaysUpdate);
                }
            }
        }
    }
}

fn digest(row: &[Cell]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for cell in row {
        cell.symbol().hash(&mut hasher);
    }
    hasher.finish().max(1)
}

#[cfg(test)]
#[path = "../../../tests/unit/tui/terminal/screen.rs"]
mod tests;
