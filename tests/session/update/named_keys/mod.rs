//! Every key that the screen names does what it says, in the place where it is named.

mod places;

use guestwire::session::LocalRequest;
use std::collections::HashSet;

use guestwire::engine::Command;
use guestwire::tui::Effect;
use guestwire::tui::Keymap;
use guestwire::tui::action::{ACTIONS, Action, ActionRow, Context};
use guestwire::tui::state::{Overlay, Page, PageContent};
use guestwire::tui::state::{Pane, State};

use crate::support::console::{Desk, rebound, sends};
use places::PLACES;

const SIZES: [(u16, u16); 5] = [(120, 36), (40, 12), (80, 24), (60, 18), (200, 60)];

/// All keys that are named where the desk stands, each with its words.
fn named(state: &State) -> Vec<(String, &'static str)> {
    let (hints, kept) = state.footer_keys();
    let card = match &state.overlay {
        Some(Overlay::Card(card)) => state.card_keys(card),
        _ => Vec::new(),
    };
    hints.into_iter().chain(kept).chain(state.status_keys()).chain(card).collect()
}

/// Every place at every size. Where a place looks the same at another size, its keys are not pressed again.
#[test]
fn every_key_that_the_screen_names_does_what_it_says() {
    let keymap = Keymap::new(&[], false).unwrap();
    let mut wrong = Vec::new();
    for place in PLACES {
        let mut walked = HashSet::new();
        for size in SIZES {
            let first = place.desk(size, &keymap);
            let (hints, before) = (named(&first.state), Seen::of(&first));
            assert!(!hints.is_empty(), "{}: a way out is named", place.name);
            let panes = first.state.panes();
            let shown = [panes.picker, panes.log, panes.thread, panes.pass, panes.composer].map(|pane| pane.is_some());
            if !walked.insert((hints.clone(), first.state.arrangement.focus, shown)) {
                continue;
            }
            for (keys, words) in hints {
                let mut desk = place.desk(size, &keymap);
                // After the first of two keys only the second is still to come.
                let typed = if place.name.ends_with("after y") { keys.trim_start_matches("y ") } else { &keys };
                let effects = press(&mut desk, typed);
                if !did(words, &before, &desk, &effects) {
                    wrong.push(format!(
                        "{} at {size:?}: {keys} {words}: {:?} {effects:?} {}",
                        place.name,
                        kind(&desk.state),
                        desk.status()
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What a key could change.
struct Seen {
    overlay: String,
    focus: Pane,
    screen: String,
    chosen: Option<u64>,
    shows_keys: bool,
    demo: bool,
}

impl Seen {
    fn of(desk: &Desk) -> Self {
        Self {
            overlay: format!("{:?}", desk.state.overlay),
            focus: desk.state.arrangement.focus,
            screen: desk.screen(),
            demo: desk.state.demo.present.is_some(),
            shows_keys: desk.state.demo.present.as_ref().is_some_and(|demo| demo.choice.keys),
            chosen: desk.state.session.log.selected().map(guestwire::session::LogEntry::number),
        }
    }
}

/// Whether what was done is what the words say. New words need their line here.
fn did(words: &str, before: &Seen, desk: &Desk, effects: &[Effect]) -> bool {
    let state = &desk.state;
    let overlay = state.overlay.as_ref();
    let purpose = match overlay {
        Some(Overlay::Prompt(prompt)) => format!("{:?}", prompt.purpose),
        _ => String::new(),
    };
    let prompt = |wanted: &str| purpose.split(['(', ' ']).next() == Some(wanted);
    let copied = effects.iter().any(|effect| matches!(effect, Effect::Copy(_)));
    let asks = matches!(overlay, Some(Overlay::Ask(_)));
    let menu = matches!(overlay, Some(Overlay::Menu(_)));
    let changed = format!("{overlay:?}") != before.overlay;
    let drawn = desk.screen() != before.screen;
    let said = |part: &str| desk.status().contains(part);
    let engine = |wanted: fn(&Command) -> bool| effects.iter().any(|e| matches!(e, Effect::Engine(c) if wanted(c)));
    match words {
        "help" => matches!(overlay, Some(Overlay::Page(Page { content: PageContent::Help(_), .. }))),
        "commands" => matches!(overlay, Some(Overlay::Palette(_))),
        // Overlays.
        "close" | "done" | "cancel" if !before.overlay.eq("None") => changed,
        "leave" if before.demo => state.demo.present.is_none(),
        "cancel" if before.demo => {
            drawn || !state.demo.present.as_ref().is_some_and(|_| desk.screen().contains("cancel"))
        }
        "done" | "leave" => state.arrangement.focus != Pane::Composer,
        "select" | "yes" => changed || drawn || !effects.is_empty(),
        "move" => overlay.is_some(),
        "scroll" => overlay.is_some(),
        "filter" if menu => changed,
        "search" => {
            matches!(overlay, Some(Overlay::Page(Page { content: PageContent::Help(Some(_)), .. }))) || prompt("Search")
        }
        "set or clear" | "change" | "choose another way" | "answer" | "attach" => menu,
        "back to the log" => state.log_pane.history.is_none(),
        "search the log" => prompt("Search"),
        "write it into the config file" => {
            effects.iter().any(|e| matches!(e, Effect::Local(LocalRequest::KeepInConfig(_))))
        }
        "sign in again" => {
            engine(|c| matches!(c, Command::SignIn))
                || matches!(overlay, Some(Overlay::Page(Page { content: PageContent::Lines(..), .. })))
        }
        "token in full" => matches!(overlay, Some(Overlay::Page(Page { content: PageContent::Status, .. }))),
        "start a new one" | "connect" | "open it again" => menu,
        "show them" => engine(|c| matches!(c, Command::Discover(..))),
        "add by id" => prompt("Add"),
        "choose one" | "continue" => effects.contains(&Effect::Local(LocalRequest::FindPasses)),
        "run the step" => engine(|c| matches!(c, Command::Send(..))),
        "start the timer" => drawn && !desk.screen().contains("PAUSED"),
        "get the draft back" => drawn,
        "clear the filter" => state.shown_log().filter_text().is_empty(),
        "next match" => drawn || said("No match"),
        "open the right one" => changed,
        "copy" | "ticket" | "note to admin" | "curl" | "copy ticket" | "copy ids" => copied,
        "ids" => copied || matches!(overlay, Some(Overlay::Page(Page { content: PageContent::Ids(_), .. }))),
        "look up the ids" => engine(|c| matches!(c, Command::Probe(_))) || said("looked up"),
        "other refusals" => changed || said("no other refusal"),
        "compare with last accepted" => {
            matches!(overlay, Some(Overlay::Page(Page { content: PageContent::Lines(..), .. })))
        }
        "run checks" => matches!(overlay, Some(Overlay::Card(_))) && (!effects.is_empty() || drawn),
        // Moves between panes.
        "next pane" | "hide" => state.arrangement.focus != before.focus,
        "type" => state.arrangement.focus == Pane::Composer,
        "log" => state.arrangement.focus == Pane::Log && drawn,
        "thread" | "zoom" => drawn,
        "quit" | "cancel, quit" => {
            effects.contains(&Effect::Quit) || asks || ["again to leave", "cleared", "Cancel"].into_iter().any(said)
        }
        "back" => drawn && !effects.contains(&Effect::Quit),
        // The composer.
        "send" => !sends(effects).is_empty() || said("Nothing to send") || drawn,
        "new line" => desk.state.composer.text().contains('\n'),
        "history" => prompt("History"),
        "snippets" => menu,
        "editor" => effects.iter().any(|e| matches!(e, Effect::Edit(_))),
        "undo" => drawn || said("undone"),
        // The list.
        "open" => drawn,
        "add" => prompt("Add"),
        "next new" => drawn || said("Nothing is unread"),
        "remove" => asks,
        "pin" => drawn,
        "rename" => prompt("Nickname"),
        "list active" => !effects.is_empty() || said("token"),
        "read" | "read again" => engine(|c| matches!(c, Command::Read(_))),
        // The log.
        "explain" => matches!(overlay, Some(Overlay::Card(_))),
        "resend" => asks,
        "filter" => prompt("Filter"),
        "all" | "this conversation" => said("The log shows"),
        "faults" => menu,
        "test run" | "another test run" => {
            state.arrangement.focus == Pane::Pass || effects.contains(&Effect::Local(LocalRequest::FindPasses))
        }
        "next error" => {
            let now = state.session.log.selected().map(guestwire::session::LogEntry::number);
            now != before.chosen
        }
        "up" | "down" | "newest" => true,
        "settle" => menu,
        "compare" => {
            said("same row") || matches!(overlay, Some(Overlay::Page(Page { content: PageContent::Lines(..), .. })))
        }
        "cancel" => drawn,
        // The test run.
        "run" => engine(|c| matches!(c, Command::Send(..))) || drawn,
        "accept" | "passed" | "skipped" | "next case" => drawn,
        "failed" | "blocked" => prompt("PassNote") && purpose.contains("Some("),
        "note" => prompt("PassNote"),
        "again" => drawn || asks,
        "pause" => drawn && desk.screen().contains("PAUSED"),
        "go on" => drawn && !desk.screen().contains("PAUSED"),
        "reports" | "write the reports" => prompt("Reports"),
        // The demo.
        "keys" => desk.state.demo.present.as_ref().is_some_and(|demo| demo.choice.keys != before.shows_keys),
        "next" | "blank" | "larger" | "smaller" => drawn || words == "smaller",
        other => panic!("nothing is known of what “{other}” does"),
    }
}

/// Help and palette name each action by keys that do what the action does, in whatever pane one stands.
#[test]
fn every_action_is_named_by_keys_that_work_where_one_stands() {
    let keymap = Keymap::new(&[], false).unwrap();
    let panes = [
        "composer",
        "composer beside a test run",
        "list",
        "log",
        "log, zoomed",
        "thread",
        "thread, over the log",
        "test run",
        "test run, hidden",
        "test run, beside the thread",
    ];
    for place in PLACES.iter().filter(|place| panes.contains(&place.name)) {
        let sizes: &[(u16, u16)] = if matches!(place.name, "composer" | "thread, over the log") {
            &[(120, 36), (60, 18)]
        } else {
            &[(120, 36)]
        };
        for &size in sizes {
            for spec in ACTIONS.iter().filter(|spec| is_named(spec)) {
                let mut desk = place.desk(size, &keymap);
                let named = desk.state.key(spec.action);
                let typing = desk.state.arrangement.focus == Pane::Composer;
                assert!(!typing || named.chars().count() > 1, "{named} would be typed");
                if named.len() > 1 && named.starts_with(':') || named.starts_with("^P ") {
                    assert!(named.ends_with(spec.name), "{named}");
                    continue;
                }
                let mut other = place.desk(size, &keymap);
                let Some(asked) = other.command_exactly(spec.action) else { continue };
                if other.status().starts_with("Not now: ") {
                    // The palette knows why before the key does, and says it in its own words.
                    continue;
                }
                let pressed = press(&mut desk, &named);
                // In the thread it opens the exchange of a message.
                if spec.action == Action::Density && desk.state.arrangement.focus == Pane::Thread {
                    continue;
                }
                let place = format!("{named} for {} in {} at {size:?}", spec.name, place.name);
                assert_eq!(sends(&pressed).len(), sends(&asked).len(), "{place}");
                assert_eq!(kind(&desk.state), kind(&other.state), "{place}");
                let global = spec.context == Context::Global
                    || spec.action.in_composer().is_some()
                    // The thread takes the log's keys.
                    || spec.context == Context::Log && desk.state.arrangement.focus == Pane::Thread;
                // What works everywhere leaves one where the keys or the palette led.
                assert!(global || desk.state.arrangement.focus == other.state.arrangement.focus, "{place}");
            }
        }
    }
}

/// Whether the palette lists an action, and not one to which it is itself a key.
fn is_named(spec: &ActionRow) -> bool {
    let own = spec.context != Context::Composer
        || matches!(spec.action, Action::HistorySearch | Action::Snippets | Action::Editor);
    own && spec.action != Action::Palette && !matches!(spec.context, Context::Dialog | Context::Present)
}

/// Keys whose names would stand out in a sentence.
const SPOKEN: [&str; 9] = ["Enter", "Esc", "Space", "Tab", "Up", "Down", "Backspace", "^", "Ctrl"];

/// With each such key the second one of its action, no sentence, hint or page speaks of it.
#[test]
fn no_sentence_names_a_key_that_was_bound_anew() {
    let spoken = |key: &str| {
        let shown = guestwire::tui::KeySequence::parse(key).unwrap().to_string();
        SPOKEN.iter().any(|name| shown.starts_with(name)) || shown.starts_with('F')
    };
    let mut free = (3..=24).flat_map(|n| ["", "alt-", "shift-"].map(|held| format!("{held}F{n}"))).skip(9);
    let mut bindings = Vec::new();
    for spec in ACTIONS.iter().filter(|spec| spec.keys.iter().any(|key| spoken(key))) {
        let first = free.next().expect("a key");
        let keys: Vec<&str> = std::iter::once(first.as_str()).chain(spec.keys.iter().copied()).collect();
        bindings.push(rebound(spec.context.name(), spec.name, &keys));
    }
    let keymap = Keymap::new(&bindings, false).unwrap();
    let mut wrong = Vec::new();
    for place in PLACES {
        for size in [(120, 36), (40, 12)] {
            let desk = place.desk(size, &keymap);
            // What lists all keys of an action, or the keys that were pressed, says no more than the truth.
            if place.name.contains("searched") || desk.state.demo.present.is_some() {
                continue;
            }
            let screen = desk.screen();
            // Keys that some terminals keep to themselves are all told.
            let told = screen.lines().filter(|line| !line.contains("new line:"));
            let words = told.flat_map(|line| line.split(|c: char| c.is_whitespace() || "│|,.;:".contains(c)));
            let stale =
                words.filter(|word| SPOKEN.iter().any(|key| word == key || key.len() == 1 && word.starts_with(key)));
            wrong.extend(stale.map(|word| format!("{} at {size:?}: {word}", place.name)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Presses keys as they stand on screen.
fn press(desk: &mut Desk, named: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    for part in named.split(' ') {
        let lower = part.to_lowercase();
        let name = match part {
            // Whatever is typed filters.
            "a-z" => "x".to_owned(),
            // A command by its name, in the palette that a key before it has opened, or that a colon opens.
            _ if part.len() > 1 && (part.starts_with(':') || Action::named(part).is_some()) => {
                if let Some(name) = part.strip_prefix(':') {
                    desk.keys(":");
                    desk.paste(name);
                } else {
                    desk.paste(part);
                }
                "enter".to_owned()
            }
            _ if part.len() > 1 && part.starts_with('^') => format!("ctrl-{}", part[1..].to_lowercase()),
            _ if part.len() > 1 && part.starts_with('F') => part.to_owned(),
            _ if part.chars().count() > 1 => lower,
            _ => part.to_owned(),
        };
        effects.extend(desk.keys(&name));
    }
    effects
}

/// What can be seen of what an action did: what stands on top, and what the status line says.
fn kind(state: &State) -> (String, String) {
    let overlay = state.overlay.as_ref().map(|overlay| format!("{overlay:?}").chars().take(12).collect::<String>());
    (overlay.unwrap_or_default(), state.status.text.clone())
}

#[test]
fn a_rebound_key_acts_in_the_card_as_it_is_named_there() {
    let keys = [rebound("log", "copy-ticket", &["Y"]), rebound("log", "probe", &["X"])];
    let mut desk = Desk::bound(&keys);
    desk.refused("one");
    desk.keys("esc d");
    assert!(desk.screen().contains("Y ticket"), "{}", desk.screen());
    assert!(desk.screen().contains("(press X to check)"), "{}", desk.screen());
    assert!(matches!(desk.keys("Y").as_slice(), [Effect::Copy(_)]));
    desk.keys("esc");
    desk.refused("two");
    desk.keys("esc d y");
    assert!(matches!(desk.keys("i").as_slice(), [Effect::Copy(_)]), "the others keep their keys");
}
