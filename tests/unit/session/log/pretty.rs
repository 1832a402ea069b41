//! Tests of `session::log::pretty`.

use super::*;

#[test]
fn lays_out_without_touching_a_token() {
    let (rows, cut) = lines(r#"{"a":1.0,"a":[1e400,12345678901234567890123,{}],"t":"x\"{,}: \\","e":[ ]}"#, 100);
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
    assert_eq!(lines(r#"{"a":[1,"tw"#, 100).0, ["{", r#"  "a": ["#, "    1,", r#"    "tw"#]);
    assert_eq!(lines("}}}]", 100).0.len(), 5);
    assert_eq!(lines("[1,2,3,4]", 3), (vec!["[".into(), "  1,".into(), "  2,".into()], true));
}

#[test]
fn knows_whether_a_string_is_open() {
    assert!(string_open_after(r#"{"a": "b\" c"#, false));
    assert!(!string_open_after(r#" end", 1"#, true));
}
