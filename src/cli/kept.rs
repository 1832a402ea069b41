//! What was kept: `guestwire log` prints it, newest last, and searches it in full text; `guestwire export` writes it as a file
//! for others, a page at a time, whatever its size; `guestwire forget` removes it, after a question.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use jiff::tz::TimeZone;
use serde_json::json;

use crate::app::exit::{Exit, Failed};
use crate::app::journal;
use crate::app::open::OpenProfile;
use crate::app::output::{self, Output, OutputLine};
use crate::config::flags::path;
use crate::config::{Profile, Settings};
use crate::engine::masker;
use crate::export::escape::unseen_as_escapes;
use crate::export::transcript::{Transcript, TranscriptForm};
use crate::export::{HarEntry, har};
use crate::files;
use crate::journal::job::{HistoryRange, KeptEntry, LogSource};
use crate::journal::{JournalReader, files as journal_files};
use crate::model::ConversationKey;
use crate::session::diagnose::KeptWhy;
use crate::text::dates::{self, Period};

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

const PAGE: usize = 200;

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
    let exchange = match &entry.source {
        LogSource::Note { at, kind, text, about } => {
            let human = format!("{:>6}  {}  {:<5}  {text}", entry.number, at.wall.strftime("%F %T"), kind.word());
            let fields = json!({ "number": entry.number, "kind": kind.word(), "what": text, "conversation": named(*about),
                                 "marked": entry.marked, "comment": entry.comment });
            return OutputLine::new("entry", at.wall, fields).says(human);
        }
        LogSource::Exchange(exchange) => exchange,
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
    human.extend(exchange.outcome.words().map(|reason| format!("  {reason}")));
    human.extend(entry.comment.as_ref().map(|comment| format!("  # {comment}")));
    OutputLine::new("entry", exchange.started.wall, fields).says(human)
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
    journal_files::forget(&dir).map_err(Failed::here)?;
    output::warn(&format!("removed {}", dir.display()));
    Ok(Exit::Done)
}

/// The period of which something is wanted.
#[derive(Clone, Debug, Default, Args)]
pub struct PeriodArgs {
    /// Only entries from then or later: yesterday, 2026-11-27, 14:30, or how long ago, like 2h or 3d
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

/// `guestwire export`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  guestwire export har --out session.har\n  guestwire export transcript --format md --since today --out -"
)]
pub struct ExportArgs {
    /// What to write
    pub form: ExportForm,
    #[command(flatten)]
    pub period: PeriodArgs,
    /// How a transcript is written; without it, as the file's ending says: .md, .html, otherwise text
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub format: Option<TranscriptForm>,
    /// The new file; `-` is standard output
    #[arg(value_parser = path(), long, value_name = "FILE")]
    pub out: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportForm {
    /// All exchanges as HAR 1.2, one entry for each try
    Har,
    /// All messages: who said what and when, and the outcome
    Transcript,
    /// Messages and the exchanges of the newest session as JSON
    Session,
}

pub async fn export(args: ExportArgs, settings: &Settings) -> Result<Exit, Failed> {
    let period = args.period.period(settings)?;
    let opened = OpenProfile::open(settings)?;
    let written = journal::reader(settings, &opened.profile).and_then(|reader| {
        let path = args.out.as_path();
        let out = BufWriter::new(output::destination(path, false).map_err(|why| unwritten(path, &why))?);
        let export = Export { out, path, reader: &reader, profile: &opened.profile, period };
        export.write(args.form, args.format, settings.ui.times.zone())
    });
    opened.close().await;
    let what = written?;
    if files::is_standard_stream(&args.out) {
        output::warn(&format!("wrote {what}"));
    } else {
        output::warn(&format!("{what} in {}", args.out.display()));
    }
    Ok(Exit::Done)
}

fn unwritten(path: &Path, why: &io::Error) -> Failed {
    if why.kind() == io::ErrorKind::AlreadyExists {
        return Failed::here(format!("{} exists, and guestwire never overwrites an export", path.display()));
    }
    output::unwritten(&path.display().to_string(), path, why)
}

struct Export<'e> {
    out: BufWriter<Box<dyn Write>>,
    path: &'e Path,
    reader: &'e JournalReader,
    profile: &'e Profile,
    period: Period,
}

impl Export<'_> {
    fn put(&mut self, text: &str) -> Result<(), Failed> {
        self.out.write_all(text.as_bytes()).map_err(|why| unwritten(self.path, &why))
    }

    fn write(mut self, form: ExportForm, format: Option<TranscriptForm>, zone: TimeZone) -> Result<String, Failed> {
        let what = match form {
            ExportForm::Har => format!("{} tries", self.har(0)?),
            ExportForm::Transcript => {
                let said = self.transcript(zone)?.write(format.unwrap_or_else(|| TranscriptForm::of(self.path)));
                self.put(&said)?;
                "the transcript".to_owned()
            }
            ExportForm::Session => {
                let first = self.reader.newest_session().map_err(Failed::here)?;
                let head = unseen_as_escapes(&self.transcript(TimeZone::UTC)?.to_json().to_string());
                // The object stays open for the exchanges, which are written as they are read.
                self.put(&format!("{},\"har\":", head.strip_suffix('}').unwrap_or(&head)))?;
                let count = self.har(first.saturating_sub(1))?;
                self.put("}\n")?;
                format!("the newest session: {count} tries")
            }
        };
        self.out.flush().map_err(|why| unwritten(self.path, &why))?;
        Ok(what)
    }

    /// HAR 1.2 of all exchanges after a number, one entry a try. How many.
    fn har(&mut self, mut after: u64) -> Result<usize, Failed> {
        let empty = har([]);
        let (creator, comment) = (&empty["log"]["creator"], &empty["log"]["comment"]);
        self.put(&format!(
            "{{\"log\":{{\"version\":\"1.2\",\"creator\":{creator},\"comment\":{comment},\"entries\":["
        ))?;
        let (mut count, mut why) = (0, KeptWhy::of(self.profile));
        loop {
            let (entries, more) = self.reader.page(&HistoryRange::After(after), PAGE).map_err(Failed::here)?;
            let judged = entries.iter().filter_map(|entry| match &entry.source {
                LogSource::Exchange(exchange) => Some((entry, exchange, why.next(exchange))),
                LogSource::Note { .. } => None,
            });
            // What came before is evidence all the same.
            let judged: Vec<_> = judged.filter(|(_, x, _)| self.period.contains(x.started.wall)).collect();
            let document = har(judged.iter().map(|(entry, exchange, diagnosis)| HarEntry {
                number: entry.number,
                exchange,
                marked: entry.marked,
                comment: entry.comment.as_deref(),
                diagnosis: diagnosis.as_ref(),
            }));
            for one in document["log"]["entries"].as_array().into_iter().flatten() {
                let comma = if count == 0 { "" } else { "," };
                self.put(&format!("{comma}\n{}", unseen_as_escapes(&one.to_string())))?;
                count += 1;
            }
            match entries.last() {
                Some(last) if more => after = last.number,
                _ => break,
            }
        }
        self.put("\n]}}")?;
        Ok(count)
    }

    fn transcript(&self, zone: TimeZone) -> Result<Transcript, Failed> {
        let said = self.reader.transcript().map_err(Failed::here)?.into_iter();
        let said = said.filter(|(_, line)| self.period.contains(line.at)).map(|(ident, line)| {
            let mut conversations = self.profile.conversations.iter().map(|entry| &entry.conversation);
            let known = conversations.find(|conversation| conversation.address.ident() == ident);
            (known.map_or(ident, |conversation| conversation.name.clone()), line)
        });
        Ok(Transcript::of(&self.profile.name, zone, said, &masker(self.profile)))
    }
}
