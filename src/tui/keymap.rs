//! From keys to actions. Built from the defaults and the config's overrides; help, footer and palette read it back.

use std::collections::HashMap;

use super::action::{ACTIONS, Action, Context};
use super::chord::{Chord, Keys};

/// One line of `[keys.CONTEXT]`: an action's name and the keys that it shall have instead of its defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// The table it stands in: `global`, `log`, …
    pub context: String,
    /// The action's name.
    pub action: String,
    /// Its keys; none unbinds it.
    pub keys: Vec<String>,
    /// Where it stands, for messages: `config.toml:12:3`.
    pub place: String,
}

/// What a key means here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
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
    keys: HashMap<Action, Vec<Keys>>,
}

impl Default for Keymap {
    fn default() -> Self {
        // The defaults are checked by a test; an error here would leave the keys that could be bound.
        Self::new(&[], false).unwrap_or_else(|_| Self {
            one: HashMap::new(),
            two: HashMap::new(),
            keys: HashMap::new(),
        })
    }
}

impl Keymap {
    /// The defaults with `overrides` over them. `enter_is_newline` swaps the keys of *send* and *new-line*.
    ///
    /// # Errors
    /// A sentence with the place: unknown context, unknown action (with the nearest name), unknown key, or a key that two
    /// actions of one context want.
    pub fn new(overrides: &[Override], enter_is_newline: bool) -> Result<Self, String> {
        let mut keys: HashMap<Action, Vec<Keys>> = HashMap::new();
        for spec in ACTIONS {
            let parsed = spec.keys.iter().map(|k| Keys::parse(k)).collect::<Result<Vec<_>, _>>()?;
            keys.insert(spec.action, parsed);
        }
        if enter_is_newline {
            let send = keys.remove(&Action::Send).unwrap_or_default();
            let new_line = keys.remove(&Action::NewLine).unwrap_or_default();
            keys.insert(Action::Send, new_line);
            keys.insert(Action::NewLine, send);
        }
        let mut places: HashMap<Action, &str> = HashMap::new();
        for change in overrides {
            let action = find_action(change)?;
            let parsed = change.keys.iter().map(|k| Keys::parse(k)).collect::<Result<Vec<_>, _>>();
            keys.insert(action, parsed.map_err(|why| format!("{}: {why}", change.place))?);
            places.insert(action, &change.place);
        }
        Self::bind(keys, &places)
    }

    fn bind(keys: HashMap<Action, Vec<Keys>>, places: &HashMap<Action, &str>) -> Result<Self, String> {
        let mut map = Self { one: HashMap::new(), two: HashMap::new(), keys };
        for spec in ACTIONS {
            for &key in map.keys.get(&spec.action).map_or(&[][..], Vec::as_slice) {
                if let Some(why) = unusable(spec.context, key) {
                    let place = places.get(&spec.action).copied().unwrap_or("[keys]");
                    return Err(format!("{place}: “{}” cannot have the key {key}: {why}", spec.action));
                }
                let taken = match key.second {
                    None => map.one.insert((spec.context, key.first), spec.action),
                    Some(second) => map.two.insert((spec.context, key.first, second), spec.action),
                };
                let taken = taken.or_else(|| map.clash(spec.context, key));
                if let Some(other) = taken.filter(|&other| other != spec.action) {
                    let place = places.get(&spec.action).or_else(|| places.get(&other)).copied().unwrap_or("[keys]");
                    return Err(format!(
                        "{place}: in {}, the key {key} would be both “{other}” and “{}”; give one of them another key",
                        spec.context.name(),
                        spec.action
                    ));
                }
            }
        }
        Ok(map)
    }

    /// The action that stands in the way: a single key that is also the first of two, or the other way round.
    fn clash(&self, context: Context, key: Keys) -> Option<Action> {
        match key.second {
            Some(_) => self.one.get(&(context, key.first)).copied(),
            None => self.two.iter().find(|((c, first, _), _)| *c == context && *first == key.first).map(|(_, a)| *a),
        }
    }

    /// What `chord` means in `context` itself (not in [`Context::Global`]), after `prefix` if there was one.
    pub fn resolve(&self, context: Context, prefix: Option<Chord>, chord: Chord) -> Meaning {
        if let Some(first) = prefix {
            return self.two.get(&(context, first, chord)).map_or(Meaning::Unbound, |&a| Meaning::Act(a));
        }
        if let Some(&action) = self.one.get(&(context, chord)) {
            return Meaning::Act(action);
        }
        let is_prefix = self.two.keys().any(|(c, first, _)| *c == context && *first == chord);
        if is_prefix { Meaning::Prefix } else { Meaning::Unbound }
    }

    /// All keys of an action, in order.
    pub fn keys(&self, action: Action) -> &[Keys] {
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
fn unusable(context: Context, key: Keys) -> Option<&'static str> {
    match context {
        Context::Composer | Context::Dialog if key.first.typed().is_some() => {
            Some("it is text there; use one with ctrl- or alt-, or a key that types nothing")
        }
        Context::Dialog if key.second.is_some() => Some("dialogs take a single key"),
        _ => None,
    }
}

fn find_action(change: &Override) -> Result<Action, String> {
    let place = &change.place;
    let nearest = |wanted: &str, names: &mut dyn Iterator<Item = &'static str>| {
        names
            .map(|name| (strsim::jaro_winkler(wanted, name), name))
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .filter(|(score, _)| *score > 0.7)
            .map(|(_, name)| format!("; did you mean “{name}”?"))
            .unwrap_or_default()
    };
    let Some(context) = Context::ALL.into_iter().find(|c| c.name() == change.context) else {
        let hint = nearest(&change.context, &mut Context::ALL.into_iter().map(Context::name));
        return Err(format!("{place}: [keys.{}] is not a place where keys are resolved{hint}", change.context));
    };
    let Some(action) = Action::named(&change.action) else {
        let hint = nearest(&change.action, &mut ACTIONS.iter().map(|s| s.name));
        return Err(format!("{place}: no action is named “{}”{hint}", change.action));
    };
    if action.spec().context != context {
        let home = action.spec().context.name();
        return Err(format!("{place}: “{action}” belongs into [keys.{home}], not into [keys.{}]", context.name()));
    }
    Ok(action)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn change(context: &str, action: &str, keys: &[&str]) -> Override {
        Override {
            context: context.to_owned(),
            action: action.to_owned(),
            keys: keys.iter().map(|k| (*k).to_owned()).collect(),
            place: "config.toml:7:1".to_owned(),
        }
    }

    fn chord(name: &str) -> Chord {
        Chord::parse(name).unwrap()
    }

    #[test]
    fn the_defaults_bind_without_a_clash() {
        let map = Keymap::new(&[], false).unwrap();
        assert_eq!(map.resolve(Context::Log, None, chord("]")), Meaning::Act(Action::NextError));
        assert_eq!(map.resolve(Context::Log, None, chord("y")), Meaning::Prefix);
        assert_eq!(map.resolve(Context::Log, Some(chord("y")), chord("c")), Meaning::Act(Action::CopyCurl));
        assert_eq!(map.resolve(Context::Composer, None, chord("?")), Meaning::Unbound);
    }

    #[test]
    fn enter_and_its_pair_swap() {
        let map = Keymap::new(&[], true).unwrap();
        assert_eq!(map.resolve(Context::Composer, None, chord("enter")), Meaning::Act(Action::NewLine));
        assert_eq!(map.resolve(Context::Composer, None, chord("ctrl-j")), Meaning::Act(Action::Send));
    }

    #[test]
    fn overrides_replace_the_defaults() {
        let map = Keymap::new(&[change("log", "next-error", &["x"])], false).unwrap();
        assert_eq!(map.resolve(Context::Log, None, chord("x")), Meaning::Act(Action::NextError));
        assert_eq!(map.resolve(Context::Log, None, chord("]")), Meaning::Unbound);
        assert_eq!(map.key(Action::NextError), "x");
    }

    #[test]
    fn mistakes_are_sentences_with_the_place() {
        let said = |c: Override| Keymap::new(&[c], false).unwrap_err();
        let clash = said(change("log", "next-error", &["m"]));
        assert!(clash.starts_with("config.toml:7:1: in log, the key m would be both"), "{clash}");
        assert!(said(change("log", "next-eror", &["x"])).contains("did you mean “next-error”?"));
        assert!(said(change("lag", "next-error", &["x"])).contains("did you mean “log”?"));
        assert!(said(change("picker", "next-error", &["x"])).contains("belongs into [keys.log]"));
        assert!(said(change("log", "mark", &["y"])).contains("would be both"));
        assert!(said(change("log", "mark", &["hyper-x"])).contains("config.toml:7:1: “hyper”"));
    }
}
