//! The list of conversations: filter, order, selection. The selection is a key, so that it stays where it is however
//! the list is sorted and filtered.
//!
//! ```text
//!  items (by key: as configured, then as added) ─► filter (fuzzy) ─► order (score; pinned, then activity or config) ─► shown
//!                                                                                     selected ─(open)─► active
//! ```

mod item;

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::Timestamp;
use nucleo_matcher::Matcher;
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use unicode_segmentation::UnicodeSegmentation;

use crate::config::Profile;
use crate::model::channel::TYPING_EVERY;
use crate::model::{
    Address, Author, Channel, Conversation, ConversationKey, Moment, RemoteMessage, RemoteState, RepliesReadable,
    WebSession,
};

pub use item::{ADDED_MALFORMED, ConversationItem};

use super::thread::MessageCounts;

/// The picker. See the module.
#[derive(Debug, Default)]
pub struct Conversations {
    items: BTreeMap<ConversationKey, ConversationItem>,
    /// After the pinned ones: the one in which something was said last first, not in the order of the config.
    pub(crate) recent_first: bool,
    filter: String,
    pattern: Pattern,
    /// Working memory of the matcher (about 135 KB), kept; it holds nothing that is shown.
    matcher: RefCell<Matcher>,
    /// No conversation has, or had, this key or a later one.
    fresh: u32,
    shown: Vec<ConversationKey>,
    selected: Option<ConversationKey>,
    active: Option<ConversationKey>,
}

impl Conversations {
    /// The picker of a profile.
    pub fn of(profile: &Profile) -> Self {
        Self::new(profile.conversations.iter().map(|entry| entry.conversation.clone()).collect())
    }

    /// A picker of these conversations, the first selected, none open.
    pub fn new(conversations: Vec<Conversation>) -> Self {
        let items: BTreeMap<_, _> = conversations.into_iter().map(|c| (c.key, ConversationItem::new(c))).collect();
        let mut picker = Self {
            fresh: items.keys().next_back().map_or(0, |key| key.0 + 1),
            selected: items.keys().next().copied(),
            items,
            ..Self::default()
        };
        picker.list();
        picker
    }

    /// A conversation by its key.
    pub fn get(&self, key: ConversationKey) -> Option<&ConversationItem> {
        self.items.get(&key)
    }

    pub(crate) fn name(&self, key: ConversationKey) -> String {
        self.get(key).map(|item| item.name().to_owned()).unwrap_or_default()
    }

    pub(crate) fn channel(&self, key: ConversationKey) -> Option<Channel> {
        Some(self.get(key)?.conversation.channel())
    }

    pub(crate) fn with_address(&self, address: &Address) -> Option<ConversationKey> {
        self.items().find(|item| item.conversation.address == *address).map(|item| item.conversation.key)
    }

    /// The conversation with this id on the remote side, named by its address or learned.
    pub fn with_conversation_id(&self, id: &str) -> Option<&ConversationItem> {
        self.items().find(|item| item.conversation_id().is_some_and(|own| own.eq_ignore_ascii_case(id)))
    }

    /// All conversations, as configured.
    pub fn items(&self) -> impl ExactSizeIterator<Item = &ConversationItem> {
        self.items.values()
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = ConversationKey> {
        self.items.keys().copied()
    }

    /// How many are shown.
    pub fn len(&self) -> usize {
        self.shown.len()
    }

    /// Whether none is shown; [`Conversations::nothing`] says why.
    pub fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }

    /// The item in a row of the shown list.
    pub fn row(&self, row: usize) -> Option<&ConversationItem> {
        self.get(*self.shown.get(row)?)
    }

    /// Why nothing is shown, if so, with the next key (`add` and `clear` as the live keymap calls them).
    pub fn nothing(&self, add: &str, clear: &str) -> Option<String> {
        if self.items.is_empty() {
            Some(format!("No conversations. {add} adds one: paste an id, a URL or a log line."))
        } else if self.shown.is_empty() {
            Some(format!("No conversation fits the filter. {clear} clears it."))
        } else {
            None
        }
    }

    pub(crate) fn selected_row(&self) -> Option<usize> {
        let at = self.shown.iter().position(|key| Some(*key) == self.selected);
        (!self.shown.is_empty()).then(|| at.unwrap_or(0))
    }

    /// The selected item: the one selected last if it is shown, else the first that is.
    pub fn selected_item(&self) -> Option<&ConversationItem> {
        self.row(self.selected_row()?)
    }

    /// The key of [`Conversations::selected_item`].
    pub fn selected(&self) -> Option<ConversationKey> {
        self.shown.get(self.selected_row()?).copied()
    }

    /// The conversation that was opened last.
    pub const fn active(&self) -> Option<ConversationKey> {
        self.active
    }

    pub(crate) fn active_item(&self) -> Option<&ConversationItem> {
        self.get(self.active?)
    }

    pub(crate) fn active_channel(&self) -> Option<Channel> {
        self.channel(self.active?)
    }

    /// Messages of all conversations that have not been looked at.
    pub fn unread(&self) -> u32 {
        self.items().fold(0, |sum, item| sum.saturating_add(item.unread))
    }

    /// The filter as typed.
    pub fn filter(&self) -> &str {
        &self.filter
    }

    pub(crate) const fn order_word(&self) -> &'static str {
        if self.recent_first { "recent first" } else { "config order" }
    }

    /// Which clusters of an item's name the filter matched, ascending.
    pub fn highlights(&self, item: &ConversationItem) -> Vec<usize> {
        if self.filter.is_empty() {
            return Vec::new();
        }
        let mut found = Vec::new();
        if let Ok(mut matcher) = self.matcher.try_borrow_mut() {
            self.pattern.indices(item.haystack.slice(..), &mut matcher, &mut found);
        }
        found.sort_unstable();
        found.dedup();
        let name = item.name().graphemes(true).count();
        found.into_iter().map(|at| at as usize).filter(|at| *at < name).collect()
    }

    /// Sets the filter (fzf syntax: `'exact ^begin end$ !not`, words in any order) over name, id and channel.
    pub fn set_filter(&mut self, filter: &str) {
        filter.clone_into(&mut self.filter);
        self.pattern.reparse(filter, CaseMatching::Smart, Normalization::Smart);
        self.list();
    }

    /// Turns between config order and recent first.
    pub fn toggle_sort(&mut self) {
        self.recent_first = !self.recent_first;
        self.list();
    }

    fn list(&mut self) {
        let (pattern, matcher) = (&self.pattern, self.matcher.get_mut());
        let all = self.filter.trim().is_empty();
        let ranked = self.items.iter().filter_map(|(key, item)| {
            let score = if all { 0 } else { pattern.score(item.haystack.slice(..), matcher)? };
            let recent = item.activity.filter(|_| self.recent_first);
            Some((Reverse(score), !item.pinned, Reverse(recent), *key))
        });
        let mut ranked: Vec<_> = ranked.collect();
        ranked.sort_unstable();
        self.shown = ranked.into_iter().map(|(.., key)| key).collect();
    }

    /// Selects a conversation, where there is one of that key.
    pub fn select(&mut self, key: ConversationKey) {
        self.selected = Some(key).filter(|key| self.items.contains_key(key)).or(self.selected);
    }

    /// Moves the selection by `rows` (up where negative), stopping at the ends.
    pub fn step(&mut self, rows: isize) {
        let Some(row) = self.selected_row() else { return };
        let row = row.saturating_add_signed(rows).min(self.shown.len() - 1);
        self.selected = self.shown.get(row).copied();
    }

    /// Selects the next conversation with something unread, around the end; a filter that hides it is cleared. `None`:
    /// all was looked at.
    pub fn next_unread(&mut self) -> Option<ConversationKey> {
        let from = self.selected_row().map_or(0, |row| row + 1);
        let (before, after) = self.shown.split_at_checked(from)?;
        let unread = |key: &ConversationKey| self.get(*key).is_some_and(|item| item.unread > 0);
        let key = after.iter().chain(before).copied().chain(self.keys()).find(unread)?;
        self.show(key);
        Some(key)
    }

    /// Opens the selected conversation. `None` where nothing is shown.
    pub fn open(&mut self) -> Option<ConversationKey> {
        let key = self.selected()?;
        self.open_key(key).then_some(key)
    }

    /// Selects and opens a conversation. A filter that hides it is cleared. False where there is none of that key.
    pub fn open_key(&mut self, key: ConversationKey) -> bool {
        let known = self.items.contains_key(&key);
        if known {
            self.show(key);
            self.active = Some(key);
        }
        known
    }

    fn show(&mut self, key: ConversationKey) {
        self.selected = Some(key);
        if !self.shown.contains(&key) {
            self.set_filter("");
        }
    }

    /// A key that no conversation has, or had.
    pub const fn free_key(&self) -> ConversationKey {
        ConversationKey(self.fresh)
    }

    /// Adds a conversation, with a key that no other has, and selects it; a name that is taken gets a number.
    pub fn add(&mut self, mut conversation: Conversation) {
        let key = conversation.key;
        debug_assert!(!self.items.contains_key(&key));
        let taken = |name: &str| self.items().any(|item| item.conversation.name == name);
        if taken(&conversation.name) {
            let mut names = (2..).map(|n| format!("{} ({n})", conversation.name));
            conversation.name = names.find(|name| !taken(name)).unwrap_or_default();
        }
        self.items.insert(key, ConversationItem { added: true, ..ConversationItem::new(conversation) });
        self.fresh = self.fresh.max(key.0 + 1);
        self.selected = Some(key);
        self.set_filter("");
    }

    /// Takes a conversation out; the one beside it is selected. False where there is none of that key.
    pub fn remove(&mut self, key: ConversationKey) -> bool {
        let row = self.selected_row().unwrap_or(0);
        if self.items.remove(&key).is_none() {
            return false;
        }
        self.active = self.active.filter(|active| *active != key);
        self.list();
        self.selected = self.shown.get(row).or(self.shown.last()).copied();
        true
    }

    fn item_mut(&mut self, key: ConversationKey) -> Option<&mut ConversationItem> {
        self.items.get_mut(&key)
    }

    /// Pins a conversation to the top, or lets it go.
    pub fn pin(&mut self, key: ConversationKey) {
        let Some(item) = self.item_mut(key) else { return };
        item.pinned = !item.pinned;
        self.list();
    }

    /// Gives a conversation another name on screen; a blank one takes it away.
    pub fn set_nickname(&mut self, key: ConversationKey, nickname: &str) {
        let Some(item) = self.item_mut(key) else { return };
        item.nickname = Some(nickname.trim()).filter(|n| !n.is_empty()).map(str::to_owned);
        item.index();
        self.list();
    }

    /// What a read showed. Returns what the one before did; `None` where there is none of that key.
    pub fn was_read(
        &mut self,
        key: ConversationKey,
        state: RemoteState,
        since: Option<Timestamp>,
    ) -> Option<RemoteState> {
        let item = self.item_mut(key)?;
        item.since = since.or(item.since);
        Some(std::mem::replace(&mut item.remote, state))
    }

    /// How its messages fared.
    pub fn set_counts(&mut self, key: ConversationKey, counts: MessageCounts) {
        self.item_mut(key).into_iter().for_each(|item| item.counts = counts);
    }

    /// Whether replies can be read. True where that is news.
    pub fn set_readable(&mut self, key: ConversationKey, readable: RepliesReadable) -> bool {
        self.item_mut(key).is_some_and(|item| std::mem::replace(&mut item.readable, readable.clone()) != readable)
    }

    pub(crate) fn set_session(&mut self, key: ConversationKey, session: WebSession) -> Option<WebSession> {
        let item = self.item_mut(key)?;
        item.live.typing.take_if(|_| !matches!(session, WebSession::Open { .. }));
        Some(std::mem::replace(&mut item.live.session, session))
    }

    /// Somebody of the other side types, and until when unless told again; or nobody does.
    pub(crate) fn set_typing(&mut self, key: ConversationKey, author: Author, until: Option<Moment>) {
        if let Some(item) = self.item_mut(key).filter(|_| author != Author::Guest) {
            item.live.typing = until.map(|until| (author, until));
        }
    }

    /// Messages came: whoever said something has stopped typing it. False where there is none of that key.
    pub(crate) fn stop_typing(&mut self, key: ConversationKey, messages: &[RemoteMessage]) -> bool {
        let said = |by: Author| messages.iter().any(|message| message.author == by);
        self.item_mut(key).map(|item| item.live.typing.take_if(|(author, _)| said(*author))).is_some()
    }

    pub(crate) fn forget_typing(&mut self, now: Moment) {
        for item in self.items.values_mut() {
            item.live.typing.take_if(|(_, until)| until.left(now).is_zero());
        }
    }

    /// The remote side's conversation id became known. True if it is another than was known.
    pub fn learned(&mut self, key: ConversationKey, conversation_id: &str) -> bool {
        let Some(item) = self.item_mut(key).filter(|i| i.conversation_id() != Some(conversation_id)) else {
            return false;
        };
        item.live.conversation_id = Some(conversation_id.to_owned());
        item.index();
        self.list();
        true
    }

    /// The guest types: whether it is time to tell the other side (again); then it counts as told.
    pub fn typing_is_due(&mut self, key: ConversationKey, now: Moment) -> bool {
        let Some(item) = self.item_mut(key) else { return false };
        let due = item.live.typing_sent.is_none_or(|at| now.since(at) >= TYPING_EVERY);
        if due {
            item.live.typing_sent = Some(now);
        }
        due
    }

    pub(crate) fn next_change(&self, now: Moment) -> Option<Moment> {
        self.items().filter_map(|item| item.live.typing.map(|(_, until)| until)).filter(|at| at.mono > now.mono).min()
    }

    /// How many messages have not been looked at.
    pub fn set_unread(&mut self, key: ConversationKey, unread: u32) {
        self.item_mut(key).into_iter().for_each(|item| item.unread = unread);
    }

    /// Whether something is written for it.
    pub fn set_draft(&mut self, key: ConversationKey, draft: bool) {
        self.item_mut(key).into_iter().for_each(|item| item.draft = draft);
    }

    pub(crate) fn touch(&mut self, key: ConversationKey, at: Moment) {
        let Some(item) = self.item_mut(key) else { return };
        item.activity = item.activity.max(Some(at));
        if self.recent_first {
            self.list();
        }
    }
}
