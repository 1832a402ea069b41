//! Which keys do what where the focus is, in words, from the live bindings. Status line, footer, headings and pages take the
//! names of keys from here, so that each works where it is read.

use crate::model::Outcome;
use crate::pass::runner::{Runner, StepStage};
use crate::tui::action::{Action, Context};
use crate::tui::chord::Chord;
use crate::tui::layout::Pane;

use super::overlay::{Card, Confirmation, Consent, Menu, Overlay, PageContent};
use super::{State, ids};

/// A key and what it does.
pub type KeyHint = (String, &'static str);

/// The keys of the demo.
pub(super) const DEMO: &[(Action, &str)] = &[
    (Action::PresentNext, "next"),
    (Action::PresentBack, "back"),
    (Action::PresentLeave, "leave"),
    (Action::Blank, "blank"),
    (Action::PresentLog, "log"),
    (Action::GoComposer, "type"),
    (Action::Larger, "larger"),
    (Action::Smaller, "smaller"),
    (Action::KeyDisplay, "keys"),
];

impl State {
    /// The keys that go with the status line, as they work now. None while something stands on top, which takes the keys,
    /// or the demo is shown, which has no such line.
    pub fn status_keys(&self) -> Vec<KeyHint> {
        if self.overlay.is_some() || self.demo.present.is_some() {
            return Vec::new();
        }
        self.status.keys.iter().map(|(action, words)| (self.key(*action), *words)).collect()
    }

    /// The place that has the keys.
    pub const fn place_word(&self) -> &'static str {
        match (&self.overlay, self.arrangement.focus) {
            (Some(Overlay::Prompt(_)), _) => "typing",
            (Some(Overlay::Card(_)), _) => "card",
            (Some(Overlay::Page(_)), _) => "page",
            (Some(Overlay::Palette(_)), _) => "commands",
            (Some(Overlay::Menu(_)), _) => "menu",
            (Some(Overlay::Ask(_)), _) => "question",
            (None, Pane::Picker) => "conversations",
            (None, Pane::Log) => "log",
            (None, Pane::Thread) => "thread",
            (None, Pane::Composer) => "typing",
            (None, Pane::Pass) => "test run",
        }
    }

    /// The footer's keys: the most important first, and those that stay when there is little room.
    pub fn footer_keys(&self) -> (Vec<KeyHint>, Vec<KeyHint>) {
        let hint = |(action, words): &(Action, &'static str)| {
            let key = self.keys.map.key(*action);
            (!key.is_empty()).then_some((key, *words))
        };
        let all = |hints: &[(Action, &'static str)]| hints.iter().filter_map(hint).collect::<Vec<_>>();
        let fixed = |key: &str, words: &'static str| (key.to_owned(), words);
        let close = all(&[(Action::Dismiss, "close")]);
        match &self.overlay {
            Some(Overlay::Prompt(prompt)) => {
                let older = if prompt.found.is_empty() { Vec::new() } else { vec![self.move_key()] };
                (older, all(&[(Action::Confirm, "done"), (Action::Dismiss, "close")]))
            }
            Some(Overlay::Palette(_)) => {
                (vec![self.move_key()], all(&[(Action::Confirm, "select"), (Action::Dismiss, "close")]))
            }
            Some(Overlay::Menu(menu)) => {
                let select = menu.choice().map(|_| (Action::Confirm, "select"));
                let kept: Vec<_> = select.into_iter().chain([(Action::Dismiss, "close")]).collect();
                (self.menu_keys(menu), all(&kept))
            }
            // What the question itself names is not said twice.
            Some(Overlay::Ask(ask)) => {
                let yes = ask.ready().then(|| (self.yes_key(ask), "yes"));
                (Vec::new(), yes.into_iter().chain([(self.keys.map.key(Action::Dismiss), "cancel")]).collect())
            }
            Some(Overlay::Card(Card { prefix: Some(_), .. })) => (Vec::new(), close),
            // What the card's own bottom row names is not said twice.
            Some(Overlay::Card(card)) => {
                let rows = format!("{} {}", self.keys.map.key(Action::LogUp), self.keys.map.key(Action::LogDown));
                let mut keys = vec![(Action::CopyNote, "note to admin")];
                // What was refused in an earlier session is over: checks and reads are about now.
                if let Some(entry) = self.session.log.entry(card.number) {
                    keys.push((Action::Probe, "run checks"));
                    keys.extend(entry.conversation().map(|_| (Action::Refresh, "read again")));
                }
                let keys = all(&keys);
                (std::iter::once((rows, "scroll")).chain(keys).collect(), close)
            }
            Some(Overlay::Page(page)) => {
                let keys = match &page.content {
                    // What is typed is searched for.
                    PageContent::Help(Some(_)) => return (vec![(self.move_key().0, "scroll")], close),
                    PageContent::Help(None) => vec![fixed("/", "search")],
                    PageContent::Status => Vec::new(),
                    PageContent::Lines { .. } => vec![fixed("y", "copy")],
                    PageContent::Ids(key) => {
                        let swap = ids::swap(&self.session, *key).map(|_| fixed("s", "open the right one"));
                        [fixed("l", "look up the ids"), fixed("y", "copy")].into_iter().chain(swap).collect()
                    }
                };
                (std::iter::once(fixed("j k", "scroll")).chain(keys).collect(), close)
            }
            None if self.demo.present.is_some() && self.arrangement.focus == Pane::Composer => {
                (all(&[(Action::Send, "send"), (Action::LeaveComposer, "done")]), Vec::new())
            }
            None => match &self.demo.present {
                // The rest of a command that the demo does not take is no key of the demo.
                Some(present) if present.deaf => (all(&[(Action::PresentLeave, "cancel")]), Vec::new()),
                Some(present) => {
                    let mut keys = DEMO.to_vec();
                    keys.retain(|(action, _)| present.tape.is_none() || *action != Action::GoComposer);
                    (all(&keys), Vec::new())
                }
                None => (all(&self.pane_hints()), self.kept_hints()),
            },
        }
    }

    /// The keys of the card's bottom row; after the first of two keys those that can follow.
    pub fn card_keys(&self, card: &Card) -> Vec<KeyHint> {
        let key = |action| self.keys.map.key(action);
        let mut keys = match card.prefix {
            Some(_) => vec![
                (key(Action::CopyTicket), "ticket"),
                (key(Action::CopyNote), "note to admin"),
                (key(Action::CopyCurl), "curl"),
                (key(Action::CopyIds), "ids"),
            ],
            None => {
                let mut keys = vec![(key(Action::CopyTicket), "ticket")];
                if self.log_with(card.number).accepted_beside(card.number).is_some() {
                    keys.push((key(Action::CompareAccepted), "compare with last accepted"));
                }
                if self.log_with(card.number).why_place(card.number).1 > 1 {
                    let both = format!("{} {}", key(Action::NextMatch), key(Action::PreviousMatch));
                    keys.push((both, "other refusals"));
                }
                keys.push((key(Action::Dismiss), "close"));
                keys
            }
        };
        keys.retain(|(key, _)| !key.trim().is_empty());
        keys
    }

    /// The key that says yes to a question.
    pub fn yes_key(&self, ask: &Confirmation) -> String {
        if matches!(ask.consent, Consent::Y) { "y".to_owned() } else { self.keys.map.key(Action::Confirm) }
    }

    fn menu_keys(&self, menu: &Menu) -> Vec<KeyHint> {
        let typed = menu.filter.as_ref().map(|_| ("a-z".to_owned(), "filter"));
        typed.into_iter().chain([self.move_key()]).collect()
    }

    fn move_key(&self) -> KeyHint {
        (format!("{} {}", self.keys.map.key(Action::DialogUp), self.keys.map.key(Action::DialogDown)), "move")
    }

    /// Help and commands, which stay to the last.
    fn kept_hints(&self) -> Vec<KeyHint> {
        let (help, palette) = match self.arrangement.focus {
            Pane::Composer => (Action::HelpText, Action::PaletteText),
            _ => (Action::Help, Action::Palette),
        };
        [(help, "help"), (palette, "commands")]
            .into_iter()
            .map(|(action, words)| (self.keys.map.key(action), words))
            .filter(|(key, _)| !key.is_empty())
            .collect()
    }

    /// What the keys of the pane with the focus do, the most important first.
    fn pane_hints(&self) -> Vec<(Action, &'static str)> {
        let entry = self.shown_log().selected().filter(|entry| entry.settled().is_none());
        let unknown = entry
            .and_then(|entry| entry.exchange())
            .is_some_and(|exchange| matches!(exchange.outcome, Outcome::Unknown(_)));
        let quit = if self.arrangement.zoomed || self.arrangement.thread_covers_log() { "back" } else { "quit" };
        let mut hints = match self.arrangement.focus {
            Pane::Composer => vec![
                (Action::Send, "send"),
                (Action::ChooseText, "answer"),
                (Action::NewLine, "new line"),
                (Action::LeaveComposer, "leave"),
                (Action::HistorySearch, "history"),
                (Action::Snippets, "snippets"),
                (Action::Editor, "editor"),
                (Action::ExtrasText, "attach"),
                (Action::NextPaneText, "next pane"),
                (Action::InterruptText, "cancel, quit"),
            ],
            Pane::Picker => vec![
                (Action::Open, "open"),
                (Action::Add, "add"),
                (Action::NextUnread, "next new"),
                (Action::Remove, "remove"),
                (Action::IdCard, "ids"),
                (Action::Filter, "filter"),
                (Action::Pin, "pin"),
                (Action::Nickname, "rename"),
                (Action::Discover, "list active"),
                (Action::Refresh, "read"),
                (Action::NextPane, "next pane"),
                (Action::Quit, quit),
            ],
            Pane::Pass if !self.session.pass.is_running() => vec![
                (Action::PassReports, "reports"),
                (Action::Pass, "another test run"),
                (Action::PassUndo, "undo"),
                (Action::NextPane, "next pane"),
            ],
            Pane::Pass => {
                let mut hints: Vec<(Action, &'static str)> =
                    self.go_words().map(|words| (Action::PassGo, words)).into_iter().collect();
                hints.extend(VERDICTS);
                hints.extend([
                    (Action::PassUndo, "undo"),
                    (Action::PassNote, "note"),
                    (Action::NextCase, "next case"),
                    (Action::PassAgain, "again"),
                    (
                        Action::PassPause,
                        if self.session.pass.runner.as_ref().is_some_and(Runner::is_paused) {
                            "go on"
                        } else {
                            "pause"
                        },
                    ),
                    (Action::PassReports, "reports"),
                    (Action::Pass, "hide"),
                ]);
                hints
            }
            Pane::Log => vec![
                (Action::GoComposer, "type"),
                (Action::Density, "open"),
                (Action::Why, "explain"),
                (Action::CopyLine, "copy"),
                if unknown { (Action::Settle, "settle") } else { (Action::Resend, "resend") },
                (Action::Filter, "filter"),
                (
                    Action::LogScope,
                    if self.session.log.shows_all_conversations() { "this conversation" } else { "all" },
                ),
                (Action::Thread, "thread"),
                (Action::Zoom, "zoom"),
                (Action::FaultBench, "faults"),
                (Action::Pass, "test run"),
                (Action::NextMatch, "next match"),
                (Action::NextError, "next error"),
                (Action::Quit, quit),
            ],
            Pane::Thread => vec![
                (Action::GoComposer, "type"),
                (Action::Choose, "answer"),
                (Action::LogUp, "up"),
                (Action::LogDown, "down"),
                (Action::LogLast, "newest"),
                (Action::GoLog, "log"),
                (Action::Refresh, "read"),
                (Action::Zoom, "zoom"),
                (Action::NextPane, "next pane"),
                (Action::Quit, quit),
            ],
        };
        hints.retain(|(action, _)| self.can_act(*action));
        hints
    }

    /// Whether an action that is named beside a pane has something to act on.
    fn can_act(&self, action: Action) -> bool {
        let (open, chosen) = (self.session.conversations.active_item(), self.session.conversations.selected_item());
        let entry = self.shown_log().selected();
        match action {
            Action::Choose | Action::ChooseText => open.is_some_and(|item| {
                self.session.threads.get(item.conversation.key).is_some_and(|t| t.offer().is_some())
            }),
            Action::ExtrasText => open.is_some_and(|item| item.conversation.channel().capabilities().attributes),
            Action::Remove => chosen.is_some_and(|item| item.added),
            Action::Open | Action::IdCard | Action::Pin | Action::Nickname => chosen.is_some(),
            Action::Density | Action::CopyLine => entry.is_some(),
            Action::Why => entry.is_some_and(|entry| entry.diagnosis().is_some()),
            Action::Resend => entry.and_then(|entry| entry.exchange()).is_some_and(|exchange| {
                exchange
                    .message
                    .is_some_and(|id| self.session.threads.message(id).is_some_and(|m| m.delivery.is_settled()))
            }),
            Action::NextError => self.shown_log().has_error_below(),
            Action::NextMatch => !self.shown_log().search_text().is_empty(),
            Action::NextCase => {
                let run = self.session.pass.runner.as_ref().map(Runner::run);
                run.is_some_and(|run| run.at.0 + 1 < run.cases.len())
            }
            Action::Refresh => works(Context::Picker, self.arrangement.focus),
            _ => true,
        }
    }

    /// What the key of a test run does to the open step now, if anything.
    fn go_words(&self) -> Option<&'static str> {
        let runner = self.session.pass.runner.as_ref()?;
        match runner.stage() {
            StepStage::Ready => Some("run"),
            StepStage::Judging => runner.open_result()?.suggested.map(|_| "accept"),
            StepStage::Preparing(_) | StepStage::Watching | StepStage::Over => None,
        }
    }

    /// The actions that begin with a key where the focus is, with their second keys.
    pub fn actions_after(&self, first: Chord) -> Vec<(Chord, Action)> {
        let mut actions = self.keys.map.after(self.arrangement.focus.context(), first);
        if self.arrangement.focus != Pane::Composer {
            actions.extend(self.keys.map.after(Context::Global, first));
        }
        actions
    }
}

/// Whether the keys of a context work where the focus is.
fn works(context: Context, focus: Pane) -> bool {
    match context {
        Context::Global => focus != Pane::Composer,
        context => context == focus.context(),
    }
}

/// The keys that decide a step.
pub const VERDICTS: &[(Action, &str)] = &[
    (Action::VerdictPass, "passed"),
    (Action::VerdictFail, "failed"),
    (Action::VerdictBlocked, "blocked"),
    (Action::VerdictSkip, "skipped"),
];

/// `p passed`, `f failed` …, from the live keys.
pub fn verdict_keys(state: &State) -> Vec<String> {
    VERDICTS.iter().map(|(action, words)| format!("{} {words}", state.key(*action))).collect()
}
