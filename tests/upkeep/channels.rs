//! What a channel can do is asked of its row: a new channel costs its row, its wire and its driver.

use std::path::{Path, PathBuf};

/// Where a channel may be called by its name: its row, its address, its wire, its driver, and what reads it from config.
const AT_HOME: [&str; 6] =
    ["model/channel.rs", "config/conversations.rs", "engine/channel.rs", "engine/channels", "genesys", "sandbox"];

/// Where one channel is meant because nothing else is: a default.
const ONE_IS_MEANT: [&str; 2] = ["engine/driver/metrics.rs", "plain/conversations.rs"];

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

#[test]
fn every_channels_capabilities_come_from_its_row() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let mut found = Vec::new();
    for file in files {
        let name = file.strip_prefix(&src).unwrap().to_string_lossy().replace('\\', "/");
        if AT_HOME.iter().chain(&ONE_IS_MEANT).any(|home| name.starts_with(home)) || name.contains("tests") {
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        let code = text.split("\n#[cfg(test)]").next().unwrap_or_default();
        for (at, line) in (1..).zip(code.lines()) {
            let code = line.split("//").next().unwrap_or_default();
            if ["GuestApi", "OpenMessaging", "WebMessaging"].iter().any(|c| code.contains(&format!("Channel::{c}"))) {
                found.push(format!("src/{name}:{at}: {}", line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "ask `Channel::capabilities` instead:\n{}", found.join("\n"));
}
