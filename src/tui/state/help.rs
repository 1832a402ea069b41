//! The lines of the help page and of the status page: plain text, generated from the live state.

use tui_input::Input;

use crate::model::{Channel, Granted, TokenFacts, WebSession};
use crate::session::RATE_WINDOW;
use crate::session::refusals::Refusal;
use crate::text::counted;
use crate::text::screen::width;
use crate::tui::action::{ACTIONS, Action, ActionRow, Context};
use crate::tui::state::key_hints::DEMO;
use crate::tui::state::token_badge::{badge, countdown, duration, session_words};
use crate::tui::state::{Pane, State};

/// A job, and the actions that do it with a word or two each.
type Job = (&'static str, &'static [(Action, &'static str)]);

/// Help by job.
const JOBS: &[Job] = &[
    (
        "Send",
        &[
            (Action::GoComposer, "type"),
            (Action::Send, "send"),
            (Action::NewLine, "new line"),
            (Action::Choose, "answer a choice"),
            (Action::Extras, "attach"),
            (Action::Resend, "send again"),
            (Action::EditCopy, "edit a copy"),
            (Action::HistorySearch, "sent before"),
            (Action::Snippets, "snippet"),
            (Action::Editor, "in $EDITOR"),
            (Action::Undo, "undo"),
            (Action::Interrupt, "cancel, quit"),
            (Action::SendAs, "send wrongly"),
            (Action::ResumeQueue, "send queued"),
        ],
    ),
    (
        "Read",
        &[
            (Action::GoPicker, "conversations"),
            (Action::Open, "open"),
            (Action::NextUnread, "next new"),
            (Action::Refresh, "read now"),
            (Action::Thread, "thread"),
            (Action::GoLog, "log"),
            (Action::Density, "open a row"),
            (Action::LogScope, "this or all"),
            (Action::Quiet, "polling, typing"),
            (Action::Follow, "follow"),
            (Action::Wrap, "wrap"),
            (Action::Pager, "pager"),
            (Action::Zoom, "zoom"),
        ],
    ),
    (
        "Explain",
        &[
            (Action::Why, "why refused"),
            (Action::Probe, "run checks"),
            (Action::Settle, "settle unknown"),
            (Action::CompareAccepted, "with accepted"),
            (Action::Compare, "compare two"),
            (Action::Status, "token, limits"),
            (Action::Renew, "new token"),
            (Action::Connect, "sign in"),
        ],
    ),
    (
        "Copy",
        &[
            (Action::CopyTicket, "ticket"),
            (Action::CopyNote, "note to admin"),
            (Action::CopyIds, "ids"),
            (Action::CopyCurl, "curl"),
            (Action::CopyHeaders, "headers"),
            (Action::CopyBody, "body"),
            (Action::CopyLine, "line"),
            (Action::Export, "HAR file"),
            (Action::Transcript, "transcript"),
        ],
    ),
    (
        "Find",
        &[
            (Action::Filter, "filter"),
            (Action::Search, "search"),
            (Action::NextMatch, "next match"),
            (Action::PreviousMatch, "match before"),
            (Action::NextError, "next error"),
            (Action::PreviousError, "error before"),
            (Action::SearchKept, "all sessions"),
            (Action::Palette, "command"),
            (Action::Mark, "mark"),
            (Action::Comment, "comment"),
        ],
    ),
    (
        "Session",
        &[
            (Action::Add, "add by id"),
            (Action::Remove, "remove"),
            (Action::Discover, "list active"),
            (Action::IdCard, "ids"),
            (Action::Pin, "pin"),
            (Action::Nickname, "rename"),
            (Action::Sort, "sort"),
            (Action::Session, "web session"),
            (Action::FaultBench, "faults"),
            (Action::Present, "demo"),
            (Action::Record, "record screen"),
            (Action::Theme, "colours"),
            (Action::Arm, "PROD armed"),
            (Action::Suspend, "suspend"),
            (Action::Quit, "quit"),
        ],
    ),
    (
        "Test run",
        &[
            (Action::Pass, "open, show"),
            (Action::PassGo, "run, accept"),
            (Action::VerdictPass, "passed"),
            (Action::VerdictFail, "failed"),
            (Action::VerdictBlocked, "blocked"),
            (Action::VerdictSkip, "skipped"),
            (Action::PassUndo, "undo"),
            (Action::PassNote, "note"),
            (Action::PassAgain, "again"),
            (Action::PassPause, "pause"),
            (Action::PassReports, "reports"),
            (Action::PassStop, "end"),
            (Action::PassFromSession, "from session"),
        ],
    ),
];

/// Cells of a column of the help page, and of the names of the jobs before them.
const COLUMN: usize = 22;
const JOB: usize = 9;

/// The lines of the help page: by job, or what is searched for.
pub fn lines(state: &State, search: Option<&Input>) -> Vec<String> {
    match search.map(|typed| typed.value().trim()).filter(|typed| !typed.is_empty()) {
        Some(typed) => found(state, typed),
        None => by_job(state),
    }
}

/// All jobs in columns, the moves in one line, what this terminal can do, and the files.
fn by_job(state: &State) -> Vec<String> {
    let room = usize::from(state.arrangement.size.width.saturating_sub(4));
    let columns = (room.saturating_sub(JOB) / COLUMN).clamp(1, 5);
    let mut lines = Vec::new();
    let pass = state.session.pass.runner.is_some();
    let works = |action: Action| pass || action.spec().context != Context::Pass;
    let demo = [("Demo", DEMO)];
    let jobs = if state.demo.present.is_some() { &demo[..] } else { JOBS };
    for (job, actions) in jobs {
        let actions: Vec<_> = actions.iter().filter(|(action, _)| works(*action)).collect();
        for (row, part) in actions.chunks(columns).enumerate() {
            let cells: Vec<String> = part
                .iter()
                .map(|(action, words)| {
                    let key = state.key(*action);
                    let pad = (COLUMN - 1).saturating_sub(width(&key) + 1 + width(words));
                    format!("{key} {words}{:pad$} ", "")
                })
                .collect();
            let job = if row == 0 { job } else { "" };
            lines.push(format!("{job:<JOB$}{}", cells.concat()).trim_end().to_owned());
        }
    }
    if state.demo.present.is_some() {
        return lines;
    }
    let key = |action| state.keys.map.key(action);
    let moves = moves(state.arrangement.focus)
        .iter()
        .map(|(up, down, words)| format!("{} {} {words}   ", key(*up), key(*down)));
    let moves = moves.collect::<Vec<_>>().concat();
    let leave =
        if state.arrangement.focus == Pane::Composer { key(Action::LeaveComposer) + ", then " } else { String::new() };
    let (pane, back) = (state.key(Action::NextPane), key(Action::Back));
    lines.push(format!("{:<JOB$}{leave}{moves}{pane} pane   {back} back", "Moves"));
    let palette = state.key(Action::Palette);
    lines.push(format!("{:<JOB$}/ finds every command here, {palette} runs one by name", "Search"));
    let new_line: Vec<String> = state.keys.map.keys(Action::NewLine).iter().map(ToString::to_string).collect();
    lines.push(format!("{:<JOB$}pasted text never sends; new line: {}", "Terminal", new_line.join(" or ")));
    let profile = &state.session.profile;
    let none = if profile.sandbox { "none: sandbox" } else { "none" };
    let config = profile.config_file.as_ref().map_or(none.to_owned(), |path| path.display().to_string());
    lines.push(format!("{:<JOB$}config {config}", "Files"));
    lines.push(format!("{:<JOB$}exports {}", "", profile.data_dir.join("exports").display()));
    lines
}

/// The moves of a pane: there, back, and by how much.
const fn moves(pane: Pane) -> &'static [(Action, Action, &'static str)] {
    match pane {
        Pane::Picker => &[
            (Action::PickerUp, Action::PickerDown, "row"),
            (Action::PickerPageUp, Action::PickerPageDown, "page"),
            (Action::PickerFirst, Action::PickerLast, "ends"),
        ],
        Pane::Pass => &[(Action::PreviousCase, Action::NextCase, "case")],
        Pane::Log | Pane::Thread | Pane::Composer => &[
            (Action::LogUp, Action::LogDown, "row"),
            (Action::LogPageUp, Action::LogPageDown, "page"),
            (Action::LogHalfUp, Action::LogHalfDown, "half"),
            (Action::LogFirst, Action::LogLast, "ends"),
        ],
    }
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
        let mut headed = false;
        for spec in ACTIONS.iter().filter(|spec| spec.context == context).filter(fits) {
            if !std::mem::replace(&mut headed, true) {
                lines.push(context.heading().to_owned());
            }
            let mut keys: Vec<String> = state.ways(spec.action).collect();
            if keys.is_empty() {
                keys.push(state.key(spec.action));
            }
            let keys = keys.join("  ");
            lines.push(format!("  {keys:<column$}  {}", spec.about));
        }
    }
    if lines.is_empty() {
        lines.push("No command of that name.".to_owned());
    }
    lines
}

/// Cells of the status line that its text does not get: the mark and the blanks around it.
const STATUS_MARGIN: usize = 4;
/// Screens with fewer columns get no bars, and no second column.
const NARROW: u16 = 64;

/// The status page: everything that the chips only hint at, and the whole of a line that is wider than the screen.
pub fn status(state: &State) -> Vec<String> {
    let said = state.status.text.clone();
    let mut lines = Vec::new();
    if width(&said) + STATUS_MARGIN > usize::from(state.arrangement.size.width) {
        lines.extend([format!("Message    {said}"), String::new()]);
    }
    lines.extend([
        format!(
            "Profile    {}{}",
            state.session.profile.facts.name,
            if state.session.profile.production { "  PROD" } else { "" }
        ),
        format!("Region     {}", state.session.profile.facts.region),
        format!("API        {}", state.session.profile.facts.api),
        format!("Login      {}", state.session.profile.facts.token_host),
        format!("Requests   {}", state.session.profile.way()),
        String::new(),
        badge_words(state),
    ]);
    if let Some(facts) = state.session.sign_in.status.facts() {
        token(state, facts, &mut lines);
    }
    let asked = if state.session.profile.facts.requested.is_empty() {
        "(none)".to_owned()
    } else {
        state.session.profile.facts.requested.join(" ")
    };
    lines.push(format!("  asked      {asked}"));
    lines.push(String::new());
    let rate = state.session.log.rate_401(state.now, RATE_WINDOW);
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
    if let Some(webhook) = &state.session.listeners.webhook {
        lines.push(format!("Webhook    {}", webhook.words()));
    }
    lines.push(match state.session.server.rate_limit {
        Some(limit) => format!(
            "Rate limit {} of {} used when the server last said so; resets in {}",
            limit.count,
            limit.allowed,
            countdown(limit.resets, state.now)
        ),
        None => "Rate limit not known yet".to_owned(),
    });
    lines.push(match state.session.server.clock_skew {
        Some(seconds) => format!("Clock      the server's clock differs by {seconds} s"),
        None => "Clock      within a minute of the server's, as far as known".to_owned(),
    });
    lines.push(format!(
        "Log        {} entries kept, {} removed, {}",
        state.session.log.len(),
        state.session.log.evicted(),
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
            WebSession::ReadOnly { why }
            | WebSession::Reconnecting { why, .. }
            | WebSession::Unreachable { why }
            | WebSession::Ended { why } => {
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
    if all.is_empty() {
        lines.push("Refusals   none in this session".to_owned());
        return;
    }
    lines.push(format!("Refusals   {} in this session, by cause", all.len()));
    let full = if state.look.theme.ascii { "#" } else { "█" };
    // Where there is no room for the bars, the numbers say the same.
    let narrow = state.arrangement.size.width < NARROW;
    for share in all.shares() {
        let kind = if share.healed { "fixed" } else { "not fixed" };
        let (cause, count) = (share.cause.as_str(), share.count);
        lines.push(if narrow {
            format!("  {cause:<22} {count:>4} {kind}")
        } else {
            let percent = count as f64 * 100.0 / all.len() as f64;
            let bar = full.repeat((count * 20).div_ceil(all.len()));
            format!("  {cause:<22} {count:>4} {percent:>5.1}% {bar:<20} {kind}")
        });
    }
    let causes = |wanted: &dyn Fn(&Refusal) -> bool| {
        let shares = all.shares_of(wanted);
        shares.iter().map(|s| format!("{} {}", s.cause, s.count)).collect::<Vec<_>>().join(", ")
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
        Granted::Unknown => "  granted    unknown: neither the answer nor tokens/me named scopes".to_owned(),
        Granted::Named(scopes) if scopes.is_empty() => "  granted    (none)".to_owned(),
        Granted::Named(scopes) => format!("  granted    {}", scopes.join(" ")),
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
