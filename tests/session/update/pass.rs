//! The regression pass by keys: what is sent when, what is kept, and how it comes back.

use guestwire::session::{LocalAnswer, LocalRequest};
use std::path::PathBuf;
use std::sync::Arc;

use guestwire::journal::JournalReport;
use guestwire::journal::{Job, Restored};
use guestwire::model::SandboxRequest;
use guestwire::model::{DeliveryStatus, MessageId};
use guestwire::pass::{PassRun, StepStage, Verdict};
use guestwire::session::FoundPass;
use guestwire::tui::state::Pane;
use guestwire::tui::{Effect, Event};

use crate::support::console::{BILLING, Desk, sends};

pub const PASS: &str = r#"
name = "Short"
[[cases]]
name = "First"
[[cases.steps]]
name = "Hello"
send = "hello {{seq}}"
[[cases.steps]]
name = "Faulty"
fault = { fault = "token-expired" }
send = "healed"
expect = { tries = 1 }
[[cases]]
name = "Second"
[[cases.steps]]
name = "By eye"
judge = "It looks right."
"#;

fn markers(effects: &[Effect]) -> Vec<&str> {
    effects.iter().filter_map(|e| if let Effect::Marker(label) = e { Some(label.as_str()) } else { None }).collect()
}

#[test]
fn a_recording_gets_a_marker_for_each_step() {
    let mut desk = Desk::default();
    let mut effects = open(&mut desk);
    for key in ["; n o t e enter", "p", "u", "p", "s", "p"] {
        effects.extend(desk.keys(key));
    }
    let [hello, faulty, eye] = ["first/hello", "first/faulty", "second/by-eye"];
    assert_eq!(markers(&effects), [hello, faulty, hello, faulty, eye], "one when a step opens, none for the end");
}

/// The pass is open, and the journal keeps.
pub fn open(desk: &mut Desk) -> Vec<Effect> {
    desk.state.session.journal.open();
    desk.event(Event::Journal(JournalReport::Restored(Box::default())));
    assert_eq!(desk.keys("esc T"), [Effect::Local(LocalRequest::FindPasses)]);
    let path = PathBuf::from("short.toml");
    desk.event(Event::Local(LocalAnswer::Passes(vec![FoundPass { path: path.clone(), name: Ok("Short".to_owned()) }])));
    assert_eq!(desk.keys("enter"), [Effect::Local(LocalRequest::ReadPass(path.clone()))]);
    desk.event(Event::Local(LocalAnswer::PassRead(path, Ok(PASS.to_owned()))))
}

fn kept(effects: &[Effect]) -> Vec<Arc<PassRun>> {
    effects
        .iter()
        .filter_map(|e| match e {
            Effect::Journal(Job::Pass(run)) => Some(Arc::clone(run)),
            _ => None,
        })
        .collect()
}

fn verdicts(desk: &Desk) -> Vec<Option<Verdict>> {
    desk.state.session.pass.runner.as_ref().unwrap().run().steps().map(|s| s.verdict).collect()
}

#[test]
fn enter_runs_a_step_and_then_accepts_what_is_suggested() {
    let mut desk = Desk::default();
    let effects = open(&mut desk);
    assert_eq!(desk.state.arrangement.focus, Pane::Pass);
    assert_eq!(kept(&effects).len(), 1, "it is kept from the start");
    assert!(sends(&effects).is_empty(), "nothing is sent by opening it");
    assert!(desk.screen().contains("Send “hello <seq>”"), "{}", desk.screen());
    assert!(desk.footer().contains("Enter run "), "{}", desk.footer());
    let effects = desk.keys("enter");
    assert!(desk.screen().contains("Send “hello 1”"), "as it was sent:\n{}", desk.screen());
    assert!(!desk.footer().contains("Enter"), "there is nothing to run or accept: {}", desk.footer());
    assert_eq!(sends(&effects), [(MessageId(1), BILLING, "hello 1")]);
    assert_eq!(kept(&effects).last().unwrap().cases[0].steps[0].runs, 1);
    desk.settle(MessageId(1), "hello 1", DeliveryStatus::Accepted, Some(200));
    assert!(desk.screen().contains("suggested: pass"), "{}", desk.screen());
    assert!(desk.footer().contains("Enter accept"), "{}", desk.footer());
    let effects = desk.keys("enter");
    assert_eq!(verdicts(&desk), [Some(Verdict::Pass), None, None]);
    assert_eq!(kept(&effects).last().unwrap().at, (0, 1));
    let run = kept(&effects).pop().unwrap();
    let evidence = &run.cases[0].steps[0].evidence;
    assert_eq!(evidence.exchanges[0].exchange.status(), Some(200));
    assert!(evidence.screen.as_ref().unwrap().contains("guest (accepted): hello 1"), "{:?}", evidence.screen);
}

#[test]
fn letters_judge_but_never_send() {
    let mut desk = Desk::default();
    open(&mut desk);
    for keys in ["p", "u", "f esc", "u", "b esc", "u", "s", "J", "K", "space", "; w r o n g enter"] {
        assert!(sends(&desk.keys(keys)).is_empty(), "{keys}");
    }
    assert_eq!(verdicts(&desk), [Some(Verdict::Skip), None, None]);
    let run = desk.state.session.pass.runner.as_ref().unwrap().run();
    assert_eq!(run.cases[0].steps[1].note.as_deref(), Some("wrong"));
}

#[test]
fn a_fault_is_asked_of_the_sandbox_first_and_ends_with_its_case() {
    let mut desk = Desk::default();
    open(&mut desk);
    desk.keys("s");
    let fault = r#"{"fault":"token-expired","target":"send"}"#.to_owned();
    let effects = desk.keys("enter");
    assert!(
        effects.contains(&Effect::Local(LocalRequest::SetUpSandbox(SandboxRequest::Fault(Some(fault))))),
        "{effects:?}"
    );
    assert!(sends(&effects).is_empty());
    let effects = desk.event(Event::Local(LocalAnswer::SandboxSet(Ok(()))));
    assert_eq!(sends(&effects).len(), 1);
    let effects = desk.keys("b");
    assert!(effects.contains(&Effect::Local(LocalRequest::Fault(None))), "{effects:?}");
}

#[test]
fn while_typing_alt_judges_only_with_a_pass_open() {
    let mut desk = Desk::default();
    desk.type_text("two words");
    desk.keys("alt-b");
    assert_eq!(desk.state.composer.text(), "two words");
    open(&mut desk);
    desk.keys("c");
    desk.keys("alt-b");
    assert_eq!((desk.state.arrangement.focus, verdicts(&desk)[0]), (Pane::Composer, Some(Verdict::Blocked)));
    assert_eq!(desk.state.composer.text(), "two words");
    desk.keys("alt-p alt-f");
    assert_eq!(verdicts(&desk)[1..], [Some(Verdict::Pass), Some(Verdict::Fail)]);
}

#[test]
fn a_step_is_run_again_only_when_asked_twice() {
    let mut desk = Desk::default();
    open(&mut desk);
    desk.keys("enter");
    desk.settle(MessageId(1), "hello 1", DeliveryStatus::Refused("no".into()), Some(400));
    assert!(sends(&desk.keys("!")).is_empty());
    assert!(desk.screen().contains("Run this step again?"), "{}", desk.screen());
    assert_eq!(sends(&desk.keys("enter")).len(), 1);
}

#[test]
fn production_asks_before_each_step_that_sends() {
    let mut desk = Desk::production();
    open(&mut desk);
    assert!(sends(&desk.keys("enter")).is_empty());
    assert!(desk.screen().contains("PROD: run this step?"), "{}", desk.screen());
    assert_eq!(desk.keys("enter"), [], "a second Enter is a slip");
    assert_eq!(sends(&desk.keys("y")).len(), 1);
}

#[test]
fn the_log_comes_back_and_leaving_says_that_the_pass_is_kept() {
    let mut desk = Desk::default();
    open(&mut desk);
    assert!(desk.screen().contains("4 Test run"));
    desk.keys("2");
    assert_eq!(desk.state.arrangement.focus, Pane::Log);
    assert!(!desk.screen().contains("4 Test run"));
    desk.keys("4");
    assert!(desk.screen().contains("4 Test run"));
    desk.keys("q");
    assert_eq!(desk.state.arrangement.focus, Pane::Log);
    assert_eq!(desk.keys("q"), []);
    assert!(desk.screen().contains("A test run is open: it is kept"), "{}", desk.screen());
}

#[test]
fn what_an_earlier_session_left_is_gone_on_with() {
    let mut first = Desk::default();
    open(&mut first);
    let effects = first.keys("s");
    let run = kept(&effects).pop().unwrap();
    let mut desk = Desk::default();
    desk.state.session.journal.open();
    let restored = Restored { pass: Some(Arc::clone(&run)), ..Restored::default() };
    desk.event(Event::Journal(JournalReport::Restored(Box::new(restored))));
    assert!(
        desk.status().contains("The test run “Short” stopped at step 2 of 3 (First: Faulty)."),
        "{}",
        desk.status()
    );
    assert_eq!(desk.offers(), ["Esc T continue"]);
    desk.keys("esc T");
    desk.event(Event::Local(LocalAnswer::Passes(Vec::new())));
    assert!(desk.screen().contains("continue Short: step 2 of 3"), "{}", desk.screen());
    let effects = desk.keys("enter");
    assert!(sends(&effects).is_empty() && kept(&effects).is_empty(), "nothing happens by coming back: {effects:?}");
    let runner = desk.state.session.pass.runner.as_ref().unwrap();
    assert!(runner.is_paused() && runner.stage() == &StepStage::Ready);
    assert_eq!((runner.run().id.as_str(), runner.run().at), (run.id.as_str(), (0, 1)));
    let effects = desk.keys("s p");
    let run = kept(&effects).pop().unwrap();
    assert!(run.ended.is_some());
    let footer = desk.footer();
    assert!(
        footer.contains("E reports") && footer.contains("T another test run") && !footer.contains("Enter"),
        "{footer}"
    );
    assert!(
        desk.status().starts_with("The test run is finished: 1 passed, 0 failed, 0 blocked, 2 skipped."),
        "{}",
        desk.status()
    );
    desk.keys("E");
    let effects = desk.keys("enter");
    assert!(
        matches!(effects.as_slice(), [Effect::Local(LocalRequest::Reports(_, dir))] if dir.display().to_string().contains("reports/short-")),
        "{effects:?}"
    );
}

#[test]
fn a_failed_step_is_asked_why_and_a_note_right_after_a_verdict_is_about_its_step() {
    let note = |desk: &Desk, at: usize| {
        let runner = desk.state.session.pass.runner.as_ref().unwrap();
        runner.run().steps().nth(at).and_then(|step| step.note.clone())
    };
    for (keys, asked) in [("f", "why it failed (optional)"), ("b", "why it is blocked (optional)")] {
        let mut desk = Desk::default();
        open(&mut desk);
        desk.keys(keys);
        assert!(desk.screen().contains(asked), "{}", desk.screen());
        desk.type_text("nobody came");
        desk.keys("enter");
        assert_eq!((note(&desk, 0).as_deref(), note(&desk, 1)), (Some("nobody came"), None), "{keys}");
    }
    for (keys, at) in [("p ; x enter", 0), ("f esc ; x enter", 0), ("p J K ; x enter", 1), ("; x enter", 0)] {
        let mut desk = Desk::default();
        open(&mut desk);
        desk.keys(keys);
        assert_eq!(note(&desk, at).as_deref(), Some("x"), "{keys}");
        assert_eq!(note(&desk, 1 - at), None, "{keys}");
    }
}

#[test]
fn a_path_is_completed_by_tab_and_stays_where_it_cannot_be_used() {
    let mut desk = Desk::default();
    desk.keys("esc T");
    desk.event(Event::Local(LocalAnswer::Passes(vec![])));
    desk.keys("up 5 enter");
    desk.type_text("~/ni");
    assert_eq!(desk.keys("tab"), [Effect::Local(LocalRequest::CompletePath("~/ni".to_owned()))]);
    let two = vec!["night-2.toml".to_owned(), "night.toml".to_owned()];
    desk.event(Event::Local(LocalAnswer::PathCompleted("~/ni".to_owned(), "~/night".to_owned(), two)));
    assert!(
        desk.screen().contains("~/night") && desk.screen().contains("night-2.toml  night.toml"),
        "{}",
        desk.screen()
    );
    desk.type_text(".tom");
    let effects = desk.keys("enter");
    let [Effect::Local(LocalRequest::ReadPass(path))] = effects.as_slice() else { panic!("{effects:?}") };
    desk.event(Event::Local(LocalAnswer::PassRead(path.clone(), Err("No such file: ~/night.tom.".to_owned()))));
    let screen = desk.screen();
    assert!(screen.contains("~/night.tom ") && screen.contains("No such file: ~/night.tom."), "{screen}");
    desk.type_text("l");
    assert_eq!(desk.keys("enter"), [Effect::Local(LocalRequest::ReadPass("~/night.toml".into()))]);
}

#[test]
fn a_file_with_mistakes_says_where_and_opens_nothing() {
    let mut desk = Desk::default();
    desk.keys("esc T");
    desk.event(Event::Local(LocalAnswer::Passes(vec![])));
    desk.keys("up 5 enter");
    desk.type_text("bad.toml");
    assert_eq!(desk.keys("enter"), [Effect::Local(LocalRequest::ReadPass("bad.toml".into()))]);
    desk.event(Event::Local(LocalAnswer::PassRead(
        "bad.toml".into(),
        Ok("name = \"x\"\n[[cases]]\nnmae = \"y\"\n".to_owned()),
    )));
    assert!(desk.screen().contains("bad.toml:3:1: unknown field"), "{}", desk.screen());
    assert!(desk.state.session.pass.runner.is_none());
    // It is opened again once it is mended.
    desk.keys("esc T");
    desk.event(Event::Local(LocalAnswer::Passes(vec![])));
    desk.keys("pgdn enter");
    assert!(desk.screen().contains("pass file: bad.toml"), "{}", desk.screen());
    desk.keys("esc");
    desk.event(Event::Local(LocalAnswer::PassRead("other.toml".into(), Ok(PASS.to_owned()))));
    assert!(desk.state.session.pass.runner.is_none(), "nobody asked for it");
}

#[test]
fn a_session_by_hand_becomes_a_pass() {
    let mut desk = Desk::default();
    desk.command("pass-from");
    assert!(desk.status().starts_with("Nothing was sent"), "{}", desk.status());
    desk.accepted("hello \"there\"");
    desk.refused("not this");
    desk.keys("esc");
    desk.command("pass-from");
    let effects = desk.keys("enter");
    let [Effect::Local(LocalRequest::Write { path, contents, .. })] = effects.as_slice() else { panic!("{effects:?}") };
    assert!(path.display().to_string().starts_with("pass-2026"), "{}", path.display());
    let pass = guestwire::pass::Pass::parse(path, contents).unwrap_or_else(|e| panic!("{e}\n{contents}"));
    let steps = &pass.cases[0].steps;
    assert_eq!(steps.len(), 2);
    assert_eq!(steps[0].send.as_ref().unwrap().text, "hello \"there\"");
    assert!(steps[1].expect.iter().any(|one| one.words() == "status 401"), "{:?}", steps[1].expect);
}
