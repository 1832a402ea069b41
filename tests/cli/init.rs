//! `guestwire init`: what it finds, asks and writes.

use std::process::Output;

use super::commands::{guestwire, run};

#[test]
fn init_writes_once_what_check_accepts() {
    let home = tempfile::tempdir().unwrap();
    let mut init = guestwire(home.path(), &["init"]);
    init.env("GENESYSCLOUD_REGION", "eu-central-1").env("GENESYSCLOUD_OAUTHCLIENT_ID", "client-1");
    let output = init.env("GENESYSCLOUD_OAUTHCLIENT_SECRET", "hunter2").output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let (_, path, _) = run(home.path(), &["config", "path"]);
    let text = std::fs::read_to_string(path.trim_end()).unwrap();
    assert!(!text.contains("hunter2"), "{text}");
    assert_eq!(init.output().unwrap().status.code(), Some(2));
    assert_eq!(std::fs::read_to_string(path.trim_end()).unwrap(), text);
    let mut check = guestwire(home.path(), &["config", "check"]);
    check.env("GENESYSCLOUD_OAUTHCLIENT_ID", "client-1").env("GENESYSCLOUD_OAUTHCLIENT_SECRET", "hunter2");
    assert_eq!(check.output().unwrap().status.code(), Some(0));
}

/// What other tools of the vendor left is offered by reference, and works: the secret is read where it stays.
#[test]
fn init_refers_to_what_the_platform_cli_keeps() {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".gc")).unwrap();
    let theirs = "[DEFAULT]\nenvironment = \"euw1.pure.cloud\"\nclient_credentials = \"client-1\"\nclient_secret = \"hunter2\"\n\
                  [qa]\nenvironment = \"mypurecloud.de\"\naccess_token = \"hunter2\"\n";
    std::fs::write(home.path().join(".gc/config.toml"), theirs).unwrap();
    std::fs::write(
        home.path().join(".archy_config"),
        "clientId: client-9\nclientSecret: hunter2\nlocation: prod_us_west_2\n",
    )
    .unwrap();
    assert_eq!(run(home.path(), &["init", "--no-input"]).0, 0);
    let (_, path, _) = run(home.path(), &["config", "path"]);
    let text = std::fs::read_to_string(path.trim_end()).unwrap();
    assert!(!text.contains("hunter2"), "{text}");
    for part in
        ["{ gc = \"DEFAULT\" }", "access_token = { gc = \"qa\" }", "mypurecloud.ie", "usw2.pure.cloud", "client-9"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    for profile in ["default", "qa"] {
        let (code, _, stderr) = run(home.path(), &["--profile", profile, "config", "check"]);
        assert_eq!(code, 0, "{profile}: {stderr}");
    }
    let (_, shown, _) = run(home.path(), &["config", "show"]);
    assert!(shown.contains("{ gc = \"DEFAULT\" }") && !shown.contains("hunter2"), "{shown}");
}

/// A file of theirs that says nothing, or cannot be read, is named; and so is what is missing.
#[test]
fn init_names_what_it_could_not_use_and_what_is_missing() {
    let alone = "[DEFAULT]\nclient_id = \"client-1\"\nclient_secret = \"hunter2\"\n";
    for (theirs, said) in [
        (
            &b"[DEFAULT]\n# \xe4\n"[..],
            "~/.gc/config.toml was not looked into: it cannot be read (it is not UTF-8 text)",
        ),
        (b"[DEFAULT\nclient_secret\n", "nothing that a profile could use was found in ~/.gc/config.toml"),
        (alone.as_bytes(), "next: fill in the region, then remove the # before its lines"),
    ] {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".gc")).unwrap();
        std::fs::write(home.path().join(".gc/config.toml"), theirs).unwrap();
        let (code, stdout, stderr) = run(home.path(), &["init", "--no-input"]);
        assert!(code == 0 && format!("{stdout}{stderr}").contains(said), "{said}: {stdout}{stderr}");
    }
}

/// A region that cannot be is refused with what to write; every spelling of one that can be is taken.
#[test]
fn init_resolves_a_region_or_says_what_to_write() {
    for (region, domain) in
        [("https://apps.mypurecloud.ie/x", Some("mypurecloud.ie")), ("euw2", Some("euw2.pure.cloud")), ("moon", None)]
    {
        let home = tempfile::tempdir().unwrap();
        for (name, arguments) in [
            ("GENESYSCLOUD_REGION", &["init"][..]),
            ("GENESYS_REGION", &["init"]),
            ("UNUSED", &["init", "--region", region]),
        ] {
            let file = home.path().join(name);
            let mut init = guestwire(home.path(), &[&["--config", file.to_str().unwrap()], arguments].concat());
            init.env(name, region).env("GENESYSCLOUD_OAUTHCLIENT_ID", "c").env("GENESYSCLOUD_OAUTHCLIENT_SECRET", "s");
            let Output { status, stderr, .. } = init.output().unwrap();
            let stderr = String::from_utf8(stderr).unwrap();
            assert_eq!(status.code(), Some(if domain.is_some() { 0 } else { 2 }), "{region} {name}: {stderr}");
            match domain {
                Some(domain) => assert!(std::fs::read_to_string(file).unwrap().contains(domain), "{region} {name}"),
                None => assert!(stderr.contains("eu-central-1") && !file.exists(), "{region} {name}: {stderr}"),
            }
        }
    }
}

/// A snippet makes a profile that needs no client; a later `init` adds what is new, and leaves the rest as it is.
#[test]
fn init_takes_a_snippet_and_adds_to_a_file_that_is_there() {
    let home = tempfile::tempdir().unwrap();
    let snippet =
        "<script>({ environment: 'prod-euc1', deploymentId: '7f1c2d3e-0000-4000-8000-000000000005' });</script>";
    let (code, stdout, stderr) = run(home.path(), &["init", "--origin", "https://shop.example", snippet]);
    assert_eq!(code, 0, "{stdout}{stderr}");
    assert!(!stdout.contains("SECRET"), "a web guest needs no client: {stdout}");
    let (code, _, stderr) = run(home.path(), &["config", "check"]);
    assert_eq!(code, 0, "{stderr}");
    let (_, path, _) = run(home.path(), &["config", "path"]);
    let path = path.trim_end();
    let before = format!("# mine\n{}", std::fs::read_to_string(path).unwrap());
    std::fs::write(path, &before).unwrap();

    let init = |arguments: &[&str]| {
        let mut init = guestwire(home.path(), arguments);
        init.env("GENESYSCLOUD_REGION", "eu-central-1").env("GENESYSCLOUD_OAUTHCLIENT_ID", "c");
        let Output { status, stdout, stderr } =
            init.env("GENESYSCLOUD_OAUTHCLIENT_SECRET", "hunter2").output().unwrap();
        (status.code().unwrap(), String::from_utf8([stdout, stderr].concat()).unwrap())
    };
    let (code, said) = init(&["init"]);
    assert_eq!((code, said.contains("init --yes")), (2, true), "{said}");
    assert_eq!(std::fs::read_to_string(path).unwrap(), before, "it was not touched");
    let (code, said) = init(&["init", "--yes"]);
    assert_eq!(code, 0, "{said}");
    let after = std::fs::read_to_string(path).unwrap();
    for line in before.lines() {
        assert!(after.contains(line), "{line} is gone: {after}");
    }
    assert!(after.contains("GENESYSCLOUD_OAUTHCLIENT_SECRET") && !after.contains("hunter2"), "{after}");
    let (code, said) = init(&["init", "--yes"]);
    assert_eq!((code, said.contains("guestwire found nothing to add")), (2, true), "{said}");
}
