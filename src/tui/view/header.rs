//! The top row: where we are, which fault is on, the token, the 401s, the rate limit. What matters least goes first when it
//! gets narrow.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::frame::Pen;
use crate::model::AgentState;
use crate::session::conversations::ConversationItem;
use crate::text::screen::{visible, width};
use crate::tui::state::State;
use crate::tui::state::token_badge::{badge, countdown, guest};
use crate::tui::theme::StyleRole;

/// Cells that a fault has at least.
const SHORT_FAULT: usize = 6;

/// A piece of the row.
type Piece = (String, StyleRole);

/// Draws it.
pub fn draw(state: &State, area: Rect, buf: &mut Buffer) {
    let (theme, room) = (&state.look.theme, usize::from(area.width));
    let mut right = right(state);
    let (word, word_role) = place(state);
    let word = format!(" {word} ");
    let name = visible(&state.session.profile.facts.name).into_owned();
    let fault = state.questions.faults().first().map(|first| {
        let more = if state.questions.faults().len() > 1 {
            format!(" and {} more", state.questions.faults().len() - 1)
        } else {
            String::new()
        };
        format!("fault on: {}{more}", visible(first).replace('-', " "))
    });
    let fault_room = fault.as_ref().map_or(0, |_| SHORT_FAULT + 3);
    let taken = |right: &[Piece]| right.iter().map(|(text, _)| width(text) + 2).sum::<usize>();
    let fixed = width(&word) + fault.as_ref().map_or(0, |f| width(f) + 3);
    // The name of the program goes first, then what is well, from the right, and only then what warns.
    let mut program = " guestwire  ";
    if width(program) + width(&name) + 2 + fixed + taken(&right) > room {
        program = " ";
    }
    while width(program) + width(&name).min(12) + 2 + fixed + taken(&right) > room {
        let well = right.iter().rposition(|(_, role)| matches!(role, StyleRole::Dim | StyleRole::Info));
        // A fault is cut before another warning goes for it.
        let warns = (right.len() > 1 && width(program) + 6 + width(&word) + fault_room + taken(&right) > room)
            .then(|| right.len() - 1);
        let Some(at) = well.or(warns) else { break };
        right.remove(at);
    }
    let left_room = room.saturating_sub(taken(&right) + width(&word) + fault_room + 3);
    let mut pen = Pen::at(area, theme, buf);
    pen.write(program, StyleRole::Strong);
    let facts = &state.session.profile.facts;
    let region = format!("  {}", visible(&facts.region));
    let with_region = !state.session.profile.sandbox && facts.region != facts.name;
    let roomy = width(program) + width(&name) + width(&region) + fixed + taken(&right) + 2 <= room;
    let name = if with_region && roomy { format!("{name}{region}") } else { name };
    pen.fit(&name, left_room.saturating_sub(width(program)).max(4), StyleRole::Text);
    pen.x += 2;
    pen.write(&word, word_role);
    let start = pen.from_end(taken(&right)).max(pen.x + 1);
    if let Some(fault) = fault {
        let room = usize::from(start.saturating_sub(pen.x + 3));
        if room >= SHORT_FAULT {
            pen.x += 2;
            pen.fit(&fault, room, StyleRole::Warning);
        }
    }
    pen.x = start + 1;
    for (text, role) in right {
        pen.fit(&text, usize::MAX, role);
        pen.x += 2;
    }
}

/// What stands at the right, the most important first.
fn right(state: &State) -> Vec<Piece> {
    let mut right = Vec::new();
    // What is said in a web conversation depends on the guest's session, not on the token.
    let badge = match state.session.conversations.active_item().and_then(ConversationItem::session) {
        Some(session) => guest(session, state.now),
        None => badge(&state.session.sign_in.status, state.now),
    };
    right.push((badge.text, badge.role));
    right.extend(badge.alarm.map(|alarm| (alarm, StyleRole::Warning)));
    right.extend(state.files.recording().is_some().then(|| ("REC".to_owned(), StyleRole::Warning)));
    right.extend(state.session.journal.trouble.as_ref().map(|trouble| (trouble.short.to_owned(), StyleRole::Warning)));
    right.push(rate_401(state));
    right.extend(rate_limit(state));
    if let Some(agent) = &state.session.listeners.agent {
        let role = if matches!(agent, AgentState::Lost(_)) { StyleRole::Warning } else { StyleRole::Dim };
        right.push((agent.chip().to_owned(), role));
    }
    right
}

/// The word for where one is. While a fault is on, another word says that.
fn place(state: &State) -> (&'static str, StyleRole) {
    if state.session.profile.production {
        (if state.asks_before_sending() { "PROD" } else { "PROD armed" }, StyleRole::Production)
    } else if state.session.profile.sandbox {
        ("SANDBOX", StyleRole::Badge)
    } else {
        ("LIVE", StyleRole::Badge)
    }
}

/// `401 2 of 17`: 401 answers over API calls in the window. Those that a new token fixed were a glitch of the token; those
/// that stand are not, and only they are an error.
fn rate_401(state: &State) -> Piece {
    let rate = state.session.diagnoses.rate_401;
    let (fixed, stands) = state.split_401(rate);
    let role = match (stands, fixed) {
        (0, 0) => StyleRole::Dim,
        (0, _) => StyleRole::Warning,
        _ => StyleRole::Error,
    };
    let mut text = format!("401 {} of {}", rate.answers401, rate.total);
    if fixed > 0 && state.arrangement.size.width >= 110 {
        text.push_str(&format!(", {fixed} fixed"));
    }
    (text, role)
}

/// `rl 12/300`, or `rl waits 7 s` while the limit is used up.
fn rate_limit(state: &State) -> Option<Piece> {
    let limit = state.session.server.rate_limit?;
    let used_up = limit.count >= limit.allowed && !limit.resets.left(state.now).is_zero();
    Some(if used_up {
        (format!("rl waits {}", countdown(limit.resets, state.now)), StyleRole::Warning)
    } else {
        (format!("rl {}/{}", limit.count, limit.allowed), StyleRole::Dim)
    })
}
