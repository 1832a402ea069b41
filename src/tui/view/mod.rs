//! What stands on the screen: `view(&State, &mut Frame)` only reads. One file a pane.

pub mod composer;
pub mod conversations;
pub mod demo;
pub mod diagnosis_card;
pub mod footer;
pub mod frame;
pub mod header;
pub mod json;
pub mod log;
pub mod masking;
mod menu;
pub mod overlay;
pub mod pass;
pub mod status;
pub mod thread;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Position;

use super::layout::{MINIMUM, Panes};
use super::theme::{Role, Theme};
use crate::model::{Author, Moment};
use crate::tui::state::overlay::Overlay;
use crate::tui::state::{Pane, State};

/// What every pane needs besides its own state.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// Colours and glyphs.
    pub theme: &'a Theme,
    /// The moment of the event that led to this frame.
    pub now: Moment,
    /// The zone in which times are shown (local, or UTC by setting).
    pub zone: &'a jiff::tz::TimeZone,
    /// Whether this pane has the focus.
    pub focused: bool,
}

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
    if buf.area.width < state.size.width || buf.area.height < state.size.height {
        return None;
    }
    if panes.too_small {
        too_small(state, buf);
        return None;
    }
    if let Some(demo) = &state.present {
        let typing = demo::draw(state, demo, buf);
        let cursor = if state.overlay.is_some() { overlay::draw(state, buf) } else { typing };
        masking::draw(&state.session.profile.masks.with_phones(), buf);
        return cursor;
    }
    header::draw(state, panes.header, buf);
    let mut cursor = draw_panes(state, &panes, buf);
    footer::draw(state, panes.footer, buf);
    let prompt = status::draw(state, panes.status, buf);
    if state.overlay.is_some() {
        // A prompt has its line, and may show choices above it.
        let on_top = overlay::draw(state, buf);
        cursor = prompt.or(on_top);
    }
    if let Some(first) = state.prefix_menu() {
        overlay::prefix_menu(state, first, buf);
    }
    masking::draw(&state.session.profile.masks, buf);
    cursor
}

fn look(state: &State, pane: Pane) -> Look<'_> {
    let covered = state.overlay.as_ref().is_some_and(|o| !matches!(o, Overlay::Prompt(_)));
    Look { theme: &state.theme, now: state.now, zone: &state.zone, focused: state.focus == pane && !covered }
}

fn draw_panes(state: &State, panes: &Panes, buf: &mut Buffer) -> Option<Position> {
    let mut cursor = None;
    if let Some(area) = panes.log {
        let look = look(state, Pane::Log);
        frame::draw(
            &area,
            "2 Log",
            &log::title_now(state, usize::from(area.inner.width.saturating_sub(12))),
            &look,
            buf,
        );
        log::draw(state.shown_log(), &look, area.inner, buf);
    }
    if let Some(area) = panes.pass {
        let look = look(state, Pane::Pass);
        frame::draw(&area, &format!("4 {}", pass::title(state)), &pass::count(state), &look, buf);
        pass::draw(state, &look, area.inner, buf);
    }
    if let Some(area) = panes.thread {
        let look = look(state, Pane::Thread);
        let open = state.session.conversations.active().and_then(|key| state.session.threads.get(key));
        let unreadable = state.session.conversations.active_item().and_then(|item| item.readable.unreadable());
        let title = format!("t {}", thread::title(open, typist(state), unreadable));
        frame::draw(&area, &crate::text::screen::plain(&title, state.theme.ascii), &named(state), &look, buf);
        thread::draw(open, &state.session.profile.masks, &look, area.inner, buf);
    }
    if let Some(area) = panes.composer {
        let look = look(state, Pane::Composer);
        let id = state.session.conversations.active_item().and_then(|item| item.conversation_id());
        let to = composer::title(state.active_name(), id, state.theme.ascii);
        let to = match state.send_as {
            Some(variation) => format!("{to} AS {variation}"),
            None => to,
        };
        let room = usize::from(area.outer.width).saturating_sub(crate::text::screen::width(&to) + COMPOSER_FRAME);
        let aside = composer::aside(state, typist(state).filter(|_| panes.thread.is_none()), room);
        frame::draw(&area, &format!("3 {to}"), &aside, &look, buf);
        let at = composer::draw(&state.composer, &look, area.inner, buf);
        if look.focused {
            cursor = at;
        }
    }
    if let Some(area) = panes.picker {
        let look = look(state, Pane::Picker);
        if panes.picker_on_top {
            frame::clear(area.outer, buf);
        }
        frame::draw(
            &area,
            &format!("1 {}", conversations::title(&state.session.conversations)),
            &conversations::count(&state.session.conversations),
            &look,
            buf,
        );
        conversations::draw(&state.session.conversations, &look, area.inner, buf);
    }
    cursor
}

/// Cells of the composer's heading that are neither its name nor what stands at its right end.
const COMPOSER_FRAME: usize = 13;

/// Who of the open conversation's other side types.
fn typist(state: &State) -> Option<Author> {
    state.session.conversations.active_item()?.live.typist(state.now)
}

/// The open conversation: its name, and its id where that had to be learned.
fn named(state: &State) -> String {
    let learned = state.session.conversations.active_item().and_then(|item| item.live.conversation_id.as_deref());
    match learned {
        Some(id) => format!("{} {}", state.active_name(), crate::text::screen::short_id(id, state.theme.ascii)),
        None => state.active_name().to_owned(),
    }
}

fn too_small(state: &State, buf: &mut Buffer) {
    let size = state.size;
    let sentence = format!(
        "guestwire needs {}x{}; this is {}x{}. Sends go on, nothing is lost.",
        MINIMUM.width, MINIMUM.height, size.width, size.height
    );
    let style = state.theme.style(Role::Text);
    for (row, range) in crate::text::screen::wrap(&sentence, usize::from(size.width.max(1))).into_iter().enumerate() {
        let Ok(y) = u16::try_from(row) else { break };
        if y >= size.height {
            break;
        }
        crate::text::screen::put(buf, 0, y, sentence.get(range).unwrap_or_default(), usize::from(size.width), style);
    }
}
