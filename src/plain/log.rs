//! What is shown of the log: entries, ids, headers, bodies.

use crate::model::Outcome;
use crate::session::log::LogEntry;

use super::parser::{Done, FEW, number};
use super::{Plain, sentences};

impl Plain {
    pub(super) fn entry_of(&self, n: u64) -> Result<&LogEntry, String> {
        self.session.log.entry(n).ok_or_else(|| format!("The log has no entry {n}. .log shows the entries."))
    }

    /// The entry with number `n`, or else the newest that carries a message.
    fn entry_or_newest(&self, n: Option<u64>) -> Result<&LogEntry, String> {
        match n {
            Some(n) => self.entry_of(n),
            None => {
                let sent = self.session.log.entries().rev().find(|e| e.exchange().is_some_and(|x| x.message.is_some()));
                sent.ok_or_else(|| {
                    "Nothing was sent yet. Type the number of an entry; .log shows the entries.".to_owned()
                })
            }
        }
    }

    /// `.log 20`
    pub(super) fn show_log(&mut self, rest: &str) -> Done {
        let few = number(rest)?.map_or(FEW, |n| usize::try_from(n).unwrap_or(usize::MAX));
        let mut numbers: Vec<u64> = self.session.log.entries().rev().take(few).map(LogEntry::number).collect();
        numbers.reverse();
        if numbers.is_empty() {
            self.say("The log is empty.");
        }
        for n in numbers {
            self.show_entry(n);
        }
        Ok(())
    }

    /// One entry in a line.
    pub(super) fn show_entry(&mut self, n: u64) {
        let Some(entry) = self.session.log.entry(n) else { return };
        let exchange = entry.exchange();
        let settled = exchange.is_some_and(|x| x.outcome.is_settled() && !matches!(x.outcome, Outcome::Failed(_)));
        let message = exchange.and_then(|x| self.session.threads.message(x.message?)).filter(|_| settled);
        let to = exchange.and_then(|x| x.conversation).map(|key| self.name(key));
        let line = sentences::entry(entry, message.map(|m| m.delivery.word()), to, self.now.wall, &self.zone);
        self.say(line);
    }

    /// `.ids 4`, `.ids`
    pub(super) fn show_ids(&mut self, rest: &str) -> Done {
        if let Some(n) = number(rest)? {
            self.entry_of(n)?;
            self.show_entry_ids(n);
            return Ok(());
        }
        let key = self.active()?;
        for line in self.session.conversations.card(key) {
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
        let remote = self.message_of(n).ok().and_then(|(id, _)| self.session.threads.message(id)?.remote_id.clone());
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

    /// `.headers 4`, `.body`, `.curl`
    pub(super) fn show_part(&mut self, rest: &str, what: &str, part: fn(&LogEntry) -> Option<String>) -> Done {
        let entry = self.entry_or_newest(number(rest)?)?;
        let n = entry.number();
        match part(entry) {
            Some(text) => self.say_text_of(&format!("The {what} of entry {n}"), &text),
            None => self.say(format!("Entry {n} has no {what}.")),
        }
        Ok(())
    }
}
