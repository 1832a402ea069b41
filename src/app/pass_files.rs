//! Pass files where guestwire was started: found by their look, read with a bound.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::files;
use crate::pass::Pass;
use crate::pass::file::MAX_BYTES;
use crate::session::open_pass::FoundPass;

/// Files that are looked at, at most.
const FILES: usize = 200;

/// The `*.toml` files here that are passes, or would be but for a mistake.
pub fn here() -> Vec<FoundPass> {
    let Ok(dir) = std::fs::read_dir(".") else { return Vec::new() };
    let mut files: Vec<PathBuf> = dir
        .filter_map(|entry| Some(PathBuf::from(entry.ok()?.file_name())))
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .take(FILES)
        .collect();
    files.sort();
    files.into_iter().filter_map(judged).collect()
}

fn judged(path: PathBuf) -> Option<FoundPass> {
    let text = read(&path).ok()?;
    // Other tools' TOML files lie about, too.
    if !text.contains("[[cases") {
        return None;
    }
    let name = match Pass::parse(&path, &text) {
        Ok(pass) => Ok(pass.name),
        Err(problems) => Err(problems.0.first().map(ToString::to_string).unwrap_or_default()),
    };
    Some(FoundPass { path, name })
}

/// The file's text; the error is a sentence.
pub fn read(path: &Path) -> Result<String, String> {
    let failed = |why: String| format!("{} cannot be read: {why}.", path.display());
    let file = files::open(&files::typed(path)).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => format!("No such file: {}.", path.display()),
        _ => failed(files::why(&e)),
    })?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|e| failed(e.kind().to_string()))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(failed("it is larger than 256 KiB".to_owned()));
    }
    String::from_utf8(bytes).map_err(|_| failed("it is not UTF-8 text".to_owned()))
}
