//! Demo mode on the screen: where one is, the conversation large, what just happened in plain words, the keys pressed.
//!
//! ```text
//!  SANDBOX   conversation 1                                        2 of 5  REC
//!                                            ╭ guest A: delivered ─────────────╮
//!                                            │ Hi, I need help with my bill.   │
//!  ╭ bot ───────────────────────────────╮    ╰─────────────────────────────────╯
//!  │ You have one open invoice.         │
//!  ╰────────────────────────────────────╯
//!  > How much is it?_
//!  The bot answers.
//!  Space next  Backspace back  . blank  l log  Esc leave                   Space l
//! ```

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect, Size};

use super::frame::{Pen, Styled, outline};
use crate::model::Author;
use crate::text::screen::{fit, head as head_of, in_ascii, prefix, put, visible, visible_lines, width, wrap};
use crate::tui::StyleRole;
use crate::tui::state::demo::script::DemoMessage;
use crate::tui::state::demo::words::word;
use crate::tui::state::{Pane, Present, State};

/// At most so many rows tell what just happened: the longest sentence on the narrowest screen.
const MAX_TOLD: usize = 3;
/// At most this much of one message is shown.
const MAX_BYTES: usize = 4 << 10;

/// Draws the whole screen; where the cursor stands, if one types.
pub fn draw(state: &State, present: &Present, buf: &mut Buffer) -> Option<Position> {
    let Size { width: columns, height: rows } = state.arrangement.size;
    head(state, present, Rect::new(0, 0, columns, 1), buf);
    if present.choice.blank {
        return None;
    }
    // What happened last.
    let said = present.aliases.text(present.line().map_or("", |line| line.text.as_str()));
    let said = in_ascii(&said, state.look.theme.ascii);
    let said = visible(&said);
    let words: Vec<_> = wrap(&said, usize::from(columns.saturating_sub(2))).take(MAX_TOLD).map(str::trim_end).collect();
    let told = u16::try_from(words.len()).unwrap_or(2).min(rows / 3);
    let bottom = rows.saturating_sub(told + 2);
    let mut stage = Rect::new(0, 1, columns, bottom.saturating_sub(1));
    if present.choice.log {
        let log = if columns >= 90 {
            let right = columns * 2 / 5;
            stage.width -= right;
            Rect { x: stage.width, width: right, ..stage }
        } else {
            // A frame with less than a row in it says nothing.
            let below = (stage.height * 2 / 5).max(3).min(stage.height);
            stage.height -= below;
            Rect { y: stage.bottom(), height: below, ..stage }
        };
        calm_log(state, present, log, buf);
    }
    bubbles(state, present, stage, buf);
    let cursor = input(state, present, Rect::new(0, bottom, columns, 1), buf);
    for (y, row) in (bottom + 1..bottom + 1 + told).zip(&words) {
        put(buf, 1, y, row, usize::from(columns.saturating_sub(1)), state.look.theme.style(StyleRole::Strong));
    }
    foot(state, present, Rect::new(0, rows - 1, columns, 1), buf);
    cursor
}

/// Where one is: never hidden, whatever else is.
fn place(state: &State, present: &Present) -> (&'static str, StyleRole) {
    match (&present.rehearsal, state.session.profile.production, state.session.profile.sandbox) {
        (Some(_), ..) => ("REHEARSAL", StyleRole::Info),
        (None, true, _) => ("PROD", StyleRole::Production),
        (None, false, true) => ("SANDBOX", StyleRole::Info),
        (None, false, false) => ("LIVE", StyleRole::Warning),
    }
}

fn head(state: &State, present: &Present, area: Rect, buf: &mut Buffer) {
    let theme = &state.look.theme;
    let (word, role) = place(state, present);
    let style = theme.style(role).add_modifier(ratatui::style::Modifier::REVERSED);
    let mut pen = Pen::at(area, theme, buf);
    pen.styled(&format!(" {word} "), style);
    let (x, shown) = (pen.x, !present.choice.blank);
    let step = match (present.looked_at.filter(|_| shown), &present.rehearsal, present.script.messages.len()) {
        (Some(at), ..) => Some((format!("back at {} of {}", at + 1, present.narration.len()), StyleRole::Warning)),
        (None, Some(played), _) => Some((format!("{} of {}", played.shown, played.messages.len()), StyleRole::Dim)),
        (None, None, 1..) if shown => {
            Some((format!("{} of {}", present.script.next, present.script.messages.len()), StyleRole::Dim))
        }
        _ => None,
    };
    let recording = state.files.is_recording().then(|| ("REC".to_owned(), StyleRole::Error));
    let right: Vec<Styled> = step.into_iter().chain(recording).collect();
    let taken: usize = right.iter().map(|(text, _)| width(text) + 2).sum();
    if shown {
        let conversation = state.session.conversations.active().map(|key| present.aliases.conversation(key));
        let title = match present.script.title() {
            "" => conversation.unwrap_or_default(),
            title => present.aliases.text(title).into_owned(),
        };
        pen.x += 2;
        let room = pen.room().saturating_sub(taken);
        pen.write(&fit(&title, room, theme.ascii), StyleRole::Strong);
    }
    pen.x = pen.before_end(taken).max(x + 1);
    for (text, role) in right {
        pen.write(&text, role);
        pen.x += 2;
    }
}

/// The bubbles, the newest at the bottom; only those that are in sight are laid out.
fn bubbles(state: &State, present: &Present, stage: Rect, buf: &mut Buffer) {
    let open = state.session.conversations.active();
    let live = || open.map_or(&[][..], |key| state.session.threads.messages(key)).iter().map(DemoMessage::of);
    let (messages, all) = match &present.rehearsal {
        Some(rehearsal) => (Cow::Borrowed(&rehearsal.messages), rehearsal.shown),
        None => (Cow::Owned(live().collect()), usize::MAX),
    };
    let shown = present.shown(all.min(messages.len()));
    let mut bottom = stage.bottom();
    for message in messages.iter().take(shown).rev() {
        if bottom <= stage.top() {
            return;
        }
        bottom = bubble(state, present, message, stage, bottom, buf);
    }
}

/// Draws one that ends above `bottom`; where the one before it ends. What is above the stage is cut.
fn bubble(state: &State, present: &Present, message: &DemoMessage, stage: Rect, bottom: u16, buf: &mut Buffer) -> u16 {
    let theme = &state.look.theme;
    let choices = message.choices.iter().map(|choice| format!("[ {choice} ]"));
    let said = Some(message.text.clone()).filter(|text| !text.is_empty());
    let text = said.into_iter().chain(choices).collect::<Vec<_>>().join("\n");
    let text = present.aliases.text(head_of(&text, MAX_BYTES));
    let text = state.session.profile.masks.with_phones().shape(&text, width).into_owned();
    let name = match (message.author, state.session.conversations.active()) {
        (Author::Guest, Some(key)) => present.aliases.guest(key),
        (author, _) => author.name(),
    };
    let delivery = message.delivery.as_ref().and_then(|delivery| word("label", delivery));
    let label = delivery.map_or_else(|| name.to_owned(), |delivery| format!("{name}: {delivery}"));
    let framed = present.choice.size > 1 && stage.width >= 50;
    let (beside, above) = match (framed, present.choice.size) {
        (false, _) => (1, 0),
        (true, ..=2) => (2, 1),
        (true, _) => (4, 2),
    };
    let most = if framed { usize::from(stage.width) * 3 / 4 } else { usize::from(stage.width).saturating_sub(1) };
    let cells = most.saturating_sub(usize::from(beside) * 2).max(1);
    let lines: Vec<Cow<'_, str>> = visible_lines(&text).collect();
    let rows: Vec<&str> = lines.iter().flat_map(|line| wrap(line, cells)).map(str::trim_end).collect();
    let inner = rows.iter().map(|r| width(r)).max().unwrap_or(0).max(width(&label)).min(cells);
    let wide = u16::try_from(inner).unwrap_or(stage.width).saturating_add(beside * 2).min(stage.width);
    let tall = u16::try_from(rows.len()).unwrap_or(u16::MAX).saturating_add(if framed { above * 2 } else { 1 });
    let x = match message.author {
        Author::Guest => stage.right().saturating_sub(wide + 1),
        Author::System => stage.x + stage.width.saturating_sub(wide) / 2,
        Author::Bot | Author::Agent | Author::Somebody => stage.x + 1,
    };
    let top = i32::from(bottom) - i32::from(tall);
    // Rows above the stage are not drawn; a frame that is cut has no upper edge.
    let y = |row: i32| u16::try_from(top + row).ok().filter(|y| (stage.top()..stage.bottom()).contains(y));
    let role = if message.author == Author::Guest { StyleRole::Focus } else { StyleRole::Border };
    if framed {
        if let (Some(first), true) = (y(0), top >= 0) {
            let area = Rect { x, y: first, width: wide, height: tall };
            outline(area, theme, role, buf);
            let label = format!(" {} ", fit(&label, inner, theme.ascii));
            put(buf, x + 1, first, label, usize::from(wide - 2), theme.style(StyleRole::Strong));
        }
    } else if let Some(y) = y(0) {
        put(buf, x, y, fit(&label, most, theme.ascii), most, theme.style(role));
    }
    let style = theme.style(if message.author == Author::System { StyleRole::Dim } else { StyleRole::Text });
    let first = if framed { i32::from(above) } else { 1 };
    for (row, text) in (first..).zip(&rows) {
        if let Some(y) = y(row) {
            put(buf, x + beside, y, text, cells, style);
        }
    }
    let gap = u16::from(present.choice.size > 2) + u16::from(!framed && present.choice.size > 1);
    u16::try_from(top).unwrap_or(0).saturating_sub(gap)
}

/// What happened so far, the newest at the bottom, the one that is looked at marked.
fn calm_log(state: &State, present: &Present, area: Rect, buf: &mut Buffer) {
    let theme = &state.look.theme;
    outline(area, theme, StyleRole::Border, buf);
    if area.width < 8 || area.height < 3 {
        return;
    }
    put(buf, area.x + 2, area.y, " what happened ", usize::from(area.width - 4), theme.style(StyleRole::Strong));
    let inside = usize::from(area.width - 4);
    let here = present.looked_at.unwrap_or(present.narration.len().saturating_sub(1));
    let room = usize::from(area.height - 2);
    let first = (here + 1).saturating_sub(room);
    for (y, (number, line)) in (area.y + 1..area.bottom() - 1).zip(present.narration.iter().enumerate().skip(first)) {
        let time = line.at.wall.to_zoned(state.look.zone.clone()).strftime("%H:%M:%S").to_string();
        let mark = if number == here { ">" } else { " " };
        let said = present.aliases.text(&line.text);
        let line = format!("{mark} {time} {}", in_ascii(&said, theme.ascii));
        let role = if number == here { StyleRole::Text } else { StyleRole::Dim };
        put(buf, area.x + 2, y, fit(&visible(&line), inside, theme.ascii), inside, theme.style(role));
    }
}

fn input(state: &State, present: &Present, area: Rect, buf: &mut Buffer) -> Option<Position> {
    let by_hand = state.arrangement.focus == Pane::Composer && state.overlay.is_none();
    if present.typing.is_none() && !by_hand {
        return None;
    }
    let masked = state.session.profile.masks.with_phones();
    let hidden = |text: &str| masked.shape(&present.aliases.text(text), width).into_owned();
    let mut shown = hidden(present.typing.as_ref().map_or(state.composer.text(), |typing| &typing.text));
    if let Some(typing) = &present.typing {
        // All of it is known: what is hidden is hidden from its first letter.
        let cells = width(&shown) * typing.done / typing.text.len().max(1);
        shown = prefix(&shown, cells).to_owned();
    }
    let shown = visible(shown.rsplit('\n').next().unwrap_or_default());
    let room = usize::from(area.width.saturating_sub(5)).max(1);
    // The end is what one looks at.
    let over = width(&shown).saturating_sub(room);
    let head = prefix(&shown, over);
    let tail = shown.strip_prefix(head).unwrap_or(&shown);
    let mut pen = Pen::at(area, &state.look.theme, buf);
    pen.x += 1;
    pen.write("> ", StyleRole::Focus);
    pen.write(prefix(tail, room + 1), StyleRole::Text);
    Some(Position { x: pen.x.min(area.right().saturating_sub(1)), y: area.y })
}

fn foot(state: &State, present: &Present, area: Rect, buf: &mut Buffer) {
    let keys = if present.choice.keys { newest(&present.chords, usize::from(area.width) / 3) } else { String::new() };
    let taken = if keys.is_empty() { 0 } else { width(&keys) + 3 };
    let mut pen = Pen::at(area, &state.look.theme, buf);
    pen.x += 1;
    let (hints, kept) = state.footer_keys();
    for hint in hints.iter().chain(&kept) {
        if pen.room() >= width(&hint.0) + width(hint.1) + 3 + taken {
            pen.key(hint, 2);
        }
    }
    if taken > 0 {
        pen.x = pen.before_end(taken);
        pen.write(&format!(" {keys} "), StyleRole::Badge);
    }
}

/// The newest chords that have room, each whole, the newest last.
fn newest(chords: &[String], room: usize) -> String {
    let mut out = String::new();
    for chord in chords.iter().rev() {
        let longer = if out.is_empty() { chord.clone() } else { format!("{chord} {out}") };
        if width(&longer) > room {
            break;
        }
        out = longer;
    }
    out
}
