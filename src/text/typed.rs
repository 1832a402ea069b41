//! Text that a person or another program hands over: a pipe, an editor, a file.

/// The text without what editors and shells add to it: a byte order mark, carriage returns before line ends, and the
/// line end after the last line. Blank lines before that are the writer's own and stay.
pub fn cleaned(text: &str) -> String {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let text = text.replace("\r\n", "\n");
    text.strip_suffix('\n').unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_editors_and_shells_add_is_taken_off() {
        for (given, meant) in [
            ("hello\n", "hello"),
            ("hello\r\n", "hello"),
            ("\u{feff}hello", "hello"),
            ("\u{feff}one\r\ntwo\r\n", "one\ntwo"),
            ("one\n\n", "one\n"),
            ("\n", ""),
            ("a\rb", "a\rb"),
            ("x\u{feff}y", "x\u{feff}y"),
            ("", ""),
        ] {
            assert_eq!(cleaned(given), meant, "{given:?}");
        }
    }
}
