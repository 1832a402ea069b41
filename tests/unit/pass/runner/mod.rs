//! The state machine as tables: what a step wants done, what decides it, and what keys do to it.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use std::path::Path;

use super::*;
use crate::fixtures;
use crate::model::{
    AsOf, Attempt, Author, DeliveryStatus, Exchange, Pacing, Reason, RemoteMessage, RemoteState, TokenFacts,
    TokenStatus, Unreadable, WebSession,
};
use crate::model::{Ending, ExchangeKind, Outcome};
use crate::pass::result::ExpectationState;
use crate::pass::result::Tally;
use crate::session::SignIn;

/// A runner and its surroundings.
struct Rig {
    runner: Runner,
    now: Moment,
    facts: ProfileFacts,
    past: PastExchanges,
    sign_in: SignIn,
    next: u64,
}

mod observing;
mod verdicts;

const ONE: ConversationKey = ConversationKey(0);

fn steps(steps: &str) -> String {
    format!("name = \"t\"\n[[cases]]\nname = \"c\"\n{steps}")
}

impl Rig {
    fn new(text: &str, mode: Mode) -> Self {
        Self::with(text, mode, true)
    }

    fn with(text: &str, mode: Mode, sandbox: bool) -> Self {
        let pass = Arc::new(Pass::parse(Path::new("t.toml"), text).unwrap_or_else(|e| panic!("{e}")));
        let plan = (0..pass.cases.len()).map(|case| (case, 1)).collect();
        let run = PassRun {
            id: uuid::Uuid::from_u128(1).to_string(),
            file: "t.toml".to_owned(),
            source: text.to_owned(),
            profile: "p".to_owned(),
            region: "r".to_owned(),
            sandbox,
            ..PassRun::default()
        };
        let begin = RunStart { run, at: Moment::ZERO, plan };
        let runner = Runner::new(pass, begin, setup(sandbox), mode);
        Self {
            runner,
            now: Moment::ZERO,
            facts: ProfileFacts::default(),
            past: PastExchanges::default(),
            sign_in: SignIn::default(),
            next: 0,
        }
    }

    /// A person is signed in and runs the first step.
    fn going(text: &str) -> Self {
        let mut rig = Self::new(text, Mode::Person);
        rig.token(1);
        rig.on(RunnerEvent::Go);
        rig
    }

    fn on(&mut self, event: RunnerEvent<'_>) -> Vec<RunnerEffect> {
        if let RunnerEvent::Report(Report::Token(status)) = event {
            self.sign_in.moved(self.now, status.clone());
        }
        let no_token = self.sign_in.trouble().map(|trouble| trouble.why.as_str());
        let known = RunnerContext { facts: &self.facts, past: &self.past, no_token: [no_token; 2] };
        let effects = self.runner.on(self.now, event, &known);
        for effect in &effects {
            if matches!(effect, RunnerEffect::Send(_)) {
                self.next += 1;
                self.runner.sent(MessageId(self.next));
            }
        }
        effects
    }

    /// The suggested verdict is the person's, too.
    fn accept(&mut self) -> Vec<RunnerEffect> {
        let suggested = self.runner.open_result().unwrap().suggested.unwrap();
        self.on(RunnerEvent::Verdict(suggested))
    }

    fn after(&mut self, ms: u64) -> &mut Self {
        self.now = self.now.after(Duration::from_millis(ms));
        self
    }

    fn report(&mut self, report: Report) -> Vec<RunnerEffect> {
        self.on(RunnerEvent::Report(&report))
    }

    fn delivery(&mut self, delivery: DeliveryStatus) -> Vec<RunnerEffect> {
        let id = MessageId(self.next);
        self.report(Report::Message { id, delivery, exchange: None, remote_id: Some(format!("m{}", self.next)) })
    }

    /// The newest message's exchange, settled with these statuses, one a try.
    fn exchange(&mut self, statuses: &[u16], outcome: Outcome) -> Vec<RunnerEffect> {
        let exchange = exchange(self.next, self.now, statuses, outcome);
        self.report(Report::Exchange(Arc::new(exchange)))
    }

    /// It is accepted with 200.
    fn accepted(&mut self) -> Vec<RunnerEffect> {
        let mut effects = self.delivery(DeliveryStatus::Accepted);
        effects.extend(self.exchange(&[200], Outcome::Accepted));
        effects
    }

    fn token(&mut self, generation: u32) -> Vec<RunnerEffect> {
        self.report(Report::Token(TokenStatus::Valid(TokenFacts {
            generation: Generation(generation),
            issued: self.now,
            expires: None,
            lifetime: None,
            requested: Vec::new(),
            ..fixtures::token_facts()
        })))
    }

    fn says(&mut self, all: &[(&str, Author, &str)]) -> Vec<RunnerEffect> {
        let messages =
            all.iter().map(|(id, author, text)| RemoteMessage::new(*id, *author, *text, self.now.wall)).collect();
        let mut effects =
            self.report(Report::Conversation { key: ONE, state: RemoteState::Connected, since: None, messages });
        effects.extend(self.read(RepliesReadable::Yes));
        effects
    }

    /// A read that began now ended like this.
    fn read(&mut self, readable: RepliesReadable) -> Vec<RunnerEffect> {
        self.report(Report::RepliesReadable(ONE, readable, AsOf::ReadAt(self.now)))
    }

    /// The socket opened, or was lost.
    fn socket(&mut self, readable: RepliesReadable) -> Vec<RunnerEffect> {
        self.report(Report::RepliesReadable(ONE, readable, AsOf::SocketSince(self.now)))
    }

    fn step(&self, at: (usize, usize)) -> &StepResult {
        &self.runner.run.cases[at.0].steps[at.1]
    }

    fn mets(&self, at: (usize, usize)) -> Vec<&'static str> {
        self.step(at).expectations.iter().map(|e| e.met.word()).collect()
    }
}

fn setup(sandbox: bool) -> RunSetup {
    let conversation = PassConversation {
        name: "One".to_owned(),
        key: ONE,
        channel: Channel::GuestApi,
        readable: RepliesReadable::NotYetKnown,
    };
    RunSetup { conversations: vec![conversation], default_conversation: Some(ONE), sandbox }
}

fn exchange(message: u64, now: Moment, statuses: &[u16], outcome: Outcome) -> Exchange {
    let tries = statuses.iter().zip(1..).map(|(status, number)| {
        let request = fixtures::request("POST", "https://api.example/send", Vec::new(), "{}");
        let headers = fixtures::headers(&[("X-Request-Id", "r-1")]);
        let response = fixtures::response(*status, headers, r#"{"id":"T-9","code":"none"}"#);
        Attempt {
            number,
            generation: Some(Generation(1)),
            ..fixtures::attempt(now, request, Some(Ending::Answered(response)))
        }
    });
    Exchange {
        what: "x".to_owned(),
        conversation: Some(ONE),
        message: Some(MessageId(message)),
        started: now,
        ..fixtures::exchange(message, ExchangeKind::Send, tries.collect(), outcome)
    }
}

fn texts(effects: &[RunnerEffect]) -> Vec<&str> {
    effects
        .iter()
        .filter_map(|e| match e {
            RunnerEffect::Send(send) => Some(send.text.as_str()),
            _ => None,
        })
        .collect()
}

// ── a step ─────────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn nothing_is_sent_before_a_person_says_go() {
    let mut rig = Rig::new(&steps("steps = [{ send = \"a {{seq}}\" }, { send = \"b {{seq}}\" }]"), Mode::Person);
    assert_eq!(rig.token(1), []);
    assert_eq!(rig.runner.stage(), &StepStage::Ready);
    assert_eq!(texts(&rig.on(RunnerEvent::Go)), ["a 1"]);
    assert_eq!(rig.mets((0, 0)), ["waiting"]);
    rig.accepted();
    assert_eq!((rig.runner.stage(), rig.step((0, 0)).suggested), (&StepStage::Judging, Some(Verdict::Pass)));
    assert_eq!(rig.accept(), [], "the next step waits too");
    assert_eq!((rig.runner.run.at, rig.runner.stage()), ((0, 1), &StepStage::Ready));
    assert_eq!(rig.step((0, 0)).verdict, Some(Verdict::Pass));
    assert_eq!(texts(&rig.on(RunnerEvent::Go)), ["b 2"]);
}

/// A pass that was chosen in the wrong conversation follows to the right one, until it has spoken.
#[test]
fn it_speaks_where_one_goes_until_its_first_step_ran() {
    let mut rig = Rig::new(&steps("[[cases.steps]]\nsend = \"a\""), Mode::Person);
    let two = ConversationKey(1);
    rig.runner.setup.conversations.push(PassConversation {
        name: "Two".to_owned(),
        key: two,
        channel: Channel::GuestApi,
        readable: RepliesReadable::NotYetKnown,
    });
    assert!(!rig.runner.set_default_conversation(ONE), "it does already");
    assert!(!rig.runner.set_default_conversation(ConversationKey(7)), "there is no such conversation");
    assert!(rig.runner.set_default_conversation(two));
    assert_eq!(rig.runner.run.cases[0].conversation.as_deref(), Some("Two"));
    let effects = rig.on(RunnerEvent::Go);
    assert!(effects.iter().any(|e| matches!(e, RunnerEffect::Send(send) if send.conversation == two)), "{effects:?}");
    assert!(!rig.runner.set_default_conversation(ONE), "what is said stays where it was said");
}

#[test]
fn expectations_are_met_or_not() {
    // What is expected; the tries' statuses; the outcome; what each expectation comes to.
    let refused = || Outcome::Refused("no".into());
    let cases: [(&str, &[u16], Outcome, &[&str]); 9] = [
        ("{ outcome = \"accepted\", status = 200, tries = 1 }", &[200], Outcome::Accepted, &["ok", "ok", "ok"]),
        ("{ outcome = \"accepted\", tries = 2 }", &[429, 200], Outcome::Accepted, &["ok", "ok"]),
        ("{ outcome = \"accepted\", tries = 1 }", &[429, 200], Outcome::Accepted, &["ok", "wrong"]),
        ("{ outcome = \"accepted\" }", &[400], refused(), &["wrong"]),
        ("{ outcome = \"refused\", status = 400 }", &[400], refused(), &["ok", "ok"]),
        ("{ status = 401 }", &[400], refused(), &["wrong"]),
        ("{ headers = { x-request-id = true } }", &[200], Outcome::Accepted, &["ok"]),
        ("{ headers = { x-request-id = \"r-2\", y = true } }", &[200], Outcome::Accepted, &["wrong", "wrong"]),
        ("{ body = { \"/id\" = \"T-9\", \"/no\" = 1 } }", &[200], Outcome::Accepted, &["ok", "wrong"]),
    ];
    for (expect, statuses, outcome, wanted) in cases {
        let mut rig = Rig::going(&steps(&format!("steps = [{{ send = \"a\", expect = {expect} }}]")));
        rig.delivery(if outcome == Outcome::Accepted {
            DeliveryStatus::Accepted
        } else {
            DeliveryStatus::Refused("no".into())
        });
        rig.exchange(statuses, outcome);
        assert_eq!(rig.mets((0, 0)), wanted, "{expect}");
        let verdict = if wanted.contains(&"wrong") { Verdict::Fail } else { Verdict::Pass };
        assert_eq!(rig.step((0, 0)).suggested, Some(verdict), "{expect}");
    }
}

#[test]
fn an_outcome_that_does_not_come_fails_in_time_and_its_message_is_taken_back() {
    let mut rig = Rig::going(&steps("steps = [{ send = \"a\", within = \"2s\" }]"));
    assert_eq!(rig.runner.due(), Some(Moment::ZERO.after(Duration::from_secs(2))));
    rig.after(1999);
    assert_eq!(rig.on(RunnerEvent::Due), []);
    rig.after(1);
    assert_eq!(rig.on(RunnerEvent::Due), [RunnerEffect::Cancel(MessageId(1))]);
    assert_eq!(rig.step((0, 0)).suggested, Some(Verdict::Fail));
    assert_eq!(rig.step((0, 0)).expectations[0].detail.as_deref(), Some("it is still queued"));
    assert_eq!(rig.runner.due(), None, "nothing runs while a person thinks");
}

#[test]
fn a_message_that_waits_for_too_long_says_what_it_waits_for() {
    let mut rig = Rig::going(&steps("steps = [{ send = \"a\", within = \"2s\" }]"));
    rig.delivery(DeliveryStatus::Waiting {
        until: Moment::ZERO.after(Duration::from_mins(1)),
        why: Reason::Paced(Pacing::Token),
    });
    rig.after(2000);
    rig.on(RunnerEvent::Due);
    let said = rig.step((0, 0)).expectations[0].detail.clone().unwrap();
    assert_eq!(said, format!("it is still waiting: {}", Reason::Paced(Pacing::Token)));
}

#[test]
fn replies_are_read_for_with_growing_pauses_until_one_fits() {
    let expect = "{ reply = { contains = \"Welcome\", within = \"5s\" } }";
    let mut rig = Rig::going(&steps(&format!("steps = [{{ send = \"hello\", expect = {expect} }}]")));
    rig.accepted();
    let mut pauses = Vec::new();
    for _ in 0..3 {
        let due = rig.runner.due().unwrap();
        pauses.push(due.since(rig.now).as_millis());
        rig.now = due;
        assert_eq!(rig.on(RunnerEvent::Due), [RunnerEffect::Ask(Command::Read(ONE))]);
    }
    assert_eq!(pauses, [300, 600, 1000]);
    let said = [("g", Author::Guest, "hello"), ("b", Author::Bot, "Please wait")];
    rig.says(&said);
    assert_eq!(rig.mets((0, 0)), ["ok", "waiting"]);
    rig.says(&[("c", Author::Bot, "welcome!")]);
    assert_eq!(rig.mets((0, 0)), ["ok", "ok"]);
    let talk: Vec<&str> = rig.step((0, 0)).evidence.said.iter().map(|s| s.text.as_str()).collect();
    assert_eq!(talk, ["hello", "Please wait", "welcome!"], "all of it is evidence");
}

/// What is expected and what was said may differ in what nobody sees: then the report names it.
#[test]
fn a_difference_that_the_eye_cannot_see_is_named() {
    for (expect, said, part) in [
        ("open invoice", "One open\u{a0}invoice", "character 5 is a no-break space (U+00A0), not a blank"),
        ("Grüße", "Viele Gru\u{308}ße", "character 3 is U+0075 with U+0308, not U+00FC"),
        ("hello", "h\u{200b}ello", "character 2 is a zero-width space (U+200B)"),
    ] {
        let expect = format!("{{ reply = {{ contains = \"{expect}\", within = \"1s\" }} }}");
        let mut rig = Rig::going(&steps(&format!("steps = [{{ send = \"a\", expect = {expect} }}]")));
        rig.accepted();
        rig.says(&[("g", Author::Guest, "a"), ("b", Author::Bot, said)]);
        rig.after(1000);
        rig.on(RunnerEvent::Due);
        rig.says(&[]);
        let detail = rig.step((0, 0)).expectations[1].detail.clone().unwrap_or_default();
        assert!(detail.contains(part), "{expect}: {detail}");
    }
}

#[test]
fn a_reply_counts_for_one_step_only_and_silence_for_its_time() {
    let text = steps(
        "[[cases.steps]]\nsend = \"hello\"\nexpect = { reply = \"one\" }\n\
         [[cases.steps]]\nexpect = { reply = { contains = \"one\", within = \"1s\" } }\n\
         [[cases.steps]]\nexpect = { silence = \"1s\" }\n",
    );
    let mut rig = Rig::going(&text);
    rig.accepted();
    let said = [("m1", Author::Guest, "hello"), ("b", Author::Bot, "one")];
    rig.says(&said);
    rig.accept();
    rig.on(RunnerEvent::Go);
    rig.says(&[]);
    assert_eq!(rig.mets((0, 1)), ["waiting"], "it was the first step's");
    rig.after(1000);
    assert_eq!(rig.on(RunnerEvent::Due), [RunnerEffect::Ask(Command::Read(ONE))], "what was said until now is read");
    rig.read(RepliesReadable::Yes);
    assert_eq!(rig.step((0, 1)).suggested, Some(Verdict::Fail));
    rig.accept();
    rig.on(RunnerEvent::Go);
    rig.after(999).on(RunnerEvent::Due);
    assert_eq!(rig.mets((0, 2)), ["waiting"]);
    assert_eq!(rig.after(1).on(RunnerEvent::Due), [RunnerEffect::Ask(Command::Read(ONE))]);
    assert_eq!(rig.mets((0, 2)), ["waiting"], "nobody knows before that read has ended");
    rig.read(RepliesReadable::Yes);
    assert_eq!((rig.mets((0, 2)), rig.step((0, 2)).suggested), (vec!["ok"], Some(Verdict::Pass)));
}

#[test]
fn what_is_sent_after_a_renewal_waits_for_the_new_token() {
    let text = steps("steps = [{ renew = true, send = \"a\", expect = { renewals = 1 } }]");
    let mut rig = Rig::new(&text, Mode::Person);
    rig.token(7);
    assert_eq!(rig.on(RunnerEvent::Go), [RunnerEffect::Ask(Command::Renew)]);
    assert_eq!(rig.token(7), [], "the old token is not what it waits for");
    assert!(matches!(rig.token(8).as_slice(), [RunnerEffect::Send(_)]));
    rig.accepted();
    assert_eq!(rig.mets((0, 0)), ["ok", "ok"]);
    let mut late = Rig::new(&text, Mode::Person);
    late.token(7);
    late.on(RunnerEvent::Go);
    let due = late.runner.due().unwrap();
    late.now = due;
    assert!(matches!(late.on(RunnerEvent::Due).as_slice(), [RunnerEffect::Send(_)]), "it does not wait for ever");
}

#[test]
fn new_tokens_are_counted_from_the_step_on() {
    let text =
        steps("steps = [{ renew = true, expect = { renewals = 1 } }, { send = \"a\", expect = { renewals = 0 } }]");
    let mut rig = Rig::new(&text, Mode::Person);
    rig.token(7);
    assert_eq!(rig.on(RunnerEvent::Go), [RunnerEffect::Ask(Command::Renew)]);
    rig.token(7);
    assert_eq!(rig.mets((0, 0)), ["open"], "the old token does not count");
    rig.token(8);
    assert_eq!(rig.mets((0, 0)), ["ok"]);
    rig.accept();
    rig.on(RunnerEvent::Go);
    rig.token(9);
    rig.accepted();
    assert_eq!(rig.mets((0, 1)), ["ok", "wrong"]);
    assert_eq!(rig.step((0, 1)).expectations[1].detail.as_deref(), Some("there was 1"));
}

#[test]
fn what_is_captured_is_filled_in_and_what_is_not_blocks() {
    let text = steps(
        "[[cases.steps]]\nsend = \"a\"\ncapture = { ticket = { body = \"/id\" } }\n[[cases.steps]]\nsend = \"about {{ticket}}\"\n",
    );
    let mut rig = Rig::new(&text, Mode::Person);
    rig.token(1);
    rig.on(RunnerEvent::Verdict(Verdict::Skip));
    assert_eq!(rig.on(RunnerEvent::Go), []);
    assert_eq!(rig.step((0, 1)).suggested, Some(Verdict::Blocked));
    assert!(rig.step((0, 1)).why.as_ref().unwrap().starts_with("{{ticket}} was not captured"));
    rig.on(RunnerEvent::Undo);
    rig.on(RunnerEvent::Go);
    rig.accepted();
    rig.accept();
    assert_eq!(texts(&rig.on(RunnerEvent::Go)), ["about T-9"]);
}

// ── the sandbox ────────────────────────────────────────────────────────────────────────────────────────────────────

const FAULTY: &str = "name = \"t\"\n[[cases]]\nname = \"c\"\nsteps = [{ clear_faults = true, fault = { fault = \"token-expired\" }, advance = \"1m\", send = \"a\" }]\n[[cases]]\nname = \"d\"\nsteps = [{ send = \"b\" }]\n";

#[test]
fn the_sandbox_is_set_up_one_after_the_other_and_tidied_after_the_case() {
    let mut rig = Rig::new(FAULTY, Mode::Person);
    rig.token(1);
    assert_eq!(rig.on(RunnerEvent::Go), [RunnerEffect::Sandbox(SandboxRequest::Fault(None))]);
    let fault = r#"{"fault":"token-expired","target":"send"}"#.to_owned();
    assert_eq!(rig.on(RunnerEvent::Sandbox(Ok(()))), [RunnerEffect::Sandbox(SandboxRequest::Fault(Some(fault)))]);
    let advance = SandboxRequest::Advance(Duration::from_secs(60));
    assert_eq!(rig.on(RunnerEvent::Sandbox(Ok(()))), [RunnerEffect::Sandbox(advance)]);
    assert_eq!(texts(&rig.on(RunnerEvent::Sandbox(Ok(())))), ["a"]);
    rig.accepted();
    assert_eq!(rig.accept(), [RunnerEffect::ClearFaults]);
}

#[test]
fn a_fault_that_cannot_be_set_blocks_and_outside_the_sandbox_it_is_skipped() {
    let mut rig = Rig::new(FAULTY, Mode::Person);
    rig.on(RunnerEvent::Go);
    rig.on(RunnerEvent::Sandbox(Ok(())));
    assert_eq!(rig.on(RunnerEvent::Sandbox(Err("no such fault"))), []);
    let step = rig.step((0, 0));
    assert_eq!(step.suggested, Some(Verdict::Blocked));
    assert_eq!(step.why.as_deref(), Some("the sandbox was not set up: no such fault"));
    let mut rig = Rig::with(FAULTY, Mode::Person, false);
    assert_eq!(rig.on(RunnerEvent::Go), []);
    assert_eq!(rig.step((0, 0)).suggested, Some(Verdict::Skip));
    assert_eq!(rig.step((0, 0)).why.as_deref(), Some("it needs the built-in sandbox"));
}

#[test]
fn without_a_token_and_a_prospect_of_one_it_is_blocked_at_once() {
    let mut rig = Rig::new(&steps("steps = [{ send = \"a\" }]"), Mode::Person);
    rig.on(RunnerEvent::Go);
    let effects = rig.report(Report::Token(TokenStatus::BadClient("wrong".to_owned())));
    assert_eq!(effects, [RunnerEffect::Cancel(MessageId(1))]);
    assert_eq!(
        rig.step((0, 0)).why.as_deref(),
        Some("not signed in: wrong; check the client's id, its secret, the region and client_auth")
    );
}

#[test]
fn a_guest_with_a_session_of_its_own_needs_no_token() {
    let mut rig = Rig::new(&steps("steps = [{ send = \"a\" }]"), Mode::Person);
    rig.runner.setup.conversations[0].channel = Channel::WebMessaging;
    rig.on(RunnerEvent::Go);
    let effects = rig.report(Report::Token(TokenStatus::BadClient("wrong".to_owned())));
    assert_eq!((effects, rig.step((0, 0)).why.as_deref()), (vec![], None));
    assert!(!rig.runner.lacked_a_token());
}

// ── a person ───────────────────────────────────────────────────────────────────────────────────────────────────────

const THREE: &str = "name = \"t\"\n[[cases]]\nname = \"c\"\nsteps = [{ send = \"a\" }, { judge = \"look\" }]\n[[cases]]\nname = \"d\"\nsteps = [{ send = \"b\" }]\n";
