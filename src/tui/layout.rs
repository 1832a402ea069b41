//! Where the panes stand: a pure function of the size and of what is wanted, used by `update` and by the view.
//!
//! ```text
//! from 170 columns   list │ thread │ log           over the composer
//! from 110           list │ thread over log        over the composer
//! from  70 × 20      thread over log, composer     the list comes as a sheet from the left while it has the focus
//! from  70           log (or thread), composer
//! from  40           the same without rules: a heading line each; the list takes the whole body
//! below 40×12        one sentence
//! ```
//! Panes share one rule between them; the first column of each pane is kept for the mark of its selected row.

use ratatui::layout::{Rect, Size};

use super::action::Context;

pub const MINIMUM: Size = Size { width: 40, height: 12 };
const THREAD_BESIDE: u16 = 170;
const THREAD_ABOVE: u16 = 20;
const LIST_BESIDE: u16 = 110;
const RULES: u16 = 70;
/// From so many rows on there is a rule above the status line.
const BOTTOM_RULE: u16 = 16;

/// A pane that can have the focus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Pane {
    /// The conversations.
    Picker,
    /// The log.
    Log,
    /// The messages of the open conversation.
    Thread,
    /// The composer.
    #[default]
    Composer,
    /// The regression pass.
    Pass,
}

impl Pane {
    /// Where its keys are resolved. The thread moves by the log's keys.
    pub const fn context(self) -> Context {
        match self {
            Self::Picker => Context::Picker,
            Self::Log | Self::Thread => Context::Log,
            Self::Composer => Context::Composer,
            Self::Pass => Context::Pass,
        }
    }
}

/// What a person and the terminal decide of where panes stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrangement {
    pub size: Size,
    pub focus: Pane,
    pub zoomed: bool,
    /// Whether the thread stands beside or above the log where there is room for both.
    thread_beside: bool,
    /// Whether the thread stands in the log's place where there is not.
    thread_over: bool,
}

impl Arrangement {
    pub const fn new(size: Size) -> Self {
        Self { size, focus: Pane::Composer, zoomed: false, thread_beside: true, thread_over: false }
    }

    pub const fn thread_covers_log(self) -> bool {
        self.thread_over && !holds_thread_and_log(self.size)
    }

    pub fn uncover_log(&mut self) {
        self.thread_over = false;
    }

    /// Shows the thread beside the log, or in its place; or puts it away. The focus goes with what is shown.
    pub fn toggle_thread(&mut self) {
        let list_covers = self.focus == Pane::Picker && self.size.width < LIST_BESIDE && !self.zoomed;
        let shown = if holds_thread_and_log(self.size) && !self.zoomed {
            self.thread_beside = !self.thread_beside;
            self.thread_beside
        } else {
            self.thread_over = !self.thread_over;
            if self.thread_over && self.focus == Pane::Log {
                self.focus = Pane::Thread;
            }
            self.thread_over
        };
        if list_covers {
            self.focus = if shown { Pane::Thread } else { Pane::Log };
        } else if !shown && self.focus == Pane::Thread {
            self.focus = Pane::Log;
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaneArea {
    /// With the heading, which is its first row.
    pub outer: Rect,
    /// What the pane itself draws on; its first column is for the mark of the selected row.
    pub inner: Rect,
    /// Whether rules part it from its neighbours; otherwise its heading does.
    pub ruled: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleLines {
    /// The column beside the list.
    pub list: Option<u16>,
    /// The column between thread and log.
    pub middle: Option<u16>,
    /// The row between thread and log.
    pub log: Option<u16>,
    /// The row above the composer.
    pub composer: Option<u16>,
    /// The row above the status line.
    pub bottom: Option<u16>,
}

/// Where everything stands. A pane that is `None` is not on screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Panes {
    /// The terminal is too small: nothing else is set.
    pub too_small: bool,
    pub header: Rect,
    pub picker: Option<PaneArea>,
    pub picker_on_top: bool,
    pub log: Option<PaneArea>,
    pub thread: Option<PaneArea>,
    pub pass: Option<PaneArea>,
    pub composer: Option<PaneArea>,
    pub status: Rect,
    pub footer: Rect,
    pub rules: RuleLines,
    /// What is not the list: where overlays stand.
    pub main: Rect,
}

impl Panes {
    pub fn get(mut self, pane: Pane) -> Option<PaneArea> {
        *self.of(pane)
    }

    fn of(&mut self, pane: Pane) -> &mut Option<PaneArea> {
        match pane {
            Pane::Picker => &mut self.picker,
            Pane::Log => &mut self.log,
            Pane::Thread => &mut self.thread,
            Pane::Composer => &mut self.composer,
            Pane::Pass => &mut self.pass,
        }
    }
}

/// `pass`: it stands in the log's place. `composer_rows(width, most)` tells how many rows the composer's text wants.
pub fn panes(arrangement: Arrangement, pass: bool, composer_rows: impl Fn(u16, u16) -> u16) -> Panes {
    let size = arrangement.size;
    if size.width < MINIMUM.width || size.height < MINIMUM.height {
        return Panes { too_small: true, ..Panes::default() };
    }
    let row = |y| Rect::new(0, y, size.width, 1);
    let (header, status, footer) = (row(0), row(size.height - 2), row(size.height - 1));
    let ruled = size.width >= RULES;
    let bottom = ruled && size.height >= BOTTOM_RULE;
    let body = Rect::new(0, 1, size.width, size.height - 3 - u16::from(bottom));
    let rules = RuleLines { bottom: bottom.then(|| body.bottom()), ..RuleLines::default() };
    let mut panes = Panes { header, status, footer, rules, main: body, ..Panes::default() };
    if arrangement.zoomed {
        *panes.of(arrangement.focus) = Some(pane(body, ruled));
        return panes;
    }
    let rest = place_list(&mut panes, body, arrangement.focus, ruled);
    panes.main = rest;
    let rule = u16::from(ruled);
    let most = (rest.height / 3).saturating_sub(1).max(1);
    let rows = composer_rows(rest.width.saturating_sub(COMPOSER_BEFORE + rule), most).clamp(1, most);
    let (upper, lower) = split_bottom(rest, rows + 1);
    panes.composer = Some(pane(lower, ruled));
    let upper = Rect { height: upper.height.saturating_sub(rule), ..upper };
    panes.rules.composer = ruled.then(|| upper.bottom());
    let both = holds_thread_and_log(size);
    if both && arrangement.thread_beside && size.width >= THREAD_BESIDE {
        let (thread, log) = split_left(upper, upper.width * 42 / 100);
        panes.rules.middle = Some(thread.right());
        panes.thread = Some(pane(thread, ruled));
        panes.log = Some(pane(Rect { x: log.x + 1, width: log.width.saturating_sub(1), ..log }, ruled));
    } else if both && arrangement.thread_beside {
        // Where it is tight the conversation gets the larger part: it is what one came for.
        let share = if upper.height < 20 { 56 } else { 48 };
        let rows = upper.height.saturating_sub(1);
        let (thread, log) = split_bottom(upper, rows - rows * share / 100);
        let thread = Rect { height: thread.height.saturating_sub(1), ..thread };
        panes.rules.log = Some(thread.bottom());
        panes.thread = Some(pane(thread, ruled));
        panes.log = Some(pane(log, ruled));
    } else if !both && arrangement.thread_over {
        panes.thread = Some(pane(upper, ruled));
    } else {
        panes.log = Some(pane(upper, ruled));
    }
    if pass {
        panes.pass = panes.log.take();
    }
    panes
}

/// Cells before the composer's text: a blank, the mark, a blank.
pub const COMPOSER_BEFORE: u16 = 3;

pub const fn holds_thread_and_log(size: Size) -> bool {
    size.width >= RULES && size.height >= THREAD_ABOVE
}

fn place_list(panes: &mut Panes, body: Rect, focus: Pane, ruled: bool) -> Rect {
    let width = match body.width {
        180.. => 40,
        140.. => 36,
        _ => 30,
    };
    let (left, right) = split_left(body, width);
    let beside = Rect { x: right.x + 1, width: right.width.saturating_sub(1), ..right };
    if body.width >= LIST_BESIDE {
        panes.rules.list = Some(left.right());
        panes.picker = Some(pane(left, ruled));
        return beside;
    }
    if focus == Pane::Picker {
        panes.picker_on_top = true;
        panes.rules.list = ruled.then(|| left.right());
        panes.picker = Some(pane(if ruled { left } else { body }, ruled));
    }
    body
}

fn split_left(area: Rect, width: u16) -> (Rect, Rect) {
    let width = width.min(area.width);
    (Rect { width, ..area }, Rect { x: area.x + width, width: area.width - width, ..area })
}

fn split_bottom(area: Rect, height: u16) -> (Rect, Rect) {
    let height = height.min(area.height);
    (Rect { height: area.height - height, ..area }, Rect { y: area.bottom() - height, height, ..area })
}

fn pane(outer: Rect, ruled: bool) -> PaneArea {
    let edge = u16::from(ruled);
    let inner = Rect {
        y: outer.y + 1,
        height: outer.height.saturating_sub(1),
        width: outer.width.saturating_sub(edge),
        ..outer
    };
    PaneArea { outer, inner, ruled }
}

#[cfg(test)]
#[path = "../../tests/unit/tui/layout.rs"]
mod tests;
