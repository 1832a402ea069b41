//! The wiring that all front ends share: profile and engine, journal, logging, signals, files, output and exit codes.

pub mod config_file;
pub mod drive;
pub mod event_loop;
pub mod exit;
pub mod front_ends;
pub mod journal;
pub mod local;
pub mod logging;
pub mod open;
pub mod output;
pub mod progress;
pub mod runtime;
pub mod signals;
