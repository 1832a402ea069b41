//! What stands on the screen: `view(&State, &mut Frame)` only reads. One file a pane.

pub mod composer;
pub mod conversations;
pub mod demo;
pub mod diagnosis_card;
pub mod frame;
pub mod header;
pub mod json;
pub mod log;
pub mod masking;
mod menu;
pub mod overlay;
pub mod pass;
mod popup;
pub mod status;
pub mod thread;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::layout::{MINIMUM, PaneArea, Panes};
use super::theme::StyleRole;
use crate::model::{Author, WebSession};
use crate::session::thread::Thread;
use crate::text::screen::{short_id, width};
use crate::tui::state::overlay::Overlay;
use crate::tui::state::{Pane, State};
use frame::{DrawingContext, Heading};

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
        too_small(state, buf);
        return None;
    }
    if let Some(demo) = &state.demo.present {
        let typing = demo::draw(state, demo, buf);
        let cursor = if state.overlay.is_some() { overlay::draw(state, buf) } else { typing };
        masking::draw(&state.session.profile.masks.with_phones(), buf);
        return cursor;
    }
    header::draw(state, panes.header, buf);
    let mut cursor = draw_panes(state, &panes, buf);
    status::draw_keys(state, panes.footer, buf);
    let prompt = status::draw(state, panes.status, buf);
    if state.overlay.is_some() {
        // A prompt has its line, and may show choices above it.
        let on_top = overlay::draw(state, buf);
        cursor = prompt.or(on_top);
    }
    if let Some(first) = state.keys.menu_of(state.now) {
        overlay::prefix_menu(state, first, buf);
    }
    masking::draw(&state.session.profile.masks, buf);
    cursor
}

fn look(state: &State, pane: Pane) -> DrawingContext<'_> {
    let covered = state.overlay.as_ref().is_some_and(|o| !matches!(o, Overlay::Prompt(_)));
    DrawingContext {
        theme: &state.look.theme,
        now: state.now,
        zone: &state.look.zone,
        focused: state.arrangement.focus == pane && !covered,
    }
}

fn draw_panes(state: &State, panes: &Panes, buf: &mut Buffer) -> Option<Position> {
    let mut cursor = None;
    frame::rules(panes, &state.look.theme, buf);
    if let Some(area) = panes.thread {
        draw_thread(state, &area, buf);
    }
    if let Some(area) = panes.log {
        let look = look(state, Pane::Log);
        let aside = log::aside(state);
        let room = usize::from(area.outer.width).saturating_sub(width(&aside) + 14);
        let right = log::right(state, room);
        let heading = Heading { name: "2 Log", aside: &aside, right: &right, ..Heading::default() };
        frame::heading(&area, heading, &look, buf);
        log::draw(state.shown_log(), &look, area.inner, buf);
    }
    if let Some(area) = panes.pass {
        let look = look(state, Pane::Pass);
        let (aside, right) = (pass::aside(state), pass::count(state));
        let heading = Heading { name: "4 Test run", aside: &aside, right: &right, ..Heading::default() };
        frame::heading(&area, heading, &look, buf);
        pass::draw(state, &look, area.inner, buf);
    }
    if let Some(area) = panes.composer {
        cursor = draw_composer(state, &area, panes.thread.is_some(), buf);
    }
    if let Some(area) = panes.picker {
        let look = look(state, Pane::Picker);
        if panes.picker_on_top {
            frame::clear(area.outer, buf);
            // What it covers has drawn over the rule at its side.
            frame::rules(panes, &state.look.theme, buf);
        }
        let (aside, right) =
            (conversations::aside(&state.session.conversations), conversations::count(&state.session.conversations));
        let heading = Heading { name: "1 Conversations", aside: &aside, right: &right, ..Heading::default() };
        frame::heading(&area, heading, &look, buf);
        conversations::draw(&state.session.conversations, &look, area.inner, buf);
        conversations::draw_nothing(state, &look, area.inner, buf);
    }
    cursor
}

fn draw_thread(state: &State, area: &PaneArea, buf: &mut Buffer) {
    let look = look(state, Pane::Thread);
    let item = state.session.conversations.active_item();
    let open = state.session.conversations.active().and_then(|key| state.session.threads.get(key));
    let unreadable = item.and_then(|item| item.readable.unreadable());
    let aside = thread::aside(&named(state), &state.thread, typist(state), unreadable);
    let right = item.map(|item| {
        let channel = item.conversation.channel().as_str();
        let since = item.connected_since().map(|at| conversations::moment(at, state.now, &state.look.zone));
        let dot = if state.look.theme.ascii { "-" } else { "·" };
        match since {
            Some(since) => format!("connected since {since} {dot} {channel}"),
            None => channel.to_owned(),
        }
    });
    let right = right.unwrap_or_default();
    frame::heading(area, Heading { name: "t Thread", aside: &aside, right: &right, ..Heading::default() }, &look, buf);
    if open.is_none_or(|thread| thread.entries().is_empty()) {
        // A session that has just begun has nothing to read.
        let new = item.is_some_and(|item| matches!(item.live.session, WebSession::Open { new: true, .. }));
        let read = new || unreadable.is_none() && open.is_some_and(Thread::was_read);
        thread::draw_nothing(state, read, &look, area.inner, buf);
    } else {
        thread::draw(state.thread.window(), &look, area.inner, buf);
    }
}

fn draw_composer(state: &State, area: &PaneArea, thread_shown: bool, buf: &mut Buffer) -> Option<Position> {
    let look = look(state, Pane::Composer);
    let variation = state.next_send.send_as.map(|variation| format!("AS {variation}")).unwrap_or_default();
    let name = format!("3 To {}", crate::text::screen::visible(&named(state)));
    let room = usize::from(area.outer.width).saturating_sub(width(&name) + width(&variation) + COMPOSER_FRAME);
    let (right, role) = composer::aside(state, typist(state).filter(|_| !thread_shown), room);
    let heading = Heading {
        name: &name,
        aside: &variation,
        aside_role: Some(StyleRole::Warning),
        right: &right,
        right_role: Some(role),
    };
    frame::heading(area, heading, &look, buf);
    let at = composer::draw(&state.composer, &look, area.inner, buf);
    at.filter(|_| look.focused)
}

/// Cells of the composer's heading that are neither its name nor what stands at its right end.
const COMPOSER_FRAME: usize = 7;

/// Who of the open conversation's other side types.
fn typist(state: &State) -> Option<Author> {
    state.session.conversations.active_item()?.live.typist(state.now)
}

/// The open conversation: its name, and its id where that had to be learned.
fn named(state: &State) -> String {
    let learned = state.session.conversations.active_item().and_then(|item| item.live.conversation_id.as_deref());
    match learned {
        Some(id) => format!("{} {}", state.active_name(), short_id(id, state.look.theme.ascii)),
        None => state.active_name().to_owned(),
    }
}

fn too_small(state: &State, buf: &mut Buffer) {
    let size = state.arrangement.size;
    let sentence = format!(
        "guestwire needs {}x{}; this is {}x{}. Sends continue, and nothing is lost.",
        MINIMUM.width, MINIMUM.height, size.width, size.height
    );
    let style = state.look.theme.style(StyleRole::Text);
    frame::sentence(&sentence, Rect::from((Position::ORIGIN, size)), style, buf);
}
