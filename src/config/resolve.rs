//! File, environment and flags become [`Settings`]: what a flag says wins, then the environment, then the file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::model::{Cause, Masks, mask};

use super::ad_hoc::{self, env_profile};
use super::flags::Flags;
use super::origin::{
    EffectiveSettings, Lookup, ShownValue as _, Sourced, env_flag, env_path, env_text, env_word, file, flag, switch,
};
use super::origin::{Origin, RowSetting};
use super::problem::{Problem, Problems, Spot};
use super::raw::RawFile;
use super::raw_profile::{RawConversation, RawProfile};
use super::regions::SANDBOX;
use super::resolve_profile::{ProfileContext, Resolved, resolve as resolve_profile};
use super::settings::{
    Clipboard, ColorChoice, ComposerSettings, ConfiguredSnippet, EnterKey, JournalLimits, LogLimits, Paths,
    ProfileChoice, Settings, Times, Ui,
};
use super::toml_reader::Doc;
use crate::text::suggest::{nearest, suggestion};

/// A config file's text and what is known of the file itself.
#[derive(Clone, Copy, Debug)]
pub struct ConfigSource<'a> {
    /// What it says.
    pub text: &'a str,
    /// Whether only its owner may read it.
    pub private: bool,
}

/// Everything that settings are made of. No I/O happens from here on, except that an OAuth client's id may be read from
/// where the file says it is.
pub struct ConfigInput<'a> {
    /// Where files are, already decided.
    pub paths: Paths,
    /// The rows that say why they are there.
    pub path_rows: Vec<RowSetting>,
    /// The home directory.
    pub home: Option<&'a Path>,
    /// The config file, if there is one.
    pub source: Option<ConfigSource<'a>>,
    /// The command line.
    pub flags: &'a Flags,
    /// The environment.
    pub env: Lookup<'a>,
}

/// Makes settings, or says all that is wrong.
pub fn resolve(input: ConfigInput<'_>) -> Result<Settings, Problems> {
    let ConfigInput { paths, path_rows, home, source, flags, env } = input;
    let path = &paths.config_file;
    let raw = match source {
        Some(source) => {
            let doc = Doc::new(path, source.text);
            let raw = doc.read(RawFile::read);
            let problems = doc.into_problems();
            match raw {
                Some(raw) if problems.is_empty() => raw,
                _ => return Err(Problems(problems)),
            }
        }
        None => RawFile::default(),
    };

    let mut problems = Vec::new();
    let redact = redacted_names(&raw);
    let private = source.is_some_and(|s| s.private);
    let masks = masks(path, &raw, &mut problems);
    let target = target(flags, &mut problems);
    let mut raw = raw;
    let adhoc = env_profile(env, flags.target.region.as_deref());
    let around = ProfileContext { file: path, private, env, home, redact: &redact, masks: &masks };
    let mut effective = EffectiveSettings { rows: path_rows };
    let chosen = choose(&paths, &raw, flags, adhoc.is_some(), env, &mut effective, &mut problems);
    let has_env_profile = adhoc.is_some();
    let mut adhoc = match &chosen {
        Choice::Env => adhoc,
        _ => None,
    };
    if let Some(conversation) = target {
        match &chosen {
            Choice::Named(at) => raw.profiles.get_mut(*at).into_iter().for_each(|p| p.conversations.insert(0, conversation.clone())),
            Choice::Env => adhoc.iter_mut().for_each(|p| {
                p.conversations.insert(0, conversation.clone());
                ad_hoc::with_guest_scope(p);
            }),
            Choice::Sandbox => problems.push(Problem::new(
                "the flags name a conversation of an organisation, but the target is the sandbox; add --region or --profile",
            )),
            Choice::None => {}
        }
    }
    let mut profiles: Vec<Resolved> = raw.profiles.iter().map(|p| resolve_profile(p, &around)).collect();
    for resolved in &mut profiles {
        ad_hoc::name_sources(resolved, &flags.target);
    }
    for (raw, resolved) in raw.profiles.iter().zip(&mut profiles) {
        problems.append(&mut resolved.problems);
        if raw.name.value == SANDBOX {
            let how = "give it another name; `region = \"sandbox\"` points it at a sandbox on this machine";
            problems.push(Problem::at(path, raw.name.at, format!("the profile `{SANDBOX}` is built in; {how}")));
        }
    }
    duplicate_snippets(path, &raw.composer.snippets, &mut problems);
    let muted = muted(path, &raw, &mut problems);

    let scenario = flag("--scenario", flags.scenario.clone());
    let composer = composer(&raw, &mut effective);
    let ui = ui(&raw, flags, env, &mut effective, &mut problems);
    let log = log(&raw, ui.times, &mut effective);
    let journal = journal(&raw, flags.ephemeral, &mut effective);
    if let Some(names) = &raw.redact {
        effective.note("redact.names", redact.shown(), Origin::File(names.at));
    }
    if let Some(values) = &raw.redact_values {
        // What is masked everywhere is not printed here.
        effective.note("redact.values", format!("{} masked", values.value.len()), Origin::File(values.at));
    }
    if let Some(phones) = &raw.redact_phones {
        effective.note("redact.phones", phones.value.shown(), Origin::File(phones.at));
    }
    if let Some(causes) = &raw.mute {
        let names: Vec<String> = muted.iter().map(ToString::to_string).collect();
        effective.note("diagnosis.mute", names.shown(), Origin::File(causes.at));
    }
    for binding in &raw.keys {
        let context = binding.context.name();
        let chords: Vec<String> = binding.chords.iter().map(|c| c.value.clone()).collect();
        let name = format!("keys.{context}.{}", binding.action.value);
        effective.note(name, chords.shown(), Origin::File(binding.action.at));
    }
    if let (Choice::Named(_) | Choice::Env, Some((_, _))) = (&chosen, &scenario) {
        let how = "add --sandbox, or leave --scenario out";
        problems.push(Problem::new(format!("--scenario is for the embedded sandbox, not for a profile; {how}")));
    }
    if let Some((path, origin)) = &scenario {
        effective.note("scenario", path.shown(), origin.clone());
    }

    problems.sort_by_key(|p| p.at);
    let chosen = match chosen {
        Choice::Sandbox => Some((ProfileChoice::Sandbox, Resolved::default())),
        Choice::Named(at) if at < profiles.len() => {
            let mut resolved = profiles.swap_remove(at);
            resolved.profile.take().map(|profile| (ProfileChoice::Named(Box::new(profile)), resolved))
        }
        Choice::Env => adhoc.and_then(|raw| {
            let mut resolved = resolve_profile(&raw, &around);
            ad_hoc::name_sources(&mut resolved, &flags.target);
            problems.append(&mut resolved.problems);
            resolved.profile.take().map(|profile| (ProfileChoice::Named(Box::new(profile)), resolved))
        }),
        Choice::Named(_) | Choice::None => None,
    };
    let (Some((profile, mut resolved)), true) = (chosen, problems.is_empty()) else {
        return Err(Problems(problems));
    };
    effective.rows.append(&mut resolved.rows);
    Ok(Settings {
        profile,
        has_env_profile,
        composer,
        log,
        journal,
        ui,
        redact,
        masks,
        muted,
        keys: raw.keys,
        metrics: resolved.metrics,
        paths,
        scenario: scenario.map(|(path, _)| path),
        effective: effective.rows,
        secrets: resolved.secrets,
        missing: resolved.missing,
        warnings: resolved.warnings,
    })
}

enum Choice {
    Sandbox,
    Named(usize),
    /// The one that environment variables and flags make.
    Env,
    None,
}

/// The conversation that flags describe; a flag without the ones that it needs is a problem.
fn target(flags: &Flags, problems: &mut Vec<Problem>) -> Option<RawConversation> {
    let t = &flags.target;
    let mut incomplete = |sentence: &str| problems.push(Problem::new(sentence));
    if t.deployment.is_some() != t.origin.is_some() {
        incomplete("--deployment and --origin need each other: give the deployment's id, and a site that it allows");
    }
    if t.guest.is_some() && t.integration.is_none() {
        incomplete("--guest needs --integration: give the integration's id, too");
    }
    if t.participant.is_some() && t.conversation.is_none() {
        incomplete("--participant needs --conversation: give the conversation's id, too");
    }
    let ways = [&t.deployment, &t.integration, &t.conversation].into_iter().flatten().count();
    if ways > 1 {
        incomplete("--deployment, --integration and --conversation each name a target: give only one of them");
    }
    t.conversation().filter(|_| problems.is_empty())
}

/// Which profile: `--sandbox`, `--profile`, `--region`, `GUESTWIRE_PROFILE`, `profile =`, the only one of the file, the
/// environment's, and last, where there is a screen, the sandbox. `has_env`: the environment makes one.
fn choose(
    paths: &Paths,
    raw: &RawFile,
    flags: &Flags,
    has_env: bool,
    env: Lookup<'_>,
    effective: &mut EffectiveSettings,
    problems: &mut Vec<Problem>,
) -> Choice {
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
        .or_else(|| env_text(env, "GUESTWIRE_PROFILE"))
        .or_else(|| file(raw.profile.clone()));
    let needs_target = flags.named_target || flags.target.conversation().is_some();
    let otherwise = match raw.profiles.as_slice() {
        [] if needs_target && has_env => ad_hoc::ENV.to_owned(),
        [] if needs_target && said.is_none() => {
            let how = "name a profile with --profile (`guestwire init` writes a config file), set GENESYSCLOUD_REGION and \
                       the OAuth client's variables, give --region, or say --sandbox for the built-in simulator";
            problems.push(Problem::new(format!("there is no target: {how}")));
            return Choice::None;
        }
        [] => SANDBOX.to_owned(),
        [only] => only.name.value.clone(),
        many if said.is_none() => {
            let names: Vec<String> = many.iter().map(|p| format!("`{}`", p.name.value)).collect();
            let how = "add profile = \"NAME\" at the top, or use --profile NAME";
            let sentence = format!("none of the profiles {} opens by default; {how}", names.join(", "));
            problems.push(Problem::file(path, sentence));
            return Choice::None;
        }
        _ => String::new(),
    };
    let (name, origin) = said.unwrap_or((otherwise, Origin::Default));
    effective.note("profile", name.shown(), origin.clone());
    if name == SANDBOX {
        return Choice::Sandbox;
    }
    let at = raw.profiles.iter().position(|p| p.name.value == name);
    if at.is_none() && name == ad_hoc::ENV && has_env {
        return Choice::Env;
    }
    let Some(at) = at else {
        problems.push(unknown_profile(paths, &raw.profiles, &name, &origin));
        return Choice::None;
    };
    Choice::Named(at)
}

fn unknown_profile(paths: &Paths, profiles: &[RawProfile], name: &str, origin: &Origin) -> Problem {
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
    let known = || profiles.iter().map(|p| p.name.value.as_str()).chain([SANDBOX]);
    let near = match nearest(name, known()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known here: {}", known().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")),
    };
    match origin {
        Origin::File(at) => Problem::at(path, *at, format!("there is no profile `{name}`; {near}")),
        _ => Problem::new(format!("there is no profile `{name}` in {} ({origin}); {near}", path.display())),
    }
}

fn redacted_names(raw: &RawFile) -> Vec<String> {
    let mut names: Vec<String> =
        raw.redact.iter().flat_map(|list| &list.value).map(|name| name.value.trim().to_lowercase()).collect();
    names.sort();
    names.dedup();
    names
}

/// What is masked by its look; a text that is too short to be looked for is a problem.
fn masks(path: &Path, raw: &RawFile, problems: &mut Vec<Problem>) -> Masks {
    let values = raw.redact_values.iter().flat_map(|list| &list.value);
    for value in values.clone().filter(|v| v.value.trim().len() < mask::SHORTEST) {
        let why =
            format!("a text to mask needs at least {} characters: a shorter text is found everywhere", mask::SHORTEST);
        problems.push(Problem::at(path, value.at, why));
    }
    let values: Vec<String> = values.map(|v| v.value.clone()).collect();
    Masks::new(&values, raw.redact_phones.as_ref().is_some_and(|p| p.value))
}

/// The causes that are not mentioned; an unknown one is a problem with the nearest name.
fn muted(path: &Path, raw: &RawFile, problems: &mut Vec<Problem>) -> BTreeSet<Cause> {
    let mut muted = BTreeSet::new();
    for name in raw.mute.iter().flat_map(|list| &list.value) {
        if let Some(cause) = Cause::named(&name.value) {
            muted.insert(cause);
            continue;
        }
        let near = suggestion(&name.value, Cause::ALL.iter().map(|c| c.as_str()));
        problems.push(Problem::at(path, name.at, format!("`mute`: there is no cause `{}`{near}", name.value)));
    }
    muted
}

fn duplicate_snippets(path: &Path, snippets: &[(Spot<String>, Spot<String>)], problems: &mut Vec<Problem>) {
    for (n, (name, _)) in snippets.iter().enumerate() {
        if let Some((first, _)) = snippets.iter().take(n).find(|(other, _)| other.value == name.value) {
            let sentence = format!("line {} has a snippet `{}` already; names must differ", first.at.line, name.value);
            problems.push(Problem::at(path, name.at, sentence));
        }
    }
}

fn composer(raw: &RawFile, effective: &mut EffectiveSettings) -> ComposerSettings {
    let enter = effective.pick("composer.enter", file(raw.composer.enter.clone()), EnterKey::default());
    let history = effective.pick("composer.history", file(raw.composer.history.clone()), 500);
    let typing = effective.pick("composer.typing", file(raw.composer.typing.clone()), false);
    let mut snippets = Vec::new();
    for (name, text) in &raw.composer.snippets {
        effective.note(format!("composer.snippets.{}", name.value), "…", Origin::File(name.at));
        snippets.push(ConfiguredSnippet { name: name.value.clone(), text: text.value.clone() });
    }
    ComposerSettings { enter, history: usize::try_from(history).unwrap_or(usize::MAX), typing, snippets }
}

fn log(raw: &RawFile, times: Times, effective: &mut EffectiveSettings) -> LogLimits {
    let max_entries = effective.pick("log.max_entries", file(raw.log.max_entries.clone()), 20_000);
    LogLimits {
        max_entries: usize::try_from(max_entries).unwrap_or(usize::MAX),
        max_bytes: effective.pick("log.max_bytes", file(raw.log.max_bytes.clone()), 64 << 20),
        utc: effective.pick("log.utc", file(raw.log.utc.clone()), times == Times::Utc),
    }
}

fn journal(raw: &RawFile, ephemeral: bool, effective: &mut EffectiveSettings) -> JournalLimits {
    let keep_days = effective.pick("journal.keep_days", file(raw.journal.keep_days.clone()), 30);
    JournalLimits {
        ephemeral,
        keep_days: u32::try_from(keep_days).unwrap_or(u32::MAX),
        max_bytes: effective.pick("journal.max_bytes", file(raw.journal.max_bytes.clone()), 512 << 20),
    }
}

fn ui(
    raw: &RawFile,
    flags: &Flags,
    env: Lookup<'_>,
    effective: &mut EffectiveSettings,
    problems: &mut Vec<Problem>,
) -> Ui {
    let color = flag("--color", flags.color)
        .or_else(|| env_word(env, "GUESTWIRE_COLOR", ColorChoice::WORDS, problems))
        .or_else(|| file(raw.ui.color.clone()))
        .or_else(|| env_text(env, "NO_COLOR").map(|(_, origin)| (ColorChoice::Never, origin)))
        .or_else(|| {
            let (text, origin) = env_text(env, "CLICOLOR_FORCE")?;
            (text != "0").then_some((ColorChoice::Always, origin))
        });
    let ascii = switch("--ascii", flags.ascii)
        .or_else(|| env_flag(env, "GUESTWIRE_ASCII", problems))
        .or_else(|| file(raw.ui.ascii.clone()))
        .or_else(|| ascii_locale(env));
    let calm = switch("--calm", flags.calm)
        .or_else(|| env_flag(env, "GUESTWIRE_CALM", problems))
        .or_else(|| file(raw.ui.calm.clone()))
        .or_else(|| env_text(env, "REDUCE_MOTION").map(|(text, origin)| (text != "0", origin)));
    let plain = switch("--plain", flags.plain)
        .or_else(|| env_flag(env, "GUESTWIRE_PLAIN", problems))
        .or_else(|| file(raw.ui.plain.clone()))
        .or_else(|| env_text(env, "ACCESSIBLE").filter(|(text, _)| text != "0").map(|(_, origin)| (true, origin)))
        .or_else(|| env_text(env, "TERM").filter(|(term, _)| term == "dumb").map(|(_, origin)| (true, origin)));
    let theme = env_text(env, "GUESTWIRE_THEME").or_else(|| file(raw.ui.theme.clone()));
    let clipboard =
        env_word(env, "GUESTWIRE_CLIPBOARD", Clipboard::WORDS, problems).or_else(|| file(raw.ui.clipboard.clone()));
    let times = env_word(env, "GUESTWIRE_TIMES", Times::WORDS, problems).or_else(|| file(raw.ui.times.clone()));
    Ui {
        theme: effective.pick("ui.theme", theme, "terminal".to_owned()),
        color: effective.pick("ui.color", color, ColorChoice::default()),
        ascii: effective.pick("ui.ascii", ascii, false),
        calm: effective.pick("ui.calm", calm, false),
        plain: effective.pick("ui.plain", plain, false),
        demo: effective.pick("ui.demo", file(raw.ui.demo.clone()), false),
        clipboard: effective.pick("ui.clipboard", clipboard, Clipboard::default()),
        times: effective.pick("ui.times", times, Times::default()),
    }
}

/// A locale that is set and is not UTF-8 means ASCII. The first of the three that is set decides, as in POSIX.
fn ascii_locale(env: Lookup<'_>) -> Sourced<bool> {
    let (text, origin) =
        env_text(env, "LC_ALL").or_else(|| env_text(env, "LC_CTYPE")).or_else(|| env_text(env, "LANG"))?;
    let folded = text.to_lowercase().replace('-', "");
    (!folded.contains("utf8")).then_some((true, origin))
}

/// Decides where files are. `config` and `data` are the platform's directories for guestwire.
pub fn paths(
    flags: &Flags,
    env: Lookup<'_>,
    config: Option<PathBuf>,
    data: Option<PathBuf>,
) -> Result<(Paths, Vec<RowSetting>), Problems> {
    let mut effective = EffectiveSettings::default();
    let nowhere = |what: &str, how: &str| {
        let why = "this system has no home directory";
        Problems::from(Problem::new(format!("there is no place for {what}: {why}; use {how}")))
    };
    let said = flag("--config", flags.config.clone()).or_else(|| env_path(env, "GUESTWIRE_CONFIG"));
    let explicit = said.is_some();
    let config = config.map(|dir| dir.join("config.toml")).unwrap_or_default();
    let config_file = effective.pick("config file", said, config);
    let said = flag("--data-dir", flags.data_dir.clone()).or_else(|| env_path(env, "GUESTWIRE_DATA_DIR"));
    let data_dir = effective.pick("data directory", said, data.unwrap_or_default());
    // Where nothing is kept there need be no place for it.
    if data_dir.as_os_str().is_empty() && !flags.ephemeral {
        return Err(nowhere("data", "--data-dir PATH"));
    }
    if config_file.as_os_str().is_empty() && explicit {
        return Err(Problem::new("--config names no file; give its path").into());
    }
    let log_file = flag("--log-file", flags.log_file.clone()).or_else(|| env_path(env, "GUESTWIRE_LOG_FILE"));
    if let Some((path, origin)) = &log_file {
        effective.note("log file", path.shown(), origin.clone());
    }
    let log_file = log_file.map(|(path, _)| path);
    Ok((Paths { config_exists: false, config_explicit: explicit, config_file, data_dir, log_file }, effective.rows))
}
