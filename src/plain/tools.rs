//! What a tester does beside sending: faults of the sandbox, probes, files to write, and the search of what is kept.

use std::path::{Path, PathBuf};

use super::parser::{Done, FEW, number};
use super::sentences::{self, ending};
use super::{FrontEndEffect, Plain};
use crate::app::exit::Exit;
use crate::diagnosis::doctor::{DoctorVerdict, Finding};
use crate::export::escape::unseen_as_escapes;
use crate::export::transcript::TranscriptForm;
use crate::journal::Job;
use crate::journal::job::{HistoryPage, HistoryRange, HistoryRequest};
use crate::model::fault::FAULTS;
use crate::pass::runner::RunnerEvent;
use crate::session::JournalMode;
use crate::session::local::{LocalAnswer, LocalRequest};
use crate::session::log::LogEntry;
use crate::text::{clause, counted};

const EXPORTS: &str = "Type .export har, transcript, session or pass, and the name of a new file.";

impl Plain {
    /// `.fault 3`, `.fault token-expired`, `.fault {"fault":"slow-body","delay_ms":900}`, `.fault off`
    pub(super) fn fault(&mut self, rest: &str) -> Done {
        if !self.session.profile.sandbox {
            return Err("Only the sandbox has faults. Type .sendas to send a message wrongly on purpose.".to_owned());
        }
        let menu = || (1_usize..).zip(FAULTS.iter().flat_map(|row| row.menu.iter().map(move |line| (row, line))));
        let fault = match rest {
            "" => {
                let mut group = None;
                for (n, (row, (label, _))) in menu() {
                    if group.replace(row.group) != Some(row.group) {
                        self.say(format!("{}:", row.group.name()));
                    }
                    self.say(format!("{n}, {label}: {}.", row.name));
                }
                self.say("Type .fault and a number or a name. .fault off clears all faults.");
                return Ok(());
            }
            "off" => None,
            json if json.starts_with('{') => Some(json.to_owned()),
            chosen => {
                let mut lines = menu();
                let line = lines.find(|(n, (row, _))| row.name == chosen || chosen.parse() == Ok(*n));
                let none = || format!("There is no fault {chosen}. Type .fault to list the faults.");
                Some(line.map(|(_, (_, (_, json)))| (*json).to_owned()).ok_or_else(none)?)
            }
        };
        self.ask_machine(LocalRequest::Fault(fault));
        Ok(())
    }

    pub(super) fn probe(&mut self, rest: &str) -> Done {
        let n = number(rest)?.map(|n| self.refused(Some(n)).map(LogEntry::number)).transpose()?;
        if self.session.is_probing() {
            return Err("The checks are still running; each is an entry of the log.".to_owned());
        }
        self.say("The checks run: they only read, and each is an entry of the log.");
        self.with_session(|session, now, changes| session.probe(n, now, changes));
        Ok(())
    }

    pub(super) fn show_finding(&mut self, finding: &Finding) {
        let id = finding.request_id.as_deref().map(|id| format!(", id {}", ending(id))).unwrap_or_default();
        self.say(format!("{}, {}: {}{id}.", finding.result.name(), finding.name, clause(&finding.detail)));
    }

    pub(super) fn probes_over(&mut self, verdict: &DoctorVerdict) {
        self.say(match verdict.cause {
            None => format!("All is well: {}.", clause(&verdict.because)),
            Some(cause) => format!("Cause {cause}, {}: {}.", verdict.confidence.name(), clause(&verdict.because)),
        });
        self.ends(verdict.into(), None);
    }

    pub(super) fn export(&mut self, rest: &str) -> Done {
        let (what, path) = rest.split_once(char::is_whitespace).ok_or(EXPORTS)?;
        let path = PathBuf::from(path.trim());
        let session = &self.session;
        let json = |value: serde_json::Value| unseen_as_escapes(&format!("{value:#}"));
        let contents = match what {
            "har" => session.log.entries().any(|entry| entry.exchange().is_some()).then(|| json(session.log.har())),
            "transcript" => {
                let transcript = session.transcript(session.conversations.active(), &self.zone);
                transcript.map(|transcript| transcript.write(TranscriptForm::of(&path))).transpose()?
            }
            "session" => session.as_json().map(json),
            "pass" => session.as_pass(self.now, &self.zone),
            _ => return Err(EXPORTS.to_owned()),
        };
        let contents = contents.ok_or_else(|| format!("There is nothing to write yet: {what} is empty."))?;
        if path == Path::new("-") {
            self.say_text_of(what, &contents);
        } else {
            self.ask_machine(LocalRequest::Write { path, contents, what: String::new() });
        }
        Ok(())
    }

    pub(super) fn ask_machine(&mut self, request: LocalRequest) {
        self.asked.local = true;
        self.effects.push(FrontEndEffect::Local(request));
    }

    pub(super) fn local(&mut self, answer: LocalAnswer) {
        if let LocalAnswer::SandboxSet(done) = &answer {
            return self.pass_event(RunnerEvent::Sandbox(done.as_ref().copied().map_err(String::as_str)));
        }
        self.asked.local = false;
        self.dialogue.prompt_due = true;
        match answer {
            LocalAnswer::Written(done) | LocalAnswer::Kept(done) | LocalAnswer::FaultSet(done) => {
                if done.is_err() {
                    self.ends(Exit::Refused, None);
                }
                self.say(done.unwrap_or_else(|why| why));
            }
            LocalAnswer::Passes(found) => self.passes(found),
            LocalAnswer::PassRead(path, text) => self.pass_read(&path, text),
            LocalAnswer::FileSeen(key, file, Ok(())) => self.attached(key, file),
            LocalAnswer::FileSeen(_, _, Err(why)) => self.wrong(why),
            // Nobody asks for these here.
            LocalAnswer::SandboxSet(_) | LocalAnswer::Faults(_) | LocalAnswer::PathCompleted(..) => {}
        }
    }

    pub(super) fn search(&mut self, rest: &str) -> Done {
        if rest.is_empty() {
            return Err("Type .search and the words to look for.".to_owned());
        }
        if self.session.journal.keeping == JournalMode::Off {
            return Err("There is no journal here, so nothing is kept. .find searches this session.".to_owned());
        }
        let serial = self.session.journal.next_serial();
        self.asked.search = Some(serial);
        let want = HistoryRange::Found(rest.to_owned(), u64::MAX);
        self.effects.push(FrontEndEffect::Keep(Box::new(Job::History(HistoryRequest { serial, want, limit: FEW }))));
        Ok(())
    }

    pub(super) fn searched(&mut self, HistoryPage { request, found }: HistoryPage) {
        if self.asked.search.take_if(|serial| *serial == request.serial).is_none() {
            return;
        }
        self.dialogue.prompt_due = true;
        let (entries, more) = match found {
            Ok(found) => found,
            Err(problem) => return self.say(problem),
        };
        let count = counted(entries.len(), "entry");
        let more = if more { "; there are more, these are the newest" } else { "" };
        self.say(format!("Found {count}{more}."));
        let log = self.session.log_of_kept(&entries);
        for entry in log.entries() {
            let to = entry.conversation().map(|key| self.name(key));
            self.say(sentences::entry(entry, None, to, self.now.wall, &self.zone));
        }
    }
}
