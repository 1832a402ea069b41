//! Demo mode: what it shows and hides, the script that waits for its answers, and rehearsals that send nothing.

use guestwire::engine::{Command, Report};
use guestwire::model::{Choice, DeliveryStatus, TokenStatus};
use guestwire::pass::Pass;
use guestwire::session::LocalRequest;
use guestwire::tui::Effect;
use guestwire::tui::action::Context;
use guestwire::tui::state::Rehearsal;
use guestwire::tui::update::demo::{play, rehearse};

use crate::support::console::{BILLING, Desk, commands, facts, real_place, reply, sends, valid};

const PASS: &str = r#"
name = "Show"
[[cases]]
name = "A case"
  [[cases.steps]]
  name = "A greeting"
  send = "Hello"
  [cases.steps.capture]
  ticket = { reply = 'ticket (\w+)' }
  [[cases.steps]]
  name = "The ticket"
  send = { text = "About {{ticket}}", attributes = { ticket = "{{ticket}}" } }
"#;

fn pass() -> Pass {
    Pass::parse(std::path::Path::new("show.toml"), PASS).unwrap()
}

/// Plays until the typed message is out; what was asked on the way.
fn typed_out(desk: &mut Desk) -> Vec<Effect> {
    let mut all = Vec::new();
    while desk.state.demo.present.as_ref().is_some_and(|p| p.typing.is_some()) {
        all.extend(desk.deadline());
    }
    all
}

fn told(desk: &Desk) -> String {
    desk.state.demo.present.as_ref().and_then(|p| p.line()).map(|line| line.text.clone()).unwrap_or_default()
}

#[test]
fn names_ids_and_hosts_are_nowhere_on_the_screen() {
    for production in [false, true] {
        let mut desk = Desk::with(120, 36, |setup| setup.session.profile = real_place(production));
        desk.report(Report::Token(valid()));
        let id = desk.send_live("My number is +49 170 5551234, id 5f0c91ce-3f6e-4a98-ab8b-9411671bd8a2");
        desk.settle(id, "x", DeliveryStatus::Refused("401 unauthorized at api.mypurecloud.de".into()), Some(401));
        desk.report(reply(BILLING, "r1", "See https://api.mypurecloud.de for acme-qa", desk.now));
        desk.keys("esc P l");
        let screen = desk.screen();
        assert!(screen.starts_with(if production { " PROD " } else { " LIVE " }), "{screen}");
        for hidden in ["acme-qa", "mypurecloud", "Billing", "5f0c", "5551234", "401", "unauthorized", "Acme"] {
            assert!(!screen.contains(hidden), "{hidden}:\n{screen}");
        }
        assert!(
            screen.contains("conversation 1") && screen.contains("guest A") && screen.contains("not delivered"),
            "{screen}"
        );
        assert_eq!(desk.state.title(), "guestwire");
    }
}

#[test]
fn what_happens_is_told_in_plain_words() {
    let mut desk = Desk::default();
    desk.keys("esc P");
    desk.report(Report::Token(TokenStatus::Getting));
    assert_eq!(told(&desk), "The program signs in.");
    desk.report(Report::Token(valid()));
    assert_eq!(told(&desk), "The program has signed in: access for an hour.");
    desk.report(Report::Token(TokenStatus::Valid(guestwire::model::TokenFacts {
        generation: guestwire::model::Generation(2),
        ..facts(&["guest:messages:send"], &[])
    })));
    assert_eq!(told(&desk), "The program has renewed its access, and nobody noticed: access for an hour.");
    desk.keys("c");
    desk.type_text("hello");
    let effects = desk.keys("enter esc");
    let id = sends(&effects).first().unwrap().0;
    desk.report(Report::Message {
        id,
        delivery: DeliveryStatus::Sending { attempt: 1 },
        exchange: None,
        remote_id: None,
    });
    assert_eq!(told(&desk), "The message is being sent.");
    desk.settle(id, "hello", DeliveryStatus::Accepted, Some(200));
    assert_eq!(told(&desk), "The platform accepted the message in 0.1 seconds.");
    desk.report(reply(BILLING, "r1", "Welcome", desk.now));
    assert_eq!(told(&desk), "The bot answers.");
    assert!(desk.screen().contains("Welcome"));
    desk.keys("left left");
    assert!(!desk.screen().contains("Welcome") && desk.screen().contains("back at"), "{}", desk.screen());
    desk.keys("space space");
    assert!(desk.screen().contains("Welcome"));
}

#[test]
fn typed_text_is_never_among_the_keys() {
    let mut desk = Desk::default();
    desk.keys("esc P c");
    desk.type_text("secret words");
    desk.keys("left backspace esc l l");
    let pressed = desk.state.demo.present.as_ref().unwrap().chords.join(" ");
    assert_eq!(pressed, "Left Backspace Esc l l");
    assert!(desk.footer().contains("Left Backspace Esc l l"), "{}", desk.footer());
    desk.keys("k");
    assert!(!desk.footer().contains("Backspace Esc"), "{}", desk.footer());
}

#[test]
fn a_command_that_is_typed_into_the_demo_is_not_obeyed_letter_by_letter() {
    let mut desk = Desk::default();
    desk.type_text("a draft");
    let effects = desk.keys("esc P : r e c enter");
    assert_eq!(commands(&effects), Vec::<&Command>::new());
    assert_eq!(desk.state.context(), Context::Present);
    assert!(desk.state.demo.present.is_some());
    desk.keys("esc");
    assert!(desk.state.demo.present.is_none(), "Enter ended the command: the keys are the demo's again");
}

#[test]
fn a_blank_screen_says_where_one_is_and_nothing_else() {
    let mut desk = Desk::default();
    desk.report(Report::Token(valid()));
    desk.send_live("hello");
    desk.keys("esc P .");
    assert_eq!(desk.screen().trim(), "SANDBOX");
    desk.keys("space");
    assert!(desk.screen().contains("hello"));
}

#[test]
fn a_script_types_and_never_runs_ahead_of_the_answer() {
    let mut desk = Desk::default();
    desk.report(Report::Token(valid()));
    play(&mut desk.state, &pass());
    assert_eq!(desk.keys("space"), []);
    while desk.state.demo.present.as_ref().unwrap().typing.as_ref().unwrap().done < 2 {
        desk.deadline();
    }
    let screen = desk.screen();
    assert!(screen.contains("> He") && !screen.contains("> Hello") && screen.contains("A greeting."), "{screen}");
    let effects = typed_out(&mut desk);
    let id = sends(&effects).first().map(|(id, _, text)| (*id, (*text).to_owned())).unwrap();
    assert_eq!(id.1, "Hello");
    // Not taken yet, taken but not answered: it waits.
    assert_eq!(desk.keys("space space"), []);
    desk.settle(id.0, "Hello", DeliveryStatus::Accepted, Some(200));
    assert_eq!(desk.keys("space"), []);
    assert!(told(&desk).contains("waits for the answer"));
    desk.report(reply(BILLING, "r1", "Your ticket T42 is open", desk.now));
    desk.keys("space");
    // Space once more: all of it at once.
    let effects = desk.keys("space");
    assert_eq!(sends(&effects).first().unwrap().2, "About T42");
    let carried = commands(&effects).into_iter().find_map(|c| match c {
        Command::Send(_, request) => Some(request.extras.attributes.clone()),
        _ => None,
    });
    assert_eq!(carried.unwrap()["ticket"], "T42");
    // At rest nothing is due but what is waited for.
    let id = sends(&effects).first().unwrap().0;
    desk.settle(id, "About T42", DeliveryStatus::Refused("500".into()), Some(500));
    assert!(desk.state.demo.present.as_ref().unwrap().next_deadline().is_none());
    desk.keys("space");
    assert_eq!(told(&desk), "End of the demo. Press Space to choose another.");
}

#[test]
fn an_answer_that_does_not_come_is_not_waited_for_for_ever_and_what_needs_it_is_left_out() {
    let mut desk = Desk::default();
    play(&mut desk.state, &pass());
    desk.keys("space");
    let effects = desk.keys("space");
    let id = sends(&effects).first().unwrap().0;
    desk.settle(id, "Hello", DeliveryStatus::Accepted, Some(200));
    while desk.state.demo.present.as_ref().unwrap().awaited.is_some() {
        desk.deadline();
    }
    assert_eq!(told(&desk), "No answer came. Press Space to continue.");
    desk.keys("space");
    assert_eq!(told(&desk), "This message needs an answer that did not come: it is skipped.");
}

#[test]
fn production_asks_before_each_message_of_a_script() {
    let mut desk = Desk::production();
    play(&mut desk.state, &pass());
    assert_eq!(desk.keys("space"), []);
    let screen = desk.screen();
    assert!(screen.contains("PROD: send the next message") && !screen.contains("Billing"), "{screen}");
    desk.keys("esc");
    assert!(desk.state.demo.present.as_ref().unwrap().typing.is_none());
    desk.keys("space y");
    assert_eq!(sends(&desk.keys("space")).len(), 1);
}

#[test]
fn a_rehearsal_asks_the_engine_for_nothing_whatever_is_pressed() {
    let json = r#"{"messages":[
        {"conversation":"A","author":"guest","text":"Is anyone there?","life":"answered"},
        {"conversation":"A","author":"bot","text":"Welcome"},
        {"conversation":"A","author":"guest","text":"Bye","life":"refused"}]}"#;
    let mut desk = Desk::default();
    desk.report(Report::Token(valid()));
    rehearse(&mut desk.state, Rehearsal::parse(json).unwrap());
    let mut effects = desk.keys("space");
    effects.extend(typed_out(&mut desk));
    assert!(desk.screen().starts_with(" REHEARSAL "), "{}", desk.screen());
    assert_eq!(told(&desk), "The platform accepted the message.");
    effects.extend(desk.keys("space"));
    assert_eq!(told(&desk), "The bot answers.");
    assert!(desk.screen().contains("Welcome") && !desk.screen().contains("Bye"));
    effects.extend(desk.keys("space space"));
    assert_eq!(told(&desk), "The platform refused the message.");
    effects.extend(desk.keys("space c R B D enter space . l ctrl-c"));
    assert_eq!(commands(&effects), Vec::<&Command>::new());
    assert!(!effects.iter().any(|e| matches!(e, Effect::Local(LocalRequest::Fault(_)))));
}

#[test]
fn reports_do_not_disturb_a_rehearsal() {
    let mut desk = Desk::default();
    desk.report(Report::Token(valid()));
    desk.accepted("live words");
    rehearse(
        &mut desk.state,
        Rehearsal::parse(r#"{"messages":[{"conversation":"A","author":"bot","text":"recorded"}]}"#).unwrap(),
    );
    desk.report(reply(BILLING, "r1", "live answer", desk.now));
    desk.keys("space");
    let screen = desk.screen();
    assert!(screen.contains("recorded") && !screen.contains("live"), "{screen}");
}

#[test]
fn leaving_gives_everything_back_as_it_was() {
    let mut desk = Desk::default();
    desk.type_text("a draft");
    let before = desk.screen();
    desk.keys("esc c esc 3");
    assert_eq!(desk.screen(), before);
    desk.keys("esc P + + - l k esc c");
    assert_eq!(desk.screen(), before);
    desk.keys("esc P q");
    assert!(desk.state.demo.present.is_none());
    assert_eq!(desk.keys("P ctrl-c"), [], "and Ctrl-C only leaves the demo");
    assert!(desk.state.demo.present.is_none());
}

#[test]
fn with_nothing_to_play_space_offers_passes_and_the_conversation_itself() {
    let mut desk = Desk::with(120, 36, |setup| setup.session.profile = real_place(false));
    desk.keys("esc P space");
    let screen = desk.screen();
    assert!(screen.contains("What to show?") && screen.contains("“smoke”"), "{screen}");
    desk.keys("enter");
    assert!(told(&desk) == "Smoke. Press Space to start.", "{}", told(&desk));
    desk.keys("esc P space down down down down enter");
    assert_eq!(told(&desk), "This conversation has no messages yet: there is nothing to rehearse.");
}

#[test]
fn in_the_sandbox_a_story_is_told_and_after_it_there_is_a_choice() {
    let mut desk = Desk::default();
    desk.keys("esc P");
    let screen = desk.screen();
    assert!(screen.contains("1 A guest asks about a bill") && screen.contains("0 of 6"), "{screen}");
    desk.state.demo.present.as_mut().unwrap().script.next = 6;
    desk.keys("space");
    assert!(told(&desk).starts_with("End of the demo."), "{}", told(&desk));
    desk.keys("space");
    assert!(desk.screen().contains("What to show?"), "{}", desk.screen());
}

#[test]
fn a_message_that_is_to_go_with_a_new_token_waits_for_it() {
    let text = PASS.replace("send = \"Hello\"", "renew = true\n  send = \"Hello\"");
    let mut desk = Desk::default();
    desk.report(Report::Token(valid()));
    play(&mut desk.state, &Pass::parse(std::path::Path::new("show.toml"), &text).unwrap());
    let effects = desk.keys("space");
    assert_eq!(commands(&effects), [&Command::Renew]);
    desk.report(Report::Token(TokenStatus::Renewing(facts(&["guest:messages:send"], &[]))));
    for _ in 0..200 {
        assert!(sends(&desk.deadline()).is_empty(), "the old token is not used");
    }
    desk.report(Report::Token(valid()));
    assert_eq!(sends(&typed_out(&mut desk)).len(), 1);
}

#[test]
fn choices_are_part_of_a_rehearsal() {
    let json = r#"{"messages":[{"conversation":"A","author":"bot","text":"Pay it?","choices":["Yes","No"]}]}"#;
    let mut desk = Desk::default();
    rehearse(&mut desk.state, Rehearsal::parse(json).unwrap());
    desk.keys("space");
    assert!(desk.screen().contains("[ Yes ]") && desk.screen().contains("[ No ]"), "{}", desk.screen());
}

#[test]
fn what_was_said_before_is_no_answer_and_choices_stand_below_their_message() {
    let mut desk = Desk::default();
    desk.report(Report::Token(valid()));
    desk.keys("esc P");
    desk.report(reply(BILLING, "r1", "Said long ago", desk.now));
    assert_eq!(told(&desk), "A guest, a refusal, and how it is fixed. Press Space to start.");
    assert!(desk.screen().contains("Said long ago"));
    desk.keys("c");
    desk.type_text("hello");
    desk.keys("enter esc");
    let mut offer = reply(BILLING, "r2", "Which one?", desk.now);
    if let Report::Conversation { messages, .. } = &mut offer {
        messages[0].choices = vec![Choice::new("Open invoices", "1")];
    }
    desk.report(offer);
    assert_eq!(told(&desk), "The bot answers.");
    let screen = desk.screen();
    assert!(screen.contains("Which one?") && screen.contains("[ Open invoices ]"), "{screen}");
}

#[test]
fn a_number_that_a_script_types_is_hidden_from_its_first_digit() {
    let text = PASS.replace("send = \"Hello\"", "send = \"call +49 170 5551234 now\"");
    let mut desk = Desk::default();
    desk.report(Report::Token(valid()));
    desk.keys("esc");
    play(&mut desk.state, &Pass::parse(std::path::Path::new("show.toml"), &text).unwrap());
    desk.keys("space");
    let mut typed = 0;
    while desk.state.demo.present.as_ref().is_some_and(|p| p.typing.is_some()) {
        desk.deadline();
        let screen = desk.screen();
        typed += usize::from(screen.contains("> call *"));
        assert!(!screen.contains("+4") && !screen.contains("4*"), "{screen}");
    }
    assert!(typed > 10, "it was seen while it was typed");
}
