//! JSON laid out in lines without parsing it into values: every byte of every name, number and string stays as it came
//! (also doubled names and numbers that no float can hold), and text that is cut short is laid out as far as it goes.

/// The lines of `json`, indented by two spaces a level.
pub(super) fn lines(json: &str, limit: usize) -> (Vec<String>, bool) {
    let mut out = Vec::new();
    let mut line = String::new();
    let mut depth = 0_usize;
    let mut chars = json.chars().peekable();
    let break_line = |line: &mut String, depth: usize, out: &mut Vec<String>| {
        out.push(std::mem::take(line));
        // A hostile depth must not make lines of a megabyte each.
        line.extend(std::iter::repeat_n("  ", depth.min(40)));
    };
    while let Some(c) = chars.next() {
        if out.len() >= limit {
            return (out, true);
        }
        match c {
            '"' => {
                line.push('"');
                while let Some(inner) = chars.next() {
                    line.push(inner);
                    match inner {
                        '\\' => line.extend(chars.next()),
                        '"' => break,
                        _ => {}
                    }
                }
            }
            '{' | '[' => {
                line.push(c);
                skip_space(&mut chars);
                let close = if c == '{' { '}' } else { ']' };
                if chars.next_if_eq(&close).is_some() {
                    line.push(close);
                } else {
                    depth += 1;
                    break_line(&mut line, depth, &mut out);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                break_line(&mut line, depth, &mut out);
                line.push(c);
            }
            ',' => {
                line.push(c);
                break_line(&mut line, depth, &mut out);
            }
            ':' => line.push_str(": "),
            ' ' | '\t' | '\n' | '\r' => {}
            _ => line.push(c),
        }
    }
    if !line.trim().is_empty() {
        out.push(line);
    }
    (out, false)
}

fn skip_space(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    while chars.next_if(|c| matches!(c, ' ' | '\t' | '\n' | '\r')).is_some() {}
}

/// Whether a JSON string is open at the end of `text`, when one was (`inside`) or was not open at its start.
pub(super) fn string_open_after(text: &str, mut inside: bool) -> bool {
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => inside = !inside,
            '\\' if inside => {
                chars.next();
            }
            _ => {}
        }
    }
    inside
}

#[cfg(test)]
#[path = "../../../tests/unit/session/log/pretty.rs"]
mod tests;
