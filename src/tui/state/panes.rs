//! Which panes are on screen, which of them has the focus, and what the log pane shows.

use super::State;
use super::composer::rows::wanted_height;
use crate::session::log::Log;
use crate::tui::action::Action;
use crate::tui::layout::{self, Arrangement, COMPOSER_BEFORE, Pane, Panes};

impl State {
    /// Gives a pane the focus. The composer needs a conversation to write to; where there is none, that is said.
    pub(crate) fn focus(&mut self, pane: Pane) {
        if pane == Pane::Composer && self.session.conversations.active().is_none() {
            self.arrangement.focus = Pane::Picker;
            self.status.info("No conversation is open: open one, or add one.");
            self.status.offer(&[(Action::Open, "open"), (Action::Add, "add")]);
            return;
        }
        self.arrangement.focus = pane;
        self.keep_focus_visible();
    }

    /// After a resize or a change of shape: the focus is never on a pane that is not on screen.
    pub(crate) fn keep_focus_visible(&mut self) {
        if self.arrangement.zoomed || self.arrangement.focus == Pane::Picker {
            return;
        }
        let panes = self.panes();
        if panes.too_small || panes.get(self.arrangement.focus).is_some() {
            return;
        }
        self.arrangement.focus = match self.arrangement.focus {
            Pane::Log if panes.pass.is_some() => Pane::Pass,
            Pane::Pass | Pane::Thread if panes.log.is_some() => Pane::Log,
            Pane::Log | Pane::Pass if panes.thread.is_some() => Pane::Thread,
            _ => Pane::Composer,
        };
    }

    /// The log with the focus, in whatever place something else stands.
    pub(crate) fn show_log(&mut self) {
        self.hide_pass();
        self.arrangement.uncover_log();
        self.focus(Pane::Log);
    }

    pub(crate) fn show_pass(&mut self) {
        if self.session.pass.runner.is_some() {
            self.pass_pane.set_shown(true);
            self.arrangement.uncover_log();
            self.focus(Pane::Pass);
        }
    }

    pub(crate) fn hide_pass(&mut self) {
        self.pass_pane.set_shown(false);
        if self.arrangement.focus == Pane::Pass {
            self.arrangement.focus = Pane::Log;
        }
        self.keep_focus_visible();
    }

    /// The pane to which leaving the composer leads.
    pub(crate) fn beside_composer(&self) -> Pane {
        let mut unzoomed = self.arrangement;
        (unzoomed.zoomed, unzoomed.focus) = (false, Pane::Log);
        let panes = self.panes_as(unzoomed);
        match (panes.log, panes.thread, panes.pass) {
            (None, Some(_), _) => Pane::Thread,
            (None, None, Some(_)) => Pane::Pass,
            _ => Pane::Log,
        }
    }

    /// Whether a pass is open and wanted on screen. The layout may have no room for it all the same.
    pub(crate) fn shows_pass(&self) -> bool {
        self.pass_pane.shown && self.session.pass.runner.is_some()
    }

    /// Where the panes stand at the present size.
    pub fn panes(&self) -> Panes {
        self.panes_as(self.arrangement)
    }

    fn panes_as(&self, arrangement: Arrangement) -> Panes {
        layout::panes(arrangement, self.shows_pass(), |width, max| wanted_height(&self.composer, self.now, width, max))
    }

    /// Tells each area its room: before a frame, not with each key, since the composer's height is worked out.
    pub fn fit(&mut self) {
        let panes = self.panes();
        let now = self.now.wall;
        self.shown_log_mut().set_now(now);
        if let Some(area) = panes.log {
            self.logs_mut().for_each(|log| log.set_viewport(area.inner.width, area.inner.height));
        }
        if let Some(area) = panes.composer {
            self.composer.width = area.inner.width.saturating_sub(COMPOSER_BEFORE);
        }
        let active = self.session.conversations.active();
        self.session.log.set_conversation(active);
        if let Some(area) = panes.thread.filter(|_| self.demo.present.is_none()) {
            self.with_thread(area.inner, |pane, threads, context| {
                pane.fit(active, threads, context, area.inner.height);
            });
        }
        self.name_keys();
    }

    /// What the log pane shows: history, or what happens now.
    pub fn shown_log(&self) -> &Log {
        self.log_pane.history.as_ref().map_or(&self.session.log, |history| &history.log)
    }

    /// The log that has the entry with this number: the session's, else what the pane shows of the journal.
    pub fn log_with(&self, number: u64) -> &Log {
        if self.session.log.entry(number).is_some() { &self.session.log } else { self.shown_log() }
    }

    pub(crate) fn shown_log_mut(&mut self) -> &mut Log {
        self.log_pane.history.as_mut().map_or(&mut self.session.log, |history| &mut history.log)
    }

    /// What happens now, and history where it is shown.
    pub(super) fn logs_mut(&mut self) -> impl Iterator<Item = &mut Log> {
        std::iter::once(&mut self.session.log).chain(self.log_pane.history.as_mut().map(|history| &mut history.log))
    }

    pub(crate) fn close_history(&mut self) {
        self.log_pane.replace_history(None);
        self.requests.forget_history();
    }

    /// Does something as if the entry `number` were the chosen one; choice and following are as before.
    pub(crate) fn on_entry(&mut self, number: u64, act: impl FnOnce(&mut Self)) {
        // What is not of this session is an entry of the journal that the pane shows.
        let live = self.session.log.entry(number).is_some();
        let history = if live { self.log_pane.replace_history(None) } else { None };
        let stood = self.shown_log_mut().stand_on(number);
        act(self);
        if let Some(stood) = stood {
            self.shown_log_mut().come_back(stood);
        }
        if live {
            self.log_pane.replace_history(history);
        }
    }
}
