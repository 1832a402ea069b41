//! What others read of a run: forms of the same [`PassRun`], with the same ids. Pure: a run in, text out.
//!
//! ```text
//! Run ─► masked (the one redactor, over every text) ─┬─► junit     for CI
//!                                                    ├─► ctrf      for dashboards
//!                                                    ├─► markdown  for tickets and wikis
//!                                                    └─► html      for people: one page that needs nothing else
//! ```
//! A step's id (`case/step`) stands in each of them. What a person said and what the expectations suggested are both
//! kept, and where they differ is listed.

mod ctrf;
mod view;

#[cfg(test)]
#[path = "../../../tests/unit/pass/report.rs"]
mod tests;

use serde_json::Value;

use super::PassRun;
use crate::export::escape::{fill, page};
use crate::model::words;

words! {
    /// A form of report, as `--report NAME=FILE` says it, and how its files usually end.
    pub enum ReportFormat: name, extension {
        /// JUnit XML.
        Junit = "junit", "xml";
        /// Common Test Report Format.
        Ctrf = "ctrf", "json";
        /// Markdown.
        Markdown = "md", "md";
        /// One HTML page.
        Html = "html", "html";
    }
}

impl ReportFormat {
    /// The report of a run, which must be [`masked`] already.
    pub fn write(self, run: &PassRun) -> String {
        if self == Self::Ctrf {
            return ctrf::ctrf(run);
        }
        let filled = fill(&format!("run.{}", self.extension()), &view::of(run));
        if self != Self::Html {
            return filled;
        }
        let title = format!("{}: {}", run.name, view::tally(&run.tally()));
        page(&title, &filled, include_str!("../../../assets/report/filter.js"))
    }
}

/// A run as it is kept: masked, but for what is played on from: the file's text, and what was captured.
pub fn without_secrets(run: &PassRun, mask: &dyn Fn(&str) -> String) -> PassRun {
    let PassRun { source, captures, .. } = run.clone();
    PassRun { source, captures, ..masked(run, mask) }
}

/// Each form of a run's report, masked, by its file's name.
pub fn all(run: &PassRun, mask: &dyn Fn(&str) -> String) -> Vec<(String, String)> {
    let masked = masked(run, mask);
    ReportFormat::ALL.map(|form| (format!("report.{}", form.extension()), form.write(&masked))).into()
}

/// Fields that hold a word out of a list of ours.
const OUR_WORDS: [&str; 5] = ["kind", "sent_as", "suggested", "verdict", "met"];

/// The run with `mask` over every text in it: also over notes, messages and captures, which no exchange has masked yet,
/// and over whatever is added to a run later.
pub fn masked(run: &PassRun, mask: &dyn Fn(&str) -> String) -> PassRun {
    fn walk(value: &mut Value, mask: &dyn Fn(&str) -> String) {
        match value {
            Value::String(text) => *text = mask(text),
            Value::Array(items) => items.iter_mut().for_each(|item| walk(item, mask)),
            Value::Object(fields) => {
                let texts = fields.iter_mut().filter(|(name, _)| !OUR_WORDS.contains(&name.as_str()));
                texts.for_each(|(_, field)| walk(field, mask));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    // A mask that spoils a time or a verdict would spoil the run: such a mask leaves a report without its steps.
    let mut value = serde_json::to_value(run).unwrap_or_default();
    walk(&mut value, mask);
    serde_json::from_value(value).unwrap_or_else(|_| PassRun {
        about: None,
        source: String::new(),
        cases: Vec::new(),
        captures: std::collections::BTreeMap::new(),
        ..run.clone()
    })
}
