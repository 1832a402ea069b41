//! Tests of `genesys::web_messaging`.

use super::*;

#[test]
fn the_url_carries_the_deployment_whatever_it_is() {
    let url = socket_url("wss://webmessaging.mypurecloud.de", "a b&c");
    assert_eq!(url, "wss://webmessaging.mypurecloud.de/v1?deploymentId=a%20b%26c&application=guestwire");
    assert_eq!(socket_url("ws://127.0.0.1:1/v1", "d"), "ws://127.0.0.1:1/v1?deploymentId=d&application=guestwire");
}
