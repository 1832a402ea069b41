//! `--choice N`: which choice that is. The newest message that is kept and offers any tells, as it was shown here; where
//! none is kept, the conversation is read first.

use std::time::Duration;

use serde_json::json;

use super::{SendFold, Stage};
use crate::app::drive::FrontEndEffect;
use crate::app::exit::Exit;
use crate::app::output::OutputLine;
use crate::engine::Command;
use crate::model::{Author, Choice, Exchange, ExchangeKind, Moment, Outcome, Probe, RemoteMessage};

/// How long it is looked for what is offered.
const LOOKING: Duration = Duration::from_secs(15);

impl SendFold {
    /// … that takes a choice by its number; `heard` is what was kept of the conversation.
    #[must_use]
    pub fn picking(mut self, pick: Option<NumberedChoice>, heard: &[RemoteMessage]) -> Self {
        self.offer = pick.as_ref().and_then(|pick| pick.offer(heard));
        self.pick = pick;
        let extras = &mut self.sending.extras;
        if let (Some(choice), Some(answers)) = (&mut extras.choice, &extras.answers) {
            // A choice that was written out is answered as its offer asks for, where the offer is kept.
            let offered = heard.iter().filter(|message| message.id == *answers).flat_map(|m| &m.choices);
            let same = |offered: &&Choice| offered.payload == choice.payload || offered.label == choice.label;
            if let Some(offered) = offered.into_iter().find(same) {
                (choice.kind, choice.words) = (offered.kind, offered.words.clone());
            }
        }
        self
    }

    /// Sends the choice, or looks first for what is offered.
    pub(super) fn choose(&mut self, now: Moment) -> Vec<FrontEndEffect> {
        let Some(pick) = &self.pick else { return self.send(now) };
        let Some(Offer { id, choices }) = self.offer.take() else { return self.look(now) };
        let Some(choice) = pick.number.checked_sub(1).and_then(|at| choices.get(at)).cloned() else {
            let labels: Vec<String> = (1..).zip(&choices).map(|(n, c)| format!("{n} {}", c.label)).collect();
            let why = format!("there is no choice {}; these are offered: {}", pick.number, labels.join(" | "));
            return self.unchosen(now, Exit::Usage, &why);
        };
        let fields = json!({ "number": pick.number, "label": choice.label, "payload": choice.payload, "answers": id });
        let line =
            OutputLine::new("choice", now.wall, fields).says(format!("choice {}: {}", pick.number, choice.label));
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
        self.stage = Stage::Choosing(now.after(LOOKING));
        let line = OutputLine::new("probe", now.wall, json!({ "name": Probe::Conversation.name() }));
        let line = line.warns("the choices of this conversation are not known; reading the conversation");
        let conversation = self.sending.conversation;
        let read = match self.channel() {
            // Its socket brings what was said when it is opened.
            Some(channel) if channel.has_sessions() => Command::Watch(Some(conversation)),
            _ => Command::Read(conversation),
        };
        vec![FrontEndEffect::Say(line), FrontEndEffect::Ask(read)]
    }

    /// Messages came while it was looked for choices. `all`: there are no others.
    pub(super) fn offered(&mut self, now: Moment, messages: &[RemoteMessage], all: bool) -> Vec<FrontEndEffect> {
        self.offer = self.pick.as_ref().and_then(|pick| pick.offer(messages));
        if self.offer.is_some() {
            self.stage = Stage::UnderWay;
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

    pub(super) fn look_ended(&mut self, now: Moment) -> Vec<FrontEndEffect> {
        self.nothing_offered(now, &format!(" within {} s", LOOKING.as_secs()))
    }

    fn nothing_offered(&mut self, now: Moment, within: &str) -> Vec<FrontEndEffect> {
        let which = self.pick.as_ref().and_then(|pick| pick.of.as_ref()).map(|id| format!(" {id}")).unwrap_or_default();
        let why = format!("no message{which} that offers choices was found in this conversation{within}");
        self.unchosen(now, Exit::Refused, &why)
    }

    /// No choice can be taken, so nothing is sent.
    pub(super) fn unchosen(&mut self, now: Moment, exit: Exit, why: &str) -> Vec<FrontEndEffect> {
        self.unchosen = Some((exit, format!("not sent: {why}")));
        self.outcome(now)
    }
}

/// A choice by its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberedChoice {
    /// From 1.
    pub number: usize,
    /// The message that offers it, by the remote side's id; the newest that offers any where none is named.
    pub of: Option<String>,
}

/// What a message offers to answer with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Offer {
    pub id: String,
    pub choices: Vec<Choice>,
}

impl NumberedChoice {
    /// The offer that is meant, among messages in their order.
    pub(super) fn offer(&self, messages: &[RemoteMessage]) -> Option<Offer> {
        let offers = |m: &&RemoteMessage| m.author != Author::Guest && !m.choices.is_empty();
        let meant = |m: &&RemoteMessage| self.of.as_ref().is_none_or(|id| *id == m.id);
        let message = messages.iter().rev().find(|m| offers(m) && meant(m))?;
        Some(Offer { id: message.id.clone(), choices: message.choices.clone() })
    }
}
