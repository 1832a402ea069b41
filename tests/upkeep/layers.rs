//! The walls between the parts, read from the paths in their sources.
//!
//! `session` and the screen's `state`, `update` and `view` never see the runtime, the HTTP client, the database, the
//! inside of the engine or journal, or the sandbox; what works below never sees a front end; `model` and `genesys` do no
//! I/O.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What of the drawing the screen's state and update may use: how tall things are.
const MEASURES: &[&str] = &["crate::tui::view::thread::height"];

/// The parts of the screen that decide and draw, and what guestwire knows of a session.
const PURE: &[&str] = &["session", "tui/state", "tui/update", "tui/view"];

/// The front ends, with the screen's terminal.
const FACES: &[&str] = &["crate::tui", "crate::plain", "crate::cli"];

fn sources(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The sources of one part: `src/PART.rs` and `src/PART/**`.
fn part(name: &str) -> Vec<PathBuf> {
    let mut out = Vec::new();
    let (file, dir) = (src().join(format!("{name}.rs")), src().join(name));
    if file.exists() {
        out.push(file);
    }
    if dir.exists() {
        sources(&dir, &mut out);
    }
    assert!(!out.is_empty(), "there is no part {name}");
    out
}

/// A source without comments, doc comments, strings' contents and its unit tests.
fn code(path: &Path) -> String {
    let name = path.file_name().unwrap().to_string_lossy();
    if name == "tests.rs" || name.ends_with("_tests.rs") {
        return String::new();
    }
    let text = std::fs::read_to_string(path).unwrap();
    let text = text.split("\n#[cfg(test)]").next().unwrap_or_default();
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// All paths that a source names, groups written out: `use a::{b, c::d}` gives `a::b` and `a::c::d`.
fn paths(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut rest = code;
    while let Some(at) = rest.find("use ") {
        let starts = rest[..at].chars().next_back().is_none_or(char::is_whitespace);
        let tail = &rest[at + 4..];
        if starts {
            let statement = tail.split(';').next().unwrap_or_default();
            expand("", statement, &mut found);
        }
        rest = tail;
    }
    // Paths in the middle of code.
    for word in code.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')) {
        // The head of a group is read with the group.
        if word.contains("::") && !word.ends_with("::") {
            found.insert(word.trim_matches(':').to_owned());
        }
    }
    found
}

fn expand(head: &str, text: &str, out: &mut BTreeSet<String>) {
    let text = text.trim();
    if let Some((before, inside)) = text.split_once('{') {
        let inside = inside.rsplit_once('}').map_or(inside, |(i, _)| i);
        let head = format!("{head}{}", before.trim());
        let (mut depth, mut start) = (0, 0);
        for (at, c) in inside.char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    expand(&head, &inside[start..at], out);
                    start = at + 1;
                }
                _ => {}
            }
        }
        expand(&head, &inside[start..], out);
    } else if !text.is_empty() {
        let path = text.split(" as ").next().unwrap_or_default().trim();
        out.insert(format!("{head}{path}").trim_end_matches("::self").to_owned());
    }
}

fn is_under(path: &str, wall: &str) -> bool {
    path == wall || path.strip_prefix(wall).is_some_and(|rest| rest.starts_with("::"))
}

/// Fails with each path of `part` that goes through one of `walls`, but for `doors`.
fn walled(part_name: &str, walls: &[&str], doors: &[&str]) {
    let mut breaches = Vec::new();
    for file in part(part_name) {
        for path in paths(&code(&file)) {
            let through = walls.iter().any(|wall| is_under(&path, wall));
            if through && !doors.iter().any(|door| is_under(&path, door)) {
                breaches.push(format!("{}: {path}", file.strip_prefix(src()).unwrap().display()));
            }
        }
    }
    assert!(breaches.is_empty(), "paths through a wall:\n{}", breaches.join("\n"));
}

const RUNTIME: &[&str] =
    &["tokio", "reqwest", "hyper", "axum", "rusqlite", "std::net", "std::fs", "std::process", "std::thread"];

#[test]
fn the_reader_of_paths_reads_them() {
    let code = "use crate::a::{self, b, c::{d, e as f}};\nfn x() { std::fs::read(p); tokio::spawn(y) }";
    let found = paths(code);
    for path in ["crate::a", "crate::a::b", "crate::a::c::d", "crate::a::c::e", "std::fs::read", "tokio::spawn"] {
        assert!(found.contains(path), "{path} in {found:?}");
    }
    assert!(is_under("tokio::spawn", "tokio") && !is_under("tokio_util::x", "tokio"));
}

#[test]
fn the_session_and_the_screen_see_no_runtime_and_no_clock() {
    for name in PURE {
        walled(name, RUNTIME, &[]);
        walled(
            name,
            &["std::time::Instant", "std::time::SystemTime", "Instant::now", "Timestamp::now", "Zoned::now"],
            &[],
        );
    }
}

#[test]
fn the_session_and_the_screen_see_of_the_engine_what_is_said_to_and_by_it() {
    for name in PURE {
        let doors = [
            "crate::engine::Command",
            "crate::engine::Report",
            "crate::engine::Found",
            "crate::engine::SendRequest",
            "crate::engine::Recalled",
        ];
        walled(name, &["crate::engine"], &doors);
        walled(name, &["crate::sandbox", "crate::tui::terminal", "crate::cli", "crate::clock"], &[]);
    }
}

#[test]
fn state_and_update_use_of_the_view_what_measures() {
    for name in ["tui/state", "tui/update"] {
        walled(name, &["crate::tui::view"], MEASURES);
    }
    walled("tui/view", &["crate::tui::update"], &[]);
}

#[test]
fn what_works_below_never_sees_a_front_end() {
    for name in ["engine", "journal", "sandbox", "genesys", "model", "config", "diagnosis", "text", "export", "pass"] {
        walled(name, FACES, &["crate::tui::keymap", "crate::tui::action", "crate::tui::chord", "crate::tui::theme"]);
    }
}

#[test]
fn plain_data_and_the_remote_sides_language_do_no_input_or_output() {
    for name in ["model", "genesys"] {
        walled(name, RUNTIME, &[]);
        walled(name, &["crate::engine", "crate::sandbox", "std::io", "std::env"], &[]);
    }
}

#[test]
fn reports_and_exports_are_made_of_data_alone() {
    for name in ["export", "pass/report"] {
        // An address is parsed there, not opened.
        walled(name, RUNTIME, &["std::net::SocketAddr"]);
        walled(name, &["crate::sandbox", "crate::journal"], &[]);
        walled(name, &["std::time::Instant", "std::time::SystemTime", "Timestamp::now", "Zoned::now"], &[]);
    }
}

#[test]
fn a_pass_is_played_without_input_output_clock_or_screen() {
    walled("pass", RUNTIME, &[]);
    walled("pass", &["std::io", "std::env", "Instant::now", "Timestamp::now", "Zoned::now"], &[]);
    walled("pass", &["crate::sandbox", "crate::journal", "crate::clock"], &[]);
    walled("pass", &["crate::engine"], &["crate::engine::Report"]);
}

#[test]
fn the_sandboxes_world_is_pure() {
    walled("sandbox/world", RUNTIME, &[]);
    walled("sandbox/world", &["Instant::now", "Timestamp::now", "std::time::Instant", "crate::clock"], &[]);
}

#[test]
fn the_state_machines_ask_no_clock() {
    for file in [
        "engine/token.rs",
        "engine/queue.rs",
        "engine/socket/session.rs",
        "engine/socket/flight.rs",
        "engine/heard.rs",
        "engine/pace.rs",
        "engine/channel.rs",
        "engine/retry.rs",
        "engine/reading.rs",
    ] {
        let found = paths(&code(&src().join(file)));
        for path in found {
            assert!(!RUNTIME.iter().any(|wall| is_under(&path, wall)), "{file}: {path}");
            assert!(!path.ends_with("Instant::now") && !path.ends_with("Timestamp::now"), "{file}: {path}");
        }
    }
}

#[test]
fn files_can_be_seen_at_a_glance() {
    let mut all = Vec::new();
    sources(&src(), &mut all);
    let mut lines: Vec<(usize, PathBuf)> =
        all.into_iter().map(|p| (std::fs::read_to_string(&p).unwrap().lines().count(), p)).collect();
    lines.sort();
    let median = lines[lines.len() / 2].0;
    assert!(median <= 200, "the median file has {median} lines");
    let long: Vec<_> = lines.iter().filter(|(n, _)| *n > 400).collect();
    assert!(long.len() * 10 <= lines.len(), "too many are longer than 400 lines: {long:?}");
    assert!(long.iter().all(|(n, _)| *n <= 600), "too long to be seen at a glance: {long:?}");
}

#[test]
fn every_module_says_what_it_is_for() {
    let mut all = Vec::new();
    sources(&src(), &mut all);
    for path in all {
        if path.file_name().is_some_and(|name| name == "tests.rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("//!"), "{} does not open with what it is for", path.display());
    }
}
