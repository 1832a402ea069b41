//! Tests of `cli::standalone`.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::cli::args::{definition, for_completions};

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

#[test]
fn every_shell_learns_every_command() {
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::PowerShell, Shell::Elvish] {
        let text = String::from_utf8(completions(for_completions(), shell)).unwrap_or_default();
        for word in ["send", "token", "sandbox", "init", "completions", "reply-within"] {
            assert!(text.contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn a_script_offers_the_flags_that_the_help_of_a_command_shows() {
    let script = String::from_utf8(completions(for_completions(), Shell::Fish)).unwrap();
    let flags = |command: &str| {
        let begins = format!("complete -c guestwire -n \"{command}\" ");
        let lines = script.lines().filter_map(move |line| line.strip_prefix(&begins));
        let mut flags: Vec<_> = lines.filter_map(|line| line.split("-l ").nth(1)?.split(' ').next()).collect();
        flags.sort_unstable();
        flags
    };
    assert_eq!(flags("__fish_guestwire_using_subcommand explain"), ["help"]);
    assert_eq!(flags("__fish_guestwire_using_subcommand sandbox"), ["help", "log-file", "port", "scenario", "seed"]);
    let shows = flags("__fish_guestwire_using_subcommand config; and __fish_seen_subcommand_from show");
    assert!(shows.contains(&"profile") && shows.contains(&"deployment") && !shows.contains(&"plain"), "{shows:?}");
    let of_console = flags("__fish_guestwire_needs_command");
    assert!(of_console.contains(&"plain") && of_console.contains(&"profile"), "{of_console:?}");
}

#[test]
fn the_manual_describes_flags_and_commands() {
    let text = |of| page(definition(), of).ok().and_then(|b| String::from_utf8(b).ok()).unwrap_or_default();
    let main = text(None);
    assert!(main.contains("\\-\\-data\\-dir") && main.contains("guestwire\\-send"), "{main}");
    assert!(text(Some("send")).contains("reply\\-within"));
    assert!(page(definition(), Some("sned")).is_err_and(|e| e.message.contains("did you mean `send`?")));
}
