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
    Confirmation, Consent, DialogQuestion, Menu, MenuChoice, Overlay, Prompt, PromptPurpose, edit_line,
};
use crate::tui::state::palette::{PaletteContext, PaletteTarget};
use crate::tui::state::{Pane, State};

use super::{
    attachments, conversations, diagnosis, discover, faults, global, ids, journal, keys, pass, sending, web_session,
};

/// Lines of a page turn in the palette.
const PALETTE_PAGE: usize = 10;

/// Applies a key to what stands on top.
pub fn key(state: &mut State, key: KeyEvent, chord: Chord, effects: &mut Vec<Effect>) {
    let action = match state.keymap.resolve(Context::Dialog, None, chord) {
        KeyMeaning::Act(action) => Some(action),
        KeyMeaning::Prefix | KeyMeaning::Unbound => None,
    };
    if let Some(plain) = chord.without_alt().filter(|_| action.is_none()) {
        // Esc and then a key, come fast: closes what is on top, then does what the key does.
        if let Some(Overlay::Prompt(Prompt { purpose: PromptPurpose::Filter(pane), .. })) = state.overlay.take() {
            apply_filter(state, pane, "");
        }
        keys::dispatch(state, plain.event(), effects);
        return;
    }
    let Some(overlay) = state.overlay.take() else { return };
    match overlay {
        Overlay::Help { scroll, filter } => help_key(state, scroll, filter, action, key),
        Overlay::Status { scroll } => {
            if let Some(scroll) = scrolled(scroll, action, key, page(state)) {
                state.overlay = Some(Overlay::Status { scroll });
            }
        }
        Overlay::Page { title, lines, scroll } => {
            if key.code == KeyCode::Char('y') {
                effects.push(Effect::Copy(lines.join("\n")));
                state.overlay = Some(Overlay::Page { title, lines, scroll });
            } else if let Some(scroll) = scrolled(scroll, action, key, page(state)) {
                state.overlay = Some(Overlay::Page { title, lines, scroll });
            }
        }
        Overlay::Ids { key: of, scroll } => ids::key(state, of, scroll, action, key, effects),
        Overlay::Card(card) => diagnosis::key(state, card, action, key, effects),
        Overlay::Palette(mut palette) => match action {
            Some(Action::Dismiss) => {}
            Some(Action::Confirm) => {
                choose_from_palette(state, palette.items.get(palette.chosen).map(|i| (i.target, i.disabled)), effects);
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
                    palette_changed(state);
                }
            }
        },
        Overlay::Prompt(prompt) => prompt_key(state, prompt, action, key, effects),
        Overlay::Menu(mut menu) => {
            let last = menu.items.len().saturating_sub(1);
            match (action, key.code) {
                (action, _) if action == Some(Action::Dismiss) || is_quit(&menu, key) => {
                    if let Some(before) = menu.before {
                        state.theme = *before;
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
        Overlay::Ask(ask) => ask_key(state, ask, action, key, effects),
    }
    keep_scroll_in_page(state);
}

/// Whether a key closes a menu in which one does not type.
fn is_quit(menu: &Menu, key: KeyEvent) -> bool {
    menu.filter.is_none() && key.code == KeyCode::Char('q')
}

/// Whether a key changes what is typed, or moves in it.
const fn is_edit(code: KeyCode) -> bool {
    matches!(code, KeyCode::Char(_) | KeyCode::Backspace | KeyCode::Delete | KeyCode::Left | KeyCode::Right)
}

/// Help: `/` searches in it, then what is typed is searched for.
fn help_key(state: &mut State, scroll: u16, filter: Option<Input>, action: Option<Action>, key: KeyEvent) {
    let (mut scroll, mut filter) = (scroll, filter);
    match (&mut filter, action, key.code) {
        (Some(_), Some(Action::Dismiss), _) => (scroll, filter) = (0, None),
        (Some(typed), None, code) if is_edit(code) => {
            edit_line(typed, code, key.modifiers);
            scroll = 0;
        }
        (None, None, KeyCode::Char('/')) => (scroll, filter) = (0, Some(Input::default())),
        _ => match scrolled(scroll, action, key, page(state)) {
            Some(to) => scroll = to,
            None => return,
        },
    }
    state.overlay = Some(Overlay::Help { scroll, filter });
}

/// A page is never scrolled further than its end, so that the way back begins at once.
fn keep_scroll_in_page(state: &mut State) {
    let last = crate::tui::state::page::last_scroll(state);
    if let Some(
        Overlay::Help { scroll, .. }
        | Overlay::Status { scroll }
        | Overlay::Page { scroll, .. }
        | Overlay::Ids { scroll, .. },
    ) = &mut state.overlay
    {
        *scroll = (*scroll).min(last);
    }
}

/// Rows of a page turn.
pub fn page(state: &State) -> u16 {
    state.size.height.saturating_sub(6).max(1)
}

/// The new scroll position, or `None` to close.
pub fn scrolled(scroll: u16, action: Option<Action>, key: KeyEvent, page: u16) -> Option<u16> {
    match (action, key.code) {
        (Some(Action::Dismiss | Action::Confirm), _) | (None, KeyCode::Char('q' | '?' | '!') | KeyCode::F(1)) => None,
        (Some(Action::DialogUp), _) | (None, KeyCode::Char('k')) => Some(scroll.saturating_sub(1)),
        (Some(Action::DialogDown), _) | (None, KeyCode::Char('j')) => Some(scroll.saturating_add(1)),
        (Some(Action::DialogPageUp), _) => Some(scroll.saturating_sub(page)),
        (Some(Action::DialogPageDown), _) | (None, KeyCode::Char(' ')) => Some(scroll.saturating_add(page)),
        (None, KeyCode::Char('g') | KeyCode::Home) => Some(0),
        _ => Some(scroll),
    }
}

/// The palette finds anew.
pub fn palette_changed(state: &mut State) {
    let Some(Overlay::Palette(mut palette)) = state.overlay.take() else { return };
    let names = state.session.names();
    let disabled = |action| global::disabled(state, action);
    palette.search(&PaletteContext { conversations: &names, disabled: &disabled });
    state.overlay = Some(Overlay::Palette(palette));
}

fn choose_from_palette(
    state: &mut State,
    item: Option<(PaletteTarget, Option<&'static str>)>,
    effects: &mut Vec<Effect>,
) {
    match item {
        None => state.status.info("No command has that name."),
        Some((_, Some(why))) => state.status.info(format!("Not now: {why}.")),
        Some((PaletteTarget::Act(action), None)) => {
            match action.spec().context {
                Context::Picker => {
                    global::focus(state, Pane::Picker);
                }
                Context::Log if state.focus != Pane::Thread => {
                    global::focus(state, Pane::Log);
                }
                Context::Pass => pass::show(state),
                // With no conversation there is nothing to write to, which is said.
                Context::Composer if !global::focus(state, Pane::Composer) => return,
                _ => {}
            }
            keys::act(state, action, effects);
        }
        Some((PaletteTarget::Conversation(key), None)) => {
            conversations::open(state, key, effects);
        }
        Some((PaletteTarget::Entry(number), None)) => {
            state.thread_over = false;
            global::focus(state, Pane::Log);
            journal::close(state);
            if !state.session.log.select_number(number) {
                state.status.info(format!("There is no row #{number} in the log."));
            }
        }
    }
}

fn prompt_key(state: &mut State, mut prompt: Prompt, action: Option<Action>, key: KeyEvent, effects: &mut Vec<Effect>) {
    match action {
        Some(Action::Dismiss) => {
            if let PromptPurpose::Filter(pane) = prompt.purpose {
                apply_filter(state, pane, "");
            }
        }
        Some(Action::Confirm) => accept(state, &prompt, effects),
        Some(Action::DialogDown) if key.code == KeyCode::Tab && prompt.purpose.is_path() => {
            effects.push(Effect::CompletePath(prompt.input.value().to_owned()));
            state.overlay = Some(Overlay::Prompt(prompt));
        }
        Some(Action::DialogUp) => {
            prompt.chosen = (prompt.chosen + 1).min(prompt.found.len().saturating_sub(1));
            state.overlay = Some(Overlay::Prompt(prompt));
        }
        Some(Action::DialogDown) => {
            prompt.chosen = prompt.chosen.saturating_sub(1);
            state.overlay = Some(Overlay::Prompt(prompt));
        }
        _ => {
            let changed = edit_line(&mut prompt.input, key.code, key.modifiers);
            if changed && prompt.purpose.is_path() {
                prompt.problem = None;
            }
            state.overlay = Some(Overlay::Prompt(prompt));
            if changed {
                prompt_changed(state);
            }
        }
    }
}

/// What follows from each change of a prompt's text.
pub fn prompt_changed(state: &mut State) {
    let Some(Overlay::Prompt(mut prompt)) = state.overlay.take() else { return };
    let text = prompt.input.value().to_owned();
    match prompt.purpose {
        PromptPurpose::Filter(pane) => prompt.problem = apply_filter(state, pane, &text),
        PromptPurpose::Search => state.shown_log_mut().set_search(&text),
        PromptPurpose::History => {
            let found = state.composer.search_history(&text);
            prompt.found = found.into_iter().map(|f| (f.index, f.text.to_owned())).collect();
            prompt.chosen = 0;
        }
        PromptPurpose::Attach(key) => prompt.problem = attachments::file_problem(state, key, &text),
        PromptPurpose::Nickname(_)
        | PromptPurpose::Comment(_)
        | PromptPurpose::Add
        | PromptPurpose::Site(_)
        | PromptPurpose::JournalStatus
        | PromptPurpose::Attribute(_)
        | PromptPurpose::PassFile
        | PromptPurpose::PassNote { .. }
        | PromptPurpose::Reports
        | PromptPurpose::SessionPass => {}
    }
    state.overlay = Some(Overlay::Prompt(prompt));
}

/// Filters a pane; what is wrong with the filter, if anything.
fn apply_filter(state: &mut State, pane: Pane, text: &str) -> Option<String> {
    if pane == Pane::Picker {
        state.session.conversations.set_filter(text);
        return None;
    }
    if text.trim().is_empty() {
        state.shown_log_mut().clear_filter();
        return None;
    }
    let now = state.now.wall;
    state.shown_log_mut().set_filter(text, now).err().map(|e| e.to_string())
}

/// The file that was named cannot be used: what was typed stands there again, with the reason.
pub fn path_refused(state: &mut State, why: String) {
    if let Some((purpose, typed)) = state.asked_path.take()
        && state.overlay.is_none()
    {
        let mut prompt = Prompt::new(purpose, &typed);
        prompt.problem = Some(why.clone());
        state.overlay = Some(Overlay::Prompt(prompt));
    }
    state.status.error(why);
}

/// The names that Tab found for a path that is still being typed.
pub fn path_completed(state: &mut State, typed: &str, completed: &str, names: &[String]) {
    let Some(Overlay::Prompt(prompt)) = &mut state.overlay else { return };
    if prompt.input.value() != typed {
        return;
    }
    prompt.input = tui_input::Input::from(completed);
    prompt.problem = match names {
        [] => Some("no file begins like this".to_owned()),
        [_] => None,
        names => Some(names.join("  ")),
    };
}

fn accept(state: &mut State, prompt: &Prompt, effects: &mut Vec<Effect>) {
    let text = prompt.input.value().trim().to_owned();
    state.asked_path = prompt.purpose.is_path().then(|| (prompt.purpose, text.clone()));
    match prompt.purpose {
        PromptPurpose::Filter(_) => {
            if let Some(problem) = &prompt.problem {
                state.status.error(problem.clone());
            }
        }
        PromptPurpose::Search => {
            if !text.is_empty() && !state.shown_log_mut().prev_match() && !state.shown_log_mut().next_match() {
                state.status.info(format!("“{text}” was not found in the log."));
            }
        }
        PromptPurpose::Nickname(key) => {
            state.session.conversations.set_nickname(key, &text);
            journal::conversation(state, key, effects);
            state.session.log.set_names(state.session.names());
        }
        PromptPurpose::Comment(number) => {
            state.shown_log_mut().comment_on(number, &text);
            journal::marked(state, number, effects);
        }
        PromptPurpose::JournalStatus => {
            if !text.is_empty() {
                journal::find(state, &text, effects);
            }
        }
        PromptPurpose::Add => ids::add(state, &text, effects),
        PromptPurpose::Site(deployment) => ids::add_web(state, deployment, &text, effects),
        PromptPurpose::PassFile => pass::path_given(state, &text, effects),
        PromptPurpose::PassNote { at, .. } => pass::note(state, at, &text, effects),
        PromptPurpose::Reports => pass::write_reports(state, &text, effects),
        PromptPurpose::SessionPass => pass::write_session(state, &text, effects),
        PromptPurpose::Attach(key) => attachments::attach(state, key, &text, effects),
        PromptPurpose::Attribute(key) => attachments::attribute(state, key, &text),
        PromptPurpose::History => {
            if let Some((index, _)) = prompt.found.get(prompt.chosen) {
                state.composer.take_history(*index);
            }
        }
    }
}

fn chosen(state: &mut State, choice: MenuChoice, effects: &mut Vec<Effect>) {
    match choice {
        MenuChoice::Snippet(name) => {
            state.composer.insert_snippet(&name);
        }
        MenuChoice::Fault(None) => {
            state.faults.clear();
            effects.push(Effect::SandboxFault(None));
        }
        MenuChoice::Fault(Some(json)) => {
            effects.push(Effect::SandboxFault(Some(json.to_owned())));
            effects.push(Effect::AskFaults);
        }
        MenuChoice::AddFound(lead) => ids::add_one(state, lead, effects),
        MenuChoice::SendAsMenu => faults::open_send_as(state),
        MenuChoice::SendAs(Some(variation)) if sending::senseless(state, variation).is_some() => {
            let why = sending::senseless(state, variation).unwrap_or_default();
            state.status.info(format!("Not as {variation}: {why}."));
        }
        MenuChoice::SendAs(variation) => {
            state.send_as = variation;
            match variation {
                Some(variation) => {
                    state.status.warn(format!(
                        "The next message is sent wrongly on purpose: {variation}, {}.",
                        variation.about()
                    ));
                    state.status.offer(&[(Action::SendAs, "change")]);
                    global::focus(state, Pane::Composer);
                }
                None => state.status.info("The next message is sent as usual."),
            }
        }
        MenuChoice::Transcript(form) => super::transcript::save(state, form, effects),
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
        MenuChoice::Answer { key, choice, answers } => attachments::answer(state, key, choice, answers, effects),
        MenuChoice::Attach => attachments::ask_file(state),
        MenuChoice::Attribute => attachments::ask_attribute(state),
        MenuChoice::TakeOff(key, what) => attachments::take_off(state, key, what.as_ref()),
        MenuChoice::Session(key, ask) => web_session::wanted(state, key, ask, effects),
        MenuChoice::Found(found) => discover::picked(state, *found, effects),
        MenuChoice::Page(page) => discover::ask(state, page, effects),
        MenuChoice::NotNow(why) => state.status.info(format!("Not now: {why}.")),
    }
}

/// Whether a message was settled while a dialog about it stood open; then says so.
fn no_longer_unknown(state: &mut State, id: MessageId) -> bool {
    let word = match state.session.threads.message(id).map(|m| &m.life) {
        Some(DeliveryStatus::Unknown(_)) => return false,
        Some(life) => life.word(),
        None => "gone",
    };
    state.status.warn(format!("Nothing was done: the message is {word} by now."));
    true
}

fn ask_send_anyway(state: &mut State, id: MessageId) {
    let conversation = state.session.threads.message(id).map(|m| m.conversation);
    let channel =
        conversation.and_then(|key| state.session.conversations.get(key)).map(|item| item.conversation.channel());
    let mut lines = vec![if channel.is_some_and(|channel| channel.capabilities().idempotent) {
        "It is sent with the same message id, so the service can recognise it if it has the first one.".to_owned()
    } else {
        let channel = channel.map_or("", Channel::as_str);
        format!("If the first one was received, the other side will see it twice ({channel} cannot tell them apart).")
    }];
    lines.extend(sending::production_line(state));
    lines.push("Type “again” to confirm.".to_owned());
    state.overlay = Some(Overlay::Ask(Confirmation {
        question: DialogQuestion::SendAnyway(id),
        title: "Send it again although it may have been received?".to_owned(),
        lines,
        yes: "send it again".to_owned(),
        consent: Consent::word("again"),
    }));
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
        DialogQuestion::Answer { key, choice, answers } => sending::answer(state, key, choice, answers, effects),
        DialogQuestion::Session(key, ask) => web_session::go(state, key, ask, effects),
        DialogQuestion::Play => super::demo::cue(state, effects),
        DialogQuestion::PassStep => pass::run_step_now(state, effects),
        DialogQuestion::PassStop => pass::stop_now(state, effects),
        DialogQuestion::Quit => effects.push(Effect::Quit),
    }
}
