//! What a step expects as a list, and whether what was seen so far meets it. Pure: (expectation, seen, now) → look.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::replies::{Coverage, ReplyTracker};
use crate::model::exchange::header;
use crate::model::{
    Cause, Confidence, DeliveryStatus, Diagnosis, Exchange, Generation, MessageId, Moment, Outcome, RemoteMessage,
    Response, Unreadable,
};
use crate::pass::file::{Capture, CaptureSource, ExpectedOutcome, ExpectedReply, PassStep, span};
use crate::text::{alike, json};

/// How long an exchange may lag behind its message, a diagnosis behind its exchange, and the last read behind the end of
/// the time that is listened.
const LAG: Duration = Duration::from_secs(5);

/// How long evidence is waited for.
const EVIDENCE: Duration = Duration::from_millis(500);

/// One expectation.
#[derive(Clone, Debug, PartialEq)]
pub enum Expectation {
    /// The step's set-up is done; for steps that expect nothing else.
    Done,
    Outcome(ExpectedOutcome),
    Cause(Cause, Option<Confidence>),
    Status(u16),
    Header(String, Option<String>),
    Body(String, Value),
    Tries(u32),
    Renewals(u32),
    Reply(ExpectedReply),
    Silence(Duration),
    Capture(Capture),
}

/// How it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// Its turn has not come.
    Open,
    /// It may still come, until then.
    Waiting(Moment),
    /// It came: what was seen.
    Yes(Option<String>),
    /// It did not: what was seen instead.
    No(String),
    /// Nobody can tell, for this reason.
    Blocked(Unreadable),
}

/// What is known of the step that runs.
#[derive(Clone, Debug)]
pub struct StepProgress {
    pub wanted: Vec<Expectation>,
    pub began: Moment,
    pub ready: Moment,
    pub until: Moment,
    pub message: Option<MessageId>,
    pub delivery: Option<DeliveryStatus>,
    pub settled: Option<Moment>,
    pub exchange: Option<Arc<Exchange>>,
    pub generation: Option<Generation>,
    /// A read that decides a diagnosis was asked for.
    pub asked_why: bool,
    /// When the conversation is read next, and how often it was.
    pub read: Option<(Moment, usize)>,
    /// Its conversation's session is waited for, until then.
    pub opening: Option<Moment>,
}

impl StepProgress {
    /// Whether the step sends.
    const fn sends(&self) -> bool {
        self.delivery.is_some()
    }
}

/// What was seen since the step began.
#[derive(Debug)]
pub struct Observed<'s> {
    pub now: Moment,
    pub watch: &'s StepProgress,
    pub diagnosis: Option<&'s Diagnosis>,
    /// New tokens since the step began.
    pub renewals: u32,
    pub replies: Option<&'s ReplyTracker>,
    /// Why it cannot be sent, where that is known.
    pub trouble: Option<&'s str>,
}

/// All that a step expects, in the order in which it is shown.
pub fn all(step: &PassStep) -> Vec<Expectation> {
    let expect = &step.expect;
    let mut list = Vec::new();
    let answers = expect.status.is_some() || !expect.headers.is_empty() || !expect.body.is_empty();
    match expect.outcome {
        Some(came) => list.push(Expectation::Outcome(came)),
        // What sends and names no outcome is to be accepted, unless the answer is described otherwise.
        None if step.sends() && !answers => list.push(Expectation::Outcome(ExpectedOutcome::Accepted)),
        None => {}
    }
    list.extend(expect.cause.map(|cause| Expectation::Cause(cause, expect.confidence)));
    list.extend(expect.status.map(Expectation::Status));
    list.extend(expect.headers.iter().map(|(name, value)| Expectation::Header(name.clone(), value.clone())));
    list.extend(expect.body.iter().map(|(pointer, value)| Expectation::Body(pointer.clone(), value.clone())));
    list.extend(expect.tries.map(Expectation::Tries));
    list.extend(expect.renewals.map(Expectation::Renewals));
    list.extend(expect.reply.clone().map(Expectation::Reply));
    list.extend(expect.silence.map(Expectation::Silence));
    list.extend(step.captures.iter().cloned().map(Expectation::Capture));
    if list.is_empty() && (step.needs_sandbox() || step.clear_faults || step.renew) {
        list.push(Expectation::Done);
    }
    list
}

impl Expectation {
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
    pub fn look(&self, seen: &Observed<'_>) -> Status {
        match self {
            Self::Done => Status::Yes(None),
            Self::Outcome(came) => outcome(*came, seen),
            Self::Cause(cause, confidence) => because(*cause, *confidence, seen),
            Self::Status(wanted) => answered(seen, |exchange| match exchange.status() {
                Some(status) if status == *wanted => Status::Yes(None),
                Some(status) => Status::No(format!("it is {status}")),
                None => Status::No("no answer was received".to_owned()),
            }),
            Self::Header(name, wanted) => responded(seen, |response| match (header(&response.headers, name), wanted) {
                (None, _) => Status::No("it is not there".to_owned()),
                (Some(value), Some(wanted)) if value != wanted => {
                    Status::No(format!("it is “{value}”{}", named(alike::difference(wanted, value))))
                }
                (Some(value), _) => Status::Yes(Some(value.to_owned())),
            }),
            Self::Body(pointer, wanted) => responded(seen, |response| match at(response, pointer) {
                Some(value) if value == *wanted => Status::Yes(None),
                Some(value) => {
                    let texts = wanted.as_str().zip(value.as_str());
                    Status::No(format!("it is {value}{}", named(texts.and_then(|(a, b)| alike::difference(a, b)))))
                }
                None => Status::No("it is not there".to_owned()),
            }),
            Self::Tries(wanted) => answered(seen, |exchange| {
                let tries = exchange.attempts().count();
                if tries == *wanted as usize { Status::Yes(None) } else { Status::No(there(tries)) }
            }),
            Self::Renewals(wanted) => renewals(*wanted, seen),
            Self::Reply(reply) => {
                listen(seen, reply.within, |m| fits(reply, m), |m| format!("no reply fits; {}", unlike(reply, m)))
            }
            Self::Silence(time) => silence(*time, seen),
            Self::Capture(capture) => match &capture.source {
                CaptureSource::Reply(pattern, within) => {
                    listen(seen, *within, |m| pattern.0.is_match(&m.text), |m| format!("no reply matches; {}", said(m)))
                }
                _ => answered(seen, |_| match captured(capture, seen) {
                    Some(value) => Status::Yes(Some(value)),
                    None => Status::No("it is not in the answer".to_owned()),
                }),
            },
        }
    }
}

fn reply_words(reply: &ExpectedReply) -> String {
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

fn outcome(came: ExpectedOutcome, seen: &Observed<'_>) -> Status {
    let Some(delivery) = seen.watch.delivery.as_ref() else { return Status::Open };
    let got = match delivery {
        DeliveryStatus::Accepted | DeliveryStatus::Answered | DeliveryStatus::Landed => ExpectedOutcome::Accepted,
        DeliveryStatus::Refused(_) | DeliveryStatus::Lost => ExpectedOutcome::Refused,
        DeliveryStatus::Unknown(_) => ExpectedOutcome::Unknown,
        DeliveryStatus::Cancelled => return Status::No("it was taken back".to_owned()),
        open if seen.watch.until.left(seen.now).is_zero() => {
            let why = match open {
                DeliveryStatus::Waiting { why, .. } => Some(why.to_string()),
                _ => seen.trouble.map(ToString::to_string),
            };
            let why = why.map(|why| format!(": {why}")).unwrap_or_default();
            return Status::No(format!("it is still {}{why}", open.word()));
        }
        _ => return Status::Waiting(seen.watch.until),
    };
    // The step is not left before its exchange is whole: it is the evidence.
    let has_one = seen.watch.exchange.is_some() || got != ExpectedOutcome::Refused;
    let whole = seen.watch.exchange.as_deref().is_some_and(|x| x.outcome.is_settled());
    if let Some(at) = seen.watch.settled.filter(|_| has_one && !whole).map(|at| at.after(EVIDENCE))
        && !at.left(seen.now).is_zero()
    {
        return Status::Waiting(at);
    }
    let why = delivery.reason().map(ToString::to_string);
    if got == came {
        return Status::Yes(why);
    }
    Status::No(why.map_or_else(|| format!("it was {}", got.word()), |why| format!("it was {}: {why}", got.word())))
}

/// What the settled exchange says.
fn answered(seen: &Observed<'_>, say: impl Fn(&Exchange) -> Status) -> Status {
    match (seen.watch.exchange.as_deref(), seen.watch.settled) {
        (Some(exchange), Some(_)) if exchange.outcome.is_settled() => say(exchange),
        (_, Some(at)) if at.after(LAG).left(seen.now).is_zero() => Status::No("there was no exchange".to_owned()),
        (_, Some(at)) => Status::Waiting(at.after(LAG)),
        (_, None) if !seen.watch.sends() => Status::Open,
        (_, None) if seen.watch.until.left(seen.now).is_zero() => Status::No("it was not answered in time".to_owned()),
        (_, None) => Status::Waiting(seen.watch.until),
    }
}

fn responded(seen: &Observed<'_>, say: impl Fn(&Response) -> Status) -> Status {
    answered(seen, |exchange| match exchange.last_attempt().and_then(|a| a.response()) {
        Some(response) => say(response),
        None => Status::No("no answer was received".to_owned()),
    })
}

fn at(response: &Response, pointer: &str) -> Option<Value> {
    let json = json::read(response.body.text.as_bytes())?;
    json.pointer(pointer).cloned()
}

fn because(cause: Cause, confidence: Option<Confidence>, seen: &Observed<'_>) -> Status {
    answered(seen, |exchange| {
        if exchange.outcome == Outcome::Accepted {
            return Status::No("it was accepted".to_owned());
        }
        let enough = |c: Confidence| confidence.is_none_or(|least| c >= least);
        let found = match seen.diagnosis {
            Some(d) if d.cause() == cause && enough(d.confidence()) && (confidence.is_some() || !d.is_undecided()) => {
                return Status::Yes(Some(format!("{}: {}", d.confidence().word(), d.sentence())));
            }
            Some(d) if d.suspects.is_empty() => "no known cause fits".to_owned(),
            Some(d) => format!("it is {} ({})", d.cause(), d.confidence().word()),
            None => "nothing was diagnosed".to_owned(),
        };
        // A read that is under way may decide it.
        match seen.watch.settled {
            Some(at) if !at.after(LAG).left(seen.now).is_zero() => Status::Waiting(at.after(LAG)),
            _ => Status::No(found),
        }
    })
}

fn there(count: usize) -> String {
    format!("there {} {count}", if count == 1 { "was" } else { "were" })
}

fn renewals(wanted: u32, seen: &Observed<'_>) -> Status {
    let got = seen.renewals;
    let no = || Status::No(there(got as usize));
    let over = if seen.watch.sends() { seen.watch.settled.is_some() } else { wanted == 0 };
    if got > wanted {
        return no();
    }
    if got == wanted && (over || !seen.watch.sends()) {
        return Status::Yes(None);
    }
    if over || seen.watch.until.left(seen.now).is_zero() { no() } else { Status::Waiting(seen.watch.until) }
}

/// When listening to the other side begins; or that it never does.
fn from(seen: &Observed<'_>) -> Result<Option<Moment>, Status> {
    if !seen.watch.sends() {
        return Ok(Some(seen.watch.ready));
    }
    match (seen.watch.delivery.as_ref(), seen.watch.settled) {
        (Some(DeliveryStatus::Accepted | DeliveryStatus::Answered | DeliveryStatus::Landed), Some(at)) => Ok(Some(at)),
        (Some(delivery), Some(_)) => Err(Status::No(format!("the message was {}", delivery.word()))),
        _ if seen.watch.until.left(seen.now).is_zero() => {
            Err(Status::No("the message was not accepted in time".to_owned()))
        }
        _ => Ok(None),
    }
}

fn unheard<'s>(seen: &'s Observed<'_>) -> impl Iterator<Item = &'s RemoteMessage> {
    seen.replies.into_iter().flat_map(|replies| replies.fresh.iter().skip(replies.taken))
}

/// `otherwise` says of the last reply why it is not the one that was listened for.
fn listen(
    seen: &Observed<'_>,
    within: Duration,
    fits: impl Fn(&RemoteMessage) -> bool,
    otherwise: impl Fn(&RemoteMessage) -> String,
) -> Status {
    if let Some(reply) = unheard(seen).find(|m| fits(m)) {
        return Status::Yes(Some(format!("{}: {}", reply.author.word(), reply.text)));
    }
    over(seen, within, || {
        Status::No(match unheard(seen).last() {
            Some(message) => otherwise(message),
            None => "no reply was received".to_owned(),
        })
    })
}

/// What a span of `time` without the reply comes to, once it is over: `said` where all of it was observed.
fn over(seen: &Observed<'_>, time: Duration, said: impl Fn() -> Status) -> Status {
    let from = match from(seen) {
        Err(no) => return no,
        Ok(None) => return Status::Open,
        Ok(Some(from)) => from,
    };
    let until = from.after(time);
    if !until.left(seen.now).is_zero() {
        return Status::Waiting(until);
    }
    let last = until.after(LAG);
    match seen.replies.map_or(Coverage::NotYet, |replies| replies.watched(from, until)) {
        Coverage::Whole => said(),
        Coverage::Not(why) => Status::Blocked(why),
        Coverage::NotYet if last.left(seen.now).is_zero() => {
            let why = seen.replies.and_then(|replies| replies.readable.unreadable()).cloned();
            Status::Blocked(why.unwrap_or(Unreadable::NotReadInTime))
        }
        Coverage::NotYet => Status::Waiting(last),
    }
}

/// Whether a message is the reply that is expected.
pub fn fits(reply: &ExpectedReply, message: &RemoteMessage) -> bool {
    let text = &message.text;
    let contains = reply.contains.as_ref().is_none_or(|part| text.to_lowercase().contains(&part.to_lowercase()));
    let offers = |label: &String| message.choices.iter().any(|c| c.label == *label);
    contains
        && reply.matches.as_ref().is_none_or(|pattern| pattern.0.is_match(text))
        && reply.choices.iter().all(offers)
        && reply.from.is_none_or(|author| author == message.author)
}

fn said(message: &RemoteMessage) -> String {
    format!("{} said “{}”", message.author.word(), message.text)
}

/// What was said instead of the reply; and what tells the two apart, where the eye cannot.
fn unlike(reply: &ExpectedReply, message: &RemoteMessage) -> String {
    let text = reply.contains.as_ref().and_then(|part| alike::difference_within(part, &message.text));
    let choice = || {
        let labels = || message.choices.iter().map(|c| c.label.as_str());
        let missing = reply.choices.iter().find(|wanted| !labels().any(|label| label == wanted.as_str()))?;
        let difference = labels().find_map(|label| alike::difference(missing, label))?;
        Some(format!("of the choice “{missing}” {difference}"))
    };
    format!("{}{}", said(message), named(text.or_else(choice)))
}

/// A difference as the end of a sentence.
fn named(difference: Option<String>) -> String {
    difference.map_or_else(String::new, |difference| format!("; {difference}"))
}

fn silence(time: Duration, seen: &Observed<'_>) -> Status {
    if let Some(reply) = unheard(seen).next() {
        return Status::No(said(reply));
    }
    over(seen, time, || Status::Yes(None))
}

/// When the spans end in which replies are listened for.
pub fn listening_until<'s>(all: &'s [Expectation], seen: &'s Observed<'_>) -> impl Iterator<Item = Moment> + 's {
    let from = from(seen).ok().flatten();
    let spans = all.iter().filter_map(|expectation| match expectation {
        Expectation::Reply(reply) => Some(reply.within),
        Expectation::Silence(time) => Some(*time),
        Expectation::Capture(Capture { source: CaptureSource::Reply(_, within), .. }) => Some(*within),
        _ => None,
    });
    spans.filter_map(move |span| Some(from?.after(span)))
}

/// The captured value.
pub fn captured(capture: &Capture, seen: &Observed<'_>) -> Option<String> {
    let response = || seen.watch.exchange.as_deref()?.last_attempt()?.response();
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
