//! Made-up log entries, each named as such, so that the console can be measured with a long log.

use std::sync::Arc;
use std::time::Duration;

use guestwire::model::Header;
use guestwire::model::{
    Attempt, Body, BodyForm, Ending, Exchange, ExchangeId, ExchangeKind, ExchangeStep, Generation, Moment, Outcome,
    Request, Response, Timing,
};
use guestwire::tui::state::State;

/// Puts `count` made-up entries into the log.
pub fn fill(state: &mut State, count: u32) {
    for number in 0..count {
        state.session.log.exchange(Arc::new(made_up(number, state.now)));
    }
}

/// One made-up exchange, refused now and then. Its id is far above those that an engine gives.
pub fn made_up(number: u32, at: Moment) -> Exchange {
    let refused = number % 17 == 3;
    let status = if refused { 401 } else { 200 };
    let took = Duration::from_millis(u64::from(number * 7919 % 400) + 20);
    let headers = ["content-type", "x-request-id", "inin-correlation-id", "inin-ratelimit-count", "date"]
        .map(|name| Header::new(name, format!("made-up-{number:08}")))
        .to_vec();
    let request = Request {
        method: "POST".to_owned(),
        url: format!("http://made.up/api/v2/conversations/messaging/{number}/messages"),
        headers: vec![Header::new("authorization", "Bearer «token #1»")],
        body: Body {
            form: BodyForm::Json,
            text: r#"{"text":"made up","type":"text"}"#.to_owned(),
            total: 32,
            ..Body::default()
        },
    };
    let response = Response {
        status,
        version: "HTTP/1.1".to_owned(),
        headers,
        body: Body { form: BodyForm::Json, text: r#"{"code":"made.up"}"#.to_owned(), total: 18, ..Body::default() },
        remote: None,
        phrase: None,
    };
    let attempt = Attempt {
        number: 1,
        started: at,
        generation: Some(Generation(1)),
        token_age: None,
        request: Arc::new(request),
        ending: Some(Ending::Answered(response)),
        timing: Timing { total: Some(took), ..Timing::default() },
    };
    Exchange {
        id: ExchangeId(u64::from(number) + (1 << 40)),
        kind: ExchangeKind::Send,
        what: format!("made-up entry {number} for measuring"),
        conversation: None,
        message: None,
        sent_as: None,
        started: at,
        took: Some(took),
        steps: vec![ExchangeStep::Try(Arc::new(attempt))],
        outcome: if refused { Outcome::Refused("made up".into()) } else { Outcome::Accepted },
    }
}
