//! Tells the program which commit it is built from, for `guestwire --version`, and packs its relocations where the C
//! library can read them so.

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
    if reads_packed_relocations() {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// True where the program is built for this machine, with a glibc of 2.36 or later. A position-independent program of
/// this size has 59,000 relative relocations: packed, they take 14 KB of the file instead of 1.4 MB, all of which each
/// start reads into memory. The linker marks the program, so that an older glibc refuses it with a sentence. What is
/// shipped (the `dist` profile) has to start there too.
fn reads_packed_relocations() -> bool {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    // …/target/PROFILE/build/PACKAGE/out
    let shipped = Path::new(&variable("OUT_DIR")).ancestors().nth(3).is_some_and(|profile| profile.ends_with("dist"));
    let own = variable("HOST") == variable("TARGET") && variable("CARGO_CFG_TARGET_ENV") == "gnu";
    own && !shipped && glibc_version().is_some_and(|version| version >= (2, 36))
}

/// The version of this machine's glibc.
fn glibc_version() -> Option<(u32, u32)> {
    let output = Command::new("getconf").arg("GNU_LIBC_VERSION").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let (major, minor) = text.trim().strip_prefix("glibc ")?.split_once('.')?;
    Some((major.parse().ok()?, minor.split('.').next()?.parse().ok()?))
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
