//! The real outside: clipboard, editor, pager, files, the embedded sandbox, and stopping the process.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crossterm::clipboard::CopyToClipboard;
use crossterm::execute;

use super::{Outside, terminal};
use crate::config::settings::Clipboard;
use crate::console::effect::SandboxAsk;
use crate::console::state::pass::Found;

/// Terminals cut or drop an OSC 52 sequence beyond about this many bytes of text.
const OSC52_MAX: usize = 74 * 1024;

/// Sets up the embedded sandbox; a sentence says what was done.
pub type Arranger = Box<dyn FnMut(&SandboxAsk) -> Result<String, String> + Send>;
/// The faults of the embedded sandbox that wait for a request, or hold.
pub type FaultsLeft = Box<dyn FnMut() -> Vec<String> + Send>;

/// The real outside.
pub struct RealOutside {
    /// How text reaches the clipboard.
    pub clipboard: Clipboard,
    /// Whether `last-copy.txt` is written.
    pub keep_copies: bool,
    /// Where `last-copy.txt` goes.
    pub data_dir: PathBuf,
    /// The embedded sandbox, where there is one.
    pub sandbox: Option<Arranger>,
    /// What is left of its faults.
    pub faults: Option<FaultsLeft>,
}

impl Outside for RealOutside {
    fn copy(&mut self, text: &str) -> Result<String, String> {
        let saved = if self.keep_copies {
            self.save_copy(text)
        } else {
            Err(io::Error::other("nothing is kept here (--ephemeral)"))
        };
        let sent = match self.clipboard {
            Clipboard::Off => return Err("Copying is switched off: [ui] clipboard = \"off\".".to_owned()),
            Clipboard::File => None,
            _ if text.len() > OSC52_MAX => None,
            Clipboard::Native => native(text).map(|name| format!("sent to clipboard ({name})")),
            Clipboard::TmuxPassthrough => {
                tmux_passthrough(text).ok().map(|()| "sent to clipboard (OSC 52 through tmux)".to_owned())
            }
            Clipboard::Osc52 => osc52(text),
            Clipboard::Auto => {
                let here = std::env::var_os("SSH_CONNECTION").is_none();
                let by_osc52 = osc52(text);
                if here && native(text).is_some() { Some("sent to clipboard".to_owned()) } else { by_osc52 }
            }
        };
        // Nothing tells whether the terminal took it, so it is never called "copied".
        match (sent, saved) {
            (Some(sent), Ok(path)) => Ok(format!("{sent}; also saved to {}", path.display())),
            (Some(sent), Err(_)) => Ok(sent),
            (None, Ok(path)) => Ok(format!("saved to {}", path.display())),
            (None, Err(why)) => Err(format!("Could not copy: {why}.")),
        }
    }

    fn edit(&mut self, text: &str) -> Result<String, String> {
        let file = tempfile::Builder::new()
            .prefix("guestwire-")
            .suffix(".txt")
            .tempfile()
            .map_err(|e| format!("Could not make a file for the editor: {e}."))?;
        std::fs::write(file.path(), text).map_err(|e| format!("Could not write the editor's file: {e}."))?;
        let editor = program(&["VISUAL", "EDITOR"], "vi");
        let status = with_terminal(|| shell_words(&editor, file.path()).status())?;
        if !status.success() {
            return Err(format!("The editor ({editor}) ended with {status}; the draft is as it was."));
        }
        std::fs::read_to_string(file.path()).map_err(|e| format!("Could not read what the editor left: {e}."))
    }

    fn page(&mut self, text: &str) -> Result<(), String> {
        let pager = program(&["PAGER"], "less");
        with_terminal(|| {
            let mut child = Command::new("sh").arg("-c").arg(&pager).stdin(Stdio::piped()).spawn()?;
            if let Some(mut stdin) = child.stdin.take() {
                // A pager that is left early closes its end: that is no failure.
                let _ = stdin.write_all(text.as_bytes());
            }
            child.wait()
        })
        .map(|_| ())
        .map_err(|why| format!("The pager ({pager}) could not run: {why}"))
    }

    fn write(&mut self, path: &Path, contents: &str) -> Result<String, String> {
        private_file(path, true)
            .and_then(|mut file| file.write_all(contents.as_bytes()))
            .map(|()| format!("Saved to {}.", path.display()))
            .map_err(|e| format!("Could not write {}: {e}.", path.display()))
    }

    fn passes(&mut self) -> Vec<Found> {
        super::passes::here()
    }

    fn read_pass(&mut self, path: &Path) -> Result<String, String> {
        super::passes::read(path)
    }

    fn arrange(&mut self, ask: &SandboxAsk) -> Result<String, String> {
        match &mut self.sandbox {
            Some(arrange) => arrange(ask),
            None => Err("There is no embedded sandbox here.".to_owned()),
        }
    }

    fn sandbox_faults(&mut self) -> Vec<String> {
        self.faults.as_mut().map(|faults| faults()).unwrap_or_default()
    }

    fn see_file(&mut self, path: &Path) -> Result<(), String> {
        super::seen::file(path)
    }

    fn suspend(&mut self) -> io::Result<()> {
        terminal::leave();
        #[cfg(unix)]
        rustix::process::kill_current_process_group(rustix::process::Signal::TSTP)?;
        terminal::set_modes()
    }
}

impl RealOutside {
    fn save_copy(&self, text: &str) -> io::Result<PathBuf> {
        let path = self.data_dir.join("last-copy.txt");
        private_file(&path, false)?.write_all(text.as_bytes())?;
        Ok(path)
    }
}

/// Opens a file for writing that only its owner can read, its directory too. `new`: it must not exist yet.
pub fn private_file(path: &Path, new: bool) -> io::Result<std::fs::File> {
    if let Some(dir) = path.parent() {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(dir)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(new).create(true).truncate(!new);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn osc52(text: &str) -> Option<String> {
    execute!(io::stdout(), CopyToClipboard::to_clipboard_from(text)).ok()?;
    Some("sent to clipboard (OSC 52)".to_owned())
}

/// tmux hands a sequence on unread when it is wrapped and `allow-passthrough` is on.
fn tmux_passthrough(text: &str) -> io::Result<()> {
    use base64::Engine as _;
    let payload = base64::engine::general_purpose::STANDARD.encode(text);
    let mut out = io::stdout();
    write!(out, "\x1bPtmux;\x1b\x1b]52;c;{payload}\x07\x1b\\")?;
    out.flush()
}

/// Gives the text to the first clipboard program that takes it.
fn native(text: &str) -> Option<&'static str> {
    const PROGRAMS: [(&str, &[&str], Option<&str>); 4] = [
        ("pbcopy", &[], None),
        ("wl-copy", &[], Some("WAYLAND_DISPLAY")),
        ("xclip", &["-selection", "clipboard"], Some("DISPLAY")),
        ("clip.exe", &[], None),
    ];
    PROGRAMS.into_iter().find_map(|(name, arguments, needs)| {
        if needs.is_some_and(|variable| std::env::var_os(variable).is_none()) {
            return None;
        }
        let mut child = Command::new(name)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        child.stdin.take()?.write_all(text.as_bytes()).ok()?;
        child.wait().ok()?.success().then_some(name)
    })
}

fn program(variables: &[&str], default: &str) -> String {
    variables
        .iter()
        .find_map(|v| std::env::var(v).ok().filter(|s| !s.trim().is_empty()))
        .unwrap_or_else(|| default.to_owned())
}

/// Editors are configured with arguments ("code --wait"), so a shell takes the words apart.
fn shell_words(editor: &str, file: &Path) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("{editor} \"$1\"")).arg("sh").arg(file);
    command
}

/// Runs something that needs the terminal for itself.
fn with_terminal<T>(run: impl FnOnce() -> io::Result<T>) -> Result<T, String> {
    terminal::leave();
    let result = run();
    let back = terminal::set_modes();
    let result = result.map_err(|e| format!("it could not be started: {e}."))?;
    back.map_err(|e| format!("the terminal could not be taken back: {e}."))?;
    Ok(result)
}
