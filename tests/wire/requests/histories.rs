//! Random histories of sends, cancels, refusals, kills, restarts, full disks and locked files, against a small model:
//! nothing is sent that was called cancelled or refused, nothing goes out twice, nothing typed is lost, each message that
//! went out is an entry of the log, and no status is told as final before its row is on the disk.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use guestwire::clock::Clock;
use guestwire::engine::{Command, EngineHandle, EngineOptions, Report};
use guestwire::journal::{HistoryRange, LogSource, Restored, is_kept};
use guestwire::journal::{Job, Journal, JournalOptions, JournalReader, JournalReport, database};
use guestwire::model::OutgoingMessage;
use guestwire::model::{
    Author, Conversation, ConversationKey, DeliveryStatus, ExchangeId, ExchangeKind, Extras, Message, MessageId, Moment,
};
use rusqlite::Connection;
use std::sync::Arc;
use tokio::sync::mpsc::Receiver;

use crate::support::engine::{profile, with_tokens};
use crate::support::http_server::{Act, Req, Server, answer};

const CONVERSATIONS: u32 = 2;

/// Numbers that look random, the same for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }
}

/// What the server does about a text, by its first letter.
fn behave(req: &Req) -> Act {
    let body: serde_json::Value = serde_json::from_str(&req.body).unwrap();
    let answered =
        |status, body| Act::Say(answer(status, &[("x-request-id", "r"), ("Content-Type", "application/json")], body));
    match body["text"].as_str().unwrap().as_bytes().first() {
        Some(b'r') => answered(400, r#"{"code":"bad.request","message":"no"}"#),
        Some(b's') => Act::After(Duration::from_millis(15), Box::new(answered(200, r#"{"id":"m"}"#))),
        Some(b'h') => Act::Hang,
        _ => answered(200, r#"{"id":"m"}"#),
    }
}

/// What a person was told for good.
struct Told {
    delivery: DeliveryStatus,
    /// How often the server had received it by then.
    received: usize,
}

/// All sessions of one history.
struct World {
    server: Server,
    /// The server's.
    _runtime: tokio::runtime::Runtime,
    homes: Vec<tempfile::TempDir>,
    dice: Dice,
    next: u64,
    texts: BTreeMap<MessageId, String>,
    told: BTreeMap<MessageId, Told>,
    /// Texts that must be there from here on.
    kept: BTreeSet<String>,
}

/// One guestwire.
struct Session {
    runtime: tokio::runtime::Runtime,
    engine: EngineHandle,
    reports: Receiver<Report>,
    journal: Journal,
    dir: PathBuf,
    numbers: BTreeMap<ExchangeId, u64>,
    base: u64,
    open: BTreeSet<MessageId>,
    not_on_disk: BTreeSet<MessageId>,
    full: bool,
}

fn conversations(server: &Server) -> Vec<Conversation> {
    profile(&server.url(), CONVERSATIONS).conversations.into_iter().map(|e| e.conversation).collect()
}

fn lives(dir: &Path) -> BTreeMap<MessageId, (String, String)> {
    let db = Connection::open(database(dir)).unwrap();
    db.busy_timeout(Duration::from_secs(5)).unwrap();
    let mut select = db.prepare("SELECT id, text, life FROM messages").unwrap();
    let rows =
        select.query_map([], |row| Ok((MessageId(row.get::<_, i64>(0)?.cast_unsigned()), (row.get(1)?, row.get(2)?))));
    rows.unwrap().collect::<rusqlite::Result<_>>().unwrap()
}

impl World {
    fn new(seed: u64) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let server = runtime.block_on(Server::start(with_tokens(behave)));
        let homes = vec![tempfile::tempdir().unwrap()];
        let (texts, told, kept) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        Self { server, _runtime: runtime, homes, dice: Dice(seed), next: seed << 20, texts, told, kept }
    }

    fn received(&self, text: &str) -> usize {
        self.server.texts().iter().filter(|t| *t == text).count()
    }

    fn start(&mut self, dir: PathBuf, full: bool) -> Session {
        let pages = std::fs::metadata(database(&dir)).map_or(0, |m| m.len() / 4096);
        let page_limit = full.then(|| u32::try_from(pages).unwrap() + 1);
        let (journal, mut told) = Journal::open(JournalOptions {
            page_limit,
            ..JournalOptions::new(dir.clone(), conversations(&self.server))
        });
        let restored: Restored = loop {
            match told.blocking_recv().unwrap() {
                JournalReport::Restored(restored) => break *restored,
                JournalReport::Notice(_) => {}
                other => panic!("{other:?}"),
            }
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let options = EngineOptions {
            seed: 7,
            read_pauses: vec![],
            messages_per_second: Some(1_000),
            grace: Duration::from_millis(50),
            send_log: Arc::new(journal.clone()),
            ..EngineOptions::default()
        };
        let mut profile = profile(&self.server.url(), CONVERSATIONS);
        profile.request_timeout = Duration::from_millis(150);
        let (engine, reports) =
            runtime.block_on(async { EngineHandle::start(Arc::new(profile), Clock::start(), options) });
        let mut session = Session {
            runtime,
            engine,
            reports,
            journal,
            dir,
            numbers: BTreeMap::new(),
            base: restored.last_number,
            open: BTreeSet::new(),
            not_on_disk: BTreeSet::new(),
            full,
        };
        for kept in
            restored.messages.iter().map(|(message, _)| message).filter(|m| m.delivery == DeliveryStatus::Queued)
        {
            self.told.remove(&kept.id);
            session.open.insert(kept.id);
            session.engine.ask(Command::Send(kept.id, OutgoingMessage::of(kept)));
        }
        session.engine.ask(Command::Recall(restored.recalled()));
        session
    }

    fn send(&mut self, session: &mut Session) {
        self.next += 1;
        let id = MessageId(self.next);
        let kind = ["a", "a", "r", "s", "s", "h", "o"][self.dice.below(7)];
        let text = format!("{kind}{}.", self.next);
        // The engine objects to this one before it is sent.
        let attributes = if kind == "o" { vec![("k".repeat(9_000), "v".repeat(9_000))] } else { vec![] };
        let message = Message {
            id,
            conversation: ConversationKey(u32::try_from(self.dice.below(CONVERSATIONS as usize)).unwrap()),
            author: Author::Guest,
            text: text.clone(),
            at: Moment::new(Duration::ZERO, jiff::Timestamp::now()),
            delivery: DeliveryStatus::Queued,
            exchange: None,
            remote_id: None,
            resend_of: None,
            sent_as: None,
            extras: Extras { attributes: attributes.into_iter().collect(), ..Extras::default() },
        };
        self.texts.insert(id, text);
        session.open.insert(id);
        session.journal.submit(Job::Queue(Box::new(message.clone())));
        session.engine.ask(Command::Send(message.id, OutgoingMessage::of(&message)));
    }

    /// Takes what is reported, up to `most` reports or until nothing comes for a moment.
    fn watch(&mut self, session: &mut Session, most: usize) {
        for _ in 0..most {
            let Session { runtime, reports, .. } = &mut *session;
            let next = async { tokio::time::timeout(Duration::from_millis(10), reports.recv()).await };
            match runtime.block_on(next) {
                Ok(Some(report)) => self.take(session, report),
                _ => return,
            }
        }
    }

    fn take(&mut self, session: &mut Session, report: Report) {
        match report {
            Report::Exchange(exchange) if is_kept(&exchange) => {
                let next = session.base + session.numbers.len() as u64 + 1;
                let number = *session.numbers.entry(exchange.id).or_insert(next);
                session.journal.submit(Job::Entry(number, LogSource::Exchange(exchange)));
            }
            Report::NotOnDisk(message, _) => drop(session.not_on_disk.insert(message)),
            Report::Message { id, delivery, .. } if delivery.is_finished() => {
                session.open.remove(&id);
                if session.not_on_disk.remove(&id) {
                    return;
                }
                let row = lives(&session.dir).remove(&id);
                let on_disk = row.map(|(_, delivery)| delivery);
                assert_eq!(on_disk.as_deref(), Some(delivery.word()), "{} was told as {delivery:?}", self.texts[&id]);
                self.kept.insert(self.texts[&id].clone());
                let received = self.received(&self.texts[&id]);
                self.told.insert(id, Told { delivery, received });
            }
            _ => {}
        }
    }

    /// The engine is gone at once; what was committed is what the next session finds.
    fn kill(&mut self, session: Session) -> PathBuf {
        let Session { runtime, dir, journal, .. } = session;
        runtime.shutdown_timeout(Duration::from_secs(5));
        let home = tempfile::tempdir().unwrap();
        let copy = home.path().join("profiles/p");
        std::fs::create_dir_all(&copy).unwrap();
        let db = Connection::open(database(&dir)).unwrap();
        db.execute("VACUUM INTO ?1", [database(&copy).display().to_string()]).unwrap();
        drop(journal);
        self.homes.push(home);
        self.check_rows(&copy);
        copy
    }

    fn leave(&mut self, mut session: Session) -> PathBuf {
        self.watch(&mut session, 50);
        session.engine.ask(Command::Shutdown);
        while let Some(report) = session.runtime.block_on(session.reports.recv()) {
            match report {
                // What waited stays queued for the next start, and is told as not sent by this one.
                Report::Message { id, delivery: DeliveryStatus::Cancelled, .. } => drop(session.open.remove(&id)),
                report => self.take(&mut session, report),
            }
        }
        assert!(session.journal.close(Duration::from_secs(20)));
        if !session.full {
            self.kept.extend(
                self.texts.values().filter(|t| lives(&session.dir).values().any(|(text, _)| text == *t)).cloned(),
            );
        }
        self.check_rows(&session.dir);
        session.dir
    }

    /// What was received, or told for good, has a row.
    fn check_rows(&mut self, dir: &Path) {
        let rows: BTreeSet<String> = lives(dir).into_values().map(|(text, _)| text).collect();
        for text in self.server.texts().iter().chain(&self.kept) {
            assert!(rows.contains(text), "{text} has no row");
        }
        self.kept.extend(rows);
    }

    /// A last session without trouble; then everything is as it was told.
    fn end(&mut self, dir: PathBuf) {
        let mut session = self.start(dir, false);
        let end = std::time::Instant::now() + Duration::from_secs(20);
        while !session.open.is_empty() {
            self.watch(&mut session, 50);
            assert!(std::time::Instant::now() < end, "never settled: {:?}", session.open);
        }
        let dir = self.leave(session);
        let reader = JournalReader::open(&dir, &conversations(&self.server)).unwrap();
        for (id, (text, delivery)) in lives(&dir) {
            let received = self.received(&text);
            match delivery.as_str() {
                "accepted" => assert_eq!(received, 1, "{text}"),
                "cancelled" => assert_eq!(received, 0, "{text}"),
                "refused" => assert!(received <= usize::from(text.starts_with('r')), "{text}"),
                "unknown" => assert!(received <= 1, "{text}"),
                other => panic!("{text} is {other}"),
            }
            if let Some(told) = self.told.get(&id) {
                assert_eq!(told.delivery.word(), delivery, "{text}");
                let may_come_yet = matches!(told.delivery, DeliveryStatus::Unknown(_));
                assert!(may_come_yet || told.received == received, "{text} was sent after it was told as {delivery}");
            }
            if received > 0 {
                let want = HistoryRange::Found(format!("\"{text}\""), u64::MAX);
                let (entries, _) = reader.page(&want, 10).unwrap();
                let is_send = |s: &LogSource| matches!(s, LogSource::Exchange(x) if x.kind == ExchangeKind::Send && x.outcome.is_finished());
                assert!(entries.iter().any(|e| is_send(&e.source)), "{text} is no entry of the log: {entries:?}");
            }
        }
    }
}

/// A program that holds the file: nothing is committed until it lets go.
fn held(dir: &Path) -> Connection {
    let db = Connection::open(database(dir)).unwrap();
    db.busy_timeout(Duration::from_secs(5)).unwrap();
    db.execute_batch("BEGIN IMMEDIATE").unwrap();
    db
}

fn history(seed: u64) {
    let mut world = World::new(seed);
    let dir = world.homes[0].path().join("profiles/p");
    let mut session = world.start(dir, false);
    let mut locked = None;
    for _ in 0..40 {
        match world.dice.below(14) {
            0..=5 => world.send(&mut session),
            6 | 7 => {
                let at = world.dice.below(session.open.len().max(1));
                if let Some(id) = session.open.iter().nth(at) {
                    session.engine.ask(Command::Cancel(*id));
                }
            }
            8..=10 => {
                let most = world.dice.below(12);
                world.watch(&mut session, most);
            }
            11 => locked = if locked.is_none() { Some(held(&session.dir)) } else { None },
            12 => {
                let dir = world.kill(session);
                locked = None;
                session = world.start(dir, false);
            }
            _ => {
                locked = None;
                let dir = world.leave(session);
                let full = world.dice.below(3) == 0;
                session = world.start(dir, full);
            }
        }
    }
    drop(locked);
    let dir = world.leave(session);
    world.end(dir);
}

#[test]
fn whatever_happens_what_was_told_is_so() {
    let seeds: u64 = std::env::var("GUESTWIRE_HISTORIES").ok().and_then(|n| n.parse().ok()).unwrap_or(8);
    for seed in 1..=seeds {
        let run = move || history(seed.wrapping_mul(0x9e37_79b9));
        // The thread's name stands in the words of a panic.
        let thread = std::thread::Builder::new().name(format!("history of seed {seed}")).spawn(run).unwrap();
        assert!(thread.join().is_ok(), "seed {seed}");
    }
}
