//! Tests of `session::sign_in`.

use std::time::Duration;

use crate::model::{Generation, Moment, TokenAcceptance, TokenFacts, TokenStatus};
use crate::session::sign_in::*;

#[test]
fn a_token_that_works_is_not_given_up_for_a_long_wait() {
    let facts = TokenFacts {
        generation: Generation(1),
        issued: Moment::ZERO,
        expires: None,
        lifetime: None,
        requested: Vec::new(),
        granted: None,
        missing: Vec::new(),
        organization: None,
        client_name: None,
        pasted: false,
        acceptance: TokenAcceptance::NotAsked,
    };
    let until = Moment::ZERO.after(Duration::from_secs(86_400));
    for (facts, troubled) in [(Some(facts), false), (None, true)] {
        let mut sign_in = SignIn::default();
        sign_in.moved(Moment::ZERO, TokenStatus::Limited(until, facts));
        assert_eq!(sign_in.trouble().is_some(), troubled);
        assert!(sign_in.no_other().is_some(), "whoever was refused with the old one waits in vain");
    }
}
