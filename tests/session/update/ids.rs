//! Pasted ids and the id card, with what looking up tells.

use guestwire::session::LocalRequest;
use std::sync::Arc;

use guestwire::engine::{Command, Report};
use guestwire::model::{Address, DeliveryStatus, ExchangeId, ExchangeStep, IdTarget, Outcome, ProbeQuestion, Probed};
use guestwire::tui::Effect;

use crate::support::console::{BILLING, Desk, commands, exchange_of, valid};

const BILLING_ID: &str = "5f0c91ce-3f6e-4a98-ab8b-9411671bd8a2";
const NEW: &str = "c0ffee00-3f6e-4a98-ab8b-941167ea8907";
const PERSON: &str = "9e5501de-3f6e-4a98-ab8b-941167ea8907";

/// The question that an effect asks.
fn question(effects: &[Effect]) -> ProbeQuestion {
    let asked = commands(effects).into_iter().find_map(|command| match command {
        Command::Probe(asked) => Some(*asked),
        _ => None,
    });
    asked.unwrap_or_else(|| panic!("{effects:?}"))
}

/// The answer to a question, as the engine tells it.
fn answer(desk: &mut Desk, number: u64, asked: ProbeQuestion, status: u16, body: &str) -> Vec<Effect> {
    let ProbeQuestion::Id(thing, id) = asked else { panic!("{asked:?}") };
    let path = match thing {
        IdTarget::Conversation => format!("conversations/messages/{id}"),
        IdTarget::Message => format!("conversations/messages/{}/details", id.simple()),
        IdTarget::Integration => format!("conversations/messaging/integrations/open/{id}"),
        IdTarget::Deployment => format!("../../webdeployments/v1/deployments/{id}/config.json"),
    };
    let mut exchange = exchange_of(number, desk.now, None, "look", &DeliveryStatus::Accepted, Some(status));
    exchange.kind = guestwire::model::ExchangeKind::Probe;
    exchange.outcome = if status == 403 { Outcome::Refused("403".into()) } else { Outcome::Accepted };
    if let Some(ExchangeStep::Try(attempt)) = exchange.steps.first_mut() {
        let attempt = Arc::make_mut(attempt);
        let request = Arc::make_mut(&mut attempt.request);
        "GET".clone_into(&mut request.method);
        request.url = format!("https://api.mypurecloud.de/api/v2/{path}");
        if let Some(guestwire::model::Ending::Answered(response)) = &mut attempt.ending {
            response.body = crate::support::fixtures::body(body);
        }
    }
    desk.report(Report::Exchange(Arc::new(exchange)));
    desk.report(Report::Probe(asked, Probed::Asked(ExchangeId(number))))
}

fn people(conversation: &str, guest: &str) -> String {
    format!(r#"{{"id":"{conversation}","participants":[{{"id":"{guest}","purpose":"customer","state":"connected"}}]}}"#)
}

const NOT_FOUND: &str = r#"{"code":"not.found","status":404}"#;

/// A Messenger's snippet names the deployment; the site is asked for. One key writes what was added into the config file.
#[test]
fn a_pasted_snippet_becomes_a_web_conversation_that_can_be_kept() {
    let snippet = "<script>(function(g){})(window, 'Genesys', {\n  environment: 'prod-euc1',\n  deploymentId: '7f1c2d3e-0000-4000-8000-000000000005'\n});</script>";
    let mut desk = Desk::production();
    desk.keys("esc 1 +");
    desk.paste(snippet);
    assert_eq!(desk.keys("enter"), []);
    desk.keys("ctrl-u");
    desk.type_text("shop.example");
    desk.keys("enter");
    assert!(desk.screen().contains("site"), "a wrong site is asked for again: {}", desk.screen());
    desk.keys("ctrl-u");
    desk.type_text("https://shop.example/");
    let effects = desk.keys("enter");
    let Some(Command::Add(added)) = commands(&effects).into_iter().find(|c| matches!(c, Command::Add(_))) else {
        panic!("{effects:?}")
    };
    let address = Address::WebMessaging {
        deployment_id: "7f1c2d3e-0000-4000-8000-000000000005".to_owned(),
        origin: "https://shop.example".to_owned(),
    };
    assert_eq!(added.address, address);
    assert_eq!(desk.status(), "Added for this session; put it into config.toml to keep it.", "no journal keeps it");
    let effects = desk.keys("esc 1 K");
    let kept = effects.iter().find_map(|effect| match effect {
        Effect::Local(LocalRequest::KeepInConfig(conversation)) => Some(conversation.address.clone()),
        _ => None,
    });
    assert_eq!(kept, Some(address), "{effects:?}");

    desk.keys("+");
    desk.paste(&snippet.replace("prod-euc1", "prod-euw1"));
    assert_eq!(desk.keys("enter"), []);
    assert!(desk.status().contains("mypurecloud.ie"), "{}", desk.status());
}

#[test]
fn a_pasted_id_is_looked_up_before_it_is_added() {
    let mut desk = Desk::default();
    desk.report(Report::Token(valid()));
    desk.keys("esc 1 +");
    desk.paste(NEW);
    let effects = desk.keys("enter");
    let asked = question(&effects);
    assert!(matches!(asked, ProbeQuestion::Id(IdTarget::Conversation, id) if id.to_string() == NEW), "{asked:?}");
    assert_eq!(desk.state.session.conversations.items().len(), 3, "nothing is added before it is known");
    let effects = answer(&mut desk, 50, asked, 200, &people(NEW, PERSON));
    let Some(Effect::Engine(Command::Add(added))) = effects.first() else { panic!("{effects:?}") };
    assert_eq!(added.address.conversation_id(), Some(NEW));
}

#[test]
fn a_message_id_leads_to_its_conversation() {
    let mut desk = Desk::default();
    desk.report(Report::Token(valid()));
    desk.keys("esc 1 +");
    desk.paste("message c327c2078ca056db130c55ce648d9fa2 was lost");
    let asked = question(&desk.keys("enter"));
    assert!(matches!(asked, ProbeQuestion::Id(IdTarget::Message, _)), "{asked:?}");
    let effects = answer(&mut desk, 50, asked, 200, &format!(r#"{{"id":"x","conversationId":"{NEW}"}}"#));
    let Some(Effect::Engine(Command::Add(added))) = effects.first() else { panic!("{effects:?}") };
    assert_eq!(added.address.conversation_id(), Some(NEW));
    assert!(desk.status().contains("a message's id"), "{}", desk.status());
}

#[test]
fn an_integration_is_not_added_as_a_conversation() {
    let mut desk = Desk::default();
    desk.report(Report::Token(valid()));
    desk.keys("esc 1 +");
    desk.paste(NEW);
    let mut asked = question(&desk.keys("enter"));
    for number in 50.. {
        let ProbeQuestion::Id(thing, _) = asked else { panic!("{asked:?}") };
        if thing == IdTarget::Integration {
            answer(&mut desk, number, asked, 200, &format!(r#"{{"id":"{NEW}"}}"#));
            break;
        }
        asked = question(&answer(&mut desk, number, asked, 404, NOT_FOUND));
    }
    assert_eq!(desk.state.session.conversations.items().len(), 3);
    assert!(!desk.status().contains("Added"), "{}", desk.status());
    let screen = desk.screen();
    for part in ["an integration's id", "channel = \"open-messaging\"", NEW] {
        assert!(screen.contains(part), "{part} in\n{screen}");
    }
}

#[test]
fn what_is_nowhere_is_added_and_said_so_and_what_may_not_be_looked_up_too() {
    for (status, word) in [(404, "with this id was found"), (403, "could not be looked up")] {
        let mut desk = Desk::default();
        desk.report(Report::Token(valid()));
        desk.keys("esc 1 +");
        desk.paste(NEW);
        let mut effects = desk.keys("enter");
        for number in 50..53 {
            let asked = question(&effects);
            effects = answer(&mut desk, number, asked, status, NOT_FOUND);
        }
        assert_eq!(desk.state.session.conversations.items().len(), 4, "{status}");
        assert!(desk.status().contains(word), "{status}: {}", desk.status());
    }
}

#[test]
fn several_conversations_are_a_choice() {
    let mut desk = Desk::default();
    desk.keys("esc 1 +");
    desk.paste(&format!("conversationId={NEW} then conversationId={PERSON}"));
    assert_eq!(desk.keys("enter"), []);
    assert!(desk.screen().contains(NEW) && desk.screen().contains(PERSON), "{}", desk.screen());
    let effects = desk.keys("down enter");
    let Some(Effect::Engine(Command::Add(added))) = effects.first() else { panic!("{effects:?}") };
    assert_eq!(added.address.conversation_id(), Some(PERSON));
}

#[test]
fn the_card_offers_the_swap_once_the_service_told_what_an_id_is() {
    let mut desk = Desk::default();
    desk.report(Report::Token(valid()));
    // The configured conversation id is the guest's participant of another conversation.
    desk.keys("esc 1 #");
    assert!(!desk.screen().contains("SWAPPED"), "{}", desk.screen());
    let asked = question(&desk.keys("l"));
    assert!(matches!(asked, ProbeQuestion::Id(IdTarget::Conversation, id) if id.to_string() == BILLING_ID));
    let read = ProbeQuestion::Id(IdTarget::Conversation, NEW.parse().unwrap());
    answer(&mut desk, 49, read, 200, &people(NEW, BILLING_ID));
    answer(&mut desk, 50, asked, 404, NOT_FOUND);
    let screen = desk.screen();
    assert!(screen.contains("SWAPPED: a participant's id is in the place of a conversation's id"), "{screen}");
    let effects = desk.keys("s");
    let Some(Effect::Engine(Command::Add(added))) = effects.first() else { panic!("{effects:?}") };
    let Address::GuestApi { conversation_id, participant_id, .. } = &added.address else { panic!("{added:?}") };
    assert_eq!((conversation_id.as_str(), participant_id.as_deref()), (NEW, Some(BILLING_ID)));
    assert_eq!(desk.state.session.conversations.active(), Some(added.key));
    assert_ne!(added.key, BILLING);
}
