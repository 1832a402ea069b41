//! What a line does: the dot commands, a row each; what is asked before something is done, and what an answer does.

use std::borrow::Cow;

use super::parser::{Done, ParsedLine, PlainQuestion, numbered, read};
use super::{Plain, sentences};
use crate::app::exit::Exit;
use crate::diagnosis::render;
use crate::engine::Command;
use crate::model::{DeliveryStatus, Message, MessageId, OutgoingMessage, SessionAsk};
use crate::pass::runner::RunnerEvent;
use crate::session::log::LogEntry;
use crate::text::screen::visible_lines;
use crate::text::{clause, counted};

#[derive(Clone, Copy, Debug)]
pub struct CommandRow {
    pub name: &'static str,
    /// What follows it, in words; empty where nothing does.
    takes: &'static str,
    does: &'static str,
    run: fn(&mut Plain, &str) -> Done,
}

macro_rules! commands {
    ($($name:literal $takes:literal $does:literal $run:expr;)*) => {
        pub const COMMANDS: &[CommandRow] =
            &[$(CommandRow { name: $name, takes: $takes, does: $does, run: $run },)*];
    };
}

commands! {
    "list" "" "lists the conversations with their numbers" |plain, _| { plain.list(); Ok(()) };
    "open" "a number or a name" "opens a conversation" Plain::open;
    "say" "a text" "sends the text as it is, also a text that begins with a dot" Plain::say_text;
    "begin" "" "begins a text of several lines; .end on a line of its own sends it, .drop does not" |plain, _| { plain.begin_text(); Ok(()) };
    "thread" "how many" "shows the newest messages of the open conversation; 10 without a number" Plain::show_thread;
    "read" "" "reads the open conversation now" |plain, _| plain.read();
    "wait" "a time like 10s" "waits for a reply to the last message; 10 seconds without a time" Plain::wait;
    "choose" "a number" "answers with one of the choices that are offered; without a number it lists them" Plain::choose;
    "ids" "a log number" "shows the ids in full, of that entry or of the open conversation" Plain::show_ids;
    "log" "how many" "shows the newest entries of the log; 10 without a number" Plain::show_log;
    "find" "a filter" "shows the entries that match, for example is:error, status:401 or on:yesterday" Plain::find;
    "search" "words" "searches the journal, also earlier sessions; on:2026-11-27 and since:2d work, too" Plain::search;
    "headers" "a log number" "shows the headers that were sent and received" |plain, rest| plain.show_part(rest, "headers", LogEntry::copy_headers);
    "body" "a log number" "shows the body that was received" |plain, rest| plain.show_part(rest, "body", LogEntry::copy_body);
    "curl" "a log number" "shows the request as a curl command, without the token" |plain, rest| plain.show_part(rest, "curl command", LogEntry::copy_curl);
    "why" "a log number" "explains why a message was refused, what to do and what to quote; without a number the newest" Plain::show_why;
    "ticket" "a log number" "shows a text for a ticket about that refusal" |plain, rest| plain.show_text(rest, render::ticket);
    "note" "a log number" "shows a note to the administrator about that refusal" |plain, rest| plain.show_text(rest, render::note);
    "probe" "a log number" "runs checks that change nothing, about that refusal or about the open conversation" Plain::probe;
    "compare" "one or two log numbers" "shows what differs between two entries, or from the last accepted message" Plain::show_differences;
    "mark" "a log number" "marks an entry, or removes its mark" Plain::mark;
    "comment" "a log number and a text" "writes a comment on an entry" Plain::comment;
    "export" "har, transcript, session or pass, and a file" "writes the log, the open conversation, the session, or a pass file of what was sent" Plain::export;
    "rename" "a name" "gives the open conversation a name of your own" Plain::rename;
    "resend" "a log number" "sends a message again, after a question" Plain::ask_resend;
    "resume" "" "sends the messages that an earlier session left queued" |plain, _| { plain.resume(); Ok(()) };
    "cancel" "a log number" "takes that message back; without a number all that are not settled" Plain::cancel;
    "settle" "a log number" "says what became of a message whose outcome is unknown" Plain::settle;
    "token" "" "shows the facts about the token, never the token" |plain, _| { plain.token(); Ok(()) };
    "renew" "" "gets a new token" |plain, _| { plain.renew(); Ok(()) };
    "signin" "" "signs in again after it failed" |plain, _| { plain.sign_in(); Ok(()) };
    "session" "a word" "controls the guest session of a web conversation; without a word it shows its state and the words" Plain::session;
    "attach" "a path or an address" "attaches a file to the next message" Plain::attach;
    "attribute" "name=value" "adds a participant attribute to the next message" Plain::attribute;
    "takeoff" "" "removes files and attributes from the next message" |plain, _| plain.take_off();
    "sendas" "a way" "sends the next message wrongly on purpose; without a way it lists them, off ends it" Plain::send_as;
    "fault" "a number or a name" "sandbox: sets a fault; without a name it lists them, off clears all" Plain::fault;
    "active" "a page number" "lists the conversations that are active in the organisation" Plain::discover;
    "add" "a number of .active, an id, or a Messenger snippet" "adds a conversation and opens it; a snippet may go on in the next lines" Plain::add;
    "remove" "" "removes the open conversation from the list, if it was added by hand" |plain, _| plain.remove();
    "keep" "" "writes the open conversation into the config file" |plain, _| plain.keep_in_config();
    "pass" "a word" "shows the open step of a test run, or the pass files that can be opened, and the words that control it" Plain::pass;
    "help" "" "lists the commands" |plain, _| { plain.help(); Ok(()) };
    "quit" "" "ends guestwire" |plain, _| { plain.quit(); Ok(()) };
}

impl Plain {
    pub(super) fn line(&mut self, line: &str) {
        if self.dialogue.question.is_some() {
            return self.answer(line);
        }
        self.dialogue.prompt_due |= self.dialogue.block.is_none();
        if let Some(snippet) = self.dialogue.snippet.take() {
            return self.add_snippet(&format!("{snippet}\n{line}"));
        }
        let done = match read(line) {
            _ if self.dialogue.block.is_some() => self.line_of_text(line),
            ParsedLine::Blank => Ok(()),
            ParsedLine::Text(text) => self.say_text(text),
            ParsedLine::Command(name, rest) => self.command(name, rest),
        };
        if let Err(sentence) = done {
            self.wrong(sentence);
        }
    }

    fn command(&mut self, name: &str, rest: &str) -> Done {
        let folded = name.to_lowercase();
        let Some(row) = COMMANDS.iter().find(|row| row.name == folded) else {
            let near = sentences::nearest_to(&folded, ".", COMMANDS.iter().map(|row| row.name));
            return Err(format!(
                "There is no command .{name}.{near} Type .help for the commands. To send a text that begins with a dot, \
                 begin it with two."
            ));
        };
        if row.takes.is_empty() && !rest.is_empty() {
            return Err(format!("Nothing follows .{name}; nothing was done."));
        }
        (row.run)(self, rest)
    }

    fn line_of_text(&mut self, line: &str) -> Done {
        let ends = matches!(line.trim_end(), ".end" | ".drop");
        if let Some(block) = self.dialogue.block.as_mut().filter(|_| !ends) {
            let dotted = line.strip_prefix('.').filter(|rest| rest.starts_with('.'));
            block.push(dotted.unwrap_or(line).to_owned());
            return Ok(());
        }
        self.dialogue.prompt_due = true;
        let text = self.dialogue.block.take().unwrap_or_default().join("\n");
        if line.trim_end() == ".end" {
            return self.say_text(&text);
        }
        self.say("Dropped; nothing was sent.");
        Ok(())
    }

    fn begin_text(&mut self) {
        self.dialogue.block = Some(Vec::new());
        if self.interactive {
            self.say("Type the text line by line. .end on a line of its own sends it, .drop does not.");
        }
    }

    fn read(&mut self) -> Done {
        let key = self.active()?;
        if self.session.has_sessions(key) {
            // What comes of it is heard, whenever it comes.
            self.ask_session(key, SessionAsk::History);
        } else {
            self.asked.reading.insert(key);
            self.ask(Command::Read(key));
        }
        Ok(())
    }

    fn help(&mut self) {
        self.say("A line is sent to the open conversation. A line that begins with a dot is a command. To send a text that begins with a dot, begin it with two dots.");
        for row in COMMANDS {
            let takes = if row.takes.is_empty() { String::new() } else { format!(", then {}", row.takes) };
            self.say(format!(".{}{takes}: {}.", row.name, row.does));
        }
        self.say("Ctrl-C takes back the messages that are not settled, then ends guestwire.");
    }

    fn quit(&mut self) {
        let open = self.session.under_way().count();
        if open == 0 {
            self.left = true;
            return;
        }
        let queued = self.session.journal.queued_at_the_end();
        let lost = "you will not see the answer to a message that is on the wire";
        self.put(PlainQuestion::Quit, &format!("{} not settled: {queued}, and {lost}.", counted(open, "message")));
    }

    /// A text of several lines, each safe for a terminal. The number of lines says where it ends.
    pub(super) fn say_text_of(&mut self, what: &str, text: &str) {
        let lines: Vec<String> = visible_lines(text).map(Cow::into_owned).collect();
        self.say(format!("{what}, {}:", counted(lines.len(), "line")));
        self.say_each(lines);
    }

    pub(super) fn put(&mut self, question: PlainQuestion, sentence: &str) {
        self.say_each(visible_lines(sentence).filter(|_| !sentence.is_empty()));
        self.say(question.how());
        self.dialogue.question = Some(question);
    }

    pub(super) fn production(&self) -> Option<String> {
        let profile = &self.session.profile;
        profile.production.then(|| format!("Production, region {}. ", profile.facts.region))
    }

    pub(super) fn answer(&mut self, line: &str) {
        let Some(question) = self.dialogue.question.take() else { return };
        let said = line.trim().to_lowercase();
        self.dialogue.prompt_due = true;
        match (question, said.as_str()) {
            (question, "no" | "n") => self.not_done(question),
            (PlainQuestion::Site(deployment_id), _) => self.site(deployment_id, line),
            (PlainQuestion::Settle(id), "1") => {
                if let Some(key) = self.session.threads.message(id).map(|m| m.conversation) {
                    // What comes of it in a web conversation is heard, whenever it comes.
                    if !self.session.has_sessions(key) {
                        self.asked.reading.insert(key);
                    }
                    self.ask(Command::Read(key));
                }
            }
            (PlainQuestion::Settle(message), "2" | "3") => self.ask(Command::Settle { message, received: said == "2" }),
            (PlainQuestion::Settle(_), "4") => self.say("Its outcome stays unknown."),
            (PlainQuestion::Send(outgoing), "yes" | "y") => self.submit(*outgoing),
            (PlainQuestion::Session(key, ask), "yes" | "y") => self.ask_session(key, ask),
            (PlainQuestion::Again(id), "again") | (PlainQuestion::Resend(id), "yes" | "y") => self.resend(id),
            (PlainQuestion::PassStep, "yes" | "y") => self.run_step(),
            (PlainQuestion::PassStop, "yes" | "y") => self.pass_event(RunnerEvent::Stop),
            (PlainQuestion::Quit, "yes" | "y") => self.left = true,
            (question, _) => self.unclear(question),
        }
    }

    fn not_done(&mut self, question: PlainQuestion) {
        self.say("Not done.");
        if !matches!(question, PlainQuestion::Quit | PlainQuestion::Settle(_)) {
            self.ends(Exit::Refused, None);
        }
        if let PlainQuestion::Send(outgoing) = question
            && outgoing.resend_of.is_none()
            && outgoing.extras.choice.is_none()
        {
            // What was to go with it goes with the next one.
            self.next.sent_as = outgoing.sent_as;
            if !outgoing.extras.is_empty() {
                self.next.carried.insert(outgoing.conversation, outgoing.extras);
            }
        }
    }

    fn unclear(&mut self, question: PlainQuestion) {
        let how = question.how();
        if self.interactive {
            self.say(format!("That is not an answer. {how}"));
            self.dialogue.question = Some(question);
        } else {
            self.wrong(format!("Not done: the line after a question must answer it. {how}"));
        }
    }

    fn resend(&mut self, id: MessageId) {
        let Some(message) = self.session.threads.message(id) else { return };
        self.submit(OutgoingMessage::again(message));
    }

    pub(super) fn ask_resend(&mut self, rest: &str) -> Done {
        let (n, _) = numbered(rest, "resend")?;
        let Message { id, conversation, text, delivery, .. } = self.message_of(n)?.clone();
        let place = self.spoken(conversation);
        let happened = match &delivery {
            DeliveryStatus::Unknown(_) => {
                let twice = "If it was, the guest has said it twice.";
                format!("It is not known whether the first message was received. {twice}")
            }
            delivery if !delivery.is_finished() => {
                self.say(format!("Message {n} is still under way. Type .cancel {n} to take it back."));
                return Ok(());
            }
            DeliveryStatus::Refused(why) => format!("The first time it was refused: {}.", clause(why)),
            DeliveryStatus::Accepted | DeliveryStatus::Answered | DeliveryStatus::Received => {
                "The first time it was accepted; sending it again makes a second message.".to_owned()
            }
            other => format!("The first time it was {}.", other.word()),
        };
        let production = self.production().unwrap_or_default();
        let unknown = matches!(delivery, DeliveryStatus::Unknown(_));
        let question = if unknown { PlainQuestion::Again(id) } else { PlainQuestion::Resend(id) };
        self.put(question, &format!("{production}{place}. {happened} Send this again: {text}"));
        Ok(())
    }

    /// `.settle N`, or without a question `.settle N received` and `.settle N lost`.
    pub(super) fn settle(&mut self, rest: &str) -> Done {
        let (n, word) = numbered(rest, "settle")?;
        let Message { id, delivery, .. } = self.message_of(n)?.clone();
        let DeliveryStatus::Unknown(why) = delivery else {
            self.say(format!("Message {n} is {}; there is nothing to settle.", delivery.word()));
            return Ok(());
        };
        match word {
            "" => {
                self.say(format!("What became of message {n}? {}.", clause(&why)));
                self.say("1, read the conversation now.");
                self.say("2, it was received.");
                self.say("3, it was not received.");
                self.say("4, leave it unknown.");
                self.put(PlainQuestion::Settle(id), "");
            }
            "received" | "landed" | "lost" => self.ask(Command::Settle { message: id, received: word != "lost" }),
            other => {
                return Err(format!("There is no outcome {other}. Type .settle {n} received, or .settle {n} lost."));
            }
        }
        Ok(())
    }
}
