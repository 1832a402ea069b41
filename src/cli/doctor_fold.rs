//! `guestwire doctor` as a fold: reports in, lines and an exit code out. What to ask is decided by [`Doctor`].

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::json;

use crate::diagnosis::doctor::{Came, Doctor, Evidence, Finding, Next, Stage, Verdict};
use crate::diagnosis::{History, ProfileFacts};
use crate::engine::{Command, Report, SendRequest};
use crate::model::diagnosis::Family;
use crate::model::{Asked, Cause, Exchange, ExchangeId, MessageId, Moment, Probed, TokenFacts};

use crate::app::drive::{Act, Fold, Input};
use crate::app::exit::Exit;
use crate::app::output::Line;

/// Under which id the test message goes.
const MESSAGE: MessageId = MessageId(1);
/// What it says.
const TEST: &str = "guestwire doctor: test message";

/// The account of one series.
#[derive(Debug)]
pub struct DoctorFold {
    doctor: Doctor,
    facts: ProfileFacts,
    history: History,
    token: Option<TokenFacts>,
    exchanges: HashMap<ExchangeId, Arc<Exchange>>,
    sending: bool,
    over: bool,
}

impl DoctorFold {
    /// An account of a series that has not begun.
    pub fn new(doctor: Doctor, facts: ProfileFacts) -> Self {
        Self {
            doctor,
            facts,
            history: History::default(),
            token: None,
            exchanges: HashMap::new(),
            sending: false,
            over: false,
        }
    }

    fn go_on(&mut self, now: Moment, mut acts: Vec<Act>) -> Vec<Act> {
        let evidence = Evidence { profile: &self.facts, history: &self.history, token: self.token.as_ref() };
        let (findings, next) = self.doctor.next(&evidence);
        acts.extend(findings.iter().map(|f| Act::Say(finding_line(now, f))));
        match next {
            Next::Ask(asked) => acts.push(Act::Ask(Command::Probe(asked))),
            Next::Send(conversation) => {
                self.sending = true;
                acts.push(Act::Ask(Command::Send(SendRequest {
                    message: MESSAGE,
                    conversation,
                    text: TEST.to_owned(),
                    resend_of: None,
                    sent_as: None,
                    extras: crate::model::Extras::default(),
                })));
            }
            Next::Over(verdict) => {
                self.over = true;
                acts.push(Act::Say(verdict_line(now, &verdict)));
                acts.push(Act::Finish(exit(&verdict)));
            }
        }
        acts
    }

    fn came(&mut self, now: Moment, asked: Asked, came: &Probed) -> Vec<Act> {
        let exchange = match came {
            Probed::Asked(id) => self.exchanges.get(id).cloned(),
            Probed::NotAsked(_) => None,
        };
        let evidence = Evidence { profile: &self.facts, history: &self.history, token: self.token.as_ref() };
        let findings = self.doctor.came(asked, came, exchange.as_deref(), &evidence);
        let acts = findings.iter().map(|f| Act::Say(finding_line(now, f))).collect();
        self.go_on(now, acts)
    }

    fn exchange(&mut self, now: Moment, exchange: Arc<Exchange>) -> Vec<Act> {
        self.history.exchange(&exchange);
        let sent = self.sending && exchange.message == Some(MESSAGE) && exchange.outcome.is_settled();
        if !sent {
            self.exchanges.insert(exchange.id, exchange);
            return Vec::new();
        }
        self.sending = false;
        let evidence = Evidence { profile: &self.facts, history: &self.history, token: self.token.as_ref() };
        let findings = self.doctor.sent(&exchange, &evidence);
        let acts = findings.iter().map(|f| Act::Say(finding_line(now, f))).collect();
        self.go_on(now, acts)
    }

    fn stop(&mut self, now: Moment, why: &str) -> Vec<Act> {
        if std::mem::replace(&mut self.over, true) {
            return Vec::new();
        }
        let verdict = Verdict {
            cause: Some(Cause::Unknown),
            confidence: crate::model::Confidence::Possible,
            because: why.to_owned(),
            stage: Stage::Beyond,
            send_unknown: self.sending,
        };
        vec![Act::Say(verdict_line(now, &verdict)), Act::Finish(exit(&verdict))]
    }
}

impl Fold for DoctorFold {
    fn on(&mut self, now: Moment, input: Input) -> Vec<Act> {
        match input {
            _ if self.over => Vec::new(),
            Input::Begin => self.go_on(now, Vec::new()),
            Input::Report(report) => match *report {
                Report::Probe { asked, came } => self.came(now, asked, &came),
                Report::Exchange(exchange) => self.exchange(now, exchange),
                Report::Token(status) => {
                    self.token = status.facts().cloned();
                    if let Some(facts) = &self.token {
                        self.history.token(facts);
                    }
                    Vec::new()
                }
                Report::ClockSkew(seconds) => {
                    self.history.skew_told(seconds);
                    Vec::new()
                }
                _ => Vec::new(),
            },
            Input::Interrupt => self.stop(now, "it was interrupted before anything was decided"),
            Input::Ended => self.stop(now, "guestwire's engine has stopped"),
            Input::Due | Input::Sandbox(..) => Vec::new(),
        }
    }

    fn due(&self) -> Option<Moment> {
        // Every question ends by itself: the engine bounds each try.
        None
    }
}

fn finding_line(now: Moment, finding: &Finding) -> Line {
    let fields = json!({
        "name": finding.name,
        "result": finding.came.word(),
        "request_id": finding.request_id,
        "detail": finding.detail,
    });
    let text = format!("{}  {:<13} {}", finding.came.word(), finding.name, finding.detail);
    let text = match (&finding.request_id, finding.came) {
        (Some(id), Came::Fail) => format!("{text}\n                    request id {id}"),
        _ => text,
    };
    Line::new("probe", now.wall, fields).says(text)
}

fn verdict_line(now: Moment, verdict: &Verdict) -> Line {
    let cause = verdict.cause.map_or("none", Cause::as_str);
    let word = verdict.confidence.word();
    let fields = json!({ "cause": cause, "confidence": word, "because": verdict.because });
    let text = if verdict.cause.is_none() {
        format!("verdict: all is well; {}", verdict.because)
    } else {
        let more = format!("`guestwire explain {cause}` says what to do");
        format!("verdict: {cause} ({word}): {}\n         {more}", verdict.because)
    };
    Line::new("verdict", now.wall, fields).says(text)
}

fn exit(verdict: &Verdict) -> Exit {
    match (verdict.cause, verdict.stage) {
        _ if verdict.send_unknown => Exit::Unknown,
        (None, _) => Exit::Done,
        (Some(cause), _) if cause.family() == Family::Network && cause != Cause::ClockSkew => Exit::Network,
        (Some(_), Stage::Hosts) => Exit::Network,
        (Some(_), Stage::Token) => Exit::NotSignedIn,
        (Some(_), Stage::Beyond) => Exit::Refused,
    }
}
