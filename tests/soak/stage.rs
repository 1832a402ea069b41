//! The engine, the sandbox, and who sends.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use guestwire::clock::Clock;
use guestwire::engine::{Command, Engine, EngineHandle, Report, SendRequest, Tuning};
use guestwire::model::{Channel, ConversationKey, Extras, Life, MessageId, SessionAsk, TokenStatus};
use guestwire::sandbox::{Options, Sandbox, Scenario, start_with};
use serde_json::Value;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::ledger::{Entry, Ledger, explain, received};
use crate::storm::{self, Dice, Harm, Harms};

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
[deployment]
origins = ["https://one.example", "https://two.example", "https://three.example"]
"#;

/// Conversations of each channel: the first of each is answered, the others are not.
const EACH: [&str; 3] = ["one", "two", "three"];
/// How many times as fast as the world's the clock of both is.
const FAST: u32 = 10;
/// How long an echo or an answer is waited for, by that clock.
const PATIENCE: Duration = Duration::from_secs(30);
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
pub struct Stage {
    seed: u64,
    began: Instant,
    sandbox: Sandbox,
    engine: EngineHandle,
    reports: UnboundedReceiver<Report>,
    talks: Vec<Talk>,
    ledger: Ledger,
    /// Remote ids that came by themselves: each is told once.
    heard: BTreeSet<(ConversationKey, String)>,
    /// Faults set, by name.
    blows: BTreeMap<String, u64>,
    token: Token,
    landed_at_the_end: usize,
}

impl Stage {
    pub fn new(seed: u64, messages: u64) -> Self {
        let mut scenario = SCENARIO.to_owned();
        for channel in ["guest-api", "open-messaging", "web-messaging"] {
            for (n, name) in EACH.iter().enumerate() {
                let script = if n == 0 { "echo" } else { "silent" };
                write!(scenario, "[[conversations]]\nname = \"{channel} {name}\"\nchannel = \"{channel}\"\n").unwrap();
                write!(scenario, "guest = \"{name}\"\nscript = \"{script}\"\n").unwrap();
                if channel == "web-messaging" {
                    writeln!(scenario, "origin = \"https://{name}.example\"").unwrap();
                }
            }
        }
        let scenario = Scenario::parse(&scenario, Path::new("soak.toml")).unwrap();
        let clock = Clock::fast(FAST);
        let sandbox = start_with(Options { port: 0, scenario }, clock).unwrap();
        let mut profile = sandbox.profile();
        profile.request_timeout = PATIENCE;
        let count = profile.conversations.len() as u64;
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
        let tuning = Tuning { seed, messages_per_second: most, frames_per_minute: most, ..Tuning::default() };
        let (engine, reports) = Engine::start_with(Arc::new(profile), clock, tuning);
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
            assert!(matches!(entry.life, Life::Accepted | Life::Answered), "seed {}: {entry:?}", self.seed);
        }
    }

    /// Looks up, as a person would, until everything is settled that stands in the sandbox.
    pub async fn look_up(&mut self) {
        for talk in 0..self.talks.len() {
            let (key, channel) = (self.talks[talk].key, self.talks[talk].channel);
            let open = |stage: &Self| {
                let there = received(&stage.sandbox.state(), &stage.talks[talk].name);
                stage.ledger.unsettled(talk, &there).count()
            };
            let before = open(self);
            if before == 0 {
                continue;
            }
            self.landed_at_the_end += before;
            if channel != Channel::WebMessaging {
                self.engine.ask(Command::Read(key));
                while open(self) > 0 {
                    let report = self.report().await;
                    let read = matches!(&report, Report::Conversation { key: of, .. } if *of == key);
                    self.take(report);
                    // What a read settles is told right after it.
                    if read {
                        self.engine.ask(Command::Read(key));
                    }
                }
                continue;
            }
            self.engine.ask(Command::Session { key, ask: SessionAsk::History });
            while open(self) > 0 {
                let report = self.report().await;
                if let Report::Notice { text, .. } = &report {
                    assert!(!text.contains("no older"), "seed {}: read to the beginning, and {}", self.seed, open(self));
                }
                let page = matches!(&report, Report::Exchange(x) if x.conversation == Some(key)
                    && x.what.starts_with("history") && x.outcome.is_settled());
                self.take(report);
                if page {
                    self.engine.ask(Command::Session { key, ask: SessionAsk::History });
                }
            }
        }
    }

    /// Compares the ledger with the sandbox's state. Gives the figures.
    pub fn hold(self) -> String {
        let state = self.sandbox.state();
        let mut all = 0;
        for (n, talk) in self.talks.iter().enumerate() {
            let there = received(&state, &talk.name);
            all += there.len();
            self.ledger.hold(n, &format!("seed {}, {}", self.seed, talk.name), &there);
            talk.harms.hold(&format!("seed {}, {}", self.seed, talk.name));
        }
        // A message is tried again once after a 401: it takes two spoilt tokens, and each meets one message of a lane.
        let most = self.token.times / 2 * 6;
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
            let blow = dice.one_in(7).then(|| storm::draw(dice, *channel, name));
            let take_back = dice.one_in(40);
            if let Some(blow) = blow.filter(|blow| blow.harm != Harm::Token || self.token.spoil()) {
                self.sandbox.set_fault(&blow.json.to_string()).unwrap();
                *self.blows.entry(blow.name().to_owned()).or_default() += blow.times;
                *self.talks[talk].harms.set.entry(blow.harm).or_default() += blow.times;
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
        let entry = Entry { talk, text: text.clone(), life: Life::Queued, taken_back: false, generation: 0 };
        self.ledger.entries.insert(message, entry);
        self.engine.ask(Command::Send(SendRequest {
            message,
            conversation: key,
            text,
            resend_of: None,
            sent_as: None,
            extras: Extras::default(),
        }));
        message
    }

    async fn next(&mut self) -> Option<usize> {
        let report = self.report().await;
        self.take(report)
    }

    async fn report(&mut self) -> Report {
        let next = tokio::time::timeout(Duration::from_secs(60), self.reports.recv()).await;
        let Ok(Some(report)) = next else {
            let open = self.ledger.entries.values().filter(|e| !e.life.is_settled()).collect::<Vec<_>>();
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
            Report::Message { id, life, .. } => {
                let entry = self.ledger.entries.get_mut(&id).unwrap();
                if matches!(life, Life::Sending { .. }) {
                    entry.generation = self.token.generation;
                } else if life == Life::Accepted && self.talks[entry.talk].channel != Channel::WebMessaging {
                    self.token.proven = self.token.proven.max(entry.generation);
                }
                if !self.ledger.told(id, life) {
                    return None;
                }
                let entry = &self.ledger.entries[&id];
                let talk = &mut self.talks[entry.talk];
                talk.open -= 1;
                match explain(entry) {
                    Some((Harm::Token, _)) => self.token.refusals += 1,
                    Some((harm, blows)) => *talk.harms.done.entry(harm).or_default() += blows,
                    None => {}
                }
                Some(entry.talk)
            }
            Report::Heard { key, messages } => {
                for message in messages {
                    assert!(self.heard.insert((key, message.id.clone())), "seed {}: told twice: {message:?}", self.seed);
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
