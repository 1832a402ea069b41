//! The composer, the conversations and the thread as they stand on the screen: snapshots, and no panic at any size.

use std::time::Duration;

use crate::support::console::{self, conversation};
use guestwire::model::{
    Address, Author, Conversation, ConversationKey, DeliveryStatus, ExchangeId, Message, MessageId, Moment,
    RemoteMessage, RemoteState,
};
use guestwire::session::Threads;
use guestwire::session::{Conversations, MessageCounts};
use guestwire::text::screen;
use guestwire::tui::state::Composer;
use guestwire::tui::state::RowContext;
use guestwire::tui::state::ThreadPane;
use guestwire::tui::state::wanted_height;
use guestwire::tui::view::DrawingContext;
use guestwire::tui::view::{conversations, open_conversation};
use guestwire::tui::{Depth, Theme, theme_named};
use jiff::tz::TimeZone;
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use unicode_segmentation::UnicodeSegmentation;

const A: ConversationKey = ConversationKey(0);
const HOSTILE: &str =
    "\u{1b}[31mred\u{7} \u{202e}left\u{202c} \u{9b}2J\ttab \u{200b}zero 👩\u{200d}👩\u{200d}👧🇩🇪 e\u{301} 日本語 क्षि";

fn at(second: u64) -> Moment {
    console::start().after(Duration::from_secs(second))
}

fn theme(ascii: bool, mono: bool) -> Theme {
    theme_named("terminal", ascii, mono, Depth::True).unwrap()
}

fn with_look<T>(theme: &Theme, now: Moment, draw: impl FnOnce(&DrawingContext<'_>) -> T) -> T {
    draw(&DrawingContext { theme, now, zone: &TimeZone::UTC, focused: true })
}

/// The cells as text, `¦` before the cursor; blanks at the ends of rows are left out.
fn dump(buf: &Buffer, cursor: Option<Position>) -> String {
    let mut out = String::new();
    for y in 0..buf.area.height {
        let (mut row, mut x) = (String::new(), 0);
        while x < buf.area.width {
            if cursor == Some(Position { x, y }) {
                row.push('¦');
            }
            let symbol = buf[(x, y)].symbol();
            row.push_str(symbol);
            x += u16::try_from(screen::width(symbol).max(1)).unwrap();
        }
        out.push_str(row.trim_end());
        out.push('\n');
    }
    out
}

fn composer_at(c: &Composer, theme: &Theme, width: u16, height: u16) -> (Buffer, Option<Position>) {
    let area = Rect::new(0, 0, width, height);
    let mut buf = Buffer::empty(area);
    let cursor = with_look(theme, at(0), |look| open_conversation::draw_editor(c, look, area, &mut buf));
    (buf, cursor)
}

fn composing(text: &str) -> Composer {
    let mut c = Composer::new(7, "run-7", Vec::new());
    c.paste(text);
    c.editor.left();
    c.editor.right();
    c
}

fn conversations() -> Conversations {
    let web = Address::WebMessaging { deployment_id: "d1".into(), origin: "https://shop.example".into() };
    let mut p = Conversations::new(vec![
        conversation(0, "Billing bot", "5f0c91ce-3f6e-4a98-ab8b-9411671bd8a2"),
        conversation(1, "Returns queue with a rather long name", "91be91ce-3f6e-4a98-ab8b-941167ea8907"),
        Conversation { key: ConversationKey(2), name: "Web guest Anna".into(), address: web },
        conversation(3, "Old test", "not a uuid at all"),
        conversation(4, HOSTILE, "\u{1b}]0;owned\u{7}"),
        conversation(5, "日本語のお客様サポート窓口です", "c0ffee00-3f6e-4a98-ab8b-941167ea8907"),
    ]);
    let since = at(0).wall.saturating_sub(Duration::from_secs(847)).unwrap();
    p.was_read(ConversationKey(0), RemoteState::Connected, Some(since));
    p.was_read(ConversationKey(1), RemoteState::Connected, Some("2026-11-19T10:48:00Z".parse().unwrap()));
    p.was_read(ConversationKey(3), RemoteState::Ended, None);
    p.set_unread(ConversationKey(0), 2);
    p.set_unread(ConversationKey(4), 120);
    p.set_draft(ConversationKey(2), true);
    p.set_counts(ConversationKey(0), MessageCounts { sends: 6, ok: 5, refused: 1, ..MessageCounts::default() });
    p.set_counts(
        ConversationKey(1),
        MessageCounts { sends: 3, unknown: 1, waiting: 1, sending: 1, ..MessageCounts::default() },
    );
    p.pin(ConversationKey(2));
    p.select(ConversationKey(0));
    p.open();
    p
}

fn picker_at(p: &Conversations, theme: &Theme, width: u16, height: u16) -> Buffer {
    let area = Rect::new(0, 0, width, height);
    let mut buf = Buffer::empty(area);
    with_look(theme, at(0), |look| conversations::draw(p, look, area, &mut buf));
    buf
}

fn talk() -> Threads {
    let mut t = Threads::default();
    let remote = |id: &str, author, text: &str, second| RemoteMessage::new(id, author, text, at(second).wall);
    let old = vec![
        remote("0", Author::System, "conversation started", 1),
        remote("1", Author::Guest, "typed yesterday, elsewhere", 2),
        remote("2", Author::Bot, "Welcome! How can I help you with your contract, your bill or your data today?", 3),
    ];
    t.of(A).merge_read(old);
    let lives = [
        ("Hi, I need help with my bill", DeliveryStatus::Accepted),
        ("My account is 12345", DeliveryStatus::Refused("401 unauthorized, the requestor is not authorized".into())),
        ("My account is 12345", DeliveryStatus::Unknown("the connection was reset after 31.0 s".into())),
        ("still there?", DeliveryStatus::Waiting { until: at(217), why: "429, Retry-After 7 s".into() }),
        ("日本語で書いてもいいですか？全角文字は二つの桁を取ります。", DeliveryStatus::Sending { attempt: 2 }),
        ("one\n\n  two, indented", DeliveryStatus::Queued),
    ];
    for (n, (text, delivery)) in (1..).zip(lives) {
        t.sent(Message {
            id: MessageId(n),
            conversation: A,
            author: Author::Guest,
            text: text.to_owned(),
            at: at(10 * n),
            delivery: DeliveryStatus::Queued,
            exchange: None,
            remote_id: None,
            resend_of: (n == 3).then_some(MessageId(2)),
            sent_as: None,
            extras: guestwire::model::Extras::default(),
        });
        t.of(A).delivery(MessageId(n), delivery, Some(ExchangeId(n)), None);
    }
    let new = vec![
        remote("3", Author::Guest, "Hi, I need help with my bill", 11),
        remote("4", Author::Bot, "Sure.", 12),
        remote("5", Author::Agent, HOSTILE, 100),
    ];
    t.of(A).merge_read(new);
    t
}

/// Lays a thread out and draws it.
fn draw_thread(t: &Threads, theme: &Theme, now: Moment, area: Rect, buf: &mut Buffer) {
    let mut pane = ThreadPane::default();
    let masks = guestwire::model::Masks::default();
    let dense = area.height < 12;
    let paper = RowContext {
        width: area.width,
        ascii: theme.ascii,
        zone: &TimeZone::UTC,
        now,
        masks: &masks,
        cause: &|_| None,
        dense,
    };
    pane.fit(Some(A), t, &paper, area.height);
    with_look(theme, now, |look| open_conversation::draw_rows(&pane.window, look, area, buf));
}

fn thread_at(t: &Threads, theme: &Theme, width: u16, height: u16) -> Buffer {
    let area = Rect::new(0, 0, width, height);
    let mut buf = Buffer::empty(area);
    draw_thread(t, theme, at(210), area, &mut buf);
    buf
}

const WIDTHS: [u16; 4] = [34, 60, 80, 100];

#[test]
fn composer_snapshots() {
    let long =
        "Could you tell me why I was charged twice? I have looked at my bill and it shows the same line two times.";
    for width in WIDTHS {
        let mut shown = String::new();
        for text in ["", long, "first line\nsecond line\n", HOSTILE] {
            let c = composing(text);
            let height = wanted_height(&c, at(0), width, 6);
            let (buf, cursor) = composer_at(&c, &theme(false, false), width, height);
            shown.push_str(&dump(&buf, cursor));
            shown.push_str("----\n");
        }
        let mut c = composing("n {{seq}} in {{run}}");
        c.snippets = vec![("x".to_owned(), String::new())];
        let (buf, cursor) = composer_at(&c, &theme(true, true), width, 5);
        shown.push_str(&dump(&buf, cursor));
        insta::assert_snapshot!(format!("composer_{width}"), shown);
    }
}

#[test]
fn picker_snapshots() {
    for width in WIDTHS {
        let mut p = conversations();
        let mut shown = dump(&picker_at(&p, &theme(false, false), width, 20), None);
        shown.push_str("---- tight, ascii\n");
        shown.push_str(&dump(&picker_at(&p, &theme(true, true), width, 5), None));
        shown.push_str("---- filtered\n");
        p.set_filter("'re");
        shown.push_str(&dump(&picker_at(&p, &theme(false, false), width, 4), None));
        shown.push_str("---- nothing\n");
        p.set_filter("zzz");
        shown.push_str(&dump(&picker_at(&p, &theme(false, false), width, 2), None));
        shown.push_str(&dump(&picker_at(&Conversations::new(vec![]), &theme(false, false), width, 3), None));
        insta::assert_snapshot!(format!("picker_{width}"), shown);
    }
}

#[test]
fn thread_snapshots() {
    for width in WIDTHS {
        let t = talk();
        let mut shown = dump(&thread_at(&t, &theme(false, false), width, 36), None);
        shown.push_str("---- the end of it, ascii\n");
        shown.push_str(&dump(&thread_at(&t, &theme(true, true), width, 7), None));
        insta::assert_snapshot!(format!("thread_{width}"), shown);
    }
}

#[test]
fn titles_and_counts() {
    let mut p = conversations();
    assert_eq!((conversations::aside(&p), conversations::count(&p)), ("", "6, 122 new".into()));
    p.toggle_sort();
    p.set_filter("billing");
    assert_eq!(conversations::aside(&p), "recent first");
    assert_eq!(conversations::count(&p), "1 of 6, 122 new");
}

#[test]
fn the_composer_grows_with_its_text_and_shows_the_cursor() {
    let mut c = Composer::new(0, "run", Vec::new());
    assert_eq!([0, 1, 2, 9].map(|max| wanted_height(&c, at(0), 20, max)), [0, 1, 1, 1]);
    c.paste("0123456789");
    assert_eq!(wanted_height(&c, at(0), 11, 9), 1);
    assert_eq!(wanted_height(&c, at(0), 10, 9), 2, "a cursor after a full row stands in the next");
    let (_, cursor) = composer_at(&c, &theme(false, false), 13, 3);
    assert_eq!(cursor, Some(Position { x: 3, y: 1 }));
    c.editor.line_start();
    assert_eq!(wanted_height(&c, at(0), 10, 9), 1);
    c.set_text("");
    c.paste(&"line\n".repeat(100));
    assert_eq!(wanted_height(&c, at(0), 10, 6), 6);
    // The cursor is in sight wherever it stands in a long text.
    for _ in 0..101 {
        let (_, cursor) = composer_at(&c, &theme(false, false), 10, 6);
        assert!(cursor.is_some());
        c.up();
    }
}

#[test]
fn colours_and_themes_change_no_letter() {
    let plain = |t: &Theme| {
        [
            dump(&composer_at(&composing(HOSTILE), t, 50, 4).0, None),
            dump(&picker_at(&conversations(), t, 50, 20), None),
            dump(&thread_at(&talk(), t, 50, 30), None),
        ]
    };
    assert_eq!(plain(&theme(false, false)), plain(&theme(false, true)));
    for screen in plain(&theme(true, true)) {
        let chrome: Vec<char> = screen.chars().filter(|c| "─│…→·".contains(*c)).collect();
        assert!(chrome.is_empty(), "{chrome:?} in\n{screen}");
    }
}

#[test]
fn nothing_that_a_terminal_would_obey_reaches_a_cell() {
    for buf in [
        composer_at(&composing(HOSTILE), &theme(false, false), 40, 5).0,
        picker_at(&conversations(), &theme(false, false), 40, 20),
        thread_at(&talk(), &theme(false, false), 40, 40),
    ] {
        let bad = |c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c) || c == '\u{200b}';
        let all: String = buf.content.iter().map(ratatui::buffer::Cell::symbol).collect();
        assert!(!all.contains(bad));
        assert!(all.contains('␛'));
    }
}

fn any_text() -> impl Strategy<Value = String> {
    let parts = prop::sample::select(vec![
        "word ",
        " ",
        "日本",
        "👩\u{200d}👩\u{200d}👧",
        "\n",
        "\u{1b}",
        "\u{202e}",
        "🇩🇪",
        "ﾊﾞ",
        "\u{301}",
        "x",
    ]);
    prop::collection::vec(parts, 0..40).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_size_and_no_text_is_too_much(
        width in 1u16..70, height in 1u16..24, x in 0u16..4, y in 0u16..4, text in any_text(), back in 0usize..30,
        ascii in any::<bool>(), up in -40isize..3,
    ) {
        let theme = theme(ascii, false);
        // A pane somewhere in a screen, partly outside of it, too.
        let screen = Rect::new(0, 0, width, height);
        let pane = Rect::new(x, y, width, height);
        let mut buf = Buffer::empty(screen);
        let mut c = composing(&text);
        (0..back).for_each(|_| c.editor.left());
        let cursor = with_look(&theme, at(0), |look| open_conversation::draw_editor(&c, look, pane, &mut buf));
        prop_assert!(cursor.is_none_or(|p| screen.contains(p) && pane.contains(p)));
        prop_assert!(cursor.is_some() || x + 3 >= width || y >= height);
        prop_assert!((1..=height).contains(&wanted_height(&c, at(0), width, height)));

        let mut p = conversations();
        p.set_nickname(A, &text);
        p.step(up);
        with_look(&theme, at(0), |look| conversations::draw(&p, look, pane, &mut buf));
        p.set_filter(&text);
        with_look(&theme, at(0), |look| conversations::draw(&p, look, pane, &mut buf));

        let mut t = talk();
        let long = RemoteMessage::new("long", Author::Bot, text.repeat(3), at(300).wall);
        t.of(A).merge_read(vec![long]);
        draw_thread(&t, &theme, at(302), pane, &mut buf);
    }

    #[test]
    fn the_text_in_the_composer_is_drawn_whole(text in any_text(), width in 9u16..60) {
        // As high as it takes: what stands on the screen is the text as it is made visible, row by row.
        // (A cluster that is wider than a whole row is cut, and does not count here.)
        prop_assume!(text.graphemes(true).all(|g| screen::width(&screen::visible(g)) <= usize::from(width)));
        let c = composing(&text);
        let height = wanted_height(&c, at(0), width, 200);
        prop_assume!(!text.is_empty());
        let (buf, cursor) = composer_at(&c, &theme(false, false), width + 3, height);
        prop_assert!(cursor.is_some());
        let drawn = dump(&buf, None);
        let squeeze = |s: &str| s.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        let drawn = squeeze(drawn.trim_start().strip_prefix('›').unwrap_or_default());
        let want: String = text.split('\n').map(|line| squeeze(&screen::visible(line))).collect();
        prop_assert_eq!(drawn, want);
    }
}
