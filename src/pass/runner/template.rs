//! Variables and captures in a text.

use std::collections::BTreeMap;

use crate::model::variables::{NAMES, Values, next_name, value};

/// The text with everything filled in, and whether `{{seq}}` is in it; or the name of a capture that is not there.
pub fn fill(text: &str, values: &Values, captures: &BTreeMap<String, String>) -> Result<(String, bool), String> {
    let mut out = String::new();
    let mut counts = false;
    let mut rest = text;
    while let Some((before, name, after)) = next_name(rest) {
        out.push_str(before);
        if NAMES.iter().any(|(known, _)| *known == name) {
            counts |= name == "seq";
            out.push_str(&value(name, values));
        } else {
            out.push_str(captures.get(name).ok_or_else(|| name.to_owned())?);
        }
        rest = after;
    }
    out.push_str(rest);
    Ok((out, counts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captures_are_filled_in_once_and_missed_by_name() {
        let values = Values { seq: 3, uuid: uuid::Uuid::nil(), now: jiff::Timestamp::UNIX_EPOCH, run: "r".to_owned() };
        let captures = BTreeMap::from([("ticket".to_owned(), "T-{{seq}}".to_owned())]);
        let filled = fill("{{ticket}} of {{run}}", &values, &captures);
        assert_eq!(filled, Ok(("T-{{seq}} of r".to_owned(), false)), "what was captured is text");
        assert_eq!(fill("{{seq}}", &values, &captures), Ok(("3".to_owned(), true)));
        assert_eq!(fill("{{other}}", &values, &captures), Err("other".to_owned()));
    }
}
