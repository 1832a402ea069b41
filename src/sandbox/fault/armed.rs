//! The faults that are set, and their counting down.

use serde_json::{Value, json};

use super::{Fault, Kind, Plan, Target};

/// A change of the world that a fault makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Act {
    /// Which change.
    pub(crate) kind: Kind,
    /// For which conversation only: its name or id.
    pub(crate) conversation: Option<String>,
}

#[derive(Clone, Debug)]
struct Set {
    fault: Fault,
    /// Requests that it has hit so far.
    hit: u64,
}

/// The faults that are set, in the order in which they were.
#[derive(Clone, Debug, Default)]
pub(crate) struct Armed {
    set: Vec<Set>,
}

impl Armed {
    /// Sets a fault. An act that takes effect at once is given back instead.
    pub(crate) fn arm(&mut self, fault: Fault) -> Option<Act> {
        if fault.at_once {
            return Some(Act { kind: fault.kind, conversation: fault.conversation });
        }
        self.set.push(Set { fault, hit: 0 });
        None
    }

    /// Lifts all of them.
    pub(crate) fn clear(&mut self) {
        self.set.clear();
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.set.is_empty()
    }

    /// What becomes of a request: counts it in every fault that it is for.
    ///
    /// `names` tells whether a fault's conversation is the one that the request addresses. Two faults that would
    /// both spoil the answer take turns: the later one keeps its count.
    pub(crate) fn meet(&mut self, target: Target, names: impl Fn(&str) -> bool) -> (Plan, Vec<Act>) {
        let (mut plan, mut acts) = (Plan::default(), Vec::new());
        if self.set.is_empty() {
            return (plan, acts);
        }
        for Set { fault, hit } in &mut self.set {
            let meant = target.is_meant_by(fault.target)
                && fault.kind.concerns(target)
                && fault.conversation.as_deref().is_none_or(&names);
            if !meant || plan.is_taken(&fault.kind) {
                continue;
            }
            if fault.after > 0 {
                fault.after -= 1;
                continue;
            }
            *hit += 1;
            if let Some(times) = &mut fault.times {
                *times = times.saturating_sub(1);
            }
            if fault.kind.is_act() {
                acts.push(Act { kind: fault.kind.clone(), conversation: fault.conversation.clone() });
            } else {
                plan.add(&fault.kind);
            }
        }
        self.set.retain(|set| set.fault.times != Some(0));
        (plan, acts)
    }

    /// The faults that wait for a request, or hold: each by its name, with how often it still hits where that ends.
    pub(crate) fn words(&self) -> Vec<String> {
        let one = |set: &Set| {
            let json = serde_json::to_value(&set.fault).unwrap_or_default();
            let name = json.get("fault").and_then(Value::as_str).unwrap_or("a fault").to_owned();
            match set.fault.times {
                None => name,
                Some(1) => format!("{name} (once)"),
                Some(n) => format!("{name} ({n} times)"),
            }
        };
        self.set.iter().map(one).collect()
    }

    /// The faults with what is left of their counts, for the control API.
    pub(crate) fn to_json(&self) -> Value {
        let one = |set: &Set| {
            let mut json = serde_json::to_value(&set.fault).unwrap_or_default();
            if let Some(map) = json.as_object_mut() {
                map.insert("hit".to_owned(), json!(set.hit));
            }
            json
        };
        self.set.iter().map(one).collect()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn armed(faults: &[Value]) -> Armed {
        let mut armed = Armed::default();
        for fault in faults {
            assert_eq!(armed.arm(Fault::parse(fault).unwrap()), None);
        }
        armed
    }

    fn spoils(armed: &mut Armed, target: Target, requests: usize) -> Vec<Option<Kind>> {
        (0..requests).map(|_| armed.meet(target, |_| false).0.spoil).collect()
    }

    #[test]
    fn after_lets_pass_and_times_hits() {
        let mut armed = armed(&[json!({"fault":"reset-after","after":2,"times":2})]);
        let hit = Some(Kind::ResetAfter);
        assert_eq!(spoils(&mut armed, Target::Send, 6), [None, None, hit.clone(), hit, None, None]);
        assert_eq!(armed.to_json(), json!([]));
    }

    #[test]
    fn what_is_left_is_said_in_words_until_it_is_used_up() {
        let mut armed = armed(&[json!({"fault":"reset-after","times":2}), json!({"fault":"feature-off"})]);
        assert_eq!(armed.words(), ["reset-after (2 times)", "feature-off"]);
        spoils(&mut armed, Target::Send, 1);
        assert_eq!(armed.words(), ["reset-after (once)", "feature-off"]);
        spoils(&mut armed, Target::Send, 1);
        assert_eq!(armed.words(), ["feature-off"]);
    }

    #[test]
    fn other_requests_are_neither_hit_nor_counted() {
        let mut armed = armed(&[json!({"fault":"reset-after","target":"send","after":1})]);
        assert_eq!(spoils(&mut armed, Target::Read, 3), [None, None, None]);
        assert_eq!(spoils(&mut armed, Target::Send, 2), [None, Some(Kind::ResetAfter)]);
    }

    #[test]
    fn two_faults_that_spoil_the_answer_come_one_after_the_other() {
        let mut armed = armed(&[json!({"fault":"reset-before"}), json!({"fault":"truncated-body"})]);
        let expected = [Some(Kind::ResetBefore), Some(Kind::TruncatedBody), None];
        assert_eq!(spoils(&mut armed, Target::Send, 3), expected);
    }

    #[test]
    fn a_condition_holds_until_it_is_cleared() {
        let mut armed = armed(&[json!({"fault":"feature-off"})]);
        for _ in 0..50 {
            assert!(armed.meet(Target::Token, |_| false).0.feature_off);
        }
        assert_eq!(armed.to_json()[0]["hit"], 50);
        armed.clear();
        assert!(!armed.meet(Target::Token, |_| false).0.feature_off);
    }

    #[test]
    fn a_fault_of_one_conversation_leaves_the_others_alone() {
        let mut armed = armed(&[json!({"fault":"reset-before","conversation":"Anna"})]);
        assert_eq!(armed.meet(Target::Send, |name| name == "Ben").0.spoil, None);
        assert_eq!(armed.meet(Target::Send, |name| name == "Anna").0.spoil, Some(Kind::ResetBefore));
    }

    #[test]
    fn requests_that_a_condition_does_not_concern_do_not_use_it_up() {
        let mut armed = armed(&[json!({"fault":"feature-off","times":1}), json!({"fault":"permission-missing"})]);
        assert_eq!(armed.meet(Target::Read, |_| false).0.permissions_gone.len(), 1);
        let plan = armed.meet(Target::Token, |_| false).0;
        assert_eq!((plan.feature_off, plan.permissions_gone.len()), (true, 0));
        assert!(!armed.meet(Target::Send, |_| false).0.feature_off);
    }

    #[test]
    fn an_act_takes_effect_at_once_or_waits_for_its_request() {
        let act = Armed::default().arm(Fault::parse(&json!({"fault":"token-revoked"})).unwrap());
        assert_eq!(act.unwrap().kind, Kind::TokenRevoked);
        let mut armed = armed(&[json!({"fault":"token-revoked","after":1})]);
        assert_eq!(armed.meet(Target::Send, |_| false).1, []);
        assert_eq!(armed.meet(Target::Send, |_| false).1.len(), 1);
    }
}
