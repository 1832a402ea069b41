//! Tests of `files`.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "tests")]

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::files::*;

#[test]
fn a_tilde_is_the_home_directory() {
    let home = Path::new("/home/anna");
    for (written, meant) in
        [("~/x", "/home/anna/x"), ("~", "/home/anna"), ("~bert/x", "~bert/x"), ("a/~/x", "a/~/x"), ("/x", "/x")]
    {
        assert_eq!(from_home(Path::new(written), Some(home)), Path::new(meant), "{written}");
        assert_eq!(from_home(Path::new(written), None), Path::new(written));
    }
}

#[test]
fn only_regular_files_up_to_a_bound_are_read_and_new_ones_need_a_directory() {
    let dir = tempfile::tempdir().unwrap();
    let place = |name: &str| dir.path().join(name);
    rustix::fs::mkfifoat(rustix::fs::CWD, place("pipe"), rustix::fs::Mode::from_raw_mode(0o600)).unwrap();
    std::fs::write(place("file"), "12345").unwrap();
    let why = |path: &Path, max| read(path, max).map_err(|e| crate::files::error_text(&e));
    assert_eq!(why(&place("file"), 5), Ok(b"12345".to_vec()));
    assert_eq!(why(&place("file"), 4), Err("it is larger than 0 KiB".to_owned()));
    assert_eq!(why(&place("pipe"), 4), Err("this is no regular file".to_owned()));
    assert_eq!(why(Path::new("/dev/zero"), 4), Err("this is no regular file".to_owned()));
    assert_eq!(why(dir.path(), 4), Err("is a directory".to_owned()));
    assert_eq!(why(&place("none"), 4), Err("no such file".to_owned()));
    for made in [create_private(&place("none/x"), false), append_private(&place("none/x"))] {
        assert_eq!(crate::files::error_text(&made.unwrap_err()), "no such directory");
    }
}

#[test]
fn a_replaced_file_is_private_and_a_link_stays_one() {
    let dir = tempfile::tempdir().unwrap();
    let (real, link) = (dir.path().join("real"), dir.path().join("link"));
    std::fs::write(&real, "old").unwrap();
    std::os::unix::fs::symlink(&real, &link).unwrap();
    replace_private(&link, "new").unwrap();
    assert!(link.symlink_metadata().unwrap().is_symlink());
    assert_eq!(std::fs::read_to_string(&real).unwrap(), "new");
    assert_eq!(std::fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o600);
    replace_private(&dir.path().join("a/b/c"), "x").unwrap();
    assert_eq!(std::fs::read_dir(dir.path().join("a/b")).unwrap().count(), 1, "nothing else is left");
}

#[test]
fn a_path_is_completed_as_a_shell_does() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["night.toml", "night-2.toml", "other.toml", ".hidden"] {
        std::fs::write(dir.path().join(name), "").unwrap();
    }
    std::fs::create_dir(dir.path().join("passes")).unwrap();
    let at = |name: &str| format!("{}/{name}", dir.path().display());
    for (typed, wanted, names) in [
        ("n", "night", 2),
        ("night.", "night.toml", 1),
        ("pa", "passes/", 1),
        ("x", "x", 0),
        ("", "", 4),
        (".h", ".hidden", 1),
    ] {
        let (text, found) = completed(&at(typed));
        assert_eq!((text, found.len()), (at(wanted), names), "{typed}");
    }
}

#[test]
fn files_of_ours_are_new_and_private() {
    let dir = tempfile::tempdir().unwrap();
    let (mine, link, victim) = (dir.path().join("mine"), dir.path().join("link"), dir.path().join("victim"));
    std::fs::write(&victim, "keep").unwrap();
    std::os::unix::fs::symlink(&victim, &link).unwrap();
    create_private(&mine, false).unwrap();
    assert_eq!(std::fs::metadata(&mine).unwrap().permissions().mode() & 0o777, 0o600);
    for path in [&mine, &link, &victim] {
        assert_eq!(create_private(path, false).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
    }
    create_private(&link, true).unwrap();
    assert_eq!(std::fs::read_to_string(&victim).unwrap(), "keep");
    std::fs::set_permissions(&mine, std::fs::Permissions::from_mode(0o644)).unwrap();
    create_private(&mine, true).unwrap();
    assert_eq!(std::fs::metadata(&mine).unwrap().permissions().mode() & 0o777, 0o600);
}
