//! Random edits against a plain list of rows: whatever happens, the window is a slice of that list, and a person who
//! reads is not moved.

use std::collections::HashSet;
use std::sync::Arc;

use guestwire::model::{Diagnosis, ExchangeId, ExchangeKind};
use guestwire::session::{Density, Log, LogEntry, LogOptions};
use proptest::prelude::*;

use crate::support::log::*;

#[derive(Clone, Debug)]
enum Edit {
    Append(u8),
    Update(u64, u8),
    Note,
    Diagnose(u64, bool),
    Filter(usize),
    Step(isize),
    Scroll(isize),
    First,
    Last,
    Follow,
    Density,
    NextError,
    PrevError,
    Search(usize),
    NextMatch,
    PrevMatch,
    Mark,
    Wrap,
    Select(u64),
    Size(u16, u16),
}

const FILTERS: [&str; 7] = ["", "is:error", "kind:send -is:error", "status:4xx", "nothing like it", ">1s", "is:marked"];

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        8 => (0..6_u8).prop_map(Edit::Append),
        5 => (0..40_u64, 0..6_u8).prop_map(|(back, what)| Edit::Update(back, what)),
        1 => Just(Edit::Note),
        3 => (0..40_u64, any::<bool>()).prop_map(|(back, found)| Edit::Diagnose(back, found)),
        2 => (0..FILTERS.len()).prop_map(Edit::Filter),
        5 => (-9..9_isize).prop_map(Edit::Step),
        4 => (-30..30_isize).prop_map(Edit::Scroll),
        1 => Just(Edit::First),
        1 => Just(Edit::Last),
        1 => Just(Edit::Follow),
        4 => Just(Edit::Density),
        1 => Just(Edit::NextError),
        1 => Just(Edit::PrevError),
        1 => (0..3_usize).prop_map(Edit::Search),
        1 => Just(Edit::NextMatch),
        1 => Just(Edit::PrevMatch),
        1 => Just(Edit::Mark),
        1 => Just(Edit::Wrap),
        1 => (0..60_u64).prop_map(Edit::Select),
        1 => (0..130_u16, 0..30_u16).prop_map(|(w, h)| Edit::Size(w, h)),
    ]
}

fn some(id: u64, what: u8) -> Arc<guestwire::model::Exchange> {
    let ms = id * 1_000;
    match what {
        0 => accepted(id, ms, "hello"),
        1 => refused(id, ms, "no"),
        2 => open(id, ms, "going"),
        3 => healed(id, ms, "still there?"),
        4 => unknown(id, ms, "lost"),
        _ => waiting(id, ms, "later"),
    }
}

fn no_cause() -> Arc<Diagnosis> {
    Arc::new(Diagnosis {
        said: "no".to_owned(),
        suspects: vec![],
        checked: vec![],
        excluded: vec![],
        deciding: vec![],
        actions: vec![],
        healed: false,
        sent_as: None,
    })
}

/// Every row that can be scrolled to, made the slow way: from the densities and filter, in a log of its own.
fn all_rows(log: &Log) -> Vec<(u64, u32)> {
    let mut tall = log.clone();
    tall.set_viewport(log_width(log), u16::MAX);
    tall.first();
    tall.window_places()
}

fn log_width(log: &Log) -> u16 {
    log.viewport().0
}

trait Places {
    fn window_places(&self) -> Vec<(u64, u32)>;
}

impl Places for Log {
    fn window_places(&self) -> Vec<(u64, u32)> {
        let mut places: Vec<(u64, u32)> = Vec::new();
        for shown in self.window() {
            let seq = shown.entry.number();
            let line = match places.last() {
                Some((last, line)) if *last == seq => line + 1,
                // The window may begin inside of an entry.
                None => self.window_start().map_or(0, |(_, line)| line),
                _ => 0,
            };
            places.push((seq, line));
        }
        places
    }
}

struct Before {
    reading: bool,
    cursor: (u64, u32),
    row_text: Option<String>,
    screen_row: Option<u16>,
    rows_above: usize,
}

fn apply(log: &mut Log, edit: &Edit, next: &mut u64) {
    match edit {
        Edit::Append(what) => {
            *next += 1;
            log.exchange(some(*next, *what));
        }
        Edit::Update(back, what) => {
            if let Some(id) = next.checked_sub(*back).filter(|id| *id > 0) {
                log.exchange(some(id, *what));
            }
        }
        Edit::Note => log.note(at(0), ExchangeKind::Note, "a note"),
        Edit::Diagnose(back, found) => {
            log.set_diagnosis(ExchangeId(next.saturating_sub(*back)), found.then(no_cause));
        }
        Edit::Filter(index) => log.set_filter(FILTERS[*index], jiff::Timestamp::UNIX_EPOCH).unwrap(),
        Edit::Step(n) => log.step(*n),
        Edit::Scroll(n) => log.scroll(*n),
        Edit::First => log.first(),
        Edit::Last => log.last(),
        Edit::Follow => {
            log.toggle_follow();
        }
        Edit::Density => log.toggle_density(),
        Edit::NextError => {
            log.to_error(true);
        }
        Edit::PrevError => {
            log.to_error(false);
        }
        Edit::Search(index) => log.set_search(["", "still", "content-type"][*index]),
        Edit::NextMatch => {
            log.to_match(true);
        }
        Edit::PrevMatch => {
            log.to_match(false);
        }
        Edit::Mark => {
            log.toggle_mark();
        }
        Edit::Wrap => {
            log.toggle_wrap();
        }
        Edit::Select(back) => {
            log.select_number(next.saturating_sub(*back));
        }
        Edit::Size(w, h) => log.set_viewport(*w, *h),
    }
}

/// Edits that come from outside, not from the person's fingers.
fn comes_from_outside(edit: &Edit) -> bool {
    matches!(edit, Edit::Append(_) | Edit::Update(..) | Edit::Note)
}

fn check(
    log: &Log,
    rows: &[(u64, u32)],
    before: &Before,
    edit: &Edit,
    touched: &HashSet<u64>,
) -> Result<(), TestCaseError> {
    let window = log.window_places();
    let (width, height) = log.viewport();
    // The window is a slice of all rows, full as long as there are enough.
    if rows.is_empty() {
        prop_assert!(window.is_empty());
        prop_assert_eq!(log.hidden(), log.len());
        return Ok(());
    }
    prop_assert_eq!(window.len(), rows.len().min(usize::from(height)));
    if height > 0 {
        let start = rows.iter().position(|r| *r == window[0]).expect("the window begins at a row");
        prop_assert_eq!(&rows[start..start + window.len()], &window[..]);
        // The cursor is on screen, on exactly one row, where the log says.
        let selected: Vec<usize> = log.window().enumerate().filter(|(_, s)| s.selected).map(|(i, _)| i).collect();
        prop_assert_eq!(selected.len(), 1);
        prop_assert_eq!(window[selected[0]], log.cursor());
        if log.following() {
            prop_assert_eq!(log.unseen(), 0);
            // At the end; or on the line of an error that has just opened, with its first rows rather than the last ones.
            let at_end = window.last() == rows.last();
            let chosen = log.entry(log.cursor().0).unwrap();
            let on_error = chosen.is_error() && log.cursor().1 == 0;
            prop_assert!(at_end || (on_error && window[0] == log.cursor()));
            prop_assert!(on_error || log.cursor().0 == rows.last().unwrap().0);
        }
        // Nobody who reads is moved: same entry, same row of it, same place on screen.
        let kept = rows.contains(&before.cursor);
        if comes_from_outside(edit) && before.reading && kept {
            prop_assert_eq!(log.cursor(), before.cursor);
            prop_assert!(!log.following());
            let above = rows.iter().position(|r| *r == before.cursor).unwrap();
            let below = rows.len() - above - 1;
            let screen_row = usize::from(before.screen_row.unwrap());
            if above >= screen_row && below + screen_row + 1 >= usize::from(height) {
                prop_assert_eq!(cursor_row(log), before.screen_row);
            }
            if matches!(edit, Edit::Append(_) | Edit::Note) && before.rows_above == above && width > 20 {
                let now = log.window().find(|s| s.selected).map(|s| s.row.text.clone());
                prop_assert_eq!(&now, &before.row_text);
            }
        }
    }
    for shown in log.window() {
        prop_assert!(shown.row.runs.last().map_or(0, |run| run.0) == shown.row.text.len());
        if width > 18 {
            prop_assert!(guestwire::text::screen::width(&shown.row.text) < usize::from(width), "{:?}", shown.row);
        }
    }
    // Facts agree with the slow way.
    let shown: Vec<u64> = log.entries().filter(|e| e.is_shown()).map(LogEntry::number).collect();
    let mut from_rows: Vec<u64> = rows.iter().map(|r| r.0).collect();
    from_rows.dedup();
    prop_assert_eq!(&shown, &from_rows);
    prop_assert_eq!(log.hidden(), log.len() - shown.len());
    let diagnosed: Vec<u64> = log.entries().filter(|e| e.diagnosis().is_some()).map(LogEntry::number).collect();
    let newest =
        diagnosed.iter().rev().find(|number| log.entry(**number).is_some_and(LogEntry::is_shown)).or(diagnosed.last());
    let selected = log.selected().filter(|e| e.diagnosis().is_some()).map(LogEntry::number);
    prop_assert_eq!(log.why().map(LogEntry::number), selected.or(newest.copied()));
    for (place, number) in diagnosed.iter().enumerate() {
        prop_assert_eq!(log.why_place(*number), (place + 1, diagnosed.len()));
        prop_assert_eq!(log.why_beside(*number, true), diagnosed.get(place + 1).copied());
    }
    prop_assert_eq!(log.error_count(), log.entries().filter(|e| e.is_error()).count());
    // By itself only the newest error is open; while a person reads, one more that is in view may still be.
    if log.following() {
        let open = log.entries().filter(|e| e.density != Density::Line && !touched.contains(&e.number()));
        prop_assert!(open.count() <= 1);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_edits_agree_with_a_plain_list(edits in prop::collection::vec(edit(), 1..120), bound in 3_usize..40) {
        let mut log = Log::new(LogOptions { max_entries: bound, ..LogOptions::default() });
        log.set_viewport(100, 12);
        let mut next = 0;
        let mut touched = HashSet::new();
        let mut seen = 0;
        for edit in &edits {
            let reading = !log.following() && cursor_row(&log).is_some();
            let rows = all_rows(&log);
            let cursor = log.cursor();
            let before = Before {
                reading,
                cursor,
                row_text: log.window().find(|s| s.selected).map(|s| s.row.text.clone()),
                screen_row: cursor_row(&log),
                rows_above: rows.iter().position(|r| *r == cursor).unwrap_or(0),
            };
            if matches!(edit, Edit::Density) {
                touched.extend(log.selected().map(LogEntry::number));
            }
            apply(&mut log, edit, &mut next);
            let rows = all_rows(&log);
            check(&log, &rows, &before, edit, &touched)?;
            prop_assert!(log.len() <= bound);
            let lowest = log.window().last().map_or(0, |s| s.entry.number());
            seen = if log.following() { log.entries().last().map_or(seen, LogEntry::number) } else { lowest.max(seen) };
            let unseen = log.entries().filter(|e| e.number() > seen && e.is_shown()).count();
            prop_assert_eq!(log.unseen(), unseen);
        }
    }
}
