//! `guestwire init` where a config file is there already: what is new is named, and added if one agrees.

use std::io::BufRead;
use std::path::Path;

use toml_edit::{DocumentMut, Item, TableLike};

use super::draft::{Draft, FoundRegion, SignsIn};
use crate::app::exit::{Exit, Failed};
use crate::app::local;
use crate::app::output::{Output, ask, say};
use crate::config::origin::Lookup;
use crate::config::settings::Paths;
use crate::config::vendor_files::PLATFORM_CLI;
use crate::config::{edit, regions};
use crate::model::Address;
use crate::text::screen::visible;

pub fn untouched(path: &Path, why: &str) -> Failed {
    let how = "edit it, or name another file with --config; `guestwire config check` checks it";
    Failed::usage(format!("{} exists and was not changed: {why}; {how}", path.display()))
}

enum Addition<'d> {
    Profile(&'d Draft),
    SignsIn(String, &'d Draft),
    Conversation(String, Address),
}

impl Addition<'_> {
    fn sentence(&self) -> String {
        match self {
            Self::Profile(draft) => format!("the profile {}, {}", draft.name, draft.source),
            Self::SignsIn(profile, draft) => format!("the sign-in of the profile {profile}, {}", draft.source),
            Self::Conversation(profile, _) => format!("the web conversation of the snippet, to the profile {profile}"),
        }
    }

    fn notes(&self) -> &[String] {
        match self {
            Self::Profile(draft) if draft.is_web_alone() => &[],
            Self::Profile(draft) | Self::SignsIn(_, draft) => &draft.notes,
            Self::Conversation(..) => &[],
        }
    }
}

/// Adds to the file what is new. `input` answers where a person can be asked; `yes` agrees to everything.
pub fn to_existing(
    paths: &Paths,
    drafts: &[Draft],
    yes: bool,
    input: Option<&mut dyn BufRead>,
    env: Lookup<'_>,
) -> Result<Exit, Failed> {
    let path = &paths.config_file;
    let text = local::config_text(path).map_err(Failed::usage)?;
    let mut document = edit::parse(&text).map_err(Failed::usage)?;
    let mut additions: Vec<Addition<'_>> = drafts.iter().flat_map(|draft| new_of(&document, draft)).collect();
    if additions.is_empty() {
        return Err(untouched(path, "guestwire found nothing to add"));
    }
    if let Some(input) = input.filter(|_| !yes) {
        let mut agreed = Vec::new();
        for addition in additions {
            let answer = ask(&format!("Add {}? (y/n) ", addition.sentence()), input)?;
            if matches!(answer.to_lowercase().as_str(), "y" | "yes") {
                agreed.push(addition);
            }
        }
        additions = agreed;
    } else if !yes {
        let found: Vec<String> = additions.iter().map(Addition::sentence).collect();
        return Err(untouched(path, &format!("`guestwire init --yes` adds what was found: {}", found.join("; "))));
    }
    if additions.is_empty() {
        say("Nothing was changed.\n");
        return Ok(Exit::Done);
    }
    let mut output = Output::default();
    for addition in &additions {
        add(&mut document, addition).map_err(Failed::usage)?;
        output.line(&visible(&format!("added {}", addition.sentence())))?;
    }
    local::replace_config(paths, &document.to_string(), env).map_err(Failed::usage)?;
    for note in additions.iter().flat_map(Addition::notes) {
        output.line(&visible(&format!("  next: {note}")))?;
    }
    output.line("then: guestwire config check")?;
    Ok(Exit::Done)
}

fn new_of<'d>(document: &DocumentMut, draft: &'d Draft) -> Vec<Addition<'d>> {
    let (true, FoundRegion::Known(domain)) = (draft.is_complete(), &draft.region) else { return Vec::new() };
    let all = document.get("profiles").and_then(Item::as_table_like);
    let tables =
        all.into_iter().flat_map(TableLike::iter).filter_map(|(name, item)| Some((name, item.as_table_like()?)));
    let domain_of = |table: &dyn TableLike| Some(regions::find(table.get("region")?.as_str()?)?.domain.as_str());
    let of_region: Vec<_> = tables.filter(|(_, table)| domain_of(*table) == Some(*domain)).collect();
    let mut new = Vec::new();
    if !draft.lacks_client() && !of_region.iter().any(|(_, table)| signs_in_so(*table, &draft.signs_in)) {
        match of_region.iter().find(|(_, table)| !table.contains_key("oauth")) {
            Some((name, _)) => new.push(Addition::SignsIn((*name).to_owned(), draft)),
            None => return vec![Addition::Profile(draft)],
        }
    }
    if let Some(web) = &draft.web {
        let (deployment_id, origin) = (web.deployment_id.clone(), web.origin.clone().unwrap_or_default());
        let address = Address::WebMessaging { deployment_id, origin };
        match of_region.first() {
            Some((name, _)) if edit::add_conversation(&mut document.clone(), name, "Web guest", &address).is_ok() => {
                new.push(Addition::Conversation((*name).to_owned(), address));
            }
            Some(_) => {}
            None => new.push(Addition::Profile(draft)),
        }
    }
    new
}

fn signs_in_so(profile: &dyn TableLike, signs_in: &SignsIn) -> bool {
    let field = if matches!(signs_in, SignsIn::Token(_)) { "access_token" } else { "client_id" };
    let theirs = profile.get("oauth").and_then(Item::as_table_like).and_then(|oauth| oauth.get(field));
    let ours: Option<DocumentMut> = signs_in.lines(&[]).ok().and_then(|lines| lines.parse().ok());
    theirs.is_some_and(|theirs| ours.is_some_and(|ours| ours.get(field).map(source) == Some(source(theirs))))
}

/// Where a value is: itself, a variable, or a profile in a file of the vendor's tools.
fn source(item: &Item) -> [Option<&str>; 4] {
    let says = |form: &str| item.as_table_like().and_then(|table| table.get(form)?.as_str());
    [item.as_str(), says("env"), says("gc"), says("file").filter(|file| *file != PLATFORM_CLI)]
}

fn add(document: &mut DocumentMut, addition: &Addition<'_>) -> Result<(), String> {
    match addition {
        Addition::Conversation(profile, address) => {
            edit::add_conversation(document, profile, "Web guest", address).map(drop)
        }
        Addition::SignsIn(profile, draft) => {
            let lines: DocumentMut = draft.signs_in.lines(&draft.notes)?.parse().map_err(|_| "this cannot be added")?;
            let table = document.get_mut("profiles").and_then(|all| all.get_mut(profile.as_str()));
            let table =
                table.and_then(Item::as_table_like_mut).ok_or_else(|| format!("there is no profile `{profile}`"))?;
            table.insert("oauth", Item::Table(lines.as_table().clone()));
            Ok(())
        }
        Addition::Profile(draft) => {
            let taken = edit::profiles(document);
            let name = edit::free_name(&draft.name, "-", |name| taken.iter().any(|taken| taken == name));
            let default = taken.first().unwrap_or(&name).clone();
            let written = Draft { name, ..(*draft).clone() }.written()?;
            *document = edit::parse(&format!("{document}\n{written}"))?;
            if document.get("profile").is_none() {
                document.insert("profile", toml_edit::value(default));
            }
            Ok(())
        }
    }
}
