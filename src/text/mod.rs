//! Text from outside: read whatever its charset, measured, cleaned and compared. Imports nothing of ours.

pub mod alike;
pub mod dates;
pub mod days;
pub mod fold;
pub mod json;
pub mod screen;
pub mod suggest;
pub mod typed;

/// `text` with runs of white space (line ends too) as one space.
pub fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}
