//! Whether a file that is to be attached can be read.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::Path;

/// Nothing where it can be read; the error is a sentence.
pub fn file(path: &Path) -> Result<(), String> {
    // Asked about before it is opened: opening a pipe waits for whoever writes into it.
    let about = fs::metadata(path).map_err(|e| sentence(path, &said(&e)))?;
    if about.is_dir() {
        return Err(sentence(path, "this is a directory, not a file"));
    }
    if !about.is_file() {
        return Err(sentence(path, "this is not a regular file"));
    }
    File::open(path).map(drop).map_err(|e| sentence(path, &said(&e)))
}

fn sentence(path: &Path, why: &str) -> String {
    format!("Not attached, {why}: “{}”.", path.display())
}

fn said(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "there is no such file".to_owned(),
        ErrorKind::PermissionDenied => "you may not read this file (permission denied)".to_owned(),
        kind => kind.to_string(),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_file_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let bill = dir.path().join("bill.pdf");
        let said = |path: &Path| file(path).unwrap_err();
        assert_eq!(said(&bill), format!("Not attached, there is no such file: “{}”.", bill.display()));
        assert!(said(dir.path()).contains("this is a directory, not a file"), "{}", said(dir.path()));
        fs::write(&bill, "").unwrap();
        assert_eq!(file(&bill), Ok(()));
        assert!(said(&bill.join("deeper")).starts_with("Not attached"), "{}", said(&bill.join("deeper")));
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_not_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let pipe = dir.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert!(file(&pipe).unwrap_err().contains("this is not a regular file"));
    }
}
