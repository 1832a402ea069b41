//! Text as people look for it: without case, accents, and the different ways in which Unicode writes one letter, blank,
//! dash or quote. The filter, the search in the open log and the search in what was kept all compare this form. (What is
//! indexed has this form too: a change of it needs a step in `journal/schema.rs`.)

use std::ops::Range;

use icu_normalizer::DecomposingNormalizerBorrowed;
use unicode_segmentation::UnicodeSegmentation as _;

/// The text without case and accents: `STRASSE` for `Straße`, `istanbul` for `İstanbul`, `σ` for `ς`, and the same for
/// the composed and the decomposed form of a letter. Quotes, dashes and blanks are those of a keyboard, and what draws
/// nothing is left out.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut out = String::with_capacity(text.len());
    for c in DecomposingNormalizerBorrowed::new_nfkd().normalize_iter(text.chars()).map(of_keyboard) {
        match c {
            // Accents, each a character of its own after the decomposition; the points of Hebrew and Arabic.
            '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5bd}' | '\u{64b}'..='\u{65f}' => {}
            c if draws_nothing(c) => {}
            c if c.is_ascii() => out.push(c.to_ascii_lowercase()),
            'ẞ' => out.push_str("ss"),
            // By way of the capital letter: it makes ß the same as ss, and ς the same as σ.
            c => {
                let folded = c.to_uppercase().flat_map(char::to_lowercase);
                out.extend(folded.map(nucleo_matcher::chars::normalize));
            }
        }
    }
    out
}

/// The character that a keyboard has for one that is drawn nearly as it is: a blank, a dash, a quote.
pub(super) fn of_keyboard(c: char) -> char {
    match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        '\u{2018}'..='\u{201b}' | '\u{2b9}' | '\u{2bc}' | '\u{2032}' => '\'',
        '\u{201c}'..='\u{201f}' | '\u{2033}' => '"',
        c if c.is_whitespace() && !c.is_ascii() => ' ',
        c => c,
    }
}

/// Whether a character draws nothing by itself: joiners, marks of direction and variation, fillers, tags.
pub(super) fn draws_nothing(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
}

/// A changed form of a text that knows where each of its parts stands in the original.
#[derive(Debug)]
pub struct MappedText {
    pub text: String,
    /// Where a character as people see it begins: in the changed form, and in the original.
    begins: Vec<(usize, usize)>,
    original: usize,
}

impl MappedText {
    /// Changes each character of `text`, as people see characters, by `change`.
    pub fn new(text: &str, change: impl Fn(&str) -> String) -> Self {
        let (mut changed, mut begins) = (String::with_capacity(text.len()), Vec::new());
        for (at, character) in text.grapheme_indices(true) {
            begins.push((changed.len(), at));
            changed.push_str(&change(character));
        }
        Self { text: changed, begins, original: text.len() }
    }

    /// The part of the original that a part of the changed form came from, in whole characters.
    pub fn original(&self, changed: &Range<usize>) -> Range<usize> {
        let first = self.begins.partition_point(|(begin, _)| *begin <= changed.start).saturating_sub(1);
        let after = self.begins.partition_point(|(begin, _)| *begin < changed.end);
        let place = |at: usize| self.begins.get(at).map_or(self.original, |(_, original)| *original);
        place(first)..place(after)
    }
}
