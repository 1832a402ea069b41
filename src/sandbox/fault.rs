//! The faults that are set, their counting down, and what they make of each request.
//!
//! ```text
//! Fault ─► Armed ──(each request that it is for)──► let pass `after` ─► hit `times` ─► gone
//!                                                        └─► Plan: what becomes of this request
//! ```

use std::time::Duration;

use serde_json::{Value, json};

use crate::model::fault::{Fault, FaultKind, FaultTarget};

/// A change of the world that a fault makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FaultAction {
    pub(crate) kind: FaultKind,
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
    pub(crate) fn arm(&mut self, fault: Fault) -> Option<FaultAction> {
        if fault.at_once {
            return Some(FaultAction { kind: fault.kind, conversation: fault.conversation });
        }
        self.set.push(Set { fault, hit: 0 });
        None
    }

    pub(crate) fn clear(&mut self) {
        self.set.clear();
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.set.is_empty()
    }

    /// What becomes of a request: counts it in every fault that it is for.
    ///
    /// `names` tells whether a fault's conversation is the one that the request addresses. Two faults that would
    /// both spoil the answer take turns: the later one keeps its count.
    pub(crate) fn meet(&mut self, target: FaultTarget, names: impl Fn(&str) -> bool) -> (Plan, Vec<FaultAction>) {
        let (mut plan, mut acts) = (Plan::default(), Vec::new());
        if self.set.is_empty() {
            return (plan, acts);
        }
        for Set { fault, hit } in &mut self.set {
            let meant = target.is_meant_by(fault.target)
                && fault.kind.row().reaches.contains(&target)
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
            if fault.kind.row().acts {
                acts.push(FaultAction { kind: fault.kind.clone(), conversation: fault.conversation.clone() });
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
            let name = set.fault.kind.row().name.to_owned();
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
            let mut json = set.fault.to_json();
            json["hit"] = json!(set.hit);
            json
        };
        self.set.iter().map(one).collect()
    }
}

/// What the faults make of one request. The default: nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Seconds by which `Date` is off.
    pub(crate) skew: i64,
    /// The client's Guest API switch is off.
    pub(crate) feature_off: bool,
    /// Scopes that are not granted.
    pub(crate) stripped: Vec<String>,
    /// The scope that is granted in place of what was asked.
    pub(crate) instead: Option<String>,
    /// What is wrong with the client.
    pub(crate) client: Option<FaultKind>,
    /// Permissions gone from the client's roles.
    pub(crate) permissions_gone: Vec<String>,
    /// Sockets are refused for their origin.
    pub(crate) origin_refused: bool,
    /// The deployment is gone.
    pub(crate) deployment_unknown: bool,
    /// How the answer is spoilt on its way out: the fault that was set first wins.
    pub(crate) spoil: Option<FaultKind>,
    /// How late the headers come.
    pub(crate) headers_late: Duration,
    /// How late the second half of the body comes.
    pub(crate) body_late: Duration,
}

impl Plan {
    /// Adds what `kind` does to a request. Acts change the world, not the request, and add nothing.
    fn add(&mut self, kind: &FaultKind) {
        match kind {
            kind if kind.row().acts => {}
            FaultKind::OriginRefused => self.origin_refused = true,
            FaultKind::DeploymentUnknown => self.deployment_unknown = true,
            FaultKind::ScopeStripped { scope } => self.stripped.push(scope.clone()),
            FaultKind::ScopeWrong { scope } => self.instead = Some(scope.clone()),
            FaultKind::FeatureOff => self.feature_off = true,
            FaultKind::PermissionMissing { permission } => self.permissions_gone.push(permission.clone()),
            FaultKind::ClientRejected | FaultKind::ClientDisabled => self.client = Some(kind.clone()),
            FaultKind::ClockSkew { seconds } => self.skew = *seconds,
            FaultKind::SlowHeaders { delay_ms } | FaultKind::SlowEcho { delay_ms } => {
                self.headers_late = Duration::from_millis(*delay_ms);
            }
            FaultKind::SlowBody { delay_ms } => self.body_late = Duration::from_millis(*delay_ms),
            spoil => {
                self.spoil.get_or_insert_with(|| spoil.clone());
            }
        }
    }

    /// Whether `kind` would be lost beside what is already planned: only one fault can spoil an answer.
    fn is_taken(&self, kind: &FaultKind) -> bool {
        let mut probe = Self::default();
        probe.add(kind);
        self.spoil.is_some() && probe.spoil.is_some()
    }
}

/// Whether a request that `spoil` spoils is carried out all the same.
pub(crate) const fn is_carried_out(spoil: &FaultKind) -> bool {
    match spoil {
        FaultKind::RateLimited { .. } | FaultKind::ProxyAnswered { .. } | FaultKind::ResetBefore => false,
        FaultKind::ServiceFailure { received, .. } | FaultKind::SocketClosed { received, .. } => *received,
        _ => true,
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

    fn spoils(armed: &mut Armed, target: FaultTarget, requests: usize) -> Vec<Option<FaultKind>> {
        (0..requests).map(|_| armed.meet(target, |_| false).0.spoil).collect()
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
        assert_eq!(armed.words(), ["reset-after (2 times)", "feature-off"]);
        spoils(&mut armed, FaultTarget::Send, 1);
        assert_eq!(armed.words(), ["reset-after (once)", "feature-off"]);
        spoils(&mut armed, FaultTarget::Send, 1);
        assert_eq!(armed.words(), ["feature-off"]);
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
            assert!(armed.meet(FaultTarget::Token, |_| false).0.feature_off);
        }
        assert_eq!(armed.to_json()[0]["hit"], 50);
        armed.clear();
        assert!(!armed.meet(FaultTarget::Token, |_| false).0.feature_off);
    }

    #[test]
    fn requests_that_a_condition_does_not_concern_do_not_use_it_up() {
        let mut armed = armed(&[json!({"fault":"feature-off","times":1}), json!({"fault":"permission-missing"})]);
        assert_eq!(armed.meet(FaultTarget::Read, |_| false).0.permissions_gone.len(), 1);
        let plan = armed.meet(FaultTarget::Token, |_| false).0;
        assert_eq!((plan.feature_off, plan.permissions_gone.len()), (true, 0));
        assert!(!armed.meet(FaultTarget::Send, |_| false).0.feature_off);
    }
}
