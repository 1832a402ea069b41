//! URLs of proxies, and the variables that name one.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::ffi::OsString;

use secrecy::ExposeSecret as _;

use crate::config::proxy::*;

#[test]
fn urls_of_proxies_are_read_or_refused_with_the_reason() {
    type Row = (&'static str, Result<(&'static str, Option<&'static str>), &'static str>);
    let rows: [Row; 15] = [
        ("http://proxy.example:3128", Ok(("http://proxy.example:3128", None))),
        ("proxy.example:3128", Ok(("http://proxy.example:3128", None))),
        (" http://proxy.example ", Ok(("http://proxy.example:80", None))),
        ("https://proxy.example/", Ok(("https://proxy.example:443", None))),
        ("HTTP://me:p%40ss@proxy.example:8080/x", Ok(("http://proxy.example:8080", Some("me:p@ss")))),
        ("http://me:p@ss/word@proxy.example:8080", Ok(("http://proxy.example:8080", Some("me:p@ss/word")))),
        ("http://CORP%5Cme:hush@proxy.example:8080", Ok(("http://proxy.example:8080", Some("CORP\\me:hush")))),
        ("http://[::1]:3128", Ok(("http://[::1]:3128", None))),
        (r"http://CORP\me:hush@proxy.example:8080", Err("%5C")),
        ("\"http://proxy.example:3128\"", Err("quotes")),
        ("'http://proxy.example:3128'", Err("quotes")),
        ("ftp://proxy.example", Err("kind ftp")),
        ("socks5://proxy.example:1080", Err("kind socks5")),
        ("http://me:hush@ not a host", Err("is not the URL")),
        ("http://proxy.example:port", Err("is not the URL")),
    ];
    for (value, wanted) in rows {
        match (ProxyAddress::read(value), wanted) {
            (Ok(proxy), Ok((address, user_info))) => {
                let read = proxy.user_info.as_ref().map(|info| info.expose_secret());
                assert_eq!((proxy.address().as_str(), read), (address, user_info), "{value}");
                assert!(!format!("{proxy} {proxy:?}").contains("hush"), "{value}");
            }
            (Err(why), Err(part)) => {
                assert!(why.contains(part) && !why.contains("hush"), "{value}: {why}");
            }
            (read, _) => panic!("{value}: {read:?}"),
        }
    }
    assert_eq!(ProxyAddress::read("http://me:hush@h:1").unwrap().to_string(), "http://me:•••@h:1");
    assert!(matches!(ProfileProxy::read("none", "x"), Ok(ProfileProxy::Direct)));
}

#[test]
fn the_variables_of_the_vendors_tools_make_a_url() {
    for (set, url) in [
        (&[][..], None),
        (&[(PORT, "8080")], None),
        (&[(PROXY_HOST, "proxy.example")], Some("http://proxy.example")),
        (&[(PROXY_HOST, "http://proxy.example/"), (PORT, "8080")], Some("http://proxy.example:8080")),
        (
            &[(PROXY_HOST, "p"), (PORT, "1"), (PROTOCOL, "https"), (USER, "CORP\\me"), (PASSWORD, "a@b")],
            Some("https://CORP%5Cme:a%40b@p:1"),
        ),
    ] {
        let env = |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value));
        assert_eq!(from_variables(&env).as_deref(), url, "{set:?}");
    }
}
