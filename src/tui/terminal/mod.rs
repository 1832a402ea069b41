//! The terminal: its keys, its screen, the programs that may have it, and the loop that ties them to the console.

mod bursts;
#[cfg_attr(windows, expect(dead_code, reason = "the Windows console tells keys, not bytes"))]
mod decoder;
pub mod event_loop;
pub mod input;
pub mod interfaces;
pub mod platform;
mod programs;
mod reader;
pub mod recorder;
pub mod screen;
pub mod wide_cells;
