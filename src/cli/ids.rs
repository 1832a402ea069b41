//! `guestwire ids`: which id is what, in any pasted text.

use clap::Args;
use serde_json::json;

use crate::app::drive::{FrontEnd, FrontEndEffect, FrontEndEvent, Needs, run_front_end};
use crate::app::exit::{Exit, Failed};
use crate::app::open::OpenProfile;
use crate::app::output::{Output, OutputLine, standard_input};
use crate::config::{Profile, ProfileChoice, Settings};
use crate::diagnosis::ids::{FoundId, IdKind, IdLookUp, KnownIds, find};
use crate::engine::{Command, Report};
use crate::model::{Moment, ProbeQuestion, Probed, TokenStatus};
use crate::session::Session;

/// `guestwire ids`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  guestwire ids https://apps.mypurecloud.de/…\n  guestwire ids --lookup - < support.har"
)]
pub struct IdsArgs {
    /// Any text; `-` reads it from standard input
    #[arg(value_name = "TEXT", allow_hyphen_values = true)]
    pub text: String,
    /// Look the ids up in the profile's organisation, as conversations, deployments and integrations (and as messages
    /// where they have no hyphens), with at most 40 reads
    #[arg(long)]
    pub lookup: bool,
    /// Print one JSON object per line instead of text
    #[arg(long)]
    pub json: bool,
}

/// A HAR of a long session is that large.
const MAX_BYTES: u64 = 32 << 20;

fn text(argument: &str) -> Result<String, Failed> {
    if argument != "-" {
        return Ok(argument.to_owned());
    }
    Ok(String::from_utf8_lossy(&standard_input(MAX_BYTES)?).into_owned())
}

pub fn known(profile: &Profile) -> KnownIds {
    KnownIds::of(profile.conversations.iter().map(|e| &e.conversation.address))
}

/// Without look-ups. `settings` are there where the configuration works: then the ids that it names are known.
pub fn offline(args: &IdsArgs, settings: Option<&Settings>) -> Result<Exit, Failed> {
    let known = match settings.map(|settings| &settings.profile) {
        Some(ProfileChoice::Named(profile)) => known(profile),
        _ => KnownIds::default(),
    };
    let found = find(&text(&args.text)?, &known);
    say(&found, &IdLookUp::default(), &mut Output::default(), args.json)
}

pub async fn looked_up(args: &IdsArgs, settings: &Settings) -> Result<Exit, Failed> {
    let text = text(&args.text)?;
    let opened = OpenProfile::announced(settings)?;
    let known = known(&opened.profile);
    let found = find(&text, &known);
    let needs = Needs { keeps: false, sign_in: true, report_on_stdout: false };
    let lookup = IdLookUp::at(&found, known);
    let begin = |session, _, _: &_| IdsFrontEnd { lookup, session, begun: false, exit: Exit::Done };
    let mut finished = run_front_end(opened, settings, args.json, needs, begin).await;
    let exit = finished.exit?;
    let lookup = &finished.front.lookup;
    let said = say(&find(&text, &lookup.known), lookup, &mut finished.output, args.json)?;
    Ok(if exit == Exit::Done { said } else { exit })
}

fn say(found: &[FoundId], lookup: &IdLookUp, output: &mut Output, json: bool) -> Result<Exit, Failed> {
    let at = jiff::Timestamp::now();
    for one in found {
        let shown = if one.id.is_empty() { "«guest token»" } else { one.id.as_str() };
        let absent = "; the organisation has no conversation, deployment or integration with this id";
        let because = format!("{}{}", one.because(), if lookup.is_absent(&one.id) { absent } else { "" });
        let also: Vec<&str> = one.roles.iter().skip(1).map(|r| r.what.name()).collect();
        let fields = json!({
            "id": (!one.id.is_empty()).then_some(&one.id),
            "is": one.what.name(),
            "because": because,
            "stands_as": also,
            "stands_wrongly_as": one.misplaced.map(IdKind::name),
            "use_instead": one.swap,
            "conversation": one.home,
        });
        let mut says = vec![format!("{:<13}  {shown}  {because}", one.what.name())];
        if let Some(place) = one.misplaced {
            let swap = one.swap.as_ref().map(|swap| format!("; use {swap}")).unwrap_or_default();
            says.push(format!("it is used as {}{swap}", place.of_one()));
        } else if !also.is_empty() {
            says.push(format!("it is also used as {}", also.join(", ")));
        }
        let home = one.home.as_ref().filter(|home| one.swap.as_ref() != Some(home));
        says.extend(home.map(|home| format!("of the conversation {home}")));
        let says = says.join("\n               ");
        output.say(&OutputLine::new("id", at, fields).says(says), json, &str::to_owned)?;
    }
    if found.is_empty() {
        crate::app::output::warn("there is no id in this text: ids are UUIDs, or 32 hexadecimal digits for messages");
        return Ok(Exit::Refused);
    }
    Ok(Exit::Done)
}

#[derive(Debug)]
pub struct IdsFrontEnd {
    lookup: IdLookUp,
    session: Session,
    begun: bool,
    exit: Exit,
}

impl IdsFrontEnd {
    fn go_on(&mut self) -> Vec<FrontEndEffect> {
        vec![match self.lookup.next() {
            Some(asked) => FrontEndEffect::Ask(Command::Probe(asked)),
            None => FrontEndEffect::Finish(self.exit),
        }]
    }

    /// Begins once there is a token, or none will come.
    fn token(&mut self, now: Moment) -> Vec<FrontEndEffect> {
        let mut effects = Vec::new();
        if let Some(trouble) = self.session.sign_in.trouble() {
            // What is public needs nobody to be signed in.
            self.exit = trouble.into();
            self.lookup.without_token();
            let text = format!("not signed in, so only what is public can be looked up: {}", trouble.why);
            effects.push(FrontEndEffect::Say(OutputLine::message("notice", now.wall, text)));
        } else if !matches!(self.session.sign_in.status, TokenStatus::Valid(_)) {
            return effects;
        }
        self.begun = true;
        effects.extend(self.go_on());
        effects
    }

    fn answered(&mut self, asked: ProbeQuestion, result: &Probed, now: Moment) -> Vec<FrontEndEffect> {
        let exchange = self.session.log.probed(result).map(|exchange| &**exchange);
        if !self.lookup.answered(asked, result, exchange) {
            return Vec::new();
        }
        let troubles = std::mem::take(&mut self.lookup.troubles).into_iter();
        let said = troubles.map(|why| FrontEndEffect::Say(OutputLine::message("notice", now.wall, why)));
        said.chain(self.go_on()).collect()
    }
}

impl FrontEnd for IdsFrontEnd {
    fn on(&mut self, now: Moment, input: FrontEndEvent) -> Vec<FrontEndEffect> {
        match input {
            FrontEndEvent::Begin if self.lookup.next().is_none() => vec![FrontEndEffect::Finish(Exit::Done)],
            FrontEndEvent::Report(report) => match *report {
                Report::Probe(asked, result) => self.answered(asked, &result, now),
                report => {
                    let token = matches!(report, Report::Token(_));
                    self.session.apply(report, now);
                    if token && !self.begun { self.token(now) } else { Vec::new() }
                }
            },
            FrontEndEvent::Signal(_) | FrontEndEvent::Ended => vec![FrontEndEffect::Finish(Exit::Refused)],
            _ => Vec::new(),
        }
    }
}
