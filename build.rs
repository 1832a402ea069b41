//! Tells the program which commit it is built from, for `guestwire --version`.

use std::path::Path;
use std::process::Command;

/// What the program is made of. The script runs again when one of these changes, and only then: a commit that changes
/// none of them needs no new build, and the commit that the program names is still one that it was built from.
const SOURCES: [&str; 5] = ["src", "assets", "Cargo.toml", "Cargo.lock", "build.rs"];

fn main() {
    for source in SOURCES {
        println!("cargo::rerun-if-changed={source}");
    }
    println!("cargo::rerun-if-env-changed=GUESTWIRE_COMMIT");
    let commit = given().or_else(published).or_else(checked_out).unwrap_or_else(|| "unknown".to_owned());
    println!("cargo::rustc-env=GUESTWIRE_COMMIT=commit {commit}");
}

/// Whoever builds without a repository (a container, a package) can name the commit.
fn given() -> Option<String> {
    std::env::var("GUESTWIRE_COMMIT").ok().map(|commit| commit.trim().to_owned()).filter(|commit| !commit.is_empty())
}

/// The commit that `cargo package` noted in a published crate.
fn published() -> Option<String> {
    let noted = std::fs::read_to_string(".cargo_vcs_info.json").ok()?;
    let (_, rest) = noted.split_once("\"sha1\"")?;
    let sha = rest.split('"').nth(1)?;
    Some(sha.chars().take(12).collect())
}

/// The commit of this directory's own repository, not of one that happens to be around it.
fn checked_out() -> Option<String> {
    let root = git(&["rev-parse", "--show-toplevel"])?;
    let same = Path::new(&root).canonicalize().ok()? == Path::new(".").canonicalize().ok()?;
    let commit = git(&["rev-parse", "--short=12", "HEAD"]).filter(|_| same)?;
    let changes = git(&[&["status", "--porcelain", "--"], SOURCES.as_slice()].concat())?;
    Some(if changes.is_empty() { commit } else { format!("{commit} with local changes") })
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok().map(|text| text.trim().to_owned())
}
