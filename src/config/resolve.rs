//! File, environment and flags become [`Settings`]: what a flag says wins, then the environment, then the file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::model::{Cause, Masks, mask};

use super::ad_hoc;
use super::choose::{Choice, ChoiceInputs, check_target, choose};
use super::flags::Flags;
use super::origin::{
    EffectiveSettings, Lookup, SettingsTable, ShownValue as _, Sourced, env_flag, env_path, env_text, env_word, flag,
    switch,
};
use super::problem::{NOWHERE, Problem, Problems, Spot};
use super::profile::Redaction;
use super::regions::SANDBOX;
use super::resolve_profile::{ProfileContext, plain, resolve as resolve_profile};
use super::settings::{
    Clipboard, ColorChoice, ComposerSettings, ConfiguredSnippet, EnterKey, JournalLimits, KeyBinding, KeyContext,
    LogLimits, Origin, Paths, ProfileChoice, RowSetting, Settings, Times, Ui,
};
use super::toml_reader::{Doc, Table};
use crate::text::suggest::suggestion;

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

#[cfg(test)]
impl<'a> ConfigInput<'a> {
    /// A file that says `text`.
    pub(crate) fn of_text(text: &'a str, flags: &'a Flags, env: Lookup<'a>) -> Self {
        let paths = Paths {
            config_file: "config.toml".into(),
            config_exists: true,
            config_explicit: false,
            data_dir: "data".into(),
            log_file: None,
        };
        let source = Some(ConfigSource { text, private: true });
        Self { paths, path_rows: Vec::new(), home: Some(Path::new("/home/anna")), source, flags, env }
    }
}

/// Makes settings, or says all that is wrong.
pub fn resolve(input: ConfigInput<'_>) -> Result<Settings, Problems> {
    let path = input.paths.config_file.clone();
    let doc = Doc::new(&path, input.source.map_or("", |source| source.text));
    let settings = doc.root().map(|root| settings(root, input));
    let mut problems = doc.into_problems();
    match settings {
        Some(Ok(settings)) if problems.is_empty() => return Ok(settings),
        Some(Err(more)) => problems.extend(more.0),
        _ => {}
    }
    problems.sort_by_key(|p| p.at);
    Err(Problems(problems))
}

/// What the file's outermost table, the environment and the flags say together.
fn settings(mut root: Table<'_>, input: ConfigInput<'_>) -> Result<Settings, Problems> {
    let ConfigInput { paths, path_rows, home, source, flags, env } = input;
    let path = &paths.config_file;
    let mut problems = Vec::new();
    let mut effective = EffectiveSettings { rows: path_rows };
    let opens = root.text("profile");
    let tables = root.table("profiles").map(Table::named_tables).unwrap_or_default();
    let names: Vec<Spot<String>> = tables.iter().map(|(name, _)| name.clone()).collect();
    check_target(&flags.target, &mut problems);
    if !problems.is_empty() {
        return Err(Problems(problems));
    }
    let has_env_profile = ad_hoc::region(env, &flags.target).is_some();
    let chosen = {
        let given = ChoiceInputs { paths: &paths, flags, env, opens, has_env_profile };
        choose(&given, &names, &mut effective, &mut problems)
    };
    if matches!(chosen, Choice::Sandbox) && flags.target.names_conversation() {
        let how = "add --region or --profile";
        let what = "the flags name a conversation of an organisation, but the target is the sandbox";
        problems.push(Problem::new(format!("{what}; {how}")));
    }

    let composer = composer(&mut root, &mut effective);
    let ui = ui(&mut root, flags, env, &mut effective, &mut problems);
    let log = log(&mut root, ui.times, &mut effective);
    let journal = journal(&mut root, flags.ephemeral, &mut effective);
    let redaction = redaction(&mut root, &mut effective);
    let muted = muted(&mut root, &mut effective);
    let keys = keys(&mut root, &mut effective);
    root.finish();
    if let Some(path) = &flags.scenario {
        if matches!(chosen, Choice::Named(_) | Choice::Env) {
            let how = "add --sandbox, or leave --scenario out";
            problems.push(Problem::new(format!("--scenario is for the embedded sandbox, not for a profile; {how}")));
        }
        effective.note("scenario", path.shown(), Origin::Flag("--scenario"));
    }

    let around =
        ProfileContext { file: path, private: source.is_some_and(|s| s.private), env, home, redaction: &redaction };
    let said = ad_hoc::text(env, &flags.target, matches!(chosen, Choice::Env));
    let said = Doc::without_file(&said);
    let mut profile = None;
    for (n, (name, table)) in tables.into_iter().enumerate() {
        let is_chosen = matches!(chosen, Choice::Named(at) if at == n);
        let further =
            said.root().filter(|_| is_chosen).map(|mut root| root.tables("conversations")).unwrap_or_default();
        let mut resolved = resolve_profile(&name, table, further, &around);
        ad_hoc::name_sources(&mut resolved, &name.value, &flags.target);
        problems.append(&mut resolved.problems);
        if name.value == SANDBOX {
            let how = "give it another name; `region = \"sandbox\"` points it at a sandbox on this machine";
            problems.push(Problem::at(path, name.at, format!("the profile `{SANDBOX}` is built in; {how}")));
        }
        profile = profile.or(Some(resolved).filter(|_| is_chosen));
    }
    if let (Choice::Env, Some(root)) = (&chosen, said.root()) {
        let name = Spot { value: ad_hoc::ENV.to_owned(), at: NOWHERE };
        let mut resolved = resolve_profile(&name, root, Vec::new(), &around);
        ad_hoc::name_sources(&mut resolved, ad_hoc::ENV, &flags.target);
        problems.append(&mut resolved.problems);
        profile = Some(resolved);
    }
    problems.extend(said.into_problems());
    problems.sort_by_key(|p| p.at);
    let mut resolved = profile.unwrap_or_default();
    let profile = match (chosen, resolved.profile.take()) {
        (Choice::Sandbox, _) => ProfileChoice::Sandbox,
        (Choice::Named(_) | Choice::Env, Some(profile)) => ProfileChoice::Named(Box::new(profile)),
        (Choice::Named(_) | Choice::Env | Choice::None, _) => return Err(Problems(problems)),
    };
    if !problems.is_empty() {
        return Err(Problems(problems));
    }
    effective.rows.append(&mut resolved.rows);
    Ok(Settings {
        profile,
        has_env_profile,
        composer,
        log,
        journal,
        ui,
        redaction,
        muted,
        keys,
        metrics: resolved.metrics,
        paths,
        scenario: flags.scenario.clone(),
        effective: effective.rows,
        findings: resolved.findings,
    })
}

/// What is masked; a text that is too short to be looked for is a problem.
fn redaction(root: &mut Table<'_>, effective: &mut EffectiveSettings) -> Redaction {
    let (names, values, phones) = root
        .inside("redact", |table| (table.strings("names"), table.strings("values"), table.flag("phones")))
        .unwrap_or_default();
    let mut masked: Vec<String> =
        names.iter().flat_map(|list| &list.value).map(|name| name.value.trim().to_lowercase()).collect();
    masked.sort();
    masked.dedup();
    effective.note_said("redact.names", &names, |_| masked.shown());
    // What is masked everywhere is not printed here.
    effective.note_said("redact.values", &values, |values| format!("{} masked", values.len()));
    effective.note_said("redact.phones", &phones, bool::shown);
    let values = values.map_or_else(Vec::new, |list| list.value);
    for value in values.iter().filter(|v| v.value.trim().len() < mask::SHORTEST) {
        let why =
            format!("a text to mask needs at least {} characters: a shorter text is found everywhere", mask::SHORTEST);
        root.wrong(value.at, why);
    }
    Redaction { names: masked, masks: Masks::new(&plain(values), phones.is_some_and(|phones| phones.value)) }
}

/// The causes that are not mentioned; an unknown one is a problem with the nearest name.
fn muted(root: &mut Table<'_>, effective: &mut EffectiveSettings) -> BTreeSet<Cause> {
    let mut muted = BTreeSet::new();
    let causes = root.inside("diagnosis", |table| table.strings("mute")).flatten();
    for name in causes.iter().flat_map(|list| &list.value) {
        if let Some(cause) = Cause::named(&name.value) {
            muted.insert(cause);
            continue;
        }
        let near = suggestion(&name.value, Cause::ALL.iter().map(|c| c.as_str()));
        root.wrong(name.at, format!("`mute`: there is no cause `{}`{near}", name.value));
    }
    let names: Vec<String> = muted.iter().map(ToString::to_string).collect();
    effective.note_said("diagnosis.mute", &causes, |_| names.shown());
    muted
}

fn keys(root: &mut Table<'_>, effective: &mut EffectiveSettings) -> Vec<KeyBinding> {
    let mut bindings = Vec::new();
    root.inside("keys", |table| {
        for context in KeyContext::ALL {
            for (action, chords) in table.table(context.name()).map(Table::named_lists).unwrap_or_default() {
                let name = format!("keys.{}.{}", context.name(), action.value);
                effective.note(name, plain(chords.clone()).shown(), Origin::File(action.at));
                bindings.push(KeyBinding { context, action, chords });
            }
        }
    });
    bindings
}

fn composer(root: &mut Table<'_>, effective: &mut EffectiveSettings) -> ComposerSettings {
    let mut section = SettingsTable::of(root, "composer", effective);
    let enter = section.pick("enter", Table::choice, EnterKey::default());
    let history = section.pick("history", |table, name| table.number(name, 0, 100_000), 500);
    let typing = section.pick("typing", Table::flag, false);
    let mut names: Vec<Spot<String>> = Vec::new();
    let mut snippets = Vec::new();
    let (table, effective) = section.parts();
    for mut snippet in table.map(|table| table.tables("snippets")).unwrap_or_default() {
        let name = snippet.required("name", "give the snippet a name");
        let text = snippet.required("text", "give the snippet its text");
        if let Some(name) = &name {
            snippet.unlike("snippet", name, &mut names, "names must differ");
        }
        snippet.finish();
        let (Some(name), Some(text)) = (name, text) else { continue };
        effective.note(format!("composer.snippets.{}", name.value), "…", Origin::File(name.at));
        snippets.push(ConfiguredSnippet { name: name.value, text: text.value });
    }
    section.finish();
    ComposerSettings { enter, history: usize::try_from(history).unwrap_or(usize::MAX), typing, snippets }
}

fn log(root: &mut Table<'_>, times: Times, effective: &mut EffectiveSettings) -> LogLimits {
    let mut section = SettingsTable::of(root, "log", effective);
    let max_entries = section.pick("max_entries", |table, name| table.number(name, 100, 10_000_000), 20_000);
    let limits = LogLimits {
        max_entries: usize::try_from(max_entries).unwrap_or(usize::MAX),
        max_bytes: section.pick("max_bytes", Table::size, 64 << 20),
        utc: section.pick("utc", Table::flag, times == Times::Utc),
    };
    section.finish();
    limits
}

fn journal(root: &mut Table<'_>, ephemeral: bool, effective: &mut EffectiveSettings) -> JournalLimits {
    let mut section = SettingsTable::of(root, "journal", effective);
    let keep_days = section.pick("keep_days", |table, name| table.number(name, 1, 3650), 30);
    let max_bytes = section.pick("max_bytes", Table::size, 512 << 20);
    section.finish();
    JournalLimits { ephemeral, keep_days: u32::try_from(keep_days).unwrap_or(u32::MAX), max_bytes }
}

fn ui(
    root: &mut Table<'_>,
    flags: &Flags,
    env: Lookup<'_>,
    effective: &mut EffectiveSettings,
    problems: &mut Vec<Problem>,
) -> Ui {
    let set = |name| env_text(env, name).filter(|(text, _)| text != "0").map(|(_, origin)| origin);
    let mut section = SettingsTable::of(root, "ui", effective);
    let theme =
        section.pick_around("theme", env_text(env, "GUESTWIRE_THEME"), Table::text, None, "terminal".to_owned());
    let before = flag("--color", flags.color).or_else(|| env_word(env, "GUESTWIRE_COLOR", problems));
    let after = env_text(env, "NO_COLOR").map(|(_, origin)| (ColorChoice::Never, origin));
    let after = after.or_else(|| Some((ColorChoice::Always, set("CLICOLOR_FORCE")?)));
    let color = section.pick_around("color", before, Table::choice, after, ColorChoice::default());
    let before = switch("--ascii", flags.ascii).or_else(|| env_flag(env, "GUESTWIRE_ASCII", problems));
    let ascii = section.pick_around("ascii", before, Table::flag, ascii_locale(env), false);
    let before = switch("--calm", flags.calm).or_else(|| env_flag(env, "GUESTWIRE_CALM", problems));
    let after = env_text(env, "REDUCE_MOTION").map(|(text, origin)| (text != "0", origin));
    let calm = section.pick_around("calm", before, Table::flag, after, false);
    let before = switch("--plain", flags.plain).or_else(|| env_flag(env, "GUESTWIRE_PLAIN", problems));
    let dumb = env_text(env, "TERM").filter(|(term, _)| term == "dumb").map(|(_, origin)| origin);
    let after = set("ACCESSIBLE").or(dumb).map(|origin| (true, origin));
    let plain = section.pick_around("plain", before, Table::flag, after, false);
    let demo = section.pick("demo", Table::flag, false);
    let before = env_word(env, "GUESTWIRE_CLIPBOARD", problems);
    let clipboard = section.pick_around("clipboard", before, Table::choice, None, Clipboard::default());
    let before = env_word(env, "GUESTWIRE_TIMES", problems);
    let times = section.pick_around("times", before, Table::choice, None, Times::default());
    section.finish();
    Ui { theme, color, ascii, calm, plain, demo, clipboard, times }
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

#[cfg(test)]
#[path = "../../tests/unit/config/resolve.rs"]
mod tests;
