//! Tests of `cli::args`.
#![expect(clippy::unwrap_used, reason = "tests")]

use clap::{CommandFactory as _, FromArgMatches as _, Parser as _};

use crate::cli::args::{Cli, Sub, definition};

#[test]
fn the_definition_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn the_help_of_a_command_shows_the_flags_that_it_uses() {
    let help = |of: &[&str]| {
        let mut program = definition();
        let command = of.iter().fold(&mut program, |c, name| c.find_subcommand_mut(name).unwrap());
        command.render_long_help().to_string()
    };
    for (command, shown, hidden) in [
        ([].as_slice(), ["--profile", "--plain", "--deployment"].as_slice(), [].as_slice()),
        (&["send"], &["--to", "--profile", "--deployment", "--ephemeral"], &["--plain", "--calm"]),
        (&["log"], &["--since", "--profile"], &["--deployment", "--scenario", "--ephemeral"]),
        (&["config", "show"], &["--profile", "--conversation"], &["--plain", "--scenario"]),
        (&["sandbox"], &["--port", "--scenario"], &["--profile", "--deployment"]),
        (&["explain"], &["--help"], &["--profile", "--region", "--color"]),
    ] {
        let text = help(command);
        for flag in shown {
            assert!(text.contains(flag), "{command:?} {flag}: {text}");
        }
        for flag in hidden {
            assert!(!text.contains(flag), "{command:?} {flag}: {text}");
        }
    }
    // A flag that is not shown is still understood: a script puts the same flags before each command.
    let said = definition().try_get_matches_from(["guestwire", "explain", "--profile", "a"]);
    assert_eq!(Cli::from_arg_matches(&said.unwrap()).unwrap().flags.profile.as_deref(), Some("a"));
}

#[test]
fn global_flags_stand_before_or_after_the_command() {
    for words in
        [["guestwire", "--profile", "a", "token"].as_slice(), ["guestwire", "token", "--profile", "a"].as_slice()]
    {
        assert_eq!(Cli::try_parse_from(words).unwrap().flags.profile.as_deref(), Some("a"));
    }
    assert!(Cli::try_parse_from(["guestwire", "--profile", "a", "--sandbox"]).is_err());
}

#[test]
fn any_text_can_be_sent() {
    for text in ["-", "--help me", "-x", "/quit"] {
        let words = ["guestwire", "send", "--to", "Anna", "--reply-within", "10s", "--", text];
        let Some(Sub::Send(send)) = Cli::try_parse_from(words).unwrap().command else { panic!("not send") };
        assert_eq!(send.text.as_deref(), Some(text));
        assert_eq!(send.reply_within, Some(std::time::Duration::from_secs(10)));
    }
    let Some(Sub::Send(send)) = Cli::try_parse_from(["guestwire", "send", "--to", "A", "-"]).unwrap().command else {
        panic!("not send")
    };
    assert_eq!(send.text.as_deref(), Some("-"));
}

#[test]
fn no_flag_takes_a_secret() {
    let mut names = Vec::new();
    let command = Cli::command();
    for part in std::iter::once(&command).chain(command.get_subcommands()) {
        names.extend(part.get_arguments().filter_map(|a| a.get_long().map(str::to_owned)));
    }
    assert!(names.len() > 10);
    for word in ["secret", "password", "token", "client-id"] {
        assert!(!names.iter().any(|name| name.contains(word)), "--*{word}*");
    }
}
