//! The pass pane at the sizes that are designed for, in the same words whatever the looks.

use guestwire::model::MessageId;
use guestwire::session::FoundPass;
use guestwire::session::LocalAnswer;
use guestwire::tui::Event;

use super::*;

const PASS: &str = r#"
name = "Night round"
[[cases]]
name = "The guest is heard"
[[cases.steps]]
name = "A message is accepted"
send = "hello"
[[cases.steps]]
name = "Somebody answers"
do = "Watch the thread: the first words are the bot's, whatever it takes."
send = "is anybody there?"
expect = { outcome = "accepted", status = 200, reply = { contains = "Good", from = "bot", within = "10s" } }
judge = "The agent desktop shows the message once."
[[cases]]
name = "Refusals"
conversation = "Returns queue"
[[cases.steps]]
name = "Without a token"
send = { text = "no", as = "no-token" }
"#;

/// One step is judged otherwise than suggested, one is under way.
fn playing(size: (u16, u16), looks: Looks) -> Desk {
    let mut desk = desk(size, looks);
    desk.report(Report::Token(valid()));
    desk.keys("esc T");
    desk.event(Event::Local(LocalAnswer::Passes(vec![FoundPass {
        path: "night.toml".into(),
        name: Ok("Night round".to_owned()),
    }])));
    desk.keys("enter");
    desk.event(Event::Local(LocalAnswer::PassRead("night.toml".into(), Ok(PASS.to_owned()))));
    desk.keys("enter");
    desk.settle(MessageId(1), "hello", DeliveryStatus::Accepted, Some(200));
    desk.pass(3_000);
    desk.keys("; l a t e enter f enter");
    desk.settle(MessageId(2), "is anybody there?", DeliveryStatus::Accepted, Some(200));
    desk.pass(2_500);
    desk.event(Event::Deadline);
    desk
}

#[test]
fn a_step_under_way_at_each_size() {
    for size in SIZES {
        snap(&format!("pass_{}x{}", size.0, size.1), &picture(&playing(size, Looks::default())));
    }
}

#[test]
fn choosing_and_the_end() {
    let mut desk = desk((80, 24), Looks::default());
    desk.keys("esc T");
    desk.event(Event::Local(LocalAnswer::Passes(vec![
        FoundPass { path: "night.toml".into(), name: Ok("Night round".to_owned()) },
        FoundPass { path: "broken.toml".into(), name: Err("broken.toml:3:1: unknown field `sned`".to_owned()) },
    ])));
    snap("pass_menu", &picture(&desk));
    let mut desk = playing((80, 24), Looks::default());
    desk.keys("p s");
    snap("pass_over", &picture(&desk));
}

#[test]
fn the_pass_is_told_in_the_same_words_and_in_ascii() {
    for size in SIZES {
        let themed = picture(&playing(size, Looks::default()));
        assert_eq!(picture(&playing(size, Looks { mono: true, ..Looks::default() })), themed);
        let ascii = picture(&playing(size, Looks { ascii: true, mono: true }));
        // What people write is theirs; the pane's own words and lines are ASCII.
        let own: Vec<&str> = ascii.lines().filter(|l| !l.contains('“')).collect();
        assert!(own.iter().all(|l| l.is_ascii()), "{size:?}: {ascii}");
    }
}

#[test]
fn hostile_words_in_a_pass_are_shown_and_never_obeyed_at_any_size() {
    let quoted = toml::Value::String(HOSTILE.repeat(4)).to_string();
    let text = format!(
        "name = {quoted}\n[[cases]]\nname = {quoted}\n[[cases.steps]]\nname = {quoted}\ndo = {quoted}\njudge = {quoted}\nsend = {quoted}\nexpect = {{ reply = {quoted} }}\n"
    );
    for (width, height) in (40..130).step_by(7).flat_map(|w| (12..40).step_by(5).map(move |h| (w, h))) {
        let mut desk = desk((width, height), Looks::default());
        desk.report(Report::Token(valid()));
        desk.keys("esc T");
        desk.event(Event::Local(LocalAnswer::Passes(vec![FoundPass {
            path: HOSTILE.into(),
            name: Ok(HOSTILE.to_owned()),
        }])));
        desk.screen();
        desk.keys("enter");
        desk.event(Event::Local(LocalAnswer::PassRead(HOSTILE.into(), Ok(text.clone()))));
        desk.keys("enter");
        let screen = desk.screen();
        assert!(!screen.chars().any(|c| c.is_control() && c != '\n'), "{width}x{height}");
    }
}
