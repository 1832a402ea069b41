//! What stands on a page (help, status, ids), and how its lines fall into rows.

use std::borrow::Cow;

use super::key_hints::{GROUPS, group};
use super::token_badge::{badge, countdown, session_words};
use super::{PageContent, Pane, State, ids};
use crate::model::{Channel, Fault, RateLimit, TokenFacts, WebSession};
use crate::session::refusals::Refusal;
use crate::text::screen::{hanging, in_ascii, visible, width};
use crate::text::{counted, duration};
use crate::tui::action::{ACTIONS, Action, ActionRow, Context};

/// The rows into which a page's lines fall, and the width that they want.
pub fn page_rows(lines: &[String], screen: u16, ascii: bool) -> (Vec<String>, usize) {
    let room = usize::from(screen.saturating_sub(4)).max(1);
    let lines: Vec<String> = lines.iter().map(|line| in_ascii(&visible(line), ascii).into_owned()).collect();
    let widest = lines.iter().map(|line| width(line)).max().unwrap_or(0).clamp(30, room.max(30));
    let rows = lines.iter().flat_map(|line| hanging(line, widest.min(room))).collect();
    (rows, widest)
}

pub fn page_height(rows: usize, screen: u16) -> usize {
    rows.min(usize::from(screen.saturating_sub(4)).max(1))
}

pub fn page_text<'p>(state: &'p State, content: &'p PageContent) -> (Cow<'p, str>, Cow<'p, [String]>) {
    match content {
        PageContent::Help(None) => ("Help   / searches".into(), help_lines(state, "").into()),
        PageContent::Help(Some(typed)) => {
            (format!("Help   / {}", typed.text()).into(), help_lines(state, typed.text()).into())
        }
        PageContent::Status => ("Status".into(), status(state).into()),
        PageContent::Ids(key) => {
            let title = state.session.conversations.get(*key).map_or("Ids", |item| item.name());
            (title.into(), ids::card(&state.session, state.requests.id_search(), *key).into())
        }
        PageContent::Lines(title, lines) => (title.into(), lines.into()),
    }
}

/// The status page: everything that the chips only hint at, and the whole of a line that is wider than the screen.
fn status(state: &State) -> Vec<String> {
    let said = &state.status.text;
    let mut lines = Vec::new();
    // The mark and the blanks around it take four cells of the line.
    if width(said) + 4 > usize::from(state.arrangement.size.width) {
        lines.extend([format!("Message    {said}"), String::new()]);
    }
    let (profile, badge) = (&state.session.profile, badge(&state.session.sign_in.status, state.now));
    let (facts, production) = (&profile.facts, if profile.production { "  PROD" } else { "" });
    lines.extend([
        format!("Profile    {}{production}", facts.name),
        format!("Region     {}", facts.region),
        format!("API        {}", facts.api),
        format!("Login      {}", facts.token_host),
        format!("Requests   {}", profile.way()),
        String::new(),
        badge.alarm.map_or(badge.text.clone(), |alarm| format!("{}, {alarm}", badge.text)),
    ]);
    if let Some(facts) = state.session.sign_in.status.facts() {
        token(state, facts, &mut lines);
    }
    lines.extend([format!("  asked      {}", or_none(&facts.requested)), String::new()]);
    let rate = state.session.diagnoses.tries.rate(state.now);
    let (healed, stands) = state.split_401(rate);
    lines.push(format!(
        "401        {} of {} API tries in 15 minutes: {healed} fixed by a new token, {stands} not fixed",
        rate.answers401, rate.total,
    ));
    refusals(state, &mut lines);
    sessions(state, &mut lines);
    let items = state.session.conversations.items();
    let unreadable = items.filter_map(|item| Some((item.name(), item.readable.unreadable()?)));
    lines.extend(unreadable.map(|(name, why)| format!("Replies    {name}: {}", why.sentence())));
    lines.extend(state.session.webhook.iter().map(|webhook| format!("Webhook    {}", webhook.words())));
    lines.push(match state.session.rate_limit {
        Some(RateLimit { count, allowed, resets, .. }) => {
            let resets = countdown(resets, state.now);
            format!("Rate limit {count} of {allowed} used when the server last said so; resets in {resets}")
        }
        None => "Rate limit not known yet".to_owned(),
    });
    lines.push(match state.session.diagnoses.evidence.skew {
        Some(seconds) => format!("Clock      the server's clock differs by {seconds} s"),
        None => "Clock      within a minute of the server's, as far as known".to_owned(),
    });
    lines.push(format!(
        "Log        {} kept, {} removed, {}",
        counted(state.session.log.len(), "entry"),
        state.session.log.totals.evicted,
        counted(state.session.log.error_count(), "error")
    ));
    lines.push(format!("Open sends {}", state.session.threads.open().count()));
    if let Some(variation) = state.next_send.send_as {
        lines.push(format!("Next       message is sent wrongly on purpose: {variation}, {}", variation.about()));
    }
    let faults: Vec<String> = state.requests.faults().iter().map(Fault::left).collect();
    if !faults.is_empty() {
        lines.push(format!("Faults     {} (as of the newest exchange)", faults.join(", ")));
    }
    // The page takes no other key than those that move and close it.
    let close = state.keys.map.key(Action::Dismiss);
    lines.push(format!("{close}, then {} gets a new token.", state.key(Action::Renew)));
    lines
}

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
    for (cause, fixed, count) in all.shares(|_| true) {
        let (cause, kind) = (cause.name(), if fixed { "fixed" } else { "not fixed" });
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
        let channel = channel.map_or("?", Channel::name);
        let causes = causes(&|r| r.conversation == Some(key));
        lines.push(format!("    {name} ({channel})  {count}: {causes}"));
    }
    let channels: Vec<String> =
        all.channels().into_iter().map(|(channel, count)| format!("{channel} {count}")).collect();
    lines.push(format!("  by channel             {}", channels.join(", ")));
    let plot = all.over_time(state.now);
    let most = plot.iter().map(|(a, b)| (*a).max(*b)).max().unwrap_or(0);
    let row = |pick: fn(&(usize, usize)) -> usize| {
        plot.iter().map(|column| level(pick(column), most, state.look.theme.ascii)).collect::<String>()
    };
    let (stands, healed) = (row(|c| c.1), row(|c| c.0));
    let most = format!("highest {most} in 30 s");
    let plot = if narrow {
        format!("  15 minutes until now, {most}\n  not fixed\n  |{stands}|\n  fixed\n  |{healed}|")
    } else {
        format!("  15 minutes  not fixed  |{stands}| now\n              fixed      |{healed}| {most}")
    };
    lines.extend(plot.lines().map(str::to_owned));
}

/// A bar of the plot: how much of the highest.
fn level(count: usize, most: usize, ascii: bool) -> char {
    if count == 0 || most == 0 {
        return if ascii { '.' } else { ' ' };
    }
    let step = (count * 8).div_ceil(most).saturating_sub(1);
    let levels = if ascii { "12345678" } else { "▁▂▃▄▅▆▇█" };
    levels.chars().nth(step).unwrap_or('#')
}

fn token(state: &State, facts: &TokenFacts, lines: &mut Vec<String>) {
    let unknown = || "unknown: neither the answer nor tokens/me named scopes".to_owned();
    let granted = facts.granted.as_ref().map_or_else(unknown, |scopes| or_none(scopes));
    lines.extend([
        format!("  generation {}", facts.generation),
        format!("  received   {} ago", duration(state.now.since(facts.issued))),
        format!("  lifetime   {}", facts.lifetime.map_or_else(|| "unknown".to_owned(), duration)),
        format!("  granted    {granted}"),
    ]);
    lines.extend((!facts.missing.is_empty()).then(|| format!("  missing    {}", facts.missing.join(" "))));
    lines.extend(facts.organization.iter().map(|name| format!("  org        {name}")));
    lines.extend(facts.client_name.iter().map(|name| format!("  client     {name}")));
}

fn or_none(words: &[String]) -> String {
    if words.is_empty() { "(none)".to_owned() } else { words.join(" ") }
}

/// Screens with fewer columns get no bars, and no second column.
pub const NARROW: u16 = 64;
/// Cells of a column of the help page, and of the names of the jobs before them.
const COLUMN: usize = 22;
const JOB: usize = 9;

/// The lines of the help page: by job, or what is searched for.
pub fn help_lines(state: &State, search: &str) -> Vec<String> {
    if search.trim().is_empty() { by_job(state) } else { found(state, search.trim()) }
}

/// All jobs in columns, the moves in one line, what this terminal can do, and the files.
fn by_job(state: &State) -> Vec<String> {
    let room = usize::from(state.arrangement.size.width.saturating_sub(4));
    let columns = (room.saturating_sub(JOB) / COLUMN).clamp(1, 5);
    let mut lines = Vec::new();
    let pass = state.session.pass.runner.is_some();
    let works = |action: Action| pass || action.spec().context != Context::Pass;
    let cell = |(action, words): &&(Action, &str)| {
        let key = state.key(*action);
        let pad = (COLUMN - 1).saturating_sub(width(&key) + 1 + width(words));
        format!("{key} {words}{:pad$} ", "")
    };
    let jobs = GROUPS.iter().filter_map(|(name, keys)| Some((name.strip_prefix("help:")?.trim(), keys.as_slice())));
    let jobs = if state.demo.present.is_some() { vec![("Demo", group("demo"))] } else { jobs.collect() };
    for (job, actions) in jobs {
        let actions: Vec<_> = actions.iter().filter(|(action, _)| works(*action)).collect();
        for (row, part) in actions.chunks(columns).enumerate() {
            let cells: String = part.iter().map(cell).collect();
            let job = if row == 0 { job } else { "" };
            lines.push(format!("{job:<JOB$}{cells}").trim_end().to_owned());
        }
    }
    if state.demo.present.is_some() {
        return lines;
    }
    let key = |action| state.keys.map.key(action);
    let focus = state.arrangement.focus;
    let moves = group(match focus {
        Pane::Picker => "moves: conversations",
        Pane::Pass => "moves: test run",
        Pane::Log | Pane::Thread | Pane::Composer => "moves: log",
    });
    let moves =
        moves.as_chunks::<2>().0.iter().map(|[back, forth]| format!("{} {} {}   ", key(back.0), key(forth.0), back.1));
    let moves: String = moves.collect();
    let leave = if focus == Pane::Composer { key(Action::LeaveComposer) + ", then " } else { String::new() };
    let (pane, back, palette) = (state.key(Action::NextPane), key(Action::Back), state.key(Action::Palette));
    let new_line: Vec<String> = state.keys.map.keys(Action::NewLine).iter().map(ToString::to_string).collect();
    let profile = &state.session.profile;
    let none = if profile.sandbox { "none: sandbox" } else { "none" };
    let config = profile.config_file.as_ref().map_or(none.to_owned(), |path| path.display().to_string());
    lines.extend([
        format!("{:<JOB$}{leave}{moves}{pane} pane   {back} back", "Moves"),
        format!("{:<JOB$}/ finds every command here, {palette} runs one by name", "Search"),
        format!("{:<JOB$}pasted text never sends; new line: {}", "Terminal", new_line.join(" or ")),
        format!("{:<JOB$}config {config}", "Files"),
        format!("{:<JOB$}exports {}", "", profile.data_dir.join("exports").display()),
    ]);
    lines
}

/// Every action whose name, description or synonym holds all the words.
fn found(state: &State, typed: &str) -> Vec<String> {
    let typed = typed.to_lowercase();
    let fits = |spec: &&ActionRow| {
        let keys = state.ways(spec.action).collect::<Vec<_>>().join(" ");
        let text = format!("{} {} {} {keys}", spec.name, spec.about, spec.synonyms).to_lowercase();
        typed.split_whitespace().all(|word| text.contains(word))
    };
    // Where there is no room for two columns, each text follows its keys.
    let column = if state.arrangement.size.width < NARROW { 0 } else { 21 };
    let mut lines = Vec::new();
    // In the demo nothing but its own keys works.
    let here = |context: &Context| state.demo.present.is_none() || *context == Context::Present;
    for context in Context::ALL.into_iter().filter(here) {
        let specs = ACTIONS.iter().filter(|spec| spec.context == context).filter(fits);
        let found = specs.map(|spec| {
            let keys: Vec<String> = state.ways(spec.action).collect();
            let keys = if keys.is_empty() { state.key(spec.action) } else { keys.join("  ") };
            format!("  {keys:<column$}  {}", spec.about)
        });
        let found: Vec<String> = found.collect();
        lines.extend((!found.is_empty()).then(|| context.heading().to_owned()));
        lines.extend(found);
    }
    if lines.is_empty() {
        lines.push("No command of that name.".to_owned());
    }
    lines
}
