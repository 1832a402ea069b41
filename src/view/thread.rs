//! stub
use super::Look;
use crate::console::state::thread::Threads;
use ratatui::{buffer::Buffer, layout::Rect};
pub fn title(_: &Threads) -> String {
    String::new()
}
pub fn draw(_: &Threads, _: &Look<'_>, _: Rect, _: &mut Buffer) {}
