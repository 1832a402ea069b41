//! Undo and redo of one text: changes in order, small ones of a kind joined into steps that a person would call one; and what a
//! cluster is for that and for the moves by word.

use unicode_segmentation::UnicodeSegmentation;

/// Undo keeps at most this many changes …
pub(super) const MAX_CHANGES: usize = 1_000;
/// … and at most about this many bytes; the newest change is always kept.
pub(super) const MAX_CHANGE_BYTES: usize = 8 << 20;

/// What kind of edit a change came from: equal neighbours may join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// One character typed.
    Typed,
    /// One cluster erased towards the beginning.
    ErasedBack,
    /// One cluster erased towards the end.
    ErasedAhead,
    /// Anything else: never joined.
    Whole,
}

/// A replacement of a part of the text, which can be taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) unit: Unit,
    pub(super) at: usize,
    pub(super) removed: String,
    pub(super) inserted: String,
    pub(super) cursor_before: usize,
    pub(super) cursor_after: usize,
}

/// What was done and can be taken back, and what was taken back and can be done again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Steps {
    done: Vec<Change>,
    undone: Vec<Change>,
    /// Bytes held by `done`.
    bytes: usize,
    /// Whether the next change may join the newest.
    open: bool,
}

impl Steps {
    /// The next change begins a step of its own.
    pub(super) fn close(&mut self) {
        self.open = false;
    }

    /// What was taken back cannot be done again.
    pub(super) fn forget_undone(&mut self) {
        self.undone.clear();
    }

    /// The newest change, to be taken back.
    pub(super) fn back(&mut self) -> Option<&Change> {
        let change = self.done.pop()?;
        self.bytes -= change.bytes();
        self.undone.push(change);
        self.undone.last()
    }

    /// The change that was taken back last, to be done again.
    pub(super) fn ahead(&mut self) -> Option<&Change> {
        let change = self.undone.pop()?;
        self.bytes += change.bytes();
        self.done.push(change);
        self.done.last()
    }

    /// Takes a change in, joined to the newest where both are one doing.
    pub(super) fn record(&mut self, new: Change) {
        self.undone.clear();
        self.bytes += new.bytes();
        let may_join = std::mem::replace(&mut self.open, new.unit != Unit::Whole);
        if may_join && self.done.last_mut().is_some_and(|last| join(last, &new)) {
            return;
        }
        self.done.push(new);
        let (mut drop, mut bytes) = (self.done.len().saturating_sub(MAX_CHANGES), self.bytes);
        for (n, change) in self.done.iter().enumerate().take(self.done.len() - 1) {
            if n >= drop && bytes <= MAX_CHANGE_BYTES {
                break;
            }
            bytes -= change.bytes();
            drop = drop.max(n + 1);
        }
        if drop > 0 {
            self.done.drain(..drop);
            self.bytes = bytes;
        }
    }
}

impl Change {
    const fn bytes(&self) -> usize {
        self.removed.len() + self.inserted.len()
    }
}

/// Joins `new` to `last` where both are the same small doing, in the same place, in the same word.
fn join(last: &mut Change, new: &Change) -> bool {
    let same_word = |earlier: &str, later: &str| is_blank(earlier) || !is_blank(later);
    if last.unit != new.unit || last.cursor_after != new.cursor_before {
        return false;
    }
    let joined = match new.unit {
        Unit::Typed => {
            let word = same_word(last.inserted.graphemes(true).next_back().unwrap_or_default(), &new.inserted);
            let touching = new.removed.is_empty() && last.at + last.inserted.len() == new.at;
            if word && touching {
                last.inserted.push_str(&new.inserted);
            }
            word && touching
        }
        Unit::ErasedBack => {
            let word = same_word(first_cluster(&last.removed), &new.removed);
            let touching = new.at + new.removed.len() == last.at;
            if word && touching {
                last.removed.insert_str(0, &new.removed);
                last.at = new.at;
            }
            word && touching
        }
        Unit::ErasedAhead => {
            let word = same_word(last.removed.graphemes(true).next_back().unwrap_or_default(), &new.removed);
            if word && new.at == last.at {
                last.removed.push_str(&new.removed);
            }
            word && new.at == last.at
        }
        Unit::Whole => false,
    };
    if joined {
        last.cursor_after = new.cursor_after;
    }
    joined
}

fn first_cluster(text: &str) -> &str {
    text.graphemes(true).next().unwrap_or_default()
}

/// Whether a cluster is a blank or a line end.
pub(super) fn is_blank(cluster: &str) -> bool {
    cluster.chars().next().is_none_or(char::is_whitespace)
}

/// Whether a cluster is part of a word: not blank and not punctuation. Emoji count as words, so that they can be
/// stepped over one group at a time.
pub(super) fn is_word(cluster: &str) -> bool {
    let Some(c) = cluster.chars().next() else { return false };
    c == '_' || c.is_alphanumeric() || !(c.is_whitespace() || c.is_control() || is_punctuation(c))
}

fn is_punctuation(c: char) -> bool {
    c.is_ascii_punctuation()
        || matches!(c, '\u{a1}'..='\u{bf}' | '\u{2010}'..='\u{206f}' | '\u{3000}'..='\u{303f}' | '\u{ff01}'..='\u{ff0f}'
            | '\u{ff1a}'..='\u{ff20}' | '\u{ff3b}'..='\u{ff40}' | '\u{ff5b}'..='\u{ff65}')
}
