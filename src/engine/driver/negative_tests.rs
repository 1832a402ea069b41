//! What messages are sent with that go out wrongly on purpose: tokens that are over, or of another scope. All of it is
//! made on our side, and none of it touches the session's own token.

use std::collections::VecDeque;
use std::time::Duration;

use secrecy::SecretString;

use crate::config::Credentials;
use crate::engine::client::capture;
use crate::engine::exchange_builder::ExchangeBuilder;
use crate::genesys::call::BadCall;
use crate::genesys::oauth;
use crate::genesys::oauth::TokenAnswer;
use crate::model::variation::OTHER_SCOPE;
use crate::model::{ExchangeKind, Generation, Moment, Outcome, Reason, Variation};

use super::context::Context;
use super::task_output::TokenDone;

/// Replaced tokens kept for their end to come.
const RETIRED: usize = 4;

/// A token of this session that another has replaced.
pub struct RetiredToken {
    pub token: SecretString,
    pub generation: Generation,
    pub issued: Moment,
    pub expires: Option<Moment>,
}

#[derive(Default)]
pub struct NegativeTests {
    retired: VecDeque<RetiredToken>,
    /// A token of another scope.
    spare: Option<SecretString>,
    /// The request for it, while it is under way.
    asking: Option<ExchangeBuilder>,
}

impl NegativeTests {
    /// Keeps a token that was replaced: once its time is over it serves as an expired one.
    pub fn retire(&mut self, token: RetiredToken) {
        self.retired.push_back(token);
        if self.retired.len() > RETIRED {
            self.retired.pop_front();
        }
    }

    /// Whether a message of this kind can be sent: the token that it needs is there.
    pub fn is_ready(&self, sent_as: Option<Variation>) -> bool {
        sent_as != Some(Variation::WrongScope) || self.spare.is_some()
    }

    /// Asks for a token of another scope, which a message wants, once the client's secret is there. The error says why
    /// there will be none.
    pub fn ask_spare(&mut self, secret: Option<&SecretString>, cx: &mut Context) -> Result<(), Reason> {
        if self.spare.is_some() || self.asking.is_some() {
            return Ok(());
        }
        let (Credentials::Client(client), Some(secret)) = (&cx.profile.credentials, secret) else {
            return Ok(());
        };
        let mut client = client.clone();
        client.scopes = vec![OTHER_SCOPE.to_owned()];
        let call = oauth::request(&cx.profile.hosts, &client, secret).map_err(|BadCall(why)| Reason::NotBuilt(why))?;
        let what = format!("a token with {OTHER_SCOPE}, for a negative test");
        let mut record = cx.record(ExchangeKind::Token, &what, None);
        record.exchange.sent_as = Some(Variation::WrongScope);
        record.begin(capture::request(&call, &cx.redactor), None, cx.now);
        cx.report(record.report());
        self.asking = Some(record);
        cx.spawn_token(call, None);
        Ok(())
    }

    /// The request for a token of another scope is over. The error says why there will be none.
    pub fn spare_answered(&mut self, done: TokenDone, cx: &mut Context) -> Result<(), Reason> {
        let why = done.shown.why();
        let (outcome, brought) = match done.grant {
            Some(TokenAnswer::Granted(grant)) => {
                cx.learn_secret(&grant.token, "token of another scope");
                self.spare = Some(grant.token);
                (Outcome::Accepted, Ok(()))
            }
            Some(_) => (Outcome::Refused(why.clone()), Err(why)),
            None => (Outcome::Failed(why.clone()), Err(why)),
        };
        if let Some(mut record) = self.asking.take() {
            cx.settle_try(&mut record, done.shown, outcome);
        }
        brought
    }

    /// The token that a message is sent with in this way, and what it is of the session's; nothing where that is the
    /// session's own.
    pub fn token(&self, sent_as: Variation, cx: &Context) -> Option<(SecretString, Option<(Generation, Duration)>)> {
        match sent_as {
            Variation::ExpiredToken => {
                let over = |old: &&RetiredToken| old.expires.is_some_and(|end| cx.now.mono >= end.mono);
                Some(match self.retired.iter().rev().find(over) {
                    Some(old) => (old.token.clone(), Some((old.generation, cx.now.since(old.issued)))),
                    None => (never_given_out(), None),
                })
            }
            Variation::WrongScope => Some((self.spare.as_ref().or(cx.token.as_ref())?.clone(), None)),
            // Taken off again, whichever it is.
            Variation::NoToken => Some((cx.token.clone()?, None)),
            _ => None,
        }
    }
}

/// Has the form of a token, and was never one: for a server it is as good as one that has ended.
fn never_given_out() -> SecretString {
    SecretString::from(format!("guestwire-never-given-out-{}", "0".repeat(60)))
}
