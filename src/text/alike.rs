//! Two texts that look the same and are not: what tells them apart, in words.

use std::cell::Cell;

use icu_normalizer::ComposingNormalizerBorrowed;
use unicode_segmentation::UnicodeSegmentation as _;

use super::fold::{MappedText, draws_nothing, of_keyboard};

/// Letters of other scripts, and behind them the Latin one as which they are drawn.
const DRAWN_AS: &str = "аΑАa ΒВb сСϹc еЕΕe ΗНh іІΙi јЈj КΚk ΜМm Νn оОοΟo рРΡp ѕЅs ТΤt хХΧx νv уΥy Ζz";

/// One character as it looks, whatever it is made of.
fn look(character: &str) -> String {
    let composed = ComposingNormalizerBorrowed::new_nfkc().normalize(character).into_owned();
    let mut out = String::new();
    for c in composed.chars().map(of_keyboard).filter(|c| !draws_nothing(*c)) {
        match DRAWN_AS.split(' ').find(|letters| letters.contains(c)).and_then(|letters| letters.chars().last()) {
            _ if c.is_whitespace() => out.push(' '),
            Some(latin) => out.push(latin),
            None => out.extend(c.to_lowercase()),
        }
    }
    // A line end is two characters on some systems, and one as it looks.
    if out.trim().is_empty() && !out.is_empty() { " ".to_owned() } else { out }
}

/// The text as it looks. How many blanks stand beside each other is not seen either.
fn looks(text: &str) -> MappedText {
    let after_blank = Cell::new(true);
    MappedText::new(text, |character| {
        let look = look(character);
        let blank = look == " ";
        let hidden = blank && after_blank.get();
        after_blank.set(blank || look.is_empty() && after_blank.get());
        if hidden { String::new() } else { look }
    })
}

/// What tells the two apart where `expected` looks as if it stood in `said`, and does not. Case is not looked at.
pub fn difference_within(expected: &str, said: &str) -> Option<String> {
    let (wanted, seen) = (looks(expected), looks(said));
    let wanted = wanted.text.trim_end();
    let at = seen.text.find(wanted).filter(|_| !wanted.is_empty())?;
    let place = seen.original(&(at..at + wanted.len()));
    let found = said.get(place)?;
    // What draws nothing before the first letter and behind the last belongs to neither.
    first_difference(expected, found.trim_matches(draws_nothing))
}

/// The same of two whole texts.
pub fn difference(expected: &str, said: &str) -> Option<String> {
    let same = looks(expected).text.trim_end() == looks(said).text.trim_end();
    if expected.to_lowercase() == said.to_lowercase() || !same {
        return None;
    }
    first_difference(expected, said)
}

fn first_difference(expected: &str, said: &str) -> Option<String> {
    let (mut wanted, mut found) = (expected.graphemes(true), said.graphemes(true));
    let mut place = 1;
    let told = |character: Option<&str>| character.map_or_else(|| "missing".to_owned(), described);
    loop {
        match (wanted.next(), found.next()) {
            (None, None) => return None,
            (Some(a), Some(b)) if a.to_lowercase() == b.to_lowercase() => place += 1,
            (a, b) => {
                return Some(format!("it looks the same, but character {place} is {}, not {}", told(b), told(a)));
            }
        }
    }
}

fn described(character: &str) -> String {
    let code = |c: char| format!("U+{:04X}", u32::from(c));
    let named = |c: char| name(c).map_or_else(|| code(c), |name| format!("{name} ({})", code(c)));
    character.chars().map(named).collect::<Vec<_>>().join(" with ")
}

/// What a character is called that cannot be told from another, or not be seen at all.
fn name(c: char) -> Option<&'static str> {
    Some(match c {
        ' ' => "a blank",
        '\t' => "a tab",
        '\n' => "a line feed",
        '\r' => "a carriage return",
        '\u{a0}' => "a no-break space",
        '\u{202f}' => "a narrow no-break space",
        '\u{2009}' => "a thin space",
        '\u{3000}' => "an ideographic space",
        c if c.is_whitespace() => "a space",
        '-' => "a hyphen",
        '\u{2011}' => "a no-break hyphen",
        '\u{2212}' => "a minus sign",
        '\'' | '"' => "a straight quote",
        '\u{ad}' => "a soft hyphen",
        '\u{200b}' => "a zero-width space",
        '\u{200c}' => "a zero-width non-joiner",
        '\u{200d}' => "a zero-width joiner",
        '\u{200e}' => "a left-to-right mark",
        '\u{200f}' => "a right-to-left mark",
        '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => "a direction mark",
        '\u{2060}' => "a word joiner",
        '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' => "a variation selector",
        '\u{feff}' => "a byte order mark",
        c if draws_nothing(c) => "an invisible character",
        c => match of_keyboard(c) {
            '-' => "a dash",
            '\'' | '"' => "a curly quote",
            _ => return None,
        },
    })
}
