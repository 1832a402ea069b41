//! Tests of `app::local`.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;

#[test]
fn what_is_no_file_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let bill = dir.path().join("bill.pdf");
    let said = |path: &Path| see(path).unwrap_err();
    assert_eq!(said(&bill), format!("Not attached, there is no such file: “{}”.", bill.display()));
    assert!(said(dir.path()).contains("this is a directory, not a file"), "{}", said(dir.path()));
    fs::write(&bill, "").unwrap();
    assert_eq!(see(&bill), Ok(()));
    assert!(said(&bill.join("deeper")).starts_with("Not attached"), "{}", said(&bill.join("deeper")));
}

#[cfg(unix)]
#[test]
fn a_pipe_is_not_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let pipe = dir.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    assert!(see(&pipe).unwrap_err().contains("this is not a regular file"));
}
