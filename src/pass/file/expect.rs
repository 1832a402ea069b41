//! What a step expects, from its table.

use super::{ExpectSection, ExpectedOutcome, ExpectedReply, Pattern, REPLY_WITHIN};
use crate::config::Spot;
use crate::config::toml_reader::{Table, TextOrTable};
use crate::model::{Author, Cause, Confidence};
use crate::text::suggest::nearest;
use serde_json::Value;

const AUTHORS: &[(&str, Author)] = &[(Author::Bot.word(), Author::Bot), (Author::Agent.word(), Author::Agent)];

/// Reads `expect` of a step that sends, or does not.
pub(super) fn expect(step: &mut Table<'_>, sends: bool) -> ExpectSection {
    let Some(mut table) = step.table("expect") else { return ExpectSection::default() };
    let at = table.at();
    if table.is_empty() {
        table.wrong(at, "`expect` expects nothing: say what, or remove it");
    }
    let outcome = table.word("outcome", &ExpectedOutcome::ALL.map(|one| (one.word(), one)));
    let cause = read_cause(&mut table);
    let confidence = table.word("confidence", &Confidence::ALL.map(|one| (one.word(), one)));
    let status = table.number("status", 100, 599);
    let tries = table.number("tries", 0, 100);
    let renewals = table.number("renewals", 0, 100);
    let headers = table.table("headers").map(read_headers).unwrap_or_default();
    let body = table.table("body").map(read_body).unwrap_or_default();
    let reply = read_reply(&mut table);
    let silence = table.duration("silence");
    if !sends {
        for name in ["outcome", "cause", "status", "tries", "headers", "body"] {
            if table.has(name) {
                table.wrong(at, format!("`{name}` is expected, but this step sends nothing"));
            }
        }
    }
    if let (Some(cause), Some(outcome)) = (&cause, &outcome)
        && outcome.value == ExpectedOutcome::Accepted
    {
        table.wrong(cause.at, "`cause` needs a refusal, but the expected outcome is \"accepted\"");
    }
    if let (Some(confidence), None) = (&confidence, &cause) {
        table.wrong(confidence.at, "`confidence` needs a `cause`");
    }
    if let (Some(silence), Some(_)) = (&silence, &reply) {
        table.wrong(silence.at, "a reply and silence cannot be expected in one step");
    }
    table.finish();
    let number = |n: Option<Spot<u64>>| n.and_then(|n| u32::try_from(n.value).ok());
    ExpectSection {
        outcome: outcome.map(|o| o.value).or_else(|| cause.as_ref().map(|_| ExpectedOutcome::Refused)),
        cause: cause.map(|c| c.value),
        confidence: confidence.map(|c| c.value),
        status: status.and_then(|s| u16::try_from(s.value).ok()),
        headers,
        body,
        tries: number(tries),
        renewals: number(renewals),
        reply,
        silence: silence.map(|s| s.value),
    }
}

fn read_cause(table: &mut Table<'_>) -> Option<Spot<Cause>> {
    let name = table.text("cause")?;
    if let Some(cause) = Cause::named(&name.value) {
        return Some(name.map(|_| cause));
    }
    let near = nearest(&name.value, Cause::ALL.iter().map(|c| c.as_str()));
    let near = near.map(|n| format!("; did you mean \"{n}\"?")).unwrap_or_default();
    table.wrong(name.at, format!("`cause` must be a cause that `guestwire explain` lists{near}"));
    None
}

fn read_headers(table: Table<'_>) -> Vec<(String, Option<String>)> {
    let mut headers = Vec::new();
    for (name, value) in table.named_values() {
        match value.value {
            Value::Bool(true) => headers.push((name.value, None)),
            Value::String(text) => headers.push((name.value, Some(text))),
            _ => {
                let how = "must be true (it is there) or a string (its value)";
                table.wrong(value.at, format!("the header `{}` {how}", name.value));
            }
        }
    }
    headers
}

fn read_body(table: Table<'_>) -> Vec<(String, Value)> {
    let mut values = Vec::new();
    for (pointer, value) in table.named_values() {
        if !pointer.value.starts_with('/') {
            let how = "must be a JSON pointer, which begins with /, like \"/code\"";
            table.wrong(pointer.at, format!("`{}` {how}", pointer.value));
        }
        values.push((pointer.value, value.value));
    }
    values
}

fn read_reply(table: &mut Table<'_>) -> Option<ExpectedReply> {
    let mut reply = match table.text_or_table("reply", "a text, or a table")? {
        TextOrTable::Text(text) => {
            let contains = Some(text.value);
            return Some(ExpectedReply {
                contains,
                matches: None,
                choices: Vec::new(),
                from: None,
                within: REPLY_WITHIN,
            });
        }
        TextOrTable::Table(reply) => reply,
    };
    let contains = reply.text("contains").map(|s| s.value);
    let matches = reply.text("matches").and_then(|text| pattern(&reply, &text));
    let choices = reply.strings("choices").map(|list| list.value.into_iter().map(|s| s.value).collect());
    let from = reply.word("from", AUTHORS).map(|s| s.value);
    let within = reply.duration("within").map_or(REPLY_WITHIN, |d| d.value);
    reply.finish();
    Some(ExpectedReply { contains, matches, choices: choices.unwrap_or_default(), from, within })
}

/// A regular expression, or what is wrong with it.
pub(super) fn pattern(table: &Table<'_>, text: &Spot<String>) -> Option<Pattern> {
    match regex::Regex::new(&text.value) {
        Ok(regex) => Some(Pattern(regex)),
        Err(why) => {
            // The lines before the last draw the place, which a sentence cannot.
            let why = why.to_string();
            let why = why.lines().last().unwrap_or_default().trim_start_matches("error: ");
            table.wrong(text.at, format!("this is not a regular expression: {why}"));
            None
        }
    }
}

#[cfg(test)]
#[path = "../../../tests/unit/pass/file/expect.rs"]
mod tests;
