//! `guestwire log`: what was kept, newest last, searched in full text.

use clap::Args;
use jiff::Timestamp;
use serde_json::json;

use crate::config::{Profile, Settings};
use crate::journal::JournalReader;
use crate::journal::job::{HistoryRange, KeptEntry, KeptSource};
use crate::model::ConversationKey;

use super::period::PeriodArgs;
use crate::app::exit::{Exit, Failed};
use crate::app::journal;
use crate::app::open::OpenProfile;
use crate::app::output;
use crate::app::output::{Output, OutputLine};
use crate::text::dates::Period;

/// `guestwire log`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  guestwire log --since yesterday --json\n  guestwire log invoice on:2026-11-27\n  guestwire log e42c0b8a"
)]
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

/// Entries read in one go.
const PAGE: usize = 200;

/// Prints what was kept.
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
    if args.limit == 0 && query.trim().is_empty() {
        // All of it, a page at a time.
        let (mut after, mut more) = (0, true);
        while more {
            let (entries, further) = reader.page(&HistoryRange::After(after), PAGE).map_err(Failed::here)?;
            after = entries.last().map_or(after, |e| e.number);
            more = further && !entries.is_empty();
            for entry in entries.iter().filter(|entry| period.contains(began(entry))) {
                output.say(&line(entry, profile), args.json)?;
            }
        }
        return Ok(());
    }
    let limit = if args.limit == 0 { usize::MAX } else { args.limit };
    let (mut pages, mut count, mut before) = (Vec::new(), 0, u64::MAX);
    loop {
        let want = if query.trim().is_empty() {
            HistoryRange::Before(before)
        } else {
            HistoryRange::Found { query: query.clone(), before }
        };
        let (mut entries, more) = reader.page(&want, PAGE).map_err(Failed::usage)?;
        before = entries.first().map_or(0, |e| e.number);
        let past = entries.first().is_some_and(|entry| period.from.is_some_and(|from| began(entry) < from));
        let end = !more || entries.is_empty() || past;
        entries.retain(|entry| period.contains(began(entry)));
        let surplus = entries.len().saturating_sub(limit - count);
        entries.drain(..surplus);
        count += entries.len();
        pages.push(entries);
        if end || count >= limit {
            break;
        }
    }
    if count == 0 && (!query.trim().is_empty() || period != Period::default()) {
        let what = if query.trim().is_empty() { "is from that time".to_owned() } else { format!("matches {query:?}") };
        output::warn(&format!("nothing that is kept {what}"));
    }
    for entry in pages.iter().rev().flatten() {
        output.say(&line(entry, profile), args.json)?;
    }
    Ok(())
}

fn began(entry: &KeptEntry) -> Timestamp {
    match &entry.source {
        KeptSource::Note { at, .. } => at.wall,
        KeptSource::Exchange(exchange) => exchange.started.wall,
    }
}

/// One entry, for programs and for people.
fn line(entry: &KeptEntry, profile: &Profile) -> OutputLine {
    let named = |key: Option<ConversationKey>| {
        profile.conversations.get(key?.0 as usize).map(|entry| entry.conversation.name.as_str())
    };
    let exchange = match &entry.source {
        KeptSource::Note { at, kind, text, about } => {
            let human = format!("{:>6}  {}  {:<5}  {text}", entry.number, at.wall.strftime("%F %T"), kind.word());
            let fields = json!({ "number": entry.number, "kind": kind.word(), "what": text, "conversation": named(*about),
                                 "marked": entry.marked, "comment": entry.comment });
            return OutputLine::new("entry", at.wall, fields).says(human);
        }
        KeptSource::Exchange(exchange) => exchange,
    };
    let (status, ms) = (exchange.status(), exchange.took_ms());
    let id = exchange.request_id().map(|(_, id)| id);
    let fields = json!({
        "number": entry.number,
        "kind": exchange.kind.word(),
        "what": exchange.what,
        "conversation": named(exchange.conversation),
        "outcome": exchange.outcome.word(),
        "reason": exchange.outcome.words(),
        "status": status,
        "ms": ms,
        "request_id": id,
        "attempts": exchange.attempts().count(),
        "later": entry.delivery.as_ref().map(crate::model::DeliveryStatus::word),
        "marked": entry.marked,
        "comment": entry.comment,
    });
    let dash = || "-".to_owned();
    let mut human = format!(
        "{:>6}  {}  {:<5}  {:<4}  {:>3}  {:>6}  {}  {}",
        entry.number,
        exchange.started.wall.strftime("%F %T"),
        exchange.kind.word(),
        exchange.outcome.word(),
        status.map_or_else(dash, |s| s.to_string()),
        ms.map_or_else(dash, |ms| ms.to_string()),
        id.as_deref().unwrap_or("-"),
        // A message of several lines is one line here.
        exchange.what.replace('\n', "⏎"),
    );
    if let Some(reason) = exchange.outcome.words() {
        human.push_str("  ");
        human.push_str(&reason);
    }
    if let Some(comment) = &entry.comment {
        human.push_str("  # ");
        human.push_str(comment);
    }
    OutputLine::new("entry", exchange.started.wall, fields).says(human)
}
