//! Bindings, and what is wrong with them.
#![expect(clippy::unwrap_used, reason = "tests")]

use crate::config::problem::{FilePosition, Located};
use crate::config::settings::KeyBinding;
use crate::tui::keymap::*;
use crate::tui::{Action, Chord, Context};

fn change(context: Context, action: &str, keys: &[&str]) -> KeyBinding {
    let spot = |column, value: &str| Located { value: value.to_owned(), at: FilePosition { line: 7, column } };
    KeyBinding { context, action: spot(1, action), chords: keys.iter().map(|key| spot(20, key)).collect() }
}

fn chord(name: &str) -> Chord {
    Chord::parse(name).unwrap()
}

#[test]
fn the_defaults_bind_without_a_clash() {
    let map = Keymap::new(&[], false).unwrap();
    assert_eq!(map.resolve(Context::Log, None, chord("]")), KeyMeaning::Act(Action::NextError));
    assert_eq!(map.resolve(Context::Log, None, chord("y")), KeyMeaning::Prefix);
    assert_eq!(map.resolve(Context::Log, Some(chord("y")), chord("c")), KeyMeaning::Act(Action::CopyCurl));
    assert_eq!(map.resolve(Context::Composer, None, chord("?")), KeyMeaning::Unbound);
}

#[test]
fn enter_and_its_pair_swap() {
    let map = Keymap::new(&[], true).unwrap();
    assert_eq!(map.resolve(Context::Composer, None, chord("enter")), KeyMeaning::Act(Action::NewLine));
    assert_eq!(map.resolve(Context::Composer, None, chord("ctrl-j")), KeyMeaning::Act(Action::Send));
}

#[test]
fn overrides_replace_the_defaults() {
    let map = Keymap::new(&[change(Context::Log, "next-error", &["x"])], false).unwrap();
    assert_eq!(map.resolve(Context::Log, None, chord("x")), KeyMeaning::Act(Action::NextError));
    assert_eq!(map.resolve(Context::Log, None, chord("]")), KeyMeaning::Unbound);
    assert_eq!(map.key(Action::NextError), "x");
}

#[test]
fn mistakes_are_sentences_with_their_places() {
    for (context, action, key, column, part) in [
        (Context::Log, "next-error", "m", 20, "in log, the key m would be both"),
        (Context::Log, "mark", "y", 20, "would be both"),
        (Context::Log, "next-eror", "x", 1, "did you mean “next-error”?"),
        (Context::Picker, "next-error", "x", 1, "belongs into [keys.log]"),
        (Context::Log, "mark", "hyper-x", 20, "“hyper”"),
    ] {
        let wrong = Keymap::new(&[change(context, action, &[key])], false).unwrap_err();
        let [problem] = wrong.as_slice() else { panic!("{wrong:?}") };
        assert_eq!(problem.at, FilePosition { line: 7, column }, "{problem:?}");
        assert!(problem.value.contains(part), "{problem:?}");
    }
    let two = [change(Context::Log, "nothing", &[]), change(Context::Log, "mark", &["hyper-x"])];
    assert_eq!(Keymap::new(&two, false).unwrap_err().len(), 2, "all are told");
}
