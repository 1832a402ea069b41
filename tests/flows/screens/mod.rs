//! Whole screens: snapshots at the sizes that are designed for, the same words whatever the colours, ASCII where that
//! is asked for, and no panic at any size with hostile text.

mod pass;

use std::time::Duration;

use guestwire::engine::Report;
use guestwire::model::{
    Author, Choice, DeliveryStatus, RateLimit, RemoteMessage, TokenStatus, WebSession, WebhookState,
};
use guestwire::session::Conversations;
use guestwire::tui::{Depth, theme_named, theme_names};
use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::style::{Color, Modifier};

use crate::support::console::{
    BILLING, Desk, RETURNS, conversation, facts, live_conversations, real_place, reply, text_of, valid,
};
use crate::support::fixtures::{OPEN, WEB};

const SIZES: [(u16, u16); 5] = [(200, 60), (120, 36), (80, 24), (60, 18), (40, 12)];
const HOSTILE: &str =
    "\u{1b}[31mred\u{7} \u{202e}left\u{202c} \u{9b}2J\ttab \u{200b}zero 👩\u{200d}👩\u{200d}👧🇩🇪 e\u{301} 日本語 क्षि";

/// How a screen may look.
#[derive(Clone, Copy, Debug, Default)]
struct Looks {
    ascii: bool,
    mono: bool,
}

fn desk(size: (u16, u16), looks: Looks) -> Desk {
    Desk::with(size.0, size.1, |setup| {
        setup.look.theme.ascii = looks.ascii;
        setup.look.theme.mono = looks.mono;
        setup.session.log =
            guestwire::session::Log::new(guestwire::session::LogOptions { ascii: looks.ascii, ..Default::default() });
    })
}

/// A session with something of everything: accepted, refused, unknown, waiting, a reply, unread, a draft.
fn busy(size: (u16, u16), looks: Looks) -> Desk {
    let mut desk = desk(size, looks);
    desk.report(Report::Token(valid()));
    desk.accepted("hello");
    desk.pass(1_500);
    desk.report(reply(BILLING, "r-1", "Good afternoon, how can I help?", desk.now));
    desk.pass(4_000);
    desk.refused("My account is 12345");
    desk.pass(2_000);
    desk.unknown("Could you tell me why I was charged twice?");
    desk.pass(2_000);
    let id = desk.send("and when is it paid back");
    let until = desk.now.after(Duration::from_secs(7));
    desk.settle(
        id,
        "and when is it paid back",
        DeliveryStatus::Waiting { until, why: "429, Retry-After 7 s".into() },
        Some(429),
    );
    desk.report(Report::RateLimit(RateLimit { count: 12, allowed: 300, resets: until }));
    // What a first read brings was there before.
    desk.report(reply(RETURNS, "r-0", "Hello?", desk.now));
    desk.report(reply(RETURNS, "r-2", "Are you still there?", desk.now));
    desk.type_text("half a thought");
    desk.keys("esc");
    desk
}

/// What can stand on the screen, by name: how one gets there from a busy session.
const SCENES: &[(&str, &str)] = &[
    ("busy", ""),
    ("composer", "c"),
    ("picker", "1"),
    ("thread", "t"),
    ("full entry", "G [ enter enter"),
    ("zoomed", "z"),
    ("help", "?"),
    ("status", "!"),
    ("palette", "ctrl-p s e n d"),
    ("nothing found", "ctrl-p z q x w"),
    ("filter", "/ s t a t u s : 4 x x"),
    ("bad filter", "/ s t a t u s : x"),
    ("search", "ctrl-f"),
    ("nickname", "1 n"),
    ("add", "1 +"),
    ("id card", "1 #"),
    ("history", "c ctrl-r h"),
    ("snippets", "c ctrl-t"),
    ("faults", "B"),
    ("resend", "g ] r"),
    ("settle", "g ] ] u"),
    ("send anyway", "g ] ] u 4 enter a g"),
    ("compare", "g = G ="),
    ("comment", "G ;"),
    ("quit", "q"),
    ("demo", "esc P"),
    ("demo log", "esc P l"),
    ("demo menu", "esc P space"),
];

fn scene(name: &str, size: (u16, u16), looks: Looks) -> Desk {
    let keys = SCENES.iter().find(|(n, _)| *n == name).unwrap().1;
    let mut desk = busy(size, looks);
    desk.keys(keys);
    desk
}

/// The screen with the cursor's place in front of it.
fn picture(desk: &Desk) -> String {
    let (buffer, cursor) = desk.draw();
    let place = cursor.map_or_else(|| "no cursor".to_owned(), |Position { x, y }| format!("cursor {x},{y}"));
    format!("{place}\n{}", text_of(&buffer))
}

fn snap(name: &str, text: &str) {
    insta::with_settings!({ prepend_module_to_snapshot => false, snapshot_path => "../snapshots/screens", omit_expression => true }, {
        insta::assert_snapshot!(name, text);
    });
}

#[test]
fn a_busy_session_at_each_size() {
    for size in SIZES {
        snap(&format!("busy_{}x{}", size.0, size.1), &picture(&scene("busy", size, Looks::default())));
    }
}

#[test]
fn a_first_screen_at_each_size() {
    for size in SIZES {
        snap(&format!("first_{}x{}", size.0, size.1), &picture(&desk(size, Looks::default())));
    }
}

#[test]
fn what_stands_on_top() {
    for (name, _) in SCENES.iter().filter(|(name, _)| *name != "busy") {
        let size = if matches!(*name, "help" | "thread" | "picker" | "settle") { (80, 24) } else { (120, 36) };
        snap(&name.replace(' ', "_"), &picture(&scene(name, size, Looks::default())));
    }
    snap("settle_40x12", &picture(&scene("settle", (40, 12), Looks::default())));
    snap("palette_40x12", &picture(&scene("palette", (40, 12), Looks::default())));
}

#[test]
fn a_demo_at_each_size() {
    for size in SIZES {
        snap(&format!("demo_{}x{}", size.0, size.1), &picture(&scene("demo log", size, Looks::default())));
    }
}

/// A web conversation in the middle of things: choices, a late message, a file and an attribute on the next message,
/// somebody typing; an open one whose id was learned.
fn live(size: (u16, u16), looks: Looks) -> Desk {
    let mut desk = desk(size, looks);
    desk.state.session.conversations = Conversations::new(live_conversations());
    desk.report(Report::Token(valid()));
    let learned = "d06c91ce-3f6e-4a98-ab8b-9411671b41aa".to_owned();
    desk.report(Report::ConversationIdKnown(OPEN, learned));
    desk.keys("esc 1 G enter");
    let expires = desk.now.wall.checked_add(jiff::SignedDuration::from_hours(72)).ok();
    desk.report(Report::Session(WEB, WebSession::Open { expires, new: true }));
    desk.accepted("hello");
    desk.pass(2_000);
    let now = desk.now.wall;
    let choice = |label: &str, payload: &str| Choice::new(label, payload);
    let offer = RemoteMessage {
        choices: vec![choice("Open invoices", "open"), choice("日本語 \u{202e}hostile", "x")],
        ..RemoteMessage::new("q-1", Author::Bot, "I can help with these:", now)
    };
    let earlier = now.checked_sub(jiff::SignedDuration::from_secs(1)).unwrap();
    let late = RemoteMessage { late: true, ..RemoteMessage::new("q-0", Author::Bot, "One moment", earlier) };
    desk.report(Report::MessagesArrived(WEB, vec![offer]));
    desk.report(Report::MessagesArrived(WEB, vec![late]));
    desk.command("attach");
    desk.attach("/tmp/bill.pdf");
    desk.command("attribute");
    desk.type_text("testRun=42");
    desk.keys("enter");
    desk.type_text("see file");
    let until = Some(desk.now.after(Duration::from_secs(5)));
    desk.report(Report::Typing(WEB, Author::Bot, until));
    desk
}

#[test]
fn a_live_conversation_at_each_size_in_all_looks() {
    for size in SIZES {
        let (wide, high) = size;
        for (name, keys) in
            [("live", ""), ("live_choices", "alt-o"), ("live_session", "alt-w"), ("live_extras", "alt-x")]
        {
            let look = |looks: Looks| {
                let mut desk = live(size, looks);
                desk.keys(keys);
                picture(&desk)
            };
            let themed = look(Looks::default());
            if name == "live" || size == (80, 24) || size == (40, 12) {
                snap(&format!("{name}_{wide}x{high}"), &themed);
            }
            assert_eq!(look(Looks { mono: true, ..Looks::default() }), themed, "{name} {size:?}");
            let ascii = look(Looks { ascii: true, mono: true });
            // What people wrote stays what it is; all that is ours is ASCII.
            let foreign = |line: &str| line.contains('日');
            for line in ascii.lines().filter(|line| !foreign(line)) {
                assert!(line.is_ascii(), "{name} {size:?}: {line}");
            }
        }
    }
}

#[test]
fn a_session_that_ended_or_broke() {
    let mut desk = live((120, 36), Looks::default());
    let at = desk.now.after(Duration::from_secs(4));
    desk.report(Report::Session(WEB, WebSession::Reconnecting(at, "the server went away".into())));
    snap("live_reconnecting", &picture(&desk));
    let why = "its conversation was ended".into();
    desk.report(Report::Session(WEB, WebSession::ReadOnly(why)));
    desk.keys("alt-w");
    snap("live_read_only", &picture(&desk));
}

#[test]
fn production_and_a_missing_scope() {
    let mut desk = Desk::with(120, 36, |setup| setup.session.profile = real_place(true));
    desk.report(Report::Token(TokenStatus::Valid(facts(&[], &["guest:messages:send"]))));
    desk.type_text("to a real guest");
    desk.keys("enter");
    snap("production", &picture(&desk));
    desk.keys("esc esc y");
    desk.pass(400);
    desk.event(guestwire::tui::Event::Deadline);
    snap("prefix", &picture(&desk));
}

#[test]
fn below_the_smallest_size_it_says_what_is_needed() {
    for size in [(39, 12), (40, 11), (20, 3), (1, 1)] {
        snap(&format!("small_{}x{}", size.0, size.1), &picture(&busy(size, Looks::default())));
    }
}

/// A picture without the bars that stand beside messages where a theme has no grounds for them.
fn without_bars(picture: &str) -> String {
    picture.lines().map(|line| line.replace('│', " ").trim_end().to_owned() + "\n").collect()
}

#[test]
fn the_words_are_the_same_whatever_the_colours() {
    for size in SIZES {
        for (name, _) in SCENES {
            let themed = picture(&scene(name, size, Looks::default()));
            let mono = scene(name, size, Looks { mono: true, ..Looks::default() });
            assert_eq!(picture(&mono), themed, "{name} {size:?}");
            let (buffer, _) = mono.draw();
            for cell in buffer.content() {
                assert!(cell.fg == Color::Reset && cell.bg == Color::Reset, "{name}: a colour in monochrome");
            }
            let mut desk = scene(name, size, Looks::default());
            for other in theme_names() {
                for depth in [Depth::True, Depth::Basic] {
                    desk.state.look.theme = theme_named(other, false, false, depth).unwrap();
                    assert_eq!(without_bars(&picture(&desk)), without_bars(&themed), "{other} {name} {size:?}");
                }
            }
        }
    }
}

#[test]
fn ascii_screens_hold_only_ascii() {
    for size in SIZES.into_iter().chain([(39, 12), (100, 30)]) {
        for (name, _) in SCENES {
            let desk = scene(name, size, Looks { ascii: true, mono: true });
            for (row, line) in picture(&desk).lines().enumerate() {
                assert!(line.is_ascii(), "{name} {size:?}, row {row}: {line}");
            }
        }
    }
    for status in [
        TokenStatus::SignedOut,
        TokenStatus::Getting,
        TokenStatus::NoSecret("The variable X is not set: set it.".to_owned()),
    ] {
        let mut desk = desk((120, 36), Looks { ascii: true, mono: true });
        desk.report(Report::Token(status));
        assert!(picture(&desk).is_ascii(), "{}", picture(&desk));
        desk.keys("esc !");
        assert!(picture(&desk).is_ascii(), "{}", picture(&desk));
    }
}

#[test]
fn the_status_page_says_where_the_webhooks_stand() {
    for (state, words) in [
        (WebhookState::Listening("127.0.0.1:8443".parse().unwrap()), "taken at http://127.0.0.1:8443"),
        (WebhookState::Failed("127.0.0.1:8443 cannot be listened on".to_owned()), "not taken: 127.0.0.1:8443 cannot"),
    ] {
        let mut desk = desk((120, 36), Looks { ascii: true, mono: true });
        desk.keys("esc !");
        assert!(!picture(&desk).contains("Webhook"), "none is configured");
        desk.report(Report::Webhook(state));
        assert!(picture(&desk).contains(words), "{}", picture(&desk));
    }
}

#[test]
fn what_has_the_focus_is_told_without_colour() {
    for (keys, title) in [("", "log"), ("c", "typing"), ("1", "conversations"), ("tab tab tab", "thread")] {
        let mut desk = busy((160, 50), Looks { mono: true, ..Looks::default() });
        desk.keys(keys);
        // The place that has the keys is named in the footer, and its heading is underlined.
        assert!(desk.footer().trim_end().ends_with(title), "{keys}: {}", desk.screen());
        let (buffer, _) = desk.draw();
        let underlined = buffer.content().iter().filter(|c| c.modifier.contains(Modifier::UNDERLINED));
        assert!(underlined.count() >= 5, "{keys}");
    }
}

fn hostile(size: (u16, u16), looks: Looks) -> Desk {
    let mut desk = Desk::with(size.0, size.1, |setup| {
        setup.look.theme.ascii = looks.ascii;
        HOSTILE.clone_into(&mut setup.session.profile.facts.name);
        HOSTILE.clone_into(&mut setup.session.profile.facts.region);
        setup.session.conversations = Conversations::new(vec![
            conversation(0, HOSTILE, HOSTILE),
            conversation(1, &HOSTILE.repeat(9), "\u{1b}]0;owned\u{7}"),
        ]);
    });
    for delivery in
        [DeliveryStatus::Accepted, DeliveryStatus::Refused(HOSTILE.into()), DeliveryStatus::Unknown(HOSTILE.into())]
    {
        let id = desk.send_paste(HOSTILE);
        desk.settle(id, HOSTILE, delivery, Some(400));
    }
    let why = HOSTILE.repeat(3);
    desk.report(Report::Token(TokenStatus::NoSecret(why)));
    desk.report(reply(BILLING, HOSTILE, &HOSTILE.repeat(5), desk.now));
    desk.report(Report::Notice(None, HOSTILE.to_owned()));
    desk.keys("esc G enter enter ;");
    desk.paste(HOSTILE);
    desk.keys("enter c");
    desk.paste(HOSTILE);
    desk.keys("esc");
    desk
}

fn no_control_characters(buffer: &Buffer, what: &str) {
    for cell in buffer.content() {
        let bad = cell.symbol().chars().find(|c| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{200b}'));
        assert!(bad.is_none(), "{bad:?} in a cell: {what}");
    }
}

#[test]
fn no_size_and_no_text_breaks_it() {
    let mut desk = hostile((120, 36), Looks::default());
    for height in (1..46).step_by(2).chain([0, 2, 12, 32, 45]) {
        for width in (1..131).step_by(3).chain([0, 2, 40, 70, 110, 130]) {
            desk.resize(width, height);
            let (buffer, cursor) = desk.draw();
            no_control_characters(&buffer, &format!("{width}x{height}"));
            assert!(cursor.is_none_or(|at| at.x < width && at.y < height), "{width}x{height}");
        }
    }
}

#[test]
fn nothing_on_top_breaks_at_any_size() {
    for (name, keys) in SCENES {
        let mut desk = hostile((120, 36), Looks::default());
        desk.keys(keys);
        for height in [0, 1, 2, 3, 5, 8, 11, 12, 13, 15, 18, 24, 31, 36, 45] {
            for width in [0, 1, 2, 5, 20, 39, 40, 41, 50, 60, 69, 70, 80, 100, 110, 130, 140] {
                desk.resize(width, height);
                let (buffer, cursor) = desk.draw();
                no_control_characters(&buffer, &format!("{name} {width}x{height}"));
                assert!(cursor.is_none_or(|at| at.x < width && at.y < height), "{name} {width}x{height}: {cursor:?}");
            }
        }
    }
}

#[test]
fn a_frame_smaller_than_the_state_believes_is_left_alone() {
    let desk = busy((120, 36), Looks::default());
    for (width, height) in [(0, 0), (1, 1), (119, 36), (120, 35), (40, 12)] {
        let mut buffer = Buffer::empty(ratatui::layout::Rect::new(0, 0, width, height));
        assert_eq!(guestwire::tui::view::draw(&desk.state, &mut buffer), None);
    }
}

#[test]
fn help_tells_of_every_action() {
    let mut desk = desk((80, 24), Looks::default());
    desk.keys("esc ?");
    for spec in guestwire::tui::action::ACTIONS {
        let lines = guestwire::tui::state::help_lines(&desk.state, spec.name);
        assert!(lines.iter().any(|l| l.contains(spec.about)), "{} is not found in help", spec.name);
        for key in desk.state.keys.map.keys(spec.action) {
            let found = lines.iter().any(|l| l.contains(spec.about) && l.contains(&key.to_string()));
            assert!(found, "help does not name {key} of {}", spec.name);
        }
    }
    let all = guestwire::tui::state::help_lines(&desk.state, "");
    assert!(all.len() <= 40, "by job it fits 80x24 in two screens: {}", all.len());
}

#[test]
fn the_cursor_stands_after_what_is_shown_of_a_prompt() {
    for (typed, shown) in [("abc", "abc"), ("a\u{202e}b", "a<RLO>b"), ("日本", "日本"), ("\u{7}", "␇")] {
        for open in ["/", "1 +", ":"] {
            let mut desk = desk((120, 36), Looks::default());
            desk.keys("esc");
            desk.keys(open);
            let empty = desk.draw().1.unwrap();
            desk.paste(typed);
            let (buffer, cursor) = desk.draw();
            let cursor = cursor.unwrap();
            assert_eq!(usize::from(cursor.x - empty.x), guestwire::text::screen::width(shown), "{open} {typed:?}");
            let row: String = (empty.x..cursor.x).map(|x| buffer[(x, cursor.y)].symbol()).collect();
            assert!(row.starts_with(shown.chars().next().unwrap()), "{row}");
        }
    }
}

#[test]
fn a_long_prompt_keeps_its_cursor_in_view() {
    for size in SIZES {
        let mut desk = desk(size, Looks::default());
        desk.keys("esc /");
        desk.paste(&"日本語 long text ".repeat(20));
        let (buffer, cursor) = desk.draw();
        assert!(cursor.is_some_and(|at| at.x < size.0 && at.y == size.1 - 2));
        assert!(text_of(&buffer).lines().nth(usize::from(size.1) - 2).unwrap().contains("long text"));
    }
}

#[test]
fn a_question_that_cannot_show_all_says_how_much_is_missing() {
    let mut desk = Desk::with(40, 12, |setup| setup.session.profile = real_place(true));
    desk.paste(&"line\n".repeat(20));
    desk.keys("enter");
    assert!(desk.screen().contains("more lines)"), "{}", desk.screen());
}
