//! From TOML to a [`Pass`], with file, line and column for everything that is wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::expect::{expect, pattern};
use super::{Capture, CaptureSource, OUTCOME_WITHIN, Pass, PassCase, PassStep, REPLY_WITHIN, StepMessage};
use crate::config::toml_reader::{Doc, Table, TextOrTable};
use crate::config::{Problems, Spot};
use crate::model::fault::Fault;
use crate::model::{Attachment, FileSource, Variation, variables};
use crate::text::suggest::suggestion;

impl Pass {
    /// Reads a pass; `file` is for the sentences.
    pub fn parse(file: &Path, text: &str) -> Result<Self, Problems> {
        let doc = Doc::new(file, text);
        let pass = doc.root().and_then(pass);
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
    let within = root.duration("within");
    if root.lacks("cases") {
        let at = root.at();
        root.wrong(at, "the file has no [[cases]]: a pass needs at least one case with a step");
    }
    // The captures so far: a text may name those of the steps before it.
    let mut captured = BTreeSet::new();
    let mut ids = BTreeSet::new();
    let mut cases = Vec::new();
    for table in root.tables("cases") {
        let at = table.at();
        let number = cases.len() + 1;
        let Some(mut case) = case(table, number, within.as_ref().map(|w| w.value), &mut captured) else { continue };
        case.conversation = case.conversation.or_else(|| conversation.clone());
        if !ids.insert(case.id.clone()) {
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
    let at = table.at();
    let name = table.required("name", "give the case a name");
    let id = read_id(&mut table);
    let about = table.text("about").map(|s| s.value);
    let conversation = table.text("conversation");
    let within = table.duration("within").map(|w| w.value).or(within);
    if table.lacks("steps") {
        table.wrong(at, format!("{} has no [[cases.steps]]: a case needs at least one step", table.title()));
    }
    let mut ids = BTreeSet::new();
    let mut steps = Vec::new();
    for entry in table.tables("steps") {
        let at = entry.at();
        let Some(step) = step(entry, steps.len() + 1, within, captured) else { continue };
        if !ids.insert(step.id.clone()) {
            table.wrong(at, format!("two steps of this case have the id `{}`; give one of them another `id`", step.id));
        }
        steps.push(step);
    }
    table.finish();
    let name = name?.value;
    let id = id.unwrap_or_else(|| slug(&name, number));
    Some(PassCase { id, name, about, conversation, steps })
}

/// Reads `[[cases.steps]]`.
fn step(
    mut table: Table<'_>,
    number: usize,
    within: Option<Duration>,
    captured: &mut BTreeSet<String>,
) -> Option<PassStep> {
    let at = table.at();
    let given = table.text("name").map(|s| s.value);
    let id = read_id(&mut table);
    let instruction = table.text("do").map(|s| s.value);
    let conversation = table.text("conversation");
    let clear_faults = table.flag("clear_faults").is_some_and(|f| f.value);
    let fault = read_fault(&mut table);
    let advance = table.duration("advance").map(|d| d.value);
    let renew = table.flag("renew").is_some_and(|f| f.value);
    let send = read_send(&mut table, captured);
    let within = table.duration("within").map(|w| w.value).or(within).unwrap_or(OUTCOME_WITHIN);
    let sends = table.has("send");
    let expect = expect(&mut table, sends);
    let captures = read_captures(&mut table, sends, captured);
    let judge = table.text("judge").map(|s| s.value);
    let idle = !sends && !clear_faults && !table.has("fault") && advance.is_none() && !renew;
    if idle && judge.is_none() && !table.has("expect") && !table.has("capture") {
        table.wrong(
            at,
            format!("{} does nothing: give it `send`, `expect`, `judge` or something to set up", table.title()),
        );
    }
    table.finish();
    let mut step = PassStep {
        id: String::new(),
        name: String::new(),
        instruction,
        conversation,
        clear_faults,
        fault,
        advance,
        renew,
        send: send?,
        expect,
        captures,
        judge,
        within,
    };
    step.id = id.unwrap_or_else(|| given.as_deref().map_or_else(|| number.to_string(), |name| slug(name, number)));
    step.name = given.unwrap_or_else(|| step.deed());
    Some(step)
}

fn read_fault(table: &mut Table<'_>) -> Option<Fault> {
    let fault = table.table("fault")?;
    match Fault::parse(&fault.to_json()) {
        Ok(read) => Some(read),
        Err(error) => {
            let field = fault.named_values().into_iter().find(|(name, _)| Some(&name.value) == error.field.as_ref());
            fault.wrong(field.map_or(fault.at(), |(name, _)| name.at), error.what);
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
    let at = send.at();
    let text = send.text("text");
    let choice = send.text("choice").map(|s| s.value);
    let sent_as = send.word("as", &Variation::ALL.map(|one| (one.as_str(), one))).map(|s| s.value);
    let mut attributes = BTreeMap::new();
    if let Some(fields) = send.table("attributes") {
        for (name, text) in fields.named_texts() {
            known(table, &text, captured);
            attributes.insert(name.value, text.value);
        }
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
    let at = table.at();
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

/// Notes variables that nobody fills in.
fn known(table: &Table<'_>, text: &Spot<String>, captured: &BTreeSet<String>) {
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
        let at = entry.at();
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
    let mut id = String::new();
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            id.push(c.to_ascii_lowercase());
        } else if !id.is_empty() && !id.ends_with('-') {
            id.push('-');
        }
    }
    let id = id.trim_end_matches('-');
    if id.is_empty() { number.to_string() } else { id.to_owned() }
}
