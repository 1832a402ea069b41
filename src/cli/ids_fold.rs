//! The look-ups of `guestwire ids` as a fold: one question after the other, as [`Look`] asks them.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::json;

use crate::diagnosis::ids::{Known, Look};
use crate::engine::{Command, Report};
use crate::model::{Asked, Exchange, ExchangeId, Moment, Probed, TokenStatus};

use super::token_fold::SignIn;
use crate::app::drive::{Act, Fold, Input};
use crate::app::exit::Exit;
use crate::app::output::Line;

/// See the module.
#[derive(Debug)]
pub struct IdsFold {
    look: Look,
    told: usize,
    exchanges: HashMap<ExchangeId, Arc<Exchange>>,
    sign_in: SignIn,
    /// Questions are being asked.
    begun: bool,
    exit: Exit,
}

impl IdsFold {
    /// Look-ups that have not begun.
    pub fn new(look: Look) -> Self {
        Self { look, told: 0, exchanges: HashMap::new(), sign_in: SignIn::default(), begun: false, exit: Exit::Done }
    }

    /// What is known now.
    pub const fn known(&self) -> &Known {
        self.look.known()
    }

    fn go_on(&mut self) -> Vec<Act> {
        vec![match self.look.next() {
            Some(asked) => Act::Ask(Command::Probe(asked)),
            None => Act::Finish(self.exit),
        }]
    }

    fn came(&mut self, asked: Asked, came: &Probed, now: Moment) -> Vec<Act> {
        let exchange = match came {
            Probed::Asked(id) => self.exchanges.get(id).cloned(),
            Probed::NotAsked(_) => None,
        };
        if !self.look.came(asked, came, exchange.as_deref()) {
            return Vec::new();
        }
        let mut acts: Vec<Act> = self.look.troubles().iter().skip(self.told).map(|why| notice(why, now)).collect();
        self.told += acts.len();
        acts.extend(self.go_on());
        acts
    }
}

fn notice(text: &str, now: Moment) -> Act {
    Act::Say(Line::new("notice", now.wall, json!({ "message": text })).warns(text.to_owned()))
}

impl Fold for IdsFold {
    fn on(&mut self, now: Moment, input: Input) -> Vec<Act> {
        match input {
            Input::Begin if self.look.is_idle() => vec![Act::Finish(Exit::Done)],
            Input::Begin | Input::Due | Input::Sandbox(..) => Vec::new(),
            Input::Report(report) => match *report {
                Report::Token(status) => {
                    self.sign_in.status(now, &status);
                    if self.begun {
                        return Vec::new();
                    }
                    if let Some((exit, why)) = self.sign_in.trouble() {
                        // What is public needs nobody to be signed in.
                        self.begun = true;
                        self.exit = *exit;
                        self.look.without_token();
                        let text = format!("not signed in, so only what is public can be looked up: {why}");
                        let mut acts = vec![notice(&text, now)];
                        acts.extend(self.go_on());
                        return acts;
                    }
                    if matches!(status, TokenStatus::Valid(_)) {
                        self.begun = true;
                        return self.go_on();
                    }
                    Vec::new()
                }
                Report::Exchange(exchange) => {
                    self.sign_in.exchange(&exchange);
                    self.exchanges.insert(exchange.id, exchange);
                    Vec::new()
                }
                Report::Probe { asked, came } => self.came(asked, &came, now),
                _ => Vec::new(),
            },
            Input::Interrupt | Input::Ended => vec![Act::Finish(Exit::Refused)],
        }
    }

    fn due(&self) -> Option<Moment> {
        None
    }
}
