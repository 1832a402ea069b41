//! What a key begins and what ends by itself: the first of two keys, "press again to leave", and sending to production
//! without a question.

use std::time::Duration;

use crate::model::{Moment, Variation};
use crate::tui::chord::Chord;
use crate::tui::keymap::Keymap;

/// How long the menu of a two-key binding waits before it shows.
const PREFIX_MENU: Duration = Duration::from_millis(400);
/// How long "press again to leave" holds.
const QUIT_HINT: Duration = Duration::from_secs(2);
/// How long production sends need no question.
const ARMED: Duration = Duration::from_secs(600);

/// What keys do, and which have begun something.
#[derive(Debug)]
pub struct Keys {
    /// The live bindings.
    pub map: Keymap,
    first: Option<(Chord, Moment)>,
    quit_armed: Option<Moment>,
}

impl Keys {
    /// No key has begun anything.
    pub const fn new(map: Keymap) -> Self {
        Self { map, first: None, quit_armed: None }
    }

    /// The first of two keys was pressed.
    pub fn wait_for_second(&mut self, first: Chord, now: Moment) {
        self.first = Some((first, now));
    }

    /// The first of two keys, which waits no longer.
    pub fn take_first(&mut self) -> Option<Chord> {
        self.first.take().map(|(first, _)| first)
    }

    /// The first of two keys, once the menu of what may follow is to be shown.
    pub fn menu_of(&self, now: Moment) -> Option<Chord> {
        self.first.filter(|(_, at)| now.since(*at) >= PREFIX_MENU).map(|(first, _)| first)
    }

    /// When "press again to leave" was said.
    pub const fn quit_armed(&self) -> Option<Moment> {
        self.quit_armed
    }

    /// "Press again to leave" is said.
    pub fn arm_quit(&mut self, now: Moment) {
        self.quit_armed = Some(now);
    }

    /// Whether the same key leaves now.
    pub fn quit_is_armed(&self, now: Moment) -> bool {
        self.quit_armed.is_some_and(|at| now.since(at) < QUIT_HINT)
    }

    /// The same key does not leave any more. True where it did.
    pub fn disarm_quit(&mut self) -> bool {
        self.quit_armed.take().is_some()
    }

    /// When something of this ends by itself.
    pub fn deadlines(&self) -> [Option<Moment>; 2] {
        [self.first.map(|(_, at)| at.after(PREFIX_MENU)), self.quit_armed.map(|at| at.after(QUIT_HINT))]
    }
}

/// How the next message is sent.
#[derive(Debug, Default)]
pub struct SendChoice {
    /// How it is sent wrongly on purpose.
    pub send_as: Option<Variation>,
    armed_until: Option<Moment>,
}

impl SendChoice {
    /// Production sends go without a question for a while.
    pub fn arm(&mut self, now: Moment) {
        self.armed_until = Some(now.after(ARMED));
    }

    /// Until when production sends go without a question.
    pub fn armed_until(&self, now: Moment) -> Option<Moment> {
        self.armed_until.filter(|until| !until.left(now).is_zero())
    }

    /// Forgets that they went without a question once they do not any more; then true.
    pub fn disarm(&mut self, now: Moment) -> bool {
        self.armed_until.take_if(|until| until.left(now).is_zero()).is_some()
    }
}
