//! What can stand on top of the panes. At most one at a time.

use std::path::PathBuf;

use crossterm::event::{KeyCode, KeyModifiers};

use super::{Editor, Palette, Pane};
use crate::diagnosis::ids::Candidate;
use crate::export::transcript::TranscriptForm;
use crate::model::{Attachment, ConversationKey, MessageId, Moment, OutgoingMessage, SessionAsk, Variation};
use crate::pass::Verdict;
use crate::tui::{Action, Chord, Theme};

/// What stands on top.
#[derive(Debug)]
pub enum Overlay {
    /// Lines to read.
    Page(Page),
    /// Why an entry was refused.
    Card(Card),
    /// Commands by name.
    Palette(Palette),
    /// One line to type, in the place of the status line.
    Prompt(Prompt),
    /// A list to pick from.
    Menu(Menu),
    /// A question.
    Ask(Confirmation),
}

impl Overlay {
    pub(crate) const fn page(content: PageContent) -> Self {
        Self::Page(Page { content, scroll: 0 })
    }

    pub(crate) fn lines(title: impl Into<String>, lines: Vec<String>) -> Self {
        Self::page(PageContent::Lines(title.into(), lines))
    }

    /// The message whose unknown outcome the menu is about.
    pub(crate) fn unknown_message(&self) -> Option<MessageId> {
        let Self::Menu(menu) = self else { return None };
        let (_, MenuChoice::KeepWatching(id)) = menu.items.first()? else { return None };
        Some(*id)
    }
}

/// Lines to read, and how far they are scrolled.
#[derive(Debug)]
pub struct Page {
    /// What they are.
    pub content: PageContent,
    /// First line shown.
    pub scroll: u16,
}

/// What stands on a page.
#[derive(Debug)]
pub enum PageContent {
    /// The keys that work here, or what is searched for among them.
    Help(Option<Editor>),
    /// Token, scopes, limits, counts in full.
    Status,
    /// The ids of a conversation, and what is known of them.
    Ids(ConversationKey),
    /// A heading and lines; made visible by the view.
    Lines(String, Vec<String>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Card {
    pub number: u64,
    pub scroll: u16,
    /// The first of two keys: the next one says what to copy.
    pub prefix: Option<Chord>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PromptPurpose {
    Filter(Pane),
    Search,
    Nickname(ConversationKey),
    Comment(u64),
    Add,
    /// The site that a guest of this web deployment comes from.
    Site(uuid::Uuid),
    SearchKept,
    History,
    PassFile,
    /// On which step, by the places of its case and itself; and the verdict for which it says why.
    PassNote((usize, usize), Option<Verdict>),
    Reports,
    SessionPass,
    Attach(ConversationKey),
    Attribute(ConversationKey),
}

impl PromptPurpose {
    /// Whether a path is typed: Tab completes it.
    pub const fn is_path(self) -> bool {
        matches!(self, Self::PassFile | Self::Reports | Self::SessionPass | Self::Attach(_))
    }

    /// What stands before the typed text, and what can be typed, while nothing is.
    pub const fn words(self) -> (&'static str, &'static str) {
        const NOTE: &str = "is written into the reports; empty: no note";
        const FILE: &str = "web: a path on this machine; open messaging: https://… that the platform can fetch";
        match self {
            Self::Filter(Pane::Log | Pane::Thread | Pane::Pass) => {
                ("filter log", "text  status:4xx  kind:send  conv:bill  >500ms  id:e42c  is:error  on:yesterday  -not")
            }
            Self::Filter(Pane::Picker | Pane::Composer) => ("filter conversations", "part of a name, id or channel"),
            Self::Search => ("search log", "text to find in the entries"),
            Self::SearchKept => ("search the journal", "words, ids, \"words in this order\"; all sessions"),
            Self::Nickname(_) => ("nickname", "empty gives back the configured name"),
            Self::Comment(_) => ("comment", "kept with the entry and exported"),
            Self::Add => ("conversation id", "paste an id, URL, JSON, log line or Messenger snippet"),
            Self::Site(_) => ("site", "a site that the deployment allows, like https://shop.example"),
            Self::History => ("search sent", "part of a message that was sent"),
            Self::PassFile => ("pass file", "a TOML file; `guestwire run --schema` prints the format"),
            Self::PassNote(_, Some(Verdict::Fail)) => ("why it failed (optional)", NOTE),
            Self::PassNote(_, Some(Verdict::Blocked)) => ("why it is blocked (optional)", NOTE),
            Self::PassNote(_, Some(_)) => ("note on the last verdict", NOTE),
            Self::PassNote(_, None) => ("note on this step", NOTE),
            Self::Reports => ("reports into", "a directory; each report is a new file in it"),
            Self::SessionPass => ("pass file", "a new file for the messages of this session"),
            Self::Attach(_) => ("file or address", FILE),
            Self::Attribute(_) => ("attribute", "name=value, for Architect"),
        }
    }
}

/// One line to type.
#[derive(Debug)]
pub struct Prompt {
    /// What for.
    pub purpose: PromptPurpose,
    /// What is typed.
    pub input: Editor,
    /// What is wrong with it, as one types.
    pub problem: Option<String>,
    /// The texts that it finds, for purposes that offer choices, newest first.
    pub found: Vec<String>,
    /// Which of them is chosen.
    pub chosen: usize,
}

impl Prompt {
    pub(crate) fn new(purpose: PromptPurpose, text: &str) -> Self {
        Self { purpose, input: Editor::from(text), problem: None, found: Vec::new(), chosen: 0 }
    }
}

/// Lets a key edit a one-line input. False if it is no editing key.
pub fn edit_line(input: &mut Editor, code: KeyCode, modifiers: KeyModifiers) -> bool {
    let control = modifiers.contains(KeyModifiers::CONTROL);
    match code {
        KeyCode::Char('a') if control => input.line_start(),
        KeyCode::Char('e') if control => input.line_end(),
        KeyCode::Char('b') if control => input.left(),
        KeyCode::Char('f') if control => input.right(),
        KeyCode::Char('w') if control => input.cut_word(),
        KeyCode::Char('u') if control => input.set_text(""),
        KeyCode::Char('k') if control => drop(input.cut_to_end()),
        KeyCode::Char('h') if control => input.backspace(),
        KeyCode::Char(c) if modifiers.difference(KeyModifiers::SHIFT).is_empty() => input.insert_char(c),
        KeyCode::Backspace => input.backspace(),
        KeyCode::Delete => input.delete(),
        KeyCode::Left => input.left(),
        KeyCode::Right => input.right(),
        KeyCode::Home => input.line_start(),
        KeyCode::End => input.line_end(),
        _ => return false,
    }
    true
}

/// Puts pasted text into a one-line input; line ends become spaces.
pub fn paste_line(input: &mut Editor, text: &str) {
    input.insert(&text.trim_end_matches('\n').replace('\n', " "));
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MenuChoice {
    Insert(String),
    /// Set a sandbox fault, in the form of its control API; `None` clears all.
    Fault(Option<&'static str>),
    AddFound(Candidate),
    Act(Action),
    /// Send the next message wrongly on purpose; `None` as usual.
    SendAs(Option<Variation>),
    Transcript(TranscriptForm),
    Play(&'static str),
    Rehearse,
    /// The pass that an earlier session left unfinished.
    PassUnfinished,
    /// Name and text.
    PassBuiltin(&'static str, &'static str),
    PassFile(PathBuf),
    /// A pass file that is named next.
    PassPath,
    Theme(&'static str),
    /// Leave an unknown message to the looks at its conversation.
    KeepWatching(MessageId),
    /// Settle an unknown message: received or not.
    Settle(MessageId, bool),
    /// Ask whether to send an unknown message again.
    SendAnyway(MessageId),
    Answer(Box<OutgoingMessage>),
    /// The next message does not carry this file; or this attribute, by name; or anything.
    RemoveFile(ConversationKey, Attachment),
    RemoveAttribute(ConversationKey, String),
    RemoveCarried(ConversationKey),
    Session(ConversationKey, SessionAsk),
    Page(u32),
    /// Nothing: it cannot be used now, for this reason.
    NotNow(&'static str),
    /// Nothing: it is wrong in this way.
    Wrong(String),
}

#[derive(Clone, Debug, Default)]
pub struct Menu {
    pub title: String,
    pub intro: Vec<String>,
    pub items: Vec<(String, MenuChoice)>,
    pub chosen: usize,
    /// A digit takes its line at once, instead of standing on it.
    pub quick: bool,
    /// The names of groups, each with the place of its first choice.
    pub groups: Vec<(usize, &'static str)>,
    /// What is typed, where the choices can be filtered.
    pub filter: Option<Editor>,
    /// The theme to go back to where none is taken: meanwhile the screen is in that of the chosen line.
    pub before: Option<Box<Theme>>,
}

impl Menu {
    pub fn new<T: Into<String>>(title: impl Into<String>, items: impl IntoIterator<Item = (T, MenuChoice)>) -> Self {
        let items = items.into_iter().map(|(text, choice)| (text.into(), choice)).collect();
        Self { title: title.into(), items, ..Self::default() }
    }

    /// The places of the choices that fit what is typed.
    pub fn shown(&self) -> impl Iterator<Item = usize> {
        let typed = self.filter.as_ref().map_or("", |filter| filter.text()).trim().to_lowercase();
        let fits = move |text: &str| {
            let text = text.to_lowercase();
            typed.split_whitespace().all(|word| text.contains(word))
        };
        self.items.iter().enumerate().filter(move |(_, (text, _))| fits(text)).map(|(at, _)| at)
    }

    /// Something new is known of what is chosen among.
    pub fn set_intro(&mut self, intro: Vec<String>) {
        self.intro = intro;
    }

    /// Stands on the choice at this place, or on the last.
    pub fn choose(&mut self, at: usize) {
        self.chosen = at.min(self.items.len().saturating_sub(1));
    }

    pub fn step(&mut self, by: isize) {
        let shown: Vec<usize> = self.shown().collect();
        let at = shown.iter().position(|at| *at == self.chosen).unwrap_or(0).cast_signed();
        let to = at.saturating_add(by).clamp(0, shown.len().saturating_sub(1).cast_signed()).cast_unsigned();
        self.chosen = shown.get(to).copied().unwrap_or(self.chosen);
    }

    /// The choice on which one stands, if it is shown.
    pub fn choice(&self) -> Option<&MenuChoice> {
        self.shown().find(|at| *at == self.chosen).and_then(|at| self.items.get(at)).map(|(_, choice)| choice)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DialogQuestion {
    Resend(MessageId),
    /// Send this unknown message again, although it may have been received? Needs the typed word.
    SendAnyway(MessageId),
    /// Production: send what stands in the composer, with variables filled in as of that moment? What is shown is what goes out.
    Production(Moment),
    Answer(Box<OutgoingMessage>),
    Session(ConversationKey, SessionAsk),
    Play,
    PassStep,
    PassStop,
    Remove(ConversationKey),
    Quit,
}

#[derive(Debug)]
pub struct Confirmation {
    pub question: DialogQuestion,
    pub title: String,
    pub lines: Vec<String>,
    /// What a yes does: "send it again".
    pub yes: &'static str,
    pub consent: Consent,
}

#[derive(Debug)]
pub enum Consent {
    Enter,
    /// Press `y`: Enter has just been pressed, and pressing it twice is a slip that reaches real customers.
    Y,
    Word {
        word: &'static str,
        typed: Editor,
        /// Enter was pressed with another word.
        wrong: bool,
    },
}

impl Confirmation {
    /// Whether the word is typed that is asked for, if any.
    pub fn ready(&self) -> bool {
        match &self.consent {
            Consent::Word { word, typed, .. } => typed.text().trim().eq_ignore_ascii_case(word),
            Consent::Enter | Consent::Y => true,
        }
    }
}
