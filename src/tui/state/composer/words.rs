//! What a cluster is for the moves by word.

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
