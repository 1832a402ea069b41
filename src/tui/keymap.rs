//! From keys to actions: the defaults with the config's changes; and what a key begins that ends by itself.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::action::{ACTIONS, Action, ActionRow, Context};
use super::chord::{Chord, KeySequence};
use crate::config::problem::{FilePosition, Located};
use crate::config::settings::KeyBinding;
use crate::model::Moment;
use crate::text::nearest;

/// How long the menu of a two-key binding waits before it shows.
const PREFIX_MENU: Duration = Duration::from_millis(400);
/// How long "press again to leave" holds.
const QUIT_HINT: Duration = Duration::from_secs(2);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyMeaning {
    Act(Action),
    /// The first of two keys.
    Prefix,
    /// Nothing: in a text field it is text.
    Unbound,
}

/// The live bindings.
#[derive(Clone, Debug)]
pub struct Keymap {
    bound: HashMap<(Context, KeySequence), Action>,
    keys: HashMap<Action, Vec<KeySequence>>,
    /// The keys that more may follow: asked for with every frame, for each key that is named.
    prefixes: HashSet<(Context, Chord)>,
}

impl Keymap {
    /// The defaults with `changes` over them; `enter_is_newline` swaps the keys of *send* and *new-line*. Or all that
    /// is wrong with the changes, each with its place.
    pub fn new(changes: &[KeyBinding], enter_is_newline: bool) -> Result<Self, Vec<Located<String>>> {
        let mut wrong = Vec::new();
        // The defaults are checked by a test.
        let defaults = |spec: &ActionRow| spec.keys.iter().filter_map(|key| KeySequence::parse(key).ok()).collect();
        let mut keys: HashMap<Action, Vec<_>> = ACTIONS.iter().map(|spec| (spec.action, defaults(spec))).collect();
        if enter_is_newline {
            let send = keys.remove(&Action::Send).unwrap_or_default();
            let new_line = keys.insert(Action::NewLine, send).unwrap_or_default();
            keys.insert(Action::Send, new_line);
        }
        let mut places: HashMap<Action, FilePosition> = HashMap::new();
        for change in changes {
            let mut note = |value, at| wrong.push(Located { value, at });
            let Ok(action) = find_action(change).map_err(|value| note(value, change.action.at)) else { continue };
            let chords = change.chords.iter();
            let bound = chords.filter_map(|c| KeySequence::parse(&c.value).map_err(|value| note(value, c.at)).ok());
            keys.insert(action, bound.collect());
            places.insert(action, change.chords.first().map_or(change.action.at, |chord| chord.at));
        }
        let mut map = Self { bound: HashMap::new(), keys: HashMap::new(), prefixes: HashSet::new() };
        let keys_of = |spec: &ActionRow| keys.get(&spec.action).into_iter().flatten();
        for (spec, key) in ACTIONS.iter().flat_map(|spec| keys_of(spec).map(move |key| (spec, *key))) {
            let own = places.get(&spec.action);
            if let (Some(why), Some(at)) = (unusable(spec.context, key), own) {
                let value = format!("“{}” cannot have the key {key}: {why}", spec.action);
                wrong.push(Located { value, at: *at });
                continue;
            }
            let (context, action) = (spec.context, spec.action);
            let taken = map.bound.insert((context, key), action).or_else(|| map.clash(context, key));
            if let Some(other) = taken.filter(|other| *other != action) {
                // Two defaults never clash, so one of the two was changed.
                let at = own.or_else(|| places.get(&other)).copied().unwrap_or(FilePosition { line: 1, column: 1 });
                let both = format!("the key {key} would be both “{other}” and “{action}”");
                let value = format!("in {}, {both}; give one of them another key", context.name());
                wrong.push(Located { value, at });
            }
        }
        wrong.sort_by_key(|problem| problem.at);
        let two = map.bound.keys().filter(|(_, keys)| keys.second.is_some());
        let prefixes = two.map(|(context, keys)| (*context, keys.first)).collect();
        if wrong.is_empty() { Ok(Self { keys, prefixes, ..map }) } else { Err(wrong) }
    }

    /// The action that stands in the way: a single key that is also the first of two, or the other way round.
    fn clash(&self, context: Context, key: KeySequence) -> Option<Action> {
        match key.second {
            Some(_) => self.bound.get(&(context, KeySequence { second: None, ..key })).copied(),
            None => self.after(context, key.first).first().map(|(_, action)| *action),
        }
    }

    /// What `chord` means in `context` itself (not in [`Context::Global`]), after `prefix` if there was one.
    pub fn resolve(&self, context: Context, prefix: Option<Chord>, chord: Chord) -> KeyMeaning {
        let keys = KeySequence { first: prefix.unwrap_or(chord), second: prefix.map(|_| chord) };
        match self.bound.get(&(context, keys)) {
            Some(action) => KeyMeaning::Act(*action),
            None if prefix.is_none() && self.prefixes.contains(&(context, chord)) => KeyMeaning::Prefix,
            None => KeyMeaning::Unbound,
        }
    }

    /// The action of a single key in `context` itself.
    pub(crate) fn action(&self, context: Context, chord: Chord) -> Option<Action> {
        self.bound.get(&(context, KeySequence { first: chord, second: None })).copied()
    }

    /// All keys of an action, in order.
    pub fn keys(&self, action: Action) -> &[KeySequence] {
        self.keys.get(&action).map_or(&[], Vec::as_slice)
    }

    /// The first key of an action, as text; empty where it has none.
    pub fn key(&self, action: Action) -> String {
        self.keys(action).first().map(ToString::to_string).unwrap_or_default()
    }

    /// The two-key actions that begin with `first` in `context`, with their second keys, in help order.
    pub fn after(&self, context: Context, first: Chord) -> Vec<(Chord, Action)> {
        let of = self.bound.iter().filter(|((c, keys), _)| *c == context && keys.first == first);
        let mut found: Vec<_> = of.filter_map(|((_, keys), action)| Some((keys.second?, *action))).collect();
        found.sort_by_key(|(_, action)| *action as usize);
        found
    }
}

/// Why a key cannot be bound in a context where one types.
fn unusable(context: Context, key: KeySequence) -> Option<&'static str> {
    match context {
        Context::Composer | Context::Dialog if key.first.typed().is_some() => {
            Some("it is text there; use one with ctrl- or alt-, or a key that types nothing")
        }
        Context::Dialog if key.second.is_some() => Some("dialogs take a single key"),
        _ => None,
    }
}

fn find_action(change: &KeyBinding) -> Result<Action, String> {
    let name = change.action.value.as_str();
    let Some(action) = Action::named(name) else {
        let near = nearest(name, ACTIONS.iter().map(|spec| spec.name));
        let hint = near.map_or_else(String::new, |near| format!("; did you mean “{near}”?"));
        return Err(format!("no action is named “{name}”{hint}"));
    };
    let (home, here) = (action.spec().context, change.context);
    if home == here {
        return Ok(action);
    }
    Err(format!("“{action}” belongs into [keys.{}], not into [keys.{}]", home.name(), here.name()))
}

/// What keys do, and which have begun something.
#[derive(Debug)]
pub struct KeyState {
    pub map: Keymap,
    /// The first of two keys, and when it was pressed.
    pub first: Option<(Chord, Moment)>,
    /// When "press again to leave" was said.
    pub quit_armed: Option<Moment>,
}

impl KeyState {
    /// The first of two keys, once the menu of what may follow is to be shown.
    pub fn menu_of(&self, now: Moment) -> Option<Chord> {
        self.first.filter(|(_, at)| now.since(*at) >= PREFIX_MENU).map(|(first, _)| first)
    }

    pub fn quit_is_armed(&self, now: Moment) -> bool {
        self.quit_armed.is_some_and(|at| now.since(at) < QUIT_HINT)
    }

    pub fn deadlines(&self) -> [Option<Moment>; 2] {
        [self.first.map(|(_, at)| at.after(PREFIX_MENU)), self.quit_armed.map(|at| at.after(QUIT_HINT))]
    }
}
