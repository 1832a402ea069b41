//! Standard input and output, files and devices: where results go, and what is told where they cannot.

use std::io::Write as _;
use std::process::{Output, Stdio};

use super::commands::{guestwire, run};

/// `-` and `~` are what they are everywhere, also where no shell reads them.
#[test]
fn a_dash_is_standard_output_and_a_tilde_is_home() {
    let home = tempfile::tempdir().unwrap();
    let (code, _, stderr) = run(home.path(), &["--sandbox", "--data-dir=~/data", "send", "--to", "Echo", "hello"]);
    assert_eq!(code, 0, "{stderr}");
    for out in ["-", "/dev/stdout"] {
        let export = ["--sandbox", "--data-dir=~/data", "export", "har", "--out", out];
        let (code, stdout, stderr) = run(home.path(), &export);
        assert_eq!(code, 0, "{stderr}");
        let har: serde_json::Value = serde_json::from_str(&stdout).unwrap();
        assert_eq!(har["log"]["version"], "1.2");
    }
    let pass = "name = \"x\"\n[[cases]]\nname = \"a\"\n[[cases.steps]]\nsend = \"hello\"\n";
    std::fs::write(home.path().join("pass.toml"), pass).unwrap();
    let play = [
        "--sandbox",
        "--data-dir=~/data",
        "run",
        "pass.toml",
        "--to",
        "Echo",
        "--report",
        "junit=-",
        "--report=md=~/report.md",
    ];
    let (code, stdout, stderr) = run(home.path(), &play);
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.starts_with("<?xml") && stdout.trim_end().ends_with("</testsuites>"), "{stdout}");
    assert!(home.path().join("report.md").exists());
    for both in [["--report=md=-", "--json"], ["--report=md=-", "--report=junit=/dev/stdout"]] {
        let (code, stdout, _) =
            run(home.path(), &[&["--sandbox", "run", "pass.toml", "--to", "Echo"], &both[..]].concat());
        assert_eq!((code, stdout.as_str()), (2, ""), "{both:?}");
    }
    let mut path = guestwire(home.path(), &["config", "path"]);
    let output = path.env("GUESTWIRE_CONFIG", "~/there.toml").output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim_end(), home.path().join("there.toml").to_str().unwrap());
    let mut left: Vec<String> = std::fs::read_dir(home.path())
        .unwrap()
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    left.sort();
    assert_eq!(left, ["data", "pass.toml", "report.md"], "nothing is named - or ~");
}

/// What an editor or another system adds to a text is no part of the message.
#[test]
fn a_byte_order_mark_and_carriage_returns_are_not_sent() {
    let home = tempfile::tempdir().unwrap();
    let mut send =
        guestwire(home.path(), &["--sandbox", "send", "--json", "--to", "Echo", "--reply-within", "30s", "-"]);
    let mut child = send.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all("\u{feff}one\r\ntwo\r\n".as_bytes()).unwrap();
    let Output { status, stdout, .. } = child.wait_with_output().unwrap();
    let stdout = String::from_utf8(stdout).unwrap();
    assert_eq!(status.code(), Some(0), "{stdout}");
    assert!(stdout.contains(r"You said: one\ntwo"), "{stdout}");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let home = tempfile::tempdir().unwrap();
    for arguments in [["completions", "zsh"], ["config", "show"], ["man", "send"]] {
        let mut child =
            guestwire(home.path(), &arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert!(output.stderr.is_empty());
    }
}

/// The journal knows what it heard by its id: the sandbox of a later start must not give an earlier reply's id out again.
/// What an open descriptor or a device stands for is written to, and never taken away, not even with `--force`.
#[cfg(target_os = "linux")]
#[test]
fn a_device_is_written_to_and_stays() {
    let home = tempfile::tempdir().unwrap();
    let (code, _, stderr) = run(home.path(), &["--sandbox", "send", "--to", "Echo", "hello"]);
    assert_eq!(code, 0, "{stderr}");
    for out in ["/dev/fd/1", "/proc/self/fd/1", "/dev/stderr", "/dev/fd/2"] {
        let (code, stdout, stderr) = run(home.path(), &["--sandbox", "export", "har", "--out", out]);
        assert_eq!(code, 0, "{out}: {stderr}");
        assert!(format!("{stdout}{stderr}").contains("\"version\":\"1.2\""), "{out}: {stdout}{stderr}");
    }
    let play = ["--sandbox", "run", "smoke", "--only", "heard", "--report", "junit=/dev/null"];
    for force in [&[][..], &["--force"]] {
        let (code, _, stderr) = run(home.path(), &[&play[..], force].concat());
        assert_eq!(code, 0, "{stderr}");
    }
    assert!(!std::fs::metadata("/dev/null").unwrap().is_file());
    for (arguments, sentence) in [
        (["--log-file", "-", "token"], "--log-file needs a file"),
        (["--record", "-", "--ascii"], "--record needs a file"),
    ] {
        let (code, _, stderr) = run(home.path(), &[&["--sandbox"], &arguments[..]].concat());
        assert_eq!((code, stderr.contains(sentence)), (2, true), "{stderr}");
    }
    assert!(!home.path().join("-").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn an_outcome_that_cannot_be_written_is_told_all_the_same() {
    let home = tempfile::tempdir().unwrap();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut send = guestwire(home.path(), &["--sandbox", "send", "--to", "Echo", "hello"]);
    let output = send.stdout(full).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(6), "{stderr}");
    assert!(stderr.contains("accepted with 200") && stderr.contains("could not be written"), "{stderr}");
    // A whole document is output like any other.
    for arguments in [
        &["--sandbox", "export", "har", "--out", "-"][..],
        &["--sandbox", "run", "smoke", "--only", "heard", "--report", "junit=-"],
        &["config", "show"],
        &["--version"],
    ] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = guestwire(home.path(), arguments).stdout(full).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(6), "{arguments:?}: {stderr}");
    }
}
