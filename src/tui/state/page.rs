//! What stands on a page, how its lines fall into rows, and how it is scrolled; and the lines of the status page: everything
//! that the chips at the top only hint at.

use std::borrow::Cow;

use crossterm::event::{KeyCode, KeyEvent};

use super::help::{self, NARROW};
use super::overlay::{Page, PageContent};
use super::token_badge::{badge, countdown, duration, session_words};
use super::{State, ids};
use crate::model::{Channel, TokenFacts, WebSession};
use crate::session::RATE_WINDOW;
use crate::session::refusals::Refusal;
use crate::text::counted;
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
        PageContent::Help(None) => ("Help   / searches".into(), help::lines(state, "").into()),
        PageContent::Help(Some(typed)) => {
            (format!("Help   / {}", typed.text()).into(), help::lines(state, typed.text()).into())
        }
        PageContent::Status => ("Status".into(), status(state).into()),
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

/// Cells of the status line that its text does not get: the mark and the blanks around it.
const STATUS_MARGIN: usize = 4;
/// The status page: everything that the chips only hint at, and the whole of a line that is wider than the screen.
fn status(state: &State) -> Vec<String> {
    let said = &state.status.text;
    let mut lines = Vec::new();
    if width(said) + STATUS_MARGIN > usize::from(state.arrangement.size.width) {
        lines.extend([format!("Message    {said}"), String::new()]);
    }
    let profile = &state.session.profile;
    let (facts, production) = (&profile.facts, if profile.production { "  PROD" } else { "" });
    let or_none = |words: &[String]| if words.is_empty() { "(none)".to_owned() } else { words.join(" ") };
    lines.extend([
        format!("Profile    {}{production}", facts.name),
        format!("Region     {}", facts.region),
        format!("API        {}", facts.api),
        format!("Login      {}", facts.token_host),
        format!("Requests   {}", profile.way()),
        String::new(),
        badge_words(state),
    ]);
    if let Some(facts) = state.session.sign_in.status.facts() {
        token(state, facts, &mut lines);
    }
    lines.extend([format!("  asked      {}", or_none(&facts.requested)), String::new()]);
    let rate = state.session.diagnoses.tries.rate(state.now, RATE_WINDOW);
    let (healed, stands) = state.split_401(rate);
    lines.push(format!(
        "401        {} of {} API answers in 15 minutes: {healed} fixed by a new token, {stands} not fixed",
        rate.answers401, rate.total,
    ));
    refusals(state, &mut lines);
    sessions(state, &mut lines);
    for item in state.session.conversations.items() {
        if let Some(why) = item.readable.unreadable() {
            lines.push(format!("Replies    {}: {}", item.name(), why.sentence()));
        }
    }
    if let Some(webhook) = &state.session.webhook {
        lines.push(format!("Webhook    {}", webhook.words()));
    }
    lines.push(match state.session.rate_limit {
        Some(limit) => format!(
            "Rate limit {} of {} used when the server last said so; resets in {}",
            limit.count,
            limit.allowed,
            countdown(limit.resets, state.now)
        ),
        None => "Rate limit not known yet".to_owned(),
    });
    lines.push(match state.session.diagnoses.evidence.skew {
        Some(seconds) => format!("Clock      the server's clock differs by {seconds} s"),
        None => "Clock      within a minute of the server's, as far as known".to_owned(),
    });
    lines.push(format!(
        "Log        {} entries kept, {} removed, {}",
        state.session.log.len(),
        state.session.log.totals.evicted,
        counted(state.session.log.error_count(), "error")
    ));
    lines.push(format!("Open sends {}", state.session.threads.open().count()));
    if let Some(variation) = state.next_send.send_as {
        lines.push(format!("Next       message is sent wrongly on purpose: {variation}, {}", variation.about()));
    }
    if !state.questions.faults().is_empty() {
        lines.push(format!("Faults     {} (as of the newest exchange)", state.questions.faults().join(", ")));
    }
    // The page takes no other key than those that move and close it.
    let close = state.keys.map.key(Action::Dismiss);
    lines.push(format!("{close}, then {} gets a new token.", state.key(Action::Renew)));
    lines
}

/// The token's badge in full.
fn badge_words(state: &State) -> String {
    let badge = badge(&state.session.sign_in.status, state.now);
    badge.alarm.map_or(badge.text.clone(), |alarm| format!("{}, {alarm}", badge.text))
}

/// The guest sessions of web conversations, each with what there is to know.
fn sessions(state: &State, lines: &mut Vec<String>) {
    for item in state.session.conversations.items() {
        let Some(session) = item.session() else { continue };
        let mut line = format!("Session    {}: {}", item.name(), session_words(session, state.now));
        match session {
            WebSession::Open { expires: Some(end), new } => {
                let end = end.to_zoned(state.look.zone.clone()).strftime("%d %b %H:%M").to_string();
                line.push_str(&format!(", {}, ends {end}", if *new { "new" } else { "resumed" }));
            }
            WebSession::ReadOnly(why)
            | WebSession::Reconnecting(_, why)
            | WebSession::Unreachable(why)
            | WebSession::Ended(why) => {
                line.push_str(&format!(": {why}"));
            }
            WebSession::Open { .. } | WebSession::Closed | WebSession::Connecting => {}
        }
        lines.push(line);
    }
}

/// The refusals of the session by cause, per conversation and channel, and over time.
fn refusals(state: &State, lines: &mut Vec<String>) {
    let all = &state.session.diagnoses.refusals;
    if all.0.is_empty() {
        lines.push("Refusals   none in this session".to_owned());
        return;
    }
    lines.push(format!("Refusals   {} in this session, by cause", all.0.len()));
    let full = if state.look.theme.ascii { "#" } else { "█" };
    // Where there is no room for the bars, the numbers say the same.
    let narrow = state.arrangement.size.width < NARROW;
    for (cause, healed, count) in all.shares(|_| true) {
        let (cause, kind) = (cause.as_str(), if healed { "fixed" } else { "not fixed" });
        lines.push(if narrow {
            format!("  {cause:<22} {count:>4} {kind}")
        } else {
            let percent = count as f64 * 100.0 / all.0.len() as f64;
            let bar = full.repeat((count * 20).div_ceil(all.0.len()));
            format!("  {cause:<22} {count:>4} {percent:>5.1}% {bar:<20} {kind}")
        });
    }
    let causes = |wanted: &dyn Fn(&Refusal) -> bool| {
        let shares = all.shares(wanted);
        shares.iter().map(|(cause, _, count)| format!("{cause} {count}")).collect::<Vec<_>>().join(", ")
    };
    lines.push("  by conversation".to_owned());
    for ((key, channel), count) in all.conversations() {
        let name = state.session.conversations.get(key).map_or("?", |item| item.name());
        let channel = channel.map_or("?", Channel::as_str);
        let causes = causes(&|r| r.conversation == Some(key));
        lines.push(format!("    {name} ({channel})  {count}: {causes}"));
    }
    let channels: Vec<String> =
        all.channels().into_iter().map(|(channel, count)| format!("{channel} {count}")).collect();
    lines.push(format!("  by channel             {}", channels.join(", ")));
    let plot = all.over_time(state.now, RATE_WINDOW);
    let most = plot.iter().map(|(a, b)| (*a).max(*b)).max().unwrap_or(0);
    let row = |pick: fn(&(usize, usize)) -> usize| {
        plot.iter().map(|column| level(pick(column), most, state.look.theme.ascii)).collect::<String>()
    };
    let (stands, healed) = (row(|c| c.1), row(|c| c.0));
    let most = format!("highest {most} in 30 s");
    if narrow {
        lines.push(format!("  15 minutes until now, {most}"));
        lines.extend([
            "  not fixed".to_owned(),
            format!("  |{stands}|"),
            "  fixed".to_owned(),
            format!("  |{healed}|"),
        ]);
    } else {
        lines.push(format!("  15 minutes  not fixed  |{stands}| now"));
        lines.push(format!("              fixed      |{healed}| {most}"));
    }
}

/// A bar of the plot: how much of the highest.
fn level(count: usize, most: usize, ascii: bool) -> char {
    if count == 0 || most == 0 {
        return if ascii { '.' } else { ' ' };
    }
    let levels: &[char] = if ascii {
        &['1', '2', '3', '4', '5', '6', '7', '8']
    } else {
        &['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']
    };
    let step = (count * levels.len()).div_ceil(most);
    levels.get(step.saturating_sub(1)).copied().unwrap_or('#')
}

fn token(state: &State, facts: &TokenFacts, lines: &mut Vec<String>) {
    lines.push(format!("  generation {}", facts.generation));
    lines.push(format!("  received   {} ago", duration(state.now.since(facts.issued))));
    lines.push(match facts.lifetime {
        Some(lifetime) => format!("  lifetime   {}", duration(lifetime)),
        None => "  lifetime   unknown".to_owned(),
    });
    lines.push(match &facts.granted {
        None => "  granted    unknown: neither the answer nor tokens/me named scopes".to_owned(),
        Some(scopes) if scopes.is_empty() => "  granted    (none)".to_owned(),
        Some(scopes) => format!("  granted    {}", scopes.join(" ")),
    });
    if !facts.missing.is_empty() {
        lines.push(format!("  missing    {}", facts.missing.join(" ")));
    }
    if let Some(name) = &facts.organization {
        lines.push(format!("  org        {name}"));
    }
    if let Some(name) = &facts.client_name {
        lines.push(format!("  client     {name}"));
    }
}
