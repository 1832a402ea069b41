//! Signals as messages: those that end a program end the console with the terminal restored, the others are told.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

pub use crate::model::Signal;
#[cfg(unix)]
pub use unix::{listen, of_programs_without_a_screen};
#[cfg(windows)]
pub use windows::{listen, of_programs_without_a_screen};
