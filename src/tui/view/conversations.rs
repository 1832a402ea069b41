//! The list of conversations, of which the visible window is drawn, and the ids of the selected one below.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_segmentation::UnicodeSegmentation;

use super::frame::{self, DrawingContext};
use crate::model::{Address, WebSession};
use crate::session::MessageCounts;
use crate::session::conversations::{ConversationItem, Conversations};
use crate::text::dates;
use crate::text::screen::{fit, put, visible, width};
use crate::tui::state::token_badge::session_words;
use crate::tui::state::{Pane, State};
use crate::tui::{Action, PaneArea, StyleRole};

/// From this height on items take two lines even where not all fit.
const TALL: u16 = 8;
/// The selection is shown in full below the list from this height on.
const DETAIL_FROM: u16 = 16;
/// Cells before a name: the mark, and whether it is pinned or open.
const BEFORE: usize = 2;

/// What of the list is shown, for beside the pane's name: the order, where it is not the usual one.
pub fn aside(picker: &Conversations) -> &'static str {
    if picker.recent_first { picker.order_word() } else { "" }
}

/// The right end of the heading: how many there are, how many of them are shown, how much is unread.
pub fn count(picker: &Conversations) -> String {
    let all = picker.items().len();
    let mut text = if picker.filter().is_empty() { all.to_string() } else { format!("{} of {all}", picker.len()) };
    if picker.unread() > 0 {
        text.push_str(&format!(", {} new", picker.unread()));
    }
    text
}

/// Draws the pane. Where no conversation is shown it says why, and which key comes next.
pub(super) fn draw_pane(state: &State, area: &PaneArea, buf: &mut Buffer) {
    let (look, picker) = (DrawingContext::of(state, Pane::Picker), &state.session.conversations);
    let aside = (aside(picker).to_owned(), StyleRole::Text);
    frame::heading(area, "1 Conversations", aside, (count(picker), StyleRole::Dim), &look, buf);
    draw(picker, &look, area.inner, buf);
    if let Some(sentence) = picker.nothing(&state.key(Action::Add), &state.key(Action::Back)) {
        frame::nothing(&sentence, &look, area.inner, buf);
    }
}

/// Draws the inside of the pane.
pub fn draw(picker: &Conversations, look: &DrawingContext<'_>, area: Rect, buf: &mut Buffer) {
    let area = area.intersection(buf.area);
    if area.is_empty() || picker.is_empty() {
        return;
    }
    let mut writer = RowWriter { picker, look, area, buf };
    let detail = if area.height >= DETAIL_FROM { detail(picker, look) } else { Vec::new() };
    // A blank row above the first, where there is room for it.
    let gap = u16::from(area.height >= DETAIL_FROM);
    let list_height = area.height - gap - u16::try_from(detail.len()).unwrap_or(0).min(area.height / 2);
    let shown = u16::try_from(picker.len()).unwrap_or(u16::MAX);
    let two = list_height >= TALL || shown.saturating_mul(2) <= list_height;
    let lines = if two { 2 } else { 1 };
    let rows = usize::from((list_height / lines).max(1));
    let selected = picker.selected_row().unwrap_or(0);
    let top = selected.saturating_sub(rows / 2).min(picker.len().saturating_sub(rows));
    let (first, bottom) = (area.y + gap, area.y + gap + list_height);
    for (n, y) in (top..).zip((first..bottom).step_by(usize::from(lines))) {
        let Some(item) = picker.row(n) else { break };
        writer.item(y, item, two && y + 1 < bottom, n == selected);
    }
    writer.hidden(first, top);
    writer.hidden(bottom - 1, picker.len().saturating_sub(top + rows));
    let from = area.bottom() - u16::try_from(detail.len()).unwrap_or(0).min(area.height - list_height);
    for (y, (text, role)) in (from..area.bottom()).zip(detail) {
        writer.put(y, BEFORE, &text, role);
    }
}

fn detail(picker: &Conversations, look: &DrawingContext<'_>) -> Vec<(String, StyleRole)> {
    let Some(item) = picker.selected_item() else { return Vec::new() };
    let (what, id, other) = match &item.conversation.address {
        Address::GuestApi { conversation_id, participant_id, external_id } => {
            let participant = participant_id.as_deref().map(|id| ("participant", id));
            ("conversation", conversation_id, participant.or(external_id.as_deref().map(|id| ("external id", id))))
        }
        Address::OpenMessaging { integration_id, guest } => {
            ("integration", integration_id, Some(("guest", &*guest.id)))
        }
        Address::WebMessaging { deployment_id, origin } => ("deployment", deployment_id, Some(("origin", &**origin))),
    };
    let dim = |text: String| (text, StyleRole::Dim);
    let mut lines = vec![dim(what.to_owned()), (visible(id).into_owned(), StyleRole::Text)];
    let learned = item.live.conversation_id.as_deref().map(|id| ("conversation", id));
    lines.extend([other, learned].into_iter().flatten().map(|(what, id)| dim(format!("{what} {}", visible(id)))));
    let MessageCounts { sends, ok, refused, unknown, .. } = item.counts;
    let unknown = if unknown > 0 { format!(", unknown {unknown}") } else { String::new() };
    lines.push(dim(format!("sent {sends}, ok {ok}, refused {refused}{unknown}")));
    lines.extend(since(item, look).map(|since| dim(format!("connected {since}"))));
    lines
}

struct RowWriter<'a> {
    picker: &'a Conversations,
    look: &'a DrawingContext<'a>,
    area: Rect,
    buf: &'a mut Buffer,
}

impl RowWriter<'_> {
    fn put(&mut self, y: u16, column: usize, text: &str, role: StyleRole) {
        let column = u16::try_from(column).unwrap_or(u16::MAX);
        let (x, width) = (self.area.x.saturating_add(column), self.area.width.saturating_sub(column));
        self.look.theme.write(Rect { x, y, width, height: 1 }, text, role, self.buf);
    }

    /// Writes `text` at the right edge. Returns the column where it begins.
    fn put_right(&mut self, y: u16, text: &str, role: StyleRole) -> usize {
        let column = usize::from(self.area.width).saturating_sub(width(text));
        self.put(y, column, text, role);
        column
    }

    fn hidden(&mut self, y: u16, count: usize) {
        if count > 0 {
            self.put_right(y, &format!(" {count} more"), StyleRole::Strong);
        }
    }

    fn item(&mut self, y: u16, item: &ConversationItem, two: bool, selected: bool) {
        let theme = self.look.theme;
        let open = self.picker.active() == Some(item.conversation.key);
        let role = match open {
            _ if item.ended() => StyleRole::Dim,
            true => StyleRole::Strong,
            false => StyleRole::Text,
        };
        let rows = Rect { y, height: if two { 2 } else { 1 }, ..self.area }.intersection(self.area);
        let channel = (item.conversation.channel().capabilities().short.to_owned(), StyleRole::Dim);
        let (right, right_role) = self.news(item).filter(|_| !two).unwrap_or(channel);
        let edge = self.put_right(y, &right, right_role);
        let room = edge.saturating_sub(BEFORE + 1);
        let name = visible(item.name());
        let fitted = fit(&name, room, theme.ascii);
        self.put(y, BEFORE, &fitted, role);
        self.highlight(y, item, if name == fitted { room } else { room.saturating_sub(1) });
        if two {
            self.second_line(y + 1, item);
        }
        if selected {
            frame::select(rows, self.look, self.buf);
        }
        // The open one is marked also where another is selected.
        let mark = match (open && !selected, item.pinned) {
            (true, _) => theme.glyph(">", "▸"),
            (false, true) => "*",
            (false, false) => return,
        };
        put(self.buf, self.area.x + 1, y, mark, 1, theme.style(StyleRole::Focus));
    }

    /// Where it stands, and at the right what needs a look.
    fn second_line(&mut self, y: u16, item: &ConversationItem) {
        let news = self.news(item).map(|(text, role)| self.put_right(y, &text, role));
        let room = news.unwrap_or(usize::from(self.area.width)).saturating_sub(BEFORE + 1);
        let state = match item.session() {
            Some(session) => session_words(session, self.look.now),
            None => {
                let with_since = since(item, self.look).map(|since| format!("{} {since}", item.remote.name()));
                with_since.filter(|words| width(words) <= room).unwrap_or_else(|| item.remote.name().to_owned())
            }
        };
        self.put(y, BEFORE, &fit(&visible(&state), room, self.look.theme.ascii), StyleRole::Dim);
    }

    /// What needs a look most, in words: unknown outcomes, new messages, refusals, what is under way.
    fn news(&self, item: &ConversationItem) -> Option<(String, StyleRole)> {
        let (counts, now) = (item.counts, self.look.now);
        let some = |n: u32, word: &str, role| (n > 0).then(|| (format!("{n} {word}"), role));
        let unread = if item.unread > 99 { "99+ new".to_owned() } else { format!("{} new", item.unread) };
        let stuck =
            |s: &WebSession| matches!(s, WebSession::ReadOnly(_) | WebSession::Unreachable(_) | WebSession::Ended(_));
        some(counts.unknown, "unknown", StyleRole::Warning)
            .or_else(|| (item.unread > 0).then_some((unread, StyleRole::Info)))
            .or_else(|| some(counts.waiting, "waiting", StyleRole::Warning))
            .or_else(|| some(counts.sending, "sending", StyleRole::Info))
            .or_else(|| item.live.typist(now).map(|_| ("typing".to_owned(), StyleRole::Info)))
            .or_else(|| some(counts.refused, "refused", StyleRole::Error))
            .or_else(|| item.draft.then(|| ("draft".to_owned(), StyleRole::Dim)))
            .or_else(|| item.session().filter(|s| stuck(s)).map(|s| (s.word().to_owned(), StyleRole::Warning)))
    }

    /// Marks the clusters of the name that the filter matched, as far as they stand within `room` cells.
    fn highlight(&mut self, y: u16, item: &ConversationItem, room: usize) {
        let matched = self.picker.highlights(item);
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
                let x = self.area.x.saturating_add(u16::try_from(BEFORE + column).unwrap_or(u16::MAX));
                let place = Rect { x, y, width: u16::try_from(cells).unwrap_or(0), height: 1 };
                self.buf.set_style(place.intersection(self.area), self.look.theme.style(StyleRole::Match));
            }
            column += cells;
        }
    }
}

/// `since 09:27`, or the day where it was another: a point in time stays true while nothing is drawn; a running count
/// would not.
pub(super) fn since(item: &ConversationItem, look: &DrawingContext<'_>) -> Option<String> {
    let [at, now] = [item.connected_since()?, look.now.wall].map(|at| at.to_zoned(look.zone.clone()));
    let today = at.date() == now.date();
    let at = if today { at.strftime("%H:%M").to_string() } else { dates::short(at.date(), now.date()) };
    Some(format!("since {at}"))
}
