//! What was said, and what is heard: messages, files, and choices by number.

use crate::model::{Author, ConversationKey, DeliveryStatus};
use crate::session::OutgoingMessage;
use crate::session::thread::{EntryId, Thread, ThreadEntry};
use crate::text::dates;
use crate::text::screen::visible_lines;

use super::Plain;
use super::parser::{Done, FEW, number};

impl Plain {
    /// `.thread 20`
    pub(super) fn show_thread(&mut self, rest: &str) -> Done {
        let few = number(rest)?.map_or(FEW, |n| usize::try_from(n).unwrap_or(usize::MAX));
        let key = self.active()?;
        let messages = self.session.threads.messages(key);
        let newest: Vec<ThreadEntry> = messages.iter().skip(messages.len().saturating_sub(few)).cloned().collect();
        if newest.is_empty() {
            self.say("No message is known yet. Type .read to look.");
        }
        let today = self.now.wall.to_zoned(self.zone.clone()).date();
        let mut said = today;
        for entry in newest {
            let day = entry.at().to_zoned(self.zone.clone()).date();
            if std::mem::replace(&mut said, day) != day {
                self.say(format!("Messages of {}:", dates::day(day, today)));
            }
            match entry.delivery().map(DeliveryStatus::word) {
                None => self.show_said(key, entry.author(), entry.text()),
                Some(delivery) => {
                    for (at, line) in visible_lines(entry.text()).enumerate() {
                        let verb = if at == 0 { format!("You said, {delivery}") } else { "You went on".to_owned() };
                        self.say(format!("{verb}: {line}"));
                    }
                }
            }
        }
        Ok(())
    }

    /// Shows what is new, and what it offers to answer with.
    pub(super) fn show_news(&mut self, key: ConversationKey, new: &[EntryId]) {
        let messages = self.session.threads.messages(key).iter();
        let news: Vec<ThreadEntry> = messages.filter(|entry| new.contains(&entry.id)).cloned().collect();
        for entry in &news {
            if entry.late() {
                self.say("The next message came late: it was said before the last one that you heard.");
            }
            self.show_said(key, entry.author(), entry.text());
            for file in entry.attachments() {
                self.say(format!("A file came with it: {}, {}.", file.label(), file.mime));
            }
        }
        let offers = news.last().is_some_and(|entry| !entry.choices().is_empty());
        if offers && self.session.conversations.active() == Some(key) {
            self.show_choices(key);
        }
    }

    /// Shows what someone said. Each further line names the speaker again, so that no text can pass for a sentence of ours.
    pub(super) fn show_said(&mut self, key: ConversationKey, author: Author, text: &str) {
        let elsewhere = if self.session.conversations.active() == Some(key) {
            String::new()
        } else {
            format!(" in {}", self.spoken(key))
        };
        let who = match author {
            Author::Guest => "Guest",
            Author::Bot => "Bot",
            Author::Agent => "Agent",
            Author::Somebody => "Somebody",
            Author::System => "System",
        };
        for (at, line) in visible_lines(text).enumerate() {
            let verb = if at == 0 { "says" } else { "goes on" };
            self.say(format!("{who} {verb}{elsewhere}: {line}"));
        }
    }

    fn show_choices(&mut self, key: ConversationKey) {
        let offer = self.session.threads.get(key).and_then(Thread::offer);
        let labels: Vec<String> = offer.iter().flat_map(|offer| offer.choices).map(|c| c.label.clone()).collect();
        for (n, label) in (1..).zip(&labels) {
            self.say(format!("Choice {n}, {label}."));
        }
        if !labels.is_empty() {
            self.say("Type .choose and a number to answer with a choice.");
        }
    }

    /// `.choose 2`: answers with a choice; in production after a question.
    pub(super) fn choose(&mut self, rest: &str) -> Done {
        let key = self.active()?;
        let offer = self.session.threads.get(key).and_then(Thread::offer);
        let offer = offer.ok_or("No message of this conversation offers choices.")?;
        let Some(n) = number(rest)? else {
            self.show_choices(key);
            return Ok(());
        };
        let place = usize::try_from(n).ok().and_then(|n| n.checked_sub(1));
        let Some(choice) = place.and_then(|at| offer.choices.get(at)).cloned() else {
            let count = offer.choices.len();
            return Err(format!("There is no choice {n}; there are {count}. Type .choose to list them."));
        };
        let outgoing = OutgoingMessage::answer(key, choice, offer.id);
        self.send_or_ask(outgoing);
        Ok(())
    }
}
