//! Tests of `model::variables`.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;

use crate::model::variables::*;

fn values() -> Values {
    Values { seq: 7, uuid: uuid_from(1, 2), now: "2026-11-23T14:03:20.987Z".parse().unwrap(), run: "r-42".to_owned() }
}

#[test]
fn known_names_are_filled_in_and_others_stay() {
    let id = uuid_from(1, 2).to_string();
    let cases = [
        ("n {{seq}} of {{run}}", "n 7 of r-42".to_owned(), vec!["seq", "run"], vec![]),
        ("{{uuid}}{{uuid}}", format!("{id}{id}"), vec!["uuid"], vec![]),
        ("at {{now}}!", "at 2026-11-23T14:03:20Z!".to_owned(), vec!["now"], vec![]),
        ("{{sequ}} {{seq}}", "{{sequ}} 7".to_owned(), vec!["seq"], vec!["sequ"]),
        ("{{ seq }} {{run  }}{{ sequ }}", "7 r-42{{ sequ }}".to_owned(), vec!["seq", "run"], vec!["sequ"]),
        ("{{}} {{ }} {{se q}} {{seq} {seq}} {{", "{{}} {{ }} {{se q}} {{seq} {seq}} {{".to_owned(), vec![], vec![]),
        ("{{{seq}}}", "{7}".to_owned(), vec!["seq"], vec![]),
        ("{{é{{seq}}", "{{é7".to_owned(), vec!["seq"], vec![]),
    ];
    for (typed, sent, used, unknown) in cases {
        let got = expand(typed, &values(), &BTreeMap::new());
        assert_eq!((got.text, got.used), (sent, used), "{typed}");
        assert_eq!(got.unknown, unknown, "{typed}");
    }
}

#[test]
fn captures_are_filled_in_once_and_missed_by_name() {
    let captures = BTreeMap::from([("ticket".to_owned(), "T-{{seq}}".to_owned())]);
    let filled = expand("{{ticket}} of {{run}}", &values(), &captures);
    assert_eq!(filled.text, "T-{{seq}} of r-42", "what was captured is text");
    assert_eq!((filled.used, filled.unknown), (vec!["run"], vec![]));
    assert_eq!(expand("{{other}}", &values(), &captures).unknown, ["other"]);
}

#[test]
fn uuids_are_well_formed_and_differ() {
    let all: std::collections::BTreeSet<_> = (0..1000).map(|n| uuid_from(9, n)).collect();
    assert_eq!(all.len(), 1000);
    assert!(all.iter().all(|u| u.get_version_num() == 4));
    assert_eq!(uuid_from(9, 3), uuid_from(9, 3));
    assert_ne!(uuid_from(9, 3), uuid_from(10, 3));
}

#[test]
fn a_uuid_of_its_own_is_in_no_message() {
    let mut source = ValueSource::new(1, "r");
    let now = values().now;
    let before = source.next(now).uuid;
    let own = [source.new_uuid(), source.new_uuid()];
    assert_eq!(source.next(now).uuid, before, "what is shown stays");
    source.sent(false);
    assert!(own[0] != own[1] && !own.contains(&before) && !own.contains(&source.next(now).uuid));
}
