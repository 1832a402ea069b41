//! The corpus of config files: what loads, and the exact sentence for what does not.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::config::flags::ConfigInput;
use crate::config::origin::{Lookup, Origin};
use crate::config::resolve::resolve;
use crate::config::settings::Paths;
use crate::config::{Credentials, Flags, Hosts, Problems, ProfileChoice, SecretSource, Settings, Tty, regions};

fn no_env(_: &str) -> Option<OsString> {
    None
}

fn paths(name: &str) -> Paths {
    Paths {
        config_file: PathBuf::from(name),
        config_exists: true,
        config_explicit: false,
        data_dir: PathBuf::from("data"),
        log_file: None,
    }
}

/// What settings are made of where a private file says `text`.
pub fn config_of_text<'a>(text: &'a str, flags: &'a Flags, env: Lookup<'a>) -> ConfigInput<'a> {
    let home = Some(Path::new("/home/anna"));
    ConfigInput { paths: paths("config.toml"), path_rows: Vec::new(), home, text, private: true, flags, env }
}

fn resolve_text(
    name: &str,
    text: &str,
    flags: &Flags,
    env: &dyn Fn(&str) -> Option<OsString>,
) -> Result<Settings, Problems> {
    resolve(ConfigInput { paths: paths(name), private: false, ..config_of_text(text, flags, env) })
}

fn corpus(kind: &str) -> Vec<(String, PathBuf, String)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/unit/config").join(kind);
    let mut files: Vec<_> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            (name, path, text)
        })
        .collect();
    files.sort();
    assert!(files.len() >= 5, "the corpus is not there");
    files
}

#[test]
fn every_invalid_file_gets_its_sentence() {
    let mut wrong = Vec::new();
    for (name, path, text) in corpus("invalid") {
        let said = match resolve_text(&name, &text, &Flags::default(), &no_env) {
            Ok(_) => "(nothing: it loaded)".to_owned(),
            Err(problems) => problems.to_string(),
        };
        let expected = std::fs::read_to_string(path.with_extension("txt")).unwrap_or_default();
        if said.trim_end() != expected.trim_end() {
            wrong.push(format!("{name}\n  said:     {said}\n  expected: {}", expected.trim_end()));
        }
        assert!(!said.contains("hunter2"), "{name} gave a secret away: {said}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_valid_file_loads() {
    for (name, path, text) in corpus("valid") {
        let settings = match resolve_text(&name, &text, &Flags::default(), &no_env) {
            Ok(settings) => settings,
            Err(problems) => panic!("{name}: {problems}"),
        };
        let expected = std::fs::read_to_string(path.with_extension("txt")).unwrap_or_default();
        let rows: Vec<String> =
            settings.effective.iter().map(|row| format!("{} = {}  # {}", row.name, row.value, row.origin)).collect();
        for line in expected.lines().filter(|line| !line.is_empty()) {
            assert!(rows.iter().any(|row| row == line), "{name}: no row `{line}` in\n{}", rows.join("\n"));
        }
    }
}

#[test]
fn the_example_loads() {
    let text = include_str!("../../../config.example.toml");
    let settings = resolve_text("config.example.toml", text, &Flags::default(), &no_env).unwrap();
    let ProfileChoice::Named(profile) = settings.profile else { panic!("not the sandbox") };
    assert_eq!(profile.name, "staging");
    let Hosts { login, api, webmessaging, cdn } = profile.hosts;
    assert_eq!([login, api, webmessaging, cdn], regions::find("eu-central-1").unwrap().hosts());
    assert_eq!(profile.conversations.len(), 3);
    assert!(matches!(profile.credentials, Credentials::Client(_)));
    assert_eq!(profile.redaction.names, ["ssn", "x-internal-key"]);
    assert_eq!(settings.findings.secrets.len(), 2);
    assert!(settings.findings.missing.is_none());
}

const TWO: &str = "profile = \"a\"\n[profiles.a]\nregion = \"mypurecloud.de\"\n[profiles.b]\nregion = \"us-east-1\"\n";

fn origin(settings: &Settings, name: &str) -> (String, String) {
    let row = settings.effective.iter().find(|row| row.name == name).unwrap();
    (row.value.clone(), row.origin.to_string())
}

#[test]
fn a_flag_beats_the_environment_beats_the_file() {
    let env = |name: &str| (name == "GUESTWIRE_PROFILE").then(|| OsString::from("b"));
    let by_file = resolve_text("c.toml", TWO, &Flags::default(), &no_env).unwrap();
    assert_eq!(by_file.profile.name(), "a");
    assert_eq!(origin(&by_file, "profile"), ("\"a\"".to_owned(), "line 1".to_owned()));
    let by_env = resolve_text("c.toml", TWO, &Flags::default(), &env).unwrap();
    assert_eq!(by_env.profile.name(), "b");
    assert_eq!(origin(&by_env, "profile").1, "env GUESTWIRE_PROFILE");
    let flags = Flags { profile: Some("a".to_owned()), ..Flags::default() };
    let by_flag = resolve_text("c.toml", TWO, &flags, &env).unwrap();
    assert_eq!(by_flag.profile.name(), "a");
    assert_eq!(origin(&by_flag, "profile").1, "flag --profile");
    let flags = Flags { sandbox: true, ..Flags::default() };
    let sandbox = resolve_text("c.toml", TWO, &flags, &env).unwrap();
    assert!(matches!(sandbox.profile, ProfileChoice::Sandbox));
    assert_eq!(origin(&sandbox, "profile").1, "flag --sandbox");
}

#[test]
fn values_remember_where_they_came_from() {
    let env = |name: &str| match name {
        "NO_COLOR" | "GUESTWIRE_CALM" => Some(OsString::from("1")),
        "LC_ALL" => Some(OsString::from("C")),
        _ => None,
    };
    let settings = resolve_text("c.toml", TWO, &Flags::default(), &env).unwrap();
    let row = |name| origin(&settings, name);
    assert_eq!(row("profiles.a.hosts.api"), ("\"https://api.mypurecloud.de\"".to_owned(), "region".to_owned()));
    assert_eq!(row("profiles.a.region").1, "line 3");
    assert_eq!(row("ui.color"), ("\"never\"".to_owned(), "env NO_COLOR".to_owned()));
    assert_eq!(row("ui.calm"), ("true".to_owned(), "env GUESTWIRE_CALM".to_owned()));
    assert_eq!(row("ui.ascii"), ("true".to_owned(), "env LC_ALL".to_owned()));
    assert_eq!(row("ui.theme").1, "default");
    assert!(settings.effective.iter().all(|row| row.origin != Origin::Flag("--profile")));
}

/// A proxy is shown with whoever names it, and never with its password.
#[test]
fn a_proxy_is_shown_with_its_origin_and_without_its_password() {
    let file = |line: &str| format!("[profiles.a]\nregion = \"mypurecloud.de\"\n{line}\n");
    let env = |name: &str| match name {
        "HTTPS_PROXY" => Some(OsString::from("http://me:hunter2@variable.example:1")),
        "PLACE" => Some(OsString::from("http://me:hunter2@place.example:2")),
        _ => None,
    };
    for (line, shown, whence) in [
        ("", "\"http://me:•••@variable.example:1\"", "env HTTPS_PROXY"),
        ("proxy = \"none\"", "\"none\"", "line 3"),
        ("proxy = { env = \"PLACE\" }", "\"http://me:•••@place.example:2\"", "line 3"),
    ] {
        let settings = resolve_text("c.toml", &file(line), &Flags::default(), &env).unwrap();
        assert_eq!(origin(&settings, "profiles.a.proxy"), (shown.to_owned(), whence.to_owned()), "{line}");
        assert!(!format!("{settings:?}").contains("hunter2"), "{line}");
    }
    let vendor = |name: &str| match name {
        "GENESYSCLOUD_REGION" => Some(OsString::from("eu-west-1")),
        "GENESYSCLOUD_ACCESS_TOKEN" => Some(OsString::from("token")),
        "GENESYSCLOUD_PROXY_HOST" => Some(OsString::from("vendor.example")),
        "GENESYSCLOUD_PROXY_PORT" => Some(OsString::from("3128")),
        "GENESYSCLOUD_PROXY_AUTH_USERNAME" => Some(OsString::from("CORP\\me")),
        "GENESYSCLOUD_PROXY_AUTH_PASSWORD" => Some(OsString::from("hunter2")),
        other => env(other),
    };
    let flags = Flags { profile: Some("env".to_owned()), ..Flags::default() };
    let settings = resolve_text("c.toml", "", &flags, &vendor).unwrap();
    let shown = "\"http://CORP\\me:•••@vendor.example:3128\"".to_owned();
    assert_eq!(origin(&settings, "profiles.env.proxy"), (shown, "env GENESYSCLOUD_PROXY_HOST".to_owned()));
    assert!(!format!("{settings:?}").contains("hunter2"));
}

#[test]
fn an_environment_that_makes_no_sense_is_named() {
    let env = |name: &str| match name {
        "GUESTWIRE_CALM" => Some(OsString::from("maybe")),
        "GUESTWIRE_PROFILE" => Some(OsString::from("bb")),
        _ => None,
    };
    let said = resolve_text("c.toml", TWO, &Flags::default(), &env).unwrap_err().to_string();
    assert!(said.contains("the environment variable GUESTWIRE_CALM must be 1 or 0"), "{said}");
    assert!(
        said.contains("there is no profile `bb` in c.toml (env GUESTWIRE_PROFILE); known here: `a`, `b`, `sandbox`"),
        "{said}"
    );
}

/// A file that does not exist has no profiles to look through.
#[test]
fn a_profile_is_asked_for_where_no_file_is() {
    let flags = Flags { profile: Some("staging".to_owned()), ..Flags::default() };
    let paths = Paths { config_exists: false, ..paths("home/config.toml") };
    let said = resolve(ConfigInput { paths, ..config_of_text("", &flags, &no_env) }).unwrap_err().to_string();
    assert_eq!(
        said,
        "there is no profile `staging` (flag --profile): there is no config file, and without one there is only `sandbox`, \
         which is built in; `guestwire init` writes home/config.toml"
    );
}

#[test]
fn without_a_file_it_is_the_sandbox() {
    let settings = resolve(config_of_text("", &Flags::default(), &no_env)).unwrap();
    assert!(matches!(settings.profile, ProfileChoice::Sandbox));
    assert!(settings.findings.warnings.is_empty() && settings.findings.secrets.is_empty());
}

#[test]
fn a_scenario_needs_the_sandbox() {
    let flags = Flags { scenario: Some("storm.toml".into()), ..Flags::default() };
    let said = resolve_text("c.toml", TWO, &flags, &no_env).unwrap_err().to_string();
    assert!(said.contains("--scenario is for the embedded sandbox"), "{said}");
    let flags = Flags { sandbox: true, ..flags };
    let settings = resolve_text("c.toml", TWO, &flags, &no_env).unwrap();
    assert_eq!(settings.scenario, Some("storm.toml".into()));
}

#[test]
fn a_literal_secret_in_a_private_file_is_warned_about() {
    let text = "[profiles.a]\nregion = \"mypurecloud.de\"\n[profiles.a.oauth]\nclient_id = \"c\"\nclient_secret = \"hunter2\"\n";
    let settings = resolve(config_of_text(text, &Flags::default(), &no_env)).unwrap();
    assert_eq!(settings.findings.warnings.len(), 1);
    let shown = format!("{:?} {:?} {:?}", settings.findings.warnings, settings.effective, settings.profile);
    assert!(!shown.contains("hunter2"), "{shown}");
    assert!(
        settings
            .findings
            .warnings
            .first()
            .unwrap()
            .to_string()
            .starts_with("config.toml:5:17: `client_secret` stands in this")
    );
}

#[test]
fn what_is_odd_about_a_client_and_its_hosts_is_warned_about() {
    let warnings = |id: &str, hosts: &str| {
        let text = format!(
            "[profiles.a]\nregion = \"mypurecloud.de\"\nhosts = {{ {hosts} }}\noauth = {{ client_id = '{id}', client_secret = {{ env = \"X\" }} }}\n"
        );
        let settings = resolve_text("c.toml", &text, &Flags::default(), &no_env).unwrap();
        settings.findings.warnings.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    for (id, hosts, warning) in [
        (
            "\"c\"",
            "",
            "c.toml:4:23: the value of `client_id` is in quotation marks, which are sent as part of the value",
        ),
        ("a b", "", "c.toml:4:23: the value of `client_id` contains a blank"),
        ("a:b", "", "c.toml:4:23: the value of `client_id` contains a colon, which no client's id has"),
        (
            "c",
            "login = \"https://login.mypurecloud.com\"",
            "c.toml:2:10: the host `login` is of mypurecloud.com and the host `api` of mypurecloud.de: a token of one region is refused in another",
        ),
    ] {
        assert_eq!(warnings(id, hosts), [warning]);
    }
    assert!(warnings("c", "login = \"https://login.euc1.pure.cloud\", api = \"https://proxy.example\"").is_empty());
}

#[test]
fn a_secret_that_is_set_to_nothing_is_empty_and_not_unset() {
    let source = SecretSource::Env("X".to_owned());
    for (value, words) in [(None, "X is not set"), (Some(""), "X is empty"), (Some("  "), "X is empty")] {
        let read = source.read_with(&|_| value.map(OsString::from), Tty::Allowed);
        assert!(read.unwrap_err().contains(words), "{value:?}");
    }
}

#[test]
fn a_missing_secret_is_no_load_error_but_known() {
    let text = "[profiles.a]\nregion = \"mypurecloud.de\"\noauth = { client_id = { env = \"NOT_SET\" }, client_secret = { env = \"X\" } }\n";
    let settings = resolve_text("c.toml", text, &Flags::default(), &no_env).unwrap();
    let missing = settings.findings.missing.unwrap().to_string();
    assert_eq!(
        missing,
        "c.toml:3:23: `client_id` cannot be read: the environment variable NOT_SET is not set; export it before \
         starting guestwire"
    );
    let ProfileChoice::Named(profile) = settings.profile else { panic!("not the sandbox") };
    assert!(matches!(&profile.credentials, Credentials::Missing(why) if *why == missing));
}

/// What other tools' scripts leave in variables and flags: blanks around a value, and values that are empty.
#[test]
fn blank_variables_say_nothing_and_blank_flags_are_named() {
    let region = |value: &'static str| move |name: &str| (name == "GENESYSCLOUD_REGION").then(|| OsString::from(value));
    let flags = Flags { named_target: true, ..Flags::default() };
    for value in ["", "  "] {
        let said = resolve_text("c.toml", "", &flags, &region(value)).unwrap_err().to_string();
        assert!(said.contains("there is no target"), "{value:?}: {said}");
        assert!(!resolve_text("c.toml", "", &Flags::default(), &region(value)).unwrap().has_env_profile);
    }
    let settings = resolve_text("c.toml", "", &flags, &region(" https://apps.mypurecloud.de/ ")).unwrap();
    assert_eq!(origin(&settings, "profiles.env.region").0, "\"mypurecloud.de\"");
    let mut flags = Flags { profile: Some("a".to_owned()), ..flags };
    flags.target.deployment = Some(" ".to_owned());
    flags.target.origin = Some("shop".to_owned());
    let said = resolve_text("c.toml", TWO, &flags, &no_env).unwrap_err().to_string();
    assert_eq!(said, "--deployment is empty: give it a value, or leave it out");
    flags.target.deployment = Some("d".to_owned());
    let said = resolve_text("c.toml", TWO, &flags, &no_env).unwrap_err().to_string();
    assert!(said.starts_with("from the flags: `origin` must be a site"), "{said}");
}

/// A conversation that flags describe comes first in the profile that is named, and the file's own stay.
#[test]
fn a_conversation_of_flags_joins_the_named_profile() {
    let text = "[profiles.env]\nregion = \"mypurecloud.de\"\n[[profiles.env.conversations]]\nname = \"Own\"\n\
                channel = \"guest-api\"\nconversation_id = \"7f1c2d3e-0000-4000-8000-000000000006\"\n";
    let mut flags = Flags { profile: Some("env".to_owned()), named_target: true, ..Flags::default() };
    flags.target.deployment = Some("7f1c2d3e-0000-4000-8000-000000000005".to_owned());
    flags.target.origin = Some("https://shop.example".to_owned());
    let settings = resolve_text("c.toml", text, &flags, &no_env).unwrap();
    assert_eq!(origin(&settings, "profiles.env.conversations[0]").1, "flag --deployment");
    assert_eq!(origin(&settings, "profiles.env.conversations[1]").1, "line 4");
    let ProfileChoice::Named(profile) = settings.profile else { panic!("not the sandbox") };
    let names: Vec<&str> = profile.conversations.iter().map(|entry| entry.conversation.name.as_str()).collect();
    assert_eq!(names, ["Web guest of 7f1c2d3e", "Own"]);
}
