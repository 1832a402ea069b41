//! Decoded copies of a text (each encoding undone) that know where each letter stood in it.

use std::borrow::Cow;
use std::ops::Range;

pub(super) struct DecodedText<'t> {
    pub text: Cow<'t, str>,
    pub raw: &'t str, // the whole text, as it came
    places: Vec<u32>, // where each byte, and the end, stands in it; empty: nothing was undone
}

impl<'t> DecodedText<'t> {
    pub fn whole(raw: &'t str) -> Self {
        Self { text: Cow::Borrowed(raw), raw, places: Vec::new() }
    }

    pub fn is_whole(&self) -> bool {
        self.places.is_empty()
    }

    /// Where the byte at `at` stands in the whole text.
    pub fn place(&self, at: usize) -> usize {
        self.places.get(at).map_or(at, |at| *at as usize)
    }

    /// Where these pieces of the whole text, in order, stand here.
    pub fn ranges(&self, pieces: &[Range<usize>]) -> Vec<Range<usize>> {
        if self.is_whole() {
            return pieces.to_vec();
        }
        let mut at = 0;
        let mut find = |place: usize| {
            at += self.places.iter().skip(at).take_while(|p| (**p as usize) < place).count();
            at
        };
        pieces.iter().map(|piece| find(piece.start)..find(piece.end)).collect()
    }

    /// With one more level undone; `None` where nothing is encoded.
    pub fn decoded(&self) -> Option<Self> {
        let mut text = String::with_capacity(self.text.len());
        let mut places = Vec::with_capacity(self.text.len() + 1);
        let (mut at, mut changed) = (0, false);
        while let Some(rest) = self.text.get(at..).filter(|rest| !rest.is_empty()) {
            let stop = rest.bytes().position(|b| matches!(b, b'%' | b'&' | b'\\')).unwrap_or(rest.len());
            let (plain, here) = rest.split_at(stop);
            text.push_str(plain);
            places.extend((at..at + stop).map(|at| self.place(at) as u32));
            at += stop;
            if here.is_empty() {
                break;
            }
            let (c, length) = one(here).unwrap_or_else(|| (here.chars().next().unwrap_or_default(), 1));
            changed |= length > 1;
            text.push(c);
            places.extend(std::iter::repeat_n(self.place(at) as u32, c.len_utf8()));
            at += length;
        }
        places.push(self.place(self.text.len()) as u32);
        changed.then_some(Self { text: Cow::Owned(text), raw: self.raw, places })
    }
}

/// Follows the strings of a JSON document from its first byte.
pub(super) struct Strings {
    json: bool,
    open: bool,
    escaped: bool,
}

impl Strings {
    /// Strings are looked for where `text` begins as a document of JSON, and is a `whole` one.
    pub fn new(text: &str, whole: bool) -> Self {
        let begin = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
        Self { json: whole && begin.starts_with(['{', '[']), open: false, escaped: false }
    }

    /// Takes the next byte; whether a string is open behind it.
    pub fn inside(&mut self, byte: u8) -> bool {
        match byte {
            _ if self.escaped => self.escaped = false,
            b'"' => self.open = self.json && !self.open,
            b'\\' => self.escaped = self.open,
            _ => {}
        }
        self.open
    }
}

/// The parts of `text` that are looked at for themselves: the strings of JSON, which must not be taken for the structure
/// around them; of other text all, where something in it is encoded.
pub(super) fn pieces(text: &str) -> Vec<Range<usize>> {
    let is_encoded = |b: u8| matches!(b, b'%' | b'&' | b'\\');
    let mut strings = Strings::new(text, true);
    if !strings.json {
        return if text.bytes().any(is_encoded) { vec![Range { start: 0, end: text.len() }] } else { Vec::new() };
    }
    let mut pieces = Vec::new();
    let (mut start, mut wanted) = (None, false);
    for (at, byte) in text.bytes().enumerate() {
        match (strings.inside(byte), start) {
            (true, None) => (start, wanted) = (Some(at + 1), false),
            (true, Some(_)) => wanted |= is_encoded(byte) || matches!(byte, b':' | b'=' | b'>'),
            (false, Some(from)) => {
                if wanted {
                    pieces.push(from..at);
                }
                start = None;
            }
            (false, None) => {}
        }
    }
    pieces.extend(start.filter(|_| wanted).map(|from| from..text.len()));
    pieces
}

fn one(here: &str) -> Option<(char, usize)> {
    match here.as_bytes().first()? {
        b'%' => percent(here),
        b'&' => entity(here),
        _ => escape(here),
    }
}

/// `%2B`, `%c3%bc`.
fn percent(here: &str) -> Option<(char, usize)> {
    let digit = |at: usize| char::from(*here.as_bytes().get(at)?).to_digit(16);
    let byte = |n: usize| {
        here.as_bytes().get(3 * n).filter(|b| **b == b'%').and(Some(digit(3 * n + 1)? * 16 + digit(3 * n + 2)?))
    };
    let mut bytes = [0; 4];
    let length = match byte(0)? {
        first @ 0..=0x7f => return Some((char::from_u32(first)?, 3)),
        0xc0..=0xdf => 2,
        0xe0..=0xef => 3,
        _ => 4,
    };
    for (n, to) in bytes.iter_mut().take(length).enumerate() {
        *to = u8::try_from(byte(n)?).ok()?;
    }
    let c = std::str::from_utf8(bytes.get(..length)?).ok()?.chars().next()?;
    Some((c, 3 * length))
}

/// `&amp;`, `&#43;`, `&#x2b;`.
fn entity(here: &str) -> Option<(char, usize)> {
    let end = here.bytes().take(12).position(|b| b == b';')?;
    let name = here.get(1..end)?;
    let c = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => hex(digits)?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?
        }
    };
    Some((c, end + 1))
}

fn escape(here: &str) -> Option<(char, usize)> {
    let unit = |at: usize| hex(here.get(at..)?.strip_prefix("\\u")?.get(..4)?);
    Some(match here.as_bytes().get(1)? {
        b'u' => match (unit(0)?, unit(6)) {
            (high @ 0xd800..=0xdbff, Some(low @ 0xdc00..=0xdfff)) => {
                (char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00))?, 12)
            }
            (code, _) => (char::from_u32(code)?, 6),
        },
        b'x' => (char::from_u32(hex(here.get(2..4)?)?)?, 4),
        b'n' => ('\n', 2),
        b'r' => ('\r', 2),
        b't' => ('\t', 2),
        b'b' => ('\u{8}', 2),
        b'f' => ('\u{c}', 2),
        c @ (b'"' | b'\\' | b'/' | b'\'') => (char::from(*c), 2),
        _ => return None,
    })
}

fn hex(digits: &str) -> Option<u32> {
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit());
    plain.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
}
