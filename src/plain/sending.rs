//! Sending from lines: texts, what goes wrongly on purpose, taking back, and waiting for a reply.

use std::time::Duration;

use crate::app::exit::Exit;
use crate::config::parse_duration;
use crate::engine::Command;
use crate::model::limits::{ATTRIBUTES_MAX_BYTES, GUEST_TEXT_MAX_BYTES, attributes_bytes};
use crate::model::{DeliveryStatus, MessageId, Variation};
use crate::session::OutgoingMessage;
use crate::text::counted;
use crate::text::screen::visible_lines;

use super::dialogue::PlainQuestion;
use super::parser::{Done, number};
use super::{AwaitedReply, Plain, sentences};

/// How long a reply is waited for where nobody says.
const PATIENCE: Duration = Duration::from_secs(10);

impl Plain {
    /// `.wait 10s`
    pub(super) fn wait(&mut self, rest: &str) -> Done {
        let span = if rest.is_empty() { Some(PATIENCE) } else { parse_duration(rest) };
        let Some(span) = span else {
            return Err(format!("{rest} is not a length of time. Type .wait 10s, or .wait 500ms."));
        };
        let key = self.active()?;
        let newest = self.session.threads.get(key).and_then(|thread| thread.ours().next_back()).map(|m| m.id);
        let Some(message) = newest else {
            return Err("Nothing was sent in this conversation, so there is no reply to wait for.".to_owned());
        };
        if self.session.threads.message(message).is_some_and(|m| m.delivery == DeliveryStatus::Answered) {
            self.say("The last message is answered.");
        }
        self.asked.waiting = Some(AwaitedReply { message, until: self.now.after(span), span });
        Ok(())
    }

    /// Sends a text to the open conversation; in production after a question.
    pub(super) fn say_text(&mut self, text: &str) -> Done {
        let key = self.active().map_err(|sentence| format!("Not sent. {sentence}"))?;
        let bytes = text.len();
        let carried = self.next.carried.get(&key);
        let bare = carried.is_none_or(|extras| extras.attachments.is_empty());
        let attributes = carried.map_or(0, |extras| attributes_bytes(&extras.attributes));
        let objection = if text.trim().is_empty() && bare {
            Some("Not sent: the text is blank.".to_owned())
        } else if bytes > GUEST_TEXT_MAX_BYTES {
            let more = bytes - GUEST_TEXT_MAX_BYTES;
            Some(format!(
                "Not sent: the text has {bytes} bytes, {more} more than the limit of {GUEST_TEXT_MAX_BYTES}; shorten it."
            ))
        } else if attributes > ATTRIBUTES_MAX_BYTES {
            Some(format!(
                "Not sent: the attributes have {attributes} bytes, and the limit is {ATTRIBUTES_MAX_BYTES}. Type .takeoff to \
                 remove them."
            ))
        } else {
            self.next.sent_as.and_then(|how| {
                Some(format!("Not sent as {how}: {}. Type .sendas to change it.", self.senseless(how)?))
            })
        };
        if let Some(sentence) = objection {
            self.say(sentence);
            self.ends(Exit::Refused, None);
            return Ok(());
        }
        let extras = self.next.carried.remove(&key).unwrap_or_default();
        let outgoing = OutgoingMessage { extras, ..OutgoingMessage::text(key, text) };
        let how = self.next.sent_as.take();
        self.send_or_ask(outgoing.varied(how));
        Ok(())
    }

    /// Sends; in production after a question.
    pub(super) fn send_or_ask(&mut self, outgoing: OutgoingMessage) {
        if !self.session.profile.production {
            return self.submit(outgoing);
        }
        let lines = counted(visible_lines(&outgoing.text).count(), "line");
        let how = outgoing.sent_as.map(|how| format!(" Wrong on purpose: {how}.")).unwrap_or_default();
        let sentence = format!(
            "Production, region {}. {}.{}{how} Send this, {lines}: {}",
            self.session.profile.facts.region,
            self.spoken(outgoing.conversation),
            Self::spoken_extras(&outgoing.extras),
            outgoing.text
        );
        self.put(PlainQuestion::Send(Box::new(outgoing)), &sentence);
    }

    pub(super) fn submit(&mut self, outgoing: OutgoingMessage) {
        if !self.journal_objects(outgoing.conversation) {
            self.dialogue.prompt_due = false;
            self.with_session(|session, now, changes| session.submit(outgoing, now, changes));
        }
    }

    /// `.sendas no-token`: the next message is wrong on purpose.
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
                let near = sentences::nearest_to(other, "", Variation::ALL.map(Variation::as_str));
                return Err(format!("There is no way {other}.{near} Type .sendas to list the ways."));
            }
        }
        Ok(())
    }

    /// Why a message of the open conversation cannot be sent in this way.
    fn senseless(&self, how: Variation) -> Option<String> {
        let channel = self.session.conversations.active_channel()?;
        Some(format!("this is not possible on the channel {channel}, because {}", how.senseless(channel)?))
    }

    /// `.cancel 4`, `.cancel`
    pub(super) fn cancel(&mut self, rest: &str) -> Done {
        let Some(n) = number(rest)? else {
            if !self.take_back_paused() && self.session.under_way().next().is_none() {
                self.say("No message is under way.");
            }
            self.cancel_all();
            return Ok(());
        };
        let (id, delivery) = self.message_of(n)?;
        if delivery.is_settled() {
            self.say(format!("Message {n} is {}; there is nothing to take back.", delivery.word()));
        } else {
            self.ask(Command::Cancel(id));
        }
        Ok(())
    }

    pub(super) fn cancel_all(&mut self) {
        let open: Vec<MessageId> = self.session.under_way().map(|(id, _)| id).collect();
        if !open.is_empty() {
            self.say("Taking back the messages under way. A message that was already written may have been received.");
        }
        for id in open {
            self.ask(Command::Cancel(id));
        }
    }

    /// The message that the log's entry `n` carries, and its delivery status.
    pub(super) fn message_of(&self, n: u64) -> Result<(MessageId, DeliveryStatus), String> {
        let entry = self.entry_of(n)?;
        let message = entry.exchange().and_then(|x| self.session.threads.message(x.message?));
        let message =
            message.ok_or_else(|| format!("Entry {n} of the log is not a sent message. .log shows the entries."))?;
        Ok((message.id, message.delivery.clone()))
    }
}
