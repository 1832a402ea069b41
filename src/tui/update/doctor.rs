//! `D`: the series of safe questions, from the console. What to ask is decided by [`Doctor`]; each answer is an entry
//! of the log, and a card that stands open is made anew from what it shows.

use crate::diagnosis::doctor::{Doctor, DoctorEvidence, DoctorStep, DoctorVerdict, Finding, ProbeResult};
use crate::engine::Command;
use crate::model::{Cause, ConversationKey, ProbeQuestion, Probed};
use crate::tui::Effect;
use crate::tui::state::overlay::{Card, Overlay};
use crate::tui::state::{Examined, State};

/// Begins a series: about the chosen refusal, else about the open conversation.
pub fn begin(state: &mut State, number: Option<u64>, effects: &mut Vec<Effect>) {
    if state.examined.as_ref().is_some_and(|e| !e.over) {
        state.status.info("A series of probes is under way; each is an entry of the log.");
        return;
    }
    let refusal = number.and_then(|n| state.session.log.entry(n)).filter(|e| e.diagnosis().is_some_and(|d| !d.healed));
    let refusal = refusal.and_then(|e| e.exchange().cloned());
    let key = refusal.as_ref().and_then(|x| x.conversation).or(state.session.conversations.active());
    let target = key.and_then(|key| conversation(state, key));
    let channel = target.as_ref().map(crate::model::Conversation::channel);
    let mut doctor = Doctor::new(&state.session.profile.facts, target, false);
    if let Some(exchange) = &refusal {
        let channel = channel.filter(|_| exchange.conversation.is_some());
        doctor = doctor.because_of((**exchange).clone(), channel);
    }
    state.examined =
        Some(Examined { doctor, number: number.filter(|_| refusal.is_some()), findings: Vec::new(), over: false });
    state.status.info("Probing: nothing is changed, and each question is an entry of the log.");
    go_on(state, effects);
}

fn conversation(state: &State, key: ConversationKey) -> Option<crate::model::Conversation> {
    state.session.conversations.items().iter().find(|i| i.conversation.key == key).map(|i| i.conversation.clone())
}

/// An answer came.
pub fn came(state: &mut State, asked: ProbeQuestion, came: &Probed, effects: &mut Vec<Effect>) {
    let Some(mut examined) = state.examined.take() else { return };
    if !examined.over {
        let exchange = match came {
            Probed::Asked(id) => state
                .session
                .log
                .number_of(*id)
                .and_then(|n| state.session.log.entry(n))
                .and_then(|e| e.exchange().cloned()),
            Probed::NotAsked(_) => None,
        };
        let evidence = evidence(state);
        let found = examined.doctor.answered(asked, came, exchange.as_deref(), &evidence);
        examined.findings.extend(found);
    }
    let over = examined.over;
    state.examined = Some(examined);
    if !over {
        go_on(state, effects);
    }
}

fn evidence(state: &State) -> DoctorEvidence<'_> {
    DoctorEvidence {
        profile: &state.session.profile.facts,
        history: &state.session.diagnoses.evidence,
        token: state.session.sign_in.status.facts(),
    }
}

fn go_on(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(mut examined) = state.examined.take() else { return };
    let (findings, next) = examined.doctor.next(&evidence(state));
    examined.findings.extend(findings);
    match next {
        DoctorStep::Ask(asked) => effects.push(Effect::Engine(Command::Probe(asked))),
        // The console's series never sends.
        DoctorStep::Send(_) => examined.over = true,
        DoctorStep::Over(verdict) => {
            examined.over = true;
            over(state, &examined, &verdict);
        }
    }
    state.examined = Some(examined);
}

fn over(state: &mut State, examined: &Examined, verdict: &DoctorVerdict) {
    let said = match verdict.cause {
        None => "Probes: all is well.".to_owned(),
        Some(cause) => format!("Probes: {cause} ({}): {}.", verdict.confidence.word(), verdict.because),
    };
    if verdict.cause.is_none() {
        state.status.info(said);
    } else {
        state.status.warn(said);
    }
    // Who types meanwhile is not interrupted.
    let free = match &state.overlay {
        None => state.focus != crate::tui::state::Pane::Composer,
        Some(Overlay::Card(card)) => Some(card.number) == examined.number,
        Some(_) => false,
    };
    if !free {
        return;
    }
    state.overlay = Some(match examined.number {
        Some(number) => Overlay::Card(Card { number, scroll: 0, copying: false }),
        None => Overlay::Page { title: "Probes".to_owned(), lines: page(examined, verdict), scroll: 0 },
    });
}

fn page(examined: &Examined, verdict: &DoctorVerdict) -> Vec<String> {
    let mut lines: Vec<String> = examined.findings.iter().map(line).collect();
    lines.push(String::new());
    match verdict.cause {
        None => lines.push(format!("All is well: {}.", verdict.because)),
        Some(cause) => {
            lines.push(format!("{cause} ({}): {}.", verdict.confidence.word(), verdict.because));
            if cause != Cause::Unknown {
                lines.push(format!("guestwire explain {cause} says what to do."));
            }
        }
    }
    lines
}

fn line(finding: &Finding) -> String {
    let mark = match finding.result {
        ProbeResult::Pass => "pass",
        ProbeResult::Fail => "FAIL",
        ProbeResult::Skip => "skip",
    };
    format!("{mark}  {:<13} {}", finding.name, finding.detail)
}
