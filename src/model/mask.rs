//! What a person does not want to be seen, beside secrets: phone numbers and texts named in `[redact]`. Text from
//! outside is masked where the engine takes it in, a person's own text where it is shown, recorded or written; on the wire
//! nothing is.

use std::borrow::Cow;
use std::ops::Range;

/// Digits of a phone number after its `+`. [ITU-T E.164]
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 7..=15;
/// Shorter texts are not looked for: they would destroy what is shown.
pub const SHORTEST: usize = 4;
/// What may stand between two digits of a number.
const BETWEEN: &[u8] = b" -/.()";
/// At most so many of those in a row.
const GAP: usize = 2;

/// What is masked by its look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Masks {
    /// Digits, however they are grouped.
    numbers: Vec<String>,
    /// Letter by letter, in any case of ASCII.
    texts: Vec<String>,
    phones: bool,
}

impl Masks {
    /// Masks these texts (numbers however they are grouped), and with `phones` every number that is written with a `+`.
    /// Texts of fewer than [`SHORTEST`] bytes are left out.
    pub fn new(values: &[String], phones: bool) -> Self {
        let mut masks = Self { phones, ..Self::default() };
        for text in values.iter().map(|text| text.trim()) {
            let digits: String = text.chars().filter(char::is_ascii_digit).collect();
            let is_number = text.bytes().all(|b| b.is_ascii_digit() || b == b'+' || BETWEEN.contains(&b));
            if is_number && digits.len() >= SHORTEST {
                masks.numbers.push(digits);
            } else if text.len() >= SHORTEST {
                masks.texts.push(text.to_owned());
            }
        }
        masks
    }

    pub(crate) fn extend(&mut self, other: &Self) {
        self.numbers.extend_from_slice(&other.numbers);
        self.texts.extend_from_slice(&other.texts);
        self.phones |= other.phones;
    }

    #[must_use]
    pub(crate) fn with_phones(&self) -> Self {
        Self { phones: true, ..self.clone() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.numbers.is_empty() && self.texts.is_empty() && !self.phones
    }

    /// `text` with `«phone»` and `«private»` in the places. Borrowed where there was nothing to mask.
    pub(crate) fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.replaced(text, |out, _, label| out.push_str(label))
    }

    /// `text` in the same shape with a `*` for each masked cell, so that it wraps as before: for the screen. Blanks stay.
    pub(crate) fn shape<'t>(&self, text: &'t str, cells: impl Fn(&str) -> usize) -> Cow<'t, str> {
        self.replaced(text, |out, place, _| {
            for c in place.chars() {
                if c == ' ' { out.push(' ') } else { out.push_str(&"*".repeat(cells(c.encode_utf8(&mut [0; 4])))) }
            }
        })
    }

    /// `text` with what `put` writes in the places, of what stands there and its label.
    fn replaced<'t>(&self, text: &'t str, put: impl Fn(&mut String, &str, &str)) -> Cow<'t, str> {
        let found = self.find(text);
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut out = String::with_capacity(text.len());
        let mut done = 0;
        for (place, label) in found {
            out.push_str(text.get(done..place.start).unwrap_or_default());
            done = place.end;
            put(&mut out, text.get(place).unwrap_or_default(), label);
        }
        out.push_str(text.get(done..).unwrap_or_default());
        Cow::Owned(out)
    }

    /// The places that are masked, in order, and what stands there instead.
    pub(crate) fn find(&self, text: &str) -> Vec<(Range<usize>, &'static str)> {
        let mut found = Vec::new();
        if self.is_empty() {
            return found;
        }
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let hit = self.number(bytes, at).map(|end| (end, "«phone»")).or_else(|| {
                let end = self.literal(text, at)?;
                Some((end, "«private»"))
            });
            if let Some((end, label)) = hit {
                found.push((at..end, label));
                at = end;
            } else {
                // A number is looked for at its first digit only.
                at += bytes.iter().skip(at).take_while(|b| b.is_ascii_digit()).count().max(1);
            }
        }
        found
    }

    fn literal(&self, text: &str, at: usize) -> Option<usize> {
        self.texts.iter().find_map(|value| {
            let end = at + value.len();
            text.get(at..end).filter(|part| part.eq_ignore_ascii_case(value)).map(|_| end)
        })
    }

    fn number(&self, bytes: &[u8], at: usize) -> Option<usize> {
        let first = *bytes.get(at)?;
        let plus = first == b'+';
        let inside = at.checked_sub(1).and_then(|before| bytes.get(before)).is_some_and(u8::is_ascii_alphanumeric);
        if inside || !(plus || self.numbers.iter().any(|digits| digits.as_bytes().first() == Some(&first))) {
            return None;
        }
        let phone = plus && self.phones;
        let longest = self.numbers.iter().map(String::len).max().unwrap_or(0).max(*PHONE_DIGITS.end());
        let (mut seen, mut gap, mut end) = (String::new(), 0, None);
        for (here, byte) in bytes.iter().enumerate().skip(at + usize::from(plus)) {
            if BETWEEN.contains(byte) && gap < GAP {
                gap += 1;
                continue;
            }
            if !byte.is_ascii_digit() || seen.len() == longest {
                break;
            }
            gap = 0;
            seen.push(char::from(*byte));
            let whole = !bytes.get(here + 1).is_some_and(u8::is_ascii_digit);
            if whole && self.numbers.contains(&seen) || phone && PHONE_DIGITS.contains(&seen.len()) {
                end = Some(here + 1);
            }
        }
        end
    }
}
