//! Which keys do what where the focus is, in words, from the live bindings: each works where it is read.

use std::sync::LazyLock;

use super::{Card, Confirmation, Consent, Overlay, PageContent, State, ids};
use crate::model::Outcome;
use crate::pass::runner::{Runner, StepStage};
use crate::session::log::KeyNames;
use crate::tui::layout::Pane;
use crate::tui::{Action, Context, KeyMeaning, KeySequence};

pub type KeyHint = (String, &'static str);

pub type KeyGroup = Vec<(Action, &'static str)>;

/// The groups of `assets/key-words.txt`, by name.
pub static GROUPS: LazyLock<Vec<(&'static str, KeyGroup)>> = LazyLock::new(|| {
    let mut groups: Vec<(&str, KeyGroup)> = Vec::new();
    for line in include_str!("../../../assets/key-words.txt").lines() {
        if let Some(name) = line.strip_prefix('[') {
            groups.push((name.trim_end_matches(']'), Vec::new()));
        } else if let (Some((name, words)), Some((_, keys))) = (line.split_once(" = "), groups.last_mut()) {
            keys.extend(Action::named(name).map(|action| (action, words)));
        }
    }
    groups
});

pub fn group(name: &str) -> &'static [(Action, &'static str)] {
    GROUPS.iter().find(|(group, _)| *group == name).map_or(&[], |(_, keys)| keys)
}

impl State {
    /// Where keys are resolved now.
    pub fn context(&self) -> Context {
        if self.overlay.is_some() { Context::Dialog } else { self.pane_context() }
    }

    /// Where keys are resolved while nothing stands on top.
    fn pane_context(&self) -> Context {
        match self.arrangement.focus {
            focus if self.demo.present.is_some() && focus != Pane::Composer => Context::Present,
            focus => focus.context(),
        }
    }

    /// How a person asks for an action from where the focus is: its key, with the keys before it that lead to where it
    /// works; or its name in the palette, where no key does it. In the composer a letter would be text.
    pub fn key(&self, action: Action) -> String {
        self.ways(action).next().unwrap_or_else(|| {
            let palette = if self.arrangement.focus == Pane::Composer { Action::PaletteText } else { Action::Palette };
            match self.keys.map.key(palette).as_str() {
                ":" => format!(":{action}"),
                key => format!("{key} {action}"),
            }
        })
    }

    /// All keys of an action, as [`Self::key`] names the first of them.
    pub fn ways(&self, action: Action) -> impl Iterator<Item = String> {
        let typing = self.arrangement.focus == Pane::Composer;
        let twin = action.in_composer().filter(|twin| typing && !self.keys.map.keys(*twin).is_empty());
        let action = twin.unwrap_or(action);
        self.keys.map.keys(action).iter().filter_map(move |keys| self.way(action.spec().context, *keys))
    }

    /// A key of `home` with those before it that lead there; `None` where it means something else on the way.
    fn way(&self, home: Context, keys: KeySequence) -> Option<String> {
        let here = self.pane_context();
        // Leaving the composer leads to a pane in which keys mean what they mean there.
        let typing = here == Context::Composer;
        let from = if typing { self.beside_composer().context() } else { here };
        let lead = match home {
            _ if home == here || home == Context::Dialog => return Some(keys.to_string()),
            Context::Global if self.keys.map.resolve(from, None, keys.first) != KeyMeaning::Unbound => return None,
            _ if home == from || home == Context::Global => {
                let leave = if typing { self.keys.map.key(Action::LeaveComposer) } else { String::new() };
                return (typing != leave.is_empty()).then(|| format!("{leave} {keys}").trim_start().to_owned());
            }
            Context::Picker => Action::GoPicker,
            Context::Log => Action::GoLog,
            Context::Pass => Action::Pass,
            Context::Present => Action::Present,
            Context::Composer | Context::Dialog | Context::Global => Action::GoComposer,
        };
        self.ways(lead).next().map(|lead| format!("{lead} {keys}"))
    }

    /// Tells the panes how the keys are called that they mention, as they work where the focus is.
    pub(super) fn name_keys(&mut self) {
        let names = KeyNames {
            compose: match self.arrangement.focus {
                Pane::Composer => "Type a message".to_owned(),
                _ => format!("Press {} and type a message", self.key(Action::GoComposer)),
            },
            clear: self.key(Action::Back),
            quiet: self.key(Action::Quiet),
            copy_body: self.key(Action::CopyBody),
            why: self.key(Action::Why),
            open: self.key(Action::Density),
            ticket: self.key(Action::CopyTicket),
            probe: self.key(Action::Probe),
            scope: self.key(Action::LogScope),
        };
        self.logs_mut().for_each(|log| log.set_keys(names.clone()));
    }

    /// The keys that go with the status line, as they work now; none where something else takes the keys or the line.
    pub fn status_keys(&self) -> Vec<KeyHint> {
        if self.overlay.is_some() || self.demo.present.is_some() {
            return Vec::new();
        }
        self.status.keys.iter().map(|(action, words)| (self.key(*action), *words)).collect()
    }

    pub(crate) const fn place_word(&self) -> &'static str {
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

    fn hints(&self, hints: &[(Action, &'static str)]) -> Vec<KeyHint> {
        let named = hints.iter().map(|(action, words)| (self.keys.map.key(*action), *words));
        named.filter(|(key, _)| !key.is_empty()).collect()
    }

    /// The footer's keys: the most important first, and those that stay when there is little room.
    pub fn footer_keys(&self) -> (Vec<KeyHint>, Vec<KeyHint>) {
        let fixed = |key: &str, words: &'static str| (key.to_owned(), words);
        let close = self.hints(&[(Action::Dismiss, "close")]);
        let select = |words| self.hints(&[(Action::Confirm, words), (Action::Dismiss, "close")]);
        let both = |one, other| format!("{} {}", self.keys.map.key(one), self.keys.map.key(other));
        let moves = (both(Action::DialogUp, Action::DialogDown), "move");
        match &self.overlay {
            Some(Overlay::Prompt(prompt)) if prompt.found.is_empty() => (Vec::new(), select("done")),
            Some(Overlay::Prompt(_)) => (vec![moves], select("done")),
            Some(Overlay::Palette(_)) => (vec![moves], select("select")),
            Some(Overlay::Menu(menu)) => {
                let typed = menu.filter.as_ref().map(|_| fixed("a-z", "filter"));
                let kept = if menu.choice().is_some() { select("select") } else { close };
                (typed.into_iter().chain([moves]).collect(), kept)
            }
            // What the question itself names is not said twice.
            Some(Overlay::Ask(ask)) => {
                let yes = ask.ready().then(|| (self.yes_key(ask), "yes"));
                (Vec::new(), yes.into_iter().chain([(self.keys.map.key(Action::Dismiss), "cancel")]).collect())
            }
            Some(Overlay::Card(Card { prefix: Some(_), .. })) => (Vec::new(), close),
            // What the card's own bottom row names is not said twice.
            Some(Overlay::Card(card)) => {
                let mut keys = vec![(Action::CopyNote, "note to admin")];
                // What was refused in an earlier session is over: checks and reads are about now.
                if let Some(entry) = self.session.log.entry(card.number) {
                    keys.push((Action::Probe, "run checks"));
                    keys.extend(entry.conversation().map(|_| (Action::Refresh, "read again")));
                }
                let rows = (both(Action::LogUp, Action::LogDown), "scroll");
                (std::iter::once(rows).chain(self.hints(&keys)).collect(), close)
            }
            Some(Overlay::Page(page)) => {
                let (scroll, copy) = (fixed("j k", "scroll"), fixed("y", "copy"));
                let keys = match &page.content {
                    // Letters are typed into the search.
                    PageContent::Help(Some(_)) => vec![(moves.0, "scroll")],
                    PageContent::Help(None) => vec![scroll, fixed("/", "search")],
                    PageContent::Status => vec![scroll],
                    PageContent::Lines(..) => vec![scroll, copy],
                    PageContent::Ids(key) => {
                        let right = ids::swap(&self.session, *key).map(|_| fixed("s", "open the right one"));
                        [scroll, fixed("l", "look up the ids"), copy].into_iter().chain(right).collect()
                    }
                };
                (keys, close)
            }
            None => match &self.demo.present {
                None => {
                    let (help, palette) = match self.arrangement.focus {
                        Pane::Composer => (Action::HelpText, Action::PaletteText),
                        _ => (Action::Help, Action::Palette),
                    };
                    (self.hints(&self.pane_hints()), self.hints(&[(help, "help"), (palette, "commands")]))
                }
                Some(_) if self.arrangement.focus == Pane::Composer => {
                    (self.hints(&[(Action::Send, "send"), (Action::LeaveComposer, "done")]), Vec::new())
                }
                // The rest of a command that the demo does not take is no key of the demo.
                Some(present) if present.ignoring_command => {
                    (self.hints(&[(Action::PresentLeave, "cancel")]), Vec::new())
                }
                Some(present) => {
                    let mut keys = group("demo").to_vec();
                    keys.retain(|(action, _)| present.rehearsal.is_none() || *action != Action::GoComposer);
                    (self.hints(&keys), Vec::new())
                }
            },
        }
    }

    /// The keys of the card's bottom row; after the first of two keys those that can follow.
    pub fn card_keys(&self, card: &Card) -> Vec<KeyHint> {
        let key = |action| self.keys.map.key(action);
        if card.prefix.is_some() {
            return self.hints(group("card, after the first of two keys"));
        }
        let log = self.log_with(card.number);
        let compare = log.accepted_beside(card.number).map(|_| key(Action::CompareAccepted)).unwrap_or_default();
        let others = match log.why_place(card.number).1 {
            ..=1 => String::new(),
            _ => format!("{} {}", key(Action::NextMatch), key(Action::PreviousMatch)),
        };
        let keys = [
            (key(Action::CopyTicket), "ticket"),
            (compare, "compare with last accepted"),
            (others, "other refusals"),
            (key(Action::Dismiss), "close"),
        ];
        keys.into_iter().filter(|(key, _)| !key.trim().is_empty()).collect()
    }

    pub(crate) fn yes_key(&self, ask: &Confirmation) -> String {
        if matches!(ask.consent, Consent::Y) { "y".to_owned() } else { self.keys.map.key(Action::Confirm) }
    }

    /// What the keys of the pane with the focus do, the most important first.
    fn pane_hints(&self) -> KeyGroup {
        let runner = self.session.pass.runner.as_ref();
        let is_over = self.arrangement.focus == Pane::Pass && !self.session.pass.is_running();
        let mut hints = group(if is_over { "test run over" } else { self.place_word() }).to_vec();
        hints.retain(|(action, _)| self.can_act(*action));
        for (action, words) in &mut hints {
            *words = match action {
                Action::Quit if self.arrangement.zoomed || self.arrangement.thread_covers_log() => "back",
                Action::PassPause if runner.is_some_and(Runner::is_paused) => "go on",
                Action::PassGo => self.go_words().unwrap_or(words),
                Action::LogScope if self.session.log.shows_all_conversations() => "this conversation",
                _ => words,
            };
        }
        hints
    }

    fn can_act(&self, action: Action) -> bool {
        let (open, chosen) = (self.session.conversations.active_item(), self.session.conversations.selected_item());
        let entry = self.shown_log().selected();
        let exchange = entry.and_then(|entry| entry.exchange());
        let unknown = entry.is_some_and(|entry| entry.settled().is_none())
            && exchange.is_some_and(|exchange| matches!(exchange.outcome, Outcome::Unknown(_)));
        match action {
            Action::Choose | Action::ChooseText => {
                let thread = open.and_then(|item| self.session.threads.get(item.conversation.key));
                thread.is_some_and(|thread| thread.offer().is_some())
            }
            Action::ExtrasText => open.is_some_and(|item| item.conversation.channel().capabilities().attributes),
            Action::Remove => chosen.is_some_and(|item| item.added),
            Action::Open | Action::IdCard | Action::Pin | Action::Nickname => chosen.is_some(),
            Action::Density | Action::CopyLine => entry.is_some(),
            Action::Why => entry.is_some_and(|entry| entry.diagnosis().is_some()),
            Action::Settle => unknown,
            Action::Resend => {
                let message = exchange.and_then(|exchange| self.session.threads.message(exchange.message?));
                !unknown && message.is_some_and(|message| message.delivery.is_finished())
            }
            Action::PassGo => self.go_words().is_some(),
            Action::NextError => self.shown_log().has_error_below(),
            Action::NextMatch => !self.shown_log().search_text().is_empty(),
            Action::NextCase => {
                let run = self.session.pass.runner.as_ref().map(Runner::run);
                run.is_some_and(|run| run.at.0 + 1 < run.cases.len())
            }
            Action::Refresh => self.arrangement.focus == Pane::Picker,
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
}
