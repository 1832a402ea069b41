//! Does what a front end asks of this machine: writes files, finds and reads pass files, looks at what is to be
//! attached, sets the embedded sandbox up.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::open::OpenProfile;
use crate::config::flags::ConfigInput;
use crate::config::load::MAX_BYTES;
use crate::config::origin::Lookup;
use crate::config::resolve::resolve;
use crate::config::settings::Paths;
use crate::config::{Flags, Profile, edit};
use crate::files;
use crate::model::fault::SandboxRequest;
use crate::model::{Conversation, FileSource};
use crate::pass::{Pass, report};
use crate::session::FoundPass;
use crate::session::local::{LocalAnswer, LocalRequest};

/// Does it. `mask` hides secrets in what is written; `clear` goes on the sentence about a fault that stays on: how a
/// person clears it.
pub fn carry_out(
    request: LocalRequest,
    opened: &OpenProfile,
    paths: &Paths,
    mask: &dyn Fn(&str) -> String,
    clear: &str,
) -> LocalAnswer {
    match request {
        LocalRequest::Write { path, contents, what } => {
            let about = |said: String| format!("{} ({what}).", said.trim_end_matches('.'));
            let written = files::write_new(&path, &mask(&contents));
            LocalAnswer::Written(written.map(|said| if what.is_empty() { said } else { about(said) }))
        }
        LocalRequest::Reports(run, dir) => {
            let mut write = |(name, text): &(String, String)| files::write_new(&dir.join(name), text).map(drop);
            let written = report::all(&run, mask).and_then(|reports| reports.iter().try_for_each(&mut write));
            LocalAnswer::Written(written.map(|()| format!("The reports are in {}.", dir.display())))
        }
        LocalRequest::KeepInConfig(conversation) => LocalAnswer::Kept(keep(paths, &opened.profile, &conversation)),
        LocalRequest::Fault(fault) => LocalAnswer::FaultSet(opened.set_up(&SandboxRequest::Fault(fault), clear)),
        LocalRequest::TellFaults => LocalAnswer::Faults(opened.faults()),
        LocalRequest::SetUpSandbox(asked) => LocalAnswer::SandboxSet(opened.set_up(&asked, "").map(drop)),
        LocalRequest::FindPasses => LocalAnswer::Passes(passes_here()),
        LocalRequest::ReadPass(path) => LocalAnswer::PassRead(path.clone(), read_pass(&path)),
        LocalRequest::SeeFile(conversation, file) => {
            let seen = if let FileSource::File(path) = &file.place { see(&files::expand_home(path)) } else { Ok(()) };
            LocalAnswer::FileSeen(conversation, file, seen)
        }
        LocalRequest::CompletePath(typed) => {
            let (completed, names) = files::completed(&typed);
            LocalAnswer::PathCompleted(typed, completed, names)
        }
    }
}

/// The `*.toml` files here that are passes, or would be but for a mistake.
fn passes_here() -> Vec<FoundPass> {
    let Ok(dir) = fs::read_dir(".") else { return Vec::new() };
    let mut files: Vec<PathBuf> = dir
        .filter_map(|entry| Some(PathBuf::from(entry.ok()?.file_name())))
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .take(200)
        .collect();
    files.sort();
    files.into_iter().filter_map(judged).collect()
}

fn judged(path: PathBuf) -> Option<FoundPass> {
    let text = read_pass(&path).ok()?;
    // Other tools' TOML files lie about, too.
    if !text.contains("[[cases") {
        return None;
    }
    let name = Pass::parse(&path, &text).map(|pass| pass.name);
    let name = name.map_err(|problems| problems.0.first().map(ToString::to_string).unwrap_or_default());
    Some(FoundPass { path, name })
}

fn read_pass(path: &Path) -> Result<String, String> {
    files::read_text(&files::expand_home(path), crate::pass::file::MAX_BYTES).map_err(|e| match e.kind() {
        ErrorKind::NotFound => format!("No such file: {}.", path.display()),
        _ => format!("{} cannot be read: {}.", path.display(), files::error_text(&e)),
    })
}

pub fn see(path: &Path) -> Result<(), String> {
    let sentence = |why: &str| format!("Not attached, {why}: “{}”.", path.display());
    let failed = |error: io::Error| match error.kind() {
        ErrorKind::NotFound => sentence("there is no such file"),
        ErrorKind::PermissionDenied => sentence("you may not read this file (permission denied)"),
        kind => sentence(&kind.to_string()),
    };
    // Asked about before it is opened: opening a pipe waits for whoever writes into it.
    let about = fs::metadata(path).map_err(failed)?;
    match (about.is_dir(), about.is_file()) {
        (true, _) => Err(sentence("this is a directory, not a file")),
        (_, false) => Err(sentence("this is not a regular file")),
        _ => File::open(path).map(drop).map_err(failed),
    }
}

/// The file's text; empty where there is none.
pub fn config_text(path: &Path) -> Result<String, String> {
    if path.symlink_metadata().is_err() {
        return Ok(String::new());
    }
    files::read_text(path, MAX_BYTES)
        .map_err(|e| format!("{} cannot be read ({})", path.display(), files::error_text(&e)))
}

/// Replaces the file by a text that was checked: a file that guestwire itself could not read is never written. Only its
/// owner can read the new one.
pub fn replace_config(paths: &Paths, text: &str, env: Lookup<'_>) -> Result<(), String> {
    let home = files::home();
    let paths = Paths { config_exists: true, ..paths.clone() };
    // Which profile opens is no matter of this check.
    let env = |name: &str| env(name).filter(|_| name != "GUESTWIRE_PROFILE");
    let (path, home, flags) = (paths.config_file.clone(), home.as_deref(), &Flags::default());
    resolve(ConfigInput { paths, path_rows: Vec::new(), home, text, private: true, flags, env: &env })
        .map_err(|problems| format!("{problems}; nothing was changed"))?;
    files::replace_private(&path, text)
        .map_err(|e| format!("{} cannot be written ({})", path.display(), files::error_text(&e)))
}

/// Keeps a conversation that was added or opened by flags in the config file, and its profile too where the file has
/// none of that name. Says what was written.
pub fn keep(paths: &Paths, profile: &Profile, conversation: &Conversation) -> Result<String, String> {
    if profile.sandbox {
        return Err("The conversations of the sandbox cannot be kept: the sandbox has its own.".to_owned());
    }
    let mut document = edit::parse(&config_text(&paths.config_file)?)?;
    let owner = edit::add_profile(&mut document, profile);
    let name = edit::add_conversation(&mut document, &owner, &conversation.name, &conversation.address)?;
    replace_config(paths, &document.to_string(), &|name| std::env::var_os(name))?;
    Ok(format!("“{name}” is in {} now, in the profile {owner}.", paths.config_file.display()))
}
