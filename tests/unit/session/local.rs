//! Tests of `session::local`.
#![expect(clippy::unwrap_used, reason = "tests")]

use crate::model::FileSource;
use crate::session::local::*;

#[test]
fn a_file_is_an_address_or_a_path() {
    let made = |typed: &str| {
        let made = attachment(typed).unwrap();
        (made.place, made.mime, made.name)
    };
    let url = |text: &str| FileSource::Url(text.to_owned());
    assert_eq!(
        made(" https://x.example/a/b.PNG?v=1 "),
        (url("https://x.example/a/b.PNG?v=1"), "image/png".to_owned(), Some("b.PNG".to_owned()))
    );
    assert_eq!(made("https://x.example"), (url("https://x.example"), "application/octet-stream".to_owned(), None));
    assert_eq!(
        made("/tmp/bill 3.pdf"),
        (FileSource::File("/tmp/bill 3.pdf".into()), "application/pdf".to_owned(), Some("bill 3.pdf".to_owned()))
    );
    for bad in ["", "ftp://x/y", "/tmp/", "..", "/"] {
        assert!(attachment(bad).is_err(), "{bad}");
    }
    let said = attachment("ftp://x/y").unwrap_err();
    assert!(attachment("http://x/y").is_ok() && said.contains("http:// and https://"), "{said}");
}

#[test]
fn an_attribute_needs_a_name() {
    assert_eq!(attribute(" run = a=b ").unwrap(), ("run".to_owned(), "a=b".to_owned()));
    assert_eq!(attribute("run=").unwrap(), ("run".to_owned(), String::new()));
    assert!(attribute("run").is_err() && attribute("=1").is_err());
}
