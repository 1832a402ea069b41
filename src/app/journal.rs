//! What the commands share of the journal.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;

use super::exit::Failed;
use super::output;
use crate::config::{Profile, Settings};
use crate::engine::EngineOptions;
use crate::journal::{Job, Journal, JournalOptions, JournalReader, JournalReport, files};
use crate::model::{Conversation, ConversationKey, RemoteMessage};
use crate::pass::report;
use crate::session::Session;

/// How long opening may take before a send goes on without.
const OPENING: Duration = Duration::from_secs(5);

pub fn dir(settings: &Settings) -> PathBuf {
    files::profile_dir(&settings.paths.data_dir, settings.profile.name())
}

fn journal_options(settings: &Settings, profile: &Profile) -> JournalOptions {
    JournalOptions {
        keep: Duration::from_secs(u64::from(settings.journal.keep_days) * 86_400),
        max_bytes: settings.journal.max_bytes,
        ..JournalOptions::new(dir(settings), conversations(profile))
    }
}

fn conversations(profile: &Profile) -> Vec<Conversation> {
    profile.conversations.iter().map(|entry| entry.conversation.clone()).collect()
}

/// Opens the journal for a session of a front end, if what happens in it is to be kept.
pub fn open(
    settings: &Settings,
    profile: &Profile,
    session: &mut Session,
    kept: bool,
) -> (Option<Journal>, UnboundedReceiver<JournalReport>) {
    if !kept {
        return (None, unbounded_channel().1);
    }
    let (journal, reports) = Journal::open(journal_options(settings, profile));
    session.journal.open();
    // Ids of 62 bits from a random place on: no two sessions ever give the same.
    session.number_messages_from((uuid::Uuid::new_v4().as_u64_pair().0 >> 22) << 20);
    (Some(journal), reports)
}

pub fn reader(settings: &Settings, profile: &Profile) -> Result<JournalReader, Failed> {
    crate::journal::recover(&dir(settings));
    JournalReader::open(&dir(settings), &conversations(profile)).map_err(Failed::here)
}

pub type ConversationMessages = (ConversationKey, Vec<RemoteMessage>);

/// Opens the journal for a subcommand, with the remote messages of each conversation, oldest first. Says where it
/// cannot be had: sending goes on without.
pub async fn writer(settings: &Settings, profile: &Profile) -> Option<(Journal, Vec<ConversationMessages>)> {
    if settings.journal.ephemeral {
        return None;
    }
    let (journal, mut reports) =
        Journal::open(JournalOptions { of_subcommand: true, ..journal_options(settings, profile) });
    let opened = async {
        loop {
            match reports.recv().await {
                Some(JournalReport::Restored(restored)) => return Ok(restored.remote_messages),
                Some(JournalReport::Trouble(trouble)) => return Err(trouble.sentence),
                Some(JournalReport::Notice(said)) => output::warn(&said),
                Some(JournalReport::Well | JournalReport::History(_)) => {}
                None => return Err("the journal has stopped: this message is not kept".to_owned()),
            }
        }
    };
    let late = || Err("the journal did not open in time: this message is not kept".to_owned());
    let heard = timeout(OPENING, opened).await.unwrap_or_else(|_| late());
    let heard = heard.inspect_err(|why| output::warn(why)).ok()?;
    Some((journal, heard))
}

pub fn options(journal: Option<&Journal>) -> EngineOptions {
    journal.map_or_else(EngineOptions::default, |journal| EngineOptions {
        send_log: Arc::new(journal.clone()),
        ..EngineOptions::default()
    })
}

/// Has something kept; secrets that a test run's record holds are masked first.
pub fn submit(journal: Option<&Journal>, job: Job, mask: &dyn Fn(&str) -> String) {
    let Some(journal) = journal else { return };
    journal.submit(match job {
        Job::Pass(run) => Job::Pass(Arc::new(report::without_secrets(&run, mask))),
        job => job,
    });
}

/// Writes what is still to be written, and says where that takes too long.
pub fn close(journal: Option<&Journal>) {
    if journal.is_some_and(|journal| !journal.close(Duration::from_secs(5))) {
        output::warn("the journal did not finish in time: the last entries may not be kept");
    }
}
