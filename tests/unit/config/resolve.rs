//! Tests of `config::resolve`.

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
    let doc = Document::new(path, text);
    let flags = Flags::default();
    let input = crate::config::tests::files::config_of_text("", &flags, &|_| None);
    assert!(Table::root(&doc).is_some_and(|root| settings(root, &input).is_some()));
    let mut asked = doc.asked.borrow().clone();
    for context in KeyContext::ALL.map(KeyContext::name) {
        assert!(text.contains(&format!("keys.{context}")), "no [keys.{context}] in the example");
        asked.remove(context);
    }
    let words: Vec<&str> = text.split(|c: char| !(c.is_alphanumeric() || c == '_')).collect();
    let absent: Vec<&String> = asked.iter().filter(|name| !words.contains(&name.as_str())).collect();
    assert!(absent.is_empty(), "the example does not mention {absent:?}");
    assert!(asked.len() > 50, "the test asks too little: {asked:?}");
    assert_eq!(doc.into_problems(), []);
}
