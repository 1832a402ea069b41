//! Tests of `cli::explain`.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;

#[test]
fn a_terminal_gets_lines_that_fit_and_no_word_is_lost() {
    let page = pages::text(Cause::ScopeStripped);
    let fits = broken(&page, 60);
    assert!(fits.lines().all(|line| line.chars().count() <= 60), "{fits}");
    assert!(fits.split_whitespace().eq(page.split_whitespace()), "{fits}");
}

#[test]
fn an_unknown_cause_leads_to_the_nearest() {
    assert_eq!(find("scope-stripped").unwrap(), Cause::ScopeStripped);
    assert!(find("scope-striped").unwrap_err().message.contains("did you mean `scope-stripped`?"));
    assert!(find("xyz").unwrap_err().message.contains("lists them"));
}
