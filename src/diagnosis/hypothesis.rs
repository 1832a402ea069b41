//! Causes as they stand, and what follows from all of them together.

use crate::model::{Cause, Confidence, Excluded, Probe, Settles, Suspect};

/// How a cause stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Support {
    /// Ruled out.
    Excluded,
    /// Nothing speaks against it.
    Open,
    /// The evidence fits it better than others.
    Supported,
    /// It was observed, and is enough for the refusal.
    Proven,
    /// The server named it.
    Named,
}

/// A cause, how it stands, and why.
#[derive(Clone, Debug)]
pub struct Hypothesis {
    pub cause: Cause,
    pub standing: Support,
    pub why: String,
    pub probe: Option<Probe>,
}

impl Hypothesis {
    pub fn named(cause: Cause, why: impl Into<String>) -> Self {
        Self { cause, standing: Support::Named, why: why.into(), probe: None }
    }

    pub fn proven(cause: Cause, why: impl Into<String>) -> Self {
        Self { cause, standing: Support::Proven, why: why.into(), probe: None }
    }

    pub fn supported(cause: Cause, why: impl Into<String>, probe: Option<Probe>) -> Self {
        Self { cause, standing: Support::Supported, why: why.into(), probe }
    }

    pub fn open(cause: Cause, why: impl Into<String>, probe: Option<Probe>) -> Self {
        Self { cause, standing: Support::Open, why: why.into(), probe }
    }

    pub fn excluded(cause: Cause, why: impl Into<String>) -> Self {
        Self { cause, standing: Support::Excluded, why: why.into(), probe: None }
    }

    /// All of these are ruled out, for one reason.
    pub fn none_of(causes: impl IntoIterator<Item = Cause>, why: &str) -> Vec<Self> {
        causes.into_iter().map(|cause| Self::excluded(cause, why)).collect()
    }
}

/// What follows.
#[derive(Debug, Default)]
pub struct RankedHypotheses {
    pub suspects: Vec<Suspect>,
    pub excluded: Vec<Excluded>,
    pub settles: Vec<Settles>,
}

/// Ranks. Within one standing the order of `all` stays: the rules give the more frequent cause first.
pub fn rank(all: Vec<Hypothesis>) -> RankedHypotheses {
    let (out, mut alive): (Vec<_>, Vec<_>) = all.into_iter().partition(|h| h.standing == Support::Excluded);
    // What the server named needs no company.
    if alive.iter().any(|h| h.standing == Support::Named) {
        alive.retain(|h| h.standing == Support::Named);
    }
    alive.sort_by_key(|h| std::cmp::Reverse(h.standing));
    let proven = alive.iter().filter(|h| h.standing == Support::Proven).count();
    let alone = alive.len() == 1;
    let mut ranked = RankedHypotheses::default();
    for hypothesis in alive {
        let confidence = match hypothesis.standing {
            Support::Named => Confidence::Sure,
            Support::Proven if alone => Confidence::Sure,
            Support::Proven => Confidence::Likely,
            Support::Supported if proven == 0 => Confidence::Likely,
            Support::Open if alone => Confidence::Likely,
            Support::Supported | Support::Open | Support::Excluded => Confidence::Possible,
        };
        if let Some(probe) = hypothesis.probe {
            match ranked.settles.iter_mut().find(|s| s.probe == probe) {
                Some(settles) => settles.causes.push(hypothesis.cause),
                None => ranked.settles.push(Settles { probe, causes: vec![hypothesis.cause] }),
            }
        }
        ranked.suspects.push(Suspect {
            cause: hypothesis.cause,
            confidence,
            because: hypothesis.why,
            probe: hypothesis.probe,
        });
    }
    // The probe that decides most comes first.
    ranked.settles.sort_by_key(|s| std::cmp::Reverse(s.causes.len()));
    for hypothesis in out {
        if !ranked.excluded.iter().any(|e| e.cause == hypothesis.cause) {
            ranked.excluded.push(Excluded { cause: hypothesis.cause, why: hypothesis.why });
        }
    }
    ranked
}

#[cfg(test)]
#[path = "../../tests/unit/diagnosis/hypothesis.rs"]
mod tests;
