//! The real platform: clipboard, this machine, stopping, and programs of others, which run as tasks, never on the loop.

use std::io::{self, Write as _};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crossterm::clipboard::CopyToClipboard;
use crossterm::execute;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::time::timeout;

use super::event_loop::{Platform, Work};
use super::screen;
use crate::app::local;
use crate::app::open::OpenProfile;
use crate::config::settings::{Clipboard, Paths};
use crate::files;
use crate::session::local::{LocalAnswer, LocalRequest};

/// Terminals cut or drop an OSC 52 sequence beyond about this many bytes of text.
const OSC52_MAX: usize = 74 * 1024;

pub struct SystemPlatform {
    pub clipboard: Clipboard,
    pub keep_copies: bool,
    /// Where files are: the config file, and `last-copy.txt` in the data directory.
    pub paths: Paths,
    pub opened: OpenProfile,
}

impl Platform for SystemPlatform {
    fn copy(&mut self, text: &str) -> Work<String> {
        if self.clipboard == Clipboard::Off {
            let why = "Copying is switched off: [ui] clipboard = \"off\".";
            return Box::pin(std::future::ready(Err(why.to_owned())));
        }
        let path = self.paths.data_dir.join("last-copy.txt");
        let saved = if self.keep_copies {
            files::private_with_directory(&path, true).and_then(|mut file| file.write_all(text.as_bytes()))
        } else {
            Err(io::Error::other("nothing is kept here (ephemeral)"))
        };
        let sending = self.send_to_clipboard(text.to_owned());
        Box::pin(async move {
            // Nothing tells whether the terminal took it, so it is never called "copied".
            match (sending.await?, saved) {
                (Some(sent), Ok(())) => Ok(format!("{sent}; also saved to {}", path.display())),
                (Some(sent), Err(_)) => Ok(sent),
                (None, Ok(())) => Ok(format!("saved to {}", path.display())),
                (None, Err(why)) => Err(format!("Could not copy: {why}.")),
            }
        })
    }

    fn give_terminal(&mut self) {
        screen::leave();
    }

    fn take_terminal(&mut self) -> io::Result<()> {
        screen::set_modes()
    }

    fn edit(&mut self, text: String) -> Work<String> {
        Box::pin(edit(text))
    }

    fn page(&mut self, text: String) -> Work<()> {
        Box::pin(page(text))
    }

    fn local(&mut self, request: LocalRequest, mask: &dyn Fn(&str) -> String) -> LocalAnswer {
        local::carry_out(request, &self.opened, &self.paths, mask, "")
    }
    fn stop(&mut self) -> io::Result<bool> {
        // The whole group, as Ctrl-Z would: a script around guestwire is to stop too. Not SIGTSTP: it is caught here.
        #[cfg(unix)]
        rustix::process::kill_current_process_group(rustix::process::Signal::STOP)?;
        Ok(cfg!(unix))
    }
}

impl SystemPlatform {
    /// What writes to the terminal is done at once, between two frames; another program is asked in the future.
    fn send_to_clipboard(&self, text: String) -> Work<Option<String>> {
        let has = |variable| std::env::var_os(variable).is_some();
        let (written, asks_tmux, asks_helpers) = match self.clipboard {
            Clipboard::Off | Clipboard::File => (None, false, false),
            Clipboard::TmuxPassthrough => (tmux_passthrough(&text), false, false),
            Clipboard::Osc52 => (osc52(&text), false, false),
            Clipboard::Native => (None, false, true),
            // tmux keeps a sequence to itself by default, so tmux itself is asked.
            Clipboard::Auto if has("TMUX") => (None, true, !has("SSH_CONNECTION")),
            Clipboard::Auto => (osc52(&text), false, !has("SSH_CONNECTION")),
        };
        Box::pin(async move {
            // tmux puts it into its buffer, and tells its terminal (tmux 3.2).
            let mut tmux = Command::new("tmux");
            if asks_tmux && helper(tmux.args(["load-buffer", "-w", "-"]), text.as_bytes()).await {
                return Ok(Some("Sent to tmux's buffer, and to the clipboard where tmux allows it".to_owned()));
            }
            let helper = if asks_helpers { clipboard(&text).await } else { None };
            Ok(helper.map(|name| format!("Sent to the clipboard ({name})")).or(written))
        })
    }
}

fn osc52(text: &str) -> Option<String> {
    let fits = text.len() <= OSC52_MAX;
    let sent = fits && execute!(io::stdout(), CopyToClipboard::to_clipboard_from(text)).is_ok();
    sent.then(|| "Sent to the clipboard (OSC 52)".to_owned())
}

/// tmux hands a sequence on unread when it is wrapped and `allow-passthrough` is on.
fn tmux_passthrough(text: &str) -> Option<String> {
    use base64::Engine as _;
    let payload = base64::engine::general_purpose::STANDARD.encode(text);
    let mut out = io::stdout();
    let mut write = || write!(out, "\x1bPtmux;\x1b\x1b]52;c;{payload}\x07\x1b\\").and_then(|()| out.flush());
    let sent = text.len() <= OSC52_MAX && write().is_ok();
    sent.then(|| "Sent to the clipboard (OSC 52 through tmux)".to_owned())
}

/// A clipboard helper that takes longer has hung.
const CLIPBOARD: Duration = Duration::from_millis(500);
/// A pager that ends sooner has not waited for anybody: what it printed would be gone at once.
const READ: Duration = Duration::from_millis(500);

const USUAL_EDITOR: &str = if cfg!(windows) { "notepad" } else { "vi" };
const USUAL_PAGER: &str = if cfg!(windows) { "more" } else { "less" };
const WAIT_FOR_A_KEY: &str =
    if cfg!(windows) { "pause" } else { "printf '\\n-- Press Enter to go back --'; read -r line </dev/tty" };
const NO_SUCH_PROGRAM: i32 = if cfg!(windows) { 9009 } else { 127 };

async fn edit(text: String) -> Result<String, String> {
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
async fn page(text: String) -> Result<(), String> {
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
async fn clipboard(text: &str) -> Option<&'static str> {
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

fn utf16(text: &str) -> Vec<u8> {
    std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

/// Whether a helper took what it was given, in time. One that is too slow is ended.
async fn helper(command: &mut Command, bytes: &[u8]) -> bool {
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    timeout(CLIPBOARD, fed(command, bytes)).await.is_ok_and(|ran| ran.is_ok_and(|status| status.success()))
}

async fn fed(command: &mut Command, bytes: &[u8]) -> io::Result<ExitStatus> {
    let mut child = command.spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that is left early closes its end: that is no failure.
        let _ = stdin.write_all(bytes).await;
    }
    child.wait().await
}

fn program(variables: &[&str], default: &str) -> String {
    let set = variables.iter().find_map(|v| std::env::var(v).ok().filter(|s| !s.trim().is_empty()));
    set.unwrap_or_else(|| default.to_owned())
}

/// A line of the system's shell: pagers and editors are configured with arguments ("code --wait").
#[cfg(not(windows))]
fn shell(line: &str) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(line).kill_on_drop(true);
    command
}

#[cfg(windows)]
fn shell(line: &str) -> Command {
    let mut command = Command::new("cmd");
    // What stands between the outer quotes reaches the shell as it is.
    command.raw_arg(format!("/S /C \"{line}\"")).kill_on_drop(true);
    command
}

fn shell_words(editor: &str, file: &Path) -> Command {
    if cfg!(windows) {
        return shell(&format!("{editor} \"{}\"", file.display()));
    }
    let mut command = shell(&format!("{editor} \"$1\""));
    command.arg("sh").arg(file);
    command
}

#[cfg(test)]
#[path = "../../../tests/unit/tui/terminal/platform.rs"]
mod tests;
