//! Every key that the screen names does what it says, in the place where it is named.

use guestwire::engine::{Command, Report};
use guestwire::tui::Effect;
use guestwire::tui::action::{ACTIONS, Context};
use guestwire::tui::state::overlay::{Overlay, PromptPurpose};
use guestwire::tui::state::{Pane, State};

use super::pass;
use crate::support::console::{Desk, sends};

/// A place where keys are named, and how one comes there.
type Place = (&'static str, Lead);
type Lead = fn(&mut Desk);

/// A console in which most keys have something to act on.
fn desk() -> Desk {
    let mut desk = Desk::default();
    desk.accepted("one");
    desk.refused("two");
    desk.refused("three");
    desk
}

const PLACES: &[Place] = &[
    ("composer", |desk| drop(desk.keys("esc 3"))),
    ("composer with a draft", |desk| drop(desk.keys("esc 3 h i"))),
    ("list", |desk| drop(desk.keys("esc 1"))),
    ("list with an added one", |desk| {
        desk.keys("esc 1 +");
        desk.type_text("77777777-3f6e-4a98-ab8b-941167ea8907");
        desk.keys("enter esc 1");
    }),
    ("log", |desk| drop(desk.keys("esc 2"))),
    ("log, an older row", |desk| drop(desk.keys("esc 2 g"))),
    ("thread", |desk| drop(desk.keys("esc 2 shift-tab"))),
    ("unknown outcome", |desk| {
        desk.unknown("four");
        desk.keys("esc");
    }),
    ("comparison", |desk| drop(desk.keys("esc 2 ="))),
    ("palette", |desk| drop(desk.keys("esc :"))),
    ("filter", |desk| drop(desk.keys("esc 2 /"))),
    ("search", |desk| drop(desk.keys("esc 2 ctrl-f"))),
    ("note", |desk| drop(desk.keys("esc 2 ;"))),
    ("history", |desk| drop(desk.keys("ctrl-r o"))),
    ("help", |desk| drop(desk.keys("esc ?"))),
    ("help, searched", |desk| drop(desk.keys("esc ? / s"))),
    ("status page", |desk| drop(desk.keys("esc !"))),
    ("ids", |desk| drop(desk.keys("esc 1 #"))),
    ("a page", |desk| drop(desk.keys("esc 2 C"))),
    ("card", |desk| drop(desk.keys("esc 2 d"))),
    ("card, after y", |desk| drop(desk.keys("esc 2 d y"))),
    ("question", |desk| drop(desk.keys("esc 2 r"))),
    ("question with a word", |desk| {
        desk.unknown("four");
        desk.keys("esc u down down down enter");
    }),
    ("unknown dialog", |desk| {
        desk.unknown("four");
        desk.keys("esc u");
    }),
    ("fault bench", |desk| drop(desk.keys("esc B"))),
    ("colours", |desk| drop(desk.command("theme"))),
    ("test run", |desk| drop(pass::open(desk))),
    ("test run, a verdict given", |desk| {
        pass::open(desk);
        desk.keys("p");
    }),
    ("test run, paused", |desk| {
        pass::open(desk);
        desk.keys("space");
    }),
    ("test run, finished", |desk| {
        pass::open(desk);
        desk.keys("p p p");
    }),
    ("demo", |desk| drop(desk.keys("esc P"))),
    ("demo, further on", |desk| {
        desk.keys("esc P");
        desk.report(Report::Token(crate::support::console::valid()));
    }),
    ("demo, typing", |desk| drop(desk.keys("esc P c"))),
];

/// All keys that are named where the desk stands, each with its words.
fn named(state: &State) -> Vec<(String, &'static str)> {
    let (hints, kept) = state.footer_keys();
    let card = match &state.overlay {
        Some(Overlay::Card(card)) => state.card_keys(card),
        _ => Vec::new(),
    };
    hints.into_iter().chain(kept).chain(state.status_keys()).chain(card).collect()
}

#[test]
fn every_key_that_the_screen_names_does_what_it_says() {
    let mut wrong = Vec::new();
    for (place, lead) in PLACES {
        let mut first = desk();
        lead(&mut first);
        let hints = named(&first.state);
        assert!(!hints.is_empty(), "{place}: a way out is named");
        for (keys, words) in hints {
            let mut desk = desk();
            lead(&mut desk);
            let before = Seen::of(&desk);
            // After the first of two keys only the second is still to come.
            let typed = if place.ends_with("after y") { keys.trim_start_matches("y ") } else { &keys };
            let effects = press(&mut desk, typed);
            if !did(words, &before, &desk, &effects) {
                wrong.push(format!("{place}: {keys} {words}: {:?} {effects:?} {}", kind(&desk.state), desk.status()));
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
}

impl Seen {
    fn of(desk: &Desk) -> Self {
        Self {
            overlay: format!("{:?}", desk.state.overlay),
            focus: desk.state.focus,
            screen: desk.screen(),
            shows_keys: desk.state.present.as_ref().is_some_and(|demo| demo.keys),
            chosen: desk.state.session.log.selected().map(guestwire::session::log::LogEntry::number),
        }
    }
}

/// Whether what was done is what the words say. New words need their line here.
fn did(words: &str, before: &Seen, desk: &Desk, effects: &[Effect]) -> bool {
    let state = &desk.state;
    let overlay = state.overlay.as_ref();
    let prompt =
        |purpose: fn(&PromptPurpose) -> bool| matches!(overlay, Some(Overlay::Prompt(p)) if purpose(&p.purpose));
    let copied = effects.iter().any(|effect| matches!(effect, Effect::Copy(_)));
    let asks = matches!(overlay, Some(Overlay::Ask(_)));
    let menu = matches!(overlay, Some(Overlay::Menu(_)));
    let changed = format!("{overlay:?}") != before.overlay;
    let drawn = desk.screen() != before.screen;
    let said = |part: &str| desk.status().contains(part);
    let engine = |wanted: fn(&Command) -> bool| effects.iter().any(|e| matches!(e, Effect::Engine(c) if wanted(c)));
    match words {
        "help" => matches!(overlay, Some(Overlay::Help { .. })),
        "commands" => matches!(overlay, Some(Overlay::Palette(_))),
        // Overlays.
        "close" | "done" | "cancel" if !before.overlay.eq("None") => changed,
        "done" | "leave" => state.focus != Pane::Composer,
        "select" | "yes" => changed || drawn || !effects.is_empty(),
        "move" => overlay.is_some(),
        "scroll" => overlay.is_some(),
        "filter" if menu => changed,
        "search" => {
            matches!(overlay, Some(Overlay::Help { filter: Some(_), .. })) || prompt(|p| *p == PromptPurpose::Search)
        }
        "copy" | "ticket" | "note to admin" | "curl" | "copy ticket" | "copy ids" => copied,
        "ids" => copied || matches!(overlay, Some(Overlay::Ids { .. })),
        "look them up" => engine(|c| matches!(c, Command::Probe(_))) || said("looked up"),
        "other refusals" => changed || said("no other refusal"),
        "compare with last accepted" => matches!(overlay, Some(Overlay::Page { .. })),
        "check" => matches!(overlay, Some(Overlay::Card(_))) && (!effects.is_empty() || drawn),
        // Moves between panes.
        "next pane" | "hide" => state.focus != before.focus,
        "type" => state.focus == Pane::Composer,
        "log" => state.focus == Pane::Log && drawn,
        "thread" | "zoom" => drawn,
        "quit" | "cancel, quit" => effects.contains(&Effect::Quit) || asks || said("again to leave") || said("cleared"),
        "back" => drawn || state.focus != before.focus || effects.contains(&Effect::Quit) || asks,
        // The composer.
        "send" => !sends(effects).is_empty() || said("Nothing to send") || drawn,
        "new line" => desk.state.composer.text().contains('\n'),
        "history" => prompt(|p| *p == PromptPurpose::History),
        "snippets" => menu,
        "editor" => effects.iter().any(|e| matches!(e, Effect::Edit(_))),
        "undo" => drawn || said("undone"),
        // The list.
        "open" => drawn,
        "add" => prompt(|p| *p == PromptPurpose::Add),
        "next new" => drawn || said("Nothing is unread"),
        "remove" => asks,
        "pin" => drawn,
        "rename" => prompt(|p| matches!(p, PromptPurpose::Nickname(_))),
        "list active" => !effects.is_empty() || said("token"),
        "read" => engine(|c| matches!(c, Command::Read(_))),
        // The log.
        "explain" => matches!(overlay, Some(Overlay::Card(_))),
        "resend" => asks,
        "filter" => prompt(|p| matches!(p, PromptPurpose::Filter(_))),
        "all" | "this conversation" => said("The log shows"),
        "faults" => menu,
        "test run" | "another test run" => menu || effects.contains(&Effect::FindPasses),
        "next error" => {
            let now = state.session.log.selected().map(guestwire::session::log::LogEntry::number);
            now != before.chosen || said("No error below")
        }
        "up" | "down" | "newest" => true,
        "settle" => menu,
        "compare" => said("same row") || matches!(overlay, Some(Overlay::Page { .. })),
        "cancel" => drawn,
        // The test run.
        "run" => engine(|c| matches!(c, Command::Send(_))) || drawn,
        "accept" | "passed" | "skipped" | "next case" => drawn,
        "failed" | "blocked" => prompt(|p| matches!(p, PromptPurpose::PassNote { verdict: Some(_), .. })),
        "note" => prompt(|p| matches!(p, PromptPurpose::PassNote { .. })),
        "again" => drawn || asks,
        "pause" => drawn && desk.screen().contains("PAUSED"),
        "go on" => drawn && !desk.screen().contains("PAUSED"),
        "reports" | "write the reports" => prompt(|p| *p == PromptPurpose::Reports),
        // The demo.
        "keys" => desk.state.present.as_ref().is_some_and(|demo| demo.keys != before.shows_keys),
        "next" | "blank" | "larger" | "smaller" => drawn || words == "smaller",
        other => panic!("nothing is known of what “{other}” does"),
    }
}

/// What the keys of an action do is what the action does from where they lead to, by whatever pane one stands in.
#[test]
fn every_action_is_named_by_keys_that_work_where_one_stands() {
    let panes: [(Lead, Pane); 5] = [
        (|desk| drop(desk.keys("esc 3")), Pane::Composer),
        (|desk| drop(desk.keys("esc 2")), Pane::Log),
        (|desk| drop(desk.keys("esc 1")), Pane::Picker),
        (|desk| drop(desk.keys("esc 2 shift-tab")), Pane::Thread),
        (|desk| drop(pass::open(desk)), Pane::Pass),
    ];
    for (lead, pane) in panes {
        for spec in ACTIONS {
            if matches!(spec.context, Context::Dialog | Context::Present | Context::Composer) {
                continue;
            }
            let prepared = || {
                let mut desk = Desk::default();
                desk.accepted("one");
                desk.refused("two");
                lead(&mut desk);
                assert_eq!(desk.state.focus, pane);
                desk
            };
            let mut desk = prepared();
            let named = desk.state.key(spec.action);
            assert!(pane != Pane::Composer || named.chars().count() > 1, "{named} would be typed");
            if named.len() > 1 && named.starts_with(':') || named.starts_with("^P ") {
                assert!(named.ends_with(spec.name), "{named}");
                continue;
            }
            // A test run that is not open is chosen first.
            if spec.context == Context::Pass && pane != Pane::Pass {
                continue;
            }
            let pressed = press(&mut desk, &named);
            let mut other = prepared();
            let Some(asked) = other.command_exactly(spec.action) else { continue };
            if other.status().starts_with("Not now: ") {
                // The palette knows why before the key does, and says it in its own words.
                continue;
            }
            assert_eq!(sends(&pressed).len(), sends(&asked).len(), "{named}");
            assert_eq!(kind(&desk.state), kind(&other.state), "{named} for {} in {pane:?}", spec.name);
        }
    }
}

/// Presses keys as they stand on screen.
fn press(desk: &mut Desk, named: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    for part in named.split(' ') {
        let lower = part.to_lowercase();
        let name = match part {
            // Whatever is typed filters.
            "a-z" => "x".to_owned(),
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
    let mut desk = Desk::bound(&[crate::support::console::rebound("log", "copy-ticket", &["Y"])]);
    desk.refused("one");
    desk.keys("esc d");
    assert!(desk.screen().contains("Y ticket"), "{}", desk.screen());
    assert!(matches!(desk.keys("Y").as_slice(), [Effect::Copy(_)]));
    desk.keys("esc");
    desk.refused("two");
    desk.keys("esc d y");
    assert!(matches!(desk.keys("i").as_slice(), [Effect::Copy(_)]), "the others keep their keys");
}
