//! Every spelling finds its region, and none finds another country.
#![expect(clippy::unwrap_used, reason = "tests")]

use crate::config::regions::*;

#[test]
fn every_name_belongs_to_one_region() {
    assert_eq!(all().len(), 18);
    for region in all() {
        for name in region.names() {
            let owners: Vec<_> = all().iter().filter(|r| r.names().contains(&name)).map(|r| &r.domain).collect();
            assert_eq!(owners, [&region.domain], "{name}");
            assert_eq!(normalized(&name), name, "not in the form in which it is looked up");
        }
    }
}

#[test]
fn every_spelling_finds_its_region() {
    for (domain, names) in [
        ("mypurecloud.com", "us-east-1 use1 use1.pure.cloud prod prod-use1 prod_us_east_1 https://api.mypurecloud.com"),
        ("mypurecloud.ie", "eu-west-1 EU_WEST_1 euw1 EUW1.pure.cloud prod-euw1 prod_eu_west_1 apps.mypurecloud.ie"),
        ("mypurecloud.ie", "https://apps.mypurecloud.ie/directory/#/x https://api.euw1.pure.cloud/ mypurecloud.ie."),
        ("mypurecloud.de", "MyPureCloud.DE/ euc1 euc1.pure.cloud https://login.mypurecloud.de:443/oauth/token"),
        ("mypurecloud.de", "wss://webmessaging.mypurecloud.de/v1 https://api-cdn.mypurecloud.de api.prod-euc1"),
        ("mypurecloud.de", "https://realtime.mypurecloud.de streaming.mypurecloud.de //apps.mypurecloud.de/ 'euc1'"),
        ("mypurecloud.ie", "\"mypurecloud.ie\" https://me:hush@api.mypurecloud.ie/ carrier-pigeon.euw1.pure.cloud"),
        ("mypurecloud.jp", "apne1 apne1.pure.cloud prod-apne1 ap-northeast-1"),
        ("mypurecloud.com.au", "apse2 apse2.pure.cloud prod-apse2 https://login.mypurecloud.com.au"),
        ("euw2.pure.cloud", "euw2 eu-west-2 prod-euw2 https://apps.euw2.pure.cloud"),
        ("use2.us-gov-pure.cloud", "fedramp-use2-core FEDRAMP_USE2_CORE us-east-2 https://api.use2.us-gov-pure.cloud"),
        ("edee1.eusc-pure.cloud", "eusc-edee1-core edee1 eusc-de-east-1 https://login.edee1.eusc-pure.cloud/"),
    ] {
        for name in names.split(' ') {
            assert_eq!(find(name).map(|r| r.domain.as_str()), Some(domain), "{name}");
        }
    }
    for name in [
        "",
        ".",
        "https://",
        "mypurecloud.nl",
        "euw3",
        "prod-euw9",
        "use2.pure.cloud",
        "pure.cloud",
        "api.",
        "mypurecloud.ie.example",
        "notmypurecloud.ie",
        "mypurecloud.ie@evil.example",
    ] {
        assert!(find(name).is_none(), "{name}");
    }
}

#[test]
fn a_slip_finds_its_region_and_never_another_country() {
    for (slip, meant) in [
        ("mypurecloud.dee", Some("mypurecloud.de")),
        ("mypurclod.de", Some("mypurecloud.de")),
        ("https://api.mypurecluod.com.au/", Some("mypurecloud.com.au")),
        ("eu-centrl-1", Some("eu-central-1")),
        ("euw1.pure.clod", Some("euw1.pure.cloud")),
        ("prod-euww1", Some("prod-euw1")),
        ("usw2.purecloud", Some("usw2.pure.cloud")),
        // A neighbour's number, or another country's ending, is no slip.
        ("euw3", None),
        ("eu-west-3", None),
        ("euw3.pure.cloud", None),
        ("ap-northeast-4", None),
        ("us-west-1", None),
        ("mypurecloud.nl", None),
        ("mypurecloud.it", None),
        ("mypurecloud.co.uk", None),
        ("eux1", None),
        // Cape Town is not Mumbai, nor Bahrain the Emirates.
        ("af-south-1", None),
        ("afs1.pure.cloud", None),
        ("mes1", None),
        ("ap-suoth-1", Some("ap-south-1")),
        ("nonsense", None),
    ] {
        assert_eq!(suggest(slip).map(|(name, _)| name).as_deref(), meant, "{slip}");
    }
}

#[test]
fn a_place_leads_to_its_region_and_none_to_another_country() {
    for (domain, places) in [
        ("mypurecloud.de", "Frankfurt|FRANKFURT |Germany|Frankfurt, Germany|Europe (Frankfurt)"),
        ("mypurecloud.ie", "Dublin|Ireland|Europe (Ireland)"),
        ("mypurecloud.com.au", "Sydney|Australia|Asia Pacific (Sydney)"),
        ("euc2.pure.cloud", "Zürich|Zurich|Switzerland"),
        ("sae1.pure.cloud", "São Paulo|Sao Paulo|sao_paulo, Brazil"),
        ("use2.us-gov-pure.cloud", "Ohio|FedRAMP"),
        ("edee1.eusc-pure.cloud", "Brandenburg|EU sovereign"),
    ] {
        for place in places.split('|') {
            assert_eq!(suggest(place).map(|(name, _)| name).as_deref(), Some(domain), "{place}");
            assert!(find(place).is_none(), "{place} is suggested, and not taken for granted");
        }
    }
    let nowhere = "Japan|Paris|Amsterdam|Cape Town|Europe|US|Tokyo or Osaka|Dublin, Frankfurt|Asia Pacific (Hong Kong)";
    for place in nowhere.split('|') {
        assert_eq!(suggest(place), None, "{place}");
    }
    for region in all() {
        let found = region.places().map(|place| suggest(place).map(|(name, _)| name));
        assert_eq!(found.collect::<Vec<_>>(), vec![Some(region.domain.clone()); region.places().count()]);
    }
}

#[test]
fn hosts_are_derived() {
    let hosts = find("us-west-2").map(KnownRegion::hosts);
    let [login, _, webmessaging, cdn] = hosts.unwrap();
    assert_eq!(login, "https://login.usw2.pure.cloud");
    assert_eq!(webmessaging, "wss://webmessaging.usw2.pure.cloud");
    assert_eq!(cdn, "https://api-cdn.usw2.pure.cloud");
}

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
        let read = MessengerSnippet::read(&text).unwrap();
        assert_eq!(read.deployment_id, ID, "{text}");
        assert_eq!(read.region.map(|r| r.domain.as_str()).ok(), domain, "{text}");
    }
    for text in ["", ID, "deploymentId", "deploymentId: ''", "deploymentId: 12", "the deploymentId is missing"] {
        assert!(MessengerSnippet::read(text).is_none(), "{text}");
    }
}
