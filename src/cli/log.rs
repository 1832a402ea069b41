//! `guestwire log`: what was kept, newest last, searched in full text. `guestwire forget`: deletes it.

use std::io;

use clap::Args;
use serde_json::json;

use crate::app::exit::{Exit, Failed};
use crate::app::journal;
use crate::app::open::OpenProfile;
use crate::app::output::{self, Output, OutputLine};
use crate::config::{Profile, Settings};
use crate::journal::job::{HistoryRange, KeptEntry, LogSource};
use crate::journal::{JournalReader, files};
use crate::model::ConversationKey;
use crate::text::dates::{self, Period};
use crate::text::json::with;

/// `guestwire log`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  guestwire log --since yesterday --json
  guestwire log invoice on:2026-11-27
  guestwire log e42c0b8a")]
pub struct LogArgs {
    /// Words, ids, or "words beside each other"; an entry must contain all of them
    #[arg(value_name = "QUERY")]
    pub query: Vec<String>,
    /// Print one JSON object per line instead of text
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub period: PeriodArgs,
    /// Print at most this many entries, the newest; 0 for all
    #[arg(long, default_value_t = 100, value_name = "N")]
    pub limit: usize,
}

/// Entries that are read from the journal at once.
pub(super) const PAGE: usize = 200;

pub async fn run(args: LogArgs, settings: &Settings) -> Result<Exit, Failed> {
    let period = args.period.period(settings)?;
    let opened = OpenProfile::open(settings)?;
    let printed =
        journal::reader(settings, &opened.profile).and_then(|reader| print(&args, period, &reader, &opened.profile));
    opened.close().await;
    printed.map(|()| Exit::Done)
}

fn print(args: &LogArgs, period: Period, reader: &JournalReader, profile: &Profile) -> Result<(), Failed> {
    let mut output = Output::reading(profile);
    let query = args.query.join(" ");
    let searches = !query.trim().is_empty();
    if args.limit == 0 && !searches {
        // All of it, a page at a time.
        let (mut after, mut more) = (0, true);
        while more {
            let (entries, further) = reader.page(&HistoryRange::After(after), PAGE).map_err(Failed::here)?;
            after = entries.last().map_or(after, |e| e.number);
            more = further && !entries.is_empty();
            let mut wanted = entries.iter().filter(|entry| period.contains(entry.source.at().wall));
            wanted.try_for_each(|entry| output.say(&line(entry, profile), args.json, &str::to_owned))?;
        }
        return Ok(());
    }
    let limit = if args.limit == 0 { usize::MAX } else { args.limit };
    let (mut pages, mut count, mut before, mut end) = (Vec::new(), 0, u64::MAX, false);
    while !end && count < limit {
        let found = HistoryRange::Found(query.clone(), before);
        let want = if searches { found } else { HistoryRange::Before(before) };
        let (mut entries, more) = reader.page(&want, PAGE).map_err(Failed::usage)?;
        before = entries.first().map_or(0, |e| e.number);
        let past = entries.first().is_some_and(|entry| period.from.is_some_and(|from| entry.source.at().wall < from));
        end = !more || entries.is_empty() || past;
        entries.retain(|entry| period.contains(entry.source.at().wall));
        entries.drain(..entries.len().saturating_sub(limit - count));
        count += entries.len();
        pages.push(entries);
    }
    if count == 0 && (searches || period != Period::default()) {
        let what = if searches { format!("matches {query:?}") } else { "is from that time".to_owned() };
        output::warn(&format!("nothing that is kept {what}"));
    }
    pages.iter().rev().flatten().try_for_each(|entry| output.say(&line(entry, profile), args.json, &str::to_owned))
}

fn line(entry: &KeptEntry, profile: &Profile) -> OutputLine {
    let named = |key: Option<ConversationKey>| {
        profile.conversations.get(key?.0 as usize).map(|entry| entry.conversation.name.as_str())
    };
    let (kind, what, about) = match &entry.source {
        LogSource::Note { kind, text, about, .. } => (*kind, text, *about),
        LogSource::Exchange(exchange) => (exchange.kind, &exchange.what, exchange.conversation),
    };
    let (number, at, kind) = (entry.number, entry.source.at().wall, kind.name());
    let mut human = format!("{number:>6}  {}  {kind:<5}  ", at.strftime("%F %T"));
    let mut fields = json!({ "number": number, "kind": kind, "what": what, "conversation": named(about) });
    if let LogSource::Exchange(exchange) = &entry.source {
        let (outcome, reason, status) = (exchange.outcome.word(), exchange.outcome.words(), exchange.status());
        let (ms, id) = (exchange.took_ms(), exchange.request_id().map(|(_, id)| id));
        let later = entry.delivery.as_ref().map(crate::model::DeliveryStatus::word);
        let attempts = exchange.attempts().count();
        let told = json!({ "outcome": outcome, "reason": reason, "status": status, "ms": ms, "request_id": id,
            "attempts": attempts, "later": later });
        fields = with(fields, told);
        let dash = || "-".to_owned();
        let (status, ms) = (status.map_or_else(dash, |s| s.to_string()), ms.map_or_else(dash, |ms| ms.to_string()));
        // A message of several lines is one line here.
        let what = what.replace('\n', "⏎");
        human.push_str(&format!("{outcome:<4}  {status:>3}  {ms:>6}  {}  {what}", id.as_deref().unwrap_or("-")));
        human.extend(reason.map(|reason| format!("  {reason}")));
        human.extend(entry.comment.as_ref().map(|comment| format!("  # {comment}")));
    } else {
        human.push_str(what);
    }
    let fields = with(fields, json!({ "marked": entry.marked, "comment": entry.comment }));
    OutputLine::new("entry", at, fields).says(human)
}

pub fn forget(yes: bool, settings: &Settings) -> Result<Exit, Failed> {
    let dir = journal::dir(settings);
    let name = settings.profile.name();
    if !dir.exists() {
        output::warn(&format!("nothing is kept for the profile `{name}`"));
        return Ok(Exit::Done);
    }
    if !yes && !output::can_ask() {
        let how = "add --yes to do it without a question";
        return Err(Failed::usage(format!("this removes everything that is kept for the profile; {how}")));
    }
    let question = format!("Remove {} with all messages, drafts and the log of `{name}`? [y/N] ", dir.display());
    if !yes && !matches!(output::ask(&question, &mut io::stdin().lock())?.as_str(), "y" | "Y" | "yes") {
        output::warn("nothing was removed");
        return Ok(Exit::Refused);
    }
    files::forget(&dir).map_err(Failed::here)?;
    output::warn(&format!("removed {}", dir.display()));
    Ok(Exit::Done)
}

/// The period of which something is wanted.
#[derive(Clone, Debug, Default, Args)]
pub struct PeriodArgs {
    /// Only entries from then or later: yesterday, 2026-11-27, 14:30, or an age like 2h or 3d
    #[arg(long, value_name = "WHEN")]
    pub since: Option<String>,
    /// Only entries until then; a day counts to its end
    #[arg(long, value_name = "WHEN")]
    pub until: Option<String>,
}

impl PeriodArgs {
    pub fn period(&self, settings: &Settings) -> Result<Period, Failed> {
        let now = jiff::Timestamp::now().to_zoned(settings.ui.times.zone());
        let mut period = Period::default();
        for (word, text) in [("since", &self.since), ("until", &self.until)] {
            let Some(text) = text else { continue };
            let named = Period::named(word, text, &now);
            period = period.and(named.ok_or_else(|| Failed::usage(format!("--{word} {text}: {}", dates::FORMS)))?);
        }
        Ok(period)
    }
}
