//! What people read agrees with what the program does: the README's table of keys is the live keymap.
//! `GUESTWIRE_WRITE_DOCS=1 cargo test --test upkeep` writes it.

use std::fmt::Write as _;
use std::path::Path;

use guestwire::tui::action::{ACTIONS, Context};
use guestwire::tui::keymap::Keymap;

const BEGIN: &str = "<!-- keys:begin -->";
const END: &str = "<!-- keys:end -->";

/// A key as it stands in a table of Markdown.
fn quoted(key: &str) -> String {
    let key = key.replace('|', "\\|");
    if key.contains('`') { format!("`` {key} ``") } else { format!("`{key}`") }
}

/// The keys of each context, as Markdown.
fn table() -> String {
    let map = Keymap::default();
    let mut out = String::new();
    for context in Context::ALL {
        let specs: Vec<_> = ACTIONS.iter().filter(|s| s.context == context).collect();
        if specs.is_empty() {
            continue;
        }
        write!(
            out,
            "\n**{}** (`[keys.{}]`)\n\n| keys | name | what it does |\n|---|---|---|\n",
            context.heading(),
            context.name()
        )
        .unwrap();
        for spec in specs {
            let keys: Vec<String> = map.keys(spec.action).iter().map(|k| quoted(&k.to_string())).collect();
            let keys = if keys.is_empty() { format!("`:{}`", spec.name) } else { keys.join(" ") };
            writeln!(out, "| {keys} | `{}` | {} |", spec.name, spec.about).unwrap();
        }
    }
    out.push('\n');
    out
}

#[test]
fn the_readmes_keys_are_the_keymaps() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let (head, rest) = readme.split_once(BEGIN).expect("README.md has the mark where its keys begin");
    let (keys, tail) = rest.split_once(END).expect("README.md has the mark where its keys end");
    if std::env::var_os("GUESTWIRE_WRITE_DOCS").is_some() {
        std::fs::write(&path, format!("{head}{BEGIN}\n{}{END}{tail}", table())).unwrap();
        return;
    }
    let wanted = format!("\n{}", table());
    assert!(
        keys == wanted,
        "the keys in README.md are not those of the program: GUESTWIRE_WRITE_DOCS=1 cargo test --test upkeep writes them"
    );
}

#[test]
fn nothing_in_the_table_breaks_it() {
    for line in table().lines().filter(|l| l.starts_with('|')) {
        assert_eq!(line.replace("\\|", "").matches('|').count(), 4, "{line}");
    }
}

#[test]
fn every_action_has_a_name_of_its_own_that_config_can_say() {
    let mut names: Vec<_> = ACTIONS.iter().map(|s| s.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), ACTIONS.len());
    for name in names {
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{name}");
    }
}
