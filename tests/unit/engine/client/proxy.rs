//! Which proxy leads where, and which variables are not understood.
#![expect(clippy::unwrap_used, reason = "tests")]

use crate::config::ProfileProxy;
use crate::engine::client::proxy::*;

#[test]
fn a_profile_counts_before_the_variables() {
    let variables = |name: &str| match name {
        "https_proxy" => Some("http://me:p%40ss@variable.example:1".to_owned()),
        "no_proxy" => Some("exempt.example".to_owned()),
        _ => None,
    };
    let environment = Environment::of(variables);
    let proxy = |profile: Option<&ProfileProxy>, to| environment.proxy_for(profile, (to, 443, true)).unwrap();
    let own = ProfileProxy::read("http://profile.example:2", "`proxy` of the profile a").unwrap();
    for (profile, host_of_proxy) in
        [(None, Some("variable.example")), (Some(own), Some("profile.example")), (Some(ProfileProxy::Direct), None)]
    {
        let host = proxy(profile.as_ref(), "api.example").map(|proxy| proxy.host);
        assert_eq!(host.as_deref(), host_of_proxy, "{profile:?}");
        assert_eq!(proxy(profile.as_ref(), "exempt.example"), None);
    }
    let proxy = proxy(None, "api.example").unwrap();
    assert_eq!(proxy.credentials.unwrap(), "Basic bWU6cEBzcw==", "me:p@ss");
    assert_eq!(proxy.name.named_by.as_deref(), Some("https_proxy"));
    let wrong =
        Environment::of(|_| Some("ftp://x".to_owned())).proxy_for(None, ("api.example", 443, true)).unwrap_err();
    assert!(wrong.contains("the variable https_proxy names a proxy of the kind ftp"), "{wrong}");
}

#[test]
fn hosts_that_need_no_proxy() {
    let covers = |list: &str, host: &str, port| exemptions(list).any(|e| e.is_ok_and(|e| e.covers(host, port)));
    for (list, host, port, wanted) in [
        ("*", "api.example", 443, true),
        ("example", "api.example", 443, true),
        (".example", "api.example", 443, true),
        ("*.example", "api.example", 443, true),
        ("*.api.example", "api.example", 443, true),
        ("api.example.", "api.example", 443, true),
        ("api.example", "api.example.", 443, true),
        ("API.Example", "api.example", 443, true),
        ("pi.example", "api.example", 443, false),
        ("api.example:443", "api.example", 443, true),
        ("api.example:8443", "api.example", 443, false),
        ("a.example b.example", "b.example", 443, true),
        (" a.example , b.example ", "b.example", 443, true),
        ("10.0.0.0/8", "10.1.2.3", 443, true),
        ("10.0.0.0/8", "11.1.2.3", 443, false),
        ("10.1.2.3", "10.1.2.3", 443, true),
        ("fd00::/8", "[fd12::1]", 443, true),
        ("[fd12::1]", "[fd12::1]", 443, true),
        ("0.0.0.0/0", "10.1.2.3", 443, true),
        ("", "api.example", 443, false),
    ] {
        assert_eq!(covers(list, host, port), wanted, "{list} {host}:{port}");
    }
}

#[test]
fn variables_that_are_not_understood_are_warned_of() {
    let set =
        |name: &'static str, value: &'static str| proxy_problems(&|asked| (asked == name).then(|| value.to_owned()));
    assert_eq!(set("NO_PROXY", "a.example,10.0.0.0/8, *.b"), Vec::<String>::new());
    for (name, value, part) in [
        ("NO_PROXY", "api*.example", "api*.example"),
        ("no_proxy", "10.0.0.0/33", "10.0.0.0/33"),
        ("no_proxy", "https://api.example", "https://api.example"),
        ("ALL_PROXY", "ftp://x", "ALL_PROXY"),
    ] {
        let [problem] = set(name, value).try_into().unwrap();
        assert!(problem.contains(part) && problem.contains(name), "{problem}");
    }
}
