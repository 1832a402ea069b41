//! Tests of `session::profile_info`.

use super::*;

#[test]
fn the_way_of_the_requests_names_the_proxy_and_who_names_it() {
    let info = |proxy| ProfileInfo { proxy, ..ProfileInfo::default() };
    let name = ProxyName { address: "http://p.example:3128".to_owned(), named_by: Some("HTTPS_PROXY".to_owned()) };
    assert_eq!(info(None).way(), "directly, without a proxy");
    assert_eq!(info(Some(Ok(name))).way(), "through the proxy http://p.example:3128 (HTTPS_PROXY)");
    assert_eq!(info(Some(Err("HTTPS_PROXY holds quotes".to_owned()))).way(), "HTTPS_PROXY holds quotes");
}
