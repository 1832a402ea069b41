//! Tests of `config::resolve`.

use std::collections::BTreeSet;
use std::path::Path;

use crate::config::document::Document;
use crate::config::flags::Flags;
use crate::config::resolve::*;
use crate::config::settings::KeyContext;
use crate::config::toml_reader::Table;

#[test]
fn the_example_names_every_field_there_is() {
    let text = include_str!("../../../config.example.toml");
    let path = Path::new("config.example.toml");
    let flags = Flags::default();
    let input = crate::config::tests::files::config_of_text("", &flags, &|_| None);
    let doc = Document::new(path, text);
    assert!(Table::root(&doc).is_some_and(|root| settings(root, &input).is_some()));
    assert_eq!(doc.into_problems(), []);
    // A field that there is not, in each table, is answered with the names of those that were asked for.
    let mut odd = "zzzz = 1\n".to_owned();
    for line in text.lines() {
        let header = if line.starts_with('[') { "\nzzzz = 1" } else { "" };
        odd.push_str(&format!("{}{header}\n", line.replace("{ ", "{ zzzz = 1, ")));
    }
    let doc = Document::new(path, &odd);
    drop(Table::root(&doc).and_then(|root| settings(root, &input)));
    let known = doc.into_problems().into_iter().map(|problem| problem.sentence);
    let known: Vec<String> = known.filter(|sentence| sentence.starts_with("unknown field `zzzz`")).collect();
    let names = |sentence: &String| {
        let (_, names) = sentence.split_once("known here: ").unwrap_or_default();
        names.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>()
    };
    let mut asked: BTreeSet<String> = known.iter().flat_map(names).collect();
    for context in KeyContext::ALL.map(KeyContext::name) {
        assert!(text.contains(&format!("keys.{context}")), "no [keys.{context}] in the example");
        asked.remove(context);
    }
    let words: Vec<&str> = text.split(|c: char| !(c.is_alphanumeric() || c == '_')).collect();
    let absent: Vec<&String> = asked.iter().filter(|name| !words.contains(&name.as_str())).collect();
    assert!(absent.is_empty(), "the example does not mention {absent:?}");
    assert!(asked.len() > 50, "the test asks too little: {asked:?}");
}
