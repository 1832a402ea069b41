//! The token, as sentences; getting a new one, and signing in again.

use super::sentences::span;
use super::{Plain, Signing};
use crate::app::exit::Exit;
use crate::engine::Command;
use crate::model::TokenStatus;
use crate::session::sign_in::{SignIn, facts_text};
use crate::text::clause;

impl Plain {
    pub(super) fn token_moved(&mut self, was: &TokenStatus, in_trouble: bool) {
        let status = self.session.sign_in.status.clone();
        let before = was.facts().map(|f| f.generation);
        let mended = matches!(was, TokenStatus::RenewFailed { .. }) || in_trouble;
        match &status {
            TokenStatus::Valid(facts) => {
                let lasts = match facts.expires {
                    Some(end) => format!("the token lasts {}", span(end.left(self.now))),
                    None => "it is not known when the token ends".to_owned(),
                };
                match before {
                    None => self.say(format!("Signed in; {lasts}.")),
                    Some(old) if old != facts.generation || mended => self.say(format!("New token; {lasts}.")),
                    Some(_) => {}
                }
            }
            TokenStatus::RenewFailed { retry, why, .. } => {
                let (left, why) = (span(retry.left(self.now)), clause(why));
                let stays = "the token that there is stays in use";
                self.say(format!("The renewal failed, and {stays}: {why}. The next try is in {left}."));
            }
            TokenStatus::Expired { retry: Some(retry), why } => {
                let left = span(retry.left(self.now));
                self.say(format!("No token: {}. The next try is in {left}; messages wait until then.", clause(why)));
            }
            TokenStatus::Expired { retry: None, why } => {
                let how = "Put a new token in its place and start guestwire again.";
                self.say(format!("The token has expired and cannot be renewed: {}. {how}", clause(why)));
            }
            TokenStatus::Refused { why, .. } => {
                self.say(format!("No token: {}. Type .signin to try again.", clause(why)));
            }
            TokenStatus::BadClient { why } => {
                let how = "Fix client_id or client_secret in the profile, then type .signin.";
                self.say(format!("Client id or secret refused: {}. {how}", clause(why)));
            }
            TokenStatus::NoSecret { why } => self.say(format!("{}. Type .signin to try again.", clause(why))),
            TokenStatus::Limited { until, .. } => {
                let left = span(until.left(self.now));
                self.say(format!("The token endpoint asks guestwire to wait {left}; guestwire tries again by itself."));
            }
            TokenStatus::SignedOut | TokenStatus::Getting | TokenStatus::Renewing(_) => {}
        }
        self.signing_moved();
    }

    /// Whether a token that was asked for is here, or will not come.
    pub(super) fn signing_moved(&mut self) {
        let Some(Signing { than, tell }) = self.asked.signing else { return };
        let generation = self.session.sign_in.status.facts().map(|f| f.generation);
        let pending = match &self.session.sign_in.status {
            TokenStatus::SignedOut | TokenStatus::Getting | TokenStatus::Renewing(_) => true,
            TokenStatus::Valid(_) => generation <= than,
            _ => false,
        };
        if pending {
            return;
        }
        self.asked.signing = None;
        let exit = match self.session.sign_in.trouble() {
            Some(trouble) => trouble.into(),
            None if matches!(self.session.sign_in.status, TokenStatus::Valid(_)) => Exit::Done,
            None => Exit::NotSignedIn,
        };
        self.ends(exit, None);
        if tell {
            self.show_token();
        }
        self.dialogue.prompt_due = true;
    }

    pub(super) fn show_token(&mut self) {
        let status = &self.session.sign_in.status;
        let said = match status {
            _ if let Some(facts) = status.facts() => facts_text(facts, self.now),
            TokenStatus::SignedOut => "No token yet. Type .signin to get one.".to_owned(),
            TokenStatus::Getting => "guestwire is getting a token.".to_owned(),
            TokenStatus::Limited { until, .. } => {
                format!("No token yet; the next try is in {}.", span(until.left(self.now)))
            }
            TokenStatus::Expired { why, .. }
            | TokenStatus::Refused { why, .. }
            | TokenStatus::BadClient { why }
            | TokenStatus::NoSecret { why } => format!("No token: {}. Type .signin to try again.", clause(why)),
            _ => "No token.".to_owned(),
        };
        self.say_each(said.lines());
    }

    pub(super) fn token(&mut self) {
        let pending = matches!(self.session.sign_in.status, TokenStatus::Getting | TokenStatus::SignedOut);
        if pending && !self.interactive {
            self.asked.signing = Some(Signing { than: None, tell: true });
            return;
        }
        self.show_token();
        // This asks nothing of the server: what a message came to stays the end.
        if let Some(trouble) = self.session.sign_in.trouble() {
            let exit = Exit::from(trouble);
            self.ends(exit, None);
        }
    }

    pub(super) fn renew(&mut self) {
        let facts = self.session.sign_in.status.facts();
        if facts.is_some_and(|facts| facts.pasted) {
            self.say("No new token: a pasted token cannot be renewed.");
            self.ends(Exit::Refused, None);
        } else {
            self.asked.signing = Some(Signing { than: facts.map(|facts| facts.generation), tell: false });
            self.ask(Command::Renew);
        }
    }

    pub(super) fn sign_in(&mut self) {
        if self.session.sign_in.status.facts().is_some() {
            self.say("Signed in already. Type .renew for a new token.");
        } else {
            self.asked.signing = Some(Signing { than: None, tell: false });
            // What was refused is no answer to this asking.
            // What was said before is no answer to a new try.
            self.session.sign_in = SignIn::default();
            self.ask(Command::SignIn);
        }
    }
}
