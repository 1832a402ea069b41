//! `{{seq}} {{uuid}} {{now}} {{run}}` in a text: expanded by a pure function, shown before sending.

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

/// What the variables stand for in one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Values {
    /// `{{seq}}`: counts the sent messages that use it, from 1.
    pub seq: u64,
    /// `{{uuid}}`: the same wherever it stands in one message, another in the next.
    pub uuid: Uuid,
    /// `{{now}}`: RFC 3339 in UTC, to the second.
    pub now: Timestamp,
    /// `{{run}}`: the same for the whole session.
    pub run: String,
}

/// What the variables will stand for in the messages to come.
#[derive(Clone, Debug, Default)]
pub struct ValueSource {
    seed: u128,
    run: String,
    /// How many messages had a number.
    numbered: u64,
    messages: u64,
    /// How many UUIDs were given for other things than messages.
    others: u64,
}

impl ValueSource {
    /// `seed` is what `{{uuid}}` grows from (random, from outside), `run` is what `{{run}}` says.
    pub fn new(seed: u128, run: &str) -> Self {
        Self { seed, run: run.to_owned(), ..Self::default() }
    }

    pub fn next(&self, now: Timestamp) -> Values {
        Values { seq: self.numbered + 1, uuid: uuid_from(self.seed, self.messages), now, run: self.run.clone() }
    }

    /// A message was sent with these values; `seq`: it used that one.
    pub fn sent(&mut self, seq: bool) {
        self.numbered += u64::from(seq);
        self.messages += 1;
    }

    /// A UUID that is in no message.
    pub fn new_uuid(&mut self) -> Uuid {
        self.others += 1;
        uuid_from(!self.seed, self.others)
    }
}

/// The names, with what each stands for (for help and for the hint about an unknown one).
pub const NAMES: [(&str, &str); 4] = [
    ("seq", "a number that counts up with each message that uses it"),
    ("uuid", "a new UUID for each message"),
    ("now", "the time of sending, UTC"),
    ("run", "the id of this session"),
];

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expansion {
    pub text: String,
    /// Which variables were filled in, each once, in order of appearance.
    pub used: Vec<&'static str>,
    /// Names in double braces that are no variables, each once: left as typed.
    pub unknown: Vec<String>,
}

/// Fills in the variables of `text`, and what was captured by name, once. An unknown name stays as it was typed.
pub fn expand(text: &str, values: &Values, captures: &BTreeMap<String, String>) -> Expansion {
    let mut out = Expansion::default();
    let mut rest = text;
    while let Some((before, name, after)) = next_name(rest) {
        out.text.push_str(before);
        if let Some((known, _)) = NAMES.iter().find(|(known, _)| *known == name) {
            out.text.push_str(&value(known, values));
            if !out.used.contains(known) {
                out.used.push(known);
            }
        } else if let Some(captured) = captures.get(name) {
            out.text.push_str(captured);
        } else {
            out.text.push_str(rest.get(before.len()..rest.len() - after.len()).unwrap_or_default());
            if !out.unknown.iter().any(|u| u == name) {
                out.unknown.push(name.to_owned());
            }
        }
        rest = after;
    }
    out.text.push_str(rest);
    out
}

fn value(name: &str, values: &Values) -> String {
    match name {
        "seq" => values.seq.to_string(),
        "uuid" => values.uuid.to_string(),
        "run" => values.run.clone(),
        _ => values.now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    }
}

/// The text before the next `{{name}}`, the name (ASCII letters, digits, `_`, `-`, blanks around it), and what follows.
pub fn next_name(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    loop {
        let open = from + text.get(from..)?.find("{{")?;
        let inside = text.get(open + 2..)?.trim_start_matches(' ');
        let length = inside.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')).count();
        let (name, after) = inside.split_at_checked(length)?;
        match after.trim_start_matches(' ').strip_prefix("}}") {
            Some(after) if length > 0 => return Some((text.get(..open)?, name, after)),
            _ => from = open + 1,
        }
    }
}

/// The `n`th UUID that grows from `seed`: version 4 in form, the same for the same two numbers.
pub fn uuid_from(seed: u128, n: u64) -> Uuid {
    let drawn = md5::compute([&seed.to_be_bytes()[..], &n.to_be_bytes()[..]].concat());
    uuid::Builder::from_random_bytes(drawn.0).into_uuid()
}
