//! A diagnosis in words: the card's parts, a text for a ticket, a note to the administrator. All of it is made from what
//! was redacted at capture, so it holds no secret.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::attempt::request_ids;
use super::facts::ProfileFacts;
use crate::model::{
    Advice, Attempt, Cause, CheckAnswer, Confidence, Diagnosis, Ending, Exchange, ExchangeId, ExchangeKind, Outcome,
    Probe, Remedy,
};
use crate::text::{capitalised, one_line};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartKind {
    Cause,
    Actions,
    Evidence,
    NotRuledOut,
    RuledOut,
    Said,
    Ids,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub kind: PartKind,
    pub heading: &'static str,
    pub lines: Vec<String>,
}

/// The parts of the card, none left out. `number`: of an exchange in the log; `check`: how a person runs the checks.
pub fn card(
    diagnosis: &Diagnosis,
    exchange: &Exchange,
    advice: &[Advice],
    profile: &ProfileFacts,
    number: &dyn Fn(ExchangeId) -> Option<u64>,
    check: &str,
) -> Vec<Part> {
    let (none, said) = match exchange.last_attempt() {
        None => ("Nothing was sent", "Not sent"),
        Some(attempt) if attempt.response().is_none() => ("No cause fits", "What happened"),
        Some(_) => ("No cause fits", "Server said"),
    };
    let actions = (1..).zip(advice).map(|(n, action)| format!("{n}  {}", action.words));
    let mut checked: Vec<_> = diagnosis.checked.iter().collect();
    // What does not hold comes first: that is where the cause is.
    checked.sort_by_key(|check| (check.holds == CheckAnswer::Unknown, check.holds == CheckAnswer::Yes));
    let evidence = checked.into_iter().map(|check| {
        let shown = check.shown_by.and_then(number).map_or_else(String::new, |n| format!(" (see #{n})"));
        format!("{:<3}  {}{shown}", check.holds.name(), check.what)
    });
    let open = diagnosis.suspects.iter().skip(usize::from(!diagnosis.is_undecided())).map(|suspect| {
        let settles = match suspect.probe {
            None => String::new(),
            Some(Probe::Audit) => " (only the organisation's audit log can tell)".to_owned(),
            Some(_) => format!(" ({check})"),
        };
        format!("{}: {}{settles}", suspect.cause.words(), suspect.because)
    });
    let cause = match (diagnosis.suspects.first(), diagnosis.confidence()) {
        (None, _) => "No cause found",
        (Some(_), Confidence::Sure) => "Cause",
        (Some(_), Confidence::Likely) => "Most likely",
        (Some(_), Confidence::Possible) => "Possible",
    };
    let mut lines = Vec::new();
    if let Some(variation) = diagnosis.sent_as {
        lines.push(format!("This was sent on purpose as {variation} ({}).", variation.about()));
    }
    match diagnosis.suspects.first() {
        None => lines.push(format!("{none}: see “{said}”.")),
        Some(_) if diagnosis.is_undecided() => lines.push(format!("{}.", capitalised(&diagnosis.sentence()))),
        Some(first) => {
            lines.extend([&first.because, first.cause.sentence()].map(|said| format!("{}.", capitalised(said))));
        }
    }
    if diagnosis.healed {
        lines.push("The message was then accepted with a newer token.".to_owned());
    }
    let parts = [
        (PartKind::Cause, cause, lines),
        (PartKind::Actions, "Do this", actions.collect()),
        (PartKind::Evidence, "Evidence", evidence.collect()),
        (PartKind::NotRuledOut, "Not ruled out", open.collect()),
        (PartKind::RuledOut, "Ruled out", ruled_out(diagnosis).into_iter().collect()),
        (PartKind::Said, said, vec![diagnosis.said.clone()]),
        (PartKind::Ids, "Ids", quote(exchange, profile)),
    ];
    let or_nothing = |lines: Vec<String>| if lines.is_empty() { vec!["(nothing)".to_owned()] } else { lines };
    parts.map(|(kind, heading, lines)| Part { kind, heading, lines: or_nothing(lines) }).into()
}

fn ruled_out(diagnosis: &Diagnosis) -> Option<String> {
    let causes: Vec<&str> = diagnosis.excluded.iter().map(|cause| cause.words()).collect();
    (!causes.is_empty()).then(|| causes.join(", "))
}

fn moment(exchange: &Exchange) -> Timestamp {
    exchange.last_attempt().map_or(exchange.started, |a| a.started).wall
}

/// Request ids in full, the moment in UTC, the region: what support asks for.
pub fn quote(exchange: &Exchange, profile: &ProfileFacts) -> Vec<String> {
    let ids = request_ids(exchange);
    let none = match exchange.last_attempt() {
        _ if !ids.is_empty() => None,
        Some(_) => Some("no request id was received".to_owned()),
        None => Some("no request id: nothing was sent".to_owned()),
    };
    let ids = ids.into_iter().map(|(name, id)| format!("{name} {id}")).chain(none);
    ids.chain([format!("{}   {}", moment(exchange).strftime("%Y-%m-%dT%H:%M:%S.%3fZ"), profile.region)]).collect()
}

pub struct Ticket<'a> {
    pub diagnosis: &'a Diagnosis,
    pub exchange: &'a Exchange,
    pub profile: &'a ProfileFacts,
    pub conversation: Option<&'a str>,
    pub zone: &'a TimeZone,
}

/// A text for a ticket: what happened, what was found, what to quote. Plain text, no secret.
pub fn ticket(of: &Ticket<'_>) -> String {
    let Ticket { diagnosis, exchange, profile, zone, .. } = *of;
    let mut rows: Vec<(&str, String)> = circumstances(exchange, zone).collect();
    let status = |attempt: &Attempt, none: &str| attempt.status().map_or_else(|| none.to_owned(), |s| s.to_string());
    match exchange.last_attempt() {
        Some(attempt) => rows.extend([
            ("Request", format!("{} {}", attempt.request.method, attempt.request.url)),
            ("Answer", format!("{}, {}", status(attempt, "no status"), diagnosis.said)),
        ]),
        None => rows.push(("Not sent", diagnosis.said.clone())),
    }
    let statuses: Vec<String> = exchange.attempts().map(|attempt| status(attempt, "no answer")).collect();
    rows.extend((statuses.len() > 1).then(|| ("Tries", statuses.join(", then "))));
    rows.push(("Cause", format!("{} ({})", diagnosis.cause(), certainty(diagnosis))));
    rows.push(("Because", one_line(&diagnosis.sentence())));
    let checked = diagnosis.checked.iter().filter(|c| c.holds != CheckAnswer::Unknown);
    rows.extend(checked.map(|c| ("Checked", format!("{:<3} {}", c.holds.name(), one_line(&c.what)))));
    rows.extend(ruled_out(diagnosis).map(|causes| ("Ruled out", causes)));
    let others = diagnosis.suspects.iter().skip(1);
    rows.extend(others.map(|s| ("Not ruled out", format!("{} ({})", s.cause, one_line(&s.because)))));
    rows.extend(profile.client_id.iter().map(|id| ("Client", id.clone())));
    rows.extend(quote(exchange, profile).into_iter().map(|line| ("Ids", line)));
    let mut out = format!("{}\n", headline(of));
    for (name, value) in rows {
        out.push_str(&format!("\n{:<14} {value}", format!("{name}:")));
    }
    out.trim_end().to_owned()
}

/// A note to the administrator: what to change, in their words, and why.
pub fn note(of: &Ticket<'_>) -> String {
    let Ticket { diagnosis, exchange, profile, zone, .. } = *of;
    let certain = match diagnosis.confidence() {
        Confidence::Sure => "The cause",
        Confidence::Likely => "The most likely cause",
        Confidence::Possible => "A possible cause",
    };
    let why = match diagnosis.cause() {
        Cause::Unknown if exchange.last_attempt().is_none() => format!("Nothing was sent: {}.", diagnosis.said),
        Cause::Unknown if exchange.last_attempt().and_then(|a| a.response()).is_none() => {
            format!("No known cause fits: {}.", diagnosis.said)
        }
        Cause::Unknown => format!("No known cause fits; the server said: {}.", diagnosis.said),
        cause => format!("{certain}: {} ({cause}): {}.", cause.sentence(), one_line(&diagnosis.sentence())),
    };
    // What is the administrator's to carry out; whoever sent the message sends it again.
    let theirs = diagnosis.actions.iter().filter(|advice| advice.remedy == Some(Remedy::Administrator));
    let mut please: Vec<&str> = theirs.map(|advice| advice.words.as_str()).collect();
    if please.is_empty() {
        please.push("Look the request up in the organisation's audit view, by the time and the ids below.");
    }
    let mut lines = vec![headline(of), why, "\nPlease:".to_owned()];
    lines.extend((1..).zip(please).map(|(number, action)| format!("{number}. {action}")));
    lines.push("\nTo look it up:".to_owned());
    lines.extend(circumstances(exchange, zone).map(|(name, value)| format!("- {name}: {value}")));
    lines.extend(profile.client_id.iter().map(|id| format!("- OAuth client {id}")));
    lines.extend(quote(exchange, profile).into_iter().map(|line| format!("- {line}")));
    format!("Hello,\n\n{}", lines.join("\n").trim_end())
}

/// What was to be sent, and when by the clock of the zone.
fn circumstances(exchange: &Exchange, zone: &TimeZone) -> impl Iterator<Item = (&'static str, String)> {
    let local = moment(exchange).to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S %:z").to_string();
    let text = (exchange.kind == ExchangeKind::Send).then(|| ("Text", format!("“{}”", one_line(&exchange.what))));
    text.into_iter().chain([("Local time", local)])
}

/// `Guest message refused with HTTP 401: profile staging, region mypurecloud.de, conversation “Billing bot”.`
fn headline(of: &Ticket<'_>) -> String {
    let Ticket { diagnosis, exchange, profile, conversation, .. } = *of;
    let what = match exchange.kind {
        ExchangeKind::Send => "Guest message",
        ExchangeKind::Token => "Token request",
        _ => "Request",
    };
    let unknown = matches!(exchange.outcome, Outcome::Unknown(_));
    let code = |status: u16| {
        if exchange.is_frame() { format!("code {status} of the guest socket") } else { format!("HTTP {status}") }
    };
    let how = match (exchange.status(), exchange.last_attempt().map(|a| a.ending.as_ref())) {
        _ if diagnosis.healed => "first refused with HTTP 401 and then accepted".to_owned(),
        (Some(status), _) if unknown => format!("answered with {}, outcome unknown", code(status)),
        (Some(status @ 400..), _) => format!("refused with {}", code(status)),
        (Some(status), _) => format!("not taken, answered with {}", code(status)),
        (None, None) => "not sent".to_owned(),
        (None, Some(Some(Ending::Failed(failure)))) if !unknown && !failure.wrote => {
            failure.in_vain().map_or_else(|| "not sent".to_owned(), |how| format!("not taken, {how}"))
        }
        (None, Some(_)) => "without an answer, outcome unknown".to_owned(),
    };
    let purpose = diagnosis.sent_as.map_or_else(String::new, |v| format!(" (a negative test: {v})"));
    let of = conversation.map_or_else(String::new, |name| format!(", conversation “{name}”"));
    format!("{what}{purpose} {how}: profile {}, region {}{of}.", profile.name, profile.region)
}

pub fn certainty(diagnosis: &Diagnosis) -> &'static str {
    if diagnosis.suspects.is_empty() { "no cause fits" } else { diagnosis.confidence().name() }
}
