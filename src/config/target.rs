//! Whom guestwire speaks to: `--sandbox`, a profile of the file, or a target that no config file names. Of these there
//! is the profile `env`, which the environment variables of the vendor's tools make, and the one conversation that
//! flags describe.

use super::edit;
use super::flags::{AdHocTarget, Flags};
use super::origin::{Lookup, Origin, ShownValue as _, Sourced, env_text, flag, switch};
use super::problem::{Located, Problem};
use super::proxy::{PROXY_HOST, from_variables};
use super::regions::SANDBOX;
use super::settings::Paths;
use super::toml_reader::Table;
use super::vendor_files::{ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET, REGION};
use crate::genesys::guest_api;
use crate::text::nearest;

/// The profile that exists by itself while [`REGION`] is in the environment, or `--region` is given.
pub const ENV: &str = "env";

pub(super) enum ChosenProfile {
    Sandbox,
    Named(usize),
    Env,
}

/// Which profile: `--sandbox`, `--profile`, `--region`, `GUESTWIRE_PROFILE`, what the file `opens`, the only one of the
/// file; without one, the environment's for a command that needs a target, else the sandbox.
pub(super) fn choose(
    root: &Table<'_>,
    paths: &Paths,
    flags: &Flags,
    env: Lookup<'_>,
    opens: Option<Located<String>>,
    profiles: &[Located<String>],
) -> Result<ChosenProfile, Problem> {
    let by_region = flags.target.region.is_some();
    if by_region && (flags.sandbox || flags.profile.as_ref().is_some_and(|name| name != ENV)) {
        return Err(Problem::new("--region is for a target without a profile: a profile has its own region"));
    }
    let has_env_profile = region(env, &flags.target).is_some();
    let said: Sourced<String> = switch("--sandbox", flags.sandbox)
        .map(|(_, origin)| (SANDBOX.to_owned(), origin))
        .or_else(|| flag("--profile", flags.profile.clone()))
        .or_else(|| flag("--region", by_region.then(|| ENV.to_owned())))
        .or_else(|| env_text(env, "GUESTWIRE_PROFILE"))
        .or_else(|| opens.map(|opens| (opens.value, Origin::File(opens.at))));
    let needs_target = flags.named_target || flags.target.names_conversation();
    let otherwise = match profiles {
        [] if needs_target && has_env_profile => ENV.to_owned(),
        [] if needs_target && said.is_none() => {
            let how = "name a profile with --profile (`guestwire init` writes a config file), set GENESYSCLOUD_REGION and \
                       the OAuth client's variables, give --region, or say --sandbox for the built-in simulator";
            return Err(Problem::new(format!("there is no target: {how}")));
        }
        [] => SANDBOX.to_owned(),
        [only] => only.value.clone(),
        many if said.is_none() => {
            let names: Vec<String> = many.iter().map(|name| format!("`{}`", name.value)).collect();
            let how = "add profile = \"NAME\" at the top, or use --profile NAME";
            let sentence = format!("none of the profiles {} opens by default; {how}", names.join(", "));
            return Err(Problem::file(&paths.config_file, sentence));
        }
        _ => String::new(),
    };
    let (name, origin) = said.unwrap_or((otherwise, Origin::Default));
    root.note_from("profile", name.shown(), origin.clone());
    match profiles.iter().position(|known| known.value == name) {
        _ if name == SANDBOX => Ok(ChosenProfile::Sandbox),
        // What flags describe goes where they say, also where the file has a profile of that name.
        _ if by_region => Ok(ChosenProfile::Env),
        Some(at) => Ok(ChosenProfile::Named(at)),
        None if name == ENV && has_env_profile => Ok(ChosenProfile::Env),
        None => Err(unknown_profile(paths, profiles, &name, &origin)),
    }
}

fn unknown_profile(paths: &Paths, profiles: &[Located<String>], name: &str, origin: &Origin) -> Problem {
    let path = &paths.config_file;
    if name == ENV {
        let how = "set GENESYSCLOUD_REGION, or give --region";
        return Problem::new(format!("the profile `{name}` needs a region: {how}"));
    }
    if !paths.config_exists {
        let only = format!("there is no config file, and without one there is only `{SANDBOX}`, which is built in");
        let how = format!("`guestwire init` writes {}", path.display());
        return Problem::new(format!("there is no profile `{name}` ({origin}): {only}; {how}"));
    }
    let known = || profiles.iter().map(|p| p.value.as_str()).chain([SANDBOX]);
    let near = match nearest(name, known()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known here: {}", known().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")),
    };
    match origin {
        Origin::File(at) => Problem::at(path, *at, format!("there is no profile `{name}`; {near}")),
        _ => Problem::new(format!("there is no profile `{name}` in {} ({origin}); {near}", path.display())),
    }
}

/// The region of the profile `env`: the flag's, else the variable's. Without one there is no such profile.
pub(super) fn region(env: Lookup<'_>, target: &AdHocTarget) -> Option<String> {
    target.region.clone().or_else(|| env_text(env, REGION).map(|(region, _)| region))
}

/// What variables and flags say, as a file would say it: a profile's table, where `is_env`, and its conversation.
pub(super) fn spoken_text(env: Lookup<'_>, target: &AdHocTarget, is_env: bool) -> String {
    let conversation = target.conversation().map(|(name, address)| edit::conversation(&name, &address).to_string());
    let mut lines = vec![format!("conversations = [{}]", conversation.unwrap_or_default())];
    if is_env {
        let line = |field: &str, text: String| format!("{field} = {}", toml::Value::from(text));
        lines.extend(region(env, target).map(|region| line("region", region)));
        lines.extend(from_variables(env).map(|url| line("proxy", url)));
        let said = |name| env_text(env, name).is_some();
        let (id, secret) = (said(CLIENT_ID), said(CLIENT_SECRET));
        // A client renews, a token does not: with both the client is taken, as the vendor's tools do.
        let token = said(ACCESS_TOKEN) && !(id && secret);
        let reference = |field: &str, variable: &str| format!("oauth.{field}.env = \"{variable}\"");
        lines.extend((id && !token).then(|| reference("client_id", CLIENT_ID)));
        lines.extend((secret && !token).then(|| reference("client_secret", CLIENT_SECRET)));
        lines.extend(token.then(|| reference("access_token", ACCESS_TOKEN)));
        // The scope that the Guest API's description names, for a client that says nothing of scopes.
        if (id || secret || token) && target.conversation.is_some() {
            lines.push(format!("oauth.scopes = [\"{}\"]", guest_api::SCOPE));
        }
    }
    lines.join("\n")
}

/// From which variable or flag a field comes that no line of the file says.
pub(super) fn origin_of(field: &str, target: &AdHocTarget) -> Origin {
    match field {
        "region" if target.region.is_some() => Origin::Flag("--region"),
        "region" => Origin::Env(REGION),
        "client_id" => Origin::Env(CLIENT_ID),
        "client_secret" => Origin::Env(CLIENT_SECRET),
        "access_token" => Origin::Env(ACCESS_TOKEN),
        "proxy" => Origin::Env(PROXY_HOST),
        _ if target.deployment.is_some() => Origin::Flag("--deployment"),
        _ if target.integration.is_some() => Origin::Flag("--integration"),
        _ => Origin::Flag("--conversation"),
    }
}
