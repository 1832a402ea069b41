//! Where the text of a pass comes from: a file, or a name of a built-in one.

use std::io::{ErrorKind, Read as _};
use std::path::Path;

use super::Failed;
use crate::app::output::standard_input;
use crate::files;
use crate::pass::builtin;
use crate::pass::file::MAX_BYTES;
use crate::text::suggest::suggestion;

/// The file as it is called from now on, and its text.
pub fn source(named: Option<&Path>) -> Result<(String, String), Failed> {
    let names = || builtin::ALL.map(|(name, _)| name).join(", ");
    let Some(path) = named else {
        let how = format!("name a pass file, or one of the built-in passes: {}", names());
        return Err(Failed::usage(format!("there is nothing to run; {how}")));
    };
    let shown = path.display();
    let failed = |why: String| Failed::usage(format!("{shown}: {why}"));
    if files::is_standard_stream(path) {
        return Ok(("standard input".to_owned(), text(standard_input(MAX_BYTES)?).map_err(failed)?));
    }
    let mut file = match files::open(path) {
        Ok(file) => file,
        Err(error) => {
            return match path.to_str().and_then(|name| Some((name, builtin::named(name)?))) {
                Some((name, text)) => {
                    let name = name.strip_prefix(builtin::PREFIX).unwrap_or(name);
                    Ok((format!("{}{name}", builtin::PREFIX), text.to_owned()))
                }
                None if error.kind() == ErrorKind::NotFound => {
                    let near = suggestion(&shown.to_string(), builtin::ALL.map(|(name, _)| name));
                    Err(failed(format!("there is no such file, and no built-in pass has that name{near}")))
                }
                None => Err(failed(format!("cannot be read ({})", files::why(&error)))),
            };
        }
    };
    let mut bytes = Vec::new();
    let read = file.by_ref().take(MAX_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|e| failed(format!("cannot be read ({})", e.kind())))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(failed("is larger than 256 KiB; a pass file is smaller".to_owned()));
    }
    Ok((path.display().to_string(), text(bytes).map_err(failed)?))
}

fn text(bytes: Vec<u8>) -> Result<String, String> {
    String::from_utf8(bytes).map_err(|_| "is not UTF-8 text; save it as UTF-8".to_owned())
}
