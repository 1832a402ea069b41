//! Keys while something stands on top: a page, the card of a refusal, the palette, a menu, a question. (A prompt's are
//! in [`super::prompt`].)

use crossterm::event::{KeyCode, KeyEvent};

use crate::engine::Command;
use crate::pass::runner::RunnerEvent;
use crate::tui::Effect;
use crate::tui::action::{Action, Context};
use crate::tui::chord::Chord;
use crate::tui::keymap::KeyMeaning;
use crate::tui::state::composer::editor::Editor;
use crate::tui::state::overlay::{
    Card, Confirmation, Consent, DialogQuestion, Menu, MenuChoice, Overlay, Page, PageContent, Prompt, PromptPurpose,
    edit_line,
};
use crate::tui::state::page::{last_scroll, page_text, page_turn, scrolled};
use crate::tui::state::palette::{Palette, PaletteTarget};
use crate::tui::state::status::Subject;
use crate::tui::state::{Pane, State};

use super::{conversations, demo, global, ids, journal, log, next_message, pass, prompt, sending, web_session};

/// Lines of a page turn in the palette, and of half a page of the card.
const PALETTE_PAGE: i16 = 10;
const CARD_PAGE: i16 = 8;

/// What is left to do for a key, beneath what stood on top.
pub enum KeyFollowUp {
    /// The key that Alt came with.
    Key(KeyEvent),
    /// What was chosen from the palette.
    Act(Action),
}

/// Applies a key to what stands on top.
pub fn key(state: &mut State, key: KeyEvent, chord: Chord) -> Option<KeyFollowUp> {
    let action = match state.keys.map.resolve(Context::Dialog, None, chord) {
        KeyMeaning::Act(action) => Some(action),
        KeyMeaning::Prefix | KeyMeaning::Unbound => None,
    };
    if let Some(plain) = chord.without_alt().filter(|_| action.is_none()) {
        // Esc and then a key, come fast: closes what is on top, then does what the key does.
        if let Some(Overlay::Prompt(Prompt { purpose: PromptPurpose::Filter(pane), .. })) = state.overlay.take() {
            prompt::apply_filter(state, pane, "");
        }
        return Some(KeyFollowUp::Key(plain.event()));
    }
    match state.overlay.take()? {
        Overlay::Page(page) => page_key(state, page, action, key),
        Overlay::Card(card) => card_key(state, card, action, chord),
        Overlay::Palette(palette) => return palette_key(state, palette, action, key).map(KeyFollowUp::Act),
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
    let mut changed = false;
    match action {
        Some(Action::Dismiss) => return None,
        Some(Action::Confirm) => {
            let item = palette.items.get(palette.chosen).map(|i| (i.target, i.disabled));
            return choose_from_palette(state, item);
        }
        _ => match rows(action, PALETTE_PAGE) {
            Some(by) => {
                let last = palette.items.len().saturating_sub(1);
                palette.chosen = palette.chosen.saturating_add_signed(by.into()).min(last);
            }
            None => changed = edit_line(&mut palette.input, key.code, key.modifiers),
        },
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
                menu.chosen = at.min(menu.items.len().saturating_sub(1));
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

/// Whether a key changes what is typed, or moves in it.
const fn is_edit(code: KeyCode) -> bool {
    matches!(code, KeyCode::Char(_) | KeyCode::Backspace | KeyCode::Delete | KeyCode::Left | KeyCode::Right)
}

/// A page is read, copied and searched. It is never scrolled further than its end, so that the way back begins at once.
fn page_key(state: &mut State, mut page: Page, action: Option<Action>, key: KeyEvent) {
    match (&mut page.content, action, key.code) {
        (PageContent::Help(filter @ Some(_)), Some(Action::Dismiss), _) => (page.scroll, *filter) = (0, None),
        (PageContent::Help(Some(typed)), None, code) if is_edit(code) => {
            edit_line(typed, code, key.modifiers);
            page.scroll = 0;
        }
        (PageContent::Help(filter @ None), None, KeyCode::Char('/')) => {
            (page.scroll, *filter) = (0, Some(Editor::default()));
        }
        (PageContent::Ids(of), None, KeyCode::Char('l')) => ids::look_up(state, *of),
        (PageContent::Ids(of), None, KeyCode::Char('s')) => {
            if ids::swap(state, *of) {
                return;
            }
        }
        (content @ (PageContent::Ids(_) | PageContent::Lines { .. }), None, KeyCode::Char('y')) => {
            state.request(Effect::Copy(page_text(state, content).1.join("\n")));
        }
        _ => match scrolled(page.scroll, action, key, page_turn(state)) {
            Some(to) => page.scroll = to,
            None => return,
        },
    }
    page.scroll = page.scroll.min(last_scroll(state, &page));
    state.overlay = Some(Overlay::Page(page));
}

fn choose_from_palette(state: &mut State, item: Option<(PaletteTarget, Option<&'static str>)>) -> Option<Action> {
    match item {
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
            return Some(action)
                .filter(|_| action.spec().context != Context::Composer || state.arrangement.focus == Pane::Composer);
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
        MenuChoice::Snippet(name) => {
            state.composer.insert_snippet(&name);
        }
        MenuChoice::Fault(json) => state.questions.set_fault(json.map(str::to_owned)),
        MenuChoice::AddFound(lead) => ids::add_one(state, lead),
        MenuChoice::Act(action) => global::act(state, action),
        MenuChoice::SendAs(variation) => next_message::send_as(state, variation),
        MenuChoice::Transcript(form) => global::save_transcript(state, form),
        MenuChoice::Play(name) => demo::play_named(state, name),
        MenuChoice::Rehearse => demo::rehearse_conversation(state),
        MenuChoice::Pass(choice) => pass::chosen(state, choice),
        MenuChoice::Theme(name) => {
            global::show_theme(state, &name);
            state
                .status
                .info(format!("Colours: {name}. To keep them, set theme = \"{name}\" under [ui] in config.toml."));
        }
        MenuChoice::KeepWatching(_) => {
            state.status.info("guestwire keeps checking the conversation for the message.");
            state.status.offer(&[(Action::Settle, "settle")]);
        }
        MenuChoice::Settle(id, _) | MenuChoice::SendAnyway(id) if sending::no_longer_unknown(state, id) => {}
        MenuChoice::Settle(message, landed) => state.request(Effect::Engine(Command::Settle { message, landed })),
        MenuChoice::SendAnyway(id) => sending::ask_send_anyway(state, id),
        MenuChoice::Answer(answer) => next_message::answer(state, answer),
        MenuChoice::TakeOff(key, what) => next_message::take_off(state, key, what.as_ref()),
        MenuChoice::Session(key, ask) => web_session::wanted(state, key, ask),
        MenuChoice::Found(found) => conversations::picked(state, *found),
        MenuChoice::Page(page) => conversations::ask_page(state, page),
        MenuChoice::NotNow(why) => state.status.info(format!("Not now: {why}.")),
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
        DialogQuestion::Play => demo::cue(state),
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
        Some(
            copy @ (Action::CopyTicket
            | Action::CopyNote
            | Action::CopyCurl
            | Action::CopyIds
            | Action::CopyHeaders
            | Action::CopyBody
            | Action::CopyLine),
        ) => state.on_entry(card.number, |state| log::act(state, copy)),
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
        Some(Action::Resend) => {
            state.on_entry(card.number, sending::ask_resend);
            return;
        }
        Some(Action::Renew) => global::act(state, Action::Renew),
        Some(Action::Probe) => log::probe(state, Some(card.number)),
        Some(Action::CompareAccepted) => {
            state.on_entry(card.number, log::compare_accepted);
            return;
        }
        Some(Action::Refresh) => {
            let conversation =
                state.session.log.entry(card.number).and_then(|e| e.exchange()).and_then(|x| x.conversation);
            if let Some(key) = conversation {
                state.request(Effect::Engine(Command::Read(key)));
                state.status.info("Reading the conversation: the card is updated with what is found.");
                state.status.about(Subject::Reading(key));
            }
        }
        _ => card.scroll = card.scroll.saturating_add_signed(rows(action, CARD_PAGE).unwrap_or(0)),
    }
    state.overlay = Some(Overlay::Card(card));
}

/// What a key means while the card is open: what it means in the log, else in the list, else everywhere.
fn meant_by_card(state: &State, card: &mut Card, chord: Chord) -> Option<Action> {
    let first = card.prefix.take();
    for context in [Context::Log, Context::Picker, Context::Global] {
        match state.keys.map.resolve(context, first, chord) {
            KeyMeaning::Act(action) => return Some(action),
            KeyMeaning::Prefix => {
                card.prefix = Some(chord);
                return None;
            }
            KeyMeaning::Unbound => {}
        }
    }
    None
}
