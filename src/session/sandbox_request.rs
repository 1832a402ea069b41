//! What a pass or a person asks of the embedded sandbox.

use std::time::Duration;

/// What the embedded sandbox is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SandboxRequest {
    /// Set a fault (JSON of its control API), or lift all.
    Fault(Option<String>),
    /// Put its clock forward.
    Advance(Duration),
}
