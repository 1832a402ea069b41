//! What works everywhere but in text fields.

use super::notices::with_session;
use super::{demo, next_message, pass, sending, web_session};
use crate::engine::Command;
use crate::export::transcript::TranscriptForm;
use crate::model::{DeliveryStatus, TokenStatus};
use crate::session::local::LocalRequest;
use crate::text::counted;
use crate::tui::state::{
    Consent, DialogQuestion, Menu, MenuChoice, Overlay, PageContent, Palette, Pane, PromptPurpose, State, Subject,
};
use crate::tui::{Action, Context, Effect, Theme, theme};

pub fn act(state: &mut State, action: Action) {
    match action {
        Action::Help => state.overlay = Some(Overlay::page(PageContent::Help(None))),
        Action::Status => state.overlay = Some(Overlay::page(PageContent::Status)),
        Action::Palette => {
            state.overlay = Some(Overlay::Palette(Palette::default()));
            palette_changed(state);
        }
        Action::NextPane => cycle(state, 1),
        Action::PreviousPane => cycle(state, -1),
        Action::GoPicker => state.focus(Pane::Picker),
        Action::GoLog => state.show_log(),
        Action::GoComposer => state.focus(Pane::Composer),
        Action::Filter => open_filter(state),
        Action::Zoom => {
            state.arrangement.zoomed = !state.arrangement.zoomed;
            // What was toggled while one pane had it all shows now.
            state.keep_focus_visible();
        }
        Action::Thread => {
            state.arrangement.toggle_thread();
            state.keep_focus_visible();
        }
        Action::FaultBench => next_message::fault_bench(state),
        Action::SendAs => next_message::ask_how_wrong(state),
        Action::Choose => next_message::choose(state),
        Action::Extras => next_message::menu(state),
        Action::Attach => next_message::ask(state, PromptPurpose::Attach),
        Action::Attribute => next_message::ask(state, PromptPurpose::Attribute),
        Action::Session => web_session::menu(state),
        Action::Pass => pass::toggle(state),
        Action::PassFromSession => pass::ask_session(state),
        Action::Connect => connect(state),
        Action::Renew => renew(state),
        Action::Redraw => state.request(Effect::Redraw),
        Action::Suspend => state.request(Effect::Suspend),
        Action::Back => back(state),
        Action::Quit => quit(state),
        Action::Interrupt => interrupt(state),
        Action::Arm => arm(state),
        Action::Present => demo::toggle(state),
        Action::Transcript => ask_transcript(state),
        Action::Record => toggle_recording(state),
        Action::ResumeQueue => sending::resume(state),
        Action::Theme => {
            let items = theme::names().map(|name| (name, MenuChoice::Theme(name)));
            let chosen = theme::names().position(|name| name == state.look.theme.colors.name).unwrap_or(0);
            let before = Some(Box::new(state.look.theme.clone()));
            state.overlay = Some(Overlay::Menu(Menu { chosen, before, ..Menu::new("Colours", items) }));
        }
        _ => {
            if let Some(ask) = web_session::ask_of(action) {
                web_session::act(state, ask);
            }
        }
    }
}

fn cycle(state: &mut State, by: isize) {
    let panes = state.panes();
    let log = panes.log.is_some() || (panes.thread.is_none() && panes.pass.is_none());
    let mut order = vec![Pane::Picker, Pane::Thread, Pane::Log, Pane::Pass, Pane::Composer];
    order.retain(|pane| match pane {
        Pane::Picker | Pane::Composer => true,
        Pane::Log => log,
        Pane::Thread | Pane::Pass => panes.get(*pane).is_some(),
    });
    let at = order.iter().position(|&p| p == state.arrangement.focus).unwrap_or(0);
    let next = (at.cast_signed() + by).rem_euclid(order.len().cast_signed()).cast_unsigned();
    if let Some(&pane) = order.get(next) {
        state.focus(pane);
    }
}

fn open_filter(state: &mut State) {
    if state.arrangement.focus == Pane::Picker {
        let text = state.session.conversations.filter().to_owned();
        return state.prompt(PromptPurpose::Filter(Pane::Picker), &text);
    }
    state.hide_pass();
    if state.arrangement.focus == Pane::Thread {
        state.arrangement.uncover_log();
        state.arrangement.focus = Pane::Log;
    }
    let text = state.shown_log().filter_text().to_owned();
    state.prompt(PromptPurpose::Filter(Pane::Log), &text);
}

pub fn palette_changed(state: &mut State) {
    let Some(Overlay::Palette(mut palette)) = state.overlay.take() else { return };
    let names = state.session.names();
    palette.search(&names, |action| disabled(state, action));
    state.overlay = Some(Overlay::Palette(palette));
}

/// Why an action cannot be used now; `None` where it can.
pub fn disabled(state: &State, action: Action) -> Option<&'static str> {
    match action {
        Action::ResumeQueue if state.session.journal.paused.is_empty() => Some("no queued message waits for a key"),
        Action::Arm if !state.session.profile.production => Some("this profile is not production"),
        Action::Resend | Action::EditCopy => {
            let sent = state.shown_log().selected().and_then(|entry| entry.exchange()?.message);
            sent.is_none().then_some("the chosen log entry is not a sent message")
        }
        Action::Settle if sending::selected_unknown(state).is_none() => {
            Some("the chosen log entry has no unknown outcome")
        }
        Action::Remove => state.session.not_removable(state.session.conversations.selected()?),
        Action::Choose => next_message::no_choice(state),
        Action::Extras | Action::Attach | Action::Attribute => next_message::unavailable(state),
        Action::Session => web_session::no_session(state),
        Action::Renew if matches!(&state.session.sign_in.status, TokenStatus::Valid(f) if f.pasted) => {
            Some("a pasted token cannot be renewed")
        }
        action if action.spec().context == Context::Pass => {
            state.session.pass.runner.is_none().then_some("no test run is open")
        }
        action => web_session::unavailable(state, web_session::ask_of(action)?),
    }
}

fn connect(state: &mut State) {
    if state.session.profile.sandbox {
        let lines = include_str!("../../../assets/connect.txt").lines().map(str::to_owned).collect();
        state.overlay = Some(Overlay::lines("Connect a real organisation", lines));
        return;
    }
    state.status.info("Signing in…");
    state.status.about(Subject::Token, &[]);
    state.request(Effect::Engine(Command::SignIn));
}

fn renew(state: &mut State) {
    if let Some(why) = disabled(state, Action::Renew) {
        return state.status.warn(format!("No new token: {why}."));
    }
    state.status.info("Getting a new token…");
    state.status.about(Subject::Token, &[]);
    state.request(Effect::Engine(Command::Renew));
}

/// Shows the colours of that name. Where no colour is wanted at all, none of them has any.
pub fn show_theme(state: &mut State, name: &str) {
    let Theme { ascii, no_color, depth, .. } = state.look.theme;
    if let Some(theme) = theme::named(name, ascii, no_color, depth) {
        state.look.theme = theme;
    }
}

fn arm(state: &mut State) {
    if let Some(why) = disabled(state, Action::Arm) {
        return state.status.info(format!("Not now: {why}."));
    }
    state.next_send.arm(state.now);
    state.status.warn("PROD: for ten minutes messages are sent without asking.");
}

/// Esc: closes, clears or leaves, the nearest thing first.
fn back(state: &mut State) {
    // What this key was offered for is over.
    if state.status.keys.iter().any(|(action, _)| *action == Action::Back) {
        state.status.clear();
    }
    if state.arrangement.zoomed {
        state.arrangement.zoomed = false;
    } else if state.arrangement.focus == Pane::Picker && !state.session.conversations.filter().is_empty() {
        state.session.conversations.set_filter("");
    } else if state.log_pane.compare_nothing() {
        state.status.over(Subject::Comparison);
    } else if state.arrangement.thread_covers_log() {
        state.arrangement.toggle_thread();
    } else if state.arrangement.focus != Pane::Pass && !state.shown_log().filter_text().is_empty() {
        state.shown_log_mut().clear_filter();
    } else if state.log_pane.history.is_some() {
        state.close_history();
    } else {
        state.status.clear();
    }
    state.keep_focus_visible();
}

/// `q`: back where something can be left; at the top, out.
fn quit(state: &mut State) {
    match state.arrangement.focus {
        _ if state.arrangement.zoomed || state.arrangement.thread_covers_log() => back(state),
        Pane::Pass => state.hide_pass(),
        _ => leave(state),
    }
}

fn leave(state: &mut State) {
    let drafts = state.session.conversations.keys().filter(|key| !state.composer.draft_of(*key).0.is_empty()).count();
    let open = state.session.threads.open().count();
    let running = state.session.pass.is_running();
    if drafts == 0 && open == 0 && !running {
        state.request(Effect::Quit);
        return;
    }
    let mut lines = Vec::new();
    let keeps_all = state.session.journal.keeps_all();
    if open > 0 {
        let queued = state.session.journal.queued_at_the_end();
        lines.push(format!("{open} not settled: {queued}; one on the wire may be received and its answer not seen."));
    }
    if running {
        let kept = "A test run is open: it is kept, and can be continued at the next start.";
        let keeps = state.session.journal.keeps();
        lines.push(if keeps { kept } else { "A test run is open and would be lost." }.to_owned());
    }
    if drafts > 0 {
        let (kept, are) = (counted(drafts, "draft"), if drafts == 1 { "is" } else { "are" });
        let lost = format!("{kept} would be lost.");
        lines.push(if keeps_all { format!("{kept} {are} kept for the next start.") } else { lost });
    }
    state.ask(DialogQuestion::Quit, "Leave guestwire?", lines, "leave", Consent::Enter);
}

/// Ctrl-C: cancels what runs in the open conversation, then clears the draft, then leaves on the second press.
pub fn interrupt(state: &mut State) {
    let active = state.session.conversations.active();
    let running = state.session.threads.open().find(|message| Some(message.conversation) == active);
    let running = running.map(|message| (message.id, matches!(message.delivery, DeliveryStatus::Sending { .. })));
    if let Some((id, _)) = running.filter(|(id, _)| state.session.journal.paused.contains_key(id)) {
        with_session(state, |session, _, changes| session.take_back_paused(id, changes));
        state.status.info("Cancelled: it was never sent.");
    } else if let Some((id, is_on_the_wire)) = running {
        state.status.info(if is_on_the_wire {
            "Cancelling: what was already sent may have been received."
        } else {
            "Cancelled: nothing was sent."
        });
        state.request(Effect::Engine(Command::Cancel(id)));
    } else if state.arrangement.focus == Pane::Composer && !state.composer.text().is_empty() {
        state.composer.set_text("");
        state.status.info("Draft cleared.");
        state.status.about(Subject::Draft, &[(Action::Undo, "undo")]);
    } else if state.keys.quit_is_armed(state.now) {
        leave(state);
    } else {
        state.keys.quit_armed = Some(state.now);
        state.status.info(format!("Press {} again to leave.", state.key(Action::Interrupt)));
        state.status.about(Subject::Leaving, &[]);
    }
}

/// Takes "press again to leave" back, and its hint where nothing else has been said since.
pub fn disarm_quit(state: &mut State) {
    if state.keys.quit_armed.take().is_some() {
        state.status.over(Subject::Leaving);
    }
}

fn ask_transcript(state: &mut State) {
    if state.session.conversations.active().is_none_or(|key| state.session.threads.messages(key).is_empty()) {
        return state.status.info("Nothing was said here yet: there is nothing to save.");
    }
    let items = [
        ("one HTML page: bubbles, light and dark, prints well", TranscriptForm::Html),
        ("Markdown, with request ids, marks and comments", TranscriptForm::Markdown),
        ("lines of text", TranscriptForm::Text),
    ];
    let items = items.map(|(text, form)| (text, MenuChoice::Transcript(form)));
    state.overlay = Some(Overlay::Menu(Menu::new("Save what was said as", items)));
}

pub fn save_transcript(state: &mut State, form: TranscriptForm) {
    let open = state.session.conversations.active();
    let Some(transcript) = state.session.transcript(open, &state.look.zone) else { return };
    match transcript.write(form) {
        Ok(contents) => {
            let (path, what) = (state.new_export_path(form.extension()), "transcript".to_owned());
            state.request(Effect::Local(LocalRequest::Write { path, contents, what }));
        }
        Err(why) => state.status.error(why),
    }
}

fn toggle_recording(state: &mut State) {
    if let Some(path) = state.files.end_recording() {
        state.request(Effect::Record(None));
        return state.status.info(format!("Recorded in {}.", path.display()));
    }
    let path = state.new_export_path("cast");
    state.status.info(format!("Recording into {}.", path.display()));
    state.status.offer(&[(Action::Record, "stop")]);
    state.record(path);
}
