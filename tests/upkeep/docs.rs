//! What people read agrees with what the program does: the table of keys is the live keymap, each command in a page is
//! understood, each link leads to a file. `GUESTWIRE_BLESS=1 cargo test --test upkeep docs` writes the table.

use std::fmt::Write as _;
use std::path::Path;

use guestwire::tui::Keymap;
use guestwire::tui::action::{ACTIONS, Context};

const BEGIN: &str = "<!-- keys:begin -->";
const END: &str = "<!-- keys:end -->";

/// A key as it stands in a table of Markdown.
fn quoted(key: &str) -> String {
    let key = key.replace('|', "\\|");
    if key.contains('`') { format!("`` {key} ``") } else { format!("`{key}`") }
}

/// The keys of each context, as Markdown.
fn table() -> String {
    let map = Keymap::new(&[], false).unwrap();
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

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The pages for people, by their paths in the repository.
fn pages() -> Vec<(String, String)> {
    let mut paths = vec!["README.md".to_owned(), "CONTRIBUTING.md".to_owned(), "CHANGELOG.md".to_owned()];
    for entry in std::fs::read_dir(root().join("docs")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        paths.extend(name.strip_suffix(".md").map(|page| format!("docs/{page}.md")));
    }
    let read = |path: String| (std::fs::read_to_string(root().join(&path)).unwrap_or_default(), path);
    paths.into_iter().map(read).map(|(text, path)| (path, text)).collect()
}

#[test]
fn the_page_of_keys_is_the_keymap() {
    let path = root().join("docs/keys.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (head, rest) = page.split_once(BEGIN).expect("docs/keys.md has the mark where its keys begin");
    let (keys, tail) = rest.split_once(END).expect("docs/keys.md has the mark where its keys end");
    if std::env::var_os("GUESTWIRE_BLESS").is_some() {
        std::fs::write(&path, format!("{head}{BEGIN}\n{}{END}{tail}", table())).unwrap();
        return;
    }
    let wanted = format!("\n{}", table());
    assert!(
        keys == wanted,
        "the keys in docs/keys.md are not the program's: GUESTWIRE_BLESS=1 cargo test --test upkeep docs writes them"
    );
}

/// Who copies the example of keys is not refused.
#[test]
fn the_examples_of_keys_are_accepted() {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).unwrap();
    let page = read("docs/keys.md");
    let block = page.split_once("```toml\n").and_then(|(_, rest)| rest.split_once("```")).unwrap().0.to_owned();
    let (example, part) = (read("config.example.toml"), "[keys.log]\n# ");
    let commented = format!("[keys.log]\n{}", example.split_once(part).unwrap().1);
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("config.toml");
    for text in [block, commented] {
        std::fs::write(&file, &text).unwrap();
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_guestwire"));
        let output = command.args(["config", "check", "--config"]).arg(&file).env_clear().output().unwrap();
        assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn a_reader_in_a_hurry_has_one_page() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.lines().count() <= 200, "README.md has {} lines", readme.lines().count());
    let index = std::fs::read_to_string(root().join("docs/README.md")).unwrap();
    for (path, _) in pages() {
        let name = path.strip_prefix("docs/").filter(|name| *name != "README.md");
        assert!(name.is_none_or(|name| index.contains(&format!("({name})"))), "{path} is not in docs/README.md");
    }
}

#[test]
fn each_link_leads_to_a_file() {
    let mut found = 0;
    for (path, text) in pages() {
        let folder = root().join(&path);
        let folder = folder.parent().unwrap();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = target.split('#').next().unwrap();
            if !target.contains("://") && !file.is_empty() {
                assert!(folder.join(file).exists(), "{path} links to {target}");
                found += 1;
            }
        }
    }
    assert!(found > 20, "{found}");
}

#[test]
fn each_file_that_a_page_names_is_there() {
    let mut found = 0;
    for (path, text) in pages() {
        for name in
            text.split('`').filter(|part| ["src/", "assets/", "tests/", "docs/"].iter().any(|f| part.starts_with(f)))
        {
            // `<name>` stands for the new one.
            let fixed = name.split('<').next().unwrap();
            if fixed.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '.')) {
                assert!(root().join(fixed).exists(), "{path} names {name}");
                found += 1;
            }
        }
    }
    assert!(found > 20, "{found}");
}

/// The words of a line of a shell, without its comment and without what a pipe or a redirection does with its output.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), None::<String>, false);
    for c in line.chars() {
        match c {
            '"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            '#' | '|' | '>' | '<' if !quoted && word.is_none() => break,
            ' ' if !quoted => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[test]
fn each_command_in_a_page_is_understood() {
    let home = tempfile::tempdir().unwrap();
    let mut tried = 0;
    for (path, text) in pages() {
        for block in text.split("```sh\n").skip(1) {
            for line in block.lines().take_while(|line| *line != "```") {
                let piped = || line.split_once("| guestwire ").map(|(_, rest)| rest);
                let Some(rest) = line.strip_prefix("guestwire ").or_else(piped) else { continue };
                let mut arguments = words(rest);
                // Help is printed only where everything before it is understood.
                arguments.push("--help".to_owned());
                let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_guestwire"));
                let output = command.args(&arguments).env_clear().env("HOME", home.path()).output().unwrap();
                let said = String::from_utf8_lossy(&output.stderr);
                assert!(output.status.success(), "{path}: {line}\n{arguments:?}\n{said}");
                tried += 1;
            }
        }
    }
    assert!(tried > 30, "{tried}");
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
