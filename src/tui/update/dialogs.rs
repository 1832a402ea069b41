//! Keys while something stands on top.

use crossterm::event::{KeyCode, KeyEvent};
use tui_input::Input;

use crate::engine::Command;
use crate::model::{Channel, DeliveryStatus, MessageId};
use crate::tui::Effect;
use crate::tui::action::{Action, Context};
use crate::tui::chord::Chord;
use crate::tui::keymap::KeyMeaning;
use crate::tui::state::overlay::{
    Confirmation, Consent, DialogQuestion, Menu, MenuChoice, Overlay, Page, PageContent, Prompt, PromptPurpose,
    edit_line,
};
use crate::tui::state::page::{last_scroll, page_text, page_turn, scrolled};
use crate::tui::state::palette::PaletteTarget;
use crate::tui::state::status::Subject;
use crate::tui::state::{Pane, State};

use super::focus::{focus, show_log, show_pass};
use super::notices::shown_word;
use super::open_conversation;
use super::{attachments, card, conversations, faults, global, history, ids, pass, prompt, sending, web_session};

/// Lines of a page turn in the palette.
const PALETTE_PAGE: usize = 10;

/// What is left to do for a key, beneath what stood on top.
pub enum KeyFollowUp {
    /// The key that Alt came with.
    Key(KeyEvent),
    /// What was chosen from the palette.
    Act(Action),
}

/// Applies a key to what stands on top.
pub fn key(state: &mut State, key: KeyEvent, chord: Chord, effects: &mut Vec<Effect>) -> Option<KeyFollowUp> {
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
    let mut chosen_action = None;
    let overlay = state.overlay.take()?;
    match overlay {
        Overlay::Page(page) => page_key(state, page, action, key, effects),
        Overlay::Card(card) => card::key(state, card, action, chord, effects),
        Overlay::Palette(mut palette) => match action {
            Some(Action::Dismiss) => {}
            Some(Action::Confirm) => {
                let item = palette.items.get(palette.chosen).map(|i| (i.target, i.disabled));
                chosen_action = choose_from_palette(state, item, effects);
            }
            Some(up @ (Action::DialogUp | Action::DialogPageUp)) => {
                let by = if up == Action::DialogUp { 1 } else { PALETTE_PAGE };
                palette.chosen = palette.chosen.saturating_sub(by);
                state.overlay = Some(Overlay::Palette(palette));
            }
            Some(down @ (Action::DialogDown | Action::DialogPageDown)) => {
                let by = if down == Action::DialogDown { 1 } else { PALETTE_PAGE };
                palette.chosen = (palette.chosen + by).min(palette.items.len().saturating_sub(1));
                state.overlay = Some(Overlay::Palette(palette));
            }
            _ => {
                let changed = edit_line(&mut palette.input, key.code, key.modifiers);
                state.overlay = Some(Overlay::Palette(palette));
                if changed {
                    global::palette_changed(state);
                }
            }
        },
        Overlay::Prompt(prompt) => prompt::key(state, prompt, action, key, effects),
        Overlay::Menu(menu) => menu_key(state, menu, action, key, effects),
        Overlay::Ask(ask) => ask_key(state, ask, action, key, effects),
    }
    chosen_action.map(KeyFollowUp::Act)
}

fn menu_key(state: &mut State, mut menu: Menu, action: Option<Action>, key: KeyEvent, effects: &mut Vec<Effect>) {
    let last = menu.items.len().saturating_sub(1);
    match (action, key.code) {
        (action, _) if action == Some(Action::Dismiss) || is_quit(&menu, key) => {
            if let Some(before) = menu.before {
                state.look.theme = *before;
            }
            return;
        }
        (Some(Action::Confirm), _) => {
            match menu.choice().cloned() {
                Some(choice) => chosen(state, choice, effects),
                // Nothing fits what is typed: it stays open.
                None => state.overlay = Some(Overlay::Menu(menu)),
            }
            return;
        }
        (Some(Action::DialogUp), _) => menu.step(-1),
        (Some(Action::DialogDown), _) => menu.step(1),
        (Some(Action::DialogPageUp), _) => menu.step(isize::MIN / 2),
        (Some(Action::DialogPageDown), _) => menu.step(isize::MAX / 2),
        (_, code) if menu.filter.is_some() => {
            if let Some(filter) = &mut menu.filter {
                edit_line(filter, code, key.modifiers);
            }
            // One stands on something that is shown.
            menu.step(0);
        }
        (None, KeyCode::Char('k')) => menu.step(-1),
        (None, KeyCode::Char('j')) => menu.step(1),
        (None, KeyCode::Char(c)) => {
            if let Some(digit) = c.to_digit(10).filter(|d| *d > 0) {
                let at = digit as usize - 1;
                if let Some((_, choice)) = menu.items.get(at).filter(|_| menu.quick).cloned() {
                    chosen(state, choice, effects);
                    return;
                }
                menu.chosen = at.min(last);
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

/// Whether a key closes a menu in which one does not type.
fn is_quit(menu: &Menu, key: KeyEvent) -> bool {
    menu.filter.is_none() && key.code == KeyCode::Char('q')
}

/// Whether a key changes what is typed, or moves in it.
const fn is_edit(code: KeyCode) -> bool {
    matches!(code, KeyCode::Char(_) | KeyCode::Backspace | KeyCode::Delete | KeyCode::Left | KeyCode::Right)
}

/// A page is read, copied and searched. It is never scrolled further than its end, so that the way back begins at once.
fn page_key(state: &mut State, mut page: Page, action: Option<Action>, key: KeyEvent, effects: &mut Vec<Effect>) {
    match (&mut page.content, action, key.code) {
        (PageContent::Help(filter @ Some(_)), Some(Action::Dismiss), _) => (page.scroll, *filter) = (0, None),
        (PageContent::Help(Some(typed)), None, code) if is_edit(code) => {
            edit_line(typed, code, key.modifiers);
            page.scroll = 0;
        }
        (PageContent::Help(filter @ None), None, KeyCode::Char('/')) => {
            (page.scroll, *filter) = (0, Some(Input::default()));
        }
        (PageContent::Ids(of), None, KeyCode::Char('l')) => ids::look_up(state, *of, effects),
        (PageContent::Ids(of), None, KeyCode::Char('s')) => {
            if ids::swap(state, *of, effects) {
                return;
            }
        }
        (content @ (PageContent::Ids(_) | PageContent::Lines { .. }), None, KeyCode::Char('y')) => {
            effects.push(Effect::Copy(page_text(state, content).1.join("\n")));
        }
        _ => match scrolled(page.scroll, action, key, page_turn(state)) {
            Some(to) => page.scroll = to,
            None => return,
        },
    }
    page.scroll = page.scroll.min(last_scroll(state, &page));
    state.overlay = Some(Overlay::Page(page));
}

fn choose_from_palette(
    state: &mut State,
    item: Option<(PaletteTarget, Option<&'static str>)>,
    effects: &mut Vec<Effect>,
) -> Option<Action> {
    match item {
        None => state.status.info("No command has that name."),
        Some((_, Some(why))) => state.status.info(format!("Not now: {why}.")),
        Some((PaletteTarget::Act(action), None)) => {
            match action.spec().context {
                Context::Picker => {
                    focus(state, Pane::Picker);
                }
                Context::Log if state.arrangement.focus != Pane::Thread => show_log(state),
                Context::Pass => show_pass(state),
                // With no conversation there is nothing to write to, which is said.
                Context::Composer if !focus(state, Pane::Composer) => return None,
                _ => {}
            }
            return Some(action);
        }
        Some((PaletteTarget::Conversation(key), None)) => open_conversation::open(state, key, effects),
        Some((PaletteTarget::Entry(number), None)) => {
            show_log(state);
            history::close(state);
            if !state.session.log.select_number(number) {
                state.status.info(format!("There is no row #{number} in the log."));
            }
        }
    }
    None
}

fn chosen(state: &mut State, choice: MenuChoice, effects: &mut Vec<Effect>) {
    match choice {
        MenuChoice::Snippet(name) => {
            state.composer.insert_snippet(&name);
        }
        MenuChoice::Fault(json) => faults::set(state, json.map(str::to_owned), effects),
        MenuChoice::AddFound(lead) => ids::add_one(state, lead, effects),
        MenuChoice::Act(action) => global::act(state, action, effects),
        MenuChoice::SendAs(Some(variation)) if sending::senseless(state, variation).is_some() => {
            let why = sending::senseless(state, variation).unwrap_or_default();
            state.status.info(format!("Not as {variation}: {why}."));
        }
        MenuChoice::SendAs(variation) => {
            state.next_send.send_as = variation;
            match variation {
                Some(variation) => {
                    state.status.warn(format!(
                        "The next message is sent wrongly on purpose: {variation}, {}.",
                        variation.about()
                    ));
                    state.status.offer(&[(Action::SendAs, "change")]);
                    state.status.about(Subject::NextMessage);
                    focus(state, Pane::Composer);
                }
                None => state.status.info("The next message is sent as usual."),
            }
        }
        MenuChoice::Transcript(form) => super::saving::save_transcript(state, form, effects),
        choice @ (MenuChoice::Play(_) | MenuChoice::Rehearse) => super::demo::chosen(state, &choice),
        MenuChoice::Pass(choice) => pass::chosen(state, choice, effects),
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
        MenuChoice::Settle(id, _) | MenuChoice::SendAnyway(id) if no_longer_unknown(state, id) => {}
        MenuChoice::Settle(message, landed) => effects.push(Effect::Engine(Command::Settle { message, landed })),
        MenuChoice::SendAnyway(id) => ask_send_anyway(state, id),
        MenuChoice::Answer(answer) => attachments::answer(state, answer, effects),
        MenuChoice::TakeOff(key, what) => attachments::take_off(state, key, what.as_ref()),
        MenuChoice::Session(key, ask) => web_session::wanted(state, key, ask, effects),
        MenuChoice::Found(found) => conversations::picked(state, *found, effects),
        MenuChoice::Page(page) => conversations::ask_page(state, page, effects),
        MenuChoice::NotNow(why) => state.status.info(format!("Not now: {why}.")),
    }
}

/// Whether a message was settled while a dialog about it stood open; then says so.
fn no_longer_unknown(state: &mut State, id: MessageId) -> bool {
    let word = match state.session.threads.message(id).map(|m| &m.delivery) {
        Some(DeliveryStatus::Unknown(_)) => return false,
        Some(delivery) => shown_word(delivery),
        None => "gone",
    };
    state.status.warn(format!("Nothing was done: the message is now {word}."));
    true
}

fn ask_send_anyway(state: &mut State, id: MessageId) {
    let conversation = state.session.threads.message(id).map(|m| m.conversation);
    let channel = conversation.and_then(|key| state.session.conversations.channel(key));
    let mut lines = vec![if channel.is_some_and(|channel| channel.capabilities().idempotent) {
        "It is sent with the same message id, so the service can recognise it if it has the first one.".to_owned()
    } else {
        let channel = channel.map_or("", Channel::as_str);
        format!("If the first one was received, the other side will see it twice ({channel} cannot tell them apart).")
    }];
    lines.extend(state.production_line());
    lines.push("Type “again” to confirm.".to_owned());
    state.ask(
        DialogQuestion::SendAnyway(id),
        "Send it again although it may have been received?",
        lines,
        "send it again",
        Consent::word("again"),
    );
}

fn ask_key(state: &mut State, mut ask: Confirmation, action: Option<Action>, key: KeyEvent, effects: &mut Vec<Effect>) {
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
        DialogQuestion::SendAnyway(id) if no_longer_unknown(state, id) => {}
        DialogQuestion::Resend(id) | DialogQuestion::SendAnyway(id) => sending::resend(state, id, effects),
        DialogQuestion::Production(shown) => sending::send_draft(state, shown, effects),
        DialogQuestion::Answer(answer) => sending::answer(state, *answer, effects),
        DialogQuestion::Session(key, ask) => web_session::go(state, key, ask, effects),
        DialogQuestion::Play => super::demo::cue(state, effects),
        DialogQuestion::PassStep => pass::run_step_now(state, effects),
        DialogQuestion::PassStop => pass::stop_now(state, effects),
        DialogQuestion::Remove(key) => conversations::remove(state, key, effects),
        DialogQuestion::Quit => effects.push(Effect::Quit),
    }
}
