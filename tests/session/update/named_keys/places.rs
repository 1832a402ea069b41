//! The places in which keys are named, and how one comes there.

use guestwire::engine::{DiscoveredConversation, Report};
use guestwire::journal::{HistoryPage, Restored};
use guestwire::journal::{Job, JournalReport};
use guestwire::model::{Author, Choice, DeliveryStatus, RemoteMessage, TokenStatus, WebSession};
use guestwire::session::Conversations;
use guestwire::session::LocalAnswer;
use guestwire::tui::Keymap;
use guestwire::tui::state::Rehearsal;
use guestwire::tui::update::demo::rehearse;
use guestwire::tui::{Effect, Event};

use crate::support::console::{BILLING, Desk, RETURNS, Setup, live_conversations, real_place, valid};
use crate::support::fixtures::WEB;
use crate::update::{live, pass};

/// A place where keys are named.
pub struct Place {
    pub name: &'static str,
    setup: fn(&mut Setup),
    lead: fn(&mut Desk),
}

impl Place {
    /// A console that stands there.
    pub fn desk(&self, (width, height): (u16, u16), keymap: &Keymap) -> Desk {
        let mut desk = Desk::with(width, height, |setup| {
            (self.setup)(setup);
            setup.keymap = keymap.clone();
        });
        (self.lead)(&mut desk);
        desk
    }
}

const fn at(name: &'static str, lead: fn(&mut Desk)) -> Place {
    Place { name, setup: |_| {}, lead }
}

const fn among(name: &'static str, setup: fn(&mut Setup), lead: fn(&mut Desk)) -> Place {
    Place { name, setup, lead }
}

/// Something for most keys to act on: one message that was accepted, two that were refused.
fn filled(desk: &mut Desk, keys: &str) {
    desk.accepted("one");
    desk.refused("two");
    desk.refused("three");
    desk.keys(keys);
}

fn live(setup: &mut Setup) {
    setup.session.conversations = Conversations::new(live_conversations());
}

fn real(setup: &mut Setup) {
    setup.session.profile = real_place(false);
}

fn production(setup: &mut Setup) {
    setup.session.profile = real_place(true);
}

/// The web conversation of [`live`] is open, its session too.
fn web(desk: &mut Desk) {
    desk.report(Report::Token(valid()));
    live::open(desk, WEB);
    live::session(desk, WebSession::Connecting);
    let open = live::opened(desk);
    live::session(desk, open);
}

/// The other side offers two choices.
fn offered(desk: &mut Desk, keys: &str) {
    web(desk);
    let choices = vec![Choice::new("Yes", "yes"), Choice::new("No", "no")];
    let asked = RemoteMessage { choices, ..RemoteMessage::new("q-1", Author::Bot, "Pay now?", desk.now.wall) };
    desk.report(Report::MessagesArrived(WEB, vec![asked]));
    desk.keys(keys);
}

/// A test run is open, and one stands in its pane.
fn run(desk: &mut Desk, keys: &str) {
    pass::open(desk);
    desk.keys(keys);
}

/// The journal keeps, and brought this back.
fn restored(desk: &mut Desk, restored: Restored) {
    desk.state.session.journal.open();
    desk.event(Event::Journal(JournalReport::Restored(Box::new(restored))));
}

/// What a search of all that is kept found stands in the log's pane.
fn found(desk: &mut Desk) {
    filled(desk, "esc 2");
    restored(desk, Restored::default());
    let asked = desk.keys("S o n e enter");
    let asked = asked.into_iter().find_map(|effect| match effect {
        Effect::Journal(Job::History(request)) => Some(request),
        _ => None,
    });
    let entries: Vec<_> = desk.state.session.log.oldest_as_kept(2);
    let page = HistoryPage { request: asked.expect("the journal is asked"), found: Ok((entries, false)) };
    desk.event(Event::Journal(JournalReport::History(page)));
}

fn demo(desk: &mut Desk, keys: &str) {
    desk.keys("esc P");
    desk.keys(keys);
}

pub const PLACES: &[Place] = &[
    // Panes.
    at("composer", |desk| filled(desk, "esc 3")),
    at("composer with a draft", |desk| filled(desk, "esc 3 h i")),
    at("composer, a draft cleared", |desk| filled(desk, "esc 3 h i ctrl-c")),
    at("composer, about to leave", |desk| filled(desk, "esc 3 ctrl-c")),
    at("composer, zoomed", |desk| filled(desk, "esc 2 z i")),
    at("composer, in the history", |desk| filled(desk, "esc 3 up")),
    at("composer, a copy to edit", |desk| filled(desk, "esc 2 e")),
    at("composer, after an editor", |desk| {
        filled(desk, "esc 3");
        desk.event(Event::Edited(Ok("from the editor".to_owned())));
    }),
    among("composer with choices", live, |desk| offered(desk, "esc i")),
    at("composer beside a test run", |desk| run(desk, "3")),
    at("list", |desk| filled(desk, "esc 1")),
    at("list, filtered", |desk| filled(desk, "esc 1 / b i l enter")),
    at("list, nothing found", |desk| filled(desk, "esc 1 / x y z enter")),
    at("list, zoomed", |desk| filled(desk, "esc 1 z")),
    at("list with an added one", |desk| {
        filled(desk, "esc 1 +");
        desk.type_text("77777777-3f6e-4a98-ab8b-941167ea8907");
        desk.keys("enter esc 1");
    }),
    among(
        "list, a web guest added",
        |setup| setup.session.profile = real_place(false),
        |desk| {
            desk.report(Report::Token(valid()));
            desk.keys("esc 1 +");
            desk.paste("<script>(function(g){})(window, 'Genesys', {\n  environment: 'prod-euc1',\n  deploymentId: '7f1c2d3e-0000-4000-8000-000000000005'\n});</script>");
            desk.keys("enter");
            desk.type_text("shop.example");
            desk.keys("enter");
        },
    ),
    at("log", |desk| filled(desk, "esc 2")),
    at("log, empty", |desk| drop(desk.keys("esc 2"))),
    at("log, an older row", |desk| filled(desk, "esc 2 g")),
    at("log, a row opened", |desk| filled(desk, "esc 2 enter")),
    at("log, all of a row", |desk| filled(desk, "esc 2 enter enter")),
    at("log, filtered", |desk| filled(desk, "esc 2 / t w o enter")),
    at("log, nothing matches", |desk| filled(desk, "esc 2 / x y z enter")),
    at("log, searched", |desk| filled(desk, "esc 2 ctrl-f t w o enter")),
    at("log, no match", |desk| filled(desk, "esc 2 n")),
    at("log, zoomed", |desk| filled(desk, "esc 2 z")),
    at("log, a message under way", |desk| {
        let id = desk.send("slow");
        desk.settle(id, "slow", DeliveryStatus::Sending { attempt: 1 }, None);
        desk.keys("esc 2 r");
    }),
    at("log, what was found", found),
    at("composer beside what was found", |desk| {
        found(desk);
        desk.keys("i");
    }),
    at("comparison", |desk| filled(desk, "esc 2 =")),
    at("comparison in a filtered log", |desk| filled(desk, "esc 2 / t w o enter =")),
    at("comparison, from the composer", |desk| filled(desk, "esc 2 = i")),
    at("thread", |desk| filled(desk, "esc 2 shift-tab")),
    at("thread, over the log", |desk| filled(desk, "esc 2 t")),
    among("thread with choices", live, |desk| offered(desk, "esc 2 shift-tab")),
    at("thread, nothing said", |desk| drop(desk.keys("esc 2 shift-tab"))),
    at("unknown outcome", |desk| {
        filled(desk, "");
        desk.unknown("four");
        desk.keys("esc");
    }),
    at("unknown outcome, from the composer", |desk| {
        desk.unknown("four");
    }),
    at("unknown outcome, from the list", |desk| {
        desk.unknown("four");
        desk.keys("esc 1");
    }),
    at("refused, from the list", |desk| filled(desk, "esc tab tab tab")),
    at("waiting", |desk| {
        let id = desk.send("later");
        let until = desk.now.after(std::time::Duration::from_secs(30));
        desk.settle(id, "later", DeliveryStatus::Waiting { until, why: "429".into() }, None);
    }),
    at("no token", |desk| drop(desk.report(Report::Token(TokenStatus::NoSecret("No secret.".to_owned()))))),
    among("no token, a real organisation", real, |desk| {
        desk.report(Report::Token(TokenStatus::BadClient("invalid_client".to_owned())));
    }),
    among("a session that ended", live, |desk| {
        web(desk);
        live::session(desk, WebSession::Ended("the session expired".into()));
    }),
    among("a session that cannot be reached, from the log", live, |desk| {
        web(desk);
        live::session(desk, WebSession::Unreachable("refused".into()));
        desk.keys("esc");
    }),
    at("an unfinished test run", |desk| {
        let mut other = Desk::default();
        pass::open(&mut other);
        let run = other.state.session.pass.runner.as_ref().map(|runner| runner.run().clone());
        restored(desk, Restored { pass: run.map(std::sync::Arc::new), ..Restored::default() });
    }),
    at("a fault was set", |desk| drop(desk.event(Event::Local(LocalAnswer::FaultSet(Ok("Fault on.".to_owned())))))),
    at("the next message is sent wrongly", |desk| {
        desk.command("send-as");
        desk.keys("down enter");
    }),
    at("active conversations came late", |desk| {
        desk.keys("esc 1 L ?");
        desk.report(discovered(RETURNS.0));
        desk.keys("esc");
    }),
    at("active conversations cannot be listed", |desk| {
        desk.keys("esc 1 L");
        desk.report(Report::Discovered { page: 1, found: Err("403".to_owned()), more: false });
    }),
    // The test run.
    at("test run", |desk| run(desk, "")),
    at("test run, not opened", |desk| drop(desk.command("verdict-pass"))),
    at("test run, under way", |desk| run(desk, "enter")),
    at("test run, asked while under way", |desk| run(desk, "enter enter")),
    at("test run, a verdict given", |desk| run(desk, "p")),
    at("test run, only a person can judge", |desk| run(desk, "s s enter enter")),
    at("test run, paused", |desk| run(desk, "space")),
    at("test run, finished", |desk| run(desk, "p p p")),
    at("test run, hidden", |desk| run(desk, "T")),
    at("test run, beside the thread", |desk| run(desk, "shift-tab")),
    // Prompts.
    at("palette", |desk| filled(desk, "esc :")),
    at("palette, nothing found", |desk| filled(desk, "esc : x y z q")),
    at("filter", |desk| filled(desk, "esc 2 /")),
    at("filter of the list", |desk| filled(desk, "esc 1 /")),
    at("search", |desk| filled(desk, "esc 2 ctrl-f")),
    at("search of all", |desk| filled(desk, "esc 2 S")),
    at("note", |desk| filled(desk, "esc 2 ;")),
    at("nickname", |desk| filled(desk, "esc 1 n")),
    at("an id to add", |desk| filled(desk, "esc 1 +")),
    at("history", |desk| filled(desk, "ctrl-r o")),
    among("file", live, |desk| {
        web(desk);
        desk.command("attach");
    }),
    among("attribute", live, |desk| {
        web(desk);
        desk.command("attribute");
    }),
    at("pass file", |desk| {
        desk.keys("esc T");
        desk.event(Event::Local(LocalAnswer::Passes(Vec::new())));
        desk.keys("pgdn enter");
    }),
    at("note on a step", |desk| run(desk, ";")),
    at("why a step failed", |desk| run(desk, "f")),
    at("where the reports go", |desk| run(desk, "E")),
    // Pages.
    at("help", |desk| filled(desk, "esc ?")),
    at("help in the composer", |desk| filled(desk, "F1")),
    at("help in the list", |desk| filled(desk, "esc 1 ?")),
    at("help, searched", |desk| filled(desk, "esc ? / s")),
    at("status page", |desk| filled(desk, "esc !")),
    at("ids", |desk| filled(desk, "esc 1 #")),
    at("a page", |desk| filled(desk, "esc 2 C")),
    at("how to connect", |desk| drop(desk.command("connect"))),
    // The card.
    at("card", |desk| filled(desk, "esc 2 d")),
    at("card, after y", |desk| filled(desk, "esc 2 d y")),
    at("card of an unknown outcome", |desk| {
        desk.unknown("four");
        desk.keys("esc d");
    }),
    // Questions.
    at("question", |desk| filled(desk, "esc 2 r")),
    among("question, production", production, |desk| drop(desk.keys("h i enter"))),
    at("question before leaving", |desk| drop(desk.keys("h i esc q"))),
    at("question with a word", |desk| {
        desk.unknown("four");
        desk.keys("esc u down down down enter");
    }),
    at("question before a removal", |desk| {
        desk.keys("esc 1 +");
        desk.type_text("77777777-3f6e-4a98-ab8b-941167ea8907");
        desk.keys("enter esc 1 -");
    }),
    at("question before a test run ends", |desk| run(desk, "X")),
    among("question about a session", live, |desk| {
        web(desk);
        desk.command("session-clear");
    }),
    // Menus.
    at("unknown dialog", |desk| {
        filled(desk, "");
        desk.unknown("four");
        desk.keys("esc u");
    }),
    at("fault bench", |desk| filled(desk, "esc B")),
    at("fault bench, filtered", |desk| filled(desk, "esc B 4 0 1")),
    at("wrong on purpose", |desk| drop(desk.command("send-as"))),
    at("colours", |desk| {
        filled(desk, "");
        desk.command("theme");
    }),
    at("snippets", |desk| drop(desk.keys("ctrl-t"))),
    at("transcript", |desk| {
        filled(desk, "");
        desk.command("transcript");
    }),
    at("which test run", |desk| {
        desk.keys("esc T");
        desk.event(Event::Local(LocalAnswer::Passes(Vec::new())));
    }),
    among("choices", live, |desk| offered(desk, "alt-o")),
    among("extras", live, |desk| {
        web(desk);
        desk.keys("alt-x");
    }),
    among("session", live, |desk| {
        web(desk);
        desk.keys("alt-w");
    }),
    at("active conversations", |desk| {
        desk.keys("esc 1 L");
        desk.report(discovered(BILLING.0));
    }),
    // The demo.
    at("demo", |desk| demo(desk, "")),
    at("demo, further on", |desk| {
        demo(desk, "");
        desk.report(Report::Token(valid()));
    }),
    at("demo, typing", |desk| demo(desk, "c")),
    at("demo, help", |desk| demo(desk, "?")),
    at("demo, help searched", |desk| demo(desk, "? / s")),
    at("demo, a command that it does not take", |desk| demo(desk, ":")),
    at("demo, what to show", |desk| demo(desk, "space")),
    at("rehearsal", |desk| {
        desk.accepted("one");
        let rehearsal = Rehearsal::of(desk.state.session.threads.messages(BILLING));
        rehearse(&mut desk.state, rehearsal);
    }),
];

fn discovered(number: u32) -> Report {
    let found = DiscoveredConversation {
        conversation_id: format!("aaaaaaaa-3f6e-4a98-ab8b-94116790{number:04}"),
        participant_id: None,
        began: None,
        via: None,
    };
    Report::Discovered { page: 1, found: Ok(vec![found]), more: false }
}
