//! What is masked on a frame.

use ratatui::style::Style;

use super::*;

#[test]
fn masked_cells_keep_their_places() {
    let mut buf = Buffer::empty(Rect::new(0, 0, 30, 2));
    buf.set_string(0, 0, "日本 Anna Müller +49 1705551", Style::new());
    buf.set_string(0, 1, "nothing here", Style::new());
    mask(&Masks::new(&["Anna Müller".to_owned()], true), &mut buf);
    let text: Vec<String> =
        buf.content.chunks(30).map(|row| row.iter().map(ratatui::buffer::Cell::symbol).collect()).collect();
    assert_eq!(text, ["日 本  **** ****** *** *******  ", "nothing here                  "].map(str::to_owned));
}
