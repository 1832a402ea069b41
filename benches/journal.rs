//! The journal with a million exchanges in it, and the draining of a flood.
//!
//! `cargo bench --bench journal`. The large journal is made once, under `target/` (some minutes); how many exchanges it
//! holds can be set with `GUESTWIRE_BENCH_ENTRIES`.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "benches")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use divan::Bencher;
use guestwire::engine::Report;
use guestwire::journal::{HistoryRange, LogSource};
use guestwire::journal::{Job, Journal, JournalOptions, JournalReader, JournalReport};
use guestwire::model::{Exchange, Moment};
use guestwire::session::Conversations;
use guestwire::session::{Log, LogOptions};
use guestwire::session::{ProfileInfo, Session};
use guestwire::tui::state::HistoryStretch;
use guestwire::tui::terminal::event_loop::BATCH;
use guestwire::tui::{Effect, Event};
use tokio::sync::mpsc::UnboundedReceiver;

use support::console::Desk;
use support::made_up::made_up;

/// Stands in one exchange of the large journal.
const RARE: &str = "quokka";

fn main() {
    divan::main();
    for (name, options) in [("empty", empty()), ("large", large())] {
        let reader = JournalReader::open(&options.dir, &[]).unwrap();
        for _ in 0..50 {
            divan::black_box(reader.page(&HistoryRange::Before(u64::MAX), 200).unwrap());
        }
        let megabytes = std::fs::metadata(options.dir.join("journal.db")).unwrap().len() >> 20;
        eprintln!("{name}: {megabytes} MB on disk; peak memory of all benches so far {} MB", peak_memory());
    }
}

/// The most that this process has had in memory, in MB.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmHWM")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).unwrap_or(0) / 1024
}

fn restored(pages: &mut UnboundedReceiver<JournalReport>) {
    loop {
        match pages.blocking_recv().unwrap() {
            JournalReport::Restored(_) => return,
            JournalReport::Trouble(trouble) => unreachable!("{}", trouble.sentence),
            other => divan::black_box_drop(other),
        }
    }
}

fn options(name: &str) -> JournalOptions {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/bench-journal").join(name);
    // The bound on size is not what is measured here.
    JournalOptions { max_bytes: u64::MAX, ..JournalOptions::new(dir, Vec::new()) }
}

fn empty() -> JournalOptions {
    let options = options("empty");
    let (journal, mut pages) = Journal::open(options.clone());
    restored(&mut pages);
    journal.close(Duration::from_secs(10));
    options
}

fn exchange(number: u64) -> Arc<Exchange> {
    let at = Moment::new(Duration::ZERO, jiff::Timestamp::now());
    let mut exchange = made_up(u32::try_from(number).unwrap(), at);
    if number == 4_321 {
        exchange.what = format!("a {RARE} was here");
    }
    Arc::new(exchange)
}

/// The large journal, made when it is not there yet.
fn large() -> JournalOptions {
    static MADE: OnceLock<()> = OnceLock::new();
    let count: u64 = std::env::var("GUESTWIRE_BENCH_ENTRIES").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    let options = options(&count.to_string());
    MADE.get_or_init(|| {
        if options.dir.join("made").exists() {
            return;
        }
        let began = Instant::now();
        let _ = std::fs::remove_dir_all(&options.dir);
        let mut next = 1;
        while next <= count {
            let (journal, mut pages) = Journal::open(options.clone());
            restored(&mut pages);
            for _ in 0..50_000.min(count + 1 - next) {
                journal.submit(Job::Entry(next, LogSource::Exchange(exchange(next))));
                next += 1;
            }
            assert!(journal.close(Duration::from_secs(600)));
        }
        eprintln!("{count} exchanges written in {:.0?}", began.elapsed());
        make_findable(&options, count);
        eprintln!("and made findable after {:.0?}", began.elapsed());
        std::fs::write(options.dir.join("made"), "").unwrap();
    });
    options
}

/// Leaves the journal to its writer until the last entry can be found: it makes entries findable when it has nothing else
/// to do.
fn make_findable(options: &JournalOptions, last: u64) {
    let (journal, mut pages) = Journal::open(options.clone());
    restored(&mut pages);
    let reader = JournalReader::open(&options.dir, &[]).unwrap();
    let want = HistoryRange::Found(format!("made-up-{last:08}"), u64::MAX);
    while reader.page(&want, 1).unwrap().0.is_empty() {
        std::thread::sleep(Duration::from_millis(100));
    }
    journal.close(Duration::from_secs(10));
}

/// From asking to open until what was kept is there: what a start adds.
fn open(bencher: Bencher, options: &JournalOptions) {
    bencher.bench_local(|| {
        let (journal, mut pages) = Journal::open(options.clone());
        restored(&mut pages);
        journal.close(Duration::from_secs(10));
    });
}

#[divan::bench(sample_count = 30)]
fn open_empty(bencher: Bencher) {
    open(bencher, &empty());
}

#[divan::bench(sample_count = 30)]
fn open_large(bencher: Bencher) {
    open(bencher, &large());
}

#[divan::bench(sample_count = 30, args = [RARE, "made-up-00777777", "made up", "nothing-like-that"])]
fn find(bencher: Bencher, query: &str) {
    let reader = JournalReader::open(&large().dir, &[]).unwrap();
    bencher.bench_local(|| {
        let want = HistoryRange::Found(query.to_owned(), u64::MAX);
        reader.page(&want, 200).unwrap()
    });
}

#[divan::bench(sample_count = 100)]
fn page_back(bencher: Bencher) {
    let reader = JournalReader::open(&large().dir, &[]).unwrap();
    let mut before = u64::MAX;
    bencher.bench_local(|| {
        let (entries, _) = reader.page(&HistoryRange::Before(before), 200).unwrap();
        before = entries.first().map_or(u64::MAX, |e| e.number);
        entries
    });
}

/// A page of history put above what the pane holds: the pane's whole stretch is laid out anew.
#[divan::bench(sample_count = 50)]
fn page_into_the_pane(bencher: Bencher) {
    let reader = JournalReader::open(&large().dir, &[]).unwrap();
    let live = Session::new(ProfileInfo::default(), Conversations::new(Vec::new()), Log::new(LogOptions::default()));
    let page = |before| reader.page(&HistoryRange::Before(before), 200).unwrap().0;
    bencher
        .with_inputs(|| (HistoryStretch::new(&live, page(50_000), None, true, false), page(49_800)))
        .bench_local_values(|(mut history, more)| {
            history.prepend(&live, more, true);
            history
        });
}

/// Ten thousand exchanges into a journal, until all are written.
#[divan::bench(sample_count = 5)]
fn drain_10_000(bencher: Bencher) {
    let exchanges: Vec<_> = (1..=10_000).map(exchange).collect();
    bencher.with_inputs(|| tempfile::tempdir().unwrap()).bench_local_refs(|dir| {
        let (journal, mut pages) = Journal::open(JournalOptions::new(dir.path().join("p"), Vec::new()));
        restored(&mut pages);
        for (number, exchange) in (1..).zip(&exchanges) {
            journal.submit(Job::Entry(number, LogSource::Exchange(Arc::clone(exchange))));
        }
        assert!(journal.close(Duration::from_secs(60)));
    });
}

/// Tells the console a batch of reports; what is to be kept goes to the journal. Then a key, and the frame that shows it.
fn batch_and_key(desk: &mut Desk, batch: &[Arc<Exchange>], journal: &Journal) {
    for exchange in batch {
        for effect in desk.apply(Event::Engine(Box::new(Report::Exchange(Arc::clone(exchange))))) {
            if let Effect::Journal(job) = effect {
                journal.submit(job);
            }
        }
    }
    divan::black_box_drop(desk.keys("j"));
    divan::black_box_drop(desk.draw());
}

/// A new journal, of which the console knows that it is there.
fn journal_of(dir: &tempfile::TempDir, desk: &mut Desk) -> Journal {
    let (journal, mut pages) = Journal::open(JournalOptions::new(dir.path().join("p"), Vec::new()));
    loop {
        let page = pages.blocking_recv().unwrap();
        let there = matches!(page, JournalReport::Restored(_));
        divan::black_box_drop(desk.apply(Event::Journal(page)));
        if there {
            return journal;
        }
    }
}

/// Ten thousand reports through the console into a journal, with a key and a frame after each batch, until all are
/// written.
#[divan::bench(sample_count = 5)]
fn drain_10_000_through_the_console(bencher: Bencher) {
    let exchanges: Vec<_> = (1..=10_000).map(exchange).collect();
    bencher.with_inputs(|| (tempfile::tempdir().unwrap(), Desk::new(120, 36))).bench_local_refs(|(dir, desk)| {
        let journal = journal_of(dir, desk);
        exchanges.chunks(BATCH).for_each(|batch| batch_and_key(desk, batch, &journal));
        assert!(journal.close(Duration::from_secs(60)));
        let reader = JournalReader::open(&dir.path().join("p"), &[]).unwrap();
        assert_eq!(reader.page(&HistoryRange::Before(u64::MAX), 1).unwrap().0.first().map(|e| e.number), Some(10_000));
    });
}

/// What a key waits at most in such a flood: a batch before it, and its own frame.
#[divan::bench(sample_count = 30, sample_size = 1)]
fn key_behind_a_batch(bencher: Bencher) {
    let dir = tempfile::tempdir().unwrap();
    let mut desk = Desk::new(120, 36);
    let journal = journal_of(&dir, &mut desk);
    let mut next = 1;
    bencher
        .with_inputs(|| {
            next += BATCH as u64;
            (next - BATCH as u64..next).map(exchange).collect::<Vec<_>>()
        })
        .bench_local_values(|batch| batch_and_key(&mut desk, &batch, &journal));
    assert!(journal.close(Duration::from_secs(60)));
}
