//! Finding text whatever its case, its accents, and the way in which it is written.

use std::collections::HashMap;
use std::ops::Range;

use crate::model::ConversationKey;
use crate::text::fold::{MappedText, fold};

/// A text to look for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Needle {
    folded: String,
}

impl Needle {
    /// `None` for a text of which nothing is left to look for: it would be found everywhere.
    pub fn new(text: &str) -> Option<Self> {
        let folded = fold(text);
        (!folded.is_empty()).then_some(Self { folded })
    }

    /// Whether `hay` contains it.
    pub fn is_in(&self, hay: &str) -> bool {
        if hay.is_ascii() {
            return find_ascii(hay.as_bytes(), self.folded.as_bytes(), 0).is_some();
        }
        fold(hay).contains(&self.folded)
    }

    /// Where it is in `hay`, at most `most` times, without overlaps.
    pub fn places(&self, hay: &str, most: usize) -> Vec<Range<usize>> {
        let length = self.folded.len();
        let mut out: Vec<Range<usize>> = Vec::new();
        if hay.is_ascii() {
            let mut from = 0;
            while out.len() < most
                && let Some(at) = find_ascii(hay.as_bytes(), self.folded.as_bytes(), from)
            {
                from = at + length;
                out.push(at..from);
            }
            return out;
        }
        let folded = MappedText::new(hay, fold);
        for (at, _) in folded.text.match_indices(&self.folded) {
            let place = folded.original(&(at..at + length));
            if out.last().is_none_or(|last| last.end <= place.start) {
                out.push(place);
            }
            if out.len() >= most {
                break;
            }
        }
        out
    }
}

/// The first place of `needle` (ASCII, lower case, not empty) in `hay` from `from`.
fn find_ascii(hay: &[u8], needle: &[u8], from: usize) -> Option<usize> {
    let (&first, rest) = needle.split_first()?;
    let upper = first.to_ascii_uppercase();
    let mut start = from;
    loop {
        let at = start + hay.get(start..)?.iter().position(|&b| b == first || b == upper)?;
        if hay.get(at + 1..at + needle.len())?.eq_ignore_ascii_case(rest) {
            return Some(at);
        }
        start = at + 1;
    }
}

/// Names of conversations, for `conv:` and the summary.
pub(super) type Names = HashMap<ConversationKey, String>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::unwrap_used, reason = "tests")]
    fn finds_whatever_the_case() {
        let is_in = |needle: &str, hay: &str| Needle::new(needle).unwrap().is_in(hay);
        assert!(is_in("BILL", "my bill"));
        assert!(is_in("bill", "My BILL"));
        assert!(!is_in("bills", "My BILL"));
        assert!(is_in("éTÉ", "un Été"));
        assert!(is_in("strasse", "Hauptstraße 1"));
        assert!(is_in("straße", "HAUPTSTRASSE"));
        assert!(is_in("Zürich", "Zu\u{308}rich"));
        assert!(is_in("ISTANBUL", "İstanbul"));
        assert!(is_in("σοφος", "ΣΟΦΟΣ"));
        assert!(!is_in("x", ""));
        assert_eq!(Needle::new(""), None);
        assert_eq!(Needle::new("aa").unwrap().places("aAaaA", 9), [0..2, 2..4]);
        assert_eq!(Needle::new("é").unwrap().places("xÉyé", 9), [1..3, 4..6]);
        assert_eq!(Needle::new("a").unwrap().places("aaaa", 2), [0..1, 1..2]);
        assert_eq!(Needle::new("ss").unwrap().places("ßxss", 9), [0..2, 3..5]);
    }
}
