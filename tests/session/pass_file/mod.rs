//! The corpus of pass files: what is read, the exact sentence for what is not, and the schema against both.

mod schema;

use std::path::{Path, PathBuf};

use guestwire::pass::{Pass, builtin};
use schema::Schema;
use serde_json::Value;

fn corpus(kind: &str) -> Vec<(String, PathBuf, String)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/session/pass_file").join(kind);
    let mut files: Vec<_> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            (name, path, text)
        })
        .collect();
    files.sort();
    assert!(files.len() >= 2, "the corpus is not there");
    files
}

fn said(name: &str, text: &str) -> String {
    match Pass::parse(Path::new(name), text) {
        Ok(_) => "(nothing: it was read)".to_owned(),
        Err(problems) => problems.to_string(),
    }
}

#[test]
fn every_invalid_file_gets_its_sentence_with_line_and_column() {
    let write = std::env::var_os("GUESTWIRE_WRITE_CORPUS").is_some();
    let mut wrong = Vec::new();
    for (name, path, text) in corpus("invalid") {
        let said = said(&name, &text);
        let beside = path.with_extension("txt");
        if write {
            std::fs::write(&beside, format!("{said}\n")).unwrap();
        }
        let expected = std::fs::read_to_string(&beside).unwrap_or_default();
        if said.trim_end() != expected.trim_end() {
            wrong.push(format!("{name}\n  said:     {said}\n  expected: {}", expected.trim_end()));
        }
        for line in said.lines() {
            let place = line[name.len()..].trim_start_matches(':');
            assert!(place.starts_with(|c: char| c.is_ascii_digit()), "{line} has no place");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_valid_files_and_the_built_in_passes_are_read() {
    for (name, _, text) in corpus("valid") {
        assert_eq!(said(&name, &text), "(nothing: it was read)");
    }
    for (name, text) in builtin::ALL {
        assert_eq!(said(name, text), "(nothing: it was read)");
    }
}

/// What the schema cannot say: what one place demands of another, and what a regular expression is.
const BEYOND: [&str; 10] = [
    "two-ids.toml",
    "two-cases.toml",
    "expects-without-sending.toml",
    "accepted-with-cause.toml",
    "unknown-variable.toml",
    "capture-too-late.toml",
    "capture-without-answer.toml",
    "bad-pattern.toml",
    "malformed.toml",
    "bad-duration.toml",
];

#[test]
fn the_schema_takes_what_is_read_and_refuses_what_is_not() {
    let schema = Schema::new(serde_json::from_str(builtin::SCHEMA).unwrap());
    let json = |text: &str| toml::from_str::<Value>(text).ok();
    for (name, _, text) in corpus("valid") {
        assert_eq!(schema.judge(&json(&text).unwrap()), Ok(()), "{name}");
    }
    for (name, text) in builtin::ALL {
        assert_eq!(schema.judge(&json(text).unwrap()), Ok(()), "{name}");
    }
    for (name, _, text) in corpus("invalid") {
        let Some(value) = json(&text) else { continue };
        let refused = schema.judge(&value).is_err();
        assert!(refused || BEYOND.contains(&name.as_str()), "{name} is taken");
    }
}

#[test]
fn the_schema_names_the_fields_that_are_read() {
    // Each field of the schema is in the file that has them all; with an unknown one beside it, the reader lists what it
    // knows, which is tested above.
    let schema: Value = serde_json::from_str(builtin::SCHEMA).unwrap();
    let everything = corpus("valid").into_iter().find(|(name, ..)| name == "everything.toml").unwrap().2;
    let mut fields: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
    for def in schema["$defs"].as_object().unwrap().values() {
        fields.extend(def["properties"].as_object().into_iter().flat_map(|p| p.keys()));
    }
    for field in fields {
        let written = [" = ", " =", "]"].iter().any(|end| everything.contains(&format!("{field}{end}")));
        assert!(written, "`{field}` is in the schema and in no file that is read");
    }
}

#[test]
fn the_readmes_example_is_a_pass() {
    let readme = include_str!("../../../README.md");
    let start = readme.find("name = \"Night round\"").unwrap();
    let example = &readme[start..start + readme[start..].find("```").unwrap()];
    assert_eq!(said("README.md", example), "(nothing: it was read)");
}
