//! The palette: every command by name, description and synonym; `@` jumps to conversations, `#` to log entries.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use tui_input::Input;

use crate::model::ConversationKey;
use crate::tui::action::{ACTIONS, Action, ActionRow, Context};

/// What a line of the palette leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaletteTarget {
    /// Do this.
    Act(Action),
    /// Open this conversation.
    Conversation(ConversationKey),
    /// Stand on this log entry.
    Entry(u64),
}

/// A line of the palette.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaletteItem {
    /// Where it leads.
    pub target: PaletteTarget,
    /// The text on the left.
    pub name: String,
    /// The text in the middle.
    pub about: String,
    /// Why it cannot be used now; it stays listed.
    pub disabled: Option<&'static str>,
}

/// The palette while it is open.
pub struct Palette {
    /// What is typed.
    pub input: Input,
    /// What fits, best first.
    pub items: Vec<PaletteItem>,
    /// Which is chosen.
    pub chosen: usize,
    matcher: Matcher,
}

impl std::fmt::Debug for Palette {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Palette")
            .field("input", &self.input.value())
            .field("items", &self.items)
            .finish_non_exhaustive()
    }
}

/// What the palette lists besides actions.
pub struct PaletteContext<'a> {
    /// Conversations by name.
    pub conversations: &'a [(ConversationKey, String)],
    /// Whether an action can be used now, or why not.
    pub disabled: &'a dyn Fn(Action) -> Option<&'static str>,
}

impl Palette {
    /// The palette with nothing typed: all commands in help order.
    pub fn open(around: &PaletteContext<'_>) -> Self {
        let mut palette =
            Self { input: Input::default(), items: Vec::new(), chosen: 0, matcher: Matcher::new(Config::DEFAULT) };
        palette.search(around);
        palette
    }

    /// Finds anew after the input changed.
    pub fn search(&mut self, around: &PaletteContext<'_>) {
        self.chosen = 0;
        let typed = self.input.value().trim().to_owned();
        self.items = if let Some(name) = typed.strip_prefix('@') {
            self.conversations(name, around)
        } else if let Some(number) = typed.strip_prefix('#') {
            number
                .trim()
                .parse()
                .map(|n| PaletteItem {
                    target: PaletteTarget::Entry(n),
                    name: format!("#{n}"),
                    about: "Go to this log entry".to_owned(),
                    disabled: None,
                })
                .into_iter()
                .collect()
        } else {
            self.actions(&typed, around)
        };
    }

    fn actions(&mut self, typed: &str, around: &PaletteContext<'_>) -> Vec<PaletteItem> {
        let pattern = Pattern::parse(typed, CaseMatching::Ignore, Normalization::Smart);
        let mut buffer = Vec::new();
        let mut found: Vec<(u32, &ActionRow)> = listed()
            .filter_map(|spec| {
                let name = pattern.score(Utf32Str::new(spec.name, &mut buffer), &mut self.matcher);
                let all = format!("{} {} {}", spec.name, spec.about, spec.synonyms);
                let any = pattern.score(Utf32Str::new(&all, &mut buffer), &mut self.matcher);
                // The whole name stands above a hit in a name, and that above one in the description.
                let whole = if spec.name == typed { 1000 } else { 0 };
                name.map(|s| s + 1000 + whole).or(any).map(|score| (score, spec))
            })
            .collect();
        if !typed.is_empty() {
            found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        }
        found
            .into_iter()
            .map(|(_, spec)| PaletteItem {
                target: PaletteTarget::Act(spec.action),
                name: spec.name.to_owned(),
                about: spec.about.to_owned(),
                disabled: (around.disabled)(spec.action),
            })
            .collect()
    }

    fn conversations(&mut self, typed: &str, around: &PaletteContext<'_>) -> Vec<PaletteItem> {
        let pattern = Pattern::parse(typed, CaseMatching::Ignore, Normalization::Smart);
        let mut buffer = Vec::new();
        let mut found: Vec<(u32, PaletteItem)> = around
            .conversations
            .iter()
            .filter_map(|(key, name)| {
                let score = pattern.score(Utf32Str::new(name, &mut buffer), &mut self.matcher)?;
                let item = PaletteItem {
                    target: PaletteTarget::Conversation(*key),
                    name: format!("@{name}"),
                    about: "Open this conversation".to_owned(),
                    disabled: None,
                };
                Some((score, item))
            })
            .collect();
        found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        found.into_iter().map(|(_, item)| item).collect()
    }
}

/// The actions that make sense by name: not the mere moves of a cursor.
fn listed() -> impl Iterator<Item = &'static ActionRow> {
    ACTIONS.iter().filter(|spec| {
        let text_field = spec.context == Context::Composer
            && !matches!(
                spec.action,
                Action::Send | Action::HistorySearch | Action::Snippets | Action::Editor | Action::Undo | Action::Redo
            );
        // A move of the cursor has no other name.
        let moves = spec.synonyms.is_empty() && matches!(spec.context, Context::Picker | Context::Log);
        // A dialog and the demo take no commands.
        !matches!(spec.context, Context::Dialog | Context::Present) && !text_field && !moves
    })
}

#[cfg(test)]
#[path = "../../../tests/unit/tui/state/palette.rs"]
mod tests;
