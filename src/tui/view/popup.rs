//! The boxes that stand on top: in the middle of what is not the list, what is behind them dimmed.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::frame::{borders, clear, dim, outline};
use crate::text::screen::{fit, plain, put, visible, visible_lines, width, wrap};
use crate::tui::state::State;
use crate::tui::theme::StyleRole;

/// A box with at most `inner_width` × `inner_height` inside, a blank at each side; what is inside.
pub(super) fn popup(state: &State, title: &str, inner_width: usize, inner_height: usize, buf: &mut Buffer) -> Rect {
    framed(state, title, StyleRole::Focus, inner_width, inner_height, buf)
}

/// The same, in a frame of another colour.
pub(super) fn framed(
    state: &State,
    title: &str,
    role: StyleRole,
    inner_width: usize,
    inner_height: usize,
    buf: &mut Buffer,
) -> Rect {
    let screen = Rect { height: buf.area.height.saturating_sub(2), ..buf.area };
    dim(screen, &state.look.theme, buf);
    let wide = u16::try_from(inner_width).unwrap_or(u16::MAX).saturating_add(4);
    let high = u16::try_from(inner_height).unwrap_or(u16::MAX).saturating_add(2);
    // In the middle of the panes, unless it is wider than those.
    let main = if state.demo.present.is_some() { screen } else { state.panes().main };
    let main = if wide > main.width { screen } else { main };
    let width = wide.min(screen.width);
    let height = high.min(screen.height).max(3);
    let outer = Rect {
        x: main.x + main.width.saturating_sub(width) / 2,
        y: screen.y + screen.height.saturating_sub(height) / 2,
        width,
        height,
    };
    clear(outer, buf);
    outline(
        outer,
        &borders(&state.look.theme),
        state.look.theme.style(if role == StyleRole::Focus { StyleRole::Border } else { role }),
        buf,
    );
    let heading = format!(" {} ", visible(title));
    let heading = plain(&heading, state.look.theme.ascii);
    let heading = fit(&heading, usize::from(width.saturating_sub(4)), state.look.theme.ascii);
    put(buf, outer.x + 1, outer.y, &heading, usize::from(width), state.look.theme.style(role));
    Rect { x: outer.x + 2, y: outer.y + 1, width: width.saturating_sub(4), height: height.saturating_sub(2) }
}

/// Says on the frame around `inner` how many rows there are above and below what is shown.
pub(super) fn more(state: &State, inner: Rect, above: usize, below: usize, buf: &mut Buffer) {
    for (count, y) in [(above, inner.y.saturating_sub(1)), (below, inner.bottom())] {
        if count > 0 {
            let text = format!(" {count} more ");
            let x = inner.right().saturating_sub(u16::try_from(width(&text)).unwrap_or(0)).max(inner.x);
            put(buf, x, y, &text, usize::from(inner.width), state.look.theme.style(StyleRole::Strong));
        }
    }
}

/// A row of a list.
pub(super) fn row(state: &State, line: &str, chosen: bool, dim: bool, inner: Rect, y: u16, buf: &mut Buffer) {
    let style = state.look.theme.style(if dim { StyleRole::Dim } else { StyleRole::Text });
    let room = usize::from(inner.width);
    let line = plain(line, state.look.theme.ascii);
    put(buf, inner.x, y, fit(&line, room, state.look.theme.ascii), room, style);
    if chosen {
        state.look.theme.select(Rect { y, height: 1, ..inner }, buf);
    }
}

/// Lines of text in rows of so many cells.
pub(super) fn wrapped(lines: &[String], cells: usize) -> Vec<String> {
    lines
        .iter()
        .flat_map(|line| visible_lines(line).map(std::borrow::Cow::into_owned).collect::<Vec<_>>())
        .flat_map(|line| {
            wrap(&line, cells).into_iter().map(|r| line.get(r).unwrap_or_default().to_owned()).collect::<Vec<_>>()
        })
        .collect()
}
