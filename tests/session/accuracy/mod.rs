//! What guestwire can tell apart: every cause, alone and beside those that look the same, over real HTTP. Which cause came
//! first, at what confidence, before and after one probe (the conversation is read).
//!
//! Three things always hold: it is never sure of a wrong cause; where the evidence can decide, the true cause comes first;
//! where it cannot, the true cause is listed, and the probe that would decide is named.
//! `GUESTWIRE_BLESS=1` writes the table anew.

mod canned;
mod cases;
mod channels;
mod foreign;
mod published;
mod setting;

use std::fmt::Write as _;

use guestwire::model::{Cause, Confidence, Diagnosis};

use cases::{Case, Decides};

const TABLE: &str = "docs/what-guestwire-can-tell-apart.md";

#[tokio::test(flavor = "multi_thread")]
async fn the_table() {
    let mut rows = Vec::new();
    let mut wrong = Vec::new();
    // A few at a time: each has two servers of its own.
    let mut cases = cases::all().into_iter();
    loop {
        let batch: Vec<_> = cases.by_ref().take(8).map(|case| (case.what, tokio::spawn(judged(case)))).collect();
        if batch.is_empty() {
            break;
        }
        for (what, task) in batch {
            let (row, problems) = task.await.expect(what);
            rows.push(row);
            wrong.extend(problems);
        }
    }
    let (row, problems) = replies_unreadable().await;
    rows.push(row);
    wrong.extend(problems);
    let table = table(&rows);
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(TABLE);
    if std::env::var_os("GUESTWIRE_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &table).unwrap();
    }
    assert!(wrong.is_empty(), "{}\n\n{table}", wrong.join("\n"));
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == table, "{TABLE} is not what the rules say now; GUESTWIRE_BLESS=1 writes it:\n{table}");
}

struct Row {
    what: &'static str,
    truth: String,
    bare: String,
    probed: String,
}

async fn judged(case: Case) -> (Row, Vec<String>) {
    let found = setting::run(case.setting).await;
    let mut problems = Vec::new();
    for (when, diagnosis, decides) in
        [("at once", &found.bare, case.at_once), ("after the probe", &found.probed, case.probed)]
    {
        let first = diagnosis.cause();
        let right = case.truth.contains(&first);
        let listed = |t| diagnosis.suspects.iter().any(|s| s.cause == t);
        let mut say = |what: String| problems.push(format!("{} ({when}): {what}: {diagnosis:#?}", case.what));
        if diagnosis.confidence() == Confidence::Sure && !right {
            say(format!("sure of {first}, which is wrong"));
        }
        if let Some(missing) = case.truth.iter().find(|t| !listed(**t)) {
            say(format!("{missing} is not listed"));
        }
        match decides {
            Decides::Sure if !right || diagnosis.confidence() != Confidence::Sure => say("should be sure".to_owned()),
            Decides::Likely if !right || diagnosis.confidence() != Confidence::Likely => {
                say("should be likely".to_owned());
            }
            Decides::Not => {
                let named = |t| diagnosis.deciding.iter().any(|s| s.causes.contains(&t));
                if let Some(open) = case.truth.iter().find(|t| !named(**t)) {
                    say(format!("no probe is named that decides about {open}"));
                }
                if diagnosis.confidence() == Confidence::Sure {
                    say("sure where nothing decides".to_owned());
                }
            }
            Decides::Sure | Decides::Likely => {}
        }
    }
    let truth: Vec<&str> = case.truth.iter().map(|t| t.name()).collect();
    let row = Row { what: case.what, truth: truth.join(" + "), bare: cell(&found.bare), probed: cell(&found.probed) };
    (row, problems)
}

/// Messages are accepted, and the right to read them is missing: only `doctor` asks for it.
async fn replies_unreadable() -> (Row, Vec<String>) {
    let what = "messages are accepted and may not be read (403)";
    let scenario =
        "[client]\nscopes = [\"guest:messages:send\"]\n[[conversations]]\nname = \"A\"\nscript = \"silent\"\n";
    let verdict = crate::doctor::series(scenario, None, false, |_| {}).await.verdict;
    let (cause, truth) = (verdict.cause, Cause::RepliesUnreadable);
    let found = cause.map_or("all is well", Cause::name);
    let row = Row {
        what,
        truth: truth.name().to_owned(),
        bare: "nothing: the message is accepted".to_owned(),
        probed: format!("{found} · {}", verdict.confidence.name()),
    };
    let right = cause == Some(truth) && verdict.confidence == Confidence::Sure;
    let problems = if right { Vec::new() } else { vec![format!("{what}: should be sure of {truth}: {verdict:?}")] };
    (row, problems)
}

fn cell(diagnosis: &Diagnosis) -> String {
    let first = format!("{} · {}", diagnosis.cause(), diagnosis.confidence().name());
    let others = diagnosis.suspects.len().saturating_sub(1);
    let open = if others == 0 { String::new() } else { format!(" · {others} more open") };
    let probe = match diagnosis.deciding.first() {
        Some(settles) if diagnosis.confidence() != Confidence::Sure => format!(" · `{}` decides", settles.probe.name()),
        _ => String::new(),
    };
    format!("{first}{open}{probe}")
}

fn table(rows: &[Row]) -> String {
    let mut out = String::from(
        "# What guestwire can tell apart\n\n\
         Written by the accuracy test: each row is one message (or token request) over real HTTP. *At once* is what the\n\
         refusal alone tells, with nothing read before; *after a probe* is the same refusal once the conversation has been\n\
         read. *sure*: the server named it, or it is proven and nothing that looks the same is left. *likely*: the evidence\n\
         fits, others are left. *possible*: cannot tell yet, and the probe that would.\n\n\
         | what is wrong | true cause | at once | after a probe |\n|---|---|---|---|\n",
    );
    for row in rows {
        writeln!(out, "| {} | {} | {} | {} |", row.what, row.truth, row.bare, row.probed).unwrap();
    }
    out
}
