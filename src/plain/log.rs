//! What is shown of the log: entries, ids, headers, bodies; why a message was refused, and what can be made of that: texts
//! to pass on, comparisons, marks and comments.

use super::parser::{Done, FEW, how_many, number, numbered};
use super::{Plain, sentences};
use crate::diagnosis::render::{self, Ticket};
use crate::journal::Job;
use crate::model::Outcome;
use crate::session::conversations::ConversationItem;
use crate::session::log::LogEntry;

impl Plain {
    pub(super) fn entry_of(&self, n: u64) -> Result<&LogEntry, String> {
        self.session.log.entry(n).ok_or_else(|| format!("The log has no entry {n}. .log shows the entries."))
    }

    pub(super) fn show_log(&mut self, rest: &str) -> Done {
        let few = how_many(rest)?;
        let numbers: Vec<u64> = self.session.log.entries().rev().take(few).map(LogEntry::number).collect();
        if numbers.is_empty() {
            self.say("The log is empty.");
        }
        numbers.into_iter().rev().for_each(|n| self.show_entry(n));
        Ok(())
    }

    pub(super) fn show_entry(&mut self, n: u64) {
        let Some(entry) = self.session.log.entry(n) else { return };
        let exchange = entry.exchange();
        let settled = exchange.is_some_and(|x| x.outcome.is_finished() && !matches!(x.outcome, Outcome::Failed(_)));
        let message = exchange.and_then(|x| self.session.threads.message(x.message?)).filter(|_| settled);
        let to = exchange.and_then(|x| x.conversation).map(|key| self.name(key));
        self.say(sentences::entry(entry, message.map(|m| m.delivery.word()), to, self.now.wall, &self.zone));
    }

    pub(super) fn show_ids(&mut self, rest: &str) -> Done {
        if let Some(n) = number(rest)? {
            self.entry_of(n)?;
            self.show_entry_ids(n);
            return Ok(());
        }
        let key = self.active()?;
        let card = self.session.conversations.get(key).map(ConversationItem::card);
        for line in card.unwrap_or_default() {
            let note = if line.note.is_empty() { String::new() } else { format!(", {}", line.note) };
            self.say(format!("{}: {}{note}", line.label, line.value));
        }
        // The newest message of this conversation, not of another.
        let sent = |e: &&LogEntry| e.exchange().is_some_and(|x| x.message.is_some() && x.conversation == Some(key));
        let newest = self.session.log.entries().rev().find(sent).map(LogEntry::number);
        if let Some(n) = newest {
            self.show_entry_ids(n);
        }
        Ok(())
    }

    fn show_entry_ids(&mut self, n: u64) {
        let remote = self.message_of(n).ok().and_then(|message| message.remote_id.clone());
        match self.session.log.entry(n).and_then(LogEntry::copy_ids) {
            Some(ids) => {
                self.say(format!("Ids of entry {n}:"));
                self.say_each(ids.lines());
            }
            None => self.say(format!("The answer of entry {n} has no request id.")),
        }
        if let Some(id) = remote {
            self.say(format!("message id: {id}"));
        }
    }

    /// Of an entry by its number, or else of the newest that carries a message.
    pub(super) fn show_part(&mut self, rest: &str, what: &str, part: fn(&LogEntry) -> Option<String>) -> Done {
        let sent = || self.session.log.entries().rev().find(|e| e.exchange().is_some_and(|x| x.message.is_some()));
        let entry = match number(rest)? {
            Some(n) => self.entry_of(n)?,
            None => sent().ok_or("Nothing was sent yet. Type the number of an entry; .log shows the entries.")?,
        };
        let n = entry.number();
        match part(entry).filter(|text| !text.is_empty()) {
            Some(text) => self.say_text_of(&format!("The {what} of entry {n}"), &text),
            None => self.say(format!("Entry {n} has no {what}.")),
        }
        Ok(())
    }

    /// The entry `n`, or else the newest, of which there is something to explain.
    pub(super) fn refused(&self, n: Option<u64>) -> Result<&LogEntry, String> {
        let explained = |entry: &&LogEntry| entry.diagnosis().is_some();
        let (entry, none) = match n {
            Some(n) => (Some(self.entry_of(n)?).filter(explained), format!("Entry {n} has no diagnosis.")),
            None => (self.session.log.entries().rev().find(explained), "No refusal in the log has a diagnosis.".into()),
        };
        entry.ok_or(none)
    }

    pub(super) fn show_why(&mut self, rest: &str) -> Done {
        let entry = self.refused(number(rest)?)?;
        let (Some(exchange), Some(diagnosis)) = (entry.exchange(), entry.diagnosis()) else { return Ok(()) };
        let (n, number) = (entry.number(), |id| self.session.log.number_of(id));
        let check = format!("type .probe {n} to check");
        let mut said = vec![format!("Entry {n}, {}, {}.", diagnosis.cause(), render::certainty(diagnosis))];
        for part in render::card(diagnosis, exchange, &entry.advice(), &self.session.profile.facts, &number, &check) {
            said.push(format!("{}:", part.heading));
            said.extend(part.lines);
        }
        said.push(format!(
            "Type .ticket {n} for a text to pass on, .note {n} for the administrator, or .probe {n} to check more."
        ));
        self.say_each(said);
        Ok(())
    }

    pub(super) fn show_text(&mut self, rest: &str, write: fn(&Ticket<'_>) -> String) -> Done {
        let entry = self.refused(number(rest)?)?;
        let (Some(exchange), Some(diagnosis)) = (entry.exchange(), entry.diagnosis()) else { return Ok(()) };
        let session = &self.session;
        let conversation = exchange.conversation.and_then(|key| Some(session.conversations.get(key)?.name()));
        let profile = &session.profile.facts;
        let text = write(&Ticket { diagnosis, exchange, profile, conversation, zone: &self.zone });
        self.say_text_of(&format!("The text about entry {}", entry.number()), &text);
        Ok(())
    }

    /// What differs between two entries; with one number, from the last accepted message of its conversation.
    pub(super) fn show_differences(&mut self, rest: &str) -> Done {
        let numbers: Option<Vec<u64>> =
            rest.split_whitespace().map(|word| word.trim_start_matches('#').parse().ok()).collect();
        let (first, second) = match numbers.as_deref() {
            Some([one, two]) => (*one, *two),
            Some([one]) => match self.session.log.accepted_beside(*one) {
                Some(accepted) => (accepted, *one),
                None => return Err(format!("There is no accepted message to compare entry {one} with.")),
            },
            _ => return Err("Type .compare and one or two numbers of the log.".to_owned()),
        };
        self.entry_of(first)?;
        self.entry_of(second)?;
        let scopes = |generation| self.session.diagnoses.evidence.granted(generation);
        let differences = self.session.log.compare(first, second, &scopes).unwrap_or_default();
        if differences.is_empty() {
            self.say(format!("Entries {first} and {second} do not differ."));
        }
        let said = differences.iter().map(|d| format!("{}: {first} has {}; {second} has {}.", d.what, d.left, d.right));
        self.say_each(said);
        Ok(())
    }

    pub(super) fn mark(&mut self, rest: &str) -> Done {
        let (n, _) = numbered(rest, "mark")?;
        self.entry_of(n)?;
        let marked = self.session.log.toggle_mark_of(n).unwrap_or_default();
        self.say(if marked { format!("Entry {n} is marked.") } else { format!("Entry {n} is not marked.") });
        self.keep_mark(n)
    }

    pub(super) fn comment(&mut self, rest: &str) -> Done {
        let (n, text) = numbered(rest, "comment")?;
        self.entry_of(n)?;
        self.session.log.comment_on(n, text);
        let has = if text.is_empty() { "has no comment" } else { "has the comment" };
        self.say(format!("Entry {n} {has}."));
        self.keep_mark(n)
    }

    fn keep_mark(&mut self, n: u64) -> Done {
        let entry = self.entry_of(n)?;
        let job = Job::Mark(n, entry.kept.marked, entry.comment().map(str::to_owned));
        self.with_session(|session, _, changes| session.keep(job, changes));
        Ok(())
    }

    pub(super) fn find(&mut self, text: &str) -> Done {
        if text.is_empty() {
            return Err("Type .find and a filter, for example .find is:error or .find status:401.".to_owned());
        }
        let now = self.now.wall;
        self.session.log.set_filter(text, now).map_err(|wrong| format!("{wrong}."))?;
        let shown = self.session.log.entries().filter(|entry| entry.is_shown());
        let all: Vec<u64> = shown.map(LogEntry::number).collect();
        self.session.log.clear_filter();
        self.say(match all.len() {
            0 => "No entry of the log matches.".to_owned(),
            1 => "1 entry matches.".to_owned(),
            count => format!("{count} entries match."),
        });
        all.iter().skip(all.len().saturating_sub(FEW)).for_each(|n| self.show_entry(*n));
        Ok(())
    }

    /// Gives the open conversation a name of one's own; without one, the configured name again.
    pub(super) fn rename(&mut self, name: &str) -> Done {
        let key = self.active()?;
        self.session.conversations.set_nickname(key, name);
        self.with_session(|session, _, changes| session.keep_conversation(key, changes));
        self.say(format!("The name is now: {}.", self.spoken(key)));
        Ok(())
    }
}
