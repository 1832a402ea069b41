//! The config file as something that guestwire changes: read whole, changed as text, checked, and replaced at once.

use std::path::Path;

use crate::config::load::MAX_BYTES;
use crate::config::origin::Lookup;
use crate::config::resolve::{ConfigInput, ConfigSource, resolve};
use crate::config::settings::Paths;
use crate::config::{Flags, Profile, edit};
use crate::files;
use crate::model::Conversation;

/// The file's text; empty where there is none.
///
/// # Errors
/// A sentence.
pub fn read(path: &Path) -> Result<String, String> {
    if path.symlink_metadata().is_err() {
        return Ok(String::new());
    }
    files::read_text(path, MAX_BYTES).map_err(|e| format!("{} cannot be read ({})", path.display(), files::why(&e)))
}

/// Replaces the file by a text that was checked: a file that guestwire itself could not read is never written. Only its
/// owner can read the new one.
///
/// # Errors
/// A sentence; the file is as it was.
pub fn replace(paths: &Paths, text: &str, env: Lookup<'_>) -> Result<(), String> {
    let home = files::home();
    let home = home.as_deref();
    let paths = Paths { config_exists: true, ..paths.clone() };
    // Which profile opens is no matter of this check.
    let env = |name: &str| env(name).filter(|_| name != "GUESTWIRE_PROFILE");
    let source = Some(ConfigSource { text, private: true });
    let path = paths.config_file.clone();
    resolve(ConfigInput { paths, path_rows: Vec::new(), home, source, flags: &Flags::default(), env: &env })
        .map_err(|problems| format!("{problems}; nothing was changed"))?;
    files::replace_private(&path, text)
        .map_err(|e| format!("{} cannot be written ({})", path.display(), files::why(&e)))
}

/// Keeps a conversation that was added or opened by flags in the config file, and its profile too where the file has none
/// of that name. Says what was written.
///
/// # Errors
/// A sentence; the file is as it was.
pub fn keep(paths: &Paths, profile: &Profile, conversation: &Conversation) -> Result<String, String> {
    if profile.sandbox {
        return Err("The conversations of the sandbox cannot be kept: the sandbox has its own.".to_owned());
    }
    let mut document = edit::parse(&read(&paths.config_file)?)?;
    let owner = edit::add_profile(&mut document, profile);
    let name = edit::add_conversation(&mut document, &owner, &conversation.name, &conversation.address)?;
    replace(paths, &document.to_string(), &|name| std::env::var_os(name))?;
    Ok(format!("“{name}” is in {} now, in the profile {owner}.", paths.config_file.display()))
}

#[cfg(test)]
#[path = "../../tests/unit/app/config_file.rs"]
mod tests;
