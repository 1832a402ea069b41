//! The palette: every command by name, description and synonym; `@` jumps to conversations, `#` to log entries.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::composer::editor::Editor;
use crate::model::ConversationKey;
use crate::tui::action::{ACTIONS, Action, ActionRow, Context};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaletteTarget {
    Act(Action),
    Conversation(ConversationKey),
    Entry(u64),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaletteItem {
    pub target: PaletteTarget,
    pub name: String,
    pub about: String,
    /// Why it cannot be used now; it stays listed.
    pub disabled: Option<&'static str>,
}

/// The palette while it is open.
#[derive(Debug, Default)]
pub struct Palette {
    /// What is typed.
    pub input: Editor,
    /// What fits, best first.
    pub items: Vec<PaletteItem>,
    /// Which is chosen.
    pub chosen: usize,
}

impl Palette {
    /// Finds among commands (`disabled`: why one cannot be used) and conversations; with nothing typed, all commands.
    pub fn search(&mut self, names: &[(ConversationKey, String)], disabled: impl Fn(Action) -> Option<&'static str>) {
        self.chosen = 0;
        let typed = self.input.text().trim();
        self.items = if let Some(name) = typed.strip_prefix('@') {
            let mut score = scores(name);
            best_first(names.iter().filter_map(|(key, name)| {
                let target = PaletteTarget::Conversation(*key);
                Some((score(name)?, item(target, format!("@{name}"), "Open this conversation")))
            }))
        } else if let Some(number) = typed.strip_prefix('#') {
            let entry = |n| item(PaletteTarget::Entry(n), format!("#{n}"), "Go to this log entry");
            number.trim().parse().map(entry).into_iter().collect()
        } else {
            let act = |spec: &ActionRow| PaletteItem {
                disabled: disabled(spec.action),
                ..item(PaletteTarget::Act(spec.action), spec.name.to_owned(), spec.about)
            };
            actions(typed).into_iter().map(act).collect()
        };
    }
}

fn item(target: PaletteTarget, name: String, about: &str) -> PaletteItem {
    PaletteItem { target, name, about: about.to_owned(), disabled: None }
}

fn actions(typed: &str) -> Vec<&'static ActionRow> {
    let mut score = scores(typed);
    best_first(ACTIONS.iter().filter(|spec| is_listed(spec)).filter_map(|spec| {
        let name = score(spec.name);
        let any = score(&format!("{} {} {}", spec.name, spec.about, spec.synonyms));
        // The whole name stands above a hit in a name, and that above one in the description.
        let whole = if spec.name == typed { 1000 } else { 0 };
        name.map(|s| s + 1000 + whole).or(any).map(|score| (score, spec))
    }))
}

/// How well a text fits what is typed; equally well where nothing is.
fn scores(typed: &str) -> impl FnMut(&str) -> Option<u32> {
    let pattern = Pattern::parse(typed, CaseMatching::Ignore, Normalization::Smart);
    let (mut matcher, mut buffer) = (Matcher::new(Config::DEFAULT), Vec::new());
    move |text| pattern.score(Utf32Str::new(text, &mut buffer), &mut matcher)
}

fn best_first<T>(found: impl Iterator<Item = (u32, T)>) -> Vec<T> {
    let mut found: Vec<_> = found.collect();
    found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    found.into_iter().map(|(_, item)| item).collect()
}

/// Whether an action makes sense by name: the mere moves of a cursor do not.
fn is_listed(spec: &ActionRow) -> bool {
    use Action::{Editor, HistorySearch, Redo, Send, Snippets, Undo};
    match spec.context {
        Context::Composer => matches!(spec.action, Send | HistorySearch | Snippets | Editor | Undo | Redo),
        // A move of the cursor has no other name.
        Context::Picker | Context::Log => !spec.synonyms.is_empty(),
        // A dialog and the demo take no commands.
        Context::Dialog | Context::Present => false,
        Context::Global | Context::Pass => true,
    }
}
