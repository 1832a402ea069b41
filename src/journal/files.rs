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
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::schema;

/// How long another program that holds the database is waited for.
const BUSY: Duration = Duration::from_secs(2);

/// A profile's directory under the data directory.
pub fn profile_dir(data_dir: &Path, profile: &str) -> PathBuf {
    data_dir.join("profiles").join(escaped(profile))
}

/// A profile's name as a file name: what is no plain letter, digit, `-` or `_` is written as its bytes.
fn escaped(name: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02x}");
        }
    }
    if out.is_empty() { "%".to_owned() } else { out }
}

/// The database of a profile's directory.
pub fn database(dir: &Path) -> PathBuf {
    dir.join("journal.db")
}

/// Makes the directory, for its owner alone.
fn make_dir(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)?;
    // It may have been there with other modes.
    #[cfg(unix)]
    if let Ok(metadata) = fs::metadata(dir) {
        use std::os::unix::fs::PermissionsExt as _;
        if metadata.permissions().mode() & 0o077 != 0 {
            fs::set_permissions(dir, fs::Permissions::from_mode(0o700))?;
        }
    }
    Ok(())
}

/// A FIFO would be waited for without end, and a directory is none of ours.
fn regular(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(found) if !found.is_file() => Err(io::Error::other("it is no regular file")),
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

/// A file with what SQLite puts beside it.
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
    // It may have been there with other modes.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        if file.metadata()?.permissions().mode() & 0o077 != 0 {
            file.set_permissions(fs::Permissions::from_mode(0o600))?;
        }
    }
    Ok(file)
}

/// The right to write; given back when dropped, or when the process ends in whatever way.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "held, not read")] File);

/// Why a journal could not be opened for writing.
#[derive(Debug)]
pub enum FileDenied {
    /// Another guestwire writes it.
    Taken,
    /// Another program holds the database for the moment.
    Busy,
    /// A newer guestwire has written it.
    Newer(i64),
    /// The system said no.
    System(String),
}

/// Takes the right to write.
pub fn lock(dir: &Path) -> Result<Lock, FileDenied> {
    let system = |what: &str, e: &io::Error| FileDenied::System(format!("{what} {}: {e}", dir.display()));
    make_dir(dir).map_err(|e| system("the directory cannot be made:", &e))?;
    let file = private(&dir.join("journal.lock")).map_err(|e| system("nothing can be written to", &e))?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(TryLockError::WouldBlock) => Err(FileDenied::Taken),
        Err(TryLockError::Error(e)) => Err(system("the lock cannot be had in", &e)),
    }
}

/// Waits until nobody has the right to write. It may be taken again at once.
pub fn wait_until_free(dir: &Path) -> io::Result<()> {
    private(&dir.join("journal.lock"))?.lock()
}

/// What was found when a journal was opened for writing.
#[derive(Debug)]
pub struct OpenedFiles {
    /// The connection.
    pub db: Connection,
    /// Where a file that could not be read was put.
    pub set_aside: Option<PathBuf>,
}

/// Opens (or makes) the database for writing. A file that is no sound database is set aside under a new name.
pub fn open(dir: &Path, now: Timestamp) -> Result<OpenedFiles, FileDenied> {
    match attempt(dir) {
        Ok(db) => Ok(OpenedFiles { db, set_aside: None }),
        Err(Failed::Sqlite(e)) if is_corrupt(&e) => {
            let aside = set_aside(dir, now)
                .map_err(|why| FileDenied::System(format!("the journal is damaged and cannot be set aside: {why}")))?;
            let db = attempt(dir).map_err(Failed::denied)?;
            Ok(OpenedFiles { db, set_aside: Some(aside) })
        }
        Err(failed) => Err(failed.denied()),
    }
}

enum Failed {
    Newer(i64),
    Sqlite(rusqlite::Error),
    System(String),
}

impl Failed {
    fn denied(self) -> FileDenied {
        match self {
            Self::Newer(version) => FileDenied::Newer(version),
            Self::Sqlite(e) if is_busy(&e) => FileDenied::Busy,
            Self::Sqlite(e) => FileDenied::System(e.to_string()),
            Self::System(why) => FileDenied::System(why),
        }
    }
}

impl From<rusqlite::Error> for Failed {
    fn from(e: rusqlite::Error) -> Self {
        Self::Sqlite(e)
    }
}

fn attempt(dir: &Path) -> Result<Connection, Failed> {
    let path = database(dir);
    // SQLite gives its other files the mode of this one.
    for file in with_companions(&path).filter(|file| *file == path || file.exists()) {
        drop(private(&file).map_err(|e| Failed::System(format!("{}: {e}", file.display())))?);
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut db = Connection::open_with_flags(&path, flags)?;
    db.busy_timeout(BUSY)?;
    let version = schema::version(&db)?;
    if version > schema::VERSION {
        return Err(Failed::Newer(version));
    }
    if version == 0 {
        // Only possible before the first table: lets pages go back to the system in small steps.
        db.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    }
    let mode: String = db.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if !mode.eq_ignore_ascii_case("wal") {
        return Err(Failed::System(format!("write-ahead logging is not possible there (the mode is {mode})")));
    }
    db.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA cache_size = -4000; PRAGMA journal_size_limit = 8388608; \
         PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = OFF;",
    )?;
    schema::migrate(&mut db)?;
    db.set_prepared_statement_cache_capacity(64);
    // Touches each table, so that a file that was cut short is found now and not in the middle of work.
    for table in ["sessions", "conversations", "drafts", "messages", "exchanges", "details", "search"] {
        let newest = format!("SELECT * FROM {table} LIMIT 1");
        db.query_row(&newest, [], |_| Ok(())).or_else(|e| match e {
            rusqlite::Error::QueryReturnedNoRows => Ok(()),
            other => Err(other),
        })?;
    }
    for table in ["messages", "exchanges"] {
        let newest = format!("SELECT * FROM {table} ORDER BY 1 DESC LIMIT 1");
        db.query_row(&newest, [], |_| Ok(())).or_else(|e| match e {
            rusqlite::Error::QueryReturnedNoRows => Ok(()),
            other => Err(other),
        })?;
    }
    Ok(db)
}

/// Opens the database for writing beside another guestwire of the same layout.
pub fn open_beside(dir: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(database(dir), flags)?;
    db.busy_timeout(BUSY)?;
    db.execute_batch("PRAGMA synchronous = FULL")?;
    if schema::version(&db)? != schema::VERSION {
        return Err(rusqlite::Error::InvalidQuery);
    }
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
    let look = |db: Connection| -> rusqlite::Result<(Connection, i64)> {
        db.busy_timeout(BUSY)?;
        let version = schema::version(&db)?;
        db.execute_batch("PRAGMA cache_size = -2000; PRAGMA query_only = ON; PRAGMA temp_store = MEMORY;")?;
        Ok((db, version))
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = Connection::open_with_flags(&path, flags).and_then(look).or_else(|_| {
        // A directory that cannot be written and a write-ahead log that nobody left: the file is whole as it is.
        let url = format!("file:{}?immutable=1", url_path(&path));
        Connection::open_with_flags(url, flags | OpenFlags::SQLITE_OPEN_URI).and_then(look)
    });
    match opened {
        Ok((_, version)) if version > schema::VERSION => Err(newer(&path, version)),
        Ok((_, 0)) => Err(format!("nothing has been kept yet in {}", path.display())),
        Ok((db, _)) => Ok(db),
        Err(e) => Err(format!("{} cannot be read: {e}", path.display())),
    }
}

fn url_path(path: &Path) -> String {
    path.display().to_string().replace('%', "%25").replace('?', "%3f").replace('#', "%23")
}

/// What is said of a file that a newer guestwire has written.
pub fn newer(path: &Path, version: i64) -> String {
    format!(
        "{} was written by a newer guestwire (layout {version}, this one knows {}): it is left as it is",
        path.display(),
        schema::VERSION
    )
}

/// Whether an error says that the file itself is not sound.
pub fn is_corrupt(e: &rusqlite::Error) -> bool {
    matches!(e.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// Whether an error says that another program holds the database.
pub fn is_busy(e: &rusqlite::Error) -> bool {
    matches!(e.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
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
        Err(FileDenied::Taken) => {
            return Err("another guestwire has this profile open; leave it first, then forget".to_owned());
        }
        Err(FileDenied::System(why)) => return Err(why),
        // These two are found when the database is opened.
        Err(FileDenied::Newer(_) | FileDenied::Busy) => return Ok(false),
    };
    fs::remove_dir_all(dir).map_err(|e| format!("{} cannot be removed: {e}", dir.display()))?;
    drop(held);
    Ok(true)
}
