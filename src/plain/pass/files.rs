//! Which pass is opened: an unfinished one, one of the files here, a built-in one, or one that is named.

use std::path::{Path, PathBuf};

use crate::model::variables::uuid_from;
use crate::pass::runner::{Runner, RunnerEvent};
use crate::pass::{Pass, builtin};
use crate::session::local::LocalRequest;
use crate::session::open_pass::{FoundPass, place_words};

use super::super::Plain;
use crate::plain::dialogue::Offered;
use crate::plain::parser::Done;
use crate::text::counted;

impl Plain {
    /// The files are there: what can be opened is told.
    pub(in crate::plain) fn passes(&mut self, found: Vec<FoundPass>) {
        let mut offered = Vec::new();
        if let Some(run) = &self.session.pass.unfinished {
            offered.push((format!("continue {}, {}", run.name, place_words(run)), Offered::Unfinished));
        }
        let mut wrong = Vec::new();
        for FoundPass { path, name } in found {
            match name {
                Ok(name) => offered.push((format!("{name}, {}", path.display()), Offered::File(path))),
                // Some end with a question: did you mean …?
                Err(why) if why.ends_with('?') => wrong.push(format!("Mistakes in a pass file: {why}")),
                Err(why) => wrong.push(format!("Mistakes in a pass file: {why}.")),
            }
        }
        for (name, text) in builtin::ALL {
            let about = Pass::parse(Path::new(name), text).ok().and_then(|p| p.about).unwrap_or_default();
            let about = about.trim_end_matches('.');
            offered.push((format!("built-in {name}: {about}"), Offered::BuiltIn(name)));
        }
        let (lines, offered): (Vec<String>, Vec<Offered>) = offered.into_iter().unzip();
        self.passes.offered = offered;
        for (n, line) in (1..).zip(lines) {
            self.say(format!("{n}, {line}."));
        }
        self.say_each(wrong);
        self.say("Type .pass open and a number, a built-in name, or a file.");
    }

    /// `.pass open 2`, `.pass open smoke`, `.pass open night.toml`
    pub(super) fn open_pass(&mut self, rest: &str) -> Done {
        if let Some(run) = self.session.pass.runner.as_ref().filter(|r| !r.is_over()).map(Runner::run) {
            return Err(format!("The test run {} is open. Type .pass stop to end it first.", run.name));
        }
        if rest.is_empty() {
            return Err("Type .pass open and a number, a built-in name, or a file; .pass lists them.".to_owned());
        }
        let chosen = match rest.parse::<usize>() {
            Ok(n) => n.checked_sub(1).and_then(|at| self.passes.offered.get(at)).cloned().ok_or_else(|| {
                let count = self.passes.offered.len();
                format!("There is no number {rest}; {count} were listed. Type .pass to list them.")
            })?,
            Err(_) => match builtin::ALL.iter().find(|(name, _)| *name == rest) {
                Some((name, _)) => Offered::BuiltIn(name),
                None => Offered::File(PathBuf::from(rest)),
            },
        };
        match chosen {
            Offered::Unfinished => self.resume_pass(),
            Offered::File(path) => {
                self.ask_machine(LocalRequest::ReadPass(path));
                Ok(())
            }
            Offered::BuiltIn(name) => {
                self.begin_pass(&format!("{}{name}", builtin::PREFIX), builtin::named(name).unwrap_or_default())
            }
        }
    }

    /// The file's text is there, or why not.
    pub(in crate::plain) fn pass_read(&mut self, path: &Path, text: Result<String, String>) {
        if let Err(sentence) = text.and_then(|text| self.begin_pass(&path.display().to_string(), &text)) {
            self.wrong(sentence);
        }
    }

    fn begin_pass(&mut self, file: &str, text: &str) -> Done {
        self.passes.begun += 1;
        self.passes.told = None;
        let id = uuid_from(self.passes.seed, self.passes.begun);
        let opened = self.with_session(|session, now, changes| session.open_pass(file, text, id, now, changes));
        opened.map_err(|problems| {
            let mistakes = problems.to_string().lines().count();
            format!("Mistakes in the pass file {file}, {}:\n{problems}", counted(mistakes, "line"))
        })
    }

    /// Goes on where an earlier session stopped.
    fn resume_pass(&mut self) -> Done {
        match self.session.resume_pass(self.now) {
            None => {}
            Some(Err(name)) => {
                return Err(format!("{name} cannot be continued: its record cannot be read."));
            }
            Some(Ok(_)) => {
                self.passes.told = None;
                self.pass_event(RunnerEvent::Pause(false));
            }
        }
        Ok(())
    }
}
