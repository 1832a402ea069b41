//! Tests of `config::snippet`.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;

const ID: &str = "7f1c2d3e-0000-4000-8000-000000000005";

fn snippet(url: &str, environment: &str) -> String {
    format!(
        "<script type=\"text/javascript\" charset=\"utf-8\">\n  (function (g, e, n, es, ys) {{\n    g['_genesysJs'] = e;\n  \
             }})(window, 'Genesys', '{url}', {{\n    environment: '{environment}',\n    deploymentId: '{ID}'\n  }});\n</script>"
    )
}

#[test]
fn deployment_and_region_are_read() {
    let url = "https://apps.mypurecloud.ie/genesys-bootstrap/genesys.min.js";
    for (text, domain) in [
        (snippet(url, "prod-euw1"), Some("mypurecloud.ie")),
        (snippet("https://apps.mypurecloud.com/genesys-bootstrap/genesys.min.js", "prod"), Some("mypurecloud.com")),
        // The address of the program is what is left where the environment is not known.
        (snippet(url, "dca"), Some("mypurecloud.ie")),
        (snippet("genesys.min.js", "dca"), None),
        (snippet(url, "prod-euw1").replace('\n', " "), Some("mypurecloud.ie")),
        (format!("{{\"deploymentId\": \"{ID}\", \"environment\": \"prod-euc1\"}}"), Some("mypurecloud.de")),
        (format!("{{\\\"deploymentId\\\":\\\"{ID}\\\"}}"), None),
        (format!("deploymentId = \"{ID}\""), None),
        (snippet(url, "prod-euw1").replace('\'', "&#39;"), Some("mypurecloud.ie")),
        (snippet("genesys.min.js", "prod-euw1").replace('\'', "’"), Some("mypurecloud.ie")),
        (format!("genesys('create', {{environment: 'prod', deploymentId: '{ID}'}})"), Some("mypurecloud.com")),
    ] {
        let read = read(&text).unwrap();
        assert_eq!(read.deployment_id, ID, "{text}");
        assert_eq!(read.region.map(|r| r.domain.as_str()).ok(), domain, "{text}");
    }
    for text in ["", ID, "deploymentId", "deploymentId: ''", "deploymentId: 12", "the deploymentId is missing"] {
        assert!(read(text).is_none(), "{text}");
    }
}
