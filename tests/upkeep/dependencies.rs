//! The licences and second versions of all crates that are built for this platform, against deny.toml: what `cargo deny`
//! checks, where it is not installed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// A crate that is built for this platform, with its tests.
struct Package {
    name: String,
    version: String,
    license: String,
    /// Where it comes from, unless that is the registry.
    source: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What deny.toml says at a place, as a list.
fn listed(table: &str, key: &str) -> Vec<toml::Value> {
    let policy: toml::Table = std::fs::read_to_string(root().join("deny.toml")).unwrap().parse().unwrap();
    policy[table][key].as_array().unwrap().clone()
}

fn packages() -> Vec<Package> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline", "--edges", "normal,build,dev", "--prefix", "none"])
        .args(["--format", "{p}|{l}"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // A package that was listed before is marked.
    let once = |line: &str| line.trim_end_matches(" (*)").to_owned();
    let lines: BTreeSet<String> = String::from_utf8(output.stdout).unwrap().lines().map(once).collect();
    let found = lines.iter().map(|line| {
        let (package, license) = line.split_once('|').unwrap();
        let mut words = package.split_whitespace();
        let name = words.next().unwrap().to_owned();
        let version = words.next().unwrap().trim_start_matches('v').to_owned();
        let source = words.filter(|word| *word != "(proc-macro)").collect();
        Package { name, version, license: license.to_owned(), source }
    });
    found.collect()
}

/// Whether an expression of licences can be met with the allowed ones.
fn is_met(expression: &str, allowed: &[String]) -> bool {
    let flat = expression.replace(['(', ')'], " ").replace('/', " OR ");
    // `AND` binds closer; parentheses are only ever around the alternatives of one part.
    let parts = if expression.contains('(') { flat.split(" AND ").collect() } else { vec![flat.as_str()] };
    parts.iter().all(|part| {
        part.split(" OR ").any(|side| {
            side.split(" AND ").all(|name| {
                let name = name.split(" WITH ").next().unwrap_or_default().trim();
                allowed.iter().any(|license| license == name)
            })
        })
    })
}

#[test]
fn expressions_of_licences_are_read() {
    let allowed = ["MIT", "Apache-2.0", "Unicode-3.0"].map(str::to_owned);
    for met in
        ["MIT", "MIT OR GPL-3.0", "MIT/GPL-3.0", "(MIT OR GPL-3.0) AND Unicode-3.0", "Apache-2.0 WITH LLVM-exception"]
    {
        assert!(is_met(met, &allowed), "{met}");
    }
    for unmet in ["GPL-3.0", "MIT AND GPL-3.0", "(MIT OR Apache-2.0) AND GPL-3.0", "GPL-3.0 OR MIT AND GPL-3.0", ""] {
        assert!(!is_met(unmet, &allowed), "{unmet}");
    }
}

#[test]
fn every_crate_has_an_allowed_licence_and_comes_from_the_registry() {
    let allowed: Vec<String> = listed("licenses", "allow").iter().map(|l| l.as_str().unwrap().to_owned()).collect();
    let packages = packages();
    assert!(packages.len() > 100, "{}", packages.len());
    for Package { name, version, license, source } in packages {
        assert!(is_met(&license, &allowed), "{name} {version}: {license:?} is not among the licences of deny.toml");
        assert!(name == "guestwire" || source.is_empty(), "{name} {version} comes from {source}");
    }
}

#[test]
fn every_second_version_has_its_reason() {
    let mut versions = BTreeMap::<String, Vec<String>>::new();
    for package in packages() {
        versions.entry(package.name).or_default().push(package.version);
    }
    let excused = listed("bans", "skip");
    let excused: Vec<(&str, &str)> = excused
        .iter()
        .map(|entry| {
            assert!(entry["reason"].as_str().is_some_and(|reason| reason.len() > 3), "{entry}");
            entry["crate"].as_str().unwrap().split_once('@').unwrap()
        })
        .collect();
    let is_excused = |name: &str, version: &str| {
        excused.iter().any(|(n, start)| *n == name && format!("{version}.").starts_with(&format!("{start}.")))
    };
    for (name, all) in versions.iter().filter(|(_, all)| all.len() > 1) {
        let without: Vec<_> = all.iter().filter(|version| !is_excused(name, version)).collect();
        assert!(without.len() <= 1, "{name} is built as {all:?}: remove all but one, or say in deny.toml why not");
    }
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).unwrap();
    for (name, start) in excused {
        assert!(
            lock.contains(&format!("name = \"{name}\"\nversion = \"{start}.")),
            "deny.toml: {name}@{start} is gone"
        );
    }
}
