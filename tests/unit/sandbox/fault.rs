#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::{Value, json};

use crate::model::fault::{Fault, FaultKind, FaultTarget};
use crate::sandbox::fault::{ActiveFaults, Faults};

fn armed(faults: &[Value]) -> ActiveFaults {
    let mut armed = ActiveFaults::default();
    for fault in faults {
        armed.arm(Fault::parse(fault).unwrap());
    }
    armed
}

fn spoils(armed: &mut ActiveFaults, target: FaultTarget, requests: usize) -> Vec<Option<FaultKind>> {
    (0..requests).map(|_| armed.meet(target, |_| false).0.spoil().cloned()).collect()
}

#[test]
fn after_lets_pass_and_times_hits() {
    let mut armed = armed(&[json!({"fault":"reset-after","after":2,"times":2})]);
    let hit = Some(FaultKind::ResetAfter);
    assert_eq!(spoils(&mut armed, FaultTarget::Send, 6), [None, None, hit.clone(), hit, None, None]);
    assert_eq!(armed.to_json(), json!([]));
}

#[test]
fn what_is_left_is_said_in_words_until_it_is_used_up() {
    let mut armed = armed(&[json!({"fault":"reset-after","times":2}), json!({"fault":"feature-off"})]);
    let left = |armed: &ActiveFaults| armed.left().map(Fault::left).collect::<Vec<_>>();
    assert_eq!(left(&armed), ["reset-after (2 times)", "feature-off"]);
    spoils(&mut armed, FaultTarget::Send, 1);
    assert_eq!(left(&armed), ["reset-after (once)", "feature-off"]);
    spoils(&mut armed, FaultTarget::Send, 1);
    assert_eq!(left(&armed), ["feature-off"]);
}

#[test]
fn other_requests_are_neither_hit_nor_counted() {
    let mut armed = armed(&[json!({"fault":"reset-after","target":"send","after":1})]);
    assert_eq!(spoils(&mut armed, FaultTarget::Read, 3), [None, None, None]);
    assert_eq!(spoils(&mut armed, FaultTarget::Send, 2), [None, Some(FaultKind::ResetAfter)]);
}

#[test]
fn two_faults_that_spoil_the_answer_come_one_after_the_other() {
    let mut armed = armed(&[json!({"fault":"reset-before"}), json!({"fault":"truncated-body"})]);
    let expected = [Some(FaultKind::ResetBefore), Some(FaultKind::TruncatedBody), None];
    assert_eq!(spoils(&mut armed, FaultTarget::Send, 3), expected);
}

#[test]
fn a_condition_holds_until_it_is_cleared() {
    let mut armed = armed(&[json!({"fault":"feature-off"})]);
    for _ in 0..50 {
        assert!(armed.meet(FaultTarget::Token, |_| false).0.has(&FaultKind::FeatureOff));
    }
    assert_eq!(armed.to_json()[0]["hit"], 50);
    armed.clear();
    assert_eq!(armed.meet(FaultTarget::Token, |_| false).0, Faults::default());
}

#[test]
fn requests_that_a_condition_does_not_concern_do_not_use_it_up() {
    let mut armed = armed(&[json!({"fault":"feature-off","times":1}), json!({"fault":"permission-missing"})]);
    let missing = FaultKind::PermissionMissing { permission: "conversation:message:receive".to_owned() };
    let mut hits = |target| armed.meet(target, |_| false).0.kinds;
    assert_eq!(hits(FaultTarget::Read), std::slice::from_ref(&missing));
    assert_eq!(hits(FaultTarget::Token), [FaultKind::FeatureOff]);
    assert_eq!(hits(FaultTarget::Send), [missing]);
}
