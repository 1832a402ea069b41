//! `guestwire export`: what was kept, as a file for others. Read and written a page at a time, whatever its size.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use jiff::tz::TimeZone;

use super::log::{PAGE, PeriodArgs};
use crate::app::exit::{Exit, Failed};
use crate::app::open::OpenProfile;
use crate::app::{journal, output};
use crate::config::flags::path;
use crate::config::{Profile, Settings};
use crate::engine::masker;
use crate::export::escape::unseen_as_escapes;
use crate::export::transcript::{Transcript, TranscriptForm};
use crate::export::{HarEntry, har};
use crate::files;
use crate::journal::JournalReader;
use crate::journal::job::{HistoryRange, LogSource};
use crate::session::diagnose::KeptWhy;
use crate::text::dates::Period;

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

pub async fn run(args: ExportArgs, settings: &Settings) -> Result<Exit, Failed> {
    let period = args.period.period(settings)?;
    let opened = OpenProfile::open(settings)?;
    let written = journal::reader(settings, &opened.profile)
        .and_then(|reader| write(&args, period, &reader, &opened.profile, settings));
    opened.close().await;
    let what = written?;
    if files::is_standard_stream(&args.out) {
        output::warn(&format!("wrote {what}"));
    } else {
        output::warn(&format!("{what} in {}", args.out.display()));
    }
    Ok(Exit::Done)
}

fn write(
    args: &ExportArgs,
    period: Period,
    reader: &JournalReader,
    profile: &Profile,
    settings: &Settings,
) -> Result<String, Failed> {
    let path = args.out.as_path();
    let wrong = |e| unwritten(path, &e);
    let mut out = BufWriter::new(output::destination(path, false).map_err(wrong)?);
    let what = match args.form {
        ExportForm::Har => {
            let count = write_har(&mut out, path, reader, profile, 0, period)?;
            format!("{count} tries")
        }
        ExportForm::Transcript => {
            let zone = settings.ui.times.zone();
            let said = transcript(reader, profile, zone, period).map_err(Failed::here)?;
            out.write_all(said.write(args.format.unwrap_or_else(|| TranscriptForm::of(path))).as_bytes())
                .map_err(wrong)?;
            "the transcript".to_owned()
        }
        ExportForm::Session => {
            let first = reader.newest_session().map_err(Failed::here)?;
            let head = transcript(reader, profile, TimeZone::UTC, period).map_err(Failed::here)?.to_json();
            let head = unseen_as_escapes(&head.to_string());
            // The object stays open for the exchanges, which are written as they are read.
            write!(out, "{},\"har\":", head.strip_suffix('}').unwrap_or(&head)).map_err(wrong)?;
            let count = write_har(&mut out, path, reader, profile, first.saturating_sub(1), period)?;
            writeln!(out, "}}").map_err(wrong)?;
            format!("the newest session: {count} tries")
        }
    };
    out.flush().map_err(wrong)?;
    Ok(what)
}

fn unwritten(path: &Path, why: &io::Error) -> Failed {
    if why.kind() == io::ErrorKind::AlreadyExists {
        return Failed::here(format!("{} exists, and guestwire never overwrites an export", path.display()));
    }
    output::unwritten(&path.display().to_string(), path, why)
}

/// HAR 1.2 of all exchanges after a number, one entry a try. How many.
fn write_har(
    out: &mut impl Write,
    path: &Path,
    reader: &JournalReader,
    profile: &Profile,
    after: u64,
    period: Period,
) -> Result<usize, Failed> {
    let wrong = |e| unwritten(path, &e);
    let empty = har([]);
    let creator = &empty["log"]["creator"];
    let comment = &empty["log"]["comment"];
    write!(out, "{{\"log\":{{\"version\":\"1.2\",\"creator\":{creator},\"comment\":{comment},\"entries\":[")
        .map_err(wrong)?;
    let (mut after, mut count) = (after, 0);
    let mut why = KeptWhy::of(profile);
    loop {
        let (entries, more) = reader.page(&HistoryRange::After(after), PAGE).map_err(Failed::here)?;
        let judged: Vec<_> = entries
            .iter()
            .filter_map(|entry| match &entry.source {
                LogSource::Exchange(exchange) => Some((entry, exchange, why.next(exchange))),
                LogSource::Note { .. } => None,
            })
            // What came before is evidence all the same.
            .filter(|(_, exchange, _)| period.contains(exchange.started.wall))
            .collect();
        let document = har(judged.iter().map(|(entry, exchange, diagnosis)| HarEntry {
            number: entry.number,
            exchange,
            marked: entry.marked,
            comment: entry.comment.as_deref(),
            diagnosis: diagnosis.as_ref(),
        }));
        for one in document["log"]["entries"].as_array().into_iter().flatten() {
            let comma = if count == 0 { "" } else { "," };
            write!(out, "{comma}\n{}", unseen_as_escapes(&one.to_string())).map_err(wrong)?;
            count += 1;
        }
        match entries.last() {
            Some(last) if more => after = last.number,
            _ => break,
        }
    }
    write!(out, "\n]}}}}").map_err(wrong)?;
    Ok(count)
}

/// What was said, by conversation, masked.
fn transcript(reader: &JournalReader, profile: &Profile, zone: TimeZone, period: Period) -> Result<Transcript, String> {
    let said = reader.transcript()?.into_iter().filter(|(_, line)| period.contains(line.at));
    let said = said.map(|(ident, line)| {
        let mut conversations = profile.conversations.iter().map(|entry| &entry.conversation);
        let known = conversations.find(|conversation| conversation.address.ident() == ident);
        (known.map_or(ident, |conversation| conversation.name.clone()), line)
    });
    Ok(Transcript::of(&profile.name, zone, said, &masker(profile)))
}
