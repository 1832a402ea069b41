//! The wiring that all front ends share: profile and engine, journal, logging, signals, files, output and exit codes.

pub(crate) mod drive;
pub(crate) mod exit;
pub(crate) mod journal;
pub(crate) mod local;
pub(crate) mod logging;
pub(crate) mod open;
pub(crate) mod output;
pub mod runtime;
pub(crate) mod signals;
