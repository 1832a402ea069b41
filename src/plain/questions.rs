//! Questions: what is asked before it is done, and what an answer does.

use super::Plain;
use super::parser::{Done, PlainQuestion, numbered};
use crate::app::exit::Exit;
use crate::engine::Command;
use crate::model::{DeliveryStatus, MessageId};
use crate::pass::runner::RunnerEvent;
use crate::session::OutgoingMessage;
use crate::text::clause;

impl Plain {
    pub(super) fn put(&mut self, question: PlainQuestion, sentence: &str) {
        self.say_each(crate::text::screen::visible_lines(sentence).filter(|_| !sentence.is_empty()));
        self.say(question.how());
        self.dialogue.question = Some(question);
    }

    /// How a question begins in production.
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
                    self.asked.reading.insert(key);
                    self.ask(Command::Read(key));
                }
            }
            (PlainQuestion::Settle(message), "2") => self.ask(Command::Settle { message, landed: true }),
            (PlainQuestion::Settle(message), "3") => self.ask(Command::Settle { message, landed: false }),
            (PlainQuestion::Settle(_), "4") => self.say("Its outcome stays unknown."),
            (PlainQuestion::Again(id), "again") => self.resend(id),
            (PlainQuestion::Send(outgoing), "yes" | "y") => self.submit(*outgoing),
            (PlainQuestion::Session { key, ask }, "yes" | "y") => self.ask_session(key, ask),
            (PlainQuestion::Resend(id), "yes" | "y") => self.resend(id),
            (PlainQuestion::PassStep, "yes" | "y") => self.run_step(),
            (PlainQuestion::PassStop, "yes" | "y") => self.pass_event(RunnerEvent::Stop),
            (PlainQuestion::Quit, "yes" | "y") => self.leave(),
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
        let outgoing = OutgoingMessage::again(message);
        self.submit(outgoing);
    }

    pub(super) fn ask_resend(&mut self, rest: &str) -> Done {
        let (n, _) = numbered(rest, "resend")?;
        let (id, delivery) = self.message_of(n)?;
        let Some(message) = self.session.threads.message(id) else { return Ok(()) };
        let (place, text) = (self.spoken(message.conversation), message.text.clone());
        let happened = match &delivery {
            DeliveryStatus::Unknown(_) => {
                let twice = "If it was, the guest has said it twice.";
                format!("It is not known whether the first message was received. {twice}")
            }
            delivery if !delivery.is_settled() => {
                self.say(format!("Message {n} is still under way. Type .cancel {n} to take it back."));
                return Ok(());
            }
            DeliveryStatus::Refused(why) => format!("The first time it was refused: {}.", clause(why)),
            DeliveryStatus::Accepted | DeliveryStatus::Answered | DeliveryStatus::Landed => {
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
        let (id, delivery) = self.message_of(n)?;
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
            "received" | "landed" => self.ask(Command::Settle { message: id, landed: true }),
            "lost" => self.ask(Command::Settle { message: id, landed: false }),
            other => {
                return Err(format!("There is no outcome {other}. Type .settle {n} received, or .settle {n} lost."));
            }
        }
        Ok(())
    }
}
