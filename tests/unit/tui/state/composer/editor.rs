//! Keys in, text and cursor out; then random edits against a model that knows no bytes.
#![expect(clippy::unwrap_used, clippy::string_slice, reason = "tests")]

use proptest::prelude::*;
use unicode_segmentation::UnicodeSegmentation as _;

use super::*;

/// Types `keys` into an empty editor: characters are typed, `<name>` is a method, `\n` a new line. The result shows the
/// cursor as `¦`.
fn after(keys: &str) -> String {
    let mut editor = Editor::default();
    let mut rest = keys;
    let mut killed = String::new();
    while let Some(c) = rest.chars().next() {
        let name = rest.strip_prefix('<').and_then(|r| r.split_once('>'));
        let Some((name, after)) = name else {
            editor.insert_char(c);
            rest = &rest[c.len_utf8()..];
            continue;
        };
        match name {
            "left" => editor.left(),
            "right" => editor.right(),
            "home" => editor.line_start(),
            "end" => editor.line_end(),
            "top" => editor.place(0),
            "bottom" => editor.place(usize::MAX),
            "wl" => editor.word_left(),
            "wr" => editor.word_right(),
            "bs" => editor.backspace(),
            "del" => editor.delete(),
            "cw" => killed = editor.cut_word_back(),
            "ck" => killed = editor.cut_to_end(),
            "cu" => killed = editor.cut_to_start(),
            "cy" => editor.insert(&killed),
            "undo" => drop(editor.undo()),
            "redo" => drop(editor.redo()),
            "clear" => editor.set_text(""),
            other => panic!("no key {other}"),
        }
        rest = after;
    }
    format!("{}¦{}", editor.before(), editor.after())
}

#[test]
fn keys_do_what_fingers_expect() {
    let table = [
        // moving and erasing by cluster
        ("abc<left><left>x", "ax¦bc"),
        ("<left><bs><del><undo><redo><wl><wr>", "¦"),
        ("x👩‍👩‍👧y<left><bs>", "x¦y"),
        ("x👩‍👩‍👧y<left><left><del>", "x¦y"),
        ("🇩🇪🇫🇷<left><bs>", "¦🇫🇷"),
        ("👍🏽!<left><bs>", "¦!"),
        ("e\u{301}e\u{301}<bs>", "e\u{301}¦"),
        ("e\u{301}x<left><left><del>", "¦x"),
        ("日本語<left><bs>", "日¦語"),
        ("क्षत्रिय<bs>", "क्षत्रि¦"),
        ("क्षि<bs>", "¦"),
        ("한국어<left><left><del>", "한¦어"),
        ("✌️x<left><bs>", "¦x"),
        // lines
        ("ab\ncd<home><bs>", "ab¦cd"),
        ("ab\ncd<top><del><end><del>", "b¦cd"),
        ("ab\ncd<top>1<bottom>2<left><home>3", "1ab\n3¦cd2"),
        // words
        ("one two  three<wl><wl>", "one ¦two  three"),
        ("one, two<top><wr><wr>", "one, two¦"),
        ("don't<wl>", "don'¦t"),
        ("hi 👍👍 you<wl><wl>", "hi ¦👍👍 you"),
        ("你好，世界<wl>", "你好，¦世界"),
        ("snake_case x<wl><wl>", "¦snake_case x"),
        // killing and yanking
        ("one two  <cw>", "one ¦"),
        ("see https://x.y/z?q=1<cw>x", "see x¦"),
        ("hello 👍<cw>", "hello ¦"),
        ("one\n<cw>", "one¦"),
        ("one\n  two<cw><cw><cw>", "one¦"),
        ("one two<wl><ck><cy><cy>", "one twotwo¦"),
        ("one two<wl><cu>", "¦two"),
        ("ab\ncd<top><end><ck>", "ab¦cd"),
        ("ab\ncd<home><cu>", "ab¦cd"),
        // undo: a word at a time, an erased run at a time, everything else one by one
        ("one two three<undo>", "one two¦"),
        ("one two three<undo><undo>", "one¦"),
        ("one two three<undo><undo><undo><undo>", "¦"),
        ("one two<undo><redo>", "one two¦"),
        ("one two<undo>x<redo>", "onex¦"),
        ("ab<left>c<undo>", "a¦b"),
        ("abc<bs><bs><undo>", "abc¦"),
        ("abc<top><del><del><undo>", "¦abc"),
        ("a b<bs><bs><bs><undo><undo>", "a b¦"),
        ("text<clear><undo>", "text¦"),
        ("x👩‍👩‍👧<bs><undo>", "x👩‍👩‍👧¦"),
        ("one two<cw><undo>", "one two¦"),
        // what merges with its neighbour leaves the cursor after the cluster
        ("\u{301}<home>e", "e\u{301}¦"),
        ("\u{301}<home>e<undo>", "¦\u{301}"),
        ("👩\u{200d}👧<left>x<del><left><del>", "¦"),
        // every character is text
        ("/help :q ? \u{1b}[31m\t", "/help :q ? \u{1b}[31m\t¦"),
        ("a\rb", "a\nb¦"),
    ];
    for (keys, want) in table {
        assert_eq!(after(keys), want, "keys {keys:?}");
    }
}

#[test]
fn pasted_line_ends_become_newlines_and_nothing_else_changes() {
    let mut editor = Editor::default();
    editor.insert("a\r\nb\rc\n\t\u{1b}\u{7f}\u{202e}");
    assert_eq!(editor.text(), "a\nb\nc\n\t\u{1b}\u{7f}\u{202e}");
    assert!(editor.undo());
    assert_eq!(editor.text(), "", "a paste is one step");
}

#[test]
fn undo_is_bounded_and_keeps_the_newest() {
    let mut editor = Editor::default();
    for n in 0..3_000 {
        editor.insert(&format!("{n}\n"));
    }
    let mut steps = 0;
    while editor.undo() {
        steps += 1;
    }
    assert_eq!(steps, MAX_CHANGES);
    let big = "x".repeat(MAX_CHANGE_BYTES / 3 + 1);
    let mut editor = Editor::default();
    for _ in 0..5 {
        editor.insert(&big);
    }
    let mut steps = 0;
    while editor.undo() {
        steps += 1;
    }
    assert!((1..=2).contains(&steps), "{steps}");
}

/// A text as a list of characters, with clusters found from scratch each time.
#[derive(Default)]
struct Model {
    text: String,
    cursor: usize,
}

impl Model {
    fn edges(&self) -> Vec<usize> {
        self.text.grapheme_indices(true).map(|(at, _)| at).chain([self.text.len()]).collect()
    }

    fn replace(&mut self, from: usize, to: usize, with: &str) {
        self.text = format!("{}{with}{}", &self.text[..from], &self.text[to..]);
        self.settle(from + with.len());
    }

    fn settle(&mut self, at: usize) {
        self.cursor = self.edges().into_iter().find(|edge| *edge >= at).unwrap();
    }

    fn previous(&self) -> usize {
        self.edges().into_iter().rfind(|edge| *edge < self.cursor).unwrap_or(0)
    }

    fn next(&self) -> usize {
        self.edges().into_iter().find(|edge| *edge > self.cursor).unwrap_or(self.text.len())
    }
}

#[derive(Clone, Debug)]
enum Edit {
    Type(char),
    Insert(&'static str),
    Back,
    Delete,
    Left,
    Right,
    Home,
    End,
    KillEnd,
    KillStart,
    Set(&'static str),
}

fn edit() -> impl Strategy<Value = Edit> {
    let parts = ["e\u{301}", "👩\u{200d}👩\u{200d}👧", "🇩🇪", "क्षि", "日本", "a b\nc", "\u{200d}", "\u{1b}[0m", "한"];
    let set = prop::sample::select(vec!["", "x", "🇩🇪🇫🇷\n한국어"]);
    let chars = vec!['a', ' ', '\n', '\u{301}', '\u{200d}', '👩', '🇩', '\u{fe0f}', '\u{93f}', '\u{94d}', 'क', '日'];
    prop_oneof![
        8 => prop::sample::select(chars).prop_map(Edit::Type),
        2 => prop::sample::select(parts.to_vec()).prop_map(Edit::Insert),
        3 => Just(Edit::Back),
        2 => Just(Edit::Delete),
        4 => Just(Edit::Left),
        2 => Just(Edit::Right),
        1 => Just(Edit::Home),
        1 => Just(Edit::End),
        1 => Just(Edit::KillEnd),
        1 => Just(Edit::KillStart),
        1 => set.prop_map(Edit::Set),
    ]
}

fn both(editor: &mut Editor, model: &mut Model, edit: &Edit) {
    let at = model.cursor;
    let line_start = model.text[..at].rfind('\n').map_or(0, |n| n + 1);
    let line_end = model.text[at..].find('\n').map_or(model.text.len(), |n| at + n);
    match edit {
        Edit::Type(c) => {
            editor.insert_char(*c);
            model.replace(at, at, &c.to_string());
        }
        Edit::Insert(text) => {
            editor.insert(text);
            model.replace(at, at, text);
        }
        Edit::Back => {
            editor.backspace();
            model.replace(model.previous(), at, "");
        }
        Edit::Delete => {
            editor.delete();
            model.replace(at, model.next(), "");
        }
        Edit::Left => {
            editor.left();
            model.cursor = model.previous();
        }
        Edit::Right => {
            editor.right();
            model.cursor = model.next();
        }
        Edit::Home => {
            editor.line_start();
            model.cursor = line_start;
        }
        Edit::End => {
            editor.line_end();
            model.cursor = line_end;
        }
        Edit::KillEnd => {
            editor.cut_to_end();
            let end = if line_end == at { model.next() } else { line_end };
            model.replace(at, end, "");
        }
        Edit::KillStart => {
            editor.cut_to_start();
            let start = if line_start == at { model.previous() } else { line_start };
            model.replace(start, at, "");
        }
        Edit::Set(text) => {
            editor.set_text(text);
            model.text = (*text).to_owned();
            model.cursor = text.len();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_edits_agree_with_the_model_and_can_all_be_taken_back(edits in prop::collection::vec(edit(), 0..60)) {
        let (mut editor, mut model) = (Editor::default(), Model::default());
        for edit in &edits {
            both(&mut editor, &mut model, edit);
            prop_assert_eq!(editor.text(), &model.text, "after {:?}", edit);
            prop_assert_eq!(editor.cursor, model.cursor, "after {:?} in {:?}", edit, editor.text());
        }
        let end = editor.text().to_owned();
        let mut seen = vec![end.clone()];
        while editor.undo() {
            seen.push(editor.text().to_owned());
            prop_assert!(editor.text().is_char_boundary(editor.cursor));
        }
        prop_assert_eq!(editor.text(), "");
        for text in seen.iter().rev().skip(1) {
            prop_assert!(editor.redo());
            prop_assert_eq!(editor.text(), text);
        }
        prop_assert_eq!(editor.text(), end);
    }
}
