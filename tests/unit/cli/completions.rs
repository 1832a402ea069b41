//! Tests of `cli::completions`.

use super::*;

#[test]
fn every_shell_learns_every_command() {
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::PowerShell, Shell::Elvish] {
        let text = String::from_utf8(script(shell)).unwrap_or_default();
        for word in ["send", "token", "sandbox", "init", "completions", "reply-within"] {
            assert!(text.contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn the_manual_describes_flags_and_commands() {
    let text = |of| page(of).ok().and_then(|b| String::from_utf8(b).ok()).unwrap_or_default();
    let main = text(None);
    assert!(main.contains("\\-\\-data\\-dir") && main.contains("guestwire\\-send"), "{main}");
    assert!(text(Some("send")).contains("reply\\-within"));
    assert!(page(Some("sned")).is_err_and(|e| e.message.contains("did you mean `send`?")));
}
