//! `guestwire init`: writes a small, commented config file from what this machine knows, and asks for what is missing.
//! To a file that is there already it adds what is new, if one agrees. Secrets stay where they are.

mod add;
mod draft;

use std::io::{self, BufRead, ErrorKind, Write as _};
use std::path::Path;

use crate::config::edit::free_name;
use clap::Args;
use draft::{Draft, FoundRegion, SignsIn, WebGuest, from_environment, from_files, join, quoted, render};

use crate::app::exit::{Exit, Failed};
use crate::app::output::{self, Output, ask, can_ask, say, standard_input};
use crate::config::origin::Lookup;
use crate::config::regions::MessengerSnippet;
use crate::config::{Flags, address, locate};
use crate::files;
use crate::text::screen::visible;

/// `guestwire init`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  guestwire init
  guestwire init --region euw1 --no-input
  guestwire init --origin https://shop.example snippet.html")]
pub struct InitArgs {
    /// A Messenger snippet from the web deployment: the text, a file, or `-` for standard input
    #[arg(value_name = "SNIPPET")]
    pub snippet: Option<String>,
    /// Ask nothing: write what is known; you fill in the rest
    #[arg(long)]
    pub no_input: bool,
    /// Add what was found to an existing config file, without a question
    #[arg(long)]
    pub yes: bool,
}

const THEIRS_MAX: u64 = 1 << 20;

pub fn run(args: &InitArgs, flags: &Flags, env: Lookup<'_>) -> Result<Exit, Failed> {
    let (paths, _) = locate(flags, env)?;
    let path = &paths.config_file;
    let mut drafts = look_around(flags, env);
    // What the files of others say wrongly does not stand in the way.
    let of_environment = |draft: &&Draft| matches!(&draft.region, FoundRegion::Wrong(_, by) if !by.starts_with("~/"));
    let wrong = drafts.iter().find(of_environment).and_then(|draft| draft.region.problem());
    let snippet = args.snippet.as_deref().map(read_snippet).transpose()?;
    let asks = !args.no_input && !args.yes && can_ask();
    if let Some(problem) = wrong.filter(|_| !asks) {
        return Err(Failed::usage(format!("{problem}; nothing was written")));
    }
    if drafts.is_empty() {
        drafts.push(Draft::empty());
    }
    let mut input = io::stdin().lock();
    let first = place_for(&mut drafts, snippet.as_ref())?;
    if let Some(first) = drafts.get_mut(first) {
        let deployment = snippet.map(|snippet| snippet.deployment_id).or_else(|| flags.target.deployment.clone());
        let origin = flags.target.origin.clone();
        first.web = deployment.map(|deployment_id| WebGuest { deployment_id, origin });
    }
    let lacking = !drafts.iter().any(Draft::is_complete) || drafts.iter().any(|d| d.web.is_some() && !d.is_complete());
    if lacking
        && asks
        && let Some(first) = drafts.get_mut(first)
    {
        complete(first, &mut input)?;
    }
    if path.symlink_metadata().is_ok() {
        return add::to_existing(&paths, &drafts, args.yes, asks.then_some(&mut input as &mut dyn BufRead), env);
    }
    write(path, &render(&drafts).map_err(Failed::here)?)?;
    report(path, &drafts)?;
    Ok(Exit::Done)
}

fn look_around(flags: &Flags, env: Lookup<'_>) -> Vec<Draft> {
    let value = |name: &str| Some(env(name)?.to_string_lossy().into_owned()).filter(|value| !value.is_empty());
    let mut drafts: Vec<Draft> = from_environment(value, flags.target.region.as_deref()).into_iter().collect();
    let Some(home) = files::home() else { return drafts };
    let mut from = |names: &[&str]| {
        let read = |name: &&str| {
            let (place, read) = (format!("~/{name}"), files::read_text(&home.join(name), THEIRS_MAX));
            if let Err(why) = &read
                && home.join(name).exists()
            {
                output::warn(&format!("{place} was not looked into: it cannot be read ({})", files::error_text(why)));
            }
            Some((place, read.ok()?))
        };
        let texts: Vec<(String, String)> = names.iter().filter_map(read).collect();
        let found = from_files(&texts);
        if found.is_empty() {
            for (place, _) in texts.iter().filter(|(_, text)| !text.trim().is_empty()) {
                output::warn(&format!("nothing that a profile could use was found in {place}"));
            }
        }
        drafts.extend(found);
    };
    from(&[".gc/config.toml"]);
    // Both files have the same profiles, as those of other vendors' tools.
    from(&[".genesyscloud/credentials", ".genesyscloud/config"]);
    let mut sdks: Vec<String> = std::fs::read_dir(&home)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.len() > ".genesyscloud".len() && name.starts_with(".genesyscloud"))
        .collect();
    sdks.sort();
    for name in sdks.iter().map(|dir| format!("{dir}/config")).chain([".archy_config".to_owned()]) {
        from(&[&name]);
    }
    join(drafts)
}

/// The snippet that the argument is: `-` reads it from standard input, a file's name reads the file.
fn read_snippet(argument: &str) -> Result<MessengerSnippet, Failed> {
    let text = if argument == "-" {
        String::from_utf8_lossy(&standard_input(THEIRS_MAX)?).into_owned()
    } else {
        files::read_text(Path::new(argument), THEIRS_MAX).unwrap_or_else(|_| argument.to_owned())
    };
    let none = "this is not a Messenger snippet: it has no deploymentId";
    MessengerSnippet::read(&text).ok_or_else(|| Failed::usage(none))
}

/// Which draft is of the snippet's region; a new one is made where none is. Without a snippet the first.
fn place_for(drafts: &mut Vec<Draft>, snippet: Option<&MessengerSnippet>) -> Result<usize, Failed> {
    let Some(snippet) = snippet else { return Ok(0) };
    let domain = match &snippet.region {
        Ok(region) => region.domain.as_str(),
        Err(environment) => {
            let known = drafts.iter().position(|draft| matches!(draft.region, FoundRegion::Known(_)));
            let why = format!("the snippet's environment {environment:?} is not a known region");
            return known.ok_or_else(|| Failed::usage(format!("{why}; give the region with --region")));
        }
    };
    if let Some(at) = drafts.iter().position(|draft| draft.region == FoundRegion::Known(domain)) {
        return Ok(at);
    }
    let source = "from the Messenger snippet".to_owned();
    if let Some(at) = drafts.iter().position(|draft| draft.region == FoundRegion::Missing)
        && let Some(draft) = drafts.get_mut(at)
    {
        draft.region = FoundRegion::Known(domain);
        if draft.signs_in.is_unknown() {
            draft.source = source;
        }
        return Ok(at);
    }
    let name = free_name("web", "-", |name| drafts.iter().any(|draft| draft.name == name));
    drafts.push(Draft { name, source, region: FoundRegion::Known(domain), ..Draft::empty() });
    Ok(drafts.len() - 1)
}

/// Asks for what the draft lacks. The secret is not asked for: it has no place in the file.
fn complete(draft: &mut Draft, input: &mut dyn BufRead) -> Result<(), Failed> {
    while !matches!(draft.region, FoundRegion::Known(_)) {
        if let Some(problem) = draft.region.problem() {
            say(&format!("{problem}\n"));
        }
        let question = "Region (domain or AWS name, like mypurecloud.de or eu-central-1), or a Messenger snippet: ";
        let mut answer = ask(question, input)?;
        // A snippet is pasted line by line.
        while answer.contains('<') && !answer.contains("</script>") {
            let line = ask("", input)?;
            answer = format!("{answer}\n{line}");
        }
        if let Some(found) = MessengerSnippet::read(&answer) {
            draft.web = Some(WebGuest { deployment_id: found.deployment_id, origin: None });
            draft.region = found.region.map_or_else(
                |text| FoundRegion::Wrong(text, "the snippet".to_owned()),
                |r| FoundRegion::Known(&r.domain),
            );
        } else {
            draft.region = FoundRegion::of(&answer, "that");
        }
    }
    while let Some(WebGuest { origin: origin @ None, .. }) = &mut draft.web {
        match address::origin(&ask("A site that the deployment allows, like https://shop.example: ", input)?) {
            Ok(site) => *origin = Some(site),
            Err(why) => say(&format!("{why}\n")),
        }
    }
    while draft.web.is_none()
        && let SignsIn::Client { id: id @ None, .. } = &mut draft.signs_in
    {
        let answer = ask("OAuth client id: ", input)?;
        *id = Some(answer).filter(|answer| !answer.is_empty()).map(|answer| quoted(&answer));
    }
    "from your answers".clone_into(&mut draft.source);
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), Failed> {
    let failed = |e: io::Error| match e.kind() {
        ErrorKind::AlreadyExists => add::untouched(path, "it was created just now"),
        kind => Failed::here(format!("{} cannot be written ({kind})", path.display())),
    };
    let mut file = files::private_with_directory(path, false).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)
}

fn report(path: &Path, drafts: &[Draft]) -> Result<(), Failed> {
    let mut output = Output::default();
    output.line(&visible(&format!("wrote {}", path.display())))?;
    for draft in drafts {
        let state = if draft.is_complete() { "ready" } else { "written as a comment, because something is missing" };
        output.line(&visible(&format!("profile {}, {}: {state}", draft.name, draft.source)))?;
        let notes = draft.notes.iter().filter(|_| !draft.is_web_alone());
        let lacks = Some(draft.lacks()).filter(|lacks| !lacks.is_empty());
        let lacks = lacks.map(|lacks| format!("fill in {}, then remove the # before its lines", lacks.join(" and ")));
        for next in draft.region.problem().iter().chain(&lacks).chain(notes) {
            output.line(&visible(&format!("  next: {next}")))?;
        }
    }
    output.line("then: guestwire config check")?;
    if !drafts.iter().any(Draft::is_complete) {
        output.line("until a profile is filled in, the built-in sandbox opens")?;
    }
    Ok(())
}

#[cfg(test)]
#[path = "../../../tests/unit/cli/init/mod.rs"]
mod tests;
