//! What of the log is told: entries, ids, headers, bodies.

use crate::model::Outcome;
use crate::session::log::LogEntry;
use crate::text::screen::visible_lines;

use super::commands::FEW;
use super::parser::Verb;
use super::{Plain, sentences};

impl Plain {
    pub(super) fn entry_of(&self, n: u64) -> Result<&LogEntry, String> {
        self.session.log.entry(n).ok_or_else(|| format!("The log has no entry {n}. .log tells the entries."))
    }

    /// The entry with number `n`, or else the newest that carries a message.
    fn entry_or_newest(&self, n: Option<u64>) -> Result<&LogEntry, String> {
        match n {
            Some(n) => self.entry_of(n),
            None => {
                let sent = self.session.log.entries().rev().find(|e| e.exchange().is_some_and(|x| x.message.is_some()));
                sent.ok_or_else(|| "Nothing was sent yet. Name an entry of the log; .log tells them.".to_owned())
            }
        }
    }

    pub(super) fn tell_log(&mut self, few: Option<u64>) {
        let few = few.map_or(FEW, |n| usize::try_from(n).unwrap_or(usize::MAX));
        let mut numbers: Vec<u64> = self.session.log.entries().rev().take(few).map(LogEntry::number).collect();
        numbers.reverse();
        if numbers.is_empty() {
            self.say("The log is empty.");
        }
        for n in numbers {
            self.tell_entry(n);
        }
    }

    /// One entry in a line.
    pub(super) fn tell_entry(&mut self, n: u64) {
        let Some(entry) = self.session.log.entry(n) else { return };
        let exchange = entry.exchange();
        let settled = exchange.is_some_and(|x| x.outcome.is_settled() && !matches!(x.outcome, Outcome::Failed(_)));
        let message = exchange.and_then(|x| self.session.threads.message(x.message?)).filter(|_| settled);
        let to = exchange.and_then(|x| x.conversation).map(|key| self.name(key));
        let line = sentences::entry(entry, message.map(|m| m.life.word()), to, &self.zone);
        self.say(line);
    }

    pub(super) fn tell_ids(&mut self, n: Option<u64>) -> Result<(), String> {
        if let Some(n) = n {
            self.entry_of(n)?;
            self.tell_entry_ids(n);
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
            self.tell_entry_ids(n);
        }
        Ok(())
    }

    fn tell_entry_ids(&mut self, n: u64) {
        self.session.log.select_number(n);
        let remote = self.message_of(n).ok().and_then(|(id, _)| self.session.threads.message(id)?.remote_id.clone());
        match self.session.log.copy_ids() {
            Some(ids) => {
                self.say(format!("Of entry {n}:"));
                for line in ids.lines() {
                    self.say(line);
                }
            }
            None => self.say(format!("Entry {n} brought no request id.")),
        }
        if let Some(id) = remote {
            self.say(format!("message id: {id}"));
        }
    }

    pub(super) fn tell_part(&mut self, verb: Verb, n: Option<u64>) -> Result<(), String> {
        let n = self.entry_or_newest(n)?.number();
        self.session.log.select_number(n);
        let (what, text) = match verb {
            Verb::Headers => ("headers", self.session.log.copy_headers()),
            Verb::Curl => ("request as a curl command", self.session.log.copy_curl()),
            _ => ("body", self.session.log.copy_body()),
        };
        let Some(text) = text else {
            self.say(format!("Entry {n} has no {what}."));
            return Ok(());
        };
        // The number of lines says where what came from outside ends.
        let lines: Vec<String> = visible_lines(&text).map(std::borrow::Cow::into_owned).collect();
        self.say(format!("The {what} of entry {n}, {}:", sentences::count(lines.len() as u128, "line")));
        for line in lines {
            self.say(line);
        }
        Ok(())
    }
}
