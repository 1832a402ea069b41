//! Files of other tools, and the variables of the environment, become drafts.

use super::*;

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
