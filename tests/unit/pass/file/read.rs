//! Tests of `pass::file::read`.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use crate::pass::Pass;
use crate::pass::file::Expectation;

/// What people write in other languages than English is letters too.
#[test]
fn expressions_know_every_alphabet() {
    for (expression, text) in [
        ("(?i)ä", "GRÜSSE VON ÄNNE"),
        (r"^\w+$", "Größe"),
        (r"a\sb", "a\u{a0}b"),
        (r"\p{L}{3}", "日本語"),
        (r"\d", "٣"),
    ] {
        let pass = format!(
            "name = \"p\"\n[[cases]]\nname = \"c\"\n[[cases.steps]]\nsend = \"x\"\nexpect = {{ reply = {{ matches = '{expression}' }} }}\n"
        );
        let pass = Pass::parse(Path::new("p.toml"), &pass).unwrap();
        let Some(Expectation::Reply(reply)) = pass.cases[0].steps[0].expect.last() else { panic!("{pass:?}") };
        assert!(reply.matches.as_ref().unwrap().is_match(text), "{expression} {text}");
    }
}
