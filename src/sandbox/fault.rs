//! The faults that are set, their counting down, and what they make of each request.
//!
//! ```text
//! Fault ─► Armed ──(each request that it is for)──► let pass `after` ─► hit `times` ─► gone
//!                                                        └─► Faults: what becomes of this request
//! ```

use std::time::Duration;

use serde_json::{Value, json};

use crate::model::fault::{Fault, FaultEffect, FaultKind, FaultTarget};
use crate::text::json::with;

/// The faults that are set, in the order in which they were, each with how many requests it has hit so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct ActiveFaults {
    set: Vec<(Fault, u64)>,
}

impl ActiveFaults {
    pub(crate) fn arm(&mut self, fault: Fault) {
        self.set.push((fault, 0));
    }

    pub(crate) fn clear(&mut self) {
        self.set.clear();
    }

    /// What becomes of a request: counts it in every fault that it is for. `names` tells whether a fault's conversation is
    /// the one that the request addresses. Two faults that would both spoil the answer take turns: the later one keeps its
    /// count.
    pub(crate) fn meet(&mut self, target: FaultTarget, names: impl Fn(&str) -> bool) -> (Faults, Vec<Fault>) {
        let (mut faults, mut acts) = (Faults::default(), Vec::new());
        for (fault, hit) in &mut self.set {
            let meant = target.is_meant_by(fault.target)
                && fault.kind.row().reaches.contains(&target)
                && fault.conversation.as_deref().is_none_or(&names);
            if !meant || (spoils(&fault.kind) && faults.spoil().is_some()) {
                continue;
            }
            if fault.after > 0 {
                fault.after -= 1;
                continue;
            }
            *hit += 1;
            fault.times = fault.times.map(|times| times.saturating_sub(1));
            if fault.kind.row().effect == FaultEffect::Acts {
                acts.push(fault.clone());
            } else {
                faults.kinds.push(fault.kind.clone());
            }
        }
        self.set.retain(|(fault, _)| fault.times != Some(0));
        (faults, acts)
    }

    /// The faults that wait for a request, or hold.
    pub(crate) fn left(&self) -> impl Iterator<Item = &Fault> {
        self.set.iter().map(|(fault, _)| fault)
    }

    pub(crate) fn to_json(&self) -> Value {
        self.set.iter().map(|(fault, hit)| with(fault.to_json(), json!({ "hit": hit }))).collect()
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Faults {
    pub(super) kinds: Vec<FaultKind>,
}

impl Faults {
    pub(crate) fn has(&self, kind: &FaultKind) -> bool {
        self.kinds.contains(kind)
    }

    /// What `pick` takes of a fault that hits the request; of several, of the one that was set first.
    pub(crate) fn find<T>(&self, pick: impl Fn(&FaultKind) -> Option<T>) -> Option<T> {
        self.kinds.iter().find_map(pick)
    }

    pub(crate) fn spoil(&self) -> Option<&FaultKind> {
        self.kinds.iter().find(|kind| spoils(kind))
    }

    /// How late the headers come, or the echo.
    pub(crate) fn headers_late(&self) -> Duration {
        let delay = |kind: &FaultKind| match kind {
            FaultKind::SlowHeaders { delay_ms } | FaultKind::SlowEcho { delay_ms } => Some(*delay_ms),
            _ => None,
        };
        Duration::from_millis(self.find(delay).unwrap_or(0))
    }
}

fn spoils(kind: &FaultKind) -> bool {
    kind.row().effect == FaultEffect::Spoils
}

/// Whether a request that `spoil` spoils is carried out all the same.
pub(crate) const fn is_carried_out(spoil: &FaultKind) -> bool {
    match spoil {
        FaultKind::RateLimited { .. } | FaultKind::ProxyAnswered { .. } | FaultKind::ResetBefore => false,
        FaultKind::ServiceFailure { received, .. } | FaultKind::SocketClosed { received, .. } => *received,
        _ => true,
    }
}
