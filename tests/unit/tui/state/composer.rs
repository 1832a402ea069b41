//! Drafts, history, refusals, snippets, variables, hints, what a message carries, and what a key costs.
#![expect(clippy::unwrap_used, reason = "tests")]

use crate::model::channel::attributes_bytes;
use crate::model::{ConversationKey, Moment, Objection};
use crate::session::local::attachment;
use crate::tui::state::composer::editor::Editor;
use crate::tui::state::composer::*;
use crate::tui::theme::StyleRole;

const A: ConversationKey = ConversationKey(1);
const B: ConversationKey = ConversationKey(2);
const NOW: Moment = Moment::ZERO;

fn typed(composer: &mut Composer, text: &str) {
    text.chars().for_each(|c| composer.edited().insert_char(c));
}

fn notice(composer: &Composer) -> Option<(String, StyleRole)> {
    composer.notice(NOW, || "Ctrl-J".to_owned())
}

fn sent(composer: &mut Composer, text: &str) {
    composer.set_text(text);
    composer.take_for_send(NOW).unwrap();
}

#[test]
fn each_conversation_keeps_its_draft_cursor_and_undo() {
    let mut c = Composer::new(0, "run", Vec::new());
    c.switch(A);
    typed(&mut c, "for a");
    c.editor.left();
    c.switch(B);
    assert_eq!((c.text(), c.draft_of(A), c.draft_of(B)), ("", ("for a", 4), ("", 0)));
    typed(&mut c, "for b");
    c.switch(A);
    typed(&mut c, "!");
    assert_eq!(c.text(), "for !a");
    assert!(c.edited().undo() && c.edited().undo());
    assert_eq!(c.text(), "for");
    assert_eq!((c.draft_of(A), c.draft_of(B)), (("for", 3), ("for b", 5)));
    c.switch(ConversationKey(3));
    assert_eq!((c.active(), c.text()), (Some(ConversationKey(3)), ""));
    c.restore_draft(B, "kept", 2);
    c.switch(B);
    c.edited().insert_char('!');
    assert_eq!(c.text(), "ke!pt");
}

#[test]
fn a_refused_text_stays_with_the_reason() {
    let mut c = Composer::new(0, "run", Vec::new());
    for blank in ["", "  \n\t "] {
        c.set_text(blank);
        assert_eq!(c.take_for_send(NOW), Err(Objection::Empty));
        assert_eq!(c.text(), blank);
        assert_eq!(notice(&c).unwrap().1, StyleRole::Warning);
    }
    let long = "é".repeat(2049);
    c.set_text(&long);
    assert_eq!(c.bytes(NOW), 4098);
    assert_eq!(notice(&c).unwrap().0, "2 bytes too many: not sent until it is shorter");
    assert_eq!(c.take_for_send(NOW), Err(Objection::TextTooLong(4098)));
    assert_eq!(c.text(), long);
    assert!(
        notice(&c).unwrap().0.contains("not sent: the text has 4098 bytes, 2 more than the limit of 4096"),
        "{}",
        notice(&c).unwrap().0
    );
    c.edited().backspace();
    assert_eq!(c.take_for_send(NOW).unwrap().len(), 4096);
    assert!(c.text().is_empty());
    assert_eq!(notice(&c), None);
    assert!(c.search_history("").len() == 1, "refused texts are not history");
}

#[test]
fn the_limit_counts_what_would_be_sent() {
    let mut c = Composer::new(1, "r", Vec::new());
    c.set_text(&format!("{}{{{{uuid}}}}", "x".repeat(4070)));
    assert_eq!(c.text().len(), 4078);
    assert_eq!(c.take_for_send(NOW), Err(Objection::TextTooLong(4106)));
    c.set_text("{{run}}");
    let mut blank = Composer::new(1, " ", Vec::new());
    blank.set_text("{{run}}");
    assert_eq!(blank.check(NOW), Err(Objection::Empty));
}

#[test]
fn up_and_down_keep_the_column_as_far_as_a_line_has_it() {
    for (text, ups, downs, want) in [
        ("ab\ncd", 1, 0, "ab¦\ncd"),
        ("long line\nab\nlonger line", 2, 0, "long line¦\nab\nlonger line"),
        ("日本語\nab", 1, 0, "日¦本語\nab"),
        ("a\n\nb", 2, 2, "a\n\nb¦"),
    ] {
        for cells in [0, 40] {
            let mut c = Composer::new(0, "run", Vec::new());
            c.width = cells;
            typed(&mut c, text);
            (0..ups).for_each(|_| c.up());
            (0..downs).for_each(|_| c.down());
            let editor = &c.editor;
            assert_eq!(format!("{}¦{}", editor.before(), editor.after()), want, "{cells} cells");
        }
    }
}

#[test]
fn up_and_down_walk_the_history_and_the_draft_comes_back() {
    let mut c = Composer::new(0, "run", Vec::new());
    for text in ["one", "two\nlines", "two\nlines", "three"] {
        sent(&mut c, text);
    }
    typed(&mut c, "draft");
    c.editor.left();
    c.up();
    assert_eq!(c.text(), "three");
    assert_eq!(notice(&c).unwrap().0, "history 1 of 3; the draft is below the newest");
    c.up();
    assert_eq!(c.text(), "two\nlines");
    c.up();
    assert_eq!(c.text(), "two\nlines", "first to the line above");
    c.up();
    assert_eq!(c.text(), "one");
    c.up();
    assert_eq!(c.text(), "one", "the oldest stays");
    c.down();
    c.down();
    c.down();
    assert_eq!(c.text(), "draft");
    c.edited().insert_char('!');
    assert_eq!(c.text(), "draf!t", "with its cursor");
    c.down();
    assert_eq!(c.text(), "draf!t");
}

#[test]
fn editing_a_text_of_the_history_makes_it_the_draft_and_undo_brings_the_old_one_back() {
    let mut c = Composer::new(0, "run", Vec::new());
    c.switch(B);
    sent(&mut c, "one");
    sent(&mut c, "two");
    typed(&mut c, "draft");
    c.up();
    c.up();
    c.edited().insert_char('!');
    c.down();
    assert_eq!(c.text(), "one!", "no longer walking");
    assert!(c.edited().undo() && c.edited().undo());
    assert_eq!(c.text(), "draft");
    c.up();
    assert_eq!(c.text(), "two", "a new walk begins at the newest");
    c.switch(A);
    c.switch(B);
    assert_eq!(c.text(), "draft", "turning to another conversation ends the walk");
    c.down();
    assert_eq!(c.text(), "draft");
    let mut empty = Composer::new(0, "run", Vec::new());
    empty.up();
    empty.down();
    assert!(empty.text().is_empty() && !empty.edited().undo());
}

#[test]
fn sending_a_text_of_the_history_keeps_the_draft() {
    let mut c = Composer::new(0, "run", Vec::new());
    sent(&mut c, "one");
    typed(&mut c, "draft");
    c.up();
    assert_eq!(c.take_for_send(NOW).unwrap(), "one");
    assert_eq!(c.text(), "draft");
    assert_eq!(c.take_for_send(NOW).unwrap(), "draft");
    assert!(c.text().is_empty() && c.edited().undo());
    assert_eq!(c.text(), "draft", "a sent text can be had back");
}

#[test]
fn history_is_searched_newest_first() {
    let mut c = Composer::new(0, "run", Vec::new());
    for text in ["Hello Bill", "bye", "my BILL", "hello bill", "bye"] {
        sent(&mut c, text);
    }
    let found = c.search_history("bill");
    assert_eq!(found, ["hello bill", "my BILL", "Hello Bill"]);
    assert!(c.search_history("nothing").is_empty());
    assert_eq!(c.search_history("bye").len(), 1);
    typed(&mut c, "draft");
    c.set_text(&found[1]);
    c.edited().undo();
    assert_eq!(c.text(), "draft");
}

#[test]
fn snippets_and_variables() {
    let snippet = ("hi".to_owned(), "Hi, this is {{run}} #{{seq}}".to_owned());
    let mut c = Composer::new(42, "run-7", vec![snippet]);
    typed(&mut c, "> ");
    let snippet = c.snippets[0].1.clone();
    c.edited().insert(&snippet);
    assert_eq!(c.preview(NOW).unwrap(), "> Hi, this is run-7 #1");
    assert_eq!(c.take_for_send(NOW).unwrap(), "> Hi, this is run-7 #1");
    c.set_text("no variable");
    assert_eq!(c.preview(NOW), None);
    c.take_for_send(NOW).unwrap();
    c.set_text("{{seq}} {{uuid}} {{now}}");
    let preview = c.preview(NOW).unwrap();
    assert!(preview.starts_with("2 ") && preview.ends_with(" 1970-01-01T00:00:00Z"), "{preview}");
    assert_eq!(c.take_for_send(NOW).unwrap(), preview, "what was shown is what is sent");
    c.up();
    assert_eq!(c.text(), "{{seq}} {{uuid}} {{now}}", "history keeps what was typed");
    let uuid = |text: &str| text.split(' ').nth(1).map(str::to_owned).unwrap();
    assert_ne!(uuid(&c.preview(NOW).unwrap()), uuid(&preview), "each message has its own");
    c.set_text("{{sequ}}");
    assert_eq!(c.preview(NOW), None);
    assert!(notice(&c).unwrap().0.starts_with("{{sequ}} is not a variable"), "{}", notice(&c).unwrap().0);
    assert_eq!(c.check(NOW).unwrap(), "{{sequ}}");
}

#[test]
fn paste_never_sends_and_says_how_many_lines() {
    let mut c = Composer::new(0, "run", Vec::new());
    c.paste(&"line\r\n".repeat(14));
    assert_eq!(c.text().lines().count(), 14);
    assert_eq!(notice(&c).unwrap().0, "14 lines: Ctrl-J sends them as one message");
    c.edited().insert_char('x');
    assert_eq!(notice(&c), None);
    c.set_text("");
    c.paste("one line\n");
    assert_eq!(notice(&c), None);
    c.set_text("");
    c.edited().undo();
    assert_eq!(c.text(), "one line\n");
}

#[test]
fn killed_text_is_kept_across_conversations() {
    let mut c = Composer::new(0, "run", Vec::new());
    typed(&mut c, "one two");
    c.kill(Editor::cut_word_back);
    c.kill(Editor::cut_to_end);
    c.switch(B);
    c.yank();
    c.yank();
    assert_eq!(c.text(), "twotwo");
    c.edited().undo();
    assert_eq!(c.text(), "two");
    c.kill(Editor::cut_to_start);
    assert!(c.text().is_empty());
}

/// A key's budget is 50 µs (`cargo bench --bench update`). Here, that its work does not grow with the text: laying it out
/// anew, or a copy of it for undoing, would take memory for all of it.
#[test]
fn a_key_does_not_cost_more_in_a_long_text() {
    let keys = |c: &mut Composer| {
        c.edited().insert_char('x');
        c.editor.left();
        c.editor.word_right();
        c.edited().backspace();
    };
    let cost = |text: &str, go: fn(&mut Composer)| {
        let mut c = Composer::new(0, "run", Vec::new());
        c.paste(text);
        go(&mut c);
        // The first key may have to make room.
        keys(&mut c);
        allocation_counter::measure(|| (0..10).for_each(|_| keys(&mut c))).bytes_total
    };
    for text in ["hello world\n".repeat(43_000), "日本 ".repeat(74_000), "👩‍👩‍👧 ".repeat(27_000)] {
        for go in [|c: &mut Composer| c.editor.place(0), |c: &mut Composer| c.editor.place(usize::MAX)] {
            let bytes = cost(&text, go);
            assert!(bytes < 10_000, "{bytes} bytes for 40 keys in a text of {}", text.len());
        }
    }
}

#[test]
fn up_and_down_go_by_rows_as_they_stand_on_the_screen() {
    let mut c = Composer::new(0, "run", Vec::new());
    c.width = 8;
    sent(&mut c, "older");
    // Rows: "one two " "three " "日本語" / "end"
    c.paste("one two three 日本語\nend");
    let mut places = vec![c.editor.cursor()];
    for _ in 0..3 {
        c.up();
        places.push(c.editor.cursor());
    }
    // "end¦" is column 3: inside the second wide cluster, then before "ee", then before " two".
    assert_eq!(places, [27, 17, 11, 3]);
    c.down();
    c.down();
    c.down();
    assert_eq!(c.editor.cursor(), 27, "and back the same way");
    for _ in 0..4 {
        c.up();
    }
    assert_eq!(c.text(), "older", "above the first row begins the history");
    c.down();
    assert!(c.text().starts_with("one two"));
    // A cursor after a full row stands at the beginning of the next.
    c.set_text("12345678");
    c.up();
    assert_eq!(c.editor.cursor(), 0);
    c.down();
    assert_eq!((c.text(), c.editor.cursor()), ("12345678", 0), "one row only: nothing newer either");
    // Also in a line that is very long.
    c.set_text(&"1234567 ".repeat(10_000));
    c.editor.left();
    c.up();
    assert_eq!(c.editor.cursor(), 79_991);
}

#[test]
fn what_is_carried_belongs_to_its_conversation_and_goes_with_the_next_message() {
    let (one, two) = (ConversationKey(1), ConversationKey(2));
    let mut composer = Composer::new(0, "run", Vec::new());
    composer.switch(one);
    composer.carried_mut(one).attributes.insert("run".to_owned(), "1".to_owned());
    composer.carried_mut(one).attributes.insert("run".to_owned(), "42".to_owned());
    composer.carried_mut(one).attachments.push(attachment("a.png").unwrap());
    composer.switch(two);
    assert_eq!(composer.carried(), None);
    composer.switch(one);
    assert_eq!(composer.carried().map(|e| (e.attributes.len(), e.attachments.len())), Some((1, 1)));
    composer.carried_mut(one).attributes.clear();
    assert_eq!(composer.carried().map(|e| (e.attributes.len(), e.attachments.len())), Some((0, 1)));
    // A file may go without a word.
    assert_eq!(composer.take_for_send(NOW).as_deref(), Ok(""));
    assert_eq!(composer.take_carried().attachments.len(), 1);
    assert_eq!(composer.carried(), None);
    assert_eq!(composer.take_for_send(NOW), Err(Objection::Empty));
}

#[test]
fn attributes_have_a_limit() {
    let key = ConversationKey(1);
    let mut composer = Composer::new(0, "run", Vec::new());
    composer.switch(key);
    composer.set_text("hello");
    composer.carried_mut(key).attributes.insert("a".to_owned(), "x".repeat(2_040));
    assert_eq!(attributes_bytes(&composer.carried().unwrap().attributes), 2_048);
    assert!(composer.check(NOW).is_ok());
    composer.carried_mut(key).attributes.insert("a".to_owned(), "x".repeat(2_041));
    let refused = composer.take_for_send(NOW);
    assert_eq!(refused, Err(Objection::AttributesTooLarge(2_049)));
    assert!(composer.carried().is_some(), "what is refused stays");
}
