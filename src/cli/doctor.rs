//! `guestwire doctor`: finds out what is wrong, with safe questions through the same engine as the console.

use clap::Args;
use serde_json::json;

use super::send::find;
use crate::app::drive::{FrontEnd, FrontEndEffect, FrontEndEvent, Needs, run_front_end};
use crate::app::exit::{Exit, Failed};
use crate::app::open::OpenProfile;
use crate::app::output::OutputLine;
use crate::config::{Profile, Settings};
use crate::diagnosis::doctor::{Doctor, DoctorVerdict, Finding, ProbeResult};
use crate::engine::{Environment, proxy_of};
use crate::model::{Cause, Conversation, Moment};
use crate::session::{Change, Changes, Notice, Session};

/// `guestwire doctor`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  guestwire doctor --to \"Billing bot\"
  guestwire doctor --region mypurecloud.de --deployment ID --origin https://shop.example

Nothing is changed unless --send-test asks for a message. The last line of --json is the verdict; \
                        its cause is \"none\" when all is well.")]
pub struct DoctorArgs {
    /// The conversation, by its name in the config file; without it the first guest-api conversation of the profile
    #[arg(long, value_name = "NAME")]
    pub to: Option<String>,
    /// Also send one test message into it
    #[arg(long)]
    pub send_test: bool,
    /// Print one JSON object per line instead of text
    #[arg(long)]
    pub json: bool,
}

fn target(profile: &Profile, args: &DoctorArgs) -> Result<Option<Conversation>, Failed> {
    let all = || profile.conversations.iter().map(|e| &e.conversation);
    let target = match &args.to {
        Some(name) => find(profile, name).map(|key| all().find(|c| c.key == key))?,
        None => all().find(|c| c.channel().capabilities().scopes_decide).or_else(|| all().next()),
    };
    if args.send_test && target.is_none() {
        return Err(Failed::usage("--send-test: there is no conversation to send to; nothing was asked"));
    }
    Ok(target.cloned())
}

pub async fn run(args: &DoctorArgs, settings: &Settings) -> Result<Exit, Failed> {
    let opened = OpenProfile::announced(settings)?;
    let target = target(&opened.profile, args)?;
    // The hosts are looked at first, so the engine must not sign in before it is asked to.
    let needs = Needs { keeps: true, sign_in: false, report_on_stdout: false };
    let proxy = proxy_of(&opened.profile, &Environment::default()).transpose();
    let begin = |mut session: Session, _, _: &_| {
        session.profile.proxy = proxy;
        DoctorFrontEnd { doctor: Some(Doctor::new(&session.profile.facts, target, args.send_test)), session }
    };
    run_front_end(opened, settings, args.json, needs, begin).await.exit
}

#[derive(Debug)]
pub struct DoctorFrontEnd {
    doctor: Option<Doctor>,
    session: Session,
}

impl DoctorFrontEnd {
    fn carry_out(now: Moment, changes: Changes) -> impl Iterator<Item = FrontEndEffect> {
        changes.0.into_iter().flat_map(move |change| match change {
            Change::Engine(command) => vec![FrontEndEffect::Ask(command)],
            Change::Notice(Notice::Probed(finding)) => vec![FrontEndEffect::Say(finding_line(now, &finding))],
            Change::Notice(Notice::ProbesOver(verdict)) => over(now, &verdict),
            _ => Vec::new(),
        })
    }

    fn stop(&mut self, now: Moment, why: &str) -> Vec<FrontEndEffect> {
        self.session.stop_probes(why).map(|verdict| over(now, &verdict)).unwrap_or_default()
    }
}

fn over(now: Moment, verdict: &DoctorVerdict) -> Vec<FrontEndEffect> {
    vec![FrontEndEffect::Say(verdict_line(now, verdict)), FrontEndEffect::Finish(verdict.into())]
}

impl FrontEnd for DoctorFrontEnd {
    fn on(&mut self, now: Moment, input: FrontEndEvent) -> Vec<FrontEndEffect> {
        match input {
            FrontEndEvent::Begin => {
                let Some(doctor) = self.doctor.take() else { return Vec::new() };
                let mut changes = Changes::default();
                self.session.begin_probes(doctor, None, now, &mut changes);
                let way = FrontEndEffect::Say(proxy_line(now, &self.session));
                std::iter::once(way).chain(Self::carry_out(now, changes)).collect()
            }
            FrontEndEvent::Report(_) if !self.session.is_probing() => Vec::new(),
            FrontEndEvent::Report(report) => Self::carry_out(now, self.session.apply(*report, now)).collect(),
            FrontEndEvent::Signal(_) => self.stop(now, "it was interrupted before the cause was known"),
            FrontEndEvent::Ended => self.stop(now, "guestwire's engine has stopped"),
            _ => Vec::new(),
        }
    }
}

fn finding_line(now: Moment, finding: &Finding) -> OutputLine {
    let fields = json!({
        "name": finding.name,
        "result": finding.result.name(),
        "request_id": finding.request_id,
        "detail": finding.detail,
    });
    let id = finding.request_id.as_ref().filter(|_| finding.result == ProbeResult::Fail);
    let id = id.map(|id| format!("\n                    request id {id}")).unwrap_or_default();
    let text = format!("{}  {:<13} {}{id}", finding.result.name(), finding.name, finding.detail);
    OutputLine::new("probe", now.wall, fields).says(text)
}

/// Which way the requests go: not a question, but what every answer depends on.
fn proxy_line(now: Moment, session: &Session) -> OutputLine {
    let way = || format!("requests go {}", session.profile.way());
    let (result, address, detail) = match &session.profile.proxy {
        Some(Err(why)) => (ProbeResult::Fail, None, why.clone()),
        Some(Ok(proxy)) => (ProbeResult::Pass, Some(proxy), way()),
        None => (ProbeResult::Skip, None, way()),
    };
    let result = result.name();
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
    let cause = verdict.cause.map_or("none", Cause::name);
    let word = verdict.confidence.name();
    let fields = json!({ "cause": cause, "confidence": word, "because": verdict.because });
    let text = if verdict.cause.is_none() {
        format!("verdict: all is well; {}", verdict.because)
    } else {
        let more = format!("run `guestwire explain {cause}` to see what to do");
        format!("verdict: {cause} ({word}): {}\n         {more}", verdict.because)
    };
    OutputLine::new("verdict", now.wall, fields).says(text)
}
