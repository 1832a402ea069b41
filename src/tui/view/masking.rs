//! The last hand over a frame: what `[redact]` names is masked wherever it stands in a row, also in the composer, in
//! dialogs and in the status line. (Text that wraps is masked before: see [`super::thread`].)

use std::ops::Range;

use ratatui::buffer::Buffer;

use crate::model::Masks;

/// Puts a `*` into each cell of what is masked. Blanks stay.
pub fn draw(masks: &Masks, buf: &mut Buffer) {
    if masks.is_empty() {
        return;
    }
    let columns = usize::from(buf.area.width);
    let mut text = String::new();
    for row in buf.content.chunks_mut(columns.max(1)) {
        text.clear();
        // Where each cell's text stands in the row's.
        let places: Vec<Range<usize>> = row
            .iter()
            .map(|cell| {
                let start = text.len();
                text.push_str(cell.symbol());
                start..text.len()
            })
            .collect();
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
