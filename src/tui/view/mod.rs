//! What stands on the screen: `view(&State, &mut Frame)` only reads. One file a pane.

mod bars;
pub mod conversations;
mod demo;
mod diagnosis_card;
mod frame;
pub mod log;
pub mod open_conversation;
mod overlay;
mod pass;

use std::ops::Range;

use ratatui::Frame;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect};
use ratatui::widgets::{Clear, Widget as _};

pub use frame::DrawingContext;

use super::layout::{MINIMUM, Panes};
use super::theme::StyleRole;
use crate::model::Masks;
use crate::tui::state::State;

/// Draws the whole screen.
pub fn view(state: &State, frame: &mut Frame) {
    if let Some(cursor) = draw(state, frame.buffer_mut()) {
        frame.set_cursor_position(cursor);
    }
}

/// Draws the whole screen into a buffer of the state's size; where the cursor stands, if it is shown.
pub fn draw(state: &State, buf: &mut Buffer) -> Option<Position> {
    let panes = state.panes();
    // Between a resize and its event the buffer can be smaller than the state believes: draw nothing that is outside.
    if buf.area.width < state.arrangement.size.width || buf.area.height < state.arrangement.size.height {
        return None;
    }
    if panes.too_small {
        let size = state.arrangement.size;
        let needs = format!("guestwire needs {}x{}", MINIMUM.width, MINIMUM.height);
        let said = format!("{needs}; this is {}x{}. Sends continue, and nothing is lost.", size.width, size.height);
        let style = state.look.theme.style(StyleRole::Text);
        frame::sentence(&said, Rect::from((Position::ORIGIN, size)), style, buf);
        return None;
    }
    if let Some(demo) = &state.demo.present {
        let typing = demo::draw(state, demo, buf);
        let cursor = if state.overlay.is_some() { overlay::draw(state, buf) } else { typing };
        mask(&state.session.profile.masks.with_phones(), buf);
        return cursor;
    }
    bars::draw_top(state, panes.header, buf);
    let mut cursor = draw_panes(state, &panes, buf);
    bars::draw_keys(state, panes.footer, buf);
    let prompt = bars::draw_status(state, panes.status, buf);
    if state.overlay.is_some() {
        // A prompt has its line, and may show choices above it.
        cursor = prompt.or(overlay::draw(state, buf));
    }
    if let Some(first) = state.keys.menu_of(state.now) {
        overlay::prefix_menu(state, first, buf);
    }
    mask(&state.session.profile.masks, buf);
    cursor
}

fn draw_panes(state: &State, panes: &Panes, buf: &mut Buffer) -> Option<Position> {
    frame::rules(panes, &state.look.theme, buf);
    if let Some(area) = panes.thread {
        open_conversation::draw_thread(state, &area, buf);
    }
    if let Some(area) = panes.log {
        log::draw_pane(state, &area, buf);
    }
    if let Some(area) = panes.pass {
        pass::draw(state, &area, buf);
    }
    let cursor =
        panes.composer.and_then(|area| open_conversation::draw_composer(state, &area, panes.thread.is_some(), buf));
    if let Some(area) = panes.picker {
        if panes.picker_on_top {
            Clear.render(area.outer, buf);
            // The panes below the list have drawn over the rule at its side.
            frame::rules(panes, &state.look.theme, buf);
        }
        conversations::draw_pane(state, &area, buf);
    }
    cursor
}

/// The final pass over a drawn frame: masks each text that `[redact]` names wherever it stands in a row, also in the composer, in
/// dialogs and in the status line, with a `*` in each cell but blanks. (Text that wraps is masked where it is laid out.)
fn mask(masks: &Masks, buf: &mut Buffer) {
    if masks.is_empty() {
        return;
    }
    let columns = usize::from(buf.area.width);
    let mut text = String::new();
    for row in buf.content.chunks_mut(columns.max(1)) {
        text.clear();
        // Where each cell's text stands in the row's.
        let place = |cell: &Cell| {
            let start = text.len();
            text.push_str(cell.symbol());
            start..text.len()
        };
        let places: Vec<Range<usize>> = row.iter().map(place).collect();
        for (found, _) in masks.find(&text) {
            for (cell, place) in row.iter_mut().zip(&places) {
                if place.start < found.end && place.end > found.start && cell.symbol() != " " {
                    cell.set_symbol("*");
                }
            }
        }
    }
}

#[cfg(test)]
#[path = "../../../tests/unit/tui/view/masking.rs"]
mod tests;
