//! The file is new and private, and answers complete a draft.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::ffi::OsString;

use super::*;
use crate::config::vendor_files::{CLIENT_ID, REGION};

fn args() -> InitArgs {
    InitArgs { snippet: None, no_input: true, yes: false }
}

#[test]
fn it_never_overwrites() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("config.toml");
    std::fs::write(&path, "# mine\n").unwrap();
    let flags = Flags { config: Some(path.clone()), ..Flags::default() };
    let failed = run(&args(), &flags, &|_| None).unwrap_err();
    assert_eq!(failed.exit, Exit::Usage);
    assert!(failed.message.contains("was not changed"), "{}", failed.message);
    assert_eq!(write(&path, "other").unwrap_err().exit, Exit::Usage);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "# mine\n");
}

#[cfg(unix)]
#[test]
fn file_and_directory_are_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("new/config.toml");
    let flags = Flags { config: Some(path.clone()), ..Flags::default() };
    let env = |name: &str| match name {
        REGION => Some(OsString::from("us-east-1")),
        CLIENT_ID => Some(OsString::from("client-1")),
        _ => None,
    };
    assert_eq!(run(&args(), &flags, &env), Ok(Exit::Done));
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    assert!(std::fs::read_to_string(&path).unwrap().contains("mypurecloud.com"));
}

#[test]
fn answers_complete_a_draft() {
    let mut draft = Draft::empty();
    complete(&mut draft, &mut "moon\n https://apps.mypurecloud.ie/x \n\nclient-1\n".as_bytes()).unwrap();
    assert!(draft.is_complete());
    assert_eq!(draft.region, FoundRegion::Known("mypurecloud.ie"));
    let failed = complete(&mut Draft::empty(), &mut "us-east-1\n".as_bytes()).unwrap_err();
    assert_eq!(failed.message, "no answer; nothing was changed");
}

#[test]
fn a_pasted_snippet_answers_for_region_and_deployment() {
    let mut draft = Draft::empty();
    let pasted = "<script>\n(function(){})({\n environment: 'prod-euc1',\n deploymentId: 'd-1'\n});\n</script>\nshop\nhttps://shop.example\n";
    complete(&mut draft, &mut pasted.as_bytes()).unwrap();
    assert_eq!(draft.region, FoundRegion::Known("mypurecloud.de"));
    let web = WebGuest { deployment_id: "d-1".to_owned(), origin: Some("https://shop.example".to_owned()) };
    assert!(draft.web == Some(web) && draft.is_complete(), "{draft:?}");
}
