//! What a step expects as a list, and whether what was seen so far meets it. Pure: (expectation, seen, now) → status.

use std::cmp::Ordering;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::replies::ReplyTracker;
use crate::model::attempt::header;
use crate::model::{
    Cause, Confidence, DeliveryStatus, Diagnosis, Exchange, Generation, MessageId, Moment, Outcome, RemoteMessage,
    Response, Unreadable,
};
use crate::pass::file::{Capture, CaptureSource, Expectation, ExpectedOutcome, ExpectedReply, span};
use crate::text::{alike, json};

/// How long we wait for what comes late: an exchange after its message, a diagnosis after its exchange, and the last read
/// after the listening time has ended.
const LAG: Duration = Duration::from_secs(5);

/// How long a step whose message is finished waits for the end of the exchange, which it shows as evidence.
const EVIDENCE: Duration = Duration::from_millis(500);

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    Open,
    Waiting(Moment),
    Yes(Option<String>),
    /// It did not: what was seen instead.
    No(String),
    Blocked(Unreadable),
}

impl Status {
    pub const fn until(&self) -> Option<Moment> {
        if let Self::Waiting(until) = self { Some(*until) } else { None }
    }
}

#[derive(Clone, Debug, Default)]
pub struct StepProgress {
    pub wanted: Vec<Expectation>,
    pub began: Moment,
    /// When all was set up.
    pub ready: Moment,
    /// The end of the wait for the outcome.
    pub until: Moment,
    pub message: Option<MessageId>,
    pub delivery: Option<DeliveryStatus>,
    pub finished_at: Option<Moment>,
    pub exchange: Option<Arc<Exchange>>,
    pub generation: Option<Generation>,
    /// The read that tells two causes apart was asked for.
    pub asked_why: bool,
    /// When the conversation is read next, and how often it was.
    pub read: Option<(Moment, usize)>,
    /// Its conversation's session is waited for, until then.
    pub opening: Option<Moment>,
}

impl StepProgress {
    const fn sends(&self) -> bool {
        self.delivery.is_some()
    }

    fn response(&self) -> Option<&Response> {
        self.exchange.as_deref()?.last_attempt()?.response()
    }
}

#[derive(Debug)]
pub struct Observed<'s> {
    pub now: Moment,
    pub watch: &'s StepProgress,
    pub diagnosis: Option<&'s Diagnosis>,
    pub renewals: u32,
    pub replies: Option<&'s ReplyTracker>,
    pub trouble: Option<&'s str>,
}

impl Observed<'_> {
    fn is_past(&self, moment: Moment) -> bool {
        moment.left(self.now).is_zero()
    }

    fn is_late(&self) -> bool {
        self.is_past(self.watch.until)
    }
}

impl Expectation {
    pub fn words(&self) -> String {
        match self {
            Self::Done => "it is set up".to_owned(),
            Self::Outcome(came) => came.name().to_owned(),
            Self::Cause(cause, None) => format!("because of {cause}"),
            Self::Cause(cause, Some(confidence)) => format!("because of {cause}, at least {}", confidence.name()),
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

    fn listening(&self) -> Option<Duration> {
        match self {
            Self::Reply(ExpectedReply { within, .. })
            | Self::Silence(within)
            | Self::Capture(Capture { source: CaptureSource::Reply(_, within), .. }) => Some(*within),
            _ => None,
        }
    }

    pub fn listens(&self) -> bool {
        self.listening().is_some()
    }

    pub fn look(&self, seen: &Observed<'_>) -> Status {
        match self {
            Self::Done => Status::Yes(None),
            Self::Outcome(came) => outcome(*came, seen),
            Self::Cause(cause, confidence) => because(*cause, *confidence, seen),
            Self::Status(wanted) => answered(seen, |exchange| match exchange.status() {
                Some(status) if status == *wanted => Status::Yes(None),
                Some(status) => no(format!("it is {status}")),
                None => no("no answer was received"),
            }),
            Self::Header(name, wanted) => responded(seen, |response| match (header(&response.headers, name), wanted) {
                (None, _) => no("it is not there"),
                (Some(value), Some(wanted)) if value != wanted => {
                    no(format!("it is “{value}”{}", named(alike::difference(wanted, value))))
                }
                (Some(value), _) => Status::Yes(Some(value.to_owned())),
            }),
            Self::Body(pointer, wanted) => responded(seen, |response| match at(response, pointer) {
                Some(value) if value == *wanted => Status::Yes(None),
                Some(value) => {
                    let texts = wanted.as_str().zip(value.as_str());
                    no(format!("it is {value}{}", named(texts.and_then(|(a, b)| alike::difference(a, b)))))
                }
                None => no("it is not there"),
            }),
            Self::Tries(wanted) => answered(seen, |exchange| {
                let tries = exchange.attempts().count();
                if tries == *wanted as usize { Status::Yes(None) } else { no(there(tries)) }
            }),
            Self::Renewals(wanted) => renewals(*wanted, seen),
            Self::Reply(reply) => {
                listen(seen, reply.within, |m| fits(reply, m), |m| format!("no reply fits; {}", unlike(reply, m)))
            }
            Self::Silence(time) => match new_replies(seen).next() {
                Some(reply) => no(said(reply)),
                None => over(seen, *time, || Status::Yes(None)),
            },
            Self::Capture(capture) => match &capture.source {
                CaptureSource::Reply(pattern, within) => {
                    listen(seen, *within, |m| pattern.is_match(&m.text), |m| format!("no reply matches; {}", said(m)))
                }
                _ => answered(seen, |_| match captured(capture, seen) {
                    None => no("it is not in the answer"),
                    value => Status::Yes(value),
                }),
            },
        }
    }
}

fn reply_words(reply: &ExpectedReply) -> String {
    let says = reply.contains.as_ref().map(|text| format!("says “{text}”"));
    let matches = reply.matches.as_ref().map(|pattern| format!("matches /{}/", pattern.as_str()));
    let labels: Vec<String> = reply.choices.iter().map(|c| format!("“{c}”")).collect();
    let offers = (!labels.is_empty()).then(|| format!("offers {}", labels.join(", ")));
    let parts: Vec<String> = [says, matches, offers].into_iter().flatten().collect();
    let who = reply.from.map_or("a reply", |author| author.name());
    let what = if parts.is_empty() { "comes".to_owned() } else { parts.join(" and ") };
    format!("{who} {what} within {}", span(reply.within))
}

fn no(why: impl Into<String>) -> Status {
    Status::No(why.into())
}

fn outcome(came: ExpectedOutcome, seen: &Observed<'_>) -> Status {
    let Some(delivery) = seen.watch.delivery.as_ref() else { return Status::Open };
    let got = match delivery {
        DeliveryStatus::Accepted | DeliveryStatus::Answered | DeliveryStatus::Received => ExpectedOutcome::Accepted,
        DeliveryStatus::Refused(_) | DeliveryStatus::NotReceived => ExpectedOutcome::Refused,
        DeliveryStatus::Unknown(_) => ExpectedOutcome::Unknown,
        DeliveryStatus::Cancelled => return no("it was taken back"),
        open if seen.is_late() => {
            let why = match open {
                DeliveryStatus::Waiting { why, .. } => format!(": {why}"),
                _ => seen.trouble.map(|why| format!(": {why}")).unwrap_or_default(),
            };
            return no(format!("it is still {}{why}", open.word()));
        }
        _ => return Status::Waiting(seen.watch.until),
    };
    // The step is not left before its exchange is whole: it is the evidence.
    let has_one = seen.watch.exchange.is_some() || got != ExpectedOutcome::Refused;
    let whole = seen.watch.exchange.as_deref().is_some_and(|x| x.outcome.is_finished());
    if let Some(at) = seen.watch.finished_at.filter(|_| has_one && !whole).map(|at| at.after(EVIDENCE))
        && !seen.is_past(at)
    {
        return Status::Waiting(at);
    }
    if got == came {
        return Status::Yes(delivery.reason().map(ToString::to_string));
    }
    let why = delivery.reason().map(|why| format!(": {why}")).unwrap_or_default();
    no(format!("it was {}{why}", got.name()))
}

fn answered(seen: &Observed<'_>, say: impl Fn(&Exchange) -> Status) -> Status {
    match (seen.watch.exchange.as_deref(), seen.watch.finished_at) {
        (Some(exchange), Some(_)) if exchange.outcome.is_finished() => say(exchange),
        (_, Some(at)) if seen.is_past(at.after(LAG)) => no("there was no exchange"),
        (_, Some(at)) => Status::Waiting(at.after(LAG)),
        (_, None) if !seen.watch.sends() => Status::Open,
        (_, None) if seen.is_late() => no("it was not answered in time"),
        (_, None) => Status::Waiting(seen.watch.until),
    }
}

fn responded(seen: &Observed<'_>, say: impl Fn(&Response) -> Status) -> Status {
    answered(seen, |_| seen.watch.response().map_or_else(|| no("no answer was received"), &say))
}

fn at(response: &Response, pointer: &str) -> Option<Value> {
    let json = json::read(response.body.text.as_bytes())?;
    json.pointer(pointer).cloned()
}

fn because(cause: Cause, confidence: Option<Confidence>, seen: &Observed<'_>) -> Status {
    answered(seen, |exchange| {
        if exchange.outcome == Outcome::Accepted {
            return no("it was accepted");
        }
        let enough = |c: Confidence| confidence.is_none_or(|least| c >= least);
        let found = match seen.diagnosis {
            Some(d) if d.cause() == cause && enough(d.confidence()) && (confidence.is_some() || !d.is_undecided()) => {
                return Status::Yes(Some(format!("{}: {}", d.confidence().name(), d.sentence())));
            }
            Some(d) if d.suspects.is_empty() => "no known cause fits".to_owned(),
            Some(d) => format!("it is {} ({})", d.cause(), d.confidence().name()),
            None => "nothing was diagnosed".to_owned(),
        };
        // A read that is under way may decide it.
        match seen.watch.finished_at.map(|at| at.after(LAG)) {
            Some(late) if !seen.is_past(late) => Status::Waiting(late),
            _ => no(found),
        }
    })
}

fn there(count: usize) -> String {
    format!("there {} {count}", if count == 1 { "was" } else { "were" })
}

fn renewals(wanted: u32, seen: &Observed<'_>) -> Status {
    let sends = seen.watch.sends();
    let over = if sends { seen.watch.finished_at.is_some() } else { wanted == 0 };
    match seen.renewals.cmp(&wanted) {
        Ordering::Equal if over || !sends => Status::Yes(None),
        Ordering::Less | Ordering::Equal if !over && !seen.is_late() => Status::Waiting(seen.watch.until),
        _ => no(there(seen.renewals as usize)),
    }
}

/// When listening to the other side begins; or that it never does.
fn from(seen: &Observed<'_>) -> Result<Option<Moment>, Status> {
    if !seen.watch.sends() {
        return Ok(Some(seen.watch.ready));
    }
    match (seen.watch.delivery.as_ref(), seen.watch.finished_at) {
        (Some(DeliveryStatus::Accepted | DeliveryStatus::Answered | DeliveryStatus::Received), Some(at)) => {
            Ok(Some(at))
        }
        (Some(delivery), Some(_)) => Err(no(format!("the message was {}", delivery.word()))),
        _ if seen.is_late() => Err(no("the message was not accepted in time")),
        _ => Ok(None),
    }
}

fn new_replies<'s>(seen: &'s Observed<'_>) -> impl Iterator<Item = &'s RemoteMessage> {
    seen.replies.into_iter().flat_map(ReplyTracker::fresh)
}

/// `otherwise` says of the last reply why it is not the one that was listened for.
fn listen(
    seen: &Observed<'_>,
    within: Duration,
    fits: impl Fn(&RemoteMessage) -> bool,
    otherwise: impl Fn(&RemoteMessage) -> String,
) -> Status {
    if let Some(reply) = new_replies(seen).find(|m| fits(m)) {
        return Status::Yes(Some(format!("{}: {}", reply.author.name(), reply.text)));
    }
    let nothing = || "no reply was received".to_owned();
    over(seen, within, || no(new_replies(seen).last().map_or_else(nothing, &otherwise)))
}

/// What a span of `time` without the reply comes to, once it is over: `said` where all of it was observed.
fn over(seen: &Observed<'_>, time: Duration, said: impl Fn() -> Status) -> Status {
    let from = match from(seen) {
        Err(no) => return no,
        Ok(None) => return Status::Open,
        Ok(Some(from)) => from,
    };
    let until = from.after(time);
    if !seen.is_past(until) {
        return Status::Waiting(until);
    }
    let last = until.after(LAG);
    match seen.replies.and_then(|replies| replies.watched(from, until)) {
        Some(Ok(())) => said(),
        Some(Err(why)) => Status::Blocked(why),
        None if seen.is_past(last) => {
            let why = seen.replies.and_then(|replies| replies.readable.unreadable()).cloned();
            Status::Blocked(why.unwrap_or(Unreadable::NotReadInTime))
        }
        None => Status::Waiting(last),
    }
}

pub fn fits(reply: &ExpectedReply, message: &RemoteMessage) -> bool {
    let text = &message.text;
    let contains = reply.contains.as_ref().is_none_or(|part| text.to_lowercase().contains(&part.to_lowercase()));
    let offers = |label: &String| message.choices.iter().any(|c| c.label == *label);
    contains
        && reply.matches.as_ref().is_none_or(|pattern| pattern.is_match(text))
        && reply.choices.iter().all(offers)
        && reply.from.is_none_or(|author| author == message.author)
}

fn said(message: &RemoteMessage) -> String {
    format!("{} said “{}”", message.author.name(), message.text)
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

fn named(difference: Option<String>) -> String {
    difference.map_or_else(String::new, |difference| format!("; {difference}"))
}

pub fn listening_until<'s>(all: &'s [Expectation], seen: &'s Observed<'_>) -> impl Iterator<Item = Moment> + 's {
    let from = from(seen).ok().flatten();
    all.iter().filter_map(move |expectation| Some(from?.after(expectation.listening()?)))
}

pub fn captured(capture: &Capture, seen: &Observed<'_>) -> Option<String> {
    match &capture.source {
        CaptureSource::Header(name) => header(&seen.watch.response()?.headers, name).map(str::to_owned),
        CaptureSource::Body(pointer) => match at(seen.watch.response()?, pointer)? {
            Value::String(text) => Some(text),
            Value::Null => None,
            other => Some(other.to_string()),
        },
        CaptureSource::Reply(pattern, _) => new_replies(seen).find_map(|message| {
            let found = pattern.captures(&message.text)?;
            Some(found.get(1).or_else(|| found.get(0))?.as_str().to_owned())
        }),
    }
}
