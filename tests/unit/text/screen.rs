#![expect(clippy::string_slice, reason = "tests")]

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use crate::text::screen::*;

#[test]
fn terminal_commands_become_visible() {
    assert_eq!(visible("a\u{1b}[31mred\u{7}"), "a␛[31mred␇");
    assert_eq!(visible("x\u{202e}y"), "x<RLO>y");
    assert_eq!(visible("x\u{9b}31m"), "x<U+009B>31m");
    assert_eq!(visible("a\nb\tc\u{7f}"), "a␊b␉c␡");
    assert_eq!(visible("\u{301}e\u{301} \u{200d}"), "<U+0301>e\u{301} \u{200d}");
    assert!(matches!(visible("plain é 👩‍👩‍👧"), Cow::Borrowed(_)));
    // What is drawn is left alone: a kanji's variant, an emoji's and a text's style, a flag spelt in tags.
    let scotland = "\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}";
    for drawn in ["葛\u{e0100}城", "❤\u{fe0f} ❤\u{fe0e}", scotland] {
        assert_eq!(visible(drawn), drawn);
    }
    // What is not drawn, and could hide something, is shown.
    for (hidden, shown) in [
        ("a\u{34f}b", "a<U+034F>b"),
        ("a\u{115f}b", "a<U+115F>b"),
        ("a\u{3164}b", "a<U+3164>b"),
        ("a\u{2800}b", "a<U+2800>b"),
        ("a\u{17b4}b", "a<U+17B4>b"),
        ("a\u{e0041}b", "a<U+E0041>b"),
        ("❤\u{fe0f}\u{e0120}", "❤\u{fe0f}<U+E0120>"),
        ("葛\u{e0100}\u{e0101}", "葛\u{e0100}<U+E0101>"),
    ] {
        assert_eq!(visible(hidden), shown);
    }
    let zalgo = format!("a{}", "\u{301}".repeat(500_000));
    assert_eq!(visible(&zalgo), format!("a{}<+499970 marks>", "\u{301}".repeat(MARKS)));
}

#[test]
fn fits_by_cells_and_clusters() {
    assert_eq!(fit("hello", 5, false), "hello");
    assert_eq!(fit("hello!", 5, false), "hell…");
    assert_eq!(fit("hello!", 5, true), "he...");
    assert_eq!(fit("日本語です", 5, false), "日本…");
    assert_eq!(fit("ﾊﾞｽ", 2, false), "…", "sound marks take a cell");
    assert_eq!(prefix("👩‍👩‍👧x", 1), "");
    assert_eq!(prefix("👩‍👩‍👧x", 2), "👩‍👩‍👧");
}

#[test]
fn puts_as_ratatui_does() {
    use ratatui::layout::Rect;
    for text in ["plain", "with a long tail that is cut", "日本 mixed", "a\u{301}bc", ""] {
        for (x, y, cells) in [(0, 0, 99), (3, 1, 4), (11, 1, 9), (12, 0, 3), (0, 2, 5), (5, 1, 0)] {
            let mut ours = Buffer::empty(Rect::new(0, 0, 12, 2));
            let mut theirs = ours.clone();
            let style = Style::new().bold();
            let after = put(&mut ours, x, y, text, cells, style);
            if x < 12 && y < 2 {
                assert_eq!(after, theirs.set_stringn(x, y, text, cells, style), "{text} {x},{y} {cells}");
            }
            assert_eq!(ours, theirs, "{text} {x},{y} {cells}");
        }
    }
}

#[test]
fn short_ids_keep_both_ends() {
    assert_eq!(short_id("c01d8896-aaaa-bbbb-cccc-000000009f10", false), "c01d…9f10");
    assert_eq!(short_id("abc", false), "abc");
}

#[test]
fn wraps_after_spaces_and_inside_long_words() {
    let rows = |s: &str, w| wrap(s, w).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(rows("one two three", 8), ["one two ", "three"]);
    assert_eq!(rows("abcdefghij", 4), ["abcd", "efgh", "ij"]);
    assert_eq!(rows("", 4), [""]);
    assert_eq!(rows("日本語", 1), ["日", "本", "語"]);
    assert_eq!(rows(" 日日", 3), [" ", "日", "日"], "no row is wider than asked");
}

#[test]
fn what_follows_a_label_hangs_under_its_text() {
    assert_eq!(hanging("  ^K     Cut to the end", 40), ["  ^K     Cut to the end"]);
    assert_eq!(hanging("  ^K     Cut to the end", 18), ["  ^K     Cut to", "         the end"]);
    assert_eq!(
        hanging("  Alt-b ^Left      A word to the left", 20),
        ["  Alt-b ^Left  A", "      word to the", "      left"]
    );
    assert_eq!(hanging("no label at all here", 12), ["no label at", "all here"]);
    assert_eq!(hanging("  abcdefghij", 8), ["  abcdef", "  ghij"]);
    for cells in 1..30 {
        for line in ["  ^K     Cut to the end of the line", "日本  語の  長い文", "     ", "  é"] {
            assert!(hanging(line, cells).iter().all(|row| width(row) <= cells.max(2)), "{line} {cells}");
        }
    }
}

#[test]
fn wraps_typed_text_as_it_is_shown() {
    let rows = |s: &str, w| wrap_shown(s, w).into_iter().map(|r| s[r].to_owned()).collect::<Vec<_>>();
    assert_eq!(rows("one two three", 8), ["one two ", "three"]);
    assert_eq!(rows("abcdefghij", 4), ["abcd", "efgh", "ij"]);
    assert_eq!(rows("é one two", 6), ["é one ", "two"]);
    assert_eq!(rows("a\u{202e}b", 5), ["a", "\u{202e}", "b"]);
    assert_eq!(rows("a \u{202e}\u{202e}b", 6), ["a ", "\u{202e}", "\u{202e}b"]);
    assert_eq!(rows("", 4), [""]);
    // The quick way and the thorough way agree.
    for cells in 1..12 {
        let plain = "to be, or not to be:  that is thequestionitself ";
        let slow: Vec<_> = wrap_shown(&format!("{plain}é"), cells).into_iter().map(|r| r.start).collect();
        let quick: Vec<_> = wrap_shown(&format!("{plain}e"), cells).into_iter().map(|r| r.start).collect();
        assert_eq!(slow, quick, "{cells}");
    }
}

#[test]
fn lines_break_and_tabs_widen() {
    let lines: Vec<_> = visible_lines("a\r\nb\tc\nd\u{1b}").collect();
    assert_eq!(lines, ["a", "b  c", "d␛"]);
}
