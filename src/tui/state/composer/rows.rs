//! The rows into which the composer's text falls, made around the cursor only; and how Up and Down go by them.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::Composer;
use crate::model::Moment;
use crate::text::screen::{visible, width, wrap_shown};

/// The rows of one line of a text, as byte ranges of the text.
fn rows_of(text: &str, line: &Range<usize>, cells: usize) -> Vec<Range<usize>> {
    let rows = wrap_shown(text.get(line.clone()).unwrap_or_default(), cells);
    rows.into_iter().map(|row| line.start + row.start..line.start + row.end).collect()
}

/// The row in which the cursor stands, and its column there; behind a full row that is the first column outside.
fn place_of(cursor: usize, rows: &[Range<usize>], text: &str) -> (usize, usize) {
    let at = rows.iter().rposition(|row| row.start <= cursor).unwrap_or(0);
    let start = rows.get(at).map_or(cursor, |row| row.start);
    (at, width(&visible(text.get(start..cursor).unwrap_or_default())))
}

/// The rows of the cursor's line, and its row and column: after a full row at the beginning of one more.
fn cursor_rows(composer: &Composer, cells: usize) -> (Vec<&str>, usize, usize) {
    let text = composer.text();
    let ranges = rows_of(text, &composer.editor.line(), cells);
    let (at, column) = place_of(composer.editor.cursor(), &ranges, text);
    let mut rows: Vec<&str> = ranges.into_iter().map(|row| text.get(row).unwrap_or_default()).collect();
    if column < cells {
        return (rows, at, column);
    }
    rows.insert(at + 1, "");
    (rows, at + 1, 0)
}

/// The rows of a window so high, around the cursor where there is more than fits; and the cursor's row and column.
pub fn window(composer: &Composer, cells: u16, height: usize) -> (Vec<&str>, usize, usize) {
    let cells = usize::from(cells.max(1));
    let (text, line) = (composer.text(), composer.editor.line());
    let rows_of = |line| wrap_shown(line, cells).into_iter().map(move |row| str::get(line, row).unwrap_or_default());
    let before = line.start.checked_sub(1).and_then(|end| text.get(..end));
    let above = before.into_iter().flat_map(|text| text.rsplit('\n')).flat_map(|line| rows_of(line).rev());
    let mut rows: Vec<&str> = above.take(height).collect();
    rows.reverse();
    let (own, at, column) = cursor_rows(composer, cells);
    let at = rows.len() + at;
    rows.extend(own);
    let after = text.get(line.end + 1..).into_iter().flat_map(|text| text.split('\n'));
    rows.extend(after.flat_map(rows_of).take(height));
    let top = at.saturating_sub(height / 2).min(rows.len().saturating_sub(height));
    (rows.into_iter().skip(top).take(height).collect(), at - top, column)
}

/// Rows that the inside of the pane would like at this width, the one for the text as it is sent included: from 1 to `max`.
pub fn wanted_height(composer: &Composer, now: Moment, width: u16, max: u16) -> u16 {
    if max == 0 {
        return 0;
    }
    let preview = u16::from(max > 1 && composer.preview(now).is_some());
    let (cells, most) = (usize::from(width.max(1)), usize::from(max - preview));
    let rows = composer.text().split('\n').flat_map(|line| wrap_shown(line, cells)).take(most).count();
    // A cursor after a full last row needs one more.
    let line = composer.text().get(composer.editor.line()).unwrap_or_default();
    let extra = cursor_rows(composer, cells).0.len() - wrap_shown(line, cells).len();
    u16::try_from((rows + extra).clamp(1, most)).unwrap_or(max) + preview
}

impl Composer {
    /// One row up; on the first row, one text back in the history.
    pub fn up(&mut self) {
        if !self.row(false) && self.back < self.sent.len() {
            self.walk_to(self.back + 1);
        }
    }

    /// One row down; on the last row, one text nearer in the history, and at last the draft again.
    pub fn down(&mut self) {
        if !self.row(true) && self.back > 0 {
            self.walk_to(self.back - 1);
        }
    }

    /// Moves by one row as it stands on the screen, keeping the column. False where there is none.
    fn row(&mut self, down: bool) -> bool {
        let cells = if self.width == 0 { usize::MAX } else { usize::from(self.width) };
        let (text, line, cursor) = (self.editor.text(), self.editor.line(), self.editor.cursor());
        let here = rows_of(text, &line, cells);
        let (at, column) = place_of(cursor, &here, text);
        // A cursor after a full last row is shown at the beginning of the next.
        let past = column >= cells;
        let goal = self.goal.filter(|(place, _)| *place == cursor).map(|(_, column)| column);
        let column = goal.unwrap_or(if past { 0 } else { column });
        let in_line = if down { Some(at + 1) } else { (at + usize::from(past)).checked_sub(1) };
        let above = || {
            let end = line.start.checked_sub(1)?;
            rows_of(text, &(text.get(..end)?.rfind('\n').map_or(0, |n| n + 1)..end), cells).pop()
        };
        let below = || {
            let start = line.end + 1;
            let end = text.get(start..)?.find('\n').map_or(text.len(), |n| start + n);
            rows_of(text, &(start..end), cells).into_iter().next()
        };
        let target = in_line.and_then(|at| here.get(at).cloned());
        let Some(target) = target.or_else(|| if down { below() } else { above() }) else { return false };
        let ends_line = text.get(target.end..).is_none_or(|rest| rest.is_empty() || rest.starts_with('\n'));
        let place = target.start + column_in(text.get(target).unwrap_or_default(), column, ends_line);
        self.editor.place(place);
        self.goal = Some((place, column));
        true
    }
}

/// The byte offset at `column` cells; behind the last cluster only where the row ends its line.
fn column_in(row: &str, column: usize, ends_line: bool) -> usize {
    let (mut used, mut last) = (0, 0);
    for (at, cluster) in row.grapheme_indices(true) {
        last = at;
        used += width(&visible(cluster));
        if used > column {
            return at;
        }
    }
    if ends_line { row.len() } else { last }
}
