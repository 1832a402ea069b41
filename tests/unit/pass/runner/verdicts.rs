//! Verdicts of a person, pausing and resuming, and a run without a person.

use super::*;

#[test]
fn a_persons_verdict_counts_and_disagreement_is_told() {
    let mut rig = Rig::going(THREE);
    rig.accepted();
    rig.on(RunnerEvent::Note((0, 0), "  the name is wrong "));
    rig.on(RunnerEvent::Verdict(Verdict::Fail));
    let step = rig.step((0, 0));
    assert!(step.disagrees() && step.counts() == Some(Verdict::Fail));
    assert_eq!(step.note.as_deref(), Some("the name is wrong"));
    rig.on(RunnerEvent::Go);
    assert_eq!(rig.step((0, 1)).suggested, None, "only a person can say");
    rig.on(RunnerEvent::Verdict(Verdict::Pass));
    rig.on(RunnerEvent::Verdict(Verdict::Blocked));
    assert!(rig.runner.is_over() && rig.runner.run.ended.is_some());
    let Tally { pass, fail, blocked, .. } = rig.runner.run.tally();
    assert_eq!((pass, fail, blocked), (1, 1, 1));
    rig.on(RunnerEvent::Undo);
    assert_eq!((rig.runner.run.at, rig.runner.run.ended), ((1, 0), None), "the end can be undone too");
}

#[test]
fn a_verdict_while_something_is_under_way_takes_it_back() {
    let mut rig = Rig::going(THREE);
    assert_eq!(rig.on(RunnerEvent::Verdict(Verdict::Blocked)), [RunnerEffect::Cancel(MessageId(1))]);
    assert_eq!(rig.step((0, 0)).expectations[0].detail.as_deref(), Some("guestwire did not wait for it"));
    rig.delivery(DeliveryStatus::Accepted);
    assert_eq!(rig.mets((0, 0)), ["open"], "late news changes nothing");
}

#[test]
fn the_timer_runs_only_while_the_step_is_open_and_not_paused() {
    let mut rig = Rig::new(THREE, Mode::Person);
    rig.after(1000).on(RunnerEvent::Pause(true));
    rig.after(5000).on(RunnerEvent::Pause(false));
    rig.after(500);
    assert_eq!(rig.runner.open_for(rig.now), Duration::from_millis(1500));
    rig.on(RunnerEvent::Case(1));
    assert_eq!((rig.runner.run.at, rig.step((0, 0)).open), ((1, 0), Duration::from_millis(1500)));
    rig.after(9000).on(RunnerEvent::Case(-1));
    rig.after(100).on(RunnerEvent::Verdict(Verdict::Skip));
    assert_eq!(rig.step((0, 0)).open, Duration::from_millis(1600));
    assert_eq!(rig.step((1, 0)).open, Duration::from_secs(9));
}

#[test]
fn a_run_that_was_kept_goes_on_at_the_very_step() {
    let mut rig = Rig::going(THREE);
    let under_way = rig.runner.run.clone();
    rig.accepted();
    let decided = rig.runner.run.clone();
    let resume = |run: &PassRun| {
        let kept: PassRun = serde_json::from_str(&serde_json::to_string(run).unwrap()).unwrap();
        assert_eq!(&kept, run, "the kept form loses nothing");
        let pass = Pass::parse(Path::new(&kept.file), &kept.source).unwrap();
        Runner::resume(Arc::new(pass), kept, setup(true), Moment::ZERO).unwrap()
    };
    let again = resume(&under_way);
    assert_eq!((again.run.at, again.stage()), ((0, 0), &StepStage::Ready), "nothing is sent again by itself");
    assert!(again.is_paused() && again.due().is_none());
    assert_eq!(again.run.cases[0].steps[0].expectations[0].met, ExpectationState::Open);
    let again = resume(&decided);
    assert_eq!((again.run.at, again.stage()), ((0, 0), &StepStage::Judging), "what was decided stays decided");
    rig.runner = again;
    rig.accept();
    assert!(!rig.runner.is_paused());
    assert_eq!((rig.step((0, 0)).verdict, rig.runner.run.at), (Some(Verdict::Pass), (0, 1)));
}

// ── alone ──────────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn alone_each_step_goes_by_itself_and_what_only_a_person_could_say_is_skipped() {
    let mut rig = Rig::new(THREE, Mode::Alone { fail_fast: false });
    assert_eq!(texts(&rig.token(1)), ["a"]);
    assert_eq!(rig.delivery(DeliveryStatus::Accepted), []);
    assert_eq!(texts(&rig.exchange(&[200], Outcome::Accepted)), ["b"], "the judged step is passed over");
    assert_eq!(rig.step((0, 1)).suggested, Some(Verdict::Skip));
    assert_eq!(rig.step((0, 1)).why.as_deref(), Some("a person must judge: look"));
    rig.accepted();
    assert!(rig.runner.is_over());
    assert!(rig.runner.run.steps().all(|s| s.verdict.is_none() && s.ended.is_some()));
}

#[test]
fn alone_a_failure_blocks_its_case_and_with_fail_fast_ends_the_rest() {
    let text = "name = \"t\"\n[[cases]]\nname = \"c\"\nsteps = [{ send = \"a\" }, { send = \"b\" }]\n[[cases]]\nname = \"d\"\nsteps = [{ send = \"e\" }]\n";
    for (fail_fast, wanted) in [
        (false, [Verdict::Fail, Verdict::Blocked, Verdict::Pass]),
        (true, [Verdict::Fail, Verdict::Skip, Verdict::Skip]),
    ] {
        let mut rig = Rig::new(text, Mode::Alone { fail_fast });
        rig.token(1);
        rig.delivery(DeliveryStatus::Refused("no".into()));
        if !fail_fast {
            rig.accepted();
        }
        assert!(rig.runner.is_over());
        let found: Vec<Verdict> = rig.runner.run.steps().filter_map(StepResult::counts).collect();
        assert_eq!(found, wanted);
    }
}
