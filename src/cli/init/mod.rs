//! `guestwire init`: writes a small, commented config file from what this machine knows, and asks for what is missing.
//! It never touches a file that is there already, and secrets stay where they are.

pub mod plan;
use std::fs::DirBuilder;
use std::io::{self, ErrorKind, Write as _};
use std::path::Path;

use directories::BaseDirs;

use crate::app::files;
use crate::config::origin::{Lookup, env_text};
use crate::config::regions;
use crate::config::{Flags, locate};
use crate::text::screen::visible;

use super::args::InitArgs;
use crate::app::exit::{Exit, Failed};
use crate::app::output::{Output, can_ask};
use plan::{CLIENT_ID, CLIENT_SECRET, ClientId, Draft, REGION, from_environment, from_platform_cli, render};

/// Carries it out.
pub fn run(args: &InitArgs, flags: &Flags, env: Lookup<'_>) -> Result<Exit, Failed> {
    let (paths, _) = locate(flags, env)?;
    let path = &paths.config_file;
    if path.symlink_metadata().is_ok() {
        return Err(exists(path));
    }
    let text = |name: &str| {
        let known = [REGION, CLIENT_ID, CLIENT_SECRET].into_iter().find(|known| *known == name)?;
        env_text(env, known).map(|(text, _)| text)
    };
    let mut drafts: Vec<Draft> = from_environment(text).into_iter().collect();
    let home = BaseDirs::new().map(|dirs| dirs.home_dir().join(".gc/config.toml"));
    if let Some(theirs) = home.and_then(|path| std::fs::read_to_string(path).ok()) {
        drafts.extend(from_platform_cli(&theirs));
    }
    if drafts.is_empty() {
        drafts.push(Draft::empty());
    }
    let lacking = !drafts.iter().any(Draft::is_complete);
    if lacking
        && !args.no_input
        && can_ask()
        && let Some(first) = drafts.first_mut()
    {
        complete(first, &mut io::stdin().lock())?;
    }
    write(path, &render(&drafts))?;
    report(path, &drafts)?;
    Ok(Exit::Done)
}

fn exists(path: &Path) -> Failed {
    let how = "edit it, or name another with --config; `guestwire config check` judges it";
    Failed::usage(format!("{} is there already and was not touched; {how}", path.display()))
}

/// Asks for what the draft lacks. The secret is not asked for: it has no place in the file.
fn complete(draft: &mut Draft, input: &mut dyn io::BufRead) -> Result<(), Failed> {
    while draft.region.is_none() {
        let answer = ask("Region (domain or AWS name, like mypurecloud.de or eu-central-1): ", input)?;
        draft.region = regions::find(&answer).map(|region| region.domain.as_str());
        if draft.region.is_none() {
            let near = regions::suggest(&answer).map(|n| format!(" Did you mean {n}?")).unwrap_or_default();
            say(&format!("That is not a region of Genesys Cloud.{near}\n"));
        }
    }
    while draft.client_id == ClientId::Unknown {
        let answer = ask("OAuth client id: ", input)?;
        if !answer.is_empty() {
            draft.client_id = ClientId::Literal(answer);
        }
    }
    "from your answers".clone_into(&mut draft.whence);
    Ok(())
}

fn ask(question: &str, input: &mut dyn io::BufRead) -> Result<String, Failed> {
    say(question);
    let mut line = String::new();
    match input.read_line(&mut line) {
        Ok(0) | Err(_) => Err(Failed::usage("no answer; nothing was written")),
        Ok(_) => Ok(line.trim().to_owned()),
    }
}

/// Questions go to stderr, so that stdout holds results only.
fn say(text: &str) {
    let mut stderr = io::stderr().lock();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}

/// Writes a new private file, in a private directory if that has to be made.
fn write(path: &Path, text: &str) -> Result<(), Failed> {
    let failed = |e: io::Error| match e.kind() {
        ErrorKind::AlreadyExists => exists(path),
        kind => Failed::here(format!("{} cannot be written ({kind})", path.display())),
    };
    if let Some(dir) = path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(dir).map_err(failed)?;
    }
    let mut file = files::private(path, false).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)
}

fn report(path: &Path, drafts: &[Draft]) -> Result<(), Failed> {
    let mut output = Output::default();
    let shown = path.display().to_string();
    output.line(&format!("wrote {}", visible(&shown)))?;
    for draft in drafts {
        let state = if draft.is_complete() { "ready" } else { "written as a comment, because something is missing" };
        output.line(&visible(&format!("profile {}, {}: {state}", draft.name, draft.whence)))?;
        if let Some(note) = &draft.secret_note {
            output.line(&visible(&format!("  next: {note}")))?;
        }
    }
    output.line("then: guestwire config check")?;
    if !drafts.iter().any(Draft::is_complete) {
        output.line("until a profile is filled in, the built-in sandbox opens")?;
    }
    Ok(())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::ffi::OsString;

    use super::*;

    #[test]
    fn it_never_overwrites() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        std::fs::write(&path, "mine").unwrap();
        let flags = Flags { config: Some(path.clone()), ..Flags::default() };
        let failed = run(&InitArgs { no_input: true }, &flags, &|_| None).unwrap_err();
        assert_eq!(failed.exit, Exit::Usage);
        assert!(failed.message.contains("was not touched"), "{}", failed.message);
        assert_eq!(write(&path, "other").unwrap_err(), exists(&path));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    }

    #[cfg(unix)]
    #[test]
    fn file_and_directory_are_private() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("new/config.toml");
        let flags = Flags { config: Some(path.clone()), ..Flags::default() };
        let env = |name: &str| match name {
            REGION => Some(OsString::from("us-east-1")),
            CLIENT_ID => Some(OsString::from("client-1")),
            _ => None,
        };
        assert_eq!(run(&InitArgs { no_input: true }, &flags, &env), Ok(Exit::Done));
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        assert!(std::fs::read_to_string(&path).unwrap().contains("mypurecloud.com"));
    }

    #[test]
    fn answers_complete_a_draft() {
        let mut draft = Draft::empty();
        complete(&mut draft, &mut "moon\n EU-west-1 \n\nclient-1\n".as_bytes()).unwrap();
        assert!(draft.is_complete());
        assert_eq!(draft.region, Some("mypurecloud.ie"));
        let failed = complete(&mut Draft::empty(), &mut "us-east-1\n".as_bytes()).unwrap_err();
        assert_eq!(failed.message, "no answer; nothing was written");
    }
}
