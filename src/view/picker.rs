//! stub
use super::Look;
use crate::console::state::picker::Picker;
use ratatui::{buffer::Buffer, layout::Rect};
pub fn title(_: &Picker) -> String {
    String::new()
}
pub fn draw(_: &Picker, _: &Look<'_>, _: Rect, _: &mut Buffer) {}
