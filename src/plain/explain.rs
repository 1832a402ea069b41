//! Why a message was refused, and what can be made of an entry of the log: the card, texts to pass on, comparisons, marks
//! and comments, and finding entries.

use crate::diagnosis::render;
use crate::journal::Job;
use crate::session::log::LogEntry;
use crate::text::screen::visible_lines;

use super::commands::FEW;
use super::parser::Verb;
use super::{Plain, sentences};

impl Plain {
    /// The entry `n`, or else the newest, of which there is something to explain.
    fn refused(&self, n: Option<u64>) -> Result<u64, String> {
        let explained = |entry: &&LogEntry| entry.diagnosis().is_some();
        match n {
            Some(n) => {
                let entry = self.entry_of(n)?;
                Some(entry).filter(explained).map(LogEntry::number).ok_or_else(|| format!("Entry {n} was not refused."))
            }
            None => {
                let newest = self.session.log.entries().rev().find(explained);
                newest.map(LogEntry::number).ok_or_else(|| "Nothing was refused in this session.".to_owned())
            }
        }
    }

    /// The card of a refusal, a sentence at a time.
    pub(super) fn tell_why(&mut self, n: Option<u64>) -> Result<(), String> {
        let n = self.refused(n)?;
        let log = &self.session.log;
        let Some((exchange, diagnosis)) = log.entry(n).and_then(|e| Some((e.exchange()?, e.diagnosis()?))) else {
            return Ok(());
        };
        let number = |id| log.number_of(id);
        let mut said = vec![format!("Entry {n}, {}.", diagnosis.cause())];
        for part in render::card(diagnosis, exchange, &self.session.profile.facts, &number) {
            let mut letters = part.heading.chars();
            let first: String = letters.next().into_iter().collect();
            said.push(format!("{first}{}:", letters.as_str().to_lowercase()));
            said.extend(part.lines);
        }
        said.push(format!("Say .ticket {n} for a text to pass on, or .note {n} for the administrator."));
        for line in said {
            self.say(line);
        }
        Ok(())
    }

    /// A text for a ticket, or a note to the administrator.
    pub(super) fn tell_text(&mut self, verb: Verb, n: Option<u64>) -> Result<(), String> {
        let n = self.refused(n)?;
        let session = &self.session;
        let Some((exchange, diagnosis)) = session.log.entry(n).and_then(|e| Some((e.exchange()?, e.diagnosis()?)))
        else {
            return Ok(());
        };
        let name = exchange.conversation.and_then(|key| session.conversations.get(key)).map(|item| item.name());
        let facts = &session.profile.facts;
        let text = if verb == Verb::Ticket {
            render::ticket(diagnosis, exchange, facts, name, &self.zone)
        } else {
            render::note(diagnosis, exchange, facts, name, &self.zone)
        };
        let lines: Vec<String> = visible_lines(&text).map(std::borrow::Cow::into_owned).collect();
        self.say(format!("The text about entry {n}, {}:", sentences::count(lines.len() as u128, "line")));
        for line in lines {
            self.say(line);
        }
        Ok(())
    }

    /// What differs between two entries; with one number, from the last accepted message of its conversation.
    pub(super) fn tell_differences(&mut self, rest: &str) -> Result<(), String> {
        let numbers: Option<Vec<u64>> =
            rest.split_whitespace().map(|word| word.trim_start_matches('#').parse().ok()).collect();
        let (first, second) = match numbers.as_deref() {
            Some([one, two]) => (*one, *two),
            Some([one]) => match self.session.log.accepted_beside(*one) {
                Some(accepted) => (accepted, *one),
                None => return Err(format!("No accepted message is there to compare entry {one} with.")),
            },
            _ => return Err("Say .compare and one or two numbers of the log.".to_owned()),
        };
        self.entry_of(first)?;
        self.entry_of(second)?;
        let scopes = |generation| self.session.diagnoses.evidence.granted(generation);
        let differences = self.session.log.compare(first, second, &scopes).unwrap_or_default();
        if differences.is_empty() {
            self.say(format!("Entries {first} and {second} do not differ."));
        }
        for d in differences {
            self.say(format!("{}: {first} has {}; {second} has {}.", d.what, d.left, d.right));
        }
        Ok(())
    }

    /// Marks an entry or takes its mark away, or comments it: a number and a text.
    pub(super) fn mark(&mut self, verb: Verb, rest: &str) -> Result<(), String> {
        let (n, text) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let number = n.trim_start_matches('#').parse::<u64>();
        let Ok(n) = number else { return Err("Say the number of an entry; .log tells them.".to_owned()) };
        self.entry_of(n)?;
        if verb == Verb::Comment {
            self.session.log.comment_on(n, text);
            self.say(if text.is_empty() {
                format!("Entry {n} has no comment.")
            } else {
                format!("Commented entry {n}.")
            });
        } else {
            self.session.log.select_number(n);
            let marked = self.session.log.toggle_mark().unwrap_or_default();
            self.say(if marked { format!("Entry {n} is marked.") } else { format!("Entry {n} is not marked.") });
            self.session.log.last();
        }
        let entry = self.entry_of(n)?;
        let job = Job::Mark { number: n, marked: entry.is_marked(), comment: entry.comment().map(str::to_owned) };
        self.with_session(|session, _, changes| session.keep(job, changes));
        Ok(())
    }

    /// The newest entries that a filter lets through.
    pub(super) fn find(&mut self, text: &str) -> Result<(), String> {
        if text.is_empty() {
            return Err("Say .find and what to look for, such as .find is:error or .find status:401.".to_owned());
        }
        let now = self.now.wall;
        self.session.log.set_filter(text, now).map_err(|wrong| format!("{wrong}."))?;
        let all = self.session.log.shown_numbers();
        self.session.log.clear_filter();
        self.say(match all.len() {
            0 => "No entry of the log fits.".to_owned(),
            1 => "1 entry fits.".to_owned(),
            count => format!("{count} entries fit."),
        });
        for n in all.iter().rev().take(FEW).rev() {
            self.tell_entry(*n);
        }
        Ok(())
    }

    /// Gives the open conversation a name of one's own; without one, the configured name again.
    pub(super) fn rename(&mut self, name: &str) -> Result<(), String> {
        let key = self.active()?;
        self.session.conversations.set_nickname(key, name);
        self.with_session(|session, _, changes| session.keep_conversation(key, changes));
        let spoken = self.spoken(key);
        self.say(format!("It is {spoken} now."));
        Ok(())
    }
}
