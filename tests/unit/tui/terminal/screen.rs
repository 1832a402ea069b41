//! Tests of `tui::terminal::screen`.
#![expect(clippy::unwrap_used, reason = "tests")]

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
