//! What a session knows beside conversations, messages and log: its profile, the journal, the open pass, probes, and a
//! message of unknown outcome that is watched for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::config::Profile;
use crate::diagnosis::{Doctor, ProfileFacts};
use crate::engine::Command;
use crate::journal::JournalTrouble;
use crate::journal::job::{KeptConversation, KeptPlace, Restored};
use crate::model::{Cause, ConversationKey, Masks, MessageId, Moment, ProxyName};
use crate::pass::PassRun;
use crate::pass::runner::{Runner, StepStage};
use crate::text::counted;

/// What is known of the profile that a session speaks for. It does not change while the session lasts.
#[derive(Clone, Debug, Default)]
pub struct ProfileInfo {
    /// Its name, addresses and scopes.
    pub facts: ProfileFacts,
    /// The proxy, or which variable names none that can be used. Whoever opens the profile finds it out.
    pub proxy: Option<Result<ProxyName, String>>,
    /// The embedded sandbox.
    pub sandbox: bool,
    /// Real customers: ask before each send.
    pub production: bool,
    /// Where exports go.
    pub data_dir: PathBuf,
    /// The config file, if there is one.
    pub config_file: Option<PathBuf>,
    /// Causes that are not shown.
    pub muted: BTreeSet<Cause>,
    /// Texts and numbers that are masked on screen.
    pub masks: Masks,
}

impl ProfileInfo {
    /// What a profile says of itself; nothing is muted.
    pub fn of(profile: &Profile, data_dir: PathBuf, config_file: Option<PathBuf>) -> Self {
        Self {
            facts: ProfileFacts::of(profile),
            sandbox: profile.sandbox,
            production: profile.production,
            data_dir,
            config_file,
            masks: profile.redaction.masks.clone(),
            ..Self::default()
        }
    }

    pub(crate) fn way(&self) -> String {
        match &self.proxy {
            None => "directly, without a proxy".to_owned(),
            Some(Ok(proxy)) => format!("through {proxy}"),
            Some(Err(why)) => why.clone(),
        }
    }
}

/// A draft is saved when it has not been for so long.
const SAVE_AFTER: Duration = Duration::from_millis(250);

/// Whether anything is kept.
///
/// ```text
/// Off (nothing is kept)      Opening ─┬─ Restored ─────────────► On ◄─► trouble
///                                     │                          ▲ Restored again, since it is free now
///                                     └─ read-only, or Trouble ─► ReadOnly (history may be there, nothing is kept)
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JournalMode {
    /// There is no journal: nothing is kept, on purpose.
    #[default]
    Off,
    Opening,
    On,
    /// It could not be opened for writing.
    ReadOnly,
}

/// What is known of the journal: whether it keeps, what it has been told, and what waits for it.
#[derive(Debug, Default)]
pub struct JournalStatus {
    pub keeping: JournalMode,
    pub trouble: Option<JournalTrouble>,
    /// The oldest number in the journal; `None` where there is no history.
    pub oldest: Option<u64>,
    /// Messages that an earlier session left queued, too old to go by themselves, and those queued behind them, each with
    /// its conversation.
    pub paused: BTreeMap<MessageId, ConversationKey>,
    pub(crate) held: Vec<Command>,
    /// Since when the draft differs from what was saved.
    unsaved: Option<Moment>,
    watched: Option<ConversationKey>,
    opened: Option<ConversationKey>,
    drafts: BTreeMap<ConversationKey, String>,
    pub(crate) conversations: BTreeMap<ConversationKey, KeptConversation>,
    /// Where one stands in conversations whose end is not in sight, in a form that another session understands.
    pub(super) places: BTreeMap<ConversationKey, Option<KeptPlace>>,
    /// Since when one stands elsewhere in the open thread than what was kept.
    moved: Option<Moment>,
    serial: u64,
}

impl JournalStatus {
    pub fn open(&mut self) {
        self.keeping = JournalMode::Opening;
    }

    /// The journal brings back what earlier sessions left. True where it was read-only and is not any more.
    pub(super) fn restored(&mut self, restored: &Restored) -> bool {
        let takes_over = self.keeping == JournalMode::ReadOnly && !restored.read_only;
        self.keeping = if restored.read_only { JournalMode::ReadOnly } else { JournalMode::On };
        self.trouble.take_if(|_| takes_over);
        self.oldest = (restored.last_number > 0).then_some(restored.first_number);
        takes_over
    }

    /// The journal has trouble, or none any more. True where this is news.
    pub(super) fn fares(&mut self, trouble: Option<JournalTrouble>) -> bool {
        if trouble.is_some() && self.keeping == JournalMode::Opening {
            self.keeping = JournalMode::ReadOnly;
        }
        std::mem::replace(&mut self.trouble, trouble) != self.trouble
    }

    /// This is kept of a conversation now. True where that is new.
    pub(super) fn conversation_kept(&mut self, kept: KeptConversation) -> bool {
        self.places.insert(kept.key, kept.place.clone());
        self.conversations.insert(kept.key, kept.clone()) != Some(kept)
    }

    /// This is kept as a conversation's draft now. True where that is new.
    pub(crate) fn draft_kept(&mut self, key: ConversationKey, text: &str) -> bool {
        self.unsaved = None;
        self.drafts.insert(key, text.to_owned()).unwrap_or_default() != text
    }

    /// This conversation is opened again at the next start. True where that is new.
    pub(crate) fn open_kept(&mut self, key: Option<ConversationKey>) -> bool {
        std::mem::replace(&mut self.opened, key) != key
    }

    /// This conversation is on screen. Returns the one that was left for it: what waits there waits no longer.
    pub(crate) fn watches(&mut self, active: Option<ConversationKey>) -> Option<ConversationKey> {
        if self.watched == active {
            return None;
        }
        self.moved = None;
        std::mem::replace(&mut self.watched, active)
    }

    /// This is the draft now. True where it has differed from what is kept for long enough to be saved.
    pub(crate) fn draft_is_due(&mut self, key: ConversationKey, text: &str, now: Moment) -> bool {
        let kept = self.drafts.get(&key).map_or("", String::as_str);
        has_waited(&mut self.unsaved, kept != text, now)
    }

    /// One stands here now. True where that has differed from what is kept for long enough to be saved.
    pub(crate) fn place_is_due(&mut self, key: ConversationKey, place: Option<KeptPlace>, now: Moment) -> bool {
        let kept = self.conversations.get(&key).and_then(|kept| kept.place.as_ref());
        let differs = kept != place.as_ref();
        self.places.insert(key, place);
        has_waited(&mut self.moved, differs, now)
    }

    /// What becomes of queued messages when a person leaves.
    pub fn queued_at_the_end(&self) -> &'static str {
        if self.keeps_all() { "queued ones are kept and go on at the next start" } else { "queued ones are dropped" }
    }

    pub fn keeps_all(&self) -> bool {
        self.keeps() && self.trouble.is_none()
    }

    pub fn keeps(&self) -> bool {
        self.keeping == JournalMode::On
    }

    /// Why nothing may be sent, if so.
    pub fn forbids_sending(&self) -> Option<&str> {
        self.trouble.as_ref().filter(|t| !t.sending).map(|t| t.sentence.as_str())
    }

    pub(crate) fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// When a draft or a place is saved next.
    pub fn next_deadline(&self) -> Option<Moment> {
        [self.unsaved, self.moved].into_iter().flatten().map(|since| since.after(SAVE_AFTER)).min()
    }
}

/// Whether a difference, of which `since` tells the first moment, has lasted long enough; then it begins anew.
fn has_waited(since: &mut Option<Moment>, differs: bool, now: Moment) -> bool {
    *since = differs.then(|| since.unwrap_or(now));
    since.take_if(|since| now.since(*since) >= SAVE_AFTER).is_some()
}

/// A pass file that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundPass {
    /// Where it is.
    pub path: PathBuf,
    /// The pass's name, or what is wrong with the file.
    pub name: Result<String, String>,
}

/// The regression pass that is open, or waits to be gone on with.
#[derive(Debug, Default)]
pub struct OpenPass {
    /// What runs it, also when it is over.
    pub runner: Option<Runner>,
    pub unfinished: Option<Arc<PassRun>>,
    /// The run as the journal was told of it last.
    pub(super) kept: Option<Arc<PassRun>>,
}

impl OpenPass {
    pub fn is_running(&self) -> bool {
        self.runner.as_ref().is_some_and(|runner| !runner.is_over())
    }

    pub fn runs_step(&self) -> bool {
        self.runner.as_ref().is_some_and(|r| matches!(r.stage(), StepStage::Preparing(_) | StepStage::Watching))
    }

    pub fn is_due(&self, now: Moment) -> bool {
        self.runner.as_ref().and_then(Runner::due).is_some_and(|at| at.left(now).is_zero())
    }

    /// When something of it is due, or its countdown changes.
    pub fn next_deadline(&self, now: Moment) -> Option<Moment> {
        let runner = self.runner.as_ref()?;
        let due = runner.due()?;
        let count = runner.open_result()?.expectations.len();
        let seconds = (0..count).filter_map(|at| runner.waits_until(at)?.next_second(now));
        // A moment that has passed is due now: deadlines lie ahead.
        let due = if due.left(now).is_zero() { now.after(Duration::from_millis(1)) } else { due };
        seconds.chain([due]).min()
    }
}

pub fn place_words(run: &PassRun) -> String {
    let all = run.steps().count();
    let before: usize = run.cases.iter().take(run.at.0).map(|c| c.steps.len()).sum();
    match run.cases.get(run.at.0).and_then(|c| Some((c, c.steps.get(run.at.1)?))) {
        Some((case, step)) => format!("step {} of {all} ({}: {})", before + run.at.1 + 1, case.name, step.name),
        None => format!("the end of all {}", counted(all, "step")),
    }
}

/// Where a run's reports go where nobody says.
pub fn reports_dir(data_dir: &Path, run: &PassRun) -> PathBuf {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let name: String = run.name.chars().map(plain).collect();
    data_dir.join("reports").join(format!("{name}-{}", run.began.strftime("%Y%m%d-%H%M%S")))
}

#[derive(Clone, Debug)]
pub struct ProbeSeries {
    pub doctor: Doctor,
    /// The entry of the log that the series is to explain.
    pub number: Option<u64>,
    /// The test message, once it was asked for and until it is finished.
    pub(super) sending: Option<MessageId>,
    pub(super) over: bool,
}

/// Pauses after each look at a conversation; the last one is repeated.
const PAUSES: [Duration; 3] = [Duration::from_secs(5), Duration::from_secs(10), Duration::from_secs(20)];
/// After so many looks (some ten minutes) only a person can tell.
const LOOKS: usize = 32;

/// Watching for a message of unknown outcome: its conversation is looked at now, then with growing pauses.
///
/// ```text
/// dialog opened ─► look ─5 s─► look ─10 s─► look ─20 s─► look ─20 s─► …   until it is settled, or LOOKS are over
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutcomeWatch {
    pub message: MessageId,
    /// When it is looked at next; `None` where that is over, or the conversation cannot be read.
    pub next: Option<Moment>,
    pub looks: usize,
}

impl OutcomeWatch {
    /// Whether a look is due; then it counts as done.
    pub fn is_due(&mut self, now: Moment) -> bool {
        let due = self.next.is_some_and(|next| next.left(now).is_zero());
        if due {
            let pause = PAUSES.get(self.looks).or(PAUSES.last()).copied().unwrap_or_default();
            self.looks += 1;
            self.next = (self.looks < LOOKS).then(|| now.after(pause));
        }
        due
    }
}

#[cfg(test)]
#[path = "../../tests/unit/session/state.rs"]
mod tests;
