//! The bottom row: the keys that matter here, from the live bindings. Help and palette stay to the last.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::pass::runner::Stage;
use crate::text::screen::{put, width};
use crate::tui::action::Action;
use crate::tui::state::overlay::{Ask, Consent, Overlay};
use crate::tui::state::{Pane, State, ids};
use crate::tui::theme::Role;

/// Draws it.
pub fn draw(state: &State, area: Rect, buf: &mut Buffer) {
    let hints = hints(state);
    let mut x = area.x + 1;
    for (key, words) in hints {
        let needed = width(&key) + 1 + width(&words) + 2;
        if usize::from(area.right().saturating_sub(x)) < needed.saturating_sub(1) {
            break;
        }
        (x, _) = put(buf, x, area.y, &key, needed, state.theme.style(Role::Focus));
        (x, _) = put(buf, x + 1, area.y, &words, needed, state.theme.style(Role::Dim));
        x += 2;
    }
}

/// The hints, most important first: what is cut is cut at the end.
fn hints(state: &State) -> Vec<(String, String)> {
    let map = &state.keymap;
    let of = |action: Action, words: &str| {
        let key = map.key(action);
        (!key.is_empty()).then(|| (key, words.to_owned()))
    };
    let open = state.session.conversations.active_item();
    let offered = open.and_then(|item| state.session.threads.get(item.conversation.key)?.offer()).is_some();
    let carries = open.is_some_and(|item| item.conversation.channel().carries_more_than_text());
    let fixed = |key: &str, words: &str| Some((key.to_owned(), words.to_owned()));
    let hints: Vec<Option<(String, String)>> = match (&state.overlay, state.focus) {
        (Some(Overlay::Prompt(_) | Overlay::Palette(_) | Overlay::Menu(_)), _) => {
            vec![
                of(Action::Confirm, "select"),
                of(Action::Dismiss, "close"),
                of(Action::DialogDown, "next"),
                of(Action::DialogUp, "previous"),
            ]
        }
        (Some(Overlay::Ask(Ask { yes, consent: Consent::Y, .. })), _) => {
            vec![fixed("y", yes), of(Action::Dismiss, "cancel")]
        }
        (Some(Overlay::Ask(Ask { yes, .. })), _) => vec![of(Action::Confirm, yes), of(Action::Dismiss, "cancel")],
        (Some(Overlay::Card(_)), _) => vec![
            of(Action::Dismiss, "close"),
            fixed("j k", "scroll"),
            fixed("yt", "ticket"),
            fixed("ya", "note to the administrator"),
            fixed("n N", "next, previous"),
        ],
        (Some(Overlay::Ids { key, .. }), _) => vec![
            of(Action::Dismiss, "close"),
            fixed("l", "look them up"),
            ids::swap(state, *key).and_then(|_| fixed("s", "swap")),
            fixed("y", "copy"),
            fixed("j k", "scroll"),
        ],
        (Some(Overlay::Page { .. }), _) => {
            vec![of(Action::Dismiss, "close"), fixed("j k", "scroll"), fixed("y", "copy")]
        }
        (Some(Overlay::Help { .. } | Overlay::Status { .. }), _) => {
            vec![of(Action::Dismiss, "close"), fixed("j k", "scroll")]
        }
        (None, Pane::Composer) => vec![
            of(Action::HelpText, "help"),
            of(Action::PaletteText, "command"),
            of(Action::Send, "send"),
            offered.then(|| of(Action::ChooseText, "answer")).flatten(),
            of(Action::NewLine, "new line"),
            of(Action::LeaveComposer, "leave"),
            of(Action::NextPaneText, "pane"),
            of(Action::HistorySearch, "history"),
            of(Action::Snippets, "snippets"),
            of(Action::Editor, "editor"),
            carries.then(|| of(Action::ExtrasText, "attach")).flatten(),
            of(Action::InterruptText, "cancel/quit"),
        ],
        (None, Pane::Picker) => vec![
            of(Action::Help, "help"),
            of(Action::Palette, "command"),
            of(Action::Open, "open"),
            of(Action::NextPane, "pane"),
            of(Action::Filter, "filter"),
            of(Action::NextUnread, "unread"),
            of(Action::IdCard, "ids"),
            of(Action::Add, "add"),
            of(Action::Pin, "pin"),
            of(Action::Discover, "list active"),
            of(Action::Refresh, "read"),
            of(Action::Quit, "quit"),
        ],
        (None, Pane::Pass) if !state.session.pass.is_running() => vec![
            of(Action::Help, "help"),
            of(Action::Palette, "command"),
            of(Action::PassReports, "reports"),
            of(Action::Pass, "another test run"),
            of(Action::PassUndo, "undo"),
            of(Action::NextPane, "pane"),
        ],
        (None, Pane::Pass) => vec![
            of(Action::Help, "help"),
            of(Action::Palette, "command"),
            go_words(state).and_then(|words| of(Action::PassGo, words)),
            of(Action::VerdictPass, "passed"),
            of(Action::VerdictFail, "failed"),
            of(Action::VerdictBlocked, "blocked"),
            of(Action::VerdictSkip, "skipped"),
            of(Action::PassUndo, "undo"),
            of(Action::PassNote, "note"),
            of(Action::NextCase, "next case"),
            of(Action::PassAgain, "again"),
            of(Action::PassPause, "pause"),
            of(Action::PassReports, "reports"),
            of(Action::Pass, "hide"),
        ],
        (None, Pane::Log) => vec![
            of(Action::Help, "help"),
            of(Action::Palette, "command"),
            of(Action::Density, "expand"),
            of(Action::GoComposer, "compose"),
            of(Action::NextPane, "pane"),
            of(Action::Filter, "filter"),
            state.session.log.why().and_then(|_| of(Action::Why, "explain")),
            map.keys(Action::CopyIds).first().map(|keys| (keys.first.to_string(), "copy".to_owned())),
            of(Action::Resend, "resend"),
            of(Action::EditCopy, "edit a copy"),
            of(Action::NextError, "next error"),
            of(Action::Thread, "thread"),
            of(Action::Quit, "quit"),
        ],
        (None, Pane::Thread) => vec![
            of(Action::Help, "help"),
            of(Action::Palette, "command"),
            of(Action::GoComposer, "compose"),
            offered.then(|| of(Action::Choose, "answer")).flatten(),
            of(Action::GoLog, "log"),
            of(Action::NextPane, "pane"),
            of(Action::LogUp, "up"),
            of(Action::LogLast, "newest"),
            of(Action::Quit, "back"),
        ],
    };
    hints.into_iter().flatten().collect()
}

/// What the key of a pass does to the open step now, if anything.
fn go_words(state: &State) -> Option<&'static str> {
    let runner = state.session.pass.runner.as_ref()?;
    match runner.stage() {
        Stage::Ready => Some("run"),
        Stage::Judging => runner.open_result()?.suggested.map(|_| "accept"),
        Stage::Preparing(_) | Stage::Watching | Stage::Over => None,
    }
}
