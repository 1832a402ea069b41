//! Where a profile's journal lies, who may write it, and how a file is opened.
//!
//! ```text
//! DATA/profiles/<profile>/   0700
//!   journal.db               0600   (with -wal and -shm beside it)
//!   journal.lock             0600   held by the one that writes; the system lets go of it when that one dies
//!   journal.db.corrupt-…            set aside, never deleted
//! ```

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension as _};

use super::schema;
use crate::files::private_directory;

/// How long another program that holds the database is waited for.
const BUSY_MAX: Duration = Duration::from_secs(2);
/// Why nothing is recorded while it does for longer.
pub const BUSY: &str = "another program holds the journal";

/// A profile's directory under the data directory.
pub fn profile_dir(data_dir: &Path, profile: &str) -> PathBuf {
    data_dir.join("profiles").join(escaped(profile))
}

/// A profile's name as a file name: what is no plain letter, digit, `-` or `_` is written as its bytes.
fn escaped(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let written = |byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02x}") };
    if name.is_empty() { "%".to_owned() } else { name.bytes().map(written).collect() }
}

/// The database of a profile's directory.
pub fn database(dir: &Path) -> PathBuf {
    dir.join("journal.db")
}

/// Takes a file or directory away from everybody but its owner: it may have been there with other modes.
#[cfg(unix)]
fn restrict(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    if fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
    }
    Ok(())
}

/// Refuses what is no file: reading a FIFO would never end.
fn regular(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(found) if !found.is_file() => Err(io::Error::other("it is no regular file")),
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

fn with_companions(path: &Path) -> impl Iterator<Item = PathBuf> {
    let path = path.display().to_string();
    ["", "-wal", "-shm"].into_iter().map(move |suffix| PathBuf::from(format!("{path}{suffix}")))
}

/// Opens a file for its owner alone, or makes it.
fn private(path: &Path) -> io::Result<File> {
    regular(path)?;
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    #[cfg(unix)]
    restrict(path, 0o600)?;
    Ok(file)
}

/// Why a journal could not be opened for writing.
#[derive(Debug)]
pub enum FileDenied {
    Taken,
    Busy,
    Newer(i64),
    Corrupt(String),
    System(String),
}

impl From<rusqlite::Error> for FileDenied {
    fn from(e: rusqlite::Error) -> Self {
        match e.sqlite_error_code() {
            _ if is_corrupt(&e) => Self::Corrupt(e.to_string()),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            _ => Self::System(why(&e)),
        }
    }
}

/// An error in words that a person can act on.
pub fn why(e: &rusqlite::Error) -> String {
    match e.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => "the disk is full".to_owned(),
        Some(ErrorCode::ReadOnly) => "the data directory cannot be written".to_owned(),
        Some(ErrorCode::SystemIoFailure) => format!("the disk failed: {e}"),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => BUSY.to_owned(),
        _ => e.to_string(),
    }
}

/// The right to write; given back when dropped, or when the process ends in whatever way.
pub fn lock(dir: &Path) -> Result<File, FileDenied> {
    let system = |what: &str, e: &io::Error| FileDenied::System(format!("{what} {}: {e}", dir.display()));
    private_directory(dir).map_err(|e| system("the directory cannot be made:", &e))?;
    #[cfg(unix)]
    restrict(dir, 0o700).map_err(|e| system("the directory cannot be made private:", &e))?;
    let file = private(&dir.join("journal.lock")).map_err(|e| system("nothing can be written to", &e))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(FileDenied::Taken),
        Err(TryLockError::Error(e)) => Err(system("the lock cannot be had in", &e)),
    }
}

/// Waits until nobody has the right to write. It may be taken again at once.
pub fn wait_until_free(dir: &Path) -> io::Result<()> {
    private(&dir.join("journal.lock"))?.lock()
}

pub fn open(dir: &Path) -> Result<Connection, FileDenied> {
    let path = database(dir);
    // SQLite gives its other files the mode of this one.
    for file in with_companions(&path).filter(|file| *file == path || file.exists()) {
        drop(private(&file).map_err(|e| FileDenied::System(format!("{}: {e}", file.display())))?);
    }
    let mut db = connect(&path)?;
    let version = schema::version(&db)?;
    if version > schema::VERSION {
        return Err(FileDenied::Newer(version));
    }
    if version == 0 {
        // Only possible before the first table: lets pages go back to the system in small steps.
        db.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    }
    let mode: String = db.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if !mode.eq_ignore_ascii_case("wal") {
        return Err(FileDenied::System(format!("write-ahead logging is not possible there (the mode is {mode})")));
    }
    db.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA cache_size = -4000; PRAGMA journal_size_limit = 8388608; \
         PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = OFF;",
    )?;
    schema::migrate(&mut db)?;
    db.set_prepared_statement_cache_capacity(64);
    // Touches each table, so that a file that was cut short is found now and not in the middle of work.
    let tables = ["sessions", "conversations", "drafts", "messages", "heard", "exchanges", "details", "search"];
    let whole = tables.into_iter().chain(["passes", "guest_tokens"]).map(|table| (table, ""));
    for (table, order) in whole.chain([("messages", "ORDER BY 1 DESC"), ("exchanges", "ORDER BY 1 DESC")]) {
        db.query_row(&format!("SELECT * FROM {table} {order} LIMIT 1"), [], |_| Ok(())).optional()?;
    }
    Ok(db)
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(BUSY_MAX)?;
    Ok(db)
}

/// Opens the database for writing beside another guestwire of the same layout.
pub fn open_beside(dir: &Path) -> rusqlite::Result<Connection> {
    let db = connect(&database(dir))?;
    if schema::version(&db)? != schema::VERSION {
        return Err(rusqlite::Error::InvalidQuery);
    }
    db.pragma_update(None, "synchronous", "FULL")?;
    Ok(db)
}

/// Opens the database for reading only, also where nothing can be written beside it.
pub fn open_to_read(dir: &Path) -> Result<Connection, String> {
    let path = database(dir);
    if !path.exists() {
        return Err(format!("nothing has been kept yet ({} does not exist)", path.display()));
    }
    for file in with_companions(&path) {
        regular(&file).map_err(|e| format!("{} cannot be read: {e}", file.display()))?;
    }
    let look = |db: Connection| {
        db.busy_timeout(BUSY_MAX)?;
        db.execute_batch("PRAGMA cache_size = -2000; PRAGMA query_only = ON; PRAGMA temp_store = MEMORY;")?;
        Ok((schema::version(&db)?, db))
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = Connection::open_with_flags(&path, flags).and_then(look).or_else(|_| {
        // A directory that cannot be written and a write-ahead log that nobody left: the file is whole as it is.
        let place = path.display().to_string().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
        let url = format!("file:{place}?immutable=1");
        Connection::open_with_flags(url, flags | OpenFlags::SQLITE_OPEN_URI).and_then(look)
    });
    match opened {
        Ok((version, _)) if version > schema::VERSION => Err(newer(&path, version)),
        Ok((0, _)) => Err(format!("nothing has been kept yet in {}", path.display())),
        Ok((_, db)) => Ok(db),
        Err(e) => Err(format!("{} cannot be read: {e}", path.display())),
    }
}

pub fn newer(path: &Path, version: i64) -> String {
    format!(
        "{} was written by a newer guestwire (layout {version}, this one knows {}): it is left as it is",
        path.display(),
        schema::VERSION
    )
}

pub fn is_corrupt(e: &rusqlite::Error) -> bool {
    matches!(e.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// Gives a damaged database a new name, with what belongs to it. Never deletes.
pub fn set_aside(dir: &Path, now: Timestamp) -> io::Result<PathBuf> {
    let path = database(dir);
    let stamp = now.strftime("%Y%m%dT%H%M%SZ").to_string();
    let mut aside = dir.join(format!("journal.db.corrupt-{stamp}"));
    let mut again = 1;
    while aside.exists() {
        again += 1;
        aside = dir.join(format!("journal.db.corrupt-{stamp}-{again}"));
    }
    fs::rename(&path, &aside)?;
    for (from, to) in with_companions(&path).zip(with_companions(&aside)).skip(1) {
        match fs::rename(from, to) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
    }
    Ok(aside)
}

/// Removes a profile's directory and all that is in it. The error is a sentence.
pub fn forget(dir: &Path) -> Result<bool, String> {
    if !dir.exists() {
        return Ok(false);
    }
    let held = match lock(dir) {
        Ok(lock) => lock,
        Err(FileDenied::System(why)) => return Err(why),
        Err(_) => return Err("another guestwire has this profile open; leave it first, then forget".to_owned()),
    };
    fs::remove_dir_all(dir).map_err(|e| format!("{} cannot be removed: {e}", dir.display()))?;
    drop(held);
    Ok(true)
}
