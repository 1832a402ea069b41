//! Contrast at each depth, and themes without colour.

use super::*;
use crate::model::Moment;
use crate::tui::state::Row;
use crate::tui::view::DrawingContext;
use crate::tui::view::open_conversation::draw_rows;

fn luminance(color: Color) -> f64 {
    let Color::Rgb(r, g, b) = color else { panic!("{color:?} is no RGB colour") };
    let channel = |v: u8| {
        let v = f64::from(v) / 255.0;
        if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b)
}

/// WCAG contrast ratio.
fn contrast(a: Color, b: Color) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// What a colour looks like on a terminal.
fn seen(color: Color) -> Color {
    let Color::Indexed(index) = color else { return color };
    let (r, g, b) = rgb_of(index);
    Color::Rgb(r, g, b)
}

#[test]
fn every_theme_can_be_read_on_every_ground_at_each_depth() {
    // What the terminal's own colours look like, nobody knows.
    for (name, text) in BUILT_IN.into_iter().filter(|(name, _)| ![TERMINAL, MONOCHROME].contains(name)) {
        let file: Colors = toml::from_str(text).unwrap();
        assert_eq!(file.name, name);
        for depth in [Depth::True, Depth::Indexed] {
            let theme = named(name, false, false, depth).unwrap();
            let grounds =
                [file.background, theme.colors.selected, theme.colors.bubble, theme.colors.own_bubble].map(seen);
            for ground in grounds {
                for color in
                    [theme.colors.text, theme.colors.accent, theme.colors.ok, theme.colors.error, theme.colors.warning]
                {
                    let ratio = contrast(seen(color), ground);
                    assert!(ratio >= 4.5, "{name} {depth:?}: {color} on {ground} has {ratio:.2}");
                }
                let ratio = contrast(seen(theme.colors.dim), ground);
                assert!(ratio >= 3.0, "{name} {depth:?}: dim on {ground} has {ratio:.2}");
            }
            // A rule stands on the terminal's own ground only; a badge's word on the accent.
            assert!(contrast(seen(theme.colors.border), file.background) >= 3.0, "{name} {depth:?}: border");
            assert!(
                contrast(seen(theme.colors.background), seen(theme.colors.accent)) >= 4.5,
                "{name} {depth:?}: badge"
            );
            // The grounds are there to be told from each other.
            assert!(grounds.iter().skip(1).all(|ground| *ground != file.background), "{name} {depth:?}");
        }
    }
    for name in names() {
        assert_eq!(named(name, false, false, Depth::True).unwrap().colors.name, name);
    }
    assert_eq!(named("no such", false, false, Depth::True), None);
}

#[test]
fn monochrome_has_no_colour_at_all() {
    for name in names() {
        let mono = named(name, false, true, Depth::True).unwrap();
        for role in [
            StyleRole::Text,
            StyleRole::Ok,
            StyleRole::Error,
            StyleRole::Production,
            StyleRole::Focus,
            StyleRole::Dim,
            StyleRole::Badge,
        ] {
            assert_eq!((mono.style(role).fg, mono.style(role).bg), (None, None), "{name}");
        }
    }
}

/// What the other side and the guest said, one row each, in a theme.
fn two_rows_said(theme: &Theme) -> Buffer {
    let row = |own| Row { own, indent: 1, cells: 4, text: "hi".to_owned(), pieces: vec![(2, StyleRole::Text)] };
    let mut buf = Buffer::empty(Rect::new(0, 0, 6, 2));
    let (area, now, zone) = (buf.area, Moment::ZERO, &jiff::tz::TimeZone::UTC);
    let look = DrawingContext { theme, now, zone, focused: false };
    draw_rows(&[row(false), row(true)], &look, area, &mut buf);
    buf
}

#[test]
fn what_was_said_stands_beside_bars_where_there_are_no_grounds() {
    let monochrome = named(MONOCHROME, false, false, Depth::True).unwrap();
    let no_colour = names().map(|name| named(name, false, true, Depth::True).unwrap());
    for theme in no_colour.chain([monochrome]) {
        let name = &theme.colors.name;
        let buf = two_rows_said(&theme);
        let symbols: String = buf.content().iter().map(ratatui::buffer::Cell::symbol).collect();
        assert_eq!(symbols, " │hi    hi│ ", "{name}");
        assert!(buf.content().iter().all(|cell| (cell.fg, cell.bg) == (Color::Reset, Color::Reset)), "{name}");
    }
    let dark = named("dark", false, false, Depth::True).unwrap();
    let buf = two_rows_said(&dark);
    assert!(buf.content().iter().all(|cell| cell.symbol() != "│"));
    assert_eq!((buf[(1, 0)].bg, buf[(1, 1)].bg), (dark.colors.bubble, dark.colors.own_bubble));
}

#[test]
fn sixteen_colours_are_the_terminals_own() {
    for name in names() {
        let theme = named(name, false, false, Depth::Basic).unwrap();
        for color in [
            theme.colors.text,
            theme.colors.accent,
            theme.colors.ok,
            theme.colors.error,
            theme.colors.warning,
            theme.colors.selected,
        ] {
            assert!(!matches!(color, Color::Rgb(..) | Color::Indexed(_)), "{name}: {color}");
        }
    }
}

#[test]
fn a_reversed_row_has_no_stripes() {
    let area = Rect::new(0, 0, 6, 1);
    for theme in
        [named("terminal", false, false, Depth::True).unwrap(), named("dark", false, true, Depth::True).unwrap()]
    {
        let mut buf = Buffer::empty(area);
        buf.set_string(0, 0, "ab", theme.style(StyleRole::Error));
        buf.set_string(2, 0, "cd", theme.style(StyleRole::Dim));
        theme.select(area, &mut buf);
        for cell in buf.content() {
            assert_eq!((cell.fg, cell.bg, cell.modifier), (Color::Reset, Color::Reset, Modifier::REVERSED));
        }
    }
    let dark = named("dark", false, false, Depth::True).unwrap();
    let mut buf = Buffer::empty(area);
    buf.set_string(0, 0, "ab", dark.style(StyleRole::Error));
    dark.select(area, &mut buf);
    assert!(
        buf.content()
            .iter()
            .all(|cell| cell.bg == dark.colors.selected && cell.modifier & Modifier::REVERSED == Modifier::empty())
    );
    assert_eq!(buf.content()[0].fg, dark.colors.error);
}

#[test]
fn the_environment_tells_how_many_colours_there_are() {
    for (colorterm, term, depth) in [
        ("truecolor", "xterm", Depth::True),
        ("24bit", "screen", Depth::True),
        ("", "xterm-direct", Depth::True),
        ("", "xterm-256color", Depth::Indexed),
        ("yes", "tmux-256color", Depth::Indexed),
        ("", "xterm", Depth::Basic),
        ("", "linux", Depth::Basic),
        ("", "", Depth::Basic),
    ] {
        assert_eq!(Depth::of(colorterm, term), depth, "{colorterm} {term}");
    }
}
