//! Tests of `session::log::row`.

use crate::session::log::row::*;

#[test]
fn cutting_keeps_the_tones_of_what_stays() {
    let mut line = Line::of("name: ", Tone::Name);
    line.push("a long value", Tone::Text);
    let cut = line.clone().fitted(10, false);
    assert_eq!(cut.text, "name: a l…");
    assert_eq!(cut.runs.iter().map(|r| r.1).collect::<Vec<_>>(), [Tone::Name, Tone::Text, Tone::Dim]);
    assert_eq!(line.fitted(40, false).text, "name: a long value");
}

#[test]
fn wrapping_hangs_and_loses_nothing() {
    let line = Line::of("ids x-request-id e42c0b8a-f6e0-4a98-ab8b-941167ea8968", Tone::Text);
    let rows = line.wrapped(30, 4);
    assert!(rows.iter().all(|r| r.cells <= 30), "{rows:?}");
    let joined: String =
        rows.iter().enumerate().map(|(i, r)| if i == 0 { &r.text } else { r.text.trim_start() }).collect();
    assert_eq!(joined, "ids x-request-id e42c0b8a-f6e0-4a98-ab8b-941167ea8968");
}

#[test]
fn a_very_long_string_is_wrapped_in_one_pass() {
    // Reading from the start again for each row would take minutes.
    let long = format!("\"{}\\\"\"", "x".repeat(1 << 20));
    let rows = one_line(&long).wrapped(100, 0);
    assert_eq!(rows.iter().map(|r| r.text.len()).sum::<usize>(), long.len());
}

fn one_line(json: &str) -> Line {
    json_lines(json, 1).0.into_iter().next().unwrap_or_default()
}

fn tones(json: &str) -> Vec<(String, Tone)> {
    let line = one_line(json);
    let mut start = 0;
    let text = |range| line.text.get(range).unwrap_or("?").to_owned();
    line.runs.iter().map(|&(end, tone)| (text(std::mem::replace(&mut start, end)..end), tone)).collect()
}

#[test]
fn names_and_words_of_json_stand_out() {
    let told =
        |parts: &[(&str, Tone)]| parts.iter().map(|(text, tone)| ((*text).to_owned(), *tone)).collect::<Vec<_>>();
    let name = r#""a\"b\\""#;
    let value = r#": "true: \"x","#;
    assert_eq!(tones(&format!("{name} {value}")), told(&[(name, Tone::Name), (value, Tone::Text)]));
    assert_eq!(tones("-1.5e+3"), told(&[("-1.5e+3", Tone::Text)]));
    assert_eq!(tones("true"), told(&[("true", Tone::Strong)]));
    assert_eq!(tones(r#""open: null"#), told(&[(r#""open: null"#, Tone::Text)]));
    for odd in ["é\"ü", "\\", "-", "nul", "\"", "\"\\", "日本\"語\":"] {
        assert_eq!(one_line(odd).text.trim_end(), odd);
    }
}

#[test]
fn a_wrapped_name_of_json_stays_a_name() {
    let rows = one_line(r#""aaaa bbbb cccc dddd": 1"#).wrapped(14, 0);
    assert_eq!(rows.iter().map(|r| r.runs[0].1).collect::<Vec<_>>(), [Tone::Name, Tone::Name], "{rows:?}");
}

fn texts(json: &str, limit: usize) -> (Vec<String>, bool) {
    let (lines, more) = json_lines(json, limit);
    (lines.into_iter().map(|line| line.text).collect(), more)
}

#[test]
fn lays_out_without_touching_a_token() {
    let (rows, cut) = texts(r#"{"a":1.0,"a":[1e400,12345678901234567890123,{}],"t":"x\"{,}: \\","e":[ ]}"#, 100);
    assert!(!cut);
    assert_eq!(
        rows,
        [
            "{",
            r#"  "a": 1.0,"#,
            r#"  "a": ["#,
            "    1e400,",
            "    12345678901234567890123,",
            "    {}",
            "  ],",
            r#"  "t": "x\"{,}: \\","#,
            r#"  "e": []"#,
            "}",
        ]
    );
}

#[test]
fn what_is_cut_short_is_laid_out_as_far_as_it_goes() {
    assert_eq!(texts(r#"{"a":[1,"tw"#, 100).0, ["{", r#"  "a": ["#, "    1,", r#"    "tw"#]);
    assert_eq!(texts("}}}]", 100).0.len(), 5);
    assert_eq!(texts("[1,2,3,4]", 3), (vec!["[".into(), "  1,".into(), "  2,".into()], true));
}
