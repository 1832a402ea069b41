//! What follows a command.

/// How many entries or messages are shown where nobody says how many.
pub(super) const FEW: usize = 10;

/// What a command comes to: done, or a sentence that says why it cannot be done.
pub(super) type Done = Result<(), String>;

/// An optional number, as typed.
pub(super) fn number(rest: &str) -> Result<Option<u64>, String> {
    if rest.is_empty() {
        return Ok(None);
    }
    let digits = rest.strip_prefix('#').unwrap_or(rest);
    digits.parse().map(Some).map_err(|_| format!("{rest} is not a number; nothing was done. .log shows the numbers."))
}

/// A number of the log that must be there, and what follows it.
pub(super) fn numbered<'l>(rest: &'l str, command: &str) -> Result<(u64, &'l str), String> {
    let (n, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let n = number(n)?.ok_or_else(|| format!("Type .{command} and a number of the log; .log shows the numbers."))?;
    Ok((n, rest.trim()))
}
