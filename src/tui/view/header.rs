//! The top row: where we are, the token, the 401 rate, the rate limit. What matters most goes last when it gets narrow.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::model::AgentState;
use crate::session::conversations::Item;
use crate::text::screen::{fit, plain, put, visible, width};
use crate::tui::state::State;
use crate::tui::state::token_badge::{chip, countdown, guest};
use crate::tui::theme::Role;

/// Draws it.
pub fn draw(state: &State, area: Rect, buf: &mut Buffer) {
    let theme = &state.theme;
    let room = usize::from(area.width);
    let mut right: Vec<(String, Style)> = Vec::new();
    // What is said in a web conversation depends on the guest's session, not on the token.
    let chip = match state.session.conversations.active_item().and_then(Item::session) {
        Some(session) => guest(session, state.now),
        None => chip(&state.session.sign_in.status, state.now),
    };
    let chip_text = plain(&chip.text, theme.ascii).into_owned();
    right.push((chip_text, theme.style(chip.role)));
    let rate = rate_401(state);
    if state.size.width >= 60 {
        right.push(rate);
    }
    if let Some(limit) = rate_limit(state).filter(|_| state.size.width >= 80) {
        right.push(limit);
    }
    if let Some(agent) = state.session.listeners.agent.as_ref().filter(|_| state.size.width >= 100) {
        let role = if matches!(agent, AgentState::Lost(_)) { Role::Warning } else { Role::Dim };
        right.push((agent.chip().to_owned(), theme.style(role)));
    }
    if let Some(trouble) = &state.session.journal.trouble {
        right.push((trouble.short.to_owned(), theme.style(Role::Warning)));
    }
    if state.recording.is_some() {
        right.push(("REC".to_owned(), theme.style(Role::Error)));
    }
    let (badge, badge_role) = badge(state);
    let place = format!(" guestwire  {} · {} ", state.session.profile.profile, state.session.profile.region);
    let short = format!(" {} ", state.session.profile.profile);
    let right_width: usize = right.iter().map(|(text, _)| width(text) + 2).sum();
    let left = if width(&place) + width(badge) + right_width < room { place } else { short };
    let left = plain(&left, theme.ascii);
    let left_room = room.saturating_sub(right_width + width(badge) + 1).max(4);
    let left_text = visible(&left).into_owned();
    let left_text = fit(&left_text, left_room, theme.ascii);
    let (mut x, _) = put(buf, area.x, area.y, &left_text, room, theme.style(Role::Strong));
    let rest = |x: u16| usize::from(area.right().saturating_sub(x));
    (x, _) = put(buf, x, area.y, badge, rest(x), theme.style(badge_role));
    let start = area.right().saturating_sub(u16::try_from(right_width).unwrap_or(u16::MAX)).max(x + 1);
    let mut at = start;
    for (text, style) in right {
        if at >= area.right() {
            break;
        }
        (at, _) = put(buf, at, area.y, &text, rest(at), style);
        at += 2;
    }
}

fn badge(state: &State) -> (&'static str, Role) {
    if state.session.profile.production {
        if state.asks_before_sending() { ("[PROD]", Role::Production) } else { ("[PROD armed]", Role::Production) }
    } else if state.session.profile.sandbox {
        if state.faults.is_empty() { ("[SANDBOX]", Role::Info) } else { ("[SANDBOX fault]", Role::Warning) }
    } else {
        ("[LIVE]", Role::Warning)
    }
}

/// `401 3/42 7.1% 2 healed 1 stands 15m`: 401 answers over API calls in the window. Those that a newer token healed were a
/// glitch of the token; those that stand are not, and only they are an error.
fn rate_401(state: &State) -> (String, Style) {
    let rate = state.session.diagnoses.rate_401;
    let (healed, stands) = state.split_401(rate);
    let role = match (stands, healed) {
        (0, 0) => Role::Dim,
        (0, _) => Role::Warning,
        _ => Role::Error,
    };
    let mut text = format!("401 {}/{}", rate.answers401, rate.total);
    if state.size.width >= 110 {
        let share = if rate.total == 0 { 0.0 } else { f64::from(rate.answers401) * 100.0 / f64::from(rate.total) };
        text = match (healed, stands) {
            (0, _) => format!("{text} {share:.1}% 15m"),
            (healed, 0) => format!("{text} {share:.1}% all {healed} healed 15m"),
            (healed, stands) => {
                format!("{text} {share:.1}% {healed} healed {stands} stand{} 15m", if stands == 1 { "s" } else { "" })
            }
        };
    } else if healed > 0 {
        text = format!("{text} {healed} healed");
    }
    (text, state.theme.style(role))
}

/// `RL 12/300`, or `RL WAIT 7s` while the limit is used up.
fn rate_limit(state: &State) -> Option<(String, Style)> {
    let limit = state.session.server.rate_limit?;
    let used_up = limit.count >= limit.allowed && !limit.resets.left(state.now).is_zero();
    Some(if used_up {
        (format!("RL WAIT {}", countdown(limit.resets, state.now)), state.theme.style(Role::Warning))
    } else {
        (format!("RL {}/{}", limit.count, limit.allowed), state.theme.style(Role::Dim))
    })
}
