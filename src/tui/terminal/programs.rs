//! Programs of others: editor, pager, clipboard helpers. They run as tasks, never on the loop, and end with it.

use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::time::timeout;

/// A clipboard helper that takes longer has hung.
const CLIPBOARD: Duration = Duration::from_millis(500);
/// A pager that ends sooner has not waited for anybody: what it printed would be gone at once.
const READ: Duration = Duration::from_millis(500);

#[cfg(not(windows))]
mod usual {
    pub const USUAL_EDITOR: &str = "vi";
    pub const USUAL_PAGER: &str = "less";
    pub const WAIT_FOR_A_KEY: &str = "printf '\\n-- Press Enter to go back --'; read -r line </dev/tty";
    pub const NO_SUCH_PROGRAM: i32 = 127;
}
#[cfg(windows)]
mod usual {
    pub const USUAL_EDITOR: &str = "notepad";
    pub const USUAL_PAGER: &str = "more";
    pub const WAIT_FOR_A_KEY: &str = "pause";
    pub const NO_SUCH_PROGRAM: i32 = 9009;
}
use usual::{NO_SUCH_PROGRAM, USUAL_EDITOR, USUAL_PAGER, WAIT_FOR_A_KEY};

/// Opens the editor on `text`; the text that it left.
pub async fn edit(text: String) -> Result<String, String> {
    let file = tempfile::Builder::new()
        .prefix("guestwire-")
        .suffix(".txt")
        .tempfile()
        .map_err(|e| format!("Could not make a file for the editor: {e}."))?;
    std::fs::write(file.path(), text).map_err(|e| format!("Could not write the editor's file: {e}."))?;
    let editor = program(&["VISUAL", "EDITOR"], USUAL_EDITOR);
    let status = shell_words(&editor, file.path()).status().await;
    match status {
        Err(why) => Err(format!("The editor ({editor}) could not be started: {why}.")),
        Ok(status) if !status.success() => {
            Err(format!("The editor ({editor}) ended with {status}; the draft is as it was."))
        }
        Ok(_) => std::fs::read_to_string(file.path()).map_err(|e| format!("Could not read the editor's file: {e}.")),
    }
}

/// Shows `text` in the pager. Where the pager only prints, a key is waited for.
pub async fn page(text: String) -> Result<(), String> {
    let pager = program(&["PAGER"], USUAL_PAGER);
    let begun = Instant::now();
    let ran = fed(shell(&pager).stdin(Stdio::piped()), text.as_bytes()).await;
    match ran {
        Err(why) => Err(format!("The pager ({pager}) could not be started: {why}.")),
        Ok(status) if status.code() == Some(NO_SUCH_PROGRAM) => {
            Err(format!("There is no pager called {pager}: set PAGER, or install {USUAL_PAGER}."))
        }
        Ok(status) if !status.success() => Err(format!("The pager ({pager}) ended with {status}.")),
        Ok(_) => {
            if begun.elapsed() < READ {
                let wait = shell(WAIT_FOR_A_KEY).status().await;
                wait.map_err(|why| format!("guestwire could not wait for a key after the pager: {why}."))?;
            }
            Ok(())
        }
    }
}

/// Gives `text` to the first clipboard helper that takes it; its name.
pub async fn clipboard(text: &str) -> Option<&'static str> {
    const HELPERS: [(&str, &[&str], Option<&str>); 4] = [
        ("pbcopy", &[], None),
        ("wl-copy", &[], Some("WAYLAND_DISPLAY")),
        ("xclip", &["-selection", "clipboard"], Some("DISPLAY")),
        ("clip.exe", &[], None),
    ];
    for (name, arguments, needs) in HELPERS {
        if needs.is_some_and(|variable| std::env::var_os(variable).is_none()) {
            continue;
        }
        // Windows takes what is not UTF-16 for the code page of its console.
        let bytes = if name == "clip.exe" { utf16(text) } else { text.as_bytes().to_vec() };
        if helper(Command::new(name).args(arguments), &bytes).await {
            return Some(name);
        }
    }
    None
}

/// Puts `text` into tmux's buffer, and lets tmux tell its terminal (tmux 3.2). True where tmux did.
pub async fn tmux_buffer(text: &str) -> bool {
    helper(Command::new("tmux").args(["load-buffer", "-w", "-"]), text.as_bytes()).await
}

fn utf16(text: &str) -> Vec<u8> {
    std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

/// Whether a helper took what it was given, in time. One that is too slow is ended.
async fn helper(command: &mut Command, bytes: &[u8]) -> bool {
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    timeout(CLIPBOARD, fed(command, bytes)).await.is_ok_and(|ran| ran.is_ok_and(|status| status.success()))
}

/// Runs a command on what it is given; how it ended.
async fn fed(command: &mut Command, bytes: &[u8]) -> io::Result<std::process::ExitStatus> {
    let mut child = command.spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that is left early closes its end: that is no failure.
        let _ = stdin.write_all(bytes).await;
    }
    child.wait().await
}

fn program(variables: &[&str], default: &str) -> String {
    variables
        .iter()
        .find_map(|v| std::env::var(v).ok().filter(|s| !s.trim().is_empty()))
        .unwrap_or_else(|| default.to_owned())
}

/// A line of the system's shell: pagers and editors are configured with arguments ("code --wait").
#[cfg(not(windows))]
fn shell(line: &str) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(line).kill_on_drop(true);
    command
}

/// A line of the system's shell: pagers and editors are configured with arguments ("code --wait").
#[cfg(windows)]
fn shell(line: &str) -> Command {
    let mut command = Command::new("cmd");
    // What stands between the outer quotes reaches the shell as it is.
    command.raw_arg(format!("/S /C \"{line}\"")).kill_on_drop(true);
    command
}

#[cfg(not(windows))]
fn shell_words(editor: &str, file: &Path) -> Command {
    let mut command = shell(&format!("{editor} \"$1\""));
    command.arg("sh").arg(file);
    command
}

#[cfg(windows)]
fn shell_words(editor: &str, file: &Path) -> Command {
    shell(&format!("{editor} \"{}\"", file.display()))
}

#[cfg(test)]
#[path = "../../../tests/unit/tui/terminal/programs.rs"]
mod tests;
