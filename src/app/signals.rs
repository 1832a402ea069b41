//! Signals as messages: those that end a program end the console with the terminal restored, the others are told.

mod signal;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

pub use signal::Signal;
#[cfg(unix)]
pub use unix::{listen, of_programs_without_a_screen};
#[cfg(windows)]
pub use windows::{listen, of_programs_without_a_screen};
