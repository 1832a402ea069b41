//! What the palette finds first.

use crate::model::ConversationKey;
use crate::tui::action::Action;
use crate::tui::state::composer::editor::Editor;
use crate::tui::state::palette::*;

fn find(typed: &str) -> Vec<PaletteItem> {
    let names = [(ConversationKey(3), "Billing bot".to_owned())];
    let mut palette = Palette { input: Editor::from(typed), ..Palette::default() };
    palette.search(&names, |_| None);
    palette.items
}

#[test]
fn finds_by_name_description_and_synonym() {
    assert_eq!(find("resend").first().map(|i| i.target), Some(PaletteTarget::Act(Action::Resend)));
    assert!(find("retry").iter().take(3).any(|i| i.target == PaletteTarget::Act(Action::Resend)));
    assert!(find("bearer").iter().any(|i| i.target == PaletteTarget::Act(Action::Renew)));
}

#[test]
fn jumps_to_conversations_and_entries() {
    assert_eq!(find("@bill").first().map(|i| i.target), Some(PaletteTarget::Conversation(ConversationKey(3))));
    assert_eq!(find("#42").first().map(|i| i.target), Some(PaletteTarget::Entry(42)));
    assert!(find("#x").is_empty());
}

#[test]
fn lists_each_command_but_no_cursor_moves() {
    let all = find("");
    assert!(all.iter().any(|i| i.target == PaletteTarget::Act(Action::Renew)));
    assert!(all.iter().any(|i| i.target == PaletteTarget::Act(Action::Send)));
    assert!(!all.iter().any(|i| i.target == PaletteTarget::Act(Action::LogUp)));
}
