//! Keys while something stands on top: a page, a card, the palette, a menu, a question (prompts: [`super::prompt`]).

use crossterm::event::{KeyCode, KeyEvent};

use super::{conversations, demo, global, journal, log, next_message, pass, prompt, sending, web_session};
use crate::engine::Command;
use crate::model::Extras;
use crate::pass::builtin;
use crate::pass::runner::RunnerEvent;
use crate::tui::state::overlay::edit_line;
use crate::tui::state::page::{page_height, page_rows, page_text};
use crate::tui::state::palette::PaletteItem;
use crate::tui::state::{
    Card, Confirmation, Consent, DialogQuestion, Editor, Menu, MenuChoice, Overlay, Page, PageContent, Palette,
    PaletteTarget, Pane, PromptPurpose, State, Subject,
};
use crate::tui::{Action, Chord, Context, Effect, KeyMeaning};

/// Applies a key, which is bound to `action` here, to what is on top; what was chosen from the palette is left to do.
pub fn key(state: &mut State, key: KeyEvent, chord: Chord, action: Option<Action>) -> Option<Action> {
    match state.overlay.take()? {
        Overlay::Page(page) => page_key(state, page, action, key),
        Overlay::Card(card) => card_key(state, card, action, chord),
        Overlay::Palette(palette) => return palette_key(state, palette, action, key),
        Overlay::Prompt(prompt) => prompt::key(state, prompt, action, key),
        Overlay::Menu(menu) => menu_key(state, menu, action, key),
        Overlay::Ask(ask) => ask_key(state, ask, action, key),
    }
    None
}

/// By how many rows a key goes down (up where negative), where a page has so many.
const fn rows(action: Option<Action>, page: i16) -> Option<i16> {
    match action {
        Some(Action::DialogUp | Action::LogUp) => Some(-1),
        Some(Action::DialogDown | Action::LogDown) => Some(1),
        Some(Action::DialogPageUp | Action::LogHalfUp) => Some(-page),
        Some(Action::DialogPageDown | Action::LogHalfDown) => Some(page),
        _ => None,
    }
}

fn palette_key(state: &mut State, mut palette: Palette, action: Option<Action>, key: KeyEvent) -> Option<Action> {
    let last = palette.items.len().saturating_sub(1);
    let mut changed = false;
    match (action, rows(action, 10)) {
        (Some(Action::Dismiss), _) => return None,
        (Some(Action::Confirm), _) => return choose_from_palette(state, palette.items.get(palette.chosen)),
        (_, Some(by)) => palette.chosen = palette.chosen.saturating_add_signed(by.into()).min(last),
        (_, None) => changed = edit_line(&mut palette.input, key.code, key.modifiers),
    }
    state.overlay = Some(Overlay::Palette(palette));
    if changed {
        global::palette_changed(state);
    }
    None
}

fn menu_key(state: &mut State, mut menu: Menu, action: Option<Action>, key: KeyEvent) {
    match (action, rows(action, i16::MAX), key.code, &mut menu.filter) {
        (Some(Action::Dismiss), ..) | (_, _, KeyCode::Char('q'), None) => {
            if let Some(before) = menu.before {
                state.look.theme = *before;
            }
            return;
        }
        (Some(Action::Confirm), ..) => {
            return match menu.choice().cloned() {
                Some(choice) => chosen(state, choice),
                // Nothing fits what is typed: it stays open.
                None => state.overlay = Some(Overlay::Menu(menu)),
            };
        }
        (_, Some(by), ..) => menu.step(by.into()),
        (_, _, code, Some(filter)) => {
            edit_line(filter, code, key.modifiers);
            // One stands on something that is shown.
            menu.step(0);
        }
        (None, _, KeyCode::Char('k'), _) => menu.step(-1),
        (None, _, KeyCode::Char('j'), _) => menu.step(1),
        (None, _, KeyCode::Char(c), _) => {
            if let Some(at) = c.to_digit(10).and_then(|digit| (digit as usize).checked_sub(1)) {
                if let Some((_, choice)) = menu.items.get(at).filter(|_| menu.quick).cloned() {
                    return chosen(state, choice);
                }
                menu.choose(at);
            }
        }
        _ => {}
    }
    if menu.before.is_some()
        && let Some((_, MenuChoice::Theme(name))) = menu.items.get(menu.chosen)
    {
        global::show_theme(state, name);
    }
    state.overlay = Some(Overlay::Menu(menu));
}

/// A page is read, copied and searched. It is never scrolled further than its end, so that the way back begins at once.
fn page_key(state: &mut State, mut page: Page, action: Option<Action>, key: KeyEvent) {
    use KeyCode::{Backspace, Char, Delete, F, Home, Left, Right};
    let edits = matches!(key.code, Char(_) | Backspace | Delete | Left | Right);
    let turn = i16::try_from(state.arrangement.size.height.saturating_sub(6).max(1)).unwrap_or(i16::MAX);
    let scrolls = match (action, key.code) {
        (None, Char('k')) => Some(-1),
        (None, Char('j')) => Some(1),
        (None, Char(' ')) => Some(turn),
        _ => rows(action, turn),
    };
    match (&mut page.content, action, key.code) {
        (PageContent::Help(filter @ Some(_)), Some(Action::Dismiss), _) => (page.scroll, *filter) = (0, None),
        (PageContent::Help(Some(typed)), None, code) if edits => {
            edit_line(typed, code, key.modifiers);
            page.scroll = 0;
        }
        (PageContent::Help(filter @ None), None, Char('/')) => (page.scroll, *filter) = (0, Some(Editor::default())),
        (PageContent::Ids(of), None, Char('l')) => conversations::look_up(state, *of),
        (PageContent::Ids(of), None, Char('s')) => {
            if conversations::swap(state, *of) {
                return;
            }
        }
        (content @ (PageContent::Ids(_) | PageContent::Lines(..)), None, Char('y')) => {
            state.request(Effect::Copy(page_text(state, content).1.join("\n")));
        }
        (_, Some(Action::Dismiss | Action::Confirm), _) | (_, None, Char('q' | '?' | '!') | F(1)) => return,
        (_, None, Char('g') | Home) => page.scroll = 0,
        _ => page.scroll = page.scroll.saturating_add_signed(scrolls.unwrap_or(0)),
    }
    let (size, text) = (state.arrangement.size, page_text(state, &page.content).1);
    let rows = page_rows(&text, size.width, state.look.theme.ascii).0.len();
    page.scroll = page.scroll.min(u16::try_from(rows - page_height(rows, size.height)).unwrap_or(u16::MAX));
    state.overlay = Some(Overlay::Page(page));
}

fn choose_from_palette(state: &mut State, item: Option<&PaletteItem>) -> Option<Action> {
    match item.map(|item| (item.target, item.disabled)) {
        None => state.status.info("No command has that name."),
        Some((_, Some(why))) => state.status.info(format!("Not now: {why}.")),
        Some((PaletteTarget::Act(action), None)) => {
            match action.spec().context {
                Context::Picker => state.focus(Pane::Picker),
                Context::Log if state.arrangement.focus != Pane::Thread => state.show_log(),
                Context::Pass => state.show_pass(),
                // With no conversation there is nothing to write to, which is said.
                Context::Composer => state.focus(Pane::Composer),
                _ => {}
            }
            let can = action.spec().context != Context::Composer || state.arrangement.focus == Pane::Composer;
            return can.then_some(action);
        }
        Some((PaletteTarget::Conversation(key), None)) => journal::open(state, key),
        Some((PaletteTarget::Entry(number), None)) => {
            state.show_log();
            state.close_history();
            if !state.session.log.select_number(number) {
                state.status.info(format!("There is no row #{number} in the log."));
            }
        }
    }
    None
}

fn chosen(state: &mut State, choice: MenuChoice) {
    match choice {
        MenuChoice::Insert(snippet) => state.composer.edited().insert(&snippet),
        MenuChoice::Fault(json) => state.requests.set_fault(json.map(str::to_owned)),
        MenuChoice::AddFound(lead) => conversations::add_one(state, lead),
        MenuChoice::Act(action) => global::act(state, action),
        MenuChoice::SendAs(variation) => next_message::send_as(state, variation),
        MenuChoice::Transcript(form) => global::save_transcript(state, form),
        MenuChoice::Play(name) => demo::play_named(state, name),
        MenuChoice::Rehearse => demo::rehearse_conversation(state),
        MenuChoice::PassUnfinished => pass::resume(state),
        MenuChoice::PassBuiltin(name, text) => drop(pass::open(state, &format!("{}{name}", builtin::PREFIX), text)),
        MenuChoice::PassFile(path) => pass::path_given(state, path),
        MenuChoice::PassPath => {
            let mistaken = state.pass_pane.mistaken.clone();
            state.prompt(PromptPurpose::PassFile, &mistaken);
        }
        MenuChoice::Theme(name) => {
            global::show_theme(state, name);
            let keep = format!("To keep them, set theme = \"{name}\" under [ui] in config.toml.");
            state.status.info(format!("Colours: {name}. {keep}"));
        }
        MenuChoice::KeepWatching(_) => {
            state.status.info("guestwire keeps checking the conversation for the message.");
            state.status.offer(&[(Action::Settle, "settle")]);
        }
        MenuChoice::Settle(id, _) | MenuChoice::SendAnyway(id) if sending::no_longer_unknown(state, id) => {}
        MenuChoice::Settle(message, received) => state.request(Effect::Engine(Command::Settle { message, received })),
        MenuChoice::SendAnyway(id) => sending::ask_send_anyway(state, id),
        MenuChoice::Answer(answer) => next_message::answer(state, answer),
        MenuChoice::RemoveFile(key, file) => next_message::remove(state, key, |extras| {
            let at = extras.attachments.iter().position(|kept| *kept == file);
            at.map(|at| extras.attachments.remove(at));
        }),
        MenuChoice::RemoveAttribute(key, name) => {
            next_message::remove(state, key, |extras| drop(extras.attributes.remove(&name)));
        }
        MenuChoice::RemoveCarried(key) => next_message::remove(state, key, |extras| *extras = Extras::default()),
        MenuChoice::Session(key, ask) => web_session::wanted(state, key, ask),
        MenuChoice::Page(page) => conversations::ask_page(state, page),
        MenuChoice::NotNow(why) => state.status.info(format!("Not now: {why}.")),
        MenuChoice::Wrong(why) => state.status.error(why),
    }
}

fn ask_key(state: &mut State, mut ask: Confirmation, action: Option<Action>, key: KeyEvent) {
    let ready = ask.ready();
    let yes = match (action, key.code, &mut ask.consent) {
        (Some(Action::Dismiss), ..) | (None, KeyCode::Char('n'), Consent::Enter | Consent::Y) => return,
        (None, KeyCode::Char('y'), Consent::Enter | Consent::Y) | (Some(Action::Confirm), _, Consent::Enter) => true,
        (Some(Action::Confirm), _, Consent::Word { wrong, .. }) => {
            *wrong = !ready;
            ready
        }
        (_, _, Consent::Word { typed, wrong, .. }) => {
            *wrong &= !edit_line(typed, key.code, key.modifiers);
            false
        }
        (_, _, Consent::Enter | Consent::Y) => false,
    };
    if !yes {
        state.overlay = Some(Overlay::Ask(ask));
        return;
    }
    match ask.question {
        DialogQuestion::SendAnyway(id) if sending::no_longer_unknown(state, id) => {}
        DialogQuestion::Resend(id) | DialogQuestion::SendAnyway(id) => sending::resend(state, id),
        DialogQuestion::Production(shown) => sending::send_draft(state, shown),
        DialogQuestion::Answer(answer) => sending::answer(state, *answer),
        DialogQuestion::Session(key, ask) => web_session::go(state, key, ask),
        DialogQuestion::Play => demo::begin_message(state),
        DialogQuestion::PassStep => pass::run_step_now(state),
        DialogQuestion::PassStop => pass::pass_event(state, RunnerEvent::Stop),
        DialogQuestion::Remove(key) => conversations::remove(state, key),
        DialogQuestion::Quit => state.request(Effect::Quit),
    }
}

/// A key while the card is open: the log's keys act on its entry, and scroll it.
fn card_key(state: &mut State, mut card: Card, action: Option<Action>, chord: Chord) {
    let action = action.or_else(|| meant_by_card(state, &mut card, chord));
    match action {
        Some(Action::Dismiss | Action::Confirm | Action::Quit | Action::Why) => return,
        // Those that copy stand together in the table.
        Some(copy) if (Action::CopyIds..=Action::CopyNote).contains(&copy) => {
            state.on_entry(card.number, |state| log::act(state, copy));
        }
        Some(way @ (Action::NextMatch | Action::NextError | Action::PreviousMatch | Action::PreviousError)) => {
            let later = matches!(way, Action::NextMatch | Action::NextError);
            match state.log_with(card.number).why_beside(card.number, later) {
                Some(number) => card = Card { number, scroll: 0, prefix: None },
                None => state.status.info("There is no other refusal in this direction."),
            }
        }
        Some(Action::Resend | Action::Renew | Action::Probe | Action::Refresh)
            if state.session.log.entry(card.number).is_none() =>
        {
            state.status.info("This refusal is from an earlier session: send a message again to check it now.");
        }
        Some(Action::Resend) => return state.on_entry(card.number, sending::ask_resend),
        Some(Action::Renew) => global::act(state, Action::Renew),
        Some(Action::Probe) => log::probe(state, Some(card.number)),
        Some(Action::CompareAccepted) => return state.on_entry(card.number, log::compare_accepted),
        Some(Action::Refresh) => {
            let entry = state.session.log.entry(card.number);
            if let Some(key) = entry.and_then(|entry| entry.exchange()?.conversation) {
                state.request(Effect::Engine(Command::Read(key)));
                state.status.info("Reading the conversation: the card is updated with what is found.");
                state.status.about(Subject::Reading(key), &[]);
            }
        }
        _ => card.scroll = card.scroll.saturating_add_signed(rows(action, 8).unwrap_or(0)),
    }
    state.overlay = Some(Overlay::Card(card));
}

/// What a key means while the card is open: what it means in the log, else in the list, else everywhere.
fn meant_by_card(state: &State, card: &mut Card, chord: Chord) -> Option<Action> {
    let first = card.prefix.take();
    let contexts = [Context::Log, Context::Picker, Context::Global].into_iter();
    let mut meanings = contexts.map(|context| state.keys.map.resolve(context, first, chord));
    match meanings.find(|meaning| *meaning != KeyMeaning::Unbound)? {
        KeyMeaning::Act(action) => return Some(action),
        KeyMeaning::Prefix | KeyMeaning::Unbound => card.prefix = Some(chord),
    }
    None
}
