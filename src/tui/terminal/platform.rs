//! The real outside: clipboard, this machine, the terminal's modes, and stopping the process.

use std::io::{self, Write as _};
use std::path::PathBuf;

use crossterm::clipboard::CopyToClipboard;
use crossterm::execute;

use super::interfaces::{Outside, Work};
use super::{programs, screen};
use crate::app::local;
use crate::app::open::OpenProfile;
use crate::config::settings::{Clipboard, Paths};
use crate::files;
use crate::session::local::{LocalAnswer, LocalRequest};

/// Terminals cut or drop an OSC 52 sequence beyond about this many bytes of text.
const OSC52_MAX: usize = 74 * 1024;

/// The real outside.
pub struct RealOutside {
    /// How text reaches the clipboard.
    pub clipboard: Clipboard,
    /// Whether `last-copy.txt` is written.
    pub keep_copies: bool,
    /// Where files are: the config file, and `last-copy.txt` in the data directory.
    pub paths: Paths,
    /// The profile that is open, with its sandbox.
    pub opened: OpenProfile,
}

impl Outside for RealOutside {
    fn copy(&mut self, text: &str) -> Work<String> {
        let saved = if self.keep_copies {
            self.save_copy(text)
        } else {
            Err(io::Error::other("nothing is kept here (--ephemeral)"))
        };
        let sending = self.send_to_clipboard(text.to_owned());
        Box::pin(async move {
            // Nothing tells whether the terminal took it, so it is never called "copied".
            match (sending.await?, saved) {
                (Some(sent), Ok(path)) => Ok(format!("{sent}; also saved to {}", path.display())),
                (Some(sent), Err(_)) => Ok(sent),
                (None, Ok(path)) => Ok(format!("saved to {}", path.display())),
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
        Box::pin(programs::edit(text))
    }

    fn page(&mut self, text: String) -> Work<()> {
        Box::pin(programs::page(text))
    }

    fn local(&mut self, request: LocalRequest, mask: &dyn Fn(&str) -> String) -> LocalAnswer {
        local::carry_out(request, &self.opened, &self.paths, mask, "")
    }
    fn stop(&mut self) -> io::Result<bool> {
        // The whole group, as Ctrl-Z would: a `cargo run` or a shell script around guestwire is to stop too. Not
        // SIGTSTP, which is caught here.
        #[cfg(unix)]
        rustix::process::kill_current_process_group(rustix::process::Signal::STOP)?;
        Ok(cfg!(unix))
    }
}

impl RealOutside {
    /// Sends `text` in the way that is set. What writes to the terminal is done at once, between two frames; what asks
    /// another program is left to the future.
    fn send_to_clipboard(&self, text: String) -> Work<Option<String>> {
        let known =
            |sent: Result<Option<String>, String>| -> Work<Option<String>> { Box::pin(std::future::ready(sent)) };
        let by_sequence = || if text.len() > OSC52_MAX { None } else { osc52(&text) };
        match self.clipboard {
            Clipboard::Off => known(Err("Copying is switched off: [ui] clipboard = \"off\".".to_owned())),
            Clipboard::File => known(Ok(None)),
            Clipboard::TmuxPassthrough if text.len() > OSC52_MAX => known(Ok(None)),
            Clipboard::TmuxPassthrough => {
                let sent = tmux_passthrough(&text).ok();
                known(Ok(sent.map(|()| "Sent to the clipboard (OSC 52 through tmux)".to_owned())))
            }
            Clipboard::Osc52 => known(Ok(by_sequence())),
            Clipboard::Native => Box::pin(async move {
                Ok(programs::clipboard(&text).await.map(|name| format!("Sent to the clipboard ({name})")))
            }),
            Clipboard::Auto => {
                let inside_tmux = std::env::var_os("TMUX").is_some();
                // tmux keeps a sequence to itself by default, so tmux itself is asked.
                let by_sequence = if inside_tmux { None } else { by_sequence() };
                let here = std::env::var_os("SSH_CONNECTION").is_none();
                Box::pin(async move {
                    if inside_tmux && programs::tmux_buffer(&text).await {
                        return Ok(Some("Sent to tmux's buffer, and to the clipboard where tmux allows it".to_owned()));
                    }
                    let native = if here { programs::clipboard(&text).await } else { None };
                    Ok(native.map(|name| format!("Sent to the clipboard ({name})")).or(by_sequence))
                })
            }
        }
    }

    fn save_copy(&self, text: &str) -> io::Result<PathBuf> {
        let path = self.paths.data_dir.join("last-copy.txt");
        files::private_with_directory(&path, true)?.write_all(text.as_bytes())?;
        Ok(path)
    }
}

fn osc52(text: &str) -> Option<String> {
    execute!(io::stdout(), CopyToClipboard::to_clipboard_from(text)).ok()?;
    Some("Sent to the clipboard (OSC 52)".to_owned())
}

/// tmux hands a sequence on unread when it is wrapped and `allow-passthrough` is on.
fn tmux_passthrough(text: &str) -> io::Result<()> {
    use base64::Engine as _;
    let payload = base64::engine::general_purpose::STANDARD.encode(text);
    let mut out = io::stdout();
    write!(out, "\x1bPtmux;\x1b\x1b]52;c;{payload}\x07\x1b\\")?;
    out.flush()
}
