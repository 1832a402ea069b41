//! The look-ups of `guestwire ids` as a fold: each id is read as a conversation, one after the other.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::diagnosis::ids::{Known, What};
use crate::engine::{Command, Report};
use crate::model::{
    Address, Asked, Conversation, ConversationKey, Exchange, ExchangeId, Moment, Outcome, Probed, TokenStatus,
};

use super::drive::{Act, Fold, Input};
use super::exit::Exit;
use super::output::Line;
use super::token_fold::SignIn;

/// Look-ups of one text at most.
const MOST: usize = 20;

/// See the module.
#[derive(Debug)]
pub struct IdsFold {
    next_key: u32,
    left: Vec<String>,
    known: Known,
    exchanges: HashMap<ExchangeId, Arc<Exchange>>,
    asking: Option<(ConversationKey, String)>,
    sign_in: SignIn,
    signed_in: bool,
}

impl IdsFold {
    /// Look-ups of `ids` for a profile that has `conversations` already.
    pub fn new(conversations: usize, mut ids: Vec<String>, known: Known) -> Self {
        ids.truncate(MOST);
        ids.reverse();
        Self {
            next_key: u32::try_from(conversations).unwrap_or(u32::MAX),
            left: ids,
            known,
            exchanges: HashMap::new(),
            asking: None,
            sign_in: SignIn::default(),
            signed_in: false,
        }
    }

    /// What is known now.
    pub fn into_known(self) -> Known {
        self.known
    }

    fn go_on(&mut self) -> Vec<Act> {
        let Some(id) = self.left.pop() else { return vec![Act::Finish(Exit::Done)] };
        let key = ConversationKey(self.next_key);
        self.next_key = self.next_key.saturating_add(1);
        let address = Address::GuestApi { conversation_id: id.clone(), participant_id: None, external_id: None };
        self.asking = Some((key, id.clone()));
        vec![
            Act::Ask(Command::Add(Conversation { key, name: id, address })),
            Act::Ask(Command::Probe(Asked::Conversation(key))),
        ]
    }

    fn came(&mut self, key: ConversationKey, came: &Probed, now: Moment) -> Vec<Act> {
        let Some((_, id)) = self.asking.take_if(|(asked, _)| *asked == key) else { return Vec::new() };
        let exchange = match came {
            Probed::Asked(exchange) => self.exchanges.get(exchange).cloned(),
            Probed::NotAsked(_) => None,
        };
        let status = exchange.as_ref().and_then(|x| x.status());
        let mut acts = Vec::new();
        match &exchange {
            Some(exchange) if exchange.outcome == Outcome::Accepted => self.learn(&id, exchange),
            Some(_) if status == Some(404) => {}
            _ => {
                let why = match (came, &exchange) {
                    (Probed::NotAsked(why), _) => why.clone(),
                    (_, Some(exchange)) => exchange.outcome.reason().unwrap_or("no answer").to_owned(),
                    (_, None) => "no answer".to_owned(),
                };
                let text = format!("{id} could not be looked up: {why}");
                acts.push(Act::Say(Line::new("notice", now.wall, json!({ "message": text })).warns(text)));
            }
        }
        acts.extend(self.go_on());
        acts
    }

    /// It is a conversation, and says who is in it.
    fn learn(&mut self, id: &str, exchange: &Exchange) {
        self.known.ids.insert(0, (id.to_owned(), What::Conversation, None));
        let body = exchange.last_attempt().and_then(|a| a.response()).map(|r| r.body.text.as_str());
        let json: Value = body.and_then(|b| serde_json::from_str(b).ok()).unwrap_or(Value::Null);
        let people = json.get("participants").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        for person in people.iter().filter_map(|p| p.get("id").and_then(Value::as_str)) {
            self.known.ids.insert(0, (person.to_owned(), What::Participant, Some(id.to_owned())));
        }
    }
}

impl Fold for IdsFold {
    fn on(&mut self, now: Moment, input: Input) -> Vec<Act> {
        match input {
            Input::Begin if self.left.is_empty() => vec![Act::Finish(Exit::Done)],
            Input::Begin | Input::Due => Vec::new(),
            Input::Report(report) => match *report {
                Report::Token(status) => {
                    self.sign_in.status(&status);
                    if let Some((exit, why)) = self.sign_in.trouble() {
                        let text = format!("not signed in, so nothing can be looked up: {why}");
                        let line = Line::new("notice", now.wall, json!({ "message": text })).warns(text);
                        return vec![Act::Say(line), Act::Finish(*exit)];
                    }
                    if matches!(status, TokenStatus::Valid(_)) && !std::mem::replace(&mut self.signed_in, true) {
                        return self.go_on();
                    }
                    Vec::new()
                }
                Report::Exchange(exchange) => {
                    self.sign_in.exchange(&exchange);
                    self.exchanges.insert(exchange.id, exchange);
                    Vec::new()
                }
                Report::Probe { asked: Asked::Conversation(key), came } => self.came(key, &came, now),
                _ => Vec::new(),
            },
            Input::Interrupt | Input::Ended => vec![Act::Finish(Exit::Refused)],
        }
    }

    fn due(&self) -> Option<Moment> {
        None
    }
}
