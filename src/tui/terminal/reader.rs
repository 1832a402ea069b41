//! Waits for input of the terminal: bytes on Unix, events of the console on Windows.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub use unix::{ByteReader as Reader, decode, forget_unread};
#[cfg(windows)]
pub use windows::{EventReader as Reader, decode, forget_unread};
