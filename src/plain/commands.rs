//! What a line does.

use std::time::Duration;

use crate::app::exit::Exit;
use crate::config::parse_duration;
use crate::text::suggest::nearest;

use crate::engine::Command;
use crate::model::limits::{ATTRIBUTES_MAX_BYTES, GUEST_TEXT_MAX_BYTES, attributes_bytes};
use crate::model::{Author, ConversationKey, DeliveryStatus, Extras, MessageId, SessionAsk, TokenStatus};
use crate::session::OutgoingMessage;
use crate::text::screen::visible_lines;

use super::parser::{COMMANDS, Inner, ParsedLine, Verb, read, read_inner};
use super::questions::PlainQuestion;
use super::{Plain, Signing, Waiting, sentences};

/// How many entries or messages are told where nobody says.
pub(super) const FEW: usize = 10;
/// How long a reply is waited for where nobody says.
const PATIENCE: Duration = Duration::from_secs(10);

impl Plain {
    pub(super) fn line(&mut self, line: &str) {
        if self.dialogue.question.is_some() {
            return self.answer(line);
        }
        if let Some(snippet) = self.dialogue.snippet.take() {
            self.dialogue.prompt_due = true;
            return self.add_snippet(&format!("{snippet}\n{line}"));
        }
        if let Some(block) = &mut self.dialogue.block {
            match read_inner(line) {
                Inner::Line(line) => block.push(line),
                Inner::Drop => {
                    self.dialogue.block = None;
                    self.say("Dropped; nothing was sent.");
                    self.dialogue.prompt_due = true;
                }
                Inner::End => {
                    let text = block.join("\n");
                    self.dialogue.block = None;
                    self.say_text(text);
                }
            }
            return;
        }
        match read(line) {
            ParsedLine::Blank => self.dialogue.prompt_due = true,
            ParsedLine::Text(text) => self.say_text(text),
            ParsedLine::Command(verb, rest) => {
                self.dialogue.prompt_due = true;
                if let Err(sentence) = self.command(verb, &rest) {
                    self.wrong(sentence);
                }
            }
            ParsedLine::Stray(sentence) => self.wrong(sentence),
        }
    }

    fn command(&mut self, verb: Verb, rest: &str) -> Result<(), String> {
        let takes = COMMANDS.iter().find(|spec| spec.verb == verb).map_or(("", ""), |spec| (spec.name, spec.takes));
        if takes.1.is_empty() && !rest.is_empty() {
            return Err(format!("Nothing follows .{}; nothing was done.", takes.0));
        }
        match verb {
            Verb::List => self.list(),
            Verb::Open => return self.open(rest),
            Verb::Say => {
                self.dialogue.prompt_due = false;
                self.say_text(rest.to_owned());
            }
            Verb::Begin => {
                self.dialogue.block = Some(Vec::new());
                if self.interactive {
                    self.say("Say the text line by line. .end on a line of its own sends it, .drop does not.");
                }
            }
            Verb::Thread => return self.tell_thread(number(rest)?),
            Verb::Read => {
                let key = self.active()?;
                if self.session.has_sessions(key) {
                    // What comes of it is heard, whenever it comes.
                    self.ask_session(key, SessionAsk::History);
                } else {
                    self.asked.reading.insert(key);
                    self.ask(Command::Read(key));
                }
            }
            Verb::Wait => return self.wait(rest),
            Verb::Ids => return self.tell_ids(number(rest)?),
            Verb::Log => self.tell_log(number(rest)?),
            Verb::Headers | Verb::Body | Verb::Curl => return self.tell_part(verb, number(rest)?),
            Verb::Why => return self.tell_why(number(rest)?),
            Verb::Ticket | Verb::Note => return self.tell_text(verb, number(rest)?),
            Verb::Compare => return self.tell_differences(rest),
            Verb::Mark | Verb::Comment => return self.mark(verb, rest),
            Verb::Find => return self.find(rest),
            Verb::Rename => return self.rename(rest),
            Verb::Resume => self.resume(),
            Verb::Resend => return self.ask_resend(number(rest)?),
            Verb::Cancel => return self.cancel(number(rest)?),
            Verb::Settle => return self.settle(rest),
            Verb::Token
                if matches!(self.session.sign_in.status, TokenStatus::Getting | TokenStatus::SignedOut)
                    && !self.interactive =>
            {
                self.asked.signing = Some(Signing { than: None, tell: true });
            }
            Verb::Token => {
                self.tell_token();
                // Telling asks nothing of the server: what a message came to stays the end.
                if let Some(trouble) = self.session.sign_in.trouble() {
                    let exit = Exit::from(trouble);
                    self.came_to(exit, None);
                }
            }
            Verb::Renew => {
                let pasted = self.session.sign_in.status.facts().is_some_and(|facts| facts.pasted);
                if pasted {
                    self.say("No new token: a pasted token cannot be renewed.");
                    self.came_to(Exit::Refused, None);
                } else {
                    self.asked.signing =
                        Some(Signing { than: self.session.sign_in.status.facts().map(|f| f.generation), tell: false });
                    self.ask(Command::Renew);
                }
            }
            Verb::SignIn => {
                if self.session.sign_in.status.facts().is_some() {
                    self.say("Signed in already. Say .renew for a new token.");
                } else {
                    self.asked.signing = Some(Signing { than: None, tell: false });
                    // What was refused is no answer to this asking.
                    self.sign_in_again();
                }
            }
            Verb::Choose => return self.choose(number(rest)?),
            Verb::Session => return self.session(rest),
            Verb::Attach => return self.attach(rest),
            Verb::Attribute => return self.attribute(rest),
            Verb::TakeOff => return self.take_off(),
            Verb::Active => return self.discover(number(rest)?),
            Verb::Add => return self.add(rest),
            Verb::KeepInConfig => return self.keep_in_config(),
            Verb::Pass => return self.pass(rest),
            Verb::Help => self.help(),
            Verb::Quit => self.quit(),
        }
        Ok(())
    }

    fn help(&mut self) {
        self.say("A line is said to the open conversation. A line that begins with a dot is a command. Begin a text with two dots to send one that begins with a dot.");
        for spec in COMMANDS {
            let takes = if spec.takes.is_empty() { String::new() } else { format!(" and {}", spec.takes) };
            self.say(format!(".{}{takes}: {}.", spec.name, spec.does));
        }
        self.say("Ctrl-C takes back what is under way, then leaves.");
    }

    fn quit(&mut self) {
        let open = self.session.under_way().count();
        if open == 0 {
            return self.leave();
        }
        let open = sentences::count(open as u128, "message");
        self.put(
            PlainQuestion::Quit,
            &format!(
                "{open} not settled: queued ones are dropped, one on the wire may be received and its answer not seen."
            ),
        );
    }

    // ---- conversations --------------------------------------------------------------------------------------------

    pub(super) fn active(&self) -> Result<ConversationKey, String> {
        self.session
            .conversations
            .active()
            .ok_or_else(|| "No conversation is open. Say .list, then .open and a number.".to_owned())
    }

    pub(super) fn list(&mut self) {
        let lines: Vec<String> = self
            .session
            .conversations
            .items()
            .iter()
            .map(|item| {
                let key = item.conversation.key;
                let mut said = format!("{}, {}, {}", u64::from(key.0) + 1, item.name(), item.conversation.channel());
                if let Some(session) = item.session() {
                    said.push_str(&format!(", session {}", session.word()));
                }
                let remote = item.remote.word();
                if remote != "not read" {
                    said.push_str(&format!(", {remote}"));
                }
                for (number, word) in [
                    (item.counts.sends, "sent"),
                    (item.counts.refused, "refused"),
                    (item.counts.unknown, "unknown"),
                    (item.counts.sending + item.counts.waiting, "under way"),
                ] {
                    if number > 0 {
                        said.push_str(&format!(", {number} {word}"));
                    }
                }
                if self.session.conversations.active() == Some(key) {
                    said.push_str(", open");
                }
                said + "."
            })
            .collect();
        self.say(format!("{}.", sentences::count(lines.len() as u128, "conversation")));
        for line in lines {
            self.say(line);
        }
    }

    fn open(&mut self, rest: &str) -> Result<(), String> {
        if rest.is_empty() {
            return Err("Say .open and a number or a name; .list tells them.".to_owned());
        }
        let items = self.session.conversations.items();
        let by_number =
            rest.parse::<u64>().ok().map(|n| items.iter().find(|i| u64::from(i.conversation.key.0) + 1 == n));
        let folded = rest.to_lowercase();
        let by_name = || {
            items.iter().find(|i| i.name() == rest).or_else(|| items.iter().find(|i| i.name().to_lowercase() == folded))
        };
        let Some(key) = by_number.flatten().or_else(by_name).map(|item| item.conversation.key) else {
            let near = nearest(rest, items.iter().map(|i| i.name()));
            let near = near.map(|near| format!("Did you mean {near}? ")).unwrap_or_default();
            return Err(format!("There is no conversation {rest}. {near}There are {}; .list tells them.", items.len()));
        };
        self.session.conversations.open_key(key);
        if !self.interactive {
            let name = self.spoken(key);
            self.say(format!("{name}, is open."));
        }
        self.opened(key);
        Ok(())
    }

    /// A conversation is open: its replies are looked for, and it is read once.
    pub(super) fn opened(&mut self, key: ConversationKey) {
        self.with_session(|session, _, changes| {
            session.look_at(key, changes);
            session.pass_follows(key, changes);
        });
        // The session of a web conversation says itself what is new.
        if !self.session.has_sessions(key) {
            self.asked.greeting.insert(key);
        }
    }

    fn tell_thread(&mut self, few: Option<u64>) -> Result<(), String> {
        let key = self.active()?;
        let messages = self.session.threads.messages(key);
        let from = messages.len().saturating_sub(few.map_or(FEW, |n| usize::try_from(n).unwrap_or(usize::MAX)));
        let said: Vec<(Author, Option<&'static str>, String)> = messages
            .iter()
            .skip(from)
            .map(|entry| (entry.author(), entry.life().map(DeliveryStatus::word), entry.text().to_owned()))
            .collect();
        if said.is_empty() {
            self.say("Nothing was said yet, as far as it was read. Say .read to look.");
        }
        for (author, life, text) in said {
            match life {
                None => self.tell_said(key, author, &text),
                Some(life) => {
                    for (at, line) in visible_lines(&text).enumerate() {
                        let verb = if at == 0 { format!("You said, {life}") } else { "You went on".to_owned() };
                        self.say(format!("{verb}: {line}"));
                    }
                }
            }
        }
        Ok(())
    }

    fn wait(&mut self, rest: &str) -> Result<(), String> {
        let span = if rest.is_empty() { Some(PATIENCE) } else { parse_duration(rest) };
        let Some(span) = span else { return Err(format!("{rest} is no span of time. Say .wait 10s, or .wait 500ms.")) };
        let key = self.active()?;
        let newest = self.session.threads.get(key).and_then(|thread| thread.ours().next_back()).map(|m| m.id);
        let Some(message) = newest else {
            return Err("Nothing was sent in this conversation, so no reply is waited for.".to_owned());
        };
        if self.session.threads.message(message).is_some_and(|m| m.life == DeliveryStatus::Answered) {
            self.say("The last message is answered.");
        }
        self.asked.waiting = Some(Waiting { message, until: self.now.after(span), span });
        Ok(())
    }

    // ---- sending --------------------------------------------------------------------------------------------------

    /// Sends a text to the open conversation; in production after a question.
    fn say_text(&mut self, text: String) {
        let key = match self.active() {
            Ok(key) => key,
            Err(sentence) => return self.wrong(format!("Not sent. {sentence}")),
        };
        let bytes = text.len();
        let carried = self.carried.get(&key);
        let bare = carried.is_none_or(|extras| extras.attachments.is_empty());
        let attributes = carried.map_or(0, |extras| attributes_bytes(&extras.attributes));
        let objection = if text.trim().is_empty() && bare {
            Some("Not sent: there is nothing but blanks; say a text.".to_owned())
        } else if bytes > GUEST_TEXT_MAX_BYTES {
            let more = bytes - GUEST_TEXT_MAX_BYTES;
            Some(format!(
                "Not sent: {bytes} bytes, {more} more than the {GUEST_TEXT_MAX_BYTES} that are taken; shorten it."
            ))
        } else if attributes > ATTRIBUTES_MAX_BYTES {
            Some(format!(
                "Not sent: the attributes are {attributes} bytes, and {ATTRIBUTES_MAX_BYTES} are taken. Say .takeoff."
            ))
        } else {
            None
        };
        if let Some(sentence) = objection {
            self.say(sentence);
            self.came_to(Exit::Refused, None);
            self.dialogue.prompt_due = true;
        } else {
            let extras = self.carried.remove(&key).unwrap_or_default();
            self.send_or_ask(key, text, extras);
        }
    }

    /// Sends; in production after a question.
    pub(super) fn send_or_ask(&mut self, key: ConversationKey, text: String, extras: Extras) {
        if !self.session.profile.production {
            return self.submit(OutgoingMessage { extras, ..OutgoingMessage::text(key, text) });
        }
        let name = self.spoken(key);
        let lines = sentences::count(visible_lines(&text).count() as u128, "line");
        let with = Self::spoken_extras(&extras);
        let sentence =
            format!("Production, region {}. {name}.{with} Send this, {lines}: {text}", self.session.profile.region);
        self.put(PlainQuestion::Send { key, text, extras: Box::new(extras) }, &sentence);
    }

    pub(super) fn submit(&mut self, outgoing: OutgoingMessage) {
        if !self.journal_objects(outgoing.conversation) {
            self.dialogue.prompt_due = false;
            self.with_session(|session, now, changes| session.submit(outgoing, now, changes));
        }
    }

    fn cancel(&mut self, n: Option<u64>) -> Result<(), String> {
        let Some(n) = n else {
            if !self.take_back_paused() && self.session.under_way().next().is_none() {
                self.say("Nothing is under way.");
            }
            self.cancel_all();
            return Ok(());
        };
        let (id, life) = self.message_of(n)?;
        if life.is_settled() {
            self.say(format!("Message {n} is {}; nothing is left to take back.", life.word()));
        } else {
            self.ask(Command::Cancel(id));
        }
        Ok(())
    }

    pub(super) fn cancel_all(&mut self) {
        let open: Vec<MessageId> = self.session.under_way().map(|(id, _)| id).collect();
        if !open.is_empty() {
            self.say("Taking back what is under way; what was already written may have been received.");
        }
        for id in open {
            self.ask(Command::Cancel(id));
        }
    }

    /// The message that the log's entry `n` carries, and its life.
    pub(super) fn message_of(&self, n: u64) -> Result<(MessageId, DeliveryStatus), String> {
        let entry = self.entry_of(n)?;
        let message = entry.exchange().and_then(|x| self.session.threads.message(x.message?));
        let message =
            message.ok_or_else(|| format!("Entry {n} of the log is not a sent message. .log tells the entries."))?;
        Ok((message.id, message.life.clone()))
    }
}

/// An optional number, as typed.
fn number(rest: &str) -> Result<Option<u64>, String> {
    if rest.is_empty() {
        return Ok(None);
    }
    let digits = rest.strip_prefix('#').unwrap_or(rest);
    digits.parse().map(Some).map_err(|_| format!("{rest} is no number; nothing was done. .log tells the numbers."))
}
