//! The shape of the code: how long files are, how many fields a struct has, one name for one type, types where sentences
//! were matched.

use std::collections::BTreeMap;

use crate::sources::SOURCES;

/// The most fields that a struct or a variant may have.
const MOST_FIELDS: usize = 15;

/// What reads bytes from outside: answers of servers, files and lines that a person writes, keys of a terminal.
const READERS: &[&str] = &["config/", "genesys/", "sandbox/", "engine/client/", "plain/parser", "pass/file/"];

#[test]
fn files_can_be_seen_at_a_glance() {
    let mut lines: Vec<(usize, &str)> =
        SOURCES.files.iter().map(|f| (f.text.lines().count(), f.path.as_str())).collect();
    lines.sort_unstable();
    let short: Vec<_> = lines.iter().filter(|(n, _)| *n < 60).collect();
    assert!(short.len() * 15 <= lines.len(), "too many are shorter than 60 lines: {short:?}");
    let fit = lines.iter().filter(|(n, _)| (150..=400).contains(n)).count();
    assert!(fit * 5 >= lines.len() * 3, "{fit} of {} files have 150 to 400 lines", lines.len());
    let long: Vec<_> = lines.iter().filter(|(n, _)| *n > 400).collect();
    assert!(long.len() * 10 <= lines.len(), "too many are longer than 400 lines: {long:?}");
    assert!(long.iter().all(|(n, _)| *n <= 500), "too long to be seen at a glance: {long:?}");
}

#[test]
fn tests_stand_beside_src_not_in_it() {
    for file in &SOURCES.files {
        let tests = file.text.contains("#[test]") || file.text.contains("::test]") || file.text.contains("mod tests {");
        assert!(!tests, "the tests of {} belong in tests/unit", file.path);
    }
}

/// The README promises a compiler that knows no `let` in the guard of a match's arm (stable since Rust 1.95).
#[test]
fn the_oldest_compiler_that_is_promised_can_read_it() {
    for file in &SOURCES.files {
        let tests = file.text.split(" if let ").skip(1).filter_map(|after| after.split_once(" = "));
        for (pattern, after) in tests {
            let place = |text: &str| after.find(text).unwrap_or(usize::MAX);
            assert!(place("=>") >= place(" {"), "{} has a `let` in a guard: {pattern}", file.path);
        }
    }
}

#[test]
fn every_module_says_what_it_is_for() {
    for file in &SOURCES.files {
        assert!(file.text.starts_with("//!"), "{} does not open with what it is for", file.path);
    }
}

#[test]
fn no_type_has_too_many_fields() {
    let large: Vec<String> = SOURCES
        .files
        .iter()
        .flat_map(|f| f.shapes.iter().map(move |s| (s.fields, s, f)))
        .filter(|(fields, ..)| *fields > MOST_FIELDS)
        .map(|(fields, shape, file)| format!("{} in {} has {fields}", shape.name, file.path))
        .collect();
    assert!(large.is_empty(), "more than {MOST_FIELDS} fields: {large:#?}");
}

#[test]
fn one_name_is_one_type() {
    let mut names: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for file in &SOURCES.files {
        for name in &file.types {
            names.entry(name).or_default().push(&file.path);
        }
    }
    names.retain(|_, files| files.len() > 1);
    assert!(names.is_empty(), "public types that share a name: {names:#?}");
}

#[test]
fn no_code_matches_on_sentences() {
    for reader in READERS {
        assert!(SOURCES.files.iter().any(|f| f.path.starts_with(reader)), "{reader} is no reader any more");
    }
    let ours = SOURCES.files.iter().filter(|f| !READERS.iter().any(|reader| f.path.starts_with(reader)));
    let found: Vec<String> =
        ours.flat_map(|f| f.matches.iter().map(|m| format!("{}:{}: {}", f.path, m.line, m.code))).collect();
    assert!(found.is_empty(), "{} places match on sentences:\n{}", found.len(), found.join("\n"));
}
