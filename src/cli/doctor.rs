//! `guestwire doctor`: finds out what is wrong, with safe questions through the same engine as the console.

use clap::Args;
use std::sync::Arc;

use serde_json::json;

use super::send::find;
use crate::app::drive::{CommandEffect, CommandInput, CommandLogic, Keeps, Needs, play};
use crate::app::exit::{Exit, Failed};
use crate::app::open::Opened;
use crate::app::output::OutputLine;
use crate::config::{Profile, Settings};
use crate::diagnosis::doctor::{Doctor, DoctorEvidence, DoctorStage, DoctorStep, DoctorVerdict, Finding, ProbeResult};
use crate::engine::{Command, Environment, Report, proxy_of};
use crate::model::diagnosis::Family;
use crate::model::{Cause, Conversation, Exchange, MessageId, Moment, ProbeQuestion, Probed, ProxyName};
use crate::session::changes::Notice;
use crate::session::{Changes, OutgoingMessage, Session};

/// `guestwire doctor`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  guestwire doctor --to \"Billing bot\"\n  guestwire doctor --region mypurecloud.de --deployment ID --origin https://shop.example\n\nNothing is changed unless --send-test asks for a message. The last line of --json is the verdict; \
its cause is \"none\" when all is well."
)]
pub struct DoctorArgs {
    /// The conversation, by its name in the config file; without it the profile's first of the channel guest-api
    #[arg(long, value_name = "NAME")]
    pub to: Option<String>,
    /// Also send one test message into it
    #[arg(long)]
    pub send_test: bool,
    /// Print one JSON object per line instead of text
    #[arg(long)]
    pub json: bool,
}

/// The conversation that is looked at.
fn target(profile: &Profile, args: &DoctorArgs) -> Result<Option<Conversation>, Failed> {
    let all = || profile.conversations.iter().map(|e| &e.conversation);
    let target = match &args.to {
        Some(name) => {
            let key = find(profile, name)?;
            all().find(|c| c.key == key)
        }
        None => all().find(|c| c.channel().capabilities().scopes_decide).or_else(|| all().next()),
    };
    if args.send_test && target.is_none() {
        return Err(Failed::usage("--send-test: there is no conversation to send to; nothing was asked"));
    }
    Ok(target.cloned())
}

/// Asks, and says what it found.
pub async fn run(args: &DoctorArgs, settings: &Settings) -> Result<Exit, Failed> {
    let opened = Opened::announced(settings)?;
    let target = target(&opened.profile, args)?;
    // The hosts are looked at first, so the engine must not sign in before it is asked to.
    let needs = Needs { json: args.json, keeps: Keeps::OneMessage, sign_in: false, report_on_stdout: false };
    let begin = |profile: &Profile, _, _: Option<&_>| {
        let session = Session::of(profile);
        let proxy = proxy_of(profile, &Environment::default());
        DoctorFold::new(Doctor::new(&session.profile.facts, target, args.send_test), session, proxy)
    };
    play(opened, settings, needs, begin).await.exit
}

/// Under which id the test message goes.
const MESSAGE: MessageId = MessageId(1);
/// What it says.
const TEST: &str = "guestwire doctor: test message";

/// The account of one series.
#[derive(Debug)]
pub struct DoctorFold {
    doctor: Doctor,
    session: Session,
    /// Which way the requests go, or which variable names no proxy.
    proxy: Result<Option<ProxyName>, String>,
    sending: bool,
    over: bool,
}

impl DoctorFold {
    /// An account of a series that has not begun.
    pub fn new(doctor: Doctor, session: Session, proxy: Result<Option<ProxyName>, String>) -> Self {
        Self { doctor, session, proxy, sending: false, over: false }
    }

    fn go_on(&mut self, now: Moment, mut acts: Vec<CommandEffect>) -> Vec<CommandEffect> {
        let evidence = evidence(&self.session);
        let (findings, next) = self.doctor.next(&evidence);
        acts.extend(findings.iter().map(|f| CommandEffect::Say(finding_line(now, f))));
        match next {
            DoctorStep::Ask(asked) => acts.push(CommandEffect::Ask(Command::Probe(asked))),
            DoctorStep::Send(conversation) => {
                self.sending = true;
                let mut changes = Changes::default();
                self.session.submit(OutgoingMessage::text(conversation, TEST), now, &mut changes);
                acts.extend(changes.commands().map(CommandEffect::Ask));
            }
            DoctorStep::Over(verdict) => {
                self.over = true;
                acts.push(CommandEffect::Say(verdict_line(now, &verdict)));
                acts.push(CommandEffect::Finish(exit(&verdict)));
            }
        }
        acts
    }

    fn came(&mut self, now: Moment, asked: ProbeQuestion, came: &Probed) -> Vec<CommandEffect> {
        let exchange = match came {
            Probed::Asked(id) => self.session.log.entry_of(*id).and_then(|entry| entry.exchange().cloned()),
            Probed::NotAsked(_) => None,
        };
        let evidence = evidence(&self.session);
        let findings = self.doctor.answered(asked, came, exchange.as_deref(), &evidence);
        let acts = findings.iter().map(|f| CommandEffect::Say(finding_line(now, f))).collect();
        self.go_on(now, acts)
    }

    fn exchange(&mut self, now: Moment, exchange: &Exchange) -> Vec<CommandEffect> {
        if !self.sending || exchange.message != Some(MESSAGE) || !exchange.outcome.is_settled() {
            return Vec::new();
        }
        self.sending = false;
        let evidence = evidence(&self.session);
        let findings = self.doctor.sent(exchange, &evidence);
        let acts = findings.iter().map(|f| CommandEffect::Say(finding_line(now, f))).collect();
        self.go_on(now, acts)
    }

    fn stop(&mut self, now: Moment, why: &str) -> Vec<CommandEffect> {
        if std::mem::replace(&mut self.over, true) {
            return Vec::new();
        }
        let verdict = DoctorVerdict {
            cause: Some(Cause::Unknown),
            confidence: crate::model::Confidence::Possible,
            because: why.to_owned(),
            stage: DoctorStage::Beyond,
            send_unknown: self.sending,
        };
        vec![CommandEffect::Say(verdict_line(now, &verdict)), CommandEffect::Finish(exit(&verdict))]
    }
}

impl CommandLogic for DoctorFold {
    fn on(&mut self, now: Moment, input: CommandInput) -> Vec<CommandEffect> {
        match input {
            _ if self.over => Vec::new(),
            CommandInput::Begin => {
                let way = CommandEffect::Say(proxy_line(now, &self.proxy));
                self.go_on(now, vec![way])
            }
            CommandInput::Report(report) => match *report {
                Report::Probe { asked, came } => self.came(now, asked, &came),
                report => {
                    let changes = self.session.apply(report, now);
                    let exchanges = changes.notices().filter_map(|notice| match notice {
                        Notice::Exchange(exchange) => Some(Arc::clone(exchange)),
                        _ => None,
                    });
                    exchanges.flat_map(|exchange| self.exchange(now, &exchange)).collect()
                }
            },
            CommandInput::Interrupt => self.stop(now, "it was interrupted before anything was decided"),
            CommandInput::Ended => self.stop(now, "guestwire's engine has stopped"),
            CommandInput::Due | CommandInput::Sandbox(..) => Vec::new(),
        }
    }

    fn due(&self) -> Option<Moment> {
        // Every question ends by itself: the engine bounds each try.
        None
    }
}

/// What is known now.
fn evidence(session: &Session) -> DoctorEvidence<'_> {
    let token = session.sign_in.status.facts();
    DoctorEvidence { profile: &session.profile.facts, history: &session.diagnoses.evidence, token }
}

fn finding_line(now: Moment, finding: &Finding) -> OutputLine {
    let fields = json!({
        "name": finding.name,
        "result": finding.result.word(),
        "request_id": finding.request_id,
        "detail": finding.detail,
    });
    let text = format!("{}  {:<13} {}", finding.result.word(), finding.name, finding.detail);
    let text = match (&finding.request_id, finding.result) {
        (Some(id), ProbeResult::Fail) => format!("{text}\n                    request id {id}"),
        _ => text,
    };
    OutputLine::new("probe", now.wall, fields).says(text)
}

/// Which way the requests go: not a question, but what every answer depends on.
fn proxy_line(now: Moment, proxy: &Result<Option<ProxyName>, String>) -> OutputLine {
    let address = proxy.as_ref().ok().and_then(|proxy| proxy.as_ref());
    let detail = match proxy {
        Ok(Some(proxy)) => format!("requests go through {proxy}"),
        Ok(None) => "requests go directly, without a proxy".to_owned(),
        Err(why) => why.clone(),
    };
    let result = match proxy {
        Ok(Some(_)) => ProbeResult::Pass,
        Ok(None) => ProbeResult::Skip,
        Err(_) => ProbeResult::Fail,
    }
    .word();
    let fields = json!({
        "name": "proxy",
        "result": result,
        "request_id": null,
        "detail": detail,
        "address": address.map(|proxy| &proxy.address),
        "named_by": address.map(|proxy| &proxy.named_by),
    });
    OutputLine::new("probe", now.wall, fields).says(format!("{result}  {:<13} {detail}", "proxy"))
}

fn verdict_line(now: Moment, verdict: &DoctorVerdict) -> OutputLine {
    let cause = verdict.cause.map_or("none", Cause::as_str);
    let word = verdict.confidence.word();
    let fields = json!({ "cause": cause, "confidence": word, "because": verdict.because });
    let text = if verdict.cause.is_none() {
        format!("verdict: all is well; {}", verdict.because)
    } else {
        let more = format!("`guestwire explain {cause}` says what to do");
        format!("verdict: {cause} ({word}): {}\n         {more}", verdict.because)
    };
    OutputLine::new("verdict", now.wall, fields).says(text)
}

fn exit(verdict: &DoctorVerdict) -> Exit {
    match (verdict.cause, verdict.stage) {
        _ if verdict.send_unknown => Exit::Unknown,
        (None, _) => Exit::Done,
        (Some(cause), _) if cause.family() == Family::Network && cause != Cause::ClockSkew => Exit::Network,
        (Some(_), DoctorStage::Hosts) => Exit::Network,
        (Some(_), DoctorStage::Token) => Exit::NotSignedIn,
        (Some(_), DoctorStage::Beyond) => Exit::Refused,
    }
}
