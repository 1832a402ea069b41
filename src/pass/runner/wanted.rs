//! What a step expects as a list, and whether what was seen so far meets it. Pure: (expectation, seen, now) → look.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::ear::Ear;
use crate::model::exchange::header;
use crate::model::{Cause, Confidence, Diagnosis, Exchange, Life, Moment, Outcome, RemoteMessage, Response};
use crate::pass::file::{Came, Capture, CaptureSource, Reply, Step, span};
use crate::text::json;

/// How long an exchange may lag behind its message, and a diagnosis behind its exchange.
const LAG: Duration = Duration::from_secs(5);

/// How long evidence is waited for.
const EVIDENCE: Duration = Duration::from_millis(500);

/// One expectation.
#[derive(Clone, Debug, PartialEq)]
pub enum Wanted {
    /// The step's set-up is done; for steps that expect nothing else.
    Done,
    Outcome(Came),
    Cause(Cause, Option<Confidence>),
    Status(u16),
    Header(String, Option<String>),
    Body(String, Value),
    Tries(u32),
    Renewals(u32),
    Reply(Reply),
    Silence(Duration),
    Capture(Capture),
}

/// How it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// Its turn has not come.
    Open,
    /// It may still come, until then.
    Waiting(Moment),
    /// It came: what was seen.
    Yes(Option<String>),
    /// It did not: what was seen instead.
    No(String),
}

/// What was seen since the step began.
#[derive(Debug)]
pub struct Seen<'s> {
    pub now: Moment,
    /// When the set-up was done.
    pub ready: Moment,
    /// When the outcome is given up.
    pub until: Moment,
    /// The step sends.
    pub sends: bool,
    pub life: Option<&'s Life>,
    /// When the message was settled.
    pub settled: Option<Moment>,
    pub exchange: Option<&'s Arc<Exchange>>,
    pub diagnosis: Option<&'s Diagnosis>,
    /// New tokens since the step began.
    pub renewals: u32,
    pub ear: Option<&'s Ear>,
    /// Why it cannot be sent, where that is known.
    pub trouble: Option<&'s str>,
}

/// All that a step expects, in the order in which it is shown.
pub fn all(step: &Step) -> Vec<Wanted> {
    let expect = &step.expect;
    let mut list = Vec::new();
    let answers = expect.status.is_some() || !expect.headers.is_empty() || !expect.body.is_empty();
    match expect.outcome {
        Some(came) => list.push(Wanted::Outcome(came)),
        // What sends and names no outcome is to be accepted, unless the answer is described otherwise.
        None if step.sends() && !answers => list.push(Wanted::Outcome(Came::Accepted)),
        None => {}
    }
    list.extend(expect.cause.map(|cause| Wanted::Cause(cause, expect.confidence)));
    list.extend(expect.status.map(Wanted::Status));
    list.extend(expect.headers.iter().map(|(name, value)| Wanted::Header(name.clone(), value.clone())));
    list.extend(expect.body.iter().map(|(pointer, value)| Wanted::Body(pointer.clone(), value.clone())));
    list.extend(expect.tries.map(Wanted::Tries));
    list.extend(expect.renewals.map(Wanted::Renewals));
    list.extend(expect.reply.clone().map(Wanted::Reply));
    list.extend(expect.silence.map(Wanted::Silence));
    list.extend(step.captures.iter().cloned().map(Wanted::Capture));
    if list.is_empty() && (step.needs_sandbox() || step.clear_faults || step.renew) {
        list.push(Wanted::Done);
    }
    list
}

impl Wanted {
    /// What is expected, in words.
    pub fn words(&self) -> String {
        match self {
            Self::Done => "it is set up".to_owned(),
            Self::Outcome(came) => came.word().to_owned(),
            Self::Cause(cause, None) => format!("because of {cause}"),
            Self::Cause(cause, Some(confidence)) => format!("because of {cause}, at least {}", confidence.word()),
            Self::Status(status) => format!("status {status}"),
            Self::Header(name, None) => format!("header {name} is there"),
            Self::Header(name, Some(value)) => format!("header {name} is “{value}”"),
            Self::Body(pointer, value) => format!("body {pointer} is {value}"),
            Self::Tries(1) => "one try".to_owned(),
            Self::Tries(n) => format!("{n} tries"),
            Self::Renewals(0) => "no new token".to_owned(),
            Self::Renewals(1) => "one new token".to_owned(),
            Self::Renewals(n) => format!("{n} new tokens"),
            Self::Reply(reply) => reply_words(reply),
            Self::Silence(time) => format!("no reply for {}", span(*time)),
            Self::Capture(capture) => format!("{{{{{}}}}} is captured", capture.name),
        }
    }

    /// Whether it listens to the conversation.
    pub const fn listens(&self) -> bool {
        matches!(
            self,
            Self::Reply(_) | Self::Silence(_) | Self::Capture(Capture { source: CaptureSource::Reply(..), .. })
        )
    }

    /// How it stands.
    pub fn look(&self, seen: &Seen<'_>) -> Look {
        match self {
            Self::Done => Look::Yes(None),
            Self::Outcome(came) => outcome(*came, seen),
            Self::Cause(cause, confidence) => because(*cause, *confidence, seen),
            Self::Status(wanted) => answered(seen, |exchange| match exchange.status() {
                Some(status) if status == *wanted => Look::Yes(None),
                Some(status) => Look::No(format!("it is {status}")),
                None => Look::No("no answer came".to_owned()),
            }),
            Self::Header(name, wanted) => responded(seen, |response| match (header(&response.headers, name), wanted) {
                (None, _) => Look::No("it is not there".to_owned()),
                (Some(value), Some(wanted)) if value != wanted => Look::No(format!("it is “{value}”")),
                (Some(value), _) => Look::Yes(Some(value.to_owned())),
            }),
            Self::Body(pointer, wanted) => responded(seen, |response| match at(response, pointer) {
                Some(value) if value == *wanted => Look::Yes(None),
                Some(value) => Look::No(format!("it is {value}")),
                None => Look::No("it is not there".to_owned()),
            }),
            Self::Tries(wanted) => answered(seen, |exchange| {
                let tries = exchange.attempts().count();
                if tries == *wanted as usize { Look::Yes(None) } else { Look::No(there(tries)) }
            }),
            Self::Renewals(wanted) => renewals(*wanted, seen),
            Self::Reply(reply) => listen(seen, reply.within, |m| fits(reply, m), "no reply fits"),
            Self::Silence(time) => silence(*time, seen),
            Self::Capture(capture) => match &capture.source {
                CaptureSource::Reply(pattern, within) => {
                    listen(seen, *within, |m| pattern.0.is_match(&m.text), "no reply matches")
                }
                _ => answered(seen, |_| match captured(capture, seen) {
                    Some(value) => Look::Yes(Some(value)),
                    None => Look::No("it is not in the answer".to_owned()),
                }),
            },
        }
    }
}

fn reply_words(reply: &Reply) -> String {
    let mut parts = Vec::new();
    parts.extend(reply.contains.as_ref().map(|text| format!("says “{text}”")));
    parts.extend(reply.matches.as_ref().map(|pattern| format!("matches /{}/", pattern.0.as_str())));
    if !reply.choices.is_empty() {
        let labels: Vec<String> = reply.choices.iter().map(|c| format!("“{c}”")).collect();
        parts.push(format!("offers {}", labels.join(", ")));
    }
    let who = reply.from.map_or("a reply", |author| author.word());
    let what = if parts.is_empty() { "comes".to_owned() } else { parts.join(" and ") };
    format!("{who} {what} within {}", span(reply.within))
}

fn outcome(came: Came, seen: &Seen<'_>) -> Look {
    let Some(life) = seen.life else { return Look::Open };
    let got = match life {
        Life::Accepted | Life::Answered | Life::Landed => Came::Accepted,
        Life::Refused(_) | Life::Lost => Came::Refused,
        Life::Unknown(_) => Came::Unknown,
        Life::Cancelled => return Look::No("it was taken back".to_owned()),
        open if seen.until.left(seen.now).is_zero() => {
            let why = seen.trouble.map(|t| format!(": {t}")).unwrap_or_default();
            return Look::No(format!("it is still {}{why}", open.word()));
        }
        _ => return Look::Waiting(seen.until),
    };
    // The step is not left before its exchange is whole: it is the evidence.
    let has_one = seen.exchange.is_some() || got != Came::Refused;
    let whole = seen.exchange.is_some_and(|x| x.outcome.is_settled());
    if let Some(at) = seen.settled.filter(|_| has_one && !whole).map(|at| at.after(EVIDENCE))
        && !at.left(seen.now).is_zero()
    {
        return Look::Waiting(at);
    }
    let why = match life {
        Life::Refused(why) | Life::Unknown(why) => Some(why.clone()),
        _ => None,
    };
    if got == came {
        return Look::Yes(why);
    }
    Look::No(why.map_or_else(|| format!("it was {}", got.word()), |why| format!("it was {}: {why}", got.word())))
}

/// What the settled exchange says.
fn answered(seen: &Seen<'_>, say: impl Fn(&Exchange) -> Look) -> Look {
    match (seen.exchange, seen.settled) {
        (Some(exchange), Some(_)) if exchange.outcome.is_settled() => say(exchange),
        (_, Some(at)) if at.after(LAG).left(seen.now).is_zero() => Look::No("there was no exchange".to_owned()),
        (_, Some(at)) => Look::Waiting(at.after(LAG)),
        (_, None) if seen.life.is_none() => Look::Open,
        (_, None) if seen.until.left(seen.now).is_zero() => Look::No("it was not answered in time".to_owned()),
        (_, None) => Look::Waiting(seen.until),
    }
}

fn responded(seen: &Seen<'_>, say: impl Fn(&Response) -> Look) -> Look {
    answered(seen, |exchange| match exchange.last_attempt().and_then(|a| a.response()) {
        Some(response) => say(response),
        None => Look::No("no answer came".to_owned()),
    })
}

fn at(response: &Response, pointer: &str) -> Option<Value> {
    let json = json::read(response.body.text.as_bytes())?;
    json.pointer(pointer).cloned()
}

fn because(cause: Cause, confidence: Option<Confidence>, seen: &Seen<'_>) -> Look {
    answered(seen, |exchange| {
        if exchange.outcome == Outcome::Accepted {
            return Look::No("it was accepted".to_owned());
        }
        let enough = |c: Confidence| confidence.is_none_or(|least| c >= least);
        let found = match seen.diagnosis {
            Some(d) if d.cause() == cause && enough(d.confidence()) && (confidence.is_some() || !d.is_undecided()) => {
                return Look::Yes(Some(format!("{}: {}", d.confidence().word(), d.sentence())));
            }
            Some(d) if d.suspects.is_empty() => "no known cause fits".to_owned(),
            Some(d) => format!("it is {} ({})", d.cause(), d.confidence().word()),
            None => "nothing was diagnosed".to_owned(),
        };
        // A read that is under way may decide it.
        match seen.settled {
            Some(at) if !at.after(LAG).left(seen.now).is_zero() => Look::Waiting(at.after(LAG)),
            _ => Look::No(found),
        }
    })
}

fn there(count: usize) -> String {
    format!("there {} {count}", if count == 1 { "was" } else { "were" })
}

fn renewals(wanted: u32, seen: &Seen<'_>) -> Look {
    let got = seen.renewals;
    let no = || Look::No(there(got as usize));
    let over = if seen.sends { seen.settled.is_some() } else { wanted == 0 };
    if got > wanted {
        return no();
    }
    if got == wanted && (over || !seen.sends) {
        return Look::Yes(None);
    }
    if over || seen.until.left(seen.now).is_zero() { no() } else { Look::Waiting(seen.until) }
}

/// When listening to the other side begins; or that it never does.
fn from(seen: &Seen<'_>) -> Result<Option<Moment>, Look> {
    if !seen.sends {
        return Ok(Some(seen.ready));
    }
    match (seen.life, seen.settled) {
        (Some(Life::Accepted | Life::Answered | Life::Landed), Some(at)) => Ok(Some(at)),
        (Some(life), Some(_)) => Err(Look::No(format!("the message was {}", life.word()))),
        _ if seen.until.left(seen.now).is_zero() => Err(Look::No("the message was not accepted in time".to_owned())),
        _ => Ok(None),
    }
}

fn unheard<'s>(seen: &'s Seen<'_>) -> impl Iterator<Item = &'s RemoteMessage> {
    seen.ear.into_iter().flat_map(|ear| ear.fresh.iter().skip(ear.taken))
}

fn listen(seen: &Seen<'_>, within: Duration, fits: impl Fn(&RemoteMessage) -> bool, else_: &str) -> Look {
    if let Some(reply) = unheard(seen).find(|m| fits(m)) {
        return Look::Yes(Some(format!("{}: {}", reply.author.word(), reply.text)));
    }
    match from(seen) {
        Err(no) => no,
        Ok(None) => Look::Open,
        Ok(Some(from)) if from.after(within).left(seen.now).is_zero() => Look::No(match unheard(seen).last() {
            Some(m) => format!("{else_}; {} said “{}”", m.author.word(), m.text),
            None => "nobody said anything".to_owned(),
        }),
        Ok(Some(from)) => Look::Waiting(from.after(within)),
    }
}

/// Whether a message is the reply that is expected.
pub fn fits(reply: &Reply, message: &RemoteMessage) -> bool {
    let text = &message.text;
    let contains = reply.contains.as_ref().is_none_or(|part| text.to_lowercase().contains(&part.to_lowercase()));
    let offers = |label: &String| message.choices.iter().any(|c| c.label == *label);
    contains
        && reply.matches.as_ref().is_none_or(|pattern| pattern.0.is_match(text))
        && reply.choices.iter().all(offers)
        && reply.from.is_none_or(|author| author == message.author)
}

fn silence(time: Duration, seen: &Seen<'_>) -> Look {
    if let Some(reply) = unheard(seen).next() {
        return Look::No(format!("{} said “{}”", reply.author.word(), reply.text));
    }
    match from(seen) {
        Err(no) => no,
        Ok(None) => Look::Open,
        Ok(Some(from)) if from.after(time).left(seen.now).is_zero() => Look::Yes(None),
        Ok(Some(from)) => Look::Waiting(from.after(time)),
    }
}

/// The captured value.
pub fn captured(capture: &Capture, seen: &Seen<'_>) -> Option<String> {
    let response = || seen.exchange?.last_attempt()?.response();
    match &capture.source {
        CaptureSource::Header(name) => header(&response()?.headers, name).map(str::to_owned),
        CaptureSource::Body(pointer) => match at(response()?, pointer)? {
            Value::String(text) => Some(text),
            Value::Null => None,
            other => Some(other.to_string()),
        },
        CaptureSource::Reply(pattern, _) => unheard(seen).find_map(|message| {
            let found = pattern.0.captures(&message.text)?;
            Some(found.get(1).or_else(|| found.get(0))?.as_str().to_owned())
        }),
    }
}
