//! From TOML to a [`Pass`], with file, line and column for everything that is wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use regex::Regex;
use serde_json::Value;

use super::{
    Capture, CaptureSource, Expectation, ExpectedOutcome, ExpectedReply, OUTCOME_WITHIN, Pass, PassCase, PassStep,
    REPLY_WITHIN, StepMessage,
};
use crate::config::document::Document;
use crate::config::toml_reader::{Table, TextOrTable};
use crate::config::{Located, Problems};
use crate::model::fault::Fault;
use crate::model::{Attachment, Author, Cause, Confidence, FileSource, Variation, variables};
use crate::text::{nearest, suggestion};

impl Pass {
    /// Reads a pass; `file` is for the sentences.
    pub fn parse(file: &Path, text: &str) -> Result<Self, Problems> {
        let doc = Document::new(file, text);
        let pass = Table::root(&doc).and_then(pass);
        let problems = doc.into_problems();
        match pass {
            Some(pass) if problems.is_empty() => Ok(pass),
            _ => Err(Problems(problems)),
        }
    }

    /// The case of that id or name.
    pub fn case(&self, wanted: &str) -> Option<usize> {
        self.cases.iter().position(|c| c.id == wanted || c.name == wanted)
    }
}

fn pass(mut root: Table<'_>) -> Option<Pass> {
    let name = root.required("name", "give the pass a name");
    let about = root.text("about").map(|s| s.value);
    let conversation = root.text("conversation");
    let within = root.duration("within").map(|w| w.value);
    if root.lacks("cases") {
        let at = root.at;
        root.wrong(at, "the file has no [[cases]]: a pass needs at least one case with a step");
    }
    // The captures so far: a text may name those of the steps before it.
    let mut captured = BTreeSet::new();
    let mut cases: Vec<PassCase> = Vec::new();
    for table in root.tables("cases") {
        let at = table.at;
        let number = cases.len() + 1;
        let Some(mut case) = case(table, number, within, &mut captured) else { continue };
        case.conversation = case.conversation.or_else(|| conversation.clone());
        if cases.iter().any(|before| before.id == case.id) {
            root.wrong(at, format!("two cases have the id `{}`; give one of them another `id`", case.id));
        }
        cases.push(case);
    }
    root.finish();
    Some(Pass { name: name?.value, about, cases })
}

fn case(
    mut table: Table<'_>,
    number: usize,
    within: Option<Duration>,
    captured: &mut BTreeSet<String>,
) -> Option<PassCase> {
    let at = table.at;
    let name = table.required("name", "give the case a name");
    let id = read_id(&mut table);
    let about = table.text("about").map(|s| s.value);
    let conversation = table.text("conversation");
    let within = table.duration("within").map(|w| w.value).or(within);
    if table.lacks("steps") {
        table.wrong(at, format!("{} has no [[cases.steps]]: a case needs at least one step", table.title()));
    }
    let mut steps: Vec<PassStep> = Vec::new();
    for entry in table.tables("steps") {
        let at = entry.at;
        let Some(step) = step(entry, steps.len() + 1, within, captured) else { continue };
        if steps.iter().any(|before| before.id == step.id) {
            table.wrong(at, format!("two steps of this case have the id `{}`; give one of them another `id`", step.id));
        }
        steps.push(step);
    }
    table.finish();
    let name = name?.value;
    let id = id.unwrap_or_else(|| slug(&name, number));
    Some(PassCase { id, name, about, conversation, steps })
}

fn step(
    mut table: Table<'_>,
    number: usize,
    within: Option<Duration>,
    captured: &mut BTreeSet<String>,
) -> Option<PassStep> {
    let at = table.at;
    let given = table.text("name").map(|s| s.value);
    let slugged = || given.as_deref().map_or_else(|| number.to_string(), |name| slug(name, number));
    let mut step = PassStep {
        id: read_id(&mut table).unwrap_or_else(slugged),
        instruction: table.text("do").map(|s| s.value),
        conversation: table.text("conversation"),
        clear_faults: table.flag("clear_faults").is_some_and(|f| f.value),
        fault: read_fault(&mut table),
        advance: table.duration("advance").map(|d| d.value),
        renew: table.flag("renew").is_some_and(|f| f.value),
        ..PassStep::default()
    };
    let send = read_send(&mut table, captured);
    step.within = table.duration("within").map(|w| w.value).or(within).unwrap_or(OUTCOME_WITHIN);
    let sends = table.has("send");
    step.expect = expect(&mut table, sends);
    step.expect.extend(read_captures(&mut table, sends, captured).into_iter().map(Expectation::Capture));
    step.judge = table.text("judge").map(|s| s.value);
    let sets_up = step.clear_faults || table.has("fault") || step.advance.is_some() || step.renew;
    if step.expect.is_empty() && sets_up {
        step.expect.push(Expectation::Done);
    }
    if !sends && !sets_up && step.judge.is_none() && !table.has("expect") && !table.has("capture") {
        let how = "give it `send`, `expect`, `judge` or something to set up";
        table.wrong(at, format!("{} does nothing: {how}", table.title()));
    }
    table.finish();
    step.send = send?;
    step.name = given.unwrap_or_else(|| step.task());
    Some(step)
}

fn read_fault(table: &mut Table<'_>) -> Option<Fault> {
    let fault = table.table("fault")?;
    match Fault::parse(&fault.to_json()) {
        Ok(read) => Some(read),
        Err(error) => {
            let field = fault.named_values().into_iter().find(|(name, _)| Some(&name.value) == error.field.as_ref());
            fault.wrong(field.map_or(fault.at, |(name, _)| name.at), error.what);
            None
        }
    }
}

/// The outer `None`: it is wrong.
#[expect(clippy::option_option, reason = "whether it is there, and whether it is right")]
fn read_send(table: &mut Table<'_>, captured: &BTreeSet<String>) -> Option<Option<StepMessage>> {
    let there = table.has("send");
    let mut send = match table.text_or_table("send", "a text, or a table") {
        None => return if there { None } else { Some(None) },
        Some(TextOrTable::Text(text)) => {
            known(table, &text, captured);
            return Some(Some(StepMessage { text: text.value, ..StepMessage::default() }));
        }
        Some(TextOrTable::Table(send)) => send,
    };
    let at = send.at;
    let text = send.text("text");
    let choice = send.text("choice").map(|s| s.value);
    let sent_as = send.word("as", &Variation::ALL.map(|one| (one.name(), one))).map(|s| s.value);
    let mut attributes = BTreeMap::new();
    for (name, text) in send.table("attributes").into_iter().flat_map(Table::named_texts) {
        known(table, &text, captured);
        attributes.insert(name.value, text.value);
    }
    let attachments = send.tables("attachments").into_iter().filter_map(read_attachment).collect::<Vec<_>>();
    if text.is_none() && choice.is_none() && attachments.is_empty() && !send.has("text") {
        send.wrong(at, "`send` says nothing: give it a `text`, a `choice` or `attachments`");
    }
    send.finish();
    if let Some(text) = &text {
        known(table, text, captured);
    }
    let text = text.map(|t| t.value).unwrap_or_default();
    Some(Some(StepMessage { text, sent_as, choice, attributes, attachments }))
}

fn read_attachment(mut table: Table<'_>) -> Option<Attachment> {
    let at = table.at;
    let (url, file) = (table.text("url"), table.text("file"));
    let mime = table.required("mime", "it is the media type, like \"image/png\"");
    let name = table.text("name").map(|s| s.value);
    let place = match (url, file) {
        (Some(url), None) => Some(FileSource::Url(url.value)),
        (None, Some(file)) => Some(FileSource::File(PathBuf::from(file.value))),
        _ => {
            table.wrong(at, "an attachment has either `url` or `file`");
            None
        }
    };
    table.finish();
    Some(Attachment { place: place?, mime: mime?.value, name })
}

/// Reports variables that have no value.
fn known(table: &Table<'_>, text: &Located<String>, captured: &BTreeSet<String>) {
    let mut rest = text.value.as_str();
    while let Some((_, name, after)) = variables::next_name(rest) {
        let known: Vec<&str> =
            variables::NAMES.iter().map(|(name, _)| *name).chain(captured.iter().map(String::as_str)).collect();
        if !known.contains(&name) {
            let near = suggestion(name, known.iter().copied());
            table.wrong(text.at, format!("{{{{{name}}}}} has no value here{near}"));
        }
        rest = after;
    }
}

fn read_captures(table: &mut Table<'_>, sends: bool, captured: &mut BTreeSet<String>) -> Vec<Capture> {
    let Some(captures) = table.table("capture") else { return Vec::new() };
    let mut found = Vec::new();
    for (name, mut entry) in captures.named_tables() {
        let at = entry.at;
        let (body, header, reply) = (entry.text("body"), entry.text("header"), entry.text("reply"));
        let within = entry.duration("within").map_or(REPLY_WITHIN, |w| w.value);
        let from_answer = body.is_some() || header.is_some();
        let source = match (body, header, reply) {
            (Some(pointer), None, None) => {
                if !pointer.value.starts_with('/') {
                    entry.wrong(pointer.at, "`body` must be a JSON pointer, which begins with /");
                }
                Some(CaptureSource::Body(pointer.value))
            }
            (None, Some(name), None) => Some(CaptureSource::Header(name.value)),
            (None, None, Some(text)) => pattern(&entry, &text).map(|p| CaptureSource::Reply(p, within)),
            _ => {
                entry.wrong(at, "a capture has exactly one of `body`, `header` and `reply`");
                None
            }
        };
        if from_answer && !sends {
            entry.wrong(at, "this step sends nothing, so there is no answer to capture from");
        }
        let fits = name.value.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        if !fits || variables::NAMES.iter().any(|(taken, _)| *taken == name.value) {
            let how = "must be made of letters, digits, `-` and `_`, and be none of seq, uuid, now, run";
            entry.wrong(name.at, format!("the capture's name {how}"));
        }
        entry.finish();
        captured.insert(name.value.clone());
        found.extend(source.map(|source| Capture { name: name.value, source }));
    }
    found
}

/// An id that is written: it goes into reports and onto the command line.
fn read_id(table: &mut Table<'_>) -> Option<String> {
    let id = table.text("id")?;
    let fits = id.value.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if !fits {
        table.wrong(id.at, "`id` must be made of letters, digits, `-`, `_` and `.`");
    }
    fits.then_some(id.value)
}

/// An id made of a name: `The guest is heard` → `the-guest-is-heard`.
fn slug(name: &str, number: usize) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let id = words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-");
    if id.is_empty() { number.to_string() } else { id }
}

fn expect(step: &mut Table<'_>, sends: bool) -> Vec<Expectation> {
    let Some(mut table) = step.table("expect") else {
        return Vec::from_iter(sends.then_some(Expectation::Outcome(ExpectedOutcome::Accepted)));
    };
    let at = table.at;
    if table.is_empty() {
        table.wrong(at, "`expect` expects nothing: say what, or remove it");
    }
    let outcome = table.word("outcome", &ExpectedOutcome::ALL.map(|one| (one.name(), one)));
    let cause = read_cause(&mut table);
    let confidence = table.word("confidence", &Confidence::ALL.map(|one| (one.name(), one)));
    let status = table.number("status", 100, 599);
    let mut count = |name| table.number(name, 0, 100).map(|n| n.value);
    let (tries, renewals) = (count("tries"), count("renewals"));
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
    let answers = status.is_some() || !headers.is_empty() || !body.is_empty();
    let refused = cause.as_ref().map(|_| ExpectedOutcome::Refused);
    // What sends and names no outcome is to be accepted, unless the answer is described otherwise.
    let usual = (sends && !answers).then_some(ExpectedOutcome::Accepted);
    let outcome = outcome.map(|outcome| outcome.value).or(refused).or(usual);
    let mut all = Vec::from_iter(outcome.map(Expectation::Outcome));
    all.extend(cause.map(|cause| Expectation::Cause(cause.value, confidence.map(|confidence| confidence.value))));
    all.extend(status.map(|status| Expectation::Status(status.value)));
    all.extend(headers);
    all.extend(body);
    all.extend(tries.map(Expectation::Tries));
    all.extend(renewals.map(Expectation::Renewals));
    all.extend(reply.map(Expectation::Reply));
    all.extend(silence.map(|silence| Expectation::Silence(silence.value)));
    all
}

fn read_cause(table: &mut Table<'_>) -> Option<Located<Cause>> {
    let name = table.text("cause")?;
    if let Some(cause) = Cause::named(&name.value) {
        return Some(name.map(|_| cause));
    }
    let near = nearest(&name.value, Cause::WORDS);
    let near = near.map(|n| format!("; did you mean \"{n}\"?")).unwrap_or_default();
    table.wrong(name.at, format!("`cause` must be a cause that `guestwire explain` lists{near}"));
    None
}

fn read_headers(table: Table<'_>) -> Vec<Expectation> {
    let read = |(name, value): (Located<String>, Located<Value>)| match value.value {
        Value::Bool(true) => Some(Expectation::Header(name.value, None)),
        Value::String(text) => Some(Expectation::Header(name.value, Some(text))),
        _ => {
            let how = "must be true (it is there) or a string (its value)";
            table.wrong(value.at, format!("the header `{}` {how}", name.value));
            None
        }
    };
    table.named_values().into_iter().filter_map(read).collect()
}

fn read_body(table: Table<'_>) -> Vec<Expectation> {
    let read = |(pointer, value): (Located<String>, Located<Value>)| {
        if !pointer.value.starts_with('/') {
            let how = "must be a JSON pointer, which begins with /, like \"/code\"";
            table.wrong(pointer.at, format!("`{}` {how}", pointer.value));
        }
        Expectation::Body(pointer.value, value.value)
    };
    table.named_values().into_iter().map(read).collect()
}

fn read_reply(table: &mut Table<'_>) -> Option<ExpectedReply> {
    let mut expected = ExpectedReply { within: REPLY_WITHIN, ..ExpectedReply::default() };
    match table.text_or_table("reply", "a text, or a table")? {
        TextOrTable::Text(text) => expected.contains = Some(text.value),
        TextOrTable::Table(mut reply) => {
            expected.contains = reply.text("contains").map(|s| s.value);
            expected.matches = reply.text("matches").and_then(|text| pattern(&reply, &text));
            let choices = reply.strings("choices").map(|list| list.value);
            expected.choices = choices.into_iter().flatten().map(|label| label.value).collect();
            expected.from =
                reply.word("from", &[Author::Bot, Author::Agent].map(|one| (one.name(), one))).map(|s| s.value);
            expected.within = reply.duration("within").map_or(REPLY_WITHIN, |d| d.value);
            reply.finish();
        }
    }
    Some(expected)
}

fn pattern(table: &Table<'_>, text: &Located<String>) -> Option<Regex> {
    match Regex::new(&text.value) {
        Ok(regex) => Some(regex),
        Err(why) => {
            // The lines before the last draw the place, which a sentence cannot.
            let why = why.to_string();
            let why = why.lines().last().unwrap_or_default().trim_start_matches("error: ");
            table.wrong(text.at, format!("this is not a regular expression: {why}"));
            None
        }
    }
}
