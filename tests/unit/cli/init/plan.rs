//! What is found becomes a config file that loads and holds no secret.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::super::found::{from_environment, from_files, join};
use super::*;
use crate::config::resolve::{ConfigInput, resolve};
use crate::config::vendor_files::{ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET, REGION};
use crate::config::{Flags, ProfileChoice, Settings};

fn load(text: &str) -> Settings {
    let env = |name: &str| (name == CLIENT_ID).then(|| "client-1".into());
    let flags = Flags::default();
    let input = ConfigInput::of_text(text, &flags, &env);
    match resolve(input) {
        Ok(settings) => settings,
        Err(problems) => panic!("{problems}\n{text}"),
    }
}

#[test]
fn the_environment_becomes_references() {
    let env = |name: &str| match name {
        REGION => Some("https://apps.euc1.pure.cloud".to_owned()),
        CLIENT_ID => Some("client-1".to_owned()),
        CLIENT_SECRET => Some("hunter2".to_owned()),
        _ => None,
    };
    let text = render(&[from_environment(env, None).unwrap()]);
    assert!(!text.contains("hunter2"), "{text}");
    let settings = load(&text);
    let ProfileChoice::Named(profile) = settings.profile else { panic!("{text}") };
    assert_eq!((profile.name.as_str(), profile.region.domain.as_str()), ("main", "mypurecloud.de"));
    assert_eq!(
        settings.findings.secrets.first().unwrap().source.to_string(),
        format!("{{ env = \"{CLIENT_SECRET}\" }}")
    );
    assert!(text.contains("\nscopes = [\"guest:messages:send\"]"), "{text}");
    assert_eq!(from_environment(|_| None, None), None);
    let token = |name: &str| (name == ACCESS_TOKEN || name == "GENESYS_REGION").then(|| "euw1".to_owned());
    let text = render(&[from_environment(token, None).unwrap()]);
    assert!(text.contains(&format!("access_token = {{ env = \"{ACCESS_TOKEN}\" }}")), "{text}");
    load(&text);
}

#[test]
fn profiles_of_the_platform_cli_are_taken_without_their_secrets() {
    let theirs = |text| from_files(&[(vendor_files::PLATFORM_CLI.to_owned(), text)]);
    let found = join(theirs(
        "[DEFAULT]\nenvironment = \"mypurecloud.ie\"\nclient_credentials = \"id-\\\"1\"\nclient_secret = \"hunter2\"\n\
         [\"Sandbox\"]\nenvironment = \"us-east-1\"\nclient_credentials = \"id-2\"\nclient_secret = \"hunter2\"\n\
         [token]\nenvironment = \"euw2\"\naccess_token = \"hunter2\"\n\
         [half]\nenvironment = \"moon\"\nclient_credentials = \"id-3\"\n[other]\nx = 1\n"
            .to_owned(),
    ));
    let text = render(&found);
    assert!(!text.contains("hunter2"), "{text}");
    let names: Vec<&str> = found.iter().map(|d| d.name.as_str()).collect();
    assert_eq!(names, ["default", "genesys", "half", "token"]);
    assert!(text.contains("# [profiles.half]") && text.contains("\"moon\" is not a region"), "{text}");
    assert!(text.contains("client_secret = { gc = \"DEFAULT\" }"), "{text}");
    assert!(text.contains("access_token = { gc = \"token\" }"), "{text}");
    let settings = load(&text);
    assert_eq!(settings.profile.name(), "default");
    assert!(theirs("not = [toml".to_owned()).is_empty());
}

#[test]
fn a_snippet_needs_no_client() {
    let web = WebGuest { deployment_id: "d".to_owned(), origin: Some("https://shop.example".to_owned()) };
    let mut draft = Draft { region: FoundRegion::Known("mypurecloud.de"), web: Some(web), ..Draft::empty() };
    let text = render(&[draft.clone()]);
    let settings = load(&text);
    let ProfileChoice::Named(profile) = settings.profile else { panic!("{text}") };
    assert_eq!(profile.conversations.len(), 1);
    assert!(settings.findings.missing.is_none() && !text.contains("oauth"), "{text}");
    draft.web = Some(WebGuest { deployment_id: "d".to_owned(), origin: None });
    let text = render(&[draft]);
    assert!(text.contains("# deployment_id = \"d\""), "{text}");
    load(&text);
}

#[test]
fn with_nothing_known_the_file_is_valid_and_opens_the_sandbox() {
    let text = render(&[Draft::empty()]);
    assert!(matches!(load(&text).profile, ProfileChoice::Sandbox));
    let uncommented: String = text
        .lines()
        .map(|l| l.strip_prefix("# ").filter(|l| l.contains(" = ") || l.starts_with('[')).unwrap_or(l))
        .fold(String::new(), |all, l| all + l + "\n")
        .replace("mypurecloud.?", "mypurecloud.de");
    assert!(matches!(load(&uncommented).profile, ProfileChoice::Named(_)), "{uncommented}");
}
