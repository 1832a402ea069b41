//! The card that says why something was refused, in the place of thread and log. The order of its parts never changes.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget as _};

use super::frame::{Pen, Styled, column};
use crate::diagnosis::render::{self, Part, PartKind};
use crate::model::{CheckAnswer, Diagnosis, Exchange, Outcome, Remedy, Request};
use crate::session::log::{Log, LogEntry};
use crate::text::screen::{fit, in_ascii, visible, width, wrap};
use crate::text::{capitalised, counted};
use crate::tui::state::{Card, KeyHint, State};
use crate::tui::{Action, StyleRole};

/// Cells of the labels of the last parts.
const LABEL: usize = 16;
/// With fewer rows what to do would be below the fold: what the cause means stands after it, and no row is blank.
const SHORT: usize = 10;
/// Cells that a key at the right takes at most.
const KEYS: usize = 18;

/// Pieces of a row, and a key at its right end.
#[derive(Default)]
struct Row {
    pieces: Vec<Styled>,
    key: Option<KeyHint>,
}

struct Rows {
    ascii: bool,
    room: usize,
    all: Vec<Row>,
}

impl Rows {
    fn row(&mut self, pieces: impl Into<Vec<Styled>>) {
        self.all.push(Row { pieces: pieces.into(), key: None });
    }

    fn blank(&mut self) {
        self.all.push(Row::default());
    }

    /// A text behind its label, with its key in the first row; the later rows begin `hang` cells after the label.
    fn text(&mut self, label: Styled, text: &str, role: StyleRole, hang: usize, key: Option<KeyHint>) {
        let text = visible(text);
        let text = in_ascii(&text, self.ascii);
        let indent = width(&label.0);
        let cells = self.room.saturating_sub(indent + if key.is_some() { KEYS } else { 0 });
        let first = wrap(&text, cells).next().unwrap_or_default();
        let piece = |text: &str| (text.trim_end().to_owned(), role);
        self.all.push(Row { pieces: vec![label, piece(first)], key });
        let rest = text.get(first.len()..).unwrap_or_default().trim_start();
        if !rest.is_empty() {
            for row in wrap(rest, self.room.saturating_sub(indent + hang)) {
                self.row([(" ".repeat(indent + hang), role), piece(row)]);
            }
        }
    }

    /// A part whose name stands beside it; under it where there is little room.
    fn labelled(&mut self, part: &Part, name_role: StyleRole, role: StyleRole) {
        let beside = self.room >= 60;
        if !beside {
            self.row([(part.heading.to_owned(), name_role)]);
        }
        for (at, line) in part.lines.iter().enumerate() {
            let name = if at == 0 { part.heading } else { "" };
            let label = if beside { format!("{name:<LABEL$}") } else { "  ".to_owned() };
            self.text((label, name_role), line, role, 0, None);
        }
    }
}

pub fn draw(state: &State, card: &Card, buf: &mut Buffer) {
    let log = state.log_with(card.number);
    let Some(entry) = log.entry(card.number) else { return };
    let Some(diagnosis) = entry.diagnosis() else { return };
    let panes = state.panes();
    let main = panes.main;
    // Where there are few rows, the composer gives its own.
    let bottom = panes.rules.composer.filter(|_| main.height >= 30).unwrap_or(main.bottom());
    let area = Rect { height: bottom.saturating_sub(main.y), ..main };
    Clear.render(area, buf);
    // The rule beside the list has no joint where nothing meets it.
    if let Some(x) = panes.rules.list {
        column(x, area.top()..area.bottom(), &state.look.theme, buf);
    }
    let inside =
        Rect { x: area.x + 1, width: area.width.saturating_sub(2), height: area.height.saturating_sub(2), ..area };
    let shown = usize::from(inside.height);
    let rows = rows(state, entry, diagnosis, usize::from(inside.width), shown < SHORT);
    let last = rows.len().saturating_sub(shown);
    let from = usize::from(card.scroll).min(last);
    for (y, row) in (inside.top()..inside.bottom()).zip(rows.iter().skip(from)) {
        draw_row(state, row, Rect { y, height: 1, ..inside }, buf);
    }
    let (place, of) = log.why_place(card.number);
    let more = if from < last { counted(last - from, "more row") } else { format!("{place} of {of}") };
    let line = Rect { y: area.bottom().saturating_sub(1), height: 1, ..inside };
    let mut pen = Pen::at(line, &state.look.theme, buf);
    for hint in state.card_keys(card) {
        if width(&hint.0) + width(hint.1) + 4 + width(&more) + 2 > pen.room() {
            break;
        }
        pen.key(&hint, 3);
    }
    pen.x = pen.before_end(width(&more));
    pen.write(&more, if from < last { StyleRole::Strong } else { StyleRole::Dim });
}

fn draw_row(state: &State, row: &Row, line: Rect, buf: &mut Buffer) {
    let mut pen = Pen::at(line, &state.look.theme, buf);
    for (text, role) in &row.pieces {
        pen.fit(text, usize::MAX, *role);
    }
    if let Some(hint) = &row.key {
        pen.x = pen.before_end(width(&hint.0) + 1 + width(hint.1));
        pen.key(hint, 0);
    }
}

fn rows(state: &State, entry: &LogEntry, diagnosis: &Diagnosis, room: usize, short: bool) -> Vec<Row> {
    let Some(exchange) = entry.exchange() else { return Vec::new() };
    let log = state.log_with(entry.number());
    let now = state.session.log.entry(entry.number()).is_some();
    let mut rows = Rows { ascii: state.look.theme.ascii, room, all: Vec::new() };
    rows.row(title(state, entry, diagnosis, room));
    rows.blank();
    let mut meaning = &[][..];
    let advice = entry.advice();
    let check = format!("press {} to check", state.keys.map.key(Action::Probe));
    let parts =
        render::card(diagnosis, exchange, &advice, &state.session.profile.facts, &|id| log.number_of(id), &check);
    for part in &parts {
        match part.kind {
            PartKind::Cause => {
                rows.row(cause(diagnosis));
                let (first, rest) = part.lines.split_at(if short { 1 } else { part.lines.len() });
                text(&mut rows, first);
                rows.blank();
                meaning = rest;
            }
            PartKind::Actions => {
                rows.row([(part.heading.to_owned(), StyleRole::Strong)]);
                for (line, advice) in part.lines.iter().zip(advice.iter()) {
                    let key = advice.remedy.and_then(|remedy| remedy_key(state, exchange, now, remedy));
                    rows.text(("  ".to_owned(), StyleRole::Text), line, StyleRole::Text, 3, key);
                }
                rows.blank();
                text(&mut rows, meaning);
            }
            PartKind::Evidence => evidence(state, diagnosis, (log, now), &mut rows),
            PartKind::NotRuledOut => rows.labelled(part, StyleRole::Strong, StyleRole::Text),
            PartKind::RuledOut => {
                rows.labelled(part, StyleRole::Dim, StyleRole::Dim);
                rows.blank();
            }
            PartKind::Said | PartKind::Ids => rows.labelled(part, StyleRole::Strong, StyleRole::Dim),
        }
    }
    let mut rows = rows.all;
    if short {
        rows.retain(|row| !row.pieces.is_empty());
    }
    rows
}

fn text(rows: &mut Rows, lines: &[String]) {
    for line in lines {
        rows.text((String::new(), StyleRole::Text), line, StyleRole::Text, 0, None);
    }
}

/// `#19 refused  POST /api/v2/…/messages · 401 · 418 ms · 17:08:08`
fn title(state: &State, entry: &LogEntry, diagnosis: &Diagnosis, room: usize) -> [Styled; 2] {
    let ascii = state.look.theme.ascii;
    let outcome = entry.exchange().map(|exchange| &exchange.outcome);
    let happened = match (entry.settled(), outcome) {
        _ if diagnosis.healed => "was refused first",
        (Some(true), _) => "received, was unknown",
        (Some(false), _) => "not received, was unknown",
        (None, Some(Outcome::Unknown(_))) => "outcome unknown",
        (None, Some(Outcome::Failed(_))) => "failed",
        (None, _) => "refused",
    };
    let head = format!("#{} {happened}  ", entry.number());
    let target = match entry.exchange().and_then(|x| x.last_attempt()).map(|attempt| &*attempt.request) {
        None => "nothing was sent".to_owned(),
        Some(Request { method, url, .. }) => {
            let path = url.split_once("://").and_then(|(_, r)| r.find('/').and_then(|at| r.get(at..))).unwrap_or(url);
            format!("{method} {path}")
        }
    };
    let status = entry.status().map_or_else(|| "no status".to_owned(), |s| s.to_string());
    let took = entry.duration().map_or_else(String::new, |d| format!(" · {} ms", d.as_millis()));
    let time = entry.at().wall.to_zoned(state.look.zone.clone()).strftime("%H:%M:%S").to_string();
    let facts = format!(" · {status}{took} · {time}");
    let cells = room.saturating_sub(width(&head) + width(&facts));
    let line = format!("{}{facts}", fit(&visible(&target), cells, ascii));
    [(head, StyleRole::Strong), (in_ascii(&line, ascii).into_owned(), StyleRole::Dim)]
}

fn cause(diagnosis: &Diagnosis) -> Vec<Styled> {
    if diagnosis.suspects.is_empty() {
        return vec![("No cause found".to_owned(), StyleRole::Warning)];
    }
    let role = if diagnosis.is_undecided() || diagnosis.healed { StyleRole::Warning } else { StyleRole::Error };
    let cause = diagnosis.cause();
    let sure = format!("  {}", diagnosis.confidence().name());
    let mut title = vec![(capitalised(cause.words()), role), (sure, StyleRole::Strong)];
    // The name that scripts and `guestwire explain` use, where it is another one.
    if cause.words().replace(' ', "-") != cause.name() {
        title.push((format!("  {cause}"), StyleRole::Dim));
    }
    title
}

/// What was looked at: what does not hold first, for that is where the cause is.
fn evidence(state: &State, diagnosis: &Diagnosis, (log, now): (&Log, bool), rows: &mut Rows) {
    rows.row([("Evidence".to_owned(), StyleRole::Strong)]);
    if diagnosis.checked.is_empty() {
        rows.row([("  (nothing)".to_owned(), StyleRole::Dim)]);
    }
    // A check is offered where it can decide something.
    let decides = now && !diagnosis.deciding.is_empty();
    let mut probe = decides.then(|| (state.keys.map.key(Action::Probe), "check now"));
    for (holds, role) in [
        (CheckAnswer::No, StyleRole::Error),
        (CheckAnswer::Yes, StyleRole::Ok),
        (CheckAnswer::Unknown, StyleRole::Warning),
    ] {
        for check in diagnosis.checked.iter().filter(|check| check.holds == holds) {
            let shown = check.shown_by.and_then(|id| log.number_of(id));
            let shown = shown.map_or_else(String::new, |n| format!(" (see #{n})"));
            let key = if holds == CheckAnswer::Unknown { probe.take() } else { None };
            let label = (format!("  {:<5}", holds.name()), role);
            rows.text(label, &format!("{}{shown}", check.what), StyleRole::Text, 0, key);
        }
    }
    rows.blank();
}

/// The key that does what an advice comes down to, where it can be done about this exchange. `now`: it is of this session.
fn remedy_key(state: &State, exchange: &Exchange, now: bool, remedy: Remedy) -> Option<KeyHint> {
    let is_open = exchange.conversation == state.session.conversations.active();
    let (action, words, can) = match remedy {
        Remedy::NewToken => (Action::Renew, "new token", now),
        Remedy::NewSession => (Action::Session, "session", now && is_open),
        Remedy::Resend => (Action::Resend, "resend", now && exchange.message.is_some()),
        Remedy::Read => (Action::Refresh, "read", now && exchange.conversation.is_some()),
        Remedy::Compare => (Action::CompareAccepted, "compare", true),
        Remedy::Administrator => (Action::CopyNote, "copy note", true),
    };
    let key = state.keys.map.key(action);
    (can && !key.is_empty()).then_some((key, words))
}
