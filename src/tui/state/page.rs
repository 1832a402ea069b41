//! How the lines of a page fall into rows, and how it is scrolled.

use std::borrow::Cow;

use crossterm::event::{KeyCode, KeyEvent};

use super::overlay::{Page, PageContent};
use super::{State, help, ids};
use crate::text::screen::{hanging, plain, visible, width};
use crate::tui::action::Action;

/// The rows into which a page's lines fall, and the width that they want.
pub fn page_rows(lines: &[String], screen: u16, ascii: bool) -> (Vec<String>, usize) {
    let room = usize::from(screen.saturating_sub(4)).max(1);
    let lines: Vec<String> = lines.iter().map(|line| plain(&visible(line), ascii).into_owned()).collect();
    let widest = lines.iter().map(|line| width(line)).max().unwrap_or(0).clamp(30, room.max(30));
    let rows = lines.iter().flat_map(|line| hanging(line, widest.min(room))).collect();
    (rows, widest)
}

/// Rows that are seen of a page of so many.
pub fn page_height(rows: usize, screen: u16) -> usize {
    rows.min(usize::from(screen.saturating_sub(4)).max(1))
}

/// The heading and the lines of a page.
pub fn page_text<'p>(state: &'p State, content: &'p PageContent) -> (Cow<'p, str>, Cow<'p, [String]>) {
    match content {
        PageContent::Help(filter) => {
            let title =
                filter.as_ref().map_or("Help   / searches".into(), |typed| format!("Help   / {}", typed.value()));
            (title.into(), help::lines(state, filter.as_ref()).into())
        }
        PageContent::Status => ("Status".into(), help::status(state).into()),
        PageContent::Ids(key) => {
            let title = state.session.conversations.get(*key).map_or("Ids", |item| item.name());
            (title.into(), ids::card(&state.session, state.questions.id_search(), *key).into())
        }
        PageContent::Lines { title, lines } => (title.into(), lines.into()),
    }
}

/// How far a page can be scrolled.
pub fn last_scroll(state: &State, page: &Page) -> u16 {
    let rows =
        page_rows(&page_text(state, &page.content).1, state.arrangement.size.width, state.look.theme.ascii).0.len();
    u16::try_from(rows - page_height(rows, state.arrangement.size.height)).unwrap_or(u16::MAX)
}

/// Rows of a page turn.
pub fn page_turn(state: &State) -> u16 {
    state.arrangement.size.height.saturating_sub(6).max(1)
}

/// The new scroll position, or `None` to close.
pub fn scrolled(scroll: u16, action: Option<Action>, key: KeyEvent, page: u16) -> Option<u16> {
    match (action, key.code) {
        (Some(Action::Dismiss | Action::Confirm), _) | (None, KeyCode::Char('q' | '?' | '!') | KeyCode::F(1)) => None,
        (Some(Action::DialogUp), _) | (None, KeyCode::Char('k')) => Some(scroll.saturating_sub(1)),
        (Some(Action::DialogDown), _) | (None, KeyCode::Char('j')) => Some(scroll.saturating_add(1)),
        (Some(Action::DialogPageUp), _) => Some(scroll.saturating_sub(page)),
        (Some(Action::DialogPageDown), _) | (None, KeyCode::Char(' ')) => Some(scroll.saturating_add(page)),
        (None, KeyCode::Char('g') | KeyCode::Home) => Some(0),
        _ => Some(scroll),
    }
}
