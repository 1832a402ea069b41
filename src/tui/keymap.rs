//! From keys to actions. Built from the defaults and the config's overrides; help, footer and palette read it back.

use std::collections::HashMap;

use super::action::{ACTIONS, Action, Context};
use super::chord::{Chord, KeySequence};
use crate::config::problem::{FilePosition, Spot};
use crate::config::settings::KeyBinding;
use crate::text::suggest::nearest;

/// What a key means here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyMeaning {
    /// An action.
    Act(Action),
    /// The first of two keys.
    Prefix,
    /// Nothing: in a text field it is text.
    Unbound,
}

/// The live bindings.
#[derive(Clone, Debug)]
pub struct Keymap {
    one: HashMap<(Context, Chord), Action>,
    two: HashMap<(Context, Chord, Chord), Action>,
    keys: HashMap<Action, Vec<KeySequence>>,
}

impl Default for Keymap {
    fn default() -> Self {
        // Nothing is wrong with no changes.
        Self::new(&[], false).unwrap_or_else(|_| Self {
            one: HashMap::new(),
            two: HashMap::new(),
            keys: HashMap::new(),
        })
    }
}

impl Keymap {
    /// The defaults with `changes` over them. `enter_is_newline` swaps the keys of *send* and *new-line*.
    ///
    /// # Errors
    /// All that is wrong with the changes, each with its place: an unknown action (with the nearest name), an unknown
    /// key, a key that cannot be bound there, or one that two actions of one context want.
    pub fn new(changes: &[KeyBinding], enter_is_newline: bool) -> Result<Self, Vec<Spot<String>>> {
        let mut wrong = Vec::new();
        let mut keys: HashMap<Action, Vec<KeySequence>> = HashMap::new();
        for spec in ACTIONS {
            // The defaults are checked by a test.
            keys.insert(spec.action, spec.keys.iter().filter_map(|k| KeySequence::parse(k).ok()).collect());
        }
        if enter_is_newline {
            let send = keys.remove(&Action::Send).unwrap_or_default();
            let new_line = keys.remove(&Action::NewLine).unwrap_or_default();
            keys.insert(Action::Send, new_line);
            keys.insert(Action::NewLine, send);
        }
        let mut places: HashMap<Action, FilePosition> = HashMap::new();
        for change in changes {
            let action = match find_action(change) {
                Ok(action) => action,
                Err(sentence) => {
                    wrong.push(Spot { value: sentence, at: change.action.at });
                    continue;
                }
            };
            let mut bound = Vec::new();
            for chord in &change.chords {
                match KeySequence::parse(&chord.value) {
                    Ok(keys) => bound.push(keys),
                    Err(value) => wrong.push(Spot { value, at: chord.at }),
                }
            }
            keys.insert(action, bound);
            places.insert(action, change.chords.first().map_or(change.action.at, |chord| chord.at));
        }
        let map = Self::bind(keys, &places, &mut wrong);
        wrong.sort_by_key(|problem| problem.at);
        if wrong.is_empty() { Ok(map) } else { Err(wrong) }
    }

    fn bind(
        keys: HashMap<Action, Vec<KeySequence>>,
        places: &HashMap<Action, FilePosition>,
        wrong: &mut Vec<Spot<String>>,
    ) -> Self {
        let mut map = Self { one: HashMap::new(), two: HashMap::new(), keys };
        for spec in ACTIONS {
            for key in map.keys.get(&spec.action).cloned().unwrap_or_default() {
                let own = places.get(&spec.action);
                if let (Some(why), Some(at)) = (unusable(spec.context, key), own) {
                    let value = format!("“{}” cannot have the key {key}: {why}", spec.action);
                    wrong.push(Spot { value, at: *at });
                    continue;
                }
                let taken = match key.second {
                    None => map.one.insert((spec.context, key.first), spec.action),
                    Some(second) => map.two.insert((spec.context, key.first, second), spec.action),
                };
                let taken = taken.or_else(|| map.clash(spec.context, key)).filter(|&other| other != spec.action);
                let Some(other) = taken else { continue };
                // Two defaults never clash, so one of the two was changed.
                let at = own.or_else(|| places.get(&other)).copied().unwrap_or(FilePosition { line: 1, column: 1 });
                let value = format!(
                    "in {}, the key {key} would be both “{other}” and “{}”; give one of them another key",
                    spec.context.name(),
                    spec.action
                );
                wrong.push(Spot { value, at });
            }
        }
        map
    }

    /// The action that stands in the way: a single key that is also the first of two, or the other way round.
    fn clash(&self, context: Context, key: KeySequence) -> Option<Action> {
        match key.second {
            Some(_) => self.one.get(&(context, key.first)).copied(),
            None => self.two.iter().find(|((c, first, _), _)| *c == context && *first == key.first).map(|(_, a)| *a),
        }
    }

    /// What `chord` means in `context` itself (not in [`Context::Global`]), after `prefix` if there was one.
    pub fn resolve(&self, context: Context, prefix: Option<Chord>, chord: Chord) -> KeyMeaning {
        if let Some(first) = prefix {
            return self.two.get(&(context, first, chord)).map_or(KeyMeaning::Unbound, |&a| KeyMeaning::Act(a));
        }
        if let Some(&action) = self.one.get(&(context, chord)) {
            return KeyMeaning::Act(action);
        }
        let is_prefix = self.two.keys().any(|(c, first, _)| *c == context && *first == chord);
        if is_prefix { KeyMeaning::Prefix } else { KeyMeaning::Unbound }
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
        let mut found: Vec<(Chord, Action)> = self
            .two
            .iter()
            .filter(|((c, f, _), _)| *c == context && *f == first)
            .map(|((_, _, second), action)| (*second, *action))
            .collect();
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
    let home = action.spec().context;
    if home != change.context {
        return Err(format!(
            "“{action}” belongs into [keys.{}], not into [keys.{}]",
            home.name(),
            change.context.name()
        ));
    }
    Ok(action)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
#[path = "../../tests/unit/tui/keymap.rs"]
mod tests;
