//! The card that says why something was refused. The order of its parts never changes: cause, do this, evidence, not
//! ruled out, ruled out, server said, quote.

use ratatui::buffer::Buffer;

use super::overlay::popup;
use crate::diagnosis::render::{self, PartKind};
use crate::session::log::Entry;
use crate::text::screen::{fit, plain, put, visible, width, wrap};
use crate::tui::action::Action;
use crate::tui::state::State;
use crate::tui::state::overlay::Card;
use crate::tui::theme::Role;

/// Cells of the headings in front.
const HEADING: usize = 16;
/// The widest that the inside gets.
const WIDEST: usize = 116;

/// A row: a heading (perhaps empty) and what stands beside it.
struct Row {
    heading: &'static str,
    text: String,
    role: Role,
}

/// Draws it.
pub fn draw(state: &State, card: &Card, buf: &mut Buffer) {
    let ascii = state.theme.ascii;
    let room = usize::from(buf.area.width.saturating_sub(4)).clamp(1, WIDEST);
    let Some((entry, title)) = title(state, card) else { return };
    let beside = room >= 60;
    let text_room = if beside { room - HEADING } else { room.saturating_sub(2).max(1) };
    let rows = rows(state, entry, text_room, beside);
    let inner = popup(state, &title, room, rows.len() + 1, buf);
    let shown = usize::from(inner.height);
    let last = rows.len().saturating_sub(shown);
    let from = usize::from(card.scroll).min(last);
    let cells = usize::from(inner.width);
    for (y, row) in (inner.top()..inner.bottom()).zip(rows.iter().skip(from)) {
        let mut x = inner.x;
        if beside || row.text.is_empty() {
            put(buf, x, y, row.heading, cells, state.theme.style(Role::Strong));
        }
        let indent = if !row.heading.is_empty() && row.text.is_empty() {
            continue;
        } else if beside {
            HEADING
        } else {
            2
        };
        x += u16::try_from(indent).unwrap_or(0);
        put(buf, x, y, &row.text, cells.saturating_sub(indent), state.theme.style(row.role));
    }
    let keys = keys(state, card);
    let more = if from < last { format!(" {} more ", last - from) } else { String::new() };
    let keys = fit(&keys, cells.saturating_sub(width(&more)), ascii).into_owned();
    put(buf, inner.x, inner.bottom(), &keys, cells, state.theme.style(Role::Focus));
    if !more.is_empty() {
        let x = inner.right().saturating_sub(u16::try_from(width(&more)).unwrap_or(0));
        put(buf, x, inner.bottom(), &more, cells, state.theme.style(Role::Strong));
    }
}

fn title<'s>(state: &'s State, card: &Card) -> Option<(&'s Entry, String)> {
    let entry = state.session.log.entry(card.number)?;
    let diagnosis = entry.diagnosis()?;
    let (place, of) = state.session.log.why_place(card.number);
    let happened = match (diagnosis.healed, entry.exchange().map(|x| x.outcome.word())) {
        (true, _) => format!("was #{} first refused", card.number),
        (false, Some("UNKN")) => format!("is the outcome of #{} unknown", card.number),
        (false, _) => format!("was #{} refused", card.number),
    };
    let title = format!("Why {happened}?  {}   {place} of {of}", diagnosis.cause());
    Some((entry, title))
}

fn rows(state: &State, entry: &Entry, room: usize, beside: bool) -> Vec<Row> {
    let (Some(exchange), Some(diagnosis)) = (entry.exchange(), entry.diagnosis()) else { return Vec::new() };
    let mut rows =
        vec![Row { heading: "", text: request_line(entry, room, beside, state.theme.ascii), role: Role::Dim }];
    let number = |id| state.session.log.number_of(id);
    for part in render::card(diagnosis, exchange, &state.session.profile.facts, &number) {
        let role = match part.kind {
            PartKind::Cause => Role::Error,
            PartKind::RuledOut | PartKind::Ids => Role::Dim,
            _ => Role::Text,
        };
        if !beside {
            rows.push(Row { heading: part.heading, text: String::new(), role });
        }
        let mut heading = if beside { part.heading } else { "" };
        for line in &part.lines {
            let line = if part.kind == PartKind::Actions { with_key(state, line) } else { line.clone() };
            let line = visible(&line);
            let line = plain(&line, state.theme.ascii);
            // What belongs to a numbered or answered line hangs under its text.
            let hang = match part.kind {
                PartKind::Evidence => 5,
                PartKind::Actions => 3,
                _ => 0,
            };
            let mut first = true;
            for piece in pieces(&line, room, hang) {
                let text = if first { piece } else { format!("{}{piece}", " ".repeat(hang)) };
                rows.push(Row { heading: std::mem::take(&mut heading), text, role });
                first = false;
            }
        }
    }
    rows
}

/// `line` cut to rows of `room` cells, the later ones with `hang` cells less.
fn pieces(line: &str, room: usize, hang: usize) -> Vec<String> {
    let Some(first) = wrap(line, room).into_iter().next() else { return vec![String::new()] };
    let mut out = vec![line.get(first.clone()).unwrap_or_default().to_owned()];
    let rest = line.get(first.end..).unwrap_or_default().trim_start();
    if !rest.is_empty() {
        out.extend(
            wrap(rest, room.saturating_sub(hang).max(1))
                .into_iter()
                .map(|r| rest.get(r).unwrap_or_default().trim_end().to_owned()),
        );
    }
    out
}

/// `POST /api/v2/…  401  88 ms`.
fn request_line(entry: &Entry, room: usize, beside: bool, ascii: bool) -> String {
    let attempt = entry.exchange().and_then(|x| x.last_attempt());
    let status = entry.status().map_or_else(|| "no status".to_owned(), |s| s.to_string());
    let took = entry.duration().map_or_else(String::new, |d| format!("  {} ms", d.as_millis()));
    let right = format!("  {status}{took}");
    let target = attempt.map_or_else(
        || "nothing was sent".to_owned(),
        |a| {
            let url = &a.request.url;
            let path = url.split_once("://").and_then(|(_, r)| r.find('/').and_then(|at| r.get(at..))).unwrap_or(url);
            format!("{} {path}", a.request.method)
        },
    );
    let cells = room.saturating_sub(width(&right) + usize::from(beside));
    format!("{}{right}", fit(&visible(&target), cells, ascii))
}

/// What to do, with the key that does it.
fn with_key(state: &State, line: &str) -> String {
    let key = |action| state.keymap.key(action);
    let keys = if line.contains("Get a new token") || line.contains("Sign in again") {
        key(Action::Renew)
    } else if line.contains("end the message again") || line.contains("end again") {
        key(Action::Resend)
    } else if line.contains("ead the conversation") || line.contains("reading the conversation") {
        key(Action::Refresh)
    } else if line.contains("last accepted") || line.contains("was accepted") {
        key(Action::CompareAccepted)
    } else {
        return line.to_owned();
    };
    if keys.is_empty() { line.to_owned() } else { format!("{line}  [{keys}]") }
}

fn keys(state: &State, card: &Card) -> String {
    if card.copying {
        return " y … t ticket  a note to the administrator  c curl  i ids ".to_owned();
    }
    let key = |action| state.keymap.key(action);
    format!(
        " yt ticket  ya note to admin  yc curl  D probe  {} resend  {} new token  {} last accepted  n next  Esc close ",
        key(Action::Resend),
        key(Action::Renew),
        key(Action::CompareAccepted),
    )
}
