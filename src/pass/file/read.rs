//! From TOML to a [`Pass`], with file, line and column for everything that is wrong.

use std::collections::BTreeSet;
use std::path::Path;

use super::step::{KnownNames, read_id, slug, step};
use super::{Pass, PassCase};
use crate::config::Problems;
use crate::config::toml_reader::{Doc, Table};

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
    let mut names = KnownNames::default();
    let mut ids = BTreeSet::new();
    let mut cases = Vec::new();
    for table in root.tables("cases") {
        let at = table.at();
        let number = cases.len() + 1;
        let Some(mut case) = case(table, number, within.as_ref().map(|w| w.value), &mut names) else { continue };
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
    within: Option<std::time::Duration>,
    names: &mut KnownNames,
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
        let Some(step) = step(entry, steps.len() + 1, within, names) else { continue };
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
