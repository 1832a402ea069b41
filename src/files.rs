//! Files: regular ones read up to a bound, new ones that only their owner can read, and names as people write them.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use directories::BaseDirs;

/// The path with the home directory in place of a `~` at its beginning. A shell does that only for a word of its own:
/// not in `--out=~/x`, and not in what a variable holds.
pub fn from_home(path: &Path, home: Option<&Path>) -> PathBuf {
    match (path.strip_prefix("~"), home) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path.to_owned(),
    }
}

/// Whether a path names standard output or standard input, as `-` does everywhere and these devices do on Unix.
pub fn is_standard_stream(path: &Path) -> bool {
    let names = ["-", "/dev/stdin", "/dev/stdout", "/dev/fd/0", "/dev/fd/1", "/proc/self/fd/0", "/proc/self/fd/1"];
    names.iter().any(|name| path == Path::new(name))
}

/// Whether a path names a device, or something else that is open already (`/dev/null`, `/dev/stderr`, `>(gzip)` in a
/// shell): it is written to as it is, and never replaced.
pub fn is_device(path: &Path) -> bool {
    let in_place = ["/dev", "/dev/fd", "/proc/self/fd"].iter().any(|dir| path.parent() == Some(Path::new(dir)));
    in_place && path.metadata().is_ok_and(|about| !about.is_dir())
}

/// Opens a file for reading. Refuses what is no regular file: a device has no end, and opening a pipe waits for whoever
/// writes into it.
pub fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    }
    let file = options.open(path)?;
    let about = file.metadata()?;
    match (about.is_dir(), about.is_file()) {
        (true, _) => Err(io::ErrorKind::IsADirectory.into()),
        (_, false) => Err(io::Error::other("this is no regular file")),
        _ => Ok(file),
    }
}

pub fn read(path: &Path, max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(max.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max {
        return Err(io::Error::other(format!("it is larger than {} KiB", max >> 10)));
    }
    Ok(bytes)
}

pub fn read_text(path: &Path, max: u64) -> io::Result<String> {
    String::from_utf8(read(path, max)?).map_err(|_| io::Error::other("it is not UTF-8 text"))
}

/// A new file that only its owner can read; no link is followed. What is there already is an error, unless it is to be
/// replaced.
pub fn create_private(path: &Path, replace: bool) -> io::Result<File> {
    if replace && path.symlink_metadata().is_ok_and(|about| !about.is_dir()) {
        std::fs::remove_file(path)?;
    }
    open_private(path, OpenOptions::new().write(true).create_new(true))
}

fn open_private(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options.open(path).map_err(explain_missing_directory)
}

/// A new file is not found where its directory is not there.
pub fn explain_missing_directory(error: io::Error) -> io::Error {
    let missing = error.kind() == io::ErrorKind::NotFound;
    if missing { io::Error::new(error.kind(), "no such directory") } else { error }
}

pub fn private_with_directory(path: &Path, replace: bool) -> io::Result<File> {
    if let Some(dir) = path.parent() {
        private_directory(dir)?;
    }
    create_private(path, replace)
}

pub fn private_directory(dir: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// Writes a new private file, its directory too; `~` is home. What was done or why not: a sentence.
pub fn write_new(path: &Path, contents: &str) -> Result<String, String> {
    private_with_directory(&expand_home(path), false)
        .and_then(|mut file| file.write_all(contents.as_bytes()))
        .map(|()| format!("Saved to {}.", path.display()))
        .map_err(|e| format!("Could not write {}: {}.", path.display(), error_text(&e)))
}

pub fn append_private(path: &Path) -> io::Result<File> {
    open_private(path, OpenOptions::new().create(true).append(true))
}

/// Replaces a file, or makes it, at once: whoever reads it meanwhile finds the old text or the new. A link stays one,
/// and what it leads to is replaced. Only its owner can read the new file.
pub fn replace_private(path: &Path, text: &str) -> io::Result<()> {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    private_directory(dir)?;
    // Made with mode 0600.
    let mut file = tempfile::NamedTempFile::new_in(dir)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|e| e.error)?;
    Ok(())
}

/// Why a file could not be used, as part of a sentence.
pub fn error_text(error: &io::Error) -> String {
    match (error.get_ref(), error.kind()) {
        (Some(own), _) => own.to_string(),
        (None, io::ErrorKind::NotFound) => "no such file".to_owned(),
        (None, io::ErrorKind::PermissionDenied) => "permission denied".to_owned(),
        (None, io::ErrorKind::AlreadyExists) => "the file exists already".to_owned(),
        (None, kind) => kind.to_string(),
    }
}

/// A path as a person types it where no shell reads it: `~` is the home directory.
pub fn expand_home(path: &Path) -> PathBuf {
    from_home(path, home().as_deref())
}

pub fn home() -> Option<PathBuf> {
    Some(BaseDirs::new()?.home_dir().to_owned())
}

/// `typed` as far as the names in its directory allow, as a shell's Tab does, and those names where there are several.
pub fn completed(text: &str) -> (String, Vec<String>) {
    let (dir, begun) = text.split_at(text.rfind('/').map_or(0, |at| at + 1));
    let place = expand_home(Path::new(if dir.is_empty() { "." } else { dir }));
    let entries = std::fs::read_dir(place).into_iter().flatten().filter_map(Result::ok);
    let mut names: Vec<String> = entries
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok().filter(|name| name.starts_with(begun))?;
            let hidden = name.starts_with('.') && !begun.starts_with('.');
            let slash = if entry.path().is_dir() { "/" } else { "" };
            (!hidden).then(|| format!("{name}{slash}"))
        })
        .collect();
    names.sort();
    let Some(first) = names.first() else { return (text.to_owned(), names) };
    let common = |a: &str, b: &str| a.char_indices().zip(b.chars()).find(|((_, x), y)| x != y).map(|((at, _), _)| at);
    let end = names.iter().map(|name| common(first, name).unwrap_or(first.len().min(name.len()))).min();
    (format!("{dir}{}", first.get(..end.unwrap_or(0)).unwrap_or_default()), names)
}
