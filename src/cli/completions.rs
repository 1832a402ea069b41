//! `guestwire completions` and `guestwire man`: made from the same definition as the command line itself.

use clap_complete::Shell;
use clap_mangen::Man;

use super::args::definition;
use crate::app::exit::{Exit, Failed};
use crate::app::output::Output;

fn script(shell: Shell) -> Vec<u8> {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut definition(), "guestwire", &mut bytes);
    bytes
}

fn page(of: Option<&str>) -> Result<Vec<u8>, Failed> {
    let program = definition();
    let command = match of {
        None => program,
        Some(name) => {
            let known: Vec<&str> = program.get_subcommands().map(clap::Command::get_name).collect();
            let near = crate::text::suggest::suggestion(name, known.iter().copied());
            let found = program.find_subcommand(name);
            found.cloned().ok_or_else(|| Failed::usage(format!("there is no command `{name}`{near}")))?
        }
    };
    let mut bytes = Vec::new();
    let source = concat!("guestwire ", env!("CARGO_PKG_VERSION"));
    Man::new(command)
        .source(source)
        .render(&mut bytes)
        .map_err(|e| Failed::here(format!("the page cannot be made ({e})")))?;
    Ok(bytes)
}

/// Prints a shell's completion script.
pub fn completions(shell: Shell) -> Result<Exit, Failed> {
    Output::default().bytes(&script(shell))?;
    Ok(Exit::Done)
}

/// Prints a manual page.
pub fn man(of: Option<&str>) -> Result<Exit, Failed> {
    Output::default().bytes(&page(of)?)?;
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
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
}
