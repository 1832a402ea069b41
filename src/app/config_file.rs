//! The config file as something that guestwire changes: read whole, changed as text, checked, and replaced at once.

use std::path::Path;

use directories::BaseDirs;

use crate::config::origin::Lookup;
use crate::config::resolve::{ConfigInput, ConfigSource, resolve};
use crate::config::settings::Paths;
use crate::config::{Flags, Profile, edit};
use crate::files;
use crate::model::Conversation;

/// Larger than any config file should be.
const MAX_BYTES: u64 = 4 << 20;

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
    let base = BaseDirs::new();
    let home = base.as_ref().map(BaseDirs::home_dir);
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
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::config::ProfileChoice;
    use crate::config::settings::Settings;

    fn paths(dir: &Path) -> Paths {
        Paths {
            config_file: dir.join("new/config.toml"),
            config_exists: false,
            config_explicit: true,
            data_dir: dir.to_owned(),
            log_file: None,
        }
    }

    fn load(paths: &Paths, text: &str, flags: &Flags) -> Settings {
        let env = |name: &str| (name == "GENESYSCLOUD_REGION").then(|| "eu-west-1".into());
        resolve(ConfigInput { paths: paths.clone(), ..ConfigInput::of_text(text, flags, &env) }).unwrap()
    }

    #[test]
    fn what_was_opened_by_flags_opens_from_the_file_afterwards() {
        let dir = tempfile::tempdir().unwrap();
        let paths = paths(dir.path());
        let mut flags = Flags { named_target: true, ..Flags::default() };
        flags.target.deployment = Some("7f1c2d3e-0000-4000-8000-000000000005".to_owned());
        flags.target.origin = Some("https://shop.example".to_owned());
        let ProfileChoice::Named(profile) = load(&paths, "", &flags).profile else { panic!("no profile") };
        let conversation = profile.conversations.first().unwrap().conversation.clone();
        let said = keep(&paths, &profile, &conversation).unwrap();
        assert!(said.contains("in the profile main"), "{said}");
        let text = read(&paths.config_file).unwrap();
        let kept = load(&paths, &text, &Flags::default());
        let ProfileChoice::Named(kept) = kept.profile else { panic!("{text}") };
        assert_eq!((kept.name.as_str(), kept.region.domain.as_str()), ("main", "mypurecloud.ie"));
        assert_eq!(kept.conversations.first().unwrap().conversation.address, conversation.address);
        // Once is enough, and a file that was there keeps its words.
        std::fs::write(&paths.config_file, format!("# mine\n{text}")).unwrap();
        assert!(keep(&paths, &kept, &conversation).unwrap_err().contains("already"));
        let text = read(&paths.config_file).unwrap();
        assert!(text.starts_with("# mine\n"), "{text}");
    }

    #[test]
    fn a_file_that_could_not_be_read_is_not_written() {
        let dir = tempfile::tempdir().unwrap();
        let paths = paths(dir.path());
        assert!(
            replace(&paths, "[profiles.a]\nregion = \"moon\"\n", &|_| None)
                .unwrap_err()
                .contains("nothing was changed")
        );
        assert!(!paths.config_file.exists());
        replace(&paths, "# good\n", &|_| None).unwrap();
        assert_eq!(read(&paths.config_file).unwrap(), "# good\n");
    }
}
