#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use crate::model::Channel;
use crate::sandbox::Scenario;
use crate::sandbox::scenario::{Addressed, ScenarioConversation};

fn parse(text: &str) -> Result<Scenario, String> {
    Scenario::parse(text, Path::new("demo.toml")).map_err(|e| e.to_string())
}

#[test]
fn every_scenario_of_the_binary_reads() {
    for name in Scenario::names() {
        let scenario = Scenario::named(name).unwrap();
        assert!(!scenario.conversations.is_empty(), "{name} has nobody to talk to");
        assert_eq!(scenario.name, name);
    }
    assert!(Scenario::named("nowhere").is_none());
}

#[test]
fn the_first_screen_has_an_ended_conversation_and_a_wrong_participant() {
    let scenario = Scenario::builtin();
    assert_eq!(scenario.token.lifetime_seconds, 3600);
    assert!(scenario.conversations.len() >= 5);
    assert!(scenario.conversations.iter().any(|c| c.ended));
    assert!(scenario.conversations.iter().any(|c| c.addressed == Addressed::Stranger));
    let by_id = |c: &&ScenarioConversation| c.channel == Channel::GuestApi;
    assert!(scenario.conversations.iter().filter(by_id).all(|c| !c.history.is_empty()));
    let of = |channel| scenario.conversations.iter().filter(|c| c.channel == channel).count();
    assert_eq!((of(Channel::OpenMessaging), of(Channel::WebMessaging)), (1, 2));
}

#[test]
fn an_unknown_field_names_file_line_column_and_the_nearest() {
    let error = parse("seed = 1\n[token]\nlifetime_second = 60\n").unwrap_err();
    assert_eq!(error, "demo.toml:3:1: unknown field `lifetime_second`; did you mean `lifetime_seconds`?");
    let error = parse("wrld = \"described\"\n").unwrap_err();
    assert_eq!(error, "demo.toml:1:1: unknown field `wrld`; did you mean `world`?");
}

#[test]
fn a_wrong_type_and_a_wrong_word_say_where() {
    assert!(parse("seed = \"one\"\n").unwrap_err().starts_with("demo.toml:1:8: "));
    let error = parse("world = \"publishd\"\n").unwrap_err();
    assert_eq!(error, "demo.toml:1:9: unknown variant `publishd`; did you mean `published`?");
}

#[test]
fn values_that_cannot_be_are_refused_where_they_stand() {
    let error = parse("seed = 1\nlatency_ms = [90, 10]\n").unwrap_err();
    assert_eq!(error, "demo.toml:2:1: latency_ms goes from 90 down to 10; write the smaller one first");
    let error = parse("[token]\nlifetime_seconds = 0\n").unwrap_err();
    assert_eq!(error, "demo.toml:2:1: lifetime_seconds is 0; a token lives at least 1 second");
    let error = parse("[[conversations]]\nname = \"A\"\n[[conversations]]\nname = \"A\"\n").unwrap_err();
    assert_eq!(error, "demo.toml:4:1: two conversations have the name \"A\"; give each its own");
}

#[test]
fn a_value_that_cannot_be_is_found_in_its_own_table() {
    let client = "[client]\nname = \"A\"\nid = \"7\"\n";
    let error =
        parse(&format!("{client}[[conversations]]\nname = \"A\"\n[[conversations]]\nname = \"A\"\n")).unwrap_err();
    assert!(error.starts_with("demo.toml:7:1: two conversations"), "{error}");
    let open = "[[conversations]]\nname = \"A\"\nchannel = \"open-messaging\"\n  id = \"8\"\n";
    let error = parse(&format!("{client}{open}")).unwrap_err();
    assert!(error.starts_with("demo.toml:7:3: \"A\" has `id`"), "{error}");
    let error = parse("conversations = [{ name = \"A\" }, { name = \"A\" }]\n").unwrap_err();
    assert!(error.starts_with("demo.toml:1:36: two conversations"), "{error}");
}

#[test]
fn a_fault_is_checked_as_the_control_api_checks_it() {
    let error = parse("seed = 1\n\n[[faults]]\nfault = \"rate-limit\"\n").unwrap_err();
    assert_eq!(error, "demo.toml:3:1: no fault is called `rate-limit`; did you mean `rate-limited`?");
    let error = parse("[[faults]]\nfault = \"conversation-ended\"\nconversation = \"Nobody\"\n").unwrap_err();
    assert_eq!(error, "demo.toml:1:1: no conversation is called `Nobody`; this scenario has none");
    assert_eq!(parse("[[faults]]\nfault = \"rate-limited\"\n").unwrap().faults.len(), 1);
}
