//! Tests of `export::escape`.
#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::json;

use crate::export::escape::{fill, markdown, markdown_code, markdown_quote, markup, page};

#[test]
fn nothing_in_a_text_becomes_markup() {
    assert_eq!(
        markup("<script>alert('x')</script> & \"q\""),
        "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;q&quot;"
    );
    assert_eq!(markup("a\u{0}b\u{1b}[2J\u{202e}\r\nc\u{ffff}"), "a␀b␛[2J&lt;RLO&gt;\nc\u{fffd}");
}

#[test]
fn markdown_by_table() {
    let cases = [
        ("plain text, with (some) punctuation.", "plain text, with (some) punctuation."),
        ("*bold* _it_ `c` ~s~", "\\*bold\\* \\_it\\_ \\`c\\` \\~s\\~"),
        ("[a](javascript:x) <b> ![i](u)", "\\[a\\](javascript:x) \\<b\\> \\!\\[i\\](u)"),
        ("see https://x.example www.x", "see https\\://x.example www\\.x"),
        ("- a list", "\\- a list"),
        ("12. twelve", "12\\. twelve"),
        ("a | cell\nnext", "a \\| cell next"),
        ("&lt; # h & i!", "\\&lt; # h & i!"),
        ("# h", "\\# h"),
        ("1.2 s", "1.2 s"),
    ];
    for (given, wanted) in cases {
        assert_eq!(markdown(given), wanted);
    }
    assert_eq!(markdown_quote("one\n> two"), "> one  \n> \\> two");
}

#[test]
fn a_fence_is_longer_than_any_inside() {
    assert_eq!(markdown_code("a\n```\n`````x", "text"), "``````text\na\n```\n`````x\n``````\n");
    assert_eq!(markdown_code("a", ""), "```\na\n```\n");
}

#[test]
fn nothing_from_outside_is_allowed_and_nothing_in_it_ends_style_or_script() {
    let whole = page("<t>", "<p>x</p>", "let a = 1;").unwrap();
    assert!(whole.contains("default-src 'none'") && whole.contains("<title>&lt;t&gt;</title>"));
    let style = include_str!("../../../assets/report/page.css");
    assert!(!style.contains('<') && !style.contains("url(") && !style.contains("@import"));
    assert_eq!(whole.matches("<script>").count(), 1);
    assert!(page("t", "", "").unwrap().contains("script-src 'none'"));
}

/// A report never holds the words of an error: whoever asked for it is told.
#[test]
fn a_template_that_does_not_fit_its_values_is_an_error() {
    for (template, values) in [("run.nothing", json!({})), ("run.md", json!({ "about": null, "cases": 3 }))] {
        let why = fill(template, &values).unwrap_err();
        assert!(why.contains(template), "{why}");
    }
}
