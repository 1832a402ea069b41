//! The rows around the panes. At the top what matters least goes first when it gets narrow; above the keys stands the
//! status line, whose sentence is cut before its first key, or a prompt; help and palette stay to the last of the keys.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::frame::{Pen, Styled};
use crate::model::MetricsAgentState;
use crate::session::conversations::ConversationItem;
use crate::text::screen::{in_ascii, prefix, visible, width};
use crate::tui::StyleRole;
use crate::tui::state::token_badge::{badge, countdown, guest};
use crate::tui::state::{KeyHint, Overlay, Prompt, State};

/// With fewer cells than these a fault is not written at all.
const SHORT_FAULT: usize = 6;

pub fn draw_top(state: &State, area: Rect, buf: &mut Buffer) {
    let (theme, room) = (&state.look.theme, usize::from(area.width));
    let mut right = right(state);
    let (word, word_role) = place(state);
    let word = format!(" {word} ");
    let name = visible(&state.session.profile.facts.name).into_owned();
    let faults = state.requests.faults();
    let fault = faults.first().map(|first| {
        let more = if faults.len() > 1 { format!(" and {} more", faults.len() - 1) } else { String::new() };
        format!("fault on: {}{more}", visible(&first.left()).replace('-', " "))
    });
    let fault_room = fault.as_ref().map_or(0, |_| SHORT_FAULT + 3);
    let taken = |right: &[Styled]| right.iter().map(|(text, _)| width(text) + 2).sum::<usize>();
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
    let start = pen.before_end(taken(&right)).max(pen.x + 1);
    let room = usize::from(start.saturating_sub(pen.x + 3));
    if let Some(fault) = fault.filter(|_| room >= SHORT_FAULT) {
        pen.x += 2;
        pen.fit(&fault, room, StyleRole::Warning);
    }
    pen.x = start + 1;
    for (text, role) in right {
        pen.fit(&text, usize::MAX, role);
        pen.x += 2;
    }
}

/// What stands at the right, the most important first.
fn right(state: &State) -> Vec<Styled> {
    // What is said in a web conversation depends on the guest's session, not on the token.
    let badge = match state.session.conversations.active_item().and_then(ConversationItem::session) {
        Some(session) => guest(session, state.now),
        None => badge(&state.session.sign_in.status, state.now),
    };
    let mut right = vec![(badge.text, badge.role)];
    right.extend(badge.alarm.map(|alarm| (alarm, StyleRole::Warning)));
    right.extend(state.files.is_recording().then(|| ("REC".to_owned(), StyleRole::Warning)));
    right.extend(state.session.journal.trouble.as_ref().map(|trouble| (trouble.short.to_owned(), StyleRole::Warning)));
    right.push(rate_401(state));
    right.extend(rate_limit(state));
    right.extend(state.session.agent.as_ref().map(|agent| {
        let role = if matches!(agent, MetricsAgentState::Lost(_)) { StyleRole::Warning } else { StyleRole::Dim };
        (agent.chip().to_owned(), role)
    }));
    right
}

/// The word for where one is. While a fault is on, another word says that.
fn place(state: &State) -> (&'static str, StyleRole) {
    match (state.session.profile.production, state.session.profile.sandbox) {
        (true, _) if state.asks_before_sending() => ("PROD", StyleRole::Production),
        (true, _) => ("PROD armed", StyleRole::Production),
        (false, true) => ("SANDBOX", StyleRole::Badge),
        (false, false) => ("LIVE", StyleRole::Badge),
    }
}

/// `401 2 of 17` in the window. Those that a new token fixed were a glitch; only those that stand are an error.
fn rate_401(state: &State) -> Styled {
    let rate = state.session.diagnoses.tries.rate(state.now);
    let (fixed, stands) = state.split_401(rate);
    let role = match (stands, fixed) {
        (0, 0) => StyleRole::Dim,
        (0, _) => StyleRole::Warning,
        _ => StyleRole::Error,
    };
    let told = fixed > 0 && state.arrangement.size.width >= 110;
    let fixed = if told { format!(", {fixed} fixed") } else { String::new() };
    (format!("401 {} of {}{fixed}", rate.answers401, rate.total), role)
}

/// `rl 12/300`, or `rl waits 7 s` while the limit is used up.
fn rate_limit(state: &State) -> Option<Styled> {
    let limit = state.session.rate_limit?;
    let used_up = limit.count >= limit.allowed && !limit.resets.left(state.now).is_zero();
    Some(if used_up {
        (format!("rl waits {}", countdown(limit.resets, state.now)), StyleRole::Warning)
    } else {
        (format!("rl {}/{}", limit.count, limit.allowed), StyleRole::Dim)
    })
}

/// Draws the sentence, or the prompt. Returns the cursor's place while a prompt is open.
pub fn draw_status(state: &State, area: Rect, buf: &mut Buffer) -> Option<Position> {
    if let Some(Overlay::Prompt(prompt)) = &state.overlay {
        return Some(draw_prompt(state, prompt, area, buf));
    }
    let (theme, status) = (&state.look.theme, &state.status);
    let text = visible(&status.text);
    let mut keys = state.status_keys();
    let cells = |keys: &[KeyHint]| keys.iter().map(|(key, words)| width(key) + 1 + width(words) + 3).sum::<usize>();
    // What happened comes before a second key: so many cells of it are kept free.
    let least = width(&in_ascii(&text, theme.ascii)).min(16) + 3;
    while keys.len() > 1 && cells(&keys) + least > usize::from(area.width) {
        keys.pop();
    }
    let mut pen = Pen::at(area, theme, buf);
    let start = pen.before_end(cells(&keys)).max(area.x);
    pen.x = start + 1;
    for hint in &keys {
        pen.key(hint, 3);
    }
    let mark = if status.role == StyleRole::Text { "" } else { "!" };
    pen.x = area.x + 1;
    pen.write(mark, status.role);
    pen.x += u16::from(!mark.is_empty());
    let end = start.saturating_sub(if keys.is_empty() { 0 } else { 2 });
    pen.fit(&text, usize::from(end.saturating_sub(pen.x)), StyleRole::Text);
    None
}

pub fn draw_keys(state: &State, area: Rect, buf: &mut Buffer) {
    let (hints, kept) = state.footer_keys();
    let cells = |(key, words): &KeyHint| width(key) + width(words) + 3;
    let place = state.place_word();
    let room = usize::from(area.width).saturating_sub(1);
    let named = room > 60;
    let mut left = if named { room - width(place) - 1 } else { room };
    left = left.saturating_sub(kept.iter().map(cells).sum());
    let fitting = hints.iter().take_while(|hint| {
        let fits = cells(hint) <= left;
        left = left.saturating_sub(cells(hint));
        fits
    });
    let mut pen = Pen::at(area, &state.look.theme, buf);
    pen.x += 1;
    for hint in fitting.chain(&kept) {
        pen.key(hint, 2);
    }
    if named {
        pen.x = pen.before_end(width(place) + 1);
        pen.write(place, StyleRole::Strong);
    }
}

fn draw_prompt(state: &State, prompt: &Prompt, area: Rect, buf: &mut Buffer) -> Position {
    let (label, hint) = prompt.purpose.words();
    let mut pen = Pen::at(area, &state.look.theme, buf);
    pen.write(&format!(" {label}: "), StyleRole::Strong);
    // What is wrong with it is read, however long it is.
    let problem = prompt.problem.as_ref().map_or(0, |problem| width(problem) + 6).min(usize::from(area.width) / 2);
    let room = pen.room().saturating_sub(1 + problem).max(1);
    let typed = visible(prompt.input.text()).into_owned();
    let cursor = width(&visible(prompt.input.before()));
    // What does not fit goes out of sight at the left, behind a mark.
    let over = cursor.saturating_sub(room - 1);
    let mark = if over > 0 && room > 5 { in_ascii("…", state.look.theme.ascii) } else { "".into() };
    let gone = prefix(&typed, over + width(&mark));
    let shown = typed.strip_prefix(gone).unwrap_or(&typed);
    pen.write(&mark, StyleRole::Dim);
    let start = pen.x;
    pen.write(prefix(shown, room - width(&mark)), StyleRole::Text);
    pen.x += 1;
    if let Some(problem) = &prompt.problem {
        pen.fit(&format!("   ! {problem}"), usize::MAX, StyleRole::Warning);
    } else if typed.is_empty() {
        pen.fit(hint, usize::MAX, StyleRole::Dim);
    }
    let column = start.saturating_add(u16::try_from(cursor - width(gone)).unwrap_or(0));
    Position { x: column.min(area.right().saturating_sub(1)), y: area.y }
}
