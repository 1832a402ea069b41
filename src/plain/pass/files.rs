//! Which pass is opened: an unfinished one, one of the files here, a built-in one, or one that is named.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::engine::Report;
use crate::journal::Job;
use crate::model::variables::uuid_from;
use crate::pass::runner::{Begin, Cast, Event, Mode, Player, Runner};
use crate::pass::{Pass, Run, builtin};
use crate::session::open_pass::{Found, place_words};

use super::super::{Act, Plain};
use crate::plain::sentences;

/// What can be opened by its number.
#[derive(Clone, Debug)]
pub(super) enum Offered {
    Unfinished,
    File(PathBuf),
    BuiltIn(&'static str),
}

impl Plain {
    pub(super) fn find_passes(&mut self) {
        self.desk.outside = true;
        self.acts.push(Act::FindPasses);
    }

    /// The files are there: what can be opened is told.
    pub(in crate::plain) fn passes(&mut self, found: Vec<Found>) {
        self.desk.outside = false;
        let mut offered = Vec::new();
        if let Some(run) = &self.desk.unfinished {
            offered.push((format!("go on with {}, {}", run.name, place_words(run)), Offered::Unfinished));
        }
        let mut wrong = Vec::new();
        for Found { path, name } in found {
            match name {
                Ok(name) => offered.push((format!("{name}, {}", path.display()), Offered::File(path))),
                Err(why) => wrong.push(format!("Not a pass yet: {why}.")),
            }
        }
        for (name, text) in builtin::ALL {
            let about = Pass::parse(Path::new(name), text).ok().and_then(|p| p.about).unwrap_or_default();
            let about = about.trim_end_matches('.');
            offered.push((format!("built-in {name}: {about}"), Offered::BuiltIn(name)));
        }
        let (lines, offered): (Vec<String>, Vec<Offered>) = offered.into_iter().unzip();
        self.desk.offered = offered;
        for (n, line) in (1..).zip(lines) {
            self.say(format!("Pass {n}, {line}."));
        }
        for line in wrong {
            self.say(line);
        }
        self.say("Say .pass open and a number, the name of a built-in one, or a file.");
        self.prompt_due = true;
    }

    /// `.pass open 2`, `.pass open smoke`, `.pass open night.toml`
    pub(super) fn open_pass(&mut self, rest: &str) -> Result<(), String> {
        if let Some(run) = self.desk.runner.as_ref().filter(|r| !r.is_over()).map(Runner::run) {
            return Err(format!("The pass {} is open. Say .pass stop to end it first.", run.name));
        }
        if rest.is_empty() {
            return Err(
                "Say .pass open and a number, the name of a built-in pass, or a file; .pass tells them.".to_owned()
            );
        }
        let chosen = match rest.parse::<usize>() {
            Ok(n) => n.checked_sub(1).and_then(|at| self.desk.offered.get(at)).cloned().ok_or_else(|| {
                let count = self.desk.offered.len();
                format!("There is no pass {rest}; {count} were told. Say .pass to hear them.")
            })?,
            Err(_) => match builtin::ALL.iter().find(|(name, _)| *name == rest) {
                Some((name, _)) => Offered::BuiltIn(name),
                None => Offered::File(PathBuf::from(rest)),
            },
        };
        match chosen {
            Offered::Unfinished => self.resume_pass(),
            Offered::File(path) => {
                self.desk.outside = true;
                self.acts.push(Act::ReadPass(path));
                Ok(())
            }
            Offered::BuiltIn(name) => {
                self.begin_pass(&format!("{}{name}", builtin::PREFIX), builtin::named(name).unwrap_or_default())
            }
        }
    }

    /// The file's text is there, or why not.
    pub(in crate::plain) fn pass_read(&mut self, path: &Path, text: Result<String, String>) {
        self.desk.outside = false;
        self.prompt_due = true;
        if let Err(sentence) = text.and_then(|text| self.begin_pass(&path.display().to_string(), &text)) {
            self.wrong(sentence);
        }
    }

    fn begin_pass(&mut self, file: &str, text: &str) -> Result<(), String> {
        let pass = Pass::parse(Path::new(file), text).map_err(|problems| {
            let count = problems.to_string().lines().count() as u128;
            format!("{file} is not a pass yet, {} to mend:\n{problems}", sentences::count(count, "line"))
        })?;
        // Of two unfinished runs only one can be gone on with: the one left behind is over.
        if let Some(left) = self.desk.unfinished.take() {
            let ended = Run { ended: Some(self.now.wall), ..(*left).clone() };
            self.tell_journal(Job::Pass(Arc::new(ended)));
        }
        self.desk.begun += 1;
        let begin = Begin {
            id: uuid_from(self.seed, self.desk.begun),
            file: file.to_owned(),
            source: text.to_owned(),
            profile: self.profile.clone(),
            region: self.region.clone(),
            sandbox: self.sandbox,
            at: self.now,
            plan: (0..pass.cases.len()).map(|case| (case, 1)).collect(),
        };
        let runner = Runner::new(Arc::new(pass), begin, self.cast(), Mode::Person);
        self.play(runner, None);
        Ok(())
    }

    /// Goes on where an earlier session stopped.
    fn resume_pass(&mut self) -> Result<(), String> {
        let Some(run) = self.desk.unfinished.take() else { return Ok(()) };
        let pass = Pass::parse(Path::new(&run.file), &run.source).ok();
        let runner = pass.and_then(|pass| Runner::resume(Arc::new(pass), (*run).clone(), self.cast(), self.now));
        let Some(runner) = runner else {
            return Err(format!("{} cannot be gone on with: what was kept of it cannot be read.", run.name));
        };
        self.play(runner, Some(run));
        Ok(())
    }

    fn play(&mut self, runner: Runner, kept: Option<Arc<Run>>) {
        (self.desk.runner, self.desk.kept, self.desk.told) = (Some(runner), kept, None);
        self.tell_pass(Event::Report(&Report::Token(self.token.clone())));
        self.tell_pass(Event::Pause(false));
    }

    fn cast(&self) -> Cast {
        // The pass calls conversations as the config does, whatever a person calls them.
        let players = self.picker.items().iter().map(|item| Player {
            name: item.conversation.name.clone(),
            key: item.conversation.key,
            channel: item.conversation.channel(),
            readable: item.readable.clone(),
        });
        let players = players.collect();
        Cast { players, usual: self.picker.active(), sandbox: self.sandbox }
    }

    /// What the journal kept: an unfinished run is told of.
    pub(in crate::plain) fn pass_restored(&mut self, run: Option<Arc<Run>>) {
        let Some(run) = run else { return };
        self.say(format!("The pass {} waits at {}. Say .pass to hear how to go on.", run.name, place_words(&run)));
        if self.desk.runner.is_none() {
            self.desk.unfinished = Some(run);
        }
    }

    /// The reports are written, or why not.
    pub(in crate::plain) fn reported(&mut self, done: Result<String, String>) {
        self.desk.outside = false;
        self.prompt_due = true;
        match done {
            Ok(said) => self.say(said),
            Err(why) => {
                self.say(why);
                self.came_to(crate::app::exit::Exit::Refused, None);
            }
        }
    }
}
