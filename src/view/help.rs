//! The lines of the help page and of the status page: plain text, generated from the live state.

use crate::console::action::{ACTIONS, Action, Context};
use crate::console::keymap::Keymap;
use crate::console::state::chip::{chip, countdown, duration};
use crate::console::state::{RATE_WINDOW, State};
use crate::model::{Granted, TokenFacts};

/// Help: this pane's keys first, then everywhere, then the rest; then what this terminal can do, and the files.
pub fn help(state: &State) -> Vec<String> {
    let here = state.focus.context();
    let mut order = vec![here, Context::Global];
    order.extend(Context::ALL.into_iter().filter(|c| *c != here && *c != Context::Global));
    let mut lines = Vec::new();
    for context in order {
        section(&state.keymap, context, &mut lines);
    }
    lines.push("This terminal".to_owned());
    lines.push("  Paste      text pasted with bracketed paste never sends".to_owned());
    lines.push("  Copy       by OSC 52; tmux needs: set -g set-clipboard on".to_owned());
    lines.push("  Enter      Ctrl-J and Alt-Enter arrive everywhere; Shift-Enter and Ctrl-Enter do not".to_owned());
    lines.push(String::new());
    lines.push("Files".to_owned());
    let config =
        state.place.config_file.as_ref().map_or("none: built-in sandbox".to_owned(), |p| p.display().to_string());
    lines.push(format!("  Config     {config}"));
    lines.push(format!("  Exports    {}", state.place.data_dir.join("exports").display()));
    lines
}

fn section(map: &Keymap, context: Context, lines: &mut Vec<String>) {
    let mut any = false;
    for spec in ACTIONS.iter().filter(|s| s.context == context) {
        if !any {
            lines.push(context.heading().to_owned());
            any = true;
        }
        let keys = map.keys(spec.action).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        let keys = if keys.is_empty() { format!(":{}", spec.name) } else { keys };
        lines.push(format!("  {keys:<24} {}", spec.about));
    }
    if any {
        lines.push(String::new());
    }
}

/// The status page: everything that the chips only hint at.
pub fn status(state: &State) -> Vec<String> {
    let mut lines = vec![
        format!("Profile    {}{}", state.place.profile, if state.place.production { "  PROD" } else { "" }),
        format!("Region     {}", state.place.region),
        format!("API        {}", state.place.api),
        format!("Login      {}", state.place.login),
        String::new(),
        chip(&state.token, state.now).text,
    ];
    if let Some(facts) = state.token.facts() {
        token(state, facts, &mut lines);
    }
    let asked = if state.place.scopes.is_empty() { "(none)".to_owned() } else { state.place.scopes.join(" ") };
    lines.push(format!("  asked      {asked}"));
    lines.push(String::new());
    let rate = state.log.rate_401(state.now, RATE_WINDOW);
    lines.push(format!(
        "401        {} of {} API answers in 15 minutes; {} of them healed by a renewal",
        rate.answers401, rate.total, rate.healed
    ));
    lines.push(match state.rate_limit {
        Some(limit) => format!(
            "Rate limit {} of {} used when the server last said so; resets in {}",
            limit.count,
            limit.allowed,
            countdown(limit.resets, state.now)
        ),
        None => "Rate limit not told yet".to_owned(),
    });
    lines.push(match state.skew {
        Some(seconds) => format!("Clock      the server's clock differs by {seconds} s"),
        None => "Clock      within a minute of the server's, as far as it told".to_owned(),
    });
    lines.push(format!(
        "Log        {} entries kept, {} let go, {} errors",
        state.log.len(),
        state.log.evicted(),
        state.log.error_count()
    ));
    lines.push(format!("Open sends {}", state.open_sends.len()));
    if let Some(fault) = state.fault {
        lines.push(format!("Fault      {fault}"));
    }
    lines.push(format!("{} gets a new token.", state.keymap.key(Action::Renew)));
    lines
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
