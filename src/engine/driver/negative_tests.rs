//! What messages are sent with that go out wrongly on purpose: tokens that are over, or of another scope. All of it is
//! made on our side, and none of it touches the session's own token.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use secrecy::SecretString;

use crate::config::Credentials;
use crate::engine::SendRequest;
use crate::engine::client::capture;
use crate::engine::exchange_builder::ExchangeBuilder;
use crate::genesys::oauth;
use crate::model::variation::OTHER_SCOPE;
use crate::model::{Generation, Kind, MessageId, Moment, Outcome, Variation};

use super::Driver;
use super::tasks::{ResponseMeta, TokenDone};

/// Replaced tokens kept for their end to come.
const RETIRED: usize = 4;

/// See the module.
#[derive(Default)]
pub struct NegativeTests {
    /// Replaced tokens: generation, when received, when over.
    retired: VecDeque<(SecretString, Generation, Moment, Option<Moment>)>,
    /// A token of another scope.
    spare: Option<SecretString>,
    /// The request for it, while it is under way.
    asking: Option<ExchangeBuilder>,
    /// Messages that want it, as far as they are not over.
    wanting: BTreeSet<MessageId>,
}

impl Driver {
    /// The session's token is replaced: once its time is over it serves as an expired one.
    pub(super) fn retire_token(&mut self, facts: Option<(Generation, Moment, Option<Moment>)>) {
        if let (Some(token), Some((generation, issued, expires))) = (self.sign_in.token.take(), facts) {
            self.negative_tests.retired.push_back((token, generation, issued, expires));
            if self.negative_tests.retired.len() > RETIRED {
                self.negative_tests.retired.pop_front();
            }
        }
    }

    /// Whether a message may go as far as what it is sent with is concerned.
    pub(super) fn negative_test_ready(bench: &NegativeTests, request: &SendRequest) -> bool {
        request.sent_as != Some(Variation::WrongScope) || bench.spare.is_some()
    }

    /// Why a message cannot be sent wrongly in the way that it asks for.
    pub(super) fn negative_test_objection(&self, request: &SendRequest) -> Option<String> {
        let pasted = matches!(self.context.profile.credentials, Credentials::Pasted(_));
        (pasted && request.sent_as == Some(Variation::WrongScope))
            .then(|| "not sent: a pasted token cannot be asked for with another scope".to_owned())
    }

    /// A message of this kind was accepted.
    pub(super) fn negative_test_wanted(&mut self, message: MessageId, sent_as: Option<Variation>) {
        if sent_as == Some(Variation::WrongScope) {
            self.negative_tests.wanting.insert(message);
        }
    }

    /// Asks for a token of another scope once a message wants one and the client's secret is there.
    pub(super) fn pump_negative_tests(&mut self, now: Moment) {
        if self.negative_tests.spare.is_some() || self.negative_tests.asking.is_some() {
            return;
        }
        self.negative_tests.wanting.retain(|message| self.sends.all.contains_key(message));
        let wanted = !self.negative_tests.wanting.is_empty();
        let (true, Credentials::Client(client), Some(secret)) =
            (wanted, &self.context.profile.credentials, &self.sign_in.secret)
        else {
            return;
        };
        let mut client = client.clone();
        client.scopes = vec![OTHER_SCOPE.to_owned()];
        let call = match oauth::request(&self.context.profile.hosts, &client, secret) {
            Ok(call) => call,
            Err(bad) => return self.give_up_wrong_scope(&bad.0, now),
        };
        let what = format!("a token with {OTHER_SCOPE}, for a negative test");
        let id = self.context.next_exchange();
        let mut record = ExchangeBuilder::new(id, Kind::Token, what, now).sent_as(Some(Variation::WrongScope));
        record.begin(capture::request(&call, &self.context.redactor), None, now);
        self.context.tell(record.report());
        self.negative_tests.asking = Some(record);
        self.context.spawn_spare(call);
    }

    pub(super) fn spare_answered(&mut self, done: TokenDone, now: Moment) {
        // Another token's limit is not the session's.
        self.context.overhear(&ResponseMeta { limit: None, ..done.shown.heard }, 0);
        let why = done.shown.why();
        let outcome = match done.grant {
            Some(Ok(grant)) => {
                self.context.redactor =
                    std::sync::Arc::new(self.context.redactor.with_secret(&grant.token, "token of another scope"));
                self.negative_tests.spare = Some(grant.token);
                Outcome::Accepted
            }
            Some(Err(_)) => Outcome::Refused(why.clone()),
            None => Outcome::Failed(why.clone()),
        };
        let failed = outcome != Outcome::Accepted;
        if let Some(mut record) = self.negative_tests.asking.take() {
            record.end(done.shown.ending, done.shown.timing);
            record.settle(outcome, now);
            self.context.tell(record.report());
        }
        if failed {
            self.give_up_wrong_scope(&why, now);
        }
    }

    pub(super) fn spare_job_died(&mut self, now: Moment) {
        if let Some(mut record) = self.negative_tests.asking.take() {
            record.settle(Outcome::Failed("guestwire failed inside".to_owned()), now);
            self.context.tell(record.report());
        }
        self.give_up_wrong_scope("guestwire failed inside", now);
    }

    fn give_up_wrong_scope(&mut self, why: &str, now: Moment) {
        let waiting: Vec<_> = self.sends.queue.waiting().collect();
        for (conversation, message) in waiting {
            let wants = self.sends.all.get(&message).is_some_and(|s| s.request.sent_as == Some(Variation::WrongScope));
            if wants && self.sends.queue.take(conversation, message) == crate::engine::queue::Taken::Waiting {
                let why = format!("not sent: no token with {OTHER_SCOPE} could be had: {why}");
                self.conclude(message, Outcome::Refused(why), None, now);
            }
        }
    }

    /// The token that a message is sent with in this way, and what it is of the session's; nothing where that is the
    /// session's own.
    pub(super) fn negative_test_token(
        &self,
        sent_as: Variation,
        now: Moment,
    ) -> Option<(SecretString, Option<(Generation, Duration)>)> {
        match sent_as {
            Variation::ExpiredToken => Some(match self.ended_token(now) {
                Some((old, generation, issued)) => (old.clone(), Some((generation, now.since(issued)))),
                None => (never_given_out(), None),
            }),
            Variation::WrongScope => {
                Some((self.negative_tests.spare.clone().or_else(|| self.sign_in.token.clone())?, None))
            }
            // Taken off again, whichever it is.
            Variation::NoToken => Some((self.sign_in.token.clone()?, None)),
            _ => None,
        }
    }

    /// A token of this session whose time is over.
    fn ended_token(&self, now: Moment) -> Option<(&SecretString, Generation, Moment)> {
        let over = |expires: &Option<Moment>| expires.is_some_and(|e| now.mono >= e.mono);
        self.negative_tests
            .retired
            .iter()
            .rev()
            .find(|(.., expires)| over(expires))
            .map(|(t, g, issued, _)| (t, *g, *issued))
    }
}

/// Has the form of a token, and was never one: for a server it is as good as one that has ended.
fn never_given_out() -> SecretString {
    SecretString::from(format!("guestwire-never-given-out-{}", "0".repeat(60)))
}
