//! stub
use super::Look;
use crate::console::state::log::Log;
use ratatui::{buffer::Buffer, layout::Rect};
pub fn title(_: &Log, _: u16) -> String {
    String::new()
}
pub fn draw(_: &Log, _: &Look<'_>, _: Rect, _: &mut Buffer) {}
