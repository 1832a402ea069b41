//! Passes in lines.

use super::*;
use crate::pass::PassRun;
use crate::session::FoundPass;
use crate::session::local::{LocalAnswer, LocalRequest};

const PASS: &str = r#"
name = "Short"
[[cases]]
name = "First"
[[cases.steps]]
name = "It is accepted"
send = "hello"
expect = { outcome = "accepted" }
[[cases.steps]]
name = "The desktop"
judge = "The desktop shows it once."
"#;

fn opened(mut desk: Desk) -> Desk {
    let effects = desk.line(".pass open short.toml").effects.clone();
    assert_eq!(effects, [FrontEndEffect::Local(LocalRequest::ReadPass(PathBuf::from("short.toml")))]);
    desk.on(FrontEndEvent::Local(LocalAnswer::PassRead(PathBuf::from("short.toml"), Ok(PASS.to_owned()))));
    assert!(desk.said()[0].starts_with("Test run Short, step 1 of 2 (First: It is accepted): "), "{:?}", desk.said());
    desk
}

fn settled(desk: &mut Desk, outcome: Outcome, delivery: DeliveryStatus) {
    desk.report(exchange(ExchangeKind::Send, Some(1), outcome));
    desk.report(Report::Message { id: MessageId(1), delivery, exchange: Some(ExchangeId(7)), remote_id: None });
}

#[test]
fn what_can_be_opened_is_numbered() {
    let mut desk = Desk::script();
    assert_eq!(desk.line(".pass").effects, [FrontEndEffect::Local(LocalRequest::FindPasses)]);
    assert!(desk.plain.wants_line() != Some(true), "a script hears the answer first");
    let found = |path: &str, name: Result<&str, &str>| FoundPass {
        path: PathBuf::from(path),
        name: name.map(str::to_owned).map_err(str::to_owned),
    };
    desk.on(FrontEndEvent::Local(LocalAnswer::Passes(vec![
        found("a.toml", Ok("Night")),
        found("b.toml", Err("b.toml:1:1: no cases")),
        found("c.toml", Err("c.toml:2:1: unknown field `snd`; did you mean `send`?")),
    ])));
    let said = desk.said();
    assert_eq!(said[0], "1, Night, a.toml.");
    assert!(said[1].starts_with("2, built-in smoke: "), "{said:?}");
    assert_eq!(said[said.len() - 3], "Mistakes in a pass file: b.toml:1:1: no cases.");
    assert!(said[said.len() - 2].ends_with("did you mean `send`?"), "{said:?}");
    assert_eq!(
        desk.line(".pass open 1").effects,
        [FrontEndEffect::Local(LocalRequest::ReadPass(PathBuf::from("a.toml")))]
    );
    desk.on(FrontEndEvent::Local(LocalAnswer::PassRead(
        PathBuf::from("a.toml"),
        Err("a.toml cannot be opened as a pass: gone.".to_owned()),
    )));
    assert_eq!((desk.said()[0], desk.plain.exit()), ("a.toml cannot be opened as a pass: gone.", Exit::Usage));
}

#[test]
fn a_step_runs_is_told_and_the_suggestion_is_taken() {
    let mut desk = opened(Desk::script());
    desk.line(".pass go");
    assert_eq!(desk.texts(), ["hello"]);
    assert!(desk.plain.wants_line() != Some(true), "a script waits for the step");
    settled(&mut desk, Outcome::Accepted, DeliveryStatus::Accepted);
    assert!(desk.said().contains(&"ok, accepted."), "{:?}", desk.said());
    assert!(desk.said().iter().any(|line| line.starts_with("Suggested: passed. Type .pass go")), "{:?}", desk.said());
    desk.line(".pass go");
    assert!(desk.said().contains(&"To check: The desktop shows it once."), "{:?}", desk.said());
    desk.line(".pass note twice, in fact").line(".pass fail");
    let over = "The test run is finished: 1 passed, 1 failed, 0 blocked, 0 skipped. Type .pass reports to write them.";
    assert_eq!(desk.said(), [over]);
    assert_eq!(desk.plain.exit(), Exit::Refused);
    desk.line(".pass reports out");
    let [FrontEndEffect::Local(LocalRequest::Reports(run, dir))] = desk.effects.as_slice() else {
        panic!("{:?}", desk.effects)
    };
    assert_eq!(dir, &PathBuf::from("out"));
    assert_eq!(run.steps().last().unwrap().note.as_deref(), Some("twice, in fact"));
    desk.on(FrontEndEvent::Local(LocalAnswer::Written(Err("Could not write out/report.xml: no space.".to_owned()))));
    assert_eq!(desk.plain.exit(), Exit::Refused);
    desk.line(".pass undo");
    assert!(desk.said()[0].starts_with("Test run Short, step 2 of 2"), "{:?}", desk.said());
    desk.line(".pass pass");
    assert_eq!(desk.plain.exit(), Exit::Done);
}

#[test]
fn what_was_not_as_expected_is_said_and_ends_a_script_with_one() {
    let mut desk = opened(Desk::script());
    desk.line(".pass go");
    settled(&mut desk, Outcome::Refused("unauthorized".into()), DeliveryStatus::Refused("unauthorized".into()));
    assert!(desk.said().iter().any(|line| line.starts_with("wrong, accepted, but: ")), "{:?}", desk.said());
    assert!(desk.said().iter().any(|line| line.starts_with("Suggested: failed. ")), "{:?}", desk.said());
    assert_eq!(desk.plain.exit(), Exit::Refused);
}

#[test]
fn production_asks_before_a_step_that_sends() {
    let mut desk = opened(Desk::new(true, true));
    desk.line(".pass go");
    assert!(desk.texts().is_empty() && desk.said()[0].starts_with("Production, region "), "{:?}", desk.said());
    desk.line("no");
    assert!(desk.texts().is_empty());
    desk.line(".pass go").line("yes");
    assert_eq!(desk.texts(), ["hello"]);
}

#[test]
fn a_message_that_may_have_been_received_goes_again_only_after_a_question() {
    let mut desk = opened(Desk::new(true, false));
    desk.line(".pass go");
    settled(&mut desk, Outcome::Accepted, DeliveryStatus::Accepted);
    desk.line(".pass again");
    assert!(desk.texts().is_empty() && desk.said()[0].contains("is sent once more"), "{:?}", desk.said());
    desk.line("yes");
    assert_eq!(desk.texts(), ["hello"]);
}

#[test]
fn a_wrong_word_gets_the_nearest_and_a_pass_that_is_open_stays() {
    let mut desk = Desk::new(true, false);
    desk.line(".pass go");
    assert!(desk.said()[0].starts_with("No test run is open."), "{:?}", desk.said());
    let mut desk = opened(desk);
    desk.line(".pass faill");
    assert!(desk.said()[0].starts_with("There is no command .pass faill. Did you mean fail?"), "{:?}", desk.said());
    desk.line(".pass open smoke");
    assert!(desk.said()[0].starts_with("The test run Short is open."), "{:?}", desk.said());
    desk.line(".pass stop").line("yes");
    assert!(desk.said()[0].starts_with("The test run is finished: 0 passed, 0 failed, 0 blocked, 0 skipped, 2 to do."));
    desk.line(".pass open smoke");
    assert!(desk.said()[0].starts_with("Test run "), "{:?}", desk.said());
}

/// A run is kept at each change, and what an earlier session left is gone on with at its very step.
#[test]
fn an_unfinished_pass_is_gone_on_with() {
    let kept = |desk: &Desk| {
        let mut runs = desk.effects.iter().filter_map(|act| match act {
            FrontEndEffect::Keep(job) => match &**job {
                Job::Pass(run) => Some(Arc::clone(run)),
                _ => None,
            },
            _ => None,
        });
        runs.next_back()
    };
    let keeping = |pass: Option<Arc<PassRun>>| {
        let mut desk = Desk::new(true, false);
        desk.plain.session.journal.open();
        let restored = crate::journal::job::Restored { pass, ..Default::default() };
        desk.on(FrontEndEvent::Journal(Box::new(JournalReport::Restored(Box::new(restored)))));
        desk
    };
    let mut first = opened(keeping(None));
    first.line(".pass skip");
    let run = kept(&first).unwrap();
    let mut second = keeping(Some(run));
    let waits = "The test run Short stopped at step 2 of 2 (First: The desktop). Type .pass to continue it.";
    assert!(second.said().contains(&waits), "{:?}", second.said());
    second.line(".pass").on(FrontEndEvent::Local(LocalAnswer::Passes(Vec::new())));
    assert_eq!(second.said()[0], "1, continue Short, step 2 of 2 (First: The desktop).");
    second.line(".pass open 1");
    assert!(second.said()[0].starts_with("Test run Short, step 2 of 2"), "{:?}", second.said());
    second.line(".pass pass");
    assert!(kept(&second).is_some_and(|run| run.ended.is_some()));
}
