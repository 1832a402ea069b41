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
#[path = "../../../tests/unit/session/log/needle.rs"]
mod tests;
