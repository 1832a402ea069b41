//! The settings that only the screen can check: keys and theme. `guestwire config check` and the console ask here alike.

use crate::config::settings::{ColorChoice, EnterKey};
use crate::config::{Problem, Problems, Settings};
use crate::tui::keymap::Keymap;
use crate::tui::theme::{self, Theme};

/// The keys and the theme that the settings choose.
///
/// # Errors
/// All that is wrong with `[keys.CONTEXT]` and `ui.theme`, in the order of the file.
pub fn chosen(settings: &Settings) -> Result<(Keymap, Theme), Problems> {
    let theme = theme(settings);
    let keymap = Keymap::new(&settings.keys, settings.composer.enter == EnterKey::Newline);
    match (keymap, theme) {
        (Ok(keymap), Ok(theme)) => Ok((keymap, theme)),
        (keymap, theme) => {
            let keys = keymap.err().into_iter().flatten().map(|wrong| settings.problem(wrong.at, wrong.value));
            let mut problems: Vec<Problem> = keys.chain(theme.err()).collect();
            problems.sort_by_key(|problem| problem.at);
            Err(Problems(problems))
        }
    }
}

/// Whether no colour is wanted at all, whatever the theme.
pub fn no_colour(settings: &Settings) -> bool {
    match settings.ui.color {
        ColorChoice::Never => true,
        ColorChoice::Always => false,
        ColorChoice::Auto => std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty()),
    }
}

fn theme(settings: &Settings) -> Result<Theme, Problem> {
    let ui = &settings.ui;
    let env = |name| std::env::var(name).unwrap_or_default();
    let depth = theme::Depth::of(&env("COLORTERM"), &env("TERM"));
    theme::named(&ui.theme, ui.ascii, no_colour(settings), depth).ok_or_else(|| {
        let near = crate::text::suggest::suggestion(&ui.theme, theme::names().collect::<Vec<_>>());
        settings.problem_of("ui.theme", &format!("there is no theme `{}`{near}", ui.theme))
    })
}
