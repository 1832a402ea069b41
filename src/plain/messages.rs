//! Messages: sent from lines, taken back, waited for; shown, and answered with a choice.

use std::time::Duration;

use super::parser::{Done, PlainQuestion, how_many, number};
use super::{AwaitedReply, FrontEndEffect, Plain, sentences};
use crate::app::exit::Exit;
use crate::config::parse_duration;
use crate::engine::Command;
use crate::model::{
    Author, ConversationKey, DeliveryStatus, Extras, Message, MessageId, Objection, OutgoingMessage, Variation,
};
use crate::session::thread::{EntryId, Thread, ThreadEntry};
use crate::text::screen::visible_lines;
use crate::text::{capitalised, counted, dates};

impl Plain {
    pub(super) fn wait(&mut self, rest: &str) -> Done {
        let span = if rest.is_empty() { Some(Duration::from_secs(10)) } else { parse_duration(rest) };
        let span = span.ok_or_else(|| format!("{rest} is not a length of time. Type .wait 10s, or .wait 500ms."))?;
        let key = self.active()?;
        let newest = self.session.threads.get(key).and_then(|thread| thread.ours().next_back());
        let newest = newest.ok_or("Nothing was sent in this conversation, so there is no reply to wait for.")?;
        let message = newest.id;
        if newest.delivery == DeliveryStatus::Answered {
            self.say("The last message is answered.");
        }
        self.asked.waiting = Some(AwaitedReply { message, until: self.now.after(span), span });
        Ok(())
    }

    pub(super) fn say_text(&mut self, text: &str) -> Done {
        let key = self.active().map_err(|sentence| format!("Not sent. {sentence}"))?;
        let objection = self.next.carried.get(&key).unwrap_or(&Extras::default()).objection(text, None);
        let senseless = self.next.sent_as.and_then(|how| Some((how, self.senseless(how)?)));
        let sentence = match (objection, senseless) {
            (Some(why @ Objection::AttributesTooLarge(_)), _) => {
                Some(format!("Not sent: {why}. Type .takeoff to remove them."))
            }
            (Some(why), _) => Some(format!("Not sent: {why}.")),
            (None, why) => why.map(|(how, why)| format!("Not sent as {how}: {why}. Type .sendas to change it.")),
        };
        if let Some(sentence) = sentence {
            self.say_end(Exit::Refused, sentence);
            return Ok(());
        }
        let extras = self.next.carried.remove(&key).unwrap_or_default();
        let outgoing = OutgoingMessage { extras, ..OutgoingMessage::text(key, text) };
        let how = self.next.sent_as.take();
        self.send_or_ask(outgoing.varied(how));
        Ok(())
    }

    pub(super) fn send_or_ask(&mut self, outgoing: OutgoingMessage) {
        let Some(production) = self.production() else { return self.submit(outgoing) };
        let lines = counted(visible_lines(&outgoing.text).count(), "line");
        let how = outgoing.sent_as.map(|how| format!(" Wrong on purpose: {how}.")).unwrap_or_default();
        let files = outgoing.extras.attachments.iter().map(|file| format!("with the file {}", file.label()));
        let attributes = outgoing.extras.attributes.iter().map(|(name, value)| format!("with {name}={value}"));
        let with: Vec<String> = files.chain(attributes).collect();
        let with = if with.is_empty() { String::new() } else { format!(" {}.", with.join(", ")) };
        let place = self.spoken(outgoing.conversation);
        let sentence = format!("{production}{place}.{with}{how} Send this, {lines}: {}", outgoing.text);
        self.put(PlainQuestion::Send(Box::new(outgoing)), &sentence);
    }

    pub(super) fn submit(&mut self, outgoing: OutgoingMessage) {
        if !self.journal_objects(outgoing.conversation) {
            self.dialogue.prompt_due = false;
            self.with_session(|session, now, changes| session.submit(outgoing, now, changes));
        }
    }

    pub(super) fn send_as(&mut self, rest: &str) -> Done {
        match (rest, Variation::named(rest)) {
            ("off", _) => {
                self.next.sent_as = None;
                self.say("The next message is sent as usual.");
            }
            (_, Some(how)) => {
                if let Some(why) = self.senseless(how) {
                    return Err(format!("Not as {how}: {why}."));
                }
                self.next.sent_as = Some(how);
                self.say(format!("The next message is sent wrongly on purpose: {how}, {}.", how.about()));
            }
            ("", None) => {
                for how in Variation::ALL {
                    let why = self.senseless(how).map(|why| format!(" Not here: {why}.")).unwrap_or_default();
                    self.say(format!("{how}, {}.{why}", how.about()));
                }
                self.say("Type .sendas and one of these words.");
            }
            (other, None) => {
                let near = sentences::nearest_to(other, "", Variation::WORDS);
                return Err(format!("There is no way {other}.{near} Type .sendas to list the ways."));
            }
        }
        Ok(())
    }

    fn senseless(&self, how: Variation) -> Option<String> {
        let channel = self.session.conversations.active_channel()?;
        Some(format!("this is not possible on the channel {channel}, because {}", how.senseless(channel)?))
    }

    pub(super) fn cancel(&mut self, rest: &str) -> Done {
        let Some(n) = number(rest)? else {
            if !self.take_back_paused() && self.session.under_way().next().is_none() {
                self.say("No message is under way.");
            }
            self.cancel_all();
            return Ok(());
        };
        let Message { id, delivery, .. } = self.message_of(n)?.clone();
        if delivery.is_finished() {
            self.say(format!("Message {n} is {}; there is nothing to take back.", delivery.word()));
        } else {
            self.ask(Command::Cancel(id));
        }
        Ok(())
    }

    pub(super) fn cancel_all(&mut self) {
        let open: Vec<MessageId> = self.session.under_way().map(|message| message.id).collect();
        if !open.is_empty() {
            self.say("Taking back the messages under way. A message that was already written may have been received.");
        }
        self.effects.extend(open.into_iter().map(|id| FrontEndEffect::Ask(Command::Cancel(id))));
    }

    pub(super) fn message_of(&self, n: u64) -> Result<&Message, String> {
        let entry = self.entry_of(n)?;
        let message = entry.exchange().and_then(|x| self.session.threads.message(x.message?));
        let none = || format!("Entry {n} of the log is not a sent message. .log shows the entries.");
        message.ok_or_else(none)
    }

    pub(super) fn show_thread(&mut self, rest: &str) -> Done {
        let few = how_many(rest)?;
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
                Some(delivery) => self.say_quoted(&format!("You said, {delivery}"), "You went on", entry.text()),
            }
        }
        Ok(())
    }

    pub(super) fn show_news(&mut self, key: ConversationKey, new: &[EntryId]) {
        let messages = self.session.threads.messages(key).iter();
        let news: Vec<ThreadEntry> = messages.filter(|entry| new.contains(&entry.id)).cloned().collect();
        for entry in &news {
            if entry.late() {
                self.say("The next message came late: it was said before the last one that you heard.");
            }
            self.show_said(key, entry.author(), entry.text());
            let files = entry.attachments().iter();
            self.say_each(files.map(|file| format!("A file came with it: {}, {}.", file.label(), file.mime)));
        }
        let offers = news.last().is_some_and(|entry| !entry.choices().is_empty());
        if offers && self.session.conversations.active() == Some(key) {
            self.show_choices(key);
        }
    }

    fn show_said(&mut self, key: ConversationKey, author: Author, text: &str) {
        let here = self.session.conversations.active() == Some(key);
        let elsewhere = if here { String::new() } else { format!(" in {}", self.spoken(key)) };
        let who = capitalised(author.name());
        self.say_quoted(&format!("{who} says{elsewhere}"), &format!("{who} goes on{elsewhere}"), text);
    }

    /// Each further line names the speaker again, so that no text can pass for a sentence of ours.
    fn say_quoted(&mut self, first: &str, further: &str, text: &str) {
        for (at, line) in visible_lines(text).enumerate() {
            self.say(format!("{}: {line}", if at == 0 { first } else { further }));
        }
    }

    fn show_choices(&mut self, key: ConversationKey) {
        let offer = self.session.threads.get(key).and_then(Thread::offer);
        let labels: Vec<String> = offer.iter().flat_map(|offer| offer.choices).map(|c| c.label.clone()).collect();
        self.say_each((1..).zip(&labels).map(|(n, label)| format!("Choice {n}, {label}.")));
        if !labels.is_empty() {
            self.say("Type .choose and a number to answer with a choice.");
        }
    }

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
        self.send_or_ask(OutgoingMessage::answer(key, choice, offer.id));
        Ok(())
    }
}
