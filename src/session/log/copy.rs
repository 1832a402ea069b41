//! What can be copied of an entry. Secrets were taken out at capture, so all of it is masked.

use std::fmt::Write as _;

use super::detail::rows;
use super::entry::Density;
use super::line::{Columns, LogPage};
use super::{Log, LogEntry};
use crate::export;
use crate::model::{Header, Response};
use crate::text::screen;

impl LogEntry {
    /// The request ids of the newest answer, one a line, as `name: id`.
    pub fn copy_ids(&self) -> Option<String> {
        let response = self.newest_try()?.response()?;
        let ids = response.request_ids().into_iter();
        let lines: Vec<String> = ids.map(|(name, id)| format!("{name}: {}", screen::visible(&id))).collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    /// Request line and headers, then (after a blank line) status line and headers, of the newest try.
    pub fn copy_headers(&self) -> Option<String> {
        let attempt = self.newest_try()?;
        let mut out = format!("{} {}\n", attempt.request.method, attempt.request.url);
        push_headers(&mut out, &attempt.request.headers);
        if let Some(Response { status, version, headers, .. }) = attempt.response() {
            // Writing to a String cannot fail.
            let _ = writeln!(out, "\n{version} {status}");
            push_headers(&mut out, headers);
        }
        Some(screen::visible_lines(out.trim_end()).collect::<Vec<_>>().join("\n"))
    }

    /// The body of the newest answer as it came; without one, that of the request. Control characters other than line
    /// ends and tabs are made visible: a paste into a terminal must not be able to end itself and go on as keys.
    pub fn copy_body(&self) -> Option<String> {
        let attempt = self.newest_try()?;
        let answer = attempt.response().map(|r| &r.body).filter(|body| !body.text.is_empty());
        let body = answer.or(Some(&attempt.request.body)).filter(|body| !body.text.is_empty())?;
        let mut out = String::with_capacity(body.text.len());
        for c in body.text.chars() {
            if !c.is_control() || matches!(c, '\n' | '\r' | '\t') {
                out.push(c);
            } else {
                out.push_str(&screen::visible(c.encode_utf8(&mut [0; 4])));
            }
        }
        Some(out)
    }

    /// The newest try as a curl command; see [`export::curl`].
    pub fn copy_curl(&self) -> Option<String> {
        Some(export::curl(self.newest_try()?))
    }
}

impl Log {
    /// The selected entry's own line as it would stand in a wide pane; a note in full.
    pub fn copy_line(&self) -> Option<String> {
        self.text_rows(self.selected()?, Density::Line).into_iter().next()
    }

    /// The marked entries (without a mark, all) as HAR 1.2; see [`export::har`].
    pub fn har(&self) -> serde_json::Value {
        let any_marked = self.entries().any(|entry| entry.kept.marked);
        export::har(self.entries().filter(|entry| entry.kept.marked || !any_marked).filter_map(har_entry))
    }

    /// Everything about the selected entry as lines of text that are safe for a terminal, for a pager.
    pub fn page_text(&self) -> Option<String> {
        let mut lines = self.text_rows(self.selected()?, Density::Full);
        lines.push(String::new());
        Some(lines.join("\n"))
    }

    fn text_rows(&self, entry: &LogEntry, density: Density) -> Vec<String> {
        if let (Density::Line, None) = (density, entry.exchange()) {
            return vec![screen::visible(entry.what()).into_owned()];
        }
        let entry = LogEntry { density, ..entry.clone() };
        let width = 150;
        let columns = Columns::new(width, self.view.digits, self.options.ascii);
        let page = LogPage { width, wrap: true, search: None, columns, unfold: true, ..self.page() };
        rows(&page, &entry).iter().map(|row| row.text.trim_end().trim_start_matches(' ').to_owned()).collect()
    }
}

fn har_entry(entry: &LogEntry) -> Option<export::HarEntry<'_>> {
    Some(export::HarEntry {
        number: entry.number(),
        exchange: entry.exchange()?,
        marked: entry.kept.marked,
        comment: entry.comment(),
        diagnosis: entry.diagnosis(),
    })
}

fn push_headers(out: &mut String, headers: &[Header]) {
    for header in headers {
        // A header cannot hold a line break on the wire; one that claims to is shown on one line.
        let _ = writeln!(out, "{}: {}", header.name, screen::visible(&header.value));
    }
}
