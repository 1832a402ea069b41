//! The config file as it was written: every field optional that may be left out, every value with its place.
//! [`super::resolve`] turns it into settings.

use super::problem::Spot;
use super::raw_profile::RawProfile;
use super::settings::{Clipboard, ColorChoice, EnterKey, KeyBinding, KeyContext, Times};
use super::toml_reader::Table;

/// The whole file.
#[derive(Debug, Default)]
pub struct RawFile {
    pub profile: Option<Spot<String>>,
    pub profiles: Vec<RawProfile>,
    pub composer: RawComposer,
    pub log: RawLog,
    pub journal: RawJournal,
    pub ui: RawUi,
    pub redact: Option<Spot<Vec<Spot<String>>>>,
    pub redact_values: Option<Spot<Vec<Spot<String>>>>,
    pub redact_phones: Option<Spot<bool>>,
    pub mute: Option<Spot<Vec<Spot<String>>>>,
    pub keys: Vec<KeyBinding>,
}

#[derive(Debug, Default)]
pub struct RawComposer {
    pub enter: Option<Spot<EnterKey>>,
    pub history: Option<Spot<u64>>,
    pub typing: Option<Spot<bool>>,
    pub snippets: Vec<(Spot<String>, Spot<String>)>,
}

#[derive(Debug, Default)]
pub struct RawLog {
    pub max_entries: Option<Spot<u64>>,
    pub max_bytes: Option<Spot<u64>>,
    pub utc: Option<Spot<bool>>,
}

#[derive(Debug, Default)]
pub struct RawJournal {
    pub keep_days: Option<Spot<u64>>,
    pub max_bytes: Option<Spot<u64>>,
}

#[derive(Debug, Default)]
pub struct RawUi {
    pub theme: Option<Spot<String>>,
    pub color: Option<Spot<ColorChoice>>,
    pub ascii: Option<Spot<bool>>,
    pub calm: Option<Spot<bool>>,
    pub plain: Option<Spot<bool>>,
    pub demo: Option<Spot<bool>>,
    pub clipboard: Option<Spot<Clipboard>>,
    pub times: Option<Spot<Times>>,
}

impl RawFile {
    /// Reads the outermost table.
    pub fn read(mut root: Table<'_>) -> Self {
        let mut file = Self { profile: root.text("profile"), ..Self::default() };
        if let Some(profiles) = root.table("profiles") {
            file.profiles =
                profiles.named_tables().into_iter().map(|(name, table)| RawProfile::read(name, table)).collect();
        }
        file.composer = root.table("composer").map(RawComposer::read).unwrap_or_default();
        file.log = root.table("log").map(RawLog::read).unwrap_or_default();
        file.journal = root.table("journal").map(RawJournal::read).unwrap_or_default();
        file.ui = root.table("ui").map(RawUi::read).unwrap_or_default();
        if let Some(mut redact) = root.table("redact") {
            file.redact = redact.strings("names");
            file.redact_values = redact.strings("values");
            file.redact_phones = redact.flag("phones");
            redact.finish();
        }
        file.mute = root.table("diagnosis").and_then(|mut diagnosis| {
            let causes = diagnosis.strings("mute");
            diagnosis.finish();
            causes
        });
        file.keys = root.table("keys").map(read_keys).unwrap_or_default();
        root.finish();
        file
    }
}

impl RawComposer {
    fn read(mut table: Table<'_>) -> Self {
        let enter = table.word("enter", EnterKey::WORDS);
        let history = table.number("history", 0, 100_000);
        let typing = table.flag("typing");
        let mut snippets = Vec::new();
        for mut snippet in table.tables("snippets") {
            let name = snippet.required("name", "give the snippet a name");
            let text = snippet.required("text", "give the snippet its text");
            snippets.extend(name.zip(text));
            snippet.finish();
        }
        table.finish();
        Self { enter, history, typing, snippets }
    }
}

impl RawLog {
    fn read(mut table: Table<'_>) -> Self {
        let log = Self {
            max_entries: table.number("max_entries", 100, 10_000_000),
            max_bytes: table.size("max_bytes"),
            utc: table.flag("utc"),
        };
        table.finish();
        log
    }
}

impl RawJournal {
    fn read(mut table: Table<'_>) -> Self {
        let journal = Self { keep_days: table.number("keep_days", 1, 3650), max_bytes: table.size("max_bytes") };
        table.finish();
        journal
    }
}

impl RawUi {
    fn read(mut table: Table<'_>) -> Self {
        let ui = Self {
            theme: table.text("theme"),
            color: table.word("color", ColorChoice::WORDS),
            ascii: table.flag("ascii"),
            calm: table.flag("calm"),
            plain: table.flag("plain"),
            demo: table.flag("demo"),
            clipboard: table.word("clipboard", Clipboard::WORDS),
            times: table.word("times", Times::WORDS),
        };
        table.finish();
        ui
    }
}

fn read_keys(mut table: Table<'_>) -> Vec<KeyBinding> {
    let mut bindings = Vec::new();
    for context in KeyContext::ALL {
        let Some(context_table) = table.table(context.name()) else { continue };
        for (action, chords) in context_table.named_lists() {
            bindings.push(KeyBinding { context, action, chords });
        }
    }
    table.finish();
    bindings
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::toml_reader::Doc;
    use super::*;

    #[test]
    fn the_example_names_every_field_there_is() {
        let text = include_str!("../../config.example.toml");
        let doc = Doc::new(Path::new("config.example.toml"), text);
        let file = doc.read(RawFile::read);
        assert_eq!(file.map(|f| f.profiles.len()), Some(2));
        let mut asked = doc.asked();
        for context in KeyContext::ALL.map(KeyContext::name) {
            assert!(text.contains(&format!("keys.{context}")), "no [keys.{context}] in the example");
            asked.remove(context);
        }
        let words: Vec<&str> = text.split(|c: char| !(c.is_alphanumeric() || c == '_')).collect();
        let absent: Vec<&String> = asked.iter().filter(|name| !words.contains(&name.as_str())).collect();
        assert!(absent.is_empty(), "the example does not mention {absent:?}");
        assert!(asked.len() > 50, "the test asks too little: {asked:?}");
        assert_eq!(doc.into_problems(), []);
    }
}
