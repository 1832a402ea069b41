//! Texts that were sent in this session, newest last, and the walk through them with Up and Down.

use std::collections::VecDeque;

/// At most this many texts are kept.
const MAX_TEXTS: usize = 500;

/// The texts, and where the walk stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DraftHistory {
    texts: VecDeque<String>,
    /// How many texts back from the newest the walk stands; 0 is the draft.
    back: usize,
}

impl DraftHistory {
    /// Remembers a text that was sent. The same text twice in a row is kept once. Ends a walk.
    pub fn push(&mut self, text: &str) {
        self.back = 0;
        if self.texts.back().is_some_and(|last| last == text) {
            return;
        }
        if self.texts.len() == MAX_TEXTS {
            self.texts.pop_front();
        }
        self.texts.push_back(text.to_owned());
    }

    /// Whether a text of the history stands in the composer.
    pub const fn walking(&self) -> bool {
        self.back > 0
    }

    /// How many texts back the walk stands, and how many there are.
    pub fn place(&self) -> (usize, usize) {
        (self.back, self.texts.len())
    }

    /// One text further back; `None` at the oldest.
    pub fn older(&mut self) -> Option<&str> {
        let index = self.texts.len().checked_sub(self.back + 1)?;
        self.back += 1;
        self.texts.get(index).map(String::as_str)
    }

    /// One text nearer; `None` when the draft itself comes back.
    pub fn newer(&mut self) -> Option<&str> {
        self.back = self.back.saturating_sub(1);
        if self.back == 0 {
            return None;
        }
        self.texts.get(self.texts.len() - self.back).map(String::as_str)
    }

    /// Ends the walk where it stands.
    pub fn stop(&mut self) {
        self.back = 0;
    }

    /// Texts that hold `needle` (whatever its case), newest first, each text once. An empty needle finds all.
    pub fn search(&self, needle: &str) -> Vec<String> {
        let needle = needle.to_lowercase();
        let mut seen = std::collections::HashSet::new();
        let newest_first = self.texts.iter().rev();
        newest_first.filter(|text| text.to_lowercase().contains(&needle) && seen.insert(*text)).cloned().collect()
    }
}
