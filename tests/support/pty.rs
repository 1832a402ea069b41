//! Runs the real binary in a pseudo-terminal and reads its screen as a terminal would.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// What only a defect reaches.
const BOUND: Duration = Duration::from_secs(30);

/// A program in a pseudo-terminal.
pub struct Session {
    pub child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn std::io::Write + Send>,
    output: Receiver<Vec<u8>>,
    pub raw: Vec<u8>,
    parser: vt100::Parser,
    before: String,
}

/// The binary on the sandbox, with every file of its own under `home`.
pub fn guestwire(home: &Path) -> CommandBuilder {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_guestwire"));
    environment(&mut command, home);
    command
}

/// An environment in which nothing of the machine's own shows through.
pub fn environment(command: &mut CommandBuilder, home: &Path) {
    command.env_clear();
    for (name, value) in [("TERM", "xterm-256color"), ("LANG", "C.UTF-8"), ("PATH", "/usr/bin:/bin"), ("TZ", "UTC")] {
        command.env(name, value);
    }
    for name in ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"] {
        command.env(name, home);
    }
    command.cwd(home);
}

/// Whether the log's row of a message that was sent has this summary and was taken, and the thread says what became of it.
pub fn taken(screen: &str, text: &str, lives: &[&str]) -> bool {
    let row = |line: &str| line.contains(&format!("SEND  {text} ")) && line.contains("  ok   200 ");
    let said = |line: &str| line.contains("you ") && lives.iter().any(|delivery| line.trim_end().ends_with(delivery));
    screen.lines().any(row) && screen.lines().any(said)
}

impl Session {
    /// Starts a program at a size.
    pub fn start(command: CommandBuilder, columns: u16, rows: u16) -> Self {
        Self::start_in(command, (columns, rows), (columns, rows))
    }

    /// Starts a program in a terminal that does not tell its size.
    pub fn start_blind(command: CommandBuilder, columns: u16, rows: u16) -> Self {
        Self::start_in(command, (columns, rows), (0, 0))
    }

    fn start_in(command: CommandBuilder, (columns, rows): (u16, u16), told: (u16, u16)) -> Self {
        let size = PtySize { rows: told.1, cols: told.0, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
        let before = modes(&*pair.master);
        let child = pair.slave.spawn_command(command).expect("the program starts");
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = vec![0; 65536];
            while let Ok(count) = reader.read(&mut buffer) {
                if count == 0 || sender.send(buffer[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        let writer = pair.master.take_writer().expect("a writer");
        let parser = vt100::Parser::new(rows.try_into().expect("rows"), columns.try_into().expect("columns"), 0);
        Self { child, master: pair.master, writer, output, raw: Vec::new(), parser, before }
    }

    /// Writes bytes as a keyboard would.
    pub fn press(&mut self, bytes: &str) {
        self.writer.write_all(bytes.as_bytes()).expect("the terminal takes keys");
        self.writer.flush().expect("the terminal takes keys");
    }

    /// Changes the size of the window. The program is told by a signal, as a terminal would.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        self.master.resize(size).expect("the terminal takes a size");
        self.parser.screen_mut().set_size(rows.try_into().expect("rows"), columns.try_into().expect("columns"));
    }

    /// The screen with its colours.
    pub fn terminal(&self) -> &vt100::Screen {
        self.parser.screen()
    }

    /// The screen as text.
    pub fn screen(&self) -> String {
        self.parser.screen().contents()
    }

    fn take(&mut self, bytes: &[u8]) {
        self.raw.extend_from_slice(bytes);
        self.parser.process(bytes);
    }

    /// Waits until the screen is as wanted.
    pub fn until(&mut self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        let end = Instant::now() + BOUND;
        loop {
            let screen = self.screen();
            if wanted(&screen) {
                return screen;
            }
            match self.output.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.take(&bytes),
                Err(RecvTimeoutError::Timeout) => panic!("never saw {what}:\n{screen}"),
                Err(RecvTimeoutError::Disconnected) => {
                    assert!(wanted(&self.screen()), "ended before {what}:\n{screen}");
                }
            }
        }
    }

    /// Waits until the screen holds `text`.
    pub fn see(&mut self, text: &str) -> String {
        self.until(text, |screen| screen.contains(text))
    }

    /// Waits until `text` has been written at any time.
    pub fn until_raw(&mut self, text: &str) {
        let end = Instant::now() + BOUND;
        while !String::from_utf8_lossy(&self.raw).contains(text) {
            match self.output.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.take(&bytes),
                Err(_) => panic!("never written: {text}\n{}", self.screen()),
            }
        }
    }

    /// Whether nothing at all is written for `span`.
    pub fn is_silent(&mut self, span: Duration) -> bool {
        match self.output.recv_timeout(span) {
            Ok(bytes) => {
                self.take(&bytes);
                false
            }
            Err(_) => true,
        }
    }

    /// Reads what is left and waits for the end; the exit code.
    pub fn end(&mut self) -> u32 {
        let end = Instant::now() + BOUND;
        while let Ok(bytes) = self.output.recv_timeout(end.saturating_duration_since(Instant::now())) {
            self.take(&bytes);
        }
        self.child.wait().expect("an exit code").exit_code()
    }

    /// Closes the terminal, as a window that is closed does; what is left is the program.
    pub fn hang_up(self) -> Box<dyn Child + Send + Sync> {
        self.child
    }

    /// Sends a signal to the program.
    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = self.child.process_id().and_then(|p| i32::try_from(p).ok()).expect("a process");
        let pid = rustix::process::Pid::from_raw(pid).expect("a process");
        rustix::process::kill_process(pid, signal).expect("the signal is sent");
    }

    /// The terminal's own modes are as they were, and each mode that was set by a sequence was unset after it.
    pub fn assert_restored(&self) {
        assert_eq!(modes(&*self.master), self.before, "termios differs");
        let raw = String::from_utf8_lossy(&self.raw);
        for (set, unset) in [
            ("\x1b[?1049h", "\x1b[?1049l"),
            ("\x1b[?2004h", "\x1b[?2004l"),
            ("\x1b[?25l", "\x1b[?25h"),
            ("\x1b[?1007l", "\x1b[?1007h"),
        ] {
            let (on, off) = (raw.rfind(set), raw.rfind(unset));
            assert!(on.is_some(), "{set:?} was never set");
            assert!(off > on, "{set:?} was left on");
        }
        for never in ["\x1b[?1000h", "\x1b[?1002h", "\x1b[?1003h", "\x1b[?1006h"] {
            assert!(!raw.contains(never), "the mouse was captured");
        }
    }
}

/// The terminal's modes in words that compare.
fn modes(master: &dyn MasterPty) -> String {
    let termios = master.get_termios().expect("termios");
    format!(
        "{:?} {:?} {:?} {:?}",
        termios.input_flags, termios.output_flags, termios.control_flags, termios.local_flags
    )
}
