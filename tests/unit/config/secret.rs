//! Where secrets are read from, what is refused, and that no sentence repeats one.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::os::unix::fs::PermissionsExt as _;

use super::*;

fn shell(script: &str) -> SecretSource {
    SecretSource::Command(["sh", "-c", script].map(str::to_owned).to_vec())
}

fn read(source: &SecretSource) -> Result<SecretString, SecretError> {
    source.read(Terminal::Free)
}

fn file(contents: &[u8], mode: u32) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("secret");
    std::fs::write(&path, contents).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    (dir, path)
}

#[test]
fn a_variable_is_read_and_missed() {
    let env = |name: &str| (name == "THERE").then(|| OsString::from("hunter2\n"));
    let read = |name: &str| SecretSource::Env(name.to_owned()).read_with(&env, Terminal::Free);
    assert_eq!(read("THERE").unwrap().expose_secret(), "hunter2");
    assert_eq!(read("NOT").unwrap_err(), SecretError::NotSet("NOT".to_owned()));
}

#[test]
fn a_private_file_gives_its_first_line() {
    for (contents, secret, odd) in [
        ("hunter2\r\nmore\n", "hunter2", None),
        ("\u{feff}hunter2\n", "hunter2", None),
        ("hunter2", "hunter2", None),
        ("hunter2 \n", "hunter2 ", Some(SecretOddity::Blank)),
        ("\"hunter2\"\n", "\"hunter2\"", Some(SecretOddity::Quoted)),
        ("'hunter2'", "'hunter2'", Some(SecretOddity::Quoted)),
        ("hunter 2", "hunter 2", Some(SecretOddity::Inside)),
        ("hunter\u{7}2", "hunter\u{7}2", Some(SecretOddity::Control)),
    ] {
        let (_dir, path) = file(contents.as_bytes(), 0o600);
        let read = read(&SecretSource::File(path)).unwrap();
        assert_eq!((read.expose_secret(), SecretOddity::of(&read)), (secret, odd), "{contents:?}");
    }
}

#[test]
fn a_file_that_others_can_read_is_refused() {
    for mode in [0o640, 0o604, 0o620] {
        let (_dir, path) = file(b"hunter2", mode);
        let error = read(&SecretSource::File(path.clone())).unwrap_err();
        assert_eq!(error, SecretError::NotPrivate { path, mode });
        assert!(error.to_string().contains("chmod 600") && !error.to_string().contains("hunter2"));
    }
}

#[test]
fn files_that_cannot_hold_a_secret_are_named() {
    let (dir, path) = file(b"\nhunter2", 0o600);
    assert!(matches!(read(&SecretSource::File(path)), Err(SecretError::Empty(_))));
    let (_dir, path) = file(b"\xff\xfe", 0o600);
    assert!(matches!(read(&SecretSource::File(path)), Err(SecretError::NotText(_))));
    let nowhere = dir.path().join("nowhere");
    let missing = read(&SecretSource::File(nowhere));
    assert!(matches!(missing, Err(SecretError::Unreadable { why, .. }) if why == "no such file"));
    assert!(matches!(read(&SecretSource::File(dir.path().to_owned())), Err(SecretError::NotAFile(_))));
}

#[test]
fn a_profile_of_the_platform_cli_gives_its_fields() {
    let theirs =
        "\u{feff}[DEFAULT]\nclient_credentials = \"id\"\nclient_secret = \"hunter2\"\n[qa]\naccess_token = \"T\"\n";
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(".gc/config.toml");
    std::fs::create_dir(path.parent().unwrap()).unwrap();
    std::fs::write(&path, theirs).unwrap();
    let source =
        |profile: &str, field| SecretSource::VendorFile { path: path.clone(), profile: profile.to_owned(), field };
    assert_eq!(read(&source("default", "client_secret")).unwrap().expose_secret(), "hunter2");
    assert_eq!(source("qa", "access_token").read_token(Terminal::Free).unwrap().expose_secret(), "T");
    for (profile, field) in [("qa", "client_secret"), ("none", "access_token")] {
        let error = read(&source(profile, field)).unwrap_err();
        assert!(matches!(error, SecretError::NotThere(_)) && !error.to_string().contains("hunter2"), "{error}");
    }
    assert_eq!(source("qa", "access_token").to_string(), "{ gc = \"qa\" }");
    let (_dir, path) = file(b"clientId: id\nclientSecret: hunter2\nlocation: prod_eu_west_1\n", 0o644);
    let shown = format!("{{ gc = \"default\", file = \"{}\" }}", path.display());
    let source = SecretSource::VendorFile { path, profile: "default".to_owned(), field: "client_secret" };
    assert_eq!((read(&source).unwrap().expose_secret(), source.to_string()), ("hunter2", shown));
}

#[test]
fn a_pipe_or_a_device_is_refused_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let pipe = dir.path().join("pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::from_raw_mode(0o600)).unwrap();
    for path in [pipe, PathBuf::from("/dev/zero")] {
        let source = SecretSource::File(path.clone());
        assert_eq!(read(&source).unwrap_err(), SecretError::NotAFile(path.clone()));
        assert_eq!(source.read_token(Terminal::Free).unwrap_err(), SecretError::NotAFile(path));
    }
}

#[test]
fn a_command_gives_its_first_line_or_a_token() {
    assert_eq!(read(&shell("echo hunter2; seq 1 100000")).unwrap().expose_secret(), "hunter2");
    assert!(matches!(read(&shell("echo")), Err(SecretError::Empty(_))));
    let answer = shell("printf '{\n\"access_token\": \"hunter2\"}'");
    assert_eq!(answer.read_token(Terminal::Free).unwrap().expose_secret(), "hunter2");
    assert!(matches!(shell("echo").read_token(Terminal::Free), Err(SecretError::Empty(_))));
    let error = shell("echo hunter two").read_token(Terminal::Free).unwrap_err();
    assert!(matches!(error, SecretError::NotAToken { .. }) && !error.to_string().contains("hunter"), "{error}");
}

#[test]
fn a_command_without_a_terminal_says_so() {
    let failed = |terminal| shell("exit 3").read(terminal).unwrap_err().to_string();
    assert!(failed(Terminal::Taken).contains("so it cannot ask: run `guestwire token` first"));
    assert!(failed(Terminal::Free).ends_with("run it by hand to see why"));
}

#[test]
fn a_source_shows_its_place_only() {
    let literal = SecretSource::Literal(SecretString::from("hunter2"));
    assert!(!format!("{literal} {literal:?}").contains("hunter2"));
    let command = SecretSource::Command(vec!["pass".to_owned(), "hunter2".to_owned()]);
    assert_eq!(command.to_string(), "{ command = [\"pass\", …] }");
}
