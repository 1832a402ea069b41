//! Tests of `app::local`: files are looked at; what is kept in the config file opens from it, and a wrong file is never
//! written.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::Path;

use crate::app::local::*;
use crate::config::Flags;
use crate::config::ProfileChoice;
use crate::config::flags::ConfigInput;
use crate::config::resolve::resolve;
use crate::config::settings::Paths;
use crate::config::settings::Settings;

fn paths(dir: &Path) -> Paths {
    Paths {
        config_file: dir.join("new/config.toml"),
        config_exists: false,
        config_explicit: true,
        data_dir: dir.to_owned(),
        log_file: None,
    }
}

fn load(paths: &Paths, text: &str, flags: &Flags) -> Settings {
    let env = |name: &str| (name == "GENESYSCLOUD_REGION").then(|| "eu-west-1".into());
    resolve(ConfigInput { paths: paths.clone(), ..crate::config::tests::files::config_of_text(text, flags, &env) })
        .unwrap()
}

#[test]
fn what_was_opened_by_flags_opens_from_the_file_afterwards() {
    let dir = tempfile::tempdir().unwrap();
    let paths = paths(dir.path());
    let mut flags = Flags { named_target: true, ..Flags::default() };
    flags.target.deployment = Some("7f1c2d3e-0000-4000-8000-000000000005".to_owned());
    flags.target.origin = Some("https://shop.example".to_owned());
    let ProfileChoice::Named(profile) = load(&paths, "", &flags).profile else { panic!("no profile") };
    let conversation = profile.conversations.first().unwrap().conversation.clone();
    let said = keep(&paths, &profile, &conversation).unwrap();
    assert!(said.contains("in the profile main"), "{said}");
    let text = config_text(&paths.config_file).unwrap();
    let kept = load(&paths, &text, &Flags::default());
    let ProfileChoice::Named(kept) = kept.profile else { panic!("{text}") };
    assert_eq!((kept.name.as_str(), kept.region.as_str()), ("main", "mypurecloud.ie"));
    assert_eq!(kept.conversations.first().unwrap().conversation.address, conversation.address);
    // Once is enough, and a file that was there keeps its words.
    std::fs::write(&paths.config_file, format!("# mine\n{text}")).unwrap();
    assert!(keep(&paths, &kept, &conversation).unwrap_err().contains("already"));
    let text = config_text(&paths.config_file).unwrap();
    assert!(text.starts_with("# mine\n"), "{text}");
}

#[test]
fn a_file_that_could_not_be_read_is_not_written() {
    let dir = tempfile::tempdir().unwrap();
    let paths = paths(dir.path());
    assert!(
        replace_config(&paths, "[profiles.a]\nregion = \"moon\"\n", &|_| None)
            .unwrap_err()
            .contains("nothing was changed")
    );
    assert!(!paths.config_file.exists());
    replace_config(&paths, "# good\n", &|_| None).unwrap();
    assert_eq!(config_text(&paths.config_file).unwrap(), "# good\n");
}

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
