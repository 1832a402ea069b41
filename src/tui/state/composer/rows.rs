//! The rows into which the composer's text falls, made around the cursor only, so that a frame costs what it shows,
//! whatever has been pasted.

use super::Composer;
use crate::model::Moment;
use crate::text::screen::{visible, width, wrap_shown};

/// One row of the text: a part of one line, and the cursor's column where it stands in this row.
pub struct ComposerRow<'t> {
    /// What stands in it.
    pub text: &'t str,
    /// The cursor's column, where it stands in this row.
    pub cursor: Option<usize>,
}

/// Rows that the text would like, at least 1.
fn text_rows(composer: &Composer, cells: u16, max: usize) -> usize {
    let mut rows = 0;
    for line in composer.text().split('\n') {
        rows += wrap_shown(line, usize::from(cells)).len();
        if rows >= max {
            return max;
        }
    }
    // A cursor after a full last row needs one more.
    let own = wrap_shown(cursor_line(composer), usize::from(cells)).len();
    let extra = cursor_rows(composer, cells).0.len().saturating_sub(own);
    (rows + extra).clamp(1, max.max(1))
}

fn cursor_line(composer: &Composer) -> &str {
    composer.text().get(composer.editor().line()).unwrap_or_default()
}

/// The rows of the cursor's line, and which of them the cursor stands in.
fn cursor_rows(composer: &Composer, cells: u16) -> (Vec<ComposerRow<'_>>, usize) {
    let line = cursor_line(composer);
    let offset = composer.editor().cursor() - composer.editor().line().start;
    let cells = usize::from(cells.max(1));
    let ranges = wrap_shown(line, cells);
    let at = ranges.iter().rposition(|r| r.start <= offset).unwrap_or(0);
    let mut rows: Vec<ComposerRow<'_>> =
        ranges.iter().map(|r| ComposerRow { text: line.get(r.clone()).unwrap_or_default(), cursor: None }).collect();
    let start = ranges.get(at).map_or(0, |r| r.start);
    let column = width(&visible(line.get(start..offset).unwrap_or_default()));
    if column >= cells {
        rows.insert(at + 1, ComposerRow { text: "", cursor: Some(0) });
        return (rows, at + 1);
    }
    if let Some(row) = rows.get_mut(at) {
        row.cursor = Some(column);
    }
    (rows, at)
}

/// The rows that stand in a window of `height` rows: the cursor's in the middle where there is more than fits.
pub fn window(composer: &Composer, cells: u16, height: usize) -> Vec<ComposerRow<'_>> {
    let text = composer.text();
    let line = composer.editor().line();
    let wrapped = |line: &'_ str| wrap_shown(line, usize::from(cells.max(1)));
    let (mut rows, mut at) = cursor_rows(composer, cells);
    let mut end = line.end;
    // Lines below, as many as could be shown.
    while rows.len() < at + height && end < text.len() {
        let start = end + 1;
        let rest = text.get(start..).unwrap_or_default();
        let next = rest.split('\n').next().unwrap_or_default();
        rows.extend(
            wrapped(next).into_iter().map(|r| ComposerRow { text: next.get(r).unwrap_or_default(), cursor: None }),
        );
        end = start + next.len();
    }
    // Lines above, as many as could be shown.
    let mut above: Vec<ComposerRow<'_>> = Vec::new();
    let mut start = line.start;
    while above.len() < height && start > 0 {
        let before = text.get(..start - 1).unwrap_or_default();
        let previous = before.rsplit('\n').next().unwrap_or_default();
        let parts = wrapped(previous).into_iter().rev();
        above.extend(parts.map(|r| ComposerRow { text: previous.get(r).unwrap_or_default(), cursor: None }));
        start = before.len() - previous.len();
    }
    at += above.len();
    above.reverse();
    above.append(&mut rows);
    let top = at.saturating_sub(height / 2).min(above.len().saturating_sub(height));
    above.into_iter().skip(top).take(height).collect()
}

/// Rows that the inside of the pane would like at this width, the one for the text as it is sent included: from 1 to `max`.
pub fn wanted_height(composer: &Composer, now: Moment, width: u16, max: u16) -> u16 {
    if max == 0 {
        return 0;
    }
    let preview = u16::from(max > 1 && composer.preview(now).is_some());
    let text = text_rows(composer, width.max(1), usize::from(max - preview));
    u16::try_from(text).unwrap_or(max).saturating_add(preview).min(max)
}
