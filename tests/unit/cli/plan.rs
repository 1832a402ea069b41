//! Which cases are played, in which order, and which of them side by side.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use crate::cli::run::{check_conversations, chosen, rounds, waves};
use crate::model::{Channel, ConversationKey};
use crate::pass::Pass;
use crate::pass::runner::{PassConversation, RunSetup};

const PASS: &str = r#"
name = "p"
[[cases]]
name = "a"
conversation = "One"
steps = [{ send = "x", capture = { c = { reply = "." } } }]
[[cases]]
name = "b"
conversation = "Two"
steps = [{ send = "y" }]
[[cases]]
name = "c"
conversation = "One"
steps = [{ send = "z" }]
[[cases]]
name = "d"
steps = [{ fault = { fault = "token-expired" }, send = "f" }]
[[cases]]
name = "e"
steps = [{ send = "{{c}}" }]
"#;

fn setup() -> RunSetup {
    let conversation = |name: &str, key| PassConversation {
        name: name.to_owned(),
        key: ConversationKey(key),
        channel: Channel::GuestApi,
        readable: crate::model::RepliesReadable::NotYetKnown,
    };
    RunSetup {
        conversations: vec![conversation("One", 0), conversation("Two", 1)],
        default_conversation: Some(ConversationKey(0)),
        sandbox: true,
    }
}

#[test]
fn conversations_stand_side_by_side_and_what_disturbs_others_comes_after() {
    let pass = Pass::parse(Path::new("p.toml"), PASS).unwrap();
    let plan = rounds(&[0, 1, 2, 3, 4], 1);
    let waves = waves(&pass, &plan, &setup(), true);
    assert_eq!(waves, [vec![vec![(0, 1), (2, 1)], vec![(1, 1)]], vec![vec![(3, 1), (4, 1)]]]);
    assert_eq!(crate::cli::run::waves(&pass, &plan, &setup(), false), [vec![plan]]);
}

#[test]
fn rounds_follow_each_other_and_unknown_names_are_told() {
    let pass = Pass::parse(Path::new("p.toml"), PASS).unwrap();
    assert_eq!(rounds(&[1, 2], 2), [(1, 1), (2, 1), (1, 2), (2, 2)]);
    assert_eq!(chosen(&pass, &["c".to_owned(), "a".to_owned()]).unwrap(), [0, 2]);
    let failed = chosen(&pass, &["zz".to_owned()]).unwrap_err();
    assert!(failed.message.starts_with("--only: the pass has no case `zz`"), "{}", failed.message);
    let lonely = RunSetup { conversations: Vec::new(), ..RunSetup::default() };
    let failed = check_conversations("p.toml", &pass, &[0], &lonely).unwrap_err();
    assert_eq!(failed.message, "p.toml:5:16: the profile has no conversation “One”");
}
