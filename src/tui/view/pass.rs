//! The pass pane: cases and steps above, the open step below.
//!
//! ```text
//!  heard  The guest is heard
//!    pass     A message is accepted
//!  > running  Every character arrives
//!  ────────────────────────────────────────
//!  Send “Ünïcode” as emoji-bidi                  0:04
//!    ok         accepted
//!    waiting 4 s  a reply comes within 10 s
//!  suggested pass: Enter accepts · p pass · f fail …
//! ```
//! What is short of room is cut at the list: the open step and what is said of it stay.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::frame::{self, DrawingContext, Styled};
use crate::model::variables::next_name;
use crate::pass::file::PassStep;
use crate::pass::result::{ExpectationResult, ExpectationState, StepResult, Verdict};
use crate::pass::runner::{Runner, StepStage};
use crate::text::screen::{fit, hung, visible, width};
use crate::tui::state::key_hints::group;
use crate::tui::state::{Pane, State};
use crate::tui::{Action, PaneArea, StyleRole};

/// With fewer rows there is no line between list and step, and one row of the list.
const SHORT: usize = 9;
const WORD: usize = 8;
/// Columns of the word of a step: "your verdict" is the longest.
const STEP_WORD: usize = 12;
/// Columns of the step timer.
const CLOCK: usize = 6;

#[derive(Clone, Copy)]
struct TextFit {
    cells: usize,
    /// One row a text, cut at its end.
    short: bool,
}

/// How the verdicts stand, for the pane's right corner.
fn count(runner: &Runner) -> String {
    // What is only suggested does not count before a person has said so.
    let verdicts = [Some(Verdict::Pass), Some(Verdict::Fail), Some(Verdict::Blocked), Some(Verdict::Skip), None];
    let count = |verdict| runner.run().steps().filter(|step| step.verdict == verdict).count();
    let counts =
        verdicts.iter().map(|verdict| (count(*verdict), word(*verdict, None).0)).filter(|(count, _)| *count > 0);
    counts.map(|(count, word)| format!("{count} {word}")).collect::<Vec<_>>().join(" · ")
}

pub fn draw(state: &State, area: &PaneArea, buf: &mut Buffer) {
    let look = &DrawingContext::of(state, Pane::Pass);
    let Some(runner) = &state.session.pass.runner else { return };
    let paused = if runner.is_paused() { "  PAUSED" } else { "" };
    let aside = format!("{}  {}{paused}", runner.run().name, runner.run().place_word());
    frame::heading(area, "4 Test run", (aside, StyleRole::Text), (count(runner), StyleRole::Dim), look, buf);
    // The first column is for the mark.
    let area = Rect { x: area.inner.x + 1, width: area.inner.width.saturating_sub(1), ..area.inner };
    let room = usize::from(area.width);
    let height = usize::from(area.height);
    let mut below = open_rows(state, runner, TextFit { cells: room, short: height < SHORT });
    let (list, open) = list_rows(runner);
    let least = list.len().min(if height < SHORT { 1 } else { 2 });
    below.drain(..usize::from(height < SHORT));
    below.truncate(height.saturating_sub(least));
    let above = height - below.len();
    let at = open.unwrap_or(list.len().saturating_sub(1));
    let first = (at + 1 + above / 3).saturating_sub(above).min(list.len().saturating_sub(above)).min(at);
    let here = open.map(|open| usize::from(area.y) + open - first);
    let start = area.bottom().saturating_sub(u16::try_from(below.len()).unwrap_or(0));
    let above = (area.top()..).zip(list.iter().skip(first).take(above));
    for (y, (text, role)) in above.chain((start..area.bottom()).zip(&below)) {
        let line = Rect { y, height: 1, ..area };
        look.theme.write(line, text, *role, buf);
        if here == Some(usize::from(y)) {
            frame::select(Rect { x: area.x - 1, width: area.width + 1, ..line }, look, buf);
        }
    }
}

/// The rows of cases and steps, and the place of the open step among them.
fn list_rows(runner: &Runner) -> (Vec<Styled>, Option<usize>) {
    let run = runner.run();
    let (mut rows, mut open) = (Vec::new(), None);
    for (c, case) in run.cases.iter().enumerate() {
        let of = case.conversation.as_deref().map(|name| format!("  {name}")).unwrap_or_default();
        rows.push((format!("{}{of}", case.name), StyleRole::Strong));
        for (s, step) in case.steps.iter().enumerate() {
            let here = run.at == (c, s);
            let (word, role) = word(step.verdict, here.then(|| runner.stage()));
            let suggested = step.suggested.filter(|_| step.disagrees());
            let differs = suggested.map(|verdict| format!("  (suggested: {})", verdict.name())).unwrap_or_default();
            let note = step.note.as_ref().map(|note| format!("  note: {note}")).unwrap_or_default();
            let name = filled(&step.name, runner.step((c, s)), step);
            open = open.or(here.then_some(rows.len()));
            rows.push((format!("  {word:<STEP_WORD$} {name}{differs}{note}"), role));
        }
    }
    (rows, open)
}

/// What a step is called with its variables filled in: as it was sent, once it was; before, each as a place, `<run>`.
fn filled<'t>(text: &'t str, written: Option<&PassStep>, step: &StepResult) -> Cow<'t, str> {
    if next_name(text).is_none() {
        return Cow::Borrowed(text);
    }
    // What is sent wrongly on purpose may be of any length.
    let sent = step.evidence.said.iter().rev().find(|said| said.delivery.is_some() && said.sent_as.is_none());
    let template = written.and_then(|step| step.send.as_ref()).map(|send| send.text.as_str());
    if let (Some(sent), Some(template)) = (sent, template.filter(|template| next_name(template).is_some()))
        && text.contains(template)
    {
        return Cow::Owned(text.replacen(template, &sent.text, 1));
    }
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, name, after)) = next_name(rest) {
        out.push_str(&format!("{before}<{name}>"));
        rest = after;
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// A step's word: its verdict, or where it stands.
const fn word(verdict: Option<Verdict>, stage: Option<&StepStage>) -> (&'static str, StyleRole) {
    match (verdict, stage) {
        (Some(Verdict::Pass), _) => ("passed", StyleRole::Dim),
        (Some(Verdict::Fail), _) => ("FAILED", StyleRole::Error),
        (Some(Verdict::Blocked), _) => ("blocked", StyleRole::Warning),
        (Some(Verdict::Skip), _) => ("skipped", StyleRole::Dim),
        (None, Some(StepStage::Preparing(_) | StepStage::Watching)) => ("running", StyleRole::Info),
        (None, Some(StepStage::Judging)) => ("your verdict", StyleRole::Info),
        (None, Some(_)) => ("next", StyleRole::Info),
        (None, None) => ("to do", StyleRole::Dim),
    }
}

fn open_rows(state: &State, runner: &Runner, room: TextFit) -> Vec<Styled> {
    let mut rows = vec![(state.look.theme.glyph("-", "─").repeat(room.cells), StyleRole::Border)];
    let Some(step) = runner.open_result() else {
        let finished = format!("The test run is finished. {} writes the reports.", state.key(Action::PassReports));
        let another = format!("{} opens another one.", state.key(Action::Pass));
        rows.extend([finished, another].iter().flat_map(|text| wrapped(text, room, 0, StyleRole::Strong)));
        return rows;
    };
    let instruction = filled(&step.instruction, runner.open_step(), step);
    let text = visible(&instruction);
    if width(&text) > room.cells.saturating_sub(CLOCK + 1) && !room.short {
        // What does not fit beside the clock stands in whole, without it.
        rows.extend(wrapped(&text, room, 0, StyleRole::Strong));
    } else {
        let seconds = runner.open_for(state.now).as_secs();
        let paused = if runner.is_paused() { "paused " } else { "" };
        let clock = format!("{paused}{}:{:02}", seconds / 60, seconds % 60);
        let text = fit(&text, room.cells.saturating_sub(clock.len().max(CLOCK) + 1), state.look.theme.ascii);
        let pad = room.cells.saturating_sub(width(&text) + clock.len());
        rows.push((format!("{text}{}{clock}", " ".repeat(pad)), StyleRole::Strong));
    }
    // A step that only asks for a judgement has that question as its instruction already.
    let judge = step.judge.iter().filter(|judge| !instruction.contains(*judge));
    rows.extend(judge.flat_map(|judge| wrapped(&format!("you judge: {judge}"), room, 11, StyleRole::Text)));
    for (at, expectation) in step.expectations.iter().enumerate() {
        // Where rows are few, what is met already is left out.
        if !room.short || expectation.met != ExpectationState::Yes {
            rows.extend(expectation_rows(state, at, expectation, room));
        }
    }
    rows.extend(step.why.iter().flat_map(|why| wrapped(&format!("  {why}"), room, 2, StyleRole::Warning)));
    rows.extend(step.note.iter().flat_map(|note| wrapped(&format!("note {note}"), room, 5, StyleRole::Text)));
    rows.extend(hint(state, runner, step, room));
    rows
}

fn expectation_rows(state: &State, at: usize, expectation: &ExpectationResult, room: TextFit) -> Vec<Styled> {
    let (word, role) = match expectation.met {
        ExpectationState::Open => ("open".to_owned(), StyleRole::Dim),
        ExpectationState::Waiting { .. } => {
            let until = state.session.pass.runner.as_ref().and_then(|runner| runner.waits_until(at));
            let left = until.map_or(0, |until| until.left(state.now).as_millis().div_ceil(1000));
            (format!("waiting {left} s"), StyleRole::Info)
        }
        ExpectationState::Yes => ("ok".to_owned(), StyleRole::Dim),
        ExpectationState::No => ("WRONG".to_owned(), StyleRole::Error),
        ExpectationState::Blocked => ("blocked".to_owned(), StyleRole::Warning),
    };
    let mut text = format!("  {word:<WORD$} {}", expectation.what);
    // What met it is in the thread and the log; what did not must be read here.
    let unmet = matches!(expectation.met, ExpectationState::No | ExpectationState::Blocked);
    if let Some(detail) = expectation.detail.as_ref().filter(|_| unmet) {
        text.push_str(&format!(": {detail}"));
    }
    wrapped(&text, room, WORD + 3, role)
}

fn hint(state: &State, runner: &Runner, step: &StepResult, room: TextFit) -> Vec<Styled> {
    let verdicts = group("verdicts").iter().map(|(action, words)| format!("{} {words}", state.key(*action)));
    let mut verdicts: Vec<String> = verdicts.collect();
    let (before, role) = if runner.is_paused() {
        (format!("Paused, {} goes on. ", state.key(Action::PassPause)), StyleRole::Warning)
    } else {
        (String::new(), StyleRole::Dim)
    };
    let text = |verdicts: &[String]| format!("{before}{}", hint_text(state, runner, step, &verdicts.join(" · ")));
    // A key stands whole on one row, or is not there: the bottom row names them, too.
    if !room.short && width(&text(&verdicts)) > room.cells && text(&verdicts) != text(&[]) {
        let lead = text(&[]);
        while width(&verdicts.join(" · ")) > room.cells && verdicts.pop().is_some() {}
        let rows = wrapped(lead.trim_end(), room, 0, role).into_iter().filter(|row| !row.0.is_empty());
        return rows.chain([(verdicts.join(" · "), role)]).collect();
    }
    while room.short && width(&text(&verdicts)) > room.cells && verdicts.pop().is_some() {}
    wrapped(text(&verdicts).trim_end(), room, 0, role)
}

fn hint_text(state: &State, runner: &Runner, step: &StepResult, verdicts: &str) -> String {
    let go = state.key(Action::PassGo);
    match runner.stage() {
        StepStage::Ready if step.runs > 0 => format!("The step did not finish: {go} runs it again."),
        StepStage::Ready => format!("{go} runs the step. {verdicts}"),
        StepStage::Preparing(_) if runner.opening().is_some() => "Waiting for the session to open.".to_owned(),
        StepStage::Preparing(_) if runner.is_renewing() => "Waiting for the new token.".to_owned(),
        StepStage::Preparing(_) => "The sandbox is being set up.".to_owned(),
        StepStage::Watching => verdicts.to_owned(),
        StepStage::Judging => match step.suggested {
            Some(suggested) => format!("suggested: {}. {go} accepts it. {verdicts}", suggested.name()),
            None => format!("Only you can decide. {verdicts}"),
        },
        StepStage::Over => String::new(),
    }
}

/// A text in rows; those after the first begin `hang` cells in.
fn wrapped(text: &str, room: TextFit, hang: usize, role: StyleRole) -> Vec<Styled> {
    let text = visible(text);
    if room.short {
        return vec![(text.into_owned(), role)];
    }
    hung("", &text, hang, room.cells.max(1)).into_iter().map(|row| (row, role)).collect()
}
