//! The rules without a socket: time is only a field.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::time::Duration;

use secrecy::ExposeSecret as _;
use serde_json::json;

use super::*;
use crate::fixtures::at_millis as at;
use crate::model::fault::Fault;

#[path = "world/script.rs"]
mod script;
#[path = "world/tally.rs"]
mod tally;

const ECHO: &str = "[[conversations]]\nname = \"Echo\"\n[[conversations]]\nname = \"Other\"\nscript = \"silent\"\n";

fn world(text: &str) -> World {
    World::new(Scenario::parse(text, Path::new("world.toml")).unwrap(), Moment::ZERO)
}

fn asked(world: &World, scope: &str) -> GrantRequest {
    GrantRequest {
        client_id: world.scenario.client.id.clone(),
        client_secret: world.scenario.client.secret.as_ref().map(|secret| secret.expose_secret().to_owned()),
        basic: true,
        grant_type: Some("client_credentials".to_owned()),
        scope: Some(scope.to_owned()),
    }
}

fn token(world: &mut World, now: Moment) -> String {
    let asked = asked(world, "guest:messages:send");
    world.now = now;
    world.token(&asked, &Faults::default()).unwrap().0
}

fn say(world: &mut World, n: usize, text: &str, now: Moment) -> Result<String, ServiceRefusal> {
    let granted = ["guest:messages:send".to_owned()];
    let conversation = world.conversations[n].id.clone();
    let body = json!({ "text": text }).to_string();
    let body = || json_of(body.as_bytes(), Some("application/json; charset=utf-8"));
    world.now = now;
    world.send(&granted, &Faults::default(), &conversation, body, "r").map(|(_, said)| said.id.clone())
}

fn texts(world: &World, n: usize) -> Vec<&str> {
    world.conversations[n].thread.iter().map(|said| &*said.text).collect()
}

#[test]
fn a_token_lives_to_its_last_moment_and_not_longer() {
    let mut world = world(&format!("[token]\nlifetime_seconds = 30\n{ECHO}"));
    let token = token(&mut world, at(500));
    assert!(world.tokens.admit(Some(&token), at(30_499)).1.is_ok());
    assert_eq!(world.tokens.admit(Some(&token), at(30_500)).1, Err(ServiceRefusal::TOKEN_EXPIRED));
    assert_eq!(world.tokens.admit(Some("other"), at(0)).1, Err(ServiceRefusal::TOKEN_UNKNOWN));
    assert_eq!(world.tokens.admit(None, at(0)).1, Err(ServiceRefusal::NO_TOKEN));
}

#[test]
fn nobody_answers_in_a_conversation_that_has_ended_meanwhile() {
    let mut world = world(&format!("reply_ms = [1000, 1000]\n{ECHO}"));
    say(&mut world, 0, "hello", at(0)).unwrap();
    world.now = at(10);
    world.set_fault(Fault::parse(&json!({"fault": "conversation-ended"})).unwrap());
    world.now = at(5000);
    world.run_due();
    assert_eq!(texts(&world, 0), ["hello"]);
    assert_eq!(say(&mut world, 0, "hello?", at(5000)), Err(ServiceRefusal::CONVERSATION_ENDED));
    assert_eq!(say(&mut world, 1, "hello?", at(5000)), Err(ServiceRefusal::CONVERSATION_ENDED));
}

#[test]
fn a_long_conversation_forgets_its_beginning_but_not_its_count() {
    let mut world = world(ECHO);
    let first = say(&mut world, 1, "first", at(0)).unwrap();
    assert!(world.message(&first).is_ok());
    for n in 0..20_000 {
        say(&mut world, 1, &n.to_string(), at(0)).unwrap();
    }
    assert_eq!(world.message(&first).err(), Some(ServiceRefusal::MESSAGE_UNKNOWN));
    assert_eq!(world.conversations[1].thread.len(), 20_000);
    assert_eq!(world.state()["received"], 20_001);
}

#[test]
fn old_tokens_are_forgotten_before_they_fill_the_memory() {
    let mut world = world(&format!("[token]\nlifetime_seconds = 1\n{ECHO}"));
    for n in 0..10_000 {
        token(&mut world, at(n * 2000));
    }
    assert_eq!(world.tokens.issued, 10_000);
    assert!(world.tokens.known.len() <= 4096, "{}", world.tokens.known.len());
}

#[test]
fn latency_stays_in_its_range_and_none_is_none() {
    let mut slow = world(&format!("latency_ms = [5, 9]\n{ECHO}"));
    let drawn: Vec<u128> = (0..100).map(|_| slow.latency().as_millis()).collect();
    assert!(drawn.iter().all(|ms| (5..=9).contains(ms)) && drawn.iter().any(|ms| *ms != drawn[0]), "{drawn:?}");
    assert_eq!(world(ECHO).latency(), Duration::ZERO);
}

#[test]
fn the_published_vector_is_signed_as_published() {
    let body = r#"{"id":"c327c2078ca056db130c55ce648d9fa2","type":"Text","text":"Hello World"}"#;
    assert_eq!(signature("DEADBEEF", body.as_bytes()), "sha256=aNSl2+Fvl7u4wKvHSZa+fxa5E98dVQsgGH7JyOOZ0s8=");
}
