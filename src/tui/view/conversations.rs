//! The inside of the conversations' pane: two lines an item where there is room, one where it is tight, and what is
//! selected in full below. Only the visible window is drawn.

use std::fmt::Write as _;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_segmentation::UnicodeSegmentation;

use crate::model::{Address, Moment, WebSession};
use crate::session::conversations::{Conversations, Item};
use crate::tui::state::token_badge::session_words;

use super::Look;
use crate::text::screen::{fit, put, short_id, visible, width};
use crate::tui::theme::Role;

/// From this width on an item may take two lines.
const WIDE: u16 = 30;
/// From this height on items take two lines even where not all fit.
const TALL: u16 = 8;
/// The selection is shown in full below the list from this height on.
const DETAIL_FROM: u16 = 14;

/// The pane's name, with the order where it is not the usual one.
pub fn title(picker: &Conversations) -> String {
    use crate::session::conversations::Order;
    match picker.order() {
        Order::Config => "Conversations".to_owned(),
        Order::Activity => format!("Conversations, {}", picker.order().word()),
    }
}

/// The right end of the title: how many there are, how many of them are shown, how much is unread.
pub fn count(picker: &Conversations) -> String {
    let all = picker.items().len();
    let mut text = if picker.filter().is_empty() { all.to_string() } else { format!("{}/{all}", picker.len()) };
    if picker.unread() > 0 {
        let _ = write!(text, ", {} unread", picker.unread());
    }
    text
}

/// Draws the inside of the pane.
pub fn draw(picker: &Conversations, look: &Look<'_>, area: Rect, buf: &mut Buffer) {
    let area = area.intersection(buf.area);
    if area.is_empty() {
        return;
    }
    let pen = Pen { look, area };
    if let Some(nothing) = picker.nothing() {
        let sentence = nothing.sentence("+", "Esc");
        let rows = crate::text::screen::wrap(&sentence, usize::from(area.width));
        for (y, row) in (area.y..area.bottom()).zip(rows) {
            pen.line(buf, y, sentence.get(row).unwrap_or_default(), Role::Dim);
        }
        return;
    }
    let detail = if area.height >= DETAIL_FROM { detail(picker, look, area.width) } else { Vec::new() };
    let list_height = area.height - u16::try_from(detail.len()).unwrap_or(0).min(area.height / 2);
    let shown = u16::try_from(picker.len()).unwrap_or(u16::MAX);
    let two = area.width >= WIDE && (list_height >= TALL || shown.saturating_mul(2) <= list_height);
    let lines = if two { 2 } else { 1 };
    let rows = usize::from((list_height / lines).max(1));
    let selected = picker.selected_row().unwrap_or(0);
    let top = selected.saturating_sub(rows / 2).min(picker.len().saturating_sub(rows));
    let bottom = area.y + list_height;
    for (n, y) in (top..).zip((area.y..bottom).step_by(usize::from(lines))) {
        let Some(item) = picker.row(n) else { break };
        pen.item(buf, y, picker, item, two && y + 1 < bottom, n == selected);
    }
    let from = area.bottom() - u16::try_from(detail.len()).unwrap_or(0).min(area.height - list_height);
    for (y, (text, role)) in (from..area.bottom()).zip(detail) {
        pen.line(buf, y, &text, role);
    }
}

/// The lines about the selected conversation, the rule above and the keys below included.
fn detail(picker: &Conversations, look: &Look<'_>, cells: u16) -> Vec<(String, Role)> {
    let Some(item) = picker.selected_item() else { return Vec::new() };
    let ascii = look.theme.ascii;
    let rule = if ascii { "-" } else { "─" };
    let rest = usize::from(cells.saturating_sub(14));
    let mut lines = vec![(format!(" {} selected {} ", rule.repeat(2), rule.repeat(rest)), Role::Border)];
    let (what, id, participant) = match &item.conversation.address {
        Address::GuestApi { conversation_id, participant_id, external_id } => {
            let participant = participant_id.as_deref().map(|id| ("participant", id));
            ("conversation", conversation_id, participant.or(external_id.as_deref().map(|id| ("external id", id))))
        }
        Address::OpenMessaging { integration_id, guest } => {
            ("integration", integration_id, Some(("guest", &*guest.id)))
        }
        Address::WebMessaging { deployment_id, origin } => ("deployment", deployment_id, Some(("origin", &**origin))),
    };
    lines.push((format!(" {what:<12} {}", visible(id)), Role::Dim));
    lines.extend(participant.map(|(what, id)| (format!(" {what:<12} {}", visible(id)), Role::Dim)));
    let learned = item.live.conversation_id.as_deref();
    lines.extend(learned.map(|id| (format!(" {:<12} {}", "conversation", visible(id)), Role::Dim)));
    let dot = if ascii { "-" } else { "·" };
    let counts = item.counts;
    let mut sends = format!(" sends {} {dot} ok {} {dot} refused {}", counts.sends, counts.ok, counts.refused);
    if counts.unknown > 0 {
        let _ = write!(sends, " {dot} unknown {}", counts.unknown);
    }
    lines.push((sends, Role::Text));
    lines.push((format!(" {}", picker.keys()), Role::Dim));
    lines
}

struct Pen<'a> {
    look: &'a Look<'a>,
    area: Rect,
}

impl Pen<'_> {
    fn line(&self, buf: &mut Buffer, y: u16, text: &str, role: Role) {
        let cells = usize::from(self.area.width);
        let text = fit(text, cells, self.look.theme.ascii);
        put(buf, self.area.x, y, text, cells, self.look.theme.style(role));
    }

    fn item(&self, buf: &mut Buffer, y: u16, picker: &Conversations, item: &Item, two: bool, selected: bool) {
        let theme = self.look.theme;
        let cells = usize::from(self.area.width);
        let role = if item.ended() {
            Role::Dim
        } else if picker.active() == Some(item.conversation.key) {
            Role::Strong
        } else {
            Role::Text
        };
        let unread = match item.unread {
            0 => String::new(),
            n @ 1..=99 => n.to_string(),
            _ => "99+".to_owned(),
        };
        let right = match (cells, one_line_word(item, self.look.now), two) {
            (..20, ..) => format!(" {unread:>2}"),
            (_, Some(word), false) => format!(" {word} {unread:>2}"),
            (_, _, _) if item.ended() => format!(" ended {unread:>2}"),
            _ => format!(" {} {unread:>2}", item.conversation.channel().short()),
        };
        let mark = if selected { ">" } else { " " };
        let pin = if item.pinned { "*" } else { " " };
        let room = cells.saturating_sub(2 + width(&right));
        let name = visible(item.name());
        let fitted = fit(&name, room, theme.ascii);
        let gap = room.saturating_sub(width(&fitted));
        self.line(buf, y, &format!("{mark}{pin}{fitted}{:gap$}{right}", ""), role);
        if !unread.is_empty() {
            self.restyle(buf, y, cells.saturating_sub(unread.len()), unread.len(), Role::Info);
        }
        self.highlight(buf, y, item, picker, if name == fitted { room } else { room.saturating_sub(1) });
        if two {
            self.line(buf, y + 1, &self.second_line(item), Role::Dim);
        }
        if selected {
            let rows = if two { 2 } else { 1 };
            let row = Rect { y, height: rows, ..self.area }.intersection(self.area);
            buf.set_style(row, theme.style(Role::Selected));
        }
    }

    fn restyle(&self, buf: &mut Buffer, y: u16, column: usize, cells: usize, role: Role) {
        let x = self.area.x.saturating_add(u16::try_from(column).unwrap_or(u16::MAX));
        let cells = u16::try_from(cells).unwrap_or(0);
        buf.set_style(Rect { x, y, width: cells, height: 1 }.intersection(self.area), self.look.theme.style(role));
    }

    /// Marks the clusters of the name that the filter matched, as far as they stand within `room` cells.
    fn highlight(&self, buf: &mut Buffer, y: u16, item: &Item, picker: &Conversations, room: usize) {
        let matched = picker.highlights(item);
        if matched.is_empty() {
            return;
        }
        let mut column = 0;
        for (n, cluster) in item.name().graphemes(true).enumerate() {
            let cells = width(&visible(cluster));
            if column + cells > room {
                break;
            }
            if matched.binary_search(&n).is_ok() {
                self.restyle(buf, y, 2 + column, cells, Role::Match);
            }
            column += cells;
        }
    }

    /// `  5f0c…90a2  connected · draft   00:14:07`
    fn second_line(&self, item: &Item) -> String {
        let ascii = self.look.theme.ascii;
        let cells = usize::from(self.area.width);
        let dot = if ascii { "-" } else { "·" };
        let id = short_id(item.id(), ascii);
        let session = item.session().map(|session| session_words(session, self.look.now));
        let build = |gap: &str, between: &str| {
            let mut left = match &session {
                Some(session) => format!("  {session}"),
                None => format!("  {id}{gap}{}", item.remote.word()),
            };
            for word in words(item, self.look.now) {
                let _ = write!(left, "{between}{word}");
            }
            left
        };
        let (loose, tight) = (build("  ", &format!(" {dot} ")), build(" ", " "));
        let time = if session.is_some() { String::new() } else { connected(item, self.look) };
        let with_time = [&loose, &tight].into_iter().find(|left| width(left) + 1 + time.len() <= cells);
        match with_time.filter(|_| !time.is_empty()) {
            Some(left) => format!("{left}{:gap$}{time}", "", gap = cells - width(left) - time.len()),
            None if width(&loose) <= cells => loose,
            None => fit(&tight, cells, ascii).into_owned(),
        }
    }
}

/// `at 09:27`, or the day where it was another. A point in time stays true while nothing is drawn; a running count
/// would not.
fn connected(item: &Item, look: &Look<'_>) -> String {
    let Some(since) = item.connected_since() else { return String::new() };
    let (since, now) = (since.to_zoned(look.zone.clone()), look.now.wall.to_zoned(look.zone.clone()));
    let form = if since.date() == now.date() { "at %H:%M" } else { "on %d %b" };
    since.strftime(form).to_string()
}

/// What is going on in a conversation, most important first.
fn words(item: &Item, now: Moment) -> Vec<String> {
    let counts = item.counts;
    let some = |n: u32, word: &str| (n > 0).then(|| format!("{n} {word}"));
    let mut words: Vec<String> = Vec::new();
    words.extend(some(counts.unknown, "unknown"));
    words.extend(some(counts.waiting, "waiting"));
    words.extend(some(counts.sending, "sending"));
    words.extend(item.live.typist(now).map(|_| "typing".to_owned()));
    words.extend(item.draft.then(|| "draft".to_owned()));
    words
}

/// The one word for which there is room on a single line.
fn one_line_word(item: &Item, now: Moment) -> Option<&'static str> {
    let counts = item.counts;
    let stuck = |s: &&WebSession| {
        matches!(s, WebSession::ReadOnly { .. } | WebSession::Unreachable { .. } | WebSession::Ended { .. })
    };
    if let Some(session) = item.session().filter(stuck) {
        return Some(session.word());
    }
    [
        (counts.unknown > 0, "unknown"),
        (counts.waiting > 0, "waiting"),
        (counts.sending > 0, "sending"),
        (item.live.typist(now).is_some(), "typing"),
        (item.draft, "draft"),
    ]
    .into_iter()
    .find_map(|(is, word)| is.then_some(word))
}
