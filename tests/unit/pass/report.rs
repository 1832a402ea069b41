//! One run with everything in it, in all four forms.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::*;
use crate::fixtures;
use crate::model::{Attempt, Ending, Exchange, ExchangeKind, ExchangeStep, Generation, Moment, Outcome, Timing};
use crate::pass::result::{
    BODY_KEPT, CaseResult, CauseRecord, ExchangeEvidence, ExpectationResult, ExpectationState, SaidMessage,
    StepEvidence, StepResult, Verdict,
};

const SECRET: &str = "s3cret-Of-The-Client";
const PHONE: &str = "+49 170 5551234";
const HOSTILE: &str = "</pre><script>alert(1)</script> & | `x` ]]> \u{1b}[31m\u{202e}";

fn at(second: i64, milli: i32) -> Timestamp {
    Timestamp::new(1_795_444_000 + second, milli * 1_000_000).unwrap()
}

fn exchange(id: u64, kind: ExchangeKind, what: &str, status: u16, ms: u64) -> ExchangeEvidence {
    let ok = status < 300;
    let request_id = format!("e42c0b8a-f6e0-4a98-ab8b-{id:012}");
    let headers = fixtures::headers(&[("content-type", "application/json"), ("x-request-id", &request_id)]);
    let answer = if ok { r#"{"id":"1"}"# } else { r#"{"code":"unauthorized"}"# };
    let mut response = fixtures::response(status, headers, answer);
    let mut request = fixtures::request(
        "POST",
        "https://api.mypurecloud.de/api/v2/conversations/messaging/5f0c/messages",
        fixtures::headers(&[("authorization", "Bearer «token #1»")]),
        r#"{"text":"hello","type":"text"}"#,
    );
    for body in [&mut request.body, &mut response.body] {
        body.mime = Some("application/json".to_owned());
    }
    let began = Moment::from(at(i64::try_from(id).unwrap(), 250).as_microsecond());
    let attempt = Attempt {
        generation: Some(Generation(1)),
        timing: Timing {
            first_byte: Some(Duration::from_micros(ms * 900)),
            total: Some(Duration::from_millis(ms)),
            reused: true,
            ..Timing::default()
        },
        ..fixtures::attempt(began, request, Some(Ending::Answered(response)))
    };
    let outcome = if ok { Outcome::Accepted } else { Outcome::Refused(format!("{status} unauthorized").into()) };
    ExchangeEvidence {
        exchange: Exchange {
            what: what.to_owned(),
            took: Some(Duration::from_millis(ms)),
            ..fixtures::exchange(id, kind, vec![attempt], outcome)
        },
        conversation: Some("Billing bot".to_owned()),
        cause: (!ok).then(|| CauseRecord {
            cause: "scope-stripped".to_owned(),
            confidence: "likely".to_owned(),
            because: "the token was granted without guest:messages:send".to_owned(),
        }),
    }
}

fn said(author: &str, text: &str, second: i64) -> SaidMessage {
    SaidMessage {
        author: author.to_owned(),
        text: text.to_owned(),
        at: at(second, 0),
        delivery: (author == "guest").then(|| "accepted".to_owned()),
        remote_id: None,
        choices: Vec::new(),
        sent_as: None,
    }
}

fn step(id: &str, name: &str, suggested: Option<Verdict>, verdict: Option<Verdict>) -> StepResult {
    StepResult {
        id: id.to_owned(),
        name: name.to_owned(),
        instruction: "Sends “hello”.".to_owned(),
        judge: None,
        expectations: Vec::new(),
        suggested,
        why: None,
        cause: None,
        verdict,
        note: None,
        began: Some(at(1, 0)),
        ended: Some(at(9, 0)),
        open: Duration::from_millis(8_204),
        runs: 1,
        evidence: StepEvidence::default(),
    }
}

fn expectation(what: &str, met: ExpectationState, detail: &str) -> ExpectationResult {
    ExpectationResult { what: what.to_owned(), met, detail: Some(detail.to_owned()) }
}

/// A run with each verdict, a disagreement, a repeated and a manual step, hostile text, a secret and a phone number.
fn sample() -> PassRun {
    let mut sent = step("smoke/hello", "Say hello", Some(Verdict::Pass), None);
    sent.expectations = vec![
        expectation("accepted", ExpectationState::Yes, "200"),
        expectation("reply within 10 s", ExpectationState::Yes, "1.2 s"),
    ];
    sent.evidence.exchanges = vec![
        exchange(1, ExchangeKind::Token, "client credentials, 1 scope", 200, 211),
        exchange(2, ExchangeKind::Send, "hello", 200, 182),
    ];
    let mut offer = said("bot", &format!("Welcome! Call {PHONE}, or not."), 3);
    offer.choices = vec!["Yes".to_owned(), "No <b>".to_owned()];
    sent.evidence.said = vec![said("guest", "hello", 2), offer, said("system", "An agent joined.", 4)];
    let mut refused = step("smoke/refused", "Without a scope", Some(Verdict::Fail), None);
    refused.expectations = vec![expectation("refused: scope-stripped", ExpectationState::No, "accepted (200)")];
    refused.evidence.exchanges = vec![exchange(5, ExchangeKind::Send, HOSTILE, 401, 88)];
    refused.evidence.said = vec![SaidMessage {
        sent_as: Some("wrong-scope".to_owned()),
        delivery: Some("refused".to_owned()),
        ..said("guest", HOSTILE, 5)
    }];
    let mut manual = step("desk/name", "The guest's name", Some(Verdict::Fail), Some(Verdict::Pass));
    manual.judge = Some("The agent desktop shows the guest's name.".to_owned());
    manual.note = Some(format!("It does, at last. {SECRET}"));
    manual.runs = 3;
    manual.evidence.screen = Some("┌─ Thread ─┐\n│ hello    │\n└──────────┘".to_owned());
    let mut blocked = step("desk/transfer", "Transfer", None, Some(Verdict::Blocked));
    blocked.note = Some("no agent was there".to_owned());
    blocked.why = Some("replies could not be read: 403, missing conversation:message:view".to_owned());
    blocked.cause = Some("replies-unreadable".to_owned());
    blocked.expectations =
        vec![expectation("no reply for 2 s", ExpectationState::Blocked, "replies could not be read: 403")];
    let mut skipped = step("desk/colours", "Colours", Some(Verdict::Skip), None);
    skipped.why = Some("a person must judge it".to_owned());
    skipped.runs = 0;
    let open =
        StepResult { began: None, ended: None, open: Duration::ZERO, runs: 0, ..step("desk/last", "Last", None, None) };
    let case = |id: &str, name: &str, steps| CaseResult {
        id: id.to_owned(),
        name: name.to_owned(),
        about: None,
        round: 1,
        conversation: Some("Billing bot".to_owned()),
        steps,
    };
    PassRun {
        id: "0b9a3c1e-94c9-4a0d-9d6e-0f4b1c2d3e4f".to_owned(),
        name: "Smoke & refusals".to_owned(),
        about: Some("What must work\nevery day.".to_owned()),
        file: "passes/smoke.toml".to_owned(),
        source: String::new(),
        profile: "staging".to_owned(),
        region: "mypurecloud.de".to_owned(),
        sandbox: false,
        version: "0.1.0".to_owned(),
        began: at(0, 0),
        ended: Some(at(75, 40)),
        cases: vec![
            case("smoke", "Smoke", vec![sent, refused]),
            case("desk", "Agent desktop", vec![manual, blocked, skipped, open]),
        ],
        captures: [("secret".to_owned(), SECRET.to_owned())].into(),
        sent: 2,
        at: (2, 0),
    }
}

fn mask(text: &str) -> String {
    text.replace(SECRET, "«client secret»").replace(PHONE, "«phone»")
}

#[test]
fn all_forms_of_one_run() {
    let run = masked(&sample(), &mask);
    insta::with_settings!({ snapshot_path => "../../../tests/snapshots/reports", prepend_module_to_snapshot => false, omit_expression => true }, {
        for form in ReportFormat::ALL {
            let text = form.write(&run).unwrap().replace(env!("CARGO_PKG_VERSION"), "0.1.0");
            insta::assert_snapshot!(form.name(), text);
        }
    });
}

/// The xUnit plugin of Jenkins refuses a file that does not fit its schema.
#[test]
fn junit_has_only_what_the_schema_of_jenkins_knows() {
    let text = ReportFormat::Junit.write(&sample()).unwrap();
    let root = text.lines().find(|line| line.starts_with("<testsuites")).unwrap();
    assert!(!root.contains("skipped=") && !root.contains("timestamp="), "{root}");
    for testcase in text.split("<testcase").skip(1).filter_map(|rest| rest.split("</testcase>").next()) {
        assert!(!testcase.contains("<propert"), "{testcase}");
    }
}

#[test]
fn every_id_stands_in_every_form_and_nothing_masked_or_hostile_in_any() {
    let run = masked(&sample(), &mask);
    for form in ReportFormat::ALL {
        let text = form.write(&run).unwrap();
        for step in run.steps() {
            assert!(text.contains(&step.id), "{} misses {}", form.name(), step.id);
        }
        assert!(text.contains("the verdict is passed, but the expectations suggest failed"), "{}", form.name());
        for what in [SECRET, PHONE, "5551234", "\u{1b}", "\u{202e}"] {
            assert!(!text.contains(what), "{} in {}", what.escape_debug(), form.name());
        }
        if form != ReportFormat::Ctrf && form != ReportFormat::Markdown {
            assert!(!text.contains("<script>alert"), "{}", form.name());
        }
    }
    let markdown = ReportFormat::Markdown.write(&run).unwrap();
    for line in markdown.lines().filter(|line| line.contains("alert(1)") && !line.starts_with("20")) {
        assert!(line.contains("\\<script\\>"), "{line}");
    }
}

#[test]
fn the_mask_reaches_every_text_and_leaves_the_rest() {
    let run = sample();
    assert_eq!(masked(&run, &|text| text.to_owned()), run);
    let clean = masked(&run, &mask);
    assert!(!format!("{clean:?}").contains(SECRET));
    assert_eq!(clean.captures.get("secret").map(String::as_str), Some("«client secret»"));
    // A mask that leaves no time as it was leaves no report of the steps either.
    let spoiled = masked(&run, &|_| "x".to_owned());
    assert!(spoiled.cases.is_empty() && spoiled.captures.is_empty());
}

/// A name that somebody masks may be a word of ours.
#[test]
fn a_mask_leaves_the_words_of_our_lists() {
    let run = sample();
    let words = ["SEND", "TOKEN", "pass", "fail", "yes", "wrong-scope"];
    let clean = masked(&run, &|text| if words.contains(&text) { "«private»".to_owned() } else { text.to_owned() });
    assert_eq!(clean, run);
}

#[test]
fn evidence_keeps_the_beginnings_of_bodies() {
    let mut whole = exchange(1, ExchangeKind::Send, "hello", 200, 5).exchange;
    let ExchangeStep::Try(attempt) = &mut whole.steps[0] else { panic!("{whole:?}") };
    let attempt = Arc::make_mut(attempt);
    let Some(Ending::Answered(response)) = &mut attempt.ending else { panic!("{attempt:?}") };
    response.body.text = format!("{}é", "x".repeat(BODY_KEPT - 1));
    let kept = ExchangeEvidence::of(&whole, None, None).exchange;
    let attempt = kept.last_attempt().unwrap();
    assert!(!attempt.request.body.truncated && attempt.request == whole.last_attempt().unwrap().request);
    let body = &attempt.response().unwrap().body;
    assert_eq!((body.text.len(), body.truncated), (BODY_KEPT - 1, true), "no character is cut in two");
}

#[test]
fn the_page_needs_nothing_from_outside() {
    let page = ReportFormat::Html.write(&sample()).unwrap();
    for outside in ["src=", "url(", "@import", "http-equiv=\"refresh\"", "style=\"", "onclick"] {
        assert!(!page.contains(outside), "{outside}");
    }
    let links = page.match_indices("href=\"").filter_map(|(at, _)| page.get(at + 6..)?.split('"').next());
    let ids: std::collections::BTreeSet<&str> =
        page.match_indices("id=\"").filter_map(|(at, _)| page.get(at + 4..)?.split('"').next()).collect();
    for link in links {
        assert!(link.strip_prefix('#').is_some_and(|id| ids.contains(id)), "{link} leads nowhere");
    }
}

#[test]
fn counts_add_up() {
    let run = sample();
    let xml = ReportFormat::Junit.write(&run).unwrap();
    assert!(
        xml.contains("<testsuites name=\"Smoke &amp; refusals\" tests=\"6\" failures=\"1\" errors=\"1\" time="),
        "{xml}"
    );
    let json: serde_json::Value = serde_json::from_str(&ReportFormat::Ctrf.write(&run).unwrap()).unwrap();
    let summary = &json["results"]["summary"];
    let sum: u64 =
        ["passed", "failed", "pending", "skipped", "other"].iter().map(|n| summary[*n].as_u64().unwrap()).sum();
    assert_eq!((sum, summary["passed"].as_u64().unwrap()), (6, 2));
}

#[test]
fn scales_are_round_and_high_enough() {
    for (most, wanted) in [(0, (1, 1)), (3, (3, 1)), (87, (100, 50)), (230, (300, 100)), (12_345, (15_000, 5_000))] {
        assert_eq!(data::scale(most), wanted, "{most}");
    }
}
