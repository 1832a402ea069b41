//! The composer: one text being written for each conversation, the texts sent before, snippets and variables, and what the
//! next message carries beside its text: files and participant attributes. Every character is text; nothing here sends by
//! itself.
//!
//! ```text
//!  typing, paste ─► draft of the conversation ─► check ─► take_for_send ─► Effect (by the caller) + history
//!                     ▲      │                     └──► Refusal: the text stays, the reason is shown
//!                     └ Up/Down walk the history; Down past the newest brings the draft back
//! ```

pub mod editor;
pub mod rows;

use std::collections::{BTreeMap, HashSet, VecDeque};

use crate::model::channel::GUEST_TEXT_MAX_BYTES;
use crate::model::variables::{Expansion, NAMES, ValueSource, expand};
use crate::model::{ConversationKey, Extras, Moment, Objection};
use crate::text::counted;
use crate::tui::theme::StyleRole;
use editor::Editor;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Notice {
    PastedLines(usize),
    Refused(Objection),
}

/// The composer. See the module.
#[derive(Clone, Debug, Default)]
pub struct Composer {
    drafts: BTreeMap<ConversationKey, Editor>,
    active: Option<ConversationKey>,
    /// The draft of `active`, taken out of `drafts`. To be changed by [`Self::edited`]; to move the cursor in.
    pub editor: Editor,
    /// Texts that were sent in this session, newest last.
    sent: VecDeque<String>,
    /// How many texts back from the newest Up and Down stand; 0 is the draft.
    back: usize,
    /// Name and text of each snippet of the settings.
    pub snippets: Vec<(String, String)>,
    killed: String,
    notice: Option<Notice>,
    carried: BTreeMap<ConversationKey, Extras>,
    pub(crate) values: ValueSource,
    /// Cells of a row in the pane, so that Up and Down go by rows as they stand on the screen; 0 where that is not known.
    pub(crate) width: u16,
    /// The column (in cells) that Up and Down try to keep, and the cursor for which that holds.
    goal: Option<(usize, usize)>,
}

impl Composer {
    /// An empty composer. `seed` is what `{{uuid}}` grows from (random, from outside), `run` is what `{{run}}` says.
    pub fn new(seed: u128, run: &str, snippets: Vec<(String, String)>) -> Self {
        Self { snippets, values: ValueSource::new(seed, run), ..Self::default() }
    }

    /// The conversation whose draft is being written; `None` while no conversation is open.
    pub const fn active(&self) -> Option<ConversationKey> {
        self.active
    }

    /// Turns to the draft of another conversation; each keeps its text, cursor and undo.
    pub(crate) fn switch(&mut self, to: ConversationKey) {
        if self.active == Some(to) {
            return;
        }
        // The draft is kept, not the text of the history that was only looked at.
        self.walk_to(0);
        let draft = std::mem::replace(&mut self.editor, self.drafts.remove(&to).unwrap_or_default());
        if let Some(left) = self.active.replace(to).filter(|_| draft != Editor::default()) {
            self.drafts.insert(left, draft);
        }
    }

    /// The draft of a conversation (empty where there is none), and the cursor's byte offset.
    pub fn draft_of(&self, key: ConversationKey) -> (&str, usize) {
        let editor = if self.active == Some(key) { Some(&self.editor) } else { self.drafts.get(&key) };
        editor.map_or(("", 0), |editor| (editor.text(), editor.cursor()))
    }

    /// Puts a kept draft back (at start). Replaces what is there; undo brings that back.
    pub(crate) fn restore_draft(&mut self, key: ConversationKey, text: &str, cursor: usize) {
        let editor = if self.active == Some(key) { &mut self.editor } else { self.drafts.entry(key).or_default() };
        editor.set_text(text);
        editor.place(cursor);
    }

    /// The text as typed.
    pub fn text(&self) -> &str {
        self.editor.text()
    }

    fn expansion(&self, now: Moment) -> Option<Expansion> {
        self.text().contains("{{").then(|| expand(self.text(), &self.values.next(now.wall), &BTreeMap::new()))
    }

    /// The text as it would be sent now, where that differs from what was typed.
    pub(crate) fn preview(&self, now: Moment) -> Option<String> {
        self.expansion(now).filter(|e| !e.used.is_empty()).map(|e| e.text)
    }

    pub(crate) fn bytes(&self, now: Moment) -> usize {
        self.expansion(now).map_or(self.text().len(), |e| e.text.len())
    }

    /// What is to be said about the text. It may quote what was typed, so it is not safe for a terminal.
    pub(crate) fn notice(&self, now: Moment, send: impl FnOnce() -> String) -> Option<(String, StyleRole)> {
        let over = self.bytes(now).saturating_sub(GUEST_TEXT_MAX_BYTES);
        Some(match &self.notice {
            Some(Notice::Refused(why)) => (format!("not sent: {why}"), StyleRole::Warning),
            _ if over > 0 => {
                (format!("{} too many: not sent until it is shorter", counted(over, "byte")), StyleRole::Warning)
            }
            Some(Notice::PastedLines(lines)) => {
                (format!("{lines} lines: {} sends them as one message", send()), StyleRole::Info)
            }
            None => {
                let unknown = self.expansion(now).and_then(|e| e.unknown.into_iter().next()).map(|name| {
                    let known = NAMES.map(|(name, _)| name).join(", ");
                    format!("{{{{{name}}}}} is not a variable: it is sent as typed. The variables are {known}")
                });
                let walk = || format!("history {} of {}; the draft is below the newest", self.back, self.sent.len());
                (unknown.or_else(|| (self.back > 0).then(walk))?, StyleRole::Info)
            }
        })
    }

    /// What the next message of the conversation being written to carries; `None` where nothing.
    pub fn carried(&self) -> Option<&Extras> {
        self.carried.get(&self.active?).filter(|extras| !extras.is_empty())
    }

    pub(crate) fn carried_mut(&mut self, key: ConversationKey) -> &mut Extras {
        self.notice = None;
        self.carried.entry(key).or_default()
    }

    pub(crate) fn take_carried(&mut self) -> Extras {
        self.active.and_then(|key| self.carried.remove(&key)).unwrap_or_default()
    }

    /// The text as it would be sent, or why it would not be. Changes nothing.
    pub(crate) fn check(&self, now: Moment) -> Result<String, Objection> {
        let text = self.expansion(now).map_or_else(|| self.text().to_owned(), |e| e.text);
        self.carried().unwrap_or(&Extras::default()).objection(&text, None).map_or(Ok(text), Err)
    }

    /// Takes the text out to be sent; what was typed goes into the history. A refused text stays, and the notice says
    /// why. A text of the history goes out and the draft comes back; undo brings a sent text back.
    pub(crate) fn take_for_send(&mut self, now: Moment) -> Result<String, Objection> {
        let text = self.check(now).inspect_err(|why| self.notice = Some(Notice::Refused(why.clone())))?;
        let used = self.expansion(now).map(|e| e.used).unwrap_or_default();
        self.values.sent(used.contains(&"seq"));
        let typed = self.text().to_owned();
        if self.back == 0 {
            self.editor.set_text("");
        }
        self.walk_to(0);
        // The same text twice in a row is kept once.
        if !typed.trim().is_empty() && self.sent.back() != Some(&typed) {
            self.sent.push_back(typed);
            self.sent.drain(..self.sent.len().saturating_sub(500));
        }
        Ok(text)
    }

    /// Puts the text here that was sent so many before the end; 0: the draft as it was. The draft is one undo step away.
    fn walk_to(&mut self, back: usize) {
        if self.back > 0 {
            self.editor.forget_step();
        }
        self.back = back;
        if let Some(text) = self.sent.len().checked_sub(back).and_then(|at| self.sent.get(at)) {
            self.editor.set_text_step(text);
        }
        self.notice = None;
    }

    /// Texts sent earlier that hold `needle` (whatever its case), newest first, each once. An empty needle finds all.
    pub(crate) fn search_history(&self, needle: &str) -> Vec<String> {
        let needle = needle.to_lowercase();
        let mut seen = HashSet::new();
        let newest_first = self.sent.iter().rev();
        newest_first.filter(|text| text.to_lowercase().contains(&needle) && seen.insert(*text)).cloned().collect()
    }

    /// The editor, for a change: ends a walk through the history and takes the notice away.
    pub fn edited(&mut self) -> &mut Editor {
        self.back = 0;
        self.notice = None;
        &mut self.editor
    }

    /// Puts pasted text in, as one step. Line ends become `\n`; nothing else is changed, and nothing is sent.
    pub fn paste(&mut self, text: &str) {
        self.edited().insert(text);
        let text = editor::normalized(text);
        let lines = text.strip_suffix('\n').unwrap_or(&text).matches('\n').count() + 1;
        self.notice = (lines > 1).then_some(Notice::PastedLines(lines));
    }

    /// Puts another text in place of this one, as one step (to edit a copy, or from an editor); undo restores.
    pub fn set_text(&mut self, text: &str) {
        self.edited().set_text(text);
    }

    /// Takes a part out, and keeps it for [`Self::yank`].
    pub(crate) fn kill(&mut self, cut: fn(&mut Editor) -> String) {
        let taken = cut(self.edited());
        if !taken.is_empty() {
            self.killed = taken;
        }
    }

    pub(crate) fn yank(&mut self) {
        let killed = self.killed.clone();
        self.edited().insert(&killed);
    }
}
