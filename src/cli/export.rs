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
use crate::session::diagnose::KeptDiagnoser;
use crate::text::counted;
use crate::text::dates::Period;

/// `guestwire export`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  guestwire export har --out session.har
  guestwire export transcript --format md --since today --out -")]
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
            ExportForm::Har => counted(self.har(0)?, "try"),
            ExportForm::Transcript => {
                let form = format.unwrap_or_else(|| TranscriptForm::of(self.path));
                let said = self.transcript(zone)?.write(form).map_err(Failed::here)?;
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
                format!("the newest session: {}", counted(count, "try"))
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
        let (mut count, mut why) = (0, KeptDiagnoser::of(self.profile));
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
