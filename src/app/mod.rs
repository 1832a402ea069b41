//! The wiring that all front ends share: profile and engine, journal, logging, signals, files, output and exit codes.

pub mod drive;
pub mod exit;
pub mod journal;
pub mod local;
pub mod logging;
pub mod open;
pub mod output;
pub mod runtime;
pub mod signals;
