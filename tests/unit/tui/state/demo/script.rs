//! Typing at human speed; passes as scripts, and exported sessions as rehearsals.

use super::*;
use crate::pass::builtin;

fn pass(name: &str) -> Pass {
    Pass::parse(std::path::Path::new(name), builtin::named(name).unwrap()).unwrap()
}

#[test]
fn typing_comes_to_its_end_letter_by_letter_in_bounded_time() {
    for text in ["hello", "Grüße 👨‍👩‍👧 e\u{301}", &"long ".repeat(400)] {
        let mut now = Moment::ZERO;
        let mut typing = Typing::begin(text.to_owned(), now, false);
        let mut turns = 0;
        loop {
            now = typing.due;
            turns += 1;
            if typing.go_on(now, false) {
                break;
            }
            assert!(text.starts_with(typing.text.get(..typing.done).unwrap()));
        }
        assert_eq!(typing.text.get(..typing.done).unwrap(), text);
        assert!(turns <= text.graphemes(true).count() + 1);
        assert!(now.since(Moment::ZERO) < LONGEST + PAUSE * 2, "{:?}", now.since(Moment::ZERO));
    }
    let mut late = Typing::begin("hello".to_owned(), Moment::ZERO, false);
    assert!(late.go_on(Moment::ZERO.after(Duration::from_secs(9)), false), "what is late is made up for");
    let calm = Typing::begin("hello".to_owned(), Moment::ZERO, true);
    assert_eq!(calm.text.get(..calm.done), Some("hello"));
}

#[test]
fn a_pass_becomes_a_script_of_its_messages() {
    let smoke = DemoScript::of(&pass("smoke"), false);
    assert_eq!(smoke.messages.len(), 5, "what a person judges is no message");
    assert_eq!(smoke.messages.first().unwrap().step.name, "A message is accepted");
    assert!(smoke.messages.iter().any(|c| c.step.captures().any(|kept| kept.name == "invoice")));
    let (here, there) = (DemoScript::of(&pass("refusals"), true), DemoScript::of(&pass("refusals"), false));
    let demo = DemoScript::of(&pass(builtin::DEMO), true);
    assert!(demo.title().starts_with("1 ") && demo.messages.len() == 6);
    assert!(here.messages.len() >= there.messages.len() && there.messages.iter().all(|c| c.step.fault.is_none()));
}

#[test]
fn an_exported_session_becomes_a_rehearsal() {
    let json = r#"{"guestwire":"0.1.0","profile":"p","messages":[
        {"conversation":"A","at":"2026-11-23T14:00:00Z","author":"guest","text":"one","life":"answered","why":null},
        {"conversation":"B","at":"2026-11-23T14:00:01Z","author":"bot","text":"other","life":null},
        {"conversation":"A","at":"2026-11-23T14:00:02Z","author":"bot","text":"two","life":null,"choices":["Yes","No"]}],"har":{}}"#;
    let rehearsal = Rehearsal::parse(json).unwrap();
    let line = |author, text: &str, delivery: Option<&str>, choices: &[&str]| DemoMessage {
        author,
        text: text.into(),
        delivery: delivery.map(Into::into),
        choices: choices.iter().map(|choice| (*choice).to_owned()).collect(),
    };
    let one = line(Author::Guest, "one", Some("answered"), &[]);
    assert_eq!(rehearsal.messages, [one, line(Author::Bot, "two", None, &["Yes", "No"])]);
    assert_eq!(rehearsal.next(), rehearsal.messages.first());
}

#[test]
fn what_is_none_is_said() {
    for (json, part) in [
        ("{", "not JSON"),
        ("{}", "no messages"),
        (r#"{"messages":[{}]}"#, "no conversation"),
        (r#"{"messages":[]}"#, "no conversation with a message"),
    ] {
        assert!(Rehearsal::parse(json).unwrap_err().contains(part), "{json}");
    }
}
