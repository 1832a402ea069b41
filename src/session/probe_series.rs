//! A series of probes: what it is about, what was found so far, and whether it goes on.

use crate::diagnosis::doctor::{Doctor, DoctorEvidence, DoctorStep, Finding};
use crate::model::MessageId;

/// A series of probes.
#[derive(Clone, Debug)]
pub struct ProbeSeries {
    pub(super) doctor: Doctor,
    /// The log's entry that it is about.
    pub number: Option<u64>,
    /// What was found so far.
    pub findings: Vec<Finding>,
    /// The test message, while its outcome is not known.
    pub sending: Option<MessageId>,
    /// It has ended.
    pub over: bool,
}

impl ProbeSeries {
    /// A series that has not begun.
    pub const fn new(doctor: Doctor, number: Option<u64>) -> Self {
        Self { doctor, number, findings: Vec::new(), sending: None, over: false }
    }

    /// Takes what is found: all that is new, and what to do next.
    pub(super) fn go_on(
        &mut self,
        evidence: &DoctorEvidence<'_>,
        find: impl FnOnce(&mut Doctor, &DoctorEvidence<'_>) -> Vec<Finding>,
    ) -> (Vec<Finding>, DoctorStep) {
        let mut found = find(&mut self.doctor, evidence);
        let (more, next) = self.doctor.next(evidence);
        found.extend(more);
        self.findings.extend_from_slice(&found);
        self.over = matches!(next, DoctorStep::Over(_));
        (found, next)
    }
}
