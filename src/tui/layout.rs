//! Where the panes stand: a pure function of the size and of what is wanted, used by `update` and by the view.
//!
//! ```text
//! from 140 columns   picker │ thread │ log   over the composer
//! from 110           picker │ log (or thread)   over the composer
//! from  32 rows      the thread stands above the log where it cannot stand beside it
//! from  70           log (or thread) over the composer; the picker comes as a sheet from the left while it has the focus
//! from  40           the same without borders: a heading line each; the picker takes the whole body
//! below 40×12        one sentence
//! ```

use ratatui::layout::{Rect, Size};

use super::pane::Pane;

/// The smallest supported terminal.
pub const MINIMUM: Size = Size { width: 40, height: 12 };
/// Width of the conversation picker where it stands beside the rest.
const PICKER_WIDTH: u16 = 34;
/// From here on the thread stands beside the log.
const THREAD_BESIDE: u16 = 140;
/// From so many rows on the thread stands above the log where it cannot stand beside it.
const THREAD_ABOVE: u16 = 32;
/// From here on the picker stands beside the rest.
const PICKER_BESIDE: u16 = 110;
/// From here on panes have borders.
const BORDERS: u16 = 70;

/// What decides where panes stand, besides the size.
#[expect(clippy::struct_excessive_bools, reason = "independent switches of a person's")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// The pane with the focus.
    pub focus: Pane,
    /// Whether it has the whole body.
    pub zoomed: bool,
    /// Whether the thread stands beside or above the log where there is room for both.
    pub thread_beside: bool,
    /// Whether the thread stands in the log's place where there is not.
    pub thread_over: bool,
    /// Whether the regression pass stands in the log's place.
    pub pass: bool,
}

/// A pane's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaneArea {
    /// With the border, or with the heading line.
    pub outer: Rect,
    /// What the pane itself draws on.
    pub inner: Rect,
    /// Whether there is a border; otherwise the first row of `outer` is a heading.
    pub bordered: bool,
}

/// Where everything stands. A pane that is `None` is not on screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Panes {
    /// The terminal is too small: nothing else is set.
    pub too_small: bool,
    /// Top row.
    pub header: Rect,
    /// The conversations.
    pub picker: Option<PaneArea>,
    /// The picker covers what is under it.
    pub picker_on_top: bool,
    /// The log.
    pub log: Option<PaneArea>,
    /// The messages.
    pub thread: Option<PaneArea>,
    /// The regression pass.
    pub pass: Option<PaneArea>,
    /// The composer.
    pub composer: Option<PaneArea>,
    /// The sticky line.
    pub status: Rect,
    /// The keys.
    pub footer: Rect,
}

impl Panes {
    /// The place of a pane.
    pub fn get(&self, pane: Pane) -> Option<PaneArea> {
        match pane {
            Pane::Picker => self.picker,
            Pane::Log => self.log,
            Pane::Thread => self.thread,
            Pane::Composer => self.composer,
            Pane::Pass => self.pass,
        }
    }
}

/// Where everything stands at `size`. `composer_rows(width, most)` tells how many rows the composer's text wants.
pub fn panes(size: Size, shape: Shape, composer_rows: impl Fn(u16, u16) -> u16) -> Panes {
    if size.width < MINIMUM.width || size.height < MINIMUM.height {
        return Panes { too_small: true, ..Panes::default() };
    }
    let row = |y| Rect::new(0, y, size.width, 1);
    let (header, status, footer) = (row(0), row(size.height - 2), row(size.height - 1));
    let body = Rect::new(0, 1, size.width, size.height - 3);
    let mut panes = Panes { header, status, footer, ..Panes::default() };
    let bordered = size.width >= BORDERS;
    if shape.zoomed {
        let area = Some(pane(body, bordered));
        match shape.focus {
            Pane::Picker => panes.picker = area,
            Pane::Log => panes.log = area,
            Pane::Thread => panes.thread = area,
            Pane::Composer => panes.composer = area,
            Pane::Pass => panes.pass = area,
        }
        return panes;
    }
    let rest = place_picker(&mut panes, body, shape.focus, bordered);
    let frame = if bordered { 2 } else { 1 };
    let most = (rest.height / 3).max(1);
    let inside = rest.width.saturating_sub(if bordered { 2 } else { 0 });
    let rows = composer_rows(inside, most).clamp(1, most);
    let (upper, lower) = split_bottom(rest, rows + frame);
    panes.composer = Some(pane(lower, bordered));
    let roomy = holds_thread_and_log(size);
    if roomy && shape.thread_beside {
        let (thread, log) = if size.width >= THREAD_BESIDE {
            split_left(upper, upper.width * 38 / 100)
        } else {
            split_bottom(upper, upper.height * 3 / 5)
        };
        panes.thread = Some(pane(thread, bordered));
        panes.log = Some(pane(log, bordered));
    } else if !roomy && shape.thread_over {
        panes.thread = Some(pane(upper, bordered));
    } else {
        panes.log = Some(pane(upper, bordered));
    }
    if shape.pass {
        panes.pass = panes.log.take();
    }
    panes
}

/// Whether thread and log can both be shown: side by side, or one above the other.
pub const fn holds_thread_and_log(size: Size) -> bool {
    size.width >= THREAD_BESIDE || (size.width >= BORDERS && size.height >= THREAD_ABOVE)
}

/// Gives the picker its place; what is left for the others.
fn place_picker(panes: &mut Panes, body: Rect, focus: Pane, bordered: bool) -> Rect {
    if body.width >= PICKER_BESIDE {
        let (left, right) = split_left(body, PICKER_WIDTH);
        panes.picker = Some(pane(left, bordered));
        return right;
    }
    if focus == Pane::Picker {
        panes.picker_on_top = true;
        let width = if bordered { PICKER_WIDTH.min(body.width) } else { body.width };
        panes.picker = Some(pane(Rect { width, ..body }, bordered));
    }
    body
}

/// The left `width` columns, and the rest.
fn split_left(area: Rect, width: u16) -> (Rect, Rect) {
    let width = width.min(area.width);
    (Rect { width, ..area }, Rect { x: area.x + width, width: area.width - width, ..area })
}

/// What is above the lowest `height` rows, and those.
fn split_bottom(area: Rect, height: u16) -> (Rect, Rect) {
    let height = height.min(area.height);
    (Rect { height: area.height - height, ..area }, Rect { y: area.bottom() - height, height, ..area })
}

fn pane(outer: Rect, bordered: bool) -> PaneArea {
    let inner = if bordered {
        Rect {
            x: outer.x + 1,
            y: outer.y + 1,
            width: outer.width.saturating_sub(2),
            height: outer.height.saturating_sub(2),
        }
    } else {
        Rect { y: outer.y + 1, height: outer.height.saturating_sub(1), ..outer }
    };
    PaneArea { outer, inner, bordered }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape =
        Shape { focus: Pane::Composer, zoomed: false, thread_beside: true, thread_over: false, pass: false };

    fn at(width: u16, height: u16, shape: Shape) -> Panes {
        panes(Size { width, height }, shape, |_, _| 2)
    }

    #[test]
    fn breakpoints() {
        let wide = at(160, 50, SHAPE);
        assert!(wide.picker.is_some() && wide.thread.is_some() && wide.log.is_some() && !wide.picker_on_top);
        let usual = at(120, 36, SHAPE);
        assert!(usual.picker.is_some() && usual.log.is_some());
        assert!(usual.thread.zip(usual.log).is_some_and(|(t, l)| t.outer.bottom() == l.outer.top()));
        assert!(at(120, 30, SHAPE).thread.is_none());
        let narrow = at(80, 24, SHAPE);
        assert!(narrow.picker.is_none() && narrow.log.is_some());
        let picking = at(80, 24, Shape { focus: Pane::Picker, ..SHAPE });
        assert!(picking.picker_on_top && picking.picker.is_some_and(|p| p.outer.width == PICKER_WIDTH));
        assert!(at(60, 18, SHAPE).log.is_some_and(|p| !p.bordered));
        assert!(at(40, 12, SHAPE).composer.is_some());
        assert!(at(39, 12, SHAPE).too_small && at(40, 11, SHAPE).too_small);
    }

    #[test]
    fn the_pass_takes_the_logs_place() {
        for (width, height) in [(160, 50), (120, 36), (80, 24), (40, 12)] {
            let pass = at(width, height, Shape { pass: true, ..SHAPE });
            assert_eq!(pass.pass, at(width, height, SHAPE).log);
            assert!(pass.pass.is_some() && pass.log.is_none());
        }
    }

    #[test]
    fn the_thread_takes_the_logs_place_where_there_is_no_room_for_both() {
        let over = Shape { thread_over: true, ..SHAPE };
        assert!(at(120, 30, over).thread.is_some() && at(120, 30, over).log.is_none());
        assert!(at(160, 50, over).thread.is_some() && at(160, 50, over).log.is_some());
    }

    #[test]
    fn panes_never_overlap_and_stay_on_screen() {
        for width in 40..200 {
            for height in 12..60 {
                let panes = at(width, height, SHAPE);
                let screen = Rect::new(0, 0, width, height);
                let areas: Vec<Rect> = [Some(panes.header), Some(panes.status), Some(panes.footer)]
                    .into_iter()
                    .chain(
                        [panes.picker, panes.log, panes.thread, panes.pass, panes.composer].map(|p| p.map(|p| p.outer)),
                    )
                    .flatten()
                    .collect();
                for (i, a) in areas.iter().enumerate() {
                    assert_eq!(screen.intersection(*a), *a, "{width}x{height}");
                    for b in areas.iter().skip(i + 1) {
                        assert!(a.intersection(*b).is_empty(), "{width}x{height}: {a:?} {b:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_focused_pane_can_have_it_all() {
        let zoomed = at(120, 36, Shape { focus: Pane::Log, zoomed: true, ..SHAPE });
        assert!(zoomed.picker.is_none() && zoomed.composer.is_none());
        assert_eq!(zoomed.log.map(|p| p.outer.height), Some(33));
    }
}
