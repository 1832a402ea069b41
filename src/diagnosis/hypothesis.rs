//! Causes as they stand, and what follows from all of them together.

use std::cmp::Reverse;

use crate::model::{Cause, Confidence, DecidingProbe, Diagnosis, Probe, Suspect};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Support {
    Excluded,
    Open,
    /// The evidence fits it better than others.
    Supported,
    /// It was observed, and is enough for the refusal.
    Proven,
    Named,
}

#[derive(Clone, Debug)]
pub struct Hypothesis {
    pub cause: Cause,
    pub standing: Support,
    pub why: String,
    pub probe: Option<Probe>,
}

impl Hypothesis {
    fn new(cause: Cause, standing: Support, why: impl Into<String>) -> Self {
        Self { cause, standing, why: why.into(), probe: None }
    }

    pub fn by(self, probe: Probe) -> Self {
        Self { probe: Some(probe), ..self }
    }
}

pub fn named(cause: Cause, why: impl Into<String>) -> Hypothesis {
    Hypothesis::new(cause, Support::Named, why)
}

pub fn proven(cause: Cause, why: impl Into<String>) -> Hypothesis {
    Hypothesis::new(cause, Support::Proven, why)
}

pub fn supported(cause: Cause, why: impl Into<String>) -> Hypothesis {
    Hypothesis::new(cause, Support::Supported, why)
}

pub fn open(cause: Cause, why: impl Into<String>) -> Hypothesis {
    Hypothesis::new(cause, Support::Open, why)
}

/// Of what is ruled out nobody asks why: what was checked stands beside it.
pub fn excluded(cause: Cause) -> Hypothesis {
    Hypothesis::new(cause, Support::Excluded, "")
}

pub fn none_of(causes: impl IntoIterator<Item = Cause>) -> Vec<Hypothesis> {
    causes.into_iter().map(excluded).collect()
}

/// What follows from all. Within one standing their order stays: the rules give the more frequent cause first.
pub fn rank(all: Vec<Hypothesis>) -> Diagnosis {
    let (out, mut alive): (Vec<_>, Vec<_>) = all.into_iter().partition(|h| h.standing == Support::Excluded);
    // A cause that the server named replaces all others.
    if alive.iter().any(|h| h.standing == Support::Named) {
        alive.retain(|h| h.standing == Support::Named);
    }
    alive.sort_by_key(|h| Reverse(h.standing));
    let proven = alive.iter().any(|h| h.standing == Support::Proven);
    let alone = alive.len() == 1;
    let mut ranked = Diagnosis::default();
    for Hypothesis { cause, standing, why: because, probe } in alive {
        let confidence = match standing {
            Support::Named => Confidence::Sure,
            Support::Proven if alone => Confidence::Sure,
            Support::Proven => Confidence::Likely,
            Support::Supported if !proven => Confidence::Likely,
            Support::Open if alone => Confidence::Likely,
            Support::Supported | Support::Open | Support::Excluded => Confidence::Possible,
        };
        if let Some(probe) = probe {
            match ranked.deciding.iter_mut().find(|s| s.probe == probe) {
                Some(deciding) => deciding.causes.push(cause),
                None => ranked.deciding.push(DecidingProbe { probe, causes: vec![cause] }),
            }
        }
        ranked.suspects.push(Suspect { cause, confidence, because, probe });
    }
    // The probe that decides most comes first.
    ranked.deciding.sort_by_key(|s| Reverse(s.causes.len()));
    for Hypothesis { cause, .. } in out {
        if !ranked.excluded.contains(&cause) {
            ranked.excluded.push(cause);
        }
    }
    ranked
}
