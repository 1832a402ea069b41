//! Tests of `diagnosis::pages`.

use super::*;

#[test]
fn every_page_is_whole_and_of_its_cause() {
    for cause in Cause::ALL {
        assert!(cause.page().starts_with(&format!("# {cause}\n")), "{cause}");
        assert!(section(cause, "Meaning").len() > 60, "{cause}: meaning");
        let alike = "Looks the same, but is not";
        for heading in ["Evidence needed", "Fix", alike] {
            assert!(!fixes(cause, heading).is_empty(), "{cause}: {heading}");
        }
        // What a page points at exists.
        for line in fixes(cause, alike).iter().map(|line| line.words).filter(|l| l.contains(": ")) {
            let names = line.split(": ").next().unwrap_or_default();
            for name in names.split(" and ").filter(|n| n.contains('-') && !n.contains(' ')) {
                assert!(Cause::named(name).is_some(), "{cause} points at {name}");
            }
        }
    }
}

#[test]
fn no_placeholder_and_no_mark_is_left_in_a_printed_page() {
    for cause in Cause::ALL {
        let text = text(cause);
        assert!(!text.contains('{') && !text.contains("<!--"), "{text}");
        for fix in fixes(cause, "Fix").iter().filter(|fix| fix.words.contains("Admin:")) {
            assert!(fix.remedy.is_some(), "{cause}: {fix:?}");
        }
    }
    assert_eq!(list().lines().count(), Cause::ALL.len());
}

#[test]
fn a_mistyped_name_leads_to_the_nearest() {
    assert_eq!(nearest("scope-striped"), Some(Cause::ScopeStripped));
    assert_eq!(nearest("participant"), Some(Cause::ParticipantMismatch));
    assert_eq!(nearest("zzz"), None);
}
