//! Clusters that terminals measure differently: flags, families, conjuncts, accents on accents. Some draw a cluster of
//! two cells as two characters, and keep the second where only the first is written over. So a row that holds such a
//! cluster, or held one, is written in whole when it changes.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use ratatui::buffer::{Buffer, Cell, CellDiffOption};

/// What stands in the rows of the last frame that hold such a cluster; 0 for all others.
#[derive(Debug, Default)]
pub struct Rows(Vec<u64>);

impl Rows {
    /// Marks the rows of the next frame that are to be written in whole.
    pub fn refresh(&mut self, next: &mut Buffer) {
        let width = usize::from(next.area.width).max(1);
        self.0.resize(usize::from(next.area.height), 0);
        for (row, before) in next.content.chunks_mut(width).zip(&mut self.0) {
            let now = if row.iter().any(is_doubtful) { digest(row) } else { 0 };
            if std::mem::replace(before, now) != now {
                for cell in row {
                    cell.set_diff_option(CellDiffOption::AlwaysUpdate);
                }
            }
        }
    }
}

/// More than one character in a cell.
fn is_doubtful(cell: &Cell) -> bool {
    let symbol = cell.symbol();
    symbol.len() > 1 && symbol.chars().nth(1).is_some()
}

fn digest(row: &[Cell]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for cell in row {
        cell.symbol().hash(&mut hasher);
    }
    hasher.finish().max(1)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::cell::RefCell;
    use std::io;
    use std::rc::Rc;

    use ratatui::backend::CrosstermBackend;
    use ratatui::layout::Rect;
    use ratatui::style::Style;
    use ratatui::{Terminal, TerminalOptions, Viewport};

    use super::*;

    /// Bytes for a terminal, as they come.
    #[derive(Clone, Default)]
    struct Wire(Rc<RefCell<Vec<u8>>>);

    impl io::Write for Wire {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What a terminal shows that draws a flag as two characters, after these frames; and the bytes of the last.
    fn shown(frames: &[&str]) -> (String, usize) {
        let area = Rect::new(0, 0, 20, 2);
        let wire = Wire::default();
        let mut rows = Rows::default();
        let options = TerminalOptions { viewport: Viewport::Fixed(area) };
        let mut terminal = Terminal::with_options(CrosstermBackend::new(wire.clone()), options).unwrap();
        let mut screen = vt100::Parser::new(2.try_into().unwrap(), 20.try_into().unwrap(), 0);
        let mut bytes = 0;
        for text in frames {
            terminal
                .draw(|frame| {
                    frame.buffer_mut().set_string(0, 0, text, Style::new());
                    frame.buffer_mut().set_string(0, 1, "plain", Style::new());
                    rows.refresh(frame.buffer_mut());
                })
                .unwrap();
            let written = wire.0.take();
            bytes = written.len();
            screen.process(&written);
        }
        let lines: Vec<String> = screen.screen().rows(0, 20).map(|row| row.trim_end().to_owned()).collect();
        (lines.join("\n"), bytes)
    }

    #[test]
    fn no_half_of_a_flag_stays_behind() {
        assert_eq!(shown(&["a 🇩🇪 b", "a"]).0, "a\nplain");
        assert_eq!(shown(&["a 🇩🇪 b", "", "  👩‍👩‍👧 x", "x"]).0, "x\nplain");
        assert_eq!(shown(&["a 🇩🇪 b"]).0, "a 🇩🇪 b\nplain");
    }

    #[test]
    fn a_row_that_stays_as_it_is_is_not_written_again() {
        let (_, nothing) = shown(&["plain", "plain"]);
        assert_eq!(shown(&["a 🇩🇪 b", "a 🇩🇪 b", "a 🇩🇪 b"]).1, nothing);
    }
}
