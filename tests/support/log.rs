//! Exchanges as the engine would report them, and a log drawn to text.

use std::sync::Arc;
use std::time::Duration;

use super::console;
use super::fixtures::{self, DENIED, headers};
use guestwire::model::{
    Attempt, Body, BodyForm, ConversationKey, Ending, Exchange, ExchangeId, ExchangeKind, ExchangeStep, Failure,
    FailureKind, Generation, Header, MessageId, Moment, Outcome, Phase, Request, Response, Timing,
};
use guestwire::session::Log;
use guestwire::tui::state::Pane;
use guestwire::tui::view::DrawingContext;
use guestwire::tui::{Depth, theme_named};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

pub const URL: &str =
    "https://api.mypurecloud.de/api/v2/conversations/messaging/5f0c91ce-3b1d-4c7e-9a55-0e6a1b1bd8a2/messages";

/// Milliseconds after 14:00:00 UTC.
pub fn at(ms: u64) -> Moment {
    let start: jiff::Timestamp = "2026-11-23T14:00:00Z".parse().unwrap();
    Moment::new(Duration::from_secs(60), start).after(Duration::from_millis(ms))
}

pub fn body(text: &str) -> Body {
    let body = fixtures::body(text);
    let mime = (body.form == BodyForm::Json).then(|| "application/json".to_owned());
    Body { mime, ..body }
}

/// An id with the number in its last digits.
pub fn uuid(n: u64) -> String {
    format!("{:08x}-f6e0-4a98-ab8b-{n:012}", (n + 1).wrapping_mul(0x9e37_79b9) as u32)
}

pub fn request(text: &str) -> Arc<Request> {
    let text = serde_json::json!({ "text": text, "type": "text" }).to_string();
    let headers = headers(&[
        ("authorization", "Bearer «token 3»"),
        ("content-type", "application/json"),
        ("accept", "application/json"),
    ]);
    Arc::new(Request { body: body(&text), ..fixtures::request("POST", URL, headers, &text) })
}

pub fn answer(status: u16, id: u64, text: &str) -> Response {
    let headers = headers(&[
        ("content-type", "application/json"),
        ("x-request-id", &uuid(id)),
        ("inin-ratelimit-count", "12"),
        ("inin-ratelimit-allowed", "300"),
        ("inin-ratelimit-reset", "41"),
        ("cache-control", "no-cache, no-store, must-revalidate"),
    ]);
    Response { body: body(text), remote: Some("127.0.0.1:8443".into()), ..fixtures::response(status, headers, text) }
}

pub fn attempt(
    number: u32,
    ms: u64,
    token: u32,
    request: Arc<Request>,
    ending: Option<Ending>,
    took: u64,
) -> ExchangeStep {
    let ms_of = |ms| Some(Duration::from_millis(ms));
    ExchangeStep::Try(Arc::new(Attempt {
        number,
        started: at(ms),
        generation: Some(Generation(token)),
        token_age: Some(Duration::from_secs(if number == 1 { 3_598 } else { 0 })),
        request,
        timing: Timing {
            first_byte: ending.as_ref().and(ms_of(took * 2 / 3)),
            total: ending.as_ref().and(ms_of(took)),
            connect: (number == 1).then(|| Duration::from_millis(2)),
            reused: number > 1,
            ..Timing::default()
        },
        ending,
    }))
}

pub fn exchange(
    id: u64,
    kind: ExchangeKind,
    what: &str,
    ms: u64,
    steps: Vec<ExchangeStep>,
    outcome: Outcome,
) -> Arc<Exchange> {
    let took: u64 = match steps.last() {
        Some(ExchangeStep::Try(a)) => {
            (a.started.since(at(ms)) + a.timing.total.unwrap_or_default()).as_millis().try_into().unwrap()
        }
        _ => 0,
    };
    let took = outcome.is_finished().then(|| Duration::from_millis(took));
    let send = kind == ExchangeKind::Send;
    Arc::new(Exchange {
        what: what.into(),
        conversation: send.then_some(ConversationKey(0)),
        message: send.then_some(MessageId(id)),
        started: at(ms),
        took,
        steps,
        ..fixtures::exchange(id, kind, Vec::new(), outcome)
    })
}

pub fn accepted(id: u64, ms: u64, text: &str) -> Arc<Exchange> {
    let body = format!(r#"{{"id":"{}","status":"accepted"}}"#, uuid(id + 7));
    let steps = vec![attempt(1, ms, 3, request(text), Some(Ending::Answered(answer(200, id, &body))), 182 + id % 7)];
    exchange(id, ExchangeKind::Send, text, ms, steps, Outcome::Accepted)
}

pub fn open(id: u64, ms: u64, text: &str) -> Arc<Exchange> {
    exchange(id, ExchangeKind::Send, text, ms, vec![attempt(1, ms, 3, request(text), None, 0)], Outcome::Open)
}

pub fn refused(id: u64, ms: u64, text: &str) -> Arc<Exchange> {
    let steps = vec![attempt(1, ms, 3, request(text), Some(Ending::Answered(answer(401, id, DENIED))), 88)];
    let why = "unauthorized: The request could not be fulfilled because the requestor is not authorized to perform the action.";
    exchange(id, ExchangeKind::Send, text, ms, steps, Outcome::Refused(why.into()))
}

pub fn healed(id: u64, ms: u64, text: &str) -> Arc<Exchange> {
    let steps = vec![
        attempt(1, ms, 3, request(text), Some(Ending::Answered(answer(401, id, DENIED))), 71),
        ExchangeStep::Renewal {
            exchange: ExchangeId(id + 1_000_000),
            at: at(ms + 72),
            generation: Some(Generation(4)),
            took: Some(Duration::from_millis(211)),
            waiting: 2,
        },
        attempt(2, ms + 284, 4, request(text), Some(Ending::Answered(answer(200, id + 1, r#"{"id":"m-7"}"#))), 182),
    ];
    exchange(id, ExchangeKind::Send, text, ms, steps, Outcome::Accepted)
}

pub fn waiting(id: u64, ms: u64, text: &str) -> Arc<Exchange> {
    let limited = r#"{"message":"Rate limit exceeded the maximum. Retry the request in [7] seconds","code":"too.many.requests.retry.after","status":429}"#;
    let steps = vec![
        attempt(1, ms, 3, request(text), Some(Ending::Answered(answer(429, id, limited))), 60),
        ExchangeStep::Wait { at: at(ms + 60), until: at(ms + 7_060), why: "429, Retry-After 7 s".into() },
    ];
    exchange(id, ExchangeKind::Send, text, ms, steps, Outcome::Waiting)
}

pub fn unknown(id: u64, ms: u64, text: &str) -> Arc<Exchange> {
    let failure = Failure::written(FailureKind::Reset, Phase::Answer, "connection reset by peer (os error 104)");
    let steps = vec![attempt(1, ms, 3, request(text), Some(Ending::Failed(failure)), 31_000)];
    let why = "the connection closed after 31.0 s, after the request was written; the server may have accepted it";
    exchange(id, ExchangeKind::Send, text, ms, steps, Outcome::Unknown(why.into()))
}

pub fn token(id: u64, ms: u64) -> Arc<Exchange> {
    let request = Arc::new(Request {
        method: "POST".into(),
        url: "https://login.mypurecloud.de/oauth/token".into(),
        headers: vec![
            Header::new("authorization", "Basic «client secret»"),
            Header::new("content-type", "application/x-www-form-urlencoded"),
        ],
        body: Body {
            form: BodyForm::Form,
            text: "grant_type=client_credentials&scope=guest%3Amessages%3Asend".into(),
            total: 59,
            mime: Some("application/x-www-form-urlencoded".into()),
            ..Body::default()
        },
    });
    let came = r#"{"access_token":"«token»","token_type":"bearer","expires_in":3600,"scope":"guest:messages:send"}"#;
    let step = ExchangeStep::Try(Arc::new(Attempt {
        number: 1,
        started: at(ms),
        generation: None,
        token_age: None,
        request,
        ending: Some(Ending::Answered(answer(200, id, came))),
        timing: Timing {
            resolve: Some(Duration::from_millis(4)),
            connect: Some(Duration::from_millis(12)),
            tls: Some(Duration::from_millis(31)),
            first_byte: Some(Duration::from_millis(204)),
            total: Some(Duration::from_millis(211)),
            reused: false,
        },
    }));
    exchange(id, ExchangeKind::Token, "client credentials, 1 scope, 1 h", ms, vec![step], Outcome::Accepted)
}

pub fn read(id: u64, ms: u64, what: &str) -> Arc<Exchange> {
    let steps = vec![attempt(1, ms, 3, request(""), Some(Ending::Answered(answer(200, id, "[]"))), 164)];
    exchange(id, ExchangeKind::Read, what, ms, steps, Outcome::Accepted)
}

/// A log of its own, with the keys called as the console calls them while the log has the focus.
pub fn log(width: u16, height: u16) -> Log {
    let mut state = console::setup(width, height).state();
    state.arrangement.focus = Pane::Log;
    state.fit();
    let mut log = state.session.log;
    log.set_names(vec![(ConversationKey(0), "Billing bot".into()), (ConversationKey(1), "Returns".into())]);
    log.set_viewport(width, height);
    log
}

/// A quarter of an hour of testing.
pub fn story(log: &mut Log) {
    log.exchange(token(1, 1_000));
    log.exchange(read(2, 27_000, "conversations: 4"));
    log.exchange(accepted(3, 130_000, "hello"));
    log.exchange(accepted(4, 171_000, "Hi, I need help with my bill"));
    log.exchange(healed(5, 180_000, "still there?"));
    log.note(at(190_000), ExchangeKind::Note, "from here on with the new client");
    log.exchange(refused(6, 200_000, "My account is 12345"));
    log.exchange(waiting(7, 202_000, "one more"));
    log.exchange(unknown(8, 203_000, "and another one"));
    log.exchange(open(9, 203_500, "under way"));
}

pub fn drawn_at(log: &Log, width: u16, height: u16, now: Moment) -> Buffer {
    let theme = theme_named("terminal", false, false, Depth::True).unwrap();
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    let look = DrawingContext { theme: &theme, now, zone: &jiff::tz::TimeZone::UTC, focused: true };
    guestwire::tui::view::log::draw(log, &look, area, &mut buffer);
    buffer
}

pub fn lines(buffer: &Buffer) -> Vec<String> {
    let area = buffer.area;
    (area.top()..area.bottom())
        .map(|y| {
            let row: String = (area.left()..area.right()).map(|x| buffer[(x, y)].symbol()).collect();
            row.trim_end().to_owned()
        })
        .collect()
}

pub fn screen(log: &Log, width: u16, height: u16) -> String {
    lines(&drawn_at(log, width, height, at(204_000))).join("\n")
}

/// The screen row of the cursor. `None` while nothing is shown.
pub fn cursor_row(log: &Log) -> Option<u16> {
    log.window().position(|shown| shown.selected).map(|row| row as u16)
}
