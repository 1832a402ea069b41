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
    let long = format!("\"{}\\\"\", 1", "x".repeat(1 << 20));
    let rows = Line::of(&long, Tone::Json(false)).wrapped(100, 0);
    assert_eq!(rows.iter().map(|r| r.text.len()).sum::<usize>(), long.len());
    assert!(rows.iter().skip(1).all(|r| r.runs[0].1 == Tone::Json(true)));
}

#[test]
fn a_wrapped_json_string_stays_a_string() {
    let line = Line::of(r#""aaaa": "bbbb cccc dddd", 1"#, Tone::Json(false));
    let rows = line.wrapped(14, 0);
    let tones: Vec<_> = rows.iter().map(|r| r.runs[0].1).collect();
    assert_eq!(tones[1], Tone::Json(true), "{rows:?}");
}

#[test]
fn lays_out_without_touching_a_token() {
    let (rows, cut) = json_lines(r#"{"a":1.0,"a":[1e400,12345678901234567890123,{}],"t":"x\"{,}: \\","e":[ ]}"#, 100);
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
    assert_eq!(json_lines(r#"{"a":[1,"tw"#, 100).0, ["{", r#"  "a": ["#, "    1,", r#"    "tw"#]);
    assert_eq!(json_lines("}}}]", 100).0.len(), 5);
    assert_eq!(json_lines("[1,2,3,4]", 3), (vec!["[".into(), "  1,".into(), "  2,".into()], true));
}

#[test]
fn knows_whether_a_string_is_open() {
    assert!(string_open_after(r#"{"a": "b\" c"#, false));
    assert!(!string_open_after(r#" end", 1"#, true));
}
