//! The engine, the sandbox, and who sends.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use guestwire::clock::Clock;
use guestwire::engine::{Command, EngineHandle, EngineOptions, Report};
use guestwire::model::OutgoingMessage;
use guestwire::model::{Channel, ConversationKey, DeliveryStatus, Extras, MessageId, SessionAsk, TokenStatus};
use guestwire::sandbox::{Sandbox, Scenario, start};
use serde_json::Value;
use tokio::sync::mpsc::Receiver;

use super::ledger::{Entry, Ledger, explain, received};
use super::storm::{self, Dice, Harm, Harms};

/// Documented limits are lifted: what is soaked is how things go wrong, not how slowly.
const SCENARIO: &str = r#"
seed = 5
latency_ms = [0, 4]
reply_ms = [0, 60]
[client]
scopes = ["guest:messages:send", "conversations"]
[limits]
requests_per_minute = 100_000_000
messages_per_second = 1_000_000
frames_per_minute = 1_000_000
configures_per_minute = 1_000_000
histories_per_minute = 1_000_000
"#;

/// The channels, as a scenario names them.
const CHANNELS: [&str; 3] = ["guest-api", "open-messaging", "web-messaging"];
/// Conversations of each channel: so many, and one more for each so many messages.
const EACH: u64 = 3;
const ONE_MORE: u64 = 1_000;
/// How many times as fast as the world's the clock of both is.
const FAST: u32 = 20;
/// How long an echo or an answer is waited for, by that clock.
const PATIENCE: Duration = Duration::from_secs(40);
/// Messages of a conversation that wait or are under way at a time.
const AHEAD: usize = 3;

/// One conversation.
struct Talk {
    name: String,
    channel: Channel,
    key: ConversationKey,
    dice: Dice,
    left: u64,
    sent: u64,
    open: usize,
    harms: Harms,
}

/// The session's token, as far as it is told.
#[derive(Default)]
struct Token {
    generation: u64,
    /// The newest generation with which something was accepted.
    proven: u64,
    /// The generation that was spoilt last, and how many were.
    spoilt: u64,
    times: u64,
    /// Messages that were refused with a 401.
    refusals: u64,
}

impl Token {
    /// Whether it is spoilt now. One that nothing was accepted with is left alone: two in a row that are refused are, to
    /// the engine, no matter of the token any more.
    fn spoil(&mut self) -> bool {
        let may = self.proven == self.generation && self.generation > self.spoilt;
        if may {
            self.spoilt = self.generation;
            self.times += 1;
        }
        may
    }
}

/// See the module.
pub struct SoakRun {
    seed: u64,
    began: Instant,
    sandbox: Sandbox,
    engine: EngineHandle,
    reports: Receiver<Report>,
    talks: Vec<Talk>,
    ledger: Ledger,
    /// Remote ids that came by themselves: each is told once.
    heard: BTreeSet<(ConversationKey, String)>,
    /// Faults set, by name.
    blows: BTreeMap<String, u64>,
    token: Token,
    landed_at_the_end: usize,
    /// The longest time, in milliseconds, for which the machine let nothing of this process run.
    pulse: Arc<AtomicU64>,
}

impl SoakRun {
    pub fn new(seed: u64, messages: u64) -> Self {
        let scenario = scenario(EACH + messages / ONE_MORE);
        let scenario = Scenario::parse(&scenario, Path::new("soak.toml")).unwrap();
        let clock = Clock::fast(FAST);
        let sandbox = start(0, scenario, clock).unwrap();
        let mut profile = sandbox.profile();
        profile.request_timeout = PATIENCE;
        let count = profile.conversations.len() as u64;
        // One whose echo was lost holds up nobody else.
        profile.parallel = profile.conversations.len();
        let talk = |n: u64, entry: &guestwire::config::ConversationEntry| Talk {
            name: entry.conversation.name.clone(),
            channel: entry.conversation.channel(),
            key: entry.conversation.key,
            dice: Dice::new(seed, n),
            left: messages / count + u64::from(n < messages % count),
            sent: 0,
            open: 0,
            harms: Harms::default(),
        };
        let talks = (0..).zip(&profile.conversations).map(|(n, entry)| talk(n, entry)).collect();
        let most = Some(u32::MAX);
        let options =
            EngineOptions { seed, messages_per_second: most, frames_per_minute: most, ..EngineOptions::default() };
        let (engine, reports) = EngineHandle::start(Arc::new(profile), clock, options);
        Self {
            seed,
            began: Instant::now(),
            sandbox,
            engine,
            reports,
            talks,
            ledger: Ledger::default(),
            heard: BTreeSet::new(),
            blows: BTreeMap::new(),
            token: Token::default(),
            landed_at_the_end: 0,
            pulse: pulse(),
        }
    }

    /// Sends all messages, a few of each conversation at a time, until each is settled.
    pub async fn send_all(&mut self) {
        for talk in 0..self.talks.len() {
            self.fill(talk);
        }
        while self.talks.iter().any(|talk| talk.open > 0) {
            if let Some(talk) = self.next().await {
                self.fill(talk);
            }
        }
    }

    /// Lifts the faults: one more message in each conversation goes through.
    pub async fn calm(&mut self) {
        self.count_unused();
        self.sandbox.clear_faults();
        let last: Vec<_> = (0..self.talks.len()).map(|talk| self.send(talk, "the last")).collect();
        while self.talks.iter().any(|talk| talk.open > 0) {
            self.next().await;
        }
        for message in last {
            let entry = &self.ledger.entries[&message];
            assert!(
                matches!(entry.delivery, DeliveryStatus::Accepted | DeliveryStatus::Answered),
                "seed {}: {entry:?}",
                self.seed
            );
        }
    }

    /// Looks up, as a person would, what stands in the sandbox and is unknown.
    pub async fn look_up(&mut self) {
        for talk in 0..self.talks.len() {
            let before = self.doubted(talk).len();
            self.landed_at_the_end += before;
            if before > 0 && self.talks[talk].channel == Channel::WebMessaging {
                self.page_back(talk).await;
            } else if before > 0 {
                self.read(talk).await;
            }
            assert!(self.doubted(talk).is_empty(), "seed {}: looked up, and {:?}", self.seed, self.doubted(talk));
        }
    }

    /// The unknown messages of a conversation that the sandbox has.
    fn doubted(&self, talk: usize) -> Vec<String> {
        let there = received(&self.sandbox.state(), &self.talks[talk].name);
        self.ledger.unsettled(talk, &there).map(str::to_owned).collect()
    }

    /// Reads a conversation twice: what the first read settles is told before the second ends.
    async fn read(&mut self, talk: usize) {
        let key = self.talks[talk].key;
        for _ in 0..2 {
            self.engine.ask(Command::Read(key));
            self.until(|report| matches!(report, Report::Conversation { key: of, .. } if *of == key)).await;
        }
    }

    /// Reads older messages until none is missed, or there are none.
    async fn page_back(&mut self, talk: usize) {
        let key = self.talks[talk].key;
        while !self.doubted(talk).is_empty() {
            self.engine.ask(Command::Session(key, SessionAsk::History));
            let ended = self
                .until(|report| match report {
                    Report::Exchange(x) => {
                        x.conversation == Some(key) && x.what.starts_with("history") && x.outcome.is_finished()
                    }
                    Report::Notice(_, text) => text.contains("older messages"),
                    _ => false,
                })
                .await;
            if matches!(ended, Report::Notice(..)) {
                return;
            }
        }
    }

    /// Takes in reports until one pleases.
    async fn until(&mut self, pleases: impl Fn(&Report) -> bool) -> Report {
        loop {
            let report = self.report().await;
            self.take(report.clone());
            if pleases(&report) {
                return report;
            }
        }
    }

    /// Compares the ledger with the sandbox's state. Gives the figures.
    pub fn hold(self) -> String {
        let state = self.sandbox.state();
        let stalled = Duration::from_millis(self.pulse.load(Ordering::Relaxed)) > PATIENCE / FAST / 2;
        let mut all = 0;
        for (n, talk) in self.talks.iter().enumerate() {
            let there = received(&state, &talk.name);
            all += there.len();
            self.ledger.hold(n, &format!("seed {}, {}", self.seed, talk.name), &there);
            talk.harms.hold(&format!("seed {}, {}", self.seed, talk.name), stalled);
        }
        // A message is tried again once after a 401: it takes two spoilt tokens, and each meets one message of a lane.
        let lanes = self.talks.iter().filter(|talk| talk.channel != Channel::WebMessaging).count() as u64;
        let most = self.token.times / 2 * lanes;
        assert!(self.token.refusals <= most, "seed {}: {} refused with 401", self.seed, self.token.refusals);
        assert_eq!(state["received"], all, "seed {}: nothing of anybody else", self.seed);
        let took = self.began.elapsed();
        let count = |pointer: &str| state.pointer(pointer).cloned().unwrap_or(Value::Null);
        format!(
            "seed {}: {} messages in {:.1} s, {all} received, 0 lost, 0 twice, in order: {:?}; {} landed only when asked \
             for\nfaults that hit: {:?}\ntokens {}, duplicates known again {}, sockets {}, answers {}",
            self.seed,
            self.ledger.entries.len(),
            took.as_secs_f64(),
            self.ledger.tally(),
            self.landed_at_the_end,
            self.blows,
            count("/tokens/issued"),
            count("/open/duplicates"),
            count("/web/opened"),
            count("/requests/by_status"),
        )
    }

    /// Keeps a conversation busy.
    fn fill(&mut self, talk: usize) {
        while self.talks[talk].open < AHEAD && self.talks[talk].left > 0 {
            self.talks[talk].left -= 1;
            let Talk { dice, channel, name, .. } = &mut self.talks[talk];
            let blow = dice.one_in(6).then(|| storm::draw(dice, *channel, name));
            let take_back = dice.one_in(40);
            if let Some(blow) = blow.filter(|blow| blow.harm != Harm::Token || self.token.spoil()) {
                self.sandbox.set_fault(&blow.json.to_string()).unwrap();
                *self.blows.entry(blow.name().to_owned()).or_default() += blow.times;
                let Talk { harms, sent, .. } = &mut self.talks[talk];
                harms.set(&blow, *sent + 1);
            }
            let message = self.send(talk, "message");
            if take_back {
                self.ledger.entries.get_mut(&message).unwrap().taken_back = true;
                self.engine.ask(Command::Cancel(message));
            }
        }
    }

    fn send(&mut self, talk: usize, what: &str) -> MessageId {
        let message = MessageId(self.ledger.entries.len() as u64 + 1);
        let of = &mut self.talks[talk];
        of.sent += 1;
        of.open += 1;
        let (key, text) = (of.key, format!("{}: {what} {}", of.name, of.sent));
        let entry =
            Entry { talk, text: text.clone(), delivery: DeliveryStatus::Queued, taken_back: false, generation: 0 };
        self.ledger.entries.insert(message, entry);
        self.engine.ask(Command::Send(
            message,
            OutgoingMessage { conversation: key, text, resend_of: None, sent_as: None, extras: Extras::default() },
        ));
        message
    }

    async fn next(&mut self) -> Option<usize> {
        let report = self.report().await;
        self.take(report)
    }

    async fn report(&mut self) -> Report {
        let next = tokio::time::timeout(Duration::from_secs(60), self.reports.recv()).await;
        let Ok(Some(report)) = next else {
            let open = self.ledger.entries.values().filter(|e| !e.delivery.is_finished()).collect::<Vec<_>>();
            panic!("seed {}: nothing is told any more, and these are open: {open:#?}", self.seed)
        };
        report
    }

    /// Takes in a report. Gives the conversation of a message that is settled by it.
    fn take(&mut self, report: Report) -> Option<usize> {
        match report {
            Report::Token(TokenStatus::Valid(facts)) => {
                self.token.generation = u64::from(facts.generation.0);
                None
            }
            Report::Message { id, delivery, .. } => {
                let entry = self.ledger.entries.get_mut(&id).unwrap();
                if matches!(delivery, DeliveryStatus::Sending { .. }) {
                    entry.generation = self.token.generation;
                } else if delivery == DeliveryStatus::Accepted
                    && self.talks[entry.talk].channel != Channel::WebMessaging
                {
                    self.token.proven = self.token.proven.max(entry.generation);
                }
                if !self.ledger.told(id, delivery) {
                    return None;
                }
                let entry = &self.ledger.entries[&id];
                let talk = &mut self.talks[entry.talk];
                talk.open -= 1;
                match explain(entry) {
                    Some((Harm::Token, _)) => self.token.refusals += 1,
                    Some((harm, blows)) => {
                        talk.harms.done(harm, blows, format!("{}: {:?}", entry.text, entry.delivery));
                    }
                    None => {}
                }
                Some(entry.talk)
            }
            Report::MessagesArrived(key, messages) => {
                for message in messages {
                    assert!(
                        self.heard.insert((key, message.id.clone())),
                        "seed {}: told twice: {message:?}",
                        self.seed
                    );
                }
                None
            }
            _ => None,
        }
    }

    /// Takes the faults that hit nothing off the account.
    fn count_unused(&mut self) {
        let state = self.sandbox.state();
        for fault in state["faults"].as_array().into_iter().flatten() {
            let name = fault["fault"].as_str().unwrap();
            *self.blows.get_mut(name).unwrap() -= fault["times"].as_u64().unwrap_or(0);
        }
    }
}

/// A scenario with so many conversations of each channel: of three, one is answered.
fn scenario(each: u64) -> String {
    let origin = |n| format!("https://shop{n}.example");
    let origins: Vec<_> = (1..=each).map(origin).collect();
    let mut text = format!("{SCENARIO}[deployment]\norigins = {origins:?}\n");
    for channel in CHANNELS {
        for n in 1..=each {
            let script = if n % 3 == 1 { "echo" } else { "silent" };
            write!(text, "[[conversations]]\nname = \"{channel} {n}\"\nchannel = \"{channel}\"\n").unwrap();
            write!(text, "guest = \"guest {n}\"\nscript = \"{script}\"\n").unwrap();
            if channel == "web-messaging" {
                writeln!(text, "origin = {:?}", origin(n)).unwrap();
            }
        }
    }
    text
}

/// Watches how late a timer is that should end every few milliseconds: what is slow because the machine stands still is
/// no fault of anybody's.
fn pulse() -> Arc<AtomicU64> {
    let longest = Arc::new(AtomicU64::new(0));
    let told = Arc::downgrade(&longest);
    tokio::spawn(async move {
        let mut before = Instant::now();
        while let Some(longest) = told.upgrade() {
            let gap = u64::try_from(before.elapsed().as_millis()).unwrap_or(u64::MAX);
            longest.fetch_max(gap, Ordering::Relaxed);
            before = Instant::now();
            drop(longest);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    longest
}
