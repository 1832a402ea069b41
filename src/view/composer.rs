//! stub
use super::Look;
use crate::console::state::{composer::Composer, picker::Item};
use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
};
pub fn wanted_height(_: &Composer, _: u16, _: u16) -> u16 {
    2
}
pub fn title(_: &Composer, _: Option<&Item>, _: &Look<'_>) -> (String, String) {
    (String::new(), String::new())
}
pub fn draw(_: &Composer, _: &Look<'_>, _: Rect, _: &mut Buffer) -> Option<Position> {
    None
}
