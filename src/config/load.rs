//! The edge: finds and reads the config file. Everything else works on what is read here.

use crate::files;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use directories::ProjectDirs;

use super::flags::{ConfigInput, Flags};
use super::origin::{Lookup, Origin, RowSetting, ShownValue as _, env_path, flag};
use super::problem::{Problem, Problems, position};
use super::resolve::resolve;
use super::secret::open_to_others;
use super::settings::{Paths, Settings};

pub const MAX_BYTES: u64 = 4 << 20;

/// Decides where files are, without reading any, and says who decided.
pub fn locate(flags: &Flags, env: Lookup<'_>) -> Result<(Paths, Vec<RowSetting>), Problems> {
    let dirs = ProjectDirs::from("", "", "guestwire");
    let said = |name, given: &Option<PathBuf>, variable| flag(name, given.clone()).or_else(|| env_path(env, variable));
    let mut rows = Vec::new();
    let mut noted = |name: &str, (path, origin): (PathBuf, Origin)| {
        rows.push(RowSetting { name: name.to_owned(), value: path.shown(), origin });
        files::expand_home(&path)
    };
    let config = said("--config", &flags.config, "GUESTWIRE_CONFIG");
    let config_explicit = config.is_some();
    let usual = dirs.as_ref().map(|dirs| dirs.config_dir().join("config.toml")).unwrap_or_default();
    let config_file = noted("config file", config.unwrap_or((usual, Origin::Default)));
    let data = said("--data-dir", &flags.data_dir, "GUESTWIRE_DATA_DIR");
    let usual = dirs.as_ref().map(|dirs| dirs.data_dir().to_owned()).unwrap_or_default();
    let data_dir = noted("data directory", data.unwrap_or((usual, Origin::Default)));
    // Where nothing is kept there need be no place for it.
    if data_dir.as_os_str().is_empty() && !flags.ephemeral {
        let why = "this system has no home directory; use --data-dir PATH";
        return Err(Problem::new(format!("there is no place for data: {why}")).into());
    }
    if config_file.as_os_str().is_empty() && config_explicit {
        return Err(Problem::new("--config names no file; give its path").into());
    }
    let log_file = said("--log-file", &flags.log_file, "GUESTWIRE_LOG_FILE").map(|log| noted("log file", log));
    Ok((Paths { config_exists: config_file.exists(), config_explicit, config_file, data_dir, log_file }, rows))
}

pub fn load(flags: &Flags, env: Lookup<'_>) -> Result<Settings, Problems> {
    let (mut places, path_rows) = locate(flags, env)?;
    let read = read(&places.config_file, places.config_explicit, flags.sandbox || flags.target.region.is_some())?;
    places.config_exists = read.is_some();
    let (text, private) = read.unwrap_or_default();
    let home = files::home();
    resolve(ConfigInput { paths: places, path_rows, home: home.as_deref(), text: &text, private, flags, env })
}

/// The file's text and whether it is private; `None` if it does not exist and nobody named it. `optional`: flags name the
/// whole target, so that a file that may not be read counts as none.
fn read(path: &Path, named: bool, optional: bool) -> Result<Option<(String, bool)>, Problems> {
    let wrong = |sentence: String| Problems::from(Problem::file(path, sentence));
    let bytes = match files::read(path, MAX_BYTES) {
        Ok(bytes) => bytes,
        Err(e) if !named && matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
        Err(e) if !named && optional && e.kind() == ErrorKind::PermissionDenied => return Ok(None),
        Err(e) if e.kind() == ErrorKind::NotFound => {
            return Err(wrong("there is no such file; `guestwire init` writes one".to_owned()));
        }
        Err(e) if e.kind() == ErrorKind::IsADirectory => {
            return Err(wrong("is a directory; name the file in it".to_owned()));
        }
        Err(e) => return Err(wrong(format!("cannot be read ({})", files::error_text(&e)))),
    };
    let private = path.metadata().is_ok_and(|about| open_to_others(&about).is_none());
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some((text, private))),
        Err(e) => {
            let good = e.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(e.as_bytes().get(..good).unwrap_or_default()).into_owned();
            let at = position(&text, &(good..good));
            Err(Problem::at(path, at, "this is not UTF-8 text; save the file as UTF-8").into())
        }
    }
}
