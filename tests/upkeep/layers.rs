//! The walls between the parts, and no circle of files: read from the paths in their sources, re-exports followed.
//!
//! A wall stands between two parts of `src`. There is no list of exceptions: what must be seen through a wall belongs
//! below it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::LazyLock;

use crate::sources::{Place, SOURCES};

/// What works with the system or waits for it.
const INPUT_OUTPUT: &[&str] = &[
    "tokio",
    "reqwest",
    "hyper",
    "hyper_util",
    "axum",
    "rusqlite",
    "tokio_tungstenite",
    "std::net::TcpListener",
    "std::net::TcpStream",
    "std::net::UdpSocket",
    "std::net::ToSocketAddrs",
    "std::fs",
    "std::io",
    "std::env",
    "std::process",
    "std::thread",
];
const CLOCKS: &[&str] = &["std::time::Instant", "std::time::SystemTime", "jiff::Timestamp::now", "jiff::Zoned::now"];
const FACES: &[&str] = &["tui", "plain", "cli"];
/// The parts that decide and draw.
const PURE: &[&str] =
    &["text", "model", "genesys", "diagnosis", "pass", "export", "session", "tui/state", "tui/update", "tui/view"];
/// What works below the faces.
const BELOW: &[&str] = &[
    "text",
    "model",
    "config",
    "genesys",
    "export",
    "sandbox",
    "diagnosis",
    "engine",
    "journal",
    "pass",
    "session",
    "app",
];
/// State machines of the engine and the world of the sandbox: time is told to them.
const MACHINES: &[&str] = &[
    "sandbox/world",
    "engine/token.rs",
    "engine/queue.rs",
    "engine/web_session.rs",
    "engine/driver/web/history.rs",
    "engine/channel.rs",
    "engine/outcome.rs",
    "engine/reading.rs",
];
/// What is said to the engine and by it, and to the journal and by it.
const SAID: &[&str] = &["engine/interface.rs", "journal/job.rs", "journal/page.rs"];

/// Part by part: what it must not see.
fn walls() -> Vec<(&'static str, Vec<&'static str>)> {
    let all_but = |seen: &[&str]| PARTS.iter().map(String::as_str).filter(|p| !seen.contains(p)).collect::<Vec<_>>();
    let mut walls: Vec<(&str, Vec<&str>)> = vec![
        ("text", all_but(&["text"])),
        ("model", all_but(&["model", "text"])),
        ("genesys", vec!["engine", "journal", "sandbox", "app", "session"]),
        ("diagnosis", vec!["engine", "journal", "sandbox", "app", "session"]),
        ("pass", vec!["engine", "journal", "sandbox", "app", "clock"]),
        ("export", vec!["engine", "journal", "sandbox", "app", "session"]),
        ("session", vec!["engine", "journal", "sandbox", "app", "clock"]),
        ("engine", vec!["journal", "sandbox", "app", "session"]),
        ("journal", vec!["sandbox", "app", "session"]),
        ("sandbox", vec!["engine", "journal", "app", "session"]),
        ("tui/state", vec!["tui/view", "tui/update", "tui/terminal", "sandbox", "app", "clock"]),
        ("tui/update", vec!["tui/view", "tui/terminal", "sandbox", "app", "clock"]),
        ("tui/view", vec!["tui/update", "tui/terminal", "sandbox", "app", "clock"]),
    ];
    walls.extend(BELOW.iter().map(|part| (*part, FACES.to_vec())));
    for face in FACES {
        walls.push((face, FACES.iter().copied().filter(|other| other != face).collect()));
    }
    walls.extend(PURE.iter().map(|part| (*part, [INPUT_OUTPUT, CLOCKS].concat())));
    walls.extend(MACHINES.iter().map(|part| (*part, [INPUT_OUTPUT, CLOCKS].concat())));
    walls
}

/// The folders and files that stand right in `src`.
static PARTS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let first = |path: &str| path.split('/').next().unwrap_or_default().trim_end_matches(".rs").to_owned();
    SOURCES.files.iter().map(|f| first(&f.path)).filter(|part| part != "lib").collect()
});

fn stands_in(path: &str, part: &str) -> bool {
    let rest = path.strip_prefix(part);
    rest.is_some_and(|rest| rest.is_empty() || rest == ".rs" || rest.starts_with('/'))
}

fn is_under(path: &str, wall: &str) -> bool {
    path.strip_prefix(wall).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

#[test]
fn nothing_is_seen_through_a_wall() {
    let mut breaches = BTreeSet::new();
    for (part, unseen) in walls() {
        let files: Vec<usize> = (0..SOURCES.files.len()).filter(|f| stands_in(&SOURCES.files[*f].path, part)).collect();
        assert!(!files.is_empty(), "there is no part {part}");
        for file in files {
            for place in SOURCES.uses(file) {
                let seen = match &place {
                    Place::Item { file: to, path } => {
                        let to = SOURCES.files[*to].path.as_str();
                        let said = SAID.contains(&to);
                        (!said && unseen.iter().any(|wall| stands_in(to, wall))).then_some(path)
                    }
                    Place::Foreign(path) => unseen.iter().any(|wall| is_under(path, wall)).then_some(path),
                };
                if let Some(path) = seen {
                    breaches.insert(format!("{}: {path}", SOURCES.files[file].path));
                }
            }
        }
    }
    assert!(breaches.is_empty(), "names are seen through a wall: {breaches:#?}");
}

/// Groups of files that all lead to each other, the largest first.
fn circles(edges: &[BTreeMap<usize, BTreeSet<String>>]) -> Vec<BTreeSet<usize>> {
    let reach: Vec<BTreeSet<usize>> = (0..edges.len())
        .map(|from| {
            let (mut seen, mut next) = (BTreeSet::new(), vec![from]);
            while let Some(file) = next.pop() {
                next.extend(edges[file].keys().filter(|to| seen.insert(**to)));
            }
            seen
        })
        .collect();
    let of = |file: usize| reach[file].iter().copied().filter(|to| reach[*to].contains(&file)).collect::<BTreeSet<_>>();
    let all: BTreeSet<BTreeSet<usize>> = (0..edges.len()).map(of).filter(|circle| !circle.is_empty()).collect();
    let mut all: Vec<_> = all.into_iter().collect();
    all.sort_by_key(|circle| std::cmp::Reverse(circle.len()));
    all
}

#[test]
fn no_file_leads_back_to_itself() {
    let edges = SOURCES.edges();
    let mut list = String::new();
    for circle in circles(&edges) {
        writeln!(list, "\n== {} files", circle.len()).unwrap();
        for file in &circle {
            writeln!(list, "{}", SOURCES.files[*file].path).unwrap();
            for (to, names) in edges[*file].iter().filter(|(to, _)| circle.contains(to)) {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                writeln!(list, "    -> {}: {}", SOURCES.files[*to].path, names.join(", ")).unwrap();
            }
        }
    }
    assert!(list.is_empty(), "files lead to each other in a circle:\n{list}");
}

#[test]
fn circles_are_found_and_only_circles() {
    let edge = |to: &[usize]| to.iter().map(|to| (*to, BTreeSet::new())).collect::<BTreeMap<_, _>>();
    let edges = [edge(&[1]), edge(&[2]), edge(&[0, 3]), edge(&[4]), edge(&[])];
    assert_eq!(circles(&edges), [BTreeSet::from([0, 1, 2])]);
}

#[test]
fn names_are_followed_through_imports_and_re_exports() {
    let home = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = home.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    file("lib.rs", "pub mod a;\npub mod b;\npub mod c;");
    file("a/mod.rs", "mod inner;\npub use inner::{Deep, Shown as Other};\npub use crate::c::*;");
    file("a/inner.rs", "pub struct Deep;\npub struct Shown;\n#[cfg(test)]\nmod tests { use crate::b::f; }");
    file("b.rs", "use crate::a::{self, Other};\npub fn f() { assert!(a::Glob::new(std::fs::read(x))) }");
    file("c.rs", "pub struct Glob;\nfn g() { use super::a::Deep; }");
    let sources = crate::sources::Sources::read(home.path());
    let uses = |name: &str| {
        let file = sources.files.iter().position(|f| f.path == name).unwrap();
        let paths = sources.uses(file).into_iter().map(|place| match place {
            Place::Item { file, path } => format!("{} {path}", sources.files[file].path),
            Place::Foreign(path) => path,
        });
        paths.collect::<Vec<_>>()
    };
    assert_eq!(uses("b.rs"), ["a/inner.rs a::inner::Shown", "c.rs c::Glob", "std::fs::read"]);
    assert_eq!(uses("c.rs"), ["a/inner.rs a::inner::Deep"]);
    assert_eq!(uses("a/mod.rs"), [""; 0]);
    assert_eq!(uses("a/inner.rs"), [""; 0]);
}
