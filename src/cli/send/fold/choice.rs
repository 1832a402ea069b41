//! `--choice N`: which choice that is. The newest message that is kept and offers any tells, as it was shown here; where
//! none is kept, the conversation is read first.

use serde_json::json;

use super::{LOOKING, SendFold, Stage};
use crate::app::drive::FrontEndEffect;
use crate::app::exit::Exit;
use crate::app::output::OutputLine;
use crate::cli::send::lines::{numbered, reading_line};
use crate::engine::Command;
use crate::model::{Author, Exchange, ExchangeKind, Moment, Outcome, RemoteMessage};

impl SendFold {
    /// The message that offers what is chosen from, among messages in their order.
    pub(super) fn offer_in(&self, messages: &[RemoteMessage]) -> Option<RemoteMessage> {
        let pick = self.sending.pick.as_ref()?;
        let offers = |m: &&RemoteMessage| m.author != Author::Guest && !m.choices.is_empty();
        let meant = |m: &&RemoteMessage| pick.of.as_ref().is_none_or(|id| *id == m.id);
        messages.iter().rev().find(|m| offers(m) && meant(m)).cloned()
    }

    /// Sends the choice, or looks first for what is offered.
    pub(super) fn choose(&mut self, now: Moment) -> Vec<FrontEndEffect> {
        let Some(number) = self.sending.pick.as_ref().map(|pick| pick.number) else { return self.send(now) };
        let Some(RemoteMessage { id, choices, .. }) = self.offer.take() else { return self.look(now) };
        let Some(choice) = number.checked_sub(1).and_then(|at| choices.get(at)).cloned() else {
            let why = format!("there is no choice {number}; these are offered: {}", numbered(&choices));
            return self.unchosen(now, Exit::Usage, &why);
        };
        let fields = json!({ "number": number, "label": choice.label, "payload": choice.payload, "answers": id });
        let line = OutputLine::new("choice", now.wall, fields).says(format!("choice {number}: {}", choice.label));
        if self.sending.text.is_empty() {
            choice.words_or_payload().clone_into(&mut self.sending.text);
        }
        self.sending.extras.choice = Some(choice);
        self.sending.extras.answers = Some(id);
        let mut acts = vec![FrontEndEffect::Say(line)];
        acts.extend(self.send(now));
        acts
    }

    /// Nothing that is kept offers choices: what the other side knows decides.
    fn look(&mut self, now: Moment) -> Vec<FrontEndEffect> {
        self.stay(Stage::Choosing, now.after(LOOKING));
        let why = "the choices of this conversation are not known; reading the conversation";
        let conversation = self.sending.conversation;
        // A socket brings what was said when it is opened.
        let read = if self.wants_token() { Command::Read(conversation) } else { Command::Watch(Some(conversation)) };
        vec![reading_line(now, why), FrontEndEffect::Ask(read)]
    }

    /// Messages came while it was looked for choices. `all`: there are no others.
    pub(super) fn offered(&mut self, now: Moment, messages: &[RemoteMessage], all: bool) -> Vec<FrontEndEffect> {
        self.offer = self.offer_in(messages);
        if self.offer.is_some() {
            (self.stage, self.until) = (Stage::UnderWay, None);
            return self.choose(now);
        }
        if all { self.nothing_offered(now, "") } else { Vec::new() }
    }

    /// Where nothing can be read, nobody knows what is offered.
    pub(super) fn look_failed(&mut self, now: Moment, exchange: &Exchange) -> Vec<FrontEndEffect> {
        let exit = match (&exchange.outcome, exchange.kind) {
            (_, ExchangeKind::Token) => return self.give_up(now),
            (Outcome::Failed(_), _) => Exit::Network,
            _ => Exit::Refused,
        };
        let ended = matches!(exchange.kind, ExchangeKind::Read | ExchangeKind::Frame) && exchange.outcome.is_error();
        let Some(why) = exchange.outcome.reason().filter(|_| ended) else { return Vec::new() };
        self.unchosen(now, exit, &format!("the conversation cannot be read, so its choices are not known: {why}"))
    }

    pub(super) fn nothing_offered(&mut self, now: Moment, within: &str) -> Vec<FrontEndEffect> {
        let of = self.sending.pick.as_ref().and_then(|pick| pick.of.as_ref());
        let which = of.map(|id| format!(" {id}")).unwrap_or_default();
        let why = format!("no message{which} that offers choices was found in this conversation{within}");
        self.unchosen(now, Exit::Refused, &why)
    }

    /// No choice can be taken, so nothing is sent.
    pub(super) fn unchosen(&mut self, now: Moment, exit: Exit, why: &str) -> Vec<FrontEndEffect> {
        self.end(now, "refused", format!("not sent: {why}"), exit)
    }
}
