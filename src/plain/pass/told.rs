//! What was told of passes, and what of them is under way.

use std::path::PathBuf;

/// What can be opened by its number.
#[derive(Clone, Debug)]
pub(in crate::plain) enum Offered {
    Unfinished,
    File(PathBuf),
    BuiltIn(&'static str),
}

/// What is told of passes.
#[derive(Debug)]
pub(in crate::plain) struct Passes {
    /// What can be opened, in the order in which it was told.
    pub offered: Vec<Offered>,
    /// The step that was told last, and whether with its result.
    pub told: Option<((usize, usize), bool)>,
    /// Ctrl-C was pressed while the step ran: it is waited for no more.
    pub let_go: bool,
    /// Runs that were begun, and what their ids grow from.
    pub begun: u64,
    pub seed: u128,
}

impl Passes {
    pub const fn new(seed: u128) -> Self {
        Self { offered: Vec::new(), told: None, let_go: false, begun: 0, seed }
    }
}
