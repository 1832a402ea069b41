//! Whom guestwire speaks to: `--sandbox`, a profile of the file, or the one that the environment and flags make.

use super::ad_hoc::{self, AdHocTarget};
use super::flags::Flags;
use super::origin::{EffectiveSettings, Lookup, ShownValue as _, Sourced, env_text, file, flag, switch};
use super::problem::{Problem, Spot};
use super::regions::SANDBOX;
use super::settings::{Origin, Paths};
use crate::text::suggest::nearest;

/// Whom the settings are for.
pub(super) enum Choice {
    /// The embedded sandbox.
    Sandbox,
    /// A profile of the file, by its place.
    Named(usize),
    /// The one that environment variables and flags make.
    Env,
    /// Nobody: a problem says why.
    None,
}

/// Whether the flags describe one conversation in full; a flag without the ones that it needs is a problem.
pub(super) fn check_target(target: &AdHocTarget, problems: &mut Vec<Problem>) {
    let mut wrong = |sentence: &str| problems.push(Problem::new(sentence));
    for (name, value) in target.flags() {
        if value.is_some_and(|value| value.trim().is_empty()) {
            wrong(&format!("{name} is empty: give it a value, or leave it out"));
        }
    }
    if target.deployment.is_some() != target.origin.is_some() {
        wrong("--deployment and --origin need each other: give the deployment's id, and a site that it allows");
    }
    if target.guest.is_some() && target.integration.is_none() {
        wrong("--guest needs --integration: give the integration's id, too");
    }
    if target.participant.is_some() && target.conversation.is_none() {
        wrong("--participant needs --conversation: give the conversation's id, too");
    }
    if [&target.deployment, &target.integration, &target.conversation].into_iter().flatten().count() > 1 {
        wrong("--deployment, --integration and --conversation each name a target: give only one of them");
    }
}

/// What the choice of a profile depends on.
pub(super) struct ChoiceInputs<'a> {
    pub paths: &'a Paths,
    pub flags: &'a Flags,
    pub env: Lookup<'a>,
    /// What the file says opens.
    pub opens: Option<Spot<String>>,
    /// The environment makes a profile.
    pub has_env_profile: bool,
}

/// Which profile: `--sandbox`, `--profile`, `--region`, `GUESTWIRE_PROFILE`, `profile =`, the only one of the file, the
/// environment's, and last, where there is a screen, the sandbox.
pub(super) fn choose(
    given: &ChoiceInputs<'_>,
    profiles: &[Spot<String>],
    effective: &mut EffectiveSettings,
    problems: &mut Vec<Problem>,
) -> Choice {
    let ChoiceInputs { paths, flags, env, opens, has_env_profile } = given;
    let path = &paths.config_file;
    let by_switch = switch("--sandbox", flags.sandbox).map(|(_, origin)| (SANDBOX.to_owned(), origin));
    if flags.target.region.is_some()
        && (flags.sandbox || flags.profile.as_ref().is_some_and(|name| name != ad_hoc::ENV))
    {
        problems.push(Problem::new("--region is for a target without a profile: a profile has its own region"));
        return Choice::None;
    }
    let by_region = flag("--region", flags.target.region.as_ref().map(|_| ad_hoc::ENV.to_owned()));
    let said: Sourced<String> = by_switch
        .or_else(|| flag("--profile", flags.profile.clone()))
        .or(by_region)
        .or_else(|| env_text(*env, "GUESTWIRE_PROFILE"))
        .or_else(|| file(opens.clone()));
    let needs_target = flags.named_target || flags.target.names_conversation();
    let otherwise = match profiles {
        [] if needs_target && *has_env_profile => ad_hoc::ENV.to_owned(),
        [] if needs_target && said.is_none() => {
            let how = "name a profile with --profile (`guestwire init` writes a config file), set GENESYSCLOUD_REGION and \
                       the OAuth client's variables, give --region, or say --sandbox for the built-in simulator";
            problems.push(Problem::new(format!("there is no target: {how}")));
            return Choice::None;
        }
        [] => SANDBOX.to_owned(),
        [only] => only.value.clone(),
        many if said.is_none() => {
            let names: Vec<String> = many.iter().map(|name| format!("`{}`", name.value)).collect();
            let how = "add profile = \"NAME\" at the top, or use --profile NAME";
            let sentence = format!("none of the profiles {} opens by default; {how}", names.join(", "));
            problems.push(Problem::file(path, sentence));
            return Choice::None;
        }
        _ => String::new(),
    };
    let (name, origin) = said.unwrap_or((otherwise, Origin::Default));
    effective.note("profile", name.shown(), origin.clone());
    match profiles.iter().position(|known| known.value == name) {
        _ if name == SANDBOX => Choice::Sandbox,
        // What flags describe goes where they say, also where the file has a profile of that name.
        _ if flags.target.region.is_some() => Choice::Env,
        Some(at) => Choice::Named(at),
        None if name == ad_hoc::ENV && *has_env_profile => Choice::Env,
        None => {
            problems.push(unknown_profile(paths, profiles, &name, &origin));
            Choice::None
        }
    }
}

fn unknown_profile(paths: &Paths, profiles: &[Spot<String>], name: &str, origin: &Origin) -> Problem {
    let path = &paths.config_file;
    if name == ad_hoc::ENV {
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
