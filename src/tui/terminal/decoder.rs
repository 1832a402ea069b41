//! From the bytes of a terminal to keys and pastes. Pure: bytes in, events out, and what is incomplete waits.
//!
//! ```text
//! bytes ─► Decoder ─┬─ text, control bytes, CSI and SS3 keys, CSI u ─► keys
//!                   ├─ ESC[200~ … ESC[201~ ────────────────────────► one paste
//!                   ├─ ESC and a key, ESC ESC [ …  ────────────────► the key with Alt
//!                   └─ OSC, DCS, APC, PM, SOS, any other CSI ──────► swallowed whole: a reply of the terminal is no key
//! ```
//! Sequences: ECMA-48 for the forms, xterm's "ctlseqs" for the keys, the kitty keyboard protocol for `CSI u`.

use std::collections::VecDeque;
use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};

/// A sequence that is longer than this is no key. Its bytes are swallowed until its end.
const SEQUENCE_MAX: usize = 256;
/// After this long an `Esc` of its own is the key, and no longer the begin of a sequence.
const ESCAPE: Duration = Duration::from_millis(30);
/// After this long without a byte the end of a reply of the terminal was lost: what comes then are keys again.
const REPLY: Duration = Duration::from_secs(1);
/// The same for the end of a paste.
const PASTE: Duration = Duration::from_secs(3);
const PASTE_END: &[u8] = b"\x1b[201~";
const ESC: u8 = 0x1b;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecodedInput {
    /// A key, a paste, or a change of focus.
    Event(Event),
    KittyKeyboard,
}

enum Step {
    /// So many bytes are taken: they were this input, or nothing that matters.
    Done(usize, Option<DecodedInput>),
    More,
    /// A string sequence or an over-long one: swallow up to its end.
    Swallow(Kind),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// OSC, DCS, APC, PM, SOS: ends with ST, and OSC also with BEL.
    String,
    /// CSI: ends with a byte from `@` to `~`.
    Csi,
}

#[derive(Clone, Debug, Default)]
pub struct Decoder {
    pending: Vec<u8>,
    paste: Option<Vec<u8>>,
    swallowing: Option<Kind>,
    /// The terminal marks its pastes: it is known to, or a marked paste was seen.
    pub marks_pastes: bool,
}

impl Decoder {
    pub fn new(marks_pastes: bool) -> Self {
        Self { marks_pastes, ..Self::default() }
    }

    pub fn feed(&mut self, bytes: &[u8], out: &mut VecDeque<DecodedInput>) {
        self.pending.extend_from_slice(bytes);
        let mut at = 0;
        while at < self.pending.len() {
            let Some(used) = self.step(at, out) else { break };
            at += used;
        }
        self.pending.drain(..at.min(self.pending.len()));
    }

    /// How long the next byte is waited for before [`Self::flush_pending`]; `None` where nothing is incomplete.
    pub fn patience(&self) -> Option<Duration> {
        match (&self.paste, self.swallowing) {
            (Some(_), _) => Some(PASTE),
            (None, Some(_)) => Some(REPLY),
            (None, None) => (!self.pending.is_empty()).then_some(ESCAPE),
        }
    }

    /// Nothing followed: a lone `Esc` is the key, half a sequence is dropped, half a paste is one.
    pub fn flush_pending(&mut self, out: &mut VecDeque<DecodedInput>) {
        let pending = std::mem::take(&mut self.pending);
        if let Some(mut paste) = self.paste.take() {
            paste.extend(pending);
            out.push_back(DecodedInput::Event(Event::Paste(String::from_utf8_lossy(&paste).into_owned())));
            self.marks_pastes = false;
        } else if self.swallowing.take().is_none() {
            match pending.as_slice() {
                [ESC] | [ESC, ESC] => out.extend(pending.iter().map(|_| key(KeyCode::Esc, KeyModifiers::NONE))),
                [ESC, byte @ (b'[' | b'O')] => {
                    out.push_back(key(KeyCode::Char(char::from(*byte)), KeyModifiers::ALT));
                }
                _ => {}
            }
        }
    }

    /// Forgets what waits: somebody else had the terminal.
    pub fn reset(&mut self) {
        *self = Self::new(self.marks_pastes);
    }

    /// Decodes what stands at `at`: how many bytes it took, or none where more are needed.
    fn step(&mut self, at: usize, out: &mut VecDeque<DecodedInput>) -> Option<usize> {
        let rest = self.pending.get(at..).unwrap_or_default();
        if let Some(paste) = &mut self.paste {
            let (text, used, ended) = match rest.windows(PASTE_END.len()).position(|window| window == PASTE_END) {
                Some(end) => (end, end + PASTE_END.len(), true),
                // The end may have arrived in part.
                None => {
                    let text = rest.len() - (0..PASTE_END.len()).rev().find(|n| rest.ends_with(&PASTE_END[..*n]))?;
                    (text, text, false)
                }
            };
            paste.extend_from_slice(rest.get(..text).unwrap_or_default());
            if ended {
                let text = String::from_utf8_lossy(&self.paste.take().unwrap_or_default()).into_owned();
                out.push_back(DecodedInput::Event(Event::Paste(text)));
            }
            return (used > 0).then_some(used);
        }
        if let Some(kind) = self.swallowing {
            let (used, ended) = swallow(kind, rest)?;
            self.swallowing.take_if(|_| ended);
            return Some(used);
        }
        match sequence(rest) {
            Step::More => None,
            Step::Swallow(kind) => {
                self.swallowing = Some(kind);
                Some(2)
            }
            Step::Done(used, Some(DecodedInput::Event(Event::Paste(_)))) => {
                (self.marks_pastes, self.paste) = (true, Some(Vec::new()));
                Some(used)
            }
            Step::Done(used, found) => {
                out.extend(found);
                Some(used)
            }
        }
    }
}

fn key(code: KeyCode, modifiers: KeyModifiers) -> DecodedInput {
    DecodedInput::Event(Event::Key(KeyEvent::new(code, modifiers)))
}

/// How much of `rest` belongs to a sequence that is swallowed, and whether its end is among it.
fn swallow(kind: Kind, rest: &[u8]) -> Option<(usize, bool)> {
    for (at, byte) in rest.iter().enumerate() {
        match (kind, byte) {
            (Kind::Csi, b'@'..=b'~') | (Kind::String, 0x07) => return Some((at + 1, true)),
            (Kind::String, 0xc2) if rest.get(at + 1) == Some(&0x9c) => return Some((at + 2, true)),
            (Kind::String, 0xc2) if rest.len() == at + 1 => return (at > 0).then_some((at, false)),
            // ST is ESC and a backslash. Any other ESC ends the string too, and begins something else.
            (Kind::String, &ESC) => {
                return match rest.get(at + 1) {
                    Some(b'\\') => Some((at + 2, true)),
                    Some(_) => Some((at, true)),
                    None => (at > 0).then_some((at, false)),
                };
            }
            // CAN and SUB end any sequence.
            (_, 0x18 | 0x1a) => return Some((at + 1, true)),
            (Kind::Csi, &ESC) => return Some((at, true)),
            _ => {}
        }
    }
    (!rest.is_empty()).then_some((rest.len(), false))
}

/// What `rest`, which is not empty, begins with.
fn sequence(rest: &[u8]) -> Step {
    match rest {
        // An 8-bit control, as terminals with UTF-8 send it: ESC and a letter in other clothes.
        [0xc2, control @ 0x80..=0x9f, tail @ ..] => sequence(&[&[ESC, control - 0x40], tail].concat()),
        [ESC] => Step::More,
        [ESC, b'[', ..] => csi(rest, KeyModifiers::NONE),
        [ESC, b'O', ..] => ss3(rest, KeyModifiers::NONE),
        [ESC, b']' | b'P' | b'_' | b'^' | b'X', ..] if rest.len() == 2 => Step::More,
        [ESC, b']' | b'P' | b'_' | b'^' | b'X', ..] => Step::Swallow(Kind::String),
        // Some terminals send Alt and an arrow as ESC before the arrow's own sequence.
        [ESC, ESC] => Step::More,
        [ESC, ESC, b'[', ..] => shifted(csi(rest.get(1..).unwrap_or_default(), KeyModifiers::ALT)),
        [ESC, ESC, b'O', ..] => shifted(ss3(rest.get(1..).unwrap_or_default(), KeyModifiers::ALT)),
        [ESC, ESC, ..] => Step::Done(1, Some(key(KeyCode::Esc, KeyModifiers::NONE))),
        [ESC, ..] => shifted(character(rest.get(1..).unwrap_or_default(), KeyModifiers::ALT)),
        _ => character(rest, KeyModifiers::NONE),
    }
}

/// The same with one more byte in front.
fn shifted(step: Step) -> Step {
    match step {
        Step::Done(used, found) => Step::Done(used + 1, found),
        other => other,
    }
}

fn character(rest: &[u8], modifiers: KeyModifiers) -> Step {
    let Some(&byte) = rest.first() else { return Step::More };
    let (code, more) = match byte {
        b'\r' => (KeyCode::Enter, KeyModifiers::NONE),
        b'\t' => (KeyCode::Tab, KeyModifiers::NONE),
        0x7f | 0x08 => (KeyCode::Backspace, KeyModifiers::NONE),
        0 => (KeyCode::Char(' '), KeyModifiers::CONTROL),
        0x01..=0x1a => (KeyCode::Char(char::from(byte + b'a' - 1)), KeyModifiers::CONTROL),
        0x1c..=0x1f => (KeyCode::Char(char::from(byte - 0x1c + b'4')), KeyModifiers::CONTROL),
        b' '..=b'~' => (KeyCode::Char(char::from(byte)), shift(char::from(byte))),
        _ => return wide_character(rest, modifiers),
    };
    Step::Done(1, Some(key(code, modifiers | more)))
}

fn shift(c: char) -> KeyModifiers {
    if c.is_uppercase() { KeyModifiers::SHIFT } else { KeyModifiers::NONE }
}

/// A character of several bytes; bytes that are none are dropped one by one.
fn wide_character(rest: &[u8], modifiers: KeyModifiers) -> Step {
    // No character has more than four bytes.
    let taken = rest.get(..rest.len().min(4)).unwrap_or_default();
    let first = taken.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next());
    match (first, std::str::from_utf8(taken)) {
        (Some(c), _) => Step::Done(c.len_utf8(), Some(key(KeyCode::Char(c), modifiers | shift(c)))),
        (None, Err(error)) if error.error_len().is_none() => Step::More,
        (None, _) => Step::Done(1, None),
    }
}

/// `ESC O` and a letter.
fn ss3(rest: &[u8], modifiers: KeyModifiers) -> Step {
    let Some(&letter) = rest.get(2) else { return Step::More };
    let code = if letter == b'M' { Some(KeyCode::Enter) } else { letter_key(letter) };
    Step::Done(3, code.map(|code| key(code, modifiers)))
}

/// `ESC [`, parameters, intermediates, a final byte.
fn csi(rest: &[u8], modifiers: KeyModifiers) -> Step {
    let body = rest.get(2..).unwrap_or_default();
    // The Linux console's F1 to F5: ESC [ [ and a letter.
    match body {
        [b'['] => return Step::More,
        [b'[', letter @ b'A'..=b'E', ..] => return Step::Done(4, Some(key(KeyCode::F(letter - b'A' + 1), modifiers))),
        [b'[', ..] => return Step::Done(3, None),
        // The mouse as X10 reports it, where another program left it switched on: three bytes follow, any of them.
        [b'M', report @ ..] => return if report.len() < 3 { Step::More } else { Step::Done(6, None) },
        _ => {}
    }
    let Some(end) = body.iter().position(|b| matches!(b, b'@'..=b'~') || *b < b' ') else {
        return if body.len() > SEQUENCE_MAX { Step::Swallow(Kind::Csi) } else { Step::More };
    };
    let parameters = body.get(..end).unwrap_or_default();
    let last = body.get(end).copied().unwrap_or_default();
    // A control byte inside a sequence breaks it off, and is itself read anew.
    let used = if last < b' ' { 2 + end } else { 3 + end };
    Step::Done(used, csi_meaning(parameters, last, modifiers))
}

fn csi_meaning(parameters: &[u8], last: u8, modifiers: KeyModifiers) -> Option<DecodedInput> {
    let text = std::str::from_utf8(parameters).ok()?;
    // The kitty protocol marks a key that is let go of with :3 after the modifiers.
    if text.split(';').nth(1).is_some_and(|modifiers| modifiers.split(':').nth(1) == Some("3")) {
        return None;
    }
    if let Some(flags) = text.strip_prefix('?') {
        return (last == b'u' && flags.bytes().all(|b| b.is_ascii_digit())).then_some(DecodedInput::KittyKeyboard);
    }
    // Sub-parameters after a colon say more than is needed here.
    let parts = text.split(';').map(|part| part.split(':').next().unwrap_or_default());
    let numbers = parts.map(|part| if part.is_empty() { Some(0) } else { part.parse().ok() });
    let numbers: Vec<u32> = numbers.collect::<Option<_>>()?;
    let number = |at: usize| numbers.get(at).copied().unwrap_or_default();
    let held = modifiers | held(number(1))?;
    let code = match last {
        b'~' if number(0) == 200 => return Some(DecodedInput::Event(Event::Paste(String::new()))),
        // xterm's modifyOtherKeys: CSI 27 ; modifiers ; character ~
        b'~' if number(0) == 27 => return other_key(number(2), held),
        b'~' => tilde_key(number(0))?,
        b'u' => return other_key(number(0), held),
        b'Z' => KeyCode::BackTab,
        b'I' if text.is_empty() => return Some(DecodedInput::Event(Event::FocusGained)),
        b'O' if text.is_empty() => return Some(DecodedInput::Event(Event::FocusLost)),
        // A report of the cursor's place also ends with R, with two numbers: only F3 with modifiers begins with 1.
        b'R' if number(0) > 1 => return None,
        letter => letter_key(letter)?,
    };
    Some(key(code, held))
}

/// Modifiers as sequences number them: one more than their bits. Locks (64 and up) do not count.
fn held(number: u32) -> Option<KeyModifiers> {
    let bits = u8::try_from(number.saturating_sub(1)).ok()?;
    // All but Alt and Ctrl have the bits that they have here.
    let mut held = KeyModifiers::from_bits_truncate(bits & !0b110);
    held.set(KeyModifiers::ALT, bits & 0b010 != 0);
    held.set(KeyModifiers::CONTROL, bits & 0b100 != 0);
    Some(held)
}

/// A key by its character's number, as `CSI u` and modifyOtherKeys name it.
fn other_key(number: u32, held: KeyModifiers) -> Option<DecodedInput> {
    let code = match number {
        9 if held.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
        9 => KeyCode::Tab,
        13 | 57414 => KeyCode::Enter,
        27 => KeyCode::Esc,
        8 | 127 => KeyCode::Backspace,
        // Kitty's functional keys in the private use area, lone modifiers among them: no keys of ours.
        57344..=63743 => return None,
        number => KeyCode::Char(char::from_u32(number).filter(|c| !c.is_control())?),
    };
    Some(key(code, held))
}

fn letter_key(letter: u8) -> Option<KeyCode> {
    Some(match letter {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'H' => KeyCode::Home,
        b'F' => KeyCode::End,
        b'P'..=b'S' => KeyCode::F(letter - b'P' + 1),
        _ => return None,
    })
}

fn tilde_key(number: u32) -> Option<KeyCode> {
    let f = |base: u32, from: u8| u8::try_from(number - base).ok().map(|n| KeyCode::F(from + n));
    match number {
        1 | 7 => Some(KeyCode::Home),
        2 => Some(KeyCode::Insert),
        3 => Some(KeyCode::Delete),
        4 | 8 => Some(KeyCode::End),
        5 => Some(KeyCode::PageUp),
        6 => Some(KeyCode::PageDown),
        11..=15 => f(11, 1),
        17..=21 => f(17, 6),
        23..=24 => f(23, 11),
        _ => None,
    }
}

#[cfg(test)]
#[path = "../../../tests/unit/tui/terminal/decoder.rs"]
mod tests;
