//! The lines of the help page: plain text, generated from the live state.

use super::key_hints::{GROUPS, group};
use super::{Pane, State};
use crate::text::screen::width;
use crate::tui::action::{ACTIONS, Action, ActionRow, Context};

/// Screens with fewer columns get no bars, and no second column.
pub const NARROW: u16 = 64;
/// Cells of a column of the help page, and of the names of the jobs before them.
const COLUMN: usize = 22;
const JOB: usize = 9;

/// The lines of the help page: by job, or what is searched for.
pub fn lines(state: &State, search: &str) -> Vec<String> {
    if search.trim().is_empty() { by_job(state) } else { found(state, search.trim()) }
}

/// All jobs in columns, the moves in one line, what this terminal can do, and the files.
fn by_job(state: &State) -> Vec<String> {
    let room = usize::from(state.arrangement.size.width.saturating_sub(4));
    let columns = (room.saturating_sub(JOB) / COLUMN).clamp(1, 5);
    let mut lines = Vec::new();
    let pass = state.session.pass.runner.is_some();
    let works = |action: Action| pass || action.spec().context != Context::Pass;
    let jobs = GROUPS.iter().filter_map(|(name, keys)| Some((name.strip_prefix("help:")?.trim(), keys.as_slice())));
    let jobs = if state.demo.present.is_some() { vec![("Demo", group("demo"))] } else { jobs.collect() };
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
