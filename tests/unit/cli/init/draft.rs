//! What is found, in files of other tools and variables of the environment, becomes drafts, and these a config file that
//! loads and holds no secret.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::config::resolve::resolve;
use crate::config::{Flags, ProfileChoice, Settings};

fn load(text: &str) -> Settings {
    let env = |name: &str| (name == CLIENT_ID).then(|| "client-1".into());
    let flags = Flags::default();
    let input = crate::config::tests::files::config_of_text(text, &flags, &env);
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
    let text = render(&[from_environment(env, None).unwrap()]).unwrap();
    assert!(!text.contains("hunter2"), "{text}");
    let settings = load(&text);
    let ProfileChoice::Named(profile) = settings.profile else { panic!("{text}") };
    assert_eq!((profile.name.as_str(), profile.region.as_str()), ("main", "mypurecloud.de"));
    assert_eq!(
        settings.findings.secrets.first().unwrap().source.to_string(),
        format!("{{ env = \"{CLIENT_SECRET}\" }}")
    );
    assert!(text.contains("\nscopes = [\"guest:messages:send\"]"), "{text}");
    assert_eq!(from_environment(|_| None, None), None);
    let token = |name: &str| (name == ACCESS_TOKEN || name == "GENESYS_REGION").then(|| "euw1".to_owned());
    let text = render(&[from_environment(token, None).unwrap()]).unwrap();
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
    let text = render(&found).unwrap();
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
    let text = render(&[draft.clone()]).unwrap();
    let settings = load(&text);
    let ProfileChoice::Named(profile) = settings.profile else { panic!("{text}") };
    assert_eq!(profile.conversations.len(), 1);
    assert!(settings.findings.missing.is_none() && !text.contains("oauth"), "{text}");
    draft.web = Some(WebGuest { deployment_id: "d".to_owned(), origin: None });
    let text = render(&[draft]).unwrap();
    assert!(text.contains("# deployment_id = \"d\""), "{text}");
    load(&text);
}

#[test]
fn with_nothing_known_the_file_is_valid_and_opens_the_sandbox() {
    let text = render(&[Draft::empty()]).unwrap();
    assert!(matches!(load(&text).profile, ProfileChoice::Sandbox));
    let uncommented: String = text
        .lines()
        .map(|l| l.strip_prefix("# ").filter(|l| l.contains(" = ") || l.starts_with('[')).unwrap_or(l))
        .fold(String::new(), |all, l| all + l + "\n")
        .replace("mypurecloud.?", "mypurecloud.de");
    assert!(matches!(load(&uncommented).profile, ProfileChoice::Named(_)), "{uncommented}");
}

fn from_file(place: &str, text: &str) -> Vec<Draft> {
    from_files(&[(place.to_owned(), text.to_owned())])
}

fn one(drafts: &[Draft]) -> (String, String, String) {
    let [draft] = drafts else { panic!("{drafts:?}") };
    (draft.name.clone(), format!("{:?}", draft.region), format!("{:?}", draft.signs_in))
}

#[test]
fn each_form_of_file_is_read_and_no_secret_is_taken() {
    for (text, name, region) in [
        ("[default]\nclient_id = id-1\nclient_secret = hunter2\nregion = eu-west-1\n", "default", "mypurecloud.ie"),
        (
            "[profile qa]\nclientId=\"id-1\"\nclientSecret='hunter2'\nhost=https://api.mypurecloud.de\n",
            "qa",
            "mypurecloud.de",
        ),
        ("clientId: id-1\nclientSecret: hunter2\nlocation: prod_eu_west_1\n", "default", "mypurecloud.ie"),
        (
            "{\"qa\":{\"client_id\":\"id-1\",\"client_secret\":\"hunter2\",\"environment\":\"euw2\"}}",
            "qa",
            "euw2.pure.cloud",
        ),
    ] {
        let found = from_file("~/.archy_config", text);
        let (called, at, signs_in) = one(&found);
        assert_eq!(called, name, "{text}");
        assert!(at.contains(region) && signs_in.contains("id-1"), "{text}: {found:?}");
        assert!(!format!("{found:?}").contains("hunter2"), "{found:?}");
    }
    // Two files of the same profiles.
    let found = from_files(&[
        ("~/.genesyscloud/credentials".to_owned(), "[default]\nclient_id = id-1\n[qa]\nclient_id = id-2\n".to_owned()),
        ("~/.genesyscloud/config".to_owned(), "[default]\nregion = euw1\n[profile qa]\nregion = euw2\n".to_owned()),
    ]);
    let regions: Vec<_> = found.iter().map(|draft| format!("{:?}", draft.region)).collect();
    assert!(found.len() == 2 && regions[0].contains("mypurecloud.ie") && regions[1].contains("euw2"), "{found:?}");
    // The settings of an SDK name the region alone.
    let sdk = from_file(
        "~/.genesyscloudpython/config",
        "[logging]\nlog_level = trace\n[general]\nhost = https://api.mypurecloud.jp\n",
    );
    let (_, at, signs_in) = one(&sdk);
    assert!(at.contains("mypurecloud.jp") && signs_in == format!("{:?}", SignsIn::unknown()), "{sdk:?}");
    assert!(from_file("x", "nothing here").is_empty());
}

#[test]
fn a_region_that_alone_is_known_goes_where_a_client_lacks_one() {
    let env = |name: &str| (name == CLIENT_ID || name == CLIENT_SECRET).then(|| "x".to_owned());
    let mut found = vec![from_environment(env, None)].into_iter().flatten().collect::<Vec<_>>();
    found.extend(from_file("~/.genesyscloudgo/config", "[general]\nhost = api.mypurecloud.jp\n"));
    let (name, at, _) = one(&join(found));
    assert!(name == "main" && at.contains("mypurecloud.jp"), "{at}");
}
