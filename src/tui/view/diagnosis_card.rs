//! The card that says why something was refused. It fills the place of thread and log; the order of its parts never changes:
//! cause, do this, evidence, not ruled out, ruled out, server said, ids.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::frame::{Pen, clear};
use crate::diagnosis::render::{self, Part, PartKind};
use crate::model::{CheckAnswer, Diagnosis, Outcome, Remedy};
use crate::session::log::{Log, LogEntry};
use crate::text::screen::{fit, plain, put, visible, width, wrap};
use crate::text::{capitalised, counted};
use crate::tui::action::Action;
use crate::tui::state::State;
use crate::tui::state::overlay::Card;
use crate::tui::theme::StyleRole;

/// Cells of the labels of the last parts.
const LABEL: usize = 16;
/// With fewer rows what to do would be below the fold: what the cause means stands after it, and no row is blank.
const SHORT: usize = 10;
/// Cells that a key at the right takes at most.
const KEYS: usize = 18;

/// Pieces of a row, and a key at its right end.
#[derive(Default)]
struct Row {
    pieces: Vec<(String, StyleRole)>,
    key: Option<(String, &'static str)>,
}

impl Row {
    fn of(pieces: impl Into<Vec<(String, StyleRole)>>) -> Self {
        Self { pieces: pieces.into(), key: None }
    }
}

/// Draws it.
pub fn draw(state: &State, card: &Card, buf: &mut Buffer) {
    let log = state.log_with(card.number);
    let Some(entry) = log.entry(card.number) else { return };
    let Some(diagnosis) = entry.diagnosis() else { return };
    let panes = state.panes();
    let main = panes.main;
    // Where there are few rows, the composer gives its own.
    let bottom = panes.rules.composer.filter(|_| main.height >= 30).unwrap_or(main.bottom());
    let area = Rect { height: bottom.saturating_sub(main.y), ..main };
    clear(area, buf);
    // The rule beside the list has no joint where nothing meets it.
    if let Some(x) = panes.rules.list {
        for y in area.top()..area.bottom() {
            put(
                buf,
                x,
                y,
                if state.look.theme.ascii { "|" } else { "│" },
                1,
                state.look.theme.style(StyleRole::Border),
            );
        }
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
        pen.key(&hint);
        pen.x += 3;
    }
    pen.x = pen.from_end(width(&more));
    pen.write(&more, if from < last { StyleRole::Strong } else { StyleRole::Dim });
}

fn draw_row(state: &State, row: &Row, line: Rect, buf: &mut Buffer) {
    let mut pen = Pen::at(line, &state.look.theme, buf);
    for (text, role) in &row.pieces {
        let text = fit(text, pen.room(), state.look.theme.ascii);
        pen.write(&text, *role);
    }
    if let Some(hint) = &row.key {
        pen.x = pen.from_end(width(&hint.0) + 1 + width(hint.1));
        pen.key(hint);
    }
}

fn rows(state: &State, entry: &LogEntry, diagnosis: &Diagnosis, room: usize, short: bool) -> Vec<Row> {
    let Some(exchange) = entry.exchange() else { return Vec::new() };
    let log = state.log_with(entry.number());
    let number = |id| log.number_of(id);
    let now = state.session.log.entry(entry.number()).is_some();
    let mut rows = vec![title(state, entry, diagnosis, room), Row::default()];
    let mut meaning = Vec::new();
    let advice = entry.advice();
    let check = format!("press {} to check", state.keys.map.key(Action::Probe));
    for part in render::card(diagnosis, exchange, &advice, &state.session.profile.facts, &number, &check) {
        match part.kind {
            PartKind::Cause => {
                cause(diagnosis, &mut rows);
                let now = if short { 1 } else { part.lines.len() };
                for (at, line) in part.lines.iter().enumerate() {
                    let rows = if at < now { &mut rows } else { &mut meaning };
                    hung(state, line, "", 0, StyleRole::Text, room, None, rows);
                }
                rows.push(Row::default());
            }
            PartKind::Actions => {
                rows.push(Row::of([("Do this".to_owned(), StyleRole::Strong)]));
                for (line, advice) in part.lines.iter().zip(advice.iter()) {
                    let key = advice.remedy.filter(|remedy| now || works_on_kept(*remedy));
                    // What is about no message cannot be sent again, and what is about no conversation not be read.
                    let key = key.filter(|remedy| match remedy {
                        Remedy::Resend => exchange.message.is_some(),
                        Remedy::Read => exchange.conversation.is_some(),
                        _ => true,
                    });
                    let key = key.and_then(|remedy| remedy_key(state, remedy));
                    hung(state, line, "  ", 3, StyleRole::Text, room, key, &mut rows);
                }
                rows.push(Row::default());
                rows.append(&mut meaning);
            }
            PartKind::Evidence => evidence(state, diagnosis, (log, now), room, &mut rows),
            PartKind::NotRuledOut => {
                labelled(state, &part, "Not ruled out", (StyleRole::Strong, StyleRole::Text), room, &mut rows);
            }
            PartKind::RuledOut => {
                labelled(state, &part, "Ruled out", (StyleRole::Dim, StyleRole::Dim), room, &mut rows);
                rows.push(Row::default());
            }
            PartKind::Said => {
                let label = if exchange.last_attempt().is_some() { "Server said" } else { "Not sent" };
                labelled(state, &part, label, (StyleRole::Strong, StyleRole::Dim), room, &mut rows);
            }
            PartKind::Ids => labelled(state, &part, "Ids", (StyleRole::Strong, StyleRole::Dim), room, &mut rows),
        }
    }
    if short {
        rows.retain(|row| !row.pieces.is_empty());
    }
    rows
}

/// `#19 refused  POST /api/v2/…/messages · 401 · 418 ms · 17:08:08`
fn title(state: &State, entry: &LogEntry, diagnosis: &Diagnosis, room: usize) -> Row {
    let ascii = state.look.theme.ascii;
    let outcome = entry.exchange().map(|exchange| &exchange.outcome);
    let happened = match (diagnosis.healed, entry.settled()) {
        (true, _) => "was refused first",
        (false, Some(true)) => "received, was unknown",
        (false, Some(false)) => "not received, was unknown",
        (false, None) => match outcome {
            Some(Outcome::Unknown(_)) => "outcome unknown",
            Some(Outcome::Failed(_)) => "failed",
            _ => "refused",
        },
    };
    let head = format!("#{} {happened}  ", entry.number());
    let attempt = entry.exchange().and_then(|x| x.last_attempt());
    let target = attempt.map_or_else(
        || "nothing was sent".to_owned(),
        |a| {
            let url = &a.request.url;
            let path = url.split_once("://").and_then(|(_, r)| r.find('/').and_then(|at| r.get(at..))).unwrap_or(url);
            format!("{} {path}", a.request.method)
        },
    );
    let status = entry.status().map_or_else(|| "no status".to_owned(), |s| s.to_string());
    let took = entry.duration().map_or_else(String::new, |d| format!(" · {} ms", d.as_millis()));
    let time = entry.at().wall.to_zoned(state.look.zone.clone()).strftime("%H:%M:%S").to_string();
    let facts = format!(" · {status}{took} · {time}");
    let cells = room.saturating_sub(width(&head) + width(&facts));
    let line = format!("{}{facts}", fit(&visible(&target), cells, ascii));
    Row::of([(head, StyleRole::Strong), (plain(&line, ascii).into_owned(), StyleRole::Dim)])
}

/// The name of the cause and how sure it is.
fn cause(diagnosis: &Diagnosis, rows: &mut Vec<Row>) {
    if diagnosis.suspects.is_empty() {
        rows.push(Row::of([("No cause found".to_owned(), StyleRole::Warning)]));
    } else {
        let role = if diagnosis.is_undecided() || diagnosis.healed { StyleRole::Warning } else { StyleRole::Error };
        let cause = diagnosis.cause();
        let mut title = Row::of([
            (capitalised(cause.words()), role),
            (format!("  {}", diagnosis.confidence().word()), StyleRole::Strong),
        ]);
        // The name that scripts and `guestwire explain` use, where it is another one.
        if cause.words().replace(' ', "-") != cause.as_str() {
            title.pieces.push((format!("  {cause}"), StyleRole::Dim));
        }
        rows.push(title);
    }
}

/// What was looked at: what does not hold first, for that is where the cause is.
fn evidence(state: &State, diagnosis: &Diagnosis, (log, now): (&Log, bool), room: usize, rows: &mut Vec<Row>) {
    rows.push(Row::of([("Evidence".to_owned(), StyleRole::Strong)]));
    if diagnosis.checked.is_empty() {
        rows.push(Row::of([("  (nothing)".to_owned(), StyleRole::Dim)]));
    }
    // A check is offered where it can decide something.
    let decides = now && !diagnosis.settles.is_empty();
    let mut probe = decides.then(|| (state.keys.map.key(Action::Probe), "check now"));
    for holds in [CheckAnswer::No, CheckAnswer::Yes, CheckAnswer::Unknown] {
        for check in diagnosis.checked.iter().filter(|check| check.holds == holds) {
            let role = match holds {
                CheckAnswer::No => StyleRole::Error,
                CheckAnswer::Yes => StyleRole::Ok,
                CheckAnswer::Unknown => StyleRole::Warning,
            };
            let shown = check.shown_by.and_then(|id| log.number_of(id));
            let shown = shown.map_or_else(String::new, |n| format!(" (see #{n})"));
            let from = rows.len();
            let key = if holds == CheckAnswer::Unknown { probe.take() } else { None };
            hung(state, &format!("{}{shown}", check.what), "       ", 0, StyleRole::Text, room, key, rows);
            if let Some(row) = rows.get_mut(from) {
                row.pieces.insert(0, (format!("  {:<5}", holds.word()), role));
                if let Some((text, _)) = row.pieces.get_mut(1) {
                    *text = text.trim_start().to_owned();
                }
            }
        }
    }
    rows.push(Row::default());
}

/// A part whose name stands beside it; under it where there is little room.
fn labelled(state: &State, part: &Part, label: &str, roles: (StyleRole, StyleRole), room: usize, rows: &mut Vec<Row>) {
    let beside = room >= 60;
    if !beside {
        rows.push(Row::of([(label.to_owned(), roles.0)]));
    }
    let from = rows.len();
    let indent = " ".repeat(if beside { LABEL } else { 2 });
    for line in &part.lines {
        hung(state, line, &indent, 0, roles.1, room, None, rows);
    }
    if let Some(row) = rows.get_mut(from).filter(|_| beside) {
        row.pieces.insert(0, (format!("{label:<LABEL$}"), roles.0));
        if let Some((text, _)) = row.pieces.get_mut(1) {
            *text = text.trim_start().to_owned();
        }
    }
}

/// Adds the rows of a line: all of them `indent` cells in, the later ones `hang` further; its key in the first.
#[expect(clippy::too_many_arguments, reason = "one for each thing that a line is made of")]
fn hung(
    state: &State,
    line: &str,
    indent: &str,
    hang: usize,
    role: StyleRole,
    room: usize,
    key: Option<(String, &'static str)>,
    rows: &mut Vec<Row>,
) {
    let line = visible(line);
    let line = plain(&line, state.look.theme.ascii);
    let cells = room.saturating_sub(width(indent) + if key.is_some() { KEYS } else { 0 }).max(1);
    let first = wrap(&line, cells).into_iter().next().unwrap_or(0..line.len());
    let mut push = |text: &str, hang: usize, key| {
        let text = format!("{indent}{}{}", " ".repeat(hang), text.trim_end());
        rows.push(Row { pieces: vec![(text, role)], key });
    };
    push(line.get(first.clone()).unwrap_or_default(), 0, key);
    let rest = line.get(first.end..).unwrap_or_default().trim_start();
    if !rest.is_empty() {
        for range in wrap(rest, room.saturating_sub(width(indent) + hang).max(1)) {
            push(rest.get(range).unwrap_or_default(), hang, None);
        }
    }
}

/// Whether it can be done about a refusal of an earlier session.
const fn works_on_kept(remedy: Remedy) -> bool {
    matches!(remedy, Remedy::Compare | Remedy::Administrator)
}

/// The key that does what an advice comes down to.
fn remedy_key(state: &State, remedy: Remedy) -> Option<(String, &'static str)> {
    let (action, words) = match remedy {
        Remedy::NewToken => (Action::Renew, "new token"),
        Remedy::Resend => (Action::Resend, "resend"),
        Remedy::Read => (Action::Refresh, "read"),
        Remedy::Compare => (Action::CompareAccepted, "compare"),
        Remedy::Administrator => (Action::CopyNote, "copy note"),
    };
    let key = state.keys.map.key(action);
    (!key.is_empty()).then_some((key, words))
}
