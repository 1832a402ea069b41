//! Finding text whatever its case.

use std::ops::Range;

/// A text to look for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Needle {
    folded: String,
}

impl Needle {
    /// `None` for the empty text, which would be found everywhere.
    pub fn new(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self { folded: text.to_lowercase() })
    }

    /// Whether `hay` contains it.
    pub fn is_in(&self, hay: &str) -> bool {
        if self.folded.is_ascii() {
            find_ascii(hay.as_bytes(), self.folded.as_bytes(), 0).is_some()
        } else {
            hay.to_lowercase().contains(&self.folded)
        }
    }

    /// Where it is in `hay`, at most `most` times, without overlaps.
    pub fn places(&self, hay: &str, most: usize) -> Vec<Range<usize>> {
        let mut out: Vec<Range<usize>> = Vec::new();
        if self.folded.is_ascii() {
            let mut from = 0;
            while out.len() < most
                && let Some(at) = find_ascii(hay.as_bytes(), self.folded.as_bytes(), from)
            {
                from = at + self.folded.len();
                out.push(at..from);
            }
            return out;
        }
        // Folding may change lengths, so each character is folded and compared where it stands.
        let starts: Vec<usize> = hay.char_indices().map(|(at, _)| at).collect();
        for start in starts {
            if out.len() >= most || out.last().is_some_and(|last| start < last.end) {
                continue;
            }
            let Some(rest) = hay.get(start..) else { continue };
            let mut wanted = self.folded.as_str();
            for (at, c) in rest.char_indices() {
                let mut buffer = [0; 4];
                let matched = c.to_lowercase().try_fold(wanted, |w, l| w.strip_prefix(&*l.encode_utf8(&mut buffer)));
                let Some(left) = matched else { break };
                wanted = left;
                if wanted.is_empty() {
                    out.push(start..start + at + c.len_utf8());
                    break;
                }
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
        assert!(!is_in("x", ""));
        assert_eq!(Needle::new(""), None);
        assert_eq!(Needle::new("aa").unwrap().places("aAaaA", 9), [0..2, 2..4]);
        assert_eq!(Needle::new("é").unwrap().places("xÉyé", 9), [1..3, 4..6]);
        assert_eq!(Needle::new("a").unwrap().places("aaaa", 2), [0..1, 1..2]);
    }
}
