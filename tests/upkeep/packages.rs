//! What is installed and packaged: the version with its commit, the files of the packages, the CI action.
#![cfg(unix)]

use std::path::Path;
use std::process::Command;

use guestwire::pass::report::ReportFormat;

const BINARY: &str = env!("CARGO_BIN_EXE_guestwire");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn printed(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_version_names_the_commit() {
    let said = printed(Command::new(BINARY).arg("--version"));
    let commit = said.trim().strip_prefix(concat!("guestwire ", env!("CARGO_PKG_VERSION"), " (commit ")).unwrap();
    let commit = commit.strip_suffix(')').unwrap();
    let sha = commit.strip_suffix(" with local changes").unwrap_or(commit);
    let known = !sha.is_empty() && sha.chars().all(|c| c.is_ascii_hexdigit());
    assert!(known || std::env::var("GUESTWIRE_COMMIT").is_ok() || !root().join(".git").exists(), "{said}");
}

#[test]
fn packages_have_a_manual_page_for_each_command_and_completions_for_five_shells() {
    let dir = tempfile::tempdir().unwrap();
    printed(Command::new("bash").arg(root().join("packaging/generate.sh")).arg(BINARY).arg(dir.path()));
    let names = |part: &str| {
        let entries = std::fs::read_dir(dir.path().join(part)).unwrap().map(|entry| entry.unwrap());
        let mut names: Vec<String> = entries
            .filter(|entry| entry.metadata().unwrap().len() > 200)
            .map(|entry| entry.file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    let shells = ["_guestwire", "guestwire.bash", "guestwire.elv", "guestwire.fish", "guestwire.ps1"];
    assert_eq!(names("completions"), shells);
    let help = printed(Command::new(BINARY).arg("--help"));
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let mut pages: Vec<String> = commands
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(|name| format!("guestwire-{name}.1"))
        .collect();
    pages.push("guestwire.1".to_owned());
    pages.sort();
    assert_eq!(names("man"), pages);
}

#[test]
fn what_packages_take_from_the_repository_is_there() {
    let manifest: toml::Table = std::fs::read_to_string(root().join("Cargo.toml")).unwrap().parse().unwrap();
    let metadata = &manifest["package"]["metadata"];
    let deb = metadata["deb"]["assets"].as_array().unwrap().iter().map(|asset| asset[0].as_str().unwrap());
    let rpm = metadata["generate-rpm"]["assets"].as_array().unwrap().iter().map(|a| a["source"].as_str().unwrap());
    let (deb, rpm): (Vec<_>, Vec<_>) = (deb.collect(), rpm.collect());
    for source in deb.iter().chain(&rpm).filter(|source| !source.starts_with("target/")) {
        let folder = source.split('*').next().unwrap();
        assert!(root().join(folder).exists(), "{source}");
    }
    // Debian's package has the licence from its field.
    let both: Vec<_> = rpm.into_iter().filter(|source| *source != "LICENSE").collect();
    assert_eq!(deb, both, "the two packages hold different files");
}

#[test]
fn the_ci_action_plays_a_pass_and_keeps_its_reports_and_exit_code() {
    let dir = tempfile::tempdir().unwrap();
    let bin = Path::new(BINARY).parent().unwrap();
    let play = |pass: &str, arguments: &str| {
        let home = dir.path();
        let mut command = Command::new("bash");
        command.arg(root().join(".github/actions/guestwire/run.sh")).current_dir(home).env_clear();
        command.env("PATH", format!("{}:/usr/bin:/bin", bin.display())).env("HOME", home);
        command.env("PASS", pass).env("ARGUMENTS", arguments).env("REPORTS", "reports");
        command.env("GITHUB_STEP_SUMMARY", home.join("summary")).env("GITHUB_OUTPUT", home.join("output"));
        command.output().unwrap()
    };
    let read = |name: &str| std::fs::read_to_string(dir.path().join(name)).unwrap_or_default();

    let output = play("refusals", "--sandbox\n--to=Billing bot\n");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(read("summary").contains("Refusals"), "{}", read("summary"));
    assert!(read("reports/junit.xml").contains("<testsuites"));
    assert_eq!(read("output"), "junit=reports/junit.xml\n");
    assert_eq!(std::fs::read_dir(dir.path().join("reports")).unwrap().count(), ReportFormat::ALL.len());

    let output = play("no-such-pass", "--sandbox");
    assert_eq!(output.status.code(), Some(2));
    assert!(
        read("summary").ends_with("guestwire ended with exit code 2 and wrote no report.\n"),
        "{}",
        read("summary")
    );
    assert_eq!(read("reports/junit.xml"), "", "the reports of an earlier run are not left for this one's");
}
