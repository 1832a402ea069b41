//! The composer: one text being written for each conversation, the texts sent before, snippets and variables.
//! Every character is text; nothing here sends by itself.
//!
//! ```text
//!  typing, paste ─► draft of the conversation ─► check ─► take_for_send ─► Effect (by the caller) + history
//!                     ▲      │                     └──► Refusal: the text stays, the reason is shown
//!                     └ Up/Down walk the history; Down past the newest brings the draft back
//! ```

pub mod attachments;
pub mod editor;
pub mod history;
mod keys;
pub mod rows;
mod steps;

use std::collections::BTreeMap;
use std::fmt;

use crate::config::settings::ConfiguredSnippet;
use crate::model::limits::{ATTRIBUTES_MAX_BYTES, GUEST_TEXT_MAX_BYTES};
use crate::model::{ConversationKey, Extras, Moment};
use crate::tui::theme::StyleRole;

use crate::model::variables::{Expansion, ValueSource, Values, expand};
pub use editor::Editor;
use history::DraftHistory;

/// Why a text is not sent. It stays in the composer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DraftRefusal {
    /// Nothing but blanks.
    Empty,
    /// More bytes than the platform takes: so many in UTF-8, with variables filled in.
    TooLong(usize),
    /// More participant attributes than the platform takes: so many bytes of JSON.
    Attributes(usize),
}

impl fmt::Display for DraftRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("not sent: the text is blank; type a text first"),
            Self::TooLong(bytes) => {
                let (max, over) = (GUEST_TEXT_MAX_BYTES, bytes - GUEST_TEXT_MAX_BYTES);
                write!(f, "not sent: the text has {bytes} bytes, {over} more than the limit of {max}; shorten it")
            }
            Self::Attributes(bytes) => {
                let (max, over) = (ATTRIBUTES_MAX_BYTES, bytes - ATTRIBUTES_MAX_BYTES);
                write!(f, "not sent: the attributes have {bytes} bytes, {over} more than the limit of {max}")
            }
        }
    }
}

/// What the composer has to say until the next edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    Pasted { lines: usize },
    Refused(DraftRefusal),
}

/// The composer. See the module.
#[derive(Clone, Debug)]
pub struct Composer {
    drafts: BTreeMap<Option<ConversationKey>, Editor>,
    active: Option<ConversationKey>,
    /// The draft of `active`, taken out of `drafts`.
    editor: Editor,
    history: DraftHistory,
    snippets: Vec<ConfiguredSnippet>,
    /// What was taken out last, for [`Composer::yank`].
    killed: String,
    notice: Option<Event>,
    /// What the next messages carry beside their text.
    carried: BTreeMap<ConversationKey, Extras>,
    values: ValueSource,
    send_key: String,
    /// Cells of a row in the pane; 0 where that is not known.
    width: u16,
    /// The column (in cells) that Up and Down try to keep, and the cursor for which that holds.
    goal: Option<(usize, usize)>,
}

impl Default for Composer {
    fn default() -> Self {
        Self::new(0, "run")
    }
}

impl Composer {
    /// An empty composer. `seed` is what `{{uuid}}` grows from (random, from outside), `run` is what `{{run}}` says.
    pub fn new(seed: u128, run: &str) -> Self {
        Self {
            drafts: BTreeMap::new(),
            active: None,
            editor: Editor::default(),
            history: DraftHistory::default(),
            snippets: Vec::new(),
            killed: String::new(),
            notice: None,
            carried: BTreeMap::new(),
            values: ValueSource::new(seed, run),
            send_key: "Enter".to_owned(),
            width: 0,
            goal: None,
        }
    }

    /// Names the key of the live keymap that sends.
    pub fn set_keys(&mut self, send: &str) {
        send.clone_into(&mut self.send_key);
    }

    /// Sets the width of the pane's inside, so that Up and Down go by rows as they stand on the screen.
    pub fn set_width(&mut self, cells: u16) {
        self.width = cells;
    }

    /// Sets the snippets of the settings.
    pub fn set_snippets(&mut self, snippets: Vec<ConfiguredSnippet>) {
        self.snippets = snippets;
    }

    /// A UUID that is in no message.
    pub fn new_uuid(&mut self) -> uuid::Uuid {
        self.values.new_uuid()
    }

    // ---- drafts -------------------------------------------------------------------------------------------------

    /// Turns to the draft of another conversation; each keeps its text, cursor and undo.
    pub fn switch(&mut self, to: impl Into<Option<ConversationKey>>) {
        let to = to.into();
        if to == self.active {
            return;
        }
        if self.history.walking() {
            // The draft is kept, not the text of the history that was only looked at.
            self.editor.forget_step();
            self.history.stop();
        }
        let draft = std::mem::replace(&mut self.editor, self.drafts.remove(&to).unwrap_or_default());
        if draft != Editor::default() {
            self.drafts.insert(self.active, draft);
        }
        self.active = to;
        self.notice = None;
    }

    /// The conversation whose draft is being written.
    pub const fn active(&self) -> Option<ConversationKey> {
        self.active
    }

    /// The draft of a conversation; empty where there is none.
    pub fn draft_of(&self, key: impl Into<Option<ConversationKey>>) -> &str {
        let key = key.into();
        if key == self.active { self.text() } else { self.drafts.get(&key).map_or("", Editor::text) }
    }

    /// Whether something is written for a conversation.
    pub fn has_draft(&self, key: impl Into<Option<ConversationKey>>) -> bool {
        !self.draft_of(key).is_empty()
    }

    /// All drafts that are not empty, with the cursor's byte offset.
    pub fn drafts(&self) -> impl Iterator<Item = (Option<ConversationKey>, &str, usize)> {
        let active = std::iter::once((self.active, &self.editor));
        active
            .chain(self.drafts.iter().map(|(key, editor)| (*key, editor)))
            .filter(|(_, editor)| !editor.text().is_empty())
            .map(|(key, editor)| (key, editor.text(), editor.cursor()))
    }

    /// Puts a kept draft back (at start). Replaces what is there; undo brings that back.
    pub fn restore_draft(&mut self, key: impl Into<Option<ConversationKey>>, text: &str, cursor: usize) {
        let key = key.into();
        let editor = if key == self.active { &mut self.editor } else { self.drafts.entry(key).or_default() };
        editor.set_text(text);
        editor.place(cursor);
    }

    // ---- reading ------------------------------------------------------------------------------------------------

    /// The text as typed.
    pub fn text(&self) -> &str {
        self.editor.text()
    }

    /// The text and its cursor.
    pub const fn editor(&self) -> &Editor {
        &self.editor
    }

    /// Whether nothing is typed.
    pub fn is_empty(&self) -> bool {
        self.text().is_empty()
    }

    /// What the variables stand for in the next message.
    pub fn values(&self, now: Moment) -> Values {
        self.values.next(now.wall)
    }

    fn expansion(&self, now: Moment) -> Option<Expansion> {
        self.text().contains("{{").then(|| expand(self.text(), &self.values(now), &BTreeMap::new()))
    }

    /// The text as it would be sent now, where that differs from what was typed.
    pub fn preview(&self, now: Moment) -> Option<String> {
        self.expansion(now).filter(|e| !e.used.is_empty()).map(|e| e.text)
    }

    /// Bytes that would be sent.
    pub fn bytes(&self, now: Moment) -> usize {
        self.expansion(now).map_or(self.text().len(), |e| e.text.len())
    }

    /// What is to be said about the text: a refusal, a paste, a variable that is none, a walk through the history; and how
    /// it is meant. It may quote what was typed, so it is not safe for a terminal.
    pub fn notice(&self, now: Moment) -> Option<(String, StyleRole)> {
        let note = |text| Some((text, StyleRole::Info));
        let problem = |text| Some((text, StyleRole::Warning));
        if let Some(Event::Refused(refusal)) = self.notice {
            return problem(refusal.to_string());
        }
        let over = self.bytes(now).saturating_sub(GUEST_TEXT_MAX_BYTES);
        if over > 0 {
            return problem(format!("{over} bytes too many: not sent until it is shorter"));
        }
        if let Some(Event::Pasted { lines }) = self.notice {
            return note(format!("{lines} lines: {} sends them as one message", self.send_key));
        }
        if let Some(name) = self.expansion(now).and_then(|e| e.unknown.into_iter().next()) {
            let known = crate::model::variables::NAMES.map(|(name, _)| name).join(", ");
            return note(format!("{{{{{name}}}}} is not a variable: it is sent as typed. The variables are {known}"));
        }
        if self.history.walking() {
            let (back, all) = self.history.place();
            return note(format!("history {back} of {all}; the draft is below the newest"));
        }
        None
    }

    // ---- sending ------------------------------------------------------------------------------------------------

    /// The text as it would be sent, or why it would not be. Changes nothing.
    pub fn check(&self, now: Moment) -> Result<String, DraftRefusal> {
        let text = self.expansion(now).map_or_else(|| self.text().to_owned(), |e| e.text);
        if text.trim().is_empty() && self.carried().is_none_or(|e| e.attachments.is_empty()) {
            return Err(DraftRefusal::Empty);
        }
        if text.len() > GUEST_TEXT_MAX_BYTES {
            return Err(DraftRefusal::TooLong(text.len()));
        }
        self.check_carried()?;
        Ok(text)
    }

    /// Takes the text out to be sent, with variables filled in; what was typed goes into the history. A refused text
    /// stays, and the hint says why. A text of the history goes out and the draft comes back; undo brings a sent text back.
    /// What goes with it comes from [`Composer::take_carried`].
    pub fn take_for_send(&mut self, now: Moment) -> Result<String, DraftRefusal> {
        let text = self.check(now).inspect_err(|refusal| self.notice = Some(Event::Refused(*refusal)))?;
        let used = self.expansion(now).map(|e| e.used).unwrap_or_default();
        self.values.sent(used.contains(&"seq"));
        let typed = self.text().to_owned();
        if self.history.walking() {
            self.editor.forget_step();
        } else {
            self.editor.set_text("");
        }
        if !typed.trim().is_empty() {
            self.history.push(&typed);
        }
        self.notice = None;
        Ok(text)
    }

    /// A message was sent from elsewhere with [`Self::values`]; `seq`: it used that one.
    pub fn used(&mut self, seq: bool) {
        self.values.sent(seq);
    }

    // ---- history and snippets -----------------------------------------------------------------------------------

    /// Puts the text sent before the one shown here. The draft is one undo step (or Down) away.
    pub fn history_older(&mut self) {
        let walking = self.history.walking();
        let Some(text) = self.history.older().map(str::to_owned) else { return };
        if walking {
            self.editor.forget_step();
        }
        self.editor.set_text_step(&text);
        self.notice = None;
    }

    /// Puts the text sent after the one shown here; after the newest the draft comes back as it was.
    pub fn history_newer(&mut self) {
        if !self.history.walking() {
            return;
        }
        self.editor.forget_step();
        if let Some(text) = self.history.newer() {
            self.editor.set_text_step(text);
        }
        self.notice = None;
    }

    /// Texts sent earlier that hold `needle`, newest first.
    pub fn search_history(&self, needle: &str) -> Vec<String> {
        self.history.search(needle)
    }

    /// The snippets of the settings.
    pub fn snippets(&self) -> &[ConfiguredSnippet] {
        &self.snippets
    }

    /// Puts a snippet in at the cursor. False where there is none of that name.
    pub fn insert_snippet(&mut self, name: &str) -> bool {
        let Some(text) = self.snippets.iter().find(|s| s.name == name).map(|s| s.text.clone()) else { return false };
        self.edited().insert(&text);
        true
    }

    // ---- editing ------------------------------------------------------------------------------------------------

    /// The editor, for a move of the cursor.
    pub const fn moved(&mut self) -> &mut Editor {
        &mut self.editor
    }

    /// The editor, for a change: ends a walk through the history and takes the notice away.
    pub fn edited(&mut self) -> &mut Editor {
        self.history.stop();
        self.notice = None;
        &mut self.editor
    }
}

#[cfg(test)]
#[path = "../../../../tests/unit/tui/state/composer.rs"]
mod tests;
