//! File, environment and flags become [`Settings`]: what a flag says wins, then guestwire's own variables, then
//! the file, then the variables that programs share (NO_COLOR, TERM, the locale and the like).

use std::collections::BTreeSet;

use super::document::{Document, GeneratedSource};
use super::flags::{ConfigInput, Flags};
use super::origin::{Lookup, Origin, ShownValue as _, env_flag, env_text, env_word, flag, switch};
use super::problem::{Located, NOWHERE, Problem, Problems};
use super::profile::Redaction;
use super::regions::SANDBOX;
use super::resolve_profile::resolve as resolve_profile;
use super::settings::{
    Clipboard, ColorChoice, ComposerSettings, EnterKey, JournalLimits, KeyBinding, KeyContext, LogLimits,
    ProfileChoice, Settings, Ui, ZoneChoice,
};
use super::target::{self, ChosenProfile, choose, origin_of, spoken_text};
use super::toml_reader::{Table, without_positions};
use crate::model::{Cause, Masks, mask};
use crate::text::suggestion;

pub fn resolve(mut input: ConfigInput<'_>) -> Result<Settings, Problems> {
    let path = input.paths.config_file.clone();
    let doc = Document::new(&path, input.text);
    doc.results().rows.append(&mut input.path_rows);
    let settings = Table::root(&doc).and_then(|root| settings(root, &input));
    let rows = std::mem::take(&mut doc.results().rows);
    let problems = doc.into_problems();
    match settings {
        Some(settings) if problems.is_empty() => Ok(Settings { effective: rows, ..settings }),
        _ => Err(Problems(problems)),
    }
}

/// What the file's outermost table, the environment and the flags say together; nothing where a problem says why.
pub(super) fn settings(mut root: Table<'_>, input: &ConfigInput<'_>) -> Option<Settings> {
    let &ConfigInput { ref paths, flags, env, .. } = input;
    let doc = root.doc;
    let opens = root.text("profile");
    let tables = root.table("profiles").map(Table::named_tables).unwrap_or_default();
    let names: Vec<Located<String>> = tables.iter().map(|(name, _)| name.clone()).collect();
    let odd = flags.target.problems();
    if !odd.is_empty() {
        doc.results().problems.extend(odd);
        return None;
    }
    let chosen = choose(&root, paths, flags, env, opens, &names);
    let chosen = chosen.map_err(|problem| doc.results().problems.push(problem)).ok();
    let wrong = |sentence: &str| doc.results().problems.push(Problem::new(sentence));
    if matches!(chosen, Some(ChosenProfile::Sandbox)) && flags.target.names_conversation() {
        wrong(
            "the flags name a conversation of an organisation, but the target is the sandbox; add --region or --profile",
        );
    }

    let composer = root.section("composer", composer);
    let ui = root.section("ui", |table| ui(table, flags, env));
    let log = root.section("log", |table| LogLimits {
        max_entries: table.pick("max_entries", |table, name| table.number(name, 100, 10_000_000), 20_000),
        max_bytes: table.pick("max_bytes", Table::size, 64 << 20),
        utc: table.pick("utc", Table::flag, ui.times == ZoneChoice::Utc),
    });
    let journal = root.section("journal", |table| JournalLimits {
        keep_days: table.pick("keep_days", |table, name| table.number(name, 1, 3650), 30),
        max_bytes: table.pick("max_bytes", Table::size, 512 << 20),
        ephemeral: flags.ephemeral,
    });
    let redaction = root.section("redact", redaction);
    let muted = root.section("diagnosis", muted);
    let keys = root.section("keys", keys);
    if let Some(path) = &flags.scenario {
        if matches!(chosen, Some(ChosenProfile::Named(_) | ChosenProfile::Env)) {
            wrong("--scenario is for the embedded sandbox, not for a profile; add --sandbox, or leave --scenario out");
        }
        root.note_from("scenario", path.shown(), Origin::Flag("--scenario"));
    }
    root.finish();

    let chosen_name = match chosen {
        Some(ChosenProfile::Named(at)) => names.get(at).map_or("", |name| &name.value),
        _ => target::ENV,
    };
    let origin = |field: &str| origin_of(field, &flags.target);
    let text = spoken_text(env, &flags.target, matches!(chosen, Some(ChosenProfile::Env)));
    let name =
        if chosen_name == target::ENV { "profile `env`, from GENESYSCLOUD_* and flags" } else { "from the flags" };
    let spoken =
        doc.generated(GeneratedSource { table: format!("profiles.{chosen_name}"), name, origin: &origin }, &text);
    let mut resolved = None;
    for (n, (name, table)) in tables.into_iter().enumerate() {
        let is_chosen = matches!(chosen, Some(ChosenProfile::Named(at)) if at == n);
        let further = Table::root(&spoken).filter(|_| is_chosen).map(|mut root| root.tables("conversations"));
        let rows = doc.results().rows.len();
        let profile = resolve_profile(&name, table, further.unwrap_or_default(), input, &redaction);
        if name.value == SANDBOX {
            let how = "give it another name; `region = \"sandbox\"` points it at a sandbox on this machine";
            doc.wrong(name.at, format!("the profile `{SANDBOX}` is built in; {how}"));
        }
        if is_chosen {
            resolved = Some(profile);
        } else {
            doc.results().rows.truncate(rows);
        }
    }
    if let (Some(ChosenProfile::Env), Some(root)) = (&chosen, Table::root(&spoken)) {
        let name = Located { value: target::ENV.to_owned(), at: NOWHERE };
        resolved = Some(resolve_profile(&name, root, Vec::new(), input, &redaction));
    }
    let (resolved, metrics, findings) = resolved.unwrap_or_default();
    let profile = match chosen? {
        ChosenProfile::Sandbox => ProfileChoice::Sandbox,
        ChosenProfile::Named(_) | ChosenProfile::Env => ProfileChoice::Named(Box::new(resolved?)),
    };
    Some(Settings {
        profile,
        has_env_profile: target::region(env, &flags.target).is_some(),
        composer,
        log,
        journal,
        ui,
        redaction,
        muted,
        keys,
        metrics,
        paths: paths.clone(),
        scenario: flags.scenario.clone(),
        effective: Vec::new(),
        findings,
    })
}

/// What is masked; a text that is too short to be looked for is a problem.
fn redaction(table: &mut Table<'_>) -> Redaction {
    let (names, values, phones) = (table.strings("names"), table.strings("values"), table.flag("phones"));
    let masked: BTreeSet<String> =
        names.iter().flat_map(|list| &list.value).map(|name| name.value.trim().to_lowercase()).collect();
    let masked: Vec<String> = masked.into_iter().collect();
    table.note_said("names", names.as_ref(), |_| masked.shown());
    // What is masked everywhere is not printed here.
    table.note_said("values", values.as_ref(), |values| format!("{} masked", values.len()));
    table.note_said("phones", phones.as_ref(), bool::shown);
    let values = values.map_or_else(Vec::new, |list| list.value);
    for value in values.iter().filter(|v| v.value.trim().len() < mask::SHORTEST) {
        let why = "a shorter text is found everywhere";
        table.wrong(value.at, format!("a text to mask needs at least {} characters: {why}", mask::SHORTEST));
    }
    Redaction {
        names: masked,
        masks: Masks::new(&without_positions(values), phones.is_some_and(|phones| phones.value)),
    }
}

/// The causes that are not mentioned; an unknown one is a problem with the nearest name.
fn muted(table: &mut Table<'_>) -> BTreeSet<Cause> {
    let mut muted = BTreeSet::new();
    let causes = table.strings("mute");
    for name in causes.iter().flat_map(|list| &list.value) {
        if let Some(cause) = Cause::named(&name.value) {
            muted.insert(cause);
            continue;
        }
        let near = suggestion(&name.value, Cause::WORDS);
        table.wrong(name.at, format!("`mute`: there is no cause `{}`{near}", name.value));
    }
    table.note_said("mute", causes.as_ref(), |_| muted.iter().map(ToString::to_string).collect::<Vec<_>>().shown());
    muted
}

fn keys(table: &mut Table<'_>) -> Vec<KeyBinding> {
    let mut bindings = Vec::new();
    for context in KeyContext::ALL {
        for (action, chords) in table.table(context.name()).map(Table::named_lists).unwrap_or_default() {
            let name = format!("{}.{}", context.name(), action.value);
            table.note(&name, without_positions(chords.clone()).shown(), action.at);
            bindings.push(KeyBinding { context, action, chords });
        }
    }
    bindings
}

fn composer(table: &mut Table<'_>) -> ComposerSettings {
    let enter = table.pick("enter", Table::choice, EnterKey::default());
    let history = table.pick("history", |table, name| table.number(name, 0, 100_000), 500);
    let typing = table.pick("typing", Table::flag, false);
    let mut names: Vec<Located<String>> = Vec::new();
    let mut snippets = Vec::new();
    for mut snippet in table.tables("snippets") {
        let name = snippet.required("name", "give the snippet a name");
        let text = snippet.required("text", "give the snippet its text");
        if let Some(name) = &name {
            snippet.unlike("snippet", name, &mut names, "names must differ");
        }
        snippet.finish();
        let (Some(name), Some(text)) = (name, text) else { continue };
        table.note(&format!("snippets.{}", name.value), "…", name.at);
        snippets.push((name.value, text.value));
    }
    ComposerSettings { enter, history, typing, snippets }
}

fn ui(table: &mut Table<'_>, flags: &Flags, env: Lookup<'_>) -> Ui {
    let wrong = &mut Vec::new();
    let set = |name| env_text(env, name).filter(|(text, _)| text != "0").map(|(_, origin)| origin);
    let theme = env_text(env, "GUESTWIRE_THEME");
    let color = flag("--color", flags.color).or_else(|| env_word(env, "GUESTWIRE_COLOR", wrong));
    let no_color = env_text(env, "NO_COLOR").map(|(_, origin)| (ColorChoice::Never, origin));
    let usual_color = no_color.or_else(|| Some((ColorChoice::Always, set("CLICOLOR_FORCE")?)));
    let ascii = switch("--ascii", flags.ascii).or_else(|| env_flag(env, "GUESTWIRE_ASCII", wrong));
    // A locale that is set and is not UTF-8 means ASCII. The first of the three that is set decides, as in POSIX.
    let mut locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| env_text(env, name));
    locale.take_if(|(text, _)| text.to_lowercase().replace('-', "").contains("utf8"));
    let usual_ascii = locale.map(|(_, origin)| (true, origin));
    let calm = switch("--calm", flags.calm).or_else(|| env_flag(env, "GUESTWIRE_CALM", wrong));
    let usual_calm = env_text(env, "REDUCE_MOTION").map(|(text, origin)| (text != "0", origin));
    let plain = switch("--plain", flags.plain).or_else(|| env_flag(env, "GUESTWIRE_PLAIN", wrong));
    let dumb = env_text(env, "TERM").filter(|(term, _)| term == "dumb").map(|(_, origin)| origin);
    let usual_plain = set("ACCESSIBLE").or(dumb).map(|origin| (true, origin));
    let clipboard = env_word(env, "GUESTWIRE_CLIPBOARD", wrong);
    let times = env_word(env, "GUESTWIRE_TIMES", wrong);
    table.doc.results().problems.append(wrong);
    Ui {
        theme: table.pick_around("theme", theme, Table::text, None, "terminal".to_owned()),
        color: table.pick_around("color", color, Table::choice, usual_color, ColorChoice::default()),
        ascii: table.pick_around("ascii", ascii, Table::flag, usual_ascii, false),
        calm: table.pick_around("calm", calm, Table::flag, usual_calm, false),
        plain: table.pick_around("plain", plain, Table::flag, usual_plain, false),
        demo: table.pick("demo", Table::flag, false),
        clipboard: table.pick_around("clipboard", clipboard, Table::choice, None, Clipboard::default()),
        times: table.pick_around("times", times, Table::choice, None, ZoneChoice::default()),
    }
}
