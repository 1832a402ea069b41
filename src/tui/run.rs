//! `guestwire` alone: the console. This is where the command line hands over to the shell.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use crate::config::Settings;
use crate::files;
use crate::model::fault::SandboxRequest;
use crate::pass::{Pass, builtin, file};
use crate::tui::start::{DemoStart, Embedded, Start};
use crate::tui::state::demo::tape::Tape;
use crate::tui::terminal::event_loop::LoopEnd;

use crate::app::exit::Failed;
use crate::app::front_ends::{Console, ConsoleStart};

/// A recorded demo of some minutes is far smaller.
const TAPE_MAX: u64 = 64 << 20;

/// What `--demo` and `--rehearse` name, read before the screen opens.
fn show(demo: Option<&Path>, rehearse: Option<&Path>) -> Result<Option<DemoStart>, Failed> {
    let read = |path: &Path| {
        files::read_text(path, TAPE_MAX)
            .map(|text| {
                let size = text.len() as u64;
                (text, size)
            })
            .map_err(|e| Failed::usage(format!("{} cannot be read: {}", path.display(), files::why(&e))))
    };
    if let Some(path) = rehearse {
        let (text, _) = read(path)?;
        let tape = Tape::parse(&text).map_err(|why| Failed::usage(format!("{}: {why}", path.display())))?;
        return Ok(Some(DemoStart::Rehearsal(tape)));
    }
    let Some(path) = demo else { return Ok(None) };
    let text = match path.to_str().and_then(builtin::named).filter(|_| !path.exists()) {
        Some(text) => text.to_owned(),
        None => {
            let (text, size) = read(path)?;
            if size > file::MAX_BYTES {
                return Err(Failed::usage(format!("{} is too large for a pass", path.display())));
            }
            text
        }
    };
    let pass = Pass::parse(path, &text).map_err(|problems| Failed::usage(problems.to_string()))?;
    Ok(Some(DemoStart::Pass(pass)))
}

/// Reads what is shown from the start; then the console can be opened.
///
/// # Errors
/// What is to be shown cannot be read.
pub fn prepare(start: ConsoleStart) -> Result<Console, Failed> {
    let show = show(start.demo.as_deref(), start.rehearse.as_deref())?;
    let start = Start { fill_log: start.fill_log, record: start.record, show };
    Ok(Box::new(move |settings| {
        let exit = crate::tui::start::console(settings, start, || embedded(settings));
        Ok(match exit.map_err(|e| Failed::here(format!("{e:#}")))? {
            LoopEnd::Quit => ExitCode::SUCCESS,
            LoopEnd::Terminated => ExitCode::from(143),
            LoopEnd::Lost => ExitCode::FAILURE,
        })
    }))
}

/// Starts the sandbox in this process, faults at hand.
fn embedded(settings: &Settings) -> anyhow::Result<Embedded> {
    let (sandbox, profile) = crate::app::open::embedded(settings).map_err(|e| anyhow::anyhow!(e.message))?;
    let sandbox = Arc::new(sandbox);
    let arranged = Arc::clone(&sandbox);
    let set_up = move |ask: &SandboxRequest| crate::app::open::set_up(&arranged, ask, "");
    Ok(Embedded { profile, set_up: Box::new(set_up), faults: Box::new(move || sandbox.faults_left()) })
}
